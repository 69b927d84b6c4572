"""No shipped rule is a dead letter: on every procedure it supervises, some generated history wakes it."""

from functools import cache
from random import Random

import pytest

from qinzheng.supervision import bulk
from tests.generated import DAY, MINUTE, history
from tests.histories import compiled, event, judged
from tests.library import at, calendar, library, procedure, rules

PAIRS = [(rule.id, name) for rule in rules() for name in rule.supervises]
BULK = "closed_in_bulk"
CASES, MOST = 4000, 40_000


@cache
def woken(name: str) -> set[str]:
    """The rules that wake in a fixed number of generated cases of a procedure; in more, where one has not woken yet."""
    random = Random(f"wakes {name}")
    definition = procedure(name)
    program = compiled(definition, [rule for rule in rules() if rule.when.condition != BULK])
    found: set[str] = set()
    wanted = {rule for rule, supervised in PAIRS if supervised == name and "bulk" not in rule}
    for n in range(MOST):
        if n >= CASES and wanted <= found:
            break
        rows = history(random, definition)
        found.update(
            judged(program, rows, rows[-1][1] + random.choice((0, DAY, 200 * DAY, 400 * DAY))).cards()
        )
    return found


@pytest.mark.parametrize(("rule", "name"), [pair for pair in PAIRS if "bulk" not in pair[0]])
def test_a_generated_history_wakes_the_rule(rule: str, name: str) -> None:
    assert rule in woken(name)


@pytest.mark.parametrize("id", [rule.id for rule in rules() if rule.when.condition == BULK])
def test_many_closings_wake_the_rule_keyed_by_officer_day(id: str) -> None:
    when = library().get("rule", id).when
    begin = at("2016-03-01 09:00")
    found = [(0, begin + k * MINUTE, f"case-{k}", k, 1) for k in range(when.more_than + 1)]
    (card,) = bulk.judge_officer_days(0, when, found, ["甲"], calendar())
    assert card[0] == "甲@2016-03-01"
    assert list(bulk.judge_officer_days(0, when, found[1:], ["甲"], calendar())) == []


def test_a_case_handled_well_wakes_nothing() -> None:
    rows = [
        event("receive", "2026-03-02 09:00", role=0),
        event("accept", "2026-03-03 09:00", role=1),
        event("check_site", "2026-03-05 09:00", role=1),
        event("grant", "2026-03-11 09:00"),
        event("issue", "2026-03-12 09:00", role=0),
    ]
    assert judged(compiled("approvals.standard", rules()), rows, "2026-06-01").cards() == []
