"""The city at work while the pages are open: people ask, officers act, some are slow, a few cheat; through the real acts.

Everything here happens now, by the database's clock, through ``open_case`` and ``perform`` alone. Approvals and
hotline orders come first; the demonstration in minutes lets a newcomer watch a card fall.
"""

from __future__ import annotations

import datetime as dt
import random
import threading
import time
from collections.abc import Callable

from django.db import OperationalError, close_old_connections
from django.utils import timezone

from qinzheng.cases import actions as cases
from qinzheng.cases.about import About
from qinzheng.cases.actions import NotAllowed
from qinzheng.cases.items import Item
from qinzheng.cases.models import Case
from qinzheng.cases.schema import Field_
from qinzheng.definitions import shelf
from qinzheng.parties.models import Party
from qinzheng.simulation.qinghe import opinions, places
from qinzheng.simulation.qinghe.hall import Hall
from qinzheng.simulation.qinghe.load import desks_of, who
from qinzheng.simulation.qinghe.stories import WISHES

MINUTES = "demo.minutes"
ENQUIRIES = ("二手房过户要哪些手续", "外地户口孩子上学怎么办", "个体户转企业怎么办", "老旧小区加装电梯找谁")
ASKED = ("housing", "education", "market", "human-resources")
"""Units to which an enquiry is handed over."""
NEXT: dict[tuple[str, str], tuple[str, str, str]] = {
    ("services.matter", "received"): ("accept", "clerk", "clerk"), ("services.matter", "accepted"): ("finish", "handler", "handler"),
    ("services.matter", "correcting"): ("supply_correction", "applicant", "applicant"),
    ("approvals.standard", "received"): ("accept", "handler", "handler"), ("approvals.standard", "accepted"): ("grant", "deputy", "approver"),
    ("approvals.standard", "special"): ("special_done", "handler", "handler"), ("approvals.standard", "granted"): ("issue", "clerk", "clerk"),
    ("approvals.standard", "correcting"): ("supply_correction", "applicant", "applicant"),
    ("hotline.work-order", "received"): ("dispatch", "dispatcher", "clerk"), ("hotline.work-order", "dispatched"): ("sign", "handler", "handler"),
    ("hotline.work-order", "handling"): ("reply", "handler", "handler"), ("hotline.work-order", "replied"): ("review", "dispatcher", "clerk"),
    ("hotline.work-order", "reviewed"): ("call_back", "dispatcher", "clerk"),
    ("approvals.matter", "ready"): ("deliver", "clerk", "clerk"), ("channels.watch", "open"): ("watch", "handler", "handler"),
    ("windows.enquiry", "asked"): ("hand_over", "clerk", "clerk"), ("windows.enquiry", "handed"): ("sign", "handler", "handler"),
    ("windows.enquiry", "taken"): ("answer", "handler", "handler"),
    ("ratings.call-back", "open"): ("answer", "handler", "handler"), ("ratings.call-back", "answered"): ("call_back", "agent", "agent"),
    (MINUTES, "received"): ("accept", "clerk", "clerk"), (MINUTES, "accepted"): ("finish", "clerk", "clerk"),
}  # fmt: skip
"""(procedure, state) → the act that comes next, the desk that does it, its role."""


