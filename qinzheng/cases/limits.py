"""What a limit must show: the article that says so, the days it counts, a promise not longer than the law.

The figures of a statutory limit and of an extension are compared with those that the cited articles state
(``periods`` of a source), so that neither can be understated or invented in a procedure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from qinzheng.calendars import queries as calendars
from qinzheng.calendars.build import IncompleteCalendar
from qinzheng.calendars.calendar import BeyondCalendar
from qinzheng.cases.schema import Procedure
from qinzheng.clocks import counting
from qinzheng.clocks.explain import amount as in_words
from qinzheng.clocks.schema import EXACT, Clock, Counting, Limit
from qinzheng.definitions.library import Complaint, Library
from qinzheng.definitions.schema import Period, Source
from qinzheng.definitions.strict import Path_

NAMES = ("statutory", "committed", "own", "given")
"""The limits that a clock may have; no mark may be called so."""


def check(at: Path_, clock: Clock, library: Library) -> Iterator[Complaint]:
    """Everything that is wrong with one clock's limits, pauses and ways of counting."""
    yield from _calendars(at, clock, library)
    yield from _pauses(at, clock, library)
    law = clock.limits.statutory
    if law is None:
        return
    rule = law.counting or clock.counting
    yield from _stated((*at, "limits", "statutory"), law.source, (law.amount, rule.unit, "limit"), library)
    yield from _fair(at, rule, library)
    for i, extension in enumerate(clock.extends):
        told = (extension.at_most, rule.unit, "extension")
        yield from _stated((*at, "extends", i), extension.source, told, library)
    if clock.limits.committed is not None:
        yield from _promise((*at, "limits", "committed"), clock, clock.limits.committed, library)


def check_variants(procedure: Procedure, library: Library) -> Iterator[Complaint]:
    """A variant only tightens: its promises too are compared with the law."""
    for name, variant in procedure.variants.items():
        for clock_name, amount in variant.committed.items():
            clock = procedure.clocks.get(clock_name)
            if clock is None or clock.limits.statutory is None:
                continue
            promised = clock.limits.committed
            rule = promised.counting if promised else None
            limit = Limit(amount=amount, source=variant.source, counting=rule)
            yield from _promise(("variants", name, "committed", clock_name), clock, limit, library)


# -- sources ------------------------------------------------------------------------------------------


def binding(reference: str, library: Library) -> bool:
    """Whether a reference names a text that binds somebody, not a choice of our own."""
    source = _source(reference, library)
    return source is not None and source.status != "ours"


def _source(reference: str, library: Library) -> Source | None:
    try:
        found = library.get("source", reference.partition("/")[0])
    except KeyError:
        return None
    assert isinstance(found, Source)
    return found


def _periods(references: Sequence[str], library: Library, of: str) -> list[Period]:
    """The periods that the cited articles of binding texts state."""
    found: list[Period] = []
    for reference in references:
        source = _source(reference, library)
        article = source.articles.get(reference.partition("/")[2]) if source else None
        if article is not None and binding(reference, library):
            found += [period for period in article.periods if period.of == of]
    return found


