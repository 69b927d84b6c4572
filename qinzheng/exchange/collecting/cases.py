"""From the rows of a source to whole cases: what the mapping made of them, with units, items and officers of ours.

A case of which something cannot be told apart (an unknown unit, an unknown item) is held back whole, with the reason.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from django.db.models import Q

from qinzheng.cases import outside
from qinzheng.cases.about import LONGEST_TITLE, About
from qinzheng.cases.adopting import History, Taken
from qinzheng.cases.engine import Who
from qinzheng.cases.schema import Act, Procedure
from qinzheng.definitions import shelf
from qinzheng.exchange import mapping as mappings
from qinzheng.exchange.collecting.schema import Collector
from qinzheng.exchange.collecting.sources import WATERMARK
from qinzheng.exchange.mapping import Event, Intake
from qinzheng.exchange.reading import Batch, Place
from qinzheng.exchange.times import DAY, EPOCH, Rejected
from qinzheng.ledger.envelope import Precision
from qinzheng.organizations.models import Organization

FIGURES = ("days", "amount", "already_there")
"""The fields in which an act states the one number that the kernel reads (see ``qinzheng.supervision.live.value``)."""


@dataclass
class Seen:
    """What the rows of one case say of it besides its acts, and where it stands in the source."""

    item: str = ""
    title: str = ""
    town: str = ""
    mark: str = ""
    """the watermark of its first row"""


class Watched(mappings.Report):
    """A report that also remembers every row that was not taken."""

    def __init__(self) -> None:
        super().__init__()
        self.places: set[Place] = set()

    def reject(self, place: Place, why: Rejected) -> None:
        super().reject(place, why)
        self.places.add(place)


@dataclass
class Gathered:
    """The cases of a part, and those held back with the reason in two languages."""

    histories: list[History] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    held: list[tuple[str, str, str]] = field(default_factory=list)
    """(case, Chinese, English)"""


class Gatherer:
    """Takes the batches of a part and tells its cases."""

    def __init__(self, collector: Collector, intake: Intake, procedure: Procedure) -> None:
        self.collector, self.intake, self.procedure = collector, intake, procedure
        self.report = Watched()
        intake.report = self.report
        self.seen: dict[str, Seen] = {}
        self.case_at: dict[Place, str] = {}
        self.last_mark = ""
        self.acts = ["", *intake.acts]
        self.units = Units(collector.organizations)
        self.named = outside.officers(f"collector:{collector.id}")

    def take(self, batches: Iterable[Batch]) -> None:
        """Take every row."""
        self.intake.take(self._noting(batches))

    def _noting(self, batches: Iterable[Batch]) -> Iterator[Batch]:
        """The batches as they come, noted in passing."""
        collector, case_field = self.collector, self.intake.mapping.case
        for batch in batches:
            nothing: list[str | None] = [None] * batch.size
            columns = [
                batch.columns.get(name, nothing) if name else nothing
                for name in (collector.item, collector.title, collector.town, WATERMARK)
            ]
            for place, case, *about in zip(batch.places, batch.columns[case_field], *columns, strict=True):
                name = (case or "").strip()
                item, title, town, mark = ((text or "").strip() for text in about)
                self.case_at[place] = name
                self.last_mark = mark or self.last_mark
                seen = self.seen.setdefault(name, Seen(mark=mark))
                seen.item, seen.title, seen.town = seen.item or item, seen.title or title, seen.town or town
            yield batch

    def gathered(self) -> Gathered:
        """Every case of the part, in the order of their names."""
        found = Gathered()
        spoilt = self._spoilt()
        for name, events in self.intake.by_case():
            if name in spoilt:
                zh, en = "有一行未收，整件留待下次", "one of its rows was rejected: the whole case waits"
                found.held.append((name, zh, en))
                continue
            try:
                history = self._history(name, events)
            except Rejected as why:
                found.held.append((name, why.zh, why.en))
                continue
            if history is not None:
                found.histories.append(history)
                found.names.append(name)
        return found

    def _spoilt(self) -> set[str]:
        """Cases of which a row was rejected: told in part, they would look later than they are."""
        if self.intake.mapping.row == "case":  # the row that was taken tells the whole case
            return set()
        return {self.case_at[place] for place in self.report.places if place in self.case_at}

    # -- one case -------------------------------------------------------------------------------

    def _history(self, name: str, events: Sequence[Event]) -> History | None:
        acts = [self._taken(event) for event in events if self._act(event) is not None]
        if not acts:
            return None
        seen = self.seen.get(name, Seen())
        if len(seen.title) > LONGEST_TITLE:
            raise Rejected("标题过长", f"the title is longer than {LONGEST_TITLE} characters")
        about = About(self._item(seen.item), seen.title, self.units(seen.town) if seen.town else "")
        key = outside.key(f"collector:{self.collector.id}", name)
        return History(key, self.procedure.id, acts, about, {self.collector.number: name})

    def _act(self, event: Event) -> Act | None:
        return self.procedure.acts.get(self.acts[event.act]) if event.act >= 0 else None

    def _taken(self, event: Event) -> Taken:
        name = self.acts[event.act]
        unit = self.units(self.intake.organizations.name(event.organization))
        officer = self.named(self.intake.actors.name(event.actor))
        role = self.intake.roles.name(event.role) or outside.role(self.procedure, name)
        precision: Precision = "day" if event.precision == DAY else "instant"
        reported = event.reported if event.reported >= 0 else None
        return Taken(
            name, Who(officer, unit, role), event.at, self._form(name, event), reported, None, precision
        )

    def _form(self, name: str, event: Event) -> dict[str, object]:
        """What the row says of the act beyond its moment: the unit it goes to, a number, a stated due moment."""
        act = self.procedure.acts[name]
        form: dict[str, object] = {}
        figure = next((each for each in FIGURES if each in act.form), None)
        if act.assigns and event.value >= 0:
            form[act.assigns] = self.units(self.intake.organizations.name(event.value))
        elif figure is not None and event.value >= 0:
            form[figure] = bool(event.value) if act.form[figure].type == "boolean" else event.value
        if "due_at" in act.form and event.due >= 0:
            due = (EPOCH + dt.timedelta(microseconds=event.due)).astimezone(shelf.ZONE)
            form["due_at"] = due.strftime(
                "%Y-%m-%dT%H:%M" if act.form["due_at"].type == "instant" else "%Y-%m-%d"
            )
        return form

    def _item(self, name: str) -> str:
        if not name:
            return ""
        id = self.collector.items.get(name, name)
        try:
            shelf.library().get("item", id)
        except KeyError:
            raise Rejected(
                f"没有事项 {name}：在收集器的 items 中写明对应", f"there is no item {name}: name its counterpart under items of the collector"
            ) from None  # fmt: skip
        return id


class Units:
    """Names of units over there to ids of ours, each looked up once."""

    def __init__(self, named: dict[str, str]) -> None:
        self.found: dict[str, str | Rejected] = {}
        self.named = named

    def __call__(self, name: str) -> str:
        """The id. Raises ``Rejected`` where there is no such unit, or more than one."""
        if name not in self.found:
            try:
                self.found[name] = self._look(self.named.get(name, name))
            except Rejected as why:
                self.found[name] = why
        found = self.found[name]
        if isinstance(found, Rejected):
            raise found
        return found

    def _look(self, name: str) -> str:
        rows = Organization.objects.filter(Q(pk=name) | Q(name_zh=name) | Q(code=name)) if name else ()
        ids = sorted({row.pk for row in rows if row.pk == name}) or sorted({row.pk for row in rows})
        if len(ids) != 1:
            why = ("没有", "there is no") if not ids else ("不止一个", "there is more than one")
            raise Rejected(
                f"{why[0]}单位 {name}：在收集器的 organizations 中写明对应，或先建立该单位",
                f"{why[1]} unit {name}: name its counterpart under organizations of the collector, or found it first",
                name,
            )
        return ids[0]
