"""Files of term dates: the same dates as CSV, workbook, calendar and text are read as the same terms."""

import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from outreach.county import term_files
from outreach.county.term_files import NoTermFile
from outreach.county.term_lines import read_lines, undivided
from outreach.ground import tabular

Dates = tuple[list[tuple[date, date]], list[date]]


def years(published: Path) -> list[Dates]:
    """Terms of an authority, and its INSET days, by academic year."""
    told = json.loads((published / "calendar" / "oxfordshire_term_dates.json").read_text(encoding="utf-8"))
    return [
        (
            [(date.fromisoformat(first), date.fromisoformat(last)) for first, last in year["terms"]],
            [date.fromisoformat(day) for day in year["countywide_inset"]],
        )
        for year in told["years"]
    ]


def csv(dates: Dates) -> bytes:
    lines = [f"Term {n},{first:%d/%m/%Y},{last:%d/%m/%Y}" for n, (first, last) in enumerate(dates[0], 1)]
    return "\r\n".join(
        ["Term,First day,Last day", *lines, *(f"INSET,{d:%d/%m/%Y}" for d in dates[1])]
    ).encode()


def workbook(dates: Dates) -> bytes:
    rows = [(f"Term {n}", first, last) for n, (first, last) in enumerate(dates[0], 1)]
    rows += [("INSET day", day, "") for day in dates[1]]
    return tabular.write_book([("Terms", ("Term", "First day", "Last day"), rows)], end="")


def text(dates: Dates) -> bytes:
    lines = [
        f"Term {n}: {first:%A} {first.day} {first:%B} to {last:%A} {last.day} {last:%B %Y}"
        for n, (first, last) in enumerate(dates[0], 1)
    ]
    lines += [f"INSET day: {day.day} {day:%B %Y}" for day in dates[1]]
    return "\n".join(lines).encode("utf-16")


def calendar(dates: Dates) -> bytes:
    """As a calendar has it: whole terms, with the half terms in them as entries of their own."""
    entries = []
    for n in range(0, len(dates[0]), 2):
        (first, before), (after, last) = dates[0][n : n + 2]
        entries.append((f"{('Autumn', 'Spring', 'Summer')[n // 2]} term", first, last))
        entries.append(("Half term holiday", before + timedelta(days=1), after - timedelta(days=1)))
    entries += [("Staff training day", day, day) for day in dates[1]]
    entries.append(("Carol service", dates[0][0][0], dates[0][0][0]))
    events = [
        f"BEGIN:VEVENT\r\nDTSTART;VALUE=DATE:{first:%Y%m%d}\r\nDTEND;VALUE=DATE:{last + timedelta(days=1):%Y%m%d}\r\n"
        f"SUMMARY:{said}\r\nEND:VEVENT\r\n"
        for said, first, last in entries
    ]
    return f"BEGIN:VCALENDAR\r\n{''.join(events)}END:VCALENDAR\r\n".encode()


@pytest.mark.parametrize("written", [csv, workbook, text, calendar])
def test_a_published_year_is_read_from_each_kind_of_file(
    published: Path, written: Callable[[Dates], bytes]
) -> None:
    for dates in years(published):
        sent = term_files.lines_of(written(dates))
        lines, problems = read_lines(sent.text)
        assert problems == []
        assert sorted((x.first, x.last) for x in lines if x.is_term) == dates[0]
        assert sorted(x.first for x in lines if not x.is_term) == dates[1]
        assert undivided(lines) == []
        assert len(sent.passed_over) == (written is calendar)


def test_ends_of_entries_are_read_as_calendars_mean_them() -> None:
    def of(lines: str) -> str:
        event = f"BEGIN:VEVENT\r\nSUMMARY:Term\r\n{lines}\r\nEND:VEVENT\r\n"
        return term_files.lines_of(f"BEGIN:VCALENDAR\r\n{event}END:VCALENDAR\r\n".encode()).text

    assert of("DTSTART;VALUE=DATE:20270104\r\nDURATION:P40D") == "Term: 4 January 2027 to 12 February 2027"
    assert (
        of("DTSTART:20270104T090000Z\r\nDTEND:20270213T000000Z") == "Term: 4 January 2027 to 12 February 2027"
    )
    assert of("DTSTART:20270607T083000\r\nDTEND:20270721T150000") == "Term: 7 June 2027 to 21 July 2027"
    # What says no length is that day; a single day called a term is left to the reader of lines to refuse.
    assert of("DTSTART;VALUE=DATE:20270104") == "Term: 4 January 2027"
    with pytest.raises(NoTermFile):
        of("DTSTART;VALUE=DATE:20271399")


def test_only_a_term_that_is_too_long_lacks_its_half_term() -> None:
    lines, _ = read_lines(
        "1 September 2026 to 18 December 2026\n4 January 2027 to 12 February 2027\n12 April 2027 to 21 July 2027"
    )
    assert [(u.first, u.usual) for u in undivided(lines)] == [
        (date(2026, 9, 1), date(2026, 10, 26)),
        (date(2027, 4, 12), date(2027, 5, 31)),
    ]
    divided, _ = read_lines("1 September 2026 to 18 December 2026\nHalf term: 26 to 30 October 2026")
    assert undivided(divided) == []
