"""A paper's content as a file that is sent: PDF or .docx, never kept by caches on the way."""

from __future__ import annotations

import datetime as dt

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from qinzheng.mechanisms.papers import docx, pdf
from qinzheng.mechanisms.papers.content import Content
from qinzheng.web import language

TYPES = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}


def answer(
    request: HttpRequest, content: Content, form: str, name: str, issued_at: dt.datetime | None = None
) -> HttpResponse:
    """The file in the language of the page; 404 for another form."""
    if form not in TYPES:
        raise Http404
    spoken = language.of(request)
    if form == "pdf":
        body = pdf.drawn(content, check(request, content.event), tongue=spoken, issued_at=issued_at)
    else:
        body = docx.written(content, tongue=spoken, issued_at=issued_at)
    ending = "" if spoken == "zh" else ".en"
    found = HttpResponse(body, content_type=TYPES[form])
    found["Content-Disposition"] = f'attachment; filename="{name}{ending}.{form}"'
    found["Cache-Control"] = "private, no-store"
    return found


def check(request: HttpRequest, event: str) -> str:
    """The address at which anybody can verify an issued paper; empty for a form that was not issued."""
    return request.build_absolute_uri(reverse("verify-paper", args=[event])) if event else ""
