"""Wording of sessions and venues: places, who comes, and what is said before one is called off. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from outreach.booking.guest_places import GuestPlace
from outreach.booking.sessions.listed import SessionLine
from outreach.county.schools import Organisation
from outreach.county.venues import Venue, is_online
from outreach.ground.timespans import day_of
from outreach.ground.wording import clock, clock_span, count, day, day_short, number
from outreach.tour.days import TourDay
from outreach.tour.performances import Performance

COLUMNS = (
    "Day",
    "From",
    "To",
    "Venue",
    "Address",
    "Trainer",
    "Places",
    "Taken",
    "Left",
    "State",
    "Link",
    "How to join",
)
COMING_COLUMNS = ("Day", "From", "To", "Venue", "Who comes", "Kind", "Staff", "Reference", "How they come")


def holds(venue: Organisation) -> str:
    return "not known" if venue.capacity is None else number(venue.capacity)


def when(show: Performance) -> str:
    """'Tuesday 9 March, 10:00am to 11:15am'."""
    return f"{day(show.starts_at)}, {clock_span(show.starts_at, show.ends_at)}"


def title(line: SessionLine) -> str:
    """'Mill Lane Hall, Tue 9 March'."""
    return f"{line.performance.host.name}, {day_short(line.performance.starts_at)}"


def places(line: SessionLine) -> str:
    """'20 of 30 places taken, 10 left.'"""
    left = "none left" if not line.left else f"{number(line.left)} left"
    return f"{number(line.taken)} of {count(line.session.places, 'place')} taken, {left}."


def left(line: SessionLine) -> str:
    return "full" if not line.left else number(line.left)


def who_comes(line: SessionLine) -> str:
    """'2 organisations'; 'nobody yet'."""
    return count(len(line.coming), "organisation") if line.coming else "nobody yet"


def kind(organisation: Organisation) -> str:
    """What somebody is who comes: a body's kind, or that it is a school."""
    return organisation.type_of_establishment if organisation.partnership_id is not None else "School"


def travel(place: GuestPlace | None) -> str:
    return place.travel.words() if place is not None else ""


def state(line: SessionLine, now: datetime) -> str:
    if line.is_called_off:
        return "Called off"
    return "Past" if line.is_over(now) else "To come"


def called_off_means(line: SessionLine) -> str:
    """What calling it off does, before it is done."""
    told = (
        f"{count(len(line.coming), 'organisation')} with {count(line.taken, 'place')} and the trainer are told why"
        if line.coming
        else "Nobody has a place yet; the trainer is told why"
    )
    return f"{told}, the entry leaves the calendars, and the trainer’s time is free again. No click brings it back."


def summary(lines: Sequence[SessionLine]) -> str:
    """'3 sessions, 40 of 90 places taken'; '' of none."""
    if not lines:
        return ""
    taken, there = sum(line.taken for line in lines), sum(line.session.places for line in lines)
    return f"{count(len(lines), 'session')}, {number(taken)} of {count(there, 'place')} taken"


def waiting(how_many: int) -> str:
    """'2 wait for a place'."""
    return f"{number(how_many)} {'waits' if how_many == 1 else 'wait'} for a place"


def day_to_choose(tour_day: TourDay, sessions: int) -> str:
    """'Tuesday 9 March, Sam Ibbot, 7:00am to 6:00pm, 1 session'."""
    taken = f", {count(sessions, 'session')}" if sessions else ""
    return f"{day(tour_day.day)}, {tour_day.troupe.name}, {clock(tour_day.leaves)} to {clock(tour_day.returns)}{taken}"


def rows(lines: Iterable[SessionLine], now: datetime) -> Iterator[Sequence[Any]]:
    """The list as a file has it."""
    for line in lines:
        show = line.performance
        yield (
            day_of(show.starts_at),
            show.starts_at,
            show.ends_at,
            show.host.name,
            address(show.host),
            show.troupe.name,
            line.session.places,
            line.taken,
            line.left,
            state(line, now),
            line.session.link,
            line.session.joining,
        )


def coming_rows(line: SessionLine, how: Mapping[int, GuestPlace]) -> Iterator[Sequence[Any]]:
    """Who comes to one, as a file has it: numbers, and no names of anybody."""
    show = line.performance
    for booking in line.coming:
        yield (
            day_of(show.starts_at),
            show.starts_at,
            show.ends_at,
            show.host.name,
            booking.organisation.name,
            kind(booking.organisation),
            booking.seats,
            booking.reference,
            travel(how.get(booking.id)),
        )


def unknown_way(line: SessionLine) -> str:
    """What is missing where whoever comes could not find the way; '' elsewhere."""
    venue, said = line.performance.host, line.session
    is_told = bool(address(venue) or said.link or said.joining) or is_online(venue)
    return "" if is_told else f"{venue.name} has no address: put down how to join."


def address(venue: Organisation) -> str:
    return venue.address if isinstance(venue, Venue) else ""
