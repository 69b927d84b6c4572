"""Reporting upward: a province's spreadsheet collected and reported on, packets answered, rejected, mended, lost and sent again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from qinzheng.cases import actions as cases
from qinzheng.cases.about import About
from qinzheng.cases.engine import Who
from qinzheng.cases.items import Item
from qinzheng.definitions import shelf
from qinzheng.exchange.collecting import collect
from qinzheng.exchange.upward import (
    building,
    deployment,
    sending,
)
from qinzheng.exchange.upward.models import Packet, Record
from qinzheng.exchange.upward.schema import Upward
from qinzheng.ledger import crypto, projections, queries, sequencer
from tests.flows import applications, provinces
from tests.flows import province as receivers
from tests.flows.province import Doors, Province

pytestmark = pytest.mark.django_db(transaction=True)
REPORT = "province-base-data"
CLERK, HANDLER = Who("p-00000000000a", "housing", "clerk"), Who("p-00000000000b", "housing", "handler")


@pytest.fixture(autouse=True)
def _city(published: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    applications.city()
    monkeypatch.setattr(settings, "UPWARD_KEY", str(tmp_path / "upward.key"))
    crypto.create_key(tmp_path / "upward.key", "city/upward", crypto.SUITES[settings.CRYPTO][1])
    monkeypatch.setattr(settings, "OUTGOING_ALLOW", "http://127.0.0.1")


@pytest.fixture
def upward() -> Upward:
    return deployment.upward(REPORT)


@pytest.fixture
def doors(monkeypatch: pytest.MonkeyPatch) -> Any:
    with receivers.platform(crypto.key_of(deployment.signer())) as opened:
        monkeypatch.setenv(deployment.variable(REPORT), opened.province.address)
        monkeypatch.setenv(deployment.variable(REPORT) + "_KEY", opened.province.public)
        yield opened


@pytest.fixture
def province(doors: Doors) -> Province:
    return doors.province


def item() -> str:
    items: list[Item] = shelf.library().all("item")
    return next(
        each.id for each in items if each.procedure == "services.matter" and each.organization == "housing"
    )


def opened(**more: Any) -> str:
    return cases.open_case(
        "services.matter", "receive", CLERK, {}, about=About(item=item(), title="登记", **more)
    ).case


def build(upward: Upward) -> list[Packet]:
    """Everything that the ledger tells, as packets."""
    while sequencer.sequence_once():
        pass
    while building.follow(upward):
        pass
    made: list[Packet] = []
    while found := building.build(upward, now=True):
        made += found
    return made


def send(upward: Upward, province: Province) -> None:
    while sending.send(upward, province.address) is not None:
        pass


def states() -> dict[str, int]:
    return {
        state: Record.objects.filter(state=state).count()
        for state in set(Record.objects.values_list("state", flat=True))
    }


def types(subject: str) -> list[str]:
    return [event.type.removeprefix("exchange.") for event in queries.history(subject)]


def sound(province: Province) -> None:
    """Nothing was taken twice, the receiver found no fault, and the tables are what the ledger says."""
    assert province.faults == []
    assert set(province.applied.values()) <= {1}
    assert list(projections.check()) == []


# -- the whole way --------------------------------------------------------------------------------------


def test_a_provinces_spreadsheet_is_collected_and_reported_upward(
    upward: Upward, province: Province, tmp_path: Path
) -> None:
    place = provinces.sheet(tmp_path / "导出.xlsx", provinces.export(item()))
    collect(provinces.NAME, place, provinces.BY)
    made = build(upward)
    assert {each.dataset for each in made} == {"application", "acceptance", "step", "completion"}
    send(upward, province)
    assert states() == {"acknowledged": Record.objects.count()}
    by_set: dict[str, list[dict[str, Any]]] = {}
    for each in Record.objects.all():
        by_set.setdefault(each.dataset, []).append(province.held[each.pk]["columns"])
    assert {each["省平台编号"] for each in by_set["application"]} == {"P1", "P2", "P3", "P4"}
    assert {each["承办单位名称"] for each in by_set["application"]} == {provinces.UNIT}
    assert len(by_set["step"]) == 9
    assert sorted((each["办结结果"], each["是否按期"]) for each in by_set["completion"]) == [
        ("1", "0"),
        ("1", "1"),
    ]
    assert all("张三" not in raw.decode() for raw in province.bodies)
    assert build(upward) == []
    collect(provinces.NAME, place, provinces.BY)
    assert build(upward) == []
    provinces.sheet(
        tmp_path / "导出.xlsx", [*provinces.export(item())[:3], provinces.row("P4", item(), 1, 0.5)]
    )
    collect(provinces.NAME, str(tmp_path / "导出.xlsx"), provinces.BY)
    assert {each.dataset for each in build(upward)} == {"acceptance", "step"}
    send(upward, province)
    assert states() == {"acknowledged": Record.objects.count()}
    sound(province)
