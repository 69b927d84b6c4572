"""A variant is the same procedure for flagged cases: acts left out, promises tighter. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from qinzheng.cases.schema import Procedure


def apply(procedure: Procedure, name: str, promise: Mapping[str, int] | None = None) -> Procedure:
    """The procedure as its variant ``name`` has it, with the promises that the case's item made (clock → amount).

    An act left out may be done by nobody. A promise is only ever tightened: one that is longer leaves the
    procedure's as it is.
    """
    if promise:
        procedure = _promised(procedure, promise, None)
    if not name:
        return procedure
    variant = procedure.variants[name]
    acts = {
        key: act.model_copy(update={"by": []}) if key in variant.without else act
        for key, act in procedure.acts.items()
    }
    return _promised(procedure, variant.committed, variant.source).model_copy(update={"acts": acts})


def _promised(procedure: Procedure, amounts: Mapping[str, int], source: Sequence[str] | None) -> Procedure:
    clocks = dict(procedure.clocks)
    for key, amount in amounts.items():
        clock = clocks.get(key)
        promise = None if clock is None else clock.limits.committed or clock.limits.statutory
        if clock is not None and promise is not None and amount < promise.amount:
            changes: dict[str, object] = {"amount": amount}
            changes |= {"source": source} if source is not None else {}
            limits = clock.limits.model_copy(update={"committed": promise.model_copy(update=changes)})
            clocks[key] = clock.model_copy(update={"limits": limits})
    return procedure.model_copy(update={"clocks": clocks})
