"""``qinzheng city load | live``: the fictional city, in demonstration mode only."""

from __future__ import annotations

import os
from typing import Any

from qinzheng.operations.console import on_database

BODIES = "qinzheng.simulation.qinghe.bodies"


def register(groups: Any) -> None:
    """Add the group."""
    parser = groups.add_parser(
        "city", help="虚构的清和市（仅演示模式）· the fictional city, demonstration only"
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    verb = verbs.add_parser("load", help="载入：单位、人员、一年的办件 · units, people, a year of cases")
    verb.add_argument(
        "--scale",
        type=float,
        default=float(os.environ.get("SCALE", "1")),
        help="规模倍数 · times the default",
    )
    verb.add_argument("--seed", type=int, default=2026, help="种子 · seed")
    verb.set_defaults(run=on_database(BODIES, "load"))
    verb = verbs.add_parser(
        "live", help="继续生活：边开着页面边有人办事 · goes on living while the pages are open"
    )
    verb.add_argument("--seed", type=int, default=2026, help="种子 · seed")
    verb.add_argument(
        "--every", type=float, default=1.5, help="平均几秒一个动作 · seconds between acts, on average"
    )
    verb.add_argument(
        "--site", default="", help="模拟设备所用的网址 · where the simulated devices find the API"
    )
    verb.set_defaults(run=on_database(BODIES, "live"))
