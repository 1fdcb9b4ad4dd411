"""The made-up pledges: what schools promised besides their shows, and what they said of it in the weeks after."""

from datetime import datetime, timedelta
from random import Random

from outreach.booking.promises import TOOK_PLACE, Booking
from outreach.visits import pledges
from outreach.visits.pledges import (
    DONE,
    LESSON,
    LETTER_HOME,
    NOT_DONE,
    PASSED_ON,
    PLANNED,
    POLICY,
    STAFF_BRIEFED,
)

MOSTLY = {STAFF_BRIEFED: 0.85, LETTER_HOME: 0.75, PASSED_ON: 0.95}
"""How likely each was done."""


def promise(booking: Booking, *, now: datetime) -> None:
    """Two schools of three tick something before their show."""
    random = _random(booking, "promised")
    if random.random() < 0.67:
        ticked = [pledge for pledge in pledges.PLEDGES if random.random() < 0.8]
        pledges.promise(booking, ticked, who=_who(booking), now=now)


def answer(booking: Booking, *, now: datetime) -> None:
    """Some answer the letter a week after the show, and some of these the one six weeks after it."""
    random = _random(booking, "said")
    week = booking.performance.ends_at + timedelta(days=8)
    if booking.outcome != TOOK_PLACE or week > now or random.random() < 0.3:
        return
    said = {p: DONE if random.random() < likely else NOT_DONE for p, likely in MOSTLY.items()}
    said[LESSON] = random.choice((DONE, DONE, PLANNED))
    pledges.answer(booking, said, who=_who(booking), now=week)
    last = booking.performance.ends_at + timedelta(days=43)
    if last <= now and random.random() < 0.6:
        later = {LESSON: random.choice((DONE, DONE, NOT_DONE)), POLICY: random.choice((DONE, NOT_DONE))}
        pledges.answer(booking, later, who=_who(booking), now=last)


def _random(booking: Booking, deed: str) -> Random:
    """Of its own, so that the rest of the story stays as it was."""
    return Random(f"{booking.organisation_id} {deed}")


def _who(booking: Booking) -> str:
    return f"{booking.organisation.name} (school)"
