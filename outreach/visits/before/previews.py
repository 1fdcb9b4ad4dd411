"""Preview of words before a visit: as one real show has them, else with stand-ins. Writes nothing."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import contains_eager

from outreach.booking import promises, told
from outreach.booking.promises import Booking
from outreach.county import partnerships
from outreach.ground.db import db
from outreach.post import before_visit
from outreach.post.before_visit import Block, Sheet
from outreach.post.stationery import Addressee
from outreach.tour.performances import Performance
from outreach.tour.programmes import Programme
from outreach.visits.before import sheets, texts
from outreach.visits.before.texts import FAMILIES, STAFF, Words

MOST = 12
"""Shows to choose from."""

STAND_INS = {
    "school": "Redmere Academy",
    "programme": "The play",
    "about": "What the programme says of the play.",
    "year groups": "Years 8 and 9",
    "date": "Tuesday 9 March",
    "time": "9:30am to 10:45am",
    "place": "Main hall",
    "answer by": "Friday 5 March",
    "company": "The company",
    "partnership": "Your partnership",
    "contact": "You, with your number",
}
"""What stands for each placeholder while there is no show to come."""


@dataclass(frozen=True, kw_only=True)
class Preview:
    """`sheet`: of a page, whole; `text`: of a reminder, the whole letter as plain text; '' and None of stand-ins."""

    booking: Booking | None
    title: str
    blocks: tuple[Block, ...]
    sheet: Sheet | None = None
    text: str = ""


def coming(partnership_id: int, *, now: datetime) -> list[Booking]:
    """The next shows of pupils that somebody could be reminded of; one query."""
    return list(
        db.session.scalars(
            select(Booking)
            .join(Performance, Performance.id == Booking.performance_id)
            .join(Programme, Programme.id == Booking.programme_id)
            .options(contains_eager(Booking.performance), contains_eager(Booking.programme))
            .where(
                Booking.partnership_id == partnership_id,
                Booking.ended_at.is_(None),
                Performance.starts_at > now,
                Programme.for_adults.is_(False),
            )
            .order_by(Performance.starts_at, Booking.id)
            .limit(MOST)
        )
    )


def preview(kind: str, words: Words, booking: Booking | None, *, now: datetime) -> Preview:
    """`words` as they are typed; all else as it is kept."""
    if booking is None:
        return Preview(
            booking=None, title=texts.title_of(words, STAND_INS), blocks=texts.blocks_of(words, STAND_INS)
        )
    calendar, people = booking.school_days(), promises.people_of(booking)
    if kind in (FAMILIES, STAFF):
        make = sheets.for_families if kind == FAMILIES else sheets.for_staff
        sheet = make(booking, words, calendar, people, now=now)
        return Preview(booking=booking, title=sheet.title, blocks=sheet.blocks, sheet=sheet)
    all_words = texts.all_of(booking.partnership_id) | {kind: words}
    said = sheets.before_visit(booking, kind, all_words, calendar, people, now=now)
    to = people[0].addressee() if people else Addressee(address="office@school.example")
    sender = told.sender_of(partnerships.get(booking.partnership_id))
    letter = before_visit.preview(said, told.visit_of(booking), to, sender, now=now)
    return Preview(booking=booking, title=said.subject, blocks=said.blocks, text=letter.text)
