"""A country made up by copying: every copy says what the pattern says, of its own schools, and is kept apart from it."""

from collections import Counter
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import Connection, func, select, text
from sqlalchemy.exc import DBAPIError

import make
from every_address import told_year
from log_read import log_read
from outreach.asking.short_codes import WORDS
from outreach.booking import limits
from outreach.booking.promises import Booking
from outreach.county import partnerships
from outreach.county.partnerships import Partnership
from outreach.coverage import standings
from outreach.coverage.standings import Word
from outreach.demonstration import england
from outreach.demonstration.england import NotHere, Size
from outreach.ground import history
from outreach.ground.db import Base, db, transaction
from outreach.ground.history import History
from outreach.ground.timespans import day_of
from outreach.outcomes.waves import WaveCode
from outreach.post.outbox import WAITING, Letter
from outreach.tour.programmes import Programme
from worlds import World

NOW = make.NOW
YEAR = timedelta(days=364)


def without_their_row(connection: Connection) -> list[str]:
    """Keys of rows that name a row which is not there; the copies were made past the guards of keys."""
    keys = connection.execute(
        text(
            """SELECT conrelid::regclass::text, confrelid::regclass::text, array(SELECT attname FROM unnest(conkey)
            WITH ORDINALITY AS k(n, o) JOIN pg_attribute ON attrelid = conrelid AND attnum = n ORDER BY o)::text[],
            array(SELECT attname FROM unnest(confkey) WITH ORDINALITY AS k(n, o) JOIN pg_attribute
            ON attrelid = confrelid AND attnum = n ORDER BY o)::text[] FROM pg_constraint WHERE contype = 'f'"""
        )
    ).all()
    assert len(keys) > 200
    lost = []
    for table, other, here, there in keys:
        known = " AND ".join(f"t.{one} IS NOT NULL" for one in here)
        same = " AND ".join(f"o.{one} = t.{another}" for one, another in zip(there, here, strict=True))
        if connection.scalar(
            text(
                f"SELECT count(*) FROM {table} t WHERE {known} AND NOT EXISTS (SELECT FROM {other} o WHERE {same})"
            )
        ):
            lost.append(f"{table} {here}")
    return lost


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.own_database
@pytest.mark.long  # in each run test_beside_others.py copies twelve of them and asks for their pages
@pytest.mark.browser
def test_copies_say_what_the_pattern_says_and_share_nothing_with_it(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world(told_year, NOW)
    codes = db.session.scalar(select(func.max(WaveCode.id))) or 0
    assert codes and england.PARTNERSHIPS * 10 * (codes + 1) <= 10_000 * len(WORDS)
    db.session.remove()
    monkeypatch.setitem(app.config, "SLOW_STATEMENT_MS", 5)
    with db.engine.connect() as connection, log_read() as log:
        assert list(england.copied(connection, Size(2, 2))) == [1, 2]
        connection.detach()
    slow = [line["statement"] for line in log.lines("a slow statement")]
    assert [one for one in slow if "FROM pattern_" in one] == []  # what copies years of a county is long
    monkeypatch.setitem(app.config, "SLOW_STATEMENT_MS", 0)
    with db.engine.connect() as connection:
        assert without_their_row(connection) == []
    first, second = sorted(partnership.id for partnership in partnerships.every())
    assert [list(limits.differences(one, now=NOW)) for one in (first, second)] == [[], []]
    each_programme_stands_alike(first, second)
    each_deed_is_its_partnerships(second)
    letters_go_to_different_people(first, second)
    # The next number is free, and a row of a copy is guarded as any other.
    with transaction():
        history.record("looked", db.session.get_one(Partnership, second), who="a test", now=NOW)
    of_the_second = select(Booking).where(Booking.partnership_id == second, Booking.ended_at.is_(None))
    booking = db.session.scalars(of_the_second.order_by(Booking.id).limit(1)).one()
    assert booking.reference.startswith("AAB-")
    with pytest.raises(DBAPIError), transaction():
        booking.partnership_id = first
        db.session.flush()


def each_programme_stands_alike(first: int, second: int) -> None:
    """At both, and in every year as on the same day of the pattern's; whom one can reach is known once for all years."""
    said = {}
    for programme in db.session.scalars(select(Programme).order_by(Programme.id)):
        back = YEAR * (2026 - programme.academic_year)
        reckoning = standings.standings_of_programme(programme.id, as_of=day_of(NOW - back), now=NOW - back)
        key = (programme.partnership_id, programme.academic_year, programme.for_adults)
        said[key] = Counter(row.standing for row in reckoning.target)
    assert len(said) == 2 * 2 * 2
    for (_partnership, year, adults), found in said.items():
        pattern = said[first, 2026, adults]
        assert year < 2026 or found == pattern
        assert abs(found.total() - pattern.total()) < 4  # what opened and closed between
        assert all(found[word] == pattern[word] for word in (Word.SEEN, Word.TO_CONFIRM, Word.BOOKED))
    assert len(said[second, 2025, False]) > 6


def each_deed_is_its_partnerships(second: int) -> None:
    rows = {
        (word, str(getattr(row, column))): row.partnership_id
        for mapper in Base.registry.mappers
        if (known := getattr(mapper.class_, "in_history", None))
        for word, column in [known]
        for row in db.session.scalars(select(mapper.class_))
    }
    deeds = list(db.session.scalars(select(History)))
    assert Counter(deed.partnership_id for deed in deeds)[second] > 1000
    wrong = [
        deed.what
        for deed in deeds
        if rows.get((deed.subject, deed.subject_id), deed.partnership_id) != deed.partnership_id
    ]
    assert wrong == []


def letters_go_to_different_people(first: int, second: int) -> None:
    shared = select(Letter.recipient).where(Letter.partnership_id == first)
    also = select(func.count()).where(Letter.partnership_id == second, Letter.recipient.in_(shared))
    assert db.session.scalar(also) == 0
    waiting = select(Letter.partnership_id, func.min(Letter.created_at)).where(Letter.status == WAITING)
    since = dict(db.session.execute(waiting.group_by(Letter.partnership_id)).all())
    assert set(since) == {first, second} and min(since.values()) > NOW - YEAR


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_file_is_no_place_for_england(app: Flask) -> None:
    told = app.test_cli_runner().invoke(args=["demonstration", "england", "--share", "0.01"])
    assert told.exit_code == 1 and "PostgreSQL alone" in told.output and "Traceback" not in told.output
    with db.engine.connect() as connection, pytest.raises(NotHere):
        next(england.copied(connection, Size(1, 1)))
    assert partnerships.every() == []
