"""The page of reporting: each unit sees its own, those who watch the counts, and words only who may open what is personal."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from qinzheng.cases import actions as cases
from qinzheng.cases.about import About
from qinzheng.cases.models import Case
from qinzheng.exchange.upward import deployment
from qinzheng.ledger import crypto, sequencer
from tests import townhall
from tests.access import asked
from tests.flows import province as receivers
from tests.flows import reports
from tests.flows.province import ROWS
from tests.townhall import Townhall

pytestmark = pytest.mark.django_db(transaction=True)
SAID = "张三丰的编号为空"


def rejected(city: Townhall, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Case:
    """A case of the housing department whose application the province has rejected."""
    monkeypatch.setattr(settings, "UPWARD_KEY", str(folder / "upward.key"))
    crypto.create_key(folder / "upward.key", "city/upward", "ed25519")
    monkeypatch.setattr(settings, "OUTGOING_ALLOW", "http://127.0.0.1")
    item = townhall.an_item("housing", "services.matter")
    at = int(time.time() * 1_000_000) - 10_000_000
    about = About(item=item.id, town="town-01", parties={"applicant": city.parties["citizen"]})
    done = cases.open_case(
        item.procedure, "receive", city.who("clerk", "clerk"), {}, occurred_at=at, about=about
    )
    sequencer.sequence_all()
    with receivers.platform(crypto.key_of(deployment.signer())) as doors:
        monkeypatch.setenv(deployment.variable(reports.REPORT), doors.province.address)
        monkeypatch.setenv(deployment.variable(reports.REPORT) + "_KEY", doors.province.public)
        reports.build()
        doors.province.plan.append(ROWS)
        reports.send(doors.province)
    return Case.objects.get(pk=done.case)


@pytest.fixture
def city(transactional_db: None) -> Townhall:
    townhall.publish()
    return townhall.build()


def test_each_sees_what_is_theirs(city: Townhall, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case = rejected(city, tmp_path, monkeypatch)
    things = asked.Things(city, {}, {}, {})
    browsers = asked.browsers(things)
    pages = {
        name: _page(browsers[name])
        for name in ("handler", "sibling", "supervisor", "auditor", "system", "leader")
    }
    assert {name for name, text in pages.items() if case.number in text} == {
        "handler",
        "supervisor",
        "auditor",
    }
    assert {name for name, text in pages.items() if SAID in text} == {"handler"}
    assert {name for name, text in pages.items() if "按日对账" in text} == {"supervisor", "auditor", "system"}
    assert "必填项为空" in pages["handler"]
    assert "没有须补正的记录" in pages["sibling"]
    assert "没有须补正的记录" in pages["system"]
    health = browsers["system"].get("/admin/health/").content.decode()
    assert "须补正的上报记录" in health
    assert "超时未答复的上报包" in health


def _page(client: Client) -> str:
    return client.get("/reporting/").content.decode()
