"""The home of the portal. What it shows comes from the functions below; where one has nothing, the page says so."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from qinzheng.calendars.build import IncompleteCalendar
from qinzheng.calendars.calendar import BeyondCalendar
from qinzheng.definitions.form import Text
from qinzheng.definitions.shelf import ZONE
from qinzheng.measures import queries as measures
from qinzheng.measures import units as trees
from qinzheng.measures.ask import WrongQuestion
from qinzheng.measures.period import Period
from qinzheng.organizations import queries as organizations
from qinzheng.organizations.models import Organization
from qinzheng.web.calendars import today
from qinzheng.web.components import Bars, Link, Stat
from qinzheng.web.kept import Kept
from qinzheng.web.overview import said
from qinzheng.web.overview.answers import Figure
from qinzheng.web.portal import frequency, items

PUBLIC = ("accepted", "completed", "on-time-rate")
"""The measures that everybody sees."""
CAPTION = Text(zh="各镇街本周办结（红为超期办结）", en="Completed this week by town (red: late)")


@dataclass(frozen=True)
class Week:
    """How the city did this week: figures with their intervals, and towns side by side."""

    figures: Sequence[Stat]
    towns: Sequence[Bars]


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """One question, and four doors beside it."""
    asked = items.asked_of(request)
    context = {
        "asked": asked,
        "found": [items.link(each) for each in items.found(asked)] if asked else [],
        "trouble": items.trouble(request),
        "often": [items.link(each) for each in frequency.most(today())],
        "towns": towns(),
        "week": week(),
        "week_caption": CAPTION,
    }
    return render(request, "portal/home.html", context)


def towns() -> list[Link]:
    """The towns of the city by name, each with its page; empty before they are entered."""
    today = dt.datetime.now(ZONE).date()
    rows = (
        Organization.objects.filter(kind="town", begins__lte=today)
        .exclude(ends__lt=today)
        .order_by("id")
        .values_list("id", "name_zh", "name_en")
    )
    return [Link(Text(zh=zh, en=en or zh), reverse("organization", args=[id])) for id, zh, en in rows]


def week() -> Week | None:
    """How the city did this week, out of the public measures; None while none is published. Kept for a minute.

    The figures belong to ``qinzheng.measures``: this page shows an answer, never one of its own making.
    """
    return _WEEK.of(today()).week


@dataclass(frozen=True)
class _Kept:
    week: Week | None


def _week(day: dt.date) -> _Kept:
    """From Monday to this day."""
    if not measures.position():
        return _Kept(None)
    period = Period(day - dt.timedelta(days=day.weekday()), day)
    try:
        figures = [said.stat(_figure(id, period), "") for id in PUBLIC]
        return _Kept(Week(figures, _by_town(period)))
    except (WrongQuestion, BeyondCalendar, IncompleteCalendar):
        return _Kept(None)


def _figure(id: str, period: Period) -> Figure:
    (whole,) = measures.answer(id, (), period)
    return Figure(measures.measure(id), whole, ())


def _by_town(period: Period) -> list[Bars]:
    """What was completed in each town, and how much of it late."""
    tree = trees.units(period.last)
    completed = {a.key["town"]: a.n for a in measures.answer("completed", "town", period, units=tree)}
    late = {
        a.key["town"]: (a.denominator or 0) - (a.numerator or 0)
        for a in measures.answer("on-time-rate", "town", period, units=tree)
    }
    listed = organizations.of_kind("town", period.last)
    most = max((completed.get(town.id, 0) for town in listed), default=0) or 1
    return [
        Bars(
            organizations.text(town),
            completed.get(town.id, 0) / most,
            f"{completed.get(town.id, 0):,}",
            late.get(town.id, 0) / most,
        )
        for town in listed
    ]


_WEEK: Kept[dt.date, _Kept] = Kept(_week, 60.0)


def forget() -> None:
    """Ask anew how the week was."""
    _WEEK.forget()
