"""Single sign-on against a real provider in its own process, over sockets: who is let in, and every way of not being."""

from __future__ import annotations

import urllib.parse
from typing import Any

import pytest
import requests
from django.test import Client

from qinzheng.access import accounts, oidc
from qinzheng.access.models import Account, Identity
from qinzheng.cases.engine import NotAllowed
from qinzheng.ledger import queries as ledger
from qinzheng.parties import queries as parties
from tests.accounts.conftest import Elsewhere, hidden, path_of, subject_of, went
from tests.townhall import PASSWORD, Townhall

pytestmark = pytest.mark.django_db
REFUSED = "统一身份认证没有为您打开本系统"


@pytest.fixture
def bound(city: Townhall, elsewhere: Elsewhere) -> Account:
    """The clerk, bound to ``wang`` of the provider."""
    account = Account.objects.get(login="clerk")
    accounts.bind(account, "staff", subject_of(elsewhere, "wang"), "a-security")
    return account


def logged_in(client: Client) -> bool:
    return bool(client.get("/work/").status_code == 200)


def refused(client: Client, back: str) -> None:
    answer = client.get(path_of(back))
    assert answer.status_code == 403
    assert REFUSED in answer.content.decode()
    assert not logged_in(client)


def test_the_button_is_there_where_a_provider_is_set_and_only_there(
    client: Client, city: Townhall, elsewhere: Elsewhere, settings: Any
) -> None:
    page = client.get("/login/").content.decode()
    assert 'href="/login/by/staff/"' in page
    assert "省统一身份认证" in page
    settings.OIDC = {}
    assert "/login/by/" not in client.get("/login/").content.decode()
    assert client.get("/login/by/staff/").status_code == 404
    assert client.get("/login/by/staff/back/?state=x&code=y").status_code == 404


def test_a_bound_subject_opens_its_account(client: Client, elsewhere: Elsewhere, bound: Account) -> None:
    back = went(client, elsewhere, "wang", query="?next=/cases/")
    done = client.get(path_of(back))
    assert (done.status_code, done["Location"]) == (302, "/cases/")
    assert logged_in(client)
    last = ledger.history(f"account:{bound.pseudonym}")[-1]
    assert (last.type, last.body) == ("access.logged_in", {"method": "oidc"})


def test_what_is_asked_is_the_code_flow_with_pkce_and_nonce(
    client: Client, elsewhere: Elsewhere, bound: Account
) -> None:
    asked = dict(
        urllib.parse.parse_qsl(
            urllib.parse.urlsplit(
                client.get("/login/by/staff/?scope=admin&auth_params=prompt%3Dnone")["Location"]
            ).query
        )
    )
    assert asked["response_type"] == "code"
    assert asked["code_challenge_method"] == "S256"
    assert (asked["scope"], "prompt" in asked) == ("openid", False)
    assert len({asked["state"], asked["nonce"], asked["code_challenge"]}) == 3
    again = dict(
        urllib.parse.parse_qsl(urllib.parse.urlsplit(client.get("/login/by/staff/")["Location"]).query)
    )
    assert not {asked["state"], asked["nonce"], asked["code_challenge"]} & {
        again["state"],
        again["nonce"],
        again["code_challenge"],
    }


def test_the_way_back_never_leads_outside(client: Client, elsewhere: Elsewhere, bound: Account) -> None:
    back = went(client, elsewhere, "wang", query="?next=https://evil.example/")
    assert client.get(path_of(back))["Location"] == "/work/"


def test_a_subject_that_nobody_bound_is_refused_whatever_its_name_and_address(
    client: Client, elsewhere: Elsewhere, bound: Account
) -> None:
    """``li`` is vouched for as well; an account with its login and address exists, and stays closed."""
    accounts.make_account("li", "officer", "a-test", person_id=bound.person_id)
    accounts.make_account("li@city.example", "officer", "a-test", person_id=bound.person_id)
    refused(client, went(client, elsewhere, "li"))
    assert not Identity.objects.filter(account__login__startswith="li").exists()


