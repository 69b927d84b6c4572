"""The overview over a small real city: figures are the measures' own, ranked only where they may be, open to events."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re

import openpyxl
import pytest
from django.urls import reverse

from qinzheng.definitions import shelf
from qinzheng.measures import queries as measures
from qinzheng.measures.period import Period
from qinzheng.measures.schema import Measure
from qinzheng.web.overview import answers
from tests.flows import small_city
from tests.flows.small_city import letter, reply

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def city(published, settings, tmp_path):
    settings.HOME = tmp_path
    small_city.forget()
    yield small_city.found()
    small_city.forget()


@pytest.fixture
def busy(city, client):
    """Enough finished in two units to rank them, too few in a town; the supervisor looks."""
    for n in range(32):
        reply(
            letter("housing-a" if n % 2 else "housing", 30 if n % 4 == 0 else 1, title=f"信 {n}").case,
            "housing",
        )
        reply(letter("water", 1).case, "water")
    reply(letter("town-1", 1).case, "town-1")
    small_city.archived()
    client.force_login(city["supervisor"].account, backend=small_city.BACKEND)
    return city


def span():
    today = dt.datetime.now(shelf.ZONE).date()
    return Period(today - dt.timedelta(days=40), today)


def query():
    return f"?from={span().first}&to={span().last}"


def shown(client, path):
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


def rows(page, caption):
    """The rows of the table with this caption: name → cells, without tags."""
    table = re.search(rf"<caption>{caption}\s*<.*?</table>", page, re.DOTALL)
    if table is None:
        return {}
    plain = lambda text: re.sub(r"<[^>]*>|\s+", "", text)  # noqa: E731 - a word for one line
    found = {}
    for row in re.findall(r"<tr role=\"row\" data-row>(.*?)</tr>", table[0], re.DOTALL):
        cells = [plain(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)]
        found[cells[0]] = cells[1:]
    return found


def test_the_figures_of_a_unit_are_the_measures_own(busy, client):
    page = shown(client, f"/overview/city/{query()}")
    for measure in measures.measures():
        (answer,) = measures.answer(measure, (), span())
        assert measure.name.zh in page
        if measure.value.statistic == "count":
            assert f"<b>{answer.value:,.0f}</b>" in page, measure.id
    below = rows(page, "下级单位")
    assert below["住建局"][:2] == ["32", below["住建局"][1]]
    assert below["水务局"][:2] == ["32", "100.0%"]
    assert below["西镇"][0] == "–"
    assert list(below)[-1] in ("西镇", "效能办")


def test_only_those_with_enough_are_ranked(busy, client):
    page = shown(client, f"/overview/city/on-time-rate/{query()}")
    ranked = rows(page, "按下级单位")
    assert {name: cells[0] for name, cells in ranked.items()} == {"水务局": "1", "住建局": "2"}
    assert list(rows(page, "按下级单位：件数太少，不排名")) == ["东镇"]
    assert set(rows(page, "按下级单位：没有业务，不作零分")) == {"西镇", "效能办"}
    own = rows(shown(client, f"/overview/housing/on-time-rate/{query()}"), "按下级单位")
    assert own == {}
    few = rows(shown(client, f"/overview/housing/on-time-rate/{query()}"), "按下级单位：件数太少，不排名")
    assert set(few) == {"住建局（本级）", "审批科"}


def found(pattern: str, page: str) -> str:
    """The first group of the first match, which there must be."""
    match = re.search(pattern, page, re.DOTALL)
    assert match is not None, pattern
    return match[1]


def test_a_figure_opens_to_its_events(busy, client):
    page = shown(client, f"/overview/city/on-time-rate/{query()}")
    link = found(r'<th[^>]*>\s*<a[^>]*>住建局.*?href="([^"]*evidence[^"]*)"', page).replace("&amp;", "&")
    proof = shown(client, link)
    told = rows(proof, "所据事件，按账本次序")
    assert len(told) == 32
    assert {cells[2] for cells in told.values()} <= {"住建局", "审批科"}
    late = [cells for cells in told.values() if cells[-1] == "只计入分母"]
    (answer,) = [
        a
        for a in measures.answer("on-time-rate", "organization", span(), units=_units())
        if a.key["organization"] == "housing"
    ]
    assert answer.denominator is not None
    assert answer.numerator is not None
    assert len(late) == answer.denominator - answer.numerator > 0
    event = found(r'href="(/ledger/events/[^"]+)"', proof)
    assert client.get(event).status_code in (200, 404)
    digest = found(r"<code>([0-9a-f]{64})</code>", proof)
    assert digest == found(r"<code>([0-9a-f]{64})</code>", shown(client, link))


def _units():
    return answers.Unit("city", span()).units()


def test_downloads_say_what_the_page_says(busy, client):
    base = "/overview/city/completed/by-organization."
    told = {
        a.key["organization"]: a.n
        for a in measures.answer("completed", "organization", span(), units=_units())
    }
    lines = list(csv.reader(io.StringIO(client.get(f"{base}csv{query()}").content.decode("utf-8-sig"))))
    assert {line[0]: int(float(line[2])) for line in lines[1:]} == told
    sheet = openpyxl.load_workbook(io.BytesIO(client.get(f"{base}xlsx{query()}").content)).active
    assert {row[0]: row[2] for row in sheet.iter_rows(min_row=2, values_only=True)} == told
    said = json.loads(client.get(f"{base}json{query()}").content)
    assert {a["key"]["organization"]: a["n"] for a in said["answers"]} == told
    assert all(a["evidence"]["digest"] for a in said["answers"])
    for wrong in ("by-organization.exe", "by-nobody.csv"):
        assert client.get(f"/overview/city/completed/{wrong}").status_code == 404


@pytest.mark.parametrize("path", ["", "on-time-rate/", "on-time-rate/evidence", "completed/by-month.csv"])
def test_a_unit_sees_its_own_figures_only(busy, client, path):
    client.force_login(busy["head"].account, backend=small_city.BACKEND)
    for unit, status in (
        ("housing", 200),
        ("housing-a", 200),
        ("water", 404),
        ("city", 404),
        ("nowhere", 404),
    ):
        assert client.get(f"/overview/{unit}/{path}").status_code == status, unit
    assert client.get("/overview/").headers["Location"] == reverse("overview-unit", args=["housing"])
    client.logout()
    assert client.get(f"/overview/housing/{path}").status_code == 302


def test_a_division_is_led_to_the_figures_of_the_department_in_whose_name_it_acts(city, client):
    client.force_login(
        small_city.officer("division", "housing-a", ["handler"]).account, backend=small_city.BACKEND
    )
    assert client.get("/overview/").headers["Location"] == reverse("overview-unit", args=["housing"])


def test_a_sealed_case_is_in_no_evidence_of_whom_it_concerns(city, client):
    sealed = letter("housing", 20, concerns=("water",)).case
    reply(sealed, "housing")
    reply(letter("housing", 1).case, "housing")
    small_city.archived()
    path = f"/overview/city/completed/evidence{query()}"
    client.force_login(city["supervisor"].account, backend=small_city.BACKEND)
    assert len(rows(shown(client, path), "所据事件，按账本次序")) == 2
    client.force_login(city["leader"].account, backend=small_city.BACKEND)
    assert len(rows(shown(client, path), "所据事件，按账本次序")) == 1


@pytest.mark.parametrize(
    "given", ["from=2026-13-01", "from=2026-05-01&to=2026-01-01", "from=1999-01-01&to=2026-01-01", "to=x"]
)
def test_a_wrong_period_is_said_and_the_page_still_stands(busy, client, given):
    assert 'class="period-wrong" role="alert"' in shown(client, f"/overview/city/?{given}")


def test_without_an_archive_the_page_says_so(city, client):
    client.force_login(city["supervisor"].account, backend=small_city.BACKEND)
    assert "统计档案还没有建立" in shown(client, "/overview/city/")


def test_the_home_tells_the_week(busy, client):
    client.logout()
    page = shown(client, "/")
    monday = span().last - dt.timedelta(days=span().last.weekday())
    week = Period(monday, span().last)
    for id in ("accepted", "completed"):
        measure: Measure = measures.measure(id)
        (answer,) = measures.answer(measure, (), week)
        assert measure.name.zh in page
        assert f"<b>{answer.value:,.0f}</b>" in page
    assert "东镇" in page
    assert "本周的数字还没有公布" not in page
