"""What a form claims beyond its own words: the day on which the act happened, and units that must exist."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from qinzheng.cases.acts import Told
from qinzheng.cases.engine import NotAllowed
from qinzheng.cases.fields import BadForm
from qinzheng.cases.schema import Act, Procedure
from qinzheng.definitions import shelf
from qinzheng.ledger import actions as ledger
from qinzheng.organizations import queries as organizations

TERM = "due_at"
"""The field by which an act tells a term (``limits.given``)."""


def check_units(act: Act, form: Mapping[str, Any]) -> None:
    """Raise :class:`~qinzheng.cases.fields.BadForm` where a field that names a unit names one that does not exist."""
    named = {key: form[key] for key, field in act.form.items() if field.unit and key in form}
    if not named:
        return
    listed = {key: [value] if isinstance(value, str) else list(value) for key, value in named.items()}
    known = organizations.organizations({unit for units in listed.values() for unit in units})
    faults = {
        key: (f"没有单位 {'、'.join(missing)}", f"there is no unit {', '.join(missing)}")
        for key, units in listed.items()
        if (missing := [unit for unit in units if unit not in known])
    }
    if faults:
        raise BadForm(faults)


def check_term(procedure: Procedure, name: str, form: Mapping[str, Any], claimed: int) -> None:
    """Raise :class:`NotAllowed` where the act starts a clock whose term it tells, and that term is over before it began."""
    starts = any(
        clock.limits.given is not None and name in (*clock.starts, *clock.restarts)
        for clock in procedure.clocks.values()
    )
    if not starts or TERM not in form:
        return
    told = dt.datetime.fromisoformat(form[TERM])
    term = ledger.microseconds(told if told.tzinfo else told.replace(tzinfo=shelf.ZONE))
    if term is not None and term <= claimed:
        field = procedure.acts[name].form[TERM].name
        raise NotAllowed(
            f"“{field.zh}”须晚于办理之时", f"{field.en} must lie after the act that tells it", TERM
        )


def on_its_day(act: Act, told: Told, form: Mapping[str, Any], now: int) -> Told:
    """What is told, put on the day that the form says it happened; one day is said once.

    Raises :class:`NotAllowed` where the day is to come, or another moment was told besides.
    """
    if act.happened is None or act.happened not in form:
        return told
    day, name = dt.date.fromisoformat(form[act.happened]), act.form[act.happened].name
    if day > shelf.day(now):
        raise NotAllowed(f"“{name.zh}”不能晚于今天", f"{name.en} cannot be later than today", act.happened)
    if told.occurred_at is not None:
        if shelf.day(told.occurred_at) != day:
            raise NotAllowed(
                f"“{name.zh}”与所填发生时间不是同一天",
                f"{name.en} and the time stated are two days",
                act.happened,
            )
        return told
    if day == shelf.day(now):
        return told
    begins = ledger.microseconds(dt.datetime.combine(day, dt.time(), shelf.ZONE))
    return replace(told, occurred_at=begins, precision="day")
