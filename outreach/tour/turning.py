"""Turn-round of a hall: two shows of a troupe at one school, with no packing up and setting up again between. Pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Protocol

from outreach.county.schools import FIRST_OF_ONLINE


class Stretch(Protocol):
    """A show from get-in to get-out, as it would be by itself."""

    @property
    def organisation_id(self) -> int: ...
    @property
    def get_in_at(self) -> datetime: ...
    @property
    def starts_at(self) -> datetime: ...
    @property
    def ends_at(self) -> datetime: ...
    @property
    def away_at(self) -> datetime: ...


def in_one_hall(before: Stretch, after: Stretch) -> bool:
    """Whether the hall is turned round between them, so that the set stays. A meeting online has no hall."""
    return before.organisation_id == after.organisation_id < FIRST_OF_ONLINE


def minutes_between(before: Stretch, after: Stretch) -> int:
    """What there is for the road from one show to the next, or to turn the hall round."""
    if in_one_hall(before, after):
        return _minutes(before.ends_at, after.starts_at)
    return _minutes(before.away_at, after.get_in_at)


def at_work(shows: Sequence[Stretch]) -> list[tuple[datetime, datetime]]:
    """For each of a day's shows, in order, from when until when the troupe is at work for it: of two in one hall the
    later begins once the earlier has ended, and the earlier is over by then."""
    found = [(show.get_in_at, show.away_at) for show in shows]
    for n, (before, after) in enumerate(pairwise(shows)):
        if in_one_hall(before, after):
            begins = max(after.get_in_at, before.ends_at)
            found[n] = found[n][0], min(before.away_at, begins)
            found[n + 1] = begins, after.away_at
    return found


def stay(show: Stretch, shows: Iterable[Stretch]) -> tuple[datetime, datetime]:
    """From when until when a troupe is in the hall of a show: with the others of `shows`, its own of that day, for
    which the hall is turned round before it or after it."""
    comes, goes = show.get_in_at, show.away_at
    for other in sorted(shows, key=lambda each: abs(each.starts_at - show.starts_at)):
        if in_one_hall(show, other) and other.get_in_at <= goes and comes <= other.away_at:
            comes, goes = min(comes, other.get_in_at), max(goes, other.away_at)
    return comes, goes


def _minutes(since: datetime, until: datetime) -> int:
    return int((until - since).total_seconds() // 60)
