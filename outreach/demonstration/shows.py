"""The made-up shows: who booked which slot when, who came, and what each side reported."""

from collections import Counter
from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import select

from outreach.booking import accounts, bookings, holds, promises, seats
from outreach.booking.colleagues import LEAD, ON_THE_DAY, Colleague
from outreach.booking.numbers import Promise
from outreach.booking.promises import Booking
from outreach.county import contacts
from outreach.county.schools import School
from outreach.demonstration import away, besides, cast, names
from outreach.demonstration.cast import Cast
from outreach.demonstration.seasons import TourSeason
from outreach.ground.db import db
from outreach.ground.errors import Refusal
from outreach.tour import slots
from outreach.tour.days import TourDay
from outreach.tour.performances import Slot
from outreach.tour.programmes import Programme
from outreach.visits import pledges, reports
from outreach.visits.reports import ReportAccount

HALLS = ("Main hall", "Sports hall", "Drama studio", "Dining hall", "Lecture theatre")
ARRIVALS: tuple[dict[str, Any], ...] = (
    {},
    {},
    {"arrival_note": "Reception opens at 7:30am."},
    {"parking": "Behind the sports hall"},
    {"entrance": "West gate, ring the bell"},
)


def early(
    random: Random, programme: Programme, season: TourSeason, parts: Cast, *, asked: datetime, now: datetime
) -> None:
    """The first shows, months ago: all seen and reported. Where many of a district were asked, they answer first."""
    asked_in = Counter(school.district_name for school in parts.early)
    for n, school in enumerate(sorted(parts.early, key=lambda s: -asked_in[s.district_name])):
        when = asked + timedelta(days=1 + n, hours=n % 7)
        for booking in _book(random, programme, school, season.early, cast.TARGET, now=when):
            besides.promise(booking, now=when + timedelta(hours=2))
            _report(random, cast.SEEN, booking, now=now)
            besides.answer(booking, now=now)


def behind(
    random: Random, programme: Programme, season: TourSeason, parts: Cast, *, asked: datetime, now: datetime
) -> None:
    """The shows that lie behind: booked in the weeks after the letter, played, and mostly reported."""
    played = [school for school in parts.playing(*cast.PLAYED) if school not in parts.early]
    for n, school in enumerate(played):
        part = next(p for p in cast.PLAYED if school in parts.playing(p))
        when = asked + timedelta(days=1 + n % 27, hours=n % 7, minutes=7 * n % 60)
        only = (8,) if part in (cast.HALF_SEEN, cast.HALF_BOOKED) else cast.TARGET
        booked = _book(random, programme, school, season.around(n / len(played)), only, now=when)
        for booking in booked or _book(random, programme, school, season.behind, only, now=when):
            besides.promise(booking, now=when + timedelta(hours=2))
            _report(random, part, booking, now=now)
            besides.answer(booking, now=now)
            away.say(booking, now=now)
    for school in parts.playing(cast.HALF_BOOKED):
        _book(random, programme, school, season.ahead, (9,), now=_lately(random, now))


def ahead(random: Random, programme: Programme, season: TourSeason, parts: Cast, *, now: datetime) -> None:
    """The shows to come, one of them soon called off."""
    for school in parts.playing(cast.BOOKED, cast.IN_PART, cast.CALLED_OFF):
        only = (8,) if school in parts.playing(cast.IN_PART) else cast.TARGET
        _book(random, programme, school, season.ahead, only, now=_lately(random, now))


def call_off(programme: Programme, parts: Cast, *, now: datetime) -> None:
    for school in parts.playing(cast.CALLED_OFF):
        for booking in promises.live(programme.id, school.organisation_id):
            bookings.cancel(
                booking,
                reason="Two of the cast are ill",
                by=promises.COMPANY,
                who="Dafydd Rees (company)",
                now=now,
            )


def booked_today(
    random: Random, programme: Programme, season: TourSeason, parts: Cast, *, now: datetime
) -> None:
    for school in parts.playing(cast.BOOKED_TODAY):
        _book(random, programme, school, season.ahead, cast.TARGET, now=now)


def _lately(random: Random, now: datetime) -> datetime:
    return now - timedelta(days=random.randint(2, 20), minutes=random.randint(0, 300))


