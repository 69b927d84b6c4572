"""What may be entered, checked against the register. Each refusal names the field and the remedy.

Who may do it is decided above (``access``).
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Collection, Iterable
from typing import Any

from qinzheng.organizations import events, register, tree
from qinzheng.organizations.register import Key, Register, Row

UNIT_ID = re.compile(r"[a-z0-9-]{2,40}")
POST_ID = re.compile(r"p-[0-9a-f]{12}")
PERSON_ID = re.compile(r"h-[0-9a-f]{12}")
IDENTITY_NUMBER = re.compile(r"\d{15}|\d{17}[\dXx]")
STAFF_NUMBER = re.compile(r"[A-Za-z0-9-]{1,20}")
EARLIEST, LATEST = dt.date(1900, 1, 1), dt.date(2200, 1, 1)
"""A day outside is taken for a slip of the pen (ours)."""


class Refused(Exception):
    """It cannot be entered: the field it is about, the sentence in two languages."""

    def __init__(self, field: str, zh: str, en: str) -> None:
        super().__init__(f"{field}: {zh} / {en}")
        self.field = field
        self.zh = zh
        self.en = en


# ---------------------------------------------------------------- single values


def text(field: str, value: str, longest: int, *, empty: bool = False) -> None:
    """A name: not empty unless allowed, not too long, no control characters, no space around it."""
    if not value and not empty:
        raise Refused(field, "不能为空，请填写", "must not be empty: fill it in")
    if len(value) > longest:
        raise Refused(field, f"超过 {longest} 个字，请缩短", f"longer than {longest} characters: shorten it")
    if value != value.strip() or any(unicodedata.category(c) in ("Cc", "Cs", "Co", "Cn") for c in value):
        raise Refused(
            field, "首尾有空格或含不可见字符，请重新输入", "has spaces around it or control characters: type it again"
        )  # fmt: skip


def matches(field: str, value: str, form: re.Pattern[str], zh: str, en: str) -> None:
    """A code in its form."""
    if not form.fullmatch(value):
        raise Refused(field, f"“{value[:40]}”形式不对，应为{zh}", f"{value[:40]!r} has the wrong form: {en}")


def one_of(field: str, value: str, words: Collection[str]) -> None:
    """A word of a closed vocabulary."""
    if value not in words:
        known = "、".join(words)
        raise Refused(
            field, f"“{value[:40]}”不在词表中，可用：{known}", f"{value[:40]!r} is none of: {known}"
        )


def days(begins: dt.date, ends: dt.date | None, names: tuple[str, str] = ("begins", "ends")) -> None:
    """A span of days, both included."""
    for name, each in zip(names, (begins, ends), strict=True):
        if each is not None and not EARLIEST <= each < LATEST:
            raise Refused(name, f"{each} 不可信，请核对年份", f"{each} is not credible: check the year")
    if ends is not None and ends < begins:
        raise Refused(
            names[1], f"{ends} 早于 {begins}，请改为同日或更晚", f"{ends} is before {begins}: make it the same day or later"
        )  # fmt: skip


def unit_fields(fields: Row, calendars: Collection[str]) -> None:
    """The plain fields of a unit, those that are given."""
    if "name_zh" in fields:
        text("name_zh", fields["name_zh"], 120)
    text("name_en", fields.get("name_en", ""), 200, empty=True)
    if fields.get("calendar") and fields["calendar"] not in calendars:
        known = "、".join(sorted(calendars)) or "无；请先 qinzheng definitions load 与 publish"
        raise Refused(
            "calendar", f"没有已发布的日历 {fields['calendar']}，可用：{known}", f"no calendar of that id is published; known: {known}"
        )  # fmt: skip
    for name in ("x", "y"):
        value = fields.get(name)
        if value is not None and not -1e9 < value < 1e9:
            raise Refused(name, "坐标应为有限的数，请核对", "a coordinate must be a finite number: check it")


def post_fields(fields: Row) -> None:
    """The plain fields of a post, those that are given."""
    if "name_zh" in fields:
        text("name_zh", fields["name_zh"], 120)
    text("name_en", fields.get("name_en", ""), 200, empty=True)
    for role in fields.get("roles", ()):
        one_of("roles", role, events.ROLES)
    if len(set(fields.get("roles", ()))) != len(fields.get("roles", ())):
        raise Refused("roles", "角色重复，请删去一个", "a role stands twice: remove one")


def staff(name: str | None, number: str | None) -> None:
    """A person's name and staff number. An identity number in its place is refused."""
    if name is not None:
        text("name", name, 60)
    if not number:
        return
    if IDENTITY_NUMBER.fullmatch(number):
        raise Refused(
            "number", "疑为身份证号。此处只填工号，请改正", "looks like an identity number: only a staff number belongs here"
        )  # fmt: skip
    matches(
        "number",
        number,
        STAFF_NUMBER,
        "20 位以内的字母、数字与短横",
        "at most 20 letters, digits and hyphens",
    )


