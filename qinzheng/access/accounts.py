"""The only writers of accounts: open, close, passwords, the three powers, identities, second factors.

Each leaves an event (:mod:`qinzheng.access.events`). Who may call what stands in :mod:`qinzheng.access.rules`; what no rule may
allow is refused here: two powers in one account, an administrator with a post, one's own second factor taken away by oneself.
"""

from __future__ import annotations

import datetime as dt
import secrets
from typing import Any

from allauth.mfa.models import Authenticator
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth import password_validation
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from qinzheng.access import events
from qinzheng.access.models import KINDS, POWERS, Account, Administration, FactorReset, Identity, Token
from qinzheng.cases.engine import NotAllowed
from qinzheng.ledger import actions as ledger

ALPHABET = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Of one-time passwords: nothing that a reader takes for something else (l, 1, I, 0, O, i, o)."""
ONE_TIME_LETTERS = 16


def _now() -> tuple[dt.datetime, int | None]:
    now = dt.datetime.now(dt.UTC)
    return now, ledger.microseconds(now)


# -- opened and closed --------------------------------------------------------------------------------


@transaction.atomic
def make_account(
    login: str, kind: str, by: str, *, password: str | None = None, demo: bool = False, must_change: bool = False,
    **fields: object,
) -> Account:  # fmt: skip
    """A new account. A demonstration account is refused outside demonstration mode."""
    if demo and not settings.DEMO:
        raise NotAllowed(
            "只有演示模式才能建立演示账号", "demonstration accounts exist in demonstration mode only"
        )
    if kind not in KINDS:
        raise NotAllowed(
            f"没有账号种类 {kind}，可用：{'、'.join(KINDS)}", f"no kind {kind}: {', '.join(KINDS)}", "kind"
        )
    at, told = _now()
    try:
        with transaction.atomic():
            account = Account.objects.create_user(
                login, password, kind=kind, demo=demo, must_change=must_change, created_at=at,
                password_at=at if password else None, **fields,
            )  # fmt: skip
    except IntegrityError:
        raise NotAllowed(
            f"登录名 {login} 已被使用，请换一个", f"the login {login} is taken: choose another", "login"
        ) from None
    events.note(
        "account_made", account, by, id=account.pk, kind=kind, demo=demo, at=told, must_change=must_change,
        person=account.person_id, party=account.party, login=events.veiled("login", login),
        password=events.of_password(account.password), password_at=told if password else None,
    )  # fmt: skip
    return account


@transaction.atomic
def open_with_password(login: str, kind: str, by: str, **fields: Any) -> tuple[Account, str]:
    """A new account and its one-time password, which is shown this once: it must be changed at the first login."""
    password = one_time_password()
    return make_account(login, kind, by, password=password, must_change=True, **fields), password


@transaction.atomic
def switch(account: Account, active: bool, by: str) -> None:
    """Switch an account off or on; off takes effect at its next request, and its sessions never come back."""
    account.is_active = active
    if not active:
        account.epoch += 1
    account.save(update_fields=["is_active", "epoch"])
    events.note(
        "account_switched_on" if active else "account_switched_off",
        account,
        by,
        id=account.pk,
        epoch=account.epoch,
    )


# -- passwords ----------------------------------------------------------------------------------------


def one_time_password() -> str:
    """Sixteen letters and digits by chance, with some of each."""
    while True:
        made = "".join(secrets.choice(ALPHABET) for _ in range(ONE_TIME_LETTERS))
        if all(any(kind(each) for each in made) for kind in (str.isdigit, str.isupper, str.islower)):
            return made


@transaction.atomic
def set_password(account: Account, password: str, by: str, *, must_change: bool = False) -> None:
    """Another password; every session begun with the former ends. :class:`NotAllowed` where the rules refuse it."""
    try:
        password_validation.validate_password(password, account)
    except ValidationError as why:
        raise NotAllowed("；".join(why.messages), "; ".join(why.messages), "password") from None
    at, told = _now()
    account.set_password(password)
    account.password_at, account.must_change = at, must_change
    account.save(update_fields=["password", "password_at", "must_change"])
    events.note(
        "password_set", account, by, id=account.pk, must_change=must_change, password=events.of_password(account.password),
        password_at=told,
    )  # fmt: skip


@transaction.atomic
def renew_password(account: Account, by: str) -> str:
    """A one-time password for somebody who forgot his; shown this once."""
    _ours(account)
    password = one_time_password()
    set_password(account, password, by, must_change=True)
    return password


def must_change(account: Account, at: dt.datetime) -> bool:
    """Whether the password must be changed before anything else: it is a one-time one, or older than the city allows."""
    if account.demo or not account.has_usable_password():
        return False
    days = settings.PASSWORD_DAYS
    since = account.password_at or account.created_at
    return account.must_change or bool(days and at - since >= dt.timedelta(days=days))


# -- the three powers ---------------------------------------------------------------------------------


@transaction.atomic
def grant(account: Account, power: str, by: str) -> Administration:
    """Give an account one of the three administrators' powers."""
    if power not in POWERS:
        raise NotAllowed(
            f"没有权限 {power}，可用：{'、'.join(POWERS)}",
            f"no power {power}; known: {', '.join(POWERS)}",
            "power",
        )
    if account.kind != "administrator" or account.person_id is not None:
        raise NotAllowed("管理员账号不得兼任业务岗位", "an administrator's account holds no post", "account")
    if Administration.objects.filter(account=account).exists():
        raise NotAllowed(
            "该账号已有一项管理权限，三员分立，不得兼任",
            "the account holds a power already: the three are separate",
            "power",
        )
    at, told = _now()
    made = Administration.objects.create(account=account, power=power, granted_by=by, granted_at=at)
    events.note("power_granted", account, by, id=account.pk, power=power, at=told)
    return made


