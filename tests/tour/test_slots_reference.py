"""Slots against a slow, obvious reference: every start of the day is tried, rule by rule."""

import math
from datetime import date, time, timedelta
from typing import Any

from flask import Flask
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import make
from how_many import so_many
from outreach.county import school_lunch
from outreach.ground.db import transaction
from outreach.ground.timespans import local, wall
from outreach.tour import hours, performances, slots
from outreach.tour.performances import Performance

DAY = date(2027, 3, 9)
POINTS = [(450000, 210000), (453000, 211000), (458000, 210000), (470000, 225000)]

minutes_of_day = st.integers(6 * 60, 19 * 60).map(lambda m: time(m // 60, m % 60))


@st.composite
def days(draw: Any) -> dict[str, Any]:
    """One tour day: hours, settings, and some shows that stand anywhere they do not overlap."""
    leaves, returns = sorted([draw(minutes_of_day), draw(minutes_of_day)])
    standing, free_from = [], 0
    for _ in range(draw(st.integers(0, 3))):
        start = free_from + draw(st.integers(0, 240)) + 8 * 60 * (free_from == 0)
        standing.append((start, draw(st.integers(0, 3))))
        free_from = start + 165 + 90
    return {
        "leaves": leaves,
        "returns": returns if returns > leaves else time(20),
        "shows_at_most": draw(st.integers(1, 4)),
        "base": draw(st.sampled_from([None, *POINTS])),
        "step": draw(st.sampled_from([5, 15, 30])),
        "standing": [(m, s) for m, s in standing if m + 165 < 24 * 60],
        "lunch": draw(st.sampled_from([0, 0, 20, 45, 90])),
        "latest": draw(st.sampled_from([None, None, time(14), time(16)])),
        "rest": draw(st.sampled_from([0, 11, 14])),
        "eve": draw(st.sampled_from([None, time(17), time(20), time(23, 30)])),
        "slept": draw(st.sampled_from([None, None, *POINTS])),
        "stays": draw(st.sampled_from([None, None, *POINTS])),
        "dines": draw(
            st.sampled_from(
                [
                    None,
                    (720, 780, 0, ""),
                    (735, 795, 15, "not said"),
                    (700, 745, 15, "elsewhere"),
                    (735, 795, 15, "hall"),
                    (725, 770, 5, "hall"),
                    (735, 795, 15, "set stays"),
                    (680, 740, 0, "set stays"),
                ]
            )
        ),
    }


def eaten(
    case: dict[str, Any], spans: list[tuple[int, int]], roads: list[int], leaves: int, returns: int
) -> bool:
    """Every minute at which lunch could begin is tried, with the drive of that stretch, or the turn-round of the hall,
    before it or after it."""
    for begins in range(11 * 60, 14 * 60 + 31 - case["lunch"]):
        ends = begins + case["lunch"]
        if any(get_in < ends and begins < away for get_in, away in spans):
            continue
        nth = sum(away <= begins for _, away in spans)
        free = spans[nth - 1][1] if nth else None
        due = spans[nth][0] if nth < len(spans) else None
        drives_first = begins - (leaves if free is None else free) >= roads[nth]
        eats_first = (returns if due is None else due) - ends >= roads[nth]
        if drives_first or eats_first:
            return True
    return False


def possible(case: dict[str, Any], start: int) -> bool:
    """Every rule of the design, one after the other, for one start in minutes of the day."""

    def road(a: tuple[int, int] | None, b: tuple[int, int] | None) -> int:
        if a is None or b is None:
            return 6
        return math.ceil(round(6 + 1.25 * math.dist(a, b) / 1000, 6))

    here = POINTS[0]
    get_in, end, away = start - 60, start + 75, start + 105
    if case["dines"]:
        begins, over, tables, where = case["dines"]
        lunch = set(range(begins, over))
        if where in ("hall", "set stays"):
            lunch = set(range(begins - tables, over + tables))
        if where == "set stays" and min(lunch) <= start and lunch & set(range(get_in, start)):
            get_in = min(lunch) - 60  # set up before it, and stands there
        in_hall = [*range(get_in, get_in + 60), *range(start, away)]
        if lunch & set(in_hall if where in ("hall", "set stays") else range(start, end)):
            return False
    if start % case["step"] or start < 9 * 60 or end > 15 * 60:
        return False
    leaves, returns = minutes(case["leaves"]), minutes(case["returns"])
    if case["latest"]:
        returns = min(returns, minutes(case["latest"]))
    if case["eve"]:
        back = min(minutes(case["eve"]), minutes(case["latest"]) if case["latest"] else 24 * 60)
        leaves = max(leaves, back + case["rest"] * 60 - 24 * 60)
    slept = (case["eve"] and case["slept"]) or case["base"]
    stays = case["stays"] or case["base"]
    if len(case["standing"]) >= case["shows_at_most"]:
        return False
    if any(m + 60 == start for m, s in case["standing"]):
        return False
    before = [(m, s) for m, s in case["standing"] if m + 60 < start]
    after = [(m, s) for m, s in case["standing"] if m + 60 > start]
    if before:
        m, s = before[-1]
        if s == 0:
            # the hall is turned round, and a set that stays over lunch must have been put up before
            if m + 135 + 30 > start or get_in < start - 60 and get_in < m:
                return False
        elif m + 165 + road(POINTS[s], here) > get_in:
            return False
    elif leaves + (road(slept, here) if slept else 0) > get_in:
        return False
    if after:
        m, s = after[0]
        if s == 0:
            if end + 30 > m + 60:
                return False
        elif away + road(here, POINTS[s]) > m:
            return False
    elif away + (road(here, stays) if stays else 0) > returns:
        return False
    if not case["lunch"] or not case["standing"]:
        return True
    # What stands knows of no lunch in its hall, so that a set may stay for it.
    takes_set_down = bool(case["dines"]) and case["dines"][3] == "hall"
    shows = [(m, m + 60, m + 60, m + 135, m + 165, POINTS[s], True) for m, s in case["standing"]]
    shows.append((get_in, get_in + 60, start, end, away, here, not takes_set_down))
    shows.sort(key=lambda show: show[2])
    places = [show[5] for show in shows]
    busy = []
    roads = [road(slept, places[0]) if slept else 0]
    for n, (comes, is_up, starts, _, leaves_hall, place, set_stays) in enumerate(shows):
        if n and place == places[n - 1]:
            roads.append(0)
        elif n:
            roads.append(road(places[n - 1], place))
        if n and place == places[n - 1] and set_stays:
            busy[-1] = (busy[-1][0], shows[n - 1][3])
            roads[-1] = 30
            busy.append((starts, leaves_hall))
        elif is_up < starts:
            busy += [(comes, is_up), (starts, leaves_hall)]
            roads.append(0)
        else:
            busy.append((comes, leaves_hall))
    roads.append(road(places[-1], stays) if stays else 0)
    return eaten(case, busy, roads, leaves, returns)


def minutes(at: time) -> int:
    return at.hour * 60 + at.minute


def _time(minute: int) -> time:
    return time(minute // 60, minute % 60)


# The other show is over in time for lunch, which a show before it therefore need not leave.
LUNCH_ELSEWHERE = {
    "leaves": time(6),
    "returns": time(19),
    "shows_at_most": 2,
    "base": None,
    "step": 15,
    "standing": [(655, 1)],
    "lunch": 45,
    "latest": None,
    "rest": 11,
    "eve": None,
    "slept": None,
    "stays": None,
    "dines": None,
}

# Lunch comes after the morning's show, once it is packed, or before one of the afternoon.
LUNCH_AFTER_OR_BEFORE = LUNCH_ELSEWHERE | {"standing": [(960, 1)], "lunch": 90, "returns": time(21)}

# One show stands in the school's own hall, which is turned round before it and after it.
TURNED_ROUND = LUNCH_ELSEWHERE | {"standing": [(600, 0)], "shows_at_most": 3, "lunch": 0}

# A crew that has set up, or whose set stands from the show before, is free until it plays again.
IDLE_IN_HALL = LUNCH_ELSEWHERE | {"standing": [(480, 0)], "dines": (735, 795, 15, "set stays")}

# Nothing stands and nothing is asked: the school's lunch alone decides.
ALL_DAY = LUNCH_ELSEWHERE | {"standing": [], "lunch": 0}


@given(case=days())
@example(case=TURNED_ROUND)
@example(case=TURNED_ROUND | {"standing": [(480, 0)], "dines": (735, 795, 15, "set stays")})
@example(case=IDLE_IN_HALL)
@example(case=IDLE_IN_HALL | {"dines": (735, 795, 15, "elsewhere"), "lunch": 90})
@example(case=IDLE_IN_HALL | {"dines": (735, 795, 15, "hall"), "lunch": 90})
@example(case=IDLE_IN_HALL | {"standing": [(480, 2)]})
@example(case=IDLE_IN_HALL | {"standing": [(480, 2), (870, 1)], "lunch": 90, "shows_at_most": 3})
@example(case=IDLE_IN_HALL | {"standing": [(780, 0)]})
@example(case=LUNCH_ELSEWHERE)
@example(case=LUNCH_AFTER_OR_BEFORE)
@example(case=ALL_DAY | {"dines": (735, 795, 15, "not said")})
@example(case=ALL_DAY | {"dines": (735, 795, 15, "hall")})
@example(case=ALL_DAY | {"dines": (735, 795, 15, "set stays")})
@example(case=ALL_DAY | {"dines": (735, 795, 15, "set stays"), "standing": [(540, 2)]})
@settings(
    max_examples=so_many(100),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_slots_are_exactly_the_starts_that_break_no_rule(app: Flask, case: dict[str, Any]) -> None:
    with transaction() as session:
        make.empty(session)
        begins, over, tables, where = case["dines"] or (None, None, 15, "")
        partnership = make.partnership(
            slot_step_minutes=case["step"],
            lunch_begins=None if begins is None else _time(begins),
            lunch_ends=None if over is None else _time(over),
            lunch_tables=tables,
        )
        programme = make.programme(partnership, earliest_start=time(9), latest_finish=time(15))
        base = case["base"] or (None, None)
        troupe = make.troupe(
            partnership,
            base_easting=base[0],
            base_northing=base[1],
            lunch_minutes=case["lunch"],
            rest_hours=case["rest"],
            latest_return=case["latest"],
        )
        stays = case["stays"] or (None, None)
        day = make.tour_day(
            programme,
            troupe,
            DAY,
            leaves=case["leaves"],
            returns=case["returns"],
            shows_at_most=9,
            stays_easting=stays[0],
            stays_northing=stays[1],
        )
        if case["eve"]:
            slept = case["slept"] or (None, None)
            make.tour_day(
                make.programme(partnership),
                troupe,
                DAY - timedelta(days=1),
                leaves=time(5),
                returns=case["eve"],
                stays_easting=slept[0],
                stays_northing=slept[1],
            )
        schools = [make.school(easting=e, northing=n) for e, n in POINTS]
        if where in ("elsewhere", "hall", "set stays"):
            school_lunch.say(
                schools[0],
                _time(begins),
                _time(over),
                is_dining_hall=where != "elsewhere",
                set_may_stay=where == "set stays",
                who="Jo Fell",
                now=make.NOW,
            )
        standing = []
        for n, (minute, s) in enumerate(case["standing"]):
            get_in_at = wall(DAY, time(minute // 60, minute % 60))
            standing.append(
                Performance(
                    partnership_id=programme.partnership_id,
                    programme_id=programme.id,
                    tour_day_id=day.id,
                    troupe_id=troupe.id,
                    organisation_id=schools[s].organisation_id,
                    easting=POINTS[s][0],
                    northing=POINTS[s][1],
                    get_in_at=get_in_at,
                    starts_at=get_in_at + timedelta(minutes=60),
                    ends_at=get_in_at + timedelta(minutes=135),
                    away_at=get_in_at + timedelta(minutes=165),
                    created_at=make.NOW,
                    uid=f"u{n}",
                    organizer_token=f"t{n}",
                )
            )
            make.placed(standing[-1])
        day.shows_at_most = case["shows_at_most"]
    (offer,) = slots.offers(programme, schools[0], now=make.NOW, only_days=[day.id]).days
    found = [s.start_minute for s in offer.slots]
    assert found == [m for m in range(24 * 60) if possible(case, m)]
    # and what is offered the database takes
    for slot in (offer.slots[0], offer.slots[-1]) if offer.slots else ():
        try:
            with transaction():
                claimed = performances.claim(
                    slot, schools[0], programme_id=programme.id, held_until=None, now=make.NOW
                )
                assert local(claimed.starts_at).time() == slot.starts
                shows = [claimed, *standing]
                assert not [said for said in hours.warnings(day, shows) if said.startswith("No lunch")]
                raise ZeroDivisionError  # undo
        except ZeroDivisionError:
            pass
