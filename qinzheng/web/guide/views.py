"""One item's checklist for one situation: what to bring, what it costs, how long, where and when; on the screen and on paper.

The answers stand in the address: they describe a situation and nobody, so that a helper can pass the list on and print it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from qinzheng.cases import item_words, paths
from qinzheng.cases.guide import Fee, Guide, Material, Question, Wanted
from qinzheng.cases.items import Item
from qinzheng.cases.schema import Procedure
from qinzheng.definitions import shelf
from qinzheng.definitions.form import Text
from qinzheng.mechanisms.papers import blanks
from qinzheng.mechanisms.papers.schema import Paper
from qinzheng.organizations import queries as organizations
from qinzheng.web import language
from qinzheng.web.applying.place import may_begin
from qinzheng.web.applying.sending import code
from qinzheng.web.calendars import today
from qinzheng.web.components import Choice, Link
from qinzheng.web.definitions.views import cited
from qinzheng.web.guide import places
from qinzheng.web.portal import frequency, items

AGAIN = Text(zh="扫码打开这份清单", en="Scan to open this list")
MOST = 6
"""Points written on paper: those of the city first; the rest is on the page that the code leads to."""


@dataclass(frozen=True)
class Asked:
    """A question with its answers, and whether one was given."""

    key: str
    question: Question
    answers: list[Choice]
    answered: bool


@dataclass(frozen=True)
class Listed:
    """One material of the list: how it comes, who has it already, where its blank form is, and when it is wanted, where that is open."""

    material: Material
    form: Text
    held_by: Text | None
    blank: Paper | None
    only: Text | None


@require_safe
def guide(request: HttpRequest, item: str) -> HttpResponse:
    """The questions, and the list as far as they are answered."""
    found, way = _item(item)
    return render(request, "guide/guide.html", _context(request, found, way))


@require_safe
def sheet(request: HttpRequest, item: str) -> HttpResponse:
    """The same list for paper, A4, with a code that leads back to it."""
    found, way = _item(item)
    context = _context(request, found, way)
    here = request.build_absolute_uri(f"{reverse('item-guide', args=[found.id])}{context['query']}")
    points = context["points"]
    context |= {
        "code": code(here, language.pick(AGAIN, language.of(request))), "here": here, "points": points[:MOST],
        "more_points": max(len(points) - MOST, 0), "on": today(),
    }  # fmt: skip
    return render(request, "guide/sheet.html", context)


def _item(id: str) -> tuple[Item, Procedure]:
    library = shelf.library()
    try:
        item: Item = library.get("item", id)
        return item, library.get("procedure", item.procedure)
    except KeyError:
        raise Http404 from None


def answers(guide: Guide, given: QueryDict) -> dict[str, list[str]]:
    """What the address says of the situation; what the guide does not know is left out, and of one answer alone the last."""
    found = {}
    for key, question in guide.situations.items():
        chosen = [value for value in dict.fromkeys(given.getlist(key)) if value in question.answers]
        if chosen:
            found[key] = chosen if question.several else chosen[-1:]
    return found


def _context(request: HttpRequest, item: Item, way: Procedure) -> dict[str, Any]:
    given, day = answers(item.guide, request.GET), today()
    unit = organizations.names([item.organization])[item.organization]
    points = places.of_item(item, day)
    listed = materials(item, given)
    return {
        "item": item, "unit": Link(unit, reverse("organization", args=[item.organization])), "sort": item_words.SORTS[item.sort],
        "asked": asked(item.guide, given), "open": [key for key in item.guide.situations if key not in given],
        "bring": [each for each in listed if each.held_by is None], "held": [each for each in listed if each.held_by is not None],
        "fees": [(fee, f"{fee.fen / 100:.2f}", cited(fee.source[0]), _only(item.guide, fee, given)) for fee in fees(item, given)],
        "forms": blanks.of(item), "limits": items.limits(item, way), "way": paths.plainest(way), "points": points,
        "map": places.drawn(points, day, language.of(request)), "channels": [item_words.CHANNELS[each] for each in item.guide.channels],
        "audience": item_words.AUDIENCES[item.guide.audience], "sample": item.basis == "ours", "query": _query(given),
        "sources": items.sources(item.source), "often": frequency.of(item), "online": may_begin(request, item),
        "full": bool(item.guide.materials or item.guide.conditions),
    }  # fmt: skip


def asked(guide: Guide, given: Mapping[str, list[str]]) -> list[Asked]:
    """The questions as a form shows them."""
    return [
        Asked(
            key, question,
            [Choice(value, words, value in given.get(key, ())) for value, words in question.answers.items()], key in given,
        )
        for key, question in guide.situations.items()
    ]  # fmt: skip


def wanted(each: Wanted, guide: Guide, given: Mapping[str, list[str]]) -> bool:
    """Whether it may be wanted: a question that is still open shuts nothing out."""
    known = {question: answers for question, answers in each.when.items() if question in given}
    return each.model_copy(update={"when": known}).applies(given)


def materials(item: Item, given: Mapping[str, list[str]]) -> list[Listed]:
    """The materials that this situation asks for, or may ask for."""
    chosen = [each for each in item.guide.materials.values() if wanted(each, item.guide, given)]
    units = organizations.names({each.shared_from for each in chosen if each.shared_from})
    papers = {paper.id: paper for paper in blanks.of(item)}
    return [
        Listed(
            each, item_words.FORMS[each.form], units.get(each.shared_from or ""), papers.get(each.blank or ""),
            _only(item.guide, each, given),
        )
        for each in chosen
    ]  # fmt: skip


def fees(item: Item, given: Mapping[str, list[str]]) -> list[Fee]:
    """The charges of this situation, or those that may come up."""
    return [fee for fee in item.guide.fees if wanted(fee, item.guide, given)]


def _only(guide: Guide, each: Wanted, given: Mapping[str, list[str]]) -> Text | None:
    """When it is wanted, in words, as far as that is still open: the answers that make it so."""
    parts = [
        [guide.situations[question].answers[answer] for answer in answers]
        for question, answers in each.when.items() if question not in given
    ]  # fmt: skip
    if not parts:
        return None
    zh = "，且".join("或".join(answer.zh for answer in part) for part in parts)
    en = "; and ".join(" or ".join(answer.en for answer in part) for part in parts)
    return Text(zh=zh, en=en)


def _query(given: Mapping[str, list[str]]) -> str:
    said = urlencode([(key, value) for key, values in given.items() for value in values])
    return f"?{said}" if said else ""
