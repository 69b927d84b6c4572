"""Raw text of what a source holds: the encoding of its bytes, and typed values as text."""

from __future__ import annotations

import codecs
import datetime as dt
from typing import Any


def encoding_of(head: bytes) -> str:
    """UTF-16 by its mark, UTF-8 (with or without one) where the beginning reads as such, else GB18030."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return "gb18030"
    return "utf-8-sig"


def text_of(value: Any) -> str | None:
    """A typed value as raw text; times as ISO 8601."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, float):  # a whole number beside gaps becomes a float in many exports
        return None if value != value else str(int(value)) if value.is_integer() else str(value)
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def text_of_cell(value: Any) -> str | None:
    """A spreadsheet's cell as raw text. Its times are fractions of days that lose a little each time the file is saved: to the second."""
    if isinstance(value, dt.datetime):
        value = (value + dt.timedelta(microseconds=500_000)).replace(microsecond=0)
    return text_of(value)
