"""What is known of a party: a closed list of fields, each checked, put into its normal form, and masked. Pure.

Nothing else is taken: collecting only what is declared is the first rule (个人信息保护法 6).
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from qinzheng.parties import codes, masks
from qinzheng.parties.codes import WrongCode

CITIZEN, ENTERPRISE = "citizen", "enterprise"
KINDS = (CITIZEN, ENTERPRISE)
CREDIT_CLASSES = ("A", "B", "C", "D")

LONGEST = 200
MOST_CONTACTS = 10
PHONE = re.compile(
    r"1[3-9]\d{9}|0\d{2,3}[1-9]\d{6,7}|[1-9]\d{6,7}|[48]00\d{7}|9[56]\d{3,6}|1\d{4}|\+\d{6,15}"
)
"""Mobile, area code and number, local number, 400/800, 95xxx, 1xxxx, or another country's."""
EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+")
DOTS = str.maketrans(dict.fromkeys("•・‧∙⋅.．", "·"))
SUFFIXES = (
    "股份有限公司",
    "有限责任公司",
    "集团有限公司",
    "有限公司",
    "公司",
    "集团",
    "厂",
    "店",
    "部",
    "中心",
)


class WrongField(ValueError):
    """A field that cannot be taken: which, why and what to do, in two languages; its value is not repeated."""

    def __init__(self, field: str, zh: str, en: str) -> None:
        label = FIELDS[field].zh if field in FIELDS else field
        super().__init__(f"{label}（{field}）：{zh} / {field}: {en}")
        self.field, self.zh, self.en = field, zh, en


@dataclass(frozen=True, slots=True)
class Field:
    """One field: who has it, its Chinese name, how a value becomes its normal form, how it is masked."""

    kinds: tuple[str, ...]
    zh: str
    check: Callable[[Any, dt.date | None], Any]
    mask: Callable[[Any], Any]


