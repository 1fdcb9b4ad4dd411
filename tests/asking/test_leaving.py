"""Leaving of a person: schools and days to ring go to others by district in the same deed; the last lead stays."""

import threading
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

import make
from outreach.asking import follow_ups, leaving, owners
from outreach.asking.leaving import HandedOver
from outreach.county import coordinators, roles
from outreach.county.coordinators import Coordinator
from outreach.ground import history
from outreach.ground.db import db, transaction
from outreach.tour import programmes
from outreach.tour.programmes import Programme

SOON = date(2027, 1, 25)


class Two:
    """A lead and a coordinator who looks after three schools of two districts, one of them with a day to ring."""

    def __init__(self) -> None:
        of = make.partnership()
        self.programme: Programme = make.programme(of)
        self.priya: Coordinator = make.person(of, name="Priya")
        self.owen: Coordinator = make.person(of, roles.COORDINATOR, name="Owen")
        self.sunita: Coordinator = make.person(of, roles.COORDINATOR, name="Sunita")
        self.north = [make.school(district_name="North Marl").organisation_id for _ in range(2)]
        self.saxby = [make.school(district_name="Saxby Downs").organisation_id]
        all_of_them = [*self.north, *self.saxby]
        owners.assign(self.programme, all_of_them, self.owen, who="Priya", now=make.EARLIER)
        follow_ups.set_follow_ups(
            self.programme, self.north[:1], SOON, "Ring", self.owen, who="Owen", now=make.EARLIER
        )

    def whose(self) -> dict[int, str]:
        db.session.expire_all()
        return {urn: o.name for urn, o in owners.owners_of_programme(self.programme.id).items()}


@pytest.fixture
def two(app: Flask) -> Two:
    with transaction():
        return Two()


def test_what_somebody_holds_is_counted_by_district(two: Two) -> None:
    assert [(one.district, one.schools) for one in leaving.held(two.owen)] == [
        ("North Marl", 2),
        ("Saxby Downs", 1),
    ]
    assert leaving.schools_held(two.owen.partnership_id) == {two.owen.id: 3}


def test_who_leaves_hands_over_by_district_and_what_nobody_takes_has_nobody(two: Two) -> None:
    with transaction():
        done = leaving.leave(two.owen, {"North Marl": two.sunita}, on=None, who="Priya", now=make.NOW)
    assert done == HandedOver(given=2, left=1)
    assert two.whose() == dict.fromkeys(two.north, "Sunita")
    [ring] = follow_ups.follow_ups_of_programme(two.programme.id).values()
    assert (ring.name, ring.day, ring.what) == ("Sunita", SOON, "Ring")
    assert two.owen.ended_at == make.NOW and two.owen.role is None
    assert [(row.what, row.who) for row in history.history_of("person", two.owen.id)] == [("left", "Priya")]
    assigned = history.history_of("school", two.north[0])
    assert ("gap assigned", "Priya") in [(row.what, row.who) for row in assigned]


def test_a_day_to_ring_that_is_past_goes_over_too(two: Two) -> None:
    late = datetime.combine(SOON + timedelta(days=9), make.NOW.timetz())
    with transaction():
        leaving.leave(two.owen, {"North Marl": two.priya}, on=None, who="Priya", now=late)
    assert follow_ups.follow_ups_of_programme(two.programme.id)[two.north[0]].name == "Priya"


def test_a_refusal_hands_over_nothing(two: Two) -> None:
    with transaction():
        coordinators.end(two.sunita, who="Priya", now=make.EARLIER)
    with pytest.raises(owners.CannotOwn), transaction():
        leaving.leave(two.owen, {"Saxby Downs": two.sunita}, on=None, who="Priya", now=make.NOW)
    assert set(two.whose().values()) == {"Owen"}
    assert two.owen.ended_at is None


