"""Every due moment explains itself, in Chinese and English.

Pure. The sentence names where counting began, whether that day counts, every day that was off or
was worked against its weekday, what pauses and extensions added, and where the limit ends.
"""

from __future__ import annotations

from qinzheng.calendars.calendar import Calendar
from qinzheng.clocks import counting
from qinzheng.clocks.counting import Count
from qinzheng.definitions.form import Text

WEEKDAYS_ZH = "一二三四五六日"
WEEKDAYS_EN = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
UNITS = {
    "minutes": ("分钟", "minute"),
    "hours": ("小时", "hour"),
    "working_hours": ("个工作小时", "working hour"),
    "working_days": ("个工作日", "working day"),
    "calendar_days": ("日", "day"),
    "months": ("个月", "month"),
    "years": ("年", "year"),
}
NAMED = 8
"""More special days than this are counted, not listed."""


def moment(calendar: Calendar, at: int) -> Text:
    """An instant as people say it, in the calendar's own time; the end of a day is 24:00."""
    day = calendar.day(at)
    if at == calendar.end(day):
        zh_time = en_time = "24:00"
    else:
        local = calendar.local(at)
        zh_time = en_time = local.strftime("%H:%M") if local.second == 0 else local.strftime("%H:%M:%S")
    date = calendar.date(day)
    return Text(
        zh=f"{date.isoformat()}（周{WEEKDAYS_ZH[date.weekday()]}）{zh_time}",
        en=f"{WEEKDAYS_EN[date.weekday()]} {date.isoformat()} {en_time}",
    )


def amount(unit: str, whole: int, part: int = 0) -> Text:
    """A budget in words: 5 个工作日 / 5 working days."""
    zh, en = UNITS[unit]
    number = f"{whole + part / counting.WHOLE_UNIT:g}" if part else str(whole)
    plural = "" if number == "1" else "s"
    return Text(zh=f"{number}{zh}" if zh[0] == "个" else f"{number} {zh}", en=f"{number} {en}{plural}")


def due(count: Count, start: int, shift: int, whole: int, part: int, extra: int = 0) -> Text:
    """Why the due moment of ``whole`` + ``part`` units from ``start`` is what it is."""
    calendar = count.calendar
    if count.unit == "given":
        end = moment(calendar, start)
        return Text(
            zh=f"源系统所载应办时刻：{end.zh}", en=f"due moment stated by the source system: {end.en}"
        )
    if isinstance(count, counting.Backward):
        return _backward(count, start, whole)
    begin = moment(calendar, start)
    last = count.due(start, shift, whole + extra, part)
    end = moment(calendar, last)
    budget = amount(count.unit, whole, part)
    zh, en = [f"自 {begin.zh} 起"], [f"from {begin.en}"]
    if count.unit not in ("minutes", "hours", "working_hours"):
        counted = bool(getattr(count, "counted", False))
        zh.append("当日计入" if counted else "当日不计")
        en.append("that day counted" if counted else "that day not counted")
    zh.append(f"+{budget.zh}")
    en.append(f"+{budget.en}")
    if extra:
        longer = amount(count.unit, extra)
        zh.append(f"经批准延长 {longer.zh}")
        en.append(f"extended by {longer.en}")
    if shift:
        taken = _taken(count, shift)
        zh.append(f"中止不计入 {taken.zh}")
        en.append(f"{taken.en} of pause not counted")
    if count.unit == "working_days":
        special = _special(calendar, calendar.day(start) + 1, calendar.day(last))
        if special:
            zh.append(special.zh)
            en.append(special.en)
    elif getattr(count, "moves", False) and _moved(count, start, shift, whole + extra, last):
        zh.append("末日为休息日，顺延至下一工作日")
        en.append("the last day is off and moves to the next working day")
    zh.append(f"至 {end.zh}止")
    en.append(f"until {end.en}")
    if calendar.provisional(calendar.day(last)):
        zh.append("（所涉年度放假安排尚未公布，暂定）")
        en.append("(provisional: that year's holidays are not announced yet)")
    return Text(zh="，".join(zh), en=", ".join(en))


