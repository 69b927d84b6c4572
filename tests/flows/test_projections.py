"""``ledger verify --projections``: whatever an insider changes in a table that screens read is named.

Every column of every table is either replayed from the ledger or stands in ``NOT_REPLAYED`` with its reason.
"""

import argparse
import threading

import pytest
from django.apps import apps
from django.db import connection, models, transaction

from qinzheng.cases import actions as cases
from qinzheng.cases.models import Case
from qinzheng.definitions.models import Edition
from qinzheng.ledger import actions, projections, sequencer
from qinzheng.ledger.envelope import NewEvent
from qinzheng.operations import ledger_commands
from qinzheng.supervision.models import Card
from tests.flows.test_live import CLERK, HANDLER, ago, opened

pytestmark = pytest.mark.django_db(transaction=True)

SURROGATE = "a row's own number; nothing is decided by it"
SEALED = "compared by its commitment, which is what the ledger holds"
FOUND_BY = "made from what is sealed, to find it by; no figure is counted from it"
HINT = "a hint for the sequencer; an event that it would skip is named"
FOLLOWED = "how far a follower has read; what it reads again it does not do again"
GIVEN = "a file is opened by its own key and compared with its salted hash, which the ledger holds; no figure is counted from it"
TOLD = "who was told of which event, made anew from the log by nobody; no figure is counted from it"
NOT_REPLAYED = {
    ("definitions_edition", "drafted_at"): "before publication; nothing reads it",
    ("organizations_person", "name"): "personal, so in no event", ("organizations_person", "number"): "personal, so in no event",
    ("parties_party", "sealed"): SEALED, ("parties_party", "key_wrapped"): SEALED,
    ("parties_sealed_text", "sealed"): SEALED, ("parties_sealed_text", "key_wrapped"): SEALED,
    ("parties_sealed_text", "erased_at"): "the emptied commitment says that it was erased",
    **{("parties_party", f"{name}_index"): FOUND_BY for name in ("identity", "enterprise", "phone", "name", "similar")},
    ("access_account", "last_login"): "each login is an event; nothing reads this",
    ("exchange_packet", "sealed"): SEALED, ("exchange_packet", "key_wrapped"): SEALED, ("exchange_packet", "commitment"): SEALED,
    **{("exchange_packet", name): "on its way: each sending and each answer is an event" for name in (
        "built_at", "sent_at", "answered_at", "next_at", "attempts", "error")},
    ("ledger_head", "one"): "there is one row", ("ledger_head", "hash"): "every leaf differs under another hash",
    ("ledger_head", "transaction"): HINT, ("ledger_head", "row"): HINT, ("ledger_head", "floor"): HINT,
    ("ledger_head", "cluster"): "another one only makes the sequencer look for what has no position",
}  # fmt: skip
LOG = ("ledger_position", "ledger_tile", "ledger_head")
NO_PROJECTION = {
    "ledger_event": "the ledger itself: export and checkpoints",
    "cases_words": FOUND_BY, "parties_index_key": FOUND_BY,
    "operations_heartbeat": "whether the processes run; nothing is counted from it",
    "access_seen": "reads, which are no events", "access_saved_view": "a person's own filters",
    "cases_receipt": "shows an applicant its own case; no figure is counted from it",
    "cases_attachment": GIVEN, "cases_sealed_file": GIVEN,
    "applying_application": "which papers come how: shown to the window, and what it stands on is in the event it names",
    "applying_draft": "what somebody has begun and not sent",
    "cases_look_up": "tries of the last minute, to hold guessing back",
    "exchange_cursor": FOLLOWED, "exchange_touched": FOLLOWED,
    "exchange_record": "what was told to a receiver, signed and chained in the packets, which are replayed",
    "exchange_answer": "the receiver's own words, kept as they came",
    "notifications_cursor": FOLLOWED, "notifications_notice": TOLD, "notifications_delivery": TOLD, "notifications_tally": TOLD,
    "notifications_attempt": TOLD, "notifications_paced": TOLD, "notifications_shown_message": "the demonstration's telephone",
    "notifications_contact": "where an officer wants to be told: its own choice, by reference",
    "notifications_subscription": "what goes out is asked of the token's rights each time, and those are replayed",
    "notifications_secret": "sealed keys of signatures; a wrong one only makes a receiver refuse",
    "notifications_one_time_code": "codes of five minutes, by keyed digest",
}  # fmt: skip
WATCHED = (
    "definitions_edition",
    "clocks_clock",
    "cases_case",
    "cases_outside_number",
    "supervision_card",
    *LOG,
)
"""The tables in which :func:`city` leaves rows; those of parties and organizations are altered in their own tests."""


