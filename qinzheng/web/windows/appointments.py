"""Appointments: book a slot of a point for an item, see one's own with the code for the ticket machine, cancel, take the file."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from qinzheng.access import rules
from qinzheng.access.users import User
from qinzheng.cases.engine import NotAllowed, Who
from qinzheng.clocks import explain
from qinzheng.definitions import shelf
from qinzheng.definitions.form import Text
from qinzheng.ledger import actions as ledger
from qinzheng.ledger import queries as events
from qinzheng.mechanisms.windows import booking, icalendar, queries
from qinzheng.mechanisms.windows.models import Appointment
from qinzheng.mechanisms.windows.schema import Appointments
from qinzheng.organizations import queries as organizations
from qinzheng.parties import actions as parties
from qinzheng.parties.fields import WrongField
from qinzheng.parties.subjects import PartyRefused
from qinzheng.web import calendars, language, reader
from qinzheng.web.calendars import today
from qinzheng.web.cases.forms import CHOOSE
from qinzheng.web.cases.opening import firms
from qinzheng.web.cases.person import AboutForm
from qinzheng.web.language import Language, pick
from qinzheng.web.organizations.views import offered
from qinzheng.web.windows import place as places

ITEM = Text(zh="办什么事", en="For what")
SLOT = Text(zh="什么时候", en="When")
FULL = Text(zh="（约满）", en=" (full)")
DONE = Text(zh="预约成功", en="Booked")
CANCELLED = Text(zh="已取消", en="Cancelled")
STATES = {
    "booked": Text(zh="已约", en="booked"), "kept": Text(zh="已到场", en="kept"), "missed": Text(zh="未到", en="not kept"),
    "cancelled": Text(zh="已取消", en="cancelled"),
}  # fmt: skip
KEY = "key"


class SlotForm(forms.Form):
    """For what, and when. Slots that are full are listed and not offered."""

    def __init__(
        self,
        spoken: Language,
        items: list[tuple[str, str]],
        slots: list[tuple[str, list[tuple[str, str]]]],
        data: Any,
        item: str,
    ) -> None:
        super().__init__(data, auto_id="slot-%s")
        self.spoken = spoken
        self.fields[KEY] = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
        self.fields["item"] = forms.ChoiceField(
            label=pick(ITEM, spoken), choices=[("", pick(CHOOSE, spoken)), *items], initial=item
        )
        self.fields["begins"] = forms.ChoiceField(
            label=pick(SLOT, spoken), choices=[("", pick(CHOOSE, spoken)), *slots]
        )

    def blame(self, why: NotAllowed) -> None:
        """What was refused, at its field."""
        self.add_error(
            why.field if why.field in self.fields else None, why.zh if self.spoken == "zh" else why.en
        )


class ForWhom(AboutForm):
    """For whom a clerk books, or in whose name somebody books; the town is not asked."""

    def __init__(self, who: User, spoken: Language, data: Any, firms: list[str]) -> None:
        super().__init__(False, who, spoken, data, False, firms)
        del self.fields["town"]


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def book(request: HttpRequest, point: str) -> HttpResponse:
    """The slots of a point, for anybody to look at; booking asks for a login."""
    unit, rules_of = places.point_of(point)
    if rules_of.appointments is None:
        raise Http404
    who: User = reader.of(request)
    may = rules.can(who, "book")
    if request.method == "POST" and not may:
        if who.is_anonymous:
            return redirect(f"{reverse('login')}?next={request.path}")
        raise Http404
    spoken = language.of(request)
    items = [(each.id, pick(each.name, spoken)) for each in offered(unit, today()) if each.alive(today())]
    data = request.POST if request.method == "POST" else None
    form = SlotForm(
        spoken, items, _slots(point, rules_of.appointments, spoken), data, request.GET.get("item", "")
    )
    whom = (
        ForWhom(who, spoken, data, firms(who, form.data.get("item", "")) if data else sorted(who.parties))
        if may
        else None
    )
    if data is not None and whom is not None and form.is_valid() & whom.is_valid():
        made = _booked(who, point, form, whom)
        if made is not None:
            messages.success(request, f"{pick(DONE, spoken)} {pick(slot_of(made), spoken)}")
            return _shown(who, made)
    context = {
        "point": unit, "name": organizations.text(unit), "form": form, "whom": whom, "may": may,
        "again": f"{reverse('login')}?next={request.path}", "rules": rules_of.appointments,
    }  # fmt: skip
    return render(request, "windows/book.html", context, status=422 if data is not None else 200)


def _slots(point: str, rules_of: Appointments, spoken: Language) -> list[tuple[str, list[tuple[str, str]]]]:
    """Days with their slots, as a list to choose from; a full one has no value."""
    found: dict[str, list[tuple[str, str]]] = {}
    for each in queries.free(point, today(), places.now(), rules_of.days_ahead + 1):
        said = (str(each.begins) if each.left else "", _said(each, spoken))
        found.setdefault(_day(shelf.day(each.begins), spoken), []).append(said)
    return list(found.items())


def _day(day: dt.date, spoken: Language) -> str:
    zh = f"{day.isoformat()} 周{explain.WEEKDAYS_ZH[day.weekday()]}"
    return zh if spoken == "zh" else f"{explain.WEEKDAYS_EN[day.weekday()]} {day.isoformat()}"


def _said(slot: queries.Free, spoken: Language) -> str:
    begins, ends = (clock(ledger.instant(each)) for each in (slot.begins, slot.ends))
    return f"{begins}–{ends}" + ("" if slot.left else pick(FULL, spoken))


def clock(at: dt.datetime | None) -> str:
    """The hour and minute of a moment, here; "" of none."""
    return "" if at is None else at.astimezone(shelf.ZONE).strftime("%H:%M")


def _booked(who: User, point: str, form: SlotForm, whom: ForWhom) -> Appointment | None:
    """The appointment; None where something was refused and is said at its field."""
    key: uuid.UUID = form.cleaned_data[KEY]
    item = form.cleaned_data["item"]
    seat = next((each for each in who.seats if places.CLERK in each.roles), None)
    actor = (
        Who(seat.post, seat.unit, places.CLERK) if seat is not None else Who(who.pseudonym, "", "applicant")
    )
    try:
        with transaction.atomic():
            party = _party(who, actor, item, whom, key)
            return booking.book(point, item, int(form.cleaned_data["begins"]), party, actor, key=key)
    except NotAllowed as why:
        form.blame(why)
    except WrongField as why:
        whom.blame(why.field, why.zh, why.en)
    except PartyRefused as why:
        whom.blame("code", why.zh, why.en)
    return None


def _party(who: User, actor: Who, item: str, whom: ForWhom, key: uuid.UUID) -> str:
    if actor.role != places.CLERK:
        allowed = firms(who, item)
        asked = whom.cleaned_data.get("party", "")
        return asked if asked in allowed else allowed[0]
    kind, given = whom.given()
    made = parties.register(
        kind, given, by=actor.actor, organization=actor.organization, key=uuid.uuid5(key, "party")
    )
    return made.pk


# -- one's own -----------------------------------------------------------------------------------------


@never_cache
@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """The reader's appointments."""
    who: User = reader.of(request)
    if who.is_anonymous:
        return redirect(f"{reverse('login')}?next={request.path}")
    if not rules.can(who, "appointments"):
        raise Http404
    found = queries.of_parties(_parties(who))
    names = organizations.names({each.point for each in found})
    now = places.now()
    listed = [
        (each, names[each.point], item_of(each), slot_of(each), STATES[each.state], queries.code(each.pk), _open(each, now))
        for each in found
    ]  # fmt: skip
    return render(request, "windows/mine.html", {"listed": listed})


