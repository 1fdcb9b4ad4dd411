"""Releases of outcomes: when waves come in, that what was shown stays, and that nobody can change it."""

from datetime import date, datetime, time, timedelta

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

import answered
from answered import RELEASED, Answered, Show
from outreach.ground.db import db, transaction
from outreach.ground.timespans import wall
from outreach.outcomes import declines, findings, releases, tallies, wave_means, waves
from outreach.outcomes.findings import SHOWN, Findings, WaveFigure
from outreach.outcomes.item_figures import DISTRICT
from outreach.outcomes.releases import OutcomeRelease, ReleasedWave
from outreach.outcomes.tallies import NotNow
from outreach.outcomes.wave_changes import AFTER, BEFORE
from outreach.outcomes.waves import KINDS

FIRST = date(2026, 11, 3)


def shows(number: int, name: str = "Kestermere", *, weeks: int = 0, yes: int = 18) -> list[Show]:
    return [
        Show(
            said={BEFORE: (12, 12), AFTER: (yes, 24 - yes)},
            school={"district_code": f"E-{name}", "district_name": name},
            pupils={8: 40},
            weeks=weeks,
        )
        for _ in range(number)
    ]


def at(day: date) -> datetime:
    return wall(day, time(12))


def release_by(day: date) -> int:
    """Release what is due at a day's noon; how many releases were made."""
    number = 0
    while True:
        with transaction():
            if not releases.release_next(now=at(day)):
                return number
        number += 1


def found(told: Answered) -> Findings:
    return findings.of_programme(told.programme, now=RELEASED)


def after(told: Answered) -> WaveFigure:
    first = found(told).first
    assert first is not None
    return first.whole.waves[AFTER]


def test_a_wave_comes_in_when_its_paper_can_come_in_no_more(app: Flask) -> None:
    with transaction():
        told = answered.lay(shows(3), released=False)
        wave = waves.of_performance(told.shows[0].id)[1]
    last = wave.last_day() + tallies.PAPER_COMES_IN
    with transaction():
        question = wave_means.items_asked([wave.id])[0].id
        pile = tallies.count(wave, {(question, 5): 5}, who="P", now=at(last))
    assert release_by(last) == 1, "the wave before the show"
    assert found(told).first.whole.waves[AFTER].answers is None  # type: ignore[union-attr]
    assert release_by(last + timedelta(days=7)) == 1
    assert after(told).answers == 3 * 24 + 5
    for deed in (
        lambda: tallies.count(wave, {(question, 5): 5}, who="P", now=at(last + timedelta(days=1))),
        lambda: tallies.withdraw(pile, who="P", now=at(last + timedelta(days=1))),
    ):
        with pytest.raises(NotNow, match="Its sums stay as they are"), transaction():
            deed()


@pytest.mark.parametrize("kind", KINDS)
def test_each_wave_comes_in_on_the_first_day_after_its_paper(app: Flask, kind: str) -> None:
    with transaction():
        told = answered.lay([Show(said=dict.fromkeys(KINDS, (12, 12))) for _ in range(3)], released=False)
    wave = waves.of_performance(told.shows[0].id)[KINDS.index(kind)]
    last = wave.last_day() + tallies.PAPER_COMES_IN
    for day, is_in in ((last, False), (last + timedelta(days=1), True)):
        with transaction():
            releases.release(told.programme, now=at(day))
        assert (wave.id in {one.id for one in releases.of_programme(told.programme).waves}) == is_in, day


def test_waves_come_in_by_three_schools_and_once_a_week(app: Flask) -> None:
    with transaction():
        told = answered.lay([*shows(3), *shows(2, weeks=2), *shows(1, weeks=4)], released=False)
    day = FIRST + timedelta(days=18)
    assert release_by(day) == 1 and release_by(day) == 0
    assert after(told).performances == 3
    for weeks in (1, 2, 3):
        assert release_by(day + timedelta(weeks=weeks)) == 0, "two schools wait"
    assert after(told).performances == 3
    assert release_by(day + timedelta(weeks=5)) == 1
    assert after(told).performances == 6


def test_three_shows_of_two_schools_wait(app: Flask) -> None:
    two = shows(2)
    again = Show(said=two[0].said, pupils={8: 40}, same_school_as=0, weeks=1)
    with transaction():
        told = answered.lay([*two, again], released=False)
    assert release_by(RELEASED.date()) == 0 and found(told).items == []


def test_a_row_that_cannot_be_renewed_without_telling_of_one_school_stays_as_it_was(app: Flask) -> None:
    with transaction():
        told = answered.lay(
            [
                *shows(3),
                *shows(4, "Fenwold"),
                *shows(1, weeks=3, yes=9),
                *shows(3, "Fenwold", weeks=3),
            ],
            released=False,
        )
    release_by(FIRST + timedelta(days=18))
    release_by(FIRST + timedelta(days=40))
    assert after(told).performances == 11 and after(told).answers == 11 * 24
    rows = {row.name: row.waves[AFTER] for row in found(told).rows[DISTRICT]}
    assert (rows["Kestermere"].answers, rows["Fenwold"].answers) == (72, 4 * 24)
    assert rows["Kestermere"].status == rows["Fenwold"].status == SHOWN
    assert round(100 * rows["Kestermere"].level.mean) == 75  # type: ignore[union-attr]


def test_what_is_known_later_changes_nothing_that_was_shown(app: Flask) -> None:
    with transaction():
        told = answered.lay(shows(4))
    before = found(told)
    with transaction():
        declines.decline(told.programme, told.shows[0].organisation_id, who="P", now=RELEASED)
        told.shows[0].host.district_name = "Marlford"
    again = found(told)
    assert again.first is not None and before.first is not None
    assert (again.first.whole, again.rows) == (before.first.whole, before.rows)


@pytest.mark.parametrize("deed", ["UPDATE outcome_release SET number = 9", "DELETE FROM released_wave"])
def test_nobody_changes_what_was_released(app: Flask, deed: str) -> None:
    with transaction():
        answered.lay(shows(3))
    with pytest.raises(IntegrityError, match="stays"), transaction():
        db.session.execute(text(deed))


def test_a_release_and_its_waves_are_of_one_partnership(app: Flask) -> None:
    with transaction():
        answered.lay(shows(3))
        other = answered.lay(shows(3), la_code="932", released=False)
        wave = waves.of_performance(other.shows[0].id)[0]
        release_id = db.session.scalars(select(OutcomeRelease.id)).one()
    with pytest.raises(IntegrityError), transaction() as session:
        session.add(
            ReleasedWave(
                wave_id=wave.id,
                partnership_id=other.programme.partnership_id,
                release_id=release_id,
                district_code="",
                district="",
                school_type="",
                year_groups=[8],
                pupils=10,
            )
        )
        session.flush()
