"""Times offered to a school, the one list behind its letters and its page; and to a body the sessions to come."""

from collections.abc import Collection, Mapping
from datetime import datetime

from outreach.booking import accounts
from outreach.booking.calling_off import call_offs
from outreach.booking.sessions import listed
from outreach.booking.sessions.listed import SessionLine
from outreach.county.schools import Organisation
from outreach.ground.timespans import day_of
from outreach.tour import slots
from outreach.tour.programmes import Programme
from outreach.tour.slots import Offers


def offered(
    programme: Programme,
    organisation: Organisation,
    still_open: Mapping[int, int | None],
    *,
    fallen: Collection[int] | None = None,
    instead_of: int | None = None,
    now: datetime,
) -> Offers:
    """What the school could have, with the times that it sees first: two on one day where one show does not take
    all of `still_open`; never a day on which its show was called off (`fallen`: those days, where they are known).
    `instead_of`: the performance that it would move."""
    if fallen is None:
        fallen = call_offs.fallen_days(programme.id, organisation.organisation_id)
    two = accounts.needs_two_shows(programme, dict(still_open))
    return slots.offers(programme, organisation, now=now, instead_of=instead_of, two_shows=two, not_on=fallen)


def sessions_to_come(programme: Programme, *, now: datetime) -> list[SessionLine]:
    """The sessions from tomorrow on, as the page of whoever is asked has them: the next first, full ones too. Two
    queries."""
    return [
        line
        for line in listed.of_programme(programme.id)
        if not line.is_called_off and day_of(line.performance.starts_at) > day_of(now)
    ]
