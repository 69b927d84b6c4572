"""Green channels given by an authority beforehand, and the fast track of credit class A: tighter promises, nobody's own doing."""

import datetime as dt

import pytest

from qinzheng.cases import actions as cases
from qinzheng.cases.about import About
from qinzheng.cases.engine import NotAllowed, Who
from qinzheng.cases.models import Case
from qinzheng.clocks.models import Clock
from qinzheng.definitions import shelf
from qinzheng.ledger import envelope, queries
from qinzheng.mechanisms.channels import giving
from qinzheng.organizations import actions as organizations
from qinzheng.parties import actions as parties
from qinzheng.parties import codes
from tests import townhall
from tests.flows.licences import LICENCE
from tests.flows.test_itemized import ASKED, FOOD, stands

pytestmark = pytest.mark.django_db(transaction=True)
UNTIL = dt.date(2026, 6, 30)


@pytest.fixture
def city(clock):
    return townhall.build()


@pytest.fixture
def firm(city):
    given = {"name": "清和重点项目有限公司", "enterprise_code": codes.make_enterprise_code("320999", 7)}
    return parties.register("enterprise", given, by="installer").pk


def authority(city, unit="qinghe", role="government_head"):
    post = organizations.create_post(
        unit, "市长岗", [role], begins=dt.date(2020, 1, 1), by="installer", name_en="mayor"
    )
    return Who(post, unit, role)


def given(city, firm, who=None, **more):
    asked = {
        "items": [FOOD],
        "reason": "市重点项目 2026-01 号",
        "shepherd": city.posts["handler"],
        "until": UNTIL,
    } | more
    return giving.give(
        firm, asked["items"], asked["reason"], asked["shepherd"], asked["until"], who or authority(city)
    )


def opened(city, firm, item=FOOD, form=ASKED, **more):
    done = cases.open_case(
        LICENCE,
        "receive",
        city.who("clerk", "clerk"),
        form,
        about=About(item=item, parties={"applicant": firm}),
        **more,
    )
    cases.perform(done.case, "accept", city.who("clerk", "clerk"), {})
    return Case.objects.get(pk=done.case)


def promised(case):
    at = Clock.objects.get(case=case.pk, clock="decision").promised_at
    assert at is not None
    return at.astimezone(shelf.ZONE).date()


def test_a_channel_tightens_the_promise_of_cases_opened_while_it_stands(city, firm, clock):
    plain = townhall.an_item("housing", LICENCE)
    before = opened(city, firm, plain.id, {})
    channel = given(city, firm, items=[FOOD, plain.id])
    assert (channel.shepherd, channel.items) == (city.posts["handler"], tuple(sorted([FOOD, plain.id])))
    during = opened(city, firm, plain.id, {})
    assert (before.variant, during.variant) == ("", "green")
    assert promised(during) < promised(before)
    found = giving.of(during)
    assert found is not None
    assert found.shepherd == city.posts["handler"]
    assert giving.of(before) is None
    mayor = authority(city)
    clock.on("2026-03-05 09:00")
    giving.end(firm, "项目投产", mayor)
    assert opened(city, firm, plain.id, {}).variant == ""
    assert giving.of(during) == found
    assert Case.objects.get(pk=during.pk).variant == "green"  # what was promised stays promised
    assert [event.type for event in queries.history(giving.subject(firm))] == [giving.GIVEN, giving.ENDED]


def test_a_channel_ends_with_its_day_and_is_for_its_items_only(city, firm, clock):
    plain = townhall.an_item("housing", LICENCE)
    given(city, firm, items=[plain.id])
    assert opened(city, firm).variant == ""
    clock.on("2026-06-30 16:00")
    assert opened(city, firm, plain.id, {}).variant == "green"
    clock.on("2026-07-01 09:00")
    assert opened(city, firm, plain.id, {}).variant == ""


def test_nobody_takes_the_channel_for_himself(city, firm, clock):
    plain = townhall.an_item("housing", LICENCE)
    for variant in ("green", "fast"):
        with pytest.raises(NotAllowed, match="cannot be chosen"):
            opened(city, firm, plain.id, {}, variant=variant)
    for who in (
        city.who("handler", "handler"),
        Who(city.posts["handler"], "housing-approval", "government_head"),
    ):
        with pytest.raises(NotAllowed, match="head of the government"):
            given(city, firm, who)
    own = authority(city, "housing", "head_of_organ")
    with pytest.raises(NotAllowed, match="decided by the unit itself"):
        given(city, firm, own, items=[plain.id])
    given(city, firm, authority(city, "water", "head_of_organ"), items=[plain.id])
    with pytest.raises(NotAllowed, match="there is a channel until"):
        given(city, firm)


@pytest.mark.parametrize(
    ("wrong", "at"),
    [({"reason": " "}, "reason"), ({"items": []}, "items"), ({"items": ["no.such-item"]}, "items"),
     ({"until": dt.date(2026, 1, 1)}, "until"), ({"until": dt.date(2030, 1, 1)}, "until"), ({"shepherd": "p-000000000000"}, "shepherd")],
)  # fmt: skip
def test_what_is_missing_is_named(city, firm, wrong, at):
    with pytest.raises(NotAllowed) as why:
        given(city, firm, **wrong)
    assert why.value.field == at
    assert giving.standing(firm, 0) is None


def test_giving_twice_by_one_key_is_once(city, firm):
    key, mayor = envelope.uuid7(), authority(city)
    for _ in range(2):
        giving.give(firm, [FOOD], "重点项目", city.posts["handler"], UNTIL, mayor, key=key)
    assert len(queries.history(giving.subject(firm))) == 1


def test_the_fast_track_is_the_items_rule_for_class_a(city, firm, clock):
    stands(fast_track=True, committed={})
    assert opened(city, firm).variant == ""
    parties.set_credit_class(firm, "A", "评定", by="installer")
    key = envelope.uuid7()
    fast = opened(city, firm, key=key)
    assert fast.variant == "fast"
    assert "credit" not in str(queries.history(fast.pk)[0].body)
    again = cases.open_case(LICENCE, "receive", city.who("clerk", "clerk"), ASKED,
                            about=About(item=FOOD, parties={"applicant": firm}), key=key)  # fmt: skip
    assert (again.case, again.new) == (fast.pk, False)
    assert opened(city, city.parties["citizen"]).variant == ""
    given(city, firm)
    assert opened(city, firm).variant == "green"
    stands(fast_track=False, in_force_from=dt.date(2026, 3, 1))
    giving.end(firm, "结束", authority(city))
    assert opened(city, firm).variant == ""
