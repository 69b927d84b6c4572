"""Lists and pages agree, and what they show is what a naive reading of the table of roles says, on random trees of units."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qinzheng.access import rules
from qinzheng.access.users import Seat, User
from qinzheng.cases.models import Case, CaseAsked, CaseConcern, CaseParty
from qinzheng.supervision.models import Card

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)
ROLES = (
    "clerk",
    "handler",
    "head_of_organ",
    "government_head",
    "supervisor",
    "appraiser",
    "leader",
    "auditor",
)


@dataclass
class City:
    """A tree of units as parents, and cases on it."""

    parents: list[int]
    cases: list[dict[str, int]] = field(default_factory=list)

    def above(self, unit: int) -> set[int]:
        """The units above a unit."""
        found = set()
        while unit:
            unit = self.parents[unit]
            found.add(unit)
        return found

    def below(self, unit: int) -> set[int]:
        """A unit and all below it."""
        return {each for each in range(len(self.parents)) if each == unit or unit in self.above(each)}


@st.composite
def cities(draw: st.DrawFn) -> City:
    """Up to seven units, four cases; -1: none."""
    size = draw(st.integers(1, 7))
    parents = [0] + [draw(st.integers(0, unit - 1)) for unit in range(1, size)]
    unit = st.integers(0, size - 1)
    case = st.fixed_dictionaries(
        {"held": unit, "opened": unit, "asked": st.integers(-1, size - 1), "concern": st.integers(-1, size - 1),
         "post": st.integers(-1, 2), "party": st.integers(-1, 2)}
    )  # fmt: skip
    return City(parents, draw(st.lists(case, max_size=4)))


def user(city: City, unit: int, role: str, post: int, party: int) -> User:
    """Somebody at a unit (none: -1) in a role, with a party of its own (none: -1)."""
    seats = (Seat(f"p-{post}", f"u{unit}", frozenset({role}), unit=f"u{unit}"),) if unit >= 0 else ()
    reach = frozenset(f"u{each}" for each in city.below(unit)) if unit >= 0 else frozenset()
    above = {f"u{each}" for each in city.above(unit)} if unit >= 0 else set()
    return User(
        account=1, kind="officer", seats=seats, own=frozenset({f"u{unit}"}) if seats else frozenset(), reach=reach, desk=reach,
        kin=reach | above, held=frozenset({f"p-{post}"}) if seats else frozenset(), parties=frozenset({f"party:{party}"} if party >= 0 else ()),
    )  # fmt: skip


def fill(city: City) -> None:
    """The rows of the cases, a card each."""
    for n, case in enumerate(city.cases):
        row = Case.objects.create(
            id=f"case:{n}", number=f"N{n}", procedure="x", edition="e", state="s", opened_at=NOW, last_seq=1,
            organization=f"u{case['held']}", opened_by=f"u{case['opened']}",
        )  # fmt: skip
        if case["asked"] >= 0:
            CaseAsked.objects.create(case=row, organization=f"u{case['asked']}")
        if case["concern"] >= 0:
            CaseConcern.objects.create(case=row, organization=f"u{case['concern']}")
        if case["post"] >= 0:
            CaseConcern.objects.create(case=row, post=f"p-{case['post']}")
        if case["party"] >= 0:
            CaseParty.objects.create(case=row, relation="applicant", party=f"party:{case['party']}")
        Card.objects.create(
            id=f"card{n}", case=row.pk, rule="r", edition="e", level="red", occurrence=1, organization=f"u{case['held']}",
            at=NOW, detail=0, issued_at=NOW,
        )  # fmt: skip


def beside(case: Case) -> dict[str, list[dict[str, str]]]:
    """What stands beside a case, read from its tables."""
    return {name: list(getattr(case, name).values()) for name in ("asked", "concerns", "parties")}


def concerned(city: City, case: dict[str, int], unit: int, post: int) -> bool:
    """Whether the case is about the user's post, its unit, or one above or below it."""
    if unit < 0:
        return False
    near = city.below(unit) | city.above(unit)
    return case["concern"] in near or case["post"] == post


