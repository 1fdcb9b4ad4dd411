"""A place at a neighbour's show: asked for, agreed to or not, and how the guest gets there. Its rows and
plain questions."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    Text,
    bindparam,
    exists,
    false,
    func,
    select,
    text,
)
from sqlalchemy.ext.associationproxy import AssociationProxy, association_proxy
from sqlalchemy.orm import (
    Mapped,
    attribute_keyed_dict,
    contains_eager,
    joinedload,
    mapped_column,
    relationship,
)

from outreach.booking.promises import GUEST, Booking, VisitContact
from outreach.county.schools import Organisation
from outreach.ground.audience import Words
from outreach.ground.db import Base, Instant, db
from outreach.ground.errors import NoSuch
from outreach.ground.timespans import day_of, end_of_day
from outreach.ground.wording import capfirst, clock, count
from outreach.tour.performances import Performance
from outreach.tour.programmes import Programme
from outreach.tour.sessions import TrainingSession

NO_HALL, FEW_PUPILS, OTHER = "no hall", "few pupils", "other"
WHY = (NO_HALL, FEW_PUPILS, OTHER)


def why_in_short(why: str, words: Words) -> str:
    """Why a school would rather go to a neighbour, as it goes on from 'We have' or 'It has'."""
    return {NO_HALL: words.no_hall_for_it, FEW_PUPILS: words.few, OTHER: "another reason"}[why]


def why_in_words(why: str, words: Words) -> str:
    """The same as a school says it of itself."""
    short = why_in_short(why, words)
    return capfirst(short) if why == OTHER else f"We have {short}"


CATCHES_UP = "For pupils who missed their own show"

TRAVEL = {
    "foot": "On foot",
    "minibus": "By minibus",
    "coach": "By coach",
    "public": "By bus or train",
    "cars": "By staff cars",
    "unknown": "Not settled yet",
}
"""By what a guest comes: slug -> words."""

ASK, OPEN, NONE = "ask", "open", "none"
"""Whether a host's free seats are to be asked for, are there to be taken, or are for nobody."""

FEWER, AGREED, REFUSED = "fewer", "agreed", "refused"
JOINED, WITHDRAWN, HOST_LEFT, BOOKED = "joined", "withdrawn", "host left", "booked"
SESSION_OVER = "session over"
"""How a request ends, beside 'refused': a booking, taken back, the host cancelled, the school booked
something else, the session waited for is over."""


FROM_QUESTION = "your question for seats"
"""Where the address of somebody named with it came from, as letters say it."""


class GuestSeats(Base):
    """The host's consent: how many seats of its show guests may have in all, on which terms, and whether the
    rest of them are to be asked for. The database lets no guest in beyond `seats`."""

    __tablename__ = "guest_seats"
    __table_args__ = (
        CheckConstraint("seats >= 0", name="seats"),
        CheckConstraint("how IN ('ask', 'open', 'none')", name="how"),
    )

    performance_id: Mapped[int] = mapped_column(
        ForeignKey("performance.id"), primary_key=True, autoincrement=False
    )
    how: Mapped[str] = mapped_column(Text)
    seats: Mapped[int]
    terms: Mapped[str] = mapped_column(Text, default="")
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    who: Mapped[str] = mapped_column(Text)


class PlacePupils(Base):
    """How many of one year group a school asks seats for, or comes with."""

    __tablename__ = "place_pupils"
    __table_args__ = (CheckConstraint("pupils > 0", name="pupils"),)

    place_id: Mapped[int] = mapped_column(ForeignKey("guest_place.id"), primary_key=True)
    year_group: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    pupils: Mapped[int]


def _pupils_row(year_group: int, pupils: int) -> PlacePupils:
    return PlacePupils(year_group=year_group, pupils=pupils)


