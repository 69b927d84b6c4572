"""How much time is left, as people say it: “还剩 2 个工作日，周四 17:00 前”. Pure; for pages and notices alike."""

from __future__ import annotations

from qinzheng.calendars.calendar import DAY_US, BeyondCalendar, Calendar
from qinzheng.clocks import explain
from qinzheng.definitions.form import Text

HOUR_US = 3_600_000_000
MINUTE_US = 60_000_000
WEEK = 7
"""Within so many days a day is called by its weekday alone."""


def by(calendar: Calendar, due: int, now: int) -> Text:
    """The due moment as people say it: 今天 17:00、周四 17:00、12月3日 24:00."""
    day, today = calendar.day(due), calendar.day(now)
    date = calendar.date(day)
    if due == calendar.end(day):
        time = "24:00"
    else:
        time = calendar.local(due).strftime("%H:%M")
    weekday_zh, weekday_en = f"周{explain.WEEKDAYS_ZH[date.weekday()]}", explain.WEEKDAYS_EN[date.weekday()]
    near = {-1: ("昨天", "yesterday"), 0: ("今天", "today"), 1: ("明天", "tomorrow")}.get(day - today)
    if near:
        return Text(zh=f"{near[0]} {time}", en=f"{near[1]} {time}")
    monday = today - calendar.date(today).weekday()
    if monday <= day < monday + WEEK:
        return Text(zh=f"{weekday_zh} {time}", en=f"{weekday_en} {time}")
    if monday + WEEK <= day < monday + 2 * WEEK:
        return Text(zh=f"下{weekday_zh} {time}", en=f"next {weekday_en} {time}")
    year_zh = f"{date.year}年" if date.year != calendar.date(today).year else ""
    year_en = f" {date.year}" if year_zh else ""
    return Text(zh=f"{year_zh}{date.month}月{date.day}日 {time}", en=f"{date.day} {date:%b}{year_en} {time}")


def left(calendar: Calendar, due: int, now: int) -> Text:
    """The stretch between the two: minutes under an hour, hours under a day, then working days.

    Working days are those that lie wholly after today, up to the last one, as the law counts them.
    """
    gap = abs(due - now)
    minutes = -(-gap // MINUTE_US)  # the last minute is one minute, not none
    if minutes <= 60:
        return Text(zh=f"{minutes} 分钟", en=f"{minutes} min")
    hours = gap // HOUR_US
    first, last = sorted((calendar.day(now), calendar.day(due)))
    days = calendar.working_days_between(first, last)
    if first == last or (gap < DAY_US and days <= 1) or days == 0:
        if hours < 24:
            return Text(zh=f"{hours} 小时", en=f"{hours} hour{'' if hours == 1 else 's'}")
        whole = gap // DAY_US
        return Text(zh=f"{whole} 天", en=f"{whole} day{'' if whole == 1 else 's'}")
    return Text(zh=f"{days} 个工作日", en=f"{days} working day{'' if days == 1 else 's'}")


def say(calendar: Calendar, due: int, now: int) -> Text:
    """“还剩 2 个工作日，周四 17:00 前” before the due moment, “已超期 3 个工作日，应于 昨天 17:00 前” after it."""
    try:
        return words(left(calendar, due, now), by(calendar, due, now), late=now > due)
    except BeyondCalendar:
        return Text(zh="期限超出已公布的日历，待定", en="due beyond the announced calendar: not yet certain")


def words(stretch: Text, moment: Text, *, late: bool) -> Text:
    """The sentence of a stretch and a moment, before the due moment or after it."""
    if late:
        return Text(
            zh=f"已超期 {stretch.zh}，应于 {moment.zh} 前", en=f"{stretch.en} overdue, was due {moment.en}"
        )
    return Text(zh=f"还剩 {stretch.zh}，{moment.zh} 前", en=f"{stretch.en} left, by {moment.en}")
