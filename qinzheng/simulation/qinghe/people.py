"""Officers of the fictional city: posts with their roles, who holds them, and who stands in. All names are made up."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from qinzheng.simulation.qinghe import places

SURNAMES = "赵钱孙李周吴郑王冯陈蒋沈韩杨朱秦许何吕施张孔曹严华金魏陶姜谢邹苏潘范彭鲁韦马方任袁柳唐薛雷贺倪汤罗郝安常傅齐康伍余顾孟黄穆萧尹"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂英华玉兰建国志文斌宇浩凯欣怡晨曦思远嘉慧雅琴晓东海波立新春雨秋实子涵梓轩"


@dataclass(frozen=True)
class Seat:
    """One post and the made-up person who holds it. ``stands_in`` is the key of the post whose B role it is."""

    key: str
    organization: str
    zh: str
    en: str
    roles: tuple[str, ...]
    person: str
    head: bool = False
    stand_in: str = ""


def name(chance: random.Random) -> str:
    """A made-up name of two or three characters."""
    return chance.choice(SURNAMES) + "".join(chance.choice(GIVEN) for _ in range(chance.choice((1, 2, 2))))


HANDLERS = 3


def seats(seed: int = 0) -> Iterator[Seat]:
    """Every post of the city."""
    chance = random.Random(f"officers {seed}")
    for id, zh, _ in places.DEPARTMENTS:
        yield from _department(id, zh, chance)
    for n, (zh, en, _, _) in enumerate(places.TOWNS, start=1):
        yield from _town(n, zh, en, chance)
    yield from _window(chance)
    yield from _hotline(chance)
    yield from _above(chance)
    for n in (5, 9, 16):
        yield Seat(
            f"village-{n:02}-01/clerk",
            f"village-{n:02}-01",
            "村便民员",
            "Village clerk",
            ("clerk",),
            name(chance),
        )


def _department(id: str, zh: str, chance: random.Random) -> Iterator[Seat]:
    head, deputy = f"{id}/head", f"{id}/deputy"
    yield Seat(head, id, "主要负责人", "Head", ("head_of_organ", "approver"), name(chance), True, deputy)
    yield Seat(deputy, id, "分管负责人", "Deputy head", ("approver",), name(chance))
    division = f"{id}-approval"
    for k in range(1, HANDLERS + 1):
        other = f"{id}/handler-{k % HANDLERS + 1}"
        roles = ("handler", "approver") if k == 1 else ("handler",)
        title = ("科长", "Division head") if k == 1 else (f"经办{k - 1}", f"Officer {k - 1}")
        yield Seat(
            f"{id}/handler-{k}", division, *title, roles, name(chance), k == 1, other if k < HANDLERS else ""
        )


def _town(n: int, zh: str, en: str, chance: random.Random) -> Iterator[Seat]:
    id = places.town_id(n)
    yield Seat(
        f"{id}/head", id, "镇长（主任）", "Town head", ("head_of_organ", "approver"), name(chance), True
    )
    yield Seat(f"{id}/handler", id, "经办", "Officer", ("handler",), name(chance))
    yield Seat(f"{id}/clerk", f"point-town-{n:02}", "便民中心窗口", "Service clerk", ("clerk",), name(chance))


def _window(chance: random.Random) -> Iterator[Seat]:
    for k in range(1, 17):
        other = f"window/clerk-{k + 1}" if k % 2 else ""
        yield Seat(
            f"window/clerk-{k}",
            "point-civic-centre",
            f"综合窗口{k}号",
            f"Window {k}",
            ("clerk",),
            name(chance),
            False,
            other,
        )


def _hotline(chance: random.Random) -> Iterator[Seat]:
    for k in range(1, 11):
        yield Seat(
            f"hotline/agent-{k}",
            "hotline-centre",
            f"话务{k}号",
            f"Agent {k}",
            ("clerk", "agent"),
            name(chance),
        )
    for k in range(1, 4):
        yield Seat(
            f"hotline/dispatcher-{k}",
            "hotline-centre",
            f"派单{k}号",
            f"Dispatcher {k}",
            ("clerk", "dispatcher"),
            name(chance),
        )


def _above(chance: random.Random) -> Iterator[Seat]:
    yield Seat("mayor", places.CITY, "市长", "Mayor", ("leader", "government_head"), name(chance), True)
    yield Seat("vice-mayor", "government-office", "分管副市长", "Vice mayor", ("leader",), name(chance))
    for k in range(1, 4):
        yield Seat(
            f"supervisor-{k}",
            "efficiency-office",
            f"效能监察{k}岗",
            f"Supervisor {k}",
            ("supervisor",),
            name(chance),
        )
    yield Seat("appraiser", "efficiency-office", "考核岗", "Appraiser", ("appraiser",), name(chance))
    yield Seat("auditor", "audit", "审计岗", "Auditor", ("auditor",), name(chance))
