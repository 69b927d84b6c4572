"""Patterns on a real PostgreSQL: a queue not kept, a favour, steps and papers that no guide names; what the page says, and to whom."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from qinzheng import wiring
from qinzheng.cases import actions as cases
from qinzheng.cases import attachments
from qinzheng.cases.about import About
from qinzheng.cases.engine import Who
from qinzheng.cases.models import Case
from qinzheng.definitions import shelf
from qinzheng.ledger import sequencer
from qinzheng.measures import queries as measures
from qinzheng.measures.handled import Steps
from qinzheng.measures.period import Period
from qinzheng.operations import pattern_commands
from qinzheng.parties import actions as parties
from qinzheng.parties import codes
from qinzheng.supervision.patterns import looking
from qinzheng.web.patterns import views
from tests import townhall, uploads
from tests.townhall import Townhall

pytestmark = pytest.mark.django_db(transaction=True)
BACKEND = "qinzheng.access.login.AccountBackend"
SPRING = Period(dt.date(2026, 3, 1), dt.date(2026, 5, 31))
CLERK = Who("p-00000000c1e7", "point-civic-centre", "clerk")
HANDLER, DECIDES = Who("p-0000000000aa", "market", "handler"), Who("p-0000000000bb", "market", "approver")
AGENT = "清和快办代理有限公司"
USUAL, QUICK = 24, 9


@dataclass
class Market:
    """The market department's spring: cases by name, in the order in which everything happened."""

    town: Townhall
    agent: str
    item: str
    cases: dict[str, str] = field(default_factory=dict)
    plan: list[tuple[str, int, Callable[[], Any]]] = field(default_factory=list)

    def at(self, when: str, do: Callable[[], Any]) -> None:
        self.plan.append((when, len(self.plan), do))

    def licence(self, name: str, came: str, granted: str, **about: Any) -> None:
        """Received and accepted on one day, decided and fetched on another."""
        described = About(item=self.item, **about)

        def receive() -> None:
            self.cases[name] = cases.open_case(
                "approvals.standard", "receive", CLERK, {}, about=described
            ).case

        self.at(f"{came} 09:00", receive)
        self.act(name, f"{came} 10:00", "accept", HANDLER)
        self.act(name, f"{granted} 11:00", "grant", DECIDES)
        served = {"method": "direct", "proof": "SD1", "served_on": granted}
        self.act(name, f"{granted} 15:00", "issue", CLERK, served)

    def act(self, name: str, when: str, act: str, who: Who, form: dict[str, Any] | None = None) -> None:
        self.at(when, lambda: cases.perform(self.cases[name], act, who, form or {}))

    def happen(self, clock: Any) -> None:
        for when, _, do in sorted(self.plan, key=lambda each: each[:2]):
            clock.on(when)
            do()
        sequencer.sequence_all()
        assert measures.follow() > 0


@pytest.fixture
def market(clock: Any, settings: Any, tmp_path: Any) -> Iterator[Market]:
    """Two dozen ordinary licences of a week each; nine of one agent, decided the day after; one of those sealed."""
    settings.HOME, settings.FILES = tmp_path, str(tmp_path / "files")
    measures.forget()
    views.forget()
    town = townhall.build()
    given = {"name": AGENT, "enterprise_code": codes.make_enterprise_code("320999", 77)}
    agent = parties.register("enterprise", given, by="founder").pk
    made = Market(town, agent, townhall.an_item("market", "approvals.standard").id)
    for n in range(USUAL):
        made.licence(f"usual {n}", f"2026-03-0{2 + n % 3}", f"2026-03-{10 + n % 3}")
        if n < 12:
            made.act(f"usual {n}", f"2026-03-{10 + n % 3} 10:30", "check_site", HANDLER)
    told = {"procedure": "testing", "days": 3}
    made.act("usual 12", "2026-03-04 10:30", "notify_special", HANDLER, told)
    made.act("usual 12", "2026-03-05 10:30", "special_done", HANDLER)
    for n in range(QUICK):
        sealed = {"concerns": ("water",)} if n == 0 else {}
        made.licence(f"quick {n}", "2026-03-05", "2026-03-06", parties={"agent": agent}, **sealed)
    made.happen(clock)
    yield made
    measures.forget()
    views.forget()


def published(id: str) -> Any:
    """The pattern of that name."""
    (pattern,) = (each for each in looking.patterns(dt.date(2026, 4, 1)) if each.id == id)
    return pattern


def looked(id: str) -> looking.Looked:
    return looking.look(published(id), SPRING)


