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
from collections.abc import Callable, Iterator
from collections.abc import Mapping as MappingOf
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from qinzheng.calendars.calendar import BeyondCalendar
from qinzheng.cases.schema import Procedure
from qinzheng.clocks import explain as clock_words
from qinzheng.definitions.library import DefinitionErrors, Kind, Library
from qinzheng.exchange import mapping as mappings
from qinzheng.exchange.choosing import Refusal, choose, covering
from qinzheng.exchange.reading import Refused
from qinzheng.exchange.schema import Mapping
from qinzheng.exchange.times import EPOCH, MICROSECOND, Reach
from qinzheng.supervision import archive, batch, output, program, table
from qinzheng.supervision.ladders import RuleNeverWakes
from qinzheng.supervision.report import material
from qinzheng.supervision.schema import Rule

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
        "--workers", type=_count, default=0, help="进程数 · processes (default: by size, at most the cores)"
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
    console = Console(stderr=True, soft_wrap=True)
    try:
        with _staging(arguments.out) as folder:
            judged = judge_log(arguments, kinds, folder, console)
            if arguments.out:
                output.write(folder, judged.archive, judged.compiled, judged.job, judged.verdict)
                output.write_report(folder, gather(judged))
                for file in sorted(folder.iterdir()):
                    os.replace(file, arguments.out / file.name)
        summary = summarize(judged)
        _alarm(judged, console)
        if arguments.json:
            print(json.dumps(summary, ensure_ascii=False))
        else:
            _show(arguments, judged, summary)
    except REFUSALS as why:
        console.print(table.plain(str(why)), style="red", markup=False, highlight=False)
        return 1
    except KeyboardInterrupt:
        console.print("已中断，未写任何结果 / interrupted; no result was written", style="red")
        return 130
    return 0


@contextmanager
def _staging(out: Path | None) -> Iterator[Path]:
    """A folder to work in; inside ``out`` where there is one, so that finished files move there in one step."""
    try:
        if out:
            out.mkdir(parents=True, exist_ok=True)
        folder = tempfile.TemporaryDirectory(prefix=".qinzheng-", dir=out)
    except OSError as why:
        raise Refusal(
            f"--out 写不进去：{out or tempfile.gettempdir()}（{why.strerror}），请换一个目录 / "
            f"--out cannot be written: {out or tempfile.gettempdir()} ({why.strerror}): name another folder"
        ) from None
    with folder:
        try:
            yield Path(folder.name)
        except OSError as why:
            raise Refusal(
                f"写结果失败：{why.strerror}，请检查磁盘空间与权限 / "
                f"writing failed: {why.strerror}: check disk space and permissions"
            ) from None


def _show(arguments: argparse.Namespace, judged: Judged, summary: MappingOf[str, Any]) -> None:
    console = Console()
    table.show(
        console, judged.mapping.name, judged.archive.meaning.organizations, judged.compiled.rules, judged.verdict,
        summary,
    )  # fmt: skip
    if arguments.out:
        address = (arguments.out / "report.html").resolve().as_uri()
        console.print(f"\n报告 · report: {address}", soft_wrap=True, markup=False, highlight=False)


def _alarm(judged: Judged, console: Console) -> None:
    """Say what was not taken or could not be judged: never in silence."""
    report = judged.report
    for text in _unread(report, judged.mapping.format):
        console.print(table.plain(text), style="yellow", markup=False, highlight=False)
    for case, why in sorted(judged.verdict.beyond)[: mappings.SHOWN]:
        console.print(table.plain(f"警报 · alarm: {case}: {why}"), style="red", markup=False, highlight=False)
    if judged.verdict.beyond:
        count = len(judged.verdict.beyond)
        console.print(
            f"{count} 件的时限超出日历，未判定 / {count} cases have limits beyond the calendar and were not judged",
            style="red", highlight=False,
        )  # fmt: skip


