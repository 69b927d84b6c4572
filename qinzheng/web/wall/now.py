"""What the wall shows at a moment: what stands (kept for some seconds), and what just happened (half a second)."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Case as Choose
from django.db.models import When

from qinzheng.access import rules
from qinzheng.access.users import User
from qinzheng.calendars import queries as calendars
from qinzheng.cases.actions import procedure_of
from qinzheng.cases.acts import DEEMED, OPENED, PERFORMED
from qinzheng.cases.models import Case
from qinzheng.definitions import shelf
from qinzheng.definitions.form import Text
from qinzheng.ledger import actions as ledger
from qinzheng.ledger import queries
from qinzheng.ledger.queries import StoredEvent
from qinzheng.organizations import queries as organizations
from qinzheng.supervision.live import ISSUED
from qinzheng.supervision.models import Card as CardRow
from qinzheng.web.cases.page import title
from qinzheng.web.components import Card
from qinzheng.web.kept import Kept
from qinzheng.web.supervision import said
from qinzheng.web.supervision import views as cards_page
from qinzheng.web.wall import eyes as eyes_of
from qinzheng.web.wall import figures, places, river, tables
from qinzheng.web.wall.eyes import Eyes
from qinzheng.web.wall.figures import Figure
from qinzheng.web.wall.places import Load, Places, Town

STANDS, FLOWS = 10.0, 0.5
"""Seconds for which what stands, and what just happened, is kept and shared."""
SAID_S = 60.0
"""Seconds for which the sentence of a card is kept."""
LANES = 12
"""Units with a lane of their own; all others share the last."""
LAST, LINES, CARDS = 60, 6, 6
"""Events looked at, lines of them shown, cards shown."""
OTHERS = "…"
GRAVEST = Choose(When(level="red", then=0), When(level="yellow", then=1), default=2)
"""Of cards issued together, as by one late entry, the gravest first."""
LEVELS = dict(cards_page.LEVELS)
FLOWING = {OPENED, PERFORMED, DEEMED, ISSUED}


@dataclass(frozen=True, slots=True)
class Dot:
    """A case in the river: a name that says nothing, its lane, and where it is."""

    key: str
    lane: int
    where: river.Where


@dataclass(frozen=True)
class Line:
    """One event flowing in. ``level``: of the card that was issued, else empty."""

    key: int
    at: int
    organization: Text
    act: Text
    matter: Text
    level: str = ""


@dataclass(frozen=True)
class Issued:
    """A card just issued; ``matter`` where the reader may see the case."""

    key: str
    card: Card
    matter: Text | None


@dataclass(frozen=True)
class Standing:
    """What stands: figures, units, towns and the river. ``row``: up to which event of the ledger it was looked at."""

    row: int
    figures: Sequence[Figure]
    loads: Sequence[Load]
    towns: Sequence[Town]
    lanes: Sequence[Load]
    dots: Mapping[str, Dot]
    open: int
    late: int
    places: Places


@dataclass(frozen=True)
class Flow:
    """What just happened: events, cards, and the dots that an event moved since ``Standing`` was looked at."""

    lines: Sequence[Line]
    cards: Sequence[Issued]
    moved: Sequence[Dot]
    gone: Sequence[str]


@dataclass(frozen=True)
class Look:
    """One look at the city."""

    at: int
    standing: Standing
    flow: Flow


def look(reader: User, eyes: Eyes | None = None) -> Look:
    """The city as the reader may see it, at most ``STANDS`` seconds old; events and cards at most ``FLOWS``."""
    seen = eyes or eyes_of.of(reader)
    standing = _STANDING.of(seen)
    flow = _FLOW.of((reader, seen))
    return Look(_now_us(), standing, flow)


def forget() -> None:
    """Look anew at everything."""
    for kept in (_STANDING, _FLOW, _SAID, _PLACES):
        kept.forget()


# -- what stands --------------------------------------------------------------------------------------


def _stand(eyes: Eyes) -> Standing:
    now = dt.datetime.now(dt.UTC)
    last = queries.latest(1)
    place = _PLACES.of(shelf.day(_now_us()))
    counted = tables.standing(eyes, now)
    loads = places.loads(place, counted)
    lanes = _lanes(loads)
    found = tables.urgent(eyes, now)
    dots = {dot.key: dot for dot in _dots(found, lanes, place, now)}
    return Standing(
        row=last[0][0] if last else 0, figures=figures.of(eyes, counted, shelf.day(_now_us())), loads=loads,
        towns=places.towns(place, counted), lanes=lanes, dots=dots, open=sum(load.open for load in loads),
        late=sum(load.late for load in loads), places=place,
    )  # fmt: skip


def _lanes(loads: Sequence[Load]) -> list[Load]:
    """The units with a lane, in the order of the tree's names, so that a lane stays in its place while its figures change."""
    own = sorted(loads[:LANES], key=lambda load: load.id)
    rest = loads[LANES:]
    if not rest:
        return own
    name = Text(zh=f"其余{len(rest)}个单位", en=f"{len(rest)} other units")
    return [*own, Load(OTHERS, name, sum(load.open for load in rest), sum(load.late for load in rest))]


