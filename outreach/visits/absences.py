"""Pupils of a year group who missed it: how many, by the school's word or worked out, and how they caught up.

A place at a neighbour's show (a booking that is a `catch_up`) adds them to those who saw it; a lesson or a film with
the material is a figure of its own, and never 'seen'. Numbers only: no pupil is named.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from outreach.booking import accounts, guest_places, promises
from outreach.booking.guest_places import GuestPlace
from outreach.booking.guests import joining
from outreach.booking.guests.joining import JoiningWish
from outreach.booking.numbers import NotForThatYear
from outreach.booking.promises import TOOK_PLACE
from outreach.county.schools import Organisation
from outreach.ground import history
from outreach.ground.db import Base, Instant, broken_guard, db, key_within_partnership
from outreach.ground.errors import NoSuch, Refusal, SentAlready
from outreach.ground.school_year import year_group_name
from outreach.ground.timespans import day_of
from outreach.ground.wording import count, date_and_time, day_short
from outreach.tour import performances
from outreach.tour.performances import Performance
from outreach.tour.programmes import Programme
from outreach.visits import outcomes
from outreach.visits.verdicts import PENDING

MISSED, LESSON, FILM = "missed", "lesson", "film"
HOW = {LESSON: "A lesson with the material", FILM: "The film"}
"""How pupils catch up without a show: slug -> words."""

BEYOND = "absence_beyond_the_year_group"
"""Guard of the database: who came and who caught up are never more than the year group."""


class Absence(Base):
    """What was said of the pupils of one year group who missed it. `kind` 'missed': how many there are, the newest
    that was not taken back holds; 'lesson', 'film': how many of them had one, on `day`, each counts. `form_key`: of
    the form by which they were put down, each year group once; None where it was none.

    Rows are only added; `withdrawn_at` and `withdrawn_by` are set once, when it is taken back.
    """

    __tablename__ = "absence"
    __table_args__ = (
        Index("ix_absence_programme", "programme_id", "organisation_id"),
        CheckConstraint("kind IN ('missed', 'lesson', 'film')", name="kind"),
        CheckConstraint("(kind = 'missed') = (day IS NULL)", name="day"),
        CheckConstraint("pupils > 0 OR (kind = 'missed' AND pupils = 0)", name="pupils"),
        CheckConstraint("year_group BETWEEN 0 AND 13", name="year_group"),
        CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_by IS NULL)", name="withdrawn"),
        CheckConstraint(
            "form_key IS NULL OR (kind <> 'missed' AND length(form_key) BETWEEN 1 AND 64)", name="form_key"
        ),
        Index("uq_absence_form", "programme_id", "organisation_id", "form_key", "year_group", unique=True),
        key_within_partnership("programme_id", "programme"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    partnership_id: Mapped[int]
    programme_id: Mapped[int]
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.organisation_id"))
    year_group: Mapped[int]
    kind: Mapped[str] = mapped_column(Text)
    pupils: Mapped[int]
    day: Mapped[date | None]
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    who: Mapped[str] = mapped_column(Text)
    withdrawn_at: Mapped[datetime | None] = mapped_column(Instant)
    withdrawn_by: Mapped[str | None] = mapped_column(Text)
    form_key: Mapped[str | None] = mapped_column(Text)


class Told(NamedTuple):
    """The same as it is judged, in the order it was said."""

    organisation_id: int
    year_group: int
    kind: str
    pupils: int
    day: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """One year group: `absent` have not seen it (None: nobody knows), `caught_up` of them had a lesson or a film,
    and `added` saw it at a neighbour's show. `worked_out`: from the number of pupils, not told by the school."""

    absent: int | None = None
    caught_up: int = 0
    added: int = 0
    worked_out: bool = False

    @property
    def waiting(self) -> int:
        """Absent and not caught up."""
        return (self.absent or 0) - self.caught_up


