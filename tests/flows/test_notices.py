"""Who is told what: from real events through the ledger to the rows, once, and to nobody who may not know."""

from __future__ import annotations

import datetime as dt
import threading
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from qinzheng.access import actions as access
from qinzheng.access import rules
from qinzheng.cases import actions as cases
from qinzheng.cases.models import Case
from qinzheng.definitions import shelf
from qinzheng.ledger import queries as ledger
from qinzheng.ledger import sequencer
from qinzheng.notifications import follow, queries, recipients, writing
from qinzheng.notifications.models import Cursor, Delivery, Notice
from qinzheng.organizations import actions as organizations
from qinzheng.web.notices import paging
from tests.flows import told
from tests.flows.test_redetermined import publish
from tests.library import library
from tests.townhall import NAMES, PHONES, Townhall

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def city(clock: Any) -> Townhall:
    return told.city()


def seen(city: Townhall, name: str) -> set[int]:
    """The notices that somebody sees now: by the rules' clause, and by the way that the page goes, which must agree."""
    who = city.user(name)
    found = set(rules.scope(who, "see", Notice.objects.all()).values_list("pk", flat=True))
    window = queries.newest(rules.recipients_of(who), most=10_000)
    assert set(paging.visible(who, window)) == found
    return found


def test_every_declared_notice_is_reached_by_something_real(city: Townhall, clock: Any) -> None:
    """A definition that nothing reaches tells nobody anything: it is named here."""
    told.everything(city, clock)
    declared = {notice.id for notice in library().all("notice")}
    reached = set(Notice.objects.values_list("definition", flat=True))
    assert declared - reached == set(), "declared, but nothing that happens reaches them"
    for row in Notice.objects.all():
        said = writing.written(row)
        for words in (said.title.zh, said.title.en, said.text.zh, said.text.en):
            assert "{" not in words, (row.definition, words)
            assert writing.UNKNOWN.zh not in words, (row.definition, words)
            assert writing.UNKNOWN.en not in words, (row.definition, words)
            assert not any(secret in words for secret in (*NAMES.values(), *PHONES.values()))


def test_each_is_told_to_whom_its_definition_names(city: Townhall, clock: Any) -> None:
    made = told.everything(city, clock)
    post = city.posts
    party = {city.parties["citizen"]}
    assert told.told("cases.accepted", subject=made["late"]) == party
    assert told.told("cases.accepted", subject=made["silent"]) == party, "deemed by silence counts"
    assert told.told("cases.decided", subject=made["silent"]) == party
    assert told.told("cases.correction-requested") == party
    assert told.told("cases.handed-over", subject=made["late"]) == {post["handler"]}
    assert told.told("cases.opened") == {post["handler"]}, "of what it opened itself nobody is told"
    assert told.told("cases.supplied") == told.told("cases.withdrawn") == {post["handler"]}
    assert told.told("clocks.near", subject=made["late"]) == {post["handler"]}
    assert told.told("clocks.overdue", subject=made["late"]) == {post["handler"], post["head"]}
    cards = {post["handler"], post["head"], post["supervisor"]}
    assert told.told("cards.yellow", subject=made["minutes"]) == cards
    assert told.told("cards.red", subject=made["late"]) == cards
    assert told.told("cards.withdrawn", subject=made["minutes"]) == cards, "whoever was told of it"
    assert told.told("security.opening-asked") == {post["leader"], post["mayor"]}
    assert told.told("security.opening-approved") == {city.user("supervisor").pseudonym}
    assert told.told("security.opening-used") == {"power:security", "power:audit"}
    assert told.told("duty.stand-in") == {post["sibling"]}
    assert told.told("duty.handed-back") == {post["handler"], post["sibling"]}
    assert told.told("definitions.published") == {post["supervisor"], post["auditor"]}


def test_the_page_and_the_rules_agree_for_everybody(city: Townhall, clock: Any) -> None:
    told.everything(city, clock)
    sizes = {name: len(seen(city, name)) for name in city.accounts}
    assert sum(1 for size in sizes.values() if size) > 8, sizes
    assert sizes["accused"] == 0


