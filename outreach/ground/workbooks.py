"""Spreadsheets in, every sheet of them, within bounds: of cells, width, depth, text, memory and processor
time. Pure.

A file is read once and comes out packed: lines of cells as text, a few bytes for each, so that what was read
can be kept and gone through again without the file. Nothing in it is ever computed or followed. What bounds
hold, for every kind of file: 10 MB as sent; 40,000 lines that say anything, 200 columns, three million cells,
32,767 characters in a cell (Excel's own); two seconds of processor. A file within 60 MB of memory above rest:
text goes through in pieces, and a workbook's list of texts, which cells point into, is the only thing held
whole.
"""

import codecs
import csv
import io
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import unescape
from typing import IO, Any
from xml.parsers import expat

from outreach.ground import clock
from outreach.ground.errors import Refusal
from outreach.ground.from_outside import clean

MOST_BYTES = 10 * 1024 * 1024
MOST_LINES = 40_000
MOST_COLUMNS = 200
MOST_SHEETS = 60
MOST_CELLS = 3_000_000
LONGEST_CELL = 32_767
MOST_TEXTS = 250_000
"""Different texts of one workbook, and below how many characters they may have together."""
MOST_CHARACTERS = 12_000_000
MOST_PACKED = 12 * 1024 * 1024
MOST_UNPACKED_BYTES = 150 * 1024 * 1024
DEEPEST = 40
WIDEST = 16_384
"""Cells of one line that are looked at, empty ones too: as many as a sheet of Excel has columns."""
LONGEST_LINE = 2_000_000
"""Characters of one line with all its marks."""
MOST_DIRECTORY = 256 * 1024
"""Bytes of a zip's own list of what is in it: thousands of parts, where a workbook has some dozen."""
MOST_SECONDS = 1.9

WHOLE = "A file without this line was cut off."
"""What the last line of our own files says: filled in and brought back, that line is none of the list."""

_CELL, _LINE = "\x1f", "\x1e"
_HIDDEN = "\x1d"
"""Before a cell of a hidden column; a hidden line has a number below 0."""
_PIECE = 1 << 16
_PACE = 64


class CannotRead(Refusal):
    """The file is no table that we read; the text says what to do about it."""

    field = "file"


@dataclass(frozen=True, kw_only=True)
class Merged:
    """Cells made one: lines and columns, both ends in it; columns count from 0."""

    first_line: int
    last_line: int
    first_column: int
    last_column: int


@dataclass(frozen=True, kw_only=True)
class Hidden:
    """What of a sheet says something and is hidden: how many lines, and which columns, counted from 0. `whole`: nothing
    of the sheet is seen."""

    lines: int
    columns: tuple[int, ...]
    whole: bool


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """One sheet as it was read. `count` lines that are not hidden say anything; `packed` holds all of them; a CSV is
    one sheet without a name."""

    name: str
    count: int
    width: int
    packed: bytes
    merged: tuple[Merged, ...] = ()

    def lines(self, *, hidden: bool = False) -> Iterator[tuple[int, list[str]]]:
        """Each line that says anything: its number, counted from 1 as the file shows it, and its cells,
        trimmed; those that are `hidden`, too, or not.

        Cells that were made one over several lines say the same in each of them.
        """
        down = sorted((m for m in self.merged if m.last_line > m.first_line), key=lambda m: m.first_line)
        at, open_now, said = 0, [], {}
        for number, cells, some_hidden in _unpacked(self.packed):
            line = abs(number)
            while at < len(down) and down[at].first_line <= line:
                open_now.append(down[at])
                at += 1
            if open_now:
                open_now = [m for m in open_now if m.last_line >= line]
                for m in open_now:
                    column = m.first_column
                    if m.first_line == line:
                        said[m] = cells[column] if column < len(cells) else ""
                    elif said.get(m):
                        cells.extend([""] * (column + 1 - len(cells)))
                        cells[column] = cells[column] or said[m]
            if some_hidden:
                cells = [
                    cell if cell[:1] != _HIDDEN else cell.removeprefix(_HIDDEN) if hidden else ""
                    for cell in cells
                ]
            if hidden or (number > 0 and (not some_hidden or any(cells))):
                yield line, cells

    def hidden(self) -> Hidden:
        lines, columns = 0, set[int]()
        for line, cells, some_hidden in _unpacked(self.packed):
            lines += line < 0
            if some_hidden:
                columns.update(at for at, cell in enumerate(cells) if cell[:1] == _HIDDEN)
        return Hidden(lines=lines, columns=tuple(sorted(columns)), whole=not self.count and lines > 0)


