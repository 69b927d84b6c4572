"""What may be done to a case, and where it leads. Pure: no database, no clock on the wall.

Who may and when it may are two questions; each refusal is a sentence for the person who acts. Where an
act leads is said here once: the kernel of supervision is told by :func:`led`, and follows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from qinzheng.cases import guards
from qinzheng.cases.schema import Act, Procedure

Joints = Mapping[str, Mapping[str, list[str]]]
"""joint group → ``asked`` and ``answered``: organizations"""


class NotAllowed(Exception):
    """The act is refused: the sentence in two languages, and the field it is about, if any."""

    def __init__(self, zh: str, en: str, field: str = "") -> None:
        super().__init__(f"{zh} / {en}")
        self.zh = zh
        self.en = en
        self.field = field


@dataclass(frozen=True)
class Who:
    """Who acts: a post by its stable pseudonym, for an organization, in a role."""

    actor: str
    organization: str
    role: str


class Performed(Protocol):
    """An act as it was done: all that the engine reads of it."""

    @property
    def name(self) -> str: ...
    @property
    def who(self) -> Who: ...
    @property
    def form(self) -> Mapping[str, Any]: ...


@dataclass(frozen=True)
class Situation:
    """Where a case stands: its state, how often each act was done, and who has answered in joint groups."""

    state: str
    organization: str
    done: Mapping[str, int] = field(default_factory=dict)
    joints: Joints = field(default_factory=dict)


def check_may(procedure: Procedure, name: str, who: Who) -> Act:
    """The act, if the role may do it at all; raises :class:`NotAllowed`."""
    act = procedure.acts.get(name)
    if act is None:
        raise NotAllowed(f"没有“{name}”这个环节", f"there is no act {name}")
    if act.system:
        raise NotAllowed(f"“{act.name.zh}”只由系统认定", f"{act.name.en} is entered by the system only")
    if who.role not in act.by:
        allowed = "、".join(act.by) or "无"
        raise NotAllowed(
            f"“{act.name.zh}”不由 {who.role} 办理，应为 {allowed}",
            f"{act.name.en} is not for {who.role}, but for {allowed}",
        )
    return act


def check_now(
    procedure: Procedure, situation: Situation, name: str, who: Who, form: Mapping[str, Any]
) -> None:
    """Raise :class:`NotAllowed` unless the act fits the state, its guards and its joint group."""
    act = procedure.acts[name]
    here = procedure.states[situation.state]
    if act.opens:
        raise NotAllowed("办件已经开始", "the case has been opened already")
    if act.any_time:
        if here.final and "reopening" not in act.traits:
            raise NotAllowed(f"办件已结束（{here.name.zh}）", f"the case has ended ({here.name.en})")
    elif situation.state not in act.from_:
        names = "、".join(procedure.states[state].name.zh for state in act.from_)
        raise NotAllowed(
            f"现为“{here.name.zh}”，“{act.name.zh}”应在“{names}”时办理",
            f"the case is {here.name.en}; {act.name.en} is done when it is {', '.join(act.from_)}",
        )
    if act.by_holder and who.organization != situation.organization:
        raise NotAllowed(
            f"“{act.name.zh}”由承办单位办理：{situation.organization}",
            f"{act.name.en} is for the unit that holds the case: {situation.organization}",
        )
    if act.once and situation.done.get(name):
        raise NotAllowed(f"“{act.name.zh}”只能办理一次", f"{act.name.en} can be done once only")
    for guard in act.guards:
        refusal = guards.check(guard, situation.done, form)
        if refusal is not None:
            raise NotAllowed(*refusal, guard.field or next(iter(guard.fields), ""))
    for key, joint in procedure.joints.items():
        if joint.asked_by == name:
            _check_asked(listed(form.get(joint.organizations)), joint.quorum or 1, joint.organizations)
        elif joint.answered_by == name:
            _check_answer(situation.joints.get(key), who)


def _check_asked(asked: list[str], least: int, field: str) -> None:
    if len(asked) < least:
        raise NotAllowed(f"至少征求 {least} 个单位的意见", f"ask at least {least} organization(s)", field)


def _check_answer(group: Mapping[str, list[str]] | None, who: Who) -> None:
    if group is None:
        raise NotAllowed("还没有征求会办单位意见", "no joint opinion has been asked for yet")
    if who.organization not in group["asked"]:
        raise NotAllowed(f"{who.organization} 不在会办单位之列", f"{who.organization} was not asked")
    if who.organization in group["answered"]:
        raise NotAllowed(f"{who.organization} 已经答复", f"{who.organization} has answered already")


def after(
    procedure: Procedure, situation: Situation, name: str, who: Who, form: Mapping[str, Any]
) -> Situation:
    """The situation after the act. The event counts for whoever acted; then the case is assigned."""
    act = procedure.acts[name]
    joints, enough = _joined(procedure, situation.joints, name, who, form)
    state = enough or _outcome(act, form) or act.to or situation.state
    organization = situation.organization
    if act.assigns and form.get(act.assigns):
        organization = str(form[act.assigns])
    done = {**situation.done, name: situation.done.get(name, 0) + 1}
    return Situation(state, organization, done, joints)


def led(
    procedure: Procedure, joints: Joints, name: str, who: Who, form: Mapping[str, Any]
) -> tuple[Joints, str | None]:
    """The joint groups after the act, and the state it led to where its definition alone does not say."""
    act = procedure.acts.get(name)
    if act is None:
        return joints, None
    joints, enough = _joined(procedure, joints, name, who, form)
    return joints, enough or _outcome(act, form)


def all_led(procedure: Procedure, acts: Iterable[Performed]) -> list[str | None]:
    """:func:`led` for the acts of a whole case, in the order in which they count."""
    joints: Joints = {}
    found = []
    for act in acts:
        joints, state = led(procedure, joints, act.name, act.who, act.form)
        found.append(state)
    return found


def targets(procedure: Procedure, name: str) -> set[str]:
    """Every state that the act may lead to."""
    act = procedure.acts[name]
    named = {act.to} if act.to is not None else set()
    named |= {outcome.to for outcome in act.outcomes}
    return named | {joint.then for joint in procedure.joints.values() if joint.answered_by == name}


def answers(procedure: Procedure, name: str) -> bool:
    """Whether the act is the answer of an organization that was asked in a joint group."""
    return procedure.acts[name].joint is not None or any(
        joint.answered_by == name for joint in procedure.joints.values()
    )


def listed(value: Any) -> list[str]:
    """The organizations that a form names, each once: a list, or one alone."""
    if not value:
        return []
    return sorted({value} if isinstance(value, str) else set(value))


def _outcome(act: Act, form: Mapping[str, Any]) -> str | None:
    """The first outcome that fits. Yes and 1 are two values, though Python holds them equal."""
    for outcome in act.outcomes:
        value = form.get(outcome.field)
        if value == outcome.is_ and isinstance(value, bool) == isinstance(outcome.is_, bool):
            return outcome.to
    return None


def _joined(
    procedure: Procedure, joints: Joints, name: str, who: Who, form: Mapping[str, Any]
) -> tuple[Joints, str | None]:
    """The joint groups after the act; the state to enter when this answer makes them enough.

    Only the answer that makes them enough moves the case: a later one is heard and moves nothing.
    """
    for key, joint in procedure.joints.items():
        if joint.asked_by == name:
            joints = {**joints, key: {"asked": listed(form.get(joint.organizations)), "answered": []}}
        elif joint.answered_by == name and key in joints:
            group = joints[key]
            answered = [*group["answered"], who.organization]
            joints = {**joints, key: {"asked": group["asked"], "answered": answered}}
            needed = {"all": len(group["asked"]), "any": 1, "quorum": joint.quorum or 1}[joint.needs]
            if len(answered) == needed:
                return joints, joint.then
    return joints, None
