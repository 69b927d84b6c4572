"""The same history gives the same cards: live = batch = any order of arrival = any number of workers."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qinzheng.clocks.machine import Book
from qinzheng.supervision import archive, batch, judge, saved
from qinzheng.supervision.program import Compiled
from tests.generated import DAY, history
from tests.histories import Row, compiled, event, facts, judged
from tests.library import at, calendar, library, procedure, rules

PROCEDURES = sorted(found.id for found in library().all("procedure"))
PROGRAMS = {name: compiled(name, rules()) for name in PROCEDURES}
SEEDS = st.integers(0, 2**32)


def live(program: Compiled, rows: list[Row], as_of: int, random: Random) -> tuple[Book, list[int]]:
    """One event at a time, time passing at random moments between, the state put away and taken out again."""
    book = Book()
    state = program.program.begin(0, book)
    columns = facts(program, rows)
    for i, now in enumerate(columns.at):
        for _ in range(random.randrange(3)):
            judge.advance(program.program, state, random.randint(columns.at[i - 1] if i else now, now))
        judge.fold(program.program, state, columns, i, i + 1)
        loaded = saved.load(program.program, json.loads(json.dumps(saved.dump(state))), book)
        assert loaded is not None
        state = loaded
    judge.finish(program.program, state, as_of)
    return book, state.spent


@settings(max_examples=60, deadline=None)
@pytest.mark.parametrize("name", PROCEDURES)
@given(seed=SEEDS)
def test_live_is_batch(name: str, seed: int) -> None:
    random = Random(seed)
    rows = history(random, procedure(name))
    as_of = rows[-1][1] + random.randrange(200 * DAY)
    whole = judged(PROGRAMS[name], rows, as_of)
    book, spent = live(PROGRAMS[name], rows, as_of, random)
    assert book.findings == whole.book.findings
    assert book.clocks == whole.book.clocks
    assert book.deemed == whole.book.deemed
    assert spent == whole.state.spent


@settings(max_examples=60, deadline=None)
@pytest.mark.parametrize("name", PROCEDURES)
@given(seed=SEEDS)
def test_no_card_is_written_twice(name: str, seed: int) -> None:
    rows = history(Random(seed), procedure(name))
    findings = judged(PROGRAMS[name], rows, rows[-1][1] + 200 * DAY).book.findings
    keys = [(finding[1], finding[2]) for finding in findings]
    assert sorted(keys) == sorted(set(keys))


# -- archives ------------------------------------------------------------------------------------------


def written(path: Path, name: str, cases: dict[str, list[Row]], arrival: Random | None) -> batch.Job:
    """An archive of the cases as an importer writes it, whatever order their events arrived in."""
    program = PROGRAMS[name]
    meaning = archive.Meaning(
        procedure=name,
        acts=["", *program.acts],
        organizations=["甲", "乙", "丙"],
        actors=["一", "二", "三"],
        roles=list(program.roles),
        activities=["act"],
    )
    arrived = [(case, place, row) for case, rows in cases.items() for place, row in enumerate(rows)]
    if arrival is not None:
        arrival.shuffle(arrived)
    of_case: dict[str, list[tuple[int, Row]]] = {}
    for case, place, row in arrived:
        of_case.setdefault(case, []).append((place, row))
    columns = [column for column in archive.COLUMNS if column != "precision"]
    with archive.Writer(path, meaning, columns) as writer:
        for case in sorted(of_case):
            held = facts(program, [row for _, row in sorted(of_case[case])])
            writer.case(case, [0] * len(held.at), {column: getattr(held, column) for column in columns})
    supervising = [rule for rule in rules() if name in rule.supervises]
    named = {clock.counting.calendar for clock in procedure(name).clocks.values()}
    last = max(row[1] for rows in cases.values() for row in rows)
    return batch.Job(
        path,
        procedure(name),
        supervising,
        {rule.id: library().hash(rule) for rule in supervising},
        {id: calendar(id) for id in named},
        last + 30 * DAY,
    )


def cases_of(name: str, seed: int, number: int) -> dict[str, list[Row]]:
    random = Random(seed)
    return {f"case-{k:05}": history(random, procedure(name)) for k in range(number)}


@settings(max_examples=10, deadline=None)
@given(name=st.sampled_from(PROCEDURES), seed=SEEDS)
def test_the_order_of_arrival_does_not_matter(
    tmp_path_factory: pytest.TempPathFactory, name: str, seed: int
) -> None:
    folder = tmp_path_factory.mktemp("arrival")
    cases = cases_of(name, seed, 40)
    in_order = batch.run(written(folder / "a.parquet", name, cases, None))
    shuffled = batch.run(written(folder / "b.parquet", name, cases, Random(seed)))
    assert in_order.cases == 40
    assert in_order.digest() == shuffled.digest()
    assert in_order.highest == shuffled.highest


@pytest.mark.parametrize("name", ["approvals.standard", "hotline.work-order", "logs.receipt"])
def test_two_workers_find_what_one_finds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(archive, "GROUP", 200)
    job = written(tmp_path / "events.parquet", name, cases_of(name, 7, 120), None)
    assert archive.Archive(job.path).groups > 2
    one, two = batch.run(job, workers=1), batch.run(job, workers=2)
    assert len(one.cards) > 50
    assert (one.digest(), one.highest, one.spent) == (two.digest(), two.highest, two.spent)
    assert one.by_organization == two.by_organization


def test_a_third_partys_silence_is_not_counted_against_the_organization(tmp_path: Path) -> None:
    name = "information.request"
    begin = at("2016-03-01 09:00")
    asked = [
        event("receive", begin, organization=1),
        event("ask_co_author", begin + DAY, value=15),
        event("answer", begin + 25 * DAY),
    ]
    verdict = batch.run(written(tmp_path / "events.parquet", name, {"case": asked}, None))
    assert verdict.endings == {"completed_on_time": 2}  # the answer, and that the request was clear
    assert verdict.by_organization == {1: {"completed_on_time": 2}}


def test_the_live_fold_of_every_case_gives_the_digest_of_the_batch(tmp_path: Path) -> None:
    name = "information.request"
    cases = cases_of(name, 11, 80)
    job = written(tmp_path / "events.parquet", name, cases, None)
    program = job.compile(archive.Archive(job.path).meaning)
    ids = []
    for case, rows in cases.items():
        book, _ = live(program, rows, job.as_of, Random(case))
        for finding in book.findings:
            rule = program.rules[finding[1]]
            ids.append(batch.card_id(rule.id, job.editions[rule.id], case, finding[2]))
    assert sorted(ids) == sorted(batch.run(job).cards.id)
    assert ids
