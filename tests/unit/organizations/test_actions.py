"""Units, posts and people on a real PostgreSQL: entered once, in the ledger, refused with a remedy."""

import datetime as dt

import pytest
from django.db import connection

from qinzheng.ledger import models as ledger_models
from qinzheng.ledger import projections
from qinzheng.ledger import queries as ledger
from qinzheng.organizations import actions, queries, replay
from qinzheng.organizations.models import Organization, Placement, Post, Tenure
from qinzheng.organizations.rules import Refused
from qinzheng.parties import codes
from tests.unit.organizations.conftest import BY, START, found

DAY = dt.timedelta(days=1)
LATER = dt.date(2023, 7, 1)


def post(organization="housing", name="经办", roles=("handler",), begins=START, **more):
    return actions.create_post(organization, name, roles, begins=begins, by=BY, **more)


def differences():
    ours = {projection.table for projection in replay.PROJECTIONS}
    return [str(each) for each in projections.check() if each.table in ours]


def event_count():
    return ledger_models.Event.objects.count()


# ---------------------------------------------------------------- the tree over time


def test_last_year_answers_last_years_tree(city):
    actions.move_organization("housing-permits", "water", LATER, by=BY)
    assert queries.subtree("housing", LATER - DAY) == {"housing", "housing-permits"}
    assert queries.subtree("housing", LATER) == {"housing"}
    assert queries.subtree("water", LATER) == {"water", "housing-permits"}
    assert queries.parent("housing-permits", LATER - DAY) == "housing"
    assert queries.ancestors("village-01", LATER) == ["town-01", "city"]
    placed = Placement.objects.filter(organization_id="housing-permits").order_by("begins")
    assert [(row.parent_id, row.begins, row.ends) for row in placed] == [
        ("housing", START, LATER - DAY), ("water", LATER, None),
    ]  # fmt: skip


def test_nothing_stands_before_it_was_founded_or_after_it_was_closed(city):
    actions.close_organization("village-01", LATER, by=BY)
    assert queries.subtree("city", START - DAY) == set()
    assert "village-01" in queries.subtree("town-01", LATER)
    assert queries.subtree("town-01", LATER + DAY) == {"town-01"}
    assert queries.subtree("village-01", LATER + DAY) == set()
    assert queries.parent("city", LATER) is None


def test_the_tree_is_nested(city):
    (root,) = queries.tree(LATER)
    assert (root.id, root.name.zh, root.name.en) == ("city", "清和市", "清和市")
    assert [child.id for child in root.children] == ["housing", "town-01", "water"]
    assert [branch.id for branch in root] == [
        "city", "housing", "housing-permits", "town-01", "village-01", "water",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("move", "field"),
    [
        (("housing-permits", "town-01", START), "day"),
        (("housing-permits", "housing", LATER), "parent"),
        (("housing-permits", "village-01", LATER), "parent"),
        (("housing", "housing", LATER), "parent"),
        (("village-01", "nowhere", LATER), "parent"),
        (("nowhere", "city", LATER), "organization"),
        (("city", "housing", LATER), "organization"),
    ],
)
def test_a_wrong_move_is_refused(city, move, field):
    before = event_count()
    with pytest.raises(Refused) as refused:
        actions.move_organization(*move, by=BY)
    assert refused.value.field == field
    assert event_count() == before


def test_a_circle_in_the_future_is_refused(city):
    found("urban", "department", "city")
    actions.move_organization("urban", "housing", LATER, by=BY)
    with pytest.raises(Refused, match="成环"):
        actions.move_organization("housing", "urban", dt.date(2022, 1, 1), by=BY)
    with pytest.raises(Refused, match="a circle"):
        actions.move_organization("housing", "urban", LATER + DAY, by=BY)


