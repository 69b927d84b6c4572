"""A difference as it is said: its words, and whether it makes things easier for people. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from qinzheng.definitions.form import Text

Way = Literal["easier", "harder", "plain"]
"""For whoever asks for the item: a shorter promise, a paper less; or the opposite; or neither."""
Named = Callable[[str], Text | str]
"""What an id is called."""


@dataclass(frozen=True)
class Difference:
    """One change: which part of the item it is about, its words, and for whom it is better."""

    about: str
    words: Text
    way: Way = "plain"


def changed(name: Text) -> Text:
    """A change that nobody puts into better words."""
    return Text(zh=f"{name.zh}有改动", en=f"the {name.en} changed")


def said(about: str, words: Text, way: Way = "plain") -> Difference:
    """A difference."""
    return Difference(about, words, way)


def quoted(name: Text) -> Text:
    """A name as a sentence mentions it."""
    return Text(zh=f"“{name.zh}”", en=name.en)


def things(
    about: str, name: Text, old: Sequence[Text], new: Sequence[Text], more: Way = "plain", less: Way = "plain"
) -> Iterator[Difference]:
    """What a list gained and lost; nothing where only the order changed."""
    for each in new:
        if each not in old:
            yield said(about, Text(zh=f"增加{name.zh}“{each.zh}”", en=f"{name.en} added: {each.en}"), more)
    for each in old:
        if each not in new:
            yield said(about, Text(zh=f"取消{name.zh}“{each.zh}”", en=f"{name.en} removed: {each.en}"), less)
