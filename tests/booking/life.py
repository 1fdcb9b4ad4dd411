"""The whole life of a calendar entry as stories: each step is one deed, with the very messages it must send.

    for step, sent in tell(STORIES["a booking"], c): …

`tell` does a step, hands every waiting letter over as the postman would, and says what went to whom, in
order.
"""

import re
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from types import SimpleNamespace
from typing import Any

from sqlalchemy import select

import make
from outreach.booking import bookings, colleagues, holds, promises, told
from outreach.booking.calling_off import affected, scope
from outreach.booking.calling_off import deeds as calling_off
from outreach.booking.calling_off.call_offs import CallOff
from outreach.booking.colleagues import Colleague
from outreach.booking.desk import proposing
from outreach.booking.numbers import Promise
from outreach.booking.promises import COMPANY, SCHOOL, Booking
from outreach.ground.db import db, transaction
from outreach.post import again, copies, letters
from outreach.post.outbox import SENT, WAITING, Letter
from outreach.tour import slots

TUESDAY, WEDNESDAY, NEXT_WEEK = date(2027, 3, 9), date(2027, 3, 10), date(2027, 3, 16)
REPLY_BY = date(2027, 2, 2)
FELL = Colleague(
    name="Joanna Fell", address="j.fell@redmere.example", duty="safeguarding lead", phone="01632 960 204"
)
WHITFIELD = Colleague(name="Sam Whitfield", address="s.whitfield@redmere.example", duty="on the day")
HALE = Colleague(name="Ruth Hale", address="r.hale@redmere.example", duty="colleague")
RED, BLUE = "red.van@lantern-row.example", "blue.van@lantern-row.example"
GUEST, NEIGHBOUR = "office@littlemere.example", "office@kestermere.example"


@dataclass(frozen=True, kw_only=True)
class Message:
    """One mail that went: to whom, and what its calendar part says. `starts` and `ends` are wall times."""

    to: str
    method: str
    sequence: int
    status: str
    starts: str
    ends: str
    location: str
    uid: str
    attendees: tuple[str, ...]
    ics: bytes = field(repr=False)
    raw: bytes = field(repr=False)
    kind: str

    @property
    def short(self) -> tuple[str, str, int, str]:
        return self.to, self.method, self.sequence, self.status


@dataclass(frozen=True, kw_only=True)
class Step:
    """`sends`: (to, METHOD, SEQUENCE, STATUS) of every mail, in the order in which they were put down."""

    name: str
    do: Callable[[Any, datetime], None]
    sends: list[tuple[str, str, int, str]]


def lay(la_code: str = "931") -> SimpleNamespace:
    """A county: two vans, three days, a school that has three people, its guest, and a neighbour that books
    too."""
    c = SimpleNamespace()
    with transaction():
        c.partnership = make.partnership((la_code,))
        c.programme = make.programme(c.partnership, audience_ceiling=350)
        c.red = make.troupe(c.partnership, calendar_address=RED)
        c.blue = make.troupe(c.partnership, name="Blue van", calendar_address=BLUE)
        c.tuesday = make.tour_day(c.programme, c.red, TUESDAY)
        c.next_week = make.tour_day(c.programme, c.red, NEXT_WEEK)
        c.wednesday = make.tour_day(c.programme, c.blue, WEDNESDAY)
        c.school, c.guest, c.neighbour = (
            make.school(easting=easting, la_code=la_code) for easting in (450000, 451000, 451500)
        )
        c.fell = make.contact(c.school, name="Joanna Fell", address=FELL.address)
        c.office = make.contact(c.school, name="", role="Office", address="office@redmere.example")
    c.booking = c.proposal = None
    return c


def tell(
    steps: list[Step], c: SimpleNamespace, *, now: datetime = make.NOW
) -> Iterator[tuple[Step, list[Message]]]:
    """Each step an hour after the one before, its letters handed over before the next."""
    for n, step in enumerate(steps):
        at = now + timedelta(hours=n)
        step.do(c, at)
        yield step, hand_over(at + timedelta(minutes=1))


