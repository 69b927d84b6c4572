"""Keeps a spreadsheet from running what a text in a CSV says: a guard that can be taken off again."""

from __future__ import annotations

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a spreadsheet may take for the beginning of a formula; the wide ones where it is set to Chinese."""
MARK = "'"


def guarded(text: str) -> str:
    """The text, with a leading apostrophe where it (or what stands behind its apostrophes) could be run."""
    return MARK + text if text.lstrip(MARK).startswith(FORMULA) else text


def bare(text: str) -> str:
    """The text as it was before :func:`guarded`."""
    if text.startswith(MARK) and text.lstrip(MARK).startswith(FORMULA):
        return text[1:]
    return text
