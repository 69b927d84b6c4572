"""The forms in which spreadsheets come, and those that a stranger made to do harm."""

import csv
import zipfile

import pytest

from qinzheng.organizations import queries, workbook
from tests.unit.organizations.handed_in import CITY, DAY, run

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_csv_is_known_by_its_header(tmp_path, encoding):
    path = tmp_path / "units.csv"
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file).writerows([["全市单位一览表"], *CITY["单位"]])
    report = run(path)
    assert report.faults == []
    assert queries.subtree("city", DAY) == {"city", "housing", "permits", "water", "town-01", "lead"}


def test_a_title_above_and_cells_merged_downwards(write):
    def work(book):
        page = book["单位"]
        page.insert_rows(1)
        page["A1"] = "清和市机构一览"
        page.merge_cells("A1:G1")
        for row in (5, 6, 7, 8):
            page.cell(row, 4).value = "city" if row == 5 else None
        page.merge_cells("D5:D8")

    report = run(write({"单位": CITY["单位"]}, work=work))
    assert report.faults == []
    assert queries.parents(["housing", "water", "town-01", "lead"], DAY) == dict.fromkeys(
        ["housing", "water", "town-01", "lead"], "city"
    )


def test_a_cell_merged_sideways_a_formula_without_result_and_an_error_are_named(write):
    def work(book):
        page = book["单位"]
        page["C3"] = '="清和"&"市"'
        page.merge_cells("C4:D4")
        page["C5"] = "#REF!"
        page["C5"].data_type = "e"

    report = run(write({"单位": CITY["单位"]}, work=work))
    named = {(fault.row, fault.column): fault.zh for fault in report.faults}
    assert "公式" in named[3, "名称"]
    assert "合并" in named[4, "名称"]
    assert "#REF!" in named[5, "名称"]


def test_a_formula_with_its_result_is_read(write, tmp_path):
    path = write({"单位": CITY["单位"]})
    rewritten = tmp_path / "formula.xlsx"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(rewritten, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            part = old.read(info)
            if info.filename.endswith("sheet1.xml"):
                was = '<c r="C3" t="inlineStr"><is><t>清和市</t></is></c>'
                became = '<c r="C3" t="str"><f>A3&amp;"市"</f><v>清和市</v></c>'
                text = part.decode().replace("&#28165;&#21644;&#24066;", "清和市")
                assert was in text
                part = text.replace(was, became).encode()
            new.writestr(info.filename, part)
    assert run(rewritten).faults == []
    assert queries.names(["city"])["city"].zh == "清和市"


@pytest.mark.parametrize(
    ("rows", "column"),
    [
        ([["编号", "名称"], ["a", "b"]], "表头"),
        ([[*CITY["单位"][0], "备註"], *(row + [""] for row in CITY["单位"][1:])], "备註"),
    ],
)
def test_a_header_that_cannot_be_meant_is_named(write, rows, column):
    (fault,) = run(write({"单位": rows})).faults
    assert fault.column == column


def test_an_unknown_sheet_is_not_passed_over(write):
    (fault,) = run(write({"单 位 表": CITY["单位"]})).faults
    assert fault.sheet == "单 位 表"


# ---------------------------------------------------------------- hostile files


def zipped(path, parts):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return path


MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def sheet_with(body, prologue=""):
    return {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/'
        'relationships"><sheets><sheet name="单位" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/'
        'relationships"><Relationship Id="r1" Type="x" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'{prologue}<worksheet xmlns="{MAIN}"><sheetData>{body}</sheetData></worksheet>',
    }


HOSTILE = {
    "bomb": lambda: sheet_with(" " * 30_000_000),
    "far cell": lambda: sheet_with('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'),
    "far merge": lambda: sheet_with(
        '<row r="1"><c r="A1"><v>1</v></c></row></sheetData><mergeCells><mergeCell ref="A1:XFD9"/></mergeCells><sheetData>'
    ),
    "entity": lambda: sheet_with(
        '<row r="1"><c r="A1" t="str"><v>&b;</v></c></row>', '<!DOCTYPE x [<!ENTITY b "bang">]>'
    ),
    "long cell": lambda: sheet_with(f'<row r="1"><c r="A1" t="str"><v>{"字一" * 400}</v></c></row>'),
    "shared": lambda: (
        sheet_with('<row r="1"><c r="A1" t="s"><v>0</v></c></row>')
        | {"xl/sharedStrings.xml": f'<sst xmlns="{MAIN}"><si><t>{"字一二三" * 200}</t></si></sst>'}
    ),
    "no sheet part": lambda: {
        name: part for name, part in sheet_with("").items() if not name.endswith("sheet1.xml")
    },
    "not xml": lambda: sheet_with("<row"),
    "many parts": lambda: {f"xl/{n}.xml": "" for n in range(600)},
    "a document": lambda: {"word/document.xml": "<a/>"},
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_workbook_is_refused(tmp_path, kind):
    path = zipped(tmp_path / "hostile.xlsx", HOSTILE[kind]())
    with pytest.raises(workbook.Unreadable) as refused:
        run(path)
    assert refused.value.zh
    assert refused.value.en


def test_a_zip_that_lies_about_its_sizes_is_refused(tmp_path):
    path = zipped(tmp_path / "liar.xlsx", sheet_with(" " * 1_000_000))
    data = bytearray(path.read_bytes())
    truth = (1_000_000).to_bytes(4, "little")[1:3]
    assert truth in data
    size = len(sheet_with(" " * 1_000_000)["xl/worksheets/sheet1.xml"].encode()).to_bytes(4, "little")
    assert data.count(size) == 2
    path.write_bytes(bytes(data).replace(size, (2_000).to_bytes(4, "little")))
    with pytest.raises(workbook.Unreadable):
        run(path)


@pytest.mark.parametrize(
    "content",
    [
        b"\xd0\xcf\x11\xe0 old",
        b"PK\x03\x04 cut short",
        b"\xff\xfe\x00\xd8 neither",
        '编号,"类别\n'.encode(),
        b",".join([b"x"] * 100),
    ],
)
def test_what_is_no_spreadsheet_is_refused(tmp_path, content):
    path = tmp_path / "file.csv"
    path.write_bytes(content)
    with pytest.raises(workbook.Unreadable):
        run(path)


def test_no_file(tmp_path):
    with pytest.raises(workbook.Unreadable, match="none.xlsx"):
        run(tmp_path / "none.xlsx")
