"""The rows of a promise and the plain questions about them: which are live, who comes, how many are expected."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    Text,
    and_,
    bindparam,
    func,
    literal,
    null,
    select,
    text,
    type_coerce,
    union_all,
)  # fmt: skip
from sqlalchemy.orm import Mapped, contains_eager, mapped_column, relationship
from sqlalchemy.sql.selectable import CompoundSelect

from outreach.county.establishments import never_estimated
from outreach.county.partnerships import Partnership
from outreach.county.schools import OwnNumber, School
from outreach.ground import school_year
from outreach.ground.db import Base, Instant, db
from outreach.ground.errors import Refusal
from outreach.ground.timespans import day_of
from outreach.tour.performances import Performance
from outreach.tour.programmes import Programme, ProgrammeTarget

HOST, GUEST = "host", "guest"


class Booking(Base):
    """A promise as it stands now. `seats` is the sum of the newest revision's pupils, guarded by a trigger.

    `uid` is the calendar event's for ever (RFC 5546 2.1.5); `sequence` its revision; `place_sequence`
    the sequence at which start, end or place last changed; `ended_at` mirrors the Cancellation row
    so that constraints can see it.
    """

    __tablename__ = "booking"
    __table_args__ = (
        Index("ix_booking_programme", "programme_id", "urn"),
        Index("ix_booking_performance", "performance_id"),
        Index("uq_booking_host", "performance_id", unique=True,
              postgresql_where=text("role = 'host' AND ended_at IS NULL"), sqlite_where=text("role = 'host' AND ended_at IS NULL")),
        CheckConstraint("role IN ('host', 'guest')", name="role"),
        CheckConstraint("seats >= 0", name="seats"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(Text, unique=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("programme.id"))
    urn: Mapped[int] = mapped_column(ForeignKey("school.urn"))
    performance_id: Mapped[int] = mapped_column(ForeignKey("performance.id"))
    role: Mapped[str] = mapped_column(Text)
    seats: Mapped[int]
    hall: Mapped[str] = mapped_column(Text, default="")
    step_free: Mapped[bool | None]
    access_needs: Mapped[Any] = mapped_column(JSON, default=dict)
    arrival_note: Mapped[str] = mapped_column(Text, default="")
    booked_by: Mapped[str] = mapped_column(Text, default="")
    uid: Mapped[str] = mapped_column(Text, unique=True)
    organizer_token: Mapped[str] = mapped_column(Text, unique=True)
    sequence: Mapped[int] = mapped_column(default=0)
    place_sequence: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)

    programme: Mapped[Programme] = relationship()
    performance: Mapped[Performance] = relationship()
    school: Mapped[School] = relationship()

    def can_move_until(self) -> date:
        """The last day on which the school may move it online."""
        return day_of(self.performance.starts_at) - timedelta(days=self.programme.notice_move_days)

    def can_cancel_until(self) -> date:
        """The last day on which the school may cancel it online."""
        return day_of(self.performance.starts_at) - timedelta(days=self.programme.notice_cancel_days)

    def can_move(self, now: datetime) -> bool:
        return self.ended_at is None and day_of(now) <= self.can_move_until()

    def can_cancel(self, now: datetime) -> bool:
        return self.ended_at is None and day_of(now) <= self.can_cancel_until()

    def can_change(self, now: datetime) -> bool:
        """Numbers, hall and people may change until the show begins."""
        return self.ended_at is None and now < self.performance.starts_at


class BookingRevision(Base):
    """What the promise said from `recorded_at` on; the newest row holds. Standings read these, not Booking."""

    __tablename__ = "booking_revision"
    __table_args__ = (Index("ix_booking_revision_booking", "booking_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    booking_id: Mapped[int] = mapped_column(ForeignKey("booking.id"))
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    starts_at: Mapped[datetime] = mapped_column(Instant)
    ends_at: Mapped[datetime] = mapped_column(Instant)
    who: Mapped[str] = mapped_column(Text)


class PromisedPupils(Base):
    """How many of one year group a revision promises."""

    __tablename__ = "promised_pupils"
    __table_args__ = (CheckConstraint("pupils >= 0", name="pupils"),)

    revision_id: Mapped[int] = mapped_column(ForeignKey("booking_revision.id"), primary_key=True)
    year_group: Mapped[int] = mapped_column(primary_key=True)
    pupils: Mapped[int]


SCHOOL, COMPANY, COORDINATOR, HOST_SCHOOL = "school", "company", "coordinator", "host"


class Cancellation(Base):
    """Why, when and by whom a booking ended."""

    __tablename__ = "cancellation"
    __table_args__ = (
        CheckConstraint("cancelled_by IN ('school', 'company', 'coordinator', 'host')", name="by"),
        CheckConstraint("reason <> ''", name="reason"),
    )

    booking_id: Mapped[int] = mapped_column(ForeignKey("booking.id"), primary_key=True)
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    cancelled_by: Mapped[str] = mapped_column(Text)
    who: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)


class BookingContact(Base):
    """Somebody at the school who has this booking in the calendar; `duty` says what for."""

    __tablename__ = "booking_contact"
    __table_args__ = (
        Index("uq_booking_contact", "booking_id", "address", unique=True, postgresql_where=text("removed_at IS NULL"),
              sqlite_where=text("removed_at IS NULL")),
        CheckConstraint("duty IN ('safeguarding lead', 'on the day', 'colleague')", name="duty"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    booking_id: Mapped[int] = mapped_column(ForeignKey("booking.id"))
    name: Mapped[str] = mapped_column(Text)
    duty: Mapped[str] = mapped_column(Text)
    role: Mapped[str] = mapped_column(Text, default="")
    address: Mapped[str] = mapped_column(Text)
    phone: Mapped[str] = mapped_column(Text, default="")
    added_at: Mapped[datetime] = mapped_column(Instant)
    removed_at: Mapped[datetime | None] = mapped_column(Instant)


class NoSuchBooking(Refusal):
    def __init__(self) -> None:
        super().__init__("There is no booking with that reference.")


@dataclass(frozen=True, kw_only=True)
class Expected:
    """How many pupils of one target year group a school has: its own number, or an estimate; None is unknown."""

    pupils: int | None
    estimated: bool

    @property
    def at_most(self) -> int | None:
        """What its open promises may hold: its own number, or the estimate and a tenth."""
        if self.pupils is None or not self.estimated:
            return self.pupils
        return math.ceil(self.pupils * 1.1)


def get(reference: str) -> Booking:
    """Raises NoSuchBooking."""
    booking = db.session.scalar(select(Booking).where(Booking.reference == reference.strip().upper()))
    if booking is None:
        raise NoSuchBooking
    return booking


_LIVE = (
    select(Booking)
    .join(Performance)
    .options(contains_eager(Booking.performance))
    .where(
        Booking.programme_id == bindparam("programme_id"),
        Booking.urn == bindparam("urn"),
        Booking.ended_at.is_(None),
    )
    .order_by(Performance.starts_at)
)


def live(programme_id: int, urn: int) -> list[Booking]:
    """A school's bookings that were not cancelled, by start."""
    return list(db.session.scalars(_LIVE, {"programme_id": programme_id, "urn": urn}))


