"""What must hold of a procedure beyond its shape: names, ways through, clocks that the law allows.

Registered for the kind ``procedure`` in ``qinzheng.wiring``; each complaint names the key and the remedy.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from qinzheng.calendars import queries as calendars
from qinzheng.calendars.build import IncompleteCalendar
from qinzheng.calendars.calendar import BeyondCalendar, Calendar
from qinzheng.cases import guards
from qinzheng.cases.schema import Procedure
from qinzheng.clocks import counting
from qinzheng.clocks.schema import Clock, Counting, Limit
from qinzheng.definitions.library import Complaint, Library
from qinzheng.definitions.strict import Path_

PAST_EVERY_BUDGET = 800
"""Days of the table left after a start for it to be compared: enough for two years."""


def check_procedure(procedure: Procedure, library: Library) -> Iterator[Complaint]:
    """Everything that is wrong with a procedure whose shape is right."""
    yield from _openings(procedure)
    yield from _names(procedure)
    yield from _ways(procedure)
    for name, clock in procedure.clocks.items():
        yield from _clock(procedure, name, clock, library)
    for name, variant in procedure.variants.items():
        yield from _variant(procedure, name, variant.committed, library)


# -- acts and states ----------------------------------------------------------------------------------


def _openings(procedure: Procedure) -> Iterator[Complaint]:
    opening = [name for name, act in procedure.acts.items() if act.opens]
    if not opening:
        yield Complaint(
            ("acts",),
            "没有开始的环节，请给一个环节写 opens: true",
            "no act opens a case: give one opens: true",
        )
    for name in opening:
        if procedure.acts[name].to is None:
            yield Complaint(
                ("acts", name),
                "开始的环节须写明进入的状态 to",
                "an opening act must name the state it leads to",
            )
    if not any(state.final for state in procedure.states.values()):
        yield Complaint(
            ("states",), "没有结束状态，请给一个状态写 final", "no state is final: give one a final"
        )


def _names(procedure: Procedure) -> Iterator[Complaint]:
    for name, act in procedure.acts.items():
        at: Path_ = ("acts", name)
        targets = [*([act.to] if act.to else []), *(outcome.to for outcome in act.outcomes)]
        yield from _unknown((*at, "from"), act.from_, procedure.states, "状态", "state")
        yield from _unknown((*at, "to"), targets, procedure.states, "状态", "state")
        fields = [outcome.field for outcome in act.outcomes] + ([act.assigns] if act.assigns else [])
        yield from _unknown((*at, "form"), fields, act.form, "表单栏", "form field")
        yield from _unknown(
            (*at, "joint"), [act.joint] if act.joint else [], procedure.joints, "会办组", "joint group"
        )
        for i, guard in enumerate(act.guards):
            yield from _unknown((*at, "guards", i), [guard.guard], guards.GUARDS, "守卫", "guard")
            yield from _unknown((*at, "guards", i), guard.acts, procedure.acts, "环节", "act")
        if not (act.opens or act.any_time or act.from_):
            yield Complaint(
                at,
                "写明 from、any_time 或 opens，否则无从办理",
                "state from, any_time or opens, or nobody can do it",
            )
    for name, joint in procedure.joints.items():
        yield from _unknown(
            ("joints", name), [joint.asked_by, joint.answered_by], procedure.acts, "环节", "act"
        )
        yield from _unknown(("joints", name, "then"), [joint.then], procedure.states, "状态", "state")
        asking = procedure.acts.get(joint.asked_by)
        if asking is not None:
            yield from _unknown(("joints", name), [joint.organizations], asking.form, "表单栏", "form field")
    for name, variant in procedure.variants.items():
        yield from _unknown(("variants", name, "without"), variant.without, procedure.acts, "环节", "act")
        yield from _unknown(
            ("variants", name, "committed"), variant.committed, procedure.clocks, "时钟", "clock"
        )


def _unknown(
    path: Path_, names: Iterable[str], known: Iterable[str], zh: str, en: str
) -> Iterator[Complaint]:
    held = set(known)
    for name in dict.fromkeys(names):
        if name not in held:
            listed = "、".join(sorted(held)) or "无"
            yield Complaint(
                path, f"没有{zh} {name}；可用：{listed}", f"there is no {en} {name}; known: {listed}"
            )


def _ways(procedure: Procedure) -> Iterator[Complaint]:
    """Every state can be reached, and every act entered by a mark is entered by some clock."""
    reached: set[str] = set()
    grew = True
    while grew:
        found = set(reached)
        for name, act in procedure.acts.items():
            if act.opens or act.any_time or reached.intersection(act.from_):
                found |= {act.to} if act.to else set()
                found |= {outcome.to for outcome in act.outcomes}
                found |= {joint.then for joint in procedure.joints.values() if joint.answered_by == name}
        grew, reached = found != reached, found
    for name in procedure.states:
        if name not in reached:
            yield Complaint(("states", name), "没有环节通向这个状态", "no act leads to this state")
    entered = {deems.act for clock in procedure.clocks.values() for deems in clock.deems}
    for name, act in procedure.acts.items():
        if act.system and name not in entered:
            yield Complaint(
                ("acts", name), "系统环节须由某个时钟的 deems 认定", "no clock's deems enters this system act"
            )


# -- clocks -------------------------------------------------------------------------------------------


def _clock(procedure: Procedure, name: str, clock: Clock, library: Library) -> Iterator[Complaint]:
    at: Path_ = ("clocks", name)
    yield from _unknown(at, sorted(clock.acts()), procedure.acts, "环节", "act")
    yield from _deems(procedure, at, clock)
    yield from _pauses(at, clock, library)
    complaints = list(_calendars(at, clock, library))
    yield from complaints
    if not complaints and clock.limits.statutory and clock.limits.committed:
        yield from _promise((*at, "limits", "committed"), clock, clock.limits.committed, library)


def _deems(procedure: Procedure, at: Path_, clock: Clock) -> Iterator[Complaint]:
    limits = [limit for limit in ("statutory", "committed", "own", "given") if getattr(clock.limits, limit)]
    for name, mark in clock.marks.items():
        yield from _unknown((*at, "marks", name), [mark.on], limits, "时限", "limit")
    for i, deems in enumerate(clock.deems):
        yield from _unknown((*at, "deems", i, "mark"), [deems.mark], [*limits, *clock.marks], "标记", "mark")
        act = procedure.acts.get(deems.act)
        if act is not None and not act.system:
            yield Complaint(
                (*at, "deems", i, "act"),
                f"认定的环节 {deems.act} 须写 system: true",
                f"the deemed act {deems.act} must say system: true",
            )


def _pauses(at: Path_, clock: Clock, library: Library) -> Iterator[Complaint]:
    """The law's time is stopped only by a reason that a law names; our own word is not enough."""
    if clock.limits.statutory is None:
        return
    for i, pause in enumerate(clock.pauses):
        if not any(binding(reference, library) for reference in pause.source):
            yield Complaint(
                (*at, "pauses", i, "source"),
                "法定期限只因法律写明的事由中止：请引法律条文，或删去这项中止",
                "a statutory limit pauses only for a reason that a law names: cite it, or remove the pause",
            )


