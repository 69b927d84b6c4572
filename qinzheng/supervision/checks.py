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
from qinzheng.cases import limits
from qinzheng.cases.schema import Procedure
from qinzheng.clocks.schema import EXACT, Clock
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
            yield from _whose(rule, procedure)
            yield from _law(rule, procedure, library)


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
    cited = any(limits.binding(reference, library) for reference in rule.source)
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


def _law(rule: Rule, procedure: Procedure, library: Library) -> Iterator[Complaint]:
    """A rule that claims the law cites the article of each limit, and its mark falls after the last day."""
    if rule.claims != "law":
        return
    role = {"past_limit": "case", "step_late": "step"}.get(rule.when.condition)
    named: list[str] = getattr(rule.when, "clocks", [])
    for name, clock in procedure.clocks.items():
        law = clock.limits.statutory
        chosen = name in named if named else clock.owner == "department"
        if law is None or not chosen or clock.role != role:
            continue
        if not set(law.source) & set(rule.source):
            yield Complaint(
                ("source",),
                f"{procedure.id} 的时钟 {name} 依据 {'、'.join(law.source)}，规则须引同一条文",
                f"clock {name} of {procedure.id} rests on {', '.join(law.source)}: the rule must cite it too",
            )
        yield from _after_the_last_day(procedure, name, clock, library)


def _after_the_last_day(
    procedure: Procedure, name: str, clock: Clock, library: Library
) -> Iterator[Complaint]:
    """The mark cannot fall before 24:00 of the last day, counted in the law's days of the base calendar.

    A time of day, a close of business, or a point that opens on more days than the law counts would all end
    the period early. Backward counts end with their day in any case.
    """
    law = clock.limits.statutory
    assert law is not None
    counting = law.counting or clock.counting
    if counting.unit in EXACT or clock.backward:
        return
    lawful = counting.model_copy(
        update={"calendar": calendars.base(library, counting.calendar), "ends": "end_of_day"}
    )
    day = None
    if lawful != counting:
        day = limits.first_day_later((lawful, law.amount), (counting, law.amount), library)
    if day is not None:
        yield Complaint(
            ("when",),
            f"{procedure.id} 的时钟 {name} 自 {day} 起算时，到期早于法定末日 24:00："
            "请改为 end_of_day 并用法定工作日的日历，或不称违法",
            f"clock {name} of {procedure.id}, begun on {day}, ends before 24:00 of the law's last day:"
            " count it to end_of_day on the law's own calendar, or do not claim the law",
        )


def _whose(rule: Rule, procedure: Procedure) -> Iterator[Complaint]:
    """A card is issued to a department: another's time is never counted against it, even where it is named."""
    for name in getattr(rule.when, "clocks", []):
        clock = procedure.clocks.get(name)
        if clock is not None and clock.owner != "department":
            yield Complaint(
                ("when", "clocks"),
                f"{procedure.id} 的时钟 {name} 是 {clock.owner} 的时间，不能据以向部门发牌",
                f"clock {name} of {procedure.id} is the time of the {clock.owner}: no card for a department",
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
