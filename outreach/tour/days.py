"""Tour days: a date and hours that a troupe gives to a programme."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import CheckConstraint, ForeignKey, Index, Select, Text, func, select, text
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from outreach.county import partnerships, school_days
from outreach.county.school_days import HOLIDAY, INSET_DAY, WEEKEND, SchoolCalendar
from outreach.ground import history
from outreach.ground.db import Base, Instant, db, made_once
from outreach.ground.errors import NoSuch, Refusal
from outreach.ground.school_year import first_day, last_day, year_name
from outreach.ground.timespans import day_of
from outreach.ground.wording import and_list, day_short
from outreach.tour import agreements, days_off, freed_places
from outreach.tour.companies import Company, Troupe
from outreach.tour.programmes import Programme, ProgrammeClosed


class TourDay(Base):
    """`leaves` the base and is back at it by `returns` (wall clock). Its row is the lock that claims queue
    at.

    `ended_at`: the troupe took the day back; the row stays for the shows that once stood on it. `stays_*`:
    after the last show the troupe stays the night there, and leaves from there on the next date; '' is: it
    drives home.
    """

    __tablename__ = "tour_day"
    in_history = ("tour day", "id")
    __table_args__ = (
        Index(
            "uq_tour_day_troupe_id_day",
            "troupe_id",
            "day",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
            sqlite_where=text("ended_at IS NULL"),
        ),
        CheckConstraint("leaves < returns", name="hours"),
        CheckConstraint("shows_at_most > 0", name="shows"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("programme.id"), index=True)
    troupe_id: Mapped[int] = mapped_column(ForeignKey("troupe.id"))
    day: Mapped[date]
    leaves: Mapped[time]
    returns: Mapped[time]
    shows_at_most: Mapped[int]
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    stays_at: Mapped[str] = mapped_column(Text, default="", server_default="")
    stays_easting: Mapped[int | None]
    stays_northing: Mapped[int | None]

    troupe: Mapped[Troupe] = relationship()
    programme: Mapped[Programme] = relationship()

    @property
    def partnership_id(self) -> int:
        return self.programme.partnership_id


class LastDayBeforeFirst(Refusal):
    field = "last"


class OutsideTheYear(Refusal):
    field = "first"


class NoWeekday(Refusal):
    field = "weekdays"


class HoursTooShort(Refusal):
    """The troupe's day holds no show with its set-up and pack-up."""

    field = "returns"


class TooManyShows(Refusal):
    """More shows than the programme has on a day."""

    field = "shows_at_most"


class NoDayChosen(Refusal):
    pass


class DayNotPossible(Refusal):
    """A chosen day cannot be a tour day, or no longer can."""


class NoSuchTourDay(NoSuch):
    """There is none, or it is another partnership's, or it was taken back."""


@dataclass(frozen=True, kw_only=True)
class Hours:
    """When the troupe leaves its base and is back, by the wall clock, and how many shows it plays at most."""

    leaves: time = time(7)
    returns: time = time(17)
    shows_at_most: int = 2


@dataclass(frozen=True, kw_only=True)
class Possible:
    """One day of a preview: '' in `why_not` if it can be added."""

    day: date
    why_not: str

    @property
    def month(self) -> tuple[int, int]:
        return self.day.year, self.day.month


def get(partnership_id: int, tour_day_id: int) -> TourDay:
    """A tour day that stands, of this partnership; raises NoSuchTourDay."""
    found = db.session.scalar(
        select(TourDay)
        .join(TourDay.programme)
        .where(
            TourDay.id == tour_day_id,
            TourDay.ended_at.is_(None),
            Programme.partnership_id == partnership_id,
        )
        .options(joinedload(TourDay.troupe), joinedload(TourDay.programme))
    )
    if found is None:
        raise NoSuchTourDay("There is no such tour day.")
    return found


def last_tour_day(programme_id: int) -> date | None:
    """The last tour day that stands; None of a programme without any."""
    found: date | None = db.session.scalar(*_last_day(programme_id))
    return found


@made_once
def _last_day(programme_id: int) -> Select[date | None]:
    return select(func.max(TourDay.day)).where(
        TourDay.programme_id == programme_id, TourDay.ended_at.is_(None)
    )


def of_programme(programme_id: int) -> list[TourDay]:
    """The tour days that stand, by day and troupe, each with its troupe."""
    return list(
        db.session.scalars(
            select(TourDay)
            .where(TourDay.programme_id == programme_id, TourDay.ended_at.is_(None))
            .options(joinedload(TourDay.troupe))
            .order_by(TourDay.day, TourDay.troupe_id)
        )
    )


def company_names(programme_id: int) -> tuple[str, ...]:
    """The companies whose troupes give days to a programme, by name."""
    return tuple(
        db.session.scalars(
            select(Company.name)
            .join(Troupe, Troupe.company_id == Company.id)
            .join(TourDay, TourDay.troupe_id == Troupe.id)
            .where(TourDay.programme_id == programme_id, TourDay.ended_at.is_(None))
            .distinct()
            .order_by(Company.name)
        )
    )


