"""``qinzheng supervise LOG --mapping FILE``: the read-only door.

Takes a log that another system exported, runs every case's clocks and says which were late,
skipped a step, were back-dated or bounced. Without a database, and nothing is written but DIR.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from qinzheng.calendars import queries as calendars
from qinzheng.calendars.calendar import BeyondCalendar
from qinzheng.cases.schema import Procedure
from qinzheng.clocks import explain as clock_words
from qinzheng.definitions.library import DefinitionErrors, Kind, Library, default_root
from qinzheng.exchange import mapping as mappings
from qinzheng.exchange.reading import Refused
from qinzheng.exchange.schema import Mapping
from qinzheng.supervision import archive, batch, output, program, table
from qinzheng.supervision.ladders import RuleNeverWakes
from qinzheng.supervision.report import material


class Refusal(Exception):
    """The command cannot be carried out: what is wrong, and the remedy, in two languages."""


REFUSALS = (Refusal, Refused, DefinitionErrors, RuleNeverWakes, BeyondCalendar)
"""What a command explains in one line instead of a traceback."""


@dataclass
class Judged:
    """A log, judged: all that a report needs."""

    library: Library
    mapping: Mapping
    procedure: Procedure
    compiled: program.Compiled
    job: batch.Job
    archive: archive.Archive
    report: mappings.Report
    verdict: batch.Verdict
    seconds: float


def register(groups: Any, kinds: MappingOf[str, Kind]) -> None:
    """Add the command to the console."""
    parser = groups.add_parser(
        "supervise", help="监察一份日志，无需数据库 · judge a log of another system, no database"
    )
    parser.add_argument("log", type=Path, help="日志文件 CSV、XES、XES.gz、Parquet · the log")
    parser.add_argument("--mapping", required=True, help="映射的编号或文件 · id or file of the mapping")
    parser.add_argument("--rules", help="规则集 · rule set (default: the mapping's)")
    parser.add_argument(
        "--as-of", help="截至时刻 · judge open cases as of this moment (default: the log's last)"
    )
    parser.add_argument(
        "--workers", type=int, default=0, help="进程数 · processes (default: by size, at most the cores)"
    )
    parser.add_argument(
        "--out", type=Path, help="输出目录 · folder for cards.parquet, clocks.parquet, report.html"
    )
    parser.add_argument(
        "--json", action="store_true", help="标准输出只打印一行 JSON · print one line of JSON"
    )
    parser.add_argument(
        "--definitions", type=Path, help="定义目录 · folder of definitions (default: the shipped ones)"
    )
    parser.set_defaults(run=lambda arguments: run(arguments, kinds))


def run(arguments: argparse.Namespace, kinds: MappingOf[str, Kind]) -> int:
    """The command itself. Progress and messages go to standard error."""
    console = Console(stderr=True)
    try:
        with tempfile.TemporaryDirectory(prefix="qinzheng-") as scratch:
            folder = arguments.out or Path(scratch)
            folder.mkdir(parents=True, exist_ok=True)
            judged = judge_log(arguments, kinds, folder, console)
            if arguments.out:
                output.write(folder, judged.archive, judged.compiled, judged.job, judged.verdict)
                output.write_report(folder, gather(judged))
            summary = summarize(judged)
            if arguments.json:
                sys.stdout.write(json.dumps(summary, ensure_ascii=False) + "\n")
            else:
                table.show(
                    Console(),
                    judged.mapping.name,
                    judged.archive.meaning.organizations,
                    judged.compiled.rules,
                    judged.verdict,
                    summary,
                )
                if arguments.out:
                    Console().print(f"\n报告 · report: {(folder / 'report.html').resolve().as_uri()}")
    except REFUSALS as why:
        console.print(str(why), style="red", markup=False, highlight=False)
        return 1
    return 0


def judge_log(
    arguments: argparse.Namespace, kinds: MappingOf[str, Kind], folder: Path, console: Console
) -> Judged:
    """Read the log through its mapping, compile the rules, fold, gather."""
    library, mapping = _definitions(arguments, kinds)
    procedure = library.get("procedure", mapping.procedure)
    set_name = arguments.rules or mapping.rules
    rules = [rule for rule in library.all("rule") if rule.set == set_name and procedure.id in rule.supervises]
    if not rules:
        known = sorted({rule.set for rule in library.all("rule") if procedure.id in rule.supervises})
        raise Refusal(
            f"规则集 {set_name} 没有监察 {procedure.id} 的规则；可用：{known} / "
            f"rule set {set_name} has no rule for {procedure.id}; there are: {known}"
        )
    began = time.perf_counter()
    path = folder / "events.parquet"
    with _progress(console) as bar:
        meaning, report = mappings.take_log(arguments.log, mapping, procedure, path, bar("读取 · reading"))
        if not meaning.events:
            raise Refusal(_nothing_read(report))
        as_of = _as_of(arguments.as_of, mapping, meaning)
        console.print(f"截至 · as of: {_moment(as_of, mapping.zone)} ({mapping.zone})", highlight=False)
        job = batch.Job(
            path,
            procedure,
            rules,
            {rule.id: library.hash(rule) for rule in rules},
            _calendars(library, procedure),
            as_of,
        )
        workers = arguments.workers or (1 if meaning.events < 400_000 else os.cpu_count() or 1)
        verdict = batch.run(job, workers=workers, progress=bar("判定 · judging"))
    source = archive.Archive(path)
    compiled = job.compile(source.meaning)
    seconds = time.perf_counter() - began
    return Judged(library, mapping, procedure, compiled, job, source, report, verdict, seconds)


def gather(judged: Judged) -> material.Material:
    """What the report says of a judged log."""
    calendar = judged.job.calendars[judged.compiled.calendar]
    return material.gather(
        judged.procedure.name,
        judged.archive,
        judged.compiled,
        judged.job,
        judged.verdict,
        clock_words.moment(calendar, judged.job.as_of),
        [(zh, en, count) for (zh, en), count in judged.report.reasons.most_common()],
        judged.mapping.assumptions,
    )


def summarize(judged: Judged) -> dict[str, Any]:
    """The object that ``--json`` prints."""
    verdict = judged.verdict
    endings = verdict.endings
    cards: dict[str, dict[str, int]] = {}
    for number, count in sorted(Counter(verdict.cards.rule).items()):
        rule = judged.compiled.rules[number]
        cards[rule.id] = {rule.level: count}
    return {
        "cases": verdict.cases,
        "events": verdict.events,
        "rejected": judged.report.rejected,
        "clocks": {
            name: endings[name] for name in ("completed_on_time", "completed_late", "running", "overdue")
        },
        "released": endings["released"],
        "highest": {level: verdict.highest[level] for level in ("none", "warning", "yellow", "red")},
        "cards": cards,
        "as_of": _moment(judged.job.as_of, judged.mapping.zone),
        "rules": judged.compiled.rules[0].set,
        "seconds": round(judged.seconds, 3),
        "events_per_second": round(verdict.events / judged.seconds) if judged.seconds else 0,
        "peak_rss_mb": _peak_rss_mb(),
        "digest": verdict.digest(),
    }


def _definitions(arguments: argparse.Namespace, kinds: MappingOf[str, Kind]) -> tuple[Library, Mapping]:
    roots = [arguments.definitions or default_root()]
    file = Path(arguments.mapping)
    own = file.suffix in (".yaml", ".yml")
    if own:
        if not file.is_file():
            raise Refusal(f"找不到映射文件 {file} / there is no mapping file {file}")
        roots.append(file)
    library = Library.read(roots, kinds)
    known = {mapping.id: mapping for mapping in library.all("mapping")}
    if own:
        chosen = [
            mapping for mapping in known.values() if library.where(mapping)[0].resolve() == file.resolve()
        ]
        if not chosen:
            raise Refusal(f"{file} 里没有映射 / {file} holds no mapping")
        return library, chosen[0]
    if arguments.mapping not in known:
        raise Refusal(
            f"没有映射 {arguments.mapping}；可用：{', '.join(sorted(known))} / "
            f"there is no mapping {arguments.mapping}; there are: {', '.join(sorted(known))}"
        )
    return library, known[arguments.mapping]


def _calendars(library: Library, procedure: Procedure) -> dict[str, Any]:
    named = {clock.counting.calendar for clock in procedure.clocks.values()}
    for clock in procedure.clocks.values():
        for limit in (clock.limits.committed, clock.limits.own, clock.limits.statutory):
            if limit is not None and limit.counting is not None:
                named.add(limit.counting.calendar)
    return {name: calendars.calendar(library, name) for name in sorted(named)}


def _as_of(text: str | None, mapping: Mapping, meaning: archive.Meaning) -> int:
    if text is None:
        return meaning.last
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        raise Refusal(
            f"--as-of 不是时间：{text!r}，应如 2020-01-31 或 2020-01-31T17:00 / "
            f"--as-of is no time: {text!r}; write 2020-01-31 or 2020-01-31T17:00"
        ) from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo(mapping.zone))
    return (moment - mappings.EPOCH) // mappings.MICROSECOND


def _nothing_read(report: mappings.Report) -> str:
    reasons = "; ".join(f"{zh} / {en} × {count}" for (zh, en), count in report.reasons.most_common(3))
    return f"没有读到任何可用的行。{reasons} / No usable row was read. {reasons}"


def _moment(at: int, zone: str) -> str:
    return (
        (mappings.EPOCH + dt.timedelta(microseconds=at))
        .astimezone(ZoneInfo(zone))
        .isoformat(timespec="seconds")
    )


def _peak_rss_mb() -> int:
    """The largest resident size of this process and of its largest worker, in MiB."""
    unit = 1024 if sys.platform != "darwin" else 1024 * 1024
    return (
        max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        // unit
    )


class _progress:
    """A bar a stage on standard error; silent where that is no terminal."""

    def __init__(self, console: Console) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
        self.bar = Progress(*columns, console=console, disable=not console.is_terminal)

    def __enter__(self) -> Callable[[str], Callable[[int, int], None]]:
        self.bar.start()
        return self.stage

    def __exit__(self, *_: object) -> None:
        self.bar.stop()

    def stage(self, name: str) -> Callable[[int, int], None]:
        task = self.bar.add_task(name, total=None)
        return lambda done, total: self.bar.update(task, completed=done, total=total)