class GuestPlace(Base):
    """One school's place at one show, from the asking on. `pupils`: {year group: how many};
    `catch_up`: for pupils who missed their own show; `people`: who hears what the host answers. `moved_at`:
    when the host moved last, and
    `coming_at` when the guest said that it still comes. Numbers and work details only: no pupil is named."""

    __tablename__ = "guest_place"
    __table_args__ = (
        Index("ix_guest_place_performance", "performance_id"),
        Index("ix_guest_place_programme", "programme_id", "organisation_id"),
        Index(
            "uq_guest_place_open",
            "programme_id",
            "organisation_id",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
            sqlite_where=text("ended_at IS NULL"),
        ),
        CheckConstraint("seats > 0", name="seats"),
        CheckConstraint("why IN ('no hall', 'few pupils', 'other')", name="why"),
        CheckConstraint("answer IN ('', 'fewer', 'agreed', 'refused')", name="answer"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("programme.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.organisation_id"))
    performance_id: Mapped[int] = mapped_column(ForeignKey("performance.id"))
    why: Mapped[str] = mapped_column(Text)
    catch_up: Mapped[bool] = mapped_column(default=False, server_default=false())
    seats: Mapped[int]
    access_needs: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)
    travels_by: Mapped[str] = mapped_column(Text, default="unknown")
    adults: Mapped[int | None]
    arrives: Mapped[time | None]
    travel_note: Mapped[str] = mapped_column(Text, default="")
    message: Mapped[str] = mapped_column(Text, default="")
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    who: Mapped[str] = mapped_column(Text)
    answer: Mapped[str] = mapped_column(Text, default="")
    answered_at: Mapped[datetime | None] = mapped_column(Instant)
    answered_by: Mapped[str] = mapped_column(Text, default="")
    seats_given: Mapped[int | None]
    said: Mapped[str] = mapped_column(Text, default="")
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_as: Mapped[str] = mapped_column(Text, default="")
    booking_id: Mapped[int | None] = mapped_column(ForeignKey("booking.id"), unique=True)
    moved_at: Mapped[datetime | None] = mapped_column(Instant)
    coming_at: Mapped[datetime | None] = mapped_column(Instant)

    programme: Mapped[Programme] = relationship()
    performance: Mapped[Performance] = relationship()
    organisation: Mapped[Organisation] = relationship()
    booking: Mapped[Booking | None] = relationship()
    pupils_rows: Mapped[dict[int, PlacePupils]] = relationship(
        collection_class=attribute_keyed_dict("year_group"), cascade="all, delete-orphan"
    )
    pupils: AssociationProxy[dict[int, int]] = association_proxy("pupils_rows", "pupils", creator=_pupils_row)
    people: Mapped[list[VisitContact]] = relationship(order_by=VisitContact.id)

    @property
    def by_year(self) -> dict[int, int]:
        return dict(sorted(self.pupils.items()))

    @property
    def why_in_short(self) -> str:
        return why_in_short(self.why, self.programme.words)

    @property
    def reason(self) -> str:
        """Why it comes, in words."""
        return CATCHES_UP if self.catch_up else why_in_words(self.why, self.programme.words)

    @property
    def travel(self) -> "Travel":
        return Travel(by=self.travels_by, adults=self.adults, arrives=self.arrives, note=self.travel_note)

    @property
    def waits_for_host(self) -> bool:
        return self.ended_at is None and self.answer == ""

    def is_over(self, now: datetime) -> bool:
        """Nobody gets seats any more on the day itself (seating.check_stands)."""
        return day_of(self.performance.starts_at) <= day_of(now)

    @property
    def asked_again(self) -> bool:
        """The host has moved and the guest has not said since whether it still comes."""
        return self.moved_at is not None and (self.coming_at is None or self.coming_at < self.moved_at)


