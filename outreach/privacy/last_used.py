"""Last use of each address that a partnership holds: of whoever was on file, named, written to, or wrote.

Kept are two whole school years after the one of the last use: what was last used on 10 March 2024 (2023/24) is kept
through 2024/25 and 2025/26, and goes on 1 September 2026.
"""

from datetime import datetime, time
from typing import Any

from sqlalchemy import Select, func, select, union_all

from outreach.asking.open_door import LinkRequest
from outreach.booking.guest_places import GuestPlace
from outreach.booking.named import NamedPerson
from outreach.booking.promises import Booking, VisitContact
from outreach.booking.proposals import Proposal
from outreach.county.contacts import Contact
from outreach.county.coordinators import Coordinator
from outreach.county.partnerships import Partnership
from outreach.ground.school_year import first_day, year_of
from outreach.ground.timespans import day_of, wall
from outreach.post.incoming.inbox import Incoming
from outreach.post.links import PersonalLink
from outreach.post.outbox import Letter
from outreach.privacy.belonging import of_partnership
from outreach.tour import programmes
from outreach.tour.companies import Company, Troupe
from outreach.tour.performances import Performance

SCHOOL_YEARS = 2
"""Whole school years for which somebody is kept after the one in which their address was last used."""

ERASED_AT = "@erased.invalid"
"""The domain of whoever was erased: RFC 2606 keeps it from ever being somebody's."""


def boundary(now: datetime) -> datetime:
    """What was last used before this instant has been kept for long enough."""
    return wall(first_day(year_of(day_of(now)) - SCHOOL_YEARS), time(0))


def unused(partnership_id: int, now: datetime) -> Select[str]:
    """Addresses, in lower case, that nobody used since the boundary, without those of people who sign in and of
    companies; in the order of the alphabet."""
    used = union_all(*_uses(partnership_id)).subquery()
    theirs = used.c.address
    return (
        select(theirs)
        .where(
            theirs != "",
            theirs.not_like(f"%{ERASED_AT}"),
            theirs.not_in(union_all(*_at_work(partnership_id))),
        )
        .group_by(theirs)
        .having(func.max(used.c.at) < boundary(now))
        .order_by(theirs)
    )


def _at_work(partnership_id: int) -> list[Select[str]]:
    companies = select(Company.id).where(Company.partnership_id == partnership_id)
    return [
        select(func.lower(Coordinator.email)).where(Coordinator.partnership_id == partnership_id),
        select(func.lower(Company.contact_email)).where(Company.partnership_id == partnership_id),
        select(func.lower(Troupe.calendar_address)).where(Troupe.company_id.in_(companies)),
        select(func.lower(Partnership.contact_email)).where(Partnership.id == partnership_id),
    ]


def _uses(partnership_id: int) -> list[Select[Any]]:
    """(address in lower case, instant) of every use. A coming show is one that lies ahead."""
    here = programmes.ids_of(partnership_id)

    def use(address: Any, at: Any) -> Select[Any]:
        return select(func.lower(address).label("address"), at.label("at"))

    visits = (
        (Booking, VisitContact.booking_id == Booking.id),
        (Proposal, VisitContact.proposal_id == Proposal.id),
        (GuestPlace, VisitContact.place_id == GuestPlace.id),
    )
    return [
        use(Contact.address, Contact.created_at).where(of_partnership(Contact, partnership_id)),
        *(
            use(VisitContact.address, at)
            .join(about, on)
            .outerjoin(Performance, Performance.id == about.performance_id)
            .where(about.programme_id.in_(here))
            for about, on in visits
            for at in (VisitContact.added_at, Performance.ends_at)
        ),
        use(NamedPerson.address, NamedPerson.recorded_at).where(NamedPerson.programme_id.in_(here)),
        use(PersonalLink.address, PersonalLink.created_at).where(
            PersonalLink.partnership_id == partnership_id
        ),
        use(LinkRequest.address, LinkRequest.recorded_at).where(LinkRequest.programme_id.in_(here)),
        use(Letter.recipient, func.coalesce(Letter.handed_at, Letter.created_at)).where(
            Letter.partnership_id == partnership_id
        ),
        use(Incoming.sender, Incoming.received_at).where(of_partnership(Incoming, partnership_id)),
    ]
