"""The forms of the administrators' pages, labels in the reader's language."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.db.models import Q, QuerySet

from qinzheng.access import actions, oidc
from qinzheng.access.models import Account
from qinzheng.definitions.form import Text
from qinzheng.organizations.models import Person
from qinzheng.web.accounts.words import KIND, POWER
from qinzheng.web.language import Language, pick

LOGIN = re.compile(r"[A-Za-z0-9一-鿿][A-Za-z0-9一-鿿._@-]{1,63}")
MADE_HERE = ("officer", "administrator")
"""Kinds that the system administrator opens; citizens and handlers come by their own doors, applications by the command."""
Given = Mapping[str, Any] | None


class Spoken(forms.Form):
    """A form that knows the reader's language."""

    words: Mapping[str, tuple[Text, Text | None]] = {}

    def __init__(self, spoken: Language, data: Given = None) -> None:
        super().__init__(data, auto_id=f"{type(self).__name__.lower()}-%s")
        self.spoken = spoken
        for name, (label, help) in self.words.items():
            self.fields[name].label = pick(label, spoken)
            self.fields[name].help_text = pick(help, spoken) if help else ""

    def say(self, zh: str, en: str) -> str:
        """One of the two."""
        return zh if self.spoken == "zh" else en


class NewAccount(Spoken):
    """A login, its kind, and for an officer who it is."""

    words = {
        "login": (Text(zh="登录名", en="Login"), Text(zh="字母、数字、汉字及 . _ @ -，2 至 64 个", en="Letters, digits, . _ @ -, 2 to 64 of them")),
        "kind": (Text(zh="种类", en="Kind"), None),
        "person": (Text(zh="工号或人员编号", en="Staff number or id"), Text(zh="工作人员必填；管理员不填，不得兼任业务岗位", en="For officers; administrators hold no post and have none")),
    }  # fmt: skip
    login = forms.CharField(max_length=64)
    kind = forms.ChoiceField()
    person = forms.CharField(max_length=20, required=False)

    def __init__(self, spoken: Language, data: Given = None) -> None:
        super().__init__(spoken, data)
        self.fields["login"].widget.attrs["autocomplete"] = "off"
        kind = self.fields["kind"]
        assert isinstance(kind, forms.ChoiceField)
        kind.choices = [(name, pick(KIND[name], spoken)) for name in MADE_HERE]

    def clean_login(self) -> str:
        """A login that can be typed, and is free."""
        login: str = self.cleaned_data["login"].strip()
        if not LOGIN.fullmatch(login):
            raise forms.ValidationError(
                self.say("只用字母、数字、汉字及 . _ @ -", "Only letters, digits and . _ @ -")
            )
        if Account.objects.filter(login=login).exists():
            raise forms.ValidationError(self.say("已被使用，请换一个", "Taken: choose another"))
        return login

    def clean(self) -> dict[str, Any]:
        """An officer is somebody in the register; an administrator is nobody there."""
        cleaned: dict[str, Any] = super().clean() or {}
        given, kind = (cleaned.get("person") or "").strip(), cleaned.get("kind")
        cleaned["person"] = None
        if kind == "officer":
            person = Person.objects.filter(Q(number=given) | Q(pk=given)).first() if given else None
            if person is None:
                self.add_error(
                    "person",
                    self.say(
                        "没有这个工号或人员编号，请先在机构名册登记",
                        "Nobody has that number or id: register the person first",
                    ),
                )
            else:
                cleaned["person"] = person.pk
        elif given:
            self.add_error(
                "person",
                self.say("管理员不得对应业务人员，请留空", "An administrator is no officer: leave it empty"),
            )
        return cleaned


class Grant(Spoken):
    """One of the three powers."""

    words = {"power": (Text(zh="管理权限", en="Power"), None)}
    power = forms.ChoiceField()

    def __init__(self, spoken: Language, data: Given = None) -> None:
        super().__init__(spoken, data)
        power = self.fields["power"]
        assert isinstance(power, forms.ChoiceField)
        power.choices = [(name, pick(words, spoken)) for name, words in POWER.items()]


class Bind(Spoken):
    """A subject of an identity provider."""

    words = {
        "provider": (Text(zh="身份提供方", en="Provider"), None),
        "subject": (Text(zh="其中的稳定编号（sub）", en="Its stable number (sub)"), Text(zh="由提供方的管理员告知；不是姓名、邮箱或手机号", en="Told by the provider's administrator; no name, e-mail or telephone")),
    }  # fmt: skip
    provider = forms.ChoiceField()
    subject = forms.CharField(max_length=255)

    def __init__(self, spoken: Language, data: Given = None) -> None:
        super().__init__(spoken, data)
        self.fields["subject"].widget.attrs["autocomplete"] = "off"
        provider = self.fields["provider"]
        assert isinstance(provider, forms.ChoiceField)
        provider.choices = [(each.id, each.name) for each in oidc.providers().values()]


class Issue(Spoken):
    """A token for an application that has an account."""

    words = {
        "account": (Text(zh="应用账号", en="Application"), None),
        "label": (Text(zh="名称", en="Name"), None),
        "scopes": (Text(zh="权限范围", en="Scopes"), None),
        "days": (Text(zh="有效天数", en="Days"), Text(zh="1 至 365", en="1 to 365")),
    }
    account = forms.ChoiceField()
    label = forms.CharField(max_length=80)
    scopes = forms.MultipleChoiceField(widget=forms.CheckboxSelectMultiple)
    days = forms.IntegerField(min_value=1, max_value=365, initial=90)

    def __init__(self, spoken: Language, data: Given = None) -> None:
        super().__init__(spoken, data)
        account, scopes = self.fields["account"], self.fields["scopes"]
        assert isinstance(account, forms.ChoiceField)
        assert isinstance(scopes, forms.MultipleChoiceField)
        account.choices = [(each.pk, each.login) for each in _applications()]
        scopes.choices = [(name, name) for name in sorted(actions.TOKEN_SCOPES)]

    def clean_account(self) -> Account:
        """The application itself."""
        return _applications().get(pk=self.cleaned_data["account"])


def _applications() -> QuerySet[Account]:
    return Account.objects.filter(kind="service", is_active=True).order_by("login")


OF_ACTS: dict[str, Callable[..., Spoken]] = {"grant": Grant, "bind": Bind}
"""Acts on an account that ask something."""
