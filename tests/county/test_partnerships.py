"""A partnership's settings and its map of districts."""

import json
from dataclasses import replace
from datetime import time
from pathlib import Path

import pytest
from flask import Flask

import make
from outreach.county import partnerships
from outreach.county.partnerships import PartnershipSettings
from outreach.ground import history
from outreach.ground.db import transaction

WHO = {"who": "Priya Nandakumar", "now": make.NOW}
SETTINGS = PartnershipSettings(
    name="Marlshire Safeguarding Children Partnership", county="Marlshire", reference_prefix="MRL"
)
SQUARE = [[[-1.1, 52.0], [-1.0, 52.0], [-1.0, 52.1], [-1.1, 52.0]]]


def district(code: str = "E07000001", geometry: object = None, **properties: object) -> dict:
    return {
        "type": "Feature",
        "properties": {"AREACD": code, "AREANM": "Kestermere"} | properties,
        "geometry": geometry or {"type": "Polygon", "coordinates": SQUARE},
    }


def collection(*features: object) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": list(features)}).encode()


def test_a_partnership_starts_with_the_usual_figures(app: Flask) -> None:
    with transaction():
        of = partnerships.create(SETTINGS, **WHO)
    assert partnerships.settings_of(partnerships.get(of.id)) == SETTINGS
    assert (of.road_base_minutes, of.road_minutes_per_km, of.hold_minutes, of.slot_step_minutes) == (
        6,
        1.25,
        15,
        15,
    )
    assert (of.school_opens, of.school_closes, partnerships.counted_share(of.id)) == (time(9), time(15), 0.5)


def test_changed_settings_leave_what_was_and_what_is_and_the_same_again_nothing(app: Flask) -> None:
    with transaction():
        of = partnerships.create(SETTINGS, **WHO)
    changed = replace(SETTINGS, hold_minutes=20, school_opens=time(8, 45), road_minutes_per_km=1.5)
    for _ in range(2):
        with transaction():
            partnerships.change(of, changed, **WHO)
    assert partnerships.settings_of(of) == changed
    assert [(h.what, h.before, h.after) for h in history.history_of("partnership", of.id)] == [
        (
            "changed the settings",
            {"hold_minutes": 15, "school_opens": "09:00:00", "road_minutes_per_km": 1.25},
            {"hold_minutes": 20, "school_opens": "08:45:00", "road_minutes_per_km": 1.5},
        ),
        ("created", None, SETTINGS.name),
    ]


def test_a_name_that_another_partnership_has_is_refused(app: Flask) -> None:
    with transaction():
        partnerships.create(SETTINGS, **WHO)
        other = partnerships.create(replace(SETTINGS, name="Otherwold Partnership"), **WHO)
        with pytest.raises(partnerships.NameTaken):
            partnerships.create(SETTINGS, **WHO)
        with pytest.raises(partnerships.NameTaken):
            partnerships.change(other, SETTINGS, **WHO)


@pytest.mark.parametrize("prefix", ["", "M", "mrl", "MRLSH", "M1", "ÅB"])
def test_a_reference_prefix_is_two_to_four_capital_letters(app: Flask, prefix: str) -> None:
    with transaction(), pytest.raises(partnerships.PrefixNotLetters):
        partnerships.create(replace(SETTINGS, reference_prefix=prefix), **WHO)


@pytest.mark.parametrize("closes", [time(8), time(9)])
def test_a_school_day_that_ends_before_it_starts_is_refused(app: Flask, closes: time) -> None:
    with transaction(), pytest.raises(partnerships.SchoolHoursWrongWayRound):
        partnerships.create(replace(SETTINGS, school_closes=closes), **WHO)


def test_districts_are_kept_and_removed(app: Flask) -> None:
    islands = {"type": "MultiPolygon", "coordinates": [SQUARE, SQUARE]}
    with transaction():
        of = partnerships.create(SETTINGS, **WHO)
        assert partnerships.district_names(of) == []
        found = partnerships.set_districts(
            of, collection(district(), district("E07000002", islands, AREANM="Aldwick")), **WHO
        )
    assert found == 2
    assert partnerships.district_names(of) == ["Aldwick", "Kestermere"]
    with transaction():
        partnerships.remove_districts(of, **WHO)
        partnerships.remove_districts(of, **WHO)
    assert partnerships.district_names(of) == []
    assert [h.what for h in history.history_of("partnership", of.id)] == [
        "removed the district map",
        "set the district map",
        "created",
    ]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "not GeoJSON"),
        (b"URN,LA (code)\n100000,931", "not GeoJSON"),
        (b"\xff\xfe{", "not GeoJSON"),
        (b"[" * 100_000, "not GeoJSON"),
        (b"[]", "no districts"),
        (b'{"type": "FeatureCollection", "features": []}', "no districts"),
        (b'{"type": "FeatureCollection", "features": "x"}', "no districts"),
        (collection("x"), "District 1 of the file has no ONS code"),
        (collection(district(), district("Kestermere")), "District 2 of the file has no ONS code"),
        (collection(district(geometry={"type": "Point", "coordinates": [0, 0]})), "not a polygon"),
        (collection(district(geometry={"type": "Polygon", "coordinates": []})), "has no outline"),
        (collection(district(geometry={"type": "Polygon", "coordinates": None})), "cannot be read"),
        (collection(district(geometry={"type": "Polygon", "coordinates": [[["a", 1]]]})), "cannot be read"),
        (
            collection(district(geometry={"type": "Polygon", "coordinates": [[[450000, 210000]] * 4]})),
            "not in degrees",
        ),
        (
            collection(district(geometry={"type": "Polygon", "coordinates": [[[float("nan"), 52]] * 4]})),
            "not in degrees",
        ),
        (b" " * 5_000_001, "larger than 5 MB"),
    ],
)
def test_a_file_that_is_no_map_of_districts_is_refused_in_words(content: bytes, words: str) -> None:
    with pytest.raises(partnerships.NotDistricts, match=words):
        partnerships.read_districts(content)


def test_a_map_that_was_taken_is_drawn_though_it_is_kept_longer_than_it_was_sent() -> None:
    ring = [[1, 50], *([2, 50], [2, 51]) * 90_000, [1, 50]]
    sent = collection(*[district(geometry={"type": "Polygon", "coordinates": [ring]})]).replace(b" ", b"")
    kept = json.dumps(partnerships.read_districts(sent), separators=(",", ":")) + " " * 5_000_000
    assert len(partnerships.stored_districts(kept)) == 1


def test_districts_are_read_as_published(published: Path) -> None:
    content = (published / "geography/oxfordshire_districts.geojson").read_bytes()
    said = {
        partnerships.district_code(f["properties"]): partnerships.district_name(f["properties"])
        for f in partnerships.read_districts(content)["features"]
    }
    told = [f["properties"] for f in json.loads(content)["features"]]
    assert said == {f["AREACD"]: f["AREANM"] for f in told}
    assert sorted(said) == [f"E0700017{n}" for n in (7, 8, 9)] + ["E07000180", "E07000181"]
