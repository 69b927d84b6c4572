"""The same on real logs: live = batch = shuffled rows = two workers."""

from __future__ import annotations

import csv
from pathlib import Path
from random import Random

import pytest

from qinzheng.clocks.machine import Book, Facts
from qinzheng.exchange import mapping as mappings
from qinzheng.supervision import archive, batch, judge
from tests.library import calendar, library, procedure, rules
from tests.realdata import DATA, needs_realdata

pytestmark = [pytest.mark.realdata, needs_realdata]

LOGS = {
    "letters": DATA / "letters" / "letters_answered.csv",
    "receipt": DATA / "logs" / "CoSeLoG_receipt.xes.gz",
}


def taken(log: Path, name: str, out: Path) -> batch.Job:
    mapping = library().get("mapping", name)
    definition = procedure(mapping.procedure)
    meaning, _ = mappings.take_log(log, mapping, definition, out)
    supervising = [rule for rule in rules(mapping.rules) if definition.id in rule.supervises]
    named = {clock.counting.calendar for clock in definition.clocks.values()}
    editions = {rule.id: library().hash(rule) for rule in supervising}
    return batch.Job(out, definition, supervising, editions, {id: calendar(id) for id in named}, meaning.last)


def rows(facts: Facts, begin: int, end: int) -> Facts:
    return Facts(*(getattr(facts, column)[begin:end] for column in (
        "at", "act", "order", "organization", "actor", "role", "reported", "recorded", "value", "due",
    )))  # fmt: skip


def live_ids(job: batch.Job) -> list[bytes]:
    """Each case's events one by one, time passing between; the ids of its cards."""
    source = archive.Archive(job.path)
    compiled = job.compile(source.meaning)
    random = Random(5)
    ids = []
    for group in source.all():
        for k, case in enumerate(group.names):
            book = Book()
            state = compiled.program.begin(0, book)
            facts = rows(group.facts, group.borders[k], group.borders[k + 1])
            for i, now in enumerate(facts.at):
                judge.advance(compiled.program, state, random.randint(facts.at[i - 1] if i else now, now))
                judge.fold(compiled.program, state, facts, i, i + 1)
            judge.finish(compiled.program, state, job.as_of)
            for finding in book.findings:
                rule = compiled.rules[finding[1]]
                ids.append(batch.card_id(rule.id, job.editions[rule.id], case, finding[2]))
    return ids


@pytest.mark.parametrize("name", LOGS)
def test_one_event_at_a_time_finds_the_same_cards(name: str, tmp_path: Path) -> None:
    job = taken(LOGS[name], name, tmp_path / "events.parquet")
    verdict = batch.run(job)
    keyed = {number for number, rule in enumerate(job.rules) if rule.when.condition == "closed_in_bulk"}
    by_case = [id for id, rule in zip(verdict.cards.id, verdict.cards.rule, strict=True) if rule not in keyed]
    assert sorted(live_ids(job)) == sorted(by_case)
    assert verdict.cases > 1_000
    assert by_case


@pytest.mark.parametrize("name", LOGS)
def test_two_workers_find_the_same_cards(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = batch.run(taken(LOGS[name], name, tmp_path / "whole.parquet"))
    monkeypatch.setattr(archive, "GROUP", 1_000)
    parts = taken(LOGS[name], name, tmp_path / "parts.parquet")
    assert archive.Archive(parts.path).groups > 2
    shared = batch.run(parts, workers=2)
    assert (shared.digest(), shared.highest, shared.endings) == (whole.digest(), whole.highest, whole.endings)


def test_the_order_of_the_letters_does_not_matter(tmp_path: Path) -> None:
    with LOGS["letters"].open(encoding="utf-8-sig", newline="") as file:
        head, *letters = list(csv.reader(file))
    Random(3).shuffle(letters)
    with (tmp_path / "shuffled.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([head, *letters])
    whole = batch.run(taken(LOGS["letters"], "letters", tmp_path / "a.parquet"))
    shuffled = batch.run(taken(tmp_path / "shuffled.csv", "letters", tmp_path / "b.parquet"))
    assert shuffled.digest() == whole.digest()
    assert shuffled.highest == whole.highest
