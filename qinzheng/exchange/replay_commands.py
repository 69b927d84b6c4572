"""Body of ``qinzheng replay``."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from qinzheng.cases import adopting, outside
from qinzheng.cases.adopting import History
from qinzheng.definitions.library import DefinitionErrors
from qinzheng.exchange import replaying
from qinzheng.exchange.choosing import Refusal, choose, covering
from qinzheng.exchange.reading import Refused
from qinzheng.exchange.times import Reach

BATCH = 200
"""Cases taken in one transaction."""


def run(arguments: argparse.Namespace) -> int:
    """Replay, take the cases where asked to, and say what did not map."""
    try:
        library, mapping = choose(arguments.mapping, arguments.definitions, arguments.kinds)
        procedure = library.get("procedure", mapping.procedure)
        reach = Reach.of(covering(library, procedure).values())
        officers = outside.officers(f"{replaying.SPACE}:{mapping.id}")
        histories, account = replaying.replay(arguments.log, mapping, procedure, reach, officers)
    except (DefinitionErrors, Refusal, Refused) as why:
        print(why, file=sys.stderr)
        return 1
    said = account.said()
    if arguments.take:
        said["adopted"] = take(histories)
    if arguments.json:
        print(json.dumps(said, ensure_ascii=False))
        return 0
    for name, value in said.items():
        if name == "reasons":
            for reason in value:
                print(f"  {reason['events']:>6} {reason['act']}: {reason['zh']} / {reason['en']}")
        else:
            print(f"{name}: {value}")
    return 0


def take(histories: list[History]) -> dict[str, Any]:
    """The histories as cases of ours: how many were taken, known already, rejected (reasons with counts)."""
    taken = known = 0
    reasons: dict[str, int] = {}
    for begin in range(0, len(histories), BATCH):
        result = adopting.adopt(histories[begin : begin + BATCH])
        taken, known = taken + len(result.taken), known + len(result.known)
        for _, zh, en in result.rejected:
            reasons[f"{zh} / {en}"] = reasons.get(f"{zh} / {en}", 0) + 1
    return {"taken": taken, "known": known, "rejected": reasons}
