"""What the case page shows: what this is, whose turn it is, what is due and why, what I may do, what happened, who saw it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from qinzheng.access import acting, rules
from qinzheng.access import actions as access
from qinzheng.access.users import User
from qinzheng.cases import vocabulary
from qinzheng.cases.actions import procedure_of
from qinzheng.cases.models import Case
from qinzheng.cases.schema import Act, Procedure
from qinzheng.clocks import explain
from qinzheng.clocks.machine import FAR
from qinzheng.definitions import shelf
from qinzheng.definitions.form import Text
from qinzheng.ledger import actions as ledger
from qinzheng.mechanisms.channels import giving as channels
from qinzheng.mechanisms.errands import taking
from qinzheng.mechanisms.fees import queries as fees
from qinzheng.mechanisms.joining import opinions
from qinzheng.mechanisms.matters import handling as matters
from qinzheng.mechanisms.papers import queries as papers
from qinzheng.mechanisms.promises import checking
from qinzheng.organizations import queries as organizations_of
from qinzheng.parties import queries as parties
from qinzheng.supervision import ruler, sight
from qinzheng.supervision.explain import CaseSaid, ClockSaid
from qinzheng.supervision.models import Card as CardRow
from qinzheng.web import history, language
from qinzheng.web.calendars import today
from qinzheng.web.cases import assisted, held, reissued
from qinzheng.web.cases.forms import ActForm
from qinzheng.web.components import Badge, Card, Link
from qinzheng.web.definitions.views import cited
from qinzheng.web.supervision import said
from qinzheng.web.supervision.openings import ReasonForm

ENDINGS = {
    "running": Badge(Text(zh="计时中", en="running"), "own"),
    "overdue": Badge(Text(zh="已超期", en="overdue"), "late"),
    "completed_on_time": Badge(Text(zh="按期办结", en="done in time"), "good"),
    "completed_late": Badge(Text(zh="超期办结", en="done late"), "late"),
    "released": Badge(Text(zh="已移交，不计", en="handed on, counts for nobody"), "plain"),
}
PAUSED = Badge(Text(zh="中止中", en="paused"), "plain")
TURNS = {
    "department": Text(zh="轮到部门办理", en="the department's turn"),
    "applicant": Text(zh="轮到申请人", en="the applicant's turn"),
    "third_party": Text(zh="第三方办理中", en="with a third party"),
    "nobody": Text(zh="等待签收", en="waiting to be signed for"),
}


CASES = Link(Text(zh="办件", en="Cases"), "/cases/")
AGAIN = Text(zh="这一页已经用过，请刷新后再办", en="this page was used already: reload it and try again")


@dataclass(frozen=True)
class Clock:
    """One clock of the page: its drawing, its words, what it rests on."""

    name: Text
    clock: ruler.Clock
    badge: Badge
    due: int | None
    why: list[Text]
    basis: Link | None


@dataclass(frozen=True)
class Open:
    """An act that the reader may do now, with its form."""

    name: str
    act: Act
    form: ActForm
    here: bool


def of(request: HttpRequest, reader: User, case: Case, tried: ActForm | None = None) -> dict[str, Any]:
    """The context of the page. ``tried``: a form that was refused, shown again with what was typed."""
    now = ledger.microseconds(dt.datetime.now(dt.UTC)) or 0
    procedure = procedure_of(case)
    seen = sight.of(case, now)
    spoken = language.of(request)
    state = procedure.states[case.state]
    listed, places = organizations(spoken), near(case, spoken)
    people = _people(reader, case)
    return {
        "case": case, "procedure": procedure, "state": state, "title": title(case),
        "turn": None if state.final else TURNS[state.turn], "now": now,
        "holder": _name(case.organization), "clocks": clocks(seen, procedure),
        "spent": _spent(seen), "acts": _acts(reader, case, procedure, spoken, listed, places, tried),
        "events": history.of(reader, case, procedure), "cards": cards(reader, case),
        "people": people, "may_open": rules.can(reader, "open_personal", case) or access.runs(reader, case),
        "channel": _channel(case, procedure), "children": _children(reader, case), "parent": _parent(reader, case),
        "opinions": _opinions(reader, case),
        "assisted": assisted.beside(reader, case),
        "asking": ReasonForm(spoken) if people and rules.can(reader, "ask_opening") else None, "readers": _readers(reader, case),
        "crumbs": [CASES, Link(case.number)],
        "may_issue": rules.can(reader, "perform", case), "may_receipt": rules.can(reader, "issue_receipt", case),
        "reissues": reissued.shown(case), "papers": papers.beside(case), "fees": fees.total(case),
        "files": held.listed(reader, case), "may_check": bool(reader.seats) and bool(held.materials(case)),
        "tried": tried, "numbers": list(case.outside_numbers.values_list("kind", "number")),
    }  # fmt: skip


def _children(reader: User, case: Case) -> list[tuple[Link, Text, Text, dt.datetime | None]]:
    """The children of one matter that the reader may see: case, what it is about, where it stands, what is due next."""
    made = matters.children(case)
    seen = set(
        rules.scope(reader, "see", Case.objects.filter(pk__in=[each.pk for each in made])).values_list(
            "pk", flat=True
        )
    )
    return [
        (link(each), title(each), procedure_of(each).states[each.state].name, None if each.closed_at else each.next_due)
        for each in made if each.pk in seen
    ]  # fmt: skip


def _opinions(reader: User, case: Case) -> list[tuple[Link, Text, Text, dt.datetime | None]]:
    """Who was asked in joint handling, as far as the reader may see it: its case, whether it has answered, what is due."""
    made = {each.pk: each for each in opinions.of(case)}
    seen = set(rules.scope(reader, "see", Case.objects.filter(pk__in=made)).values_list("pk", flat=True))
    return [
        (link(each), _name(each.organization), procedure_of(each).states[each.state].name,
         None if each.closed_at else each.next_due)
        for each in made.values() if each.pk in seen
    ]  # fmt: skip


def _parent(reader: User, case: Case) -> tuple[Link, Text] | None:
    """The case of which this one is a part, where the reader may see it: one matter, or joint handling that asked for it."""
    id = matters.parent_of(case)
    found = rules.scope(reader, "see", Case.objects.filter(pk=id)).first() if id else None
    return (
        None
        if found is None
        else (link(found), PART_OF if found.procedure == matters.PROCEDURE else ASKED_IN)
    )


def _channel(case: Case, procedure: Procedure) -> tuple[Text, Text, dt.date] | None:
    """The green channel that the case goes by: its name, its shepherd's post, its last day."""
    found = channels.of(case)
    if found is None:
        return None
    post = organizations_of.posts([found.shepherd]).get(found.shepherd)
    shepherd = organizations_of.text(post) if post else Text(zh=found.shepherd, en=found.shepherd)
    return procedure.variants[case.variant].name, shepherd, found.until


