"""CSV and XLSX in and out, safely: limits on what comes in, no live formula in what goes out. Pure.

A table comes in as its header and its rows, each with the line it stands on in the file, so that a
person can be told where to look. Nothing in a file is ever computed or followed.
"""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from xml.etree.ElementTree import ParseError

import openpyxl
import xlsxwriter
from openpyxl.utils.exceptions import InvalidFileException

from outreach.ground.errors import Refusal

MOST_BYTES = 10 * 1024 * 1024
MOST_UNPACKED_BYTES = 60 * 1024 * 1024
MOST_ROWS = 20_000
MOST_COLUMNS = 200

WHOLE = "A file without this line was cut off."

XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class CannotRead(Refusal):
    """The file is no table that we read; the text says what to do about it."""

    field = "file"


class NoSuchColumn(Refusal):
    """A column that is needed is not in the file."""

    field = "file"


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

    def column(self, *names: str) -> int | None:
        """Where the column with one of these names stands, earlier names preferred; case, spaces and marks are no matter."""
        written = [_plain(cell) for cell in self.header]
        for name in names:
            if _plain(name) in written:
                return written.index(_plain(name))
        return None

    def needed(self, *names: str) -> int:
        """As `column`, but raises NoSuchColumn, naming the first of the names."""
        where = self.column(*names)
        if where is None:
            raise NoSuchColumn(
                f"This file has no column '{names[0]}'. Nothing was changed. Its columns are: "
                f"{', '.join(repr(h) for h in self.header if h) or 'none'}."
            )
        return where


