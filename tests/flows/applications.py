"""A small city with applications that hold tokens: what the tests of the API and of collecting start from."""

import datetime as dt
import json
import uuid
from dataclasses import dataclass, field
from typing import Any

from django.test import Client

from qinzheng.access import actions as access
from qinzheng.access.models import Account
from qinzheng.organizations import actions as organizations
from qinzheng.web.api.urls import api

BEGINS = dt.date(2024, 1, 1)
BY = "installer"


@dataclass
class Application:
    """An application's account, the post that it holds, and a client with its token."""

    account: Account
    post: str
    secret: str
    client: Client = field(default_factory=Client)

    def get(self, path: str, **query: Any) -> Any:
        return self.client.get(f"/api/v1{path}", query, headers=self._headers())

    def post_(self, path: str, body: Any, key: uuid.UUID | None = None, **headers: str) -> Any:
        more = {"Idempotency-Key": str(key)} if key else {}
        return self.client.post(
            f"/api/v1{path}", json.dumps(body), content_type="application/json", headers={**self._headers(), **more, **headers}
        )  # fmt: skip

    def put(self, path: str, body: Any) -> Any:
        return self.client.put(
            f"/api/v1{path}", json.dumps(body), content_type="application/json", headers=self._headers()
        )

    def bulk(self, lines: list[Any]) -> Any:
        text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
        return self.client.post(
            "/api/v1/ingest/bulk", text, content_type="application/x-ndjson", headers=self._headers()
        )

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.secret}"}


def city() -> None:
    """city → housing, water; town-01 under the city."""
    with organizations.together():
        for id, kind, parent, name in (
            ("city", "city", None, "清和市"), ("housing", "department", "city", "市住房和城乡建设局"),
            ("water", "department", "city", "市水务局"), ("town-01", "town", "city", "东街镇"),
        ):  # fmt: skip
            organizations.found_organization(id, kind, name, parent=parent, begins=BEGINS, by=BY)


def application(
    login: str,
    organization: str,
    roles: list[str],
    scopes: list[str],
    reports: tuple[str, ...] = (),
) -> Application:
    """An application that holds one post of a unit, with a token."""
    post = organizations.create_post(organization, f"{login}岗", roles=roles, begins=BEGINS, by=BY)
    person = organizations.register_person(login, by=BY)
    organizations.appoint(person, post, BEGINS, by=BY)
    account = access.make_account(login, "service", BY, person_id=person)
    _, secret = access.issue_token(account, login, scopes, 30, BY, organizations=reports)
    return Application(account, post, secret)


LETTER = {"procedure": "letters.reply", "act": "submit"}


def window() -> Application:
    """The city, and an application of its housing department that reads, acts and follows."""
    city()
    return application("window", "housing", ["clerk", "handler"], ["read", "act", "feed"])


def other() -> Application:
    """The same of the water department."""
    return application("other", "water", ["clerk", "handler"], ["read", "act", "feed"])


def opened(by: Application, **more: Any) -> str:
    """The number of a case that an application opened."""
    answer = by.post_("/cases", {**LETTER, **more}, uuid.uuid4())
    assert answer.status_code == 201, answer.content.decode()
    return str(answer.json()["number"])


def ago(days: float) -> str:
    """So many days ago, as the API takes it."""
    return (dt.datetime.now(dt.UTC) - dt.timedelta(days=days)).isoformat()


def operations() -> list[tuple[str, str, Any]]:
    """(method, path, operation) of every endpoint."""
    return [
        (method, f"/{path}".replace("//", "/"), operation)
        for prefix, router in api._routers
        for path, view in router.path_operations.items()
        for operation in view.operations
        for method in operation.methods
    ]
