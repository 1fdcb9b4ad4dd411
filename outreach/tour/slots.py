"""What a school could have: the starts that are possible on each tour day, ranked, and why a day has none.

Constant number of queries, however many days; what fits on one day is reckoned in fit.py.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, select

from outreach.county.partnerships import Partnership
from outreach.county.schools import School
from outreach.ground.db import db
from outreach.ground.geography import Place
from outreach.ground.timespans import day_of
from outreach.tour import fit
from outreach.tour.companies import Troupe
from outreach.tour.days import TourDay
from outreach.tour.fit import DayOffer
from outreach.tour.performances import Performance, Slot
from outreach.tour.programmes import Programme


@dataclass(frozen=True, kw_only=True, slots=True)
class Offers:
    """All tour days from the first bookable on; up to three best slots; up to three pairs on one day."""

    days: tuple[DayOffer, ...]
    near: tuple[Slot, ...]
    pairs: tuple[tuple[Slot, Slot], ...]


def offers(
    programme: Programme,
    school: School,
    *,
    now: datetime,
    instead_of: int | None = None,
    two_shows: bool = False,
    whatever_the_notice: bool = False,
    only_days: Iterable[int] | None = None,
    beside: tuple[int, ...] = (),
) -> Offers:
    """What `school` could have, from the first day that keeps the notice on (`whatever_the_notice`: from today on).

    The school's own holds are left out of account, as is `instead_of`, the performance it would move.
    `two_shows` adds pairs of slots on one tour day. `only_days` narrows to some tour days' ids. `beside`: holds of
    the school that do count, as the first of a pair does for the second.
    """
    days = _tour_days(programme, now=now, whatever_the_notice=whatever_the_notice, only_days=only_days)
    if not days:
        return Offers(days=(), near=(), pairs=())
    partnership = db.session.get_one(Partnership, programme.partnership_id)
    stands = _stands(programme, school, days, now=now, instead_of=instead_of, beside=beside)
    judge = fit.Judge(programme, partnership, school)
    found = tuple(judge.day(day, stands.get(day.id, [])) for day in days)
    best = sorted(
        (slot for day in found if (slot := day.best)), key=lambda s: (s.extra_minutes, s.day, s.start_minute)
    )
    pairs: list[tuple[Slot, Slot]] = []
    if two_shows:
        by_id = {day.id: day for day in days}
        for offer in found:
            pairs += judge.pair(by_id[offer.tour_day_id], stands.get(offer.tour_day_id, []), offer)
        pairs.sort(key=lambda p: (p[0].extra_minutes, p[0].day, p[0].start_minute))
    return Offers(days=found, near=tuple(best[:3]), pairs=tuple(pairs[:3]))


def find(
    programme: Programme,
    school: School,
    key: str,
    *,
    now: datetime,
    instead_of: int | None = None,
    whatever_the_notice: bool = False,
    beside: tuple[int, ...] = (),
) -> Slot | None:
    """The slot of a form's key if the school could have it now; None if not, or if the key is nonsense."""
    day_id, _, clock = key.partition("-")
    if not (day_id.isascii() and day_id.isdigit() and clock.isascii() and clock.isdigit()) or len(key) > 20:
        return None
    found = offers(
        programme,
        school,
        now=now,
        instead_of=instead_of,
        whatever_the_notice=whatever_the_notice,
        only_days=[int(day_id)],
        beside=beside,
    )
    return next((s for d in found.days for s in d.slots if s.key == key), None)


def first_bookable_day(programme: Programme, now: datetime) -> date:
    """The first day that keeps the programme's notice for booking, in calendar days."""
    return day_of(now) + timedelta(days=programme.notice_book_days)


# Made once: building and keying a statement costs more than asking it, and every page of slots asks these.
_DAYS = (
    select(
        TourDay.id, TourDay.troupe_id, TourDay.day, TourDay.leaves, TourDay.returns, TourDay.shows_at_most,
        Troupe.base_easting, Troupe.base_northing,
    )
    .join(Troupe, Troupe.id == TourDay.troupe_id)
    .where(
        TourDay.programme_id == bindparam("programme_id"),
        TourDay.day >= bindparam("first"),
        TourDay.ended_at.is_(None),
    )
    .order_by(TourDay.day, TourDay.troupe_id)
)  # fmt: skip
_SOME_DAYS = _DAYS.where(TourDay.id.in_(bindparam("ids", expanding=True)))
_STANDS = (
    select(
        Performance.tour_day_id, Performance.id, Performance.urn, Performance.get_in_at, Performance.away_at,
        Performance.easting, Performance.northing, Performance.held_until, School.town,
    )
    .join(School, School.urn == Performance.urn)
    .join(TourDay, TourDay.id == Performance.tour_day_id)
    .where(
        Performance.programme_id == bindparam("programme_id"),
        Performance.released_at.is_(None),
        TourDay.day.between(bindparam("first"), bindparam("last")),
    )
    .order_by(Performance.get_in_at)
)  # fmt: skip


def _tour_days(
    programme: Programme, *, now: datetime, whatever_the_notice: bool, only_days: Iterable[int] | None
) -> Sequence[Any]:
    asked: dict[str, Any] = {
        "programme_id": programme.id,
        "first": day_of(now) if whatever_the_notice else first_bookable_day(programme, now),
    }
    if only_days is None:
        return db.session.execute(_DAYS, asked).all()
    return db.session.execute(_SOME_DAYS, asked | {"ids": list(only_days)}).all()


def _stands(
    programme: Programme,
    school: School,
    days: Sequence[Any],
    *,
    now: datetime,
    instead_of: int | None,
    beside: tuple[int, ...],
) -> dict[int, list[fit.Stand]]:
    """The shows and live holds on each day, by get-in; the school's own holds and `instead_of` left out."""
    rows = db.session.execute(
        _STANDS, {"programme_id": programme.id, "first": days[0].day, "last": days[-1].day}
    )
    found: dict[int, list[fit.Stand]] = {}
    for day_id, performance_id, urn, get_in_at, away_at, easting, northing, held_until, town in rows:
        if held_until is not None and (
            held_until <= now or (urn == school.urn and performance_id not in beside)
        ):
            continue
        if performance_id == instead_of:
            continue
        place = None if easting is None or northing is None else Place(easting=easting, northing=northing)
        found.setdefault(day_id, []).append(
            fit.Stand(
                urn=urn, get_in=fit.minute_of(get_in_at), away=fit.minute_of(away_at), place=place, town=town
            )
        )
    return found
