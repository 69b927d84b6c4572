"""The desks of the site in the order of the day. A desk that is not there yet is not shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.urls import NoReverseMatch, reverse

from qinzheng.definitions.form import Text

OFFICERS = frozenset(
    {
        "clerk", "handler", "approver", "head_of_organ", "government_head", "agent", "dispatcher", "supervisor",
        "appraiser", "leader", "auditor", "head_of_review_body",
    }
)  # fmt: skip
ADMINISTRATORS = frozenset({"system_admin", "security_admin", "audit_admin"})
OVERSEERS = frozenset({"supervisor", "appraiser", "leader", "auditor", "government_head", "head_of_organ"})


@dataclass(frozen=True)
class Desk:
    """A place to go: the name of its address, its words, and the roles that have business there (None: everybody)."""

    address: str
    name: Text
    roles: frozenset[str] | None = None


DESKS = (
    Desk("work", Text(zh="我的待办", en="My work"), OFFICERS),
    Desk("cases", Text(zh="办件", en="Cases"), OFFICERS),
    Desk("cards", Text(zh="牌", en="Cards"), OVERSEERS),
    Desk("overview", Text(zh="概览", en="Overview"), OVERSEERS),
    Desk("wall", Text(zh="大屏", en="Wall"), OVERSEERS),
    Desk("administration", Text(zh="管理", en="Administration"), ADMINISTRATORS),
)


@dataclass(frozen=True)
class Place:
    """A desk that this reader may enter; ``here`` where the page belongs to it."""

    name: Text
    url: str
    here: bool


def open_to(reader: Any, path: str) -> list[Place]:
    """The desks that a reader has business at. What may be done there is decided by ``qinzheng.access``, not by this list."""
    places = []
    for desk in DESKS:
        if desk.roles is not None and not desk.roles & frozenset(reader.roles):
            continue
        try:
            url = reverse(desk.address)
        except NoReverseMatch:
            continue
        places.append(Place(desk.name, url, path.startswith(url)))
    return places
