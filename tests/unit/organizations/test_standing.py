"""A/B roles: the stand-in acts without anybody switching, and stops as it began."""

import datetime as dt

import pytest
from django.utils import timezone

from qinzheng.ledger import queries as ledger
from qinzheng.operations import duties
from qinzheng.organizations import actions, queries
from qinzheng.organizations.rules import Refused
from tests.unit.organizations.conftest import BY, START

MORNING = dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def desks(city):
    """Posts a, b, c of the permits division and its head, all held: a → b → c."""
    with actions.together():
        posts = {}
        for name in ("c", "b", "a", "head"):
            posts[name] = actions.create_post(
                "housing-permits", name, ["handler"], head=name == "head", begins=START, by=BY
            )
            actions.appoint(actions.register_person(name, by=BY), posts[name], START, by=BY)
        for post, other in (("a", "b"), ("b", "c")):
            actions.set_stand_in(posts[post], posts[other], at=actions.midnight(START), by=BY)
    return posts


def away(post, begins=MORNING, ends=MORNING + HOUR):
    actions.record_absence(post, begins, ends, "leave", by=BY)


def test_the_stand_in_acts_during_the_absence_and_only_then(desks):
    away(desks["a"])
    moments = (MORNING - HOUR, MORNING, MORNING + HOUR - dt.timedelta(microseconds=1), MORNING + HOUR)
    assert [queries.acting(desks["a"], at) for at in moments] == [
        desks["a"], desks["b"], desks["b"], desks["a"],
    ]  # fmt: skip
    assert [queries.stands_in_for(desks["b"], at) for at in moments] == [[], [desks["a"]], [desks["a"]], []]


def test_then_the_next_then_the_head_then_nobody(desks):
    rights = []
    for post in ("a", "b", "c", "head"):
        away(desks[post])
        (found,) = queries.acting_of([desks["a"]], MORNING).values()
        rights.append((found.post, found.right, len(found.passed)))
    assert rights == [
        (desks["b"], "stand_in", 1), (desks["c"], "stand_in", 2), (desks["head"], "head", 3), (None, "nobody", 4),
    ]  # fmt: skip
    assert "无人可办" in found.because().zh
    assert found.passed[0] == (desks["a"], "absent")


def test_a_vacant_post_is_nobodys_to_act_in(desks):
    actions.relieve(desks["b"], dt.date(2026, 3, 1), by=BY)
    away(desks["a"])
    assert queries.acting(desks["b"], MORNING) == desks["c"]
    assert queries.acting(desks["a"], MORNING) == desks["c"]
    assert queries.stands_in_for(desks["c"], MORNING) == sorted([desks["a"], desks["b"]])


def test_back_early(desks):
    away(desks["a"], ends=None)
    actions.hand_back(desks["a"], at=MORNING + HOUR, by=BY)
    assert queries.acting(desks["a"], MORNING + HOUR / 2) == desks["b"]
    assert queries.acting(desks["a"], MORNING + HOUR) == desks["a"]
    with pytest.raises(Refused, match="无需交回"):
        actions.hand_back(desks["a"], at=MORNING + 2 * HOUR, by=BY)


def test_the_end_of_an_absence_is_entered_once(desks):
    away(desks["a"])
    assert actions.hand_back_due(MORNING) == []
    assert actions.hand_back_due(MORNING + HOUR) == [desks["a"]]
    assert actions.hand_back_due(MORNING + HOUR) == []
    last = ledger.history(f"post:{desks['a']}")[-1]
    assert (last.type, last.kind, last.actor) == ("organizations.handed_back", "determination", "")


@pytest.mark.parametrize(("post", "other"), [("c", "a"), ("c", "b"), ("c", "c"), ("b", "a")])
def test_a_circle_of_stand_ins_is_refused(desks, post, other):
    with pytest.raises(Refused, match="成环"):
        actions.set_stand_in(desks[post], desks[other], at=MORNING, by=BY)


def test_a_change_of_stand_in_leaves_the_past_as_it_was(desks):
    away(desks["a"])
    actions.set_stand_in(desks["a"], desks["c"], at=MORNING + HOUR / 2, by=BY)
    assert queries.acting(desks["a"], MORNING) == desks["b"]
    assert queries.acting(desks["a"], MORNING + HOUR / 2) == desks["c"]
    with pytest.raises(Refused, match="at:"):
        actions.set_stand_in(desks["a"], None, at=MORNING, by=BY)


def test_overlapping_absences_are_refused(desks):
    away(desks["a"])
    with pytest.raises(Refused, match="重叠"):
        away(desks["a"], MORNING + HOUR / 2, None)
    with pytest.raises(Refused, match="词表"):
        actions.record_absence(desks["b"], MORNING, None, "流感", by=BY)
    away(desks["a"], MORNING + HOUR, MORNING + 2 * HOUR)


def test_who_acts_for_many_is_one_query(desks, django_assert_num_queries):
    away(desks["a"])
    with django_assert_num_queries(1):
        found = queries.acting_of(list(desks.values()), MORNING)
    assert found[desks["a"]].post == desks["b"]
    with django_assert_num_queries(1):
        assert queries.stands_in_for(desks["a"], MORNING) == []
    with django_assert_num_queries(2):
        assert queries.stands_in_for(desks["b"], MORNING) == [desks["a"]]


def test_the_worker_hands_back_what_is_over(desks):
    away(desks["a"], timezone.now() - 2 * HOUR, timezone.now() - HOUR)
    assert [duties.hand_back(), duties.hand_back()] == [1, 0]
    assert "hand-back" in {duty.name for duty in duties.DUTIES}
