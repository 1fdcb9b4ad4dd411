"""A show that somebody moves to another day while its own is waited for: nobody waits at the new one, with the old in
hand, for whoever waits the other way round."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from test_diary_moves import NOW, County, book, key, lay

from outreach.booking import bookings, guest_places
from outreach.booking.guests import hosting
from outreach.booking.numbers import Promise
from outreach.booking.promises import Booking
from outreach.county.schools import School
from outreach.ground.db import db, transaction
from outreach.tour import performances, slots
from outreach.tour.days import TourDay
from outreach.tour.programmes import Programme

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)

Deed = Callable[[Booking], Any]

DEEDS: dict[str, Deed] = {
    "cancel": lambda booking: bookings.cancel(
        booking, reason="Exams", by="coordinator", who="Priya", now=NOW
    ),
    "offer": lambda booking: hosting.offer(
        booking, how=guest_places.ASK, seats=0, terms="", who="Joanna Fell", now=NOW
    ),
    "change": lambda booking: bookings.change(
        booking, Promise(pupils={8: 90}, hall="Gym", people=()), who="Joanna Fell", now=NOW, by="coordinator"
    ),
}


@pytest.fixture
def county(app: Flask) -> County:
    """The show stands on the second day, whose row comes after that of the first."""
    found = lay()
    found.booking = book(found.programme, found.school, key(found.days[1], "0930"))
    return found


def to_the_first_day(app: Flask, county: County) -> None:
    """Somebody else moves it, in a connection of its own."""
    booking_id, programme_id, school_id = (
        county.booking.id,
        county.programme.id,
        county.school.organisation_id,
    )
    first = key(county.days[0], "0930")
    with app.app_context(), transaction():
        programme, school = db.session.get_one(Programme, programme_id), db.session.get_one(School, school_id)
        booking = db.session.get_one(Booking, booking_id)
        slot = slots.find(programme, school, first, now=NOW, instead_of=booking.performance_id)
        assert slot is not None
        bookings.move(booking, slot, who="Priya", now=NOW, by="coordinator")


@pytest.mark.parametrize("deed", DEEDS)
def test_whoever_has_its_new_day_in_hand_is_not_waited_for(app: Flask, county: County, deed: str) -> None:
    first = county.days[0].id
    assert county.booking.performance.tour_day_id == county.days[1].id
    to_the_first_day(app, county)
    with db.engine.connect() as elsewhere:
        elsewhere.execute(select(TourDay.id).where(TourDay.id == first).with_for_update())
        with pytest.raises(performances.BeingMoved, match="moved to another day at this very moment"):
            DEEDS[deed](county.booking)
        db.session.rollback()


@pytest.mark.parametrize("deed", DEEDS)
def test_else_the_deed_is_done_where_the_show_is_now(app: Flask, county: County, deed: str) -> None:
    days = [day.id for day in county.days]
    assert county.booking.performance.tour_day_id == days[1]
    to_the_first_day(app, county)
    DEEDS[deed](county.booking)
    with db.engine.connect() as elsewhere:
        free = select(TourDay.id).where(TourDay.id.in_(days)).with_for_update(skip_locked=True)
        assert elsewhere.scalars(free).all() == []
    db.session.commit()
    assert county.booking.performance.tour_day_id == days[0]
