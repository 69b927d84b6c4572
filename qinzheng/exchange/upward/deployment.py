"""What the deployment says of a report: where it goes, who answers, and the key that signs what we send."""

from __future__ import annotations

import os
import re
from pathlib import Path

from django.conf import settings

from qinzheng.definitions import shelf
from qinzheng.exchange.choosing import Refusal
from qinzheng.exchange.upward.schema import Upward
from qinzheng.ledger import crypto

KEY_NAME = "qinzheng/upward"


class NoSigningKey(crypto.BadKey):
    """Packets cannot be signed: the key is missing, unreadable or open to others."""


def upward(name: str) -> Upward:
    """The published report of that id. Raises ``Refusal`` naming those there are."""
    found = {each.id: each for each in reports()}
    if name not in found:
        known = ", ".join(sorted(found)) or "—"
        raise Refusal(
            f"没有已发布的上报 {name}；可用：{known} / no report {name} is published; there are: {known}"
        )
    return found[name]


def reports() -> list[Upward]:
    """Every published report, its latest edition, by id."""
    found: dict[str, Upward] = {each.id: each for each in shelf.library().all("upward")}
    return [found[id] for id in sorted(found)]


def variable(name: str) -> str:
    """The variable of the environment that says where a report goes: an address, or a folder."""
    return "QINZHENG_UPWARD_" + re.sub(r"[^A-Za-z0-9]", "_", name).upper()


def place(name: str) -> str:
    """Where the report goes; "" where the deployment names nothing, and then nothing is built."""
    return os.environ.get(variable(name), "")


def receiver_key(name: str) -> crypto.VerifierKey | None:
    """The public key that signs the receiver's answers. Raises ``BadKey`` where the line is none."""
    told = os.environ.get(variable(name) + "_KEY", "")
    return crypto.verifier_key(told) if told else None


def signer() -> crypto.Signer:
    """What signs our packets: a key of its own, so that no packet can ever pass for a checkpoint.

    With the embedded database it is made where there is none; a city makes and keeps its own. Raises :class:`NoSigningKey`.
    """
    path = Path(settings.UPWARD_KEY)
    try:
        if settings.MASTER_KEY_MADE and not path.exists():
            crypto.create_key(path, KEY_NAME, crypto.SUITES[settings.CRYPTO][1])
    except crypto.BadKey as why:
        if not path.exists():
            raise NoSigningKey(str(why)) from None
    try:
        return crypto.read_key(path)
    except crypto.BadKey as why:
        raise NoSigningKey(str(why)) from None
