"""Standings of random years held against the slow reference, on both databases."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from random_year import RandomYear
from reference import World, WorldOfAdults, read_all
from slow_sums import Sums
from sqlalchemy import select

from how_many import so_many
from outreach.booking import accounts
from outreach.county.partnerships import Authority
from outreach.county.schools import School
from outreach.coverage import facts, standings
from outreach.coverage.as_of import cut_of
from outreach.coverage.standings import NINE
from outreach.coverage.targets import Target
from outreach.ground import school_year, timespans
from outreach.ground.db import db

LATER = datetime(2029, 1, 1, tzinfo=UTC)
SEEDS = st.integers(0, 2**40)

few = settings(
    max_examples=so_many(30, least=3),
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
fewer = settings(few, max_examples=so_many(15, least=2))
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


@few
@given(seed=SEEDS)
def test_standings_of_a_random_training_are_those_of_the_slow_reckoning(app: Flask, seed: int) -> None:
    """Schools and bodies, which are counted, close, join others and are taken in and out."""
    _hold_to_the_reference(seed, for_adults=True)


@pytest.mark.long
@many
@given(seed=SEEDS)
def test_standings_of_very_many_random_trainings_are_those_of_the_slow_reckoning(
    app: Flask, seed: int
) -> None:
    _hold_to_the_reference(seed, for_adults=True)


def _hold_to_the_reference(seed: int, *, for_adults: bool = False) -> None:
    try:
        year = RandomYear(seed, for_adults=for_adults)
        year.play()
        db.session.flush()
        rows = read_all()
        for day in (year.some_day(), year.some_day()):
            reckoning = standings.standings_of_programme(year.programme.id, as_of=day, now=LATER)
            world = (WorldOfAdults if for_adults else World)(year.programme, day, rows)
            _compare(reckoning, world)
            standings_sum = Counter(s.standing for s in reckoning.target)
            assert sum(standings_sum[word] for word in NINE) == len(reckoning.target)
    finally:
        db.session.rollback()


def _compare(reckoning: standings.Reckoning, world: World) -> None:
    target = world.target()
    assert [s.organisation_id for s in reckoning.target] == target
    for s, row in zip(reckoning.target, Sums(world).rows, strict=True):
        assert (s.standing, s.is_gap) == world.standing(s.organisation_id), s
        assert s.year_groups == world.states(s.organisation_id), s
        assert s.seen_pupils == world.seen_pupils(s.organisation_id), s
        assert sum(s.seen_by_day.values()) == s.seen_pupils, s
        absent = {y: world.absent(s.organisation_id, y) for y in s.year_groups}
        assert s.absent_by_year == {y: n for y, (n, _) in absent.items() if n is not None}, s
        assert s.caught_up_by_year == {y: n for y, (_, n) in absent.items() if n}, s
        assert s.target_pupils == world.target_pupils(s.organisation_id), s
        assert bool(s.kind) == s.is_gap, s
        said = s.kind, s.detail, s.since, s.evidence
        assert said == (row.cause, row.detail, row.since, row.evidence), (s, row)
    assert [s.organisation_id for s in reckoning.excluded] == [
        u for u in world.organisation_ids() if world.eligible(u) and world.excluded(u)
    ]
    assert {a.organisation_id: a.pupils for a in reckoning.also_seen} == world.also_seen()


AS_A_SCHOOL_IS = (
    "name",
    "status",
    "type_of_establishment",
    "phase_of_education",
    "statutory_low_age",
    "statutory_high_age",
    "number_of_pupils",
    "la_code",
    "close_date",
)


@few
@given(seed=SEEDS)
def test_schools_are_asked_to_bring_the_very_pupils_that_the_target_counts(app: Flask, seed: int) -> None:
    """The number a form proposes and a promise is held to, and the one of which a share is made: one rule."""
    try:
        year = RandomYear(seed)
        programme = year.programme
        day = school_year.last_day(programme.academic_year)
        now = timespans.end_of_day(day) - timedelta(seconds=1)
        year.play(until=now)
        cut = cut_of(programme, day, LATER)
        target = Target(cut, facts.registers([cut])[0], [])
        held = {a.la_code: a.partnership_id for a in db.session.scalars(select(Authority))}
        ours = {code for code, partnership_id in held.items() if partnership_id == programme.partnership_id}
        if ours - target.codes:
            return  # it has a new authority since, with whatever its schools told before
        for code in target.codes - held.keys():
            db.session.add(Authority(la_code=code, name=code, partnership_id=programme.partnership_id))
        for organisation_id, known in target.known.items():
            school = db.session.get_one(School, organisation_id)
            for name in AS_A_SCHOOL_IS:
                setattr(school, name, getattr(known, name))
        judged = [s for s in (*target.organisations, *target.excluded) if not s.ages_unknown]
        schools = [db.session.get_one(School, s.known.organisation_id) for s in judged]
        found = accounts.of_organisations(programme, schools, now=now)
        for s in judged:
            expected = found[s.known.organisation_id].expected
            assert {y: each.pupils for y, each in expected.items()} == s.by_year, s
            assert {y for y, each in expected.items() if not each.estimated} == {
                y for y in s.by_year if target.is_own(s.known.organisation_id, y)
            }, s
    finally:
        db.session.rollback()
