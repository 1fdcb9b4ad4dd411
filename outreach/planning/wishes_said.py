"""Wishes for the days of a plan in words: what each did to it, beside the days as the planner found them, and what it
costs on the road. Pure."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from outreach.ground.wording import count, day_short, number
from outreach.ground.wording import day as day_words
from outreach.planning.drawing_up import Drawn
from outreach.planning.rules import NIGHTS, PlanRules
from outreach.tour.planning import nights_away
from outreach.tour.planning.day_wishes import BEHIND, NEAR, NOT_AT_ALL, WISHES, from_middle, monday_of
from outreach.tour.planning.nights_away import TIMES, NightAway
from outreach.tour.planning.plan import Plan, PlannedVisit


@dataclass(frozen=True, kw_only=True)
class CameOfWish:
    """What came of one wish: `minutes` that it costs on the road, and what it did, in words. `nights` that it proposes:
    after which tour day, and in words."""

    wish: str
    minutes: int
    did: str
    nights: list[dict[str, Any]] = field(default_factory=list)

    def packed(self) -> dict[str, Any]:
        """As JSON holds it."""
        return asdict(self)


def came_of_wishes(drawn: Drawn, plan: Plan, rules: PlanRules) -> list[CameOfWish]:
    """What came of each wish; nothing where the plan proposes nothing."""
    if not plan.visits:
        return []
    did = {BEHIND: _behind, NEAR: _near}
    minutes = dict(plan.wish_minutes)
    before = plan.undealt or plan.visits
    came = [
        CameOfWish(
            wish=wish, minutes=minutes.get(wish, 0), did=did.get(wish, _weeks)(drawn, plan.visits, before)
        )
        if drawn.problem.wishes.strength(wish) != NOT_AT_ALL
        else CameOfWish(wish=wish, minutes=0, did="not looked at")
        for wish in WISHES
    ]
    return [*came, _nights(drawn, plan, rules)]


def _nights(drawn: Drawn, plan: Plan, rules: PlanRules) -> CameOfWish:
    """The nights that save what they have to, and what each saves; of a plan without, what they would."""
    times = TIMES.get(rules.wish_nights, 1)
    found = nights_away.nights(drawn.problem, plan.visits, above=times * rules.night_minutes)
    if not found:
        did = f"no night would take off more than {count(times * rules.night_minutes, 'minute')} of road"
        return CameOfWish(wish=NIGHTS, minutes=0, did=did)
    saved, pounds = sum(night.saves for night in found), len(found) * rules.night_pounds
    did = (
        f"{count(len(found), 'night')} would take off {count(saved, 'minute')} of road, for £{number(pounds)}"
    )
    if rules.wish_nights == NOT_AT_ALL:
        return CameOfWish(wish=NIGHTS, minutes=0, did=did)
    proposed = [
        {"tour_day_id": drawn.days[night.day].tour_day_id, "said": _night(drawn, night)} for night in found
    ]
    return CameOfWish(wish=NIGHTS, minutes=0, did=did, nights=proposed)


def _night(drawn: Drawn, night: NightAway) -> str:
    day = drawn.days[night.day]
    near = drawn.problem.places[night.near]
    return f"{day_words(day.day)}, {day.troupe_name}: near {near}, {count(night.saves, 'minute')} less on the road"


def _behind(drawn: Drawn, now: Sequence[PlannedVisit], before: Sequence[PlannedVisit]) -> str:
    """Of the district whose schools are the most urgent: when it is done."""
    urgent: dict[str, list[float]] = defaultdict(list)
    for urn in {visit.school for visit in now}:
        if name := drawn.schools[urn].district_name:
            urgent[name].append(drawn.schools[urn].urgency)
    if not any(map(sum, urgent.values())):
        return "no school is more urgent than another"
    most = max(sorted(urgent), key=lambda name: sum(urgent[name]) / len(urgent[name]))
    done, was = (
        max(drawn.days[v.day].day for v in visits if drawn.schools[v.school].district_name == most)
        for visits in (now, before)
    )
    return f"{most} is done by {day_short(done)}" + (f", not {day_short(was)}" if was != done else "")


def _near(drawn: Drawn, now: Sequence[PlannedVisit], before: Sequence[PlannedVisit]) -> str:
    """How far a school lies from the middle one of its troupe's week, on average."""
    mean, was = _from_middle(drawn, now), _from_middle(drawn, before)
    return f"a school lies {count(mean, 'minute')} from the middle of its week" + (
        f", not {was}" if was != mean else ""
    )


def _from_middle(drawn: Drawn, visits: Sequence[PlannedVisit]) -> int:
    place = {gap.school: gap.place for gap in drawn.problem.gaps}
    weeks: dict[tuple[int, date], list[int]] = defaultdict(list)
    for day in drawn.problem.days:
        weeks[day.troupe, monday_of(day.day)] += (show.place for show in day.booked)
    for visit in visits:
        at = place[visit.school]
        if visit.guest_of is None and at is not None:
            there = drawn.days[visit.day]
            weeks[there.troupe_number, monday_of(there.day)].append(at)
    shows = sum(map(len, weeks.values()))
    return round(sum(from_middle(drawn.problem.road, places) for places in weeks.values()) / max(1, shows))


def _weeks(drawn: Drawn, now: Sequence[PlannedVisit], before: Sequence[PlannedVisit]) -> str:
    if drawn.problem.wishes.filled:
        last, was = (max(monday_of(drawn.days[v.day].day) for v in visits) for visits in (now, before))
        return f"the last week is that of {day_short(last)}" + (
            f", not {day_short(was)}" if was != last else ""
        )
    played, were = _days_a_week(drawn, now), _days_a_week(drawn, before)
    return f"{played} days a week" + (f", not {were}" if were != played else "")


def _days_a_week(drawn: Drawn, visits: Sequence[PlannedVisit]) -> str:
    """'from 2 to 4': how many a troupe plays, of the weeks in which it gives the most days."""
    given: dict[tuple[int, date], int] = defaultdict(int)
    played: dict[tuple[int, date], int] = defaultdict(int)
    used = {visit.day for visit in visits}
    for day in drawn.problem.days:
        given[day.troupe, monday_of(day.day)] += 1
        played[day.troupe, monday_of(day.day)] += bool(day.booked) or day.number in used
    full = [played[week] for week in given if given[week] == max(given.values())]
    return str(min(full)) if min(full) == max(full) else f"{min(full)} to {max(full)}"


def kept(packed: Sequence[Mapping[str, Any]]) -> list[CameOfWish]:
    """As `packed` left them."""
    return [CameOfWish(**each) for each in packed]
