"""Flows through the real stack on a real PostgreSQL: act, clocks, cards, ledger in one transaction."""

import datetime as dt
import threading

import pytest
from django.db import connection

from qinzheng.cases import actions as cases
from qinzheng.cases.engine import NotAllowed, Who
from qinzheng.cases.models import Case
from qinzheng.clocks.models import Clock
from qinzheng.ledger import envelope, queries
from qinzheng.supervision.models import Card

pytestmark = pytest.mark.django_db(transaction=True)

CITIZEN = Who("c-1", "", "citizen")
HANDLER = Who("h-1", "住建局", "handler")
CLERK = Who("k-1", "住建局", "clerk")
DAY = 86_400_000_000


def ago(days):
    return int((dt.datetime.now(dt.UTC) - dt.timedelta(days=days)).timestamp() * 1_000_000)


def opened(days=0, **more):
    return cases.open_case("letters.reply", "submit", CLERK, {}, occurred_at=ago(days), **more)


def cards(case):
    return sorted(Card.objects.filter(case=case.case, withdrawn_at=None).values_list("rule", flat=True))


def test_a_fresh_letter_has_a_running_clock_and_no_card(published):
    done = opened()
    clock = Clock.objects.get(case=done.case)
    assert (clock.clock, clock.ending, clock.ended_at) == ("reply", "running", None)
    assert clock.promised_at is not None
    assert clock.due_at is not None
    assert clock.promised_at < clock.due_at
    assert cards(done) == []
    assert [e.type for e in queries.history(done.case)] == ["cases.opened", "clocks.moved"]


def test_an_old_letter_entered_today_is_judged_when_the_page_returns(published):
    done = opened(60)
    assert cards(done) == ["standard.past-own-limit", "standard.past-promise", "standard.pre-warning"]
    assert Clock.objects.get(case=done.case).ending == "overdue"
    cases.perform(done.case, "reply", HANDLER, {})
    clock = Clock.objects.get(case=done.case)
    assert (clock.ending, Case.objects.get(pk=done.case).state) == ("completed_late", "replied")


def test_a_late_fact_withdraws_cards_with_its_cause(published):
    done = opened(60)
    told = cases.perform(done.case, "reply", HANDLER, {}, occurred_at=ago(59))
    assert cards(done) == []
    withdrawn = Card.objects.filter(case=done.case).exclude(withdrawn_at=None)
    assert {card.withdrawn_for for card in withdrawn} == {told.event}
    assert len(withdrawn) == 3
    assert Clock.objects.get(case=done.case).ending == "completed_on_time"
    types = [e.type for e in queries.history(done.case)]
    assert types.count("supervision.card_issued") == types.count("supervision.card_withdrawn") == 3


def test_the_same_key_acts_once(published):
    done = opened()
    key = envelope.uuid7()
    first = cases.perform(done.case, "reply", HANDLER, {}, key=key)
    again = cases.perform(done.case, "reply", HANDLER, {}, key=key)
    assert (first.new, again.new, again.state) == (True, False, "replied")
    opening = envelope.uuid7()
    assert opened(key=opening).case == opened(key=opening).case


@pytest.mark.parametrize(("act", "who", "said"), [
    ("reply", CITIZEN, "citizen"), ("submit", CLERK, "opened already"), ("dance", HANDLER, "no act"),
])  # fmt: skip
def test_what_may_not_be_done_is_refused_and_leaves_nothing(published, act, who, said):
    done = opened()
    before = len(queries.history(done.case))
    with pytest.raises(NotAllowed, match=said):
        cases.perform(done.case, act, who, {})
    assert len(queries.history(done.case)) == before


def test_nothing_happens_twice_or_in_the_future(published):
    done = opened()
    cases.perform(done.case, "reply", HANDLER, {})
    with pytest.raises(NotAllowed, match="is done when it is"):
        cases.perform(done.case, "reply", HANDLER, {})
    with pytest.raises(NotAllowed, match="later than now"):
        opened(-1)


def test_many_hands_on_one_case_leave_one_reply(published):
    done = opened()
    said: list[bool | None] = []

    def reply():
        try:
            said.append(cases.perform(done.case, "reply", HANDLER, {}).new)
        except NotAllowed:
            said.append(None)
        connection.close()

    threads = [threading.Thread(target=reply) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said, key=str) == [None] * 5 + [True]
    numbers = [e.subject_seq for e in queries.history(done.case)]
    assert numbers == list(range(1, len(numbers) + 1))
