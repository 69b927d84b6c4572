"""Many rows at once, many counters at once, and nothing at all with the wrong key."""

import threading

import pytest
from django.conf import settings
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from qinzheng.ledger import queries as ledger
from qinzheng.parties import actions, queries
from qinzheng.parties.actions import register
from qinzheng.parties.bulk import BadRows, Row
from qinzheng.parties.models import Party
from qinzheng.parties.vault import WrongKey
from tests.unit.parties.people import BY, CITIZEN, REASON, TEXT, citizen, differences, firm, row, types

pytestmark = pytest.mark.django_db
OTHER_KEY = "b3RoZXJvdGhlcm90aGVyb3RoZXJvdGhlcm90aGVyMTI="


# ---------------------------------------------------------------- many at once


def test_eight_thousand_firms_take_a_fixed_number_of_statements():
    rows = [Row(firm(i), town=f"town-{i % 18:02d}", credit_class="ABCD"[i % 4]) for i in range(8_000)]
    actions.register_many("enterprise", rows[:1], by=BY)  # makes the key of the indexes
    with CaptureQueriesContext(connection) as few:
        actions.register_many("enterprise", rows[1:10], by=BY)
    with CaptureQueriesContext(connection) as many:
        done = actions.register_many("enterprise", rows[10:], by=BY)
    assert len(many) == len(few) <= 12
    assert {one.came for one in done} == {"new"}
    assert Party.objects.count() == 8_000
    assert queries.open_(done[-1].party, BY, "register") == firm(7_999)
    with CaptureQueriesContext(connection) as again:
        repeated = actions.register_many("enterprise", rows, by=BY)
    assert {one.came for one in repeated} == {"same"}
    assert len(again) <= 20
    assert types(done[0].party) == ["registered"]
    assert Party.objects.count() == 8_000


def test_known_rows_are_brought_up_to_date():
    rows = [Row(firm(i), town="town-01", credit_class="B") for i in range(4)]
    first = actions.register_many("enterprise", rows, by=BY)
    rows[1] = Row(firm(1, phone="051288888888"), town="town-01", credit_class="B")
    rows[2] = Row(firm(2), town="town-02", credit_class="D")
    rows[3] = Row(firm(3))
    done = actions.register_many("enterprise", rows, by=BY, reason=REASON)
    assert [one.party for one in done] == [one.party for one in first]
    assert [one.came for one in done] == ["same", "changed", "changed", "same"]
    held = queries.party(done[2].party)
    assert (held.town, held.credit_class) == ("town-02", "D")
    assert [one.pk for one in queries.find_by_phone("051288888888")] == [done[1].party]
    assert types(done[1].party) == ["registered", "changed"]
    assert types(done[2].party) == ["registered", "changed", "credit_changed"]
    assert differences() == []


def test_every_wrong_row_is_named_and_none_is_taken():
    rows = [
        Row(firm(0)), Row(firm(0)), Row(firm(1, name="")), Row(firm(2), credit_class="E"),
        Row(firm(3) | {"enterprise_code": "91330100799655058C"}),
    ]  # fmt: skip
    with pytest.raises(BadRows) as refused:
        actions.register_many("enterprise", rows, by=BY)
    assert [(one.row, one.field) for one in refused.value.problems] == [
        (1, "enterprise_code"), (2, "name"), (3, "credit_class"), (4, "enterprise_code"),
    ]  # fmt: skip
    assert not Party.objects.exists()
    register("citizen", CITIZEN, by=BY)
    with pytest.raises(BadRows) as refused:
        actions.register_many("citizen", [Row(citizen(1)), Row(CITIZEN | {"name": "李四"})], by=BY)
    assert [(one.row, one.field) for one in refused.value.problems] == [(1, "identity_number")]
    assert Party.objects.count() == 1


# ---------------------------------------------------------------- closed without the right key


def test_with_the_wrong_key_nothing_is_read_and_nothing_written(monkeypatch):
    party = register("citizen", CITIZEN, by=BY)
    before = ledger.history(party.pk)
    monkeypatch.setattr(settings, "MASTER_KEY", OTHER_KEY)
    for refused in (
        lambda: queries.open_(party.pk, BY, "handling"),
        lambda: queries.masked(party.pk),
        lambda: queries.find_by_phone(CITIZEN["phone"]),
        lambda: register("citizen", citizen(1), by=BY),
        lambda: actions.change(party.pk, {"phone": ""}, by=BY),
        lambda: actions.keep_text(TEXT, party.pk, by=BY),
        lambda: actions.export(party.pk, by=BY),
        lambda: actions.register_many("citizen", [Row(citizen(2))], by=BY),
    ):
        with pytest.raises(WrongKey, match="QINZHENG_MASTER_KEY"):
            refused()
    assert ledger.history(party.pk) == before
    assert Party.objects.count() == 1
    actions.erase(party.pk, "consent_withdrawn", by=BY)
    assert row(party.pk)["key_wrapped"] == b"", "erasure needs no key"


@pytest.mark.django_db(transaction=True)
def test_two_counters_at_once_make_one_party_and_readers_wait_their_turn():
    made, failed = [], []
    start = threading.Barrier(6)

    def counter():
        try:
            start.wait()
            party = register("citizen", CITIZEN, by=BY)
            queries.open_(party.pk, BY, "handling")
            made.append(party.pk)
        except Exception as why:
            failed.append(why)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=counter) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert len(set(made)) == Party.objects.count() == 1
    assert types(made[0]) == ["registered", *["read"] * 6]
