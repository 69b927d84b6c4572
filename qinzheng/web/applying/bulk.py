"""Many applications of a firm by one sheet: the template to download, the upload, and what came of it row by row."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from qinzheng.access import acting
from qinzheng.access.users import User
from qinzheng.cases.about import About
from qinzheng.cases.acts import Done
from qinzheng.cases.attachments_checks import WrongFile
from qinzheng.cases.items import Item
from qinzheng.cases.schema import Act
from qinzheng.definitions.form import Text
from qinzheng.mechanisms.applying import bulk as sheets
from qinzheng.mechanisms.applying.bulk import Row
from qinzheng.organizations import queries as organizations
from qinzheng.organizations.rows import Fault
from qinzheng.organizations.workbook import Unreadable
from qinzheng.parties import fields
from qinzheng.parties import queries as parties
from qinzheng.parties.subjects import PartyRefused
from qinzheng.web import language, reader, uploads
from qinzheng.web.applying.place import opening_of
from qinzheng.web.calendars import today
from qinzheng.web.cases import opening as openings
from qinzheng.web.cases.opening import Opening
from qinzheng.web.components import Link
from qinzheng.web.language import Language, pick

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FILE = Text(zh="填好的表格（xlsx 或 CSV）", en="The sheet, filled in (xlsx or CSV)")
FIRM = Text(zh="以哪家企业的名义", en="For which firm")


@dataclass(frozen=True)
class Place:
    """Who applies in bulk, for which item, and in the names of which firms."""

    who: User
    item: Item
    opening: Opening
    act: Act
    firms: list[str]
    towns: dict[str, str]


class SheetForm(forms.Form):
    """The sheet; and the firm, where somebody acts for several."""

    def __init__(self, firms: list[str], spoken: Language, data: Any = None, files: Any = None) -> None:
        super().__init__(data, files, auto_id="bulk-%s")
        if len(firms) > 1:
            shown = parties.masked_many(firms)
            names = [(id, shown.get(id, {}).get("name", id)) for id in firms]
            self.fields["party"] = forms.ChoiceField(label=pick(FIRM, spoken), choices=names)
        self.fields["file"] = forms.FileField(
            label=pick(FILE, spoken), widget=forms.FileInput(attrs={"accept": ".xlsx,.csv"}), allow_empty_file=True
        )  # fmt: skip


def _place(request: HttpRequest, item: str) -> Place:
    """Only firms, and whoever acts for one; for all others there is no such page."""
    who: User = reader.of(request)
    opening = opening_of(who, item)
    if opening is None or opening.item is None or not offered(who, opening):
        raise Http404
    act = openings.asked_of(opening)
    mine = _firms(who, item)
    towns = {row.id: row.name_zh for row in organizations.of_kind("town", today())}
    return Place(who, opening.item, opening, act, mine, towns)


def offered(who: User, opening: Opening) -> bool:
    """Whether the user may apply in bulk: for a firm, online, for an item whose form can stand in a sheet."""
    item = opening.item
    return (
        item is not None and "online" in item.guide.channels and opening.who.role in acting.CITIZEN_ROLES
        and sheets.possible(openings.asked_of(opening)) and bool(_firms(who, item.id))
    )  # fmt: skip


def _firms(who: User, item: str) -> list[str]:
    return [party for party in openings.firms(who, item) if _firm(party)]


def _firm(party: str) -> bool:
    try:
        return parties.party(party).kind == fields.ENTERPRISE
    except PartyRefused:
        return False


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def bulk(request: HttpRequest, item: str) -> HttpResponse:
    """The upload; sent, all applications of the sheet or every reason why none."""
    if reader.of(request).is_anonymous:
        return redirect(f"{reverse('login')}?next={request.path}")
    here, spoken = _place(request, item), language.of(request)
    data, files = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    form = SheetForm(here.firms, spoken, data, files)
    context: dict[str, Any] = {"item": here.item, "form": form, "most": sheets.MOST}
    if data is None:
        return render(request, "applying/bulk.html", context)
    if form.is_valid():
        try:
            sent, faults = _sent(here, form)
        except (WrongFile, Unreadable) as why:
            form.add_error("file", why.zh if spoken == "zh" else why.en)
        else:
            if not faults:
                listed = [
                    (Link(each.done.number, reverse("case", args=[each.done.number])), each) for each in sent
                ]
                return render(request, "applying/bulk_sent.html", {"item": here.item, "sent": listed})
            context |= {
                "faults": [(each.row, _titled(here, each), Text(zh=each.zh, en=each.en)) for each in faults]
            }
    return render(request, "applying/bulk.html", context, status=422)


def _titled(here: Place, fault: Fault) -> str:
    """The header of the column at fault: what the domain refuses names its field."""
    made = sheets.sheet(here.item.guide, here.act, here.towns)
    known = {column.field: column.title for column in made.columns}
    return known.get(fault.column, fault.column)


def _sent(here: Place, form: SheetForm) -> tuple[list[sheets.Sent], list[Fault]]:
    party = form.cleaned_data.get("party") or here.firms[0]
    content = uploads.content_of(form.cleaned_data["file"])
    found, faults = sheets.read(content, here.item.guide, here.act, here.towns)
    if faults:
        return [], faults

    def opens(row: Row, about: About, key: uuid.UUID) -> Done:
        return acting.open_case(here.who, here.opening.procedure, here.opening.act, row.form, about, key=key)

    return sheets.send(found, here.item, party, here.opening.who.actor, opens)


@require_safe
def template(request: HttpRequest, item: str) -> HttpResponse:
    """The sheet to fill in."""
    if reader.of(request).is_anonymous:
        return redirect(f"{reverse('login')}?next={request.path}")
    here = _place(request, item)
    answer = HttpResponse(sheets.template(here.item.guide, here.act, here.towns), content_type=XLSX)
    name = f"批量申请-{here.item.name.zh}.xlsx"
    answer.headers["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    return answer
