"""The database refuses more of a year group than a school has, whoever writes, and counts it as the service
does."""

import threading
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

import make
from outreach.booking import accounts
from outreach.booking.promises import Booking
from outreach.county.schools import School
from outreach.ground.db import db, transaction
from outreach.ground.timespans import wall
from outreach.tour.programmes import Programme

REFUSED = "promised_more_than_the_school_has"
NINE = wall(make.date(2027, 3, 9), make.time(9))


@pytest.fixture
def c(app: Flask) -> SimpleNamespace:
    """A school with 150 pupils a year group by estimate (165 at most), and three shows of it on three
    troupes."""
    c = SimpleNamespace(app=app)
    with transaction():
        partnership = make.partnership()
        c.programme = make.programme(partnership)
        c.school = make.school()
        c.shows = [make.show(c.programme, c.school, NINE + make.timedelta(days=n)) for n in range(3)]
    return c


def test_one_promise_of_more_than_the_estimate_and_a_tenth_is_refused(c) -> None:
    with pytest.raises(IntegrityError, match=REFUSED), transaction():
        make.booking(c.shows[0], {8: 166})
    with transaction():
        make.booking(c.shows[0], {8: 165})


def test_its_promises_together_are_held_to_what_it_has(c) -> None:
    with transaction():
        make.booking(c.shows[0], {8: 100})
        make.booking(c.shows[1], {8: 65, 9: 100})
    with pytest.raises(IntegrityError, match=REFUSED), transaction():
        make.booking(c.shows[2], {8: 1})


def test_its_own_number_is_the_limit_to_the_last_pupil(c) -> None:
    with transaction():
        make.own_number(c.school, 8, 200)
        make.own_number(c.school, 8, 120)
        make.own_number(c.school, 9, 500, year=2025)
    with pytest.raises(IntegrityError, match=REFUSED), transaction():
        make.booking(c.shows[0], {8: 121})
    with transaction():
        make.booking(c.shows[0], {8: 120, 9: 100})


def test_what_was_cancelled_leaves_room_again_and_comes_back_only_where_there_is_room(c) -> None:
    with transaction():
        first = make.booking(c.shows[0], {8: 150})
        make.cancellation(first, make.NOW)
    with transaction():
        make.booking(c.shows[1], {8: 150})
    with pytest.raises(IntegrityError, match=REFUSED), transaction():
        db.session.execute(text("UPDATE booking SET ended_at = NULL"))


def test_what_a_show_came_to_counts_and_not_what_was_promised_for_it(c) -> None:
    with transaction():
        first = make.booking(c.shows[0], {8: 150})
        first.came_to = "7:9,8:60,18:150"
    with pytest.raises(IntegrityError, match=REFUSED), transaction():
        make.booking(c.shows[1], {8: 106})
    with transaction():
        make.booking(c.shows[1], {8: 105})


def test_numbers_in_the_table_cannot_be_raised_past_it(c) -> None:
    with transaction():
        make.booking(c.shows[0], {8: 100})
    with pytest.raises(IntegrityError, match=REFUSED), transaction():
        db.session.execute(text("UPDATE promised_pupils SET pupils = 166"))


def test_a_promise_stands_when_the_schools_number_sinks_and_its_show_moves(c) -> None:
    """A move says the same numbers again; they were judged when they were given."""
    with transaction():
        booking = make.booking(c.shows[0], {8: 150})
        make.own_number(c.school, 8, 90)
    with transaction():
        make.revision(booking, {8: 150}, at=make.NOW, starts_at=NINE, ends_at=NINE)
    with pytest.raises(IntegrityError, match=REFUSED), transaction():
        make.revision(booking, {8: 151}, at=make.NOW, starts_at=NINE, ends_at=NINE)


def test_where_nobody_knows_how_many_it_has_nothing_is_refused(c) -> None:
    with transaction():
        c.school.number_of_pupils = None
        make.booking(c.shows[0], {8: 240})


