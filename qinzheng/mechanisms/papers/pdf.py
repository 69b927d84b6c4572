"""A paper as a PDF: A4, tagged for screen readers (PDF/UA-1), fonts embedded, the same bytes for the same content.

The content goes to typst as data, never as markup. After GB/T 9704 as far as we know it (page, margins, order of the
parts); fonts and sizes are ours.
"""

from __future__ import annotations

import datetime as dt
import io
import json
import threading
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

import segno
import typst

from qinzheng.definitions import shelf
from qinzheng.definitions.form import Text
from qinzheng.mechanisms.papers import fonts
from qinzheng.mechanisms.papers.content import SHOWN, Content
from qinzheng.mechanisms.papers.wording import WORDS, Tongue

TEMPLATE = Path(__file__).with_name("paper.typ")
STANDARD = "ua-1"
_ONE_AT_A_TIME = threading.Lock()


def drawn(
    content: Content, check: str = "", *, tongue: Tongue = "zh", issued_at: dt.datetime | None = None
) -> bytes:
    """The PDF. ``check``: the address that the QR code leads to, empty for none; ``issued_at`` is its time of making."""
    inputs = {
        "content": json.dumps(_inputs(content, tongue, check), ensure_ascii=False),
        "qr": code(check) if check else "",
    }
    made = int((issued_at or dt.datetime(2004, 7, 1, tzinfo=shelf.ZONE)).timestamp())
    with _ONE_AT_A_TIME:
        found = _compiler().compile(format="pdf", sys_inputs=inputs, pdf_standards=[STANDARD], timestamp=made)
    assert isinstance(found, bytes)
    return found


def code(address: str) -> str:
    """A QR code as SVG."""
    held = io.BytesIO()
    segno.make(address, error="m").save(held, kind="svg", border=2, xmldecl=False)
    return held.getvalue().decode()


@cache
def _compiler() -> Any:
    """One compiler for the process: it reads the fonts once."""
    carried = typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(fonts.folder())]
    )
    return typst.Compiler(str(TEMPLATE), font_paths=carried)


def _inputs(content: Content, tongue: Tongue, check: str) -> dict[str, Any]:
    """What the template is given: plain strings in one language, each such as the font can show."""
    held = {**asdict(content), "digest": content.digest()[:SHOWN], "check": check, "lang": tongue}
    held["words"] = {name: getattr(text, tongue) for name, text in WORDS.items()}
    return {name: _plain(value, tongue) for name, value in held.items() if name != "salt"}


def _plain(value: Any, tongue: Tongue) -> Any:
    if isinstance(value, Text):
        return fonts.writable(getattr(value, tongue))
    if isinstance(value, str):
        return fonts.writable(value)
    if isinstance(value, dict):
        return {key: _plain(each, tongue) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each, tongue) for each in value]
    return value
