"""Numbers of districts as rows: taken in, corrected with what stood kept, undone, and what the database refuses."""

from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

import make
from outreach.county.partnerships import Partnership
from outreach.ground import history
from outreach.ground.db import db, transaction
from outreach.outcomes.referrals import district_numbers
from outreach.outcomes.referrals.district_numbers import (
    NO_KIND,
    REFERRALS,
    RESIDENTS,
    Cell,
    ChangedSince,
    DistrictNumber,
    NoSuchEntry,
    NotAPercent,
    NotAsShown,
    NumbersEntry,
    SourceToCome,
)

CSE = "child sexual exploitation"
SEPT = Cell(district_code="E07000001", kind=CSE, period=202609)
OCT = Cell(district_code="E07000001", kind=CSE, period=202610)
AGED = Cell(district_code="E07000001", kind=NO_KIND, period=2025)


def take(of: Partnership, given: dict[Cell, int], about: str = REFERRALS, **also: Any) -> Any:
    return district_numbers.take_in(
        of,
        about,
        given,
        **{
            "source": "Front door, monthly return",
            "source_date": date(2026, 11, 2),
            "who": "Priya",
            "now": make.NOW,
        }
        | also,
    )


@pytest.fixture
def here(app: Flask) -> Partnership:
    with transaction():
        return make.partnership()


def newest(of: Partnership, about: str = REFERRALS) -> NumbersEntry:
    return district_numbers.entries(of.id, about)[0][0]


def test_a_correction_stands_and_what_stood_is_kept_with_its_source(here: Partnership) -> None:
    with transaction():
        done = take(here, {SEPT: 8, OCT: 3})
    assert (done.new, done.changed, done.same) == ({SEPT: 8, OCT: 3}, {}, 0)
    with transaction():
        done = take(here, {SEPT: 9, OCT: 3}, source="Corrected return", now=make.NOW + timedelta(days=1))
    assert (done.new, done.changed, done.same) == ({}, {SEPT: (8, 9)}, 1)
    assert district_numbers.standing(here.id) == {SEPT: 9, OCT: 3}
    kept = district_numbers.with_sources(here.id, REFERRALS)
    assert [(row.cell, row.number, row.source, row.replaced_at is None) for row in kept] == [
        (SEPT, 8, "Front door, monthly return", False),
        (SEPT, 9, "Corrected return", True),
        (OCT, 3, "Front door, monthly return", True),
    ]
    assert [(brought, stands) for _, brought, stands in district_numbers.entries(here.id, REFERRALS)] == [
        (1, 1),
        (2, 1),
    ]
    deed = history.history_of("partnership", here.id)[0]
    assert (deed.what, deed.after["changed"]) == ("took in referrals by district", 1)


def test_the_same_numbers_again_are_nothing_new(here: Partnership) -> None:
    with transaction():
        take(here, {SEPT: 8})
        assert not take(here, {SEPT: 8}).cells
    assert db.session.scalar(select(func.count(NumbersEntry.id))) == 1


def test_undone_an_entry_goes_and_what_it_replaced_stands_again(here: Partnership) -> None:
    with transaction():
        take(here, {SEPT: 8})
        take(here, {SEPT: 9, OCT: 4})
    first, second = (entry.id for entry, *_ in reversed(district_numbers.entries(here.id, REFERRALS)))
    with transaction(), pytest.raises(ChangedSince, match="1 number of it was corrected since"):
        district_numbers.undo(first, partnership_id=here.id, who="Sam", now=make.NOW)
    with transaction():
        district_numbers.undo(second, partnership_id=here.id, who="Sam", now=make.NOW)
        district_numbers.undo(second, partnership_id=here.id, who="Sam", now=make.NOW)
    assert district_numbers.standing(here.id) == {SEPT: 8}
    with transaction():
        district_numbers.undo(first, partnership_id=here.id, who="Sam", now=make.NOW)
    assert district_numbers.standing(here.id) == {}
    assert [entry.undone_by for entry, *_ in district_numbers.entries(here.id, REFERRALS)] == ["Sam", "Sam"]
    assert len(history.history_of("partnership", here.id)) == 4, "pressed twice, undone once"


def test_another_partnerships_entry_is_not_there(here: Partnership) -> None:
    with transaction():
        take(here, {SEPT: 8})
        other = make.partnership(("932",))
    with transaction(), pytest.raises(NoSuchEntry):
        district_numbers.undo(newest(here).id, partnership_id=other.id, who="Sam", now=make.NOW)
    assert district_numbers.standing(other.id) == {}
    assert district_numbers.entries(other.id, REFERRALS) == []
    assert district_numbers.with_sources(other.id, REFERRALS) == []


