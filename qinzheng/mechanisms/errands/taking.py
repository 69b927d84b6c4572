"""Taking an errand together with the application that it is for, and noting that its result has come.

An errand is a case of its own at the point that took it: its clock, cards and worklist are those of every case, and load
and lateness of a point are the figures of any unit. Its id follows from the application's case, so that the two find one
another without a table. Procedure and days are definitions (``services.errand``, ours).
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from qinzheng.cases import actions as cases
from qinzheng.cases.about import LONGEST_TITLE, About
from qinzheng.cases.acts import Change, Done
from qinzheng.cases.engine import Who
from qinzheng.cases.models import Case
from qinzheng.definitions.form import Text
from qinzheng.ledger import queries

PROCEDURE, TAKE, RESULT, RUNNING = "services.errand", "take", "result", "running"
ROLE = "errand"
"""Held by no post: nobody takes an errand without an application, or notes a result that has not come."""
ERRAND = Who("system", "", ROLE)
TITLE = Text(zh="帮办代办：", en="Help and proxy: ")
"""What the title of an errand begins with, before the name of what is applied for."""


def key(case: str) -> uuid.UUID:
    """The key, and so the id, of the errand for an application's case."""
    return uuid.uuid5(uuid.UUID(case.removeprefix("case:")), "errand")


def take(case: Case, matter: str, who: Who, form: Mapping[str, Any]) -> Done:
    """Take the errand for an application that was just opened: who consented how stands in ``form``.

    ``matter`` is what is applied for. Raises as :func:`~qinzheng.cases.actions.open_case` does. Taken again, it is the same.
    """
    applicant = dict(case.parties.filter(relation="applicant").values_list("relation", "party"))
    about = About(title=f"{TITLE.zh}{matter}"[:LONGEST_TITLE], town=case.town, parties=applicant)
    return cases.open_case(
        PROCEDURE, TAKE, replace(who, role=ROLE), {**form, "case": case.pk}, key=key(case.pk), about=about
    )


def of(case: Case) -> Case | None:
    """The errand for an application's case; None where the applicant did it alone."""
    return Case.objects.filter(pk=f"case:{key(case.pk)}").first()


def applied(errand: Case) -> str:
    """The id of the case that an errand is for; "" where the case is no errand."""
    if errand.procedure != PROCEDURE:
        return ""
    found: str = queries.history(errand.pk)[0].body["form"]["case"]
    return found


def came_back(change: Change) -> None:
    """Follows a case: where it has ended, in whatever way, its errand's time to hand the result back begins."""
    case = change.case
    if case.closed_at is None or not case.last_seq or case.procedure == PROCEDURE:
        return
    errand = of(case)
    if errand is not None and errand.state == RUNNING:
        final = change.procedure.states[case.state].final
        cases.perform(errand.pk, RESULT, ERRAND, {"ending": final})
