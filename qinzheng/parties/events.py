"""The types of events that parties append, and the closed vocabularies in their bodies. Nothing personal."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db import connection

from qinzheng.ledger import actions as ledger
from qinzheng.ledger.actions import Appended
from qinzheng.ledger.envelope import NewEvent

REGISTERED, CHANGED, READ = "parties.registered", "parties.changed", "parties.read"
CONSENTED, WITHDRAWN = "parties.consented", "parties.consent_withdrawn"
MERGED, UNMERGED = "parties.merged", "parties.unmerged"
RESTRICTED, RELEASED = "parties.restricted", "parties.restriction_lifted"
ERASED, EXPORTED = "parties.erased", "parties.exported"
TEXT_KEPT, TEXT_ERASED = "parties.text_kept", "parties.text_erased"
LISTED, UNLISTED = "parties.listed", "parties.unlisted"
CREDIT_CHANGED = "parties.credit_changed"
COMPARED = "parties.compared"
KEY_ROTATED = "parties.key_rotated"

PURPOSES_OF_DUTY = {
    "handling": ("办理", "handling a case"),
    "serving_papers": ("送达文书", "serving official papers"),
    "supervision": ("监督检查", "supervision and inspection"),
    "register": ("登记维护", "keeping the register right"),
    "subject_request": ("应主体请求", "at the subject's own request"),
}
"""Purposes that an organ's statutory duty covers: no consent is asked. Ours; the city's lawyer checks the list."""

PURPOSES_BY_CONSENT = {
    "callback": ("回访", "calling back to ask whether it was solved"),
    "notices": ("通知提醒", "notices about progress and reminders"),
    "survey": ("测评", "surveys of satisfaction"),
    "forwarding": ("转交联系方式", "handing contact ways to the handling organization"),
    "promotion": ("政策推送", "news of policies and services"),
}
"""Purposes that need the party's consent, which it may withdraw at any time. Ours, as above."""

ERASURE_GROUNDS = {
    "purpose_achieved": ("目的已实现或不再必要", "the purpose is achieved or can no longer be"),
    "service_ended": ("停止服务或保存期限届满", "the service or the time of keeping has ended"),
    "consent_withdrawn": ("撤回同意", "consent was withdrawn"),
    "unlawful": ("违法或违约处理", "processed against law or agreement"),
    "other_law": ("法律、行政法规规定的其他情形", "another case that a law names"),
}
"""个人信息保护法 47."""

LISTS = {
    "top100": ("百强企业", "the hundred strongest enterprises"),
    "best100": ("百佳企业", "the hundred best enterprises"),
}
"""Lists that ship; a city may keep others under a code of its own."""

VAULT = "parties:vault"
"""The subject of events that concern no single party."""
AT_ONCE = 2_000
"""Events a statement: each has 15 parameters, a statement at most 65,535."""


def record(events: Sequence[NewEvent], *, recorded_at: int | None = None) -> list[Appended]:
    """Append any number of events in the caller's transaction (see ``ledger.append``)."""
    done: list[Appended] = []
    for start in range(0, len(events), AT_ONCE):
        done += ledger.append(events[start : start + AT_ONCE], recorded_at=recorded_at)
    return done


def event(type: str, subject: str, by: str, organization: str, /, **body: Any) -> NewEvent:
    """An act on a party or a text."""
    return NewEvent(type=type, subject=subject, actor=by, organization=organization, body=body)


def recorded(one: NewEvent) -> dt.datetime:
    """Append one event; the moment it was recorded."""
    return moment(record([one])[0])


def moment(appended: Appended) -> dt.datetime:
    """When an event was recorded."""
    return ledger.EPOCH + appended.recorded_at * ledger.MICROSECOND


def clock() -> dt.datetime:
    """The database's clock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now: dt.datetime = cursor.fetchone()[0]
        return now


def begin(first: Sequence[NewEvent], recorded_at: int | None) -> None:
    """The first event of each of many new subjects, by COPY."""
    at = ledger.instant(recorded_at)
    assert at is not None
    ledger.copy_in([ledger.row(one, 1, at) for one in first])
