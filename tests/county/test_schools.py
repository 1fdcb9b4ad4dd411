"""Schools are found as people type them; their own numbers and corrections are dated rows."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

import make
from outreach.county import corrections, school_locations, schools
from outreach.county.bodies import Body
from outreach.county.corrections import CannotCorrect
from outreach.county.schools import Correction, NoSuchSchool, NumbersMakeNoSense, OwnNumber, School
from outreach.county.venues import Venue
from outreach.ground import history
from outreach.ground.db import db, transaction
from outreach.ground.geography import Place


@pytest.mark.parametrize(
    "typed", ["931/4032", "9314032", " 931 4032 ", "DfE number 931/4032", "9314032.0", "931-4032"]
)
def test_a_school_is_found_by_its_laestab(app: Flask, typed: str) -> None:
    with transaction():
        make.school(urn=900201, establishment_number=4032, la_code="932")
        make.school(urn=900202, establishment_number=4032, status="Closed")
        academy = make.school(urn=900203, establishment_number=4032)
        make.school(urn=900204, establishment_number=None)
    assert schools.find_by_laestab(typed, ["931"]) is academy
    assert schools.find_by_laestab(typed, ["930"]) is None
    assert academy.laestab == "931/4032"
    assert [s.urn for s in schools.find("931/4032", ["931"])] == [900203, 900202]
    assert [s.urn for s in schools.find("9314032", ["931"])] == [900203, 900202]


@pytest.mark.parametrize("typed", ["", "4032", "931", "900203", "93140322", "931/40", "931/4033", "x"])
def test_what_is_no_laestab_finds_nobody(app: Flask, typed: str) -> None:
    with transaction():
        make.school(urn=900203, establishment_number=4032)
    assert schools.find_by_laestab(typed, ["931"]) is None


def test_a_laestab_of_two_open_schools_is_nobodys_and_that_of_closed_ones_alone_is_theirs(app: Flask) -> None:
    with transaction():
        for _ in range(2):
            make.school(establishment_number=4001)
        closed = make.school(establishment_number=17, status="Closed")
    assert schools.of_laestabs(["931/4001", "931/0017"], ["931"]) == {"931/0017": closed}


def test_laestabs_of_a_list_are_looked_up_in_one_query(app: Flask, count_queries: Any) -> None:
    with transaction():
        for n in range(40):
            make.school(establishment_number=4000 + n)
    texts = [f"931/{4000 + n}" for n in range(40)]
    with count_queries() as queries:
        found = schools.of_laestabs(texts, ["931"])
    assert (len(found), len(queries)) == (40, 1)


@pytest.fixture
def county(app: Flask) -> None:
    with transaction():
        make.school(urn=900101, name="St Mary's C of E Primary School", town="Kestermere", postcode="ZZ1 4QH")
        make.school(
            urn=900102, name="Saint Mary’s & St. Zoë’s Catholic School", town="Marl", postcode="ZZ14 1AA"
        )
        make.school(urn=900103, name="Marlborough Upper School", town="Ashby-on-the-Hill", postcode="ZZ2 2BB")
        make.school(
            urn=900104, name="St Mary's Infant School", town="Kestermere", postcode="ZZ1 4QJ", status="Closed"
        )
        make.school(urn=900105, name="St Mary's, elsewhere", la_code="932", town="Far")


@pytest.mark.parametrize(
    ("typed", "urns"),
    [
        ("st marys", [900102, 900101, 900104]),
        ("SAINT MARY'S", [900102, 900101, 900104]),
        ("st. mary’s", [900102, 900101, 900104]),
        ("zoe", [900102]),
        ("mary and zoë", [900102]),
        ("marys and zoes", [900102]),
        ("marl", [900103, 900102]),
        ("kester st", [900101, 900104]),
        ("ashby on the hill", [900103]),
        ("zz1 4qh", [900101]),
        ("ZZ14QH", [900101]),
        ("900103", [900103]),
        ("rough", []),
        ("100%", []),
        ("_", []),
        ("  ", []),
        ("' OR 1=1 --", []),
        ("x" * 5000, []),
    ],
)
def test_schools_are_found_as_people_type_them(county: None, typed: str, urns: list[int]) -> None:
    assert [school.urn for school in schools.find(typed, ["931"])] == urns


def test_find_gives_no_more_than_asked_and_only_these_authorities(county: None) -> None:
    assert len(schools.find("st marys", ["931", "932"])) == 4
    assert len(schools.find("st marys", ["931", "932"], limit=2)) == 2
    assert schools.find("st marys", []) == []


def test_a_number_that_no_school_has_is_refused(county: None) -> None:
    assert schools.get(900101).town == "Kestermere"
    with pytest.raises(NoSuchSchool, match="No school here has the number 1"):
        schools.get(1)


def test_schools_are_counted_open_and_known(county: None) -> None:
    assert schools.count(["931"]) == (3, 4)
    assert schools.count([]) == (0, 0)


# --- own numbers ----------------------------------------------------------------------------------


def test_own_numbers_hold_from_the_newest_row_and_make_none_twice(county: None) -> None:
    for numbers in ({8: 148, 9: 151}, {8: 148}, {8: 150}, {8: 150, 9: 0}):
        with transaction():
            schools.set_own_numbers(900101, 2026, numbers, who="Joanna Fell", now=make.NOW)
    assert schools.own_numbers(900101, 2026) == {8: 150, 9: 0}
    assert schools.own_numbers(900101, 2027) == {}
    assert db.session.scalar(select(func.count()).select_from(OwnNumber)) == 4
    assert [(h.before, h.after) for h in history.history_of("school", 900101)][0] == (
        {"Year 9": 151},
        {"Year 9": 0},
    )


@pytest.mark.parametrize("numbers", [{8: -1}, {8: 2001}, {14: 3}])
def test_own_numbers_that_make_no_sense_are_refused(county: None, numbers: dict[int, int]) -> None:
    with pytest.raises(NumbersMakeNoSense), transaction():
        schools.set_own_numbers(900101, 2026, numbers, who="Joanna Fell", now=make.NOW)
    assert schools.own_numbers(900101, 2026) == {}


# --- corrections ----------------------------------------------------------------------------------


def correct(field: str, value: Any, urn: int = 900101) -> None:
    with transaction():
        corrections.correct(urn, field, value, reason="Rang them", who="Priya", now=make.NOW)


@pytest.mark.parametrize(
    ("field", "value", "holds"),
    [
        ("name", " St Mary’s Academy ", "St Mary’s Academy"),
        ("statutory_low_age", "4", 4),
        ("statutory_high_age", 16, 16),
        ("number_of_pupils", "", None),
        ("close_date", "2027-08-31", date(2027, 8, 31)),
        ("open_date", date(2011, 9, 1), date(2011, 9, 1)),
        ("town", None, ""),
        ("phase_of_education", None, None),
        ("status", "Closed", "Closed"),
    ],
)
def test_a_correction_holds_and_is_remembered(county: None, field: str, value: Any, holds: Any) -> None:
    correct(field, value)
    assert getattr(schools.get(900101), field) == holds
    assert corrections.standing([900101]) == {900101: {field: holds}}
    assert history.history_of("school", 900101)[0].after["reason"] == "Rang them"


def test_a_corrected_name_is_found(county: None) -> None:
    correct("name", "Redmere Academy")
    assert [s.urn for s in schools.find("redmere", ["931"])] == [900101]


def test_the_same_correction_twice_is_one_row_and_one_that_agrees_with_the_register_still_pins_it(
    county: None,
) -> None:
    for _ in range(2):
        correct("town", "Kestermere")
    assert db.session.scalar(select(func.count()).select_from(Correction)) == 1


def test_a_correction_that_is_withdrawn_gives_the_field_back(county: None) -> None:
    correct("number_of_pupils", 900)
    with transaction():
        corrections.withdraw_correction(900101, "number_of_pupils", who="Priya", now=make.NOW)
    assert schools.get(900101).number_of_pupils == 1050
    assert corrections.standing() == {}
    with pytest.raises(CannotCorrect, match="it is what the register says"), transaction():
        corrections.withdraw_correction(900101, "number_of_pupils", who="Priya", now=make.NOW)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("la_code", "932", "That cannot be corrected here."),
        ("urn", "5", "That cannot be corrected here."),
        ("name", " ", "Name: a school always has one. Enter it."),
        ("status", "Gone", "Status: choose one of Open"),
        ("number_of_pupils", "many", "Number of pupils: enter a whole number in figures."),
        ("number_of_pupils", "-1", "Number of pupils: enter a number between 0 and 20,000."),
        ("close_date", "31 August", "Closed: enter a date."),
        ("statutory_low_age", "19", "The lowest age is above the highest. Check both."),
        ("town", "x" * 501, "Town: at most 500 characters."),
    ],
)
def test_a_correction_that_makes_no_sense_is_refused(county: None, field: str, value: str, said: str) -> None:
    with pytest.raises(CannotCorrect) as refusal, transaction():
        corrections.correct(900101, field, value, reason="", who="Priya", now=make.NOW)
    assert refusal.value.message.startswith(said)
    assert refusal.value.field == field
    assert corrections.standing() == {}


# --- places ---------------------------------------------------------------------------------------


def test_a_school_without_place_stands_in_the_middle_of_its_district_else_of_its_authority(
    app: Flask,
) -> None:
    nowhere = {"easting": None, "northing": None}
    with transaction():
        here = make.school(easting=450000, northing=210000)
        make.school(easting=450100, northing=210200)
        make.school(easting=460000, northing=220000, district_code="E07000009")
        far = make.school(easting=100, northing=100, la_code="932")
        in_district = make.school(**nowhere)
        in_authority = make.school(**nowhere, district_code=None)
        nowhere_at_all = make.school(**nowhere, la_code="933")
    found = school_locations.locate_all([here, in_district, in_authority, nowhere_at_all])
    assert found == {
        here.urn: school_locations.Located(place=Place(easting=450000, northing=210000), known=True),
        in_district.urn: school_locations.Located(place=Place(easting=450050, northing=210100), known=False),
        in_authority.urn: school_locations.Located(place=Place(easting=453367, northing=213400), known=False),
        nowhere_at_all.urn: school_locations.Located(place=None, known=False),
    }
    assert school_locations.located(far) == school_locations.Located(
        place=Place(easting=100, northing=100), known=True
    )


@pytest.mark.parametrize("many", [1, 3])
def test_places_take_one_query_at_most(app: Flask, count_queries: Callable[[], Any], many: int) -> None:
    with transaction():
        rows = [make.school(easting=None) for _ in range(many)]
        placed = [make.school() for _ in range(many)]
    for school in (*rows, *placed):
        db.session.refresh(school)
    with count_queries() as queries:
        school_locations.locate_all([*rows, *placed])
    assert len(queries) == 1
    with count_queries() as queries:
        school_locations.locate_all(placed)
    assert len(queries) == 0


def test_where_it_stands_is_one_line_without_what_is_not_known() -> None:
    where = {"street": "3 Mill Lane", "locality": "Fen End", "town": "Kestermere", "postcode": "ZZ1 4AA"}
    for kind in (School, Body, Venue):
        assert kind(**where).address == "3 Mill Lane, Fen End, Kestermere, ZZ1 4AA"
        assert kind(**where | {"street": "", "locality": ""}).address == "Kestermere, ZZ1 4AA"
        assert kind(**dict.fromkeys(where, "")).address == ""
