"""How to report a problem, to complain, and to have a decision looked at again: each way with its limit and its law."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from qinzheng.access import rules
from qinzheng.cases.schema import Procedure
from qinzheng.definitions import shelf
from qinzheng.definitions.form import Text
from qinzheng.web import reader
from qinzheng.web.calendars import today
from qinzheng.web.components import Link
from qinzheng.web.definitions import words
from qinzheng.web.definitions.views import cited

WAYS = (
    ("hotline.work-order", Text(zh="生活里的麻烦", en="A trouble of everyday life"),
     Text(zh="路灯不亮、噪声、占道、停水……拨打 12345，会派给管这件事的单位，办完有人回访。",
          en="A broken lamp, noise, a blocked street, no water: call 12345. It is sent to whoever must see to it, and you are called back.")),
    ("letters.reply", Text(zh="给政府写信", en="A letter to the government"),
     Text(zh="建议、咨询、批评都可以。", en="A proposal, a question, a criticism.")),
    ("petitions.matter", Text(zh="信访", en="A petition"),
     Text(zh="对国家机关及其工作人员的职务行为有意见。", en="About how an organ of state or its staff did their duty.")),
    ("petitions.review", Text(zh="信访复查", en="Review of a petition"),
     Text(zh="对信访处理意见不服，请上一级机关再看一次。", en="Not content with the answer to a petition: the organ above looks again.")),
    ("review.reconsideration", Text(zh="行政复议", en="Administrative reconsideration"),
     Text(zh="对行政行为不服，请复议机关审查。", en="Not content with an administrative act: have it examined.")),
    ("information.request", Text(zh="申请公开政府信息", en="A request for government information"),
     Text(zh="想看政府文件、数据。", en="To see a document or figures of the government.")),
)  # fmt: skip
"""The ways that exist where their procedure is published, in the order in which people need them; the words are ours."""


@dataclass(frozen=True)
class Way:
    """One way: when it fits, how long the answer may take, by which article, and where it goes on."""

    name: Text
    when: Text
    limits: list[tuple[Text, Text, Link | None]]
    procedure: Link
    url: str


@require_safe
def report(request: HttpRequest) -> HttpResponse:
    """The ways side by side; who has logged in goes on to the form at once."""
    who = reader.of(request)
    may_open = rules.can(who, "open")
    standing = {each.id: each for each in shelf.library().standing("procedure", today())}
    ways = [
        _way(standing[id], name, when, may_open) for id, name, when in WAYS if id in standing
    ]  # fmt: skip
    stalled = next((each for each in shelf.library().standing("item", today()) if each.id == STALLED), None)
    context = {
        "ways": ways, "may_open": may_open,
        "stalled": Link(stalled.name, reverse("open-case" if may_open and who.takes_part else "item", args=[stalled.id]))
        if stalled else None,
    }  # fmt: skip
    return render(request, "portal/report.html", context)


STALLED = "administrative-approval.what-could-not-be-done"
"""The item by which a stalled matter is reported to whoever must unblock it (办不成事)."""


def _way(procedure: Procedure, name: Text, when: Text, may_open: bool) -> Way:
    limits: list[tuple[Text, Text, Link | None]] = []
    for clock in procedure.clocks.values():
        limit = clock.limits.statutory or clock.limits.own
        if limit is not None:
            limits.append((clock.name, words.amount(limit, clock), cited(limit.source[0])))
    opens = not any(item.procedure == procedure.id for item in shelf.library().standing("item", today()))
    url = reverse("open-case", args=[procedure.id]) if may_open and opens else ""
    return Way(name, when, limits, Link(procedure.name, reverse("procedure", args=[procedure.id])), url)
