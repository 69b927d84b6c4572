"""The tables as rows, and how each event changes them: one fold for the writer and for ``verify --projections``.

Every event says all that its rows need, so that one subject's events alone make that subject's rows.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from qinzheng.ledger import actions as ledger
from qinzheng.organizations import events, tree

Key = tuple[Any, ...]
Row = dict[str, Any]
Rows = dict[Key, Row]
Body = Mapping[str, Any]
Fold = Callable[[Rows, str, Body], None]
"""(rows, id, body): sets whole rows, and changes none in place"""

DAY = dt.timedelta(days=1)
UNIT_FIELDS = ("kind", "name_zh", "name_en", "code", "division_code", "calendar", "mobile", "x", "y")
POST_FIELDS = ("name_zh", "name_en", "roles", "head")
SPELLED = {"mobile": "travelling"}
"""Field → key in a body: the ledger takes a key ``mobile`` for somebody's telephone and refuses it."""


def day(text: str | None) -> dt.date | None:
    """A day as a body holds it."""
    return None if text is None else dt.date.fromisoformat(text)


def body_of(values: Row) -> Row:
    """Values as a body holds them."""
    return {SPELLED.get(name, name): said(value) for name, value in values.items()}


def said(value: Any) -> Any:
    """Days as text, instants in microseconds, fractions as text (the ledger has none)."""
    if isinstance(value, dt.datetime):
        return ledger.microseconds(value)
    if isinstance(value, dt.date):
        return value.isoformat()
    return repr(value) if isinstance(value, float) else value


def _fields(body: Body, names: tuple[str, ...]) -> Row:
    spelled = {name: SPELLED.get(name, name) for name in names}
    row = {name: body[key] for name, key in spelled.items() if key in body}
    for name in ("x", "y"):
        if row.get(name) is not None:
            row[name] = float(row[name])
    return row


# ---------------------------------------------------------------- units


def _founded(rows: Rows, id: str, body: Body) -> None:
    rows[id,] = {**_fields(body, UNIT_FIELDS), "begins": day(body["begins"]), "ends": None}


def _changed(rows: Rows, id: str, body: Body) -> None:
    rows[id,] = {**rows[id,], **_fields(body, UNIT_FIELDS)}


def _ended(rows: Rows, id: str, body: Body) -> None:
    rows[id,] = {**rows[id,], "ends": day(body["ends"])}


def _placed(rows: Rows, id: str, body: Body) -> None:
    if body["parent"] is not None:
        rows[id, day(body["begins"])] = {"parent_id": body["parent"], "ends": None}


def _moved(rows: Rows, id: str, body: Body) -> None:
    before = id, day(body["since"])
    rows[before] = {**rows[before], "ends": dt.date.fromisoformat(body["begins"]) - DAY}
    _placed(rows, id, body)


def _unplaced(rows: Rows, id: str, body: Body) -> None:
    if body["since"] is not None:
        key = id, day(body["since"])
        rows[key] = {**rows[key], "ends": day(body["ends"])}


def _joined(rows: Rows, id: str, body: Body) -> None:
    rows[id, body["post"], day(body["begins"])] = {"duty": body["duty"], "ends": None}


def _left(rows: Rows, id: str, body: Body) -> None:
    key = id, body["post"], day(body["begins"])
    rows[key] = {**rows[key], "ends": day(body["ends"])}


# ---------------------------------------------------------------- posts and people


def _created(rows: Rows, id: str, body: Body) -> None:
    rows[id,] = {
        "organization_id": body["organization"], **_fields(body, POST_FIELDS), "stand_in_id": None,
        "begins": day(body["begins"]), "ends": None,
    }  # fmt: skip


def _post_changed(rows: Rows, id: str, body: Body) -> None:
    rows[id,] = {**rows[id,], **_fields(body, POST_FIELDS)}


def _pointed(rows: Rows, id: str, body: Body) -> None:
    rows[id,] = {**rows[id,], "stand_in_id": body["stand_in"]}


def _stood_in(rows: Rows, id: str, body: Body) -> None:
    begins = ledger.instant(body["begins"])
    if body["since"] is not None:
        key = id, ledger.instant(body["since"])
        rows[key] = {**rows[key], "ends": begins}
    if body["stand_in"] is not None:
        rows[id, begins] = {"stand_in_id": body["stand_in"], "ends": None}


def _person(rows: Rows, id: str, body: Body) -> None:
    rows[id,] = {}


def _appointed(rows: Rows, id: str, body: Body) -> None:
    rows[id, day(body["begins"])] = {"person_id": body["person"], "ends": day(body["ends"])}


def _relieved(rows: Rows, id: str, body: Body) -> None:
    key = id, day(body["begins"])
    rows[key] = {**rows[key], "ends": day(body["ends"])}


def _absent(rows: Rows, id: str, body: Body) -> None:
    rows[id, ledger.instant(body["begins"])] = {
        "ends": ledger.instant(body["ends"]), "reason": body["reason"], "handed_back_at": None,
    }  # fmt: skip