def test_who_came_later_and_was_done_sooner_is_found_with_how_many_it_passed(market: Market) -> None:
    found = looked("conduct.queue-jumping")
    jumped = {each.case: each for each in found.found if isinstance(each, looking.Jumped)}
    # Sixteen came two working days or more before; the one that waited for a test could not be passed.
    assert set(jumped) == {market.cases[f"quick {n}"] for n in range(1, QUICK)}
    assert {each.passed for each in jumped.values()} == {15}
    assert {(each.unit, each.item, each.officer) for each in jumped.values()} == {
        ("market", market.item, DECIDES.actor)
    }
    assert found.examined == USUAL + QUICK - 1, "sealed cases are in no comparison"


def test_a_channel_is_a_reason(market: Market) -> None:
    pattern = published("conduct.queue-jumping")
    _, rows = looking._handled(pattern, SPRING)
    green = [row._replace(variant="green") if row.used == 1 else row for row in rows]
    assert looking.overtaken(rows, pattern.compare)
    assert looking.overtaken(green, pattern.compare) == []


def test_an_officer_who_is_quicker_for_one_agent_is_found_with_the_numbers(market: Market) -> None:
    found = looked("conduct.favour")
    (favoured,) = found.found
    assert isinstance(favoured, looking.Favoured)
    assert (favoured.officer, favoured.party, favoured.relation) == (DECIDES.actor, market.agent, "agent")
    assert (favoured.compared.mine, favoured.compared.others) == (QUICK - 1, USUAL)
    assert favoured.compared.faster == Fraction(1)
    assert favoured.compared.chance < 0.0001
    assert (favoured.own, favoured.usual) == (1.0, 6.0)
    assert favoured.elsewhere is None
    assert found.tested == 1
    assert market.cases["quick 0"] not in favoured.cases


def test_too_few_cases_say_nothing(market: Market) -> None:
    pattern = published("conduct.favour")
    rows = [row for row in looking._handled(pattern, SPRING)[1] if row.within]
    sides = looking._parties(pattern.compare)
    few = pattern.compare.model_copy(update={"least": QUICK})
    assert looking.favours(rows, sides, few) == (0, [])
    others = pattern.compare.model_copy(update={"others": USUAL + 1})
    assert looking.favours(rows, sides, others) == (0, [])


def test_steps_that_the_guide_does_not_name_are_counted_by_case(market: Market) -> None:
    found = looked("conduct.beside-the-guide")
    (steps,) = found.found
    assert isinstance(steps, Steps)
    assert (steps.unit, steps.item, steps.cases, steps.beside) == (
        "market",
        market.item,
        USUAL + QUICK - 1,
        13,
    )
    assert steps.which == {"check_site": 12, "notify_special": 1, "special_done": 1}
    assert found.examined == USUAL + QUICK - 1


def test_papers_that_the_list_does_not_name_count_after_a_correction_alone(
    clock: Any, market: Market
) -> None:
    item = "market.food-business-licence"
    form = {"shop": "老街面馆", "area": 60}
    for name, asked, material in (("asked", True, ""), ("unasked", False, ""), ("listed", True, "layout")):
        clock.on("2026-04-01 09:00")
        about = About(item=item, parties={"applicant": market.agent})
        case = cases.open_case("approvals.standard", "receive", CLERK, form, about=about).case
        market.cases[name] = case
        if asked:
            clock.on("2026-04-01 10:00")
            cases.perform(case, "request_correction", HANDLER, {"defects": "请补交流水"})
        clock.on("2026-04-02 09:00")
        attachments.take(
            "a.pdf",
            uploads.pdf(b"a"),
            party=market.agent,
            material=material,
            by=CLERK.actor,
            case=Case.objects.get(pk=case),
        )
    found = looked("conduct.asked-beyond")
    assert [
        (each.unit, each.item, each.cases) for each in found.found if isinstance(each, looking.Beyond)
    ] == [("market", item, (market.cases["asked"],))]
    assert found.examined == 3


def client(market: Market, name: str) -> Client:
    browser = Client()
    browser.force_login(market.town.accounts[name], backend=BACKEND)
    return browser


ADDRESS = {"from": "2026-03-01", "to": "2026-05-31"}


def test_supervision_sees_the_page_with_posts_and_masked_names(market: Market) -> None:
    page = client(market, "supervisor").get(reverse("patterns"), ADDRESS).content.decode()
    assert "后到的先办完" in page
    assert DECIDES.actor in page, "a post that nobody founded is called by its number"
    number = Case.objects.get(pk=market.cases["quick 1"]).number
    assert reverse("case", args=[number]) in page
    assert AGENT in page, "a firm is called by its name; a person's would be masked"
    assert "这是统计，不是证据" in page
    assert "check_site" not in page
    assert "实地核查 12" in page
    sealed = Case.objects.get(pk=market.cases["quick 0"]).number
    assert sealed not in page
    english = client(market, "auditor").get(reverse("patterns"), {**ADDRESS, "lang": "en"}).content.decode()
    assert "Clearly quicker for one party" in english
    assert "site check 12" in english


