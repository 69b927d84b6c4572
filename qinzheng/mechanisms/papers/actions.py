"""Issuing a paper: compose, seal, record; all or nothing. The only writer of papers.

The content is kept sealed beside the case's texts (``parties.texts``) and not written anew on demand: a name may change or
be erased, the calendar may move a due day, and the paper that was served must stay what it was. The ledger holds the
paper's kind, edition, number and the digest of what it says, no word of it.
"""

from __future__ import annotations

import datetime as dt
import secrets
import uuid
from collections.abc import Collection, Mapping
from typing import Any

from django.db import transaction

from qinzheng.cases import fields
from qinzheng.cases import queries as cases
from qinzheng.cases.actions import procedure_of
from qinzheng.cases.engine import NotAllowed, Who
from qinzheng.cases.models import Case
from qinzheng.definitions import shelf
from qinzheng.ledger import actions as ledger
from qinzheng.ledger import envelope
from qinzheng.ledger.envelope import NewEvent
from qinzheng.mechanisms.papers import composing, facts, queries
from qinzheng.mechanisms.papers.content import Content
from qinzheng.mechanisms.papers.queries import ISSUED, Issued
from qinzheng.mechanisms.papers.schema import Paper
from qinzheng.parties import keys, texts


def issue(
    case_id: str, paper_id: str, who: Who, form: Mapping[str, Any], *, key: uuid.UUID | None = None
) -> Issued:
    """Issue a paper of a case under the next number; one about the same act as before replaces it, and both stay.

    ``key`` makes a double click one paper. Raises :class:`NotAllowed`, :class:`~qinzheng.cases.fields.BadForm`,
    :class:`~qinzheng.cases.queries.NoSuchCase` and what opening parties and texts raises.
    """
    id = key or envelope.uuid7()
    with transaction.atomic():
        keys.prepare()
        case, moment = cases.lock(case_id)
        before = queries.issued(case)
        for each in before:
            if each.event == str(id):
                return each
        found, act = _allowed(case, paper_id, who)
        clean = fields.check(found.form(_said(found, case, act)), form)
        told = [each.number for each in before if each.paper.id == paper_id and each.act == act.event]
        now = ledger.instant(moment) or dt.datetime.now(dt.UTC)
        written = _written(
            case, found, act, clean, who, len(before) + 1, now, str(id), told[-1] if told else ""
        )
        text = texts.keep_text(written.kept().decode(), case.pk, by=who.actor, organization=who.organization)
        body: dict[str, Any] = {
            "paper": paper_id, "number": written.number, "serial": len(before) + 1, "act": act.event,
            "digest": written.digest(), "kept": text, "role": who.role, "organ": facts.organ(case, now.astimezone(shelf.ZONE).date())[0],
        }  # fmt: skip
        if written.corrects:
            body["corrects"] = written.corrects
        event = NewEvent(
            type=ISSUED, subject=queries.subject(case), body=body, procedure=case.procedure, actor=who.actor,
            organization=who.organization, occurred_at=moment, under=written.edition, id=id,
            caused_by=uuid.UUID(act.event), expected_seq=len(before) + 1,
        )  # fmt: skip
        ledger.append([event])
        return queries.issued(case)[-1]


def preview(case: Case, paper_id: str, who: Who, form: Mapping[str, Any]) -> Content:
    """What the paper would say if it were issued now; nothing is kept, but opening the names leaves its trace.

    Raises as :func:`issue` does.
    """
    found, act = _allowed(case, paper_id, who)
    clean = fields.check(found.form(_said(found, case, act)), form)
    serial, now = len(queries.issued(case)) + 1, dt.datetime.now(dt.UTC)
    return _written(case, found, act, clean, who, serial, now, "", "")


def _allowed(case: Case, paper_id: str, who: Who) -> tuple[Paper, facts.Done]:
    possible = next((each for each in queries.possible(case) if each.paper.id == paper_id), None)
    if possible is None:
        raise NotAllowed(
            f"这件办件现在还不能出具文书 {paper_id}：相应环节还没有办理",
            f"paper {paper_id} cannot be issued on this case yet: the act that it says was not done",
        )
    if who.role not in possible.paper.by:
        allowed = "、".join(possible.paper.by)
        raise NotAllowed(
            f"“{possible.paper.name.zh}”不由 {who.role} 出具，应为 {allowed}",
            f"{possible.paper.name.en} is not issued by {who.role}, but by {allowed}",
        )
    return possible.paper, possible.act


def _said(paper: Paper, case: Case, act: facts.Done) -> Collection[str]:
    return facts.already_said(paper, facts.done(case), act, procedure_of(case))


def _written(
    case: Case, paper: Paper, act: facts.Done, form: Mapping[str, Any], who: Who, serial: int, now: dt.datetime,
    event: str, corrects: str,
) -> Content:  # fmt: skip
    said = facts.words(paper, case, procedure_of(case), act, form, who, f"{case.number}-{serial:02}", now)
    edition = shelf.library().hash(paper)
    salt = secrets.token_hex(16) if event else ""
    return composing.compose(paper, edition, said, now=now, event=event, salt=salt, corrects=corrects)
