"""Slots that a school could have: the starts that are possible on each tour day, ranked, and why a day has
none.

Constant number of queries, however many days; what fits on one day is reckoned in fit.py.
"""

from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta
from functools import cached_property, partial
from itertools import islice
from typing import Any

from sqlalchemy import and_, bindparam, select

from outreach.county.partnerships import Partnership
from outreach.county.schools import SCHOOL, Organisation
from outreach.ground.db import Instant, db, plain_rows
from outreach.ground.row_numbers import row_number
from outreach.ground.timespans import day_of
from outreach.tour import first_times, fit, hours, nights, performances
from outreach.tour.agreements import taken_on
from outreach.tour.companies import Troupe
from outreach.tour.days import TourDay
from outreach.tour.fit import DayOffer
from outreach.tour.hours import GivenDay
from outreach.tour.performances import Performance, Slot
from outreach.tour.programmes import Programme


class Offers:
    """All tour days from the first bookable on, and the best of them, reckoned when they are asked for."""

    def __init__(
        self, days: Iterable[DayOffer], judge: fit.Judge | None = None, *, two_shows: bool = False
    ) -> None:
        self.days = tuple(days)
        self._judge, self._two_shows = judge, two_shows

    @cached_property
    def near(self) -> tuple[Slot, ...]:
        """The best slots of the three best days."""
        return tuple(day.best() for day in islice(fit.ranked(self.days), 3))

    @cached_property
    def first(self) -> tuple[tuple[Slot, ...], ...]:
        """The times that a school sees first, each with why, as first_times chooses them: pairs on one day where two
        shows are asked for and some day has room for them, else single ones."""
        if self._judge is None:
            return ()
        pairs = [(self._judge.pair(day), day) for day in self.days] if self._two_shows else []
        found = [first_times.Choice(pair, day) for pair, day in pairs if pair]
        choose = partial(first_times.pairs, found) if found else first_times.singles
        return choose(self.days, self._judge.calendar)


def offers(
    programme: Programme,
    school: Organisation,
    *,
    now: datetime,
    instead_of: int | None = None,
    two_shows: bool = False,
    whatever_the_notice: bool = False,
    whatever_the_rest: bool = False,
    whatever_the_lunch: bool = False,
    only_days: Iterable[int] | None = None,
    beside: tuple[int, ...] = (),
    not_on: Collection[int] = (),
) -> Offers:
    """What `school` could have, from the first day that keeps the notice on (`whatever_the_notice`: from
    today on).

    The school's own holds are left out of account, as is `instead_of`, the performance it would move.
    `two_shows`: pairs of slots on one tour day come first. `only_days` narrows to some tour days' ids, `not_on`
    leaves some out. `beside`: holds of the school that do count, as the first of a pair does for the second.
    `whatever_the_rest`: a coordinator puts up with a troupe's missing rest or lunch and its late return
    (hours.warnings says which). `whatever_the_lunch`: the school agreed that it lies across its lunch. A body has no
    hall that a troupe comes to: it takes places at sessions.
    """
    if school.is_body:
        return Offers(())
    days = _tour_days(
        programme,
        school,
        now=now,
        leaving_out=() if instead_of is None else (instead_of,),
        whatever_the_notice=whatever_the_notice,
        only_days=only_days,
        beside=beside,
    )
    if not_on:
        days = [(day, stands) for day, stands in days if day.id not in not_on]
    if not days:
        return Offers(())
    partnership = db.session.get_one(Partnership, programme.partnership_id)
    judge = fit.Judge(
        programme,
        partnership,
        school,
        whatever_the_rest=whatever_the_rest,
        whatever_the_lunch=whatever_the_lunch,
    )
    return Offers((judge.day(day, stands) for day, stands in days), judge, two_shows=two_shows)


