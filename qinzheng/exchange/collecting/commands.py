"""Bodies of ``qinzheng collect …`` (see ``qinzheng.exchange.collecting.parser``)."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import re
import sys
from dataclasses import asdict

from qinzheng.calendars.calendar import BeyondCalendar
from qinzheng.definitions import shelf
from qinzheng.exchange.choosing import Refusal
from qinzheng.exchange.collecting import runs
from qinzheng.exchange.collecting.coverage import Coverage, coverage
from qinzheng.exchange.collecting.runs import Account
from qinzheng.exchange.collecting.schema import Collector
from qinzheng.exchange.reading import Refused

REFUSALS = (Refusal, Refused, BeyondCalendar, shelf.NotPublished)
PRINTED = 5
"""Rows and cases that are named on the terminal; ``--json`` names more."""
STANDING = {"silent": "久无新件 · silent", "never": "从未报送 · never reported"}


def list_(arguments: argparse.Namespace) -> int:
    """One line a collector, or JSON."""
    found: list[Collector] = sorted(shelf.library().all("collector"), key=lambda each: each.id)
    if arguments.json:
        print(json.dumps([each.model_dump(mode="json") for each in found], ensure_ascii=False))
        return 0
    for each in found:
        print(f"{each.id:<28} {each.name.zh} · {each.name.en}（{each.reads.form}，{variable(each.id)}）")
    return 0


def run(arguments: argparse.Namespace) -> int:
    """Collect once; exit code 1 where something was not taken."""
    place = arguments.place or os.environ.get(variable(arguments.name), "")
    try:
        if not place:
            named = variable(arguments.name)
            raise Refusal(
                f"请用 --from 或环境变量 {named} 指明来源 / name the source by --from or the variable {named}"
            )
        accounts = runs.collect(arguments.name, place, arguments.by, again=arguments.again)
    except REFUSALS as why:
        print(why, file=sys.stderr)
        return 1
    if arguments.json:
        print(json.dumps([asdict(account) for account in accounts], ensure_ascii=False))
    else:
        for account in accounts:
            _show(account)
        if not accounts:
            print("没有新的或改动过的文件 / no file is new or changed")
    return 0 if all(account.whole for account in accounts) else 1


def variable(name: str) -> str:
    """The variable of the environment that says where a collector's source stands."""
    return "QINZHENG_COLLECT_" + re.sub(r"[^A-Za-z0-9]", "_", name).upper()


def _show(account: Account) -> None:
    print(account.part)
    print(
        f"  行 rows：读 read {account.read} = 收 accepted {account.accepted} + 拒 rejected {account.rejected}"
        + (f"；未到时刻的环节 acts still to come {account.later}" if account.later else "")
    )
    print(
        f"  办件 cases：新收 taken {account.taken}，续报 continued {account.continued}，已有 already there {account.known}，"
        f"未收 refused {account.refused}；新环节 new acts {account.acts}"
    )
    if account.source_cases is not None:
        print(
            f"  对账 reconciled：来源 source {account.source_cases} 件 cases，我方 ours {account.our_cases}"
        )
    if account.changed or account.gone_acts:
        print(
            f"  来源改动的环节 acts changed at the source：{account.changed}（已记更正 corrected）；"
            f"来源不再列出的环节 acts gone at the source：{account.gone_acts}（仍保留 kept）"
        )
    if account.gone:
        print(f"  来源不再列出的在办件 open cases that the source no longer lists：{account.gone}")
    for zh, en, count in account.reasons:
        print(f"  {count} × {zh} / {en}", file=sys.stderr)
    for where, zh, en in account.shown[:PRINTED]:
        print(f"    {where}: {zh} / {en}", file=sys.stderr)


def coverage_(arguments: argparse.Namespace) -> int:
    """Who should report and does not; exit code 1 where somebody does not."""
    try:
        chosen = (
            [runs.collector(arguments.name)]
            if arguments.name
            else sorted(shelf.library().all("collector"), key=lambda each: each.id)
        )
    except Refusal as why:
        print(why, file=sys.stderr)
        return 1
    found = [coverage(each, dt.datetime.now(dt.UTC)) for each in chosen]
    if arguments.json:
        print(json.dumps([asdict(each) for each in found], ensure_ascii=False, default=str))
    else:
        for each in found:
            _cover(each)
    return 1 if any(each.missing or each.gone for each in found) else 0


def _cover(found: Coverage) -> None:
    last = (
        found.last_run.astimezone(shelf.ZONE).strftime("%Y-%m-%d %H:%M") if found.last_run else "从未 never"
    )
    print(
        f"{found.collector}：{found.cases} 件 cases；上次收取 last run {last}{'' if found.whole else '（未全收 not whole）'}"
    )
    for name, lines in (("单位 units", found.organizations), ("事项 items", found.items)):
        silent = [line for line in lines if line.standing != "reports"]
        print(f"  {name}：应报 expected {len(lines)}，未报 missing {len(silent)}")
        for line in silent:
            print(f"    {line.id}：{STANDING[line.standing]}（{line.cases}）")
    if found.gone:
        print(f"  来源不再列出的在办件 open cases that the source no longer lists：{found.gone}")
    if found.unexpected:
        print(f"  未列入而在报 report though not expected：{'、'.join(found.unexpected)}")
