"""What may stand in an event, and the one form in which it is hashed."""

import enum
import json
import re
import uuid

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qinzheng.ledger import envelope, verifier
from qinzheng.ledger.envelope import NewEvent, NotCanonical

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
KEYS = TEXT.filter(lambda key: key not in envelope.PERSONAL)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-envelope.LARGEST, envelope.LARGEST) | TEXT,
    lambda part: st.lists(part, max_size=4) | st.dictionaries(KEYS, part, max_size=4),
    max_leaves=12,
)


@settings(deadline=None)
@given(st.dictionaries(KEYS, VALUES, max_size=5))
def test_a_body_reads_back_as_it_was_and_the_verifier_calls_it_canonical(body):
    raw = envelope.canonical(body)
    assert json.loads(raw) == body
    assert envelope.canonical(json.loads(raw)) == raw
    assert verifier.canonical(raw) == raw


def test_keys_stand_in_the_order_of_rfc_8785():
    """The example of RFC 8785 section 3.2.3: by UTF-16 units, so a sign beyond the BMP comes before U+FB33."""
    keys = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\x80", "\u00f6"]
    raw = envelope.canonical(dict.fromkeys(keys, 0))
    assert list(json.loads(raw)) == ["\r", "1", "\x80", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]


def test_control_characters_are_written_as_rfc_8785_says():
    assert envelope.canonical({"a": '\x0f\n"\\\x7f/é'}) == '{"a":"\\u000f\\n\\"\\\\\x7f/é"}'.encode()


def test_text_is_not_normalised():
    """é in one sign and in two look alike and are two facts: the bytes are kept as they came."""
    assert envelope.canonical({"a": "\u00e9"}) != envelope.canonical({"a": "e\u0301"})
    assert set(json.loads(envelope.canonical({"\u00e9": 1, "e\u0301": 2}))) == {"\u00e9", "e\u0301"}


class Level(enum.IntEnum):
    RED = 3


def test_plain_values_of_any_type_give_the_same_bytes():
    assert envelope.canonical({"a": Level.RED, "b": (1, 2)}) == b'{"a":3,"b":[1,2]}'


def nested(depth):
    value: object = 1
    for _ in range(depth):
        value = [value]
    return {"a": value}


@pytest.mark.parametrize(("body", "said"), [
    ({"a": 1.5}, "whole numbers"), ({"a": float("nan")}, "whole numbers"), ({"a": float("inf")}, "whole numbers"),
    ({"a": 2**53}, "2^53"), ({"a": -(2**53)}, "2^53"), ({"a": 10**5000}, "2^53"), ({"a": b"x"}, "bytes"),
    ({"a": {1, 2}}, "set"), ({1: 2}, "key must be text"), ({"a\x00": 1}, "key must be text"), ({"a": "\x00"}, "NUL"),
    ({"a": "\ud83d"}, "half a character"), (nested(40), "nested"), (nested(100_000), "nested"),
    ({"a": "长" * 400_000}, "attachment"), ({"form": [{"phone": "1"}]}, "parties"),
])  # fmt: skip
def test_what_has_no_canonical_form_is_refused_with_its_place(body, said):
    with pytest.raises(NotCanonical, match=re.escape(said)):
        envelope.canonical(body)


@pytest.mark.parametrize(("change", "said"), [
    ({"subject": ""}, "subject: .* 1 to 80"), ({"subject": "x" * 81}, "subject"), ({"type": "a\x00"}, "type"),
    ({"actor": "\ud800"}, "actor"), ({"organization": "局" * 81}, "organization"), ({"procedure": "p" * 81}, "procedure"),
    ({"under": "\x00"}, "under"), ({"kind": "rumour"}, "kind is act"), ({"precision": "hour"}, "precision day"),
])  # fmt: skip
def test_a_field_that_cannot_be_stored_is_named(change, said):
    with pytest.raises(NotCanonical, match=said):
        envelope.check(NewEvent(**{"type": "t", "subject": "s", "body": {}, **change}))


def stored(**change):
    given = dict.fromkeys(envelope.LEAF_FIELDS, "") | {
        "id": str(uuid.UUID(int=1)), "subject": "s", "subject_seq": 1, "type": "t", "kind": "act", "occurred_at": None,
        "precision": "instant", "reported_at": None, "recorded_at": 5, "caused_by": None, "body": b'{"a":1}',
    }  # fmt: skip
    return given | change


@settings(deadline=None)
@given(st.sampled_from(envelope.LEAF_FIELDS), st.sampled_from(envelope.LEAF_FIELDS), TEXT)
def test_a_leaf_commits_to_every_field_and_where_it_ends(one, other, text):
    base = envelope.leaf(stored())
    new = text.encode() if one == "body" else text
    if new != stored()[one] and str(new) != str(stored()[one]):
        assert envelope.leaf(stored(**{one: new})) != base
    if one != other:
        assert envelope.leaf(stored(**{one: "a", other: "bc"})) != envelope.leaf(
            stored(**{one: "ab", other: "c"})
        )


def test_nothing_is_not_an_empty_text():
    assert envelope.leaf(stored(caused_by=None)) != envelope.leaf(stored(caused_by=""))


def test_ids_are_version_7_and_rise_with_time():
    first = [envelope.uuid7() for _ in range(200)]
    assert all(id.version == 7 and id.variant == uuid.RFC_4122 for id in first)
    assert len(set(first)) == 200
    assert [id.int >> 80 for id in first] == sorted(id.int >> 80 for id in first)
