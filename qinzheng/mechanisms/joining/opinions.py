"""The opinions that a joint case asks for, one case an organization: opened, given and lapsed as the joint case goes on.

The law sets one limit for the whole and none for a single answer; the clock of an opinion is ours, and it shows who keeps
the others waiting. The answer itself is given in the joint case, once; here only the time is kept. Ids follow from the
asking act and the organization, so that no table links them.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator

from qinzheng.cases import actions as cases
from qinzheng.cases import engine
from qinzheng.cases.about import About
from qinzheng.cases.acts import PERFORMED, Act, Change
from qinzheng.cases.engine import Who
from qinzheng.cases.models import Case
from qinzheng.cases.schema import Joint, Procedure
from qinzheng.definitions import shelf
from qinzheng.ledger import queries

ROLE = "joint"
"""Held by no post: nobody opens or ends an opinion's case by itself."""
ASK, GIVE, LAPSE, UNIT = "ask", "give", "lapse", "unit"
"""The acts of an opinion's procedure, and the field that names who is asked."""


def key_of(ask: uuid.UUID, organization: str) -> uuid.UUID:
    """The key, and so the id, of the case of one organization's opinion."""
    return uuid.uuid5(ask, organization)


def follow(change: Change) -> None:
    """Keep the opinions' cases beside the joint case, in its transaction. What another system tells has none."""
    if change.outside:
        return
    for key, joint in joints(change.procedure):
        for act in change.acts:
            if act.name == joint.asked_by:
                _ask(change, joint, act)
            elif act.name == joint.answered_by:
                _end(change, joint, GIVE, [act.who.organization], act.occurred_at)
        if change.case.closed_at is not None:
            _end(change, joint, LAPSE, asked(change.case, key), None)


def joints(procedure: Procedure) -> Iterator[tuple[str, Joint]]:
    """The joint groups in which each organization has a case of its own."""
    return ((key, joint) for key, joint in procedure.joints.items() if joint.opinion is not None)


def asked(case: Case, group: str) -> list[str]:
    """Whom the case asked in a group, as its situation says."""
    return list(case.situation.get("joints", {}).get(group, {}).get("asked", ()))


def of(case: Case) -> list[Case]:
    """The opinions' cases of a joint case, in the order of the organizations; none where it asked nobody."""
    procedure = cases.procedure_of(case)
    ids = [
        f"case:{key_of(ask, organization)}"
        for key, joint in joints(procedure)
        for ask in _asks(case, joint)
        for organization in asked(case, key)
    ]
    rows = Case.objects.in_bulk(ids)
    return [rows[id] for id in ids if id in rows]


def _ask(change: Change, joint: Joint, act: Act) -> None:
    assert joint.opinion is not None
    case = change.case
    who = Who(act.who.actor, act.who.organization, ROLE)
    concerns = [each.organization or each.post for each in case.concerns.all()]
    about = About(title=_title(case), town=case.town, concerns=concerns, matter=case.pk)
    for organization in engine.listed(act.form.get(joint.organizations)):
        cases.open_case(
            joint.opinion, ASK, who, {UNIT: organization}, key=key_of(act.id, organization), about=about,
            occurred_at=act.occurred_at,
        )  # fmt: skip


def _title(case: Case) -> str:
    """The matter's name, never a person's."""
    if not case.item:
        return case.title
    try:
        name: str = shelf.library().get("item", case.item).name.zh
    except KeyError:
        return case.title
    return name


def _end(change: Change, joint: Joint, how: str, organizations: list[str], at: int | None) -> None:
    for ask in _asks(change.case, joint):
        ids = [f"case:{key_of(ask, each)}" for each in organizations]
        for waiting in Case.objects.filter(pk__in=ids, closed_at=None).order_by("pk"):
            cases.perform(waiting.pk, how, Who("system", waiting.organization, ROLE), {}, occurred_at=at)


def _asks(case: Case, joint: Joint) -> list[uuid.UUID]:
    """The acts by which the case asked."""
    return [
        uuid.UUID(each.id)
        for each in queries.history(case.pk)
        if each.type == PERFORMED and each.body.get("act") == joint.asked_by
    ]
