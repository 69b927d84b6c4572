"""A naive reading of the ledger: every shipped measure in plain Python, event after event. The oracle of the tests.

It shares nothing with ``qinzheng.measures`` but the definitions that it reads.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from qinzheng.calendars import queries as calendars
from qinzheng.definitions import shelf
from qinzheng.measures.period import Period
from tests.flows import footwork
from tests.flows.ledgers import body
from tests.flows.tallies import Fact, Figure, after, charged, counted, date, rated, share, within


@dataclass
class Ledger:
    """The facts as the first events tell them."""

    cases: dict[str, Fact] = field(default_factory=dict)
    acts: list[Fact] = field(default_factory=list)
    clocks: dict[tuple[str, str, int], Fact] = field(default_factory=dict)
    cards: dict[str, Fact] = field(default_factory=dict)
    ratings: list[Fact] = field(default_factory=list)
    fees: list[Fact] = field(default_factory=list)
    known: int = 0

    @classmethod
    def read(cls, events: Iterable[tuple[int, Any]], hidden: frozenset[str] = frozenset()) -> Ledger:
        """``hidden``: cases that nothing is told of."""
        self = cls()
        for position, event in events:
            self.known = event.recorded_at
            if event.subject not in hidden:
                self.take(position, event, body(event))
        return self

    def take(self, position: int, event: Any, said: dict[str, Any]) -> None:
        kind = event.type.split(".")[1]
        if event.type == "cases.opened":
            self.cases[event.subject] = {
                "key": position, "procedure": event.procedure, "item": said.get("item", ""), "opener": event.organization,
                "variant": said.get("variant", ""), "opened": event.occurred_at, "ended": None, "closed": None, "done": {},
            }  # fmt: skip
        if event.type == "ratings.given":
            self.ratings.append(
                {**said, "proof": position, "at": event.occurred_at, "holder": said["unit"], "opener": ""}
            )
        if event.type in ("fees.booked", "fees.refunded") and (
            of := self.cases.get(f"case:{event.subject[5:]}")
        ):
            fen = said["fen"] * (1 if kind == "booked" else -1)
            self.fees.append({"case": of, "proof": position, "at": event.occurred_at, "fen": fen})
        case = self.cases.get(event.subject)
        if case is None or kind == "concerned":
            return
        common = {name: case[name] for name in ("key", "procedure", "item", "opener", "variant")}
        if event.type.startswith("cases."):
            self.move(position, event, said, case, common)
        elif kind == "vanished":
            self.clocks.pop((event.subject, said["clock"], said["ordinal"]), None)
        elif event.type.startswith("clocks."):
            self.clock(position, event, said, common)
        elif kind == "card_issued":
            shown = case["done"].get(said["event"])
            self.cards[said["card"]] = {
                **common, "proof": position, "holder": said["to"], "rule": said["rule"], "level": said["level"],
                "at": said["at"], "shown_by": said["event"], "started": shown, "effective": True, "order": position,
                "about": (said["clock"], said["ordinal"]) if "clock" in said else None,
            }  # fmt: skip
        elif kind == "card_withdrawn":
            self.cards[said["card"]] |= {"effective": False, "proof": position, "order": position}

    def move(self, position: int, event: Any, said: dict[str, Any], case: Fact, common: Fact) -> None:
        before = case.get("held", said["organization"])
        case["held"] = said["organization"]
        if event.type == "cases.undeemed":
            self.acts = [a for a in self.acts if (a["key"], a["act"], a["at"], a["passed"])
                         != (case["key"], said["act"], event.occurred_at, said["passed_at"])]  # fmt: skip
        elif event.type == "cases.corrected":
            case["done"][said["corrects"]] = event.occurred_at
            if said["corrects"] == 1:
                case["opened"] = event.occurred_at
            (act,) = (a for a in self.acts if (a["key"], a["seq"]) == (case["key"], said["corrects"]))
            act |= {"at": event.occurred_at, "proof": position, **footwork.met(event, said)}
        else:
            case["done"][event.subject_seq] = event.occurred_at
            self.acts.append({
                **common, "proof": position, "act": said["act"], "at": event.occurred_at, "holder": before,
                "passed": said.get("passed_at"), "seq": event.subject_seq, **footwork.met(event, said),
            })  # fmt: skip
        states = shelf.edition("procedure", event.procedure, event.under).definition.states
        closed = said.get("closed")
        final = states[said["state"]].final if closed is not None else None
        if final is None:
            case |= {"ended": None, "closed": None, "proof": case["key"], "holder": said["organization"]}
        elif (case["ended"], case["closed"]) != (final, closed):
            case |= {"ended": final, "closed": closed, "proof": position, "holder": said["organization"]}

    def clock(self, position: int, event: Any, said: dict[str, Any], common: Fact) -> None:
        key = (event.subject, said["clock"], said["ordinal"])
        before = self.clocks.get(key)
        fact = {**common, **said, "holder": said["organization"], "proof": position}
        if before is None or before["start"] != said["start"]:
            fact |= {"first_due": said.get("first_due", said["due"]), "shift": 0}
            fact["first_promise"] = said.get("first_promise", said["promise"])
        else:
            moved = before["paused"] is not None and before["due"] is not None and said["due"] is not None
            fact |= {"first_due": before["first_due"], "first_promise": before["first_promise"],
                     "shift": before["shift"] + (working(before["due"], said["due"]) if moved else 0)}  # fmt: skip
        if "rested" in said:
            fact["shift"] = said["rested"]
        self.clocks[key] = fact


def working(begin: int, end: int) -> int:
    """Working days after the day of ``begin`` up to the day of ``end``, in China."""
    china = calendars.calendar(shelf.library(), "cn")
    return china.working_days_between(china.day(begin), china.day(end))


# -- the measures, each as its definition says it in words ----------------------------------------------


def case_clocks(ledger: Ledger) -> list[Fact]:
    library = {p.id: p for p in shelf.library().all("procedure")}
    return [
        c for c in ledger.clocks.values()
        if library[c["procedure"]].clocks[c["clock"]].role == "case"
        and library[c["procedure"]].clocks[c["clock"]].owner == "department"
    ]  # fmt: skip


def finished(ledger: Ledger, period: Period) -> list[Fact]:
    return [
        c for c in case_clocks(ledger)
        if c["ending"] in ("completed_on_time", "completed_late") and within(period, c["end"])
    ]  # fmt: skip


def used(clock: Fact) -> int:
    return working(clock["start"], clock["end"]) - int(clock["shift"])


def allowed(clock: Fact) -> int | None:
    return None if clock["first_due"] is None else working(clock["start"], clock["first_due"])


def warned_of(ledger: Ledger, card: Fact) -> tuple[Fact, int | None] | None:
    """The clock that a pre-warning was about, and the moment that it warned of."""
    library = shelf.library()
    rule = {r.id: r for r in library.all("rule")}[card["rule"]]
    procedure = {p.id: p for p in library.all("procedure")}[card["procedure"]]
    if rule.when.condition != "pre_warning" or procedure.id not in rule.supervises:
        return None
    names = rule.when.clocks or [name for name, clock in procedure.clocks.items() if clock.role == "case"]
    found = []
    for (_, name, ordinal), clock in ledger.clocks.items():
        place = (
            card["about"] == (name, ordinal)
            if card["about"]
            else clock["start"] == card["started"] is not None
        )
        mine = clock["key"] == card["key"] and place and name in names
        if mine and getattr(procedure.clocks[name].limits, rule.when.limit) is not None:
            found.append((name, ordinal, clock))
    if not found:
        return None
    name, _, clock = min(found, key=lambda entry: entry[:2])
    return clock, clock["due"] if procedure.clocks[name].limit() == rule.when.limit else clock["promise"]


def answered(ledger: Ledger, card: Fact) -> str | None:
    """What became of it."""
    clock, due = warned_of(ledger, card) or ({"ending": "released"}, None)
    if clock["ending"] == "released" or due is None:
        return None
    if clock["end"] is not None:
        return "in_time" if clock["end"] <= due else "late"
    return "pending"


def at_rank(facts: list[Fact], per_cent: int) -> Figure:
    values = sorted(used(f) for f in facts)
    proofs = {f["proof"]: True for f in facts}
    if not values:
        return Figure(None, None, 0, proofs)
    if per_cent == 50:
        twice = values[(len(values) - 1) // 2] + values[len(values) // 2]
        return Figure(Fraction(twice, 2), twice, 2, proofs)
    value = next(v for i, v in enumerate(values, start=1) if 100 * i >= per_cent * len(values))
    return Figure(Fraction(value), value, 1, proofs)


ONCE: dict[str, tuple[frozenset[str], bool]] = {
    "accepted": (frozenset({"accept", "accept_simplified", "accept_claim", "deem_accept"}), False),
    "at-once-case-rate": (frozenset({"decide_at_once", "grant", "refuse", "finish"}), True),
}
"""Of each case one of these acts counts, the last or the first."""


def once_a_case(ledger: Ledger, period: Period, measure: str) -> list[Fact]:
    found: dict[int, Fact] = {}
    names, last = ONCE[measure]
    named = [a for a in ledger.acts if a["act"] in names]
    for act in sorted(named, key=lambda a: (a["at"], a["proof"]), reverse=last):
        found.setdefault(act["key"], act)
    return [act for act in found.values() if within(period, act["at"])]


OPENED: dict[str, frozenset[str]] = {
    "received": frozenset(), "errands-taken": frozenset({"services.errand"}), "undone-received": frozenset({"services.undone"}),
    "crossings": frozenset({"services.crossing-out", "services.crossing-in"}),
}  # fmt: skip
"""Cases that were opened, of these procedures or of all; they count for whoever opened them."""
CAUSES = ("papers", "pushed", "late", "system", "unclear", "not_allowed", "other")
DONE: dict[str, frozenset[str]] = {
    "promises-checked": frozenset({"find_true", "find_false", "revoke"}), "returned": frozenset({"send_back", "return_order"}),
    "undone-causes": frozenset(f"cause_{each}" for each in CAUSES),
}  # fmt: skip
"""Acts that count for whoever did them."""
OTHERWISE = frozenset({"withdrawn", "void", "transferred"})


def ended(ledger: Ledger, period: Period) -> list[Fact]:
    return [c for c in ledger.cases.values() if c["ended"] and within(period, c["closed"])]


def fell_due(ledger: Ledger, period: Period) -> list[Fact]:
    return [c for c in case_clocks(ledger) if c["ending"] != "released" and within(period, c["due"])]


def on_time(clock: Fact) -> bool:
    return bool(clock["ending"] == "completed_on_time")


def handed_back(ledger: Ledger, period: Period) -> list[Fact]:
    return [
        c for c in ledger.clocks.values()
        if (c["procedure"], c["clock"]) == ("services.errand", "hand-back")
        and c["ending"] in ("completed_on_time", "completed_late") and within(period, c["end"])
    ]  # fmt: skip


SHARES: dict[str, tuple[Callable[[Ledger, Period], list[Fact]], Callable[[Fact], bool]]] = {
    "at-once-case-rate": (
        lambda ledger, period: once_a_case(ledger, period, "at-once-case-rate"), lambda a: bool(a["act"] == "decide_at_once"),
    ),
    "errands-handed-back-in-time": (handed_back, on_time), "on-time-rate": (finished, on_time), "due-on-time-rate": (fell_due, on_time),
    "early-rate": (finished, lambda c: c["first_due"] is not None and (allowed(c) or 0) - used(c) >= 1),
    "ended-otherwise-rate": (ended, lambda c: c["ended"] in OTHERWISE),
}  # fmt: skip


def highest(ledger: Ledger, period: Period) -> list[Fact]:
    best: dict[tuple[int, int], Fact] = {}
    rank = {"warning": 1, "yellow": 2, "red": 3}
    standing = [card for card in ledger.cards.values() if card["effective"]]
    for card in sorted(standing, key=lambda c: (-rank[c["level"]], c["at"], c["order"])):
        best.setdefault((card["key"], card["shown_by"]), card)
    return [card for card in best.values() if within(period, card["at"])]


def speed(facts: list[Fact]) -> Figure:
    limited = [(allowed(f), used(f), f["proof"]) for f in facts if f["first_due"] is not None]
    saved = sum((limit or 0) - days for limit, days, _ in limited)
    total = sum(limit or 0 for limit, _, _ in limited)
    return Figure(
        Fraction(saved, total) if total else None, saved, total, {proof: True for _, _, proof in limited}
    )


def warned(ledger: Ledger, period: Period) -> list[tuple[Fact, str]]:
    found = []
    for card in ledger.cards.values():
        if card["level"] == "warning" and card["effective"] and within(period, card["at"]):
            outcome = answered(ledger, card)
            if outcome is not None:
                found.append((card, outcome))
    return found


Select = Callable[[Ledger, Period], list[Fact]]


def figure(measure: str, ledger: Ledger, period: Period, keep: Callable[[Fact], bool]) -> Figure:
    """The measure's figure over the facts that ``keep`` lets through."""
    end = min(after(period.last), ledger.known)

    def kept(facts: Iterable[Fact]) -> list[Fact]:
        return [fact for fact in facts if keep(fact)]

    if measure in ("fees-taken", "fees-per-case"):
        return charged(measure, ledger.fees, period, keep)
    if measure in ("ratings", "rated-satisfied", "rated-done"):
        return rated(measure, [r for r in ledger.ratings if keep(r) and within(period, r["at"])])
    done = kept(finished(ledger, period))
    if measure == "speed-up-rate":
        return speed(done)
    of_variant = {"green-mean-days": "green", "ordinary-mean-days": ""}
    if measure in of_variant:
        done = [c for c in done if c["variant"] == of_variant[measure]]
    if measure == "mean-days" or measure in of_variant:
        total = sum(used(c) for c in done)
        return Figure(
            Fraction(total, len(done)) if done else None, total, len(done), {c["proof"]: True for c in done}
        )
    if measure.endswith(("s-per-case", "s-cut")):
        return Figure(
            *footwork.of(measure, ledger.acts, kept(_plain("completed", ledger, period, end)), date)
        )
    if measure in ("median-days", "ninety-days"):
        return at_rank(done, 50 if measure == "median-days" else 90)
    if measure == "warnings-answered":
        outcomes = {
            card["proof"]: out if out != "pending" else _late(ledger, card, end)
            for card, out in warned(ledger, period)
        }
        cards = [
            card for card, _ in warned(ledger, period) if keep(card) and outcomes[card["proof"]] != "pending"
        ]
        return share(cards, lambda card: outcomes[card["proof"]] == "in_time")
    if measure in SHARES:
        of, hit = SHARES[measure]
        return share(kept(of(ledger, period)), hit)
    return counted(kept(_plain(measure, ledger, period, end)))


