"""The life of a definition through the real stack: drafted, checked, shown, published by another, exported."""

from __future__ import annotations

import shutil

import pytest
from django.db import DatabaseError, connection, transaction

from qinzheng import wiring
from qinzheng.cases import actions as cases
from qinzheng.definitions import actions, shelf
from qinzheng.definitions.library import DefinitionErrors, Library, default_root
from qinzheng.definitions.models import Edition
from qinzheng.ledger.models import Event
from qinzheng.operations import edition_commands
from qinzheng.supervision.models import Card
from tests.flows.test_live import HANDLER, opened

pytestmark = pytest.mark.django_db(transaction=True)

RULE = "rules/standard/past-promise.yaml"
SOURCE = "sources/petition-regulation.yaml"
LETTER = "procedures/letters/reply.yaml"


class Folder:
    """The author's folder: a copy of the shipped definitions, changed and loaded as an official would."""

    def __init__(self, path):
        self.path = path
        shutil.copytree(default_root(), path)

    def change(self, file, old, new):
        text = (self.path / file).read_text(encoding="utf-8")
        assert old in text
        (self.path / file).write_text(text.replace(old, new), encoding="utf-8")

    def load(self, by="drafter"):
        return actions.load(Library.read([self.path], wiring.KINDS), self.path, by)

    def files(self):
        return {p.relative_to(self.path): p.read_bytes() for p in self.path.rglob("*.yaml")}


@pytest.fixture
def folder(published, tmp_path):
    return Folder(tmp_path / "definitions")


def command(*words):
    arguments = wiring.build_parser().parse_args(["definitions", *map(str, words)])
    body = edition_commands.editions if getattr(arguments, "editions", False) else None
    if arguments.verb == "load":
        arguments.kinds = wiring.KINDS
    return (body or getattr(edition_commands, arguments.verb))(arguments)


def exported(tmp_path):
    out = tmp_path / "out"
    shutil.rmtree(out, ignore_errors=True)
    actions.export(out)
    return {p.relative_to(out): p.read_bytes() for p in out.rglob("*.yaml")}


# -- second person, ledger, for ever -------------------------------------------------------------------


@pytest.mark.parametrize("by", ["drafter", " drafter ", "Drafter", "", "  "])
def test_who_drafted_or_nobody_cannot_publish(folder, by):
    folder.change(RULE, "level: yellow", "level: warning")
    (draft,) = folder.load()
    with pytest.raises(actions.NotPublishable):
        actions.publish([draft], by)
    assert Edition.objects.filter(published_at=None).count() == 1


def test_nobody_drafts_namelessly(folder):
    with pytest.raises(actions.NotPublishable, match="say who drafts"):
        folder.load(by=" ")


def test_publishing_is_an_event_with_name_persons_and_day(folder):
    folder.change(RULE, "level: yellow", "level: warning")
    (draft,) = folder.load()
    actions.publish([draft], "publisher")
    event = Event.objects.filter(
        type="definitions.published", subject="definition:rule:standard.past-promise"
    ).order_by("-row")[0]
    assert event.actor == "publisher"
    for told in (draft.sha256, "drafter", "2004-01-01"):
        assert told in bytes(event.body).decode()


