"""Many applications of a firm by one spreadsheet: all of them or none, every fault named by row, column and remedy.

A row is an application of one item: the firm's own reference, the town, the answers on the situation, the form. The
reference is what makes a sheet sent twice one: the key of its case follows from firm, item and reference. How many rows,
and that a row stands for the form to fill in, are ours (``ours-people/bulk``).
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from django.db import transaction

from qinzheng.cases import fields
from qinzheng.cases.about import About
from qinzheng.cases.actions import AnotherEvent, NotAllowed
from qinzheng.cases.acts import Done
from qinzheng.cases.fields import BadForm
from qinzheng.cases.guide import Guide
from qinzheng.cases.items import Item
from qinzheng.cases.models import Case
from qinzheng.cases.schema import Act
from qinzheng.definitions.form import Text
from qinzheng.mechanisms.applying import submitting
from qinzheng.mechanisms.applying.drafts import LATER, ROW, SHARED, WITH
from qinzheng.organizations import exporting, rows, workbook
from qinzheng.organizations.rows import Fault, Line
from qinzheng.organizations.sheets import Column, Form, Sheet

MOST = 200
LONGEST_REFERENCE = 40
REFERENCE, TOWN, SITUATION = "reference", "town", "situation-"
SHEET = "申请"
READ: dict[str, Form] = {
    "text": "text", "long_text": "text", "choice": "text", "integer": "number", "day": "day", "boolean": "yes",
}  # fmt: skip
"""How a cell of a field's type is read; fields of other types cannot be asked for in a sheet."""
NAMESPACE = uuid.UUID("6f1c1f5e-0d0b-5a53-9d59-5f6d2c0a7b11")


@dataclass(frozen=True)
class Row:
    """One application as a row says it; ``line`` as the spreadsheet numbers it."""

    line: int
    reference: str
    town: str
    situations: Mapping[str, list[str]]
    form: Mapping[str, Any]


@dataclass(frozen=True)
class Sent:
    """What became of a row: its case, and the papers that are still to be uploaded there."""

    row: Row
    done: Done
    missing: list[Text]


def possible(act: Act) -> bool:
    """Whether all that the form must say can stand in a cell."""
    return all(field.type in READ for field in act.form.values() if field.required)


def sheet(guide: Guide, act: Act, towns: Mapping[str, str]) -> Sheet:
    """The columns of an item's applications. ``towns``: id → name."""
    columns = [Column(REFERENCE, "本企业编号", "每行不同，40 字以内；用同一编号再次提交不会重复 / your own reference, one a row", "A-001", required=True),
               Column(TOWN, "所在镇街", "可空：" + "、".join(towns.values())[:300], next(iter(towns.values()), ""))]  # fmt: skip
    for key, question in guide.situations.items():
        words = "；".join(answer.zh for answer in question.answers.values())
        note = f"从中选{'（可多选，用分号分开）' if question.several else '一'}：{words} / {question.name.en}"
        columns.append(
            Column(SITUATION + key, _title(question.name), note, next(iter(question.answers.values())).zh, required=True)
        )  # fmt: skip
    for key, field in act.form.items():
        if field.type not in READ:
            continue
        words = (
            "，从中选一：" + "、".join(each.zh for each in field.choices.values()) if field.choices else ""
        )
        columns.append(
            Column(key, _title(field.name), field.name.en + words, form=READ[field.type], required=field.required)
        )  # fmt: skip
    return Sheet(SHEET, tuple(columns))


def _title(name: Text) -> str:
    """A header as the reader of sheets compares it: without spaces and stars."""
    return "".join(name.zh.replace("*", "").replace("＊", "").split())


NOTES = (
    "每行一件申请。第一行是表头，带 * 的列必填；以 # 开头的行是示例，不会提交，可删。",
    "One application a row. Columns with * must be filled in; rows that begin with # are examples and are passed over.",
    f"一次最多 {MOST} 件。有一处错误就一件也不提交，并逐处指明行、列和改法。",
    f"At most {MOST} at a time. One fault and nothing is sent; each is named by row, column and remedy.",
    "同一“本企业编号”再次提交不会重复。需要上传的材料，提交后在各办件中上传。不要填身份证号。",
    "The same reference sent again is not sent twice. Papers are uploaded in each case afterwards. Never an identity number.",
)


def template(guide: Guide, act: Act, towns: Mapping[str, str]) -> bytes:
    """The sheet to fill in, as xlsx, with an example row."""
    book = exporting.begun(NOTES)
    made = sheet(guide, act, towns)
    page = exporting.add(book, made)
    exporting.write(page, [f"#{made.columns[0].example}", *(each.example for each in made.columns[1:])])
    file = BytesIO()
    book.save(file)
    return file.getvalue()


