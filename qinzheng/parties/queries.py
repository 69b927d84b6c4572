"""The only reads of parties that others may call.

Unmasked data are given to a named reader for a named purpose, and the ledger says so first. What is masked,
found or listed leaves no event. A merged record answers as the subject that it belongs to.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Q

from qinzheng.parties import codes, events, fields, keys, rights, subjects
from qinzheng.parties import duplicates as likeness
from qinzheng.parties.models import Consent, Listing, Party, SealedText
from qinzheng.parties.subjects import PartyRefused, Subject
from qinzheng.parties.texts import NoSuchText
from qinzheng.parties.vault import Sealed


class NotConsented(PartyRefused):
    """The purpose needs the subject's consent, which it has not given or has withdrawn."""


@dataclass(frozen=True, slots=True)
class Contact:
    """One way to reach a party: phone, email, address or wechat."""

    way: str
    value: str


# ---------------------------------------------------------------- unmasked


def open_(party_id: str, reader: str, purpose: str, organization: str = "") -> dict[str, Any]:
    """The fields of one subject, for a post and a purpose of ``events.PURPOSES_*``; leaves an event.

    Raises ``NoSuchParty``, ``Erased``, ``Restricted``, :class:`NotConsented`, ``VaultClosed``.
    """
    return open_many([party_id], reader, purpose, organization)[party_id]


def open_many(
    party_ids: Iterable[str], reader: str, purpose: str, organization: str = ""
) -> dict[str, dict[str, Any]]:
    """The fields of several subjects, an event each; raises as :func:`open_` does where one may not be opened."""
    _check_reading(reader, purpose)
    with transaction.atomic():
        found = subjects.locked(party_ids)
        agreed = _agreed(found.values(), purpose)
        for one in found.values():
            one.check_usable()
            if one.root.pk not in agreed:
                raise NotConsented(
                    f"{one.root.pk} 未同意或已撤回同意：{purpose}",
                    f"{one.root.pk} has not consented to {purpose}, or has withdrawn it",
                )
        return _opened(found, reader, purpose, organization)


def contacts(
    party_ids: Iterable[str], purpose: str, reader: str, organization: str = ""
) -> dict[str, list[Contact]]:
    """How to reach those subjects that may be reached for a purpose; the others are left out.

    Left out: no consent or a withdrawn one where the purpose needs it, restricted, erased. An event for each given.
    """
    _check_reading(reader, purpose)
    with transaction.atomic():
        found = subjects.locked(party_ids)
        agreed = _agreed(found.values(), purpose)
        usable = {
            id: one
            for id, one in found.items()
            if one.root.pk in agreed
            and one.root.erased_at is None
            and not any(party.restricted_at for party in one.members)
        }
        opened = _opened(usable, reader, purpose, organization)
    return {id: _ways(held) for id, held in opened.items()}


def _ways(held: Mapping[str, Any]) -> list[Contact]:
    main = [Contact(way, held[way]) for way in ("phone", "address") if way in held]
    return main + [Contact(one["way"], one["value"]) for one in held.get("contacts", [])]


def _opened(
    found: Mapping[str, Subject], reader: str, purpose: str, organization: str
) -> dict[str, dict[str, Any]]:
    vault = keys.current()
    roots = sorted({one.root.pk for one in found.values()})
    events.record([events.event(events.READ, id, reader, organization, purpose=purpose) for id in roots])
    return {id: subjects.known(vault, one) for id, one in found.items()}


def _check_reading(reader: str, purpose: str) -> None:
    if not reader:
        raise PartyRefused("请写明由哪个岗位查看", "name the post that reads")
    if purpose not in events.PURPOSES_OF_DUTY and purpose not in events.PURPOSES_BY_CONSENT:
        known = "、".join([*events.PURPOSES_OF_DUTY, *events.PURPOSES_BY_CONSENT])
        raise PartyRefused(
            f"没有目的“{purpose}”，可用：{known}", f"there is no purpose {purpose!r}; known: {known}"
        )


def _agreed(found: Iterable[Subject], purpose: str) -> set[str]:
    """Ids of the subjects that agree, or whose agreement is not needed: of all their records the last word counts."""
    by_record = {party.pk: one.root.pk for one in found for party in one.members}
    if purpose in events.PURPOSES_OF_DUTY:
        return set(by_record.values())
    last: dict[str, tuple[dt.datetime, bool]] = {}
    for held in Consent.objects.filter(party__in=by_record, purpose=purpose):
        word = (held.withdrawn_at or held.given_at, held.withdrawn_at is None)
        root = by_record[held.party_id]
        last[root] = max(last.get(root, word), word)
    return {root for root, (_, given) in last.items() if given}


def text(ref: str, reader: str, purpose: str, organization: str = "") -> str:
    """One kept text, as :func:`texts` gives several."""
    return texts([ref], reader, purpose, organization)[ref]


