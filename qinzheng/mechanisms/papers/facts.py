"""What the placeholders of a paper stand for, from the case's events, its clocks and what the issuer adds.

Names and sealed texts are opened by whoever issues the paper, each opening an event (``parties.queries``).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from qinzheng.cases import queries as cases
from qinzheng.cases.acts import DEEMED, UNDEEMED
from qinzheng.cases.engine import Who
from qinzheng.cases.items import Item
from qinzheng.cases.models import Case
from qinzheng.cases.schema import Field_, Procedure
from qinzheng.clocks.models import Clock
from qinzheng.definitions import shelf
from qinzheng.definitions.form import Text
from qinzheng.ledger import actions as ledger
from qinzheng.ledger import queries as events
from qinzheng.ledger.queries import StoredEvent
from qinzheng.mechanisms.papers.content import clean
from qinzheng.mechanisms.papers.schema import Asked, Paper
from qinzheng.organizations import queries as organizations
from qinzheng.parties import queries as parties
from qinzheng.parties.subjects import PartyRefused

PURPOSE = "serving_papers"
SEALED = "text:"
NOBODY = Text(zh="申请人", en="the applicant")
NO_DUE = Text(zh="法律没有规定的期限内", en="no limit set by law")


@dataclass(frozen=True)
class Done:
    """An act that stands on the case: by whom, when, and what its form says (sealed texts by reference)."""

    event: str
    seq: int
    act: str
    at: int
    actor: str
    organization: str
    form: Mapping[str, Any] = field(default_factory=dict)


def done(case: Case) -> list[Done]:
    """What was done and what was deemed, in the order in which the events came; each act as last corrected."""
    history = events.history(case.pk)
    found = [
        Done(str(act.id), act.seq, act.name, act.occurred_at, act.who.actor, act.who.organization, act.form)
        for act in cases.acts(history)
    ]
    return sorted([*found, *_deemed(history)], key=lambda each: each.seq)


def _deemed(history: list[StoredEvent]) -> list[Done]:
    held: dict[str, Done] = {}
    for event in history:
        if event.type == UNDEEMED:
            held.pop(event.body["act"], None)
        elif event.type == DEEMED:
            name = event.body["act"]
            held[name] = Done(
                event.id, event.subject_seq, name, event.occurred_at or event.recorded_at, "", ""
            )
    return list(held.values())


def already_said(
    paper: Paper, acts: Sequence[Done], act: Done, procedure: Procedure
) -> dict[str, tuple[Any, Field_]]:
    """The fields of the paper that acts have filled in: its own act's form first, then the acts that a field names."""
    found: dict[str, tuple[Any, Field_]] = {}
    for name, field_ in paper.asks.items():
        named = [each for each in reversed(acts) if each.act in field_.of]
        for each, called in product((act, *named), (name, *field_.also)):
            value, described = each.form.get(called), _described(procedure, each.act, called)
            if value not in (None, "", []) and described is not None:
                found[name] = (value, described)
                break
    return found


def _described(procedure: Procedure, act: str, name: str) -> Field_ | None:
    definition = procedure.acts.get(act)
    return None if definition is None else definition.form.get(name)


def organ(case: Case, day: dt.date) -> tuple[str, Text]:
    """The organ in whose name the paper goes out: the unit in charge, or the nearest above it that has a name of its own."""
    unit = case.organization or case.opened_by
    id = organizations.units([unit], day)[unit] if unit else ""
    return id, organizations.names([id])[id] if id else Text(zh="（未定机关）", en="(no organ yet)")


def government(organ: str, day: dt.date) -> Text:
    """The government that the organ belongs to; empty where it stands under none."""
    above = organizations.ancestors(organ, day) if organ else []
    root = above[-1] if above else organ
    named = organizations.names([root])[root] if root else Text(zh="", en="")
    return Text(zh=f"{named.zh}人民政府", en=f"the People's Government of {named.en}") if root else named


def item_of(case: Case) -> Item | None:
    """The item that the case is about, as it stands on the shelf."""
    if not case.item:
        return None
    try:
        found: Item = shelf.library().get("item", case.item)
    except KeyError:
        return None
    return found


def matter(case: Case, procedure: Procedure) -> Text:
    """What the case is about, in words."""
    item = item_of(case)
    if item is not None:
        return item.name
    return Text(zh=case.title, en=case.title) if case.title else procedure.name


