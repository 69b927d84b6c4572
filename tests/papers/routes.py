"""How each act that a paper says is reached on a real case: the acts before it, by whom, with forms that fit."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from qinzheng.cases import actions as cases
from qinzheng.cases.about import About
from qinzheng.cases.actions import procedure_of
from qinzheng.cases.models import Case
from qinzheng.cases.schema import Field_
from qinzheng.definitions import shelf
from qinzheng.mechanisms.papers.schema import Paper
from tests.townhall import Townhall

HANDS = {
    "clerk": "clerk", "handler": "handler", "approver": "handler", "head_of_organ": "head", "government_head": "mayor",
}  # fmt: skip
BEFORE: dict[str, list[str]] = {
    "receive": [], "request_correction": [], "not_needed": [], "not_ours": [], "accept": [], "withdraw": [],
    "notify_special": ["accept"], "extend": ["accept"], "tell_hearing": ["accept"],
    "notify_hearing": ["accept", "fix_hearing"], "grant": ["accept"], "refuse": ["accept"],
}  # fmt: skip
"""act → the acts between the opening and it; in joint handling the asking of organs goes before a grant."""
WRITTEN = "第一项：布局图没有标明水池\n第二项：健康证明过期"


def opened(city: Townhall, procedure: str, *, later: bool = False) -> Case:
    """A case at the window: an item by this procedure; of the housing department; ``later``: with papers that may come later."""
    fitting = [
        item for item in shelf.library().standing("item")
        if item.procedure == procedure and item.organization in (("housing", "natural-resources") if later else ("housing",))
        and (not later or any(each.later for each in item.guide.materials.values()))
    ]  # fmt: skip
    item = next((each for each in fitting if not each.guide.form), fitting[0])
    about = About(item=item.id, town="town-01", parties={"applicant": city.parties["citizen"]})
    form = {name: filled(field) for name, field in item.guide.form.items()}
    done = cases.open_case(
        procedure, "receive", city.who("clerk", "clerk"), form, key=uuid.uuid4(), about=about
    )
    return Case.objects.get(pk=done.case)


def led_to(city: Townhall, case: Case, paper: Paper) -> str:
    """Do acts on the case until one that the paper says is done; its name. AssertionError where no way is known."""
    known = procedure_of(case).acts
    act = next((each for each in paper.acts if each in BEFORE and each in known), None)
    assert act is not None, f"{paper.id}: nobody knows how to reach {paper.acts}; add a way to BEFORE"
    if act == "receive":
        return act
    way = [*BEFORE[act]]
    if act == "grant" and "ask_organs" in known:
        way += ["ask_organs", "answer"]
    for name in [*way, act]:
        perform(city, case, name)
    return act


def perform(city: Townhall, case: Case, name: str, **more: Any) -> None:
    """One act by the first role of it that somebody has."""
    definition = procedure_of(Case.objects.get(pk=case.pk)).acts[name]
    role = next(each for each in definition.by if each in HANDS)
    form = {key: filled(field) for key, field in definition.form.items() if field.required}
    if name == "not_ours" and "right_organ" not in form:
        form["right_organ"] = "market"
    if name == "ask_organs":
        form["organs"] = ["housing"]
    cases.perform(case.pk, name, city.who(hand(case, role), role), {**form, **more})


def hand(case: Case, role: str) -> str:
    """Whose hand has the role for the unit in charge."""
    return "sibling" if role == "handler" and case.organization.startswith("market") else HANDS[role]


def filled(field: Field_) -> Any:
    """Something that fits a field."""
    match field.type:
        case "choice":
            return next(iter(field.choices))
        case "integer":
            return max(field.least or 0, 1)
        case "boolean":
            return True
        case "day":
            return _today().isoformat()
        case "instant":
            return (dt.datetime.now(shelf.ZONE) + dt.timedelta(days=60)).replace(microsecond=0).isoformat()
        case "long_text":
            return WRITTEN
        case "reference":
            return "market"
    return "试写"


def _today() -> dt.date:
    return dt.datetime.now(shelf.ZONE).date()


def posted(paper: Paper, asked: set[str], **more: str) -> dict[str, str]:
    """What the issuer fills in, as a browser sends it."""
    form = {"key": str(uuid.uuid4()), "do": "issue"}
    for name in asked:
        value = filled(paper.asks[name])
        form[name] = str(value)[:16] if paper.asks[name].type == "instant" else str(value)
    return {**form, **more}
