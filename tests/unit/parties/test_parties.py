"""Parties on the real database: registered once and found again, masked, opened with a trace, by consent."""

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from qinzheng.ledger import queries as ledger
from qinzheng.parties import actions, codes, events, queries
from qinzheng.parties.actions import register
from qinzheng.parties.drafts import AnotherName, CodeTaken
from qinzheng.parties.fields import WrongField
from qinzheng.parties.models import Consent, Listing, Party, SealedText
from qinzheng.parties.queries import Contact, NotConsented
from qinzheng.parties.subjects import NoSuchParty, PartyRefused, Restricted
from qinzheng.parties.texts import NoSuchText
from qinzheng.parties.vault import Damaged
from tests.unit.parties.people import (
    BY,
    CITIZEN,
    FIRM,
    REASON,
    TEXT,
    body,
    citizen,
    differences,
    firm,
    found_by_code,
    row,
    types,
    values,
)

pytestmark = pytest.mark.django_db


# ---------------------------------------------------------------- registered and found


def test_a_citizen_is_sealed_found_and_registered_once():
    party = register("citizen", CITIZEN, by=BY, organization="centre", town="town-03")
    again = register("citizen", {"name": CITIZEN["name"], "identity_number": "11010519491231002x"}, by=BY)
    assert again.pk == party.pk
    assert types(party.pk) == ["registered"]
    assert body(party.pk) == {
        "kind": "citizen", "town": "town-03", "credit_class": "", "fields": sorted(CITIZEN), "commitment": party.commitment,
    }  # fmt: skip
    for found in (
        found_by_code(CITIZEN["identity_number"]),
        *queries.find_by_phone("+86 139 8765 0001"),
        *queries.find_by_name(" 金丝雀 甲"),
        queries.party(party.pk),
    ):
        assert found.pk == party.pk
    assert (
        queries.find_by_code(codes.make_identity_number("320583", codes.birthday("11010519491231002X"), 1))
        is None
    )
    assert (queries.find_by_phone("13900000000"), queries.find_by_name("金丝雀甲", "enterprise")) == ([], [])
    with pytest.raises(codes.WrongCode):
        queries.find_by_code("123")


def test_no_value_stands_in_the_tables_or_the_statements():
    with CaptureQueriesContext(connection) as said:
        party = register("citizen", CITIZEN, by=BY)
        actions.keep_text(TEXT, party.pk, by=BY)
        queries.find_by_phone(CITIZEN["phone"])
        queries.open_(party.pk, BY, "handling")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p::text FROM parties_party p UNION ALL SELECT t::text FROM parties_sealed_text t"
        )
        dump = "\n".join(part for (part,) in cursor.fetchall())
    statements = "\n".join(query["sql"] for query in said.captured_queries)
    for value in values(CITIZEN, TEXT):
        for raw in (value, value.encode().hex()):
            assert raw not in dump + statements


def test_a_number_under_another_name_is_refused():
    register("citizen", CITIZEN, by=BY)
    with pytest.raises(AnotherName, match="另一姓名") as refused:
        register("citizen", CITIZEN | {"name": "李四"}, by=BY)
    assert "李四" not in str(refused.value)
    firm_ = register("enterprise", FIRM, by=BY)
    assert register("enterprise", FIRM | {"name": "更名后有限公司"}, by=BY).pk == firm_.pk


def test_without_a_code_each_is_new_unless_the_key_is_the_same():
    key = uuid.uuid4()
    first = register("citizen", {"name": "张三"}, by=BY, key=key)
    assert register("citizen", {"name": "张三"}, by=BY, key=key).pk == first.pk == f"party:{key}"
    assert register("citizen", {"name": "张三"}, by=BY).pk != first.pk
    assert len(queries.find_by_name("张三")) == 2


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("citizen", {"name": "李四"}),
        ("citizen", {"name": "张三", "identity_number": CITIZEN["identity_number"]}),
        ("enterprise", {"name": "张三"}),
    ],
)
def test_a_key_that_was_used_names_nobody_else(kind, told):
    key = uuid.uuid4()
    first = register("citizen", {"name": "张三"}, by=BY, key=key)
    with pytest.raises(PartyRefused, match="先前提交的有效") as refused:
        register(kind, told, by=BY, key=key)
    assert "张三" not in str(refused.value)
    assert [each.pk for each in Party.objects.all()] == [first.pk]


def test_what_is_wrong_registers_nothing():
    for kind, told, credit_class in (
        ("citizen", {"name": "张三", "identity_number": "110105194912310021"}, ""),
        ("citizen", {"name": "张三"}, "A"),
        ("enterprise", {"name": "甲厂"}, "E"),
    ):
        with pytest.raises(WrongField):
            register(kind, told, by=BY, credit_class=credit_class)
    assert not Party.objects.exists()


