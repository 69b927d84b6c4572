"""Ours beside pm4py, on the same logs in the same run; pm4py (AGPL) runs in a process and an environment of its own.

    PM4PY_PYTHON=/path/to/python python -m benchmarks.peers LOG.xes.gz MAPPING [LOG MAPPING …]

Each figure is the median wall time of three runs and the largest resident size. ``import``: read the log into the form the
engine works on. ``rules``: ours folds every rule of the standard set with clocks on working days; pm4py discovers and checks a log
skeleton, and a temporal profile: the nearest it can express; neither knows a calendar or a pause.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys

PEER = """
import sys, time, resource, warnings
warnings.simplefilter("ignore")
import pm4py
t = time.perf_counter(); log = pm4py.read_xes(sys.argv[1], show_progress_bar=False); a = time.perf_counter() - t
t = time.perf_counter(); s = pm4py.discover_log_skeleton(log); pm4py.conformance_log_skeleton(log, s); b = time.perf_counter() - t
t = time.perf_counter(); p = pm4py.discover_temporal_profile(log); pm4py.conformance_temporal_profile(log, p); c = time.perf_counter() - t
print(a, b, c, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""
OURS = """
import resource, sys, tempfile, time
from pathlib import Path
from qinzheng import wiring
from qinzheng.definitions.library import Library, default_root
from qinzheng.exchange import mapping
from qinzheng.exchange.choosing import covering
from qinzheng.supervision import batch
library = Library.read([default_root()], wiring.KINDS)
m = library.get("mapping", sys.argv[2]); procedure = library.get("procedure", m.procedure)
rules = [r for r in library.all("rule") if r.set == "standard" and procedure.id in r.supervises]
path = Path(tempfile.mkdtemp()) / "events.parquet"
t = time.perf_counter(); meaning, _ = mapping.take_log(Path(sys.argv[1]), m, procedure, path); a = time.perf_counter() - t
calendars = covering(library, procedure)
job = batch.Job(path, procedure, rules, {r.id: library.hash(r) for r in rules}, calendars, meaning.last)
t = time.perf_counter(); batch.run(job); b = time.perf_counter() - t
print(a, b, b, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""
LIMIT = 120


def measure(python: str, code: str, log: str, mapping: str) -> list[float] | None:
    """Medians of three runs: import, rules, second rules, MiB; None where it took over ``LIMIT`` seconds."""
    runs = []
    for _ in range(3):
        try:
            done = subprocess.run(
                [python, "-c", code, log, mapping], capture_output=True, text=True, timeout=LIMIT, check=True
            )
        except subprocess.TimeoutExpired:
            return None
        runs.append([float(figure) for figure in done.stdout.split()[-4:]])
    return [statistics.median(figures) for figures in zip(*runs, strict=True)]


def main() -> int:
    peer = os.environ.get("PM4PY_PYTHON")
    if not peer or len(sys.argv) < 3:
        print("PM4PY_PYTHON 未设置，跳过 / PM4PY_PYTHON is not set: skipped")
        return 0
    print("| log | task | ours | pm4py | ratio |\n|---|---|---|---|---|")
    for log, mapping in zip(sys.argv[1::2], sys.argv[2::2], strict=True):
        ours, theirs = measure(sys.executable, OURS, log, mapping), measure(peer, PEER, log, mapping)
        for place, task in enumerate(
            ("import, s", "rules / log skeleton, s", "rules / temporal profile, s", "peak, MiB")
        ):
            mine = f"{ours[place]:.2f}" if ours else f"> {LIMIT}"
            other = f"{theirs[place]:.2f}" if theirs else f"> {LIMIT}"
            ratio = f"{theirs[place] / ours[place]:.1f}" if ours and theirs else "-"
            print(f"| {mapping} | {task} | {mine} | {other} | {ratio} |", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
