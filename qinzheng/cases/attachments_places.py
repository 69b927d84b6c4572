"""How sealed bytes are named wherever they lie, and how a store says that it cannot answer.

A name is random and says nothing; the same bytes keep it when they move from one store to another.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from typing import NamedTuple, Protocol

NAME = re.compile(r"[0-9a-f]{48}")


class Away(OSError):
    """The store does not answer, or lets us not in: what was asked may be asked again later."""


class Kept(NamedTuple):
    """What a store holds: a name, and the sealed size in bytes."""

    place: str
    size: int


class Store(Protocol):
    """Sealed bytes by their names. Every verb raises :class:`OSError` where the store cannot do it now."""

    def keep(self, place: str, content: bytes) -> None:
        """Keep bytes under a name, whole or not at all; what lay there is replaced."""

    def get(self, place: str) -> bytes:
        """The bytes of a name. Raises :class:`FileNotFoundError` where nothing lies there."""

    def drop(self, place: str) -> None:
        """Forget a name; one that is not there is no fault."""

    def kept(self) -> Iterator[Kept]:
        """All that lies there, in no order; what bears no name of ours is passed over."""


def new() -> str:
    """A name that nothing has yet."""
    return secrets.token_hex(24)


def path(place: str) -> str:
    """Where a name lies in its store: in 256 parts by its first byte. Raises :class:`FileNotFoundError` for no name of ours."""
    if not NAME.fullmatch(place):
        raise FileNotFoundError("not a name of this store")
    return f"{place[:2]}/{place}"


def of_path(found: str) -> str | None:
    """The name that lies at a path, the reverse of :func:`path`; None for anything else."""
    place = found.rpartition("/")[2]
    return place if NAME.fullmatch(place) and path(place) == found else None
