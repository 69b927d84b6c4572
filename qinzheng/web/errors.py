"""Pages for what went wrong: what happened, what to do next, in the reader's language."""

from __future__ import annotations

import logging
import uuid
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.template import loader

from qinzheng.definitions.form import Text
from qinzheng.web import language, reader, theme

log = logging.getLogger("qinzheng.web")


@dataclass(frozen=True)
class Wrong:
    """One kind of failure in words for whoever meets it."""

    title: Text
    text: Text
    drawing: str = "error"


WRONG = {
    400: Wrong(
        Text(zh="这个请求看不懂", en="This request could not be understood"),
        Text(
            zh="网址或表单里有不完整的内容。请返回上一页再试；如果是收到的链接，请核对是否复制完整。",
            en="The address or the form is incomplete. Go back and try again; if you followed a link, check that you copied all of it.",
        ),
    ),
    403: Wrong(
        Text(zh="您没有查看此页的权限", en="You may not see this page"),
        Text(
            zh="此页只对办理它的岗位开放。如果工作需要，请用对应岗位的账号登录，或请本单位管理员授权。",
            en="It is open to the posts that handle it. If your work needs it, log in with that post, or ask your unit's administrator.",
        ),
        "forbidden",
    ),
    404: Wrong(
        Text(zh="没有这个页面", en="There is no such page"),
        Text(
            zh="网址可能写错了，或者内容已经移走。请核对编号，或从首页重新查找。",
            en="The address may be mistyped, or the page has moved. Check the number, or search again from the home page.",
        ),
        "empty",
    ),
    429: Wrong(
        Text(zh="操作太频繁，请稍等", en="Too many requests: please wait"),
        Text(
            zh="为了保护大家的使用，短时间内次数过多的操作会暂停。您填写的内容没有提交，稍后再试即可。",
            en="To keep the service usable for all, too many requests in a short time are held back. Nothing was sent; try again later.",
        ),
        "loading",
    ),
    500: Wrong(
        Text(zh="系统出错了，不是您的问题", en="Something failed on our side"),
        Text(
            zh="这次操作没有完成，也没有留下半截记录。请稍后再试；急事请拨打 12345 或到服务点办理。",
            en="The operation was not completed, and nothing half-done was kept. Try again later; if it is urgent call 12345 or visit a service point.",
        ),
    ),
}  # fmt: skip
EXPIRED = Wrong(
    Text(zh="页面停留太久，请再提交一次", en="This page was open too long: please send it again"),
    Text(
        zh="为防止他人冒用，表单有有效期。请返回上一页（内容仍在），刷新后再提交。浏览器须允许 Cookie。",
        en="To prevent misuse a form expires. Go back (what you typed is still there), reload, and send it again. Cookies must be allowed.",
    ),
    "loading",
)


def page(request: HttpRequest, status: int, wrong: Wrong, **more: object) -> HttpResponse:
    """The page of a failure. It asks neither database nor session: they may be what failed."""
    spoken = language.of(request)
    chosen = theme.of(request)
    context = {
        "status": status, "wrong": wrong, "language": spoken, "language_tag": language.TAG[spoken], "theme": chosen,
        "dark_media": theme.MEDIA[chosen], "reader": reader.ANONYMOUS, "request": request, **more,
    }  # fmt: skip
    return HttpResponse(loader.get_template("errors/error.html").render(context), status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400."""
    return page(request, 400, WRONG[400])


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403. Where a page must not even be known of, the rules answer 404 instead."""
    return page(request, 403, WRONG[403])


def form_expired(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 of a form whose token does not fit."""
    return page(request, 403, EXPIRED)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404."""
    return page(request, 404, WRONG[404])


def too_many(request: HttpRequest, wait_s: int) -> HttpResponse:
    """429, saying when to come back. ``wait_s``: seconds."""
    response = page(request, 429, WRONG[429], wait_min=max(1, -(-wait_s // 60)))
    response.headers["Retry-After"] = str(wait_s)
    return response


def failed(request: HttpRequest) -> HttpResponse:
    """500, with a number to quote that the log knows too."""
    number = uuid.uuid4().hex[:8].upper()
    log.error(
        "page failed %s %s", number, request.resolver_match.view_name if request.resolver_match else "-"
    )
    return page(request, 500, WRONG[500], number=number)
