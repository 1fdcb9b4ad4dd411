"""A training for adults beside the play: forty bodies and the safeguarding leads of secondary schools are asked, and
come to sessions in halls, in a station, online and at a school."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from sqlalchemy import select

from outreach.asking import follow_ups, invitations, notes, rounds
from outreach.booking import bookings, promises
from outreach.booking.colleagues import LEAD, Colleague
from outreach.booking.guest_places import GuestPlace
from outreach.booking.numbers import Promise
from outreach.booking.promises import Booking
from outreach.booking.sessions import holding, places
from outreach.booking.sessions.holding import SessionSaid
from outreach.county import contacts, venues
from outreach.county.coordinators import Coordinator
from outreach.county.schools import Organisation, School
from outreach.county.venues import HALL, STATION, Venue, VenueFacts
from outreach.demonstration import cast, teams, tour_days
from outreach.demonstration.cast import Cast
from outreach.demonstration.seasons import TourSeason
from outreach.ground.db import db
from outreach.ground.geography import Place
from outreach.ground.school_year import STAFF
from outreach.ground.timespans import day_of, wall
from outreach.post import troupe_links
from outreach.tour import companies, programmes
from outreach.tour.adults import LEADS, SOME, AdultTarget
from outreach.tour.companies import CompanyFacts, TroupeFacts
from outreach.tour.days import Hours, TourDay
from outreach.tour.programmes import Production, Programme
from outreach.tour.sessions import TrainingSession
from outreach.visits import reports
from outreach.visits.reports import ReportAccount

TITLE = "Someone Who Listens"
TRAINERS, TRAINER = "Plain Words Training", "Ruth Okafor"
KINDS = (teams.POLICE, teams.SOCIAL_WORK, teams.HEALTH, teams.TRANSPORT, teams.VOLUNTARY)
COUNTS_FOR = 24
"""Months, after which a training is due again."""
FIRST_OF_ALL = timedelta(days=32)
"""So long before the first shows."""

TOWN_HALL, STATION_ROOM, SMALL_ROOM = "Marlford Town Hall", "Aldermarl Police Station", "Saxby Regis Station"
ONLINE, AT_A_SCHOOL = "online", "at a school"
A_SCHOOL = "a school"
"""Whoever has it at home; its own staff come, too."""

MEETING = "https://meet.example/someone-who-listens"
JOINING = {
    TOWN_HALL: "The Mayor’s Parlour, first floor; there is a lift. Tea from half past nine.",
    STATION_ROOM: "Ring at the side door in Mill Lane and ask for the training room.",
    SMALL_ROOM: "Ask at the front desk. The car park is for patrol cars alone.",
    ONLINE: "The meeting opens ten minutes before. Please come with camera and sound.",
    AT_A_SCHOOL: "Please sign in at reception, and bring a badge that says where you work.",
}


@dataclass(frozen=True, kw_only=True)
class Held:
    """One session: on a day of the season, so many places, and who takes how many. `came`: how many did by their own
    word, where that differs; `counted`: by the trainer's, where hers differs again, None where she has not said."""

    on: date
    at: time
    where: str
    places: int
    takes: Mapping[str, int]
    came: Mapping[str, int] = field(default_factory=dict)
    counted: Mapping[str, int] | None = None


def sessions_of(season: TourSeason) -> list[Held]:
    """Five that lie behind, and four to come."""
    first, behind, ahead = season.early[0] - FIRST_OF_ALL, season.behind, season.ahead
    return [
        Held(
            on=_weekday(first),
            at=time(10),
            where=TOWN_HALL,
            places=60,
            takes={"Child Exploitation Unit": 12, "Marlshire Front Door": 20},
            counted={},
        ),
        Held(
            on=behind[3],
            at=time(10),
            where=STATION_ROOM,
            places=24,
            takes={"Aldermarl Neighbourhood Team": 12, "North Marl Children’s Team": 11},
            came={"North Marl Children’s Team": 10},
            counted={},
        ),
        Held(
            on=behind[9],
            at=time(13, 30),
            where=ONLINE,
            places=120,
            takes={
                "Marlford City Buses": 60,
                "Fenwold Rural Team": 15,
                "Fenwold Children’s Team": 14,
                "Fenwold Health Visitors": 6,
            },
            counted={"Marlford City Buses": 47},
        ),
        Held(
            on=behind[15],
            at=time(14),
            where=AT_A_SCHOOL,
            places=60,
            takes={A_SCHOOL: 18, "Kestermere School Nursing": 13, "Kestermere Children’s Team": 20},
            came={"Kestermere Children’s Team": 19},
            counted={},
        ),
        Held(
            on=behind[-1],
            at=time(10),
            where=TOWN_HALL,
            places=60,
            takes={"Marlford Central Neighbourhood Team": 30, "Marlford School Nursing": 20},
        ),
        Held(
            on=ahead[3],
            at=time(10),
            where=TOWN_HALL,
            places=60,
            takes={
                "Marlshire Front Door": 14,
                "Families Together Marlshire": 10,
                "Marl Quays Youth Project": 12,
                "Emergency Duty Team": 9,
                "Kestermere Coaches": 5,
            },
        ),
        Held(
            on=ahead[7],
            at=time(13, 30),
            where=ONLINE,
            places=120,
            takes={"Marlshire Response, Night Shift": 40},
        ),
        Held(
            on=ahead[9],
            at=time(14),
            where=AT_A_SCHOOL,
            places=60,
            takes={A_SCHOOL: 22, "Tealbury School Nursing": 11},
        ),
        Held(
            on=ahead[12],
            at=time(10),
            where=SMALL_ROOM,
            places=12,
            takes={"Saxby Regis Neighbourhood Team": 10},
        ),
    ]


