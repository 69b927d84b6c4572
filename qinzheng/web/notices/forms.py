"""The form of an officer's own addresses. What is kept is never shown again, not even to its owner: only that it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from django import forms
from django.http import QueryDict

from qinzheng.definitions.form import Text
from qinzheng.notifications import actions
from qinzheng.parties.codes import WrongCode
from qinzheng.web.language import Language, pick

LABELS = {
    "mail": Text(zh="工作邮箱", en="Work mail address"),
    "sms": Text(zh="工作手机", en="Work mobile number"),
}
KEPT = Text(zh="已登记；留空不变", en="kept already; leave empty to keep it")
NONE = Text(zh="未登记；留空则只在页面通知", en="none kept; left empty you are told on the page only")
FORGET = {
    "mail": Text(zh="不再用邮件通知我", en="Tell me by mail no more"),
    "sms": Text(zh="不再用短信通知我", en="Tell me by SMS no more"),
}
HINTS = {"mail": ("email", "email"), "sms": ("tel", "tel")}


class ContactForm(forms.Form):
    """For each way a new address, and a box to take the kept one away."""

    def __init__(self, spoken: Language, kept: Mapping[str, bool], data: QueryDict | None = None) -> None:
        super().__init__(data, auto_id="contact-%s")
        self.spoken = spoken
        for way, label in LABELS.items():
            kind, hint = HINTS[way]
            widget = forms.TextInput({"type": kind, "autocomplete": hint, "maxlength": "200"})
            self.fields[way] = forms.CharField(
                label=pick(label, spoken), required=False, max_length=200, widget=widget,
                help_text=pick(KEPT if kept[way] else NONE, spoken),
            )  # fmt: skip
            if kept[way]:
                self.fields[f"forget_{way}"] = forms.BooleanField(
                    label=pick(FORGET[way], spoken), required=False
                )

    def clean(self) -> dict[str, object]:
        """Each address in its normal form."""
        found = dict(super().clean() or self.cleaned_data)
        for way in LABELS:
            if found.get(way):
                try:
                    found[way] = actions.checked(way, found[way])
                except WrongCode as why:
                    self.add_error(way, why.zh if self.spoken == "zh" else why.en)
        return found

    def chosen(self) -> Iterator[tuple[str, str]]:
        """(way, address) of what changes; "" takes the address away."""
        for way in LABELS:
            if self.cleaned_data.get(f"forget_{way}"):
                yield way, ""
            elif self.cleaned_data.get(way):
                yield way, self.cleaned_data[way]
