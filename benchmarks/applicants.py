"""Many applicants at once: each searches, reads the guide, applies with files and asks after it, with pauses as people make them.

    python -m benchmarks.applicants [--home FOLDER] [--applicants 500] [--pause 20] [--workers 2]

Without ``--home`` a small city is made for it. Every applicant is a citizen of its own with an account of its own and a
session made beforehand; all begin within the first pause. A pause is drawn anew each time, exponential with that mean (s).
Prints p50, p95 and p99 of each step in ms, then what failed. Clients share the machine with the server.
"""

from __future__ import annotations

import argparse
import datetime as dt
import io
import os
import random
import re
import threading
import time
import urllib.parse
import uuid
from importlib import import_module
from pathlib import Path

from PIL import Image

from benchmarks import visitors
from benchmarks.load import WORDS
from benchmarks.visitors import Answer, Tally, Visitor, spread

ITEM = "market.food-business-licence"
PAPERS = ("application", "layout")
PICTURE = (900, 660)
TARGET_MS = 300


def applicants(many: int) -> list[str]:
    """Session keys of so many citizens, each with an account."""
    from django.conf import settings  # noqa: PLC0415 (a fresh process: Django first)
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: PLC0415

    from qinzheng.access import actions as access  # noqa: PLC0415
    from qinzheng.access.login import BACKEND  # noqa: PLC0415
    from qinzheng.parties import actions as parties  # noqa: PLC0415
    from qinzheng.parties import codes  # noqa: PLC0415

    store = import_module(settings.SESSION_ENGINE).SessionStore
    mark, found = uuid.uuid4().hex[:6], []
    for number in range(many):
        born = dt.date(1970, 1, 1) + dt.timedelta(days=number)
        code = codes.make_identity_number("320999", born, random.randrange(1, 900))
        given = {"name": f"申请人{number}", "identity_number": code, "phone": f"139{number:08d}"}
        party = parties.register("citizen", given, by="bench").pk
        account = access.make_account(f"bench-{mark}-{number}", "citizen", "bench", party=party)
        session = store()
        session[SESSION_KEY], session[BACKEND_SESSION_KEY] = str(account.pk), BACKEND
        session[HASH_SESSION_KEY] = account.get_session_auth_hash()
        session.save()
        found.append(str(session.session_key))
    return found


