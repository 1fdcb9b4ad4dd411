"""Tables of minutes as routers and tools write them: each form, its units, its gaps; and none without its points.

The files are made up; their forms are those of the HTTP APIs of OSRM, Valhalla and openrouteservice, and of the columns
that ORS Tools, r5py and QNEAT3 write.
"""

import io
import json
from collections.abc import Iterable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask

import make
from outreach.ground.db import transaction
from outreach.ground.errors import Refusal
from outreach.ground.geography import Place, to_degrees
from outreach.tour import road_places, road_points, road_table, roads
from outreach.tour.road_files import NoTable, PointsNotGiven, UnitNotSaid
from outreach.tour.road_points import NotThosePoints, RoadPoints
from outreach.tour.road_table import BadLines, Brought

pytestmark = pytest.mark.any_database

WHO = {"who": "Priya Nandakumar", "now": make.NOW}


@pytest.fixture
def c(app: Flask) -> SimpleNamespace:
    """Three schools on a line, 8 km (16 minutes by the rule) apart, and a fourth on the site of the third; a troupe
    whose base is 8 km before the first."""
    c = SimpleNamespace()
    with transaction():
        c.partnership = make.partnership()
        c.troupe = make.troupe(c.partnership, base_name="Depot", base_easting=442000, base_northing=210000)
        c.schools = [make.school(easting=450000 + 8000 * min(n, 2)) for n in range(4)]
    c.urns = [school.organisation_id for school in c.schools]
    return c


def points(c: SimpleNamespace, *, bases: bool = False) -> RoadPoints:
    here = road_places.of_partnership(c.partnership)
    return road_points.of_places(here, c.urns, of=7, bases=bases)


def bring(c: SimpleNamespace, content: str | Any, **how: Any) -> Brought:
    text = content if isinstance(content, str) else json.dumps(content)
    with transaction():
        return road_table.bring_in(c.partnership, io.BytesIO(text.encode()), **how, **WHO)


def stands(c: SimpleNamespace) -> dict[tuple[int, int], int]:
    """What the table holds, the schools as 0 to 3 and the base as -1."""
    numbers = {urn: n for n, urn in enumerate(c.urns)} | {-c.troupe.id: -1}
    return {
        (numbers[a], numbers[b]): minutes
        for (a, b), minutes in roads.roads_of_partnership(c.partnership).table.items()
    }


def far(c: SimpleNamespace) -> dict[tuple[int, int], int]:
    """The metres that the table holds, likewise."""
    numbers = {urn: n for n, urn in enumerate(c.urns)} | {-c.troupe.id: -1}
    return {
        (numbers[a], numbers[b]): metres
        for (a, b), metres in roads.roads_of_partnership(c.partnership).metres.items()
    }


SECONDS = [
    [0, 1200.4, 2700, None],
    [1150, 0, 1199.9, 1200],
    [2700, 1200, 0, 0],
    [None, 1200, 0, 0],
]
"""Between 0 and 3 the router found no road; 2 and 3 lie on one site."""

MINUTES = {(0, 1): 21, (0, 2): 45, (1, 2): 20, (1, 3): 20, (2, 3): 1}

FAR = {(0, 1): 18_006, (0, 2): 40_500, (1, 2): 18_000, (1, 3): 18_000}
"""Metres at 15 a second, the longer of two ways; none for a road that takes no time."""

COUNTS = Brought(pairs=5, unequal=1, not_ours=0, without=1)


def metres(rows: Iterable[Iterable[float | None]]) -> list[list[float | None]]:
    """A road of 15 metres a second."""
    return [[None if cell is None else 15 * cell for cell in row] for row in rows]


def miles(rows: Iterable[Iterable[float | None]]) -> list[list[float | None]]:
    return [[None if cell is None else cell / 1609.344 for cell in row] for row in metres(rows)]


def osrm(c: SimpleNamespace, times: Any = SECONDS) -> dict[str, Any]:
    ends = [{"location": [p.longitude, p.latitude], "distance": 4.1, "name": ""} for p in points(c).points]
    return {
        "code": "Ok",
        "durations": times,
        "distances": metres(SECONDS),
        "sources": ends,
        "destinations": ends,
    }


def valhalla(_c: SimpleNamespace, times: Any = SECONDS) -> dict[str, Any]:
    cells = [
        [
            {"time": cell, "distance": cell and cell * 0.015, "from_index": n, "to_index": m}
            for m, cell in enumerate(row)
        ]
        for n, row in enumerate(times)
    ]
    return {"algorithm": "costmatrix", "units": "kilometers", "sources_to_targets": cells}


