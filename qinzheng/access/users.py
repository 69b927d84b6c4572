"""Who is asking: an account with the posts it acts in at this moment. Read anew for every request.

So moving, relieving or revoking somebody takes effect at once; nothing about rights is kept in a session.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from django.db.models import Q

from qinzheng.access.models import Account, Mandate
from qinzheng.organizations import queries as organizations
from qinzheng.organizations.models import Post, Tenure


@dataclass(frozen=True)
class Seat:
    """A post that the user acts in now: its own, or one that it stands in for."""

    post: str
    organization: str
    roles: frozenset[str]
    head: bool = False
    stand_in: bool = False


@dataclass(frozen=True)
class User:
    """What the rules may know of who asks; ``reach`` are the organizations below its own, ``kin`` also those above."""

    account: int = 0
    pseudonym: str = ""
    kind: str = "anonymous"
    name: str = ""
    seats: tuple[Seat, ...] = ()
    parties: frozenset[str] = frozenset()
    power: str = ""
    scopes: frozenset[str] | None = None
    """what a token may do; None for people"""
    own: frozenset[str] = field(default=frozenset())
    reach: frozenset[str] = field(default=frozenset())
    kin: frozenset[str] = field(default=frozenset())
    second_factor: bool = False

    @property
    def is_anonymous(self) -> bool:
        """Nobody has logged in."""
        return self.account == 0

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
    seats = _seats(account, at, day)
    own = frozenset(seat.organization for seat in seats)
    reach = frozenset().union(*(organizations.subtree(id, day) for id in own)) if own else frozenset()
    above = frozenset().union(*(organizations.ancestors(id, day) for id in own)) if own else frozenset()
    administration = getattr(account, "administration", None)
    return User(
        account=account.pk,
        pseudonym=account.pseudonym,
        kind=account.kind,
        name=account.person.name if account.person else account.login,
        seats=seats,
        parties=_parties(account, day),
        power=administration.power if administration else "",
        scopes=scopes,
        own=own,
        reach=reach | own,
        kin=reach | own | above,
        second_factor=second_factor,
    )


def _seats(account: Account, at: dt.datetime, day: dt.date) -> tuple[Seat, ...]:
    """The posts that the person holds and is not absent from, and those it stands in for."""
    if account.person_id is None:
        return ()
    held = Tenure.objects.filter(person=account.person_id, begins__lte=day).filter(
        Q(ends=None) | Q(ends__gt=day)
    )
    seats = []
    for post in Post.objects.filter(pk__in=held.values("post")).order_by("pk"):
        seats.append(_seat(post, stand_in=False))
        for other in organizations.stands_in_for(post.pk, at):
            seats.append(_seat(Post.objects.get(pk=other), stand_in=True))
    return tuple(seats)


def _seat(post: Post, *, stand_in: bool) -> Seat:
    return Seat(post.pk, post.organization_id, frozenset(post.roles), post.head, stand_in)


def _parties(account: Account, day: dt.date) -> frozenset[str]:
    """The party itself, and the firms whose mandate it holds today."""
    mandates = Mandate.objects.filter(account=account, revoked_at=None, begins__lte=day).filter(
        Q(ends=None) | Q(ends__gte=day)
    )
    found = set(mandates.values_list("party", flat=True))
    return frozenset(found | ({account.party} if account.party else set()))