def hand_over(now: datetime) -> list[Message]:
    """What waits goes, in its order; the kept copies lose their links, as when a mail server took them."""
    sent = []
    with transaction():
        for letter in db.session.scalars(select(Letter).where(Letter.status == WAITING).order_by(Letter.id)):
            sent.append(read(letter))
            letter.status, letter.handed_at, letter.raw = SENT, now, copies.masked(letter.raw)
    return sent


def read(letter: Letter) -> Message:
    copy = copies.read(letter.raw)
    said = copy.calendar.replace(b"\r\n ", b"").decode()
    event = said[said.find("BEGIN:VEVENT") :]

    def one(name: str) -> str:
        found = re.search(rf"^{name}(?:;[^:\r]*)?:(.*)\r$", event, re.M)
        return found[1] if found else ""

    return Message(
        to=letter.recipient,
        method=letter.method,
        sequence=int(one("SEQUENCE")),
        status=one("STATUS"),
        starts=one("DTSTART"),
        ends=one("DTEND"),
        location=one("LOCATION").replace("\\,", ","),
        uid=one("UID"),
        attendees=tuple(re.findall(r"^ATTENDEE.*mailto:(.*)\r$", event, re.M)),
        ics=copy.calendar,
        raw=letter.raw,
        kind=letter.kind,
    )


# Deeds


def slot(
    c: Any, day: Any, at: time, now: datetime, *, school: Any = None, instead_of: int | None = None
) -> Any:
    found = slots.find(
        c.programme,
        school or c.school,
        f"{day.id}-{at:%H%M}",
        now=now,
        instead_of=instead_of,
        whatever_the_notice=True,
    )
    assert found is not None
    return found


def promise(**changes: Any) -> Promise:
    return Promise(**{"pupils": {8: 148, 9: 151}, "hall": "Main hall", "people": (FELL, WHITFIELD)} | changes)


def book(
    c: Any, now: datetime, *, day: Any = None, at: time = time(9), school: Any = None, **said: Any
) -> Booking:
    school = school or c.school
    with transaction():
        chosen = slot(c, day or c.tuesday, at, now, school=school)
        (show,) = holds.hold(
            c.programme, school, [chosen], who="Joanna Fell", now=now, whatever_the_notice=True
        )
        (made,) = bookings.book(c.programme, school, [(show.id, promise(**said))], who="Joanna Fell", now=now)
    return made


def book_first(c: Any, now: datetime) -> None:
    c.booking = book(c, now)


def resend(c: Any, now: datetime) -> None:
    with transaction():
        again.resend(c.booking.uid, FELL.address, now=now)


def resend_to_troupe(c: Any, now: datetime) -> None:
    with transaction():
        again.resend(c.booking.performance.uid, RED, now=now)


def add_hale(c: Any, now: datetime) -> None:
    with transaction():
        colleagues.add(c.booking, HALE, who="Joanna Fell", now=now)


def remove_hale(c: Any, now: datetime) -> None:
    with transaction():
        hale = next(p for p in promises.people_of(c.booking) if p.address == HALE.address)
        colleagues.end(c.booking, hale.id, who="Joanna Fell", now=now)


def change(**said: Any) -> Callable[[Any, datetime], None]:
    def do(c: Any, now: datetime) -> None:
        with transaction():
            bookings.change(c.booking, promise(**said), who="Joanna Fell", now=now)

    return do


def move(day: str, at: time) -> Callable[[Any, datetime], None]:
    def do(c: Any, now: datetime) -> None:
        with transaction():
            there = slot(c, getattr(c, day), at, now, instead_of=c.booking.performance_id)
            bookings.move(c.booking, there, who="Joanna Fell", now=now)

    return do


def cancel(by: str) -> Callable[[Any, datetime], None]:
    def do(c: Any, now: datetime) -> None:
        with transaction():
            bookings.cancel(c.booking, reason="The hall is flooded", by=by, who="Joanna Fell", now=now)

    return do


