"""The verbs: the only writers of parties. Each checks, appends an event that holds nothing personal, and writes.

``by`` is the post that acts (empty: the subject itself), ``organization`` its unit. Every verb raises
:class:`~qinzheng.parties.subjects.PartyRefused`, ``fields.WrongField`` or ``vault.VaultClosed`` and then has
changed nothing. Many at once: :mod:`qinzheng.parties.bulk`. One subject from two records: ``merge``.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction

from qinzheng.ledger import actions as ledger
from qinzheng.parties import drafts, enterprises, events, fields, keys, subjects, texts
from qinzheng.parties.bulk import register_many
from qinzheng.parties.enterprises import put_on_list, set_credit_class, take_off_list
from qinzheng.parties.merging import merge, unmerge
from qinzheng.parties.models import Consent, Party
from qinzheng.parties.rights import erase, export
from qinzheng.parties.subjects import PartyRefused
from qinzheng.parties.texts import erase_text, keep_text

__all__ = [
    "change", "consent", "erase", "erase_text", "export", "keep_text", "lift_restriction", "merge", "put_on_list",
    "register", "register_many", "restrict", "set_credit_class", "take_off_list", "unmerge", "withdraw_consent",
]  # fmt: skip


# ---------------------------------------------------------------- register and change


def register(
    kind: str, given: Mapping[str, Any], *, by: str = "", organization: str = "", town: str = "",
    credit_class: str = "", key: uuid.UUID | None = None,
) -> Party:  # fmt: skip
    """The party with this code, found or newly registered; one without a code is always new.

    A found party is left as it is (see :func:`change`). ``key`` makes a repeated call find what the first made.
    Raises :class:`~qinzheng.parties.drafts.AnotherName` where the identity number belongs to somebody of another name,
    and :class:`~qinzheng.parties.drafts.KeyUsed` where the first call with that key registered somebody else.
    """
    clean = fields.check(kind, given, today=drafts.today())
    enterprises.check_class(kind, credit_class)
    with transaction.atomic():
        vault = keys.current(writing=True)
        made = drafts.draft(vault, kind, clean, town=town, credit_class=credit_class, key=key)
        found = _found(made)
        if found is not None:
            return found
        made.created_at = events.clock()
        try:
            with transaction.atomic():
                made.save(force_insert=True)
                events.record(
                    [drafts.registered(made, clean, by, organization)],
                    recorded_at=ledger.microseconds(made.created_at),
                )
        except IntegrityError:  # somebody registered the same at the same moment
            found = _found(made)
            if found is None:
                raise
            return found
    return made


def _found(made: Party) -> Party | None:
    if Party.objects.filter(pk=made.pk).exists():
        first = subjects.subject(made.pk)
        drafts.check_same(first, made)
        return first.root
    if made.identity_index or made.enterprise_index:
        same = Party.objects.filter(
            identity_index=made.identity_index, enterprise_index=made.enterprise_index
        )
        for id in same.values_list("pk", flat=True):
            one = subjects.subject(id)
            drafts.check_same_name(one, made)
            return one.root
    return None


def change(
    party_id: str, given: Mapping[str, Any], *, by: str = "", organization: str = "", town: str | None = None
) -> Party:
    """Correct fields of a party: those given are replaced, an empty value takes one away. Raises
    :class:`~qinzheng.parties.drafts.CodeTaken`."""
    with transaction.atomic():
        vault = keys.current(writing=True)
        one = subjects.locked([party_id])[party_id]
        one.check_there()
        root = one.root
        clean = fields.check(root.kind, given, today=drafts.today(), whole=False)
        held = subjects.own(vault, root)
        changed = drafts.changes(held, clean)
        body: dict[str, Any] = {}
        if town is not None and town != root.town:
            root.town = body["town"] = town
        if not changed and not body:
            return root
        subjects.put(vault, root, {name: value for name, value in {**held, **clean}.items() if value})
        body |= {"fields": changed, "commitment": root.commitment}
        try:
            with transaction.atomic():
                root.save()
        except IntegrityError:
            raise drafts.code_taken(root) from None
        events.recorded(events.event(events.CHANGED, root.pk, by, organization, **body))
    return root


# ---------------------------------------------------------------- consent and restriction


def consent(party_id: str, purpose: str, *, by: str = "", organization: str = "") -> Consent:
    """Record consent to a purpose of ``events.PURPOSES_BY_CONSENT``; consent that stands already is returned."""
    if purpose not in events.PURPOSES_BY_CONSENT:
        known = "、".join(events.PURPOSES_BY_CONSENT)
        raise PartyRefused(
            f"没有“{purpose}”这个须经同意的目的，可用：{known}",
            f"{purpose!r} is no purpose that needs consent; known: {known}",
        )
    with transaction.atomic():
        one = subjects.usable(party_id)
        held = Consent.objects.filter(party=one.root, purpose=purpose).first() or Consent(
            party=one.root, purpose=purpose
        )
        if held.given_at is not None and held.withdrawn_at is None:
            return held
        held.given_at = events.recorded(
            events.event(events.CONSENTED, one.root.pk, by, organization, purpose=purpose)
        )
        held.withdrawn_at = None
        held.save()
    return held


def withdraw_consent(party_id: str, purpose: str, *, by: str = "", organization: str = "") -> None:
    """Withdraw consent to a purpose, on every record of the subject. It counts from now on."""
    with transaction.atomic():
        one = subjects.locked([party_id])[party_id]
        standing = list(Consent.objects.filter(party__in=one.ids, purpose=purpose, withdrawn_at=None))
        if not standing:
            raise PartyRefused(
                f"{party_id} 没有对“{purpose}”的同意", f"{party_id} has not consented to {purpose!r}"
            )
        for held in standing:
            held.withdrawn_at = events.recorded(
                events.event(events.WITHDRAWN, held.party_id, by, organization, purpose=purpose)
            )
            held.save(update_fields=["withdrawn_at"])


def restrict(party_id: str, reason: str, *, by: str, organization: str = "") -> None:
    """Store the data only, where a law orders them kept though they should go (个人信息保护法 47)."""
    with transaction.atomic():
        root = subjects.usable(party_id).root
        kept = texts.keep_text(reason, root.pk, by=by, organization=organization)
        root.restricted_at = events.recorded(
            events.event(events.RESTRICTED, root.pk, by, organization, reason=kept)
        )
        root.save(update_fields=["restricted_at"])


def lift_restriction(party_id: str, reason: str, *, by: str, organization: str = "") -> None:
    """Let the data be used again."""
    with transaction.atomic():
        one = subjects.locked([party_id])[party_id]
        one.check_there()
        held = [party for party in one.members if party.restricted_at is not None]
        if not held:
            raise PartyRefused(f"{party_id} 没有被限制", f"{party_id} is not restricted")
        kept = texts.keep_text(reason, one.root.pk, by=by, organization=organization)
        for party in held:
            events.recorded(events.event(events.RELEASED, party.pk, by, organization, reason=kept))
            party.restricted_at = None
            party.save(update_fields=["restricted_at"])
