"""Applies a mapping: rows of another system's log become cases of acts, written to an archive.

All-or-reported: a row is accepted or rejected with a reason. Reading the same log again gives the same
archive, whatever order its rows came in. Events of the same moment are ordered by the field that the mapping
names; else by the trace (XES), or as the procedure lists its acts (CSV, Parquet: their rows have no order).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

from qinzheng.cases.schema import Procedure
from qinzheng.clocks.machine import NONE
from qinzheng.exchange import reading
from qinzheng.exchange.schema import Drawn, Mapping, Moment, RowAct
from qinzheng.exchange.times import Reach, Rejected, Row, Times
from qinzheng.supervision import archive, ladders

SHOWN = 20
LARGEST = 1 << 62
MOST = 1_000_000
"""The largest number an act may state: days told in a notice, units granted."""


@dataclass(order=True, frozen=True)
class Rejection:
    """A row not taken: where it stands in the file, why, and the value at fault (never shown in a report)."""

    place: reading.Place
    zh: str
    en: str
    value: str = ""


@dataclass
class Report:
    """What came of the rows: accepted, and rejected by reason with the first few named."""

    rows: int = 0
    accepted: int = 0
    later: int = 0
    """events after the moment as of which is judged: left out, since they were not known then"""
    reasons: Counter[tuple[str, str]] = field(default_factory=Counter)
    shown: list[Rejection] = field(default_factory=list)
    """the first ``SHOWN``"""

    @property
    def rejected(self) -> int:
        return self.reasons.total()

    def add(self, log: reading.Log) -> None:
        """Take over the rows that could not even be read."""
        self.rows += log.reasons.total()
        self.reasons += log.reasons
        self.shown = sorted([*self.shown, *(Rejection(f.place, f.zh, f.en) for f in log.faults)])[:SHOWN]

    def reject(self, place: reading.Place, why: Rejected) -> None:
        """Count a row that is not taken, and name the first few."""
        self.reasons[why.zh, why.en] += 1
        if len(self.shown) < SHOWN:
            self.shown.append(Rejection(place, why.zh, why.en, why.value))


def place(at: reading.Place, form: str) -> tuple[str, str]:
    """Where a row stands, as people look it up: the row of a spreadsheet, the line of a text editor."""
    row, line = at
    if form == "xes":
        return f"第 {row} 条事件（文件第 {line} 行）", f"event {row} (line {line} of the file)"
    if line in (0, row):
        return f"第 {row} 行", f"row {row}"
    return f"第 {row} 行（文件第 {line} 行）", f"row {row} (line {line} of the file)"


class Codes:
    """Names to small integers, in order of first appearance."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self.names = list(names)
        self.codes = {name: code for code, name in enumerate(self.names)}

    def __call__(self, name: str | None) -> int:
        if not name:
            return NONE
        code = self.codes.get(name)
        if code is None:
            code = self.codes[name] = len(self.names)
            self.names.append(name)
        return code

    def name(self, code: int) -> str:
        return self.names[code] if code >= 0 else ""


@dataclass(slots=True)
class Event:
    """One accepted event before it is sorted into its case; ``order`` only breaks ties."""

    at: int
    precision: int
    act: int
    activity: int
    order: int
    organization: int
    actor: int
    role: int
    reported: int
    value: int
    due: int


