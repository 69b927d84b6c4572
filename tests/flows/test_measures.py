"""Measures on a real PostgreSQL: every shipped one against a naive reading, over random ledgers; evidence; the archive."""

import dataclasses
import datetime as dt
import hashlib
from itertools import islice
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qinzheng.calendars import queries as calendars
from qinzheng.definitions import shelf
from qinzheng.ledger import queries as ledger
from qinzheng.ledger import sequencer
from qinzheng.measures import facts, queries
from qinzheng.measures.period import Period
from tests.flows import naive
from tests.flows.conftest import DatabaseClock
from tests.flows.ledgers import PRE_WARNINGS, Writer

pytestmark = pytest.mark.django_db(transaction=True)

DATES = st.integers(0, 150).map(lambda n: dt.date(2026, 1, 5) + dt.timedelta(days=n))
PERIODS = st.tuples(DATES, DATES).map(lambda two: Period(min(two), max(two)))


@pytest.fixture
def measured(transactional_db, request, tmp_path):
    """An archive of its own; the shipped definitions, published early in 2026 so that months come after them."""
    clock = DatabaseClock(0)
    clock.on("2026-01-02 09:00")
    request.getfixturevalue("published")
    queries.forget()
    yield tmp_path / "archive"
    queries.forget()
    clock.end()


def written(random: Random, times: int, writer: Writer | None = None) -> Writer:
    rules = [rule.id for rule in shelf.library().all("rule")]
    writer = writer or Writer(random, [*rules, *PRE_WARNINGS * len(rules)])
    writer.write(times)
    sequencer.sequence_all()
    return writer


def told(upto: int, hidden: frozenset[str] = frozenset()) -> naive.Ledger:
    events = ((position, event) for position, _, event in islice(ledger.sequenced(), upto))
    return naive.Ledger.read(events, hidden)


def sealed_now() -> frozenset[str]:
    """The cases that the whole ledger says are sealed, whatever is asked as of."""
    state: dict[str, bool] = {}
    for _, _, event in ledger.sequenced():
        if event.type in ("cases.opened", "cases.concerned"):
            state[event.subject] = bool(event.body.get("concerns"))
    return frozenset(subject for subject, sealed in state.items() if sealed)


def same(place, upto: int, period: Period) -> int:
    """Every shipped measure by organization equals the naive reading; returns how many figures were compared."""
    expected_of = told(upto, sealed_now())
    compared = 0
    for measure in queries.measures():
        answers = {a.key["organization"]: a for a in queries.answer(
            measure, "organization", period, upto=upto, place=place, digests=True)}  # fmt: skip
        expected = naive.by_organization(measure.id, expected_of, period)
        assert answers.keys() == expected.keys(), measure.id
        for name, answer in answers.items():
            wanted, compared = expected[name], compared + 1
            said = (answer.value, answer.numerator, answer.denominator, answer.n)
            value = None if wanted.value is None else float(wanted.value)
            assert said == (value, wanted.numerator, wanted.denominator, len(wanted.proofs)), (
                measure.id,
                name,
            )
            events = queries.evidence(answer.evidence, place=place)
            assert {e["position"]: e["hit"] for e in events} == wanted.proofs, (measure.id, name)
            assert answer.low is None or answer.high is None or answer.low <= answer.high
    return compared


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32), period=PERIODS, earlier=st.floats(0, 1))
def test_every_measure_says_what_a_naive_reading_says(measured, seed, period, earlier):
    random = Random(seed)
    written(random, 120)
    queries.follow(place=measured)
    here = queries.position(measured)
    assert here == ledger.head()[1] > 0
    same(measured, here, period)
    # Kept facts give the same answers, now and as of any earlier position; and with events on top of them.
    kept_all(measured)
    same(measured, here, period)
    same(measured, int(here * earlier), period)
    written(random, 40)
    queries.follow(place=measured)
    same(measured, queries.position(measured), period)
    kept_all(measured)
    same(measured, int(here * earlier), period)


def kept_all(place) -> None:
    calendar = calendars.calendar(shelf.library(), "cn")
    facts.keep(place, calendar, queries.finals, always=True)
    queries.forget()


def test_the_whole_of_the_random_ledger_is_exercised(measured):
    """The ledgers reach every measure: none of them is compared on nothing but noughts."""
    written(Random(7), 1_500)
    queries.follow(place=measured)
    period = Period(dt.date(2026, 1, 1), dt.date(2028, 12, 31))
    for measure in queries.measures():
        (whole,) = queries.answer(measure, (), period, place=measured)
        assert whole.n > 0, measure.id
        if measure.value.statistic == "rate":
            assert 0 < (whole.numerator or 0) < (whole.denominator or 0), measure.id
    assert same(measured, queries.position(measured), period) > 50


@pytest.mark.parametrize("by", [("month",), ("organization", "month"), ("item",), ("procedure", "day")])
def test_the_parts_add_up_to_the_whole(measured, by):
    written(Random(11), 400)
    queries.follow(place=measured)
    period = Period(dt.date(2026, 1, 1), dt.date(2027, 3, 31))
    for measure in queries.measures():
        if measure.when in ("open_at_end", "overdue_at_end") or not set(by) <= set(measure.by):
            continue
        parts = queries.answer(measure, by, period, place=measured)
        (whole,) = queries.answer(measure, (), period, place=measured)
        assert sum(part.n for part in parts) == whole.n, measure.id
        assert sum(len(queries.evidence(part.evidence, place=measured)) for part in parts[:5]) == sum(
            part.n for part in parts[:5]
        )


def test_a_stock_by_month_is_what_stood_at_the_end_of_each(measured):
    written(Random(3), 300)
    queries.follow(place=measured)
    months = queries.answer(
        "open", "month", Period(dt.date(2026, 1, 1), dt.date(2026, 6, 30)), place=measured
    )
    for part in months:
        year, month = map(int, part.key["month"].split("-"))
        (alone,) = queries.answer("open", (), Period.month(year, month), place=measured)
        assert part.n == alone.n
        assert len(queries.evidence(part.evidence, place=measured)) == part.n


def test_evidence_asked_again_is_the_same_after_more_events(measured):
    writer = written(Random(5), 200)
    queries.follow(place=measured)
    period = Period(dt.date(2026, 1, 1), dt.date(2027, 12, 31))
    said = [
        a
        for m in queries.measures()
        for a in queries.answer(m, "organization", period, place=measured, digests=True, sealed=True)
    ]
    without = [
        a for m in queries.measures() for a in queries.answer(m, (), period, place=measured, digests=True)
    ]
    written(Random(6), 300, writer)
    queries.follow(place=measured)
    kept_all(measured)
    for before in said:
        assert queries.holds(before.evidence, place=measured)
        again = queries.answer(
            before.evidence.measure,
            "organization",
            period,
            upto=before.evidence.position,
            place=measured,
            digests=True,
            sealed=True,
        )
        assert before in again
    # What was sealed since makes another answer today; the evidence of the old one still holds.
    assert all(queries.holds(before.evidence, place=measured) for before in without)
    changed = dataclasses.replace(said[0].evidence, digest=hashlib.sha256(b"other").hexdigest())
    assert not queries.holds(changed, place=measured)
