"""The rows of a promise and the plain questions about them: which are live, who comes, how many are
expected."""

import secrets
from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    Row,
    Select,
    Text,
    UniqueConstraint,
    bindparam,
    exists,
    false,
    func,
    or_,
    select,
    text,
)
from sqlalchemy.orm import Mapped, contains_eager, mapped_column, relationship

from outreach.county import school_days
from outreach.county.school_days import SchoolCalendar
from outreach.county.schools import Organisation
from outreach.ground import whose
from outreach.ground.db import Base, FoundByName, Instant, db, found_by, key_within_partnership, made_once
from outreach.ground.errors import NoSuch, Refusal
from outreach.ground.timespans import day_of
from outreach.post.stationery import Addressee
from outreach.tour.performances import Performance
from outreach.tour.programmes import Programme
from outreach.tour.sessions import TrainingSession

HOST, GUEST = "host", "guest"

BOOKED, MISSING, DISAGREE = "booked", "report missing", "reports disagree"
TOOK_PLACE, FAILED, CANCELLED = "took place", "did not take place", "cancelled"
"""What a promise has come to."""

SEATS, GUEST_CONSENT = "booking_seats", "booking_guest_consent"
"""Guards of the database: no more than a show takes, and no more guests than their host agreed to."""


class Booking(Base):
    """A promise as it stands now. `seats` is the sum of the newest revision's pupils, guarded by a trigger.

    `uid` is the calendar event's for ever (RFC 5546 2.1.5); `sequence` its revision; `place_sequence` the
    sequence at which start, end or place last changed; `ended_at` mirrors the Cancellation row for
    constraints. `catch_up`: a place at a neighbour's show for pupils who missed their own; it is left out where
    'seen' is judged. `outcome` mirrors the reports: TOOK_PLACE, FAILED, or DISAGREE where one side says that it
    took place and the other not; None while nobody has said.
    """

    __tablename__ = "booking"
    in_history = ("booking", "reference")
    __table_args__ = (
        Index("ix_booking_programme", "programme_id", "organisation_id"),
        Index("ix_booking_performance", "performance_id"),
        Index("ix_booking_partnership", "partnership_id", "organisation_id"),
        Index(
            "uq_booking_host",
            "performance_id",
            unique=True,
            postgresql_where=text("role = 'host' AND ended_at IS NULL"),
            sqlite_where=text("role = 'host' AND ended_at IS NULL"),
        ),
        CheckConstraint("role IN ('host', 'guest')", name="role"),
        CheckConstraint("seats >= 0", name="seats"),
        CheckConstraint("NOT catch_up OR role = 'guest'", name="catch_up"),
        UniqueConstraint("id", "partnership_id"),
        key_within_partnership("programme_id", "programme"),
        key_within_partnership("performance_id", "performance"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(Text, unique=True)
    partnership_id: Mapped[int]
    programme_id: Mapped[int]
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.organisation_id"))
    performance_id: Mapped[int]
    role: Mapped[str] = mapped_column(Text)
    seats: Mapped[int]
    catch_up: Mapped[bool] = mapped_column(default=False, server_default=false())
    hall: Mapped[str] = mapped_column(Text, default="")
    step_free: Mapped[bool | None]
    access_needs: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)
    entrance: Mapped[str] = mapped_column(Text, default="", server_default="")
    parking: Mapped[str] = mapped_column(Text, default="", server_default="")
    arrival_note: Mapped[str] = mapped_column(Text, default="")
    booked_by: Mapped[str] = mapped_column(Text, default="")
    uid: Mapped[str] = mapped_column(Text, unique=True)
    organizer_token: Mapped[str] = mapped_column(Text, unique=True)
    sequence: Mapped[int] = mapped_column(default=0)
    place_sequence: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    outcome: Mapped[str | None] = mapped_column(Text)

    programme: Mapped[Programme] = relationship(primaryjoin="foreign(Booking.programme_id) == Programme.id")
    performance: Mapped[Performance] = relationship(
        primaryjoin="foreign(Booking.performance_id) == Performance.id"
    )
    organisation: Mapped[Organisation] = relationship()

    _reckoned = None
    _calendar = None

    def has_come_to(self, now: datetime) -> str:
        """One of the words above: past its end and unreported it is MISSING, never taken for TOOK_PLACE."""
        if self.ended_at is not None:
            return CANCELLED
        return self.outcome or (MISSING if self.performance.ends_at <= now else BOOKED)

    def can_move_until(self) -> date:
        """The last day on which the school may move it online: a school day of its own."""
        return self._last_days().move

    def can_cancel_until(self) -> date:
        """The last day on which the school may cancel it online: a school day of its own; a guest whose host has
        moved: the day of the show."""
        if self.role == GUEST and self.place_sequence:
            return day_of(self.performance.starts_at)
        return self._last_days().cancel

    def _last_days(self) -> "LastDays":
        """Read once for each day of the show: a page asks it several times."""
        show_day = day_of(self.performance.starts_at)
        if self._reckoned is None or self._reckoned[0] != show_day:
            self._reckoned = show_day, _last_days_by(self.programme, self.school_days(), show_day)
        return self._reckoned[1]

    def school_days(self) -> SchoolCalendar:
        """The school's days, read once: a page asks them several times."""
        if self._calendar is None:
            self._calendar = school_days.load_one(self.organisation)
        return self._calendar

    def can_move(self, now: datetime) -> bool:
        """A guest goes where its host goes."""
        return self.role == HOST and not self.is_over(now) and day_of(now) <= self.can_move_until()

    def can_cancel(self, now: datetime) -> bool:
        """Within the notice; a guest whose host has moved may leave until the show begins."""
        if self.role == GUEST and self.place_sequence:
            return self.can_change(now)
        return not self.is_over(now) and day_of(now) <= self.can_cancel_until()

    def is_over(self, now: datetime) -> bool:
        """It was cancelled, or its show has ended: what came of that is reported."""
        return self.ended_at is not None or self.performance.ends_at <= now

    def still_open(self) -> None:
        """Raises BookingEnded."""
        if self.ended_at is not None:
            raise BookingEnded

    def can_change(self, now: datetime) -> bool:
        """Numbers, hall and people may change until the show begins."""
        return self.ended_at is None and now < self.performance.starts_at


def of_somebody() -> ColumnElement[bool]:
    """Of a Booking: whether somebody promises something by it. The host's of a session is a venue's, which nobody
    counts, asks or reminds."""
    return or_(
        Booking.role != HOST, ~exists().where(TrainingSession.performance_id == Booking.performance_id)
    )


class LastDays(NamedTuple):
    """Until when a school may move and cancel a show online, each day included."""

    move: date
    cancel: date


def last_days(programme: Programme, organisation: Organisation, show_day: date) -> LastDays:
    """The last days for a show on `show_day`: the programme's notice before it, and no day on which nobody is at
    school. Two queries."""
    return _last_days_by(programme, school_days.load_one(organisation), show_day)


def _last_days_by(programme: Programme, calendar: SchoolCalendar, show_day: date) -> LastDays:
    return LastDays(
        move=calendar.last_school_day(show_day - timedelta(days=programme.notice_move_days)),
        cancel=calendar.last_school_day(show_day - timedelta(days=programme.notice_cancel_days)),
    )


def fixed_online(programme: Programme, organisation: Organisation, day: date, *, today: date) -> str:
    """What a school cannot do online any more with a show on `day`, by the programme's notice: 'move or
    cancel', 'move', 'cancel' or ''. The coordinator still can."""
    last = last_days(programme, organisation, day)
    late = {"move": today > last.move, "cancel": today > last.cancel}
    return " or ".join(deed for deed, too_late in late.items() if too_late)


class BookingRevision(Base):
    """What the promise said from `recorded_at` on; the newest row holds. Standings read these, not
    Booking."""

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


class CameTo(Base):
    """How many of one year group came by a booking, where they were counted so: it mirrors the reports and
    counts instead of what was promised."""

    __tablename__ = "came_to"
    __table_args__ = (CheckConstraint("pupils >= 0", name="pupils"),)

    booking_id: Mapped[int] = mapped_column(ForeignKey("booking.id"), primary_key=True)
    year_group: Mapped[int] = mapped_column(primary_key=True)
    pupils: Mapped[int]


def put_what_came(booking: Booking, pupils: Mapping[int, int]) -> None:
    """Pupils by year group as they were counted; {}: the promise itself counts again."""
    before = {
        row.year_group: row for row in db.session.scalars(select(CameTo).filter_by(booking_id=booking.id))
    }
    for y in before.keys() - pupils.keys():
        db.session.delete(before[y])
    for y, n in pupils.items():
        if y in before:
            before[y].pupils = n
        else:
            db.session.add(CameTo(booking_id=booking.id, year_group=y, pupils=n))


class PromiseLimit(Base):
    """The most that a school may promise of a year group for a programme; written by limits.py and held to by
    the database. What has no row cannot be promised.

    `has`: by the rule, its own number, else the estimate and a tenth; `at_most`: the same, but never below what
    was promised when it was written. Both None where nobody knows.
    """

    __tablename__ = "promise_limit"
    __table_args__ = (
        CheckConstraint("has >= 0 AND at_most >= has", name="at_most"),
        CheckConstraint("(has IS NULL) = (at_most IS NULL)", name="known"),
        Index("ix_promise_limit_programme", "programme_id"),
    )

    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.organisation_id"), primary_key=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("programme.id"), primary_key=True)
    year_group: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    has: Mapped[int | None]
    at_most: Mapped[int | None]


SCHOOL, COMPANY, COORDINATOR, HOST_SCHOOL = "school", "company", "coordinator", "host"


HOST_HAD_TO = "the host had to cancel"
"""The reason that stands with a guest's booking where the host's own words are not for it to read."""


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


class VisitContact(Base, FoundByName):
    """Somebody at the school who has a visit in the calendar, or hears of it: with a booking, with a question
    for seats (`place_id`), or with a time that is kept for the school.

    `duty` says what for; '' where a time was proposed. `source`: where the address came from, as letters say it.
    """

    __tablename__ = "visit_contact"
    __table_args__ = (
        Index("ix_visit_contact_booking", "booking_id"),
        Index(
            "uq_visit_contact_booking",
            "booking_id",
            "address",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
            sqlite_where=text("ended_at IS NULL"),
        ),
        Index("uq_visit_contact_place", "place_id", "address", unique=True),
        Index("uq_visit_contact_proposal", "proposal_id", "address", unique=True),
        CheckConstraint(
            "CASE WHEN booking_id IS NULL THEN 0 ELSE 1 END + CASE WHEN place_id IS NULL THEN 0 ELSE 1 END"
            " + CASE WHEN proposal_id IS NULL THEN 0 ELSE 1 END = 1",
            name="of_one",
        ),
        CheckConstraint(
            "duty IN ('safeguarding lead', 'on the day', 'colleague') OR duty = '' AND proposal_id IS NOT NULL",
            name="duty",
        ),
        CheckConstraint("ended_at IS NULL OR booking_id IS NOT NULL", name="ended"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    booking_id: Mapped[int | None] = mapped_column(ForeignKey("booking.id"))
    place_id: Mapped[int | None] = mapped_column(ForeignKey("guest_place.id"))
    proposal_id: Mapped[int | None] = mapped_column(ForeignKey("proposal.id"))
    name: Mapped[str] = mapped_column(Text)
    duty: Mapped[str] = mapped_column(Text, default="")
    role: Mapped[str] = mapped_column(Text, default="")
    address: Mapped[str] = mapped_column(Text)
    phone: Mapped[str] = mapped_column(Text, default="")
    source: Mapped[str] = mapped_column(Text)
    source_date: Mapped[date]
    added_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)

    def now_at(self, address: str, *, source: str, now: datetime) -> None:
        """The same person is written to at another address, which came from `source`."""
        self.address, self.source, self.source_date = address, source, day_of(now)
        self.found_by = found_by(self.name, address)

    def addressee(self) -> Addressee:
        """As letters speak to people."""
        return Addressee(
            address=self.address,
            name=self.name,
            role=self.role or self.duty,
            source=self.source,
            source_date=self.source_date,
        )


class BookingEnded(Refusal):
    def __init__(self) -> None:
        super().__init__("This booking was cancelled.")


class NoSuchBooking(NoSuch):
    def __init__(self) -> None:
        super().__init__("There is no booking with that reference.")


def get(reference: str) -> Booking:
    """Raises NoSuchBooking."""
    booking = db.session.scalar(select(Booking).where(Booking.reference == reference.strip().upper()))
    if booking is None:
        raise NoSuchBooking
    return booking


_OF_ONE = (
    select(Booking)
    .join(Performance)
    .options(contains_eager(Booking.performance))
    .where(
        Booking.programme_id == bindparam("programme_id"),
        Booking.organisation_id == bindparam("organisation_id"),
    )
)
_EVER = _OF_ONE.order_by(Booking.id)
_LIVE = _OF_ONE.where(Booking.ended_at.is_(None)).order_by(Performance.starts_at)


def live(programme_id: int, organisation_id: int) -> list[Booking]:
    """A school's bookings that were not cancelled, by start."""
    return list(db.session.scalars(_LIVE, {"programme_id": programme_id, "organisation_id": organisation_id}))


def ever(programme_id: int, organisation_id: int) -> list[Booking]:
    """All bookings that a school ever made for a programme, cancelled ones too, the newest last."""
    return list(db.session.scalars(_EVER, {"programme_id": programme_id, "organisation_id": organisation_id}))


def newest(programme_id: int, organisation_id: int) -> Booking | None:
    """A school's last booking for a programme, cancelled or not; None if it never made one."""
    found: Booking | None = db.session.scalar(*_newest(programme_id, organisation_id))
    return found


@made_once
def _newest(programme_id: int, organisation_id: int) -> Select[Booking]:
    return (
        select(Booking)
        .where(Booking.programme_id == programme_id, Booking.organisation_id == organisation_id)
        .order_by(Booking.id.desc())
        .limit(1)
    )


def last_hosted(organisation_id: int, partnership_id: int) -> Booking | None:
    """The last booking in which a school said of its own hall to this partnership, of whatever year, cancelled or
    not."""
    return db.session.scalar(
        select(Booking)
        .where(
            Booking.organisation_id == organisation_id,
            Booking.partnership_id == partnership_id,
            Booking.role == HOST,
            Booking.hall != "",
        )
        .order_by(Booking.id.desc())
        .limit(1)
    )


_OF_PERFORMANCE = (
    select(Booking)
    .where(Booking.performance_id == bindparam("performance_id"), Booking.ended_at.is_(None))
    .order_by(Booking.role.desc(), Booking.id)
)
_PEOPLE = (
    select(VisitContact)
    .where(VisitContact.booking_id == bindparam("booking_id"), VisitContact.ended_at.is_(None))
    .order_by(VisitContact.id)
)
_PUPILS = (
    select(PromisedPupils.year_group, PromisedPupils.pupils)
    .where(
        PromisedPupils.revision_id
        == select(func.max(BookingRevision.id))
        .where(BookingRevision.booking_id == bindparam("booking_id"))
        .scalar_subquery()
    )
    .order_by(PromisedPupils.year_group)
)


def of_performance(performance_id: int) -> list[Booking]:
    """Everybody who is promised one show, the host first."""
    return list(db.session.scalars(_OF_PERFORMANCE, {"performance_id": performance_id}))


def ended_with(performance_id: int) -> list[Booking]:
    """Everybody who was promised a show that was given back, the host first."""
    return list(
        db.session.scalars(
            select(Booking)
            .where(Booking.performance_id == performance_id)
            .order_by(Booking.role.desc(), Booking.id)
        )
    )


def people_of(booking: Booking) -> list[VisitContact]:
    """Who has this booking in the calendar, in the order they were named."""
    return list(db.session.scalars(_PEOPLE, {"booking_id": booking.id}))


def people_of_each(booking_ids: Iterable[int]) -> dict[int, list[VisitContact]]:
    """The same of some bookings, by the booking's id; one query."""
    found: dict[int, list[VisitContact]] = {}
    for row in db.session.scalars(*_people(list(booking_ids))):
        found.setdefault(row.booking_id or 0, []).append(row)
    return found


@made_once
def _people(booking_ids: Collection[int]) -> Select[VisitContact]:
    return (
        select(VisitContact)
        .where(VisitContact.booking_id.in_(booking_ids), VisitContact.ended_at.is_(None))
        .order_by(VisitContact.id)
    )


def removed_from(booking: Booking, contact_id: int) -> VisitContact | None:
    """Somebody who was taken out of this booking again; None for anybody else."""
    return db.session.scalar(
        select(VisitContact).where(
            VisitContact.id == contact_id,
            VisitContact.booking_id == booking.id,
            VisitContact.ended_at.is_not(None),
        )
    )


def pupils_of(booking: Booking) -> dict[int, int]:
    """How many of each year group the booking promises now."""
    rows = db.session.execute(_PUPILS, {"booking_id": booking.id})
    return {year_group: int(pupils) for year_group, pupils in rows}


def cancellation_of(booking: Booking) -> Cancellation | None:
    return db.session.get(Cancellation, booking.id)


def fullest(programme_id: int) -> int:
    """How many pupils are promised for the fullest show of a programme that stands, guests and all; 0 of
    none. A session has places of its own."""
    seats = (
        select(func.sum(Booking.seats).label("seats"))
        .where(
            Booking.programme_id == programme_id,
            Booking.ended_at.is_(None),
            ~exists().where(TrainingSession.performance_id == Booking.performance_id),
        )
        .group_by(Booking.performance_id)
        .subquery()
    )
    return int(db.session.scalar(select(func.max(seats.c.seats))) or 0)


def visits_of(uids: Collection[str]) -> dict[str, Row[str, int, str, datetime]]:
    """(uid, organisation_id, school, starts_at) of bookings by their UID; another's stream is left out. One query,
    none of none."""
    if not uids:
        return {}
    rows = db.session.execute(
        select(Booking.uid, Booking.organisation_id, Organisation.name.label("school"), Performance.starts_at)
        .join(Organisation, Organisation.organisation_id == Booking.organisation_id)
        .join(Performance, Performance.id == Booking.performance_id)
        .where(Booking.uid.in_(uids))
        .order_by(Booking.id)
    )
    return {row.uid: row for row in rows}


def references_of(booking_ids: Collection[int]) -> dict[int, str]:
    """The reference of each of some bookings; one query."""
    rows = db.session.execute(
        select(Booking.id, Booking.reference).where(Booking.id.in_(booking_ids)).order_by(Booking.id)
    )
    return {booking_id: reference for booking_id, reference in rows}


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


ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""No letter or figure that is mistaken for another when read out."""


def fresh_reference(prefix: str) -> str:
    """A reference to read out on the phone: 'MRL-7K4P'; longer once many are taken."""
    for length in (4, 4, 5, 5, 6, 8):
        reference = f"{prefix}-{''.join(secrets.choice(ALPHABET) for _ in range(length))}"
        if not _is_taken(reference):
            return reference
    raise RuntimeError("no reference is left")


def _is_taken(reference: str) -> bool:
    """By a booking of whichever partnership: two may begin theirs alike."""
    here = db.session.scalar(select(Booking.id).where(Booking.reference == reference))
    return here is not None or whose.is_known("booking", reference)
