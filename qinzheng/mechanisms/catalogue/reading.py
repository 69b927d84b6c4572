"""What one row of a sheet changes in an item's document: a plain mapping as its YAML holds it. Pure.

Raises :class:`~qinzheng.organizations.rules.Refused` naming the column's field, in two languages with the remedy.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import Any

from qinzheng.cases.item_words import AUDIENCES, BASIS, CHANNELS, FORMS, LEVELS, SORTS, TURNS
from qinzheng.cases.schema import Procedure
from qinzheng.definitions import strict
from qinzheng.definitions.form import Text
from qinzheng.mechanisms.catalogue.columns import NOTHING
from qinzheng.organizations import cells
from qinzheng.organizations.rows import Line
from qinzheng.organizations.rules import Refused
from qinzheng.organizations.sheets import Form

Document = dict[str, Any]
LARGEST = 1_000_000
APART = r"[、,，;；\n]+"
"""What stands between the words of one cell."""
KEPT = {"保留": True, "keep": True, "取消": False, "drop": False}


class Row:
    """One row, asked field by field. What is not given is None, what is to be taken away is ``NONE``."""

    def __init__(self, line: Line) -> None:
        self.line = line

    def text(self, field: str) -> str | None:
        """The words of a cell."""
        found = str(self.line.get(field) or "").strip()
        if (unseen := strict.hidden(found)) is not None:
            raise Refused(field, *unseen[1:])
        return found or None

    def gone(self, field: str) -> bool:
        """Whether the cell takes the value away."""
        return self.text(field) in NOTHING

    def typed(self, field: str, form: Form) -> Any:
        """A cell as the sheets of units read it: a day, yes or no, a number."""
        column = next(each for each in self.line.sheet.columns if each.field == field)
        return None if self.text(field) is None else cells.cell(replace(column, form=form), self.text(field))

    def whole(self, field: str, least: int = 0, most: int = LARGEST) -> int | None:
        """A whole number within bounds."""
        number = self.typed(field, "number")
        if number is None:
            return None
        if number != number or number != int(number) or not least <= number <= most:
            raise Refused(
                field, f"应为 {least} 至 {most} 的整数", f"should be a whole number from {least} to {most}"
            )
        return int(number)

    def word(self, field: str, words: Mapping[str, Text]) -> str | None:
        """The key of a closed word, given by its key or by its Chinese or English."""
        text = self.text(field)
        return None if text is None else _word(field, text, words)

    def listed(self, field: str) -> list[str] | None:
        """Several words, apart by 、 or a comma."""
        text = self.text(field)
        if text is None:
            return None
        return [part.strip() for part in re.split(APART, text) if part.strip()]

    def both(self, zh: str, en: str, before: Mapping[str, str] | None) -> dict[str, str] | None:
        """A text in both languages: an English that is not given stays, or is the Chinese."""
        one, other = self.text(zh), self.text(en)
        if one in NOTHING and zh != "plain":
            raise Refused(zh, "不能清空", "cannot be taken away")
        if (one is None and other is None) or one in NOTHING:
            return None
        if one is None and before is None:
            raise Refused(zh, "请填写中文", "give the Chinese too")
        whole = one if one is not None else (before or {})["zh"]
        kept = before["en"] if before is not None and (one is None or one == before["zh"]) else whole
        return {"zh": whole, "en": other if other is not None else kept}


def _word(field: str, text: str, words: Mapping[str, Text]) -> str:
    for key, said in words.items():
        if text in (key, said.zh, said.en):
            return key
    known = "、".join(said.zh for said in words.values())
    raise Refused(
        field, f"“{text[:20]}”不在词表中，可用：{known}", f"{text[:20]!r} is none of: {', '.join(words)}"
    )


# -- items --------------------------------------------------------------------------------------------

FLAGS = {"towns": False, "in_centre": True, "at_window": False, "at_once": False, "fast_track": False}
"""Each with what it is where nothing is written."""
BEFORE = ("days", "steps", "materials", "trips")


def item(row: Row, document: Document, ways: Mapping[str, Procedure]) -> None:
    """Change an item's document by its row. ``ways``: the procedures, by id."""
    for field in ("organization", "procedure", "code"):
        if row.gone(field) and field != "code":
            raise Refused(field, "不能清空", "cannot be taken away")
        if row.gone(field):
            document.pop(field, None)
        elif (text := row.text(field)) is not None:
            document[field] = text
    _put(document, "name", row.both("name", "name_en", document.get("name")))
    for field, words in (("sort", SORTS), ("level", LEVELS), ("basis", BASIS)):
        _put(document, field, row.word(field, words))
    for field, usual in FLAGS.items():
        if (flag := row.typed(field, "yes")) is not None:
            _put(document, field, flag, usual)
    if (named := row.listed("source")) is not None:
        document["source"] = named
    _committed(row, document, ways)
    _guide(row, document)
    _before(row, document)


