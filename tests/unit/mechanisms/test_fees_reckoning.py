"""The arithmetic of fees: whatever is asked in whatever order, nothing is taken that the list does not say."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qinzheng.cases.guide import Fee
from qinzheng.definitions.form import Text
from qinzheng.mechanisms.fees import reckoning
from qinzheng.mechanisms.fees.reckoning import Entry, OffList, Wrong


def fee(fen: int, per: bool = False) -> Fee:
    return Fee(
        name=Text(zh="工本费", en="cost"),
        fen=fen,
        per=Text(zh="本", en="each") if per else None,
        source=["行政许可法/58"],
    )


FEES = st.lists(st.builds(fee, st.integers(0, 5_000), st.booleans()), max_size=3)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["book", "waive", "refund"]), st.integers(-1, 4), st.integers(-2, 6), st.integers(-5, 9_000),
        st.booleans(),
    ),
    max_size=25,
)  # fmt: skip


@given(fees=FEES, steps=STEPS)
def test_whatever_is_asked_only_the_list_is_taken(fees: list[Fee], steps: list[Any]) -> None:
    entries: list[Entry] = []
    for n, (verb, which, units, fen, states) in enumerate(steps):
        before = list(entries)
        try:
            if verb == "book":
                entries.append(reckoning.book(fees, entries, str(n), which, units, fen if states else None))
            elif verb == "waive":
                entries.append(reckoning.waive(fees, entries, str(n), which, fen))
            else:
                entries.append(reckoning.refund(entries, str(n), str(which), fen))
        except (OffList, Wrong):
            assert entries == before
    booked = [each for each in entries if each.kind == "booked"]
    for each in booked:
        listed = fees[each.fee - 1]
        assert each.fen + each.waived == listed.fen * each.units
        assert each.fen > 0
        assert each.units == 1 or listed.per is not None
        assert 0 <= reckoning.refunded(entries, each.id) <= each.fen
    for place, listed in enumerate(fees, start=1):
        standing = reckoning.standing(entries, place)
        assert standing >= 0
        assert reckoning.waiver_left(entries, place) >= 0
        if listed.per is None:
            assert standing <= listed.fen
    assert reckoning.standing(entries) == sum(reckoning.standing(entries, n) for n in range(1, len(fees) + 1))


@given(price=st.integers(1, 10_000), units=st.integers(1, 50), more=st.integers(1, 10_000))
def test_more_than_the_list_says_is_off_the_list(price: int, units: int, more: int) -> None:
    fees = [fee(price, per=True)]
    assert reckoning.book(fees, [], "a", 1, units, price * units).fen == price * units
    with pytest.raises(OffList):
        reckoning.book(fees, [], "a", 1, units, price * units + more)


@given(price=st.integers(2, 10_000), data=st.data())
def test_less_than_the_list_says_needs_a_waiver(price: int, data: st.DataObject) -> None:
    fees = [fee(price)]
    part = data.draw(st.integers(1, price - 1))
    with pytest.raises(Wrong):
        reckoning.book(fees, [], "a", 1, 1, price - part)
    waived = reckoning.waive(fees, [], "w", 1, part)
    booked = reckoning.book(fees, [waived], "a", 1, 1, price - part)
    assert (booked.fen, booked.waived) == (price - part, part)
    with pytest.raises(Wrong):
        reckoning.book(fees, [waived, booked], "b", 1, 1, None)
    back = reckoning.refund([waived, booked], "r", "a", booked.fen)
    again = reckoning.book(fees, [waived, booked, back], "b", 1, 1, None)
    assert again.fen == booked.fen, "given back whole, the waiver still stands"


def test_a_fee_that_is_not_listed_is_off_the_list() -> None:
    for place in (0, 2, -1):
        with pytest.raises(OffList):
            reckoning.book([fee(100)], [], "a", place, 1, 100)
    with pytest.raises(OffList):
        reckoning.book([], [], "a", 1, 1, 100)


@pytest.mark.parametrize(("fen", "said"), [(0, "0.00"), (5, "0.05"), (100, "1.00"), (123_456, "1234.56")])
def test_fen_are_said_as_yuan_exactly(fen: int, said: str) -> None:
    assert reckoning.yuan(fen) == said
