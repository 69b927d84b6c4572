"""The city's figures of today beside the same day a week before: answers of ``qinzheng.measures``, and what stands open.

Weekdays are compared with the same weekday, since a Monday is no Sunday; the day before is a whole day, and says so.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from qinzheng.calendars.build import IncompleteCalendar
from qinzheng.calendars.calendar import BeyondCalendar
from qinzheng.definitions.form import Text
from qinzheng.measures import queries as measures
from qinzheng.measures.ask import Answer, WrongQuestion
from qinzheng.measures.period import Period
from qinzheng.web.wall.eyes import Eyes
from qinzheng.web.wall.tables import Standing

WEEK = dt.timedelta(days=7)
WEEKDAYS_ZH, WEEKDAYS_EN = "一二三四五六日", ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True)
class Figure:
    """One figure: its words, and the same of the same day a week before. ``value`` None: nothing to count."""

    id: str
    name: Text
    value: str | None
    before: Text
    late: bool = False


@dataclass(frozen=True)
class _Pair:
    today: Answer | None
    before: Answer | None


def of(eyes: Eyes, standing: Sequence[Standing], today: dt.date) -> list[Figure]:
    """Accepted, completed, on time, open, overdue."""
    day = Text(zh=f"上周{WEEKDAYS_ZH[today.weekday()]}全天", en=f"all of last {WEEKDAYS_EN[today.weekday()]}")
    then = Text(zh=f"上周{WEEKDAYS_ZH[today.weekday()]}末", en=f"end of last {WEEKDAYS_EN[today.weekday()]}")
    accepted, completed, on_time = (
        _asked(eyes, name, today) for name in ("accepted", "completed", "on-time-rate")
    )
    opened, overdue = (_once(eyes, name, today - WEEK) for name in ("open", "overdue-open"))
    late = sum(one.late for one in standing)
    return [
        Figure("accepted", Text(zh="今日受理", en="Accepted today"), _count(accepted.today), _beside(day, _count(accepted.before))),
        Figure("completed", Text(zh="今日办结", en="Completed today"), _count(completed.today), _beside(day, _count(completed.before))),
        Figure("on-time", Text(zh="今日按时办结率", en="On time today"), _rate(on_time.today), _beside(day, _rate(on_time.before))),
        Figure("open", Text(zh="在办", en="Open now"), f"{sum(one.open for one in standing):,}", _beside(then, _count(opened))),
        Figure("overdue", Text(zh="在办超期", en="Open and overdue"), f"{late:,}", _beside(then, _count(overdue)), late=late > 0),
    ]  # fmt: skip


def _asked(eyes: Eyes, measure: str, today: dt.date) -> _Pair:
    return _Pair(_once(eyes, measure, today), _once(eyes, measure, today - WEEK))


def _once(eyes: Eyes, measure: str, day: dt.date) -> Answer | None:
    """The answer for one day; None where nobody can say: no such measure, no archive yet, no calendar."""
    if not measures.position():
        return None
    try:
        (answer,) = measures.answer(measure, (), Period(day, day), organizations=eyes.organizations)
    except (WrongQuestion, BeyondCalendar, IncompleteCalendar):
        return None
    return answer


def _count(answer: Answer | None) -> str | None:
    return None if answer is None or answer.value is None else f"{answer.value:,.0f}"


def _rate(answer: Answer | None) -> str | None:
    return None if answer is None or answer.value is None else f"{answer.value:.1%}"


def _beside(when: Text, value: str | None) -> Text:
    if value is None:
        return Text(zh=f"{when.zh}：无", en=f"{when.en}: none")
    return Text(zh=f"{when.zh} {value}", en=f"{when.en} {value}")
