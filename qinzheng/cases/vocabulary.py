"""Finding service items in the words that people use: their words for a thing, and the catalogue's, side by side.

A vocabulary is a definition: whoever hears other words at the window adds a line. Items are few hundred and stand in
memory; the order is by how much of the question an item's name, kind and unit answer, rare words counting more.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Literal
from weakref import WeakKeyDictionary

from pydantic import Field

from qinzheng.cases.items import Item
from qinzheng.definitions.form import Definition, Strict, Text
from qinzheng.definitions.library import Complaint, Library

HAN = re.compile(r"[一-鿿]")
RUN = re.compile(r"[0-9A-Za-z]+|[一-鿿]+")
STOP_ZH = re.compile(
    "我想要|我要|我想|想要|怎么样|怎么|怎样|如何|哪里|在哪|办理|申请|需要|可以|什么|一家|一个|一下|孩子的|[我想要办的了吗呢在给把]"
)
"""What a question is wrapped in and no item is about."""
STOP_EN = frozenset(
    [
        "a",
        "an",
        "the",
        "to",
        "of",
        "in",
        "on",
        "for",
        "my",
        "our",
        "your",
        "i",
        "we",
        "you",
        "want",
        "would",
        "like",
        "how",
        "do",
        "does",
        "can",
        "get",
        "need",
        "apply",
        "with",
        "and",
        "or",
        "is",
        "it",
        "at",
        "by",
    ]
)
ENOUGH = 0.34
"""An item answers where so much of the question's weight is found in it (ours)."""


class Words(Strict):
    """People's words for a thing (``said``) and the catalogue's words for it (``means``), in both languages."""

    said: list[str] = Field(min_length=1)
    means: list[str] = Field(min_length=1)


class Trouble(Strict):
    """Something that nobody applies for but somebody must see to: what people say of it, and what it is called."""

    name: Text
    said: list[str] = Field(min_length=1)


class Vocabulary(Definition):
    """A list of such words."""

    kind: Literal["vocabulary"]
    words: list[Words] = Field(min_length=1)
    troubles: list[Trouble] = Field(
        default=[], description="what is no service item: a matter for the hotline, in people's words"
    )


def check_vocabulary(vocabulary: Vocabulary, library: Library) -> Iterator[Complaint]:
    """What people say leads to some item: words that mean nothing in the catalogue are a slip."""
    names = [f"{item.name.zh} {item.name.en}".casefold() for item in library.all("item")]
    for n, group in enumerate(vocabulary.words):
        for m, meant in enumerate(group.means):
            if not any(meant.casefold() in name for name in names):
                yield Complaint(
                    ("words", n, "means", m), f"没有名称含“{meant}”的事项", f"no item's name holds “{meant}”"
                )
    for n, trouble in enumerate(vocabulary.troubles):
        for m, said in enumerate(trouble.said):
            if len(said) < 2 or said != said.strip():
                yield Complaint(
                    ("troubles", n, "said", m),
                    "至少两个字，首尾无空格",
                    "two characters or more, no space around them",
                )


class Finder:
    """The items of one library, ready to be searched."""

    def __init__(self, items: Iterable[Item], vocabularies: Iterable[Vocabulary]) -> None:
        self.items = list(items)
        self.names = {item.name.zh: item.name for item in self.items}
        held = list(vocabularies)
        self.words = [group for each in held for group in each.words]
        self.troubles = [
            (said.casefold(), trouble) for each in held for trouble in each.troubles for said in trouble.said
        ]
        self.held = [self._held(item) for item in self.items]
        counts: Counter[str] = Counter(token for held in self.held for token in held)
        self.weight = {token: math.log(1 + len(self.items) / n) for token, n in counts.items()}
        self.rare = math.log(1 + len(self.items))

    def _held(self, item: Item) -> frozenset[str]:
        note = f"{item.note.zh} {item.note.en}" if item.note else ""
        name = f"{item.name.zh} {item.name.en}"
        said = [word for group in self.words if _holds(name, group.means) for word in group.said]
        plain = f"{item.guide.plain.zh} {item.guide.plain.en}" if item.guide.plain else ""
        return frozenset(tokens(" ".join([name, note, plain, *item.guide.said, *said])))

    def named(self, zh: str) -> Text | None:
        """The name in both languages of the item that is called so in Chinese."""
        return self.names.get(zh)

    def trouble(self, asked: str) -> Trouble | None:
        """What the question complains of, where it says so in people's words; the longest of them decides."""
        spoken = " ".join(asked.casefold().split())
        found = [(len(said), trouble) for said, trouble in self.troubles if said in spoken]
        return max(found, key=lambda each: each[0])[1] if found else None

    def find(self, asked: str, most: int) -> list[Item]:
        """The items that answer, the best first, at most so many; nothing where nothing fits well enough."""
        wanted = tokens(asked)
        if not wanted:
            return []
        whole = sum(self.weight.get(token, self.rare) for token in wanted)
        scored = []
        for n, held in enumerate(self.held):
            score = sum(self.weight[token] for token in wanted if token in held) / whole
            if score >= ENOUGH:
                scored.append((-score, len(self.items[n].name.zh), n))
        best = min(scored, default=(0.0, 0, 0))[0]
        return [self.items[n] for score, _, n in sorted(scored) if score <= best * ENOUGH][:most]


def tokens(text: str) -> list[str]:
    """The pairs of characters and the words that a question asks for, without what it is wrapped in."""
    found: dict[str, None] = {}
    for run in RUN.findall(text.lower()):
        if not HAN.match(run):
            stem = run.removesuffix("s") if len(run) > 3 else run
            if run not in STOP_EN:
                found[stem] = None
            continue
        for part in STOP_ZH.split(run):
            if len(part) == 1:
                found[part] = None
            found.update(dict.fromkeys(part[n : n + 2] for n in range(len(part) - 1)))
    return list(found)


def _holds(name: str, meant: list[str]) -> bool:
    folded = name.casefold()
    return any(word.casefold() in folded for word in meant)


_built: WeakKeyDictionary[Library, Finder] = WeakKeyDictionary()


def finder(library: Library) -> Finder:
    """The finder of a library, built once."""
    if library not in _built:
        _built[library] = Finder(library.standing("item"), library.standing("vocabulary"))
    return _built[library]
