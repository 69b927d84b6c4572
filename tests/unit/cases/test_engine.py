"""Where an act leads: outcomes, joint groups, guards; and that the kernel follows to the same place."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from random import Random
from typing import Any

import pytest

from qinzheng.cases import engine
from qinzheng.cases.engine import NotAllowed, Situation, Who
from qinzheng.cases.schema import Procedure
from qinzheng.clocks import machine
from qinzheng.clocks.machine import NONE, OVER, Book
from qinzheng.supervision import judge
from qinzheng.supervision.ladders import RuleNeverWakes
from qinzheng.supervision.program import Compiled
from tests import histories, library
from tests.histories import Row, compiled, event

CLERK, HEAD = Who("k", "行政审批局", "clerk"), Who("h", "行政审批局", "head")


def organ(name: str) -> Who:
    return Who(f"{name}-1", name, "organ")


def named(text: str) -> dict[str, str]:
    return {"zh": text, "en": text}


def panel(needs: str = "quorum", quorum: int | None = 2, **answer: Any) -> Procedure:
    """A procedure of the tests: experts are asked, and a decision goes either way by its form."""
    return Procedure.model_validate({
        "kind": "procedure", "id": "test.panel", "name": named("评审"), "in_force_from": dt.date(2004, 1, 1),
        "checked_on": dt.date(2026, 1, 1), "source": ["ours/thresholds"], "basis": "ours", "number": {"prefix": "PS"},
        "states": {
            "received": {"name": named("收")}, "asking": {"name": named("问")}, "agreed": {"name": named("齐")},
            "granted": {"name": named("准"), "final": "completed"},
            "dropped": {"name": named("弃"), "final": "withdrawn"},
        },
        "acts": {
            "open": {"name": named("开"), "opens": True, "to": "received", "by": ["clerk"]},
            "ask": {"name": named("问"), "from": ["received", "agreed"], "to": "asking", "by": ["clerk"],
                    "form": {"organs": {"name": named("单位"), "type": "reference"}}},
            "answer": {"name": named("答"), "from": ["asking", "agreed"], "by": ["organ"], "joint": "panel", **answer},
            "decide": {"name": named("定"), "from": ["agreed"], "by": ["head"],
                       "outcomes": [{"field": "yes", "is": True, "to": "granted"},
                                    {"field": "yes", "is": False, "to": "dropped"}],
                       "form": {"yes": {"name": named("准"), "type": "boolean"}}},
            "reopen": {"name": named("重"), "from": ["granted", "dropped"], "to": "agreed", "by": ["head"],
                       "traits": ["reopening"]},
        },
        "joints": {"panel": {"name": named("组"), "asked_by": "ask", "organizations": "organs", "answered_by": "answer",
                             "needs": needs, "quorum": quorum, "then": "agreed", "source": ["ours/thresholds"]}},
        "clocks": {"decision": {
            "name": named("钟"), "starts": ["open"], "completes": ["reopen"],
            "counting": {"unit": "working_days", "calendar": "cn", "start_day": "not_counted", "ends": "end_of_day",
                         "last_day_off": "stands", "source": ["ours/counting"]},
            "limits": {"statutory": None, "own": {"amount": 9, "source": ["ours/counting"]}},
        }},
    })  # fmt: skip


@dataclass(frozen=True)
class Did:
    name: str
    who: Who
    form: dict[str, Any]


def through(procedure: Procedure, *done: tuple[str, Who, dict[str, Any]]) -> Situation:
    """The situation after the acts, each checked as for a person who does it."""
    here = engine.after(procedure, Situation("", ""), "open", CLERK, {})
    for name, who, form in done:
        engine.check_may(procedure, name, who)
        engine.check_now(procedure, here, name, who, form)
        here = engine.after(procedure, here, name, who, form)
    return here


def ask(*organs: str) -> tuple[str, Who, dict[str, Any]]:
    return "ask", CLERK, {"organs": list(organs)}


def answer(name: str) -> tuple[str, Who, dict[str, Any]]:
    return "answer", organ(name), {}


# -- joint groups --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("needs", "quorum", "enough"), [("all", None, 3), ("any", None, 1), ("quorum", 2, 2)]
)
def test_so_many_must_answer(needs: str, quorum: int | None, enough: int) -> None:
    procedure = panel(needs, quorum)
    for number in range(4):
        here = through(procedure, ask("甲", "乙", "丙"), *(answer(name) for name in "甲乙丙"[:number]))
        assert (here.state == "agreed") == (number >= enough)


def test_an_organ_asked_twice_over_answers_once() -> None:
    assert through(panel("all", None), ask("甲", "甲", "乙"), answer("甲"), answer("乙")).state == "agreed"


def test_one_organ_named_without_a_list_is_one_organ() -> None:
    here = through(panel("all", None), ("ask", CLERK, {"organs": "住建局"}))
    assert here.joints["panel"]["asked"] == ["住建局"]


def test_a_quorum_that_could_never_come_is_refused() -> None:
    with pytest.raises(NotAllowed, match="at least 2"):
        through(panel(), ask("甲"))


@pytest.mark.parametrize(
    ("late", "said"), [("甲", "answered already"), ("丁", "was not asked")]
)  # fmt: skip
def test_who_answered_or_was_not_asked_is_refused(late: str, said: str) -> None:
    with pytest.raises(NotAllowed, match=said):
        through(panel(), ask("甲", "乙", "丙"), answer("甲"), answer(late))


def test_an_answer_after_enough_is_heard_and_moves_nothing() -> None:
    procedure = panel(any_time=True)
    done = [
        ask("甲", "乙", "丙"),
        answer("甲"),
        answer("乙"),
        ("decide", HEAD, {"yes": True}),
        ("reopen", HEAD, {}),
    ]
    here = through(procedure, *done, answer("丙"))
    assert (here.state, here.joints["panel"]["answered"]) == ("agreed", ["甲", "乙", "丙"])
    # Decided in the meantime: the third opinion does not take the case back.
    decided = through(procedure, *done[:3], ask("甲", "乙"), answer("甲"))
    assert engine.after(procedure, decided, "answer", organ("乙"), {}).state == "agreed"


def test_asked_anew_all_answer_anew() -> None:
    here = through(panel(), ask("甲", "乙"), answer("甲"), answer("乙"), ask("甲", "丙"), answer("甲"))
    assert (here.state, here.joints["panel"]["answered"]) == ("asking", ["甲"])


# -- outcomes ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("yes", "state"), [(True, "granted"), (False, "dropped"), (1, "agreed"), (None, "agreed")]
)
def test_the_form_decides_and_yes_is_not_one(yes: Any, state: str) -> None:
    agreed = through(panel(), ask("甲", "乙"), answer("甲"), answer("乙"))
    assert engine.after(panel(), agreed, "decide", HEAD, {"yes": yes}).state == state


# -- the kernel follows --------------------------------------------------------------------------------

MARCH = library.at("2026-03-02 09:00")
DAY = 86_400_000_000
DONE = [
    ("open", CLERK, {}), ask("甲", "乙"), answer("乙"), answer("甲"), ("decide", HEAD, {"yes": False}),
    ("reopen", HEAD, {}), ("decide", HEAD, {"yes": True}),
]  # fmt: skip


def folded(number: int, when: dict[str, Any], wait: int = DAY) -> tuple[Compiled, machine.State]:
    """The kernel's state after the first acts, a day apart, judged ten weeks later."""
    procedure = panel()
    program = compiled(procedure, [histories.rule("test.panel", when)])
    rows: list[Row] = [event(name, MARCH + n * wait) for n, (name, _, _) in enumerate(DONE[:number])]
    columns = histories.facts(program, rows)
    led = engine.all_led(procedure, [Did(*done) for done in DONE[:number]])
    columns.state = [NONE if state is None else program.states[state] for state in led]
    state = program.program.begin(0, Book())
    judge.fold(program.program, state, columns, 0, number)
    judge.finish(program.program, state, MARCH + 70 * DAY)
    return program, state


