"""The blank forms of every item: anybody may have them, as PDF and as .docx."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pypdf
import pytest
from django.test import Client

from qinzheng.definitions import shelf
from qinzheng.mechanisms.papers import blanks
from tests import townhall
from tests.papers.test_issued import in_docx, words

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def city(django_db_setup: None, django_db_blocker: Any) -> Iterator[townhall.Townhall]:
    with django_db_blocker.unblock(), townhall.standing() as made:
        yield made


def test_every_item_in_full_has_its_forms(city: townhall.Townhall) -> None:
    client, drawn = Client(), 0
    for item in shelf.library().standing("item"):
        for paper in blanks.of(item):
            drawn += 1
            answer = client.get(f"/items/{item.id}/forms/{paper.id}/pdf/")
            assert answer.status_code == 200, (item.id, paper.id)
            said = words(
                "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(answer.content)).pages)
            )
            assert words(item.name.zh) in said
            if paper.id == blanks.APPLICATION:
                for field in item.guide.form.values():
                    assert words(field.name.zh) in said, (item.id, field.name.zh)
    assert drawn > 20


def test_the_editable_form_says_the_same_and_nothing_else_is_sent(city: townhall.Townhall) -> None:
    client, item = Client(), shelf.library().get("item", "market.food-business-licence")
    address = f"/items/{item.id}/forms/{blanks.APPLICATION}"
    said = in_docx(client.get(f"{address}/docx/").content)
    assert "门店名称" in said
    assert "授权委托书" in said
    for wrong in (
        f"{address}/exe/",
        f"/items/{item.id}/forms/papers.refusal/pdf/",
        "/items/none/forms/papers.mandate/pdf/",
    ):
        assert client.get(wrong).status_code == 404
