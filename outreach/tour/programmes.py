"""The production, its audience, its rules."""

from collections.abc import Collection
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Select, Text, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from outreach.county import partnerships
from outreach.county.bodies import KINDS
from outreach.ground import audience, history
from outreach.ground.audience import Words
from outreach.ground.db import Base, Instant, Names, OfPartnership, YearGroups, db, made_once
from outreach.ground.errors import NoSuch, Refusal
from outreach.ground.school_year import (
    STAFF,
    YEAR_GROUPS,
    first_day,
    last_day,
    year_groups_name,
    year_in_hand,
    year_name,
    year_of,
)
from outreach.ground.wording import clock, day_short
from outreach.tour import adults
from outreach.tour.adults import ALL, EVERYBODY, AdultTarget


class NoSuchProgramme(NoSuch):
    """There is none, or it is another partnership's."""


class ProgrammeTwice(Refusal):
    """The same title in the same year, as when a form is sent twice."""

    field = "title"


class ReplyByOutsideTheYear(Refusal):
    field = "reply_by"


class ShowDoesNotFitTheDay(Refusal):
    """The hours are the wrong way round, or set-up, show and pack-up need more time than they give."""

    field = "latest_finish"


class NobodyToSeeIt(Refusal):
    field = "year_groups"


class AdultsHaveNoYearGroups(Refusal):
    field = "year_groups"


class NoSuchYearGroup(Refusal):
    field = "year_groups"


class CeilingBelowBooked(Refusal):
    field = "audience_ceiling"


class YearAndKindStay(Refusal):
    """Its academic year, and whether it is for pupils or for adults, stay: the reckoning of a year rests on
    them."""


class ProgrammeClosed(Refusal):
    pass


