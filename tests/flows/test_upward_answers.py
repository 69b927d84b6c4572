"""What a receiver may do to us: refuse, lose, delay, double, contradict, forge, talk nonsense, or answer by files."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from django.db.models import Q

from qinzheng.cases import actions as cases
from qinzheng.exchange.choosing import Refusal
from qinzheng.exchange.upward import (
    answers,
    deployment,
    duty,
    figures,
    packets,
    reconciling,
    repairing,
    sending,
)
from qinzheng.exchange.upward.models import Answer, Record
from qinzheng.ledger import actions as ledger
from qinzheng.ledger import queries
from tests.flows.conftest import DatabaseClock
from tests.flows.province import (
    LATER,
    MISBEHAVIOURS,
    ROWS,
    WHOLE,
    Doors,
    Province,
)
from tests.flows.reports import (
    BY,
    HANDLER,
    REPORT,
    agreed,
    build,
    everybody,
    later,
    opened,
    send,
    sound,
    states,
    types,
    upward,
)
from tests.flows.test_redetermined import publish

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def province(doors: Doors) -> Province:
    return doors.province


def settled(clock: DatabaseClock, province: Province) -> None:
    """Time passes and what was rejected is mended, until nothing waits any more."""
    for _ in range(6):
        later(clock)
        repairing.repair(upward(), [], BY)
        build()
        send(province)
    assert states() == {"acknowledged": Record.objects.count()}
    agreed(province)
    sound(province)


@pytest.mark.parametrize("doing", MISBEHAVIOURS)
def test_whatever_the_receiver_does_each_record_is_acknowledged_in_the_end(
    clock: DatabaseClock, province: Province, doing: str
) -> None:
    opened()
    build()
    province.plan.extend([doing, doing, doing])
    send(province)
    settled(clock, province)


def test_a_packet_without_an_answer_is_lost_and_goes_again_as_it_was(
    clock: DatabaseClock, province: Province
) -> None:
    opened()
    packet = next(each for each in build() if each.dataset == "application")
    province.plan.extend([LATER, LATER])
    assert send(province) == 2
    assert send(province) == 0
    later(clock, 0.9)
    assert send(province) == 0
    later(clock, 0.2)
    assert send(province) == 2
    assert types(packet) == ["built", "sent", "lost", "sent", "acknowledged"]
    assert province.bodies[0] == province.bodies[2]
    assert {answers.take(upward(), each) for each in province.late} == {"doubled"}
    assert types(packet) == ["built", "sent", "lost", "sent", "acknowledged"]
    agreed(province)
    sound(province)


def test_answers_may_come_late_and_in_any_order(clock: DatabaseClock, province: Province) -> None:
    case = opened()
    build()
    province.plan.extend([LATER] * 5)
    send(province)
    cases.perform(case, "accept", HANDLER, {})
    build()
    send(province)
    assert states() == {"waiting": 4}
    for each in reversed(province.late):
        assert answers.take(upward(), each) == "taken"
    agreed(province)
    sound(province)


def test_a_late_answer_to_an_older_version_says_nothing_of_the_newer(
    clock: DatabaseClock, province: Province
) -> None:
    publish(
        "upward", REPORT, ("申请人类型: {", "状态: {from: case.state}\n      申请人类型: {")
    )  # changes with each act
    case = opened()
    build()
    province.plan.extend([LATER, LATER])
    send(province)
    cases.perform(case, "accept", HANDLER, {})
    build()
    record = Record.objects.get(dataset="application")
    assert (record.version, record.state) == (2, "waiting")
    assert [answers.take(upward(), each) for each in province.late] == ["taken", "taken"]
    record.refresh_from_db()
    assert (record.version, record.state) == (2, "waiting")
    assert list(record.entries.order_by("version").values_list("outcome", flat=True)) == [
        "acknowledged",
        "waiting",
    ]
    send(province)
    agreed(province)
    sound(province)


def test_a_second_word_on_an_older_version_contradicts_the_first(
    clock: DatabaseClock, province: Province
) -> None:
    opened()
    first = next(each for each in build() if each.dataset == "application")
    province.plan.append(ROWS)
    send(province)
    repairing.repair(upward(), [], BY)
    (second,) = build()
    record = Record.objects.get(dataset="application")
    assert (record.version, record.state) == (2, "waiting")
    stale = packets.answer(province.signer, first.pk, first.digest, "acknowledged")
    assert answers.take(upward(), stale) == "contradicts"
    record.refresh_from_db()
    assert record.state == "waiting"
    send(province)
    assert types(second) == ["built", "sent", "acknowledged"]
    agreed(province)


REFUSED = {
    "garbage": lambda packet, signer: b"OK\n",
    "bad_signature": lambda packet, signer: packets.answer(None, packet.pk, packet.digest, "acknowledged"),
    "unknown_packet": lambda packet, signer: packets.answer(signer, "0" * 36, packet.digest, "acknowledged"),
    "other_manifest": lambda packet, signer: packets.answer(signer, packet.pk, "0" * 64, "acknowledged"),
    "unknown_record": lambda packet, signer: packets.answer(
        signer,
        packet.pk,
        packet.digest,
        "acknowledged",
        rows=[{"record": "x", "version": 1, "code": "missing"}],
    ),
}


@pytest.mark.parametrize("reason", [*REFUSED, "unsigned"])
def test_an_answer_that_cannot_be_taken_is_refused_with_its_reason_and_moves_nothing(
    clock: DatabaseClock, province: Province, monkeypatch: pytest.MonkeyPatch, reason: str
) -> None:
    opened()
    packet = build()[0]
    raw = REFUSED[reason](packet, province.signer) if reason in REFUSED else b""
    if reason == "unsigned":
        monkeypatch.delenv(deployment.variable(REPORT) + "_KEY")
        raw = packets.answer(province.signer, packet.pk, packet.digest, "acknowledged")
    for _ in range(2):
        assert answers.take(upward(), raw) == reason
    assert Answer.objects.get().result == reason
    (told,) = [each for each in queries.history(f"upward:{REPORT}") if each.type == answers.ANSWER_REFUSED]
    assert told.body["reason"] == reason
    assert answers.REFUSED[reason].zh
    assert types(packet) == ["built"]
    monkeypatch.setenv(deployment.variable(REPORT) + "_KEY", province.public)
    send(province)
    agreed(province)
    sound(province)


def test_words_of_a_receiver_that_are_in_no_agreed_form_go_nowhere(
    clock: DatabaseClock, province: Province
) -> None:
    opened()
    packet = next(each for each in build() if each.dataset == "application")
    record = Record.objects.get(dataset="application")
    rows = [
        {"record": record.pk, "version": 1, "code": "张三丰 错误", "field": "张三丰", "words": "张三丰的证件"}
    ]
    raw = packets.answer(province.signer, packet.pk, packet.digest, "acknowledged", rows=rows)
    assert answers.take(upward(), raw) == "taken"
    (fault,) = repairing.worklist(Q(case=record.case), words=everybody)
    assert (fault.code, fault.column, fault.said) == ("other", "", "张三丰的证件")
    assert "other" in fault.why.zh
    assert repairing.worklist(Q(case="x")) == []
    assert "张三" not in "".join(event.raw.decode() for event in queries.events())


# -- by files -------------------------------------------------------------------------------------------


def test_packets_and_answers_may_travel_as_files(
    clock: DatabaseClock, province: Province, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "前置机"
    monkeypatch.setenv(deployment.variable(REPORT), str(folder))
    opened()
    build()
    assert duty.once() >= 2
    files = sorted((folder / "out").iterdir())
    assert [each.name.split(".")[1:3] for each in files] == [
        ["application", "00000001"],
        ["step", "00000001"],
    ]
    back = folder / "answers"
    back.mkdir()
    for number, each in enumerate(files):
        answer = province.receive(each.read_bytes())
        assert answer is not None
        (back / f"{number}.json").write_bytes(answer[1])
        (back / f"{number}-again.json").write_bytes(answer[1])
    (back / "z.json").write_bytes(b"\xff\x00")
    duty.once()
    assert [each.name for each in sorted(back.iterdir())] == ["refused", "taken"]
    assert len(list((back / "taken").iterdir())) == 4
    assert [each.name for each in (back / "refused").iterdir()] == ["z.json"]
    agreed(province)
    later(clock, 3)
    assert duty.once() == 0
    assert sorted((folder / "out").iterdir()) == files
    sound(province)


def test_a_receiver_that_cannot_be_reached_is_tried_again_with_longer_waits(
    clock: DatabaseClock, doors: Doors, tmp_path: Path
) -> None:
    province = doors.province
    opened()
    packet = build()[0]
    doors.close()
    for wait in (1, 2, 4):
        assert send(province) == 2
        packet.refresh_from_db()
        assert (packet.state, packet.error) == ("built", "connect")
        assert packet.next_at == ledger.instant(clock.now + wait * 60_000_000)
        clock.set(clock.now + wait * 60_000_000)
    doors.open()
    send(province)
    assert sending.send(upward(), "http://192.0.2.7/") is None
    agreed(province)
    sound(province)


# -- counting -------------------------------------------------------------------------------------------


def test_counts_agree_by_day_and_with_the_receivers_own_list(
    clock: DatabaseClock, province: Province, tmp_path: Path
) -> None:
    clock.on("2026-03-02 23:30")
    opened()
    opened()
    build()
    province.plan.extend([WHOLE, LATER])
    send(province)
    clock.on("2026-03-03 00:30")
    opened()
    build()
    days = [
        (str(each.day), each.dataset, each.ours, each.acknowledged, each.rejected, each.waiting)
        for each in reconciling.by_day(upward(), 9)
    ]
    assert days == [
        ("2026-03-03", "application", 1, 0, 0, 1), ("2026-03-03", "step", 1, 0, 0, 1),
        ("2026-03-02", "application", 2, 0, 2, 0), ("2026-03-02", "step", 2, 0, 0, 2),
    ]  # fmt: skip
    assert {metric.name: metric.samples[0].value for metric in figures.figures()} == {
        "qinzheng_upward_late_packets": 0, "qinzheng_upward_unanswered_packets": 3, "qinzheng_upward_open_records": 2,
    }  # fmt: skip
    clock.on("2026-03-03 23:40")
    assert next(iter(figures.figures())).samples[0].value == 1
    standing = reconciling.standing(upward())
    assert (standing.records, standing.open, standing.waiting, standing.late, standing.unanswered) == (
        6,
        2,
        4,
        1,
        3,
    )
    settled(clock, province)
    listed = tmp_path / "list.csv"
    with listed.open("w", newline="") as lines:
        rows = csv.writer(lines)
        rows.writerows(
            [("record", "version"), *((id, each["version"]) for id, each in province.held.items())]
        )
    assert reconciling.against(upward(), listed) == []
    with listed.open("a") as lines:
        lines.write("strange,3\n")
    assert [(each.record, each.theirs, each.ours) for each in reconciling.against(upward(), listed)] == [
        ("strange", 3, None)
    ]
    listed.write_text("a,b\n1,2\n")
    with pytest.raises(Refusal, match="record and version"):
        reconciling.against(upward(), listed)
