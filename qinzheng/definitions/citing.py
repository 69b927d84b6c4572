"""A citation in words: the law's own name and the article, as pages and refusals say it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable

from qinzheng.definitions import shelf
from qinzheng.definitions.form import Text


def said(reference: str) -> Text:
    """``行政许可法/45`` as “行政许可法 第45条 / Administrative Licensing Law, art. 45”; unknown sources by their id.

    A part whose key holds no digit has no number in its text, and the key is a name of ours: the source alone is cited.
    """
    source, _, number = reference.partition("/")
    name = Text(zh=source, en=source)
    with contextlib.suppress(KeyError):
        name = shelf.library().get("source", source).name
    if not any(letter.isdigit() for letter in number):
        return name
    zh, en = (f"第{number}条", f"art. {number}") if number.isdigit() else (number, number)
    return Text(zh=f"{name.zh} {zh}", en=f"{name.en}, {en}")


def all_said(references: Iterable[str]) -> Text:
    """Several citations in one sentence."""
    found = list({each.zh: each for each in map(said, references)}.values())
    return Text(zh="、".join(each.zh for each in found), en="; ".join(each.en for each in found))
