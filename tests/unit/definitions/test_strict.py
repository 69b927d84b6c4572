"""Strict YAML: a hostile corpus, each case with the line and the key that the error must name."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qinzheng.definitions import strict

REFUSED = [
    # name, bytes, line, key path
    ("duplicate key", b"a: 1\nb: 2\na: 3\n", 3, ("a",)),
    ("duplicate key, nested", b"a:\n  b: 1\n  b: 2\n", 3, ("a", "b")),
    ("duplicate key, quoted once", b"a: 1\n'a': 2\n", 2, ("a",)),
    ("duplicate key in flow", b"x: {a: 1, a: 2}\n", 1, ("x", "a")),
    ("duplicate in a list's item", b"x:\n  - a: 1\n    a: 2\n", 3, ("x", 0, "a")),
    ("anchor never used", b"a: &x 1\n", 1, ("a",)),
    ("anchor and alias", b"a: &x [1]\nb: *x\n", 1, ("a",)),
    ("alias without anchor", b"b: 1\na: *x\n", 2, None),
    ("anchor on a mapping", b"a:\n  b: &x {c: 1}\n", 2, ("a", "b")),
    ("anchor on a key", b"&x a: 1\n", 1, ("a",)),
    ("merge key", b"a:\n  <<: {b: 1}\n", 2, ("a", "<<")),
    ("python tag", b"a: !!python/object/apply:os.system ['true']\n", 1, ("a",)),
    ("own tag", b"a: 1\nb: !secret x\n", 2, ("b",)),
    ("standard tag", b"a: !!str 1\n", 1, ("a",)),
    ("non-specific tag", b"a: ! x\n", 1, ("a",)),
    ("tag on a key", b"!!str a: 1\n", 1, ("a",)),
    ("set", b"a: !!set {x, y}\n", 1, ("a",)),
    ("yaml directive", b"%YAML 1.1\n---\na: 1\n", None, ()),
    ("tag directive", b"%TAG ! tag:example.org,2000:\n---\na: 1\n", None, ()),
    ("list as key", b"? [a]\n: 1\n", 1, ()),
    ("mapping as key", b"x:\n  ? {a: 1}\n  : 1\n", 2, ("x",)),
    ("empty key", b"a: 1\n: 2\n", 2, ()),
    ("tab as indent", b"a:\n\tb: 1\n", 2, ()),
    ("tab in a value", b"a: 1\nb: x\ty\n", 2, ()),
    ("raw NUL", b"a: 1\nb: x\x00y\n", 2, ()),
    ("escaped NUL", b'a: 1\nb: "x\\0y"\n', 2, ("b",)),
    ("half a character", b'a: "\\ud800"\n', 1, None),
    ("control character", b"a: 1\nb: \x1b[31m\n", 2, ()),
    ("lone carriage return", b"a: 1\rb: 2\n", 1, ()),
    ("unicode line separator", "a: 1\nb: x\u2028y\n".encode(), 2, ()),
    ("text turned around", "a: 1\nb: x\u202ey\n".encode(), 2, ()),
    ("zero width in a key", "so\u200burce: 1\n".encode(), 1, ()),
    ("byte order mark inside", "a: 1\nb: \ufeffx\n".encode(), 2, ()),
    ("GB 18030", "a: 1\nb: 勤政\n".encode("gb18030"), 2, ()),
    ("UTF-16", "a: 1\n".encode("utf-16"), 1, ()),
    ("no such day", b"a: 1\nb:\n  c: 2026-02-30\n", 3, ("b", "c")),
    ("thirteenth month", b"a: [2026-13-01]\n", 1, ("a", 0)),
    ("open bracket", b"a: 1\nb: [1, 2\n", 3, ()),
    ("bad indent", b"a:\n  b: 1\n c: 2\n", 3, ()),
    ("colon in plain text", b"a: b: c\n", 1, ()),
    ("open quote", b"a: 'x\nb: 1\n", None, ()),
    ("deep lists", b"a: " + b"[" * 100_000 + b"\n", 1, None),
    ("deep mappings", b"a: " + b"{a: " * 50_000 + b"\n", 1, None),
    ("too large", b"# " + b"x" * strict.LARGEST, 1, ()),
    ("two documents, no separator", b"a: 1\n...\nb: 2\n", None, ()),
    ("in the second document", b"a: 1\n---\nb: 1\nb: 2\n", 4, ("b",)),
    ("in the third, after comments", b"# x\n--- # y\na: 1\n---\n---\nb: *q\n", 6, None),
]


@pytest.mark.parametrize(
    ("raw", "line", "path"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED]
)
def test_hostile_text_is_refused_by_line_and_key(raw, line, path) -> None:
    with pytest.raises(strict.Unreadable) as refused:
        strict.documents(raw)
    if line is not None:
        assert refused.value.line == line
    if path is not None:
        assert refused.value.path == path
    assert refused.value.zh
    assert refused.value.en


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("yes", "yes"), ("no", "no"), ("on", "on"), ("off", "off"), ("True", "True"), ("NULL", "NULL"),
        ("true", True), ("false", False), ("null", None), ("~", None), ("", None),
        ("13:30", "13:30"), ("012", "012"), ("0x1f", "0x1f"), ("0o17", "0o17"), ("1_000", "1_000"),
        ("1.5", "1.5"), ("1e3", "1e3"), (".inf", ".inf"), ("42", 42), ("-7", -7), ("0", 0),
        ("2026-10-10", dt.date(2026, 10, 10)), ("'2026-10-10'", "2026-10-10"), ("2026-1-1", "2026-1-1"),
        ("2026-10-10T08:00:00", "2026-10-10T08:00:00"), ("20261010", 20261010), ("'42'", "42"), ("=", "="),
        ("９", "９"), ("9999999999999999999", "9999999999999999999"),
    ],
)  # fmt: skip
def test_what_merely_looks_like_something_stays_text(written: str, read: object) -> None:
    value = strict.documents(f"a: {written}\n".encode())[0].value["a"]
    assert value == read
    assert type(value) is type(read)


def test_every_key_knows_its_line() -> None:
    (document,) = strict.documents(b"# head\na:\n  - b: 1\n    c:\n      d: 2\n")
    assert document.line(("a", 0, "c", "d")) == 5
    assert document.line(("a", 0, "c", "missing")) == 4
    assert document.line(("nowhere",)) == 2


def test_a_byte_order_mark_at_the_start_and_windows_line_ends_are_read() -> None:
    (document,) = strict.documents("\ufeffa: 1\r\nb: 勤\r\n".encode())
    assert document.value == {"a": 1, "b": "勤"}


def test_nothing_gives_no_document() -> None:
    assert strict.documents(b"") == []
    assert strict.documents(b"# only a comment\n---\n") == []


BODY = st.sampled_from(["a: 1\n", "b: {c: x}\n", "# c\n", "t: |\n  x\n  --- y\n", "", "k: [1, 2]\r\n"])


@given(st.lists(BODY, max_size=6), st.booleans())
def test_documents_put_together_are_the_file_and_each_reads_alone(bodies: list[str], leading: bool) -> None:
    raw = (("---\n" if leading else "") + "---\n".join(bodies)).encode()
    found = strict.documents(raw)
    assert len(found) == sum(not (body.startswith("#") or body == "") for body in bodies)
    if found:
        assert b"".join(document.text for document in found) == raw
    for document in found:
        (alone,) = strict.documents(document.text)
        assert (alone.value, alone.text) == (document.value, document.text)


@given(st.binary(max_size=60) | st.text(alphabet="a:-[]{}&*!%'\"\n #,?|>0", max_size=60).map(str.encode))
def test_any_bytes_are_read_or_refused_with_a_line_of_the_file(raw: bytes) -> None:
    line = 1
    try:
        strict.documents(raw)
    except strict.Unreadable as refused:
        line = refused.line
    assert 1 <= line <= raw.count(b"\n") + 2
