"""Opening a matter as a parent case and its children, and ending the parent when every child has ended.

The ids of the children follow from the parent's and the items, so that parent and children find one another by the
ledger alone: a child's opening says of which matter it is. Children keep their own clocks, cards and pages.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction
from django.utils import timezone

from qinzheng.cases import actions as cases
from qinzheng.cases import itemized
from qinzheng.cases import queries as held
from qinzheng.cases.about import About
from qinzheng.cases.acts import Change, Done
from qinzheng.cases.engine import Who
from qinzheng.cases.fields import BadForm
from qinzheng.cases.items import Item
from qinzheng.cases.models import Case
from qinzheng.cases.schema import Field_, Procedure
from qinzheng.definitions import shelf
from qinzheng.ledger import actions as ledger
from qinzheng.ledger import envelope, queries
from qinzheng.mechanisms.matters.schema import Matter, asked, opening

PROCEDURE, OPEN, FINISH, FIELD = "approvals.matter", "receive", "finish", "matter"
"""The parent's procedure, the acts that open and end it, and the field that names the matter."""
FINISH_EMPTY = "finish_empty"
ROLE = "matter"
"""Held by no post: nobody opens or ends a parent by itself."""
MATTER = Who("system", "", ROLE)
ENDS = ("completed", "refused", "withdrawn", "void", "transferred")


@dataclass(frozen=True)
class Opened:
    """The parent, and each item's child."""

    parent: Done
    children: Mapping[str, Done]


def child_key(parent: uuid.UUID, item: str) -> uuid.UUID:
    """The key, and so the id, of an item's child."""
    return uuid.uuid5(parent, item)


def open_matter(
    id: str, who: Who, form: Mapping[str, Any], about: About, *, key: uuid.UUID | None = None
) -> Opened:
    """Open a matter: the parent and a child for each item, all or none. ``key`` makes a repeated call find them.

    ``form`` is what all items ask, each field once. Raises as :func:`~qinzheng.cases.actions.open_case` does.
    """
    key = key or envelope.uuid7()
    with transaction.atomic():
        found = Case.objects.filter(pk=f"case:{key}").first()
        day = shelf.day(ledger.microseconds(timezone.now() if found is None else found.opened_at) or 0)
        matter: Matter = shelf.in_force("matter", id, day).definition
        shares = _shares(matter, form, day)
        whole = About("", about.title, about.town, about.parties, about.concerns)
        parent = cases.open_case(PROCEDURE, OPEN, replace(who, role=ROLE), {FIELD: id}, key=key, about=whole)
        children = {}
        for item, (procedure, act, share) in shares.items():
            told = About(item, about.title, about.town, about.parties, about.concerns, parent.case)
            children[item] = cases.open_case(procedure, act, who, share, key=child_key(key, item), about=told)
    return Opened(parent, children)


@dataclass(frozen=True)
class Part:
    """One item of a matter: by which procedure it goes, by which act it is opened, what that asks."""

    item: Item
    procedure: Procedure
    act: str

    @property
    def fields(self) -> dict[str, Field_]:
        """What the applicant is asked."""
        return asked(self.item, self.procedure)


def parts(matter: Matter, day: dt.date) -> list[Part]:
    """The items of a matter as they stand on a day, in its order."""
    found = []
    for id in matter.items:
        item = itemized.on(id, day)
        assert item is not None  # the definition was checked
        procedure = shelf.in_force("procedure", item.procedure, day).definition
        found.append(Part(item, procedure, opening(procedure)))
    return found


def form_of(listed: list[Part]) -> dict[str, Field_]:
    """The one form: what several items ask under one name is asked once, and must be given where any of them needs it."""
    whole: dict[str, Field_] = {}
    for part in listed:
        for name, field in part.fields.items():
            needed = field.required or (name in whole and whole[name].required)
            whole[name] = field.model_copy(update={"required": needed})
    return whole


def _shares(
    matter: Matter, form: Mapping[str, Any], day: dt.date
) -> dict[str, tuple[str, str, dict[str, Any]]]:
    """Of each item: its procedure, its opening act and its part of the form; a field that none asks is refused."""
    known: set[str] = set()
    found = {}
    for part in parts(matter, day):
        fields = part.fields
        known |= fields.keys()
        share = {name: value for name, value in form.items() if name in fields}
        found[part.item.id] = part.procedure.id, part.act, share
    if strange := sorted(form.keys() - known):
        raise BadForm(dict.fromkeys(strange, ("没有这一栏", "there is no such field")))
    return found


def children(parent: Case) -> list[Case]:
    """The children of a parent, in the order of its items; none where it is no parent."""
    if parent.procedure != PROCEDURE:
        return []
    id = queries.history(parent.pk)[0].body["form"][FIELD]
    matter: Matter = shelf.in_force(
        "matter", id, shelf.day(ledger.microseconds(parent.opened_at) or 0)
    ).definition
    key = uuid.UUID(parent.pk.removeprefix("case:"))
    ids = [f"case:{child_key(key, item)}" for item in matter.items]
    rows = Case.objects.in_bulk(ids)
    return [rows[each] for each in ids if each in rows]


def parent_of(case: Case) -> str:
    """The id of the parent of a child; "" where it has none."""
    found: str = queries.history(case.pk)[0].body.get("matter", "")
    return found


def endings(cases_: list[Case]) -> Counter[str]:
    """How the children ended, those still open left out: nothing that went wrong is hidden in the parent."""
    finals = [cases.procedure_of(case).states[case.state].final for case in cases_]
    return Counter(final for final in finals if final is not None)


def ended(change: Change) -> None:
    """Follows a case: where it was the last child to end, in whatever way, its parent is ended in the same transaction.

    By an act, by silence, by an act that came late and was fitted in: all that counts is where the child stands.
    """
    case = change.case
    if case.closed_at is None or not case.last_seq:
        return
    id = parent_of(case)
    if not id:
        return
    parent, _ = held.lock(id)  # the last two to end wait for one another here
    family = [case if each.pk == case.pk else each for each in children(parent)]
    counted = endings(family)
    if parent.state == "open" and counted.total() == len(family):
        form = {name: counted[name] for name in ENDS}
        cases.perform(id, FINISH if counted["completed"] else FINISH_EMPTY, MATTER, form)
