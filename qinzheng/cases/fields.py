"""Checks an act's form against its definition: every fault at once, each naming its field and the remedy."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from qinzheng.cases.schema import Act, Field_


class BadForm(Exception):
    """Faults by field: (Chinese, English)."""

    def __init__(self, faults: Mapping[str, tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{name}: {zh} / {en}" for name, (zh, en) in faults.items()))
        self.faults = dict(faults)


def check(act: Act, form: Mapping[str, Any]) -> dict[str, Any]:
    """The form with only known fields, or :class:`BadForm`. Personal fields hold references only."""
    faults: dict[str, tuple[str, str]] = {}
    for name in form:
        if name not in act.form:
            faults[name] = ("没有这一栏", "there is no such field")
    for name, field in act.form.items():
        value = form.get(name)
        if value is None or value in ("", []):
            if field.required:
                faults[name] = (f"请填写“{field.name.zh}”", f"fill in {field.name.en}")
            continue
        fault = _fault(field, value)
        if fault:
            faults[name] = fault
    if faults:
        raise BadForm(faults)
    return kept({name: form.get(name) for name in act.form})


def partial(act: Act, form: Mapping[str, Any]) -> dict[str, Any]:
    """What another system says of an act: fields that we know and can read, none of them required."""
    faults = {
        name: fault
        for name, value in kept(form).items()
        if name in act.form and (fault := _fault(act.form[name], value)) is not None
    }
    if faults:
        raise BadForm(faults)
    return {name: value for name, value in kept(form).items() if name in act.form}


def kept(form: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that say something: what the ledger keeps."""
    return {name: value for name, value in form.items() if value is not None and value not in ("", [])}


def _fault(field: Field_, value: Any) -> tuple[str, str] | None:
    if field.type == "integer":
        return _integer(field, value)
    if field.type == "boolean":
        return None if isinstance(value, bool) else ("应为是或否", "must be yes or no")
    if field.type == "choice":
        known = "、".join(field.choices)
        return None if value in field.choices else (f"应为其中之一：{known}", f"must be one of {known}")
    if field.type in ("day", "instant"):
        return _time(field.type, value)
    if isinstance(value, list):
        return (
            None
            if all(isinstance(part, str) and part for part in value)
            else ("应为文字列表", "must be a list of texts")
        )
    if not isinstance(value, str):
        return "应为文字", "must be text"
    if field.most is not None and len(value) > field.most:
        return f"不超过 {field.most} 字", f"at most {field.most} characters"
    return None


def _integer(field: Field_, value: Any) -> tuple[str, str] | None:
    if isinstance(value, bool) or not isinstance(value, int):
        return "应为整数", "must be a whole number"
    if field.least is not None and value < field.least:
        return f"不小于 {field.least}", f"at least {field.least}"
    if field.most is not None and value > field.most:
        return f"不大于 {field.most}", f"at most {field.most}"
    return None


def _time(type: str, value: Any) -> tuple[str, str] | None:
    try:
        if type == "day":
            dt.date.fromisoformat(value)
        else:
            dt.datetime.fromisoformat(value)
    except (TypeError, ValueError):
        form = "YYYY-MM-DD" if type == "day" else "YYYY-MM-DDThh:mm"
        return f"应为 {form}", f"must be {form}"
    return None
