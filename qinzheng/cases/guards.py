"""The closed vocabulary of guards: each a named function of what was done and of the form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from qinzheng.cases.schema import Guard

Refusal = tuple[str, str]
Done = Mapping[str, int]


def done_before(guard: Guard, done: Done, form: Mapping[str, Any]) -> Refusal | None:
    """Each of ``acts`` has been done."""
    missing = [act for act in guard.acts if not done.get(act)]
    if missing:
        return f"还没有办理 {'、'.join(missing)}", f"{', '.join(missing)} must be done first"
    return None


def not_done(guard: Guard, done: Done, form: Mapping[str, Any]) -> Refusal | None:
    """None of ``acts`` has been done."""
    found = [act for act in guard.acts if done.get(act)]
    if found:
        return f"已经办理过 {'、'.join(found)}", f"{', '.join(found)} has been done already"
    return None


def at_most(guard: Guard, done: Done, form: Mapping[str, Any]) -> Refusal | None:
    """``acts`` together have been done fewer than ``times`` times."""
    count = sum(done.get(act, 0) for act in guard.acts)
    if guard.times is not None and count >= guard.times:
        return (
            f"{'、'.join(guard.acts)} 已满 {guard.times} 次，请提交协调",
            f"{', '.join(guard.acts)} has been done {guard.times} times: take it to coordination",
        )
    return None


def field_given(guard: Guard, done: Done, form: Mapping[str, Any]) -> Refusal | None:
    """The form's ``field`` is filled in."""
    if guard.field is not None and not form.get(guard.field):
        return f"须填写 {guard.field}", f"{guard.field} must be filled in"
    return None


def affirmed(guard: Guard, done: Done, form: Mapping[str, Any]) -> Refusal | None:
    """The form's ``field`` says yes."""
    if guard.field is not None and form.get(guard.field) is not True:
        return "须先办妥，并在此填“是”", "do it first, and say yes here"
    return None


def one_given(guard: Guard, done: Done, form: Mapping[str, Any]) -> Refusal | None:
    """Exactly one of ``fields`` is filled in."""
    given = [name for name in guard.fields if form.get(name)]
    if len(given) != 1:
        names = "、".join(guard.fields)
        return (
            f"须填写且只填写其中一栏：{names}",
            f"fill in one of these, and only one: {', '.join(guard.fields)}",
        )
    return None


GUARDS: dict[str, Callable[[Guard, Done, Mapping[str, Any]], Refusal | None]] = {
    "done_before": done_before,
    "not_done": not_done,
    "at_most": at_most,
    "field_given": field_given,
    "affirmed": affirmed,
    "one_given": one_given,
}


def check(guard: Guard, done: Done, form: Mapping[str, Any]) -> Refusal | None:
    """The refusal of a guard, or None."""
    return GUARDS[guard.guard](guard, done, form)
