"""The shape of a service item (事项): what people ask for, who decides it, by which procedure and promise.

A short form says only that; the full form says all that a citizen or a window needs (``guide``), its codes, who
decides at which level, what its own law allows to stop the clock, and its life. A case keeps the promise that its
item made when it began.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from itertools import pairwise
from typing import Literal

from pydantic import Field

from qinzheng.cases import item_codes
from qinzheng.cases.guide import Before, Guide, Level, Life, Special, unknown_answers
from qinzheng.cases.schema import Procedure
from qinzheng.definitions.form import Definition, Identifier
from qinzheng.definitions.library import Complaint, Library
from qinzheng.parties.codes import WrongCode

Sort = Literal[
    "licence", "filing", "confirmation", "registration", "payment", "service", "joint", "review", "petition",
    "information", "former_approval",
]  # fmt: skip
"""``former_approval``: 非许可审批, abolished in 2015, kept for history."""
LEVELS = ("nation", "province", "city", "county", "town", "village")
SPECIAL_FIELD = "procedure"
"""The field of the act that tells the time of a special procedure in which the procedure is named."""
ENDS = ("merged", "abolished")


class Item(Definition):
    """One item. ``committed`` tightens the procedure's promises: clock → amount in that clock's unit."""

    kind: Literal["item"]
    sort: Sort
    organization: Identifier = Field(description="the unit that decides")
    procedure: Identifier
    committed: dict[Identifier, int] = {}
    towns: bool = Field(default=False, description="taken at the towns' service centres too")
    code: str | None = Field(default=None, description="实施编码, 31 characters (GB/T 39554.1)")
    businesses: dict[str, str] = Field(
        default={}, description="业务办理项: code of 33 characters → Chinese name"
    )
    inherits: Identifier | None = Field(
        default=None, description="the item of the level above that this one carries out"
    )
    level: Level = "city"
    decided_by: dict[Level, Identifier] = Field(
        default={}, description="where several levels decide: level → unit"
    )
    at_window: bool = Field(default=False, description="decided at the window itself (授权)")
    at_once: bool = Field(default=False, description="done on the spot (即办)")
    fast_track: bool = Field(
        default=False, description="firms of credit class A go by the fast track of its procedure (信用快办)"
    )
    in_centre: bool = Field(default=True, description="accepted at the service centre (进驻)")
    special: list[Special] | None = Field(
        default=None, description="what its own law allows to stop the clock; none given: not examined yet"
    )
    guide: Guide = Guide()
    before: Before | None = None
    life: list[Life] = []

    def alive(self, day: dt.date) -> bool:
        """Whether it can be asked for on that day: admitted, not suspended, merged or abolished."""
        turns = [each.turn for each in self.life if each.on <= day]
        if not turns:
            return not self.life
        return turns[-1] not in ("proposed", "suspended", *ENDS)


def check_item(item: Item, library: Library) -> Iterator[Complaint]:
    """Everything that an item says holds together, and with what it names."""
    try:
        procedure: Procedure = library.get("procedure", item.procedure)
    except KeyError:
        yield Complaint(
            ("procedure",), f"没有程序 {item.procedure}", f"there is no procedure {item.procedure}"
        )
        return
    yield from _promises(item, procedure)
    yield from _codes(item)
    yield from _special(item, procedure)
    yield from _situations(item)
    yield from _life(item, library)
    yield from _form(item, procedure)


def _promises(item: Item, procedure: Procedure) -> Iterator[Complaint]:
    """No promise is longer than what the procedure allows."""
    for name, amount in item.committed.items():
        clock = procedure.clocks.get(name)
        if clock is None:
            known = "、".join(procedure.clocks)
            yield Complaint(
                ("committed", name), f"没有时钟 {name}；可用：{known}", f"no clock {name}; known: {known}"
            )
            continue
        longest = clock.limits.committed or clock.limits.statutory or clock.limits.own
        if longest is not None and not 1 <= amount <= longest.amount:
            yield Complaint(
                ("committed", name),
                f"承诺 {amount} 应在 1 与程序所定 {longest.amount} 之间：请更正",
                f"the promise of {amount} must lie between 1 and the procedure's {longest.amount}: correct it",
            )


def _codes(item: Item) -> Iterator[Complaint]:
    told: list[tuple[tuple[str, ...], str]] = [(("code",), item.code)] if item.code is not None else []
    told += [(("businesses", code), code) for code in item.businesses]
    for place, code in told:
        try:
            item_codes.read(code)
        except WrongCode as why:
            yield Complaint(place, why.zh, why.en)
            continue
        if place[0] == "businesses" and not item_codes.belongs(code, item.code or ""):
            yield Complaint(
                place,
                "业务办理项编码的前 31 位应为本事项的实施编码",
                "the first 31 characters of a business handling item are the item's own code",
            )


def _special(item: Item, procedure: Procedure) -> Iterator[Complaint]:
    """A special procedure is one of the choices of the act that tells its time."""
    known = {
        choice for act in telling(procedure) for choice in procedure.acts[act].form[SPECIAL_FIELD].choices
    }
    for n, each in enumerate(item.special or ()):
        if each.procedure not in known:
            yield Complaint(
                ("special", n, "procedure"),
                f"程序 {procedure.id} 没有特别程序 {each.procedure}；可用：{'、'.join(sorted(known)) or '无'}",
                f"{procedure.id} has no special procedure {each.procedure}; known: {', '.join(sorted(known)) or 'none'}",
            )


def telling(procedure: Procedure) -> list[str]:
    """The acts that stop a clock and name a special procedure."""
    acts = {pause.by for clock in procedure.clocks.values() for pause in clock.pauses}
    return sorted(act for act in acts if act in procedure.acts and SPECIAL_FIELD in procedure.acts[act].form)


def _situations(item: Item) -> Iterator[Complaint]:
    guide = item.guide
    wanted = [(("guide", "materials", key), each) for key, each in guide.materials.items()]
    found = unknown_answers(wanted, guide.situations)
    found += unknown_answers(
        [(("guide", "fees", n), fee) for n, fee in enumerate(guide.fees)], guide.situations
    )
    for place, question, answer in found:
        yield Complaint(
            place,
            f"没有情形 {question} 或其答案 {answer}：请在 situations 中写明",
            f"there is no situation {question} with the answer {answer}: state it under situations",
        )


def _life(item: Item, library: Library) -> Iterator[Complaint]:
    for n, (earlier, later) in enumerate(pairwise(item.life), start=1):
        if later.on < earlier.on:
            yield Complaint(("life", n, "on"), "应按日期先后写", "turns stand in the order of their days")
        if earlier.turn in ENDS:
            yield Complaint(
                ("life", n, "turn"),
                "已合并或取消的事项不再变动",
                "an item that was merged or abolished does not go on",
            )
    for n, turn in enumerate(item.life):
        if turn.turn == "delegated" and turn.to not in LEVELS:
            yield Complaint(
                ("life", n, "to"),
                f"下放应写明层级：{'、'.join(LEVELS)}",
                f"say to which level: {', '.join(LEVELS)}",
            )
        if turn.turn == "merged" and not _known(turn.to, library):
            yield Complaint(("life", n, "to"), "并入的事项不存在", "the item that goes on does not exist")
    if item.inherits is not None and not _known(item.inherits, library):
        yield Complaint(("inherits",), f"没有事项 {item.inherits}", f"there is no item {item.inherits}")


def _known(id: str | None, library: Library) -> bool:
    return id is not None and any(each.id == id for each in library.all("item"))


def _form(item: Item, procedure: Procedure) -> Iterator[Complaint]:
    """What the application asks does not take the name of what the opening act asks."""
    taken = {name for act in procedure.acts.values() if act.opens for name in act.form}
    for name in item.guide.form.keys() & taken:
        yield Complaint(
            ("guide", "form", name),
            f"栏名 {name} 已由程序使用，请改名",
            f"the procedure has a field {name}: rename it",
        )