def preview_bulk(
    programme: Programme, troupe: Troupe, first: date, last: date, weekdays: Collection[int], *, now: datetime
) -> list[Possible]:
    """Every chosen weekday (Monday is 0) from `first` to `last`, both included: can it be added, or why not.

    Raises NoWeekday, LastDayBeforeFirst, OutsideTheYear.
    """
    if not weekdays:
        raise NoWeekday("Choose at least one day of the week.")
    if last < first:
        raise LastDayBeforeFirst("The last day must not be before the first.")
    begins, ends = first_day(programme.academic_year), last_day(programme.academic_year)
    if first < begins or last > ends:
        raise OutsideTheYear(
            f"The programme is of {year_name(programme.academic_year)}: choose days from "
            f"{day_short(begins)} to {day_short(ends)}."
        )
    span = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return judge(programme, troupe, [day for day in span if day.weekday() in weekdays], now=now)


def add_bulk(
    programme: Programme, troupe: Troupe, days: Iterable[date], hours: Hours, *, who: str, now: datetime
) -> list[TourDay]:
    """Give these days to the programme: the new rows. A day it has with the same hours is left, so that a
    form sent twice adds once.

    Raises ProgrammeClosed, NoDayChosen, HoursTooShort, TooManyShows, DayNotPossible (naming each with why).
    """
    if programme.closed_at is not None:
        raise ProgrammeClosed("This programme is closed. Open it again before you add days.")
    check_hours(programme, hours)
    partnerships.lock(programme.partnership_id)
    standing = _standing(troupe)
    chosen = sorted(set(days))
    if not chosen:
        raise NoDayChosen("Choose at least one day to add.")
    new = [day for day in chosen if not _is_same(standing.get(day), programme, hours)]
    refused = [p for p in judge(programme, troupe, new, now=now) if p.why_not]
    if refused:
        named = and_list(f"{day_short(p.day)} ({p.why_not})" for p in refused[:5])
        more = f" and {len(refused) - 5} more" if len(refused) > 5 else ""
        raise DayNotPossible(f"These cannot be added: {named}{more}. Nothing was added.")
    rows = [
        TourDay(
            programme_id=programme.id,
            troupe_id=troupe.id,
            day=day,
            leaves=hours.leaves,
            returns=hours.returns,
            shows_at_most=hours.shows_at_most,
        )
        for day in new
    ]
    db.session.add_all(rows)
    db.session.flush()
    freed_places.note([row.id for row in rows], now=now)
    if rows:
        history.record(
            "added tour days",
            programme,
            who=who,
            now=now,
            after={"troupe": troupe.name, "days": [str(day) for day in new]},
        )
    return rows


def check_hours(programme: Programme, hours: Hours) -> None:
    """Raises HoursTooShort, TooManyShows. Pure."""
    needed = programme.get_in_minutes + programme.show_minutes + programme.get_out_minutes
    given = _minutes(hours.returns) - _minutes(hours.leaves)
    if given < needed:
        raise HoursTooShort(
            f"One show takes {needed} minutes with set-up and pack-up; "
            + (f"these hours have {given}." if given > 0 else "the troupe must be back after it leaves.")
        )
    if not 0 < hours.shows_at_most <= programme.shows_a_day:
        raise TooManyShows(f"The programme has {programme.shows_a_day} shows a day at most.")


def judge(programme: Programme, troupe: Troupe, days: list[date], *, now: datetime) -> list[Possible]:
    """Each of these days: can it be added, or why not. Five queries."""
    la_codes = [a.la_code for a in partnerships.authorities(programme.partnership_id)]
    calendars = school_days.authority_calendars(la_codes)
    standing = _standing(troupe)
    begins, ends = first_day(programme.academic_year), last_day(programme.academic_year)
    today = day_of(now)
    off = {row.day for row in days_off.standing([troupe.id], begins, ends)}
    taken = agreements.taken_days([troupe.id], begins, ends, now=now)
    found = []
    for day in days:
        if not begins <= day <= ends:
            why_not = f"not in {year_name(programme.academic_year)}"
        elif day < today:
            why_not = "past"
        elif day in standing:
            same = standing[day].programme_id == programme.id
            why_not = "already there" if same else f"plays {standing[day].programme.title} that day"
        elif day in off:
            why_not = f"day off of {troupe.name}"
        elif (troupe.id, day) in taken:
            why_not = "taken"
        else:
            why_not = _closed_everywhere(calendars, day, for_adults=programme.for_adults)
        found.append(Possible(day=day, why_not=why_not))
    return found


def _closed_everywhere(calendars: Mapping[str, SchoolCalendar], day: date, *, for_adults: bool) -> str:
    """'' if a school of any authority may be open; staff of adults' programmes may meet on INSET days."""
    reasons = [calendar.why_closed(day) for calendar in (calendars or {"": SchoolCalendar()}).values()]
    if for_adults:
        reasons = ["" if why == INSET_DAY else why for why in reasons]
    if not all(reasons):
        return ""
    if reasons[0] == INSET_DAY:
        return "INSET day"
    named = school_days.bank_holiday(day)
    return f"{reasons[0]}: {named}" if named and reasons[0] not in (WEEKEND, HOLIDAY) else reasons[0]


def _standing(troupe: Troupe) -> dict[date, TourDay]:
    rows = db.session.scalars(
        select(TourDay)
        .where(TourDay.troupe_id == troupe.id, TourDay.ended_at.is_(None))
        .options(joinedload(TourDay.programme))
        .order_by(TourDay.day)
    )
    return {row.day: row for row in rows}


def _is_same(row: TourDay | None, programme: Programme, hours: Hours) -> bool:
    return row is not None and row.programme_id == programme.id and hours == hours_of(row)


def hours_of(row: TourDay) -> Hours:
    return Hours(leaves=row.leaves, returns=row.returns, shows_at_most=row.shows_at_most)


def _minutes(at: time) -> int:
    return at.hour * 60 + at.minute