def text(value: Any, today: dt.date | None = None) -> str:
    """Plain text of one line. Raises :class:`WrongCode`."""
    if not isinstance(value, str):
        raise WrongCode("应为文字", "must be text")
    clean = " ".join(unicodedata.normalize("NFC", value).split())
    if any(unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co") for character in clean):
        raise WrongCode("含有不可见字符，请重新键入", "holds invisible characters: type it anew")
    if len(clean) > LONGEST:
        raise WrongCode(f"超过 {LONGEST} 字", f"is longer than {LONGEST} characters")
    return clean


def phone(value: Any, today: dt.date | None = None) -> str:
    """A phone number as bare digits; another country's keeps its plus sign. Raises :class:`WrongCode`."""
    bare = re.sub(r"[\s()\-—–.]", "", unicodedata.normalize("NFKC", text(value)))
    bare = re.sub(r"^(\+|00)86(?=\d{7,})", "", bare)
    if not PHONE.fullmatch(bare) or not bare.isascii():
        raise WrongCode(
            "不是电话号码：手机 11 位，固定电话带区号，国外号码以 + 开头",
            "is no phone number: 11 digits, or area code and number, or + and a country's code",
        )
    return bare


def email(value: Any, today: dt.date | None = None) -> str:
    """An e-mail address in small letters. Raises :class:`WrongCode`."""
    clean = text(value).casefold()
    if not EMAIL.fullmatch(clean):
        raise WrongCode("不是电子邮箱地址", "is no e-mail address")
    return clean


WAYS: dict[str, tuple[Callable[[Any, dt.date | None], str], Callable[[str], str]]] = {
    "phone": (phone, masks.phone),
    "email": (email, masks.email),
    "address": (text, masks.address),
    "wechat": (text, masks.hidden),
}
"""Ways of reaching somebody → check, mask."""


def contacts(value: Any, today: dt.date | None = None) -> list[dict[str, str]]:
    """Further ways of contact: ``[{"way": "email", "value": "…"}]``, each once. Raises :class:`WrongCode`."""
    if not isinstance(value, Sequence) or isinstance(value, str | bytes):
        raise WrongCode("应为列表", "must be a list")
    clean: list[dict[str, str]] = []
    for number, contact in enumerate(value, 1):
        if not isinstance(contact, Mapping) or set(contact) != {"way", "value"} or contact["way"] not in WAYS:
            raise WrongCode(
                f"第 {number} 项应有 way（{'、'.join(WAYS)} 之一）和 value",
                f"entry {number} must have way (one of {', '.join(WAYS)}) and value",
            )
        try:
            entry = {"way": contact["way"], "value": WAYS[contact["way"]][0](contact["value"], today)}
        except WrongCode as why:
            raise WrongCode(f"第 {number} 项{why.zh}", f"entry {number} {why.en}") from None
        if entry["value"] and entry not in clean:
            clean.append(entry)
    if len(clean) > MOST_CONTACTS:
        raise WrongCode(f"最多 {MOST_CONTACTS} 项", f"at most {MOST_CONTACTS} entries")
    return clean


def _mask_contacts(value: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    return [{"way": one["way"], "value": WAYS[one["way"]][1](one["value"])} for one in value]


def _shown(value: Any) -> Any:
    return value


def _identity(value: Any, today: dt.date | None) -> str:
    return codes.check_identity_number(text(value), today)


def _enterprise(value: Any, today: dt.date | None) -> str:
    return codes.check_enterprise_code(text(value))


BOTH = (CITIZEN, ENTERPRISE)
FIELDS: dict[str, Field] = {
    "name": Field(BOTH, "姓名或名称", text, masks.name),
    "identity_number": Field((CITIZEN,), "公民身份号码", _identity, masks.identity_number),
    "enterprise_code": Field((ENTERPRISE,), "统一社会信用代码", _enterprise, _shown),
    "phone": Field(BOTH, "电话", phone, masks.phone),
    "address": Field(BOTH, "地址", text, masks.address),
    "legal_representative": Field((ENTERPRISE,), "法定代表人", text, masks.name),
    "contact_person": Field((ENTERPRISE,), "联系人", text, masks.name),
    "contacts": Field(BOTH, "其他联系方式", contacts, _mask_contacts),
}
CODE_FIELDS = {CITIZEN: "identity_number", ENTERPRISE: "enterprise_code"}


def check(
    kind: str, given: Mapping[str, Any], *, today: dt.date | None = None, whole: bool = True
) -> dict[str, Any]:
    """The fields in their normal form. Raises :class:`WrongField` for the first that cannot be taken.

    An empty value removes a field and comes back as None; ``whole`` drops those and asks for the name.
    """
    if kind not in KINDS:
        raise WrongField("kind", f"应为 {'、'.join(KINDS)} 之一", f"must be one of {', '.join(KINDS)}")
    clean: dict[str, Any] = {}
    for field, value in given.items():
        known = FIELDS.get(field)
        if known is None or kind not in known.kinds:
            raise WrongField(
                field,
                f"{kind} 没有这一项，请删去",
                f"a {kind} has no such field: leave it out",
            )
        try:
            clean[field] = None if value is None or value in ("", []) else known.check(value, today) or None
        except WrongCode as why:
            raise WrongField(field, why.zh, why.en) from None
    if (whole or "name" in clean) and not clean.get("name"):
        raise WrongField("name", "必填", "is required")
    return {field: value for field, value in clean.items() if value is not None} if whole else clean


def masked(kind: str, held: Mapping[str, Any]) -> dict[str, Any]:
    """The fields as anybody on duty may see them; an enterprise's name and code are public."""
    shown = {field: FIELDS[field].mask(value) for field, value in held.items()}
    if kind == ENTERPRISE:
        shown["name"] = held["name"]
    return shown


def same_name(value: str) -> str:
    """The form by which exact names are compared: width, case, spaces and dots do not count."""
    return "".join(unicodedata.normalize("NFKC", value).split()).translate(DOTS).casefold()


def core_name(value: str) -> str:
    """The form by which similar enterprises are compared: brackets and the legal form do not count."""
    core = re.sub(r"[()\[\]【】·\-]", "", same_name(value))
    for suffix in SUFFIXES:
        if core.endswith(suffix) and len(core) > len(suffix) + 1:
            return core.removesuffix(suffix)
    return core


def combine(own: Mapping[str, Any], others: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What is known of a party and of those merged into it: its own word first, theirs where it has none."""
    result = dict(own)
    known = [*own.get("contacts", [])]
    for other in others:
        for field, value in other.items():
            if field == "contacts":
                known += [contact for contact in value if contact not in known]
            elif field not in result:
                result[field] = value
            elif field == "phone" and value != result[field]:
                known.append({"way": "phone", "value": value})
    if known:
        result["contacts"] = [contact for i, contact in enumerate(known) if contact not in known[:i]]
    return result
