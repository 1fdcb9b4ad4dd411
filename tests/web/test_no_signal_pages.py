"""What a company's phone may keep, and until when: the service says so with each page, and of no other page."""

from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

import make
from booking import sheet_days
from browser import sign_in
from every_address import people_at_every_door, told_year
from how_many import is_drawn, so_many
from outreach.ground.db import transaction
from outreach.post import troupe_links
from outreach.web.headers import POLICY
from outreach.web.kept_on_phone import KEEP_UNTIL, LET_GO
from worlds import World

pytestmark = [pytest.mark.any_database, pytest.mark.usefixtures("stopped")]

SAID = {"took_place": "yes", "pupils": "96"}


@pytest.fixture
def day(app: Flask, stopped: Any) -> Any:
    with transaction():
        day = sheet_days.lay()
        link = troupe_links.make(day.troupe.id, partnership_id=day.partnership.id, who="Priya", now=make.NOW)
        day.home = f"/t/{troupe_links.token_of(link, 'for tests')}"
    stopped.now = day.now
    day.sheet = f"{day.home}/days/{day.day.id}"
    day.report = f"{day.home}/shows/{day.first.id}/report"
    return day


def test_four_pages_of_the_company_may_be_kept_and_no_other_of_the_whole_service(
    app: Flask, client: FlaskClient, world: World
) -> None:
    told = world(told_year, make.NOW)
    sign_in(client, told.coordinator)
    county = people_at_every_door(told, now=make.NOW)
    may, tried = set(), 0
    for rule in app.url_map.iter_rules():
        of_a_company = rule.endpoint.startswith("company.")
        if "GET" not in (rule.methods or ()) or not (of_a_company or is_drawn(rule.rule, one_in=3)):
            continue
        for address in county.addresses(rule, each=so_many(3, least=1)):
            answer = client.get(address)
            policy, tried = answer.headers["Content-Security-Policy"], tried + 1
            if KEEP_UNTIL in answer.headers:
                may.add(rule.endpoint)
            assert ("worker-src 'self'" in policy) == (
                rule.endpoint in ("company.days", "company.sheet", "company.week", "company.report")
                and answer.status_code == 200
            ), address
            answer.get_data()
    assert (
        may <= {"company.days", "company.sheet", "company.week", "company.report"} and "company.days" in may
    )
    assert tried > so_many(150, least=80)


def test_a_page_is_kept_until_a_week_after_its_last_show(client: FlaskClient, day: Any) -> None:
    week = timedelta(days=7)
    said = {path: client.get(path).headers[KEEP_UNTIL] for path in (day.home, day.sheet, day.report)}
    assert said == {
        day.home: (day.now + week).isoformat(),
        day.sheet: (day.second.ends_at + week).isoformat(),
        day.report: (day.first.ends_at + week).isoformat(),
    }


@pytest.mark.parametrize(("days", "kept"), [(-8, False), (-7, True), (0, True), (7, True), (8, False)])
def test_a_day_that_is_far_off_or_long_over_is_not_kept(
    client: FlaskClient, day: Any, stopped: Any, days: int, kept: bool
) -> None:
    stopped.after(days=days)
    for path in (day.sheet, day.report):
        assert (KEEP_UNTIL in client.get(path).headers) == kept
    assert ("data-until=" in client.get(day.report).text) == kept


def test_the_phone_lets_go_of_what_has_no_show_any_more_and_of_nothing_that_was_only_said_once(
    client: FlaskClient, day: Any, stopped: Any
) -> None:
    once = client.post(f"{day.home}/who-comes", data={"who_comes": "Ana"}, follow_redirects=True)
    assert LET_GO not in once.headers and KEEP_UNTIL not in once.headers
    assert LET_GO not in client.get(day.sheet).headers
    with transaction():
        gone = make.tour_day(day.programme, day.troupe, day.day.day + timedelta(days=1), ended_at=make.NOW)
        free = make.tour_day(day.programme, day.troupe, day.day.day + timedelta(days=2))
    for number, status in ((gone.id, 410), (free.id, 200)):
        answer = client.get(f"{day.home}/days/{number}")
        assert (answer.status_code, LET_GO in answer.headers) == (status, True)
        assert KEEP_UNTIL not in answer.headers
    stopped.after(days=400)
    assert LET_GO not in client.get(day.sheet).headers, "a link that has ended takes all along"


def test_beside_the_first_page_are_the_sheets_and_forms_of_the_next_two_days_alone(
    client: FlaskClient, day: Any
) -> None:
    with transaction():
        for n, month_day in enumerate((10, 11, 12)):
            later = make.tour_day(day.programme, day.troupe, date(2027, 3, month_day))
            show = sheet_days.show_on(later, make.school(northing=228000 + n), make.time(10))
            make.booking(show, {8: 100})
    beside = client.get(day.home).text.partition('data-beside="')[2].partition('"')[0].split()
    assert beside[:3] == [
        day.sheet,
        *(f"{day.home}/shows/{show.id}/report" for show in (day.first, day.second)),
    ]
    assert beside[5:] == [f"{day.home}/week"] and len(beside) == 6


def test_what_was_said_once_and_what_was_refused_is_not_kept(
    client: FlaskClient, day: Any, stopped: Any
) -> None:
    stopped.after(hours=8)
    assert KEEP_UNTIL not in client.post(day.report, data={}).headers
    once = client.post(day.report, data=SAID, follow_redirects=True)
    assert "What you said is put down" in once.text and KEEP_UNTIL not in once.headers
    assert KEEP_UNTIL in client.get(day.report).headers


def test_the_phones_own_sending_is_answered_without_a_page_to_go_to(
    client: FlaskClient, day: Any, stopped: Any
) -> None:
    stopped.after(hours=8)
    asks = {"Accept": "application/json, text/html;q=0.5"}
    first = client.post(day.report, data=SAID | {"key": "k" * 22}, headers=asks)
    stopped.after(hours=1)
    again = client.post(day.report, data=SAID | {"key": "k" * 22}, headers=asks)
    assert first.json == again.json == {"sent": (day.now + timedelta(hours=8)).isoformat()}
    no = client.post(day.report, data={"key": "l" * 22}, headers=asks)
    assert no.status_code == 422 and "Say whether it took place." in no.text
    assert "What you said is put down" not in client.get(day.report).text


def test_the_worker_is_asked_for_anew_each_time_and_sets_no_cookie(client: FlaskClient) -> None:
    answer = client.get("/t/worker.js")
    assert (answer.status_code, answer.mimetype) == (200, "text/javascript")
    assert answer.headers["Cache-Control"] == "no-cache" and "Set-Cookie" not in answer.headers
    assert answer.headers["Content-Security-Policy"] == POLICY and b"/t/" in answer.data


def test_the_link_that_has_ended_says_whose_reports_the_phone_lets_go_of(
    client: FlaskClient, day: Any, stopped: Any
) -> None:
    stopped.after(days=400)
    answer = client.get(day.sheet)
    assert answer.status_code == 410 and 'data-ended="' in answer.text and KEEP_UNTIL not in answer.headers
