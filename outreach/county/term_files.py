"""Files of term dates as lines: a workbook, a calendar, a CSV or plain text, as an authority gives them away."""

import re
from dataclasses import dataclass

from outreach.county.term_lines import LONGEST_PASTED, says_what
from outreach.ground import from_outside, workbooks
from outreach.ground.errors import Refusal
from outreach.ground.wording import count, day_short
from outreach.post.incoming import calendar_parts

KINDS = ".csv,.xlsx,.ics,.txt"
_NO_TEXT = re.compile(rb"[\x00-\x08\x0e-\x1f]|^%PDF|^\s*<(?:!doctype|html)", re.IGNORECASE)
_MARKS = ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"\xef\xbb\xbf", "utf-8-sig"))


class NoTermFile(Refusal):
    """The file is none from which term dates can be read; the text says what to do about it."""

    field = "file"


@dataclass(frozen=True, kw_only=True)
class FileLines:
    """A file as lines that `term_lines.read_lines` reads. `passed_over`: entries of a calendar that are of no term."""

    text: str
    passed_over: tuple[str, ...] = ()


def lines_of(content: bytes) -> FileLines:
    """The content decides, not the name. Raises NoTermFile and, of a workbook, CannotRead."""
    if len(content) > workbooks.MOST_BYTES:
        raise NoTermFile("This file is larger than 10 MB. Nothing was changed.")
    if content[:4] in (b"PK\x03\x04", b"\xd0\xcf\x11\xe0"):
        return _bounded(FileLines(text="\n".join(_of_workbook(content))))
    if b"BEGIN:VCALENDAR" in content[:4000].upper():
        return _bounded(_of_calendar(content))
    encoding = next((name for mark, name in _MARKS if content.startswith(mark)), "")
    if not encoding and _NO_TEXT.search(content[:4000]):
        raise NoTermFile(
            "Term dates cannot be read from this file. Give a CSV, an Excel workbook (.xlsx), a calendar (.ics) or "
            "plain text, or paste the dates. Nothing was changed."
        )
    return _bounded(FileLines(text=from_outside.text_of(content, encoding or "utf-8")))


def _bounded(lines: FileLines) -> FileLines:
    if not lines.text.strip():
        raise NoTermFile("There is nothing in this file. Nothing was changed.")
    if len(lines.text) > LONGEST_PASTED:
        raise NoTermFile(
            f"This file has more than {LONGEST_PASTED:,} characters, and term dates have few. "
            "Nothing was changed."
        )
    return lines


def _of_workbook(content: bytes) -> list[str]:
    """A line for each line of each sheet, its cells parted by tabs: a table keeps its columns."""
    return [
        "\t".join(" ".join(cell.split()) for cell in cells).rstrip()
        for sheet in workbooks.read(content)
        for _, cells in sheet.lines()
    ]


def _of_calendar(content: bytes) -> FileLines:
    """A line for each entry that says what it is; parents' evenings and the like are passed over, and named."""
    lines, passed_over = [], []
    for entry in sorted(calendar_parts.days(content), key=lambda entry: (entry.first, entry.last)):
        several = entry.last > entry.first
        days = f"{entry.first:%-d %B %Y}" + (f" to {entry.last:%-d %B %Y}" if several else "")
        if says_what(entry.summary, span=several):
            lines.append(f"{entry.summary}: {days}")
        else:
            passed_over.append(f"{entry.summary or 'no name'}, {day_short(entry.first)}")
    if not lines:
        raise NoTermFile(
            f"This calendar has {count(len(passed_over), 'entry', 'entries')}, and none is called a term, a half term "
            "or an INSET day. Nothing was changed."
        )
    return FileLines(text="\n".join(lines), passed_over=tuple(passed_over))
