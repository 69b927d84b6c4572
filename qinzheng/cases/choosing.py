"""Which way through its procedure a new case takes: asked for, given by an authority, or by its item's own rule."""

from __future__ import annotations

from collections.abc import Callable

from qinzheng.cases.about import About
from qinzheng.cases.engine import NotAllowed
from qinzheng.cases.items import Item
from qinzheng.cases.schema import Procedure
from qinzheng.parties import queries as parties
from qinzheng.parties.subjects import PartyRefused

FLAGGED: list[Callable[[About, int], bool]] = []
"""Filled by ``qinzheng.plugged``: who knows whether an authority gave the case a channel, at a moment."""
BEST = "A"
"""The credit class that the fast track is for."""


def variant(procedure: Procedure, asked: str, about: About, item: Item | None, now: int) -> str:
    """The variant: the one asked for if it may be, else the one that the case is entitled to; "" the ordinary way.

    An authority's channel comes before a promise, and that before the fast track of a credit class. Raises :class:`NotAllowed`.
    """
    if asked and asked not in procedure.variants:
        raise NotAllowed(f"没有变体 {asked}", f"there is no variant {asked}", "variant")
    wanted = [asked] if asked else list(procedure.variants)
    given = {name: procedure.variants[name].given_by for name in wanted}
    if asked and given[asked] is None:
        return asked
    for by, entitled in (("flag", _flagged), ("promise", _promised), ("credit_a", _credit)):
        names = [name for name in wanted if given[name] == by]
        if names and entitled(about, item, now):
            return names[0]
    if asked:
        raise NotAllowed(
            "此通道须由有权单位事先给予，或依事项规定自动适用，不能自选",
            "this way is given by an authority beforehand or by the item's rule; it cannot be chosen",
            "variant",
        )
    return ""


def _flagged(about: About, item: Item | None, now: int) -> bool:
    return any(knows(about, now) for knows in FLAGGED)


def _promised(about: About, item: Item | None, now: int) -> bool:
    return bool(about.promised)


def _credit(about: About, item: Item | None, now: int) -> bool:
    """Whether the item has a fast track and the applicant is a firm of the best class. The class itself is told to nobody."""
    applicant = about.parties.get("applicant")
    if item is None or not item.fast_track or applicant is None:
        return False
    try:
        return parties.party(applicant).credit_class == BEST
    except PartyRefused:
        return False
