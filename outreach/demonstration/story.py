"""A made-up year in Marlshire, told through the verbs that people use, with `now` in the past where it was.

On whatever day it is told, shows lie behind and ahead, every standing is there, and something waits for
a person.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from io import BytesIO
from random import Random

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from outreach.asking import draws, invitations, open_door, rounds
from outreach.booking import holds, limits, reply_days
from outreach.booking.desk import proposing
from outreach.county import (
    authorities,
    contacts,
    coordinators,
    partnerships,
    register,
    roles,
    school_days,
    schools,
)
from outreach.county.coordinators import Coordinator
from outreach.county.partnerships import Partnership, PartnershipSettings
from outreach.county.schools import School
from outreach.coverage.board import publishing
from outreach.coverage.newyear import tiers
from outreach.demonstration import (
    cast,
    chasing,
    county,
    guests,
    leaving,
    lunches,
    made_up_schools,
    money,
    names,
    referrals,
    replies,
    seasons,
    shows,
    surveys,
    teams,
    tour_days,
    training,
)
from outreach.demonstration.cast import Cast
from outreach.demonstration.county import County
from outreach.demonstration.seasons import TourSeason
from outreach.demonstration.tours import plans
from outreach.ground.db import db
from outreach.ground.timespans import day_of, wall
from outreach.post import copies, outbox, troupe_links
from outreach.post.outbox import Letter
from outreach.tour import companies, programmes, slots, target_decisions
from outreach.tour.companies import Company, CompanyFacts, TroupeFacts
from outreach.tour.days import Hours
from outreach.tour.programmes import Production, Programme
from outreach.visits import board_dates

SEED = 1
LOT = "20b7eed7328b38c8d2a68b55cc5f6eab"
"""The seed of its lot, by which two districts saw much of the first round: they have referrals before and after."""
PARTNERSHIP = "Marlshire Safeguarding Children Partnership"
TITLE = "Someone to Tell"
COORDINATOR, ADDRESS = "Priya Nandakumar", "priya@marlshire.example"
COLLEAGUE = "Owen Bright"
OTHERS = (
    ("Sunita Achterberg-Wood", "sunita@marlshire.example", roles.READER),
    ("Grace Adeyemi", "grace@marlshire.example", roles.BOARD),
)
"""Besides the lead and a colleague who is a coordinator: one person of each other role of the partnership's own."""
REACHED_WITH = 20
"""Percent of a district's target pupils with which it is reached."""


@dataclass(frozen=True, kw_only=True)
class Told:
    """What the story left behind."""

    partnership: Partnership
    coordinator: Coordinator
    programme: Programme
    for_adults: Programme
    cast: Cast


