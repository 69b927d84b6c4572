"""The library's forms in our words: both languages, labels above, one answer for a known and an unknown login."""

from __future__ import annotations

from typing import Any

from allauth.account import forms as account
from allauth.mfa.base import forms as mfa
from allauth.mfa.totp import forms as totp
from django import forms
from django.utils import translation

from qinzheng.definitions.form import Text
from qinzheng.web.language import Language, of, pick

LOGIN = Text(zh="登录名", en="Login")
PASSWORD = Text(zh="密码", en="Password")
OLD, NEW = Text(zh="现在的密码", en="Present password"), Text(zh="新密码", en="New password")
AGAIN = Text(zh="新密码再输一次", en="New password once more")
WRONG = Text(
    zh="登录名或密码不对，请重新输入；连续输错五次将锁定十五分钟",
    en="Login or password is wrong: try again. Five wrong tries in a row lock it for fifteen minutes",
)
CODE = Text(zh="动态验证码", en="Authenticator code")
CODE_HELP = Text(
    zh="验证器应用上显示的六位数字，或一个恢复码",
    en="The six digits in your authenticator, or a recovery code",
)
WRONG_CODE = Text(
    zh="验证码不对或已过期，请输入当前显示的数字",
    en="The code is wrong or has passed: type the one shown now",
)


class LoginForm(account.LoginForm):
    """Login and password. Whether the login exists is never said."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.spoken: Language = of(self.request)
        _label(self, self.spoken, ("login", LOGIN, "username"), ("password", PASSWORD, "current-password"))

    def clean(self) -> dict[str, Any]:
        """The library's check, with one sentence for whatever was wrong."""
        try:
            cleaned: dict[str, Any] = super().clean()
        except forms.ValidationError:
            raise forms.ValidationError(pick(WRONG, self.spoken)) from None
        return cleaned


class AgainForm(account.ReauthenticateForm):
    """The password once more, before security settings change."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.spoken = spoken()
        _label(self, self.spoken, ("password", PASSWORD, "current-password"))

    def clean_password(self) -> str:
        """The library's check, in our words."""
        try:
            password: str = super().clean_password()
        except forms.ValidationError:
            raise forms.ValidationError(pick(WRONG, self.spoken)) from None
        return password


class ChangeForm(account.ChangePasswordForm):
    """A new password, after the old one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _label(
            self, spoken(), ("oldpassword", OLD, "current-password"), ("password1", NEW, "new-password"), ("password2", AGAIN, "new-password"),
        )  # fmt: skip


def spoken() -> Language:
    """The library gives these forms no request: the language is the one that the request activated."""
    return "en" if (translation.get_language() or "").startswith("en") else "zh"


def _label(form: forms.Form, said: Language, *fields: tuple[str, Text, str]) -> None:
    """(field, words, what a browser may fill in) of login names and passwords."""
    for name, words, hint in fields:
        field = form.fields[name]
        field.label, field.help_text = pick(words, said), ""
        field.widget.attrs = {"autocomplete": hint, "maxlength": "150"}


class Coded(forms.Form):
    """The six digits of an authenticator, asked for and refused in our words."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.spoken = spoken()
        field = self.fields["code"]
        field.label, field.help_text = pick(CODE, self.spoken), pick(CODE_HELP, self.spoken)
        field.widget.attrs = {"autocomplete": "one-time-code", "inputmode": "numeric", "maxlength": "16"}

    def clean_code(self) -> str:
        """The library's check; its sentence becomes ours."""
        try:
            code: str = super().clean_code()  # type: ignore[misc]  # of the library's form beside this one
        except forms.ValidationError:
            raise forms.ValidationError(pick(WRONG_CODE, self.spoken)) from None
        return code


class CodeForm(Coded, mfa.AuthenticateForm):
    """The second factor at login."""


class GiveForm(Coded, mfa.ReauthenticateForm):
    """The second factor in a session that has not given it yet, or not lately."""


class ActivateForm(Coded, totp.ActivateTOTPForm):
    """The first code of a new authenticator."""
