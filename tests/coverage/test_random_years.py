"""Standings of random years held against the slow reference, on both databases."""

from collections import Counter
from datetime import UTC, datetime

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from random_year import RandomYear
from reference import World, read_all
from slow_sums import Sums

from outreach.coverage import standings
from outreach.coverage.standings import NINE
from outreach.ground.db import db

LATER = datetime(2029, 1, 1, tzinfo=UTC)
SEEDS = st.integers(0, 2**40)

few = settings(
    max_examples=30,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
fewer = settings(few, max_examples=15)
many = settings(few, max_examples=1500)


@few
@given(seed=SEEDS)
def test_standings_of_a_random_year_are_those_of_the_slow_reckoning(app: Flask, seed: int) -> None:
    _hold_to_the_reference(seed)


@pytest.mark.long
@many
@given(seed=SEEDS)
def test_standings_of_very_many_random_years_are_those_of_the_slow_reckoning(app: Flask, seed: int) -> None:
    _hold_to_the_reference(seed)


def _hold_to_the_reference(seed: int) -> None:
    try:
        year = RandomYear(seed)
        year.play()
        db.session.flush()
        rows = read_all()
        for day in (year.some_day(), year.some_day()):
            reckoning = standings.standings_of_programme(year.programme.id, as_of=day, now=LATER)
            world = World(year.programme, day, rows)
            _compare(reckoning, world)
            standings_sum = Counter(s.standing for s in reckoning.target)
            assert sum(standings_sum[word] for word in NINE) == len(reckoning.target)
    finally:
        db.session.rollback()


def _compare(reckoning: standings.Reckoning, world: World) -> None:
    target = world.target()
    assert [s.urn for s in reckoning.target] == target
    for s, row in zip(reckoning.target, Sums(world).rows, strict=True):
        assert (s.standing, s.is_gap) == world.standing(s.urn), s
        assert s.year_groups == world.states(s.urn), s
        assert s.seen_pupils == world.seen_pupils(s.urn), s
        assert s.target_pupils == world.target_pupils(s.urn), s
        assert bool(s.kind) == s.is_gap, s
        said = s.kind, s.detail, s.since, s.evidence
        assert said == (row.cause, row.detail, row.since, row.evidence), (s, row)
    assert [s.urn for s in reckoning.excluded] == [
        u for u in world.urns() if world.eligible(u) and world.excluded(u)
    ]
    assert {a.urn: a.pupils for a in reckoning.also_seen} == world.also_seen()