SILENT, REOPENED = {"condition": "silent", "working_days": 20}, {"condition": "reopened"}


@pytest.mark.parametrize("number", range(1, len(DONE) + 1))
def test_the_kernel_stands_where_the_engine_stands(number: int) -> None:
    program, state = folded(number, SILENT)
    here = through(panel(), *DONE[1:number])
    assert state.stage == program.states[here.state]
    over = panel().states[here.state].final is not None
    assert (state.turn == OVER) == over
    assert len(state.book.findings) == (0 if over else 1)  # nobody is silent about a case that is over


def test_a_case_that_its_outcome_closed_was_reopened() -> None:
    assert len(folded(6, REOPENED)[1].book.findings) == 1
    assert len(folded(5, REOPENED)[1].book.findings) == 0


def test_an_outcome_that_drops_the_case_releases_its_clock() -> None:
    assert [row[7] for row in folded(5, SILENT)[1].book.clocks] == [machine.RELEASED]
    assert [row[7] for row in folded(4, SILENT)[1].book.clocks] == [machine.RUNNING]


def test_an_outcome_that_grants_leaves_the_clock_to_its_own_acts() -> None:
    program = compiled(panel())
    columns = histories.facts(program, [event("open", MARCH), event("decide", MARCH + DAY)])
    columns.state[1] = program.states["granted"]
    state = program.program.begin(0, Book())
    judge.fold(program.program, state, columns, 0, 2)
    lane = state.lanes[0]
    assert lane is not None
    assert lane.status == machine.RUNNING


