"""What the components of the pages are given: plain data, already decided, already permitted.

Each class belongs to the template of the same name under ``templates/components``; a view fills it,
``/styleguide/`` shows it in every state. ``Text`` is a text in both languages; plain ``str`` is a name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from qinzheng.definitions.form import Text

Words = Text | str
Level = Literal["warning", "yellow", "red"]
Tone = Literal["plain", "good", "due", "late", "paused", "own"]
"""What a badge means: none, on time or done, due soon, overdue, paused or a third party's, in the office's hands."""


@dataclass(frozen=True)
class Link:
    """Somewhere to go; without ``url`` it is only said."""

    name: Words
    url: str = ""


@dataclass(frozen=True)
class Badge:
    """One state: a word, a shape and a colour, never colour alone."""

    word: Words
    tone: Tone = "plain"


@dataclass(frozen=True)
class Card:
    """A card of supervision. ``at`` is the moment of the breach (UTC microseconds), ``basis`` the article or rule it rests on."""

    level: Level
    sentence: Text
    rule: Link
    organization: Words
    at: int
    basis: Link | None = None
    case: Link | None = None
    state: Badge | None = None
    withdrawn: Text | None = None
    url: str = ""


@dataclass(frozen=True)
class Proof:
    """Whether an event stands in the signed log: its position, or None while it waits for the next checkpoint."""

    position: int | None
    url: str = ""
    broken: bool = False


@dataclass(frozen=True)
class Event:
    """One event of a timeline: a sentence, who, the claimed time and ours. Instants are UTC microseconds."""

    sentence: Text
    actor: Words
    occurred: int
    recorded: int
    day_only: bool = False
    determination: bool = False
    organization: Words = ""
    proof: Proof | None = None
    detail: Text | None = None
    cases: Sequence[tuple[Text, Link]] = ()
    """Other cases that the act names, under what they are for it: those that the reader may see."""


@dataclass(frozen=True)
class Lineage:
    """A figure and what it was counted from, down to events; a node without children ends in its evidence link."""

    name: Words
    value: str
    note: Text | None = None
    evidence: Link | None = None
    parts: Sequence[Lineage] = ()


@dataclass(frozen=True)
class Stat:
    """A figure with its interval. ``value`` None: nothing was counted; ``few`` says why there is no ranking."""

    name: Words
    value: str | None
    unit: Words = ""
    low: str = ""
    high: str = ""
    n: int | None = None
    before: Text | None = None
    url: str = ""
    few: bool = False
    series: Sequence[float] = ()


@dataclass(frozen=True)
class Bars:
    """One small multiple: a share (0 to 1) of the same whole as its neighbours, with its word."""

    name: Words
    share: float | None
    word: str
    late: float = 0.0
    url: str = ""


@dataclass(frozen=True)
class Column:
    """A column of a table. ``sort`` is its value of ``?sort=``; empty where it cannot be sorted by."""

    name: Words
    sort: str = ""
    number: bool = False
    wide: bool = False


@dataclass(frozen=True)
class Row:
    """A row: one cell a column, plain or an object with its own component; ``url`` opens it, ``key`` is ticked for bulk acts."""

    cells: Sequence[object]
    url: str = ""
    key: str = ""


@dataclass(frozen=True)
class Choice:
    """One value of a filter as it stands in the address."""

    value: str
    name: Words
    chosen: bool = False


@dataclass(frozen=True)
class Filter:
    """A filter: its parameter in the address, and either choices or, with none, free words."""

    parameter: str
    name: Words
    choices: Sequence[Choice] = ()
    value: str = ""


@dataclass(frozen=True)
class Table:
    """A table with filters in the address and saved views. ``following`` and ``preceding`` are cursors of ``qinzheng.web.paging``."""

    caption: Words
    columns: Sequence[Column]
    rows: Sequence[Row]
    filters: Sequence[Filter] = ()
    views: Sequence[Choice] = ()
    sort: str = ""
    following: str = ""
    preceding: str = ""
    shown: Text | None = None
    selectable: bool = False
    keep: Sequence[tuple[str, str]] = field(default=())
    """Parameters of the address that the filters must not lose."""


@dataclass(frozen=True)
class State:
    """What stands where there is nothing to show: why, and what to do next."""

    kind: Literal["empty", "loading", "error", "forbidden"]
    title: Text
    text: Text
    action: Link | None = None