# ---------------------------------------------------------------- against the register


def known(held: Register, table: str, id: str, field: str, zh: str, en: str) -> Row:
    """The row of a unit, post or person."""
    row = held.one(table, id)
    if row is None:
        raise Refused(
            field,
            f"没有{zh} {id[:40]}，请先建立或改正编号",
            f"there is no {en} {id[:40]}: found it first or mend the id",
        )
    return row


def unit(held: Register, id: str, field: str = "organization") -> Row:
    """A unit by id."""
    return known(held, register.UNITS, id, field, "单位", "unit")


def post(held: Register, id: str, field: str = "post") -> Row:
    """A post by id."""
    return known(held, register.POSTS, id, field, "岗位", "post")


def alive(row: Row, begins: dt.date, ends: dt.date | None, field: str, what: tuple[str, str]) -> None:
    """Whether a unit or post exists through a whole span of days."""
    first, last = row["begins"], row["ends"]
    if begins < first or (last is not None and (ends is None or ends > last)):
        span = f"{first}–{last or '…'}"
        raise Refused(
            field, f"超出{what[0]}的存续期 {span}，请调整日期", f"outside the life of the {what[1]}, {span}: change the days"
        )  # fmt: skip


UNIT = ("单位", "unit")
POST = ("岗位", "post")


def may_stand(held: Register, kind: str, parent: str | None, since: dt.date) -> None:
    """Whether a unit of a kind may stand under a parent from a day on."""
    if parent is None:
        if kind != "city":
            raise Refused(
                "parent",
                "除市本级外都要有上级单位，请填写",
                "every unit but the city needs a parent: fill it in",
            )
        others = [key[0] for key, row in held.rows[register.UNITS].items() if row["kind"] == "city"]
        if others:
            raise Refused(
                "kind",
                f"市本级已有 {others[0]}，只能有一个",
                f"there is a city already, {others[0]}: only one can be",
            )
        return
    above = unit(held, parent, "parent")
    if above["kind"] not in events.PARENTS[kind]:
        allowed = "、".join(events.KINDS[each] for each in events.PARENTS[kind]) or "无"
        raise Refused(
            "parent",
            f"{events.KINDS[kind]}不能隶属于{events.KINDS[above['kind']]}，可为：{allowed}",
            f"a {kind} cannot stand under a {above['kind']}; under: {', '.join(events.PARENTS[kind]) or 'nothing'}",
        )
    alive(above, since, None, "parent", UNIT)


def unused_code(held: Register, id: str, code: str) -> None:
    """No two units that exist have one unified code."""
    for (other,), row in held.rows[register.UNITS].items():
        if code and row["code"] == code and other != id and row["ends"] is None:
            raise Refused(
                "code", f"已是单位 {other} 的代码，请核对", f"is the code of unit {other} already: check it"
            )


def may_move(held: Register, id: str, parent: str, since: dt.date) -> dt.date:
    """Whether a unit may stand under another parent from a day on; the day on which it began to stand where it does."""
    row = unit(held, id)
    days(since, None, ("day", "ends"))
    alive(row, since, None, "day", UNIT)
    placed = list(held.of(register.PLACEMENTS, id))
    if not placed:
        raise Refused("organization", "市本级没有上级，不能调整", "the city has no parent: it cannot move")
    (_, began), now = placed[-1]
    if since <= began:
        raise Refused(
            "day",
            f"须晚于现隶属关系的起始日 {began}；历史不可改写，请填更晚的日子",
            f"must be after {began}, since which it stands where it does; history is not overwritten: give a later day",
        )
    if now["parent_id"] == parent:
        raise Refused("parent", "本来就隶属于它，无需调整", "it stands there already: nothing to move")
    may_stand(held, row["kind"], parent, since)
    when = tree.circle(held.placements(), id, parent, since)
    if when is not None:
        raise Refused(
            "parent",
            f"{parent} 在 {when} 隶属于 {id}，会成环；请先把 {parent} 调到别处",
            f"{parent} stands below {id} on {when}, a circle: move {parent} elsewhere first",
        )
    began_on: dt.date = began
    return began_on


def may_close(held: Register, id: str, last: dt.date) -> dt.date | None:
    """Whether a unit may end with a day; the beginning of its placement, None for the city."""
    row = unit(held, id)
    days(row["begins"], last, ("begins", "day"))
    if row["ends"] is not None:
        raise Refused("organization", f"已于 {row['ends']} 撤销", f"was closed on {row['ends']} already")
    below = sorted(
        child
        for (child, _), placed in held.rows[register.PLACEMENTS].items()
        if placed["parent_id"] == id and (placed["ends"] is None or placed["ends"] > last)
    )
    if below:
        shown = "、".join(below[:5])
        raise Refused(
            "organization", f"{last} 之后仍有下级 {shown}，请先调整或撤销它们", f"units stand below it after {last}: {shown}; move or close them first"
        )  # fmt: skip
    placed = list(held.of(register.PLACEMENTS, id))
    if not placed:
        return None
    (_, began), _ = placed[-1]
    if began > last:
        raise Refused(
            "day", f"自 {began} 起已另有隶属，请填更晚的日子", f"it moves on {began}: give a later day"
        )
    begins: dt.date = began
    return begins


