"""Another time for several schools at once, against a slow check that knows only the rules, and against every
choice there is."""

import math
from datetime import date, time, timedelta
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from how_many import so_many
from outreach.booking.calling_off.together import NewTimeWanted, one_after_another, together
from outreach.county.school_days import SchoolCalendar
from outreach.county.school_locations import Located
from outreach.ground.geography import Place
from outreach.tour.fit import Judge, Stand
from outreach.tour.performances import Slot

LOST = date(2027, 3, 9)
SHOW, GET_IN, GET_OUT, TURN, STEP = 75, 60, 30, 30, 30
PARTNERSHIP: Any = SimpleNamespace(
    slot_step_minutes=STEP, road_base_minutes=6, road_minutes_per_km=1.25, road_table=None, waters=None, id=1
)
PROGRAMME: Any = SimpleNamespace(
    show_minutes=SHOW,
    get_in_minutes=GET_IN,
    get_out_minutes=GET_OUT,
    turn_minutes=TURN,
    for_adults=False,
    earliest_start=time(9),
    latest_finish=time(15),
)

points = st.sampled_from([(450000, 210000), (453000, 211000), (458000, 210000), (470000, 225000)])


@st.composite
def schools(draw: Any, n: int = 0) -> dict[str, Any]:
    opens, closes = draw(st.sampled_from([(9, 15), (9, 15), (9, 12), (12, 15), (10, 14)]))
    return {
        "point": draw(points),
        "opens": opens,
        "closes": closes,
        "shut": draw(st.sets(st.integers(0, 2), max_size=1)),
    }


@st.composite
def tours(draw: Any) -> list[dict[str, Any]]:
    return [
        {
            "leaves": draw(st.sampled_from([7, 8, 11])),
            "returns": draw(st.sampled_from([17, 17, 13])),
            "at_most": draw(st.integers(1, 2)),
            "base": draw(st.sampled_from([None, (450000, 210000)])),
            "stands": draw(
                st.sampled_from([[], [], [(9 * 60, (453000, 211000))], [(13 * 60, (458000, 210000))]])
            ),
        }
        for _ in range(draw(st.integers(1, 3)))
    ]


def day_of(n: int) -> date:
    return date(2027, 3, 16) + timedelta(days=n)


def laid(
    asked: list[dict[str, Any]], tour: list[dict[str, Any]]
) -> tuple[list[NewTimeWanted], list[tuple[Any, list[Stand]]]]:
    wishes = []
    for n, school in enumerate(asked):
        place = Place(easting=school["point"][0], northing=school["point"][1])
        calendar = SchoolCalendar(
            opens=time(school["opens"]),
            closes=time(school["closes"]),
            own_days={day_of(d): (False, "shut") for d in school["shut"]},
        )
        row: Any = SimpleNamespace(organisation_id=900001 + n, town="Kestermere")
        wishes.append(
            NewTimeWanted(
                judge=Judge(
                    PROGRAMME, PARTNERSHIP, row, located=Located(place=place, known=True), calendar=calendar
                ),
                lost=LOST,
            )
        )
    days = []
    for n, day in enumerate(tour):
        base = day["base"] or (None, None)
        row = SimpleNamespace(
            id=n + 1,
            troupe_id=1,
            day=day_of(n),
            leaves=time(day["leaves"]),
            returns=time(day["returns"]),
            shows_at_most=day["at_most"],
            base_easting=base[0],
            base_northing=base[1],
            stays_easting=None,
            stays_northing=None,
            rest_hours=11,
            lunch_minutes=0,
            latest_return=None,
            night=None,
            back_before=None,
            slept_easting=None,
            slept_northing=None,
            taken=False,
        )
        stands = [
            Stand(
                organisation_id=800000 + at,
                get_in=at - GET_IN,
                starts=at,
                ends=at + SHOW,
                away=at + SHOW + GET_OUT,
                place=Place(easting=p[0], northing=p[1]),
                town="x",
            )
            for at, p in day["stands"]
        ]
        days.append((row, stands))
    return wishes, days


def road(a: tuple[int, int] | None, b: tuple[int, int] | None) -> int:
    if a is None or b is None:
        return 0
    return math.ceil(round(6 + 1.25 * math.dist(a, b) / 1000, 6))


