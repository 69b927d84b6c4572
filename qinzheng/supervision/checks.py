"""What must hold of a rule beyond its shape: it can wake, claims no more than it shows, and can be said.

Registered for the kind ``rule`` in ``qinzheng.wiring``. The core of it: no card says that the law was
broken before the last day that the law gives has closed (domain facts B4.2).
"""

from __future__ import annotations

import string
from collections.abc import Iterator

from qinzheng.calendars import queries as calendars
from qinzheng.calendars.build import IncompleteCalendar
from qinzheng.cases import checks as case_checks
from qinzheng.cases.schema import Procedure
from qinzheng.clocks.schema import EXACT
from qinzheng.definitions.form import Text
from qinzheng.definitions.library import Complaint, Library
from qinzheng.definitions.strict import Path_
from qinzheng.supervision.ladders import RuleNeverWakes
from qinzheng.supervision.program import Compiled, compile_program
from qinzheng.supervision.schema import CLOCK_CONDITIONS, Rule

SLOTS: frozenset[str] = frozenset({"clock", "due", "act", "missing", "count", "lag"})
"""What a sentence may say; filled by ``qinzheng.supervision.explain``."""

CLAIMS = {"committed": "promise", "statutory": "law", "own": "own_limit", "given": "given", "event": "given"}
"""The one claim that passing each limit supports."""


def check_rule(rule: Rule, library: Library) -> Iterator[Complaint]:
    """Everything that is wrong with a rule whose shape is right."""
    yield from _claims(rule, library)
    for language, text in (("zh", rule.sentence.zh), ("en", rule.sentence.en)):
        yield from _slots(("sentence", language), text)
    for i, name in enumerate(rule.supervises):
        procedure = _procedure(name, library)
        if procedure is None:
            yield Complaint(
                ("supervises", i),
                f"没有程序 {name}，请更正或删去",
                f"there is no procedure {name}: correct or remove it",
            )
        elif not any(case_checks.check_procedure(procedure, library)):
            yield from _wakes(("supervises", i), rule, procedure, library)
            yield from _after_the_last_day(rule, procedure)


def _procedure(name: str, library: Library) -> Procedure | None:
    try:
        found = library.get("procedure", name)
    except KeyError:
        return None
    assert isinstance(found, Procedure)
    return found


# -- claims -------------------------------------------------------------------------------------------


def _claims(rule: Rule, library: Library) -> Iterator[Complaint]:
    expected = _claim_of(rule)
    if rule.claims != expected:
        yield Complaint(
            ("claims",),
            f"这个条件只能说明 {expected}，不能说明 {rule.claims}：请改 claims，或改条件",
            f"this condition shows {expected}, not {rule.claims}: change claims or the condition",
        )
    cited = any(case_checks.binding(reference, library) for reference in rule.source)
    if rule.claims == "law" and not cited:
        yield Complaint(
            ("source",), "说违反法律的规则须引法律条文", "a rule that claims the law must cite an article"
        )
    if rule.claims == "promise" and rule.level == "red" and not cited:
        yield Complaint(
            ("source",),
            "对超过承诺发红牌须引规定此事的地方文件",
            "a red card for the promise must cite the city rule that says so",
        )


def _claim_of(rule: Rule) -> str:
    """A reminder before the law's limit finds no breach, so it speaks of conduct only."""
    when = rule.when
    if when.condition not in CLOCK_CONDITIONS:
        return "conduct"
    limit: str = getattr(when, "limit")  # noqa: B009 - only clock conditions have one
    if when.condition == "pre_warning" and limit == "statutory":
        return "conduct"
    return CLAIMS[limit]


def _after_the_last_day(rule: Rule, procedure: Procedure) -> Iterator[Complaint]:
    """The mark of a rule that claims the law cannot fall before the close of the last statutory day."""
    if rule.claims != "law":
        return
    named: list[str] = getattr(rule.when, "clocks", [])
    for name, clock in procedure.clocks.items():
        law = clock.limits.statutory
        if law is None or (named and name not in named):
            continue
        counting = law.counting or clock.counting
        if counting.unit not in EXACT and counting.ends == "same_time":
            yield Complaint(
                ("when",),
                f"{procedure.id} 的时钟 {name} 按同一钟点到期，早于法定末日结束：请改为 end_of_day",
                f"clock {name} of {procedure.id} ends at a time of day, before the law's last day closes:"
                " count it to end_of_day, or do not claim the law",
            )


# -- waking -------------------------------------------------------------------------------------------


def _wakes(path: Path_, rule: Rule, procedure: Procedure, library: Library) -> Iterator[Complaint]:
    unknown = [name for name in getattr(rule.when, "clocks", []) if name not in procedure.clocks]
    if unknown:
        yield Complaint(
            ("when", "clocks"),
            f"{procedure.id} 没有时钟 {'、'.join(unknown)}",
            f"{procedure.id} has no clock {', '.join(unknown)}",
        )
        return
    try:
        compiled = compile_program(procedure, [rule], lambda id: calendars.calendar(library, id), {})
    except RuleNeverWakes as why:
        zh, _, en = str(why).partition(" / ")
        yield Complaint(path, zh, en)
        return
    except IncompleteCalendar as why:
        yield Complaint(path, why.zh, why.en)
        return
    if not _heard(compiled):
        yield Complaint(
            path,
            f"这条规则在 {procedure.id} 上永远不会触发：请更正条件，或不监察它",
            f"this rule can never wake on {procedure.id}: correct the condition, or do not supervise it",
        )


def _heard(compiled: Compiled) -> bool:
    """Whether any act, mark or pause of the program tells the rule anything."""
    listeners = [listener for heard in compiled.program.handlers for listener in heard]
    for track in compiled.tracks:
        listeners += [
            *track.opening,
            *track.capped,
            *track.watchers,
            *(heard for rung in track.rungs for heard in rung.listeners),
        ]
    return bool(compiled.keyed) or any(hasattr(listener, "rule") for listener in listeners)


# -- sentences ----------------------------------------------------------------------------------------


def _slots(path: Path_, text: str) -> Iterator[Complaint]:
    try:
        named = {slot for _, slot, _, _ in string.Formatter().parse(text) if slot is not None}
    except ValueError:
        named = {"{"}
    unknown = sorted(named - SLOTS)
    if unknown:
        known = Text(zh="、".join(sorted(SLOTS)), en=", ".join(sorted(SLOTS)))
        yield Complaint(
            path,
            f"句子里不认识 {'、'.join(unknown)}；可用：{known.zh}",
            f"the sentence names {', '.join(unknown)}; known: {known.en}",
        )
