"""A made-up fortnight of a tour for the diary's tests: two troupes, a booked show, a kept time, a missing
school."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import make
from outreach.booking import bookings, colleagues, holds
from outreach.booking.colleagues import Colleague
from outreach.booking.desk import proposing
from outreach.booking.desk.proposing import ProposalDraft
from outreach.booking.numbers import Promise
from outreach.booking.promises import Booking
from outreach.booking.proposals import Proposal
from outreach.county.partnerships import Authority
from outreach.ground.db import db, transaction
from outreach.ground.timespans import local
from outreach.post.outbox import SENT, Letter
from outreach.tour import slots

LONG = "The Blessed Margaret Catholic Voluntary Academy and Sixth Form of Redmere-on-the-Wold"


@dataclass
class Fortnight:
    """`days`: the first troupe's Tuesday and Thursday, then the second's Tuesday."""

    person: Any
    partnership: Any
    programme: Any
    days: list[Any]
    booked: Booking
    kept: Proposal
    missing: Any
    monday: date
    now: datetime

    @property
    def at(self) -> str:
        return f"/desk/diary?programme={self.programme.id}&from={self.monday.isoformat()}"

    @property
    def move(self) -> str:
        return f"/desk/diary/move/{self.booked.performance_id}"

    def stands(self) -> tuple[date, time]:
        """Where the booked show is now."""
        db.session.rollback()
        show = db.session.get_one(Booking, self.booked.id).performance
        db.session.refresh(show)
        at = local(show.starts_at)
        return at.date(), at.time()

    def key(self, n: int, at: str) -> str:
        return f"{self.days[n].id}-{at}"


def lay(now: datetime, *, name: str = "Thornleigh School") -> Fortnight:
    """From the Monday three weeks on, so that every notice is kept."""
    monday = now.date() + timedelta(days=21 - now.weekday())
    year = monday.year - (monday.month < 9)
    with transaction():
        whose = make.partnership(la_codes=())

        db.session.add(Authority(la_code="931", name="Marlshire", partnership_id=whose.id))
        person = make.person(whose)
        programme = make.programme(
            whose,
            academic_year=year,
            created_at=now - timedelta(days=60),
            reply_by=monday - timedelta(days=7),
        )
        base = {"base_name": "Kestermere", "base_easting": 450000, "base_northing": 210000}
        troupes = [make.troupe(whose, name=name, **base) for name in ("Alder", "Birch")]
        tuesday, thursday = monday + timedelta(days=1), monday + timedelta(days=3)
        days = [
            make.tour_day(programme, troupe, day)
            for troupe, day in ((troupes[0], tuesday), (troupes[0], thursday), (troupes[1], tuesday))
        ]
        there = now - timedelta(days=90)
        school = make.school(there, name=name, easting=470000, northing=210000)
        keeper = make.school(there, name="Ashcote High School", easting=471000, northing=211000)
        missing = make.school(there, name="Rushton High School", easting=470500, northing=210500)
        make.contact(missing)
        contact = make.contact(keeper)
    with transaction():
        slot = slots.find(programme, school, f"{days[0].id}-0930", now=now)
        assert slot is not None
        [held] = holds.hold(programme, school, [slot], who="Joanna", now=now)
        person_there = Colleague(name="Joanna Fell", address="j.fell@redmere.example", duty=colleagues.LEAD)
        [booked] = bookings.book(
            programme,
            school,
            [(held.id, Promise(pupils={8: 100, 9: 100}, hall="Main hall", people=(person_there,)))],
            who="Joanna",
            now=now,
        )
        slot = slots.find(programme, keeper, f"{days[1].id}-1300", now=now)
        assert slot is not None
        kept = proposing.propose(
            ProposalDraft(
                programme=programme,
                organisation=keeper,
                slot=slot,
                people=[contact],
                reply_by=monday - timedelta(days=7),
            ),
            who="Priya",
            now=now,
        )
        for letter in db.session.query(Letter):
            letter.status, letter.handed_at = SENT, now
    return Fortnight(person, whose, programme, days, booked, kept, missing, monday, now)
