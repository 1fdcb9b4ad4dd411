"""Two shows, or times kept for schools, that change places in one deed: whether they can, what it would do, doing
it.

Each takes the start nearest to the other's, on its day and of its troupe; both are moved, or neither.
"""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import select
from sqlalchemy.orm import contains_eager

from outreach.booking.agenda import moving, places_on_day
from outreach.booking.agenda.moves import DiaryMove
from outreach.booking.agenda.moving import Moving, PlaceGone
from outreach.county.partnerships import Partnership
from outreach.county.schools import VENUE, Organisation
from outreach.ground.db import db
from outreach.ground.errors import Refusal
from outreach.ground.timespans import day_of
from outreach.ground.wording import day as day_words
from outreach.post import stationery
from outreach.tour import fit, hours, performances, roads, slots
from outreach.tour.fit import DayOffer, Stand
from outreach.tour.performances import Performance, Slot

Day = tuple[Any, list[Stand]]

BROKEN = "the company’s lunch, rest or latest return is not kept"


class CannotSwap(Refusal):
    """One of the two has no time in the place of the other, in words; or they are no two that could."""


class MovedSince(CannotSwap):
    def __init__(self) -> None:
        super().__init__("Something was moved since you looked, so nothing was changed. Look once more.")


@dataclass(frozen=True, kw_only=True)
class Half:
    """One of the two: where it would go, with the letter as the first of its people would get it."""

    moving: Moving
    slot: Slot
    letter: stationery.Rendered | None


@dataclass(frozen=True, kw_only=True)
class Swap:
    """What it would do. `saved`: minutes of road that both days together save; `breaks`: a rule of a troupe that would
    be broken, in words."""

    halves: tuple[Half, Half]
    saved: int
    breaks: str

    @property
    def key(self) -> str:
        """Of both places, as `swap` asks for them."""
        return _key(*(half.slot for half in self.halves))


def others(one: Moving, *, now: datetime) -> list[Performance]:
    """What it could change places with: all that is booked or proposed for other schools and still to come, by start;
    one query."""
    return list(
        db.session.scalars(
            select(Performance)
            .join(Performance.host)
            .where(
                Performance.programme_id == one.programme.id,
                Organisation.organisation_id != one.organisation.organisation_id,
                Organisation.kind != VENUE,
                Performance.released_at.is_(None),
                Performance.held_until.is_(None),
                Performance.starts_at > now,
            )
            .options(contains_eager(Performance.host))
            .order_by(Performance.starts_at, Performance.id)
        )
    )


def look(one: Moving, other: Moving, *, note: str = "", tell: bool = True, now: datetime) -> Swap:
    """What changing places would do, with both letters; writes nothing. Raises CannotSwap, NoteTooLong,
    ReplyByWrong."""
    note = moving.checked(note)
    found = _places(one, other, now=now)
    halves = [
        Half(moving=each, slot=slot, letter=moving.letter(each, slot, note, tell=tell, now=now))
        for each, slot in zip((one, other), found.slots, strict=True)
    ]
    return Swap(halves=(halves[0], halves[1]), saved=found.saved, breaks=found.breaks)


def are_there(one: Moving, other: Moving, key: str) -> bool:
    """Whether both stand already where `key` would have them: the same button, pressed twice."""
    return key == _key(one.performance, other.performance)


def swap(
    one: Performance,
    other: Performance,
    key: str,
    *,
    note: str = "",
    tell: bool = True,
    who: str,
    now: datetime,
) -> tuple[DiaryMove, DiaryMove]:
    """They change places, whatever the notice; everybody with either in the calendar gets one letter. `key`: of the
    places that were looked at. Undoing either move undoes both.

    Raises MovedSince, CannotSwap, NotInTheDiary, PlaceGone, NoteTooLong, and what moving.move says of a proposal.
    """
    note = moving.checked(note)
    for organisation_id in sorted({one.organisation_id, other.organisation_id}):
        performances.lock_organisation(organisation_id)
    for show in (one, other):
        db.session.refresh(show)
    performances.lock_days([one.tour_day_id, other.tour_day_id])
    both = moving.find(one, now=now), moving.find(other, now=now)
    found = _places(*both, now=now)
    if key != _key(*found.slots):
        raise MovedSince
    left = [moving.left(each, now=now) for each in both]
    deed = secrets.token_hex(8)
    performances.step_aside(one, now=now)
    for each, slot in zip(reversed(both), reversed(found.slots), strict=True):
        moving.put(each, slot, note=note, tell=tell, who=who, now=now, judged=True)
    made = [
        DiaryMove(
            programme_id=each.programme.id,
            performance_id=each.performance.id,
            sequence=each.performance.sequence,
            recorded_at=now,
            who=who,
            starts_at=each.performance.starts_at,
            minutes_saved=found.saved,
            told=tell,
            swap=deed,
            **was,
        )
        for each, was in zip(both, left, strict=True)
    ]
    db.session.add_all(made)
    db.session.flush()
    return made[0], made[1]


@dataclass(frozen=True, kw_only=True)
class _Found:
    slots: tuple[Slot, Slot]
    saved: int
    breaks: str


