"""Reporting upward: a province's spreadsheet collected and reported on; what is drawn, held back, mended, and what is personal."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from qinzheng.cases import actions as cases
from qinzheng.cases import sealing
from qinzheng.cases.engine import Who
from qinzheng.exchange.collecting.runs import collect
from qinzheng.exchange.upward import packets, repairing, sending
from qinzheng.exchange.upward.models import Answer, Entry, Packet, Record
from qinzheng.ledger import crypto, projections, queries
from qinzheng.parties import actions as parties
from qinzheng.parties import keys, rights
from qinzheng.parties import queries as party_queries
from tests.flows import provinces, reports
from tests.flows.province import ROWS, Province
from tests.flows.reports import HANDLER, REPORT, agreed, build, everybody, opened, send, sound, types
from tests.flows.test_redetermined import publish

pytestmark = pytest.mark.django_db(transaction=True)
EXCHANGE = ("exchange_packet", "exchange_record", "exchange_entry", "exchange_answer", "exchange_touched")


@pytest.fixture
def province(published: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Province]:
    reports.city(tmp_path, monkeypatch)
    with reports.receiving(monkeypatch) as doors:
        yield doors.province


def columns(dataset: str, province: Province) -> list[dict[str, Any]]:
    """The columns of a data set as the province holds them."""
    found = Record.objects.filter(report=REPORT, dataset=dataset).order_by("pk")
    return [province.held[each.pk]["columns"] for each in found if each.pk in province.held]


def test_a_provinces_spreadsheet_is_collected_and_reported_upward(province: Province, tmp_path: Path) -> None:
    place = provinces.sheet(tmp_path / "导出.xlsx", provinces.export(reports.item()))
    collect(provinces.NAME, place, provinces.BY)
    assert {each.dataset for each in build()} == {"application", "acceptance", "step", "completion"}
    send(province)
    assert {each["省平台编号"] for each in columns("application", province)} == {"P1", "P2", "P3", "P4"}
    assert {each["承办单位名称"] for each in columns("application", province)} == {provinces.UNIT}
    assert len(columns("step", province)) == 9
    ended = sorted((each["办结结果"], each["是否按期"]) for each in columns("completion", province))
    assert ended == [("1", "0"), ("1", "1")]
    assert all("张三" not in raw.decode() for raw in province.bodies)
    collect(provinces.NAME, place, provinces.BY)
    assert build() == []
    rows = [*provinces.export(reports.item())[:3], provinces.row("P4", reports.item(), 1, 0.5)]
    collect(provinces.NAME, provinces.sheet(tmp_path / "导出.xlsx", rows), provinces.BY)
    assert {each.dataset for each in build()} == {"acceptance", "step"}
    send(province)
    agreed(province)
    sound(province)


def test_what_is_so_no_longer_is_made_void(province: Province) -> None:
    agent, water = Who("p-00000000000c", "housing", "clerk"), Who("p-00000000000d", "water", "handler")
    case = cases.open_case("hotline.work-order", "call", agent, {}).case
    for act, who, form in (
        ("dispatch", agent, {"next": "water"}), ("sign", water, {}), ("reply", water, {}), ("review", agent, {}),
        ("call_back", agent, {"satisfied": True}),
    ):  # fmt: skip
        cases.perform(case, act, who, form)
    build()
    send(province)
    assert [each["是否满意"] for each in columns("evaluation", province)] == ["1"]
    completed = Record.objects.get(dataset="completion")
    cases.perform(case, "reopen", agent, {"reasons": "仍未解决"})
    build()
    send(province)
    completed.refresh_from_db()
    assert (completed.version, completed.void, completed.state) == (2, True, "acknowledged")
    assert province.held[completed.pk]["void"]
    cases.perform(case, "reply", water, {})
    cases.perform(case, "review", agent, {})
    cases.perform(case, "call_back", agent, {"satisfied": False})
    build()
    send(province)
    completed.refresh_from_db()
    assert (completed.version, completed.void) == (3, False)
    agreed(province)
    sound(province)


def test_a_sealed_case_is_reported_to_nobody(province: Province) -> None:
    opened(concerns=["water"])
    assert build() == []
    assert not Record.objects.exists()


def test_of_a_case_that_is_sealed_later_nothing_more_is_told_until_it_is_no_more(province: Province) -> None:
    case = opened()
    build()
    send(province)
    sealing.conceal(case, ["water"], HANDLER, "试")
    cases.perform(case, "accept", HANDLER, {})
    assert build() == []
    agreed(province)
    sealing.conceal(case, [], HANDLER, "试")
    assert {each.dataset for each in build()} == {"acceptance", "step"}
    send(province)
    agreed(province)
    sound(province)


def test_what_the_source_corrects_is_the_next_version_of_the_same_record(
    province: Province, tmp_path: Path
) -> None:
    rows = [provinces.row("P4", reports.item(), 30, 29)]
    collect(provinces.NAME, provinces.sheet(tmp_path / "导出.xlsx", rows), provinces.BY)
    build()
    send(province)
    (before,) = columns("acceptance", province)
    rows = [provinces.row("P4", reports.item(), 30, 25)]
    collect(provinces.NAME, provinces.sheet(tmp_path / "导出.xlsx", rows), provinces.BY)
    build()
    send(province)
    (after,) = columns("acceptance", province)
    assert before["受理时间"] < after["受理时间"]
    versions = dict(Record.objects.order_by("version").values_list("dataset", "version"))
    assert versions == {"application": 1, "acceptance": 2, "step": 2}
    assert Record.objects.count() == 4
    agreed(province)
    sound(province)


# -- held back, rejected, mended ------------------------------------------------------------------------


def test_what_lacks_a_required_column_is_held_back_and_goes_once_it_is_there(province: Province) -> None:
    publish(
        "upward",
        REPORT,
        (
            "申请人类型: {from: party.kind",
            "承诺: {from: clock.promised_at, clock: [handling], as: day, required: true}\n      申请人类型: {from: party.kind",
        ),
    )
    case = opened()
    assert {each.dataset for each in build()} == {"step"}
    (fault,) = repairing.worklist()
    assert (fault.case, fault.unit, fault.state, fault.code, fault.column) == (
        case,
        "housing",
        "held",
        "required",
        "承诺",
    )
    assert "必填" in fault.why.zh
    assert "required" in fault.why.en
    assert build() == []
    cases.perform(case, "accept", HANDLER, {})
    build()
    send(province)
    assert repairing.worklist() == []
    told = [event.type for event in queries.history(f"upward:{REPORT}")]
    assert told == ["exchange.records_held", "exchange.records_repaired"]
    agreed(province)
    sound(province)


def test_a_rejected_record_stands_in_the_worklist_until_its_case_was_mended(province: Province) -> None:
    case = opened()
    packet = next(each for each in build() if each.dataset == "application")
    province.plan.append(ROWS)
    send(province)
    (fault,) = repairing.worklist(words=everybody)
    assert (fault.state, fault.code, fault.column, fault.said) == (
        "rejected",
        "missing",
        "办件编号",
        "张三丰的编号为空",
    )
    assert (fault.why.zh, fault.why.en) == ("必填项为空", "a required column is empty")
    assert types(packet) == ["built", "sent", "rejected"]
    cases.perform(case, "accept", HANDLER, {})  # the application's own columns are as they were
    assert {each.dataset for each in build()} == {"acceptance", "step"}
    assert repairing.repair(reports.upward(), [], "p-00000000000e") == 1
    (again,) = build()
    assert (again.dataset, again.sequence, again.previous) == ("application", 2, packet.digest)
    send(province)
    assert repairing.worklist() == []
    assert repairing.repair(reports.upward(), [], "p-00000000000e") == 0
    agreed(province)
    sound(province)


def test_nothing_personal_stands_in_the_ledger_or_unsealed_in_the_tables(province: Province) -> None:
    party = parties.register("citizen", {"name": "慕容试金"}, by="x").pk
    opened(parties={"applicant": party})
    build()
    province.plan.append(ROWS)
    send(province)
    secrets = ("慕容", "张三丰")
    patterns = [f"%{form}%" for word in secrets for form in (word, word.encode().hex())]
    with connection.cursor() as cursor:
        for table in ("ledger_event", *EXCHANGE):
            cursor.execute(f"SELECT count(*) FROM {table} t WHERE t::text LIKE ANY (%s)", [patterns])
            assert cursor.fetchone()[0] == 0, table
        # Neither is what is reported, though it names nobody: a packet rests sealed.
        cursor.execute(
            "SELECT count(*) FROM exchange_packet t WHERE t::text LIKE %s", [f"%{'办件编号'.encode().hex()}%"]
        )
        assert cursor.fetchone()[0] == 0


# -- what is personal -----------------------------------------------------------------------------------

PERSONAL = (
    ("packet: {at_most", "personal: {purpose: handling, source: [ours-upward/fields]}\npacket: {at_most"),
    ("申请人类型: {from: party.kind", "申请人: {from: party.field, field: name, masked: false}\n      申请人掩码: {from: party.field, field: name}\n      申请人类型: {from: party.kind"),
)  # fmt: skip


def test_personal_columns_are_opened_when_the_packet_goes_and_the_ledger_says_so(province: Province) -> None:
    publish("upward", REPORT, *PERSONAL)
    party = parties.register("citizen", {"name": "慕容试金"}, by="x").pk
    opened(parties={"applicant": party})
    packet = next(each for each in build() if each.dataset == "application")
    assert party_queries.readings(party) == []
    assert "慕容" not in sending.plain(packet).decode()
    send(province)
    (told,) = columns("application", province)
    assert (told["申请人"], told["申请人类型"]) == ("慕容试金", "1")
    assert told["申请人掩码"].startswith("慕")
    assert "试金" not in told["申请人掩码"]
    assert [each["post"] for each in party_queries.readings(party)] == [f"upward:{REPORT}"]
    parties.change(party, {"name": "慕容更名"}, by="x")
    build()
    send(province)
    (told,) = columns("application", province)
    assert told["申请人"] == "慕容更名"
    rights.erase(party, "purpose_achieved", by="x")
    build()
    send(province)
    (told,) = columns("application", province)
    assert told["申请人"] is None
    agreed(province)
    sound(province)


# -- proof ----------------------------------------------------------------------------------------------


def test_a_row_edited_by_hand_is_found(province: Province) -> None:
    opened()
    build()
    send(province)
    assert list(projections.check()) == []
    Packet.objects.filter(dataset="step").update(state="sent")
    Entry.objects.filter(packet__dataset="application").update(outcome="rejected")
    Record.objects.filter(dataset="step").update(version=7)
    assert {each.table for each in projections.check()} == {
        "exchange_packet",
        "exchange_entry",
        "exchange_record",
    }


def test_packets_are_signed_in_the_suite_of_the_city(
    province: Province, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "CRYPTO", "gm")
    monkeypatch.setattr(settings, "UPWARD_KEY", str(tmp_path / "sm2.key"))
    crypto.create_key(tmp_path / "sm2.key", "city/sm2", "sm2")
    signer = crypto.read_key(tmp_path / "sm2.key")
    province.theirs = crypto.key_of(signer)
    opened()
    for packet in build():
        assert packets.read(sending.plain(packet), crypto.key_of(signer)).manifest.hash == "sm3"
    send(province)
    agreed(province)
    sound(province)


def test_packets_and_answers_still_open_after_the_master_key_was_changed(
    province: Province, tmp_path: Path
) -> None:
    opened()
    build()
    province.plan.append(ROWS)
    send(province)
    former = settings.MASTER_KEY
    assert {"exchange_packet", "exchange_answer"} <= set(keys.SEALED)
    try:
        new = base64.b64encode(b"another key of the tests, 32 byte"[:32]).decode()
        settings.MASTER_KEY = f"{new},{former}"
        keys.rotate("x")
        settings.MASTER_KEY = new
        assert all(sending.plain(packet) for packet in Packet.objects.all())
        assert repairing.worklist(words=everybody)[0].said == "张三丰的编号为空"
        assert Answer.objects.count() == 2
    finally:
        settings.MASTER_KEY = former