def newest(programme_id: int, urn: int) -> Booking | None:
    """A school's last booking for a programme, cancelled or not; None if it never made one."""
    return db.session.scalar(
        select(Booking)
        .where(Booking.programme_id == programme_id, Booking.urn == urn)
        .order_by(Booking.id.desc())
        .limit(1)
    )


def coming(
    urns: Iterable[int], *, now: datetime, partnership_id: int | None = None
) -> dict[int, list[Booking]]:
    """The bookings of some schools whose show is not past yet, by school, by start; schools without are not in it.

    Of one partnership's programmes, or of all when `partnership_id` is None.
    """
    query = (
        select(Booking)
        .join(Performance, Performance.id == Booking.performance_id)
        .join(Programme, Programme.id == Booking.programme_id)
        .where(Booking.urn.in_(list(urns)), Booking.ended_at.is_(None), Performance.ends_at > now)
        .options(contains_eager(Booking.performance), contains_eager(Booking.programme))
    )
    if partnership_id is not None:
        query = query.where(Programme.partnership_id == partnership_id)
    found: dict[int, list[Booking]] = {}
    for booking in db.session.scalars(query.order_by(Performance.starts_at, Booking.id)):
        found.setdefault(booking.urn, []).append(booking)
    return found


def of_performance(performance_id: int) -> list[Booking]:
    """Everybody who is promised one show, the host first."""
    return list(
        db.session.scalars(
            select(Booking)
            .where(Booking.performance_id == performance_id, Booking.ended_at.is_(None))
            .order_by(Booking.role.desc(), Booking.id)
        )
    )


