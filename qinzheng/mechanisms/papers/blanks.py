"""The empty forms of an item: an application form with its fields and papers, a mandate; to be filled in by hand."""

from __future__ import annotations

from qinzheng.cases.item_words import FORMS
from qinzheng.cases.items import Item
from qinzheng.definitions import shelf
from qinzheng.definitions.form import Text
from qinzheng.mechanisms.papers import composing, queries
from qinzheng.mechanisms.papers.content import Content, Section
from qinzheng.mechanisms.papers.schema import Paper
from qinzheng.organizations import queries as organizations

HEADING = Text(zh="随申请提交的材料（齐的请打勾）", en="Papers handed in with it (tick those that are here)")
IF = Text(zh="（视情形）", en=" (where it applies)")


def of(item: Item) -> list[Paper]:
    """The blank forms that an item offers: those that its materials name, and those that every item in full has."""
    standing: dict[str, Paper] = {paper.id: paper for paper in queries.standing() if paper.blank}
    guide = item.guide
    named = [each.blank for each in guide.materials.values() if each.blank is not None]
    always = [APPLICATION, MANDATE] if guide.form or guide.materials else []
    return [standing[id] for id in dict.fromkeys([*always, *named]) if id in standing]


APPLICATION, MANDATE = "papers.application-form", "papers.mandate"


def content(item: Item, paper: Paper) -> Content:
    """A blank form for an item."""
    guide = item.guide
    unit = organizations.names([item.organization])[item.organization]
    said = {"organ": unit, "matter": item.name, "phone": Text(zh="12345", en="12345")}
    filled = {**said, "number": _EMPTY, "case": _EMPTY, "applicant": _EMPTY}
    title = composing.fill(paper.title, filled)
    fields: tuple[Text, ...] = ()
    sections: tuple[Section, ...] = ()
    if paper.id == APPLICATION:
        fields = (*_PERSON, *(field.name for field in guide.form.values()))
        listed = [
            f"{each.name.zh}（{FORMS[each.form].zh}）{IF.zh if each.when else ''}"
            for each in guide.materials.values() if each.shared_from is None
        ]  # fmt: skip
        sections = (Section(HEADING, tuple(listed)),) if listed else ()
    return Content(
        paper=paper.id, edition=shelf.library().hash(paper), number="", case="", event="", title=title, organ=unit,
        addressee="", paragraphs=tuple(composing.fill(each, filled) for each in paper.body), sections=sections,
        remedies=None, grounds=composing.grounds(item.source),
        signed=tuple(composing.fill(each, filled) for each in paper.signed), seal=paper.seal, day="",
        copies=paper.copies, ours=paper.basis == "ours", fields=fields,
    )  # fmt: skip


_EMPTY = Text(zh="", en="")
_PERSON = (
    Text(zh="申请人（姓名或名称）", en="Applicant (name)"),
    Text(zh="证件号码或统一社会信用代码", en="Identity number or unified social credit code"),
    Text(zh="联系电话", en="Telephone"),
    Text(zh="联系地址", en="Address"),
)
