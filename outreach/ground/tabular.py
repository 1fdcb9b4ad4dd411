"""Tables as CSV and XLSX: one comes in as its header and rows, within the bounds of workbooks.py; none that
goes out holds a live formula. Pure."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain
from typing import Any

from outreach.ground import workbooks
from outreach.ground.timespans import local
from outreach.ground.workbooks import WHOLE, CannotRead

XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of a table. `line` counts from 1 as the file shows it, the header included."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Table:
    """What a file held: its column names as written, its rows; empty lines are left out."""

    header: tuple[str, ...]
    rows: tuple[Row, ...]


def read(_filename: str, content: bytes) -> Table:
    """The one table in a CSV, or in the first sheet of an XLSX that holds anything; the content decides, not
    the name.

    Raises CannotRead in words.
    """
    (_, header), *rows = workbooks.first_sheet(content).lines()
    if not rows:
        raise CannotRead("This file has a line of column names and nothing below it. Nothing was changed.")
    return Table(
        header=tuple(header),
        rows=tuple(
            Row(line=line, cells=(*cells, *[""] * (len(header) - len(cells)))) for line, cells in rows
        ),
    )


def write_csv(
    header: Sequence[str], rows: Iterable[Sequence[Any]], *, notice: str = "", end: str = "the list"
) -> Iterator[str]:
    """CSV, line by line, CRLF. A cell that a spreadsheet would take for a formula gets a ' in front; an instant is ISO
    8601 by the wall clock, with its zone.

    It begins with its heads: `header`, or the first of the rows where that is empty. The last line says that the
    file is whole (the end of `end`, or what the rows themselves end with where that is ''), and then the `notice`.
    """
    lines = chain(rows, [end_line(end)] if end else [])
    yield "\ufeff" + _csv_line(header or next(lines, ()))
    for last in lines:
        for row in lines:
            yield _csv_line(last)
            last = row
        yield _csv_line([f"{last[0]} {notice}", *last[1:]] if notice else last)


def end_line(what: str) -> list[str]:
    """The line that tells a whole file from one that was cut off: of 'the report', of 'the list: 94
    schools'."""
    return [f"End of {what}. {WHOLE}"]


def write_book(
    sheets: Iterable[tuple[str, Sequence[str], Iterable[Sequence[Any]]]],
    *,
    notice: str = "",
    end: str = "the list",
) -> bytes:
    """A workbook of sheets, (name, header, rows) each, its heads bold and frozen, below the `notice` if there is one;
    strings stay strings, dates are real dates. Heads, times and `end` as `write_csv`; the last line of the last
    sheet is the end line."""
    import xlsxwriter  # late: few requests write a workbook

    out = io.BytesIO()
    book = xlsxwriter.Workbook(
        out,
        {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False},
    )
    bold, as_date = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd"})
    line = 0
    for name, header, rows in sheets:
        page = book.add_worksheet(re.sub(r"[\[\]:*?/\\']", " ", name)[:31])
        lines = iter(rows)
        line = 1 if notice else 0
        if notice:
            page.write_string(0, 0, notice)
        for column, title in enumerate(header or next(lines, ())):
            page.write_string(line, column, title, bold)
        page.freeze_panes(line + 1, 0)
        for row in lines:
            line += 1
            for column, value in enumerate(row):
                if isinstance(value, datetime):
                    page.write_string(line, column, _iso(value))
                elif isinstance(value, date):
                    page.write_datetime(line, column, datetime(value.year, value.month, value.day), as_date)
                else:
                    page.write(line, column, value)
    if end:
        book.worksheets()[-1].write_row(line + 1, 0, end_line(end))
    book.close()
    return out.getvalue()


def _iso(instant: datetime) -> str:
    return local(instant).isoformat(timespec="seconds")


def _csv_line(cells: Sequence[Any]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow([_inert(cell) for cell in cells])
    return out.getvalue()


def _inert(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return _iso(value)
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r", "\n"):
        return "'" + value
    return value
