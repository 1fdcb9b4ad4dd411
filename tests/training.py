"""A training for adults with a trainer, two halls, a meeting online and two schools, and deeds on its sessions."""

from datetime import date, datetime, time, timedelta
from types import SimpleNamespace
from typing import Any

import make
from outreach.booking import bookings, promises
from outreach.booking.colleagues import Colleague
from outreach.booking.guest_places import OTHER, GuestPlace, Travel
from outreach.booking.guests import joining
from outreach.booking.guests.joining import JoiningWish
from outreach.booking.numbers import Promise
from outreach.booking.promises import Booking
from outreach.booking.sessions import holding
from outreach.booking.sessions.holding import SessionSaid
from outreach.county import venues
from outreach.county.schools import Organisation
from outreach.county.venues import Venue
from outreach.ground.db import db, transaction
from outreach.ground.geography import Place
from outreach.ground.school_year import STAFF
from outreach.post import copies
from outreach.post.outbox import SENT, WAITING, Letter
from outreach.tour.sessions import TrainingSession

DAY, LATER = date(2027, 3, 9), date(2027, 3, 16)
TRAINER, FELL, LEA = "trainer@lantern-row.example", "fell@redmere.example", "lea@littlemere.example"
LINK = "https://meet.example/training"

_moment = [make.NOW]


def now() -> datetime:
    """A minute later each time: no two letters about one thing are of one instant."""
    _moment[0] += timedelta(minutes=1)
    return _moment[0]


def lay(**programme: Any) -> SimpleNamespace:
    c, _moment[0] = SimpleNamespace(), make.NOW
    with transaction():
        c.partnership = make.partnership()
        c.programme = make.programme(c.partnership, (), for_adults=True, shows_a_day=4, **programme)
        c.troupe = make.troupe(
            c.partnership,
            name="Sam Ibbot",
            calendar_address=TRAINER,
            base_name="Kestermere",
            base_easting=450000,
            base_northing=210000,
        )
        c.days = [make.tour_day(c.programme, c.troupe, day) for day in (DAY, LATER)]
        c.school = make.school(name="Redmere Academy")
        c.small = make.school(name="Littlemere School", easting=455000)
        c.hall = make.venue(c.partnership, name="Mill Lane Hall", capacity=60)
        c.station = make.venue(
            c.partnership,
            name="Fen Road Station",
            street="1 Fen Road",
            place=Place(easting=460000, northing=210000),
        )
        c.online = venues.online(c.partnership.id, who="Priya", now=make.EARLIER)
    return c


def hold(
    c: Any, at: time = time(10), *, venue: Venue | None = None, day: int = 0, **said: Any
) -> TrainingSession:
    with transaction():
        return holding.hold(
            c.programme,
            venue or c.hall,
            c.days[day],
            at,
            SessionSaid(**{"places": 30} | said),
            who="Priya Nandakumar",
            now=now(),
        )


def change(session: TrainingSession, said: dict[str, Any] | None = None, **moved: Any) -> None:
    with transaction():
        holding.change(
            session,
            SessionSaid(**vars(holding.as_said(session)) | (said or {})),
            who="Priya Nandakumar",
            now=now(),
            **moved,
        )


def call_off(session: TrainingSession, reason: str = "The trainer is ill") -> None:
    with transaction():
        holding.call_off(session, reason=reason, who="Priya Nandakumar", now=now())


def join(c: Any, session: TrainingSession, who: Organisation, staff: int, address: str) -> GuestPlace:
    """An organisation takes places for some of its staff, as one does by its link."""
    office = Colleague(name="The office", address=address, duty="safeguarding lead", phone="01632 960 204")
    wish = JoiningWish(
        why=OTHER, promise=Promise(pupils={STAFF: staff}, people=(office,)), travel=Travel(by="cars")
    )
    with transaction():
        return joining.ask(c.programme, who, session.performance, wish, who="The office", now=now())


def leave(booking: Booking) -> None:
    with transaction():
        bookings.cancel(booking, reason="Nobody is free", by="school", who="The office", now=now())


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


def coming(session: TrainingSession) -> list[tuple[str, str, int]]:
    """(role, whose, how many) of the promises that stand."""
    db.session.expire_all()
    return [(b.role, b.organisation.name, b.seats) for b in promises.of_performance(session.performance_id)]
