"""A city runs its accounts on pages: opened, given a power, bound, locked, closed; each power its own part; all in the log."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from allauth.account.internal.flows import login as records
from allauth.mfa.totp.internal import auth as totp
from django.test import Client

from qinzheng.access import accounts
from qinzheng.access.login import BACKEND
from qinzheng.access.models import Account, FactorReset, Identity, Token
from qinzheng.organizations.models import Person
from tests.flows.test_pages_login import log_in
from tests.townhall import BY, PASSWORD, Townhall

pytestmark = pytest.mark.django_db


def administrator(power: str) -> Client:
    """A browser of an administrator with both factors given."""
    account = Account.objects.get(login=power)
    if not accounts.has_factor(account):
        totp.TOTP.activate(account, totp.generate_totp_secret())
    client = Client()
    client.force_login(account, backend=BACKEND)
    session = client.session
    session[records.AUTHENTICATION_METHODS_SESSION_KEY] = [{"method": "mfa", "at": time.time()}]
    session[records._AUTHENTICATION_METHODS_USER_SESSION_KEY] = str(account.pk)
    session.save()
    return client


@pytest.fixture
def three(city: Townhall) -> dict[str, Client]:
    return {power: administrator(power) for power in ("system", "security", "audit")}


def do(client: Client, account: Account, act: str, **form: str) -> Any:
    return client.post(f"/admin/accounts/{account.pk}/acts/", {"act": act, **form})


def password_on(page: Any) -> str:
    """The one-time password that a page shows."""
    (found,) = re.findall(r"<code>([A-Za-z0-9]{16})</code>", page.content.decode())
    return str(found)


def test_an_officer_is_let_in_and_out_again(three: dict[str, Client], city: Townhall) -> None:
    system = three["system"]
    person = Person.objects.get(pk=city.accounts["clerk"].person_id)
    person.number = "WH-0042"
    person.save()
    page = system.post("/admin/accounts/new/", {"login": "zhao.er", "kind": "officer", "person": "WH-0042"})
    password = password_on(page)
    account = Account.objects.get(login="zhao.er")
    assert (account.person_id, account.must_change) == (person.pk, True)
    officer = Client()
    assert log_in(officer, "zhao.er", password)["Location"] == "/account/password/"
    officer.post(
        "/account/password/",
        {"oldpassword": password, "password1": "A better horse 42", "password2": "A better horse 42"},
    )
    assert officer.get("/work/").status_code == 200
    again = password_on(do(system, account, "renew"))
    assert again != password
    assert officer.get("/work/")["Location"].startswith("/login/")
    assert do(system, account, "close").status_code == 302
    assert "登录名或密码不对" in log_in(Client(), "zhao.er", again).content.decode()
    assert do(system, account, "close").status_code == 404, "it is off already"
    assert do(system, account, "open").status_code == 302
    assert log_in(Client(), "zhao.er", again).status_code == 302
    assert "zhao.er" in system.get("/admin/accounts/?q=WH-0042").content.decode()
    assert "zhao.er" not in system.get("/admin/accounts/?kind=citizen").content.decode()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"login": "clerk", "kind": "officer", "person": "x"}, "已被使用"),
        ({"login": "bad name!", "kind": "officer", "person": "x"}, "只用字母"),
        ({"login": "somebody", "kind": "officer", "person": "no such"}, "没有这个工号"),
        ({"login": "somebody", "kind": "administrator", "person": "x"}, "请留空"),
        ({"login": "somebody", "kind": "service", "person": ""}, "somebody"),
        ({}, "必填"),
    ],
)  # fmt: skip
def test_what_cannot_be_opened_is_told_at_its_field(
    three: dict[str, Client], given: dict[str, str], said: str
) -> None:
    before = Account.objects.count()
    answer = three["system"].post("/admin/accounts/new/", given)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert Account.objects.count() == before


def test_a_new_administrator_takes_two(three: dict[str, Client]) -> None:
    """The system administrator opens the account, the security administrator gives the power; neither can do the other's."""
    three["system"].post("/admin/accounts/new/", {"login": "audit.2", "kind": "administrator"})
    made = Account.objects.get(login="audit.2")
    assert do(three["system"], made, "grant", power="audit").status_code == 404
    assert do(three["security"], made, "grant", power="nothing").status_code == 422
    assert do(three["security"], made, "grant", power="audit").status_code == 302
    assert made.administration.power == "audit"
    assert do(three["security"], made, "grant", power="system").status_code == 404


def test_each_power_does_its_own_and_nobody_acts_on_himself(three: dict[str, Client]) -> None:
    clerk = Account.objects.get(login="clerk")
    for power, acts in (
        ("security", ("close", "renew")),
        ("audit", ("close", "renew", "unlock", "bind", "reset", "grant")),
    ):
        for act in acts:
            assert do(three[power], clerk, act).status_code == 404, (power, act)
    for power in three:
        assert do(three[power], Account.objects.get(login=power), "close").status_code == 404
        assert do(three[power], clerk, "nonsense").status_code == 404
    assert three["audit"].get("/admin/accounts/new/").status_code == 404
    page = three["audit"].get(f"/admin/accounts/{clerk.pk}/").content.decode()
    assert 'name="act"' not in page


