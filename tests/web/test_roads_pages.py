"""The page of roads at the desk: a programme's points go out, a router's table of them comes in, and what is wrong is
said at its box."""

import io
import json
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from school_story import said
from werkzeug.test import TestResponse

import make
from outreach.coverage import points_of_programme
from outreach.ground import tabular
from outreach.ground.db import db, transaction
from outreach.tour import road_points
from outreach.tour.roads import RoadMinutes

pytestmark = [pytest.mark.any_database, pytest.mark.usefixtures("stopped")]

ROADS = "/desk/setup/roads"


@pytest.fixture
def c(app: Flask) -> SimpleNamespace:
    """Two schools of the programme's target, 8 km apart, one whose own point nobody knows, a primary school and a
    troupe; a neighbour's school with a programme of its own."""
    c = SimpleNamespace(client=app.test_client())
    with transaction():
        c.partnership, theirs = make.partnership(), make.partnership(("932",))
        c.programme, c.theirs = make.programme(c.partnership), make.programme(theirs)
        make.troupe(c.partnership, base_name="Depot", base_easting=442000, base_northing=210000)
        c.a, c.b = (make.school(easting=450000 + 8000 * n) for n in range(2))
        make.school(easting=None, northing=None)
        make.school(statutory_low_age=4, statutory_high_age=11, phase_of_education="Primary", easting=451000)
        c.stranger = make.school(la_code="932")
        make.signed_in(c.client, make.person(c.partnership))
    return c


def points(c: SimpleNamespace, kind: str, **asked: Any) -> TestResponse:
    answer = c.client.get(f"{ROADS}/points.{kind}", query_string=asked)
    assert answer.status_code == 200
    return answer


def fingerprint(c: SimpleNamespace) -> str:
    return str(json.loads(points(c, "geojson").text)["features"][0]["properties"]["Fingerprint"])


def send(client: FlaskClient, table: Any, *, beside: bytes = b"", **typed: str) -> TestResponse:
    files = {"file": (io.BytesIO(json.dumps(table).encode()), "table.json")}
    if beside:
        files["points"] = (io.BytesIO(beside), "points.csv")
    return client.post(ROADS, data={**files, **typed}, follow_redirects=True)


ANSWER = {"code": "Ok", "durations": [[0, 1500], [1500, 0]]}


def test_the_points_are_the_schools_of_the_programme_that_have_one(c) -> None:
    rows = points(c, "csv").text.lstrip("\ufeff").splitlines()
    assert rows[0] == "URN,Name,Latitude,Longitude,Fingerprint"
    assert [row.split(",")[0] for row in rows[1:]] == [str(c.a.organisation_id), str(c.b.organisation_id)]
    # No last line of words: a router would take it for a point.
    assert tabular.WHOLE not in rows[-1]
    answer = points(c, "geojson")
    assert answer.mimetype == "application/geo+json"
    features = json.loads(answer.text)["features"]
    assert [f["properties"]["URN"] for f in features] == [str(c.a.organisation_id), str(c.b.organisation_id)]
    longitude, latitude = features[0]["geometry"]["coordinates"]
    assert [str(latitude), str(longitude)] == rows[1].split(",")[2:4]


def test_a_base_goes_out_only_where_it_is_asked_for(c) -> None:
    assert "Depot" not in points(c, "csv").text + points(c, "geojson").text
    assert "Depot" in points(c, "csv", bases=1).text and "Depot" in points(c, "geojson", bases=1).text


@pytest.mark.parametrize("kind", ["csv", "geojson"])
def test_points_of_a_neighbour_are_nobody_else_s(c, kind) -> None:
    assert c.client.get(f"{ROADS}/points.{kind}?programme={c.theirs.id}").status_code == 404
    assert str(c.stranger.organisation_id) not in points(c, kind, bases=1).text


def test_a_router_s_answer_comes_in_by_the_fingerprint_or_beside_the_file(c) -> None:
    page = said(send(c.client, ANSWER, fingerprint=f" {fingerprint(c)} "))
    assert "1 road goes by the table." in page
    page = said(send(c.client, ANSWER, beside=points(c, "csv").data))
    assert "1 road goes by the table." in page
    (road,) = db.session.query(RoadMinutes).all()
    assert (road.one, road.other, road.minutes) == (c.a.organisation_id, c.b.organisation_id, 25)


