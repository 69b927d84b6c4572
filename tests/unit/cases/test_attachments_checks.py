"""What an uploaded file is, by its content; hostile ones are refused with a reason and a remedy."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from qinzheng.cases import attachments_checks as checks
from qinzheng.cases import attachments_images as images
from qinzheng.cases.attachments_checks import ORDINARY, WrongFile, check
from tests import uploads

ALL = {*ORDINARY, *checks.OFFICE}
HTML = b"<html><script>alert(1)</script></html>"


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("身份证.JPG", uploads.picture(), "jpeg"), ("a.jpeg", uploads.picture(), "jpeg"), ("b.png", uploads.picture("PNG"), "png"),
        ("c.webp", uploads.picture("WEBP"), "webp"), ("d.pdf", uploads.pdf(), "pdf"), ("e.docx", uploads.office(), "docx"),
        ("f.xlsx", uploads.office("xlsx"), "xlsx"),
    ],
)  # fmt: skip
def test_what_people_have_is_taken(name: str, content: bytes, kind: str) -> None:
    found = check(name, content, ALL)
    assert (found.kind, found.name) == (kind, name)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.jpg", b"", "空"), ("a.jpg", b"\xff\xd8\xff" + b"0" * checks.MOST_BYTES, "超过 10 MB"),
        ("a.png", uploads.picture(), "后缀"), ("a.jpg.exe", uploads.picture(), "后缀"), ("a.html", uploads.picture(), "后缀"),
        ("jpg", uploads.picture(), "后缀"), ("", uploads.picture(), "没有名字"), ("\u202e\u200b", uploads.picture(), "没有名字"),
        ("a.jpg", HTML, "只收"), ("a.png", HTML + uploads.picture("PNG"), "只收"), ("a.pdf", HTML + uploads.pdf(), "只收"),
        ("a.pdf", b"%PDF-1.4 torn", "只收"), ("a.jpg", b"GIF89a" + b"0" * 99, "只收"), ("a.jpg", b"MZ" + b"0" * 99, "只收"),
        ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "只收"), ("a.docx", uploads.office(bomb=True), "过大"),
        ("a.docx", uploads.office(macros=True), "只收"), ("a.xlsx", uploads.office("docx"), "后缀"), ("a.docx", b"PK\x03\x04torn", "损坏"),
    ],
)  # fmt: skip
def test_what_is_hostile_or_wrong_is_refused(name: str, content: bytes, said: str) -> None:
    with pytest.raises(WrongFile) as why:
        check(name, content, ALL)
    assert said in why.value.zh
    assert why.value.en


def test_office_files_are_taken_only_where_the_material_allows_them() -> None:
    with pytest.raises(WrongFile, match="只收"):
        check("a.docx", uploads.office())


@given(
    st.lists(st.sampled_from(["..", "/", "\\", "C:", "a", "。", "\0", "\n", "\u202e", " ", "."]), max_size=40)
)
def test_no_name_leads_out_of_its_folder_or_is_too_long(parts: list[str]) -> None:
    try:
        found = check("".join(parts) + ".jpg", b"\xff\xd8\xff", ALL)
    except WrongFile:
        return
    assert not set(found.name) & set("/\\\0\n\u202e")
    assert found.name.endswith(".jpg")
    assert len(found.name) <= checks.LONGEST_NAME


def test_a_very_long_name_keeps_its_end() -> None:
    assert len(check("长" * 5_000 + ".jpg", uploads.picture()).name) == checks.LONGEST_NAME


@given(st.binary(max_size=200))
def test_whatever_comes_is_a_kind_or_refused(content: bytes) -> None:
    try:
        assert checks.kind_of(content) in {None, *ALL}
    except WrongFile:
        assert content.startswith(b"PK")


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
def test_an_image_made_anew_tells_no_place_and_hides_nothing(format: str) -> None:
    whole = uploads.picture(format)
    assert uploads.PLACE.encode() in whole
    made = images.remade(whole + HTML)
    assert uploads.PLACE.encode() not in made
    assert HTML not in made
    with Image.open(io.BytesIO(made)) as read:
        assert (read.format, read.size) == (format, (64, 48))
        assert not dict(read.getexif())


@pytest.mark.parametrize(
    "content",
    [uploads.png_of(30_000, 30_000), uploads.png_of(7_000, 7_200), b"\xff\xd8\xff" + HTML, uploads.picture()[:200]],
    ids=["bomb", "just over", "html", "torn"],
)  # fmt: skip
def test_a_bomb_or_a_torn_picture_breaks_the_child_only(content: bytes) -> None:
    with pytest.raises(WrongFile, match="打不开或过大"):
        images.remade(content)