def test_a_locked_login_is_listed_and_unlocked(three: dict[str, Client]) -> None:
    clerk = Account.objects.get(login="clerk")
    accounts.set_password(clerk, PASSWORD, BY)
    for login in ("clerk", "no-such-login"):
        for n in range(5):
            log_in(Client(), login, f"wrong {n}")
    assert log_in(Client(), "clerk").status_code == 429
    page = three["security"].get("/admin/").content.decode()
    assert f"/admin/accounts/{clerk.pk}/" in page
    assert "no-such-login" in page
    assert do(three["system"], clerk, "unlock").status_code == 404
    assert do(three["security"], clerk, "unlock").status_code == 302
    assert log_in(Client(), "clerk").status_code == 302


def test_a_lost_second_factor_is_reset_by_two(three: dict[str, Client]) -> None:
    clerk = Account.objects.get(login="clerk")
    totp.TOTP.activate(clerk, totp.generate_totp_secret())
    assert do(three["security"], clerk, "reset").status_code == 302
    asked = FactorReset.objects.get(account=clerk)
    assert three["security"].post(f"/admin/resets/{asked.pk}/").status_code == 404
    assert "批准：请先当面核实本人" not in three["security"].get("/admin/").content.decode()
    assert "批准：请先当面核实本人" in three["audit"].get("/admin/").content.decode()
    assert three["audit"].post(f"/admin/resets/{asked.pk}/").status_code == 302
    assert not accounts.has_factor(clerk)


def test_an_identity_is_bound_by_the_security_administrator(three: dict[str, Client], settings: Any) -> None:
    clerk = Account.objects.get(login="clerk")
    assert do(three["security"], clerk, "bind", provider="staff", subject="u-1").status_code == 404, (
        "no provider is set"
    )
    settings.OIDC = {"staff": {"name": "统一身份认证", "issuer": "https://idp.example", "client_id": "x"}}
    assert do(three["security"], clerk, "bind", provider="staff", subject="").status_code == 422
    assert do(three["security"], clerk, "bind", provider="staff", subject="u-1").status_code == 302
    assert do(three["security"], clerk, "bind", provider="staff", subject="u-2").status_code == 422
    assert "统一身份认证" in three["system"].get(f"/admin/accounts/{clerk.pk}/").content.decode()
    assert do(three["security"], clerk, "unbind").status_code == 302
    assert not Identity.objects.filter(account=clerk, ended_at=None).exists()
    page = three["security"].get(f"/admin/accounts/{Account.objects.get(login='audit').pk}/").content.decode()
    assert 'value="bind"' not in page


def test_a_token_is_issued_shown_once_and_revoked(three: dict[str, Client]) -> None:
    service = accounts.make_account("machine", "service", BY)
    form = {"account": service.pk, "label": "投资平台", "scopes": ["read"], "days": 30}
    page = three["security"].post("/admin/tokens/new/", form).content.decode()
    (secret,) = re.findall(r"qz_[A-Za-z0-9_-]+", page)
    token = Token.objects.get(account=service)
    assert secret not in three["security"].get("/admin/tokens/").content.decode()
    assert three["security"].post("/admin/tokens/new/", {**form, "days": 999}).status_code == 422
    assert three["security"].post("/admin/tokens/new/", {**form, "account": 0}).status_code == 422
    assert three["system"].post(f"/admin/tokens/{token.pk}/").status_code == 404
    assert three["security"].post(f"/admin/tokens/{token.pk}/").status_code == 302
    assert three["security"].post(f"/admin/tokens/{token.pk}/").status_code == 404


def test_the_security_log_names_each_of_these_and_only_the_audit_administrator_reads_it(
    three: dict[str, Client],
) -> None:
    clerk = Account.objects.get(login="clerk")
    accounts.set_password(clerk, PASSWORD, BY)
    log_in(Client(), "clerk", "wrong")
    log_in(Client(), "clerk")
    page = three["audit"].get("/admin/log/").content.decode()
    for words in ("登录被拒", "设置密码", "开立账号"):
        assert words in page
    refused = three["audit"].get("/admin/log/?what=login_refused").content.decode()
    rows = refused.split("<tbody", 1)[1].split("</tbody>")[0]
    assert "登录被拒" in rows
    assert "开立账号" not in rows
    assert "login refused" in three["audit"].get("/admin/log/?lang=en").content.decode()
    assert "<tbody" not in three["audit"].get("/admin/log/?day=2020-01-01").content.decode()
    assert three["audit"].get("/admin/log/?day=rubbish&what=rubbish").status_code == 200
    for power in ("system", "security"):
        assert three[power].get("/admin/log/").status_code == 404


def test_the_link_stands_in_the_navigation_of_administrators_only(three: dict[str, Client]) -> None:
    assert 'href="/admin/"' in three["system"].get("/admin/").content.decode()
    clerk = Client()
    clerk.force_login(Account.objects.get(login="clerk"), backend=BACKEND)
    assert 'href="/admin/"' not in clerk.get("/work/").content.decode()
