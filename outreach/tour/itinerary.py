"""The tour as it stands: its weeks with their shows, and what of it may still change once shows stand on
it."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import joinedload

from outreach.county import partnerships
from outreach.ground import history
from outreach.ground.db import db, made_once, plain_rows
from outreach.ground.errors import Refusal
from outreach.ground.timespans import day_of, wall
from outreach.ground.wording import clock, count, day_short
from outreach.tour import days, freed_places, nights, programmes, roads, span
from outreach.tour.days import Hours, TourDay
from outreach.tour.performances import Performance, clear_expired, lock_days
from outreach.tour.programmes import Production, Programme

NOON = time(12)
"""Where a day is halved: a show that starts before it is the morning's."""


class DayHasShows(Refusal):
    """A tour day with a show, or with one that is being booked, cannot be taken back; nor one after which the
    troupe stays the night that the next morning's show needs."""


class FewerShowsThanBooked(Refusal):
    field = "shows_at_most"


class HoursLeaveOutAShow(Refusal):
    """A show that stands would begin before the van can be there, or end too late for it to be back."""

    field = "leaves"


class ShowsADayBelowBooked(Refusal):
    field = "shows_a_day"


@dataclass(frozen=True, kw_only=True)
class DayOnTour:
    """A tour day and the shows that stand on it by start; `kept` are slots that are proposed to schools,
    `held` those that schools are just booking."""

    tour_day: TourDay
    shows: tuple[Performance, ...]
    held: int
    kept: tuple[Performance, ...] = ()

    @property
    def left(self) -> int:
        return max(0, self.tour_day.shows_at_most - len(self.shows) - len(self.kept) - self.held)


@dataclass(frozen=True, kw_only=True)
class ItineraryWeek:
    """Monday's date and the tour days of the week, by day and troupe."""

    monday: date
    days: tuple[DayOnTour, ...]

    @property
    def booked(self) -> int:
        return sum(len(d.shows) for d in self.days)

    @property
    def possible(self) -> int:
        return sum(d.tour_day.shows_at_most for d in self.days)


def weeks(programme: Programme, *, now: datetime, kept: Collection[int] = ()) -> list[ItineraryWeek]:
    """Every tour day of a programme by week, in two queries however many. `kept`: the performances that are
    proposed."""
    tour_days = days.of_programme(programme.id)
    shows = _standing(Performance.programme_id == programme.id, now=now)
    found: dict[date, list[DayOnTour]] = {}
    for tour_day in tour_days:
        found.setdefault(tour_day.day - timedelta(days=tour_day.day.weekday()), []).append(
            _on_tour(tour_day, shows.get(tour_day.id, []), kept)
        )
    return [ItineraryWeek(monday=monday, days=tuple(here)) for monday, here in found.items()]


def room_left(
    programme_id: int, *, now: datetime, only_days: Collection[int] | None = None, first: date | None = None
) -> int:
    """How many more shows the coming tour days have room for; what is held or kept for a school is taken. One
    query.

    `only_days`: of these tour days' ids alone. `first`: of none before that day.
    """
    ((whole, gone),) = plain_rows(*_room(programme_id, day_of(now), now, only_days, first))
    return max(0, int(whole or 0) - int(gone))


@made_once
def _room(
    programme_id: int, today: date, now: datetime, only_days: Collection[int] | None, first: date | None
) -> Select[int | None, int]:
    """For how many shows there is room at all, and how many of these places are taken."""
    coming = [TourDay.programme_id == programme_id, TourDay.ended_at.is_(None), TourDay.day > today]
    if only_days is not None:
        coming.append(TourDay.id.in_(only_days))
    if first is not None:
        coming.append(TourDay.day >= first)
    taken = (
        select(func.count())
        .select_from(Performance)
        .join(TourDay, TourDay.id == Performance.tour_day_id)
        .where(
            *coming,
            Performance.released_at.is_(None),
            or_(Performance.held_until.is_(None), Performance.held_until > now),
        )
    )
    possible = select(func.sum(TourDay.shows_at_most)).where(*coming).scalar_subquery()
    return select(possible, taken.scalar_subquery())


