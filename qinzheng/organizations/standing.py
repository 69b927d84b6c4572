"""Who acts for a post at one moment: its holder, else its stand-in and theirs, else the head of the unit. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from qinzheng.definitions.form import Text

Away = Literal["", "absent", "vacant"]


@dataclass(frozen=True, slots=True)
class Standing:
    """A post that exists at the moment: whether somebody is there, and who stands in."""

    id: str
    organization: str
    head: bool
    away: Away
    stand_in: str | None


@dataclass(frozen=True, slots=True)
class Acting:
    """The post that acts, None where nobody can; by which right; and who was passed over, and why."""

    post: str | None
    right: Literal["own", "stand_in", "head", "nobody"]
    passed: tuple[tuple[str, Away], ...] = ()

    def because(self) -> Text:
        """Why, in a sentence for the person who looks."""
        return BECAUSE[self.right]


BECAUSE = {
    "own": Text(zh="本岗在岗", en="the post's own holder is there"),
    "stand_in": Text(zh="本岗离岗或空缺，由 B 岗代行", en="absent or vacant: the stand-in acts"),
    "head": Text(
        zh="本岗与 B 岗均不在岗，由单位负责人代行",
        en="neither holder nor stand-in is there: the head of the unit acts",
    ),
    "nobody": Text(
        zh="本岗、B 岗、单位负责人均不在岗，无人可办，请设 B 岗或任命负责人",
        en="nobody can act: neither holder, stand-in nor head is there. Set a stand-in or appoint a head",
    ),
}


def acting(posts: Mapping[str, Standing], post: str) -> Acting:
    """Who acts for a post. ``posts`` holds at least whatever can be reached from it; a post not held exists no more."""
    passed: list[tuple[str, Away]] = []
    if post not in posts:
        return Acting(None, "nobody")
    for right, candidate in _candidates(posts, posts[post]):
        if not candidate.away:
            return Acting(candidate.id, right, tuple(passed))
        passed.append((candidate.id, candidate.away))
    return Acting(None, "nobody", tuple(passed))


def stands_in_for(posts: Mapping[str, Standing], post: str) -> list[str]:
    """The other posts that a post acts for, sorted."""
    return sorted(id for id, each in posts.items() if each.away and acting(posts, id).post == post != id)


def _candidates(
    posts: Mapping[str, Standing], first: Standing
) -> Iterator[tuple[Literal["own", "stand_in", "head"], Standing]]:
    """Each at most once, whatever circles the pointers make."""
    seen: set[str] = set()
    yield "own", first
    seen.add(first.id)
    for each in _line(posts, first.stand_in, seen):
        yield "stand_in", each
    heads = [each for each in posts.values() if each.head and each.organization == first.organization]
    for head in sorted(heads, key=lambda each: each.id):
        for each in _line(posts, head.id, seen):
            yield "head", each


def _line(posts: Mapping[str, Standing], id: str | None, seen: set[str]) -> Iterator[Standing]:
    while id is not None and id not in seen and id in posts:
        seen.add(id)
        yield posts[id]
        id = posts[id].stand_in
