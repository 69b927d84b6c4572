"""One of everything that a notice can follow, done by the city's own actions on a database whose clock the test holds."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from qinzheng.access import actions as access
from qinzheng.access.models import Account
from qinzheng.cases import actions as cases
from qinzheng.cases import receipts
from qinzheng.cases.about import About
from qinzheng.cases.engine import Who
from qinzheng.cases.models import Case
from qinzheng.ledger import sequencer
from qinzheng.mechanisms.errands import taking
from qinzheng.mechanisms.windows import booking
from qinzheng.mechanisms.windows import queries as queues
from qinzheng.notifications import follow, subscriptions
from qinzheng.notifications.models import Notice
from qinzheng.notifications.subscriptions import Subscription
from qinzheng.organizations import actions as organizations
from tests import townhall
from tests.flows.test_redetermined import publish
from tests.townhall import Townhall


def city() -> Townhall:
    """The small city, with the notices told from here on."""
    made = townhall.build()
    sequencer.sequence_all()
    follow.position()
    return made


def up_to_now() -> int:
    """Everything that happened is told."""
    sequencer.sequence_all()
    read = 0
    while moved := follow.follow():
        read += moved
    return read


def by(made: Townhall, name: str, unit: str, role: str) -> Who:
    """Somebody's post acting for a unit in a role."""
    return Who(made.posts[name], unit, role)


def licence(made: Townhall, clock: Any, accepted: bool = True, **about: Any) -> str:
    """A licence of the housing department, received and perhaps accepted on 2 March 2026."""
    item = townhall.an_item("housing", "approvals.standard")
    clock.on("2026-03-02 09:00")
    told = About(item=item.id, town="town-01", parties={"applicant": made.parties["citizen"]}, **about)
    case = cases.open_case(item.procedure, "receive", made.who("clerk", "clerk"), {}, about=told).case
    if accepted:
        clock.on("2026-03-02 10:00")
        cases.perform(case, "accept", by(made, "handler", "housing", "handler"), {})
    return case


def citizen(made: Townhall) -> Who:
    """The applicant itself."""
    return Who(made.user("citizen").pseudonym, "", "applicant")


def everything(made: Townhall, clock: Any) -> dict[str, str]:
    """Do it all; the cases by what happened to them."""
    handler = by(made, "handler", "housing", "handler")
    late, silent = licence(made, clock), licence(made, clock, accepted=False)
    corrected = licence(made, clock, accepted=False)
    cases.perform(corrected, "request_correction", handler, {"defects": "缺少图纸"})
    cases.perform(corrected, "supply_correction", citizen(made), {})
    cases.perform(corrected, "withdraw", citizen(made), {})
    letter = cases.open_case("letters.reply", "submit", by(made, "clerk", "housing", "clerk"), {}).case
    cases.perform(letter, "reply", handler, {})
    _errand(made, handler)
    for _ in range(2):  # the second time it is told
        receipts.issue(Case.objects.get(pk=late), made.posts["clerk"], "housing")
    minutes = cases.open_case("demo.minutes", "receive", handler, {}).case
    cases.perform(minutes, "accept", handler, {})
    accepted_at = clock.now
    clock.on("2026-03-02 10:30")
    cases.pass_time(minutes)
    cases.perform(minutes, "finish", handler, {}, occurred_at=accepted_at + 30_000_000)
    clock.on("2026-03-11 09:00")
    cases.pass_time(silent)
    cases.perform(silent, "grant", by(made, "handler", "housing", "approver"), {})
    clock.on("2026-03-27 09:00")
    cases.pass_time(late)
    clock.on("2026-04-10 09:00")
    cases.pass_time(late)
    _bookings(made, clock)
    _duty(made)
    _security(made, Case.objects.get(pk=late))
    publish("rule", "standard.past-promise", ("已超过承诺的时刻", "已经超过承诺的时刻"))
    up_to_now()
    return {"late": late, "silent": silent, "corrected": corrected, "letter": letter, "minutes": minutes}


def _errand(made: Townhall, handler: Who) -> None:
    """A town's clerk does it for a neighbour, and the result comes back."""
    case = townhall.opened(made, by="town-clerk")
    consent = {"how": "help", "consent": "signed", "consent_proof": "WT-1", "collects": True}
    taking.take(case, "代办", made.who("town-clerk", "clerk"), consent)
    cases.perform(case.pk, "accept", handler, {})
    cases.perform(case.pk, "finish", handler, {})


def _bookings(made: Townhall, clock: Any) -> None:
    """Somebody books, is reminded the day before, and cancels."""
    clock.on("2026-04-13 09:00")
    point, item = "point-civic-centre", townhall.an_item("housing", "services.matter").id
    begins = queues.free(point, dt.date(2026, 4, 16), clock.now)[0].begins
    made_one = booking.book(point, item, begins, made.parties["citizen"], citizen(made), key=uuid.uuid4())
    clock.on("2026-04-15 18:00")
    assert booking.remind() == 1
    booking.cancel(made_one.pk, citizen(made), "party")


def _duty(made: Townhall) -> None:
    """The handler goes on leave and comes back."""
    now = dt.datetime.now(dt.UTC)
    organizations.set_stand_in(
        made.posts["handler"], made.posts["sibling"], by="p", at=now - dt.timedelta(days=2)
    )
    organizations.record_absence(made.posts["handler"], now - dt.timedelta(days=1), None, "leave", by="p")
    organizations.hand_back(made.posts["handler"], by="p", at=now)


def _security(made: Townhall, case: Case) -> None:
    """A sealed part is opened, a token issued, and a webhook that fails switched off."""
    asked = access.ask_opening(made.user("supervisor"), case, "safety")
    access.approve_opening(made.user("leader"), asked, 10)
    assert access.opened(made.user("supervisor"), case)
    service = access.make_account(f"service-{uuid.uuid4().hex[:6]}", "service", townhall.BY)
    access.issue_token(service, "试", ["read"], 30, townhall.BY)
    assert subscriptions.disable(webhook(service), "failing")


def webhook(account: Account) -> Subscription:
    """A webhook of an application's account; nothing is delivered to it here."""
    now = dt.datetime.now(dt.UTC)
    return Subscription.objects.create(
        account=account.pk, token=0, owner=account.pseudonym, url="https://receiver.example/", position=0,
        next_at=now, made_at=now,
    )  # fmt: skip


def rows(definition: str, **which: Any) -> list[Notice]:
    """The notices of a definition, in their order."""
    return list(Notice.objects.filter(definition=definition, **which).order_by("id"))


def told(definition: str, **which: Any) -> set[str]:
    """To whom a definition was told."""
    return {row.recipient for row in rows(definition, **which)}
