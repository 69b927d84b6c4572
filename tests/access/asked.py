"""What the matrix asks: every endpoint of the site and every act of the rules, by everybody, about each kind of thing."""

from __future__ import annotations

import csv
import re
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from allauth.account.internal.flows import login as records
from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.totp.internal.auth import TOTP
from django.db.models import Model
from django.test import Client
from django.urls import get_resolver
from django.urls.resolvers import URLPattern, URLResolver
from django.utils import timezone

from qinzheng.access import accounts, rules
from qinzheng.access import actions as access
from qinzheng.access.login import BACKEND
from qinzheng.access.users import ANONYMOUS, User
from qinzheng.cases import actions as cases
from qinzheng.cases import attachments
from qinzheng.cases.about import About
from qinzheng.cases.engine import Who
from qinzheng.cases.models import Case
from qinzheng.definitions import shelf
from qinzheng.ledger import queries as ledger
from qinzheng.mechanisms.applying import drafts
from qinzheng.notifications.models import Notice
from qinzheng.organizations.models import Organization
from qinzheng.supervision.models import Card
from tests import townhall, uploads
from tests.townhall import POWERS, Townhall

FILE = Path(__file__).with_name("matrix.csv")
ROLES = (
    "anonymous", "citizen", "other", "clerk", "handler", "sibling", "head", "supervisor", "appraiser", "leader", "mayor",
    "auditor", "system", "security", "audit", "accused", "accused-head",
)  # fmt: skip
DAYS = 86_400_000_000
SECRET = {"window": "试金石甲密文", "sealed": "试金石乙密文"}
"""Texts that only whoever handles or judges the case may read."""
FILES = {"draft": "试金石丙附件.pdf", "window": "试金石甲附件.pdf", "sealed": "试金石乙附件.pdf"}
"""Names of files that only whoever may have the file reads."""


@dataclass
class Things:
    """The things that are asked about; ``cases`` and ``cards`` by their relation to the roles."""

    city: Townhall
    cases: dict[str, Case]
    cards: dict[str, Card]
    models: dict[str, Model]
    users: dict[str, User] = field(default_factory=dict)

    def user(self, role: str) -> User:
        """The role as the rules see it; read once, as nobody is moved meanwhile."""
        if role not in self.users:
            self.users[role] = ANONYMOUS if role == "anonymous" else self.city.user(role)
        return self.users[role]


def build(city: Townhall) -> Things:
    """``window``: received for the housing department; ``carded``: late there; ``sealed``: late at the water department,
    whose doing it is about; ``post``: at the housing department, about the post of its handler."""
    made = {
        "window": _case(city, "housing", 0), "carded": _case(city, "housing", 60),
        "sealed": _case(city, "water", 60, ("water",)), "post": _case(city, "housing", 0, (city.posts["handler"],)),
    }  # fmt: skip
    now = int(time.time() * 1_000_000)
    for name, hand in (("window", "handler"), ("sealed", "accused")):
        form = {"defects": SECRET[name]}
        at = now - (60 * DAYS - 1_000 if name == "sealed" else 0)
        cases.perform(made[name].pk, "request_correction", city.who(hand, "handler"), form, occurred_at=at)
    citizen = Who(city.user("citizen").pseudonym, "", "applicant")
    cases.perform(made["sealed"].pk, "supply_correction", citizen, {}, occurred_at=now - 60 * DAYS + 2_000)
    for name, hand in (("carded", "handler"), ("sealed", "accused")):
        cases.perform(
            made[name].pk, "accept", city.who(hand, "handler"), {}, occurred_at=now - 60 * DAYS + 3_000
        )
    cards = {
        name: Card.objects.filter(case=made[name].pk, level="red").latest("at")
        for name in ("carded", "sealed")
    }
    lost = access.make_account("lost", "officer", townhall.BY, person_id=city.accounts["sibling"].person_id)
    service = access.make_account("service", "service", townhall.BY)
    token, _ = access.issue_token(service, "试", ["read"], 30, townhall.BY)
    openings = {
        name: access.ask_opening(city.user("supervisor"), made[name], "safety")
        for name in ("window", "sealed")
    }
    models: dict[str, Model] = {
        **{f"case {name}": Case.objects.get(pk=case.pk) for name, case in made.items()},
        **{f"card {name}": card for name, card in cards.items()},
        "unit housing": Organization.objects.get(pk="housing"), "unit water": Organization.objects.get(pk="water"),
        "account lost": lost, "token": token,
        **{f"opening {name}": each for name, each in openings.items()},
        "reset lost": accounts.ask_reset(lost, city.accounts["security"]),
        **{
            f"notice {name}": _notice(city.posts[whom], made[name])
            for name, whom in (("window", "handler"), ("sealed", "accused"))
        },
    }  # fmt: skip
    models.update(_files(city, made))
    return Things(city, {name: Case.objects.get(pk=case.pk) for name, case in made.items()}, cards, models)


def _case(city: Townhall, unit: str, days: int, concerns: tuple[str, ...] = ()) -> Case:
    item = townhall.an_item(unit, "services.matter")
    about = About(
        item=item.id, town="town-01", parties={"applicant": city.parties["citizen"]}, concerns=concerns
    )
    at = int(time.time() * 1_000_000) - days * DAYS - 10_000_000
    done = cases.open_case(
        item.procedure, "receive", city.who("clerk", "clerk"), {}, occurred_at=at, about=about
    )
    return Case.objects.get(pk=done.case)


