"""Case numbers: our own, whose form is a definition, and those that other systems gave the case."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection

from qinzheng.cases.doors import Changed, Standing
from qinzheng.cases.engine import NotAllowed
from qinzheng.cases.schema import Procedure
from qinzheng.definitions import shelf
from qinzheng.ledger import actions as ledger

_NEXT = (
    "SELECT now, year, known, stands, CASE WHEN NOT known AND stands = %s THEN nextval(to_regclass(%s::text || year)) END "
    "FROM (SELECT now, extract(year FROM now AT TIME ZONE %s::text)::int AS year, "
    "EXISTS (SELECT FROM ledger_event WHERE id = %s) AS known, ({asks}) AS stands "
    "FROM (SELECT clock_timestamp() AS now OFFSET 0) AS clock OFFSET 0) AS today"
)
_NOBODY = Standing(("SELECT ''::text", []), "")


class Known(Exception):
    """The key did something already: no number is drawn."""


def following(
    procedure: Procedure, key: uuid.UUID | None = None, standing: Standing | None = None
) -> tuple[int, str]:
    """The database's clock, and the next number of the procedure's series: BEGIN and all in one flush.

    Each prefix and year has a sequence of its own, so writers do not wait for each other. A number whose
    opening was rolled back is not given again: a series may have gaps. None is drawn where the ``key`` has been
    used (:class:`Known`), nor for rights that have changed (:class:`~qinzheng.cases.doors.Changed`).
    """
    series = f"cases_number_{procedure.number.prefix.lower()}"
    rights = standing or _NOBODY
    now, year, known, stands, serial = _asked(series, key, rights)
    if known:
        raise Known
    if stands != rights.stands:
        raise Changed
    if serial is None:
        _begin(f"{series}{year}")
        now, year, _, _, serial = _asked(series, None, _NOBODY)
    moment = ledger.microseconds(now) or 0
    month = now.astimezone(shelf.ZONE).month
    return moment, procedure.number.form.format(
        prefix=procedure.number.prefix, year=year, month=month, serial=serial
    )


def _asked(series: str, key: uuid.UUID | None, standing: Standing) -> Any:
    raw = connection.connection
    asks, parameters = standing.asks
    with connection.wrap_database_errors, raw.cursor() as cursor:
        with raw.pipeline():
            cursor.execute(
                _NEXT.format(asks=asks), [standing.stands, series, str(shelf.ZONE), key, *parameters]
            )
        return cursor.fetchone()


def block(procedure: Procedure, years: Sequence[tuple[int, int]]) -> list[str]:
    """The next numbers of the procedure's series, one for each (year, month), in their order."""
    found: list[str] = [""] * len(years)
    for year in sorted({year for year, _ in years}):
        places = [place for place, each in enumerate(years) if each[0] == year]
        for place, serial in zip(places, _serials(procedure, year, len(places)), strict=True):
            found[place] = procedure.number.form.format(
                prefix=procedure.number.prefix, year=year, month=years[place][1], serial=serial
            )
    return found


def _serials(procedure: Procedure, year: int, number: int) -> list[int]:
    series = f"cases_number_{procedure.number.prefix.lower()}{year}"
    with connection.cursor() as cursor:
        while True:
            cursor.execute(
                "SELECT nextval(to_regclass(%s::text)) FROM generate_series(1, %s)", [series, number]
            )
            serials = [serial for (serial,) in cursor.fetchall()]
            if None not in serials:
                return serials
            _begin(series)  # nobody waits for anybody but in the first moment of a year


def _begin(series: str) -> None:
    """The first number of a year: the first writer makes the sequence, the others wait for it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [series])
        cursor.execute(f'CREATE SEQUENCE IF NOT EXISTS "{series}"')


def check_outside(procedure: Procedure, numbers: Mapping[str, str]) -> None:
    """Raise :class:`NotAllowed` for a kind of outside number that the procedure does not know, or an empty one."""
    for kind, number in numbers.items():
        if kind not in procedure.number.outside:
            known = "、".join(procedure.number.outside) or "无"
            raise NotAllowed(
                f"没有外部编号种类 {kind}，可用：{known}",
                f"no kind of outside number {kind}; known: {known}",
                kind,
            )
        if not number.strip() or len(number) > 80:
            raise NotAllowed("外部编号为 1 至 80 字", "an outside number has 1 to 80 characters", kind)


def insert(case_id: str, numbers: Mapping[str, str]) -> list[tuple[str, Sequence[Any]]]:
    """The statements that keep the outside numbers."""
    return [
        ("INSERT INTO cases_outside_number (case_id, kind, number) VALUES (%s, %s, %s)", [case_id, kind, number])
        for kind, number in numbers.items()
    ]  # fmt: skip
