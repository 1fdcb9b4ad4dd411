"""Spreadsheets in, within bounds: files that are small and large inside are refused in words, and an honest
list comes in whole.

Memory and processor time are measured in a process of its own for each file.
"""

import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import datetime, time
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter

from how_many import some_of
from outreach.ground import workbooks
from outreach.ground.workbooks import CannotRead

ROOT = Path(__file__).resolve().parents[2]
MOST_SECONDS, MOST_MEGABYTES = 2.3, 60
"""What the bounds promise, with a margin for the clock's grain: two seconds of processor, 60 MB above
rest."""

CHILD = """
import json, resource, sys, time
from outreach.ground import workbooks
content = open(sys.argv[1], "rb").read()
rest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
began = time.process_time()
try:
    sheets = workbooks.read(content)
    said = [[s.name, s.count, s.width, sum(len(c) for _, c in s.lines())] for s in sheets]
except workbooks.CannotRead as why:
    said = why.message
print(json.dumps([said, time.process_time() - began, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - rest) / 1024]))
"""


def measured(content: bytes, folder: Path) -> tuple[object, float, float]:
    """(what came of it, seconds of processor, megabytes above rest)."""
    path = folder / "list"
    path.write_bytes(content)
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    said, seconds, megabytes = json.loads(done.stdout)
    return said, seconds, megabytes


PARTS = {
    "xl/workbook.xml": '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
}


