"""Facts kept as Parquet beside the archive, and read with what happened since.

``facts/<calendar>/`` holds the facts of the first *n* events: versions that still hold (``…-now.parquet``) and
those that were overtaken (``…-past.parquet``). It is a cache: it may be removed, and :func:`keep` makes it again from
the archive. A reader takes it, derives the few events since in memory, and answers as of any position.
Everything that counts working days is reckoned with one calendar; its edition names the cache.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import threading
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from qinzheng.calendars.calendar import Calendar
from qinzheng.measures import archive, beside, derive, rows
from qinzheng.measures.archive import Manifest

Finals = Callable[[str, str], Mapping[str, str]]
"""(procedure, edition) → state → how it is final, for the final states of that edition."""

LEAST_NEW = 20_000
"""Events since the kept facts below which they are not written again."""
MOST_NEW = 40_000
"""… and above which they always are; between, a twentieth of all events. A process derives what is new when it opens."""
KINDS = ("now", "past")


@dataclass(frozen=True)
class Kept:
    """Which facts are kept: for how many events, under which edition of the calendar, in which folder."""

    position: int
    edition: str
    folder: str
    form: int = 0


def read_kept(folder: Path, calendar: Calendar) -> Kept | None:
    """The kept facts of a calendar, if they were reckoned under this edition of it."""
    try:
        kept = Kept(**json.loads((folder / "facts" / f"{calendar.id}.json").read_bytes()))
    except FileNotFoundError:
        return None
    ours = kept.edition == calendar.edition and kept.form == rows.FORM
    whole = ours and (folder / "facts" / calendar.id / kept.folder).is_dir()
    return kept if whole else None


def keep(folder: Path, calendar: Calendar, finals: Finals, *, always: bool = False) -> bool:
    """Write the kept facts anew where enough has happened since (or ``always``); whether it did."""
    with archive.only_one(folder) as alone:
        manifest, kept = archive.read_manifest(folder), read_kept(folder, calendar)
        new = manifest.position - (kept.position if kept else 0)
        threshold = min(max(LEAST_NEW, manifest.position // 20), MOST_NEW)
        if not alone or new <= 0 or not (always or new >= threshold):
            return False
        with Facts(folder, calendar, finals, manifest=manifest) as facts:
            facts.write()
    return True


class Facts:
    """The facts of the archive as it stood when this was opened. Close it, or use it as a context."""

    def __init__(
        self, folder: Path, calendar: Calendar, finals: Finals, *, manifest: Manifest | None = None
    ) -> None:
        self.folder = folder
        self.calendar = calendar
        self.manifest = manifest or archive.read_manifest(folder)
        kept = read_kept(folder, calendar)
        # A cache of a longer archive was written from another one: not ours.
        self.kept = kept if kept and kept.position <= self.manifest.position else None
        self.position = self.manifest.position
        self.begin = self.kept.position if self.kept else 0
        self.con = duckdb.connect(config={"memory_limit": "2GB", "temp_directory": tempfile.gettempdir()})
        self.con.execute("SET enable_progress_bar = false")
        self._making = threading.Lock()
        self._made: dict[tuple[str, Hashable], str] = {}
        self._calendar()
        self._prior()
        self._fresh(finals)
        derive.derive(self.con)
        self._touched()

    def __enter__(self) -> Facts:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the files and the memory."""
        self.con.close()

    def as_of(self, population: str, upto: int) -> str:
        """A SELECT of the versions of a population that held when the log had ``upto`` events.

        ``upto`` is a whole number of ours, never text of a user.
        """
        held = f"position < {upto} AND (until IS NULL OR until >= {upto})"
        if self.begin and upto < self.begin:
            return (
                f"SELECT {self._kept_columns(population, upto)} FROM prior_{population} p WHERE position < {upto} "
                f"UNION ALL SELECT {self._kept_columns(population, upto)} FROM past_{population} p WHERE {held}"
            )
        parts = []
        if self.begin:
            parts = [
                f"SELECT {self._kept_columns(population, upto)} FROM prior_{population} p ANTI JOIN "
                f"(SELECT position FROM ended_{population} WHERE until < {upto}) e ON e.position = p.position"
            ]
        return " UNION ALL ".join([*parts, f"SELECT * FROM new_{population} WHERE {held}"])

    def _kept_columns(self, population: str, upto: int) -> str:
        """The columns of kept facts; what they say of those beside them only where that still holds."""
        if population not in ("acts", "cards") or (upto >= self.begin and not self.touched):
            return "p.*"
        touched = "true" if upto < self.begin else "p.key IN (SELECT key FROM touched)"
        if population == "acts":
            return f"p.* REPLACE (CASE WHEN {touched} THEN {beside.UNKNOWN} ELSE p.others END AS others)"
        return f"p.* REPLACE (p.joined AND NOT ({touched}) AS joined)"

    def sealed(self, upto: int) -> list[int]:
        """The keys of the cases that were sealed when the ledger had ``upto`` events, also after these facts."""
        con = self.con.cursor()
        told = self.as_of("seals", min(upto, self.position))
        state = dict(con.execute(f"SELECT key, sealed FROM ({told})").fetchall())
        later = archive.read_manifest(self.folder) if upto > self.position else self.manifest
        files = [
            str(self.folder / s.file) for s in later.segments if s.end > self.position and s.begin < upto
        ]
        if upto > self.position and files:
            since = con.execute(
                f"SELECT subject, last(sealed ORDER BY position) FROM {parquet(files)} WHERE type = '{rows.CONCERNED}' "
                f"AND position >= {self.position} AND position < {upto} GROUP BY subject"
            ).fetchall()
            found = self.keys([subject for subject, _ in since])
            state |= {found[subject]: sealed for subject, sealed in since if subject in found}
        return sorted(key for key, sealed in state.items() if sealed)

    def keys(self, subjects: Collection[str]) -> dict[str, int]:
        """The keys of cases by their ids; those not opened yet are left out."""
        if not subjects:
            return {}
        told = self.as_of("cases", self.position)
        select = f"SELECT subject, key FROM ({told}) WHERE subject IN (SELECT unnest(?::VARCHAR[]))"
        return dict(self.con.cursor().execute(select, [list(subjects)]).fetchall())

    def files(self, positions: Sequence[int]) -> list[str]:
        """The files that hold these positions, which are in order."""
        if not positions:
            return []
        return [str(self.folder / s.file) for s in self.manifest.segments
                if s.begin <= positions[-1] and s.end > positions[0]]  # fmt: skip

    def events(self) -> str:
        """A SELECT of every archived event."""
        files = [str(self.folder / segment.file) for segment in self.manifest.segments]
        return f"SELECT * FROM {parquet(files)}" if files else "SELECT * FROM fresh"

    def told(self) -> str:
        """A SELECT of what acts say beside the facts: ``position, act, actor, body`` of every archived event."""
        files = [str(self.folder / segment.file) for segment in self.manifest.segments]
        if not files:
            return "SELECT 0::BIGINT AS position, '' AS act, '' AS actor, ''::BLOB AS body WHERE false"
        return f"SELECT position, act, actor, body FROM {parquet(files)}"

    def once(self, name: str, about: Hashable, select: str, parameters: Sequence[Any]) -> str:
        """The name of a table made of ``select`` once for as long as these facts are open, however many ask for it.

        ``about`` is all that the select depends on besides these facts.
        """
        with self._making:
            if (name, about) not in self._made:
                table = f"{name}_{len(self._made)}"
                self.con.cursor().execute(f"CREATE TABLE {table} AS {select}", parameters)
                self._made[name, about] = table
            return self._made[name, about]

    def recorded(self, upto: int) -> int:
        """When the last of the first ``upto`` events was recorded: what was known then; 0 of none."""
        found = (
            self.con.cursor()
            .execute(
                f"SELECT recorded FROM fresh WHERE position = {upto - 1} UNION ALL "
                f"SELECT recorded FROM ({self.events()}) WHERE position = {upto - 1} LIMIT 1"
            )
            .fetchone()
        )
        return int(found[0]) if found else 0

    def write(self) -> None:
        """Write the kept facts as of this position; then they count, and the older ones go."""
        place = self.folder / "facts" / self.calendar.id
        name = f"{self.position:012}-{self.calendar.edition}"
        beside = Path(tempfile.mkdtemp(prefix=".", dir=_made(place)))
        for population in derive.POPULATIONS:
            for kind, select in self._whole(population).items():
                path = beside / f"{population}-{kind}.parquet"
                self.con.execute(
                    f"COPY ({select}) TO '{_quoted(path)}' "
                    "(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880)"
                )
        target = place / name
        shutil.rmtree(target, ignore_errors=True)
        beside.rename(target)
        kept = {
            "position": self.position,
            "edition": self.calendar.edition,
            "folder": name,
            "form": rows.FORM,
        }
        archive.write_whole(self.folder / "facts" / f"{self.calendar.id}.json", json.dumps(kept).encode())
        for other in place.iterdir():
            if other.name != name:
                shutil.rmtree(other, ignore_errors=True)

    def _whole(self, population: str) -> dict[str, str]:
        """What is to be kept of a population: the versions that hold, and those that were overtaken."""
        # Questions name acts and clocks: sorted so, DuckDB skips the row groups of the others.
        order = {"acts": " ORDER BY act, position", "clocks": " ORDER BY procedure, clock, position"}.get(
            population, " ORDER BY position"
        )
        overtaken = f"SELECT * FROM new_{population} WHERE until IS NOT NULL"
        if self.begin:
            overtaken += (
                f" UNION ALL SELECT * FROM past_{population}"
                f" UNION ALL SELECT p.* REPLACE (e.until AS until) FROM prior_{population} p"
                f" JOIN ended_{population} e ON e.position = p.position"
            )
        now = self.as_of(population, self.position)
        if population == "acts":
            now = beside.acts(self.con, now)
        elif population == "cards":
            now = beside.cards(now, self.as_of("clocks", self.position))
        return {"now": now + order, "past": overtaken + order}

    # -- what derivation reads -------------------------------------------------------------------

    def _calendar(self) -> None:
        """The prefix table of working days, by the archive's day numbers."""
        calendar = self.calendar
        first = rows.day_number(calendar.date(0))
        table = pa.table({
            "day": pa.array(range(first, first + calendar.days), pa.int32()),
            "upto": pa.array(calendar.upto, pa.int32()),
        })  # fmt: skip
        self.con.register("given_calendar", table)
        self.con.execute("CREATE TABLE calendar AS FROM given_calendar")
        self.con.unregister("given_calendar")

    def _prior(self) -> None:
        for population in derive.POPULATIONS:
            if self.kept is None:
                derive.empty(self.con, f"prior_{population}", population)
                continue
            place = self.folder / "facts" / self.calendar.id / self.kept.folder
            self._view(f"prior_{population}", place / f"{population}-now.parquet")
            self._view(f"past_{population}", place / f"{population}-past.parquet")

    def _touched(self) -> None:
        """The cases of which something is new since the facts were kept."""
        parts = [
            f"SELECT key FROM {kind}_{p}" for p in ("acts", "clocks", "cards") for kind in ("new", "ended")
        ]
        self.con.execute("CREATE TABLE touched AS " + " UNION ".join(parts))
        (self.touched,) = self.con.execute("SELECT count(*) FROM touched").fetchone() or (0,)

    def _view(self, name: str, path: Path) -> None:
        self.con.execute(f"CREATE VIEW {name} AS SELECT * FROM {parquet([str(path)])}")

    def _fresh(self, finals: Finals) -> None:
        files = [str(self.folder / s.file) for s in self.manifest.segments if s.end > self.begin]
        self.con.register("no_events", rows.table([]).drop_columns(["body", "leaf"]))
        select = (
            f"SELECT * EXCLUDE (body, leaf) FROM {parquet(files)} WHERE position >= {self.begin}"
            if files
            else "FROM no_events"
        )
        self.con.execute(f"CREATE TABLE fresh AS {select}")
        self.con.execute("CREATE TABLE finals (under VARCHAR, state VARCHAR, final VARCHAR)")
        editions = self.con.execute(
            "SELECT DISTINCT procedure, under FROM fresh WHERE starts_with(type, 'cases.') ORDER BY ALL"
        ).fetchall()
        found = [(u, state, final) for p, u in editions for state, final in finals(p, u).items()]
        if found:
            self.con.executemany("INSERT INTO finals VALUES (?, ?, ?)", found)


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _quoted(path: Path | str) -> str:
    return str(path).replace("'", "''")


def parquet(files: list[str]) -> str:
    """What DuckDB reads several files by."""
    listed = ", ".join(f"'{_quoted(file)}'" for file in files)
    return f"read_parquet([{listed}])"
