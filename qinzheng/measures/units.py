"""The tree of organizations as measures roll up along it: as it stood on a day, so that last year counts for last year's units."""

from __future__ import annotations

import datetime as dt

from qinzheng.measures.ask import Units
from qinzheng.organizations import queries as organizations
from qinzheng.organizations.queries import Branch


def units(day: dt.date) -> Units:
    """Every unit of the day: into which units above it facts roll up, and in which town it lies.

    A unit that did not exist on that day counts for itself only.
    """
    above: dict[str, tuple[str, ...]] = {}
    town: dict[str, str] = {}

    def walk(branch: Branch, over: tuple[str, ...], lies_in: str) -> None:
        above[branch.id] = (branch.id, *over)
        lies_in = branch.id if branch.kind == "town" else lies_in
        if lies_in:
            town[branch.id] = lies_in
        for below in branch.children:
            walk(below, above[branch.id], lies_in)

    for root in organizations.tree(day):
        walk(root, (), "")
    return Units(above, town, tuple(above))
