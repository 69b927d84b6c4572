"""The shape of a collector: which cases of a system that stays where it is become ours, by which mapping, and what it should report.

Where the data stand (a path, the address of a database) is the deployment's: ``QINZHENG_COLLECT_<ID>`` or ``--from``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, Self

from pydantic import Field, model_validator

from qinzheng.cases.schema import Procedure
from qinzheng.definitions.form import Definition, Identifier, Strict
from qinzheng.definitions.library import Complaint, Library
from qinzheng.exchange.schema import Mapping


class Reads(Strict):
    """How the source is read. ``watermark``: the column of a table by which rows that are new or changed are known."""

    form: Literal["file", "folder", "table"]
    pattern: str = Field(default="*", description="which files of a folder")
    table: str | None = Field(default=None, pattern=r"^[^.\s]+(\.[^.\s]+)?$", description="schema.table")
    watermark: str | None = None

    @model_validator(mode="after")
    def _a_table_is_named(self) -> Self:
        if (self.form == "table") != (self.table is not None) or (self.watermark and self.form != "table"):
            raise ValueError(
                "form: table 须写 table，只有它可写 watermark / a table is named where form is table; only that has a watermark"
            )
        return self


class Expects(Strict):
    """Who should report. Where a list is empty: every unit and item of the procedure's catalogue."""

    organizations: list[Identifier] = []
    items: list[Identifier] = []
    within_days: int = Field(
        default=30, ge=1, description="a new case in so many days, else it is silent (ours)"
    )


class Collector(Definition):
    """One source. ``number`` is the kind of outside number under which a case keeps its number over there."""

    kind: Literal["collector"]
    mapping: Identifier
    reads: Reads
    number: Identifier
    item: str | None = Field(default=None, description="the field that names the service item")
    items: dict[str, Identifier] = Field(default={}, description="item there → item here")
    title: str | None = Field(default=None, description="the field that names the matter; never a person")
    town: str | None = Field(default=None, description="the field that names the town")
    organizations: dict[str, Identifier] = Field(
        default={}, description="unit there → unit here; else its id, code or Chinese name is looked up"
    )
    expects: Expects = Expects()

    def fields(self) -> set[str]:
        """Fields of the source that say what a case is about."""
        return {name for name in (self.item, self.title, self.town) if name}


def check_collector(collector: Collector, library: Library) -> Iterator[Complaint]:
    """The mapping exists and fits the source; the procedure knows the kind of number; the items exist."""
    mappings: dict[str, Mapping] = {mapping.id: mapping for mapping in library.all("mapping")}
    mapping = mappings.get(collector.mapping)
    if mapping is None:
        yield Complaint(
            ("mapping",), f"没有映射 {collector.mapping}；可用：{'、'.join(sorted(mappings))}",
            f"there is no mapping {collector.mapping}; there are: {', '.join(sorted(mappings))}",
        )  # fmt: skip
        return
    if (mapping.format == "table") != (collector.reads.form == "table"):
        yield Complaint(
            ("reads", "form"), f"映射读 {mapping.format}，收集器读 {collector.reads.form}：请改一处",
            f"the mapping reads {mapping.format}, the collector {collector.reads.form}: change one",
        )  # fmt: skip
    procedures: dict[str, Procedure] = {each.id: each for each in library.all("procedure")}
    procedure = procedures.get(mapping.procedure)
    if procedure is not None and collector.number not in procedure.number.outside:
        known = "、".join(procedure.number.outside) or "无"
        yield Complaint(
            ("number",), f"程序 {procedure.id} 没有外部编号种类 {collector.number}；可用：{known}",
            f"procedure {procedure.id} has no kind of outside number {collector.number}; known: {known}",
        )  # fmt: skip
    items = {each.id for each in library.all("item")}
    named = [("items", name, id) for name, id in collector.items.items()]
    named += [("expects", "items", id) for id in collector.expects.items]
    for *path, id in named:
        if id not in items:
            yield Complaint(tuple(path), f"没有事项 {id}", f"there is no item {id}")
