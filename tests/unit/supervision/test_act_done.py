"""An act that is itself the finding: heard after the case was assigned; a rule about an act that an older edition lacks stays out."""

from __future__ import annotations

import pytest

from qinzheng.supervision.ladders import RuleNeverWakes
from tests.histories import compiled, event, judged
from tests.library import procedure, rules

RULE = "standard.fee-off-list"


def test_each_time_is_a_card() -> None:
    rows = [
        event("receive", "2026-03-02 09:00", role=0),
        event("ask_off_list", "2026-03-02 10:00"),
        event("ask_off_list", "2026-03-02 11:00"),
    ]
    cards = judged(compiled("services.matter", rules()), rows, "2026-03-02 12:00").cards()
    assert cards.count(RULE) == 2


def test_an_edition_without_the_act_never_wakes_the_rule() -> None:
    whole = procedure("services.matter")
    older = whole.model_copy(
        update={"acts": {name: act for name, act in whole.acts.items() if name != "ask_off_list"}}
    )
    (rule,) = [rule for rule in rules() if rule.id == RULE]
    compiled(whole, [rule])
    with pytest.raises(RuleNeverWakes):
        compiled(older, [rule])
