"""What a notice may not be: each mistake is refused with its file, its key and its remedy in two languages."""

from __future__ import annotations

from pathlib import Path

import pytest

from qinzheng import wiring
from qinzheng.definitions.form import placeholders
from qinzheng.definitions.library import DefinitionErrors, Library, Problem, default_root
from qinzheng.notifications import schema, writing
from tests.library import library

GOOD = """\
kind: notice
id: test.sample
name: {zh: 样例, en: A sample}
in_force_from: 2026-01-01
checked_on: 2026-11-25
source: [ours-notices/whom]
basis: ours
on:
  - {event: supervision.card_issued, levels: [red]}
to: [holder]
channels: [page, sms]
sms: {signature: 清和市效能监察, template: SMS-1, arguments: {code: number}}
words:
  title: {zh: "红牌 {number}", en: "Red card {number}"}
  text: {zh: "{unit}：{rule}", en: "{unit}: {rule}"}
"""


def problems(text: str, tmp_path: Path) -> list[str]:
    """What is wrong with a notice beside everything that ships: ``key: Chinese | English``."""
    (tmp_path / "sample.yaml").write_text(text, encoding="utf-8")
    found: list[Problem] = []
    try:
        Library.read([default_root(), tmp_path], wiring.KINDS)
    except DefinitionErrors as errors:
        found = list(errors.problems)
    assert {problem.file.name for problem in found} <= {"sample.yaml"}
    assert all(problem.line > 0 for problem in found)
    return [f"{problem.key}: {problem.zh} | {problem.en}" for problem in found]


def test_the_sample_is_good(tmp_path: Path) -> None:
    assert problems(GOOD, tmp_path) == []


@pytest.mark.parametrize(
    ("old", "new", "key", "zh", "en"),
    [
        ("红牌 {number}", "红牌 {phone}", "words.title.zh", "没有占位 phone；可用：", "no placeholder phone; known:"),
        ("{unit}: {rule}", "{unit}: {due}", "words.text.en", "没有占位 due", "no placeholder due"),
        ("{unit}: {rule}", "{unit.name}", "words.text.en", "花括号里只能是占位名", "a placeholder's name and nothing else"),
        ("{unit}: {rule}", "{unit!r}", "words.text.en", "花括号里只能是占位名", "nothing else"),
        ("{unit}: {rule}", "{unit:>9}", "words.text.en", "花括号里只能是占位名", "nothing else"),
        ("{unit}: {rule}", "{unit", "words.text.en", "花括号里只能是占位名", "nothing else"),
        ("{unit}: {rule}", "{0}", "words.text.en", "花括号里只能是占位名", "nothing else"),
        ("supervision.card_issued", "supervision.card_painted", "on.0.event", "不是允许的取值", "not one of the allowed values"),
        ("[holder]", "[neighbour]", "to.0", "不是允许的取值", "not one of the allowed values"),
        ("[page, sms]", "[page, sms, pigeon]", "channels.2", "不是允许的取值", "not one of the allowed values"),
        ("[holder]", "[stand_in]", "to.0", "没有此事件可告知的对象 stand_in", "no role that this event can be told to stand_in"),
        ("levels: [red]", "endings: [overdue]", "on.0", "没有筛选 endings；可用：", "has no filter endings; known:"),
        ("levels: [red]", "procedures: [nowhere]", "on.0.procedures.0", "没有procedures nowhere", "no procedures nowhere"),
        ("levels: [red]", "conditions: [hunger]", "on.0.conditions.0", "没有conditions hunger", "no conditions hunger"),
        ("code: number", "code: phone", "sms.arguments.code", "没有占位 phone", "no placeholder phone"),
        ("[page, sms]", "[sms]", "", "channels 须含 page", "channels include page"),
        ("[page, sms]", "[page]", "", "channels 有 sms 就须写 sms", "sms is written where channels has sms"),
        ("[holder]", "[holder]\nas_told: [no.such]", "as_told.0", "没有通知 no.such", "no notice no.such"),
        ("[holder]", "[holder]\nas_told: [test.sample]", "as_told.0", "没有通知 test.sample", "no notice test.sample"),
        ("[holder]", "[holder]\nas_told: [duty.stand-in]", "as_told", "没有此事件可告知的对象 stand_in", "stand_in"),
        ("红牌 {number}", "红牌\\n{number}", "words.title", "标题须为一行", "one line"),
        ("[ours-notices/whom]", "[ours-notices/nobody]", "source.0", "没有条目 nobody", "no article nobody"),
        ("basis: ours", "basis: ours\nbell: loud", "bell", "不认识的键", "unknown key"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(old: str, new: str, key: str, zh: str, en: str, tmp_path: Path) -> None:
    assert old in GOOD
    found = problems(GOOD.replace(old, new), tmp_path)
    assert any(each.startswith(f"{key}: ") and zh in each and en in each for each in found), found


def test_what_administrators_are_told_names_no_case_and_goes_nowhere_but_the_page(tmp_path: Path) -> None:
    opening = GOOD.replace(
        "{event: supervision.card_issued, levels: [red]}", "{event: access.opening_used}"
    ).replace("[holder]", "[security_administrator]")
    assert any("只能用 page" in each for each in problems(opening, tmp_path))
    assert "number" not in schema.family("access.opening_used")[2] | schema.family("access.opening_used")[3]


def test_every_event_has_one_family_and_every_placeholder_is_filled() -> None:
    assert sorted(event for events, *_ in schema.FAMILIES for event in events) == sorted(schema.EVENTS)
    assert {name for *_, filled in schema.FAMILIES for name in filled} == set(writing._FILLED)


def test_no_shipped_title_holds_more_than_numbers_and_names_of_things() -> None:
    """A title is a subject line of mail: it travels in the open."""
    open_ = {"number", "level", "post", "definition"}
    for notice in library().all("notice"):
        named = {
            name for words in (notice.words.title.zh, notice.words.title.en) for name in placeholders(words)
        }
        assert named <= open_, notice.id
