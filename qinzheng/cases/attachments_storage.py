"""Where sealed bytes lie: a folder of this machine. Everything that reads or writes a file goes through these three verbs.

Names are random and say nothing; files are readable by their owner only. The folder is never served: bytes leave through a
view that asks the rules. Another store (such as one that speaks S3) is a class with the same three verbs in ``STORES``.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
from pathlib import Path
from typing import Protocol

from django.conf import settings

NAME = re.compile(r"[0-9a-f]{48}")


class Store(Protocol):
    """Bytes by a name that the store gives."""

    def put(self, content: bytes) -> str:
        """Keep bytes; their new name."""

    def get(self, place: str) -> bytes:
        """The bytes of a name. Raises :class:`FileNotFoundError`."""

    def drop(self, place: str) -> None:
        """Forget a name; one that is not there is no fault."""


class Folder:
    """A folder, in 256 parts by the first byte of the name."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, content: bytes) -> str:
        """Whole or not at all, on the disk before it returns."""
        place = secrets.token_hex(24)
        path = self._path(place)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        except OSError:
            path.unlink(missing_ok=True)
            raise
        return place

    def get(self, place: str) -> bytes:
        """The bytes."""
        return self._path(place).read_bytes()

    def drop(self, place: str) -> None:
        """Take the file away."""
        with contextlib.suppress(FileNotFoundError):
            self._path(place).unlink()

    def _path(self, place: str) -> Path:
        if not NAME.fullmatch(place):
            raise FileNotFoundError("not a name of this store")
        return self.root / place[:2] / place


def store() -> Store:
    """The store of this installation."""
    return Folder(Path(settings.FILES))