def missed(
    *,
    number: int | None,
    own: bool,
    counted: int | None,
    at_shows: int,
    told: int | None,
    came: int,
    caught_up: int,
) -> Missed:
    """The rule. `number`: of the year group, `own` where the school said it; `counted`: at its shows, None where
    nobody counted at one of them, and `at_shows` what was counted all the same; `came` by catch-ups. Pure.

    Nobody is added beyond the year group: by its own number, else by the estimate, or by who came and who the
    school says did not, where that is more.
    """
    size = number
    if told is not None and not own:
        size = max(number or 0, at_shows + told)
    added = came if size is None else min(came, max(0, size - at_shows))
    rest = None if number is None or counted is None else max(0, number - counted)
    missing = rest if told is None else told if rest is None or not own else min(told, rest)
    if missing is None:
        return Missed(added=added)
    absent = max(0, missing - added)
    return Missed(absent=absent, caught_up=min(caught_up, absent), added=added, worked_out=told is None)


def told_of(said: Iterable[Told], year_group: int) -> int | None:
    """How many missed it, by the newest of these words; None where there is none."""
    numbers = [one.pupils for one in said if one.kind == MISSED and one.year_group == year_group]
    return numbers[-1] if numbers else None


def caught_up_of(said: Iterable[Told], year_group: int) -> int:
    return sum(one.pupils for one in said if one.kind != MISSED and one.year_group == year_group)


class NobodyMissing(Refusal):
    """More are to catch up than are absent; or none of the year group is by our count."""

    field = "pupils"

    def __init__(self, year_group: int, waiting: int | None) -> None:
        self.year_group = year_group
        of = year_group_name(year_group)
        super().__init__(
            f"Say first how many of {of} missed it."
            if waiting is None
            else f"Nobody of {of} is absent any more by our count."
            if not waiting
            else f"Of {of} {count(waiting, 'pupil')} missed it and did not catch up. Enter that many or fewer."
        )


class MoreThanMissed(Refusal):
    """More missed it than the school has, or has beside those who came."""

    field = "pupils"

    def __init__(self, year_group: int, has: int, came: int) -> None:
        self.year_group = year_group
        beside = f", and {came:,} of them came" if came else ""
        super().__init__(f"{year_group_name(year_group)} has {count(has, 'pupil')} by our count{beside}.")


class NobodyToCatchUp(Refusal):
    field = "pupils"

    def __init__(self) -> None:
        super().__init__("Enter how many pupils, in figures.")


class NotThatDay(Refusal):
    field = "day"


class CaughtUpAlready(SentAlready):
    def __init__(self, sent_at: datetime) -> None:
        super().__init__(
            f"This form was sent already, on {date_and_time(sent_at)}. Nothing was put down twice: press again to add "
            "these pupils too."
        )


class NoSuchAbsence(NoSuch):
    def __init__(self) -> None:
        super().__init__("Nothing of the kind was put down.")


@dataclass(frozen=True, kw_only=True)
class YearMissed:
    """One year group of a school as it is now: `missed`; whether its number is an estimate; how many were counted
    `at_shows`, and how many are `coming` to a neighbour's show or have asked for seats there; the words that stand,
    and the first day on which any of it saw the show."""

    missed: Missed
    estimated: bool
    at_shows: int
    coming: int
    said: tuple[Absence, ...]
    first_day: date

    @property
    def told(self) -> Absence | None:
        """The school's word on how many missed it."""
        return next((row for row in reversed(self.said) if row.kind == MISSED), None)

    @property
    def lessons(self) -> list[Absence]:
        return [row for row in self.said if row.kind != MISSED]

    @property
    def left(self) -> int | None:
        """For whom nothing is arranged; None where nobody knows who was absent."""
        return None if self.missed.absent is None else max(0, self.missed.waiting - self.coming)


