"""From real acts to a figure and back: clocks with a pause, the commands, the tree of organizations."""

import csv
import datetime as dt
import json

import pytest

from qinzheng import wiring
from qinzheng.cases import actions as cases
from qinzheng.cases.engine import Who
from qinzheng.ledger import sequencer
from qinzheng.measures import queries
from qinzheng.measures.ask import Units, WrongQuestion
from qinzheng.measures.period import Period
from qinzheng.operations import measure_commands as commands
from tests.flows.test_measures import same

pytestmark = pytest.mark.django_db(transaction=True)

SPRING = Period(dt.date(2026, 3, 1), dt.date(2026, 5, 31))


def who(role: str, organization: str = "housing") -> Who:
    return Who("p-000000000001", organization, role)


@pytest.fixture
def city(clock, settings, tmp_path):
    """Three permits of two units: one with an expert review of three days in between, one late, one still open."""
    settings.HOME = tmp_path
    queries.forget()

    def act(case, on, name, role, form=None, organization="housing"):
        clock.on(on)
        cases.perform(case, name, who(role, organization), form or {})

    def permit(on, organization="housing"):
        clock.on(on)
        return cases.open_case("approvals.demo-permit", "receive", who("clerk", organization), {}).case

    paused, late, still = (
        permit("2026-03-02 09:00"),
        permit("2026-03-02 10:00", "water"),
        permit("2026-03-02 11:00"),
    )
    act(paused, "2026-03-03 09:00", "accept", "clerk")
    act(late, "2026-03-03 10:00", "accept", "clerk", organization="water")
    act(still, "2026-03-03 11:00", "accept", "clerk")
    act(paused, "2026-03-04 09:00", "notify", "handler", {"days": 5})
    act(paused, "2026-03-09 09:00", "resume", "handler")  # paused over Thu 5, Fri 6, Mon 9
    act(paused, "2026-03-11 09:00", "decide", "leader")
    act(late, "2026-04-20 10:00", "decide", "leader", organization="water")
    clock.on("2026-04-21 09:00")
    cases.pass_time(still)
    sequencer.sequence_all()
    assert queries.follow() > 0
    yield queries.folder()
    queries.forget()


def figure(measure, by=(), **more):
    (answer,) = queries.answer(measure, by, SPRING, **more)
    return answer.value, answer.numerator, answer.denominator


def test_real_acts_give_the_figures_that_a_person_would_count(city):
    days = {a.key["organization"]: a for a in queries.answer("mean-days", "organization", SPRING)}
    # 3 to 11 March: six working days after the start, three of them paused.
    assert (days["housing"].value, days["housing"].n) == (3.0, 1)
    assert figure("speed-up-rate", organizations={"housing"}) == (17 / 20, 17, 20)
    assert figure("on-time-rate") == (0.5, 1, 2)
    assert figure("accepted")[0] == 3
    assert figure("open")[0] == 1
    assert figure("overdue-open")[0] == 1
    assert figure("cards", organizations={"water"})[0] == 1
    assert same(city, queries.position(), SPRING) > 20


def test_a_unit_below_counts_in_the_units_above_it(city):
    units = Units(
        above={"housing": ("housing", "city"), "water": ("water", "city")}, town={"water": "town-01"},
        listed=("city", "housing", "water", "parks"),
    )  # fmt: skip
    found = {
        a.key["organization"]: a
        for a in queries.answer("accepted", "organization", SPRING, units=units, digests=True)
    }
    assert {name: a.n for name, a in found.items()} == {"city": 3, "housing": 2, "water": 1, "parks": 0}
    assert not found["parks"].comparable
    assert found["city"].evidence.organizations == ("housing", "water")
    assert len(queries.evidence(found["city"].evidence)) == 3
    assert queries.holds(found["city"].evidence)
    towns = {a.key["town"]: a.n for a in queries.answer("accepted", "town", SPRING, units=units)}
    assert towns == {"": 2, "town-01": 1}


def test_a_wrong_question_is_explained(city):
    with pytest.raises(WrongQuestion, match="it can be by"):
        queries.answer("open", "level", SPRING)
    with pytest.raises(WrongQuestion, match="there is no measure opne; known"):
        queries.answer("opne", (), SPRING)
    with pytest.raises(WrongQuestion, match="wait, or correct it"):
        queries.answer("open", (), SPRING, upto=10_000)


def run(body, *words: str) -> int:
    """The body of a command, with the arguments that its parser read."""
    code: int = body(wiring.build_parser().parse_args(words))
    return code


ASK = ("measures", "ask", "accepted", "--by", "organization", "--from", "2026-03-01", "--to", "2026-05-31")


def test_the_commands_list_ask_export_and_open(city, tmp_path, capsys):
    assert run(commands.list_, "measures", "list") == 0
    assert "on-time-rate" in capsys.readouterr().out
    assert run(commands.ask_, *ASK, "--csv", str(tmp_path / "a.csv")) == 0
    lines = list(csv.reader((tmp_path / "a.csv").open(encoding="utf-8-sig", newline="")))
    assert [line[:3] for line in lines[1:]] == [["housing", "2.0", "2"], ["water", "1.0", "1"]]
    assert run(commands.ask_, *ASK, "--xlsx", str(tmp_path / "a.xlsx")) == 0
    assert (tmp_path / "a.xlsx").read_bytes()[:2] == b"PK"
    assert run(commands.ask_, *ASK, "--json") == 0
    said = capsys.readouterr().out
    answers = tmp_path / "answers.json"
    answers.write_text(said, encoding="utf-8")
    assert run(commands.evidence_, "measures", "evidence", str(answers)) == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [event["act"] for event in events] == ["accept", "accept"]
    answers.write_text(
        said.replace(json.loads(said)["answers"][0]["evidence"]["digest"], "0" * 64), encoding="utf-8"
    )
    assert run(commands.evidence_, "measures", "evidence", str(answers)) == 1
    assert run(commands.ask_, "measures", "ask", "none", "--from", "2026-03-01", "--to", "2026-05-31") == 1
    assert "known" in capsys.readouterr().err


def test_the_commands_follow_and_verify(city, capsys):
    assert run(commands.follow, "archive", "follow", "--once") == 0
    assert run(commands.verify, "archive", "verify") == 0
    assert "0 broken" in capsys.readouterr().out
