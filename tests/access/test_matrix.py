"""Every endpoint and every act of the rules, by every role, about each kind of thing: as ``matrix.csv`` says.

An endpoint, act or role that the file does not name fails; so does a clause of the rules without which nothing would change.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.signals import request_finished
from django.db import close_old_connections
from django.test import Client, override_settings

from qinzheng.access import rules
from tests import townhall
from tests.access import asked
from tests.access.asked import ROLES, Row, Things
from tests.townhall import NAMES, PHONES

pytestmark = pytest.mark.django_db
POSTED = {
    "cases/<str:number>/acts/": {"act": "withdraw"},
    "admin/accounts/<int:account>/acts/": {"act": "renew"},
    "work/views/": {"page": "cases", "label": "试", "query": "state=open"},
}
"""What is sent; an act without its key is refused by whoever may see the case, and unknown to all others."""


@pytest.fixture(scope="module")
def things(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Things]:
    folder = override_settings(FILES=str(tmp_path_factory.mktemp("files")))
    with folder, django_db_blocker.unblock(), townhall.standing() as city:
        yield asked.build(city)


@pytest.fixture(scope="module")
def browsers(things: Things) -> dict[str, Client]:
    return asked.browsers(things)


@pytest.fixture(scope="module")
def answers(things: Things, browsers: dict[str, Client]) -> dict[tuple[Row, str], tuple[str, str]]:
    """(row, role) → what was answered, and its text: each is asked once for all tests below."""
    found = {}
    for row in asked.expected():
        if row[0] != "may":
            for role in ROLES:
                found[row, role] = _answer(browsers[role], row, things)
    return found


def _answer(client: Client, row: Row, things: Things) -> tuple[str, str]:
    method, what, thing = row
    address = asked.address(what, thing, things)
    response: Any = client.get(address) if method == "GET" else client.post(address, POSTED.get(what, {}))
    if response.streaming:
        request_finished.disconnect(
            close_old_connections
        )  # as the test client does: the test's connection stays
        response.close()  # a live stream has no end
        request_finished.connect(close_old_connections)
        return str(response.status_code), ""
    if response.status_code == 302 and response["Location"].startswith("/login/"):
        return "login", ""
    return str(response.status_code), response.content.decode(errors="replace")


def test_the_file_names_every_endpoint_act_and_role(things: Things) -> None:
    rows = asked.expected()
    assert {what for method, what, _ in rows if method != "may"} == set(asked.endpoints())
    assert {row for row in rows if row[0] == "may"} == set(asked.rows_of_rules(things))
    assert {tuple(answers) for answers in rows.values()} == {ROLES}
    assert all(value for answers in rows.values() for value in answers.values())


def test_everybody_is_answered_as_the_file_says(answers: dict[tuple[Row, str], tuple[str, str]]) -> None:
    wrong = [
        f"{' '.join(row)} as {role}: {said}, not {asked.expected()[row][role]}"
        for (row, role), (said, _) in answers.items()
        if said != asked.expected()[row][role]
    ]
    assert wrong == []


def test_the_rules_say_what_the_file_says(things: Things) -> None:
    wrong = [
        f"{' '.join(row)} as {role}: {said}"
        for row, by_role in asked.expected().items()
        for role, value in by_role.items()
        if row[0] == "may" and (said := asked.may(row, role, things)) != value
    ]
    assert wrong == []


def test_hidden_and_absent_are_one_answer(answers: dict[tuple[Row, str], tuple[str, str]]) -> None:
    compared = 0
    for (row, role), (said, text) in answers.items():
        absent = answers.get(((row[0], row[1], "absent"), role))
        if said == "404" and absent is not None:
            compared += 1
            assert absent == (said, text), (row, role)
    assert compared > 100


def test_what_is_secret_stands_in_no_answer_that_may_not_hold_it(
    things: Things, answers: dict[tuple[Row, str], tuple[str, str]]
) -> None:
    number = things.cases["sealed"].number
    hidden = {
        **{asked.FILES[key]: f"file {key}" for key in ("window", "sealed")},
        number: "see",
        asked.SECRET["sealed"]: "text",
        NAMES["citizen"]: "person",
        PHONES["citizen"]: "person",
    }
    seen: dict[str, int] = dict.fromkeys(hidden, 0)
    for (row, role), (_, text) in answers.items():
        for canary, kind in hidden.items():
            if canary in text:
                seen[canary] += 1
                assert _may_hold(things, row, role, kind), (row, role, kind)
        if asked.SECRET["window"] in text:
            allowed = ("open_personal", "judge")
            assert any(rules.can(things.user(role), act, things.cases["window"]) for act in allowed), (
                row,
                role,
            )
    assert all(seen.values()), seen


def _may_hold(things: Things, row: Row, role: str, kind: str) -> bool:
    user, sealed = things.user(role), things.cases["sealed"]
    if kind in things.models:
        return rules.can(user, "see", things.models[kind])
    if kind == "see":
        opening = row[1].startswith("openings/") and rules.can(user, "see", things.models["opening sealed"])
        return opening or rules.can(user, "see", sealed)
    if kind == "text":
        return rules.can(user, "open_personal", sealed) or rules.can(user, "judge", sealed)
    return row[:2] == ("POST", "cases/<str:number>/people/") and rules.can(
        user, "open_personal", things.cases[row[2]]
    )


@pytest.mark.parametrize("clauses", ["CLAUSES", "DENIALS"])
def test_no_clause_can_be_left_out_unnoticed(things: Things, clauses: str) -> None:
    listed: list[rules.Clause] = getattr(rules, clauses)
    rows = {row: by_role for row, by_role in asked.expected().items() if row[0] == "may" and row[2]}
    unnoticed = []
    for clause in list(listed):
        about = {row: said for row, said in rows.items() if type(things.models[row[2]]) is clause.thing}
        listed.remove(clause)
        try:
            if not _noticed(things, about):
                unnoticed.append(clause.name)
        finally:
            listed.append(clause)
    assert unnoticed == []


def _noticed(things: Things, rows: dict[Row, dict[str, str]]) -> bool:
    return any(
        asked.may(row, role, things) != value
        for row, by_role in rows.items()
        for role, value in by_role.items()
    )
