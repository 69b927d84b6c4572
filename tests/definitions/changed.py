"""A shipped definition with one thing changed, as an author might change it."""

from __future__ import annotations

from typing import Any

from qinzheng.cases import checks as case_checks
from qinzheng.cases.schema import Procedure
from qinzheng.definitions import strict
from qinzheng.definitions.library import Complaint
from qinzheng.supervision import checks as rule_checks
from qinzheng.supervision.schema import Rule
from tests.library import library

GONE = object()


def changed(kind: str, id: str, *changes: tuple[str, Any]) -> dict[str, Any]:
    """The document with the value at each dotted path replaced, or taken out (``GONE``)."""
    held = library()
    document = strict.documents(held.text(held.get(kind, id)))[0].value
    for path, value in changes:
        *way, last = path.split(".")
        part = document
        for step in way:
            part = part[int(step) if isinstance(part, list) else step]
        if value is GONE:
            del part[last]
        else:
            part[int(last) if isinstance(part, list) else last] = value
    return dict(document)


def procedure_complaints(id: str, *changes: tuple[str, Any]) -> list[Complaint]:
    return list(
        case_checks.check_procedure(Procedure.model_validate(changed("procedure", id, *changes)), library())
    )


def rule_complaints(id: str, *changes: tuple[str, Any]) -> list[Complaint]:
    return list(rule_checks.check_rule(Rule.model_validate(changed("rule", id, *changes)), library()))


def where(complaints: list[Complaint]) -> set[str]:
    return {".".join(map(str, complaint.path)) for complaint in complaints}
