"""In which post, for which unit and in which role somebody acts; and which acts are open to it now."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from qinzheng.access import rules
from qinzheng.access.users import Seat, User
from qinzheng.cases import actions, engine, itemized
from qinzheng.cases.about import About
from qinzheng.cases.engine import NotAllowed, Situation, Who
from qinzheng.cases.models import Case
from qinzheng.cases.schema import Act, Procedure
from qinzheng.definitions import shelf
from qinzheng.mechanisms.matters import handling as matters

CITIZEN_ROLES = ("applicant", "citizen")


def who(user: User, act: Act, case: Case | None = None) -> Who | None:
    """The post, unit and role in which the user may do the act; None where no role of its fits.

    A post of the unit that holds the case, or was asked for its opinion, is chosen before another.
    """
    seats = sorted(user.seats, key=lambda seat: (seat.stand_in, not _holds(seat, case)))
    for seat in seats:
        role = next((role for role in act.by if role in seat.roles), None)
        if role is not None:
            return Who(seat.post, seat.unit, role)
    role = next((role for role in CITIZEN_ROLES if role in act.by), None)
    if role is not None and user.takes_part:
        return Who(user.pseudonym, "", role)
    return None


def _holds(seat: Seat, case: Case | None) -> bool:
    return case is not None and case.organization in (seat.unit, seat.organization)


def open_acts(user: User, case: Case, procedure: Procedure) -> Iterator[tuple[str, Act]]:
    """The acts that the user may do on the case as it stands, in the order of the procedure."""
    if not rules.can(user, "perform", case):
        return
    here, item = actions.situation(case), actions.item_of(case)
    for name, act in procedure.acts.items():
        actor = who(user, act, case)
        if actor is not None and not act.opens and fits(procedure, here, name, actor):
            shown = itemized.narrowed(procedure, item, name, act, actor)
            if shown is not None:
                yield name, shown


def fits(procedure: Procedure, here: Situation, name: str, actor: Who) -> bool:
    """Whether the act fits the state; what its form will say is not known yet."""
    try:
        engine.check_may(procedure, name, actor)
        engine.check_now(procedure, here, name, actor, _filled(procedure))
    except NotAllowed:
        return False
    return True


class _Filled(dict[str, Any]):
    """A form in which everything is filled in: guards on fields are asked when the form is there."""

    def get(self, key: str, default: Any = None) -> Any:
        return super().get(key, True)


def _filled(procedure: Procedure) -> _Filled:
    """With as many organizations asked as each joint group needs."""
    return _Filled(
        {
            joint.organizations: [str(n) for n in range(joint.quorum or 1)]
            for joint in procedure.joints.values()
        }
    )


def opening_acts(user: User, procedure: Procedure) -> list[tuple[str, Act, Who]]:
    """The acts by which the user may open a case of the procedure."""
    found = []
    for name, act in procedure.acts.items():
        actor = who(user, act) if act.opens else None
        if actor is not None:
            found.append((name, act, actor))
    return found


def perform(user: User, case: Case, name: str, form: Mapping[str, Any], **more: Any) -> actions.Done:
    """Do an act as the user; :class:`NotAllowed` where it may not. The domain checks state, form and law."""
    procedure = actions.procedure_of(case)
    act = procedure.acts.get(name)
    actor = who(user, act, case) if act is not None else None
    if act is None or actor is None or not rules.can(user, "perform", case):
        raise NotAllowed(f"您不能办理“{name}”", f"you may not do {name}")
    return actions.perform(case.pk, name, actor, form, **more)


def open_case(
    user: User, procedure: Procedure, name: str, form: Mapping[str, Any], about: About, *, key: uuid.UUID,
    occurred_at: int | None = None,
) -> actions.Done:  # fmt: skip
    """Open a case as the user; :class:`NotAllowed` where it may not. ``key`` makes a double click one case.

    ``occurred_at``: since when it counts as received, where that is not now.
    """
    actor = next((who for opening, _, who in opening_acts(user, procedure) if opening == name), None)
    if actor is None or not rules.can(user, "open"):
        raise NotAllowed(f"您不能发起“{procedure.name.zh}”", f"you may not open: {procedure.name.en}")
    if actor.role in CITIZEN_ROLES and not all(
        user.may_act_for(party, about.item) for party in about.parties.values()
    ):
        raise NotAllowed(
            "只能以本人或所代表的企业的名义申请", "apply for yourself or the firm you act for", "party"
        )
    return actions.open_case(procedure.id, name, actor, form, key=key, about=about, occurred_at=occurred_at)


def in_role(user: User, roles: Collection[str]) -> Who | None:
    """The first post of the user, its own before one that it stands in for, that has one of the roles."""
    for seat in sorted(user.seats, key=lambda seat: seat.stand_in):
        role = next((role for role in roles if role in seat.roles), None)
        if role is not None:
            return Who(seat.post, seat.unit, role)
    return None


def open_matter(
    user: User, id: str, form: Mapping[str, Any], about: About, *, key: uuid.UUID
) -> matters.Opened:
    """Open one matter as the user; :class:`NotAllowed` where it may not open each of its items.

    Raises :class:`~qinzheng.definitions.shelf.NotPublished` where there is no such matter.
    """
    day = dt.datetime.now(shelf.ZONE).date()
    parts = matters.parts(shelf.in_force("matter", id, day).definition, day)
    actors = [who(user, part.procedure.acts[part.act]) for part in parts]
    actor = actors[0]
    if actor is None or None in actors or not rules.can(user, "open"):
        raise NotAllowed("您不能发起这一件事", "you may not open this matter")
    if actor.role in CITIZEN_ROLES and not all(
        user.may_act_for(party, part.item.id) for party in about.parties.values() for part in parts
    ):
        raise NotAllowed(
            "只能以本人或所代表的企业的名义申请", "apply for yourself or the firm you act for", "party"
        )
    return matters.open_matter(id, actor, form, about, key=key)
