"""Enterprises from a spreadsheet: every fault named by sheet, row and column, all or nothing, repeatable.

A row is known by its code, so the same file again changes nothing, and a corrected file corrects. An empty cell says
nothing and takes nothing away. The reading of sheets is that of ``organizations``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from django.db import transaction

from qinzheng.organizations import queries as organizations
from qinzheng.organizations import rows, workbook
from qinzheng.organizations.rows import Fault, Line
from qinzheng.organizations.sheets import Column, Sheet
from qinzheng.parties import actions, enterprises, events, fields
from qinzheng.parties.bulk import BadRows, Row
from qinzheng.parties.subjects import PartyRefused

FIRMS = Sheet(
    "企业",
    (
        Column("name", "名称", "营业执照上的名称", "清和市示例机械有限公司", required=True),
        Column(
            "enterprise_code", "统一社会信用代码", "18 位，核对校验码", "91320583000000019X", required=True
        ),
        Column("phone", "电话", "手机或带区号的固定电话", "0512-57120000"),
        Column("address", "地址", "", "清和市玉山镇示例路1号"),
        Column("legal_representative", "法定代表人", "加密保存", "张三"),
        Column("contact_person", "联系人", "加密保存", "李四"),
        Column("town", "镇街编号", "单位编号，如 town-03", "town-03"),
        Column("credit_class", "信用等级", "A、B、C、D", "B"),
        Column("lists", "名录", "代码:年度，多个用空格分开", "top100:2026 best100:2026"),
    ),
)
TOLD = ("name", "enterprise_code", "phone", "address", "legal_representative", "contact_person")
LISTED = re.compile(r"([a-z][a-z0-9_]{1,39})[:：](\d{4})")
WORDS = {
    "new": ("新登记", "registered"), "changed": ("更新", "changed"), "same": ("未变", "unchanged"),
    "listed": ("列入名录", "put on lists"),
}  # fmt: skip


@dataclass
class Report:
    """What an import did or would do, and every fault."""

    rows: int = 0
    came: Counter[str] = field(default_factory=Counter)
    faults: list[Fault] = field(default_factory=list)
    written: bool = False

    def lines(self) -> list[str]:
        """The report for whoever ran it, faults first."""
        told = [str(fault) for fault in self.faults]
        counts = [(word, self.came[word]) for word in WORDS if self.came[word]]
        zh = "，".join(f"{WORDS[word][0]} {n}" for word, n in counts) or "没有登记"
        en = ", ".join(f"{n} {WORDS[word][1]}" for word, n in counts) or "none registered"
        done = ("已写入", "written") if self.written else ("未写入", "not written")
        told.append(
            f"{done[0]}：读 {self.rows} 行，有误 {len(self.faults)} 处；{zh} / "
            f"{done[1]}: {self.rows} row(s), {len(self.faults)} fault(s); {en}"
        )
        return told


def run(path: Path, by: str, *, organization: str = "", dry_run: bool = False) -> Report:
    """Import a file of enterprises. Nothing is written on a dry run, nor where any row is wrong.

    Raises :class:`~qinzheng.organizations.workbook.Unreadable`, ``vault.VaultClosed``.
    """
    found, faults = rows.lines(workbook.read(path), (FIRMS,))
    report = Report(rows=len(found), faults=faults)
    lists = _lists(found, faults)
    _check_towns(found, faults)
    with transaction.atomic():
        try:
            outcomes = actions.register_many(
                fields.ENTERPRISE, [_row(line) for line in found], by=by, organization=organization,
                reason=f"导入 · import {path.name}",
            )  # fmt: skip
        except BadRows as refused:
            faults += [
                Fault(FIRMS.name, found[one.row].row, FIRMS.title(one.field), one.zh, one.en)
                for one in refused.problems
            ]
        else:
            report.came.update(one.came for one in outcomes)
            for (code, year), places in lists.items():
                ids = [outcomes[place].party for place in places]
                new = actions.put_on_list(ids, code, year, by=by, organization=organization)
                report.came["listed"] += len(new)
        faults.sort(key=lambda fault: fault.row)
        report.written = not faults and not dry_run and bool(found)
        if not report.written:
            transaction.set_rollback(True)
    return report


def _row(line: Line) -> Row:
    told = {name: line.fields[name] for name in TOLD if line.get(name)}
    return Row(told, town=line.get("town") or "", credit_class=(line.get("credit_class") or "").upper())


def _lists(found: Sequence[Line], faults: list[Fault]) -> dict[tuple[str, int], list[int]]:
    """Lists of a year → the places of the rows that belong on them."""
    lists: dict[tuple[str, int], list[int]] = {}
    for place, line in enumerate(found):
        for word in (line.get("lists") or "").replace("，", " ").replace(",", " ").split():
            match = LISTED.fullmatch(word)
            try:
                if match is None:
                    raise PartyRefused(
                        f"应为“代码:年度”，如 {'、'.join(f'{code}:2026' for code in events.LISTS)}",
                        "must be a code and a year, such as top100:2026",
                    )
                enterprises.check_list(match[1], int(match[2]))
                lists.setdefault((match[1], int(match[2])), []).append(place)
            except PartyRefused as why:
                faults.append(Fault(FIRMS.name, line.row, FIRMS.title("lists"), why.zh, why.en))
    return lists


def _check_towns(found: Sequence[Line], faults: list[Fault]) -> None:
    known = organizations.organizations({town for line in found if (town := line.get("town"))})
    for line in found:
        town = line.get("town")
        if town and town not in known:
            faults.append(
                Fault(FIRMS.name, line.row, FIRMS.title("town"), "没有这个单位编号，请先导入单位或更正",
                      "there is no unit of this id: import the units first, or correct it")
            )  # fmt: skip
