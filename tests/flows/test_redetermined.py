"""A changed calendar moves open clocks by event, never silently; a point's own calendar counts for its clocks."""

from __future__ import annotations

import datetime as dt
import hashlib

import pytest

from qinzheng.cases import actions as cases
from qinzheng.cases.engine import Who
from qinzheng.clocks.models import Clock
from qinzheng.definitions import actions, shelf
from qinzheng.definitions.models import Edition
from qinzheng.ledger import projections, queries
from qinzheng.operations import judging_commands
from tests.flows.test_live import CLERK

pytestmark = pytest.mark.django_db(transaction=True)

NOTICE = """notices:
  - title: 关于调整七月放假安排的通知（虚构）
    number: null
    announced_on: 2026-06-30
    checked: {zh: 虚构，仅供测试, en: invented for a test}
    arrangements:
      - {first: 2026-07-06, last: 2026-07-07, name: {zh: 防汛, en: flood}, worked: [2026-07-11]}
"""


def publish(kind, definition, *changes):
    """Publish a definition with its text changed; returns the name of the edition."""
    was = Edition.objects.filter(kind=kind, definition=definition).latest("id")
    text = bytes(was.text).decode()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    draft = Edition.objects.create(
        kind=kind, definition=definition, sha256=hashlib.sha256(text.encode()).hexdigest(),
        in_force_from=was.in_force_from, file=was.file, place=was.place, text=text.encode(), drafted_by="a",
    )  # fmt: skip
    actions.publish([draft], "b")
    return draft.sha256


def due(case, clock):
    found = Clock.objects.get(case=case, clock=clock)
    assert found.due_at is not None
    return f"{found.due_at.astimezone(shelf.ZONE):%m-%d %H:%M}"


def redetermined(case):
    return [event.body["clock"] for event in queries.history(case) if event.type == "clocks.redetermined"]


def letter():
    return cases.open_case("letters.reply", "submit", CLERK, {}).case


def order():
    """A work order dispatched now, to be signed for within four working hours."""
    done = cases.open_case("hotline.work-order", "call", CLERK, {})
    cases.perform(done.case, "dispatch", CLERK, {"next": "水务局"})
    return done.case


def test_a_notice_amid_the_year_redetermines_open_clocks_by_event(clock):
    clock.on("2026-06-29 09:00")
    case = letter()
    assert due(case, "reply") == "07-20 23:59"
    assert judging_commands.redetermine_all() == 1
    assert redetermined(case) == []
    publish(
        "calendar",
        "cn.2026",
        ("notices:\n", NOTICE.replace("announced_on: 2026-06-30", "announced_on: 2025-11-03")),
    )
    assert due(case, "reply") == "07-20 23:59"  # nothing moves silently
    assert judging_commands.redetermine_all() == 1
    assert due(case, "reply") == "07-21 23:59"  # two days off, one Saturday worked
    assert redetermined(case) == ["reply"]
    assert judging_commands.redetermine_all() == 1
    assert redetermined(case) == ["reply"]
    assert list(projections.check()) == []


def test_a_point_open_around_the_clock_counts_hours_through_the_night(clock):
    clock.on("2026-07-01 16:00")
    assert due(order(), "sign-for") == "07-02 12:00"  # an hour today, three tomorrow morning
    publish(
        "procedure",
        "hotline.work-order",
        ("calendar: cn\n      start_day: counted", "calendar: cn.self-service\n      start_day: counted"),
    )
    assert due(order(), "sign-for") == "07-01 20:00"


def test_a_towns_own_closing_moves_the_hours_of_its_open_cases(clock):
    publish(
        "procedure",
        "hotline.work-order",
        ("calendar: cn\n      start_day: counted", "calendar: cn.town-hall\n      start_day: counted"),
    )
    clock.on("2026-07-07 16:30")
    case = order()
    assert due(case, "sign-for") == "07-08 12:00"  # an hour on Tuesday, three on Wednesday morning
    assert due(case, "reply") == "07-14 23:59"
    closed = "dates: [{date: 2026-07-08, name: {zh: 火把节, en: Torch Festival}, opening: []}]\n"
    publish("calendar", "cn.town-hall", ("working_days: base\n", f"working_days: base\n{closed}"))
    judging_commands.redetermine_all()
    assert due(case, "sign-for") == "07-09 11:30"
    assert (
        due(case, "reply") == "07-14 23:59"
    )  # a town's closing day shortens or lengthens no period of the law
    assert redetermined(case) == ["sign-for"]
    cases.perform(case, "sign", Who("h", "水务局", "handler"), {})
    assert Clock.objects.get(case=case, clock="sign-for").ending == "completed_on_time"


def test_hours_of_a_later_edition_count_from_its_day(clock):
    """The town changes its hours from a day on; what was counted before stays as it was."""
    publish(
        "procedure",
        "hotline.work-order",
        ("calendar: cn\n      start_day: counted", "calendar: cn.town-hall\n      start_day: counted"),
    )
    row = Edition.objects.get(kind="calendar", definition="cn.town-hall")
    text = bytes(row.text).decode().replace("in_force_from: 2020-01-01", "in_force_from: 2026-08-01")
    text = text.replace(
        'opening: [{opens: "08:30", closes: "12:00"}, {opens: "14:30", closes: "17:30"}]',
        'opening: [{opens: "07:00", closes: "11:00"}]',
    )
    draft = Edition.objects.create(
        kind="calendar", definition="cn.town-hall", sha256=hashlib.sha256(text.encode()).hexdigest(),
        in_force_from=dt.date(2026, 8, 1), file="calendars/points/town-hall-2026.yaml", place=0, text=text.encode(),
        drafted_by="a",
    )  # fmt: skip
    actions.publish([draft], "b")
    clock.on("2026-07-30 08:30")
    assert due(order(), "sign-for") == "07-30 15:00"
    clock.on("2026-08-06 08:30")
    assert due(order(), "sign-for") == "08-07 08:30"
