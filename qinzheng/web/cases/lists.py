"""Lists of cases: the worklist by due moment, all cases with search. Filters stand in the address; pages by cursor."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django.db.models import DateTimeField, Q, QuerySet, Value
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.urls import reverse

from qinzheng.access import rules
from qinzheng.access.models import SavedView
from qinzheng.access.users import User
from qinzheng.calendars import queries as calendars
from qinzheng.cases import searching
from qinzheng.cases.models import Case
from qinzheng.cases.schema import Act
from qinzheng.clocks.models import Clock
from qinzheng.definitions import shelf
from qinzheng.definitions.form import Text
from qinzheng.ledger import actions as ledger
from qinzheng.organizations import queries as organizations
from qinzheng.supervision import ruler
from qinzheng.web import language, paging
from qinzheng.web.calendars import today
from qinzheng.web.cases import many
from qinzheng.web.cases.page import title
from qinzheng.web.components import Badge, Choice, Column, Filter, Row, State, Table, Tone
from qinzheng.web.templatetags.shell import Due

COLUMNS = (
    Column(Text(zh="事项", en="Matter"), wide=True), Column(Text(zh="编号", en="Number")), Column(Text(zh="状态", en="State")),
    Column(Text(zh="时限尺", en="Limit ruler"), wide=True), Column(Text(zh="还剩", en="Time left")), Column(Text(zh="承办单位", en="Unit")),
)  # fmt: skip
FAR_AWAY = dt.datetime(9999, 1, 1, tzinfo=dt.UTC)
STATES = (
    ("open", Text(zh="在办", en="open")),
    ("late", Text(zh="超期", en="overdue")),
    ("closed", Text(zh="已办结", en="closed")),
)


def worklist(request: HttpRequest, reader: User) -> dict[str, Any]:
    """Open cases that the reader's units hold, and those they received in which it is the window's turn; the soonest due first."""
    mine = rules.handled(reader) | (Q(opened_by__in=reader.desk) & _waiting(reader.roles))
    rows = rules.scope(reader, "see", Case.objects.filter(mine, closed_at=None))
    rows = rows.annotate(due=Coalesce("next_due", Value(FAR_AWAY, DateTimeField())))
    acts = many.offered(reader)
    found = _context(request, reader, rows, ("due", "id"), WORK, "work", selectable=bool(acts))
    return {
        **found,
        "many": acts,
        "acts": "cases/many.html",
        "action": reverse("work-acts"),
        "key": uuid.uuid4(),
    }


def all_cases(request: HttpRequest, reader: User) -> dict[str, Any]:
    """Every case that the reader may see, the newest first; with words, those that hold them all."""
    rows = rules.scope(reader, "see", Case.objects.all())
    asked = request.GET.get("q", "").strip()[:80]
    if asked:
        rows = searching.find(rows, asked, people=rules.can(reader, "find_people"))
    return _context(request, reader, rows, ("-opened_at", "id"), ALL, "cases")


def _waiting(roles: frozenset[str]) -> Q:
    """Cases that stand where an act of one of the roles comes next; what waits for the applicant does not wait for them."""
    found = Q(pk__in=[])
    for procedure in shelf.library().standing("procedure"):
        acts = [act for act in procedure.acts.values() if _comes_next(act, roles)]
        states = {state for act in acts for state in act.from_}
        if states:
            found |= Q(procedure=procedure.id, state__in=states)
    return found


def _comes_next(act: Act, roles: frozenset[str]) -> bool:
    return not act.any_time and bool(roles & set(act.by)) and "applicant" not in act.by


WORK = Text(zh="我的待办（按到期先后）", en="My work, the soonest due first")
ALL = Text(zh="办件", en="Cases")


def _context(
    request: HttpRequest,
    reader: User,
    rows: QuerySet[Case],
    order: tuple[str, ...],
    caption: Text,
    view: str,
    *,
    selectable: bool = False,
) -> dict[str, Any]:
    rows = _filtered(request, rows)
    page = paging.page(rows, order, after=request.GET.get("after", ""), before=request.GET.get("before", ""))
    spoken = language.of(request)
    table = Table(
        caption=caption, columns=COLUMNS, rows=_rows(list(page.rows)), filters=_filters(request, reader),
        views=_views(request, reader, view), following=page.following, preceding=page.preceding,
        selectable=selectable,
    )  # fmt: skip
    return {"table": table, "title": language.pick(caption, spoken), "empty": EMPTY, "view": view}


EMPTY = State("empty", Text(zh="没有符合条件的办件", en="No case fits"),
              Text(zh="放宽筛选，或换一个说法再找。", en="Loosen the filters, or search in other words."))  # fmt: skip


def _filtered(request: HttpRequest, rows: QuerySet[Case]) -> QuerySet[Case]:
    chosen = request.GET
    if chosen.get("organization"):
        rows = rows.filter(organization__in=organizations.subtree(chosen["organization"], today()))
    if chosen.get("procedure"):
        rows = rows.filter(procedure=chosen["procedure"])
    state = chosen.get("state")
    if state == "open":
        rows = rows.filter(closed_at=None)
    elif state == "closed":
        rows = rows.exclude(closed_at=None)
    elif state == "late":
        rows = rows.filter(pk__in=Clock.objects.filter(ending="overdue", ended_at=None).values("case"))
    return rows


def _filters(request: HttpRequest, reader: User) -> list[Filter]:
    chosen = request.GET
    procedures = {
        one.id: one.name for one in shelf.library().all("procedure") if not one.id.startswith("logs.")
    }
    units = [row for kind in ("department", "town") for row in organizations.of_kind(kind, today())]
    return [
        Filter("q", Text(zh="查找", en="Search"), value=chosen.get("q", "")),
        Filter("state", Text(zh="状态", en="State"), [Choice(v, n, chosen.get("state") == v) for v, n in STATES]),
        Filter("procedure", Text(zh="程序", en="Procedure"),
               [Choice(id, name, chosen.get("procedure") == id) for id, name in procedures.items()]),
        Filter("organization", Text(zh="单位", en="Unit"),
               [Choice(u.id, organizations.text(u), chosen.get("organization") == u.id) for u in units]),
    ]  # fmt: skip


def _views(request: HttpRequest, reader: User, view: str) -> list[Choice]:
    saved = SavedView.objects.filter(account=reader.account, page=view).order_by("label")
    here = request.GET.urlencode()
    return [Choice(row.query, row.label, row.query == here) for row in saved]


def _rows(cases: list[Case]) -> list[Row]:
    names = organizations.names({case.organization for case in cases})
    clocks = _clocks(cases)
    return [_row(case, names, clocks.get(case.id)) for case in cases]


def _clocks(cases: list[Case]) -> dict[str, Clock]:
    """One clock a case: the running one that is due soonest, else the one that ended last."""
    found: dict[str, Clock] = {}
    for clock in Clock.objects.filter(case__in=[case.id for case in cases]).order_by("case", "due_at"):
        kept = found.get(clock.case)
        if kept is None or (
            kept.ended_at is not None and (clock.ended_at is None or clock.ended_at > kept.ended_at)
        ):
            found[clock.case] = clock
    return found


def _row(case: Case, names: dict[str, Text], clock: Clock | None) -> Row:
    procedure = shelf.edition("procedure", case.procedure, case.edition).definition
    state = procedure.states[case.state]
    tone: Tone = "plain" if state.final else "paused" if state.turn != "department" else "own"
    unit = names.get(case.organization, Text(zh=case.organization, en=case.organization))
    due = _left(clock)
    drawn = _ruler(clock) if clock is not None else ""
    return Row(
        (title(case), case.number, Badge(state.name, tone), drawn, due, unit),
        reverse("case", args=[case.number]),
        case.number,
    )


def _left(clock: Clock | None) -> object:
    """What stands under “time left”: nothing once it has ended, and no moment while it is paused: it would be wrong."""
    if clock is None or clock.ended_at or clock.due_at is None:
        return ""
    if clock.paused_at is not None:
        return PAUSED
    return Due(ledger.microseconds(_soonest(clock)) or 0)


PAUSED = Badge(Text(zh="中止，不计时", en="paused"), "paused")


def _soonest(clock: Clock) -> dt.datetime | None:
    now = dt.datetime.now(dt.UTC)
    return clock.promised_at if clock.promised_at is not None and clock.promised_at >= now else clock.due_at


def _ruler(clock: Clock) -> ruler.Clock:
    now = ledger.microseconds(dt.datetime.now(dt.UTC)) or 0
    end = ledger.microseconds(clock.ended_at or clock.paused_at)
    return ruler.Clock(
        calendar=calendars.calendar(shelf.library(), "cn"), start=ledger.microseconds(clock.started_at) or 0,
        needle=end if end is not None else now, due=ledger.microseconds(clock.due_at),
        promise=ledger.microseconds(clock.promised_at), ended=clock.ended_at is not None,
    )  # fmt: skip