def texts(refs: Iterable[str], reader: str, purpose: str, organization: str = "") -> dict[str, str]:
    """Kept texts by their references, an event each. Raises ``NoSuchText`` for one that is unknown or erased."""
    _check_reading(reader, purpose)
    asked = list(dict.fromkeys(refs))
    with transaction.atomic():
        rows = SealedText.objects.select_for_update(no_key=True).filter(pk__in=asked, erased_at=None)
        held = {row.pk: row for row in rows.order_by("pk")}
        for ref in asked:
            if ref not in held:
                raise NoSuchText(f"没有文本 {ref}，或已删除", f"there is no text {ref}, or it was erased")
        vault = keys.current()
        events.record([events.event(events.READ, ref, reader, organization, purpose=purpose) for ref in held])
        return {ref: vault.open(ref, _sealed(held[ref])).decode() for ref in asked}


def _sealed(row: SealedText) -> Sealed:
    return Sealed(bytes(row.sealed), bytes(row.key_wrapped), row.commitment)


# ---------------------------------------------------------------- masked and found


def masked(party_id: str) -> dict[str, Any]:
    """The masked fields of one subject; none of one that was erased. Raises ``NoSuchParty``, ``VaultClosed``."""
    shown = masked_many([party_id])
    if party_id not in shown:
        subjects.subject(party_id)  # raises NoSuchParty
    return shown[party_id]


def masked_many(party_ids: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Masked fields for a list: three queries for any number; unknown ids are left out."""
    vault = keys.current()
    return {
        id: fields.masked(one.root.kind, held) if (held := subjects.known(vault, one)) else {}
        for id, one in subjects.subjects(party_ids).items()
    }


def find_by_code(code: str) -> Party | None:
    """The party with an identity number or enterprise code. Raises ``WrongCode`` where it can be neither."""
    vault = keys.current()
    matches = Q()
    wrong: codes.WrongCode | None = None
    for column, what, check in (
        ("identity_index", "identity_number", codes.check_identity_number),
        ("enterprise_index", "enterprise_code", codes.check_enterprise_code),
    ):
        try:
            matches |= Q(**{column: vault.index(what, check(code))})
        except codes.WrongCode as why:
            wrong = why
    if not matches and wrong is not None:
        raise wrong
    return next(iter(_roots(matches)), None)


def find_by_phone(phone: str) -> list[Party]:
    """The parties with a main phone number. Raises ``WrongCode``."""
    return _roots(Q(phone_index=keys.current().index("phone", fields.phone(phone))))


def find_by_name(name: str, kind: str = "") -> list[Party]:
    """The parties of exactly this name; width, case, spaces and dots do not count."""
    vault, key = keys.current(), fields.same_name(name)
    kinds = [kind] if kind else fields.KINDS
    return _roots(Q(name_index__in=[vault.index(f"{one}.name", key) for one in kinds]))


def _roots(matches: Q) -> list[Party]:
    found = subjects.subjects(
        Party.objects.filter(matches).order_by("created_at", "pk").values_list("pk", flat=True)
    )
    return list({one.root.pk: one.root for one in found.values()}.values())


# ---------------------------------------------------------------- what is said of parties


def party(party_id: str) -> Party:
    """The record that stands for a subject. Raises ``NoSuchParty``."""
    return subjects.subject(party_id).root


def listing(code: str, year: int) -> list[str]:
    """Ids of the enterprises on a list of a year."""
    found = subjects.subjects(Listing.objects.filter(code=code, year=year).values_list("party_id", flat=True))
    return sorted({one.root.pk for one in found.values()})


def lists_of(party_ids: Iterable[str]) -> dict[str, list[tuple[str, int]]]:
    """The lists that each enterprise is on: (code, year), the latest year first."""
    found = subjects.subjects(party_ids)
    held = defaultdict(list)
    for row in Listing.objects.filter(party__in={id for one in found.values() for id in one.ids}):
        held[row.party_id].append((row.code, row.year))
    return {
        asked: sorted({pair for id in one.ids for pair in held[id]}, key=lambda pair: (-pair[1], pair[0]))
        for asked, one in found.items()
    }


def consents(party_id: str) -> dict[str, bool]:
    """Every purpose that needs consent → whether the subject agrees now."""
    one = subjects.subject(party_id)
    return {purpose: bool(_agreed([one], purpose)) for purpose in events.PURPOSES_BY_CONSENT}


def readings(party_id: str) -> list[dict[str, str]]:
    """Who read a subject's data: at, post, organization, purpose."""
    return list(rights.readings(subjects.subject(party_id)))


def duplicates(reader: str, organization: str = "") -> list[likeness.Candidate]:
    """Pairs of records that may be one subject, the likeliest first; leaves an event that they were compared."""
    return likeness.candidates(reader, organization)
