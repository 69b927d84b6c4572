"""The city's points and villages side by side: open now, taken in, in hand, overdue, errands to hand back.

Whoever sees all figures sees every point; a town its own and those below; a point itself.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from qinzheng.access import rules
from qinzheng.access.users import User
from qinzheng.calendars import queries as calendars
from qinzheng.calendars.build import IncompleteCalendar
from qinzheng.definitions import shelf
from qinzheng.definitions.form import Text
from qinzheng.ledger import actions as ledger
from qinzheng.mechanisms.errands import taking
from qinzheng.organizations import queries as organizations
from qinzheng.organizations.models import Organization
from qinzheng.web import paging, reader
from qinzheng.web.calendars import today
from qinzheng.web.components import Badge, Column, Row, State, Table
from qinzheng.web.organizations import hours

KINDS = ("service_point", "village")
DAYS = 30
OPEN, CLOSED = (
    Badge(Text(zh="现在开放", en="open now"), "good"),
    Badge(Text(zh="现在不开放", en="closed now")),
)
UNKNOWN = Badge(Text(zh="时间未录", en="hours not entered"))
COLUMNS = (
    Column(Text(zh="服务点", en="Point"), wide=True), Column(Text(zh="开放", en="Open")),
    Column(Text(zh="三十天收件", en="Taken in, 30 days"), number=True), Column(Text(zh="在办", en="In hand"), number=True),
    Column(Text(zh="其中超期", en="Overdue"), number=True), Column(Text(zh="代办在办", en="Errands in hand"), number=True),
    Column(Text(zh="代办待交还超期", en="Handed back late"), number=True),
)  # fmt: skip
EMPTY = State("empty", Text(zh="没有您能看的服务点", en="No point that you may see"),
              Text(zh="服务点在“部门与镇街”里建立。", en="Points are founded among departments and towns."))  # fmt: skip


@dataclass(frozen=True)
class Load:
    """What a point has: ``taken`` in the last days; in hand and overdue now; the errands among them."""

    taken: int = 0
    open: int = 0
    overdue: int = 0
    errands: int = 0
    errands_late: int = 0


@never_cache
@require_safe
def network(request: HttpRequest) -> HttpResponse:
    """The list, those with something overdue first."""
    who: User = reader.of(request)
    if who.is_anonymous:
        return redirect(f"{reverse('login')}?next={request.path}")
    if not rules.can(who, "overview"):
        raise Http404
    mine = rules.scope(
        who, "measure", Organization.objects.filter(organizations.on(today()), kind__in=KINDS).order_by("pk")
    )
    loads = load([unit.pk for unit in mine], dt.datetime.now(dt.UTC) - dt.timedelta(days=DAYS))
    listed = sorted(mine, key=lambda unit: _order(unit, loads))
    try:
        page = paging.part(listed, after=request.GET.get("after", ""), before=request.GET.get("before", ""))
    except paging.WrongCursor:
        return redirect(request.path)
    table = Table(
        caption=Text(zh="服务点（超期多的在前）", en="Points, those with most overdue first"), columns=COLUMNS,
        rows=[_row(unit, loads.get(unit.pk, Load())) for unit in page.rows],
        following=page.following, preceding=page.preceding,
    )  # fmt: skip
    return render(request, "network/network.html", {"table": table, "empty": EMPTY, "days": DAYS})


def _order(unit: Organization, loads: dict[str, Load]) -> tuple[int, int, str]:
    found = loads.get(unit.pk, Load())
    return -found.overdue - found.errands_late, -found.taken, unit.pk


def load(units: Collection[str], since: dt.datetime) -> dict[str, Load]:
    """What each unit took in since a moment and has in hand now, in one question; units with nothing are left out."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT opened_by, count(*) FILTER (WHERE opened_at >= %(since)s),
                count(*) FILTER (WHERE closed_at IS NULL),
                count(*) FILTER (WHERE closed_at IS NULL AND next_due < clock_timestamp()),
                count(*) FILTER (WHERE closed_at IS NULL AND procedure = %(errand)s),
                count(*) FILTER (WHERE closed_at IS NULL AND procedure = %(errand)s AND next_due < clock_timestamp())
            FROM cases_case
            WHERE opened_by = ANY(%(units)s::text[]) AND (closed_at IS NULL OR opened_at >= %(since)s)
            GROUP BY opened_by""",
            {"units": list(units), "since": since, "errand": taking.PROCEDURE},
        )
        return {unit: Load(*counts) for unit, *counts in cursor.fetchall()}


def _row(unit: Organization, found: Load) -> Row:
    return Row(
        cells=[
            organizations.text(unit), _open(unit), found.taken, found.open, found.overdue, found.errands, found.errands_late,
        ],
        url=reverse("organization", args=[unit.pk]), key=unit.pk,
    )  # fmt: skip


def _open(unit: Organization) -> Badge:
    """Whether a point is open now; of a village nobody entered its hours unless it names a calendar."""
    if unit.kind == "village" and not unit.calendar:
        return UNKNOWN
    try:
        calendar = calendars.calendar(shelf.library(), organizations.calendar(unit))
    except IncompleteCalendar:
        return UNKNOWN
    found = hours.open_at(calendar, ledger.microseconds(dt.datetime.now(dt.UTC)) or 0)
    return UNKNOWN if found is None else OPEN if found else CLOSED
