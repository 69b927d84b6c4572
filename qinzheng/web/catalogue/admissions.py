"""The ledger of admissions and other turns: by half-year and class, and every one of a period, as a page or CSV."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from qinzheng.cases.item_words import LEVELS, TURNS
from qinzheng.cases.items import Item
from qinzheng.definitions import shelf
from qinzheng.definitions.form import Text
from qinzheng.measures import sheets
from qinzheng.measures.formulas import guarded
from qinzheng.mechanisms.catalogue import life
from qinzheng.mechanisms.catalogue.life import Turned
from qinzheng.organizations import queries as organizations
from qinzheng.web import language
from qinzheng.web.calendars import today
from qinzheng.web.catalogue import door
from qinzheng.web.components import Column, Link, Row, State, Table
from qinzheng.web.language import Language, pick

TITLE = Text(zh="进驻与变动台账", en="Ledger of admissions and turns")
FIRST, LAST, TURN = (
    Text(zh="自", en="From"),
    Text(zh="至（含）", en="Until, included"),
    Text(zh="变动", en="Turn"),
)
EVERY = Text(zh="全部", en="all")
EMPTY = State("empty", Text(zh="这段时间没有变动", en="Nothing turned in this period"), Text(zh="换一段时间再看。", en="Look at another period."))  # fmt: skip
HEADS = (
    "日期 day",
    "变动 turn",
    "事项编号 item",
    "事项 name",
    "类别 class",
    "单位 unit",
    "去向 to",
    "理由 reason",
)
EARLIEST = dt.date(1949, 10, 1)


class PeriodForm(forms.Form):
    """Which turns of which days."""

    def __init__(self, spoken: Language, data: dict[str, str]) -> None:
        super().__init__(data, auto_id="period-%s")
        day = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        self.fields["first"] = forms.DateField(label=pick(FIRST, spoken), widget=day)
        self.fields["last"] = forms.DateField(label=pick(LAST, spoken), widget=day)
        listed = [("", pick(EVERY, spoken)), *((key, pick(words, spoken)) for key, words in TURNS.items())]
        self.fields["turn"] = forms.ChoiceField(label=pick(TURN, spoken), choices=listed, required=False)


@require_safe
@door.officials
def admissions(request: HttpRequest) -> HttpResponse:
    """The turns of a period (``?first=&last=&turn=``), this year's admissions where none is asked; ``?as=csv`` as a file."""
    spoken, day = language.of(request), today()
    usual = {"first": dt.date(day.year, 1, 1).isoformat(), "last": day.isoformat(), "turn": "admitted"}
    asked = {name: request.GET.get(name, value) for name, value in usual.items()}
    form = PeriodForm(spoken, asked)
    items: list[Item] = shelf.library().standing("item")
    found: list[Turned] = []
    if form.is_valid():
        clean = form.cleaned_data
        kinds = [clean["turn"]] if clean["turn"] else []
        found = life.turns(items, clean["first"], clean["last"], kinds)
    names = organizations.names({each.item.organization for each in found})
    if request.GET.get("as") == "csv":
        return _file(found, names)
    context = {
        "title": TITLE, "form": form, "table": _table(found, names), "empty": EMPTY, "halves": _halves(items),
        "counted": [(life.CLASSES[name], n) for name, n in life.counted(found).items()], "total": len(found),
        "classes": list(life.CLASSES.values()), "crumbs": door.crumbs(Link(TITLE)),
    }  # fmt: skip
    return render(request, "catalogue/admissions.html", context)


def _halves(items: Sequence[Item]) -> list[tuple[Text, str, list[tuple[Text, int]], int]]:
    """(half-year, its address, admissions by class, together), the newest first; a half-year without any is left out."""
    by_half: dict[tuple[int, int], list[Turned]] = defaultdict(list)
    for each in life.turns(items, EARLIEST, today(), ["admitted"]):
        by_half[each.turn.on.year, 1 + (each.turn.on.month > 6)].append(each)
    found = []
    for (year, half), turned in sorted(by_half.items(), reverse=True):
        first = dt.date(year, 1 if half == 1 else 7, 1)
        last = dt.date(year, 6, 30) if half == 1 else dt.date(year, 12, 31)
        words = Text(zh=f"{year} 年{'上' if half == 1 else '下'}半年", en=f"{year}, half {half}")
        address = f"{reverse('catalogue-admissions')}?first={first}&last={last}&turn=admitted"
        found.append(
            (
                words,
                address,
                [(life.CLASSES[name], n) for name, n in life.counted(turned).items()],
                len(turned),
            )
        )
    return found


def _where(each: Turned) -> Text:
    to = each.turn.to or ""
    return LEVELS.get(to) or Text(zh=to, en=to)


def _table(found: Sequence[Turned], names: dict[str, Text]) -> Table:
    rows = [
        Row(
            (each.item.name, each.turn.on.isoformat(), TURNS[each.turn.turn], life.CLASSES[each.sort],
             names[each.item.organization], _where(each), each.turn.reason),
            reverse("catalogue-item", args=[each.item.id]), each.item.id,
        )
        for each in found
    ]  # fmt: skip
    heads = (("事项", "Item"), ("日期", "Day"), ("变动", "Turn"), ("类别", "Class"), ("单位", "Unit"), ("去向", "Where to"), ("理由", "Reason"))  # fmt: skip
    return Table(caption=TITLE, rows=rows, columns=[Column(Text(zh=zh, en=en)) for zh, en in heads])


def _file(found: Sequence[Turned], names: dict[str, Text]) -> HttpResponse:
    lines: list[list[sheets.Cell]] = [list(HEADS)]
    for each in found:
        cells = (
            each.turn.on.isoformat(), TURNS[each.turn.turn].zh, each.item.id, each.item.name.zh, life.CLASSES[each.sort].zh,
            names[each.item.organization].zh, _where(each).zh, each.turn.reason.zh,
        )  # fmt: skip
        lines.append([guarded(cell) for cell in cells])
    return HttpResponse(
        sheets.to_csv(lines), content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="admissions.csv"'},
    )  # fmt: skip
