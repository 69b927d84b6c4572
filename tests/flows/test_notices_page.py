"""The bell and the page of notices, used by forms that need no script; what may no longer be seen is gone from all of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from qinzheng.access import actions as access
from qinzheng.access.login import BACKEND
from qinzheng.cases import actions as cases
from qinzheng.cases.models import Case
from qinzheng.definitions import shelf
from qinzheng.ledger import queries as ledger
from qinzheng.notifications import follow
from qinzheng.notifications.models import Contact, Notice
from qinzheng.organizations import actions as organizations
from tests import townhall
from tests.townhall import Townhall

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def city(django_db_setup: None, django_db_blocker: Any) -> Iterator[Townhall]:
    with django_db_blocker.unblock(), townhall.standing() as made:
        yield made


@pytest.fixture
def as_(city: Townhall, client: Client) -> Any:
    """``as_("handler")``: the browser of somebody who has logged in."""

    def logged_in(name: str) -> Client:
        client.force_login(city.accounts[name], backend=BACKEND)
        return client

    return logged_in


def tell(city: Townhall, *told: Case) -> list[Notice]:
    """Tell what happened to some cases, from the very events in the ledger; the handler's rows, the oldest first.

    These tests stand inside one transaction, whose events have no position yet: so the follower is given them.
    """
    events = [event for case in told for event in ledger.history(case.pk)]
    now = timezone.now()
    follow.write(follow.Batch(now).told(events), now)
    return list(Notice.objects.filter(recipient=city.posts["handler"]).order_by("id"))


def text(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return answer.content.decode()


def test_the_bell_counts_and_a_notice_leads_to_its_case(as_: Any, city: Townhall) -> None:
    case = townhall.opened(city)
    (row,) = tell(city, case)
    handler = as_("handler")
    assert '<span class="bell-count">1</span>' in text(handler, "/cases/")
    page = text(handler, "/notices/")
    assert f"转来办件 {case.number}" in page
    assert f'href="/notices/{row.pk}/"' in page
    assert f"cases.handed-over@{row.edition[:12]}" in page, "the definition that caused it, by its edition"
    assert "cases.handed-over" in text(handler, "/notices/?lang=en")
    assert f"Case {case.number} was handed to you" in text(handler, "/notices/?lang=en")
    gone = handler.get(f"/notices/{row.pk}/")
    assert (gone.status_code, gone["Location"]) == (302, f"/cases/{case.number}/")
    row.refresh_from_db()
    assert row.read_at is not None
    assert "bell-count" not in text(handler, "/notices/?lang=zh")
    assert case.number not in text(handler, "/notices/?show=unread")


def test_each_is_marked_by_itself_or_all_at_once(as_: Any, city: Townhall) -> None:
    rows = tell(city, *[townhall.opened(city) for _ in range(3)])
    handler = as_("handler")
    done = handler.post(f"/notices/{rows[0].pk}/read/", {"query": "show=unread"})
    assert (done.status_code, done["Location"]) == (302, "/notices/?show=unread")
    assert Notice.objects.filter(read_at=None, recipient=city.posts["handler"]).count() == 2
    again = Notice.objects.get(pk=rows[0].pk).read_at
    handler.post(f"/notices/{rows[0].pk}/read/")
    assert Notice.objects.get(pk=rows[0].pk).read_at == again, "the moment of the first reading stays"
    assert handler.post("/notices/read/", {"query": "next=//evil.example"})["Location"] == "/notices/"
    assert not Notice.objects.filter(read_at=None, recipient=city.posts["handler"]).exists()


def test_pages_by_cursor_show_each_once(as_: Any, city: Townhall) -> None:
    case = townhall.opened(city)
    (row,) = tell(city, case)
    edition = shelf.library().hash(shelf.library().get("notice", "cases.handed-over"))
    for number in range(45):
        Notice.objects.create(
            definition=row.definition, edition=edition, recipient=row.recipient, subject=case.pk,
            event=f"00000000-0000-7000-8000-{number:012}", facts=row.facts, made_at=row.made_at,
        )  # fmt: skip
    handler, seen, address = as_("handler"), [], "/notices/"
    while address:
        page = text(handler, address)
        seen += [int(part.split("/", 1)[0]) for part in page.split('<h2><a href="/notices/')[1:]]
        following = page.split('rel="next" href="', 1)[1:]
        address = "/notices/" + following[0].split('"', 1)[0].replace("&amp;", "&") if following else ""
    assert len(seen) == 46
    assert seen == sorted(set(seen), reverse=True)
    assert handler.get("/notices/?after=nonsense").status_code == 302


def test_nobody_reads_or_marks_what_is_told_to_another(as_: Any, city: Townhall) -> None:
    (row,) = tell(city, townhall.opened(city))
    for name in ("sibling", "clerk", "supervisor", "citizen", "head"):
        assert as_(name).get(f"/notices/{row.pk}/").status_code == 404
        assert as_(name).post(f"/notices/{row.pk}/read/").status_code == 404
        as_(name).post("/notices/read/")
    row.refresh_from_db()
    assert row.read_at is None


def test_revoked_while_the_page_is_open(as_: Any, city: Townhall) -> None:
    """What was read off the page before is refused after: by its link, its button, the list and the bell."""
    case = townhall.opened(city)
    (row,) = tell(city, case)
    handler = as_("handler")
    assert case.number in text(handler, "/notices/")
    today = dt.datetime.now(shelf.ZONE).date()
    organizations.relieve(city.posts["handler"], today - dt.timedelta(days=1), by="p")
    assert handler.get("/notices/").status_code == 404, "without a post there is no page of notices"
    assert handler.get(f"/notices/{row.pk}/").status_code == 404
    assert handler.post(f"/notices/{row.pk}/read/").status_code == 404
    assert "bell-count" not in handler.get("/notices/bell/").content.decode()


def test_a_case_sealed_from_the_reader_takes_its_notice_along(as_: Any, city: Townhall) -> None:
    case = townhall.opened(city)
    (row,) = tell(city, case)
    handler = as_("handler")
    assert case.number in text(handler, "/notices/")
    concerns = Case._meta.get_field("concerns").related_model
    concerns._default_manager.create(case=case, post=city.posts["handler"])
    assert case.number not in text(handler, "/notices/")
    assert "bell-count" not in text(handler, "/notices/")
    assert handler.get(f"/notices/{row.pk}/").status_code == 404


def test_an_applicant_reads_its_own_in_the_public_layout(as_: Any, city: Townhall) -> None:
    from_window = townhall.opened(city)
    cases.perform(from_window.pk, "accept", city.who("handler", "handler"), {})
    tell(city, from_window)
    page = text(as_("citizen"), "/notices/")
    assert f"您的办件 {from_window.number} 已受理" in page
    assert 'class="public"' in page
    assert from_window.number not in text(as_("other"), "/notices/")


def test_a_power_is_told_without_the_case(as_: Any, city: Townhall) -> None:
    case = townhall.opened(city)
    asked = access.ask_opening(city.user("supervisor"), case, "safety")
    access.approve_opening(city.user("leader"), asked, 5)
    access.opened(city.user("supervisor"), case)
    events = ledger.history(f"opening:{asked.pk}")
    follow.write(follow.Batch(timezone.now()).told(events), timezone.now())
    for row in Notice.objects.filter(recipient="power:security"):
        assert row.subject == ""
        assert case.number not in str(row.facts)
    assert "破窗查阅申请待批准" in text(as_("leader"), "/notices/")
    row = Notice.objects.get(recipient=city.posts["leader"])
    assert as_("leader").get(f"/notices/{row.pk}/")["Location"] == "/openings/"
    assert "您的破窗申请已批准" in text(as_("supervisor"), "/notices/")


def test_an_officer_keeps_its_own_address(as_: Any, city: Townhall) -> None:
    handler = as_("handler")
    wrong = handler.post("/notices/contacts/", {"mail": "nonsense", "sms": "0531-1234567"})
    assert wrong.status_code == 422
    assert 'id="contact-mail_error"' in wrong.content.decode()
    assert not Contact.objects.exists()
    assert (
        handler.post("/notices/contacts/", {"mail": "h@housing.example", "sms": "139 1111 2222"}).status_code
        == 302
    )
    assert set(Contact.objects.values_list("way", flat=True)) == {"mail", "sms"}
    page = text(handler, "/notices/contacts/")
    assert "h@housing.example" not in page
    assert "13911112222" not in page
    handler.post("/notices/contacts/", {"forget_sms": "on"})
    assert list(Contact.objects.values_list("way", flat=True)) == ["mail"]
