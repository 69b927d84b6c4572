"""A small city to start from, and the calendars that its units can name."""

import datetime as dt

import openpyxl
import pytest

from qinzheng import wiring
from qinzheng.definitions import actions as definitions
from qinzheng.definitions import shelf
from qinzheng.definitions.library import Library, default_root
from qinzheng.organizations import actions

START = dt.date(2020, 1, 1)
BY = "installer"


@pytest.fixture
def city(db):
    """city → housing → housing-permits; city → town-01 → village-01."""
    with actions.together():
        found("city", "city", None, name_zh="清和市")
        found("housing", "department", "city", name_zh="住建局")
        found("housing-permits", "division", "housing", name_zh="审批科")
        found("water", "department", "city", name_zh="水务局")
        found("town-01", "town", "city", name_zh="东街镇")
        found("village-01", "village", "town-01", name_zh="柳村")
    return "city"


def found(id, kind, parent, begins=START, name_zh="某单位", **more):
    return actions.found_organization(id, kind, name_zh, parent=parent, begins=begins, by=BY, **more)


@pytest.fixture
def calendars(db):
    """The shipped calendars, published."""
    shelf.forget()
    root = default_root()
    definitions.load(Library.read([root], wiring.KINDS), root, "drafter")
    wanted = [draft for draft in definitions.drafts() if draft.kind in ("source", "calendar")]
    definitions.publish(wanted, "publisher")
    yield
    shelf.forget()


@pytest.fixture
def write(tmp_path):
    def write(content, name="city.xlsx", work=lambda book: None):
        book = openpyxl.Workbook()
        book.remove(book.active)
        for title, rows in content.items():
            page = book.create_sheet(title)
            for row in rows:
                page.append(row)
        work(book)
        path = tmp_path / name
        book.save(path)
        return path

    return write