def _shown(who: User, row: Appointment) -> HttpResponse:
    """To the page on which the reader sees an appointment: its own among its others, another's alone."""
    return redirect("appointments") if row.party in _parties(who) else redirect("appointment", row.pk)


def _parties(who: User) -> set[str]:
    return {*who.parties, *(party for party, _ in who.limited)}


def _open(row: Appointment, now: int) -> bool:
    return row.state == "booked" and (ledger.microseconds(row.begins) or 0) > now


def _found(who: User, id: uuid.UUID) -> Appointment:
    """An appointment of the reader's, that its post booked, or of the point at whose window it sits; else there is none."""
    found = Appointment.objects.filter(pk=str(id)).first()
    if found is None or not (found.party in _parties(who) or _of_office(who, found)):
        raise Http404
    return found


def _of_office(who: User, row: Appointment) -> bool:
    """Whether it is of a point at whose window the reader sits, or was booked by a post of the reader's."""
    if not rules.can(who, "windows"):
        return False
    if row.point in {each.point for each in places.places(who)}:
        return True
    event = events.event(row.pk)
    return event is not None and event.actor in who.posts


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def one(request: HttpRequest, appointment: uuid.UUID) -> HttpResponse:
    """One appointment with its code; sent, it is cancelled."""
    who: User = reader.of(request)
    found = _found(who, appointment)
    if request.method == "POST":
        return _cancel(request, who, found)
    if found.party in _parties(who):
        return redirect("appointments")
    context = {
        "each": found, "point": organizations.names([found.point])[found.point], "item": item_of(found), "slot": slot_of(found),
        "state": STATES[found.state], "code": queries.code(found.pk), "open": _open(found, places.now()),
        "desk": places.sits(who),
    }  # fmt: skip
    return render(request, "windows/booked.html", context)


