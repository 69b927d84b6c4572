"""The main job as a user runs it: what it prints, what it refuses, and that nothing outside the cases moves the digest."""

import csv
import json
from pathlib import Path
from random import Random
from typing import Any

import pyarrow.parquet as pq
import pytest

from qinzheng import wiring
from qinzheng.definitions.library import default_root

HEADER = "id,author,subject,submitted_at,text,reply,replied_at"
EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
"""SHA-256 of nothing: no cards."""


def letter(case: str, begun: str, replied: str = "", place: str = "A1市") -> str:
    return f"{case},x,{place}路灯,{begun},t,r,{replied}"


GOOD = letter("1", "2019-04-01 09:00:00", "2019-04-03 10:00:00")
LATE = letter("2", "2019-04-01 09:00:00", "2019-06-03 10:00:00")


class Run:
    """One run of the command: its exit code, its one object, and what it said."""

    def __init__(self, capsys: pytest.CaptureFixture[str], log: Path, *options: str) -> None:
        self.code = wiring.main(["supervise", str(log), "--json", *options])
        printed = capsys.readouterr()
        self.out, self.said = printed.out, printed.err
        assert "Traceback" not in self.said

    @property
    def answer(self) -> dict[str, Any]:
        assert self.code == 0, self.said
        assert self.out.count("\n") == 1
        assert self.out.endswith("\n")
        answer: dict[str, Any] = json.loads(self.out)
        return answer


@pytest.fixture
def log(tmp_path):
    def write(*rows: str):
        path = tmp_path / "log.csv"
        path.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
        return path

    return write


@pytest.fixture
def supervise(capsys):
    def run(log: Path, *options: str, mapping: str = "letters") -> Run:
        return Run(capsys, log, "--mapping", mapping, *options)

    return run


# -- what it prints -----------------------------------------------------------------------------------


def test_the_one_object_has_every_figure_of_the_contract(log, supervise):
    run = supervise(log(GOOD, LATE, letter("3", "2019-06-01 09:00:00"), letter("4", "2019-04-01 09:00:00")))
    answer = run.answer
    assert {name: answer[name] for name in ("cases", "events", "rejected", "beyond_calendar")} == {
        "cases": 4, "events": 6, "rejected": 0, "beyond_calendar": 0,
    }  # fmt: skip
    assert answer["clocks"] == {"completed_on_time": 1, "completed_late": 1, "running": 1, "overdue": 1}
    assert answer["highest"] == {"none": 2, "warning": 0, "yellow": 0, "red": 2}
    assert answer["cards"]["standard.past-own-limit"] == {"red": 2}
    assert answer["as_of"] == "2019-06-03T10:00:00+08:00"
    assert len(answer["digest"]) == 64
    assert {"seconds", "events_per_second", "peak_rss_mb"} <= set(answer)
    assert "2019-06-03T10:00:00+08:00" in run.said


def test_what_happened_after_the_moment_asked_for_was_not_known_then(log, supervise):
    rows = log(GOOD, LATE)
    then = supervise(rows, "--as-of", "2019-04-02")
    assert then.answer["clocks"] == {"completed_on_time": 0, "completed_late": 0, "running": 2, "overdue": 0}
    assert "2 events after the as-of moment left out" in then.said
    later = supervise(rows, "--as-of", "2019-05-01T00:00:00+08:00").answer
    assert later["clocks"] == {"completed_on_time": 1, "completed_late": 0, "running": 0, "overdue": 1}
    assert supervise(rows, "--as-of", "2019-12-31").answer["clocks"]["completed_late"] == 1


def test_the_other_rule_set_judges_by_its_own_marks(log, supervise):
    answer = supervise(log(GOOD, LATE), "--rules", "ninety").answer
    assert answer["rules"] == "ninety"
    assert set(answer["cards"]) == {"ninety.red", "ninety.yellow"}


def test_the_files_are_whole_and_nothing_else_is_left(log, supervise, tmp_path):
    out = tmp_path / "deep" / "out"
    answer = supervise(log(GOOD, LATE), "--out", str(out)).answer
    assert sorted(file.name for file in out.iterdir()) == [
        "cards.parquet", "clocks.parquet", "events.parquet", "report.html",
    ]  # fmt: skip
    assert pq.read_table(out / "cards.parquet").num_rows == sum(
        count for levels in answer["cards"].values() for count in levels.values()
    )
    assert supervise(log(GOOD), "--out", str(out)).answer["digest"] == EMPTY
    assert pq.read_table(out / "cards.parquet").num_rows == 0


# -- rows that cannot be taken ------------------------------------------------------------------------


