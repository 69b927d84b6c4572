"""Pages by cursor: every row once, in order, forwards and back, whatever the size of the page."""

import datetime as dt

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qinzheng.organizations.models import Organization
from qinzheng.web import paging

KEYS = ("-begins", "id")
pytestmark = pytest.mark.django_db


def found(size: int) -> tuple[list[list[str]], list[str]]:
    """The ids page by page forwards, then all of them going back."""
    forwards, cursor = [], ""
    while True:
        page = paging.page(Organization.objects.all(), KEYS, after=cursor, size=size)
        forwards.append([row.pk for row in page.rows])
        if not page.following:
            break
        cursor = page.following
    back, cursor = list(forwards[-1]), page.preceding
    while cursor:
        page = paging.page(Organization.objects.all(), KEYS, before=cursor, size=size)
        back = [*[row.pk for row in page.rows], *back]
        cursor = page.preceding
    return forwards, back


@given(rows=st.lists(st.integers(), max_size=40), size=st.integers(1, 7))
def test_a_list_is_paged_whole_in_order_and_back(rows: list[int], size: int) -> None:
    seen: list[int] = []
    pages = []
    page = paging.part(rows, size=size)
    while True:
        seen += page.rows
        pages.append(page)
        if not page.following:
            break
        page = paging.part(rows, after=page.following, size=size)
    assert seen == rows
    for earlier, later in zip(pages, pages[1:], strict=False):
        assert paging.part(rows, before=later.preceding, size=size) == earlier
    assert pages[0].preceding == ""


@pytest.mark.parametrize("cursor", ["-1", "x", "1.5", "²", "9" * 500])
def test_a_place_in_a_list_that_is_none_is_refused(cursor: str) -> None:
    with pytest.raises(paging.WrongCursor):
        paging.part([1, 2], after=cursor)


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(days=st.lists(st.integers(0, 4), max_size=17), size=st.integers(1, 6))
def test_every_row_once_forwards_and_back(days: list[int], size: int) -> None:
    Organization.objects.all().delete()
    Organization.objects.bulk_create(
        Organization(
            id=f"u-{n:02}", kind="town", name_zh=f"镇{n}", begins=dt.date(2026, 1, 1) + dt.timedelta(day)
        )
        for n, day in enumerate(days)
    )
    expected = list(Organization.objects.order_by(*KEYS).values_list("pk", flat=True))
    forwards, back = found(size)
    assert [pk for page in forwards for pk in page] == expected
    assert all(len(page) == size for page in forwards[:-1])
    assert back == expected


@pytest.mark.parametrize("cursor", ["x", "W10", "e30", "A" * 500, "WzEsMiwzXQ", "WyJhIiwgbnVsbF0"])
def test_a_cursor_of_somebody_else_is_refused(cursor: str) -> None:
    with pytest.raises(paging.WrongCursor):
        paging.page(Organization.objects.all(), KEYS, after=cursor)
