"""A record before it is saved: sealed, indexed, compared with what is there. For the verbs, one and many."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from qinzheng.ledger.envelope import NewEvent
from qinzheng.parties import events, fields, subjects
from qinzheng.parties.models import Party
from qinzheng.parties.subjects import PartyRefused, Subject
from qinzheng.parties.vault import Vault

CITY_TIME = ZoneInfo("Asia/Shanghai")


class AnotherName(PartyRefused):
    """The identity number is registered under another name."""


class KeyUsed(PartyRefused):
    """The key of the call was used before, for somebody else."""


class CodeTaken(PartyRefused):
    """The code belongs to another party: they may be one, to be merged."""


def today() -> dt.date:
    """The civil day in the city."""
    return dt.datetime.now(CITY_TIME).date()


def draft(
    vault: Vault, kind: str, clean: Mapping[str, Any], *, town: str, credit_class: str, key: uuid.UUID | None = None
) -> Party:  # fmt: skip
    """A party sealed but not saved."""
    made = Party(id=f"party:{key or uuid.uuid4()}", kind=kind, town=town, credit_class=credit_class)
    subjects.put(vault, made, clean)
    return made


def registered(made: Party, clean: Mapping[str, Any], by: str, organization: str) -> NewEvent:
    """The event of a registration."""
    return events.event(
        events.REGISTERED, made.pk, by, organization, kind=made.kind, town=made.town, credit_class=made.credit_class,
        fields=sorted(clean), commitment=made.commitment,
    )  # fmt: skip


def check_same_name(one: Subject, made: Party) -> None:
    """Raises :class:`AnotherName`: a citizen's number under another name is a slip, or somebody else's number."""
    if made.kind == fields.CITIZEN and all(party.name_index != made.name_index for party in one.members):
        raise AnotherName(
            f"该公民身份号码已登记在另一姓名下（{one.root.pk}）：请核对证件；确已改名的，先更正该主体的姓名",
            f"this identity number is registered under another name ({one.root.pk}): compare the card; where the name "
            "was changed, correct that party first",
        )


def check_same(one: Subject, made: Party) -> None:
    """Raises :class:`KeyUsed` where a repeated call names somebody else than the first: another kind, name or code."""
    if one.root.erased_at is None and (
        made.kind != one.root.kind
        or all(party.name_index != made.name_index for party in one.members)
        or not _has_codes(one, made)
    ):
        raise KeyUsed(
            "这一页先前已为另一人（或另一号码）提交过：先前提交的有效，没有改动；请打开一张新页再办",
            "this page was sent before for another person or code: what was sent stands and nothing was changed; "
            "open a new page for this one",
        )


def _has_codes(one: Subject, made: Party) -> bool:
    """Whether every code of the repeated call is the subject's."""
    return all(
        index is None or any(getattr(party, each) == index for party in one.members)
        for each in ("identity_index", "enterprise_index")
        for index in (getattr(made, each),)
    )


def changes(held: Mapping[str, Any], clean: Mapping[str, Any]) -> list[str]:
    """The names of the fields that would become others."""
    return sorted(name for name, value in clean.items() if value != held.get(name))


def code_taken(root: Party) -> CodeTaken:
    """The refusal, naming the other party."""
    index = (
        {"identity_index": root.identity_index}
        if root.identity_index
        else {"enterprise_index": root.enterprise_index}
    )
    other = Party.objects.filter(**index).values_list("pk", flat=True).first()
    return CodeTaken(
        f"该号码已属于 {other}：如为同一主体，请合并二者",
        f"this code belongs to {other}: where both are one, merge them",
    )  # fmt: skip
