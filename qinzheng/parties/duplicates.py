"""Records that may be one subject: blocked by equal blind indexes, then compared field by field. For people to decide.

The weights are ours. Two different verified codes are two subjects, whatever else is equal.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import combinations
from typing import Any

from django.db import connection, transaction

from qinzheng.parties import events, fields, keys, subjects
from qinzheng.parties.models import Party
from qinzheng.parties.subjects import PartyRefused

CROWD = 30
"""A block of more records says nothing (a phone of a call centre, a common name) and is not compared."""
LIKELY = 50
"""Pairs of this likeness and more, of 100, are shown."""

_BLOCKS = """
SELECT array_agg(id ORDER BY id) FROM parties_party
WHERE merged_into_id IS NULL AND erased_at IS NULL AND restricted_at IS NULL AND {column} IS NOT NULL
GROUP BY kind, {column} HAVING count(*) BETWEEN 2 AND %s
"""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Two records that may be one: what is equal or similar, and how like they are (0-100)."""

    first: str
    second: str
    because: tuple[str, ...]
    likeness: int


def candidates(reader: str, organization: str = "") -> list[Candidate]:
    """Pairs that may be one subject, the likeliest first. Their data are compared here and not shown: one event says so."""
    if not reader:
        raise PartyRefused("请写明由哪个岗位查重", "name the post that looks for duplicates")
    with transaction.atomic():
        pairs = _pairs()
        asked = sorted({id for pair in pairs for id in pair})
        vault = keys.current()
        held = {
            party.pk: (party.kind, subjects.own(vault, party)) for party in Party.objects.filter(pk__in=asked)
        }
        events.recorded(
            events.event(events.COMPARED, events.VAULT, reader, organization, records=len(asked), pairs=len(pairs))
        )  # fmt: skip
    found = []
    for first, second in sorted(pairs):
        because, likeness = compare(held[first][0], held[first][1], held[second][1])
        if likeness >= LIKELY:
            found.append(Candidate(first, second, because, likeness))
    return sorted(found, key=lambda one: (-one.likeness, one.first, one.second))


def _pairs() -> set[tuple[str, str]]:
    pairs: set[tuple[str, str]] = set()
    with connection.cursor() as cursor:
        for column in ("phone_index", "name_index", "similar_index"):
            cursor.execute(_BLOCKS.format(column=column), [CROWD])
            for (ids,) in cursor.fetchall():
                pairs.update(combinations(ids, 2))
    return pairs


def compare(kind: str, first: Mapping[str, Any], second: Mapping[str, Any]) -> tuple[tuple[str, ...], int]:
    """What is equal or similar in two records, and how like they are; 0 for two different verified codes."""
    code = fields.CODE_FIELDS[kind]
    if first.get(code) and second.get(code) and first[code] != second[code]:
        return (), 0
    found = list(_signs(kind, first, second))
    return tuple(sign for sign, _ in found), min(100, sum(weight for _, weight in found))


def _signs(kind: str, first: Mapping[str, Any], second: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    names = [fields.same_name(held["name"]) for held in (first, second)]
    if names[0] == names[1]:
        yield "same_name", 50 if kind == fields.ENTERPRISE else 35
    elif kind == fields.ENTERPRISE and fields.core_name(names[0]) == fields.core_name(names[1]):
        yield "same_core_name", 40
    elif _alike(*names) >= 0.6:
        yield "similar_name", 20
    if _numbers(first) & _numbers(second):
        yield "same_phone", 40
    if first.get("address") and second.get("address") and _alike(first["address"], second["address"]) >= 0.8:
        yield "similar_address", 20
    if (
        first.get("legal_representative")
        and first["legal_representative"] == second.get("legal_representative")
    ):  # fmt: skip
        yield "same_legal_representative", 20


def _numbers(held: Mapping[str, Any]) -> set[str]:
    further: Sequence[Mapping[str, str]] = held.get("contacts", [])
    numbers = {contact["value"] for contact in further if contact["way"] in ("phone", "email")}
    return numbers | ({held["phone"]} if held.get("phone") else set())


def _alike(first: str, second: str) -> float:
    return SequenceMatcher(None, first, second, autojunk=False).ratio()