class Intake:
    """Gathers events by case and writes the archive. ``until``: later events are left out (None: none are)."""

    def __init__(
        self, mapping: Mapping, procedure: Procedure, reach: Reach | None, until: int | None
    ) -> None:
        self.mapping = mapping
        self.reach = reach
        self.until = until
        self.acts = {name: code for code, name in enumerate(sorted(procedure.acts), start=ladders.OTHER + 1)}
        self.rank = {self.acts[name]: rank for rank, name in enumerate(procedure.acts)}
        self.zone = ZoneInfo(mapping.zone)
        self.organizations = Codes()
        self.actors = Codes()
        self.roles = Codes()
        self.activities = Codes()
        self.report = Report()
        self.cases: dict[str, list[Event]] = {}
        self.stated: dict[str, tuple[list[Event], reading.Place]] = {}
        self._row = self._case_row if mapping.row == "case" else self._event_row()

    def take(self, batches: Iterable[reading.Batch]) -> None:
        """Take every row of the log."""
        for batch in batches:
            names = list(batch.columns)
            for place, values in zip(batch.places, zip(*batch.columns.values(), strict=True), strict=True):
                self.report.rows += 1
                try:
                    self._row(dict(zip(names, values, strict=True)), place)
                    self.report.accepted += 1
                except Rejected as why:
                    self.report.reject(place, why)

    def _case_of(self, row: Row) -> str:
        name = (row.get(self.mapping.case) or "").strip()
        if not name:
            raise Rejected(
                f"字段 {self.mapping.case} 为空，不知是哪一件",
                f"field {self.mapping.case} is empty: which case?",
            )
        return name

    def _add(self, case: str, event: Event) -> None:
        self.cases.setdefault(case, []).append(event)

    # -- a row is a case ------------------------------------------------------------------------

    def _case_row(self, row: Row, place: reading.Place) -> None:
        case = self._case_of(row)
        organization = self.organizations(_drawn(self.mapping.organization, row))
        events = [
            event
            for number, act in enumerate(self.mapping.row_acts)
            if (event := self._row_act(act, row, number, organization)) is not None
        ]
        if not events:
            raise Rejected("这一行没有任何时间", "this row holds no time at all")
        if case in self.stated:
            self._stated_again(case, events, place)
            return
        self.stated[case] = (events, place)
        for event in events:
            self._add(case, event)

    def _stated_again(self, case: str, events: list[Event], place: reading.Place) -> None:
        """One case in two rows: the one that says more stands, whichever came first; the other is rejected."""
        kept, held = self.stated[case]
        why = Rejected(
            "同一办件另有一行，取内容较全的一行", "the case has another row; the fuller one is taken", case
        )
        if self._weight(events) <= self._weight(kept):
            raise why
        self.report.reject(held, why)
        self.report.accepted -= 1
        self.cases.pop(case, None)
        self.stated[case] = (events, place)
        for event in events:
            self._add(case, event)

    def _weight(self, events: list[Event]) -> tuple[int, list[tuple[object, ...]]]:
        return len(events), [(event.at, event.order, *self._content(event)) for event in events]

    def _row_act(self, act: RowAct, row: Row, order: int, organization: int) -> Event | None:
        if any((row.get(name) or "") not in values for name, values in act.when.items()):
            return None
        time = self._moment(act.at)(row)
        if time is None:
            return None
        reported = self._moment(act.reported)(row) if act.reported else None
        due = self._moment(act.due)(row) if act.due else None
        return Event(
            time[0], time[1], self.acts[act.act], self.activities(act.act), order, organization, NONE, NONE,
            reported[0] if reported else NONE, self.mapping.values.get(act.act, NONE), due[0] if due else NONE,
        )  # fmt: skip

    def _moment(self, moment: Moment) -> Times:
        cache = self.__dict__.setdefault("_times", {})
        if id(moment) not in cache:
            cache[id(moment)] = Times(moment, self.zone, self.reach)
        times: Times = cache[id(moment)]
        return times

    # -- a row is an event ----------------------------------------------------------------------

    def _event_row(self) -> Callable[[Row, reading.Place], None]:
        mapping = self.mapping
        assert mapping.at is not None
        assert mapping.activity is not None
        at = self._moment(mapping.at)
        reported = self._moment(mapping.reported) if mapping.reported else None
        due = self._moment(mapping.due) if mapping.due else None
        in_order = mapping.format == "xes"
        act_of = {activity: act for act, activities in mapping.acts.items() for activity in activities}
        values = {self.acts[act]: number for act, number in mapping.values.items()}
        fields = {self.acts[act]: field for act, field in mapping.value_fields.items()}
        assigns = {self.acts[act]: field for act, field in mapping.assigns.items()}
        activity_field = mapping.activity

        def take(row: Row, place: reading.Place) -> None:
            case = self._case_of(row)
            activity = (row.get(activity_field) or "").strip()
            named = act_of.get(activity)
            if named is None and mapping.others == "reject":
                raise Rejected(
                    f"字段 {activity_field} 的活动不在映射中",
                    f"the activity in field {activity_field} is not in the mapping",
                    activity,
                )
            time = at(row)
            if time is None:
                raise Rejected("这一行没有时间", "this row has no time")
            entered = reported(row) if reported else None
            stated = due(row) if due else None
            order = _number(row.get(mapping.order), mapping.order, NONE, LARGEST) if mapping.order else NONE
            act = self.acts[named] if named else ladders.OTHER
            value = values.get(act, NONE)
            if act in fields:
                value = _number(row.get(fields[act]), fields[act], value)
            elif act in assigns:
                value = self.organizations(row.get(assigns[act]))
            self._add(
                case,
                Event(
                    time[0], time[1], act, self.activities(activity), place[0] if in_order and order < 0 else order,
                    self.organizations(_drawn(mapping.organization, row)),
                    self.actors(row.get(mapping.actor)) if mapping.actor else NONE,
                    self.roles(row.get(mapping.role)) if mapping.role else NONE,
                    entered[0] if entered else NONE, value, stated[0] if stated else NONE,
                ),
            )  # fmt: skip

        return take

    # -- out ------------------------------------------------------------------------------------

    def write(self, path: Path) -> archive.Meaning:
        """Write the archive, cases in the order of their names, events by time and numbered from 1."""
        meaning = archive.Meaning(
            procedure=self.mapping.procedure,
            acts=["", *self.acts],
            organizations=self.organizations.names,
            actors=self.actors.names,
            roles=self.roles.names,
            activities=self.activities.names,
            zone=self.mapping.zone,
        )
        with archive.Writer(path, meaning, archive.COLUMNS) as writer:
            for name, events in self.by_case():
                rows = {
                    column: [getattr(event, column) for event in events]
                    for column in archive.COLUMNS
                    if column not in ("recorded", "order")
                }
                rows["recorded"] = [NONE] * len(events)
                rows["order"] = list(range(1, len(events) + 1))
                meaning.last = max(meaning.last, events[-1].at)
                writer.case(name, [event.activity for event in events], rows)
        return meaning

    def by_case(self) -> Iterator[tuple[str, list[Event]]]:
        """Every case of which something is known, by name, with its events in order."""
        for name in sorted(self.cases):
            events = self._known(self.cases[name])
            if events:
                yield name, events

    def _known(self, events: list[Event]) -> list[Event]:
        """The events of a case in order, those after ``until`` left out and counted."""
        if self.until is not None:
            known = [event for event in events if event.at <= self.until]
            self.report.later += len(events) - len(known)
            events = known
        return sorted(events, key=self._key)

    def _key(self, event: Event) -> tuple[object, ...]:
        """The place of an event in its case; of equal ones it does not matter which comes first."""
        if event.order >= 0:
            return event.at, event.order
        return event.at, NONE, *self._content(event)

    def _content(self, event: Event) -> tuple[object, ...]:
        """All that an event says besides when and in which order, independent of codes."""
        return (
            self.rank.get(event.act, len(self.rank)), self.activities.name(event.activity),
            self.organizations.name(event.organization), self.actors.name(event.actor), self.roles.name(event.role),
            event.precision, event.reported, event.value, event.due,
        )  # fmt: skip


