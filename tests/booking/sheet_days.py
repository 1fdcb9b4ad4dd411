"""Days to make sheets of: a troupe with a base, shows one after the other, everything said that a school can
say."""

from datetime import date, datetime, time
from types import SimpleNamespace
from typing import Any

import make
from outreach.booking.guest_places import GuestPlace
from outreach.booking.promises import Booking, VisitContact
from outreach.county.schools import School
from outreach.ground.db import db
from outreach.ground.timespans import wall
from outreach.tour import performances
from outreach.tour.days import TourDay

DAY = date(2027, 3, 9)


def person(of: Booking, name: str, duty: str, phone: str = "", **changes: Any) -> VisitContact:
    address = f"{name.replace(' ', '.').lower()}@redmere.example"
    return make.visit_contact(
        of, **{"name": name, "duty": duty, "phone": phone, "address": address} | changes
    )


def travelling(guest: Booking, **changes: Any) -> GuestPlace:
    """How a guest came by its booking, and how it travels."""
    row = GuestPlace(
        **{
            "programme_id": guest.programme_id,
            "organisation_id": guest.organisation_id,
            "performance_id": guest.performance_id,
            "why": "few pupils",
            "pupils": {8: guest.seats},
            "seats": guest.seats,
            "recorded_at": make.EARLIER,
            "who": "x",
            "answer": "agreed",
            "ended_at": make.EARLIER,
            "ended_as": "joined",
            "booking_id": guest.id,
            "travels_by": "minibus",
            "arrives": time(13),
            "adults": 2,
            "said": "Quiet seats by the door",
        }
        | changes
    )
    db.session.add(row)
    db.session.flush()
    return row


def show_on(day: TourDay, host: School, at: time, **changes: Any) -> Any:
    """A show on a day that stands already."""
    show = make.show(day.programme, host, wall(day.day, at), **changes)
    spare = show.tour_day
    show.tour_day_id, show.troupe_id = day.id, day.troupe_id
    performances.reckon_roads(show)
    db.session.flush()
    db.session.expire(show)
    for row in (spare, spare.troupe, spare.troupe.company):
        db.session.delete(row)
        db.session.flush()
    return show


def lay(day: date = DAY) -> SimpleNamespace:
    """One day with two shows and a guest at the second, as on a busy Tuesday in March."""
    c = SimpleNamespace()
    c.partnership = make.partnership()
    c.programme = make.programme(c.partnership)
    c.troupe = make.troupe(
        c.partnership, name="Red van", base_name="Marlford base", base_easting=450000, base_northing=200000
    )
    c.day = make.tour_day(c.programme, c.troupe, day, leaves=time(6), returns=time(18))
    c.abbey = make.school(
        name="St Brannoc’s Academy",
        street="Abbey Lane",
        town="Kestermere",
        postcode="KM4 2QT",
        easting=450000,
        northing=228000,
        telephone="01632 960 200",
    )
    c.mill = make.school(
        name="Kestermere School",
        easting=450000,
        northing=229000,
        telephone="01632 960 300",
        number_of_pupils=1800,
    )
    c.hollybank = make.school(name="Hollybank Special School", telephone="01632 960 400")
    c.first = show_on(c.day, c.abbey, time(9, 30))
    c.second = show_on(c.day, c.mill, time(13, 15))
    c.one = make.booking(
        c.first,
        {8: 108, 9: 104},
        hall="Main hall, ground floor",
        entrance="Second gate",
        parking="Bay kept for the van",
        arrival_note="Reception opens at 8am.\nRing twice.",
        access_needs={"wheelchair": 2, "hearing_loop": 1},
        step_free=True,
    )
    person(c.one, "Samuel Okonkwo", "on the day", "01632 960 204")
    person(c.one, "Joanna Fell", "safeguarding lead")
    person(c.one, "Gone Away", "on the day", "01632 960 999", ended_at=make.EARLIER)
    c.two = make.booking(c.second, {9: 178}, hall="Drama studio", step_free=False)
    c.guest = make.booking(c.second, {8: 4, 9: 5}, of=c.hollybank, access_needs={"quiet": 3})
    travelling(c.guest)
    person(c.guest, "Derek Stubbs", "safeguarding lead", "01632 960 312")
    c.now = datetime.combine(day, time(6, 30), tzinfo=make.UTC)
    return c
