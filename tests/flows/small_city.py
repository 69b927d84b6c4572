"""A small city made through the domain's own actions: two departments, two towns, officers with logins, letters."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from qinzheng.access import actions as access
from qinzheng.access.models import Account
from qinzheng.cases import actions as cases
from qinzheng.cases.about import About
from qinzheng.cases.acts import Done
from qinzheng.cases.engine import Who
from qinzheng.ledger import sequencer
from qinzheng.measures import queries as measures
from qinzheng.organizations import actions as organizations
from qinzheng.web.overview import answers
from qinzheng.web.portal import views as portal
from qinzheng.web.wall import now

BY = "founder"
FOUNDED = dt.date(2020, 1, 1)
BACKEND = "qinzheng.access.login.AccountBackend"
UNITS = (
    ("city", "city", "小城市", "Small City", None, None, None), ("housing", "department", "住建局", "Housing Bureau", "city", None, None),
    ("housing-a", "division", "审批科", "Approval Division", "housing", None, None),
    ("water", "department", "水务局", "Water Bureau", "city", None, None), ("efficiency", "department", "效能办", "Efficiency Office", "city", None, None),
    ("town-1", "town", "东镇", "East Town", "city", 10.0, 10.0), ("town-2", "town", "西镇", "West Town", "city", 30.0, 20.0),
)  # fmt: skip


@dataclass(frozen=True)
class Officer:
    """A post with its holder's login."""

    post: str
    account: Account


def found() -> dict[str, Officer]:
    """The city, and its officers by what they are."""
    for id, kind, zh, en, parent, x, y in UNITS:
        organizations.found_organization(
            id, kind, zh, name_en=en, parent=parent, begins=FOUNDED, by=BY, x=x, y=y
        )
    return {
        "supervisor": officer("supervisor", "efficiency", ["supervisor"]),
        "leader": officer("leader", "city", ["leader"]),
        "clerk": officer("clerk", "housing", ["clerk", "handler"]),
        "head": officer("head", "housing", ["head_of_organ"], head=True),
        "water": officer("water", "water", ["head_of_organ"], head=True),
    }


def officer(login: str, organization: str, roles: list[str], *, head: bool = False) -> Officer:
    """A post, somebody in it, and a login for them."""
    post = organizations.create_post(organization, login, roles, begins=FOUNDED, by=BY, head=head)
    person = organizations.register_person(f"某{login}", by=BY)
    organizations.appoint(person, post, FOUNDED, by=BY)
    return Officer(post, access.make_account(login, "officer", BY, person_id=person))


def letter(unit: str = "housing", days: float = 0, **about: Any) -> Done:
    """A letter that came so many days ago, entered now."""
    return cases.open_case(
        "letters.reply", "submit", Who("c", unit, "clerk"), {}, occurred_at=ago(days), about=About(**about)
    )


def reply(case: str, unit: str = "housing", days: float = 0) -> Done:
    """Its answer."""
    return cases.perform(
        case, "reply", Who("h", unit, "handler"), {}, occurred_at=ago(days) if days else None
    )


def ago(days: float) -> int:
    """So many days ago, UTC microseconds."""
    return int((dt.datetime.now(dt.UTC) - dt.timedelta(days=days)).timestamp() * 1_000_000)


def archived() -> None:
    """All that happened stands in the archive, and every page looks anew."""
    sequencer.sequence_all()
    measures.follow()
    forget()


def forget() -> None:
    """Nothing of another test is kept."""
    measures.forget()
    now.forget()
    answers.forget()
    portal.forget()