def test_two_programs_at_once_cannot_promise_one_year_group_twice(c) -> None:
    """The rules bypassed, two connections: each alone would fit."""
    ids = [show.id for show in c.shows]
    raised: list[BaseException] = []
    both = threading.Barrier(2)

    def promise(n: int) -> None:
        with c.app.app_context():
            try:
                both.wait(20)
                with transaction():
                    make.booking(db.session.get_one(type(c.shows[0]), ids[n]), {8: 100})
            except IntegrityError as error:
                raised.append(error)
            finally:
                db.session.remove()

    db.session.rollback()
    programs = [threading.Thread(target=promise, args=(n,)) for n in range(2)]
    for program in programs:
        program.start()
    for program in programs:
        program.join(20)
    assert [REFUSED in str(e) for e in raised] == [True]
    db.session.rollback()
    assert db.session.query(Booking).count() == 1


AGES = st.one_of(st.none(), st.integers(2, 19))
_SCHOOLS = st.fixed_dictionaries(
    {
        "statutory_low_age": AGES,
        "statutory_high_age": AGES,
        "number_of_pupils": st.one_of(st.none(), st.integers(0, 2500)),
        "phase_of_education": st.sampled_from(
            (
                None,
                "",
                "Not applicable",
                "Secondary",
                "primary",
                "All-through",
                "Middle deemed secondary",
                "16 plus",
            )
        ),
        "type_of_establishment": st.sampled_from(
            (
                "Academy converter",
                "Academy alternative provision converter",
                "Pupil referral unit",
                "Community special school",
            )
        ),
        "name": st.sampled_from(("Redmere Academy", "The Hospital School")),
    }
)


def _limit(programme: Programme, school: School, year_group: int) -> int | None:
    """What the database goes by: the most that it takes in one promise; None where it takes anything."""
    if db.engine.dialect.name == "postgresql":
        found: Any = db.session.execute(
            text("SELECT school_has(:urn, :programme, :y)"),
            {"urn": school.urn, "programme": programme.id, "y": year_group},
        ).scalar_one()
        return None if found is None else int(found)
    low, high = 0, 5000  # SQLite has no function to ask: what it refuses tells
    show = make.show(programme, school, NINE)
    booking = make.booking(show, {})

    def takes(pupils: int) -> bool:
        try:
            with db.session.begin_nested():
                make.revision(booking, {year_group: pupils}, at=make.NOW, starts_at=NINE, ends_at=NINE)
                raise _Taken
        except _Taken:
            return True
        except IntegrityError:
            return False

    if takes(high):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if takes(middle) else (low, middle)
    return low


class _Taken(Exception):
    """It went in; taken out again."""


def test_the_database_counts_what_a_school_has_as_the_service_does(app: Flask) -> None:
    with transaction():
        partnership = make.partnership()
        programme_id = make.programme(partnership, (7, 8, 9)).id
    db.session.remove()

    @settings(
        max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate]
    )
    @given(
        facts=_SCHOOLS,
        own=st.dictionaries(st.integers(5, 11), st.integers(0, 300), max_size=3),
        named=st.one_of(st.none(), st.sets(st.integers(7, 9), min_size=1)),
        withdrawn=st.booleans(),
    )
    def held(facts: dict[str, Any], own: dict[int, int], named: set[int] | None, withdrawn: bool) -> None:
        programme = db.session.get_one(Programme, programme_id)
        school = make.school(**facts)
        for year_group, pupils in own.items():
            make.own_number(school, year_group, pupils)
        if named:
            make.decision(programme, school, "include", year_groups=tuple(named))
            if withdrawn:
                make.decision(programme, school, "withdraw")
        known = accounts.account(programme, school, now=make.NOW).expected
        for year_group in (7, 8, 9):
            limit = _limit(programme, school, year_group)
            if year_group in known:
                assert limit == known[year_group].at_most, year_group
        db.session.rollback()

    held()
