"""The hall of the fictional city's service centre: simulated devices that speak the API over HTTP, and clerks who call.

The ticket machine and the document camera are programs without a shape: they hold a token with the scope ``device`` and do
what real ones would. The clerks act through the queue's own verbs. A few call somebody early, each with its reason.
"""

from __future__ import annotations

import io
import json
import random
import urllib.error
import urllib.parse
import urllib.request
import uuid

from PIL import Image

from qinzheng.access import actions as access
from qinzheng.access.models import Account
from qinzheng.cases.models import Case
from qinzheng.mechanisms.windows import calling, queries
from qinzheng.organizations import actions as organizations
from qinzheng.simulation.qinghe.load import who
from qinzheng.web.calendars import today

POINT = "point-civic-centre"
BY = "demo-founder"
LOGIN = "demo-devices"
COUNTERS = (13, 14, 15, 16)
"""Where simulated clerks sit; the others are free for whoever tries the page."""
PATIENCE_S = 5
PAGE = (620, 877)
"""Pixels of a scanned page: small, since many are made."""


class Machine:
    """A ticket machine with a document camera beside it: one post, one token of a day."""

    def __init__(self, site: str) -> None:
        self.site = site.rstrip("/")
        account = Account.objects.filter(login=LOGIN).first() or _made()
        _, self.secret = access.issue_token(account, LOGIN, ["device"], 1, BY)

    def draw(self, line: str) -> str:
        """Somebody presses the button; the number that is printed, "" where the machine got no answer."""
        answer = self._post("tickets", json.dumps({"line": line}).encode(), "application/json")
        return str(answer.get("number", ""))

    def scan(self, number: str, page: bytes) -> bool:
        """A clerk lays a page under the camera."""
        query = urllib.parse.urlencode({"case": number, "file": "scan.jpg"})
        return bool(self._post(f"scans?{query}", page, "image/jpeg"))

    def _post(self, path: str, body: bytes, kind: str) -> dict[str, object]:
        request = urllib.request.Request(
            f"{self.site}/api/v1/points/{POINT}/{path}", body,
            {"Authorization": f"Bearer {self.secret}", "Content-Type": kind, "Idempotency-Key": str(uuid.uuid4())},
        )  # fmt: skip
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
                return dict(json.loads(answer.read()))
        except (OSError, ValueError, urllib.error.HTTPError):
            return {}  # the site is not up yet, or said no: a machine shows an error and waits for the next one


def _made() -> Account:
    with organizations.together():
        post = organizations.create_post(
            POINT,
            "取号机与高拍仪（模拟）",
            ["clerk"],
            begins=today(),
            by=BY,
            name_en="Ticket machine and camera (simulated)",
        )
        person = organizations.register_person("模拟设备", by=BY)
        organizations.appoint(person, post, today(), by=BY)
    return access.make_account(LOGIN, "service", BY, person_id=person)


class Hall:
    """Who comes, and who calls."""

    def __init__(self, site: str, chance: random.Random, desks: dict[str, str]) -> None:
        self.site, self.chance, self.desks = site, chance, desks
        self.machine: Machine | None = None

    def come(self) -> None:
        """Somebody presses the button of the ticket machine."""
        lines = list(self._lines())
        if self.site and lines:
            self._machine().draw(self.chance.choices(lines, range(len(lines) + 1, 1, -1))[0])

    def call(self) -> None:
        """A clerk calls the next one; now and then somebody early, for a reason."""
        counter = self.chance.choice(COUNTERS)
        clerk = who(f"window/clerk-{counter}", "clerk", self.desks)
        at = queries.counter_of(clerk.actor, today())
        if at is None:
            calling.open_counter(POINT, counter, list(self._lines()), clerk)
            return
        waiting = queries.waiting(POINT, today())
        if len(waiting) > 3 and self.chance.random() < 0.06:
            grounds = list(getattr(queries.rules_of(POINT, today()), "grounds", {}))
            calling.call_before(
                POINT,
                at.number,
                max(waiting, key=lambda each: each.place).ticket,
                self.chance.choice(grounds),
                clerk,
            )
        else:
            calling.call_next(POINT, at.number, clerk)

    def scan(self) -> None:
        """A page is scanned into a case that was just taken in here."""
        cases = (
            Case.objects.filter(opened_by=POINT, closed_at=None)
            .exclude(procedure="demo.minutes")
            .order_by("-opened_at")
        )
        found = cases.values_list("number", flat=True).first()
        if self.site and found is not None:
            page = io.BytesIO()
            Image.effect_noise(PAGE, 12).convert("RGB").save(page, "JPEG", quality=40)
            self._machine().scan(found, page.getvalue())

    def _machine(self) -> Machine:
        if self.machine is None:
            self.machine = Machine(self.site)
        return self.machine

    def _lines(self) -> dict[str, object]:
        rules = queries.rules_of(POINT, today())
        return dict(rules.lines) if rules is not None else {}
