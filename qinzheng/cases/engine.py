"""What may be done to a case, and where it leads. Pure: no database, no clock on the wall.

Who may and when it may are two questions; each refusal is a sentence for the person who acts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from qinzheng.cases import guards
from qinzheng.cases.schema import Act, Procedure


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


@dataclass(frozen=True)
class Situation:
    """Where a case stands: its state, how often each act was done, and who has answered in joint groups."""

    state: str
    organization: str
    done: Mapping[str, int] = field(default_factory=dict)
    joints: Mapping[str, Mapping[str, list[str]]] = field(default_factory=dict)


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
    if act.once and situation.done.get(name):
        raise NotAllowed(f"“{act.name.zh}”只能办理一次", f"{act.name.en} can be done once only")
    for guard in act.guards:
        refusal = guards.check(guard, situation.done, form)
        if refusal is not None:
            raise NotAllowed(*refusal)
    if act.joint:
        _check_joint(situation, act.joint, who)


def _check_joint(situation: Situation, joint: str, who: Who) -> None:
    group = situation.joints.get(joint)
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
    state = situation.state
    if act.to is not None:
        state = act.to
    for outcome in act.outcomes:
        if form.get(outcome.field) == outcome.is_:
            state = outcome.to
            break
    joints = {key: {k: list(v) for k, v in group.items()} for key, group in situation.joints.items()}
    for key, joint in procedure.joints.items():
        if joint.asked_by == name:
            joints[key] = {"asked": sorted(form[joint.organizations]), "answered": []}
        elif joint.answered_by == name and key in joints:
            joints[key]["answered"].append(who.organization)
            needed = {"all": len(joints[key]["asked"]), "any": 1, "quorum": joint.quorum or 1}[joint.needs]
            if len(joints[key]["answered"]) >= needed:
                state = joint.then
    organization = situation.organization
    if act.assigns:
        organization = str(form[act.assigns])
    done = {**situation.done, name: situation.done.get(name, 0) + 1}
    return Situation(state, organization, done, joints)