def test_the_page_is_for_supervision_and_audit_alone(market: Market) -> None:
    assert Client().get(reverse("patterns")).status_code == 302
    for name in ("citizen", "clerk", "head", "leader"):
        assert client(market, name).get(reverse("patterns"), ADDRESS).status_code == 404


@pytest.mark.parametrize(
    "given",
    [{"from": "x"}, {"from": "2026-05-01", "to": "2026-01-01"}, {"from": "1900-01-01"}, {"to": "2026-13-01"}],
)
def test_a_wrong_period_is_said_and_the_page_still_stands(market: Market, given: dict[str, str]) -> None:
    answer = client(market, "supervisor").get(reverse("patterns"), given)
    assert answer.status_code == 200
    assert "period-wrong" in answer.content.decode()


def test_without_an_archive_the_page_says_so(clock: Any, settings: Any, tmp_path: Any) -> None:
    settings.HOME = tmp_path
    measures.forget()
    town = townhall.build()
    answer = client(Market(town, "", ""), "supervisor").get(reverse("patterns"))
    assert "统计档案还没有建立" in answer.content.decode()


def test_the_command_prints_what_the_page_shows_by_reference(
    market: Market, capsys: pytest.CaptureFixture[str]
) -> None:
    span = ["--from", "2026-03-01", "--to", "2026-05-31"]
    assert commanded(*span) == 0
    lines = {line["pattern"]: line for line in map(json.loads, capsys.readouterr().out.splitlines())}
    assert lines.keys() == {each.id for each in looking.patterns(SPRING.last)}
    (favoured,) = lines["conduct.favour"]["found"]
    assert (favoured["party"], favoured["compared"]["faster"]) == (market.agent, 1.0)
    assert lines["conduct.beside-the-guide"]["found"][0]["which"]["check_site"] == 12
    assert {line["position"] for line in lines.values()} == {measures.position()}
    assert AGENT not in str(lines)
    assert commanded("conduct.nothing", *span) == 1
    assert "known: conduct.asked-beyond" in capsys.readouterr().err
    assert commanded("--from", "2026-05-01", "--to", "2026-03-01") == 1


def commanded(*words: str) -> int:
    code: int = pattern_commands.patterns(wiring.build_parser().parse_args(["measures", "patterns", *words]))
    return code


def test_trips_doors_and_persons_are_those_of_the_acts(market: Market) -> None:
    """Each of these cases was handed in on one day and fetched on another, at one point, with one clerk."""
    for measure, value in (("trips-per-case", 2.0), ("doors-per-case", 1.0), ("persons-per-case", 1.0)):
        (answer,) = measures.answer(measure, (), SPRING)
        assert (answer.value, answer.n) == (value, USUAL + QUICK - 1), measure
    (cut,) = measures.answer("trips-cut", (), SPRING)
    assert cut.n == 0, "no item in short form says what it took before"


def test_online_by_post_and_at_once_are_no_trips_or_fewer(clock: Any, settings: Any, tmp_path: Any) -> None:
    settings.HOME = tmp_path
    measures.forget()
    item, form = "market.food-business-licence", {"shop": "老街面馆", "area": 60}
    other = Who("p-00000000c1e8", "point-town-01", "clerk")
    for who, corrected, method in ((Who("u-1", "", "applicant"), None, "post"), (CLERK, other, "direct")):
        clock.on("2026-03-09 09:00" if method == "post" else "2026-03-16 09:00")
        case = cases.open_case("approvals.standard", "receive", who, form, about=About(item=item)).case
        if corrected is not None:
            cases.perform(case, "request_correction", HANDLER, {"defects": "缺布局图"})
            clock.on("2026-03-17 09:00")
            cases.perform(case, "supply_correction", corrected, {})
        day = "2026-03-11" if method == "post" else "2026-03-18"
        clock.on(f"{day} 09:00")
        cases.perform(case, "accept", HANDLER, {})
        cases.perform(case, "grant", DECIDES, {})
        cases.perform(case, "issue", CLERK, {"method": method, "proof": "E1", "served_on": day})
    sequencer.sequence_all()
    measures.follow()
    figures = {of: measures.answer(f"{of}-per-case", (), SPRING)[0] for of in ("trips", "doors", "persons")}
    # Nothing for the one; for the other three days at two points with two clerks.
    assert {of: (each.numerator, each.n) for of, each in figures.items()} == {
        "trips": (3, 2),
        "doors": (2, 2),
        "persons": (2, 2),
    }
    before = shelf.library().get("item", item).before
    (cut,) = measures.answer("trips-cut", (), SPRING)
    assert (cut.numerator, cut.denominator) == (2 * before.trips - 3, 2 * before.trips)
    assert measures.holds(measures.answer("trips-cut", (), SPRING, digests=True)[0].evidence)
    measures.forget()
