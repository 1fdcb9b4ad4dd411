"""The made-up absences: how many missed their school's show, and how some of them caught up."""

from datetime import datetime, timedelta
from random import Random

from outreach.booking.promises import TOOK_PLACE, Booking
from outreach.ground.errors import Refusal
from outreach.ground.timespans import day_of
from outreach.visits import absences
from outreach.visits.absences import FILM, LESSON


def say(booking: Booking, *, now: datetime) -> None:
    """One school of three says how many were away, and most of these hold a lesson a week later."""
    random = Random(
        f"{booking.organisation_id} away"
    )  # of its own, so that the rest of the story stays as it was
    after, week = (booking.performance.ends_at + timedelta(days=n) for n in (1, 9))
    if booking.outcome != TOOK_PLACE or after > now or random.random() > 0.34:
        return
    who = f"{booking.organisation.name} (school)"
    try:
        years = absences.of_organisation(booking.programme, booking.organisation, now=after)
        away = {y: random.randint(1, 9) for y in years}
        absences.tell(booking.programme, booking.organisation, away, who=who, now=after)
        if week <= now and random.random() < 0.7:
            left = absences.of_organisation(booking.programme, booking.organisation, now=week)
            some = {y: max(1, year.left // 2) for y, year in left.items() if year.left}
            how = random.choice((LESSON, FILM))
            absences.caught_up(
                booking.programme, booking.organisation, some, how=how, day=day_of(week), who=who, now=week
            )
    except Refusal:  # where its own numbers say otherwise, it says nothing
        return
