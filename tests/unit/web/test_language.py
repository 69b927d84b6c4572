"""Which language a page speaks, and that nothing is left in one language alone."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qinzheng.web import assets, language

TEMPLATES = assets.CSS.parents[1] / "templates"
CHINESE = re.compile(r"[\u4e00-\u9fff]")
TAG = re.compile(r"\{%\s*t\s+(\"[^\"]*\"|'[^']*')\s+(\"[^\"]*\"|'[^']*')")


@pytest.mark.parametrize(
    ("asked", "remembered", "header", "expected"),
    [
        ("en", "zh", "zh-CN", "en"),
        ("xx", "en", "zh-CN", "en"),
        (None, None, "en-GB,en;q=0.9,zh;q=0.8", "en"),
        (None, None, "fr,zh-TW;q=0.9,en;q=0.5", "zh"),
        (None, None, "de", "zh"),
        (None, "", "", "zh"),
    ],
)
def test_the_order_of_wishes(asked: str | None, remembered: str | None, header: str, expected: str) -> None:
    assert language.choose(asked, remembered, header) == expected


@given(st.one_of(st.none(), st.text()), st.one_of(st.none(), st.text()), st.text())
def test_whatever_is_sent_a_language_is_spoken(
    asked: str | None, remembered: str | None, header: str
) -> None:
    assert language.choose(asked, remembered, header) in language.LANGUAGES


def templates() -> list[str]:
    return sorted(path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*.html"))


@pytest.mark.parametrize("name", templates())
def test_every_word_of_a_template_stands_in_both_languages(name: str) -> None:
    text = (TEMPLATES / name).read_text(encoding="utf-8")
    text = re.sub(r"\{#.*?#\}", "", text)
    for zh, en in TAG.findall(text):
        assert zh.strip("\"'")
        assert en.strip("\"'")
        assert not CHINESE.search(en), en
        assert set(re.findall(r"\{(\w+)\}", zh)) == set(re.findall(r"\{(\w+)\}", en)), zh
    rest = (
        TAG.sub("", text)
        .replace('hreflang="zh-Hans-CN">中文</a>', "")
        .replace('lang="zh-Hans-CN">中文</a>', "")
    )
    assert not CHINESE.search(rest), CHINESE.findall(rest)


@pytest.mark.parametrize("name", templates())
def test_no_style_and_no_script_inside_a_template(name: str) -> None:
    text = (TEMPLATES / name).read_text(encoding="utf-8")
    assert not re.search(r"\sstyle=|\son[a-z]+=\"|<style|javascript:|https?://", text)
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", text))
