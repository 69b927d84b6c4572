"""The shape of a service item (事项): what people ask for, who decides it, by which procedure and promise.

The catalogue that the window works with grows from this; a case keeps the promise that its item made when it began.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from qinzheng.cases.schema import Procedure
from qinzheng.definitions.form import Definition, Identifier
from qinzheng.definitions.library import Complaint, Library

Sort = Literal[
    "licence", "filing", "confirmation", "registration", "payment", "service", "joint", "review", "petition",
    "information",
]  # fmt: skip


class Item(Definition):
    """One item. ``committed`` tightens the procedure's promises: clock → amount in that clock's unit."""

    kind: Literal["item"]
    sort: Sort
    organization: Identifier = Field(description="the unit that decides")
    procedure: Identifier
    committed: dict[Identifier, int] = {}
    towns: bool = Field(default=False, description="taken at the towns' service centres too")


def check_item(item: Item, library: Library) -> Iterator[Complaint]:
    """The procedure exists, and no promise is longer than what the procedure allows."""
    try:
        procedure: Procedure = library.get("procedure", item.procedure)
    except KeyError:
        yield Complaint(
            ("procedure",), f"没有程序 {item.procedure}", f"there is no procedure {item.procedure}"
        )
        return
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
