"""How the tables of access follow from the ledger, for ``ledger verify --projections``.

Whoever may write to the database could otherwise switch an account on, give it a power, move a login to another's account or put
in a password of his own, and leave the ledger alone. What may tell who somebody is stands in the ledger veiled
(:mod:`qinzheng.access.events`), so logins, labels and passwords are compared by :func:`check`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from qinzheng.access import events
from qinzheng.access.models import Account, Token
from qinzheng.ledger import actions as ledger
from qinzheng.ledger import queries
from qinzheng.ledger.projections import A_ROW, Difference, Projection, Rows
from qinzheng.ledger.queries import StoredEvent


def _types(*names: str) -> tuple[str, ...]:
    return tuple(f"{events.PREFIX}{name}" for name in names)


def _what(event: StoredEvent) -> str:
    return event.type.removeprefix(events.PREFIX)


ACCOUNT = _types(
    "account_made", "account_switched_on", "account_switched_off", "password_set", "identity_unbound", "factor_reset_approved"
)  # fmt: skip


def _account(rows: Rows, event: StoredEvent) -> None:
    body, what = event.body, _what(event)
    if what == "account_made":
        told = {name: body[name] for name in ("kind", "party", "must_change", "demo")}
        rows[body["id"],] = told | {
            "pseudonym": event.subject.removeprefix("account:"), "person_id": body["person"], "is_active": True,
            "epoch": 0, "password_at": ledger.instant(body["password_at"]), "created_at": ledger.instant(body["at"]),
        }  # fmt: skip
        return
    row = rows[body["account"] if "account" in body else body["id"],]
    if what == "password_set":
        row |= {"password_at": ledger.instant(body["password_at"]), "must_change": body["must_change"]}
        return
    row["epoch"] = body["epoch"]
    if what.startswith("account_switched"):
        row["is_active"] = what == "account_switched_on"


def _administration(rows: Rows, event: StoredEvent) -> None:
    body = event.body
    rows[body["id"],] = {
        "power": body["power"], "granted_by": event.actor, "granted_at": ledger.instant(body["at"]),
    }  # fmt: skip


def _identity(rows: Rows, event: StoredEvent) -> None:
    body, at = event.body, ledger.instant(event.body["at"])
    if _what(event) == "identity_bound":
        told = {name: body[name] for name in ("provider", "subject")}
        rows[body["id"],] = told | {
            "account_id": body["account"], "bound_by": event.actor, "bound_at": at, "ended_at": None,
        }  # fmt: skip
    else:
        rows[body["id"],]["ended_at"] = at


def _reset(rows: Rows, event: StoredEvent) -> None:
    body, at = event.body, ledger.instant(event.body["at"])
    if _what(event) == "factor_reset_asked":
        rows[body["id"],] = {
            "account_id": body["account"], "asked_by_id": body["asked_by"], "asked_at": at, "approved_by_id": None,
            "approved_at": None,
        }  # fmt: skip
    else:
        rows[body["id"],] |= {"approved_by_id": body["approved_by"], "approved_at": at}


def _mandate(rows: Rows, event: StoredEvent) -> None:
    body = event.body
    if _what(event) == "mandate_given":
        rows[body["id"],] = {
            "account_id": body["account"], "party": body["party"], "items": body["items"], "revoked_at": None,
            "begins": dt.date.fromisoformat(body["begins"]), "ends": body["ends"] and dt.date.fromisoformat(body["ends"]),
        }  # fmt: skip
    else:
        rows[body["id"],]["revoked_at"] = ledger.instant(body["at"])


def _token(rows: Rows, event: StoredEvent) -> None:
    body, at = event.body, ledger.instant(event.body["at"])
    if _what(event) == "token_issued":
        rows[body["token"],] = {
            "account_id": body["account"], "digest": bytes.fromhex(body["digest"]), "scopes": body["scopes"],
            "organizations": body["organizations"], "created_by": event.actor, "created_at": at,
            "expires_at": ledger.instant(body["expires_at"]), "revoked_at": None,
        }  # fmt: skip
    else:
        rows[body["token"],]["revoked_at"] = at


def _opening(rows: Rows, event: StoredEvent) -> None:
    body, key = event.body, int(event.subject.removeprefix("opening:"))
    at = ledger.instant(body["at"])
    if _what(event) == "opening_asked":
        rows[key,] = {
            "case": body["case"], "asked_by_id": body["asked_by"], "reason": body["reason"], "asked_at": at,
            "approved_by_id": None, "approved_at": None, "ends_at": None,
        }  # fmt: skip
    else:
        rows[key,] |= {
            "approved_by_id": body["approved_by"], "approved_at": at, "ends_at": ledger.instant(body["ends_at"]),
        }  # fmt: skip


PROJECTIONS = [
    Projection(
        "access_account", ("id",),
        ("pseudonym", "kind", "person_id", "party", "is_active", "must_change", "demo", "password_at", "epoch", "created_at"),
        ACCOUNT, _account,
    ),
    Projection(
        "access_administration", ("account_id",), ("power", "granted_by", "granted_at"), _types("power_granted"), _administration
    ),
    Projection(
        "access_identity", ("id",), ("account_id", "provider", "subject", "bound_by", "bound_at", "ended_at"),
        _types("identity_bound", "identity_unbound"), _identity,
    ),
    Projection(
        "access_factor_reset", ("id",), ("account_id", "asked_by_id", "asked_at", "approved_by_id", "approved_at"),
        _types("factor_reset_asked", "factor_reset_approved"), _reset,
    ),
    Projection(
        "access_mandate", ("id",), ("account_id", "party", "items", "begins", "ends", "revoked_at"),
        _types("mandate_given", "mandate_revoked"), _mandate,
    ),
    Projection(
        "access_token", ("id",),
        ("account_id", "digest", "scopes", "organizations", "created_by", "created_at", "expires_at", "revoked_at"),
        _types("token_issued", "token_revoked"), _token,
    ),
    Projection(
        "access_break_glass", ("id",),
        ("case", "asked_by_id", "reason", "asked_at", "approved_by_id", "approved_at", "ends_at"),
        _types("opening_asked", "opening_approved"), _opening,
    ),
]  # fmt: skip


def check() -> Iterator[Difference]:
    """Logins, passwords and labels of tokens that are not those that the ledger holds veiled."""
    logins, passwords, labels = _veiled()
    for account in Account.objects.order_by("pk").only("login", "password"):
        for column, expected, found in (
            ("login", logins.get(account.pk), events.veiled("login", account.login)),
            ("password", passwords.get(account.pk), events.of_password(account.password)),
        ):
            if expected is not None and expected != found:
                yield Difference("access_account", (account.pk,), column, expected, found)
    for token in Token.objects.order_by("pk").only("label"):
        expected, found = labels.get(token.pk), events.veiled("token", token.label)
        if expected is not None and expected != found:
            yield Difference("access_token", (token.pk,), "label", expected, found)
    for (account_id,) in Account.objects.exclude(pk__in=logins).values_list("pk"):
        yield Difference("access_account", (account_id,), "login", None, A_ROW)


def _veiled() -> tuple[dict[int, str], dict[int, str], dict[int, str]]:
    """What the ledger last said of each account's login and password, and of each token's label."""
    logins: dict[int, str] = {}
    passwords: dict[int, str] = {}
    labels: dict[int, str] = {}
    for event in queries.events(types=_types("account_made", "password_set", "token_issued")):
        body: dict[str, Any] = event.body
        if _what(event) == "token_issued":
            labels[body["token"]] = body["label"]
            continue
        passwords[body["id"]] = body["password"]
        if "login" in body:
            logins[body["id"]] = body["login"]
    return logins, passwords, labels
