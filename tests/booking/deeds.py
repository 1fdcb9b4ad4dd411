"""A small crowded county, and everything that anybody can do in it, drawn by dice: for long sequences and for
crowds.

    county = deeds.lay(); deeds.done("book", Dice(numbers), county.ids, now)

Every deed is one transaction of the real verbs; what is refused is refused in words, and leaves nothing
behind.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import select

import make
from outreach.booking import bookings, guest_places, holds
from outreach.booking.calling_off import affected, instead
from outreach.booking.calling_off import deeds as lost
from outreach.booking.calling_off.scope import Scope
from outreach.booking.colleagues import Colleague
from outreach.booking.desk import proposing
from outreach.booking.guest_places import GuestPlace, Travel
from outreach.booking.guests import hosting, joining
from outreach.booking.guests.joining import JoiningWish
from outreach.booking.numbers import Promise
from outreach.booking.promises import GUEST, HOST, Booking
from outreach.booking.proposals import Proposal
from outreach.county.contacts import Contact
from outreach.county.schools import School
from outreach.ground.db import db, transaction
from outreach.ground.errors import Refusal
from outreach.ground.timespans import day_of
from outreach.tour import slots
from outreach.tour.days import TourDay
from outreach.tour.performances import Performance
from outreach.tour.programmes import Programme

T = TypeVar("T")

DATES = (date(2027, 3, 9), date(2027, 3, 10), date(2027, 3, 16))
HAS = {1050: 165, 63: 10}
"""How many of a year group a school of so many pupils has at most: the estimate and a tenth, or one more."""


class Dice:
    """Numbers drawn before, used one after the other; after the last it is always the first choice."""

    def __init__(self, numbers: Iterable[int]) -> None:
        self._numbers = iter(numbers)

    def one(self, choices: Sequence[T]) -> T:
        return choices[next(self._numbers, 0) % len(choices)]


@dataclass(frozen=True, kw_only=True)
class County:
    """By numbers, so that any process finds its rows."""

    programme_id: int
    troupe_ids: tuple[int, ...]
    organisation_ids: tuple[int, ...]
    most: dict[int, int]
    """How many of one year group each school has at most."""


def lay(la_code: str = "931") -> County:
    """Two vans, three days; four schools of 150 a year group at 8 to 24 km of one another, two small ones
    beside them."""
    with transaction():
        partnership = make.partnership((la_code,))
        programme = make.programme(partnership, get_in_minutes=30, get_out_minutes=15, shows_a_day=3)
        troupes = [
            make.troupe(
                partnership, base_easting=448000, base_northing=210000, calendar_address=f"v{n}@row.example"
            )
            for n in range(2)
        ]
        for troupe in troupes:
            for day in DATES:
                make.tour_day(programme, troupe, day)
        schools = [make.school(easting=450000 + 8000 * n, la_code=la_code) for n in range(4)]
        schools += [
            make.school(easting=451000 + 8000 * n, la_code=la_code, number_of_pupils=63) for n in range(2)
        ]
        for school in schools:
            make.contact(school)
        return County(
            programme_id=programme.id,
            troupe_ids=tuple(t.id for t in troupes),
            organisation_ids=tuple(s.organisation_id for s in schools),
            most={s.organisation_id: HAS[s.number_of_pupils or 0] for s in schools},
        )


def done(deed: str, dice: Dice, county: County, now: datetime) -> bool:
    """Do it; False when it was refused in words or there was nothing to do it to."""
    try:
        with transaction():
            return DEEDS[deed](dice, county, now) is not False
    except Refusal as no:
        assert no.message.strip()
        return False
    finally:
        db.session.expire_all()


def _programme(county: County) -> Programme:
    return db.session.get_one(Programme, county.programme_id)


def _school(dice: Dice, county: County) -> School:
    return db.session.get_one(School, dice.one(county.organisation_ids))


def _pupils(dice: Dice, school: School) -> dict[int, int]:
    """What it has, more, or part of it."""
    if (school.number_of_pupils or 0) < 100:
        return dice.one(({8: 9}, {8: 5, 9: 5}, {8: 10}, {8: 11}, {9: 9}))
    return dice.one(
        ({8: 9}, {8: 5, 9: 5}, {8: 10}, {8: 80, 9: 80}, {8: 120}, {8: 165}, {8: 100, 9: 150}, {9: 166})
    )


def _people(school: School) -> tuple[Colleague, ...]:
    address = f"office@s{school.organisation_id}.example"
    return (Colleague(name="The office", address=address, duty="safeguarding lead", phone="1"),)


def _promise(dice: Dice, school: School) -> Promise:
    return Promise(
        pupils=_pupils(dice, school), hall=dice.one(("Main hall", "Sports hall")), people=_people(school)
    )


def _slot(dice: Dice, county: County, school: School, now: datetime, instead_of: int | None = None) -> Any:
    """One of the starts that it could have, the first and last of each day the likeliest: there it is
    tightest."""
    found = slots.offers(_programme(county), school, now=now, instead_of=instead_of, whatever_the_notice=True)
    days = [day for day in found.days if day.slots]
    if not days:
        return None
    there = dice.one(days).slots
    return dice.one((there[0], there[-1], dice.one(there)))


def _live(county: County, role: str) -> list[Booking]:
    return list(
        db.session.scalars(
            select(Booking)
            .where(
                Booking.programme_id == county.programme_id, Booking.ended_at.is_(None), Booking.role == role
            )
            .order_by(Booking.id)
        )
    )


def _of(county: County, model: type[T], *where: Any) -> list[T]:
    return list(
        db.session.scalars(
            select(model).where(model.programme_id == county.programme_id, *where).order_by(model.id)  # type: ignore[attr-defined]
        )
    )


def hold(dice: Dice, county: County, now: datetime) -> bool | None:
    school, two = _school(dice, county), dice.one((False, False, True))
    chosen = [slot for _ in range(2 if two else 1) if (slot := _slot(dice, county, school, now))]
    if not chosen:
        return False
    holds.hold(_programme(county), school, chosen, who="x", now=now, whatever_the_notice=True)
    return None


def book(dice: Dice, county: County, now: datetime) -> bool | None:
    """What is kept for somebody becomes a promise, whether or not its time is over."""
    held = _of(county, Performance, Performance.held_until.is_not(None), Performance.released_at.is_(None))
    if not held:
        return False
    school = db.session.get_one(School, dice.one(held).organisation_id)
    kept = holds.kept(_programme(county), school.organisation_id, now=now)
    shows = [(show.id, _promise(dice, school)) for show in kept]
    bookings.book(_programme(county), school, shows, who="x", now=now)
    return None


def renew(dice: Dice, county: County, now: datetime) -> None:
    holds.renew(_programme(county), _school(dice, county), now=now)


def give_back(dice: Dice, county: County, now: datetime) -> None:
    holds.give_back(county.programme_id, _school(dice, county).organisation_id, who="x", now=now)


def propose(dice: Dice, county: County, now: datetime) -> bool | None:
    school = _school(dice, county)
    slot = _slot(dice, county, school, now)
    if slot is None:
        return False
    people = db.session.scalars(
        select(Contact).where(Contact.organisation_id == school.organisation_id)
    ).all()
    until = day_of(now) + timedelta(days=dice.one((0, 1, 5)))
    offer = proposing.ProposalDraft(
        programme=_programme(county), organisation=school, slot=slot, people=people, reply_by=until
    )
    proposing.propose(offer, who="x", now=now)
    return None


def _proposal(dice: Dice, county: County) -> Proposal | None:
    """The newest ones are the likeliest, ended ones among them: somebody answers too late."""
    found = _of(county, Proposal)[-4:]
    return dice.one(found[::-1]) if found else None


def accept(dice: Dice, county: County, now: datetime) -> bool | None:
    proposal = _proposal(dice, county)
    if proposal is None:
        return False
    proposing.accept(proposal, _promise(dice, proposal.organisation), who="x", now=now)
    return None


def refuse(dice: Dice, county: County, now: datetime) -> bool | None:
    proposal = _proposal(dice, county)
    if proposal is None:
        return False
    if dice.one((True, False)):
        proposing.refuse(proposal, reason="Exams", who="x", now=now)
    else:
        proposing.withdraw(proposal, who="x", now=now)
    return None


def lapse(_dice: Dice, _county: County, now: datetime) -> bool:
    return proposing.end_next(now=now)


def move(dice: Dice, county: County, now: datetime) -> bool | None:
    hosts = _live(county, HOST)
    if not hosts:
        return False
    booking = dice.one(hosts)
    slot = _slot(dice, county, booking.organisation, now, booking.performance_id)
    if slot is None:
        return False
    bookings.move(booking, slot, who="x", now=now, by=dice.one(("school", "coordinator")))
    return None


def change(dice: Dice, county: County, now: datetime) -> bool | None:
    found = _live(county, dice.one((HOST, GUEST)))
    if not found:
        return False
    booking = dice.one(found)
    if booking.role == GUEST:
        joining.come(booking, _promise(dice, booking.organisation), Travel(by="foot"), who="x", now=now)
    else:
        bookings.change(booking, _promise(dice, booking.organisation), who="x", now=now)
    return None


def cancel(dice: Dice, county: County, now: datetime) -> bool | None:
    found = _live(county, dice.one((HOST, GUEST)))
    if not found:
        return False
    bookings.cancel(dice.one(found), reason="Exams", by=dice.one(("school", "coordinator")), who="x", now=now)
    return None


def join(dice: Dice, county: County, now: datetime) -> bool | None:
    organisation_id = dice.one(
        (*county.organisation_ids, *county.organisation_ids[-2:], *county.organisation_ids[-2:])
    )
    hosts, school = _live(county, HOST), db.session.get_one(School, organisation_id)
    if not hosts:
        return False
    wish = JoiningWish(why=guest_places.FEW_PUPILS, promise=_promise(dice, school), travel=Travel(by="foot"))
    joining.ask(_programme(county), school, dice.one(hosts).performance, wish, who="x", now=now)
    return None


def _place(dice: Dice, county: County) -> GuestPlace | None:
    found = _of(county, GuestPlace)[-4:]
    return dice.one(found[::-1]) if found else None


def agree(dice: Dice, county: County, now: datetime) -> bool | None:
    place = _place(dice, county)
    if place is None:
        return False
    hosting.agree(place, seats=dice.one((place.seats, 5, 40)), terms="", who="x", now=now)
    return None


def answer(dice: Dice, county: County, now: datetime) -> bool | None:
    """A host refuses; a guest takes the fewer that it was given, or takes its question back."""
    place, how = _place(dice, county), dice.one(("take", "refuse", "withdraw"))
    if place is None:
        return False
    if how == "take":
        joining.take(place, _promise(dice, place.organisation), who="x", now=now)
    elif how == "refuse":
        hosting.refuse(place, reason="No", who="x", now=now)
    else:
        joining.withdraw(place, who="x", now=now)
    return None


def offer_seats(dice: Dice, county: County, now: datetime) -> bool | None:
    hosts = _live(county, HOST)
    if not hosts:
        return False
    how = dice.one((guest_places.OPEN, guest_places.ASK, guest_places.NONE))
    hosting.offer(dice.one(hosts), how=how, seats=dice.one((5, 20, 100)), terms="", who="x", now=now)
    return None


def call_off(dice: Dice, county: County, now: datetime) -> bool | None:
    """A day or half of a troupe, or of every school for snow, is called off as it was seen, other times kept
    at once; the troupe gives its day again, so that there is always something to book."""
    days = _of(county, TourDay, TourDay.ended_at.is_(None))
    if not days or dice.one((False, True, True)):
        return False
    day, part, snow = (
        dice.one(days),
        dice.one(("day", "morning", "afternoon")),
        dice.one((False, False, True)),
    )
    whose: dict[str, Any] = {"schools_of": ""} if snow else {"troupe_id": day.troupe_id}
    partnership_id = _programme(county).partnership_id
    scope = Scope(partnership_id=partnership_id, first=day.day, last=day.day, part=part, **whose)
    seen = affected.look(scope, now=now)
    found = instead.other_times_for(seen, now=now) if dice.one((True, False)) else {}
    chosen = {reference: other.planned.key for reference, other in found.items() if other.planned}
    key = f"{now.isoformat()} {day.id} {dice.one(range(60))}"
    lost.call_off(scope, key=key, reason="Illness", seen=seen.references, chosen=chosen, who="x", now=now)
    for gone in _of(county, TourDay, TourDay.ended_at == now):
        make.tour_day(_programme(county), gone.troupe, gone.day)
    return None


def move_proposal(dice: Dice, county: County, now: datetime) -> bool | None:
    proposal = _proposal(dice, county)
    if proposal is None or proposal.performance_id is None:
        return False
    slot = _slot(dice, county, proposal.organisation, now, proposal.performance_id)
    if slot is None:
        return False
    return proposing.move(proposal, slot, tell=dice.one((True, False)), who="x", now=now)


DEEDS: dict[str, Callable[[Dice, County, datetime], bool | None]] = {
    "hold": hold,
    "book": book,
    "renew": renew,
    "give back": give_back,
    "propose": propose,
    "accept": accept,
    "refuse": refuse,
    "lapse": lapse,
    "move": move,
    "change": change,
    "cancel": cancel,
    "join": join,
    "agree": agree,
    "answer": answer,
    "offer seats": offer_seats,
    "call off": call_off,
    "move proposal": move_proposal,
}

OFTEN = (
    *DEEDS,
    "hold",
    "hold",
    "book",
    "book",
    "book",
    "propose",
    "accept",
    "accept",
    "move",
    "move",
    "join",
    "agree",
)
"""What is done how often: booking more often than ending, so that it gets crowded."""


def kept_out(county: County, now: datetime) -> list[str]:
    """Who would be offered more if the holds whose time is over were gone; nobody may be. Leaves everything
    as it is."""
    over = _of(county, Performance, Performance.held_until <= now, Performance.released_at.is_(None))
    if not over:
        return []
    programme, said = _programme(county), []

    def offered() -> dict[int, list[str]]:
        return {
            organisation_id: [
                slot.key
                for day in slots.offers(
                    programme, db.session.get_one(School, organisation_id), now=now, whatever_the_notice=True
                ).days
                for slot in day.slots
            ]
            for organisation_id in county.organisation_ids
        }

    before = offered()
    for show in over:
        db.session.delete(show)
    db.session.flush()
    after = offered()
    db.session.rollback()
    for organisation_id in county.organisation_ids:
        if before[organisation_id] != after[organisation_id]:
            said.append(
                f"school {organisation_id} is kept from {sorted(set(after[organisation_id]) - set(before[organisation_id]))}"
            )
    return said
