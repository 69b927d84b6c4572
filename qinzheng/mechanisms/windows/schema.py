"""The shape of a window's rules: lines, the reasons for which somebody is called before its turn, appointments."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from qinzheng.definitions.form import Definition, Identifier, Strict, Text
from qinzheng.definitions.library import Complaint, Library


class Line(Strict):
    """One line of the queue. Its letter begins the numbers of its tickets."""

    name: Text
    letter: str = Field(pattern=r"^[A-Z]$")
    help: Text | None = Field(default=None, description="what it is for, as the ticket machine says it")


class Appointments(Strict):
    """How a point is booked. Slots are cut from its opening hours; a slot holds ``capacity`` people."""

    minutes: int = Field(ge=5, le=240)
    capacity: int = Field(ge=1, le=200)
    line: Identifier = Field(description="in which line whoever comes by appointment waits")
    days_ahead: int = Field(ge=1, le=92)
    notice_minutes: int = Field(
        ge=0, le=10_080, description="a slot is booked so long before it at the latest"
    )
    grace_minutes: int = Field(
        ge=0, le=240, description="who comes later waits as one without an appointment"
    )
    remind_hours: int = Field(ge=1, le=168, description="so long before the slot the party is reminded")
    most_open: int = Field(ge=1, le=20, description="bookings that one party may have open at a time")


class Window(Definition):
    """The rules of some service points' windows. One window without ``points`` is for all that no other names."""

    kind: Literal["window"]
    points: list[Identifier] = []
    lines: dict[Identifier, Line] = Field(min_length=1)
    grounds: dict[Identifier, Text] = Field(
        description="why somebody may be called before its turn; nothing else is"
    )
    transfers: dict[Identifier, Text] = Field(
        min_length=1, description="why a ticket goes on to another line"
    )
    no_show_calls: Annotated[int, Field(ge=1, le=9)] = 3
    """Only after so many calls a ticket is passed over."""
    appointments: Appointments | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        letters = [line.letter for line in self.lines.values()]
        if len(set(letters)) < len(letters):
            raise ValueError("各队列的字母须不同 / the letters of lines must differ")
        if self.appointments is not None and self.appointments.line not in self.lines:
            raise ValueError(
                f"appointments.line 没有队列 {self.appointments.line} / there is no line {self.appointments.line}"
            )
        return self


def check_window(window: Window, library: Library) -> Iterator[Complaint]:
    """A point has the rules of one window, and one window at most is for all others."""
    for other in library.standing("window"):
        if other.id == window.id:
            continue
        if not window.points and not other.points:
            yield Complaint(
                ("points",),
                f"{other.id} 也没有写 points：只能有一份适用于其余服务点",
                f"{other.id} names no points either: only one is for all others",
            )
        for n, point in enumerate(window.points):
            if point in other.points:
                yield Complaint(
                    ("points", n), f"{point} 已在 {other.id} 中", f"{point} stands in {other.id} already"
                )


def of(library: Library, point: str, day: dt.date) -> Window | None:
    """The rules of a point on a day; None where nobody wrote any."""
    standing: list[Window] = library.standing("window", day)
    named = next((each for each in standing if point in each.points), None)
    return named or next((each for each in standing if not each.points), None)