def test_a_time_outside_the_calendar_rejects_its_row_and_no_other(log, supervise):
    bad = []
    for year in ("1890", "2003", "2029", "2090", "9999"):
        for column in (3, 6):
            cells = LATE.split(",")
            cells[0], cells[column] = f"{year}-{column}", f"{year}-04-01 09:00:00"
            bad.append(",".join(cells))
    run = supervise(log(GOOD, *bad, letter("3", "2019-04-01 09:00:00", "2019-04-02 10:00:00")))
    assert run.answer["cases"] == 2
    assert run.answer["rejected"] == len(bad)
    assert run.answer["as_of"] == "2019-04-03T10:00:00+08:00"
    for row, text in enumerate(bad, start=3):
        assert f"第 {row} 行 · row {row}: " in run.said
        assert f"'{text[:4]}-04-01 09:00:00'" in run.said
    assert "cn 2004-01-01 – 2028-12-31" in run.said


@pytest.mark.parametrize(
    ("field", "of"), [("DueDate", "10000"), ("CreatedDate", "1998"), ("CloseDate", "2077")]
)
def test_a_stated_moment_outside_the_calendar_rejects_its_row(tmp_path, supervise, field, of):
    row = {"SRRecordID": "a", "CreatedDate": "01/02/2019 09:00:00 AM", "DueDate": "01/03/2019 09:00:00 AM",
           "CloseDate": "01/04/2019 09:00:00 AM", "SRStatus": "Closed", "Agency": "x"}  # fmt: skip
    bad = {**row, "SRRecordID": "b", field: row[field].replace("2019", of)}
    path = tmp_path / "log.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, row)
        writer.writeheader()
        writer.writerows([bad, row])
    run = supervise(path, mapping="baltimore311")
    assert run.answer["highest"] == {"none": 0, "warning": 0, "yellow": 0, "red": 1}
    assert run.answer["rejected"] == 1
    assert f"field {field}" in run.said


def test_a_limit_beyond_the_calendar_is_an_alarm_for_its_case_and_the_rest_is_judged(
    log, supervise, tmp_path
):
    rows = log(GOOD, LATE, letter("edge", "2028-12-28 09:00:00"))
    run = supervise(rows, "--out", str(tmp_path / "out"))
    answer = run.answer
    assert answer["beyond_calendar"] == 1
    assert answer["cases"] == 2
    assert answer["events"] == 4
    assert sum(answer["highest"].values()) == 2
    assert answer["digest"] == supervise(log(GOOD, LATE)).answer["digest"]
    assert "alarm: edge: " in run.said
    assert "1 cases have limits beyond the calendar and were not judged" in run.said
    assert "edge" not in pq.read_table(tmp_path / "out" / "clocks.parquet")["case"].to_pylist()


def test_of_two_rows_for_one_case_the_fuller_stands_whichever_came_first(log, supervise):
    open_row = letter("2", "2019-04-01 09:00:00")
    for order in ((open_row, LATE), (LATE, open_row)):
        run = supervise(log(GOOD, *order))
        assert run.answer["clocks"]["completed_late"] == 1
        assert run.answer["rejected"] == 1
        assert f"row {2 + order.index(open_row) + 1}: " in run.said


def test_the_same_log_twice_over_is_the_same_log(log, supervise):
    once = supervise(log(GOOD, LATE)).answer
    twice = supervise(log(GOOD, LATE, GOOD, LATE)).answer
    assert twice["rejected"] == 2
    assert {k: twice[k] for k in ("digest", "cases", "clocks")} == {
        k: once[k] for k in ("digest", "cases", "clocks")
    }


def test_many_bad_rows_are_counted_by_reason_and_a_few_named(log, supervise):
    run = supervise(log(GOOD, *(letter(f"b{n}", f"no time {n}") for n in range(300))))
    assert run.answer["rejected"] == 300
    assert run.said.count("is not a time") == 20
    assert "280 more" in run.said


# -- the digest ---------------------------------------------------------------------------------------


def events_of(seed: int) -> list[list[str]]:
    """An event log with ties: several events of a case at the same moment."""
    random = Random(seed)
    rows = []
    for case in range(40):
        for activity in random.sample(ACTIVITIES, 4):
            at = f"2011-0{random.randint(1, 9)}-1{random.randint(0, 1)}T09:00:00+01:00"
            rows.append([f"c{case}", activity, at, f"g{case % 3}", f"r{random.randint(0, 2)}"])
    return rows


ACTIVITIES = ["Confirmation of receipt", "T02 Check confirmation of receipt", "T04 Determine confirmation of receipt",
              "T05 Print and send confirmation of receipt", "T10 Determine necessity to stop indication", "other", "another"]  # fmt: skip