def _cancel(request: HttpRequest, who: User, found: Appointment) -> HttpResponse:
    own = found.party in _parties(who)
    seat = next((each for each in who.seats if places.CLERK in each.roles), None)
    actor = (
        Who(who.pseudonym, "", "applicant")
        if own or seat is None
        else Who(seat.post, seat.unit, places.CLERK)
    )
    spoken = language.of(request)
    try:
        booking.cancel(found.pk, actor, "party" if own else "office")
        messages.success(request, f"{pick(CANCELLED, spoken)} {pick(slot_of(found), spoken)}")
    except NotAllowed as why:
        messages.error(request, why.zh if spoken == "zh" else why.en)
    return _shown(who, found)


@require_safe
def calendar(request: HttpRequest, appointment: uuid.UUID) -> HttpResponse:
    """The appointment for anybody's calendar. It names the point and the item, and nobody."""
    who: User = reader.of(request)
    found = _found(who, appointment)
    spoken = language.of(request)
    window = queries.rules_of(found.point, today())
    hours = window.appointments.remind_hours if window is not None and window.appointments is not None else 1
    point = organizations.names([found.point])[found.point]
    said = Text(
        zh=f"预约码 {queries.code(found.pk)}，到场在取号机输入",
        en=f"Code {queries.code(found.pk)} for the ticket machine",
    )
    entry = icalendar.Entry(
        uid=f"{found.pk}@{request.get_host().partition(':')[0]}", begins=ledger.microseconds(found.begins) or 0,
        ends=ledger.microseconds(found.ends) or 0, stamp=ledger.microseconds(found.ended_at or found.booked_at) or 0,
        summary=pick(item_of(found), spoken), place=pick(point, spoken), description=pick(said, spoken),
        remind_minutes=hours * 60, cancelled=found.state == "cancelled", sequence=int(found.state == "cancelled"),
    )  # fmt: skip
    return HttpResponse(
        icalendar.file(entry), content_type="text/calendar; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{found.pk[:8]}.ics"', "Cache-Control": "no-store"},
    )  # fmt: skip


def item_of(row: Appointment) -> Text:
    """For what it is."""
    try:
        found: Text = shelf.library().get("item", row.item).name
    except KeyError:
        return Text(zh=row.item, en=row.item)
    return found


def slot_of(row: Appointment) -> Text:
    """When it is, as people say it."""
    return explain.moment(calendars.national(), ledger.microseconds(row.begins) or 0)
