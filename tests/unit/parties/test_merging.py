"""Two records that are one subject: found, merged, and parted again without a trace."""

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as settings_of
from hypothesis import strategies as st

from qinzheng.ledger import queries as ledger
from qinzheng.parties import actions, events, queries
from qinzheng.parties.actions import register
from qinzheng.parties.bulk import Row
from qinzheng.parties.drafts import AnotherName
from qinzheng.parties.subjects import PartyRefused
from tests.unit.parties.people import BY, CITIZEN, FIRM, REASON, citizen, differences, row, types

pytestmark = pytest.mark.django_db


def test_a_merge_answers_as_one_and_unmerging_restores_exactly():
    first = register("citizen", CITIZEN, by=BY)
    second = register("citizen", {"name": "金丝雀甲", "phone": "13987650009"}, by=BY, town="town-07")
    third = register("citizen", {"name": "金丝雀甲", "address": "旧址"}, by=BY)
    before = [row(one.pk) for one in (first, second, third)]
    actions.merge(second.pk, third.pk, REASON, by=BY)
    actions.merge(first.pk, second.pk, REASON, by=BY)
    assert {queries.party(one.pk).pk for one in (first, second, third)} == {first.pk}
    held = queries.open_(third.pk, BY, "handling")
    assert held["contacts"] == [*CITIZEN["contacts"], {"way": "phone", "value": "13987650009"}]
    assert held["address"] == CITIZEN["address"]
    assert [one.pk for one in queries.find_by_phone("13987650009")] == [first.pk]
    assert len(queries.find_by_name("金丝雀甲")) == 1
    assert types(first.pk)[-1] == "read", "the reading is the subject's"
    assert differences() == []
    with pytest.raises(PartyRefused, match=first.pk):
        actions.merge(third.pk, first.pk, REASON, by=BY)
    actions.unmerge(second.pk, REASON, by=BY)
    assert queries.party(third.pk).pk == second.pk
    actions.unmerge(third.pk, REASON, by=BY)
    assert [row(one.pk) for one in (first, second, third)] == before
    with pytest.raises(PartyRefused):
        actions.unmerge(second.pk, REASON, by=BY)
    assert differences() == []


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 4), st.integers(0, 4)), max_size=12))
@settings_of(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_merges_answer_as_a_tree_would_and_are_undone_without_a_trace(steps):
    with transaction.atomic():
        ids = [
            register("citizen", {"name": "金丝雀甲", "phone": f"1398765000{i}"}, by=BY).pk for i in range(5)
        ]
        before = [row(id) for id in ids]
        above: dict[str, str] = {}

        def top(id):
            return top(above[id]) if id in above else id

        for merges, i, j in steps:
            into, other = ids[i], ids[j]
            if not merges and other in above:
                actions.unmerge(other, REASON, by=BY)
                del above[other]
            elif merges and into != other and into not in above and other not in above:
                actions.merge(into, other, REASON, by=BY)
                above[other] = into
            else:
                with pytest.raises(PartyRefused):
                    (
                        actions.merge(into, other, REASON, by=BY)
                        if merges
                        else actions.unmerge(other, REASON, by=BY)
                    )
            assert [queries.party(id).pk for id in ids] == [top(id) for id in ids]
            phones = [[found.pk for found in queries.find_by_phone(f"1398765000{i}")] for i in range(5)]
            assert phones == [[top(id)] for id in ids]
        for other in above:
            actions.unmerge(other, REASON, by=BY)
        assert [row(id) for id in ids] == before
        assert differences() == []
        transaction.set_rollback(True)


def test_a_number_of_a_merged_record_is_known_by_either_name():
    first = register("citizen", {"name": "李四"}, by=BY)
    second = register("citizen", CITIZEN, by=BY)
    actions.merge(first.pk, second.pk, "婚后改名", by=BY)
    for name in ("李四", CITIZEN["name"]):
        assert register("citizen", CITIZEN | {"name": name}, by=BY).pk == first.pk
        (done,) = actions.register_many("citizen", [Row({**CITIZEN, "name": "李四"})], by=BY)
        assert done.party == first.pk
    with pytest.raises(AnotherName):
        register("citizen", CITIZEN | {"name": "王五"}, by=BY)


def test_two_subjects_are_not_merged():
    first, second = register("citizen", CITIZEN, by=BY), register("citizen", citizen(1), by=BY)
    firm_ = register("enterprise", FIRM, by=BY)
    for into, other in ((first, second), (first, firm_), (first, first)):
        with pytest.raises(PartyRefused):
            actions.merge(into.pk, other.pk, REASON, by=BY)
    actions.change(second.pk, {"identity_number": ""}, by=BY)
    assert actions.merge(first.pk, second.pk, REASON, by=BY).pk == first.pk


def test_duplicates_are_found_by_index_and_by_likeness():
    first = register("citizen", CITIZEN, by=BY)
    second = register("citizen", {"name": "金丝雀甲", "phone": CITIZEN["phone"]}, by=BY)
    register("citizen", citizen(1, phone=CITIZEN["phone"]), by=BY)  # shares the phone, has a code of its own
    firm_ = register("enterprise", FIRM, by=BY)
    like = register(
        "enterprise", {"name": "清和市雀鸣精密机械有限责任公司", "address": "清和市雀巢工业园九号楼"}, by=BY
    )
    register("enterprise", {"name": "清和市别家机械有限公司"}, by=BY)
    found = queries.duplicates(BY)
    assert [(one.first, one.second) for one in found] == [
        tuple(sorted(pair)) for pair in ((first.pk, second.pk), (firm_.pk, like.pk))
    ]
    assert found[0].because == ("same_name", "same_phone")
    assert found[1].because == ("same_core_name", "similar_address")
    assert ledger.history(events.VAULT)[-1].body == {"records": 5, "pairs": 4}
    actions.merge(first.pk, second.pk, REASON, by=BY)
    assert [one.first for one in queries.duplicates(BY)] == [min(firm_.pk, like.pk)]


def test_a_number_of_a_whole_crowd_is_no_sign():
    for i in range(31):
        register("citizen", {"name": "王伟", "phone": "12345", "address": f"{i}"}, by=BY)
    assert queries.duplicates(BY) == []