def _late(ledger: Ledger, card: Fact, end: int) -> str:
    """Whether the clock of a warning still pending is over its limit at the end of the period."""
    found = warned_of(ledger, card)
    assert found is not None
    assert found[1] is not None
    return "late" if found[1] < end else "pending"


def _plain(measure: str, ledger: Ledger, period: Period, end: int) -> list[Fact]:
    """The facts of the measures that only count."""
    cases = list(ledger.cases.values())
    still: Callable[[int | None], bool] = lambda at: at is None or date(at) > period.last  # noqa: E731
    if measure in OPENED:
        procedures = OPENED[measure]
        opened = [c for c in cases if c["procedure"] in (procedures or {c["procedure"]})]
        return [{**c, "holder": c["opener"]} for c in opened if within(period, c["opened"])]
    if measure == "ratings-found-wrong":
        return [a for a in ledger.acts if a["act"] == "find_wrong" and within(period, a["at"])]
    if measure in DONE:
        named = [a for a in ledger.acts if a["act"] in DONE[measure] and within(period, a["at"])]
        return [{**a, "holder": a["by"]} for a in named]
    if measure == "ended-otherwise":
        return [c for c in ended(ledger, period) if c["ended"] in OTHERWISE]
    if measure in ONCE:
        return once_a_case(ledger, period, measure)
    if measure == "fees-off-list":
        return [a for a in ledger.acts if a["act"] == "ask_off_list" and within(period, a["at"])]
    if measure == "completed":
        return [c for c in cases if c["ended"] in ("completed", "refused") and within(period, c["closed"])]
    if measure == "open":
        return [c for c in cases if date(c["opened"]) <= period.last and still(c["closed"])]
    if measure == "overdue-open":
        return [
            c for c in case_clocks(ledger)
            if date(c["start"]) <= period.last and still(c["end"]) and c["due"] is not None and c["due"] < end
        ]  # fmt: skip
    if measure == "cards":
        return highest(ledger, period)
    if measure == "cards-withdrawn":
        return [c for c in ledger.cards.values() if not c["effective"] and within(period, c["at"])]
    raise AssertionError(measure)


def by_organization(measure: str, ledger: Ledger, period: Period) -> dict[str, Figure]:
    """The figure of each organization that has any fact."""
    holders: dict[str, None] = defaultdict(None)
    for fact in [
        *ledger.cases.values(),
        *ledger.acts,
        *ledger.clocks.values(),
        *ledger.cards.values(),
        *ledger.ratings,
    ]:
        holders[fact["holder"]] = None
        holders[fact["opener"]] = None
        holders[fact.get("by") or fact["holder"]] = None
    found: dict[str, Figure] = {}
    for name in holders:

        def held(fact: Fact, name: str = name) -> bool:
            return bool(fact["holder"] == name)

        found[name] = figure(measure, ledger, period, held)
    return {name: one for name, one in found.items() if one.proofs}
