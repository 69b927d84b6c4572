"""The API through the real stack: tokens, rules, idempotency, paging, problems. Sealed cases do not exist in it."""

import datetime as dt
import threading
import uuid
from typing import Any

import pytest
from django.db import connection
from django.test import Client, RequestFactory

from qinzheng.access import actions as access
from qinzheng.access.models import Token
from qinzheng.cases.models import Case
from qinzheng.ledger import queries as ledger
from qinzheng.organizations import actions as organizations
from qinzheng.supervision.models import Card
from qinzheng.web.api.door import Bearer
from qinzheng.web.api.problems import Problem
from qinzheng.web.api.urls import api
from tests.flows.applications import BEGINS, BY, LETTER, Application, ago, application, opened, operations

pytestmark = pytest.mark.django_db(transaction=True)


# -- the door -----------------------------------------------------------------------------------------


def test_every_endpoint_states_its_rule_and_asks_for_a_token(window: Application) -> None:
    found = operations()
    assert len(found) >= 19
    unruled = [
        (method, path)
        for method, path, operation in found
        if not (len(operation.auth_callbacks) == 1 and isinstance(operation.auth_callbacks[0], Bearer))
    ]
    assert unruled == []
    for method, path, _ in found:
        answer = Client().generic(method, "/api/v1" + path.replace("{number}", "X").replace("{id}", "x"))
        assert answer.status_code == 401, (method, path)
        assert answer["WWW-Authenticate"] == "Bearer"
        assert answer["Content-Type"] == "application/problem+json"


def test_an_endpoint_without_a_rule_is_shut(window: Application) -> None:
    inherited: Any = api.auth  # what an endpoint has that states none
    (shut,) = inherited
    with pytest.raises(Problem, match="do not allow"):
        shut.authenticate(RequestFactory().get("/"), window.secret)


@pytest.mark.parametrize("scope", ["read", "act", "ingest", "feed"])
def test_a_token_opens_what_its_scopes_say_and_nothing_else(window: Application, scope: str) -> None:
    only = application(f"only-{scope}", "housing", ["clerk", "supervisor"], [scope])
    reads = {"/cases", "/cards", "/organizations", "/measures"}
    opens = {
        path: only.get(path).status_code == 200
        for path in (*reads, "/items", "/events")
    }  # fmt: skip
    assert opens["/items"]
    assert opens["/events"] == (scope == "feed")
    assert opens["/cases"] == opens["/cards"] == opens["/organizations"] == (scope in ("read", "act"))
    assert opens["/measures"] == (scope == "read")
    assert (only.post_("/cases", LETTER, uuid.uuid4()).status_code == 201) == (scope == "act")
    assert (only.bulk([]).status_code == 200) == (scope == "ingest")


def test_a_token_revoked_expired_or_switched_off_opens_nothing_at_the_next_request(
    window: Application,
) -> None:
    assert window.get("/cases").status_code == 200
    token = Token.objects.get(account=window.account)
    access.revoke_token(token, "security")
    assert window.get("/cases").status_code == 401
    Token.objects.filter(pk=token.pk).update(revoked_at=None, expires_at=dt.datetime.now(dt.UTC))
    assert window.get("/cases").status_code == 401
    Token.objects.filter(pk=token.pk).update(expires_at=dt.datetime.now(dt.UTC) + dt.timedelta(days=1))
    assert window.get("/cases").status_code == 200
    access.switch(window.account, False, "system")
    assert window.get("/cases").status_code == 401


def test_a_request_sent_again_opens_nothing_once_the_token_is_revoked(window: Application) -> None:
    key, number = uuid.uuid4(), opened(window)
    assert window.post_(f"/cases/{number}/acts", {"act": "reply"}, key).status_code == 200
    access.revoke_token(Token.objects.get(account=window.account), "security")
    assert window.post_(f"/cases/{number}/acts", {"act": "reply"}, key).status_code == 401
    assert window.post_("/cases", LETTER, uuid.uuid4()).status_code == 401
    assert Case.objects.count() == 1


def test_an_application_relieved_of_its_post_acts_no_more_at_the_next_request(window: Application) -> None:
    number = opened(window)
    organizations.relieve(window.post, BEGINS + dt.timedelta(days=1), by=BY)
    assert window.post_(f"/cases/{number}/acts", {"act": "reply"}, uuid.uuid4()).status_code in (403, 404)
    assert window.post_("/cases", LETTER, uuid.uuid4()).status_code == 403
    assert window.account.person_id is not None
    organizations.appoint(window.account.person_id, window.post, BEGINS + dt.timedelta(days=2), by=BY)
    assert window.post_(f"/cases/{number}/acts", {"act": "reply"}, uuid.uuid4()).status_code == 200


