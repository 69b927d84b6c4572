"""Tokens from the command line: issued with an account and a post, shown once, revoked at once."""

from importlib import import_module
from typing import Any

import pytest
from django.test import Client

from qinzheng.access import actions as access
from qinzheng.access.models import Account, Token
from qinzheng.operations import token_parser
from qinzheng.organizations.models import Post
from qinzheng.wiring import build_parser
from tests.flows import applications

pytestmark = pytest.mark.django_db(transaction=True)


def run(*words: str) -> int:
    bodies: Any = import_module(token_parser.BODIES)
    verb = {"list": "list_"}.get(words[0], words[0])
    code: int = getattr(bodies, verb)(build_parser().parse_args(["tokens", *words]))
    return code


def status(secret: str) -> int:
    return Client().get("/api/v1/cases", headers={"Authorization": f"Bearer {secret}"}).status_code


def test_a_token_is_issued_listed_and_revoked(published: object, capsys: pytest.CaptureFixture[str]) -> None:
    applications.city()
    new = ("--unit", "housing", "--role", "clerk", "--scope", "read", "--by", "a-1")
    assert run("issue", "vertical", *new) == 0
    secret = capsys.readouterr().out.strip()
    assert status(secret) == 200
    assert (
        run("issue", "vertical", "--scope", "feed", "--by", "a-1") == 0
    )  # a second one for the same account
    assert Account.objects.get().login == "vertical"
    assert Post.objects.get().roles == ["clerk"]
    second = capsys.readouterr().out.strip()
    assert status(second) == 403
    assert run("list") == 0
    listed = capsys.readouterr().out
    assert (listed.count("vertical"), secret in listed) == (2, False)
    assert run("revoke", str(Token.objects.earliest("pk").pk), "--by", "a-1") == 0
    assert status(secret) == 401
    assert run("revoke", "999", "--by", "a-1") == 1


def test_what_cannot_be_issued_leaves_nothing(published: object, capsys: pytest.CaptureFixture[str]) -> None:
    applications.city()
    assert run("issue", "new", "--scope", "read", "--by", "a-1") == 1
    assert "--unit" in capsys.readouterr().err
    wrong = ("--unit", "nowhere", "--role", "clerk", "--scope", "read", "--by", "a-1")
    assert run("issue", "new", *wrong) == 1
    assert run("issue", "new", "--unit", "housing", "--role", "king", "--scope", "read", "--by", "a-1") == 1
    assert (Account.objects.count(), Token.objects.count(), Post.objects.count()) == (0, 0, 0)


def test_the_command_knows_every_scope() -> None:
    assert set(token_parser.SCOPES) == access.TOKEN_SCOPES