def tell(*, now: datetime) -> Told:
    """Make the county, its people and its year so far, inside the caller's transaction."""
    season = seasons.on(day_of(now))
    random = Random(SEED)
    began = _morning(season.early[0] - timedelta(days=70))
    asked_early = _morning(season.early[0] - timedelta(days=42))
    asked = _morning(season.behind[0] - timedelta(days=42))
    partnership = _partnership(season, now=began)
    coordinator = coordinators.add(partnership.id, COORDINATOR, ADDRESS, password=None, now=began)
    colleague = coordinators.add(
        partnership.id,
        COLLEAGUE,
        "owen@marlshire.example",
        password=None,
        now=began,
        role=roles.COORDINATOR,
        who=COORDINATOR,
    )
    for name, address, role in OTHERS:
        coordinators.add(partnership.id, name, address, password=None, now=began, role=role, who=COORDINATOR)
    made = _register(season, now=began)
    programme = _programme(partnership, season, now=began)
    company = _tour(partnership, programme, season, now=began, links_from=now - timedelta(days=30))
    coordinators.add(
        partnership.id,
        "Mo Idris",
        "mo@lanternrow.example",
        password=None,
        now=began + timedelta(hours=2),
        role=roles.COMPANY,
        company=company,
        who=COORDINATOR,
    )
    teams.take_in(partnership, who=COORDINATOR, now=began + timedelta(hours=3))
    for_adults = training.set_up(partnership.id, season, who=COORDINATOR, now=began + timedelta(hours=4))
    parts = cast.choose(random, db.session.scalars(select(School).order_by(School.organisation_id)))
    _contacts(random, parts, now=began + timedelta(days=2))
    _decide(programme, parts, now=began + timedelta(days=3))
    parts = _by_lot(programme, parts, now=asked_early - timedelta(days=1))
    surveys.put_together(programme, coordinator, colleague, now=began + timedelta(days=10))
    for schools_asked, when in ((parts.early, asked_early), (parts.asked, asked)):
        _send_round(programme, schools_asked, now=when)
        hand_over()
    training.ask(for_adults, parts, who=COORDINATOR, now=asked + timedelta(minutes=30))
    hand_over()
    replies.come_back(programme, parts, now=asked + timedelta(hours=1))
    chasing.switch_on(programme, who=COORDINATOR, now=asked)
    for nth in chasing.REMINDED:
        chasing.remind(programme, parts, nth, asked=asked, now=now)
        hand_over()
    chasing.share_out(programme, [coordinator, colleague], parts, now=now)
    teams.follow(partnership, who=COLLEAGUE, now=asked - timedelta(days=5))
    shows.early(random, programme, season, parts, asked=asked_early, now=now)
    shows.behind(random, programme, season, parts, asked=asked, now=now)
    shows.ahead(random, programme, season, parts, now=now)
    hand_over()
    shows.call_off(programme, parts, now=now - timedelta(hours=26))
    hand_over()
    guests.tell(programme, parts, now=now)
    hand_over()
    training.tell(for_adults, season, parts, coordinator, now=now)
    hand_over()
    lunches.say(programme, parts, now=now)
    _answers(programme, parts, now=now)
    _propose(programme, parts, now=now)
    replies.come_in(programme, parts, now=now)
    _report_dates(partnership, programme, now=now)
    surveys.answer(programme, now=now)
    referrals.take_in(programme, REACHED_WITH, who=COORDINATOR, colleague=COLLEAGUE, now=now)
    _today(random, programme, season, parts, now=now)
    money.spend(programme, season, who=COORDINATOR, now=now)
    _board(programme, now=now)
    leaving.tell(programme, made, who=COORDINATOR, now=now - timedelta(minutes=5))
    plans.draw_up(programme, who=COORDINATOR, now=now)
    return Told(
        partnership=partnership,
        coordinator=coordinator,
        programme=programme,
        for_adults=for_adults,
        cast=parts,
    )


def _send_round(programme: Programme, asked: Iterable[School], *, now: datetime) -> None:
    """Its words are put together for all at once, as the desk does."""
    ids = [school.organisation_id for school in asked]
    words = rounds.words_for(programme, ids, now=now)
    rounds.send_round(programme, ids, words=words, who=COORDINATOR, now=now)


def hand_over() -> None:
    """What waits in the outbox went out when it was written: the post of the past."""
    for letter in db.session.scalars(
        select(Letter)
        .where(Letter.status == outbox.WAITING)
        .options(selectinload(Letter.mail))
        .order_by(Letter.id)
    ):
        letter.status = outbox.SENT
        letter.attempts = 1
        letter.handed_at = letter.created_at + timedelta(minutes=1)
        letter.raw = copies.masked(letter.raw)
    db.session.flush()


def _morning(day: date) -> datetime:
    return wall(day, time(9, 10))


def _partnership(season: TourSeason, *, now: datetime) -> Partnership:
    partnership = partnerships.create(
        PartnershipSettings(
            name=PARTNERSHIP,
            county=made_up_schools.NAME,
            reference_prefix="MRL",
            contact_name=COORDINATOR,
            contact_role="Safeguarding in education coordinator",
            contact_email=ADDRESS,
            contact_phone="01632 960 118",
        ),
        who="set-up",
        now=now,
    )
    authority = authorities.add(
        partnership, made_up_schools.LA_CODE, made_up_schools.NAME, who="set-up", now=now
    )
    for year in (season.academic_year - 1, season.academic_year):
        for first, last in seasons.terms(year):
            authorities.add_term(authority, first, last, who="set-up", now=now)
        for day in seasons.inset_days(year):
            authorities.add_inset_day(authority, day, who="set-up", now=now)
    return partnership


def _register(season: TourSeason, *, now: datetime) -> County:
    made = county.make(SEED, season.academic_year)
    partnership = partnerships.of_authority(made.la_code)
    assert partnership is not None
    partnerships.set_districts(partnership, json.dumps(made.districts).encode(), who="set-up", now=now)
    file = register.read(BytesIO(made.register), la_codes=[made.la_code], links=BytesIO(made.links))
    changes = register.preview(file, [made.la_code])
    register.apply(changes, file_name="marlshire.csv", la_codes=[made.la_code], who="set-up", now=now)
    return made