def ended_with(performance_id: int) -> list[Booking]:
    """Everybody who was promised a show that was given back, the host first."""
    return list(
        db.session.scalars(
            select(Booking)
            .where(Booking.performance_id == performance_id)
            .order_by(Booking.role.desc(), Booking.id)
        )
    )


def people_of(booking: Booking) -> list[BookingContact]:
    """Who has this booking in the calendar, in the order they were named."""
    return list(
        db.session.scalars(
            select(BookingContact)
            .where(BookingContact.booking_id == booking.id, BookingContact.removed_at.is_(None))
            .order_by(BookingContact.id)
        )
    )


def removed_from(booking: Booking, contact_id: int) -> BookingContact | None:
    """Somebody who was taken out of this booking again; None for anybody else."""
    return db.session.scalar(
        select(BookingContact).where(
            BookingContact.id == contact_id,
            BookingContact.booking_id == booking.id,
            BookingContact.removed_at.is_not(None),
        )
    )


def pupils_of(booking: Booking) -> dict[int, int]:
    """How many of each year group the booking promises now."""
    newest = (
        select(func.max(BookingRevision.id)).where(BookingRevision.booking_id == booking.id).scalar_subquery()
    )
    rows = db.session.execute(
        select(PromisedPupils.year_group, PromisedPupils.pupils)
        .where(PromisedPupils.revision_id == newest)
        .order_by(PromisedPupils.year_group)
    )
    return {year_group: int(pupils) for year_group, pupils in rows}


def cancellation_of(booking: Booking) -> Cancellation | None:
    return db.session.get(Cancellation, booking.id)


@dataclass(frozen=True, kw_only=True)
class Account:
    """What a school has and what it has promised, by target year group that it offers.

    `promised` is over all its promises that were not cancelled. `still_open`: how many of each year group still
    to be booked (not promised, or less than the counted share of it); None where its number is not known.
    """

    expected: dict[int, Expected]
    promised: dict[int, int]
    still_open: dict[int, int | None]
    is_open: bool


def account(programme: Programme, school: School, *, leaving_out: int | None = None) -> Account:
    """The school's account for a programme, in one query (`leaving_out`: a booking's id).

    A school whose ages are unknown may bring any target year group. A programme for adults, which has none, is open
    until it is booked. Own number, else NumberOfPupils / year groups offered, half up; alternative provision is
    never estimated.
    """
    targets, own, so_far, bookings = _counted(programme, school, leaving_out or 0)
    by_ages = school_year.offered(school.statutory_low_age, school.statutory_high_age)
    offers = [y for y in (by_ages if by_ages is not None else targets) if own.get(y) != 0]
    estimate = None
    asked_only = never_estimated(school.type_of_establishment, school.name)
    if by_ages is not None and offers and school.number_of_pupils is not None and not asked_only:
        estimate = int(school.number_of_pupils / len(offers) + 0.5)
    known = {
        y: Expected(pupils=own[y], estimated=False) if y in own else Expected(pupils=estimate, estimated=True)
        for y in targets
        if y in offers
    }
    share = db.session.get_one(Partnership, programme.partnership_id).counted_share
    still_open = {
        y: None if (n := known[y].pupils) is None else max(0, n - so_far.get(y, 0))
        for y in known
        if y not in so_far or (known[y].pupils is not None and so_far[y] < share * known[y].pupils)
    }
    return Account(
        expected=known,
        promised=so_far,
        still_open=still_open,
        is_open=not bookings if programme.for_adults else bool(still_open),
    )


