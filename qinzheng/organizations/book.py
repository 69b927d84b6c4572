"""The register under the writers' lock: read whole, changed in memory, written once with its events.

Only ``actions`` opens it. A register is small (a few thousand rows), and each rule looks at much of it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cached_property

from django.db import connection, models, transaction

from qinzheng.definitions import shelf
from qinzheng.ledger import actions as ledger
from qinzheng.ledger.envelope import EventKind, NewEvent, Precision
from qinzheng.organizations import register
from qinzheng.organizations.models import (
    Absence,
    Membership,
    Organization,
    Person,
    Placement,
    Post,
    StandIn,
    Tenure,
)
from qinzheng.organizations.register import Register, Row
from qinzheng.organizations.rules import Refused

MODELS: dict[str, type[models.Model]] = {
    model._meta.db_table: model
    for model in (Organization, Placement, Post, StandIn, Person, Tenure, Absence, Membership)
}
CODE_CHECKS: dict[str, Callable[[str], str]] = {}
"""Field (``code``, ``division_code``) → the normal form, or a ValueError with ``zh`` and ``en``. Plugged in from
above: what makes a code right is known to ``parties``."""

LOCK = 0x6F7267
"""Writers take turns: each decides on the whole register."""
BATCH = 2_000
"""Rows a statement, so that its parameters stay below PostgreSQL's 65,535."""


class Book:
    """The register as it was read under the lock, and what has been entered since."""

    def __init__(self) -> None:
        rows = {}
        for table in register.TABLES:
            names = (*table.key, *table.columns)
            found = MODELS[table.name]._default_manager.values_list(*names)
            width = len(table.key)
            rows[table.name] = {
                row[:width]: dict(zip(table.columns, row[width:], strict=True))
                for row in found.iterator(5_000)
            }
        self.register = Register(rows)
        self.people: dict[str, dict[str, str]] = {
            row["id"]: {"name": row["name"], "number": row["number"]} for row in Person.objects.values()
        }
        self.events: list[NewEvent] = []

    @cached_property
    def calendars(self) -> set[str]:
        """The ids of the published calendars that a unit can name: heads and overlays, not single years."""
        return {each.id for each in shelf.library().all("calendar") if each.form != "year"}

    def enter(
        self, type: str, subject: str, body: Row, by: str, organization: str,
        occurred: dt.date | dt.datetime | None = None, kind: EventKind = "act",
    ) -> None:  # fmt: skip
        """One event, and what it changes."""
        if kind == "act" and not by:
            raise Refused("by", "请说明由谁操作", "say who acts")
        at, precision = _occurred(occurred)
        body = register.body_of(body)
        self.register.enter(type, subject.partition(":")[2], body)
        self.events.append(
            NewEvent(type=type, subject=subject, body=body, actor=by, organization=organization, kind=kind,
                     occurred_at=at, precision=precision)
        )  # fmt: skip

    def discard(self) -> None:
        """Forget what was entered: a dry run."""
        self.register.undo([0] * len(register.TABLES))
        self.events.clear()

    @contextmanager
    def attempt(self) -> Iterator[Book]:
        """All of what is entered inside, or none of it where something is refused."""
        mark, length, people = self.register.mark(), len(self.events), dict(self.people)
        try:
            yield self
        except Refused:
            self.register.undo(mark)
            del self.events[length:]
            self.people = people
            raise

    def save(self) -> None:
        """Append the events and write every row they touched."""
        for first in range(0, len(self.events), BATCH):
            ledger.append(self.events[first : first + BATCH])
        for table in register.TABLES:
            keys = self.register.touched(table.name)
            if keys:
                self._write(table, keys)

    def _write(self, table: register.Table, keys: Sequence[register.Key]) -> None:
        rows = []
        for key in keys:
            row = dict(zip(table.key, key, strict=True)) | self.register.rows[table.name][key]
            rows.append(row | self.people[key[0]] if table.name == register.PEOPLE else row)
        model = MODELS[table.name]
        columns = [name for name in rows[0] if name not in table.key]
        model._default_manager.bulk_create(
            [model(**row) for row in rows],
            batch_size=BATCH, update_conflicts=True, unique_fields=list(table.key), update_fields=columns,
        )  # fmt: skip


_open: ContextVar[Book | None] = ContextVar("organizations_book", default=None)


@contextmanager
def together() -> Iterator[Book]:
    """Verbs inside share one reading and one writing, in one transaction; nothing is written if one is let fall.

    ``queries`` see what was entered only after the block.
    """
    shared = _open.get()
    if shared is not None:
        with shared.attempt():
            yield shared
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s::bigint)", [LOCK])
        book = Book()
        token = _open.set(book)
        try:
            yield book
        finally:
            _open.reset(token)
        book.save()


def midnight(day: dt.date) -> dt.datetime:
    """The instant at which a day begins in the city."""
    return dt.datetime.combine(day, dt.time(), tzinfo=shelf.ZONE)


def day_of(at: dt.datetime) -> dt.date:
    """The city's day of an instant."""
    return at.astimezone(shelf.ZONE).date()


def _occurred(at: dt.date | dt.datetime | None) -> tuple[int | None, Precision]:
    if at is None or isinstance(at, dt.datetime):
        return ledger.microseconds(at), "instant"
    return ledger.microseconds(midnight(at)), "day"
