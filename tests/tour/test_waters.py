"""Waters of a partnership: roads, slots and a show's own minutes go round them alike, a table counts before them, a
neighbour's do nothing, and what is removed comes back."""

import io
import json
from datetime import date, time
from types import SimpleNamespace

import pytest
from flask import Flask

import make
from outreach.ground.db import db, transaction
from outreach.ground.geography import Place
from outreach.ground.timespans import wall
from outreach.planning import fingerprint
from outreach.planning.rules import PlanRules
from outreach.tour import legs, performances, road_table, roads, water_effect, waters
from outreach.tour.waters import NoSuchWater, NotThatWater, Water, WaterCrossing

WHO = {"who": "Priya Nandakumar", "now": make.NOW}
RIVER = [("Tamar", [[(454_000, 200_000), (454_000, 220_000)]])]


@pytest.fixture
def c(app: Flask) -> SimpleNamespace:
    """Three schools on a line, 8 km (16 minutes by the rule) apart, a river between the first two; a troupe's base at
    the first."""
    c = SimpleNamespace()
    with transaction():
        c.partnership, c.theirs = make.partnership(), make.partnership(("932",))
        c.programme = make.programme(c.partnership)
        c.troupe = make.troupe(c.partnership, base_name="Depot", base_easting=450_000, base_northing=210_000)
        c.day = make.tour_day(c.programme, c.troupe, date(2027, 3, 9))
        c.a, c.b, c.d = (make.school(easting=450_000 + 8000 * n, northing=210_000) for n in range(3))
    return c


def say(c: SimpleNamespace, *crossings: tuple[str, int, int]) -> None:
    with transaction():
        waters.add_waters(c.partnership, RIVER, **WHO)
        for name, northing, minutes in crossings:
            waters.add_crossing(
                c.partnership, name, Place(easting=454_100, northing=northing), minutes, **WHO
            )


def minutes(c: SimpleNamespace, one: object, other: object) -> int:
    ways = roads.roads_of_partnership(c.partnership)
    stops = [roads.stop_at(s.organisation_id, s.easting, s.northing) for s in (one, other)]  # type: ignore[attr-defined]
    assert ways.minutes(*stops) == ways.minutes(*reversed(stops))
    return ways.minutes(*stops)


def test_roads_go_round_a_water_and_over_its_crossings_and_back_again(c) -> None:
    assert (minutes(c, c.a, c.b), minutes(c, c.b, c.d)) == (16, 16)
    say(c)
    # Round an end: twice the hypotenuse of 4 and 10 km, 21.5 km in all.
    assert (minutes(c, c.a, c.b), minutes(c, c.b, c.d)) == (33, 16)
    with transaction():
        waters.add_crossing(c.partnership, "Bridge", Place(easting=454_000, northing=213_000), 0, **WHO)
    # Twice 5 km.
    assert minutes(c, c.a, c.b) == 19
    bridge = db.session.query(WaterCrossing).one()
    with transaction():
        waters.withdraw(c.partnership, WaterCrossing, bridge.id, **WHO)
    assert minutes(c, c.a, c.b) == 33
    with transaction():
        waters.put_back(c.partnership, WaterCrossing, bridge.id, **WHO)
    assert minutes(c, c.a, c.b) == 19
    river = db.session.query(Water).one()
    with transaction():
        waters.withdraw(c.partnership, Water, river.id, **WHO)
    assert (minutes(c, c.a, c.b), c.partnership.waters) == (16, None)


def test_a_ferry_s_minutes_come_on_top_and_kilometres_are_those_of_the_way(c) -> None:
    say(c, ("Ferry", 210_000, 5))
    assert minutes(c, c.a, c.b) == 21
    with transaction():
        waters.add_crossing(c.partnership, "Bridge", Place(easting=454_000, northing=213_000), 0, **WHO)
    assert minutes(c, c.a, c.b) == 19
    ways = roads.roads_of_partnership(c.partnership)
    far = ways.far(*(roads.stop_at(s.organisation_id, s.easting, s.northing) for s in (c.a, c.b)))
    assert far is not None and far.by_road is False and far.kilometres == pytest.approx(10, abs=0.01)
    assert ways.kilometres_are == "as the crow flies, round the waters you said"


