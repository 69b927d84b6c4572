"""Hostile and broken files: a clear refusal in two languages, before much is read; a bad row never stops the rest."""

import gzip
import itertools
import tracemalloc

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
    ("xes", b"<log><trace>", "cut short"),
    ("xes", b'<!DOCTYPE l [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><log>&b;</log>', "entities"),
    ("xes", b'<!DOCTYPE l [<!ENTITY x SYSTEM "file:///etc/passwd">]><log>&x;</log>', "entities"),
    ("xes", b"<log>" + b"<list>" * 100, "nested too deeply"),
    ("xes", XES.format('<string key="k" value="' + "x" * 1_000_001 + '"/>').encode(), "too long"),
    ("xes", b"<log><trace></log>", "not valid XML"),
    ("xes", b"\x1f\x8bnot really gzip", "damaged"),
    ("csv", b"", "empty"),
    ("csv", b"a,a\n1,2\n", "twice"),
    ("csv", b"a\n1\n", "columns are missing: ['b']"),
    ("csv", "a,b\n1,2\n".encode("utf-16"), "NUL"),
    ("csv", b"a,b\n1,\x00\n", "NUL"),
    ("csv", b"a,b\n1,\xff\xff\n", "UTF-8"),
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
    assert [fault.row for fault in log.faults] == [2, 3]
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