def read(content: bytes) -> tuple[Sheet, ...]:
    """The sheets of an XLSX, or the one table of a CSV. The content decides, not the name. Raises CannotRead,
    in words.

    CSV: UTF-8 with or without its mark, UTF-16, or cp1252; parted by comma, semicolon, tab or bar.
    """
    if not content.strip():
        raise CannotRead("This file is empty. Nothing was changed.")
    if len(content) > MOST_BYTES:
        raise CannotRead(f"This file is larger than {MOST_BYTES // 1024 // 1024} MB. Nothing was changed.")
    bounds = _Bounds()
    if content[:4] == b"PK\x03\x04":
        sheets = _workbook(content, bounds)
    elif content[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        raise CannotRead(
            "This is an old Excel file (.xls) or one with a password. Save it as .xlsx without a "
            "password, or as CSV. Nothing was changed."
        )
    else:
        _no_other_file(content)
        sheets = (_csv(content, bounds),)
    if not any(sheet.count for sheet in sheets):
        if any(sheet.hidden().lines or sheet.hidden().columns for sheet in sheets):
            raise CannotRead(
                "Everything in this workbook is hidden. Unhide it and try again. Nothing was changed."
            )
        raise CannotRead("This file is empty. Nothing was changed.")
    return sheets


def first_sheet(content: bytes) -> Sheet:
    """The first sheet that says anything, of a file that is read without a choice. Raises CannotRead, in words, also
    where something in it is hidden."""
    sheet = next(sheet for sheet in read(content) if sheet.count)
    hidden = sheet.hidden()
    if hidden.lines or hidden.columns:
        raise CannotRead(
            f"Sheet ‘{sheet.name}’ has hidden {'rows' if hidden.lines else 'columns'}. Unhide or delete them and try "
            "again. Nothing was changed."
        )
    return sheet


class Clock:
    """Processor time that work on one file may take. Raises CannotRead where it would be too much."""

    def __init__(self, most: float = MOST_SECONDS) -> None:
        self._began, self._most = clock.processor_seconds(), most

    def time(self) -> None:
        if clock.processor_seconds() - self._began > self._most:
            raise CannotRead(
                "This file takes too long to read: it holds more than a list needs. Copy the list alone "
                "into a new workbook, or save it as CSV. Nothing was changed."
            )


class _Bounds(Clock):
    """What one file has used up of what it may. Raises CannotRead where it would be too much."""

    def __init__(self) -> None:
        super().__init__()
        self._cells = self._lines = self._packed = 0

    def cells(self, number: int) -> None:
        self._cells += number
        if self._cells > MOST_CELLS:
            raise CannotRead(
                f"This file has more than {MOST_CELLS:,} cells. Cut it in parts. Nothing was changed."
            )

    def line(self) -> None:
        self._lines += 1
        if self._lines > MOST_LINES:
            raise CannotRead(
                f"This file has more than {MOST_LINES:,} lines. Cut it in parts. Nothing was changed."
            )
        if not self._lines % _PACE:
            self.time()

    def packed(self, size: int) -> None:
        self._packed += size
        if self._packed > MOST_PACKED:
            raise CannotRead(
                "This file holds more text than is read at once. Cut it in parts. Nothing was changed."
            )


class _Packing:
    """Lines put down one after the other, packed as they come."""

    def __init__(self, bounds: _Bounds) -> None:
        self._bounds = bounds
        self._deflate = zlib.compressobj(1)
        self._waiting: list[str] = []
        self._size = 0
        self._pieces: list[bytes] = []
        self.count = self.width = 0

    def put(
        self,
        line: int,
        cells: Sequence[str],
        where: str,
        *,
        hidden: bool = False,
        aside: Collection[int] = (),
    ) -> None:
        """One line, without the empty cells that a spreadsheet adds at its end. One without anything is left
        out. `aside`: the columns that are hidden."""
        kept = list(map(str.strip, cells))
        while kept and not kept[-1]:
            kept.pop()
        if not kept or (len(kept) == 1 and WHOLE in kept[0]):
            return
        if len(kept) > MOST_COLUMNS:
            raise CannotRead(
                f"{where} has {len(kept):,} columns; at most {MOST_COLUMNS} are read. Nothing was changed."
            )
        text = _CELL.join(kept)
        if text.count(_CELL) != len(kept) - 1 or _LINE in text or _HIDDEN in text:
            kept = [re.sub(f"[{_CELL}{_LINE}{_HIDDEN}]", " ", cell) for cell in kept]
            text = _CELL.join(kept)
        if len(text) > LONGEST_CELL and max(map(len, kept)) > LONGEST_CELL:
            raise CannotRead(
                f"{where} has a cell of more than {LONGEST_CELL:,} characters. Nothing was changed."
            )
        self._bounds.line()
        self.width = max(self.width, len(kept))
        seen = not hidden
        if aside:
            seen = not hidden and any(cell and at not in aside for at, cell in enumerate(kept))
            text = _CELL.join(
                _HIDDEN + cell if cell and at in aside else cell for at, cell in enumerate(kept)
            )
        self.count += seen
        self._waiting.append(f"{-line if hidden else line}{_CELL}{text}{_LINE}")
        self._size += len(text)
        if self._size > _PIECE:
            self._flush()

    def sheet(self, name: str, merged: Sequence[Merged] = ()) -> Sheet:
        self._flush()
        self._pieces.append(self._deflate.flush())
        self._bounds.packed(len(self._pieces[-1]))
        return Sheet(
            name=name, count=self.count, width=self.width, packed=b"".join(self._pieces), merged=tuple(merged)
        )

    def _flush(self) -> None:
        piece = self._deflate.compress("".join(self._waiting).encode("utf-8", "replace"))
        self._bounds.packed(len(piece))
        self._bounds.time()
        self._pieces.append(piece)
        self._waiting, self._size = [], 0


def _unpacked(packed: bytes) -> Iterator[tuple[int, list[str], bool]]:
    """Each line as it was put down, and whether cells of hidden columns are in it."""
    inflate, rest = zlib.decompressobj(), ""
    decoder = codecs.getincrementaldecoder("utf-8")()
    waiting = packed
    while waiting or not inflate.eof:
        piece = inflate.decompress(waiting, _PIECE)
        waiting = inflate.unconsumed_tail
        *whole, rest = (rest + decoder.decode(piece)).split(_LINE)
        for text in whole:
            line, *cells = text.split(_CELL)
            yield int(line), cells, _HIDDEN in text
        if not piece and not waiting:
            return


_OTHERS = (
    (rb"<[a-z!?]", "a web page", "Open it in Excel, save it as .xlsx and try again."),
    (rb"%pdf-", "a PDF", "Ask for the list behind it as .xlsx or CSV."),
    (rb"\x89png|\xff\xd8\xff|gif8", "a picture", "Ask for the list behind it as .xlsx or CSV."),
    (rb"\{\\rtf", "a text document", "Copy its table into Excel, save it as .xlsx and try again."),
    (rb"\{\s*[\"}]|\[\s*[\[{]", "a JSON file", "Save the list as .xlsx or CSV and try again."),
)


def _no_other_file(content: bytes) -> None:
    """By how it begins, whatever its name says: else it would come in as a list of one strange column."""
    begins = content[:200].removeprefix(codecs.BOM_UTF8).lstrip().lower()
    for begin, what, then in _OTHERS:
        if re.match(begin, begins):
            raise CannotRead(f"This is {what} and no spreadsheet. {then} Nothing was changed.")


# A workbook: a zip of XML. Numbers, texts and dates are read; formulas by the value that was kept of them.


def _workbook(content: bytes, bounds: _Bounds) -> tuple[Sheet, ...]:
    end = content.rfind(b"PK\x05\x06")
    if end >= 0 and int.from_bytes(content[end + 12 : end + 16], "little") > MOST_DIRECTORY:
        raise CannotRead("This workbook has far too many parts. Nothing was changed.")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return _sheets(archive, bounds)
    except (
        zipfile.BadZipFile,
        zlib.error,
        expat.ExpatError,
        KeyError,
        IndexError,
        ValueError,
        EOFError,
        OSError,
        NotImplementedError,
        RuntimeError,
        OverflowError,
    ) as error:
        raise CannotRead(
            "This workbook is damaged or has a password. Open it, save it as .xlsx and try again. Nothing was changed."
        ) from error


def _sheets(archive: zipfile.ZipFile, bounds: _Bounds) -> tuple[Sheet, ...]:
    names = {part.filename.lower(): part.filename for part in archive.infolist()}
    if sum(part.file_size for part in archive.infolist()) > MOST_UNPACKED_BYTES:
        raise CannotRead("This workbook is too large once unpacked. Nothing was changed.")
    if "content.xml" in names or "xl/workbook.bin" in names:
        raise CannotRead(
            "This is a spreadsheet of another kind. Save it as .xlsx or as CSV and try again. Nothing was changed."
        )
    if any(name.endswith("vbaproject.bin") for name in names):
        raise CannotRead(
            "This workbook holds macros (.xlsm). Save it as .xlsx, which leaves them out, and try again. Nothing was "
            "changed."
        )
    if "xl/workbook.xml" not in names:
        raise CannotRead("This is not a CSV or XLSX file. Nothing was changed.")
    book = _Book()
    with archive.open(names["xl/workbook.xml"]) as part:
        _parsed(part, book.start, None, None, bounds)
    with archive.open(names["xl/_rels/workbook.xml.rels"]) as part:
        _parsed(part, book.related, None, None, bounds)
    if "xl/styles.xml" in names:
        with archive.open(names["xl/styles.xml"]) as part:
            _parsed(part, book.style, book.style_ended, None, bounds)
    texts = _Texts()
    shared = book.parts.get("shared", "xl/sharedstrings.xml").lower()
    if shared in names:
        with archive.open(names[shared]) as part:
            _parsed(part, texts.start, texts.end, texts.chars, bounds)
    found: list[Sheet] = []
    for name, target, hidden in book.sheets():
        if target.lower() not in names:
            continue
        if len(found) == MOST_SHEETS:
            raise CannotRead(f"This workbook has more than {MOST_SHEETS} sheets. Nothing was changed.")
        with archive.open(names[target.lower()]) as part:
            found.append(_SheetReader(name, texts.all, book, bounds, hidden=hidden).read(part))
    return tuple(found)


_Start = Callable[[str, dict[str, str]], object]
_End = Callable[[str], object] | None
_Chars = Callable[[str], object] | None


def _parsed(part: IO[bytes], start: _Start, end: _End, chars: _Chars, bounds: _Bounds) -> None:
    parser = _parser(start, end, chars)
    while piece := part.read(_PIECE):
        parser.Parse(piece, False)
        bounds.time()
    parser.Parse(b"", True)


def _parser(start: _Start, end: _End, chars: _Chars) -> expat.XMLParserType:
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = chars
    parser.StartDoctypeDeclHandler = _no_doctype
    return parser


def _no_doctype(*_declared: object) -> None:
    """No spreadsheet has one; with it a few letters could stand for very many."""
    raise ValueError("a document type is declared")


def _local(tag: str) -> str:
    return tag.rpartition(":")[2]


class _Book:
    """What the workbook's own parts say: sheets in order, where each stands, which formats are dates."""

    def __init__(self) -> None:
        self._named: list[tuple[str, str, bool]] = []
        self._targets: dict[str, str] = {}
        self.parts: dict[str, str] = {}
        self.from_1904 = False
        self._formats: dict[str, str] = {}
        self._in_cells = False
        self._styles: list[str] = []

    def start(self, tag: str, said: dict[str, str]) -> None:
        local = _local(tag)
        if local == "sheet":
            key = next((value for name, value in said.items() if _local(name) == "id" and ":" in name), "")
            hidden = said.get("state", "") in ("hidden", "veryHidden")
            self._named.append((said.get("name", "")[:100], key, hidden))
            if len(self._named) > 10 * MOST_SHEETS:
                raise CannotRead(f"This workbook has more than {MOST_SHEETS} sheets. Nothing was changed.")
        elif local == "workbookPr":
            self.from_1904 = said.get("date1904") in ("1", "true", "on")

    def related(self, tag: str, said: dict[str, str]) -> None:
        if _local(tag) != "Relationship" or len(self._targets) > 20 * MOST_SHEETS:
            return
        target = said.get("Target", "")
        path = target.lstrip("/") if target.startswith("/") else f"xl/{target.removeprefix('./')}"
        kind = said.get("Type", "").rpartition("/")[2]
        if kind == "worksheet":
            self._targets[said.get("Id", "")] = path
        elif kind == "sharedStrings":
            self.parts["shared"] = path

    def style(self, tag: str, said: dict[str, str]) -> None:
        local = _local(tag)
        if local == "numFmt" and len(self._formats) < 5_000:
            self._formats[said.get("numFmtId", "")] = said.get("formatCode", "")[:500]
        elif local == "cellXfs":
            self._in_cells = True
        elif local == "xf" and self._in_cells and len(self._styles) < 100_000:
            self._styles.append(said.get("numFmtId", "0"))

    def style_ended(self, tag: str) -> None:
        if _local(tag) == "cellXfs":
            self._in_cells = False

    def sheets(self) -> list[tuple[str, str, bool]]:
        """Each sheet's name, where it stands, and whether it is hidden."""
        return [
            (name, self._targets[key], hidden) for name, key, hidden in self._named if key in self._targets
        ]

    def dates(self) -> frozenset[str]:
        """The styles, by number, that show a number as a date or a time of day."""
        return frozenset(str(n) for n, key in enumerate(self._styles) if self._is_date(key))

    def _is_date(self, key: str) -> bool:
        if key.isdecimal() and (14 <= int(key) <= 22 or 27 <= int(key) <= 36 or 50 <= int(key) <= 58):
            return True
        code = re.sub(r'"[^"]*"|\[[^\[\]]*\]|\\.', "", self._formats.get(key, "")).casefold()
        return "y" in code or ("d" in code and "m" in code) or ("h" in code and "m" in code)


class _Texts:
    """The workbook's list of texts, which its cells point into. Notes on how to say a word are no part of
    it."""

    def __init__(self) -> None:
        self.all: list[str] = []
        self._parts: list[str] = []
        self._depth = self._size = 0
        self._in_text = self._aside = False

    def start(self, tag: str, _said: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise ValueError("too deep")
        local = _local(tag)
        if local == "t":
            self._in_text = not self._aside
        elif local == "rPh":
            self._aside = True
        elif local == "si":
            self._parts = []

    def end(self, tag: str) -> None:
        self._depth -= 1
        local = _local(tag)
        if local == "t":
            self._in_text = False
        elif local == "rPh":
            self._aside = False
        elif local == "si":
            text = _unescaped("".join(self._parts))
            self._size += len(text)
            if len(self.all) >= MOST_TEXTS or self._size > MOST_CHARACTERS:
                raise CannotRead(
                    "This workbook holds more text than is read at once. Cut it in parts. Nothing was changed."
                )
            self.all.append(text)

    def chars(self, text: str) -> None:
        if self._in_text:
            self._size += len(text)
            if self._size > 2 * MOST_CHARACTERS:
                raise CannotRead(
                    "This workbook holds more text than is read at once. Cut it in parts. Nothing was changed."
                )
            self._parts.append(text)


_PLAIN_CELL = re.compile(
    r'<c r="([A-Z]{1,3})[0-9]{1,7}"([^<>]*?)(?:/>|>(?:<f>[^<]*</f>)?'
    r"(?:<v ?/>|(?:<v>|<is><t[^<>]*>)([^<]*)(?:</v>|</t></is>))?</c>)"
)
_ESCAPED = re.compile("_x([0-9A-F]{4})_")
_ROW_LINE = re.compile(r'<row [^<>]*?\br="([0-9]{1,7})"')
_MARKS = re.compile(r'\b(\w+)="([^"]*)"')
_HIDDEN_ROW = re.compile(r'<row [^<>]*?\b(?:hidden="(?:1|true)"|ht="0(?:\.0*)?")')
_COLUMN = re.compile("<col ([^<>]*)")
_SHARED = ("s", False, True)
_MERGE = re.compile(r'<mergeCell ref="([A-Z]{1,3})([0-9]{1,7}):([A-Z]{1,3})([0-9]{1,7})"')


class _SheetReader:
    """One sheet. Its lines as nearly every program writes them are cut out of the text as they stand, which
    is three times as quick; a line that is written in any other way, and a sheet whose marks have another
    form, go through the parser."""

    def __init__(
        self, name: str, texts: list[str], book: _Book, bounds: _Bounds, *, hidden: bool = False
    ) -> None:
        self._name, self._texts, self._bounds = name, texts, bounds
        self._hidden, self._hidden_row = hidden, hidden
        self._hidden_columns: set[int] = set()
        self._packing = _Packing(bounds)
        self._dates, self._from_1904 = book.dates(), book.from_1904
        self._line = 0
        self._kinds: dict[str, tuple[str, bool, bool]] = {}
        self._columns: dict[str, int] = {}
        self._merged: list[Merged] = []

    def read(self, part: IO[bytes]) -> Sheet:
        head = part.read(_PIECE)
        plain = b"<!" not in head and (b"<sheetData>" in head or b"<sheetData/>" in head)
        if plain and not re.search(rb"encoding=[\"'](?!utf-8)", head[:200], re.I):
            self._plainly(head, part)
        else:
            self._parsed(head, part)
        return self._packing.sheet(self._name, self._merged)

    def _plainly(self, head: bytes, part: IO[bytes]) -> None:
        decoder = codecs.getincrementaldecoder("utf-8-sig")()
        text = decoder.decode(head)
        begins = text.index("<sheetData")
        for marks in _COLUMN.findall(text, 0, begins):
            self._hide(dict(_MARKS.findall(marks)))
        text = text[begins:]
        ended = False
        while not ended:
            *rows, text = text.split("</row>")
            for row in rows:
                self._row(row)
            if len(text) > LONGEST_LINE:
                raise CannotRead(self._too_wide())
            # An empty line may close itself: what follows the last whole line is kept, or is the end of the
            # lines.
            ended = "</sheetData>" in text or "<sheetData/>" in text
            if not ended:
                piece = part.read(_PIECE)
                if not piece:
                    raise EOFError("a sheet without an end")
                text += decoder.decode(piece)
            self._bounds.time()
        self._merges(text, decoder, part)

    def _merges(self, text: str, decoder: codecs.IncrementalDecoder, part: IO[bytes]) -> None:
        """What follows the lines, to the end: which cells were made one; a damaged sheet shows here."""
        while True:
            for a, line, b, last in _MERGE.findall(text):
                self._merge(a, int(line), b, int(last))
            cut = text.rfind("<", -200)
            text = text[cut:] if cut > 0 and ">" not in text[cut:] else ""
            piece = part.read(_PIECE)
            if not piece:
                return
            text += decoder.decode(piece)
            self._bounds.time()

    def _merge(self, first: str, line: int, last: str, last_line: int) -> None:
        if last_line > line and len(self._merged) < 20_000 and self._column(first) < MOST_COLUMNS:
            self._merged.append(
                Merged(
                    first_line=line,
                    last_line=last_line,
                    first_column=self._column(first),
                    last_column=self._column(last),
                )
            )

    def _hide(self, said: Mapping[str, str]) -> None:
        """Columns by their marks, where they are hidden."""
        if _is_hidden(said, "width"):
            first, last = int(said["min"]), int(said["max"])
            self._hidden_columns.update(range(first - 1, min(last, MOST_COLUMNS)))

    def _row(self, text: str) -> None:
        """One line, as it stands in the file up to its end mark."""
        start = text.rfind("<row")
        found = _PLAIN_CELL.findall(text, start)
        if len(found) != text.count("<c", start) or "<!" in text:
            return self._parsed_row(text[start:])
        line = _ROW_LINE.match(text, start)
        self._line = int(line[1]) if line else self._line + 1
        if not found:
            return None
        self._hidden_row = self._hidden or _HIDDEN_ROW.match(text, start) is not None
        self._bounds.cells(len(found))
        if len(found) > WIDEST:
            raise CannotRead(self._too_wide())
        kinds, texts = self._kinds, self._texts
        for said in {said for _, said, _ in found} - kinds.keys():
            self._kind(said)
        values = [
            texts[int(value)] if kinds[said] is _SHARED and value else self._value(value, *kinds[said])
            for _, said, value in found
        ]
        # Nearly always every cell is there, from the first column on.
        whole = self._column(found[0][0]) == 0 and self._column(found[-1][0]) == len(found) - 1
        cells = values if whole else self._placed([letters for letters, _, _ in found], values)
        self._put(cells)
        return None

    def _put(self, cells: Sequence[str]) -> None:
        self._packing.put(
            self._line, cells, self._where(), hidden=self._hidden_row, aside=self._hidden_columns
        )

    def _placed(self, letters: Sequence[str], values: Sequence[str]) -> list[str]:
        """Values at the columns they stand in."""
        cells: list[str] = []
        for at, value in zip(map(self._column, letters), values, strict=True):
            if not value:
                continue
            if at < len(cells):
                raise ValueError("cells out of order")
            cells.extend([""] * (at - len(cells)))
            cells.append(value)
        return cells

    def _parsed_row(self, text: str) -> None:
        parser = _parser(*self._handlers())
        parser.Parse(b"<lines>", False)
        parser.Parse(f"{text}</row></lines>".encode(), True)

    def _parsed(self, head: bytes, part: IO[bytes]) -> None:
        parser, piece = _parser(*self._handlers()), head
        while piece:
            parser.Parse(piece, False)
            self._bounds.time()
            piece = part.read(_PIECE)
        parser.Parse(b"", True)

    def _handlers(self) -> tuple[_Start, _End, _Chars]:
        """What the parser calls: lines and cells of any form, and which cells were made one."""
        cells: list[str] = []
        parts: list[str] = []
        state = {"depth": 0, "at": -1, "size": 0, "cells": 0}
        now: dict[str, Any] = {"kind": ("", False, False), "reading": False, "aside": False}

        def start(tag: str, said: dict[str, str]) -> None:
            state["depth"] += 1
            if state["depth"] > DEEPEST:
                raise CannotRead("This workbook is built too deep to be a list. Nothing was changed.")
            local = _local(tag)
            if local == "row":
                cells.clear()
                state["at"], state["cells"] = -1, 0
                self._line = int(said.get("r") or self._line + 1)
                self._hidden_row = self._hidden or _is_hidden(said, "ht")
            elif local == "col":
                self._hide(said)
            elif local == "c":
                ref = re.match("[A-Z]{1,3}", said.get("r", ""))
                state["at"] = self._column(ref[0]) if ref else state["at"] + 1
                state["cells"] += 1
                self._bounds.cells(1)
                if state["cells"] > WIDEST:
                    raise CannotRead(self._too_wide())
                now["kind"] = (said.get("t", ""), said.get("s", "") in self._dates, False)
                parts.clear()
                state["size"] = 0
            elif local in ("v", "t"):
                now["reading"] = not now["aside"]
            elif local == "rPh":
                now["aside"] = True
            elif local == "mergeCell":
                found = _MERGE.match(f'<mergeCell ref="{said.get("ref", "")}"')
                if found:
                    self._merge(found[1], int(found[2]), found[3], int(found[4]))

        def end(tag: str) -> None:
            state["depth"] -= 1
            local = _local(tag)
            if local in ("v", "t"):
                now["reading"] = False
            elif local == "rPh":
                now["aside"] = False
            elif local == "c" and parts:
                value = self._value("".join(parts), *now["kind"])
                if state["at"] < len(cells):
                    raise ValueError("cells out of order")
                cells.extend([""] * (state["at"] - len(cells)))
                cells.append(value)
            elif local == "row":
                self._put(cells)

        def chars(text: str) -> None:
            if now["reading"]:
                state["size"] += len(text)
                if state["size"] > LONGEST_CELL:
                    raise CannotRead(
                        f"{self._where()} has a cell of more than {LONGEST_CELL:,} characters. Nothing was changed."
                    )
                parts.append(text)

        return start, end, chars

    def _value(self, text: str, kind: str, is_date: bool, escaped: bool) -> str:
        if not text:
            return ""
        if kind == "s":
            return self._texts[int(text)]
        if kind not in ("", "n"):
            return _unescaped(unescape(text) if escaped and "&" in text else text)
        return self._day(text) if is_date else _number(text)

    def _kind(self, said: str) -> None:
        """(type, is a date, as it stands in the file) of a cell, by its marks as written; few are
        different."""
        if len(self._kinds) > 10_000:
            raise ValueError("no two cells alike")
        marks = dict(_MARKS.findall(said))
        kind = marks.get("t", "")
        is_date = kind in ("", "n") and marks.get("s", "") in self._dates
        self._kinds[said] = _SHARED if kind == "s" else (kind, is_date, True)

    def _column(self, letters: str) -> int:
        found = self._columns.get(letters)
        if found is None:
            found = 0
            for letter in letters:
                found = found * 26 + ord(letter) - 64
            found -= 1
            self._columns[letters] = found
        return found

    def _day(self, value: str) -> str:
        """A number of days as the date that it shows, a part of one as the time of day; what is no such number as it
        stands."""
        try:
            days = float(value)
            since = datetime(1904, 1, 1) if self._from_1904 else datetime(1899, 12, 30)
            at = since + timedelta(seconds=round(days * 86_400))
        except (ValueError, OverflowError):
            return value
        if 0 < days < 1:
            return f"{at:%H:%M}"
        return f"{at:%Y-%m-%d}" if (at.hour, at.minute) == (0, 0) else f"{at:%Y-%m-%d %H:%M}"

    def _where(self) -> str:
        return f"Line {self._line} of sheet ‘{self._name}’"

    def _too_wide(self) -> str:
        return (
            f"{self._where()} is far too wide: at most {MOST_COLUMNS} columns are read. Nothing was changed."
        )


def _is_hidden(said: Mapping[str, str], size: str) -> bool:
    """Whether a row or column is hidden by its marks: it says so, or has no `size`."""
    return said.get("hidden") in ("1", "true") or re.fullmatch(r"0(?:\.0*)?", said.get(size, "")) is not None


def _unescaped(text: str) -> str:
    """A text as it is meant: Excel writes some characters by their number, as ‘_x000D_’."""
    return clean(_ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text)


def _number(value: str) -> str:
    """A number as people write it: ‘115482’ for ‘115482.0’ and for ‘1.15482E5’."""
    if "." not in value and "E" not in value and "e" not in value:
        return value
    try:
        number = float(value)
        return str(int(number)) if number.is_integer() and abs(number) < 1e15 else value
    except (ValueError, OverflowError):
        return value


# A CSV: text, whatever its letters and whatever parts its cells.


def _csv(content: bytes, bounds: _Bounds) -> Sheet:
    encoding = _encoding(content)
    parted = _parted(content, encoding)
    packing = _Packing(bounds)
    lines = _physical(content, encoding)
    reader = csv.reader(lines, delimiter=parted, strict=False)
    before = 0
    try:
        for cells in reader:
            # A quoted cell may run over lines: the line is known by the one it starts on.
            bounds.cells(len(cells))
            if not (before == 0 and len(cells) == 2 and cells[0].casefold() == "sep=") and not (
                before == 0 and len(cells) == 1 and cells[0].casefold().startswith("sep=")
            ):
                packing.put(before + 1, [_typed(cell) for cell in cells], f"Line {before + 1}")
            before = reader.line_num
    except csv.Error as error:
        raise CannotRead(
            f"Line {before + 1} could not be read: a quotation mark is opened and not closed. Nothing was changed."
        ) from error
    except UnicodeDecodeError as error:
        raise CannotRead("This file could not be read as text. Save it as CSV UTF-8.") from error
    return packing.sheet("")


def _typed(cell: str) -> str:
    """A cell without the mark that our own files put before what a spreadsheet would take for a formula."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in ("=", "+", "-", "@") else cell


def _physical(content: bytes, encoding: str) -> Iterator[str]:
    with io.TextIOWrapper(io.BytesIO(content), encoding=encoding, newline="") as text:
        number = 0
        while line := text.readline(LONGEST_LINE + 1):
            number += 1
            if len(line) > LONGEST_LINE or (
                len(line) > WIDEST and max(line.count(mark) for mark in ",;\t|") > WIDEST
            ):
                raise CannotRead(
                    f"Line {number} is far too wide: at most {MOST_COLUMNS} columns are read. Nothing was changed."
                )
            yield clean(line)


def _parted(content: bytes, encoding: str) -> str:
    """What parts the cells: the mark by which most of the first lines come out equally wide, and more than
    one wide."""
    first: list[str] = []
    try:
        for line in _physical(content, encoding):
            first.append(line[:5_000])
            if len(first) == 100:
                break
    except UnicodeDecodeError as error:
        raise CannotRead("This file could not be read as text. Save it as CSV UTF-8.") from error
    told = re.fullmatch(r"\s*\"?sep=(.)\"?\s*", first[0], re.IGNORECASE) if first else None
    if told:
        return told[1]

    def even(mark: str) -> tuple[int, int]:
        try:
            widths = Counter(len(row) for row in csv.reader(first, delimiter=mark) if len(row) > 1)
        except csv.Error:
            return 0, 0
        if not widths:
            return 0, 0
        width, lines = max(widths.items(), key=lambda item: (item[1], item[0]))
        return lines * min(width, 4), width

    return max(",;\t|", key=even)


def _encoding(content: bytes) -> str:
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    if b"\x00" in content:
        if content[1:200:2].count(b"\x00") > 80 or (len(content) < 200 and not content[1::2].strip(b"\x00")):
            return "utf-16-le"
        raise CannotRead("This is not a CSV or XLSX file. Nothing was changed.")
    for encoding in ("utf-8-sig", "cp1252"):
        # cp1252 leaves five bytes undefined: a file that holds one is no cp1252 text.
        decoder = codecs.getincrementaldecoder(encoding)()
        try:
            for at in range(0, len(content), 1 << 20):
                decoder.decode(content[at : at + (1 << 20)], final=at + (1 << 20) >= len(content))
            return encoding
        except UnicodeDecodeError:
            continue
    raise CannotRead(
        "The letters in this file could not be read. Save it as 'CSV UTF-8' and try again. Nothing was changed."
    )
