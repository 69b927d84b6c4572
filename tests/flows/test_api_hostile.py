"""Whatever is sent, the API answers in its own words and never with a failure of ours: every endpoint, its own schema as the guide."""

import json
import random
import uuid
from typing import Any

import pytest
from django.test import Client

from qinzheng.cases.models import Case
from qinzheng.ledger import queries as ledger
from tests.flows import applications
from tests.flows.applications import Application, application, opened

pytestmark = pytest.mark.django_db(transaction=True)

ODD: list[Any] = [
    None, True, 0, -1, 2**63, 1e308, "", " ", "\x00", "\ud800", "a" * 5_000, "'; DROP TABLE cases_case; --", "é\u0301", "‮",
    "../../etc", "%00", "2026-02-30", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00", "2026-03-02T09:00:00+08:00", [], {},
    [[]], {"a": {"b": [None]}}, {"\x00": "\x00"}, {"name": "张三"}, ["water"], ["\x00"], {"applicant": "party:1"}, "letters.reply",
    "services.matter", "submit", "reply", "housing", "day", "1", "text:1",
]  # fmt: skip
"""Values that break what was not thought of."""
ROUNDS = 20


@pytest.fixture
def everything(published: object) -> Application:
    applications.city()
    scopes, roles = ["read", "act", "ingest", "feed"], ["clerk", "handler", "supervisor"]
    return application("everything", "city", roles, scopes, reports=("city",))


def filled(chance: random.Random, schema: dict[str, Any], document: dict[str, Any]) -> Any:
    """An object after a schema, here and there with something odd in it."""
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    if chance.random() < 0.05:
        return chance.choice(ODD)
    found = {
        name: chance.choice(ODD) if chance.random() < 0.4 else _likely(name)
        for name in schema.get("properties", {})
        if name in schema.get("required", []) or chance.random() < 0.5
    }
    if chance.random() < 0.1:
        found["odd"] = chance.choice(ODD)
    return found


def _likely(name: str) -> Any:
    return {
        "procedure": "letters.reply", "act": "submit", "form": {}, "precision": "instant", "organization": "housing",
        "occurred_at": "2026-03-02T09:00:00+08:00", "reported_at": None, "kind": "national_platform", "outside": {},
        "parties": {}, "concerns": [], "case": "1",
    }.get(name, "")  # fmt: skip


def sent(
    chance: random.Random, caller: Application, path: str, method: str, operation: Any, document: Any
) -> Any:
    """One request to an endpoint, drawn."""
    numbers = list(Case.objects.values_list("number", flat=True))
    place = path.replace("{number}", chance.choice([*numbers, "X1", "%00", "a" * 300])).replace(
        "{id}", chance.choice(["housing", "accepted", "services.matter", "%00", "é"])
    )
    query = {
        each["name"]: chance.choice(ODD)
        for each in operation["parameters"]
        if each["in"] == "query" and chance.random() < 0.5
    }
    text = "&".join(f"{name}={_quoted(value)}" for name, value in query.items())
    body: Any = b""
    if "requestBody" in operation:
        (content,) = operation["requestBody"]["content"].values()
        body = json.dumps(filled(chance, content["schema"], document))
    key = chance.choice([str(uuid.UUID(int=chance.getrandbits(128), version=4)), "x", ""])
    return Client().generic(
        method.upper(), f"{place}?{text}", body, content_type=chance.choice(["application/json"] * 9 + ["text/plain"]),
        headers={"Authorization": f"Bearer {caller.secret}", "Idempotency-Key": key},
    )  # fmt: skip


def _quoted(value: Any) -> str:
    return "".join(f"%{byte:02X}" for byte in str(value).encode("utf-8", "surrogatepass"))


@pytest.mark.parametrize("seed", range(3))
def test_nothing_that_is_sent_makes_it_fail(everything: Application, seed: int) -> None:
    chance = random.Random(seed)
    opened(everything)
    document = Client().get("/api/v1/openapi.json").json()
    endpoints = [
        (path, method, operation) for path, methods in document["paths"].items() for method, operation in methods.items()
    ]  # fmt: skip
    statuses: set[int] = set()
    for path, method, operation in endpoints * ROUNDS:
        answer = sent(chance, everything, path, method, operation, document)
        statuses.add(answer.status_code)
        assert answer.status_code < 500, (method, path, answer.content.decode()[:500])
        if answer.status_code >= 400:
            told = json.loads(answer.content)
            assert answer["Content-Type"] == "application/problem+json"
            assert told["zh"]
            assert told["en"]
    assert {200, 400, 404, 422} <= statuses
    for id in Case.objects.values_list("pk", flat=True):
        numbers = [event.subject_seq for event in ledger.history(id)]
        assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.parametrize(
    "lines",
    [["\x00"], ["[]"], ["1"], ["null"], ['{"case": 1}'], ["[" * 5_000], ['{"case": "\\ud800"}'], ["é" * 10]],
)
def test_odd_lines_are_reported(everything: Application, lines: list[str]) -> None:
    answer = everything.bulk(lines)
    assert answer.status_code == 200
    assert len(answer.json()["rejected"]) == 1
