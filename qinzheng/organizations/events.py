"""The types of events that this package appends, and the closed vocabularies that their bodies use. Pure."""

from __future__ import annotations

FOUNDED = "organizations.founded"
CHANGED = "organizations.changed"
MOVED = "organizations.moved"
CLOSED = "organizations.closed"
POST_CREATED = "organizations.post_created"
POST_CHANGED = "organizations.post_changed"
POST_CLOSED = "organizations.post_closed"
PERSON_REGISTERED = "organizations.person_registered"
PERSON_CHANGED = "organizations.person_changed"
APPOINTED = "organizations.appointed"
RELIEVED = "organizations.relieved"
STAND_IN_SET = "organizations.stand_in_set"
ABSENT = "organizations.absence_recorded"
HANDED_BACK = "organizations.handed_back"
JOINED = "organizations.joined"
LEFT = "organizations.left"

KINDS = {
    "city": "市", "leading_group": "领导小组", "department": "部门", "division": "内设机构", "town": "镇街",
    "village": "村社区", "service_point": "服务点",
}  # fmt: skip
"""Kinds of units, with their word in spreadsheets."""

PARENTS: dict[str, tuple[str, ...]] = {
    "city": (),
    "leading_group": ("city", "department", "town"),
    "department": ("city", "department"),
    "division": ("city", "department", "division", "town"),
    "town": ("city",),
    "village": ("town",),
    "service_point": ("city", "department", "division", "town", "village"),
}
"""Under what a unit of a kind may stand. Ours: it fits a county-level city with towns below it."""

ROLES = {
    "clerk": "收件", "handler": "承办", "approver": "审批", "head_of_organ": "机关负责人",
    "government_head": "政府负责人", "agent": "话务员", "dispatcher": "派单员", "supervisor": "监察员",
    "appraiser": "考评员", "leader": "领导", "auditor": "审计员", "head_of_review_body": "复议机构负责人",
    "system_admin": "系统管理员", "security_admin": "安全管理员", "audit_admin": "安全审计员",
}  # fmt: skip
"""Roles that a post can have, with their word in spreadsheets."""

REASONS = {
    "leave": "休假", "official_trip": "公出", "training": "学习培训", "secondment": "借调", "other": "其他",
}  # fmt: skip
"""Why a post's holder is away. A word of this list, never free text: illness is nobody's business, so it is ``leave``."""

DUTIES = {"chair": "组长", "deputy": "副组长", "member": "成员", "office": "办公室主任"}
"""What a member does in a leading group."""
