"""What the placeholders of a notice stand for, and the words that come of it. Nothing here is a person."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from qinzheng.calendars import queries as calendars
from qinzheng.calendars.calendar import BeyondCalendar
from qinzheng.cases.models import Case
from qinzheng.cases.schema import Procedure
from qinzheng.clocks import explain
from qinzheng.definitions import shelf
from qinzheng.definitions.form import Text, placeholders
from qinzheng.ledger import actions as ledger
from qinzheng.ledger.queries import StoredEvent
from qinzheng.notifications import schema
from qinzheng.notifications.models import Notice

NATIONAL = "cn"
LEVELS = {
    "warning": Text(zh="预警", en="warning"), "yellow": Text(zh="黄牌", en="yellow card"), "red": Text(zh="红牌", en="red card"),
}  # fmt: skip
UNKNOWN = Text(zh="（未知）", en="(unknown)")
THEMSELVES = Text(zh="当事人本人", en="the applicant")
OPEN_END = Text(zh="未定", en="not known yet")
Facts = dict[str, list[str]]
"""Placeholder → [Chinese, English], as a notice keeps it."""


@dataclass(frozen=True)
class Happened:
    """An event with what is known of its case: all that a placeholder may need."""

    event: StoredEvent
    body: Mapping[str, Any]
    case: Case | None
    procedure: Procedure | None
    name: Callable[[str], Text]
    """the name of a unit or a post"""

    @property
    def unit(self) -> str:
        """The unit that answers: to whom a card was issued, else the one that handles the case after the event."""
        return str(
            self.body.get("to") or self.body.get("organization") or (self.case.organization if self.case else "")
            or self.event.organization
        )  # fmt: skip

    @property
    def state(self) -> str:
        """Where the case stood after the event; of what tells no state, where it stands."""
        return str(self.body.get("state") or (self.case.state if self.case else ""))

    @property
    def rule(self) -> Any:
        """The rule of a card, in the edition under which it was issued; None where it is not at hand."""
        try:
            return shelf.edition("rule", self.body["rule"], self.event.under).definition
        except (KeyError, shelf.NotPublished):
            return None


def facts(notice: schema.Notice, happened: Happened) -> Facts:
    """What every placeholder that the notice uses stands for."""
    wanted = {
        name
        for words in (notice.words.title, notice.words.text)
        for tongue in (words.zh, words.en)
        for name in placeholders(tongue)
    }
    wanted |= set(notice.sms.arguments.values() if notice.sms else ())
    found = {name: _FILLED[name](happened) for name in sorted(wanted)}
    return {name: [words.zh, words.en] for name, words in found.items()}


def said(words: Text, known: Facts) -> Text:
    """The words with their placeholders filled; one that is not known is said to be so."""
    zh = {name: pair[0] for name, pair in known.items()}
    en = {name: pair[1] for name, pair in known.items()}
    named = set(placeholders(words.zh)) | set(placeholders(words.en))
    missing = named - known.keys()
    return Text(
        zh=words.zh.format_map(zh | dict.fromkeys(missing, UNKNOWN.zh)),
        en=words.en.format_map(en | dict.fromkeys(missing, UNKNOWN.en)),
    )


@dataclass(frozen=True)
class Written:
    """A notice in words: the definition that caused it, its title and its text."""

    definition: schema.Notice
    title: Text
    text: Text


def written(row: Notice) -> Written:
    """The words of a notice, under the edition that it was made by."""
    definition: schema.Notice = shelf.edition("notice", row.definition, row.edition).definition
    return Written(
        definition, said(definition.words.title, row.facts), said(definition.words.text, row.facts)
    )


# -- placeholders --------------------------------------------------------------------------------------


def _plain(value: str) -> Text:
    return Text(zh=value, en=value)


def _matter(happened: Happened) -> Text:
    if happened.case is not None and happened.case.item:
        try:
            found: Text = shelf.library().get("item", happened.case.item).name
            return found
        except KeyError:
            pass
    return happened.procedure.name if happened.procedure else UNKNOWN


def _service(happened: Happened) -> Text:
    try:
        found: Text = shelf.library().get("item", happened.body["item"]).name
    except KeyError:
        return UNKNOWN
    return found


def _state(happened: Happened) -> Text:
    states = happened.procedure.states if happened.procedure else {}
    return states[happened.state].name if happened.state in states else UNKNOWN


def _act(happened: Happened) -> Text:
    acts = happened.procedure.acts if happened.procedure else {}
    found = acts.get(str(happened.body.get("act")))
    return found.name if found else UNKNOWN


def _clock(happened: Happened) -> Text:
    clocks = happened.procedure.clocks if happened.procedure else {}
    found = clocks.get(str(happened.body.get("clock")))
    return found.name if found else UNKNOWN


def _moment(at: int | None) -> Text:
    """A moment as people say it (UTC microseconds); beyond the announced calendar as the plain date."""
    if at is None:
        return OPEN_END
    try:
        return explain.moment(calendars.calendar(shelf.library(), NATIONAL), at)
    except BeyondCalendar:
        instant = ledger.instant(at)
        assert instant is not None
        return _plain(instant.astimezone(shelf.ZONE).strftime("%Y-%m-%d %H:%M"))


def _level(happened: Happened) -> Text:
    return LEVELS.get(level_of(happened), UNKNOWN)


def level_of(happened: Happened) -> str:
    """The level of a card, also of one that is withdrawn."""
    return str(happened.body.get("level") or getattr(happened.rule, "level", ""))


def _until(happened: Happened) -> Text:
    ends = happened.body.get("ends")
    return _moment(ledger.microseconds(dt.datetime.fromisoformat(ends))) if ends else OPEN_END


def _published(happened: Happened) -> Text:
    try:
        found = shelf.edition(
            happened.body["kind"], happened.body["definition"], happened.body["sha256"]
        ).definition
    except shelf.NotPublished:
        return _plain(str(happened.body["definition"]))
    name = getattr(found, "name", None)
    return name if isinstance(name, Text) else _plain(str(happened.body["definition"]))


def _issuer(happened: Happened) -> Text:
    """The unit that issued a receipt."""
    return happened.name(happened.event.organization) if happened.event.organization else THEMSELVES


_FILLED: dict[str, Callable[[Happened], Text]] = {
    "number": lambda h: _plain(h.case.number) if h.case else UNKNOWN,
    "matter": _matter,
    "procedure": lambda h: h.procedure.name if h.procedure else UNKNOWN,
    "unit": lambda h: h.name(h.unit) if h.unit else UNKNOWN,
    "state": _state,
    "act": _act,
    "clock": _clock,
    "due": lambda h: _moment(h.body.get("due")),
    "rule": lambda h: h.rule.name if h.rule else UNKNOWN,
    "remedy": lambda h: h.rule.remedy if h.rule else UNKNOWN,
    "level": _level,
    "time": lambda h: _moment(h.event.recorded_at),
    "post": lambda h: h.name(h.event.subject.removeprefix("post:")),
    "until": _until,
    "kind": lambda h: _plain(str(h.body["kind"])),
    "definition": _published,
    "from_day": lambda h: _plain(str(h.body["in_force_from"])),
    "point": lambda h: h.name(str(h.body["point"])),
    "slot": lambda h: _moment(h.body["begins"]),
    "service": _service,
    "issuer": _issuer,
}
"""How each placeholder of the closed vocabulary is filled."""
