"""The only writers of units, posts and people: check → event → tables, in one transaction.

Each verb stands alone, or many stand together::

    with actions.together():
        actions.found_organization(...)
        actions.create_post(...)

Then the tables are read once and written once at the end, all or nothing. ``by`` is who acts: a post id, or the
pseudonym of whoever installs. Every verb raises :class:`~qinzheng.organizations.rules.Refused`.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Sequence
from typing import Any

from django.utils import timezone

from qinzheng.ledger.envelope import EventKind
from qinzheng.organizations import events, register, rules
from qinzheng.organizations.book import CODE_CHECKS, Book
from qinzheng.organizations.book import day_of as day_of
from qinzheng.organizations.book import midnight as midnight
from qinzheng.organizations.book import together as together
from qinzheng.organizations.models import Absence
from qinzheng.organizations.register import DAY, Row
from qinzheng.organizations.rules import Refused

# ---------------------------------------------------------------- units


def found_organization(
    id: str, kind: str, name_zh: str, *, parent: str | None, begins: dt.date, by: str, name_en: str = "",
    code: str = "", division_code: str = "", calendar: str = "", mobile: bool = False,
    x: float | None = None, y: float | None = None,
) -> str:  # fmt: skip
    """Found a unit under a parent from a day on; the city alone has none. Returns its id."""
    fields: Row = {
        "kind": kind, "name_zh": name_zh, "name_en": name_en, "code": code, "division_code": division_code,
        "calendar": calendar, "mobile": mobile, "x": x, "y": y,
    }  # fmt: skip
    with together() as book:
        rules.matches("id", id, rules.UNIT_ID, "2–40 位小写字母、数字与短横", "2 to 40 of a-z, 0-9 and -")
        if book.register.one(register.UNITS, id) is not None:
            raise Refused("id", f"编号 {id} 已被使用，请另取", f"id {id} is taken: choose another")
        rules.one_of("kind", kind, events.KINDS)
        rules.days(begins, None)
        _check_unit(book, id, fields)
        rules.may_stand(book.register, kind, parent, begins)
        body = {**fields, "parent": parent, "begins": begins}
        book.enter(events.FOUNDED, f"organization:{id}", body, by, id, begins)
    return id


def change_organization(id: str, *, by: str, **fields: Any) -> None:
    """Change plain fields: names, codes, calendar, mobile, x, y. Never id, kind, parent or days."""
    with together() as book:
        row = rules.unit(book.register, id)
        _check_unit(book, id, fields)
        _enter_changes(book, events.CHANGED, f"organization:{id}", row, fields, by, id)


def move_organization(id: str, parent: str, day: dt.date, *, by: str) -> None:
    """Put a unit under another parent from a day on. What was stays as it was."""
    with together() as book:
        since = rules.may_move(book.register, id, parent, day)
        body = {"parent": parent, "begins": day, "since": since}
        book.enter(events.MOVED, f"organization:{id}", body, by, id, day)


def close_organization(id: str, day: dt.date, *, by: str) -> None:
    """End a unit with a day, which is its last, and its posts with it. Units below it must have gone before."""
    with together() as book:
        held = book.register
        since = rules.may_close(held, id, day)
        posts = [
            key[0]
            for key, row in held.rows[register.POSTS].items()
            if row["organization_id"] == id and row["ends"] is None
        ]
        seats = [key for key, seat in held.of(register.MEMBERSHIPS, id) if seat["ends"] is None]
        for post in posts:
            rules.may_close_post(held, post, day)
        for *_, begins in seats:
            rules.days(begins, day, ("begins", "day"))
        for post in posts:
            close_post(post, day, by=by)
        for group, post, begins in seats:
            if held.rows[register.MEMBERSHIPS][group, post, begins]["ends"] is None:
                _leave(book, group, post, begins, day, by)
        book.enter(events.CLOSED, f"organization:{id}", {"since": since, "ends": day}, by, id, day)


def join_group(group: str, post: str, duty: str, begins: dt.date, *, by: str) -> None:
    """Give a post a seat in a leading group; the post stays in its own unit."""
    with together() as book:
        row = rules.unit(book.register, group, "group")
        if row["kind"] != "leading_group":
            raise Refused("group", f"{group} 不是领导小组", f"{group} is no leading group")
        rules.one_of("duty", duty, events.DUTIES)
        rules.alive(row, begins, None, "begins", rules.UNIT)
        rules.alive(rules.post(book.register, post), begins, None, "begins", rules.POST)
        for (_, member, _), seat in book.register.of(register.MEMBERSHIPS, group):
            if member == post and (seat["ends"] is None or begins <= seat["ends"]):
                raise Refused("post", "已是该组成员，请先退出", "is a member already: leave first")
        body = {"post": post, "duty": duty, "begins": begins}
        book.enter(events.JOINED, f"organization:{group}", body, by, group, begins)


def leave_group(group: str, post: str, day: dt.date, *, by: str) -> None:
    """End a post's seat with a day, which is its last."""
    with together() as book:
        rules.unit(book.register, group, "group")
        for (_, member, begins), seat in book.register.of(register.MEMBERSHIPS, group):
            if member == post and seat["ends"] is None and begins <= day:
                _leave(book, group, post, begins, day, by)
                return
        raise Refused("post", f"{day} 不是该组成员", f"is no member on {day}")


