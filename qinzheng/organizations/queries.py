"""The only reads of units, posts and people that others may call. Days and instants are always given: no wall clock."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from django.db import connection
from django.db.models import Q

from qinzheng.definitions.form import Text
from qinzheng.organizations import standing
from qinzheng.organizations import tree as trees
from qinzheng.organizations.book import day_of as day_of
from qinzheng.organizations.models import Membership, Organization, Person, Placement, Post, Tenure
from qinzheng.organizations.standing import Acting, Standing

ALWAYS = "cn"
"""The calendar of a unit that names none."""


@dataclass(frozen=True, slots=True)
class Desk:
    """A post as a chart shows it."""

    id: str
    name: Text
    head: bool
    holder: str
    """The person's name, "" where the post is vacant."""


@dataclass(frozen=True, slots=True)
class Branch:
    """A unit as a chart shows it, with what stands below it on that day."""

    id: str
    kind: str
    name: Text
    desks: tuple[Desk, ...]
    children: tuple[Branch, ...]

    def __iter__(self) -> Iterator[Branch]:
        """The unit and everything below it, parents first."""
        yield self
        for child in self.children:
            yield from child


def on(day: dt.date) -> Q:
    """What is in force on a day: both ends belong to the span."""
    return Q(begins__lte=day) & (Q(ends=None) | Q(ends__gte=day))


def text(row: Organization | Post) -> Text:
    """A name in both languages; the Chinese one where there is no English."""
    return Text(zh=row.name_zh, en=row.name_en or row.name_zh)


# ---------------------------------------------------------------- the tree


def tree(day: dt.date, *, desks: bool = False) -> list[Branch]:
    """The trees as they stood on a day, units in the order of their ids. Two queries, four with the desks."""
    units = {unit.id: unit for unit in Organization.objects.filter(on(day)).order_by("id")}
    placed = dict(Placement.objects.filter(on(day)).values_list("organization_id", "parent_id"))
    seats = _desks(day) if desks else {}

    def branch(node: trees.Node) -> Branch:
        unit = units[node.id]
        below = tuple(branch(child) for child in node.children)
        return Branch(unit.id, unit.kind, text(unit), tuple(seats.get(unit.id, ())), below)

    return [branch(node) for node in trees.nest({id: placed.get(id) for id in units})]


def _desks(day: dt.date) -> dict[str, list[Desk]]:
    held = dict(Tenure.objects.filter(on(day)).values_list("post_id", "person__name"))
    seats: dict[str, list[Desk]] = defaultdict(list)
    for post in Post.objects.filter(on(day)).order_by("-head", "name_zh", "id"):
        seats[post.organization_id].append(Desk(post.id, text(post), post.head, held.get(post.id, "")))
    return seats


def subtree(org_id: str, day: dt.date) -> set[str]:
    """A unit and everything below it as it stood on a day; empty where the unit did not exist then."""
    return within([org_id], day)


def within(org_ids: Iterable[str], day: dt.date) -> set[str]:
    """The subtrees of several units together, in one query."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH RECURSIVE below(id) AS (
                SELECT o.id FROM organizations_organization o
                WHERE o.id = ANY(%(ids)s::text[]) AND {_ON.format("o")}
              UNION
                SELECT p.organization_id FROM below b
                JOIN organizations_placement p ON p.parent_id = b.id AND {_ON.format("p")}
            )
            SELECT id FROM below""",
            {"ids": list(org_ids), "day": day},
        )
        return {id for (id,) in cursor.fetchall()}


def ancestors(org_id: str, day: dt.date) -> list[str]:
    """The units above a unit on a day, nearest first, the city last."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH RECURSIVE above(id, step) AS (
                SELECT %(id)s::text, 0
              UNION ALL
                SELECT p.parent_id, a.step + 1 FROM above a
                JOIN organizations_placement p ON p.organization_id = a.id AND {_ON.format("p")}
            )
            SELECT id FROM above WHERE step > 0 ORDER BY step""",
            {"id": org_id, "day": day},
        )
        return [id for (id,) in cursor.fetchall()]


