"""The spreadsheet that the tests hand in: a small city, and its rows put in place of others."""

import datetime as dt
from typing import Any

from qinzheng.organizations import importing
from tests.unit.organizations.conftest import BY

NOW = dt.datetime(2026, 11, 20, 9, tzinfo=dt.UTC)
DAY = dt.date(2026, 11, 20)
SINCE = dt.date(2020, 1, 1)

CITY: dict[str, list[list[Any]]] = {
    "单位": [
        ["编号 *", "类别", "名称", "上级编号", "设立日", "调整日", "撤销日"],
        # A child before its parent: the order of rows does not matter.
        ["permits", "内设机构", "审批科", "housing", "2020-01-01", "", ""],
        ["city", "市", "清和市", "", SINCE, "", ""],
        ["housing", "department", "住建局", "city", "2020年1月1日", "", ""],
        ["water", "部门", "水务局", "city", "2020/1/1", "", ""],
        ["town-01", "镇街", "东街镇", "city", 20200101, "", ""],
        ["lead", "领导小组", "作风建设领导小组", "city", SINCE, "", ""],
    ],
    "服务点": [
        ["编号", "名称", "所属单位编号", "开放日历", "流动", "横坐标", "启用日"],
        ["point-1", "便民服务点", "town-01", "", "是", 12.5, SINCE],
    ],
    "岗位": [
        ["单位编号", "岗位名称", "角色", "负责人", "B岗", "设岗日", "撤岗日"],
        ["permits", "受理", "收件", "否", "审批", SINCE, ""],
        ["permits", "审批", "承办、审批", "否", "housing/局长", SINCE, ""],
        ["housing", "局长", "head_of_organ", "是", "", SINCE, ""],
    ],
    "人员任职": [
        ["姓名", "工号", "单位编号", "岗位名称", "任职首日", "任职末日"],
        ["张伟", "A1", "permits", "受理", SINCE, ""],
        ["张伟", "A2", "permits", "审批", "2022-03-01", ""],
        ["李娜", "", "permits", "审批", SINCE, "2022-02-28"],
    ],
    "领导小组": [
        ["领导小组编号", "单位编号", "岗位名称", "组内职务", "首日"],
        ["lead", "housing", "局长", "副组长", SINCE],
    ],
}


def run(path, **more):
    return importing.run(path, BY, NOW, **more)


def edited(**changes):
    """The city with rows put in place of others: sheet → {row as the spreadsheet numbers it: cells}."""
    content = {name: [list(row) for row in rows] for name, rows in CITY.items()}
    for name, rows in changes.items():
        for number, cells_ in rows.items():
            content[name][number - 1 : number] = [cells_]
    return content