def _leave(book: Book, group: str, post: str, begins: dt.date, last: dt.date, by: str) -> None:
    body = {"post": post, "begins": begins, "ends": last}
    book.enter(events.LEFT, f"organization:{group}", body, by, group, last)


# ---------------------------------------------------------------- posts


def create_post(
    organization: str, name_zh: str, roles: Sequence[str], *, begins: dt.date, by: str, name_en: str = "",
    head: bool = False, stand_in: str | None = None, id: str = "",
) -> str:  # fmt: skip
    """Create a post in a unit from a day on. Returns its id, made here unless one is brought (``p-`` + 12 hex)."""
    fields: Row = {"name_zh": name_zh, "name_en": name_en, "roles": list(roles), "head": head}
    with together() as book:
        id = _new_id(book, register.POSTS, id, "p-")
        rules.days(begins, None)
        rules.alive(rules.unit(book.register, organization), begins, None, "begins", rules.UNIT)
        rules.post_fields(fields)
        body = {"organization": organization, **fields, "begins": begins}
        if stand_in is not None:
            rules.alive(rules.post(book.register, stand_in, "stand_in"), begins, None, "stand_in", rules.POST)
        book.enter(events.POST_CREATED, f"post:{id}", body, by, organization, begins)
        if stand_in is not None:
            set_stand_in(id, stand_in, by=by, at=midnight(begins))
    return id


def change_post(id: str, *, by: str, **fields: Any) -> None:
    """Change plain fields: names, roles, head. A post never changes its unit: close it and create another."""
    with together() as book:
        row = rules.post(book.register, id)
        rules.post_fields(fields)
        _enter_changes(book, events.POST_CHANGED, f"post:{id}", row, fields, by, row["organization_id"])


def close_post(id: str, day: dt.date, *, by: str) -> None:
    """End a post with a day, which is its last; its holder is relieved and its seats in groups end with it."""
    with together() as book:
        held = book.register
        row = rules.may_close_post(held, id, day)
        for _, tenure in held.of(register.TENURES, id):
            if tenure["ends"] is None or tenure["ends"] > day:
                relieve(id, day, by=by)
        for (group, post, begins), seat in list(held.rows[register.MEMBERSHIPS].items()):
            if post == id and seat["ends"] is None:
                _leave(book, group, post, begins, day, by)
        book.enter(events.POST_CLOSED, f"post:{id}", {"ends": day}, by, row["organization_id"], day)


def set_stand_in(post: str, stand_in: str | None, *, by: str, at: dt.datetime | None = None) -> None:
    """Name the post that stands in (the B role) from an instant on, now if none is given; None: nobody."""
    when = at or timezone.now()
    with together() as book:
        since = rules.may_stand_in(book.register, post, stand_in, when, day_of(when))
        body = {"stand_in": stand_in, "begins": when, "since": since}
        organization = rules.post(book.register, post)["organization_id"]
        book.enter(events.STAND_IN_SET, f"post:{post}", body, by, organization, when)


def record_absence(post: str, begins: dt.datetime, ends: dt.datetime | None, reason: str, *, by: str) -> None:
    """A post's holder is away. From ``begins`` on the stand-in acts, until ``ends``: nobody has to switch anything."""
    with together() as book:
        rules.one_of("reason", reason, events.REASONS)
        rules.may_be_absent(book.register, post, begins, ends, day_of(begins))
        body = {"begins": begins, "ends": ends, "reason": reason}
        organization = rules.post(book.register, post)["organization_id"]
        book.enter(events.ABSENT, f"post:{post}", body, by, organization, begins)


def hand_back(post: str, *, by: str, at: dt.datetime | None = None) -> None:
    """The holder is back before the planned end, or where none was planned: from now on the post acts itself."""
    when = at or timezone.now()
    with together() as book:
        begins = rules.absent_at(book.register, post, when)
        _hand_back(book, post, begins, when, by, "act")


