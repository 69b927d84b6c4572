"""The events of a case as sentences, with who, when it is said to have happened, when it was entered, and its proof."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from qinzheng.access import rules
from qinzheng.access.acting import CITIZEN_ROLES
from qinzheng.access.users import User
from qinzheng.cases.acts import CONCERNED, CORRECTED, DEEMED, MIGRATED, NUMBERED, OPENED, PERFORMED, UNDEEMED
from qinzheng.cases.models import Case
from qinzheng.cases.schema import Procedure
from qinzheng.definitions.form import Text
from qinzheng.ledger import queries
from qinzheng.ledger.queries import StoredEvent
from qinzheng.organizations import queries as organizations
from qinzheng.parties import queries as parties
from qinzheng.parties.subjects import PartyRefused
from qinzheng.supervision.live import ISSUED, WITHDRAWN
from qinzheng.web.components import Event, Link, Proof

SHOWN = (OPENED, PERFORMED, DEEMED, UNDEEMED, MIGRATED, NUMBERED, CONCERNED, CORRECTED, ISSUED, WITHDRAWN)
"""What a person wants to read; how clocks moved is on the rulers."""
OF_CARDS = (ISSUED, WITHDRAWN)
"""Shown to officers only: a card is between the supervision and the unit."""
LEVELS = {
    "warning": Text(zh="预警", en="warning"),
    "yellow": Text(zh="黄牌", en="yellow card"),
    "red": Text(zh="红牌", en="red card"),
}


def of(reader: User, case: Case, procedure: Procedure) -> list[Event]:
    """The timeline, oldest first: by the time claimed, then as they came."""
    return [event for _, event in by_id(reader, case, procedure)]


def behind(reader: User, case: Case, procedure: Procedure, card: str) -> list[Event]:
    """What a card rests on: the act that gave it, where it was an act, and the card's own events with their proof."""
    whole = queries.history(case.id)
    own = [event for event in whole if event.type in OF_CARDS and event.body.get("card") == card]
    acts = {event.body.get("event") for event in own}
    chosen = {event.id for event in whole if event.subject_seq in acts} | {event.id for event in own}
    return [event for id, event in by_id(reader, case, procedure) if id in chosen]


def by_id(reader: User, case: Case, procedure: Procedure, only: str = "") -> list[tuple[str, Event]]:
    """The timeline with the ids of its events; ``only`` one of them."""
    found = [event for event in queries.history(case.id) if event.type in SHOWN and only in ("", event.id)]
    found = [event for event in found if event.type not in OF_CARDS or reader.seats]
    found.sort(
        key=lambda event: (event.occurred_at or event.body.get("at") or event.recorded_at, event.subject_seq)
    )
    names = organizations.names({event.organization for event in found if event.organization})
    titles = organizations.posts({event.actor for event in found if event.actor.startswith("p-")})
    positions = queries.positions_of(case.id)
    texts = _texts(reader, case, found)
    numbers = _numbers(reader, found)
    return [(event.id, _event(event, procedure, names, titles, positions, texts, numbers)) for event in found]


def _event(
    event: StoredEvent, procedure: Procedure, names: dict[str, Text], titles: dict[str, Any], positions: dict[str, int],
    texts: dict[str, str], numbers: dict[str, str],
) -> Event:  # fmt: skip
    body = event.body
    organization = names.get(event.organization, Text(zh=event.organization, en=event.organization))
    post = titles.get(event.actor)
    actor = _actor(event, post)
    place = positions.get(event.id)
    return Event(
        sentence=_sentence(event, body, procedure, organization, actor), actor=actor,
        organization=organization if event.organization else "",
        occurred=event.occurred_at or body.get("at") or event.recorded_at, recorded=event.recorded_at,
        day_only=event.precision == "day", determination=event.kind == "determination",
        proof=Proof(place, reverse("event", args=[event.id])), detail=_detail(body, procedure, texts), cases=_cases(body, procedure, numbers),
    )  # fmt: skip


def _actor(event: StoredEvent, post: Any) -> Text:
    """The post that acted; what an application or a source told of the applicant carries no pseudonym of an account."""
    if post:
        return Text(zh=post.name_zh, en=post.name_en)
    own = event.actor.startswith("a-") or event.body.get("role") in CITIZEN_ROLES
    return APPLICANT if own else Text(zh="", en="")


CONCEALED = Text(zh="办件已对被反映的单位、岗位密封", en="the case was sealed from those it concerns")
REVEALED = Text(zh="办件已解除密封", en="the case is sealed no longer")
APPLICANT = Text(zh="申请人", en="the applicant")


