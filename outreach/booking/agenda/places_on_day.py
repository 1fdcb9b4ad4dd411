"""Places on a tour day where something could go, or why it could not; with the minutes of road that each
would save. Pure, but for one reading of the roads as they are."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from outreach.county.partnerships import Partnership
from outreach.county.school_days import INSET_DAY, RULED_OUT
from outreach.county.schools import Organisation
from outreach.ground.db import db
from outreach.ground.timespans import day_of, local
from outreach.ground.wording import count
from outreach.tour import fit, hours, roads, slots
from outreach.tour.fit import LATEST, LUNCH, REST, DayOffer
from outreach.tour.performances import Performance, Slot
from outreach.tour.programmes import Programme
from outreach.tour.roads import Roads, Stop

BROKEN = {
    LUNCH: "no lunch for the company",
    REST: "too short a night for the company",
    LATEST: "the company is back late",
}
"""A rule of the troupe that a coordinator may put up with: in words."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """Some starts on one tour day, in minutes; it takes the day from `begins` to `ends`.

    `get_ins`: minutes from set-up to each of them. `why_not`: why it is no place, without a start; '' where it is
    one. `breaks`: the rule of the troupe that it would break, in words. `saved`: minutes of road, below nought
    where there is more of it. `here`: the show stands in it now.
    """

    tour_day_id: int
    starts: tuple[int, ...] = ()
    get_ins: tuple[int, ...] = ()
    begins: int = 0
    ends: int = 0
    saved: int = 0
    why_not: str = ""
    breaks: str = ""
    here: bool = False

    @property
    def first(self) -> int:
        return self.starts[0]

    @property
    def key(self) -> str:
        """Of its first start."""
        return self.key_at(self.first)

    def key_at(self, start: int) -> str:
        return f"{self.tour_day_id}-{start // 60:02d}{start % 60:02d}"

    def slot_at(self, start: int, like: Slot) -> Slot:
        get_in = self.get_ins[self.starts.index(start)]
        return replace(like, tour_day_id=self.tour_day_id, start_minute=start, get_in_minutes=get_in)


def of_day(
    offer: DayOffer,
    without_rest: DayOffer,
    *,
    now_costs: int,
    stands: Performance | None,
    organisation: Organisation,
    now: datetime,
) -> Iterator[Place]:
    """The places of one day, or the one word why there is none. `stands`: the show as it is, whose own start
    is none; None where a school has no show yet.

    `without_rest`: what the day would offer if the troupe's lunch, rest and latest return were put up with;
    asked only where it offers nothing else.
    """
    there = offer if offer.gaps else without_rest
    shape = there.shape
    earliest = _of(local(now)) + 1 if offer.day == day_of(now) else 0
    stood = _of(local(stands.starts_at)) if stands and there.tour_day_id == stands.tour_day_id else -1
    found: list[Place] = []
    for gap in there.gaps:
        starts = [at for at in range(gap.first, gap.last + 1, shape.step) if at >= earliest]
        here = stood in starts
        starts = [at for at in starts if at != stood]
        if not starts:
            continue
        place = Place(
            tour_day_id=there.tour_day_id,
            starts=tuple(starts),
            get_ins=tuple(map(shape.get_in_before, starts)),
            begins=starts[0] - shape.get_in_before(starts[0]),
            ends=starts[-1] + shape.show + shape.get_out,
            saved=now_costs - gap.extra_minutes,
            here=here,
            breaks="" if offer.gaps else BROKEN.get(offer.barred, BROKEN[LUNCH]),
        )
        # What a lunch cuts in two is one place to the eye.
        if found and found[-1].ends > place.begins and found[-1].saved == place.saved:
            last = found.pop()
            place = replace(
                place,
                starts=(*last.starts, *starts),
                get_ins=(*last.get_ins, *place.get_ins),
                begins=last.begins,
                here=here or last.here,
            )
        found.append(place)
    yield from found
    if not found:
        yield Place(
            tour_day_id=offer.tour_day_id, why_not=why(there, organisation, too_late=bool(there.gaps))
        )


def costs_now(performance: Performance, programme: Programme, *, now: datetime) -> int:
    """Minutes of road that a show costs where it stands: with it less without it, as fit.Judge reckons a
    place."""
    partnership = db.session.get_one(Partnership, programme.partnership_id)
    ways = roads.roads_of_partnership(partnership)
    for day, stands in slots.tour_days(programme, now=now, only_days=[performance.tour_day_id]):
        at = next(
            (
                n
                for n, s in enumerate(stands)
                if (s.organisation_id, s.get_in)
                == (performance.organisation_id, _of(local(performance.get_in_at)))
            ),
            None,
        )
        if at is None:
            break
        truly = hours.reckon(day, whatever_the_rest=True)
        before = stands[at - 1].stop if at else truly.leaves_from
        after = stands[at + 1].stop if at + 1 < len(stands) else truly.returns_to
        return extra(ways, before, stands[at].stop, after)
    return 0


def extra(ways: Roads, before: Stop | None, here: Stop, after: Stop | None) -> int:
    """The road that a stop between two others costs, in minutes; the others None where nothing is known of
    them."""
    if before is None and after is None:
        return fit.EMPTY_DAY_MINUTES
    to = ways.minutes(before, here) if before else 0
    on = ways.minutes(here, after) if after else 0
    known = before and after and before.place and after.place
    return max(0, to + on - (ways.minutes(before, after) if known and before and after else 0))


def said(saved: int) -> str:
    """'12 min less road', '4 min more road', 'same road'."""
    if not saved:
        return "the same road"
    return f"{abs(saved)} min {'less' if saved > 0 else 'more'} road"


def why(offer: DayOffer, organisation: Organisation, *, too_late: bool) -> str:
    """Why a day has no place for it, in a few words; `too_late`: it has none but where it stands, or none to come."""
    if too_late:
        return "Nowhere else that day"
    if offer.why_not == "full":
        return "Full"
    if offer.short:
        return f"{count(offer.short, 'minute')} short" + (" on the road" if offer.by_road else "")
    named = {INSET_DAY: "INSET day", RULED_OUT: "Ruled out", fit.OVER_LUNCH: "Over lunch"}
    said = named.get(offer.why_not, offer.why_not)
    at_school = offer.why_not and not offer.why_not.startswith(("no time", "the company"))
    return f"{said[:1].upper()}{said[1:]}" + (f" at {organisation.name}" if at_school else "")


def _of(at: datetime) -> int:
    return at.hour * 60 + at.minute