def test_a_road_that_the_router_did_not_find_is_counted(c) -> None:
    table = {"code": "Ok", "durations": [[0, None, 600], [None, 0, 700], [600, 700, 0]]}
    page = said(send(c.client, table, beside=points(c, "csv", bases=1).data))
    assert "2 roads go by the table. 1 road has no time in it and goes by the rule." in page


def test_without_its_points_an_answer_is_not_taken_and_the_box_says_why(c) -> None:
    answer = send(c.client, ANSWER)
    assert answer.status_code == 422
    assert "does not say which place a row of it is" in said(answer)
    assert 'id="points-error"' in answer.text
    assert db.session.query(RoadMinutes).count() == 0


def test_a_fingerprint_of_other_points_is_refused_and_kept_in_its_box(c) -> None:
    before = fingerprint(c)
    with transaction():
        c.b.easting += 400
    for typed in (before, "hello", "99-2-aaaaaaaa", f"{c.theirs.id}-1-aaaaaaaa"):
        answer = send(c.client, ANSWER, fingerprint=typed)
        assert answer.status_code == 422
        assert "No points of yours have this fingerprint today." in said(answer)
        assert 'id="fingerprint-error"' in answer.text and f'value="{typed}"' in answer.text
    assert db.session.query(RoadMinutes).count() == 0


def test_the_file_of_yesterday_s_points_still_tells_which_row_is_which(c) -> None:
    """The router was given them before a school opened; their order is theirs."""
    file = points(c, "csv").data
    with transaction():
        make.school(easting=470000)
    assert "1 road goes by the table." in said(send(c.client, ANSWER, beside=file))


def test_a_changed_file_of_points_is_refused(c) -> None:
    head, first, second = points(c, "csv").text.splitlines()
    answer = send(c.client, ANSWER, beside="\n".join([head, second, first]).encode())
    assert answer.status_code == 422 and "was changed since it was downloaded" in said(answer)


def test_a_unit_is_asked_at_its_box_and_stays_chosen(c) -> None:
    answer = send(c.client, ANSWER["durations"], beside=points(c, "csv").data)
    assert 'id="unit-error"' in answer.text and "whether its times are seconds" in said(answer)
    page = said(send(c.client, ANSWER["durations"], beside=points(c, "csv").data, unit="seconds"))
    assert "1 road goes by the table." in page
    answer = send(c.client, ANSWER, beside=points(c, "csv").data, unit="hours")
    assert "The times of this file are in seconds." in said(answer)
    assert 'value="hours" selected' in answer.text


def test_a_partnership_without_a_programme_is_told_what_is_missing(c) -> None:
    assert c.programme.title in said(c.client.get(ROADS))
    with transaction():
        c.programme.closed_at = make.NOW
    page = said(c.client.get(ROADS))
    assert "Once there is a programme, the points of its schools can be downloaded here." in page
    assert c.client.get(f"{ROADS}/points.csv").status_code == 404


def test_pages_and_points_ask_as_much_however_many_there_are(c, count_queries) -> None:
    def counted() -> list[int]:
        found = []
        for path in (ROADS, f"{ROADS}/points.csv", f"{ROADS}/points.geojson?bases=1"):
            db.session.expire_all()
            with count_queries() as queries:
                assert c.client.get(path).status_code == 200
            found.append(len(queries))
        return found

    few = counted()
    with transaction():
        for n in range(4):
            make.school(easting=470000 + n)
            make.programme(c.partnership, title=f"Play {n}", academic_year=2027 + n)
            make.troupe(c.partnership, name=f"Van {n}", base_easting=440000, base_northing=210000)
    assert counted() == few == COUNTED


COUNTED = [7, 28, 28]


def test_the_fingerprint_tells_whose_points_they_are(c) -> None:
    found = points_of_programme.of_programme(c.partnership, c.programme, bases=False, now=make.NOW)
    assert road_points.programme_of(found.fingerprint) == c.programme.id
    assert found.fingerprint == fingerprint(c) and found.fingerprint.split("-")[1] == "2"
