"""Moment as of which a reckoning reads, and the schools it reads; every fact is read within one.

`Cut.only` leaves all rows but those of some schools, so that a country can be gone through in parts.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select, union

from outreach.booking.promises import Booking
from outreach.county.register.lines import la_codes_ever
from outreach.county.schools import SchoolRecord
from outreach.ground import school_year, timespans
from outreach.ground.db import db
from outreach.tour.programmes import Programme


@dataclass(frozen=True, kw_only=True)
class Cut:
    """Up to when facts count: `moment` for visit reports, `until` for all else; `day` is the last day of
    `until`.

    `only`: the URNs whose facts are read, all their kin among them; None: everybody's. `told_by`: visit
    reports count up to then after all, about shows that had begun by `moment`: what is known of that day now.
    `source`: what answers in the place of facts.py, from rows at hand. `register_by` and `settings_by`: what
    the register said, and what was set and decided here, by then after all; they too stand for what is known
    now of an earlier day.
    """

    moment: datetime
    until: datetime
    day: date
    only: tuple[int, ...] | None = None
    told_by: datetime | None = None
    register_by: datetime | None = None
    settings_by: datetime | None = None
    source: Any = None

    @property
    def register_until(self) -> datetime:
        """Up to when the register's word counts, with what schools said of themselves and corrections of
        it."""
        return self.register_by or self.until

    @property
    def settings_until(self) -> datetime:
        """Up to when settings and coordinators' decisions count."""
        return self.settings_by or self.until


def cut_of(academic_year: int, as_of: date, now: datetime) -> Cut:
    """The end of the as-of day; for all but visit reports never later than the end of the programme's
    year."""
    moment = timespans.as_of_moment(as_of, now)
    until = min(moment, timespans.end_of_day(school_year.last_day(academic_year)))
    return Cut(moment=moment, until=until, day=timespans.day_of(until - timedelta(microseconds=1)))


def scope(programme: Programme, *, by: datetime | None = None) -> Any:
    """The URNs of every school that was ever with the partnership's authorities, and of whoever booked; `by`
    a moment."""
    codes = la_codes_ever(programme.partnership_id)
    return union(
        select(SchoolRecord.urn).where(
            SchoolRecord.la_code.in_(codes), *(() if by is None else (SchoolRecord.recorded_at < by,))
        ),
        select(Booking.urn).where(
            Booking.programme_id == programme.id, *(() if by is None else (Booking.created_at < by,))
        ),
    )


def first_day(programme: Programme) -> date | None:
    """The first day that the register of the programme's authorities was known; None while it never was."""
    codes = la_codes_ever(programme.partnership_id)
    query = select(func.min(SchoolRecord.recorded_at)).where(SchoolRecord.la_code.in_(codes))
    first = db.session.execute(query).scalar_one()
    return None if first is None else timespans.day_of(first)


def only(urn: Any, cut: Cut) -> tuple[Any, ...]:
    """The condition on a column of URNs, or none."""
    return () if cut.only is None else (urn.in_(cut.only),)


def only_shows(performance_id: Any, programme: Programme, cut: Cut) -> tuple[Any, ...]:
    """Whole shows: what a company counted is shared out over host and guests alike."""
    if cut.only is None:
        return ()
    theirs = select(Booking.performance_id)
    return (
        performance_id.in_(theirs.where(Booking.programme_id == programme.id, Booking.urn.in_(cut.only))),
    )
