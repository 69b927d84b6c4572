"""What a case is about: its item and promise, its title, its parties, whom it concerns; and the texts it keeps sealed.

Parties and kept texts go by reference: the ledger holds nothing personal. A title names the matter, never a person.
"""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from qinzheng.cases import itemized
from qinzheng.cases.engine import NotAllowed, Who
from qinzheng.cases.items import Item
from qinzheng.cases.schema import Act
from qinzheng.definitions import shelf
from qinzheng.definitions.shelf import NotPublished
from qinzheng.organizations import queries as organizations
from qinzheng.parties import keys, texts

RELATIONS = ("applicant", "agent", "reporter")
LONGEST_TITLE = 120
UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co"})
"""Classes of characters that nobody sees and that can turn a line about: a title is shown on the wall and in lists."""
SEALED = "text:"
Statement = tuple[str, Sequence[Any]]


@dataclass(frozen=True)
class About:
    """``parties``: relation → party id. ``concerns``: organizations and posts that must not learn of the case.

    ``town``: where it happens. ``matter``: the parent case of which it is a child. ``promised``: materials for which
    the applicant's promise stands (告知承诺). All are fixed when the case is opened.
    """

    item: str = ""
    title: str = ""
    town: str = ""
    parties: Mapping[str, str] = field(default_factory=dict)
    concerns: Sequence[str] = ()
    matter: str = ""
    promised: Sequence[str] = ()

    def body(self, promise: Mapping[str, int]) -> dict[str, Any]:
        """What the opening event says of it; only what there is."""
        said: dict[str, Any] = {
            "item": self.item, "title": self.title, "town": self.town, "promise": dict(promise),
            "parties": dict(self.parties), "concerns": list(self.concerns), "matter": self.matter,
            "promised": list(self.promised),
        }  # fmt: skip
        return {name: value for name, value in said.items() if value}

    def statements(self, case: str) -> list[Statement]:
        """The rows beside the case's own."""
        return rows(case, self.parties, self.concerns)


PROMISING: list[Callable[[About], None]] = []
"""Filled by ``qinzheng.plugged``: each raises :class:`NotAllowed` where no promise is taken from the applicant."""


def rows(case: str, parties: Mapping[str, str], concerns: Sequence[str]) -> list[Statement]:
    """Parties and concerns of a case as statements."""
    found: list[Statement] = [
        ("INSERT INTO cases_party (case_id, relation, party) VALUES (%s, %s, %s)", [case, relation, party])
        for relation, party in parties.items()
    ]
    for each in concerns:
        found.append(
            (
                "INSERT INTO cases_concern (case_id, organization, post) VALUES (%s, %s, %s)",
                [case, *apart(each)],
            )
        )
    return found


def apart(concern: str) -> tuple[str, str]:
    """(organization, post): a concern names one or the other."""
    return ("", concern) if concern.startswith("p-") else (concern, "")


def check(about: About, procedure: str, day: dt.date) -> dict[str, int]:
    """The promise that the item makes on that day: clock → amount. Raises :class:`NotAllowed` naming the field."""
    for relation in about.parties:
        if relation not in RELATIONS:
            known = "、".join(RELATIONS)
            raise NotAllowed(
                f"没有关系 {relation}，可用：{known}",
                f"no relation {relation}; known: {', '.join(RELATIONS)}",
                "parties",
            )
    _check_title(about.title)
    if not about.item and about.promised:
        raise NotAllowed("只有事项的材料可以承诺", "only papers of an item can be promised", "promised")
    if not about.item:
        return {}
    try:
        item: Item = shelf.in_force("item", about.item, day).definition
    except NotPublished:
        raise NotAllowed(f"没有事项 {about.item}", f"there is no item {about.item}", "item") from None
    if item.procedure != procedure:
        raise NotAllowed(
            f"事项“{item.name.zh}”按 {item.procedure} 办理",
            f"{item.name.en} is handled by {item.procedure}",
            "item",
        )
    _check_promised(about, item)
    return dict(item.committed)


def _check_title(title: str) -> None:
    if len(title) > LONGEST_TITLE:
        raise NotAllowed(
            f"标题不超过 {LONGEST_TITLE} 字", f"a title has {LONGEST_TITLE} characters at most", "title"
        )
    if any(unicodedata.category(each) in UNSEEN for each in title):
        raise NotAllowed(
            "标题含有换行或不可见字符，请重新键入", "the title holds line breaks or invisible characters: type it anew", "title"
        )  # fmt: skip


def _check_promised(about: About, item: Item) -> None:
    for key in about.promised:
        material = item.guide.materials.get(key)
        if material is None or material.promise is None:
            known = "、".join(name for name, each in item.guide.materials.items() if each.promise) or "无"
            raise NotAllowed(
                f"事项“{item.name.zh}”的材料 {key} 不能以承诺代替；可以的有：{known}",
                f"no promise stands for {key} of {item.name.en}; papers that can be promised: {known}",
                "promised",
            )
    if about.promised:
        for allowed in PROMISING:
            allowed(about)


def assigned(about: About, opening: Act, form: Mapping[str, Any], day: dt.date) -> Mapping[str, Any]:
    """The opening form with the unit that decides the item, where the opening assigns one and names none."""
    if not about.item or opening.assigns is None or form.get(opening.assigns):
        return form
    item = itemized.on(about.item, day)
    if item is None:
        return form  # said where the item is checked
    return {**form, opening.assigns: itemized.unit(item, day, about.town)}


def received(opening: Act, form: Mapping[str, Any], who: Who, day: dt.date) -> Mapping[str, Any]:
    """The opening form with the desk that receives it, where somebody without a unit opens and nothing assigns one.

    Otherwise nobody would hold the case, and nobody would be late. A city that has no such unit leaves it open.
    """
    if opening.assigns is None or opening.desk is None or who.organization or form.get(opening.assigns):
        return form
    unit = organizations.organizations({opening.desk}).get(opening.desk)
    stands = unit is not None and unit.begins <= day and (unit.ends is None or day <= unit.ends)
    return {**form, opening.assigns: opening.desk} if stands else form


def sealed(act: Act, form: dict[str, Any], case: str, who: Who) -> dict[str, Any]:
    """The form with every free text kept sealed and its reference in its place."""
    found = dict(form)
    for name, described in act.form.items():
        value = found.get(name)
        if described.type == "long_text" and isinstance(value, str) and not value.startswith(SEALED):
            keys.prepare()
            found[name] = texts.keep_text(value, case, by=who.actor, organization=who.organization)
    return found


def said_again(stored: Mapping[str, Any], asked: Mapping[str, Any]) -> bool:
    """Whether somebody says the same a second time, texts that are kept sealed included."""
    return same(stored, asked) and all(
        isinstance(asked[name], str) and texts.says(value, asked[name])
        for name, value in stored.items()
        if isinstance(value, str) and value.startswith(SEALED) and asked[name] != value
    )


def same(stored: Mapping[str, Any], asked: Mapping[str, Any]) -> bool:
    """Whether two forms say the same, as far as can be told without opening what is kept sealed."""
    return stored.keys() == asked.keys() and all(
        value == asked[name] or (isinstance(value, str) and value.startswith(SEALED))
        for name, value in stored.items()
    )
