"""The register of green channels and the form that gives one. A channel's own page is that of its watch, a case."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from qinzheng.access import acting, rules
from qinzheng.access.users import User
from qinzheng.cases.actions import NotAllowed, procedure_of
from qinzheng.cases.engine import Who
from qinzheng.cases.items import Item
from qinzheng.cases.models import Case
from qinzheng.definitions import shelf
from qinzheng.definitions.form import Text
from qinzheng.ledger.actions import AnotherEvent
from qinzheng.mechanisms.channels import giving, watching
from qinzheng.mechanisms.channels.giving import Channel
from qinzheng.organizations import queries as organizations
from qinzheng.parties import actions as parties
from qinzheng.parties import queries as party_queries
from qinzheng.parties.fields import WrongField
from qinzheng.parties.subjects import PartyRefused
from qinzheng.web import language, paging, reader
from qinzheng.web.calendars import today
from qinzheng.web.cases import page
from qinzheng.web.cases.person import AboutForm
from qinzheng.web.components import Link
from qinzheng.web.language import pick

MOST = 20
"""Cases of one project on the register; all of them are on the page of cases."""
NAME = Text(zh="绿色通道", en="Green channels")
GIVEN = Text(zh="已给予绿色通道", en="The channel is given")


@dataclass(frozen=True)
class Entry:
    """One channel of the register."""

    watch: Case
    channel: Channel
    state: Text
    firm: str
    items: list[Text]
    shepherd: Text
    unit: Text
    cases: list[tuple[Link, Text, Text, dt.datetime | None]]
    looked: int
    """how often the project was looked at"""


@require_safe
def channels(request: HttpRequest) -> HttpResponse:
    """The channels that the reader may see: those that stand first, then those that ended."""
    who = _who(request)
    if who.is_anonymous:
        return redirect(f"{reverse('login')}?next={request.path}")
    if not rules.can(who, "channels"):
        raise Http404
    rows = rules.scope(who, "see", Case.objects.filter(procedure=watching.PROCEDURE))
    try:
        shown = paging.page(rows, ("-opened_at", "id"), after=request.GET.get("after", ""))
    except paging.WrongCursor:
        return redirect(request.path)
    entries = [made for row in shown.rows if (made := _entry(who, row)) is not None]
    entries.sort(key=lambda each: each.watch.closed_at is not None)
    context = {
        "entries": entries, "may_give": rules.can(who, "give_channel"), "following": shown.following,
        "measures": _measures(who), "crumbs": [Link(NAME)],
    }  # fmt: skip
    return render(request, "channels/list.html", context)


COMPARED = ("green-mean-days", "ordinary-mean-days")
"""The measures that show whether the channel made others slower."""


def _measures(who: User) -> list[Link]:
    """The figures side by side, of the city, where the reader may see them."""
    city = next(iter(organizations.of_kind("city", today())), None)
    if city is None or not rules.can(who, "measure", city):
        return []
    known = {each.id: each.name for each in shelf.library().standing("measure", today())}
    return [
        Link(known[id], reverse("overview-measure", args=[city.id, id])) for id in COMPARED if id in known
    ]


def _entry(who: User, watch: Case) -> Entry | None:
    channel = giving.watched(watch)
    if channel is None:
        return None
    library = shelf.library()
    cases = rules.scope(who, "see", giving.on_the_way(channel))[:MOST]
    posts = organizations.posts([channel.shepherd])
    shepherd = (
        organizations.text(posts[channel.shepherd])
        if channel.shepherd in posts
        else Text(zh=channel.shepherd, en=channel.shepherd)
    )
    masked = party_queries.masked_many([channel.party]).get(channel.party, {})
    return Entry(
        watch, channel, procedure_of(watch).states[watch.state].name, masked.get("name", ""),
        [library.get("item", id).name for id in channel.items], shepherd,
        organizations.names([watch.organization])[watch.organization],
        [
            (page.link(each), page.title(each), procedure_of(each).states[each.state].name, None if each.closed_at else each.next_due)
            for each in cases
        ],
        watch.situation.get("done", {}).get(watching.WATCH, 0),
    )  # fmt: skip


class ChannelForm(forms.Form):
    """For which items, why, who watches, until when."""

    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)

    def __init__(self, spoken: language.Language, unit: str, data: QueryDict | None = None) -> None:
        super().__init__(data, auto_id="channel-%s")
        listed = [(each.id, pick(each.name, spoken)) for each in flaggable()]
        self.fields["items"] = forms.MultipleChoiceField(
            label=pick(ITEMS, spoken),
            help_text=pick(ITEMS_HELP, spoken),
            choices=listed,
            widget=forms.SelectMultiple(attrs={"size": 10}),
        )
        self.fields["reason"] = forms.CharField(
            label=pick(REASON, spoken), help_text=pick(REASON_HELP, spoken), max_length=giving.LONGEST_REASON
        )
        posts = [
            (post.id, pick(organizations.text(post), spoken))
            for id in sorted(organizations.subtree(unit, today())) for post in organizations.posts_of(id, today())
        ]  # fmt: skip
        self.fields["shepherd"] = forms.ChoiceField(label=pick(SHEPHERD, spoken), choices=posts)
        self.fields["until"] = forms.DateField(
            label=pick(UNTIL, spoken), widget=forms.DateInput(attrs={"type": "date"})
        )


ITEMS = Text(zh="哪些事项走绿色通道", en="Which items go by it")
ITEMS_HELP = Text(
    zh="可多选；由本单位决定的事项不能自己给",
    en="Several may be chosen; what your own unit decides is not given by you",
)
REASON = Text(zh="项目与理由", en="The project and why")
REASON_HELP = Text(zh="写项目名称和文号，不写个人信息", en="Name and number of the project, nothing personal")
SHEPHERD = Text(zh="专人（每个工作日跟踪一次）", en="Shepherd, who looks at it every working day")
UNTIL = Text(zh="到哪一天止", en="Until which day")


def flaggable() -> list[Item]:
    """The items whose procedure has a channel, by name."""
    library = shelf.library()
    ways = {
        each.id for each in library.standing("procedure", today())
        if any(variant.given_by == "flag" for variant in each.variants.values())
    }  # fmt: skip
    found = [
        each for each in library.standing("item", today()) if each.procedure in ways and each.alive(today())
    ]
    return sorted(found, key=lambda each: each.name.zh)


@require_http_methods(["GET", "HEAD", "POST"])
def give(request: HttpRequest) -> HttpResponse:
    """Give a channel: first the unit of the shepherd is chosen, then all else on one page."""
    who = _who(request)
    if who.is_anonymous:
        return redirect(f"{reverse('login')}?next={request.path}")
    giver = acting.in_role(who, giving.AUTHORITIES)
    if giver is None or not rules.can(who, "give_channel"):
        raise Http404
    spoken = language.of(request)
    units = page.organizations(spoken)
    unit = request.GET.get("unit", "")
    if unit not in dict(units):
        context: dict[str, Any] = {"units": units, "crumbs": [Link(NAME, reverse("channels"))]}
        return render(request, "channels/unit.html", context)
    data = request.POST if request.method == "POST" else None
    form, about = ChannelForm(spoken, unit, data), AboutForm(False, who, spoken, data, False, [])
    valid = form.is_valid() & about.is_valid()
    if data is not None and valid and (made := _given(giver, form, about, spoken)) is not None:
        messages.success(request, pick(GIVEN, spoken))
        return redirect("case", number=made.number)
    context = {
        "form": form, "about": about, "unit": unit, "unit_name": dict(units)[unit],
        "crumbs": [Link(NAME, reverse("channels"))],
    }  # fmt: skip
    return render(request, "channels/give.html", context, status=422 if data is not None else 200)


def _given(giver: Who, form: ChannelForm, about: AboutForm, spoken: language.Language) -> Case | None:
    """The watch of the channel; None where something was refused and is said at its field."""
    asked = form.cleaned_data
    kind, given = about.given()
    key: uuid.UUID = asked["key"]
    try:
        with transaction.atomic():
            party = parties.register(
                kind, given, by=giver.actor, organization=giver.organization, town=about.cleaned_data["town"], key=uuid.uuid5(key, "party")
            )  # fmt: skip
            giving.give(
                party.pk, asked["items"], asked["reason"], asked["shepherd"], asked["until"], giver, key=key
            )
            return giving.watch_of(party.pk)
    except WrongField as why:
        about.blame(why.field, why.zh, why.en)
    except PartyRefused as why:
        about.blame("code", why.zh, why.en)
    except NotAllowed as why:
        form.add_error(why.field if why.field in form.fields else None, why.zh if spoken == "zh" else why.en)
    except AnotherEvent:
        form.add_error(None, pick(page.AGAIN, spoken))
    return None


def _who(request: HttpRequest) -> User:
    return reader.of(request)