def _sentence(
    event: StoredEvent, body: dict[str, Any], procedure: Procedure, organization: Text, actor: Text
) -> Text:
    if event.type == ISSUED:
        level = LEVELS[body["level"]]
        return Text(zh=f"发出{level.zh}", en=f"{level.en} issued")
    if event.type == WITHDRAWN:
        return Text(zh="撤回一张牌：所据事实已变", en="a card withdrawn: the facts it rested on have changed")
    if event.type == MIGRATED:
        return Text(zh="办件改用新版本程序", en="the case was taken to another edition of its procedure")
    if event.type == NUMBERED:
        return Text(zh=f"记下外部编号 {body['number']}", en=f"outside number {body['number']} noted")
    if event.type == CONCERNED:
        return CONCEALED if body["concerns"] else REVEALED
    act = procedure.acts.get(body["act"])
    if act is None:
        return Text(zh=body["act"], en=body["act"])
    if event.type == CORRECTED:
        return Text(zh=f"来源更正“{act.name.zh}”", en=f"corrected by its source: {act.name.en}")
    if event.type == UNDEEMED:
        return Text(zh=f"撤回“{act.name.zh}”的认定", en=f"no longer deemed: {act.name.en}")
    words = act.sentence or Text(zh=f"{{organization}}{act.name.zh}", en=f"{{organization}}: {act.name.en}")
    slots = {"organization": organization, "actor": actor, "case": Text(zh="本件", en="the case")}
    return Text(
        zh=words.zh.format_map({name: text.zh for name, text in slots.items()}).lstrip("：: "),
        en=words.en.format_map({name: text.en for name, text in slots.items()}).lstrip(": "),
    )


def _detail(body: dict[str, Any], procedure: Procedure, texts: dict[str, str]) -> Text | None:
    """What the act's form said, field by field."""
    act = procedure.acts.get(body.get("act", ""))
    form = body.get("form") or {}
    if act is None or not form:
        return None
    zh, en = [], []
    for name, value in form.items():
        field = act.form.get(name)
        if field is None or _is_case(value):
            continue
        said = _said(field, value, texts)
        zh.append(f"{field.name.zh}：{said.zh}")
        en.append(f"{field.name.en}: {said.en}")
    return Text(zh="；".join(zh), en="; ".join(en)) if zh else None


def _is_case(value: Any) -> bool:
    return isinstance(value, str) and value.startswith("case:")


def _cases(body: dict[str, Any], procedure: Procedure, numbers: dict[str, str]) -> list[tuple[Text, Link]]:
    """The other cases that the act's form names, by number."""
    act = procedure.acts.get(body.get("act", ""))
    return [
        (act.form[name].name, Link(numbers[value], reverse("case", args=[numbers[value]])))
        for name, value in (body.get("form") or {}).items()
        if act is not None and name in act.form and _is_case(value) and value in numbers
    ]


def _numbers(reader: User, events: list[StoredEvent]) -> dict[str, str]:
    """The numbers of the other cases that the events name, where the reader may see them."""
    ids = {value for event in events for value in (event.body.get("form") or {}).values() if _is_case(value)}
    rows = rules.scope(reader, "see", Case.objects.filter(pk__in=ids)) if ids else Case.objects.none()
    return dict(rows.values_list("pk", "number"))


def _said(field: Any, value: Any, texts: dict[str, str]) -> Text:
    if isinstance(value, bool):
        return Text(zh="是" if value else "否", en="yes" if value else "no")
    if field.type == "choice" and value in field.choices:
        found: Text = field.choices[value]
        return found
    if isinstance(value, str) and value.startswith("text:"):
        kept = texts.get(value)
        return Text(zh=kept or "（无权查看或已删除）", en=kept or "(not for you to read, or erased)")
    if field.type == "reference":
        listed = value if isinstance(value, list) else [str(value)]
        named = organizations.names(listed)
        return Text(zh="、".join(named[id].zh if id in named else id for id in listed),
                    en=", ".join(named[id].en if id in named else id for id in listed))  # fmt: skip
    return Text(zh=str(value), en=str(value))


def _texts(reader: User, case: Case, events: list[StoredEvent]) -> dict[str, str]:
    """The kept texts that the reader may open, each opening an event of its own."""
    refs = [
        value for event in events for value in (event.body.get("form") or {}).values()
        if isinstance(value, str) and value.startswith("text:")
    ]  # fmt: skip
    if not refs or not (rules.can(reader, "open_personal", case) or rules.can(reader, "judge", case)):
        return {}
    who = reader.posts[0] if reader.posts else reader.pseudonym
    organization = reader.seats[0].unit if reader.seats else ""
    found: dict[str, str] = {}
    for ref in refs:
        try:
            found[ref] = parties.text(ref, who, "handling", organization)
        except PartyRefused:
            continue
    return found
