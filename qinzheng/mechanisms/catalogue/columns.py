"""The sheets in which items are handed in, and how they are written: one list for the template, the reading and the export.

A column that the sheet lacks, or an empty cell, leaves what stands; ``-`` takes it away. So a sheet with two columns
changes one thing of many items, and the same sheet again changes nothing.
"""

from __future__ import annotations

from qinzheng.cases.item_words import AUDIENCES, BASIS, CHANNELS, FORMS, LEVELS, SORTS, TURNS
from qinzheng.definitions.form import Text
from qinzheng.organizations.sheets import Column, Sheet

NOTHING = frozenset({"-", "－", "—"})
"""What a cell says that takes a value away."""


def _words(words: dict[str, Text]) -> str:
    return "、".join(text.zh for text in words.values())


ITEMS = Sheet(
    "事项",
    (
        Column("id", "编号", "小写字母、数字、点、短横，如 market.food-business-licence；永不更改", "market.sample", required=True),
        Column("name", "名称", "新事项必填", "示例事项"),
        Column("name_en", "英文名称", "可空：与中文相同", "A sample"),
        Column("sort", "类型", _words(SORTS), "公共服务"),
        Column("organization", "决定单位", "单位编号；新事项必填", "market"),
        Column("procedure", "办理程序", "程序编号；新事项必填", "services.matter"),
        Column("committed", "承诺时限", "数字；程序有几个时钟的写“时钟=数字”，顿号分开", "5", also=("committed",)),
        Column("level", "行使层级", _words(LEVELS), "市"),
        Column("code", "实施编码", "31 位（GB/T 39554.1）；请设为文本格式", ""),
        Column("towns", "镇街受理", "是 或 否", "否"),
        Column("in_centre", "进驻中心", "是 或 否", "是"),
        Column("at_window", "授权窗口", "是 或 否", "否"),
        Column("at_once", "即办", "是 或 否", "否"),
        Column("fast_track", "信用快办", "是 或 否", "否"),
        Column("plain", "通俗说明", "邻居听得懂的话", "示例，导入时跳过"),
        Column("plain_en", "英文通俗说明", "可空：与中文相同", ""),
        Column("said", "群众叫法", "顿号分开", ""),
        Column("audience", "办理对象", _words(AUDIENCES), "个人"),
        Column("channels", "申请途径", _words(CHANNELS) + "；顿号分开", "窗口、网上"),
        Column("a_year", "年办件量", "约数", "300"),
        Column("before_days", "原时限", "改革前的天数", "15"),
        Column("before_steps", "原环节", "改革前的环节数", "5"),
        Column("before_materials", "原材料", "改革前的材料数", "8"),
        Column("before_trips", "原跑动", "改革前的跑动次数", "2"),
        Column("before_as_of", "原数截止日", "改革前的数字是哪一天的；填了上面任一个就须填", "2012-12-31", "day"),
        Column("source", "依据", "出处编号，如 行政许可法/42；顿号分开。新事项必填", "ours/sample-services"),
        Column("basis", "依据性质", _words(BASIS), "本项目的选择，不是法律"),
        Column("in_force_from", "施行日", "空为导入时所定的施行日", "2026-12-01", "day"),
        Column("checked_on", "核对日", "最后一次与原文核对之日；空：新事项为今天，已有的不变", "", "day"),
    ),
)  # fmt: skip
MATERIALS = Sheet(
    "材料",
    (
        Column("item", "事项编号", "已有的，或“事项”表中的", "market.sample", required=True),
        Column("key", "材料编号", "小写字母、数字、下划线；同一事项内不重复", "application", required=True),
        Column("name", "材料名称", "新材料必填", "申请表"),
        Column("name_en", "材料英文名称", "可空：与中文相同", ""),
        Column("form", "形式", _words(FORMS), "填写"),
        Column("copies", "份数", "1 至 20", "1"),
        Column("sample", "填写样例", "好的材料是什么样，用白话写", ""),
        Column("later", "容缺", "可以后补：是 或 否", "否"),
        Column("shared_from", "共享单位", "已有这份材料的单位编号：不用申请人带", ""),
        Column("material_source", "材料依据", "出处编号；顿号分开", ""),
        Column("kept", "去留", "保留 或 取消；空为保留", "保留"),
    ),
)  # fmt: skip
FEES = Sheet(
    "收费",
    (
        Column("item", "事项编号", "已有的，或“事项”表中的", "market.sample", required=True),
        Column("fee", "收费名称", "同一事项内不重复", "工本费", required=True),
        Column("fee_en", "收费英文名称", "可空：与中文相同", ""),
        Column("yuan", "金额", "元，至多两位小数", "10", "number"),
        Column("per", "计量单位", "按件、按本等；空为整项", ""),
        Column("fee_source", "收费依据", "出处编号；顿号分开。新收费必填", ""),
        Column("kept", "去留", "保留 或 取消；空为保留", "保留"),
    ),
)  # fmt: skip
LIFE = Sheet(
    "变动",
    (
        Column("item", "事项编号", "已有的，或“事项”表中的", "market.sample", required=True),
        Column("turn", "变动", _words(TURNS), "进驻", required=True),
        Column("on", "变动日期", "如 2026-03-01", "2026-03-01", "day", required=True),
        Column("reason", "理由", "必填：为什么", "进驻市政务服务中心"),
        Column("reason_en", "英文理由", "可空：与中文相同", ""),
        Column("to", "去向", "下放：层级；合并：并入的事项编号", ""),
        Column("turn_source", "变动依据", "出处编号；顿号分开", ""),
    ),
)  # fmt: skip
SHEETS = (ITEMS, MATERIALS, FEES, LIFE)
NOTES = (
    "每张表第一行是表头，带 * 的列必填。以 # 开头的行是示例，导入时跳过，可删。",
    "In each sheet the first row is the header; columns with * must be filled. Rows that begin with # are examples and are passed over.",
    "没有的列、空的格子：不改动现有内容。要清空一个值，写“-”。",
    "A missing column or an empty cell leaves what stands. To take a value away write -.",
    "先看差异，再存为草稿；有一处错误就什么也不存，并逐处指明工作表、行、列与改法。草稿由另一人发布后才生效。",
    "Look at the differences first, then keep drafts. One fault and nothing is kept; each is named. A second person publishes.",
    "同一文件可反复导入：没有变化就什么也不做。编号请设为文本格式。不要合并单元格。不得填写个人信息。",
    "The same file can be imported again: no change, nothing done. Format codes as text. Do not merge cells. Nothing personal.",
    "修改已有事项，从施行日起算新版本；施行日不早于今天，已经办理的事项不倒改。",
    "A change begins a new edition from its day, which is not before today: what was decided already is not changed backwards.",
)
