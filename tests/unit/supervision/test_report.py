"""The report of a small log, made by the real command from the file to the page."""

from html.parser import HTMLParser
from pathlib import Path

import pytest

from qinzheng import wiring

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
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("report")
    log = write_log(folder / "log.csv")
    assert wiring.main(["supervise", str(log), "--mapping", "letters", "--out", str(folder), "--json"]) == 0
    return (folder / "report.html").read_text(encoding="utf-8")


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


def test_the_first_page_says_how_many_were_late_and_where(page: str) -> None:
    first = front(page)
    assert "<b>14</b>" in first
    assert "<b>8</b>" in first
    assert "<b>6</b>" in first
    assert "每 100 项中有 43 项超过" in first
    assert "13 项时限中 5 项超期（38%）" in first


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
    assert len(drawings) >= 9
    assert all(svg["role"] == "img" and svg["aria-label"] for svg in drawings)


def test_the_page_asks_nothing_of_the_network(page: str) -> None:
    elements = Elements(page)
    assert not [tag for tag, _ in elements.found if tag in ("link", "img", "iframe", "script", "object")]
    assert not [1 for _, attributes in elements.found if attributes.get("src") or attributes.get("href")]
    assert "url(" not in page
    assert "@import" not in page


def test_every_text_stands_in_both_languages(page: str) -> None:
    assert page.count('class="zh"') == page.count('class="en"')