def holds(
    asked: list[dict[str, Any]], tour: list[dict[str, Any]], placed: dict[int, tuple[int, int]]
) -> bool:
    """Whether schools at (day, start) keep every rule beside each other and what stands; `placed` by the
    school's number."""
    for n, day in enumerate(tour):
        here = [(at, p, -1) for at, p in day["stands"]]
        here += [(start, asked[s]["point"], s) for s, (d, start) in placed.items() if d == n]
        if len(here) > day["at_most"] and any(s >= 0 for _, _, s in here):
            return False
        here.sort()
        for start, _, s in here:
            if s >= 0:
                school = asked[s]
                if (
                    start < max(9, school["opens"]) * 60
                    or start + SHOW > min(15, school["closes"]) * 60
                    or n in school["shut"]
                ):
                    return False
        if any(s >= 0 for _, _, s in here):
            spans = [(start - GET_IN, start + SHOW + GET_OUT, p, s) for start, p, s in here]
            first, last = spans[0], spans[-1]
            if first[3] >= 0 and day["leaves"] * 60 + road(day["base"], first[2]) > first[0]:
                return False
            if last[3] >= 0 and last[1] + road(last[2], day["base"]) > day["returns"] * 60:
                return False
            for a, b in pairwise(spans):
                if (a[3] >= 0 or b[3] >= 0) and a[1] + road(a[2], b[2]) > b[0]:
                    return False
    return True


def said(slots: list[Slot | None]) -> dict[int, tuple[int, int]]:
    return {n: (slot.tour_day_id - 1, slot.start_minute) for n, slot in enumerate(slots) if slot}


def most(asked: list[dict[str, Any]], tour: list[dict[str, Any]]) -> int:
    """How many can be placed at most: every choice of day and start of every school is tried."""
    starts = range(9 * 60, 15 * 60 - SHOW + 1, STEP)

    def best(n: int, placed: dict[int, tuple[int, int]]) -> int:
        if n == len(asked):
            return len(placed)
        found = best(n + 1, placed)
        for d in range(len(tour)):
            for start in starts:
                if found == len(placed) + len(asked) - n:
                    return found
                more = placed | {n: (d, start)}
                if holds(asked, tour, more):
                    found = max(found, best(n + 1, more))
        return found

    return best(0, {})


@settings(deadline=None, max_examples=so_many(150))
@given(st.lists(schools(), min_size=1, max_size=6), tours())
def test_no_two_of_them_collide_and_never_fewer_than_one_after_another(asked, tour) -> None:
    wishes, days = laid(asked, tour)
    placed = said(together(wishes, days))
    assert holds(asked, tour, placed)
    assert len(placed) >= len(said(one_after_another(wishes, days)))
    assert [slot for slot in together(wishes, days)] == together(wishes, days)


@settings(deadline=None, max_examples=so_many(60))
@given(st.lists(schools(), min_size=2, max_size=3), tours())
def test_as_many_are_placed_as_there_can_be(asked, tour) -> None:
    """Held to every choice there is, with few schools: pushing two others on finds what one after another
    misses."""
    wishes, days = laid(asked, tour)
    assert len(said(together(wishes, days))) == most(asked, tour)


def test_whoever_has_one_day_alone_gets_it_though_asked_last() -> None:
    """The first would take the day that the second needs."""
    near, far = (450000, 210000), (453000, 211000)
    asked = [
        {"point": near, "opens": 9, "closes": 15, "shut": set()},
        {"point": near, "opens": 9, "closes": 15, "shut": {1}},
    ]
    tour = [
        {"leaves": 7, "returns": 17, "at_most": 1, "base": near, "stands": []},
        {"leaves": 7, "returns": 17, "at_most": 1, "base": far, "stands": []},
    ]
    wishes, days = laid(asked, tour)
    assert {n: d for n, (d, _) in said(one_after_another(wishes, days)).items()} == {0: 0}
    assert {n: d for n, (d, _) in said(together(wishes, days)).items()} == {0: 1, 1: 0}


def test_two_weeks_of_shows_over_a_year_are_placed_within_a_second() -> None:
    from time import process_time  # a figure for the page, not a rule of the trade

    asked = [
        {"point": (450000 + 700 * (n % 9), 210000 + 900 * (n % 7)), "opens": 9, "closes": 15, "shut": set()}
        for n in range(20)
    ]
    tour = [
        {
            "leaves": 7,
            "returns": 17,
            "at_most": 2,
            "base": (450000, 210000),
            "stands": [(9 * 60, (453000, 211000))] if n % 3 else [],
        }
        for n in range(120)
    ]
    wishes, days = laid(asked, tour)
    began = process_time()
    assert len(said(together(wishes, days))) == 20
    assert process_time() - began < 5