def columns_of(table):
    """The columns of a table that must be watched: all but those with a reason, and the row's own number."""
    (model,) = (model for model in apps.get_models() if model._meta.db_table == table)
    keys = next((each.key for each in projections.PROJECTIONS if each.table == table), ())
    return [
        field
        for field in model._meta.concrete_fields
        if (table, field.column) not in NOT_REPLAYED and (field.get_internal_type() != "BigAutoField" or field.column in keys)
    ]  # fmt: skip


@pytest.fixture
def city(published):
    """Cases in every situation that the tables know: running, overdue, withdrawn cards, outside numbers, several organs."""
    opened()
    opened(60)
    cases.perform(opened(60).case, "reply", HANDLER, {}, occurred_at=ago(59))
    order = cases.open_case("hotline.work-order", "call", CLERK, {}, outside={"hotline": "12345-1"})
    cases.perform(order.case, "dispatch", CLERK, {"next": "城管局"})
    sequencer.sequence_all()
    assert differences() == []


def differences():
    return [str(difference) for difference in projections.check()]


def superuser(sql, parameters=()):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(sql, parameters)
        return cursor.rowcount


def changed(field):
    """SQL that makes another value of the column, whatever it holds."""
    name = f'"{field.column}"'
    if isinstance(field, models.JSONField):
        return f"coalesce({name}, '{{}}'::jsonb) || '{{\"forged\": 1}}'::jsonb"
    if isinstance(field, models.BinaryField):
        return f"coalesce({name}, ''::bytea) || '\\x00'::bytea"
    if isinstance(field, models.DateTimeField | models.DateField):
        return f"coalesce({name}, '2020-02-02') + interval '1 day'"
    if isinstance(field, models.BooleanField):
        return f"NOT {name}"
    if isinstance(field, models.UUIDField):
        return "gen_random_uuid()"
    if isinstance(field, models.CharField | models.TextField):
        return f"left(coalesce({name}, ''), {(field.max_length or 100) - 1}) || '伪'"
    target = field.target_field if isinstance(field, models.ForeignKey) else field
    if isinstance(target, models.CharField | models.TextField):
        return f"left(coalesce({name}, ''), 70) || '伪'"
    return f"coalesce({name}, 0) + 1000"


def rehearsed(table, sql):
    """The differences of the table that a change to one row would show; nothing is kept."""
    with transaction.atomic():
        assert superuser(sql) == 1, sql
        found = [difference for difference in projections.check() if difference.table == table]
        transaction.set_rollback(True)
    return found


def one_row(table):
    """The row that was written last."""
    rows = f"{table} WHERE published_at IS NOT NULL" if table == "definitions_edition" else table
    return f"SELECT ctid FROM {rows} ORDER BY ctid DESC LIMIT 1"


def test_every_column_of_every_table_is_watched(city):
    missed = []
    for table in WATCHED:
        for field in columns_of(table):
            sql = f'UPDATE {table} SET "{field.column}" = {changed(field)} WHERE ctid = ({one_row(table)})'
            if not rehearsed(table, sql):
                missed.append((table, field.column))
    assert missed == []