def _programme(partnership: Partnership, season: TourSeason, *, now: datetime) -> Programme:
    return programmes.create(
        partnership.id,
        Production(
            title=TITLE,
            academic_year=season.academic_year,
            reply_by=season.reply_by,
            year_groups=cast.TARGET,
            summary="A play about grooming and exploitation, and whom to tell, with a discussion afterwards.",
            school_provides=(
                "one power socket near the stage\nchairs, or room to sit on the floor\na parking space for "
                "a van, near the hall"
            ),
        ),
        who=COORDINATOR,
        now=now,
    )


def _tour(
    partnership: Partnership, programme: Programme, season: TourSeason, *, now: datetime, links_from: datetime
) -> Company:
    """The company's vans and their days; its links are for a year, and were renewed at `links_from`."""
    company = companies.add(
        partnership.id,
        CompanyFacts(
            name="Lantern Row Theatre",
            contact_name="Dafydd Rees",
            contact_email="tours@lanternrow.example",
            contact_phone="01632 960 245",
        ),
        who=COORDINATOR,
        now=now,
    )
    for name, base in (("Red van", "Marlford"), ("Blue van", "Kestermere")):
        at = db.session.scalars(
            select(School)
            .where(School.town == base, School.easting.is_not(None))
            .order_by(School.organisation_id)
        ).first()
        assert at is not None
        facts = TroupeFacts(
            name=name,
            base_name=base,
            base=companies.find_base(at.postcode),
            calendar_address=f"{name.split()[0].lower()}@lanternrow.example",
        )
        troupe = companies.add_troupe(company, facts, who=COORDINATOR, now=now)
        troupe_links.make(troupe.id, partnership_id=programme.partnership_id, who=COORDINATOR, now=links_from)
        hours = Hours(leaves=time(7), returns=time(17), shows_at_most=2)
        wanted = (*season.early, *season.behind, *season.ahead)
        tour_days.give(programme, troupe, wanted, hours, who=COORDINATOR, now=now)
    return company


def _contacts(random: Random, parts: Cast, *, now: datetime) -> None:
    """A safeguarding lead at nearly every school, an office at some."""
    for school in parts.everybody:
        if school in parts.playing(cast.NO_ADDRESS):
            continue
        first, last = names.person(random)
        address = f"{names.slug(first)[0]}.{names.slug(last)}@{host_of(school)}"
        contacts.add(
            school.organisation_id,
            name=f"{first} {last}",
            role="Designated safeguarding lead",
            address=address,
            phone=school.telephone,
            source="the school's website",
            source_date=day_of(now),
            who=COORDINATOR,
            now=now,
        )
        if random.random() < 0.3 and school not in parts.playing(cast.BOUNCED):
            contacts.add(
                school.organisation_id,
                name="",
                role="Office",
                address=f"office@{host_of(school)}",
                phone=school.telephone,
                source="the register",
                source_date=day_of(now),
                who=COORDINATOR,
                now=now,
            )


def host_of(school: School) -> str:
    """Where the school's own people have their mail."""
    return f"{names.slug(school.name)[:50].strip('-')}.example"


def _decide(programme: Programme, parts: Cast, *, now: datetime) -> None:
    reasons = ("Saw the play last year with its trust", "Has a programme of its own, agreed with the board")
    for school, reason in zip(parts.playing(cast.EXCLUDED), reasons, strict=False):
        target_decisions.exclude(programme, school, reason=reason, who=COORDINATOR, now=now)
    for school in parts.playing(cast.SEEN)[:4]:
        numbers = {year_group: 120 + 7 * year_group for year_group in _year_groups(school)}
        schools.set_own_numbers(
            school.organisation_id,
            programme.academic_year,
            numbers,
            who="the school's office, by phone",
            now=now,
        )
    limits.write(programme.partnership_id, now=now)


def _by_lot(programme: Programme, parts: Cast, *, now: datetime) -> Cast:
    """There are days for a few at first, and schools equally due: a lot decides whom the first round asks."""
    due = tiers.to_draw(
        programme, [school.organisation_id for school in parts.playing(*cast.PLAYED)], now=now
    ).due
    seen = {organisation_id: one.tier for organisation_id, one in due.items()}
    drawn = draws.draw(
        programme, due, first=cast.EARLY, seen=seen, who=COORDINATOR, now=now, made_up_seed=LOT
    )
    return parts.in_order(one.organisation_id for one in draws.get(drawn.id).places)


