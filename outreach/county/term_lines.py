"""Term dates and INSET days as people paste them. Pure."""

import re
from dataclasses import dataclass
from datetime import date

from outreach.ground.errors import Refusal

MOST_LINES = 200
YEARS = range(2000, 2100)
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
DATE = re.compile(
    r"(?P<iso>\b\d{4}-\d{1,2}-\d{1,2}\b)"
    r"|(?P<figures>\b\d{1,2}[/.]\d{1,2}[/.]\d{4}\b)"
    r"|(?P<words>\b\d{1,2}(?:st|nd|rd|th)?\s+[A-Za-z]{3,9}\.?,?\s+\d{4}\b)"
)

HALF_A_DATE = re.compile(rf"\d\s*(?:{'|'.join(MONTHS)})|\d[/.-]\d", re.IGNORECASE)


class NotADate(Refusal):
    """A line names a day that no calendar has, or a year far away."""


@dataclass(frozen=True, kw_only=True)
class TermLine:
    """One pasted line: two different days are a term, one day is an INSET day (first == last)."""

    number: int
    first: date
    last: date
    is_term: bool


def read_lines(text: str) -> tuple[list[TermLine], list[tuple[int, str]]]:
    """The terms and INSET days in pasted text or CSV, and (line number, what is wrong) of the rest. Pure.

    Dates as 2027-01-04, 04/01/2027 or 4 January 2027, a weekday's name before it is no matter. Empty
    lines, and a line of headings without any figure, are passed over.
    """
    lines: list[TermLine] = []
    problems: list[tuple[int, str]] = []
    for number, said in enumerate(text.lstrip("\ufeff").splitlines(), start=1):
        if number > MOST_LINES:
            problems.append((number, f"{MOST_LINES} lines at most can be read at once."))
            break
        if not re.search(r"\d", said):
            continue
        try:
            days = days_in(said)
        except NotADate as refusal:
            problems.append((number, refusal.message))
            continue
        if len(days) not in (1, 2):
            problems.append(
                (number, "write the first and the last day of a term, or one INSET day, with its year.")
            )
            continue
        is_term = len(days) == 2 and not (days[0] == days[1] and "inset" in said.lower())
        lines.append(TermLine(number=number, first=days[0], last=days[-1], is_term=is_term))
    return lines, problems


def days_in(said: str) -> list[date]:
    """The dates in one line, in order: 2027-01-04, 04/01/2027 or 4 January 2027. Raises NotADate."""
    days = []
    for match in DATE.finditer(said):
        try:
            if match["iso"]:
                year, month, day = (int(part) for part in match["iso"].split("-"))
            elif match["figures"]:
                day, month, year = (int(part) for part in re.split(r"[/.]", match["figures"]))
            else:
                day_said, month_said, year_said = match["words"].split()
                month = MONTHS.index(month_said[:3].lower()) + 1
                day, year = int(re.sub(r"\D", "", day_said)), int(year_said)
            if year not in YEARS:
                raise ValueError
            days.append(date(year, month, day))
        except ValueError as error:
            raise NotADate(f"'{match[0]}' is not a date.") from error
    if HALF_A_DATE.search(DATE.sub(" ", said)):
        raise NotADate("write each date with its day, month and four-figure year.")
    return days
