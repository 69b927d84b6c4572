"""The home of the portal. What it shows comes from the functions below; where one has nothing, the page says so."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_safe

from qinzheng.definitions import shelf
from qinzheng.definitions.form import Text
from qinzheng.definitions.shelf import ZONE
from qinzheng.organizations.models import Organization
from qinzheng.web.components import Bars, Link, Stat

LONGEST = 80
MOST = 20
"""Answers of one search; more would be a list, not an answer."""


@dataclass(frozen=True)
class Found:
    """A thing the city does that fits the question."""

    name: Text
    url: str


@dataclass(frozen=True)
class Week:
    """How the city did this week: figures with their intervals, and towns side by side."""

    figures: Sequence[Stat]
    towns: Sequence[Bars]


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """One question, and four doors beside it."""
    asked = request.GET.get("q", "").strip()[:LONGEST]
    context = {
        "asked": asked,
        "found": items(asked) if asked else [],
        "doors": doors(),
        "towns": towns(),
        "week": week(),
    }
    return render(request, "portal/home.html", context)


def items(asked: str) -> list[Found]:
    """The service items in force whose name, in either language, holds every word asked for; at most ``MOST``.

    Only published items are found: before the city has published its catalogue there are none.
    """
    words = asked.casefold().split()
    found = []
    for item in shelf.library().all("item"):
        name = f"{item.name.zh} {item.name.en}".casefold()
        if all(word in name for word in words):
            found.append(Found(item.name, address("item", item.id)))
        if len(found) == MOST:
            break
    return found


def doors() -> dict[str, str]:
    """Where the doors of the home lead; empty for one that is not open yet."""
    return {name: address(name) for name in ("progress", "report")}


def towns() -> list[Link]:
    """The towns of the city by name, each with its page; empty before they are entered."""
    today = dt.datetime.now(ZONE).date()
    rows = (
        Organization.objects.filter(kind="town", begins__lte=today)
        .exclude(ends__lt=today)
        .order_by("id")
        .values_list("id", "name_zh", "name_en")
    )
    return [Link(Text(zh=zh, en=en or zh), address("organization", id)) for id, zh, en in rows]


def week() -> Week | None:
    """How the city did this week, out of the public measures; None while none is published.

    The figures belong to ``qinzheng.measures``: this page shows an answer, never one of its own making.
    """
    return None


def address(name: str, *arguments: str) -> str:
    """The address of a page by its name, or nothing where that page is not there yet."""
    try:
        return reverse(name, args=arguments)
    except NoReverseMatch:
        return ""
