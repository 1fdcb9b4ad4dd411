"""Counties to plan, made from a seed: the real Oxfordshire register's schools, and made-up ones as dense.

One generator for the figures of planner.py and replan.py. Of the real county only places and pupils are read;
its dates, hours and lunches are made up too.
"""

import csv
import os
import random
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
from serving import ROOT

from outreach.county import establishments
from outreach.ground.geography import Place
from outreach.ground.school_year import offered
from outreach.tour import over_lunch
from outreach.tour.fit import SlotMinutes
from outreach.tour.over_lunch import KeptOut
from outreach.tour.planning.problem import BookedShow, Guests, Minutes, Problem, ProblemDay, SchoolToPlan
from outreach.tour.roads import Roads, Stop

SHARED = Path(os.environ.get("OUTREACH_SHARED", ROOT.parent / "shared"))
REGISTER = SHARED / "data/register/oxfordshire_full_derived.csv"

YEAR_GROUPS = (8, 9)
CEILING = 300
TWO_A_DAY = Minutes(get_in=45, play=60, get_out=30, turn=30)
THREE_A_DAY = Minutes(get_in=30, play=50, get_out=20, turn=20)
FIRST_DAY = date(2026, 9, 14)
MOST_DAYS = 150
SMALL, REACH = 100, 20
OXFORD = Place(easting=451300, northing=206200)
SQUARE_KM_A_SCHOOL = 2605 / 107
"""As dense as Oxfordshire."""

BY_DEFAULT = Minutes(get_in=60, play=75, get_out=30, turn=30, step=15)
OPENS, LAST_START, USUAL_LUNCH = 9 * 60, 15 * 60 - 75, KeptOut(12 * 60 + 15, 13 * 60 + 15, over_lunch.SHOW)
"""A programme and its schools where nobody has said anything else; `LAST_START`: so that it is over when they close."""

KENT_SCHOOLS, KENT_LONG, KENT_WIDE = 594, 96_000, 39_000
"""As many schools as Kent has on as much land, which is twice as long as it is wide, in metres: four times as
dense, so that a minute is a larger share of all driving."""


@dataclass(frozen=True, kw_only=True)
class School:
    """Of a school what its plan rests on."""

    organisation_id: int
    name: str
    place: Place
    pupils: int
    district: str


def real(register: Path) -> list[School]:
    """The county's schools with Year 8 or 9, with places; two pupil-less ones count 60."""
    found = []
    with register.open(encoding="cp1252", newline="") as file:
        for row in csv.DictReader(file):
            groups = _year_groups(row)
            mine = [group for group in YEAR_GROUPS if group in groups]
            if row["EstablishmentStatus (name)"].startswith("Open") and mine and row["Easting"]:
                pupils = int(row["NumberOfPupils"] or 0) * len(mine) / len(groups)
                found.append(
                    School(
                        organisation_id=int(row["URN"]),
                        name=row["EstablishmentName"],
                        place=Place(easting=int(row["Easting"]), northing=int(row["Northing"])),
                        pupils=round(pupils) or 60,
                        district=row["DistrictAdministrative (name)"],
                    )
                )
    return found


def _year_groups(row: dict[str, str]) -> tuple[int, ...]:
    if establishments.never_in(row["TypeOfEstablishment (name)"]):
        return ()
    if row["StatutoryLowAge"] and row["StatutoryHighAge"]:
        return offered(int(row["StatutoryLowAge"]), int(row["StatutoryHighAge"]))
    usual = establishments.usual_year_groups(row["PhaseOfEducation (name)"])
    return usual if usual is not None else YEAR_GROUPS


