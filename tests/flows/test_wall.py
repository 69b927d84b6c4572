"""The wall over a small real city: who sees what, that figures are the measures' own, and that it lives."""

from __future__ import annotations

import datetime as dt
import re
from random import Random

import pytest

from qinzheng.access import actions as access
from qinzheng.access.users import user_of
from qinzheng.cases import actions as cases
from qinzheng.cases.engine import Who
from qinzheng.definitions import shelf
from qinzheng.measures import queries as measures
from qinzheng.measures.period import Period
from qinzheng.organizations import actions as organizations
from qinzheng.supervision.models import Card
from qinzheng.web.wall import now, stream
from tests.flows import small_city
from tests.flows.conftest import DatabaseClock
from tests.flows.small_city import letter, reply

pytestmark = pytest.mark.django_db(transaction=True)
MESSAGES = 40
"""A stream that has not said it after so many messages will not."""


@pytest.fixture
def city(published, settings, tmp_path, monkeypatch):
    settings.HOME = tmp_path
    monkeypatch.setattr(stream, "PLACES", stream.Places(stream.MOST))
    small_city.forget()
    yield small_city.found()
    small_city.forget()


def looked(client, officer, path="/wall/"):
    client.force_login(officer.account, backend=small_city.BACKEND)
    small_city.forget()
    return client.get(path)


def seen(client, officer):
    """What the wall says: (open, late) of the river's lanes, dots, and the text of the whole."""
    page = looked(client, officer, "/wall/now").content.decode()
    return page, len(re.findall(r'<circle class="dot ', page))


@pytest.mark.parametrize("path", ["/wall/", "/wall/table/", "/wall/now", "/wall/stream"])
def test_the_wall_is_for_those_who_supervise_and_lead(client, city, path):
    assert client.get(path).status_code == (302 if path.endswith("/") else 404)
    assert looked(client, city["clerk"], path).status_code == 404
    for who in ("supervisor", "leader", "head"):
        assert looked(client, city[who], path).status_code == 200, who


def test_counts_are_what_the_measures_say(client, city):
    random = Random(4)
    for _ in range(25):
        done = letter(random.choice(["housing", "housing-a", "water"]), random.uniform(0, 60))
        if random.random() < 0.5:
            reply(done.case)
    small_city.archived()
    client.force_login(city["supervisor"].account, backend=small_city.BACKEND)
    page = client.get("/wall/now").content.decode()
    said = dict(re.findall(r'data-key="([\w-]+)" data-says="([^"]*)"', page))
    today = dt.datetime.now(shelf.ZONE).date()
    for figure, measure in (("open", "open"), ("overdue", "overdue-open"), ("completed", "completed")):
        (answer,) = measures.answer(measure, (), Period(today, today))
        assert said[figure] == f"{answer.value:,.0f}", figure
        assert answer.value
    (rate,) = measures.answer("on-time-rate", (), Period(today, today))
    assert said["on-time"] == f"{rate.value:.1%}"


def test_dots_lie_where_their_limits_say(client, city):
    fresh, between, late = letter(days=0), letter(days=12), letter(days=60)
    page, count = seen(client, city["supervisor"])
    assert count == 3
    for case, place in ((fresh, "ahead"), (between, "between"), (late, "late")):
        assert f'<circle class="dot {place}" data-key="{now.key(case.case)}"' in page
    reply(late.case)
    page, count = seen(client, city["supervisor"])
    assert count == 2
    assert now.key(late.case) not in page


def test_a_head_sees_the_own_unit_and_what_lies_below(client, city):
    letter("housing", 60)
    letter("housing-a")
    letter("water", 60)
    page, count = seen(client, city["head"])
    assert count == 2
    assert "住建局" in page
    assert "水务局" not in page
    _, whole = seen(client, city["supervisor"])
    assert whole == 3


def test_a_sealed_case_does_not_exist_for_whom_it_concerns(client, city):
    sealed = letter("efficiency", 60, concerns=("housing",), title="封存的事")
    name = now.key(sealed.case)
    page, count = seen(client, city["supervisor"])
    assert (count, name in page, "封存的事" in page) == (1, True, True)
    # The leader's post is in the city, above the unit concerned: nor does it exist there.
    for who in ("head", "leader"):
        for path in ("/wall/now", "/wall/", "/wall/table/"):
            page = looked(client, city[who], path).content.decode()
            assert name not in page, (who, path)
            assert "封存的事" not in page, (who, path)
            assert not re.search(r'data-key="open" data-says="[1-9]', page), (who, path)
            assert Card.objects.all()[0].id not in page


