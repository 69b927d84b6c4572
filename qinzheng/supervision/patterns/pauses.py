"""Clocks stopped by what the item's own law does not ask for (许可法 45).

Here such a pause is refused before it begins. What was handled elsewhere is a fact and is taken over as it was: then this
is where it shows. A pause that does not say which procedure it waits for accuses nobody, unless the item's law knows none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection

from qinzheng.cases import itemized
from qinzheng.cases.actions import item_of, procedure_of
from qinzheng.cases.acts import Act
from qinzheng.cases.engine import NotAllowed
from qinzheng.cases.items import SPECIAL_FIELD, telling
from qinzheng.cases.models import Case
from qinzheng.cases.queries import acts_of_many
from qinzheng.definitions import shelf
from qinzheng.measures.period import Period

AT_ONCE = 500
"""Cases whose acts are read in one question."""


def stopped(procedures: Collection[str], period: Period) -> tuple[int, dict[tuple[str, str], list[str]]]:
    """(cases whose clock a procedure of its own stopped in the period, unit and item → those stopped beside the law)."""
    acts = {act for id in procedures for act in telling(shelf.library().get("procedure", id))}
    rows = Case.objects.filter(
        procedure__in=procedures, situation__done__has_any_keys=sorted(acts), concerns=None
    )
    ids = list(rows.exclude(item="").order_by("pk").values_list("pk", flat=True))
    examined, found = 0, defaultdict(list)
    for begin in range(0, len(ids), AT_ONCE):
        part = ids[begin : begin + AT_ONCE]
        done = acts_of_many(part)
        for case in Case.objects.filter(pk__in=part).order_by("pk"):
            told = [act for act in done[case.pk] if act.name in acts]
            if any(period.first <= shelf.day(act.occurred_at) <= period.last for act in told):
                examined += 1
                if beside_the_law(case, told, period):
                    found[case.organization, case.item].append(case.pk)
    return examined, found


def beside_the_law(case: Case, told: list[Act], period: Period) -> bool:
    """Whether one of the acts of the period that stopped the clock is not asked for by the law of the case's item, or too long."""
    item, procedure = item_of(case), procedure_of(case)
    if item is None or item.special is None:
        return False
    for n, act in enumerate(told):
        named = act.form.get(SPECIAL_FIELD) is not None or not item.special
        if named and period.first <= shelf.day(act.occurred_at) <= period.last:
            try:
                itemized.check_special(procedure, item, act.name, act.form, told[:n])
            except NotAllowed:
                return True
    return False
