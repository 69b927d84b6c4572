"""What we write others can read: round trips, an independent reader, referential integrity."""

import csv
import json
import sqlite3
import xml.etree.ElementTree as ET

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qinzheng import wiring
from qinzheng.clocks.machine import NONE
from qinzheng.definitions.library import Library, default_root
from qinzheng.exchange import mapping as mappings
from qinzheng.exchange import reading, writing
from qinzheng.measures import formulas as guard
from qinzheng.simulation import commands
from qinzheng.supervision import archive


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sample")
    commands.simulate(90, 5, folder / "log.csv", None)
    library = Library.read([default_root()], wiring.KINDS)
    chosen = library.get("mapping", "demo")
    path = folder / "events.parquet"
    _, report = mappings.take_log(
        folder / "log.csv", chosen, library.get("procedure", chosen.procedure), path
    )
    assert report.rejected == 0
    return archive.Archive(path)


@pytest.mark.parametrize("name", ["log.xes", "log.xes.gz"])
def test_xes_is_read_back_the_same(sample, tmp_path, name):
    count = writing.write(sample, tmp_path / name)
    wanted = {"case:concept:name", "concept:name", "time:timestamp", "org:resource", "org:group"}
    with reading.open_log(tmp_path / name, format="xes", columns=wanted) as log:
        read = [row for b in log for row in zip(*(b.columns[k] for k in sorted(wanted)), strict=True)]
    written = [
        (e.case, e.name, e.organization, e.actor, e.occurred_at.isoformat()) for e in writing.events(sample)
    ]
    assert read == written
    assert count == len(written) > 300


def test_an_independent_reader_agrees(sample, tmp_path):
    writing.write(sample, tmp_path / "log.xes")
    root = ET.parse(tmp_path / "log.xes").getroot()
    names = [e.attrib["prefix"] for e in root.iter("extension")]
    assert names == ["concept", "time", "org", "lifecycle"]
    assert len(list(root.iter("event"))) == sample.meaning.events
    assert len(list(root.iter("trace"))) == sample.meaning.cases


def test_ocel_sqlite_has_no_loose_ends(sample, tmp_path):
    writing.write(sample, tmp_path / "log.ocel.sqlite")
    base = sqlite3.connect(tmp_path / "log.ocel.sqlite")
    assert base.execute("PRAGMA foreign_key_check").fetchall() == []
    assert base.execute("SELECT count(*) FROM event").fetchone()[0] == sample.meaning.events
    for name, table in base.execute("SELECT ocel_type, ocel_type_map FROM event_map_type").fetchall():
        own = base.execute(f"SELECT count(*) FROM event_{table}").fetchone()[0]
        assert own == base.execute("SELECT count(*) FROM event WHERE ocel_type = ?", [name]).fetchone()[0] > 0
    base.close()


def test_ocel_json_names_only_objects_it_holds(sample, tmp_path):
    writing.write(sample, tmp_path / "log.ocel.json")
    document = json.loads((tmp_path / "log.ocel.json").read_text(encoding="utf-8"))
    objects = {o["id"] for o in document["objects"]}
    types = {t["name"] for t in document["eventTypes"]}
    assert {r["objectId"] for e in document["events"] for r in e["relationships"]} == objects
    assert {e["type"] for e in document["events"]} == types
    assert {o["type"] for o in document["objects"]} == {t["name"] for t in document["objectTypes"]}


def test_parquet_and_csv_hold_every_event(sample, tmp_path):
    writing.write(sample, tmp_path / "log.parquet")
    table = pq.read_table(tmp_path / "log.parquet")
    assert table["case"].to_pylist() == [e.case for e in writing.events(sample)]
    writing.write(sample, tmp_path / "log.csv")
    with reading.open_log(tmp_path / "log.csv", format="csv") as log:
        assert sum(b.size for b in log) == table.num_rows


@pytest.mark.parametrize("name", ["log.xes.gz", "log.csv", "log.parquet"])
def test_what_was_written_is_judged_the_same(tmp_path, capsys, name):
    commands.simulate(120, 5, tmp_path / "in.csv", None)
    digests = []
    assert (
        wiring.main(["convert", str(tmp_path / "in.csv"), "--mapping", "demo", "--to", str(tmp_path / name)])
        == 0
    )
    own = tmp_path / "log.mapping.yaml"
    for log, chosen in ((tmp_path / "in.csv", "demo"), (tmp_path / name, str(own))):
        capsys.readouterr()
        assert wiring.main(["supervise", str(log), "--mapping", chosen, "--json"]) == 0
        answer = json.loads(capsys.readouterr().out)
        digests.append([answer[key] for key in ("digest", "cards", "clocks", "events", "rejected", "as_of")])
    assert digests[0] == digests[1]
    assert len(digests[0][1]) > 8


def test_a_file_that_cannot_be_written_is_refused(tmp_path, capsys):
    commands.simulate(3, 5, tmp_path / "in.csv", None)
    for to, said in (("out.docx", "known: .xes"), ("none/out.csv", "name another place")):
        assert (
            wiring.main(
                ["convert", str(tmp_path / "in.csv"), "--mapping", "demo", "--to", str(tmp_path / to)]
            )
            == 1
        )
        assert said in capsys.readouterr().err


@given(st.text(st.characters(codec="utf-8"), max_size=12) | st.text("'=+-@\t＝x", max_size=6))
def test_the_guard_before_a_formula_comes_off_again(text):
    assert guard.bare(guard.guarded(text)) == text
    assert not guard.guarded(text).startswith(guard.FORMULA)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=12), min_size=1, max_size=4))
def test_odd_texts_survive_or_are_guarded(tmp_path_factory, texts):
    folder = tmp_path_factory.mktemp("odd")
    meaning = archive.Meaning("p", ["", "do"], activities=texts)
    with archive.Writer(folder / "a", meaning, ("at", "act", "order")) as writer:
        size = len(texts)
        writer.case(
            "c", list(range(size)), {"at": list(range(size)), "act": [0] * size, "order": list(range(size))}
        )
    held = archive.Archive(folder / "a")
    writing.write(held, folder / "a.xes")
    names = [e.attrib["value"] for e in ET.parse(folder / "a.xes").getroot().findall("trace/event/string[1]")]
    clean = [writing._UNWRITABLE.sub("", text) for text in texts]
    assert names == clean
    writing.write(held, folder / "a.csv")
    with (folder / "a.csv").open(encoding="utf-8-sig", newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert len(cells) == len(writing.COLUMNS) * (size + 1)
    assert not any(cell.startswith(guard.FORMULA) for cell in cells)
    assert NONE not in held.read(0).facts.at