def parent(org_id: str, day: dt.date) -> str | None:
    """The unit above a unit on a day; None for the city and for what did not exist."""
    return parents([org_id], day).get(org_id)


def parents(org_ids: Collection[str], day: dt.date) -> dict[str, str]:
    """Each unit's parent on a day, in one query; those without one are left out."""
    placed = Placement.objects.filter(on(day), organization_id__in=org_ids)
    return dict(placed.values_list("organization_id", "parent_id"))


ANSWERING = frozenset({"city", "leading_group", "department", "town", "village", "service_point"})
"""Kinds of units that act in their own name; an inner division acts in its department's."""


def units(org_ids: Collection[str], day: dt.date) -> dict[str, str]:
    """The unit in whose name each organization acts on a day: itself, or the nearest above it that has a name."""
    found: dict[str, str] = {}
    for id in org_ids:
        kinds = {row.id: row.kind for row in organizations([id, *ancestors(id, day)]).values()}
        found[id] = next((each for each in (id, *ancestors(id, day)) if kinds.get(each) in ANSWERING), id)
    return found


def organizations(org_ids: Collection[str]) -> dict[str, Organization]:
    """Units by id, in one query; unknown ids are left out."""
    return Organization.objects.in_bulk(list(org_ids))


def of_kind(kind: str, day: dt.date) -> list[Organization]:
    """The units of a kind that exist on a day, by id."""
    return list(Organization.objects.filter(on(day), kind=kind).order_by("id"))


def calendar(org: Organization) -> str:
    """The id of the calendar by which a unit is open."""
    return org.calendar or ALWAYS


def names(ids: Collection[str]) -> dict[str, Text]:
    """Names of units and posts, in at most two queries. An id that nobody knows is its own name."""
    posts = [id for id in ids if id.startswith("p-")]
    units = [id for id in ids if not id.startswith("p-")]
    found = {id: Text(zh=id, en=id) for id in ids}
    if units:
        found |= {id: text(unit) for id, unit in Organization.objects.in_bulk(units).items()}
    if posts:
        found |= {id: text(post) for id, post in Post.objects.in_bulk(posts).items()}
    return found


def members(group: str, day: dt.date) -> list[Membership]:
    """The seats of a leading group on a day with their posts: chair, deputies, office, members."""
    order = {"chair": 0, "deputy": 1, "office": 2, "member": 3}
    seats = Membership.objects.filter(on(day), group_id=group).select_related("post")
    return sorted(seats, key=lambda seat: (order[seat.duty], seat.post.name_zh, seat.post_id))


def groups_of(post_id: str, day: dt.date) -> list[Membership]:
    """The seats that a post has in leading groups on a day."""
    return list(Membership.objects.filter(on(day), post_id=post_id).order_by("group_id"))


# ---------------------------------------------------------------- posts and people


def posts_of(org_id: str, day: dt.date) -> list[Post]:
    """The posts of a unit (not of those below it) on a day, heads first."""
    return list(Post.objects.filter(on(day), organization_id=org_id).order_by("-head", "name_zh", "id"))


def posts(post_ids: Collection[str]) -> dict[str, Post]:
    """Posts by id, in one query; unknown ids are left out."""
    return Post.objects.in_bulk(list(post_ids))


def heads(org_id: str, day: dt.date) -> list[Post]:
    """The posts that lead a unit on a day."""
    return [post for post in posts_of(org_id, day) if post.head]


def holder(post_id: str, day: dt.date) -> Person | None:
    """Who holds a post on a day; None: vacant."""
    return holders([post_id], day).get(post_id)


def holders(post_ids: Collection[str], day: dt.date) -> dict[str, Person]:
    """Who holds each post on a day, in one query; vacant posts are left out."""
    tenures = Tenure.objects.filter(on(day), post_id__in=post_ids).select_related("person")
    return {tenure.post_id: tenure.person for tenure in tenures}