def test_a_red_card_is_told_to_everybody_whom_yellow_cards_and_warnings_are_told_to() -> None:
    found = library()
    red = set(found.get("notice", "cards.red").roles(found))
    for id in ("cards.yellow", "cards.warning", "clocks.near"):
        assert set(found.get("notice", id).to) <= red


def test_a_clock_that_stays_overdue_is_told_once(city: Townhall, clock: Any) -> None:
    """It moves on while it is overdue: here by a pause that is entered late."""
    case = told.licence(city, clock)
    clock.on("2026-04-10 09:00")
    cases.pass_time(case)
    told.up_to_now()
    before = told.rows("clocks.overdue")
    assert {row.recipient for row in before} == {city.posts["handler"], city.posts["head"]}
    handler = told.by(city, "handler", "housing", "handler")
    day = 86_400_000_000
    paused = clock.now - 30 * day
    cases.perform(case, "notify_special", handler, {"procedure": "hearing", "days": 3}, occurred_at=paused)
    cases.perform(case, "special_done", handler, {}, occurred_at=paused + 2 * day)
    moved = [e for e in ledger.history(case) if e.type == "clocks.moved" and e.body["ending"] == "overdue"]
    assert len(moved) > 1
    told.up_to_now()
    assert told.rows("clocks.overdue") == before


def test_told_once_whoever_reads_again(city: Townhall, clock: Any) -> None:
    told.licence(city, clock)
    sequencer.sequence_all()
    begin = follow.position()
    told.up_to_now()
    before = list(Notice.objects.order_by("id").values_list("id", "definition", "event", "recipient"))
    assert before
    Cursor.objects.update(position=begin)  # as if the cursor had been lost
    told.up_to_now()
    assert list(Notice.objects.order_by("id").values_list("id", "definition", "event", "recipient")) == before