class Applicant(threading.Thread):
    """One person's way through the site."""

    def __init__(self, port: int, session: str, pause: float, seed: int, tally: Tally, lock: threading.Lock) -> None:  # fmt: skip
        super().__init__(daemon=True)
        self.visitor, self.pause, self.chance = Visitor(port), pause, random.Random(seed)
        self.visitor.cookies["sessionid"] = session
        self.tally, self.lock, self.done = tally, lock, False

    def run(self) -> None:
        try:
            self._apply()
            self.done = True
        except (OSError, ValueError) as why:
            with self.lock:
                self.tally.faults[f"{type(why).__name__}: {str(why)[:120]}"] += 1

    def _apply(self) -> None:
        self._ask("home", "/", wait=self.chance.uniform(0, 1))
        self._ask("search", "/items/?q=" + urllib.parse.quote(self.chance.choice(WORDS)))
        self._ask("guide", f"/items/{ITEM}/")
        begun = self._ask("begin", f"/apply/{ITEM}/", {"town": "town-01"})
        draft = begun.location.removesuffix("situation/")
        self._save(draft, "situation", {"business": "restaurant", "who": "self"})
        self._ask("what to bring", f"{draft}bring/")
        self._save(draft, "form", {"key": str(uuid.uuid4()), "shop": "千人小吃店", "area": "80", "town": "town-01"})  # fmt: skip
        for paper in PAPERS:
            self._attach(f"{draft}files/{paper}/")
        self._ask("supply later", f"{draft}files/rules/", {"version": "1", "way": "later"})
        sent = self._save(draft, "check", {})
        number = _found(sent, r'receipt-number number">([^<]+)<')
        for _ in range(3):
            self._ask("own case", f"/cases/{number}/")

    def _save(self, draft: str, step: str, said: dict[str, str]) -> Answer:
        """A step is shown, and then saved with the version that was shown."""
        shown = self._ask(f"{step}, shown", f"{draft}{step}/")
        return self._ask(f"{step}, saved", f"{draft}{step}/", {"version": _found(shown, r'name="version" value="(\d+)"'), **said})  # fmt: skip

    def _attach(self, path: str) -> None:
        bound = uuid.uuid4().hex
        parts = [
            f'--{bound}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
            for name, value in (("version", "1"), ("csrfmiddlewaretoken", self._token()))
        ]
        head = f'--{bound}\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'
        body = b"".join([*parts, head.encode(), photograph(), f"\r\n--{bound}--\r\n".encode()])
        self._timed("a photograph", path, body, f"multipart/form-data; boundary={bound}")

    def _token(self) -> str:
        return self.visitor.cookies.get("csrftoken", "")

    def _ask(self, name: str, path: str, said: dict[str, str] | None = None, *, wait: float = -1.0) -> Answer:
        body = None
        if said is not None:
            body = urllib.parse.urlencode({"csrfmiddlewaretoken": self._token(), **said}).encode()
        return self._timed(name, path, body, "application/x-www-form-urlencoded", wait=wait)

    def _timed(self, name: str, path: str, body: bytes | None, kind: str, *, wait: float = -1.0) -> Answer:
        time.sleep(self.pause * (wait if wait >= 0 else self.chance.expovariate(1)))
        began = time.perf_counter()
        answer = self.visitor.ask(path, body, {"Content-Type": kind} if body is not None else None)
        took = (time.perf_counter() - began) * 1000
        if answer.status >= 400:
            raise ValueError(f"{name}: {answer.status}")
        with self.lock:
            self.tally.times[name].append(took)
        return answer


def _found(answer: Answer, pattern: str) -> str:
    found = re.search(pattern, answer.body.decode(errors="replace"))
    if found is None:
        raise ValueError(f"nothing like {pattern} in a page of {len(answer.body)} bytes")
    return found[1]


def photograph() -> bytes:
    """A small photograph, each another."""
    out = io.BytesIO()
    Image.effect_noise(PICTURE, random.uniform(10, 30)).convert("RGB").save(out, "JPEG", quality=60)
    return out.getvalue()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--home", type=Path, help="a loaded city (default: a small one of its own)")
    parser.add_argument("--applicants", type=int, default=500)
    parser.add_argument("--pause", type=float, default=20)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    port, tally, lock = visitors.free_port(), Tally(), threading.Lock()
    with visitors.home(options.home):
        sessions = applicants(options.applicants)
        with visitors.serving(port, ["web", "--port", str(port), "--workers", str(options.workers)], ["worker"]):  # fmt: skip
            people = [Applicant(port, each, options.pause, n, tally, lock) for n, each in enumerate(sessions)]
            began = time.perf_counter()
            for person in people:
                person.start()
            for person in people:
                person.join()
            took = time.perf_counter() - began
    print("| step | n | p50 ms | p95 ms | p99 ms |\n|---|---|---|---|---|")
    for name, times in tally.times.items():
        print(f"| {name} | {len(times)} | " + " | ".join(f"{each:.0f}" for each in spread(times)) + " |")
    every = [each for times in tally.times.values() for each in times]
    print(f"| **all** | {len(every)} | " + " | ".join(f"**{each:.0f}**" for each in spread(every)) + " |")
    print(f"{sum(person.done for person in people)} of {len(people)} applicants came to the end, {len(every) / took:.0f} requests/s over {took:.0f} s; "
          f"faults: {dict(tally.faults) or 'none'}; target p95 ≤ {TARGET_MS} ms; load of the machine {os.getloadavg()[0]:.1f}")  # fmt: skip


if __name__ == "__main__":
    main()