@pytest.mark.parametrize(
    "fault",
    ["issuer", "audience", "nonce", "expired", "unsigned", "shared_secret", "forged", "two_audiences"],
)
def test_a_token_that_proves_nothing_opens_nothing(
    client: Client, elsewhere: Elsewhere, bound: Account, fault: str
) -> None:
    assert client.get(path_of(went(Client(), elsewhere, "wang"))).status_code == 403  # of another browser
    elsewhere.misbehave(fault)
    refused(client, went(client, elsewhere, "wang"))
    elsewhere.misbehave("")
    assert client.get(path_of(went(client, elsewhere, "wang"))).status_code == 302


def test_a_provider_that_changes_its_key_is_believed_by_the_new_one(
    client: Client, elsewhere: Elsewhere, bound: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert client.get(path_of(went(client, elsewhere, "wang"))).status_code == 302
    elsewhere.misbehave("rotated")
    monkeypatch.setattr(oidc, "AGAIN_S", 0.0)
    other = Client()
    assert other.get(path_of(went(other, elsewhere, "wang"))).status_code == 302
    assert logged_in(other)


def test_a_state_serves_once_and_in_its_own_browser(
    client: Client, elsewhere: Elsewhere, bound: Account
) -> None:
    back = went(client, elsewhere, "wang")
    refused(Client(), back)
    assert client.get(path_of(back)).status_code == 302
    client.post("/logout/")
    refused(client, back)
    refused(client, "/login/by/staff/back/?code=x")
    refused(client, "/login/by/staff/back/?state=&code=x")
    sent = client.get("/login/by/staff/")["Location"]
    state = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(sent).query))["state"]
    refused(client, f"/login/by/staff/back/?state={state}&error=access_denied")
    refused(client, f"/login/by/staff/back/?state={state}&code=x")


def test_a_state_of_one_provider_is_none_of_another(
    client: Client, elsewhere: Elsewhere, bound: Account
) -> None:
    back = went(client, elsewhere, "wang")
    refused(client, back.replace("/staff/", "/citizens/"))


def test_a_login_that_took_too_long_begins_anew(
    client: Client, elsewhere: Elsewhere, bound: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    back = went(client, elsewhere, "wang")
    monkeypatch.setattr(oidc, "BEGUN_S", -1)
    refused(client, back)


def test_a_code_without_its_verifier_is_worth_nothing(
    client: Client, elsewhere: Elsewhere, bound: Account
) -> None:
    back = went(client, elsewhere, "wang")
    session = client.session
    (kept,) = session["oidc"]
    session["oidc"] = [{**kept, "verifier": "A" * 64}]
    session.save()
    refused(client, back)


def test_an_account_closed_is_out_at_its_next_request_and_does_not_come_back(
    client: Client, elsewhere: Elsewhere, bound: Account
) -> None:
    client.get(path_of(went(client, elsewhere, "wang")))
    assert logged_in(client)
    accounts.switch(bound, False, "a-system")
    assert not logged_in(client)
    refused(client, went(client, elsewhere, "wang"))
    accounts.switch(bound, True, "a-system")
    assert not logged_in(client), "the session that was ended stays ended"
    assert client.get(path_of(went(client, elsewhere, "wang"))).status_code == 302


def test_unbinding_ends_its_sessions(client: Client, elsewhere: Elsewhere, bound: Account) -> None:
    client.get(path_of(went(client, elsewhere, "wang")))
    assert logged_in(client)
    accounts.unbind(Identity.objects.get(account=bound), "a-security")
    assert not logged_in(client)
    refused(client, went(client, elsewhere, "wang"))
    accounts.bind(bound, "staff", subject_of(elsewhere, "wang"), "a-security")


def test_logging_out_leads_to_logging_out_there(client: Client, elsewhere: Elsewhere, bound: Account) -> None:
    client.get(path_of(went(client, elsewhere, "wang")))
    left = client.post("/logout/")["Location"]
    assert left.startswith(f"{elsewhere.issuer}/logout/?")
    assert not logged_in(client)
    page = elsewhere.cookies.get(left, timeout=10)
    assert page.status_code == 200, page.text
    form = {
        "allow": "1",
        **hidden(page.text),
        **dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(left).query)),
    }
    out = elsewhere.cookies.post(left, form, allow_redirects=False, timeout=10)
    assert (out.status_code, out.headers["Location"].rstrip("/")) == (302, "http://testserver")
    again = elsewhere.cookies.get(
        client.get("/login/by/staff/")["Location"], allow_redirects=False, timeout=10
    )
    assert "/login/" in again.headers["Location"], "the provider asks for the password again"
    other = Client()
    account = Account.objects.get(login="head")
    account.set_password(PASSWORD)
    account.save()
    other.post("/login/", {"login": "head", "password": PASSWORD})
    assert other.post("/logout/")["Location"] == "/", "who came by password leaves as ever"


