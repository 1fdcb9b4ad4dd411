"""A programme carried into a later year: what a copy would hold, the copy made, once for each year, and the
rest of it later.

Its dates move into the new terms. Tour days, and what was decided of single schools, go along only when
asked.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Select, Text, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from outreach.county import organisations, partnerships, school_days
from outreach.ground import history
from outreach.ground.db import Base, Instant, db
from outreach.ground.errors import Refusal
from outreach.ground.school_year import year_name
from outreach.ground.timespans import day_of
from outreach.tour import days, programmes, target_decisions
from outreach.tour.adults import PICKED
from outreach.tour.days import DayNotPossible, TourDay
from outreach.tour.programmes import Production, Programme, ProgrammeClosed
from outreach.tour.target_decisions import INCLUDE, TargetDecision
from outreach.tour.yearly import new_dates


class ProgrammeCopy(Base):
    """Which programme was made from which; one copy of a programme in each year."""

    __tablename__ = "programme_copy"
    __table_args__ = (UniqueConstraint("from_programme_id", "academic_year"),)

    programme_id: Mapped[int] = mapped_column(ForeignKey("programme.id"), primary_key=True)
    from_programme_id: Mapped[int] = mapped_column(ForeignKey("programme.id"))
    academic_year: Mapped[int]
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    who: Mapped[str] = mapped_column(Text)


class CopiedAlready(Refusal):
    """As when a form is sent twice."""

    def __init__(self, programme: Programme) -> None:
        self.programme = programme
        super().__init__(
            f"{programme.title} was copied to {year_name(programme.academic_year)} already. Nothing was done twice."
        )


class NotALaterYear(Refusal):
    field = "reply_by"


@dataclass(frozen=True, kw_only=True)
class MovedDay:
    """One tour day and where it would stand; `day` None or a `why_not`: it cannot be carried over."""

    was: TourDay
    day: date | None
    why_not: str


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a copy would hold. `decisions`: what was decided of single schools against the rule of the target,
    with their names."""

    programme: Programme
    production: Production
    days: tuple[MovedDay, ...]
    decisions: tuple[tuple[TargetDecision, str], ...]

    def __bool__(self) -> bool:
        """Whether anything can be carried over."""
        return bool(self.possible or self.decisions)

    @property
    def possible(self) -> list[MovedDay]:
        return [day for day in self.days if not day.why_not]


@dataclass(frozen=True, kw_only=True)
class Copied:
    """What was done: the new programme, how many days and decisions went along, and which days could not,
    with why."""

    programme: Programme
    days: int
    decisions: int
    left_out: tuple[MovedDay, ...]


def plan(programme: Programme, year: int, *, now: datetime) -> Plan:
    """What a copy into the academic year `year` would hold; writes nothing. Raises NotALaterYear."""
    years = _years_on(programme, year)
    codes = [a.la_code for a in partnerships.authorities(programme.partnership_id)]
    calendars = school_days.authority_calendars(codes)
    settled = programmes.production_of(programme)
    by = new_dates.reply_by(programme.reply_by, calendars, years=years, today=day_of(now))
    moved = []
    standing: dict[int, set[date]] = defaultdict(set)
    for was in days.of_programme(programme.id):
        day = new_dates.in_authorities(was.day, calendars, years)
        why_not = "" if day is not None else "its term has no such day in the new year"
        if day is not None and day in standing[was.troupe_id]:
            why_not = "another day of the troupe falls on it"
        if day is not None:
            standing[was.troupe_id].add(day)
        moved.append(MovedDay(was=was, day=day, why_not=why_not))
    return Plan(
        programme=programme,
        production=replace(settled, academic_year=year, reply_by=by),
        days=tuple(_judged(programme, year, moved, now=now)),
        decisions=_decisions(programme),
    )