def test_a_refused_opening_draws_no_number(window: Application) -> None:
    first = opened(window)
    shut = application("shut", "housing", ["auditor"], ["read", "act"])
    assert shut.post_("/cases", LETTER, uuid.uuid4()).status_code == 403
    forged = Application(window.account, window.post, window.secret[:-1] + "_")
    assert forged.post_("/cases", LETTER, uuid.uuid4()).status_code == 401
    key = uuid.uuid4()
    again = [window.post_("/cases", LETTER, key) for _ in range(3)]
    assert {answer.status_code for answer in again} == {201}
    next_one = opened(window)
    assert [int(each[-6:]) - int(first[-6:]) for each in (again[0].json()["number"], next_one)] == [1, 2]


def test_a_narrowed_token_acts_for_its_units_only(window: Application) -> None:
    wide = application("wide", "city", ["clerk"], ["read", "act"])
    narrow = application("narrow", "city", ["clerk"], ["read", "act"], reports=("water",))
    number = opened(window)
    assert wide.get(f"/cases/{number}").status_code == 200
    assert narrow.get(f"/cases/{number}").status_code == 404
    assert narrow.post_("/cases", LETTER, uuid.uuid4()).status_code == 403


# -- acts ---------------------------------------------------------------------------------------------


def test_a_case_is_opened_read_answered_and_closed(window: Application) -> None:
    number = opened(window, title="路灯不亮", occurred_at=ago(60))
    row = window.get(f"/cases/{number}").json()
    assert (row["title"], row["organization"], row["opened_by"]) == ("路灯不亮", "housing", "housing")
    assert [act["act"] for act in window.get(f"/cases/{number}/acts").json()][0] == "reply"
    (clock,) = window.get(f"/cases/{number}/clocks").json()
    assert (clock["clock"], clock["ending"]) == ("reply", "overdue")
    assert clock["why_due"]["zh"]
    cards = window.get(f"/cases/{number}/cards").json()
    assert {card["id"] for card in cards} == set(Card.objects.values_list("pk", flat=True))
    assert len(cards) >= 2
    done = window.post_(f"/cases/{number}/acts", {"act": "reply"}, uuid.uuid4())
    assert (done.status_code, done.json()["state"]) == (200, "replied")
    types = [event["type"] for event in window.get(f"/cases/{number}/events").json()]
    assert types[0] == "cases.opened"
    assert "cases.performed" in types
    assert window.get("/cases", open="false").json()["cases"][0]["number"] == number
    assert window.get("/cases", open="true").json()["cases"] == []


def test_the_same_key_and_request_are_answered_the_same_and_another_request_is_refused(
    window: Application,
) -> None:
    key, body = uuid.uuid4(), {**LETTER, "title": "路灯不亮", "occurred_at": ago(2)}
    first, again = window.post_("/cases", body, key), window.post_("/cases", body, key)
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    assert again["Idempotency-Replayed"] == "true"
    assert Case.objects.count() == 1
    for other in ({"title": "井盖破损"}, {"occurred_at": ago(3)}, {"item": "x"}, {"reported_at": ago(1)}):
        refused = window.post_("/cases", {**body, **other}, key)
        assert (refused.status_code, refused.json()["type"]) == (422, "urn:qinzheng:problem:key-reused"), (
            other
        )
    act = uuid.uuid4()
    path = f"/cases/{first.json()['number']}/acts"
    done, same = window.post_(path, {"act": "reply"}, act), window.post_(path, {"act": "reply"}, act)
    assert (done.json(), done.status_code) == (same.json(), same.status_code)
    assert window.post_(path, {"act": "reply", "occurred_at": ago(1)}, act).status_code == 422
    assert window.post_(path, {"act": "submit"}, act).status_code == 422
    assert Case.objects.count() == 1


def test_many_senders_of_one_request_do_one_act(window: Application) -> None:
    number, key = opened(window), uuid.uuid4()
    answers: list[tuple[int, Any]] = []

    def send() -> None:
        answer = Application(window.account, window.post, window.secret).post_(
            f"/cases/{number}/acts", {"act": "reply"}, key
        )
        answers.append((answer.status_code, answer.json()))
        connection.close()

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 6
    assert answers == [answers[0]] * 6
    assert answers[0][0] == 200
    case = Case.objects.get(number=number)
    assert [event.type for event in ledger.history(case.pk)].count("cases.performed") == 1


