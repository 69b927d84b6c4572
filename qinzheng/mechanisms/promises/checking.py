"""What follows a promise: its check begins when the case ends; an untrue one is noted, and no other is taken.

Which papers may be promised is the item's word (``promise`` of a material). The check is a case of its own, of the
procedure ``approvals.promise-check``, whose clock, cards and worklist are those of every case. All of it is ours
(``ours-people/promises``).
"""

from __future__ import annotations

import uuid

from qinzheng.cases import actions as cases
from qinzheng.cases.about import LONGEST_TITLE, About
from qinzheng.cases.acts import Change
from qinzheng.cases.engine import NotAllowed, Who
from qinzheng.cases.items import Item
from qinzheng.cases.models import Case
from qinzheng.definitions.form import Text
from qinzheng.ledger import actions as ledger
from qinzheng.ledger import queries
from qinzheng.ledger.envelope import NewEvent

PROCEDURE, BEGIN, UNTRUE = "approvals.promise-check", "begin", frozenset({"find_false", "revoke"})
ROLE = "promise"
"""Held by no post: a check begins because a case with a promise ended, and for no other reason."""
PROMISE = Who("system", "", ROLE)
TITLE = Text(zh="核查承诺：", en="Check of a promise: ")
"""What the title of a check begins with, before the name of the item."""
BROKEN = "promises.broken"


def subject(party: str) -> str:
    """The ledger's name of what is noted of a party's promises."""
    return f"promises:{party}"


def key(case: str) -> uuid.UUID:
    """The key, and so the id, of the check of a case's promise."""
    return uuid.uuid5(uuid.UUID(case.removeprefix("case:")), "promise-check")


def promised(case: Case) -> list[str]:
    """The materials for which the applicant's promise stands in a case."""
    found: list[str] = queries.history(case.pk)[0].body.get("promised", [])
    return found


def check_of(case: Case) -> Case | None:
    """The check of a case's promise; None where there is none, or it has not begun."""
    return Case.objects.filter(pk=f"case:{key(case.pk)}").first()


def checked(check: Case) -> str:
    """The id of the case whose promise is checked; "" where the case is no check."""
    if check.procedure != PROCEDURE:
        return ""
    found: str = queries.history(check.pk)[0].body["form"]["case"]
    return found


def ended(change: Change) -> None:
    """Follows a case: where it ended with success and rests on a promise, its check begins in the same transaction."""
    case = change.case
    if (
        case.closed_at is None
        or not case.last_seq
        or change.procedure.states[case.state].final != "completed"
    ):
        return
    item = cases.item_of(case)
    if item is None or not any(each.promise for each in item.guide.materials.values()):
        return
    listed = promised(case)
    if listed and check_of(case) is None:
        _begin(case, item, listed)


def _begin(case: Case, item: Item, listed: list[str]) -> None:
    applicant = dict(case.parties.filter(relation="applicant").values_list("relation", "party"))
    about = About(title=f"{TITLE.zh}{item.name.zh}"[:LONGEST_TITLE], town=case.town, parties=applicant)
    names = "、".join(item.guide.materials[each].name.zh for each in listed)
    form = {"unit": item.organization, "case": case.pk, "promised": names[:400]}
    cases.open_case(PROCEDURE, BEGIN, PROMISE, form, key=key(case.pk), about=about)


def noted(change: Change) -> None:
    """Follows a check: where the promise was found untrue, it is noted of the party, once a check."""
    if change.procedure.id != PROCEDURE:
        return
    for act in change.acts:
        if act.name not in UNTRUE:
            continue
        for party in change.case.parties.filter(relation="applicant").values_list("party", flat=True):
            if any(event.body["case"] == change.case.pk for event in broken(party)):
                continue
            body = {"case": change.case.pk, "act": act.name}
            ledger.append(
                [
                    NewEvent(
                        BROKEN, subject(party), body, organization=act.who.organization, actor=act.who.actor
                    )
                ]
            )


def broken(party: str) -> list[queries.StoredEvent]:
    """What was noted of a party: each promise that was untrue."""
    return [event for event in queries.history(subject(party)) if event.type == BROKEN]


def trusted(about: About) -> None:
    """Raise :class:`NotAllowed` where the applicant promised something untrue before. Plugged into the opening of cases."""
    applicant = about.parties.get("applicant", "")
    if not applicant:
        raise NotAllowed(
            "承诺须有承诺人：请登记申请人", "a promise needs who promises: name the applicant", "promised"
        )
    if broken(applicant):
        raise NotAllowed(
            "曾经承诺不实，不再适用告知承诺：请提交材料",
            "a promise was untrue before, so none is taken: bring the papers",
            "promised",
        )
