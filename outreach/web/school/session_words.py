"""Words of sessions and places, as whoever takes them reads them. No page of its own."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from outreach.booking import sessions_to_come, told
from outreach.booking.colleagues import Colleague
from outreach.booking.guest_places import GuestPlace
from outreach.booking.sessions_to_come import SessionToCome
from outreach.county.schools import SCHOOL, Organisation
from outreach.ground.wording import and_list, capfirst, clock_span, count, day
from outreach.tour import sessions
from outreach.tour.performances import Performance
from outreach.tour.programmes import Programme
from outreach.web.school import check_words
from outreach.web.school.check_words import Row


def places(number: int) -> str:
    """'1 place', '12 places'."""
    return count(number, "place")


which = sessions.which
"""'Tuesday 9 March at 9:30am, at Kestermere Town Hall'."""


def waits_for(place: GuestPlace, now: datetime) -> str:
    """'On the waiting list for 12 places'; 'You waited for 12 places'."""
    return f"{'You waited' if place.is_over(now) else 'On the waiting list'} for {places(place.seats)}"


def waits(place: GuestPlace, one: SessionToCome | None, now: datetime) -> str:
    """What is to become of a wait; `one`: its session as it is to come, None from its day on."""
    if one is None:
        over = place.performance.ends_at <= now
        return "The session is over." if over else "It is today: nobody moves up any more."
    if place.seats > one.session.places:
        return (
            f"The session has {places(one.session.places)} only. Wait for fewer, or choose another session."
        )
    return "You are booked by yourself once so many are free, and get a letter."


def where(one: SessionToCome) -> str:
    """'Kestermere Town Hall, 3 Mill Lane, Kestermere: 12 minutes away'; 'Online: the link comes with the letter'."""
    if sessions.is_online(one.performance):
        return "Online"
    return address(one.performance)


def address(performance: Performance) -> str:
    """'Kestermere Town Hall, 3 Mill Lane, Kestermere, ZZ1 4AA'."""
    host = performance.host
    return ", ".join(part for part in (host.name, host.address) if part)


def how_far(one: SessionToCome) -> str:
    """'12 minutes away'; '' where nobody travels, or nobody knows from where."""
    return f"{count(one.minutes, 'minute')} away" if one.minutes is not None else ""


def left(one: SessionToCome) -> str:
    """'14 places left'; 'Full; others wait for 6 places'."""
    if one.left:
        return f"{places(one.left)} left"
    others = one.waiting - (one.place.seats if one.place is not None else 0)
    return f"Full; others wait for {places(others)}" if others else "Full"


def deed(one: SessionToCome) -> str:
    """What one can do at a session: who waits for a full one can wait for another number."""
    if one.left:
        return "Take places"
    return "Wait for places" if one.place is None else "Wait for another number"


def may_book_at_its_own(organisation: Organisation) -> bool:
    """A school can have a session of its own as well, where the trainer comes to it; a body only takes places."""
    return organisation.kind == SCHOOL


def begins_with_sessions(programme: Programme, organisation: Organisation, *, now: datetime) -> bool:
    """Whether its link opens on the sessions of a programme: always a body's, a school's where some are to come."""
    if not programme.for_adults:
        return False
    return not may_book_at_its_own(organisation) or bool(
        sessions_to_come.to_come(programme, organisation, now=now)
    )


def rows(one: SessionToCome, wanted: int, needs: Mapping[str, int], people: Iterable[Colleague]) -> list[Row]:
    """What was said, before it is done."""
    at = one.performance
    found = [
        Row(term="When", lines=(day(at.starts_at), clock_span(at.starts_at, at.ends_at))),
        Row(term="Where", lines=(capfirst(where(one)),), small=tuple(filter(None, (how_far(one),)))),
        Row(term="Places", lines=(f"{wanted:,}",)),
    ]
    if needs:
        found.append(Row(term="Access needs", lines=told.access_words(dict(needs))))
    return [*found, *(_entry(row) for row in check_words.people(people))]


def _entry(row: Row) -> Row:
    return Row(term="Calendar entry", lines=row.lines, small=row.small)


def then(
    one: SessionToCome, people: Iterable[Colleague], *, waits: bool, left: Performance | None
) -> list[str]:
    """What happens once it is done."""
    at_once = and_list(who.name for who in people if not who.waits)
    if waits:
        said = [
            "You are booked by yourself once so many places are free, the first on the list first; "
            f"{at_once} then gets the calendar invite and a letter. You can leave the list at any time."
        ]
    else:
        gets = "get" if " and " in at_once else "gets"
        said = [f"{at_once} {gets} a calendar invite and a letter at once. Nobody who attends is named."]
    if left is not None:
        said.append(f"You wait no more for {sessions.which(left)}.")
    return said
