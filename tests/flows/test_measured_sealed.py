"""Sealed cases are in no total but for who may open them all; a case counts in its own town."""

from __future__ import annotations

import datetime as dt

import pytest

from qinzheng import wiring
from qinzheng.access import rules
from qinzheng.access.users import Seat, User
from qinzheng.cases import actions as cases
from qinzheng.cases import sealing
from qinzheng.cases.about import About
from qinzheng.cases.engine import NotAllowed, Who
from qinzheng.cases.models import Case
from qinzheng.ledger import projections, sequencer
from qinzheng.measures import ask, queries
from qinzheng.measures.ask import Units
from qinzheng.measures.period import Period
from qinzheng.operations import sealing_commands
from qinzheng.organizations import actions as organizations
from qinzheng.web.overview import answers

pytestmark = pytest.mark.django_db(transaction=True)

SPRING = Period(dt.date(2026, 3, 1), dt.date(2026, 5, 31))
CLERK = Who("p-000000000001", "housing", "clerk")
SUPERVISOR = Who("p-000000000002", "efficiency-office", "supervisor")


@pytest.fixture
def city(clock, settings, tmp_path):
    settings.HOME = tmp_path
    queries.forget()
    yield clock
    queries.forget()


def opened(clock, on: str, **about) -> str:
    clock.on(on)
    case = cases.open_case("approvals.demo-permit", "receive", CLERK, {}, about=About(**about)).case
    cases.perform(case, "accept", CLERK, {})
    return case


def told() -> None:
    sequencer.sequence_all()
    queries.follow()


def totals(**more) -> dict[str, int]:
    """Every shipped measure, whole: how many facts each counts."""
    return {one.id: queries.answer(one, (), SPRING, **more)[0].n for one in queries.measures()}


def test_a_sealed_case_is_in_no_total_until_it_is_unsealed(city):
    plainly = opened(city, "2026-03-02 09:00")
    city.on("2026-04-20 09:00")
    cases.pass_time(plainly)
    told()
    plain = totals()
    canary = opened(city, "2026-03-03 09:00", concerns=["water"])
    city.on("2026-04-20 09:00")
    cases.pass_time(canary)  # it is late: clocks and cards of it too
    told()
    assert totals() == plain
    everything = totals(sealed=True)
    assert everything["accepted"] == plain["accepted"] + 1
    assert everything["cards"] == plain["cards"] + 1
    for by in ("organization", "month", "town", "procedure"):
        assert sum(a.n for a in queries.answer("received", by, SPRING)) == plain["received"]
    sealing.conceal(canary, [], SUPERVISOR, "查无此事")
    told()
    assert totals() == everything == totals(sealed=True)
    sealing.conceal(canary, ["water"], SUPERVISOR, "又有新线索")
    told()
    assert totals() == plain
    assert list(projections.check()) == []


def test_sealing_counts_for_questions_as_of_before_it_and_for_evidence_given_before(city):
    kept, canary = opened(city, "2026-03-02 09:00"), opened(city, "2026-03-03 09:00")
    told()
    before = queries.position()
    (old,) = queries.answer("accepted", (), SPRING, digests=True)
    assert old.n == 2
    sealing.conceal(canary, ["water", "p-000000000009"], SUPERVISOR, "反映该单位")
    told()
    assert queries.answer("accepted", (), SPRING, upto=before)[0].n == 1  # nobody asks it out of the past
    assert queries.answer("accepted", (), SPRING, upto=before, sealed=True)[0].n == 2
    assert queries.holds(old.evidence)  # the figure given then was right then
    assert {event["subject"] for event in queries.evidence(old.evidence)} == {kept}
    assert {event["subject"] for event in queries.evidence(old.evidence, sealed=True)} == {kept, canary}
    assert {event["subject"] for event in queries.evidence(old.evidence, sealed=True, without=[kept])} == {
        canary
    }


def test_sealing_says_why_and_saying_it_again_changes_nothing(city):
    case = opened(city, "2026-03-02 09:00")
    with pytest.raises(NotAllowed):
        sealing.conceal(case, ["water"], SUPERVISOR, " ")
    sealing.conceal(case, ["water"], SUPERVISOR, "反映该单位")
    told()
    here = queries.position()
    sealing.conceal(case, ["water"], SUPERVISOR, "再说一遍")
    told()
    assert queries.position() == here