def _files(city: Townhall, made: Mapping[str, Case]) -> dict[str, Model]:
    """A draft of the citizen with a file, and a file of each of two cases."""
    writer, party = city.user("citizen").pseudonym, city.parties["citizen"]
    draft = drafts.begin(writer, party, made["window"].item)
    found: dict[str, Model] = {"draft own": draft}
    for name, file in FILES.items():
        where: dict[str, Any] = {"draft": draft.pk} if name == "draft" else {"case": made[name]}
        content = uploads.pdf(file.encode())
        found[f"file {name}"] = attachments.take(file, content, party=party, material="", by=writer, **where)
    return found


def _notice(post: str, case: Case) -> Notice:
    """A notice to a post about a case, as if the follower had been told wrongly: the page asks the rules itself."""
    published = shelf.library().get("notice", "clocks.overdue")
    edition = shelf.library().hash(published)
    return Notice.objects.create(
        definition=published.id, edition=edition, recipient=post, subject=case.pk, event=uuid.uuid4(),
        made_at=timezone.now(), facts={"number": [case.number, case.number]},
    )  # fmt: skip


# -- the file -----------------------------------------------------------------------------------------

Row = tuple[str, str, str]
"""(method or ``may``, address or act, thing)"""


def expected() -> dict[Row, dict[str, str]]:
    """The file: what each role is answered."""
    with FILE.open(encoding="utf-8", newline="") as lines:
        found = {}
        for line in csv.DictReader(lines):
            found[line["method"], line["what"], line["thing"]] = {
                key: value for key, value in line.items() if key not in ("method", "what", "thing")
            }
    return found


# -- endpoints ----------------------------------------------------------------------------------------


def endpoints() -> list[str]:
    """Every address of the site as its pattern; the digest in the style sheet's address does not count."""
    return sorted(
        {re.sub(r"style/[0-9a-f]+\.css", "style/<digest>.css", each) for each in _patterns(get_resolver())}
    )


def _patterns(resolver: URLResolver, before: str = "") -> Iterator[str]:
    for each in resolver.url_patterns:
        whole = before + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from _patterns(each, whole)
        elif isinstance(each, URLPattern):
            yield whole


def address(what: str, thing: str, things: Things) -> str:
    """The address of a pattern for a thing."""
    case = things.cases.get(thing)
    filled: Mapping[str, Any] = {
        "number": case.number if case else "XX2026999999", "card": things.cards[thing].pk if thing in things.cards else "0" * 32,
        "opening": things.models[f"opening {thing}"].pk if f"opening {thing}" in things.models else 999_999,
        "account": things.models["account lost"].pk if thing == "lost" else 999_999, "provider": "staff",
        "reset": things.models["reset lost"].pk if thing == "lost" else 999_999,
        "token": things.models["token"].pk if thing == "token" else 999_999,
        "notice": things.models[f"notice {thing}"].pk if f"notice {thing}" in things.models else 999_999,
        "event": ledger.history(case.pk)[0].id if case else uuid.UUID(int=7), "what": things.cases["window"].item,
        "source": "行政许可法", "rule": "standard.past-own-limit", "edition": "now", "procedure": "services.matter",
        "item": things.cases["window"].item, "status": 404, "organization": thing if thing in ("housing", "water") else "nowhere",
        "measure": "accepted", "by": "organization", "kind": "csv", "id": "housing", "digest": "0", "mandate": 999_999,
        "paper": "papers.mandate", "serial": 1, "form": "pdf", "site": "housing",
        "draft": _id(things, "draft own") if thing == "own" else NOWHERE, "file": _id(things, f"file {thing}"), "step": "form",
        "material": "nothing", "point": "point-civic-centre", "appointment": NOWHERE, "counter": 1, "matter": "open-a-restaurant",
    }  # fmt: skip
    path = what.replace("<str:source>/<str:number>", "行政许可法/42")
    if path == "style/<digest>.css":
        path = next(each for each in _patterns(get_resolver()) if each.startswith("style/"))
    return "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda found: str(filled[found[1]]), path)


NOWHERE = str(uuid.UUID(int=7))


def _id(things: Things, name: str) -> str:
    """The random part of the id of a draft or a file."""
    return str(things.models[name].pk).partition(":")[2] if name in things.models else NOWHERE


def browsers(things: Things) -> dict[str, Client]:
    """A browser for each role, logged in; administrators with their second factor."""
    found = {}
    for role in ROLES:
        client = found[role] = Client()
        if role == "anonymous":
            continue
        account = things.city.accounts[role]
        client.force_login(account, backend=BACKEND)
        if role in POWERS:
            TOTP.activate(account, totp.generate_totp_secret())
            session = client.session
            session[records.AUTHENTICATION_METHODS_SESSION_KEY] = [{"method": "mfa", "at": time.time()}]
            session[records._AUTHENTICATION_METHODS_USER_SESSION_KEY] = str(account.pk)
            session.save()
    return found


# -- rules --------------------------------------------------------------------------------------------


def acts() -> dict[str, set[str]]:
    """Every act that some clause names, by the kind of thing that it is about."""
    found: dict[str, set[str]] = {}
    for clause in rules.CLAUSES:
        found.setdefault(clause.thing.__name__, set()).update(clause.acts)
    return found


def rows_of_rules(things: Things) -> list[Row]:
    """Every act on every thing of its kind, and every page."""
    known = acts()
    found = [
        ("may", act, name)
        for name, thing in things.models.items()
        for act in sorted(known[type(thing).__name__])
    ]
    return found + [("may", page, "") for page in sorted(rules.PAGES)]


def may(row: Row, role: str, things: Things) -> str:
    """``yes`` or ``no``: what the rules say."""
    _, act, thing = row
    return "yes" if rules.can(things.user(role), act, things.models[thing] if thing else None) else "no"
