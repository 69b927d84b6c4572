"""Applies a mapping: rows of another system's log become cases of acts, written to an archive.

All-or-reported: a row is accepted or rejected with a reason. Reading the same log again gives the same
archive, whatever order its rows came in, as long as their times differ; equal times keep the log's order.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Callable, Iterable
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

from qinzheng.cases.schema import Procedure
from qinzheng.clocks.machine import NONE
from qinzheng.exchange import reading
from qinzheng.exchange.schema import Drawn, Mapping, Moment, RowAct
from qinzheng.supervision import archive, ladders

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
MICROSECOND = dt.timedelta(microseconds=1)
INSTANT, DAY = 0, 1
SHOWN = 20

Row = MappingOf[str, str | None]


class Rejected(Exception):
    """A row that cannot be read: its reason in two languages."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(f"{zh} / {en}")
        self.zh = zh
        self.en = en


@dataclass
class Report:
    """What came of the rows: accepted, and rejected by reason with the first few named."""

    rows: int = 0
    accepted: int = 0
    reasons: Counter[tuple[str, str]] = field(default_factory=Counter)
    shown: list[tuple[int, str, str]] = field(default_factory=list)
    """(row number from 1, reason zh, reason en) of the first ``SHOWN``"""

    @property
    def rejected(self) -> int:
        return self.reasons.total()

    def add(self, log: reading.Log) -> None:
        """Take over the rows that could not even be read."""
        self.rows += log.reasons.total()
        self.reasons += log.reasons
        self.shown = sorted([*self.shown, *((f.row, f.reason_zh, f.reason_en) for f in log.faults)])[:SHOWN]

    def reject(self, row: int, zh: str, en: str) -> None:
        self.reasons[zh, en] += 1
        if len(self.shown) < SHOWN:
            self.shown.append((row, zh, en))