def test_a_published_edition_never_changes_and_never_goes(folder):
    row = Edition.objects.exclude(published_at=None)[0]
    for sql in (
        "UPDATE definitions_edition SET text = '' WHERE id = %s",
        "DELETE FROM definitions_edition WHERE id = %s",
    ):
        with (
            pytest.raises(DatabaseError, match="never changes"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(sql, [row.pk])


# -- what is published holds together ------------------------------------------------------------------


def test_a_rule_that_does_not_hold_beside_what_is_published_is_refused(folder):
    """The folder holds, for the procedure is changed with it; published alone, the rule does not."""
    folder.change(RULE, "supervises: [letters.reply, ", "supervises: [letters.other, ")
    folder.change(LETTER, "id: letters.reply", "id: letters.other")
    text = (default_root() / LETTER).read_text(encoding="utf-8")
    (folder.path / "procedures/letters/again.yaml").write_text(text, encoding="utf-8")
    rule = next(draft for draft in folder.load() if draft.kind == "rule")
    with pytest.raises(DefinitionErrors, match=r"letters\.other"):
        actions.publish([rule], "publisher")
    assert "letters.reply" in shelf.library().get("rule", "standard.past-promise").supervises


def test_a_calendar_under_which_a_worked_case_no_longer_holds_is_not_published(folder):
    row = Edition.objects.get(kind="calendar", definition="cn")
    changed = bytes(row.text).replace(b"week: [mon, tue, wed, thu, fri]", b"week: [mon, tue, wed, thu]")
    draft = Edition.objects.create(
        kind="calendar", definition="cn", sha256="0" * 64, in_force_from=row.in_force_from, file=row.file, place=0,
        text=changed, drafted_by="drafter",
    )  # fmt: skip
    with pytest.raises(DefinitionErrors, match=r"licence-silence\.yaml:\d+ expect\.clocks") as refused:
        actions.publish([draft], "publisher")
    assert "应为 2026-10-30 24:00，算得" in str(refused.value)
    assert shelf.library().get("calendar", "cn").week == ["mon", "tue", "wed", "thu", "fri"]


def test_of_two_drafts_only_the_newer_is_left(folder):
    folder.change(RULE, "level: yellow", "level: warning")
    folder.load()
    folder.change(RULE, "限期办结", "三日内办结")
    (newer,) = folder.load(by="another")
    assert [draft.pk for draft in actions.drafts()] == [newer.pk]


def test_an_older_text_may_come_back_as_the_edition_it_was(folder):
    first = Edition.objects.get(kind="rule", definition="standard.past-promise")
    for old, new in (("level: yellow", "level: warning"), ("level: warning", "level: yellow")):
        folder.change(RULE, old, new)
        (draft,) = folder.load()
        actions.publish([draft], "publisher")
    assert draft.sha256 == first.sha256
    assert shelf.library().get("rule", "standard.past-promise").level == "yellow"


def test_what_was_published_last_stands_whichever_was_drafted_first(folder):
    folder.change(RULE, "level: yellow", "level: warning")
    (draft,) = folder.load()
    later = Edition.objects.create(
        kind="rule", definition="standard.past-promise", sha256="1" * 64, in_force_from="2020-01-01", file=RULE, place=0,
        text=bytes(draft.text).replace(b"2004-01-01", b"2020-01-01"), drafted_by="drafter",
    )  # fmt: skip
    actions.publish([later], "publisher")
    actions.publish([draft], "publisher")
    library = shelf.library()
    assert [
        rule.in_force_from.year for rule in library.all("rule") if rule.id == "standard.past-promise"
    ] == [2004, 2020]
    assert [
        rule.in_force_from.year for rule in library.standing("rule") if rule.id == "standard.past-promise"
    ] == [2020]


def test_two_editions_of_a_rule_make_one_card(folder):
    """A rule whose new edition is in force from a later day is one rule: it does not fire twice."""
    text = (folder.path / RULE).read_text(encoding="utf-8")
    newer = text.replace("in_force_from: 2004-01-01", "in_force_from: 2020-01-01")
    (folder.path / "rules/standard/past-promise-2020.yaml").write_text(newer, encoding="utf-8")
    (draft,) = folder.load()
    actions.publish([draft], "publisher")
    done = opened(60)
    (card,) = Card.objects.filter(case=done.case, rule="standard.past-promise")
    assert card.edition == draft.sha256


def test_correcting_the_text_of_a_source_is_an_edition_of_its_own(folder):
    before = shelf.library().hash(shelf.library().get("source", "信访工作条例"))
    folder.change(SOURCE, "十五日内转送、交办", "十五日内登记并转送、交办")
    (draft,) = folder.load()
    assert (draft.kind, draft.definition) == ("source", "信访工作条例")
    actions.publish([draft], "publisher")
    article = shelf.library().get("source", "信访工作条例").articles["22"]
    assert article.gist.zh == "十五日内登记并转送、交办"
    assert (
        Edition.objects.filter(definition="信访工作条例", sha256=before).exclude(published_at=None).exists()
    )


# -- export --------------------------------------------------------------------------------------------


def test_export_is_byte_identical(folder, tmp_path):
    assert exported(tmp_path) == folder.files()


def test_export_follows_files_of_several_definitions_and_files_that_moved(folder, tmp_path):
    """Several definitions in a file; one put in between; one moved to another file; a comment at the end."""
    rule = (folder.path / RULE).read_text(encoding="utf-8")
    second = rule.replace("standard.past-promise", "standard.past-promise-b")
    third = rule.replace("standard.past-promise", "standard.past-promise-c")
    (folder.path / RULE).write_text(f"# 两条\n{rule}---\n{third}# 完\n", encoding="utf-8")
    actions.publish(folder.load(), "publisher")
    assert exported(tmp_path) == folder.files()
    (folder.path / RULE).write_text(f"# 三条\n{rule}---\n{second}---\n{third}# 完\n", encoding="utf-8")
    (folder.path / SOURCE).rename(folder.path / "sources/petitions.yaml")
    actions.publish(folder.load(), "publisher")
    assert exported(tmp_path) == folder.files()
    assert folder.load() == []


# -- from the console ----------------------------------------------------------------------------------


def test_the_effect_on_last_years_cases_is_shown_before_and_kept_with_the_event(folder, capsys):
    late, fast = opened(40), opened(3)
    cases.perform(fast.case, "reply", HANDLER, {})
    assert Card.objects.filter(case=late.case, rule="standard.past-own-limit").exists()
    folder.change("rules/standard/past-own-limit.yaml", "supervises: [letters.reply, ", "supervises: [")
    folder.change("rules/standard/too-fast.yaml", "less_than_minutes: 10", "less_than_minutes: 14400")
    folder.load()
    assert command("publish", "--by", "publisher", "--dry-run") == 0
    said = capsys.readouterr().out
    assert "last year's 2 case(s)" in said
    assert "1 card(s) would appear, 1 vanish" in said
    assert Edition.objects.filter(published_at=None).count() == 2
    assert command("publish", "--by", "publisher") == 0
    event = Event.objects.filter(type="definitions.published").order_by("-row")[0]
    assert '"effect":{"appear":1,"cases":2,"unfit":0,"vanish":1}' in bytes(event.body).decode()
    assert not Card.objects.filter(case=late.case, rule="standard.past-own-limit", withdrawn_at=None).exists()


def test_a_drafted_procedure_is_tried_on_its_cases_and_says_which_it_does_not_fit(folder, capsys):
    opened(40)
    folder.change(LETTER, "amount: 5,", "amount: 3,")
    folder.load()
    assert command("publish", "--by", "publisher", "--dry-run") == 0
    assert "last year's 1 case(s)" in capsys.readouterr().out
    assert [draft.definition for draft in actions.drafts()] == ["letters.reply"]


def test_nothing_to_publish_and_a_drafter_who_publishes_are_explained(folder, capsys):
    assert command("publish", "--by", "publisher") == 1
    assert "there is no such draft" in capsys.readouterr().err
    folder.change(RULE, "level: yellow", "level: warning")
    assert command("load", folder.path, "--by", "li") == 0
    assert command("publish", "--by", "li") == 1
    assert "a second person must" in capsys.readouterr().err
    assert command("list", "--editions", "--kind", "rule", "--json") == 0
    assert "draft (li)" in capsys.readouterr().out
