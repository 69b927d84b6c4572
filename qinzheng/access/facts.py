"""The conditions of the rules, asked of one thing that has been read already: what the database would say, without asking it.

A condition is written once, as a ``Q``. :func:`rules.scope` gives it to the database; here it is read again, so an act
needs no question of its own about rights. ``tests/access/test_scope.py`` holds the two readings against one another.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from django.db.models import Model, Q

Row = Mapping[str, Any]
Rows = Mapping[str, Sequence[Row]]
"""relation → the rows beside the thing, field → value"""


def beside(thing: type[Model], relation: str, which: Q) -> Q:
    """The things that have such a row beside them, as a question of its own: no join, so no thing comes twice."""
    return Q(pk__in=Beside(thing, relation, which))


@dataclass(frozen=True)
class Beside:
    """Rows beside things; a question to the database only where a filter asks it."""

    thing: type[Model]
    relation: str
    which: Q

    def resolve_expression(self, *place: Any, **more: Any) -> Any:
        """What Django asks of a value in a filter."""
        related: Any = self.thing._meta.get_field(self.relation)
        found = related.related_model._default_manager.filter(self.which).values(related.field.name)
        return found.resolve_expression(*place, **more)


def holds(which: Q, thing: Model, rows: Rows) -> bool:
    """Whether the thing is one of those that the condition names. ``rows``: every relation that the condition speaks of.

    As in the database, all that one condition says of a relation is said of the same row.
    """
    named = sorted({name for name in _first_names(which) if name in rows})
    choices = [rows[name] or [{}] for name in named]
    return any(
        _all(which, _Read(thing, rows, dict(zip(named, chosen, strict=True)))) for chosen in product(*choices)
    )


@dataclass(frozen=True, slots=True)
class _Read:
    """A thing, the rows beside it, and the one of each relation that is looked at."""

    thing: Any
    rows: Rows
    chosen: Mapping[str, Row]

    def value(self, path: list[str]) -> tuple[Any, list[str]]:
        """What the beginning of a lookup names, and the rest of it."""
        first, *rest = path
        if first in self.chosen:
            return self.chosen[first].get(rest[0]), rest[1:]
        return getattr(self.thing, first), rest


@dataclass(frozen=True, slots=True)
class _Row:
    """A row beside a thing, looked at by itself."""

    row: Row
    rows: Rows

    def value(self, path: list[str]) -> tuple[Any, list[str]]:
        """As above."""
        return self.row.get(path[0]), path[1:]


def _children(which: Q) -> Sequence[Any]:
    return which.children


def _first_names(which: Q) -> list[str]:
    found: list[str] = []
    for child in _children(which):
        found += _first_names(child) if isinstance(child, Q) else [child[0].partition("__")[0]]
    return found


def _all(which: Q, read: _Read | _Row) -> bool:
    if which.negated:
        raise LookupError(f"a rule must not say what is not: {which}")
    joined: Callable[[Any], bool] = any if which.connector == Q.OR else all
    return joined(
        _all(child, read) if isinstance(child, Q) else _one(child[0], child[1], read)
        for child in _children(which)
    )


def _one(lookup: str, wanted: Any, read: _Read | _Row) -> bool:
    if isinstance(wanted, Beside):
        return any(_all(wanted.which, _Row(row, read.rows)) for row in read.rows[wanted.relation])
    value, rest = read.value(lookup.split("__"))
    match rest:
        case []:
            return bool(value == wanted)
        case ["in"]:
            return bool(value in wanted)
        case ["isnull"]:
            return bool((value is None) == wanted)
    raise LookupError(f"a rule says what cannot be asked of one thing: {lookup}")
