"""Addresses to open first: fresh links for whoever has just started the service on this computer."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, func, select

from outreach.asking import invitations
from outreach.asking.invitations import Answer, Invitation
from outreach.booking.promises import Booking
from outreach.county.coordinators import Coordinator, sign_in_link
from outreach.county.partnerships import Partnership
from outreach.county.schools import School
from outreach.ground.db import db
from outreach.ground.timespans import day_of
from outreach.post import links, troupe_links
from outreach.post.troupe_links import TroupeLink
from outreach.tour import companies, programmes
from outreach.tour.companies import Troupe

ONE_SHOW = 700
"""A school of about so many pupils fills one show: the plainest to try first."""


@dataclass(frozen=True, kw_only=True)
class Entrance:
    """One partnership's doors: tokens that are shown here and kept nowhere.

    `school`, `invitation`: one school that was asked and has not booked, or None and ''. `troupe`: one that
    has a link of its own, with it, if any has.
    """

    partnership: Partnership
    coordinator: Coordinator
    sign_in: str
    school: School | None
    invitation: str
    troupe: tuple[Troupe, TroupeLink] | None


def entrances(*, now: datetime) -> list[Entrance]:
    """For each partnership a one-time sign-in link, and one school's invitation if some school was asked."""
    first = select(Coordinator).where(Coordinator.ended_at.is_(None)).order_by(Coordinator.id)
    found: dict[int, Coordinator] = {}
    for person in db.session.scalars(first):
        found.setdefault(person.partnership_id, person)
    return [_entrance(db.session.get_one(Partnership, of), found[of], now) for of in sorted(found)]


def _entrance(partnership: Partnership, coordinator: Coordinator, now: datetime) -> Entrance:
    asked = _asked(partnership.id, now)
    return Entrance(
        partnership=partnership,
        coordinator=coordinator,
        sign_in=sign_in_link(coordinator, who="the start of the service", now=now),
        school=asked[0] if asked else None,
        invitation=asked[1] if asked else "",
        troupe=_on_the_road(partnership.id, now),
    )


def _on_the_road(partnership_id: int, now: datetime) -> tuple[Troupe, TroupeLink] | None:
    """The first troupe whose link works."""
    links_of = ((troupe, troupe_links.newest(troupe.id)) for troupe in companies.troupes(partnership_id))
    return next(((troupe, link) for troupe, link in links_of if link and link.open_at(now)), None)


def _asked(partnership_id: int, now: datetime) -> tuple[School, str] | None:
    """A school of the programme in hand that was asked and neither answered nor ever booked, with a new
    link."""
    programme = programmes.current(partnership_id, day_of(now))
    if programme is None:
        return None
    i = Invitation
    row = db.session.execute(
        select(School, i.address)
        .join(i, i.urn == School.urn)
        .where(
            i.programme_id == programme.id,
            ~exists().where(Booking.urn == School.urn, Booking.programme_id == programme.id),
            ~exists().where(Answer.urn == School.urn, Answer.programme_id == programme.id),
            School.number_of_pupils.is_not(None),
        )
        .order_by(i.round_id.desc(), func.abs(School.number_of_pupils - ONE_SHOW), School.urn)
        .limit(1)
    ).first()
    if row is None:
        return None
    school, address = row
    minted = links.mint(
        urn=school.urn,
        programme_id=programme.id,
        partnership_id=programme.partnership_id,
        address=address,
        now=now,
        expires_at=invitations.invitation_expiry(programme),
    )
    return school, minted.token
