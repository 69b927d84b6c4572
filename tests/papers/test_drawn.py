"""Papers without a database: any text is drawn, blank forms of every item, and definitions that are refused."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import pypdf
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from qinzheng.definitions.form import Text, placeholders
from qinzheng.definitions.library import default_root
from qinzheng.mechanisms.papers import composing, content, docx, fonts, pdf
from qinzheng.mechanisms.papers.content import Content, Section
from qinzheng.mechanisms.papers.schema import Paper, check_paper
from tests.library import library


def same(words: str) -> Text:
    return Text(zh=words, en=words)


def a_paper(words: str) -> Content:
    said = content.clean(words)
    return Content(
        paper="papers.refusal", edition="0" * 64, number="XK2026000001-01", case="XK2026000001", event="", title=same("决定书"),
        organ=same("住建局"), addressee=said, paragraphs=(same(said),), sections=(Section(same("清单"), (said,)),),
        remedies=same(said), grounds=same("依据：《中华人民共和国行政许可法》第三十八条"), signed=(same("签名"),), seal="organ",
        day="2026年11月25日", copies=2, ours=True, salt="s", fields=(same(said),),
    )  # fmt: skip


@given(st.text(max_size=60))
@settings(max_examples=60)
def test_any_text_is_drawn_and_kept_as_it_is(words: str) -> None:
    paper = a_paper(words)
    assert content.read(paper.kept()) == paper
    assert pdf.drawn(paper, "https://city.example/papers/x/") == pdf.drawn(
        paper, "https://city.example/papers/x/"
    )
    assert docx.written(paper)


@given(st.text(max_size=200))
def test_what_the_font_lacks_is_written_by_its_code_point(words: str) -> None:
    written = fonts.writable(content.clean(words))
    assert all(each == "\n" or ord(each) in fonts.shown() for each in written)


@given(st.text(max_size=200))
def test_cleaning_twice_changes_nothing_more(words: str) -> None:
    assert content.clean(content.clean(words)) == content.clean(words)


def test_the_digest_hangs_on_every_word_and_the_salt() -> None:
    paper = a_paper("甲")
    others = [replace(paper, addressee="乙"), replace(paper, salt="t"), replace(paper, day="2026年11月26日")]
    assert len({each.digest() for each in (paper, *others)}) == 4


def test_english_is_a_translation_for_reading_and_says_so() -> None:
    reader = pypdf.PdfReader(io.BytesIO(pdf.drawn(a_paper("reasons"), tongue="en")))
    root: Any = reader.trailer["/Root"]
    assert "the Chinese text is the paper" in reader.pages[0].extract_text()
    assert root["/Lang"].startswith("en")


def test_a_long_paper_numbers_its_pages() -> None:
    reader = pypdf.PdfReader(io.BytesIO(pdf.drawn(a_paper("长" * 3_000))))
    for number, page in enumerate(reader.pages, 1):
        assert f"— {number} —" in page.extract_text()
    assert len(reader.pages) > 5


@pytest.mark.parametrize(
    ("article", "said"),
    [("8", "八"), ("10", "十"), ("32", "三十二"), ("100", "一百"), ("101", "一百零一"), ("115", "一百一十五"), ("20-1", "20-1")],
)  # fmt: skip
def test_articles_are_numbered_as_laws_number_them(article: str, said: str) -> None:
    assert composing.numeral(article) == said


def document(id: str) -> dict[str, Any]:
    texts = (path.read_text(encoding="utf-8") for path in (default_root() / "papers").glob("*.yaml"))
    return next(each for text in texts for each in yaml.safe_load_all(text) if each["id"] == id)


@pytest.mark.parametrize(
    ("id", "change"),
    [
        ("papers.refusal", {"remedies": None}),
        ("papers.refusal", {"remedies": {"zh": "可以复议", "en": "reconsideration"}}),
        ("papers.refusal", {"acts": []}),
        ("papers.mandate", {"by": ["clerk"]}),
        ("papers.refusal", {"unknown": 1}),
    ],
)
def test_a_paper_that_is_not_whole_does_not_load(id: str, change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Paper.model_validate({**document(id), **change})


@pytest.mark.parametrize(
    ("id", "change", "key"),
    [
        ("papers.acceptance", {"body": [{"zh": "{nobody}", "en": "{nobody}"}]}, "body"),
        ("papers.acceptance", {"body": [{"zh": "{due.year}", "en": "{due}"}]}, "body"),
        ("papers.acceptance", {"body": [{"zh": "{due}", "en": "due"}]}, "body"),
        ("papers.acceptance", {"acts": ["accept", "dance"]}, "acts"),
        ("papers.acceptance", {"acts": ["dance"]}, "procedures"),
        ("papers.acceptance", {"by": ["mayor"]}, "by"),
        ("papers.acceptance", {"procedures": ["approvals.none"]}, "procedures"),
        ("papers.correction", {"lists": [{"heading": {"zh": "甲", "en": "a"}, "field": "other"}]}, "lists"),
    ],
)
def test_a_paper_that_names_what_is_not_there_is_refused(id: str, change: dict[str, Any], key: str) -> None:
    paper = Paper.model_validate({**document(id), **change})
    assert key in {complaint.path[0] for complaint in check_paper(paper, library())}


def test_what_is_filled_in_is_never_a_template() -> None:
    filled = composing.fill(same("理由：{reasons}"), {"reasons": same("{applicant} {{x}} %s")})
    assert filled.zh == "理由：{applicant} {{x}} %s"
    assert placeholders("{a} {{b}}") == ["a"]