def of_organisation(
    programme: Programme, organisation: Organisation, *, now: datetime
) -> dict[int, YearMissed]:
    """By each target year group that the school has seen, with nothing of it unreported, to come or to be booked."""
    if programme.for_adults:
        return {}
    live = promises.live(programme.id, organisation.organisation_id)
    if not live:
        return {}
    found = outcomes.outcomes_of_shows({b.performance_id for b in live}, now=now)
    mine = [found[b.id] for b in live]
    account = accounts.account(programme, organisation, now=now)
    said, asked = (
        standing(programme.id, organisation.organisation_id),
        guest_places.open_of(programme.id, organisation.organisation_id),
    )
    years = {}
    for y, expected in account.expected.items():
        shows = [v for v in mine if not v.promise.catch_up and y in v.year_groups]
        took = [v for v in shows if v.word == TOOK_PLACE]
        if y in account.still_open or not took or any(v.word in PENDING for v in shows):
            continue
        places = [v for v in mine if v.promise.catch_up]
        came = [v for v in places if v.word == TOOK_PLACE]
        numbers = [v.counted.get(y, 0) for v in took if v.counted is not None]
        told = [Told(row.organisation_id, row.year_group, row.kind, row.pupils, row.day) for row in said]
        coming = sum(v.promise.pupils.get(y, 0) for v in places if v.word in PENDING)
        if asked is not None and asked.catch_up:
            coming += asked.by_year.get(y, 0)
        years[y] = YearMissed(
            missed=missed(
                number=expected.pupils,
                own=not expected.estimated,
                counted=sum(numbers) if len(numbers) == len(took) else None,
                at_shows=sum(numbers),
                told=told_of(told, y),
                came=sum(v.counted.get(y, 0) for v in came if v.counted is not None),
                caught_up=caught_up_of(told, y),
            ),
            estimated=expected.estimated,
            at_shows=sum(numbers),
            coming=coming,
            said=tuple(row for row in said if row.year_group == y),
            first_day=day_of(min(v.promise.starts_at for v in took)),
        )
    return years


def standing(programme_id: int, organisation_id: int) -> list[Absence]:
    """What was said of a school's pupils and not taken back, in the order it was said."""
    rows = select(Absence).where(
        Absence.programme_id == programme_id,
        Absence.organisation_id == organisation_id,
        Absence.withdrawn_at.is_(None),
    )
    return list(db.session.scalars(rows.order_by(Absence.id)))


def get(absence_id: int, programme_id: int, organisation_id: int) -> Absence:
    """One of a school's for a programme, taken back or not. Raises NoSuchAbsence."""
    row = db.session.get(Absence, absence_id)
    if row is None or (row.programme_id, row.organisation_id) != (programme_id, organisation_id):
        raise NoSuchAbsence
    return row


def tell(
    programme: Programme, organisation: Organisation, pupils: Mapping[int, int], *, who: str, now: datetime
) -> list[Absence]:
    """The school says how many of some year groups missed it; what it said before is said no more. The same word
    twice is put down once. Raises NotForThatYear, MoreThanMissed."""
    performances.lock_organisation(organisation.organisation_id)
    expected = accounts.account(programme, organisation, now=now).expected
    years, made = of_organisation(programme, organisation, now=now), []
    before = {
        row.year_group: row
        for row in standing(programme.id, organisation.organisation_id)
        if row.kind == MISSED
    }
    for y, n in sorted(pupils.items()):
        if y not in expected:
            raise NotForThatYear(y)
        has, known = expected[y], years.get(y)
        came = 0 if has.estimated or known is None else known.at_shows
        if n < 0 or has.at_most is not None and n + came > has.at_most:
            raise MoreThanMissed(y, has.pupils or 0, came)
        if y not in before or before[y].pupils != n:
            made.append(_put(programme, organisation, y, MISSED, n, None, None, who=who, now=now))
    return made