def _put(document: Document, key: str, value: Any, usual: Any = None) -> None:
    """Write a value, but nothing where it is what is meant without it."""
    if value is None:
        return
    if usual is not None and value == usual:
        document.pop(key, None)
    else:
        document[key] = value


def _committed(row: Row, document: Document, ways: Mapping[str, Procedure]) -> None:
    text = row.text("committed")
    if text is None:
        return
    if text in NOTHING:
        document.pop("committed", None)
        return
    way = ways.get(str(document.get("procedure", "")))
    if way is None:
        raise Refused(
            "procedure",
            f"没有程序 {document.get('procedure', '')}，请核对编号",
            f"there is no procedure {document.get('procedure', '')}: check the id",
        )
    clocks = [name for name, clock in way.clocks.items() if clock.role == "case"]
    found: dict[str, int] = {}
    for part in row.listed("committed") or ():
        name, given, amount = part.partition("=")
        if not given:
            held = list(document.get("committed", {})) or clocks
            if len(held) != 1:
                raise Refused(
                    "committed",
                    f"程序有几个时钟，请写“时钟=数字”，可用：{'、'.join(clocks) or '无'}",
                    f"there are several clocks: write clock=number; known: {', '.join(clocks) or 'none'}",
                )
            name, amount = held[0], part
        if re.fullmatch(r"[1-9]\d{0,5}(\.0)?", amount.strip()) is None:
            raise Refused(
                "committed", f"“{part[:20]}”不是时限的数字", f"{part[:20]!r} is no number of a limit"
            )
        found[name.strip()] = int(float(amount))
    document["committed"] = {**document.get("committed", {}), **found}


def _guide(row: Row, document: Document) -> None:
    guide: Document = dict(document.get("guide", {}))
    _put(guide, "plain", row.both("plain", "plain_en", guide.get("plain")))
    if row.gone("plain"):
        guide.pop("plain", None)
    if (said := row.listed("said")) is not None:
        guide["said"] = [] if row.gone("said") else list(dict.fromkeys(said))
    _put(guide, "audience", row.word("audience", AUDIENCES), "both")
    if (channels := row.listed("channels")) is not None:
        guide["channels"] = list(dict.fromkeys(_word("channels", each, CHANNELS) for each in channels))
    if row.gone("a_year"):
        guide.pop("a_year", None)
    else:
        _put(guide, "a_year", row.whole("a_year"))
    _settle(document, "guide", {key: value for key, value in guide.items() if value not in ([], {}, None)})


def _settle(document: Document, key: str, value: Document) -> None:
    if value:
        document[key] = value
    else:
        document.pop(key, None)


def _before(row: Row, document: Document) -> None:
    given = {name: row.whole(f"before_{name}") for name in BEFORE if not row.gone(f"before_{name}")}
    day = row.typed("before_as_of", "day")
    before: Document = dict(document.get("before", {}))
    before |= {name: number for name, number in given.items() if number is not None}
    for name in BEFORE:
        if row.gone(f"before_{name}"):
            before.pop(name, None)
    if day is not None:
        before["as_of"] = day
    if set(before) & set(BEFORE):
        if "as_of" not in before:
            raise Refused("before_as_of", "请填改革前的数字是哪一天的", "say of which day the figures are")
        before.setdefault("source", list(document.get("source", [])))
    _settle(document, "before", before)


# -- what belongs to an item --------------------------------------------------------------------------


