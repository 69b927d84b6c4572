"""What the city says of enterprises: credit class and yearly lists. Verbs of ``actions``."""

from __future__ import annotations

import re
from collections.abc import Sequence

from django.db import transaction

from qinzheng.parties import events, fields, subjects, texts
from qinzheng.parties.models import Listing, Party
from qinzheng.parties.subjects import PartyRefused

LIST_CODE = re.compile(r"[a-z][a-z0-9_]{1,39}")


def check_class(kind: str, credit_class: str) -> None:
    """Raises ``WrongField`` for a class that is none, or a citizen's: people are given no class."""
    if credit_class and (kind != fields.ENTERPRISE or credit_class not in fields.CREDIT_CLASSES):
        raise fields.WrongField(
            "credit_class",
            "应为 A、B、C、D 之一，且只用于企业",
            "must be A, B, C or D, and for enterprises only",
        )


def set_credit_class(party_id: str, to: str, reason: str, *, by: str, organization: str = "") -> Party:
    """Give an enterprise a credit class (A-D, empty: none), with the reason, which is kept sealed."""
    with transaction.atomic():
        one = subjects.usable(party_id)
        check_class(one.root.kind, to)
        if to == one.root.credit_class:
            raise PartyRefused(f"信用等级已是“{to}”", f"the credit class is {to!r} already")
        kept = texts.keep_text(reason, one.root.pk, by=by, organization=organization)
        events.recorded(
            events.event(events.CREDIT_CHANGED, one.root.pk, by, organization, reason=kept,
                  before=one.root.credit_class, after=to)
        )  # fmt: skip
        one.root.credit_class = to
        one.root.save(update_fields=["credit_class"])
    return one.root


def put_on_list(
    party_ids: Sequence[str], code: str, year: int, *, by: str, organization: str = ""
) -> list[str]:
    """Put enterprises on a list of a year; ids of those that were not on it before."""
    with transaction.atomic():
        check_list(code, year)
        found = subjects.locked(party_ids)
        roots = sorted({one.root.pk for one in found.values()})
        for one in found.values():
            one.check_usable()
            if one.root.kind != fields.ENTERPRISE:
                raise PartyRefused(f"{one.root.pk} 不是企业", f"{one.root.pk} is no enterprise")
        there = Listing.objects.filter(code=code, year=year, party_id__in=roots)
        new = sorted(set(roots) - set(there.values_list("party_id", flat=True)))
        Listing.objects.bulk_create(
            [Listing(party_id=id, code=code, year=year) for id in new], batch_size=5_000
        )
        events.record([events.event(events.LISTED, id, by, organization, list=code, year=year) for id in new])
    return new


def take_off_list(party_id: str, code: str, year: int, *, by: str, organization: str = "") -> None:
    """Take an enterprise off a list of a year."""
    with transaction.atomic():
        one = subjects.locked([party_id])[party_id]
        held = Listing.objects.filter(party__in=one.ids, code=code, year=year)
        ids = sorted(held.values_list("party_id", flat=True))
        if not ids:
            raise PartyRefused(
                f"{party_id} 不在 {year} 年 {code} 名录上", f"{party_id} is not on the list {code} of {year}"
            )
        held.delete()
        events.record(
            [events.event(events.UNLISTED, id, by, organization, list=code, year=year) for id in ids]
        )


def check_list(code: str, year: int) -> None:
    """Raises :class:`PartyRefused` for a code or year that no list has."""
    if not LIST_CODE.fullmatch(code) or not 1978 <= year <= 2200:
        raise PartyRefused(
            "名录代码用小写字母、数字、下划线，年度为四位数，如 top100 2026",
            "a list's code has small letters, digits, underscores, its year four digits: top100 2026",
        )
