"""Small problems made from a seed, mean ones among them: booked shows, lunches, few dates, two troupes,
schools far off."""

import math
import random
from dataclasses import replace
from datetime import date, timedelta
from itertools import combinations

from outreach.tour.planning.problem import (
    BookedShow,
    Guests,
    KeptShow,
    Minutes,
    Problem,
    ProblemDay,
    SchoolToPlan,
)
from outreach.tour.planning.set_up import StaysOver

FIRST = date(2026, 10, 5)
REGIONS = ("", "North", "South", "West")
STANDARD = Minutes(get_in=45, play=60, get_out=30, turn=30, step=15)


def problem(
    seed: int,
    *,
    schools: int = 5,
    days: int = 3,
    a_day: int = 2,
    troupes: int = 1,
    booked: float = 0.2,
    kept: int = 0,
    kept_twice: bool = False,
    whole_schools: bool = False,
    dates: float = 0.8,
    odd_roads: bool = False,
    lunch: bool = False,
    guests: bool = False,
    at_booked: bool = False,
    regions: bool = False,
    days_at_most: int | None = None,
    halls: bool = False,
    sets_stay: bool = False,
) -> Problem:
    """`booked`: the share of days with a show that stands; `dates`: of dates on which a school can.

    `kept_twice`: schools need two shows more often, and each kept one has another of its school on its day, at
    another time and price.

    `halls`: what stands is at a school that may need a show more.

    `sets_stay`: more than half of the schools eat in their hall, mostly so that the set may stay standing.

    `guests`: half of the schools are small; `at_booked`: what is booked has seats for them too; `regions`: three of
    them, at 25 minutes for each further one on a day.
    """
    seats = random.Random(f"seats {seed} {schools} {days} {a_day}")
    whose = random.Random(f"halls {seed} {schools} {days} {a_day}")
    eating = random.Random(f"eating {seed} {schools} {days} {a_day}")
    others = random.Random(f"beside {seed} {schools} {days} {a_day}")
    chance = random.Random(
        f"{seed} {schools} {days} {a_day} {troupes} {booked} {kept} {whole_schools} {dates}"
    )
    points = [(chance.uniform(0, 60), chance.uniform(0, 60)) for _ in range(schools + troupes + 1)]
    road = tuple(
        tuple(0 if i == j else math.ceil(6 + 1.25 * math.dist(a, b)) for j, b in enumerate(points))
        for i, a in enumerate(points)
    )
    if odd_roads:
        factor = {pair: chance.uniform(0.3, 2) for pair in combinations(range(len(points)), 2)}
        road = tuple(
            tuple(round(m * factor.get((min(i, j), max(i, j)), 1)) for j, m in enumerate(line))
            for i, line in enumerate(road)
        )
    minutes = STANDARD if a_day == 2 else Minutes(get_in=30, play=45, get_out=20, turn=20, step=5)
    calendar = [FIRST + timedelta(days=n) for n in range(-(-days // troupes))]
    tour = []
    for number in range(days):
        troupe = number % troupes
        base = schools + 1 + troupe
        leaves, returns = chance.choice((6 * 60 + 30, 7 * 60 + 30)), chance.choice((16 * 60, 18 * 60))
        gets_in = chance.randrange(9 * 60, 12 * 60 + 30, 15)
        away = gets_in + minutes.get_in + minutes.play + minutes.get_out
        there = whose.randrange(schools) if halls else schools
        fits = leaves + road[base][there] <= gets_in and away + road[there][base] <= returns
        stands = ()
        if chance.random() < booked and fits:
            region = others.choice(REGIONS) if regions else ""
            starts = gets_in + minutes.get_in
            stands = (
                BookedShow(
                    place=there,
                    gets_in=gets_in,
                    away=away,
                    region=region,
                    seats=seats.choice((0, 40, 90)) if at_booked else 0,
                    number=900 + number,
                    school=1000 + there if halls else 1900 + number,
                    starts=starts,
                    ends=starts + minutes.play,
                ),
            )
        tour.append(
            ProblemDay(
                number=100 + number,
                troupe=troupe,
                day=calendar[number // troupes],
                leaves=leaves,
                returns=returns,
                at_most=seats.choice((1, a_day)) if at_booked else a_day,
                leaves_from=base if chance.random() < 0.9 else None,
                returns_to=base,
                booked=stands,
                lunch=others.choice((0, 30, 45, 90)) if lunch else 0,
            )
        )
    gaps = []
    for number in range(schools):
        lunch = chance.choice((0, 12 * 60, 12 * 60 + 30))
        first, last = chance.choice((9 * 60, 9 * 60 + 20)), chance.choice((13 * 60, 14 * 60))
        windows = ((first, last),) if not lunch else ((first, lunch - minutes.play), (lunch + 45, last))
        stays_over = None
        if sets_stay and eating.random() < 0.7:
            since = eating.choice((11 * 60 + 20, 12 * 60, 12 * 60 + 15))
            stays_over = StaysOver(since, since + eating.choice((45, 70)))
            windows = ((first, since - minutes.play - minutes.get_out), (stays_over.until, last))
        set_stays = not sets_stay or stays_over is not None or eating.random() < 0.5
        gaps.append(
            SchoolToPlan(
                school=1000 + number,
                place=number if chance.random() < 0.95 else None,
                shows=chance.choice((1, 2, 2) if kept_twice else (1, 1, 1, 2)),
                worth=chance.choice((40, 90, 600, 660, 712.4)),
                windows=windows,
                dates=frozenset(day for day in calendar if chance.random() < dates),
                seats=others.choice((0, 60, 60, 100)) if guests else 0,
                pupils=others.choice((0, 30, 40, 60)) if guests else 0,
                region=others.choice(REGIONS) if regions else "",
                stays_over=stays_over,
                set_stays=set_stays,
            )
        )
    proposed = tuple(
        KeptShow(
            school=chance.choice(gaps).school,
            day=chance.choice(tour).number,
            starts=chance.randrange(9 * 60, 14 * 60, 15),
            price=chance.choice((30, 120)),
        )
        for _ in range(kept)
    )
    kept_shows = {(k.school, k.day): k for k in proposed}
    if kept_twice:
        kept_shows |= {
            (k.school, k.day, 2): replace(
                k, starts=others.randrange(9 * 60, 14 * 60, 15), price=others.choice((30, 120, 500))
            )
            for k in proposed
        }
    return Problem(
        places=tuple(f"Place {n}" for n in range(len(points))),
        road=road,
        gaps=tuple(gaps),
        days=tuple(tour),
        minutes=minutes,
        kept=tuple(kept_shows.values()),
        whole_schools=whole_schools,
        guests=Guests(reach=others.choice((30, 60)), price=others.choice((0, 20, 60))) if guests else None,
        apart=25 if regions else 0,
        days_at_most=days_at_most,
    )
