"""The shape of presence: which acts mean that an applicant stood at a desk. What they add up to: :mod:`qinzheng.measures.visits`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from qinzheng.definitions.form import Definition, Identifier, Strict
from qinzheng.definitions.library import Complaint, Library

COUNTS = ("trips", "doors", "persons")
UNKNOWN = ""
"""The value of a field that the act does not tell."""


class Met(Strict):
    """One act, by these roles, that needs the applicant at the desk; ``field``: only where it has one of these values."""

    act: Identifier
    by: list[Identifier] = Field(min_length=1)
    field: Identifier | None = None
    among: list[str] = []
    unknown: Literal["counts", "passes"] = Field(
        default="counts", description="where the act does not tell the field, as older editions do not"
    )

    @model_validator(mode="after")
    def _a_field_has_its_values(self) -> Self:
        if (self.field is None) != (not self.among):
            raise ValueError("field 与 among 须同写同不写 / field and among are given together or not at all")
        return self

    def values(self) -> list[str | None]:
        """The values for which it counts; None: whatever the field says."""
        if self.field is None:
            return [None]
        return [*self.among, *([UNKNOWN] if self.unknown == "counts" else [])]


class Presence(Definition):
    """The acts of some procedures that bring an applicant in person to a desk."""

    kind: Literal["presence"]
    procedures: list[Identifier] = Field(min_length=1)
    acts: list[Met] = Field(min_length=1)


def check_presence(presence: Presence, library: Library) -> Iterator[Complaint]:
    """Everything named exists: procedures, in each of them some act, roles that may do it, fields and their choices."""
    every = {procedure.id: procedure for procedure in library.all("procedure")}
    for i, name in enumerate(presence.procedures):
        if name not in every:
            yield Complaint(("procedures", i), f"没有程序 {name}", f"there is no procedure {name}")
        elif not any(met.act in every[name].acts for met in presence.acts):
            yield Complaint(
                ("procedures", i),
                f"程序 {name} 没有所列的任何环节，永远数不到：请补上或删去",
                f"procedure {name} has none of the acts listed and is never counted: name one, or take it off",
            )
    chosen = [every[name] for name in presence.procedures if name in every]
    for i, met in enumerate(presence.acts):
        having = [procedure.acts[met.act] for procedure in chosen if met.act in procedure.acts]
        if not having:
            yield Complaint(
                ("acts", i, "act"), f"所列程序都没有环节 {met.act}", f"no procedure has the act {met.act}"
            )
            continue
        for j, role in enumerate(met.by):
            if not any(role in act.by for act in having):
                yield Complaint(
                    ("acts", i, "by", j), f"环节 {met.act} 不由 {role} 办理", f"{met.act} is not for {role}"
                )
        yield from _field(i, met, having)


def _field(i: int, met: Met, having: list[Any]) -> Iterator[Complaint]:
    if met.field is None:
        return
    fields = [act.form[met.field] for act in having if met.field in act.form]
    if not fields:
        yield Complaint(
            ("acts", i, "field"),
            f"环节 {met.act} 没有栏目 {met.field}",
            f"{met.act} has no field {met.field}",
        )
        return
    known = {value for field in fields for value in field.choices}
    for j, value in enumerate(met.among):
        if value not in known:
            yield Complaint(
                ("acts", i, "among", j),
                f"栏目 {met.field} 没有 {value}；可用：{'、'.join(sorted(known)) or '无'}",
                f"{met.field} has no {value}; known: {', '.join(sorted(known)) or 'none'}",
            )


Rows = tuple[tuple[str, str, str, str | None, str | None], ...]
"""(procedure, act, role, field's path, its value)"""


def rows(library: Library) -> Rows:
    """What the published definitions say, the latest edition of each, as rows; each once."""
    latest = {presence.id: presence for presence in library.all("presence")}
    found = {
        (procedure, met.act, role, None if met.field is None else f"$.form.{met.field}", value)
        for presence in latest.values()
        for procedure in presence.procedures
        for met in presence.acts
        for role in met.by
        for value in met.values()
    }
    return tuple(sorted(found, key=str))


def baselines(library: Library, of: str) -> list[tuple[str, int]]:
    """(item, how many it took before it was made easier), for the items that say so; the latest edition of each."""
    latest = {item.id: item for item in library.all("item")}
    found = ((id, item.before and getattr(item.before, of)) for id, item in sorted(latest.items()))
    return [(id, count) for id, count in found if count is not None]
