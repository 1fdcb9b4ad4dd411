"""A second, slow reading of a plan that knows the rules of the trade and nothing of how plans are made."""

from collections import Counter, defaultdict
from itertools import pairwise

from search import sets_up

from outreach.tour.planning.plan import Plan
from outreach.tour.planning.problem import Problem, ProblemDay


def faults(problem: Problem, plan: Plan) -> list[str]:
    """All that is wrong with a plan; nothing, if nothing is."""
    found: list[str] = []
    minutes = problem.minutes
    gaps = {gap.school: gap for gap in problem.gaps}
    days = {day.number: day for day in problem.days}
    by_day = defaultdict(list)
    for visit in plan.visits:
        if visit.guest_of is None:
            by_day[visit.day].append(visit)
    driving = 0
    found += _guests(problem, plan)
    for day in problem.days:
        # (gets in, away, place, whose hall or None, start, end, whether it is new)
        stands = [(s.gets_in, s.away, s.place, s.school, s.starts, s.ends, False) for s in day.booked]
        for visit in by_day[day.number]:
            gap = gaps[visit.school]
            ends = visit.starts + minutes.play
            stands.append((visit.gets_in, visit.away, gap.place, visit.school, visit.starts, ends, True))
            if day.day not in gap.dates:
                found.append(f"{visit}: the school cannot on that date")
            if not any(first <= visit.starts <= last for first, last in gap.windows):
                found.append(f"{visit}: outside the school's hours")
            if visit.starts % minutes.step:
                found.append(f"{visit}: not on a step")
            if not visit.gets_in <= visit.starts < ends <= visit.away:
                found.append(f"{visit}: out of order")
        stands.sort()
        if by_day[day.number] and len(stands) > day.at_most:
            found.append(f"day {day.number}: {len(stands)} shows, {day.at_most} at most")
        for at, (gets_in, away, _place, school, starts, ends, is_new) in enumerate(stands):
            if not is_new:
                continue
            same_before = at > 0 and stands[at - 1][3] == school
            same_after = at + 1 < len(stands) and stands[at + 1][3] == school
            if not same_before and gets_in != sets_up(problem, gaps[school], starts):
                found.append(f"day {day.number}, {school}: no get-in")
            if not same_after and away - ends != minutes.get_out:
                found.append(f"day {day.number}, {school}: no get-out")
            if same_before and starts - stands[at - 1][5] < minutes.turn:
                found.append(f"day {day.number}, {school}: the hall is not turned round")
            if same_after and stands[at + 1][4] - ends < minutes.turn:
                found.append(f"day {day.number}, {school}: the hall is not turned round for the next")
        for before, after in pairwise(stands):
            stays = before[3] is not None and before[3] == after[3]
            road = 0 if stays else problem.road[before[2]][after[2]]
            driving += road
            if before[1] + road > after[0] and not stays:
                found.append(f"day {day.number}: {before} and then {after} cannot be")
        if stands:
            out = 0 if day.leaves_from is None else problem.road[day.leaves_from][stands[0][2]]
            home = 0 if day.returns_to is None else problem.road[stands[-1][2]][day.returns_to]
            driving += out + home
            if by_day[day.number] and (day.leaves + out > stands[0][0] or stands[-1][1] + home > day.returns):
                found.append(f"day {day.number}: outside its hours")
        if by_day[day.number] and not _lunch(problem, day, stands):
            found.append(f"day {day.number}: no lunch")
    found += _sums(problem, plan, driving)
    dates = Counter()
    for number, visits in by_day.items():
        for school in {visit.school for visit in visits}:
            dates[school, days[number].day] += 1
    found += [f"{school} plays with two troupes on {day}" for (school, day), n in dates.items() if n > 1]
    return found


def _lunch(problem: Problem, day: ProblemDay, stands: list) -> bool:
    """Whether, however the troupe times its drives, there are enough free minutes in a row around noon."""
    if not day.lunch or len(stands) < 2:
        return True
    # (free from, may drive from, drive or turn-round, must be there)
    first, last = stands[0], stands[-1]
    gaps = {gap.school: gap for gap in problem.gaps}
    booked = {(show.school, show.starts): show for show in day.booked}

    def alone(stand: tuple) -> tuple[int, int, bool]:
        """When it would be set up by itself, and since when its set stands, and whether a set may stay for it."""
        if not stand[6]:
            show = booked[stand[3], stand[4]]
            return show.gets_in, show.stood or show.starts, show.set_stays
        comes = sets_up(problem, gaps[stand[3]], stand[4])
        return comes, comes + problem.minutes.get_in, gaps[stand[3]].set_stays

    for at, stand in enumerate(stands):
        comes, up, _ = alone(stand)
        turned = at and stand[3] is not None and stands[at - 1][3] == stand[3]
        if up < stand[4] and not turned and stand[0] == comes:
            if min(stand[4], 14 * 60 + 30) - max(up, 11 * 60) >= day.lunch:
                return True
    out = 0 if day.leaves_from is None else problem.road[day.leaves_from][first[2]]
    home = 0 if day.returns_to is None else problem.road[last[2]][day.returns_to]
    legs = [(0, day.leaves, out, first[0]), (last[1], last[1], home, None)]
    for before, after in pairwise(stands):
        stays = before[3] is not None and before[3] == after[3]
        if stays and alone(after)[2]:
            legs.append((before[5], before[5], problem.minutes.turn, after[4]))
        elif stays:
            free = before[5] + problem.minutes.get_out if before[6] else booked[before[3], before[4]].away
            legs.append((free, free, 0, alone(after)[0]))
        else:
            legs.append((before[1], before[1], problem.road[before[2]][after[2]], after[0]))
    for free, since, road, there in legs:
        until = day.returns if there is None else there
        for sets_out in range(since, int(until - road) + 1):
            for begins, ends in ((free, sets_out), (sets_out + road, 24 * 60 if there is None else there)):
                if min(ends, 14 * 60 + 30) - max(begins, 11 * 60) >= day.lunch:
                    return True
    return False