def _stated(
    at: Path_, references: Sequence[str], told: tuple[int, str, str], library: Library
) -> Iterator[Complaint]:
    """Some cited article states this very period (an extension: at least as much)."""
    amount, unit, of = told
    stated = _periods(references, library, of)
    for period in stated:
        enough = amount <= period.amount if of == "extension" else amount == period.amount
        if period.unit == unit and enough:
            return
    words = [in_words(period.unit, period.amount) for period in stated]
    yield Complaint(
        (*at, "source"),
        f"所引条文没有写 {in_words(unit, amount).zh}（写的是：{'、'.join(w.zh for w in words) or '没有期限'}）："
        "请更正数值或出处，或在出处的条文里补记 periods",
        f"no cited article states {in_words(unit, amount).en} (stated: {', '.join(w.en for w in words) or 'none'}):"
        " correct the figure or the source, or record the article's periods",
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


# -- counting -----------------------------------------------------------------------------------------


def _calendars(at: Path_, clock: Clock, library: Library) -> Iterator[Complaint]:
    """Calendars that are not there; one that cannot be built is said of the calendar itself."""
    known = calendars.known(library)
    for path, rule in clock.countings().items():
        if rule.calendar not in known:
            yield Complaint(
                (*at, *path.split("."), "calendar"),
                f"没有日历 {rule.calendar}；可用：{'、'.join(known)}",
                f"there is no calendar {rule.calendar}; known: {', '.join(known)}",
            )


def _fair(at: Path_, rule: Counting, library: Library) -> Iterator[Complaint]:
    """What shortens the law's period below 民法典 201 and 203 rests on a text, not on our own word."""
    if rule.unit == "working_hours":
        yield Complaint(
            (*at, "counting", "unit"),
            "没有法律以工作小时计期限：法定期限请用小时或工作日，自定的时限请写在 own",
            "no law counts in working hours: use hours or working days, or make it a limit of our own",
        )
    if rule.unit in EXACT or any(binding(reference, library) for reference in rule.source):
        return
    if rule.start_day == "counted" or (rule.unit != "working_days" and rule.last_day_off == "stands"):
        yield Complaint(
            (*at, "counting", "source"),
            "当日计入、末日不顺延都使法定期限变短：请引写明如此计算的条文",
            "a counted first day, or a last day that stands though it is off, shortens the law's period:"
            " cite the text that counts so",
        )


def _promise(path: Path_, clock: Clock, promise: Limit, library: Library) -> Iterator[Complaint]:
    """The promise is never longer than the law: compared in one unit, else on every day of the calendar."""
    law = clock.limits.statutory
    assert law is not None
    promised, legal = promise.counting or clock.counting, law.counting or clock.counting
    if _way(promised) == _way(legal):
        if promise.amount > law.amount:
            yield Complaint(
                path,
                f"承诺 {promise.amount} 长于法定 {law.amount}（同一单位）：请缩短承诺",
                f"the promise of {promise.amount} exceeds the law's {law.amount} (same unit): shorten it",
            )
        return
    day = first_day_later((promised, promise.amount), (legal, law.amount), library)
    if day is not None:
        yield Complaint(
            path,
            f"单位不同，逐日换算比较：自 {day} 起算时，承诺晚于法定到期。请缩短承诺",
            f"units differ, compared day by day: begun on {day} the promise ends after the law. Shorten it",
        )


def _way(rule: Counting) -> tuple[str, ...]:
    """How a rule counts, whatever it cites for it."""
    return rule.unit, rule.calendar, rule.start_day, rule.ends, rule.last_day_off


def first_day_later(one: tuple[Counting, int], other: tuple[Counting, int], library: Library) -> str | None:
    """The first day of the calendar begun on which the one budget ends after the other; None: never.

    Compared from both ends of every day. Where the calendar ends before the other budget does, nothing can be
    said; a budget that alone runs past the calendar's end is the later one.
    """
    try:
        first, second = _count(one[0], library), _count(other[0], library)
    except IncompleteCalendar:
        return None  # said of the calendar itself
    calendar = second.calendar
    for day in range(1, calendar.days):
        for start in (calendar.midnight[day], calendar.end(day)):
            ends = _due(second.due, start, other[1])
            if ends is None:
                continue
            begun = _due(first.due, start, one[1])
            if begun is None or begun > ends:
                return calendar.date(day).isoformat()
    return None


def _due(due: Callable[[int, int, int, int], int], start: int, amount: int) -> int | None:
    try:
        return due(start, 0, amount, 0)
    except (BeyondCalendar, ValueError, OverflowError):  # past the table, or past the last year there is
        return None


def _count(rule: Counting, library: Library) -> counting.Count:
    calendar = calendars.calendar(library, rule.calendar)
    return counting.family(calendar, rule.unit, rule.start_day, rule.ends, rule.last_day_off)