def valhalla_brief(_c: SimpleNamespace, times: Any = SECONDS) -> dict[str, Any]:
    return {"units": "miles", "sources_to_targets": {"durations": times, "distances": miles(SECONDS)}}


def openrouteservice(c: SimpleNamespace, times: Any = SECONDS) -> dict[str, Any]:
    asked = [[p.longitude, p.latitude] for p in points(c).points]
    return {
        "durations": times,
        "distances": metres(SECONDS),
        "metadata": {"service": "matrix", "query": {"profile": "driving-car", "locations": asked}},
    }


ROUTERS = [osrm, valhalla, valhalla_brief, openrouteservice]


@pytest.mark.parametrize("router", ROUTERS)
def test_an_answer_of_a_router_comes_in_beside_its_points(c, router) -> None:
    counts = bring(c, router(c), points=points(c))
    # 1,199.9 and 1,200 seconds are both 20 minutes; there and back differ between the first two alone
    assert (stands(c), counts) == (MINUTES, replace(COUNTS, with_kilometres=4))
    assert far(c) == FAR


@pytest.mark.parametrize("router", ROUTERS)
def test_an_answer_without_its_points_is_not_taken(c, router) -> None:
    with pytest.raises(PointsNotGiven, match="does not say which place a row of it is"):
        bring(c, router(c))
    assert stands(c) == {}


@pytest.mark.parametrize("router", ROUTERS)
@pytest.mark.parametrize(
    ("times", "words"),
    [
        (SECONDS[:3], "has 3 rows, and there are 4 points"),
        ([row[:3] for row in SECONDS], "Row 1 of this file has 3 columns, and there are 4 points"),
    ],
)
def test_an_answer_of_another_number_of_points_is_not_taken(c, router, times, words) -> None:
    with pytest.raises(NoTable, match=words):
        bring(c, router(c, times), points=points(c))
    assert stands(c) == {}


@pytest.mark.parametrize("router", [osrm, openrouteservice])
def test_an_answer_that_names_points_elsewhere_is_not_taken(c, router) -> None:
    """The number is right, and the order is not."""
    answer = router(c)
    for ends in (
        answer.get("sources", []),
        answer["metadata"]["query"]["locations"] if "metadata" in answer else [],
    ):
        ends[:2] = ends[1::-1]
    with pytest.raises(NoTable, match="Point 1 of this file lies 8 kilometres from .*in another order"):
        bring(c, answer, points=points(c))
    assert stands(c) == {}


def test_valhalla_s_rows_in_another_order_than_they_say_are_not_taken(c) -> None:
    answer = valhalla(c)
    answer["sources_to_targets"].reverse()
    with pytest.raises(NoTable, match="Row 1 of ‘sources_to_targets’ is not in the order of its points"):
        bring(c, answer, points=points(c))


def test_what_a_router_guessed_without_a_road_is_a_gap(c) -> None:
    answer = osrm(c) | {"fallback_speed_cells": [[0, 1], [1, 0], [[], 0], None]}
    assert bring(c, answer, points=points(c)).without == 2
    assert (0, 1) not in stands(c)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"code": "NoSegment", "message": "No road near 3"}, "router’s refusal: ‘NoSegment: No road near 3’"),
        ({"error_code": 154, "error": "Too far apart"}, "router’s refusal: ‘Too far apart’"),
        ({"error": {"code": 6004, "message": "Over the limit"}}, "router’s refusal: ‘Over the limit’"),
        ({"code": "Ok", "distances": [[0]]}, "distances alone; ask for durations"),
        ({"hello": 1}, "no ‘durations’"),
        ({"type": "FeatureCollection", "features": []}, "a file of points, and not the table"),
        ('{"code": "Ok", ', "begins as JSON and cannot be read"),
        ("[" * 20000, "begins as JSON and cannot be read"),
        ({"code": "Ok", "durations": 5}, "has no rows"),
        ({"code": "Ok", "durations": [1, 2, 3, 4]}, "Row 1 of this file has 0 columns"),
    ],
)
def test_json_that_is_no_table_says_what_it_is(c, answer, words) -> None:
    with pytest.raises(NoTable, match=words):
        bring(c, answer, points=points(c))


def test_a_time_of_a_matrix_that_cannot_be_is_named_by_its_places(c) -> None:
    bring(c, osrm(c), points=points(c))
    wrong = [row[:] for row in SECONDS]
    wrong[1][2], wrong[2][1], wrong[0][1] = -4, 20000, 0
    with pytest.raises(BadLines, match="3 roads of this file cannot be right. Nothing was changed.") as no:
        bring(c, osrm(c, wrong), points=points(c))
    names = [school.name for school in c.schools]
    assert list(no.value.lines) == [
        f"Row 1, column 2 ({names[0]} to {names[1]}): 0 seconds cannot be; a drive takes more than nothing.",
        f"Row 2, column 3 ({names[1]} to {names[2]}): -4 seconds cannot be; a drive takes more than nothing.",
        f"Row 3, column 2 ({names[2]} to {names[1]}): 20000 seconds are more than 5 hours.",
    ]
    assert stands(c) == MINUTES


