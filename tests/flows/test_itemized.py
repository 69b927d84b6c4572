"""What an item adds to its procedure: its own form, what may stop the clock, whether it can be asked for, who decides."""

import datetime as dt
import hashlib

import pytest
import yaml

from qinzheng.cases import actions as cases
from qinzheng.cases import itemized
from qinzheng.cases.about import About
from qinzheng.cases.engine import NotAllowed
from qinzheng.cases.fields import BadForm
from qinzheng.cases.items import Item
from qinzheng.cases.models import Case
from qinzheng.definitions import actions, strict
from qinzheng.definitions.models import Edition
from qinzheng.ledger import queries
from tests import townhall
from tests.flows.licences import APPROVER, CLERK, HANDLER, LICENCE

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("consistent")]
FOOD = "market.food-business-licence"
ASKED = {"shop": "老街面馆", "area": 60}


def stands(**more):
    """The food licence said anew from 1 February 2026 on, and published."""
    was = Edition.objects.filter(kind="item", definition=FOOD).latest("id")
    said = said_by(was) | {"in_force_from": dt.date(2026, 2, 1)} | more
    text = yaml.safe_dump(said, allow_unicode=True, sort_keys=False).encode()
    draft = Edition.objects.create(
        kind="item", definition=FOOD, sha256=hashlib.sha256(text).hexdigest(), in_force_from=said["in_force_from"],
        file=was.file, place=was.place, text=text, drafted_by="a",
    )  # fmt: skip
    actions.publish([draft], "b")


def said_by(edition):
    (document,) = strict.documents(bytes(edition.text))
    return document.value


def opened(form=ASKED, item=FOOD, **about):
    return cases.open_case(LICENCE, "receive", CLERK, form, about=About(item=item, **about)).case


def special(case, procedure="testing", days=5):
    return cases.perform(case, "notify_special", HANDLER, {"procedure": procedure, "days": days})


def test_what_the_item_asks_is_part_of_the_opening_form(clock):
    for form, at in (
        ({}, {"shop", "area"}),
        ({**ASKED, "area": 0}, {"area"}),
        ({**ASKED, "colour": "红"}, {"colour"}),
    ):
        with pytest.raises(BadForm) as why:
            opened(form)
        assert set(why.value.faults) == at
    case = opened()
    (event, *_) = queries.history(case)
    assert event.body["form"] == {**ASKED, "unit": "market"}
    assert set(cases.procedure_of(Case.objects.get(pk=case)).acts["receive"].form) == {
        "unit",
        "shop",
        "area",
        "opens_on",
    }
    assert Case.objects.count() == 1


def test_long_texts_of_an_item_are_sealed(clock):
    was = Edition.objects.filter(kind="item", definition=FOOD).latest("id")
    guide = said_by(was)["guide"]
    guide["form"]["story"] = {"name": {"zh": "说明", "en": "story"}, "type": "long_text"}
    stands(guide=guide)
    case = opened({**ASKED, "story": "家里三口人开店"})
    assert queries.history(case)[0].body["form"]["story"].startswith("text:")


def test_an_item_in_short_form_asks_nothing(clock):
    plain = townhall.an_item("housing", LICENCE)
    with pytest.raises(BadForm, match="no such field"):
        opened(ASKED, item=plain.id)
    assert cases.procedure_of(Case.objects.get(pk=opened({}, item=plain.id))).acts["receive"].form.keys() == {
        "unit"
    }


def test_only_what_the_items_law_asks_for_stops_the_clock(clock):
    case = opened()
    cases.perform(case, "accept", CLERK, {})
    with pytest.raises(NotAllowed, match=r"asks for no special procedure.*art\. 45") as why:
        special(case)
    assert why.value.field == "procedure"
    item = cases.item_of(Case.objects.get(pk=case))
    way = cases.procedure_of(Case.objects.get(pk=case))
    assert itemized.narrowed(way, item, "notify_special", way.acts["notify_special"], HANDLER) is None