def read(content: bytes, guide: Guide, act: Act, towns: Mapping[str, str]) -> tuple[list[Row], list[Fault]]:
    """The applications of a file, and every fault in it. Raises :class:`~qinzheng.organizations.workbook.Unreadable`."""
    made = sheet(guide, act, towns)
    found, faults = rows.lines(workbook.grids(content), (made,), whole=False)
    if len(found) > MOST:
        faults.append(Fault(SHEET, 0, "", f"有 {len(found)} 件，一次最多 {MOST} 件，请分开", f"{len(found)} rows; at most {MOST}: split it"))  # fmt: skip
    elif not found and not faults:
        faults.append(Fault(SHEET, 0, "", "没有一行可提交，请填写", "no row to send: fill some in"))
    read_ = [_row(line, made, guide, act, towns, faults) for line in found]
    seen: dict[str, int] = {}
    for row in read_:
        if not row.reference:
            continue  # already at fault
        first = seen.setdefault(row.reference, row.line)
        if first != row.line:
            faults.append(
                Fault(SHEET, row.line, made.title(REFERENCE), f"与第 {first} 行重复，请改成不同的编号", f"the same as row {first}: give each its own")
            )  # fmt: skip
    return read_, sorted(faults, key=lambda each: each.row)


def _row(
    line: Line, made: Sheet, guide: Guide, act: Act, towns: Mapping[str, str], faults: list[Fault]
) -> Row:
    """One row; what is wrong with it is added to ``faults``."""

    def wrong(field: str, zh: str, en: str) -> None:
        if field in line.unread:
            return  # its cell is at fault already
        faults.append(Fault(SHEET, line.row, made.title(field), zh, en))

    reference = str(line.get(REFERENCE) or "")
    if len(reference) > LONGEST_REFERENCE:
        wrong(REFERENCE, f"不超过 {LONGEST_REFERENCE} 字", f"at most {LONGEST_REFERENCE} characters")
    town = line.get(TOWN) or ""
    chosen = next((id for id, name in towns.items() if town in (id, name)), "")
    if town and not chosen:
        wrong(TOWN, f"没有“{town[:20]}”，可用：{'、'.join(towns.values())}", f"no such town: {town[:20]}")
    situations = {}
    for key, question in guide.situations.items():
        given = [part.strip() for part in re.split("[;；]", str(line.get(SITUATION + key) or ""))]
        meant = [
            answer for answer, words in question.answers.items() if {answer, words.zh, words.en} & set(given)
        ]
        if len(meant) != len(given) or (len(meant) > 1 and not question.several):
            known = "、".join(words.zh for words in question.answers.values())
            wrong(SITUATION + key, f"应从中选：{known}", f"choose of: {', '.join(question.answers)}")
        situations[key] = meant
    form = {}
    for key, field in act.form.items():
        value = line.get(key)
        if field.choices and value:
            value = next(
                (id for id, words in field.choices.items() if value in (id, words.zh, words.en)), value
            )
        form[key] = _plain(value)
    try:
        form = fields.check(act, fields.kept(form))
    except BadForm as why:
        for name, (zh, en) in why.faults.items():
            wrong(name, zh, en)
    return Row(line.row, reference, chosen, situations, form)


def _plain(value: Any) -> Any:
    """A cell's value as forms hold it: whole numbers whole, days as text."""
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    return value.isoformat() if hasattr(value, "isoformat") else value


Opens = Callable[[Row, About, uuid.UUID], Done]


def send(
    found: Sequence[Row], item: Item, party: str, by: str, opens: Opens
) -> tuple[list[Sent], list[Fault]]:
    """Open a case for every row, or for none: then the faults say why. ``by`` is the pseudonym of who sends them."""
    sent: list[Sent] = []
    faults: list[Fault] = []
    with transaction.atomic():
        for row in found:
            about = About(item=item.id, town=row.town, parties={"applicant": party})
            key = uuid.uuid5(NAMESPACE, "\n".join((party, item.id, row.reference)))
            try:
                with transaction.atomic():
                    done = opens(row, about, key)
                    ways = ways_of(item.guide, row.situations)
                    if done.new:
                        case = Case.objects.get(pk=done.case)
                        submitting.note(case, f"application:{key}", item.id, ways, by=by, bulk=True)
            except AnotherEvent:
                faults.append(
                    Fault(SHEET, row.line, "本企业编号", f"编号 {row.reference} 已用于内容不同的申请，请换一个编号", "used for another application: give it another")
                )  # fmt: skip
            except NotAllowed as why:
                faults.append(Fault(SHEET, row.line, why.field, why.zh, why.en))
            except BadForm as why:
                faults += [Fault(SHEET, row.line, name, zh, en) for name, (zh, en) in why.faults.items()]
            else:
                missing = [item.guide.materials[name].name for name, way in ways.items() if way == WITH]
                sent.append(Sent(row, done, missing))
        if faults:
            transaction.set_rollback(True)
    return ([] if faults else sent), faults


def ways_of(guide: Guide, situations: Mapping[str, list[str]]) -> dict[str, str]:
    """How each material of a row comes: what is to be filled in, is; what must be uploaded is so in the case."""
    return {
        key: SHARED
        if each.shared_from
        else ROW
        if each.form == "filled_in"
        else LATER
        if each.later
        else WITH
        for key, each in guide.materials_for(situations).items()
    }