def _dots(
    found: Sequence[tables.Running], lanes: Sequence[Load], place: Places, now: dt.datetime
) -> list[Dot]:
    calendar = calendars.calendar(shelf.library(), "cn")
    numbers = {lane.id: n for n, lane in enumerate(lanes)}
    at = ledger.microseconds(now) or 0
    return [
        Dot(key(one.case), numbers.get(place.lane(one.organization), len(lanes) - 1), river.where(one.limits, at, calendar))
        for one in found
    ]  # fmt: skip


def key(case: str) -> str:
    """A name of a dot from which no case can be told."""
    return hashlib.blake2b(case.encode(), digest_size=6).hexdigest()


# -- what just happened -------------------------------------------------------------------------------


def _flow(asked: tuple[User, Eyes]) -> Flow:
    reader, eyes = asked
    standing = _STANDING.of(eyes)
    events = queries.latest(LAST)
    subjects = {event.subject for _, event in events}
    cases = {
        id: case for id, case in Case.objects.in_bulk(list(subjects)).items()
        if id not in eyes.concealed and (eyes.organizations is None or case.organization in eyes.organizations)
    }  # fmt: skip
    touched = sorted(
        {event.subject for row, event in events if row > standing.row and event.subject in cases}
    )
    now = dt.datetime.now(dt.UTC)
    moved = _dots(tables.running(eyes, now, touched), standing.lanes, standing.places, now) if touched else []
    still = {dot.key for dot in moved}
    # Also what was not there when the river was drawn: it may have come and gone since, and a screen may still show it.
    gone = [name for name in map(key, touched) if name not in still]
    return Flow(_lines(events, cases), _cards(reader), moved, gone)


def _lines(events: Sequence[tuple[int, StoredEvent]], cases: Mapping[str, Case]) -> list[Line]:
    shown = [(row, e) for row, e in events if e.type in FLOWING and e.subject in cases][:LINES]
    names = organizations.names({e.organization or cases[e.subject].organization for _, e in shown})
    return [
        Line(row, e.recorded_at, names[e.organization or cases[e.subject].organization], _act(e, cases[e.subject]),
             title(cases[e.subject]), e.body["level"] if e.type == ISSUED else "")
        for row, e in shown
    ]  # fmt: skip


def _act(event: StoredEvent, case: Case) -> Text:
    if event.type == ISSUED:
        return LEVELS[event.body["level"]]
    act = procedure_of(case).acts.get(event.body["act"])
    found: Text = act.name if act is not None else Text(zh=event.body["act"], en=event.body["act"])
    return found


def _cards(reader: User) -> list[Issued]:
    rows = list(
        rules.scope(reader, "see", CardRow.objects.filter(withdrawn_at=None)).order_by(
            "-issued_at", GRAVEST, "id"
        )[:CARDS]
    )
    return _SAID.of((reader, tuple((row.id, row.issued_at) for row in rows)))


def _say(asked: tuple[User, tuple[tuple[str, dt.datetime], ...]]) -> list[Issued]:
    """The cards in words: each is folded from its case, so it is done once for the same cards and not for every look."""
    reader, wanted = asked
    rows = CardRow.objects.in_bulk([id for id, _ in wanted])
    listed = [rows[id] for id, _ in wanted if id in rows]
    cases = rules.scope(reader, "see", Case.objects.filter(pk__in=[row.case for row in listed])).in_bulk()
    return [
        Issued(row.id, card, title(cases[row.case]) if row.case in cases else None)
        for row, card in zip(listed, said.cards(reader, listed), strict=True)
    ]


def _now_us() -> int:
    return ledger.microseconds(dt.datetime.now(dt.UTC)) or 0


_STANDING: Kept[Eyes, Standing] = Kept(_stand, STANDS, behind=True)
_FLOW: Kept[tuple[User, Eyes], Flow] = Kept(_flow, FLOWS)
_SAID: Kept[tuple[User, tuple[tuple[str, dt.datetime], ...]], list[Issued]] = Kept(_say, SAID_S)
_PLACES: Kept[dt.date, Places] = Kept(places.of, 60.0)
