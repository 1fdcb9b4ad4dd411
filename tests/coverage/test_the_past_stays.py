"""What coverage reads is changed today, column by column as the models have them, and no earlier day changes.

A table that coverage begins to read, and a column that one of these tables gets, fails here until it is said
how its past is kept: rows that are only added and dated, a change that carries its own date, or why it moves
nothing.
"""

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from random_year import RandomYear
from sqlalchemy import (
    Boolean,
    Date,
    DateTime,
    Float,
    Integer,
    LargeBinary,
    Numeric,
    Table,
    Time,
    event,
    insert,
    select,
    update,
)
from sqlalchemy.exc import DBAPIError

import make
from how_many import some_of
from outreach.asking.chasing import settings as chasing
from outreach.asking.chasing.settings import Schedule
from outreach.coverage import standings
from outreach.coverage.board import concerns
from outreach.ground.db import Names, db, transaction
from outreach.ground.school_year import STAFF
from outreach.tour.programmes import Programme
from worlds import World

TODAY = datetime(2028, 3, 1, 12, tzinfo=UTC)
DAYS = (date(2027, 1, 20), date(2027, 4, 30), date(2027, 7, 15), date(2027, 12, 1))

DATED = {
    "organisation_record": "recorded_at",
    "correction": "recorded_at",
    "succession": "recorded_at",
    "own_number": "recorded_at",
    "target_decision": "recorded_at",
    "programme_target": "recorded_at",
    "booking_revision": "recorded_at",
    "cancellation": "recorded_at",
    "visit_report": "recorded_at",
    "report_withdrawal": "recorded_at",
    "counted_share": "recorded_at",
    "authority_covered": "recorded_at",
    "answer": "recorded_at",
    "form_begun": "recorded_at",
    "invitation": "recorded_at",
    "booking_handover": "recorded_at",
    "proposal_move": "recorded_at",
    "history": "recorded_at",
}
"""Tables whose rows are only added: a change today is one more row, dated today."""

OF_A_ROW = {
    "promised_pupils": "the numbers of a booking_revision, put down with it",
    "reported_attendance": "the numbers of a company's visit_report, put down with it; the database refuses a change",
    "reported_pupils": "the numbers of a visit_report, put down with it; the database refuses a change",
}

NOW = "is set once, to the instant at which it happens"
NEVER = "is written when the row is made, and by nothing afterwards"
CHANGED: dict[str, dict[str, str]] = {
    "programme": {"academic_year": NEVER, "for_adults": NEVER, "partnership_id": NEVER},
    "organisation": {"kind": NEVER, "partnership_id": NEVER},
    "programme_copy": {"programme_id": NEVER, "from_programme_id": NEVER},
    "authority": {
        "la_code": "is the row's key; authority_covered dates whose it is",
        "partnership_id": "authority_covered dates it",
    },
    "booking": {
        "programme_id": NEVER,
        "performance_id": NEVER,
        "created_at": NEVER,
        "catch_up": NEVER,
        "organisation_id": "booking_handover dates it",
    },
    "absence": {
        "programme_id": NEVER,
        "organisation_id": NEVER,
        "year_group": NEVER,
        "kind": NEVER,
        "pupils": NEVER,
        "day": NEVER,
        "recorded_at": NEVER,
        "withdrawn_at": NOW,
        "withdrawn_by": "is set with withdrawn_at",
    },
    "performance": {
        "programme_id": NEVER,
        "starts_at": "booking_revision dates it; after the end the database refuses a move",
    },
    "contact": {
        "organisation_id": NEVER,
        "partnership_id": NEVER,
        "address": NEVER,
        "created_at": NEVER,
        "ended_at": NOW,
    },
    "training_session": {"performance_id": NEVER},
    "dead_address": {"address": NEVER, "recorded_at": NEVER, "ended_at": NOW},
    "letter": {"handed_at": NOW},
    "proposal": {
        "programme_id": NEVER,
        "organisation_id": NEVER,
        "recorded_at": NEVER,
        "reply_by": "proposal_move dates it",
        "ended_at": NOW,
        "ended_as": "is set with ended_at",
    },
    "paper_letter": {"programme_id": NEVER, "organisation_id": NEVER},
    "paper_posting": {
        "paper_letter_id": NEVER,
        "posted_at": NEVER,
        "recorded_at": NEVER,
        "withdrawn_at": NOW,
        "withdrawn_by": "is set with withdrawn_at",
    },
}
"""Columns on which a past day rests though their rows change, and how each is kept. All others are changed,
and move nothing."""


def busy_year() -> Programme:
    with transaction():
        return played(RandomYear(11, busy=True, schools=8))


def busy_training() -> Programme:
    """For schools and bodies."""
    with transaction():
        return played(RandomYear(11, busy=True, schools=4, bodies=5, for_adults=True))


