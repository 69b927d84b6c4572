"""A small city made through the domain's own actions: units, posts, people, accounts, and cases with people in them."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.test import Client

from qinzheng import wiring
from qinzheng.access import actions as access
from qinzheng.access.login import BACKEND
from qinzheng.access.models import Account
from qinzheng.access.users import User, user_of
from qinzheng.cases import actions as cases
from qinzheng.cases.about import About
from qinzheng.cases.engine import Who
from qinzheng.cases.models import Case
from qinzheng.definitions import actions as definitions
from qinzheng.definitions import shelf
from qinzheng.definitions.library import Library, default_root
from qinzheng.organizations import actions as organizations
from qinzheng.parties import actions as parties
from qinzheng.parties import codes
from qinzheng.supervision import programs

FOUNDED = dt.date(2020, 1, 1)
BY = "a-founder"
PASSWORD = "correct horse battery 42"
SEATS: tuple[tuple[str, str, tuple[str, ...], bool], ...] = (
    ("clerk", "point-civic-centre", ("clerk",), False), ("town-clerk", "point-town-01", ("clerk",), False),
    ("handler", "housing-approval", ("handler", "approver"), False), ("head", "housing", ("head_of_organ", "approver"), True),
    ("sibling", "market-approval", ("handler",), False), ("market-head", "market", ("head_of_organ",), True),
    ("agent", "hotline-centre", ("clerk", "agent"), False), ("supervisor", "efficiency-office", ("supervisor",), False),
    ("appraiser", "efficiency-office", ("appraiser",), False), ("leader", "government-office", ("leader",), False),
    ("mayor", "qinghe", ("leader", "government_head"), True), ("auditor", "audit", ("auditor",), False),
    ("accused", "water-approval", ("handler",), False), ("accused-head", "water", ("head_of_organ",), True),
)  # fmt: skip
"""(name, unit, roles, heads it)"""
POWERS = ("system", "security", "audit")


@dataclass
class Townhall:
    """The city: posts and accounts by name, parties, and what must not be seen by whom."""

    posts: dict[str, str] = field(default_factory=dict)
    accounts: dict[str, Account] = field(default_factory=dict)
    parties: dict[str, str] = field(default_factory=dict)

    def user(self, name: str) -> User:
        """As the rules see somebody now; administrators with their second factor."""
        return user_of(self.accounts[name], dt.datetime.now(dt.UTC), second_factor=name in POWERS)

    def who(self, name: str, role: str) -> Who:
        """Somebody in a role, for the unit in whose name it acts."""
        seat = self.user(name).seats[0]
        return Who(seat.post, seat.unit, role)


def browser(city: Townhall, name: str) -> Client:
    """The browser of somebody who has logged in."""
    client = Client()
    client.force_login(city.accounts[name], backend=BACKEND)
    return client


@contextmanager
def standing() -> Iterator[Townhall]:
    """The city for many tests at once: all inside one transaction that is rolled back; each test has its own within."""
    with transaction.atomic():
        publish()
        yield build()
        transaction.set_rollback(True)
    shelf.forget()
    programs.forget()


def publish() -> Library:
    """The shipped definitions, published."""
    shelf.forget()
    programs.forget()
    root = default_root()
    definitions.load(Library.read([root], wiring.KINDS), root, "drafter")
    definitions.publish(definitions.drafts(), "publisher")
    return shelf.library()


def build() -> Townhall:
    """Units, posts with their holders, and an account for each."""
    city = Townhall()
    with organizations.together():
        _units()
        for name, unit, roles, heads in SEATS:
            post = organizations.create_post(
                unit, f"{name}岗", roles, begins=FOUNDED, by=BY, name_en=name, head=heads
            )
            person = organizations.register_person(f"{name}甲", by=BY)
            organizations.appoint(person, post, FOUNDED, by=BY)
            city.posts[name] = post
            city.parties[name] = person
    for name, *_ in SEATS:
        city.accounts[name] = access.make_account(name, "officer", BY, person_id=city.parties.pop(name))
    for power in POWERS:
        city.accounts[power] = access.make_account(power, "administrator", BY)
        access.grant(city.accounts[power], power, BY)
    for name, code in (("citizen", 1), ("other", 2)):
        number = codes.make_identity_number("320999", dt.date(1980, 1, code), code)
        given = {"name": NAMES[name], "identity_number": number, "phone": PHONES[name]}
        city.parties[name] = parties.register("citizen", given, by=BY).pk
        city.accounts[name] = access.make_account(name, "citizen", BY, party=city.parties[name])
    return city


NAMES = {"citizen": "欧阳试金", "other": "司徒旁观"}
PHONES = {"citizen": "13912345678", "other": "13987654321"}


def _units() -> None:
    found = organizations.found_organization
    found("qinghe", "city", "清和市", parent=None, begins=FOUNDED, by=BY, name_en="Qinghe")
    for id, zh in (("housing", "住建局"), ("market", "市场监管局"), ("water", "水务局"), ("audit", "审计局"),
                   ("administrative-approval", "行政审批局"), ("hotline-centre", "12345中心"), ("efficiency-office", "效能办"),
                   ("government-office", "政府办")):  # fmt: skip
        found(id, "department", zh, parent="qinghe", begins=FOUNDED, by=BY, name_en=id)
        found(f"{id}-approval", "division", f"{zh}审批科", parent=id, begins=FOUNDED, by=BY)
    found(
        "point-civic-centre",
        "service_point",
        "政务中心",
        parent="administrative-approval",
        begins=FOUNDED,
        by=BY,
    )
    found("town-01", "town", "望江镇", parent="qinghe", begins=FOUNDED, by=BY, name_en="Wangjiang")
    found("point-town-01", "service_point", "望江便民中心", parent="town-01", begins=FOUNDED, by=BY)


def an_item(organization: str, procedure: str) -> Any:
    """The first item in short form of a unit that goes by a procedure."""
    return next(
        item for item in shelf.library().standing("item")
        if item.organization == organization and item.procedure == procedure
        and not item.guide.form and item.special is None
    )  # fmt: skip


def opened(
    city: Townhall, *, concerns: tuple[str, ...] = (), item: Any = None, by: str = "clerk", **form: Any
) -> Case:
    """A case at the window for the citizen: an item of the housing department, or the one given."""
    item = item or an_item("housing", "services.matter")
    about = About(
        item=item.id,
        title="",
        town="town-01",
        parties={"applicant": city.parties["citizen"]},
        concerns=concerns,
    )
    done = cases.open_case(
        item.procedure, "receive", city.who(by, "clerk"), form, key=uuid.uuid4(), about=about
    )
    return Case.objects.get(pk=done.case)