def caught_up(
    programme: Programme,
    organisation: Organisation,
    pupils: Mapping[int, int],
    *,
    how: str,
    day: date,
    who: str,
    now: datetime,
    form_key: str | None = None,
) -> list[Absence]:
    """Some who missed it had a lesson or the film instead, on `day`; the same form sent twice is put down once. Raises
    NobodyToCatchUp, NobodyMissing, NotThatDay, CaughtUpAlready."""
    performances.lock_organisation(organisation.organisation_id)
    wanted = {y: n for y, n in pupils.items() if n}
    if form_key is not None and (before := _sent(programme, organisation, form_key)):
        stands = {row.year_group: row.pupils for row in before if row.withdrawn_at is None}
        if stands != wanted or {(row.kind, row.day) for row in before} != {(how, day)}:
            raise CaughtUpAlready(before[0].recorded_at)
        return before
    if day > day_of(now):
        raise NotThatDay(f"{day_short(day)} is still to come. Put it down once it was done.")
    years = _enough_missing(programme, organisation, wanted, now=now)
    for y in wanted:
        if day < years[y].first_day:
            raise NotThatDay(
                f"{year_group_name(y)} saw it on {day_short(years[y].first_day)}. Enter that day or a later one."
            )
    try:
        return [
            _put(programme, organisation, y, how, n, day, form_key, who=who, now=now)
            for y, n in sorted(wanted.items())
        ]
    except IntegrityError as error:
        if broken_guard(error) != BEYOND:
            raise
        raise NobodyMissing(min(wanted), 0) from error


def _sent(programme: Programme, organisation: Organisation, form_key: str) -> list[Absence]:
    """What a form has put down, taken back since or not."""
    rows = select(Absence).where(
        Absence.programme_id == programme.id,
        Absence.organisation_id == organisation.organisation_id,
        Absence.form_key == form_key,
    )
    return list(db.session.scalars(rows.order_by(Absence.year_group)))


def ask_for_seats(
    programme: Programme,
    organisation: Organisation,
    performance: Performance,
    wish: JoiningWish,
    *,
    who: str,
    now: datetime,
) -> GuestPlace:
    """Ask a neighbour for seats for pupils who missed it; where it has offered them, they are taken at once. Raises
    NobodyToCatchUp, NobodyMissing, and what joining.ask raises."""
    performances.lock_organisation(organisation.organisation_id)
    _enough_missing(programme, organisation, {y: n for y, n in wish.promise.pupils.items() if n}, now=now)
    return joining.ask(programme, organisation, performance, replace(wish, catch_up=True), who=who, now=now)


def withdraw(row: Absence, *, who: str, now: datetime) -> None:
    """It is taken back; what was said before holds again. Taken back already is no fault."""
    performances.lock_organisation(row.organisation_id)
    db.session.refresh(row)
    if row.withdrawn_at is not None:
        return
    row.withdrawn_at, row.withdrawn_by = now, who
    db.session.flush()
    history.record(
        "took back who missed it" if row.kind == MISSED else "took back a catch-up",
        history.Subject("school", row.organisation_id, row.partnership_id),
        who=who,
        now=now,
        before=_in_short(row),
    )


def _enough_missing(
    programme: Programme, organisation: Organisation, wanted: Mapping[int, int], *, now: datetime
) -> dict[int, YearMissed]:
    if not wanted or any(n < 0 for n in wanted.values()):
        raise NobodyToCatchUp
    years = of_organisation(programme, organisation, now=now)
    for y, n in wanted.items():
        left = years[y].left if y in years else 0
        if left is None or n > left:
            raise NobodyMissing(y, left)
    return years


def _put(
    programme: Programme,
    organisation: Organisation,
    year_group: int,
    kind: str,
    pupils: int,
    day: date | None,
    form_key: str | None,
    *,
    who: str,
    now: datetime,
) -> Absence:
    row = Absence(
        partnership_id=programme.partnership_id,
        programme_id=programme.id,
        organisation_id=organisation.organisation_id,
        year_group=year_group,
        kind=kind,
        pupils=pupils,
        day=day,
        recorded_at=now,
        who=who,
        form_key=form_key,
    )
    db.session.add(row)
    db.session.flush()
    history.record(
        "said who missed it" if kind == MISSED else "caught up",
        history.Subject("school", organisation.organisation_id, programme.partnership_id),
        who=who,
        now=now,
        after=_in_short(row),
    )
    return row


def _in_short(row: Absence) -> dict[str, object]:
    said: dict[str, object] = {"year_group": row.year_group, "pupils": row.pupils}
    return said if row.day is None else said | {"how": row.kind, "day": row.day.isoformat()}