def title(case: Case) -> Text:
    """What the case is about: its item's name, else the title given, else its procedure's name."""
    if case.item:
        try:
            name: Text = shelf.library().get("item", case.item).name
        except KeyError:
            return Text(zh=case.title or case.item, en=case.title or case.item)
        return name
    if case.title:
        return _made(case.title)
    found: Text = procedure_of(case).name
    return found


def _made(title: str) -> Text:
    """A title; where our own code made it of an item's name, that name in both languages."""
    begins = next((each for each in MADE if title.startswith(each.zh)), Text(zh="", en=""))
    rest = title.removeprefix(begins.zh)
    name = vocabulary.finder(shelf.library()).named(rest) or Text(zh=rest, en=rest)
    return Text(zh=title, en=f"{begins.en}{name.en}")


MADE = (taking.TITLE, checking.TITLE)


def link(case: Case) -> Link:
    """The case by its number."""
    return Link(case.number, reverse("case", args=[case.number]))


def organizations(spoken: language.Language) -> list[tuple[str, str]]:
    """The units that an act may name."""
    rows = [row for kind in ("department", "town") for row in organizations_of.of_kind(kind, today())]
    return [(row.id, row.name_zh if spoken == "zh" else row.name_en or row.name_zh) for row in rows]


def near(case: Case, spoken: language.Language) -> list[tuple[str, str]]:
    """The service points and villages of the case's town: where papers go on their way to whom they are for."""
    below = organizations_of.within([case.town], today()) - {case.town} if case.town else set()
    return [(id, language.pick(name, spoken)) for id, name in sorted(organizations_of.names(below).items())]


def _name(id: str) -> Text:
    return organizations_of.names([id])[id] if id else APPLICANT_SIDE


# -- clocks -------------------------------------------------------------------------------------------


def clocks(said: CaseSaid, procedure: Procedure) -> list[Clock]:
    """The case's clocks as the page draws them, the most urgent first."""
    return [_clock(each, said, procedure) for each in _ordered(said)]


def _ordered(said: CaseSaid) -> list[ClockSaid]:
    """Running clocks first, the soonest due first; then the ended ones, newest first."""
    running = sorted((c for c in said.clocks if c.ending in ("running", "overdue")), key=lambda c: c.due)
    ended = sorted((c for c in said.clocks if c.ending not in ("running", "overdue")), key=lambda c: -c.end)
    return [*running, *ended]


