"""A troupe's week from Monday to Sunday: its shows, who comes, the road, when it leaves and is home, its nights."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select

from outreach.booking.promises import GUEST, Booking
from outreach.booking.sheets import coming
from outreach.booking.sheets.coming import ComingDay, ComingShow
from outreach.county import partnerships
from outreach.county.schools import Organisation
from outreach.ground.db import db
from outreach.tour import legs, nights, roads
from outreach.tour.companies import MOST, Troupe
from outreach.tour.days import TourDay
from outreach.tour.legs import Drive
from outreach.tour.nights import Door
from outreach.tour.performances import Performance


@dataclass(frozen=True, kw_only=True)
class WeekShow:
    """A show that is booked. `n`: its number in the week, in list and map; `guests`: who comes to it, and how many."""

    n: int
    show: ComingShow
    guests: tuple[tuple[str, int], ...]


@dataclass(frozen=True, kw_only=True)
class WeekDay:
    """A tour day of the week. `drives` as in legs.of_day; `out` and `home`: where it begins and ends, None where the
    base is not known: then its hours go from the first set-up, or to the last pack-up. `in_a_row`: with a show it is
    the so-manieth day of the troupe without one free between, 0 without a show."""

    coming: ComingDay
    shows: tuple[WeekShow, ...]
    drives: tuple[Drive | None, ...]
    out: Door | None
    home: Door | None
    in_a_row: int

    @property
    def day(self) -> date:
        return self.coming.day

    @property
    def leaves_at(self) -> datetime | None:
        """As late as it may leave; None without a show."""
        if not self.shows:
            return None
        first = self.drives[0]
        return first.leaves_at if first else self.shows[0].show.performance.get_in_at

    @property
    def home_at(self) -> datetime | None:
        """There again, be it where it stays the night; None without a show."""
        if not self.shows:
            return None
        last = self.drives[-1]
        return last.arrives_at if last else self.shows[-1].show.performance.away_at

    @property
    def out_minutes(self) -> int:
        if self.leaves_at is None or self.home_at is None:
            return 0
        return int((self.home_at - self.leaves_at).total_seconds() // 60)

    @property
    def road_minutes(self) -> int:
        return sum(d.minutes for d in self.drives if d)

    @property
    def kilometres(self) -> int:
        """Whole ones: those of its drives that are known."""
        return legs.kilometres(self.drives)

    @property
    def unknown(self) -> int:
        """Drives of which nothing is known."""
        return sum(d is None for d in self.drives)


@dataclass(frozen=True, kw_only=True)
class WeekSheet:
    """A troupe's week: the days that it gives, by date, and what they come to."""

    troupe: Troupe
    monday: date
    days: tuple[WeekDay, ...]

    @property
    def sunday(self) -> date:
        return self.monday + timedelta(days=6)

    @property
    def played(self) -> list[WeekDay]:
        """The days with a show."""
        return [day for day in self.days if day.shows]

    @property
    def shows(self) -> list[WeekShow]:
        return [show for day in self.days for show in day.shows]

    @property
    def nights(self) -> list[date]:
        """After which it does not drive home."""
        return [day.day for day in self.days if day.coming.tour_day.stays_at]

    @property
    def several_programmes(self) -> bool:
        """Its days are given to more than one, so that each has to say to which: another set goes into the van."""
        return len({day.coming.tour_day.programme_id for day in self.days}) > 1

    @property
    def ends_at(self) -> datetime | None:
        """When its last show is over."""
        return self.shows[-1].show.performance.ends_at if self.shows else None

    @property
    def out_minutes(self) -> int:
        return sum(day.out_minutes for day in self.days)

    @property
    def road_minutes(self) -> int:
        return sum(day.road_minutes for day in self.days)

    @property
    def kilometres(self) -> int:
        return sum(day.kilometres for day in self.days)

    @property
    def unknown(self) -> int:
        return sum(day.unknown for day in self.days)


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def week_of_troupe(troupe: Troupe, day: date) -> WeekSheet:
    """The week in which `day` lies, as it stands now; a constant number of statements."""
    monday = monday_of(day)
    found = coming.of_troupe(troupe.id, monday, monday + timedelta(days=6))
    doors = nights.doors(one.tour_day for one in found)
    ways = roads.roads_of_partnership(partnerships.get(troupe.partnership_id))
    names = _guests_of(found)
    row = _days_before(troupe, monday)
    days, n, last = [], 0, monday - timedelta(days=1)
    for one in found:
        out, home = doors[one.tour_day.id]
        shows = []
        for show in one.shows:
            n += 1
            guests = [(names[b.organisation_id], b.seats) for b in show.bookings if b.role == GUEST]
            shows.append(WeekShow(n=n, show=show, guests=tuple(guests)))
        drives = legs.of_day([show.performance for show in one.shows], ways, out, home)
        if shows:
            row, last = (row + 1 if one.day - last == timedelta(days=1) else 1), one.day
        days.append(
            WeekDay(
                coming=one,
                shows=tuple(shows),
                drives=tuple(drives),
                out=out,
                home=home,
                in_a_row=row if shows else 0,
            )
        )
    return WeekSheet(troupe=troupe, monday=monday, days=tuple(days))


def _days_before(troupe: Troupe, monday: date) -> int:
    """So many days with a show end on the day before `monday`, none free between them; as many as a limit may be, and
    one more, at most. One query."""
    furthest = monday - timedelta(days=MOST["days_in_a_row"] + 1)
    played = set(
        db.session.scalars(
            select(TourDay.day)
            .join(Performance, Performance.tour_day_id == TourDay.id)
            .join(Booking, Booking.performance_id == Performance.id)
            .where(
                TourDay.troupe_id == troupe.id,
                TourDay.ended_at.is_(None),
                TourDay.day.between(furthest, monday - timedelta(days=1)),
                Performance.released_at.is_(None),
                Booking.ended_at.is_(None),
            )
            .distinct()
        )
    )
    n = 0
    while monday - timedelta(days=n + 1) in played:
        n += 1
    return n


def _guests_of(days: Iterable[ComingDay]) -> Mapping[int, str]:
    """{id: name} of the organisations that come as guests; one query."""
    guests = {b.organisation_id for d in days for s in d.shows for b in s.bookings if b.role == GUEST}
    rows = db.session.execute(
        select(Organisation.organisation_id, Organisation.name).where(
            Organisation.organisation_id.in_(guests)
        )
    )
    return {number: name for number, name in rows}
