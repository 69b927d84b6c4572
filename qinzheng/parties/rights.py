"""What a subject may ask for: a copy of everything, and erasure (个人信息保护法 44-48). Verbs of ``actions``."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Any

from django.db import transaction

from qinzheng.ledger import actions as ledger
from qinzheng.ledger import queries as ledger_queries
from qinzheng.parties import events, keys, subjects, texts
from qinzheng.parties.models import Consent, Listing, Party, SealedText
from qinzheng.parties.subjects import PartyRefused, Subject
from qinzheng.parties.vault import Sealed, Vault

ERASES: list[Callable[[Collection[str], str, str], None]] = []
"""What packages above keep of parties, erased with them: called with the records, by whom, for which unit (``qinzheng.plugged``)."""


def export(party_id: str, *, by: str = "", organization: str = "") -> dict[str, Any]:
    """Everything held of a subject, and who read it, for the subject: plain values that JSON can hold."""
    with transaction.atomic():
        one = subjects.locked([party_id])[party_id]
        one.check_there()
        events.recorded(events.event(events.EXPORTED, one.root.pk, by, organization))
        vault = keys.current()
        return {
            "party": one.root.pk,
            "records": one.ids,
            "kind": one.root.kind,
            "registered_at": one.root.created_at.isoformat(),
            "credit_class": one.root.credit_class,
            "town": one.root.town,
            "fields": subjects.known(vault, one),
            "consents": _consents(one),
            "lists": [
                {"list": held.code, "year": held.year}
                for held in Listing.objects.filter(party__in=one.ids).order_by("year", "code")
            ],
            "texts": _texts(vault, [*one.ids]),
            "read": list(readings(one)),
        }


def _consents(one: Subject) -> list[dict[str, Any]]:
    return [
        {
            "purpose": held.purpose,
            "given_at": held.given_at.isoformat(),
            "withdrawn_at": held.withdrawn_at and held.withdrawn_at.isoformat(),
        }
        for held in Consent.objects.filter(party__in=one.ids).order_by("given_at")
    ]


def _texts(vault: Vault, ids: list[str]) -> dict[str, str]:
    held = SealedText.objects.filter(subject__in=ids, erased_at=None).order_by("pk")
    return {
        text.pk: vault.open(
            text.pk, Sealed(bytes(text.sealed), bytes(text.key_wrapped), text.commitment)
        ).decode()
        for text in held
    }


def readings(one: Subject) -> Iterable[dict[str, str]]:
    """Who read a subject's data, when and for what, from the ledger."""
    for id in one.ids:
        for event in ledger_queries.history(id):
            if event.type == events.READ:
                at = ledger.instant(event.recorded_at)
                yield {
                    "at": at.isoformat() if at else "", "post": event.actor, "organization": event.organization,
                    "purpose": str(event.body["purpose"]),
                }  # fmt: skip


def erase(party_id: str, ground: str, *, by: str, organization: str = "") -> None:
    """Destroy the data and keys of a subject: of every record merged into it, and of the texts that are its own.

    What stays: a row with the id, which cases refer to, and the events, which say nothing of who it was. ``ground``
    is of ``events.ERASURE_GROUNDS``. Texts that belong to a case are erased with :func:`texts.erase_text`.
    """
    if ground not in events.ERASURE_GROUNDS:
        known = "、".join(events.ERASURE_GROUNDS)
        raise PartyRefused(f"删除理由应为 {known} 之一", f"the ground must be one of {known}")
    with transaction.atomic():
        one = subjects.usable(party_id)
        done = events.record(
            [events.event(events.ERASED, id, by, organization, ground=ground) for id in one.ids]
        )
        for party, appended in zip(one.members, done, strict=True):
            _empty(party)
            party.erased_at = events.moment(appended)
            party.save()
        held = SealedText.objects.select_for_update().filter(subject__in=one.ids, erased_at=None)
        for erases in ERASES:  # first: what they destroy with its texts is not destroyed twice
            erases(one.ids, by, organization)
        texts.destroy(list(held.order_by("pk")), by, organization)


def _empty(party: Party) -> None:
    party.sealed, party.key_wrapped, party.commitment = b"", b"", ""
    party.identity_index = party.enterprise_index = party.phone_index = None
    party.name_index = party.similar_index = None
