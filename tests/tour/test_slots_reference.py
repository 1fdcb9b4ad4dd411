"""Slots against a slow, obvious reference: every start of the day is tried, rule by rule."""

import math
from datetime import date, time, timedelta
from typing import Any

from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import make
from outreach.ground.db import transaction
from outreach.ground.timespans import local, wall
from outreach.tour import performances, slots
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
        standing.append((start, draw(st.integers(1, 3))))
        free_from = start + 165 + 90
    return {
        "leaves": leaves,
        "returns": returns if returns > leaves else time(20),
        "shows_at_most": draw(st.integers(1, 4)),
        "base": draw(st.sampled_from([None, *POINTS])),
        "step": draw(st.sampled_from([5, 15, 30])),
        "standing": [(m, s) for m, s in standing if m + 165 < 24 * 60],
    }


def possible(case: dict[str, Any], start: int) -> bool:
    """Every rule of the design, one after the other, for one start in minutes of the day."""

    def road(a: tuple[int, int] | None, b: tuple[int, int] | None) -> int:
        if a is None or b is None:
            return 6
        return math.ceil(round(6 + 1.25 * math.dist(a, b) / 1000, 6))

    here = POINTS[0]
    get_in, end, away = start - 60, start + 75, start + 105
    if start % case["step"] or start < 9 * 60 or end > 15 * 60:
        return False
    leaves = case["leaves"].hour * 60 + case["leaves"].minute
    returns = case["returns"].hour * 60 + case["returns"].minute
    home = road(case["base"], here) if case["base"] else 0
    if len(case["standing"]) >= case["shows_at_most"]:
        return False
    before = [(m, s) for m, s in case["standing"] if m < get_in]
    after = [(m, s) for m, s in case["standing"] if m >= get_in]
    if before:
        m, s = before[-1]
        if m + 165 + road(POINTS[s], here) > get_in:
            return False
    elif leaves + home > get_in:
        return False
    if after:
        m, s = after[0]
        return away + road(here, POINTS[s]) <= m
    return away + home <= returns


@given(case=days())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_slots_are_exactly_the_starts_that_break_no_rule(app: Flask, case: dict[str, Any]) -> None:
    with transaction() as session:
        make.empty(session)
        partnership = make.partnership(slot_step_minutes=case["step"])
        programme = make.programme(partnership, earliest_start=time(9), latest_finish=time(15))
        base = case["base"] or (None, None)
        troupe = make.troupe(partnership, base_easting=base[0], base_northing=base[1])
        day = make.tour_day(
            programme, troupe, DAY, leaves=case["leaves"], returns=case["returns"], shows_at_most=9
        )
        schools = [make.school(easting=e, northing=n) for e, n in POINTS]
        for n, (minute, s) in enumerate(case["standing"]):
            get_in_at = wall(DAY, time(minute // 60, minute % 60))
            session.add(
                Performance(
                    programme_id=programme.id,
                    tour_day_id=day.id,
                    troupe_id=troupe.id,
                    urn=schools[s].urn,
                    easting=POINTS[s][0],
                    northing=POINTS[s][1],
                    get_in_at=get_in_at,
                    starts_at=get_in_at + timedelta(minutes=60),
                    ends_at=get_in_at + timedelta(minutes=135),
                    away_at=get_in_at + timedelta(minutes=165),
                    created_at=make.NOW,
                    uid=f"u{n}",
                    organizer_token=f"t{n}",
                )  # fmt: skip
            )
            session.flush()
        day.shows_at_most = case["shows_at_most"]
    (offer,) = slots.offers(programme, schools[0], now=make.NOW).days
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
                raise ZeroDivisionError  # undo
        except ZeroDivisionError:
            pass
