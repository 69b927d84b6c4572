"""The two limits of a convenience measure, on both sides of their last moment; the moments were counted by hand."""

import pytest

from tests.histories import Row, compiled, event, judged
from tests.library import at, rules

MEASURE = "conveniences.measure"
ANNOUNCED = [event("announce", "2026-03-02 10:00")]
IN_FORCE = [*ANNOUNCED, event("put_in_force", "2026-03-10 10:00")]
REVIEWED = [*IN_FORCE, event("review", "2026-09-01 09:00")]
NOT_DELIVERED, NOT_REVIEWED = "standard.convenience-not-delivered", "standard.convenience-not-reviewed"


def cards(rows: list[Row], until: int) -> list[str]:
    watched = [rule for rule in rules("standard") if MEASURE in rule.supervises]
    return judged(compiled(MEASURE, watched), rows, until).cards()


@pytest.mark.parametrize(
    ("before", "act", "last", "card"),
    [
        (IN_FORCE, "review", "2027-03-10 24:00", NOT_REVIEWED),
        (REVIEWED, "review", "2027-09-01 24:00", NOT_REVIEWED),
    ],
)
def test_a_review_is_due_after_twelve_months(before: list[Row], act: str, last: str, card: str) -> None:
    assert cards([*before, event(act, last)], at(last) + 1) == []
    assert cards([*before, event(act, at(last) + 1)], at(last) + 2) == [card]


def test_a_measure_is_put_in_force_within_sixty_working_days() -> None:
    """From Monday 2026-03-02: of the days after it, holidays in April and May taken out."""
    watched = [rule for rule in rules("standard") if MEASURE in rule.supervises]
    program = compiled(MEASURE, watched)
    (clock,) = judged(program, ANNOUNCED, at("2026-03-03")).clocks("delivery")
    last = clock.due
    assert cards([*ANNOUNCED, event("put_in_force", last)], at(last) + 1) == []
    assert cards([*ANNOUNCED, event("put_in_force", at(last) + 1)], at(last) + 2) == [NOT_DELIVERED]
    assert cards([*ANNOUNCED, event("give_up", at(last))], at(last) + 2) == []
