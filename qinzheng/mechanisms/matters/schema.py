"""The shape of a matter: the items that people need together, asked for by one form."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from qinzheng.cases.guide import Channel
from qinzheng.cases.items import Item
from qinzheng.cases.schema import Field_, Procedure
from qinzheng.definitions.form import Definition, Identifier, Text
from qinzheng.definitions.library import Complaint, Library


class Matter(Definition):
    """One matter. Its items run in parallel; a field that several ask under one name is asked once."""

    kind: Literal["matter"]
    plain: Text | None = Field(default=None, description="what it is, in words that a neighbour would use")
    channels: list[Channel] = Field(
        default=["window"], description="where the matter can be asked for as one"
    )
    items: Annotated[list[Identifier], Field(min_length=2)]


def opening(procedure: Procedure) -> str:
    """The act by which a case of the procedure is opened at a window."""
    return next(name for name, act in procedure.acts.items() if act.opens)


def asked(item: Item, procedure: Procedure) -> dict[str, Field_]:
    """What the opening of one item asks, but for the unit, which the item answers."""
    act = procedure.acts[opening(procedure)]
    return {name: field for name, field in {**act.form, **item.guide.form}.items() if name != act.assigns}


def check_matter(matter: Matter, library: Library) -> Iterator[Complaint]:
    """Its items exist, each once, and what they ask under one name is one thing."""
    seen: dict[str, tuple[str, Field_]] = {}
    for n, id in enumerate(matter.items):
        if id in matter.items[:n]:
            yield Complaint(("items", n), f"事项 {id} 写了两次", f"{id} stands twice")
            continue
        try:
            item: Item = library.get("item", id)
            fields = asked(item, library.get("procedure", item.procedure))
        except KeyError:
            yield Complaint(("items", n), f"没有事项 {id}", f"there is no item {id}")
            continue
        for name, field in fields.items():
            other, before = seen.setdefault(name, (id, field))
            if (before.type, before.choices.keys()) != (field.type, field.choices.keys()):
                yield Complaint(
                    ("items", n),
                    f"栏 {name} 在 {other} 与 {id} 中不是同一种，请改名",
                    f"field {name} is one thing in {other} and another in {id}: rename it",
                )
