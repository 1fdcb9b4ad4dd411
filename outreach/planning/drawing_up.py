"""A programme becomes a problem for the planner: its gaps, its tour days with what stands on them, the roads.

What may not move is booked to the planner: shows, holds, and proposals unless the rules let them move. Tour
days whose shows cannot be played as they stand are left out, and named.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from outreach.county import partnerships
from outreach.county.partnerships import Partnership
from outreach.ground.timespans import local
from outreach.planning import candidates, hypothetical_days
from outreach.planning.candidates import Candidate, WaitingProposal
from outreach.planning.hypothetical_days import PlannedDay, minute
from outreach.planning.orders import DRAWN, STRUCK, PlanLine
from outreach.planning.rules import PlanRules
from outreach.tour import over_lunch, roads
from outreach.tour.fit import SlotMinutes, slot_minutes
from outreach.tour.planning import problem as problems
from outreach.tour.planning.problem import (
    BookedShow,
    CannotPlan,
    Guests,
    KeptShow,
    Minutes,
    Problem,
    ProblemDay,
    SchoolToPlan,
)
from outreach.tour.planning.worth import worth
from outreach.tour.programmes import Programme
from outreach.tour.roads import Roads, Stop

ASKED_PRICE, DRAWN_PRICE, PINNED_PRICE = 120.0, 30.0, 10_000.0
"""Minutes of driving that moving a show costs: one that a school was asked about, one only drawn up, one
pinned."""


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """A problem and what its numbers stand for: tour days by number, candidates by URN. Plain facts, no rows.

    `left_out`: (URN, shows, why) before any planning. `unplayable`: sentences on tour days that were left
    out. `movable`: the kept times that may move.
    """

    problem: Problem
    days: dict[int, PlannedDay]
    schools: dict[int, Candidate]
    left_out: tuple[tuple[int, int, str], ...]
    unplayable: tuple[str, ...]
    movable: tuple[WaitingProposal, ...]


def draw(programme: Programme, rules: PlanRules, *, before: Sequence[PlanLine] = (), now: datetime) -> Drawn:
    """The problem as the programme stands now; about 40 queries. `before`: the lines of the plans that it
    follows on, the newest plan's first.

    Raises CannotPlan when there is nothing to plan on, or nobody to plan for.
    """
    partnership = partnerships.get(programme.partnership_id)
    struck: dict[int, set[date]] = {}
    for line in before:
        if line.state == STRUCK:
            struck.setdefault(line.organisation_id, set()).add(line.day)
    found = candidates.candidates_of_programme(programme, rules, struck=struck, now=now)
    days = hypothetical_days.days(programme, rules, now=now)
    if not days:
        raise CannotPlan(
            "There are no tour days left to plan on: none that keeps the notice for booking"
            + (", with these troupes, by the day to finish by." if rules.troupes or rules.until else ".")
            + " Add tour days first."
        )
    numbers = {day.tour_day_id: day.number for day in days if day.tour_day_id is not None}
    waiting = [each for candidate in found.schools.values() for each in candidate.waiting]
    movable = tuple(each for each in waiting if rules.moves and each.tour_day_id in numbers)
    free = {each.performance_id for each in movable}
    where = _Where(roads.roads_of_partnership(partnership))
    gaps = tuple(_gaps(programme, partnership, rules, found.schools, days, where, free=free))
    on_offer = _on_offer(programme, rules, days, found.schools, free)
    planned = tuple(_day(day, where, free, on_offer) for day in days)
    whole = Problem(
        places=tuple(where.names),
        road=where.matrix(),
        gaps=gaps,
        days=planned,
        minutes=Minutes(
            get_in=programme.get_in_minutes,
            play=programme.show_minutes,
            get_out=programme.get_out_minutes,
            turn=programme.turn_minutes,
            step=partnership.slot_step_minutes,
        ),
        kept=tuple(_kept(before, movable, numbers)),
        whole_schools=rules.whole_schools,
        guests=Guests(reach=partnership.guest_minutes) if rules.guests else None,
        apart=float(rules.apart),
        wishes=rules.wishes,
    )
    problems.check(replace(whole, days=tuple(replace(day, booked=()) for day in planned)))
    playable, unplayable = _playable(whole)
    if not playable:
        raise CannotPlan(unplayable[0])
    shown = sum(bool(day.booked) for day in playable)
    most = None if rules.days_at_most is None else max(0, rules.days_at_most - shown)
    return Drawn(
        problem=replace(whole, days=playable, days_at_most=most),
        days={day.number: day for day in days},
        schools=found.schools,
        left_out=found.left_out,
        unplayable=unplayable,
        movable=movable,
    )


class _Where:
    """Every place of a problem once, by its key on the road; who came first says what it is called."""

    def __init__(self, ways: Roads) -> None:
        self.ways = ways
        self.at: dict[int, int] = {}
        self.stops: list[Stop] = []
        self.names: list[str] = []

    def number(self, stop: Stop, name: str) -> int:
        if stop.key not in self.at:
            self.at[stop.key] = len(self.stops)
            self.stops.append(stop)
            self.names.append(name)
        return self.at[stop.key]

    def matrix(self) -> list[list[int]]:
        """Whole minutes between all places, the same both ways."""
        count = len(self.stops)
        table = [[0] * count for _ in range(count)]
        for a, one in enumerate(self.stops):
            for b in range(a):
                table[a][b] = table[b][a] = self.ways.minutes(one, self.stops[b])
        return table


def _gaps(
    programme: Programme,
    partnership: Partnership,
    rules: PlanRules,
    schools: Mapping[int, Candidate],
    days: Iterable[PlannedDay],
    where: _Where,
    *,
    free: Collection[int],
) -> Iterable[SchoolToPlan]:
    """The schools that still need a show; what is kept for one and may not move is a show less."""
    dates = {day.day for day in days}
    for candidate in schools.values():
        shows = candidate.shows - sum(each.performance_id not in free for each in candidate.waiting)
        if shows < 1:
            continue
        place, each = candidate.located.place, candidate.seated(0)
        opens, closes = candidate.calendar.hours()
        first = max(minute(programme.earliest_start), minute(opens))
        last = min(minute(programme.latest_finish), minute(closes)) - programme.show_minutes + rules.later
        takes = slot_minutes(programme, partnership, candidate.calendar)
        is_small = each is not None and each <= partnership.small_school_pupils
        yield SchoolToPlan(
            school=candidate.organisation_id,
            place=None
            if place is None
            else where.number(Stop(candidate.organisation_id, place), candidate.name),
            shows=shows,
            worth=worth(
                shows, candidate.pupils, candidate.never_seen, candidate.behind, rules.first, rules.weights
            ),
            windows=_windows(takes, first, last),
            dates=candidate.dates(dates, for_adults=programme.for_adults),
            seats=max(0, programme.audience_ceiling - each) if each is not None else 0,
            pupils=each if is_small and each is not None and shows == 1 else 0,
            region=candidate.district_code,
            urgency=candidate.urgency,
            stays_over=over_lunch.stays_over(takes.lunch),
            set_stays=over_lunch.set_stays(takes.lunch),
        )


def _windows(takes: SlotMinutes, first: int, last: int) -> tuple[tuple[int, int], ...]:
    """What lunch leaves of the starts from first to last, with time enough to set up before it; stretches without a
    step between them are one."""
    found: list[tuple[int, int]] = []
    for each in over_lunch.starts(takes.lunch, first, last, minutes=takes, arrives=0):
        begins = each.first
        if found and begins - found[-1][1] <= takes.step:
            begins, _ = found.pop()
        found.append((begins, each.last))
    return tuple(found)


def _on_offer(
    programme: Programme,
    rules: PlanRules,
    days: Iterable[PlannedDay],
    schools: Mapping[int, Candidate],
    free: Collection[int],
) -> dict[int, int]:
    """The seats for guests of each show that stands: what its host leaves and does not keep, or, where it has
    been asked and not booked yet, what its pupils would leave."""
    found: dict[int, int] = {}
    if not rules.guests:
        return found
    kept = {
        each.performance_id: candidate.seated(at)
        for candidate in schools.values()
        for at, each in enumerate(candidate.waiting)
        if each.performance_id not in free
    }
    for show in (show for day in days for show in day.shows):
        pupils = kept.get(show.performance_id)
        if show.seats is not None:
            found[show.performance_id] = show.seats
        elif pupils is not None:
            found[show.performance_id] = max(0, programme.audience_ceiling - pupils)
    return found


def _day(day: PlannedDay, where: _Where, free: Collection[int], on_offer: Mapping[int, int]) -> ProblemDay:
    """A tour day as the planner takes it; what is `free` to move does not stand on it. `on_offer`: the seats
    that shows have for guests."""
    base = f"the base of {day.troupe_name}"
    return ProblemDay(
        number=day.number,
        troupe=day.troupe_number,
        day=day.day,
        leaves=day.leaves,
        returns=day.returns,
        at_most=day.at_most,
        leaves_from=None if day.leaves_from is None else where.number(day.leaves_from, base),
        returns_to=None if day.returns_to is None else where.number(day.returns_to, base),
        booked=tuple(
            BookedShow(
                place=where.number(show.stop, show.host),
                gets_in=show.gets_in,
                away=show.away,
                region=show.district_code,
                seats=on_offer.get(show.performance_id, 0),
                number=show.performance_id,
                school=show.organisation_id,
                starts=show.starts,
                ends=show.ends,
                stood=show.stood,
                set_stays=show.set_stays,
            )
            for show in day.shows
            if show.performance_id not in free
        ),
        lunch=day.lunch,
    )


def _kept(
    before: Sequence[PlanLine], movable: Iterable[WaitingProposal], numbers: Mapping[int, int]
) -> Iterable[KeptShow]:
    """What should stay where it is, and what moving it costs: kept times that may move, lines that were only
    drawn up."""
    newest = max((line.plan_id for line in before), default=0)
    pinned = {line.proposal_id for line in before if line.pinned}
    for each in movable:
        yield KeptShow(
            school=each.organisation_id,
            day=numbers[each.tour_day_id],
            starts=minute(local(each.starts_at).time()),
            price=PINNED_PRICE if each.proposal_id in pinned else ASKED_PRICE,
        )
    for line in before:
        of_paper = line.state == DRAWN and line.proposal_id is None and not line.is_guest
        day = numbers.get(line.tour_day_id) if line.tour_day_id is not None else None
        if line.plan_id == newest and of_paper and day is not None:
            yield KeptShow(
                school=line.organisation_id,
                day=day,
                starts=minute(local(line.starts_at).time()),
                price=PINNED_PRICE if line.pinned else DRAWN_PRICE,
            )


def _playable(whole: Problem) -> tuple[tuple[ProblemDay, ...], tuple[str, ...]]:
    """The days whose shows can be played one after the other, and a sentence on each other one."""
    playable, unplayable = [], []
    for day in whole.days:
        try:
            if day.booked:
                problems.check_day(whole, day)
        except CannotPlan as refusal:
            unplayable.append(str(refusal))
        else:
            playable.append(day)
    return tuple(playable), tuple(unplayable)


__all__ = ["CannotPlan", "Drawn", "draw"]
