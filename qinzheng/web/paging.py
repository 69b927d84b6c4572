"""Pages by cursor: stable while rows come and go, equally fast on the first page and the thousandth; and parts of lists."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db.models import Model, Q, QuerySet

M = TypeVar("M", bound=Model)
R = TypeVar("R")
SIZE = 50
LONGEST = 400


class WrongCursor(ValueError):
    """The cursor in the address was not made by us: start again from the first page."""


@dataclass(frozen=True)
class Page(Generic[R]):
    """One page; a cursor is empty where there is nothing on that side."""

    rows: Sequence[R]
    following: str
    preceding: str


def page(
    rows: QuerySet[M], keys: Sequence[str], *, after: str = "", before: str = "", size: int = SIZE
) -> Page[M]:
    """The page after or before a cursor, ordered by ``keys`` (``-`` for descending; the last must be unique, none null).

    Raises :class:`WrongCursor`.
    """
    backward = bool(before)
    cursor = before or after
    order = [_turned(key) for key in keys] if backward else list(keys)
    if cursor:
        rows = rows.filter(_beyond(order, _read(cursor, len(keys))))
    found = list(rows.order_by(*order)[: size + 1])
    more = len(found) > size
    found = found[:size]
    if backward:
        found.reverse()
    first, last = (_write(found[0], keys), _write(found[-1], keys)) if found else ("", "")
    return Page(found, last if (more or backward) else "", first if (after or (backward and more)) else "")


def part(rows: Sequence[R], *, after: str = "", before: str = "", size: int = SIZE) -> Page[R]:
    """The page of a list that is made whole each time it is asked for; its cursors count its rows.

    Raises :class:`WrongCursor`.
    """
    cursor = before or after or "0"
    if not (cursor.isascii() and cursor.isdigit()) or len(cursor) > LONGEST:
        raise WrongCursor(cursor[:LONGEST])
    first = max(int(cursor) - (size if before else 0), 0)
    found = rows[first : first + size]
    last = first + len(found)
    return Page(found, str(last) if last < len(rows) else "", str(first) if first and found else "")


def _turned(key: str) -> str:
    return key[1:] if key.startswith("-") else f"-{key}"


def _beyond(order: Sequence[str], values: Sequence[Any]) -> Q:
    """Strictly later in this order: the first key is later, or it is equal and the next is later, and so on."""
    found, equal = Q(), Q()
    for key, value in zip(order, values, strict=True):
        name = key.lstrip("-")
        found |= equal & Q(**{f"{name}__{'lt' if key.startswith('-') else 'gt'}": value})
        equal &= Q(**{name: value})
    return found


def _write(row: Model, keys: Sequence[str]) -> str:
    values = [getattr(row, key.lstrip("-")) for key in keys]
    text = json.dumps([value if isinstance(value, int | str) else value.isoformat() for value in values])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read(cursor: str, length: int) -> list[Any]:
    try:
        if len(cursor) > LONGEST:
            raise ValueError(cursor[:LONGEST])
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error) as why:
        raise WrongCursor(cursor[:LONGEST]) from why
    if (
        not isinstance(values, list)
        or len(values) != length
        or not all(isinstance(v, int | str) for v in values)
    ):
        raise WrongCursor(cursor[:LONGEST])
    return values
