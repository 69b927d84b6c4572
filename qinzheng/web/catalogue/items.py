"""One item as officials see it: its editions with their differences in words, its life, what was cut; the form of a turn."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from qinzheng.access import rules
from qinzheng.cases.item_words import LEVELS, SORTS, TURNS
from qinzheng.cases.items import Item
from qinzheng.definitions import actions, shelf
from qinzheng.definitions.form import Text
from qinzheng.ledger import queries as ledger
from qinzheng.ledger.queries import StoredEvent
from qinzheng.mechanisms.catalogue import cut, drafting, life, turning
from qinzheng.mechanisms.catalogue.drafting import Unfit
from qinzheng.mechanisms.catalogue.telling import Difference
from qinzheng.organizations import queries as organizations
from qinzheng.web import language, reader
from qinzheng.web.calendars import today
from qinzheng.web.catalogue import door, figures
from qinzheng.web.components import Link
from qinzheng.web.language import Language, pick

TURN, ON, REASON, TO = (
    Text(zh="变动", en="Turn"), Text(zh="日期", en="Day"), Text(zh="理由", en="Reason"), Text(zh="去向", en="Where to"),
)  # fmt: skip
TO_HELP = Text(
    zh="下放：写层级；合并：写并入的事项编号",
    en="Delegated: the level; merged: the id of the item that goes on",
)
DRAFTED = Text(
    zh="已存为草稿，由另一人发布后生效", en="Kept as a draft: it counts once another person has published it"
)


class TurnForm(forms.Form):
    """One turn in the item's life."""

    def __init__(self, spoken: Language, data: QueryDict | None = None) -> None:
        super().__init__(data, auto_id="turn-%s")
        listed = [(key, pick(words, spoken)) for key, words in TURNS.items()]
        self.fields["turn"] = forms.ChoiceField(label=pick(TURN, spoken), choices=listed)
        self.fields["on"] = forms.DateField(
            label=pick(ON, spoken), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), initial=today
        )  # fmt: skip
        self.fields["reason"] = forms.CharField(label=pick(REASON, spoken), max_length=turning.LONGEST_REASON)
        levels = "、".join(words.zh for words in LEVELS.values()) if spoken == "zh" else ", ".join(LEVELS)
        self.fields["to"] = forms.CharField(
            label=pick(TO, spoken),
            max_length=80,
            required=False,
            help_text=f"{pick(TO_HELP, spoken)} ({levels})",
        )


@dataclass(frozen=True)
class Edition:
    """One edition: its first day, who published it when, and what it changed. ``event`` is the publication."""

    begins: dt.date
    differences: Sequence[Difference]
    first: bool
    at: dt.datetime | None
    drafted_by: str
    published_by: str
    event: str


@dataclass(frozen=True)
class Turned:
    """One turn with the edition in which it was first published."""

    turn: str
    on: dt.date
    what: Text
    reason: Text
    where: Text | None
    event: str


@require_http_methods(["GET", "HEAD", "POST"])
@door.officials
def item(request: HttpRequest, item: str) -> HttpResponse:
    """The item's page; sent, one more turn of its life is drafted."""
    editions: list[Item] = [each for each in shelf.library().all("item") if each.id == item]
    if not editions:
        raise Http404
    found = next((each for each in reversed(editions) if each.in_force_from <= today()), editions[0])
    who, spoken = reader.of(request), language.of(request)
    unit = organizations.organizations([found.organization]).get(found.organization)
    may_draft = door.may(who, "draft", unit)
    form = TurnForm(spoken) if may_draft else None
    if request.method == "POST":
        if not may_draft:
            raise Http404
        form = TurnForm(spoken, request.POST)
        if form.is_valid() and _drafted(form, found, who.pseudonym, spoken):
            messages.success(request, pick(DRAFTED, spoken))
            return redirect("catalogue-drafts")
    published = ledger.history(f"definition:item:{item}"[:80])
    one = drafting.way_of(found, shelf.library())
    context = {
        "item": found, "sort": SORTS[found.sort], "level": LEVELS[life.level(found, today())], "form": form,
        "unit": door.unit_link(unit) if unit is not None else Link(found.organization),
        "editions": list(reversed(_editions(editions, published))), "turns": _turns(editions, published),
        "cut": [] if one is None else _cut(cut.of(found, one)), "proofs": rules.can(who, "ledger"),
        "crumbs": door.crumbs(*([door.unit_link(unit)] if unit is not None else []), Link(found.name)),
        "public": reverse("item", args=[item]),
    }  # fmt: skip
    return render(request, "catalogue/item.html", context, status=422 if request.method == "POST" else 200)


def _drafted(form: TurnForm, item: Item, by: str, spoken: Language) -> bool:
    """Whether the turn was drafted; what is wrong with it is said at its field."""
    clean = form.cleaned_data
    to = clean["to"].strip()
    if clean["turn"] == "delegated":
        to = next((key for key, words in LEVELS.items() if to in (key, words.zh, words.en)), to)
    try:
        turning.propose(item, clean["turn"], clean["on"], clean["reason"], to=to, today=today(), by=by)
    except Unfit as why:
        field = str(why.path[-1]) if why.path else ""
        form.add_error(field if field in form.fields else None, why.zh if spoken == "zh" else why.en)
        return False
    except actions.NotPublishable as why:
        form.add_error(None, str(why))
        return False
    return True


def _editions(editions: Sequence[Item], published: Sequence[StoredEvent]) -> list[Edition]:
    library = shelf.library()
    found = []
    for n, each in enumerate(editions):
        event = _publication(library.hash(each), published)
        told = drafting.compared(editions[n - 1], each, library) if n else []
        found.append(Edition(
            each.in_force_from, told, n == 0, shelf.EPOCH + dt.timedelta(microseconds=event.recorded_at) if event else None,
            str(event.body.get("drafted_by", "")) if event else "", event.actor if event else "", event.id if event else "",
        ))  # fmt: skip
    return found


def _publication(sha256: str, published: Sequence[StoredEvent]) -> StoredEvent | None:
    """The event by which an edition was published last."""
    return next((event for event in reversed(published) if event.body.get("sha256") == sha256), None)


def _turns(editions: Sequence[Item], published: Sequence[StoredEvent]) -> list[Turned]:
    library = shelf.library()
    names = {each.id: each.name for each in library.standing("item")}
    found = []
    for turn in editions[-1].life:
        holder = next(each for each in editions if turn in each.life)
        event = _publication(library.hash(holder), published)
        where = LEVELS.get(turn.to or "") or names.get(turn.to or "")
        found.append(
            Turned(turn.turn, turn.on, TURNS[turn.turn], turn.reason, where, event.id if event else "")
        )
    return found


def _cut(one: cut.Cut) -> list[tuple[Text, str, str]]:
    """(figure, before, now) of what is known."""
    return [
        (figures.FIGURES[name], str(one.before.get(name, "—")), str(one.now.get(name, "—")))
        for name in cut.FIGURES
        if name in one.before or name in one.now
    ]