class Programme(Base, OfPartnership):
    """One production offered by one partnership in one academic year. Every figure is a setting; minutes and
    days. `turn_minutes`: from the end of a show to the start of the next in the same hall."""

    __tablename__ = "programme"
    in_history = ("programme", "id")
    __table_args__ = (
        CheckConstraint("audience_ceiling > 0", name="ceiling"),
        CheckConstraint("running_minutes > 0 AND discussion_minutes >= 0", name="length"),
        CheckConstraint("get_in_minutes >= 0 AND get_out_minutes >= 0", name="get_in"),
        CheckConstraint("turn_minutes >= 0", name="turn"),
        CheckConstraint("earliest_start < latest_finish", name="hours"),
        CheckConstraint("shows_a_day > 0", name="shows"),
        UniqueConstraint("id", "partnership_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(Text)
    summary: Mapped[str] = mapped_column(Text, default="")
    academic_year: Mapped[int]
    for_adults: Mapped[bool] = mapped_column(default=False)
    running_minutes: Mapped[int] = mapped_column(default=45)
    discussion_minutes: Mapped[int] = mapped_column(default=30)
    get_in_minutes: Mapped[int] = mapped_column(default=60)
    get_out_minutes: Mapped[int] = mapped_column(default=30)
    turn_minutes: Mapped[int] = mapped_column(default=30, server_default="30")
    audience_ceiling: Mapped[int] = mapped_column(default=250)
    shows_a_day: Mapped[int] = mapped_column(default=2)
    earliest_start: Mapped[time] = mapped_column(default=time(9))
    latest_finish: Mapped[time] = mapped_column(default=time(15, 30))
    notice_book_days: Mapped[int] = mapped_column(default=10)
    notice_move_days: Mapped[int] = mapped_column(default=14)
    notice_cancel_days: Mapped[int] = mapped_column(default=14)
    reply_by: Mapped[date]
    cost: Mapped[str] = mapped_column(Text, default="Free")
    school_provides: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(Instant)
    closed_at: Mapped[datetime | None] = mapped_column(Instant)

    @property
    def words(self) -> Words:
        """The words for whom it is for."""
        return audience.words(self.for_adults)

    @property
    def show_minutes(self) -> int:
        """Play and discussion together: the time a school gives."""
        return self.running_minutes + self.discussion_minutes


class ProgrammeTarget(Base):
    """The target year groups from `recorded_at` on; the newest row holds. A programme for adults has (), and says
    whom it is for (AdultTarget): which schools, which roles there, which kinds of bodies; one for pupils leaves that as
    EVERYBODY has it."""

    __tablename__ = "programme_target"
    __table_args__ = (
        Index("ix_programme_target_programme", "programme_id", "id"),
        CheckConstraint("schools IN ('all', 'some', 'picked', 'none')", name="schools"),
        CheckConstraint("(schools = 'some') = (phases <> '' OR types <> '')", name="kinds"),
        CheckConstraint(f"schools = 'all' AND roles = '' OR year_groups IN ('', '{STAFF}')", name="adults"),
        CheckConstraint(f"kinds = '' OR year_groups IN ('', '{STAFF}')", name="bodies"),
        CheckConstraint("schools <> 'none' OR kinds <> '' AND roles = ''", name="somebody"),
        CheckConstraint(
            f"valid_months IS NULL OR valid_months BETWEEN {adults.SHORTEST} AND {adults.LONGEST} "
            f"AND year_groups IN ('', '{STAFF}')",
            name="valid_months",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("programme.id"))
    year_groups: Mapped[tuple[int, ...]] = mapped_column(YearGroups)
    schools: Mapped[str] = mapped_column(Text, default=ALL, server_default=ALL)
    phases: Mapped[tuple[str, ...]] = mapped_column(Names, default=(), server_default="")
    types: Mapped[tuple[str, ...]] = mapped_column(Names, default=(), server_default="")
    roles: Mapped[tuple[str, ...]] = mapped_column(Names, default=(), server_default="")
    kinds: Mapped[tuple[str, ...]] = mapped_column(Names, default=(), server_default="")
    valid_months: Mapped[int | None]
    recorded_at: Mapped[datetime] = mapped_column(Instant)


@dataclass(frozen=True, kw_only=True)
class Production:
    """What a coordinator settles about a programme. Minutes, days, wall-clock times.

    `academic_year` is known by the calendar year it starts in; `year_groups` are () for adults, `adults` what one
    for them chose.
    """

    title: str
    academic_year: int
    reply_by: date
    year_groups: tuple[int, ...]
    summary: str = ""
    for_adults: bool = False
    adults: AdultTarget = EVERYBODY
    running_minutes: int = 45
    discussion_minutes: int = 30
    get_in_minutes: int = 60
    get_out_minutes: int = 30
    turn_minutes: int = 30
    audience_ceiling: int = 250
    shows_a_day: int = 2
    earliest_start: time = time(9)
    latest_finish: time = time(15, 30)
    notice_book_days: int = 10
    notice_move_days: int = 14
    notice_cancel_days: int = 14
    cost: str = "Free"
    school_provides: str = ""


def create(partnership_id: int, production: Production, *, who: str, now: datetime) -> Programme:
    """A new programme with its target. Raises the refusals of this file that name a field."""
    _check(production)
    _check_once(partnership_id, production)
    programme = Programme(partnership_id=partnership_id, created_at=now, **_columns(production))
    db.session.add(programme)
    db.session.flush()
    history.record("created", programme, who=who, now=now, after=production.title)
    _target(programme, production.year_groups, production.adults, who=who, now=now)
    return programme


def change(
    programme: Programme, production: Production, *, most_seats_booked: int, who: str, now: datetime
) -> None:
    """Settle it anew; a changed target is a new dated row. Raises as `create` does, and CeilingBelowBooked,
    Settled, ProgrammeClosed.

    `most_seats_booked`: how many are promised for the fullest show that stands.
    """
    if programme.closed_at is not None:
        raise ProgrammeClosed("This programme is closed. Open it again before you change it.")
    _check(production)
    if production.academic_year != programme.academic_year:
        raise YearAndKindStay(
            "The academic year of a programme stays. Make a new programme for another year.",
            field="academic_year",
        )
    if production.for_adults != programme.for_adults:
        raise YearAndKindStay(
            "A programme for pupils stays one for pupils. Make another for adults.", field="for_adults"
        )
    if production.audience_ceiling < most_seats_booked:
        raise CeilingBelowBooked(
            f"{programme.words.count(most_seats_booked)} are booked for one {programme.words.show} already. "
            "The ceiling cannot be lower."
        )
    _check_once(programme.partnership_id, production, instead_of=programme.id)
    columns = _columns(production)
    before, after = history.differences({name: getattr(programme, name) for name in columns}, columns)
    for name, value in columns.items():
        setattr(programme, name, value)
    db.session.flush()
    if after:
        history.record("changed", programme, who=who, now=now, before=before, after=after)
    set_target(programme, production.year_groups, production.adults, who=who, now=now)


def set_target(
    programme: Programme,
    year_groups: tuple[int, ...],
    chosen: AdultTarget = EVERYBODY,
    *,
    who: str,
    now: datetime,
) -> None:
    """Whom it is for from now on; the same again leaves no row. Raises as check_target and adults.check do."""
    check_target(year_groups, for_adults=programme.for_adults)
    adults.check(chosen, for_adults=programme.for_adults)
    if set(year_groups) != set(target_year_groups(programme.id)) or _kept(chosen) != adult_target(
        programme.id
    ):
        _target(programme, year_groups, chosen, who=who, now=now)


def close(programme: Programme, *, who: str, now: datetime) -> None:
    """Nothing new is offered of it; what was booked and seen stays. Closing twice is closing once."""
    if programme.closed_at is None:
        programme.closed_at = now
        db.session.flush()
        history.record("closed", programme, who=who, now=now)


def reopen(programme: Programme, *, who: str, now: datetime) -> None:
    """Offer it again."""
    if programme.closed_at is not None:
        programme.closed_at = None
        db.session.flush()
        history.record("opened again", programme, who=who, now=now)


def production_of(programme: Programme) -> Production:
    """A programme as it is settled now."""
    return Production(
        year_groups=target_year_groups(programme.id),
        adults=adult_target(programme.id),
        **{name: getattr(programme, name) for name in _COLUMNS},
    )


_COLUMNS = [field.name for field in fields(Production) if field.name not in ("year_groups", "adults")]
"""What of a production stands in the programme's own row; the rest is its dated target."""


def _columns(production: Production) -> dict[str, Any]:
    return {name: getattr(production, name) for name in _COLUMNS}


def _check(production: Production) -> None:
    if year_of(production.reply_by) != production.academic_year:
        year = production.academic_year
        raise ReplyByOutsideTheYear(
            f"Schools must reply inside the academic year {year_name(year)}: "
            f"from {day_short(first_day(year))} to {day_short(last_day(year))}."
        )
    earliest, latest = _minutes(production.earliest_start), _minutes(production.latest_finish)
    if latest <= earliest:
        raise ShowDoesNotFitTheDay("The latest finish must be after the earliest start.")
    show = production.running_minutes + production.discussion_minutes
    if earliest + show > latest:
        raise ShowDoesNotFitTheDay(
            f"Play and discussion take {show} minutes; from {clock(production.earliest_start)} "
            f"to {clock(production.latest_finish)} there are only {latest - earliest}."
        )
    if production.get_in_minutes > earliest or latest + production.get_out_minutes >= 24 * 60:
        raise ShowDoesNotFitTheDay(
            "Set-up before the first show, or pack-up after the last, would fall into another day."
        )
    check_target(production.year_groups, for_adults=production.for_adults)
    adults.check(production.adults, for_adults=production.for_adults)


def _check_once(partnership_id: int, production: Production, *, instead_of: int | None = None) -> None:
    partnerships.lock(partnership_id)
    same = (
        Programme.partnership_id == partnership_id,
        Programme.academic_year == production.academic_year,
        Programme.title == production.title,
        Programme.id != (instead_of or 0),
    )
    standing = db.session.scalar(select(Programme.id).where(*same).order_by(Programme.id).limit(1))
    if standing is not None:
        raise ProgrammeTwice(
            f"There is a programme called {production.title} in {year_name(production.academic_year)} already."
        )


def check_target(year_groups: tuple[int, ...], *, for_adults: bool) -> None:
    """Raises NobodyToSeeIt, AdultsHaveNoYearGroups, NoSuchYearGroup. Pure."""
    if for_adults and year_groups:
        raise AdultsHaveNoYearGroups(
            "A programme for adults has no year groups. Clear them, or make it one for pupils."
        )
    if not for_adults and not year_groups:
        raise NobodyToSeeIt("Choose at least one year group.")
    if any(year_group not in YEAR_GROUPS for year_group in year_groups):
        raise NoSuchYearGroup("Year groups go from Reception to Year 13.")


def _minutes(at: time) -> int:
    return at.hour * 60 + at.minute


def _target(
    programme: Programme, year_groups: tuple[int, ...], chosen: AdultTarget, *, who: str, now: datetime
) -> None:
    year_groups, chosen = tuple(sorted(set(year_groups))), _kept(chosen)
    before: list[int] | str | None = list(target_year_groups(programme.id))
    after: list[int] | str = list(year_groups)
    if programme.for_adults:
        was = _newest_target(programme.id)
        before, after = None if was is None else _told(_chosen(was)), _told(chosen)
    db.session.add(
        ProgrammeTarget(
            programme_id=programme.id,
            year_groups=year_groups,
            schools=chosen.schools,
            phases=chosen.phases,
            types=chosen.types,
            roles=chosen.roles,
            kinds=chosen.kinds,
            valid_months=chosen.valid_months,
            recorded_at=now,
        )
    )
    db.session.flush()
    history.record("set the target", programme, who=who, now=now, before=before, after=after)


def _told(chosen: AdultTarget) -> str:
    """A choice in the history."""
    return f"{chosen.said}. {chosen.counts_for}".removesuffix(". ")


def _kept(chosen: AdultTarget) -> AdultTarget:
    """A choice as the table keeps it: each name once and in order, roles as the list has them."""
    return replace(
        chosen,
        phases=adults.in_order(chosen.phases),
        types=adults.in_order(chosen.types),
        roles=tuple(role for role in adults.ROLES if role in chosen.roles),
        kinds=tuple(kind for kind in KINDS if kind in chosen.kinds),
    )


def _chosen(row: ProgrammeTarget) -> AdultTarget:
    return AdultTarget(**{name: getattr(row, name) for name in _CHOSEN})


_CHOSEN = tuple(field.name for field in fields(AdultTarget))


def _newest_target(programme_id: int) -> ProgrammeTarget | None:
    return db.session.scalar(
        select(ProgrammeTarget)
        .where(ProgrammeTarget.programme_id == programme_id)
        .order_by(ProgrammeTarget.id.desc())
        .limit(1)
    )


def get(partnership_id: int, programme_id: int) -> Programme:
    """A programme of this partnership; raises NoSuchProgramme for another's or none."""
    found = db.session.scalar(
        select(Programme).where(Programme.id == programme_id, Programme.partnership_id == partnership_id)
    )
    if found is None:
        raise NoSuchProgramme("There is no such programme here.")
    return found


def ids_of(partnership_id: int | None) -> Select[int]:
    """The ids of a partnership's programmes, as a part of other queries."""
    return select(Programme.id).where(Programme.partnership_id == partnership_id)


def of_partnership(partnership_id: int) -> list[Programme]:
    """Every programme, the newest academic year first."""
    return list(db.session.scalars(*_of_partnership(partnership_id)))


@made_once
def _of_partnership(partnership_id: int) -> Select[Programme]:
    query = select(Programme).where(Programme.partnership_id == partnership_id)
    return query.order_by(Programme.academic_year.desc(), Programme.id.desc())


def current(partnership_id: int, today: date) -> Programme | None:
    """The programme in hand on `today`: open, of the latest year that has begun or is being planned.

    In July and August that is the coming year's, if there is one. Pupils' programmes go before those
    for adults, newer before older; one of a later year only if there is no other.
    """
    return next(iter(in_hand(partnership_id, today)), None)


def in_hand(partnership_id: int, today: date) -> list[Programme]:
    """The open programmes of a partnership, the one in hand first."""
    year = year_in_hand(today)
    return sorted(
        (p for p in of_partnership(partnership_id) if p.closed_at is None),
        key=lambda p: (p.academic_year > year, abs(p.academic_year - year), p.for_adults, -p.id),
    )


def target_year_groups(programme_id: int, as_of: datetime | None = None) -> tuple[int, ...]:
    """The target year groups as recorded up to the instant `as_of`, else the newest; () for adults."""
    query = select(ProgrammeTarget.year_groups).where(ProgrammeTarget.programme_id == programme_id)
    if as_of is not None:
        query = query.where(ProgrammeTarget.recorded_at <= as_of)
    return db.session.scalar(query.order_by(ProgrammeTarget.id.desc()).limit(1)) or ()


def groups_counted(programme: Programme) -> tuple[int, ...]:
    """The groups that are counted one by one: the target year groups, or the staff of a programme for adults."""
    return (STAFF,) if programme.for_adults else target_year_groups(programme.id)


def targets(programme_ids: Collection[int]) -> dict[int, tuple[int, ...]]:
    """The newest target year groups of some programmes; one query. Adults' are not in it."""
    rows = db.session.execute(
        select(ProgrammeTarget.programme_id, ProgrammeTarget.year_groups)
        .where(ProgrammeTarget.programme_id.in_(programme_ids))
        .order_by(ProgrammeTarget.id)
    )
    return {programme_id: tuple(year_groups) for programme_id, year_groups in rows}


def adult_target(programme_id: int) -> AdultTarget:
    """Whom a programme for adults is for now; EVERYBODY where nobody chose, and for pupils."""
    row = _newest_target(programme_id)
    return EVERYBODY if row is None else _chosen(row)


def adult_targets(of: Collection[Programme]) -> list[AdultTarget]:
    """The same of those of some programmes that are for adults; one query, none where there are no such."""
    found = [programme for programme in of if programme.for_adults]
    newest = _newest_targets(found) if found else {}
    return [_chosen(newest[p.id]) if p.id in newest else EVERYBODY for p in found]


def in_words(of: Collection[Programme]) -> dict[int, str]:
    """Whom each of some programmes is for, by its id: 'Years 8 and 9', 'governors of all schools'; one query."""
    newest, said = _newest_targets(of), {}
    for programme in of:
        row = newest.get(programme.id)
        if programme.for_adults:
            said[programme.id] = (EVERYBODY if row is None else _chosen(row)).said
        else:
            said[programme.id] = year_groups_name(row.year_groups if row else ())
    return said


def _newest_targets(of: Collection[Programme]) -> dict[int, ProgrammeTarget]:
    """By the programme's id."""
    rows = db.session.scalars(
        select(ProgrammeTarget)
        .where(ProgrammeTarget.programme_id.in_({p.id for p in of}))
        .order_by(ProgrammeTarget.id)
    )
    return {row.programme_id: row for row in rows}
