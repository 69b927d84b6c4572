"""Acts that come late, twice, at once, on a bad clock, or too early: what is refused, and what is put right by event."""

import datetime as dt
import threading

import pytest
from django.db import connection

from qinzheng.cases import actions as cases
from qinzheng.cases.engine import NotAllowed, Who
from qinzheng.cases.fields import BadForm
from qinzheng.cases.models import Case, OutsideNumber
from qinzheng.clocks.models import Clock
from qinzheng.definitions import shelf
from qinzheng.ledger import envelope, projections, queries
from qinzheng.operations import judging_commands
from qinzheng.supervision.models import Card
from tests.flows import city
from tests.flows.test_judging import judged

pytestmark = pytest.mark.django_db(transaction=True)

CLERK, HANDLER = Who("k", "住建局", "clerk"), Who("h", "住建局", "handler")
APPROVER, HEAD = Who("a", "住建局", "approver"), Who("d", "住建局", "head_of_organ")
LICENCE, JOINT = "approvals.standard", "approvals.joint"


def at(text):
    return int(dt.datetime.fromisoformat(text).replace(tzinfo=shelf.ZONE).timestamp() * 1_000_000)


def received(clock, procedure=LICENCE, **more):
    clock.on("2026-03-02 09:00")
    return cases.open_case(procedure, "receive", CLERK, {}, **more).case


def accepted(clock):
    case = received(clock)
    clock.on("2026-03-02 10:00")
    cases.perform(case, "accept", CLERK, {})
    return case


def types(case):
    return [event.type for event in queries.history(case)]


def row(case):
    return Case.objects.get(pk=case)


def valid_cards(case):
    return sorted(Card.objects.filter(case=case, withdrawn_at=None).values_list("rule", flat=True))


@pytest.fixture(autouse=True)
def _the_tables_are_what_the_ledger_says(clock):
    yield
    for case in Case.objects.values_list("pk", flat=True):
        city.check(case)
    assert list(projections.check()) == []


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
    came = at_once(clock, *[lambda: cases.open_case(LICENCE, "receive", CLERK, {})] * 5)
    assert sorted(done.number for done in came) == [f"XK2026{n:06}" for n in range(1, 6)]


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


# -- silence -------------------------------------------------------------------------------------------


def test_who_acts_after_the_silence_finds_the_case_accepted_though_no_tick_came(clock):
    case = received(clock)
    clock.on("2026-03-10 09:00")
    with pytest.raises(NotAllowed, match="the case is under review"):
        cases.perform(case, "accept", CLERK, {})
    assert cases.perform(case, "check_site", HANDLER, {}).state == "accepted"
    assert "cases.deemed" in types(case)


def test_an_acceptance_entered_late_withdraws_the_silence_by_event(clock):
    case = received(clock)
    clock.on("2026-03-20 09:00")
    assert judging_commands.tick_once() == 1
    assert row(case).state == "accepted"
    assert valid_cards(case) == [
        "standard.law-past-promise", "standard.law-pre-warning", "standard.law-step-late-approvals",
    ]  # fmt: skip
    clock.on("2026-03-20 10:00")
    told = cases.perform(case, "accept", CLERK, {}, occurred_at=at("2026-03-09 16:00"))
    gone = [event for event in queries.history(case) if event.type == "cases.undeemed"]
    assert [(event.body["act"], event.caused_by) for event in gone] == [("deem_accept", str(told.event))]
    assert (row(case).state, row(case).situation["done"]) == ("accepted", {"receive": 1, "accept": 1})
    # In time by its own word, entered after the limit: that is another card, and its own.
    assert valid_cards(case) == ["standard.law-back-dated", "standard.law-pre-warning"]
    assert Clock.objects.get(case=case, clock="decision").started_at == dt.datetime(
        2026, 3, 9, 8, tzinfo=dt.UTC
    )


def test_silence_that_closed_a_case_is_unmade_by_a_late_fact(clock):
    case = received(clock, "review.reconsideration")
    clock.on("2026-03-03 09:00")
    cases.perform(case, "request_correction", HANDLER, {"defects": "缺委托书"})
    clock.on("2026-03-20 09:00")
    judging_commands.tick_once()
    assert (row(case).state, row(case).closed_at) == (
        "given_up",
        dt.datetime(2026, 3, 17, 15, 59, 59, 999999, tzinfo=dt.UTC),
    )
    done = cases.perform(case, "supply_correction", CLERK, {}, occurred_at=at("2026-03-17 23:00"))
    assert (done.state, row(case).closed_at) == ("received", None)
    clock.on("2026-03-24 23:30")
    judging_commands.tick_once()
    assert row(case).state == "received"
    clock.on("2026-03-25 00:00")
    judging_commands.tick_once()
    assert row(case).state == "accepted"


