"""Availability at both doors: changed after a look, undone, and of nobody else's troupe."""

from datetime import date, time, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

import make
from outreach.ground import history
from outreach.ground.db import db, transaction
from outreach.ground.timespans import wall
from outreach.post import troupe_links
from outreach.tour import days, roads, slots
from outreach.tour.availability import rules
from outreach.tour.days_off import AvailabilityChange

MONDAY = date(2027, 3, 8)
WEEK = {"first": "8/3/2027", "last": "12/3/2027", "weekdays": list("01234")}


@pytest.fixture
def c(app: Flask, stopped: Any) -> SimpleNamespace:
    """Two troupes of one partnership, one of another; the first gives a week with a show on its Monday
    afternoon."""
    c = SimpleNamespace()
    with transaction():
        c.ours = make.partnership()
        c.programme, c.troupe = make.programme(c.ours), make.troupe(c.ours)
        c.school = make.school(name="Hallow School")
        for n in range(5):
            make.tour_day(c.programme, c.troupe, MONDAY + timedelta(days=n))
        show = make.show(c.programme, c.school, wall(MONDAY, time(13)))
        c.other, show.tour_day.ended_at = make.troupe(c.ours), make.EARLIER
        show.tour_day, show.troupe_id = days.of_programme(c.programme.id)[0], c.troupe.id
        theirs = make.partnership(("932",))
        c.person, c.theirs, c.stranger = make.person(c.ours), make.troupe(theirs), make.person(theirs)
        c.token = {}
        for troupe, whose in ((c.troupe, c.ours), (c.other, c.ours)):
            link = troupe_links.make(troupe.id, partnership_id=whose.id, who="Priya", now=make.NOW)
            c.token[troupe.id] = troupe_links.token_of(link, "for tests")
    return c


def returns(c: SimpleNamespace) -> list[time]:
    db.session.rollback()
    db.session.expire_all()
    return [d.returns for d in days.of_programme(c.programme.id)]


def test_a_coordinator_looks_changes_a_week_and_undoes_it(c, client: FlaskClient) -> None:
    desk = make.signed_in(client, c.person)
    at = f"/desk/tour/availability?troupe={c.troupe.id}"
    answer = desk.post(at, data=WEEK | {"kind": "morning"})
    assert answer.status_code == 303
    preview = answer.headers["Location"]
    page = desk.get(preview)
    assert "Morning only: 4 days?" in page.text
    assert "Hallow School at 1:00pm: the van is back at 2:45pm, and the day ends at midday" in page.text
    assert set(returns(c)) == {time(18)}  # a look changes nothing
    every = [str(MONDAY + timedelta(days=n)) for n in range(5)]
    assert desk.post(preview, data={"day": every}).status_code == 303
    assert returns(c) == [time(18), *[time(12)] * 4]
    page = desk.get(at).text
    assert "4 days: morning only. These could not be: 8 March 2027 (1 show that day" in page
    assert "7:00am to midday, 2 shows at most" in page
    change = db.session.query(AvailabilityChange).one()
    assert change.who == c.person.name
    assert (
        desk.post(
            f"/desk/tour/availability/undo?troupe={c.troupe.id}", data={"change": change.id}
        ).status_code
        == 303
    )
    assert set(returns(c)) == {time(18)}
    again = desk.post(f"/desk/tour/availability/undo?troupe={c.troupe.id}", data={"change": change.id})
    assert again.status_code == 422 and "That was undone already" in again.text


def test_the_company_does_the_same_by_its_link_and_the_history_says_so(c, client: FlaskClient) -> None:
    at = f"/t/{c.token[c.troupe.id]}/availability"
    assert "Hallow School" in client.get(at).text
    answer = client.post(at, data=WEEK | {"kind": "off"})
    assert client.post(answer.headers["Location"], data={"day": ["2027-03-09"]}).status_code == 303
    assert len(returns(c)) == 4
    assert "Day off" in client.get(at).text
    assert history.history_of("troupe", c.troupe.id)[0].who == f"{c.troupe.company.name}, Red van"
    # the school is offered that day no more
    offers = slots.offers(c.programme, c.school, now=make.NOW)
    assert MONDAY + timedelta(days=1) not in [d.day for d in offers.days]
    change = db.session.query(AvailabilityChange).one()
    assert client.post(f"{at}/undo", data={"change": change.id}).status_code == 303
    assert len(returns(c)) == 5


def test_the_company_settles_its_rules(c, client: FlaskClient) -> None:
    at = f"/t/{c.token[c.troupe.id]}/availability/rules"
    typed = {"rest_hours": "12", "lunch_minutes": "45", "latest_return": "6pm", "overnight_stays": "y"}
    assert client.post(at, data=typed).status_code == 303
    db.session.rollback()
    db.session.expire_all()
    assert rules.rules_of_troupe(c.troupe) == rules.TroupeRules(
        rest_hours=12, lunch_minutes=45, latest_return=time(18), overnight_stays=True
    )
    said = client.get(f"/t/{c.token[c.troupe.id]}/availability").text
    assert "12 hours of rest between two days; 45 minutes of lunch" in said and "back by 6:00pm" in said
    for wrong, words in (
        ({"rest_hours": "17"}, "between 0 and 16"),
        ({"latest_return": "9am"}, "before midday"),
    ):
        answer = client.post(at, data=typed | wrong)
        assert answer.status_code == 422 and words in answer.text