def test_last_day_is_a_day_to_come_and_the_sign_in_ends_with_it(two: Two) -> None:
    day = make.NOW.date()
    for wrong in (day - timedelta(days=1), day + timedelta(days=400)):
        with pytest.raises(coordinators.DayCannotBe), transaction():
            leaving.leave(two.owen, {}, on=wrong, who="Priya", now=make.NOW)
    with transaction():
        leaving.leave(two.owen, {}, on=day, who="Priya", now=make.NOW)
    assert two.whose() == {}
    assert not two.owen.has_left(day) and two.owen.has_left(day + timedelta(days=1))
    with transaction():
        coordinators.end_who_left(who="the service", now=make.NOW)
    assert two.owen.ended_at is None
    next_day = make.NOW + timedelta(days=1)
    with pytest.raises(coordinators.CannotSignIn), transaction():
        coordinators.let_in(two.owen, now=next_day)
    with transaction():
        coordinators.end_who_left(who="the service", now=next_day)
    assert two.owen.ended_at == next_day and two.owen.role is None


def test_who_was_to_leave_stays(two: Two) -> None:
    with transaction():
        leaving.leave(two.owen, {}, on=SOON, who="Priya", now=make.NOW)
        coordinators.stay(two.owen, who="Priya", now=make.NOW)
    assert two.owen.leaves_on is None
    said = [(row.what, row.before, row.after) for row in history.history_of("person", two.owen.id)]
    assert said == [("stays", {"day": "2027-01-25"}, None), ("leaves", None, {"day": "2027-01-25"})]


def test_a_lead_who_is_to_leave_counts_no_more_as_one_who_stays(two: Two) -> None:
    with transaction():
        coordinators.change_role(two.sunita, roles.LEAD, who="Priya", now=make.EARLIER)
        leaving.leave(two.priya, {}, on=SOON, who="Priya", now=make.NOW)
    for deed in (
        lambda: leaving.leave(two.sunita, {}, on=None, who="Priya", now=make.NOW),
        lambda: leaving.leave(two.sunita, {}, on=SOON, who="Priya", now=make.NOW),
        lambda: leaving.change_role(two.sunita, roles.READER, {}, who="Priya", now=make.NOW),
    ):
        with pytest.raises(roles.LastLead) as refused, transaction():
            deed()
        assert refused.value.message.startswith("Sunita is the only lead coordinator who stays")


def test_role_that_looks_after_no_schools_hands_them_over_and_another_keeps_them(two: Two) -> None:
    with transaction():
        leaving.change_role(two.owen, roles.LEAD, {}, who="Priya", now=make.EARLIER)
    assert set(two.whose().values()) == {"Owen"}
    with transaction():
        done = leaving.change_role(
            two.owen, roles.READER, {"Saxby Downs": two.priya}, who="Priya", now=make.NOW
        )
    assert done == HandedOver(given=1, left=2)
    assert two.whose() == dict.fromkeys(two.saxby, "Priya")
    assert follow_ups.follow_ups_of_programme(two.programme.id)[two.north[0]].name == "Owen"


def test_schools_of_a_closed_programme_stay_as_they_were(two: Two) -> None:
    with transaction():
        programmes.close(two.programme, who="Priya", now=make.EARLIER)
        assert leaving.leave(two.owen, {}, on=None, who="Priya", now=make.NOW) == HandedOver(given=0, left=0)
    assert set(two.whose().values()) == {"Owen"}


def test_a_school_given_to_one_who_leaves_at_that_moment_is_never_theirs(app: Flask, two: Two) -> None:
    """Each with a connection of its own: whoever is second knows what the first did."""
    ids = two.owen.id, two.programme.id, two.saxby[0]
    with transaction():
        owners.assign(two.programme, two.saxby, None, who="Priya", now=make.EARLIER)
    begun, refusals = threading.Barrier(2), list[Any]()

    def leave() -> None:
        leaving.leave(db.session.get_one(Coordinator, ids[0]), {}, on=None, who="Priya", now=make.NOW)

    def give() -> None:
        owen, programme = db.session.get_one(Coordinator, ids[0]), db.session.get_one(Programme, ids[1])
        owners.assign(programme, [ids[2]], owen, who="Sunita", now=make.NOW)

    def run(deed: Any) -> None:
        with app.app_context():
            begun.wait(60)
            try:
                with transaction():
                    deed()
            except owners.CannotOwn as refusal:
                refusals.append(refusal)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run, args=(deed,)) for deed in (leave, give)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    db.session.rollback()
    assert two.whose() == {}
    gone = db.session.scalars(select(Coordinator.ended_at).where(Coordinator.id == ids[0])).one()
    assert gone == make.NOW
