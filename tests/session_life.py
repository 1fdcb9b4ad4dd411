"""Two sessions of a training for police and schools, and those who take places at them, for the tests of places."""

from datetime import date, datetime, time, timedelta
from types import SimpleNamespace
from typing import Any

import make
from outreach.booking import promises
from outreach.booking.colleagues import Colleague
from outreach.booking.guest_places import GuestPlace
from outreach.booking.numbers import Promise
from outreach.booking.promises import Booking
from outreach.booking.sessions import places
from outreach.county import venues
from outreach.county.partnerships import Partnership
from outreach.county.schools import Organisation
from outreach.county.venues import Venue
from outreach.ground.db import db, transaction
from outreach.ground.school_year import STAFF
from outreach.ground.timespans import wall
from outreach.tour.adults import ALL, AdultTarget
from outreach.tour.performances import Performance

TUESDAY, WEDNESDAY = date(2027, 3, 9), date(2027, 3, 10)
COUNTED = date(2026, 9, 1)
POLICE = AdultTarget(schools=ALL, kinds=("Police", "Health"))

_moment = [make.NOW]


def now() -> datetime:
    """A minute later each time."""
    _moment[0] += timedelta(minutes=1)
    return _moment[0]


def lay(la_code: str = "931", *, held: int = 20, by_link: int = 100) -> SimpleNamespace:
    """A session on Tuesday in a hall and one on Wednesday online; a unit of 24 staff, one whose number nobody knows, a
    health team of 60 and a school."""
    c, _moment[0] = SimpleNamespace(), make.NOW
    with transaction():
        c.partnership = make.partnership((la_code,))
        c.programme = make.programme(
            c.partnership, (STAFF,), POLICE, for_adults=True, title="Recognise and Refer"
        )
        c.venue = make.venue(c.partnership, name="Kestermere Town Hall")
        c.hall = make.session(c.programme, c.venue, wall(TUESDAY, time(9, 30)), places=held)
        c.online = make.session(
            c.programme,
            online(c.partnership),
            wall(WEDNESDAY, time(14)),
            places=by_link,
        )
        c.unit = make.body(
            c.partnership, name="Kestermere Unit", front_line_staff=24, staff_counted_on=COUNTED
        )
        c.uncounted = make.body(c.partnership, name="Redmere Unit")
        c.team = make.body(
            c.partnership,
            name="Health Team North",
            kind="Health",
            front_line_staff=60,
            staff_counted_on=COUNTED,
        )
        c.school = make.school(name="Littlemere School", la_code=la_code)
        for trainer, session in (("hall", c.hall), ("online", c.online)):
            session.performance.troupe.calendar_address = f"{trainer}@trainers.example"
    return c


def online(partnership: Partnership) -> Venue:
    """The venue of a partnership that stands for a meeting online."""
    return venues.online(partnership.id, who="Priya", now=make.EARLIER)


def staff(number: int, who: str = "ann") -> Promise:
    person = Colleague(name=who.title(), address=f"{who}@police.example", duty="colleague")
    return Promise(pupils={STAFF: number}, people=(person,))


def take(
    c: Any,
    whose: Organisation,
    number: int,
    at: Performance | None = None,
    *,
    waits: bool = False,
    who: str = "ann",
) -> GuestPlace:
    with transaction():
        return places.take(
            c.programme,
            whose,
            at or c.hall.performance,
            staff(number, who),
            waits=waits,
            who=who.title(),
            now=now(),
        )


def booked(place: GuestPlace) -> Booking:
    assert place.booking is not None
    return place.booking


def coming(performance: Performance) -> dict[str, int]:
    """How many of each come, by name, the venue aside."""
    db.session.expire_all()
    return {
        b.organisation.name: b.seats for b in promises.of_performance(performance.id) if b.role == "guest"
    }
