"""Dated pointers: who points to whom from when to when. A tree over time, and the A/B roles. Pure."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Moment = TypeVar("Moment", dt.date, dt.datetime)


@dataclass(frozen=True, slots=True)
class Span(Generic[Moment]):
    """Points to ``to`` from ``begins`` until just before ``ends``; None: without end."""

    begins: Moment
    ends: Moment | None
    to: str

    def holds(self, moment: Moment) -> bool:
        """Whether it points at that moment."""
        return self.begins <= moment and (self.ends is None or moment < self.ends)


Pointers = Mapping[str, Sequence[Span[Moment]]]
"""Each thing's spans, which do not overlap."""


def target(pointers: Pointers[Moment], id: str, moment: Moment) -> str | None:
    """Where it points at that moment."""
    return next((span.to for span in pointers.get(id, ()) if span.holds(moment)), None)


def chain(pointers: Pointers[Moment], id: str, moment: Moment) -> list[str]:
    """Where it points, where that points, and so on, nearest first; a circle ends it."""
    found: list[str] = []
    seen = {id}
    following = target(pointers, id, moment)
    while following is not None and following not in seen:
        found.append(following)
        seen.add(following)
        following = target(pointers, following, moment)
    return found


def circle(pointers: Pointers[Moment], id: str, to: str, since: Moment) -> Moment | None:
    """The first moment from ``since`` on at which ``id`` → ``to`` would lead back to ``id``; None: never.

    Between two beginnings nothing new points anywhere, so only those moments are looked at.
    """
    later: set[Moment] = {span.begins for spans in pointers.values() for span in spans if span.begins > since}
    moments: list[Moment] = [since]
    moments += sorted(later)
    for moment in moments:
        if id == to or id in chain(pointers, to, moment):
            return moment
    return None


@dataclass(frozen=True, slots=True)
class Node:
    """A unit and what stands below it, in the order in which the units were given."""

    id: str
    children: tuple[Node, ...]

    def __iter__(self) -> Iterator[Node]:
        """The node and everything below it, parents first."""
        yield self
        for child in self.children:
            yield from child


def nest(parents: Mapping[str, str | None]) -> list[Node]:
    """The trees of these units: a root is one whose parent is None or is not among them."""
    below: dict[str | None, list[str]] = defaultdict(list)
    for id, parent in parents.items():
        below[parent if parent in parents else None].append(id)

    def node(id: str) -> Node:
        return Node(id, tuple(node(child) for child in below[id]))

    return [node(id) for id in below[None]]


def pointers(spans: Iterable[tuple[str, Span[Moment]]]) -> dict[str, list[Span[Moment]]]:
    """Spans by what points."""
    gathered: dict[str, list[Span[Moment]]] = defaultdict(list)
    for id, span in spans:
        gathered[id].append(span)
    return gathered
