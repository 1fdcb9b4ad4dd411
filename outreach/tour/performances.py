"""Shows and holds on a tour day: claim and release.

One row is one stretch of a troupe's time from get-in to get-out. `held_until` set: a hold, which
counts for nothing once it is past and is removed by the claim that meets it. `released_at` set:
given back, kept for the record.
"""

import secrets
import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship
from sqlalchemy.orm.exc import StaleDataError

from outreach.county import school_days, school_locations
from outreach.county.partnerships import Partnership
from outreach.county.schools import Organisation
from outreach.ground.db import Base, Instant, broken_guard, db, key_within_partnership
from outreach.ground.errors import Refusal
from outreach.ground.geography import Place
from outreach.ground.timespans import local, wall
from outreach.tour import freed_places, roads, turning
from outreach.tour.companies import Troupe
from outreach.tour.days import TourDay
from outreach.tour.over_lunch import KeptOut, clear_of, kept_out, minute
from outreach.tour.programmes import Programme


@dataclass(frozen=True, kw_only=True, slots=True)
class Slot:
    """A start that a school could have. Minutes are of the wall clock in Europe/London, from midnight.

    `beside`: of the place of a show that may be put back into it, the schools of the shows next to it with the
    minutes that lay between; a road that was longer than that is no reason against it. `lunch`: of the school, which
    it keeps out of; None: none that is known. `over_lunch`: why a coordinator lets it lie across all the same, the
    school agreeing.
    """

    tour_day_id: int
    troupe_id: int
    day: date
    start_minute: int
    show_minutes: int
    get_in_minutes: int
    get_out_minutes: int
    extra_minutes: int
    why: str
    beside: tuple[tuple[int, int], ...] = ()
    lunch: KeptOut | None = None
    over_lunch: str = ""

    @property
    def key(self) -> str:
        return slot_key(self.tour_day_id, self.start_minute)

    @property
    def starts(self) -> time:
        return time(self.start_minute // 60, self.start_minute % 60)

    @property
    def ends(self) -> time:
        end = self.start_minute + self.show_minutes
        return time(end // 60, end % 60)

    @property
    def starts_at(self) -> datetime:
        return wall(self.day, self.starts)

    @property
    def ends_at(self) -> datetime:
        return self.starts_at + timedelta(minutes=self.show_minutes)

    @property
    def get_in_at(self) -> datetime:
        return self.starts_at - timedelta(minutes=self.get_in_minutes)

    @property
    def away_at(self) -> datetime:
        return self.ends_at + timedelta(minutes=self.get_out_minutes)


def slot_key(tour_day_id: int, start_minute: int) -> str:
    """What a form posts for a slot: 'TOURDAY-HHMM'."""
    return f"{tour_day_id}-{start_minute // 60:02d}{start_minute % 60:02d}"


class Performance(Base):
    """One show at a host school. `easting`, `northing`: where the van goes, as known at the claim (metres).

    `road_from_minutes`: the road from the show before it that day, at the school `road_from_organisation_id`, as
    reckoned when this one got its place; `road_to_…`: the same to the show after it. None where it had none. At one
    school it is the turn-round of the hall, from the end of the one to the start of the other, and their get-out and
    get-in may lie over each other. The database compares them with the time that is there.

    `lunch_from_at`, `lunch_until_at`, `lunch_keeps_out`: of the host's lunch as it was known then, and what keeps out
    of it (over_lunch.py); None: of none. The database holds the show to it, unless `lunch_overruled` says why not.

    `uid`, `organizer_token`, `sequence`: the troupe's own calendar event for this show; another troupe has
    another.
    """

    __tablename__ = "performance"
    __table_args__ = (
        CheckConstraint(
            "get_in_at <= starts_at AND starts_at < ends_at AND ends_at <= away_at", name="order"
        ),
        CheckConstraint(
            "(road_from_organisation_id IS NULL) = (road_from_minutes IS NULL) AND road_from_minutes >= 0",
            name="road_from",
        ),
        CheckConstraint(
            "(road_to_organisation_id IS NULL) = (road_to_minutes IS NULL) AND road_to_minutes >= 0",
            name="road_to",
        ),
        CheckConstraint(
            "(lunch_from_at IS NULL) = (lunch_until_at IS NULL) "
            "AND (lunch_from_at IS NULL) = (lunch_keeps_out IS NULL) "
            "AND lunch_keeps_out IN ('show', 'all', 'set stays') "
            "AND (lunch_from_at IS NULL OR lunch_overruled <> ''\n"
            " OR lunch_keeps_out = 'show' AND (ends_at <= lunch_from_at OR starts_at >= lunch_until_at)\n"
            " OR lunch_keeps_out <> 'show' AND (away_at <= lunch_from_at OR get_in_at >= lunch_until_at)\n"
            " OR lunch_keeps_out = 'set stays' AND get_in_at < lunch_from_at AND starts_at >= lunch_until_at)",
            name="lunch",
        ),
        Index("ix_performance_programme", "programme_id"),
        Index("ix_performance_partnership", "partnership_id", "ends_at"),
        Index("ix_performance_tour_day", "tour_day_id"),
        Index("ix_performance_organisation_id", "organisation_id"),
        UniqueConstraint("id", "partnership_id"),
        key_within_partnership("programme_id", "programme"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    partnership_id: Mapped[int]
    programme_id: Mapped[int]
    tour_day_id: Mapped[int] = mapped_column(ForeignKey("tour_day.id"))
    troupe_id: Mapped[int] = mapped_column(ForeignKey("troupe.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.organisation_id"))
    easting: Mapped[int | None]
    northing: Mapped[int | None]
    road_from_organisation_id: Mapped[int | None]
    road_from_minutes: Mapped[int | None]
    road_to_organisation_id: Mapped[int | None]
    road_to_minutes: Mapped[int | None]
    lunch_from_at: Mapped[datetime | None] = mapped_column(Instant)
    lunch_until_at: Mapped[datetime | None] = mapped_column(Instant)
    lunch_keeps_out: Mapped[str | None] = mapped_column(Text)
    lunch_overruled: Mapped[str] = mapped_column(Text, default="", server_default="")
    get_in_at: Mapped[datetime] = mapped_column(Instant)
    starts_at: Mapped[datetime] = mapped_column(Instant)
    ends_at: Mapped[datetime] = mapped_column(Instant)
    away_at: Mapped[datetime] = mapped_column(Instant)
    held_until: Mapped[datetime | None] = mapped_column(Instant)
    released_at: Mapped[datetime | None] = mapped_column(Instant)
    created_at: Mapped[datetime] = mapped_column(Instant)
    uid: Mapped[str] = mapped_column(Text, unique=True)
    organizer_token: Mapped[str] = mapped_column(Text, unique=True)
    sequence: Mapped[int] = mapped_column(default=0)

    tour_day: Mapped[TourDay] = relationship()
    troupe: Mapped[Troupe] = relationship()
    host: Mapped[Organisation] = relationship()

    @property
    def key(self) -> str:
        """Of the slot in which it stands, as Slot.key has it."""
        return f"{self.tour_day_id}-{local(self.starts_at):%H%M}"


class TroupeEvent(Base):
    """The calendar event under which a troupe had a show until another troupe took it over. It never gets it
    back under the same `uid`: calendars ask people before they take in again what was cancelled. `sequence`
    is that of its CANCEL; the times are those at which it had the show and was at work for it, None where not known."""

    __tablename__ = "troupe_event"
    __table_args__ = (Index("ix_troupe_event_performance_id", "performance_id"),)

    uid: Mapped[str] = mapped_column(Text, primary_key=True)
    performance_id: Mapped[int] = mapped_column(ForeignKey("performance.id", ondelete="CASCADE"))
    troupe_id: Mapped[int] = mapped_column(ForeignKey("troupe.id"))
    organizer_token: Mapped[str] = mapped_column(Text, unique=True)
    sequence: Mapped[int]
    left_at: Mapped[datetime] = mapped_column(Instant)
    begins_at: Mapped[datetime | None] = mapped_column(Instant)
    starts_at: Mapped[datetime | None] = mapped_column(Instant)
    ends_at: Mapped[datetime | None] = mapped_column(Instant)
    away_at: Mapped[datetime | None] = mapped_column(Instant)

    performance: Mapped[Performance] = relationship()


class SlotTaken(Refusal):
    """Somebody else has that time, or it no longer fits between the shows."""

    def __init__(self) -> None:
        super().__init__("That time has just been taken. These are the nearest that are left.")


def lock_days(tour_day_ids: Iterable[int]) -> None:
    """Queue at the tour days' rows, in one order for everybody. SQLite's write transaction is that queue
    already."""
    db.session.execute(
        select(TourDay.id).where(TourDay.id.in_(set(tour_day_ids))).order_by(TourDay.id).with_for_update()
    )


class BeingMoved(Refusal):
    """It went to another day while its own was waited for, and somebody has that one in hand."""

    def __init__(self) -> None:
        super().__init__("This is being moved to another day at this very moment. Look again in a minute.")


def lock_days_of(*shows: Performance, besides: Iterable[int] = ()) -> None:
    """Queue at the tour days of some shows, and `besides` at others, and read the shows behind that.

    Of one that was moved meanwhile the new day is taken too, but not waited for: whoever has it may wait for ours.
    Raises BeingMoved.
    """
    queued = {show.tour_day_id for show in shows}.union(besides)
    lock_days(queued)
    for show in shows:
        db.session.refresh(show)
        if show.tour_day_id not in queued and not lock_day_unless_busy(show.tour_day_id):
            raise BeingMoved


def lock_day_unless_busy(tour_day_id: int) -> bool:
    """One tour day's row without waiting; True too for whoever holds it already, False while somebody else does."""
    locked = select(TourDay.id).where(TourDay.id == tour_day_id).with_for_update(skip_locked=True)
    return db.session.scalar(locked) is not None


def lock_organisation_unless_busy(organisation_id: int) -> bool:
    """The same without waiting, for whoever holds a tour day's lock already; False while somebody else has
    it."""
    locked = (
        select(Organisation.organisation_id)
        .where(Organisation.organisation_id == organisation_id)
        .with_for_update(key_share=True, skip_locked=True)
    )
    return db.session.scalar(locked) is not None


def lock_organisation(organisation_id: int) -> None:
    """Queue at the school's row, so that two of its staff book one after the other. Taken before any tour
    day's."""
    db.session.execute(
        select(Organisation.organisation_id)
        .where(Organisation.organisation_id == organisation_id)
        .with_for_update(key_share=True)
    )


def clear_expired(tour_day_ids: Iterable[int], *, now: datetime) -> None:
    """Remove the holds on these days whose time is over; the caller holds the days' locks."""
    db.session.execute(
        delete(Performance).where(
            Performance.tour_day_id.in_(set(tour_day_ids)), Performance.held_until <= now
        )
    )


def claim(
    slot: Slot, school: Organisation, *, programme_id: int, held_until: datetime | None, now: datetime
) -> Performance:
    """Take a slot for a school. Raises SlotTaken when the database, the last guard, says no."""
    place = school_locations.located(school).place
    performance = Performance(
        partnership_id=db.session.get_one(Programme, programme_id).partnership_id,
        programme_id=programme_id,
        tour_day_id=slot.tour_day_id,
        troupe_id=slot.troupe_id,
        organisation_id=school.organisation_id,
        easting=place.easting if place else None,
        northing=place.northing if place else None,
        held_until=held_until,
        created_at=now,
        uid=str(uuid.uuid4()),
        organizer_token=secrets.token_hex(10),
    )
    _put(performance, slot)
    reckon_roads(performance)
    db.session.add(performance)
    _flush()
    return performance


def keep(performance: Performance, until: datetime | None) -> None:
    """Keep a hold until then, or for good (None). Raises SlotTaken if another claim removed it, or it fits no
    more."""
    performance.held_until = until
    _flush()


def shift(performance: Performance, slot: Slot, *, now: datetime) -> TroupeEvent | None:
    """Move a show to another slot in place, so that nobody ever sees the school with neither. Raises
    SlotTaken.

    The van goes to where the school is known to be by now, as the slot was reckoned.

    To another troupe it goes as another event: then the one that ended is returned.
    """
    left = None
    if slot.troupe_id != performance.troupe_id:
        left = TroupeEvent(
            uid=performance.uid,
            performance_id=performance.id,
            troupe_id=performance.troupe_id,
            organizer_token=performance.organizer_token,
            sequence=performance.sequence + 1,
            left_at=now,
            begins_at=performance.get_in_at,
            starts_at=performance.starts_at,
            ends_at=performance.ends_at,
            away_at=performance.away_at,
        )
        performance.uid, performance.organizer_token = str(uuid.uuid4()), secrets.token_hex(10)
    freed_places.note([performance.tour_day_id], now=now)
    place = school_locations.located(performance.host).place
    with db.session.no_autoflush:
        _put(performance, slot)
        performance.easting, performance.northing = (place.easting, place.northing) if place else (None, None)
        performance.released_at = None
        performance.tour_day_id = slot.tour_day_id
        performance.troupe_id = slot.troupe_id
        performance.sequence += 1
        reckon_roads(performance, at_most=dict(slot.beside))
    _flush()
    if left is not None:
        db.session.add(left)
        db.session.flush()
    return left


def step_aside(performance: Performance, *, now: datetime) -> None:
    """Out of the way of the show that takes its place, until `shift` puts it into another, or `rehost` puts it back,
    in the same transaction."""
    performance.released_at = now
    db.session.flush()


def events_before(performance: Performance) -> list[str]:
    """The UIDs of the events under which the troupe that plays it had this show before, the first first."""
    rows = db.session.scalars(
        select(TroupeEvent.uid)
        .where(TroupeEvent.performance_id == performance.id, TroupeEvent.troupe_id == performance.troupe_id)
        .order_by(TroupeEvent.sequence)
    )
    return list(rows)


def rehost(
    performance: Performance, organisation_id: int, place: Place | None, lunch: KeptOut | None = None
) -> None:
    """Another school is the host at the same time; `place`: where the van goes now, None where it goes
    already. `lunch`: of the new host. One that stepped aside stands again.

    Raises SlotTaken when the road to the shows beside it is too short, or its lunch is then.
    """
    with db.session.no_autoflush:
        performance.organisation_id = organisation_id
        performance.released_at = None
        _hold_to(performance, lunch)
        if place is not None:
            performance.easting, performance.northing = place.easting, place.northing
        reckon_roads(performance)
    _flush()


def lunch_now(programme: Programme, organisation_id: int) -> KeptOut | None:
    """What the lunch of a school, as it is known now, keeps out of a programme's shows there; one for adults knows
    none. One query."""
    return None if programme.for_adults else kept_out(school_days.lunch_of(organisation_id))


def is_clear_of(performance: Performance, lunch: KeptOut | None) -> bool:
    """Whether a show keeps out of a lunch, or a coordinator let it lie across."""
    return keeps_out_of(performance, lunch) or bool(performance.lunch_overruled)


def keeps_out_of(performance: Performance, lunch: KeptOut | None) -> bool:
    """Whether a show keeps out of a lunch, whatever was agreed."""
    at = (performance.get_in_at, performance.starts_at, performance.ends_at, performance.away_at)
    gets_in, starts, over, away = (minute(local(instant).time()) for instant in at)
    return clear_of(lunch, gets_in=gets_in, starts=starts, over=over, away=away)


def across_lunch(
    partnership_id: int, organisation_ids: Collection[int] | None = None, *, now: datetime
) -> list[Performance]:
    """What stands and is to come, booked or kept, at all schools or some, that lies across the lunch as it is known
    now and to which nobody there agreed, by start. Three queries."""
    query = (
        select(Performance)
        .join(Programme, Programme.id == Performance.programme_id)
        .where(
            Performance.partnership_id == partnership_id,
            Performance.released_at.is_(None),
            Performance.held_until.is_(None),
            Performance.starts_at > now,
            Performance.lunch_overruled == "",
            Programme.for_adults.is_(False),
        )
        .options(joinedload(Performance.host))
        .order_by(Performance.starts_at, Performance.id)
    )
    if organisation_ids is not None:
        query = query.where(Performance.organisation_id.in_(list(organisation_ids)))
    stand = db.session.scalars(query).all()
    calendars = school_days.load(show.organisation_id for show in stand)
    return [show for show in stand if not keeps_out_of(show, kept_out(calendars[show.organisation_id].lunch))]


def hold_to(performance: Performance, lunch: KeptOut | None) -> None:
    """From now on the database holds a show to this lunch, which its school has just said; one that lies across it
    already stays as it is."""
    if is_clear_of(performance, lunch):
        _hold_to(performance, lunch)
        db.session.flush()


def release(performance: Performance, *, now: datetime) -> None:
    """Give the time back; the row stays for the record."""
    freed_places.note([performance.tour_day_id], now=now)
    performance.released_at = now
    performance.sequence += 1
    db.session.flush()


def place_of(performance: Performance) -> Slot:
    """The place of a show as it stands, whatever the rules say of it by now: what `shift` puts it back into. One
    query."""
    here, at = performance, local(performance.starts_at)
    before, after = _beside(here)
    return Slot(
        tour_day_id=here.tour_day_id,
        troupe_id=here.troupe_id,
        day=at.date(),
        start_minute=at.hour * 60 + at.minute,
        show_minutes=_minutes(here.starts_at, here.ends_at),
        get_in_minutes=_minutes(here.get_in_at, here.starts_at),
        get_out_minutes=_minutes(here.ends_at, here.away_at),
        extra_minutes=0,
        why="",
        beside=(
            *([(before.organisation_id, turning.minutes_between(before, here))] if before else []),
            *([(after.organisation_id, turning.minutes_between(here, after))] if after else []),
        ),
        lunch=lunch_of(here),
        over_lunch=here.lunch_overruled,
    )


def lunch_of(performance: Performance) -> KeptOut | None:
    """The lunch that a show was held to when it got its place."""
    return held_to(performance.lunch_from_at, performance.lunch_until_at, performance.lunch_keeps_out)


def held_to(since: datetime | None, until: datetime | None, what: str | None) -> KeptOut | None:
    """The same from the columns of a row."""
    if since is None or until is None or what is None:
        return None
    return KeptOut(minute(local(since).time()), minute(local(until).time()), what)


def reckon_roads(performance: Performance, *, at_most: Mapping[int, int] | None = None) -> None:
    """Write down the roads that a show needs between those before and after it on its day, no more than `at_most`
    minutes to or from a school. One query.

    The caller holds the day's lock; what stands there by the time the row is written, the database compares.
    """
    here = performance
    with db.session.no_autoflush:
        before, after = _beside(here)
        here.road_from_organisation_id, here.road_from_minutes = _road(here, before, at_most or {})
        here.road_to_organisation_id, here.road_to_minutes = _road(here, after, at_most or {})


def _beside(here: Performance) -> tuple[Any | None, Any | None]:
    """The shows before and after one on its day; None where there is none."""
    p = Performance
    beside = db.session.execute(
        select(p.organisation_id, p.easting, p.northing, p.get_in_at, p.starts_at, p.ends_at, p.away_at)
        .where(p.tour_day_id == here.tour_day_id, p.released_at.is_(None), p.id.is_distinct_from(here.id))
        .order_by(p.starts_at, p.away_at)
    ).all()
    before = next((row for row in reversed(beside) if row.starts_at < here.starts_at), None)
    return before, next((row for row in beside if row.starts_at > here.starts_at), None)


def _minutes(since: datetime, until: datetime) -> int:
    return int((until - since).total_seconds() // 60)


def _road(here: Performance, there: Any, at_most: Mapping[int, int]) -> tuple[int, int] | tuple[None, None]:
    """The school of a show beside, and the minutes to it, or to turn the hall round; nothing of none."""
    if there is None:
        return None, None
    programme = db.session.get_one(Programme, here.programme_id)
    if turning.in_one_hall(here, there):
        return there.organisation_id, min(
            programme.turn_minutes, at_most.get(there.organisation_id, programme.turn_minutes)
        )
    ways = roads.roads_of_partnership(db.session.get_one(Partnership, programme.partnership_id))
    stops = (roads.stop_at(show.organisation_id, show.easting, show.northing) for show in (here, there))
    minutes = ways.minutes(*stops)
    return there.organisation_id, min(minutes, at_most.get(there.organisation_id, minutes))


def _put(performance: Performance, slot: Slot) -> None:
    performance.get_in_at = slot.get_in_at
    performance.starts_at = slot.starts_at
    performance.ends_at = slot.ends_at
    performance.away_at = slot.away_at
    _hold_to(performance, slot.lunch)
    performance.lunch_overruled = slot.over_lunch


def _hold_to(performance: Performance, lunch: KeptOut | None) -> None:
    """Write down the lunch that the database is to hold a show to."""
    if lunch is None:
        performance.lunch_from_at = performance.lunch_until_at = performance.lunch_keeps_out = None
        return
    day = local(performance.starts_at).date()
    performance.lunch_from_at, performance.lunch_until_at = lunch.instants(day)
    performance.lunch_keeps_out = lunch.what


GUARDS = (
    "ck_performance_lunch",
    "performance_troupe_free",
    "performance_shows_a_day",
    "performance_road",
    "performance_of_its_day",
    "performance_taken",
)


def _flush() -> None:
    try:
        db.session.flush()
    except IntegrityError as error:
        if broken_guard(error) in GUARDS:
            raise SlotTaken from error
        raise
    except StaleDataError as error:
        raise SlotTaken from error
