"""The forms of the steps, each made from the item's guide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.http import QueryDict

from qinzheng.cases.attachments_checks import OFFICE, ORDINARY
from qinzheng.cases.guide import Guide, Material
from qinzheng.cases.schema import Act
from qinzheng.definitions.form import Text
from qinzheng.mechanisms.applying.drafts import LATER, PROMISED, ROW, SHARED, WITH
from qinzheng.mechanisms.applying.submitting import Paper
from qinzheng.organizations import queries as organizations
from qinzheng.web.calendars import today
from qinzheng.web.cases.forms import CHOOSE, CHOOSE_ONE, KEY, ActForm
from qinzheng.web.cases.person import TOWN
from qinzheng.web.language import Language, pick

VERSION = "version"
FILE = Text(zh="选择文件", en="Choose a file")
FILE_HELP = Text(
    zh="拍照即可。JPG、PNG、WebP 或 PDF，每个不超过 10 MB；照片里的拍摄地点会去掉",
    en="A photograph will do. JPG, PNG, WebP or PDF, at most 10 MB each; where it was taken is removed",
)
FILE_HELP_OFFICE = Text(
    zh="拍照，或 PDF、Word（.docx）、Excel（.xlsx），每个不超过 10 MB",
    en="A photograph, or PDF, Word (.docx), Excel (.xlsx), at most 10 MB each",
)
WAY = Text(zh="怎么交", en="How it comes")
WAYS = {
    WITH: Text(zh="现在上传", en="I upload it now"),
    LATER: Text(zh="稍后补交（容缺受理）", en="I supply it later"),
    SHARED: Text(zh="不用交，部门已有", en="I need not: the office has it"),
    PROMISED: Text(
        zh="以承诺代替（告知承诺），事后核查", en="I promise in its place; it is checked afterwards"
    ),
    ROW: Text(zh="已在批量申请表中填写", en="Filled in on the sheet"),
}


class Versioned(forms.Form):
    """A step that says which version of the draft it was read from."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    def blame(self, field: str | None, zh: str, en: str, spoken: Language) -> None:
        """What was refused, at its field or at the top."""
        self.add_error(field if field in self.fields else None, zh if spoken == "zh" else en)


class SituationForm(Versioned):
    """The questions of the guide; only what the answers make necessary is asked for afterwards."""

    def __init__(
        self, guide: Guide, spoken: Language, data: QueryDict | None, version: int,
        given: Mapping[str, list[str]],
    ) -> None:  # fmt: skip
        super().__init__(data, auto_id="situation-%s", initial={VERSION: version})
        self.guide = guide
        for key, question in guide.situations.items():
            common: dict[str, Any] = {
                "label": pick(question.name, spoken), "help_text": pick(question.help, spoken) if question.help else "",
                "choices": [(answer, pick(words, spoken)) for answer, words in question.answers.items()],
                "error_messages": {"required": pick(CHOOSE_ONE, spoken)},
            }  # fmt: skip
            if question.several:
                self.fields[key] = forms.MultipleChoiceField(widget=forms.CheckboxSelectMultiple, **common)
                self.initial[key] = given.get(key, [])
            else:
                self.fields[key] = forms.ChoiceField(widget=forms.RadioSelect, **common)
                self.initial[key] = next(iter(given.get(key, [])), None)

    def answers(self) -> dict[str, list[str]]:
        """Question → the answers chosen."""
        found = {key: self.cleaned_data[key] for key in self.guide.situations}
        return {key: value if isinstance(value, list) else [value] for key, value in found.items()}


class DetailsForm(ActForm):
    """What the item asks beside the papers, and the town in which it happens."""

    def __init__(
        self, name: str, act: Act, spoken: Language, units: list[tuple[str, str]], data: QueryDict,
        version: int,
    ) -> None:  # fmt: skip
        super().__init__(name, act, spoken, units, data)
        towns = [
            (row.id, pick(organizations.text(row), spoken)) for row in organizations.of_kind("town", today())
        ]
        self.fields["town"] = forms.ChoiceField(
            label=pick(TOWN, spoken), choices=[("", pick(CHOOSE, spoken)), *towns], required=False
        )
        self.fields[VERSION] = forms.IntegerField(widget=forms.HiddenInput, initial=version)

    def raw(self) -> dict[str, list[str]]:
        """What was typed, as it was typed: kept also where it is not right yet."""
        return {key: self.data.getlist(key)[:200] for key in self.act.form if self.data.getlist(key)}  # type: ignore[attr-defined]


def details_data(form: Mapping[str, list[str]], town: str, key: str, version: int) -> QueryDict:
    """What a draft says, as if it had just been typed."""
    data = QueryDict(mutable=True)
    for name, values in form.items():
        data.setlist(name, list(values))
    data["town"], data[KEY], data[VERSION] = town, key, str(version)
    return data


class PaperField(forms.FileField):
    """The file of a paper. ``asked``: the paper is required, though the form is also saved without its file."""

    asked = False


class PaperForm(Versioned):
    """One material: how it comes, and a file."""

    def __init__(
        self, paper: Paper, spoken: Language, version: int, data: Any = None, files: Any = None
    ) -> None:
        super().__init__(data, files, auto_id=f"{paper.key}-%s", initial={VERSION: version, "way": paper.way})
        options = ways(paper.material)
        if len(options) > 1:
            self.fields["way"] = forms.ChoiceField(
                label=pick(WAY, spoken), choices=[(each, pick(WAYS[each], spoken)) for each in options], widget=forms.RadioSelect
            )  # fmt: skip
        office = bool(OFFICE & allowed(paper.material))
        file = self.fields["file"] = PaperField(
            label=pick(FILE, spoken), required=False, allow_empty_file=True, help_text=pick(FILE_HELP_OFFICE if office else FILE_HELP, spoken),
            widget=forms.FileInput(attrs={"accept": accept(office)}),
        )  # fmt: skip
        file.asked = not paper.files and paper.material.shared_from is None


def ways(material: Material) -> list[str]:
    """How a material may come."""
    if material.shared_from is not None:
        return [SHARED, WITH]
    return [WITH, *([LATER] if material.later else []), *([PROMISED] if material.promise else [])]


def allowed(material: Material) -> frozenset[str]:
    """The kinds of files that are taken for it: office files only for what is electronic or filled in (ours)."""
    return ORDINARY | OFFICE if material.form in ("electronic", "filled_in") else ORDINARY


def accept(office: bool) -> str:
    """What a browser offers to choose."""
    return "image/jpeg,image/png,image/webp,.pdf" + (",.docx,.xlsx" if office else "")


class SupplyForm(forms.Form):
    """A file for a case: which material it is."""

    def __init__(
        self, materials: Sequence[tuple[str, str]], spoken: Language, data: Any = None, files: Any = None
    ) -> None:
        super().__init__(data, files, auto_id="supply-%s")
        self.fields["material"] = forms.ChoiceField(
            label=pick(MATERIAL, spoken), choices=list(materials), required=False
        )
        self.fields["file"] = forms.FileField(
            label=pick(FILE, spoken), help_text=pick(FILE_HELP_OFFICE, spoken), allow_empty_file=True,
            widget=forms.FileInput(attrs={"accept": accept(True)}), error_messages={"required": pick(FILE, spoken)},
        )  # fmt: skip


MATERIAL = Text(zh="是哪一份材料", en="Which paper it is")
