"""The limit ruler: well-formed, inside its frame, and saying in words what it draws."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from qinzheng.clocks.machine import APPLICANT, DEPARTMENT, NOBODY, THIRD_PARTY
from qinzheng.definitions.form import Text
from qinzheng.supervision import ruler
from tests import library

START = library.at("2026-10-19 09:00")
DAY = 86_400_000_000
TURNS = (DEPARTMENT, APPLICANT, THIRD_PARTY, NOBODY, ruler.PAUSED)
SIZES = ("row", "card", "page")


@st.composite
def clocks(draw: st.DrawFn) -> ruler.Clock:
    """A clock of any state within the calendar."""
    needle = START + draw(st.integers(0, 60 * DAY))
    due = draw(st.one_of(st.none(), st.integers(0, 60 * DAY).map(lambda gap: START + gap)))
    promise = draw(st.one_of(st.none(), st.integers(0, 60 * DAY).map(lambda gap: START + gap)))
    cuts = sorted(draw(st.lists(st.integers(0, needle - START), max_size=5)))
    edges = [START, *(START + cut for cut in cuts), needle]
    stretches = [(draw(st.sampled_from(TURNS)), a, b) for a, b in zip(edges, edges[1:], strict=False)]
    title = Text(zh="<在办> & “甲”", en='<running> & "a"')
    return ruler.Clock(library.calendar(), START, needle, due, promise, draw(st.booleans()), stretches, title)


@given(clocks(), st.sampled_from(SIZES), st.sampled_from(["zh", "en", "both"]))
def test_any_clock_is_well_formed_and_inside_its_frame(
    clock: ruler.Clock, size: ruler.Size, language: str
) -> None:
    root = etree.fromstring(ruler.draw(clock, size, language))
    assert root.get("aria-label")
    for element in root.iter():
        for name in ("x", "x1", "x2"):
            value = element.get(name, "")
            if value.endswith("%") and value != "110%":
                assert 0 <= float(value[:-1]) <= 100
        if element.get("width", "").endswith("%"):
            assert 0 <= float(element.get("width")[:-1]) <= 100
    assert "style" not in {name for element in root.iter() for name in element.attrib}


def parts(clock: ruler.Clock, size: ruler.Size = "card") -> list[str]:
    return [element.get("class", "") for element in etree.fromstring(ruler.draw(clock, size, "zh")).iter()]


def test_beyond_the_limit_is_drawn_as_overdue_and_before_it_is_not() -> None:
    clock = ruler.Clock(library.calendar(), START, START + 10 * DAY, START + 8 * DAY)
    assert "over" in parts(clock)
    assert "over" not in parts(replace(clock, needle=START + 8 * DAY))


def test_a_clock_without_a_limit_has_no_flag() -> None:
    clock = ruler.Clock(library.calendar(), START, START + 10 * DAY, None)
    assert "limit" not in parts(clock)
    assert "over" not in parts(clock)
    assert "promise" in parts(replace(clock, promise=START + DAY))


@pytest.mark.parametrize("size", SIZES)
def test_each_hand_has_its_own_stroke(size: ruler.Size) -> None:
    stretches = [(turn, START + n * DAY, START + (n + 1) * DAY) for n, turn in enumerate(TURNS)]
    clock = ruler.Clock(library.calendar(), START, START + 5 * DAY, START + 20 * DAY, stretches=stretches)
    found = parts(clock, size)
    assert {"department", "applicant", "third", "nobody", "paused"} <= set(found)
    assert found.count("hatch") == 4
    strokes = {
        (element.get("transform"), element.get("stroke-dasharray"))
        for element in etree.fromstring(ruler.draw(clock, size, "zh")).iter()
        if element.get("class") == "hatch"
    }
    assert len(strokes) == 4


def test_a_limit_long_passed_keeps_its_room_and_the_line_is_broken_beyond_it() -> None:
    clock = ruler.Clock(library.calendar(), START, START + 400 * DAY, START + 20 * DAY, START + 7 * DAY)
    found = parts(clock)
    assert "break" in found
    assert found.count("rest") == 6
    left = {
        element.get("class"): float(element.get("x")[:-1])
        for element in etree.fromstring(ruler.draw(clock)).iter()
        if element.get("class") in ("promise", "limit", "needle")
    }
    assert 20 < left["promise"] < ruler.LENGTHENED == left["limit"] < left["needle"] == 100
    assert "break" not in parts(replace(clock, needle=START + 30 * DAY))
