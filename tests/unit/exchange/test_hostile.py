"""Hostile and broken files: a clear refusal in two languages, before much is read; a bad row never stops the rest."""

import datetime as dt
import gzip
import itertools
import os
import tracemalloc
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from qinzheng.exchange import reading

XES = '<?xml version="1.0"?><log><trace><string key="concept:name" value="c"/>{}</trace></log>'


def rows(path, format, columns=None, progress=None):
    with reading.open_log(path, format=format, columns=columns, progress=progress) as log:
        found = [
            dict(zip(b.columns, row, strict=True))
            for b in log
            for row in zip(*b.columns.values(), strict=True)
        ]
    return found, log


BAD = [
    ("xes", b"", "no element found"),
    ("xes", b"<html></html>", "not a XES log"),
    ("xes", b"a,b\n1,2\n", "the mapping says xes"),
    ("csv", b"<log></log>", "the file is XML/XES"),
    ("csv", b"PK\x03\x04rest", "the file is Excel"),
    ("xes", b"<log><trace>", "cut short"),
    ("xes", b'<!DOCTYPE l [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><log>&b;</log>', "entities"),
    ("xes", b'<!DOCTYPE l [<!ENTITY x SYSTEM "file:///etc/passwd">]><log>&x;</log>', "entities"),
    ("xes", b"<log>" + b"<list>" * 100, "nested too deeply"),
    ("xes", XES.format('<string key="k" value="' + "x" * 1_000_001 + '"/>').encode(), "too long"),
    ("xes", b"<log><trace></log>", "not valid XML"),
    ("xes", b"\x1f\x8bnot really gzip", "damaged"),
    ("csv", b"", "empty"),
    ("csv", b"a,a\n1,2\n", "twice"),
    ("csv", b"a\n1\n", "columns are missing: b"),
    ("csv", b"a;b\n1;2\n", "there are a;b. Check the mapping, the header and the delimiter"),
    ("csv", "a,b\n1,2\n".encode("utf-16-le"), "NUL"),
    ("csv", b"a,b\n1,\x00\n", "NUL"),
    ("csv", b"a,b\n1,\xff\xff\n", "UTF-8"),
    ("csv", b"a,b\n1,2\n" * 60_000 + b"1,\xc4\xe3\n", "is not UTF-8"),
    ("csv", b'a,b\n1,2\n1,"2" 3\n', "line 3"),
    ("csv", b'a,b\n1,"' + b"x" * 5_000_000 + b'"\n', "too long"),
    ("parquet", b"PAR1 and no more", "Parquet"),
]


@pytest.mark.parametrize(("format", "content", "said"), BAD)
def test_a_bad_file_is_refused_in_two_languages(tmp_path, format, content, said):
    path = tmp_path / "log"
    path.write_bytes(content)
    with pytest.raises(reading.Refused) as refused:
        rows(path, format, None if format == "xes" else {"a", "b"})
    assert said in str(refused.value)
    assert refused.value.zh
    assert refused.value.en


