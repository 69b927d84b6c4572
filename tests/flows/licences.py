"""Licences on a database whose clock the test holds: how they begin, and what is asked of them."""

import datetime as dt

from qinzheng.cases import actions as cases
from qinzheng.cases.engine import Who
from qinzheng.cases.models import Case
from qinzheng.definitions import shelf
from qinzheng.ledger import queries
from qinzheng.supervision.models import Card

CLERK, HANDLER = Who("k", "住建局", "clerk"), Who("h", "住建局", "handler")
APPROVER, HEAD = Who("a", "住建局", "approver"), Who("d", "住建局", "head_of_organ")
LICENCE, JOINT = "approvals.standard", "approvals.joint"


def at(text):
    return int(dt.datetime.fromisoformat(text).replace(tzinfo=shelf.ZONE).timestamp() * 1_000_000)


def received(clock, procedure=LICENCE, **more):
    clock.on("2026-03-02 09:00")
    return cases.open_case(procedure, "receive", CLERK, {}, **more).case


def accepted(clock):
    case = received(clock)
    clock.on("2026-03-02 10:00")
    cases.perform(case, "accept", CLERK, {})
    return case


def types(case):
    return [event.type for event in queries.history(case)]


def row(case):
    return Case.objects.get(pk=case)


def valid_cards(case):
    return sorted(Card.objects.filter(case=case, withdrawn_at=None).values_list("rule", flat=True))
