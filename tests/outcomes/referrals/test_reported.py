"""Referrals in reports to the board: as they were released by its day, and where 'reached' tells of no few pupils."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

import make
from outcomes.referrals.counted import CCE, CSE, HERE
from outreach.coverage.board import publishing, sheets
from outreach.coverage.reached import DistrictReached
from outreach.ground.db import transaction
from outreach.outcomes.referrals import district_numbers, releases, reported
from outreach.outcomes.referrals.district_numbers import NO_KIND, REFERRALS, RESIDENTS, Cell
from outreach.tour.programmes import Programme

THERE = "E07000002"
RELEASED = datetime(2026, 12, 10, 9, tzinfo=UTC)
DAY = date(2027, 1, 18)
MORNING_AFTER = datetime(2027, 1, 19, 9, tzinfo=UTC)


@pytest.fixture
def programme(app: Flask) -> Programme:
    """Half of Kestermere saw it in October 2026; nobody of Fenwold did. 12 referrals a month of each; of 4,000 and of
    8,000 young people."""
    with transaction():
        of = make.partnership()
        programme = make.programme(of)
        here = make.school(number_of_pupils=700)
        make.school(district_code=THERE, district_name="Fenwold", number_of_pupils=700)
        booking = make.booking(make.show(programme, here, make.NOW - timedelta(days=100)), {8: 100, 9: 100})
        make.report(booking, "school", make.NOW - timedelta(days=99), {8: 70, 9: 70})
        months = [*range(202510, 202513), *range(202601, 202613)]
        counts = {
            Cell(district_code=code, kind=kind, period=month): 6
            for code in (HERE, THERE)
            for kind in (CSE, CCE)
            for month in months
            if month < 202612
        }
        counts[Cell(district_code=HERE, kind=CSE, period=202611)] = 30
        aged = {
            Cell(district_code=code, kind=NO_KIND, period=2025): number
            for code, number in ((HERE, 4_000), (THERE, 8_000))
        }
        last = {
            Cell(district_code=code, kind=kind, period=202612): 6
            for code in (HERE, THERE)
            for kind in (CSE, CCE)
        }
        for about, numbers in ((REFERRALS, counts | last), (RESIDENTS, aged)):
            district_numbers.take_in(
                of, about, numbers, source="s", source_date=date(2026, 9, 1), who="P", now=make.EARLIER
            )
        release(programme)
    return programme


def release(programme: Programme, now: datetime = RELEASED) -> None:
    of = programme.partnership_id
    cut = releases.cut_today(of, releases.newest(of), now=now)
    partnership = make.db.session.get_one(make.Partnership, of)
    releases.release(partnership, as_shown=releases.fingerprint(cut), who="P", now=now)


def published(programme: Programme, day: date = DAY, now: datetime = MORNING_AFTER) -> Any:
    with transaction():
        return publishing.publish(programme, day, who="P", now=now).content


@pytest.mark.both_databases
def test_a_report_says_rates_before_and_after_and_what_they_cannot_say(
    app: Flask, programme: Programme
) -> None:
    content = published(programme)
    said = content["referrals"]
    assert said["released_on"] == "2026-12-10" and said["percent"] == 50
    assert said["said"] == (
        "A month for every 1,000 aged 10 to 17, 1 district reached: 3.00 before, 6.00 after; 1.50 where not reached yet."
    )
    assert said["meaning"].startswith(
        "Counts may rise because more is uncovered. They cannot say that the play did it"
    )
    here, waiting = said["lines"]
    assert here == {
        "district": HERE,
        "name": "Kestermere",
        "reached": "2026-10",
        "residents": 4_000,
        "before": {"number": 144, "months": 12, "rate": 3.0},
        "after": {"number": 48, "months": 2, "rate": 6.0},
    }
    assert (waiting["district"], waiting["before"]["number"], waiting["after"]) == ("", 180, None)
    sheet = {name: lines for name, _, lines in sheets.further(content)}["Referrals"]
    assert sheet[0] == ["Kestermere", "2026-10", 4_000, 144, 12, 3.0, 48, 2, 6.0]
    assert sheet[1] == ["Not reached yet", "not yet", 8_000, 180, 15, 1.5, "", "", ""]


def test_a_report_says_what_was_released_by_its_day_and_stays(app: Flask, programme: Programme) -> None:
    first = published(programme)
    with transaction():
        of = make.db.session.get_one(make.Partnership, programme.partnership_id)
        corrected = {Cell(district_code=HERE, kind=CSE, period=202611): 40}
        district_numbers.take_in(
            of, REFERRALS, corrected, source="s", source_date=DAY, who="P", now=MORNING_AFTER
        )
        release(programme, MORNING_AFTER + timedelta(days=3))
    again = published(programme, DAY + timedelta(days=1), MORNING_AFTER + timedelta(days=4))
    assert again["referrals"] == first["referrals"], "released after its day"
    later = published(programme, DAY + timedelta(days=8), MORNING_AFTER + timedelta(days=8))
    assert later["referrals"]["lines"][0]["after"]["number"] == 58
    before = published(programme, date(2026, 12, 9), MORNING_AFTER)
    assert "referrals" not in before


@pytest.mark.parametrize(
    ("percent", "pupils", "may"),
    [
        (50, 100, True),
        (96, 100, True),
        (97, 100, False),
        (100, 80, False),
        (50, 8, False),
        (4, 100, False),
        (5, 100, True),
    ],
)
def test_that_a_district_was_reached_is_not_said_where_it_tells_of_few(
    percent: int, pupils: int, may: bool
) -> None:
    district = DistrictReached(code=HERE, name="Kestermere", day=DAY, seen=pupils, pupils=pupils)
    assert reported._may_be_said(district, percent, [HERE]) is may
    assert not reported._may_be_said(district, percent, [THERE]), "nor where the report hides its pupils"


def test_a_district_whose_pupils_are_hidden_is_in_no_line(app: Flask, programme: Programme) -> None:
    with transaction():
        of = make.db.session.get_one(make.Partnership, programme.partnership_id)
        district_numbers.set_percent(of, 100, who="P", now=RELEASED)
    said = published(programme)["referrals"]
    assert said["lines"] == [] and said["said"] == reported.NEITHER_SIDE