def read(filename: str, content: bytes) -> Table:
    """The table in a CSV (UTF-8, with or without BOM, or cp1252; ',' ';' or tab) or the first sheet of an XLSX.

    The content decides, not the name. Raises CannotRead in words.
    """
    if not content.strip():
        raise CannotRead("This file is empty. Nothing was changed.")
    if len(content) > MOST_BYTES:
        raise CannotRead(f"This file is larger than {MOST_BYTES // 1024 // 1024} MB. Nothing was changed.")
    if content[:4] == b"PK\x03\x04":
        lines: Iterable[tuple[int, Sequence[str]]] = _xlsx_lines(content)
    elif content[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        raise CannotRead(
            "This is an old Excel file (.xls) or one with a password. Save it as .xlsx without a password, or as CSV. Nothing was changed."
        )
    else:
        lines = _csv_lines(_decode(content))
    return _table(lines)


def write_csv(
    header: Sequence[str], rows: Iterable[Sequence[Any]], *, end: str = "the list"
) -> Iterator[str]:
    """CSV, line by line, CRLF. A cell that a spreadsheet would take for a formula gets a ' in front.

    The last line says that the file is whole: the end of `end`, or what the rows themselves end with where that is ''.
    """
    yield "\ufeff" + _csv_line(header)
    for row in rows:
        yield _csv_line(row)
    if end:
        yield _csv_line(end_line(end))


def end_line(what: str) -> list[str]:
    """The line that tells a whole file from one that was cut off: of 'the report', of 'the list: 94 schools'."""
    return [f"End of {what}. {WHOLE}"]


def write_xlsx(header: Sequence[str], rows: Iterable[Sequence[Any]], *, sheet: str = "Sheet1") -> bytes:
    """A workbook of one sheet, its head frozen; strings stay strings, dates are real dates."""
    return write_book([(sheet, header, rows)])


def write_book(sheets: Iterable[tuple[str, Sequence[str], Iterable[Sequence[Any]]]]) -> bytes:
    """A workbook of sheets, (name, header, rows) each; as `write_xlsx`."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(
        out,
        {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "remove_timezone": True},
    )
    bold, as_date = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd"})
    for name, header, rows in sheets:
        page = book.add_worksheet(re.sub(r"[\[\]:*?/\\']", " ", name)[:31])
        for column, title in enumerate(header):
            page.write_string(0, column, title, bold)
        for line, row in enumerate(rows, 1):
            for column, value in enumerate(row):
                if isinstance(value, date) and not isinstance(value, datetime):
                    page.write_datetime(line, column, datetime(value.year, value.month, value.day), as_date)
                else:
                    page.write(line, column, value)
        page.freeze_panes(1, 0)
    book.close()
    return out.getvalue()


def _table(lines: Iterable[tuple[int, Sequence[str]]]) -> Table:
    header: tuple[str, ...] | None = None
    rows = []
    for line, cells in lines:
        trimmed = _trim(cells)
        if not trimmed:
            continue
        if len(trimmed) > MOST_COLUMNS:
            raise CannotRead(
                f"Line {line} has {len(trimmed)} columns; at most {MOST_COLUMNS} are read. Nothing was changed."
            )
        if header is None:
            header = trimmed
            continue
        if len(trimmed) == 1 and trimmed[0].endswith(WHOLE):  # one of our own files, filled in and brought back
            continue
        if len(rows) == MOST_ROWS:
            raise CannotRead(
                f"This file has more than {MOST_ROWS:,} lines. Cut it in parts. Nothing was changed."
            )
        rows.append(Row(line=line, cells=trimmed + ("",) * (len(header) - len(trimmed))))
    if header is None:
        raise CannotRead("This file is empty. Nothing was changed.")
    if not rows:
        raise CannotRead("This file has a line of column names and nothing below it. Nothing was changed.")
    return Table(header=header, rows=tuple(rows))


def _trim(cells: Sequence[str]) -> tuple[str, ...]:
    """The cells without the empty ones that a spreadsheet adds at the end of a line."""
    kept = [cell.strip() for cell in cells]
    while kept and not kept[-1]:
        kept.pop()
    return tuple(kept)


def _decode(content: bytes) -> str:
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        try:
            return content.decode("utf-16")
        except UnicodeDecodeError as error:
            raise CannotRead("This file could not be read as text. Save it as CSV UTF-8.") from error
    if b"\x00" in content:
        raise CannotRead("This is not a CSV or XLSX file. Nothing was changed.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        # cp1252 leaves five bytes undefined: a file that holds one is no cp1252 text.
        try:
            return content.decode("cp1252")
        except UnicodeDecodeError as error:
            raise CannotRead(
                "The letters in this file could not be read. Save it as 'CSV UTF-8' and try again. Nothing was changed."
            ) from error


def _csv_lines(text: str) -> Iterator[tuple[int, Sequence[str]]]:
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    before = 0
    try:
        for cells in reader:
            # A quoted cell may run over lines: the row is known by the one it starts on.
            yield before + 1, cells
            before = reader.line_num
    except csv.Error as error:
        raise CannotRead(f"Line {reader.line_num} could not be read. Nothing was changed.") from error


def _xlsx_lines(content: bytes) -> Iterator[tuple[int, Sequence[str]]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(part.file_size for part in archive.infolist()) > MOST_UNPACKED_BYTES:
                raise CannotRead("This workbook is too large once unpacked. Nothing was changed.")
            if not any(part.filename == "xl/workbook.xml" for part in archive.infolist()):
                raise CannotRead("This is not a CSV or XLSX file. Nothing was changed.")
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
        try:
            sheet = book.worksheets[0]
            sheet.reset_dimensions()
            for line, cells in enumerate(sheet.iter_rows(values_only=True, max_col=MOST_COLUMNS), 1):
                if line > MOST_ROWS * 2:
                    raise CannotRead(f"This file has more than {MOST_ROWS:,} lines. Nothing was changed.")
                yield line, [_cell_text(value) for value in cells]
        finally:
            book.close()
    except CannotRead:
        raise
    except (
        zipfile.BadZipFile, InvalidFileException, ParseError, KeyError, IndexError, ValueError, TypeError,
        AttributeError, EOFError, OSError, NotImplementedError, RuntimeError,
    ) as error:  # fmt: skip
        raise CannotRead(
            "This workbook is damaged or has a password. Open it, save it as .xlsx and try again. Nothing was changed."
        ) from error


def _cell_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d}" if value.time().isoformat() == "00:00:00" else value.isoformat(" ")
    return str(value)


def _plain(name: str) -> str:
    """A column's name without case, spaces and marks: 'E-mail address' and 'email_address' are one."""
    return re.sub(r"[^0-9a-z]", "", name.casefold())


def _csv_line(cells: Sequence[Any]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow([_inert(cell) for cell in cells])
    return out.getvalue()


def _inert(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r", "\n"):
        return "'" + value
    return value
