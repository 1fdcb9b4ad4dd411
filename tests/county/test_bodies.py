"""Bodies are kept by date, once in a partnership, and are never taken for schools; what cannot be is refused by the
database too."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError

import make
from outreach.county import bodies, contacts, schools
from outreach.county.bodies import (
    Body,
    BodyFacts,
    BodyMakesNoSense,
    BodyTwice,
    CannotClose,
    NoSuchBody,
)
from outreach.county.schools import (
    FIRST_OF_BODIES,
    NoSuchSchool,
    Organisation,
    OrganisationRecord,
    School,
    Succession,
)
from outreach.ground import history
from outreach.ground.db import broken_guard, db, table_of, transaction

TODAY = make.NOW.date()
SAID: dict[str, Any] = {"who": "Priya", "now": make.NOW, "today": TODAY}
POLICE = BodyFacts(name="Redmere Response Team", kind="Police")


def records(body: Body) -> list[tuple[Any, ...]]:
    r = OrganisationRecord
    query = select(r.name, r.status, r.close_date, r.front_line_staff, r.staff_counted_on)
    return [
        tuple(row)
        for row in db.session.execute(query.where(r.organisation_id == body.organisation_id).order_by(r.id))
    ]


def test_a_body_is_added_as_it_is_told_and_its_facts_are_dated(app: Flask) -> None:
    with transaction():
        of = make.partnership()
        make.school()
        told = BodyFacts(
            name="  Redmere  Response Team ",
            kind="police",
            district="kestermere",
            front_line_staff=42,
            staff_counted_on=date(2027, 1, 4),
        )
        body = bodies.add(of.id, told, **SAID)
    assert (body.name, body.type_of_establishment, body.is_open) == ("Redmere Response Team", "Police", True)
    assert (body.district_name, body.district_code) == ("Kestermere", "E07000001")
    assert (body.partnership_id, body.la_code) == (of.id, "")
    assert body.organisation_id >= FIRST_OF_BODIES
    assert records(body) == [("Redmere Response Team", "Open", None, 42, date(2027, 1, 4))]
    assert [h.what for h in history.history_of("school", body.organisation_id)] == ["added"]
    assert bodies.get(body.organisation_id, of.id) is body


def test_nobody_at_the_front_line_is_told_from_not_known(app: Flask) -> None:
    with transaction():
        of = make.partnership()
        none = make.body(of, front_line_staff=0, staff_counted_on=date(2026, 9, 1))
        unknown = make.body(of, staff_counted_on=date(2026, 9, 1))
    assert (none.front_line_staff, none.staff_counted_on) == (0, date(2026, 9, 1))
    assert (unknown.front_line_staff, unknown.staff_counted_on) == (None, None)


def test_what_is_changed_holds_from_then_on_and_the_same_again_leaves_no_trace(app: Flask) -> None:
    with transaction():
        of = make.partnership()
        body = make.body(of, name="Fen Team", front_line_staff=10, staff_counted_on=date(2026, 9, 1))
        said = bodies.facts_of(body)
        bodies.change(body, said, **SAID)
        more = BodyFacts(
            name="Fen Team", kind="Health", front_line_staff=12, staff_counted_on=date(2027, 1, 4)
        )
        bodies.change(body, more, **SAID)
    assert [row[3:] for row in records(body)] == [(10, date(2026, 9, 1)), (12, date(2027, 1, 4))]
    changed, added = history.history_of("school", body.organisation_id)
    assert (changed.what, added.what) == ("changed", "added")
    assert changed.before == {"kind": "Police", "front_line_staff": 10, "staff_counted_on": "2026-09-01"}
    assert changed.after == {"kind": "Health", "front_line_staff": 12, "staff_counted_on": "2027-01-04"}
    assert changed.partnership_id == of.id


@pytest.mark.parametrize(
    "told, field, words",
    [
        ({"name": "  "}, "name", "Enter the name of the body."),
        ({"name": "…"}, "name", "Enter the name of the body."),
        ({"name": "x" * 201}, "name", "The name must be 200 characters or fewer."),
        ({"kind": "Fire"}, "kind", "‘Fire’ is no kind of body. Choose one of: Police, Social work"),
        ({"kind": ""}, "kind", "Choose one of: Police, Social work"),
        ({"district": "Nowhere"}, "district", "No school here lies in a district ‘Nowhere’."),
        ({"front_line_staff": -1, "staff_counted_on": TODAY}, "front_line_staff", "between 0 and 100,000"),
        ({"front_line_staff": 100_001, "staff_counted_on": TODAY}, "front_line_staff", "between 0 and"),
        ({"front_line_staff": 5}, "staff_counted_on", "Enter the day on which the staff were counted."),
        (
            {"front_line_staff": 5, "staff_counted_on": TODAY + timedelta(days=1)},
            "staff_counted_on",
            "The staff cannot have been counted on a day to come.",
        ),
    ],
)
def test_what_makes_no_sense_is_refused_in_words_and_nothing_is_kept(
    app: Flask, told: dict[str, Any], field: str, words: str
) -> None:
    with transaction():
        of = make.partnership()
        make.school()
    with pytest.raises(BodyMakesNoSense) as refused, transaction():
        bodies.add(of.id, BodyFacts(**{"name": "Team", "kind": "Police"} | told), **SAID)
    assert words in str(refused.value) and refused.value.field == field
    assert db.session.scalar(select(func.count()).select_from(Body)) == 0


def test_a_body_stands_once_in_a_partnership_by_its_name_and_kind(app: Flask) -> None:
    with transaction():
        of, other = make.partnership(), make.partnership(("935",))
        body = bodies.add(of.id, POLICE, **SAID)
        bodies.add(other.id, POLICE, **SAID)
        health = bodies.add(of.id, BodyFacts(name=POLICE.name, kind="Health"), **SAID)
    with (
        pytest.raises(BodyTwice, match=r"Redmere Response Team \(Police\) is in the list already\."),
        transaction(),
    ):
        bodies.add(of.id, BodyFacts(name="redmere response-team", kind="Police"), **SAID)
    with pytest.raises(BodyTwice), transaction():
        bodies.change(health, POLICE, **SAID)
    with transaction():
        bodies.close(body, TODAY, **SAID)
    with pytest.raises(BodyTwice, match="as closed. Open it again on its page"), transaction():
        bodies.add(of.id, POLICE, **SAID)


def test_a_closed_body_is_there_no_more_and_another_may_take_its_place(app: Flask) -> None:
    with transaction():
        of = make.partnership()
        one, two = make.body(of, name="One"), make.body(of, name="Two")
        make.contact(one, address="desk@one.example")
        bodies.close(one, date(2027, 1, 5), successor=two, **SAID)
    assert (one.is_open, one.close_date) == (False, date(2027, 1, 5))
    assert (bodies.became(one), bodies.came_from(two)) == ([two], [one])
    assert records(one)[-1][:3] == ("One", "Closed", date(2027, 1, 5))
    written_to = contacts.to_write_to([two.organisation_id], of.id)[two.organisation_id]
    assert [c.address for c in written_to] == ["desk@one.example"]
    with transaction():
        bodies.reopen(one, who="Priya", now=make.NOW)
    assert (one.is_open, one.close_date, bodies.became(one)) == (True, None, [])
    assert [row[1] for row in records(one)] == ["Open", "Closed", "Open"]
    told = [h.what for h in history.history_of("school", one.organisation_id)]
    assert told == ["open again", "closed", "added"]


def test_several_bodies_merge_into_one_or_none_of_them_does(app: Flask) -> None:
    with transaction():
        of = make.partnership()
        one, two, all_of_them = (make.body(of, name=name) for name in ("One", "Two", "Whole"))
    with pytest.raises(CannotClose), transaction():
        bodies.merge([one, all_of_them], all_of_them, TODAY, **SAID)
    assert one.is_open
    with pytest.raises(CannotClose, match="at least one"), transaction():
        bodies.merge([], all_of_them, TODAY, **SAID)
    with transaction():
        bodies.merge([one, two], all_of_them, TODAY, **SAID)
    assert bodies.came_from(all_of_them) == [one, two]
    assert not one.is_open and not two.is_open and all_of_them.is_open


def test_a_closing_that_cannot_be_is_refused_in_words(app: Flask) -> None:
    with transaction():
        of, other = make.partnership(), make.partnership(("935",))
        body, closed, theirs = make.body(of), make.body(of, name="Gone"), make.body(other)
        bodies.close(closed, date(2027, 1, 4), **SAID)

    def refused(error: type[Exception], words: str, do: Callable[[], None]) -> None:
        with pytest.raises(error, match=words), transaction():
            do()

    refused(CannotClose, "has not come", lambda: bodies.close(body, TODAY + timedelta(days=1), **SAID))
    refused(
        CannotClose, "Gone was closed on 4 January 2027 already", lambda: bodies.close(closed, TODAY, **SAID)
    )
    refused(CannotClose, "its own place", lambda: bodies.close(body, TODAY, successor=body, **SAID))
    refused(CannotClose, "Gone is closed itself", lambda: bodies.close(body, TODAY, successor=closed, **SAID))
    refused(NoSuchBody, "No body here", lambda: bodies.close(body, TODAY, successor=theirs, **SAID))
    refused(CannotClose, "is open", lambda: bodies.reopen(body, who="Priya", now=make.NOW))
    assert body.is_open and db.session.scalar(select(func.count()).select_from(Succession)) == 0


@pytest.mark.both_databases
def test_whoever_closed_while_the_lock_was_waited_for_follows_nobody(app: Flask) -> None:
    """So that two coordinators who merge A into B and B into A at once leave one of them open."""
    with transaction():
        of = make.partnership()
        body, other = make.body(of), make.body(of, name="Other")
    with pytest.raises(CannotClose, match="Other is closed itself"), transaction():
        assert body.is_open and other.is_open
        closed_elsewhere = update(Body).where(Body.organisation_id == other.organisation_id)
        db.session.execute(
            closed_elsewhere.values(status="Closed"), execution_options={"synchronize_session": False}
        )
        bodies.close(body, TODAY, successor=other, **SAID)
    assert body.is_open


def test_a_body_is_its_partnerships_alone(app: Flask) -> None:
    with transaction():
        of, other = make.partnership(), make.partnership(("935",))
        body, school = make.body(of), make.school()
    for number in (body.organisation_id, school.organisation_id, 2**31, 10**12):
        with pytest.raises(NoSuchBody):
            bodies.get(number, other.id)
    with pytest.raises(NoSuchBody):
        bodies.get(school.organisation_id, of.id)
    assert (bodies.of_partnership(of.id), bodies.of_partnership(other.id)) == ([body], [])


def test_what_asks_for_schools_meets_no_body(app: Flask) -> None:
    with transaction():
        of = make.partnership()
        school, body = make.school(), make.body(of, name="Redmere Academy Team")
        make.contact(body)
    assert schools.find("Redmere", ["931"]) == [school]
    assert schools.count(["931"]) == (1, 1)
    assert schools.of_urns([school.urn, body.organisation_id]) == [school]
    assert contacts.schools_without(["931"]) == [school]
    assert (contacts.reach(["931"]).schools, contacts.reach(["931"]).with_contact) == (1, 0)
    assert list(db.session.scalars(select(School))) == [school]
    assert set(db.session.scalars(select(Organisation))) == {school, body}
    with pytest.raises(NoSuchSchool):
        schools.get(body.organisation_id)
    db.session.expunge_all()
    with pytest.raises(NoSuchSchool):
        schools.get(body.organisation_id)


def test_a_contact_of_a_body_is_its_partnerships(app: Flask) -> None:
    with transaction():
        of = make.partnership()
        body = make.body(of)
        contacts.add(
            body.organisation_id,
            name="Sam Wood",
            role="Sergeant",
            address="s.wood@police.example",
            phone="",
            source="the station",
            source_date=TODAY,
            who="Priya",
            now=make.NOW,
        )
    (found,) = contacts.contacts_of_organisation(body.organisation_id)
    assert (found.partnership_id, found.address) == (of.id, "s.wood@police.example")
    assert contacts.get(found.id, body.organisation_id) is found


@pytest.mark.parametrize(
    "change, guard",
    [
        ({"kind": "somebody"}, "ck_organisation_kind"),
        ({"kind": "school", "partnership_id": None}, "ck_organisation_number"),
        ({"partnership_id": None}, "ck_organisation_partnership"),
        ({"la_code": "931"}, "ck_organisation_authority"),
        ({"front_line_staff": -1}, "ck_organisation_front_line_staff"),
        ({"staff_counted_on": None}, "ck_organisation_staff_counted_on"),
        ({"front_line_staff": None}, "ck_organisation_staff_counted_on"),
        ({"partnership_id": 999_999}, ""),
    ],
)
def test_the_database_refuses_a_body_that_cannot_be(app: Flask, change: dict[str, Any], guard: str) -> None:
    table = table_of(Organisation)
    with transaction():
        of = make.partnership()
        body = make.body(of, front_line_staff=3, staff_counted_on=date(2026, 9, 1))
    with pytest.raises(IntegrityError) as refused, transaction() as session:
        session.execute(update(table).where(table.c.organisation_id == body.organisation_id).values(**change))
    assert guard in broken_guard(refused.value)


@pytest.mark.parametrize(
    "change, guard",
    [
        ({"kind": "body", "partnership_id": 1, "la_code": ""}, "ck_organisation_number"),
        ({"partnership_id": 1}, "ck_organisation_partnership"),
        ({"organisation_id": FIRST_OF_BODIES}, "ck_organisation_number"),
    ],
)
def test_the_database_refuses_a_school_that_is_somebodys_body(
    app: Flask, change: dict[str, Any], guard: str
) -> None:
    table = table_of(Organisation)
    with transaction():
        make.partnership()
        school = School(**make.FACTS | {"organisation_id": 900001, "name": "Redmere Academy"})
        db.session.add(school)
    with pytest.raises(IntegrityError) as refused, transaction() as session:
        session.execute(update(table).values(**change))
    assert broken_guard(refused.value) == guard


def test_the_database_keeps_a_body_once_and_its_records_whole(app: Flask) -> None:
    table, kept = table_of(Organisation), table_of(OrganisationRecord)
    with transaction():
        of = make.partnership()
        make.body(of, name="One")
        two = make.body(of, name="Two")
    with pytest.raises(IntegrityError), transaction() as session:
        session.execute(
            update(table).where(table.c.organisation_id == two.organisation_id).values(name="One")
        )
    with pytest.raises(IntegrityError), transaction() as session:
        session.execute(update(kept).values(front_line_staff=-1, staff_counted_on=TODAY))
    with pytest.raises(IntegrityError), transaction() as session:
        session.execute(update(kept).values(front_line_staff=1))
    with pytest.raises(IntegrityError), transaction() as session:
        session.execute(delete(table).where(table.c.organisation_id == two.organisation_id))


@pytest.mark.any_database
def test_adding_many_sends_a_record_and_a_deed_for_each_and_nothing_else(
    app: Flask, count_queries: Any
) -> None:
    with transaction():
        of = make.partnership()
    counted = []
    for number in (1, 3):
        said = [BodyFacts(name=f"Team {number} {n}", kind="Police") for n in range(number)]
        with count_queries() as sent, transaction():
            bodies.add_many(of.id, said, {}, who="Priya", now=make.NOW)
        counted.append(len(sent))
    assert counted == [5, 9]  # two rows that are kept of each: what is known of it, and who said so
