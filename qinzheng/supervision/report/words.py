"""The report's words, each in Chinese and English side by side; the switch at the top hides one."""

from __future__ import annotations

from html import escape

from qinzheng.definitions.form import Text

CLAIMS = {
    "promise": Text(zh="承诺", en="the promise"), "law": Text(zh="法定期限", en="the law"),
    "own_limit": Text(zh="规定期限（自定）", en="a limit set by ourselves"),
    "given": Text(zh="来源系统所载期限", en="the due moment the source system states"), "conduct": Text(zh="办理行为", en="conduct"),
}  # fmt: skip
LEVEL = {"red": Text(zh="● 红牌", en="● red card"), "yellow": Text(zh="▲ 黄牌", en="▲ yellow card"),
         "warning": Text(zh="○ 提示", en="○ notice"), "none": Text(zh="无", en="none")}  # fmt: skip
ENDINGS = {
    "completed_on_time": Text(zh="按时办结", en="done in time"), "completed_late": Text(zh="超期办结", en="done late"),
    "running": Text(zh="在办未到期", en="running"), "overdue": Text(zh="逾期未结", en="overdue"),
    "released": Text(zh="移交或撤回", en="released"),
}  # fmt: skip
TURNS = (Text(zh="部门", en="the department"), Text(zh="申请人", en="the applicant"), Text(zh="第三方", en="third parties"),
         Text(zh="交接之间", en="nobody, between hands"))  # fmt: skip
UNKNOWN = Text(zh="单位不明", en="unit unknown")


def both(zh: str, en: str, tag: str = "span") -> str:
    """One text in both languages."""
    return f'<{tag} class="zh" lang="zh">{escape(zh)}</{tag}><{tag} class="en" lang="en">{escape(en)}</{tag}>'


def said(text: Text, tag: str = "span") -> str:
    """A text in both languages."""
    return both(text.zh, text.en, tag)


def organization(name: str) -> str:
    """The name of an organization, or that it is not known."""
    return said(UNKNOWN) if name in ("", "unknown") else escape(name)


def join(texts: list[Text]) -> Text:
    """Several texts as one list."""
    return Text(zh="，".join(text.zh for text in texts), en=", ".join(text.en for text in texts))
