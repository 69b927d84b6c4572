"""Which papers of a case may be issued, which were, and what an issued one says. The list itself opens nothing personal."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from qinzheng.cases.models import Case
from qinzheng.cases.queries import NoSuchCase
from qinzheng.definitions import shelf
from qinzheng.definitions.form import Text
from qinzheng.ledger import queries as ledger
from qinzheng.ledger.queries import StoredEvent
from qinzheng.mechanisms.papers import content, facts
from qinzheng.mechanisms.papers.content import Content
from qinzheng.mechanisms.papers.facts import Done
from qinzheng.mechanisms.papers.schema import Asked, Paper
from qinzheng.parties import queries as parties

ISSUED = "papers.issued"
SUBJECT = "papers:"


@dataclass(frozen=True)
class Possible:
    """A paper that the case's acts allow, and the act that it would say."""

    paper: Paper
    act: Done
    already: str
    """The number of the paper that was issued about this act; empty where none was."""


@dataclass(frozen=True)
class Issued:
    """One issued paper as the ledger tells it; ``replaced`` by the number of a later one."""

    event: str
    serial: int
    number: str
    paper: Paper
    digest: str
    act: str
    at: int
    actor: str
    organization: str
    text: str
    organ: str
    """In whose name it went out then."""
    corrects: str = ""
    replaced: str = ""

    @property
    def title(self) -> Text:
        """What it is."""
        return self.paper.name


def subject(case: Case) -> str:
    """The ledger's subject of a case's papers: beside the case, so nothing measured or judged follows from them."""
    return SUBJECT + case.pk.removeprefix("case:")


def case_of(event: StoredEvent) -> Case:
    """The case of an issued paper's event; raises :class:`NoSuchCase`."""
    found = Case.objects.filter(pk="case:" + event.subject.removeprefix(SUBJECT)).first()
    if found is None:
        raise NoSuchCase(f"没有这件办件 / there is no such case: {event.subject}")
    return found


def standing() -> list[Paper]:
    """The papers in force today, by id."""
    return shelf.library().standing("paper", dt.datetime.now(shelf.ZONE).date())


def definition(id: str, edition: str) -> Paper:
    """The edition that an issued paper keeps."""
    found: Paper = shelf.edition("paper", id, edition).definition
    return found


def issued(case: Case) -> list[Issued]:
    """The papers issued on a case, in their order."""
    found = [_read(event) for event in ledger.history(subject(case)) if event.type == ISSUED]
    later = {each.corrects: each.number for each in found if each.corrects}
    return [_with(each, later.get(each.number, "")) for each in found]


def prefilled(asked: Asked, case: Case, day: dt.date) -> str:
    """What a field begins with: as :func:`facts.prefilled`, and the papers that were issued and not replaced."""
    if asked.prefill == "issued":
        return "\n".join(f"{each.title.zh} {each.number}" for each in issued(case) if not each.replaced)
    return facts.prefilled(asked, case, day)


def beside(case: Case) -> list[Issued] | None:
    """For the case page: what was issued; None where no paper belongs to the procedure."""
    if not any(case.procedure in each.procedures for each in standing()):
        return None
    return issued(case)


def by_event(event_id: uuid.UUID) -> tuple[Case, Issued] | None:
    """The paper that an event issues, with its case; None where the event is none or unknown."""
    event = ledger.event(str(event_id))
    if event is None or event.type != ISSUED:
        return None
    case = case_of(event)
    return case, next(each for each in issued(case) if each.event == event.id)


def possible(case: Case) -> Iterator[Possible]:
    """Every paper that an act of the case allows now, in the order of their ids."""
    acts, papers = facts.done(case), issued(case)
    for paper in standing():
        if paper.blank or case.procedure not in paper.procedures or (paper.later and not facts.later(case)):
            continue
        act = next((each for each in reversed(acts) if each.act in paper.acts), None)
        if act is not None:
            told = [each.number for each in papers if each.paper.id == paper.id and each.act == act.event]
            yield Possible(paper, act, told[-1] if told else "")


def opened(paper: Issued, reader: str, purpose: str, organization: str = "") -> Content:
    """What an issued paper says, opened for a named reader; leaves an event. Raises as :func:`parties.queries.text`."""
    return content.read(parties.text(paper.text, reader, purpose, organization))


def _read(event: StoredEvent) -> Issued:
    body = event.body
    return Issued(
        event.id, body["serial"], body["number"], definition(body["paper"], event.under), body["digest"], body["act"],
        event.recorded_at, event.actor, event.organization, body["kept"], body["organ"], body.get("corrects", ""),
    )  # fmt: skip


def _with(paper: Issued, replaced: str) -> Issued:
    return paper if not replaced else Issued(**{**vars(paper), "replaced": replaced})
