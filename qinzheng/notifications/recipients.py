"""Whom a role stands for: posts of the unit that handles the case, the case's own party, a power, an account.

A notice is addressed to a post, never to a person: whoever acts in the post reads it, and whoever loses the post loses
it at once. Whether somebody may learn of a case at all is decided above (``GUARDS``): without a guard nobody is told.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field

from qinzheng.cases.acts import OPENED, PERFORMED
from qinzheng.cases.models import CaseParty
from qinzheng.cases.schema import Procedure
from qinzheng.definitions import shelf
from qinzheng.definitions.form import Text
from qinzheng.ledger import queries
from qinzheng.ledger.queries import StoredEvent
from qinzheng.notifications.subscriptions import Subscription
from qinzheng.organizations import queries as organizations
from qinzheng.organizations.models import Placement, Post

Pair = tuple[str, str]
"""(recipient, subject)"""
Guard = Callable[[Collection[Pair], dt.datetime], set[Pair]]
"""Of some pairs those in which somebody behind the recipient may see the subject at that moment."""

GUARDS: list[Guard] = []
"""Filled by ``qinzheng.plugged``: the rules of access stand above this package."""
READERS: list[Callable[[Collection[str], dt.datetime], dict[str, set[str]]]] = []
"""Recipients → the pseudonyms of the accounts behind each at a moment; filled likewise."""

OWN_DESK = "division"
"""A division acts in its department's name: its posts are the department's; a service point's are its own."""
POSTS_BY_ROLE = {"supervisor": "supervisor", "leader": "leader", "auditor": "auditor"}
PUBLIC = frozenset({"applicant", "citizen", "system"})
POWER = {
    "system_administrator": "power:system",
    "security_administrator": "power:security",
    "audit_administrator": "power:audit",
}
PARTIES = ("applicant", "reporter", "agent")
"""Whoever applied or reported; an agent where only it is known."""


def may_learn(pairs: Collection[Pair], at: dt.datetime) -> set[Pair]:
    """Of the pairs those that every guard lets pass; none where no guard is plugged in."""
    if not GUARDS or not pairs:
        return set()
    return set.intersection(*(guard(pairs, at) for guard in GUARDS))


def hooks(recipients: Collection[str], at: dt.datetime) -> dict[str, list[str]]:
    """Recipient → the webhooks of applications that act in the post (or are the account): their subscriptions' numbers."""
    owners: dict[str, set[str]] = {}
    for ask in READERS:
        for recipient, names in ask(recipients, at).items():
            owners.setdefault(recipient, set()).update(names)
    rows = Subscription.objects.filter(owner__in=set().union(*owners.values()), active=True).order_by("pk")
    listed = list(rows.values_list("pk", "owner"))
    return {each: [id for id, owner in listed if owner in names] for each, names in owners.items()}


