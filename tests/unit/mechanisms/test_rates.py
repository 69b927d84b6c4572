"""The three rates, the ledger of admissions and what was cut, counted by hand and held against any catalogue."""

from __future__ import annotations

import datetime as dt
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from qinzheng.cases.guide import Before, Guide, Life
from qinzheng.cases.items import Item
from qinzheng.cases.schema import Procedure
from qinzheng.definitions.form import Text
from qinzheng.mechanisms.catalogue import cut, life, rates
from qinzheng.mechanisms.catalogue.rates import Share
from qinzheng.mechanisms.catalogue.schema import Rate
from tests.library import library

DAY = dt.date(2026, 6, 30)
WHY = Text(zh="理由", en="reason")
SHORT: Item = next(item for item in library().standing("item") if not item.life and item.sort == "service")
RATES: dict[str, Rate] = {rate.id: rate for rate in library().standing("rate")}


def made(id: str, **update: Any) -> Item:
    return SHORT.model_copy(
        update={"id": id, "at_once": False, "at_window": False, "in_centre": True, **update}
    )


def turn(kind: Any, on: str, to: str | None = None) -> Life:
    return Life(turn=kind, on=dt.date.fromisoformat(on), reason=WHY, to=to)


CITY = [
    made("a", at_window=True, at_once=True),
    made("b", at_window=True),
    made("c"),
    made("d", in_centre=False, at_window=True),
    made("e", life=[turn("proposed", "2026-01-01")]),
    made("f", life=[turn("admitted", "2020-01-01"), turn("abolished", "2026-06-30")], at_once=True),
    made("g", sort="petition", at_once=True),
    made("h", organization="other", life=[turn("admitted", "2026-06-30")]),
]


def test_the_rates_of_a_small_catalogue() -> None:
    """Standing are a b c d e h; in the centre a b c h; decided at the window there a b; on the spot a."""
    assert rates.share(RATES["moved-in"], CITY, DAY) == Share(4, 6)
    assert rates.share(RATES["authorised"], CITY, DAY) == Share(2, 4)
    assert rates.share(RATES["at-once"], CITY, DAY) == Share(1, 6)


def test_the_day_before_the_last_was_admitted_and_one_abolished() -> None:
    before = DAY - dt.timedelta(days=1)
    assert rates.share(RATES["moved-in"], CITY, before) == Share(4, 7)
    assert rates.share(RATES["at-once"], CITY, before) == Share(2, 7)


def test_a_unit_whose_items_are_all_set_apart_has_no_rate() -> None:
    alone = rates.by_unit(RATES["at-once"], [made("p", sort="petition", organization="petitions")], DAY)
    assert alone == {"petitions": Share(0, 0)}
    assert alone["petitions"].value is None


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans(), st.booleans(), st.booleans(), st.sampled_from(["service", "petition", "licence"]))))  # fmt: skip
def test_units_add_up_to_the_city_and_no_share_is_more_than_the_whole(rows: list[tuple[str, bool, bool, bool, str]]) -> None:  # fmt: skip
    items = [
        made(f"i-{n}", organization=unit, in_centre=centre, at_window=window, at_once=once, sort=sort)
        for n, (unit, centre, window, once, sort) in enumerate(rows)
    ]
    for rate in RATES.values():
        whole, parts = rates.share(rate, items, DAY), rates.by_unit(rate, items, DAY).values()
        assert (sum(p.numerator for p in parts), sum(p.denominator for p in parts)) == (whole.numerator, whole.denominator)  # fmt: skip
        assert 0 <= whole.numerator <= whole.denominator <= len(items)


def test_every_rate_says_its_formula() -> None:
    assert set(RATES) == {"moved-in", "authorised", "at-once"}
    assert all("÷" in rate.formula.zh and "÷" in rate.formula.en for rate in RATES.values())
    assert all(rate.basis == "ours" for rate in RATES.values())


def test_a_trend_ends_today_and_begins_with_the_catalogue() -> None:
    days = rates.days_of_change(library(), DAY)
    assert days[-1] == DAY
    assert days == sorted(set(days))
    trends = rates.trends(list(RATES.values()), library(), days)
    assert all(
        len(shares) == len(days) and all(share.denominator for share in shares) for shares in trends.values()
    )


def test_twelve_three_and_three_were_admitted_in_half_a_year() -> None:
    admitted = [turn("admitted", "2009-03-01")]
    items = [made(f"s{n}", life=admitted) for n in range(12)]
    items += [made(f"l{n}", sort="licence", life=admitted) for n in range(3)]
    items += [
        made(f"f{n}", sort="former_approval", life=[*admitted, turn("abolished", "2015-05-10")])
        for n in range(3)
    ]
    items += [made("later", life=[turn("admitted", "2009-07-01")]), made("never")]
    half = life.turns(items, dt.date(2009, 1, 1), dt.date(2009, 6, 30), ["admitted"])
    assert life.counted(half) == {"service": 12, "licence": 3, "former": 3}
    assert len(life.turns(items, dt.date(2009, 1, 1), dt.date(2015, 12, 31))) == 22


def test_a_level_follows_what_was_delegated_and_taken_back() -> None:
    item = made(
        "x", level="city", life=[turn("delegated", "2020-01-01", "town"), turn("taken_back", "2022-01-01")]
    )
    levels = [life.level(item, dt.date(year, 6, 1)) for year in (2019, 2020, 2022)]
    assert levels == ["city", "town", "city"]


def test_what_was_cut_of_an_item() -> None:
    way: Procedure = library().get("procedure", "services.matter")
    before = Before(days=15, steps=6, materials=8, trips=3, as_of=DAY, source=["ours"])
    item = made("x", procedure="services.matter", committed={"handling": 5}, before=before, guide=Guide(channels=["window", "online"]))  # fmt: skip
    one = cut.of(item, way)
    assert one.before == {"days": 15, "steps": 6, "materials": 8, "trips": 3}
    assert one.now == {"days": 5, "steps": 3, "trips": 0}
    assert cut.totals([one, cut.of(made("y"), way)]) == {"days": (1, 15, 5), "steps": (1, 6, 3), "materials": (0, 0, 0), "trips": (1, 3, 0)}  # fmt: skip
    at_once = cut.of(item.model_copy(update={"at_once": True, "guide": Guide()}), way)
    assert at_once.now == {"days": 0, "steps": 1, "trips": 1}


def test_every_shipped_item_has_figures_and_none_grew_by_a_slip() -> None:
    """A sample whose reform made it slower would be a slip of ours."""
    grown = []
    for item in library().standing("item"):
        one = cut.of(item, library().get("procedure", item.procedure))
        assert one.now["steps"] >= 1
        grown += [(item.id, name) for name in ("days", "trips") if name in one.before and one.now.get(name, 0) > one.before[name]]  # fmt: skip
    assert grown == []
