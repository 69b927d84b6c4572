"""Bodies of ``qinzheng catalogue …``."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import sys
from typing import Any

from qinzheng.definitions import actions, shelf
from qinzheng.mechanisms.catalogue import exporting, importing, rates
from qinzheng.mechanisms.catalogue.rates import Share
from qinzheng.mechanisms.catalogue.schema import Rate
from qinzheng.organizations.workbook import Unreadable


def template(arguments: argparse.Namespace) -> int:
    """Write the empty template."""
    try:
        arguments.file.write_bytes(importing.template())
    except OSError as why:
        return _say(f"{arguments.file}：不能写入 / cannot be written: {why.strerror}")
    print(f"模板 → {arguments.file} / template written")
    return 0


def export(arguments: argparse.Namespace) -> int:
    """Write the items that stand today, of all units or one, in the sheets of the import."""
    day = dt.datetime.now(shelf.ZONE).date()
    items = [
        each for each in shelf.library().standing("item", day) if arguments.unit in (None, each.organization)
    ]
    try:
        arguments.file.write_bytes(exporting.workbook(items))
    except OSError as why:
        return _say(f"{arguments.file}：不能写入 / cannot be written: {why.strerror}")
    print(f"{len(items)} 项 → {arguments.file} / {len(items)} item(s)")
    return 0


def import_(arguments: argparse.Namespace) -> int:
    """Show what a file would change and keep it as drafts; 1 where anything is wrong, and then nothing is kept."""
    today = dt.datetime.now(shelf.ZONE).date()
    try:
        report = importing.run(
            arguments.file.read_bytes(), arguments.begins or today, today, by=arguments.by, keep=not arguments.dry_run
        )  # fmt: skip
    except OSError as why:
        return _say(f"{arguments.file}：打不开 / cannot be opened: {why.strerror}")
    except (Unreadable, actions.NotPublishable) as why:
        return _say(f"{arguments.file.name}：{why}")
    for line in report.lines():
        print(line)
    return 1 if report.faults else 0


def rates_(arguments: argparse.Namespace) -> int:
    """Each rate of the city and of each unit on a day, with its formula."""
    day = arguments.day or dt.datetime.now(shelf.ZONE).date()
    library = shelf.library()
    items, found = library.standing("item", day), []
    chosen: list[Rate] = library.standing("rate", day)
    for rate in chosen:
        of_units = {unit: _plain(share) for unit, share in sorted(rates.by_unit(rate, items, day).items())}
        found.append({
            "rate": rate.id, "name": rate.name.model_dump(), "formula": rate.formula.model_dump(), "day": day.isoformat(),
            "city": _plain(rates.share(rate, items, day)), "units": of_units,
        })  # fmt: skip
    if arguments.json:
        print(json.dumps(found, ensure_ascii=False))
        return 0
    for each in found:
        _print(each)
    return 0


def _print(each: dict[str, Any]) -> None:
    print(
        f"{each['name']['zh']} {each['name']['en']}  {_shown(each['city'])}  {each['formula']['zh']} / {each['formula']['en']}"
    )
    for unit, share in each["units"].items():
        print(f"    {unit:<32} {_shown(share)}")


def _plain(share: Share) -> dict[str, Any]:
    return {"numerator": share.numerator, "denominator": share.denominator, "value": share.value}


def _shown(share: dict[str, Any]) -> str:
    value = "—" if share["value"] is None else f"{share['value'] * 100:.1f}%"
    return f"{value:>7} ({share['numerator']}/{share['denominator']})"


def _say(words: str) -> int:
    print(words, file=sys.stderr)
    return 1
