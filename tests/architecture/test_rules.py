"""Every house rule is caught breaking, and let be where it should be."""

from pathlib import PurePosixPath

import pytest

from tests.architecture import rules

LONG = "x = 1\n" * 401
HIDDEN = "def f():\n    from qinzheng.cases import actions\n"
NESTED = "class A:\n    def f(self):\n        if self:\n            import os\n"

BROKEN = [
    (rules.not_too_long, "qinzheng/cases/engine.py", LONG),
    (rules.has_a_home, "qinzheng/utils/text.py", ""),
    (rules.has_a_home, "qinzheng/cases/helpers.py", ""),
    (rules.imports_at_the_top, "qinzheng/cases/engine.py", HIDDEN),
    (rules.imports_at_the_top, "qinzheng/cases/engine.py", NESTED),
    (rules.no_signals, "qinzheng/cases/models.py", "from django.dispatch import receiver\n"),
    (rules.no_signals, "qinzheng/cases/models.py", "import django.db.models.signals\n"),
    (rules.no_lookup_of_models, "qinzheng/cases/queries.py", "apps.get_model('cases', 'Case')\n"),
    (rules.no_evaluation, "qinzheng/cases/guards.py", "def f(text):\n    return eval(text)\n"),
    (rules.no_evaluation, "qinzheng/cases/guards.py", "exec('1')\n"),
    (rules.introduces_itself, "qinzheng/parties/__init__.py", ""),
    (rules.introduces_itself, "qinzheng/parties/__init__.py", '"""' + "line\n" * 13 + '"""\n'),
    (rules.no_machine, "qinzheng/operations/cli.py", 'HOME = "' + "/ho" + 'me/someone/data"\n'),
    (rules.no_machine, "docs/howto/start.md", "see " + "/t" + "mp/x\n"),
    (rules.no_machine, "config/settings.py", "HOST = '" + ".".join(["10", "1", "2", "3"]) + "'\n"),
]

SOUND = [
    (rules.not_too_long, "qinzheng/cases/engine.py", "x = 1\n" * 400),
    (rules.has_a_home, "qinzheng/cases/guards.py", ""),
    (rules.imports_at_the_top, "qinzheng/cases/engine.py", "import os\n\n\ndef f():\n    return os\n"),
    (rules.no_signals, "qinzheng/ledger/models.py", "from django.dispatch import receiver\n"),
    (rules.no_signals, "qinzheng/operations/serve.py", "import signal\n"),
    (rules.no_lookup_of_models, "qinzheng/cases/migrations/0001_initial.py", "apps.get_model('a', 'B')\n"),
    (rules.no_evaluation, "qinzheng/cases/fields.py", "import re\nre.compile('x')\n"),
    (rules.introduces_itself, "qinzheng/parties/__init__.py", '"""Parties: the erasable personal data."""\n'),
    (rules.introduces_itself, "qinzheng/parties/models.py", ""),
    (rules.no_machine, "config/settings.py", "HOSTS = '127.0.0.1'\nPG = '/usr/lib/postgresql'\n"),
]


def _name(value: object) -> str:
    return getattr(value, "__name__", "")


@pytest.mark.parametrize(("rule", "path", "text"), BROKEN, ids=_name)
def test_a_bad_sample_is_caught(rule: rules.Rule, path: str, text: str) -> None:
    assert list(rule(PurePosixPath(path), text))


@pytest.mark.parametrize(("rule", "path", "text"), SOUND, ids=_name)
def test_a_good_sample_is_let_be(rule: rules.Rule, path: str, text: str) -> None:
    assert list(rule(PurePosixPath(path), text)) == []
