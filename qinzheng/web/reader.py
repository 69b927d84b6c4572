"""Who reads a page. ``request.reader`` is set by the middleware of ``qinzheng.access``; without it everybody is anonymous."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Anonymous:
    """The reader of whom nothing is known: has no posts and no roles, may see what is public."""

    is_anonymous: bool = True
    name: str = ""
    kind: str = "anonymous"
    roles: frozenset[str] = frozenset()
    posts: frozenset[str] = frozenset()
    organizations: frozenset[str] = frozenset()


ANONYMOUS = Anonymous()


def of(request: object) -> Any:
    """The reader of a request."""
    return getattr(request, "reader", None) or ANONYMOUS
