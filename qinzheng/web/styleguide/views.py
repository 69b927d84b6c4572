"""The pages of the style guide."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from qinzheng.web import errors
from qinzheng.web.styleguide import samples


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """Every component in every state."""
    context = {
        "calendar": samples.calendar(), "now": samples.at(samples.NOW), "pigments": samples.PIGMENTS,
        "clocks": samples.clocks(), "article": samples.ARTICLE, "cards": samples.cards(), "events": samples.events(),
        "lineage": samples.lineage(), "stats": samples.stats(), "bars": samples.bars(), "table": samples.table(),
        "states": samples.STATES, "form": samples.SampleForm(), "wrong": samples.wrong_form(),
        "crumbs": samples.crumbs(),
    }  # fmt: skip
    return render(request, "styleguide/show.html", context)


@require_safe
def error(request: HttpRequest, status: int) -> HttpResponse:
    """One error page, as it would be met (with status 200: nothing has failed)."""
    if status not in errors.WRONG:
        raise Http404
    more = {"wait_min": 3} if status == 429 else {"number": "7F3A90C2"} if status == 500 else {}
    response = errors.page(request, status, errors.WRONG[status], **more)
    response.status_code = 200
    return response


@require_safe
def wall(request: HttpRequest) -> HttpResponse:
    """The layout of the wall with figures and cards on it."""
    context = {
        "calendar": samples.calendar(),
        "now": samples.at(samples.NOW),
        "stats": samples.stats(),
        "bars": samples.bars(),
        "cards": samples.cards()[:2],
        "clocks": samples.clocks()[:4],
    }
    return render(request, "styleguide/wall.html", context)


@require_safe
def paper(request: HttpRequest) -> HttpResponse:
    """The layout of a receipt."""
    name, clock = samples.accepted()
    context = {"calendar": samples.calendar(), "now": samples.at(samples.NOW), "name": name, "clock": clock}
    return render(request, "styleguide/print.html", context)
