"""A sweep changes no standing and no figure of a year that was reckoned before."""

from datetime import UTC, date, datetime

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from random_year import RandomYear
from sqlalchemy import func, select

from how_many import so_many
from outreach.county.contacts import Contact
from outreach.coverage import standings
from outreach.ground.db import db
from outreach.privacy import sweep
from outreach.privacy.last_used import ERASED_AT

SWEPT = datetime(2031, 9, 2, 6, tzinfo=UTC)
DAYS = (date(2027, 1, 20), date(2027, 4, 30), date(2027, 8, 31), date(2028, 3, 1))

few = settings(
    max_examples=so_many(25),
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def reckoned(year: RandomYear) -> list[tuple[object, ...]]:
    """Every standing, with its cause, its pupils and its evidence, and who else saw it."""
    db.session.flush()
    db.session.expire_all()
    found = [standings.standings_of_programme(year.programme.id, as_of=day, now=SWEPT) for day in DAYS]
    return [(one.target, one.excluded, one.also_seen) for one in found]


@pytest.mark.parametrize("for_adults", [False, pytest.param(True, marks=pytest.mark.long)])
@few
@given(seed=st.integers(0, 2**40))
def test_a_random_year_stands_after_a_sweep_as_it_stood_before(
    app: Flask, for_adults: bool, seed: int
) -> None:
    try:
        year = RandomYear(seed, for_adults=for_adults)
        year.play()
        before, people = reckoned(year), _on_file(year)
        for task in sweep.tasks(year.county.id):
            while sweep.next_batch(task, year.county.id, now=SWEPT):
                pass
        assert reckoned(year) == before
        assert _on_file(year) == 0 or not people
    finally:
        db.session.rollback()


def _on_file(year: RandomYear) -> int:
    """People of this partnership who are still to be known."""
    return (
        db.session.scalar(
            select(func.count()).where(
                Contact.partnership_id == year.county.id, Contact.address.not_like(f"%{ERASED_AT}")
            )
        )
        or 0
    )