def find(
    programme: Programme,
    school: Organisation,
    key: str,
    *,
    now: datetime,
    instead_of: int | None = None,
    whatever_the_notice: bool = False,
    whatever_the_rest: bool = False,
    whatever_the_lunch: bool = False,
    beside: tuple[int, ...] = (),
) -> Slot | None:
    """The slot of a form's key if the school could have it now; None if not, or if the key is nonsense."""
    day_id, _, clock = key.partition("-")
    number = row_number(day_id)
    if number is None:
        return None
    found = offers(
        programme,
        school,
        now=now,
        instead_of=instead_of,
        whatever_the_notice=whatever_the_notice,
        whatever_the_rest=whatever_the_rest,
        whatever_the_lunch=whatever_the_lunch,
        only_days=[number],
        beside=beside,
    )
    return next((s for d in found.days for s in d.slots if s.key == key), None)


def tour_days(
    programme: Programme, *, now: datetime, only_days: Iterable[int], leaving_out: Iterable[int] = ()
) -> list[tuple[GivenDay, list[fit.Stand]]]:
    """Some tour days from today on with all that stands on each: what fit.Judge.day is asked with, school
    after school. `leaving_out`: performances that do not count."""
    return _tour_days(
        programme,
        None,
        now=now,
        leaving_out=set(leaving_out),
        whatever_the_notice=True,
        only_days=only_days,
        beside=(),
    )


def first_bookable_day(programme: Programme, now: datetime) -> date:
    """The first day that keeps the programme's notice for booking, in calendar days."""
    return day_of(now) + timedelta(days=programme.notice_book_days)


# Made once: building and keying a statement costs more than asking it, and every page of slots asks this.
_DAYS = (
    nights.joined(
        select(
            *hours.COLUMNS,
            taken_on(TourDay.troupe_id, TourDay.day, bindparam("now", type_=Instant())).label("taken"),
            Performance.id.label("performance_id"),
            Performance.organisation_id,
            Performance.get_in_at,
            Performance.starts_at,
            Performance.ends_at,
            Performance.away_at,
            Performance.easting,
            Performance.northing,
            Performance.held_until,
            Organisation.town,
            Performance.lunch_from_at,
            Performance.lunch_until_at,
            Performance.lunch_keeps_out,
        ).join(Troupe, Troupe.id == TourDay.troupe_id),
        TourDay.programme_id == bindparam("programme_id"),
        TourDay.day >= bindparam("first"),
        TourDay.ended_at.is_(None),
    )
    .outerjoin(Performance, and_(Performance.tour_day_id == TourDay.id, Performance.released_at.is_(None)))
    .outerjoin(
        Organisation,
        and_(Organisation.organisation_id == Performance.organisation_id, Organisation.kind == SCHOOL),
    )
    .order_by(TourDay.day, TourDay.troupe_id, Performance.starts_at)
)
_SHOWS_FROM = len(GivenDay._fields)
_SOME_DAYS = _DAYS.where(TourDay.id.in_(bindparam("ids")))


def _tour_days(
    programme: Programme,
    school: Organisation | None,
    *,
    now: datetime,
    leaving_out: Collection[int],
    whatever_the_notice: bool,
    only_days: Iterable[int] | None,
    beside: tuple[int, ...],
) -> list[tuple[GivenDay, list[fit.Stand]]]:
    """Each tour day with the shows and live holds on it, by get-in; the school's own holds and `leaving_out`
    left out."""
    asked: dict[str, Any] = {
        "programme_id": programme.id,
        "now": now,
        "first": day_of(now) if whatever_the_notice else first_bookable_day(programme, now),
    }
    if only_days is None:
        read = plain_rows(_DAYS, asked)
    else:
        read = plain_rows(_SOME_DAYS, asked | {"ids": list(only_days)})
    own = school.organisation_id if school else None
    days: list[tuple[GivenDay, list[fit.Stand]]] = []
    for row in read:
        if not days or days[-1][0].id != row[0]:
            days.append((GivenDay._make(row[:_SHOWS_FROM]), []))
        show, organisation_id, *at, easting, northing, held_until, town, since, until, what = row[
            _SHOWS_FROM:
        ]
        if show is None or show in leaving_out:
            continue
        if held_until is not None and (held_until <= now or (organisation_id == own and show not in beside)):
            continue
        certain = held_until is None
        held_to = performances.held_to(since, until, what)
        days[-1][1].append(
            fit.stand(organisation_id, at, easting, northing, town, certain=certain, held_to=held_to)
        )
    return days
