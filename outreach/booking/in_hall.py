"""Shows of a troupe in one hall on one day, as far as they are promised: when it is at work for each.

A show is claimed with its get-in and get-out as if it stood alone. Where two are in one hall the set stays between them
(turning.py), so that pages, letters and calendars all say what is said here.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from itertools import groupby, pairwise
from typing import NamedTuple

from sqlalchemy import ColumnElement, exists, false, or_, select

from outreach.booking.promises import HOST, Booking
from outreach.ground.db import db
from outreach.ground.wording import comes_and_goes
from outreach.tour import turning
from outreach.tour.performances import Performance, Slot


class Stretch(NamedTuple):
    """A show as it would be by itself, on its tour day."""

    id: int
    tour_day_id: int
    organisation_id: int
    get_in_at: datetime
    starts_at: datetime
    ends_at: datetime
    away_at: datetime


class AtWork(NamedTuple):
    """From when until when the troupe is at work for a show: from set-up, or from when it turns the hall round, until
    it is away, or turns it round for the next. `here`: it comes from one before it in the same hall; `stays`: for one
    after it."""

    begins_at: datetime
    away_at: datetime
    here: bool = False
    stays: bool = False

    @property
    def comes(self) -> str:
        """'arrives at 8:00am'."""
        return comes_and_goes(**self._asdict())[0]

    @property
    def goes(self) -> str:
        """'leaves by 10:45am'."""
        return comes_and_goes(**self._asdict())[1]


def at_work(shows: Sequence[Performance]) -> list[AtWork]:
    """For each of some shows that stand or are about to be promised together; one query."""
    found = _among([stretch(show) for show in shows if show.released_at is None])
    return [found.get(show.id, AtWork(show.get_in_at, show.away_at)) for show in shows]


def of_show(show: Performance) -> AtWork:
    return at_work([show])[0]


def at_work_in(slot: Slot, organisation_id: int, *, instead_of: int = 0) -> AtWork:
    """The same of a show that an organisation would have there; `instead_of`: the show that goes there. One query."""
    there = Stretch(
        instead_of,
        slot.tour_day_id,
        organisation_id,
        slot.get_in_at,
        slot.starts_at,
        slot.ends_at,
        slot.away_at,
    )
    return _among([there])[instead_of]


def times_of(shows: Iterable[Stretch]) -> dict[int, AtWork]:
    """{id: when the troupe is at work} where these and no others are in their halls. Pure."""
    found: dict[int, AtWork] = {}
    in_order = sorted(shows, key=lambda s: (s.tour_day_id, s.organisation_id, s.starts_at))
    for _, in_one_hall in groupby(in_order, key=lambda s: (s.tour_day_id, s.organisation_id)):
        hall = list(in_one_hall)
        times = turning.at_work(hall)
        turned = [
            turning.in_one_hall(*shows) and was[1] == begins[0]
            for shows, (was, begins) in zip(pairwise(hall), pairwise(times), strict=True)
        ]
        stay = zip([False, *turned], [*turned, False], strict=True)
        found |= {show.id: AtWork(*at, *both) for show, at, both in zip(hall, times, stay, strict=True)}
    return found


def stretch(show: Performance) -> Stretch:
    return Stretch(
        show.id,
        show.tour_day_id,
        show.organisation_id,
        show.get_in_at,
        show.starts_at,
        show.ends_at,
        show.away_at,
    )


def beside(places: Iterable[tuple[int, int]], *, but: Collection[int]) -> list[Performance]:
    """The shows promised in some halls, each by tour day and organisation, but for some; one query."""
    halls = [_in_hall(*place) for place in places]
    with db.session.no_autoflush:
        return list(
            db.session.scalars(
                select(Performance)
                .where(or_(false(), *halls), Performance.id.not_in(but), *_PROMISED)
                .order_by(Performance.starts_at, Performance.id)
            )
        )


def _among(asked: Sequence[Stretch]) -> dict[int, AtWork]:
    """The same for these and what is promised beside them."""
    if not asked:
        return {}
    p = Performance
    query = (
        select(p.id, p.tour_day_id, p.organisation_id, p.get_in_at, p.starts_at, p.ends_at, p.away_at)
        .where(or_(*(_in_hall(*place) for place in {(s.tour_day_id, s.organisation_id) for s in asked})))
        .where(p.id.not_in([show.id for show in asked]), *_PROMISED)
    )
    with db.session.no_autoflush:  # rows that are being written are among those asked for
        others = [Stretch(*row) for row in db.session.execute(query)]
    return times_of([*asked, *others])


def _in_hall(tour_day_id: int, organisation_id: int) -> ColumnElement[bool]:
    return (Performance.tour_day_id == tour_day_id) & (Performance.organisation_id == organisation_id)


_PROMISED = (
    Performance.released_at.is_(None),
    exists().where(
        Booking.performance_id == Performance.id, Booking.role == HOST, Booking.ended_at.is_(None)
    ),
)