def _handed_back(rows: Rows, id: str, body: Body) -> None:
    key = id, ledger.instant(body["begins"])
    rows[key] = {**rows[key], "handed_back_at": ledger.instant(body["at"])}


@dataclass(frozen=True)
class Table:
    """A table: its key, its other columns, and the fold of each type of event."""

    name: str
    key: tuple[str, ...]
    columns: tuple[str, ...]
    folds: Mapping[str, Fold]


TABLES = (
    Table("organizations_organization", ("id",), (*UNIT_FIELDS, "begins", "ends"),
          {events.FOUNDED: _founded, events.CHANGED: _changed, events.CLOSED: _ended}),
    Table("organizations_placement", ("organization_id", "begins"), ("parent_id", "ends"),
          {events.FOUNDED: _placed, events.MOVED: _moved, events.CLOSED: _unplaced}),
    Table("organizations_post", ("id",), ("organization_id", *POST_FIELDS, "stand_in_id", "begins", "ends"),
          {events.POST_CREATED: _created, events.POST_CHANGED: _post_changed, events.POST_CLOSED: _ended,
           events.STAND_IN_SET: _pointed}),
    Table("organizations_stand_in", ("post_id", "begins"), ("stand_in_id", "ends"),
          {events.STAND_IN_SET: _stood_in}),
    Table("organizations_person", ("id",), (),
          {events.PERSON_REGISTERED: _person, events.PERSON_CHANGED: _person}),
    Table("organizations_tenure", ("post_id", "begins"), ("person_id", "ends"),
          {events.APPOINTED: _appointed, events.RELIEVED: _relieved}),
    Table("organizations_absence", ("post_id", "begins"), ("ends", "reason", "handed_back_at"),
          {events.ABSENT: _absent, events.HANDED_BACK: _handed_back}),
    Table("organizations_membership", ("group_id", "post_id", "begins"), ("duty", "ends"),
          {events.JOINED: _joined, events.LEFT: _left}),
)  # fmt: skip
UNITS, PLACEMENTS, POSTS, STAND_INS, PEOPLE, TENURES, ABSENCES, MEMBERSHIPS = (table.name for table in TABLES)


class Kept(Rows):
    """Rows by key and by the first part of it, which can be put back as they were."""

    def __init__(self, rows: Mapping[Key, Row]) -> None:
        super().__init__(rows)
        self.keys_of: dict[Any, list[Key]] = defaultdict(list)
        self.journal: list[tuple[Key, Row | None]] = []
        for key in rows:
            self.keys_of[key[0]].append(key)

    def __setitem__(self, key: Key, row: Row) -> None:
        before = self.get(key)
        self.journal.append((key, before))
        if before is None:
            self.keys_of[key[0]].append(key)
        super().__setitem__(key, row)

    def undo(self, mark: int) -> None:
        """Put back what was set since the journal had this length."""
        while len(self.journal) > mark:
            key, before = self.journal.pop()
            if before is None:
                self.keys_of[key[0]].remove(key)
                del self[key]
            else:
                super().__setitem__(key, before)


class Register:
    """Every row of every table in memory, and what was changed since it was read."""

    def __init__(self, rows: Mapping[str, Mapping[Key, Row]] | None = None) -> None:
        self.rows = {table.name: Kept((rows or {}).get(table.name, {})) for table in TABLES}

    def enter(self, type: str, id: str, body: Body) -> None:
        """Fold one event into every table that it changes."""
        for table in TABLES:
            if type in table.folds:
                table.folds[type](self.rows[table.name], id, body)

    def mark(self) -> list[int]:
        """A point to which :meth:`undo` can go back."""
        return [len(rows.journal) for rows in self.rows.values()]

    def undo(self, mark: Sequence[int]) -> None:
        """Put every table back to a mark."""
        for rows, length in zip(self.rows.values(), mark, strict=True):
            rows.undo(length)

    def touched(self, table: str) -> list[Key]:
        """The keys of the rows that were set since the register was read."""
        return sorted({key for key, _ in self.rows[table].journal})

    def of(self, table: str, id: str) -> list[tuple[Key, Row]]:
        """The rows of a table whose key begins with an id, in the order of their keys."""
        rows = self.rows[table]
        return [(key, rows[key]) for key in sorted(rows.keys_of.get(id, ()))]

    def one(self, table: str, id: str) -> Row | None:
        """The row of a table whose whole key is an id."""
        return self.rows[table].get((id,))

    def placements(self) -> dict[str, list[tree.Span[dt.date]]]:
        """The tree over time; ends are shut out, as :mod:`qinzheng.organizations.tree` wants them."""
        return tree.pointers(
            (id, tree.Span(begins, row["ends"] and row["ends"] + DAY, row["parent_id"]))
            for (id, begins), row in self.rows[PLACEMENTS].items()
        )

    def stand_ins(self) -> dict[str, list[tree.Span[dt.datetime]]]:
        """The A/B roles over time."""
        return tree.pointers(
            (id, tree.Span(begins, row["ends"], row["stand_in_id"]))
            for (id, begins), row in self.rows[STAND_INS].items()
        )
