"""The life of a definition: drafted from files, published by a second person, exported byte for byte."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from django.db import transaction

from qinzheng.definitions import shelf
from qinzheng.definitions.library import Held, Library
from qinzheng.definitions.models import Edition
from qinzheng.ledger import actions as ledger
from qinzheng.ledger.envelope import NewEvent

PUBLISHED = "definitions.published"
ON_PUBLISH: list[Callable[[], None]] = []
"""Called when something was published: caches above forget what they compiled."""

FIRST = ("source", "calendar")
"""Kinds that others cite: published before them, so that the ledger reads in order."""


class NotPublishable(Exception):
    """The draft cannot be published: why, in two languages."""


def load(library: Library, root: Path, by: str) -> list[Edition]:
    """Make a draft of every definition that differs from its newest edition; loading again makes none.

    A draft replaces an older draft of the same definition and day: what was never published leaves nothing.
    Text that an older edition had already may come back: that is a new edition with its old name.
    Raises :class:`NotPublishable` where nobody is named who drafts.
    """
    return keep(
        [draft(held, held.file.relative_to(root).as_posix(), place, by) for held, place in _places(library)]
    )


def draft(held: Held, file: str, place: int, by: str) -> Edition:
    """A definition as a draft that is not kept yet: ``file`` and ``place`` say where an export writes it.

    Raises :class:`NotPublishable` where nobody is named who drafts.
    """
    if not by.strip():
        raise NotPublishable("请写明起草人 / say who drafts")
    definition, text = held.definition, held.document.text
    return Edition(
        kind=definition.kind, definition=definition.id, sha256=hashlib.sha256(text).hexdigest(),
        in_force_from=definition.in_force_from, file=file, place=place, text=text, drafted_by=by.strip(),
    )  # fmt: skip


def keep(made: Sequence[Edition]) -> list[Edition]:
    """Keep those drafts that differ from the newest edition of their day; each replaces an older draft of it."""
    newest = {_key(row): row for row in Edition.objects.order_by("id").defer("text")}
    drafts, superseded = [], []
    for each in made:
        known = newest.get(_key(each))
        if known is not None:
            if (known.sha256, known.file, known.place) == (each.sha256, each.file, each.place):
                continue
            if known.published_at is None:
                superseded.append(known.pk)
        drafts.append(each)
    with transaction.atomic():
        Edition.objects.filter(pk__in=superseded, published_at=None).delete()
        return Edition.objects.bulk_create(drafts)


def discard(editions: Sequence[Edition]) -> None:
    """Take drafts back: what was never published leaves nothing. What was published meanwhile stays."""
    Edition.objects.filter(pk__in=[edition.pk for edition in editions], published_at=None).delete()


def publish(editions: Sequence[Edition], by: str, effect: Mapping[str, Any] | None = None) -> None:
    """Publish drafts: a second person, every check on all that will then stand, an event in the ledger each.

    All or none. ``effect`` is what was shown of the consequences before publishing, kept with the event.
    Raises :class:`NotPublishable`, and :class:`~qinzheng.definitions.library.DefinitionErrors` where the
    published definitions together with these would not hold.
    """
    by = by.strip()
    if not by:
        raise NotPublishable("请写明发布人 / say who publishes")
    mine = [edition for edition in editions if edition.drafted_by.strip().casefold() == by.casefold()]
    if mine:
        raise NotPublishable(
            f"{mine[0].kind} {mine[0].definition}：起草人不能发布自己的草稿，请由另一人发布 / "
            f"whoever drafted it cannot publish it: a second person must"
        )
    with transaction.atomic():
        ids = [edition.pk for edition in editions]
        waiting = Edition.objects.select_for_update().filter(pk__in=ids, published_at=None)
        if len(waiting) != len(ids):
            raise NotPublishable(
                "其中有已发布或已被新草稿取代的版本，请重新列出草稿 / "
                "some are published already or replaced by a newer draft: list the drafts again"
            )
        shelf.check(shelf.prospect(editions))
        moments: dict[int, list[int]] = {}
        done = ledger.append([_event(edition, by, effect) for edition in editions])
        for edition, appended in zip(editions, done, strict=True):
            moments.setdefault(appended.recorded_at, []).append(edition.pk)
        for moment, published in moments.items():  # the ledger's own moments, so that the row follows from it
            waiting.filter(pk__in=published).update(published_by=by, published_at=ledger.instant(moment))
        for forget in (shelf.expire, *ON_PUBLISH):
            transaction.on_commit(forget)


def drafts() -> list[Edition]:
    """Every draft, what others cite first."""
    found = Edition.objects.filter(published_at=None).order_by("id")
    return sorted(
        found, key=lambda edition: FIRST.index(edition.kind) if edition.kind in FIRST else len(FIRST)
    )


def export(folder: Path) -> list[Path]:
    """Write every definition that stands back to its file, byte for byte; returns the files written."""
    standing = {_key(row): row for row in shelf.published()}
    files: dict[str, list[Edition]] = {}
    for row in standing.values():
        files.setdefault(row.file, []).append(row)
    written = []
    for name, rows in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_joined(sorted(rows, key=lambda row: (row.place, row.pk))))
        written.append(path)
    return sorted(written)


def _joined(rows: Sequence[Edition]) -> bytes:
    """The documents of one file. Each but the first brings its own ``---``; one that came first once may not."""
    whole = b""
    for row in rows:
        text = bytes(row.text)
        if whole and not any(line.startswith(b"---") for line in text.splitlines()):
            whole += b"---\n"
        whole += text
    return whole


def _key(row: Edition) -> tuple[str, str, object]:
    return row.kind, row.definition, row.in_force_from


def _places(library: Library) -> list[tuple[Held, int]]:
    """Each definition with its place in its file, from 0."""
    seen: dict[Path, int] = {}
    found = []
    for held in library:
        place = seen[held.file] = seen.get(held.file, -1) + 1
        found.append((held, place))
    return found


def _event(edition: Edition, by: str, effect: Mapping[str, Any] | None) -> NewEvent:
    body: dict[str, Any] = {"kind": edition.kind, "definition": edition.definition, "sha256": edition.sha256,
            "in_force_from": str(edition.in_force_from or ""), "drafted_by": edition.drafted_by,
            "file": edition.file, "place": edition.place}  # fmt: skip
    if effect is not None:
        body["effect"] = dict(effect)
    return NewEvent(
        type=PUBLISHED, subject=f"definition:{edition.kind}:{edition.definition}"[:80], body=body, actor=by,
        under=edition.sha256,
    )  # fmt: skip
