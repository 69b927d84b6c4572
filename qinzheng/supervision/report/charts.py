"""Three charts as SVG made here: how long it took, month by month, and by organization."""

from __future__ import annotations

from qinzheng.supervision.report.material import Material, Organization
from qinzheng.supervision.report.words import organization

WIDTH, HEIGHT, FOOT = 720, 220, 24
MOST = 15
"""Organizations drawn."""


def taken(material: Material) -> str:
    """How many clocks took how many units; the promise and the limit flagged."""
    counts = material.taken
    if not any(counts):
        return ""
    top = max(max(counts[:-1]), 1)  # the last bin holds all the rest: it must not flatten the others
    wide = WIDTH / len(counts)
    bars = []
    for n, count in enumerate(counts):
        tall = min(count / top, 1.15) * (HEIGHT - FOOT - 30)
        kind = "late" if material.limit is not None and n > material.limit else "slow"
        if kind == "slow" and (material.promise is None or n <= material.promise):
            kind = "good"
        label = f"{n}{'+' if n == len(counts) - 1 else ''}: {count}"
        bars.append(
            f'<rect class="{kind}" x="{n * wide + 1:.1f}" y="{HEIGHT - FOOT - tall:.1f}" width="{wide - 2:.1f}" '
            f'height="{tall:.1f}"><title>{label}</title></rect>'
        )
    if counts[-1]:
        bars.append(
            f'<text x="{WIDTH - wide - 4:.1f}" y="48" text-anchor="end">≥{len(counts) - 1}: {counts[-1]}</text>'
        )
    for mark, kind, text in (
        (material.promise, "promise", "承诺 promise"),
        (material.limit, "limit", "期限 limit"),
    ):
        if mark is not None:
            x = (mark + 1) * wide
            bars.append(f'<line class="{kind}" x1="{x:.1f}" x2="{x:.1f}" y1="6" y2="{HEIGHT - FOOT}"/>')
            bars.append(f'<text x="{x + 4:.1f}" y="20">{text} {mark}</text>')
    step = max(1, len(counts) // 12)
    axis = [
        f'<text{_minor(place)} x="{(n + 0.5) * wide:.1f}" y="{HEIGHT - 4}" text-anchor="middle">{n}</text>'
        for place, n in enumerate(range(0, len(counts) - step // 2, step))
    ]
    return _svg("用时分布 · time taken", "".join(bars + axis))


def months(material: Material) -> str:
    """Clocks begun each month, the late ones below."""
    rows = material.months[-48:]
    if not rows:
        return ""
    top = max(begun for _, begun, _ in rows)
    wide = WIDTH / len(rows)
    parts = []
    for n, (month, begun, late) in enumerate(rows):
        scale = (HEIGHT - FOOT - 10) / top
        x, base = n * wide + 1, HEIGHT - FOOT
        parts.append(
            f'<rect class="good" x="{x:.1f}" y="{base - begun * scale:.1f}" width="{wide - 2:.1f}" height="{(begun - late) * scale:.1f}"><title>{month}: {begun - late}</title></rect>'
        )
        parts.append(
            f'<rect class="late" x="{x:.1f}" y="{base - late * scale:.1f}" width="{wide - 2:.1f}" height="{late * scale:.1f}"><title>{month}: {late}</title></rect>'
        )
        step = max(1, -(-len(rows) // 8))
        if n % step == 0 and n <= len(rows) - step / 2:
            parts.append(f'<text{_minor(n // step)} x="{x:.1f}" y="{HEIGHT - 4}">{month}</text>')
    return _svg("逐月 · month by month", "".join(parts))


def _minor(place: int) -> str:
    """Every second label gives way on a narrow screen."""
    return ' class="minor"' if place % 2 else ""


def organizations(rows: list[Organization]) -> str:
    """Share late by organization, with how many were judged: a list, so that it fits any width and is read aloud."""
    return "".join(
        f'<li><span class="name">{organization(row.name)}</span><span class="bar" aria-hidden="true">'
        f'<i style="width:{row.share_late:.1%}"></i></span>'
        f'<span class="share">{row.share_late:.0%} <small>{row.late_in_all:,} / {row.judged:,}</small></span></li>'
        for row in rows[:MOST]
    )


def _svg(title: str, body: str, height: int = HEIGHT) -> str:
    return f'<svg class="chart" viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{title}"><title>{title}</title>{body}</svg>'
