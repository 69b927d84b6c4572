"""Where the SMS gateway pushes its receipts: signed, repeatable, and closed where no secret is set."""

from __future__ import annotations

import time

from django.conf import settings
from django.http import Http404, HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from qinzheng.notifications import receipts

LONGEST = 256 * 1024
"""Bytes of what is pushed at once."""


@csrf_exempt
@require_POST
def pushed(request: HttpRequest) -> JsonResponse:
    """Take receipts. 409: some numbers are not known (yet), push again; the others were taken.

    The signature is asked before anything is read, so that a stranger learns nothing of what we know.
    """
    if not settings.SMS_RECEIPT_SECRET:
        raise Http404
    if int(request.META.get("CONTENT_LENGTH") or 0) > LONGEST:
        return _said(413, "内容过大", "too large")
    body = request.body
    at, signature = request.headers.get("X-Timestamp", ""), request.headers.get("X-Signature", "")
    if not receipts.is_ours(settings.SMS_RECEIPT_SECRET, at, signature, body, time.time()):
        return _said(
            401, "签名不对或时间相差五分钟以上", "the signature is wrong, or more than five minutes old"
        )
    try:
        taken = receipts.take(receipts.read(body))
    except receipts.WrongReceipts as why:
        return _said(422, why.zh, why.en)
    told = {"known": taken.known, "changed": taken.changed, "unknown": list(taken.unknown)}
    return JsonResponse(told, status=409 if taken.unknown else 200)


def _said(status: int, zh: str, en: str) -> JsonResponse:
    return JsonResponse({"zh": zh, "en": en}, status=status, json_dumps_params={"ensure_ascii": False})