def later(case: Case) -> bool:
    """Whether the case's item lets some paper come later."""
    item = item_of(case)
    return item is not None and any(each.later for each in item.guide.materials.values())


def prefilled(asked: Asked, case: Case, day: dt.date) -> str:
    """What a field that is asked begins with, in Chinese: the issuer reads and corrects it."""
    kind = asked.prefill
    item = item_of(case)
    if kind == "government":
        return government(organ(case, day)[0], day).zh
    if kind and item is not None:
        wanted = item.guide.materials.values()
        return "\n".join(
            each.name.zh
            for each in wanted
            if each.shared_from is None and (kind == "materials" or each.later)
        )
    return ""


def applicant(case: Case, who: Who) -> str:
    """The applicant's name, opened with a trace; a general word where nobody is named or it may not be opened."""
    held = dict(case.parties.values_list("relation", "party"))
    party = held.get("applicant") or held.get("reporter")
    if party is None:
        return NOBODY.zh
    try:
        opened = parties.open_(party, who.actor, PURPOSE, who.organization)
    except PartyRefused:
        return NOBODY.zh
    return clean(str(opened.get("name", ""))) or NOBODY.zh


def words(
    paper: Paper, case: Case, procedure: Procedure, act: Done, form: Mapping[str, Any], who: Who, number: str, now: dt.datetime,
) -> dict[str, Text]:  # fmt: skip
    """Every placeholder of the paper with what it stands for."""
    day = now.astimezone(shelf.ZONE).date()
    name = applicant(case, who)
    opened = shelf.day(ledger.microseconds(case.opened_at) or 0)
    found = {
        "applicant": Text(zh=name, en=name), "organ": organ(case, day)[1], "matter": matter(case, procedure),
        "case": _same(case.number), "number": _same(number), "act_day": said_day(shelf.day(act.at)),
        "received_day": said_day(opened), "issued_day": said_day(day), "due": due(case, procedure),
        "approver": organizations.names([act.actor])[act.actor] if act.actor.startswith("p-") else _same(act.actor),
    }  # fmt: skip
    theirs = already_said(paper, done(case), act, procedure)
    for key, field_ in paper.asks.items():
        value, described = theirs.get(key, (form.get(key), field_))
        found[key] = said(described, value, who)
    return {key: Text(zh=clean(text.zh), en=clean(text.en)) for key, text in found.items()}


def said(described: Field_ | None, value: Any, who: Who) -> Text:
    """One field's value in words; sealed text is opened with a trace."""
    if value in (None, "", []):
        return Text(zh="（无）", en="(none)")
    if isinstance(value, bool):
        return Text(zh="是", en="yes") if value else Text(zh="否", en="no")
    if isinstance(value, list) or (described is not None and described.type == "reference"):
        names = organizations.names(value if isinstance(value, list) else [str(value)])
        return Text(
            zh="、".join(each.zh for each in names.values()), en=", ".join(each.en for each in names.values())
        )
    if described is not None and described.type == "choice" and value in described.choices:
        return described.choices[value]
    if described is not None and described.type == "day":
        return said_day(dt.date.fromisoformat(value))
    if described is not None and described.type == "instant":
        at = dt.datetime.fromisoformat(value).astimezone(shelf.ZONE)
        day = said_day(at.date())
        return Text(zh=f"{day.zh}{at:%H:%M}", en=f"{day.en} {at:%H:%M}")
    if isinstance(value, str) and value.startswith(SEALED):
        return _same(parties.text(value, who.actor, PURPOSE, who.organization))
    return _same(str(value))


def due(case: Case, procedure: Procedure) -> Text:
    """Until when the case's main clock runs, by the law's limit; as it stands when the paper is written."""
    main = [name for name, clock in procedure.clocks.items() if clock.role != "step"]
    row = Clock.objects.filter(case=case.pk, clock__in=main, ended_at=None).order_by("due_at").first()
    if row is None or row.due_at is None:
        return NO_DUE
    last = (row.due_at - dt.timedelta(microseconds=1)).astimezone(shelf.ZONE).date()
    return said_day(last)


def said_day(day: dt.date) -> Text:
    """A day as official papers write it."""
    return Text(zh=f"{day.year}年{day.month}月{day.day}日", en=day.isoformat())


def _same(words_: str) -> Text:
    return Text(zh=words_, en=words_)
