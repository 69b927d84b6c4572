"""Acting by the number and secret of a receipt: what an applicant may do, files, a complaint; and nothing else."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from qinzheng.access import receipt_holders as holders
from qinzheng.access import rules
from qinzheng.cases import actions as cases
from qinzheng.cases import attachments, receipts
from qinzheng.cases.models import Case, LookUp
from qinzheng.ledger import queries as ledger
from qinzheng.parties import queries as parties
from qinzheng.web import word
from tests import townhall, uploads
from tests.townhall import Townhall

pytestmark = pytest.mark.django_db
WORD = re.compile(r'name="word" value="([^"]+)"')
KEY = re.compile(r'name="key" value="([^"]+)"')
SECRET = re.compile(r'class="secret">([0-9A-Z-]+)<')
NUMBER = re.compile(r'class="receipt-number number">([^<]+)<')
LICENCE = "approvals.standard"


@pytest.fixture(scope="module")
def city(django_db_setup: None, django_db_blocker: Any) -> Iterator[Townhall]:
    with django_db_blocker.unblock(), townhall.standing() as made:
        yield made


@pytest.fixture(autouse=True)
def stored(settings: Any, tmp_path: Any) -> None:
    settings.FILES = str(tmp_path)


class Holder:
    """Somebody with the paper, at a browser where nobody is logged in."""

    def __init__(self, case: Case) -> None:
        self.client, self.case = Client(), case
        self.secret = receipts.issue(case, "clerk", "")
        self.read()

    def read(self) -> str:
        answer = self.client.post(reverse("progress"), {"number": self.case.number, "secret": self.secret})
        assert answer.status_code == 200
        self.page = answer.content.decode()
        self.word = WORD.findall(self.page)[0]
        return self.page

    def do(self, act: str, key: str = "", **form: str) -> Any:
        sent = {"word": self.word, "act": act, "key": key or str(uuid.uuid4()), **form}
        return self.client.post(reverse("progress-acts"), sent)

    def stands(self) -> str:
        return Case.objects.get(pk=self.case.pk).state


def licence(city: Townhall) -> Case:
    return townhall.opened(city, item=townhall.an_item("housing", LICENCE))


def acts(case: Case) -> list[tuple[str, str, str]]:
    """(act, actor, role) of what was done."""
    return [
        (e.body["act"], e.actor, e.body["role"])
        for e in ledger.history(case.pk)
        if e.type == "cases.performed"
    ]


def test_what_an_applicant_may_do_now_is_offered_and_done_by_whoever_has_the_paper(city: Townhall) -> None:
    case = licence(city)
    handler = city.who("handler", "handler")
    cases.perform(case.pk, "request_correction", handler, {"defects": "缺图纸"})
    holder = Holder(case)
    assert "提交补正材料" in holder.page
    assert holder.do("supply_correction").status_code == 200
    assert holder.stands() == "received"
    assert acts(case)[-1] == ("supply_correction", receipts.HOLDER, "applicant")
    assert "已办理：补充材料" in holder.do("supplement").content.decode()


@pytest.mark.parametrize("act", ["accept", "grant", "receive", "no_such_act"])
def test_what_is_not_an_applicants_is_not_done_by_receipt(city: Townhall, act: str) -> None:
    holder = Holder(licence(city))
    assert f'value="{act}"' not in holder.page
    assert holder.do(act).status_code == 404
    assert (holder.stands(), acts(holder.case)) == ("received", [])


def test_an_act_of_the_applicant_that_has_no_place_now_says_why(city: Townhall) -> None:
    answer = Holder(licence(city)).do("supply_correction")
    assert answer.status_code == 422
    assert "待补正" in answer.content.decode()


def test_what_ends_the_case_asks_for_the_secret_again_and_is_done_once(city: Townhall) -> None:
    holder, key = Holder(licence(city)), str(uuid.uuid4())
    for wrong in ({}, {"secret": "0" * 20}):
        assert holder.do("withdraw", key, **wrong).status_code == 422
    assert holder.stands() == "received"
    for _ in range(2):
        assert holder.do("withdraw", key, secret=holder.secret).status_code == 200
    assert holder.stands() == "withdrawn"
    assert acts(holder.case) == [("withdraw", receipts.HOLDER, "applicant")]
    assert "您可以做的" not in holder.read()


def test_guessing_the_secret_there_waits_as_anywhere(city: Townhall) -> None:
    holder = Holder(licence(city))
    LookUp.objects.all().delete()
    answers = [holder.do("withdraw", secret="0" * 20).status_code for _ in range(receipts.TRIES + 1)]
    assert answers == [*[422] * receipts.TRIES, 429]
    assert holder.stands() == "received"


def test_after_a_refusal_nothing_is_withdrawn(city: Townhall) -> None:
    case = licence(city)
    cases.perform(case.pk, "accept", city.who("clerk", "clerk"), {})
    approver = city.who("handler", "approver")
    cases.perform(case.pk, "refuse", approver, {"reasons": "不符合条件", "remedies": True})
    holder = Holder(case)
    assert "送达不予许可决定" in holder.page
    assert 'value="withdraw"' not in holder.page
    assert holder.do("withdraw", secret=holder.secret).status_code == 422
    assert holder.stands() == "refusing"


@pytest.mark.parametrize("given", ["", "nothing", None])
def test_a_word_that_is_not_ours_or_has_run_out_opens_nothing(
    city: Townhall, given: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    holder = Holder(licence(city))
    if given is None:
        monkeypatch.setattr(word, "LASTS_S", -1)
    else:
        holder.word = given
    for name in ("progress-acts", "progress-files", "progress-complaint"):
        answer = holder.client.post(reverse(name), {"word": holder.word, "act": "supplement"})
        assert (answer.status_code, answer["Location"]) == (302, reverse("progress"))
    assert acts(holder.case) == []


def test_a_file_comes_in_by_receipt_and_hostile_ones_do_not(city: Townhall) -> None:
    holder = Holder(licence(city))

    def send(name: str, content: bytes) -> int:
        file = SimpleUploadedFile(name, content)
        sent = {"word": holder.word, "material": "", "file": file}
        return int(holder.client.post(reverse("progress-files"), sent).status_code)

    assert send("身份证.pdf", uploads.pdf()) == 200
    assert (send("a.exe", b"MZ\x90"), send("a.pdf", b"not a pdf")) == (422, 422)
    (kept,) = attachments.of(case=holder.case)
    assert kept.party == city.parties["citizen"]
    page = holder.read()
    assert "已收到 1 个文件" in page
    assert "身份证.pdf" not in page, "nobody is signed in: no name of a file is shown"
    cases.perform(holder.case.pk, "withdraw", city.who("clerk", "clerk"), {})
    assert send("later.pdf", uploads.pdf()) == 422


def complain(holder: Holder, text: str, key: str = "") -> Any:
    sent = {"word": holder.word, "text": text, "key": key or str(uuid.uuid4())}
    return holder.client.post(reverse("progress-complaint"), sent)


def test_a_complaint_is_a_case_of_its_own_that_the_unit_concerned_never_sees(city: Townhall) -> None:
    holder, key = Holder(licence(city)), str(uuid.uuid4())
    pages = [complain(holder, "跑了三趟都不收件", key).content.decode() for _ in range(2)]
    numbers = {found[1] for page in pages if (found := NUMBER.search(page))}
    assert len(numbers) == 1
    made = Case.objects.get(number=numbers.pop())
    assert (made.procedure, made.organization) == ("hotline.work-order", "hotline-centre")
    assert made.parties.get().relation == "reporter"
    assert holder.case.number in made.title
    form = ledger.history(made.pk)[0].body["form"]
    assert parties.text(form["content"], "tester", "handling") == "跑了三趟都不收件"
    sees = {
        name: rules.can(city.user(name), "see", made) for name in ("agent", "supervisor", "handler", "head")
    }
    assert sees == {"agent": True, "supervisor": True, "handler": False, "head": False}
    secret = SECRET.findall(pages[-1])[0]
    followed = Client().post(reverse("progress"), {"number": made.number, "secret": secret})
    assert followed.status_code == 200
    assert complain(holder, "另一件事", key).status_code == 422, (
        "the same form with other words is not the first complaint"
    )
    assert complain(holder, "").status_code == 422


def test_no_complaint_is_offered_where_it_would_reach_whom_it_is_about(city: Townhall) -> None:
    case = townhall.opened(city)
    Case.objects.filter(pk=case.pk).update(organization="hotline-centre")
    case.refresh_from_db()
    assert holders.complained_of(case) == ""
    assert "写投诉" not in Holder(case).page
    Case.objects.filter(pk=case.pk).update(organization="housing")
    case.refresh_from_db()
    assert holders.complained_of(case) == "housing"
