"""Every error of a folder of definitions names file, line, key and remedy, and does not drag others behind it."""

import datetime as dt
import shutil
from pathlib import Path

import pytest

from qinzheng import wiring
from qinzheng.definitions.library import DefinitionErrors, Library, Problem, default_root


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(default_root(), tmp_path / "definitions")
    return tmp_path / "definitions"


def problems(folder: Path) -> list[Problem]:
    with pytest.raises(DefinitionErrors) as refused:
        Library.read([folder], wiring.KINDS)
    return refused.value.problems


def change(folder: Path, file: str, old: str, new: str) -> None:
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")


LICENCE = "procedures/approvals/standard.yaml"
RULE = "rules/standard/law-past-limit.yaml"
YEAR = "calendars/cn/2026.yaml"

ALONE = [
    # file, old, new, key, words of the remedy
    (YEAR, "year: 2026\n", "year: 2026\nyeer: 1\n", "yeer", "请检查拼写或删去"),
    (YEAR, "announced_on: 2025-11-04", "announced_on: yes", "notices.0.announced_on", "YYYY-MM-DD"),
    (YEAR, "announced_on: 2025-11-04", "announced_on: 2025-11-31", "notices.0.announced_on", "没有这一天"),
    (YEAR, "worked: [2026-01-04]", "worked: [2026-01-02]", "notices.0.arrangements.0", "放假期间"),
    (LICENCE, "statutory: {amount: 20", "statutory: {amount: 0", "clocks.decision.limits.statutory.amount", "至少 1"),
    (LICENCE, "statutory: {amount: 20", "statutory: {amount: no", "clocks.decision.limits.statutory.amount", "整数"),
    (LICENCE, "limits: {statutory: {amount: 5", "limits: {statutroy: {amount: 5", "clocks.correction.limits", "补上"),
    (RULE, "condition: past_limit", "condition: past_limits", "when", "past_limit"),
    (RULE, "limit: statutory}", "limit: statutory, aftre: 1}", "when.aftre", "请检查拼写或删去"),
    (RULE, "level: red", "level: purple", "level", "yellow"),
    (RULE, "in_force_from: 2004-01-01", "in_force_from: 2004-01-01\nin_force_to: 2003-01-01", "", "in_force_to"),
    ("calendars/cn.yaml", "zone: Asia/Shanghai", "zone: Asia/Shanghi", "zone", "Asia/Shanghai"),
    ("calendars/cn.yaml", '"12-29"', '"02-29"', "next_notice_moves_from", "每年"),
    ("calendars/cn.yaml", "last: 2028-12-31", "last: 9999-12-31", "", "年份"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "old", "new", "key", "remedy"), ALONE)
def test_one_slip_is_one_error_at_its_key(
    folder: Path, file: str, old: str, new: str, key: str, remedy: str
) -> None:
    change(folder, file, old, new)
    found = problems(folder)
    assert {problem.file for problem in found} == {folder / file}
    (problem,) = [problem for problem in found if problem.key.startswith(key)][:1]
    assert remedy in problem.zh
    assert problem.en
    line = (folder / file).read_text(encoding="utf-8").splitlines()[problem.line - 1]
    assert (
        key.split(".")[-1] in line
        or new.splitlines()[-1].split(":")[0].strip() in line
        or key in ("", "when")
    )


def test_what_does_not_hold_between_files_is_said_where_it_stands(folder: Path) -> None:
    change(folder, "calendars/points/town-hall.yaml", "base: cn\n", "base: moon\n")
    (problem,) = problems(folder)
    assert (problem.file.name, problem.key) == ("town-hall.yaml", "base")
    assert "cn.self-service" in problem.en


def test_a_calendar_without_a_year_is_said_once(folder: Path) -> None:
    (folder / "calendars/cn/2016.yaml").unlink()
    found = [problem for problem in problems(folder) if problem.file.name == "cn.yaml"]
    assert [problem.key for problem in found] == ["covers"]
    assert "2016" in found[0].zh
    assert not [problem for problem in problems(folder) if "procedures" in problem.file.parts]


def test_a_year_of_no_calendar_is_refused(folder: Path) -> None:
    change(folder, "calendars/cn/2028.yaml", "calendar: cn\n", "calendar: hk\n")
    assert ("2028.yaml", "calendar") in {(problem.file.name, problem.key) for problem in problems(folder)}


@pytest.mark.parametrize("name", ["x.yml", "x.YML", "x.Yaml"])
def test_a_file_that_would_be_passed_over_is_said(folder: Path, name: str) -> None:
    (folder / "rules" / name).write_text("kind: rule\n")
    (problem,) = problems(folder)
    assert problem.file.name == name
    assert "rename" in problem.en


@pytest.mark.parametrize(
    ("text", "said"), [("", "nothing"), ("# 只有注释\n", "nothing"), ("- a\n", "no such kind")]
)
def test_a_file_that_defines_nothing_is_said(folder: Path, text: str, said: str) -> None:
    (folder / "rules/empty.yaml").write_text(text, encoding="utf-8")
    (problem,) = problems(folder)
    assert said in problem.en


def test_an_empty_or_missing_folder_is_said(tmp_path: Path) -> None:
    assert "no definitions" in problems(tmp_path)[0].en
    assert "cannot be read" in problems(tmp_path / "nowhere")[0].en


def test_every_slip_of_every_file_is_said_at_once(folder: Path) -> None:
    for file, old, new, *_ in (ALONE[0], ALONE[4], ALONE[8]):
        change(folder, file, old, new)
    assert {problem.file.name for problem in problems(folder)} == {
        "2026.yaml",
        "standard.yaml",
        "law-past-limit.yaml",
    }


def test_what_stands_on_a_day_is_one_edition_of_each_id(folder: Path) -> None:
    text = (folder / RULE).read_text(encoding="utf-8").replace("2004-01-01", "2020-01-01")
    (folder / "rules/standard/again.yaml").write_text(text, encoding="utf-8")
    library = Library.read([folder], wiring.KINDS)
    days = [rule.in_force_from.year for rule in library.all("rule") if rule.id == "standard.law-past-limit"]
    assert days == [2004, 2020]
    for day, year in ((None, 2020), ("2019-12-31", 2004), ("2020-01-01", 2020)):
        when = None if day is None else dt.date.fromisoformat(day)
        (standing,) = [
            rule for rule in library.standing("rule", when) if rule.id == "standard.law-past-limit"
        ]
        assert standing.in_force_from.year == year