def test_what_somebody_changed_after_the_look_is_looked_at_again(here: Partnership) -> None:
    looked = district_numbers.compare({SEPT: 8}, district_numbers.standing(here.id))
    shown = district_numbers.fingerprint(looked)
    with transaction():
        take(here, {SEPT: 7})
    with transaction(), pytest.raises(NotAsShown):
        take(here, {SEPT: 8}, as_shown=shown)
    looked = district_numbers.compare({SEPT: 8}, district_numbers.standing(here.id))
    with transaction():
        take(here, {SEPT: 8}, as_shown=district_numbers.fingerprint(looked))
    assert district_numbers.standing(here.id) == {SEPT: 8}


def test_a_source_of_a_day_to_come_is_refused(here: Partnership) -> None:
    with transaction(), pytest.raises(SourceToCome):
        take(here, {SEPT: 8}, source_date=make.NOW.date() + timedelta(days=1))


def test_residents_stand_beside_referrals(here: Partnership) -> None:
    with transaction():
        take(here, {SEPT: 8})
        take(here, {AGED: 9840}, about=RESIDENTS)
    assert district_numbers.standing(here.id) == {AGED: 9840, SEPT: 8}
    assert [row.cell for row in district_numbers.with_sources(here.id, RESIDENTS)] == [AGED]


def test_when_a_district_is_reached_is_a_setting_with_a_history(here: Partnership) -> None:
    assert district_numbers.percent(here.id) == 50
    with transaction():
        district_numbers.set_percent(here, 60, who="Priya", now=make.NOW)
        district_numbers.set_percent(here, 60, who="Priya", now=make.NOW)
        other = make.partnership(("932",))
    assert (district_numbers.percent(here.id), district_numbers.percent(other.id)) == (60, 50)
    (deed,) = history.history_of("partnership", here.id)
    assert (deed.what, deed.before, deed.after) == ("set when a district is reached", 50, 60)
    for wrong in (0, 101):
        with transaction(), pytest.raises(NotAPercent):
            district_numbers.set_percent(here, wrong, who="Priya", now=make.NOW)


def test_districts_are_those_of_the_partnerships_schools(here: Partnership) -> None:
    with transaction():
        make.school()
        make.school(district_code="E07000002", district_name="Fenwold")
        make.school(district_code=None, district_name=None)
        make.school(la_code="932", district_code="E07000009", district_name="Elsewhere")
    assert district_numbers.districts_of(here.id) == {"E07000002": "Fenwold", "E07000001": "Kestermere"}


WRONG = {
    "a number under nothing": {"number": -1},
    "no residents": {"kind": "", "period": 2025, "number": 0},
    "a month that is none": {"period": 202613},
    "a year for a month": {"period": 2026},
    "a month for a year": {"kind": ""},
    "no district": {"district_code": ""},
    "two that stand": {"district_code": "E07000001", "period": 202609},
    "an entry of another partnership": {"partnership_id": "other"},
    "in place of another partnership’s": {"replaces_id": "theirs"},
}


@pytest.mark.parametrize("what", WRONG)
def test_the_database_refuses(here: Partnership, what: str) -> None:
    with transaction():
        take(here, {SEPT: 8})
        other = make.partnership(("932",))
        take(other, {SEPT: 8})
        theirs = db.session.scalar(select(DistrictNumber.id).where(DistrictNumber.partnership_id == other.id))
    ids = {"other": other.id, "theirs": theirs}
    good = {
        "partnership_id": here.id,
        "entry_id": newest(here).id,
        "district_code": "E07000002",
        "kind": CSE,
        "period": 202609,
        "number": 3,
    }
    with transaction():
        db.session.add(DistrictNumber(**good | {"period": 202610}))
    given = {key: ids.get(value, value) for key, value in WRONG[what].items()}
    with pytest.raises(IntegrityError), transaction():
        db.session.add(DistrictNumber(**good | given))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE numbers_entry SET about = 'arrests'",
        "UPDATE numbers_entry SET source = ''",
        "UPDATE numbers_entry SET undone_by = 'Sam'",
        "UPDATE reached_percent SET percent = 0",
    ],
)
def test_the_database_refuses_a_change(here: Partnership, statement: str) -> None:
    with transaction():
        take(here, {SEPT: 8})
        district_numbers.set_percent(here, 60, who="Priya", now=make.NOW)
    with pytest.raises(IntegrityError), transaction():
        db.session.execute(text(statement))