def test_a_coordinator_settles_the_rules_of_its_own_troupes_alone(c, client: FlaskClient) -> None:
    typed = {"rest_hours": "10", "lunch_minutes": "0", "latest_return": ""}
    at = f"/desk/troupes/{c.troupe.id}/rules"
    assert make.signed_in(client, c.stranger).post(at, data=typed).status_code == 404
    assert make.signed_in(client, c.person).post(at, data=typed).status_code == 303
    db.session.rollback()
    db.session.expire_all()
    assert rules.rules_of_troupe(c.troupe) == rules.TroupeRules(rest_hours=10, lunch_minutes=0)
    assert client.post(at, data=typed | {"lunch_minutes": "200"}).status_code == 422


def test_nights_away_are_named_and_placed(c, client: FlaskClient) -> None:
    desk = make.signed_in(client, c.person)
    at = f"/desk/tour/availability?troupe={c.troupe.id}"
    night = WEEK | {"kind": "night", "stays_at": "Mill Lodge", "place": "451300, 206100"}
    assert "drives home every night" in desk.post(at, data=night).text
    with transaction():
        db.session.get_one(type(c.troupe), c.troupe.id).overnight_stays = True
    for wrong, words in (
        ({"place": "nowhere at all"}, "We know no place by that"),
        ({"place": ""}, "Enter where that is"),
        ({"stays_at": ""}, "what the place is called"),
    ):
        answer = desk.post(at, data=night | wrong)
        assert answer.status_code == 422 and words in answer.text
    preview = desk.post(at, data=night).headers["Location"]
    assert desk.post(preview, data={"day": ["2027-03-09"]}).status_code == 303
    db.session.rollback()
    db.session.expire_all()
    tuesday = days.of_programme(c.programme.id)[1]
    assert (tuesday.stays_at, tuesday.stays_easting) == ("Mill Lodge", 451300)
    assert roads.lodging_stop(tuesday.id, tuesday.stays_easting, tuesday.stays_northing)


def test_what_makes_no_sense_is_said_and_changes_nothing(c, client: FlaskClient) -> None:
    desk = make.signed_in(client, c.person)
    at = f"/desk/tour/availability?troupe={c.troupe.id}"
    for typed, words in (
        ({}, "Enter the first day"),
        (WEEK | {"kind": "holiday"}, "Not a valid choice"),
        (WEEK | {"kind": "one", "last": "1/3/2027"}, "must not be before the first"),
        (WEEK | {"kind": "one", "first": "31/2/2027"}, "not a date"),
        (WEEK | {"kind": "hours"}, "Enter when the troupe leaves"),
        (WEEK | {"kind": "hours", "leaves": "25:00"}, "not a time"),
        (WEEK | {"kind": "plays"}, "has no day off"),
    ):
        answer = desk.post(at, data=typed)
        assert answer.status_code == 422 and words in answer.text, typed
    preview = desk.post(at, data=WEEK | {"kind": "off"}).headers["Location"]
    for days_typed in ([], ["rubbish"], ["0001-01-01"]):
        answer = desk.post(preview, data={"day": days_typed})
        assert answer.status_code == 422 and "There is a problem" in answer.text
    assert desk.get(f"/desk/tour/availability/preview?troupe={c.troupe.id}&kind=x").status_code == 303
    undo = f"/desk/tour/availability/undo?troupe={c.troupe.id}"
    for number in ("", "x", "99999999999", "4711"):
        answer = desk.post(undo, data={"change": number})
        assert answer.status_code == 422 and "There is no such change" in answer.text
    assert len(returns(c)) == 5


def test_nobody_sees_or_changes_another_partnerships_troupe_nor_a_company_another_troupe(
    c, client: FlaskClient
) -> None:
    desk = make.signed_in(client, c.stranger)
    for path in ("", "/preview"):
        for troupe in (str(c.troupe.id), "x", "9" * 12):
            assert desk.get(f"/desk/tour/availability{path}?troupe={troupe}").status_code == 404
    assert "Hallow School" not in desk.get("/desk/tour/availability").text
    assert desk.post(f"/desk/tour/availability/undo?troupe={c.troupe.id}").status_code == 404
    made = make.signed_in(client, c.person).post(
        f"/desk/tour/availability/preview?troupe={c.troupe.id}&kind=one&first=9&first=3&first=2027&last=9&last=3"
        "&last=2027&weekdays=1",
        data={"day": ["2027-03-09"]},
    )
    assert made.status_code == 303
    change = db.session.query(AvailabilityChange).one()
    other = f"/t/{c.token[c.other.id]}/availability"
    assert "Hallow School" not in client.get(other).text
    assert client.post(f"{other}/undo", data={"change": change.id}).status_code == 422
    db.session.rollback()
    db.session.expire_all()
    assert change.undone_at is None
    assert client.get("/t/nonsense/availability").status_code == 404


@pytest.mark.any_database
def test_a_partnership_without_a_troupe_is_told_what_comes_first(
    app: Flask, stopped: Any, client: FlaskClient
) -> None:
    with transaction():
        person = make.person(make.partnership())
    desk = make.signed_in(client, person)
    assert "Add the company and its first troupe" in desk.get("/desk/tour/availability").text
    assert desk.get("/desk/tour/availability/preview").status_code == 404


def test_the_same_number_of_questions_for_five_days_and_for_thirty(
    c, client: FlaskClient, count_queries
) -> None:
    desk, at = make.signed_in(client, c.person), f"/desk/tour/availability?troupe={c.troupe.id}"

    def asked() -> int:
        db.session.expire_all()
        desk.get(at)
        db.session.expire_all()
        with count_queries() as queries:
            assert desk.get(at).status_code == 200
        return len(queries)

    few = asked()
    with transaction():
        for n in range(7, 32):
            make.tour_day(c.programme, c.troupe, MONDAY + timedelta(days=n))
    assert asked() == few
