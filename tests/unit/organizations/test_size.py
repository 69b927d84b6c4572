"""A whole city's organization in a number of queries that does not grow with it."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from qinzheng.organizations import actions, queries
from qinzheng.organizations.models import Post
from tests.unit.organizations.conftest import BY, START, found
from tests.unit.organizations.test_actions import differences

UNITS = 1 + 40 + 200 + 18 + 304 + 340


def build(scale):
    """Departments, divisions, towns, villages, points and posts, by a scale from 0 to 1. How many units and posts."""
    departments = [f"dep-{n:02}" for n in range(int(40 * scale))]
    towns = [f"town-{n:02}" for n in range(int(18 * scale))]
    units = ["city", *departments, *towns]
    with actions.together():
        found("city", "city", None)
        for id in departments:
            found(id, "department", "city")
        for id in towns:
            found(id, "town", "city")
        for kind, parents, count in (
            ("division", departments, 200),
            ("village", towns, 304),
            ("service_point", towns, 340),
        ):
            for n in range(int(count * scale)):
                units.append(found(f"{kind.replace('_', '-')}-{n:03}", kind, parents[n % len(parents)]))
        posts = []
        for n in range(int(1500 * scale)):
            unit = units[n % len(units)]
            posts.append(
                actions.create_post(unit, f"岗 {n}", ["handler"], head=n < len(units), begins=START, by=BY)
            )
            actions.appoint(actions.register_person(f"人 {n}", by=BY), posts[n], START, by=BY)
    return units, posts


@pytest.mark.django_db
def test_a_city_is_read_and_written_in_a_constant_number_of_queries(django_assert_num_queries):
    with CaptureQueriesContext(
        connection,
    ) as written:
        units, posts = build(1)
    assert len(units) == UNITS
    assert Post.objects.count() == 1500
    assert len(written) < 60, "batches of rows, not one by one"
    at = dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC)
    with django_assert_num_queries(2):
        (root,) = queries.tree(at.date())
    assert sum(1 for _ in root) == UNITS
    with django_assert_num_queries(4):
        (root,) = queries.tree(at.date(), desks=True)
    assert sum(len(branch.desks) for branch in root) == 1500
    with django_assert_num_queries(1):
        assert len(queries.subtree("city", at.date())) == UNITS
    with django_assert_num_queries(1):
        assert queries.ancestors("village-000", at.date()) == ["town-00", "city"]
    with django_assert_num_queries(2):
        assert len(queries.names([*units, *posts])) == UNITS + 1500
    with django_assert_num_queries(1):
        assert len(queries.holders(posts, at.date())) == 1500
    with django_assert_num_queries(1):
        assert {each.right for each in queries.acting_of(posts, at).values()} == {"own"}
    assert differences() == []
