"""What changed between two guides of an item: papers, fees, questions, ways to apply. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from qinzheng.cases.guide import Fee, Guide, Material, Paper, Question
from qinzheng.cases.item_words import AUDIENCES, CHANNELS, FORMS
from qinzheng.cases.schema import Field_
from qinzheng.definitions.form import Text
from qinzheng.mechanisms.catalogue.telling import Difference, Named, changed, said, things


def between(before: Guide, after: Guide, unit: Named = str) -> list[Difference]:
    """Every difference of two guides; empty for guides that say the same. ``unit``: what a unit is called."""
    found: list[Difference] = []
    for key in (*SAYERS, *(name for name in Guide.model_fields if name not in SAYERS)):
        old, new = getattr(before, key), getattr(after, key)
        if old != new:
            told = list(SAYERS[key](old, new, unit)) if key in SAYERS else []
            found += told or [said(key, changed(LABELS[key]))]
    return found


# -- papers to bring ----------------------------------------------------------------------------------


def _materials(old: Mapping[str, Material], new: Mapping[str, Material], unit: Named) -> Iterator[Difference]:
    for key, material in new.items():
        if key not in old:
            name, shared = material.name, material.shared_from is not None
            zh, en = (
                ("，由部门共享取得，不用带", ", fetched from the office that has it") if shared else ("", "")
            )
            yield said("materials", Text(zh=f"增加材料“{name.zh}”{zh}", en=f"a paper more: {name.en}{en}"), "plain" if shared else "harder")  # fmt: skip
    for key, material in old.items():
        if key not in new:
            yield said("materials", Text(zh=f"取消材料“{material.name.zh}”", en=f"a paper less: {material.name.en}"), "easier")  # fmt: skip
        elif material != new[key]:
            yield from _material(material, new[key], unit)


def _material(old: Material, new: Material, unit: Named) -> Iterator[Difference]:
    zh, en = f"材料“{new.name.zh}”", new.name.en
    about = "materials"
    if old.name != new.name:
        yield said(about, Text(zh=f"材料“{old.name.zh}”改称“{new.name.zh}”", en=f"the paper {old.name.en} is now called {new.name.en}"))  # fmt: skip
    if old.shared_from != new.shared_from:
        if new.shared_from is None:
            yield said(about, Text(zh=f"{zh}不再由部门共享，要自己带", en=f"{en} is no longer fetched from another office: bring it"), "harder")  # fmt: skip
        else:
            who = unit(new.shared_from)
            who = who if isinstance(who, Text) else Text(zh=who, en=who)
            yield said(about, Text(zh=f"{zh}改由“{who.zh}”共享取得，不用带", en=f"{en} is fetched from {who.en}: no need to bring it"), "easier")  # fmt: skip
    if old.later != new.later:
        words = Text(zh=f"{zh}可以后补（容缺受理）", en=f"{en} may be supplied later") if new.later else Text(zh=f"{zh}不再可以后补", en=f"{en} may no longer be supplied later")  # fmt: skip
        yield said(about, words, "easier" if new.later else "harder")
    if old.form != new.form:
        a, b = FORMS[old.form], FORMS[new.form]
        yield said(about, Text(zh=f"{zh}由{a.zh}改为{b.zh}", en=f"{en}: {b.en} in place of {a.en}"))
    if old.copies != new.copies:
        yield said(about, Text(zh=f"{zh}由 {old.copies} 份改为 {new.copies} 份", en=f"{en}: {new.copies} in place of {old.copies}"), "easier" if new.copies < old.copies else "harder")  # fmt: skip
    if old.when != new.when:
        yield said(about, Text(zh=f"{zh}在哪些情形下要带有改动", en=f"the situations in which {en} is asked for changed"))  # fmt: skip
    if any(getattr(old, name) != getattr(new, name) for name in Material.model_fields.keys() - SAID):
        yield said(about, Text(zh=f"{zh}的样例、空白表、承诺或依据有改动", en=f"the sample, blank form, promise or ground of {en} changed"))  # fmt: skip


SAID = frozenset({"name", "shared_from", "later", "form", "copies", "when"})
"""What of a paper has words of its own."""


# -- charges ------------------------------------------------------------------------------------------


def numbered(fees: Sequence[Fee]) -> dict[tuple[str, int], Fee]:
    """Charges by name, and by which of that name they are."""
    seen: Counter[str] = Counter()
    found = {}
    for fee in fees:
        found[fee.name.zh, seen[fee.name.zh]] = fee
        seen[fee.name.zh] += 1
    return found


def price(fee: Fee) -> Text:
    """A charge in yuan."""
    per = Text(zh=f"/{fee.per.zh}", en=f" a {fee.per.en}") if fee.per is not None else Text(zh="", en="")
    return Text(zh=f"{fee.fen / 100:.2f} 元{per.zh}", en=f"{fee.fen / 100:.2f} yuan{per.en}")


def _fees(old: list[Fee], new: list[Fee], _: Named) -> Iterator[Difference]:
    then, now = numbered(old), numbered(new)
    for key, fee in now.items():
        if key not in then:
            amount = price(fee)
            yield said("fees", Text(zh=f"新增收费“{fee.name.zh}”{amount.zh}", en=f"a new charge: {fee.name.en}, {amount.en}"), "harder")  # fmt: skip
    for key, fee in then.items():
        if key not in now:
            amount = price(fee)
            yield said("fees", Text(zh=f"取消收费“{fee.name.zh}”{amount.zh}", en=f"a charge less: {fee.name.en}, {amount.en}"), "easier")  # fmt: skip
            continue
        other = now[key]
        if (fee.fen, fee.per) != (other.fen, other.per):
            a, b = price(fee), price(other)
            way = "plain" if fee.per != other.per else "easier" if other.fen < fee.fen else "harder"
            yield said("fees", Text(zh=f"收费“{fee.name.zh}”由 {a.zh}改为 {b.zh}", en=f"the charge {fee.name.en}: {b.en} in place of {a.en}"), way)  # type: ignore[arg-type] # fmt: skip
        if (fee.when, fee.source, fee.name) != (other.when, other.source, other.name):
            yield said("fees", Text(zh=f"收费“{fee.name.zh}”的适用情形或依据有改动", en=f"when the charge {fee.name.en} applies, or its ground, changed"))  # fmt: skip


# -- questions and fields -----------------------------------------------------------------------------


def _keyed(key: str, zh: str, en: str) -> Callable[[Any, Any, Named], Iterator[Difference]]:
    def tell(
        old: Mapping[str, Question | Field_], new: Mapping[str, Question | Field_], _: Named
    ) -> Iterator[Difference]:
        for name, each in new.items():
            if name not in old:
                yield said(
                    key, Text(zh=f"增加{zh}“{each.name.zh}”", en=f"{en} added: {each.name.en}"), "harder"
                )
        for name, each in old.items():
            if name not in new:
                yield said(
                    key, Text(zh=f"取消{zh}“{each.name.zh}”", en=f"{en} removed: {each.name.en}"), "easier"
                )
            elif each != new[name]:
                yield said(key, Text(zh=f"{zh}“{each.name.zh}”有改动", en=f"the {en} {each.name.en} changed"))

    return tell


def _papers(old: list[Paper], new: list[Paper], _: Named) -> Iterator[Difference]:
    name = Text(zh="结果文书", en="document at the end")
    yield from things("papers", name, [each.name for each in old], [each.name for each in new])


def _channels(old: list[str], new: list[str], _: Named) -> Iterator[Difference]:
    name = Text(zh="申请途径", en="way to apply")
    yield from things("channels", name, [CHANNELS[each] for each in old], [CHANNELS[each] for each in new], "easier", "harder")  # fmt: skip


def _points(old: list[str], new: list[str], unit: Named) -> Iterator[Difference]:
    def named(id: str) -> Text:
        found = unit(id)
        return found if isinstance(found, Text) else Text(zh=found, en=found)

    name = Text(zh="受理点", en="point")
    yield from things("points", name, [named(each) for each in old], [named(each) for each in new], "easier", "harder")  # fmt: skip


def _conditions(old: list[Text], new: list[Text], _: Named) -> Iterator[Difference]:
    yield from things("conditions", Text(zh="条件", en="condition"), old, new, "harder", "easier")


def _audience(old: str, new: str, _: Named) -> Iterator[Difference]:
    a, b = AUDIENCES[old], AUDIENCES[new]
    yield said("audience", Text(zh=f"办理对象由“{a.zh}”改为“{b.zh}”", en=f"for {b.en} in place of {a.en}"))


def _said(old: list[str], new: list[str], _: Named) -> Iterator[Difference]:
    then, now = ([Text(zh=each, en=each) for each in listed] for listed in (old, new))
    yield from things("said", Text(zh="群众叫法", en="people's word"), then, now)


def _frequency(old: int | None, new: int | None, _: Named) -> Iterator[Difference]:
    shown = [("未载明", "not stated") if each is None else (str(each), str(each)) for each in (old, new)]
    yield said("a_year", Text(zh=f"年办件量由{shown[0][0]}改记为{shown[1][0]}", en=f"cases a year: {shown[1][1]} in place of {shown[0][1]}"))  # fmt: skip


SAYERS: dict[str, Callable[[Any, Any, Named], Iterator[Difference]]] = {
    "materials": _materials, "fees": _fees, "conditions": _conditions,
    "situations": _keyed("situations", "情形问题", "question about the situation"),
    "form": _keyed("form", "申请栏目", "field of the application"),
    "channels": _channels, "points": _points, "papers": _papers, "audience": _audience, "said": _said, "a_year": _frequency,
}  # fmt: skip
LABELS = {
    "plain": Text(zh="通俗说明", en="plain explanation"), "said": Text(zh="群众叫法", en="people's words"), "audience": Text(zh="办理对象", en="audience"),
    "conditions": Text(zh="条件", en="conditions"), "situations": Text(zh="情形问题", en="questions about the situation"),
    "materials": Text(zh="材料", en="papers"), "form": Text(zh="申请栏目", en="fields of the application"), "fees": Text(zh="收费", en="charges"),
    "papers": Text(zh="结果文书", en="documents at the end"), "channels": Text(zh="申请途径", en="ways to apply"),
    "points": Text(zh="受理点", en="points"), "a_year": Text(zh="年办件量", en="cases a year"),
}  # fmt: skip
"""What each key of a guide is called where nothing better can be said of its change."""
