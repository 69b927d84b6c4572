"""The forms on the page that a receipt opened: each act that the holder may do now, files, and a complaint."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import QueryDict

from qinzheng.access import receipt_holders as holders
from qinzheng.cases.actions import procedure_of
from qinzheng.cases.models import Case
from qinzheng.cases.schema import Act, Procedure
from qinzheng.definitions.form import Text
from qinzheng.web import language, word
from qinzheng.web.applying.forms import SupplyForm
from qinzheng.web.cases import held
from qinzheng.web.cases.forms import KEY as KEY
from qinzheng.web.cases.forms import ActForm

SECRET = "secret"
SECRET_AGAIN = Text(zh="再输一次查询码", en="The secret code once more")
WHY_AGAIN = Text(
    zh="这一步会结束办件，不能反悔，所以再核对一次", en="This ends the case and cannot be undone, so it is checked once more"
)  # fmt: skip
WHAT = Text(zh="哪里不对", en="What is wrong")
WHAT_HELP = Text(
    zh="谁、什么时候、做了或没做什么。加密保存；被投诉的单位看不到这件投诉，也不知道有人投诉",
    en="Who did or did not do what, and when. Kept sealed: the unit complained of neither sees this nor learns of it",
)


class HolderForm(ActForm):
    """An act's form; where the act may end the case it asks for the secret again."""

    def __init__(
        self, name: str, act: Act, spoken: language.Language, data: QueryDict | None = None, *, ends: bool = False
    ) -> None:  # fmt: skip
        super().__init__(name, act, spoken, [], data)
        self.ends = ends
        if ends:
            self.fields[SECRET] = forms.CharField(
                label=language.pick(SECRET_AGAIN, spoken), help_text=language.pick(WHY_AGAIN, spoken), max_length=40,
                widget=forms.TextInput(attrs={"autocomplete": "off", "class": "number", "spellcheck": "false"}),
            )  # fmt: skip


class ComplaintForm(forms.Form):
    """What somebody complains of."""

    text = forms.CharField(
        max_length=holders.LONGEST_COMPLAINT, widget=forms.Textarea(attrs={"rows": 4}), min_length=4
    )
    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)

    def __init__(self, spoken: language.Language, data: QueryDict | None = None) -> None:
        super().__init__(data, auto_id="complaint-%s")
        self.fields["text"].label = language.pick(WHAT, spoken)
        self.fields["text"].help_text = language.pick(WHAT_HELP, spoken)


@dataclass(frozen=True)
class Open:
    """An act that the holder may do now; ``here`` where its form was sent and refused."""

    name: str
    act: Act
    form: HolderForm
    here: bool


def act_form(
    case: Case, procedure: Procedure, name: str, spoken: language.Language, data: QueryDict | None = None
) -> HolderForm | None:
    """The form of one act, also where it cannot be done now: the domain says why. None where it is never the holder's."""
    act = dict(holders.open_acts(case, procedure)).get(name) or procedure.acts.get(name)
    if act is None or holders.who(act) is None:
        return None
    return HolderForm(name, act, spoken, data, ends=holders.ends(procedure, name))


def supply_form(case: Case, spoken: language.Language, data: Any = None, files: Any = None) -> SupplyForm:
    """The form of files for a case that runs."""
    return SupplyForm(held.choices(case, spoken), spoken, data, files)


def shown(case: Case, spoken: language.Language, tried: forms.Form | None = None) -> dict[str, Any]:
    """What the page offers beside what it tells. ``tried``: a form that was refused, shown as it was typed."""
    procedure = procedure_of(case)
    offered = []
    for name, act in holders.open_acts(case, procedure):
        here = isinstance(tried, HolderForm) and tried.name == name
        form = tried if here else HolderForm(name, act, spoken, ends=holders.ends(procedure, name))
        assert isinstance(form, HolderForm)
        offered.append(Open(name, act, form, here))
    supplies = tried if isinstance(tried, SupplyForm) else supply_form(case, spoken)
    complaint = tried if isinstance(tried, ComplaintForm) else ComplaintForm(spoken)
    return {
        "word": word.given(case), "acts": offered, "tried": tried,
        "supply": None if procedure.states[case.state].final or not case.parties.exists() else supplies,
        "complaint": complaint if holders.complained_of(case) else None, "given": held.count(case),
    }  # fmt: skip
