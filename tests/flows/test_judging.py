"""Live and batch agree; a row edited by hand is named; as known then stays answerable."""

import json
from argparse import Namespace

import pytest
from django.db import connection

from qinzheng.cases import actions as cases
from qinzheng.ledger import projections
from qinzheng.operations import judging_commands
from qinzheng.supervision.models import Card
from tests.flows.test_live import CLERK, HANDLER, ago, opened

pytestmark = pytest.mark.django_db(transaction=True)


def judged(capsys, **more):
    options = {"procedure": None, "rules": "standard", "as_of": None, "known_at": None, "json": True} | more
    assert judging_commands.judge(Namespace(**options)) == 0
    return json.loads(capsys.readouterr().out)


def test_live_and_batch_issue_the_same_cards(published, capsys):
    for days in (0, 3, 12, 60, 90):
        done = opened(days)
        if days != 12:
            cases.perform(done.case, "reply", HANDLER, {}, occurred_at=ago(days / 2))
    verdict = judged(capsys)
    batch = next(value for name, value in verdict.items() if name.startswith("letters.reply"))
    assert batch["cards"] == Card.objects.filter(withdrawn_at=None).count() > 0
    assert batch["cases"] == 5


def test_what_was_known_then_is_not_what_is_known_now(published, capsys):
    done = opened(60)
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        then = cursor.fetchone()[0]
    cases.perform(done.case, "reply", HANDLER, {}, occurred_at=ago(59))
    now = judged(capsys)
    before = judged(capsys, known_at=then.isoformat())
    cards = [next(v for k, v in verdict.items() if k != "digest")["cards"] for verdict in (before, now)]
    assert cards == [3, 0]


def test_the_tables_are_what_the_ledger_says(published):
    done = opened(60)
    cases.perform(done.case, "reply", HANDLER, {}, occurred_at=ago(59))
    opened(20)
    assert list(projections.check()) == []


@pytest.mark.parametrize(("statement", "table", "column"), [
    ("UPDATE cases_case SET state = 'received'", "cases_case", "state"),
    ("UPDATE clocks_clock SET ending = 'completed_on_time'", "clocks_clock", "ending"),
    ("UPDATE supervision_card SET withdrawn_at = now()", "supervision_card", "withdrawn_at"),
    ("DELETE FROM supervision_card", "supervision_card", "*"),
])  # fmt: skip
def test_a_row_edited_by_hand_is_named(published, statement, table, column):
    done = opened(60)
    cases.perform(done.case, "reply", HANDLER, {})
    with connection.cursor() as cursor:
        cursor.execute(statement)
    found = list(projections.check())
    assert {(d.table, d.column) for d in found} == {(table, column)}
    assert found[0].key


def test_time_passing_is_an_act_of_nobody(published):
    done = cases.open_case("letters.reply", "submit", CLERK, {}, occurred_at=ago(60))
    before = Card.objects.count()
    assert judging_commands.tick_once() == 0
    assert Card.objects.filter(case=done.case).count() == before == 3
