"""Tags of every page: two languages, moments, remaining time, the ruler, sentences. Loaded into all templates.

Moments are UTC microseconds or aware ``datetime``s; the calendar that counts them is ``calendar`` of the
context, else the national one as published.
"""

from __future__ import annotations

import datetime as dt
import json
from typing import cast

from django import template
from django.template.context import Context
from django.utils.html import conditional_escape as escape
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from qinzheng.calendars.calendar import EPOCH, MICROSECOND, BeyondCalendar, Calendar
from qinzheng.clocks import explain, remaining
from qinzheng.definitions.form import Text
from qinzheng.supervision import ruler
from qinzheng.web import calendars, components, drawing, language, theme

register = template.Library()
MINUTES = Text(zh="{n} 分钟", en="{n} min")
"""What the page's script fills in as the last hour runs down."""
Moment = int | dt.datetime
SOON_US = 86_400_000_000
"""Less than a day to go is due soon, where no mark says otherwise."""


def spoken(context: Context) -> language.Language:
    """The language of the page, also inside ``{% include … only %}``."""
    return language.of(getattr(context, "request", None) or context.get("request"))


@register.simple_tag(takes_context=True)
def t(context: Context, zh: str, en: str, **values: object) -> str:
    """``{% t "共 {n} 件" "{n} cases" n=count %}``: the words of this page's language."""
    chosen = zh if spoken(context) == "zh" else en
    if not values:
        return chosen
    return format_html(chosen, **{name: say(context, value) for name, value in values.items()})


@register.simple_tag(takes_context=True)
def text(context: Context, value: Text | str | None) -> str:
    """A ``Text`` in this page's language; a plain name as it is; nothing for None."""
    return "" if value is None else language.pick(value, spoken(context))


def say(context: Context, value: object) -> object:
    """A value inside a sentence: texts in the page's language, all else as it is."""
    return language.pick(value, spoken(context)) if isinstance(value, Text) else value


@register.simple_tag(takes_context=True)
def sentence(context: Context, words: Text, **slots: object) -> SafeString:
    """A sentence of an event or a card: ``{slot}`` replaced by names, links and moments, all escaped."""
    said = {name: say(context, value) for name, value in slots.items()}
    return (
        format_html(language.pick(words, spoken(context)), **said)
        if slots
        else format_html("{}", language.pick(words, spoken(context)))
    )


@register.simple_tag(takes_context=True)
def moment(context: Context, at: Moment, day_only: bool = False) -> SafeString:
    """``<time>`` as people say it; the exact instant on hover and in print."""
    calendar = calendar_of(context)
    instant = micros(at)
    now = now_of(context)
    try:
        exact = explain.moment(calendar, instant)
        near = remaining.by(calendar, instant, now)
    except BeyondCalendar:
        exact = near = Text(zh=iso(instant), en=iso(instant))
    words, full = language.pick(near, spoken(context)), language.pick(exact, spoken(context))
    if day_only:
        words, full = words.rpartition(" ")[0] or words, full.rpartition(" ")[0] or full
    return format_html('<time datetime="{}" title="{}">{}</time>', iso(instant), full, words)


@register.simple_tag(takes_context=True, name="remaining")
def remaining_(context: Context, due: Moment | None) -> SafeString:
    """“还剩 2 个工作日，周四 17:00 前”; the page's script counts down its last hour."""
    if due is None:
        return format_html(
            '<span class="remaining">{}</span>', t(context, "没有法定期限", "no statutory limit")
        )
    calendar, instant, now = calendar_of(context), micros(due), now_of(context)
    state = "late" if now > instant else "soon" if instant - now < SOON_US else "ahead"
    said = language.pick(remaining.say(calendar, instant, now), spoken(context))
    try:
        exact = language.pick(explain.moment(calendar, instant), spoken(context))
        by = remaining.by(calendar, instant, now)
    except BeyondCalendar:
        return format_html('<time class="remaining {}" datetime="{}">{}</time>', state, iso(instant), said)
    ahead, late = (
        language.pick(remaining.words(MINUTES, by, late=over), spoken(context)) for over in (False, True)
    )
    return format_html(
        '<time class="remaining {}" datetime="{}" title="{}" data-due="{}" data-ahead="{}" data-late="{}">{}</time>',
        state, iso(instant), exact, instant // 1000, ahead, late, said,
    )  # fmt: skip


@register.simple_tag(takes_context=True, name="ruler")
def ruler_(context: Context, clock: ruler.Clock, size: ruler.Size = "card") -> SafeString:
    """The limit ruler of a clock: ``{% ruler clock "row" %}``, also ``card`` and ``page``."""
    return mark_safe(ruler.draw(clock, size, spoken(context)))  # noqa: S308 - made by us, every word escaped there


@register.simple_tag(takes_context=True)
def ruler_legend(context: Context) -> SafeString:
    """What the fillings of the ruler mean."""
    return mark_safe(ruler.legend(spoken(context)))  # noqa: S308 - as above


