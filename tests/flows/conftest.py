"""A database with the shipped definitions published."""

import pytest

from qinzheng import wiring
from qinzheng.definitions import actions, shelf
from qinzheng.definitions.library import Library, default_root
from qinzheng.supervision import programs


@pytest.fixture
def published(transactional_db):
    shelf.forget()
    programs.forget()
    root = default_root()
    actions.load(Library.read([root], wiring.KINDS), root, "drafter")
    actions.publish(actions.drafts(), "publisher")
    yield shelf.library()
    shelf.forget()
    programs.forget()
