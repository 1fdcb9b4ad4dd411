"""Reports to the board on the desk: drawn up, published, kept, corrected beside; as CSV, XLSX and JSON;
tokens."""

import csv
import io
import re
from datetime import UTC, date, datetime, timedelta
from html import unescape
from typing import Any

import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient

import make
from outreach.county.partnerships import Partnership
from outreach.county.schools import School
from outreach.coverage.board.publishing import BoardReport
from outreach.ground.db import db, transaction
from outreach.post.feeds import tokens
from outreach.tour.programmes import Programme
from outreach.visits import board_dates
from worlds import World

pytestmark = pytest.mark.any_database

FENWOLD = {"district_code": "E07000009", "district_name": "Fenwold"}
YESTERDAY = date(2027, 1, 18)


def seen(programme: Programme, school: School, pupils: dict[int, int], day: int, **said: Any) -> None:
    at = datetime(2027, 1, day, 9, 30, tzinfo=UTC)
    booking = make.booking(make.show(programme, school, at), pupils)
    make.report(booking, "school", at + timedelta(hours=8), pupils, **said)


def two_districts() -> tuple[Partnership, Programme]:
    """Kestermere: 2 of 3 seen. Fenwold: a special school with 3 pupils seen, one booked, one asked, one
    excluded."""
    with transaction():
        whose = make.partnership()
        programme = make.programme(whose)
        for day, pupils, concerns in ((11, 100, 4), (12, 90, 7)):
            seen(programme, make.school(), {8: pupils, 9: pupils + 1}, day, concerns=concerns)
        make.school()
        special = make.school(
            type_of_establishment="Foundation special school",
            phase_of_education="Not applicable",
            number_of_pupils=None,
            statutory_high_age=16,
            **FENWOLD,
        )
        seen(programme, special, {8: 2, 9: 1}, 13, concerns=1)
        make.booking(
            make.show(programme, make.school(**FENWOLD), datetime(2027, 3, 9, 9, 30, tzinfo=UTC)),
            {8: 100, 9: 100},
        )
        make.invitation(programme, make.school(**FENWOLD))
        make.decision(programme, make.school(**FENWOLD), "exclude")
    return whose, programme


@pytest.fixture
def ours(stopped: Any, world: World) -> tuple[Partnership, Programme]:
    return world(two_districts)


@pytest.fixture
def desk(client: FlaskClient, ours: Any) -> FlaskClient:
    with transaction():
        return make.signed_in(client, make.person(ours[0]))


def publish(desk: FlaskClient, programme: Programme, day: date = YESTERDAY, **more: Any) -> int:
    answer = desk.post("/desk/reports/new", data={"programme": programme.id, "as_of": day.isoformat()} | more)
    assert answer.status_code == 303, answer.text
    return int(answer.location.rsplit("/", 1)[1])


