"""Placing a school that is missing in the diary: where it could have a show, and why not elsewhere.

What is chosen is proposed to it as every other time is (booking/desk/proposing.py), by the same rules: its notice does
not bind a coordinator, what the company needs does.
"""

from collections.abc import Iterable
from datetime import datetime

from outreach.booking.agenda.places_on_day import Place, of_day
from outreach.county.schools import Organisation
from outreach.tour import slots
from outreach.tour.programmes import Programme


def places_for(
    programme: Programme, organisation: Organisation, *, only_days: Iterable[int], now: datetime
) -> list[Place]:
    """Where it could go and where not on some tour days from today on. `saved` is below nought: each costs its road."""
    found: list[Place] = []
    for offer in slots.offers(
        programme, organisation, now=now, whatever_the_notice=True, only_days=list(only_days)
    ).days:
        found += of_day(offer, offer, now_costs=0, stands=None, organisation=organisation, now=now)
    return found