@pytest.fixture
def receipts(tmp_path):
    """The shipped mapping of the receipt log, turned to CSV."""
    text = (default_root() / "mappings" / "receipt.yaml").read_text(encoding="utf-8")
    for old, new in (
        ("id: receipt\n", "id: receipt-csv\n"), ("format: xes", "format: csv"), ("case:concept:name", "case"),
        ("concept:name", "activity"), ("time:timestamp", "at"), ("case:group", "group"), ("org:resource", "who"),
        ('due: {field: "case:deadline"}\n', ""),
    ):  # fmt: skip
        assert old in text
        text = text.replace(old, new)
    path = tmp_path / "receipts.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_order_of_the_rows_moves_nothing_even_among_equal_times(tmp_path, supervise, receipts):
    rows, path, digests = events_of(7), tmp_path / "events.csv", set()
    for seed in range(5):
        Random(seed).shuffle(rows)
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([["case", "activity", "at", "group", "who"], *rows])
        answer = supervise(path, "--workers", str(1 + seed % 2), mapping=str(receipts)).answer
        digests.add((answer["digest"], json.dumps(answer["cards"]), json.dumps(answer["clocks"])))
    assert len(digests) == 1
    assert EMPTY not in digests.pop()[0]


# -- refusals -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--as-of", "gestern"], "--as-of is no time"),
        (["--as-of", "2090-01-01"], "outside the calendar"),
        (["--as-of", "9999-12-31T23:59:59-12:00"], "outside the calendar"),
        (["--as-of", "0001-01-01T00:00:00+12:00"], "outside the calendar"),
        (["--as-of", "2010-01-01"], "no usable row"),
        (["--rules", "none"], "there are: ninety、standard"),
        (["--out", "/proc/none/here"], "name another folder"),
        (["--out", __file__], "name another folder"),
    ],
)
def test_an_option_that_cannot_be_met_is_refused_in_two_languages(log, supervise, options, said):
    run = supervise(log(GOOD), *options)
    assert run.code == 1
    assert run.out == ""
    assert said in run.said
    assert any("一" <= letter <= "鿿" for letter in run.said)


def test_fewer_than_no_workers_is_bad_usage(log):
    with pytest.raises(SystemExit) as exit:
        wiring.main(["supervise", str(log(GOOD)), "--mapping", "letters", "--workers", "-1"])
    assert exit.value.code == 2


LETTERS = (default_root() / "mappings" / "letters.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("Asia/Shanghai", "Asia/Nowhere", "there is no time zone Asia/Nowhere"),
        ("format: csv", "format: csv\nencoding: base64", "there is no text encoding base64"),
        ("format: csv", "format: csv\ndelimiter: ab", "delimiter"),
        (
            "act: reply",
            "act: answer",
            "procedure letters.reply has no act answer; there are: submit, reply, withdraw",
        ),
        ("act: submit", "act: withdraw", "no act that opens a case (submit) is mapped"),
        ("procedure: letters.reply", "procedure: letters.none", "there is no procedure letters.none"),
        ("[A-Z][0-9]*[市区县]", "[A-Z", "not a regular expression"),
        ("rules: standard", "rules: none", "there are: ninety、standard"),
        ("kind: mapping", "kind: mapping\nextra: 1", "unknown key"),
    ],
)
def test_a_faulty_mapping_is_refused_with_its_line_and_remedy(log, supervise, tmp_path, old, new, said):
    own = tmp_path / "own.yaml"
    assert old in LETTERS
    own.write_text(LETTERS.replace("id: letters\n", "id: own\n").replace(old, new), encoding="utf-8")
    run = supervise(log(GOOD), mapping=str(own))
    assert run.code == 1
    assert said in run.said


def test_an_activity_mapped_to_two_acts_is_refused(log, supervise, receipts):
    text = receipts.read_text(encoding="utf-8").replace(
        "[Confirmation of receipt]", "[T02 Check confirmation of receipt]"
    )
    receipts.write_text(text, encoding="utf-8")
    run = supervise(log(GOOD), mapping=str(receipts))
    assert "is mapped to receive already" in run.said


def test_an_unknown_mapping_names_those_there_are(log, supervise):
    for name, said in (("nope", "letters"), ("nope.yaml", "there is no mapping file")):
        run = supervise(log(GOOD), mapping=name)
        assert run.code == 1
        assert said in run.said


def test_a_name_from_the_log_cannot_draw_on_the_terminal(tmp_path, capsys):
    path = tmp_path / "log.csv"
    cells = '"{}",01/02/2019 09:00:00 AM,{},01/04/2019 09:00:00 AM,Closed,"{}"'
    due, bad, name = "01/03/2019 09:00:00 AM", "01/03/2019 09:00:00\x1b[2J", "[/b]\x1bx"
    rows = [cells.format("a", due, name), cells.format("b", bad, name)]
    header = "SRRecordID,CreatedDate,DueDate,CloseDate,SRStatus,Agency\x1b[2J"
    path.write_text("\n".join([header.replace("\x1b[2J", ""), *rows]) + "\n", encoding="utf-8")
    assert wiring.main(["supervise", str(path), "--mapping", "baltimore311"]) == 0
    printed = capsys.readouterr()
    assert "[/b]\N{REPLACEMENT CHARACTER}x" in printed.out
    assert "\x1b" not in printed.out + printed.err
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    assert wiring.main(["supervise", str(path), "--mapping", "baltimore311"]) == 1
    refused = capsys.readouterr().err
    assert "columns are missing: Agency" in refused
    assert "\x1b" not in refused
