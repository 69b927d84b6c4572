"""Patterns found over a period: each with how many cases were compared, what stands out, what else could explain it, where to look.

A finding opens to the cases themselves. It is reckoned anew when it is asked for and accuses nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from qinzheng.access import rules
from qinzheng.access.users import User
from qinzheng.calendars.build import IncompleteCalendar
from qinzheng.calendars.calendar import BeyondCalendar
from qinzheng.cases.models import Case
from qinzheng.definitions import shelf
from qinzheng.definitions.form import Text
from qinzheng.measures import queries as measures
from qinzheng.measures.handled import Steps
from qinzheng.measures.period import Period
from qinzheng.organizations import queries as organizations
from qinzheng.parties import queries as parties
from qinzheng.supervision.patterns import looking
from qinzheng.supervision.patterns.looking import Beyond, Favoured, Jumped, Looked
from qinzheng.web import reader
from qinzheng.web.calendars import today
from qinzheng.web.components import Column, Link, Row, State, Table
from qinzheng.web.definitions.views import cited
from qinzheng.web.kept import Kept
from qinzheng.web.overview import asked

TITLE = Text(zh="异常情形", en="Patterns")
KEPT_S = 300.0
NO_ARCHIVE = State(
    "empty", Text(zh="统计档案还没有建立", en="There is no archive to compare from yet"),
    Text(zh="后台运行后，账本的事件在一两秒内收入档案。", en="While the worker runs, events are archived within a second or two."),
)  # fmt: skip
NOTHING = State(
    "empty", Text(zh="没有达到界限的", en="Nothing reaches the threshold"),
    Text(zh="不等于没有问题：件数不够的不说，系统里没有的看不到。", en="That is no proof that all is well: where there are too few cases nothing is said, and what is not in the system is not seen."),
)  # fmt: skip
UNIT, ITEM, OFFICER = Text(zh="单位", en="Unit"), Text(zh="事项", en="Item"), Text(zh="岗位", en="Post")
CASES = Text(zh="其中一件", en="One of them")
RELATIONS = {"applicant": Text(zh="申请人", en="applicant"), "agent": Text(zh="代理人", en="agent")}


@dataclass(frozen=True)
class Shown:
    """One pattern on the page."""

    looked: Looked
    sources: list[Link]
    table: Table


@dataclass(frozen=True)
class Names:
    """What the findings name: units and posts, items, cases, parties (masked)."""

    units: dict[str, Text]
    items: dict[str, Text]
    cases: dict[str, str]
    parties: dict[str, str]

    def case(self, id: str) -> Link:
        """A case by its number."""
        number = self.cases.get(id, "")
        return Link(number or "–", reverse("case", args=[number]) if number else "")


@require_safe
def patterns(request: HttpRequest) -> HttpResponse:
    """Every published pattern over the period of the address."""
    who: User = reader.of(request)
    if who.is_anonymous:
        return redirect(f"{reverse('login')}?next={request.path}")
    if not rules.can(who, "patterns"):
        raise Http404
    span = asked.span(request.GET, today())
    context = {
        "title": TITLE,
        "span": span,
        "presets": asked.presets(today(), span.period),
        "nothing": NOTHING,
    }
    if not measures.position():
        return render(request, "patterns/list.html", {**context, "state": NO_ARCHIVE})
    try:
        found = _LOOKED.of((span.period, shelf.stamp(), measures.sealed_now()))
    except (BeyondCalendar, IncompleteCalendar) as why:
        state = State(
            "error",
            Text(zh="工作日历不够长", en="The calendar does not reach that far"),
            Text(zh=str(why), en=str(why)),
        )
        return render(request, "patterns/list.html", {**context, "state": state})
    return render(request, "patterns/list.html", {**context, "shown": shown(who, found)})


def _look(key: tuple[Period, tuple[int, int], tuple[int, ...]]) -> list[Looked]:
    period = key[0]
    return [looking.look(pattern, period) for pattern in looking.patterns(today())]


_LOOKED: Kept[tuple[Period, tuple[int, int], tuple[int, ...]], list[Looked]] = Kept(_look, KEPT_S)
"""By what is published and what is sealed too: what was kept is not shown once another case is sealed."""


def forget() -> None:
    """Compare anew."""
    _LOOKED.forget()


def shown(who: User, found: Sequence[Looked]) -> list[Shown]:
    """The findings as tables, everything in them by its name."""
    names = _names(who, found)
    return [
        Shown(looked, [cited(each) for each in looked.pattern.source], TABLES[looked.pattern.compare.look](looked, names))
        for looked in found
    ]  # fmt: skip


def _names(who: User, found: Sequence[Looked]) -> Names:
    units, cases, people = set[str](), set[str](), set[str]()
    for looked in found:
        for each in looked.found:
            units.add(each.unit)
            if isinstance(each, Jumped | Favoured):
                units.add(each.officer)
            if isinstance(each, Favoured):
                people.add(each.party)
            cases |= set(_cases(each))
    items = {item.id: item.name for item in shelf.library().standing("item")}
    rows = rules.scope(who, "see", Case.objects.filter(pk__in=cases)).values_list("pk", "number")
    masked = (
        {id: str(shown.get("name", "")) for id, shown in parties.masked_many(people).items()}
        if people
        else {}
    )
    return Names(organizations.names({unit for unit in units if unit}), items, dict(rows), masked)


def _cases(each: Jumped | Favoured | Steps | Beyond) -> Sequence[str]:
    if isinstance(each, Jumped):
        return [each.case]
    return each.subjects if isinstance(each, Steps) else each.cases


# -- tables --------------------------------------------------------------------------------------------


def _name(names: dict[str, Text], id: str) -> Text:
    return names.get(id) or Text(zh=id or "–", en=id or "–")


def _some(names: Names, ids: Sequence[str]) -> Link | str:
    """The first of some cases that the reader may see."""
    known = [names.case(id) for id in ids if names.cases.get(id)]
    return known[0] if known else "–"


def _jumped(looked: Looked, names: Names) -> Table:
    columns = (
        Column(UNIT), Column(ITEM, wide=True), Column(Text(zh="后到先办的", en="Done sooner")), Column(OFFICER),
        Column(Text(zh="越过几件", en="Cases passed"), number=True),
    )  # fmt: skip
    rows = [
        Row((_name(names.units, each.unit), _name(names.items, each.item), names.case(each.case), _name(names.units, each.officer), f"{each.passed:,}"))
        for each in looked.found if isinstance(each, Jumped)
    ]  # fmt: skip
    return Table(looked.pattern.name, columns, rows)


def _favoured(looked: Looked, names: Names) -> Table:
    columns = (
        Column(UNIT), Column(OFFICER), Column(Text(zh="当事人", en="Party")), Column(Text(zh="件数／同类", en="Cases / others"), number=True),
        Column(Text(zh="用时中位／平常", en="Median days / usual"), number=True), Column(Text(zh="较快的占比", en="Quicker in"), number=True),
        Column(Text(zh="偶然可能", en="By chance"), number=True), Column(Text(zh="别人手里", en="With others")), Column(CASES),
    )  # fmt: skip
    rows = [
        Row((
            _name(names.units, each.unit), _name(names.units, each.officer),
            Text(zh=f"{names.parties.get(each.party) or '–'}（{RELATIONS[each.relation].zh}）", en=f"{names.parties.get(each.party) or '–'} ({RELATIONS[each.relation].en})"),
            f"{each.compared.mine} / {each.compared.others}", f"{each.own:g} / {each.usual:g}", f"{float(each.compared.faster):.0%}",
            _chance(each.compared.chance), _elsewhere(each), _some(names, each.cases),
        ))
        for each in looked.found if isinstance(each, Favoured)
    ]  # fmt: skip
    return Table(looked.pattern.name, columns, rows)


def _chance(chance: float) -> str:
    """How often chance alone would do it; no more digits than the approximation bears."""
    return "< 0.0001" if chance < 0.0001 else f"{chance:.4f}"


def _elsewhere(each: Favoured) -> Text:
    if each.elsewhere is None:
        return Text(zh="没有可比的", en="nothing to compare")
    count, days = each.elsewhere
    return Text(zh=f"{count} 件，中位 {days:g} 天", en=f"{count} cases, median {days:g} days")


def _beside(looked: Looked, names: Names) -> Table:
    columns = (
        Column(UNIT), Column(ITEM, wide=True), Column(Text(zh="占比", en="Share"), number=True),
        Column(Text(zh="件数", en="Cases"), number=True), Column(Text(zh="指南没有的环节（件数）", en="Steps not named (cases)"), wide=True), Column(CASES),
    )  # fmt: skip
    rows = [
        Row((
            _name(names.units, each.unit), _name(names.items, each.item), f"{each.beside / each.cases:.0%}", f"{each.beside:,} / {each.cases:,}",
            _steps(each), _some(names, each.subjects),
        ))
        for each in looked.found if isinstance(each, Steps)
    ]  # fmt: skip
    return Table(looked.pattern.name, columns, rows)


def _steps(each: Steps) -> Text:
    """The steps that were not named, the most frequent first."""
    acts = shelf.library().get("procedure", each.procedure).acts
    told = sorted(each.which.items(), key=lambda step: (-step[1], step[0]))
    named = [(acts[act].name if act in acts else Text(zh=act, en=act), times) for act, times in told]
    return Text(
        zh="、".join(f"{name.zh} {times}" for name, times in named),
        en=", ".join(f"{name.en} {times}" for name, times in named),
    )


def _beyond(looked: Looked, names: Names) -> Table:
    columns = (
        Column(UNIT),
        Column(ITEM, wide=True),
        Column(Text(zh="件数", en="Cases"), number=True),
        Column(CASES),
    )
    rows = [
        Row((_name(names.units, each.unit), _name(names.items, each.item), f"{len(each.cases):,}", _some(names, each.cases)))
        for each in looked.found if isinstance(each, Beyond)
    ]  # fmt: skip
    return Table(looked.pattern.name, columns, rows)


TABLES: dict[str, Callable[[Looked, Names], Table]] = {
    "overtaking": _jumped, "favour": _favoured, "beside_the_guide": _beside, "asked_beyond": _beyond, "stopped_beside_the_law": _beyond,
}  # fmt: skip