MOVES, CANCELS, WAITS = "Emergency Duty Team", "Kestermere Coaches", "Saxby Regis Walk-in Clinic"
DECLINES = "The Lantern Night Café"
RUNG = "Marl Valley Ambulance Station"


def set_up(partnership_id: int, season: TourSeason, *, who: str, now: datetime) -> Programme:
    """The programme with whom it is for, its trainer and the days that she gives to it."""
    programme = programmes.create(
        partnership_id,
        Production(
            title=TITLE,
            academic_year=season.academic_year,
            reply_by=season.reply_by,
            year_groups=(),
            for_adults=True,
            adults=AdultTarget(
                schools=SOME, phases=("Secondary",), roles=(LEADS,), kinds=KINDS, valid_months=COUNTS_FOR
            ),
            summary="Two hours on the signs of grooming and exploitation, what to ask, and whom to ring.",
            running_minutes=90,
            discussion_minutes=30,
            get_in_minutes=30,
            get_out_minutes=15,
            shows_a_day=2,
            latest_finish=time(17),
            notice_book_days=2,
            notice_move_days=3,
            notice_cancel_days=3,
            school_provides="a room with a screen, and chairs",
        ),
        who=who,
        now=now,
    )
    company = companies.add(
        partnership_id,
        CompanyFacts(
            name=TRAINERS,
            contact_name=TRAINER,
            contact_email="ruth@plainwords.example",
            contact_phone="01632 960 377",
        ),
        who=who,
        now=now,
    )
    at = _somewhere_in("Marlford")
    facts = TroupeFacts(
        name=TRAINER,
        base_name="Marlford",
        base=companies.find_base(at.postcode),
        calendar_address="ruth@plainwords.example",
    )
    trainer = companies.add_troupe(company, facts, who=who, now=now)
    troupe_links.make(trainer.id, partnership_id=partnership_id, who=who, now=now)
    hours = Hours(leaves=time(8), returns=time(18), shows_at_most=2)
    tour_days.give(programme, trainer, (held.on for held in sessions_of(season)), hours, who=who, now=now)
    return programme


def ask(programme: Programme, parts: Cast, *, who: str, now: datetime) -> None:
    """One letter each to every body, and to the secondary schools of two districts."""
    there = [body for body in teams.of(programme.partnership_id).values() if body.is_open]
    near = [s for s in _secondary(parts) if s.district_name in ("Kestermere", "Teal Valley")]
    rounds.send_round(programme, [of.organisation_id for of in (*there, *near)], who=who, now=now)


def tell(
    programme: Programme, season: TourSeason, parts: Cast, person: Coordinator, *, now: datetime
) -> None:
    """Sessions held and to come, who took places at them, and what was said of those that are over."""
    told = [_held(programme, one, parts, who=person.name, now=now) for one in sessions_of(season)]
    for one, session, taken in told:
        if one.counted is not None:
            _report(one, session, taken, now=now)
    _since(programme, told, person, now=now)


Told = tuple[Held, TrainingSession, dict[str, Booking]]


def _held(programme: Programme, one: Held, parts: Cast, *, who: str, now: datetime) -> Told:
    """A session is put down a month before it at the latest, and places are taken in the days after."""
    put_down = min(_morning(one.on) - timedelta(days=30), now - timedelta(days=20))
    venue, school = _venue(programme, one, parts, who=who, now=put_down)
    day = db.session.scalars(
        select(TourDay).where(TourDay.programme_id == programme.id, TourDay.day == one.on)
    ).one()
    said = SessionSaid(
        places=one.places, link=MEETING if one.where == ONLINE else "", joining=JOINING[one.where]
    )
    session = holding.hold(programme, venue, day, one.at, said, who=who, now=put_down)
    named: dict[str, Organisation] = {**teams.of(programme.partnership_id)}
    if school is not None:
        named[A_SCHOOL] = school
    taken = {}
    for n, (name, staff) in enumerate(one.takes.items(), 1):
        place = _take(programme, session, named[name], staff, now=put_down + timedelta(days=n, hours=n))
        assert place.booking is not None
        taken[name] = place.booking
    return one, session, taken


