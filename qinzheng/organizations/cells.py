"""What a cell says, read strictly, and how a value is written into one so that it reads the same. Pure."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from qinzheng.organizations import events
from qinzheng.organizations.rules import Refused
from qinzheng.organizations.sheets import Column, Form

DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
"""A text that begins so may be run as a formula by whoever opens the file."""
EXACT = 1e15
"""Below this a spreadsheet's number is the one that was typed; from here on its last digits are lost."""


def plain(text: str) -> str:
    """Text as it is meant: the quote that :func:`neutral` put before it taken off."""
    return text[1:] if text.startswith("'") and text.lstrip("'").startswith(DANGEROUS) else text


def neutral(value: Any) -> Any:
    """A value that no spreadsheet takes for a formula (OWASP ASVS: CSV and formula injection)."""
    return "'" + value if isinstance(value, str) and value.lstrip("'").startswith(DANGEROUS) else value


def cell(column: Column, value: Any) -> Any:
    """What a cell says: text, a day or None, true or false, a number or None, a list. Raises :class:`Refused`."""
    if value is None or (isinstance(value, str) and not value.strip()):
        if column.required:
            raise Refused(column.field, "不能为空，请填写", "must not be empty: fill it in")
        return {"yes": False, "day": None, "number": None, "roles": []}.get(column.form, "")
    return _READERS[column.form](column, value)


def _text(column: Column, value: Any) -> str:
    if isinstance(value, str):
        text = plain(value.strip())
        return text.upper() if column.field == "code" else text
    if (
        isinstance(value, float | int)
        and not isinstance(value, bool)
        and abs(value) < EXACT
        and value == int(value)
    ):
        return str(int(value))
    raise Refused(
        column.field, f"应为文字，却是 {value}；请设为文本格式后重新输入", f"should be text but is {value}: format the cell as text and type it again"
    )  # fmt: skip


_DAY = re.compile(
    r"(\d{4})(?:-(\d{1,2})-(\d{1,2})|/(\d{1,2})/(\d{1,2})|\.(\d{1,2})\.(\d{1,2})|年(\d{1,2})月(\d{1,2})日|(\d{2})(\d{2}))"
)


def _day(column: Column, value: Any) -> dt.date:
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        return value.date()
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return value
    text = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()
    match = _DAY.fullmatch(text)
    try:
        if match:
            year, month, day = (int(part) for part in match.groups() if part is not None)
            return dt.date(year, month, day)
    except ValueError:
        pass
    raise Refused(
        column.field,
        f"“{text[:30]}”不是日期，请写成 2026-01-01",
        f"{text[:30]!r} is no day: write it as 2026-01-01",
    )


_YES = {"是": True, "yes": True, "y": True, "1": True, "true": True, "√": True,
        "否": False, "no": False, "n": False, "0": False, "false": False}  # fmt: skip


def _yes(column: Column, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    text = _text(column, value).lower()
    if text not in _YES:
        raise Refused(
            column.field, f"“{text[:20]}”应为“是”或“否”", f"{text[:20]!r} should be 是 or 否 (yes or no)"
        )
    return _YES[text]


def _number(column: Column, value: Any) -> float:
    try:
        number = float(value) if not isinstance(value, bool | dt.date | dt.time) else math.nan
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if abs(number) < EXACT:  # neither what is no number nor what is infinite is below anything
        return number
    raise Refused(
        column.field,
        f"“{str(value)[:20]}”不是数，或绝对值达到一千万亿，请改正",
        f"{str(value)[:20]!r} is no number, or as large as 10^15: mend it",
    )


def _word(column: Column, text: str, words: Mapping[str, str]) -> str:
    for id, word in words.items():
        if text in (id, word):
            return id
    known = "、".join(words.values())
    raise Refused(
        column.field,
        f"“{text[:20]}”不在词表中，可用：{known}",
        f"{text[:20]!r} is none of: {', '.join(words)}",
    )


def _kind(column: Column, value: Any) -> str:
    return _word(column, _text(column, value), events.KINDS)


def _duty(column: Column, value: Any) -> str:
    return _word(column, _text(column, value), events.DUTIES)


def _roles(column: Column, value: Any) -> list[str]:
    parts = [part for part in re.split(r"[、,，;；\s]+", _text(column, value)) if part]
    return [_word(column, part, events.ROLES) for part in parts]


_READERS: dict[Form, Callable[[Column, Any], Any]] = {
    "text": _text, "day": _day, "yes": _yes, "number": _number, "kind": _kind, "roles": _roles, "duty": _duty,
}  # fmt: skip


def shown(column: Column, value: Any) -> Any:
    """A value as its cell is written, so that :func:`cell` reads it again."""
    if value is None:
        return ""
    if column.form == "yes":
        return "是" if value else "否"
    if column.form == "kind":
        return events.KINDS[value]
    if column.form == "duty":
        return events.DUTIES[value]
    if column.form == "roles":
        return "、".join(events.ROLES[role] for role in value)
    return neutral(value)
