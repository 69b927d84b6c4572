"""The part of an opening form that says what it is about and who asks: title, town, name, code, telephone."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import QueryDict

from qinzheng.access.users import User
from qinzheng.cases.about import LONGEST_TITLE
from qinzheng.definitions.form import Text
from qinzheng.organizations import queries as organizations
from qinzheng.parties import fields
from qinzheng.parties import queries as parties
from qinzheng.web.calendars import today
from qinzheng.web.cases.forms import CHOOSE
from qinzheng.web.language import Language, pick

TITLE = Text(zh="标题", en="Title")
TITLE_HELP = Text(zh="说事情，不写人名、电话、门牌号", en="The matter; no names, telephones or house numbers")
TOWN = Text(zh="所在镇街", en="Town")
KIND = Text(zh="谁来办", en="Who asks")
KINDS = {"citizen": Text(zh="个人", en="a person"), "enterprise": Text(zh="企业", en="a firm")}
NAME = Text(zh="姓名或名称", en="Name")
NAME_HELP = Text(zh="与证件一致", en="As on the papers")
ANONYMOUS = Text(zh="不愿留名可不填", en="Leave it empty where the caller gives none")
CODE = Text(zh="身份证号或统一社会信用代码", en="Identity number or enterprise code")
CODE_HELP = Text(
    zh="有号码就能找到原有记录，校验位会核对",
    en="With it an earlier record is found; its check digit is verified",
)
PHONE = Text(zh="电话", en="Telephone")
IN_WHOSE_NAME = Text(zh="以谁的名义", en="In whose name")
NEEDS_NAME = Text(zh="填了号码或电话，也请填姓名或名称", en="with a code or telephone give the name too")
AT = {"identity_number": "code", "enterprise_code": "code"}
"""Where a fault in a field of a party stands on this form."""


class AboutForm(forms.Form):
    """``titled``: a case without an item names its matter. ``anonymous``: whoever reports need not give a name;
    ``firms``: in whose name somebody outside may apply."""

    def __init__(
        self,
        titled: bool,
        who: User,
        spoken: Language,
        data: QueryDict | None,
        anonymous: bool,
        firms: list[str],
    ) -> None:
        super().__init__(data, auto_id="about-%s")
        self.spoken, self.anonymous = spoken, anonymous
        self.at_window = bool(who.seats)
        if titled:
            self.fields["title"] = forms.CharField(
                label=pick(TITLE, spoken), help_text=pick(TITLE_HELP, spoken), max_length=LONGEST_TITLE
            )
        towns = [
            (row.id, pick(organizations.text(row), spoken)) for row in organizations.of_kind("town", today())
        ]
        own = next((id for id, _ in towns if id in who.kin), "")
        self.fields["town"] = forms.ChoiceField(
            label=pick(TOWN, spoken),
            choices=[("", pick(CHOOSE, spoken)), *towns],
            required=False,
            initial=own,
        )
        if self.at_window:
            self._person(spoken)
        elif len(firms) > 1:
            shown = parties.masked_many(firms)
            names = [(id, shown.get(id, {}).get("name", id)) for id in firms]
            self.fields["party"] = forms.ChoiceField(label=pick(IN_WHOSE_NAME, spoken), choices=names)

    def _person(self, spoken: Language) -> None:
        kinds = [(value, pick(words, spoken)) for value, words in KINDS.items()]
        plain: dict[str, Any] = {"max_length": fields.LONGEST, "required": False}
        help_text = pick(ANONYMOUS if self.anonymous else NAME_HELP, spoken)
        off = {"autocomplete": "off"}
        self.fields["kind"] = forms.ChoiceField(label=pick(KIND, spoken), choices=kinds)
        self.fields["name"] = forms.CharField(
            label=pick(NAME, spoken), help_text=help_text, max_length=fields.LONGEST, required=not self.anonymous,
            widget=forms.TextInput(attrs=off),
        )  # fmt: skip
        self.fields["code"] = forms.CharField(
            label=pick(CODE, spoken),
            help_text=pick(CODE_HELP, spoken),
            widget=forms.TextInput(attrs=off),
            **plain,
        )
        self.fields["phone"] = forms.CharField(
            label=pick(PHONE, spoken), widget=forms.TextInput(attrs={**off, "inputmode": "tel"}), **plain
        )

    def clean(self) -> dict[str, Any]:
        """A code or telephone without a name belongs to nobody."""
        clean = self.cleaned_data
        if (
            self.at_window
            and not clean.get("name")
            and (clean.get("code") or clean.get("phone"))
            and "name" not in self.errors
        ):
            self.add_error("name", pick(NEEDS_NAME, self.spoken))
        return clean

    def given(self) -> tuple[str, dict[str, str]]:
        """(kind, fields) of the party as ``parties.register`` takes them; no fields where nobody gave a name."""
        clean = self.cleaned_data
        kind = clean["kind"]
        held = {"name": clean["name"], fields.CODE_FIELDS[kind]: clean["code"], "phone": clean["phone"]}
        return kind, {name: value for name, value in held.items() if value}

    def blame(self, field: str, zh: str, en: str) -> None:
        """What was refused, at its field."""
        at = AT.get(field, field)
        self.add_error(at if at in self.fields else None, zh if self.spoken == "zh" else en)
