"""Who is one subject: a party with all that were merged into it, found, locked and opened together."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection

from qinzheng.parties import fields
from qinzheng.parties.models import Party
from qinzheng.parties.vault import Sealed, Vault

_GROUPS = """
WITH RECURSIVE up AS (
    SELECT id AS asked, id, merged_into_id FROM parties_party WHERE id = ANY(%s)
    UNION ALL
    SELECT up.asked, p.id, p.merged_into_id FROM up JOIN parties_party p ON p.id = up.merged_into_id
), down AS (
    SELECT asked, id AS root, id, 0 AS depth FROM up WHERE merged_into_id IS NULL
    UNION ALL
    SELECT down.asked, down.root, p.id, depth + 1 FROM down JOIN parties_party p ON p.merged_into_id = down.id
)
SELECT asked, root, id FROM down ORDER BY asked, depth, id
"""


class PartyRefused(Exception):
    """What was asked of a party cannot be done: why and what to do, in two languages."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(f"{zh} / {en}")
        self.zh, self.en = zh, en


class NoSuchParty(PartyRefused):
    """There is no such party."""


class Erased(PartyRefused):
    """The party's data were erased."""


class Restricted(PartyRefused):
    """The party's data are only stored, by law: they are not used."""


@dataclass(frozen=True)
class Subject:
    """One subject: its own record first, then those merged into it."""

    members: tuple[Party, ...]

    @property
    def root(self) -> Party:
        """The record that stands for the subject."""
        return self.members[0]

    @property
    def ids(self) -> list[str]:
        """Ids of all its records, its own first."""
        return [party.pk for party in self.members]

    def check_there(self) -> None:
        """Raises :class:`Erased`."""
        if self.root.erased_at is not None:
            raise Erased(
                f"{self.root.pk} 的信息已删除，无法恢复",
                f"the data of {self.root.pk} were erased and cannot be brought back",
            )

    def check_usable(self) -> None:
        """Raises :class:`Erased`, :class:`Restricted`."""
        self.check_there()
        if any(party.restricted_at is not None for party in self.members):
            raise Restricted(
                f"{self.root.pk} 的信息依法只存储、不使用；解除限制后再办",
                f"the data of {self.root.pk} are stored only: lift the restriction first",
            )


def subjects(ids: Iterable[str]) -> dict[str, Subject]:
    """The subject of each party id; unknown ids are left out. Two queries for any number."""
    with connection.cursor() as cursor:
        cursor.execute(_GROUPS, [list(ids)])
        rows = cursor.fetchall()
    parties = {party.pk: party for party in Party.objects.filter(pk__in={id for _, _, id in rows})}
    groups: dict[str, list[Party]] = {}
    for asked, _, id in rows:
        groups.setdefault(asked, []).append(parties[id])
    return {asked: Subject(tuple(members)) for asked, members in groups.items()}


def subject(id: str) -> Subject:
    """The subject of one party id. Raises :class:`NoSuchParty`."""
    found = subjects([id])
    if id not in found:
        raise NoSuchParty(f"没有主体 {id}", f"there is no party {id}")
    return found[id]


def locked(ids: Iterable[str]) -> dict[str, Subject]:
    """The subjects, their own rows locked in order for this transaction. Raises :class:`NoSuchParty`.

    The lock also puts the ledger's events of one party into their order.
    """
    asked = list(dict.fromkeys(ids))
    while True:
        before = subjects(asked)
        for id in asked:
            if id not in before:
                raise NoSuchParty(f"没有主体 {id}", f"there is no party {id}")
        roots = {one.root.pk for one in before.values()}
        list(Party.objects.select_for_update(no_key=True).filter(pk__in=roots).order_by("pk"))
        after = subjects(asked)
        if all(after[id].root.pk in roots for id in asked):
            return after


def usable(id: str) -> Subject:
    """One subject, locked, whose data are there and may be used. Raises :class:`PartyRefused`."""
    one = locked([id])[id]
    one.check_usable()
    return one


def sealed(party: Party) -> Sealed:
    """What is sealed of a record."""
    return Sealed(bytes(party.sealed), bytes(party.key_wrapped), party.commitment)


def own(vault: Vault, party: Party) -> dict[str, Any]:
    """The fields of one record; none where they were erased. Raises ``VaultClosed``."""
    if party.erased_at is not None:
        return {}
    held: dict[str, Any] = json.loads(vault.open(party.pk, sealed(party)))
    return held


def known(vault: Vault, one: Subject) -> dict[str, Any]:
    """What is known of a subject from all its records. Raises ``VaultClosed``."""
    first, *others = (own(vault, party) for party in one.members)
    return fields.combine(first, others)


def put(vault: Vault, party: Party, held: Mapping[str, Any]) -> None:
    """Seal the fields into a record and reckon its blind indexes; the caller saves it."""
    plain = json.dumps(held, ensure_ascii=False, sort_keys=True).encode()
    party.sealed, party.key_wrapped, party.commitment = vault.seal(party.pk, plain)
    party.identity_index = _index(vault, "identity_number", held.get("identity_number"))
    party.enterprise_index = _index(vault, "enterprise_code", held.get("enterprise_code"))
    party.phone_index = _index(vault, "phone", held.get("phone"))
    party.name_index = _index(vault, f"{party.kind}.name", fields.same_name(held["name"]))
    if party.kind == fields.ENTERPRISE:
        party.similar_index = _index(vault, "core_name", fields.core_name(held["name"]))


def _index(vault: Vault, what: str, value: str | None) -> bytes | None:
    return vault.index(what, value) if value else None
