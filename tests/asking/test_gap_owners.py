"""Who looks after a gap: one coordinator a school, until it is given on; and nobody of another
partnership."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.exc import IntegrityError

import make
from outreach.asking import owners
from outreach.asking.owners import CannotOwn, GapOwner
from outreach.county.coordinators import Coordinator
from outreach.ground import history
from outreach.ground.db import db, transaction
from outreach.tour.programmes import Programme

PRIYA: dict[str, Any] = {"who": "Priya Nandakumar", "now": make.NOW}


def named(programme_id: int) -> dict[int, str]:
    return {
        organisation_id: owner.name
        for organisation_id, owner in owners.owners_of_programme(programme_id).items()
    }


def test_a_school_is_given_to_one_coordinator_then_to_another_then_to_nobody(app: Flask) -> None:
    with transaction():
        partnership = make.partnership()
        programme = make.programme(partnership)
        priya = make.person(partnership)
        owen = make.person(partnership, name="Owen Bright")
        schools = [make.school().organisation_id for _ in range(3)]
        first, second, _third = schools
        assert owners.assign(programme, [second, first], priya, **PRIYA) == [first, second]
    assert named(programme.id) == {first: "Priya Nandakumar", second: "Priya Nandakumar"}
    later = make.NOW + timedelta(days=1)
    with transaction():
        assert owners.assign(programme, schools, owen, who="Owen Bright", now=later) == schools
        assert owners.assign(programme, schools, owen, who="Owen Bright", now=later) == []
        assert owners.assign(programme, [first], None, who="Owen Bright", now=later) == [first]
        assert owners.assign(programme, [first], None, who="Owen Bright", now=later) == []
    assert named(programme.id) == dict.fromkeys(schools[1:], "Owen Bright")
    told = [(deed.before, deed.after["owner"]) for deed in history.history_of("school", first)]
    assert told == [
        ({"owner": "Owen Bright"}, "nobody"),
        ({"owner": "Priya Nandakumar"}, "Owen Bright"),
        (None, "Priya Nandakumar"),
    ]
    rows = db.session.scalars(
        db.select(GapOwner).where(GapOwner.organisation_id == first).order_by(GapOwner.id)
    )
    assert [(row.recorded_at, row.ended_at) for row in rows] == [(make.NOW, later), (later, later)]


def test_owners_of_one_programme_say_nothing_of_another(app: Flask) -> None:
    with transaction():
        partnership = make.partnership()
        this, last = make.programme(partnership), make.programme(partnership, academic_year=2025)
        school = make.school().organisation_id
        owners.assign(last, [school], make.person(partnership), **PRIYA)
    assert named(this.id) == {}
    assert named(last.id) == {school: "Priya Nandakumar"}


def test_a_gap_is_never_given_to_somebody_of_another_partnership(app: Flask) -> None:
    with transaction():
        programme = make.programme(make.partnership())
        stranger = make.person(make.partnership(("932",)))
        school = make.school().organisation_id
    with pytest.raises(CannotOwn), transaction():
        owners.assign(programme, [school], stranger, **PRIYA)
    assert named(programme.id) == {}


def test_a_gap_is_not_given_to_somebody_who_has_left_but_stays_with_who_had_it(app: Flask) -> None:
    with transaction():
        partnership = make.partnership()
        programme = make.programme(partnership)
        make.person(partnership)  # who stays the lead
        owen = make.person(partnership, name="Owen Bright")
        school, other = make.school().organisation_id, make.school().organisation_id
        owners.assign(programme, [school], owen, **PRIYA)
        owen.ended_at = make.NOW
    with pytest.raises(CannotOwn, match="Owen Bright no longer signs in"), transaction():
        owners.assign(programme, [other], owen, **PRIYA)
    assert {
        organisation_id: (o.name, o.left)
        for organisation_id, o in owners.owners_of_programme(programme.id).items()
    } == {school: ("Owen Bright", True)}
    assert owen not in owners.possible(partnership.id)


def test_the_possible_owners_are_the_partnerships_own_by_name(app: Flask) -> None:
    with transaction():
        partnership = make.partnership()
        make.person(partnership)
        make.person(partnership, name="Owen Bright")
        make.person(make.partnership(("932",)), name="Anna Stranger")
    assert [p.name for p in owners.possible(partnership.id)] == ["Owen Bright", "Priya Nandakumar"]


def test_the_database_refuses_two_owners_of_one_gap(app: Flask) -> None:
    with transaction():
        partnership = make.partnership()
        programme, person = make.programme(partnership), make.person(partnership)
        school = make.school().organisation_id
        owners.assign(programme, [school], person, **PRIYA)
    with pytest.raises(IntegrityError), transaction() as session:
        session.add(
            GapOwner(
                programme_id=programme.id,
                organisation_id=school,
                person_id=person.id,
                recorded_at=make.NOW,
                who="x",
            )
        )


def test_two_who_assign_the_same_schools_at_once_leave_each_with_one_owner(app: Flask) -> None:
    with transaction():
        partnership = make.partnership()
        programme_id = make.programme(partnership).id
        people = [make.person(partnership, name=name).id for name in ("Owen Bright", "Priya Nandakumar")]
        schools = [make.school().organisation_id for _ in range(5)]
    ready = threading.Barrier(2)
    changed: list[int] = []

    def one(person_id: int) -> None:
        with app.app_context():
            ready.wait()
            with transaction() as session:
                programme = session.get_one(Programme, programme_id)
                person = session.get_one(Coordinator, person_id)
                changed.append(len(owners.assign(programme, schools, person, **PRIYA)))

    threads = [threading.Thread(target=one, args=(person_id,)) for person_id in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert changed == [5, 5]
    db.session.rollback()
    assert len(set(named(programme_id).values())) == 1
    assert list(named(programme_id)) == schools
