"""Body of ``qinzheng cases conceal`` (see ``qinzheng.operations.console``)."""

from __future__ import annotations

import argparse
import sys

from qinzheng.cases import sealing
from qinzheng.cases.engine import NotAllowed, Who
from qinzheng.cases.models import Case
from qinzheng.organizations.models import Organization, Post


def conceal(arguments: argparse.Namespace) -> int:
    """Seal a case from units and posts, or unseal it where none is named; only a post of supervision may."""
    try:
        post = Post.objects.filter(pk=arguments.by).first()
        if post is None or "supervisor" not in post.roles:
            raise NotAllowed(
                "只有监察岗位可以密封或解封", "only a post of supervision may seal or unseal", "by"
            )
        for each in arguments.concerns:
            kind = Post if each.startswith("p-") else Organization
            if not kind._default_manager.filter(pk=each).exists():
                raise NotAllowed(f"没有单位或岗位 {each}", f"there is no unit or post {each}", "from")
        case = Case.objects.filter(number=arguments.number).first()
        if case is None:
            raise NotAllowed(f"没有办件 {arguments.number}", f"there is no case {arguments.number}", "number")
        who = Who(post.pk, post.organization_id, "supervisor")
        sealing.conceal(case.pk, arguments.concerns, who, arguments.reason)
    except NotAllowed as why:
        print(f"{why.field}: {why.zh} / {why.en}", file=sys.stderr)
        return 1
    return 0