def join_as_guest(c: Any, now: datetime) -> None:
    """A guest of 9 pupils, with one person."""
    with transaction():
        c.of_guest = make.booking(c.booking.performance, {8: 9}, of=c.guest, at=now)
        office = make.visit_contact(
            c.of_guest,
            name="The office",
            duty="on the day",
            address=GUEST,
            source_date=now.date(),
            added_at=now,
        )
        told.organisation(c.of_guest, [office], letters.booked, now=now, expires_at=told.expiry(c.of_guest))


def propose(*people: str) -> Callable[[Any, datetime], None]:
    def do(c: Any, now: datetime) -> None:
        with transaction():
            offer = proposing.ProposalDraft(
                programme=c.programme,
                organisation=c.school,
                slot=slot(c, c.tuesday, time(9), now),
                people=[getattr(c, p) for p in people],
                reply_by=REPLY_BY,
            )
            c.proposal = proposing.propose(offer, who="Priya Nandakumar", now=now)

    return do


def move_proposal(day: str, at: time, **said: Any) -> Callable[[Any, datetime], None]:
    def do(c: Any, now: datetime) -> None:
        with transaction():
            there = slot(c, getattr(c, day), at, now, instead_of=c.proposal.performance_id)
            proposing.move(c.proposal, there, who="Priya Nandakumar", now=now, **said)

    return do


def accept(**said: Any) -> Callable[[Any, datetime], None]:
    def do(c: Any, now: datetime) -> None:
        with transaction():
            c.booking = proposing.accept(c.proposal, promise(**said), who="Joanna Fell", now=now)

    return do


def refuse(c: Any, now: datetime) -> None:
    with transaction():
        proposing.refuse(c.proposal, reason="Mock exams", who="Joanna Fell", now=now)


def withdraw(c: Any, now: datetime) -> None:
    with transaction():
        proposing.withdraw(c.proposal, who="Priya Nandakumar", now=now)


def end_what_lapsed(at: date | None = None) -> Callable[[Any, datetime], None]:
    """As the service does before it sends; on that day, or now."""

    def do(c: Any, now: datetime) -> None:
        moment = datetime.combine(at, time(0, 1), tzinfo=now.tzinfo) if at else now
        more = True
        while more:
            with transaction():
                more = proposing.end_next(now=moment)

    return do


def book_otherwise(c: Any, now: datetime) -> None:
    """Every year group at once, at another time."""
    c.booking = book(c, now, day=c.next_week)


def neighbour_books(c: Any, now: datetime) -> None:
    office = Colleague(name="The office", address=NEIGHBOUR, duty="safeguarding lead", phone="1")
    c.of_neighbour = book(c, now, at=time(13), school=c.neighbour, pupils={8: 100}, people=(office,))


def neighbour_is_asked(c: Any, now: datetime) -> None:
    """The other slot of the day is kept for the neighbour."""
    with transaction():
        contact = make.contact(c.neighbour, address=NEIGHBOUR)
        offer = proposing.ProposalDraft(
            programme=c.programme,
            organisation=c.neighbour,
            slot=slot(c, c.tuesday, time(13), now, school=c.neighbour),
            people=[contact],
            reply_by=REPLY_BY,
        )
        c.of_neighbour = proposing.propose(offer, who="Priya Nandakumar", now=now)


def call_off_tuesday(c: Any, now: datetime) -> None:
    call_off_day(c.tuesday, reason="Illness in the cast", now=now)


def call_off_day(day: Any, *, reason: str, now: datetime, seen: list[str] | None = None) -> CallOff:
    """The company cannot play on one of its days; each form has a key of its own."""
    off = scope.of_day(day)
    with transaction():
        seen = affected.look(off, now=now).references if seen is None else seen
        return calling_off.call_off(
            off, key=secrets.token_hex(8), reason=reason, seen=seen, who="Priya Nandakumar", now=now
        )


# Stories: what each step sends, in order

