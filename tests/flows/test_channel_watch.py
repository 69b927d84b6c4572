"""The watch of a green channel: opened with it, looked at every working day, carded where it is not, over with its last day."""

import argparse
import datetime as dt

import pytest

from qinzheng.cases import actions as cases
from qinzheng.cases.engine import NotAllowed, Who
from qinzheng.cases.models import Case
from qinzheng.clocks.models import Clock
from qinzheng.ledger import envelope, queries
from qinzheng.mechanisms.channels import giving, watching
from qinzheng.operations import project_commands
from qinzheng.supervision.models import Card
from tests import townhall
from tests.flows.test_channels import authority, city, firm, given, opened
from tests.flows.test_itemized import FOOD

__all__ = ["city", "firm"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("consistent")]
LOOKED = {"standing": "moving", "note": "已催办"}


def watch(firm):
    found = giving.watch_of(firm)
    assert found is not None
    return found


def cards(case):
    return list(Card.objects.filter(case=case.pk, withdrawn_at=None).values_list("rule", "organization"))


def shepherd(city):
    return city.who("handler", "handler")


def test_a_watch_is_opened_with_the_channel_and_held_by_the_shepherds_unit(city, firm, clock):
    channel = given(city, firm)
    case = watch(firm)
    assert (case.procedure, case.state, case.organization) == (watching.PROCEDURE, "open", "housing")
    assert giving.watched(case) == channel
    assert case.title == channel.reason
    running = dict(Clock.objects.filter(case=case.pk, ended_at=None).values_list("clock", "organization"))
    assert running.keys() == {"watch", "term"}
    with pytest.raises(NotAllowed, match="is not for"):
        cases.open_case(watching.PROCEDURE, "give", shepherd(city), {})


def test_each_working_day_without_a_look_is_carded_and_a_look_begins_anew(city, firm, clock):
    given(city, firm)
    case = watch(firm)
    clock.on("2026-03-03 17:00")
    cases.perform(case.pk, "watch", shepherd(city), LOOKED)
    clock.on("2026-03-04 23:59")
    assert cases.pass_time(case.pk)
    assert cards(case) == []
    clock.on("2026-03-05 00:01")
    assert cases.pass_time(case.pk)
    assert cards(case) == [("standard.channel-unwatched", "housing")]
    cases.perform(case.pk, "watch", shepherd(city), LOOKED)
    clock.on("2026-03-07 09:00")  # a Saturday
    assert cases.pass_time(case.pk)
    assert len(cards(case)) == 2


def test_the_last_day_ends_the_watch_by_itself(city, firm, clock):
    given(city, firm, until=dt.date(2026, 3, 3))
    case = watch(firm)
    clock.on("2026-03-03 23:00")
    assert cases.pass_time(case.pk)
    assert watch(firm).state == "open"
    clock.on("2026-03-04 00:00")
    assert cases.pass_time(case.pk)
    assert (watch(firm).state, cards(case)) == ("expired", [])
    assert not Clock.objects.filter(case=case.pk, ended_at=None).exists()
    given(city, firm, authority(city, "water", "head_of_organ"))  # another may be given now
    assert watch(firm).pk != case.pk


def test_ending_the_watch_ends_the_channel_and_the_other_way_round(city, firm, clock):
    mayor = authority(city)
    given(city, firm, mayor)
    with pytest.raises(NotAllowed, match="is not for"):
        cases.perform(watch(firm).pk, "end", shepherd(city), {"reason": "不想看了"})
    cases.perform(watch(firm).pk, "end", mayor, {"reason": "项目投产"})
    assert giving.standing(firm, clock.now) is None
    last = queries.history(giving.subject(firm))[-1]
    assert (last.type, last.body["reason"], last.actor) == (giving.ENDED, "项目投产", mayor.actor)
    given(city, firm, mayor)
    giving.end(firm, "再次终止", mayor)
    assert watch(firm).state == "ended"
    assert [each.type for each in queries.history(giving.subject(firm))] == [giving.GIVEN, giving.ENDED] * 2


def test_giving_twice_by_one_key_opens_one_watch(city, firm):
    key, mayor = envelope.uuid7(), authority(city)
    for _ in range(2):
        giving.give(firm, [FOOD], "重点项目", city.posts["handler"], dt.date(2026, 6, 30), mayor, key=key)
    assert Case.objects.filter(procedure=watching.PROCEDURE).count() == 1


def test_the_project_lists_its_own_cases_and_no_others(city, firm, clock):
    plain = townhall.an_item("housing", "approvals.standard")
    before = opened(city, firm, plain.id, {})
    channel = given(city, firm, items=[plain.id])
    during = opened(city, firm, plain.id, {})
    other = opened(city, city.parties["citizen"], plain.id, {})
    found = [each.pk for each in giving.on_the_way(channel)]
    assert found == [during.pk]
    assert {before.pk, other.pk}.isdisjoint(found)


def command(name, **arguments):
    return getattr(project_commands, name)(argparse.Namespace(**arguments))


def test_the_commands_give_list_and_end(city, firm, clock, capsys):
    mayor = authority(city)
    asked = {
        "party": firm, "items": [FOOD], "reason": "重点项目", "shepherd": city.posts["handler"],
        "until": dt.date(2026, 6, 30),
    }  # fmt: skip
    assert command("give", **asked, by=city.posts["handler"]) == 1
    assert "lacks the role" in capsys.readouterr().err
    assert command("give", **{**asked, "items": ["no.such-item"]}, by=mayor.actor) == 1
    assert "there is no item" in capsys.readouterr().err
    assert command("give", **asked, by=mayor.actor) == 0
    number = watch(firm).number
    assert number in capsys.readouterr().out
    assert command("channels") == 0
    assert number in capsys.readouterr().out
    assert command("end", party=firm, reason="项目投产", by=mayor.actor) == 0
    assert command("end", party=firm, reason="项目投产", by=mayor.actor) == 1


def test_who_is_known_by_the_post_alone(city, clock):
    with pytest.raises(NotAllowed) as why:
        project_commands._as("p-000000000000", ("clerk",))
    assert why.value.field == "by"
    found = project_commands._as(city.posts["handler"], ("handler",))
    assert found == Who(city.posts["handler"], "housing", "handler")
