"""Whose turn it is. Pure: integers and names only, no database, no clock on the wall.

A queue is strict: by the moment at which the ticket was drawn; whoever comes by appointment goes before others from the
beginning of its slot on. Anybody else is called before its turn only for a reason of the definition.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from qinzheng.definitions.form import Text

SPOKEN = "零一二三四五六七八九"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A ticket that waits: ``place`` and ``slot`` are moments (UTC microseconds), ``serial`` settles what is drawn at once."""

    ticket: str
    line: str
    place: int
    serial: int
    slot: int | None = None


def turn(one: Waiting, now: int) -> tuple[int, int, int]:
    """What the queue is ordered by at a moment."""
    if one.slot is not None and one.slot <= now:
        return 0, one.slot, one.serial
    return 1, one.place, one.serial


def queue(waiting: Iterable[Waiting], lines: Collection[str], now: int) -> list[Waiting]:
    """Those who wait in some lines, in the order in which they are called."""
    return sorted((each for each in waiting if each.line in lines), key=lambda each: turn(each, now))


def passed(waiting: Iterable[Waiting], lines: Collection[str], chosen: Waiting, now: int) -> int:
    """How many are before the chosen one in these lines: called now, it passes so many."""
    mine = turn(chosen, now)
    return sum(each.line in lines and turn(each, now) < mine for each in waiting)


def number(letter: str, drawn: int) -> str:
    """The number of the next ticket of a line of which ``drawn`` were drawn today: A001, …, A999, A1000."""
    return f"{letter}{drawn + 1:03}"


def voice(ticket: str, counter: int) -> Text:
    """What a loudspeaker says, digit by digit."""
    letter, digits = ticket[:1], ticket[1:]
    zh = "".join(SPOKEN[int(digit)] for digit in digits)
    return Text(
        zh=f"请 {letter} {zh} 号，到 {counter} 号窗口办理",
        en=f"Ticket {letter} {' '.join(digits)}, please come to counter {counter}",
    )