def test_a_change_seals_anew_and_keeps_the_rest():
    party = register("citizen", CITIZEN, by=BY)
    before = row(party.pk)
    actions.change(party.pk, {"phone": "13987650002", "address": ""}, by=BY, town="town-05")
    assert body(party.pk)["fields"] == ["address", "phone"]
    assert body(party.pk)["town"] == "town-05"
    after = row(party.pk)
    assert not {bytes(before[name]) for name in ("sealed", "key_wrapped", "phone_index")} & {
        bytes(after[name]) for name in ("sealed", "key_wrapped", "phone_index")
    }
    held = queries.open_(party.pk, BY, "handling")
    assert held == {key: value for key, value in CITIZEN.items() if key != "address"} | {
        "phone": "13987650002"
    }
    assert (queries.find_by_phone("13987650001"), len(queries.find_by_phone("13987650002"))) == ([], 1)
    actions.change(party.pk, {"phone": "139 8765 0002"}, by=BY, town="town-05")
    assert types(party.pk) == ["registered", "changed", "read"], "the same again is no event"


def test_a_change_to_anothers_code_names_the_other():
    first, second = register("citizen", CITIZEN, by=BY), register("citizen", citizen(1), by=BY)
    with pytest.raises(CodeTaken, match=first.pk):
        actions.change(second.pk, {"identity_number": CITIZEN["identity_number"]}, by=BY)
    assert found_by_code(citizen(1)["identity_number"]).pk == second.pk
    with pytest.raises(NoSuchParty):
        actions.change("party:none", {"phone": ""}, by=BY)


# ---------------------------------------------------------------- read


def test_every_opening_leaves_who_and_why_before_it_shows():
    party = register("citizen", CITIZEN, by=BY)
    assert queries.open_(party.pk, BY, "handling", "centre") == CITIZEN
    (event,) = [one for one in ledger.history(party.pk) if one.type == events.READ]
    assert (event.actor, event.organization, event.body) == (BY, "centre", {"purpose": "handling"})
    (seen,) = queries.readings(party.pk)
    assert (seen["post"], seen["purpose"]) == (BY, "handling")
    for reader, purpose in (("", "handling"), (BY, "curiosity"), (BY, "")):
        with pytest.raises(PartyRefused):
            queries.open_(party.pk, reader, purpose)
    assert types(party.pk) == ["registered", "read"]
    with pytest.raises(NoSuchParty):
        queries.open_("party:none", BY, "handling")


def test_masked_leaves_no_event_and_takes_the_same_queries_for_one_and_for_many():
    ids = [register("citizen", citizen(i, phone="13987650001"), by=BY).pk for i in range(5)]
    with CaptureQueriesContext(connection) as one:
        queries.masked(ids[0])
    with CaptureQueriesContext(connection) as many:
        shown = queries.masked_many([*ids, "party:none"])
    assert len(one) == len(many) == 3
    assert sorted(shown) == sorted(ids)
    assert {held["phone"] for held in shown.values()} == {"139****0001"}
    assert types(ids[0]) == ["registered"]
    with pytest.raises(NoSuchParty):
        queries.masked("party:none")


def test_a_row_changed_or_exchanged_by_hand_does_not_open_and_is_named():
    first, second = register("citizen", CITIZEN, by=BY), register("citizen", citizen(1), by=BY)
    assert differences() == []
    Party.objects.filter(pk=first.pk).update(
        sealed=second.sealed, key_wrapped=second.key_wrapped, commitment=second.commitment
    )
    with pytest.raises(Damaged):
        queries.open_(first.pk, BY, "handling")
    (named,) = differences()
    assert "commitment" in named
    assert first.pk in named


def test_texts_are_kept_read_and_erased():
    ref = actions.keep_text(TEXT, "case:1", by=BY)
    assert ref.startswith("text:")
    assert queries.text(ref, BY, "handling") == TEXT
    assert types(ref) == ["text_kept", "read"]
    assert types("case:1") == [], "a case's own order of events is left alone"
    second = actions.keep_text("另一段", "case:1", by=BY)
    assert queries.texts([second, ref], BY, "handling") == {ref: TEXT, second: "另一段"}
    actions.erase_text(ref, by=BY)
    with pytest.raises(NoSuchText):
        queries.text(ref, BY, "handling")
    with pytest.raises(NoSuchText):
        actions.erase_text(ref, by=BY)
    for nothing in ("", " \n", "x" * 100_001, "a\x00"):
        with pytest.raises(PartyRefused):
            actions.keep_text(nothing, "case:1", by=BY)
    assert not any(
        bytes(part) for part in SealedText.objects.values_list("sealed", "key_wrapped").get(pk=ref)
    )
    assert differences() == []


# ---------------------------------------------------------------- consent


