"""Three charts as SVG made here: how long it took, month by month, and by organization."""

from __future__ import annotations

from html import escape

from qinzheng.supervision.report.material import Material, Organization

WIDTH, HEIGHT, FOOT = 720, 220, 24


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
            f'<text x="{WIDTH - wide - 4:.1f}" y="30" text-anchor="end">≥{len(counts) - 1}: {counts[-1]}</text>'
        )
    for mark, kind, text in (
        (material.promise, "promise", "承诺 promise"),
        (material.limit, "limit", "期限 limit"),
    ):
        if mark is not None:
            x = (mark + 1) * wide
            bars.append(f'<line class="{kind}" x1="{x:.1f}" x2="{x:.1f}" y1="6" y2="{HEIGHT - FOOT}"/>')
            bars.append(f'<text x="{x + 4:.1f}" y="16">{text} {mark}</text>')
    step = max(1, len(counts) // 12)
    axis = [
        f'<text x="{(n + 0.5) * wide:.1f}" y="{HEIGHT - 8}" text-anchor="middle">{n}{"+" if n == len(counts) - 1 else ""}</text>'
        for n in range(0, len(counts), step)
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
        if n % max(1, len(rows) // 8) == 0:
            parts.append(f'<text x="{x:.1f}" y="{HEIGHT - 8}">{month}</text>')
    return _svg("逐月 · month by month", "".join(parts))


def organizations(rows: list[Organization]) -> str:
    """Share late by organization, with how many were judged."""
    rows = rows[:15]
    if not rows:
        return ""
    tall = 26
    parts = []
    for n, row in enumerate(rows):
        y = n * tall + 4
        late = row.share_late * (WIDTH - 300)
        parts.append(f'<text x="150" y="{y + 14}" text-anchor="end">{escape(row.name[:14])}</text>')
        parts.append(f'<rect class="good" x="158" y="{y}" width="{WIDTH - 300}" height="18"/>')
        parts.append(f'<rect class="late" x="158" y="{y}" width="{late:.1f}" height="18"/>')
        parts.append(f'<text x="{WIDTH - 134}" y="{y + 14}">{row.share_late:.0%} · n={row.judged}</text>')
    return _svg("各单位超期比例 · share late", "".join(parts), len(rows) * tall + 8)


def _svg(title: str, body: str, height: int = HEIGHT) -> str:
    return f'<svg class="chart" viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{title}"><title>{title}</title>{body}</svg>'
