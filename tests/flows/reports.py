"""A city that reports upward to a province over a socket: what the tests of reporting have in common."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from qinzheng.cases import actions as cases
from qinzheng.cases.about import About
from qinzheng.cases.engine import Who
from qinzheng.cases.items import Item
from qinzheng.definitions import shelf
from qinzheng.exchange.upward import building, deployment, sending
from qinzheng.exchange.upward.models import Packet, Record
from qinzheng.exchange.upward.schema import Upward
from qinzheng.ledger import crypto, projections, queries, sequencer
from tests.flows import applications
from tests.flows import province as receivers
from tests.flows.province import Doors, Province

REPORT = "province-base-data"
CLERK, HANDLER = Who("p-00000000000a", "housing", "clerk"), Who("p-00000000000b", "housing", "handler")


HOUR_US = 3_600_000_000
BY = "p-00000000000e"
"""Who mends what was rejected."""


def later(clock: Any, hours: float = 2.0) -> None:
    """So much later by the database's clock."""
    clock.set(clock.now + int(hours * HOUR_US))


def city(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Units, a key that signs packets, and leave to call this machine."""
    applications.city()
    monkeypatch.setattr(settings, "UPWARD_KEY", str(folder / "upward.key"))
    crypto.create_key(folder / "upward.key", "city/upward", crypto.SUITES[settings.CRYPTO][1])
    monkeypatch.setattr(settings, "OUTGOING_ALLOW", "http://127.0.0.1")


@contextmanager
def receiving(monkeypatch: pytest.MonkeyPatch) -> Iterator[Doors]:
    """A province at the address that the deployment names, whose key it names too."""
    with receivers.platform(crypto.key_of(deployment.signer())) as doors:
        monkeypatch.setenv(deployment.variable(REPORT), doors.province.address)
        monkeypatch.setenv(deployment.variable(REPORT) + "_KEY", doors.province.public)
        yield doors


def upward() -> Upward:
    """The report as it is published now."""
    return deployment.upward(REPORT)


def item() -> str:
    """A general service of the housing department."""
    items: list[Item] = shelf.library().all("item")
    return next(
        each.id for each in items if each.procedure == "services.matter" and each.organization == "housing"
    )


def opened(**more: Any) -> str:
    """A case of the housing department, just received."""
    about = About(item=item(), title="登记", **more)
    return cases.open_case("services.matter", "receive", CLERK, {}, about=about).case


def build() -> list[Packet]:
    """Everything that the ledger tells, as packets."""
    while sequencer.sequence_once():
        pass
    while building.follow(upward()):
        pass
    made: list[Packet] = []
    while found := building.build(upward(), now=True):
        made += found
    return made


def send(province: Province) -> int:
    """Everything that is due; how many packets went."""
    sent = 0
    while sending.send(upward(), province.address) is not None:
        sent += 1
    return sent


def states() -> dict[str, int]:
    """How many records stand how."""
    found = list(Record.objects.values_list("state", flat=True))
    return {state: found.count(state) for state in set(found)}


def types(packet: Packet) -> list[str]:
    """What the ledger says of a packet."""
    return [
        event.type.removeprefix("exchange.packet_") for event in queries.history(building.subject(packet.pk))
    ]


def sound(province: Province) -> None:
    """Nothing was taken twice, the receiver found no fault, and the tables are what the ledger says."""
    assert province.faults == []
    assert set(province.applied.values()) <= {1}
    assert list(projections.check()) == []


def agreed(province: Province) -> None:
    """The province holds each record's last version as we have it, acknowledged, and nothing else."""
    ours = {row.pk: (row.version, row.state, row.void) for row in Record.objects.all() if row.version}
    assert ours == {id: (each["version"], "acknowledged", each["void"]) for id, each in province.held.items()}


def everybody(case: str) -> bool:
    """Whoever asks may read what the receiver wrote."""
    return True