def posts_held(person_id: str, day: dt.date) -> list[Post]:
    """The posts that a person holds on a day."""
    held = Tenure.objects.filter(on(day), person_id=person_id).select_related("post").order_by("post_id")
    return [tenure.post for tenure in held]


# ---------------------------------------------------------------- who acts


def acting(post_id: str, at: dt.datetime) -> str | None:
    """The post that acts for a post at an instant: itself, its stand-in during an absence, …; None: nobody can."""
    return acting_of([post_id], at)[post_id].post


def acting_of(post_ids: Collection[str], at: dt.datetime) -> dict[str, Acting]:
    """Who acts for each of some posts, by which right, and who was passed over: in one query."""
    found = _standing(post_ids, at)
    return {id: standing.acting(found, id) for id in post_ids}


def stands_in_for(post_id: str, at: dt.datetime) -> list[str]:
    """The other posts that a post acts for at an instant. Two queries, one where nothing can fall to it."""
    candidates = _candidates(post_id, at)
    if not candidates:
        return []
    return standing.stands_in_for(_standing([post_id, *candidates], at), post_id)


_ON = "{0}.begins <= %(day)s::date AND ({0}.ends IS NULL OR {0}.ends >= %(day)s::date)"
_AT = "{0}.begins <= %(at)s::timestamptz AND ({0}.ends IS NULL OR {0}.ends > %(at)s::timestamptz)"


def _standing(post_ids: Collection[str], at: dt.datetime) -> dict[str, Standing]:
    """The posts that exist, and every post to which one of them can fall."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH RECURSIVE reached(id) AS (
                SELECT unnest(%(ids)s::text[])
              UNION
                SELECT following.id FROM reached r JOIN organizations_post p ON p.id = r.id
                CROSS JOIN LATERAL (
                    SELECT s.stand_in_id AS id FROM organizations_stand_in s
                    WHERE s.post_id = p.id AND {_AT.format("s")}
                  UNION ALL
                    SELECT h.id FROM organizations_post h WHERE h.organization_id = p.organization_id AND h.head
                ) following
            )
            SELECT p.id, p.organization_id, p.head,
                CASE WHEN NOT EXISTS (SELECT FROM organizations_tenure t
                                      WHERE t.post_id = p.id AND {_ON.format("t")}) THEN 'vacant'
                     WHEN EXISTS (SELECT FROM organizations_absence a WHERE a.post_id = p.id AND {_AT.format("a")}
                                  AND (a.handed_back_at IS NULL OR a.handed_back_at > %(at)s::timestamptz))
                     THEN 'absent' ELSE '' END,
                (SELECT s.stand_in_id FROM organizations_stand_in s WHERE s.post_id = p.id AND {_AT.format("s")})
            FROM reached JOIN organizations_post p USING (id) WHERE {_ON.format("p")}""",
            {"ids": list(post_ids), "at": at, "day": day_of(at)},
        )
        return {row[0]: Standing(*row) for row in cursor.fetchall()}


def _candidates(post_id: str, at: dt.datetime) -> list[str]:
    """The posts whose work could fall to a post, were enough others away."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH RECURSIVE behind(id) AS (
                SELECT %(id)s::text
              UNION
                SELECT back.id FROM behind b JOIN organizations_post p ON p.id = b.id
                CROSS JOIN LATERAL (
                    SELECT s.post_id AS id FROM organizations_stand_in s
                    WHERE s.stand_in_id = p.id AND {_AT.format("s")}
                  UNION ALL
                    SELECT o.id FROM organizations_post o
                    WHERE p.head AND o.organization_id = p.organization_id AND {_ON.format("o")}
                ) back
            )
            SELECT id FROM behind WHERE id <> %(id)s::text""",
            {"id": post_id, "at": at, "day": day_of(at)},
        )
        return [id for (id,) in cursor.fetchall()]
