"""Body of ``qinzheng evidence``: the pack of evidence for 等保三级, in a new folder."""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
import json
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from qinzheng import __version__
from qinzheng.definitions import shelf
from qinzheng.operations import evidence
from qinzheng.operations.evidence import Found
from qinzheng.operations.evidence_clauses import CLAUSES, WORDS, Clause, Judged

HEADS = ("条款[mem]", "要求（大意）", "结论", "此刻的实际情况", "运营方另须做", "自动测试")


def evidence_(arguments: argparse.Namespace) -> int:
    """Write the pack; 0 also where rows are not met: it tells, it does not judge the operator."""
    folder: Path = arguments.folder
    try:
        folder.mkdir(mode=0o700, parents=True)
    except OSError as why:
        print(f"{folder}：请给一个还不存在的新目录（{why}）/ name a new folder: {why}", file=sys.stderr)
        return 1
    found = evidence.look(arguments.backups)
    rows = judged(found)
    for name, text in files(found, rows).items():
        (folder / name).write_text(text, encoding="utf-8", newline="")
    sums = "".join(
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in sorted(folder.iterdir())
    )
    (folder / "SHA256SUMS").write_text(sums, encoding="utf-8")
    counted = Counter(verdict for _, (verdict, _) in rows)
    told = "，".join(f"{word} {counted.get(verdict, 0)}" for verdict, word in WORDS.items())
    print(f"证据包 → {folder}：{told} / evidence for {len(rows)} clauses, {counted.get('met', 0)} met here")
    return 0


def judged(found: Found) -> list[tuple[Clause, Judged]]:
    """Every clause with how it stands."""
    return [(clause, clause.judge(found)) for clause in CLAUSES]


def files(found: Found, rows: Sequence[tuple[Clause, Judged]]) -> dict[str, str]:
    """The documents of the pack: name → text."""
    return {
        "01-说明.md": _preface(found, rows),
        "02-条款对照.md": _table(HEADS, (_cells(clause, stands) for clause, stands in rows), "条款对照"),
        "02-条款对照.csv": _csv(HEADS, (_cells(clause, stands) for clause, stands in rows)),
        "03-账号.csv": _csv(("类", "种类或权限", "数量或化名", "第二重验证"), evidence.lines_of(found)),
        "04-审计事件.csv": _csv(("事件", "条数", "最早", "最近"), ((type, str(n), *days) for type, n, *days in found.events)),
        "05-监听端口.csv": _csv(("端口", "地址"), ((str(port), address) for port, address in found.ports or ())),
        "06-数据库设置.csv": _csv(("设置", "值"), found.database.items()),
        "sbom.cdx.json": json.dumps(evidence.bill(found, __version__), ensure_ascii=False, indent=1),
    }  # fmt: skip


def _cells(clause: Clause, stands: Judged) -> tuple[str, ...]:
    verdict, said = stands
    return (clause.number, clause.gist, WORDS[verdict], said, clause.operator, "；".join(clause.tests) or "—")


def _preface(found: Found, rows: Sequence[tuple[Clause, Judged]]) -> str:
    counted = Counter(verdict for _, (verdict, _) in rows)
    lines = [
        "# 等级保护三级：应用与数据层面的证据", "",
        f"勤政 {__version__}，{found.at.astimezone(shelf.ZONE).strftime('%Y-%m-%d %H:%M')} 由 qinzheng evidence 从运行中的系统读出；没有一条是手写的结论。",
        "", "对照 GB/T 22239-2019 第三级 8.1.4（安全计算环境）。**条款号与大意凭记忆录入，标 [mem]，提交前请与标准原文核对。**",
        "产品不能“通过等保”：本包供运营方的等级测评使用，“由运营方落实”“不符合”的行须另附证据或整改。",
        "阈值（如三十分钟、每季度演练）凡标准没有写明的，是我们定的。", "",
        *(f"- {word}：{counted.get(verdict, 0)} 条" for verdict, word in WORDS.items()), "",
        f"账本核验：{found.ledger_size} 条已定序，重放后与各表不符 {found.differences} 处。", "",
        "各文件的 SHA-256 见 SHA256SUMS。包内无姓名、登录名、证件号与电话；管理员以账本化名列出。", "",
    ]  # fmt: skip
    return "\n".join(lines)


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]], title: str) -> str:
    lines = [f"# {title}", "", f"| {' | '.join(heads)} |", f"|{' --- |' * len(heads)}"]
    lines += [f"| {' | '.join(cell.replace('|', '／') for cell in row)} |" for row in rows]
    return "\n".join([*lines, ""])


def _csv(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """For a spreadsheet: with a mark of UTF-8, and no cell that it would take for a formula."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(heads)
    for row in rows:
        writer.writerow(
            [f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell for cell in row]
        )
    return "\ufeff" + text.getvalue()
