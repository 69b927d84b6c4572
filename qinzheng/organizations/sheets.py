"""The sheets by which a city hands in its units, posts and people: their columns and words. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from qinzheng.organizations import events

Form = Literal["text", "day", "yes", "number", "kind", "roles", "duty"]

EXAMPLE = "#"
"""A row whose first cell begins so is an example or a note, and is passed over."""
NOTES = "说明"


@dataclass(frozen=True)
class Column:
    """One column: the field it fills, its header, how it is read, a note, and what the example row says."""

    field: str
    title: str
    note: str
    example: str = ""
    form: Form = "text"
    required: bool = False
    also: tuple[str, ...] = ()
    """Further fields of a refusal that are this column's business."""


@dataclass(frozen=True)
class Sheet:
    """One sheet and its columns."""

    name: str
    columns: tuple[Column, ...]

    def title(self, field: str) -> str:
        """The header of the column to which a refused field belongs."""
        for column in self.columns:
            if field == column.field or field in column.also:
                return column.title
        return self.columns[0].title


def _place(since: str) -> tuple[Column, ...]:
    return (
        Column("x", "横坐标", "地图坐标，可空", "12.5", "number"),
        Column("y", "纵坐标", "地图坐标，可空", "30", "number"),
        Column("begins", since, "如 2026-01-01；建立后不可改", "2026-01-01", "day", required=True),
        Column(
            "moved", "调整日", "改变上级时填：自何日起隶属新上级。历史不会被改写", "", "day", also=("day",)
        ),
        Column("ends", "撤销日", "撤销时填：最后一日（含）", "", "day"),
    )


def _post(unit: str = "单位编号") -> tuple[Column, ...]:
    return (
        Column("organization", unit, "岗位所在单位的编号", "housing", required=True),
        Column(
            "name_zh",
            "岗位名称",
            "同一单位内同名岗位须填岗位编号区分",
            "审批岗",
            required=True,
            also=("post",),
        ),
    )


UNITS = Sheet(
    "单位",
    (
        Column(
            "id",
            "编号",
            "2–40 位小写字母、数字、短横；永不更改",
            "housing",
            required=True,
            also=("organization",),
        ),
        Column("kind", "类别", "、".join(events.KINDS.values()), "部门", "kind", required=True),
        Column("name_zh", "名称", "单位全称", "住房和城乡建设局", required=True),
        Column("name_en", "英文名称", "可空", "Housing and Construction Bureau"),
        Column("parent", "上级编号", "除市本级外必填", "city"),
        Column("code", "统一社会信用代码", "18 位，可空；请设为文本格式", ""),
        Column("division_code", "行政区划代码", "6、9 或 12 位，可空", ""),
        Column("calendar", "开放日历", "已发布的日历编号；空为全国工作日", ""),
        *_place("设立日"),
    ),
)
POINTS = Sheet(
    "服务点",
    (
        Column("id", "编号", "2–40 位小写字母、数字、短横；永不更改", "point-civic-centre", required=True),
        Column("name_zh", "名称", "服务点名称", "市民中心", required=True),
        Column("name_en", "英文名称", "可空", "Civic Centre"),
        Column("parent", "所属单位编号", "由哪个单位管理", "town-01", required=True, also=("organization",)),
        Column("calendar", "开放日历", "已发布的日历编号，如 24 小时区；空为全国工作日", ""),
        Column("mobile", "流动", "是 或 否", "否", "yes"),
        *_place("启用日"),
    ),
)
POSTS = Sheet(
    "岗位",
    (
        Column("id", "岗位编号", "新建时留空，由系统编；导出时带出", ""),
        *_post(),
        Column("name_en", "英文名称", "可空", "Approvals desk"),
        Column(
            "roles",
            "角色",
            "、".join(events.ROLES.values()) + "；多个用顿号分开",
            "承办、审批",
            "roles",
            required=True,
        ),
        Column("head", "负责人", "是否单位负责人：是 或 否", "否", "yes"),
        Column(
            "stand_in",
            "B岗",
            "代行岗位：同单位写岗位名称，他单位写 单位编号/岗位名称，或写岗位编号",
            "收件岗",
            also=("at",),
        ),
        Column("begins", "设岗日", "如 2026-01-01；建立后不可改", "2026-01-01", "day", required=True),
        Column("ends", "撤岗日", "撤岗时填：最后一日（含）", "", "day", also=("day",)),
    ),
)
TENURES = Sheet(
    "人员任职",
    (
        Column("person", "人员编号", "可空；导出时带出", ""),
        Column("name", "姓名", "公职人员姓名，不进入账本", "张三", required=True),
        Column("number", "工号", "可空；同名的人须填。不得填身份证号", "A017"),
        *_post(),
        Column("post", "岗位编号", "可空；同名岗位须填", ""),
        Column("begins", "任职首日", "如 2026-01-01", "2026-01-01", "day", required=True),
        Column("ends", "任职末日", "离任时填：最后一日（含）", "", "day", also=("day",)),
    ),
)
GROUPS = Sheet(
    "领导小组",
    (
        Column("group", "领导小组编号", "须已在“单位”表中", "lead-style", required=True),
        *_post(),
        Column("post", "岗位编号", "可空；同名岗位须填", ""),
        Column("duty", "组内职务", "、".join(events.DUTIES.values()), "成员", "duty", required=True),
        Column("begins", "首日", "如 2026-01-01", "2026-01-01", "day", required=True),
        Column("ends", "末日", "退出时填：最后一日（含）", "", "day", also=("day",)),
    ),
)
SHEETS = (UNITS, POINTS, POSTS, TENURES, GROUPS)


def titles(sheet: Sheet) -> Iterator[str]:
    """The headers of a sheet; a star marks what must be filled in."""
    for column in sheet.columns:
        yield column.title + (" *" if column.required else "")