def shows_on(tour_day: TourDay, *, now: datetime, kept: Collection[int] = ()) -> DayOnTour:
    """One tour day with its shows."""
    here = _standing(Performance.tour_day_id == tour_day.id, now=now).get(tour_day.id, [])
    return _on_tour(tour_day, here, kept)


def _on_tour(tour_day: TourDay, here: list[Performance], kept: Collection[int]) -> DayOnTour:
    standing = [show for show in here if show.held_until is None]
    return DayOnTour(
        tour_day=tour_day,
        shows=tuple(show for show in standing if show.id not in kept),
        kept=tuple(show for show in standing if show.id in kept),
        held=len(here) - len(standing),
    )


def change_day(tour_day: TourDay, hours: Hours, *, who: str, now: datetime) -> None:
    """New hours, or another number of shows, for one day.

    Raises HoursTooShort, TooManyShows, FewerShowsThanBooked, HoursLeaveOutAShow, NoSuchTourDay.
    """
    here = _behind_the_lock(tour_day, now=now)
    days.check_hours(tour_day.programme, hours)
    if len(here) > hours.shows_at_most:
        raise FewerShowsThanBooked(
            f"{count(len(here), 'show')} are booked or being booked that day. Move or cancel one first."
        )
    for show in here:
        _check_in_hours(tour_day, hours, show)
    before = days.hours_of(tour_day)
    if hours == before:
        return
    tour_day.leaves, tour_day.returns, tour_day.shows_at_most = (
        hours.leaves,
        hours.returns,
        hours.shows_at_most,
    )
    freed_places.note([tour_day.id], now=now)
    history.record("changed", tour_day, who=who, now=now, before=_said(before), after=_said(hours))


def end_day(tour_day: TourDay, *, who: str, now: datetime) -> None:
    """The troupe takes the day back. Raises DayHasShows, NoSuchTourDay."""
    here = _behind_the_lock(tour_day, now=now)
    booked = [show for show in here if show.held_until is None]
    if booked:
        schools = " and ".join(f"{show.host.name} at {clock(show.starts_at)}" for show in booked)
        raise DayHasShows(
            f"{day_short(tour_day.day)} has {count(len(booked), 'show')}: {schools}. "
            "Move or cancel first, then the day can be removed."
        )
    if here:
        raise DayHasShows("A school is just booking on that day. Try again in a few minutes.")
    without = span.load(tour_day.troupe, tour_day.day, tour_day.day, now=now).take_off(tour_day.day)
    if without:
        raise DayHasShows(f"{day_short(tour_day.day)} cannot be removed: {without}.")
    tour_day.ended_at = now
    history.record(
        "removed a tour day",
        tour_day.programme,
        who=who,
        now=now,
        before={"troupe": tour_day.troupe.name, "day": str(tour_day.day)},
    )


def is_over(tour_day: TourDay, *, now: datetime) -> bool:
    """Whether the troupe is back at its base for good."""
    return wall(tour_day.day, tour_day.returns) <= now


def close_day(tour_day: TourDay, *, now: datetime) -> None:
    """Offer nothing of a day any more; the caller has ended what stood on it and holds its lock.

    With shows on it that stay, because they have begun, the day itself stays too and takes no more.
    """
    staying = len(_standing(Performance.tour_day_id == tour_day.id, now=now).get(tour_day.id, []))
    if staying:
        tour_day.shows_at_most = staying
    else:
        tour_day.ended_at = now


def close_half(tour_day: TourDay, *, morning: bool, now: datetime) -> None:
    """Offer nothing of one half of a day any more; as close_day, the caller has ended what stood on it.

    With shows on its other half the day takes no more; without, its hours are cut at noon, and a day that has
    no time for a show is given back.
    """
    staying = len(_standing(Performance.tour_day_id == tour_day.id, now=now).get(tour_day.id, []))
    if staying:
        tour_day.shows_at_most = staying
        db.session.flush()
        return
    leaves = max(tour_day.leaves, NOON) if morning else tour_day.leaves
    returns = tour_day.returns if morning else min(tour_day.returns, NOON)
    try:
        days.check_hours(tour_day.programme, Hours(leaves=leaves, returns=returns, shows_at_most=1))
    except days.HoursTooShort:
        tour_day.ended_at = now
    else:
        tour_day.leaves, tour_day.returns = leaves, returns
    db.session.flush()


