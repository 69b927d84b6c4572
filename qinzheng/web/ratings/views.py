"""What officials see of ratings: grades, whether it was done, what was wrong, by day; never who, nor which case."""

from __future__ import annotations

import datetime as dt
from collections import Counter

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from qinzheng.access import rules
from qinzheng.access.users import User
from qinzheng.cases.models import Case
from qinzheng.definitions import shelf
from qinzheng.definitions.form import Text
from qinzheng.mechanisms.ratings import queries
from qinzheng.mechanisms.ratings.queries import Rating
from qinzheng.mechanisms.ratings.schema import BAD, GRADES, Scheme
from qinzheng.organizations import queries as organizations
from qinzheng.organizations.models import Organization
from qinzheng.web import calendars, paging, reader
from qinzheng.web.components import Bars, Column, Link, Row, State, Table
from qinzheng.web.paging import Page
from qinzheng.web.ratings.forms import ANSWERS

DAYS = 30
TITLE = Text(zh="好差评", en="Ratings")
GRADED = Text(zh="评级", en="Grades")
COLUMNS = (
    Column(Text(zh="日期", en="Day")), Column(Text(zh="事项", en="Matter"), wide=True), Column(Text(zh="被评单位", en="Rated unit")),
    Column(Text(zh="评级", en="Grade")), Column(Text(zh="办成了吗", en="Done"), wide=False), Column(Text(zh="原因", en="What was wrong"), wide=True),
    Column(Text(zh="回访", en="Call-back")),
)  # fmt: skip
EMPTY = State("empty", Text(zh="三十天内没有评价", en="No ratings in thirty days"),
              Text(zh="没有评价不算满意，也不算不满意。", en="No rating counts neither as content nor as discontent."))  # fmt: skip


@require_safe
def ratings(request: HttpRequest) -> HttpResponse:
    """The ratings of the last thirty days of the units whose figures the reader may see."""
    who = reader.of(request)
    if who.is_anonymous:
        return redirect(f"{reverse('login')}?next={request.path}")
    if not rules.can(who, "overview"):
        raise Http404
    scheme = queries.scheme(calendars.today())
    units = set(rules.scope(who, "measure", Organization.objects.all()).values_list("pk", flat=True))
    since = dt.datetime.now(dt.UTC) - dt.timedelta(days=DAYS)
    found = queries.of_units(units, since) if scheme is not None else []
    try:
        shown = paging.part(found, after=request.GET.get("after", ""), before=request.GET.get("before", ""))
    except paging.WrongCursor:
        return redirect(request.path)
    context = {
        "title": TITLE, "table": _table(who, shown, scheme) if scheme is not None and found else None, "empty": EMPTY,
        "grades": _grades(found, scheme) if scheme is not None else [], "graded": GRADED, "count": len(found), "bad": sum(each.grade in BAD for each in found),
        "done": sum(each.answer == "done" for each in found), "asked": sum(each.answer in ("done", "not_done") for each in found),
    }  # fmt: skip
    return render(request, "ratings/list.html", context)


def _grades(found: list[Rating], scheme: Scheme) -> list[Bars]:
    counted = Counter(each.grade for each in found)
    return [
        Bars(scheme.grades[grade], counted[grade] / len(found), str(counted[grade]),  # type: ignore[index]
             late=counted[grade] / len(found) if grade in BAD else 0.0)
        for grade in GRADES if found
    ]  # fmt: skip


def _table(who: User, shown: Page[Rating], scheme: Scheme) -> Table:
    found = shown.rows
    names = organizations.names({each.unit for each in found})
    items = {each.id: each.name for each in shelf.library().all("item")}
    seen = set(
        rules.scope(who, "see", Case.objects.filter(number__in=[each.call_back for each in found if each.call_back]))
        .values_list("number", flat=True)
    )  # fmt: skip
    rows = [
        Row((
            each.day.isoformat(), items.get(each.item, Text(zh="—", en="—")), names[each.unit], scheme.grades[each.grade],  # type: ignore[index]
            ANSWERS[each.answer], _reasons(each, scheme),
            Link(each.call_back, reverse("case", args=[each.call_back])) if each.call_back in seen else each.call_back,
        ))
        for each in found
    ]  # fmt: skip
    return Table(
        caption=TITLE, columns=COLUMNS, rows=rows, following=shown.following, preceding=shown.preceding
    )


def _reasons(rating: Rating, scheme: Scheme) -> Text:
    """What was ticked, in the words that the scheme has for it now."""
    words = [scheme.reasons[each] for each in rating.reasons if each in scheme.reasons]
    return Text(zh="、".join(each.zh for each in words), en=", ".join(each.en for each in words))