class Codes:
    """Names to small integers, in order of first appearance."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self.codes: dict[str, int] = {name: code for code, name in enumerate(names)}

    def __call__(self, name: str | None) -> int:
        if not name:
            return NONE
        return self.codes.setdefault(name, len(self.codes))

    def names(self) -> list[str]:
        return list(self.codes)


class Times:
    """Reads one ``Moment``: text to (microseconds UTC, precision)."""

    def __init__(self, moment: Moment, zone: ZoneInfo) -> None:
        self.moment = moment
        self.zone = zone
        self.seen: dict[str, tuple[int, int]] = {}

    def __call__(self, row: Row) -> tuple[int, int] | None:
        """None where the field is empty; ``Rejected`` where it is no time."""
        text = (row.get(self.moment.field) or "").strip()
        if not text or text in self.moment.empty:
            return None
        known = self.seen.get(text)
        if known is None:
            known = self.read(text)
            if len(self.seen) < 100_000:
                self.seen[text] = known
        return known

    def read(self, text: str) -> tuple[int, int]:
        moment = self.moment
        try:
            if moment.form == "iso":
                time = dt.datetime.fromisoformat(text)
            else:
                time = dt.datetime.strptime(text, moment.form)
            if time.tzinfo is None:
                time = time.replace(tzinfo=self.zone)
            precision = INSTANT
            if moment.precision != "instant":
                local = time.astimezone(self.zone)
                if moment.precision == "day" or (local.hour, local.minute, local.second) == (0, 0, 0):
                    precision = DAY
                    time = local.replace(hour=0, minute=0, second=0, microsecond=0)
            return (time - EPOCH) // MICROSECOND, precision
        except (ValueError, OverflowError):
            raise Rejected(
                f"字段 {moment.field} 不是时间（应为 {moment.form}）：{text[:40]!r}",
                f"field {moment.field} is not a time (expected {moment.form}): {text[:40]!r}",
            ) from None


@dataclass(slots=True)
class Event:
    """One accepted event before it is sorted into its case."""

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
    """Gathers events by case and writes the archive."""

    def __init__(self, mapping: Mapping, procedure: Procedure) -> None:
        self.mapping = mapping
        self.acts = {name: code for code, name in enumerate(sorted(procedure.acts), start=ladders.OTHER + 1)}
        self.zone = ZoneInfo(mapping.zone)
        self.organizations = Codes()
        self.actors = Codes()
        self.roles = Codes()
        self.activities = Codes()
        self.report = Report()
        self.cases: dict[str, list[Event]] = {}
        self.last = NONE
        self._row = self._case_row if mapping.row == "case" else self._event_row()

    def take(self, batches: Iterable[reading.Batch]) -> None:
        """Take every row of the log."""
        for batch in batches:
            names = list(batch.columns)
            for offset, values in enumerate(zip(*batch.columns.values(), strict=True)):
                number = batch.first_row + offset
                self.report.rows += 1
                try:
                    self._row(dict(zip(names, values, strict=True)), number)
                    self.report.accepted += 1
                except Rejected as why:
                    self.report.reject(number, why.zh, why.en)

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
        if event.at > self.last:
            self.last = event.at

    # -- a row is a case ------------------------------------------------------------------------

    def _case_row(self, row: Row, number: int) -> None:
        case = self._case_of(row)
        organization = self.organizations(_drawn(self.mapping.organization, row))
        events = [
            event
            for place, act in enumerate(self.mapping.row_acts)
            if (event := self._row_act(act, row, number * 8 + place, organization)) is not None
        ]
        if not events:
            raise Rejected("这一行没有任何时间", "this row holds no time at all")
        if case in self.cases:
            raise Rejected(f"办件 {case} 已在前面出现过", f"case {case} has appeared before")
        for event in events:
            self._add(case, event)

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
            cache[id(moment)] = Times(moment, self.zone)
        times: Times = cache[id(moment)]
        return times

    # -- a row is an event ----------------------------------------------------------------------

    def _event_row(self) -> Callable[[Row, int], None]:
        mapping = self.mapping
        assert mapping.at is not None
        assert mapping.activity is not None
        at = Times(mapping.at, self.zone)
        reported = Times(mapping.reported, self.zone) if mapping.reported else None
        due = Times(mapping.due, self.zone) if mapping.due else None
        act_of = {activity: act for act, activities in mapping.acts.items() for activity in activities}
        values = {self.acts[act]: number for act, number in mapping.values.items()}
        fields = {self.acts[act]: field for act, field in mapping.value_fields.items()}
        assigns = {self.acts[act]: field for act, field in mapping.assigns.items()}
        activity_field = mapping.activity

        def take(row: Row, number: int) -> None:
            case = self._case_of(row)
            activity = (row.get(activity_field) or "").strip()
            named = act_of.get(activity)
            if named is None and mapping.others == "reject":
                raise Rejected(
                    f"活动 {activity!r} 不在映射中", f"activity {activity!r} is not in the mapping"
                )
            time = at(row)
            if time is None:
                raise Rejected("这一行没有时间", "this row has no time")
            entered = reported(row) if reported else None
            stated = due(row) if due else None
            act = self.acts[named] if named else ladders.OTHER
            value = values.get(act, NONE)
            if act in fields:
                value = _number(row.get(fields[act]), fields[act], value)
            elif act in assigns:
                value = self.organizations(row.get(assigns[act]))
            self._add(
                case,
                Event(
                    time[0], time[1], act, self.activities(activity), number,
                    self.organizations(_drawn(mapping.organization, row)),
                    self.actors(row.get(mapping.actor)) if mapping.actor else NONE,
                    self.roles(row.get(mapping.role)) if mapping.role else NONE,
                    entered[0] if entered else NONE, value, stated[0] if stated else NONE,
                ),
            )  # fmt: skip

        return take

    # -- out ------------------------------------------------------------------------------------

    def write(self, path: Path) -> archive.Meaning:
        """Write the archive, cases in the order of their names, events by time."""
        meaning = archive.Meaning(
            procedure=self.mapping.procedure,
            acts=["", *self.acts],
            organizations=self.organizations.names(),
            actors=self.actors.names(),
            roles=self.roles.names(),
            activities=self.activities.names(),
            zone=self.mapping.zone,
            last=self.last,
        )
        with archive.Writer(path, meaning, archive.COLUMNS) as writer:
            for name in sorted(self.cases):
                events = sorted(self.cases[name], key=lambda event: (event.at, event.order))
                rows = {
                    column: [getattr(event, column) for event in events]
                    for column in archive.COLUMNS
                    if column != "recorded"
                }
                rows["recorded"] = [NONE] * len(events)
                writer.case(name, [event.activity for event in events], rows)
        return meaning


def _drawn(drawn: Drawn | None, row: Row) -> str | None:
    if drawn is None:
        return None
    text = (row.get(drawn.field) or "").strip()
    if drawn.pattern is not None:
        found = re.search(drawn.pattern, text)
        return found.group(0) if found else drawn.otherwise
    return text or drawn.otherwise


def _number(text: str | None, name: str, otherwise: int) -> int:
    if not (text or "").strip():
        return otherwise
    try:
        return int(str(text))
    except ValueError:
        raise Rejected(
            f"字段 {name} 不是整数：{text!r}", f"field {name} is not a whole number: {text!r}"
        ) from None


def take_log(
    path: Path,
    mapping: Mapping,
    procedure: Procedure,
    out: Path,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[archive.Meaning, Report]:
    """Read a log through a mapping and write the archive ``out``."""
    intake = Intake(mapping, procedure)
    with reading.open_log(
        path, format=mapping.format, columns=mapping.fields(), encoding=mapping.encoding, progress=progress
    ) as log:
        intake.take(log)
        intake.report.add(log)
    return intake.write(out), intake.report
