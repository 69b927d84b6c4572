"""What a new case names must be there: its town, its parties, and above all whom it is to be kept from.

A word that names nobody is refused. A case that is kept from a unit by a mistyped name is kept from nobody, and one that is
sent to a town by such a name stands on no desk.
"""

from __future__ import annotations

from qinzheng.organizations import queries as organizations
from qinzheng.organizations.models import Organization
from qinzheng.parties.models import Party
from qinzheng.web.api.asked import NewCase
from qinzheng.web.api.problems import Fault, Problem
from qinzheng.web.calendars import today

TOWN = ("没有这个镇街，请查 /organizations", "there is no such town: see /organizations")
CONCERN = ("没有这个单位或岗位，请查 /organizations", "there is no such unit or post: see /organizations")
PARTY = ("没有这个当事人，请先登记", "there is no such party: have it registered first")


def check(new: NewCase) -> None:
    """Ask once for each kind of thing that is named. Raises a problem that names every field."""
    named = {*new.concerns, new.town} - {""}
    units = organizations.organizations(named) if named else {}
    faults = [*_town(new.town, units), *_concerns(new.concerns, units), *_parties(new.parties)]
    if faults:
        raise Problem(
            422,
            "invalid",
            "请求写到的名目不存在，须更正",
            "the request names what is not there: correct it",
            faults,
        )


def towns() -> frozenset[str]:
    """The towns that are there today."""
    return frozenset(unit.id for unit in organizations.of_kind("town", today()))


def _town(town: str, units: dict[str, Organization]) -> list[Fault]:
    return [("town", *TOWN)] if town and (town not in units or units[town].kind != "town") else []


def _concerns(concerns: list[str], units: dict[str, Organization]) -> list[Fault]:
    left = [each for each in concerns if each not in units]
    wrong = set(left) - organizations.posts(left).keys() if left else set()
    return [(f"concerns.{at}", *CONCERN) for at, each in enumerate(concerns) if each in wrong]


def _parties(parties: dict[str, str]) -> list[Fault]:
    there = Party.objects.in_bulk(set(parties.values())) if parties else {}
    return [("parties", *PARTY) for party in parties.values() if party not in there]
