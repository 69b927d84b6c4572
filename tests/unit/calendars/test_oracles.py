"""Every day of the shipped calendars against two packages that others keep.

Where an oracle differs, the day stands here with the reason why we hold ours. A difference that
is not named fails; so does a named one that is gone.
"""

import datetime as dt

import chinese_calendar  # type: ignore[import-untyped]
import holidays
import pytest

from tests.unit.calendars import shipped

CHINA = range(2004, 2027)

CHINESECALENDAR_DIFFERS = {
    dt.date(2005, 12, 31): "the notice for 2006 (国办发明电〔2005〕35号) says: 12月31日（星期六）上班; "
    "the package took 2005 from a text without the year's end",
}

HOLIDAYS_DIFFERS_NL = {
    dt.date(
        year, 5, 5
    ): "5 May is a recognised holiday of every year in the Algemene termijnenwet, article 3; "
    "the package lists the fifth years only, when most employers close"
    for year in (1999, 2003, 2004, 2006, 2008, 2009, 2011, 2014, 2017)
}

NOTICE_COUNTS = {
    2009: (27, 6), 2010: (29, 8), 2011: (29, 5), 2012: (27, 7), 2013: (29, 12), 2015: (26, 5),
    2016: (24, 6), 2017: (24, 5), 2018: (23, 6), 2019: (24, 7), 2020: (30, 6), 2021: (31, 7),
    2022: (31, 7), 2023: (27, 7), 2024: (28, 8), 2025: (28, 5), 2026: (33, 6),
}  # fmt: skip
"""Days off and weekend days worked, by year of notice, as a third party counted them from gov.cn.

2008 and 2014 are left out: that count leaves out two days of December 2007, and a Sunday
between a festival and the Monday given for it."""


def _dates(first: int, last: int) -> list[dt.date]:
    start = dt.date(first, 1, 1)
    return [start + dt.timedelta(days=n) for n in range((dt.date(last + 1, 1, 1) - start).days)]


def test_china_agrees_with_chinesecalendar_but_for_named_days() -> None:
    ours = shipped.calendar("cn")
    differing = {
        day
        for day in _dates(CHINA.start, CHINA.stop - 1)
        if ours.is_work(ours.index(day)) != chinese_calendar.is_workday(day)
    }
    assert differing == set(CHINESECALENDAR_DIFFERS)


def test_china_agrees_with_holidays_on_every_day() -> None:
    ours = shipped.calendar("cn")
    oracle = holidays.country_holidays("CN", years=range(2003, 2029))
    differing = {
        day for day in _dates(2004, 2026) if ours.is_work(ours.index(day)) != oracle.is_working_day(day)
    }
    assert differing == set()


def test_the_expected_years_agree_with_the_estimate_of_holidays() -> None:
    ours = shipped.calendar("cn")
    oracle = holidays.country_holidays("CN", years=range(2026, 2029))
    for day in _dates(2027, 2028):
        assert ours.provisional(ours.index(day))
        assert ours.is_work(ours.index(day)) == oracle.is_working_day(day), day


@pytest.mark.parametrize("year", sorted(NOTICE_COUNTS))
def test_days_off_and_days_worked_of_each_notice_as_counted_by_a_third_party(year: int) -> None:
    definition = next(y for y in shipped.years("cn") if y.year == year)
    off: set[dt.date] = set()
    worked: set[dt.date] = set()
    for notice in definition.notices:
        for arranged in notice.arrangements:
            off = (off | set(arranged.dates())) - set(arranged.worked)
            worked = (worked - set(arranged.dates())) | set(arranged.worked)
    assert (len(off), len(worked)) == NOTICE_COUNTS[year]


@pytest.mark.parametrize(
    ("id", "country", "named"),
    [("nl", "NL", HOLIDAYS_DIFFERS_NL), ("it", "IT", {}), ("us", "US", {})],
)
def test_the_other_calendars_agree_with_holidays_but_for_named_days(
    id: str, country: str, named: dict[dt.date, str]
) -> None:
    ours = shipped.calendar(id)
    oracle = holidays.country_holidays(country, years=range(1998, 2022))
    differing = {
        day for day in _dates(1999, 2020) if ours.is_work(ours.index(day)) != oracle.is_working_day(day)
    }
    assert differing == set(named)
