"""The shape of a paper: by which act it may be issued, by whom, what it says; placeholders of a closed vocabulary.

Words hold placeholders in braces and nothing else: no expression, no format. A placeholder is a name of :data:`WORDS`
(worked out in ``facts``) or a field of ``asks``: what the act's own form already says is taken from there, and only
the rest is asked of whoever issues the paper, so no paper can contradict its act.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Literal, Self

from pydantic import Field, model_validator

from qinzheng.cases.schema import Act, Field_, Procedure
from qinzheng.definitions.form import Definition, Identifier, Strict, Text, placeholders
from qinzheng.definitions.library import Complaint, Library

WORDS = frozenset(
    {"applicant", "organ", "matter", "case", "number", "act_day", "received_day", "due", "issued_day", "approver"}
)  # fmt: skip
"""What every paper can say; ``due``: until when the case's main clock runs; ``approver``: the post that did the act."""
OF_ITEM = frozenset({"organ", "matter", "phone"})
"""What a blank form can say: it is about an item, no case."""
Prefill = Literal["materials", "later", "government", "issued"]
"""What the field begins with: the item's papers to bring, those that may come later, the government of the organ,
the papers issued on the case."""
Seal = Literal["organ", "licensing", "none"]
"""Where the seal goes: the organ's own, the special seal that 行政许可法 32 speaks of, or none (signed by a person)."""
BODIES = ("reconsideration_body", "court")


class Asked(Field_):
    """A field that the paper needs, with what it begins with."""

    prefill: Prefill | None = None
    also: list[Identifier] = Field(default=[], description="other names under which an act's form may say it")
    of: list[Identifier] = Field(
        default=[], description="earlier acts whose form says it: then it is taken from the last of them"
    )


class Listed(Strict):
    """A numbered list: the lines of a long text."""

    heading: Text
    field: Identifier


class Paper(Definition):
    """One paper. ``blank``: a form to be filled in by hand, about an item; it is issued to nobody and has no number."""

    kind: Literal["paper"]
    title: Text
    procedures: list[Identifier] = []
    acts: list[Identifier] = Field(
        default=[], description="the acts that it says; the last one done is meant"
    )
    by: list[Identifier] = Field(default=[], description="roles that may issue it")
    blank: bool = False
    later: bool = Field(default=False, description="only where the item lets some paper come later (容缺)")
    refusal: bool = Field(default=False, description="a kind of “no”: its remedies must be told")
    asks: dict[Identifier, Asked] = {}
    body: list[Text] = Field(min_length=1)
    lists: list[Listed] = []
    remedies: Text | None = None
    signed: list[Text] = Field(default=[], description="lines to be filled in by hand at the end")
    seal: Seal = "organ"
    copies: int = Field(default=2, ge=1, le=9)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.blank == bool(self.procedures or self.acts or self.by or self.asks):
            raise ValueError(
                "空白表不写 procedures、acts、by、asks；其他文书须写前三项 / "
                "a blank form has no procedures, acts, by or asks; any other paper has the first three"
            )
        if not self.blank and not (self.procedures and self.acts and self.by):
            raise ValueError("须写 procedures、acts、by / write procedures, acts and by")
        if self.refusal and (self.remedies is None or not set(BODIES) <= set(placeholders(self.remedies.zh))):
            raise ValueError(
                "“不”字文书须写 remedies，并写明 {reconsideration_body} 与 {court} / "
                "a refusal tells its remedies, naming {reconsideration_body} and {court}"
            )
        return self

    def words(self) -> Iterator[tuple[tuple[str | int, ...], Text]]:
        """Every text with placeholders, by its place."""
        yield ("title",), self.title
        yield from ((("body", place), each) for place, each in enumerate(self.body))
        yield from ((("lists", place, "heading"), each.heading) for place, each in enumerate(self.lists))
        yield from ((("signed", place), each) for place, each in enumerate(self.signed))
        if self.remedies is not None:
            yield ("remedies",), self.remedies

    def form(self, said: Collection[str] = ()) -> Act:
        """What is asked of whoever issues it, as a form: what acts have ``said`` already is left out."""
        fields = {name: field for name, field in self.asks.items() if name not in said}
        return Act(name=self.name, by=self.by, form=dict(fields))


def check_paper(paper: Paper, library: Library) -> Iterator[Complaint]:
    """Everything named is known: procedures, acts, roles, placeholders, fields; both languages say the same."""
    yield from _check_acts(paper, library)
    known = OF_ITEM if paper.blank else WORDS | paper.asks.keys()
    for path, text in paper.words():
        try:
            named = {tongue: placeholders(getattr(text, tongue)) for tongue in ("zh", "en")}
        except ValueError as why:
            yield Complaint(
                path,
                f"花括号里只能是占位名：{why}",
                f"braces hold a placeholder's name and nothing else: {why}",
            )
            continue
        for name in sorted({*named["zh"], *named["en"]} - known):
            yield _unknown(path, "占位", "placeholder", name, known)
        if sorted(named["zh"]) != sorted(named["en"]):
            yield Complaint(
                path, "中英文的占位不同，请对齐", "the two languages differ in their placeholders"
            )
    for place, each in enumerate(paper.lists):
        if each.field not in paper.asks or paper.asks[each.field].type != "long_text":
            long = {name for name, field in paper.asks.items() if field.type == "long_text"}
            yield _unknown(("lists", place, "field"), "长文本栏", "long text among asks", each.field, long)


def _check_acts(paper: Paper, library: Library) -> Iterator[Complaint]:
    known: dict[str, Procedure] = {each.id: each for each in library.all("procedure")}
    for place, id in enumerate(paper.procedures):
        if id not in known:
            yield _unknown(("procedures", place), "程序", "procedure", id, known.keys())
        elif not set(paper.acts) & known[id].acts.keys():
            yield Complaint(
                ("procedures", place),
                f"程序 {id} 没有这些环节中的任何一个",
                f"procedure {id} has none of these acts",
            )
    acts = {name: act for id in paper.procedures if id in known for name, act in known[id].acts.items()}
    roles = {role for act in acts.values() for role in act.by}
    for key, field in paper.asks.items():
        for place, name in enumerate(field.of):
            if name not in acts:
                yield _unknown(("asks", key, "of", place), "环节", "act", name, acts.keys())
    for place, name in enumerate(paper.acts):
        if name not in acts:
            yield _unknown(("acts", place), "环节", "act", name, acts.keys())
    for place, role in enumerate(paper.by):
        if role not in roles:
            yield _unknown(("by", place), "角色", "role", role, roles)


def _unknown(path: tuple[str | int, ...], zh: str, en: str, value: str, known: object) -> Complaint:
    listed = sorted(known)  # type: ignore[call-overload]
    return Complaint(
        path, f"没有{zh} {value}；可用：{'、'.join(listed)}", f"no {en} {value}; known: {', '.join(listed)}"
    )