def _venue(
    programme: Programme, one: Held, parts: Cast, *, who: str, now: datetime
) -> tuple[Venue, School | None]:
    """Where a session is, and the school in whose house that is."""
    of = programme.partnership_id
    if one.where == ONLINE:
        return venues.online(of, who=who, now=now), None
    if one.where == AT_A_SCHOOL:
        district = teams.of(of)[list(one.takes)[-1]].district_name
        school = next(s for s in _secondary(parts) if s.district_name == district)
        return venues.at(school, of, who=who, now=now), school
    known = {venue.name: venue for venue in venues.of_partnership(of)}
    if one.where not in known:
        at = _somewhere_in(one.where.split()[0])
        assert at.easting is not None and at.northing is not None
        facts = VenueFacts(
            name=one.where,
            kind=HALL if one.where == TOWN_HALL else STATION,
            street="1 Market Place",
            town=at.town,
            place=Place(easting=at.easting, northing=at.northing),
            capacity=one.places,
        )
        return venues.add(of, facts, who=who, now=now), None
    return known[one.where], None


def _take(
    programme: Programme,
    session: TrainingSession,
    of: Organisation,
    staff: int,
    *,
    waits: bool = False,
    now: datetime,
) -> GuestPlace:
    """As somebody there does by the link of the letter."""
    contact = contacts.contacts_of_organisation(of.organisation_id)[0]
    named = Colleague(
        name=contact.name, address=contact.address, duty=LEAD, role=contact.role, phone=contact.phone
    )
    promise = Promise(pupils={STAFF: staff}, people=(named,))
    return places.take(programme, of, session.performance, promise, waits=waits, who=contact.name, now=now)


def _report(one: Held, session: TrainingSession, taken: Mapping[str, Booking], *, now: datetime) -> None:
    """The trainer counts whom she has seen of each; each that came says the day after how many of its staff did."""
    soon = session.performance.ends_at + timedelta(hours=1)
    came = {**one.takes, **one.came}
    seen = came | dict(one.counted or {})
    counted = ReportAccount(took_place=True, attendance={taken[name].id: seen[name] for name in taken})
    reports.report(next(iter(taken.values())), reports.COMPANY, counted, who=TRAINER, now=min(now, soon))
    for n, (name, booking) in enumerate(taken.items(), 20):
        own = ReportAccount(took_place=True, pupils={STAFF: came[name]})
        contact = contacts.contacts_of_organisation(booking.organisation_id)[0]
        later = min(now, soon + timedelta(hours=n))
        reports.report(booking, reports.SCHOOL, own, who=contact.name, now=later)


def _since(programme: Programme, told: Iterable[Told], person: Coordinator, *, now: datetime) -> None:
    """One moves to another session, one cancels, one waits, one says no, and one is to be rung again."""
    bodies, coming = teams.of(programme.partnership_id), [each for each in told if each[0].on > day_of(now)]
    (_, hall, at_the_hall), (_, online, _), _, (_, small, _) = coming
    mover, canceller = at_the_hall[MOVES], at_the_hall[CANCELS]
    places.move(mover, online.performance, who=_lead(mover.organisation), now=now - timedelta(days=3))
    bookings.cancel(
        canceller,
        reason="Two drivers are ill, and nobody can stand in",
        by=promises.SCHOOL,
        who=_lead(canceller.organisation),
        now=now - timedelta(days=2),
    )
    waits = _take(programme, small, bodies[WAITS], 6, waits=True, now=now - timedelta(days=1, hours=3))
    invitations.answer(
        programme,
        bodies[WAITS],
        invitations.WAITING_LIST,
        f"{waits.seats} places in {SMALL_ROOM}",
        who=_lead(bodies[WAITS]),
        now=now - timedelta(days=1, hours=3),
    )
    invitations.answer(
        programme,
        bodies[DECLINES],
        invitations.DECLINED,
        "All our volunteers had a training of their own in spring",
        who=_lead(bodies[DECLINES]),
        now=now - timedelta(days=6),
    )
    notes.write(
        bodies[RUNG].organisation_id,
        "Rang the station: the officer on duty counts who is at the front line, and sends us the number.",
        programme,
        partnership_id=programme.partnership_id,
        kind=notes.PHONE,
        who=person.name,
        now=now - timedelta(days=4),
    )
    follow_ups.set_follow_ups(
        programme,
        [bodies[RUNG].organisation_id],
        day_of(now) + timedelta(days=5),
        "Ask for the number of front-line staff",
        person,
        who=person.name,
        now=now - timedelta(days=4),
    )


def _lead(of: Organisation) -> str:
    return contacts.contacts_of_organisation(of.organisation_id)[0].name


def _secondary(parts: Cast) -> list[School]:
    """Those with somebody on file, the largest first."""
    known = [s for s in parts.everybody if s.phase_of_education == "Secondary" and s.is_open]
    silent = parts.playing(cast.NO_ADDRESS, cast.BOUNCED)
    return sorted((s for s in known if s not in silent), key=lambda s: (-(s.number_of_pupils or 0), s.urn))


def _somewhere_in(town: str) -> School:
    """A school of a town, whose place stands for the middle of it."""
    words = select(School).where(School.town.like(f"{town}%"), School.easting.is_not(None))
    return db.session.scalars(words.order_by(School.organisation_id)).first() or _somewhere_in("Marlford")


def _weekday(day: date) -> date:
    return day - timedelta(days=max(0, day.weekday() - 3))


def _morning(day: date) -> datetime:
    return wall(day, time(9, 10))