def test_every_table_of_ours_is_replayed_or_says_why_not():
    """A column that a package adds fails here until it is replayed, or a reason is given."""
    ours = {model._meta.db_table for model in apps.get_models() if model.__module__.startswith("qinzheng.")}
    replayed = {each.table: {*each.key, *each.columns} for each in projections.PROJECTIONS}
    assert ours == {*replayed, *LOG, *NO_PROJECTION}
    by_checks = {
        ("definitions_edition", "text"),
        ("access_account", "login"),
        ("access_account", "password"),
        ("access_token", "label"),
    } | {("cases_case", name) for name in ("last_seq", "fold", "due_at", "next_due")}
    left = {(table, field.column) for table, names in replayed.items() for field in columns_of(table) if field.column not in names}  # fmt: skip
    assert left == by_checks


@pytest.mark.parametrize("table", WATCHED)
def test_a_row_taken_away_or_put_in_twice_is_named(city, table):
    assert rehearsed(table, f"DELETE FROM {table} WHERE ctid = ({one_row(table)})")


def test_the_row_is_named_in_both_languages_and_the_command_says_no(city, capsys):
    case = Case.objects.filter(closed_at=None).last()
    assert case is not None
    Case.objects.filter(pk=case.pk).update(state="replied")
    assert ledger_commands.projections_(argparse.Namespace()) == 1
    said = capsys.readouterr().out
    assert case.pk in said
    assert "账本为 " in said
    assert "the table 'replied'" in said
    Case.objects.filter(pk=case.pk).update(state=case.state)
    assert ledger_commands.projections_(argparse.Namespace()) == 0


def test_a_card_taken_away_quietly_is_named(city):
    card = Card.objects.filter(withdrawn_at=None).first()
    assert card is not None
    Card.objects.filter(pk=card.pk).delete()
    assert [card.id in said for said in differences()] == [True]


def test_a_clock_that_would_never_be_overdue_is_named(city):
    """The moment at which time alone matters, moved to a distant year: no mark would ever pass."""
    case = Case.objects.filter(due_at__isnull=False).first()
    assert case is not None
    Case.objects.filter(pk=case.pk).update(due_at="2099-01-01T00:00Z")
    (said,) = differences()
    assert "due_at" in said
    fold = {**(case.fold or {}), "program": "forged"}
    Case.objects.filter(pk=case.pk).update(fold=fold)
    (said,) = differences()
    assert "fold" in said
    Case.objects.filter(pk=case.pk).update(fold=None)
    assert len(differences()) == 1


def test_an_edition_changed_after_it_was_published_is_named(city):
    edition = Edition.objects.get(kind="procedure", definition="letters.reply")
    text = bytes(edition.text).replace(b"amount: 5", b"amount: 9")
    assert text != bytes(edition.text)
    with transaction.atomic():
        superuser("UPDATE definitions_edition SET text = %s WHERE id = %s", [text, edition.pk])
        (said,) = differences()
        transaction.set_rollback(True)
    assert "letters.reply" in said
    assert edition.sha256 in said


def test_an_event_forged_in_the_ledger_is_named_and_stops_nothing(city):
    """A body that nothing of ours wrote: the check says so and goes on."""
    case = Case.objects.filter(closed_at=None).last()
    assert case is not None
    for body in (b"{", b"[]", b'{"act":"reply"}', b'{"act":"none","role":"x","form":{}}', b"\xff"):
        with transaction.atomic():
            superuser(
                "UPDATE ledger_event SET body = %s WHERE subject = %s AND type = 'cases.opened'",
                [body, case.pk],
            )
            said = differences()
            transaction.set_rollback(True)
        assert any(case.pk in line for line in said)


def test_acts_done_meanwhile_are_no_difference(city):
    """The check sees events and tables as of one moment, whatever is written while it runs."""
    stop = threading.Event()

    def act():
        while not stop.is_set():
            cases.perform(opened(3).case, "reply", HANDLER, {})
            sequencer.sequence_once()
        connection.close()

    thread = threading.Thread(target=act)
    thread.start()
    try:
        for _ in range(5):
            assert differences() == []
    finally:
        stop.set()
        thread.join()


def test_a_subject_of_another_package_with_the_name_of_a_case_is_no_matter(city):
    actions.append([NewEvent(type="elsewhere.noted", subject="elsewhere:1", body={})])
    assert differences() == []
