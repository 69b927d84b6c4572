"""The desks of the site in the order of the day. A desk that is not there yet, or not open to the reader, is not shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse

from qinzheng.access import rules
from qinzheng.access.users import User
from qinzheng.definitions.form import Text
from qinzheng.web.windows import place as places


@dataclass(frozen=True)
class Desk:
    """A place to go: the name of its address, its words, and the page of the rules that opens it."""

    address: str
    name: Text
    page: str
    leads: Callable[[User], bool] = lambda reader: True
    """whether it leads this reader anywhere, where the page of the rules alone does not say so"""


DESKS = (
    Desk("work", Text(zh="我的待办", en="My work"), "work"),
    Desk("windows", Text(zh="叫号", en="Calling"), "windows", places.sits),
    Desk("new-case", Text(zh="新办件", en="New case"), "open"),
    Desk("cases", Text(zh="办件", en="Cases"), "cases"),
    Desk("cards", Text(zh="牌", en="Cards"), "cards"),
    Desk("overview", Text(zh="概览", en="Overview"), "overview"),
    Desk("wall", Text(zh="大屏", en="Wall"), "wall"),
    Desk("patterns", Text(zh="异常情形", en="Patterns"), "patterns"),
    Desk("applications", Text(zh="申请草稿", en="Drafts"), "open"),
    Desk("mandates", Text(zh="委托", en="Mandates"), "mandates"),
    Desk("appointments", Text(zh="预约", en="Appointments"), "appointments"),
    Desk("channels", Text(zh="绿色通道", en="Channels"), "channels"),
    Desk("catalogue", Text(zh="目录", en="Catalogue"), "catalogue"),
    Desk("network", Text(zh="服务网络", en="Service network"), "overview"),
    Desk("ratings", Text(zh="好差评", en="Ratings"), "overview"),
    Desk("queues", Text(zh="排队", en="Queues"), "queues"),
    Desk("openings", Text(zh="破窗", en="Openings"), "openings"),
    Desk("reporting", Text(zh="上报", en="Reporting"), "upward"),
    Desk("administration", Text(zh="管理", en="Administration"), "administration"),
    Desk("health", Text(zh="运行", en="Operation"), "administration"),
)
"""The first eight that a reader may enter stand in the masthead, the others under “More”."""


@dataclass(frozen=True)
class Place:
    """A desk that this reader may enter; ``here`` where the page belongs to it."""

    name: Text
    url: str
    here: bool


def open_to(reader: User, path: str) -> list[Place]:
    """The desks that a reader may enter; the page belongs to the desk whose address is the longest part of its own."""
    if reader.is_anonymous:
        return []
    found = []
    for desk in DESKS:
        if not rules.can(reader, desk.page) or not desk.leads(reader):
            continue
        try:
            found.append((desk.name, reverse(desk.address)))
        except NoReverseMatch:
            continue
    here = max((url for _, url in found if path.startswith(url)), key=len, default="")
    return [Place(name, url, url == here) for name, url in found]
