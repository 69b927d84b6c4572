"""Ratings: one for each case and service, by nobody's name; bad ones are called back, many from one device are looked at."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qinzheng.cases import actions as cases
from qinzheng.cases.about import About
from qinzheng.cases.engine import NotAllowed
from qinzheng.cases.models import Case
from qinzheng.ledger import queries as ledger
from qinzheng.mechanisms.ratings import giving, queries
from qinzheng.mechanisms.ratings.giving import Opinion
from qinzheng.supervision.models import Card
from tests import townhall
from tests.townhall import Townhall

DEVICE = "device:0123456789abcdef"


@pytest.fixture(scope="module")
def city(django_db_setup: None, django_db_blocker: Any) -> Iterator[Townhall]:
    with django_db_blocker.unblock(), townhall.standing() as made:
        yield made


def ended(city: Townhall) -> Case:
    """A case of the housing department that was finished."""
    case = townhall.opened(city)
    cases.perform(case.pk, "accept", city.who("handler", "handler"), {})
    cases.perform(case.pk, "finish", city.who("handler", "handler"), {})
    return Case.objects.get(pk=case.pk)


def rated(case: Case, grade: str = "satisfied", rater: str = DEVICE, **more: Any) -> queries.Rating:
    return giving.rate(case, queries.whole(case), Opinion(grade, **more), rater, "online")


@pytest.mark.django_db
def test_a_rating_counts_for_the_unit_and_says_neither_who_nor_which_case(city: Townhall) -> None:
    case = ended(city)
    made = rated(case, answer="done", words="很快")
    assert (made.unit, made.item, made.grade, made.answer, made.call_back) == (
        "housing",
        case.item,
        "satisfied",
        "done",
        "",
    )
    (event,) = ledger.history(f"rating:{made.id}")
    assert event.actor == DEVICE
    for told in (event.raw.decode(), event.actor, event.subject):
        for who in (case.number, case.pk, case.pk.removeprefix("case:"), city.parties["citizen"], "很快"):
            assert who not in told
    assert queries.given(case) == made


@pytest.mark.django_db
def test_it_is_rated_once(city: Townhall) -> None:
    case = ended(city)
    rated(case)
    for grade in ("satisfied", "very_dissatisfied"):
        with pytest.raises(NotAllowed, match="只能评一次"):
            rated(case, grade, "device:another")


@pytest.mark.django_db
def test_what_has_not_ended_is_rated_only_once_it_is_late(city: Townhall) -> None:
    case = townhall.opened(city)
    assert queries.whole(case) is None
    with pytest.raises(NotAllowed, match="办结以后"):
        rated(case)
    cases.perform(case.pk, "withdraw", city.who("clerk", "clerk"), {})
    assert queries.whole(Case.objects.get(pk=case.pk)) is None, "who withdrew was served no outcome"


@pytest.mark.django_db
def test_a_case_past_its_limit_may_be_rated_though_it_never_ends(city: Townhall) -> None:
    item = townhall.an_item("housing", "services.matter")
    now = time.time_ns() // 1_000
    who, about = city.who("clerk", "clerk"), About(item.id, parties={"applicant": city.parties["citizen"]})
    done = cases.open_case(
        item.procedure, "receive", who, {}, occurred_at=now - 60 * giving.DAY_US, about=about
    )
    cases.perform(
        done.case, "accept", city.who("handler", "handler"), {}, occurred_at=now - 59 * giving.DAY_US
    )
    case = Case.objects.get(pk=done.case)
    assert rated(case, "very_dissatisfied", answer="not_yet").call_back


@pytest.mark.django_db
def test_a_sealed_case_is_not_rated(city: Townhall) -> None:
    case = townhall.opened(city, concerns=("water",))
    assert queries.whole(case) is None
    assert queries.at_window(case, {"administrative-approval"}) is None


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"grade": "splendid"}, "grade"), ({"answer": "perhaps"}, "answer"), ({"reasons": ("weather",)}, "reasons"),
        ({"words": "长" * 501}, "words"), ({"words": "很\x00好"}, "words"),
    ],
)  # fmt: skip
def test_what_the_scheme_does_not_know_is_refused_with_its_field(
    city: Townhall, more: dict[str, Any], field: str
) -> None:
    case = ended(city)
    with pytest.raises(NotAllowed) as refused:
        rated(case, **{"grade": "satisfied", **more})
    assert refused.value.field == field
    assert queries.given(case) is None


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("grade", "answer", "called"),
    [
        ("dissatisfied", "done", True),
        ("very_satisfied", "not_done", True),
        ("fairly_satisfied", "not_yet", False),
    ],
)
def test_a_bad_grade_or_an_undone_matter_is_called_back(
    city: Townhall, grade: str, answer: str, called: bool
) -> None:
    case = ended(city)
    made = rated(case, grade, answer=answer, reasons=("many_trips",), words="跑了三趟", named=called)
    assert bool(made.call_back) == called
    if not called:
        return
    opened = Case.objects.get(number=made.call_back)
    assert (opened.organization, opened.opened_by, opened.state) == ("housing", "hotline-centre", "open")
    form = ledger.history(opened.pk)[0].body["form"]
    assert form["rated_case"] == case.number, "the rater agreed"
    assert "跑了三趟" not in str(form)
    handler, agent = city.who("handler", "handler"), city.who("agent", "agent")
    cases.perform(opened.pk, "contact", handler, {"way": "spoke"})
    cases.perform(opened.pk, "answer", handler, {"outcome": "mended", "reply": "已改为一次办好"})
    with pytest.raises(NotAllowed):
        cases.perform(opened.pk, "call_back", handler, {"heard": "content"})
    cases.perform(opened.pk, "send_back", agent, {"reasons": "还是要跑"})
    cases.perform(opened.pk, "answer", handler, {"outcome": "explained", "reply": "这一次须本人到场"})
    cases.perform(opened.pk, "call_back", agent, {"heard": "content"})
    assert Case.objects.get(pk=opened.pk).state == "settled"
    assert queries.replied(made).startswith("text:")


@pytest.mark.django_db
def test_who_does_not_agree_is_not_named_in_the_call_back(city: Townhall) -> None:
    case = ended(city)
    opened = Case.objects.get(number=rated(case, "dissatisfied").call_back)
    told = "".join(event.raw.decode() for event in ledger.history(opened.pk))
    assert case.number not in told
    assert case.pk.removeprefix("case:") not in told
    assert not opened.parties.exists()


@pytest.mark.django_db
def test_many_ratings_from_one_device_are_a_finding_once_a_day(city: Townhall) -> None:
    for n in range(9):
        rated(ended(city), rater="device:busy")
        assert Case.objects.filter(procedure="ratings.check").count() == (0 if n < 5 else 1)
    found = Case.objects.get(procedure="ratings.check")
    assert (found.organization, found.opened_by) == ("housing", "hotline-centre")
    card = Card.objects.get(case=found.pk)
    assert (card.rule, card.level, card.organization) == ("standard.rating-in-a-burst", "warning", "housing")
    rated(ended(city), rater="device:other")
    assert Case.objects.filter(procedure="ratings.check").count() == 1


@pytest.mark.django_db
def test_a_pad_rates_each_service_of_its_window_once(city: Townhall) -> None:
    case = townhall.opened(city)
    units = {case.opened_by}
    service = queries.at_window(case, units)
    assert service is not None
    assert service.unit == case.opened_by != ""
    giving.rate(case, service, Opinion("satisfied"), "pad:1", "pad")
    with pytest.raises(NotAllowed, match="只能评一次"):
        giving.rate(case, service, Opinion("satisfied"), "pad:1", "pad")
    cases.perform(case.pk, "supplement", city.who("clerk", "clerk"), {})
    again = queries.at_window(Case.objects.get(pk=case.pk), units)
    assert again is not None
    assert again.key != service.key
    giving.rate(case, again, Opinion("satisfied"), "pad:1", "pad")
    assert queries.at_window(case, {"market"}) is None, "another unit's pad"


@settings(max_examples=50)
@given(one=st.text(max_size=40), other=st.text(max_size=40), days=st.integers(0, 2))
@pytest.mark.django_db
def test_a_device_is_known_by_another_name_each_day(one: str, other: str, days: int) -> None:
    now, later = 1_800_000_000_000_000, 1_800_000_000_000_000 + days * giving.DAY_US
    same = giving.device(one, now) == giving.device(other, later)
    assert same == (one == other and days == 0)
    assert len(giving.device(one, now)) == len("device:") + 16
