"""Small repairs of a stretch of the diary: two that would drive less in each other's place, both keeping their day.

They are found by the roads and rules of which plans are made, without a plan; each is looked at and done as every other
swap (swapping.py).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import combinations

from outreach.booking.agenda import swapping
from outreach.booking.agenda.swapping import Day
from outreach.booking.agenda.tour_diary import Diary, DiaryDay
from outreach.booking.agenda.troupe_day import Block, DrawnShow, TroupeDay, minute, stop_of
from outreach.county import organisations, school_days, school_locations
from outreach.county.partnerships import Partnership
from outreach.ground.db import db
from outreach.tour import fit, roads, slots
from outreach.tour.roads import Roads

WORTH_MINUTES = 20
"""For less road than this no school is asked to change its time."""

AT_MOST = 3
"""How many are offered at once: each that is done changes what the next would save."""


@dataclass(frozen=True, kw_only=True)
class Repair:
    """Two shows, or times kept, of one date. `saved`: minutes of road that it drives less."""

    day: date
    one: DrawnShow
    other: DrawnShow
    saved: int


def of_diary(diary: Diary, *, now: datetime) -> list[Repair]:
    """The best, no show in two of them; no rule of a troupe is broken for one. No query where the roads promise
    nothing, else a constant number."""
    ways = roads.roads_of_partnership(db.session.get_one(Partnership, diary.programme.partnership_id))
    promising = [repair for day in diary.days for repair in _of_date(day, ways, now=now)]
    promising.sort(key=lambda repair: (-repair.saved, repair.one.id, repair.other.id))
    found: list[Repair] = []
    if not promising:
        return found
    judges, days = _judges(diary, promising), _days(diary, promising, now=now)
    for repair in promising:
        taken = {show.id for each in found for show in (each.one, each.other)}
        if len(found) < AT_MOST and not taken & {repair.one.id, repair.other.id}:
            saved = _saved(repair, judges, days, ways, now=now)
            if saved >= WORTH_MINUTES:
                found.append(replace(repair, saved=saved))
    return found


def _of_date(there: DiaryDay, ways: Roads, *, now: datetime) -> Iterator[Repair]:
    """The pairs of a date that would drive so much less from where they stand, whether or not they have the time."""
    # Where nobody knows the way to the first school or home, less road is only road that is not reckoned.
    rows = [row for row in there.rows if row.leaves_from and row.returns_to]
    movable = [(row, block) for row in rows for block in row.blocks if _may_move(block, now=now)]
    for (row, one), (other_row, other) in combinations(movable, 2):
        shows = one.performance, other.performance
        if shows[0].organisation_id == shows[1].organisation_id:
            continue
        on = [row] if row is other_row else [row, other_row]
        saved = sum(_driven(each, ways) - _driven(each, ways, shows) for each in on)
        if saved >= WORTH_MINUTES:
            yield Repair(day=there.day, one=shows[0], other=shows[1], saved=saved)


def _may_move(block: Block, *, now: datetime) -> bool:
    return block.movable and (block.proposal is None or block.proposal.is_open(now))


def _driven(row: TroupeDay, ways: Roads, swapped: tuple[DrawnShow, ...] = ()) -> int:
    """Minutes on the road of a troupe's day, with two in each other's place."""
    instead = dict(zip((show.id for show in swapped), reversed(swapped), strict=True))
    shows = (instead.get(block.performance.id, block.performance) for block in row.blocks)
    return ways.along((row.leaves_from, *map(stop_of, shows), row.returns_to))


def _judges(diary: Diary, promising: list[Repair]) -> dict[int, fit.Judge]:
    """The rules for each school that might move, by its id."""
    programme = diary.programme
    partnership = db.session.get_one(Partnership, programme.partnership_id)
    asked = organisations.known({s.organisation_id for each in promising for s in (each.one, each.other)})
    located, calendars = (
        school_locations.locate_all(asked),
        school_days.load(organisation.organisation_id for organisation in asked),
    )
    return {
        organisation.organisation_id: fit.Judge(
            programme,
            partnership,
            organisation,
            located=located[organisation.organisation_id],
            calendar=calendars[organisation.organisation_id],
        )
        for organisation in asked
    }


def _days(diary: Diary, promising: list[Repair], *, now: datetime) -> dict[int, Day]:
    ids = {show.tour_day_id for each in promising for show in (each.one, each.other)}
    return {
        day.id: (day, stands)
        for day, stands in slots.tour_days(diary.programme, now=now, only_days=sorted(ids))
    }


def _saved(
    repair: Repair, judges: dict[int, fit.Judge], days: dict[int, Day], ways: Roads, *, now: datetime
) -> int:
    """What it saves, each school being where it is known to be by now; 0 where one has no time in the place of the
    other."""
    both = repair.one, repair.other
    out = {(show.organisation_id, minute(show.get_in_at)) for show in both}
    before = {show.tour_day_id: days[show.tour_day_id] for show in both}
    empty = {
        id_: (day, [stand for stand in stands if (stand.organisation_id, stand.get_in) not in out])
        for id_, (day, stands) in before.items()
    }
    judged = judges[repair.one.organisation_id], judges[repair.other.organisation_id]
    found = swapping.fitted(judged, both, empty, now=now)
    return swapping.saved(ways, before, found.days) if found is not None else 0
