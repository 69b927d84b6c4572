"""What leaves as a spreadsheet: whole, and harmless."""

import csv
import datetime as dt
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from qinzheng.definitions.library import Library, default_root
from qinzheng.measures import formulas, sheets
from qinzheng.measures.ask import Answer, Evidence, ranks
from qinzheng.measures.period import Period
from qinzheng.wiring import KINDS

EVIDENCE = Evidence("on-time-rate", "e", "c", "2026-01-01", "2026-01-31", None, (), 10, 40)
NASTY = ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "\n=1", "＝1", "'=1", "housing"]


@pytest.fixture(scope="module")
def measure():
    return Library.read([default_root()], KINDS).get("measure", "on-time-rate")


def answer(unit, value=0.5, n=40, comparable=True):
    return Answer({"organization": unit}, value, 20, n, 0.35, 0.65, n, comparable, EVIDENCE)


def test_no_text_begins_as_a_formula(measure):
    lines = sheets.table(measure, [answer(unit) for unit in NASTY], dict.fromkeys(NASTY, "=cmd|'x'!A1"))
    read = list(csv.reader(io.StringIO(sheets.to_csv(lines).decode("utf-8-sig"), newline="")))
    assert len(read) == len(NASTY) + 1
    for row in read[1:]:
        assert not row[0].startswith(formulas.FORMULA)
        assert not row[1].startswith(formulas.FORMULA)
    sheet = load_workbook(io.BytesIO(sheets.to_xlsx(lines, "a/b:c"))).active
    for row in sheet.iter_rows(min_row=2):
        assert [cell.data_type for cell in row[:2]] == ["s", "s"]
        assert not str(row[0].value).startswith(formulas.FORMULA)
        assert (row[2].value, row[7].value) == (0.5, 40)


@given(st.text(max_size=12))
def test_guarding_hides_only_what_could_run(text):
    guarded = formulas.guarded(text)
    assert not guarded.startswith(formulas.FORMULA)
    assert guarded in (text, f"'{text}")


def test_json_carries_the_evidence(measure):
    period = Period(dt.date(2026, 1, 1), dt.date(2026, 1, 31))
    said = json.loads(sheets.to_json(measure, period, 10, [answer("housing")]))
    assert said["position"] == 10
    assert Evidence(**{**said["answers"][0]["evidence"], "where": (), "lying": ()}) == EVIDENCE


def test_only_those_with_enough_facts_are_ranked(measure):
    given_ = [
        answer("a", 0.9),
        answer("b", 0.9),
        answer("c", 0.2),
        answer("few", 1.0, 3, False),
        answer("none", None, 0, False),
    ]
    assert [(rank, a.key["organization"]) for rank, a in ranks(measure, given_)] == [
        (1, "a"),
        (1, "b"),
        (3, "c"),
    ]
