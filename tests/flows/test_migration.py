"""Running cases to another edition: rehearsed without a trace, moved as shown, refused where it would lose something."""

import hashlib
import json

import pytest

from qinzheng import wiring
from qinzheng.cases import actions as cases
from qinzheng.cases.models import Case
from qinzheng.clocks.models import Clock
from qinzheng.definitions import actions
from qinzheng.definitions.models import Edition
from qinzheng.ledger import projections, queries
from qinzheng.ledger.models import Event
from qinzheng.operations import migration_commands
from tests.flows.test_live import HANDLER, opened

pytestmark = pytest.mark.django_db(transaction=True)


def new_edition(old, new):
    """Publish letters.reply with a text changed; returns its hash."""
    was = Edition.objects.get(kind="procedure", definition="letters.reply")
    text = bytes(was.text).decode()
    assert old in text
    changed = text.replace(old, new).encode()
    draft = Edition.objects.create(
        kind="procedure", definition="letters.reply", sha256=hashlib.sha256(changed).hexdigest(),
        in_force_from=was.in_force_from, file=was.file, place=was.place, text=changed, drafted_by="a",
    )  # fmt: skip
    actions.publish([draft], "b")
    return draft.sha256


def command(*words):
    arguments = wiring.build_parser().parse_args(["cases", *map(str, words)])
    body = getattr(migration_commands, arguments.verb)
    return body(arguments)


def rehearsed(plan):
    assert command("rehearse", "letters.reply", "--plan", plan) == 0
    return [json.loads(line) for line in plan.read_text("utf-8").splitlines()]


def test_a_rehearsal_shows_and_keeps_nothing_and_the_run_does_what_it_showed(published, tmp_path, capsys):
    done, plan = opened(), tmp_path / "plan.jsonl"
    to = new_edition("amount: 5", "amount: 4")
    before, events = Clock.objects.get(case=done.case).promised_at, Event.objects.count()
    assert before is not None
    (line,) = rehearsed(plan)
    assert (line["to"], line["refused"], len(line["clocks"])) == (to, "", 1)
    assert (Event.objects.count(), Clock.objects.get(case=done.case).promised_at) == (events, before)
    assert command("migrate", plan, "--by", "m", "--reason", "新规 4 日") == 0
    promised = Clock.objects.get(case=done.case).promised_at
    assert promised is not None
    assert promised < before
    assert promised.isoformat() == line["clocks"][0]["after"]["promise"]
    assert Case.objects.get(pk=done.case).edition == to
    migrated, moved = queries.history(done.case)[-2:]
    assert (migrated.type, moved.type) == ("cases.migrated", "clocks.redetermined")
    assert migrated.body["reason"] == "新规 4 日"
    assert str(moved.caused_by) == str(migrated.id)
    assert list(projections.check()) == []
    assert command("migrate", plan, "--by", "m", "--reason", "再来一次") == 0
    assert "already 1" in capsys.readouterr().out
    assert cases.perform(done.case, "reply", HANDLER, {}).state == "replied"


def test_a_case_that_changed_after_the_rehearsal_stays(published, tmp_path, capsys):
    done, plan = opened(), tmp_path / "plan.jsonl"
    new_edition("amount: 5", "amount: 4")
    rehearsed(plan)
    was = Case.objects.get(pk=done.case).edition
    cases.perform(done.case, "reply", HANDLER, {})
    assert command("migrate", plan, "--by", "m", "--reason", "r") == 1
    assert "预演后有变化" in capsys.readouterr().out
    assert Case.objects.get(pk=done.case).edition == was


def test_a_state_that_is_gone_is_refused_until_it_is_named(published, tmp_path, capsys):
    done, plan = opened(), tmp_path / "plan.jsonl"
    state = Case.objects.get(pk=done.case).state
    new_edition(state, "waiting")
    (line,) = rehearsed(plan)
    assert f"--state {state}=" in line["refused"]
    assert command("migrate", plan, "--by", "m", "--reason", "r") == 1
    assert command("rehearse", "letters.reply", "--state", f"{state}=waiting", "--plan", plan) == 0
    assert command("migrate", plan, "--by", "m", "--reason", "r") == 0
    assert Case.objects.get(pk=done.case).state == "waiting"


def test_no_reason_no_edition_no_such_state(published, tmp_path, capsys):
    opened()
    plan = tmp_path / "plan.jsonl"
    new_edition("amount: 5", "amount: 4")
    rehearsed(plan)
    assert command("migrate", plan, "--by", "m", "--reason", " ") == 1
    assert command("rehearse", "letters.reply", "--to", "ffff", "--plan", plan) == 1
    assert command("rehearse", "letters.reply", "--state", "a=nowhere", "--plan", plan) == 1
    assert "nowhere" in capsys.readouterr().err
