"""A fictional city with injected violations: every rule finds all of them and nothing else."""

import argparse

from qinzheng import wiring
from qinzheng.definitions.library import Library, default_root
from qinzheng.exchange import supervise
from qinzheng.simulation import city, commands
from qinzheng.supervision import schema


def judged(folder, workers=1, cases=900):
    log, truth = folder / "log.csv", folder / "truth.csv"
    commands.simulate(cases, 11, log, truth)
    options = argparse.Namespace(
        log=log,
        mapping="demo",
        rules=None,
        as_of=None,
        workers=workers,
        out=folder,
        json=True,
        definitions=None,
    )
    assert supervise.run(options, wiring.KINDS) == 0
    return commands.detection(folder / "cards.parquet", truth)


def test_every_kind_of_violation_is_found_and_nothing_else(tmp_path):
    rows = judged(tmp_path)
    assert len(rows) == 22
    assert all(right > 0 for right, _, _ in rows.values())
    assert {rule: (wrong, missed) for rule, (_, wrong, missed) in rows.items() if wrong or missed} == {}


def test_every_condition_of_the_vocabulary_is_exercised(tmp_path):
    library = Library.read([default_root()], wiring.KINDS)
    used = {rule.when.condition for rule in library.all("rule") if rule.id.startswith(city.RULE)}
    known = set(schema.CONDITIONS)
    assert used == known
    truth = {rule.partition("@")[0] for case in city.generate(900, 11) for rule in case.truth}
    assert truth == {rule.id for rule in library.all("rule") if rule.id.startswith(city.RULE)}


def test_the_report_is_written_and_escapes_what_it_shows(tmp_path):
    judged(tmp_path, cases=120)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "清和市" in page
    assert "http" not in page.replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert "<script" not in page


def test_the_same_seed_makes_the_same_city():
    def first(seed):
        return [
            (event.case, event.act, event.occurred)
            for case in city.generate(50, seed)
            for event in case.events
        ]

    assert first(3) == first(3)
    assert first(3) != first(4)