def _backward(count: counting.Backward, fixed: int, whole: int) -> Text:
    calendar = count.calendar
    day, end = moment(calendar, fixed), moment(calendar, count.due(fixed, 0, whole, 0))
    budget = amount(count.unit, whole)
    zh = [f"自所定之日 {day.zh} 倒计", "当日不计", budget.zh]
    en = [f"counted back from {day.en}", "that day not counted", budget.en]
    if count.clear_days:
        zh.append("办理之日亦不计")
        en.append("nor the day of the act")
    if count.working:
        special = _special(calendar, calendar.day(count.due(fixed, 0, whole, 0)) + 1, calendar.day(fixed) - 1)
        if special:
            zh.append(special.zh)
            en.append(special.en)
    return Text(zh="，".join([*zh, f"最迟 {end.zh}"]), en=", ".join([*en, f"at the latest {end.en}"]))


def _taken(count: Count, shift: int) -> Text:
    if count.unit in ("minutes", "hours", "working_hours"):
        return amount("minutes", shift // counting.MINUTE)
    return amount("calendar_days" if count.unit in ("months", "years") else count.unit, shift)


def _moved(count: Count, start: int, shift: int, whole: int, last: int) -> bool:
    assert isinstance(count, counting.CalendarDays)
    return count.calendar.day(last) != count.last_day(start, shift, whole)


def _special(calendar: Calendar, first: int, last: int) -> Text | None:
    """The weekends and holidays skipped and the weekend days worked between two days, both included."""
    weekends = 0
    off: list[tuple[str, str]] = []
    worked: list[str] = []
    for day in range(first, last + 1):
        date = calendar.date(day)
        works, weekend = calendar.is_work(day), date.weekday() >= 5
        label = calendar.label(day)
        if works and weekend:
            worked.append(date.strftime("%m-%d"))
        elif not works and label is not None:
            off.append((f"{date:%m-%d} {label[0]}", f"{date:%m-%d} {label[1]}"))
        elif not works and weekend:
            weekends += 1
        elif not works:
            off.append((f"{date:%m-%d}", f"{date:%m-%d}"))
    zh: list[str] = []
    en: list[str] = []
    if weekends:
        zh.append(f"周末 {weekends} 日")
        en.append(f"{weekends} weekend day{'s' if weekends > 1 else ''}")
    if off:
        zh.append("放假 " + ("、".join(day for day, _ in off) if len(off) <= NAMED else f"{len(off)} 日"))
        en.append("off " + (", ".join(day for _, day in off) if len(off) <= NAMED else f"{len(off)} days"))
    parts_zh = [f"跳过{'和'.join(zh)}"] if zh else []
    parts_en = [f"skipping {' and '.join(en)}"] if en else []
    if worked:
        parts_zh.append(f"{'、'.join(worked)} 为调休上班日，计入")
        parts_en.append(f"{', '.join(worked)} worked in exchange and counted")
    if not parts_zh:
        return None
    return Text(zh="，".join(parts_zh), en=", ".join(parts_en))


def lag(microseconds: int) -> Text:
    """A stretch of time in words, the two largest units."""
    seconds = abs(microseconds) // 1_000_000
    days, rest = divmod(seconds, 86_400)
    hours, rest = divmod(rest, 3_600)
    minutes, seconds = divmod(rest, 60)
    zh = [f"{n} {unit}" for n, unit in ((days, "天"), (hours, "小时"), (minutes, "分"), (seconds, "秒")) if n]
    en = [f"{n} {unit}" for n, unit in ((days, "d"), (hours, "h"), (minutes, "min"), (seconds, "s")) if n]
    return Text(zh=" ".join(zh[:2]) or "0 秒", en=" ".join(en[:2]) or "0 s")
