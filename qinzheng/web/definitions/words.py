"""Words of definitions that stand in no definition: what kinds and numbers mean."""

from __future__ import annotations

from qinzheng.clocks import explain
from qinzheng.clocks.schema import Clock, Counting, Limit
from qinzheng.definitions.form import Text
from qinzheng.definitions.schema import Period

BASIS = {
    "law": Text(zh="法律法规", en="binding law"),
    "city": Text(zh="本市文件", en="a city document"),
    "historical": Text(zh="已失效的规定", en="no longer in force"),
    "ours": Text(zh="本项目的选择，不是法律", en="our own choice, not a law"),
}
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
SORTS = {
    "licence": Text(zh="行政许可", en="licence"), "filing": Text(zh="备案", en="filing"),
    "confirmation": Text(zh="行政确认", en="confirmation"), "registration": Text(zh="登记", en="registration"),
    "payment": Text(zh="行政给付", en="payment"), "service": Text(zh="公共服务", en="service"),
    "joint": Text(zh="联办事项", en="joint handling"), "review": Text(zh="行政复议", en="review"),
    "petition": Text(zh="信访", en="petition"), "information": Text(zh="信息公开", en="information"),
    "former_approval": Text(zh="非许可审批（已取消）", en="former approval, abolished"),
}  # fmt: skip


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
