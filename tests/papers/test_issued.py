"""Every paper on disk is issued on a real case through the pages, and says in PDF and .docx what the law asks of it."""

from __future__ import annotations

import io
import re
import uuid
from collections.abc import Iterator
from typing import Any

import docx
import pypdf
import pytest
from django.test import Client

from qinzheng.cases import receipts
from qinzheng.cases.actions import procedure_of
from qinzheng.cases.models import Case
from qinzheng.ledger import queries as ledger
from qinzheng.mechanisms.papers import actions, facts, queries
from qinzheng.mechanisms.papers.content import SHOWN, Content
from qinzheng.mechanisms.papers.queries import Issued
from qinzheng.parties import texts
from tests import townhall
from tests.library import library
from tests.papers import routes
from tests.townhall import NAMES, Townhall, browser

pytestmark = pytest.mark.django_db
PAPERS = [each for each in library().all("paper") if not each.blank]
EACH = [(paper.id, procedure) for paper in PAPERS for procedure in paper.procedures]


@pytest.fixture(scope="module")
def city(django_db_setup: None, django_db_blocker: Any) -> Iterator[Townhall]:
    with django_db_blocker.unblock(), townhall.standing() as made:
        yield made


def issue(city: Townhall, case: Case, id: str, **more: str) -> Issued:
    """Issued by the clerk through the page."""
    possible = next(each for each in queries.possible(case) if each.paper.id == id)
    said = facts.already_said(possible.paper, facts.done(case), possible.act, procedure_of(case))
    form = routes.posted(possible.paper, possible.paper.asks.keys() - said.keys(), **more)
    answer = browser(city, "clerk").post(f"/cases/{case.number}/papers/new/{id}/", form)
    assert answer.status_code == 302, re.findall(r'class="error[^>]*>([^<]+)', answer.content.decode())
    return queries.issued(case)[-1]


def made(city: Townhall, id: str, procedure: str) -> tuple[Case, Issued]:
    """A case on which the paper was issued."""
    paper = library().get("paper", id)
    case = routes.opened(city, procedure, later=paper.later)
    routes.led_to(city, case, paper)
    case.refresh_from_db()
    return case, issue(city, case, id)


def content(issued: Issued) -> Content:
    return queries.opened(issued, "p-000000000001", "handling")


def file(client: Client, case: Case, issued: Issued, form: str) -> bytes:
    answer = client.get(f"/cases/{case.number}/papers/{issued.serial}/{form}/")
    assert answer.status_code == 200
    return bytes(answer.content)


def words(text: str) -> str:
    """Text without white space: where a line breaks is the page's affair."""
    return re.sub(r"\s+", "", text)


def in_pdf(body: bytes) -> str:
    """Without the numbers at the foot of the pages, which stand between the lines of a long paper."""
    pages = (words(page.extract_text()) for page in pypdf.PdfReader(io.BytesIO(body)).pages)
    return "".join(re.sub("—\\d+—", "", page) for page in pages)


def in_docx(body: bytes) -> str:
    document = docx.Document(io.BytesIO(body))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return words("".join([*(each.text for each in document.paragraphs), *cells]))


@pytest.mark.parametrize(("id", "procedure"), EACH)
def test_every_paper_is_issued_and_every_form_of_it_says_the_same(
    city: Townhall, id: str, procedure: str
) -> None:
    case, issued = made(city, id, procedure)
    held, clerk = content(issued), browser(city, "clerk")
    pdf, editable = file(clerk, case, issued, "pdf"), file(clerk, case, issued, "docx")
    page = words(
        re.sub(r"<[^>]+>", "", clerk.get(f"/cases/{case.number}/papers/{issued.serial}/").content.decode())
    )
    for line in held.lines():
        for part in line.split("\n"):
            assert words(part) in in_pdf(pdf), part
            assert words(part) in in_docx(editable), part
    for line in (held.addressee, held.number, *(line for section in held.sections for line in section.lines)):
        assert words(line) in page, line
    assert NAMES["citizen"] == held.addressee
    assert "{" not in "".join([*held.lines("zh"), *held.lines("en")])
    assert file(clerk, case, issued, "pdf") == pdf, "the same paper is the same bytes"
    assert issued.digest == held.digest()
    assert issued.digest[:SHOWN] in in_pdf(pdf)


