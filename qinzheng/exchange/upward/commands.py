"""Bodies of ``qinzheng upward …`` (see ``qinzheng.exchange.upward.parser``)."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from functools import wraps
from typing import Any

from django.db.models import Q

from qinzheng.calendars.calendar import BeyondCalendar
from qinzheng.definitions import shelf
from qinzheng.exchange.choosing import Refusal
from qinzheng.exchange.upward import answers, building, deployment, packets, reconciling, repairing, sending
from qinzheng.exchange.upward.models import Cursor, Packet
from qinzheng.exchange.upward.reconciling import Standing
from qinzheng.ledger.crypto import BadKey
from qinzheng.parties.vault import VaultClosed

REFUSALS = (Refusal, BadKey, VaultClosed, BeyondCalendar, shelf.NotPublished)
Body = Callable[[argparse.Namespace], int]


def _explained(body: Body) -> Body:
    """A refusal is a sentence and exit code 1."""

    @wraps(body)
    def run(arguments: argparse.Namespace) -> int:
        try:
            return body(arguments)
        except REFUSALS as why:
            print(why, file=sys.stderr)
            return 1

    return run


def _print(found: Any) -> None:
    print(json.dumps(found, ensure_ascii=False, default=str))


@_explained
def status(arguments: argparse.Namespace) -> int:
    """One block a report; exit code 1 where packets are unanswered beyond the limit or records wait to be mended."""
    found = [reconciling.standing(each, days=1) for each in deployment.reports()]
    if arguments.json:
        _print([asdict(each) for each in found])
    for each in found if not arguments.json else ():
        _show(each)
    return 1 if any(each.late or each.open for each in found) else 0


def _show(each: Standing) -> None:
    named = (
        ""
        if each.place
        else f"（未设去向，不组包：{deployment.variable(each.report)} · no place set, nothing is built）"
    )
    print(f"{each.report}：{each.name.zh} · {each.name.en}{named}")
    print(
        f"  记录 records {each.records} = 已回执 acknowledged {each.acknowledged} + 待回执 waiting {each.waiting} "
        f"+ 须补正 to mend {each.open}；待组包的办件 cases to build {each.touched}"
    )
    print(
        f"  数据包 packets {each.packets}，未答复 unanswered {each.unanswered}，超时未答复 late {each.late}；"
        f"拒收的答复 answers refused {each.refused}；账本位置 position {each.position}"
    )


@_explained
def build(arguments: argparse.Namespace) -> int:
    """Follow the ledger to its end and build what there is."""
    upward = deployment.upward(arguments.name)
    if arguments.again:
        Cursor.objects.filter(report=upward.id).update(position=0)
    while building.follow(upward):
        pass
    made: list[Packet] = []
    while found := building.build(upward, now=True):
        made += found
    if arguments.json:
        _print(
            [
                {
                    "packet": each.pk,
                    "dataset": each.dataset,
                    "sequence": each.sequence,
                    "records": each.records,
                }
                for each in made
            ]
        )
    for each in made if not arguments.json else ():
        print(f"{each.dataset} {each.sequence}：{each.records} 条 records（{each.pk}）")
    return 0


@_explained
def send(arguments: argparse.Namespace) -> int:
    """Send every packet that is due; exit code 1 where one was not delivered."""
    upward = deployment.upward(arguments.name)
    place = arguments.place or deployment.place(upward.id)
    if not place:
        named = deployment.variable(upward.id)
        raise Refusal(f"请用 --to 或环境变量 {named} 指明去向 / say where to by --to or the variable {named}")
    taken = sending.collect_answers(upward, place)
    told = []
    while (packet := sending.send(upward, place)) is not None:
        packet.refresh_from_db()
        told.append({"packet": packet.pk, "dataset": packet.dataset, "sequence": packet.sequence,
                     "state": packet.state, "error": packet.error})  # fmt: skip
    if arguments.json:
        _print({"sent": told, "answers": taken})
    for each in told if not arguments.json else ():
        print(f"{each['dataset']} {each['sequence']}：{each['state']} {each['error']}".rstrip())
    return 1 if any(each["error"] for each in told) else 0


@_explained
def take(arguments: argparse.Namespace) -> int:
    """Take answers from files; exit code 1 where one was refused, with the reason."""
    upward = deployment.upward(arguments.name)
    results = {}
    for file in arguments.files:
        try:
            results[str(file)] = answers.take(upward, file.read_bytes()[: packets.LONGEST + 1])
        except OSError as why:
            raise Refusal(f"{file}：读不出（{why.strerror}）/ cannot be read: {why.strerror}") from None
    if arguments.json:
        _print(results)
    for name, result in results.items() if not arguments.json else ():
        words = answers.REFUSED.get(result)
        print(f"{name}：{result}" + (f"（{words.zh} / {words.en}）" if words else ""))
    return 1 if any(result in answers.REFUSED for result in results.values()) else 0


@_explained
def worklist(arguments: argparse.Namespace) -> int:
    """Every record to mend; exit code 1 where there is one."""
    found = repairing.worklist(Q(unit=arguments.unit) if arguments.unit else None)
    if arguments.json:
        _print([{**asdict(each), "said": None} for each in found])
    for each in found if not arguments.json else ():
        column = f"“{each.column}”" if each.column else ""
        print(f"{each.record} {each.unit} {each.dataset.zh}：{column}{each.why.zh} → {each.mend.zh}")
        print(f"  {each.column} {each.why.en} → {each.mend.en}".rstrip())
    return 1 if found else 0


@_explained
def repair(arguments: argparse.Namespace) -> int:
    """Build open records anew with the next packet."""
    count = repairing.repair(deployment.upward(arguments.name), arguments.records, arguments.by)
    if arguments.json:
        _print({"records": count})
    else:
        print(f"{count} 条将随下一包再报 / record(s) go with the next packet")
    return 0 if count or not arguments.records else 1


@_explained
def reconcile(arguments: argparse.Namespace) -> int:
    """Counts by day and data set; with the receiver's list, every record on which the two disagree (exit code 1)."""
    upward = deployment.upward(arguments.name)
    days = list(reconciling.by_day(upward, arguments.days))
    differences = reconciling.against(upward, arguments.against) if arguments.against else []
    if arguments.json:
        _print(
            {"days": [asdict(each) for each in days], "differences": [asdict(each) for each in differences]}
        )
    else:
        for day in days:
            print(
                f"{day.day} {day.name.zh} {day.name.en}：报 ours {day.ours} = 回执 acknowledged {day.acknowledged} "
                f"+ 退回 rejected {day.rejected} + 待 waiting {day.waiting}"
            )
        for each in differences:
            print(f"  {each.record}：对方 theirs {each.theirs}，我方 ours {each.ours}", file=sys.stderr)
    return 1 if differences else 0
