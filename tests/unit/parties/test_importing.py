"""Enterprises from a spreadsheet: faults named by row and column, nothing half done, the same file twice no double."""

import csv
import datetime as dt
import json
import stat

import pytest
from openpyxl import Workbook

from qinzheng import wiring
from qinzheng.ledger import queries as ledger
from qinzheng.operations import party_commands, party_register
from qinzheng.organizations import actions as organizations
from qinzheng.organizations.workbook import Unreadable
from qinzheng.parties import actions, codes, events, importing, queries
from qinzheng.parties.importing import FIRMS, run
from qinzheng.parties.models import Party
from tests.unit.parties.people import BY, CITIZEN, FIRM, differences, firm, in_ledger

pytestmark = pytest.mark.django_db
HEADER = [column.title for column in FIRMS.columns]
WHOLE = [
    FIRM["name"], FIRM["enterprise_code"], "0512-57770001", FIRM["address"], FIRM["legal_representative"],
    FIRM["contact_person"], "town-03", "b", "top100:2026，best100：2025",
]  # fmt: skip


@pytest.fixture
def town():
    day = dt.date(2020, 1, 1)
    organizations.found_organization("city", "city", "清和市", parent=None, begins=day, by=BY)
    organizations.found_organization("town-03", "town", "玉山镇", parent="city", begins=day, by=BY)


