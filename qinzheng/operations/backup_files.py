"""The files of applicants in a backup: sealed as they lie in the store, listed with their hashes, put back under their names.

A file never changes under its name, so one that an earlier backup beside this one holds is linked, not fetched again: each
backup is whole, may be deleted alone, and takes room for what is new only.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from qinzheng.cases import attachments_moving as moving
from qinzheng.cases import attachments_places as places
from qinzheng.cases import attachments_storage as storage
from qinzheng.cases.attachments_places import Store
from qinzheng.measures import archive

FOLDER, LIST = "files", "files.sha256"
"""The folder of sealed files, and its list in the form that ``sha256sum -c`` reads."""
LINE = re.compile(r"([0-9a-f]{64})  files/([0-9a-f]{2}/[0-9a-f]{48})")
SHOWN = 10


def write(folder: Path, wanted: list[str], earlier: Path | None) -> dict[str, Any]:
    """Bring the wanted files into the backup; what the manifest says of them. Raises :class:`OSError` for the store."""
    target = storage.Folder(folder / FOLDER)
    digests = _linked(folder, wanted, earlier)
    made = moving.copy(wanted, storage.store(), target)
    digests |= made.digests
    lines = [f"{digests[place]}  {FOLDER}/{places.path(place)}\n" for place in sorted(digests)]
    archive.write_whole(folder / LIST, "".join(lines).encode())
    return {"count": len(digests), "missing": moving.still_wanted(made.missing)}


def _linked(folder: Path, wanted: list[str], earlier: Path | None) -> dict[str, str]:
    """Take from an earlier backup what it holds sound and on the same disk; the rest is fetched."""
    found: dict[str, str] = {}
    try:
        held = listed(earlier) if earlier is not None else {}
    except (ValueError, OSError):
        held = {}  # no backup to build on; the store has everything
    for place in wanted:
        if earlier is None or place not in held:
            continue
        old, new = (each / FOLDER / places.path(place) for each in (earlier, folder))
        try:
            if moving.digest(old.read_bytes()) != held[place]:
                continue  # rotted there: the store's own is fetched
            new.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            os.link(old, new)
        except OSError:
            continue
        found[place] = held[place]
    return found


def listed(folder: Path) -> dict[str, str]:
    """name → SHA-256 of every file that a backup lists; nothing where it has none. Raises :class:`ValueError` for no list."""
    file = folder / LIST
    if not file.exists():
        return {}
    found: dict[str, str] = {}
    for number, line in enumerate(file.read_text("ascii").splitlines(), start=1):
        read = LINE.fullmatch(line)
        place = places.of_path(read[2]) if read else None
        if read is None or place is None:
            raise ValueError(f"{LIST}:{number}")
        found[place] = read[1]
    return found


def newest(beside: Path, manifest: str) -> Path | None:
    """The newest other backup in the same folder."""
    others = [each.parent for each in beside.parent.glob(f"*/{manifest}")]
    return max(others, key=lambda each: (each / manifest).stat().st_mtime, default=None)


def lacking(folder: Path) -> list[Path]:
    """The files that a backup lists and does not hold."""
    all_of_it = (folder / FOLDER / places.path(place) for place in listed(folder))
    return [path for path in all_of_it if not path.is_file()]


def put_back(folder: Path) -> Iterator[str]:
    """Put the files of a backup into the store where it lacks them, each only as it was backed up; what is wrong, in words."""
    try:
        yield from _put_back(folder, storage.Folder(folder / FOLDER), storage.store())
    except OSError as why:
        yield (
            f"材料文件没有全部放回（{why}）：数据库已恢复，修好存储后运行 qinzheng files copy --from {folder / FOLDER} / "
            f"not all files were put back; the database was: mend the store, then qinzheng files copy --from {folder / FOLDER}"
        )


def _put_back(folder: Path, source: Store, target: Store) -> Iterator[str]:
    sizes = {each.place: each.size for each in target.kept()}
    for place, expected in listed(folder).items():
        content = source.get(place)
        if moving.digest(content) != expected:
            yield f"{folder / FOLDER / places.path(place)}：已损坏，没有放回 / damaged: it was not put back"
        elif sizes.get(place) != len(content):
            target.keep(place, content)
    missing = moving.standing(target).missing
    for place in missing[:SHOWN]:
        yield f"材料文件 {place} 不在存储中 / the file {place} is not in the store"
    if len(missing) > SHOWN:
        yield f"……共缺 {len(missing)} 个材料文件 / {len(missing)} files are missing in all"
