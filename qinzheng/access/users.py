"""Who is asking: an account with the posts it acts in at this moment. Read anew for every request.

So moving, relieving or revoking somebody takes effect at once; nothing about rights is kept in a session.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.conf import settings
from django.db.models import Q

from qinzheng.access.models import Account, Mandate
from qinzheng.organizations import queries as organizations
from qinzheng.organizations.models import Post


@dataclass(frozen=True)
class Seat:
    """A post that the user acts in now: its own, or one that it stands in for."""

    post: str
    organization: str
    roles: frozenset[str]
    head: bool = False
    stand_in: bool = False
    unit: str = ""
    """in whose name it acts: a division acts in the name of its department"""


@dataclass(frozen=True)
class User:
    """What the rules may know of who asks: ``own`` the units of its posts, ``reach`` those and all below, ``desk``
    also the department in whose name its division acts, ``kin`` all of these and every unit above. ``held`` are the posts
    that it holds, also while it is away: what must be kept from somebody is kept from it on leave too.
    """

    account: int = 0
    pseudonym: str = ""
    kind: str = "anonymous"
    name: str = ""
    seats: tuple[Seat, ...] = ()
    parties: frozenset[str] = frozenset()
    """itself, and the firms whose mandate it holds for everything"""
    limited: frozenset[tuple[str, str]] = frozenset()
    """(firm, item): mandates for these items only"""
    power: str = ""
    scopes: frozenset[str] | None = None
    """what a token may do; None for people"""
    own: frozenset[str] = field(default=frozenset())
    reach: frozenset[str] = field(default=frozenset())
    desk: frozenset[str] = field(default=frozenset())
    kin: frozenset[str] = field(default=frozenset())
    held: frozenset[str] = field(default=frozenset())
    second_factor: bool = False

    @property
    def is_anonymous(self) -> bool:
        """Nobody has logged in."""
        return self.account == 0

    @property
    def takes_part(self) -> bool:
        """Whether it may be a party to a case: itself or for a firm."""
        return bool(self.parties or self.limited)

    def may_act_for(self, party: str, item: str) -> bool:
        """Whether it may apply in the party's name for an item."""
        return party in self.parties or (party, item) in self.limited

    @property
    def roles(self) -> frozenset[str]:
        """Every role of every post that it acts in."""
        return frozenset(role for seat in self.seats for role in seat.roles)

    @property
    def head(self) -> bool:
        """Whether it heads a unit."""
        return any(seat.head for seat in self.seats)

    @property
    def posts(self) -> tuple[str, ...]:
        """The posts that it acts in."""
        return tuple(seat.post for seat in self.seats)

    @property
    def organizations(self) -> frozenset[str]:
        """The organizations of its posts."""
        return self.own


ANONYMOUS = User()


def user_of(
    account: Account, at: dt.datetime, *, scopes: frozenset[str] | None = None, second_factor: bool = False
) -> User:
    """The user as of a moment. An account that is switched off is anonymous."""
    if not account.is_active:
        return ANONYMOUS
    day = organizations.day_of(at)
    posts = organizations.posts_held(account.person_id, day) if account.person_id else []
    seats = _seats(posts, at, day)
    own = frozenset(seat.organization for seat in seats)
    near = own | {post.organization_id for post in posts}
    reach = own | organizations.within(own, day) if own else own
    desk = reach | {seat.unit for seat in seats}
    parties, limited = _parties(account, day)
    above = {unit for id in near for unit in organizations.ancestors(id, day)}
    below = reach if near == own else organizations.within(near, day)
    return User(
        account=account.pk,
        pseudonym=account.pseudonym,
        kind=account.kind,
        name=account.person.name if account.person else account.login,
        seats=seats,
        parties=parties,
        limited=limited,
        power=_power(account, second_factor),
        scopes=scopes,
        own=own,
        reach=reach,
        desk=desk,
        kin=frozenset(near | above | below),
        held=frozenset(post.pk for post in posts),
        second_factor=second_factor,
    )


def _power(account: Account, second_factor: bool) -> str:
    """An administrator's power counts with its second factor only; a demonstration account has none to give."""
    administration = getattr(account, "administration", None)
    if administration is None or not (second_factor or (account.demo and settings.DEMO)):
        return ""
    return str(administration.power)


def _seats(posts: Sequence[Post], at: dt.datetime, day: dt.date) -> tuple[Seat, ...]:
    """The posts that the person holds and is not absent from, and those it stands in for."""
    if not posts:
        return ()
    acting = organizations.acting_of([post.pk for post in posts], at)
    others = {id for post in posts for id in organizations.stands_in_for(post.pk, at)}
    here = [post for post in posts if acting[post.pk].post == post.pk]
    away = [
        post for id, post in sorted(organizations.posts(others).items()) if id not in {p.pk for p in here}
    ]
    units = organizations.units({post.organization_id for post in [*here, *away]}, day)
    return tuple(
        Seat(
            post.pk,
            post.organization_id,
            frozenset(post.roles),
            post.head,
            post in away,
            units[post.organization_id],
        )
        for post in [*here, *away]
    )


def _parties(account: Account, day: dt.date) -> tuple[frozenset[str], frozenset[tuple[str, str]]]:
    """The party itself and the firms whose mandate it holds today; and mandates for single items."""
    mandates = Mandate.objects.filter(account=account, revoked_at=None, begins__lte=day).filter(
        Q(ends=None) | Q(ends__gte=day)
    )
    whole = {account.party} if account.party else set()
    limited = set()
    for party, items in mandates.values_list("party", "items"):
        if items:
            limited |= {(party, item) for item in items}
        else:
            whole.add(party)
    return frozenset(whole), frozenset(limited)
