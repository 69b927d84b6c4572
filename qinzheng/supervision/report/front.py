"""The first page, for whoever answers for the city: what was late, where, why, and what to do."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from qinzheng.clocks.explain import amount
from qinzheng.definitions.form import Text
from qinzheng.supervision.report.material import Material, Organization
from qinzheng.supervision.report.words import TURNS, both, join, said

LISTED = 5
ACTIONS = 6
DAYS = ("working_days", "calendar_days")


def front(m: Material) -> str:
    """The first section of the page."""
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
        f'<div class="lead">{_lead(m)}</div><ul class="figures">{_figures(m)}</ul>{"".join(_alarms(m))}'
        f"<h2>{both('在哪里', 'Where')}</h2>{_where(m)}"
        f"<h2>{both('为什么', 'Why')}</h2><ul>{''.join(_why(m))}</ul>"
        f"<h2>{both('查出什么、怎么办', 'What was found, and what to do')}</h2><ul>{''.join(_todo(m))}</ul>{sample}</section>"
    )


def _lead(m: Material) -> str:
    if not m.judged:
        return both("还没有到期的时限。", "No limit has come due yet.", "p")
    share = m.late / m.judged * 100
    return both(
        f"应有结果的 {m.judged:,} 项时限中，{m.late:,} 项超期：每 100 项中有 {share:.0f} 项超过。",
        f"{m.late:,} of the {m.judged:,} limits that should have had a result by now were passed: {share:.0f} of every 100.",
        "p",
    )


def _figures(m: Material) -> str:
    figures = [
        (m.cases, "件办件", "cases", ""),
        (m.endings["completed_on_time"], "项时限按时办结", "limits kept", "good"),
        (m.endings["completed_late"], "项时限超期办结", "limits met late", "late"),
        (m.endings["overdue"], "项时限逾期未结", "limits past, still open", "late"),
        (m.highest["red"], "件红牌", "cases with a red card", "late"),
        (m.highest["yellow"], "件黄牌", "cases with a yellow card", "slow"),
    ]
    return "".join(
        f'<li><b class="{kind if number else ""}">{number:,}</b>{both(zh, en)}</li>'
        for number, zh, en, kind in figures
    )


def _alarms(m: Material) -> Iterable[str]:
    """What was not judged is said here, never only at the end."""
    if m.beyond:
        named = "、".join(case for case, _ in sorted(m.beyond)[:LISTED])
        yield '<p class="alarm">' + both(
            f"！日历不够长：{len(m.beyond):,} 件的时限落在日历之外，没有判定（{named}）。请补充日历后重新计算。",
            f"! The calendar is too short: {len(m.beyond):,} cases have limits beyond it and were not judged ({named}). "
            f"Add to the calendar and run again.",
        ) + "</p>"  # fmt: skip
    rejected = sum(count for _, _, count in m.rejected)
    if rejected:
        yield '<p class="alarm">' + both(
            f"！{rejected:,} 行没有收下，原因见文末。", f"! {rejected:,} rows were not accepted; the reasons stand at the end."
        ) + "</p>"  # fmt: skip


def _where(m: Material) -> str:
    named = [o for o in m.organizations if o.known and o.late_in_all]
    if not named:
        text = ("没有单位超期。", "No organization was late.") if any(o.known for o in m.organizations) else (
            "日志没有写明单位，或每个单位的时限都太少，不能比较。", "The log names no organization with enough limits to compare.")  # fmt: skip
        return both(*text, "p")
    most = sorted(named, key=lambda o: (-o.late_in_all, o.name))[:LISTED]
    lists = [(Text(zh="超期最多", en="Most limits passed"), most)]
    if len(named) > LISTED:
        lists.append((Text(zh="超期比例最高", en="Largest share passed"), named[:LISTED]))
    return '<div class="where">' + "".join(
        f"<div><h3>{said(title)}</h3><ol>{''.join(_place(o) for o in rows)}</ol></div>" for title, rows in lists
    ) + f"</div>{_unknown(m)}"  # fmt: skip


def _place(o: Organization) -> str:
    open_zh = f"，{o.overdue:,} 项未结" if o.overdue else ""
    open_en = f", {o.overdue:,} still open" if o.overdue else ""
    return (
        f"<li><b>{escape(o.name)}</b> "
        + both(
            f"{o.judged:,} 项时限中 {o.late_in_all:,} 项超期（{o.share_late:.0%}）{open_zh}",
            f"{o.late_in_all:,} of {o.judged:,} passed ({o.share_late:.0%}){open_en}",
        )
        + "</li>"
    )


def _unknown(m: Material) -> str:
    found = [o for o in (*m.organizations, *m.few) if not o.known and o.judged]
    if not found:
        return ""
    judged, late = sum(o.judged for o in found), sum(o.late_in_all for o in found)
    return both(
        f"单位不明：{judged:,} 项时限中 {late:,} 项超期。",
        f"Unit unknown: {late:,} of {judged:,} limits passed.",
        "p",
    )


def _why(m: Material) -> Iterable[str]:
    whole = sum(m.spent.values())
    if whole:
        turns = join([
            Text(zh=f"{turn.zh} {m.spent[n] / whole:.0%}", en=f"{turn.en} {m.spent[n] / whole:.0%}")
            for n, turn in enumerate(TURNS) if m.spent[n]
        ])  # fmt: skip
        yield f"<li>{both(f'时间花在谁那里：{turns.zh}。', f'Whose time it was: {turns.en}.')}</li>"
    if m.typical is not None and m.unit:
        half, slow = m.typical
        within = (
            Text(zh="在当日", en="on the same day")
            if not half and m.unit in DAYS
            else Text(zh=f"在 {amount(m.unit, half).zh}内", en=f"within {amount(m.unit, half).en}")
        )
        tenth = amount(m.unit, slow)
        zh = f"{m.clock.zh}：办结的一半{within.zh}完成，最慢的十分之一用了 {tenth.zh}以上。"
        en = f"{m.clock.en}: half of what was done was done {within.en}, the slowest tenth took {tenth.en} or more."
        yield f"<li>{both(zh, en)}</li>"


def _todo(m: Material) -> Iterable[str]:
    rules = m.spoken("yellow")[:ACTIONS]
    if not rules:
        yield f"<li>{both('没有需要处理的牌。', 'No card asks for anything.')}</li>"
    for rule, count in rules:
        yield (
            f'<li class="{rule.level}"><b>{said(rule.name)} {both(f"{count:,} 处", f"× {count:,}")}</b>'
            f"{both('：', ': ')}{said(rule.remedy)}</li>"
        )
