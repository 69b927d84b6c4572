"""What ``qinzheng evidence`` reads of this installation, here and now: nothing is told that was not asked.

No name, no login, no address of a person: accounts by kind and number, administrators by the pseudonym of the ledger.
"""

from __future__ import annotations

import datetime as dt
import json
import socket
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection
from django.db.models import Count

from qinzheng.access import rules
from qinzheng.access.models import Account
from qinzheng.definitions import shelf
from qinzheng.ledger import projections, queries
from qinzheng.operations import kept_logs
from qinzheng.operations.backup_commands import DRILL, MANIFEST
from qinzheng.organizations import queries as organizations
from qinzheng.parties.models import Party

LISTEN = "0A"
"""The state of a listening socket in /proc/net/tcp."""


@dataclass(frozen=True)
class Found:
    """Everything that the clauses are judged by."""

    at: dt.datetime
    accounts: dict[str, int]
    administrators: list[tuple[str, str, bool]]
    """(power, pseudonym, has a second factor)"""
    demo_accounts: int
    idle_accounts: list[str]
    """pseudonyms of officers' accounts that are on while their holder has no post"""
    events: list[tuple[str, int, str, str]]
    """(type, how many, first day, last day)"""
    differences: int
    ledger_size: int
    checkpoint: tuple[int, float] | None
    """(events covered, age in hours) of the newest checkpoint outside"""
    triggers: int
    """triggers that refuse to change or delete events, in force"""
    backup_h: float | None
    drill_d: float | None
    oldest_log: dt.date | None
    ports: list[tuple[int, str]] | None
    packages: list[tuple[str, str, str]]
    stale_sessions: int
    sealed: tuple[int, int]
    """(parties, of them with a cipher text or erased)"""
    database: dict[str, str] = field(default_factory=dict)


def look(backups: Path | None = None) -> Found:
    """Read the installation. ``backups``: the folder below which ``qinzheng backup`` writes."""
    now = dt.datetime.now(dt.UTC)
    return Found(
        at=now,
        accounts=dict(Account.objects.filter(is_active=True, demo=False).values_list("kind").annotate(Count("pk")).order_by("kind")),
        administrators=_administrators(),
        demo_accounts=Account.objects.filter(demo=True, is_active=True).count(),
        idle_accounts=_idle(now),
        events=_events(),
        differences=sum(1 for _ in projections.check()),
        ledger_size=queries.head()[1],
        checkpoint=_checkpoint(now),
        triggers=_triggers(),
        backup_h=_age_h(_newest(backups, MANIFEST, "made_at"), now),
        drill_d=None if (drill := _age_h(_newest(backups, DRILL, "at"), now)) is None else drill / 24,
        oldest_log=_oldest_log(),
        ports=listening(),
        packages=packages(),
        stale_sessions=Session.objects.filter(expire_date__lt=now - dt.timedelta(days=1)).count(),
        sealed=(Party.objects.count(), Party.objects.exclude(sealed=b"", erased_at=None).count()),
        database={name: _setting(name) for name in ("server_version", "fsync", "data_checksums", "ssl", "archive_mode", "server_encoding")},
    )  # fmt: skip


def _administrators() -> list[tuple[str, str, bool]]:
    with_factor = set(
        Authenticator.objects.filter(type=Authenticator.Type.TOTP).values_list("user_id", flat=True)
    )
    rows = Account.objects.filter(administration__isnull=False, is_active=True, demo=False).select_related(
        "administration"
    )
    return [
        (str(row.administration.power), row.pseudonym, row.pk in with_factor)
        for row in rows.order_by("administration__power", "pk")
    ]


def _idle(now: dt.datetime) -> list[str]:
    day = now.astimezone(shelf.ZONE).date()
    rows = Account.objects.filter(kind="officer", is_active=True, demo=False).order_by("pk")
    return [
        row.pseudonym for row in rows if not (row.person_id and organizations.posts_held(row.person_id, day))
    ]


