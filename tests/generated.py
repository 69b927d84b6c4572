"""Generated histories of any procedure: mostly lawful ways through it, with every kind of slip."""

from __future__ import annotations

from random import Random

from qinzheng.cases.schema import Procedure
from tests.histories import Row
from tests.library import at

MINUTE = 60_000_000
DAY = 1440 * MINUTE
WAITS = (0, MINUTE, 20 * MINUTE, 3 * 60 * MINUTE, DAY, 3 * DAY, 9 * DAY, 40 * DAY, 120 * DAY)
LAGS = (-3 * DAY, -MINUTE, 0, DAY, 5 * DAY, 20 * DAY, 60 * DAY)
STRAY = 0.1
"""How often an act is done that the state does not allow: logs of other systems hold such things."""
BREAKS = 0.05


def history(random: Random, procedure: Procedure, begin: int | None = None) -> list[Row]:
    """One case from its opening act on, in order of time; columns are sometimes unknown."""
    acts = {name: act for name, act in procedure.acts.items() if not act.system}
    opening = random.choice([name for name, act in acts.items() if act.opens])
    now = begin if begin is not None else at("2016-01-04") + random.randrange(300 * DAY)
    state = acts[opening].to
    rows = [_event(random, opening, now)]
    for _ in range(random.randrange(18)):
        now += random.choice(WAITS) if random.random() < 0.6 else random.randrange(30 * DAY)
        name = _next(random, procedure, list(acts), state)
        state = acts[name].to or state
        rows.append(_event(random, name, now))
    return rows


def _next(random: Random, procedure: Procedure, names: list[str], state: str | None) -> str:
    """Mostly an act that the state allows; seldom one that breaks the case off; now and then a slip."""
    acts = procedure.acts
    breaks = [name for name in names if acts[name].any_time and acts[name].to is not None]
    onward = [
        name for name in names if state in acts[name].from_ or (acts[name].any_time and not acts[name].to)
    ]
    chance = random.random()
    if chance < STRAY or not (onward or breaks):
        return random.choice(names)
    if chance < STRAY + BREAKS and breaks:
        return random.choice(breaks)
    return random.choice(onward or breaks)


def _event(random: Random, name: str, now: int) -> Row:
    columns = {
        "organization": random.choice((1, 1, 2)),
        "actor": random.randrange(3),
        "role": random.randrange(3),
    }
    columns["value"] = random.choice((0, 1, 1, 2, 5, 9))
    columns["reported"] = now + random.choice(LAGS)
    columns["recorded"] = max(now, columns["reported"]) + random.choice((0, 0, DAY, 9 * DAY))
    columns["due"] = now + random.choice((-DAY, DAY, 30 * DAY))
    return name, now, {key: value for key, value in columns.items() if random.random() < 0.8}
