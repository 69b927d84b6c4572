"""The first start: the shipped definitions published, the key of the checkpoints made. Running it again changes nothing.

Publishing takes two persons. ``qinzheng setup`` asks for both by name; only the fictional city brings its own two.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from django.conf import settings
from django.db import transaction

from qinzheng.definitions import actions, shelf
from qinzheng.definitions.library import DefinitionErrors, Library, default_root
from qinzheng.definitions.models import Edition
from qinzheng.ledger import crypto

DEMO_DRAFTER, DEMO_PUBLISHER = "demo-drafter", "demo-publisher"
KEY_NAME = "qinzheng/ledger"


def setup(arguments: argparse.Namespace) -> int:
    """Publish the shipped definitions in the name of two persons."""
    checkpoint_key()
    try:
        count = publish_shipped(arguments.drafted_by, arguments.published_by)
    except (actions.NotPublishable, DefinitionErrors) as why:
        print(why, file=sys.stderr)
        return 1
    print(f"已发布 {count} 件随程序提供的定义 / {count} shipped definition(s) published")
    return 0


def first_start() -> None:
    """What an embedded system needs: its key, and in demonstration mode its definitions."""
    checkpoint_key()
    if settings.DEMO and not Edition.objects.exclude(published_at=None).exists():
        publish_shipped(DEMO_DRAFTER, DEMO_PUBLISHER)


def publish_shipped(drafter: str, publisher: str) -> int:
    """Load and publish what the program brings and the database lacks; all or none. Returns how many editions.

    Raises :class:`~qinzheng.definitions.actions.NotPublishable`, as where both are one person, and
    :class:`~qinzheng.definitions.library.DefinitionErrors`.
    """
    root = default_root()
    library = Library.read([root], shelf.KINDS)
    with transaction.atomic():
        drafts = actions.load(library, root, drafter)
        if drafts:
            actions.publish(actions.drafts(), publisher)
    return len(drafts)


def checkpoint_key() -> None:
    """With the embedded database make the key that signs checkpoints; a city makes and keeps its own.

    Where checkpoints lie already a lost key is not replaced: they would not fit the new one.
    """
    path, folder = Path(settings.CHECKPOINT_KEY), Path(settings.CHECKPOINTS)
    if not settings.EMBEDDED or path.exists() or (folder / "checkpoint").exists():
        return
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        crypto.create_key(path, KEY_NAME, crypto.SUITES[settings.CRYPTO][1])
    except crypto.BadKey:
        if not path.exists():  # somebody else made it in this moment: theirs is the key
            raise
