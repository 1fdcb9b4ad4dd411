"""Sums by type, trust and year group, and their lists; and a county gone through in parts."""

from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from hypothesis import given
from random_year import RandomYear
from reference import end_of
from test_random_years import LATER, SEEDS, fewer, many

import make
from outreach.booking.handovers import Handover
from outreach.coverage import figures, in_parts, lists, standings
from outreach.coverage.as_of import scope
from outreach.coverage.figures import TRUST
from outreach.coverage.lists import ListFilters
from outreach.ground.db import db, transaction


def _played(seed: int) -> tuple[RandomYear, date]:
    year = RandomYear(seed)
    year.play()
    db.session.flush()
    return year, year.some_day()


def _hold_parts(seed: int) -> None:
    try:
        year, day = _played(seed)
        whole = standings.standings_of_programme(year.programme.id, as_of=day, now=LATER)
        for size in (1, 3):
            parts = list(in_parts.standings_in_parts(year.programme.id, as_of=day, now=LATER, size=size))
            for name in ("target", "excluded"):
                found = [s for part in parts for s in getattr(part, name)]
                assert sorted(found, key=lambda s: s.organisation_id) == getattr(whole, name)
                assert found == sorted(found, key=lambda s: (s.name, s.organisation_id))
    finally:
        db.session.rollback()


@fewer
@given(seed=SEEDS)
def test_a_county_in_parts_is_the_whole_county(app: Flask, seed: int) -> None:
    _hold_parts(seed)


@pytest.mark.long
@many
@given(seed=SEEDS)
def test_very_many_counties_in_parts_are_the_whole_county(app: Flask, seed: int) -> None:
    _hold_parts(seed)


def _hold_one_school(seed: int) -> None:
    """What one school's rows are, read alone with its kin, they are among all; at three moments, of which one
    is judged by what is known later."""
    try:
        year, day = _played(seed)
        then = year.some_day()
        known_later = {"told_by": LATER, "register_by": LATER, "settings_by": LATER}
        for as_of, now, more in ((day, LATER, {}), (then, end_of(then), {}), (day, LATER, known_later)):
            whole = standings.standings_of_programme(year.programme.id, as_of=as_of, now=now, **more)
            for school in year.schools:
                only = tuple(in_parts.with_kin(scope(year.programme), [school.organisation_id]))
                alone = standings.standings_of_programme(
                    year.programme.id, as_of=as_of, now=now, only=only, **more
                )
                for name in ("target", "excluded", "also_seen"):
                    mine, among = (
                        [s for s in getattr(found, name) if s.organisation_id == school.organisation_id]
                        for found in (alone, whole)
                    )
                    assert mine == among, (name, as_of, more)
    finally:
        db.session.rollback()


@fewer
@given(seed=SEEDS)
def test_one_school_read_alone_is_what_it_is_among_all(app: Flask, seed: int) -> None:
    _hold_one_school(seed)


@pytest.mark.long
@many
@given(seed=SEEDS)
def test_one_school_of_very_many_counties_read_alone_is_what_it_is_among_all(app: Flask, seed: int) -> None:
    _hold_one_school(seed)


def test_a_part_holds_a_booking_that_was_handed_on_later_whoever_has_it_now(app: Flask) -> None:
    with transaction():
        programme = make.programme(make.partnership())
        old, new = make.school(name="Redmere School"), make.school(name="Redmere Academy")
        booking = make.booking(make.show(programme, old, make.NOW + timedelta(days=50)), {8: 120, 9: 110})
        make.record(old, make.NOW, status="Closed", close_date=make.NOW.date())
        make.succession(old, new, at=make.NOW)
        booking.organisation_id = new.organisation_id
        handed = {
            "booking_id": booking.id,
            "from_organisation_id": old.organisation_id,
            "to_organisation_id": new.organisation_id,
        }
        db.session.add(Handover(**handed, recorded_at=make.NOW, who="Priya"))
    before = make.NOW.date() - timedelta(days=1)
    (alone,) = standings.standings_of_programme(
        programme.id, as_of=before, now=make.NOW, only=(old.organisation_id,)
    ).target
    parts = in_parts.standings_in_parts(programme.id, as_of=before, now=make.NOW, size=1)
    assert [(s.name, s.standing) for part in parts for s in part.target] == [
        ("Redmere Academy", "unreachable"),
        ("Redmere School", alone.standing),
    ]
    assert alone.standing == "booked"