def words(page: str) -> str:
    """What a page says, without its marks."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def test_a_report_is_looked_at_before_it_is_published_and_nothing_is_kept_by_looking(
    desk: FlaskClient, ours: Any
) -> None:
    page = desk.get(f"/desk/reports/new?programme={ours[1].id}&as_of=18/01/2027")
    assert page.status_code == 200
    assert "3 of Marlshire’s 6 schools had seen it by 18 January 2027." in page.text
    assert "This is not published yet." in page.text
    assert db.session.query(BoardReport).count() == 0


def test_a_published_report_stands_in_the_list_and_says_who_published_it(
    desk: FlaskClient, ours: Any
) -> None:
    report_id = publish(desk, ours[1])
    said = words(desk.get(f"/desk/reports/{report_id}").text)
    assert "Report 1 of 2026/27 Published 19 January 2027 at 9:00am" in said
    assert "by Priya Nandakumar" in said
    assert "Nothing up to 19 January 2027." in said
    listed = words(desk.get("/desk/reports").text)
    assert "‘Someone to Tell’, report 1 of 2026/27" in listed and "18 January 2027" in listed


def test_every_number_of_schools_on_a_report_leads_to_a_list_of_that_many(
    desk: FlaskClient, ours: Any
) -> None:
    report_id = publish(desk, ours[1])
    page = desk.get(f"/desk/reports/{report_id}").text
    links = re.findall(r'<a href="(/desk/schools\?[^"]+)">([\d,]+)</a>', page)
    assert len(links) > 60
    for address, number in set(links):
        listed = desk.get(unescape(address)).text
        assert re.search(r"<b>([\d,]+) schools?</b>", listed)[1] == number, address  # type: ignore[index]


def test_small_numbers_of_pupils_are_on_no_page_and_in_no_file_of_a_report(
    desk: FlaskClient, ours: Any
) -> None:
    report_id = publish(desk, ours[1])
    page = words(desk.get(f"/desk/reports/{report_id}").text)
    assert "Fenwold 3 1 33% 1 1 hidden" in page
    assert "12 in the whole programme and year" in page and "Concerns raised Schools" not in page
    assert "What is hidden need not be small." in page
    table = list(csv.reader(io.StringIO(desk.get(f"/desk/reports/{report_id}.csv").text.lstrip("\ufeff"))))
    by_name = {
        row[1]: dict(zip(table[0], row, strict=True)) for row in table[1:] if row and row[0] == "Districts"
    }
    assert {name: row["Pupils seen"] for name, row in by_name.items()} == {
        "Kestermere": "hidden",
        "Fenwold": "hidden",
    }
    assert [row[table[0].index("Pupils seen")] for row in table if row and row[0] == "All"] == ["385"]
    raised = table[0].index("Concerns raised")
    assert {row[raised] for row in table[1:] if len(row) > raised and row[0] != "All"} == {""}
    assert [row[raised] for row in table if row and row[0] == "All"] == ["12"]


def test_a_report_as_a_workbook_holds_its_tables_and_its_words(desk: FlaskClient, ours: Any) -> None:
    report_id = publish(desk, ours[1])
    answer = desk.get(f"/desk/reports/{report_id}.xlsx")
    assert answer.headers["Content-Disposition"].endswith(f'board-report-{ours[1].id}-2027-01-18.xlsx"')
    book = openpyxl.load_workbook(io.BytesIO(answer.data))
    assert book.sheetnames == [
        "Figures",
        "Why there are gaps",
        "Did it help",
        "Commitments",
        "Definitions",
    ]
    rows = list(book["Figures"].iter_rows(values_only=True))
    schools = rows[0].index("Schools")
    assert sum(row[schools] for row in rows if row[0] == "Districts") == rows[-1][schools] == 6
    assert "as of 18 January 2027" in str(book["Definitions"]["B2"].value)


@pytest.mark.both_databases
def test_a_report_published_twice_is_one_clear_sentence_and_the_first_stays(
    desk: FlaskClient, ours: Any
) -> None:
    first = publish(desk, ours[1])
    assert publish(desk, ours[1]) == first
    page = desk.get(f"/desk/reports/{first}")
    assert "was published on 19 January 2027 at 9:00am by Priya Nandakumar. It stays as it is" in page.text
    again = desk.get(f"/desk/reports/new?programme={ours[1].id}&as_of=2027-01-18")
    assert again.status_code == 422 and f"/desk/reports/{first}" in again.text
    assert db.session.query(BoardReport).count() == 1


@pytest.mark.parametrize(
    "day, sentence",
    [
        ("2027-01-19", "19 January 2027 is not over yet"),
        ("2027-02-30", "That is not a date."),
        ("2027-06-01", "That day is still to come."),
        ("2026-09-01", "was set up on 3 September 2026"),
    ],
)
def test_a_day_that_makes_no_sense_is_said(desk: FlaskClient, ours: Any, day: str, sentence: str) -> None:
    page = desk.get(f"/desk/reports/new?programme={ours[1].id}&as_of={day}")
    assert page.status_code == 422 and sentence in page.text and "Publish this report" not in page.text


@pytest.mark.both_databases
def test_a_day_that_is_not_over_is_not_published_by_a_post_either(desk: FlaskClient, ours: Any) -> None:
    answer = desk.post("/desk/reports/new", data={"programme": ours[1].id, "as_of": "2027-01-19"})
    assert answer.status_code == 422 and "is not over yet" in answer.text
    assert db.session.query(BoardReport).count() == 0


def test_what_was_reported_later_stands_beside_and_the_figures_stay(
    desk: FlaskClient, ours: Any, stopped: Any
) -> None:
    with transaction():
        late = make.booking(
            make.show(ours[1], make.school(name="Redmere Academy"), datetime(2027, 1, 14, 9, 30, tzinfo=UTC)),
            {8: 120, 9: 120},
        )
    report_id = publish(desk, ours[1])
    desk.get("/desk/reports")  # where it is said that the report is published
    before = words(desk.get(f"/desk/reports/{report_id}").text).split("Corrected since")[0]
    stopped.after(days=3)
    with transaction():
        make.report(late, "school", stopped.now, {8: 110, 9: 115})
    stopped.after(hours=1)
    page = words(desk.get(f"/desk/reports/{report_id}").text)
    assert page.split("Corrected since")[0] == before
    assert "Seen 3 4 To confirm 1 0" in page
    assert "Redmere Academy : to confirm, now seen" in page
    assert "not for publication: 385 pupils were counted then, 610 by what is known now" in page


def test_a_report_is_linked_with_the_date_of_the_board_that_it_is_for(desk: FlaskClient, ours: Any) -> None:
    with transaction():
        day = board_dates.add(
            ours[0].id, "Spring report", date(2027, 1, 26), programme=None, who="Priya", now=make.NOW
        )
        day_id = day.id
    assert f"/desk/reports/new?for={day_id}" in desk.get("/desk/reports").text
    report_id = publish(desk, ours[1], **{"for": day_id})
    assert "Report as of 18 January 2027" in desk.get("/desk/reports").text
    assert "for ‘Spring report’ on 26 January 2027" in desk.get(f"/desk/reports/{report_id}").text


def test_a_date_of_another_partnerships_board_is_no_date_here(desk: FlaskClient, ours: Any) -> None:
    with transaction():
        theirs = make.partnership(("850",)).id
        day = board_dates.add(
            theirs, "Secret meeting", date(2027, 1, 26), programme=None, who="Eve", now=make.NOW
        )
        day_id = day.id
    assert "Secret meeting" not in desk.get(f"/desk/reports/new?for={day_id}").text
    report_id = publish(desk, ours[1], **{"for": day_id})
    assert "Secret meeting" not in desk.get(f"/desk/reports/{report_id}").text


@pytest.mark.both_databases
def test_another_partnerships_report_is_not_there(desk: FlaskClient, ours: Any) -> None:
    report_id = publish(desk, ours[1])
    with transaction():
        other = make.partnership(("850",))
        make.signed_in(desk, make.person(other))
    for ending in ("", ".csv", ".xlsx"):
        assert desk.get(f"/desk/reports/{report_id}{ending}").status_code == 404
    assert (
        desk.post("/desk/reports/new", data={"programme": ours[1].id, "as_of": "2027-01-17"}).status_code
        == 404
    )
    assert "None yet" in desk.get("/desk/reports").text or "no programme" in desk.get("/desk/reports").text


@pytest.mark.both_databases
def test_the_pages_of_reports_ask_a_constant_number_of_queries(
    desk: FlaskClient, ours: Any, count_queries: Any, stopped: Any
) -> None:
    report_id = publish(desk, ours[1])
    counted = []
    for _ in range(2):
        for path in ("/desk/reports", f"/desk/reports/{report_id}", f"/desk/reports/{report_id}.csv"):
            db.session.expire_all()
            with count_queries() as queries:
                assert desk.get(path).status_code == 200
            counted.append(len(queries))
        stopped.after(days=1)
        with transaction():
            seen(ours[1], make.school(), {8: 100, 9: 100}, 15)
        publish(desk, ours[1], stopped.now.date() - timedelta(days=1))
    assert counted[:3] == counted[3:]


# Tokens and the JSON feed
# ---------------------------------------------------------------------------------------


@pytest.fixture
def token(ours: Any) -> str:
    with transaction():
        return tokens.make(ours[0].id, "Council dashboard", who="Priya", now=make.NOW)[1]


def read(client: FlaskClient, token: str, path: str) -> Any:
    return client.get(path, headers={"Authorization": f"Bearer {token}"})


@pytest.mark.both_databases
def test_a_token_is_shown_once_and_opens_the_feed_until_it_is_withdrawn(
    desk: FlaskClient, app: Flask
) -> None:
    made = desk.post(
        "/desk/reports/tokens", data={"label": "Council dashboard", "scopes": ["figures", "reports"]}
    )
    (token,) = re.findall(r'value="(outreach_[\w-]{32})"', made.text)
    assert token not in desk.get("/desk/reports/tokens").text
    reader = app.test_client()
    assert read(reader, token, "/api/v1/").json["county"] == "Marlshire"
    row = db.session.query(tokens.ApiToken).one()
    assert token not in (row.token_hash, row.label, row.ending)
    assert desk.post(f"/desk/reports/tokens/{row.id}/withdraw").status_code == 303
    gone = read(reader, token, "/api/v1/")
    assert (gone.status_code, gone.json["error"]) == (
        410,
        {
            "code": "token_withdrawn",
            "message": "This token was withdrawn on 19 January 2027. Ask a coordinator for a new one.",
        },
    )


@pytest.mark.both_databases
def test_two_tokens_of_one_name_cannot_be_told_apart_and_are_refused(desk: FlaskClient) -> None:
    assert (
        desk.post("/desk/reports/tokens", data={"label": "Dashboard", "scopes": "figures"}).status_code == 200
    )
    again = desk.post("/desk/reports/tokens", data={"label": "dashboard", "scopes": "figures"})
    assert again.status_code == 422 and "There is a token called ‘dashboard’ already" in again.text


def test_another_partnerships_token_is_not_withdrawn(desk: FlaskClient, ours: Any) -> None:
    with transaction():
        row, token = tokens.make(make.partnership(("850",)).id, "Theirs", who="Them", now=make.NOW)
        row_id = row.id
    assert desk.post(f"/desk/reports/tokens/{row_id}/withdraw").status_code == 404
    assert tokens.find(token).withdrawn_at is None  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "header, code",
    [
        (None, "token_missing"),
        ("Basic eDp5", "token_missing"),
        ("Bearer ", "token_missing"),
        ("Bearer nonsense", "token_unknown"),
        ("Bearer outreach_" + "a" * 32, "token_unknown"),
    ],
)
def test_without_a_token_that_was_ever_made_there_is_nothing_to_read(
    client: FlaskClient, ours: Any, header: str | None, code: str
) -> None:
    answer = client.get("/api/v1/", headers={"Authorization": header} if header else {})
    assert (answer.status_code, answer.json["error"]["code"]) == (401, code)
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.both_databases
def test_the_feed_says_standings_and_figures_that_sum_to_the_target(
    client: FlaskClient, ours: Any, token: str
) -> None:
    figures = read(client, token, f"/api/v1/programmes/{ours[1].id}/figures").json
    standings = read(client, token, f"/api/v1/programmes/{ours[1].id}/standings").json
    assert figures["whole"]["schools"] == 6 == standings["count"] == len(standings["standings"])
    for word, number in figures["whole"]["standings"].items():
        assert number == sum(s["standing"] == word for s in standings["standings"])
        for table in ("districts", "phases", "types", "towns", "urban_rural"):
            assert number == sum(row["standings"][word] for row in figures[table])
    assert figures["excluded"] == 1 and figures["people"] is None
    assert standings["standings"][0].keys() == {
        "urn",
        "name",
        "district",
        "town",
        "urban_rural",
        "phase",
        "type",
        "trust",
        "standing",
        "gap",
        "cause",
        "since",
        "year_groups",
        "ages_unknown",
        "evidence",
    }
    assert sum(figures["whole"]["evidence"].values()) == sum(
        s["evidence"] != "" for s in standings["standings"]
    )
    assert len(figures["whole"]["estimates_from_census"]) == 2


@pytest.mark.both_databases
def test_the_feed_counts_people_from_published_reports_alone(
    client: FlaskClient, desk: FlaskClient, ours: Any, token: str
) -> None:
    report_id = publish(desk, ours[1])
    figures = read(client, token, f"/api/v1/programmes/{ours[1].id}/figures").json
    assert figures["people"]["report"] == report_id
    assert figures["people"]["pupils_seen"] == {"status": "shown", "number": 385}
    whole = read(client, token, f"/api/v1/reports/{report_id}").json
    assert whole["content"] == db.session.get_one(BoardReport, report_id).content
    assert whole["corrected_since"] == {"schools": 0, "bodies": 0, "standings": {}}
    assert [r["id"] for r in read(client, token, "/api/v1/reports").json["reports"]] == [report_id]
    earlier = read(client, token, f"/api/v1/programmes/{ours[1].id}/figures?as_of=2027-01-15").json
    assert earlier["people"] is None


def test_the_feed_says_bookings_and_never_how_many_are_expected(
    client: FlaskClient, ours: Any, token: str
) -> None:
    for day in ("", "?as_of=2027-01-11", "?as_of=2027-01-13"):
        booked = read(client, token, f"/api/v1/programmes/{ours[1].id}/bookings{day}").json
        assert {str(b["pupils_expected"]) for b in booked["bookings"]} == {
            "{'number': None, 'status': 'hidden'}"
        }
    booked = read(client, token, f"/api/v1/programmes/{ours[1].id}/bookings").json
    assert [b["outcome"] for b in booked["bookings"]] == ["took place", "took place", "took place", "booked"]
    assert booked["bookings"][3]["starts_at"] == "2027-03-09T09:30:00+00:00"
    assert "Joanna" not in str(booked)


@pytest.mark.both_databases
@pytest.mark.parametrize(
    "path, status, code",
    [
        ("programmes/1/figures?as_of=yesterday", 422, "bad_date"),
        ("programmes/1/figures?as_of=2027-06-01", 422, "bad_date"),
        ("programmes/1/figures?as_of=0001-01-01", 422, "bad_date"),
        ("programmes/1/standings?page=2", 422, "bad_page"),
        ("programmes/1/standings?page=x", 422, "bad_page"),
        ("programmes/999/figures", 404, "no_such_programme"),
        ("reports/999", 404, "no_such_report"),
        ("nothing", 404, "not_found"),
    ],
)
def test_what_the_feed_cannot_answer_is_said_in_json(
    client: FlaskClient, ours: Any, token: str, path: str, status: int, code: str
) -> None:
    answer = read(client, token, "/api/v1/" + path.replace("programmes/1/", f"programmes/{ours[1].id}/"))
    assert (answer.status_code, answer.json["error"]["code"]) == (status, code)
    assert answer.json["error"]["message"]


@pytest.mark.both_databases
def test_a_token_opens_its_own_partnership_alone(client: FlaskClient, desk: FlaskClient, ours: Any) -> None:
    report_id = publish(desk, ours[1])
    with transaction():
        _, theirs = tokens.make(make.partnership(("850",)).id, "Theirs", who="Them", now=make.NOW)
    assert read(client, theirs, "/api/v1/").json["programmes"] == []
    assert read(client, theirs, f"/api/v1/programmes/{ours[1].id}/standings").status_code == 404
    assert read(client, theirs, f"/api/v1/reports/{report_id}").status_code == 404
    assert read(client, theirs, "/api/v1/reports").json["reports"] == []


def test_the_feed_only_reads(client: FlaskClient, ours: Any, token: str) -> None:
    answer = client.post("/api/v1/reports", headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.json["error"]["code"]) == (405, "method_not_allowed")


@pytest.mark.both_databases
def test_the_feed_asks_a_constant_number_of_queries(
    client: FlaskClient, ours: Any, token: str, count_queries: Any
) -> None:
    counted = []
    for more in (0, 3):
        with transaction():
            for n in range(more):
                seen(ours[1], make.school(), {8: 100, 9: 100}, 14 + n)
        for what in ("figures", "standings", "bookings"):
            db.session.expire_all()
            with count_queries() as queries:
                assert read(client, token, f"/api/v1/programmes/{ours[1].id}/{what}").status_code == 200
            counted.append(len(queries))
    assert counted[:3] == counted[3:] == [27, 26, 10]
