"""A project on the green channel and a matter under way, so that there is something to see from the first moment. Ours, fictional."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable

from qinzheng.cases import actions as cases
from qinzheng.cases.about import About
from qinzheng.cases.engine import Who
from qinzheng.definitions import shelf
from qinzheng.mechanisms.channels import giving
from qinzheng.mechanisms.matters import handling
from qinzheng.organizations.models import Post
from qinzheng.parties.models import Party
from qinzheng.simulation.qinghe import places

SPACE = uuid.UUID("0f7b7d86-2f2b-5a0e-8a52-70726f6a6563")
"""The namespace of their keys: loading again finds them."""
WEEKS = dt.timedelta(weeks=26)
LICENCES = 2
"""Licences of the project that are asked for at once."""
Acting = Callable[[str, str], Who]
"""(key of a post, role) → who acts"""


def begin(post_id: Callable[[str], str], who: Acting) -> None:
    """Give one firm the channel, open its licences and one matter of another firm. Called again it changes nothing."""
    firms = list(
        Party.objects.filter(kind="enterprise", merged_into=None)
        .order_by("pk")
        .values_list("pk", flat=True)[:2]
    )
    if len(firms) < 2:
        return
    items = [
        item for item in shelf.library().standing("item")
        if item.procedure == "approvals.standard" and item.organization == "natural-resources" and not item.guide.form
    ][:LICENCES]  # fmt: skip
    mayor, clerk = who("mayor", "government_head"), who("window/clerk-1", "clerk")
    shepherd = post_id("housing/handler-1")
    if items and Post.objects.filter(pk=shepherd).exists():
        until = dt.datetime.now(shelf.ZONE).date() + WEEKS
        giving.give(
            firms[0], [item.id for item in items], "市重点项目：滨河路智能装备产业园（虚构）", shepherd, until, mayor,
            key=uuid.uuid5(SPACE, "channel"),
        )  # fmt: skip
        for n, item in enumerate(items):
            about = About(item.id, item.name.zh, places.town_id(1), {"applicant": firms[0]})
            cases.open_case(
                item.procedure, "receive", clerk, {}, about=about, key=uuid.uuid5(SPACE, f"licence {n}")
            )
    form: dict[str, object] = {"shop": "老街面馆（虚构）", "area": 60}
    matter = next(
        (each for each in shelf.library().standing("matter") if each.id == "open-a-restaurant"), None
    )
    if matter is None:
        return
    day = dt.datetime.now(shelf.ZONE).date()
    asked = handling.form_of(handling.parts(matter, day))
    given = {
        name: form.get(name, next(iter(field.choices), "演示填写"))
        for name, field in asked.items()
        if field.required
    }
    about = About(title=matter.name.zh, town=places.town_id(1), parties={"applicant": firms[1]})
    handling.open_matter(matter.id, clerk, given, about, key=uuid.uuid5(SPACE, "matter"))
