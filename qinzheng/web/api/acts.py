"""Acts through the API: opening a case, doing an act, noting an outside number. The idempotency key is the event's id."""

from __future__ import annotations

import contextlib
import datetime as dt
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.http import HttpResponse
from ninja import Status
from ninja.decorators import decorate_view

from qinzheng.access import acting, rules
from qinzheng.access.rules import OFFICE
from qinzheng.access.users import User
from qinzheng.cases import actions, queries
from qinzheng.cases import acts as told
from qinzheng.cases.about import About
from qinzheng.cases.actions import AnotherEvent, NoSuchCase, NotAllowed
from qinzheng.cases.doors import Changed, Rows, Standing, Statement
from qinzheng.cases.engine import Who
from qinzheng.cases.models import Case
from qinzheng.cases.schema import Act, Procedure
from qinzheng.definitions import shelf
from qinzheng.ledger import actions as ledger
from qinzheng.ledger import queries as events
from qinzheng.mechanisms.points import receiving
from qinzheng.web.api import asked as asks
from qinzheng.web.api import known, shapes
from qinzheng.web.api.door import ApiRequest, Bearer, key_of, refused, router
from qinzheng.web.api.problems import Problem, not_found
from qinzheng.web.api.straight import straight

REPLAYED = "Idempotency-Replayed"
ATTEMPTS = 3
"""By remembered rights, by rights found anew, and once more where they changed in between."""


@router.post("/cases", auth=Bearer("open"), response={201: shapes.Done}, operation_id="open_case")
@decorate_view(straight)
def open_case(request: ApiRequest, response: HttpResponse, new: asks.NewCase) -> Status[Any]:
    """Open a case by its opening act."""
    done = _opened(request, new, keyed(request))
    if not done.new:
        told_of = new.model_dump(
            include={"item", "title", "town", "parties", "concerns", "outside", "variant", "promised"}
        )
        told_of["promised"] = sorted(new.promised)
        if not new.variant:
            del told_of["variant"]  # then the case may have been given one
        _same(done, new, told_of)
    response["Location"] = f"{request.path}/{done.number}"
    return Status(201, _done(response, done))


def _opened(request: ApiRequest, new: asks.NewCase, key: uuid.UUID) -> told.Done:
    """Open it by the rights that are remembered, if they still stand; else by those found anew."""
    about = About(new.item, new.title, new.town, new.parties, new.concerns, promised=sorted(new.promised))
    for attempt in range(ATTEMPTS):
        found = request.rule.enter(request.shown) if attempt else request.shown.remembered()
        if found is None:
            continue
        stands, caller = found
        try:
            request.rule.check(caller.user)
            known.check(new)
            today = dt.datetime.now(shelf.ZONE).date()
            who = _who(
                caller.user, shelf.in_force("procedure", new.procedure, today).definition, new.act, None
            )
        except Exception:
            if attempt:
                raise
            continue  # whoever is refused is refused by rights found anew
        open_ = partial(
            actions.open_case, new.procedure, new.act, who, new.form, key=key, precision=new.precision,
            reported_at=_us(new.reported_at), outside=new.outside, variant=new.variant, about=about,
            standing=Standing(request.shown.asks, stands),
        )  # fmt: skip
        with contextlib.suppress(Changed):
            if new.put_in is not None:
                return receiving.taken(new.point, new.put_in, who, partial(_received, open_))
            return open_(occurred_at=_us(new.occurred_at))
    raise refused()


def _received(open_: Callable[..., told.Done], at: int) -> told.Done:
    return open_(occurred_at=at)


@router.post(
    "/cases/{number}/acts", auth=Bearer("perform", Case), response={200: shapes.Done}, operation_id="perform"
)
@decorate_view(straight)
def perform(request: ApiRequest, response: HttpResponse, number: str, new: asks.NewAct) -> dict[str, Any]:
    """Do one act on a case."""
    key = keyed(request)
    try:
        done = actions.perform_for(
            _Asker(request, new.act), number, new.act, new.form, key=key, occurred_at=_us(new.occurred_at),
            precision=new.precision, reported_at=_us(new.reported_at),
        )  # fmt: skip
    except (NoSuchCase, _Hidden):
        _, caller = request.rule.enter(request.shown)
        done = _done_here(caller.user, number, new, key)
    if not done.new:
        _same(done, new, {})
    return _done(response, done)


def keyed(request: ApiRequest) -> uuid.UUID:
    """The request's key; who may not ask at all is told that first."""
    try:
        return key_of(request)
    except Problem:
        request.rule.enter(request.shown)
        raise


class _Hidden(Exception):
    """The rules do not let the caller act on the case."""


