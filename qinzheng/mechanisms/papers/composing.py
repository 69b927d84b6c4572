"""From a definition and facts to a paper's content: the same events and words give the same content."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from string import Formatter

from qinzheng.definitions import shelf
from qinzheng.definitions.form import Text
from qinzheng.mechanisms.papers.content import Content, Section
from qinzheng.mechanisms.papers.facts import said_day
from qinzheng.mechanisms.papers.schema import Paper

Words = Mapping[str, Text]


def compose(
    paper: Paper, edition: str, said: Words, *, now: dt.datetime, event: str, salt: str, corrects: str = ""
) -> Content:
    """The paper filled in. ``said``: every placeholder that it uses; what is filled in is never read as a template."""
    day = now.astimezone(shelf.ZONE).date()
    return Content(
        paper=paper.id, edition=edition, number=said["number"].zh, case=said["case"].zh, event=event,
        title=fill(paper.title, said), organ=said["organ"], addressee=said["applicant"].zh,
        paragraphs=tuple(fill(each, said) for each in paper.body),
        sections=tuple(Section(fill(each.heading, said), lines(said[each.field].zh)) for each in paper.lists),
        remedies=None if paper.remedies is None else fill(paper.remedies, said), grounds=grounds(paper.source),
        signed=tuple(fill(each, said) for each in paper.signed), seal=paper.seal, day=said_day(day).zh,
        copies=paper.copies, ours=paper.basis == "ours", corrects=corrects, salt=salt,
    )  # fmt: skip


def fill(text: Text, said: Words) -> Text:
    """A text with its placeholders put in, in both languages."""
    return Text(zh=_put(text.zh, {key: each.zh for key, each in said.items()}),
                en=_put(text.en, {key: each.en for key, each in said.items()}))  # fmt: skip


def _put(template: str, values: Mapping[str, str]) -> str:
    parts = []
    for before, name, _, _ in Formatter().parse(template):
        parts.append(before)
        if name is not None:
            parts.append(values[name])
    return "".join(parts)


def lines(words: str) -> tuple[str, ...]:
    """The lines of a text, empty ones left out."""
    return tuple(line.strip() for line in words.splitlines() if line.strip())


def grounds(sources: Sequence[str]) -> Text:
    """The law that the paper rests on, article by article; what is our own is said to be so."""
    zh, en = [], []
    for reference in sources:
        id, _, article = reference.partition("/")
        source = shelf.library().get("source", id)
        if source.status == "ours":
            zh.append("本系统自定")
            en.append("our own choice")
        elif article:
            zh.append(f"《{_short(source.name.zh)}》第{numeral(article)}条")
            en.append(f"{source.name.en}, art. {article}")
        else:
            zh.append(f"《{_short(source.name.zh)}》")
            en.append(source.name.en)
    return Text(zh="依据：" + "、".join(dict.fromkeys(zh)), en="Ground: " + "; ".join(dict.fromkeys(en)))


def _short(name: str) -> str:
    """A law's name without the year of its revision, as papers cite it."""
    return name.partition("（")[0]


DIGITS = "零一二三四五六七八九"


def numeral(article: str) -> str:
    """The number of an article as laws write it: 32 → 三十二; what is no whole number up to 999 stays as it is."""
    if not article.isdigit() or not 0 < int(article) < 1000:
        return article
    hundreds, rest = divmod(int(article), 100)
    tens, ones = divmod(rest, 10)
    said = f"{DIGITS[hundreds]}百" if hundreds else ""
    if tens:
        said += "十" if tens == 1 and not hundreds else f"{DIGITS[tens]}十"
    elif hundreds and ones:
        said += "零"
    return said + (DIGITS[ones] if ones else "")
