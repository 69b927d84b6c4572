"""What must hold of a mapping beyond its shape: its procedure exists and knows every act it names.

Registered for the kind ``mapping`` in ``qinzheng.wiring``.
"""

from __future__ import annotations

from collections.abc import Iterator

from qinzheng.definitions.library import Complaint, Library
from qinzheng.definitions.strict import Path_
from qinzheng.exchange.schema import Mapping


def check_mapping(mapping: Mapping, library: Library) -> Iterator[Complaint]:
    """Everything that is wrong with a mapping whose shape is right."""
    procedures = {procedure.id: procedure for procedure in library.all("procedure")}
    procedure = procedures.get(mapping.procedure)
    if procedure is None:
        yield Complaint(
            ("procedure",),
            f"没有程序 {mapping.procedure}；可用：{'、'.join(sorted(procedures))}",
            f"there is no procedure {mapping.procedure}; there are: {', '.join(sorted(procedures))}",
        )
        return
    acts = procedure.acts
    for path, act in _named(mapping):
        if act not in acts:
            yield Complaint(
                path,
                f"程序 {procedure.id} 没有办理动作 {act}；可用：{'、'.join(acts)}",
                f"procedure {procedure.id} has no act {act}; there are: {', '.join(acts)}",
            )
    if not any(acts[act].opens for _, act in _named(mapping) if act in acts):
        yield Complaint(
            ("acts",) if mapping.row == "event" else ("row_acts",),
            f"没有映射到开启办件的动作（{'、'.join(name for name, act in acts.items() if act.opens)}），时钟不会开始",
            f"no act that opens a case ({', '.join(name for name, act in acts.items() if act.opens)}) is mapped: "
            f"no clock would begin",
        )
    yield from _twice(mapping)


def _named(mapping: Mapping) -> Iterator[tuple[Path_, str]]:
    for number, act in enumerate(mapping.row_acts):
        yield ("row_acts", number, "act"), act.act
    for key in ("acts", "values", "value_fields", "assigns"):
        for act_name in getattr(mapping, key):
            yield (key, act_name), act_name


def _twice(mapping: Mapping) -> Iterator[Complaint]:
    """An activity that stands for two acts."""
    stands: dict[str, str] = {}
    for act, activities in mapping.acts.items():
        for activity in activities:
            if stands.setdefault(activity, act) != act:
                yield Complaint(
                    ("acts", act),
                    f"活动 {activity!r} 已映射为 {stands[activity]}，请删去一处",
                    f"activity {activity!r} is mapped to {stands[activity]} already: remove one",
                )
