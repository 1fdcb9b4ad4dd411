"""The outcomes page and its file: before anybody answered, with figures, and with what is hidden."""

import csv
import io
import re
import zipfile
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

import answered
import asked
import make
from answered import Show
from outreach.ground.db import db, transaction
from outreach.web.coordinator import outcomes_words

pytestmark = [pytest.mark.any_database, pytest.mark.usefixtures("stopped")]


def said(page: TestResponse) -> str:
    assert page.status_code == 200
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.text.partition("<main")[2])).split())


def county() -> list[Show]:
    """Ten shows at ten schools: four in Fenwold, five in Kestermere, one in North Marl."""
    return [
        Show(
            said={"before": (12, 12), "after": (18, 6), "later": (15, 9)},
            school={"district_code": f"E0700000{code}", "district_name": name},
            pupils={8: 40},
        )
        for name, code, number in (("Fenwold", 1, 4), ("Kestermere", 2, 5), ("North Marl", 3, 1))
        for _ in range(number)
    ]


def test_before_anybody_answered_it_says_what_will_stand_there_and_when(
    app: Flask, client: FlaskClient
) -> None:
    with transaction():
        of = make.partnership()
        person = make.person(of)
    make.signed_in(client, person)
    assert "Set up a programme first." in said(client.get("/desk/outcomes"))
    with transaction():
        told = asked.lay("932")
    make.signed_in(client, told.drafter)
    page = said(client.get("/desk/outcomes"))
    assert "will stand here, from two weeks after the answers of three schools are in." in page
    assert "The first are asked by the show on 9 March 2027." in page
    assert "CSV" not in page


def test_it_leads_with_the_finding_and_what_it_is_worth(app: Flask, client: FlaskClient) -> None:
    with transaction():
        told = answered.lay(county())
    make.signed_in(client, told.person)
    page = said(client.get("/desk/outcomes"))
    assert "Outcomes ‘Someone to Tell’, 10 performances, as of 24 September 2027." in page
    lead = "Of pupils who answered at 10 schools, 75% would know whom to tell straight after, 50% before; all 10 schools"
    assert lead in page
    worth = (
        "Straight after is the same day: what was just heard. Three months later is described, not tested."
    )
    assert worth in page and page.index(lead) < page.index(worth) < page.index("What pupils answered")
    assert "keen schools" not in page, "nothing could be compared in the same months"
    for line in outcomes_words.HOW:
        assert line in page
    assert "10, 240, 60%" in page and "+25 (all 10 schools alike: no interval)" in page


def test_rows_are_hidden_by_a_word_with_one_note_and_without_a_reason(
    app: Flask, client: FlaskClient
) -> None:
    with transaction():
        told = answered.lay(county())
    make.signed_in(client, told.person)
    answer = client.get("/desk/outcomes")
    rows = {
        re.sub(r"<[^>]+>", "", name): cells
        for name, cells in re.findall(r'<tr>\s*<th scope="row">(.*?)</th>(.*?)</tr>', answer.text, re.S)
    }
    assert rows["North Marl"].count("hidden") == 5 and "24" not in rows["North Marl"]
    assert rows["Fenwold"].count("hidden") == 5, "with Kestermere it would tell of North Marl"
    assert "75%" in rows["Kestermere"] and "120 answers" in rows["Kestermere"]
    assert said(answer).count(outcomes_words.hidden_means()) == 1


@pytest.mark.parametrize(
    ("by", "head"),
    [
        ("", "by district"),
        ("quarter", "by quarter"),
        ("year group", "by year group"),
        ("type of school", "by type of school"),
        ("school", "by district"),
    ],
)
def test_it_is_sorted_by_four_things_and_never_by_school(
    app: Flask, client: FlaskClient, by: str, head: str
) -> None:
    with transaction():
        told = answered.lay(county()[:5])
    make.signed_in(client, told.person)
    page = client.get("/desk/outcomes", query_string={"by": by})
    assert f"Whom to tell, {head}" in said(page)
    assert all(show.host.name not in page.text for show in told.shows)


