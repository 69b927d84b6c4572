"""Packets that show every change, columns in the form agreed, and reports that are refused at the door."""

from __future__ import annotations

import base64
import datetime as dt
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from qinzheng.exchange.upward import facts, packets, records, schema
from qinzheng.exchange.upward.packets import BadPacket, Manifest
from qinzheng.exchange.upward.schema import Column, Upward, check_upward
from qinzheng.ledger import crypto
from tests.library import library

SIGNER = crypto.Ed25519Signer("city/upward", b"\1" * 32)
SM2 = crypto.Sm2Signer("city/sm2", b"\1" * 32)
SUITES: dict[str, crypto.Signer] = {"sha256": SIGNER, "sm3": SM2}


def packet(hash: str = "sha256", personal: bool = True) -> bytes:
    """Two records, and what is personal of one."""
    signer = SUITES[hash]
    lines = [
        packets.line({"record": id, "version": 1, "void": False, "columns": {"编号": id}})
        for id in ("甲", "乙")
    ]
    manifest = Manifest(
        "r", "e", "d", "p", 1, "", hash, 2, packets.digest(hash, lines), "2026-03-02T09:00:00+08:00"
    )
    told = [packets.line({"record": "甲", "version": 1, "columns": {"姓名": "张三"}})] if personal else []
    return packets.with_personal(packets.whole(manifest, signer, lines), manifest, signer, told)


@pytest.mark.parametrize("hash", ["sha256", "sm3"])
def test_a_packet_is_read_back_whole(hash: str) -> None:
    opened = packets.read(packet(hash), crypto.key_of(SUITES[hash]))
    assert [each["columns"] for each in opened.records] == [{"编号": "甲"}, {"编号": "乙"}]
    assert opened.personal == {("甲", 1): {"姓名": "张三"}}
    assert packets.read(packet(hash, personal=False), crypto.key_of(SUITES[hash])).personal == {}


@given(place=st.integers(0, len(packet()) - 1), bit=st.integers(0, 7))
def test_no_bit_of_a_packet_can_be_changed(place: int, bit: int) -> None:
    raw = bytearray(packet())
    raw[place] ^= 1 << bit
    with pytest.raises(BadPacket):
        packets.read(bytes(raw), crypto.key_of(SIGNER))


@given(cut=st.integers(0, len(packet()) - 1))
def test_no_packet_may_be_cut_short(cut: int) -> None:
    """Only the whole personal part may be missing: it goes with the packet, it is none of the chain."""
    whole = packet(personal=False)
    raw = packet()[:cut]
    if raw == whole:
        assert packets.read(raw, crypto.key_of(SIGNER)).personal == {}
        return
    with pytest.raises(BadPacket):
        packets.read(raw, crypto.key_of(SIGNER))


def test_records_and_personal_parts_of_two_packets_cannot_be_exchanged() -> None:
    lines = packet().split(b"\n")
    other = Manifest("r", "e", "d", "q", 2, "x", "sha256", 2, packets.digest("sha256", lines[2:4]), "t")
    mixed = b"\n".join([packets.whole(other, SIGNER, lines[2:4]).rstrip(b"\n"), *lines[4:]])
    with pytest.raises(BadPacket, match="another packet"):
        packets.read(mixed, crypto.key_of(SIGNER))
    with pytest.raises(BadPacket, match="signature"):
        packets.read(packet(), crypto.VerifierKey("city/upward", "ed25519", b"\2" * 32))


def test_an_answer_is_verified_by_the_key_that_it_names() -> None:
    line, signature, _ = packets.answer(SIGNER, "p", "d", "acknowledged").split(b"\n")
    assert packets.verified(crypto.key_of(SIGNER), line, json.loads(signature))
    assert not packets.verified(crypto.key_of(SIGNER), line + b" ", json.loads(signature))
    assert not packets.verified(crypto.key_of(SM2), line, json.loads(signature))
    for broken in ({}, {"key": 1, "signature": "?"}, {"signature": base64.b64encode(b"x").decode()}):
        assert not packets.verified(crypto.key_of(SIGNER), line, broken)


# -- columns --------------------------------------------------------------------------------------------


def column(**more: Any) -> Column:
    return Column.model_validate({"from": "case.title", **more})


