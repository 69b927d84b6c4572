"""The arithmetic of a case's fees. Pure: whole fen, and nothing that the list does not say.

A *booking* is money taken for one fee of the list; a *waiver* is a part that is not asked for, granted before; a *refund*
gives back of one booking. Whatever was accepted in whatever order, no booking has more given back than taken, and what
was taken of a fee is its listed price for the units booked, less what was waived.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from qinzheng.cases.guide import Fee

MOST_UNITS = 100_000
Kind = Literal["booked", "waived", "refunded"]


@dataclass(frozen=True)
class Entry:
    """One entry: ``fee`` is its place in the list, from 1; ``of`` the booking that a refund gives back of.

    ``waived`` of a booking: how much of the listed price was not asked for.
    """

    kind: Kind
    id: str
    fee: int
    fen: int
    units: int = 1
    waived: int = 0
    of: str = ""


class OffList(Exception):
    """It is not on the list, or more than the list says."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(f"{zh} / {en}")
        self.zh, self.en = zh, en


class Wrong(Exception):
    """It cannot be entered: why, and which field it is about."""

    def __init__(self, zh: str, en: str, field: str) -> None:
        super().__init__(f"{zh} / {en}")
        self.zh, self.en, self.field = zh, en, field


def unlisted(fee: int) -> OffList:
    """What says that the list has no such place."""
    return OffList(f"清单没有第 {fee} 项收费", f"the list has no fee {fee}")


def refunded(entries: Sequence[Entry], booking: str) -> int:
    """How much of a booking was given back, in fen."""
    return sum(each.fen for each in entries if each.kind == "refunded" and each.of == booking)


def standing(entries: Sequence[Entry], fee: int | None = None) -> int:
    """What was taken and not given back, in fen: of one fee, or of all."""
    return sum(
        each.fen - refunded(entries, each.id)
        for each in entries
        if each.kind == "booked" and fee in (None, each.fee)
    )


def waiver_left(entries: Sequence[Entry], fee: int) -> int:
    """What was waived of a fee and not yet taken off a booking that stands, in fen."""
    granted = sum(each.fen for each in entries if each.kind == "waived" and each.fee == fee)
    return granted - sum(each.waived for each in _standing(entries, fee))


def due(fees: Sequence[Fee], entries: Sequence[Entry], fee: int, units: int) -> tuple[int, int]:
    """(to be taken, waived) in fen for so many units of a fee. Raises :class:`OffList` and :class:`Wrong`."""
    if not 1 <= fee <= len(fees):
        raise unlisted(fee)
    listed = fees[fee - 1]
    if not 1 <= units <= MOST_UNITS:
        raise Wrong(f"数量应在 1 与 {MOST_UNITS} 之间", f"between 1 and {MOST_UNITS} units", "units")
    if listed.per is None and units != 1:
        raise OffList(
            f"“{listed.name.zh}”按件收一次，不按数量收", f"{listed.name.en} is charged once, not by units"
        )
    if listed.per is None and _standing(entries, fee):
        raise Wrong(f"“{listed.name.zh}”已经收过", f"{listed.name.en} was booked already", "fee")
    whole = listed.fen * units
    waived = min(waiver_left(entries, fee), whole)
    if whole == waived:
        raise Wrong(
            f"“{listed.name.zh}”已全部免收" if waived else f"“{listed.name.zh}”不收费",
            f"{listed.name.en} was waived whole" if waived else f"{listed.name.en} is free", "fee",
        )  # fmt: skip
    return whole - waived, waived


def book(
    fees: Sequence[Fee], entries: Sequence[Entry], id: str, fee: int, units: int, stated: int | None
) -> Entry:
    """The booking. ``stated``: the amount that whoever books names; more than the list says is :class:`OffList`."""
    fen, waived = due(fees, entries, fee, units)
    if stated is not None and stated > fen:
        raise OffList(
            f"要收 {yuan(stated)} 元，清单只准收 {yuan(fen)} 元", f"{yuan(stated)} yuan asked, the list allows {yuan(fen)}"
        )  # fmt: skip
    if stated is not None and stated != fen:
        raise Wrong(
            f"应收 {yuan(fen)} 元；少收须先免收并写明理由", f"{yuan(fen)} yuan are due; to take less, waive first, with its ground", "fen"
        )  # fmt: skip
    return Entry("booked", id, fee, fen, units, waived)


def waive(fees: Sequence[Fee], entries: Sequence[Entry], id: str, fee: int, fen: int) -> Entry:
    """The waiver of a part, or the whole, of what is not taken yet."""
    if not 1 <= fee <= len(fees):
        raise Wrong("清单没有这一项", "the list has no such fee", "fee")
    listed = fees[fee - 1]
    most = listed.fen * (1 if listed.per is None else MOST_UNITS) - waiver_left(entries, fee)
    if listed.per is None and _standing(entries, fee):
        raise Wrong("已经收过，要减请退费", "it was booked already: refund instead", "fee")
    if not 1 <= fen <= most:
        raise Wrong(f"免收应在 0.01 与 {yuan(most)} 元之间", f"between 0.01 and {yuan(most)} yuan", "fen")
    return Entry("waived", id, fee, fen)


def refund(entries: Sequence[Entry], id: str, booking: str, fen: int) -> Entry:
    """Giving back a part, or the whole, of a booking."""
    found = next((each for each in entries if each.kind == "booked" and each.id == booking), None)
    if found is None:
        raise Wrong("没有这一笔收费", "there is no such booking", "of")
    left = found.fen - refunded(entries, booking)
    if not 1 <= fen <= left:
        raise Wrong(
            f"可退 {yuan(left)} 元" if left else "这一笔已全部退还",
            f"{yuan(left)} yuan can be given back" if left else "it was given back whole", "fen",
        )  # fmt: skip
    return Entry("refunded", id, found.fee, fen, of=booking)


def yuan(fen: int) -> str:
    """Fen as yuan, exactly: ``1234`` → ``12.34``."""
    return f"{fen // 100}.{fen % 100:02}"


def _standing(entries: Sequence[Entry], fee: int) -> list[Entry]:
    """The bookings of a fee that were not given back whole."""
    return [
        each for each in entries
        if each.kind == "booked" and each.fee == fee and each.fen > refunded(entries, each.id)
    ]  # fmt: skip
