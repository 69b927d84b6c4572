"""As known then and as known now: the three years whose notices were amended within the year."""

import datetime as dt
import pickle

import pytest

from qinzheng.calendars import build, schema
from qinzheng.calendars.calendar import differences
from tests.unit.calendars import shipped

D = dt.date


def _works(day: dt.date, known_on: dt.date | None) -> bool:
    calendar = shipped.calendar("cn", known_on)
    return calendar.is_work(calendar.index(day))


@pytest.mark.parametrize(
    ("day", "before", "then", "after", "now"),
    [
        # 国发明电〔2015〕1号 of 2015-05-13: 3 and 4 September off, Sunday the 6th worked.
        (D(2015, 9, 3), D(2015, 5, 12), True, D(2015, 5, 13), False),
        (D(2015, 9, 4), D(2015, 5, 12), True, D(2015, 5, 13), False),
        (D(2015, 9, 6), D(2015, 5, 12), False, D(2015, 5, 13), True),
        # 2019-03-22: May Day from one day to four, Sundays 28 April and 5 May worked.
        (D(2019, 4, 28), D(2019, 3, 21), False, D(2019, 3, 22), True),
        (D(2019, 5, 2), D(2019, 3, 21), True, D(2019, 3, 22), False),
        (D(2019, 5, 3), D(2019, 3, 21), True, D(2019, 3, 22), False),
        (D(2019, 5, 5), D(2019, 3, 21), False, D(2019, 3, 22), True),
        # 2020-01-27: the Spring Festival extended; Saturday 1 February was to be worked.
        (D(2020, 1, 31), D(2020, 1, 26), True, D(2020, 1, 27), False),
        (D(2020, 2, 1), D(2020, 1, 26), True, D(2020, 1, 27), False),
        (D(2020, 2, 3), D(2020, 1, 26), True, D(2020, 1, 27), True),
    ],
)
def test_amended_days_known_then_and_known_now(
    day: dt.date, before: dt.date, then: bool, after: dt.date, now: bool
) -> None:
    assert _works(day, before) is then
    assert _works(day, after) is now
    assert _works(day, None) is now


@pytest.mark.parametrize(
    ("before", "after", "changed"),
    [
        (D(2015, 5, 12), D(2015, 5, 13), [D(2015, 9, 3), D(2015, 9, 4), D(2015, 9, 6)]),
        (D(2019, 3, 21), D(2019, 3, 22), [D(2019, 4, 28), D(2019, 5, 2), D(2019, 5, 3), D(2019, 5, 5)]),
        (D(2020, 1, 26), D(2020, 1, 27), [D(2020, 1, 31), D(2020, 2, 1)]),
    ],
)
def test_an_amendment_changes_the_edition_and_names_its_days(
    before: dt.date, after: dt.date, changed: list[dt.date]
) -> None:
    old, new = shipped.calendar("cn", before), shipped.calendar("cn", after)
    assert old.edition != new.edition
    assert differences(old, new) == changed
    assert differences(new, old) == changed


def test_the_due_day_of_a_letter_moves_with_the_extended_spring_festival() -> None:
    """Five working days from Thursday 2020-01-23: due 02-05 as announced, 02-07 as extended."""
    old, new = shipped.calendar("cn", D(2020, 1, 26)), shipped.calendar("cn", D(2020, 1, 27))
    start = old.index(D(2020, 1, 23))
    assert old.date(old.add_working_days(start, 5)) == D(2020, 2, 5)
    assert new.date(new.add_working_days(start, 5)) == D(2020, 2, 7)


def test_announced_horizon_lies_where_the_next_notice_may_reach_back_to() -> None:
    calendar = shipped.calendar("cn")
    assert calendar.date(calendar.horizon) == D(2026, 12, 29)
    assert not calendar.provisional(calendar.index(D(2026, 12, 28)))
    assert calendar.provisional(calendar.index(D(2026, 12, 29)))
    assert calendar.provisional(calendar.index(D(2027, 6, 1)))
    then = shipped.calendar("cn", D(2025, 11, 3))
    assert then.date(then.horizon) == D(2025, 12, 29)
    assert shipped.calendar("cn", D(2025, 11, 4)).horizon == calendar.horizon


def test_a_notice_moved_days_of_the_december_before() -> None:
    """Monday 2007-12-31 was an ordinary day until the notice for 2008, two weeks before it."""
    assert _works(D(2007, 12, 31), D(2007, 12, 1))
    assert not _works(D(2007, 12, 31), None)
    assert _works(D(2007, 12, 29), None)
    before = shipped.calendar("cn", D(2007, 12, 1))
    assert before.provisional(before.index(D(2007, 12, 31)))


def test_a_year_without_notice_has_its_statutory_days_and_days_in_lieu() -> None:
    calendar = shipped.calendar("cn", D(2014, 12, 1))
    off = [D(2015, 6, 20), D(2015, 6, 22)]  # Saturday's Dragon Boat Festival gives the Monday
    assert not any(calendar.is_work(calendar.index(day)) for day in off)
    assert calendar.label(calendar.index(off[1])) == (
        "端午节补假（推定，待通知）",
        "in lieu of Dragon Boat Festival (expected, notice pending)",
    )
    assert not calendar.is_work(calendar.index(D(2015, 1, 4)))  # the exchanged Sunday is not yet known


def test_every_year_names_its_notice_and_how_it_was_checked() -> None:
    years = {year.year: year for year in shipped.years("cn")}
    assert sorted(years) == list(range(2004, 2029))
    for year in range(2004, 2027):
        first = years[year].notices[0]
        assert first.title == f"国务院办公厅关于{year}年部分节假日安排的通知"
        assert first.announced_on < D(year, 1, 1)
        assert first.checked.zh
        assert first.checked.en
    assert [y for y in years if len(years[y].notices) == 2] == [2015, 2019, 2020]
    assert [y for y in range(2004, 2027) if years[y].notices[0].number is None] == [2004, 2005]


def test_a_covered_year_without_a_file_is_an_alarm() -> None:
    years = [year for year in shipped.years("cn") if year.year != 2016]
    with pytest.raises(build.IncompleteCalendar, match=r"缺少 2016 年.*lacks 2016"):
        build.build(shipped.head("cn"), years)


def test_a_year_of_another_calendar_is_refused() -> None:
    foreign = shipped.years("cn")[0].model_copy(update={"calendar": "hk"})
    with pytest.raises(build.IncompleteCalendar, match=r"belongs to calendar hk"):
        build.build(shipped.head("cn"), [foreign])


def test_two_files_of_one_year_are_refused() -> None:
    years = shipped.years("cn")
    twin = years[3].model_copy(update={"id": "cn.again"})
    with pytest.raises(build.IncompleteCalendar, match=f"are both the year {twin.year}") as raised:
        build.build(shipped.head("cn"), [*years, twin])
    assert str(pickle.loads(pickle.dumps(raised.value))) == str(raised.value)


def test_building_twice_gives_the_same_edition_whatever_the_order_of_years() -> None:
    years = shipped.years("cn")
    again: list[schema.CalendarYear] = list(reversed(years))
    assert build.build(shipped.head("cn"), again).edition == shipped.calendar("cn").edition
