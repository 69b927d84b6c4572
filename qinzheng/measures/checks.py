"""What must hold of a measure beyond its shape: every name in it exists, and every procedure it names can count.

Registered for the kind ``measure`` in ``qinzheng.wiring``. Procedures and rules are read from the library by
attribute: their shapes belong to packages that this one does not know.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from qinzheng.calendars import queries as calendars
from qinzheng.calendars.build import IncompleteCalendar
from qinzheng.definitions.library import Complaint, Library
from qinzheng.definitions.strict import Path_
from qinzheng.measures.schema import Filter, Measure, Rate


def check_measure(measure: Measure, library: Library) -> Iterator[Complaint]:
    """Everything that is wrong with a measure whose shape is right."""
    try:
        calendars.calendar(library, measure.calendar)
    except IncompleteCalendar as why:
        yield Complaint(("calendar",), why.zh, why.en)
    yield from _filter(("filter",), measure.filter, measure.filter, library)
    if isinstance(measure.value, Rate):
        yield from _filter(("value", "numerator"), measure.value.numerator, measure.filter, library)


def _filter(at: Path_, filter: Filter, whole: Filter, library: Library) -> Iterator[Complaint]:
    every = {procedure.id: procedure for procedure in library.all("procedure")}
    named = filter.procedures or whole.procedures
    yield from unknown((*at, "procedures"), filter.procedures or (), every, "程序", "procedure")
    chosen = [every[name] for name in (named or every) if name in every]
    for key, part, zh, en in (("acts", "acts", "动作", "act"), ("clocks", "clocks", "时钟", "clock")):
        names = getattr(filter, key)
        if names is None:
            continue
        known = {name for procedure in chosen for name in getattr(procedure, part)}
        yield from unknown((*at, key), names, known, zh, en)
        for procedure in chosen if named else ():
            if not set(names) & set(getattr(procedure, part)):
                yield Complaint(
                    (*at, key),
                    f"程序 {procedure.id} 没有所列的任何{zh}，永远计不到：请补上或从 procedures 删去",
                    f"procedure {procedure.id} has none of these {part} and can never be counted: "
                    f"name one of its own, or take it off procedures",
                )
    rules = {rule.id: rule for rule in library.all("rule")}
    yield from unknown((*at, "rules"), filter.rules or (), rules, "规则", "rule")
    conditions = {rule.when.condition for rule in rules.values()}
    yield from unknown((*at, "conditions"), filter.conditions or (), conditions, "条件", "condition")
    if filter.variants:
        variants = {"", *(name for procedure in chosen for name in procedure.variants)}
        yield from unknown((*at, "variants"), filter.variants, variants, "情形", "variant")


def unknown(path: Path_, names: Iterable[str], known: Iterable[str], zh: str, en: str) -> Iterator[Complaint]:
    """A complaint for each name that is not known, with the names that are."""
    held: set[Any] = set(known)
    for i, name in enumerate(names):
        if name not in held:
            listed = "、".join(sorted(held)) or "无"
            yield Complaint(
                (*path, i), f"没有{zh} {name}；可用：{listed}", f"there is no {en} {name}; known: {listed}"
            )