def written(path, rows, header=HEADER):
    """The rows as an xlsx file under a title row, or as CSV in the encoding that Chinese spreadsheets write."""
    if path.suffix == ".xlsx":
        book = Workbook()
        page = book.active
        page.title = FIRMS.name
        for row in [["清和市企业名录"], header, *rows]:
            page.append(row)
        book.save(path)
        return path
    with path.open("w", encoding="gb18030", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


@pytest.mark.parametrize("name", ["firms.xlsx", "firms.csv"])
def test_a_file_is_imported_once_and_corrected_by_the_next(town, tmp_path, name):
    other = [firm(1)["name"], firm(1)["enterprise_code"]]
    path = written(tmp_path / name, [WHOLE, other])
    report = run(path, BY)
    assert report.faults == []
    assert dict(report.came) == {"new": 2, "listed": 2}
    party = queries.find_by_code(FIRM["enterprise_code"])
    assert party is not None
    assert (party.town, party.credit_class) == ("town-03", "B")
    assert queries.open_(party.pk, BY, "register") == FIRM
    assert queries.lists_of([party.pk]) == {party.pk: [("top100", 2026), ("best100", 2025)]}
    count = sum(1 for _ in ledger.events())
    again = run(path, BY)
    assert dict(again.came) == {"same": 2, "listed": 0}
    assert sum(1 for _ in ledger.events()) == count, "the same file again leaves no event"
    corrected = [*WHOLE[:2], "0512-57770002", "", *WHOLE[4:7], "D", ""]
    third = run(written(tmp_path / name, [corrected, other]), BY)
    assert third.came["changed"] == 1
    held = queries.open_(party.pk, BY, "register")
    assert (held["phone"], held["address"]) == ("051257770002", FIRM["address"]), (
        "an empty cell takes nothing away"
    )
    assert queries.party(party.pk).credit_class == "D"
    assert len(queries.listing("top100", 2026)) == 1
    assert Party.objects.count() == 2
    assert in_ledger() == []
    assert differences() == []


def test_every_fault_is_named_and_nothing_is_written(town, tmp_path):
    good = [firm(1)["name"], firm(1)["enterprise_code"], "", "", "", "", "", "", ""]
    rows = [
        good,
        [*good[:1], "91330100799655058C", *good[2:]],
        ["", firm(2)["enterprise_code"], *good[2:]],
        [*firm(3).values()][:2] + ["12", *good[3:]],
        [*firm(4).values()][:2] + [*good[2:6], "town-99", "", ""],
        [*firm(5).values()][:2] + [*good[2:7], "E", "top100"],
        good,
    ]
    report = run(written(tmp_path / "firms.xlsx", rows), BY)
    named = {(fault.row, fault.column) for fault in report.faults}
    assert named == {
        (4, "统一社会信用代码"), (5, "名称"), (6, "电话"), (7, "镇街编号"), (8, "信用等级"), (8, "名录"), (9, "统一社会信用代码"),
    }  # fmt: skip
    assert all(fault.zh and fault.en for fault in report.faults)
    assert "91330100799655058C" not in "\n".join(report.lines())
    assert not report.written
    assert not Party.objects.exists()
    assert {event.type.split(".")[0] for event in ledger.events()} == {"organizations"}


def test_a_dry_run_tells_and_writes_nothing(town, tmp_path):
    report = run(written(tmp_path / "firms.csv", [WHOLE]), BY, dry_run=True)
    assert dict(report.came) == {"new": 1, "listed": 2}
    assert "未写入" in report.lines()[-1]
    assert not Party.objects.exists()


def test_what_is_no_table_of_enterprises_is_refused(tmp_path):
    unknown = run(written(tmp_path / "firms.csv", [["x"]], ["名称", "税号"]), BY)
    assert unknown.faults
    assert not unknown.written
    with pytest.raises(Unreadable):
        run(tmp_path / "missing.xlsx", BY)


def test_the_example_row_of_the_sheet_holds():
    told = {column.field: column.example for column in FIRMS.columns}
    assert codes.check_enterprise_code(told["enterprise_code"]) == told["enterprise_code"]
    assert importing.LISTED.fullmatch(told["lists"].split()[0])


# ---------------------------------------------------------------- commands


def command(*words):
    arguments = wiring.build_parser().parse_args(["parties", *map(str, words)])
    name = {"import": "import_", "new-key": "new_key", "rotate-key": "rotate_key"}.get(words[0], words[0])
    return getattr(party_register, name)(arguments)


def test_the_commands_say_what_they_did_and_print_no_name(town, tmp_path, capsys):
    assert command("import", written(tmp_path / "firms.csv", [WHOLE]), "--by", BY) == 0
    assert "新登记 1" in capsys.readouterr().out
    wrong = written(tmp_path / "wrong.csv", [[*WHOLE[:7], "E", ""]])
    assert command("import", wrong, "--by", BY) == 1
    assert "第 2 行「信用等级」" in capsys.readouterr().out
    first, second = (
        actions.register("citizen", {**CITIZEN, "identity_number": None}, by=BY) for _ in range(2)
    )
    assert command("duplicates", "--by", BY) == 0
    told = capsys.readouterr().out
    assert "同名、电话相同" in told
    assert CITIZEN["name"] not in told
    assert command("duplicates", "--json", "--by", BY) == 0
    ((*pair, likeness, because),) = json.loads(capsys.readouterr().out)
    assert (sorted(pair), likeness) == (sorted([first.pk, second.pk]), 95)
    assert because == ["same_name", "same_phone", "similar_address"]


def test_export_is_for_the_subject_alone_and_erasure_is_for_good(tmp_path, capsys):
    party = actions.register("citizen", CITIZEN, by=BY)
    path = tmp_path / "told.json"
    assert command("export", party.pk, "--by", BY, "--to", path) == 0
    assert CITIZEN["name"] not in capsys.readouterr().out
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert json.loads(path.read_text("utf-8"))["fields"] == CITIZEN
    assert command("export", party.pk, "--by", BY, "--to", path) == 1, (
        "a file that is there is not overwritten"
    )
    assert command("export", party.pk, "--by", BY) == 0
    assert CITIZEN["phone"] in capsys.readouterr().out
    assert command("erase", party.pk, "--by", BY, "--reason", "consent_withdrawn") == 0
    assert command("erase", party.pk, "--by", BY, "--reason", "consent_withdrawn") == 1
    assert command("export", party.pk, "--by", BY) == 1
    assert "已删除" in capsys.readouterr().err
    assert ledger.history(party.pk)[-1].body == {"ground": "consent_withdrawn"}


def test_the_grounds_of_the_command_are_those_of_the_law():
    assert tuple(events.ERASURE_GROUNDS) == party_commands.GROUNDS