def test_there_must_be_a_file(tmp_path):
    with pytest.raises(reading.Refused, match="no such file"):
        rows(tmp_path / "none", "csv")
    with pytest.raises(reading.Refused, match="is a folder"):
        rows(tmp_path, "csv")
    with pytest.raises(reading.Refused, match="no such file"):
        rows(Path("/dev/zero"), "csv")


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is unreadable for root")
def test_a_file_without_permission_is_refused(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    path.chmod(0)
    with pytest.raises(reading.Refused, match="permissions"):
        rows(path, "csv")


@pytest.mark.parametrize("format", ["csv", "xes"])
def test_a_gzip_bomb_is_stopped_early_and_in_little_memory(tmp_path, format):
    path = tmp_path / "log.gz"
    with gzip.open(path, "wb", compresslevel=9) as file:
        file.write(b"<log>" if format == "xes" else b"a,b\n")
        filler = b" " * 999_999 + b"\n"
        for _ in range(400):
            file.write(filler)
    assert path.stat().st_size < 1_000_000
    tracemalloc.start()
    with pytest.raises(reading.Refused, match="gzip bomb"):
        rows(path, format)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 300 << 20


def test_a_gzip_that_is_cut_short_is_refused(tmp_path):
    path = tmp_path / "log.csv.gz"
    path.write_bytes(gzip.compress(b"a,b\n" + b"1,2\n" * 50_000)[:-200])
    with pytest.raises(reading.Refused, match="cut short"):
        rows(path, "csv")


def test_a_row_of_another_width_is_counted_and_the_rest_goes_on(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("a,b\n1,2\n3\n4,5,6\n7,8\n", encoding="utf-8")
    found, log = rows(path, "csv")
    assert found == [{"a": "1", "b": "2"}, {"a": "7", "b": "8"}]
    assert [fault.place for fault in log.faults] == [(3, 3), (4, 4)]
    assert log.reasons.total() == 2


def test_chinese_encodings_are_read(tmp_path):
    for name, encoding in (("u", "utf-8"), ("m", "utf-8-sig"), ("g", "gb18030")):
        path = tmp_path / name
        path.write_bytes("甲,乙\n一,二\n".encode(encoding))
        assert rows(path, "csv")[0] == [{"甲": "一", "乙": "二"}]


def test_quoted_line_breaks_belong_to_the_field(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text('a,b\n1,"two\nlines"\n', encoding="utf-8")
    assert rows(path, "csv")[0] == [{"a": "1", "b": "two\nlines"}]


def test_progress_reaches_the_whole(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("a,b\n" + "1,2\n" * 200_000, encoding="utf-8")
    told: list[tuple[int, int]] = []
    found, _ = rows(path, "csv", {"a"}, lambda done, total: told.append((done, total)))
    assert len(found) == 200_000
    assert told[-1] == (path.stat().st_size,) * 2
    assert all(a <= b for (a, _), (b, _) in itertools.pairwise(told))


def places(path, format):
    with reading.open_log(path, format=format) as log:
        return [place for batch in log for place in batch.places], log


def test_rows_keep_their_true_place_after_faulty_and_long_ones(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text('a,b\n1,2\n3\n"4\n4","5\n\n5"\n\n6,7\n8,9,10\n11,12\n', encoding="utf-8")
    found, log = places(path, "csv")
    assert found == [(2, 2), (4, 4), (6, 9), (8, 11)]
    assert [fault.place for fault in log.faults] == [(3, 3), (7, 10)]


def test_places_stay_true_over_many_batches(tmp_path):
    size = reading.BATCH * 2 + 7
    path = tmp_path / "log.csv"
    path.write_text(
        "a,b\n" + "".join("x\n" if n % 3 == 0 else f"{n},y\n" for n in range(2, size)), encoding="utf-8"
    )
    with reading.open_log(path, format="csv") as log:
        for batch in log:
            assert [str(row) for row, _ in batch.places] == batch.columns["a"]
            assert all(row == line for row, line in batch.places)
    assert log.faults[0].place == (3, 3)
    assert log.reasons.total() == len(range(3, size, 3))


def test_an_event_of_xes_knows_its_line(tmp_path):
    path = tmp_path / "log.xes"
    event = '<event><string key="k" value="v"/></event>\n'
    path.write_text(
        f"<log>\n<trace>\n{event}\n{event}</trace>\n<trace>{event}</trace></log>", encoding="utf-8"
    )
    assert places(path, "xes")[0] == [(1, 3), (2, 5), (3, 7)]


def test_old_line_ends_and_other_delimiters_are_read(tmp_path):
    path = tmp_path / "log.csv"
    for ending in ("\r", "\r\n", "\n"):
        path.write_bytes(f"a,b{ending}1,2{ending}3,4{ending}".encode())
        assert rows(path, "csv")[0] == [{"a": "1", "b": "2"}, {"a": "3", "b": "4"}]
    path.write_text("a;b\n1;2,5\n", encoding="utf-16")
    for encoding in (None, "utf-16"):
        with reading.open_log(path, format="csv", delimiter=";", encoding=encoding) as log:
            assert [batch.columns for batch in log] == [{"a": ["1"], "b": ["2,5"]}]


# -- Parquet ------------------------------------------------------------------------------------------


def parquet(path, **columns):
    pq.write_table(pa.table(columns), path)
    return path


def test_parquet_values_become_the_text_a_person_would_write(tmp_path):
    stamp = dt.datetime(2020, 1, 2, 3, 4, 5, 6, tzinfo=dt.UTC)
    found, _ = rows(
        parquet(
            tmp_path / "log",
            a=pa.array([1.0, None, 2.5]),
            b=pa.array([stamp, None, stamp], pa.timestamp("us", "UTC")),
            c=pa.array([1577934245000006001, None, 0], pa.timestamp("ns")),
            d=pa.array(["x", None, "x"]).dictionary_encode(),
        ),
        "parquet",
    )
    moment = "2020-01-02T03:04:05.000006"
    assert found == [
        {"a": "1", "b": moment + "+00:00", "c": moment, "d": "x"},
        {"a": None, "b": None, "c": None, "d": None},
        {"a": "2.5", "b": moment + "+00:00", "c": "1970-01-01T00:00:00", "d": "x"},
    ]


@pytest.mark.parametrize("values", [[{"k": 1}], [["x"]], [b"x"]])
def test_nested_and_binary_columns_are_refused_by_name(tmp_path, values):
    path = parquet(tmp_path / "log", a=values, b=["x"])
    with pytest.raises(reading.Refused, match="column a.*cannot be read"):
        rows(path, "parquet", {"a", "b"})
    assert rows(path, "parquet", {"b"})[0] == [{"b": "x"}]


def test_a_damaged_page_is_refused(tmp_path):
    path = parquet(tmp_path / "log", a=[str(n) for n in range(2_000)])
    content = bytearray(path.read_bytes())
    content[30:400] = b"\xff" * 370
    path.write_bytes(content)
    with pytest.raises(reading.Refused, match="export it again"):
        rows(path, "parquet")


def test_a_parquet_bomb_is_stopped_and_a_shared_text_costs_little(tmp_path):
    size = 8_000_000
    path = parquet(tmp_path / "rows", a=pa.repeat(pa.scalar("x"), size).dictionary_encode())
    assert size > path.stat().st_size * reading.DENSEST + reading.FEW
    with pytest.raises(reading.Refused, match="taken for a bomb"):
        rows(path, "parquet")
    codes = pa.repeat(pa.scalar(0, pa.int32()), 60_000)
    path = parquet(tmp_path / "texts", a=pa.DictionaryArray.from_arrays(codes, ["x" * 3_000_000]))
    with reading.open_log(path, format="parquet") as log:
        assert len({id(value) for batch in log for value in batch.columns["a"]}) <= 3
    path = parquet(tmp_path / "text", a=["x" * (reading.LONGEST + 1)])
    with pytest.raises(reading.Refused, match="too long"):
        rows(path, "parquet")
