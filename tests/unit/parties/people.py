"""Canaries: people and firms whose every value can be searched for, and where the tests search."""

import datetime as dt
from typing import Any

from django.db import connection

from qinzheng.ledger import projections
from qinzheng.ledger import queries as ledger
from qinzheng.ledger.queries import StoredEvent
from qinzheng.parties import codes, queries, replay
from qinzheng.parties.models import Party

CITIZEN: dict[str, Any] = {
    "name": "金丝雀甲", "identity_number": "11010519491231002X", "phone": "13987650001", "address": "清和市鸣雀路七十七号",
    "contacts": [{"way": "email", "value": "canary.mail@example.cn"}, {"way": "wechat", "value": "wx_canary_77"}],
}  # fmt: skip
FIRM: dict[str, Any] = {
    "name": "清和市雀鸣精密机械有限公司", "enterprise_code": "91330100799655058B", "phone": "051257770001",
    "address": "清和市雀巢工业园九号", "legal_representative": "雀无双", "contact_person": "雀小二",
}  # fmt: skip
TEXT = "雀舌楼上夜里太吵"
REASON = "雀查实后调整"
BY = "p-0123456789ab"


def values(*held: object) -> list[str]:
    """Every text in the fields, contacts included."""
    found: list[str] = []
    for one in held:
        if isinstance(one, str):
            found.append(one)
        elif isinstance(one, dict):
            found += values(*(value for key, value in one.items() if key != "way"))
        elif isinstance(one, list):
            found += values(*one)
    return found


CANARIES = values(CITIZEN, FIRM, TEXT, REASON)


def citizen(number: int, **more: Any) -> dict[str, Any]:
    """Another citizen."""
    born = dt.date(1980, 1, 1) + dt.timedelta(days=number // 1000)
    return {"name": f"王{chr(0x4E00 + number % 5000)}",
            "identity_number": codes.make_identity_number("320583", born, number % 1000), **more}  # fmt: skip


def firm(number: int, **more: Any) -> dict[str, Any]:
    """Another enterprise."""
    return {"name": f"清和第{number}号机械厂", "enterprise_code": codes.make_enterprise_code("320583", number),
            "phone": f"0512{57000000 + number}", **more}  # fmt: skip


def in_ledger() -> list[str]:
    """The canaries that stand in any column of any event."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT e::text, convert_from(e.body, 'UTF8') FROM ledger_event e")
        whole = "\n".join(part for row in cursor.fetchall() for part in row)
    assert whole
    return [canary for canary in CANARIES if canary in whole]


def differences() -> list[str]:
    """How the tables differ from what the ledger says."""
    before, projections.PROJECTIONS[:] = list(projections.PROJECTIONS), replay.PROJECTIONS
    try:
        return [str(one) for one in projections.check()]
    finally:
        projections.PROJECTIONS[:] = before


def row(id: str) -> dict[str, Any]:
    """A party's row, every column."""
    (found,) = Party.objects.filter(pk=id).values()
    return {name: bytes(value) if isinstance(value, memoryview) else value for name, value in found.items()}


def types(subject: str) -> list[str]:
    """The types of a subject's events, without the package."""
    return [event.type.removeprefix("parties.") for event in ledger.history(subject)]


def body(subject: str) -> dict[str, Any]:
    """What a subject's last event says."""
    last: StoredEvent = ledger.history(subject)[-1]
    return last.body


def found_by_code(code: str) -> Party:
    """The party that must be found."""
    found = queries.find_by_code(code)
    assert found is not None
    return found
