"""The page itself: Chinese first, English complete, no script, no outside request, printable."""

from __future__ import annotations

from html import escape
from importlib import resources

from qinzheng import supervision
from qinzheng.clocks import explain as words
from qinzheng.supervision.report import charts
from qinzheng.supervision.report.cases import worst
from qinzheng.supervision.report.front import front
from qinzheng.supervision.report.material import FEWEST, Material, Organization
from qinzheng.supervision.report.words import CLAIMS, ENDINGS, LEVEL, both, organization, said

NAMED = 20
"""Cases named where only some can be."""
KEY = (
    '<ul class="key"><li class="good"><i></i>' + both("未超期", "not late")
    + '</li><li class="late"><i></i>' + both("超期", "late") + "</li></ul>"
)  # fmt: skip


def render(material: Material) -> str:
    """The whole report as one HTML text."""
    parts = [
        front(material), _charts(material), _table(material), _rules(material), worst(material.worst), _basis(material),
    ]  # fmt: skip
    return (
        '<!doctype html><html lang="zh"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(material.title.zh)} · 监察报告 Supervision report</title><style>{_style()}</style></head><body><main>"
        '<input type="radio" name="language" id="to-zh" checked><input type="radio" name="language" id="to-en">'
        '<div class="top"><p class="mark">勤政 · 监察报告 <span lang="en">Supervision report</span></p>'
        '<div class="switch"><label for="to-zh">中文</label><label for="to-en" lang="en">English</label></div></div>'
        f'<div class="page">{"".join(parts)}</div></main></body></html>'
    )


def _style() -> str:
    """Our own sheet, and the one of the limit ruler, which is the same everywhere."""
    report, shared = resources.files(__package__), resources.files(supervision)
    return "".join(
        sheet.read_text(encoding="utf-8")
        for sheet in (report / "report.css", shared / "static" / "css" / "components" / "ruler.css")
    )


def _charts(m: Material) -> str:
    unit = words.UNITS[m.unit] if m.unit else ("", "")
    figures = [
        (charts.taken(m), f"{m.clock.zh}：用时分布（{unit[0]}）", f"{m.clock.en}: time taken ({unit[1]}s)"),
        (charts.months(m), "逐月开始的时限", "Limits begun month by month"),
    ]
    drawn = "".join(
        f"<figure><figcaption>{both(zh, en)}</figcaption>{svg}{KEY if n else _key(m)}</figure>"
        for n, (svg, zh, en) in enumerate(figures) if svg
    )  # fmt: skip
    bars = charts.organizations([o for o in m.organizations if o.late_in_all])
    if bars:
        title = both(
            "超期比例最高的单位（超期 / 应有结果）", "Organizations with the largest share late (late / due)"
        )
        drawn += f'<h2>{title}</h2><ol class="bars">{bars}</ol>'
    return f'<section class="charts">{drawn}</section>' if drawn else ""


def _key(m: Material) -> str:
    """What the colours of the distribution mean; the slow ones only where there is a promise."""
    slow = (
        f'<li class="slow"><i></i>{both("超过承诺", "past the promise")}</li>'
        if m.promise is not None
        else ""
    )
    return KEY.replace('<li class="late">', slow + '<li class="late">')


def _table(m: Material) -> str:
    names = ["completed_on_time", "completed_late", "running", "overdue", "released"]
    head = "".join(f'<th scope="col">{said(ENDINGS[name])}</th>' for name in names)
    few = ""
    if m.few:
        few = (
            f"<details><summary>{both(f'不足 {FEWEST} 件、不排名的单位（{len(m.few)}）', f'Fewer than {FEWEST}, not ranked ({len(m.few)})')}"
            f"</summary>{_rows(m.few, head, '不排名的单位 organizations not ranked')}</details>"
        )
    ranked = _rows(m.organizations, head, "各单位 by organization") if m.organizations else ""
    return f"<section><h2>{both('各单位', 'By organization')}</h2>{ranked}{few}</section>"


def _rows(rows: list[Organization], head: str, name: str) -> str:
    body = "".join(
        f'<tr><th scope="row">{organization(o.name)}</th><td>{o.on_time:,}</td><td>{o.late:,}</td><td>{o.running:,}</td><td>{o.overdue:,}</td>'
        f"<td>{o.released:,}</td><td>{o.share_late:.0%}</td><td>{o.yellow:,}</td><td>{o.red:,}</td></tr>"
        for o in rows
    )
    more = "".join(
        f'<th scope="col">{both(zh, en)}</th>'
        for zh, en in (("超期比例", "share late"), ("黄牌", "yellow"), ("红牌", "red"))
    )
    return (
        f'<div class="wide" tabindex="0" role="region" aria-label="{name}"><table><thead><tr><th scope="col">{both("单位", "organization")}</th>{head}{more}</tr></thead>'
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
        f'<div class="wide" tabindex="0" role="region" aria-label="牌与提示 cards and notices"><table class="rules"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div></section>'
    )


def _source(basis: str, sources: list[str]) -> str:
    if basis == "ours":
        return both("本项目自定", "our own choice")
    return escape("、".join(sources))


def _basis(m: Material) -> str:
    assumed = "".join(f"<li>{said(text)}</li>" for text in m.assumptions)
    rejected = "".join(f"<li>{both(zh, en)} × {count:,}</li>" for zh, en, count in m.rejected)
    total = sum(count for _, _, count in m.rejected)
    lists = [
        (both("所作假定", "Assumptions"), assumed),
        (both(f"没有收下的行：{total:,}", f"Rows not accepted: {total:,}"), rejected),
        (both(f"日历不够长、没有判定的办件：{len(m.beyond):,}", f"Cases beyond the calendar, not judged: {len(m.beyond):,}"),
         "".join(f"<li>{escape(case)}</li>" for case, _ in sorted(m.beyond)[:NAMED]) if m.beyond else ""),
    ]  # fmt: skip
    shown = "".join(
        f"<h3>{title}</h3>{f'<ul>{items}</ul>' if items else ''}"
        for title, items in lists[:2] + lists[2:] * bool(m.beyond)
    )
    none = ""
    if m.without_clock:
        none = both(
            f"{m.without_clock:,} 件没有任何时限开始（日志没有开启时限的记录），不计入以上比例。",
            f"In {m.without_clock:,} cases no limit ever began (the log holds nothing that begins one); no share above counts them.",
            "p",
        )
    closing = both(
        f"规则集 {m.rule_set}；{m.events:,} 条记录。“超期”指超过期限（法定、自定或所载），“承诺”另计黄牌。",
        f"Rule set {m.rule_set}; {m.events:,} events. Late means past the limit (of law, our own, or as stated); "
        f"the promise is judged apart, by yellow cards.",
        "p",
    )
    return f'<section class="basis"><h2>{both("这份报告怎么来的", "How this was made")}</h2>{shown}{none}{closing}</section>'
