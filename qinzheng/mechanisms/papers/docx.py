"""A paper as an editable .docx with the same words in the same order; what is filled in is text of a run, never XML."""

from __future__ import annotations

import datetime as dt
import io
import re

import docx
from docx.document import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Mm, Pt, RGBColor
from docx.text.paragraph import Paragraph

from qinzheng.definitions.form import Text
from qinzheng.mechanisms.papers.content import SHOWN, Content
from qinzheng.mechanisms.papers.wording import WORDS, Tongue

FONT, LATIN = "仿宋", "Times New Roman"
"""Fonts by name: the office's own word processor has them; nothing is embedded in a file that is to be edited."""
RED = RGBColor(0xB8, 0x0F, 0x0A)
UNFIT = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold."""


def written(content: Content, *, tongue: Tongue = "zh", issued_at: dt.datetime | None = None) -> bytes:
    """The file."""
    document = docx.Document()
    _page(document, content, tongue, issued_at)
    if content.day:  # a blank form bears no mark of the organ
        _line(document, _in(content.organ, tongue), 22, align=ALIGN.CENTER, color=RED, bold=True)
    if content.number:
        _line(document, WORDS["number"].zh + content.number, 12, align=ALIGN.RIGHT)
    heading = document.add_heading(level=1)
    heading.alignment = ALIGN.CENTER
    _run(heading, _in(content.title, tongue), 20, bold=True)
    if content.addressee:
        _line(document, content.addressee + _in(WORDS["colon"], tongue), 15)
    for each in content.paragraphs:
        _line(document, _in(each, tongue), 15, indent=tongue == "zh")
    _fields(document, content, tongue)
    for section in content.sections:
        _run(document.add_heading(level=2), _in(section.heading, tongue), 15)
        for number, words in enumerate(section.lines, 1):
            _line(document, f"{number}. {words}" if content.day else f"□ {words}", 15)
    if content.remedies is not None:
        _run(document.add_heading(level=2), _in(WORDS["remedies"], tongue), 15)
        _line(document, _in(content.remedies, tongue), 15, indent=tongue == "zh")
    _end(document, content, tongue)
    held = io.BytesIO()
    document.save(held)
    return held.getvalue()


def _page(document: Document, content: Content, tongue: Tongue, issued_at: dt.datetime | None) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(37), Mm(35)
    section.left_margin, section.right_margin = Mm(28), Mm(26)
    properties = document.core_properties
    properties.title, properties.author = _fit(_in(content.title, tongue)), _fit(_in(content.organ, tongue))
    properties.language, properties.comments = "zh-CN" if tongue == "zh" else "en", ""
    if issued_at is not None:
        properties.created = properties.modified = issued_at.astimezone(dt.UTC).replace(tzinfo=None)
    style = document.styles["Normal"]
    style.font.name, style.font.size = LATIN, Pt(15)
    style.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), FONT)
    _page_number(section.footer.paragraphs[0])


def _page_number(footer: Paragraph) -> None:
    footer.alignment = ALIGN.CENTER
    for kind, words in (("begin", ""), ("", "PAGE"), ("end", "")):
        run = footer.add_run()
        part = OxmlElement("w:fldChar" if kind else "w:instrText")
        if kind:
            part.set(qn("w:fldCharType"), kind)
        else:
            part.text = words
        run._r.append(part)


def _fields(document: Document, content: Content, tongue: Tongue) -> None:
    if not content.fields:
        return
    table = document.add_table(rows=0, cols=2, style="Table Grid")
    for each in content.fields:
        cells = table.add_row().cells
        cells[0].width, cells[1].width = Cm(5.2), Cm(10.4)
        _run(cells[0].paragraphs[0], _in(each, tongue), 12)


def _end(document: Document, content: Content, tongue: Tongue) -> None:
    stop = "。" if tongue == "zh" else "."
    if content.corrects:
        _line(document, _in(WORDS["corrects"], tongue) + content.corrects + stop, 15, indent=tongue == "zh")
    _line(document, _in(content.grounds, tongue) + stop, 13, indent=tongue == "zh")
    if content.day:
        _line(document, _in(content.organ, tongue), 15, align=ALIGN.RIGHT)
        _line(document, content.day, 15, align=ALIGN.RIGHT)
        if content.seal != "none":
            _line(document, _in(WORDS[f"seal_{content.seal}"], tongue), 11, align=ALIGN.RIGHT)
    for each in content.signed:
        _line(document, _in(each, tongue) + "＿" * 16, 13)
    if content.number:
        copies = _in(WORDS["copies"], tongue).replace("{n}", str(content.copies))
        _line(document, copies, 9)
        _line(document, _in(WORDS["digest"], tongue) + content.digest()[:SHOWN], 9)
    if content.ours:
        _line(document, _in(WORDS["ours"], tongue), 9)


def _line(
    document: Document, words: str, size: float, *, align: ALIGN | None = None, indent: bool = False,
    color: RGBColor | None = None, bold: bool = False,
) -> None:  # fmt: skip
    paragraph = document.add_paragraph()
    if align is not None:
        paragraph.alignment = align
    if indent:
        paragraph.paragraph_format.first_line_indent = Pt(2 * size)
    paragraph.paragraph_format.line_spacing = 1.5
    _run(paragraph, words, size, bold=bold, color=color)


def _run(
    paragraph: Paragraph, words: str, size: float, *, bold: bool = False, color: RGBColor | None = None
) -> None:
    run = paragraph.add_run(_fit(words))
    run.font.size, run.font.name, run.bold = Pt(size), LATIN, bold
    run.font.color.rgb = color or RGBColor(0, 0, 0)
    run._r.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), FONT)


def _in(text: Text, tongue: Tongue) -> str:
    words: str = getattr(text, tongue)
    return words


def _fit(words: str) -> str:
    return UNFIT.sub("", words)