def test_an_outside_number_is_noted_once_and_finds_its_case(window: Application) -> None:
    body = {"procedure": "services.matter", "act": "receive"}
    number = window.post_("/cases", body, uuid.uuid4()).json()["number"]
    told = {"kind": "national_platform", "number": "GJ20260001"}
    assert window.put(f"/cases/{number}/outside-numbers", told).status_code == 200
    assert window.put(f"/cases/{number}/outside-numbers", told).status_code == 200
    assert window.get(f"/cases/{number}").json()["outside"] == [told]
    assert [row["number"] for row in window.get("/cases", q="GJ20260001").json()["cases"]] == [number]
    second = window.post_("/cases", body, uuid.uuid4()).json()["number"]
    taken = window.put(f"/cases/{second}/outside-numbers", told)
    assert (taken.status_code, taken.json()["errors"][0]["field"]) == (422, "outside")


# -- problems -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({}, 422, "procedure"),
        ({**LETTER, "colour": 1}, 422, "colour"),
        ({**LETTER, "procedure": "no.such"}, 422, ""),
        ({**LETTER, "act": "dance"}, 422, "act"),
        ({**LETTER, "item": "no.such"}, 422, "item"),
        ({**LETTER, "form": {"colour": "red"}}, 422, "form.colour"),
        ({**LETTER, "occurred_at": "2026-01-01T09:00:00"}, 422, "occurred_at"),
        ({**LETTER, "occurred_at": "2099-01-01T09:00:00+08:00"}, 422, "occurred_at"),
        ({**LETTER, "town": "no.such"}, 422, "town"),
        ({**LETTER, "town": "housing"}, 422, "town"),
        ({**LETTER, "concerns": ["housing", "no.such"]}, 422, "concerns.1"),
        ({**LETTER, "parties": {"friend": "party:1"}}, 422, "parties"),
        ({**LETTER, "parties": {"applicant": "party:no.such"}}, 422, "parties"),
        ({**LETTER, "title": "字" * 2_000_000}, 413, ""),
        ("text", 422, ""),
    ],
)
def test_a_wrong_request_is_told_in_both_languages_and_names_its_field(
    window: Application, body: Any, status: int, field: str
) -> None:
    answer = window.post_("/cases", body, uuid.uuid4())
    told = answer.json()
    assert answer.status_code == told["status"] == status, told
    assert answer["Content-Type"] == "application/problem+json"
    assert told["zh"]
    assert told["en"]
    assert told["zh"] != told["en"]
    if field:
        assert field in [error["field"] for error in told["errors"]]
    assert Case.objects.count() == 0


def test_a_wrong_method_is_told_too(window: Application) -> None:
    answer = window.client.delete("/api/v1/cases")
    assert (answer.status_code, answer["Content-Type"]) == (405, "application/problem+json")
    assert answer["Allow"] == "GET, POST"


def test_problems_follow_the_language_asked_for(window: Application) -> None:
    zh = window.client.get("/api/v1/nowhere", headers={"Accept-Language": "zh"}).json()
    en = window.client.get("/api/v1/nowhere", headers={"Accept-Language": "en"}).json()
    assert (zh["detail"], en["detail"]) == (zh["zh"], en["en"])


@pytest.mark.parametrize("key", [None, "not-a-uuid", str(uuid.uuid5(uuid.NAMESPACE_URL, "x"))])
def test_a_new_act_needs_a_key(window: Application, key: str | None) -> None:
    headers = {} if key is None else {"Idempotency-Key": key}
    answer = window.post_("/cases", LETTER, None, **headers)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "Idempotency-Key")


def test_what_cannot_be_done_now_is_a_conflict(window: Application) -> None:
    number = opened(window)
    window.post_(f"/cases/{number}/acts", {"act": "reply"}, uuid.uuid4())
    answer = window.post_(f"/cases/{number}/acts", {"act": "reply"}, uuid.uuid4())
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:qinzheng:problem:refused")


def test_broken_json_and_a_forged_cursor_are_refused(window: Application) -> None:
    broken = window.client.post(
        "/api/v1/cases", "{", content_type="application/json",
        headers={"Authorization": f"Bearer {window.secret}", "Idempotency-Key": str(uuid.uuid4())},
    )  # fmt: skip
    assert (broken.status_code, broken["Content-Type"]) == (400, "application/problem+json")
    assert window.get("/cases", after="forged").status_code == 400
    assert window.get("/cases", size="0").status_code == 422