def _places(one: Moving, other: Moving, *, now: datetime) -> _Found:
    """Where each would go. A rule of a troupe is broken only where nothing else can be had. Raises CannotSwap."""
    if one.programme.id != other.programme.id or one.organisation is other.organisation:
        raise CannotSwap("Only two schools of one programme can change places.")
    shows = one.performance, other.performance
    asked = dict.fromkeys(show.tour_day_id for show in shows)
    empty = _days(one, asked, leaving_out=[show.id for show in shows], now=now)
    if not asked.keys() <= empty.keys():
        raise PlaceGone
    for whatever_the_rest in (False, True):
        judges = [_judge(each, whatever_the_rest=whatever_the_rest) for each in (one, other)]
        found = fitted((judges[0], judges[1]), shows, empty, now=now)
        if found is not None:
            ways = roads.roads_of_partnership(db.session.get_one(Partnership, one.programme.partnership_id))
            before = _days(one, asked, leaving_out=(), now=now)
            return _Found(
                slots=found.slots,
                saved=saved(ways, before, found.days),
                breaks=BROKEN if whatever_the_rest else "",
            )
    raise CannotSwap(_why_not((one, other), judges, empty, now=now))


class Stood(Protocol):
    """A show as far as its place is asked for."""

    @property
    def tour_day_id(self) -> int: ...
    @property
    def get_in_at(self) -> datetime: ...
    @property
    def starts_at(self) -> datetime: ...
    @property
    def away_at(self) -> datetime: ...


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """Where two would go, and the days as they would be then."""

    slots: tuple[Slot, Slot]
    days: dict[int, Day]


def fitted(
    judges: tuple[fit.Judge, fit.Judge], stood: tuple[Stood, Stood], days: dict[int, Day], *, now: datetime
) -> Fitted | None:
    """Two in each other's place, each at the start nearest to the other's; None where they have none. `days`: both, by
    id, without the two. Pure."""
    one, other = judges
    for slot in _starts(one.day(*days[stood[1].tour_day_id]), stood[1], now=now):
        beside = _with(days, one, slot)
        for second in _starts(other.day(*beside[stood[0].tour_day_id]), stood[0], now=now)[:1]:
            return Fitted(slots=(slot, second), days=_with(beside, other, second))
    return None


def _why_not(
    both: tuple[Moving, Moving], judges: Sequence[fit.Judge], days: dict[int, Day], *, now: datetime
) -> str:
    """Whose time is lacking in the place of the other."""
    one, other = both
    offer = judges[0].day(*days[other.performance.tour_day_id])
    starts = _starts(offer, other.performance, now=now)
    if not starts:
        return _said(offer, one, other.performance)
    beside = _with(days, judges[0], starts[0])
    return _said(judges[1].day(*beside[one.performance.tour_day_id]), other, one.performance)


def _key(one: Performance | Slot, other: Performance | Slot) -> str:
    return f"{one.key} {other.key}"


def _days(
    one: Moving, day_ids: Iterable[int], *, leaving_out: Iterable[int], now: datetime
) -> dict[int, Day]:
    found = slots.tour_days(one.programme, now=now, only_days=day_ids, leaving_out=leaving_out)
    return {day.id: (day, stands) for day, stands in found}


def _judge(each: Moving, *, whatever_the_rest: bool) -> fit.Judge:
    partnership = db.session.get_one(Partnership, each.programme.partnership_id)
    return fit.Judge(each.programme, partnership, each.organisation, whatever_the_rest=whatever_the_rest)


def _starts(offer: DayOffer, stood: Stood, *, now: datetime) -> Sequence[Slot]:
    """The starts in the place of a show, the nearest to its own first: those that would have the troupe there while it
    was there."""
    inside = [
        slot
        for slot in offer.slots
        if slot.starts_at > now and slot.get_in_at < stood.away_at and stood.get_in_at < slot.away_at
    ]
    return sorted(inside, key=lambda slot: (abs(slot.starts_at - stood.starts_at), slot.start_minute))


def _with(days: dict[int, Day], judge: fit.Judge, slot: Slot) -> dict[int, Day]:
    """The same days with one more show on one of them."""
    day, stands = days[slot.tour_day_id]
    new = judge.stand_at(slot.start_minute)
    return days | {slot.tour_day_id: (day, sorted([*stands, new], key=lambda stand: stand.starts))}


def saved(ways: roads.Roads, before: dict[int, Day], after: dict[int, Day]) -> int:
    """Minutes of road that days save; below nought where there is more of it."""
    return sum(_driven(ways, *before[id_]) - _driven(ways, *day) for id_, day in after.items())


def _driven(ways: roads.Roads, day: Any, stands: Sequence[Stand]) -> int:
    """Minutes on the road of a day, door to door."""
    if not stands:
        return 0
    truly = hours.reckon(day, whatever_the_rest=True)
    return ways.along((truly.leaves_from, *(stand.stop for stand in stands), truly.returns_to))


def _said(offer: DayOffer, each: Moving, stood: Performance) -> str:
    """Why one has no time in the place of the other."""
    why = places_on_day.why(offer, each.organisation, too_late=False)
    reason = f" {why}." if offer.why_not else ""
    return (
        f"{each.organisation.name} has no time on {day_words(day_of(stood.starts_at))} "
        f"in the place of {stood.host.name}, so nothing was moved.{reason}"
    )
