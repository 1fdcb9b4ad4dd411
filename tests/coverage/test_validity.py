"""How long a training counts: the day it runs out, what is due again then, and trainings of earlier years."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

import make
from outreach.county.partnerships import Partnership
from outreach.county.schools import Organisation, School
from outreach.coverage import gaps, standings
from outreach.coverage.standings import Standing
from outreach.coverage.validity import counts_until
from outreach.ground.db import db, transaction
from outreach.ground.school_year import STAFF
from outreach.tour.adults import AdultTarget
from outreach.tour.programmes import Programme

TRAINED, LAST_DAY, RAN_OUT = date(2026, 3, 3), date(2027, 3, 3), date(2027, 3, 4)
SAID = "trained on 3 March 2026, which counted until 3 March 2027"
A_YEAR = AdultTarget(valid_months=12)


@pytest.mark.parametrize(
    ("day", "months", "until"),
    [
        (TRAINED, 12, LAST_DAY),
        (date(2026, 8, 31), 18, date(2028, 2, 29)),
        (date(2026, 8, 31), 12, date(2027, 8, 31)),
        (date(2028, 2, 29), 12, date(2029, 2, 28)),
        (date(2026, 10, 31), 13, date(2027, 11, 30)),
        (date(2026, 12, 1), 12, date(2027, 12, 1)),
        (date(2026, 1, 15), 24, date(2028, 1, 15)),
    ],
)
def test_a_training_counts_through_the_same_day_of_the_month_or_the_months_last(
    day: date, months: int, until: date
) -> None:
    assert counts_until(day, months) == until


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def training(target: AdultTarget = A_YEAR) -> tuple[Programme, Programme]:
    """This year's, copied from last year's."""
    ours = make.partnership()
    before = make.programme(
        ours,
        (),
        for_adults=True,
        academic_year=2025,
        reply_by=date(2026, 2, 5),
        created_at=noon(date(2025, 8, 1)),
    )
    new = make.programme(ours, (), target, for_adults=True, created_at=noon(date(2026, 7, 1)))
    make.copied(new, before)
    return before, new


def trained(programme: Programme, school: School, day: date, staff: int = 30, **changes: Any) -> None:
    booking = make.booking(
        make.show(programme, school, noon(day)), {STAFF: staff}, noon(day - timedelta(days=40))
    )
    for side in ("school", "company"):
        make.report(booking, side, noon(day) + timedelta(hours=3), {STAFF: staff}, **changes)


def found(programme: Programme, school: Organisation, day: date) -> Standing:
    reckoning = standings.standings_of_programme(programme.id, as_of=day, now=noon(date(2028, 1, 1)))
    return next(s for s in reckoning.target if s.organisation_id == school.organisation_id)


def school_with_contact() -> School:
    school = make.school(recorded_at=noon(date(2025, 8, 1)))
    make.contact(school, created_at=noon(date(2025, 9, 1)))
    return school


@pytest.fixture
def years(app: Flask) -> tuple[Programme, Programme, School]:
    """Last year's training, in which a school was trained on 3 March 2026, and this year's, which counts it a year."""
    with transaction():
        before, new = training()
        school = school_with_contact()
        trained(before, school, TRAINED)
    return before, new, school


def test_a_training_of_last_year_counts_through_its_last_day_and_is_due_again_on_the_next(years: Any) -> None:
    _, new, school = years
    last = found(new, school, LAST_DAY)
    assert (last.standing, last.is_gap, last.since) == ("seen", False, TRAINED)
    assert (last.seen_pupils, last.seen_by_year, last.evidence) == (30, {STAFF: 30}, "counted by both")
    due = found(new, school, RAN_OUT)
    assert (due.standing, due.kind, due.cause, due.since) == ("not asked", gaps.DUE_AGAIN, SAID, RAN_OUT)
    assert (due.seen_pupils, due.evidence, due.next_action) == (0, "", "Write")


def test_a_body_is_due_again_as_a_school_is_and_its_staff_count_until_then(app: Flask) -> None:
    with transaction():
        before, new = training(AdultTarget(valid_months=12, kinds=("Police",)))
        ours = db.session.get_one(Partnership, new.partnership_id)
        body = make.body(ours, recorded_at=noon(date(2025, 8, 1)))
        make.contact(body, created_at=noon(date(2025, 9, 1)))
        hall = make.venue(ours)
        booking = make.booking(
            make.session(before, hall, noon(TRAINED)).performance,
            {STAFF: 12},
            noon(TRAINED - timedelta(days=40)),
            of=body,
        )
        make.report(booking, "school", noon(TRAINED) + timedelta(hours=3), {STAFF: 12})
    last, due = found(new, body, LAST_DAY), found(new, body, RAN_OUT)
    assert (last.standing, last.seen_pupils, last.kind_of_body) == ("seen", 12, "Police")
    assert (due.standing, due.kind, due.cause, due.seen_pupils) == ("not asked", gaps.DUE_AGAIN, SAID, 0)


def test_what_last_years_programme_says_of_its_own_year_stays(years: Any) -> None:
    before, _, school = years
    assert found(before, school, RAN_OUT).standing == "seen"


def test_without_months_nothing_is_carried_over_and_nothing_runs_out(years: Any) -> None:
    _, new, school = years
    with transaction():
        make.target(new, noon(date(2026, 11, 1)), (), AdultTarget())
    assert found(new, school, date(2026, 10, 31)).standing == "seen"
    none = found(new, school, date(2026, 11, 1))
    assert (none.standing, none.kind, none.seen_pupils) == ("not asked", gaps.NOT_ASKED, 0)


def test_of_months_that_changed_those_of_the_day_count(years: Any) -> None:
    _, new, school = years
    with transaction():
        make.target(new, noon(date(2027, 4, 1)), (), AdultTarget(valid_months=24))
    assert found(new, school, date(2027, 3, 31)).kind == gaps.DUE_AGAIN
    assert found(new, school, date(2027, 4, 1)).standing == "seen"


def test_a_programme_that_is_no_copy_counts_its_own_trainings_alone(years: Any) -> None:
    before, _, school = years
    with transaction():
        other = make.programme(
            db.session.get_one(Partnership, before.partnership_id),
            (),
            A_YEAR,
            for_adults=True,
            title="Other",
        )
    assert found(other, school, LAST_DAY).kind == gaps.NOT_ASKED


def test_a_training_counts_in_a_copy_of_a_copy_while_it_is_valid(years: Any) -> None:
    before, new, school = years
    with transaction():
        next_year = make.programme(
            db.session.get_one(Partnership, before.partnership_id),
            (),
            AdultTarget(valid_months=24),
            for_adults=True,
            academic_year=2027,
            reply_by=date(2028, 2, 5),
        )
        make.copied(next_year, new)
        make.target(next_year, noon(date(2027, 12, 1)), (), AdultTarget(valid_months=18))
    assert found(next_year, school, date(2027, 11, 30)).standing == "seen"
    due = found(next_year, school, date(2027, 12, 1))
    assert due.cause == "trained on 3 March 2026, which counted until 3 September 2027"


def test_whoever_has_booked_anew_is_booked(years: Any) -> None:
    _, new, school = years
    with transaction():
        make.booking(make.show(new, school, noon(date(2027, 5, 4))), {STAFF: 30}, noon(date(2027, 1, 10)))
    assert found(new, school, LAST_DAY).standing == "seen"
    booked = found(new, school, RAN_OUT)
    assert (booked.standing, booked.is_gap, booked.cause) == ("booked", False, "booked for 4 May 2027")


def test_what_was_asked_and_said_before_it_ran_out_is_over_and_since_then_counts(years: Any) -> None:
    _, new, school = years
    with transaction():
        make.invitation(new, school, noon(LAST_DAY), handed_at=noon(LAST_DAY))
        make.answer(new, school, "declined", noon(LAST_DAY))
    assert found(new, school, RAN_OUT).kind == gaps.DUE_AGAIN
    with transaction():
        make.invitation(new, school, noon(RAN_OUT), handed_at=noon(RAN_OUT))
    asked = found(new, school, RAN_OUT + timedelta(days=30))
    assert (asked.standing, asked.cause) == ("asked", "silent since 4 March 2027")
    with transaction():
        make.invitation(new, school, noon(date(2027, 3, 20)), handed_at=noon(date(2027, 3, 20)))
    assert found(new, school, RAN_OUT + timedelta(days=30)).cause == "silent since 4 March 2027"
    with transaction():
        make.answer(new, school, "declined", noon(date(2027, 4, 1)), reason="No time")
    assert found(new, school, date(2027, 4, 2)).cause == "declined: No time"


def test_what_was_cancelled_before_it_ran_out_does_not_count_among_the_letters_since(years: Any) -> None:
    _, new, school = years
    with transaction():
        show = make.show(new, school, noon(date(2027, 5, 4)))
        make.cancellation(
            make.booking(show, {STAFF: 30}, noon(date(2027, 1, 10))), noon(LAST_DAY), "school", "Ill"
        )
        for day in (RAN_OUT, date(2027, 3, 20)):
            make.invitation(new, school, noon(day), handed_at=noon(day))
    assert found(new, school, RAN_OUT + timedelta(days=30)).cause == "silent since 4 March 2027"


def test_whoever_is_trained_stays_so_though_those_who_missed_it_have_places_at_another_session(
    years: Any,
) -> None:
    before, new, school = years
    with transaction():
        make.booking(make.show(new, school, noon(date(2027, 2, 2))), {STAFF: 5}, noon(date(2027, 1, 10)))
        make.own_number(school, STAFF, 61, noon(date(2026, 9, 1)))
    assert found(new, school, date(2027, 1, 20)).standing == "booked"  # 30 of 61 are not enough
    with transaction():
        make.own_number(school, STAFF, 60, noon(date(2026, 9, 2)))
    assert found(new, school, date(2027, 1, 20)).standing == "seen"


def test_nobody_to_write_to_is_unreachable_whatever_has_run_out(years: Any) -> None:
    before, new, _ = years
    with transaction():
        other = make.school(recorded_at=noon(date(2025, 8, 1)))
        trained(before, other, TRAINED)
    assert found(new, other, RAN_OUT).kind == gaps.NO_ADDRESS


def test_where_a_part_has_run_out_and_the_rest_is_too_few_it_is_due_again(years: Any) -> None:
    before, new, school = years
    with transaction():
        make.own_number(school, STAFF, 40, noon(date(2026, 9, 1)))
        trained(before, school, date(2026, 6, 2), 10)
    assert (found(new, school, LAST_DAY).standing, found(new, school, LAST_DAY).seen_pupils) == ("seen", 40)
    part = found(new, school, RAN_OUT)
    assert (part.standing, part.kind, part.cause) == (
        "part seen",
        gaps.DUE_AGAIN,
        f"{SAID}; 10 of 40 counted",
    )


def test_whoever_is_outside_the_target_is_not_told_of_for_an_earlier_year(years: Any) -> None:
    before, new, _ = years
    with transaction():
        other = make.school(recorded_at=noon(date(2025, 8, 1)), la_code="999")
        trained(before, other, TRAINED)
    reckoning = standings.standings_of_programme(new.id, as_of=LAST_DAY, now=noon(date(2028, 1, 1)))
    assert reckoning.also_seen == []
    assert reckoning.verdicts == []


def test_what_did_not_take_place_last_year_is_nothing_of_this_year(years: Any) -> None:
    before, new, _ = years
    with transaction():
        other = school_with_contact()
        trained(before, other, TRAINED, took_place=False, why_not="Snow")
        make.booking(make.show(before, other, noon(date(2026, 5, 4))), {STAFF: 30}, noon(TRAINED))
    assert found(new, other, LAST_DAY).kind == gaps.NOT_ASKED
