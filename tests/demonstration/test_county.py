"""The made-up county: always the same, in one piece, and with every awkward kind of school."""

import csv
import io
from collections import Counter
from itertools import combinations
from random import Random

import pytest

from outreach.demonstration import county, land, made_up_schools
from outreach.ground.geography import Place, to_degrees

MARLSHIRE = county.make(1, 2026)


def read(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("cp1252"), newline="")))


SCHOOLS = read(MARLSHIRE.register)


def test_the_same_seed_and_year_make_the_same_bytes():
    again = county.make(1, 2026)
    assert (again.register, again.links, again.districts) == (
        MARLSHIRE.register,
        MARLSHIRE.links,
        MARLSHIRE.districts,
    )


def test_another_seed_makes_another_county():
    assert county.make(2, 2026).register != MARLSHIRE.register


def test_the_county_has_about_three_hundred_schools_in_six_districts():
    assert 290 <= len(SCHOOLS) <= 330
    by_district = Counter(row["DistrictAdministrative (name)"] for row in SCHOOLS)
    assert set(by_district) == set(land.DISTRICTS) | {""}
    assert all(by_district[name] >= 25 for name in land.DISTRICTS)


def test_urns_names_and_postcodes_are_each_of_one_school():
    for column in ("URN", "EstablishmentName", "Postcode"):
        assert len({row[column] for row in SCHOOLS}) == len(SCHOOLS), column


def test_nothing_in_it_can_be_taken_for_a_real_place_to_write_to_or_ring():
    for row in SCHOOLS:
        host = row["SchoolWebsite"].removeprefix("https://").removeprefix("http://").split("/")[0]
        assert host == "" or host.endswith(".example")
        assert row["Postcode"].startswith("ZZ")
        assert row["TelephoneNum"].startswith("01632 960")
        assert row["HeadFirstName"] == row["HeadLastName"] == ""


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_every_awkward_kind_of_school_is_there_whatever_the_seed(seed: int):
    schools = read(county.make(seed, 2026).register)

    def some(**wanted: str) -> list[dict[str, str]]:
        columns = {
            "phase": "PhaseOfEducation (name)",
            "kind": "TypeOfEstablishment (name)",
            "status": "EstablishmentStatus (name)",
        }
        return [r for r in schools if all(r[columns[k]] == v for k, v in wanted.items())]

    for phase in (
        "Primary",
        "Secondary",
        "Middle deemed secondary",
        "Middle deemed primary",
        "All-through",
        "Not applicable",
        "Nursery",
        "16 plus",
        "",
    ):
        assert some(phase=phase), phase
    for kind in (
        "Community special school",
        "Pupil referral unit",
        "Other independent school",
        "Local authority nursery school",
        "Further education",
        "Children's centre",
        "Online provider",
    ):
        assert some(kind=kind), kind
    assert some(status="Open, but proposed to close")
    assert len(some(status="Closed")) == 5
    assert [r for r in some(kind="Other independent school") if r["StatutoryLowAge"] == ""]
    assert [r for r in schools if r["NumberOfPupils"] == "" and r["StatutoryLowAge"] != ""]
    assert [r for r in schools if r["Easting"] == ""]
    assert [r for r in schools if r["DistrictAdministrative (name)"] == ""]
    assert [r for r in schools if len(r["EstablishmentName"]) > 120]
    assert [r for r in schools if "'" in r["EstablishmentName"]]
    assert [r for r in schools if not r["EstablishmentName"].isascii()]


def test_links_tell_a_succession_a_merger_and_a_split_with_both_sides_named():
    links = read(MARLSHIRE.links)
    organisation_ids = {row["URN"] for row in SCHOOLS}
    assert all(link["URN"] in organisation_ids and link["LinkURN"] in organisation_ids for link in links)
    successors = [(x["URN"], x["LinkURN"]) for x in links if x["LinkType"].startswith("Successor")]
    predecessors = [(x["LinkURN"], x["URN"]) for x in links if x["LinkType"].startswith("Predecessor")]
    assert sorted(successors) == sorted(predecessors)
    assert 2 in Counter(new for _, new in successors).values(), "a merger"
    assert 2 in Counter(old for old, _ in successors).values(), "a split"
    assert [x for x in links if x["LinkEstablishedDate"] == ""]


def test_each_school_lies_in_its_own_district():
    outlines = {
        f["properties"]["AREANM"]: f["geometry"]["coordinates"][0] for f in MARLSHIRE.districts["features"]
    }
    rings = {
        name: [Place(easting=round(x * 1e6), northing=round(y * 1e6)) for x, y in ring]
        for name, ring in outlines.items()
    }
    for row in SCHOOLS:
        if row["Easting"] and row["DistrictAdministrative (name)"]:
            lon, lat = to_degrees(Place(easting=int(row["Easting"]), northing=int(row["Northing"])))
            here = Place(easting=round(lon * 1e6), northing=round(lat * 1e6))
            inside = [name for name, ring in rings.items() if land.is_inside(here, ring)]
            assert inside == [row["DistrictAdministrative (name)"]], row["EstablishmentName"]


def test_districts_share_their_borders_point_by_point():
    rings = [[tuple(p) for p in f["geometry"]["coordinates"][0]] for f in MARLSHIRE.districts["features"]]
    assert all(ring[0] == ring[-1] and len(set(ring)) == len(ring) - 1 for ring in rings)
    borders = Counter(frozenset(pair) for ring in rings for pair in zip(ring, ring[1:], strict=False))
    assert set(borders.values()) == {1, 2}, "a stretch belongs to one district at the rim, to two inside"
    neighbours = sum(1 for a, b in combinations(rings, 2) if len(set(a) & set(b)) > 2)
    assert neighbours == 10


def test_degrees_agree_with_the_ordnance_survey_example():
    lon, lat = to_degrees(Place(easting=651410, northing=313177))
    assert abs(lat - 52.657977) < 0.00005
    assert abs(lon - 1.716038) < 0.00005


@pytest.mark.parametrize("total", [1, 6, 45])
def test_apportioned_schools_add_up_to_the_total(total: int):
    towns = land.survey(Random(5)).towns
    shared = made_up_schools.apportioned(total, towns)
    assert len(shared) == total
    assert shared[0].name == "Marlford"
