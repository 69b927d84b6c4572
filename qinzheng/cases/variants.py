"""A variant is the same procedure for flagged cases: acts left out, promises tighter. Pure."""

from __future__ import annotations

from qinzheng.cases.schema import Procedure


def apply(procedure: Procedure, name: str) -> Procedure:
    """The procedure as its variant ``name`` has it; itself for no variant.

    An act left out may be done by nobody. A promise is only ever tightened: a variant that names a longer one
    leaves the promise as it is.
    """
    if not name:
        return procedure
    variant = procedure.variants[name]
    acts = {
        key: act.model_copy(update={"by": []}) if key in variant.without else act
        for key, act in procedure.acts.items()
    }
    clocks = dict(procedure.clocks)
    for key, amount in variant.committed.items():
        clock = clocks[key]
        promise = clock.limits.committed or clock.limits.statutory
        if promise is not None and amount < promise.amount:
            tighter = promise.model_copy(update={"amount": amount, "source": variant.source})
            limits = clock.limits.model_copy(update={"committed": tighter})
            clocks[key] = clock.model_copy(update={"limits": limits})
    return procedure.model_copy(update={"acts": acts, "clocks": clocks})
