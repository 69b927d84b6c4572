"""The files of a case as its pages list them, for whoever may have them."""

from __future__ import annotations

from dataclasses import dataclass

from qinzheng.access import rules
from qinzheng.access.users import User
from qinzheng.cases import attachments
from qinzheng.cases.actions import item_of
from qinzheng.cases.models import Case
from qinzheng.definitions.form import Text
from qinzheng.web import language

OTHER = Text(zh="其他（按告知补正的内容）", en="Another one (as the notice asks)")


@dataclass(frozen=True)
class Held:
    """A file of a case as its page lists it."""

    id: str
    name: str
    material: Text
    waiting: bool


def listed(who: User, case: Case) -> list[Held]:
    """The files of a case that the reader may have, by name and material."""
    files = list(rules.scope(who, "see", attachments.of(case=case)))
    named = attachments.names(files) if files else {}
    known = materials(case)
    return [
        Held(
            each.pk.removeprefix("file:"),
            named[each.pk],
            known.get(each.material, OTHER),
            each.waiting,
        )
        for each in files
    ]


def count(case: Case) -> int:
    """How many files the case has: all that a page tells where nobody is signed in."""
    return attachments.of(case=case).count()


def choices(case: Case, spoken: language.Language) -> list[tuple[str, str]]:
    """The materials that a new file may be, and one that is none of them."""
    return [
        *((key, language.pick(name, spoken)) for key, name in materials(case).items()),
        ("", language.pick(OTHER, spoken)),
    ]


def materials(case: Case) -> dict[str, Text]:
    """The materials of the case's item."""
    item = item_of(case)
    return {key: each.name for key, each in item.guide.materials.items()} if item is not None else {}
