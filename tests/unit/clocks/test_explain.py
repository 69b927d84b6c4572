"""Every due moment says why, in Chinese and English."""

import pytest

from qinzheng.clocks import counting, explain
from tests.library import at, calendar


def why(
    unit: str, start: str, amount: int, shift: int = 0, extra: int = 0, off: str = "stands"
) -> tuple[str, str]:
    ends = "same_time" if unit in ("minutes", "hours", "working_hours") else "end_of_day"
    count = counting.family(calendar(), unit, "not_counted", ends, off)
    text = explain.due(count, at(start), shift, amount, 0, extra)
    return text.zh, text.en


def test_working_days_name_the_days_off_and_the_days_worked_in_exchange() -> None:
    zh, en = why("working_days", "2026-09-28 10:00", 5)
    assert zh == (
        "自 2026-09-28（周一）10:00 起，当日不计，+5个工作日，跳过放假 10-01 国庆节、10-02 国庆节、10-03 国庆节、10-04 国庆节、"
        "10-05 国庆节、10-06 国庆节、10-07 国庆节，10-10 为调休上班日，计入，至 2026-10-10（周六）24:00止"
    )
    assert en.startswith(
        "from Mon 2026-09-28 10:00, that day not counted, +5 working days, skipping off 10-01"
    )
    assert en.endswith("10-10 worked in exchange and counted, until Sat 2026-10-10 24:00")


def test_plain_weekends_are_counted_not_listed() -> None:
    zh, en = why("working_days", "2026-03-02 10:00", 10)
    assert "跳过周末 4 日" in zh
    assert "skipping 4 weekend days" in en
    assert why("working_days", "2026-03-02 10:00", 2)[1] == (
        "from Mon 2026-03-02 10:00, that day not counted, +2 working days, until Wed 2026-03-04 24:00"
    )


def test_pauses_and_extensions_are_said() -> None:
    zh, en = why("working_days", "2026-03-02 10:00", 20, shift=3, extra=10)
    assert "经批准延长 10个工作日，中止不计入 3个工作日" in zh
    assert "extended by 10 working days, 3 working days of pause not counted" in en


def test_a_last_day_that_moves_says_so() -> None:
    zh, en = why("calendar_days", "2026-09-21 10:00", 10, off="next_working_day")
    assert "末日为休息日，顺延至下一工作日，至 2026-10-08（周四）24:00止" in zh
    assert "the last day is off and moves to the next working day, until Thu 2026-10-08 24:00" in en
    assert "顺延" not in why("calendar_days", "2026-09-21 10:00", 9, off="next_working_day")[0]
    assert "顺延" not in why("calendar_days", "2026-09-21 10:00", 10)[0]


def test_the_worked_example_of_reconsideration() -> None:
    zh, en = why("calendar_days", "2026-10-10 24:00", 60, off="next_working_day")
    assert zh == "自 2026-10-10（周六）24:00 起，当日不计，+60 日，至 2026-12-09（周三）24:00止"
    assert en == "from Sat 2026-10-10 24:00, that day not counted, +60 days, until Wed 2026-12-09 24:00"


def test_hours_say_nothing_of_days_counted() -> None:
    zh, en = why("working_hours", "2026-03-06 16:00", 4)
    assert zh == "自 2026-03-06（周五）16:00 起，+4个工作小时，至 2026-03-09（周一）12:00止"
    assert en == "from Fri 2026-03-06 16:00, +4 working hours, until Mon 2026-03-09 12:00"


def test_a_year_without_its_notice_is_provisional() -> None:
    assert "暂定" in why("working_days", "2026-12-30 10:00", 20)[0]
    assert "provisional" in why("working_days", "2026-12-30 10:00", 20)[1]
    assert "暂定" not in why("working_days", "2026-09-28 10:00", 20)[0]


def test_a_stated_moment_is_said_to_be_stated() -> None:
    text = explain.due(counting.GivenMoment(calendar()), at("2026-03-02 24:00"), 0, 0, 0)
    assert text.zh == "源系统所载应办时刻：2026-03-02（周一）24:00"
    assert text.en == "due moment stated by the source system: Mon 2026-03-02 24:00"


@pytest.mark.parametrize(
    ("unit", "whole", "part", "zh", "en"),
    [
        ("working_days", 1, 0, "1个工作日", "1 working day"),
        ("working_days", 4, 500_000, "4.5个工作日", "4.5 working days"),
        ("calendar_days", 60, 0, "60 日", "60 days"),
        ("months", 2, 0, "2个月", "2 months"),
        ("years", 1, 0, "1 年", "1 year"),
        ("minutes", 30, 0, "30 分钟", "30 minutes"),
    ],
)
def test_budgets_in_words(unit: str, whole: int, part: int, zh: str, en: str) -> None:
    text = explain.amount(unit, whole, part)
    assert (text.zh, text.en) == (zh, en)


@pytest.mark.parametrize(
    ("microseconds", "zh", "en"),
    [
        (0, "0 秒", "0 s"),
        (59_000_000, "59 秒", "59 s"),
        (-3_661_000_000, "1 小时 1 分", "1 h 1 min"),
        (90_061_000_000, "1 天 1 小时", "1 d 1 h"),
    ],
)
def test_stretches_of_time_in_their_two_largest_units(microseconds: int, zh: str, en: str) -> None:
    text = explain.lag(microseconds)
    assert (text.zh, text.en) == (zh, en)