class City:
    """One fictional city, acting."""

    def __init__(self, seed: int, site: str = "") -> None:
        self.chance = random.Random(f"living {seed} {time.time_ns()}")
        library = shelf.library()
        today = dt.datetime.now(shelf.ZONE).date()
        items: list[Item] = [each for each in library.standing("item", today) if each.alive(today)]
        self.services = [item for item in items if item.procedure == "services.matter"]
        self.licences = [item for item in items if item.procedure == "approvals.standard"]
        self.desks = desks_of()
        self.parties = list(Party.objects.values_list("pk", flat=True)[:4000])
        self.wishes = {zh: owner for zh, _, owner in WISHES}
        self.hall = Hall(site, self.chance, self.desks)

    def live(self, every_s: float, stop: threading.Event) -> None:
        """Do one thing after another until ``stop``; what is refused was a slip and is let go."""
        doings: list[Callable[[], None]] = [
            self.go_on,
            self.service,
            self.licence,
            self.call,
            self.minutes,
            self.go_on_minutes,
            self.rate,
            self.hall.come,
            self.hall.call,
            self.hall.scan,
            self.enquire,
        ]
        while not stop.wait(self.chance.expovariate(1 / every_s)):
            try:
                self.chance.choices(doings, (46, 9, 5, 12, 8, 20, 4, 9, 8, 1, 2))[0]()
            except NotAllowed:
                continue
            except OperationalError:
                close_old_connections()
                stop.wait(2)

    # -- new cases --------------------------------------------------------------------------------

    def about(self, item: Item | None = None, title: str = "") -> About:
        town = places.town_id(self.chance.randrange(1, len(places.TOWNS) + 1))
        parties = {"applicant": self.chance.choice(self.parties)} if self.parties else {}
        return About(item.id if item else "", item.name.zh if item else title, town, parties)

    def clerk(self) -> str:
        return f"window/clerk-{self.chance.randrange(1, 17)}"

    def service(self) -> None:
        self.apply_for(self.chance.choice(self.services))

    def licence(self) -> None:
        self.apply_for(self.chance.choice(self.licences))

    def apply_for(self, item: Item) -> None:
        """Somebody applies at a window, with what the item asks."""
        form = {name: self.filled(field) for name, field in item.guide.form.items() if field.required}
        clerk = who(self.clerk(), "clerk", self.desks)
        done = cases.open_case(item.procedure, "receive", clerk, form, about=self.about(item))
        opinions.charge(done.case, clerk)

    def charged(self) -> None:
        """What the city has to show of fees from its first day: some that were taken, and one that was asked for and is not listed."""
        listed = [item for item in self.services if any(fee.fen for fee in item.guide.fees)]
        for item in listed[:3]:
            self.apply_for(item)
        opinions.overcharge(who(self.clerk(), "clerk", self.desks))

    def filled(self, field: Field_) -> object:
        """Something that fits a field of an application."""
        if field.type == "integer":
            least = field.least or 1
            return self.chance.randint(least, max(least, min(field.most or 200, 200)))
        if field.type == "choice":
            return self.chance.choice(list(field.choices))
        day = dt.datetime.now(shelf.ZONE).date()
        plain = {"boolean": True, "day": day.isoformat(), "instant": f"{day}T12:00"}
        return plain.get(field.type, "演示填写")

    def call(self) -> None:
        agent = f"hotline/agent-{self.chance.randrange(1, 11)}"
        title = self.chance.choice(list(self.wishes))
        cases.open_case(
            "hotline.work-order", "call", who(agent, "clerk", self.desks), {}, about=self.about(title=title)
        )

    def enquire(self) -> None:
        """Somebody asks at a window what nobody there can answer."""
        clerk = who(self.clerk(), "clerk", self.desks)
        about = About(title=self.chance.choice(ENQUIRIES))
        cases.open_case("windows.enquiry", "ask", clerk, {"question": f"{about.title}（演示）"}, about=about)

    def minutes(self) -> None:
        """A demonstration case, at some town's service centre."""
        clerk = f"{places.town_id(self.chance.randrange(1, len(places.TOWNS) + 1))}/clerk"
        cases.open_case(
            MINUTES, "receive", who(clerk, "clerk", self.desks), {}, about=self.about(title="演示件")
        )

    def rate(self) -> None:
        """Somebody whose case ended lately rates it, by a telephone of their own."""
        lately = timezone.now() - dt.timedelta(days=3)
        found = (
            Case.objects.filter(closed_at__gte=lately, procedure__in=opinions.PROCEDURES)
            .order_by("?")
            .first()
        )
        if found is not None:
            opinions.rate(found, self.chance, str(self.chance.random()))

    # -- going on ---------------------------------------------------------------------------------

    def go_on(self) -> None:
        """Somebody does what comes next on some open case."""
        found = Case.objects.filter(closed_at=None).exclude(procedure=MINUTES).order_by("?").first()
        if found is not None:
            self.next_act(found)

    def go_on_minutes(self) -> None:
        """Demonstration cases: most in time, some after the promise, some past the limit, a few never."""
        found = Case.objects.filter(closed_at=None, procedure=MINUTES).order_by("?").first()
        if (
            found is not None
            and not found.number.endswith(("3", "7"))
            or found is not None
            and found.state == "received"
        ):
            self.next_act(found)

    def next_act(self, case: Case) -> None:
        step = NEXT.get((case.procedure, case.state))
        if step is None:
            return
        act, desk, role = step
        form: dict[str, object] = {}
        if act == "dispatch":
            form = {
                "next": case.town
                if self.chance.random() < 0.35
                else self.wishes.get(case.title, "urban-management")
            }
        if act == "hand_over":
            form = {"next": self.chance.choice(ASKED), "told": True, "reason": "由承办单位答复（演示）"}
        if act == "answer":
            form = {"reply": "已答复询问人、评价人（演示）", "outcome": "mended"}
        if act == "call_back":
            form = {"satisfied": self.chance.random() < 0.86, "heard": "content"}
        if act == "watch":
            form = {
                "standing": self.chance.choice(("moving", "moving", "waiting")),
                "note": "已了解进展，继续跟踪（演示）",
            }
        if act in ("issue", "deliver"):
            today = dt.datetime.now(shelf.ZONE).date()
            form = {"method": "direct", "proof": f"SD{case.number}", "served_on": today.isoformat()}
        asked = (
            cases.procedure_of(case).acts[act].form
        )  # a case goes on by the edition that it was opened under
        form = {name: value for name, value in form.items() if name in asked}
        cases.perform(case.pk, act, who(self.seat(case, desk), role, self.desks), form)

    def seat(self, case: Case, desk: str) -> str:
        unit = case.organization
        if desk == "applicant":
            return "applicant"
        if desk == "agent":
            return f"hotline/agent-{self.chance.randrange(1, 11)}"
        if desk == "dispatcher":
            return f"hotline/dispatcher-{self.chance.randrange(1, 4)}"
        if desk == "clerk":
            return f"{unit.removeprefix('point-')}/clerk" if "town-" in unit else self.clerk()
        if unit.startswith("town-"):
            return f"{unit}/handler"
        owner = self.owner(case)
        return f"{owner}/deputy" if desk == "deputy" else f"{owner}/handler-{self.chance.randrange(1, 4)}"

    def owner(self, case: Case) -> str:
        """The department that handles the case: its item's, or the one that holds it."""
        if case.item:
            owner: str = shelf.library().get("item", case.item).organization
            return owner
        return case.organization
