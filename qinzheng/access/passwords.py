"""Our rules for passwords beside Django's: several kinds of characters, and not the present one again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import translation

KINDS: tuple[Callable[[str], bool], ...] = (
    str.islower, str.isupper, str.isdigit, lambda each: not each.isalnum(),
)  # fmt: skip


def kinds_of(password: str) -> int:
    """How many of lower-case, upper-case, digits and other signs it holds."""
    return sum(any(kind(each) for each in password) for kind in KINDS)


class Mixed:
    """At least ``least`` of four kinds of characters (GB/T 22239-2019 8.1.4.1 a asks for complexity; the number is ours)."""

    def __init__(self, least: int = 3) -> None:
        self.least = least

    def validate(self, password: str, user: Any = None) -> None:
        """Raises ``ValidationError``."""
        if kinds_of(password) < self.least:
            raise ValidationError(self.get_help_text())

    def get_help_text(self) -> str:
        """What is asked, in the language of the page."""
        zh = f"小写字母、大写字母、数字、其他符号四种中至少用 {self.least} 种"
        en = f"Use at least {self.least} of: lower-case, upper-case, digits, other signs"
        return en if (translation.get_language() or "").startswith("en") else zh


class Another:
    """Another one than the present."""

    def validate(self, password: str, user: Any = None) -> None:
        """Raises ``ValidationError``."""
        if user is not None and user.pk and user.has_usable_password() and user.check_password(password):
            raise ValidationError(self.get_help_text())

    def get_help_text(self) -> str:
        """What is asked, in the language of the page."""
        en = (translation.get_language() or "").startswith("en")
        return "Not the present password again" if en else "不得与现在的密码相同"
