"""Tables in: every kind of bad file gets a sentence. Tables out: nothing a spreadsheet would run."""

import csv
import io
import time
import zipfile

import openpyxl
import pytest
import xlsxwriter

from outreach.ground import tabular, workbooks
from outreach.ground.workbooks import CannotRead


def xlsx(*rows: list[object]) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        page = book.add_worksheet()
        for n, row in enumerate(rows):
            page.write_row(n, 0, row)
    return out.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        "URN,Name\r\n900001,Zoë O’Neill\r\n".encode(),
        "\ufeffURN,Name\n900001,Zoë O’Neill\n".encode(),
        "URN;Name\r\n900001;Zoë O’Neill\r\n".encode("cp1252"),
        "URN\tName\n\n900001\tZoë O’Neill".encode("utf-16"),
        xlsx(["URN", "Name"], [900001, "Zoë O’Neill"]),
    ],
    ids=["utf-8", "bom", "cp1252 semicolon", "utf-16 tab", "xlsx"],
)
def test_every_way_a_spreadsheet_saves_reads_the_same(content: bytes) -> None:
    table = tabular.read("contacts", content)
    assert table.header == ("URN", "Name")
    assert [row.cells for row in table.rows] == [("900001", "Zoë O’Neill")]


def test_lines_are_those_of_the_file_when_cells_run_over_lines_and_lines_are_empty() -> None:
    table = tabular.read("x.csv", b'URN,Name\n1,"two\nlines"\n\n2,b\n3\n')
    assert [(row.line, row.cells) for row in table.rows] == [
        (2, ("1", "two\nlines")),
        (5, ("2", "b")),
        (6, ("3", "")),
    ]


def _bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"<x/>")
        archive.writestr("xl/worksheets/sheet1.xml", b" " * (workbooks.MOST_UNPACKED_BYTES + 1))
    return out.getvalue()


def _zip(name: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(name, b"hello")
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b" \r\n ", "empty"),
        (b",,\n,,\n", "empty"),
        (b"URN,Name\n", "nothing below it"),
        (b"URN,Name\n1,\x81\x8d\n", "Save it as 'CSV UTF-8'"),
        (b"%PDF-1.7\x00\x01", "a PDF and no spreadsheet"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 100, "old Excel"),
        (b"PK\x03\x04 and no more", "damaged"),
        (_zip("letter.txt"), "not a CSV or XLSX"),
        (_zip("xl/workbook.xml"), "damaged"),
        (xlsx(["URN", "Name"], [1, "x" * 10])[:-200], "damaged"),
        (_bomb(), "too large once unpacked"),
        (b"a" * (workbooks.MOST_BYTES + 1), "larger than 10 MB"),
        (b"URN\n" + b"1\n" * (workbooks.MOST_LINES + 1), "more than 40,000 lines"),
        (b"," * 300 + b"x\n1\n", "301 columns"),
        (b'URN,Name\n1,"' + b"x" * 200_000 + b'"\n', "Line 2 could not be read"),
        (b"\xff\xfeU", "could not be read"),
    ],
)
def test_a_bad_file_is_refused_in_words(content: bytes, words: str) -> None:
    with pytest.raises(CannotRead, match=words):
        tabular.read("contacts.csv", content)


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    bomb = _bomb()
    assert len(bomb) < 200_000
    began = time.process_time()
    with pytest.raises(CannotRead):
        tabular.read("contacts.xlsx", bomb)
    assert time.process_time() - began < 0.5


def test_ten_thousand_lines_of_xlsx_are_read() -> None:
    table = tabular.read("x.xlsx", xlsx(["URN", "Email"], *([n, f"a{n}@b.example"] for n in range(10_000))))
    assert len(table.rows) == 10_000
    assert table.rows[-1].line == 10_001


FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1")


def test_csv_out_never_starts_a_cell_with_a_formula() -> None:
    written = "".join(
        tabular.write_csv(["=a", "n"], [[text, -1] for text in FORMULAS] + [["Redmere", None]], end="")
    )
    rows = list(csv.reader(io.StringIO(written.removeprefix("\ufeff"), newline="")))
    assert [row[0] for row in rows] == ["'=a", *("'" + text for text in FORMULAS), "Redmere"]
    assert [row[1] for row in rows] == ["n", *["-1"] * 6, ""]


def test_xlsx_out_holds_no_formula_and_reads_back() -> None:
    written = tabular.write_book([("Sheet1", ["Name", "Pupils"], [["=1+1", 3], ["https://a.example", None]])])
    page = openpyxl.load_workbook(io.BytesIO(written)).worksheets[0]
    assert [[cell.value for cell in row] for row in page.rows] == [
        ["Name", "Pupils"],
        ["=1+1", 3],
        ["https://a.example", None],
        ["End of the list. A file without this line was cut off.", None],
    ]
    assert page["A2"].data_type == "s"
    assert page["A3"].hyperlink is None


def test_a_csv_begins_with_its_heads_and_ends_with_its_notice() -> None:
    """As any program reads it; a workbook has the notice on top, and keeps the heads in sight below it."""
    rows = [["URN", "School"], [123, "Alder"], [456, "Birch"]]
    written = "".join(tabular.write_csv((), iter(rows), notice="Not for publication: small numbers."))
    *told, last = csv.DictReader(io.StringIO(written.removeprefix("\ufeff")))
    assert told == [{"URN": "123", "School": "Alder"}, {"URN": "456", "School": "Birch"}]
    assert (
        last["URN"]
        == "End of the list. A file without this line was cut off. Not for publication: small numbers."
    )
    assert "".join(tabular.write_csv((), iter(rows[:1]), end="")) == "\ufeffURN,School\r\n"
    book = tabular.write_book([("Gaps", (), iter(rows))], notice="Not for publication: small numbers.")
    page = openpyxl.load_workbook(io.BytesIO(book)).worksheets[0]
    assert page.freeze_panes == "A3" and [page.cell(n, 1).font.b for n in (1, 2, 3)] == [False, True, False]
