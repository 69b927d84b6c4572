"""Running cases taken to another edition of their procedure: rehearsed, shown, reasoned, logged.

A running case keeps the edition that it began under. Where a city means to move it, the move is rehearsed
first: every case goes through the real transaction, which is then rolled back, and what its clocks would
show is written into a plan. Running the plan moves only what does exactly what the plan says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.db import transaction

from qinzheng.cases import actions
from qinzheng.cases.engine import NotAllowed, Who
from qinzheng.cases.models import Case
from qinzheng.cases.schema import Procedure
from qinzheng.clocks.models import Clock
from qinzheng.definitions import shelf

REHEARSAL = Who("rehearsal", "", "system")
Line = dict[str, Any]
"""``case``, ``from``, ``to``, ``state``, ``becomes``, ``clocks`` [{``clock``, ``before``, ``after``}], ``refused``"""


def rehearse(
    procedure_id: str, edition: str, states: Mapping[str, str], variant: str | None = None
) -> Iterator[Line]:
    """What moving each running case of the procedure to ``edition`` would do; nothing is kept.

    ``states``: where a state of the old edition goes by another name in the new one. Raises
    :class:`~qinzheng.definitions.shelf.NotPublished` for an edition that is not published.
    """
    procedure: Procedure = shelf.edition("procedure", procedure_id, edition).definition
    unknown = sorted(set(states.values()) - set(procedure.states))
    if unknown:
        raise NotAllowed(
            f"新版本没有状态 {'、'.join(unknown)}",
            f"the new edition has no state {', '.join(unknown)}",
            "state",
        )
    running = Case.objects.filter(procedure=procedure_id, closed_at=None).exclude(edition=edition)
    if variant is not None:
        running = running.filter(variant=variant)
    for case_id in running.order_by("opened_at", "id").values_list("pk", flat=True):
        with transaction.atomic():
            yield _move(case_id, procedure, edition, states, REHEARSAL, "rehearsal")
            transaction.set_rollback(True)


def run(plan: Line, who: Who, reason: str) -> str:
    """Move one case as its line of the plan says: ``moved``, ``already`` there, or what was ``changed`` since.

    Raises :class:`~qinzheng.cases.engine.NotAllowed` without a reason.
    """
    if not reason.strip():
        raise NotAllowed("请写明迁移的理由", "a migration needs a reason", "reason")
    case = Case.objects.get(pk=plan["case"])
    if case.edition == plan["to"]:
        return "already"
    if plan["refused"]:
        return "refused"
    procedure: Procedure = shelf.edition("procedure", case.procedure, plan["to"]).definition
    states = {plan["state"]: plan["becomes"]}
    with transaction.atomic():
        line = _move(plan["case"], procedure, plan["to"], states, who, reason)
        if line != plan:
            transaction.set_rollback(True)
            return "changed"
    return "moved"


def _move(
    case_id: str, procedure: Procedure, edition: str, states: Mapping[str, str], who: Who, reason: str
) -> Line:
    """Move the case inside the caller's transaction, and say what became of its clocks."""
    case = Case.objects.select_for_update().get(pk=case_id)
    becomes = states.get(case.state, case.state)
    line: Line = {"case": case_id, "from": case.edition, "to": edition, "state": case.state, "becomes": becomes,
                  "clocks": [], "refused": _refusal(procedure, case, becomes)}  # fmt: skip
    if line["refused"]:
        return line
    before = _clocks(case_id)
    try:
        actions.move_edition(case_id, edition, becomes, who, reason)
    except NotAllowed as why:
        return {**line, "refused": str(why)}
    after = _clocks(case_id)
    line["clocks"] = [
        {"clock": name, "ordinal": ordinal, "before": before.get((name, ordinal)), "after": after.get((name, ordinal))}
        for name, ordinal in sorted(before.keys() | after.keys())
        if before.get((name, ordinal)) != after.get((name, ordinal))
    ]  # fmt: skip
    return line


def _refusal(procedure: Procedure, case: Case, becomes: str) -> str:
    """Why the new edition cannot take the case; empty where it can."""
    if becomes not in procedure.states:
        return f"新版本没有状态 {becomes}，请用 --state {becomes}=新状态 / no state {becomes} there: say --state {becomes}=NEW"
    gone = sorted(set(case.situation.get("done", {})) - set(procedure.acts))
    if gone:
        return f"新版本没有已做的环节 {'、'.join(gone)} / acts done are not in the new edition: {', '.join(gone)}"
    if case.variant and case.variant not in procedure.variants:
        return f"新版本没有变体 {case.variant} / no variant {case.variant} in the new edition"
    was = shelf.edition("procedure", case.procedure, case.edition).definition.states[case.state].final
    if bool(was) != bool(procedure.states[becomes].final):
        return f"新版本中状态 {becomes} 的办结与否不同 / the state {becomes} is final in one edition only"
    return ""


def _clocks(case_id: str) -> dict[tuple[str, int], dict[str, Any]]:
    return {
        (clock.clock, clock.ordinal): {
            "due": clock.due_at.isoformat() if clock.due_at else None,
            "promise": clock.promised_at.isoformat() if clock.promised_at else None,
            "ending": clock.ending,
        }
        for clock in Clock.objects.filter(case=case_id)
    }
