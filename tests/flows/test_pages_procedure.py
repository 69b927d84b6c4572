"""The page of a procedure: its picture, and its drawing to download, open to everybody."""

import datetime as dt
from xml.etree import ElementTree

import pytest
from django.test import Client

from qinzheng.cases.schema import Procedure
from qinzheng.definitions import shelf
from qinzheng.exchange.bpmn.importing import draft

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_drawing_is_downloaded_and_opens_as_the_procedure(published):
    answer = Client().get("/definitions/procedures/approvals.joint/bpmn")
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"] == 'attachment; filename="approvals.joint.bpmn"'
    found = draft(answer.content, dt.date(2026, 1, 1))
    assert found.notes == []
    assert Procedure.model_validate(found.document) == shelf.library().get("procedure", "approvals.joint")
    assert Client().get("/definitions/procedures/no.such/bpmn").status_code == 404
    assert Client().post("/definitions/procedures/approvals.joint/bpmn").status_code == 405


@pytest.mark.parametrize(("lang", "words"), [("zh", "一次告知补正"), ("en", "ask for corrections")])
def test_the_picture_has_a_title_and_says_what_the_list_says(published, lang, words):
    page = Client().get(f"/definitions/procedures/approvals.joint/?lang={lang}").content.decode()
    svg = ElementTree.fromstring(
        page[
            page.index('<svg class="procedure-picture"') : page.index(
                "</svg>", page.index("procedure-picture")
            )
            + 6
        ]
    )  # noqa: S314
    named = {
        each.tag.rpartition("}")[2]: each.text for each in svg if each.get("id", "").startswith("picture-")
    }
    assert set(named) == {"title", "desc"}
    assert svg.get("role") == "img"
    assert svg.get("aria-labelledby") == "picture-title picture-desc"
    drawn = "".join("".join(each.itertext()) for each in svg.iter() if each.tag.endswith("text"))
    assert words.replace(" ", "") in drawn.replace(" ", "")
    assert words in page[page.index("<ol>") : page.index("</ol>")]
    assert "/definitions/procedures/approvals.joint/bpmn" in page
