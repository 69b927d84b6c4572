"""The papers of an item for which the applicant's promise may stand, ticked where a case is opened at a window."""

from __future__ import annotations

from django import forms
from django.http import QueryDict

from qinzheng.cases.items import Item
from qinzheng.definitions.form import Text
from qinzheng.web.language import Language, pick

PROMISED = Text(zh="以承诺代替的材料（告知承诺）", en="Papers for which the applicant promises")
HELP = Text(
    zh="念给申请人听并签承诺书；承诺件一个工作日内决定，办结后核查，不实的整改或撤销并记入信用",
    en="Read it to the applicant and have it signed: decided in a working day, checked afterwards, noted where it is untrue",
)


class PromiseForm(forms.Form):
    """What is promised; each with its words."""

    def __init__(self, item: Item, spoken: Language, data: QueryDict | None) -> None:
        super().__init__(data, auto_id="promise-%s")
        self.spoken = spoken
        self.fields["promised"] = forms.MultipleChoiceField(
            label=pick(PROMISED, spoken), help_text=pick(HELP, spoken), required=False, widget=forms.CheckboxSelectMultiple,
            choices=[
                (key, f"{pick(each.name, spoken)}: {pick(each.promise, spoken)}")
                for key, each in item.guide.materials.items() if each.promise is not None
            ],
        )  # fmt: skip

    @property
    def promised(self) -> tuple[str, ...]:
        """The materials, in order."""
        return tuple(sorted(self.cleaned_data["promised"]))

    def blame(self, zh: str, en: str) -> None:
        """Why no promise is taken."""
        self.add_error("promised", zh if self.spoken == "zh" else en)


def form_of(item: Item | None, spoken: Language, data: QueryDict | None) -> PromiseForm | None:
    """The form where the item has such a paper."""
    if item is None or not any(each.promise for each in item.guide.materials.values()):
        return None
    return PromiseForm(item, spoken, data)