def copy(
    programme: Programme,
    year: int,
    *,
    title: str,
    reply_by: date,
    with_days: bool,
    with_decisions: bool,
    who: str,
    now: datetime,
) -> Copied:
    """Make the copy, with a title and a reply-by date that may be others than planned. Days that cannot be
    carried over are named, the others are.

    Raises CopiedAlready, NotALaterYear, and whatever programmes.create does.
    """
    partnerships.lock(programme.partnership_id)
    standing = copy_of(programme, year)
    if standing is not None:
        raise CopiedAlready(standing)
    planned = plan(programme, year, now=now)
    production = replace(planned.production, title=title, reply_by=reply_by)
    new = programmes.create(programme.partnership_id, production, who=who, now=now)
    db.session.add(
        ProgrammeCopy(
            programme_id=new.id,
            from_programme_id=programme.id,
            academic_year=new.academic_year,
            recorded_at=now,
            who=who,
        )
    )
    db.session.flush()
    history.record("copied", new, who=who, now=now, before=programme.id)
    added, left_out = _add_days(new, planned, who=who, now=now) if with_days else (0, [])
    if not with_decisions:  # schools that were picked are the target itself, and go along with it
        taken_in = tuple((row, name) for row, name in planned.decisions if row.kind == INCLUDE)
        is_picked = planned.production.adults.schools == PICKED
        planned = replace(planned, decisions=taken_in if is_picked else ())
    carried = _carry_decisions(new, planned, who=who, now=now)
    return Copied(programme=new, days=added, decisions=carried, left_out=tuple(left_out))


def rest(programme: Programme, new: Programme, *, now: datetime) -> Plan:
    """What of a programme its copy has never had: days on which no tour day of it ever stood, schools of
    which nothing was ever decided there. What was taken back in the new year stays taken back. Writes
    nothing. Raises NotALaterYear."""
    planned = plan(programme, new.academic_year, now=now)
    stood = {
        (troupe_id, day)
        for troupe_id, day in db.session.execute(
            select(TourDay.troupe_id, TourDay.day).where(TourDay.programme_id == new.id).order_by(TourDay.id)
        )
    }
    decided = set(
        db.session.scalars(
            select(TargetDecision.organisation_id)
            .where(TargetDecision.programme_id == new.id)
            .order_by(TargetDecision.id)
        )
    )
    return replace(
        planned,
        days=tuple(m for m in planned.days if (m.was.troupe_id, m.day) not in stood),
        decisions=tuple((row, name) for row, name in planned.decisions if row.organisation_id not in decided),
    )


def copy_rest(
    programme: Programme,
    new: Programme,
    *,
    with_days: bool,
    with_decisions: bool,
    who: str,
    now: datetime,
) -> Copied:
    """Carry over later what was not carried over with the copy, or has come to the programme since; twice
    adds nothing twice.

    Raises ProgrammeClosed, NotALaterYear.
    """
    partnerships.lock(programme.partnership_id)
    if new.closed_at is not None:
        raise ProgrammeClosed("This programme is closed. Open it again before you carry anything over.")
    planned = rest(programme, new, now=now)
    added, left_out = _add_days(new, planned, who=who, now=now) if with_days else (0, [])
    carried = _carry_decisions(new, planned, who=who, now=now) if with_decisions else 0
    if added or carried:
        history.record(
            "copied the rest",
            new,
            who=who,
            now=now,
            before=programme.id,
            after={"days": added, "decisions": carried},
        )
    return Copied(programme=new, days=added, decisions=carried, left_out=tuple(left_out))


def copy_of(programme: Programme, year: int) -> Programme | None:
    """The copy of a programme in that year, else the partnership's own of the same title there; None: not
    made yet."""
    return copies_of([programme], year).get(programme.id)


def copies_of(originals: Collection[Programme], year: int) -> dict[int, Programme]:
    """As `copy_of` for many, by the original's id; two queries."""
    made = db.session.execute(
        select(ProgrammeCopy.from_programme_id, Programme)
        .join(Programme, Programme.id == ProgrammeCopy.programme_id)
        .where(
            ProgrammeCopy.from_programme_id.in_({p.id for p in originals}),
            ProgrammeCopy.academic_year == year,
        )
        .order_by(ProgrammeCopy.programme_id)
    )
    found = {original: new for original, new in made}
    alike = db.session.scalars(
        select(Programme)
        .where(
            Programme.partnership_id.in_({p.partnership_id for p in originals}),
            Programme.academic_year == year,
            Programme.title.in_({p.title for p in originals}),
        )
        .order_by(Programme.id)
    ).all()
    for original in originals:
        same = [p for p in alike if (p.title, p.for_adults) == (original.title, original.for_adults)]
        if original.id not in found and same:
            found[original.id] = same[0]
    return found


