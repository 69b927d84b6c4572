"""The shape of the rules about fees: which cases, who books, waives and refunds, and on which grounds.

What may be charged is not said here but by each item (``guide.fees``), with the list and the law that allow it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from qinzheng.cases.schema import Procedure
from qinzheng.definitions.form import Definition, Identifier, SourceRef, Strict, Text
from qinzheng.definitions.library import Complaint, Library

OFF_LIST, OFF_LIST_ROLE = "ask_off_list", "off-list"
"""The act that says that somebody asked for what is not listed, and its role, which no post can hold."""


class Ground(Strict):
    """A ground of a waiver or a refund, with what it rests on."""

    name: Text
    source: list[SourceRef] = Field(min_length=1)


class FeeRules(Definition):
    """The rules. ``book_by``, ``waive_by`` and ``refund_by`` are roles."""

    kind: Literal["fees"]
    procedures: list[Identifier] = Field(min_length=1, description="on cases of which fees may be booked")
    book_by: list[Identifier] = Field(min_length=1)
    waive_by: list[Identifier] = Field(min_length=1)
    refund_by: list[Identifier] = Field(min_length=1)
    waivers: dict[Identifier, Ground] = Field(min_length=1)
    refunds: dict[Identifier, Ground] = Field(min_length=1)


def check_fees(rules: FeeRules, library: Library) -> Iterator[Complaint]:
    """The procedures exist, and each can say that something was asked for that is not listed."""
    known: dict[str, Procedure] = {each.id: each for each in library.all("procedure")}
    for n, id in enumerate(rules.procedures):
        if id not in known:
            yield Complaint(("procedures", n), f"没有程序 {id}", f"there is no procedure {id}")
            continue
        act = known[id].acts.get(OFF_LIST)
        if act is None or act.by != [OFF_LIST_ROLE]:
            yield Complaint(
                ("procedures", n), f"程序 {id} 须有环节 {OFF_LIST}，by: [{OFF_LIST_ROLE}]",
                f"procedure {id} needs an act {OFF_LIST} with by: [{OFF_LIST_ROLE}]",
            )  # fmt: skip
