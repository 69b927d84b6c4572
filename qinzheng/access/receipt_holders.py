"""What the holder of a case's receipt may do without an account: what an applicant may, and a complaint about its handling.

Number and secret were asked before anything here is reached. The ledger names nobody: whoever has the paper is the
applicant, as at the window. A complaint is a case of its own, sealed from the unit that it is about (ADR 0037).
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from qinzheng.access.acting import CITIZEN_ROLES, fits
from qinzheng.cases import actions, engine, itemized, receipts
from qinzheng.cases.about import About
from qinzheng.cases.acts import Done
from qinzheng.cases.engine import NotAllowed, Who
from qinzheng.cases.models import Case
from qinzheng.cases.schema import Act, Procedure
from qinzheng.definitions import shelf
from qinzheng.organizations import queries as organizations

COMPLAINTS, COMPLAIN, TEXT = "hotline.work-order", "call", "content"
"""The procedure of complaints, the act that opens one, and the field that holds what is said."""
LONGEST_COMPLAINT = 2000
TITLE = "对办件 {number} 办理情况的投诉"
"""In Chinese, as titles are: it names the matter, never a person."""


def who(act: Act) -> Who | None:
    """As whom the holder does an act; None where it is not an applicant's."""
    role = next((role for role in CITIZEN_ROLES if role in act.by), None)
    return None if role is None or act.opens else Who(receipts.HOLDER, "", role)


def open_acts(case: Case, procedure: Procedure) -> Iterator[tuple[str, Act]]:
    """The acts that the holder may do on the case as it stands, in the order of the procedure."""
    here, item = actions.situation(case), actions.item_of(case)
    for name, act in procedure.acts.items():
        actor = who(act)
        if actor is not None and fits(procedure, here, name, actor):
            shown = itemized.narrowed(procedure, item, name, act, actor)
            if shown is not None:
                yield name, shown


def perform(case: Case, name: str, form: Mapping[str, Any], *, key: uuid.UUID) -> Done:
    """Do an act as the holder; :class:`NotAllowed` where it is not the holder's to do."""
    act = actions.procedure_of(case).acts.get(name)
    actor = who(act) if act is not None else None
    if actor is None:
        raise NotAllowed(f"凭回执不能办理“{name}”", f"{name} is not done by receipt")
    return actions.perform(case.pk, name, actor, form, key=key)


def ends(procedure: Procedure, name: str) -> bool:
    """Whether an act may end the case: then the secret is asked once more."""
    return any(procedure.states[state].final for state in engine.targets(procedure, name))


def complained_of(case: Case) -> str:
    """The unit that a complaint would be about; "" where there is none, or where it is who takes complaints in."""
    unit = case.organization or case.opened_by
    opening = _opening()
    if not unit or opening is None or opening.desk is None:
        return ""
    today = _today()
    kin = {unit, *organizations.ancestors(unit, today), *organizations.subtree(unit, today)}
    return "" if opening.desk in kin else unit


def complain(case: Case, text: str, *, key: uuid.UUID) -> Done:
    """Open a complaint about how the case is handled: nobody of the unit concerned learns of it."""
    unit = complained_of(case)
    if not unit:
        raise NotAllowed(
            "这件办件不能在此投诉，请到“怎么反映”",
            "no complaint is taken here about this case: see how to report",
        )
    parties = dict(case.parties.values_list("relation", "party"))
    party = parties.get("applicant") or parties.get("reporter")
    concerns = {unit, *case.concerns.exclude(organization="").values_list("organization", flat=True)}
    about = About(
        title=TITLE.format(number=case.number), town=case.town, parties={"reporter": party} if party else {},
        concerns=sorted(concerns),
    )  # fmt: skip
    actor = Who(receipts.HOLDER, "", "applicant")
    return actions.open_case(COMPLAINTS, COMPLAIN, actor, {TEXT: text}, key=key, about=about)


def _today() -> dt.date:
    return dt.datetime.now(shelf.ZONE).date()


def _opening() -> Act | None:
    try:
        procedure: Procedure = shelf.in_force("procedure", COMPLAINTS, _today()).definition
    except shelf.NotPublished:
        return None
    return procedure.acts.get(COMPLAIN)
