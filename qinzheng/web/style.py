"""The style of the site as one sheet: one request for all components, kept by browsers until it changes."""

from __future__ import annotations

import hashlib

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from qinzheng.web import assets

DIGITS = 12
SHEET = assets.style()
DIGEST = hashlib.sha256(SHEET.encode()).hexdigest()[:DIGITS]
FOR_EVER = "public, max-age=31536000, immutable"


@require_safe
def sheet(request: HttpRequest) -> HttpResponse:
    """The sheet; its address holds its digest."""
    return HttpResponse(SHEET, content_type="text/css; charset=utf-8", headers={"Cache-Control": FOR_EVER})
