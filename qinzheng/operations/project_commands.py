"""Bodies of ``qinzheng channels …`` and ``qinzheng matters …`` (see ``qinzheng.operations.project_parser``)."""

from __future__ import annotations

import argparse
import datetime as dt
import sys
from collections.abc import Callable, Collection
from functools import wraps
from typing import Any

from qinzheng.cases.about import About
from qinzheng.cases.actions import procedure_of
from qinzheng.cases.engine import NotAllowed, Who
from qinzheng.cases.fields import BadForm
from qinzheng.cases.models import Case
from qinzheng.cases.schema import Field_
from qinzheng.definitions import shelf
from qinzheng.mechanisms.channels import giving, watching
from qinzheng.mechanisms.matters import handling
from qinzheng.mechanisms.matters.schema import Matter
from qinzheng.organizations import queries as organizations

Command = Callable[[argparse.Namespace], int]


def _said(run: Command) -> Command:
    """A refusal is said and is exit code 1."""

    @wraps(run)
    def told(arguments: argparse.Namespace) -> int:
        try:
            return run(arguments)
        except (NotAllowed, BadForm) as why:
            print(why, file=sys.stderr)
            return 1

    return told


@_said
def give(arguments: argparse.Namespace) -> int:
    """Give a channel and say which case watches it."""
    who = _as(arguments.by, giving.AUTHORITIES)
    giving.give(arguments.party, arguments.items, arguments.reason, arguments.shepherd, arguments.until, who)
    watch = giving.watch_of(arguments.party)
    assert watch is not None
    print(f"已给予，跟踪件 {watch.number} / given; its watch is {watch.number}")
    return 0


@_said
def end(arguments: argparse.Namespace) -> int:
    """End the channel of a party."""
    giving.end(arguments.party, arguments.reason, _as(arguments.by, giving.AUTHORITIES))
    print("已终止 / ended")
    return 0


def channels(arguments: argparse.Namespace) -> int:
    """One line a channel."""
    rows = list(Case.objects.filter(procedure=watching.PROCEDURE).order_by("-opened_at", "pk"))
    for row in sorted(rows, key=lambda each: each.closed_at is not None):
        channel = giving.watched(row)
        if channel is not None:
            times = row.situation.get("done", {}).get(watching.WATCH, 0)
            print(
                f"{row.number:<14} {row.state:<8} {channel.party:<44} {channel.since}–{channel.until} "
                f"{channel.shepherd} ×{times}  {'、'.join(channel.items)}  {channel.reason}"
            )
    return 0


@_said
def open_(arguments: argparse.Namespace) -> int:
    """Take a matter in at a window; prints the parent's number and that of each item."""
    matter = _matter(arguments.matter)
    fields = handling.form_of(handling.parts(matter, _today()))
    form = _form(arguments.fields, fields)
    parties = {"applicant": arguments.party} if arguments.party else {}
    about = About(title=matter.name.zh, town=arguments.town, parties=parties)
    opened = handling.open_matter(matter.id, _as(arguments.by, ("clerk",)), form, about)
    print(opened.parent.number)
    for item, done in opened.children.items():
        print(f"  {done.number}  {item}")
    return 0


def matters(arguments: argparse.Namespace) -> int:
    """Each matter with its items and the fields that it asks."""
    today = _today()
    for matter in shelf.library().standing("matter", today):
        print(f"{matter.id}  {matter.name.zh} / {matter.name.en}: {'、'.join(matter.items)}")
        for name, field in handling.form_of(handling.parts(matter, today)).items():
            print(f"  {name}{'' if field.required else '?'}  {field.type}  {field.name.zh} / {field.name.en}")
    return 0


@_said
def show(arguments: argparse.Namespace) -> int:
    """Where the parent and each item stand."""
    parent = Case.objects.filter(number=arguments.number, procedure=handling.PROCEDURE).first()
    if parent is None:
        raise NotAllowed(f"没有一件事 {arguments.number}", f"there is no matter {arguments.number}")
    for case in (parent, *handling.children(parent)):
        state = procedure_of(case).states[case.state].name
        print(f"{case.number}  {case.item or handling.PROCEDURE}  {state.zh} / {state.en}")
    return 0


def _matter(id: str) -> Matter:
    standing: list[Matter] = shelf.library().standing("matter", _today())
    found = next((each for each in standing if each.id == id), None)
    if found is None:
        raise NotAllowed(
            f"没有一件事 {id}，可用 qinzheng matters list 查看",
            f"there is no matter {id}: see qinzheng matters list",
        )
    return found


def _form(given: list[str], fields: dict[str, Field_]) -> dict[str, Any]:
    """The form as typed: whole numbers and yes or no read by the field's type; the domain says what is wrong."""
    form: dict[str, Any] = {}
    for each in given:
        name, sign, value = each.partition("=")
        if not sign:
            raise NotAllowed(f"应为 栏名=值：{each}", f"write NAME=VALUE: {each}", "field")
        kind = fields[name].type if name in fields else "text"
        if kind == "integer" and value.lstrip("-").isdecimal():
            form[name] = int(value)
        elif kind == "boolean" and value in ("yes", "no", "是", "否"):
            form[name] = value in ("yes", "是")
        else:
            form[name] = value
    return form


def _as(post: str, roles: Collection[str]) -> Who:
    """A post in one of the roles, for the unit in whose name it acts today."""
    found = organizations.posts([post]).get(post)
    role = next((role for role in roles if found is not None and role in found.roles), None)
    if found is None or role is None:
        raise NotAllowed(
            f"岗位 {post} 不存在，或没有职责 {'、'.join(roles)}",
            f"post {post} is not there or lacks the role {', '.join(roles)}",
            "by",
        )
    return Who(post, organizations.units([found.organization_id], _today())[found.organization_id], role)


def _today() -> dt.date:
    return dt.datetime.now(shelf.ZONE).date()
