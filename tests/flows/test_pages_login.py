"""Logging in: one answer for known and unknown, lock-out, second factor, idle time, switched-off and demonstration accounts."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client, RequestFactory, override_settings

from qinzheng.access import actions as access
from qinzheng.access.login import BACKEND
from qinzheng.access.middleware import reader_of
from qinzheng.access.models import Account
from qinzheng.cases.engine import NotAllowed
from qinzheng.ledger import queries as ledger
from qinzheng.organizations import actions as organizations
from tests import townhall
from tests.townhall import PASSWORD, Townhall

pytestmark = pytest.mark.django_db
WRONG = "登录名或密码不对"


@pytest.fixture(scope="module")
def city(django_db_setup: None, django_db_blocker: Any) -> Iterator[Townhall]:
    with django_db_blocker.unblock(), townhall.standing() as made:
        yield made


@pytest.fixture
def clerk(city: Townhall) -> Account:
    account = Account.objects.get(login="clerk")
    account.set_password(PASSWORD)
    account.save()
    return account


def log_in(client: Client, login: str, password: str = PASSWORD, **more: Any) -> Any:
    return client.post("/login/", {"login": login, "password": password}, **more)


def logged_in(client: Client) -> bool:
    """Whether the browser is known: the worklist asks everybody else to log in."""
    return bool(client.get("/work/").status_code != 302 or "/login/" not in client.get("/work/")["Location"])


def noted(account: Account) -> list[str]:
    """The security log of an account."""
    return [event.type.removeprefix("access.") for event in ledger.history(f"account:{account.pseudonym}")]


def test_the_page_says_what_it_must_and_leads_to_work(client: Client, clerk: Account) -> None:
    page = client.get("/login/").content.decode()
    assert "不得存储、处理国家秘密" in page
    done = log_in(client, "clerk")
    assert (done.status_code, done["Location"]) == (302, "/work/")
    assert logged_in(client)
    assert noted(clerk)[-1] == "logged_in"
    assert client.post("/logout/")["Location"] == "/"
    assert not logged_in(client)
    assert noted(clerk)[-1] == "logged_out"


def test_the_way_back_is_kept_and_never_leads_outside(client: Client, clerk: Account) -> None:
    assert client.get("/cases/")["Location"] == "/login/?next=/cases/"
    assert (
        client.post("/login/?next=/cases/", {"login": "clerk", "password": PASSWORD})["Location"] == "/cases/"
    )
    other = Client()
    done = other.post("/login/?next=https://evil.example/", {"login": "clerk", "password": PASSWORD})
    assert done["Location"] == "/work/"


def test_known_and_unknown_logins_get_one_answer(client: Client, clerk: Account) -> None:
    pages = []
    for login in ("clerk", "nobody-at-all"):
        answer = log_in(Client(), login, "not the password")
        assert answer.status_code == 200
        page = answer.content.decode()
        assert WRONG in page
        pages.append(
            page.replace(login, "LOGIN").split("csrfmiddlewaretoken")[0] + page.split("</form>", 1)[1]
        )
    assert pages[0] == pages[1]
    access.switch(clerk, False, "a-test")
    assert WRONG in log_in(Client(), "clerk").content.decode()


@pytest.mark.parametrize("login", ["clerk", "nobody-at-all"])
def test_five_wrong_passwords_lock_the_login_whoever_tries(
    city: Townhall, clerk: Account, login: str
) -> None:
    answers = [log_in(Client(), login, f"wrong {n}") for n in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 200, 429]
    assert "Retry-After" in answers[-1]
    assert "请稍等" in answers[-1].content.decode()
    locked = log_in(Client(), login)  # even the right one
    assert locked.status_code == 429
    if login == "clerk":
        assert noted(clerk).count("login_refused") >= 4


def test_thirty_idle_minutes_end_the_session(client: Client, clerk: Account) -> None:
    log_in(client, "clerk")
    assert logged_in(client)
    session = Session.objects.get(pk=client.cookies["sessionid"].value)
    left = session.expire_date - dt.datetime.now(dt.UTC)
    assert dt.timedelta(minutes=29) < left <= dt.timedelta(minutes=30)
    assert not client.cookies["sessionid"]["max-age"]
    Session.objects.filter(pk=session.pk).update(expire_date=session.expire_date - dt.timedelta(minutes=20))
    client.get("/work/")
    moved = Session.objects.get(pk=session.pk).expire_date - dt.datetime.now(dt.UTC)
    assert moved > dt.timedelta(minutes=29), "work done counts as not idle"
    Session.objects.filter(pk=session.pk).update(expire_date=dt.datetime.now(dt.UTC))
    assert not logged_in(client)


def test_an_account_switched_off_is_out_at_its_next_request(client: Client, clerk: Account) -> None:
    log_in(client, "clerk")
    assert logged_in(client)
    access.switch(clerk, False, "a-test")
    assert not logged_in(client)


def test_who_is_relieved_has_no_desk_at_its_next_request(
    client: Client, clerk: Account, city: Townhall
) -> None:
    log_in(client, "clerk")
    assert client.get("/work/").status_code == 200
    organizations.relieve(city.posts["clerk"], dt.date.today() - dt.timedelta(days=1), by="a-test")
    assert client.get("/work/").status_code == 404


def test_administrators_set_up_a_second_factor_and_are_nobody_without(client: Client, city: Townhall) -> None:
    account = Account.objects.get(login="system")
    account.set_password(PASSWORD)
    account.save()
    done = log_in(client, "system")
    assert done["Location"] == "/account/second-factor/set-up/"
    once_more = client.get(done["Location"])["Location"]
    assert "请再输入一次密码" in client.get(once_more).content.decode()
    assert WRONG in client.post(once_more, {"password": "not it"}).content.decode()
    back = {"password": PASSWORD, "next": done["Location"]}
    assert client.post(once_more, back)["Location"] == done["Location"]
    answer = client.get(done["Location"])
    assert answer.status_code == 200
    page = answer.content.decode()
    assert "<svg" in page
    assert 'src="data:' not in page
    assert power(client, account) == ""
    secret = client.session["mfa.totp.secret"]
    wrong = client.post("/account/second-factor/set-up/", {"code": "000000"})
    assert "验证码不对" in wrong.content.decode()
    right = client.post("/account/second-factor/set-up/", {"code": code(secret)})
    assert right.status_code == 302
    kept = Authenticator.objects.get(user=account, type=Authenticator.Type.TOTP)
    assert secret not in str(kept.data), "the secret is kept sealed"
    assert client.get(right["Location"]).status_code == 200
    again = Client()
    half = log_in(again, "system")
    assert half["Location"].startswith("/account/second-factor/code/")
    assert not logged_in(again)
    assert "验证码不对" in again.post(half["Location"], {"code": "000000"}).content.decode()
    cache.clear()  # a code is good once: the next one is another's
    assert again.post(half["Location"], {"code": code(secret)}).status_code == 302
    assert power(again, account) == "system"


def power(client: Client, account: Account) -> str:
    """What the rules hold the session for."""
    request = RequestFactory().get("/")
    request.session, request.user = client.session, Account.objects.get(pk=account.pk)
    return reader_of(request).power


def code(secret: str) -> str:
    """What the authenticator shows now."""
    return str(totp.format_hotp_value(totp.hotp_value(secret, int(time.time()) // 30)))


def test_demonstration_logins_exist_in_demonstrations_only(client: Client, city: Townhall) -> None:
    with pytest.raises(NotAllowed):
        access.make_account("demo-x", "officer", "a-test", demo=True)
    with override_settings(DEMO=True):
        demo = access.make_account(
            "demo-clerk",
            "officer",
            "a-test",
            demo=True,
            person_id=Account.objects.get(login="head").person_id,
            password=PASSWORD,
        )
        assert 'value="demo-clerk"' in client.get("/login/").content.decode()
        assert client.get("/demo/login/").status_code == 405
        assert client.post("/demo/login/", {"login": "clerk"}).status_code == 404
        assert client.post("/demo/login/", {"login": "demo-clerk"})["Location"] == "/work/"
        assert client.get("/work/").status_code == 200
    assert not logged_in(client), "a session begun in a demonstration opens nothing outside"
    assert 'value="demo-clerk"' not in Client().get("/login/").content.decode()
    for login in ("demo-clerk", "clerk", ""):
        assert Client().post("/demo/login/", {"login": login}).status_code == 404
    assert WRONG in log_in(Client(), "demo-clerk").content.decode()
    assert demo.demo


def test_nobody_signs_up(client: Client, city: Townhall) -> None:
    for path in ("/signup/", "/account/signup/", "/accounts/signup/"):
        assert client.get(path).status_code == 404


def test_the_session_of_a_login_is_a_new_one(client: Client, clerk: Account) -> None:
    client.get("/login/")
    session = client.session
    session["planted"] = "x"
    session.save()
    before = session.session_key
    log_in(client, "clerk")
    assert client.session.session_key != before
    client.force_login(clerk, backend=BACKEND)
    assert logged_in(client)