def change_programme(
    programme: Programme,
    production: Production,
    *,
    most_seats: Callable[[int], int],
    who: str,
    now: datetime,
) -> None:
    """Settle a programme anew while schools may be booking it. Days that stood at its old shows a day follow
    to the new one; no day keeps more than it.

    `most_seats` is asked, behind the locks, how many pupils are promised for the fullest show of a
    programme's id. Raises ShowsADayBelowBooked, and what programmes.change raises.
    """
    tour_days = days.of_programme(programme.id)
    lock_days(day.id for day in tour_days)
    shows = _standing(Performance.programme_id == programme.id, now=now)
    for day in tour_days:
        if len(shows.get(day.id, [])) > production.shows_a_day:
            raise ShowsADayBelowBooked(
                f"{count(len(shows[day.id]), 'show')} are booked on {day_short(day.day)} already. "
                "Move or cancel one first."
            )
    was = programme.shows_a_day
    programmes.change(programme, production, most_seats_booked=most_seats(programme.id), who=who, now=now)
    for day in tour_days:
        follows = day.shows_at_most == was
        at_most = production.shows_a_day if follows else min(day.shows_at_most, production.shows_a_day)
        if at_most > day.shows_at_most:
            freed_places.note([day.id], now=now)
        day.shows_at_most = at_most


def _behind_the_lock(tour_day: TourDay, *, now: datetime) -> list[Performance]:
    """What stands on a day, nobody else claiming or changing it until the transaction ends."""
    lock_days([tour_day.id])
    db.session.refresh(tour_day)
    if tour_day.ended_at is not None:
        raise days.NoSuchTourDay("That tour day was removed already.")
    clear_expired([tour_day.id], now=now)
    return _standing(Performance.tour_day_id == tour_day.id, now=now).get(tour_day.id, [])


def _standing(which: ColumnElement[bool], *, now: datetime) -> dict[int, list[Performance]]:
    """Shows and live holds by tour day, by start, each with its host."""
    rows: Iterable[Performance] = db.session.scalars(
        select(Performance)
        .where(
            which,
            Performance.released_at.is_(None),
            or_(Performance.held_until.is_(None), Performance.held_until > now),
        )
        .options(joinedload(Performance.host))
        .order_by(Performance.starts_at, Performance.id)
    )
    found: dict[int, list[Performance]] = {}
    for row in rows:
        found.setdefault(row.tour_day_id, []).append(row)
    return found


def _check_in_hours(tour_day: TourDay, hours: Hours, show: Performance) -> None:
    ways = roads.roads_of_partnership(partnerships.get(tour_day.programme.partnership_id))
    there = roads.stop_at(show.organisation_id, show.easting, show.northing)
    out, home = nights.ways([tour_day])[tour_day.id]
    to, back = (timedelta(minutes=ways.minutes(stop, there) if stop else 0) for stop in (out, home))
    leaves, returns = wall(tour_day.day, hours.leaves), wall(tour_day.day, hours.returns)
    if show.get_in_at - to < leaves:
        raise HoursLeaveOutAShow(
            f"The van must leave by {clock(show.get_in_at - to)} to set up at {show.host.name}."
        )
    if show.away_at + back > returns:
        raise HoursLeaveOutAShow(
            f"The van cannot be back from {show.host.name} before {clock(show.away_at + back)}.",
            field="returns",
        )


def _said(hours: Hours) -> dict[str, object]:
    return {
        "leaves": f"{hours.leaves:%H:%M}",
        "returns": f"{hours.returns:%H:%M}",
        "shows_at_most": hours.shows_at_most,
    }