def test_a_table_of_minutes_counts_before_waters(c) -> None:
    say(c)
    text = f"From,To,Minutes\n{c.a.organisation_id},{c.b.organisation_id},20\n"
    with transaction():
        road_table.bring_in(c.partnership, io.BytesIO(text.encode()), **WHO)
    assert minutes(c, c.a, c.b) == 20
    assert water_effect.of_standing(c.partnership).of == 5


def test_a_leg_and_what_the_database_s_guard_compares_take_the_way_round(c) -> None:
    say(c)
    on = {"tour_day_id": c.day.id, "troupe_id": c.troupe.id}
    with transaction():
        make.show(c.programme, c.a, wall(c.day.day, time(9, 30)), **on)
        show = make.show(c.programme, c.b, wall(c.day.day, time(13, 30)), **on)
        performances.reckon_roads(show)
    assert (show.road_from_organisation_id, show.road_from_minutes) == (c.a.organisation_id, 33)
    road = legs.road_of_show(show, now=make.NOW)
    assert road.before is not None and road.after is not None
    assert (road.before.minutes, road.after.minutes, road.before.by_table) == (33, 33, False)


def test_a_neighbour_s_waters_are_nobody_else_s(c) -> None:
    with transaction():
        waters.add_waters(c.theirs, RIVER, **WHO)
    assert minutes(c, c.a, c.b) == 16
    theirs = db.session.query(Water).one().id
    for deed in (waters.withdraw, waters.put_back):
        with pytest.raises(NoSuchWater), transaction():
            deed(c.partnership, Water, theirs, **WHO)
    with pytest.raises(NotThatWater, match="Say a water first"), transaction():
        waters.add_crossing(c.partnership, "Bridge", Place(easting=454_000, northing=210_000), 0, **WHO)


def test_a_crossing_far_from_every_water_and_waters_with_too_many_points_are_refused(c) -> None:
    say(c)
    with pytest.raises(NotThatWater, match="3.0 kilometres from Tamar"), transaction():
        waters.add_crossing(c.partnership, "Bridge", Place(easting=457_000, northing=210_000), 0, **WHO)
    long = [("Long", [[(400_000 + n, 200_000 + 7 * (n % 2)) for n in range(399)]])]
    with pytest.raises(NotThatWater, match="401 points, and 400 is the most"), transaction():
        waters.add_waters(c.partnership, long, **WHO)


def test_what_it_would_do_is_said_first_by_how_many_and_the_worst(c) -> None:
    effect = water_effect.of_adding(c.partnership, [RIVER[0][1]])
    # The first school to the other two, and the base beside it likewise.
    assert (effect.roads, effect.of, effect.cut_off) == (4, 6, ())
    worst = effect.worst[0]
    assert (worst.was, worst.becomes) == (16, 33) and c.b.name in (worst.start, worst.end)
    island = [
        [(457_000, 209_000), (459_000, 209_000), (459_000, 211_000), (457_000, 211_000), (457_000, 209_000)]
    ]
    effect = water_effect.of_adding(c.partnership, [island])
    assert effect.cut_off == (c.b.name,)
    assert minutes(c, c.a, c.b) == 16


def test_a_plan_is_stale_only_where_its_own_roads_go_round(c) -> None:
    def roads_sum(*schools: object) -> str:
        found = fingerprint.fingerprint_of_inputs(
            c.programme,
            PlanRules(),
            since=date(2027, 3, 1),
            schools=[s.organisation_id for s in schools],  # type: ignore[attr-defined]
        )
        return str(json.loads(found)["sums"][fingerprint.ROADS])

    with transaction():
        db.session.delete(c.day)
    touched, untouched = roads_sum(c.a, c.b), roads_sum(c.b, c.d)
    say(c)
    assert roads_sum(c.a, c.b) != touched and roads_sum(c.b, c.d) == untouched
