"""The kernel on generated histories: seconds, events a second, peak memory, and equal digests.

    python -m benchmarks.kernel [--events 10000000] [--workers 1 2]

Building permits (``logs.building-permit`` under the standard rules: 14 rules, two clocks) of about eight events a case,
written to an archive once and judged from it.
"""

from __future__ import annotations

import argparse
import random
import resource
import tempfile
import time
from pathlib import Path

from qinzheng import wiring
from qinzheng.calendars import queries as calendars
from qinzheng.clocks.machine import NONE
from qinzheng.definitions.library import Library, default_root
from qinzheng.supervision import archive, batch

DAY = 86_400_000_000
BEGIN = 1_262_300_400_000_000
"""2010-01-01 in Amsterdam."""
PROCEDURE = "logs.building-permit"


def generate(path: Path, events: int, acts: list[str], seed: int) -> archive.Meaning:
    """An archive of about ``events`` events; the same for the same seed."""
    chance = random.Random(seed)
    code = {name: number for number, name in enumerate(acts)}
    meaning = archive.Meaning(
        PROCEDURE, acts, [f"o{n}" for n in range(20)], [f"a{n}" for n in range(200)], [], acts
    )
    columns = [name for name in archive.COLUMNS if name not in ("role", "recorded", "precision")]
    with archive.Writer(path, meaning, columns) as writer:
        number = 0
        while meaning.events < events:
            names, times = _history(chance)
            size = len(names)
            rows = {
                "at": times,
                "act": [code[name] for name in names],
                "order": list(range(size)),
                "organization": [number % 20] * size,
                "actor": [chance.randrange(200) for _ in names],
                "reported": [at + (40 * DAY if chance.random() < 0.03 else 0) for at in times],
                "value": [42 if name == "extend" else NONE for name in names],
                "due": [at + DAY if chance.random() < 0.05 else NONE for at in times],
            }
            writer.case(f"c{number:09d}", rows["act"], rows)
            number += 1
    return meaning


def _history(chance: random.Random) -> tuple[list[str], list[int]]:
    names = ["receive"]
    if chance.random() < 0.95:
        names.append("acknowledge")
    if chance.random() < 0.3:
        names += ["request_data", "receive_data"]
    if chance.random() < 0.2:
        names.append("extend")
    names += [""] * chance.randrange(1, 5)
    if chance.random() < 0.9:
        names.append("assess")
    names += ["decide", "send"]
    at = BEGIN + chance.randrange(1_500) * DAY + chance.randrange(DAY)
    times = []
    for _ in names:
        times.append(at)
        at += int(chance.expovariate(1 / 6) * DAY)
    return names, times


def job(path: Path) -> batch.Job:
    """How to judge the archive: the shipped procedure, rules and calendar."""
    library = Library.read([default_root()], wiring.KINDS)
    procedure = library.get("procedure", PROCEDURE)
    rules = [rule for rule in library.all("rule") if rule.set == "standard" and PROCEDURE in rule.supervises]
    editions = {rule.id: library.hash(rule) for rule in rules}
    return batch.Job(
        path, procedure, rules, editions, {"nl": calendars.calendar(library, "nl")}, BEGIN + 2_500 * DAY
    )


def peak_mb() -> int:
    """Largest resident size of this process plus that of its largest child, MiB."""
    return (
        sum(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        // 1024
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--archive", type=Path, help="keep and use this file")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        path = options.archive or Path(scratch) / "events.parquet"
        work = job(path)
        if not path.exists():
            generate(path, options.events, ["", *sorted(work.procedure.acts)], options.seed)
        print(
            f"{len(work.rules)} rules\n| events | cases | cards | workers | s | events/s | peak MiB | digest |\n|---|---|---|---|---|---|---|---|"
        )
        for workers in options.workers:
            began = time.perf_counter()
            verdict = batch.run(work, workers=workers)
            seconds = time.perf_counter() - began
            digest = verdict.digest()[:12]
            print(
                f"| {verdict.events:,} | {verdict.cases:,} | {len(verdict.cards):,} | {workers} | {seconds:.1f} "
                f"| {verdict.events / seconds:,.0f} | {peak_mb()} | {digest} |", flush=True,
            )  # fmt: skip


if __name__ == "__main__":
    main()
