"""Lunch of the schools as a file: what is downloaded, filled in and taken in; and what is refused in words."""

import io
from datetime import time
from typing import Any

import openpyxl
import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

import make
from outreach.county import school_days
from outreach.coverage import lunch_file
from outreach.ground.db import db, transaction

AT = "/desk/setup/lunch"


@pytest.fixture
def three(client: FlaskClient) -> list[Any]:
    """Three schools of a county whose usual lunch is 12:15 to 13:15, its coordinator signed in."""
    with transaction():
        of = make.partnership(lunch_begins=time(12, 15), lunch_ends=time(13, 15))
        make.programme(of)
        schools = [make.school(name=name) for name in ("Ashcote", "Birch", "Cole")]
        make.signed_in(client, make.person(of))
    return schools


def sent(client: FlaskClient, *lines: str, header: str = ",".join(lunch_file.COLUMNS)) -> TestResponse:
    content = "\r\n".join((header, *lines)).encode()
    return client.post(AT, data={"file": (io.BytesIO(content), "lunch.csv")})


def said(schools: list[Any]) -> list[str]:
    db.session.rollback()
    db.session.expire_all()
    return [school_days.load_one(school).lunch.said for school in schools]


SILENT = "12:15pm to 1:15pm, as is usual; it has not said"


@pytest.mark.both_databases
def test_what_is_downloaded_filled_in_and_sent_is_kept_and_comes_back(
    client: FlaskClient, three: list[Any]
) -> None:
    lines = client.get(f"{AT}.csv").data.decode("utf-8-sig").splitlines()
    assert lines[0] == "URN,School,Lunch from,Lunch to,Hall used for lunch,Set may stay"
    assert lines[1:4] == [f"{s.urn},{s.name},,,," for s in three]
    filled = [
        f"{three[0].urn},Ashcote,12:00,12:45,yes,yes",
        f"{three[1].urn},Birch,11.50am,12.40pm,No,",
        *lines[3:],
    ]
    answer = sent(client, *filled)
    assert (answer.status_code, answer.location) == (303, AT)
    assert said(three) == [
        "midday to 12:45pm in the hall, where the set may stay standing",
        "11:50am to 12:40pm, not in the hall",
        SILENT,
    ]
    page = client.get(AT).text
    assert "Lunch of 2 schools is taken in; 0 as before, 1 left empty." in page
    assert "known of 2 of 3 schools, of 1 not known" in page
    assert "What 2 schools have said" in page and ">Birch</a>" in page and ">Cole</a>" not in page
    assert "Midday to 12:45pm in the hall, where the set may stay standing" in page
    again = client.get(f"{AT}.csv").data.decode("utf-8-sig").splitlines()
    assert again[1] == f"{three[0].urn},Ashcote,12:00,12:45,yes,yes"
    assert again[2] == f"{three[1].urn},Birch,11:50,12:40,no,no"
    assert sent(client, *again[1:]).status_code == 303
    assert "Lunch of 0 schools is taken in; 2 as before, 1 left empty." in client.get(AT).text


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (
            "{urn},x,12:00,11:00,yes,",
            "Line 3: Lunch must end after it begins, within three hours, and lie between",
        ),
        ("{urn},x,1:00,1:45,yes,", "one o’clock is 1pm or 13:00."),
        ("9" * 5000 + ",x,12:00,13:00,yes,", "Line 3: ‘" + "9" * 40 + "…’ is no school of this programme."),
        ("{urn},x,noonish,13:00,yes,", "Line 3: ‘noonish’ is no time like 12:15."),
        ("{urn},x,12:99999999999,13:00,yes,", "Line 3: ‘12:99999999999’ is no time like 12:15."),
        ("{urn},x,12:00,13:00,,", "Line 3: say whether the hall is used for lunch, yes or no."),
        ("{urn},x,12:00,13:00,perhaps,", "Line 3: ‘perhaps’ is neither yes nor no."),
        ("5,x,12:00,13:00,yes,", "Line 3: ‘5’ is no school of this programme."),
        ("{first},x,12:00,13:00,yes,", "Line 3: the school stands in the file twice."),
    ],
)
def test_a_line_that_cannot_be_right_is_named_and_nothing_is_changed(
    client: FlaskClient, three: list[Any], line: str, words: str
) -> None:
    good = f"{three[0].urn},Ashcote,12:00,12:45,yes,no"
    answer = sent(client, good, line.format(urn=three[1].urn, first=three[0].urn))
    assert answer.status_code == 422
    assert "1 line of this file cannot be right. Nothing was changed." in answer.text and words in answer.text
    assert said(three) == [SILENT] * 3


def test_a_workbook_in_which_excel_made_times_of_the_cells_is_taken_in(
    client: FlaskClient, three: list[Any]
) -> None:
    book = openpyxl.Workbook()
    book.active.append(lunch_file.COLUMNS)
    book.active.append([three[0].urn, "Ashcote", time(12), time(12, 45), "Yes", "Yes"])
    book.active.append([three[1].urn, "Birch", "12.10", time(13, 5), "no", None])
    out = io.BytesIO()
    book.save(out)
    answer = client.post(AT, data={"file": (io.BytesIO(out.getvalue()), "lunch.xlsx")})
    assert answer.status_code == 303
    assert said(three) == [
        "midday to 12:45pm in the hall, where the set may stay standing",
        "12:10pm to 1:05pm, not in the hall",
        SILENT,
    ]


def test_a_file_of_another_kind_says_which_column_is_missing(client: FlaskClient, three: list[Any]) -> None:
    answer = sent(client, f"{three[0].urn},x", header="URN,Head")
    assert answer.status_code == 422 and "This file has no column ‘Lunch from’." in answer.text


def test_another_countys_school_is_no_school_of_this_programme(client: FlaskClient, three: list[Any]) -> None:
    with transaction():
        make.partnership(("999",))
        theirs = make.school(la_code="999")
    answer = sent(client, f"{theirs.urn},x,12:00,13:00,yes,no")
    assert answer.status_code == 422 and "is no school of this programme" in answer.text
    assert school_days.load_one(theirs).lunch is None


def test_before_there_is_a_programme_the_page_says_what_will_stand_there(client: FlaskClient) -> None:
    with transaction():
        make.signed_in(client, make.person(make.partnership()))
    assert "Once a programme for pupils has schools" in client.get(AT).text
    assert "no school to say it of" in sent(client, "5,x,12:00,13:00,yes,no").text