def _year_groups(school: School) -> list[int]:
    low, high = school.statutory_low_age, school.statutory_high_age
    return [y for y in cast.TARGET if low is not None and high is not None and low <= y + 4 and high >= y + 5]


def _answers(programme: Programme, parts: Cast, *, now: datetime) -> None:
    said = [
        (
            cast.DECLINED,
            invitations.DECLINED,
            ("Exams until July", "Staff shortage this term", "We run our own programme"),
        ),
        (cast.OTHER_DATE, invitations.OTHER_DATE, ("After half term, please, on a Friday",)),
        (cast.WAITING_LIST, invitations.WAITING_LIST, ("",)),
        (cast.SOMEBODY_ELSE, invitations.SOMEBODY_ELSE, ("Ms Hale, head of Year 9",)),
    ]
    for part, kind, reasons in said:
        for n, school in enumerate(parts.playing(part)):
            when = now - timedelta(days=9 - 2 * n, hours=n)
            invitations.answer(programme, school, kind, reasons[n], who=f"{school.name} (school)", now=when)
    for school in parts.playing(cast.BEGUN):
        when = now - timedelta(days=2)
        chosen = slots.offers(programme, school, now=when).near[:1]
        if chosen:
            holds.hold(programme, school, chosen, who=f"{school.name} (school)", now=when)
            holds.give_back(programme.id, school.organisation_id, who=f"{school.name} (school)", now=when)


def _propose(programme: Programme, parts: Cast, *, now: datetime) -> None:
    """Three days ago a time was kept for each of some schools; none has said yes or no."""
    when = now - timedelta(days=3)
    for school in parts.playing(cast.PROPOSED):
        near = slots.offers(programme, school, now=now).near
        reply_by = near and reply_days.usual(
            programme,
            near[0].day,
            wanted=day_of(now) + timedelta(days=8),
            why_closed=school_days.load_one(school).why_closed,
            now=now,
        )
        if reply_by:
            offer = proposing.ProposalDraft(
                programme=programme,
                organisation=school,
                slot=near[0],
                people=contacts.contacts_of_organisation(school.organisation_id)[:1],
                reply_by=reply_by,
            )
            proposing.propose(offer, who=COORDINATOR, now=when)
    hand_over()


def _report_dates(partnership: Partnership, programme: Programme, *, now: datetime) -> None:
    """Two days on which the board hears how it goes: Thursdays, or the first school day after."""
    today = day_of(now)
    thursday = today + timedelta(days=(3 - today.weekday()) % 7)
    for title, weeks in (("How it goes: a word to the board", 3), ("The term’s report to the board", 10)):
        board_dates.add(
            partnership.id,
            title,
            _board_meets(thursday + timedelta(weeks=weeks)),
            programme=programme,
            who=COORDINATOR,
            now=now,
        )


def _today(random: Random, programme: Programme, season: TourSeason, parts: Cast, *, now: datetime) -> None:
    """What happened this morning: its letters still wait for the post."""
    _send_round(programme, parts.playing(cast.ASKED_TODAY), now=now - timedelta(minutes=20))
    shows.booked_today(random, programme, season, parts, now=now - timedelta(minutes=6))
    for school, name, address in (
        (parts.playing(cast.SILENT)[0], "Beth Pryce", "b.pryce"),
        (parts.playing(cast.NEW_HERE)[0], "Tom Clarke", "tom.clarke.home"),
    ):
        host = host_of(school) if name == "Beth Pryce" else "post.example"
        open_door.ask_for_link(
            programme, school, f"{address}@{host}", name=name, now=now - timedelta(hours=2)
        )
        open_door.answer_next(now=now - timedelta(hours=2))


def _board_meets(since: date) -> date:
    """No board sits on a weekend, a bank holiday or in the school holidays."""
    code = made_up_schools.LA_CODE
    return school_days.authority_calendars([code])[code].next_school_day(since)


def _board(programme: Programme, *, now: datetime) -> None:
    """The board was told some days ago, and is told again in a month."""
    told = day_of(now) - timedelta(days=12)
    publishing.publish(programme, told, who=COORDINATOR, now=_morning(told + timedelta(days=1)))
    board_dates.add(
        programme.partnership_id,
        "Report to the board",
        _board_meets(day_of(now) + timedelta(days=28)),
        programme=programme,
        who=COORDINATOR,
        now=now - timedelta(days=20),
    )
