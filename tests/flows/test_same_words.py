"""A key says the same twice or is refused: texts that are kept sealed are compared too, and what the case is about."""

import uuid

import pytest

from qinzheng.cases import actions as cases
from qinzheng.cases.about import About
from qinzheng.cases.actions import AnotherEvent
from qinzheng.cases.engine import Who
from qinzheng.cases.models import Case
from qinzheng.ledger import queries
from qinzheng.parties import texts
from tests.flows.licences import CLERK, HANDLER, received

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("consistent")]
CALL = "hotline.work-order"


def called(key, said="路灯不亮", **about):
    return cases.open_case(CALL, "call", CLERK, {"content": said}, key=key, about=About(**about))


def test_the_same_words_again_find_the_case_and_other_words_are_refused(clock):
    key = uuid.uuid4()
    first = called(key)
    assert (called(key).new, called(key, " 路灯不亮 ").case) == (False, first.case)
    for said in ("路灯亮了", ""):
        with pytest.raises(AnotherEvent, match="form"):
            called(key, said)
    assert Case.objects.count() == 1


@pytest.mark.parametrize("about", [{"title": "另一件事"}, {"town": "town-02"}, {"concerns": ["water"]}])
def test_the_same_words_about_something_else_are_refused(clock, about):
    key = uuid.uuid4()
    called(key, title="路灯", town="town-01")
    with pytest.raises(AnotherEvent, match=next(iter(about))):
        called(key, **{"title": "路灯", "town": "town-01", **about})


def test_an_act_with_other_words_is_refused_and_nothing_is_left_of_it(clock):
    case, key = received(clock), uuid.uuid4()
    for _ in range(2):
        cases.perform(case, "request_correction", HANDLER, {"defects": "缺图纸"}, key=key)
    with pytest.raises(AnotherEvent, match="form"):
        cases.perform(case, "request_correction", HANDLER, {"defects": "缺身份证"}, key=key)
    with pytest.raises(AnotherEvent, match="actor"):
        cases.perform(
            case, "request_correction", Who("x", "住建局", "handler"), {"defects": "缺图纸"}, key=key
        )
    assert [event.body["act"] for event in queries.history(case) if event.type == "cases.performed"] == [
        "request_correction"
    ]


def test_what_was_erased_can_no_longer_be_compared(clock):
    key = uuid.uuid4()
    done = called(key)
    texts.erase_text(queries.history(done.case)[0].body["form"]["content"], by="a-party")
    assert called(key, "随便什么").case == done.case
