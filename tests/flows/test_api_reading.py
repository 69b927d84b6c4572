"""What the API shows to whom: rules, sealed cases, the feed, pages, the catalogue."""

import json
import uuid

import pytest
from django.test import Client

from qinzheng.access import actions as access
from qinzheng.cases import actions as cases
from qinzheng.cases.about import About
from qinzheng.cases.engine import Who
from qinzheng.cases.items import Item
from qinzheng.cases.models import Case
from qinzheng.definitions import shelf
from qinzheng.ledger import queries as ledger
from qinzheng.ledger import sequencer
from tests.flows.applications import Application, ago, application, opened

pytestmark = pytest.mark.django_db(transaction=True)

NEEDLE = "申请人住在柳村三组"


# -- who sees what ------------------------------------------------------------------------------------


def test_another_unit_neither_sees_nor_acts(window: Application, other: Application) -> None:
    number = opened(window, title="路灯不亮")
    for path in ("", "/acts", "/events", "/clocks", "/cards"):
        assert other.get(f"/cases/{number}{path}").status_code == 404, path
    assert other.get("/cases").json()["cases"] == []
    assert other.post_(f"/cases/{number}/acts", {"act": "reply"}, uuid.uuid4()).status_code == 404
    told = {"kind": "national_platform", "number": "1"}
    assert other.put(f"/cases/{number}/outside-numbers", told).status_code == 404
    auditor = application("auditor", "city", ["auditor"], ["read", "act"])
    assert auditor.get(f"/cases/{number}").status_code == 200
    assert auditor.post_(f"/cases/{number}/acts", {"act": "reply"}, uuid.uuid4()).status_code == 403


def test_another_applications_key_says_nothing_of_a_hidden_case(
    window: Application, other: Application
) -> None:
    number, key = opened(window), uuid.uuid4()
    window.post_(f"/cases/{number}/acts", {"act": "reply"}, key)
    assert other.post_(f"/cases/{number}/acts", {"act": "reply"}, key).status_code == 404


def test_a_sealed_case_is_in_nobodys_feed_and_not_there_for_whom_it_concerns(
    window: Application, other: Application
) -> None:
    supervisor = application("supervisor", "city", ["supervisor"], ["read", "feed"])
    hidden = opened(window, title="反映水务局", concerns=["water"])
    plain = opened(window, title="路灯不亮")
    sequencer.sequence_all()
    for reader in (window, supervisor, other):
        assert hidden not in reader.get("/events").content.decode()
    assert {event["number"] for event in window.get("/events").json()["events"]} == {plain}
    assert window.get(f"/cases/{hidden}").status_code == 200
    watched = application("watched", "water", ["clerk", "supervisor"], ["read", "act"])
    assert watched.get(f"/cases/{plain}").status_code == 200
    assert watched.get(f"/cases/{hidden}").status_code == 404
    assert hidden not in watched.get("/cases").content.decode()


def test_long_texts_and_parties_stay_out_of_events_and_the_feed(window: Application) -> None:
    done = cases.open_case("services.matter", "receive", Who(window.post, "housing", "clerk"), {})
    cases.perform(done.case, "request_correction", Who(window.post, "housing", "clerk"), {"defects": NEEDLE})
    sequencer.sequence_all()
    for answer in (window.get("/events"), window.get(f"/cases/{done.number}/events")):
        text = answer.content.decode()
        assert NEEDLE not in text
        assert "text:" not in text
        assert '"defects"' in text  # named as kept


# -- reading on ---------------------------------------------------------------------------------------


def test_lists_are_read_page_by_page_each_case_once(window: Application) -> None:
    numbers = [opened(window, occurred_at=ago(n)) for n in range(1, 8)]
    found: list[str] = []
    after = ""
    while True:
        page = window.get("/cases", size=3, after=after).json()
        found += [row["number"] for row in page["cases"]]
        after = page["following"]
        if not after:
            break
        assert len(page["cases"]) == 3
    assert found == numbers  # the newest first: opened a day ago, two, …


def test_the_feed_misses_nothing_repeats_nothing_and_moves_past_what_is_hidden(
    window: Application, other: Application
) -> None:
    mine = [opened(window), opened(window)]
    theirs = opened(other)
    sequencer.sequence_all()
    positions: list[int] = []
    after, more = 0, True
    while more:
        page = window.get("/events", after=after, size=2).json()
        assert len(page["events"]) <= 2
        positions += [event["position"] for event in page["events"]]
        assert theirs not in str(page)
        after, more = page["following"], page["more"]
    assert positions == sorted(set(positions))
    wanted = {event.id for number in mine for event in ledger.history(Case.objects.get(number=number).pk)}
    assert len(positions) == len(wanted)
    assert after == ledger.head()[1]
    assert window.get("/events", after=after).json() == {"events": [], "following": after, "more": False}
    again = opened(window)
    sequencer.sequence_all()
    assert {event["number"] for event in window.get("/events", after=after).json()["events"]} == {again}


def test_units_items_procedures_and_measures_are_read(window: Application) -> None:
    units = window.get("/organizations").json()["organizations"]
    assert {(unit["id"], unit["parent"]) for unit in units} >= {("housing", "city"), ("city", None)}
    assert window.get("/organizations/housing").json()["name_zh"] == "市住房和城乡建设局"
    assert window.get("/organizations/nowhere").status_code == 404
    items = window.get("/items", organization="housing").json()
    assert items
    assert window.get(f"/items/{items[0]['id']}").json() == items[0]
    whole = window.get(f"/items/{items[0]['id']}/definition").json()
    assert Item.model_validate_json(json.dumps(whole["definition"])) == shelf.library().get(
        "item", items[0]["id"]
    )
    assert window.get("/items/no.such/definition").status_code == 404
    procedures = {each["id"] for each in window.get("/procedures").json()}
    assert "services.matter" in procedures
    one = window.get("/procedures/services.matter").json()
    assert one["definition"]["acts"]["receive"]["opens"] is True
    assert window.get("/procedures/no.such").status_code == 404
    measures = {each["id"] for each in window.get("/measures").json()}
    assert "accepted" in measures
    assert window.get("/measures/no.such", **{"from": "2026-01-01", "to": "2026-12-31"}).status_code == 404
    wrong = window.get("/measures/accepted", **{"from": "2026-12-31", "to": "2026-01-01"})
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "to")


def test_the_document_is_openapi_3_1_and_says_how_failures_look(window: Application) -> None:
    document = Client().get("/api/v1/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    assert document["components"]["securitySchemes"]["Bearer"] == {"type": "http", "scheme": "bearer"}
    for methods in document["paths"].values():
        for operation in methods.values():
            assert operation["security"] == [{"Bearer": []}]
            assert "application/problem+json" in operation["responses"]["default"]["content"]
    keyed = document["paths"]["/api/v1/cases"]["post"]["parameters"]
    assert [each["name"] for each in keyed] == ["Idempotency-Key"]


def test_a_look_is_noted_beside_those_of_people(window: Application) -> None:
    number = opened(window)
    window.get(f"/cases/{number}")
    case = Case.objects.get(number=number)
    assert [seen.reader for seen in access.readers(case)] == [window.post]


def test_about_is_kept(window: Application) -> None:
    done = cases.open_case(
        "letters.reply", "submit", Who(window.post, "housing", "clerk"), {}, about=About(town="town-01")
    )
    assert [row["number"] for row in window.get("/cases", town="town-01").json()["cases"]] == [done.number]