@transaction.atomic
def found_administrators(logins: dict[str, str], by: str) -> dict[str, str]:
    """The first three administrators: power → one-time password. Refused where there is an administrator already."""
    if Administration.objects.exists():
        raise NotAllowed(
            "已有管理员，请由其在管理页办理", "there are administrators: they open accounts on their pages"
        )
    if sorted(logins) != sorted(POWERS) or len(set(logins.values())) != len(POWERS):
        raise NotAllowed("三员各须一个不同的登录名", "each of the three needs a login of its own", "login")
    found = {}
    for power, login in logins.items():
        account, found[power] = open_with_password(login, "administrator", by)
        grant(account, power, by)
    return found


# -- identities of other providers --------------------------------------------------------------------


def veil(provider: str, subject: str) -> str:
    """The name under which a subject of a provider is kept."""
    return events.veiled(f"identity.{provider}", subject)


@transaction.atomic
def bind(account: Account, provider: str, subject: str, by: str) -> Identity:
    """From now on this subject of the provider opens the account. Administrators log in here, with two factors."""
    if account.kind == "administrator":
        raise NotAllowed(
            "管理员不经统一身份认证登录", "administrators do not log in by another provider", "account"
        )
    subject = subject.strip()
    if not subject:
        raise NotAllowed("请填写身份编号", "name the subject", "subject")
    at, told = _now()
    try:
        with transaction.atomic():
            made = Identity.objects.create(
                account=account, provider=provider, subject=veil(provider, subject), bound_by=by, bound_at=at
            )
    except IntegrityError:
        raise NotAllowed(
            "该身份或该账号已有绑定，请先解除",
            "the subject or the account is bound already: unbind it first",
            "subject",
        ) from None
    events.note(
        "identity_bound",
        account,
        by,
        id=made.pk,
        account=account.pk,
        provider=provider,
        subject=made.subject,
        at=told,
    )
    return made


