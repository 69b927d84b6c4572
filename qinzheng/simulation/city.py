"""Generates the events of permit cases and the truth about the violations injected into them.

Deterministic for a seed. Violations of clocks are put into weeks without public holidays (from July,
August, mid-October and November), where a working day is simply Monday to Friday, so that the truth owes nothing to our
calendars. Beside each violation stands a near miss on the lawful side.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

YEAR = 2025
WINDOW = "政务服务中心"
DEPARTMENTS = (
    "住建局",
    "市场监管局",
    "生态环境局",
    "交通运输局",
    "卫生健康委",
    "文化旅游局",
    "城市管理局",
    "应急管理局",
)
QUIET_STARTS = ((7, 1, 20), (8, 4, 8), (10, 13, 8), (11, 3, 5))
"""(month, first day, days): starting days after which some weeks pass without a public holiday."""
ZONE = dt.timezone(dt.timedelta(hours=8))
RULE = "standard.demo-"
MINUTE = dt.timedelta(minutes=1)
LATE = [RULE + "pre-warning", RULE + "past-promise", RULE + "past-law"]


@dataclass
class Event:
    """One row of the log."""

    case: str
    act: str
    occurred: dt.datetime
    reported: dt.datetime
    organization: str
    actor: str
    role: str
    number: str = ""
    next: str = ""


@dataclass
class Case:
    """A case being written: its events and the rules that must find it."""

    name: str
    department: str
    chance: random.Random
    events: list[Event] = field(default_factory=list)
    truth: list[str] = field(default_factory=list)

    def do(
        self, act: str, at: dt.datetime, role: str, *, by: str = "", number: str = "", next: str = "",
        reported: dt.datetime | None = None, actor: str = "",
    ) -> dt.datetime:  # fmt: skip
        """Add an event; returns its moment."""
        organization = by or (WINDOW if role == "clerk" else self.department)
        person = actor or f"{organization}-{role}-{self.chance.randrange(1, 6)}"
        entered = reported or at + self.chance.randrange(1, 9) * MINUTE
        self.events.append(Event(self.name, act, at, entered, organization, person, role, number, next))
        return at


def working(start: dt.datetime, days: int) -> dt.datetime:
    """``days`` weekdays later at the same time of day: right in months without holidays only."""
    at = start
    while days > 0:
        at += dt.timedelta(days=1)
        days -= at.weekday() < 5
    return at


def generate(cases: int, seed: int) -> Iterator[Case]:
    """Yield the cases in the order of their names; a third carries a violation or a near miss."""
    chance = random.Random(seed)
    width = len(str(cases))
    for number in range(cases):
        case = Case(f"QH{YEAR}{number:0{width}d}", chance.choice(DEPARTMENTS), chance)
        kind = STORIES[number // 3 % len(STORIES)] if number % 3 == 0 else honest
        kind(case)
        yield case
    if cases >= 60:
        yield from _bulk(chance, f"QH{YEAR}B")


# -- how cases begin and end --------------------------------------------------------------------


def _quiet(case: Case) -> dt.datetime:
    """A weekday morning in a month without holidays."""
    month, first, days = case.chance.choice(QUIET_STARTS)
    at = dt.datetime(YEAR, month, first, 9, 0, tzinfo=ZONE) + dt.timedelta(days=case.chance.randrange(days))
    while at.weekday() >= 5:
        at += dt.timedelta(days=1)
    return at + case.chance.randrange(0, 120) * MINUTE


def _accepted(case: Case, start: dt.datetime, days: int = 1) -> dt.datetime:
    case.do("receive", start, "clerk")
    at = case.do("accept", working(start, days), "clerk")
    case.do("dispatch", at + 20 * MINUTE, "clerk", next=case.department)
    return at


def _decided(case: Case, accepted: dt.datetime, days: int, *, review: bool = True) -> dt.datetime:
    if review:
        case.do("review", working(accepted, min(2, days)) + 60 * MINUTE, "handler")
    return case.do("decide", working(accepted, days) + 120 * MINUTE, "leader")


def _delivered(case: Case, decided: dt.datetime, days: int = 2) -> dt.datetime:
    return case.do("deliver", working(decided, days), "clerk")


# -- stories: honest, near misses, violations ---------------------------------------------------


def honest(case: Case) -> None:
    """Well inside every limit, at any time of the year but its last weeks."""
    start = dt.datetime(YEAR, 1, 6, 9, 0, tzinfo=ZONE) + dt.timedelta(days=case.chance.randrange(310))
    while start.weekday() >= 5:
        start += dt.timedelta(days=1)
    start += case.chance.randrange(0, 240) * MINUTE
    _delivered(
        case, _decided(case, _accepted(case, start, case.chance.randrange(0, 3)), case.chance.randrange(3, 8))
    )


def on_the_last_promised_day(case: Case) -> None:
    case.truth = [RULE + "pre-warning"]
    _delivered(case, _decided(case, _accepted(case, _quiet(case)), 10))


def just_before_the_warning(case: Case) -> None:
    _delivered(case, _decided(case, _accepted(case, _quiet(case)), 9))


def past_the_promise(case: Case) -> None:
    case.truth = LATE[:2]
    _delivered(case, _decided(case, _accepted(case, _quiet(case)), case.chance.randrange(11, 18)))


def on_the_last_lawful_day(case: Case) -> None:
    case.truth = LATE[:2]
    _delivered(case, _decided(case, _accepted(case, _quiet(case)), 20))


def past_the_law(case: Case) -> None:
    case.truth = list(LATE)
    _delivered(case, _decided(case, _accepted(case, _quiet(case)), case.chance.randrange(21, 24)))


def accepted_late(case: Case) -> None:
    case.truth = [RULE + "step-late"]
    _delivered(case, _decided(case, _accepted(case, _quiet(case), 6), 5))


def accepted_on_the_last_day(case: Case) -> None:
    _delivered(case, _decided(case, _accepted(case, _quiet(case), 5), 5))


def delivered_late(case: Case) -> None:
    case.truth = [RULE + "step-late"]
    _delivered(case, _decided(case, _accepted(case, _quiet(case)), 5), 11)


def never_reviewed(case: Case) -> None:
    case.truth = [RULE + "skipped-review"]
    _delivered(case, _decided(case, _accepted(case, _quiet(case)), 5, review=False))


def reviewed_after_deciding(case: Case) -> None:
    case.truth = [RULE + "order-review"]
    decided = _decided(case, _accepted(case, _quiet(case)), 5, review=False)
    case.do("review", decided + 30 * MINUTE, "handler")
    _delivered(case, decided)


def decided_by_a_clerk(case: Case) -> None:
    case.truth = [RULE + "wrong-role"]
    accepted = _accepted(case, _quiet(case))
    case.do("review", working(accepted, 2), "handler")
    _delivered(case, case.do("decide", working(accepted, 5), "clerk", by=case.department))


def decided_elsewhere(case: Case) -> None:
    case.truth = [RULE + "wrong-organization"]
    accepted = _accepted(case, _quiet(case))
    case.do("review", working(accepted, 2), "handler")
    other = next(name for name in DEPARTMENTS if name != case.department)
    _delivered(case, case.do("decide", working(accepted, 5), "leader", by=other))


def entered_late(case: Case) -> None:
    case.truth = [RULE + "recorded-late"]
    _entered(case, dt.timedelta(days=8))


def entered_within_a_week(case: Case) -> None:
    _entered(case, dt.timedelta(days=6))


def entered_before_it_happened(case: Case) -> None:
    case.truth = [RULE + "recorded-early"]
    _entered(case, dt.timedelta(days=-2))


def _entered(case: Case, lag: dt.timedelta) -> None:
    accepted = _accepted(case, _quiet(case))
    at = working(accepted, 3)
    case.do("review", at, "handler", reported=at + lag)
    _delivered(case, case.do("decide", working(accepted, 6), "leader"))


def back_dated(case: Case) -> None:
    case.truth = [RULE + "back-dated", RULE + "recorded-late"]
    accepted = _accepted(case, _quiet(case))
    case.do("review", working(accepted, 2), "handler")
    decided = case.do("decide", working(accepted, 8), "leader", reported=working(accepted, 22))
    _delivered(case, decided)


def corrected_twice_for_an_old_defect(case: Case) -> None:
    case.truth = [RULE + "repeated-correction"]
    _corrected(case, "1")


def corrected_twice_for_a_new_defect(case: Case) -> None:
    _corrected(case, "0")


def _corrected(case: Case, known: str) -> None:
    start = _quiet(case)
    case.do("receive", start, "clerk")
    case.do("correct", start + 60 * MINUTE, "clerk", number="0")
    case.do("correct", working(start, 1), "clerk", number=known)
    accepted = case.do("accept", working(start, 2), "clerk")
    case.do("dispatch", accepted + 20 * MINUTE, "clerk", next=case.department)
    _delivered(case, _decided(case, accepted, 5))


def paused_three_times(case: Case) -> None:
    case.truth = [RULE + "paused-too-often"]
    _paused(case, [(1, 3, 1), (3, 3, 1), (5, 3, 1)])


def paused_twice(case: Case) -> None:
    _paused(case, [(1, 3, 1), (4, 3, 1)])


def paused_beyond_the_notice(case: Case) -> None:
    case.truth = [RULE + "paused-too-long"]
    _paused(case, [(2, 2, 4)])


def paused_as_long_as_told(case: Case) -> None:
    _paused(case, [(2, 4, 4)])


def _paused(case: Case, pauses: list[tuple[int, int, int]]) -> None:
    """(working day on which it begins, days told, working days it lasts)"""
    accepted = _accepted(case, _quiet(case))
    for begins, told, lasts in pauses:
        at = case.do("notify", working(accepted, begins) + 60 * MINUTE, "handler", number=str(told))
        case.do("resume", working(at, lasts), "handler")
    last = pauses[-1][0] + pauses[-1][2]
    case.do("review", working(accepted, last) + 180 * MINUTE, "handler")
    _delivered(case, case.do("decide", working(accepted, last + 1), "leader"))


def paused_on_the_last_days(case: Case) -> None:
    case.truth = [*LATE[:2], RULE + "paused-near-limit"]
    accepted = _accepted(case, _quiet(case))
    case.do("review", working(accepted, 2), "handler")
    at = case.do("notify", working(accepted, 19) + 60 * MINUTE, "handler", number="5")
    case.do("resume", working(at, 1), "handler")
    _delivered(case, case.do("decide", working(at, 1) + 60 * MINUTE, "leader"))


def bounced(case: Case) -> None:
    case.truth = [RULE + "bounced"]
    _returned(case, 3)


def returned_twice(case: Case) -> None:
    _returned(case, 2)


def _returned(case: Case, times: int) -> None:
    accepted = _accepted(case, _quiet(case))
    at = accepted + 60 * MINUTE
    for _ in range(times):
        case.do("return", at, "handler", next=WINDOW)
        case.do("dispatch", at + 60 * MINUTE, "clerk", next=case.department)
        at += 120 * MINUTE
    _delivered(case, _decided(case, accepted, 6))


def reopened(case: Case) -> None:
    case.truth = [RULE + "reopened"]
    again = working(_delivered(case, _decided(case, _accepted(case, _quiet(case)), 4)), 2)
    case.do("reopen", again, "leader")
    decided = case.do("decide", working(again, 3), "leader")
    _delivered(case, decided)


def decided_at_once(case: Case) -> None:
    case.truth = [RULE + "too-fast"]
    _at_once(case, 20)


def decided_in_an_hour(case: Case) -> None:
    _at_once(case, 60)


def _at_once(case: Case, minutes: int) -> None:
    start = _quiet(case)
    case.do("receive", start, "clerk")
    case.do("accept", start + 3 * MINUTE, "clerk")
    case.do("dispatch", start + 4 * MINUTE, "clerk", next=case.department)
    case.do("review", start + 10 * MINUTE, "handler")
    _delivered(case, case.do("decide", start + minutes * MINUTE, "leader"))


def never_heard_of_again(case: Case) -> None:
    case.truth = [*LATE, RULE + "silent"]
    start = dt.datetime(YEAR, 3, 3, 10, 0, tzinfo=ZONE) + dt.timedelta(days=case.chance.randrange(5))
    case.do("review", working(_accepted(case, start), 2), "handler")


def charged_off_the_list(case: Case) -> None:
    case.truth = [RULE + "act-done"]
    accepted = _accepted(case, _quiet(case))
    case.do("charge", accepted + 60 * MINUTE, "clerk", by=case.department)
    _delivered(case, _decided(case, accepted, 5))


def withdrawn(case: Case) -> None:
    case.do("withdraw", working(_accepted(case, _quiet(case)), 3), "clerk")


def withdrawn_on_the_last_days(case: Case) -> None:
    case.truth = [*LATE[:2], RULE + "ended-near-limit"]
    case.do("withdraw", working(_accepted(case, _quiet(case)), 19), "clerk")


STORIES: tuple[Callable[[Case], None], ...] = (
    on_the_last_promised_day, just_before_the_warning, past_the_promise, on_the_last_lawful_day, past_the_law,
    accepted_late, accepted_on_the_last_day, delivered_late, never_reviewed, reviewed_after_deciding,
    decided_by_a_clerk, decided_elsewhere, entered_late, entered_within_a_week, entered_before_it_happened,
    back_dated, corrected_twice_for_an_old_defect, corrected_twice_for_a_new_defect, paused_three_times,
    paused_twice, paused_beyond_the_notice, paused_as_long_as_told, paused_on_the_last_days, bounced,
    returned_twice, reopened, decided_at_once, decided_in_an_hour, never_heard_of_again,
    charged_off_the_list, withdrawn,
    withdrawn_on_the_last_days,
)  # fmt: skip


def _bulk(chance: random.Random, prefix: str) -> Iterator[Case]:
    """One officer closes 25 cases within the hour of one day, another 18."""
    for officer, count, day in (("应急管理局-leader-bulk", 25, 14), ("城市管理局-leader-busy", 18, 16)):
        organization = officer.split("-")[0]
        for number in range(count):
            case = Case(f"{prefix}{day}{number:02d}", organization, chance)
            start = dt.datetime(YEAR, 7, day - 7, 9, number, tzinfo=ZONE)
            accepted = _accepted(case, start)
            case.do("review", working(accepted, 2), "handler")
            at = dt.datetime(YEAR, 7, day, 15, 0, tzinfo=ZONE) + number * 2 * MINUTE
            case.do("decide", at, "leader", actor=officer, reported=at + MINUTE)
            _delivered(case, at)
            if count > 20 and number == 0:
                case.truth = [f"{RULE}closed-in-bulk@{officer}@{YEAR}-07-{day:02d}"]
            yield case