def _drawn(drawn: Drawn | None, row: Row) -> str | None:
    if drawn is None:
        return None
    text = (row.get(drawn.field) or "").strip()
    if drawn.pattern is not None:
        found = re.search(drawn.pattern, text)
        return found.group(0) if found else drawn.otherwise
    return text or drawn.otherwise


def _number(text: str | None, name: str, otherwise: int, most: int = MOST) -> int:
    if not (text or "").strip():
        return otherwise
    try:
        number = int(str(text))
    except ValueError:
        number = NONE
    if not 0 <= number <= most:
        raise Rejected(
            f"字段 {name} 应为 0 至 {most} 的整数",
            f"field {name} must be a whole number from 0 to {most}",
            str(text),
        )
    return number


def take_log(
    path: Path,
    mapping: Mapping,
    procedure: Procedure,
    out: Path,
    progress: Callable[[int, int], None] | None = None,
    *,
    reach: Reach | None = None,
    until: int | None = None,
) -> tuple[archive.Meaning, Report]:
    """Read a log through a mapping and write the archive ``out``.

    ``reach``: rows with a moment outside it are rejected. ``until``: events after it are left out.
    """
    intake = Intake(mapping, procedure, reach, until)
    with reading.open_log(
        path, format=mapping.format, columns=mapping.fields(), encoding=mapping.encoding,
        delimiter=mapping.delimiter, guarded=mapping.guarded, progress=progress,
    ) as log:  # fmt: skip
        intake.take(log)
        intake.report.add(log)
    return intake.write(out), intake.report
