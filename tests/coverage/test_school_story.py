"""A school's story through the years is, line for line, what the lists say; in the same queries for one
programme and for five."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from random_year import RandomYear
from reference import end_of

import make
from how_many import so_many
from outreach.booking.handovers import Handover
from outreach.county.partnerships import Partnership
from outreach.coverage import standings
from outreach.coverage.school import story
from outreach.coverage.school.story import Chapter
from outreach.ground.db import db, transaction

LATER = datetime(2029, 1, 1, tzinfo=UTC)
few = settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def _hold_to_the_lists(seed: int) -> None:
    try:
        year = RandomYear(seed)
        year.play()
        db.session.flush()
        for day, now in (
            (LATER.date(), LATER),
            (year.some_day(), LATER),
            (then := year.some_day(), end_of(then)),
        ):
            whole = standings.standings_of_programme(year.programme.id, as_of=day, now=now)
            for school in year.schools:
                (told,) = story.story_of_organisation(school.organisation_id, year.county, as_of=day, now=now)
                assert told.standing == next(
                    (
                        s
                        for s in (*whole.target, *whole.excluded)
                        if s.organisation_id == school.organisation_id
                    ),
                    None,
                )
                assert told.excluded == any(
                    s.organisation_id == school.organisation_id for s in whole.excluded
                )
                assert [s for s in told.also_seen if s.organisation_id == school.organisation_id] == [
                    s for s in whole.also_seen if s.organisation_id == school.organisation_id
                ]
    finally:
        db.session.rollback()


@few
@given(seed=st.integers(0, 2**40))
def test_the_story_of_a_school_of_a_random_year_is_what_the_lists_say(app: Flask, seed: int) -> None:
    _hold_to_the_lists(seed)


@pytest.mark.long
@settings(few, max_examples=so_many(400))
@given(seed=st.integers(0, 2**40))
def test_the_story_of_schools_of_very_many_random_years_is_what_the_lists_say(app: Flask, seed: int) -> None:
    _hold_to_the_lists(seed)


@pytest.fixture
def ours(app: Flask) -> Partnership:
    with transaction():
        return make.partnership()


def in_year(of: Partnership, year: int, **more: Any) -> Any:
    at = datetime(year, 9, 3, tzinfo=UTC)
    return make.programme(of, academic_year=year, created_at=at, reply_by=date(year + 1, 2, 5), **more)


def words(told: list[Chapter]) -> list[tuple[int, list[tuple[str, str]], str]]:
    return [
        (
            c.programme.academic_year,
            [(s.name, s.standing) for s in c.shown],
            ",".join(a.why for a in c.also_seen),
        )
        for c in told
    ]


def test_each_year_has_its_line_with_the_former_self_that_stood_for_the_school(ours) -> None:
    with transaction():
        old, new = (
            make.school(name="Redmere School", recorded_at=datetime(2024, 9, 1, tzinfo=UTC)),
            make.school(name="Redmere Academy"),
        )
        last, this = in_year(ours, 2025), in_year(ours, 2026)
        show = make.show(last, old, datetime(2026, 3, 9, 9, tzinfo=UTC))
        seen = make.booking(show, {8: 120, 9: 110}, at=datetime(2025, 10, 1, tzinfo=UTC))
        make.report(seen, "school", datetime(2026, 3, 10, tzinfo=UTC), {8: 120, 9: 110})
        make.contact(new)
        make.record(old, datetime(2026, 9, 2, tzinfo=UTC), status="Closed", close_date=date(2026, 8, 31))
        make.succession(old, new, at=datetime(2026, 9, 2, tzinfo=UTC))
    for organisation_id in (new.organisation_id,):
        told = story.story_of_organisation(organisation_id, ours, as_of=make.NOW.date(), now=make.NOW)
        assert words(told) == [
            (2026, [("Redmere Academy", "not asked")], ""),
            (2025, [("Redmere School", "seen")], ""),
        ]
    assert told[1].day == date(2026, 8, 31) and told[0].day == make.NOW.date()
    assert this.id == told[0].programme.id


def test_a_booking_handed_on_counts_for_each_school_in_its_time(ours) -> None:
    with transaction():
        old, new = (
            make.school(name="Redmere School"),
            make.school(name="Redmere Academy", recorded_at=make.NOW),
        )
        booking = make.booking(
            make.show(in_year(ours, 2026), old, make.NOW + timedelta(days=50)), {8: 120, 9: 110}
        )
        make.record(old, make.NOW, status="Closed", close_date=make.NOW.date())
        make.succession(old, new, at=make.NOW)
        booking.organisation_id = new.organisation_id
        db.session.add(
            Handover(
                booking_id=booking.id,
                from_organisation_id=old.organisation_id,
                to_organisation_id=new.organisation_id,
                recorded_at=make.NOW,
                who="Priya",
            )
        )
    before = make.NOW.date() - timedelta(days=1)
    assert words(story.story_of_organisation(old.organisation_id, ours, as_of=before, now=make.NOW)) == [
        (2026, [("Redmere School", "booked")], "")
    ]
    assert words(
        story.story_of_organisation(
            new.organisation_id, ours, as_of=make.NOW.date(), now=make.NOW + timedelta(days=1)
        )
    ) == [(2026, [("Redmere Academy", "booked")], "")]


def test_a_school_of_no_target_has_a_line_that_says_nothing_and_another_partnerships_years_are_not_told(
    ours,
) -> None:
    with transaction():
        primary = make.school(statutory_low_age=4, statutory_high_age=11, phase_of_education="Primary")
        in_year(ours, 2026)
        in_year(make.partnership(("932",)), 2026)
    assert words(
        story.story_of_organisation(primary.organisation_id, ours, as_of=make.NOW.date(), now=make.NOW)
    ) == [(2026, [], "")]


def test_five_programmes_take_the_queries_of_one_and_none_takes_one(ours, count_queries) -> None:
    with transaction():
        school = make.school()
    organisation_id, taken = school.organisation_id, []
    partnership = db.session.merge(ours)
    assert (
        partnership.id
        and story.story_of_organisation(organisation_id, partnership, as_of=make.NOW.date(), now=make.NOW)
        == []
    )
    for years in (range(2026, 2027), range(2021, 2026)):
        with transaction():
            for year in years:
                programme = in_year(ours, year)
                make.booking(make.show(programme, school, datetime(year + 1, 3, 9, 9, tzinfo=UTC)), {8: 100})
        assert partnership.id
        with count_queries() as queries:
            told = story.story_of_organisation(
                organisation_id, partnership, as_of=make.NOW.date(), now=make.NOW
            )
        taken.append(len(queries))
    assert (len(told), taken) == (6, [22, 22])