def material(row: Row, document: Document) -> None:
    """Add, change or remove one paper of an item."""
    guide: Document = dict(document.get("guide", {}))
    papers: dict[str, Document] = dict(guide.get("materials", {}))
    key = row.text("key") or ""
    if not _kept(row):
        papers.pop(key, None)
    else:
        paper: Document = dict(papers.get(key, {}))
        _put(paper, "name", row.both("name", "name_en", paper.get("name")))
        if "name" not in paper:
            raise Refused("name", "新材料须有名称", "a new paper has a name")
        _put(paper, "form", row.word("form", FORMS), "copy")
        _put(paper, "copies", row.whole("copies", 1, 20), 1)
        sample = row.text("sample")
        if sample is not None and sample != paper.get("sample", {}).get("zh"):
            _settle(paper, "sample", {} if sample in NOTHING else {"zh": sample, "en": sample})
        _put(paper, "later", row.typed("later", "yes"), False)
        if row.gone("shared_from"):
            paper.pop("shared_from", None)
        else:
            _put(paper, "shared_from", row.text("shared_from"))
        _put(paper, "source", row.listed("material_source"))
        papers[key] = paper
    _settle(guide, "materials", papers)
    _settle(document, "guide", guide)


def fee(row: Row, document: Document) -> None:
    """Add, change or remove one charge of an item, by its name."""
    guide: Document = dict(document.get("guide", {}))
    fees: list[Document] = [dict(each) for each in guide.get("fees", [])]
    name = row.text("fee") or ""
    same = [each for each in fees if each["name"]["zh"] == name]
    if len(same) > 1:
        raise Refused(
            "fee", "这一名称的收费有几档，请在定义中修改", "several charges bear this name: change them in the definition"
        )  # fmt: skip
    if not _kept(row):
        fees = [each for each in fees if each not in same]
    else:
        one = same[0] if same else {}
        if not same:
            fees.append(one)
        _put(one, "name", row.both("fee", "fee_en", one.get("name")))
        _put(one, "fen", _fen(row))
        if row.gone("per"):
            one.pop("per", None)
        elif (per := row.text("per")) is not None and per != one.get("per", {}).get("zh"):
            one["per"] = {"zh": per, "en": per}
        _put(one, "source", row.listed("fee_source"))
        for key, field in (("fen", "yuan"), ("source", "fee_source")):
            if key not in one:
                raise Refused(field, "新收费须有金额和依据", "a new charge has an amount and a ground")
    _settle(guide, "fees", fees)  # type: ignore[arg-type]
    _settle(document, "guide", guide)


def _fen(row: Row) -> int | None:
    text = row.text("yuan")
    if text is None:
        return None
    try:
        fen = Decimal(text.removesuffix("元").strip()) * 100
    except InvalidOperation:
        fen = Decimal(-1)
    if not fen.is_finite() or fen < 0 or fen != fen.to_integral_value() or fen > LARGEST * 100:
        raise Refused(
            "yuan",
            f"“{text[:20]}”应为元，至多两位小数",
            f"{text[:20]!r} should be yuan with two decimals at most",
        )
    return int(fen)


def turn(row: Row, document: Document) -> None:
    """Add one turn to an item's life, or correct the reason of the one of that day."""
    made: Document = {"turn": row.word("turn", TURNS), "on": row.typed("on", "day")}
    life: list[Document] = [dict(each) for each in document.get("life", [])]
    known = next((each for each in life if all(each[key] == value for key, value in made.items())), None)
    one = made if known is None else known
    _put(one, "reason", row.both("reason", "reason_en", one.get("reason")))
    if "reason" not in one:
        raise Refused("reason", "请写明理由", "say why")
    to = row.text("to")
    if to is not None:
        one["to"] = _word("to", to, LEVELS) if one["turn"] == "delegated" else to
    _put(one, "source", row.listed("turn_source"))
    if known is None:
        life.append(one)
    document["life"] = sorted(life, key=lambda each: each["on"])


def _kept(row: Row) -> bool:
    text = row.text("kept")
    if text is not None and text not in KEPT:
        raise Refused(
            "kept", f"“{text[:20]}”应为“保留”或“取消”", f"{text[:20]!r} should be 保留 or 取消 (keep or drop)"
        )
    return text is None or KEPT[text]


READERS: dict[str, Callable[[Row, Document], None]] = {"材料": material, "收费": fee, "变动": turn}
"""By sheet: what belongs to an item. An item's own row is read by :func:`item`."""
