"""Taking a rating: one for each case and service, from whoever holds the receipt or stands at the window's pad.

The event names the rated unit, the grade and whether the matter was done; neither who rated nor, unless they agree, which
case. The actor is a device, by a pseudonym of the day. Bad ratings and undone matters open a case that is called back, and
many ratings from one device within a few minutes a case in which a person looks at them.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from qinzheng.cases import actions as cases
from qinzheng.cases.about import LONGEST_TITLE, About
from qinzheng.cases.engine import NotAllowed, Who
from qinzheng.cases.models import Case
from qinzheng.definitions import shelf
from qinzheng.ledger import actions as ledger
from qinzheng.ledger import queries as events
from qinzheng.ledger.envelope import NewEvent
from qinzheng.mechanisms.ratings import queries
from qinzheng.mechanisms.ratings.queries import GIVEN, Rating, Service
from qinzheng.mechanisms.ratings.schema import ANSWERS, BAD, CALL_BACK, CHECK, COMPLAIN, DOUBT, GRADES, Scheme
from qinzheng.organizations import queries as organizations
from qinzheng.parties import keys, texts

ROLE = "rater"
"""Held by no post: no official can rate, nor open what a rating opens."""
LONGEST_WORDS = 500
DAY_US, MINUTE_US = 86_400_000_000, 60_000_000


@dataclass(frozen=True)
class Opinion:
    """What somebody says of a service. ``named``: the rated unit may know of which case."""

    grade: str
    answer: str = "unsaid"
    reasons: tuple[str, ...] = ()
    words: str = ""
    named: bool = False


def device(address: str, now: int) -> str:
    """The pseudonym of where a rating comes from: another each day, so that nobody is followed by it."""
    return f"device:{queries.derived('device', f'{shelf.day(now)} {address}').hex[:16]}"


def rate(case: Case, service: Service | None, opinion: Opinion, rater: str, channel: str) -> Rating:
    """Take a rating of a service of the case, from ``rater`` (a device). Raises :class:`NotAllowed` naming the field."""
    keys.prepare()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            now = ledger.microseconds(cursor.fetchone()[0]) or 0
        scheme = _scheme(case, service, opinion, now)
        assert service is not None
        id = queries.id_of(case, service.key)
        _alone(f"rating {id}")
        if events.event(str(id)) is not None:
            raise NotAllowed("这次服务已经评价过，只能评一次", "this service was rated already: once only")
        _alone(rater)
        words = texts.keep_text(opinion.words, f"rating:{id}", by=rater) if opinion.words.strip() else ""
        body = _body(case, service, opinion, words, channel)
        if opinion.grade in BAD or opinion.answer == "not_done":
            body["call_back"] = _call_back(case, id, body, scheme, rater, opinion.named)
        under = shelf.library().hash(scheme)
        made = NewEvent(
            type=GIVEN, subject=f"rating:{id}", body=body, procedure=case.procedure, actor=rater, under=under, id=id,
            occurred_at=now, precision="day",
        )  # fmt: skip
        ledger.append([made])
        _look_at(case, service, scheme, rater, now)
    stored = events.event(str(id))
    assert stored is not None
    return queries.read(stored)


def _scheme(case: Case, service: Service | None, opinion: Opinion, now: int) -> Scheme:
    """The scheme by which it may be rated now; raises :class:`NotAllowed` where it may not."""
    scheme = queries.scheme(shelf.day(now))
    if scheme is None or case.procedure not in scheme.procedures or case.concerns.exists():
        raise NotAllowed("这类办件不在评价之列", "cases of this kind are not rated")
    if service is None:
        raise NotAllowed(
            "办结以后、或超过期限还没办结时才能评价", "rate it once it has ended, or is past its limit"
        )
    if now - service.since > scheme.open_days * DAY_US:
        raise NotAllowed(
            f"办结已超过 {scheme.open_days} 天，不再接受评价；有意见请打 12345",
            f"it ended more than {scheme.open_days} days ago and is rated no more: call 12345 instead",
        )
    for field, value, known in (("grade", opinion.grade, GRADES), ("answer", opinion.answer, ANSWERS)):
        if value not in known:
            raise NotAllowed(f"请选一项：{'、'.join(known)}", f"choose one of {', '.join(known)}", field)
    if strange := sorted(set(opinion.reasons) - scheme.reasons.keys()):
        listed = "、".join(scheme.reasons)
        raise NotAllowed(
            f"没有原因 {strange[0]}；可用：{listed}", f"no reason {strange[0]}; known: {', '.join(scheme.reasons)}", "reasons"
        )  # fmt: skip
    if len(opinion.words.strip()) > LONGEST_WORDS or "\x00" in opinion.words:
        raise NotAllowed(
            f"不超过 {LONGEST_WORDS} 字，不含 NUL",
            f"at most {LONGEST_WORDS} characters, without NUL",
            "words",
        )
    return scheme


def _body(case: Case, service: Service, opinion: Opinion, words: str, channel: str) -> dict[str, Any]:
    """What the ledger says: the unit, the item, the grade; the case only where the rater agreed."""
    said: dict[str, Any] = {
        "unit": service.unit, "item": case.item, "town": case.town, "grade": opinion.grade, "answer": opinion.answer,
        "reasons": list(dict.fromkeys(opinion.reasons)), "words": words, "channel": channel,
        "rated_case": case.number if opinion.named else "",
    }  # fmt: skip
    return {name: value for name, value in said.items() if value}


def _call_back(
    case: Case, id: uuid.UUID, body: Mapping[str, Any], scheme: Scheme, rater: str, named: bool
) -> str:
    """Open the case in which somebody calls back; its number."""
    reasons = [scheme.reasons[each] for each in body.get("reasons", ())]
    form = {
        "unit": body["unit"], "rating": str(id), "grade": body["grade"], "answer": body["answer"],
        "reasons": "；".join(f"{each.zh} / {each.en}" for each in reasons)[:400],
        "rated_case": case.number if named else "", "words": body.get("words", ""),
    }  # fmt: skip
    return _open(case, CALL_BACK, COMPLAIN, form, queries.derived("call-back", str(id)), scheme, rater)


def _look_at(case: Case, service: Service, scheme: Scheme, rater: str, now: int) -> None:
    """Open a case in which somebody looks at the ratings of a device that gave too many; once a device and day."""
    burst = scheme.burst
    since = now - burst.within_minutes * MINUTE_US
    count = sum(event.actor == rater for event in events.recorded_since(since, GIVEN))
    if count <= burst.more_than:
        return
    key = queries.derived("check", f"{shelf.day(now)} {rater}")
    if Case.objects.filter(pk=f"case:{key}").exists():
        return
    form = {"unit": service.unit, "count": count, "minutes": burst.within_minutes}
    _open(case, CHECK, DOUBT, form, key, scheme, rater)


def _open(
    case: Case, procedure: str, act: str, form: Mapping[str, Any], key: uuid.UUID, scheme: Scheme, rater: str
) -> str:
    """A case held by the rated unit and received by the desk that calls back, about an item and never about a person."""
    item = cases.item_of(case)
    title = (item or cases.procedure_of(case)).name.zh
    desk = scheme.desk if organizations.organizations({scheme.desk}) else ""
    made = cases.open_case(
        procedure, act, Who(rater, desk, ROLE), form, key=key, about=About(title=title[:LONGEST_TITLE], town=case.town)
    )  # fmt: skip
    return made.number


def _alone(what: str) -> None:
    """Let one at a time go on from here until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [what])
