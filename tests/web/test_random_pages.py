"""Random years on the desk's pages: every number, list, file and feed agrees with a slow reference of the
same rows."""

from datetime import timedelta
from random import Random

import pytest
from flask import Flask
from flask.testing import FlaskClient
from random_year import LAST, RandomYear
from reference import end_of

import make
from how_many import so_many
from numbers_add_up import Numbers
from outreach.asking import owners
from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.post.feeds import tokens


def _hold(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, seed: int, *, for_adults: bool = False
) -> None:
    with transaction():
        year = RandomYear(seed, schools=8, busy=True, for_adults=for_adults, bodies=6 if for_adults else None)
        day = min(year.some_day(), LAST)  # pages of a year that is over tell of its last day
        now = end_of(day) - timedelta(minutes=1)
        year.play(now)
        programme_id, county_id, person = year.programme.id, year.county.id, make.person(year.county)
        some = Random(seed).sample(sorted(school.organisation_id for school in year.schools), 3)
        owners.assign(year.programme, some, person, who="Priya", now=now)
        bearer = tokens.make(county_id, "Dashboard", who="Priya", now=make.EARLIER)[1]
    monkeypatch.setattr(clock, "now", lambda: now)
    numbers = Numbers(make.signed_in(client, person), programme_id, bearer)
    numbers.hold(now, day)
    assert numbers.held > 100


@pytest.mark.parametrize("seed", range(so_many(3, least=1)))
def test_every_number_of_a_random_year_leads_to_that_many_schools(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    _hold(client, monkeypatch, seed)


@pytest.mark.parametrize("seed", range(so_many(3, least=1)))
def test_every_number_of_a_random_training_leads_to_that_many_schools_and_bodies(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    _hold(client, monkeypatch, seed, for_adults=True)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(3, 60))
def test_every_number_of_many_random_years_leads_to_that_many_schools(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    _hold(client, monkeypatch, seed)