def test_of_two_workers_that_worked_out_the_same_one_writes(city: Townhall, clock: Any) -> None:
    told.licence(city, clock)
    sequencer.sequence_all()
    begin = follow.position()
    events = [event for _, _, event in ledger.sequenced(begin)]
    found = follow.Batch(timezone.now()).told(events)
    answers: list[bool] = []

    def write() -> None:
        answers.append(follow._keep(begin, begin + len(events), found))
        connection.close()

    workers = [threading.Thread(target=write) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(answers) == [False, False, False, True]
    assert Notice.objects.count() == len(found)


def test_a_follower_killed_in_the_middle_leaves_nothing(city: Townhall, clock: Any, monkeypatch: Any) -> None:
    told.licence(city, clock)
    sequencer.sequence_all()
    begin = follow.position()
    monkeypatch.setattr(follow, "ROWS", 1)
    written = follow._insert
    calls: list[int] = []

    def dies(*given: Any) -> Any:
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return written(*given)

    monkeypatch.setattr(follow, "_insert", dies)
    with pytest.raises(KeyboardInterrupt):
        follow.follow()
    monkeypatch.undo()
    assert (Notice.objects.count(), follow.position()) == (0, begin)
    told.up_to_now()
    assert Notice.objects.count() > 1


def test_what_lies_behind_the_first_start_is_no_news(clock: Any, city: Townhall) -> None:
    Cursor.objects.all().delete()
    told.licence(city, clock)
    sequencer.sequence_all()
    assert follow.follow() == 0
    assert not Notice.objects.exists()
    told.licence(city, clock)
    told.up_to_now()
    assert Notice.objects.exists()


def test_what_happened_long_before_it_was_entered_is_not_told(city: Townhall, clock: Any) -> None:
    clock.on("2026-03-02 10:00")
    ago = clock.now - 10 * 86_400_000_000
    who = told.by(city, "clerk", "housing", "clerk")
    cases.open_case("letters.reply", "submit", who, {}, occurred_at=ago)
    told.up_to_now()
    assert told.rows("cases.opened") == []
    cases.open_case("letters.reply", "submit", who, {})
    told.up_to_now()
    assert len(told.rows("cases.opened")) == 1


# -- who may know --------------------------------------------------------------------------------------


def test_whom_a_sealed_case_concerns_is_told_nothing(city: Townhall, clock: Any) -> None:
    """The unit that handles it is the unit that it is about: nobody there, above or below hears of it."""
    case = told.licence(city, clock, accepted=False, concerns=("housing",))
    plain = told.licence(city, clock)
    for moment in ("2026-03-11 09:00", "2026-04-10 09:00"):
        clock.on(moment)
        for each in (case, plain):
            cases.pass_time(each)
    told.up_to_now()
    hidden = {row.recipient for row in Notice.objects.filter(subject=case)}
    assert hidden <= {city.parties["citizen"], city.posts["supervisor"]}
    assert city.parties["citizen"] in hidden
    assert city.posts["handler"] in told.told("clocks.overdue", subject=plain)
    for name in ("handler", "head", "sibling", "accused", "mayor"):
        rows = rules.scope(city.user(name), "see", Notice.objects.filter(subject=case))
        assert not rows.exists(), name


def test_without_a_guard_nobody_is_told(city: Townhall, clock: Any, monkeypatch: Any) -> None:
    told.licence(city, clock)
    monkeypatch.setattr(recipients, "GUARDS", [])
    told.up_to_now()
    assert not Notice.objects.exists()


def test_a_post_lost_is_notices_lost(city: Townhall, clock: Any) -> None:
    """Gitea's CVE-2026-20800 was this: notices that outlived the right to read what they told of."""
    told.licence(city, clock)
    told.up_to_now()
    mine = seen(city, "handler")
    assert mine
    today = dt.datetime.now(shelf.ZONE).date()
    organizations.relieve(city.posts["handler"], today - dt.timedelta(days=1), by="p")
    assert seen(city, "handler") == set()
    following = organizations.register_person("继任甲", by="p")
    organizations.appoint(following, city.posts["handler"], today, by="p")
    city.accounts["following"] = access.make_account("following", "officer", "p", person_id=following)
    assert seen(city, "following") == mine, "they go with the post"


def test_a_case_that_is_taken_away_takes_its_notices_along(city: Townhall, clock: Any) -> None:
    case = told.licence(city, clock)
    told.up_to_now()
    mine = seen(city, "handler")
    assert mine
    with transaction.atomic():  # what a hand-over to another department leaves in the row
        Case.objects.filter(pk=case).update(organization="market", opened_by="point-civic-centre")
    assert seen(city, "handler") == set()
    assert seen(city, "citizen"), "the applicant keeps its own"


def test_a_firm_that_takes_its_mandate_back(city: Townhall, clock: Any) -> None:
    told.licence(city, clock)
    told.up_to_now()
    account = access.make_account("firm-handler", "handler", "f")
    city.accounts["firm"] = account
    given = access.mandate(account, city.parties["citizen"], dt.date(2020, 1, 1), "f")
    assert seen(city, "firm") == seen(city, "citizen") != set()
    access.revoke_mandate(given, "f")
    assert seen(city, "firm") == set()


# -- editions ------------------------------------------------------------------------------------------


def test_publishing_changes_what_is_told(city: Townhall, clock: Any) -> None:
    first = told.licence(city, clock)
    told.up_to_now()
    old = told.rows("cases.accepted", subject=first)[0]
    publish(
        "notice", "cases.accepted", ("您的办件 {number} 已受理", "办件 {number}：受理了"), ("channels: [page, sms, mail]", "channels: [page, sms]")
    )  # fmt: skip
    second = told.licence(city, clock)
    told.up_to_now()
    new = told.rows("cases.accepted", subject=second)[0]
    assert old.edition != new.edition
    assert writing.written(old).title.zh.startswith("您的办件")
    assert writing.written(new).title.zh.endswith("：受理了")


def test_a_notice_counts_from_its_day(city: Townhall, clock: Any) -> None:
    publish(
        "notice",
        "cases.withdrawn",
        ("in_force_from: 2024-01-01", "in_force_from: 2024-01-01\nin_force_to: 2026-03-05"),
    )
    case = told.licence(city, clock)
    cases.perform(case, "withdraw", told.citizen(city), {})
    later = told.licence(city, clock)
    clock.on("2026-03-06 09:00")
    cases.perform(later, "withdraw", told.citizen(city), {})
    told.up_to_now()
    assert {row.subject for row in told.rows("cases.withdrawn")} == {case}


def test_only_ways_that_are_set_up_are_queued(city: Townhall, clock: Any) -> None:
    told.licence(city, clock)
    told.up_to_now()
    assert Notice.objects.exists()
    assert not Delivery.objects.exists()