NIGHT = dt.datetime(2026, 3, 2, 16, 30, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("made", "value", "told"),
    [
        (column(), "登记", ("登记", "")), (column(), None, (None, "")), (column(required=True), "", (None, "required")),
        (column(longest=2), "登记", ("登记", "")), (column(longest=1), "登记", ("登记", "too_long")),
        (column(pattern="[0-9]+"), "12", ("12", "")), (column(pattern="[0-9]+"), "1x", ("1x", "format")),
        (column(**{"as": "number"}), 3, (3, "")), (column(**{"as": "day"}), NIGHT, ("2026-03-03", "")),
        (column(**{"as": "instant"}), NIGHT, ("2026-03-03T00:30:00+08:00", "")),
        (column(**{"as": "instant", "form": "%Y%m%d%H%M"}), NIGHT, ("202603030030", "")),
        (column(**{"as": "code", "codes": {"a": "1"}}), "a", ("1", "")),
        (column(**{"as": "code", "codes": {"a": "1"}}), "b", (None, "no_code")),
        (column(**{"as": "code", "codes": {"a": "1"}, "otherwise": "9"}), "b", ("9", "")),
        (column(**{"as": "code", "codes": {"a": "1"}, "otherwise": "9", "required": True}), None, ("9", "")),
        (column(**{"as": "code", "codes": {"true": "1", "false": "0"}}), False, ("0", "")),
    ],
)  # fmt: skip
def test_a_value_takes_the_agreed_form_or_says_what_is_wrong(
    made: Column, value: Any, told: tuple[Any, str]
) -> None:
    assert records.formed(made, value) == told
    assert not told[1] or told[1] in records.OURS


def test_every_fact_of_the_vocabulary_has_its_function() -> None:
    named = {word for part in (schema.OfCase, schema.OfAct, schema.OfPause) for word in part.__args__}  # type: ignore[attr-defined]
    assert named - {"party.field"} == set(facts.VALUES)


# -- definitions ----------------------------------------------------------------------------------------

SAMPLE = next(each for each in library().all("upward") if isinstance(each, Upward))


def changed(**more: Any) -> Upward:
    told = {**SAMPLE.model_dump(by_alias=True), **more}
    return Upward.model_validate(told)


def dataset(**columns: Any) -> dict[str, Any]:
    return {"x": {"name": {"zh": "某", "en": "x"}, "columns": columns}}


def complaints(upward: Upward) -> str:
    return " ".join(each.en for each in check_upward(upward, library()))


def test_the_sample_holds() -> None:
    assert complaints(SAMPLE) == ""
    assert SAMPLE.basis == "ours"
    assert not SAMPLE.opened()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"procedures": ["no.such"]}, "no procedure no.such"),
        ({"datasets": dataset(甲={"from": "clock.due_at", "clock": ["no-such"]})}, "has the clock no-such"),
        ({"datasets": dataset(甲={"from": "case.outside_number", "field": "x"})}, "knows outside numbers x"),
        ({"datasets": dataset(甲={"from": "party.field", "field": "name", "masked": False})}, "need personal"),
        ({"personal": {"purpose": "handling", "source": ["ours-upward/fields"]}}, "only they do"),
        ({"personal": {"purpose": "curiosity", "source": ["ours-upward/fields"]}}, "no such purpose"),
        ({"id": "x" * 61}, "60 characters"),
        ({"datasets": {"x": {**dataset(甲={"from": "case.number"})["x"], "after": ["no_such"]}}}, "the act no_such"),
        ({"datasets": {"x": {**dataset(甲={"from": "act.field", "field": "reasons"})["x"], "row": "act"}}}, "sealed text"),
        ({"datasets": {"x": {**dataset(甲={"from": "act.field", "field": "nothing"})["x"], "row": "act"}}}, "has nothing"),
    ],
)  # fmt: skip
def test_what_cannot_be_drawn_is_refused_at_publication(more: dict[str, Any], said: str) -> None:
    assert said in complaints(changed(**more))


@pytest.mark.parametrize(
    "more",
    [
        {"甲": {"from": "act.at"}}, {"甲": {"from": "pause.began_at"}}, {"record": {"from": "case.number"}},
        {"甲": {"from": "case.number", "clock": ["decision"]}}, {"甲": {"from": "clock.due_at"}},
        {"甲": {"from": "case.number", "as": "code"}}, {"甲": {"from": "case.number", "codes": {"a": "b"}}},
        {"甲": {"from": "party.field", "field": "shoe_size"}}, {"甲": {"from": "case.number", "pattern": "("}},
        {"甲": {"from": "case.salary"}}, {"a b": {"from": "case.number"}}, {"甲": {"from": "constant"}},
    ],
)  # fmt: skip
def test_a_column_that_asks_for_nonsense_has_no_shape(more: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        changed(datasets=dataset(**more))
