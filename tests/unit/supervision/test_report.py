"""The report of a small log, made by the real command from the file to the page."""

import json
import re
from contextlib import redirect_stdout
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from qinzheng import wiring

TOKEN = re.compile(r"--([a-z-]+):\s*(#[0-9a-f]{6})")
HOSTILE = "<script>alert(1)</script>A9市&\"'"


def write_log(path: Path) -> Path:
    """Twelve letters to A1市 of which four were answered late, one to B2县, one with a hostile name, one unreadable."""
    rows = ["id,author,subject,submitted_at,text,reply,replied_at"]
    for n in range(12):
        day = "2019-06-28" if n < 4 else "2019-04-03"
        rows.append(f"a{n},x,A1市路灯不亮,2019-04-01 09:00:00,t,r,{day} 10:00:00")
    rows.append("b1,x,B2县路灯不亮,2019-04-01 09:00:00,t,r,2019-07-28 10:00:00")
    hostile = HOSTILE.replace('"', '""')
    rows.append(f'"{hostile}",x,A1市,2019-04-01 09:00:00,t,r,2019-09-02 10:00:00')
    rows.append("bad,x,A1市,yesterday,t,r,2019-04-02 10:00:00")
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, Any]]:
    """The page, and the one object of the same run."""
    folder = tmp_path_factory.mktemp("report")
    log = write_log(folder / "log.csv")
    with redirect_stdout(StringIO()) as printed:
        assert (
            wiring.main(["supervise", str(log), "--mapping", "letters", "--out", str(folder), "--json"]) == 0
        )
    return (folder / "report.html").read_text(encoding="utf-8"), json.loads(printed.getvalue())


@pytest.fixture(scope="module")
def page(judged: tuple[str, dict[str, Any]]) -> str:
    return judged[0]


class Elements(HTMLParser):
    """Every element of a page with its attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]


def front(page: str) -> str:
    return page.split('<section class="front">')[1].split("</section>")[0]


def test_the_first_page_has_the_figures_of_the_json(judged: tuple[str, dict[str, Any]]) -> None:
    page, answer = judged
    figures = re.findall(
        r'<li><b class="(\w*)">([\d,]+)</b><span class="zh" lang="zh">(.*?)</span>', front(page)
    )
    assert [(int(number.replace(",", "")), word) for _, number, word in figures] == [
        (answer["cases"], "件办件"),
        (answer["clocks"]["completed_on_time"], "项时限按时办结"),
        (answer["clocks"]["completed_late"], "项时限超期办结"),
        (answer["clocks"]["overdue"], "项时限逾期未结"),
        (answer["highest"]["red"], "件红牌"),
        (answer["highest"]["yellow"], "件黄牌"),
    ]
    assert [kind for kind, *_ in figures] == ["", "good", "late", "", "late", ""]
    assert sum(answer["highest"].values()) == answer["cases"] == 14
    for rule, levels in answer["cards"].items():
        for level, count in levels.items():
            cells = re.search(rf'<tr class="{level}">(?:(?!</tr>).)*?<td>{count:,}</td>', page)
            assert cells, rule


def test_the_first_page_says_how_many_were_late_and_where(page: str) -> None:
    first = front(page)
    assert "应有结果的 14 项时限中，6 项超期：每 100 项中有 43 项超过" in first
    assert "13 项时限中 5 项超期（38%）" in first
    assert "1 行没有收下，原因见文末" in first
    assert "办结的一半在 2个工作日内完成" in first
    assert "部门 100%" in first
    assert first.index("超过规定期限") < first.index("超过承诺时限")


def test_the_first_page_has_what_to_do_and_no_word_of_cryptography(page: str) -> None:
    first = front(page)
    assert "立即办结" in first
    for word in ("hash", "digest", "SHA", "哈希", "摘要", "密码", "签名"):
        assert word not in first


def test_an_organization_with_few_cases_is_listed_apart_and_not_ranked(page: str) -> None:
    assert "B2县" not in front(page)
    apart = page.split("<details><summary>")[1].split("</details>")[0]
    assert "不排名的单位（1）" in apart
    assert "B2县" in apart


def test_a_name_from_the_log_stays_text(page: str) -> None:
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;A9市&amp;" in page


def test_the_latest_case_comes_first_with_its_arithmetic(page: str) -> None:
    worst = page.split('<article class="case">')[1:]
    assert len(worst) == 6
    assert "alert(1)" in worst[0]
    assert '编号</span><span class="en" lang="en">case</span> b1' in worst[1]
    assert "+15个工作日" in worst[1]
    assert "放假" in worst[1]
    assert "承诺：" in worst[1]


def test_rows_not_accepted_are_counted_with_a_reason(page: str) -> None:
    assert "没有收下的行：1" in page


def test_the_assumptions_of_the_mapping_and_the_sample_regime_are_said(page: str) -> None:
    assert "按北京时间读取" in page
    assert "read in Beijing time" in page
    assert "示例制度" in front(page)
    assert "本项目自定" in page


def test_every_drawing_reads_as_text(page: str) -> None:
    # A part of a drawing stands at its own x; the strokes of the legend have their word beside them.
    drawings = [svg for svg in Elements(page).named("svg") if "x" not in svg and "aria-hidden" not in svg]
    assert len(drawings) == 8
    assert all(svg["role"] == "img" and svg["aria-label"] for svg in drawings)


def test_the_page_asks_nothing_of_the_network(page: str) -> None:
    elements = Elements(page)
    assert not [tag for tag, _ in elements.found if tag in ("link", "img", "iframe", "script", "object")]
    assert not [1 for _, attributes in elements.found if attributes.get("src") or attributes.get("href")]
    assert "url(" not in page
    assert "@import" not in page


def test_every_text_stands_in_both_languages(page: str) -> None:
    assert page.count('class="zh"') == page.count('class="en"')


def test_the_pigments_are_those_of_the_pages(page: str) -> None:
    web = Path(wiring.__file__).parent / "web" / "static" / "css"
    pages = [
        dict(TOKEN.findall((web / name).read_text(encoding="utf-8")))
        for name in ("tokens.css", "tokens-dark.css")
    ]
    light, dark = (dict(TOKEN.findall(block)) for block in re.findall(r":root\{(.*?)\}", page))
    assert light.items() <= pages[0].items()
    assert dark.items() <= pages[1].items()
    assert light.keys() == dark.keys() >= {"ink", "azurite", "bamboo", "gamboge", "cinnabar", "ochre"}


def test_a_limit_beyond_the_calendar_stands_on_the_first_page(tmp_path: Path) -> None:
    log = write_log(tmp_path / "log.csv")
    with log.open("a", encoding="utf-8") as file:
        file.write("edge<1>,x,A1市,2028-12-28 09:00:00,t,r,\n")
    assert wiring.main(["supervise", str(log), "--mapping", "letters", "--out", str(tmp_path)]) == 0
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "日历不够长：1 件的时限落在日历之外，没有判定（edge&lt;1&gt;）" in front(text)
    assert '<b class="">14</b>' in front(text)


def test_a_case_without_any_limit_is_counted_apart(tmp_path: Path) -> None:
    log = write_log(tmp_path / "log.csv")
    with log.open("a", encoding="utf-8") as file:
        file.write("only,x,C3县,,t,r,2019-05-01 09:00:00\n")
    assert wiring.main(["supervise", str(log), "--mapping", "letters", "--out", str(tmp_path)]) == 0
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "1 件没有任何时限开始" in text
    assert "1 件没有任何时限开始" not in front(text)
