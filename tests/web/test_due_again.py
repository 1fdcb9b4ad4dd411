"""Whose training has run out, on the desk: the gap with its cause and next step, what is said and counted of it."""

import csv
import io
import re
from datetime import UTC, date, datetime, timedelta
from html import unescape

import pytest
from flask.testing import FlaskClient

import make
from outreach.county.schools import School
from outreach.coverage import standings
from outreach.coverage.desk import outlook
from outreach.ground.db import transaction
from outreach.ground.school_year import STAFF
from outreach.ground.timespans import day_of
from outreach.tour.adults import AdultTarget
from outreach.tour.programmes import Programme
from web.conftest import Clock

pytestmark = pytest.mark.any_database

NOW = datetime(2027, 3, 4, 9, tzinfo=UTC)
"""The first day on which a training of 3 March 2026 counts no more."""
SAID = "trained on 3 March 2026, which counted until 3 March 2027"


class Desk:
    """Two schools trained last year; of one it has run out."""

    def __init__(self, client: FlaskClient) -> None:
        ours = make.partnership()
        before = make.programme(
            ours,
            (),
            for_adults=True,
            academic_year=2025,
            reply_by=date(2026, 2, 5),
            title="Spotting the signs",
        )
        self.programme: Programme = make.programme(
            ours,
            (),
            AdultTarget(valid_months=12),
            for_adults=True,
            title="Spotting the signs",
            reply_by=date(2027, 6, 4),
        )
        make.copied(self.programme, before)
        self.over = self._trained(before, "Over School", datetime(2026, 3, 3, 12, tzinfo=UTC))
        self.valid = self._trained(before, "Valid School", datetime(2026, 3, 4, 12, tzinfo=UTC))
        troupe = make.troupe(ours)
        for n in range(5):
            make.tour_day(self.programme, troupe, day=date(2027, 4, 12) + timedelta(days=n))
        self.client = make.signed_in(client, make.person(ours))

    def _trained(self, before: Programme, name: str, at: datetime) -> School:
        school = make.school(name=name)
        make.contact(school)
        make.own_number(school, STAFF, 40)
        booking = make.booking(make.show(before, school, at), {STAFF: 30}, at - timedelta(days=30))
        make.report(booking, "school", at + timedelta(hours=3), {STAFF: 30})
        return school

    def get(self, path: str) -> str:
        answer = self.client.get(path)
        assert answer.status_code == 200, path
        return re.sub(r"\s+", " ", unescape(answer.text))


@pytest.fixture
def desk(client: FlaskClient, stopped: Clock) -> Desk:
    stopped.now = NOW
    with transaction():
        return Desk(client)


def test_the_gaps_page_and_its_file_say_until_when_it_counted_and_what_is_next(desk: Desk) -> None:
    page = desk.get(f"/desk/gaps?programme={desk.programme.id}&cause=due+again")
    assert f"T{SAID[1:]}" in page
    assert "Over School" in page and "Valid School" not in page
    assert f"/desk/schools/{desk.over.organisation_id}/invite?programme={desk.programme.id}" in page
    file = desk.client.get(f"/desk/gaps.csv?programme={desk.programme.id}").text.lstrip("\ufeff")
    rows = list(csv.reader(io.StringIO(file)))
    over = [row for row in rows if "Over School" in row]
    assert len(over) == 1 and SAID in over[0] and "Write" in over[0], rows
    assert not any("Valid School" in row for row in rows)


def test_its_next_step_is_the_letter_that_asks(desk: Desk) -> None:
    page = desk.get(f"/desk/schools/{desk.over.organisation_id}/invite?programme={desk.programme.id}")
    assert "Send the invitation" in page


def test_the_coverage_page_says_for_how_long_it_counts_and_why_there_is_a_gap(desk: Desk) -> None:
    page = desk.get(f"/desk/coverage?programme={desk.programme.id}")
    assert "A training counts for 12 months." in page
    assert "Due again" in page and "1 of 2 schools has been trained." in re.sub("<[^>]+>", "", page)
    day_before = desk.get(f"/desk/coverage?programme={desk.programme.id}&as_of=2027-03-03")
    assert "Due again" not in day_before and "All 2 schools have been trained." in day_before


def test_the_desk_says_who_is_due_again_and_leads_to_them(desk: Desk) -> None:
    page = desk.get(f"/desk?programme={desk.programme.id}")
    assert "due to be trained again" in page and "cause=due+again" in page.replace("%20", "+")


def test_the_forecast_reckons_with_a_place_for_it_and_trends_begin_with_what_still_counts(desk: Desk) -> None:
    reckoning = standings.standings_of_programme(desk.programme.id, as_of=day_of(NOW), now=NOW)
    found = outlook.outlook_of_reckoning(reckoning, now=NOW)
    assert (found.forecast.seen, found.forecast.left, found.forecast.needed) == (1, 1, 40)
    assert [point.organisations for point in found.trend][:1] == [1]
