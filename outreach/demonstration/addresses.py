"""Addresses to open first: fresh links for whoever has just started the service on this computer."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, func, select

from outreach.asking import invitations
from outreach.asking.invitations import Answer, Invitation
from outreach.booking.promises import Booking
from outreach.county import contacts, roles
from outreach.county.coordinators import Coordinator, sign_in_link
from outreach.county.partnerships import Partnership
from outreach.county.schools import School
from outreach.ground.db import db
from outreach.ground.timespans import day_of
from outreach.outcomes.waves import OPEN, AnswerWave, WaveCode
from outreach.post import links, troupe_links
from outreach.post.troupe_links import TroupeLink
from outreach.tour import companies, programmes
from outreach.tour.companies import Troupe
from outreach.tour.performances import Performance
from outreach.tour.programmes import Programme

ONE_SHOW = 700
"""A school of about so many pupils fills one show: the plainest to try first."""


@dataclass(frozen=True, kw_only=True)
class Entrance:
    """One partnership's doors: tokens that are shown here and kept nowhere.

    `people`: the first person of each role, the one who may most first, each with a one-time sign-in link.
    `school`, `invitation`: one school that was asked and has not booked, or None and ''. `troupe`: one that
    has a link of its own, with it, if any has. `report`: a show that its school has not said anything of, and a link
    of the school's. `poster`: a code that pupils answer with today.
    """

    partnership: Partnership
    people: tuple[tuple[Coordinator, str], ...]
    school: School | None
    invitation: str
    troupe: tuple[Troupe, TroupeLink] | None
    report: tuple[Booking, str] | None
    poster: WaveCode | None


def entrances(*, now: datetime) -> list[Entrance]:
    """For each partnership one-time sign-in links, and one school's invitation if some school was asked."""
    there = select(Coordinator).where(Coordinator.ended_at.is_(None)).order_by(Coordinator.id)
    found: dict[int, dict[str, Coordinator]] = {}
    for person in db.session.scalars(there):
        if person.role is not None and not person.has_left(day_of(now)):
            found.setdefault(person.partnership_id, {}).setdefault(person.role, person)
    return [_entrance(db.session.get_one(Partnership, of), found[of], now) for of in sorted(found)]


def _entrance(partnership: Partnership, of_role: Mapping[str, Coordinator], now: datetime) -> Entrance:
    asked = _asked(partnership.id, now)
    return Entrance(
        partnership=partnership,
        people=tuple(
            (
                of_role[role],
                sign_in_link(of_role[role], who="the start of the service", by_operator=True, now=now),
            )
            for role in roles.NAMES
            if role in of_role
        ),
        school=asked[0] if asked else None,
        invitation=asked[1] if asked else "",
        troupe=_on_the_road(partnership.id, now),
        report=_not_reported(partnership.id, now),
        poster=_open_to_answer(partnership.id, now),
    )


def _on_the_road(partnership_id: int, now: datetime) -> tuple[Troupe, TroupeLink] | None:
    """The first troupe whose link works."""
    links_of = ((troupe, troupe_links.newest(troupe.id)) for troupe in companies.troupes(partnership_id))
    return next(((troupe, link) for troupe, link in links_of if link and link.open_at(now)), None)


def _not_reported(partnership_id: int, now: datetime) -> tuple[Booking, str] | None:
    """The newest show for pupils of which neither side has said how it went, with a new link of its school."""
    booking = db.session.scalar(
        select(Booking)
        .join(Booking.performance)
        .join(Booking.programme)
        .where(
            Booking.partnership_id == partnership_id,
            Programme.for_adults.is_(False),
            Booking.ended_at.is_(None),
            Booking.outcome.is_(None),
            Performance.ends_at <= now,
        )
        .order_by(Performance.starts_at.desc(), Booking.id)
        .limit(1)
    )
    people = booking and contacts.contacts_of_organisation(booking.organisation_id)
    if not booking or not people:
        return None
    return booking, _linked(booking.programme, booking.organisation_id, people[0].address, now)


def _open_to_answer(partnership_id: int, now: datetime) -> WaveCode | None:
    """The code of the soonest show whose pupils may answer now."""
    open_now = (
        code
        for code in db.session.scalars(
            select(WaveCode)
            .join(WaveCode.wave)
            .join(AnswerWave.performance)
            .where(
                WaveCode.partnership_id == partnership_id,
                WaveCode.ended_at.is_(None),
                AnswerWave.closed_at.is_(None),
            )
            .order_by(Performance.starts_at, WaveCode.id)
        )
        if code.wave.state(now) == OPEN
    )
    return next(open_now, None)


def _asked(partnership_id: int, now: datetime) -> tuple[School, str] | None:
    """A school of the programme in hand that was asked and neither answered nor ever booked, with a new
    link."""
    programme = programmes.current(partnership_id, day_of(now))
    if programme is None:
        return None
    i = Invitation
    row = db.session.execute(
        select(School, i.address)
        .join(i, i.organisation_id == School.organisation_id)
        .where(
            i.programme_id == programme.id,
            ~exists().where(
                Booking.organisation_id == School.organisation_id, Booking.programme_id == programme.id
            ),
            ~exists().where(
                Answer.organisation_id == School.organisation_id, Answer.programme_id == programme.id
            ),
            School.number_of_pupils.is_not(None),
        )
        .order_by(i.round_id.desc(), func.abs(School.number_of_pupils - ONE_SHOW), School.organisation_id)
        .limit(1)
    ).first()
    if row is None:
        return None
    school, address = row
    return school, _linked(programme, school.organisation_id, address, now)


def _linked(programme: Programme, organisation_id: int, address: str, now: datetime) -> str:
    """The token of a new link of a school."""
    minted = links.mint(
        organisation_id=organisation_id,
        programme_id=programme.id,
        partnership_id=programme.partnership_id,
        address=address,
        now=now,
        expires_at=invitations.invitation_expiry(programme),
    )
    return minted.token
