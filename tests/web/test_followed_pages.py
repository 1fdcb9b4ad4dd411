"""Commitments: what schools were to do and did, with a list behind every number, as of any day, and a file of it."""

import csv
import io
import re
from datetime import UTC, date, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook

import make
from outreach.asking import owners
from outreach.booking.promises import Booking
from outreach.ground import clock
from outreach.ground.db import db, transaction
from outreach.visits import pledges, reports
from outreach.visits.pledges import LEAD_PRESENT, LESSON, PLEDGES, STAFF_BRIEFED
from outreach.visits.reports import ReportAccount

pytestmark = pytest.mark.any_database

SHOWN = datetime(2027, 1, 5, 10, tzinfo=UTC)
NOW = datetime(2027, 1, 19, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def at_noon(stopped: Any) -> None:
    stopped.now = NOW


class Tour:
    """A partnership whose schools have seen it, with what they said."""

    def __init__(self, client: FlaskClient, la_code: str = "931") -> None:
        with transaction():
            self.partnership = make.partnership((la_code,))
            self.programme = make.programme(self.partnership)
            self.person = make.person(self.partnership)
        self.la_code, self.client = la_code, client
        make.signed_in(client, self.person)

    def seen(
        self, said: dict[str, str], *, will: tuple[str, ...] = (), district: str = "Kestermere", **school: Any
    ) -> Booking:
        with transaction():
            of = make.school(
                la_code=self.la_code, district_name=district, district_code=f"E-{district}", **school
            )
            booking = make.booking(make.show(self.programme, of, SHOWN), {8: 90, 9: 90})
            pledges.promise(booking, will, who="x", now=SHOWN - timedelta(days=20))
            account = ReportAccount(took_place=True)
            reports.report(booking, "company", account, who="Rees", now=SHOWN + timedelta(hours=3))
            pledges.answer(booking, said, who="x", now=SHOWN + timedelta(days=3))
        return booking

    def get(self, path: str, status: int = 200) -> str:
        answer = self.client.get(path)
        assert answer.status_code == status, path
        return answer.text


@pytest.fixture
def tour(app: Flask, client: FlaskClient) -> Tour:
    made = Tour(client)
    every = dict.fromkeys(PLEDGES, "done")
    made.seen(every, will=(LESSON,), name="Alder School")
    made.seen({LEAD_PRESENT: "not done", STAFF_BRIEFED: "done"}, name="Birch School", district="Fenwold")
    made.seen({LEAD_PRESENT: "done", LESSON: "planned"}, will=(LESSON, STAFF_BRIEFED), name="Cedar School")
    return made


def numbers(page: str) -> list[tuple[int, str, str]]:
    """(number, address, what it counts) of every number that leads to a list."""
    found = re.findall(
        r'<a href="(/desk/followed/schools[^"]*)">\s*([\d,]+)\s*<span class="vh">([^<]*)', page
    )
    return [(int(n.replace(",", "")), unescape(href), words.strip()) for href, n, words in found]


def rows(page: str) -> int:
    return page[page.index("<tbody>") :].count("<tr") if "<tbody>" in page else 0


@pytest.mark.both_databases
def test_every_number_leads_to_a_list_of_as_many_schools(tour: Tour) -> None:
    page = tour.get("/desk/followed")
    assert (
        "Of what is expected of schools besides the performance, 57% is said to be done. "
        "Of what they agreed to, it is 50%. Least often done: letter home sent, 1 of 3 schools."
    ) in page
    found = numbers(page)
    assert len(found) >= 84 + 3, "seven numbers of six commitments, expected and agreed, and the districts"
    for n, href, words in found:
        listed = tour.get(href)
        assert rows(listed) == n, (href, words)
        assert re.search(rf"<h1>\s*{n} school", listed)


def test_each_school_says_what_became_of_it_and_since_when(tour: Tour) -> None:
    page = tour.get("/desk/followed")
    open_part = page[page.index('id="open"') :]
    assert re.findall(r">(Alder|Birch|Cedar) School</a>", open_part) == ["Birch", "Cedar"], "worst first"
    birch = open_part[open_part.index("Birch School") : open_part.index("Cedar School")]
    assert "Absent" in birch and "since 8 January" in birch and "Not answered" in birch
    cedar = open_part[open_part.index("Cedar School") :]
    assert "Planned" in cedar and "due 16 February, agreed" in cedar


def test_as_of_a_day_it_says_what_was_known_then(tour: Tour) -> None:
    with transaction():
        birch = db.session.query(Booking).join(make.School).filter(make.School.name == "Birch School").one()
        pledges.answer(birch, {LEAD_PRESENT: "done"}, who="x", now=NOW - timedelta(days=1))

    def absent(day: str) -> int:
        return rows(tour.get(f"/desk/followed/schools?pledge=lead_present&state=not+done&as_of={day}"))

    assert (absent("2027-01-07"), absent("2027-01-10"), absent("2027-01-19")) == (0, 1, 0)
    assert "will stand here" in tour.get("/desk/followed?as_of=2027-01-04")
    assert tour.get("/desk/followed?as_of=2028-01-01", 422)


def test_ones_own_schools_are_a_list(tour: Tour) -> None:
    with transaction():
        organisation_id = db.session.query(make.School).filter_by(name="Cedar School").one().organisation_id
        owners.assign(tour.programme, [organisation_id], tour.person, who="x", now=clock.now())
    page = tour.get("/desk/followed")
    href = unescape(re.search(r'<a href="([^"]*whose=mine[^"]*)">Mine 1</a>', page)[1])  # type: ignore[index]
    assert rows(tour.get(href)) == 1 and "Cedar School" in tour.get(href)


def test_a_letter_to_those_where_something_is_open_is_begun_from_here(tour: Tour) -> None:
    page = tour.get("/desk/followed")
    href = unescape(re.search(r'href="([^"]+)">Write to 2 schools…', page)[1])  # type: ignore[index]
    letter = tour.get(href)
    assert "Birch School" in letter and "Cedar School" in letter and "Alder School" not in letter


@pytest.mark.both_databases
def test_the_file_has_a_line_for_each_school_and_is_not_for_publication(tour: Tour) -> None:
    answer = tour.client.get("/desk/followed.csv")
    lines = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert "Not for publication" in lines[-1][0] and "not-for-publication" in str(answer.headers)
    head, *told = lines[:-1]
    assert [line[1] for line in told] == ["Alder School", "Birch School", "Cedar School"]
    at = head.index("Follow-up lesson")
    assert told[2][at : at + 3] == ["not due (planned)", "2027-02-16", "2026-12-16"]
    sheet = load_workbook(io.BytesIO(tour.client.get("/desk/followed.xlsx").data)).active
    assert sheet.max_row == len(lines) + 1 and sheet.cell(3, 2).value == "Alder School"
    assert tour.get("/desk/followed.csv?as_of=nonsense", 422)


def test_before_anybody_has_seen_it_the_page_says_what_will_stand_there(
    app: Flask, client: FlaskClient
) -> None:
    empty = Tour(client)
    assert "will stand here" in empty.get("/desk/followed")
    assert rows(empty.get("/desk/followed/schools")) == 0


@pytest.mark.parametrize("query", ["state=nonsense", "pledge=lunch"])
def test_a_list_that_there_is_not_is_not_there(tour: Tour, query: str) -> None:
    tour.get(f"/desk/followed/schools?{query}", 404)


def test_another_partnerships_schools_are_nowhere(tour: Tour, app: Flask, client: FlaskClient) -> None:
    other = Tour(client, "932")
    other.seen({STAFF_BRIEFED: "not done"}, name="Otherton")
    page = other.get("/desk/followed")
    assert "Otherton" in page and "Alder School" not in page
    assert "Alder School" not in other.get(f"/desk/followed/schools?programme={tour.programme.id}")
    booking = db.session.query(Booking).filter_by(partnership_id=tour.partnership.id).first()
    other.get(f"/desk/bookings/{booking.reference}/promised", 404)


@pytest.mark.both_databases
def test_a_coordinator_puts_down_what_a_school_says_on_the_phone(tour: Tour) -> None:
    booking = tour.seen({}, name="Elm School")
    path = f"/desk/bookings/{booking.reference}/promised"
    assert f'href="{path}' in tour.get("/desk/followed/schools?state=open")
    assert tour.client.post(path, data={"lesson": "done"}).status_code == 422, "whose word?"
    assert "Answer at least one question" in tour.client.post(path, data={"side": "school"}).text
    assert tour.client.post(path, data={"side": "school", "lesson": "done"}).status_code == 303
    rows_of = pledges.answers_of([booking.id])[booking.id]
    assert [(row.pledge, row.said, row.side) for row in rows_of] == [(LESSON, "done", "school")]
    page = tour.get(path)
    assert "Follow-up lesson done" in page and "Yes, 19 January 2027" in page


@pytest.mark.both_databases
def test_a_coordinator_settles_where_the_two_sides_differ(tour: Tour, stopped: Any) -> None:
    booking = tour.seen({LEAD_PRESENT: "done"}, name="Elm School")
    with transaction():
        report = reports.newest(booking, "company")
        pledges.answer(
            booking,
            {LEAD_PRESENT: "not done"},
            side="company",
            report=report,
            who="Rees",
            now=SHOWN + timedelta(days=4),
        )
    differ = "/desk/followed/schools?pledge=lead_present&state=sides+differ"
    assert rows(tour.get("/desk/followed/schools?pledge=lead_present&state=not+answered")) == 0
    assert "Sides differ" in tour.get(differ)
    path = f"/desk/bookings/{booking.reference}/promised"
    assert tour.client.post(path, data={"side": "settled", "lead_present": "done"}).status_code == 303
    stopped.now += timedelta(minutes=1)
    assert rows(tour.get(differ)) == 0


def test_before_its_show_a_coordinator_ticks_what_a_school_promises(tour: Tour) -> None:
    with transaction():
        booking = make.booking(make.show(tour.programme, make.school(), NOW + timedelta(days=9)), {8: 90})
    path = f"/desk/bookings/{booking.reference}/promised"
    assert tour.client.post(path, data={"will": ["lesson"]}).status_code == 303
    assert pledges.promised(pledges.answers_of([booking.id])[booking.id]) == {LESSON}
    assert f'href="{path}' in tour.get(f"/desk/bookings/{booking.reference}")


def test_it_takes_the_same_queries_for_3_schools_and_for_13(tour: Tour, count_queries: Any) -> None:
    counted = []
    for more in (0, 10):
        for n in range(more):
            tour.seen({STAFF_BRIEFED: "not done"}, name=f"School {n}", district=f"District {n % 4}")
        db.session.rollback()
        assert tour.programme.id
        with count_queries() as queries:
            tour.get("/desk/followed")
        with count_queries() as of_list:
            tour.get("/desk/followed/schools?state=open")
        counted.append((len(queries), len(of_list)))
    assert counted[0] == counted[1] == (29, 28)


def test_days_are_london_days(tour: Tour) -> None:
    assert "since 5 January" in tour.get("/desk/followed"), "due at the end of the show"
    assert date(2027, 1, 5) == SHOWN.date()
