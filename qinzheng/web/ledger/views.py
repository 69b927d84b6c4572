"""One event: what it says, and whether what is stored now is what the signed log committed to then."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from qinzheng.access import rules
from qinzheng.access.users import User
from qinzheng.cases.actions import procedure_of
from qinzheng.cases.models import Case
from qinzheng.definitions.form import Text
from qinzheng.ledger import merkle, queries
from qinzheng.ledger.envelope import leaf
from qinzheng.ledger.queries import StoredEvent
from qinzheng.organizations import queries as organizations
from qinzheng.web import history, reader
from qinzheng.web.components import Link


@dataclass(frozen=True)
class Proof:
    """The proof of one event: its leaf, the hashes beside its path, the root. ``holds`` was computed just now."""

    position: int
    size: int
    hash: str
    leaf: str
    path: list[str]
    root: str
    holds: bool


@require_safe
def event(request: HttpRequest, event: uuid.UUID) -> HttpResponse:
    """An event that the reader may know of; hidden and absent look the same."""
    found = queries.event(str(event))
    if found is None:
        raise Http404
    who: User = reader.of(request)
    case = Case.objects.filter(pk=found.subject).first()
    if not _may(who, found, case):
        raise Http404
    said, crumbs = None, []
    if case is not None:
        said = next(
            (each for key, each in history.by_id(who, case, procedure_of(case)) if key == found.id), None
        )
        crumbs = [Link(case.number, reverse("case", args=[case.number])), Link(TITLE)]
    context = {
        "event": found,
        "said": said,
        "proof": prove(found),
        "case": case,
        "crumbs": crumbs,
        "kind": KINDS[found.kind],
        "unit": organizations.names([found.organization])[found.organization],
    }
    return render(request, "ledger/event.html", context)


TITLE = Text(zh="账本事件", en="An event of the ledger")
KINDS = {
    "act": Text(zh="人的行为", en="an act of somebody"),
    "determination": Text(zh="系统认定", en="determined by the system"),
}


def _may(who: User, found: StoredEvent, case: Case | None) -> bool:
    """Events of a case go with the case; all others are for those who audit the ledger."""
    if case is not None:
        return rules.can(who, "see", case) and (found.type not in history.OF_CARDS or bool(who.seats))
    return not found.subject.startswith("case:") and rules.can(who, "ledger")


def prove(found: StoredEvent) -> Proof | None:
    """The inclusion of what is stored now in the log as it is; None while the event waits to be sequenced."""
    placed = queries.position_of(found.id)
    if placed is None:
        return None
    position = placed[0]
    tree_hash, size = queries.head()
    tiles = queries.tiles(size)
    tree = merkle.Tree(tree_hash)
    digest = tree.leaf(leaf(found.fields()))
    path, root = tiles.inclusion(position, size), tiles.root(size)
    holds = merkle.verify_inclusion(tree, digest, position, size, path, root)
    return Proof(
        position,
        size,
        tree_hash or settings.CRYPTO,
        digest.hex(),
        [each.hex() for each in path],
        root.hex(),
        holds,
    )
