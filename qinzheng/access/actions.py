"""The only writers of rights: mandates, tokens, openings. Each leaves an event in the ledger: that is the security log.

Accounts themselves: :mod:`qinzheng.access.accounts`. Who may call what stands in :mod:`qinzheng.access.rules`; here it is
checked again that nobody approves its own opening.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from collections.abc import Sequence

from django.db import connection, transaction
from django.db.models import F

from qinzheng.access import rules
from qinzheng.access.accounts import grant, logged, make_account, switch
from qinzheng.access.events import note, noted, veiled
from qinzheng.access.models import Account, BreakGlass, Mandate, SavedView, Seen, Token
from qinzheng.access.users import User
from qinzheng.cases.engine import NotAllowed
from qinzheng.cases.models import Case
from qinzheng.ledger import actions as ledger

__all__ = [
    "REASONS", "TOKEN", "TOKEN_SCOPES", "approve_opening", "ask_opening", "digest", "grant", "issue_token", "keep_view", "logged",
    "make_account", "mandate", "opened", "readers", "revoke_mandate", "revoke_token", "runs", "seen", "switch",
]  # fmt: skip

LONGEST_OPENING = dt.timedelta(minutes=30)
REASONS = {
    "complaint_check": ("核查举报", "checking a complaint"),
    "safety": ("人身安全紧急情况", "somebody's safety"),
    "court_order": ("司法机关依法调取", "a court's order"),
    "technical": ("系统故障处置", "repairing a fault"),
}
"""The closed list of reasons for which a sealed part may be opened (ours)."""
TOKEN = "qz_"
TOKEN_SCOPES = frozenset({"read", "act", "ingest", "feed", "rate", "device"})


# -- mandates and tokens ------------------------------------------------------------------------------


@transaction.atomic
def mandate(
    account: Account,
    party: str,
    begins: dt.date,
    by: str,
    *,
    items: Sequence[str] = (),
    ends: dt.date | None = None,
) -> Mandate:
    """A firm lets a handler act for it."""
    if account.kind not in ("handler", "citizen"):
        raise NotAllowed(
            "委托只给经办人或群众的账号", "only a handler's or a citizen's account holds mandates", "account"
        )
    made = Mandate.objects.create(account=account, party=party, items=list(items), begins=begins, ends=ends)
    note(
        "mandate_given",
        account,
        by,
        id=made.pk,
        account=account.pk,
        party=party,
        items=list(items),
        begins=begins.isoformat(),
        ends=ends and ends.isoformat(),
    )
    return made


@transaction.atomic
def revoke_mandate(made: Mandate, by: str) -> None:
    """The firm takes its mandate back, from now on."""
    made.revoked_at = dt.datetime.now(dt.UTC)
    made.save(update_fields=["revoked_at"])
    note(
        "mandate_revoked",
        made.account,
        by,
        id=made.pk,
        party=made.party,
        at=ledger.microseconds(made.revoked_at),
    )


@transaction.atomic
def issue_token(
    account: Account,
    label: str,
    scopes: Sequence[str],
    days: int,
    by: str,
    *,
    organizations: Sequence[str] = (),
) -> tuple[Token, str]:
    """A token and its secret, which is shown this once: only its hash is kept."""
    unknown = sorted(set(scopes) - TOKEN_SCOPES)
    if unknown or not scopes:
        known = ", ".join(sorted(TOKEN_SCOPES))
        raise NotAllowed(f"权限范围应为 {known} 中的若干", f"scopes are some of {known}", "scopes")
    if account.kind != "service":
        raise NotAllowed("令牌只签发给应用账号", "tokens are for application accounts", "account")
    secret = TOKEN + secrets.token_urlsafe(32)
    at = dt.datetime.now(dt.UTC)
    made = Token.objects.create(
        account=account, digest=digest(secret), label=label, scopes=sorted(scopes), organizations=list(organizations),
        created_by=by, created_at=at, expires_at=at + dt.timedelta(days=days),
    )  # fmt: skip
    note(
        "token_issued", account, by, token=made.pk, account=account.pk, scopes=sorted(scopes), days=days,
        digest=made.digest.hex(), label=veiled("token", label), organizations=made.organizations,
        at=ledger.microseconds(at), expires_at=ledger.microseconds(made.expires_at),
    )  # fmt: skip
    return made, secret


@transaction.atomic
def revoke_token(token: Token, by: str) -> None:
    """The token opens nothing any more."""
    token.revoked_at = dt.datetime.now(dt.UTC)
    token.save(update_fields=["revoked_at"])
    note("token_revoked", token.account, by, token=token.pk, at=ledger.microseconds(token.revoked_at))


def digest(secret: str) -> bytes:
    """What is kept of a token: it has 256 bits of chance in it, so one hash is enough."""
    return hashlib.sha256(secret.encode()).digest()


# -- break-glass --------------------------------------------------------------------------------------


@transaction.atomic
def ask_opening(user: User, case: Case, reason: str) -> BreakGlass:
    """Ask for the sealed part of one case to be opened; somebody else must approve."""
    if not rules.can(user, "ask_opening"):
        raise NotAllowed("您不能申请破窗查阅", "you may not ask for an opening")
    if reason not in REASONS:
        raise NotAllowed("请选择事由", f"choose a reason: {', '.join(REASONS)}", "reason")
    asked = BreakGlass.objects.create(
        case=case.pk, asked_by_id=user.account, reason=reason, asked_at=dt.datetime.now(dt.UTC)
    )
    _opening("opening_asked", asked, user, asked_by=user.account, at=ledger.microseconds(asked.asked_at))
    return asked


@transaction.atomic
def approve_opening(user: User, asked: BreakGlass, minutes: int) -> None:
    """Approve: for thirty minutes at most, by another person than the one who asked."""
    if not rules.can(user, "approve", asked):
        raise NotAllowed("您不能批准破窗查阅", "you may not approve an opening")
    if asked.approved_at is not None:
        raise NotAllowed("这次申请已经批准过", "it has been approved already")
    if asked.asked_by_id == user.account:
        raise NotAllowed("申请人不得自行批准", "nobody approves what he asked for himself")
    length = dt.timedelta(minutes=minutes)
    if not dt.timedelta(0) < length <= LONGEST_OPENING:
        raise NotAllowed("时长为 1 至 30 分钟", "one to thirty minutes", "minutes")
    asked.approved_by_id, asked.approved_at = user.account, dt.datetime.now(dt.UTC)
    asked.ends_at = asked.approved_at + length
    asked.save(update_fields=["approved_by", "approved_at", "ends_at"])
    _opening(
        "opening_approved", asked, user, minutes=minutes, approved_by=user.account,
        at=ledger.microseconds(asked.approved_at), ends_at=ledger.microseconds(asked.ends_at),
    )  # fmt: skip


def opened(user: User, case: Case) -> bool:
    """Whether an approved opening of the user's runs now; each look is an event before anything is shown."""
    asked = _running(user, case)
    if asked is None:
        return False
    _opening("opening_used", asked, user)
    return True


