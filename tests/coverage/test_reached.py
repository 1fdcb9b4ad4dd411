"""The day on which a district was reached, from one reckoning."""

from dataclasses import replace
from datetime import date, timedelta

from flask import Flask

import make
from outreach.coverage.reached import reached
from outreach.coverage.standings import Standing, standings_of_programme
from outreach.ground.db import transaction

NOV, DEC = date(2026, 11, 3), date(2026, 12, 1)


def school(
    organisation_id: int, pupils: int | None, seen: dict[date, int], code: str = "E07000001"
) -> Standing:
    return Standing(
        organisation_id=organisation_id,
        name=f"School {organisation_id}",
        district_code=code,
        district_name=f"District {code[-1:]}",
        phase="Secondary",
        type="Academy",
        standing="seen",
        year_groups={8: "seen"},
        is_gap=False,
        kind="",
        detail="",
        since=None,
        target_pupils=pupils,
        estimated=False,
        seen_pupils=sum(seen.values()),
        seen_estimated=False,
        evidence="",
        ages_unknown=False,
        easting=None,
        northing=None,
        pupils_by_year={8: pupils},
        seen_by_day=seen,
    )


def test_it_is_the_first_day_by_which_half_had_seen_it() -> None:
    target = [school(1, 100, {NOV: 60, DEC: 30}), school(2, 100, {DEC: 10})]
    (found,) = reached(target, 50)
    assert (found.day, found.seen, found.pupils) == (DEC, 100, 200)
    assert reached(target, 30)[0].day == NOV
    assert reached(target, 51)[0].day is None


def test_schools_without_a_number_and_year_groups_nobody_counted_are_in_no_share() -> None:
    unknown = school(3, None, {NOV: 500})
    (found,) = reached([school(1, 100, {DEC: 50}), unknown], 50)
    assert (found.day, found.pupils) == (DEC, 100)
    uncounted = replace(school(4, 100, {}), uncounted=(8,))
    (found,) = reached([school(1, 100, {DEC: 50}), uncounted], 50)
    assert found.day == DEC


def test_a_district_where_nobody_has_seen_it_is_not_reached() -> None:
    assert [d.day for d in reached([school(1, 0, {}), school(2, 10, {}, "E07000002")], 50)] == [None, None]
    assert reached([school(1, 10, {NOV: 10}, "")], 50) == []


def test_pupils_stand_at_the_day_of_their_show_whenever_it_was_reported(app: Flask) -> None:
    show_on = make.NOW - timedelta(days=40)
    with transaction():
        programme = make.programme(make.partnership())
        here = make.school()
        booking = make.booking(make.show(programme, here, show_on), {8: 100, 9: 100})
        make.report(booking, "school", make.NOW - timedelta(days=1), {8: 90, 9: 95})
    reckoning = standings_of_programme(programme.id, as_of=make.NOW.date(), now=make.NOW)
    (standing,) = reckoning.target
    assert standing.seen_by_day == {show_on.date(): 185} and standing.seen_pupils == 185
    assert reached(reckoning.target, 50)[0].day == show_on.date()
