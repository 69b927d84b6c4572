"""Items from a spreadsheet: every fault named, the differences shown in words, drafts kept all or none; repeatable.

Each row is laid over the edition that stands on its first day, so that the same file again changes nothing. What is kept
are drafts: a second person publishes them, as every definition.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from qinzheng.cases.items import Item
from qinzheng.cases.schema import Procedure
from qinzheng.definitions import actions, shelf
from qinzheng.definitions.library import Library
from qinzheng.definitions.models import Edition
from qinzheng.mechanisms.catalogue import drafting, reading
from qinzheng.mechanisms.catalogue.columns import ITEMS, NOTES, SHEETS
from qinzheng.mechanisms.catalogue.drafting import Draft, Unfit
from qinzheng.mechanisms.catalogue.reading import Document, Row
from qinzheng.organizations import exporting, rows, workbook
from qinzheng.organizations.rows import Fault, Line
from qinzheng.organizations.rules import Refused

COLUMN_OF = {"guide": "plain", "before": "before_as_of", "kind": "id"}
"""The column that a fault of a nested key belongs to, where the key itself is no column."""


@dataclass
class Report:
    """What a file says: rows read, faults, and of each item that would change its draft with the differences."""

    rows: int = 0
    faults: list[Fault] = field(default_factory=list)
    drafts: list[Draft] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    kept: list[Edition] = field(default_factory=list)

    def lines(self) -> list[str]:
        """The report for whoever ran it, faults first."""
        told = [str(fault) for fault in self.faults]
        for draft in self.drafts:
            new = "（新事项 / new）" if draft.before is None else ""
            told.append(f"{draft.item.id} {draft.item.name.zh}{new}，{draft.item.in_force_from}")
            told += [f"    {each.words.zh} / {each.words.en}" for each in draft.differences]
        told.append(
            f"读 {self.rows} 行，有误 {len(self.faults)} 处；有改动 {len(self.drafts)} 项，没有改动 {len(self.unchanged)} 项；"
            f"存草稿 {len(self.kept)} 件 / {self.rows} row(s), {len(self.faults)} fault(s); {len(self.drafts)} item(s) would "
            f"change, {len(self.unchanged)} not; {len(self.kept)} draft(s) kept"
        )
        return told


Allowed = Callable[[str], bool]
"""Whether whoever hands it in may draft items of a unit."""


def run(
    content: bytes, begins: dt.date, today: dt.date, *, by: str = "", keep: bool = False, allowed: Allowed = lambda unit: True,
) -> Report:  # fmt: skip
    """Read a file; with ``keep`` keep its drafts in the name of ``by``, unless something in it is wrong.

    ``begins``: from when changes count where a row says nothing. Raises
    :class:`~qinzheng.organizations.workbook.Unreadable` and :class:`~qinzheng.definitions.actions.NotPublishable`.
    """
    found, faults = rows.lines(workbook.grids(content), SHEETS)
    report = Report(rows=len(found), faults=faults)
    _Import(shelf.library(), begins, today, allowed, report).take(found)
    order = [sheet.name for sheet in SHEETS]
    report.faults.sort(
        key=lambda fault: (order.index(fault.sheet) if fault.sheet in order else len(order), fault.row)
    )
    if keep and not report.faults:
        report.kept = actions.keep(drafting.editions(report.drafts, by))
    return report


@dataclass
class _Item:
    """One item while its rows are laid over it."""

    first: Line
    standing: Item | None
    document: Document


class _Import:
    """One run over the rows: an item's own row first, then what belongs to it."""

    def __init__(
        self, library: Library, begins: dt.date, today: dt.date, allowed: Allowed, report: Report
    ) -> None:
        self.library, self.begins, self.today, self.allowed, self.report = (
            library,
            begins,
            today,
            allowed,
            report,
        )
        self.ways: Mapping[str, Procedure] = {each.id: each for each in library.standing("procedure")}
        self.items: dict[str, _Item] = {}
        self.wrong: set[str] = set()

    def take(self, found: Sequence[Line]) -> None:
        """Lay every row over its item, then see what came of each."""
        for line in found:
            if line.sheet is ITEMS:
                self._try(line, self._own)
        for line in found:
            if line.sheet is not ITEMS:
                self._try(line, self._part)
        made = [
            draft
            for id, each in self.items.items()
            if id not in self.wrong and (draft := self._made(id, each))
        ]
        if not self.report.faults:
            prospect = drafting.prospect(made, self.library)
            made = [draft for draft in made if self._holds(draft, prospect)]
        self.report.drafts = made

    def _try(self, line: Line, step: Callable[[Line], None]) -> None:
        id = str(line.get("id" if line.sheet is ITEMS else "item") or "")
        try:
            step(line)
        except Refused as why:
            self.wrong.add(id)
            self._fault(line, why.field, why.zh, why.en)

    def _fault(self, line: Line, field: str, zh: str, en: str) -> None:
        self.report.faults.append(Fault(line.sheet.name, line.row, line.sheet.title(field), zh, en))

    def _own(self, line: Line) -> None:
        row = Row(line)
        id = row.text("id") or ""
        if id in self.items:
            raise Refused("id", f"事项 {id} 写了两次，请并为一行", f"{id} stands twice: make it one row")
        each = self._begun(line, id, row.typed("in_force_from", "day") or self.begins)
        reading.item(row, each.document, self.ways)
        if (checked := row.typed("checked_on", "day")) is not None:
            each.document["checked_on"] = checked

    def _part(self, line: Line) -> None:
        row = Row(line)
        id = row.text("item") or ""
        each = self.items.get(id) or self._begun(line, id, self.begins)
        if each.standing is None and each.first.sheet is not ITEMS:
            raise Refused(
                "item", f"没有事项 {id}，请先在“事项”表中写明", f"there is no item {id}: write it in the sheet of items first"
            )  # fmt: skip
        reading.READERS[line.sheet.name](row, each.document)

    def _begun(self, line: Line, id: str, day: dt.date) -> _Item:
        standing = drafting.standing(self.library, id, day)
        document: Document = drafting.document(standing) if standing is not None else {
            "kind": "item", "id": id, "in_force_from": day, "checked_on": self.today, "basis": "ours",
        }  # fmt: skip
        if standing is not None:
            document["in_force_from"] = day
        made = self.items[id] = _Item(line, standing, document)
        return made

    def _made(self, id: str, each: _Item) -> Draft | None:
        """The draft of an item; None where nothing changes or something is wrong."""
        line = each.first
        try:
            draft = drafting.made(each.document, self.library, self.today)
        except Unfit as why:
            self._fault(line, _column(why.path), why.zh, why.en)
            return None
        if draft is None:
            self.report.unchanged.append(id)
            return None
        for unit in {draft.item.organization, *([draft.before.organization] if draft.before else [])}:
            if not self.allowed(unit):
                self._fault(
                    line,
                    "organization",
                    f"您不能起草单位 {unit} 的事项",
                    f"you may not draft items of {unit}",
                )
                return None
        return draft

    def _holds(self, draft: Draft, prospect: Library) -> bool:
        """Whether the draft holds together with everything that would stand."""
        found = drafting.lacks(draft, prospect)
        for path, zh, en in found:
            self._fault(self.items[draft.item.id].first, _column(path), zh, en)
        return not found


def _column(path: Sequence[Any]) -> str:
    key = str(path[0]) if path else "id"
    return COLUMN_OF.get(key, key)


def template() -> bytes:
    """The empty template as an xlsx file."""
    content = io.BytesIO()
    exporting.empty(SHEETS, NOTES).save(content)
    return content.getvalue()
