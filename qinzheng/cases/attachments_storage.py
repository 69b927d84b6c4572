"""Where sealed bytes lie: a folder of this machine, or a bucket of an object store that speaks S3 (``QINZHENG_FILES``).

Files are readable by their owner only, and nothing serves the folder or the bucket: bytes leave through a view that asks
the rules. Whatever reads or writes them goes through the verbs of :class:`~qinzheng.cases.attachments_places.Store`.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from django.conf import settings

from qinzheng.cases import attachments_places as places
from qinzheng.cases.attachments_places import Kept, Store

S3 = "s3://"
PART = ".part"
"""How a file ends while it is being written; one left by a kill is no name of ours and is passed over."""


class Folder:
    """A folder, in 256 parts by the first byte of the name."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def keep(self, place: str, content: bytes) -> None:
        """Whole or not at all, on the disk before it returns."""
        path = self._path(place)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = path.with_name(f"{path.name}.{secrets.token_hex(4)}{PART}")
        try:
            with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
            _settled(path.parent)
        except BaseException:
            part.unlink(missing_ok=True)
            raise

    def get(self, place: str) -> bytes:
        """The bytes."""
        return self._path(place).read_bytes()

    def drop(self, place: str) -> None:
        """Take the file away."""
        with contextlib.suppress(FileNotFoundError):
            self._path(place).unlink()

    def kept(self) -> Iterator[Kept]:
        """Every file that bears a name of ours."""
        for found in self.root.glob("??/*"):
            place = places.of_path(found.relative_to(self.root).as_posix())
            if place is not None:
                yield Kept(place, found.stat().st_size)

    def _path(self, place: str) -> Path:
        return self.root / places.path(place)


def _settled(folder: Path) -> None:
    """A name is on the disk only once its folder is."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def store() -> Store:
    """The store of this installation."""
    return at(str(settings.FILES))


def at(where: str) -> Store:
    """The store at a folder's path or at ``s3://bucket/prefix``. Raises :class:`~attachments_places.Away` where it is not told whole."""
    if not where.startswith(S3):
        return Folder(Path(where))
    # What speaks S3 is large: it is loaded where it is used only.
    found: Store = import_module("qinzheng.cases.attachments_s3").bucket(
        where.removeprefix(S3), *settings.S3.values(), settings.OUTGOING_CA
    )
    return found