def made_up(count: int, chance: random.Random, *, long: float, wide: float) -> list[School]:
    """A county so many metres long and wide: six in ten schools in towns whose sizes fall as 1/rank, the
    others anywhere."""
    towns = [(chance.uniform(0, long), chance.uniform(0, wide)) for _ in range(max(3, count // 12))]
    sizes = [1 / (rank + 1) for rank in range(len(towns))]
    schools = []
    for number in range(count):
        if chance.random() < 0.6:
            (town,) = chance.choices(range(len(towns)), sizes)
            spread = 700 + 1800 * sizes[town] ** 0.5
            east, north = (chance.gauss(middle, spread) for middle in towns[town])
        else:
            east, north = chance.uniform(0, long), chance.uniform(0, wide)
        two = chance.random() < 0.26
        schools.append(
            School(
                organisation_id=900_000 + number,
                name=f"School {number}",
                place=Place(easting=round(400_000 + east), northing=round(200_000 + north)),
                pupils=chance.randint(260, 480) if two else chance.randint(40, 250),
                district=f"District {int(3 * east / long)}{int(3 * north / wide)}",
            )
        )
    return schools


def county(name: str, seed: int, register: Path = REGISTER) -> tuple[list[School], list[Place]]:
    """'ox', 'kent', '330' or '650' -> its schools and its troupes' bases."""
    if name == "ox":
        return real(register), [OXFORD]
    chance = random.Random(f"county {name} {seed}")
    if name == "kent":
        schools = made_up(KENT_SCHOOLS, chance, long=KENT_LONG, wide=KENT_WIDE)
    else:
        side = (int(name) * SQUARE_KM_A_SCHOOL) ** 0.5 * 1000
        schools = made_up(int(name), chance, long=side, wide=side)
    east = sorted(school.place.easting for school in schools)
    north = sorted(school.place.northing for school in schools)
    third = len(schools) // 3
    return schools, [
        Place(easting=east[third], northing=north[third]),
        Place(easting=east[-third], northing=north[-third]),
    ]


def problem(
    name: str,
    shape: str,
    seed: int,
    *,
    a_day: int = 2,
    minutes: Minutes | None = None,
    register: Path = REGISTER,
) -> Problem:
    """One instance: `shape` is 'loose' (a quarter more places than shows), 'tight' (a tenth fewer) or 'half'
    (loose, with half of the shows booked at random first).
    """
    schools, bases = county(name, seed, register)
    chance = random.Random(f"{name} {shape} {a_day} {seed}")
    minutes = minutes or (TWO_A_DAY if a_day == 2 else THREE_A_DAY)
    shows = [-(-school.pupils // CEILING) for school in schools]
    places = sum(shows) * (0.9 if shape == "tight" else 1.25)
    dates = _dates(min(MOST_DAYS, round(places / a_day / len(bases))))
    points = [school.place for school in schools] + bases
    days = tuple(
        ProblemDay(
            number=number * len(bases) + troupe,
            troupe=troupe,
            day=day,
            leaves=7 * 60,
            returns=18 * 60 + 30,
            at_most=a_day,
            leaves_from=len(schools) + troupe,
            returns_to=len(schools) + troupe,
        )
        for number, day in enumerate(dates)
        for troupe in range(len(bases))
    )
    gaps = tuple(
        SchoolToPlan(
            school=school.organisation_id,
            place=number,
            shows=shows[number],
            worth=600
            + 60 * (chance.random() < 0.2)
            + 300 * (chance.random() < 0.5)
            + min(school.pupils, 300) / 5,
            windows=_windows(chance, minutes.play),
            dates=_school_dates(chance, dates),
        )
        for number, school in enumerate(schools)
    )
    reckoned = Roads(base=6, per_km=1.25)
    stops = [Stop(key=number, place=point) for number, point in enumerate(points)]
    road = np.zeros((len(stops), len(stops)), np.int32)
    for number, one in enumerate(stops):
        for other in stops[:number]:
            road[number, other.key] = road[other.key, number] = reckoned.minutes(one, other)
    found = Problem(
        places=tuple(school.name for school in schools) + tuple(f"base {n + 1}" for n in range(len(bases))),
        road=road,
        gaps=gaps,
        days=days,
        minutes=minutes,
    )
    return booked_half(found, chance) if shape == "half" else found


def by_default(seed: int, *, lunch: bool, register: Path = REGISTER) -> Problem:
    """The real county with the hours of a programme by default, a quarter more places than shows. `lunch`: no show lies
    across the usual one, and two in one hall turn it round; else nobody knows of either."""
    minutes = BY_DEFAULT if lunch else replace(BY_DEFAULT, turn=BY_DEFAULT.get_out + BY_DEFAULT.get_in)
    found = problem("ox", "loose", seed, minutes=minutes, register=register)
    takes = SlotMinutes(
        step=minutes.step,
        show=minutes.play,
        get_in=minutes.get_in,
        get_out=minutes.get_out,
        turn=minutes.turn,
    )
    left = over_lunch.starts(USUAL_LUNCH if lunch else None, OPENS, LAST_START, minutes=takes)
    windows = tuple((each.first, each.last) for each in left)
    return replace(found, gaps=tuple(replace(gap, windows=windows) for gap in found.gaps))


def with_guests(problem: Problem, schools: list[School]) -> Problem:
    """The same, but that schools with up to 100 pupils may come to a neighbour's show within 20 minutes, in
    seats that the ceiling leaves.
    """
    gaps = tuple(
        replace(
            gap,
            seats=max(0, CEILING - -(-school.pupils // gap.shows)),
            pupils=school.pupils if school.pupils <= SMALL and gap.shows == 1 else 0,
            region=school.district,
        )
        for gap, school in zip(problem.gaps, schools, strict=True)
    )
    return replace(problem, gaps=gaps, guests=Guests(reach=REACH))


def _dates(count: int) -> list[date]:
    """Weekdays from the middle of September, without two weeks at Christmas and one in each half-term."""
    off = {FIRST_DAY + timedelta(days=7 * week + n) for week in (6, 14, 15, 22, 28, 29, 37) for n in range(5)}
    found, day = [], FIRST_DAY
    while len(found) < count:
        if day.weekday() < 5 and day not in off:
            found.append(day)
        day += timedelta(days=1)
    return found


def _windows(chance: random.Random, play: int) -> tuple[tuple[int, int], ...]:
    """From 8.50-9.30 to 13.20-14.00; six in ten schools have 45 to 60 minutes of lunch in which nothing
    plays."""
    first = 530 + 5 * chance.randrange(9)
    last = 840 - 5 * chance.randrange(9)
    if chance.random() < 0.4:
        return ((first, last),)
    lunch = 715 + 5 * chance.randrange(13)
    return (first, lunch - play), (lunch + chance.choice((45, 50, 60)), last)


def _school_dates(chance: random.Random, dates: list[date]) -> frozenset[date]:
    """A sixth or so of its dates are impossible: a week or two of examinations, and single days."""
    can = set(dates)
    for _ in range(max(1, len(dates) // 45)):
        at = chance.randrange(len(dates))
        can -= set(dates[at : at + chance.choice((5, 5, 10))])
    can -= {day for day in dates if chance.random() < 0.06}
    return frozenset(can)


def booked_half(problem: Problem, chance: random.Random) -> Problem:
    """Half of the shows stand already, wherever they happened to fit."""
    from outreach.tour.planning.replay import replay

    days, booked = list(problem.days), {gap.school: 0 for gap in problem.gaps}
    wanted = [gap for gap in problem.gaps for _ in range(gap.shows)]
    chance.shuffle(wanted)
    for gap in wanted[: len(wanted) // 2]:
        for at in chance.sample(range(len(days)), 40 if len(days) > 40 else len(days)):
            day = days[at]
            if day.day not in gap.dates or len(day.booked) >= day.at_most:
                continue
            told = replay(problem, day, (gap,))
            if told is not None and all(show.place != gap.place for show in day.booked):
                starts = told.shows[0].starts
                away = starts + problem.minutes.play + problem.minutes.get_out
                show = BookedShow(place=gap.place or 0, gets_in=starts - problem.minutes.get_in, away=away)
                days[at] = replace(day, booked=(*day.booked, show))
                booked[gap.school] += 1
                break
    gaps = tuple(
        replace(gap, shows=gap.shows - booked[gap.school], worth=gap.worth)
        for gap in problem.gaps
        if gap.shows > booked[gap.school]
    )
    return replace(problem, days=tuple(days), gaps=gaps)
