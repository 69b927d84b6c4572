"""The tree over time against an oracle that knows nothing of spans; the stand-ins against one that walks in the open."""

import datetime as dt

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qinzheng.organizations import actions, queries, standing, tree
from qinzheng.organizations.rules import Refused
from tests.unit.organizations.conftest import BY, START, found

DEPARTMENTS = [f"dep-{n}" for n in range(6)]
DAYS = [START + dt.timedelta(days=n) for n in range(8)]
MOVES = st.lists(
    st.tuples(st.sampled_from(DEPARTMENTS), st.sampled_from(["city", *DEPARTMENTS]), st.sampled_from(DAYS)),
    max_size=12,
)


def below(parents, root):
    """Everything whose way up meets the root: the naive way."""
    found_below = {root}
    for id in parents:
        seen, up = set(), id
        while up is not None and up not in seen:
            seen.add(up)
            if up == root:
                found_below.add(id)
            up = parents.get(up)
    return found_below


def on_a_circle(parents):
    for id in parents:
        seen, up = set(), id
        while up is not None:
            if up in seen:
                return True
            seen.add(up)
            up = parents.get(up)
    return False


def day_by_day(moves):
    """The parents on each day, one dictionary a day, and whether each move was possible."""
    years = {day: dict.fromkeys(DEPARTMENTS, "city") for day in DAYS}
    moved_on = dict.fromkeys(DEPARTMENTS, START)
    possible = []
    for id, to, day in moves:
        tried = {each: {**parents, id: to} if each >= day else parents for each, parents in years.items()}
        good = (
            day > moved_on[id]
            and years[DAYS[-1]][id] != to
            and not any(on_a_circle(parents) for parents in tried.values())
        )
        possible.append(good)
        if good:
            years, moved_on[id] = tried, day
    return years, possible


@pytest.mark.django_db
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=MOVES)
def test_moves_never_make_a_circle_and_each_day_has_its_tree(moves):
    years, possible = day_by_day(moves)
    done = []
    with transaction.atomic():
        with actions.together():
            found("city", "city", None)
            for id in DEPARTMENTS:
                found(id, "department", "city")
            for id, to, day in moves:
                try:
                    actions.move_organization(id, to, day, by=BY)
                    done.append(True)
                except Refused:
                    done.append(False)
        for day, parents in years.items():
            assert queries.parents(DEPARTMENTS, day) == parents
            for root in ["city", *DEPARTMENTS]:
                assert queries.subtree(root, day) == below(parents, root)
            nested = {branch.id for root in queries.tree(day) for branch in root}
            assert nested == {"city", *DEPARTMENTS}
        assert done == possible
        transaction.set_rollback(True)


@given(
    st.dictionaries(
        st.sampled_from("abcdef"),
        st.lists(st.tuples(st.integers(0, 9), st.sampled_from("abcdefg")), min_size=1, max_size=3),
    ),
    st.sampled_from("abcdef"),
    st.sampled_from("abcdefg"),
    st.integers(0, 9),
)
def test_a_circle_is_found_at_its_first_moment(pointed, id, to, since):
    moments = [START + dt.timedelta(days=n) for n in range(12)]
    pointers = {}
    for key, begins in pointed.items():
        marks = sorted(dict(begins).items())
        ends = [moments[n] for n, _ in marks[1:]] + [None]
        pointers[key] = [
            tree.Span(moments[n], end, other) for (n, other), end in zip(marks, ends, strict=True)
        ]
    expected = None
    for moment in moments[since:]:
        parents = {key: tree.target(pointers, key, moment) for key in pointers} | {id: to}
        up, seen = parents.get(to) if to != id else id, {to}
        while up is not None and up != id and up not in seen:
            seen.add(up)
            up = parents.get(up)
        if up == id:
            expected = moment
            break
    assert tree.circle(pointers, id, to, moments[since]) == expected


POSTS = "abcdefgh"
STANDINGS = st.fixed_dictionaries(
    {
        id: st.tuples(
            st.sampled_from(["one", "two"]),
            st.booleans(),
            st.sampled_from(["", "absent", "vacant"]),
            st.one_of(st.none(), st.sampled_from(POSTS + "z")),
        )
        for id in POSTS
    }
)


@given(STANDINGS)
def test_who_acts_is_there_and_stands_in_line(drawn):
    posts = {id: standing.Standing(id, *row) for id, row in drawn.items()}
    for id, post in posts.items():
        line, up = [], id
        while up in posts and up not in line:
            line.append(up)
            up = posts[up].stand_in
        there = [each for each in line if not posts[each].away]
        found_acting = standing.acting(posts, id)
        if not post.away:
            assert (found_acting.post, found_acting.right, found_acting.passed) == (id, "own", ())
        elif there:
            assert (found_acting.post, found_acting.right) == (there[0], "stand_in")
            assert [each for each, _ in found_acting.passed] == line[: line.index(there[0])]
        elif found_acting.post is not None:
            assert found_acting.right == "head"
            assert not posts[found_acting.post].away
        else:
            assert found_acting.right == "nobody"
            heads = [each for each in posts.values() if each.head and each.organization == post.organization]
            assert all(head.away for head in heads)
        assert (found_acting.post is None) == (found_acting.right == "nobody")
        if found_acting.post not in (None, id):
            assert id in standing.stands_in_for(posts, found_acting.post)
    shared = [each for id in posts for each in standing.stands_in_for(posts, id)]
    assert len(shared) == len(set(shared)), "one post acts for a post, never two"
