"""Past shows as a coordinator meets them: a list sent in, lines put right, kept, seen on the school's page,
taken back."""

import io

import openpyxl
import pytest
from flask.testing import FlaskClient

import make
from outreach.county.lists import past_shows
from outreach.ground.db import transaction

pytestmark = pytest.mark.usefixtures("stopped")


@pytest.fixture
def organisation_id(client: FlaskClient) -> int:
    with transaction():
        ours = make.partnership(("931",))
        school = make.school(name="Redmere Academy")
        make.signed_in(client, make.person(ours))
    return school.organisation_id


def send(client: FlaskClient, text: str) -> str:
    sent = client.post("/desk/past-shows", data={"file": (io.BytesIO(text.encode()), "shows.csv")})
    assert sent.status_code == 303
    return str(sent.location)


def test_a_list_is_put_right_kept_shown_on_the_schools_page_and_taken_back(
    client: FlaskClient, organisation_id: int
) -> None:
    where = send(
        client, f"URN,Date,Pupils\n{organisation_id},9/3/2024,210\n{organisation_id},2/2023,\n5,1/2/2023,\n"
    )
    page = client.get(where).text
    assert "<h1>2 of 3 lines need you</h1>" in page
    book = openpyxl.load_workbook(io.BytesIO(client.get(where + "/to-mend.xlsx").data))
    assert [row[1].value for row in book.worksheets[0].rows] == [
        "Line",
        "3",
        "4",
        None,
    ]  # the last is the end line
    mark = page.partition('name="of-0.3.0" value="')[2].partition('"')[0]
    client.post(
        where + "/repair",
        data={
            "line": "0.3.0",
            "of-0.3.0": mark,
            "day-0.3.0": "",
            "was-day-0.3.0": "2/2023",
            "year-0.3.0": "2022/23",
            "was-year-0.3.0": "",
        },
    )
    client.post(where)
    assert "2 visits added and 1 line left out. 3 lines read." in client.get("/desk/past-shows").text
    school = client.get(f"/desk/schools/{organisation_id}").text
    assert "9 March 2024" in school and "210" in school and "2022/23" in school
    (kept,) = past_shows.lists(1)
    assert client.post(f"/desk/past-shows/lists/{kept.row.id}/take-back").status_code == 303
    assert "9 March 2024" not in client.get(f"/desk/schools/{organisation_id}").text
    client.post(f"/desk/past-shows/lists/{kept.row.id}/take-back")
    assert "was taken back already" in client.get("/desk/past-shows").text


def test_a_second_performance_of_a_day_and_one_on_a_sunday_are_kept_where_one_says_so(
    client: FlaskClient, organisation_id: int
) -> None:
    where = send(
        client,
        f"URN,Date,Pupils\n{organisation_id},8/3/2024,120\n{organisation_id},8/3/2024,95\n{organisation_id},10/3/2024,60\n",
    )
    page = client.get(where).text
    assert "It was another performance: add the pupils" in page and "It was on that Sunday" in page
    marks = {
        key: page.partition(f'name="of-{key}" value="')[2].partition('"')[0] for key in ("0.3.0", "0.4.0")
    }
    client.post(
        where + "/repair",
        data={
            "line": list(marks),
            "second-0.3.0": "1",
            "sunday-0.4.0": "1",
            **{f"of-{key}": mark for key, mark in marks.items()},
        },
    )
    client.post(where)
    assert "2 visits added and 1 said twice and merged." in client.get("/desk/past-shows").text
    school = client.get(f"/desk/schools/{organisation_id}").text
    assert "215" in school and "10 March 2024" in school


def test_a_year_is_asked_for_where_the_list_says_none(client: FlaskClient, organisation_id: int) -> None:
    where = send(client, "School\nRedmere Academy\n")
    if "Which column is what?" in client.get(where).text:
        client.post(where + "/columns", data={"headings-0": "1"})
    client.post(where + "/columns", data={"column-school": "school", "year": "2021"})
    client.post(where)
    assert [(v.academic_year, v.day, v.pupils) for v in past_shows.of_schools([organisation_id], 1)] == [
        (2021, None, None)
    ]


@pytest.mark.any_database
def test_another_partnerships_list_is_not_there(client: FlaskClient, organisation_id: int) -> None:
    where = send(client, f"URN,Year\n{organisation_id},2021/22\n")
    client.post(where)
    with transaction():
        make.signed_in(client, make.person(make.partnership(("999",))))
    assert client.get(where).status_code == 303
    client.post("/desk/past-shows/lists/1/take-back")
    assert len(past_shows.lists(1)) == 1