@register.simple_tag(takes_context=True)
def sparkline(context: Context, stat: components.Stat) -> SafeString:
    """The trend of a figure; nothing where there is none."""
    first_last = f"{stat.series[0]:g} → {stat.series[-1]:g}" if stat.series else ""
    label = (
        f"{say(context, stat.name)}：{first_last}"
        if spoken(context) == "zh"
        else f"{say(context, stat.name)}: {first_last}"
    )
    return mark_safe(drawing.sparkline(stat.series, label))  # noqa: S308 - numbers, and a label escaped there


@register.simple_tag(takes_context=True)
def bar(context: Context, bars: components.Bars) -> SafeString:
    """The bar of one small multiple."""
    return mark_safe(drawing.bar(bars.share or 0, bars.late, f"{say(context, bars.name)} {bars.word}"))  # noqa: S308 - as above


@register.simple_tag(takes_context=True)
def badge(context: Context, value: components.Badge) -> SafeString:
    """``{% badge state %}``: a word, a shape and a colour."""
    return mark_safe(drawing.badge(value.tone, language.pick(value.word, spoken(context))))  # noqa: S308 - escaped there


@register.simple_tag(takes_context=True)
def rows(context: Context, table: components.Table) -> SafeString:
    """The rows of a table. Made here and not by a template for each cell: a list of fifty has three hundred."""
    names: list[str] = [escape(text(context, column.name)) for column in table.columns]
    return mark_safe("".join(_row(context, table, row, names) for row in table.rows))  # noqa: S308 - escaped below


def _row(context: Context, table: components.Table, row: components.Row, names: list[str]) -> str:
    head, *others = row.cells
    first: str = escape(text(context, cast(Text | str, head)))
    if row.url:
        first = f'<a href="{escape(row.url)}" data-open>{first}</a>'
    cells = "".join(
        f'<td role="cell" data-label="{name}"{_width(column)}>{_cell(context, cell)}</td>'
        for column, name, cell in zip(table.columns[1:], names[1:], others, strict=True)
    )
    pick = _pick(context, row) if table.selectable else ""
    return f'<tr role="row" data-row>{pick}<th scope="row" role="rowheader">{first}</th>{cells}</tr>'


def _width(column: components.Column) -> str:
    return ' class="number"' if column.number else ' class="wide"' if column.wide else ""


def _pick(context: Context, row: components.Row) -> str:
    label = t(context, "选择 {row}", "Select {row}", row=row.key)
    box = f'<input type="checkbox" name="row" value="{escape(row.key)}" aria-label="{label}">'
    return f'<td role="cell" class="pick">{box}</td>'


def _cell(context: Context, value: object) -> str:
    if isinstance(value, ruler.Clock):
        return ruler_(context, value, "row")
    if isinstance(value, components.Badge):
        return badge(context, value)
    if isinstance(value, components.Link):
        return f'<a href="{escape(value.url)}">{escape(text(context, value.name))}</a>'
    if isinstance(value, Due):
        return remaining_(context, value)
    return escape(text(context, cast(Text | str | None, value)))


class Due(int):
    """A due moment (UTC microseconds) in a cell: shown as remaining time."""


@register.simple_tag(takes_context=True)
def here_with(context: Context, **changes: object) -> str:
    """The address of this page with parameters changed; None takes one out. Only for pages that were got, not posted."""
    request = getattr(context, "request", None) or context.get("request")
    query = request.GET.copy() if request is not None and request.method == "GET" else None
    if query is None:
        return "?" + "&".join(f"{name}={value}" for name, value in changes.items() if value is not None)
    for name, value in changes.items():
        if value is None:
            query.pop(name, None)
        else:
            query[name] = str(value)
    return f"?{query.urlencode()}"


@register.simple_tag
def htmx_settings() -> str:
    """What htmx must not do under our policy: write styles, evaluate text, ask other hosts."""
    return json.dumps(
        {"includeIndicatorStyles": False, "allowEval": False, "selfRequestsOnly": True, "historyCacheSize": 0}
    )


@register.simple_tag
def theme_media(name: str) -> str:
    """The media query under which the dark pigments apply."""
    return theme.MEDIA[name]


def calendar_of(context: Context) -> Calendar:
    """The page's calendar."""
    found = context.get("calendar")
    if isinstance(found, Calendar):
        return found
    request = getattr(context, "request", None)
    if request is None:
        return calendars.national()
    if not hasattr(request, "calendar"):
        request.calendar = calendars.national()
    return cast(Calendar, request.calendar)


def now_of(context: Context) -> int:
    """The moment at which the page was made: ``now`` of the context, else this one."""
    found = context.get("now")
    if found is not None:
        return micros(found)
    request = getattr(context, "request", None)
    if request is None:
        return micros(dt.datetime.now(dt.UTC))
    if not hasattr(request, "now"):
        request.now = micros(dt.datetime.now(dt.UTC))
    return cast(int, request.now)


def micros(at: Moment) -> int:
    """UTC microseconds of a moment."""
    return at if isinstance(at, int) else (at - EPOCH) // MICROSECOND


def iso(instant: int) -> str:
    """ISO 8601 with the zone, to the second."""
    return (EPOCH + dt.timedelta(microseconds=instant)).strftime("%Y-%m-%dT%H:%M:%SZ")
