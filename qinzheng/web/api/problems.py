"""What went wrong, as problem details (RFC 9457) in both languages, naming the field and the remedy."""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Callable, Sequence
from typing import Any

import psycopg
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import DataError
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from qinzheng.calendars.calendar import BeyondCalendar
from qinzheng.cases.actions import AnotherEvent, NoSuchCase, NotAllowed
from qinzheng.cases.fields import BadForm
from qinzheng.definitions.form import Text
from qinzheng.definitions.shelf import NotPublished
from qinzheng.ledger.envelope import NotCanonical
from qinzheng.measures.ask import WrongQuestion
from qinzheng.measures.period import WrongPeriod
from qinzheng.web import language
from qinzheng.web.paging import WrongCursor

log = logging.getLogger("qinzheng.web")
TYPE = "urn:qinzheng:problem:"
Fault = tuple[str, str, str]
"""(field, Chinese, English)"""

TITLES = {
    "malformed": Text(zh="请求看不懂", en="the request could not be understood"),
    "no-token": Text(zh="没有有效的令牌", en="no valid token"),
    "not-allowed": Text(zh="没有权限", en="not allowed"),
    "not-found": Text(zh="没有找到", en="not found"),
    "refused": Text(zh="现在不能这样办", en="this cannot be done now"),
    "key-reused": Text(zh="幂等键已用于另一请求", en="the idempotency key was used for another request"),
    "too-large": Text(zh="内容过大", en="too large"),
    "invalid": Text(zh="有的内容须更正", en="something must be corrected"),
    "failed": Text(zh="系统出错", en="something failed on our side"),
}


class Problem(Exception):
    """Answered as it stands. ``faults``: by field of the request, ``form.reasons`` for a field in its form."""

    def __init__(
        self, status: int, code: str, zh: str, en: str, faults: Sequence[Fault] = (), **headers: str
    ) -> None:
        super().__init__(f"{zh} / {en}")
        self.status, self.code, self.zh, self.en, self.faults = status, code, zh, en, tuple(faults)
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


def answer(request: HttpRequest, problem: Problem) -> HttpResponse:
    """The problem as its answer; ``title`` and ``detail`` in the reader's language, ``zh`` and ``en`` beside them."""
    spoken = language.of(request)
    body: dict[str, Any] = {
        "type": TYPE + problem.code, "title": language.pick(TITLES[problem.code], spoken), "status": problem.status,
        "detail": problem.zh if spoken == "zh" else problem.en, "instance": request.path,
        "zh": problem.zh, "en": problem.en,
        "errors": [{"field": field, "zh": zh, "en": en} for field, zh, en in problem.faults],
    }  # fmt: skip
    return HttpResponse(
        json.dumps(body, ensure_ascii=False), status=problem.status, content_type="application/problem+json",
        headers=problem.headers,
    )  # fmt: skip


def not_found() -> Problem:
    """What is hidden and what is not there look the same."""
    return Problem(404, "not-found", "没有找到，或您无权查看", "not found, or not yours to see")


def wrong_method(allowed: str) -> Problem:
    """405; ``allowed`` as the header Allow has it, in any order."""
    allowed = ", ".join(sorted(allowed.split(", ")))
    return Problem(405, "malformed", f"这里只可用 {allowed}", f"only {allowed} here", Allow=allowed)


def register(api: NinjaAPI) -> None:
    """Every exception that a view may let through."""
    for kind, told in _TOLD.items():
        api.add_exception_handler(kind, _handler(told))


def _handler(told: Callable[[Any], Problem]) -> Callable[[HttpRequest, Any], HttpResponse]:
    return lambda request, error: answer(request, told(error))


def _not_allowed(error: NotAllowed) -> Problem:
    if error.field:
        return Problem(422, "invalid", error.zh, error.en, [(error.field, error.zh, error.en)])
    return Problem(409, "refused", error.zh, error.en)


def _bad_form(error: BadForm) -> Problem:
    faults = [(f"form.{name}" if name else "form", zh, en) for name, (zh, en) in error.faults.items()]
    return Problem(422, "invalid", "表单须更正", "the form must be corrected", faults)


