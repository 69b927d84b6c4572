"""What may be shown without a reader and a purpose: masked forms after the habits of GB/T 35273 7.2. Pure."""

from __future__ import annotations

COMPOUND_SURNAMES = frozenset(
    {"欧阳", "司马", "上官", "诸葛", "东方", "皇甫", "尉迟", "公孙", "慕容", "令狐", "司徒", "夏侯", "长孙", "宇文", "轩辕",
     "端木", "独孤", "南宫", "西门", "申屠", "闻人", "澹台", "呼延", "钟离", "太史", "淳于", "单于", "公冶", "鲜于", "闾丘"}
)  # fmt: skip
MOBILE = 11


def name(text: str) -> str:
    """The family name, a star for each other character: 张三 → 张*, 欧阳小明 → 欧阳**; a single character → *."""
    if len(text) < 2:
        return "*" * len(text)
    shown = 2 if len(text) > 2 and text[:2] in COMPOUND_SURNAMES else 1
    return text[:shown] + "*" * min(len(text) - shown, 6)


def identity_number(text: str) -> str:
    """The first six and the last four: 110105********002X."""
    return text[:6] + "*" * (len(text) - 10) + text[-4:]


def phone(text: str) -> str:
    """138****1234; another number keeps its last four at most and never more than half."""
    if len(text) == MOBILE and text[0] == "1":
        return text[:3] + "****" + text[-4:]
    shown = min(4, len(text) // 2)
    return "*" * (len(text) - shown) + text[len(text) - shown :]


def email(text: str) -> str:
    """The first character and the domain: a***@example.cn."""
    local, _, domain = text.partition("@")
    return f"{local[:1] if len(local) > 1 else ''}***@{domain}"


def address(text: str) -> str:
    """The first six characters (a county, as a rule), at most half; then six stars."""
    return text[: min(6, len(text) // 2)] + "******"


def hidden(text: str) -> str:
    """Nothing at all."""
    return "******" if text else ""
