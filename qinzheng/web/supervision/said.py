"""A card as the pages show it. Its sentence is the kernel's own explanation, folded from the ledger anew."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.urls import reverse

from qinzheng.access import rules
from qinzheng.access.users import User
from qinzheng.calendars import queries as calendars
from qinzheng.cases.actions import procedure_of
from qinzheng.cases.models import Case
from qinzheng.clocks import explain
from qinzheng.definitions import shelf
from qinzheng.definitions.form import Text
from qinzheng.definitions.shelf import NotPublished
from qinzheng.ledger import actions as ledger
from qinzheng.organizations import queries as organizations
from qinzheng.supervision import sight
from qinzheng.supervision.models import Card as CardRow
from qinzheng.web.components import Badge, Card, Link
from qinzheng.web.definitions.views import cited

EFFECTIVE = Badge(Text(zh="有效", en="in effect"), "plain")
CHANGED = Text(zh="所据事实已变，见办件时间线", en="the facts changed, see the case's timeline")
PLAIN = {
    "clock": Text(zh="该时限", en="the limit"), "act": Text(zh="该环节", en="the step"),
    "missing": Text(zh="应办环节", en="a required step"),
}  # fmt: skip
Sentences = Mapping[tuple[str, int], Text]


def cards(reader: User, rows: Iterable[CardRow]) -> list[Card]:
    """The cards in the order given; a case that the reader may not open is not linked."""
    listed = list(rows)
    held = Case.objects.filter(pk__in={row.case for row in listed})
    cases = {case.id: case for case in rules.scope(reader, "see", held)}
    names = organizations.names({row.organization for row in listed})
    said: dict[str, Sentences] = {}
    limits: dict[str, frozenset[str]] = {}
    for case in held:
        said[case.id] = sentences(case)
        limits[case.id] = limits_of(case)
    return [
        _card(
            row,
            cases.get(row.case),
            names[row.organization],
            said.get(row.case, {}),
            limits.get(row.case, frozenset()),
        )
        for row in listed
    ]


def sentences(case: Case) -> Sentences:
    """(rule, moment) → why, of every card that the case has now."""
    now = ledger.microseconds(dt.datetime.now(dt.UTC)) or 0
    return {(card.rule.id, card.at): card.sentence for card in sight.of(case, now).cards}


def limits_of(case: Case) -> frozenset[str]:
    """The articles that the limits of the case's clocks rest on."""
    clocks = procedure_of(case).clocks.values()
    found = [getattr(clock.limits, kind) for clock in clocks for kind in ("statutory", "own", "committed")]
    return frozenset(reference for limit in found if limit is not None for reference in limit.source)


def _basis(sources: Sequence[str], limits: frozenset[str]) -> str:
    """Of what a rule rests on, the article that this case's own limits cite; a rule for several laws names them all."""
    return next((reference for reference in sources if reference in limits), sources[0])


def _card(row: CardRow, case: Case | None, unit: Text, said: Sentences, limits: frozenset[str]) -> Card:
    found = rule(row)
    at = ledger.microseconds(row.at) or 0
    name = found.name if found else Text(zh=row.rule, en=row.rule)
    return Card(
        level=row.level, sentence=said.get((row.rule, at)) or _plain(row, found, at),  # type: ignore[arg-type]
        rule=Link(name, reverse("rule", args=[row.rule, row.edition])), organization=unit, at=at,
        basis=cited(_basis(found.source, limits)) if found else None,
        case=Link(case.number, reverse("case", args=[case.number])) if case else None,
        state=EFFECTIVE, withdrawn=CHANGED if row.withdrawn_at else None, url=reverse("card", args=[row.id]),
    )  # fmt: skip


def rule(row: CardRow) -> Any:
    """The rule's edition under which the card was issued; None where it is not at hand."""
    try:
        return shelf.edition("rule", row.rule, row.edition).definition
    except NotPublished:
        return None


def _plain(row: CardRow, found: Any, at: int) -> Text:
    """The sentence of a card that was withdrawn: what only the case's present history knows is said in general words."""
    if found is None:
        return Text(zh=row.rule, en=row.rule)
    moment = explain.moment(calendars.calendar(shelf.library(), "cn"), at)
    count = Text(zh=str(row.detail), en=str(row.detail))
    words = {**PLAIN, "due": moment, "count": count, "lag": explain.lag(row.detail)}
    return Text(
        zh=found.sentence.zh.format_map({slot: text.zh for slot, text in words.items()}),
        en=found.sentence.en.format_map({slot: text.en for slot, text in words.items()}),
    )
