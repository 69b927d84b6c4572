"""A flagged case: acts left out are refused, the tighter promise is the one that is judged, live and in batch."""

import datetime as dt

import pytest

from qinzheng.cases import actions as cases
from qinzheng.cases import variants
from qinzheng.cases.engine import NotAllowed, Who
from qinzheng.clocks.models import Clock
from tests.flows.test_judging import judged

pytestmark = pytest.mark.django_db(transaction=True)
CLERK, HANDLER = Who("k", "政务服务中心", "clerk"), Who("h", "住建局", "handler")
NOON = int(dt.datetime(2025, 7, 7, 4, 0, tzinfo=dt.UTC).timestamp() * 1_000_000)
HOUR = 3_600_000_000


def accepted(variant):
    done = cases.open_case("approvals.demo-permit", "receive", CLERK, {}, occurred_at=NOON, variant=variant)
    cases.perform(done.case, "accept", CLERK, {}, occurred_at=NOON + HOUR)
    return done.case


def test_the_green_channel_has_the_tighter_promise_and_fewer_acts(published, capsys):
    plain, green = accepted(""), accepted("green")
    promised = {}
    for case in (plain, green):
        at = Clock.objects.get(case=case, clock="decision").promised_at
        assert at is not None
        promised[case] = at.astimezone(dt.UTC).date()
    assert promised == {plain: dt.date(2025, 7, 21), green: dt.date(2025, 7, 14)}
    cases.perform(plain, "return", HANDLER, {"next": "城管局"})
    with pytest.raises(NotAllowed, match="is not for handler"):
        cases.perform(green, "return", HANDLER, {"next": "城管局"})
    assert {name.partition("+")[2] for name in judged(capsys) if name != "digest"} == {"", "green"}


def test_an_unknown_variant_is_refused(published):
    with pytest.raises(NotAllowed, match="no variant"):
        accepted("gold")


def test_a_promise_is_never_loosened(published):
    procedure = published.get("procedure", "approvals.demo-permit")
    loose = procedure.variants["green"].model_copy(update={"committed": {"decision": 15}})
    changed = variants.apply(procedure.model_copy(update={"variants": {"green": loose}}), "green")
    assert changed.clocks["decision"].limits == procedure.clocks["decision"].limits