def _events() -> list[tuple[str, int, str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT type, count(*), min(recorded_at), max(recorded_at) FROM ledger_event GROUP BY type ORDER BY type"
        )
        return [
            (type, n, first.date().isoformat(), last.date().isoformat())
            for type, n, first, last in cursor.fetchall()
        ]


def _checkpoint(now: dt.datetime) -> tuple[int, float] | None:
    names = sorted(Path(settings.CHECKPOINTS).glob("checkpoint-" + "[0-9]" * 12))
    if not names:
        return None
    age = now.timestamp() - names[-1].stat().st_mtime
    return int(names[-1].name[-12:]), age / 3600


def _triggers() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_trigger WHERE tgrelid = 'ledger_event'::regclass AND NOT tgisinternal AND tgenabled <> 'D'"
        )
        return int(cursor.fetchone()[0])


def _newest(folder: Path | None, name: str, key: str) -> dt.datetime | None:
    """The latest moment that a file of that name below the folder tells under the key."""
    if folder is None or not folder.is_dir():
        return None
    told = []
    for path in folder.glob(f"*/{name}"):
        try:
            told.append(dt.datetime.fromisoformat(json.loads(path.read_bytes())[key]))
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return max(told, default=None)


def _age_h(at: dt.datetime | None, now: dt.datetime) -> float | None:
    return None if at is None else (now - at).total_seconds() / 3600


def _oldest_log() -> dt.date | None:
    folder = str(settings.LOGGING["folder"])
    return min(kept_logs.files(Path(folder)), default=None) if folder else None


def _setting(name: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting(%s)", [name])
        return str(cursor.fetchone()[0])


# -- the machine --------------------------------------------------------------------------------------


def listening(places: tuple[str, ...] = ("/proc/net/tcp", "/proc/net/tcp6")) -> list[tuple[int, str]] | None:
    """(port, address) of every TCP socket of this machine that listens; None where the system does not tell."""
    found: set[tuple[int, str]] = set()
    told = False
    for place in places:
        try:
            lines = Path(place).read_text(encoding="ascii").splitlines()[1:]
        except OSError:
            continue
        told = True
        for line in lines:
            _, local, _, state, *_ = line.split()
            if state == LISTEN:
                address, port = local.split(":")
                found.add((int(port, 16), _address(address)))
    return sorted(found) if told else None


def _address(text: str) -> str:
    """As /proc tells it: words of four bytes, each in the machine's order."""
    raw = b"".join(bytes.fromhex(text[n : n + 8])[::-1] for n in range(0, len(text), 8))
    return socket.inet_ntop(socket.AF_INET if len(raw) == 4 else socket.AF_INET6, raw)


def packages() -> list[tuple[str, str, str]]:
    """(name, version, licence) of every package of this environment."""
    found = {}
    for each in metadata.distributions():
        name = each.metadata["Name"]
        if name:
            licence = each.metadata["License-Expression"] or each.metadata["License"] or ""
            found[name.lower()] = (name, each.version, licence.splitlines()[0][:80] if licence else "")
    return [found[name] for name in sorted(found)]


def bill(found: Found, version: str) -> dict[str, Any]:
    """The packages as a bill of materials: CycloneDX 1.6, JSON."""
    return {
        "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
        "metadata": {
            "timestamp": found.at.isoformat(timespec="seconds"),
            "component": {"type": "application", "name": "qinzheng", "version": version, "bom-ref": "qinzheng"},
        },
        "components": [
            {
                "type": "library", "name": name, "version": its, "bom-ref": f"pkg:pypi/{name.lower()}@{its}",
                "purl": f"pkg:pypi/{name.lower().replace('_', '-')}@{its}",
                **({"licenses": [{"license": {"name": licence}}]} if licence else {}),
            }
            for name, its, licence in found.packages if name.lower() != "qinzheng"
        ],
    }  # fmt: skip


def event_totals(found: Found) -> Counter[str]:
    """How many events each package wrote, by the first part of their type."""
    totals: Counter[str] = Counter()
    for type, n, _, _ in found.events:
        totals[type.split(".")[0]] += n
    return totals


def rules_in_force() -> tuple[int, int]:
    """Clauses that allow, denials that beat them."""
    return len(rules.CLAUSES), len(rules.DENIALS)


def lines_of(found: Found) -> Iterator[tuple[str, ...]]:
    """The accounts, as the pack lists them: kind or power, number, second factor."""
    for kind, n in found.accounts.items():
        yield "账号", kind, str(n), ""
    for power, pseudonym, factor in found.administrators:
        yield "管理员", power, pseudonym, "已启用" if factor else "未启用"