@pytest.mark.parametrize(
    ("bad", "field"),
    [
        ({"id": "Housing"}, "id"),
        ({"id": "housing"}, "id"),
        ({"kind": "bureau"}, "kind"),
        ({"kind": "village"}, "parent"),
        ({"parent": None}, "parent"),
        ({"kind": "city", "parent": None}, "kind"),
        ({"begins": dt.date(2019, 12, 31)}, "parent"),
        ({"begins": dt.date(202, 1, 1)}, "begins"),
        ({"name_zh": ""}, "name_zh"),
        ({"name_zh": "住\x07建"}, "name_zh"),
        ({"calendar": "cn.nowhere"}, "calendar"),
        ({"calendar": "cn.2026"}, "calendar"),
        ({"x": float("nan")}, "x"),
        ({"by": ""}, "by"),
    ],
)
def test_a_wrong_unit_is_refused(city, calendars, bad, field):
    right = {
        "id": "new",
        "kind": "department",
        "name_zh": "新局",
        "parent": "city",
        "begins": START,
        "by": BY,
    }
    before = event_count()
    with pytest.raises(Refused) as refused:
        actions.found_organization(**(right | bad))
    assert refused.value.field == field
    assert event_count() == before


def test_a_point_is_open_by_a_published_calendar(city, calendars):
    found("point-hall", "service_point", "town-01", calendar="cn.self-service", mobile=True, x=1.25, y=-0.1)
    point = queries.organizations(["point-hall"])["point-hall"]
    assert (queries.calendar(point), point.mobile, point.x, point.y) == ("cn.self-service", True, 1.25, -0.1)
    assert queries.calendar(queries.organizations(["city"])["city"]) == "cn"
    assert [unit.id for unit in queries.of_kind("service_point", START)] == ["point-hall"]


def test_two_units_never_have_one_code(city):
    code = codes.make_enterprise_code("330000", 7, "11")
    actions.change_organization("housing", code=code.lower(), by=BY)
    assert queries.organizations(["housing"])["housing"].code == code
    with pytest.raises(Refused) as refused:
        actions.change_organization("water", code=code, by=BY)
    assert (refused.value.field, "housing" in refused.value.en) == ("code", True)


@pytest.mark.parametrize(("field", "value"), [("code", "11330000MB0000000K"), ("division_code", "3301")])
def test_a_code_with_a_wrong_check_digit_is_refused(city, field, value):
    with pytest.raises(Refused) as refused:
        actions.change_organization("housing", **{field: value}, by=BY)
    assert refused.value.field == field


def test_a_unit_with_others_below_it_stays(city):
    with pytest.raises(Refused, match="housing-permits"):
        actions.close_organization("housing", LATER, by=BY)


def test_closing_a_unit_closes_its_posts_and_relieves_their_holders(city):
    person, desk = actions.register_person("王小明", by=BY), post("village-01")
    actions.appoint(person, desk, START, by=BY)
    actions.close_organization("village-01", LATER, by=BY)
    assert Post.objects.get(id=desk).ends == LATER
    assert Tenure.objects.get(post_id=desk).ends == LATER
    assert queries.holder(desk, LATER + DAY) is None
    assert differences() == []


# ---------------------------------------------------------------- posts and people


def test_one_holder_a_day(city):
    desk, first, second = post(), actions.register_person("甲", by=BY), actions.register_person("乙", by=BY)
    actions.appoint(first, desk, START, by=BY)
    with pytest.raises(Refused, match="免职"):
        actions.appoint(second, desk, LATER, by=BY)
    actions.relieve(desk, LATER - DAY, by=BY)
    actions.appoint(second, desk, LATER, by=BY)
    held = [queries.holder(desk, day) for day in (START - DAY, START, LATER - DAY, LATER)]
    assert [person and person.id for person in held] == [None, first, first, second]
    assert [each.id for each in queries.posts_held(second, LATER)] == [desk]


def test_an_identity_number_is_no_staff_number(city):
    with pytest.raises(Refused, match="身份证"):
        actions.register_person("甲", number="110101199003070018", by=BY)


def test_no_name_of_a_person_reaches_the_ledger(city):
    person = actions.register_person("欧阳绝密", number="A-17", by=BY)
    actions.change_person(person, name="欧阳更名", by=BY)
    actions.appoint(person, post(), START, by=BY)
    told = b"".join(event.raw + event.subject.encode() for event in ledger.events())
    assert person.encode() in told
    assert "欧阳".encode() not in told
    assert b"A-17" not in told