def test_facts_opened_before_a_case_was_sealed_leave_it_out_too(city):
    canary = opened(city, "2026-03-02 09:00")
    told()
    before = queries.position()
    assert queries.answer("accepted", (), SPRING, upto=before)[0].n == 1
    sealing.conceal(canary, ["water"], SUPERVISOR, "反映该单位")
    told()
    held = queries._open[queries.folder(), "cn"]
    assert held.position == before  # the facts that this process has open are still the old ones
    assert queries.answer("accepted", (), SPRING, upto=before)[0].n == 0


def test_a_case_counts_in_its_own_town_else_in_that_of_its_unit(city):
    opened(city, "2026-03-02 09:00", town="town-03")
    opened(city, "2026-03-02 09:05")
    opened(city, "2026-03-02 09:10", town="town-01")
    told()
    units = Units(town={"housing": "town-01"})
    found = queries.answer("accepted", "town", SPRING, units=units, digests=True)
    assert {a.key["town"]: a.n for a in found} == {"town-01": 2, "town-03": 1}
    for each in found:
        assert len(queries.evidence(each.evidence)) == each.n
        assert queries.holds(each.evidence)
    without = queries.answer("accepted", "town", SPRING, digests=True)
    assert {a.key["town"]: a.n for a in without} == {"": 1, "town-01": 1, "town-03": 1}
    assert all(queries.holds(each.evidence) for each in without)
    both = queries.answer("accepted", ("organization", "town"), SPRING, units=units, digests=True)
    assert {(a.key["organization"], a.key["town"]): a.n for a in both} == {
        ("housing", "town-01"): 2, ("housing", "town-03"): 1,
    }  # fmt: skip
    assert all(queries.holds(each.evidence) for each in both)
    assert isinstance(found[0], ask.Answer)


def test_only_who_may_open_every_sealed_case_has_them_counted(city):
    post, unit = "p-0000000000aa", "efficiency-office"
    watching = User(account=1, seats=(Seat(post, unit, frozenset({"supervisor"})),), kin=frozenset({unit}))
    handling = User(account=2, seats=(Seat("p-0000000000bb", "water", frozenset({"handler"})),))
    assert rules.can(watching, "measure_sealed")
    assert not rules.can(handling, "measure_sealed")
    case = opened(city, "2026-03-02 09:00", concerns=["water"])
    assert rules.can(watching, "measure_sealed")
    sealing.conceal(case, [post], SUPERVISOR, "反映监察人员本人")
    assert not rules.can(watching, "measure_sealed")  # two figures side by side would tell


def test_the_overview_is_counted_anew_when_a_case_is_sealed(city):
    canary = opened(city, "2026-03-02 09:00")
    told()
    answers.forget()

    def accepted(sealed: bool) -> int:
        shown = answers.overview(answers.Unit("housing", SPRING, sealed))
        return next(each.whole.n for each in shown.figures if each.measure.id == "accepted")

    assert (accepted(sealed=False), accepted(sealed=True)) == (1, 1)
    sealing.conceal(canary, ["water"], SUPERVISOR, "反映该单位")
    told()
    assert (accepted(sealed=False), accepted(sealed=True)) == (0, 1)
    answers.forget()


def test_the_command_seals_for_a_post_of_supervision_alone(city, capsys):
    case = Case.objects.get(pk=opened(city, "2026-03-02 09:00"))
    day = dt.date(2026, 1, 1)
    organizations.found_organization("city", "city", "清和市", parent=None, begins=day, by="a-founder")
    organizations.found_organization(
        "efficiency-office", "department", "效能办", parent="city", begins=day, by="a-founder"
    )
    posts = [
        organizations.create_post("efficiency-office", name, [role], begins=day, by="a-founder")
        for name, role in (("监察", "supervisor"), ("窗口", "clerk"))
    ]

    def run(*words: str) -> int:
        arguments = wiring.build_parser().parse_args(["cases", "conceal", case.number, *words])
        return sealing_commands.conceal(arguments)

    assert run("--by", posts[1], "--reason", "r", "--from", "efficiency-office") == 1
    assert run("--by", posts[0], "--reason", "r", "--from", "nowhere") == 1
    assert "nowhere" in capsys.readouterr().err
    assert not case.concerns.exists()
    assert run("--by", posts[0], "--reason", "r", "--from", "efficiency-office", "--from", posts[1]) == 0
    assert {row.organization or row.post for row in case.concerns.all()} == {"efficiency-office", posts[1]}
    assert run("--by", posts[0], "--reason", "查无此事") == 0
    assert not case.concerns.exists()
    assert list(projections.check()) == []
