"""From a row to a record: each column in the receiver's form, or the first reason why the record cannot go."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
import uuid
from dataclasses import dataclass, field
from typing import Any

from qinzheng.definitions import shelf
from qinzheng.definitions.form import Text
from qinzheng.exchange.upward.facts import Facts, Row, Value
from qinzheng.exchange.upward.schema import Column, DataSet

SPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:qinzheng:record-reported-upward")
OURS: dict[str, tuple[Text, Text]] = {
    "required": (Text(zh="必填而为空", en="is required and empty"),
                 Text(zh="在办件或当事人登记中补上", en="enter it in the case or in the party's record")),
    "too_long": (Text(zh="超过规定长度", en="is longer than agreed"),
                 Text(zh="改短，或与接收方商定更大的长度", en="shorten it, or agree on a greater length with the receiver")),
    "format": (Text(zh="不合规定格式", en="is not in the agreed form"),
               Text(zh="更正该项内容", en="correct it")),
    "no_code": (Text(zh="代码表中没有对应值", en="has no counterpart in the list of codes"),
                Text(zh="请管理员在上报定义的 codes 中补上对应", en="let an administrator add it to the definition's codes")),
}  # fmt: skip
"""Why we hold a record back ourselves: the fault, and what to mend."""


@dataclass(frozen=True)
class Drawn:
    """A record as it would be sent now: its columns, or the code and column of the first fault."""

    id: str
    occurrence: str
    columns: dict[str, Any] = field(default_factory=dict)
    code: str = ""
    column: str = ""
    content: str = ""


def record_id(report: str, dataset: str, case: str, occurrence: str) -> str:
    """The name of a record for ever (RFC 9562, version 5)."""
    return str(uuid.uuid5(SPACE, "\n".join((report, dataset, case, occurrence))))


def draw(report: str, name: str, dataset: DataSet, facts: Facts, row: Row) -> Drawn:
    """The record of a row: personal columns are left out, they are opened when the packet goes out."""
    id = record_id(report, name, row.case.pk, row.occurrence)
    columns: dict[str, Any] = {}
    fault = ("", "")
    for key, column in dataset.columns.items():
        if column.personal:
            continue
        value, code = formed(column, facts.value(column, row))
        columns[key] = value
        if code and not fault[0]:
            fault = (code, key)
    return Drawn(id, row.occurrence, columns, *fault, content(columns, facts.standing(dataset, row)))


def content(columns: dict[str, Any], standing: list[str]) -> str:
    """A digest by which two versions are told apart; it never leaves us."""
    raw = json.dumps([columns, standing], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(raw.encode()).hexdigest()


def formed(column: Column, value: Value) -> tuple[str | int | None, str]:
    """The value as the receiver wants it, and "" or the code of what is wrong with it."""
    told: str | int | None
    if value is None or value == "":
        told = column.otherwise if column.as_ == "code" else None
        return told, "required" if told is None and column.required else ""
    if column.as_ == "code":
        key = str(value).lower() if isinstance(value, bool) else str(value)
        told = column.codes.get(key, column.otherwise)
        return told, "no_code" if told is None else ""
    if isinstance(value, dt.datetime):
        told = _time(column, value)
    elif column.as_ == "number":
        told = int(value)
    else:
        told = str(value)
    if isinstance(told, str) and column.longest is not None and len(told) > column.longest:
        return told, "too_long"
    if column.pattern is not None and not re.fullmatch(column.pattern, str(told)):
        return told, "format"
    return told, ""


def _time(column: Column, value: dt.datetime) -> str:
    """In Beijing's zone, as the receiver reads times; ``iso`` of an instant says the zone."""
    here = value.astimezone(shelf.ZONE)
    if column.form != "iso":
        return here.strftime(column.form)
    return here.date().isoformat() if column.as_ == "day" else here.isoformat(timespec="seconds")