def played(year: RandomYear) -> Programme:
    year.play()
    make.counted_share(year.county, 0.5)
    chasing.settle(
        year.programme, Schedule(first_after_days=40), who="Priya", now=datetime(2027, 1, 2, tzinfo=UTC)
    )
    at = datetime(2026, 12, 1, 10, tzinfo=UTC)  # two thirds were counted: seen by half, part seen by all
    promised, came = (
        ({STAFF: 300}, {STAFF: 200})
        if year.programme.for_adults
        else (
            {8: 150, 9: 150},
            {8: 100, 9: 100},
        )
    )
    booking = make.booking(make.show(year.programme, make.school(number_of_pupils=1050), at), promised)
    make.report(booking, "school", at + timedelta(hours=4), came)
    return year.programme


@pytest.fixture(params=["play", "training"])
def programme(request: pytest.FixtureRequest, world: World) -> Programme:
    return world(busy_training if request.param == "training" else busy_year)


def told(programme: Programme) -> list[Any]:
    found = []
    db.session.expire_all()
    for day in DAYS:
        r = standings.standings_of_programme(programme.id, as_of=day, now=TODAY + timedelta(days=1))
        raised = concerns.by_school(r, now=TODAY + timedelta(days=1))
        found.append((r.target, r.excluded, r.also_seen, r.year_groups, raised))
    return found


def tables_read(programme: Programme) -> set[str]:
    said: list[str] = []

    def keep(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        said.append(statement)

    event.listen(db.engine, "before_cursor_execute", keep)
    told(programme)
    event.remove(db.engine, "before_cursor_execute", keep)
    named = {word for statement in said for word in re.findall(r"(?:FROM|JOIN|,)\s+\"?(\w+)\"?", statement)}
    return named & set(db.metadata.tables)


def another(column: Any, value: Any) -> Any:
    """A value of the column's type that is not `value`; an instant is today's."""
    kind = column.type
    kind = getattr(kind, "impl", kind)
    if isinstance(kind, DateTime):
        return TODAY
    if isinstance(kind, Date):
        return (value or TODAY.date()) - timedelta(days=900)
    if isinstance(kind, Time):
        return time(5)
    if isinstance(kind, Boolean):
        return not value
    if column.name == "share":
        return 1.0 if value < 1 else 0.01
    if isinstance(kind, LargeBinary):
        return b"x"
    if isinstance(kind, Integer | Numeric | Float) or isinstance(value, int | float):
        return (value or 0) + 1 if column.foreign_keys else (value or 0) * 2 + 7
    if isinstance(value, dict | list):
        return value
    if isinstance(column.type, Names):
        return (*value, "Primary")
    if isinstance(value, tuple):
        return (10, 11)
    return "Closed" if column.name == "status" else f"{value or ''}x"


def test_every_table_that_coverage_reads_says_how_its_past_is_kept(programme: Programme) -> None:
    known = {*DATED, *OF_A_ROW, *CHANGED}
    read = tables_read(programme)
    assert read - known == set()
    assert {t for t in known if t not in db.metadata.tables} == set()
    for table, columns in CHANGED.items():
        assert set(columns) <= set(db.metadata.tables[table].columns.keys()), table
    assert all(DATED[t] in db.metadata.tables[t].columns for t in DATED)


@pytest.mark.any_database
@pytest.mark.parametrize("table", some_of(sorted(DATED), one_in=4))
def test_a_row_more_of_today_changes_no_earlier_day(programme: Programme, table: str) -> None:
    """As the newest row of each school or booking says it, but for one column at a time."""
    found: Table = db.metadata.tables[table]
    before = told(programme)
    rows = db.session.execute(select(found).order_by(*found.primary_key)).mappings().all()[-12:]
    for column in found.columns:
        if column.name == DATED[table] or column.primary_key and not column.foreign_keys:
            continue
        for row in rows:
            changed = {
                c.name: row[c.name] for c in found.columns if not (c.primary_key and not c.foreign_keys)
            }
            changed |= {column.name: another(column, row[column.name]), DATED[table]: TODAY}
            try:
                with db.session.begin_nested():
                    db.session.execute(insert(found).values(changed))
            except DBAPIError:
                continue  # what the database refuses moves nothing
        assert told(programme) == before, f"{table}.{column.name}"


@pytest.mark.any_database
@pytest.mark.parametrize("table", some_of(sorted(CHANGED), one_in=4))
def test_a_column_changed_today_changes_no_earlier_day_unless_it_is_said_how_that_is_kept(
    programme: Programme, table: str
) -> None:
    found: Table = db.metadata.tables[table]
    before = told(programme)
    for column in found.columns:
        if column.primary_key or CHANGED[table].get(column.name, "") not in ("", NOW):
            continue
        nested = db.session.begin_nested()
        for row in db.session.execute(select(found)).mappings().all():
            if CHANGED[table].get(column.name) == NOW and row[column.name] is not None:
                continue
            key = [c == row[c.name] for c in found.primary_key]
            try:
                with db.session.begin_nested():
                    db.session.execute(
                        update(found).where(*key).values({column.name: another(column, row[column.name])})
                    )
            except DBAPIError:
                continue
        assert told(programme) == before, f"{table}.{column.name}"
        nested.rollback()