def test_the_bases_come_in_with_the_points_that_hold_them(c) -> None:
    times = [[60 * abs(10 * n - 10 * m) for m in range(5)] for n in range(5)]
    assert bring(c, {"code": "Ok", "durations": times}, points=points(c, bases=True)).not_ours == 0
    assert stands(c)[-1, 0] == 40 and len(stands(c)) == 6 + 4


# Lists and squares


def lines(c: SimpleNamespace, head: str, a_minute: float, *, gap: str = "", after: str = "") -> str:
    """Every pair of `SECONDS` as a line of a list."""
    rows = [
        f"{c.urns[n]},{c.urns[m]},{gap if cell is None else cell * a_minute / 60}{after}"
        for n, row in enumerate(SECONDS)
        for m, cell in enumerate(row)
    ]
    return "\n".join([head, *rows])


@pytest.mark.parametrize(
    ("head", "a_minute", "gap", "after"),
    [
        ("FROM_ID,TO_ID,DURATION_H,DIST_KM", 1 / 60, "", ",9.5"),  # ORS Tools
        ("FROM_ID,TO_ID,DURATION_H,DIST_KM", 1 / 60, "NULL", ","),
        ("from_id,to_id,travel_time", 1, "", ""),  # r5py
        ("from_id,to_id,travel_time,distance", 1, "nan", ",9500"),
        ("from_id,to_id,travel_time_p50", 1, "NaN", ""),
    ],
)
def test_a_list_of_a_tool_comes_in_by_its_columns(c, head, a_minute, gap, after) -> None:
    # 9.5 kilometres are too few between the first school and the third
    here = {"with_kilometres": 4, "wrong_kilometres": 1} if after == ",9.5" else {}
    assert bring(c, lines(c, head, a_minute, gap=gap, after=after)) == replace(COUNTS, **here)
    assert stands(c) == MINUTES
    assert set(far(c).values()) == ({9_500} if here else set())


def test_of_several_percentiles_the_slowest_counts(c) -> None:
    bring(
        c, f"from_id,to_id,travel_time_p5,travel_time_p95,travel_time_p50\n{c.urns[0]},{c.urns[1]},20,30,25"
    )
    assert stands(c) == {(0, 1): 30}


QNEAT3 = "origin_id,destination_id,entry_cost,network_cost,exit_cost,total_cost\n{},{},1,2,3,{}"


@pytest.mark.parametrize(("unit", "cost"), [("seconds", 1230), ("minutes", 20.5), ("hours", 0.341666)])
def test_a_unit_that_the_file_does_not_say_is_asked(c, unit, cost) -> None:
    text = QNEAT3.format(c.urns[0], c.urns[1], cost)
    with pytest.raises(UnitNotSaid, match="whether its times are seconds, minutes or hours"):
        bring(c, text)
    assert stands(c) == {}
    bring(c, text, unit=unit)
    assert stands(c) == {(0, 1): 21}


def test_a_unit_that_the_file_says_is_not_overruled(c) -> None:
    with pytest.raises(UnitNotSaid, match="The times of this file are in hours"):
        bring(c, lines(c, "FROM_ID,TO_ID,DURATION_H", 1 / 60), unit="minutes")


def test_a_list_of_distances_is_told_to_be_one(c) -> None:
    with pytest.raises(NoTable, match="It has distances and no times"):
        bring(c, f"InputID,TargetID,Distance\n{c.urns[0]},{c.urns[1]},8000")


@pytest.mark.parametrize("corner", ["", "URN", "id"])
def test_a_square_with_names_comes_in_by_itself(c, corner) -> None:
    """A number of a table that had gaps became 100000.0 on its way."""
    head = ",".join([corner, *map(str, c.urns)])
    rows = [
        f"{c.urns[n]}.0," + ",".join("" if s is None else str(s) for s in row)
        for n, row in enumerate(SECONDS)
    ]
    text = "\n".join([head, *rows])
    with pytest.raises(UnitNotSaid):
        bring(c, text)
    assert bring(c, text, unit="seconds") == COUNTS
    assert stands(c) == MINUTES
    with pytest.raises(BadLines) as no:
        bring(c, text.replace(",1150,", ",soon,"), unit="seconds")
    names = [school.name for school in c.schools]
    assert no.value.lines == (
        f"Line 3, column 2 ({names[1]} to {names[0]}): ‘soon’ is no number of seconds.",
    )