@dataclass(frozen=True, kw_only=True)
class Travel:
    """How a guest comes: by what, with how many adults, there at what time of the wall clock. No names of
    pupils."""

    by: str = "unknown"
    adults: int | None = None
    arrives: time | None = None
    note: str = ""

    def words(self) -> str:
        """'By coach, with 2 adults, there at 9:40am. Drops off at the gate'; '' when nothing is settled."""
        parts = [TRAVEL[self.by]] if self.by in TRAVEL and self.by != "unknown" else []
        if self.adults:
            parts.append(f"with {count(self.adults, 'adult')}")
        if self.arrives:
            parts.append(f"there at {clock(self.arrives)}")
        said = ", ".join(parts)
        return ". ".join(p for p in (said[:1].upper() + said[1:], self.note.strip()) if p)


class NoSuchPlace(NoSuch):
    def __init__(self) -> None:
        super().__init__("There is no such request.")


def get(place_id: int) -> GuestPlace:
    """Raises NoSuchPlace."""
    found = db.session.get(GuestPlace, place_id)
    if found is None:
        raise NoSuchPlace
    return found


def open_of(programme_id: int, organisation_id: int) -> GuestPlace | None:
    """What a school has asked for and not heard, or not taken, yet; None if nothing."""
    return db.session.scalar(
        select(GuestPlace)
        .where(
            GuestPlace.programme_id == programme_id,
            GuestPlace.organisation_id == organisation_id,
            GuestPlace.ended_at.is_(None),
        )
        .options(joinedload(GuestPlace.performance).joinedload(Performance.host))
    )


def freed_with(booking: Booking) -> list[int]:
    """The shows at which a place may be had once a booking takes fewer seats: its own, and the one that its
    organisation waits for, whose head count it may have filled."""
    waits = open_of(booking.programme_id, booking.organisation_id)
    return [booking.performance_id, *([waits.performance_id] if waits is not None else [])]


def newest_of(programme_id: int, organisation_id: int) -> GuestPlace | None:
    """What a school asked for last, however that ended."""
    return db.session.scalar(
        select(GuestPlace)
        .where(GuestPlace.programme_id == programme_id, GuestPlace.organisation_id == organisation_id)
        .options(joinedload(GuestPlace.performance).joinedload(Performance.host))
        .order_by(GuestPlace.id.desc())
        .limit(1)
    )


def of_booking(booking: Booking) -> GuestPlace | None:
    """How a guest came by its booking; None for a host, and for a guest put in before places were kept."""
    if booking.role != GUEST:
        return None
    return db.session.scalar(select(GuestPlace).where(GuestPlace.booking_id == booking.id))


def of_bookings(booking_ids: Iterable[int]) -> dict[int, GuestPlace]:
    """The places of some guests' bookings, by the booking's id; one query."""
    rows = db.session.scalars(select(GuestPlace).where(GuestPlace.booking_id.in_(list(booking_ids))))
    return {row.booking_id: row for row in rows if row.booking_id is not None}


def guests_of(performance_id: int) -> list[Booking]:
    """The guests of a show that stand, each with its school, in the order of joining; one query."""
    return list(
        db.session.scalars(
            select(Booking)
            .where(
                Booking.performance_id == performance_id, Booking.role == GUEST, Booking.ended_at.is_(None)
            )
            .options(joinedload(Booking.organisation))
            .order_by(Booking.id)
        )
    )


def asked_of(performance_id: int) -> list[GuestPlace]:
    """Who has asked for seats of a show and is not in it yet, each with its school, in the order of
    asking."""
    return list(
        db.session.scalars(
            select(GuestPlace)
            .where(GuestPlace.performance_id == performance_id, GuestPlace.ended_at.is_(None))
            .options(joinedload(GuestPlace.organisation))
            .order_by(GuestPlace.id)
        )
    )


def session_is_over(now: datetime) -> ColumnElement[bool]:
    """Whether what is waited for is a session that is over or begins on this day, as GuestPlace.is_over says it."""
    return exists().where(
        Performance.id == GuestPlace.performance_id,
        TrainingSession.performance_id == Performance.id,
        Performance.starts_at < end_of_day(day_of(now)),
    )


