"""What must be done before anything else, at every request; sessions that end; rules of passwords; the three kept apart."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.core.cache import cache
from django.core.cache.backends.db import DatabaseCache
from django.db import IntegrityError, transaction
from django.test import Client, override_settings
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from qinzheng.access import accounts, actions
from qinzheng.access.login import BACKEND
from qinzheng.access.models import POWERS, Account, Administration, FactorReset
from qinzheng.access.passwords import kinds_of
from qinzheng.cases.engine import NotAllowed
from qinzheng.ledger import queries as ledger
from tests.flows.test_pages_login import code, log_in, noted
from tests.townhall import BY, PASSWORD, Townhall

pytestmark = pytest.mark.django_db
CHANGE, SET_UP, GIVE = "/account/password/", "/account/second-factor/set-up/", "/account/second-factor/again/"
NEW = "A better horse 42"


@pytest.fixture
def fresh(city: Townhall) -> tuple[Account, str]:
    """An officer's account just opened, with its one-time password."""
    return accounts.open_with_password("fresh", "officer", BY, person_id=city.accounts["clerk"].person_id)


def test_a_one_time_password_opens_nothing_but_its_change(client: Client, fresh: tuple[Account, str]) -> None:
    account, password = fresh
    assert log_in(client, "fresh", password)["Location"] == CHANGE
    for page in ("/work/", "/cases/", "/", "/account/second-factor/set-up/"):
        assert client.get(page)["Location"] == CHANGE
    assert (
        client.post(reverse("saved-views"), {"page": "cases", "label": "x", "query": "y"})["Location"]
        == CHANGE
    )
    part = client.get("/work/", headers={"HX-Request": "true"})
    assert (part.status_code, part["HX-Redirect"], part.content) == (200, CHANGE, b"")
    assert client.get(CHANGE).status_code == 200
    for wrong in (password, "short1A", "onlysmallletters"):
        answer = client.post(CHANGE, {"oldpassword": password, "password1": wrong, "password2": wrong})
        assert answer.status_code == 200, wrong
        assert client.get("/work/")["Location"] == CHANGE
    done = client.post(CHANGE, {"oldpassword": password, "password1": NEW, "password2": NEW})
    assert done.status_code == 302
    assert client.get("/work/").status_code == 200
    assert noted(account)[-1] == "password_set"
    assert NEW not in str([each.body for each in ledger.history(f"account:{account.pseudonym}")])


def test_a_duty_that_arises_meanwhile_holds_at_the_next_request(client: Client, city: Townhall) -> None:
    clerk = Account.objects.get(login="clerk")
    client.force_login(clerk, backend=BACKEND)
    assert client.get("/work/").status_code == 200
    Account.objects.filter(pk=clerk.pk).update(must_change=True)
    assert client.get("/work/").status_code == 200, (
        "an account without a password of its own has none to change"
    )
    accounts.set_password(clerk, PASSWORD, BY)
    client.force_login(clerk, backend=BACKEND)
    Account.objects.filter(pk=clerk.pk).update(must_change=True)
    assert client.get("/work/")["Location"] == CHANGE


def test_an_old_password_must_be_changed(client: Client, city: Townhall, settings: Any) -> None:
    clerk = Account.objects.get(login="clerk")
    accounts.set_password(clerk, PASSWORD, BY)
    client.force_login(clerk, backend=BACKEND)
    old = dt.datetime.now(dt.UTC) - dt.timedelta(days=settings.PASSWORD_DAYS, seconds=1)
    Account.objects.filter(pk=clerk.pk).update(password_at=old)
    assert client.get("/work/")["Location"] == CHANGE
    settings.PASSWORD_DAYS = 0
    assert client.get("/work/").status_code == 200


def test_another_password_ends_every_other_session(client: Client, city: Townhall) -> None:
    clerk = Account.objects.get(login="clerk")
    accounts.set_password(clerk, PASSWORD, BY)
    other = Client()
    for each in (client, other):
        log_in(each, "clerk")
        assert each.get("/work/").status_code == 200
    client.post(CHANGE, {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW})
    assert client.get("/work/").status_code == 200, "the one that changed it goes on"
    assert other.get("/work/")["Location"].startswith("/login/")
    given = accounts.renew_password(clerk, BY)
    assert client.get("/work/")["Location"].startswith("/login/")
    assert log_in(Client(), "clerk", given)["Location"] == CHANGE


def with_factor(account: Account) -> Any:
    """The secret of a second factor, set up."""
    secret = totp.generate_totp_secret()
    totp.TOTP.activate(account, secret)
    return secret


@pytest.mark.parametrize("power", sorted(POWERS))
def test_administrators_do_nothing_without_their_second_factor(
    client: Client, city: Townhall, power: str
) -> None:
    account = Account.objects.get(login=power)
    accounts.set_password(account, PASSWORD, BY)
    client.force_login(account, backend=BACKEND)
    for page in (
        "/admin/",
        "/admin/accounts/",
        "/admin/health/",
        "/admin/log/",
        "/admin/tokens/",
        "/",
        "/cases/",
    ):
        assert client.get(page)["Location"] == SET_UP
    assert client.post("/admin/accounts/new/", {})["Location"] == SET_UP
    secret = with_factor(account)
    assert client.get("/admin/")["Location"] == GIVE, "set up, but not given in this session"
    assert client.post(GIVE, {"code": "000000"}).status_code == 200
    assert client.get("/admin/")["Location"] == GIVE
    cache.clear()
    assert client.post(GIVE, {"code": code(secret)}).status_code == 302
    assert client.get("/admin/").status_code == 200
    Authenticator.objects.filter(user=account).delete()
    assert client.get("/admin/")["Location"] == SET_UP, "taken away: at the next request"


