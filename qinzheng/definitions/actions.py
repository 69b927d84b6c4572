"""The life of a definition: drafted from files, published by a second person, exported byte for byte."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from django.db import transaction
from django.utils import timezone

from qinzheng.definitions.library import Library
from qinzheng.definitions.models import Edition
from qinzheng.ledger import actions as ledger
from qinzheng.ledger.envelope import NewEvent

PUBLISHED = "definitions.published"
ON_PUBLISH: list[Callable[[], None]] = []
"""Called when something was published: caches above forget what they compiled."""


class NotPublishable(Exception):
    """The draft cannot be published: why, in two languages."""


def load(library: Library, root: Path, by: str) -> list[Edition]:
    """Make drafts of every definition that is not there in these very bytes; loading again makes none."""
    known = set(Edition.objects.values_list("kind", "definition", "sha256"))
    drafts = []
    places: dict[Path, int] = {}
    for held in library:
        place = places[held.file] = places.get(held.file, -1) + 1
        definition = held.definition
        key = (definition.kind, definition.id, library.hash(definition))
        if key not in known:
            drafts.append(
                Edition(
                    kind=key[0], definition=key[1], sha256=key[2], in_force_from=definition.in_force_from,
                    file=held.file.relative_to(root).as_posix(), place=place, text=held.document.text, drafted_by=by,
                )
            )  # fmt: skip
    return Edition.objects.bulk_create(drafts)


def publish(editions: Sequence[Edition], by: str) -> None:
    """Publish drafts: a second person, an event in the ledger each, all or none."""
    mine = [edition for edition in editions if edition.drafted_by == by]
    if mine:
        raise NotPublishable(
            f"{mine[0].kind} {mine[0].definition}：起草人不能发布自己的草稿，请由另一人发布 / "
            f"whoever drafted it cannot publish it: a second person must"
        )
    with transaction.atomic():
        ledger.append([_event(edition, by) for edition in editions])
        ids = [edition.pk for edition in editions]
        done = Edition.objects.filter(pk__in=ids, published_at=None).update(
            published_by=by, published_at=timezone.now()
        )
        if done != len(ids):
            raise NotPublishable("其中有已发布的版本 / some of them are published already")
        for forget in ON_PUBLISH:
            transaction.on_commit(forget)


def drafts() -> list[Edition]:
    """Every draft, sources first, so that what cites them can be published with them."""
    order = ["source", "calendar", "procedure", "rule", "mapping"]
    found = list(Edition.objects.filter(published_at=None).order_by("id"))
    return sorted(
        found, key=lambda edition: (order.index(edition.kind) if edition.kind in order else 9, edition.pk)
    )


def export(folder: Path) -> list[Path]:
    """Write every newest published edition back to its file, byte for byte."""
    files: dict[str, dict[int, bytes]] = {}
    for edition in Edition.objects.exclude(published_at=None).order_by("id"):
        files.setdefault(edition.file, {})[edition.place] = bytes(edition.text)
    written = []
    for name, parts in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"---\n".join(parts[place] for place in sorted(parts)))
        written.append(path)
    return sorted(written)


def _event(edition: Edition, by: str) -> NewEvent:
    return NewEvent(
        type=PUBLISHED, subject=f"definition:{edition.kind}:{edition.definition}"[:80],
        body={"kind": edition.kind, "definition": edition.definition, "sha256": edition.sha256,
              "in_force_from": str(edition.in_force_from or ""), "drafted_by": edition.drafted_by},
        actor=by, under=edition.sha256,
    )  # fmt: skip
