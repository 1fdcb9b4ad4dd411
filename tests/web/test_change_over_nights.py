"""The nights on which clocks go forward and back: whoever is at it then is held to the time that goes by, not to what the
clock on the wall shows; and the day's round comes once a day.

What calendars say of those days stands in tests/post; which notice ends on them in tests/booking/test_notice.py.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from school_story import Story, lay
from sqlalchemy import select

import make
from outreach.asking.chasing import settings
from outreach.cli.asking import FROM
from outreach.county import coordinators
from outreach.ground.db import db, transaction
from outreach.ground.timespans import LONDON, day_of
from outreach.post.outbox import SENT, WAITING, Letter
from outreach.post.outgoing import postman
from outreach.tour.performances import Performance

pytestmark = pytest.mark.any_database

FORWARD, BACK = datetime(2027, 3, 28, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture(params=[FORWARD, BACK], ids=["forward", "back"])
def change(request: pytest.FixtureRequest, stopped: Any) -> Iterator[datetime]:
    """The instant of it; seven minutes before."""
    stopped.now = request.param - 7 * MINUTE
    yield request.param


@pytest.fixture
def story(change: datetime, client: FlaskClient) -> Story:
    told = lay(client, days=0)
    with transaction():
        for day in (date(2027, 4, 20), date(2027, 4, 21)):
            make.tour_day(told.programme, told.troupe, day)
    return told


def test_a_time_is_held_for_a_quarter_of_an_hour_and_no_hour_more_or_less(
    story: Story, change: datetime, stopped: Any
) -> None:
    began, other = stopped.now, story.another_school()
    key = story.choose()
    until = db.session.scalars(
        select(Performance.held_until).where(Performance.held_until.is_not(None))
    ).one()
    assert until == began + 15 * MINUTE > change
    stopped.now = began + 14 * MINUTE  # past the change
    assert "1 minute" in story.get("/pupils").text and key not in other.keys()
    stopped.now = began + 16 * MINUTE
    assert key in other.keys()


def test_who_books_over_the_change_is_booked_and_the_letter_goes_at_once(
    app: Flask, story: Story, stopped: Any
) -> None:
    key = story.choose()
    story.fill()
    stopped.now += 14 * MINUTE
    assert story.post("/book", slots=key).status_code == 303
    [waits] = db.session.scalars(
        select(Letter).where(Letter.status == WAITING, Letter.recipient.like("j.%"))
    ).all()
    assert waits.not_before == stopped.now
    postman.send_waiting(postman.post_of(app.config), clock=lambda: stopped.now, name="here:1:a")
    db.session.rollback()
    assert set(db.session.scalars(select(Letter.status))) == {SENT}


def test_a_sign_in_link_lasts_a_whole_day_and_a_session_half_an_hour(
    app: Flask, change: datetime, client: FlaskClient, stopped: Any
) -> None:
    app.config.update(SESSION_IDLE_SECONDS=1800)
    made = stopped.now
    with transaction():
        person = make.person(make.partnership())
        links = [coordinators.sign_in_link(person, now=made) for _ in range(2)]
    assert client.post(f"/sign-in/{links[0]}").status_code == 303
    for minutes, status in ((29, 200), (29 + 29, 200), (29 + 29 + 31, 302)):
        stopped.now = made + minutes * MINUTE
        assert client.get("/desk/account/sessions").status_code == status, minutes
    for after, is_open in ((24 * HOUR - MINUTE, True), (24 * HOUR + MINUTE, False)):
        assert coordinators.link_is_open(links[1], now=made + after) is is_open


def test_the_round_of_the_day_comes_once_a_day_at_six(app: Flask, change: datetime) -> None:
    """Looked for every ten minutes, from noon on the day before to the evening of the day after."""
    came: list[datetime] = []
    at = datetime.combine(day_of(change) - timedelta(days=1), time(12), LONDON).astimezone(UTC)
    with transaction():
        settings.ran(now=at)
    while at < change + timedelta(days=1, hours=17):
        if settings.is_due(now=at, at=FROM):
            with transaction():
                settings.ran(now=at)
            came.append(at)
        db.session.rollback()
        at += 10 * MINUTE
    assert [one.astimezone(LONDON).replace(tzinfo=None) for one in came] == [
        datetime.combine(day_of(change) + timedelta(days=n), FROM) for n in (0, 1)
    ]
