"""Remaining time as people say it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qinzheng.clocks import remaining
from tests import library

NOW = "2026-11-25 10:40"  # a Wednesday


@pytest.mark.parametrize(
    ("due", "zh", "en"),
    [
        ("2026-11-27 17:00", "还剩 2 个工作日，周五 17:00 前", "2 working days left, by Fri 17:00"),
        ("2026-11-26 17:00", "还剩 1 个工作日，明天 17:00 前", "1 working day left, by tomorrow 17:00"),
        ("2026-11-25 17:00", "还剩 6 小时，今天 17:00 前", "6 hours left, by today 17:00"),
        ("2026-11-25 11:10", "还剩 30 分钟，今天 11:10 前", "30 min left, by today 11:10"),
        ("2026-12-03 24:00", "还剩 6 个工作日，下周四 24:00 前", "6 working days left, by next Thu 24:00"),
        ("2026-12-25 24:00", "还剩 22 个工作日，12月25日 24:00 前", "22 working days left, by 25 Dec 24:00"),
        ("2026-11-29 12:00", "还剩 2 个工作日，周日 12:00 前", "2 working days left, by Sun 12:00"),
        ("2026-11-25 10:00", "已超期 40 分钟，应于 今天 10:00 前", "40 min overdue, was due today 10:00"),
        (
            "2026-11-20 24:00",
            "已超期 3 个工作日，应于 11月20日 24:00 前",
            "3 working days overdue, was due 20 Nov 24:00",
        ),
    ],
)
def test_sentences(due: str, zh: str, en: str) -> None:
    said = remaining.say(library.calendar(), library.at(due), library.at(NOW))
    assert (said.zh, said.en) == (zh, en)


def test_the_day_before_a_rest_day_is_not_counted_in_working_days() -> None:
    friday, sunday = library.at("2026-11-27 18:00"), library.at("2026-11-29 20:00")
    assert remaining.left(library.calendar(), sunday, friday).zh == "2 天"


def test_beyond_the_calendar_it_does_not_guess() -> None:
    calendar = library.calendar()
    assert "待定" in remaining.say(calendar, calendar.midnight[calendar.days] + 1, library.at(NOW)).zh


@given(st.integers(-(10**13), 10**13))
def test_late_and_not_late_are_never_confused(gap: int) -> None:
    now = library.at(NOW)
    said = remaining.say(library.calendar(), now + gap, now)
    assert said.zh.startswith("还剩" if gap >= 0 else "已超期")
    assert ("left" in said.en) == (gap >= 0)