def _unread(report: mappings.Report, form: str) -> Iterator[str]:
    if report.later:
        yield f"截至时刻之后的 {report.later} 条事件未计入 / {report.later} events after the as-of moment left out"
    if report.rejected:
        yield f"未收 {report.rejected} 行 / {report.rejected} rows rejected"
    for row in report.shown:
        zh, en = mappings.place(row.place, form)
        value = f"：{row.value!r}" if row.value else ""
        yield f"  {zh} · {en}: {row.zh} / {row.en}{value}"
    if report.rejected > len(report.shown):
        yield f"  … 其余 {report.rejected - len(report.shown)} 行 / {report.rejected - len(report.shown)} more"


def judge_log(
    arguments: argparse.Namespace, kinds: MappingOf[str, Kind], folder: Path, console: Console
) -> Judged:
    """Read the log through its mapping, compile the rules, fold, gather."""
    library, mapping = choose(arguments.mapping, arguments.definitions, kinds)
    procedure = library.get("procedure", mapping.procedure)
    rules = _rules(arguments.rules or mapping.rules, library, procedure)
    calendars = covering(library, procedure)
    reach = Reach.of(calendars.values())
    asked = _as_of(arguments.as_of, mapping, reach)
    began = time.perf_counter()
    path = folder / "events.parquet"
    with _progress(console) as bar:
        meaning, report = mappings.take_log(
            arguments.log, mapping, procedure, path, bar("读取 · reading"), reach=reach, until=asked
        )
        if not meaning.events:
            raise Refusal(
                "\n".join(["没有读到任何可用的行 / no usable row was read", *_unread(report, mapping.format)])
            )
        as_of = meaning.last if asked is None else asked
        console.print(f"截至 · as of: {_moment(as_of, mapping.zone)} ({mapping.zone})", highlight=False)
        editions = {rule.id: library.hash(rule) for rule in rules}
        job = batch.Job(path, procedure, rules, editions, calendars, as_of)
        workers = arguments.workers or (1 if meaning.events < 400_000 else os.cpu_count() or 1)
        verdict = batch.run(job, workers=workers, progress=bar("判定 · judging"))
    source = archive.Archive(path)
    compiled = job.compile(source.meaning)
    seconds = time.perf_counter() - began
    return Judged(library, mapping, procedure, compiled, job, source, report, verdict, seconds)


def _rules(name: str, library: Library, procedure: Procedure) -> list[Rule]:
    rules: list[Rule] = [
        rule for rule in library.all("rule") if rule.set == name and procedure.id in rule.supervises
    ]
    if not rules:
        known = "、".join(
            sorted({rule.set for rule in library.all("rule") if procedure.id in rule.supervises})
        )
        raise Refusal(
            f"规则集 {name} 没有监察 {procedure.id} 的规则；可用：{known} / "
            f"rule set {name} has no rule for {procedure.id}; there are: {known}"
        )
    return rules


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
        "beyond_calendar": len(verdict.beyond),
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


def _as_of(text: str | None, mapping: Mapping, reach: Reach | None) -> int | None:
    """The moment asked for; None: the last one in the log."""
    if text is None:
        return None
    try:
        moment = dt.datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=ZoneInfo(mapping.zone))
        at = (moment - EPOCH) // MICROSECOND
    except (ValueError, OverflowError):
        raise Refusal(
            f"--as-of 不是时间：{text!r}，应如 2020-01-31 或 2020-01-31T17:00 / "
            f"--as-of is no time: {text!r}; write 2020-01-31 or 2020-01-31T17:00"
        ) from None
    if reach is not None and not reach.holds(at):
        raise Refusal(
            f"--as-of {text} 超出日历（{reach.text}），请更正或补充日历 / "
            f"--as-of {text} lies outside the calendar ({reach.text}): correct it or add to the calendar"
        )
    return at


def _moment(at: int, zone: str) -> str:
    return (EPOCH + dt.timedelta(microseconds=at)).astimezone(ZoneInfo(zone)).isoformat(timespec="seconds")


def _peak_rss_mb() -> int:
    """The largest resident size of this process or of its largest worker, in MiB."""
    unit = 1024 if sys.platform != "darwin" else 1024 * 1024
    return max(_own_peak(unit), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // unit)


def _own_peak(unit: int) -> int:
    status = Path("/proc/self/status")
    if status.exists():  # getrusage would count what started us, up to the moment it did
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) // 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // unit


def _count(text: str) -> int:
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError("应不小于 0 / must not be below 0")
    return number


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