def binding(reference: str, library: Library) -> bool:
    """Whether a reference names a text that binds somebody, not a choice of our own."""
    try:
        return bool(library.get("source", reference.partition("/")[0]).status != "ours")
    except KeyError:
        return False


def _countings(clock: Clock) -> Iterator[tuple[Path_, Counting]]:
    yield ("counting",), clock.counting
    for name in ("statutory", "committed", "own"):
        limit = getattr(clock.limits, name)
        if limit is not None and limit.counting is not None:
            yield ("limits", name, "counting"), limit.counting


def _calendars(at: Path_, clock: Clock, library: Library) -> Iterator[Complaint]:
    for path, rule in _countings(clock):
        try:
            calendars.calendar(library, rule.calendar)
        except IncompleteCalendar as why:
            yield Complaint((*at, *path, "calendar"), why.zh, why.en)


def _variant(
    procedure: Procedure, name: str, committed: dict[str, int], library: Library
) -> Iterator[Complaint]:
    for clock_name, amount in committed.items():
        clock = procedure.clocks.get(clock_name)
        if clock is None or clock.limits.statutory is None or list(_calendars((), clock, library)):
            continue
        promised = clock.limits.committed
        limit = Limit(
            amount=amount, source=clock.counting.source, counting=promised.counting if promised else None
        )
        yield from _promise(("variants", name, "committed", clock_name), clock, limit, library)


def _promise(path: Path_, clock: Clock, promise: Limit, library: Library) -> Iterator[Complaint]:
    """The promise is never longer than the law: compared in one unit, else on every day of the calendar."""
    law = clock.limits.statutory
    assert law is not None
    promised, legal = promise.counting or clock.counting, law.counting or clock.counting
    if promised == legal:
        if promise.amount > law.amount:
            yield Complaint(
                path,
                f"承诺 {promise.amount} 长于法定 {law.amount}（同一单位）：请缩短承诺",
                f"the promise of {promise.amount} exceeds the law's {law.amount} (same unit): shorten it",
            )
        return
    day = _first_day_longer(promised, promise.amount, legal, law.amount, library)
    if day is not None:
        yield Complaint(
            path,
            f"单位不同，逐日换算比较：自 {day} 起算时，承诺晚于法定到期。请缩短承诺",
            f"units differ, compared day by day: begun on {day} the promise ends after the law. Shorten it",
        )


def _first_day_longer(
    promised: Counting, promise: int, legal: Counting, law: int, library: Library
) -> str | None:
    ours, laws = _count(promised, library), _count(legal, library)
    calendar: Calendar = laws.calendar
    for day in range(1, calendar.days - PAST_EVERY_BUDGET):
        for start in (calendar.midnight[day], calendar.end(day)):
            try:
                if ours.due(start, 0, promise, 0) > laws.due(start, 0, law, 0):
                    return calendar.date(day).isoformat()
            except BeyondCalendar:
                continue
    return None


def _count(rule: Counting, library: Library) -> counting.Count:
    calendar = calendars.calendar(library, rule.calendar)
    return counting.family(calendar, rule.unit, rule.start_day, rule.ends, rule.last_day_off)