CONFIRMED, TENTATIVE, CANCELLED = "CONFIRMED", "TENTATIVE", "CANCELLED"
REQUEST, CANCEL = "REQUEST", "CANCEL"
OFFICE = "office@redmere.example"
BOTH = (FELL.address, WHITFIELD.address)
THREE = (*BOTH, HALE.address)


def each(people: tuple[str, ...], method: str, sequence: int, status: str) -> list[tuple[str, str, int, str]]:
    return [(person, method, sequence, status) for person in people]


def step(name: str, do: Callable[[Any, datetime], None], *sends: list[tuple[str, str, int, str]]) -> Step:
    return Step(name=name, do=do, sends=[message for some in sends for message in some])


_BOOKED = step("book", book_first, each(BOTH, REQUEST, 0, CONFIRMED), each((RED,), REQUEST, 0, CONFIRMED))
_PROPOSED = step("propose", propose("fell", "office"), each((FELL.address, OFFICE), REQUEST, 0, TENTATIVE))

STORIES: dict[str, list[Step]] = {
    "a booking": [
        _BOOKED,
        step("resend to one", resend, each((FELL.address,), REQUEST, 0, CONFIRMED)),
        step("resend to the troupe", resend_to_troupe, each((RED,), REQUEST, 0, CONFIRMED)),
        step("add a colleague", add_hale, each((HALE.address,), REQUEST, 0, CONFIRMED)),
        step("change numbers", change(pupils={8: 140, 9: 150}), each((*THREE, RED), REQUEST, 0, CONFIRMED)),
        step("change nothing", change(pupils={8: 140, 9: 150})),
        step(
            "change place",
            change(pupils={8: 140, 9: 150}, hall="Sports hall"),
            each((*THREE, RED), REQUEST, 1, CONFIRMED),
        ),
        step("move", move("next_week", time(10)), each((*THREE, RED), REQUEST, 2, CONFIRMED)),
        step("move back", move("tuesday", time(9)), each((*THREE, RED), REQUEST, 3, CONFIRMED)),
        step("remove a colleague", remove_hale, each((HALE.address,), CANCEL, 4, "")),
        step("add the colleague again", add_hale, each((HALE.address,), REQUEST, 4, CONFIRMED)),
        # From here on the troupe's own SEQUENCE is one behind: who has it in a school's calendar is none of
        # its business.
        step(
            "move to another van’s day",
            move("wednesday", time(9)),
            each(THREE, REQUEST, 5, CONFIRMED),
            each((RED,), CANCEL, 4, CANCELLED),
            each((BLUE,), REQUEST, 4, CONFIRMED),
        ),
        step(
            "cancel", cancel(SCHOOL), each(THREE, CANCEL, 6, CANCELLED), each((BLUE,), CANCEL, 5, CANCELLED)
        ),
    ],
    "a guest": [
        _BOOKED,
        step("a guest joins", join_as_guest, each((GUEST,), REQUEST, 0, CONFIRMED)),
        step(
            "the host moves",
            move("next_week", time(10)),
            each(BOTH, REQUEST, 1, CONFIRMED),
            each((GUEST, RED), REQUEST, 1, CONFIRMED),
        ),
        step(
            "the host changes its hall",
            change(hall="Sports hall"),
            each(BOTH, REQUEST, 2, CONFIRMED),
            each((GUEST, RED), REQUEST, 2, CONFIRMED),
        ),
        step(
            "the host changes its numbers",
            change(hall="Sports hall", pupils={8: 148, 9: 140}),
            each((*BOTH, RED), REQUEST, 2, CONFIRMED),
        ),
        step(
            "the host cancels",
            cancel(SCHOOL),
            each(BOTH, CANCEL, 3, CANCELLED),
            each((GUEST,), CANCEL, 3, CANCELLED),
            each((RED,), CANCEL, 3, CANCELLED),
        ),
    ],
    "a proposal that is taken": [
        _PROPOSED,
        step(
            "accept, without the office",
            accept(),
            each((OFFICE,), CANCEL, 1, ""),
            each(BOTH, REQUEST, 1, CONFIRMED),
            each((RED,), REQUEST, 0, CONFIRMED),
        ),
        step(
            "move",
            move("next_week", time(10)),
            each(BOTH, REQUEST, 2, CONFIRMED),
            each((RED,), REQUEST, 1, CONFIRMED),
        ),
        step("cancel", cancel(COMPANY), each(BOTH, CANCEL, 3, CANCELLED), each((RED,), CANCEL, 2, CANCELLED)),
    ],
    "a proposal that is moved": [
        _PROPOSED,
        step(
            "move", move_proposal("next_week", time(10)), each((FELL.address, OFFICE), REQUEST, 1, TENTATIVE)
        ),
        step("move to where it stands", move_proposal("next_week", time(10))),
        step(
            "move without our words",
            move_proposal("wednesday", time(9), tell=False),
            each((FELL.address, OFFICE), REQUEST, 2, TENTATIVE),
        ),
        step(
            "move with a note",
            move_proposal("tuesday", time(13), note="A school near you joined the tour."),
            each((FELL.address, OFFICE), REQUEST, 3, TENTATIVE),
        ),
        step(
            "accept",
            accept(people=(FELL,)),
            each((OFFICE,), CANCEL, 4, ""),
            each((FELL.address, RED), REQUEST, 4, CONFIRMED)[:1],
            each((RED,), REQUEST, 3, CONFIRMED),
        ),
    ],
    "a proposal that lapses": [
        _PROPOSED,
        step("the last day is not over", end_what_lapsed(REPLY_BY)),
        step(
            "the last day is over",
            end_what_lapsed(REPLY_BY + timedelta(days=1)),
            each((FELL.address, OFFICE), CANCEL, 1, CANCELLED),
        ),
        step("nothing more to end", end_what_lapsed(REPLY_BY + timedelta(days=1))),
    ],
    "a proposal that is refused": [
        _PROPOSED,
        step("refuse", refuse, each((FELL.address, OFFICE), CANCEL, 1, CANCELLED)),
        step("propose again", propose("fell"), each((FELL.address,), REQUEST, 0, TENTATIVE)),
    ],
    "a proposal that is taken back": [
        _PROPOSED,
        step("withdraw", withdraw, each((FELL.address, OFFICE), CANCEL, 1, CANCELLED)),
    ],
    "a proposal overtaken by a booking": [
        _PROPOSED,
        step(
            "the school books another time",
            book_otherwise,
            each((OFFICE,), CANCEL, 1, ""),
            each(BOTH, REQUEST, 1, CONFIRMED),
            each((RED,), REQUEST, 0, CONFIRMED),
        ),
        step("the service looks", end_what_lapsed()),
    ],
    "a day called off": [
        _BOOKED,
        step("a guest joins", join_as_guest, each((GUEST,), REQUEST, 0, CONFIRMED)),
        step(
            "a neighbour books the afternoon", neighbour_books, each((NEIGHBOUR, RED), REQUEST, 0, CONFIRMED)
        ),
        step(
            "the company calls the day off",
            call_off_tuesday,
            each(BOTH, CANCEL, 1, CANCELLED),
            each((GUEST,), CANCEL, 1, CANCELLED),
            each((RED,), CANCEL, 1, CANCELLED),
            each((NEIGHBOUR, RED), CANCEL, 1, CANCELLED),
        ),
    ],
    "a day called off with a time kept": [
        _BOOKED,
        step(
            "the afternoon is kept for a neighbour",
            neighbour_is_asked,
            each((NEIGHBOUR,), REQUEST, 0, TENTATIVE),
        ),
        step(
            "the company calls the day off",
            call_off_tuesday,
            each(BOTH, CANCEL, 1, CANCELLED),
            each((RED,), CANCEL, 1, CANCELLED),
            each((NEIGHBOUR,), CANCEL, 1, CANCELLED),
        ),
    ],
}
