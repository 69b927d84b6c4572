"""Items as complete JSON: out and in again without loss; what is wrong is refused whole, with item and key."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qinzheng import wiring
from qinzheng.cases.items import Item
from qinzheng.definitions import strict
from qinzheng.exchange import items_json
from qinzheng.exchange.items_json import FORM, NotItems
from tests.library import library


def shipped() -> list[Item]:
    found: list[Item] = library().standing("item")
    return found


def test_every_shipped_item_goes_round_as_json_and_as_yaml() -> None:
    items = shipped()
    again = items_json.read(items_json.write(items))
    assert again == items
    documents = strict.documents(items_json.definitions(again))
    assert [Item.model_validate(document.value) for document in documents] == items


def test_full_items_keep_their_guides() -> None:
    full = [item for item in shipped() if item.guide.materials]
    assert full
    for item in full:
        [again] = items_json.read(items_json.write([item]))
        assert again.guide == item.guide
        assert list(again.guide.materials) == list(item.guide.materials)


@given(st.text(max_size=20), st.text(max_size=20))
@settings(max_examples=60, deadline=None)
def test_any_words_go_round(zh: str, en: str) -> None:
    one = shipped()[0]
    renamed = one.model_copy(update={"name": one.name.model_copy(update={"zh": zh, "en": en})})
    assert items_json.read(items_json.write([renamed])) == [renamed]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"sort": "gift"}, "sort"),
        ({"nonsense": 1}, "nonsense"),
        ({"in_force_from": "soon"}, "in_force_from"),
        ({"source": []}, "source"),
    ],
)
def test_a_wrong_item_is_refused_and_nothing_is_taken(change: dict[str, object], said: str) -> None:
    document = json.loads(items_json.write(shipped()[:3]))
    document["items"][1] |= change
    with pytest.raises(NotItems, match=said) as refused:
        items_json.read(json.dumps(document).encode())
    assert document["items"][1]["id"] in str(refused.value)


@pytest.mark.parametrize(
    "raw", [b"", b"[]", b"{}", b"[" * 100_000, b'{"form": 1, "form": 2}', b"\xff\xfe", FORM.encode()]
)
def test_what_is_no_such_file_is_refused(raw: bytes) -> None:
    with pytest.raises(NotItems):
        items_json.read(raw)


def test_commands_round_trip(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, back = tmp_path / "items.json", tmp_path / "items.yaml"
    id = shipped()[0].id
    assert wiring.main(["definitions", "items", "export", id, "--to", str(out)]) == 0
    assert wiring.main(["definitions", "items", "import", str(out), "--to", str(back)]) == 0
    [document] = strict.documents(back.read_bytes())
    assert Item.model_validate(document.value) == shipped()[0]
    assert wiring.main(["definitions", "items", "export", "no.such", "--to", str(out)]) == 1
    assert "no.such" in capsys.readouterr().err