def test_a_part_takes_the_same_queries_whatever_else_there_is(app: Flask, count_queries) -> None:
    """The programme, the links and the names once; 21 a part."""
    with transaction():
        programme_id = make.programme(make.partnership()).id
        for _ in range(7):
            make.contact(make.school())
    taken = []
    for size in (7, 4, 3):
        db.session.remove()
        with count_queries() as queries:
            list(in_parts.standings_in_parts(programme_id, as_of=date(2027, 1, 19), now=make.NOW, size=size))
        taken.append(len(queries))
    assert taken == [3 + 21, 3 + 2 * 21, 3 + 3 * 21]


def test_what_came_in_after_the_export_began_is_in_none_of_its_parts(app: Flask) -> None:
    with transaction():
        programme = make.programme(make.partnership())
        schools = [make.school(name=f"School {n}") for n in range(3)]
    now = datetime(2027, 1, 19, 9, tzinfo=UTC)
    parts = in_parts.standings_in_parts(programme.id, as_of=date(2027, 1, 19), now=now, size=1)
    first = next(parts)
    db.session.rollback()
    with transaction():
        make.decision(programme, schools[2], "exclude", at=now)
    assert [s.name for part in (first, *parts) for s in part.target] == ["School 0", "School 1", "School 2"]


def test_a_trust_is_as_it_was_on_the_day_and_a_school_without_one_stands_apart(app: Flask) -> None:
    with transaction():
        programme = make.programme(make.partnership())
        make.school(name="A", trust_name="Lantern Learning Trust")
        moved = make.school(name="B", trust_name="Lantern Learning Trust")
        make.record(moved, datetime(2026, 12, 1, 9, tzinfo=UTC), trust_name="Marl Valley Academies Trust")
        make.school(name="C")
    rows = [
        [(t.name, t.organisations) for t in figures.by(_target(programme.id, day), TRUST)]
        for day in (date(2026, 11, 30), date(2026, 12, 1))
    ]
    assert rows == [
        [("Lantern Learning Trust", 2), ("in no trust", 1)],
        [("Lantern Learning Trust", 1), ("Marl Valley Academies Trust", 1), ("in no trust", 1)],
    ]


def test_lists_by_type_trust_and_year_group_have_the_rows_of_the_figures(app: Flask) -> None:
    with transaction():
        programme = make.programme(make.partnership())
        first = make.school(
            name="A", trust_name="Lantern Learning Trust", type_of_establishment="Studio schools"
        )
        make.school(name="B", statutory_low_age=9, statutory_high_age=13, trust_name=None)
        booked = make.show(programme, first, datetime(2027, 3, 9, 10, tzinfo=UTC))
        make.booking(booked, {8: 100})
    reckoning = standings.standings_of_programme(programme.id, as_of=date(2027, 1, 19), now=make.NOW)

    def names(**filters) -> list[str]:
        return [s.name for s in lists.ordered(lists.pick(reckoning, ListFilters(**filters)), "name")]

    assert names(trust="Lantern Learning Trust") == names(type="Studio schools") == ["A"]
    assert names(trust=lists.NONE) == ["B"]
    assert names(year=8) == ["A", "B"] and names(year=9) == ["A"]
    assert names(year=8, state="booked") == ["A"] and names(year=8, state="open") == ["B"]
    assert names(state="open") == ["A", "B"] and names(year=9, state="booked") == []
    eight, nine = figures.by_year_group(reckoning.target)
    assert (eight.name, eight.organisations, eight.by["booked"], eight.gaps) == ("Year 8", 2, 1, 1)
    assert (nine.name, nine.organisations, nine.by["open"], nine.target_pupils) == ("Year 9", 1, 1, 150)


def _target(programme_id: int, day: date) -> list[standings.Standing]:
    return standings.standings_of_programme(programme_id, as_of=day, now=make.NOW).target


def test_a_training_of_which_one_session_failed_says_so_and_never_speaks_of_pupils(app: Flask) -> None:
    with transaction():
        training = make.programme(make.partnership(), (), for_adults=True)
        school = make.school()
        for day, took_place in ((11, True), (12, False)):
            start = datetime(2027, 1, day, 16, tzinfo=UTC)
            there = make.booking(make.show(training, school, start), {})
            make.report(
                there,
                "school",
                start.replace(hour=18),
                took_place=took_place,
                why_not="" if took_place else "Snow",
            )
    (found,) = _target(training.id, date(2027, 1, 19))
    assert (found.standing, found.kind, found.cause) == (
        "part seen",
        "did not take place",
        "did not take place on 12 January 2027",
    )
    assert figures.by_year_group([found]) == []
