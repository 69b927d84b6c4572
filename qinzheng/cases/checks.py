"""What must hold of a procedure beyond its shape: names, ways through, clocks that the law allows.

Registered for the kind ``procedure`` in ``qinzheng.wiring``; each complaint names the key and the remedy.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from qinzheng.cases import guards, limits
from qinzheng.cases.schema import Procedure
from qinzheng.clocks.schema import Clock
from qinzheng.definitions.library import Complaint, Library
from qinzheng.definitions.strict import Path_


def check_procedure(procedure: Procedure, library: Library) -> Iterator[Complaint]:
    """Everything that is wrong with a procedure whose shape is right."""
    yield from _openings(procedure)
    yield from _names(procedure)
    yield from _opinions(procedure, library)
    yield from _many(procedure)
    yield from _ways(procedure)
    for name, clock in procedure.clocks.items():
        yield from _clock(procedure, name, clock)
        yield from limits.check(("clocks", name), clock, library)
    yield from limits.check_variants(procedure, library)
    yield from _circles(procedure)


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


def _opinions(procedure: Procedure, library: Library) -> Iterator[Complaint]:
    known = {each.id for each in library.all("procedure")}
    for name, joint in procedure.joints.items():
        named = [joint.opinion] if joint.opinion is not None else []
        yield from _unknown(("joints", name, "opinion"), named, known, "程序", "procedure")


def _many(procedure: Procedure) -> Iterator[Complaint]:
    """What may be done to many cases at once: nothing that asks, opens or ends."""
    for name, act in procedure.acts.items():
        leads = [act.to, *(outcome.to for outcome in act.outcomes)]
        ends = any(procedure.states[to].final for to in leads if to in procedure.states)
        if act.many and (act.opens or ends or any(field.required for field in act.form.values())):
            yield Complaint(
                ("acts", name, "many"), "成批办理的环节不能开始或结束办件，也不能有必填栏：去掉 many，或改这个环节",
                "an act done for many cases neither opens nor ends one, and asks nothing: take many out, or change the act",
            )  # fmt: skip


def _names(procedure: Procedure) -> Iterator[Complaint]:
    for name, act in procedure.acts.items():
        at: Path_ = ("acts", name)
        targets = [*([act.to] if act.to else []), *(outcome.to for outcome in act.outcomes)]
        yield from _unknown((*at, "from"), act.from_, procedure.states, "状态", "state")
        yield from _unknown((*at, "to"), targets, procedure.states, "状态", "state")
        fields = [outcome.field for outcome in act.outcomes] + ([act.assigns] if act.assigns else [])
        fields += [name for guard in act.guards for name in guard.fields]
        fields += [act.happened] if act.happened else []
        yield from _unknown((*at, "form"), fields, act.form, "表单栏", "form field")
        yield from _unknown(
            (*at, "joint"), [act.joint] if act.joint else [], procedure.joints, "会办组", "joint group"
        )
        if act.desk is not None and (act.assigns is None or not act.opens):
            yield Complaint(
                (*at, "desk"),
                "desk 只用于开始环节，并须写 assigns",
                "a desk belongs to an opening act that says what it assigns",
            )
        if act.happened in act.form and act.form[act.happened].type != "day":
            yield Complaint(
                (*at, "happened"), "发生日的栏应为 type: day", "the day it happened is a field of type day"
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


def _clock(procedure: Procedure, name: str, clock: Clock) -> Iterator[Complaint]:
    at: Path_ = ("clocks", name)
    yield from _unknown(at, sorted(clock.acts()), procedure.acts, "环节", "act")
    yield from _marks(at, clock)
    yield from _deems(procedure, at, clock)
    yield from _forms(procedure, at, clock)


def _marks(at: Path_, clock: Clock) -> Iterator[Complaint]:
    """A mark stands beside the limits: under a limit's name it would pass for the limit itself."""
    for name, mark in clock.marks.items():
        yield from _unknown((*at, "marks", name), [mark.on], _limits(clock), "时限", "limit")
        if name.split("-")[0] in limits.NAMES:
            yield Complaint(
                (*at, "marks", name),
                f"标记不能叫 {name}：{'、'.join(limits.NAMES)} 是时限的名字，请另取一个",
                f"a mark cannot be called {name}: {', '.join(limits.NAMES)} are limits; choose another name",
            )


def _limits(clock: Clock) -> list[str]:
    return [limit for limit in limits.NAMES if getattr(clock.limits, limit)]


def _deems(procedure: Procedure, at: Path_, clock: Clock) -> Iterator[Complaint]:
    known = [*_limits(clock), *clock.marks]
    for i, deems in enumerate(clock.deems):
        yield from _unknown((*at, "deems", i, "mark"), [deems.mark], known, "标记", "mark")
        act = procedure.acts.get(deems.act)
        if act is not None and not act.system:
            yield Complaint(
                (*at, "deems", i, "act"),
                f"认定的环节 {deems.act} 须写 system: true",
                f"the deemed act {deems.act} must say system: true",
            )


def _forms(procedure: Procedure, at: Path_, clock: Clock) -> Iterator[Complaint]:
    """An act that moves a clock by a figure asks for it in its form; acts replayed from logs have no form."""
    asked = [(pause.by, "days") for pause in clock.pauses if pause.cap == "told"]
    asked += [(extension.by, "amount") for extension in clock.extends]
    asked += [(act, "due_at") for act in (*clock.starts, *clock.restarts) if clock.backward]
    for name, field in asked:
        act = procedure.acts.get(name)
        if act is not None and act.by and field not in act.form:
            yield Complaint(
                ("acts", name, "form"),
                f"时钟 {at[-1]} 要读“{name}”表单里的 {field}，请补上这一栏",
                f"clock {at[-1]} reads {field} in the form of {name}: add that field",
            )
    for i, extension in enumerate(clock.extends):
        act = procedure.acts.get(extension.by)
        if act is not None and act.by and act.by != [extension.approver]:
            yield Complaint(
                (*at, "extends", i, "approver"),
                f"“{extension.by}”须只由批准人 {extension.approver} 办理，请改 by",
                f"{extension.by} must be for the approver {extension.approver} alone: change its by",
            )


def _circles(procedure: Procedure) -> Iterator[Complaint]:
    """No clock whose running out enters acts that set it running again: it would wake itself for ever.

    The only effects that the passing of time has are deemed acts. A card is no act, and no condition listens to
    cards, so rules cannot wake one another.
    """
    starts = {name: {*clock.starts, *clock.restarts} for name, clock in procedure.clocks.items()}
    wakes = {
        name: {other for other, acts in starts.items() if acts & {deems.act for deems in clock.deems}}
        for name, clock in procedure.clocks.items()
    }
    for name in procedure.clocks:
        reached: set[str] = set()
        ahead = set(wakes[name])
        while ahead:
            reached |= ahead
            ahead = set().union(*(wakes[other] for other in ahead)) - reached
        if name in reached:
            yield Complaint(
                ("clocks", name, "deems"),
                "这个时钟走完所认定的环节又使它重新开始，永不停止：请去掉这个循环",
                "the act that this clock's end enters starts it again, without end: break the circle",
            )
