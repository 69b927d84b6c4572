"""Writes sent in few statements leave what they would have left one by one."""

from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qinzheng.cases import writing

pytestmark = pytest.mark.django_db
TABLES = ("one_of_the_test", "another_of_the_test", "third_of_the_test")
WRITES = {
    "put": 'INSERT INTO {} (id, said) VALUES (%s, %s) ON CONFLICT (id) DO UPDATE SET said = excluded.said',
    "change": "UPDATE {} SET said = %s || said WHERE id >= %s",
    "remove": "DELETE FROM {} WHERE id = %s",
    "copy": "INSERT INTO {} (id, said) SELECT id + 100 + %s, said FROM one_of_the_test ON CONFLICT DO NOTHING",
}  # fmt: skip


@st.composite
def statements(draw: st.DrawFn) -> list[writing.Statement]:
    """Up to eight writes of three tables."""
    found: list[writing.Statement] = []
    for _ in range(draw(st.integers(0, 8))):
        kind, number, text = (
            draw(st.sampled_from(sorted(WRITES))),
            draw(st.integers(0, 2)),
            draw(st.text("ab", max_size=2)),
        )
        values: dict[str, list[Any]] = {
            "put": [number, text], "change": [text, number], "remove": [number], "copy": [number]
        }  # fmt: skip
        found.append((WRITES[kind].format(draw(st.sampled_from(TABLES))), values[kind]))
    return found


def left(sent: list[writing.Statement]) -> list[Any]:
    """What the tables hold when these have been sent."""
    with transaction.atomic(), connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"CREATE TABLE {table} (id int PRIMARY KEY, said text)")
        for sql, parameters in sent:
            cursor.execute(sql, parameters)
        found = []
        for table in TABLES:
            cursor.execute(f"SELECT id, said FROM {table} ORDER BY id")
            found.append(cursor.fetchall())
        transaction.set_rollback(True)
    return found


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(statements())
def test_together_is_as_one_by_one(db: None, sent: list[writing.Statement]) -> None:
    joined = list(writing.together(sent))
    assert len(joined) <= len(sent)
    assert left(joined) == left(sent)


def test_an_act_is_one_statement() -> None:
    sent = [("INSERT INTO a (x) VALUES (%s)", [1]), ("UPDATE b SET x = %s", [2]), ("DELETE FROM c", [])]
    assert list(writing.together(sent)) == [
        ("WITH w0 AS (INSERT INTO a (x) VALUES (%s)), w1 AS (UPDATE b SET x = %s) DELETE FROM c", [1, 2])
    ]
