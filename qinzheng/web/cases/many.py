"""One act for many cases of the worklist: each is an act of its own, with its own event, its own refusal and its own key.

Only acts whose definition says ``many``: they ask nothing and end nothing. Closing many cases at once is what the
supervision looks for, so no page offers it.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from qinzheng.access import acting, rules
from qinzheng.access.users import User
from qinzheng.cases.actions import AnotherEvent, NotAllowed, procedure_of
from qinzheng.cases.fields import BadForm
from qinzheng.cases.models import Case
from qinzheng.definitions import shelf
from qinzheng.definitions.form import Text
from qinzheng.web import language, reader
from qinzheng.web.components import Choice

MOST = 50
"""Cases at once: what a page of the worklist holds."""
SAID = 10
"""Refusals that are told one by one."""


def offered(who: User) -> list[Choice]:
    """The acts that somebody in the reader's roles may do for many cases, each of a name once."""
    found: dict[str, Text] = {}
    for procedure in shelf.library().standing("procedure"):
        for name, act in procedure.acts.items():
            if act.many and acting.who(who, act) is not None:
                found.setdefault(name, act.name)
    return [Choice(name, words) for name, words in found.items()]


@dataclass
class _Outcome:
    """How many were done; (number, why, why in English) of each that was not."""

    done: int = 0
    refused: list[tuple[str, str, str]] = field(default_factory=list)


@require_POST
def act(request: HttpRequest) -> HttpResponse:
    """Do one act for every case that was chosen; say how many, and of each that was refused why."""
    who = reader.of(request)
    name = request.POST.get("act", "")
    chosen = list(dict.fromkeys(request.POST.getlist("row")))[:MOST]
    if who.is_anonymous or not rules.can(who, "work") or name not in {each.value for each in offered(who)}:
        raise Http404
    try:
        key = uuid.UUID(request.POST.get("key", ""))
    except ValueError:
        raise Http404 from None
    found = {case.number: case for case in rules.scope(who, "see", Case.objects.filter(number__in=chosen))}
    outcome = _Outcome()
    for number in chosen:
        if number in found:
            _one(who, found[number], name, uuid.uuid5(key, number), outcome)
    _tell(request, len(chosen), outcome)
    return redirect(reverse("work"))


def _one(who: User, case: Case, name: str, key: uuid.UUID, outcome: _Outcome) -> None:
    act = procedure_of(case).acts.get(name)
    try:
        if act is None or not act.many:
            raise NotAllowed(
                "这件事的程序不能成批办理这一步", "its procedure does not take this step in bulk"
            )
        acting.perform(who, case, name, {}, key=key)
    except NotAllowed as why:
        outcome.refused.append((case.number, why.zh, why.en))
    except BadForm as why:
        zh, en = next(iter(why.faults.values()))
        outcome.refused.append((case.number, zh, en))
    except AnotherEvent:
        outcome.refused.append((case.number, "此前已办过别的环节", "something else was done before"))
    else:
        outcome.done += 1


def _tell(request: HttpRequest, chosen: int, outcome: _Outcome) -> None:
    spoken = language.of(request)
    if not chosen:
        messages.warning(request, language.pick(NONE, spoken))
        return
    if outcome.done:
        done = Text(zh=f"已办 {outcome.done} 件，每件各入账一笔", en=f"{outcome.done} done, an event each")
        messages.success(request, language.pick(done, spoken))
    for number, zh, en in outcome.refused[:SAID]:
        messages.warning(request, f"{number}：{zh}" if spoken == "zh" else f"{number}: {en}")
    if len(outcome.refused) > SAID:
        more = Text(zh=f"另有 {len(outcome.refused) - SAID} 件没有办成，请逐件打开", en=f"{len(outcome.refused) - SAID} more were refused: open them one by one")  # fmt: skip
        messages.warning(request, language.pick(more, spoken))


NONE = Text(zh="没有选中办件：请先在左边打勾", en="No case was chosen: tick some on the left first")
