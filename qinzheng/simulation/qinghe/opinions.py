"""What people of the city say of its services, and what they paid: a few weeks' worth, and two things that supervision must see."""

from __future__ import annotations

import contextlib
import datetime as dt
import random

from django.utils import timezone

from qinzheng.cases.actions import NotAllowed, item_of
from qinzheng.cases.engine import Who
from qinzheng.cases.models import Case
from qinzheng.mechanisms.fees import booking
from qinzheng.mechanisms.ratings import giving, queries
from qinzheng.mechanisms.ratings.giving import Opinion

RATINGS = 90
PROCEDURES = ("services.matter", "approvals.standard")
GRADES = (
    ("very_satisfied", 70),
    ("satisfied", 17),
    ("fairly_satisfied", 6),
    ("dissatisfied", 5),
    ("very_dissatisfied", 2),
)
WORDS = ("很快", "说得清楚", "跑了两趟", "等得久", "")
ONE_DEVICE = 7
"""Ratings that one device gives in a row: one more than are let pass."""


def begin(seed: int) -> None:
    """Rate cases that ended lately, by one device far too often."""
    chance = random.Random(f"opinions {seed}")
    lately = timezone.now() - dt.timedelta(days=25)
    ended = Case.objects.filter(procedure__in=PROCEDURES, closed_at__gte=lately).order_by("-opened_at", "pk")
    for n, case in enumerate(ended[: RATINGS + ONE_DEVICE]):
        rate(case, chance, "one" if n < ONE_DEVICE else str(n))


def charge(case: str, clerk: Who) -> None:
    """Take the first fee on the list of the case's item, where it has one."""
    found = Case.objects.get(pk=case)
    item = item_of(found)
    fee = next((n for n, each in enumerate(item.guide.fees, start=1) if each.fen), 0) if item else 0
    if fee:
        booking.book(found, fee, 1, clerk)


def overcharge(clerk: Who) -> None:
    """Somebody asks for money that no list knows: it is refused, and seen."""
    found = Case.objects.filter(procedure="services.matter", closed_at=None).order_by("-opened_at").first()
    if found is not None:
        with contextlib.suppress(NotAllowed):
            booking.book(found, 99, 1, clerk, stated=5_000, called="资料费（演示）")


def rate(case: Case, chance: random.Random, device: str) -> None:
    """Somebody rates a case; what may not be rated is let go."""
    grade = chance.choices([each for each, _ in GRADES], [weight for _, weight in GRADES])[0]
    bad = grade in ("dissatisfied", "very_dissatisfied")
    said = Opinion(
        grade, chance.choices(("done", "not_done", "unsaid"), (5, 4, 1) if bad else (80, 2, 18))[0],
        (chance.choice(("over_limit", "extra_materials", "many_trips", "manners")),) if bad else (),
        chance.choice(WORDS), chance.random() < 0.3,
    )  # fmt: skip
    with contextlib.suppress(NotAllowed):
        giving.rate(case, queries.whole(case), said, giving.device(f"demo {device}", _now()), "online")


def _now() -> int:
    return int(timezone.now().timestamp() * 1_000_000)
