"""Companies, troupes, and where a van starts its day."""

from itertools import product

import pytest
from flask import Flask

import make
from outreach.ground import history
from outreach.ground.db import transaction
from outreach.ground.geography import Place, from_grid_reference, grid_reference, way_from
from outreach.tour import companies
from outreach.tour.companies import CompanyFacts, TroupeFacts

WHO = {"who": "Priya Nandakumar", "now": make.NOW}
ROW = CompanyFacts(name="Lantern Row Theatre", contact_name="Sam Okoye", contact_phone="01632 960 200")


@pytest.mark.parametrize(
    ("typed", "place"),
    [
        ("SP 513 061", Place(easting=451350, northing=206150)),
        ("sp513061", Place(easting=451350, northing=206150)),
        ("SP 5132 0614", Place(easting=451325, northing=206145)),
        ("TQ 30034 80407", Place(easting=530034, northing=180407)),
        ("NN 166 712", Place(easting=216650, northing=771250)),
        ("451300, 206100", Place(easting=451300, northing=206100)),
        (" 451300 206100 ", Place(easting=451300, northing=206100)),
    ],
)
def test_a_grid_reference_or_a_pair_of_metres_is_a_place(typed: str, place: Place) -> None:
    assert from_grid_reference(typed) == place


@pytest.mark.parametrize(("easting", "northing"), list(product(range(1, 7), range(1, 13))))
def test_a_place_has_the_reference_that_leads_back_to_its_square(easting: int, northing: int) -> None:
    place = Place(easting=easting * 99_990 + 40, northing=northing * 99_990 + 40)
    back = from_grid_reference(grid_reference(place))
    assert back is not None
    assert (back.easting // 100, back.northing // 100) == (place.easting // 100, place.northing // 100)


def test_a_place_lies_in_one_of_eight_directions() -> None:
    here = Place(easting=400_000, northing=300_000)
    offsets = ((0, 9), (9, 9), (9, 1), (9, -9), (1, -9), (-9, -9), (-9, 1), (-9, 9))
    assert [
        way_from(here, Place(easting=here.easting + x, northing=here.northing + y)) for x, y in offsets
    ] == ["north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west"]


@pytest.mark.parametrize(
    "typed",
    ["", "SP", "SP 51 06 1", "SP 5132 061", "IO 123 456", "999999, 9999999", "-1, 5", "OX1 1AA", "AA 1 1"],
)
def test_what_is_no_place_in_great_britain_is_none(typed: str) -> None:
    assert from_grid_reference(typed) is None


def test_a_base_is_found_by_the_postcode_of_a_school_in_any_spelling(app: Flask) -> None:
    with transaction():
        make.school(postcode="ZZ1 1AA", easting=None, northing=None)
        make.school(postcode="ZZ1 1AA", easting=451000, northing=206000)
    for typed in ("ZZ1 1AA", "zz11aa", " Zz1  1aA "):
        assert companies.find_base(typed) == Place(easting=451000, northing=206000)
    assert companies.find_base("  ") is None


def test_a_base_that_nobody_knows_is_refused(app: Flask) -> None:
    for typed in ("ZZ9 9ZZ", "behind the church", "%", "SP 1"):
        with pytest.raises(companies.BaseNotFound):
            companies.find_base(typed)


def test_companies_and_troupes_stand_by_name(app: Flask, count_queries) -> None:
    with transaction():
        of = make.partnership()
        zebra = companies.add(of.id, CompanyFacts(name="Zebra Crossing"), **WHO)
        row = companies.add(of.id, ROW, **WHO)
        red = companies.add_troupe(row, TroupeFacts(name="Red van"), **WHO)
        blue = companies.add_troupe(row, TroupeFacts(name="Blue van"), **WHO)
        green = companies.add_troupe(zebra, TroupeFacts(name="Blue van"), **WHO)
        other = companies.add(make.partnership(la_codes=()).id, ROW, **WHO)
    of_id = of.id
    with count_queries() as queries:
        assert companies.of_partnership(of_id) == [row, zebra]
    assert len(queries) == 1
    with count_queries() as queries:
        assert companies.troupes(of_id) == [blue, red, green]
    assert len(queries) == 1
    with pytest.raises(companies.NoSuchCompany):
        companies.get(of_id, other.id)


def test_a_troupe_of_another_partnership_is_not_found(app: Flask) -> None:
    with transaction():
        of = make.partnership()
        theirs = make.troupe(make.partnership(la_codes=()))
    with pytest.raises(companies.NoSuchCompany):
        companies.get_troupe(of.id, theirs.id)


def test_a_name_that_stands_already_is_refused(app: Flask) -> None:
    with transaction():
        of = make.partnership()
        row = companies.add(of.id, ROW, **WHO)
        other = companies.add(of.id, CompanyFacts(name="Zebra Crossing"), **WHO)
        with pytest.raises(companies.CompanyNameTaken):
            companies.add(of.id, ROW, **WHO)
        with pytest.raises(companies.CompanyNameTaken):
            companies.change(other, ROW, **WHO)
        companies.change(row, ROW, **WHO)


def test_a_troupes_name_that_stands_already_is_refused(app: Flask) -> None:
    with transaction():
        row = companies.add(make.partnership().id, ROW, **WHO)
        companies.add_troupe(row, TroupeFacts(name="Red van"), **WHO)
        blue = companies.add_troupe(row, TroupeFacts(name="Blue van"), **WHO)
        with pytest.raises(companies.TroupeNameTaken):
            companies.add_troupe(row, TroupeFacts(name="Red van"), **WHO)
        with pytest.raises(companies.TroupeNameTaken):
            companies.change_troupe(blue, TroupeFacts(name="Red van"), **WHO)


def test_a_changed_base_leaves_what_was_and_what_is(app: Flask) -> None:
    with transaction():
        row = companies.add(make.partnership().id, ROW, **WHO)
        red = companies.add_troupe(row, TroupeFacts(name="Red van"), **WHO)
    facts = TroupeFacts(name="Red van", base_name="Depot", base=Place(easting=450000, northing=210000))
    for _ in range(2):
        with transaction():
            companies.change_troupe(red, facts, **WHO)
    assert red.base == Place(easting=450000, northing=210000)
    assert [(h.what, h.before, h.after) for h in history.history_of("troupe", red.id)] == [
        (
            "changed",
            {"base_name": "", "base_easting": None, "base_northing": None},
            {"base_name": "Depot", "base_easting": 450000, "base_northing": 210000},
        ),
        ("added", None, "Red van"),
    ]
