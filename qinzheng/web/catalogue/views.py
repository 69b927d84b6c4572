"""The catalogue of the city by unit, and one unit: rates with their trend, items with who decides and what was cut."""

from __future__ import annotations

from collections import defaultdict

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from qinzheng.access import rules
from qinzheng.cases.item_words import LEVELS
from qinzheng.cases.items import Item
from qinzheng.definitions import shelf
from qinzheng.definitions.form import Text
from qinzheng.mechanisms.catalogue import conveniences, cut, drafting, life, points, rates
from qinzheng.mechanisms.catalogue.cut import Cut
from qinzheng.organizations import queries as organizations
from qinzheng.web import reader
from qinzheng.web.calendars import today
from qinzheng.web.catalogue import door, figures
from qinzheng.web.catalogue.points import checklist, pending, tally
from qinzheng.web.components import Column, Link, Row, State, Table

EMPTY = State(
    "empty", Text(zh="目录里还没有事项", en="There is no item in the catalogue yet"),
    Text(zh="下载模板，填好后导入。", en="Take the template, fill it in and import it."),
)  # fmt: skip
IN_CENTRE, AT_WINDOW, AT_ONCE, TOWNS = (
    Text(zh="进驻", en="centre"), Text(zh="授权", en="window"), Text(zh="即办", en="on the spot"), Text(zh="镇街", en="towns"),
)  # fmt: skip


@require_safe
@door.officials
def city(request: HttpRequest) -> HttpResponse:
    """Every unit that decides items: how many, the three rates, points attested, measures in force."""
    day, library = today(), shelf.library()
    standing: list[Item] = library.standing("item", day)
    of_unit: dict[str, list[Item]] = defaultdict(list)
    for each in standing:
        of_unit[each.organization].append(each)
    names, chosen = organizations.names(set(of_unit)), figures.standing(day)
    shares = [rates.by_unit(rate, standing, day) for rate in chosen]
    listed = checklist(day)
    stated = points.statements(listed.id, list(of_unit)) if listed is not None else {}
    measures = conveniences.counted(list(of_unit))
    rows = [
        Row(
            (
                names[unit], str(sum(rates.standing(item, day) for item in items)), *(figures.cell(column[unit]) for column in shares),
                tally(listed, stated.get(unit, {}), day), f"{measures[unit]['in_force']}/{measures[unit].total()}",
            ),
            reverse("catalogue-unit", args=[unit]), unit,
        )
        for unit, items in sorted(of_unit.items())
    ]  # fmt: skip
    days = rates.days_of_change(library, day)
    trends = rates.trends(chosen, library, days)
    table = Table(
        caption=Text(zh="各单位", en="By unit"), rows=rows,
        columns=[
            Column(Text(zh="单位", en="Unit")), Column(Text(zh="事项", en="Items"), number=True),
            *(Column(rate.name, number=True) for rate in chosen),
            Column(Text(zh="要点已核验", en="Points attested"), number=True), Column(Text(zh="便民措施已兑现", en="Measures in force"), number=True),
        ],
    )  # fmt: skip
    context = {
        "title": door.CATALOGUE, "stats": figures.stats(chosen, trends), "chosen": chosen,
        "trends": figures.lines(chosen, days, trends), "table": table, "empty": EMPTY, "count": sum(rates.standing(item, day) for item in standing),
        "sums": figures.sums([one for item in standing if (one := cut_of(item)) is not None]),
        "pending": pending(listed, stated, names, day) if listed is not None else None,
        "may_draft": bool(door.drafts_for(reader.of(request))), "may_publish": rules.can(reader.of(request), "publish"),
    }  # fmt: skip
    return render(request, "catalogue/city.html", context)


def cut_of(item: Item) -> Cut | None:
    """What was cut of an item; None where its procedure is not there."""
    way = drafting.way_of(item, shelf.library())
    return None if way is None else cut.of(item, way)


@require_safe
@door.officials
def unit(request: HttpRequest, organization: str) -> HttpResponse:
    """One unit: its rates, each item with its level, flags and figures before and now, and where its ledgers are."""
    found, who = door.unit_or_404(organization), reader.of(request)
    day, library = today(), shelf.library()
    standing: list[Item] = [
        each for each in library.standing("item", day) if each.organization == organization
    ]
    days, chosen = rates.days_of_change(library, day), figures.standing(day)
    trends = rates.trends(chosen, library, days, organization)
    cuts = {each.id: one for each in standing if (one := cut_of(each)) is not None}
    rows = [_row(each, cuts.get(each.id), day) for each in sorted(standing, key=lambda each: each.name.zh)]
    names = [Column(figures.FIGURES[name], number=True) for name in cut.FIGURES]
    table = Table(
        caption=Text(zh="事项（改革前 → 现在）", en="Items (before the reform → now)"), rows=rows,
        columns=[
            Column(Text(zh="事项", en="Item")), Column(Text(zh="决定层级", en="Level")), Column(Text(zh="状态", en="State")), *names,
        ],
    )  # fmt: skip
    listed = checklist(day)
    stated = points.statements(listed.id, [organization])[organization] if listed is not None else {}
    measures = conveniences.counted([organization])[organization]
    context = {
        "unit": found, "name": organizations.text(found), "crumbs": door.crumbs(Link(organizations.text(found))),
        "stats": figures.stats(chosen, trends), "chosen": chosen,
        "trends": figures.lines(chosen, days, trends), "table": table, "empty": EMPTY,
        "sums": figures.sums(list(cuts.values())), "checklist": listed, "tally": tally(listed, stated, day),
        "in_force": measures["in_force"], "measures": measures.total(), "may_draft": door.may(who, "draft", found),
    }  # fmt: skip
    return render(request, "catalogue/unit.html", context)


def _row(item: Item, one: Cut | None, day: object) -> Row:
    shown = figures.before_and_now(one) if one is not None else dict.fromkeys(cut.FIGURES, "")
    now = today()
    flags = [
        words
        for words, holds in (
            (IN_CENTRE, rates.in_centre(item, now)), (AT_WINDOW, item.at_window), (AT_ONCE, item.at_once), (TOWNS, item.towns),
        )
        if holds
    ]  # fmt: skip
    if not rates.standing(item, now):
        flags = [Text(zh="已合并或取消", en="merged or abolished")]
    state = Text(zh="、".join(each.zh for each in flags), en=", ".join(each.en for each in flags))
    return Row(
        (item.name, LEVELS[life.level(item, now)], state, *(shown[name] for name in cut.FIGURES)),
        reverse("catalogue-item", args=[item.id]), item.id,
    )  # fmt: skip
