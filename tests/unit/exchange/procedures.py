"""Generated procedures that hold: states, acts with outcomes, joint groups, acts of any time, clocks that deem."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from qinzheng.cases.checks import check_procedure
from qinzheng.cases.schema import Procedure
from tests.library import library

WORDS = st.text("收件审查决定颁证 abc&<>\"'：→é😀", min_size=1, max_size=24).map(str.strip).filter(bool)
NAMES = st.builds(lambda zh, en: {"zh": zh, "en": en}, WORDS, WORDS)
SOURCE = ["ours/counting"]
FINALS = ("completed", "refused", "withdrawn", "void", "transferred")
UNITS = {"working_days": "end_of_day", "calendar_days": "end_of_day", "months": "end_of_day", "hours": "same_time",
         "minutes": "same_time", "working_hours": "same_time", "years": "end_of_day"}  # fmt: skip


@st.composite
def procedures(draw: st.DrawFn) -> Procedure:
    """One procedure that ``qinzheng definitions check`` accepts."""
    states = [f"s{n}" for n in range(draw(st.integers(1, 5)))]
    finals = [f"e.{n}" for n in range(draw(st.integers(1, 3)))]
    some = st.sampled_from([*states, *finals])
    acts: dict[str, Any] = {}
    for number in range(draw(st.integers(1, 8))):
        acts[f"a-{number}"] = draw(_acts(states, finals, some))
    acts["begin"] = {"name": draw(NAMES), "opens": True, "to": states[0], "by": ["clerk"]}
    for number, state in enumerate([*states[1:], *finals]):  # every state is reached
        acts[f"reach_{number}"] = {"name": draw(NAMES), "from": [states[0]], "to": state, "by": ["clerk"]}
    joints: dict[str, Any] = {}
    if draw(st.booleans()):
        acts["ask"] = {
            "name": draw(NAMES), "from": [states[0]], "to": states[-1], "by": ["clerk"],
            "form": {"organs": {"name": draw(NAMES), "type": "reference"}},
        }  # fmt: skip
        acts["answer"] = {"name": draw(NAMES), "from": [states[-1]], "by": ["handler"], "joint": "organs"}
        needs = draw(st.sampled_from(["all", "any", "quorum"]))
        joints["organs"] = {
            "name": draw(NAMES), "asked_by": "ask", "organizations": "organs", "answered_by": "answer", "needs": needs,
            "then": draw(some), "source": SOURCE, **({"quorum": 2} if needs == "quorum" else {}),
        }  # fmt: skip
    clocks = {f"clock-{n}": draw(_clocks(acts, states, n)) for n in range(draw(st.integers(0, 3)))}
    names = draw(st.permutations(list(acts)))
    found = Procedure.model_validate(
        {
            "kind": "procedure", "id": "generated.one", "name": draw(NAMES), "in_force_from": "2024-01-01",
            "checked_on": "2026-01-01", "source": SOURCE, "basis": "ours", "number": {"prefix": "GE"},
            "states": {
                **{name: {"name": draw(NAMES)} for name in states},
                **{name: {"name": draw(NAMES), "final": draw(st.sampled_from(FINALS))} for name in finals},
            },
            "acts": {name: acts[name] for name in names}, "clocks": clocks, "joints": joints,
        },
        strict=False,
    )  # fmt: skip
    assert not list(check_procedure(found, library()))
    return found


@st.composite
def _acts(
    draw: st.DrawFn, states: list[str], finals: list[str], some: st.SearchStrategy[str]
) -> dict[str, Any]:
    act: dict[str, Any] = {
        "name": draw(NAMES),
        "by": draw(st.lists(st.sampled_from(["clerk", "handler"]), min_size=1, unique=True)),
    }
    if draw(st.integers(0, 4)) == 0:
        act["any_time"] = True
    else:
        act["from"] = draw(st.lists(some, min_size=1, max_size=3, unique=True))
    if draw(st.booleans()):
        act["to"] = draw(some)
    if draw(st.integers(0, 3)) == 0:
        act["form"] = {
            "verdict": {
                "name": draw(NAMES),
                "type": "choice",
                "choices": {"yes": draw(NAMES), "no": draw(NAMES)},
            }
        }
        act["outcomes"] = [
            {"field": "verdict", "is": value, "to": draw(some)}
            for value in draw(st.lists(st.sampled_from(["yes", "no"]), min_size=1, unique=True))
        ]
    return act


@st.composite
def _clocks(draw: st.DrawFn, acts: dict[str, Any], states: list[str], number: int) -> dict[str, Any]:
    names = st.sampled_from([name for name in acts if not acts[name].get("system")])
    unit = draw(st.sampled_from(sorted(UNITS)))
    clock: dict[str, Any] = {
        "name": draw(NAMES), "role": draw(st.sampled_from(["case", "step"])),
        "counting": {
            "unit": unit, "calendar": "cn", "start_day": "not_counted", "ends": UNITS[unit], "last_day_off": "stands",
            "source": SOURCE,
        },
        "limits": {"statutory": None, "own": {"amount": draw(st.integers(1, 90)), "source": SOURCE}},
        "starts": draw(st.lists(names, min_size=1, max_size=2, unique=True)),
        "completes": draw(st.lists(names, min_size=1, max_size=2, unique=True)),
    }  # fmt: skip
    if draw(st.booleans()):
        act = f"silence-{number}"
        acts[act] = {
            "name": draw(NAMES), "system": True, "to": draw(st.sampled_from(states)),
            **({"any_time": True} if draw(st.integers(0, 3)) == 0 else {"from": draw(st.lists(st.sampled_from(states), min_size=1, unique=True))}),
        }  # fmt: skip
        clock["deems"] = [{"mark": "own", "act": act, "effective": "mark", "source": SOURCE}]
    return clock
