"""Words of definitions that stand in no definition: what kinds and numbers mean."""

from __future__ import annotations

from qinzheng.cases.item_words import BASIS, SORTS
from qinzheng.clocks import explain
from qinzheng.clocks.schema import Clock, Counting, Limit
from qinzheng.definitions.form import Text
from qinzheng.definitions.schema import Period

__all__ = ["BASIS", "CLAIMS", "LIMITS", "MARKS", "SLOTS", "SORTS", "amount", "period", "plain"]
MARKS = {
    "primary": Text(zh="已与原文逐条核对", en="compared with the text itself"),
    "excerpt": Text(zh="只见到摘录或报道", en="only an excerpt or a report was seen"),
    "memory": Text(zh="尚未与原文核对", en="not compared with the text yet"),
    "ours": Text(zh="本项目自定，无法律效力", en="our own, without legal force"),
}
CLAIMS = {
    "promise": Text(zh="违反承诺", en="a promise was broken"),
    "law": Text(zh="违反法定期限", en="the legal limit was broken"),
    "own_limit": Text(zh="违反自定期限", en="our own limit was broken"),
    "given": Text(zh="违反来源系统所给期限", en="the limit given by the source system was broken"),
    "conduct": Text(zh="办理行为不当", en="improper conduct"),
}
LIMITS = {
    "statutory": Text(zh="法定", en="by law"),
    "committed": Text(zh="承诺", en="promised"),
    "own": Text(zh="自定", en="our own"),
}


def amount(limit: Limit, clock: Clock) -> Text:
    """“20 个工作日” of a limit, in its own unit or its clock's."""
    counting: Counting = limit.counting or clock.counting
    return explain.amount(counting.unit, limit.amount)


def period(period: Period) -> Text:
    """What an article states in figures."""
    said = explain.amount(period.unit, period.amount)
    if period.of == "limit":
        return said
    return Text(zh=f"可延长 {said.zh}", en=f"may be extended by {said.en}")


SLOTS = {
    "clock": Text(zh="〈时限〉", en="〈the limit〉"), "due": Text(zh="〈到期时刻〉", en="〈due moment〉"),
    "act": Text(zh="〈环节〉", en="〈the step〉"), "missing": Text(zh="〈应办环节〉", en="〈the required step〉"),
    "count": Text(zh="〈次数〉", en="〈count〉"), "lag": Text(zh="〈相差〉", en="〈lag〉"),
}  # fmt: skip
"""What stands in a rule's sentence before there is a case."""


def plain(sentence: Text) -> Text:
    """A rule's sentence with words in the place of what only a case knows."""
    return Text(
        zh=sentence.zh.format_map({slot: text.zh for slot, text in SLOTS.items()}),
        en=sentence.en.format_map({slot: text.en for slot, text in SLOTS.items()}),
    )
