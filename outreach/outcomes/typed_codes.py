"""Codes that pupils type: which one opens, and how many wrong ones are taken.

A code that is typed is guessed among 27 to the power of 7. The address that it leads to, as the QR code has it, bears
64 bits more, and needs no limit.
"""

import re
from datetime import datetime

from sqlalchemy import or_, select

from outreach.booking.promises import Booking
from outreach.county.schools import Organisation
from outreach.ground.day_counts import FREE, NO_MORE, WITH_PROOF, WrongGuesses
from outreach.ground.db import db
from outreach.outcomes import waves
from outreach.outcomes.waves import WaveCode
from outreach.tour.performances import Performance

GUESSES = WrongGuesses(what="codes of questionnaires", by_network=100, most_by_network=300, in_all=2_400)
"""A class behind one address makes three mistakes a pupil before it is asked for its school's postcode. Any week
touches eight days: 8 x 2,400, and what comes at one moment besides, are less than 20,000."""

UNKNOWN, NO_POSTCODE, TOO_MANY = "unknown", "no postcode", "too many"


def enter(typed: str, postcode: str, *, network: str, now: datetime) -> WaveCode | str:
    """The code that somebody typed, or why none opens: UNKNOWN is counted. Called inside a transaction that commits
    either way."""
    if not waves.plain(typed):
        return UNKNOWN  # can be none, so that nothing is learnt by it
    GUESSES.one_at_a_time(network, now=now)
    taken = GUESSES.taken(network, now=now)
    if taken == NO_MORE:
        return TOO_MANY
    if taken == WITH_PROOF and not _compared(postcode):
        return NO_POSTCODE
    code = waves.find_code(typed)
    if code is None or (taken == WITH_PROOF and not _is_theirs(postcode, code.wave.performance)):
        GUESSES.was_wrong(network, now=now)
        return UNKNOWN
    waves.give_secret(code)
    return code


def asks_for_postcode(network: str, *, now: datetime) -> bool:
    """Whether a code alone opens nothing just now for who asks from there."""
    return GUESSES.taken(network, now=now) != FREE


def _is_theirs(postcode: str, show: Performance) -> bool:
    """Whether it is that of the host or of a school that comes to it; of schools that have none, any."""
    comes = select(Booking.organisation_id).where(
        Booking.performance_id == show.id, Booking.ended_at.is_(None)
    )
    found = db.session.scalars(
        select(Organisation.postcode).where(
            or_(Organisation.organisation_id == show.organisation_id, Organisation.organisation_id.in_(comes))
        )
    )
    theirs = {_compared(one or "") for one in found} - {""}
    return not theirs or _compared(postcode) in theirs


def _compared(postcode: str) -> str:
    return re.sub(r"\s", "", postcode.upper())