def original_of(programme_id: int) -> Programme | None:
    """The programme that another was copied from; None where it was not."""
    return db.session.scalar(
        select(Programme)
        .join(ProgrammeCopy, ProgrammeCopy.from_programme_id == Programme.id)
        .where(ProgrammeCopy.programme_id == programme_id)
    )


def line_of(programme_id: Any, *, name: str) -> Select[int]:
    """The id of a programme and of those that it was copied from, at any remove, as a part of other queries; `name`
    is that of no other part of the query."""
    line = select(programme_id.label("id")).cte(name, recursive=True)
    before = select(ProgrammeCopy.from_programme_id).join(line, ProgrammeCopy.programme_id == line.c.id)
    return select(line.union(before).c.id)


def _years_on(programme: Programme, year: int) -> int:
    years = year - programme.academic_year
    if not 1 <= years <= 5:
        raise NotALaterYear(f"Copy it into a year after {year_name(programme.academic_year)}.")
    return years


def _judged(programme: Programme, year: int, moved: list[MovedDay], *, now: datetime) -> list[MovedDay]:
    """Each day with why it cannot be one in that year, if so: two queries a troupe."""
    later = Programme(
        id=0, partnership_id=programme.partnership_id, academic_year=year, for_adults=programme.for_adults
    )
    why: dict[tuple[int, date], str] = {}
    troupes = {m.was.troupe_id: m.was.troupe for m in moved}
    for troupe_id, troupe in troupes.items():
        wished = sorted({m.day for m in moved if m.was.troupe_id == troupe_id and m.day and not m.why_not})
        for possible in days.judge(later, troupe, wished, now=now):
            why[troupe_id, possible.day] = possible.why_not
    return [
        replace(m, why_not=why.get((m.was.troupe_id, m.day), "")) if m.day and not m.why_not else m
        for m in moved
    ]


def _add_days(new: Programme, planned: Plan, *, who: str, now: datetime) -> tuple[int, list[MovedDay]]:
    left_out = [m for m in planned.days if m.why_not]
    groups: dict[tuple[int, days.Hours], list[MovedDay]] = defaultdict(list)
    for m in planned.possible:
        hours = days.hours_of(m.was)
        hours = replace(hours, shows_at_most=min(hours.shows_at_most, new.shows_a_day))
        groups[m.was.troupe_id, hours].append(m)
    added = 0
    for (_, hours), group in groups.items():
        try:
            added += len(days.add_bulk(new, group[0].was.troupe, _days(group), hours, who=who, now=now))
        except (DayNotPossible, days.HoursTooShort, days.TooManyShows) as refusal:
            left_out += [replace(m, why_not=refusal.message) for m in group]
    return added, sorted(left_out, key=lambda m: m.was.day)


def _days(group: list[MovedDay]) -> list[date]:
    return [m.day for m in group if m.day is not None]


def _decisions(programme: Programme) -> tuple[tuple[TargetDecision, str], ...]:
    """What was decided of schools and bodies that are still open, each with its name, by name; two queries. Of a
    training, those that were taken in and have closed are with them: whoever follows them is meant in their place."""
    decided = target_decisions.decisions(programme.id)
    names = {
        s.organisation_id: s.name
        for s in organisations.known(decided)
        if s.is_open or programme.for_adults and decided[s.organisation_id].kind == INCLUDE
    }
    found = [
        (row, names[organisation_id]) for organisation_id, row in decided.items() if organisation_id in names
    ]
    return tuple(sorted(found, key=lambda item: (item[1].casefold(), item[0].organisation_id)))


def _carry_decisions(new: Programme, planned: Plan, *, who: str, now: datetime) -> int:
    known = {
        s.organisation_id: s
        for s in organisations.known([row.organisation_id for row, _ in planned.decisions])
    }
    carried = 0
    for row, _ in planned.decisions:
        if new.for_adults:
            target_decisions.carry_over(new, known[row.organisation_id], row, who=who, now=now)
        elif row.kind == INCLUDE:
            try:
                target_decisions.include(
                    new, known[row.organisation_id], row.year_groups, reason=row.reason, who=who, now=now
                )
            except target_decisions.CannotBeTakenIn:
                continue  # the new programme is for other year groups
        else:
            target_decisions.exclude(new, known[row.organisation_id], reason=row.reason, who=who, now=now)
        carried += 1
    return carried
