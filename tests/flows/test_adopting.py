"""Whole cases taken over from elsewhere: judged like our own, once, all of a case or none of it."""

from __future__ import annotations

import datetime as dt
import tempfile
import uuid
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qinzheng.cases import actions as cases
from qinzheng.cases import adopting, outside, writing
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
    promise = published.get("item", item).committed
    assert promise
    assert (case.organization, case.promise, case.town) == ("market", promise, "town-03")
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


# -- told in parts, late, and otherwise than before ---------------------------------------------------

ACTS = (
    "accept", "request_correction", "supply_correction", "check_site", "grant", "refuse", "issue", "withdraw",
)  # fmt: skip


def licence(key: uuid.UUID, acts) -> History:
    return History(key, "approvals.standard", acts)


def stands(id: str):
    """Where the case stands, its clocks and cards; ids of cards name the case, and some the place in the ledger."""
    case = Case.objects.get(pk=id)
    clocks = Clock.objects.filter(case=id).order_by("clock", "ordinal")
    cards = Card.objects.filter(case=id, withdrawn_at=None).values_list("rule", "at", "organization")
    moments = ("started_at", "due_at", "paused_at", "ended_at", "ending", "shift", "extra", "rested")
    return (
        case.state, case.organization, case.closed_at, case.situation["done"],
        [(c.clock, c.ordinal, *(getattr(c, name) for name in moments)) for c in clocks], sorted(cards),
    )  # fmt: skip


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    days=st.lists(st.tuples(st.sampled_from(ACTS), st.integers(1, 70)), max_size=6, unique_by=lambda e: e[1]),
    known=st.integers(0, 6),
    shuffle=st.randoms(use_true_random=False),
)
def test_told_in_parts_and_in_any_order_a_case_stands_as_if_told_at_once(published, days, known, shuffle):
    begin = ago(80)
    acts = [Taken("receive", CLERK, begin)]
    acts += [Taken(name, HANDLER, begin + (80 - day) * DAY) for name, day in days]
    whole, parts = uuid.uuid4(), uuid.uuid4()
    whole, parts = uuid.uuid5(SPACE, str(whole)), uuid.uuid5(SPACE, str(parts))
    assert outside.take([licence(whole, acts)], whole=False)[0].result == "taken"
    rest = acts[1:]
    shuffle.shuffle(rest)
    assert outside.take([licence(parts, [acts[0], *rest[:known]])], whole=False)[0].result == "taken"
    for each in rest[known:]:
        outcome = outside.take([licence(parts, [each])], whole=False)[0]
        assert (outcome.result, outcome.en) == ("continued", "")
    assert stands(adopting.case_id(parts)) == stands(adopting.case_id(whole))
    assert list(projections.check()) == []


def test_a_late_act_of_theirs_is_refused_only_where_an_act_of_ours_would_fall(published):
    key = uuid.uuid5(SPACE, "late")
    # Their order is wrong already: granted before anybody accepted. A late act between is a fact like the others.
    wrong = [Taken("receive", CLERK, ago(20)), Taken("grant", HANDLER, ago(10))]
    outside.take([licence(key, wrong)], whole=False)
    late = outside.take([licence(key, [Taken("check_site", HANDLER, ago(15))])], whole=False)[0]
    assert late.result == "continued"
    # Ours was allowed where it stands; theirs would take the ground from under it.
    other = uuid.uuid5(SPACE, "ours")
    outside.take(
        [licence(other, [Taken("receive", CLERK, ago(3)), Taken("accept", HANDLER, ago(2))])], whole=False
    )
    cases.perform(adopting.case_id(other), "check_site", HANDLER, {})
    before = stands(adopting.case_id(other))
    refused = outside.take([licence(other, [Taken("refuse", HANDLER, ago(1))])], whole=False)[0]
    assert refused.result == "rejected"
    assert "site check" in refused.en
    assert "实地核查" in refused.zh
    assert stands(adopting.case_id(other)) == before


def test_our_own_late_act_is_not_kept_out_by_what_never_held(published):
    key = uuid.uuid5(SPACE, "never-held")
    told = [
        Taken("receive", CLERK, ago(4)),
        Taken("issue", HANDLER, ago(1)),
        Taken("accept", HANDLER, ago(3)),
    ]
    outside.take([licence(key, told)], whole=False)
    done = cases.perform(adopting.case_id(key), "check_site", HANDLER, {}, occurred_at=ago(2))
    assert done.new
    assert list(projections.check()) == []


def test_what_a_source_tells_otherwise_is_corrected_by_an_event_and_judged_anew(published):
    key = uuid.uuid5(SPACE, "corrected")
    told = [Taken("submit", CLERK, ago(60)), Taken("reply", HANDLER, ago(1))]
    outside.take([History(key, "letters.reply", told)], whole=True)
    id = adopting.case_id(key)
    assert Clock.objects.get(case=id).ending == "completed_late"
    better = [told[0], Taken("reply", HANDLER, ago(58))]
    outcome = outside.take([History(key, "letters.reply", better)], whole=True)[0]
    assert (outcome.result, outcome.new, outcome.changed, outcome.gone) == ("continued", 0, 1, 0)
    assert Clock.objects.get(case=id).ending == "completed_on_time"
    assert Case.objects.get(pk=id).closed_at == writing.moment(better[1].occurred_at)
    corrected = [event for event in queries.history(id) if event.type == "cases.corrected"]
    assert [event.body["corrects"] for event in corrected] == [2]
    assert corrected[0].occurred_at == better[1].occurred_at
    withdrawn = Card.objects.filter(case=id, rule="standard.past-own-limit")
    assert all(str(card.withdrawn_for) == corrected[0].id for card in withdrawn if card.withdrawn_at)
    assert set(Card.objects.filter(withdrawn_at=None).values_list("id", flat=True)) == judged()
    assert list(projections.check()) == []
    again = outside.take([History(key, "letters.reply", better)], whole=True)[0]
    assert (again.result, again.changed) == ("known", 0)
    moved = [
        Taken("submit", CLERK, ago(59)),
        Taken("reply", Who("h-2", "water", "handler"), better[1].occurred_at),
    ]
    outcome = outside.take([History(key, "letters.reply", moved)], whole=True)[0]
    assert outcome.changed == 2
    assert Case.objects.get(pk=id).opened_at == writing.moment(moved[0].occurred_at)
    assert list(projections.check()) == []


def test_what_a_source_tells_no_more_is_counted_and_stays(published):
    key = uuid.uuid5(SPACE, "gone")
    outside.take([History(key, "letters.reply", [Taken("submit", CLERK, ago(9)), replied(8)])], whole=True)
    before = stands(adopting.case_id(key))
    first = queries.history(adopting.case_id(key))[0].occurred_at
    assert first is not None
    outcome = outside.take([History(key, "letters.reply", [Taken("submit", CLERK, first)])], whole=True)[0]
    assert (outcome.result, outcome.gone, outcome.changed) == ("known", 1, 0)
    assert stands(adopting.case_id(key)) == before