def _four_questions() -> CompoundSelect[Any]:
    """Target year groups, own numbers, promised pupils, how many bookings; made once, since it is asked often."""
    programme_id, urn = bindparam("programme_id", type_=Integer), bindparam("urn", type_=Integer)
    mine = and_(
        Booking.programme_id == programme_id,
        Booking.urn == urn,
        Booking.ended_at.is_(None),
        Booking.id != bindparam("leaving_out", type_=Integer),
    )
    newest_target = select(func.max(ProgrammeTarget.id)).where(ProgrammeTarget.programme_id == programme_id)
    newest_revisions = (
        select(func.max(BookingRevision.id))
        .join(Booking, Booking.id == BookingRevision.booking_id)
        .where(mine)
        .group_by(BookingRevision.booking_id)
    )
    none, nought = null().cast(Text), literal(0)
    return union_all(
        select(
            literal("target").label("kind"), nought.label("y"), nought.label("n"),
            type_coerce(ProgrammeTarget.year_groups, Text).label("groups"), nought.label("sort"),
        ).where(ProgrammeTarget.id == newest_target.scalar_subquery()),
        select(literal("own"), OwnNumber.year_group, OwnNumber.pupils, none, OwnNumber.id).where(
            OwnNumber.urn == urn, OwnNumber.academic_year == bindparam("academic_year", type_=Integer)
        ),
        select(literal("promised"), PromisedPupils.year_group, func.sum(PromisedPupils.pupils), none, nought)
        .where(PromisedPupils.revision_id.in_(newest_revisions))
        .group_by(PromisedPupils.year_group),
        select(literal("bookings"), nought, func.count(Booking.id), none, nought).where(mine),
    ).order_by("sort", "y")  # fmt: skip


_FOUR_QUESTIONS = _four_questions()


def _counted(
    programme: Programme, school: School, leaving_out: int
) -> tuple[tuple[int, ...], dict[int, int], dict[int, int], int]:
    """The answers to the four questions; the newest own number of a year group holds."""
    targets: tuple[int, ...] = ()
    own: dict[int, int] = {}
    so_far: dict[int, int] = {}
    bookings = 0
    asked = {
        "programme_id": programme.id,
        "urn": school.urn,
        "leaving_out": leaving_out,
        "academic_year": programme.academic_year,
    }
    for kind, year_group, n, groups, _ in db.session.execute(_FOUR_QUESTIONS, asked):
        if kind == "target":
            targets = tuple(int(y) for y in groups.split(",") if y)
        elif kind == "own":
            own[year_group] = n
        elif kind == "promised":
            so_far[year_group] = int(n)
        else:
            bookings = n
    return targets, own, so_far, bookings


def needs_two_shows(programme: Programme, still_open: dict[int, int | None]) -> bool:
    """Whether what is still open is, by our count, more than one audience."""
    return sum(n or 0 for n in still_open.values()) > programme.audience_ceiling


def fullest(programme_id: int) -> int:
    """How many pupils are promised for the fullest show of a programme that stands, guests and all; 0 of none."""
    seats = (
        select(func.sum(Booking.seats).label("seats"))
        .where(Booking.programme_id == programme_id, Booking.ended_at.is_(None))
        .group_by(Booking.performance_id)
        .subquery()
    )
    return int(db.session.scalar(select(func.max(seats.c.seats))) or 0)


def of_performances(performance_ids: Iterable[int]) -> dict[int, list[Booking]]:
    """The live bookings of some shows, the host's first, in one query; a show without any is left out."""
    rows = db.session.scalars(
        select(Booking)
        .where(Booking.performance_id.in_(set(performance_ids)), Booking.ended_at.is_(None))
        .order_by(Booking.role.desc(), Booking.id)
    )
    found: dict[int, list[Booking]] = {}
    for row in rows:
        found.setdefault(row.performance_id, []).append(row)
    return found
