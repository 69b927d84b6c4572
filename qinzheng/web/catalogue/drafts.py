"""Drafts of items with what they would change, for a second person to publish; whoever drafted one may discard it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from qinzheng.access import rules
from qinzheng.access.models import Account
from qinzheng.access.users import User
from qinzheng.cases.items import Item
from qinzheng.definitions import actions, shelf
from qinzheng.definitions.form import Text
from qinzheng.definitions.library import DefinitionErrors
from qinzheng.definitions.models import Edition
from qinzheng.mechanisms.catalogue import drafting
from qinzheng.mechanisms.catalogue.telling import Difference
from qinzheng.organizations import queries as organizations
from qinzheng.web import language, reader
from qinzheng.web.catalogue import door
from qinzheng.web.components import Link
from qinzheng.web.language import pick

TITLE = Text(zh="待发布的事项草稿", en="Drafts of items to be published")
PUBLISHED = Text(zh="已发布 {} 件", en="{} published")
DISCARDED = Text(zh="已撤掉草稿", en="The draft is discarded")
NONE = Text(zh="没有选中可以办理的草稿", en="None of the drafts chosen can be dealt with by you")
PUBLISH, DISCARD = "publish", "discard"


@dataclass(frozen=True)
class Shown:
    """One draft as the page shows it."""

    edition: Edition
    item: Item
    unit: Text
    new: bool
    differences: Sequence[Difference]
    by: str
    since: dt.datetime
    may_publish: bool
    may_discard: bool


@require_http_methods(["GET", "HEAD", "POST"])
@door.officials
def drafts(request: HttpRequest) -> HttpResponse:
    """The drafts of the units for which the reader may draft; all of them for whoever publishes."""
    who, spoken = reader.of(request), language.of(request)
    publisher, units = rules.can(who, "publish"), door.drafts_for(who)
    if not (publisher or units):
        raise Http404
    shown = _shown(who, publisher, units)
    if request.method == "POST":
        chosen = set(request.POST.getlist("draft"))
        what = request.POST.get("do", "")
        mine = [each.edition for each in shown if str(each.edition.pk) in chosen and (each.may_publish if what == PUBLISH else each.may_discard)]  # fmt: skip
        if not mine or what not in (PUBLISH, DISCARD):
            messages.error(request, pick(NONE, spoken))
        elif what == DISCARD:
            actions.discard(mine)
            messages.success(request, pick(DISCARDED, spoken))
        else:
            _publish(request, mine, {each.edition.pk: len(each.differences) for each in shown}, who, spoken)
        return redirect("catalogue-drafts")
    context = {
        "title": TITLE, "drafts": shown, "crumbs": door.crumbs(Link(TITLE)),
        "any_to_publish": any(each.may_publish for each in shown), "any_to_discard": any(each.may_discard for each in shown),
    }  # fmt: skip
    return render(request, "catalogue/drafts.html", context)


def _publish(
    request: HttpRequest,
    chosen: Sequence[Edition],
    said: dict[int, int],
    who: User,
    spoken: language.Language,
) -> None:
    """Publish them all or none; how many differences were shown stays with the events."""
    try:
        actions.publish(chosen, who.pseudonym, {"differences": sum(said[each.pk] for each in chosen)})
    except (actions.NotPublishable, DefinitionErrors) as why:
        messages.error(request, str(why))
    else:
        messages.success(request, pick(PUBLISHED, spoken).format(len(chosen)))


def _shown(who: User, publisher: bool, units: frozenset[str]) -> list[Shown]:
    rows = [(edition, drafting.item_of(edition)) for edition in Edition.objects.filter(kind=drafting.KIND, published_at=None).order_by("definition", "id")]  # fmt: skip
    rows = [(edition, item) for edition, item in rows if publisher or item.organization in units]
    names = organizations.names({item.organization for _, item in rows})
    people = dict(Account.objects.filter(pseudonym__in={edition.drafted_by for edition, _ in rows}).values_list("pseudonym", "person__name"))  # fmt: skip
    library = shelf.library()
    found = []
    for edition, item in rows:
        before = drafting.standing(library, item.id, item.in_force_from)
        mine = edition.drafted_by == who.pseudonym
        found.append(Shown(
            edition, item, names[item.organization], before is None, drafting.compared(before, item, library) if before else (),
            people.get(edition.drafted_by) or edition.drafted_by, edition.drafted_at, publisher and not mine,
            mine or publisher,
        ))  # fmt: skip
    return found
