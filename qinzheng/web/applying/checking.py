"""The window's check of materials: a tick each, what is missing or wrong, and all of it in one notice (一次告知)."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from qinzheng.access import acting, rules
from qinzheng.access.users import User
from qinzheng.cases import attachments
from qinzheng.cases.actions import item_of, procedure_of
from qinzheng.cases.guide import Guide
from qinzheng.cases.item_words import FORMS
from qinzheng.cases.models import Case
from qinzheng.cases.schema import Act
from qinzheng.definitions.form import Text
from qinzheng.mechanisms.applying.submitting import Paper, supplied
from qinzheng.web import language, reader
from qinzheng.web.applying import forms
from qinzheng.web.cases import held, page
from qinzheng.web.cases.forms import KEY, ActForm
from qinzheng.web.components import Link

FINE, MISSING, WRONG = "fine", "missing", "wrong"
FOUND = {
    FINE: Text(zh="合格", en="in order"), MISSING: Text(zh="缺少", en="missing"), WRONG: Text(zh="有误", en="wrong"),
}  # fmt: skip
TITLE = Text(zh="核对材料", en="Check the papers")
DEFECTS = "defects"
LONGEST_NOTE = 300
ALL_FINE = Text(
    zh="没有发现问题：请回到办件办理受理", en="Nothing is wrong: go back to the case and accept it"
)
SAY_WHY = Text(zh="请写明哪里有误、怎么改", en="Say what is wrong and how to mend it")


@dataclass(frozen=True)
class Checked:
    """One material on the clerk's page."""

    paper: Paper
    way: Text
    form: Text
    files: list[held.Held]
    mark: str
    note: str
    fault: Text | None = None


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def check(request: HttpRequest, number: str) -> HttpResponse:
    """The list of materials; sent, the one notice with every defect stands ready on the case's page."""
    who: User = reader.of(request)
    case = rules.scope(who, "perform", Case.objects.filter(number=number)).first()
    item = item_of(case) if case is not None else None
    if case is None or item is None or not item.guide.materials or not who.seats:
        raise Http404
    asking = notice_act(who, case)
    sent = request.method == "POST"
    rows = _rows(who, case, item.guide, request.POST if sent else None)
    nothing = None
    if sent and not any(each.fault for each in rows):
        wrong = [each for each in rows if each.mark != FINE]
        if wrong and asking is not None:
            text = defects([(each.paper.material.name.zh, each.mark, each.note) for each in wrong])
            return _ready(request, who, case, asking, text)
        nothing = ALL_FINE
    context = {
        "case": case, "title": page.title(case), "rows": rows, "marks": list(FOUND.items()), "asking": asking, "nothing": nothing,
        "crumbs": [page.CASES, page.link(case), Link(TITLE)],
    }  # fmt: skip
    return render(request, "applying/materials.html", context, status=422 if sent else 200)


def notice_act(who: User, case: Case) -> tuple[str, Act] | None:
    """The act by which corrections are asked for now, where the reader may do it."""
    for name, act in acting.open_acts(who, case, procedure_of(case)):
        if "correction_request" in act.traits and DEFECTS in act.form:
            return name, act
    return None


def _rows(who: User, case: Case, guide: Guide, given: QueryDict | None) -> list[Checked]:
    theirs = list(rules.scope(who, "see", attachments.of(case=case)))
    shown = {each.id: each for each in held.listed(who, case)}
    rows = []
    for paper in supplied(case, guide):
        mine = [shown[each.pk.removeprefix("file:")] for each in theirs if each.material == paper.key]
        mark, note, fault = _mark(paper, given)
        rows.append(
            Checked(paper, forms.WAYS[paper.way], FORMS[paper.material.form], mine, mark, note, fault)
        )
    return rows


def _mark(paper: Paper, given: QueryDict | None) -> tuple[str, str, Text | None]:
    """What the clerk said of a material; before that, what is plain: with nothing of it there, it is missing."""
    if given is None:
        return (MISSING if paper.missing else FINE), "", None
    mark = given.get(f"mark-{paper.key}", "")
    note = " ".join(given.get(f"note-{paper.key}", "").split())[:LONGEST_NOTE]
    fault = SAY_WHY if mark == WRONG and not note else None
    return (mark if mark in FOUND else FINE), note, fault


def defects(wrong: list[tuple[str, str, str]]) -> str:
    """All defects at once, numbered, as the applicant will read them: of (paper, mark, note) each."""
    lines = []
    for n, (name, mark, note) in enumerate(wrong, start=1):
        said = f"缺少“{name}”，请补交" if mark == MISSING else f"“{name}”需要改正"
        lines.append(f"{n}. {said}{'：' + note if note else ''}")
    return "\n".join(lines)


def _ready(request: HttpRequest, who: User, case: Case, asking: tuple[str, Act], text: str) -> HttpResponse:
    """The case's page with the notice filled in: one more click sends it."""
    name, act = asking
    spoken = language.of(request)
    data = QueryDict(mutable=True)
    data[DEFECTS], data[KEY] = text, str(uuid.uuid4())
    form = ActForm(name, act, spoken, page.organizations(spoken), data)
    context: dict[str, Any] = page.of(request, who, case, form)
    return render(request, "cases/case.html", context)
