"""Lunch at a school: its own word, the usual one of its partnership until then, and what history says of it."""

from datetime import time

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

import make
from outreach.county import school_days, school_lunch
from outreach.county.school_lunch import LunchWrongWayRound
from outreach.ground.db import db, transaction
from outreach.ground.history import History


def say(school, begins=time(12), ends=time(12, 50), *, is_dining_hall=True, set_may_stay=False):
    school_lunch.say(
        school,
        begins,
        ends,
        is_dining_hall=is_dining_hall,
        set_may_stay=set_may_stay,
        who="Jo Fell",
        now=make.NOW,
    )


@pytest.mark.both_databases
def test_the_usual_lunch_stands_until_the_school_says_and_its_word_holds_for_good(app: Flask) -> None:
    with transaction():
        make.partnership(lunch_begins=time(12, 15), lunch_ends=time(13, 15), lunch_tables=20)
        silent, said = make.school(), make.school()
        say(said)
    lunches = {urn: calendar.lunch for urn, calendar in school_days.load([silent.urn, said.urn]).items()}
    usual, own = lunches[silent.urn], lunches[said.urn]
    assert (usual.begins, usual.ends, usual.is_dining_hall, usual.tables) == (
        time(12, 15),
        time(13, 15),
        None,
        20,
    )
    assert (own.begins, own.ends, own.is_dining_hall, own.set_may_stay) == (
        time(12),
        time(12, 50),
        True,
        False,
    )
    with transaction():
        say(said, set_may_stay=True)
        say(said, set_may_stay=True)
    assert school_days.load_one(said).lunch.set_may_stay
    told = db.session.scalars(
        select(History).where(History.what == "said when its lunch is").order_by(History.id)
    ).all()
    assert [(row.before, row.after) for row in told] == [
        (None, "midday to 12:50pm in the hall"),
        ("midday to 12:50pm in the hall", "midday to 12:50pm in the hall, where the set may stay standing"),
    ]


def test_where_no_lunch_is_usual_a_school_that_says_nothing_has_none(app: Flask) -> None:
    with transaction():
        make.partnership()
        school = make.school()
    assert school_days.load_one(school).lunch is None


def test_a_set_stays_only_where_lunch_is(app: Flask) -> None:
    with transaction():
        make.partnership()
        school = make.school()
        say(school, is_dining_hall=False, set_may_stay=True)
    lunch = school_days.load_one(school).lunch
    assert (lunch.is_dining_hall, lunch.set_may_stay) == (False, False)


@pytest.mark.parametrize("ends", [time(12), time(11), time(15, 1)])
def test_a_lunch_ends_after_it_begins_and_within_three_hours(app: Flask, ends: time) -> None:
    with transaction():
        make.partnership()
        school = make.school()
    with pytest.raises(LunchWrongWayRound), transaction():
        say(school, ends=ends)


@pytest.mark.both_databases
def test_no_body_has_a_lunch_hall(app: Flask) -> None:
    with transaction():
        body = make.body(make.partnership())
    with pytest.raises(IntegrityError, match="for_schools_alone"), transaction():
        db.session.execute(
            text("INSERT INTO school_lunch VALUES (:urn, '12:00:00', '13:00:00', :no, :no)"),
            {"urn": body.organisation_id, "no": False},
        )