def test_no_longer_than_its_law_allows_in_all_and_by_the_edition_of_the_opening(clock):
    stands(special=[{"procedure": "testing", "most_days": 10, "source": ["行政许可法/45"]}])
    case = opened()
    cases.perform(case, "accept", CLERK, {})
    stands(special=[], in_force_from=dt.date(2026, 3, 3))
    clock.on("2026-03-04 09:00")
    with pytest.raises(NotAllowed, match="testing"):
        special(case, "hearing")
    special(case, days=6)
    cases.perform(case, "special_done", HANDLER, {})
    with pytest.raises(NotAllowed, match="6 told, 4 left"):
        special(case, days=5)
    assert special(case, days=4).state == "special"
    way = cases.procedure_of(Case.objects.get(pk=case))
    shown = itemized.narrowed(
        way, cases.item_of(Case.objects.get(pk=case)), "notify_special", way.acts["notify_special"], HANDLER
    )
    assert shown is not None
    assert list(shown.form["procedure"].choices) == ["testing"]
    later = opened()
    cases.perform(later, "accept", CLERK, {})
    with pytest.raises(NotAllowed, match="no special procedure"):
        special(later)


def test_an_item_not_examined_stops_by_any_and_other_acts_are_untouched(clock):
    plain = townhall.an_item("housing", LICENCE)
    case = opened({}, item=plain.id)
    cases.perform(case, "accept", CLERK, {})
    assert special(case, "hearing", 90).state == "special"
    cases.perform(case, "special_done", HANDLER, {})
    assert cases.perform(case, "grant", APPROVER, {}).state == "granted"


@pytest.mark.parametrize(
    ("turn", "said"),
    [
        ({"turn": "suspended"}, "suspended since 2026-02-10: reason"),
        ({"turn": "abolished"}, "abolished since"),
        ({"turn": "merged", "to": "housing.green"}, "merged since"),
    ],
)
def test_an_item_that_is_not_alive_opens_no_case(clock, turn, said):
    if "to" in turn:
        turn["to"] = townhall.an_item("housing", LICENCE).id
        said = f"apply for .*{turn['to']}"
    stands(life=[{"turn": "admitted", "on": dt.date(2009, 3, 1), "reason": {"zh": "进驻", "en": "in"}},
                 {**turn, "on": dt.date(2026, 2, 10), "reason": {"zh": "因", "en": "reason"}}])  # fmt: skip
    with pytest.raises(NotAllowed, match=said) as why:
        opened()
    assert why.value.field == "item"
    assert not Case.objects.exists()


def test_papers_that_came_while_it_was_alive_are_taken_in(clock):
    stands(life=[{"turn": "admitted", "on": dt.date(2009, 3, 1), "reason": {"zh": "进驻", "en": "in"}},
                 {"turn": "abolished", "on": dt.date(2026, 3, 2), "reason": {"zh": "因", "en": "reason"}}])  # fmt: skip
    before = clock.now - 86_400_000_000
    done = cases.open_case(LICENCE, "receive", CLERK, ASKED, about=About(item=FOOD), occurred_at=before)
    assert Case.objects.get(pk=done.case).organization == "market"


def test_who_decides_goes_by_the_level_on_the_day():
    turns = [
        {"turn": "delegated", "on": dt.date(2020, 1, 1), "reason": {"zh": "放", "en": "down"}, "to": "town"},
        {"turn": "taken_back", "on": dt.date(2022, 1, 1), "reason": {"zh": "收", "en": "up"}},
    ]
    item = shelf_item(level="city", decided_by={"city": "market"}, organization="reform", life=turns)
    at = [dt.date(2019, 1, 1), dt.date(2021, 1, 1), dt.date(2023, 1, 1)]
    assert [itemized.unit(item, day, "town-01") for day in at] == ["market", "town-01", "market"]
    assert itemized.unit(item, at[1], "") == "reform"


def shelf_item(**more):
    return Item.model_validate({
        "kind": "item", "id": "test.item", "name": {"zh": "事", "en": "item"}, "in_force_from": dt.date(2004, 1, 1),
        "checked_on": dt.date(2026, 1, 1), "source": ["ours/thresholds"], "basis": "ours", "sort": "licence",
        "procedure": LICENCE, **more,
    })  # fmt: skip
