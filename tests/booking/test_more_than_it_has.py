"""The database refuses more of a year group than the stored number, whoever writes, and a number below what is
promised."""

import threading
from collections.abc import Callable
from types import SimpleNamespace

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

import make
from outreach.booking import limits, promises
from outreach.booking.promises import Booking, PromisedPupils
from outreach.ground.db import db, transaction
from outreach.ground.timespans import wall

REFUSED, BELOW = "promised_more_than_the_school_has", "promise_limit_below_promised"
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
        limits.write(partnership.id, now=make.NOW)
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
        limits.write(c.programme.partnership_id, now=make.NOW)
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
        promises.put_what_came(first, {7: 9, 8: 60, 18: 150})
    with pytest.raises(IntegrityError, match=REFUSED), transaction():
        make.booking(c.shows[1], {8: 106})
    with transaction():
        make.booking(c.shows[1], {8: 105})


def test_numbers_in_the_table_cannot_be_raised_past_it(c) -> None:
    with transaction():
        make.booking(c.shows[0], {8: 100})
    with pytest.raises(IntegrityError, match=REFUSED), transaction():
        db.session.execute(text("UPDATE promised_pupils SET pupils = 166"))


def test_what_has_no_number_cannot_be_promised(c) -> None:
    with pytest.raises(IntegrityError, match=REFUSED), transaction():
        booking = make.booking(c.shows[0], {})
        revision = make.revision(booking, {}, at=make.EARLIER, starts_at=NINE, ends_at=NINE)
        db.session.add(PromisedPupils(revision_id=revision.id, year_group=7, pupils=1))


def test_the_number_is_not_put_below_what_is_promised(c) -> None:
    with transaction():
        make.booking(c.shows[0], {8: 100})
        first = make.booking(c.shows[1], {8: 50})
        promises.put_what_came(first, {8: 60})
    below = text("UPDATE promise_limit SET has = 0, at_most = 159 WHERE year_group = 8")
    with pytest.raises(IntegrityError, match=BELOW), transaction():
        db.session.execute(below)
    with transaction():
        make.cancellation(first, make.NOW)
        db.session.execute(below)
    with pytest.raises(IntegrityError, match=REFUSED), transaction():
        make.booking(c.shows[2], {8: 60})


def test_a_promise_stands_when_the_schools_number_sinks_and_its_show_moves(c) -> None:
    """A move says the same numbers again; they were judged when they were given."""
    with transaction():
        booking = make.booking(c.shows[0], {8: 150})
        make.own_number(c.school, 8, 90)
        limits.write(c.programme.partnership_id, now=make.NOW)
    with transaction():
        make.revision(booking, {8: 150}, at=make.NOW, starts_at=NINE, ends_at=NINE)
    with pytest.raises(IntegrityError, match=REFUSED), transaction():
        make.revision(booking, {8: 151}, at=make.NOW, starts_at=NINE, ends_at=NINE)


def test_where_nobody_knows_how_many_it_has_nothing_is_refused(c) -> None:
    with transaction():
        c.school.number_of_pupils = None
        limits.write(c.programme.partnership_id, now=make.NOW)
        make.booking(c.shows[0], {8: 240})


def test_two_programs_at_once_cannot_promise_one_year_group_twice(c) -> None:
    """The rules bypassed, two connections: each alone would fit."""
    ids = [show.id for show in c.shows]
    raised: list[BaseException] = []
    both = threading.Barrier(2)

    def promise(n: int) -> None:
        with c.app.app_context():
            try:
                both.wait(120)
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
        program.join(120)
    assert [REFUSED in str(e) for e in raised] == [True]
    db.session.rollback()
    assert db.session.query(Booking).count() == 1


def test_a_promise_and_a_lower_number_at_once_never_pass_each_other(c) -> None:
    """The rules bypassed, two connections: either the number is lowered and the promise refused, or the other way
    round."""
    show_id = c.shows[0].id
    raised: list[BaseException] = []
    both = threading.Barrier(2)

    def promise() -> None:
        make.booking(db.session.get_one(type(c.shows[0]), show_id), {8: 100})

    def lower() -> None:
        db.session.execute(text("UPDATE promise_limit SET has = 0, at_most = 90"))

    def does(deed: Callable[[], None]) -> None:
        with c.app.app_context():
            try:
                both.wait(120)
                with transaction():
                    deed()
            except IntegrityError as error:
                raised.append(error)
            finally:
                db.session.remove()

    db.session.rollback()
    programs = [threading.Thread(target=does, args=(deed,)) for deed in (promise, lower)]
    for program in programs:
        program.start()
    for program in programs:
        program.join(120)
    assert [REFUSED in str(e) or BELOW in str(e) for e in raised] == [True], raised
    db.session.rollback()
    promised = db.session.execute(text("SELECT coalesce(sum(pupils), 0) FROM promised_pupils")).scalar_one()
    at_most = db.session.execute(text("SELECT at_most FROM promise_limit WHERE year_group = 8")).scalar_one()
    assert (promised, at_most) in ((0, 90), (100, 165))
