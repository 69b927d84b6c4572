"""The pages of definitions. All are public: whoever is held to a rule may read it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_safe

from qinzheng.cases.schema import Procedure
from qinzheng.definitions import citing, shelf
from qinzheng.definitions.schema import Article, Source
from qinzheng.definitions.shelf import NotPublished
from qinzheng.web import language
from qinzheng.web.components import Link
from qinzheng.web.definitions import words
from qinzheng.web.definitions.picture import picture

BPMN: list[Callable[[Procedure], bytes]] = []
"""What writes a procedure as BPMN 2.0; plugged in, for pages know no exchange."""
WHOLE = "-"
"""In an address: the source as a whole, no single article."""


@require_safe
def article(request: HttpRequest, source: str, number: str) -> HttpResponse:
    """An article of a law, of a city document, or of our own choices; what rests on it."""
    found: Source = _latest("source", source)
    if number != WHOLE and number not in found.articles:
        raise Http404
    one = found.articles.get(number, Article())
    context = {
        "source": found, "number": "" if number == WHOLE else number, "numbered": number.isdigit(), "article": one, "mark": words.MARKS[found.mark],
        "periods": [words.period(each) for each in one.periods], "resting": resting(source, number),
        "articles": [(key, part, reverse("article", args=[source, key])) for key, part in found.articles.items()],
        "crumbs": [Link(found.name, reverse("article", args=[source, WHOLE])), Link(number)],
    }  # fmt: skip
    return render(request, "definitions/article.html", context)


@require_safe
def rule(request: HttpRequest, rule: str, edition: str) -> HttpResponse:
    """A rule of the supervision in the edition that a card names; ``now`` is the one in force."""
    found = _edition("rule", rule, edition)
    parameters = {
        key: value
        for key, value in found.when.model_dump().items()
        if key != "condition" and value not in (None, [])
    }
    supervised = [procedure_link(each) for each in found.supervises]
    context = {
        "rule": found, "sentence": words.plain(found.sentence), "claims": words.CLAIMS[found.claims], "sources": [cited(each) for each in found.source],
        "supervised": supervised, "condition": found.when.condition, "parameters": parameters, "basis": words.BASIS[found.basis],
        "edition": edition,
    }  # fmt: skip
    return render(request, "definitions/rule.html", context)


@require_safe
def procedure(request: HttpRequest, procedure: str) -> HttpResponse:
    """A procedure: its steps, who does them, its clocks with limits and articles."""
    found: Procedure = _latest("procedure", procedure)
    clocks = [
        (clock.name, [(words.LIMITS[name], words.amount(limit, clock), [cited(each) for each in limit.source])
                      for name in words.LIMITS if (limit := getattr(clock.limits, name)) is not None],
         clock.limits.statutory is None)
        for clock in found.clocks.values()
    ]  # fmt: skip
    acts = [(act.name, [found.states[state].name for state in act.from_], found.states[act.to].name if act.to else None,
             [cited(each) for each in act.source], act.system, act.any_time) for act in found.acts.values()]  # fmt: skip
    context = {
        "procedure": found, "clocks": clocks, "acts": acts, "sources": [cited(each) for each in found.source],
        "basis": words.BASIS[found.basis],
        "picture": mark_safe(picture(found, language.of(request))),  # noqa: S308 - numbers, and names escaped there
        "items": [Link(each.name, reverse("item", args=[each.id])) for each in shelf.library().standing("item") if each.procedure == procedure],
    }  # fmt: skip
    return render(request, "definitions/procedure.html", context)


@require_safe
def procedure_bpmn(request: HttpRequest, procedure: str) -> HttpResponse:
    """The procedure as BPMN 2.0, to be opened in any editor of such drawings; what it says is on its page too."""
    found: Procedure = _latest("procedure", procedure)
    return HttpResponse(
        BPMN[0](found),
        content_type="application/xml; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{found.id}.bpmn"'},
    )


def cited(reference: str) -> Link:
    """A citation as a link to its text: the law's own name, and the article."""
    source, _, number = reference.partition("/")
    return Link(citing.said(reference), reverse("article", args=[source, number or WHOLE]))


def procedure_link(id: str) -> Link:
    """A procedure by its name."""
    try:
        name = shelf.library().get("procedure", id).name
    except KeyError:
        return Link(id)
    return Link(name, reverse("procedure", args=[id]))


def resting(source: str, number: str) -> Sequence[Link]:
    """The rules and procedures that rest on the article (or on the source as a whole)."""
    wanted = source if number == WHOLE else f"{source}/{number}"
    library = shelf.library()
    found = [
        Link(each.name, reverse("rule", args=[each.id, "now"]))
        for each in library.standing("rule")
        if wanted in each.source
    ]
    for each in library.standing("procedure"):
        held = set(each.source) | {ref for act in each.acts.values() for ref in act.source}
        held |= {ref for clock in each.clocks.values() for name in words.LIMITS
                 if (limit := getattr(clock.limits, name)) for ref in limit.source}  # fmt: skip
        if wanted in held:
            found.append(Link(each.name, reverse("procedure", args=[each.id])))
    return found


def _latest(kind: str, id: str) -> Any:
    try:
        return shelf.library().get(kind, id)
    except KeyError:
        raise Http404 from None


def _edition(kind: str, id: str, edition: str) -> Any:
    if edition == "now":
        return _latest(kind, id)
    try:
        return shelf.edition(kind, id, edition).definition
    except NotPublished:
        raise Http404 from None
