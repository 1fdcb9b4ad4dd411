"""What is not a school stays with its partnership and out of the tables of schools alone: the database takes nothing
else, on both engines."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Table, TextClause, insert, text, update
from sqlalchemy.exc import IntegrityError

import make
from outreach.booking.calling_off.call_offs import CallOff
from outreach.county.bodies import Body
from outreach.county.partnerships import Partnership
from outreach.county.schools import Organisation, Succession
from outreach.county.venues import Venue
from outreach.ground.db import broken_guard, db, table_of, transaction
from outreach.planning.orders import TourPlan

NAMES_ANOTHERS, FOR_SCHOOLS_ALONE = "names_anothers", "for_schools_alone"
OF_ONE, STAYS = "of_one_partnership", "stays_with_its_partnership"
NAMED = ("urn", "organisation_id", "from_organisation_id", "to_organisation_id")

OF_NO_PARTNERSHIP = {
    "organisation": "they themselves",
    "organisation_record": "what is known of them by date",
    "wrong_code_try": "a code that opened nothing, of which nobody knows whose it is",
}


def naming() -> list[tuple[Table, str]]:
    """Every table that names an organisation, with each column that does."""
    return [
        (table, column.name)
        for table in db.metadata.sorted_tables
        for column in table.columns
        if column.name in NAMED and table.name not in OF_NO_PARTNERSHIP
    ]


@pytest.fixture
def two(app: Flask) -> tuple[Body, dict[str, int], dict[str, int]]:
    """A body of ours; the rows by which a row is told to be ours, and those by which it is another's."""
    with transaction():
        ours, theirs = make.partnership(), make.partnership(("932",))
        return make.body(ours), told_by(ours), told_by(theirs)


def venue_beside(body: Body) -> Venue:
    with transaction():
        return make.venue(db.session.get_one(Partnership, body.partnership_id))


def told_by(of: Partnership) -> dict[str, int]:
    programme = make.programme(of)
    plan = TourPlan(programme_id=programme.id, name="A plan", asked_by="Priya", asked_at=make.NOW, rules={})
    call_off = CallOff(
        partnership_id=of.id,
        troupe_id=make.troupe(of).id,
        first=make.NOW.date(),
        last=make.NOW.date(),
        part="day",
        reason="Ill",
        what="A day",
        who="Priya",
        key=f"key {of.id}",
        recorded_at=make.NOW,
    )
    db.session.add_all([plan, call_off])
    db.session.flush()
    return {
        "partnership_id": of.id,
        "programme_id": programme.id,
        "plan_id": plan.id,
        "call_off_id": call_off.id,
        "booking_id": make.booking(make.show(programme, make.school(), make.NOW), {8: 1}).id,
    }


def refused(statement: Any) -> str:
    """The name of the guard that refuses a statement; '' where it goes through."""
    try:
        with transaction():
            db.session.execute(statement)
    except IntegrityError as error:
        return broken_guard(error)
    return ""


def half_a_row(table: Table, said: dict[str, int]) -> TextClause:
    """With nothing but these columns, and none of the values that the models fill in."""
    names = list(said)
    values = ", ".join(str(said[name]) for name in names)
    return text(f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({values})")


def whose(table: Table, told: dict[str, int]) -> dict[str, int]:
    """The value of the column by which a table's row is a partnership's: its own number before the others."""
    column = next(name for name in told if name in table.columns)
    return {column: told[column]}


def test_no_row_of_another_partnership_names_a_body_or_a_venue(two: Any) -> None:
    """A guard is asked before anything else of a row is looked at, so that half a row shows who answers."""
    body, ours, theirs = two
    found = {}
    for of in (body, venue_beside(body)):
        for table, column in naming():
            if column == "urn":
                continue
            named = {column: of.organisation_id}
            by_them, by_us = (
                refused(half_a_row(table, named | whose(table, told))) for told in (theirs, ours)
            )
            found[table.name, column, of.kind] = (by_them, by_us == NAMES_ANOTHERS)
    assert len(found) > 60
    assert {key: said for key, said in found.items() if said != (NAMES_ANOTHERS, False)} == {}


def test_no_table_of_schools_alone_names_a_body_or_a_venue(two: Any) -> None:
    body, *_ = two
    venue = venue_beside(body)
    with transaction():
        school = make.school()
    found = {}
    for table, column in naming():
        if column == "urn":
            guards = [
                refused(half_a_row(table, {column: of.organisation_id})) == FOR_SCHOOLS_ALONE
                for of in (body, venue, school)
            ]
            found[table.name] = guards
    assert len(found) == 9
    assert {name: said for name, said in found.items() if said != [True, True, False]} == {}


def test_a_row_that_stands_cannot_be_turned_to_anothers_body(two: Any) -> None:
    body, ours, theirs = two
    with transaction():
        mine = make.contact(body)
        corrected = make.own_number(make.school(), 8, 100)
    contact = table_of(type(mine))
    assert refused(update(contact).values(partnership_id=theirs["partnership_id"])) == NAMES_ANOTHERS
    with transaction():
        their_body = make.body(db.session.get_one(Partnership, theirs["partnership_id"]))
    assert refused(update(contact).values(organisation_id=their_body.organisation_id)) == NAMES_ANOTHERS
    own = table_of(type(corrected))
    assert refused(update(own).values(urn=body.organisation_id)) == FOR_SCHOOLS_ALONE
    booking = db.metadata.tables["booking"]
    turned = update(booking).where(booking.c.id == ours["booking_id"])
    assert refused(turned.values(organisation_id=their_body.organisation_id)) == NAMES_ANOTHERS


def test_both_ends_of_a_succession_are_of_one_kind_and_partnership(two: Any) -> None:
    body, ours, theirs = two
    with transaction():
        us, them = (db.session.get_one(Partnership, told["partnership_id"]) for told in (ours, theirs))
        other, theirs_too, school = make.body(us), make.body(them), make.school()
    a, b, far, s = (of.organisation_id for of in (body, other, theirs_too, school))
    succession = table_of(Succession)

    def follows(predecessor: int, successor: int) -> Any:
        ends = {"predecessor_id": predecessor, "successor_id": successor}
        return insert(succession).values(ends | {"kind": "", "recorded_at": make.NOW})

    unknown = a + 1 if a + 1 not in (b, far) else a + 2
    for ends in ((a, far), (far, a), (a, s), (s, a), (a, unknown), (unknown, a)):
        assert refused(follows(*ends)) == OF_ONE, ends
    assert refused(follows(a, b)) == ""
    assert refused(follows(s, 100_001)) == "", "what the register names and does not have"
    stands = update(succession).where(succession.c.predecessor_id == a)
    assert refused(stands.values(successor_id=far)) == OF_ONE
    assert refused(stands.values(successor_id=s)) == OF_ONE


def test_a_body_never_goes_over_to_another_partnership(two: Any) -> None:
    body, _, theirs = two
    table = table_of(Organisation)
    goes = update(table).where(table.c.organisation_id == body.organisation_id)
    assert refused(goes.values(partnership_id=theirs["partnership_id"])) == STAYS