def hand_back_due(now: dt.datetime) -> list[str]:
    """Enter that absences whose planned end has passed were handed back; the posts. Doing it again enters nothing.

    Who acts does not wait for it (:mod:`qinzheng.organizations.standing`): it is what a notice can follow.
    """
    over = Absence.objects.filter(handed_back_at=None, ends__lte=now)
    if not over.exists():
        return []
    done = []
    with together() as book:
        for (post, begins), row in sorted(book.register.rows[register.ABSENCES].items()):
            if row["handed_back_at"] is None and row["ends"] is not None and row["ends"] <= now:
                _hand_back(book, post, begins, row["ends"], "", "determination")
                done.append(post)
    return done


def _hand_back(book: Book, post: str, begins: dt.datetime, at: dt.datetime, by: str, kind: EventKind) -> None:
    organization = rules.post(book.register, post)["organization_id"]
    body = {"begins": begins, "at": at}
    book.enter(events.HANDED_BACK, f"post:{post}", body, by, organization, at, kind)


# ---------------------------------------------------------------- people


def register_person(name: str, *, by: str, number: str = "", id: str = "") -> str:
    """Keep an officer's name and staff number (never an identity number). Returns the id; the ledger knows only that."""
    with together() as book:
        id = _new_id(book, register.PEOPLE, id, "h-")
        _check_person(book, id, name, number)
        book.enter(events.PERSON_REGISTERED, f"person:{id}", {}, by, "")
        book.people[id] = {"name": name, "number": number}
    return id


def change_person(id: str, *, by: str, name: str | None = None, number: str | None = None) -> None:
    """Correct an officer's name or staff number."""
    with together() as book:
        rules.known(book.register, register.PEOPLE, id, "person", "人员", "person")
        _check_person(book, id, name, number)
        given = {"name": name, "number": number}
        fresh = {
            field: value for field, value in given.items() if value not in (None, book.people[id][field])
        }
        if fresh:
            book.enter(events.PERSON_CHANGED, f"person:{id}", {}, by, "")
            book.people[id] = {**book.people[id], **fresh}


def appoint(person: str, post: str, begins: dt.date, *, by: str, ends: dt.date | None = None) -> None:
    """Put a person into a post from a day on, to a day where one is known."""
    with together() as book:
        rules.may_appoint(book.register, person, post, begins, ends)
        body = {"person": person, "begins": begins, "ends": ends}
        organization = rules.post(book.register, post)["organization_id"]
        book.enter(events.APPOINTED, f"post:{post}", body, by, organization, begins)


def relieve(post: str, day: dt.date, *, by: str) -> None:
    """End the tenure of whoever holds a post on a day, which is the last."""
    with together() as book:
        _, begins = rules.held_on(book.register, post, day)
        organization = rules.post(book.register, post)["organization_id"]
        body = {"begins": begins, "ends": day}
        book.enter(events.RELIEVED, f"post:{post}", body, by, organization, day + DAY)


# ---------------------------------------------------------------- checks that need more than the register


def _check_unit(book: Book, id: str, fields: Row) -> None:
    """Check the plain fields, and put codes into their normal form."""
    rules.unit_fields(fields, book.calendars if fields.get("calendar") else ())
    for field, check in CODE_CHECKS.items():
        try:
            if fields.get(field):
                fields[field] = check(fields[field])
        except ValueError as why:
            raise Refused(field, getattr(why, "zh", str(why)), getattr(why, "en", str(why))) from None
    rules.unused_code(book.register, id, fields.get("code", ""))


def _check_person(book: Book, id: str, name: str | None, number: str | None) -> None:
    rules.staff(name, number)
    if number and any(other != id and held["number"] == number for other, held in book.people.items()):
        raise Refused("number", "工号已属于他人，请核对", "the staff number is another's: check it")


def _new_id(book: Book, table: str, id: str, prefix: str) -> str:
    if not id:
        return prefix + secrets.token_hex(6)
    form = rules.POST_ID if prefix == "p-" else rules.PERSON_ID
    rules.matches("id", id, form, f"{prefix} 加 12 位十六进制", f"{prefix} and 12 hexadecimal digits")
    if book.register.one(table, id) is not None:
        raise Refused("id", f"编号 {id} 已被使用，请另取", f"id {id} is taken: choose another")
    return id


def _enter_changes(
    book: Book, type: str, subject: str, row: Row, fields: Row, by: str, organization: str
) -> None:
    allowed = register.UNIT_FIELDS[1:] if type == events.CHANGED else register.POST_FIELDS
    for name in fields:
        rules.one_of(name, name, allowed)
    fresh = {name: value for name, value in fields.items() if row[name] != value}
    if fresh:
        book.enter(type, subject, fresh, by, organization)
