"""Sealing a case after it was opened, and unsealing it: by event, so that what may be seen and counted follows from the ledger.

A sealed case does not exist for the units and posts that it concerns (``qinzheng.access.rules``), and is in no total of
``qinzheng.measures`` but for those who may open every sealed case.
"""

from __future__ import annotations

from collections.abc import Collection

from qinzheng.cases import about, actions, queries, writing
from qinzheng.cases.acts import CONCERNED, Change
from qinzheng.cases.engine import NotAllowed, Who
from qinzheng.ledger import envelope
from qinzheng.ledger.envelope import NewEvent


def conceal(case_id: str, concerns: Collection[str], who: Who, reason: str) -> None:
    """Let the case concern exactly these units and posts from now on; none unseals it. Saying it again changes nothing.

    Raises :class:`NotAllowed` without a reason, and :class:`~qinzheng.cases.queries.NoSuchCase`.
    """
    if not reason.strip():
        raise NotAllowed("请写明理由", "say why", "reason")
    listed = sorted(set(concerns))
    with writing.one_transaction() as commits:
        case, now = queries.lock(case_id)
        held = {row.organization or row.post for row in case.concerns.all()}
        if held == set(listed):
            return
        event = NewEvent(
            type=CONCERNED, subject=case.id, body={"concerns": listed, "reason": reason, "role": who.role},
            procedure=case.procedure, organization=who.organization, actor=who.actor, occurred_at=now,
            under=case.edition, id=envelope.uuid7(),
        )  # fmt: skip
        writes = [
            ("DELETE FROM cases_concern WHERE case_id = %s", [case.id]),
            *about.rows(case.id, {}, listed),
        ]
        writing.write(
            Change(case, actions.procedure_of(case), [], now, writes=writes), commits=commits, first=event
        )
