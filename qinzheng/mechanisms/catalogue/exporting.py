"""Items as they stand in the sheets of the import: read again they change nothing. What a cell cannot hold is left empty, which leaves it.

The days stay empty too: whoever changes a row says from when, or takes the day that the import is given.
"""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from qinzheng.cases.item_words import AUDIENCES, BASIS, CHANNELS, FORMS, LEVELS, SORTS, TURNS
from qinzheng.cases.items import Item
from qinzheng.definitions.form import Text
from qinzheng.mechanisms.catalogue.columns import FEES, ITEMS, LIFE, MATERIALS, NOTES, NOTHING
from qinzheng.mechanisms.catalogue.reading import APART, BEFORE, FLAGS
from qinzheng.organizations import exporting
from qinzheng.organizations.sheets import Sheet
from qinzheng.organizations.workbook import LONGEST

Cells = Mapping[str, Any]


def workbook(items: Iterable[Item]) -> bytes:
    """The items, their papers, charges and turns, as an xlsx file."""
    listed = list(items)
    book = exporting.begun(NOTES)
    for sheet, rows in (
        (ITEMS, map(_item, listed)), (MATERIALS, _each(listed, _materials)), (FEES, _each(listed, _fees)), (LIFE, _each(listed, _life)),
    ):  # fmt: skip
        page = exporting.add(book, sheet)
        for row in rows:
            exporting.write(page, _line(sheet, row))
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def _line(sheet: Sheet, row: Cells) -> list[Any]:
    return [_fitting(row.get(column.field, "")) for column in sheet.columns]


def _fitting(value: Any) -> Any:
    """A value that a cell holds and that is read as it is; nothing where it would be read as something else."""
    if not isinstance(value, str):
        return value
    strange = len(value) > LONGEST or value != value.strip() or "\n" in value or value in NOTHING
    return "" if strange or value.startswith("'") else value


def _each(items: Sequence[Item], rows: Any) -> Iterator[Cells]:
    for item in items:
        yield from rows(item)


def _listed(words: Sequence[str]) -> str:
    """Words in one cell, where they can be told apart again."""
    together = "、".join(words)
    return (
        together
        if [part.strip() for part in re.split(APART, together) if part.strip()] == list(words)
        else ""
    )


def _both(name: str, text: Text | None) -> dict[str, str]:
    return {} if text is None else {name: text.zh, f"{name}_en": text.en}


def _yes(flag: bool) -> str:
    return "是" if flag else "否"


def _item(item: Item) -> Cells:
    guide, before = item.guide, item.before
    found: dict[str, Any] = {
        "id": item.id, **_both("name", item.name), "sort": SORTS[item.sort].zh, "organization": item.organization,
        "procedure": item.procedure, "committed": "、".join(f"{clock}={amount}" for clock, amount in item.committed.items()),
        "level": LEVELS[item.level].zh, "code": item.code or "", **{name: _yes(getattr(item, name)) for name in FLAGS},
        **_both("plain", guide.plain), "said": _listed(guide.said), "audience": AUDIENCES[guide.audience].zh,
        "channels": _listed([CHANNELS[each].zh for each in guide.channels]), "a_year": "" if guide.a_year is None else guide.a_year,
        "source": _listed(item.source), "basis": BASIS[item.basis].zh,
    }  # fmt: skip
    if before is not None:
        numbers = {name: getattr(before, name) for name in BEFORE}
        found |= {f"before_{name}": number for name, number in numbers.items() if number is not None}
        found["before_as_of"] = before.as_of
    return found


def _materials(item: Item) -> Iterator[Cells]:
    for key, paper in item.guide.materials.items():
        yield {
            "item": item.id, "key": key, **_both("name", paper.name), "form": FORMS[paper.form].zh, "copies": paper.copies,
            "sample": paper.sample.zh if paper.sample is not None else "", "later": _yes(paper.later),
            "shared_from": paper.shared_from or "", "material_source": _listed(paper.source),
        }  # fmt: skip


def _fees(item: Item) -> Iterator[Cells]:
    """Charges by their names; several of one name cannot be told apart in a sheet and are left out."""
    names = Counter(fee.name.zh for fee in item.guide.fees)
    for fee in item.guide.fees:
        if names[fee.name.zh] == 1:
            yield {
                "item": item.id, **_both("fee", fee.name), "yuan": fee.fen / 100, "per": fee.per.zh if fee.per is not None else "",
                "fee_source": _listed(fee.source),
            }  # fmt: skip


def _life(item: Item) -> Iterator[Cells]:
    for turn in item.life:
        to = LEVELS[turn.to].zh if turn.turn == "delegated" and turn.to in LEVELS else turn.to
        yield {
            "item": item.id, "turn": TURNS[turn.turn].zh, "on": turn.on, **_both("reason", turn.reason), "to": to or "",
            "turn_source": _listed(turn.source),
        }  # fmt: skip