@dataclass
class Circle:
    """Answers for one moment; each unit and role is asked for once."""

    at: dt.datetime
    _units: dict[str, list[Post]] = field(default_factory=dict)
    _roles: dict[str, list[str]] = field(default_factory=dict)
    _histories: dict[str, list[StoredEvent]] = field(default_factory=dict)
    _names: dict[str, Text] = field(default_factory=dict)

    @property
    def day(self) -> dt.date:
        """The civil day of the moment."""
        return organizations.day_of(self.at)

    def posts_of(self, unit: str) -> list[Post]:
        """The posts of a unit and of the divisions that act in its name."""
        if unit not in self._units:
            reached, frontier = [unit], [unit]
            while frontier:
                below = Placement.objects.filter(
                    organizations.on(self.day), parent__in=frontier, organization__kind=OWN_DESK
                )
                frontier = [id for id in below.values_list("organization_id", flat=True) if id not in reached]
                reached += frontier
            found = Post.objects.filter(organizations.on(self.day), organization__in=reached)
            self._units[unit] = list(found.order_by("id"))
        return self._units[unit]

    def everywhere(self, role: str) -> list[str]:
        """The posts of the whole city that have a role."""
        if role not in self._roles:
            found = Post.objects.filter(organizations.on(self.day), roles__contains=[role])
            self._roles[role] = list(found.order_by("id").values_list("id", flat=True))
        return self._roles[role]

    def name(self, id: str) -> Text:
        """The name of a unit or a post."""
        if id not in self._names:
            self._names |= organizations.names([id])
        return self._names[id]

    def history(self, subject: str) -> list[StoredEvent]:
        """The events of a subject."""
        if subject not in self._histories:
            self._histories[subject] = queries.history(subject)
        return self._histories[subject]

    # -- roles about a case ---------------------------------------------------------------------

    def about_case(
        self, role: str, case: str, unit: str, procedure: Procedure | None, state: str
    ) -> list[str]:
        """The recipients of a role for a case that ``unit`` handles and that stands in ``state``."""
        if role in POSTS_BY_ROLE:
            return self.everywhere(POSTS_BY_ROLE[role])
        if role == "holder":
            return self._holders(case, unit, procedure, state)
        if role == "approver":
            return [post.pk for post in self.posts_of(unit) if "approver" in post.roles]
        if role == "unit_head":
            return [post.pk for post in organizations.heads(unit, self.day)]
        if role == "opener":
            return [each for each in self._actors(case, opening=True) if each.startswith("p-")]
        return self._party(case)

    def _holders(self, case: str, unit: str, procedure: Procedure | None, state: str) -> list[str]:
        """The post of the unit that acted on the case last; where none has, the unit's posts that may act next."""
        here = {post.pk: post for post in self.posts_of(unit)}
        for actor in self._actors(case):
            if actor in here:
                return [actor]
        wanted = _next_roles(procedure, state)
        return [id for id, post in here.items() if not wanted or wanted & set(post.roles)]

    def _actors(self, case: str, *, opening: bool = False) -> Iterator[str]:
        """Who acted on the case, the last first."""
        types = (OPENED,) if opening else (OPENED, PERFORMED)
        return (event.actor for event in reversed(self.history(case)) if event.type in types)

    def _party(self, case: str) -> list[str]:
        found = dict(CaseParty.objects.filter(case=case).values_list("relation", "party"))
        return next(([found[relation]] for relation in PARTIES if relation in found), [])

    # -- roles about other things ---------------------------------------------------------------

    def about_other(self, role: str, event: StoredEvent) -> list[str]:
        """The recipients of a role for an opening, an absence, a right, a publication."""
        if role in POWER:
            return [POWER[role]]
        if role in POSTS_BY_ROLE:
            return self.everywhere(POSTS_BY_ROLE[role])
        if role == "applicant":
            return [str(event.body["party"])] if event.body["party"] else []
        if role == "asker":
            return [self.history(event.subject)[0].actor]
        post = event.subject.removeprefix("post:")
        if role == "absent":
            return [post]
        if role == "unit_head":
            return [each.pk for each in organizations.heads(event.organization, self.day)]
        found = Post.objects.filter(pk=post).values_list("stand_in", flat=True).first()
        return [found] if found else []


def _next_roles(procedure: Procedure | None, state: str) -> frozenset[str]:
    """The roles of office that may act where the case stands; those of the acts of any time where no other does.

    An act for some items only (at once) calls nobody beside those who handle every item.
    """
    if procedure is None:
        return frozenset()
    acts = [act for act in procedure.acts.values() if state in act.from_ and act.only is None]
    found = frozenset(role for act in acts for role in act.by) - PUBLIC
    return (
        found
        or frozenset(role for act in procedure.acts.values() if act.any_time for role in act.by) - PUBLIC
    )


def procedure_of(event: StoredEvent) -> Procedure | None:
    """The procedure under which an event of a case was written; None for what belongs to none."""
    if not event.procedure:
        return None
    try:
        found: Procedure = shelf.edition("procedure", event.procedure, event.under).definition
    except shelf.NotPublished:
        found = shelf.library().get("procedure", event.procedure)
    return found


def acting_persons(posts: Collection[str], at: dt.datetime) -> dict[str, str]:
    """Post → the person who acts for it now; posts for which nobody can are left out."""
    acting = {post: found.post for post, found in organizations.acting_of(posts, at).items() if found.post}
    holders = organizations.holders(set(acting.values()), organizations.day_of(at))
    return {post: holders[other].pk for post, other in acting.items() if other in holders}
