"""What must hold of a calendar beyond its shape: it can be built, with the years and the base that it names.

Registered for the kind ``calendar`` in ``qinzheng.wiring``.
"""

from __future__ import annotations

from collections.abc import Iterator

from qinzheng.calendars import queries, schema
from qinzheng.calendars.build import IncompleteCalendar
from qinzheng.definitions.library import Complaint, Library


def check_calendar(definition: schema.CalendarDefinition, library: Library) -> Iterator[Complaint]:
    """Everything that is wrong with a calendar whose shape is right."""
    if isinstance(definition, schema.CalendarYear):
        heads = [d.id for d in library.all("calendar") if isinstance(d, schema.CalendarHead)]
        if definition.calendar not in heads:
            known = ", ".join(sorted(set(heads))) or "—"
            yield Complaint(
                ("calendar",),
                f"没有日历 {definition.calendar}；可用：{known}",
                f"there is no calendar {definition.calendar}; known: {known}",
            )
        return
    try:
        queries.calendar(library, definition.id)
    except IncompleteCalendar as why:
        key = "base" if isinstance(definition, schema.CalendarOverlay) else "covers"
        yield Complaint((key,), why.zh, why.en)
