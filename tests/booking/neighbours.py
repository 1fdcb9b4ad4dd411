"""A host with a show, a small neighbour within reach and one out of it; and their deeds, for the tests of
host and guest."""

from datetime import date, datetime, time, timedelta
from types import SimpleNamespace
from typing import Any

import make
from outreach.booking import bookings, guest_places, holds, promises
from outreach.booking.colleagues import Colleague
from outreach.booking.guest_places import GuestPlace, Travel
from outreach.booking.guests import joining
from outreach.booking.guests.joining import JoiningWish
from outreach.booking.numbers import Promise
from outreach.booking.promises import Booking
from outreach.county.schools import School
from outreach.ground.db import db, transaction
from outreach.post import copies
from outreach.post.outbox import SENT, WAITING, Letter
from outreach.tour import slots

DAY, LATER = date(2027, 3, 9), date(2027, 3, 16)
HOST, GUEST, RED = "office@redmere.example", "office@littlemere.example", "red.van@lantern-row.example"
BY_COACH = Travel(by="coach", adults=2, arrives=time(8, 45), note="Drops off at the gate")


_moment = [make.NOW]


def now() -> datetime:
    """A minute later each time: no two letters about one thing are of one instant."""
    _moment[0] += timedelta(minutes=1)
    return _moment[0]


def lay(la_code: str = "931", **programme: Any) -> SimpleNamespace:
    c, _moment[0] = SimpleNamespace(), make.NOW
    with transaction():
        c.partnership = make.partnership((la_code,))
        c.programme = make.programme(c.partnership, **programme)
        c.troupe = make.troupe(c.partnership, calendar_address=RED)
        c.days = [make.tour_day(c.programme, c.troupe, day) for day in (DAY, LATER)]
        c.school = make.school(name="Redmere Academy", la_code=la_code)
        c.small = make.school(
            name="Littlemere School", easting=455000, number_of_pupils=63
        )  # 5 km: 13 minutes
        c.far = make.school(
            name="Fargate School", easting=475000, number_of_pupils=63, la_code=la_code
        )  # 25 km: 38 minutes
    c.host = book(c, c.school, {8: 148}, HOST)
    return c


def book(
    c: Any, school: School, pupils: dict[int, int], address: str, day: int = 0, at: time = time(9)
) -> Booking:
    office = Colleague(name="The office", address=address, duty="safeguarding lead", phone="01632 960 204")
    at_now = now()
    with transaction():
        key = f"{c.days[day].id}-{at:%H%M}"
        slot = slots.find(c.programme, school, key, now=at_now, whatever_the_notice=True)
        assert slot
        (held,) = holds.hold(
            c.programme, school, [slot], who="The office", now=at_now, whatever_the_notice=True
        )
        promise = Promise(pupils=pupils, hall="Main hall", people=(office,))
        (made,) = bookings.book(c.programme, school, [(held.id, promise)], who="The office", now=at_now)
    return made


def wish(pupils: dict[int, int] | None = None, address: str = GUEST, **changes: Any) -> JoiningWish:
    office = Colleague(name="Ann Lea", address=address, duty="safeguarding lead", phone="01632 960 300")
    return JoiningWish(
        **{
            "why": guest_places.NO_HALL,
            "promise": Promise(
                pupils=pupils or {8: 9, 9: 9}, people=(office,), access_needs={"wheelchair": 1}
            ),
            "travel": BY_COACH,
        }
        | changes
    )


def ask(c: Any, school: School | None = None, **changes: Any) -> GuestPlace:
    with transaction():
        return joining.ask(
            c.programme, school or c.small, c.host.performance, wish(**changes), who="Ann Lea", now=now()
        )


def move(c: Any, day: int = 1, at: time = time(10), *, by: str = "coordinator") -> None:
    at_now = now()
    with transaction():
        slot = slots.find(
            c.programme,
            c.school,
            f"{c.days[day].id}-{at:%H%M}",
            now=at_now,
            instead_of=c.host.performance_id,
            whatever_the_notice=True,
        )
        assert slot
        bookings.move(c.host, slot, who="Priya Nandakumar", now=at_now, by=by)


def cancel(booking: Booking, *, by: str = "school", at: datetime | None = None) -> None:
    with transaction():
        bookings.cancel(booking, reason="The hall is flooded", by=by, who="The office", now=at or now())


def hand_over() -> None:
    """All that waits goes."""
    with transaction():
        for letter in db.session.query(Letter).filter_by(status=WAITING):
            letter.status, letter.handed_at, letter.raw = SENT, now(), copies.masked(letter.raw)


def mail(to: str) -> list[tuple[str, str, int]]:
    """What was written to one address: (kind, METHOD, SEQUENCE), in order."""
    db.session.expire_all()
    return [
        (letter.kind, letter.method, letter.sequence)
        for letter in db.session.query(Letter).filter_by(recipient=to).order_by(Letter.id)
    ]


def last(to: str) -> Any:
    """The last letter to an address, as its reader has it: `.text`, `.html`, `.calendar`."""
    letter = db.session.query(Letter).filter_by(recipient=to).order_by(Letter.id.desc()).first()
    return copies.read(letter.raw)


def seats(c: Any) -> guest_places.Seats:
    db.session.expire_all()
    return guest_places.seats_of(c.host.performance, c.programme.audience_ceiling)


def live(c: Any) -> list[int]:
    return [b.organisation_id for b in promises.of_performance(c.host.performance_id)]
