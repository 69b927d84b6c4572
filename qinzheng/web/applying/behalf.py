"""The consent under which somebody in office applies for an applicant (帮办代办), asked on the last page before sending."""

from __future__ import annotations

from typing import Any

from django.http import QueryDict

from qinzheng.cases.acts import Done
from qinzheng.cases.models import Case
from qinzheng.cases.schema import Act
from qinzheng.definitions import shelf
from qinzheng.definitions.form import Text
from qinzheng.mechanisms.errands import taking
from qinzheng.organizations import queries as organizations
from qinzheng.web.applying.place import Place
from qinzheng.web.calendars import today
from qinzheng.web.cases.forms import ActForm
from qinzheng.web.language import Language, pick

HOW, CASE = "how", "case"
ALONE = Text(zh="申请人自己办理（窗口收件）", en="the applicant applies alone (taken in at the window)")
GIVE = Text(
    zh="请填写：帮办代办须有申请人同意并留凭证", en="Fill this in: help and proxy need consent with proof"
)


class BehalfForm(ActForm):
    """How the applicant consented. At a village somebody always helps; at a window the applicant may do it alone."""

    def __init__(self, act: Act, spoken: Language, data: QueryDict | None, always: bool) -> None:
        super().__init__("behalf", act, spoken, [], data)
        del self.fields["key"]
        self.spoken = spoken
        if not always:
            for field in self.fields.values():
                field.required = False
            how: Any = self.fields[HOW]
            how.choices = [("", pick(ALONE, spoken)), *how.choices[1:]]

    @property
    def helped(self) -> bool:
        """Whether somebody helps, so that an errand is taken."""
        return bool(self.cleaned_data.get(HOW))

    def clean(self) -> dict[str, Any]:
        """Whoever helps says how consent was given."""
        clean = self.cleaned_data
        if clean.get(HOW):
            for name, field in self.act.form.items():
                if field.required and clean.get(name) in (None, "") and name not in self.errors:
                    self.add_error(name, pick(GIVE, self.spoken))
        return clean


def form_of(here: Place) -> BehalfForm | None:
    """The form, where somebody in office applies; None for applicants themselves."""
    if not here.draft.post:
        return None
    act = shelf.in_force("procedure", taking.PROCEDURE, today()).definition.acts[taking.TAKE]
    asked = act.model_copy(update={"form": {name: field for name, field in act.form.items() if name != CASE}})
    units = organizations.organizations(here.who.own)
    always = any(unit.kind == "village" for unit in units.values())
    return BehalfForm(
        asked, here.spoken, here.request.POST if here.request.method == "POST" else None, always
    )


def take(here: Place, done: Done, form: BehalfForm | None) -> Done:
    """The errand for a case that was just opened, in its transaction, where somebody helps."""
    if form is not None and form.helped:
        taking.take(Case.objects.get(pk=done.case), here.item.name.zh, here.opening.who, form.values())
    return done