def test_the_twin_says_the_same(client, city):
    letter("housing", 60)
    letter("water")
    small_city.archived()
    client.force_login(city["supervisor"].account, backend=small_city.BACKEND)
    table = client.get("/wall/table/").content.decode()
    client.cookies["lang"] = "en"
    english = client.get("/wall/table/").content.decode()
    look = now.look(_reader(city["supervisor"]))
    for figure in look.standing.figures:
        assert figure.name.zh in table
        assert figure.name.en in english
    for load in look.standing.loads:
        row = re.search(rf"{load.name.zh}</th>(.*?)</tr>", table, re.DOTALL)
        assert row is not None
        assert re.findall(r"<td[^>]*>\s*([\d,]+)\s*</td>", row[1]) == [str(load.open), str(load.late)]
    for issued in look.flow.cards:
        assert issued.card.sentence.zh in table


def _reader(officer):
    return user_of(officer.account, dt.datetime.now(dt.UTC))


# -- alive --------------------------------------------------------------------------------------------


def messages(client, officer):
    client.force_login(officer.account, backend=small_city.BACKEND)
    answer = client.get("/wall/stream")
    assert answer["Content-Type"] == "text/event-stream"
    return answer, (part.decode() for part in answer.streaming_content)


def until(found, words):
    """The message that holds the words."""
    for _ in range(MESSAGES):
        said = next(found)
        if words in said:
            return said
    raise AssertionError(f"not said: {words}")


def test_a_card_comes_by_the_stream_when_it_falls(client, city):
    answer, found = messages(client, city["supervisor"])
    assert "event: parts" in until(found, "还没有发过牌")
    late = letter("housing", 60)
    red = Card.objects.filter(case=late.case).order_by("-issued_at", "id")[0]
    said = until(found, f'data-key="{red.id}"')
    assert "住建局" in said
    assert re.findall(r'issued-card (\w+)"', said)[:3] == ["red", "yellow", "warning"]
    assert now.key(late.case) in said
    assert 'class="dot late"' in said
    reply(late.case)
    assert re.search(rf'data-gone="[^"]*{now.key(late.case)}|data-part="river"', until(found, "答复"))
    answer.close()


def test_a_case_in_minutes_goes_red_on_the_wall_by_time_alone(client, city):
    who = Who("h", "housing", "handler")
    case = cases.open_case("demo.minutes", "receive", who, {}).case
    cases.perform(case, "accept", who, {})
    answer, found = messages(client, city["supervisor"])
    until(found, "data-part")
    assert not Card.objects.filter(case=case).exists()
    clock = DatabaseClock(small_city.ago(-3 / (24 * 60)))
    try:
        assert cases.pass_time(case)
    finally:
        clock.end()
    fallen = Card.objects.filter(case=case)
    assert {card.level for card in fallen} >= {"red"}
    said = until(found, f'data-key="{fallen[0].id}"')
    assert all(f'data-key="{card.id}"' in said for card in fallen)
    answer.close()


@pytest.mark.parametrize("cut", ["switched off", "logged out", "relieved"])
def test_a_reader_who_may_no_longer_see_it_is_cut_off(client, city, monkeypatch, cut):
    monkeypatch.setattr(stream, "RECHECK", 0.0)
    answer, found = messages(client, city["supervisor"])
    until(found, "data-part")
    if cut == "switched off":
        access.switch(city["supervisor"].account, False, small_city.BY)
    elif cut == "logged out":
        client.session.flush()
    else:
        organizations.relieve(
            city["supervisor"].post, dt.date.today() - dt.timedelta(days=1), by=small_city.BY
        )
    letter("housing", 60)
    rest = []
    for said in found:
        rest.append(said)
        assert len(rest) < MESSAGES
    assert "event: end" in rest[-1]
    assert not [said for said in rest if "住建局" in said]
    answer.close()


def test_streams_are_few_and_their_places_come_back(client, city, monkeypatch):
    monkeypatch.setattr(stream, "PLACES", stream.Places(2))
    first, second = messages(client, city["supervisor"])[0], messages(client, city["supervisor"])[0]
    assert client.get("/wall/stream").status_code == 204
    assert client.get("/wall/now").status_code == 200
    first.close()
    again = client.get("/wall/stream")
    assert again.status_code == 200
    for each in (second, again):
        each.close()


def test_a_stream_ends_when_its_time_is_over(client, city, monkeypatch):
    monkeypatch.setattr(stream, "LASTS", 0.0)
    answer, found = messages(client, city["supervisor"])
    assert list(found) == ["retry: 1000\n\n"]
    answer.close()
    assert stream.PLACES.take() is not None
