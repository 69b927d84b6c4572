"""The pages of cards: the list with its filters in the address, and one card with its why."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from qinzheng.access import rules
from qinzheng.access.users import User
from qinzheng.cases.actions import procedure_of
from qinzheng.cases.models import Case
from qinzheng.definitions import shelf
from qinzheng.definitions.form import Text
from qinzheng.organizations import queries as organizations
from qinzheng.supervision.models import Card as CardRow
from qinzheng.web import history, paging, reader
from qinzheng.web.calendars import today
from qinzheng.web.components import Choice, Filter, Link, State, Table
from qinzheng.web.definitions.views import cited
from qinzheng.web.supervision import said

LEVELS = (
    ("red", Text(zh="红牌", en="red")), ("yellow", Text(zh="黄牌", en="yellow")), ("warning", Text(zh="提示", en="notice")),
)  # fmt: skip
STATES = (("effective", Text(zh="有效", en="in effect")), ("withdrawn", Text(zh="已撤回", en="withdrawn")))
TITLE = Text(zh="牌", en="Cards")
EMPTY = State("empty", Text(zh="没有符合条件的牌", en="No card fits"),
              Text(zh="没有牌是好事；或者放宽筛选再看。", en="No card is good news; or loosen the filters."))  # fmt: skip
SIZE = 20


@require_safe
def cards(request: HttpRequest) -> HttpResponse:
    """Cards that the reader may see, the newest first."""
    who: User = reader.of(request)
    if who.is_anonymous:
        return redirect(f"{reverse('login')}?next={request.path}")
    if not rules.can(who, "cards"):
        raise Http404
    rows = _filtered(request, rules.scope(who, "see", CardRow.objects.all()))
    try:
        page = paging.page(
            rows, ("-issued_at", "id"), after=request.GET.get("after", ""), before=request.GET.get("before", ""), size=SIZE
        )  # fmt: skip
    except paging.WrongCursor:
        return redirect("cards")
    table = Table(
        TITLE, (), (), filters=_filters(request), following=page.following, preceding=page.preceding
    )
    context = {"table": table, "cards": said.cards(who, page.rows), "empty": EMPTY, "title": TITLE}
    return render(request, "supervision/cards.html", context)


@require_safe
def card(request: HttpRequest, card: str) -> HttpResponse:
    """One card: why, by which rule and article, and the case that it is about."""
    who: User = reader.of(request)
    row = rules.scope(who, "see", CardRow.objects.filter(pk=card)).first()
    if row is None:
        raise Http404
    rule = said.rule(row)
    found = Case.objects.filter(pk=row.case).first()
    visible = found is not None and rules.can(who, "see", found)
    context = {
        "card": said.cards(who, [row])[0], "rule": rule, "sources": [cited(each) for each in rule.source] if rule else [],
        "case": found if visible else None,
        "events": history.behind(who, found, procedure_of(found), row.pk) if found is not None and visible else [],
        "issued": row.issued_at, "crumbs": [Link(TITLE, reverse("cards")), Link(rule.name if rule else TITLE)],
    }  # fmt: skip
    return render(request, "supervision/card.html", context)


def _filtered(request: HttpRequest, rows: QuerySet[CardRow]) -> QuerySet[CardRow]:
    chosen = request.GET
    if chosen.get("level"):
        rows = rows.filter(level=chosen["level"])
    if chosen.get("rule"):
        rows = rows.filter(rule=chosen["rule"])
    if chosen.get("organization"):
        rows = rows.filter(organization__in=organizations.subtree(chosen["organization"], today()))
    if chosen.get("state") in ("effective", "withdrawn"):
        rows = rows.filter(withdrawn_at__isnull=chosen["state"] == "effective")
    return rows


def _filters(request: HttpRequest) -> list[Filter]:
    chosen = request.GET
    units = [row for kind in ("department", "town") for row in organizations.of_kind(kind, today())]
    listed = {rule.id: rule.name for rule in shelf.library().standing("rule") if _live(rule)}
    return [
        _filter("level", Text(zh="级别", en="Level"), LEVELS, chosen.get("level")),
        _filter("state", Text(zh="状态", en="State"), STATES, chosen.get("state")),
        _filter("organization", Text(zh="单位", en="Unit"), [(u.id, organizations.text(u)) for u in units], chosen.get("organization")),
        _filter("rule", Text(zh="规则", en="Rule"), list(listed.items()), chosen.get("rule")),
    ]  # fmt: skip


def _live(rule: object) -> bool:
    """Rules that judge nothing but logs of other systems give no card here."""
    supervised: list[str] = getattr(rule, "supervises", [])
    return any(not each.startswith("logs.") for each in supervised)


def _filter(parameter: str, name: Text, choices: object, chosen: str | None) -> Filter:
    listed = [Choice(value, words, chosen == value) for value, words in choices]  # type: ignore[attr-defined]
    return Filter(parameter, name, listed)