def organisations_that_ask(programme_id: int, *, now: datetime) -> set[int]:
    """Who has asked for seats and has none yet, or waits for places at a session to come; one query."""
    asked = select(GuestPlace.organisation_id).where(
        GuestPlace.programme_id == programme_id, GuestPlace.ended_at.is_(None), ~session_is_over(now)
    )
    return set(db.session.scalars(asked))


def waiting(partnership_id: int) -> list[GuestPlace]:
    """Every request of a partnership that waits for a host, the longest waiting first; with both schools and the show.
    Who waits for places at a session asks no host."""
    return list(
        db.session.scalars(
            select(GuestPlace)
            .join(GuestPlace.programme)
            .where(
                Programme.partnership_id == partnership_id,
                GuestPlace.ended_at.is_(None),
                ~exists().where(TrainingSession.performance_id == GuestPlace.performance_id),
            )
            .options(
                contains_eager(GuestPlace.programme),
                joinedload(GuestPlace.organisation),
                joinedload(GuestPlace.performance).joinedload(Performance.host),
            )
            .order_by(GuestPlace.recorded_at, GuestPlace.id)
        )
    )


def uncertain(partnership_id: int, *, now: datetime) -> list[GuestPlace]:
    """Guests of coming shows whose host has moved and who have not said whether they still come."""
    rows = db.session.scalars(
        select(GuestPlace)
        .join(GuestPlace.programme)
        .join(GuestPlace.booking)
        .join(Performance, Performance.id == GuestPlace.performance_id)
        .where(
            Programme.partnership_id == partnership_id,
            Booking.ended_at.is_(None),
            Performance.starts_at > now,
            GuestPlace.moved_at.is_not(None),
        )
        .options(
            contains_eager(GuestPlace.booking),
            joinedload(GuestPlace.organisation),
            joinedload(GuestPlace.performance).joinedload(Performance.host),
        )
        .order_by(Performance.starts_at, GuestPlace.id)
    )
    return [row for row in rows if row.asked_again]


_PLACES = (
    select(TrainingSession.places)
    .where(TrainingSession.performance_id == bindparam("performance_id"))
    .scalar_subquery()
)
_TAKEN = select(
    func.coalesce(func.sum(Booking.seats), 0),
    func.coalesce(func.sum(Booking.seats).filter(Booking.role == GUEST), 0),
    _PLACES,
).where(Booking.performance_id == bindparam("performance_id"), Booking.ended_at.is_(None))


@dataclass(frozen=True, kw_only=True)
class Seats:
    """A show's seats: at most, taken in all, taken by guests; and the host's consent, if it gave any."""

    ceiling: int
    taken: int
    by_guests: int
    consent: GuestSeats | None

    @property
    def left(self) -> int:
        """Seats that nobody has."""
        return max(0, self.ceiling - self.taken)

    @property
    def how(self) -> str:
        return self.consent.how if self.consent else ASK

    @property
    def for_guests(self) -> int:
        """Seats that another guest could have: to be asked for, or there to be taken."""
        if self.how == NONE:
            return 0
        if self.how == OPEN and self.consent is not None:
            return max(0, min(self.left, self.consent.seats - self.by_guests))
        return self.left

    @property
    def terms(self) -> str:
        return self.consent.terms if self.consent else ""


def seats_of(performance: Performance, ceiling: int) -> Seats:
    """A show's seats as they are now; behind the lock of its tour day, as they stay. `ceiling`: the programme's; a
    session has places of its own instead."""
    taken, by_guests, places = db.session.execute(_TAKEN, {"performance_id": performance.id}).one()
    consent = db.session.get(GuestSeats, performance.id, populate_existing=True)
    return Seats(ceiling=places or ceiling, taken=int(taken), by_guests=int(by_guests), consent=consent)