def test_withdrawn_consent_is_honoured():
    party = register("citizen", CITIZEN, by=BY)
    assert queries.contacts([party.pk], "callback", BY) == {}
    with pytest.raises(NotConsented):
        queries.open_(party.pk, BY, "callback")
    actions.consent(party.pk, "callback", by="")
    assert actions.consent(party.pk, "callback", by="").withdrawn_at is None
    assert Consent.objects.count() == 1
    (ways,) = queries.contacts([party.pk], "callback", BY).values()
    assert ways[0] == Contact("phone", "13987650001")
    assert {way.way for way in ways} == {"phone", "address", "email", "wechat"}
    assert queries.contacts([party.pk], "survey", BY) == {}
    actions.withdraw_consent(party.pk, "callback", by="")
    assert queries.contacts([party.pk], "callback", BY) == {}
    assert queries.contacts([party.pk], "serving_papers", BY) != {}
    assert not queries.consents(party.pk)["callback"]
    with pytest.raises(PartyRefused):
        actions.withdraw_consent(party.pk, "callback", by="")
    actions.consent(party.pk, "callback", by="")
    assert queries.consents(party.pk)["callback"]
    with pytest.raises(PartyRefused, match="目的"):
        actions.consent(party.pk, "handling", by="")
    assert types(party.pk) == [
        "registered", "consented", "read", "consent_withdrawn", "read", "consented",
    ]  # fmt: skip
    assert differences() == []


def test_of_merged_records_the_last_word_counts_and_unmerging_gives_each_its_own():
    first, second = register("citizen", CITIZEN, by=BY), register("citizen", {"name": "金丝雀甲"}, by=BY)
    actions.consent(first.pk, "survey", by=BY)
    actions.consent(second.pk, "survey", by=BY)
    actions.merge(first.pk, second.pk, "同一人", by=BY)
    actions.withdraw_consent(second.pk, "survey", by=BY)
    assert queries.contacts([first.pk, second.pk], "survey", BY) == {}
    actions.unmerge(second.pk, "不是同一人", by=BY)
    actions.consent(first.pk, "survey", by=BY)
    assert queries.consents(first.pk)["survey"]
    assert not queries.consents(second.pk)["survey"]


def test_restricted_data_are_stored_only():
    party = register("citizen", CITIZEN, by=BY)
    actions.restrict(party.pk, REASON, by=BY)
    for refused in (
        lambda: queries.open_(party.pk, BY, "handling"),
        lambda: actions.consent(party.pk, "survey", by=BY),
        lambda: actions.erase(party.pk, "consent_withdrawn", by=BY),
        lambda: actions.restrict(party.pk, REASON, by=BY),
    ):
        with pytest.raises(Restricted):
            refused()
    assert queries.contacts([party.pk], "handling", BY) == {}
    assert differences() == []
    assert actions.export(party.pk, by=BY)["fields"] == CITIZEN, "the subject may still ask what is held"
    actions.lift_restriction(party.pk, REASON, by=BY)
    assert queries.open_(party.pk, BY, "handling") == CITIZEN
    with pytest.raises(PartyRefused):
        actions.lift_restriction(party.pk, REASON, by=BY)


# ---------------------------------------------------------------- enterprises


def test_a_credit_class_changes_by_event_with_its_reason():
    firm_ = register("enterprise", FIRM, by=BY, credit_class="A")
    actions.set_credit_class(firm_.pk, "C", REASON, by=BY)
    said = body(firm_.pk)
    assert (said["before"], said["after"]) == ("A", "C")
    assert queries.text(said["reason"], BY, "supervision") == REASON
    assert queries.party(firm_.pk).credit_class == "C"
    for party, to in ((firm_.pk, "C"), (firm_.pk, "E"), (register("citizen", CITIZEN, by=BY).pk, "A")):
        with pytest.raises((PartyRefused, WrongField)):
            actions.set_credit_class(party, to, REASON, by=BY)
    assert differences() == []


def test_lists_by_year():
    ids = [register("enterprise", firm(i), by=BY).pk for i in range(3)]
    assert actions.put_on_list(ids[:2], "top100", 2026, by=BY) == sorted(ids[:2])
    assert actions.put_on_list(ids, "top100", 2026, by=BY) == [ids[2]]
    actions.put_on_list([ids[0]], "best100", 2025, by=BY)
    assert queries.listing("top100", 2026) == sorted(ids)
    assert queries.listing("top100", 2025) == []
    assert queries.lists_of(ids[:2]) == {
        ids[0]: [("top100", 2026), ("best100", 2025)], ids[1]: [("top100", 2026)],
    }  # fmt: skip
    actions.take_off_list(ids[0], "top100", 2026, by=BY)
    assert queries.listing("top100", 2026) == sorted(ids[1:])
    for refused in (
        lambda: actions.take_off_list(ids[0], "top100", 2026, by=BY),
        lambda: actions.put_on_list(ids, "Top 100", 2026, by=BY),
        lambda: actions.put_on_list(ids, "top100", 26, by=BY),
        lambda: actions.put_on_list([register("citizen", CITIZEN, by=BY).pk], "top100", 2026, by=BY),
    ):
        with pytest.raises(PartyRefused):
            refused()
    assert differences() == []
    Listing.objects.filter(party=ids[1]).delete()
    assert len(differences()) == 1
