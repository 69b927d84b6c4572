"""What a subject may ask for, and that the ledger never knew who it was."""

import pytest
from django.db import IntegrityError, transaction

from qinzheng.ledger import queries as ledger
from qinzheng.parties import actions, events, queries
from qinzheng.parties.actions import register
from qinzheng.parties.bulk import Row
from qinzheng.parties.models import Party
from qinzheng.parties.subjects import Erased, PartyRefused
from qinzheng.parties.texts import NoSuchText
from tests.unit.parties.people import (
    BY,
    CITIZEN,
    FIRM,
    REASON,
    TEXT,
    body,
    citizen,
    differences,
    in_ledger,
    row,
    types,
)

pytestmark = pytest.mark.django_db


def test_the_subject_gets_everything_that_is_held():
    party = register("citizen", CITIZEN, by=BY)
    other = register("citizen", {"name": "金丝雀甲", "address": "旧址"}, by=BY)
    actions.merge(party.pk, other.pk, REASON, by=BY)
    actions.consent(party.pk, "survey", by=BY)
    ref = actions.keep_text(TEXT, party.pk, by=BY)
    queries.open_(party.pk, BY, "handling", "centre")
    told = actions.export(party.pk, by=BY)
    assert told["fields"] == CITIZEN
    assert told["records"] == [party.pk, other.pk]
    assert told["texts"][ref] == TEXT
    assert [one["purpose"] for one in told["consents"]] == ["survey"]
    assert [(one["post"], one["organization"]) for one in told["read"]] == [(BY, "centre")]
    assert types(party.pk)[-1] == "exported"


def test_erasure_takes_every_record_and_text_and_leaves_the_id():
    party = register("citizen", CITIZEN, by=BY)
    other = register("citizen", {"name": "金丝雀甲"}, by=BY)
    ref, of_case = actions.keep_text(TEXT, other.pk, by=BY), actions.keep_text("路灯不亮", "case:9", by=BY)
    actions.merge(party.pk, other.pk, REASON, by=BY)
    with pytest.raises(PartyRefused, match="删除理由"):
        actions.erase(party.pk, "tired", by=BY)
    actions.erase(other.pk, "consent_withdrawn", by=BY)
    for id in (party.pk, other.pk):
        held = row(id)
        assert not any(
            held[name]
            for name in held
            if name.endswith("_index") or name in ("sealed", "key_wrapped", "commitment")
        )
        assert body(id) == {"ground": "consent_withdrawn"}
        assert queries.masked(id) == {}
        with pytest.raises(Erased):
            queries.open_(id, BY, "handling")
    for refused in (
        lambda: actions.erase(party.pk, "unlawful", by=BY),
        lambda: actions.change(party.pk, {"phone": "13800000000"}, by=BY),
        lambda: actions.export(party.pk, by=BY),
        lambda: actions.unmerge(other.pk, REASON, by=BY),
        lambda: actions.consent(party.pk, "survey", by=BY),
    ):
        with pytest.raises(Erased):
            refused()
    with pytest.raises(NoSuchText):
        queries.text(ref, BY, "handling")
    assert queries.text(of_case, BY, "handling") == "路灯不亮"
    assert queries.find_by_code(CITIZEN["identity_number"]) is None
    assert queries.contacts([party.pk], "handling", BY) == {}
    assert register("citizen", CITIZEN, by=BY).pk not in (party.pk, other.pk), (
        "coming back, one is a new party"
    )
    assert differences() == []


def test_an_erased_row_cannot_keep_anything():
    party = register("citizen", CITIZEN, by=BY)
    with pytest.raises(IntegrityError), transaction.atomic():
        Party.objects.filter(pk=party.pk).update(erased_at=party.created_at)


def test_nothing_personal_stands_in_the_ledger_after_every_verb():
    party = register("citizen", CITIZEN, by=BY)
    firm_ = register("enterprise", FIRM, by=BY, credit_class="A")
    actions.register_many("citizen", [Row(CITIZEN), Row(citizen(1))], by=BY)
    twin = register("citizen", {"name": CITIZEN["name"], "phone": CITIZEN["phone"]}, by=BY)
    actions.change(twin.pk, {"address": CITIZEN["address"]}, by=BY, town="town-01")
    actions.set_credit_class(firm_.pk, "B", REASON, by=BY)
    actions.put_on_list([firm_.pk], "top100", 2026, by=BY)
    actions.take_off_list(firm_.pk, "top100", 2026, by=BY)
    actions.consent(party.pk, "callback", by=BY)
    ref = actions.keep_text(TEXT, party.pk, by=BY)
    queries.open_(party.pk, BY, "callback")
    queries.contacts([party.pk], "callback", BY)
    queries.text(ref, BY, "handling")
    queries.duplicates(BY)
    actions.withdraw_consent(party.pk, "callback", by=BY)
    actions.merge(party.pk, twin.pk, REASON, by=BY)
    actions.unmerge(twin.pk, REASON, by=BY)
    actions.restrict(party.pk, REASON, by=BY)
    actions.lift_restriction(party.pk, REASON, by=BY)
    actions.export(party.pk, by=BY)
    actions.erase_text(ref, by=BY)
    actions.erase(party.pk, "purpose_achieved", by=BY)
    told = {event.type for event in ledger.events()}
    known = {
        value for value in vars(events).values() if isinstance(value, str) and value.startswith("parties.")
    }
    assert known - told == {events.KEY_ROTATED}, "every verb was tried"
    assert in_ledger() == []
    assert differences() == []