@pytest.mark.parametrize("as_csv", [True, False])
def test_a_square_without_names_comes_in_beside_its_points(c, as_csv) -> None:
    rows = [",".join("" if s is None else str(s) for s in row) for row in SECONDS]
    text = "\n".join(rows) if as_csv else SECONDS
    with pytest.raises(PointsNotGiven):
        bring(c, text, unit="seconds")
    with pytest.raises(UnitNotSaid):
        bring(c, text, points=points(c))
    bring(c, text, points=points(c), unit="seconds")
    assert stands(c) == MINUTES


def test_a_list_written_by_hand_may_say_nothing_from_a_school_to_itself(c) -> None:
    a, b, d, e = c.urns
    bring(c, f"From,To,Minutes\n{a},{a},0\n{a},{b},20\n{d},{e},0")
    assert stands(c) == {(0, 1): 20, (2, 3): 1}


def test_places_of_others_are_counted_and_passed_over(c) -> None:
    with transaction():
        theirs = make.school(la_code="999").organisation_id
    text = (
        f"from_id,to_id,travel_time\n{c.urns[0]},{theirs},20\n{c.urns[0]},{c.urns[1]},20\n{theirs},{theirs},0"
    )
    assert bring(c, text) == Brought(pairs=1, unequal=0, not_ours=1)


# Points


def as_csv(found: RoadPoints) -> str:
    return "\n".join(",".join(map(str, row)) for row in [road_points.COLUMNS, *found.rows()])


def test_points_are_read_again_as_they_were_written(c) -> None:
    found = points(c, bases=True)
    assert [p.said for p in found.points] == [*map(str, c.urns), "Depot"]
    here = to_degrees(Place(easting=450000, northing=210000))
    assert (found.points[0].longitude, found.points[0].latitude) == here
    # A file does not say which of its points is a base.
    as_read = replace(found, points=tuple(point._replace(is_base=False) for point in found.points))
    for text in (as_csv(found), "\ufeff" + as_csv(found), found.geojson()):
        assert road_points.read(io.BytesIO(text.encode())) == as_read


def test_a_spreadsheet_that_drops_noughts_changes_nothing(c) -> None:
    found = points(c)
    one = replace(found, points=(found.points[0]._replace(latitude=51.5),))
    assert road_points.read(io.BytesIO(as_csv(one).replace("51.5,", "51.500,").encode())) == one


@pytest.mark.parametrize("change", ["order", "left out", "moved", "twice"])
@pytest.mark.parametrize("form", ["csv", "geojson"])
def test_points_that_were_changed_since_are_not_taken(c, change, form) -> None:
    found = points(c)
    first, second, *rest = found.points
    changed = {
        "order": (second, first, *rest),
        "left out": (second, *rest),
        "moved": (first._replace(latitude=first.latitude + 0.0001), second, *rest),
        "twice": (first, *found.points),
    }[change]
    other = replace(found, points=changed)
    text = as_csv(other) if form == "csv" else other.geojson()
    with pytest.raises(NotThosePoints, match="changed since it was downloaded"):
        road_points.read(io.BytesIO(text.replace(other.fingerprint, found.fingerprint).encode()))


@pytest.mark.parametrize(
    "text",
    [
        "", "URN,Name\n1,a", '{"type": "FeatureCollection"}', '{"features": [1]}', "{", "\x00", "PK\x03\x04",
        "URN,Name,Latitude,Longitude,Fingerprint\n1,a,north,west,7-1-aaaaaaaa",
        "URN,Name,Latitude,Longitude,Fingerprint\n1,a,nan,1,7-1-aaaaaaaa",
        "URN,Name,Latitude,Longitude,Fingerprint\n1,a,51,1,hello",
    ],
)  # fmt: skip
def test_what_is_no_file_of_points_says_so(text) -> None:
    with pytest.raises(NotThosePoints, match="no file of points"):
        road_points.read(io.BytesIO(text.encode()))


def test_a_school_whose_point_is_not_known_is_no_point_for_a_router(c) -> None:
    with transaction():
        c.schools[1].easting = None
    assert [p.said for p in points(c).points] == [str(urn) for urn in c.urns if urn != c.urns[1]]


def test_nothing_is_half_written_where_a_refusal_comes_late(c) -> None:
    bring(c, osrm(c), points=points(c))
    before = c.partnership.road_table
    with pytest.raises(Refusal):
        bring(c, lines(c, "FROM_ID,TO_ID,DURATION_H", 1 / 60) + f"\n{c.urns[0]},{c.urns[1]},-1")
    assert (stands(c), c.partnership.road_table) == (MINUTES, before)
