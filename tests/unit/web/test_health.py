"""``/healthz`` never says ready when it is not, and says why."""

import pytest
from django.db import DatabaseError, connection
from django.test import Client

from qinzheng.web import health


def asked(client: Client) -> tuple[int, dict[str, bool], bool]:
    """Status, what each check said, and whether the city is ready."""
    answer = client.get("/healthz")
    body = answer.json()
    assert all(check["zh"] and check["en"] for check in body["checks"])
    return answer.status_code, {check["name"]: check["holds"] for check in body["checks"]}, body["ready"]


@pytest.mark.django_db
def test_an_empty_database_is_not_ready(client: Client) -> None:
    assert asked(client) == (503, {"database": True, "migrations": True, "definitions": False}, False)


@pytest.mark.django_db
def test_a_migration_not_applied_is_named(client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'cases'")
    assert asked(client) == (503, {"database": True, "migrations": False}, False)
    assert "cases." in client.get("/healthz").json()["checks"][-1]["en"]


def test_a_database_that_fails_is_an_answer_and_ends_the_questions() -> None:
    def broken() -> health.Check:
        raise DatabaseError("gone")

    answers = health.run((broken, health.city))
    assert [(answer.name, answer.holds) for answer in answers] == [("broken", False)]
