"""Bodies of ``qinzheng webhooks …`` (see ``qinzheng.operations.webhook_parser``)."""

from __future__ import annotations

import argparse
import json
import sys
from urllib.parse import urlsplit

from qinzheng.access.models import Account
from qinzheng.definitions import shelf
from qinzheng.ledger import queries as ledger
from qinzheng.notifications import subscriptions, webhooks
from qinzheng.notifications.subscriptions import Subscription


def list_(arguments: argparse.Namespace) -> int:
    """One line a subscription. Of an address only the host is shown: its path may hold a key."""
    head = ledger.head()[1]
    rows = list(Subscription.objects.order_by("made_at"))
    names = dict(Account.objects.filter(pk__in={row.account for row in rows}).values_list("pk", "login"))
    for row in rows:
        told = {
            "webhook": row.pk, "application": names.get(row.account, "—"), "host": urlsplit(row.url).hostname,
            "active": row.active, "reason": row.reason, "behind": head - row.position, "failures": row.failures,
        }  # fmt: skip
        if arguments.json:
            print(json.dumps(told, ensure_ascii=False))
            continue
        state = "启用 on" if row.active else f"停用 off（{subscriptions.REASONS[row.reason][0]}）"
        print(
            f"{row.pk} {told['application']:<20} {told['host']:<32} 落后 behind {told['behind']:>8} "
            f"失败 failures {row.failures:>4}  {state}"
        )
    return 0


def disable(arguments: argparse.Namespace) -> int:
    """Switch one off."""
    held = _found(arguments.webhook)
    if held is None:
        return 1
    done = subscriptions.disable(held, "operator", arguments.by)
    print(f"{held.pk} 已停用 / is off" if done else f"{held.pk} 本已停用 / was off already")
    return 0


def enable(arguments: argparse.Namespace) -> int:
    """Switch one on; it goes on where it stopped."""
    held = _found(arguments.webhook)
    if held is None:
        return 1
    subscriptions.enable(held, arguments.by)
    print(f"{held.pk} 已启用，从 {held.position} 继续 / is on, from position {held.position}")
    return 0


def ping(arguments: argparse.Namespace) -> int:
    """Try the receiver once."""
    held = _found(arguments.webhook)
    if held is None:
        return 1
    tried = webhooks.ping(held)
    print(f"HTTP {tried.status if tried.status is not None else '—'} {tried.error} {tried.ms} ms")
    return 0 if tried.taken else 1


def deliveries(arguments: argparse.Namespace) -> int:
    """The newest attempts."""
    held = _found(arguments.webhook)
    if held is None:
        return 1
    for row in held.attempts.order_by("-pk")[: arguments.limit]:
        at = row.at.astimezone(shelf.ZONE).strftime("%Y-%m-%d %H:%M:%S")
        said = f"HTTP {row.status}" if row.status is not None else row.error
        print(
            f"{at} {row.event} {row.position if row.position is not None else 'ping':>9} {row.number:>3} {said} {row.ms} ms"
        )
    return 0


def _found(id: str) -> Subscription | None:
    held = Subscription.objects.filter(pk=id).first()
    if held is None:
        print(f"没有订阅 {id}，见 webhooks list / no such webhook: {id}; see webhooks list", file=sys.stderr)
    return held
