"""History of the whole partnership: searched by person, school, kind and day, and taken out as a list."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import g, render_template, request, url_for

from outreach.county import organisations
from outreach.ground import clock, history
from outreach.ground.errors import Refusal
from outreach.ground.history import Asked, History
from outreach.ground.row_numbers import row_numbers
from outreach.ground.timespans import day_of, end_of_day
from outreach.ground.typed_days import Which, read_day
from outreach.web import downloads
from outreach.web.coordinator import history_words
from outreach.web.coordinator.as_of import page_asked
from outreach.web.gate import coordinator, coordinators_only

PAGE = 50
BOXES = ("who", "about", "kind", "first", "last")


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A deed as it is shown. `address`: of what it is about, where that has a page."""

    row: History
    about: str
    address: str
    words: str


@coordinator.get("/history")
@coordinators_only
def partnership_history() -> Any:
    typed, left_out = _typed(), list[str]()
    asked = _asked(typed, left_out)
    how_many = history.how_many(asked)
    pages = max(1, -(-how_many // PAGE))
    page = page_asked(pages, left_out)
    rows = history.found(asked, first=(page - 1) * PAGE, most=PAGE)
    return render_template(
        "coordinator/history.html",
        entries=_entries(rows),
        typed=typed,
        kinds=list(history_words.KINDS.items()),
        how_many=how_many,
        page=page,
        pages=pages,
        left_out=left_out,
        here=_here,
        words=history_words,
    )


@coordinator.get("/history.csv")
@coordinators_only
def partnership_history_csv() -> Any:
    """All that was found, the newest first."""
    rows = _lines(_asked(_typed(), []))
    return downloads.csv_file("history.csv", history_words.COLUMNS, rows, end="the history")


def _lines(asked: Asked) -> Iterator[Sequence[Any]]:
    part: list[History] = []
    for row in history.in_turn(asked):
        part.append(row)
        if len(part) == PAGE * 10:
            yield from map(_line, _entries(part))
            part = []
    yield from map(_line, _entries(part))


def _line(entry: Entry) -> Sequence[Any]:
    row = entry.row
    kind = history_words.kind_of(row.subject)
    told = (history_words.plain(row.before), history_words.plain(row.after))
    return (row.id, row.recorded_at, row.who, row.what, kind, entry.about, *told)


def _entries(rows: Sequence[History]) -> list[Entry]:
    """With the names of the schools and bodies that they are about; one query."""
    numbers = row_numbers(row.subject_id for row in rows if row.subject in history_words.OF_SCHOOLS)
    names = {of.organisation_id: of.name for of in organisations.known(numbers)}
    return [_entry(row, names) for row in rows]


def _entry(row: History, names: Mapping[int, str]) -> Entry:
    of_booking = row.subject == "booking"
    return Entry(
        row=row,
        about=history_words.about(row, names),
        address=url_for("coordinator.booking", reference=row.subject_id) if of_booking else "",
        words=history_words.told(row),
    )


def _typed() -> dict[str, str]:
    return {name: request.args.get(name, "").strip()[:200] for name in BOXES}


def _here(endpoint: str = "coordinator.partnership_history", page: int = 1) -> str:
    told: dict[str, Any] = {name: value or None for name, value in _typed().items()}
    return url_for(endpoint, page=page if page > 1 else None, **told)


def _asked(typed: Mapping[str, str], left_out: list[str]) -> Asked:
    first, last = (_day(typed[name], left_out) for name in ("first", "last"))
    return Asked(
        partnership_id=g.partnership.id,
        who=typed["who"],
        subject=typed["kind"] if typed["kind"] in history_words.KINDS else "",
        about=_about(typed["about"]) if typed["about"] else None,
        since=first and end_of_day(first - timedelta(days=1)),
        until=last and end_of_day(last),
    )


def _about(typed: str) -> list[tuple[str, str]]:
    """A booking by its reference; schools and bodies by number or part of a name."""
    schools = organisations.numbers_like(typed, g.partnership.id)
    of_schools = [(kind, str(number)) for kind in history_words.OF_SCHOOLS for number in schools]
    return [("booking", typed.upper()), *of_schools]


def _day(typed: str, left_out: list[str]) -> Any:
    if not typed:
        return None
    try:
        return read_day(typed, today=day_of(clock.now()), which=Which.LAST)
    except Refusal as no:
        left_out.append(f"‘{typed[:40]}’ was left out. {no.message}")
        return None
