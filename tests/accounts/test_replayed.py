"""Whatever an insider changes in a table of access is named by ``ledger verify --projections``, column by column."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, transaction

from qinzheng.access import accounts, actions, replay
from qinzheng.access.models import Account, Identity
from qinzheng.ledger import projections
from tests import townhall
from tests.flows.test_projections import NO_PROJECTION, NOT_REPLAYED, changed, columns_of
from tests.townhall import BY, Townhall

pytestmark = pytest.mark.django_db
TABLES = tuple(each.table for each in replay.PROJECTIONS)


@pytest.fixture(scope="module")
def city(django_db_setup: None, django_db_blocker: Any) -> Iterator[Townhall]:
    """With a row in every table, changed once and left as it was."""
    with django_db_blocker.unblock(), townhall.standing() as made:
        lived(made)
        yield made


def lived(city: Townhall) -> None:
    """Everything that may happen to accounts and rights, once."""
    clerk, head = city.accounts["clerk"], city.accounts["head"]
    accounts.switch(head, False, BY)
    accounts.switch(head, True, BY)
    accounts.set_password(clerk, "Another horse 42 battery", BY)
    accounts.unbind(accounts.bind(clerk, "staff", "1", BY), BY)
    accounts.bind(clerk, "staff", "2", BY)
    asked = accounts.ask_reset(clerk, city.accounts["security"])
    accounts.approve_reset(asked, city.accounts["audit"])
    accounts.ask_reset(head, city.accounts["security"])
    handler = accounts.make_account("firm", "handler", BY, party=city.parties["citizen"])
    day = dt.date(2026, 1, 1)
    actions.revoke_mandate(actions.mandate(handler, "e-1", day, BY, items=["an.item"]), BY)
    actions.mandate(handler, "e-2", day, BY, ends=dt.date(2027, 1, 1))
    service = accounts.make_account("machine", "service", BY)
    token, _ = actions.issue_token(service, "试", ["read", "act"], 30, BY)
    actions.revoke_token(token, BY)
    actions.issue_token(service, "another", ["read"], 30, BY, organizations=["housing"])
    case = townhall.opened(city)
    opening = actions.ask_opening(city.user("supervisor"), case, "safety")
    actions.approve_opening(city.user("leader"), opening, 10)
    actions.opened(city.user("supervisor"), case)
    actions.ask_opening(city.user("supervisor"), case, "technical")


def differences() -> list[projections.Difference]:
    return [each for each in projections.check() if each.table.startswith("access_")]


def test_the_tables_are_what_the_ledger_says(city: Townhall) -> None:
    assert differences() == []


def test_every_column_is_watched_or_has_its_reason(city: Townhall) -> None:
    missed = []
    for table in TABLES:
        for field in columns_of(table):
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SET LOCAL session_replication_role = replica")
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                for constraint in _checks(table):
                    cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{constraint}"')
                cursor.execute(
                    f'UPDATE {table} SET "{field.column}" = {changed(field)} WHERE ctid = (SELECT ctid FROM {table} ORDER BY ctid DESC LIMIT 1)'
                )
                assert cursor.rowcount == 1
                if not any(each.table == table for each in differences()):
                    missed.append((table, field.column))
                transaction.set_rollback(True)
    assert missed == []


def _checks(table: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'c'", [table]
        )
        return [name for (name,) in cursor.fetchall()]


@pytest.mark.parametrize("table", TABLES)
def test_a_row_taken_away_or_put_in_is_named(city: Townhall, table: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(
            f"DELETE FROM {table} WHERE ctid = (SELECT ctid FROM {table} ORDER BY ctid DESC LIMIT 1)"
        )
        assert any(each.table == table for each in differences())
        transaction.set_rollback(True)


def test_logins_that_change_places_are_named(city: Townhall) -> None:
    """Nothing new is written: two names change places, so that one's password opens the other's account."""
    with transaction.atomic():
        Account.objects.filter(login="clerk").update(login="-")
        Account.objects.filter(login="head").update(login="clerk")
        Account.objects.filter(login="-").update(login="head")
        assert {each.column for each in differences()} == {"login"}
        transaction.set_rollback(True)


def test_an_identity_moved_to_another_account_is_named(city: Townhall) -> None:
    with transaction.atomic():
        Identity.objects.filter(ended_at=None).update(account=city.accounts["mayor"])
        assert [(each.table, each.column) for each in differences()] == [("access_identity", "account_id")]
        transaction.set_rollback(True)


def test_reasons_stand_for_what_is_left(city: Townhall) -> None:
    ours = {model._meta.db_table for model in apps.get_models() if model._meta.app_label == "access"}
    assert ours == {*TABLES, *(name for name in NO_PROJECTION if name.startswith("access_"))}
    assert {name for table, name in NOT_REPLAYED if table == "access_account"} == {"last_login"}