def test_a_code_that_was_used_is_used_for_every_process(client: Client, city: Townhall) -> None:
    account = Account.objects.get(login="system")
    accounts.set_password(account, PASSWORD, BY)
    secret = with_factor(account)
    given = code(secret)
    client.force_login(account, backend=BACKEND)
    assert client.post(GIVE, {"code": given}).status_code == 302
    factor = totp.TOTP(Authenticator.objects.get(user=account))
    another_process = DatabaseCache("access_cache", {})
    assert another_process.get(factor._get_used_cache_key(given)) is not None
    elsewhere = Client()
    elsewhere.force_login(account, backend=BACKEND)
    assert elsewhere.post(GIVE, {"code": given}).status_code == 200, "asked again, not let in"
    assert elsewhere.get("/admin/")["Location"] == GIVE


def test_a_city_may_demand_it_of_officers_too(client: Client, city: Townhall, settings: Any) -> None:
    client.force_login(Account.objects.get(login="clerk"), backend=BACKEND)
    settings.SECOND_FACTOR_FOR = ("officer",)
    assert client.get("/work/")["Location"] == SET_UP


def test_a_second_factor_is_taken_away_by_two_others(client: Client, city: Townhall) -> None:
    clerk, security, audit = (Account.objects.get(login=name) for name in ("clerk", "security", "audit"))
    accounts.set_password(clerk, PASSWORD, BY)
    secret = with_factor(clerk)
    half = log_in(client, "clerk")
    cache.clear()
    client.post(half["Location"], {"code": code(secret)})
    assert client.get("/work/").status_code == 200
    with pytest.raises(NotAllowed):
        accounts.ask_reset(clerk, clerk)
    asked = accounts.ask_reset(clerk, security)
    for nobody in (security, clerk):
        with pytest.raises(NotAllowed):
            accounts.approve_reset(asked, nobody)
        with pytest.raises(IntegrityError), transaction.atomic():
            FactorReset.objects.filter(pk=asked.pk).update(approved_by=nobody)
    assert accounts.has_factor(clerk)
    accounts.approve_reset(asked, audit)
    assert not accounts.has_factor(clerk)
    assert client.get("/work/")["Location"].startswith("/login/"), "its sessions are over"
    with pytest.raises(NotAllowed):
        accounts.approve_reset(asked, audit)
    assert {"factor_reset_asked", "factor_reset_approved"} <= set(noted(clerk))


def test_the_three_exclude_one_another_and_every_post(city: Townhall) -> None:
    system = Account.objects.get(login="system")
    for power in POWERS:
        with pytest.raises(NotAllowed):
            actions.grant(system, power, BY)
        with pytest.raises(IntegrityError), transaction.atomic():
            Administration.objects.create(
                account=system, power=power, granted_by=BY, granted_at=dt.datetime.now(dt.UTC)
            )
    with pytest.raises(NotAllowed):
        actions.grant(Account.objects.get(login="clerk"), "audit", BY)
    for wrong in ({"person": Account.objects.get(login="clerk").person}, {"party": "p-1"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Account.objects.filter(login="audit").update(**wrong)
    with pytest.raises(IntegrityError), transaction.atomic():
        Administration.objects.filter(account=system).update(power="root")
    assert city.user("system").seats == ()


def test_there_are_no_accounts_but_those_that_somebody_opened(client: Client, db: None) -> None:
    """No default account: the first three administrators are made by a command, once, each with a one-time password."""
    Administration.objects.all().delete()
    given = accounts.found_administrators({power: f"first-{power}" for power in POWERS}, BY)
    assert len(set(given.values())) == 3
    for power, password in given.items():
        assert log_in(Client(), f"first-{power}", password)["Location"] == CHANGE
    with pytest.raises(NotAllowed):
        accounts.found_administrators({power: f"second-{power}" for power in POWERS}, BY)
    for names in ({"system": "a", "security": "a", "audit": "b"}, {"system": "a"}):
        Administration.objects.all().delete()
        with pytest.raises(NotAllowed):
            accounts.found_administrators(names, BY)


def test_a_demonstration_asks_for_nothing(client: Client, city: Townhall) -> None:
    with override_settings(DEMO=True):
        made = accounts.make_account("demo-security-2", "administrator", BY, demo=True)
        accounts.grant(made, "security", BY)
        assert client.post("/demo/login/", {"login": "demo-security-2"})["Location"] == "/admin/"
        assert client.get("/admin/").status_code == 200


@given(st.text(max_size=30))
def test_kinds_of_characters(password: str) -> None:
    found = kinds_of(password)
    assert 0 <= found <= 4
    assert kinds_of(password + "aA1 ") == 4
    assert found <= kinds_of(password + "x")


def test_one_time_passwords_keep_the_rules() -> None:
    made = {accounts.one_time_password() for _ in range(200)}
    assert len(made) == 200
    assert all(len(each) == 16 and kinds_of(each) >= 3 and not set(each) & set("l1IoO0i") for each in made)