def test_seats_of_a_leading_group(city):
    found("lead-style", "leading_group", "city", name_zh="作风建设领导小组")
    chair, member = post("city", "市长", ("government_head",), head=True), post("water", "局长", ("leader",))
    actions.join_group("lead-style", member, "member", START, by=BY)
    actions.join_group("lead-style", chair, "chair", START, by=BY)
    with pytest.raises(Refused, match="成员"):
        actions.join_group("lead-style", member, "office", LATER, by=BY)
    with pytest.raises(Refused, match="leading group"):
        actions.join_group("water", member, "member", START, by=BY)
    actions.leave_group("lead-style", member, LATER, by=BY)
    assert [seat.post_id for seat in queries.members("lead-style", LATER)] == [chair, member]
    assert [seat.post_id for seat in queries.members("lead-style", LATER + DAY)] == [chair]
    assert queries.groups_of(member, LATER)[0].group_id == "lead-style"
    assert queries.posts_of("water", LATER)[0].id == member, "the post stays in its own unit"


def test_names_of_many_in_two_queries(city, django_assert_num_queries):
    desk = post(name_en="Handler")
    with django_assert_num_queries(2):
        found_names = queries.names(["city", desk, "gone"])
    assert {id: (text.zh, text.en) for id, text in found_names.items()} == {
        "city": ("清和市", "清和市"), desk: ("经办", "Handler"), "gone": ("gone", "gone"),
    }  # fmt: skip


# ---------------------------------------------------------------- all or nothing, and the replay


def test_together_all_or_nothing(city):
    before = event_count()

    def two():
        with actions.together():
            found("new-1", "department", "city")
            found("new-1", "department", "city")

    with pytest.raises(Refused):
        two()
    assert event_count() == before
    assert not Organization.objects.filter(id="new-1").exists()


def test_what_was_refused_and_caught_leaves_nothing_and_the_rest_is_written(city):
    with actions.together():
        found("new-1", "department", "city")
        with pytest.raises(Refused):
            post("new-1", roles=("king",))
        post("new-1", name="科员")
    assert [each.name_zh for each in queries.posts_of("new-1", START)] == ["科员"]
    assert differences() == []


@pytest.mark.parametrize(
    ("edit", "table", "column"),
    [
        ("UPDATE organizations_organization SET kind = 'town' WHERE id = 'water'", "organization", "kind"),
        ("UPDATE organizations_placement SET parent_id = 'city' WHERE organization_id = 'village-01'", "placement", "parent_id"),
        ("UPDATE organizations_post SET roles = '[\"approver\"]'", "post", "roles"),
        ("UPDATE organizations_absence SET begins = begins - interval '1 day'", "absence", "*"),
        ("UPDATE organizations_tenure SET ends = '2021-01-01'", "tenure", "ends"),
        ("UPDATE organizations_stand_in SET ends = begins + interval '1 day'", "stand_in", "ends"),
        ("DELETE FROM organizations_membership", "membership", "*"),
        ("INSERT INTO organizations_person VALUES ('h-000000000000', '影子', '')", "person", "*"),
    ],
)  # fmt: skip
def test_a_row_edited_by_hand_is_named(city, edit, table, column):
    head, desk, person = post(head=True), post(), actions.register_person("甲", by=BY)
    actions.set_stand_in(desk, head, at=actions.midnight(START), by=BY)
    actions.appoint(person, desk, START, by=BY)
    actions.record_absence(desk, actions.midnight(LATER), None, "training", by=BY)
    actions.hand_back(desk, at=actions.midnight(LATER + DAY), by=BY)
    found("lead", "leading_group", "city", x=0.1, y=2.0)
    actions.join_group("lead", desk, "member", START, by=BY)
    actions.move_organization("housing-permits", "water", LATER, by=BY)
    actions.change_organization("water", name_en="Water", x=3.5, by=BY)
    actions.change_post(desk, roles=["clerk", "handler"], by=BY)
    assert differences() == []
    with connection.cursor() as cursor:
        cursor.execute(edit)
    named = differences()
    assert len(named) in (1, 2)
    assert all(f"organizations_{table}" in each for each in named)
    assert any(f") {column}:" in each for each in named)
