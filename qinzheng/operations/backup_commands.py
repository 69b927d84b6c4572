"""``qinzheng backup | restore``: the database, the files of applicants, the checkpoints; verified when it comes back.

The dump and what the manifest says of the ledger are of one snapshot. The master key of personal data and the key of
checkpoints are never part of a backup: whoever holds a backup alone can read no personal data and sign nothing.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime as dt
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction

from qinzheng import __version__
from qinzheng.cases import attachments_moving
from qinzheng.ledger import projections, queries, sequencer
from qinzheng.measures import archive
from qinzheng.measures.queries import folder as archive_folder
from qinzheng.operations import backup_files, database, restored
from qinzheng.parties.models import IndexKey
from qinzheng.parties.vault import ID_BYTES

FORMAT = 2
KNOWN = (1, FORMAT)
"""1: without files of applicants."""
DUMP, MANIFEST, ARCHIVE, CHECKPOINTS = (
    "database.dump",
    "manifest.json",
    "archive-manifest.json",
    "checkpoints",
)


DRILL = "restored.json"
"""Put into a backup that was brought back and verified: that, and nothing else, shows that it can be."""


class Refused(Exception):
    """Nothing was done: why and what to do, in two languages."""


def backup(arguments: argparse.Namespace) -> int:
    """Write a backup into a new folder: whole, or not at all."""
    folder: Path = arguments.folder
    part = folder.with_name(f".{folder.name}.part")
    try:
        if folder.exists():
            raise Refused(f"{folder}：已存在，请给一个新目录 / it is there already: name a new folder")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(mode=0o700, parents=True)
        manifest = write(part, files=not arguments.without_files)
        part.rename(folder)
    except (Refused, OSError, database.DatabaseUnavailable) as why:
        shutil.rmtree(part, ignore_errors=True)
        print(why, file=sys.stderr)
        return 1
    print(
        f"已备份账本 {manifest['ledger']['size']} 条 → {folder}。主密钥与检查点密钥不在其中，请另行保管：没有主密钥，个人信息无法恢复 / "
        f"backed up, {manifest['ledger']['size']} event(s). Neither the master key nor the checkpoint key is in it: keep them "
        "elsewhere; without the master key no personal data can be read again"
    )
    return _say_files(manifest["attachments"])


def _say_files(held: dict[str, Any] | None) -> int:
    """What of the files is in it; 1 where the store lacked some."""
    if held is None:
        print(
            "不含材料文件：请确认存储另有备份 / the files are not in it: see that their store is backed up otherwise"
        )
        return 0
    print(f"材料文件 {held['count']} 个（密文）/ {held['count']} file(s), sealed")
    if held["missing"]:
        print(
            f"存储中缺 {len(held['missing'])} 个材料文件，其余已备份；见 qinzheng files check / "
            f"{len(held['missing'])} file(s) are missing from the store, all else is backed up: see qinzheng files check",
            file=sys.stderr,
        )
    return 1 if held["missing"] else 0


def write(folder: Path, *, files: bool = True) -> dict[str, Any]:
    """Dump, files, checkpoints and manifest into ``folder``; returns the manifest."""
    sequencer.sequence_all()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        (snapshot,) = cursor.fetchone()
        hash, size = queries.head()
        ledger = {"hash": hash, "size": size, "root": queries.tiles(size).root().hex()}
        key = IndexKey.objects.values_list("key_wrapped", flat=True).first()
        wanted = attachments_moving.wanted() if files else []
        dump = folder / DUMP
        _client(
            "pg_dump",
            "--format=custom",
            "--no-owner",
            "--no-privileges",
            f"--snapshot={snapshot}",
            f"--file={dump}",
        )
        version = _version()
    dump.chmod(0o600)
    outside = Path(settings.CHECKPOINTS)
    if outside.exists():
        shutil.copytree(outside, folder / CHECKPOINTS)
    held = archive_folder() / "manifest.json"
    if held.exists():
        shutil.copyfile(held, folder / ARCHIVE)
    earlier = backup_files.newest(folder, MANIFEST)
    attachments = backup_files.write(folder, wanted, earlier) if files else None
    manifest = {
        "format": FORMAT, "made_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"), "program": __version__,
        "postgres": version, "ledger": ledger, "archive": archive.read_manifest(archive_folder()).position,
        "master_key": bytes(key)[:ID_BYTES].hex() if key else "", "attachments": attachments,
        "files": {path.relative_to(folder).as_posix(): digest(path) for path in _files(folder)},
    }  # fmt: skip
    archive.write_whole(folder / MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1).encode())
    return manifest


def restore(arguments: argparse.Namespace) -> int:
    """Bring a backup into an empty database and verify it: files, ledger, checkpoints, every projected table, the key.

    The files of applicants go back into the store where it lacks them.
    """
    folder: Path = arguments.folder
    try:
        manifest = read(folder)
        database.ensure()
        _empty()
        _client(
            "pg_restore", "--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction",
            f"--dbname={connection.settings_dict['NAME']}", str(folder / DUMP),
        )  # fmt: skip
        call_command("migrate", verbosity=0, interactive=False)
        _checkpoints(folder)
    except (Refused, OSError, database.DatabaseUnavailable) as why:
        print(why, file=sys.stderr)
        return 1
    faults = [*restored.ledger_is(manifest["ledger"]), *restored.master_key_is(manifest["master_key"])]
    faults += backup_files.put_back(folder)
    for difference in projections.check():
        faults.append(str(difference))
    found, lost = restored.checkpoints_hold()
    faults += found
    for fault in faults:
        print(fault, file=sys.stderr)
    if lost:
        print(
            f"注意：库外检查点已到 {lost} 条之后，这些事件不在备份里，已经丢失；请由数据库日志（WAL）恢复，或换一个检查点目录并记录在案 / "
            f"note: the checkpoints outside cover {lost} event(s) more than this backup holds: they are lost. Recover them from the "
            "WAL, or begin another folder of checkpoints and put that on record",
            file=sys.stderr,
        )
    size = manifest["ledger"]["size"]
    if faults:
        print(
            f"已恢复 {size} 条，但有 {len(faults)} 处不符 / restored, but {len(faults)} thing(s) do not hold",
            file=sys.stderr,
        )
        return 1
    with contextlib.suppress(
        OSError
    ):  # a backup on a medium that cannot be written was restored all the same
        told = {"at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"), "size": size}
        archive.write_whole(folder / DRILL, json.dumps(told).encode())
    print(
        f"已恢复并核验：账本 {size} 条，投影表与账本一致 / restored and verified: {size} event(s), tables agree with the ledger"
    )
    return 0


def read(folder: Path) -> dict[str, Any]:
    """The manifest, once every file is what it says. Raises :class:`Refused`."""
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_bytes())
        files = dict(manifest["files"])
        unknown = manifest["format"] not in KNOWN
    except (OSError, ValueError, KeyError, TypeError) as why:
        raise Refused(f"{folder}：不是 qinzheng backup 写出的目录（{why}）/ no backup: {why}") from None
    if unknown:
        raise Refused(f"{folder}：由另一版本的程序写出 / written by another version: {manifest['program']}")
    for name, expected in files.items():
        path = folder / name
        if (
            not path.resolve().is_relative_to(folder.resolve())
            or not path.is_file()
            or digest(path) != expected
        ):
            raise Refused(f"{path}：缺失或已损坏，不予恢复 / missing or damaged: nothing is restored")
    try:
        lacking = backup_files.lacking(folder)
    except ValueError as why:
        raise Refused(f"{folder}：材料文件清单不对 / the list of files is none: {why}") from None
    if lacking:
        raise Refused(
            f"{lacking[0]}：缺 {len(lacking)} 个材料文件，不予恢复 / {len(lacking)} file(s) missing: nothing is restored"
        )
    return manifest


def digest(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _files(folder: Path) -> Iterator[Path]:
    """All but the manifest and the files of applicants, which have a list of their own."""
    ours = (each for each in sorted(folder.rglob("*")) if each.is_file() and each.name != MANIFEST)
    return (each for each in ours if not each.is_relative_to(folder / backup_files.FOLDER))


def _empty() -> None:
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
    if tables:
        raise Refused(
            f"数据库不是空的（有 {len(tables)} 张表），不予覆盖；请另建空库（或换一个 QINZHENG_HOME）/ "
            f"the database is not empty ({len(tables)} tables) and is not overwritten: give an empty one, or another QINZHENG_HOME"
        )


def _checkpoints(folder: Path) -> None:
    """Checkpoints that stand outside are the witness of what comes back; only where there are none the copies are taken."""
    outside, copies = Path(settings.CHECKPOINTS), folder / CHECKPOINTS
    if copies.exists() and not (outside.exists() and any(outside.iterdir())):
        shutil.copytree(copies, outside, dirs_exist_ok=True)


def _client(name: str, *arguments: str) -> None:
    """Run a client program of PostgreSQL on the database. The password goes by the environment, seen by nobody."""
    found = connection.settings_dict
    given = {
        "PGHOST": found["HOST"],
        "PGPORT": found["PORT"],
        "PGUSER": found["USER"],
        "PGPASSWORD": found["PASSWORD"],
    }
    environment = {**os.environ, **{key: str(value) for key, value in given.items() if value}}
    environment["PGDATABASE"] = str(found["NAME"])
    program = database.client(name, _version() // 10_000)
    done = subprocess.run(
        [str(program), *arguments], env=environment, capture_output=True, text=True, errors="replace"
    )
    if done.returncode:
        raise Refused(f"{name}：{done.stderr.strip()[-2000:]}")


def _version() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version_num')::int")
        return int(cursor.fetchone()[0])