def test_a_provider_that_is_away_or_another_says_so(
    client: Client, city: Townhall, elsewhere: Elsewhere, settings: Any
) -> None:
    settings.OIDC = {"staff": {**settings.OIDC["staff"], "issuer": "http://127.0.0.1:9/o"}}
    answer = client.get("/login/by/staff/")
    assert answer.status_code == 503
    assert "统一身份认证没有应答" in answer.content.decode()
    settings.OIDC = {"staff": {**settings.OIDC["staff"], "issuer": f"{elsewhere.issuer}/"}}
    assert client.get("/login/by/staff/").status_code == 503, (
        "it names another issuer than the one that was set"
    )


def test_a_citizen_comes_by_the_unified_identity_the_first_time_and_again(
    client: Client, city: Townhall, elsewhere: Elsewhere
) -> None:
    assert client.get(path_of(went(client, elsewhere, "zhang", "citizens")))["Location"] == "/cases/"
    account = Identity.objects.get(provider="citizens").account
    assert (account.kind, account.has_usable_password()) == ("citizen", False)
    party = parties.find_by_code("320999198001010510")
    assert party is not None
    assert party.pk == account.party
    told = "".join(str(each.body) for each in ledger.history(f"account:{account.pseudonym}"))
    assert "司马新来" not in told
    assert "320999198001010510" not in told
    other = Client()
    other.get(path_of(went(other, elsewhere, "zhang", "citizens")))
    assert Account.objects.filter(party=party.pk).count() == 1
    client.post("/logout/")
    elsewhere.fresh()
    refused(client, went(client, elsewhere, "li", "citizens"))  # vouched for without an identity number
    refused(client, went(client, elsewhere, "li"))  # nor is a citizen's word good at the door of the staff


def test_a_citizen_known_already_keeps_the_one_account(
    client: Client, city: Townhall, elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = Account.objects.get(login="citizen")
    number = parties.open_(held.party, "p-test", "subject_request")["identity_number"]
    real = oidc.finish

    def as_told(*given: Any) -> dict[str, Any]:
        return {**real(*given), "name": "欧阳试金", "identity_number": number}

    monkeypatch.setattr(oidc, "finish", as_told)
    client.get(path_of(went(client, elsewhere, "zhang", "citizens")))
    assert Identity.objects.get(provider="citizens", ended_at=None).account == held


def test_who_may_be_bound(city: Townhall, elsewhere: Elsewhere, bound: Account) -> None:
    for login, subject in (
        ("system", "7"),
        ("clerk", "8"),
        ("head", subject_of(elsewhere, "wang")),
        ("head", " "),
    ):
        with pytest.raises(NotAllowed):
            accounts.bind(Account.objects.get(login=login), "staff", subject, "a-security")
    row = Identity.objects.get(account=bound)
    assert subject_of(elsewhere, "wang") != row.subject
    assert len(row.subject) == 64


def test_the_provider_is_a_real_one(elsewhere: Elsewhere) -> None:
    """Its configuration and keys are published, and a code without PKCE is not given."""
    known = requests.get(f"{elsewhere.issuer}/.well-known/openid-configuration", timeout=10).json()
    keys = requests.get(known["jwks_uri"], timeout=10).json()["keys"]
    assert {key["kty"] for key in keys} == {"RSA"}
    assert "S256" in known["code_challenge_methods_supported"]