@transaction.atomic
def unbind(identity: Identity, by: str) -> None:
    """The subject opens the account no longer, nor do sessions that it began."""
    at, told = _now()
    identity.ended_at = at
    identity.save(update_fields=["ended_at"])
    account = identity.account
    account.epoch += 1
    account.save(update_fields=["epoch"])
    events.note(
        "identity_unbound", account, by, id=identity.pk, account=account.pk, at=told, epoch=account.epoch
    )


# -- lock-out and second factor -----------------------------------------------------------------------


def locked() -> list[tuple[str, dt.datetime]]:
    """(login, until) of every login that wrong passwords lock now, known here or not."""
    cool = dt.timedelta(hours=settings.AXES_COOLOFF_TIME)
    rows = AccessAttempt.objects.filter(
        failures_since_start__gte=settings.AXES_FAILURE_LIMIT, attempt_time__gt=dt.datetime.now(dt.UTC) - cool
    )
    return [(row.username or "", row.attempt_time + cool) for row in rows.order_by("-attempt_time")]


@transaction.atomic
def unlock(account: Account, by: str) -> None:
    """Let an account try its password again before the lock ends."""
    AccessAttempt.objects.filter(username=account.login).delete()
    events.note("login_unlocked", account, by)


@transaction.atomic
def ask_reset(account: Account, asker: Account) -> FactorReset:
    """Ask for a lost second factor to be taken away; another administrator must approve."""
    if account == asker:
        raise NotAllowed("不能为自己申请", "nobody asks for himself", "account")
    _ours(account)
    if FactorReset.objects.filter(account=account, approved_at=None).exists():
        raise NotAllowed("已有待批准的申请", "it has been asked already", "account")
    at, told = _now()
    asked = FactorReset.objects.create(account=account, asked_by=asker, asked_at=at)
    events.note(
        "factor_reset_asked",
        account,
        asker.pseudonym,
        id=asked.pk,
        account=account.pk,
        asked_by=asker.pk,
        at=told,
    )
    return asked


@transaction.atomic
def approve_reset(asked: FactorReset, approver: Account) -> None:
    """Approve: the second factor is gone, every session ends, and the next login sets a new one up."""
    asked = FactorReset.objects.select_for_update().select_related("account", "asked_by").get(pk=asked.pk)
    if asked.approved_at is not None:
        raise NotAllowed("这次申请已经批准过", "it has been approved already")
    if approver in (asked.asked_by, asked.account):
        raise NotAllowed("申请人和本人不得批准", "neither who asked nor whom it is for may approve")
    at, told = _now()
    asked.approved_by, asked.approved_at = approver, at
    asked.save(update_fields=["approved_by", "approved_at"])
    account = asked.account
    Authenticator.objects.filter(user=account).delete()
    account.epoch += 1
    account.save(update_fields=["epoch"])
    events.note(
        "factor_reset_approved", account, approver.pseudonym, id=asked.pk, account=account.pk,
        approved_by=approver.pk, at=told, epoch=account.epoch,
    )  # fmt: skip


def _ours(account: Account) -> None:
    """Neither an application nor a demonstration account has a password or second factor to be renewed."""
    if account.kind == "service" or account.demo:
        raise NotAllowed(
            "应用账号与演示账号没有密码",
            "applications and demonstration accounts have no password",
            "account",
        )


def logged(account: Account, what: str, method: str) -> None:
    """A login, logout, refusal or lock-out, as it happened."""
    events.note(what, account, account.pseudonym, method=method)


def clear_sessions() -> int:
    """Take away the sessions that have ended; how many there were."""
    gone, _ = Session.objects.filter(expire_date__lt=dt.datetime.now(dt.UTC)).delete()
    return int(gone)


def has_factor(account: Account) -> bool:
    """Whether the account has a second factor of its own (recovery codes alone are none)."""
    return bool(Authenticator.objects.filter(user=account, type=Authenticator.Type.TOTP).exists())


def open_tokens(account: Account) -> int:
    """How many tokens of the account open something now."""
    return Token.objects.filter(
        account=account, revoked_at=None, expires_at__gt=dt.datetime.now(dt.UTC)
    ).count()