def test_many_marks_pass_at_once_in_their_order(clock):
    clock.on("2026-11-20 09:00")
    done = cases.open_case(LICENCE, "receive", CLERK, {}, occurred_at=at("2026-03-02 09:00"))
    assert done.state == "accepted"
    assert [e.body["act"] for e in queries.history(done.case) if e.type == "cases.deemed"] == ["deem_accept"]
    assert set(valid_cards(done.case)) == {
        "standard.law-past-limit", "standard.law-past-promise", "standard.law-pre-warning", "standard.law-step-late-approvals",
    }  # fmt: skip
    assert judging_commands.tick_once() == 0


# -- moves of the clock --------------------------------------------------------------------------------

TOLD = {"amount": 5, "reason": "案情复杂"}


def test_an_extension_has_its_approver_its_limit_and_its_reason(clock):
    case = accepted(clock)
    for who, form, said in (
        (HANDLER, TOLD, "is not for handler"),
        (HEAD, TOLD | {"amount": 11}, "不大于 10"),
        (HEAD, {"amount": 5}, "reason"),
    ):
        with pytest.raises((NotAllowed, BadForm), match=said):
            cases.perform(case, "extend", who, form)
    with pytest.raises(BadForm, match="days"):
        cases.perform(case, "notify_special", HANDLER, {"procedure": "hearing"})


def test_an_extension_comes_once_and_before_the_limit(clock):
    case = accepted(clock)
    clock.on("2026-03-30 23:59")
    cases.perform(case, "extend", HEAD, TOLD)
    with pytest.raises(NotAllowed, match="no more"):
        cases.perform(case, "extend", HEAD, TOLD)
    other = accepted(clock)
    clock.on("2026-03-31 00:00")
    with pytest.raises(NotAllowed, match="cannot be extended any more"):
        cases.perform(other, "extend", HEAD, TOLD)
    cases.perform(other, "extend", HEAD, TOLD, occurred_at=at("2026-03-30 12:00"))
    assert Clock.objects.get(case=other, clock="decision").ending == "running"


# -- cards ---------------------------------------------------------------------------------------------


def test_a_card_shown_by_other_facts_is_issued_again_under_its_own_name(clock):
    case = accepted(clock)
    clock.on("2026-04-20 09:00")
    judging_commands.tick_once()
    (before,) = Card.objects.filter(case=case, rule="standard.law-past-limit")
    told = cases.perform(
        case,
        "notify_special",
        HANDLER,
        {"procedure": "hearing", "days": 3},
        occurred_at=at("2026-03-03 09:00"),
    )
    (after,) = Card.objects.filter(case=case, rule="standard.law-past-limit")
    assert (after.id, after.withdrawn_at) == (before.id, None)
    assert after.at > before.at
    last = [e for e in queries.history(case) if e.body.get("card") == before.id]
    assert [e.type.rpartition("_")[2] for e in last] == ["issued", "withdrawn", "issued"]
    assert {e.caused_by for e in last[1:]} == {str(told.event)}


def test_a_card_withdrawn_and_earned_again_is_one_card(clock):
    case = accepted(clock)
    clock.on("2026-04-20 09:00")
    judging_commands.tick_once()
    (card,) = Card.objects.filter(case=case, rule="standard.law-past-limit")
    # The pause was told before the limit: the card goes, and comes back when the told time is over too.
    cases.perform(
        case,
        "notify_special",
        HANDLER,
        {"procedure": "hearing", "days": 20},
        occurred_at=at("2026-03-03 09:00"),
    )
    assert not Card.objects.filter(pk=card.id, withdrawn_at=None).exists()
    clock.on("2026-06-01 09:00")
    judging_commands.tick_once()
    assert Card.objects.filter(pk=card.id, withdrawn_at=None).exists()


