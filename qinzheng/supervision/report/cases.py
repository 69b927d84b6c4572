"""The worst cases: each with its rulers, its cards as sentences, and what happened."""

from __future__ import annotations

from html import escape

from qinzheng.calendars.calendar import Calendar
from qinzheng.clocks import explain
from qinzheng.clocks.machine import FAR
from qinzheng.definitions.form import Text
from qinzheng.supervision import ruler
from qinzheng.supervision.explain import CardSaid, CaseSaid, ClockSaid, Said
from qinzheng.supervision.report.words import ENDINGS, LEVEL, both, organization, said

TIMELINE = 40
"""Events shown of one case; the rest are counted."""
CARDS = 12


def worst(cases: list[CaseSaid]) -> str:
    """The section of the worst cases."""
    if not cases:
        title, body = (
            both("最严重的办件", "The worst cases"),
            both("没有超期的办件。", "Nothing was late.", "p"),
        )
    else:
        title = both(f"最严重的 {len(cases)} 件", f"The {len(cases)} worst")
        body = (
            f'<div class="zh" lang="zh">{ruler.legend("zh")}</div><div class="en" lang="en">{ruler.legend("en")}</div>'
            + "".join(_case(case) for case in cases)
        )
    return f"<section><h2>{title}</h2>{body}</section>"


def _case(case: CaseSaid) -> str:
    late = max((clock for clock in case.clocks if clock.due < FAR), key=lambda clock: clock.end - clock.due)
    over = explain.lag(max(late.end - late.due, 0))
    more = len(case.events) - TIMELINE
    return (
        f'<article class="case"><h3>{both("编号", "case")} {escape(case.name)} <small>{organization(late.organization)}</small></h3>'
        f'<p class="over">{both(f"超过期限 {over.zh}", f"{over.en} past the limit")}</p>'
        + "".join(_clock(clock, case) for clock in case.clocks)
        + f'<ul class="cards">{"".join(_card(card, case) for card in case.cards[:CARDS])}</ul>'
        f"<details><summary>{both(f'经过（{len(case.events)} 条）', f'What happened ({len(case.events)})')}</summary><ol class=timeline>"
        + "".join(_event(event, case) for event in case.events[:TIMELINE])
        + f"</ol>{both(f'另有 {more} 条', f'{more} more', 'p') if more > 0 else ''}</details></article>"
    )


def _clock(clock: ClockSaid, case: CaseSaid) -> str:
    promise = ""
    if clock.why_promise is not None and clock.promise < FAR:
        promise = both(f"承诺：{clock.why_promise.zh}", f"Promise: {clock.why_promise.en}", "p")
    ending = ENDINGS[clock.ending]
    drawing = ruler.Clock(
        calendar=case.calendar,
        start=clock.start,
        needle=clock.end,
        due=clock.due if clock.due < FAR else None,
        promise=clock.promise if clock.promise < FAR else None,
        ended=clock.ending.startswith("completed") or clock.ending == "released",
        stretches=_within(case, clock),
        title=Text(zh=f"{clock.name.zh}，{ending.zh}", en=f"{clock.name.en}, {ending.en}"),
        description=clock.why_due,
    )
    return (
        f'<div class="clock"><h4>{said(clock.name)} <span class="ending {clock.ending}">{said(ending)}</span></h4>'
        f"{ruler.draw(drawing, 'card', 'both')}{said(clock.why_due, 'p')}{promise}</div>"
    )


def _within(case: CaseSaid, clock: ClockSaid) -> list[ruler.Stretch]:
    """Whose time it was while the clock ran."""
    return [
        (turn, max(begin, clock.start), min(end, clock.end))
        for turn, begin, end in case.stretches
        if begin < clock.end and end > clock.start
    ]


def _card(card: CardSaid, case: CaseSaid) -> str:
    return f'<li class="{card.level}">{said(LEVEL[card.level])} {said(card.sentence)} <small>{said(explain.moment(case.calendar, card.at))}</small></li>'


def _event(event: Said, case: CaseSaid) -> str:
    calendar = case.calendar
    at = _day(calendar, event.at) if event.day_only else explain.moment(calendar, event.at)
    actor = f" {escape(event.actor)}" if event.actor else ""
    entered = ""
    if event.reported >= 0 and calendar.day(event.reported) != calendar.day(event.at):
        late = _day(calendar, event.reported)
        entered = f' <small class="entered">{both(f"录入于 {late.zh}", f"entered {late.en}")}</small>'
    return (
        f"<li><time>{said(at)}</time> {said(event.name)} <small>{organization(event.organization)}{actor}</small>"
        f"{entered}</li>"
    )


def _day(calendar: Calendar, at: int) -> Text:
    """The day of an instant, as the moments beside it name theirs."""
    moment = explain.moment(calendar, at)
    return Text(zh=moment.zh.partition("）")[0] + "）", en=moment.en.rpartition(" ")[0])