# -- wrong organization --------------------------------------------------------------------------------


def test_organs_that_lawfully_answer_are_not_accused() -> None:
    everybody = histories.rule("test.panel", {"condition": "wrong_actor", "what": "organization"})
    rows = [
        event("open", MARCH, organization=1), event("ask", MARCH + 1, organization=1),
        event("answer", MARCH + 2, organization=2), event("decide", MARCH + 3, organization=3),
    ]  # fmt: skip
    case = histories.judged(compiled(panel(), [everybody]), rows, MARCH + DAY)
    assert [finding[4] for finding in case.book.findings] == [3]  # the decision, not the answer


def test_a_rule_that_watches_only_answers_never_wakes() -> None:
    when = {"condition": "wrong_actor", "what": "organization", "acts": ["answer"]}
    with pytest.raises(RuleNeverWakes, match="no act to watch"):
        compiled(panel(), [histories.rule("test.panel", when)])


# -- no dead ends --------------------------------------------------------------------------------------


FORM = {"organs": ["甲", "乙"], "next": "丙", "remedies": True, "told": True, "outside_organ": "丁"}


def whoever(procedure: Procedure, here: Situation, name: str) -> Who:
    """Somebody of an organ that was asked and has not answered yet, or of the one that holds the case, where the act wants that."""
    if procedure.acts[name].by_holder:
        return Who("p", here.organization, "")
    group = here.joints.get(procedure.acts[name].joint or "", {"asked": [], "answered": []})
    left = [organ for organ in group["asked"] if organ not in group["answered"]]
    return Who("p", left[0] if left else "甲", "")


def lawful(procedure: Procedure, here: Situation) -> list[str]:
    """What can happen next, by people or by silence."""
    found = []
    for name in procedure.acts:
        try:
            engine.check_now(procedure, here, name, whoever(procedure, here, name), FORM)
        except NotAllowed:
            continue
        found.append(name)
    return found


@pytest.mark.parametrize(
    "name", sorted(p.id for p in library.library().all("procedure") if any(a.by for a in p.acts.values()))
)
def test_every_state_is_reached_and_none_but_the_last_is_a_dead_end(name: str) -> None:
    procedure = library.procedure(name)
    random = Random(name)
    reached: set[str] = set()
    for _ in range(400):
        opening = random.choice([act for act, it in procedure.acts.items() if it.opens])
        here = engine.after(procedure, Situation("", ""), opening, CLERK, {})
        for _ in range(25):
            reached.add(here.state)
            names = lawful(procedure, here)
            final = procedure.states[here.state].final
            assert names or final, f"{here.state}: {dict(here.done)}"
            if not names:
                break
            quiet = [n for n in names if not procedure.acts[n].any_time] or names
            chosen = random.choice(quiet if random.random() < 0.9 else names)
            here = engine.after(procedure, here, chosen, whoever(procedure, here, chosen), FORM)
    assert reached == set(procedure.states)