def _guests(problem: Problem, plan: Plan) -> list[str]:
    """What is wrong with those who come to a neighbour's show."""
    found = []
    gaps = {gap.school: gap for gap in problem.gaps}
    dates = {day.number: day.day for day in problem.days}
    seats = Counter()
    standing = {show.number: (day.number, show) for day in problem.days for show in day.booked if show.seats}
    for visit in plan.visits:
        if visit.guest_of is None:
            if visit.standing is not None:
                found.append(f"{visit}: no guest, and at a show that stands")
            continue
        guest = gaps[visit.school]
        road = problem.road[guest.place][_host_place(problem, visit)]
        if visit.standing is not None:
            on, show = standing[visit.standing]
            seats[visit.standing, "stands"] += guest.pupils
            shows = [(show.gets_in, show.starts, show.away)]
            if (on, show.school) != (visit.day, visit.guest_of) or guest.school == show.school:
                found.append(f"{visit}: not the show that stands")
        else:
            seats[visit.guest_of, visit.day, visit.starts] += guest.pupils
            shows = [
                (v.gets_in, v.starts, v.away)
                for v in plan.visits
                if (v.school, v.day, v.guest_of) == (visit.guest_of, visit.day, None)
            ]
        if (visit.gets_in, visit.starts, visit.away) not in shows:
            found.append(f"{visit}: there is no such show")
        if dates[visit.day] not in guest.dates:
            found.append(f"{visit}: the guest cannot on that date")
        if not any(first + road <= visit.starts <= last - road for first, last in guest.windows):
            found.append(f"{visit}: outside the guest's hours")
        if problem.guests is None or road > problem.guests.reach:
            found.append(f"{visit}: too far for a guest")
        if guest.shows > 1 or not guest.pupils:
            found.append(f"{visit}: no guest")
    on_offer = {
        show: standing[show[0]][1].seats if show[1] == "stands" else gaps[show[0]].seats for show in seats
    }
    found += [f"{show}: {n} guests" for show, n in seats.items() if n > on_offer[show]]
    return found


def _host_place(problem: Problem, visit) -> int:
    """Where a guest goes."""
    if visit.standing is not None:
        return next(
            show.place for day in problem.days for show in day.booked if show.number == visit.standing
        )
    return next(gap.place for gap in problem.gaps if gap.school == visit.guest_of)


def _beside(problem: Problem, plan: Plan) -> float:
    """Minutes that guests and days in several regions count as."""
    gaps = {gap.school: gap for gap in problem.gaps}
    minutes = 0.0
    for visit in plan.visits:
        if visit.guest_of is not None:
            road = problem.road[gaps[visit.school].place][_host_place(problem, visit)]
            minutes += problem.guests.price + 2 * road
    for day in problem.days:
        stood = {show.region for show in day.booked if show.region}
        there = stood | {
            gaps[v.school].region for v in plan.visits if v.day == day.number and v.guest_of is None
        }
        minutes += problem.apart * (max(len(there - {""}), 1) - max(len(stood), 1))
    return minutes


def _sums(problem: Problem, plan: Plan, driving: int) -> list[str]:
    found = []
    fresh = {day.number for day in problem.days if not day.booked} & {visit.day for visit in plan.visits}
    if problem.days_at_most is not None and len(fresh) > problem.days_at_most:
        found.append(f"{len(fresh)} days are used, {problem.days_at_most} at most")
    shown = Counter(visit.school for visit in plan.visits)
    missing = {gap.school: gap.shows - shown[gap.school] for gap in problem.gaps}
    if any(less < 0 for less in missing.values()):
        found.append("a school has more shows than it needs")
    if {out.school: out.shows for out in plan.left_out} != {s: n for s, n in missing.items() if n}:
        found.append("who is left out is not who is left out")
    if plan.reached != sum(n == 0 for n in missing.values()):
        found.append("the count of schools reached is wrong")
    if plan.driving != driving:
        found.append(f"{plan.driving} minutes of driving are claimed, {driving} were counted")
    lost = sum(gap.worth * missing[gap.school] / gap.shows for gap in problem.gaps)
    if problem.whole_schools and any(0 < missing[gap.school] < gap.shows for gap in problem.gaps):
        found.append("a school is shown in part")
    value = plan.driving - plan.booked_driving + lost + _beside(problem, plan)
    if not problem.kept and abs(plan.value - value) > 1e-6:
        found.append(f"a value of {plan.value} is claimed, {value} was counted")
    if plan.bounds.value > plan.value + 2e-3:
        found.append("the plan is better than its own bound")
    if plan.bounds.schools < plan.reached or plan.bounds.driving > plan.driving:
        found.append("the plan is better than its own bounds")
    return found