def packed(sheet: str | bytes, **more: str | bytes) -> bytes:
    """A workbook with one sheet as written here, and other parts by name."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        parts = (
            PARTS
            | {"xl/worksheets/sheet1.xml": sheet}
            | {f"xl/{name}.xml": part for name, part in more.items()}
        )
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def lines(*rows: str) -> str:
    inside = "".join(f'<row r="{n}">{cells}</row>' for n, cells in enumerate(rows, 1))
    return f"<worksheet><sheetData>{inside}</sheetData></worksheet>"


def cell(ref: str, value: str = "1", marks: str = "") -> str:
    return f'<c r="{ref}"{marks}><v>{value}</v></c>'


def _shared(texts: int, length: int) -> str:
    return "<sst>" + "".join(f"<si><t>{n:0{length}d}</t></si>" for n in range(texts)) + "</sst>"


def _many_parts() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for n in range(40_000):
            archive.writestr(f"p{n}", b"")
        for name, content in PARTS.items():
            archive.writestr(name, content)
    return out.getvalue()


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "a line of 800,000 cells": (
        lambda: packed(lines("".join(cell(f"A{n}") for n in range(800_000)))),
        "far too wide",
    ),
    "a line of 800,000 cells without places": (
        lambda: packed(lines("<c><v>1</v></c>" * 800_000)),
        "far too wide",
    ),
    "lines of 16,000 empty cells each": (
        lambda: packed(lines(*["".join(f'<c r="{chr(65 + n % 26)}1" s="1"/>' for n in range(16_000))] * 400)),
        "million|more than",
    ),
    "800,000 lines": (lambda: packed(lines(*[cell("A1")] * 800_000)), "more than 40,000 lines"),
    "nested 200,000 deep in a line": (
        lambda: packed(lines('<c r="A1">' + "<v>" * 200_000 + "1" + "</v>" * 200_000 + "</c>")),
        "too deep|damaged",
    ),
    "nested 200,000 deep around the lines": (
        lambda: packed("<worksheet>" + "<x>" * 200_000 + "</x>" * 200_000 + "</worksheet>"),
        "too deep|damaged",
    ),
    "nested 500,000 deep in the texts": (
        lambda: packed(
            lines(cell("A1")), sharedStrings="<sst>" + "<a>" * 500_000 + "</a>" * 500_000 + "</sst>"
        ),
        "damaged",
    ),
    "140 MB of blanks": (
        lambda: packed(b"<worksheet><sheetData>" + b" " * (140 * 1024 * 1024) + b"</sheetData></worksheet>"),
        "far too wide",
    ),
    "more than is unpacked": (
        lambda: packed(b" " * (workbooks.MOST_UNPACKED_BYTES + 1)),
        "too large once unpacked",
    ),
    "one text of a million letters in every cell": (
        lambda: packed(
            lines(*[cell("A1", "0", ' t="s"')] * 30_000),
            sharedStrings=f"<sst><si><t>{'x' * 1_000_000}</t></si></sst>",
        ),
        "more than 32,767 characters",
    ),
    "a text of 30,000 letters in each of 30,000 lines": (
        lambda: packed(
            lines(*["".join(cell(f"{c}1", "0", ' t="s"') for c in "ABCDEFGH")] * 30_000),
            sharedStrings=f"<sst><si><t>{'xyz' * 10_000}</t></si></sst>",
        ),
        "too long to read|more text",
    ),
    "two million texts": (
        lambda: packed(lines(cell("A1")), sharedStrings=_shared(2_000_000, 8)),
        "more text than is read",
    ),
    "texts of 100 MB": (
        lambda: packed(lines(cell("A1")), sharedStrings=_shared(100, 1_000_000)),
        "more text than is read",
    ),
    "letters that stand for others": (
        lambda: packed(
            '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>' + lines(cell("A1", "&b;"))
        ),
        "damaged",
    ),
    "40,000 parts": (_many_parts, "far too many parts"),
    "a line of ten million commas": (lambda: b"a" + b"," * 10_000_000, "far too wide"),
    "a cell of nine million letters": (
        lambda: b"URN,Email\n1," + b"x" * 9_000_000,
        "far too wide|could not be read",
    ),
    "nine million lines": (lambda: b"1\n" * 4_500_000, "more than 40,000 lines"),
    "open marks without an end": (lambda: packed(lines("<c " * 600_000)), "damaged|far too wide"),
    "open cells without an end": (
        lambda: packed(lines('<c r="A1"><v>' * 150_000)),
        "damaged|far too wide|too deep",
    ),
    "50,000 marks of which no two are alike": (
        lambda: packed(
            lines(
                *[
                    "".join(cell(f"{c}1", "1", f' s="{n * 26 + m}"') for m, c in enumerate("ABCDEFGH"))
                    for n in range(5_000)
                ]
            )
        ),
        "damaged",
    ),
}


@pytest.mark.parametrize("kind", some_of(HOSTILE, one_in=6))
def test_a_file_that_is_large_inside_is_refused_within_the_bounds(kind: str, tmp_path: Path) -> None:
    made, words = HOSTILE[kind]
    content = made()
    said, seconds, megabytes = measured(content, tmp_path)
    assert isinstance(said, str), said
    assert any(word in said for word in words.split("|")), said
    assert said.endswith("Nothing was changed.")
    assert seconds < MOST_SECONDS
    assert megabytes < MOST_MEGABYTES


def _honest(sheets: int, per_sheet: int, columns: int, *, alike: bool) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        for s in range(sheets):
            page = book.add_worksheet(f"Area {s + 1}")
            for n in range(per_sheet):
                page.write_row(
                    n,
                    0,
                    [f"{c % 40} {n % 50}" if alike else f"a{s}.{n}.{c}@b.example" for c in range(columns)],
                )
    return out.getvalue()


def test_an_honest_list_of_3000_lines_60_columns_and_12_sheets_comes_in_whole(tmp_path: Path) -> None:
    said, seconds, megabytes = measured(_honest(12, 250, 60, alike=False), tmp_path)
    assert said == [[f"Area {n}", 250, 60, 250 * 60] for n in range(1, 13)]
    assert seconds < 1.5
    assert megabytes < MOST_MEGABYTES


@pytest.mark.long
def test_twelve_sheets_of_3000_lines_and_60_columns_each_come_in_whole(tmp_path: Path) -> None:
    said, seconds, megabytes = measured(_honest(12, 3_000, 60, alike=True), tmp_path)
    assert said == [[f"Area {n}", 3_000, 60, 180_000] for n in range(1, 13)]
    assert seconds < MOST_SECONDS
    assert megabytes < MOST_MEGABYTES


def _read(content: bytes) -> list[tuple[str, list[tuple[int, list[str]]]]]:
    return [(sheet.name, list(sheet.lines())) for sheet in workbooks.read(content)]


def test_every_sheet_is_read_with_its_dates_numbers_and_lines() -> None:
    book = openpyxl.Workbook()
    page = book.active
    page.title = "Leads"
    page["A2"], page["C2"] = "URN", "Day"
    page["A4"], page["B4"], page["C4"] = 115482, 115492.5, datetime(2024, 3, 9)
    page["C5"] = datetime(2024, 3, 9, 10, 30)
    page["C5"].number_format = "dd/mm/yyyy hh:mm"
    page["A6"], page["B6"] = True, "  two\nlines & more "
    page["A7"], page["B7"], page["C7"] = time(12, 15), time(0, 30, 59), 0.5
    page["B7"].number_format = "h:mm AM/PM"
    book.create_sheet("Empty")
    book.create_sheet("Heads").append(["=1+1", 1e5])
    out = io.BytesIO()
    book.save(out)
    assert _read(out.getvalue()) == [
        (
            "Leads",
            [
                (2, ["URN", "", "Day"]),
                (4, ["115482", "115492.5", "2024-03-09"]),
                (5, ["", "", "2024-03-09 10:30"]),
                (6, ["1", "two\nlines & more"]),
                (7, ["12:15", "00:30", "0.5"]),
            ],
        ),
        ("Empty", []),
        ("Heads", [(1, ["", "100000"])]),
    ]


@pytest.mark.parametrize("prefix", ["", "x:"])
def test_a_sheet_written_in_another_way_reads_the_same(prefix: str) -> None:
    """With a prefix before every mark, with rich text, phonetic notes, formulas, comments: what the parser
    alone reads."""
    p = prefix
    sheet = (
        f'<{p}worksheet xmlns{":x" if p else ""}="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><{p}sheetData>'
        f'<{p}row r="1"><{p}c r="A1" t="inlineStr"><{p}is><{p}r><{p}t>UR</{p}t></{p}r><{p}r><{p}t>N</{p}t></{p}r>'
        f"<{p}rPh><{p}t>no</{p}t></{p}rPh></{p}is></{p}c>"
        f'<{p}c r="C1" t="str"><{p}f t="shared">A1</{p}f><{p}v>a &amp; b</{p}v></{p}c></{p}row>'
        f"<{p}row><!-- aside --><{p}c><{p}v>7.0</{p}v></{p}c><{p}c/></{p}row></{p}sheetData></{p}worksheet>"
    )
    assert _read(packed(sheet)) == [("S", [(1, ["URN", "", "a & b"]), (2, ["7"])])]


@pytest.mark.parametrize("prefix", ["", "x:"])
def test_what_is_hidden_is_read_only_where_it_is_asked_for(prefix: str) -> None:
    """Both ways of reading; a row or column without a height or width is as hidden as one that says so."""
    p = prefix
    marks = ("", ' hidden="1"', ' ht="0" customHeight="1"', ' hidden="0" ht="15"')
    rows = "".join(
        f'<{p}row r="{n}"{said}>'
        + "".join(f'<{p}c r="{at}{n}"><{p}v>{n}{at_n}</{p}v></{p}c>' for at_n, at in enumerate("ABCD", 1))
        + f"</{p}row>"
        for n, said in enumerate(marks, 1)
    )
    columns = f'<{p}col min="2" max="2" width="0"/><{p}col min="4" max="16384" width="9" hidden="1"/>'
    namespace = 'xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    sheet = f"<{p}worksheet {namespace}><{p}cols>{columns}</{p}cols><{p}sheetData>{rows}</{p}sheetData></{p}worksheet>"
    (read,) = workbooks.read(packed(sheet))
    assert list(read.lines()) == [(1, ["11", "", "13", ""]), (4, ["41", "", "43", ""])]
    assert [line for line, _ in read.lines(hidden=True)] == [1, 2, 3, 4]
    assert next(read.lines(hidden=True)) == (1, ["11", "12", "13", "14"])
    assert read.count == 2 and read.hidden() == workbooks.Hidden(lines=2, columns=(1, 3), whole=False)
    with pytest.raises(CannotRead, match="Sheet ‘S’ has hidden rows. Unhide or delete them"):
        workbooks.first_sheet(packed(sheet))


def test_a_hidden_sheet_is_passed_over_and_one_alone_is_said_to_be_hidden() -> None:
    book = openpyxl.Workbook()
    book.active.append(["old"])
    book.active.sheet_state = "hidden"
    book.create_sheet("New").append(["new"])
    out = io.BytesIO()
    book.save(out)
    assert list(workbooks.first_sheet(out.getvalue()).lines()) == [(1, ["new"])]
    alone = {"xl/workbook.xml": PARTS["xl/workbook.xml"].replace("<sheet ", '<sheet state="veryHidden" ')}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, part in (PARTS | alone | {"xl/worksheets/sheet1.xml": lines(cell("A1"))}).items():
            archive.writestr(name, part)
    with pytest.raises(CannotRead, match="Everything in this workbook is hidden"):
        workbooks.read(out.getvalue())


def test_cells_made_one_over_lines_say_the_same_in_each() -> None:
    book = openpyxl.Workbook()
    page = book.active
    for row in (["URN", "Email"], [1, "a"], [None, "b"], [None, "c"], [2, "d"]):
        page.append(row)
    page.merge_cells("A2:A4")
    out = io.BytesIO()
    book.save(out)
    assert [said for _, said in _read(out.getvalue())[0][1]] == [
        ["URN", "Email"],
        ["1", "a"],
        ["1", "b"],
        ["1", "c"],
        ["2", "d"],
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"URN,Name\n1,Jo\n", ["1", "Jo"]),
        (
            b"Leads of the county, as told\nURN;School;Name\n1;Redmere;Fell, Jo\n2;Elm;Day, Sam\n",
            ["2", "Elm", "Day, Sam"],
        ),
        (b"sep=;\nURN;Name\n1;Jo\n", ["1", "Jo"]),
        ("URN\tName\n1\tZoë".encode("utf-16"), ["1", "Zoë"]),
        ("URN,Name\n1,Zoë".encode("utf-16-le"), ["1", "Zoë"]),
        ("URN|Name\n1|Zoë".encode("cp1252"), ["1", "Zoë"]),
        (b"URN,Phone\n1,'+44 1632\n", ["1", "+44 1632"]),
    ],
)
def test_a_csv_is_parted_by_whatever_parts_it(content: bytes, said: list[str]) -> None:
    assert _read(content)[0][1][-1][1] == said


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<html><body><table><tr><td>1</td></tr></table></body></html>", "web page"),
        (packed(lines(cell("A1")))[:-40], "damaged"),
        (packed("<worksheet><sheetData><row r='1'>"), "damaged"),
        (packed(lines(cell("A1", "9", ' t="s"'))), "damaged"),
    ],
)
def test_what_is_no_list_is_refused_in_words(content: bytes, words: str) -> None:
    with pytest.raises(CannotRead, match=words):
        workbooks.read(content)
