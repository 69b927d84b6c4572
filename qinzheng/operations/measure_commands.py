"""Bodies of ``qinzheng measures …`` and ``qinzheng archive …`` (see ``qinzheng.operations.measuring``)."""

from __future__ import annotations

import argparse
import json
import sys
import threading

from qinzheng.calendars.calendar import BeyondCalendar
from qinzheng.ledger import sequencer
from qinzheng.measures import archive, queries, sheets
from qinzheng.measures.ask import Evidence, WrongQuestion
from qinzheng.measures.period import Period, WrongPeriod
from qinzheng.measures.units import units


def list_(arguments: argparse.Namespace) -> int:
    """One line a measure, or JSON."""
    found = queries.measures()
    if arguments.json:
        print(json.dumps([measure.model_dump(mode="json") for measure in found], ensure_ascii=False))
        return 0
    for measure in found:
        print(f"{measure.id:<22} {measure.name.zh} · {measure.name.en}（{'、'.join(measure.by)}）")
    return 0


def ask_(arguments: argparse.Namespace) -> int:
    """Print the answers, or write them to a file."""
    try:
        measure, period = queries.measure(arguments.id), Period(arguments.first, arguments.last)
        upto = queries.position() if arguments.upto is None else arguments.upto
        answers = queries.answer(
            measure, arguments.by, period, upto=upto, organizations=arguments.organization or None,
            units=units(period.last) if arguments.roll_up else None, digests=arguments.json,
        )  # fmt: skip
    except (WrongQuestion, WrongPeriod, BeyondCalendar) as why:
        print(why, file=sys.stderr)
        return 1
    if arguments.json:
        print(sheets.to_json(measure, period, upto, answers))
        return 0
    lines = sheets.table(measure, answers)
    if arguments.csv:
        arguments.csv.write_bytes(sheets.to_csv(lines))
    elif arguments.xlsx:
        arguments.xlsx.write_bytes(sheets.to_xlsx(lines, measure.name.zh))
    else:
        for line in lines:
            print("  ".join(_shown(cell) for cell in line))
    return 0


def _shown(cell: sheets.Cell) -> str:
    return "—" if cell is None else f"{cell:.4g}" if isinstance(cell, float) else str(cell)


def evidence_(arguments: argparse.Namespace) -> int:
    """Print the events behind one answer; exit code 1 where they are no longer those of its digest."""
    answers = json.loads(arguments.file.read_bytes())["answers"]
    if not 1 <= arguments.number <= len(answers):
        print(f"只有 {len(answers)} 个回答 / there are {len(answers)} answers", file=sys.stderr)
        return 1
    raw = answers[arguments.number - 1]["evidence"]
    raw["where"] = tuple((name, value) for name, value in raw["where"])
    raw["organizations"] = None if raw["organizations"] is None else tuple(raw["organizations"])
    raw["lying"] = tuple(raw.get("lying", ()))
    told = Evidence(**raw)
    for event in queries.evidence(told):
        print(json.dumps(event, ensure_ascii=False))
    if not queries.holds(told):
        print("与所载摘要不符 / not what the digest says", file=sys.stderr)
        return 1
    return 0


def follow(arguments: argparse.Namespace) -> int:
    """Sequence and follow every second, until stopped."""
    stop = threading.Event()
    while True:
        sequencer.sequence_all()
        try:
            done = queries.follow()
        except archive.AnotherLedger as why:
            print(why, file=sys.stderr)
            return 1
        if arguments.once:
            print(
                f"收入 {done} 条，共 {queries.position()} 条 / {done} taken in, {queries.position()} in all"
            )
            return 0
        try:
            stop.wait(1)
        except KeyboardInterrupt:
            return 0


def verify(arguments: argparse.Namespace) -> int:
    """Name each sealed month that is not what was sealed, or not what the ledger holds."""
    broken = archive.verify(queries.folder())
    for name in broken:
        print(f"{name}：与封存时或账本不符 / not as it was sealed, or not what the ledger holds")
    months = len(archive.read_manifest(queries.folder()).months)
    print(f"核验 {months} 个月，{len(broken)} 个不符 / {months} month(s) checked, {len(broken)} broken")
    return 1 if broken else 0
