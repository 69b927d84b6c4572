"""Whose turn it is, slots and calendar files: held by properties."""

from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from qinzheng.calendars import queries as calendars
from qinzheng.definitions.form import Text
from qinzheng.mechanisms.windows import icalendar, order, slots
from qinzheng.mechanisms.windows.order import Waiting
from tests.library import library

LINES = ("general", "firms")
MOMENTS = st.integers(0, 1_000)


@st.composite
def halls(draw):
    """Some who wait; no two have one serial."""
    count = draw(st.integers(0, 12))
    return [
        Waiting(f"t{n}", draw(st.sampled_from(LINES)), draw(MOMENTS), n, draw(st.none() | MOMENTS))
        for n in range(count)
    ]


@given(halls(), st.sets(st.sampled_from(LINES)), MOMENTS)
def test_the_queue_holds_everybody_of_its_lines_once_and_the_first_passes_nobody(waiting, lines, now):
    called = order.queue(waiting, lines, now)
    assert sorted(each.ticket for each in called) == sorted(
        each.ticket for each in waiting if each.line in lines
    )
    for place, each in enumerate(called):
        assert order.passed(waiting, lines, each, now) == place


@given(halls(), MOMENTS)
def test_before_its_slot_an_appointment_gives_no_right_and_from_then_on_it_goes_first(waiting, now):
    called = order.queue(waiting, LINES, now)
    due = [each for each in called if each.slot is not None and each.slot <= now]
    assert called[: len(due)] == due
    rest = called[len(due) :]
    assert rest == sorted(rest, key=lambda each: (each.place, each.serial))
    assert due == sorted(due, key=lambda each: (each.slot, each.serial))


@given(halls(), MOMENTS)
def test_calling_one_after_another_never_passes_anybody(waiting, now):
    left = list(waiting)
    while left:
        first = order.queue(left, LINES, now)[0]
        assert order.passed(left, LINES, first, now) == 0
        left.remove(first)


def test_numbers_grow_and_are_spoken_digit_by_digit():
    assert [order.number("A", n) for n in (0, 11, 998, 999)] == ["A001", "A012", "A999", "A1000"]
    assert order.voice("A012", 3) == Text(
        zh="请 A 零一二 号，到 3 号窗口办理", en="Ticket A 0 1 2, please come to counter 3"
    )


# -- slots ---------------------------------------------------------------------------------------------

DAYS = st.dates(dt.date(2025, 1, 1), dt.date(2026, 12, 31))
CALENDARS = st.sampled_from(("cn", "cn.town-hall", "cn.self-service"))


@given(CALENDARS, DAYS, st.integers(5, 240))
def test_slots_lie_inside_the_opening_hours_and_touch_no_break(name, day, minutes):
    calendar = calendars.calendar(library(), name)
    index = calendar.index(day)
    midnight = calendar.midnight[index]
    hours = calendar.opening[calendar.hours[index]]
    found = slots.of_day(calendar, day, minutes)
    length = minutes * slots.MINUTE_US
    for begins, ends in found:
        assert ends - begins == length
        assert any(opens <= begins - midnight and ends - midnight <= closes for opens, closes in hours)
    assert all(before[1] <= after[0] for before, after in zip(found, found[1:], strict=False))
    assert len(found) == sum((closes - opens) // length for opens, closes in hours)


def test_no_slot_on_a_holiday_and_none_beyond_the_calendar():
    calendar = calendars.calendar(library(), "cn")
    assert slots.of_day(calendar, dt.date(2026, 10, 1), 30) == []
    assert slots.of_day(calendar, dt.date(2026, 10, 10), 30), "the Saturday is worked"
    assert slots.of_day(calendar, dt.date(2126, 1, 1), 30) == []


# -- calendar files ------------------------------------------------------------------------------------

TEXTS = st.text(st.characters(codec="utf-8"), max_size=120)


def unfolded(raw: bytes) -> list[str]:
    """The lines of a file as RFC 5545 section 3.1 says they are put together again."""
    assert raw.endswith(b"\r\n")
    return raw.replace(b"\r\n ", b"").decode().split("\r\n")[:-1]


def unescaped(value: str) -> str:
    """A text value as section 3.3.11 reads it."""
    found, escaped = "", False
    for each in value:
        if escaped:
            found, escaped = found + ("\n" if each in "nN" else each), False
        elif each == "\\":
            escaped = True
        else:
            assert each not in ";,", value
            found += each
    return found


@given(TEXTS, TEXTS, TEXTS, st.booleans())
def test_a_calendar_file_can_be_read_back_whatever_it_says(summary, place, description, cancelled):
    entry = icalendar.Entry(
        "1@city",
        1_772_413_200_000_000,
        1_772_415_000_000_000,
        0,
        summary,
        place,
        description,
        60,
        cancelled,
        int(cancelled),
    )
    raw = icalendar.file(entry)
    assert all(len(line) <= icalendar.FOLD for line in raw.split(b"\r\n"))
    lines = unfolded(raw)
    assert (lines[0], lines[-1]) == ("BEGIN:VCALENDAR", "END:VCALENDAR")
    said = {
        name: value for name, _, value in (line.partition(":") for line in lines[: lines.index("END:VEVENT")])
    }
    assert said["DTSTART"] == "20260302T010000Z"
    for name, given_text in (("SUMMARY", summary), ("LOCATION", place)):
        if name == "SUMMARY" and not cancelled:
            continue  # the alarm says it too
        wanted = given_text.replace("\r\n", "\n").replace("\r", "\n")
        assert unescaped(said[name]) == "".join(each for each in wanted if each == "\n" or each.isprintable())
    assert ("BEGIN:VALARM" in lines) is not cancelled
    assert said["STATUS"] == ("CANCELLED" if cancelled else "CONFIRMED")


@given(TEXTS)
def test_folding_cuts_no_character(text):
    line = "SUMMARY:" + icalendar.escaped(text)
    assert icalendar.folded(line).replace(b"\r\n ", b"").decode() == line + "\r\n"
