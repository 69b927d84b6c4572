"""The page itself: Chinese first, English complete, no script, no outside request, printable."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from importlib import resources

from qinzheng.clocks import explain as words
from qinzheng.clocks.machine import FAR
from qinzheng.definitions.form import Text
from qinzheng.supervision import ruler
from qinzheng.supervision.explain import CardSaid, CaseSaid, ClockSaid, Said
from qinzheng.supervision.report import charts
from qinzheng.supervision.report.material import FEWEST, Material, Organization

CLAIMS = {
    "promise": Text(zh="承诺", en="the promise"), "law": Text(zh="法定期限", en="the law"),
    "own_limit": Text(zh="规定期限（自定）", en="a limit set by ourselves"),
    "given": Text(zh="来源系统所载期限", en="the due moment the source system states"), "conduct": Text(zh="办理行为", en="conduct"),
}  # fmt: skip
LEVEL = {"red": Text(zh="● 红牌", en="● red card"), "yellow": Text(zh="▲ 黄牌", en="▲ yellow card"),
         "warning": Text(zh="○ 提示", en="○ notice"), "none": Text(zh="无", en="none")}  # fmt: skip
ENDINGS = {
    "completed_on_time": Text(zh="按时办结", en="done in time"), "completed_late": Text(zh="超期办结", en="done late"),
    "running": Text(zh="在办未到期", en="running"), "overdue": Text(zh="逾期未结", en="overdue"),
    "released": Text(zh="移交或撤回", en="released"),
}  # fmt: skip
STYLE = ("report/report.css", "static/css/components/ruler.css")
"""The report's own style, and the ruler's, which is the same on every page."""
TIMELINE = 40
"""Events shown of one case; the rest are counted."""


def both(zh: str, en: str, tag: str = "span") -> str:
    """One text in both languages; the switch at the top hides one."""
    return f'<{tag} class="zh" lang="zh">{escape(zh)}</{tag}><{tag} class="en" lang="en">{escape(en)}</{tag}>'


def said(text: Text, tag: str = "span") -> str:
    return both(text.zh, text.en, tag)


LEGEND = ruler.legend(said)


def render(material: Material) -> str:
    """The whole report as one HTML text."""
    style = "".join(
        resources.files("qinzheng.supervision").joinpath(sheet).read_text(encoding="utf-8") for sheet in STYLE
    )
    parts = [
        _front(material),
        _charts(material),
        _table(material),
        _rules(material),
        _worst(material),
        _basis(material),
    ]
    return (
        '<!doctype html><html lang="zh"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(material.title.zh)} · 监察报告</title><style>{style}</style></head><body>"
        '<input type="radio" name="language" id="to-zh" checked><input type="radio" name="language" id="to-en">'
        '<header><p class="mark">勤政 · 监察报告 <span lang="en">Supervision report</span></p>'
        '<nav aria-label="语言 language"><label for="to-zh">中文</label><label for="to-en" lang="en">English</label></nav></header>'
        f"<main>{''.join(parts)}</main></body></html>"
    )


def _front(m: Material) -> str:
    late, overdue, on_time = m.endings["completed_late"], m.endings["overdue"], m.endings["completed_on_time"]
    judged = late + overdue + on_time
    share = (late + overdue) / judged if judged else 0
    figures = [
        (f"{m.cases:,}", "件", "cases"), (f"{on_time:,}", "项时限按时办结", "limits kept"), (f"{late:,}", "项时限超期办结", "limits met late"),
        (f"{overdue:,}", "项时限逾期未结", "limits past, still open"), (f"{m.highest['red']:,}", "件红牌", "cases with a red card"),
        (f"{m.highest['yellow']:,}", "件黄牌", "cases with a yellow card"),
    ]  # fmt: skip
    cells = "".join(f"<li><b>{number}</b>{both(zh, en)}</li>" for number, zh, en in figures)
    sample = ""
    if m.sample:
        sample = both(
            "示例制度：时限与阈值由本项目自定，不是任何城市的规定。",
            "A sample regime: its limits and thresholds are this project's own and no city's rule.",
            "p",
        )
    return (
        f'<section class="front"><h1>{said(m.title)}</h1>'
        f'<p class="asof">{both(f"截至 {m.as_of.zh}", f"as of {m.as_of.en}")}</p>'
        f'<ul class="figures">{cells}</ul>'
        + both(
            f"到期该有结果的时限，每 100 项中有 {share * 100:.0f} 项超过。",
            f"Of every 100 limits that should have had a result by now, {share * 100:.0f} were passed.",
            "p",
        ).replace("<p", '<p data-lead="1"')
        + f"<h2>{both('在哪里', 'Where')}</h2><ol>{''.join(_where(o) for o in m.organizations[:5] if o.share_late > 0)}</ol>"
        + f"<h2>{both('为什么、怎么办', 'Why, and what to do')}</h2><ul class=todo>{''.join(_todo(m))}</ul>{sample}</section>"
    )


def _where(o: Organization) -> str:
    return (
        f"<li><b>{escape(o.name)}</b>："
        + both(
            f"{o.judged} 项时限中 {o.late + o.overdue} 项超期（{o.share_late:.0%}），其中 {o.overdue} 项至今未结",
            f"{o.late + o.overdue} of {o.judged} limits passed ({o.share_late:.0%}), {o.overdue} of them still open",
        )
        + "</li>"
    )


def _todo(m: Material) -> Iterable[str]:
    spoken = [(rule, count) for rule, count in m.rules if count and rule.level != "warning"]
    for rule, count in sorted(spoken, key=lambda row: -row[1])[:4]:
        yield (
            f'<li class="{rule.level}"><b>{said(rule.name)}</b> {both(f"{count} 处", f"× {count}")}：{said(rule.remedy)}</li>'
        )


def _charts(m: Material) -> str:
    figures = [
        (charts.taken(m), f"用时分布（{words.UNITS[m.unit][0] if m.unit else ''}）", f"Time taken ({words.UNITS[m.unit][1] + 's' if m.unit else ''})"),
        (charts.months(m), "逐月：蓝为未超期，红为超期", "Month by month: blue not late, red late"),
        (charts.organizations(m.organizations), "超期比例最高的单位", "Organizations with the largest share late"),
    ]  # fmt: skip
    drawn = "".join(
        f"<figure><figcaption>{both(zh, en)}</figcaption>{svg}</figure>" for svg, zh, en in figures if svg
    )
    return f'<section class="charts">{drawn}</section>'


def _table(m: Material) -> str:
    names = ["completed_on_time", "completed_late", "running", "overdue", "released"]
    head = "".join(f'<th scope="col">{said(ENDINGS[name])}</th>' for name in names)
    few = ""
    if m.few:
        few = (
            f"<details><summary>{both(f'不足 {FEWEST} 件、不排名的单位（{len(m.few)}）', f'Fewer than {FEWEST}, not ranked ({len(m.few)})')}"
            f"</summary>{_rows(m.few, head)}</details>"
        )
    return (
        f"<section><h2>{both('各单位', 'By organization')}</h2>{_rows(m.organizations, head)}{few}</section>"
    )


def _rows(rows: list[Organization], head: str) -> str:
    body = "".join(
        f'<tr><th scope="row">{escape(o.name)}</th><td>{o.on_time}</td><td>{o.late}</td><td>{o.running}</td><td>{o.overdue}</td>'
        f"<td>{o.released}</td><td>{o.share_late:.0%}</td><td>{o.yellow}</td><td>{o.red}</td></tr>"
        for o in rows
    )
    more = "".join(
        f'<th scope="col">{both(zh, en)}</th>'
        for zh, en in (("超期比例", "share late"), ("黄牌", "yellow"), ("红牌", "red"))
    )
    return (
        f'<div class="wide" tabindex="0"><table><thead><tr><th scope="col">{both("单位", "organization")}</th>{head}{more}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _rules(m: Material) -> str:
    rows = "".join(
        f'<tr class="{rule.level}"><th scope="row">{said(rule.name)}</th><td>{said(LEVEL[rule.level])}</td><td>{count:,}</td>'
        f"<td>{said(CLAIMS[rule.claims])}</td><td>{_source(rule.basis, rule.source)}</td></tr>"
        for rule, count in m.rules
    )
    heads = (
        ("规则", "rule"),
        ("级别", "level"),
        ("次数", "count"),
        ("说的是", "it claims"),
        ("出处", "source"),
    )
    head = "".join(f'<th scope="col">{both(zh, en)}</th>' for zh, en in heads)
    return (
        f"<section><h2>{both('牌与提示', 'Cards and notices')}</h2>"
        f'<div class="wide" tabindex="0"><table class="rules"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div></section>'
    )


def _source(basis: str, sources: list[str]) -> str:
    if basis == "ours":
        return both("本项目自定", "our own choice")
    return escape("、".join(sources))


def _worst(m: Material) -> str:
    cases = "".join(_case(case) for case in m.worst)
    return f"<section><h2>{both('最严重的二十件', 'The twenty worst')}</h2>{LEGEND}{cases or both('没有超期的办件。', 'Nothing was late.', 'p')}</section>"


def _case(case: CaseSaid) -> str:
    late = max((clock for clock in case.clocks if clock.due < FAR), key=lambda clock: clock.end - clock.due)
    over = words.lag(max(late.end - late.due, 0))
    organization = escape(late.organization or "unknown")
    return (
        f'<article class="case"><h3>{both("编号", "case")} {escape(case.name)} <small>{organization}</small></h3>'
        f'<p class="over">{both(f"超过期限 {over.zh}", f"{over.en} past the limit")}</p>'
        + "".join(_clock(clock, case) for clock in case.clocks)
        + f'<ul class="cards">{"".join(_card(card, case) for card in case.cards[:12])}</ul>'
        f"<details><summary>{both(f'经过（{len(case.events)} 条）', f'What happened ({len(case.events)})')}</summary><ol class=timeline>"
        + "".join(_event(event, case) for event in case.events[:TIMELINE])
        + "</ol>"
        + (
            both(f"另有 {len(case.events) - TIMELINE} 条", f"{len(case.events) - TIMELINE} more", "p")
            if len(case.events) > TIMELINE
            else ""
        )
        + "</details></article>"
    )


def _clock(clock: ClockSaid, case: CaseSaid) -> str:
    why = both(clock.why_due.zh, clock.why_due.en, "p")
    promise = ""
    if clock.why_promise is not None and clock.promise < FAR:
        promise = both(f"承诺：{clock.why_promise.zh}", f"Promise: {clock.why_promise.en}", "p")
    return (
        f'<div class="clock"><h4>{said(clock.name)} <span class="ending {clock.ending}">{said(ENDINGS[clock.ending])}</span></h4>'
        f"{ruler.draw(_drawn(clock, case), 'card', 'both')}{why}{promise}</div>"
    )


def _drawn(clock: ClockSaid, case: CaseSaid) -> ruler.Clock:
    """What the ruler needs of a clock that was explained."""
    ending = ENDINGS[clock.ending]
    return ruler.Clock(
        case.calendar, clock.start, clock.end,
        clock.due if clock.due < FAR else None, clock.promise if clock.promise < FAR else None,
        clock.ending not in ("running", "overdue"), case.stretches,
        Text(zh=f"{clock.name.zh}：{ending.zh}", en=f"{clock.name.en}: {ending.en}"), clock.why_due,
    )  # fmt: skip


def _card(card: CardSaid, case: CaseSaid) -> str:
    at = words.moment(case.calendar, card.at)
    return f'<li class="{card.level}">{said(LEVEL[card.level])} {said(card.sentence)} <small>{both(at.zh, at.en)}</small></li>'


def _event(event: Said, case: CaseSaid) -> str:
    at = words.moment(case.calendar, event.at)
    zh, en = (at.zh[:13], at.en[:14]) if event.day_only else (at.zh, at.en)
    who = escape(" ".join(part for part in (event.organization, event.actor) if part))
    entered = ""
    if event.reported >= 0 and case.calendar.day(event.reported) != case.calendar.day(event.at):
        late = words.moment(case.calendar, event.reported)
        entered = (
            f' <small class="entered">{both(f"录入于 {late.zh[:10]}", f"entered {late.en[:14]}")}</small>'
        )
    return f"<li><time>{both(zh, en)}</time> {said(event.name)} <small>{who}</small>{entered}</li>"


def _basis(m: Material) -> str:
    assumed = "".join(f"<li>{said(text)}</li>" for text in m.assumptions)
    rejected = "".join(f"<li>{both(zh, en)} × {count}</li>" for zh, en, count in m.rejected)
    total = sum(count for _, _, count in m.rejected)
    spent = m.spent
    whole = sum(spent.values()) or 1
    whose = "".join(
        f"<li>{both(zh, en)}：{spent[n] / whole:.0%}</li>"
        for n, (zh, en) in enumerate((("部门", "department"), ("申请人", "applicant"), ("第三方", "third party"), ("无人（交接之间）", "nobody (between hand-over and sign-for)")))
        if spent[n]
    )  # fmt: skip
    return (
        f'<section class="basis"><h2>{both("这份报告怎么来的", "How this was made")}</h2>'
        f"<h3>{both('时间花在谁那里', 'Whose time it was')}</h3><ul>{whose}</ul>"
        f"<h3>{both('所作假定', 'Assumptions')}</h3><ul>{assumed}</ul>"
        f"<h3>{both(f'没有收下的行：{total}', f'Rows not accepted: {total}')}</h3><ul>{rejected}</ul>"
        f"<p>{both(f'规则集 {m.rule_set}；{m.events:,} 条记录。“超期”指超过期限（法定、自定或所载），“承诺”另计黄牌。', f'Rule set {m.rule_set}; {m.events:,} events. Late means past the limit (of law, our own, or as stated); the promise is judged apart, by yellow cards.')}</p></section>"
    )
