"""The pages of the overview. Read the address, ask once, fill the components."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_safe

from qinzheng.access import rules
from qinzheng.access.users import User
from qinzheng.calendars.calendar import BeyondCalendar
from qinzheng.definitions.form import Text
from qinzheng.measures import queries as measures
from qinzheng.measures import sheets
from qinzheng.measures.ask import Answer, WrongQuestion
from qinzheng.measures.schema import Measure
from qinzheng.organizations import queries as organizations
from qinzheng.organizations.models import Organization
from qinzheng.web import language
from qinzheng.web.calendars import today
from qinzheng.web.components import Column, Link, Row, State, Table
from qinzheng.web.overview import answers, asked, proofs, said, trend
from qinzheng.web.overview.asked import Span

TITLE = Text(zh="概览", en="Overview")
EMPTY = State(
    "empty",
    Text(zh="没有可数的", en="Nothing to count"),
    Text(zh="换一段时间再看。", en="Look at another period."),
)
NO_ARCHIVE = State(
    "empty", Text(zh="统计档案还没有建立", en="There is no archive to count from yet"),
    Text(zh="后台运行后，账本的事件在一两秒内收入档案；也可运行 qinzheng archive follow --once。",
         en="While the worker runs, events are archived within a second or two; or run qinzheng archive follow --once."),
)  # fmt: skip
MOST_ITEMS = 40
"""Items listed on the page, those with most facts; the download has them all."""
HEADS = {
    "organization": Text(zh="按下级单位", en="By unit"), "item": Text(zh="按事项", en="By item"), "month": Text(zh="按月", en="By month"),
}  # fmt: skip
KEYS = {
    "organization": Text(zh="单位", en="Unit"),
    "item": Text(zh="事项", en="Item"),
    "month": Text(zh="月", en="Month"),
}
OWN, NO_ITEM = Text(zh="（本级）", en=" (itself)"), Text(zh="（未列事项）", en="(no item)")
FEW, NOTHING = (
    Text(zh="件数太少，不排名", en="Too few to rank"),
    Text(zh="没有业务，不作零分", en="Nothing to count; not a nought"),
)
KINDS = {
    "csv": "text/csv; charset=utf-8", "json": "application/json",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}  # fmt: skip


@require_safe
def city(request: HttpRequest) -> HttpResponse:
    """To the widest unit whose figures the reader may see: the city, else the one in whose name the reader acts.

    A division's cases count for its department, so its own page holds noughts.
    """
    reader: User = request.reader  # type: ignore[attr-defined]
    if reader.is_anonymous:
        return _login(request)
    if not rules.can(reader, "overview"):
        raise Http404
    allowed = set(rules.scope(reader, "measure", Organization.objects.all()).values_list("pk", flat=True))
    tops = [branch.id for branch in organizations.tree(today()) if branch.id in allowed]
    acting = {seat.unit or seat.organization for seat in reader.seats}
    wide = tops or sorted(acting & allowed) or sorted(allowed)
    if not wide:
        raise Http404
    return redirect("overview-unit", wide[0])


@require_safe
def unit(request: HttpRequest, organization: str) -> HttpResponse:
    """Every measure of one unit, and the units below it."""
    found, span = _asked(request, organization)
    if found is None:
        return _login(request)
    context = _shared(found, span, [])
    if not measures.position():
        return render(request, "overview/unit.html", {**context, "state": NO_ARCHIVE})
    try:
        shown = answers.overview(_unit(request, found, span))
    except BeyondCalendar as why:
        return render(request, "overview/unit.html", {**context, "state": _beyond(why)})
    spoken = language.of(request)
    context |= {
        "stats": [said.stat(each, f"{reverse('overview-measure', args=[found.pk, each.measure.id])}?{span.query}") for each in shown.figures],
        "table": _below(found, shown, span, spoken), "position": shown.position, "empty": EMPTY,
    }  # fmt: skip
    return render(request, "overview/unit.html", context)


@require_safe
def measure(request: HttpRequest, organization: str, measure: str) -> HttpResponse:
    """One measure of a unit: by month, by unit below, by item; each line opens to its events."""
    found, span = _asked(request, organization)
    if found is None:
        return _login(request)
    try:
        shown = answers.detail(measure, _unit(request, found, span))
    except WrongQuestion as why:
        raise Http404 from why
    except BeyondCalendar as why:
        return render(request, "overview/unit.html", {**_shared(found, span, []), "state": _beyond(why)})
    spoken = language.of(request)
    here = Link(shown.measure.name)
    drawn = trend.draw(shown.measure, shown.by.get("month", ()), language.pick(shown.measure.name, spoken))
    parts = [(by, HEADS[by], _division(found, shown, by, span)) for by in answers.BY if by in shown.by]
    context = {
        **_shared(found, span, [here]), "measure": shown.measure, "position": shown.position, "empty": EMPTY,
        "stat": said.stat(answers.Figure(shown.measure, shown.whole, ()), ""), "trend": mark_safe(drawn),  # noqa: S308 - numbers and escaped words
        "parts": parts, "kinds": list(KINDS), "evidence": _evidence_url(found, shown.measure, span),
    }  # fmt: skip
    return render(request, "overview/measure.html", context)


@require_safe
def evidence(request: HttpRequest, organization: str, measure: str) -> HttpResponse:
    """The events that a figure was counted from, as of the position at which it was asked."""
    found, span = _asked(request, organization)
    if found is None:
        return _login(request)
    reader: User = request.reader  # type: ignore[attr-defined]
    try:
        chosen = measures.measure(measure)
        answer = _one(
            chosen, _unit(request, found, span), request.GET.get("by", ""), request.GET.get("key", "")
        )
    except WrongQuestion as why:
        raise Http404 from why
    page = max(int(request.GET["page"]), 1) if request.GET.get("page", "").isdecimal() else 1
    shown = proofs.of(reader, answer, page)
    crumbs = [
        Link(chosen.name, f"{reverse('overview-measure', args=[found.pk, chosen.id])}?{span.query}"),
        Link(PROOF),
    ]
    context = {
        **_shared(found, span, crumbs), "measure": chosen, "answer": answer, "value": said.value(chosen, answer.value), "unit_": said.unit(chosen),
        "table": shown.table, "empty": EMPTY, "page": page, "more": shown.more, "numerator": chosen.value.statistic == "rate",
    }  # fmt: skip
    return render(request, "overview/evidence.html", context)


PROOF = Text(zh="所据事件", en="Evidence")


@require_safe
def download(request: HttpRequest, organization: str, measure: str, by: str, kind: str) -> HttpResponse:
    """The answers by one division as CSV, XLSX or JSON, with their evidence in the last."""
    found, span = _asked(request, organization)
    if found is None:
        return _login(request)
    if by not in answers.BY or kind not in KINDS:
        raise Http404
    try:
        chosen = measures.measure(measure)
        position = measures.position()
        told = answers.divided(chosen, _unit(request, found, span), by, position, digests=kind == "json")
    except WrongQuestion as why:
        raise Http404 from why
    body = _file(chosen, told, span, position, kind)
    name = f"{found.pk}-{chosen.id}-{by}-{span.period.first}-{span.period.last}.{kind}"
    return HttpResponse(
        body, content_type=KINDS[kind], headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


def _file(chosen: Measure, told: Sequence[Answer], span: Span, position: int, kind: str) -> bytes:
    if kind == "json":
        return sheets.to_json(chosen, span.period, position, told).encode()
    units = {answer.key["organization"] for answer in told if "organization" in answer.key}
    lines = sheets.table(chosen, told, {id: text.zh for id, text in organizations.names(units).items()})
    return sheets.to_csv(lines) if kind == "csv" else sheets.to_xlsx(lines, chosen.name.zh)


# -- what every page shares ---------------------------------------------------------------------------


def _asked(request: HttpRequest, organization: str) -> tuple[Organization | None, Span]:
    """The unit and the period; None where nobody has logged in. A unit that the reader may not measure does not exist."""
    reader: User = request.reader  # type: ignore[attr-defined]
    span = asked.span(request.GET, today())
    if reader.is_anonymous:
        return None, span
    found = rules.scope(reader, "measure", Organization.objects.filter(pk=organization)).first()
    if found is None or not rules.can(reader, "overview"):
        raise Http404
    return found, span


def _shared(found: Organization, span: Span, crumbs: list[Link]) -> dict[str, Any]:
    name = organizations.text(found)
    above = Link(name, f"{reverse('overview-unit', args=[found.pk])}?{span.query}") if crumbs else Link(name)
    return {
        "unit": found, "name": name, "span": span, "presets": asked.presets(today(), span.period), "title": TITLE,
        "crumbs": [Link(TITLE, reverse("overview")), above, *crumbs],
    }  # fmt: skip


def _beyond(why: BeyondCalendar) -> State:
    return State(
        "error",
        Text(zh="工作日历不够长", en="The calendar does not reach that far"),
        Text(zh=str(why), en=str(why)),
    )


def _login(request: HttpRequest) -> HttpResponse:
    return redirect(f"{settings.LOGIN_URL}?{urlencode({'next': request.get_full_path()})}")


def _evidence_url(found: Organization, chosen: Measure, span: Span, **more: str) -> str:
    query = "&".join(part for part in (span.query, urlencode(more)) if part)
    return f"{reverse('overview-evidence', args=[found.pk, chosen.id])}?{query}"


def _unit(request: HttpRequest, found: Organization, span: Span) -> answers.Unit:
    """The unit as this reader may have it counted."""
    reader: User = request.reader  # type: ignore[attr-defined]
    return answers.Unit(found.pk, span.period, rules.can(reader, "measure_sealed"))


def _one(chosen: Measure, here: answers.Unit, by: str, key: str) -> Answer:
    """The answer that a line of a page shows."""
    position = measures.position()
    if not by:
        (whole,) = measures.answer(
            chosen,
            (),
            here.period,
            upto=position,
            organizations=here.within(),
            digests=True,
            sealed=here.sealed,
        )
        return whole
    if by not in answers.BY:
        raise Http404
    for answer in answers.divided(chosen, here, by, position, digests=True):
        if answer.key[by] == key:
            return answer
    raise Http404


# -- tables -------------------------------------------------------------------------------------------


def _below(found: Organization, shown: answers.Overview, span: Span, spoken: language.Language) -> Table:
    """The units directly below, each with a few figures; those without any business last."""
    by = {each.measure.id: each.measure for each in shown.figures if each.measure.id in answers.BESIDE}
    columns = (
        Column(Text(zh="单位", en="Unit")),
        *(Column(by[id].name, number=True) for id in answers.BESIDE if id in by),
    )
    rows = []
    for id, told in shown.below.items():
        cells = [_cell(by[name], told.get(name)) for name in answers.BESIDE if name in by]
        busy = any(answer.n for answer in told.values())
        url = f"{reverse('overview-unit', args=[id])}?{span.query}"
        rows.append((not busy, id, Row((shown.names[id], *cells), url)))
    return Table(
        Text(zh="下级单位", en="Units below"),
        columns,
        [row for _, _, row in sorted(rows, key=lambda each: each[:2])],
    )


def _cell(chosen: Measure, answer: Answer | None) -> str:
    return (
        "–"
        if answer is None or answer.value is None or not answer.n
        else said.value(chosen, answer.value) or "–"
    )


def _division(found: Organization, shown: answers.Detail, by: str, span: Span) -> list[Table]:
    """One division as tables: those that may be compared, those with too few, those with nothing."""
    told = list(shown.by[by])
    chosen = shown.measure
    if by == "month":
        return [_table(found, shown, by, span, HEADS[by], [(None, answer) for answer in told])]
    if by == "item":
        told = sorted(told, key=lambda answer: -answer.n)[:MOST_ITEMS]
    able, few, nothing = said.placed(chosen, told)
    nothing = [answer for answer in nothing if answer.key[by] != found.pk]
    groups: list[tuple[Text, list[tuple[int | None, Answer]]]] = [
        (HEADS[by], able), (_of(by, FEW), [(None, answer) for answer in few]), (_of(by, NOTHING), [(None, answer) for answer in nothing]),
    ]  # fmt: skip
    tables = [_table(found, shown, by, span, caption, rows) for caption, rows in groups if rows]
    return tables or [Table(HEADS[by], (), ())]


def _of(by: str, what: Text) -> Text:
    """The caption of a part of a division: no two tables of a page are called the same."""
    return Text(zh=f"{HEADS[by].zh}：{what.zh}", en=f"{HEADS[by].en}: {what.en}")


def _table(
    found: Organization, shown: answers.Detail, by: str, span: Span, caption: Text, rows: Sequence[tuple[int | None, Answer]]
) -> Table:  # fmt: skip
    chosen = shown.measure
    ranked = any(rank is not None for rank, _ in rows)
    columns = [Column(KEYS[by], wide=by == "item")]
    if ranked:
        columns.append(Column(Text(zh="名次", en="Rank"), number=True))
    columns += [
        Column(chosen.name, number=True), Column(Text(zh="95% 区间", en="95% interval"), number=True), Column(Text(zh="件数 n", en="n"), number=True),
        Column(PROOF),
    ]  # fmt: skip
    lines = []
    for rank, answer in rows:
        key = answer.key[by]
        cells: list[object] = [_key_name(found, shown.names, by, key)]
        if ranked:
            cells.append("" if rank is None else str(rank))
        proof: object = (
            Link(Text(zh="查看", en="open"), _evidence_url(found, chosen, span, by=by, key=key))
            if answer.n
            else "–"
        )
        cells += [
            said.value(chosen, answer.value) if answer.n or not chosen.least_n else "–",
            said.interval(chosen, answer),
            f"{answer.n:,}",
            proof,
        ]
        url = (
            f"{reverse('overview-measure', args=[key, chosen.id])}?{span.query}"
            if by == "organization" and key != found.pk
            else ""
        )
        lines.append(Row(cells, url))
    return Table(caption, columns, lines)


def _key_name(found: Organization, names: Mapping[str, Text], by: str, key: str) -> Text | str:
    if by == "month":
        return key
    if not key:
        return NO_ITEM
    name = names.get(key, Text(zh=key, en=key))
    if by == "organization" and key == found.pk:
        return Text(zh=name.zh + OWN.zh, en=name.en + OWN.en)
    return name
