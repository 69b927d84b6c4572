"""Queue jumping: how many cases that came earlier were still waiting when a later one was done. Pure.

A queue is what one unit has of one item. Counted with a tree of partial sums, so that a year of a busy item takes
n log n and not n².
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

NEVER = 1 << 62
"""The end of what has not ended."""


class Waiting(NamedTuple):
    """One case of a queue: the working day on which it came, when it was done (UTC microseconds, or ``NEVER``), and
    whether it could be passed: one that was ever paused waited for somebody else."""

    turn: int
    ended: int
    passable: bool


def passed(queue: Sequence[Waiting], earlier: int) -> list[int]:
    """For each case, how many passable ones that came ``earlier`` or more working days before it were done after it.

    A case that has not ended has passed nobody.
    """
    if earlier < 1:
        raise ValueError("earlier must be 1 or more: those of one day have no order")
    ranks = {ended: rank for rank, ended in enumerate(sorted({each.ended for each in queue}), start=1)}
    sums = _Sums(len(ranks))
    coming = iter(sorted((each for each in queue if each.passable), key=lambda each: each.turn))
    following = next(coming, None)
    counts = [0] * len(queue)
    for n in sorted(range(len(queue)), key=lambda n: queue[n].turn):
        here = queue[n]
        while following is not None and following.turn <= here.turn - earlier:
            sums.add(ranks[following.ended])
            following = next(coming, None)
        if here.ended < NEVER:
            counts[n] = sums.total - sums.upto(ranks[here.ended])
    return counts


class _Sums:
    """Counts by rank, with the sum up to a rank (a Fenwick tree)."""

    def __init__(self, size: int) -> None:
        self.held = [0] * (size + 1)
        self.total = 0

    def add(self, rank: int) -> None:
        self.total += 1
        while rank < len(self.held):
            self.held[rank] += 1
            rank += rank & -rank

    def upto(self, rank: int) -> int:
        found = 0
        while rank:
            found += self.held[rank]
            rank &= rank - 1
        return found
