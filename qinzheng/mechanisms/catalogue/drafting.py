"""A changed item as a draft of its next edition: built from a document, checked with all that stands, compared in words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pydantic

from qinzheng.cases.items import Item
from qinzheng.cases.schema import Procedure
from qinzheng.definitions import actions, shelf, strict
from qinzheng.definitions.form import Text
from qinzheng.definitions.library import Held, Library, invalid
from qinzheng.definitions.models import Edition
from qinzheng.definitions.writing import plain
from qinzheng.mechanisms.catalogue import differences
from qinzheng.mechanisms.catalogue.telling import Difference
from qinzheng.organizations import queries as organizations

FILE = "items/drafted.yaml"
"""Where an export writes items that no file held before."""
KIND = "item"
APART = ("in_force_from", "checked_on")
"""Days that make no edition by themselves."""
Document = dict[str, Any]


class Unfit(Exception):
    """The document is no item: the key, why and what to do, in two languages."""

    def __init__(self, path: Sequence[Any], zh: str, en: str) -> None:
        super().__init__(f"{'.'.join(map(str, path))}: {zh} / {en}")
        self.path, self.zh, self.en = tuple(path), zh, en


@dataclass(frozen=True)
class Draft:
    """An item as it would be, the edition before it (None: a new item), and what a reader would say of the change."""

    item: Item
    held: Held
    before: Item | None
    differences: tuple[Difference, ...]


def standing(library: Library, id: str, day: dt.date) -> Item | None:
    """The edition that a change of that day is laid over: the one in force then, else the newest there is."""
    try:
        found: Item = library.in_force(KIND, id, day)
    except KeyError:
        try:
            found = library.get(KIND, id)
        except KeyError:
            return None
    return found


def document(item: Item) -> Document:
    """An edition as its YAML holds it, to be changed."""
    return item.model_dump(by_alias=True, exclude_defaults=True)


def made(changed: Document, library: Library, today: dt.date) -> Draft | None:
    """The draft of a document; None where it says what stands. Raises :class:`Unfit`."""
    before = standing(library, str(changed.get("id", "")), changed["in_force_from"])
    held = _held(changed, b"" if before is None else _head(library.text(before)))
    item: Item = held.definition
    if before is None:
        return Draft(item, held, None, ())
    if item.model_copy(update={name: getattr(before, name) for name in APART}) == before:
        return None
    if item.in_force_from < today:
        raise Unfit(
            ("in_force_from",),
            f"修改的施行日不早于今天（{today}）：已经办理的事项不倒改",
            f"a change counts from today ({today}) on: what was decided already is not changed backwards",
        )
    later = [
        each.in_force_from
        for each in library.all(KIND)
        if each.id == item.id and each.in_force_from > item.in_force_from
    ]
    if later:
        raise Unfit(
            ("in_force_from",),
            f"已有自 {later[0]} 起施行的版本，修改不会带到其中：请自 {later[0]} 起改，或分两次改",
            f"an edition from {later[0]} stands already and would not hold the change: change it from then, or both",
        )
    return Draft(item, held, before, tuple(compared(before, item, library)))


def _held(changed: Document, head: bytes) -> Held:
    """The document as it would stand in a file: read strictly, and written without what is meant anyway."""
    item: Item = _read(plain(changed)).definition
    return _read(head + plain(document(item)))


def _read(raw: bytes) -> Held:
    try:
        (parsed,) = strict.documents(raw)
    except strict.Unreadable as why:
        raise Unfit(why.path, why.zh, why.en) from None
    try:
        return Held(Item.model_validate(parsed.value), Path(FILE), parsed)
    except pydantic.ValidationError as errors:
        error = errors.errors()[0]
        problem = invalid(Path(FILE), parsed, error)
        raise Unfit(error["loc"], f"{problem.key} {problem.zh}", f"{problem.key} {problem.en}") from None


def _head(text: bytes) -> bytes:
    """The remarks that stand above an edition: what they say goes on holding of the next."""
    lines = [line for line in text.splitlines(keepends=True) if not line.startswith(b"---")]
    until = next((n for n, line in enumerate(lines) if not line.startswith(b"#")), len(lines))
    return b"".join(lines[:until])


def compared(before: Item, after: Item, library: Library) -> list[Difference]:
    """The differences of two editions in words, ids by their names."""
    names = organizations.names(_units(before) | _units(after))
    items: dict[str, Text] = {each.id: each.name for each in library.standing(KIND)}
    return differences.between(
        (before, way_of(before, library)), (after, way_of(after, library)),
        lambda id: names.get(id, id), lambda id: items.get(id, id),
    )  # fmt: skip


def _units(item: Item) -> set[str]:
    shared = {each.shared_from for each in item.guide.materials.values() if each.shared_from is not None}
    return {item.organization, *item.decided_by.values(), *item.guide.points, *shared}


def way_of(item: Item, library: Library) -> Procedure | None:
    """The procedure by which an edition goes on its first day; the newest where none was in force yet."""
    try:
        found: Procedure = library.in_force("procedure", item.procedure, item.in_force_from)
    except KeyError:
        try:
            found = library.get("procedure", item.procedure)
        except KeyError:
            return None
    return found


# -- checks -------------------------------------------------------------------------------------------


def lacks(draft: Draft, prospect: Library) -> list[tuple[Sequence[Any], str, str]]:
    """(key path, Chinese, English) of what does not hold of a draft beside all that would stand with it."""
    problems = prospect.problems(shelf.KINDS, [draft.held])
    found: list[tuple[Sequence[Any], str, str]] = [
        (problem.key.split("."), f"{problem.key} {problem.zh}", f"{problem.key} {problem.en}")
        for problem in problems
    ]
    return [*found, *_units_known(draft.item)]


def _units_known(item: Item) -> Iterator[tuple[Sequence[Any], str, str]]:
    """Every unit that an item names exists: here a city's own register is asked, which files cannot be."""
    wanted = _units(item)
    for unit in sorted(wanted - organizations.organizations(wanted).keys()):
        yield ("organization",), f"没有单位 {unit}", f"there is no unit {unit}"


def prospect(drafts: Collection[Draft], library: Library) -> Library:
    """What would stand if these were published."""
    replaced = {(draft.item.id, draft.item.in_force_from) for draft in drafts}
    kept = [
        held
        for held in library
        if held.definition.kind != KIND or (held.definition.id, held.definition.in_force_from) not in replaced
    ]
    return Library([*kept, *(draft.held for draft in drafts)])


# -- keeping ------------------------------------------------------------------------------------------


def editions(drafts: Sequence[Draft], by: str) -> list[Edition]:
    """The drafts as editions that are not kept yet, each in the file in which its item stands already."""
    places = _places([draft.item.id for draft in drafts])
    following = 1 + max(
        Edition.objects.filter(file=FILE).values_list("place", flat=True), default=-1
    )  # fmt: skip
    found = []
    for draft in drafts:
        place = places.get(draft.item.id)
        if place is None:
            place, following = (FILE, following), following + 1
        found.append(actions.draft(draft.held, *place, by))
    return found


def _places(ids: Sequence[str]) -> Mapping[str, tuple[str, int]]:
    """In which file and place each item was written last."""
    rows = Edition.objects.filter(kind=KIND, definition__in=ids).order_by("id")
    return {id: (file, place) for id, file, place in rows.values_list("definition", "file", "place")}


def item_of(edition: Edition) -> Item:
    """The item of a draft that was kept."""
    return _read(bytes(edition.text)).definition  # type: ignore[no-any-return]