def may_close_post(held: Register, id: str, last: dt.date) -> Row:
    """Whether a post may end with a day: nobody may be in it only later. Its row."""
    row = post(held, id)
    if row["ends"] is not None:
        raise Refused("post", f"{id} 已于 {row['ends']} 撤销", f"{id} was closed on {row['ends']} already")
    days(row["begins"], last, ("begins", "day"))
    later = [key[1] for key, _ in held.of(register.TENURES, id)]
    later += [key[2] for key in held.rows[register.MEMBERSHIPS] if key[1] == id]
    if any(begins > last for begins in later):
        first = min(begins for begins in later if begins > last)
        raise Refused(
            "day", f"岗位 {id} 自 {first} 起另有任职，请填更晚的日子", f"post {id} is filled from {first} on: give a later day"
        )  # fmt: skip
    return row


def may_appoint(held: Register, person: str, id: str, begins: dt.date, ends: dt.date | None) -> None:
    """Whether a person may hold a post through a span: nobody else may hold it on any of its days."""
    known(held, register.PEOPLE, person, "person", "人员", "person")
    days(begins, ends)
    alive(post(held, id), begins, ends, "begins", POST)
    for (_, first), row in held.of(register.TENURES, id):
        last = row["ends"]
        if (ends is None or first <= ends) and (last is None or begins <= last):
            raise Refused(
                "begins",
                f"该岗位 {first}–{last or '…'} 已有人任职，请先免职或改日期",
                f"the post is held {first}–{last or '…'}: relieve the holder first or change the days",
            )


def held_on(held: Register, id: str, last: dt.date) -> Key:
    """The tenure that may end with a day."""
    post(held, id)
    for key, row in held.of(register.TENURES, id):
        if key[1] <= last and (row["ends"] is None or last < row["ends"]):
            return key
    raise Refused(
        "post", f"{last} 无人在任，请核对岗位与日期", f"nobody holds it on {last}: check post and day"
    )


def may_stand_in(
    held: Register, id: str, other: str | None, at: dt.datetime, on: dt.date
) -> dt.datetime | None:
    """Whether a post may stand in for another from an instant; since when the present one does, None for none."""
    alive(post(held, id), on, on, "at", POST)
    now = [
        (key[1], row["stand_in_id"]) for key, row in held.of(register.STAND_INS, id) if row["ends"] is None
    ]
    since, present = now[0] if now else (None, None)
    if other == present:
        raise Refused("stand_in", "B 岗本来如此，无需更改", "it is so already: nothing to change")
    begun = [key[1] for key, _ in held.of(register.STAND_INS, id)]
    if begun and at <= max(begun):
        raise Refused(
            "at", f"须晚于上次设定的时刻 {max(begun)}", f"must be after {max(begun)}, when it was set last"
        )
    if other is None:
        return since
    alive(post(held, other, "stand_in"), on, on, "stand_in", POST)
    if tree.circle(held.stand_ins(), id, other, at) is not None:
        raise Refused(
            "stand_in", f"{other} 的 B 岗最终又指回 {id}，成环；请另选 B 岗", f"the stand-ins of {other} lead back to {id}, a circle: choose another"
        )  # fmt: skip
    return since


def absence_ends(row: Row) -> dt.datetime | None:
    """When an absence ends: as planned, or when it was handed back earlier."""
    given: Iterable[Any] = (row["ends"], row["handed_back_at"])
    return min((at for at in given if at is not None), default=None)


def may_be_absent(
    held: Register, id: str, begins: dt.datetime, ends: dt.datetime | None, on: dt.date
) -> None:
    """Whether an absence may be recorded: after no other of the same post has it begun before that one ended."""
    alive(post(held, id), on, on, "begins", POST)
    if ends is not None and ends <= begins:
        raise Refused("ends", "须晚于离岗时刻，请改正", "must be after the absence begins: mend it")
    for (_, first), row in held.of(register.ABSENCES, id):
        last = absence_ends(row)
        if (ends is None or first < ends) and (last is None or begins < last):
            raise Refused(
                "begins",
                f"与 {first} 起的离岗重叠，请先交回或改时刻",
                f"overlaps the absence that began {first}: hand back first or change the time",
            )


def absent_at(held: Register, id: str, at: dt.datetime) -> dt.datetime:
    """The beginning of the absence during which a post may be handed back."""
    post(held, id)
    for (_, begins), row in held.of(register.ABSENCES, id):
        last = absence_ends(row)
        if begins <= at and (last is None or at < last):
            began: dt.datetime = begins
            return began
    raise Refused("post", "此刻并未离岗，无需交回", "it is not absent then: nothing to hand back")
