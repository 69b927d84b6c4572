"""Acts that come twice, at once, late, on a bad clock, or too early: refused, or put in their place."""

import datetime as dt
import threading

import pytest
from django.db import connection

from qinzheng.cases import actions as cases
from qinzheng.cases.engine import NotAllowed
from qinzheng.cases.models import Case
from qinzheng.clocks.models import Clock
from qinzheng.ledger import envelope, queries
from tests.flows.licences import (
    APPROVER,
    CLERK,
    HANDLER,
    HEAD,
    LICENCE,
    accepted,
    at,
    received,
    row,
    types,
)  # fmt: skip

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("consistent")]


# -- keys ----------------------------------------------------------------------------------------------


def at_once(clock, *verbs):
    """Do them in threads of their own, all begun together; what each gave or raised."""
    came, ready = [], threading.Barrier(len(verbs))

    def run(verb):
        try:
            clock.rule()
            ready.wait()
            came.append(verb())
        except Exception as fault:
            came.append(fault)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(verb,)) for verb in verbs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return came


def test_one_key_opens_one_case_however_many_try_at_once(clock):
    key = envelope.uuid7()
    came = at_once(clock, *[lambda: cases.open_case(LICENCE, "receive", CLERK, {}, key=key)] * 4)
    assert sorted(done.new for done in came) == [False, False, False, True]
    assert len({done.number for done in came}) == Case.objects.count() == 1


def test_the_first_numbers_of_a_year_are_given_without_a_quarrel(clock):
    with connection.cursor() as cursor:
        cursor.execute("DROP SEQUENCE IF EXISTS cases_number_xk2026")  # sequences outlive the tests before
    came = at_once(clock, *[lambda: cases.open_case(LICENCE, "receive", CLERK, {})] * 5)
    numbers = sorted(int(done.number.removeprefix("XK2026")) for done in came)
    assert numbers == list(range(numbers[0], numbers[0] + 5))


def test_one_key_on_two_cases_at_once_acts_on_one(clock):
    one, other, key = received(clock), received(clock), envelope.uuid7()
    came = at_once(
        clock, *[lambda case=case: cases.perform(case, "accept", CLERK, {}, key=key) for case in (one, other)]
    )
    assert {type(each) for each in came} == {cases.Done, cases.AnotherEvent}
    assert sorted(row(case).state for case in (one, other)) == ["accepted", "received"]


def test_a_key_is_one_act_on_one_case(clock):
    one, other, key = received(clock), received(clock), envelope.uuid7()
    form = {"defects": "缺图", "already_there": True}
    asked = {"case": one, "act": "request_correction", "who": CLERK, "form": form}
    assert cases.perform(*asked.values(), key=key).new
    assert not cases.perform(*asked.values(), key=key).new
    changes = {"case": other, "act": "accept", "who": HANDLER, "form": {**form, "already_there": False}}
    for name, value in changes.items():
        with pytest.raises(cases.AnotherEvent, match="幂等键"):
            cases.perform(*(asked | {name: value}).values(), key=key)
    with pytest.raises(cases.AnotherEvent):
        cases.open_case(LICENCE, "receive", CLERK, {}, key=key)


# -- when it happened ----------------------------------------------------------------------------------


def test_nothing_happened_before_the_case_was_opened(clock):
    case = received(clock)
    with pytest.raises(NotAllowed, match="before the case was opened"):
        cases.perform(case, "accept", CLERK, {}, occurred_at=at("2026-03-02 08:59"))
    assert cases.perform(case, "accept", CLERK, {}, occurred_at=at("2026-03-02 09:00")).state == "accepted"


def test_an_act_is_not_fitted_in_before_what_must_precede_it(clock):
    case = accepted(clock)
    clock.on("2026-03-03 10:00")
    with pytest.raises(NotAllowed, match="at the time stated, the case is received"):
        cases.perform(case, "grant", APPROVER, {}, occurred_at=at("2026-03-02 09:30"))
    assert cases.perform(case, "grant", APPROVER, {}, occurred_at=at("2026-03-02 10:00")).state == "granted"


def test_a_late_fact_that_unmakes_what_followed_is_refused(clock):
    case = accepted(clock)
    clock.on("2026-03-03 10:00")
    cases.perform(case, "grant", APPROVER, {})
    with pytest.raises(NotAllowed, match="what was done after it would not hold: grant"):
        cases.perform(
            case,
            "notify_special",
            HANDLER,
            {"procedure": "hearing", "days": 3},
            occurred_at=at("2026-03-02 11:00"),
        )
    assert types(case).count("cases.performed") == 2


def test_a_late_fact_is_fitted_in_where_it_happened(clock):
    case = accepted(clock)
    clock.on("2026-03-10 10:00")
    cases.perform(case, "notify_special", HANDLER, {"procedure": "hearing", "days": 10})
    clock.on("2026-03-11 10:00")
    done = cases.perform(
        case, "extend", HEAD, {"amount": 5, "reason": "案情复杂"}, occurred_at=at("2026-03-09 10:00")
    )  # refused now, for it is done when under review; but it was under review then
    assert done.state == "special"
    clock.on("2026-03-12 10:00")
    cases.perform(case, "special_done", HANDLER, {})
    assert Clock.objects.get(case=case, clock="decision").due_at == dt.datetime(
        2026, 4, 9, 15, 59, 59, 999999, tzinfo=dt.UTC
    )


def test_a_day_without_an_hour_comes_after_what_is_known_of_that_day(clock):
    case = received(clock)
    clock.on("2026-03-03 17:00")
    cases.perform(case, "accept", CLERK, {}, occurred_at=at("2026-03-02 00:00"), precision="day")
    cases.perform(case, "grant", APPROVER, {}, occurred_at=at("2026-03-03 12:34"), precision="day")
    told = [(event.occurred_at, event.precision) for event in queries.history(case) if event.kind == "act"]
    assert told == [
        (at("2026-03-02 09:00"), "instant"),
        (at("2026-03-02 09:00"), "day"),
        (at("2026-03-03 00:00"), "day"),
    ]


def test_a_day_on_the_last_day_is_in_time_and_one_later_is_not(clock):
    for day, ending in (("2026-03-30", "completed_on_time"), ("2026-03-31", "completed_late")):
        case = accepted(clock)
        clock.on("2026-04-03 09:00")
        cases.perform(case, "grant", APPROVER, {}, occurred_at=at(day), precision="day")
        assert Clock.objects.get(case=case, clock="decision").ending == ending


def test_a_clock_set_back_takes_nothing_back(clock):
    case = accepted(clock)
    clock.on("2026-03-02 08:00")
    cases.perform(case, "check_site", HANDLER, {})
    events = queries.history(case)
    assert [event.recorded_at for event in events] == sorted(event.recorded_at for event in events)
    assert events[-1].occurred_at == events[-1].recorded_at == at("2026-03-02 10:00")
    assert cases.pass_time(case)