def runs(user: User, case: Case) -> bool:
    """Whether the user could open the case now by an approved opening; asking leaves no event."""
    return _running(user, case) is not None


def _running(user: User, case: Case) -> BreakGlass | None:
    now = dt.datetime.now(dt.UTC)
    asked = BreakGlass.objects.filter(case=case.pk, asked_by=user.account or None, ends_at__gt=now)
    return asked.exclude(approved_by=None).first()


def _opening(type: str, asked: BreakGlass, user: User, **body: object) -> None:
    noted(type, f"opening:{asked.pk}", user.pseudonym, case=asked.case, reason=asked.reason, **body)


# -- who saw it ---------------------------------------------------------------------------------------


def seen(user: User, case: Case) -> None:
    """Remember that the user looked at the case: once a day and post, with how often."""
    now = dt.datetime.now(dt.UTC)
    reader = user.posts[0] if user.posts else user.pseudonym
    with connection.cursor() as cursor:
        cursor.execute(
            'INSERT INTO access_seen ("case", reader, day, first_at, times) VALUES (%s, %s, %s, %s, 1) '
            'ON CONFLICT ("case", reader, day) DO UPDATE SET times = access_seen.times + 1',
            [case.pk, reader, now.date(), now],
        )


def readers(case: Case) -> list[Seen]:
    """Who looked, newest first."""
    return list(Seen.objects.filter(case=case.pk).order_by(F("first_at").desc())[:50])


# -- what somebody keeps for itself -------------------------------------------------------------------


def keep_view(user: User, page: str, label: str, query: str) -> None:
    """Keep a list's filters by a name of the user's own; the same name again replaces them."""
    SavedView.objects.update_or_create(
        account_id=user.account, page=page, label=label, defaults={"query": query}
    )
