"""An act's form as its definition describes it: about ten kinds of fields, no form builder."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django import forms
from django.http import QueryDict

from qinzheng.cases.schema import Act, Field_
from qinzheng.definitions.form import Text
from qinzheng.definitions.shelf import ZONE
from qinzheng.web.language import Language, pick

KEY = "key"
"""The hidden field that makes a double click one act."""


class ActForm(forms.Form):
    """One act's form. ``values()`` is what the domain takes: only what was filled in, in the domain's types.

    ``near``: places that a field may name where it takes any unit.
    """

    use_required_attribute = True

    def __init__(
        self,
        name: str,
        act: Act,
        spoken: Language,
        organizations: list[tuple[str, str]],
        data: QueryDict | None = None,
        *,
        near: list[tuple[str, str]] | None = None,
    ) -> None:
        super().__init__(data, auto_id=f"{name}-%s")
        self.name, self.act = name, act
        self.fields[KEY] = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
        for key, field in act.form.items():
            units = [*organizations, *(near or [])] if field.unit else organizations
            self.fields[key] = _field(field, spoken, units, many=_many(field))

    def values(self) -> dict[str, Any]:
        """The form for ``cases.perform``: empty fields left out, moments as ISO with their zone."""
        found: dict[str, Any] = {}
        for key, field in self.act.form.items():
            value = self.cleaned_data.get(key)
            if value in (None, "", []):
                continue
            found[key] = _plain(field, value)
        return found

    def blame(self, faults: dict[str, tuple[str, str]], spoken: Language) -> None:
        """What the domain refused, at the field it is about; at the top where it is about none."""
        for key, (zh, en) in faults.items():
            self.add_error(key if key in self.fields else None, zh if spoken == "zh" else en)


def _many(field: Field_) -> bool:
    """A reference to organizations may be several (会办)."""
    return field.type == "reference" and "机关" in field.name.zh


def _field(
    field: Field_, spoken: Language, organizations: list[tuple[str, str]], *, many: bool
) -> forms.Field:
    common: dict[str, Any] = {
        "label": pick(field.name, spoken), "required": field.required,
        "help_text": pick(field.help, spoken) if field.help else "",
    }  # fmt: skip
    match field.type:
        case "integer":
            return forms.IntegerField(min_value=field.least, max_value=field.most, **common)
        case "day":
            return forms.DateField(widget=forms.DateInput(attrs={"type": "date"}), **common)
        case "instant":
            return forms.DateTimeField(
                widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
                input_formats=["%Y-%m-%dT%H:%M"],
                **common,
            )
        case "boolean":
            choices = [("", pick(CHOOSE, spoken)), ("yes", pick(YES, spoken)), ("no", pick(NO, spoken))]
            return forms.ChoiceField(choices=choices, **common)
        case "choice":
            listed = [(value, pick(words, spoken)) for value, words in field.choices.items()]
            return forms.ChoiceField(choices=[("", pick(CHOOSE, spoken)), *listed], **common)
        case "reference" if many:
            return forms.MultipleChoiceField(choices=organizations, **common)
        case "reference":
            return forms.ChoiceField(choices=[("", pick(CHOOSE, spoken)), *organizations], **common)
        case "long_text":
            return forms.CharField(
                widget=forms.Textarea(attrs={"rows": 3}), max_length=field.most or 4000, **common
            )
        case _:
            return forms.CharField(max_length=field.most or 400, **common)


def _plain(field: Field_, value: Any) -> Any:
    if field.type == "boolean":
        return value == "yes"
    if isinstance(value, dt.datetime):
        return value.replace(tzinfo=ZONE).isoformat()
    return value.isoformat() if isinstance(value, dt.date) else value


CHOOSE = Text(zh="请选择", en="choose")
"""What stands in a list before something was chosen."""
CHOOSE_ONE = Text(zh="请选一项", en="Choose one")
"""What is said of a question without an answer."""
YES, NO = Text(zh="是", en="yes"), Text(zh="否", en="no")
