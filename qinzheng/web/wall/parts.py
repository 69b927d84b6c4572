"""The parts of the wall as pieces of HTML: the page, ``/wall/now`` and the stream send the same ones."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe

from qinzheng.definitions import shelf
from qinzheng.definitions.form import Text
from qinzheng.ledger import actions as ledger
from qinzheng.web import language
from qinzheng.web.wall import drawing, tables
from qinzheng.web.wall.now import Look

NAMES = ("clock", "figures", "river", "dots", "cards", "flow", "towns", "map")
"""The parts in the order of reading; ``dots`` are the moved ones only."""
WEEKDAYS_ZH, WEEKDAYS_EN = "一二三四五六日", ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def facts(name: str, look: Look) -> object:
    """What a part is made of: where it is equal, the part need not be sent again."""
    standing, flow = look.standing, look.flow
    return {
        "clock": look.at // 60_000_000, "figures": standing.figures, "river": standing, "dots": (flow.moved, flow.gone),
        "cards": [card.key for card in flow.cards], "flow": [line.key for line in flow.lines], "towns": standing.towns,
        "map": standing.towns,
    }[name]  # fmt: skip


def whole(request: HttpRequest, look: Look) -> str:
    """All parts."""
    return "".join(part(name, request, look) for name in NAMES)


def changed(request: HttpRequest, look: Look, sent: dict[str, object]) -> Iterator[str]:
    """The parts that differ from what was ``sent``, which is brought up to date."""
    for name in NAMES:
        new = facts(name, look)
        if sent.get(name) != new:
            sent[name] = new
            yield part(name, request, look)


def part(name: str, request: HttpRequest, look: Look) -> str:
    """One part. ``request`` gives the language alone."""
    return render_to_string(
        f"wall/parts/{name}.html", {"request": request, **_context(name, request, look)}
    ).strip()


def _context(name: str, request: HttpRequest, look: Look) -> dict[str, Any]:
    spoken = language.of(request)
    if name == "clock":
        return {"at": clock(look.at), "instant": look.at}
    if name == "river":
        return {"drawn": mark_safe(drawing.water(look.standing, spoken)), "note": sampled(look)}  # noqa: S308 - made by us, escaped there
    if name == "dots":
        return {
            "drawn": mark_safe(drawing.dots(look.flow.moved, len(look.standing.dots))),
            "gone": " ".join(look.flow.gone),
        }  # noqa: S308 - as above
    if name == "map":
        return {"drawn": mark_safe(drawing.map_of(look.standing.towns, spoken))}  # noqa: S308 - as above
    if name == "towns":
        most = max((town.open for town in look.standing.towns), default=0) or 1
        return {
            "towns": [
                (town, f"{town.open / most:.1%}", f"{town.late / most:.1%}") for town in look.standing.towns
            ]
        }
    return {"look": look}


def clock(at: int) -> Text:
    """The moment of a look as a wall shows it: day, weekday, hour and minute."""
    here = (ledger.instant(at) or dt.datetime.now(dt.UTC)).astimezone(shelf.ZONE)
    return Text(
        zh=f"{here.month}月{here.day}日 周{WEEKDAYS_ZH[here.weekday()]} {here:%H:%M}",
        en=f"{WEEKDAYS_EN[here.weekday()]} {here.day} {here:%b %H:%M}",
    )


def sampled(look: Look) -> Text | None:
    """What the river leaves out, where it leaves something out."""
    shown, all_ = len(look.standing.dots), look.standing.open
    if shown >= all_:
        return None
    if shown < tables.MOST_DOTS:
        return Text(
            zh=f"图上 {shown:,} 件；另 {all_ - shown:,} 件没有期限或不在部门时限内",
            en=f"{shown:,} drawn; {all_ - shown:,} more have no limit or none of an office's",
        )
    return Text(
        zh=f"图上为最紧迫的 {shown:,} 件，共 {all_:,} 件",
        en=f"The {shown:,} most urgent of {all_:,} are drawn",
    )