def test_the_file_says_the_same_in_lines(app: Flask, client: FlaskClient) -> None:
    with transaction():
        told = answered.lay(county())
    make.signed_in(client, told.person)
    answer = client.get("/desk/outcomes.csv", query_string={"programme": told.programme.id})
    assert answer.headers["Content-Disposition"].endswith(f'"outcomes-{told.programme.id}.csv"')
    lines = list(csv.reader(io.StringIO(answer.text.lstrip("\ufeff"))))
    assert outcomes_words.hidden_means() in lines[-1][0] and lines[0] == outcomes_words.CSV_HEAD
    whole = next(line for line in lines if line[:1] == ["Programme"] and line[3] == "After")
    assert whole[4:12] == ["75", "", "", "240", "10", "10", "10", "60"]
    north = [line for line in lines if line[1:2] == ["North Marl"]]
    assert len(north) == 3 and all(line[7] == line[11] == "hidden" for line in north)
    assert all(
        str(show.organisation_id) not in answer.text and show.host.name not in answer.text
        for show in told.shows
    )


def test_the_file_for_researchers_has_a_codebook_beside_it_and_is_the_same_again(
    app: Flask, client: FlaskClient
) -> None:
    with transaction():
        told = answered.lay(county()[:6])
    make.signed_in(client, told.person)
    page = client.get("/desk/outcomes")
    assert f"/desk/outcomes-researchers.zip?programme={told.programme.id}" in page.text
    address = {"programme": told.programme.id}
    answer = client.get("/desk/outcomes-researchers.zip", query_string=address)
    assert answer.mimetype == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        assert archive.namelist() == [f"outcomes-{told.programme.id}-researchers.csv", "codebook.txt"]
        rows = list(csv.DictReader(archive.read(archive.namelist()[0]).decode().splitlines()))
        book = archive.read("codebook.txt").decode()
    assert rows and {row["wave"] for row in rows} <= {"before", "after", "later"}
    assert all(f"item {row['item']}: " in book for row in rows)
    assert client.get("/desk/outcomes-researchers.zip", query_string=address).data == answer.data


def test_another_partnerships_outcomes_are_not_there(app: Flask, client: FlaskClient) -> None:
    with transaction():
        told = answered.lay(county()[:3])
        other = make.person(make.partnership(("932",)))
    make.signed_in(client, other)
    for address in ("/desk/outcomes", "/desk/outcomes.csv", "/desk/outcomes-researchers.zip"):
        assert client.get(address, query_string={"programme": told.programme.id}).status_code == 404
    assert client.get("/desk/outcomes.csv").status_code == 404


def test_it_asks_as_often_for_one_show_as_for_ten(
    app: Flask, client: FlaskClient, count_queries: Any
) -> None:
    sent = []
    for shows, la_code in ((county()[:1], "931"), (county(), "932")):
        with transaction():
            told = answered.lay(shows, la_code=la_code)
        make.signed_in(client, told.person)
        db.session.remove()
        with count_queries() as queries:
            assert client.get("/desk/outcomes").status_code == 200
        sent.append(len(queries))
    assert sent[0] == sent[1]


def test_what_is_clear_in_the_same_months_is_suggestive_and_both_ways_it_may_be_wrong_are_said(
    app: Flask, client: FlaskClient
) -> None:
    with transaction():
        told = answered.lay(
            [Show(said={"before": (12, 12), "later": (15, 9)}, pupils={8: 40}) for _ in range(10)]
            + [Show(said={"before": (9 + n % 3, 15 - n % 3)}, pupils={8: 40}, weeks=13) for n in range(10)]
        )
    make.signed_in(client, told.person)
    page = said(client.get("/desk/outcomes"))
    assert "Three months later is suggestive: more would know than at schools not yet reached" in page
    assert "in need came first, it is too low; if keen schools came first, it is too high" in page
    assert "strong" not in page.lower() and "by lot" not in page