@pytest.mark.parametrize(("id", "procedure"), EACH[:2])
def test_the_pdf_is_tagged_speaks_its_language_and_carries_its_fonts(
    city: Townhall, id: str, procedure: str
) -> None:
    case, issued = made(city, id, procedure)
    reader = pypdf.PdfReader(io.BytesIO(file(browser(city, "clerk"), case, issued, "pdf")))
    root: Any = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"].lower().startswith("zh")
    assert reader.metadata is not None
    assert reader.metadata.title == content(issued).title.zh
    resources: list[Any] = [page["/Resources"] for page in reader.pages]
    fonts = [
        font.get_object()["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object()
        for each in resources for font in each["/Font"].values()
    ]  # fmt: skip
    assert fonts
    assert all("/FontFile3" in each or "/FontFile2" in each for each in fonts)
    assert [round(float(side)) for side in reader.pages[0].mediabox[2:]] == [595, 842]


def test_a_refusal_gives_reasons_and_both_remedies_with_their_bodies(city: Townhall) -> None:
    refusals = [paper for paper in PAPERS if paper.refusal]
    assert {paper.id for paper in refusals} == {"papers.refusal", "papers.not-needed", "papers.not-ours"}
    for paper in refusals:
        case = routes.opened(city, paper.procedures[0])
        routes.led_to(city, case, paper)
        issued = issue(city, case, paper.id, reconsideration_body="清和市人民政府", court="清江区人民法院")
        said = in_pdf(file(browser(city, "clerk"), case, issued, "pdf"))
        for words_ in (
            "六十日内",
            "清和市人民政府申请行政复议",
            "六个月内",
            "清江区人民法院提起行政诉讼",
            "布局图没有标明水池",
        ):
            assert words_ in said, (paper.id, words_)


def test_a_refusal_without_its_court_is_not_issued(city: Townhall) -> None:
    paper = library().get("paper", "papers.refusal")
    case = routes.opened(city, "approvals.standard")
    routes.led_to(city, case, paper)
    form = routes.posted(paper, {"reconsideration_body"})
    answer = browser(city, "clerk").post(f"/cases/{case.number}/papers/new/papers.refusal/", form)
    assert answer.status_code == 422
    assert "有管辖权的人民法院" in answer.content.decode()
    assert queries.issued(case) == []


def test_nothing_is_issued_before_its_act_and_by_nobody_else(city: Townhall) -> None:
    case = routes.opened(city, "approvals.standard")
    offered = {each.paper.id for each in queries.possible(case)}
    assert offered == {"papers.receipt-of-papers"}
    assert browser(city, "clerk").get(f"/cases/{case.number}/papers/new/papers.grant/").status_code == 404
    for name in ("citizen", "other", "sibling", "supervisor", "auditor", "mayor", "leader"):
        client = browser(city, name)
        form = routes.posted(library().get("paper", "papers.receipt-of-papers"), {"papers_received"})
        address = f"/cases/{case.number}/papers/new/papers.receipt-of-papers/"
        assert client.get(address).status_code == 404, name
        assert client.post(address, form).status_code == 404, name
    assert queries.issued(case) == []


def test_the_party_reads_its_own_papers_and_nobody_unasked(city: Townhall) -> None:
    case, issued = made(city, "papers.acceptance", "approvals.standard")
    address = f"/cases/{case.number}/papers/{issued.serial}/"
    allowed = {"citizen", "clerk", "handler", "head"}
    for name in (
        "citizen",
        "clerk",
        "handler",
        "head",
        "other",
        "sibling",
        "supervisor",
        "auditor",
        "mayor",
        "leader",
    ):
        expected = 200 if name in allowed else 404
        for path in (address, f"{address}pdf/", f"{address}docx/"):
            assert browser(city, name).get(path).status_code == expected, (name, path)
    assert Client().get(address).status_code == 404
    assert browser(city, "clerk").get(f"{address}exe/").status_code == 404
    read = [each for each in ledger.history(issued.text) if each.type == "parties.read"]
    assert {each.actor for each in read} >= {city.posts["clerk"], city.user("citizen").pseudonym}


def test_the_ledger_learns_of_the_paper_and_no_word_of_it(city: Townhall) -> None:
    case, issued = made(city, "papers.correction", "approvals.standard")
    event = ledger.event(issued.event)
    assert event is not None
    assert event.type == "papers.issued"
    assert event.actor == city.posts["clerk"]
    assert event.body["digest"] == issued.digest
    told = event.raw.decode()
    for hidden in (NAMES["citizen"], "布局图", "水池"):
        assert hidden not in told


def test_a_correction_has_a_new_number_and_the_former_stays(city: Townhall) -> None:
    case, first = made(city, "papers.acceptance", "approvals.standard")
    before = content(first)
    second = issue(city, case, "papers.acceptance")
    assert (first.number, second.number) == (f"{case.number}-01", f"{case.number}-02")
    assert content(second).corrects == first.number
    assert content(queries.issued(case)[0]) == before
    assert [each.replaced for each in queries.issued(case)] == [second.number, ""]
    page = Client().get(f"/papers/{first.event}/").content.decode()
    assert second.number in page
    assert "已被代替" in page


def test_the_same_events_and_words_make_the_same_paper(city: Townhall) -> None:
    case = routes.opened(city, "approvals.standard")
    form = {"papers_received": routes.WRITTEN}
    who = city.who("clerk", "clerk")
    once, again = (actions.preview(case, "papers.receipt-of-papers", who, form) for _ in range(2))
    assert once.kept() == again.kept()
    assert once.sections[0].lines == tuple(routes.WRITTEN.split("\n"))


def test_a_double_click_issues_one_paper(city: Townhall) -> None:
    case = routes.opened(city, "approvals.standard")
    key = str(uuid.uuid4())
    first = issue(city, case, "papers.receipt-of-papers", key=key)
    assert issue(city, case, "papers.receipt-of-papers", key=key) == first
    assert len(queries.issued(case)) == 1


def test_a_preview_shows_the_paper_and_issues_nothing(city: Townhall) -> None:
    case = routes.opened(city, "approvals.standard")
    form = routes.posted(
        library().get("paper", "papers.receipt-of-papers"), {"papers_received"}, do="preview"
    )
    page = browser(city, "clerk").post(f"/cases/{case.number}/papers/new/papers.receipt-of-papers/", form)
    assert page.status_code == 200
    assert NAMES["citizen"] in page.content.decode()
    assert queries.issued(case) == []


def test_anybody_verifies_a_paper_without_learning_a_name(city: Townhall) -> None:
    case, issued = made(city, "papers.acceptance", "approvals.standard")
    page = Client().get(f"/papers/{issued.event}/")
    assert page.status_code == 200
    said = page.content.decode()
    for told in (issued.number, issued.digest[:SHOWN], "受理通知书"):
        assert told in said
    assert NAMES["citizen"] not in said
    assert Client().get(f"/papers/{uuid.uuid4()}/").status_code == 404
    opening = ledger.history(case.pk)[0].id
    assert Client().get(f"/papers/{opening}/").status_code == 404, "an event that is no paper"


def test_the_holder_of_the_receipt_takes_the_papers_along(city: Townhall) -> None:
    case, issued = made(city, "papers.acceptance", "approvals.standard")
    secret = receipts.issue(case, city.posts["clerk"], "housing")
    client = Client()
    page = client.post("/progress/", {"number": case.number, "secret": secret}).content.decode()
    found = re.search(r'name="word" value="([^"]+)"', page)
    assert found is not None
    sent = {"word": found[1], "serial": str(issued.serial), "form": "pdf"}
    answer = client.post("/progress/papers/", sent)
    assert NAMES["citizen"] in in_pdf(answer.content)
    assert client.post("/progress/papers/", {**sent, "serial": "9"}).status_code == 404
    assert client.post("/progress/papers/", {**sent, "word": found[1] + "x"}).status_code == 302
    assert client.get("/progress/papers/").status_code == 405


def test_an_erased_paper_is_gone_and_its_record_stays(city: Townhall) -> None:
    case, issued = made(city, "papers.acceptance", "approvals.standard")
    texts.erase_text(issued.text, by=city.posts["clerk"])
    clerk = browser(city, "clerk")
    assert clerk.get(f"/cases/{case.number}/papers/{issued.serial}/pdf/").status_code == 404
    assert issued.number in clerk.get(f"/cases/{case.number}/papers/").content.decode()


HOSTILE = (
    "#strong[假] $x$ `a` @label <script>alert(1)</script> &amp; {{ case }} {reasons} %s \\u{202e}",
    "]]> <w:t>x</w:t> \x07\x0b 控制",
    "左\u202e右\u2066到\u200b零宽",
    "表情😀和生僻字𠮷、阿拉伯مرحبا",
    "长" * 3_900,
)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_text(city: Townhall, text: str) -> None:
    paper = library().get("paper", "papers.refusal")
    case = routes.opened(city, "approvals.standard")
    routes.perform(city, case, "accept")
    routes.perform(city, case, "refuse", reasons=text)
    issued = issue(city, case, paper.id)
    held, clerk = content(issued), browser(city, "clerk")
    said = "".join(held.lines())
    assert not set("\u202e\u2066\u200b\x07\x0b") & set(said)
    pdf, editable = in_pdf(file(clerk, case, issued, "pdf")), in_docx(file(clerk, case, issued, "docx"))
    kept = words(next(each.zh for each in held.paragraphs if each.zh.startswith("理由")))
    assert kept in editable
    written = re.sub("[^\u0020-\u007e\u4e00-\u9fff：、]", "", kept)
    shown = re.sub("〔U\\+[0-9A-F]+〕", "", pdf)
    assert all(part in shown for part in written.split("😀"))
    if "😀" in text:
        assert "〔U+1F600〕" in pdf
        assert "〔U+20BB7〕" in pdf
    page = clerk.get(f"/cases/{case.number}/papers/{issued.serial}/").content.decode()
    assert "<script>alert" not in page
