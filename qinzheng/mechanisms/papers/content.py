"""What a paper says, once and for all: a plain value with one spelling, from which every form of it is drawn.

``salt`` keeps the digest in the ledger from telling whose name stands on the paper: names are few and could be tried.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field

from qinzheng.definitions.form import Text

SHOWN = 16
"""Letters of the digest printed on the paper."""


@dataclass(frozen=True)
class Section:
    """A numbered list under its heading. The lines are somebody's words and have no second language."""

    heading: Text
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Content:
    """One paper. ``event``: the ledger's event that issues it; ``corrects``: the number of the one that it replaces."""

    paper: str
    edition: str
    number: str
    case: str
    event: str
    title: Text
    organ: Text
    addressee: str
    paragraphs: tuple[Text, ...]
    sections: tuple[Section, ...]
    remedies: Text | None
    grounds: Text
    signed: tuple[Text, ...]
    seal: str
    day: str
    copies: int
    ours: bool
    corrects: str = ""
    salt: str = ""
    fields: tuple[Text, ...] = field(default=())

    def kept(self) -> bytes:
        """The one spelling: JSON with sorted keys in UTF-8."""
        return json.dumps(
            _plain(asdict(self)), ensure_ascii=False, sort_keys=True, separators=(",", ":")
        ).encode()

    def digest(self) -> str:
        """SHA-256 of that spelling."""
        return hashlib.sha256(self.kept()).hexdigest()

    def lines(self, tongue: str = "zh") -> Iterator[str]:
        """Everything it says in its order, in one language: what is compared and read aloud."""
        yield getattr(self.title, tongue)
        yield self.number
        yield self.addressee
        yield from (getattr(each, tongue) for each in self.paragraphs)
        for section in self.sections:
            yield getattr(section.heading, tongue)
            yield from section.lines
        if self.remedies is not None:
            yield getattr(self.remedies, tongue)
        yield getattr(self.grounds, tongue)
        yield from (getattr(each, tongue) for each in (*self.fields, *self.signed))
        yield getattr(self.organ, tongue)
        yield self.day


def read(kept: bytes | str) -> Content:
    """The content as it was kept."""
    held = json.loads(kept)
    for name in ("title", "organ", "grounds"):
        held[name] = Text(**held[name])
    held["remedies"] = Text(**held["remedies"]) if held["remedies"] else None
    for name in ("paragraphs", "signed", "fields"):
        held[name] = tuple(Text(**each) for each in held[name])
    held["sections"] = tuple(
        Section(Text(**each["heading"]), tuple(each["lines"])) for each in held["sections"]
    )
    return Content(**held)


def clean(words: str) -> str:
    """Words as they may stand on an official paper: no control or invisible character that turns or hides others.

    What is left is text to every form: nothing in it is markup. Ours.
    """
    kept = "".join(
        each for each in words.replace("\r\n", "\n").replace("\t", " ")
        if each == "\n" or unicodedata.category(each) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
    )  # fmt: skip
    return unicodedata.normalize("NFC", kept).strip()


def _plain(value: object) -> object:
    if isinstance(value, Text):
        return {"zh": value.zh, "en": value.en}
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value
