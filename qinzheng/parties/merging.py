"""One subject from two records, and two again. Verbs of ``actions``."""

from __future__ import annotations

from django.db import transaction

from qinzheng.parties import events, subjects, texts
from qinzheng.parties.models import Party
from qinzheng.parties.subjects import PartyRefused, Subject


def merge(into: str, other: str, reason: str, *, by: str, organization: str = "") -> Party:
    """Let ``into`` stand for ``other`` too. Neither record is rewritten, so ``unmerge`` restores both exactly.

    Refused for different kinds and for two different verified codes: those are two subjects.
    """
    with transaction.atomic():
        found = subjects.locked([into, other])
        first, second = found[into], found[other]
        for one, id in ((first, into), (second, other)):
            one.check_usable()
            if one.root.pk != id:
                raise PartyRefused(
                    f"{id} 已并入 {one.root.pk}，请对后者操作",
                    f"{id} is merged into {one.root.pk} already: take that one",
                )
        _check_one(first, second)
        kept = texts.keep_text(reason, into, by=by, organization=organization)
        events.record(
            [
                events.event(events.MERGED, other, by, organization, into=into, reason=kept),
                events.event(events.MERGED, into, by, organization, taken=other, reason=kept),
            ]
        )
        second.root.merged_into = first.root
        second.root.save(update_fields=["merged_into"])
    return first.root


def _check_one(first: Subject, second: Subject) -> None:
    if first.root.pk == second.root.pk:
        raise PartyRefused("同一主体不能与自己合并", "a party cannot be merged with itself")
    if first.root.kind != second.root.kind:
        raise PartyRefused(
            "公民与企业不能合并", "a citizen and an enterprise are two subjects and cannot be merged"
        )
    for column in ("identity_index", "enterprise_index"):
        codes = {
            bytes(index)
            for one in (first, second)
            for index in (getattr(party, column) for party in one.members)
            if index is not None
        }
        if len(codes) > 1:
            raise PartyRefused(
                "二者号码不同，是两个主体；如其中一个登记有误，请先更正或清除该号码",
                "their codes differ, so they are two subjects; where one is wrong, correct or clear it first",
            )


def unmerge(other: str, reason: str, *, by: str, organization: str = "") -> Party:
    """Undo a merge: the record stands for itself again, just as it was."""
    with transaction.atomic():
        one = subjects.locked([other])[other]
        one.check_there()
        party = next(each for each in one.members if each.pk == other)
        if party.merged_into_id is None:
            raise PartyRefused(f"{other} 没有并入任何主体", f"{other} is not merged into another")
        into = party.merged_into_id
        kept = texts.keep_text(reason, into, by=by, organization=organization)
        events.record(
            [
                events.event(events.UNMERGED, other, by, organization, out_of=into, reason=kept),
                events.event(events.UNMERGED, into, by, organization, given=other, reason=kept),
            ]
        )
        party.merged_into = None
        party.save(update_fields=["merged_into"])
    return party
