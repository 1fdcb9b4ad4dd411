"""Large CSV files from the world, read line by line: whatever their encoding, and one bad line never loses
another.

A small table that a person made is read by tabular.py; this is for registers of 50 MB and more.
"""

import codecs
import csv
import io
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

from outreach.ground.errors import Refusal
from outreach.ground.from_outside import LONGEST, clean

LONGEST_LINE = 200_000
"""Characters. A line of the register has some thousand; one without end would fill the memory."""

MOST_LINES = 200_000
"""The register of England has 53,000."""

MOST_UNREADABLE = 10_000
"""Lines that are left out; a file with more of them is another."""

Progress = Callable[[int, int], None]
"""Called now and then with about how many bytes were read since it was called last, and how many lines by now."""


def no_progress(_read: int, _lines: int) -> None:
    pass


class TooManyLines(Refusal):
    """A file with more lines than any that is meant, or with more that cannot be read."""

    field = "file"


@dataclass(frozen=True, kw_only=True)
class Unreadable:
    """A line that was left out: its number in the file as an editor counts, and why."""

    number: int
    reason: str


class CsvFile:
    """One CSV file: `header` holds its column names, folded by `fold`; [] when it is empty. `unreadable`
    grows by `leave_out`. `name` is the file's own, where it is known. Raises TooManyLines while it is read.

    UTF-8 when all of it is, with or without a byte order mark, else cp1252; UTF-16 only with its
    mark. Cells are parted by a comma, or by the semicolon or tab that a spreadsheet put in its place.
    """

    def __init__(self, source: IO[bytes], name: str = "", *, most_lines: int = MOST_LINES) -> None:
        self._source = source
        self.name = name
        self._encoding = _encoding_of(source)
        self.most_lines = most_lines
        self.unreadable: list[Unreadable] = []
        with _text(source, self._encoding) as text:
            first = clean(text.readline(LONGEST_LINE))
        self.delimiter = max(",;\t", key=first.count)
        try:
            row = next(csv.reader([first], delimiter=self.delimiter), [])
        except csv.Error:
            row = []
        self.header = [fold(name) for name in row]

    def leave_out(self, number: int, reason: str) -> None:
        self.unreadable.append(Unreadable(number=number, reason=reason))
        if len(self.unreadable) > MOST_UNREADABLE:
            first = self.unreadable[0]
            raise TooManyLines(
                f"More than {MOST_UNREADABLE:,} lines of this file cannot be read. Nothing was changed. The first is "
                f"line {first.number}: {first.reason}."
            )

    def rows(self, progress: Progress = no_progress) -> Iterator[tuple[int, list[str]]]:
        """Each line with its number, the header's first; lines with nothing in them are left out.

        Surplus values at the end of a line belong to the last column: a search export of the register has a
        list there without quotes. A narrower line is put down in `unreadable`. A quote that is never closed
        would swallow the lines that follow: so a row may span a few lines only, and one of several lines
        that comes out too wide or too narrow gives back all but its first.
        """
        with _text(self._source, self._encoding) as text:
            lines = _Lines(text)
            reader = csv.reader(lines, delimiter=self.delimiter)
            number, read, report_at = 1, 0, 0
            while True:
                try:
                    row = next(reader)
                except StopIteration:
                    progress(read, number)
                    return
                except (csv.Error, _Runaway):
                    row = None
                width = len(self.header)
                if row is not None and len(row) > width > 0 and len(lines.row) == 1:
                    row[width - 1 :] = [f"{self.delimiter} ".join(filter(None, row[width - 1 :]))]
                if row is None or len(row) != width:
                    reason = self._fault(row) if len(lines.row[0]) < LONGEST_LINE else "it is too long"
                    lines.give_back()
                    if reason:
                        self.leave_out(number, reason)
                elif any(row):
                    yield number, [cell[:LONGEST] for cell in row] if len(lines.row[0]) > LONGEST else row
                number += len(lines.row)
                if number > self.most_lines:
                    raise TooManyLines(
                        f"This file has more than {self.most_lines:,} lines. Nothing was changed. Leave out what is "
                        "not needed."
                    )
                read += sum(map(len, lines.row))
                lines.row = []
                if number >= report_at:
                    progress(read, number)
                    read, report_at = 0, number + 500

    def _fault(self, row: list[str] | None) -> str:
        if row is None:
            return "a quotation mark is opened and not closed"
        if not any(cell.strip() for cell in row):
            return ""
        return f"it has {len(row)} values where the first line has {len(self.header)}"


class _Runaway(Exception):
    """A row that goes on for too many lines."""


class _Lines:
    """The lines of a text for a csv.reader: `row` holds those it took for the row in hand."""

    SPAN = 10

    def __init__(self, text: io.TextIOBase) -> None:
        self._text = text
        self._again: deque[str] = deque()
        self.row: list[str] = []

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        if len(self.row) >= self.SPAN:
            raise _Runaway
        line = self._again.popleft() if self._again else self._read()
        line = clean(line)
        self.row.append(line)
        if len(line) >= LONGEST_LINE:
            raise _Runaway
        return line

    def _read(self) -> str:
        """The next line; of one that is longer than any of a register its beginning alone."""
        line = self._text.readline(LONGEST_LINE)
        if not line:
            raise StopIteration
        rest = line
        while len(rest) == LONGEST_LINE and rest[-1] not in "\r\n":
            rest = self._text.readline(LONGEST_LINE)
        return line

    def give_back(self) -> None:
        """All lines of the row in hand but the first are read again."""
        self._again.extendleft(reversed(self.row[1:]))
        del self.row[1:]


@contextmanager
def _text(source: IO[bytes], encoding: str) -> Iterator[io.TextIOWrapper]:
    """A file as text from its beginning; it stays open afterwards."""
    source.seek(0)
    text = io.TextIOWrapper(source, encoding=encoding, errors="replace", newline="")
    try:
        yield text
    finally:
        text.detach()


def _encoding_of(source: IO[bytes]) -> str:
    source.seek(0)
    head = source.read(3)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if head == codecs.BOM_UTF8:
        return "utf-8-sig"
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        decoder.decode(head)
        while block := source.read(1 << 20):
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def fold(name: str) -> str:
    """A column's name without the chance of case and spaces."""
    return " ".join(name.split()).casefold()
