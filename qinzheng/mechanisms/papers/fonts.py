"""The Chinese font that travels with us (a wheel, SIL Open Font License), and which characters it can show.

A character that it lacks is written by its code point, 〔U+20BB7〕: nothing is left out silently, and the PDF stays
readable by machines. Ours.
"""

from __future__ import annotations

import struct
from functools import cache
from pathlib import Path

import pylopdf_fonts_zh_cn as carried

FAMILIES = ("Noto Serif SC", "Noto Sans SC")


def folder() -> Path:
    """Where the font files are."""
    found: Path = carried.serif_path().parent
    return found


@cache
def shown() -> frozenset[int]:
    """The code points that the text font has."""
    return coverage(carried.serif_path())


def writable(words: str) -> str:
    """The words with what the font cannot show written by code point."""
    known = shown()
    return "".join(each if each == "\n" or ord(each) in known else f"〔U+{ord(each):04X}〕" for each in words)


def coverage(path: Path) -> frozenset[int]:
    """The code points of a font file: its ``cmap`` in format 12 (OpenType 1.9, cmap). ValueError where it has none."""
    data = path.read_bytes()
    tables = struct.unpack_from(">H", data, 4)[0]
    for n in range(tables):
        tag, _, offset, _ = struct.unpack_from(">4sIII", data, 12 + 16 * n)
        if tag == b"cmap":
            return _mapped(data, offset)
    raise ValueError(f"字体没有 cmap / the font has no cmap: {path}")


def _mapped(data: bytes, cmap: int) -> frozenset[int]:
    for n in range(struct.unpack_from(">H", data, cmap + 2)[0]):
        (offset,) = struct.unpack_from(">I", data, cmap + 4 + 8 * n + 4)
        at = cmap + offset
        if struct.unpack_from(">H", data, at)[0] != 12:
            continue
        (groups,) = struct.unpack_from(">I", data, at + 12)
        found: set[int] = set()
        for group in range(groups):
            first, last, glyph = struct.unpack_from(">III", data, at + 16 + 12 * group)
            found.update(range(first if glyph else first + 1, last + 1))
        return frozenset(found)
    raise ValueError("字体的 cmap 没有第 12 式 / the font's cmap has no format 12")