@dataclass(frozen=True)
class _Asker:
    """The owner of the token that a request shows; its rights are found together with the case."""

    request: ApiRequest
    act: str

    @property
    def asks(self) -> Statement:
        """What the token's rights stand on."""
        return self.request.shown.asks

    def who(self, stands: str, case: Case, rows: Rows) -> Who:
        """In which post it acts on the case, if the rules let it."""
        user = self.request.shown.caller(stands).user
        self.request.rule.check(user)
        if not rules.can(user, "perform", case, rows):
            raise _Hidden
        return _who(user, actions.procedure_of(case), self.act, case)


@router.put(
    "/cases/{number}/outside-numbers", auth=Bearer("perform", Case), response={200: asks.NewNumber},
    operation_id="add_outside_number",
)  # fmt: skip
def add_number(request: ApiRequest, number: str, new: asks.NewNumber) -> dict[str, str]:
    """Note a number that another system gave the case. Noting it again changes nothing."""
    case = request.rows.filter(number=number).first()
    if case is None:
        raise _unseen(request.reader, number)
    actions.add_number(case.pk, new.kind, new.number, _seat(request.reader, case))
    return {"kind": new.kind, "number": new.number}


# -- who ----------------------------------------------------------------------------------------------


def _who(user: User, procedure: Procedure, name: str, case: Case | None) -> Who:
    act: Act | None = procedure.acts.get(name)
    if act is None:
        known = "、".join(n for n, a in procedure.acts.items() if not a.system)
        raise NotAllowed(f"没有环节 {name}，可用：{known}", f"there is no act {name}; known: {known}", "act")
    who = acting.who(user, act, case)
    if who is None:
        raise refused()
    return who


def _seat(user: User, case: Case) -> Who:
    """The post that notes a number: one of the unit that holds the case before another."""
    seats = sorted(user.seats, key=lambda seat: case.organization not in (seat.unit, seat.organization))
    for seat in seats:
        role = next(iter(sorted(seat.roles & OFFICE)), None)
        if role is not None:
            return Who(seat.post, seat.unit or seat.organization, role)
    raise refused()


def _unseen(user: User, number: str) -> Exception:
    """403 for a case that may be seen and not acted on, 404 for one that may not even be seen."""
    seen = rules.scope(user, "see", Case.objects.filter(number=number)).exists()
    return refused() if seen else not_found()


# -- the same again -----------------------------------------------------------------------------------


def _done_here(user: User, number: str, new: asks.NewAct, key: uuid.UUID) -> told.Done:
    """What the key did before, where the act itself took the case out of the caller's hands."""
    case = Case.objects.filter(number=number).first()
    act = actions.procedure_of(case).acts.get(new.act) if case is not None else None
    who = acting.who(user, act, case) if act is not None else None
    if case is not None and who is not None:
        asked = told.Told(
            new.act, who, new.form, key, _us(new.occurred_at), new.precision, _us(new.reported_at)
        )
        try:
            done = queries.done_before(asked, case=case.pk)
        except AnotherEvent:
            done = None  # another's key says nothing of a case that is not the caller's to see
        if done is not None:
            _same(done, new, {})
            return done
    raise _unseen(user, number)


def _same(done: told.Done, new: asks.NewAct, about: Mapping[str, Any]) -> None:
    """The key compares act, form and who; here the rest of the request. Raises :class:`AnotherEvent`.

    A time that was not stated is not compared: the first request was answered with the moment it came.
    """
    stored = next(event for event in events.history(done.case) if event.id == str(done.event))
    body = stored.body
    different = [name for name, value in about.items() if (body.get(name) or None) != (value or None)]
    occurred, reported = _us(new.occurred_at), _us(new.reported_at)
    if occurred is not None and stored.occurred_at is not None:
        day = new.precision == "day"
        same = shelf.day(occurred) == shelf.day(stored.occurred_at) if day else occurred == stored.occurred_at
        different += [] if same and new.precision == stored.precision else ["occurred_at"]
    if reported != stored.reported_at:
        different.append("reported_at")
    if different:
        listed = "、".join(different)
        raise AnotherEvent(
            f"幂等键 {done.event} 已用于另一请求，不同之处：{listed}；新的行为请用新键 / "
            f"the idempotency key {done.event} was used for another request ({', '.join(different)} differ); "
            f"a new act needs a new key"
        )


def _done(response: HttpResponse, done: told.Done) -> dict[str, Any]:
    if not done.new:
        response[REPLAYED] = "true"
    return {"case": done.case, "number": done.number, "state": done.state, "event": str(done.event)}


def _us(at: dt.datetime | None) -> int | None:
    return ledger.microseconds(at)
