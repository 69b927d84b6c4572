"""Whole cases taken over from elsewhere: judged like our own, once, all of a case or none of it."""

from __future__ import annotations

import datetime as dt
import tempfile
import uuid
from pathlib import Path

import pytest

from qinzheng.cases import actions as cases
from qinzheng.cases import adopting
from qinzheng.cases.about import About
from qinzheng.cases.adopting import History, Taken
from qinzheng.cases.engine import Who
from qinzheng.cases.models import Case
from qinzheng.clocks.models import Clock
from qinzheng.ledger import projections, queries
from qinzheng.ledger.models import Event
from qinzheng.supervision import batch, history
from qinzheng.supervision.models import Card

pytestmark = pytest.mark.django_db(transaction=True)

CLERK, HANDLER = Who("k-1", "窗口", "clerk"), Who("h-1", "housing", "handler")
DAY = 86_400_000_000
SPACE = uuid.UUID("0d4f3f5e-7a52-5a55-9d0e-0123456789ab")


def ago(days: float) -> int:
    return int((dt.datetime.now(dt.UTC) - dt.timedelta(days=days)).timestamp() * 1_000_000)


def letter(n: int, *acts: Taken) -> History:
    return History(uuid.uuid5(SPACE, str(n)), "letters.reply", acts)


def submitted(days: float, **more) -> Taken:
    return Taken("submit", CLERK, ago(days), **more)


def replied(days: float, **more) -> Taken:
    return Taken("reply", HANDLER, ago(days), **more)


def judged() -> set[str]:
    """The ids of the cards that the batch driver finds in the ledger."""
    found: set[str] = set()
    with tempfile.TemporaryDirectory() as folder:
        now = int(dt.datetime.now(dt.UTC).timestamp() * 1_000_000)
        for _, job in history.jobs(Path(folder), None, "standard", now, None):
            found |= {card.hex() for card in batch.run(job).cards.id}
    return found


def test_a_late_case_is_judged_like_our_own(published):
    result = adopting.adopt([letter(1, submitted(60)), letter(2, submitted(60), replied(59))])
    assert (len(result.taken), result.known, result.rejected) == (2, [], [])
    late, done = (Case.objects.get(pk=id) for id in result.taken)
    assert (late.state, late.closed_at, done.state) == ("received", None, "replied")
    assert [clock.ending for clock in Clock.objects.filter(case=late.pk)] == ["overdue"]
    assert sorted(Card.objects.values_list("case", "level")) == [
        (late.pk, "red"), (late.pk, "warning"), (late.pk, "yellow"),
    ]  # fmt: skip
    assert set(Card.objects.values_list("id", flat=True)) == judged()
    assert list(projections.check()) == []


def test_taking_it_again_changes_nothing(published):
    histories = [letter(n, submitted(30), replied(20)) for n in range(5)]
    adopting.adopt(histories)
    events = Event.objects.count()
    again = adopting.adopt(histories)
    assert (again.taken, len(again.known), Event.objects.count()) == ([], 5, events)


def test_what_cannot_be_taken_is_reported_and_the_rest_taken(published):
    wrong = [
        letter(1, replied(3)),
        letter(2, submitted(3), Taken("dance", HANDLER, ago(2))),
        letter(3, submitted(-1)),
        letter(4),
        History(uuid.uuid5(SPACE, "5"), "no.procedure", [submitted(3)]),
    ]
    result = adopting.adopt([*wrong, letter(6, submitted(3))])
    assert len(result.taken) == 1
    assert [key for key, _, _ in result.rejected] == [history.key for history in wrong]
    assert all(zh and en for _, zh, en in result.rejected)
    assert Case.objects.count() == 1


def test_it_goes_on_as_a_case_of_ours(published):
    (id,) = adopting.adopt([letter(1, submitted(2))]).taken
    assert cases.perform(id, "reply", HANDLER, {}).state == "replied"
    assert [event.subject_seq for event in queries.history(id)] == list(
        range(1, len(queries.history(id)) + 1)
    )
    assert list(projections.check()) == []


def test_a_deemed_act_stands_where_the_law_puts_it(published):
    received = Taken("receive", CLERK, ago(60))
    result = adopting.adopt([History(uuid.uuid5(SPACE, "9"), "approvals.standard", [received])])
    case = Case.objects.get(pk=result.taken[0])
    assert case.state == "accepted"
    assert "cases.deemed" in [event.type for event in queries.history(case.pk)]
    assert set(Card.objects.values_list("id", flat=True)) == judged()
    assert list(projections.check()) == []


def test_an_item_gives_its_promise_and_its_unit(published):
    item = "market.food-business-licence"
    about = About(item=item, title="食品经营许可", town="town-03", parties={"applicant": "party:1"})
    acts = [Taken("receive", CLERK, ago(30)), Taken("accept", HANDLER, ago(29))]
    (id,) = adopting.adopt([History(uuid.uuid5(SPACE, "7"), "approvals.standard", acts, about)]).taken
    case = Case.objects.get(pk=id)
    assert (case.organization, case.promise, case.town) == ("market", {"decision": 8}, "town-03")
    assert case.parties.get().party == "party:1"
    assert Card.objects.filter(case=id, rule="standard.law-past-promise").count() == 1
    assert list(projections.check()) == []


def test_only_a_simulation_says_when_it_was_recorded(published):
    told = [submitted(60, recorded_at=ago(59)), replied(50, recorded_at=ago(40))]
    (honest,) = adopting.adopt([letter(1, *told)]).taken
    (played,) = adopting.adopt([letter(2, *told)], simulated=True).taken
    assert min(event.recorded_at for event in queries.history(honest)) > ago(1)
    first, *_ = queries.history(played)
    assert first.recorded_at == told[0].recorded_at
    assert first.body["simulated"] is True