def _book(
    random: Random,
    programme: Programme,
    school: School,
    on: Collection[date],
    year_groups: tuple[int, ...],
    *,
    now: datetime,
) -> list[Booking]:
    """One or two shows on the days `on`, as the school would have booked them at `now`; [] when nothing
    fits."""
    account = accounts.account(programme, school, now=now)
    still_open = {y: n for y, n in account.still_open.items() if y in year_groups}
    two = accounts.needs_two_shows(programme, still_open)
    chosen = _chosen(random, programme, school, on, two=two, now=now)
    if not chosen:
        return []
    who = f"{school.name} (school)"
    try:
        held = holds.hold(programme, school, chosen, who=who, now=now)
        split = _split(random, still_open, len(held), programme.audience_ceiling)
        promised = [
            (show.id, _promise(random, school, pupils)) for show, pupils in zip(held, split, strict=True)
        ]
        return bookings.book(programme, school, promised, who=who, now=now + timedelta(minutes=5))
    except Refusal:
        holds.give_back(programme.id, school.organisation_id, who=who, now=now)
        return []


def _chosen(
    random: Random, programme: Programme, school: School, on: Collection[date], *, two: bool, now: datetime
) -> tuple[Slot, ...]:
    """A pair for a school too big for one show, else one of the three starts that cost least road."""
    ids = db.session.scalars(
        select(TourDay.id)
        .where(TourDay.programme_id == programme.id, TourDay.day.in_(on))
        .order_by(TourDay.id)
    )
    offered = slots.offers(programme, school, now=now, two_shows=two, only_days=list(ids))
    pairs = [slots_of_day for slots_of_day in offered.first if len(slots_of_day) == 2]
    if pairs:
        return random.choice(pairs)
    return (random.choice(offered.near),) if offered.near else ()


def _split(
    random: Random, still_open: Mapping[int, int | None], number: int, ceiling: int
) -> list[dict[int, int]]:
    """How many of each year group come to which show: a few are always away."""
    known = {y: 5 + random.randint(0, 9) if n is None else max(1, n) for y, n in still_open.items()}
    split = seats.proposed(known, number, ceiling) or [dict(known)]
    return [{y: max(1, round(n * 0.97)) for y, n in show.items() if n} for show in split][:number]


def _promise(random: Random, school: School, pupils: dict[int, int]) -> Promise:
    lead = contacts.contacts_of_organisation(school.organisation_id)[0]
    first, last = names.person(random)
    host = lead.address.partition("@")[2]
    there = Colleague(
        name=f"{first} {last}",
        address=f"{names.slug(first)}.{names.slug(last)}@{host}",
        duty=ON_THE_DAY,
        role=random.choice(("Head of Year 9", "Pastoral manager", "PSHE lead", "Site manager")),
        phone=school.telephone,
    )
    named = Colleague(name=lead.name, address=lead.address, duty=LEAD, role=lead.role, phone=lead.phone)
    needs = {"wheelchair": random.randint(1, 2)} if random.random() < 0.3 else {}
    if random.random() < 0.15:
        needs["hearing_loop"] = 1
    return Promise(
        pupils=pupils,
        hall=random.choice(HALLS),
        step_free=random.random() < 0.8,
        access_needs=needs,
        **random.choice(ARRIVALS),
        people=(named, there),
    )


def _report(random: Random, part: str, booking: Booking, *, now: datetime) -> None:
    """What each side said of a show that is past, a day or two after it."""
    if part == cast.UNREPORTED:
        return
    soon = min(now, booking.performance.ends_at + timedelta(hours=random.randint(2, 30)))
    came = {y: max(1, n - random.randint(0, max(1, n // 20))) for y, n in promises.pupils_of(booking).items()}
    away = 40 if part == cast.DISAGREE else random.randint(-2, 2)
    seen = ReportAccount(
        took_place=True,
        pupils=max(1, sum(came.values()) + away),
        concerns_handed_on=random.random() < 0.4,
    )
    shut = ReportAccount(took_place=False, why_not="The school was shut by a burst pipe")
    said = shut if part == cast.NEVER_CAME else seen
    report = reports.report(booking, reports.COMPANY, said, who="Dafydd Rees (company)", now=soon)
    if said.took_place:
        there = {pledges.LEAD_PRESENT: pledges.DONE}
        pledges.answer(
            booking, there, side=reports.COMPANY, report=report, who="Dafydd Rees (company)", now=soon
        )
    if part in (cast.ONE_SIDED, cast.NEVER_CAME):
        return
    staff = random.randint(4, 9)
    kept = {pledges.LEAD_PRESENT: random.random() < 0.9, pledges.LESSON: random.random() < 0.7}
    concerns = random.choice((0, 0, 0, 1, 1, 2, 3))
    own = ReportAccount(took_place=True, pupils=came, staff=staff, concerns=concerns)
    later, who = min(now, soon + timedelta(hours=5)), f"{booking.organisation.name} (school)"
    report = reports.report(booking, reports.SCHOOL, own, who=who, now=later)
    answers = {pledge: pledges.DONE if done else pledges.NOT_DONE for pledge, done in kept.items()}
    pledges.answer(booking, answers, report=report, who=who, now=later)