def test_what_was_known_then_is_judged_as_it_stood_then(clock, capsys):
    case = accepted(clock)
    clock.on("2026-04-20 09:00")
    judging_commands.tick_once()
    clock.on("2026-04-21 09:00")
    cases.perform(case, "grant", APPROVER, {}, occurred_at=at("2026-03-16 10:00"))

    def figures(**asked):
        verdict = judged(capsys, **asked)
        return next(value for name, value in verdict.items() if name.startswith(LICENCE))

    now = figures(as_of="2026-04-21T10:00:00+08:00")
    assert (now["cards"], now["clocks"]) == (
        len(valid_cards(case)), {"completed_on_time": 2, "overdue": 1},
    )  # fmt: skip
    then = figures(known_at="2026-04-20T10:00:00+08:00")
    assert (then["cards"], then["clocks"]) == (3, {"completed_on_time": 1, "overdue": 1})
    assert "standard.law-past-limit" not in valid_cards(case)


def test_what_is_claimed_later_than_the_day_asked_for_has_not_happened(clock, capsys):
    case = accepted(clock)
    clock.on("2026-03-20 09:00")
    cases.perform(case, "grant", APPROVER, {})
    verdict = judged(capsys, as_of="2026-03-10T00:00:00+08:00")
    figures = next(value for name, value in verdict.items() if name.startswith(LICENCE))
    assert figures["clocks"] == {"completed_on_time": 1, "running": 1}


# -- joint handling, numbers ---------------------------------------------------------------------------


def organ(name):
    return Who(f"{name}-1", name, "handler")


def test_organs_answer_in_any_order_of_entry(clock):
    case = received(clock, JOINT)
    clock.on("2026-03-03 09:00")
    cases.perform(case, "accept", CLERK, {})
    cases.perform(case, "ask_organs", HANDLER, {"organs": ["水利局", "公安局", "水利局"]})
    assert row(case).situation["joints"]["organs"]["asked"] == ["公安局", "水利局"]
    clock.on("2026-03-06 09:00")
    cases.perform(case, "answer", organ("水利局"), {"opinion": "同意"})
    assert row(case).state == "asking"
    done = cases.perform(
        case, "answer", organ("公安局"), {"opinion": "同意"}, occurred_at=at("2026-03-04 09:00")
    )
    assert done.state == "agreed"
    with pytest.raises(NotAllowed):
        cases.perform(case, "answer", organ("公安局"), {"opinion": "同意"})
    assert cases.perform(case, "grant", APPROVER, {}).state == "granted"


def test_a_case_carries_the_numbers_of_other_systems(clock):
    case = received(clock, outside={"item_code": "SX-1", "national_platform": "GJ-9"})
    cases.add_number(case, "item_code", "SX-2", CLERK)
    cases.add_number(case, "item_code", "SX-2", CLERK)
    assert set(OutsideNumber.objects.values_list("kind", "number")) == {
        ("item_code", "SX-1"), ("item_code", "SX-2"), ("national_platform", "GJ-9"),
    }  # fmt: skip
    other = received(clock)
    for refused in (
        lambda: cases.add_number(other, "item_code", "SX-1", CLERK),
        lambda: received(clock, outside={"item_code": "SX-1"}),
    ):
        with pytest.raises(NotAllowed, match="belongs to another case"):
            refused()
    with pytest.raises(NotAllowed, match="no kind of outside number"):
        received(clock, outside={"licence": "1"})
    assert Case.objects.count() == 2
    assert types(case).count("cases.numbered") == 1


def test_a_number_edited_by_hand_is_named(clock):
    case = received(clock, outside={"item_code": "SX-1"})
    OutsideNumber.objects.filter(case=case).update(number="SX-9")
    assert {(d.table, d.key) for d in projections.check()} == {
        ("cases_outside_number", ("item_code", "SX-9")), ("cases_outside_number", ("item_code", "SX-1")),
    }  # fmt: skip
    OutsideNumber.objects.filter(case=case).update(number="SX-1")


def test_what_the_engine_goes_by_cannot_be_edited_unseen(clock):
    case = received(clock)
    saved = row(case)
    for change in ("closed_at = now()", "situation = jsonb_set(situation, '{done,receive}', '0')"):
        with connection.cursor() as cursor:
            cursor.execute(f"UPDATE cases_case SET {change} WHERE id = %s", [case])
        found = {(d.table, d.column) for d in projections.check()}
        saved.save()
        assert found == {("cases_case", change.partition(" ")[0])}
