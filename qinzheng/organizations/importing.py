"""Units, posts and people from a spreadsheet: every fault named, all or nothing unless told otherwise, repeatable.

Each row is compared with the register and becomes the acts that are missing, so that the same file again changes
nothing. The rules are those of ``actions``; here is only what a *row* means.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from qinzheng.organizations import actions, events, register, rows, rules, sheets, workbook
from qinzheng.organizations.book import Book
from qinzheng.organizations.register import Row
from qinzheng.organizations.rows import Fault, Line
from qinzheng.organizations.rules import Refused

PLAIN = ("name_zh", "name_en", "code", "division_code", "calendar", "mobile", "x", "y")
CHANGES = {
    events.FOUNDED: ("设立单位", "units founded"), events.CHANGED: ("变更单位", "units changed"),
    events.MOVED: ("调整隶属", "units moved"), events.CLOSED: ("撤销单位", "units closed"),
    events.POST_CREATED: ("设岗", "posts created"), events.POST_CHANGED: ("变更岗位", "posts changed"),
    events.POST_CLOSED: ("撤岗", "posts closed"), events.PERSON_REGISTERED: ("登记人员", "people registered"),
    events.PERSON_CHANGED: ("更正人员", "people corrected"), events.APPOINTED: ("任命", "appointed"),
    events.RELIEVED: ("免职", "relieved"), events.STAND_IN_SET: ("设定B岗", "stand-ins set"),
    events.JOINED: ("入组", "joined groups"), events.LEFT: ("退组", "left groups"),
}  # fmt: skip


@dataclass
class Report:
    """What an import did or would do: changes by type of event, and every fault."""

    rows: int = 0
    changes: Counter[str] = field(default_factory=Counter)
    faults: list[Fault] = field(default_factory=list)
    written: bool = False

    def lines(self) -> list[str]:
        """The report for whoever ran it, faults first."""
        told = [str(fault) for fault in self.faults]
        zh = "，".join(f"{CHANGES[type][0]} {n}" for type, n in self.changes.items()) or "没有变化"
        en = ", ".join(f"{n} {CHANGES[type][1]}" for type, n in self.changes.items()) or "no change"
        done = ("已写入", "written") if self.written else ("未写入", "not written")
        would = ("将", "would be ") if self.changes and not self.written else ("", "")
        told.append(
            f"{done[0]}：读 {self.rows} 行，有误 {len(self.faults)} 处；{would[0]}{zh} / "
            f"{done[1]}: {self.rows} row(s), {len(self.faults)} fault(s); {would[1]}{en}"
        )
        return told


def run(path: Path, by: str, now: dt.datetime, *, dry_run: bool = False, accept_good: bool = False) -> Report:
    """Import a file. Nothing is written on a dry run, nor where any row is wrong unless ``accept_good``.

    ``now`` is since when a changed B role stands in. Raises :class:`~qinzheng.organizations.workbook.Unreadable`.
    """
    found, faults = rows.lines(workbook.read(path))
    report = Report(rows=len(found), faults=faults)
    with actions.together() as book:
        _Import(book, by, now, report).take(found)
        report.changes = Counter(event.type for event in book.events)
        report.faults.sort(key=lambda fault: (_order(fault.sheet), fault.row))
        if dry_run or (report.faults and not accept_good):
            book.discard()
        else:
            report.written = bool(book.events)
    return report


def _order(name: str) -> int:
    known = [sheet.name for sheet in sheets.SHEETS]
    return known.index(name) if name in known else len(known)


class _Import:
    """One run over the rows, in the order in which they need one another."""

    def __init__(self, book: Book, by: str, now: dt.datetime, report: Report) -> None:
        self.book = book
        self.by = by
        self.now = now
        self.report = report
        self.posts_by_name: dict[tuple[str, str], list[str]] = defaultdict(list)
        for (id,), row in book.register.rows[register.POSTS].items():
            self.posts_by_name[row["organization_id"], row["name_zh"]].append(id)
        self.people_by_name: dict[str, list[str]] = defaultdict(list)
        self.people_by_number: dict[str, str] = {}
        for id, person in book.people.items():
            self._know(id, person)
        self.post_of: dict[tuple[str, int], str] = {}

    def take(self, found: list[Line]) -> None:
        """Units downwards, posts, stand-ins, people by first day, groups; then what ends, units upwards."""
        good = self._once(found)
        units = _parents_first(line for line in good if line.sheet in (sheets.UNITS, sheets.POINTS))
        posts = [line for line in good if line.sheet is sheets.POSTS]
        tenures = sorted((line for line in good if line.sheet is sheets.TENURES), key=_first_day)
        groups = [line for line in good if line.sheet is sheets.GROUPS]
        units = self._each(units, self._unit)
        posts = self._each(posts, self._post)
        posts = self._each(posts, self._stand_in)
        self._each(tenures, self._tenure)
        self._each(groups, self._seat)
        self._each(posts, self._end_post)
        self._each(units[::-1], self._end_unit)

    def _each(self, found: list[Line], step: Callable[[Line], None]) -> list[Line]:
        """Take each row wholly or not at all; those that were taken."""
        done = []
        for line in found:
            try:
                with self.book.attempt():
                    step(line)
                done.append(line)
            except Refused as why:
                self._fault(line, why)
        return done

    def _fault(self, line: Line, why: Refused) -> None:
        title = line.sheet.title(why.field)
        self.report.faults.append(Fault(line.sheet.name, line.row, title, why.zh, why.en))

    def _once(self, found: list[Line]) -> list[Line]:
        """The rows without those that speak of the same thing as one before."""
        first: dict[Any, Line] = {}
        good = []
        for line in found:
            kept = first.setdefault(_identity(line), line)
            if kept is line:
                good.append(line)
                continue
            place = f"{kept.sheet.name} 第 {kept.row} 行"
            where = f"row {kept.row} of {kept.sheet.name}"
            self._fault(
                line,
                Refused("", f"与{place}说的是同一项，请删去一行", f"says the same as {where}: delete one"),
            )
        return good

    # -- units ---------------------------------------------------------------------------------

    def _unit(self, line: Line) -> None:
        fields, id = line.fields, line.fields["id"]
        kind, above = fields.get("kind", "service_point"), fields.get("parent") or None
        row = self.book.register.one(register.UNITS, id)
        if row is None:
            actions.found_organization(
                id, kind, parent=above, begins=fields["begins"], by=self.by, **line.given(*PLAIN)
            )
            return
        _same(row["kind"], kind, "kind", "类别", "kind")
        _same(row["begins"], fields["begins"], "begins", "起始日", "first day")
        if row["ends"] is not None:
            _same(row["ends"], line.get("ends"), "ends", "撤销日", "last day")
        if "parent" in fields:
            self._parent(line, id, above)
        actions.change_organization(id, by=self.by, **line.given(*PLAIN))

    def _parent(self, line: Line, id: str, above: str | None) -> None:
        placed = self.book.register.of(register.PLACEMENTS, id)
        present = placed[-1][1]["parent_id"] if placed else None
        if present == above:
            return
        if above is None or present is None:
            raise Refused(
                "parent", f"上级应为 {present or '空'}，请改正", f"the parent is {present or 'none'}: mend it"
            )
        if line.get("moved") is None:
            raise Refused(
                "moved",
                f"上级由 {present} 改为 {above}，请填自何日起调整",
                f"the parent changes from {present} to {above}: say since which day",
            )
        actions.move_organization(id, above, line.fields["moved"], by=self.by)

    def _end_unit(self, line: Line) -> None:
        row = rules.unit(self.book.register, line.fields["id"])
        if line.get("ends") is not None and row["ends"] is None:
            actions.close_organization(line.fields["id"], line.fields["ends"], by=self.by)

    # -- posts ---------------------------------------------------------------------------------

    def _post(self, line: Line) -> None:
        fields = line.fields
        organization, name, begins = fields["organization"], fields["name_zh"], fields["begins"]
        id = fields.get("id") or self._post_named(organization, name, begins)
        row = self.book.register.one(register.POSTS, id) if id else None
        given = line.given("name_en", "roles", "head")
        if row is None:
            id = actions.create_post(organization, name, begins=begins, by=self.by, id=id or "", **given)
            self.posts_by_name[organization, name].append(id)
        else:
            _same(row["organization_id"], organization, "organization", "单位", "unit")
            _same(row["begins"], begins, "begins", "设岗日", "first day")
            if row["ends"] is not None:
                _same(row["ends"], line.get("ends"), "ends", "撤岗日", "last day")
            actions.change_post(id, by=self.by, name_zh=name, **given)
            if id not in self.posts_by_name[organization, name]:
                self.posts_by_name[organization, name].append(id)
        self.post_of[line.sheet.name, line.row] = id

    def _post_named(self, organization: str, name: str, begins: dt.date) -> str:
        """The post that a row means: of that unit and name, begun that day, or still there."""
        rows = {id: self._row(id) for id in self.posts_by_name[organization, name]}
        exact = [id for id, row in rows.items() if row["begins"] == begins]
        chosen = exact or [id for id, row in rows.items() if row["ends"] is None]
        if len(chosen) > 1:
            raise Refused(
                "id",
                f"同名岗位有 {len(chosen)} 个，请填岗位编号",
                f"{len(chosen)} posts have this name: give the id",
            )
        return chosen[0] if chosen else ""

    def _row(self, id: str) -> Row:
        return rules.post(self.book.register, id)

    def _stand_in(self, line: Line) -> None:
        if "stand_in" not in line.fields:
            return
        id, said = self.post_of[line.sheet.name, line.row], line.fields["stand_in"]
        other = self._meant(said, line.fields["organization"], "stand_in") if said else None
        row = self._row(id)
        if row["stand_in_id"] == other:
            return
        begun = [key[1] for key, _ in self.book.register.of(register.STAND_INS, id)]
        since = [row["begins"], self._row(other)["begins"]] if other else [row["begins"]]
        at = self.now if begun else actions.midnight(max(since))
        actions.set_stand_in(id, other, by=self.by, at=at)

    def _meant(self, said: str, organization: str, field: str, day: dt.date | None = None) -> str:
        """The post of an id, of ``unit/name``, or of a name in the same unit."""
        if self.book.register.one(register.POSTS, said) is not None:
            return said
        unit, _, name = said.rpartition("/")
        rows = {id: self._row(id) for id in self.posts_by_name[unit or organization, name]}
        alive = [
            id
            for id, row in rows.items()
            if (row["ends"] is None if day is None else row["begins"] <= day <= (row["ends"] or day))
        ]
        if len(alive) != 1:
            found = "没有" if not alive else f"有 {len(alive)} 个"
            raise Refused(
                field,
                f"单位 {unit or organization} {found}岗位“{name[:40]}”，请核对名称与日期或填岗位编号",
                f"unit {unit or organization} has {len(alive)} posts of that name: check name and day, or give the id",
            )
        return alive[0]

    def _end_post(self, line: Line) -> None:
        id = self.post_of[line.sheet.name, line.row]
        if line.get("ends") is not None and self._row(id)["ends"] is None:
            actions.close_post(id, line.fields["ends"], by=self.by)

    def _post_in(self, line: Line) -> str:
        fields = line.fields
        if fields.get("post"):
            rules.post(self.book.register, fields["post"])
            return str(fields["post"])
        return self._meant(fields["name_zh"], fields["organization"], "name_zh", fields["begins"])

    # -- people --------------------------------------------------------------------------------

    def _tenure(self, line: Line) -> None:
        post, begins, ends = self._post_in(line), line.fields["begins"], line.get("ends")
        row = self.book.register.rows[register.TENURES].get((post, begins))
        person = self._person(line, row)
        if row is None or row["person_id"] != person:
            actions.appoint(person, post, begins, by=self.by, ends=ends)
        elif row["ends"] is None and ends is not None:
            rules.days(begins, ends)
            actions.relieve(post, ends, by=self.by)
        elif "ends" in line.fields:
            _same(row["ends"], ends, "ends", "任职末日", "last day")

    def _person(self, line: Line, held: Row | None) -> str:
        """The person a row means: by id, by staff number, as holder of that very tenure, or by a name of one only."""
        id, name, number = line.get("person") or "", line.fields["name"], line.get("number") or ""
        if not id and number:
            id = self.people_by_number.get(number, "")
        if not id and held is not None and self.book.people[held["person_id"]]["name"] == name:
            id = held["person_id"]
        if not id and not number and self.people_by_name[name]:
            raise Refused(
                "number", "已有同名的人，请填工号或人员编号以区分", "somebody of this name is known: give the staff number or the id"
            )  # fmt: skip
        if id in self.book.people:
            actions.change_person(id, by=self.by, name=name, number=number or None)
        else:
            id = actions.register_person(name, by=self.by, number=number, id=id)
        self._know(id, self.book.people[id])
        return id

    def _know(self, id: str, person: dict[str, str]) -> None:
        if id not in self.people_by_name[person["name"]]:
            self.people_by_name[person["name"]].append(id)
        if person["number"]:
            self.people_by_number[person["number"]] = id

    def _seat(self, line: Line) -> None:
        fields = line.fields
        post, ends = self._post_in(line), line.get("ends")
        row = self.book.register.rows[register.MEMBERSHIPS].get((fields["group"], post, fields["begins"]))
        if row is None:
            actions.join_group(fields["group"], post, fields["duty"], fields["begins"], by=self.by)
        else:
            _same(row["duty"], fields["duty"], "duty", "组内职务", "duty")
            if row["ends"] is not None:
                _same(row["ends"], ends, "ends", "末日", "last day")
                return
        if ends is not None:
            rules.days(fields["begins"], ends)
            actions.leave_group(fields["group"], post, ends, by=self.by)


def _same(present: Any, said: Any, field: str, zh: str, en: str) -> None:
    if present != said:
        raise Refused(
            field,
            f"已登记的{zh}是 {present or '空'}，不能改为 {said or '空'}；请改回",
            f"the {en} on record is {present or 'none'} and cannot become {said or 'none'}: put it back",
        )


def _first_day(line: Line) -> dt.date:
    day: dt.date = line.fields["begins"]
    return day


def _identity(line: Line) -> Any:
    """What a row is about: two rows about one thing would overwrite each other."""
    fields = line.fields
    if line.sheet in (sheets.UNITS, sheets.POINTS):
        return "unit", fields["id"]
    post = fields.get("post") or fields.get("id") or (fields["organization"], fields["name_zh"])
    if line.sheet is sheets.POSTS:
        return "post", post if isinstance(post, str) else (*post, fields["begins"])
    return line.sheet.name, post, fields["begins"], fields.get("group")


def _parents_first(found: Iterable[Line]) -> list[Line]:
    """Units in such an order that each comes after its parent; what runs in a circle comes last."""
    waiting = {line.fields["id"]: line for line in found}
    ordered: list[Line] = []
    ready = [line for line in waiting.values() if line.get("parent") not in waiting]
    below: dict[str, list[Line]] = defaultdict(list)
    for line in waiting.values():
        below[line.get("parent") or ""].append(line)
    while ready:
        ordered += ready
        ready = [child for line in ready for child in below[line.fields["id"]]]
    placed = {line.fields["id"] for line in ordered}
    return ordered + [line for id, line in waiting.items() if id not in placed]