def _clock(clock: ClockSaid, said: CaseSaid, procedure: Procedure) -> Clock:
    why = [Text(zh=f"期限：{clock.why_due.zh}", en=f"limit: {clock.why_due.en}")]
    if clock.why_promise is not None and clock.promise != clock.due:
        why.append(Text(zh=f"承诺：{clock.why_promise.zh}", en=f"promise: {clock.why_promise.en}"))
    if clock.paused >= 0:
        why.append(_paused(clock, said))
    due = clock.due if clock.due < FAR else None
    promise = clock.promise if clock.promise < FAR else None
    badge = PAUSED if clock.paused >= 0 else ENDINGS[clock.ending]
    return Clock(clock.name, _drawn(clock, said, due, promise), badge, _next_due(clock, promise, due), why,
                 basis(procedure, clock.clock))  # fmt: skip


def _paused(clock: ClockSaid, said: CaseSaid) -> Text:
    """Since when the clock rests, and until when at most."""
    since = explain.moment(said.calendar, clock.paused)
    zh, en = f"自 {since.zh} 起中止，不计时", f"paused since {since.en}: the time is not counted"
    if clock.cap < FAR:
        until = explain.moment(said.calendar, clock.cap)
        zh, en = (
            f"{zh}，最迟至 {until.zh}（书面告知的时间）",
            f"{en}, until {until.en} at the latest (as told in writing)",
        )
    return Text(zh=zh, en=en)


def _drawn(clock: ClockSaid, said: CaseSaid, due: int | None, promise: int | None) -> ruler.Clock:
    state = ENDINGS[clock.ending].word
    assert isinstance(state, Text)
    return ruler.Clock(
        calendar=said.calendar, start=clock.start, needle=clock.end, due=due, promise=promise,
        ended=clock.ending not in ("running", "overdue"), stretches=said.stretches,
        title=Text(zh=f"{clock.name.zh}：{state.zh}", en=f"{clock.name.en}: {state.en}"),
        description=Text(zh="", en=""),
    )  # fmt: skip


def _next_due(clock: ClockSaid, promise: int | None, due: int | None) -> int | None:
    """What a person counts towards: the promise while it can be kept, then the limit."""
    if promise is not None and clock.end <= promise:
        return promise
    return due


def basis(procedure: Procedure, clock: str) -> Link | None:
    """The article that the clock's limit rests on."""
    limits = procedure.clocks[clock].limits
    for limit in (limits.statutory, limits.own, limits.committed):
        if limit is not None:
            return cited(limit.source[0])
    return None


def _spent(said: CaseSaid) -> list[tuple[Text, int]]:
    words = (Text(zh="部门", en="department"), Text(zh="申请人", en="applicant"), Text(zh="第三方", en="third party"),
             Text(zh="无人（待签收）", en="nobody (to be signed for)"))  # fmt: skip
    return [(word, time) for word, time in zip(words, said.spent, strict=True) if time]


# -- the rest -----------------------------------------------------------------------------------------


def _acts(
    reader: User, case: Case, procedure: Procedure, spoken: language.Language, listed: list[tuple[str, str]],
    places: list[tuple[str, str]], tried: ActForm | None,
) -> list[Open]:  # fmt: skip
    found = []
    for name, act in acting.open_acts(reader, case, procedure):
        again = tried is not None and tried.name == name
        form = tried if again and tried is not None else ActForm(name, act, spoken, listed, near=places)
        found.append(Open(name, act, form, again))
    return found


def cards(reader: User, case: Case) -> list[Card]:
    """The case's cards that the reader may see, newest first."""
    return said.cards(
        reader, rules.scope(reader, "see", CardRow.objects.filter(case=case.id)).order_by("-at")
    )


PART_OF = Text(zh="一件事的子件，主件", en="part of one matter, parent")
ASKED_IN = Text(zh="会办意见，请到所属办件答复", en="an opinion: answer it in the case that asks for it")
APPLICANT_SIDE = Text(zh="尚无承办单位", en="no unit yet")


def _people(reader: User, case: Case) -> list[tuple[str, dict[str, Any]]]:
    """Who takes part, masked; opened in full only on a page of its own."""
    return (
        [(row.relation, parties.masked(row.party)) for row in case.parties.all()]
        if rules.can(reader, "see", case)
        else []
    )


@dataclass(frozen=True)
class Reader:
    """Who looked, when first that day, and how often; a post by its title, never a person's name."""

    name: Text
    at: dt.datetime
    times: int


def _readers(reader: User, case: Case) -> list[Reader]:
    """Shown to whom the case belongs and to supervision."""
    if not (rules.can(reader, "judge", case) or reader.takes_part):
        return []
    seen = access.readers(case)
    posts = organizations_of.posts({each.reader for each in seen})
    return [
        Reader(Text(zh=posts[each.reader].name_zh, en=posts[each.reader].name_en) if each.reader in posts else OUTSIDE,
               each.first_at, each.times)
        for each in seen
    ]  # fmt: skip


OUTSIDE = Text(zh="申请人", en="the applicant")