def _two(status: int, code: str, field: str = "") -> Callable[[Exception], Problem]:
    """An exception whose words are ``Chinese / English``."""

    def told(error: Exception) -> Problem:
        zh, _, en = str(error).partition(" / ")
        faults = [(field, zh, en or zh)] if field else []
        return Problem(status, code, zh, en or zh, faults)

    return told


def _cursor(error: WrongCursor) -> Problem:
    zh, en = (
        "游标不是本系统给出的，请从第一页重新开始",
        "the cursor was not made by us: start again from the first page",
    )
    return Problem(400, "malformed", zh, en, [("after", zh, en)])


_SHAPE = {
    "missing": ("缺少这一项", "is missing"),
    "extra_forbidden": ("没有这一项，请核对拼写", "is not known: check its spelling"),
    "json_invalid": ("不是 JSON", "is not JSON"),
    "uuid_parsing": ("应为 UUID", "must be a UUID"),
    "string_type": ("应为文字", "must be text"),
    "string_too_long": ("太长，请缩短", "is too long: shorten it"),
    "dict_type": ("应为对象", "must be an object"),
    "timezone_aware": ("时间须带时区，如 2026-03-02T09:00:00+08:00", "a time names its zone: 2026-03-02T09:00:00+08:00"),
}  # fmt: skip


def _invalid(error: ValidationError) -> Problem:
    faults = []
    for each in error.errors:
        place = [str(part) for part in each["loc"]]
        where = ".".join(place[2:] if place[:1] == ["body"] and len(place) > 2 else place[1:]) or place[0]
        zh, en = _SHAPE.get(each["type"], ("不符合要求", "does not fit"))
        faults.append((where, zh, f"{en} ({each['msg']})"))
    return Problem(422, "invalid", "请求须更正", "the request must be corrected", faults)


def _http(error: HttpError) -> Problem:
    if isinstance(error, AuthenticationError):
        return no_token()
    if isinstance(error.__cause__ or error.__context__, RequestDataTooBig):
        most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        return Problem(
            413, "too-large", f"请求最多 {most} 字节，请分成几次",
            f"a request holds {most} bytes at most: send it in parts",
        )  # fmt: skip
    return Problem(error.status_code, "malformed", "请求不是可读的 JSON", "the request is not readable JSON")


def _unstorable(error: Exception) -> Problem:
    """Text or figures that no column can hold; the transaction is rolled back by then."""
    return Problem(
        422, "invalid", "含有不能保存的字符或数值（如 NUL、半个字符、过大的数），请更正",
        "holds characters or figures that cannot be kept (NUL, half a character, too large a number): correct them",
    )  # fmt: skip


def no_token() -> Problem:
    """401."""
    return Problem(
        401, "no-token", "请在 Authorization 头里给出有效的令牌（Bearer …）；令牌可能已到期或已吊销",
        "give a valid token in the header Authorization (Bearer …); it may have expired or been revoked",
        WWW_Authenticate="Bearer",
    )  # fmt: skip


def _failed(error: Exception) -> Problem:
    number = uuid.uuid4().hex[:8].upper()
    log.error("api failed %s", number, exc_info=error)
    return Problem(
        500, "failed", f"这次操作没有完成，也没有留下半截记录；编号 {number}",
        f"the operation was not completed and nothing half-done was kept; number {number}",
    )  # fmt: skip


_TOLD: dict[type[Exception], Callable[[Any], Problem]] = {
    Problem: lambda error: error,
    NotAllowed: _not_allowed,
    BadForm: _bad_form,
    AnotherEvent: _two(422, "key-reused", "Idempotency-Key"),
    NoSuchCase: lambda error: not_found(),
    Http404: lambda error: not_found(),
    NotPublished: _two(422, "invalid"),
    NotCanonical: _two(422, "invalid"),
    WrongQuestion: _two(422, "invalid"),
    WrongPeriod: _two(422, "invalid", "to"),
    BeyondCalendar: _two(422, "invalid"),
    WrongCursor: _cursor,
    ValidationError: _invalid,
    DataError: _unstorable,
    psycopg.DataError: _unstorable,
    UnicodeError: _unstorable,
    HttpError: _http,
    Exception: _failed,
}
