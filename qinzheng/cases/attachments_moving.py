"""Sealed bytes as a whole: which must be there, whether they are, and how they go from one store to another.

No key is needed for any of it but for :func:`damaged`: sealed bytes move as they are, under the name that they have.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from qinzheng.cases import attachments
from qinzheng.cases.attachments_places import Kept, Store
from qinzheng.cases.models import SealedFile
from qinzheng.parties.vault import VaultClosed

BATCH = 500


@dataclass
class Copied:
    """What a copy did: SHA-256 of the sealed bytes by name, how many bytes moved, the names that the source lacks."""

    digests: dict[str, str] = field(default_factory=dict)
    moved: int = 0
    missing: list[str] = field(default_factory=list)


@dataclass
class Standing:
    """How the store stands to the database.

    ``missing``: wanted and not there. ``erased``: still there though their key was destroyed. ``unknown``: this database never
    named them: an upload that was cut off or is under way, or another system's files; nothing here takes those away.
    """

    wanted: int = 0
    missing: list[str] = field(default_factory=list)
    erased: list[Kept] = field(default_factory=list)
    unknown: list[Kept] = field(default_factory=list)


def wanted() -> list[str]:
    """The names of all sealed bytes whose key was not destroyed, in order."""
    rows = SealedFile.objects.exclude(key_wrapped=b"").order_by("place").values_list("place", flat=True)
    return list(rows.iterator(chunk_size=10_000))


def still_wanted(places: Iterable[str]) -> list[str]:
    """Those of the names whose key still stands: what was erased meanwhile is missing rightly."""
    asked = list(places)
    found: set[str] = set()
    for start in range(0, len(asked), BATCH):
        rows = SealedFile.objects.exclude(key_wrapped=b"").filter(place__in=asked[start : start + BATCH])
        found |= set(rows.values_list("place", flat=True))
    return [each for each in asked if each in found]


def digest(content: bytes) -> str:
    """SHA-256 of sealed bytes, hex."""
    return hashlib.sha256(content).hexdigest()


def copy(places: Iterable[str], source: Store, target: Store) -> Copied:
    """Bring these names to the target where they are not there yet; nothing is taken from the source."""
    there = {each.place for each in target.kept()}
    made = Copied()
    for place in places:
        if place in there:
            continue
        try:
            content = source.get(place)
        except FileNotFoundError:
            made.missing.append(place)
            continue
        target.keep(place, content)
        made.digests[place] = digest(content)
        made.moved += len(content)
    return made


def standing(store: Store) -> Standing:
    """What the store holds against what the database names."""
    lying = {each.place: each for each in store.kept()}
    named = wanted()
    missing = [place for place in named if place not in lying]
    # What was kept while we looked, or whose party was erased, is asked for once more before it is called missing.
    missing = [place for place in still_wanted(missing) if not _there(store, place)]
    left = lying.keys() - set(named)
    erased = set(SealedFile.objects.filter(key_wrapped=b"").values_list("place", flat=True)) & left
    return Standing(
        len(named),
        missing,
        [lying[each] for each in sorted(erased)],
        [lying[each] for each in sorted(left - erased)],
    )


def damaged(places: Iterable[str] | None = None) -> Iterator[str]:
    """The names whose bytes do not open with their key, or are not what was committed to. Opens every one."""
    rows = SealedFile.objects.exclude(key_wrapped=b"").order_by("place")
    for blob in (rows if places is None else rows.filter(place__in=places)).iterator(chunk_size=BATCH):
        try:
            attachments.opened(blob)
        except FileNotFoundError:
            continue  # said as missing
        except VaultClosed:
            yield blob.place


def _there(store: Store, place: str) -> bool:
    try:
        store.get(place)
    except FileNotFoundError:
        return False
    return True
