"""Many parties at once: a number of statements that does not grow with the rows. A verb of ``actions``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from django.db import IntegrityError, connection, transaction

from qinzheng.ledger import actions as ledger
from qinzheng.parties import drafts, enterprises, events, fields, keys, subjects
from qinzheng.parties.models import Party
from qinzheng.parties.subjects import PartyRefused, Subject
from qinzheng.parties.vault import Vault

COLUMNS = (
    "id", "kind", "sealed", "key_wrapped", "commitment", "identity_index", "enterprise_index", "phone_index", "name_index",
    "similar_index", "credit_class", "town", "created_at",
)  # fmt: skip
MOVED = {
    "sealed": "bytea", "key_wrapped": "bytea", "commitment": "text", "phone_index": "bytea", "name_index": "bytea",
    "similar_index": "bytea", "town": "text",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """What is told of one party; an empty town or class says nothing of it."""

    fields: Mapping[str, Any]
    town: str = ""
    credit_class: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a row: the party, and whether it is new, was changed, or was the same already."""

    party: str
    came: Literal["new", "changed", "same"]


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a row cannot be taken: its place from 0, the field ("" for the whole row), the sentence."""

    row: int
    field: str
    zh: str
    en: str


class BadRows(PartyRefused):
    """Some rows cannot be taken, so none was: ``problems`` names them all."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(
            f"{len(problems)} 行有误，全部未登记", f"{len(problems)} row(s) are wrong, none was registered"
        )
        self.problems = list(problems)


def register_many(
    kind: str, rows: Sequence[Row], *, by: str, organization: str = "", reason: str = "导入 · import"
) -> list[Outcome]:
    """Register rows, or bring those whose code is known up to date: all or none, :class:`BadRows` naming every fault.

    Rows without a code are new each time. ``reason`` is kept where a row changes a credit class.
    """
    cleaned, problems = _clean(kind, rows)
    if problems:
        raise BadRows(problems)
    with transaction.atomic():
        vault = keys.current(writing=True)
        made = [
            drafts.draft(vault, kind, clean, town=row.town, credit_class=row.credit_class)
            for row, clean in zip(rows, cleaned, strict=True)
        ]
        known = _known(kind, made)
        _compare(made, known)
        now = events.clock()
        new = [place for place in range(len(rows)) if place not in known]
        for place in new:
            made[place].created_at = now
        try:
            with transaction.atomic():
                _insert([made[place] for place in new])
        except IntegrityError:
            raise PartyRefused(
                "其中有主体刚被他人登记，全部未写入，请再运行一次",
                "somebody registered one of them at this moment: nothing was written, run it again",
            ) from None
        stamp = ledger.microseconds(now)
        events.begin(
            [drafts.registered(made[place], cleaned[place], by, organization) for place in new], stamp
        )
        outcomes = [Outcome(party.pk, "new") for party in made]
        for place, changed in _update(vault, rows, cleaned, known, by, organization, reason).items():
            outcomes[place] = Outcome(known[place].root.pk, "changed" if changed else "same")
    return outcomes


def _clean(kind: str, rows: Sequence[Row]) -> tuple[list[dict[str, Any]], list[Problem]]:
    today, cleaned, problems = drafts.today(), [], []
    first: dict[str, int] = {}
    for place, row in enumerate(rows):
        try:
            enterprises.check_class(kind, row.credit_class)
            clean = fields.check(kind, row.fields, today=today)
        except fields.WrongField as why:
            problems.append(Problem(place, why.field, why.zh, why.en))
            continue
        cleaned.append(clean)
        code = clean.get(fields.CODE_FIELDS[kind])
        if code is not None and first.setdefault(code, place) != place:
            before = first[code] + 1
            problems.append(
                Problem(place, fields.CODE_FIELDS[kind], f"与第 {before} 条是同一号码，请删去一条",
                        f"the same code as entry {before}: remove one")
            )  # fmt: skip
    return cleaned, problems


def _known(kind: str, made: Sequence[Party]) -> dict[int, Subject]:
    """The subjects that have a row's code already, locked, by the row's place."""
    column = "identity_index" if kind == fields.CITIZEN else "enterprise_index"
    places = {
        index: place for place, party in enumerate(made) if (index := getattr(party, column)) is not None
    }
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id, {column} FROM parties_party WHERE {column} = ANY(%s)", [list(places)])
        ids = {id: places[bytes(index)] for id, index in cursor.fetchall()}
    found = subjects.locked(ids) if ids else {}
    return {ids[id]: one for id, one in found.items()}


def _compare(made: Sequence[Party], known: Mapping[int, Subject]) -> None:
    problems = []
    for place, one in known.items():
        try:
            drafts.check_same_name(one, made[place])
        except drafts.AnotherName as why:
            problems.append(Problem(place, "identity_number", why.zh, why.en))
    if problems:
        raise BadRows(problems)


def _insert(new: Sequence[Party]) -> None:
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY parties_party ({', '.join(COLUMNS)}) FROM STDIN") as copy,
    ):
        for party in new:
            copy.write_row([getattr(party, column) for column in COLUMNS])


def _update(
    vault: Vault, rows: Sequence[Row], cleaned: Sequence[Mapping[str, Any]], known: Mapping[int, Subject], by: str,
    organization: str, reason: str,
) -> dict[int, bool]:  # fmt: skip
    """Bring known subjects up to date; by the row's place whether anything changed."""
    moved: list[Party] = []
    appended = []
    changed = {}
    for place, one in known.items():
        root, row = one.root, rows[place]
        different = drafts.changes(subjects.known(vault, one), cleaned[place])
        moves = bool(row.town) and row.town != root.town
        if different or moves:
            root.town = row.town or root.town
            subjects.put(vault, root, {**subjects.own(vault, root), **cleaned[place]})
            body = {"fields": different, "commitment": root.commitment} | (
                {"town": root.town} if moves else {}
            )
            appended.append(events.event(events.CHANGED, root.pk, by, organization, **body))
            moved.append(root)
        classed = bool(row.credit_class) and row.credit_class != root.credit_class
        changed[place] = bool(different) or moves or classed
    _save(moved)
    events.record(appended)
    for place, one in known.items():
        if (wanted := rows[place].credit_class) and wanted != one.root.credit_class:
            enterprises.set_credit_class(one.root.pk, wanted, reason, by=by, organization=organization)
    return changed


def _save(moved: Sequence[Party]) -> None:
    if not moved:
        return
    arrays = ", ".join(f"%s::{type}[]" for type in MOVED.values())
    names = ", ".join(MOVED)
    sets = ", ".join(f"{name} = n.{name}" for name in MOVED)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE parties_party p SET {sets} FROM unnest(%s::text[], {arrays}) AS n(id, {names}) WHERE p.id = n.id",
            [[party.pk for party in moved], *([getattr(party, name) for party in moved] for name in MOVED)],
        )