def naive(city: City, case: dict[str, int], unit: int, role: str, post: int, party: int) -> dict[str, bool]:
    """The table of roles read by a person, without the rules' own words."""
    if concerned(city, case, unit, post):
        return dict.fromkeys(("see", "perform", "open_personal", "judge", "card"), False)
    office = unit >= 0 and role in ("clerk", "handler", "head_of_organ", "government_head")
    handles = office and bool({case["held"], case["opened"], case["asked"]} & city.below(unit))
    mine = party >= 0 and case["party"] == party
    watches = unit >= 0 and role in ("supervisor", "auditor")
    return {
        "see": handles or mine or watches, "perform": handles or mine,
        "open_personal": handles and role != "government_head", "judge": unit >= 0 and role == "supervisor",
        "card": (office and case["held"] in city.below(unit)) or (unit >= 0 and role in ("supervisor", "leader", "auditor")),
    }  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cities(), st.data())
def test_a_thing_is_in_the_list_exactly_where_its_page_is_open(
    db: None, city: City, data: st.DataObject
) -> None:
    unit = data.draw(st.integers(-1, len(city.parents) - 1))
    role, post = data.draw(st.sampled_from(ROLES)), data.draw(st.integers(0, 2))
    party = data.draw(st.integers(-1, 2))
    who = user(city, unit, role, post, party)
    with transaction.atomic():
        fill(city)
        for act in ("see", "perform", "open_personal", "judge"):
            listed = list(rules.scope(who, act, Case.objects.order_by("pk")).values_list("pk", flat=True))
            assert listed == [case.pk for case in Case.objects.order_by("pk") if rules.can(who, act, case)]
            said = [
                f"case:{n}"
                for n, case in enumerate(city.cases)
                if naive(city, case, unit, role, post, party)[act]
            ]
            assert listed == said, act
            read = [
                case.pk for case in Case.objects.order_by("pk") if rules.can(who, act, case, beside(case))
            ]
            assert read == listed, act
        cards = set(rules.scope(who, "see", Card.objects.all()).values_list("pk", flat=True))
        assert cards == {
            f"card{n}"
            for n, case in enumerate(city.cases)
            if naive(city, case, unit, role, post, party)["card"]
        }
        assert not rules.scope(who, "no such act", Case.objects.all()).exists()
        transaction.set_rollback(True)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.sampled_from(("applicant", "agent", "witness")), st.integers(0, 2)), max_size=3, unique_by=lambda row: row[0]),
    st.sampled_from(("", "i1", "i2")), st.frozensets(st.integers(0, 2)), st.frozensets(st.tuples(st.integers(0, 2), st.sampled_from(("i1", "i2")))),
)  # fmt: skip
def test_a_mandate_counts_alike_in_the_list_and_of_a_case_that_has_been_read(
    db: None,
    parties: list[tuple[str, int]],
    item: str,
    whole: frozenset[int],
    limited: frozenset[tuple[int, str]],
) -> None:
    who = User(
        account=1,
        kind="handler",
        parties=frozenset(f"party:{each}" for each in whole),
        limited=frozenset((f"party:{each}", of) for each, of in limited),
    )
    with transaction.atomic():
        case = Case.objects.create(
            id="case:1", number="N1", procedure="x", edition="e", state="s", opened_at=NOW, last_seq=1, organization="u", item=item
        )  # fmt: skip
        for relation, party in parties:
            CaseParty.objects.create(case=case, relation=relation, party=f"party:{party}")
        said = any(
            relation != "witness" and (party in whole or (party, item) in limited)
            for relation, party in parties
        )
        assert said == rules.can(who, "perform", case)
        assert said == rules.can(who, "perform", case, beside(case))
        transaction.set_rollback(True)
