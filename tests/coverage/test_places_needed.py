"""Places at the sessions of a training: those that are still needed, and those that are free."""

import pytest
from flask import Flask

import make
import session_life
from outreach.asking import invitations
from outreach.coverage import standings
from outreach.coverage.desk import forecast, outlook
from outreach.coverage.places import free_places, places_needed
from outreach.tour.adults import NO_SCHOOLS, AdultTarget

pytestmark = pytest.mark.any_database


@pytest.fixture(autouse=True)
def bodies_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_life, "POLICE", AdultTarget(schools=NO_SCHOOLS, kinds=("Police", "Health")))


def test_each_of_the_staff_needs_a_place_at_a_session(app: Flask) -> None:
    c = session_life.lay()
    session_life.take(c, c.unit, 6)
    now = session_life.now()
    found = standings.standings_of_programme(c.programme.id, as_of=now.date(), now=now)
    needed = {s.name: places_needed(c.programme, s) for s in found.target if s.is_gap}
    assert needed == {"Health Team North": 60, "Redmere Unit": 1}  # nobody knows how many the latter has
    assert free_places(c.programme, now=now) == [(session_life.TUESDAY, 14), (session_life.WEDNESDAY, 100)]


def test_where_schools_are_asked_one_could_have_a_session_of_its_own(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_life, "POLICE", AdultTarget(kinds=("Police", "Health")))
    c = session_life.lay()
    c.hall.performance.tour_day.shows_at_most = 2
    c.online.performance.tour_day.shows_at_most = 1
    own = c.programme.audience_ceiling
    assert free_places(c.programme, now=make.NOW) == [
        (session_life.TUESDAY, 20 + own),
        (session_life.WEDNESDAY, 100),
    ]


def test_the_forecast_of_a_training_is_of_places_and_sessions(app: Flask) -> None:
    c = session_life.lay(held=20, by_link=22)
    for one in (c.unit, c.team, c.uncounted):
        make.contact(one)
        make.invitation(c.programme, one)
    now = session_life.now()
    found = standings.standings_of_programme(c.programme.id, as_of=now.date(), now=now)
    ahead = outlook.outlook_of_reckoning(found, now=now).forecast
    assert (ahead.left, ahead.needed, ahead.places, ahead.unplaced) == (3, 85, 42, 1)
    assert forecast.headline(ahead) == (
        "3 schools need 85 places, 42 are left until 10 March: 1 would miss it; add 1 session"
    )


def test_there_are_times_while_a_session_has_a_place_left(app: Flask) -> None:
    c = session_life.lay(held=6, by_link=1)
    c.hall.performance.tour_day.shows_at_most = c.online.performance.tour_day.shows_at_most = 1
    assert invitations.why_no_times(c.programme, now=session_life.now()) == ""
    session_life.take(c, c.unit, 6)
    session_life.take(c, c.team, 1, c.online.performance)
    assert invitations.why_no_times(c.programme, now=session_life.now()) == invitations.NO_ROOM
