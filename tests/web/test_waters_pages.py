"""The page of rivers and estuaries: looked at before they count, named, crossed, removed and put back; wrong ones keep what
was typed; another partnership's are not there."""

import io
import json
import re
from types import SimpleNamespace

import pytest
from flask import Flask
from school_story import said

import make
from outreach.ground.db import db, transaction
from outreach.ground.geography import Place, to_degrees
from outreach.tour.waters import Water, WaterCrossing

pytestmark = [pytest.mark.any_database, pytest.mark.usefixtures("stopped")]

WATERS = "/desk/setup/roads/waters"
TYPED = {"name": "River Tamar", "points": "454000, 200000\n454000, 220000"}


@pytest.fixture
def c(app: Flask) -> SimpleNamespace:
    c = SimpleNamespace(client=app.test_client(), other=app.test_client(), app=app)
    with transaction():
        c.partnership, theirs = make.partnership(), make.partnership(("932",))
        make.programme(c.partnership)
        c.a, c.b = (make.school(easting=450_000 + 8000 * n, northing=210_000) for n in range(2))
        make.signed_in(c.client, make.person(c.partnership))
        make.signed_in(c.other, make.person(theirs, email="other@council.example"))
    return c


def look(c: SimpleNamespace, **typed: object) -> tuple[int, str, str]:
    answer = c.client.post(WATERS, data=typed)
    kept = re.search(r'name="waters" value="([^"]*)"', answer.text)
    return answer.status_code, said(answer), kept[1].replace("&#34;", '"') if kept else ""


def add(c: SimpleNamespace) -> None:
    _, _, looked = look(c, **TYPED)
    assert c.client.post(f"{WATERS}/add", data={"waters": looked}).status_code == 303


def test_a_water_is_looked_at_before_it_counts(c) -> None:
    status, page, looked = look(c, **TYPED)
    assert (status, db.session.query(Water).count()) == (200, 0), page
    assert "1 of 1 road that goes by the rule gets longer. Nothing has changed yet." in page
    assert f"{c.a.name} to {c.b.name}: 33 minutes instead of 16" in page
    page = said(c.client.post(f"{WATERS}/add", data={"waters": looked}, follow_redirects=True))
    assert "Roads go round River Tamar now. Shows that stand keep their times." in page
    assert "River Tamar, 2 points" in page


def test_a_file_comes_in_the_same_way(c) -> None:
    line = [list(to_degrees(Place(easting=454_000, northing=n))) for n in (200_000, 220_000)]
    content = json.dumps({"type": "LineString", "coordinates": line}).encode()
    _, page, _ = look(c, name="Tamar", file=(io.BytesIO(content), "tamar.geojson"))
    assert "1 of 1 road that goes by the rule gets longer." in page


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({}, "Draw a line on the map, type its points, or choose a file."),
        ({"points": TYPED["points"]}, "Say what the water is called."),
        (
            {"name": "Tamar", "points": "454000, 200000\nthe bridge"},
            "Point 2, ‘the bridge’, is no place we know.",
        ),
    ],
)
def test_what_cannot_be_is_said_and_kept(c, typed, words) -> None:
    answer = c.client.post(WATERS, data=typed)
    assert answer.status_code == 422 and words in said(answer)
    for value in typed.values():
        assert value.splitlines()[-1] in answer.text
    answer = c.client.post(WATERS, data={"file": (io.BytesIO(b"{}"), "x.geojson")})
    assert answer.status_code == 422 and "Nothing was changed." in said(answer)
    page = said(c.client.post(f"{WATERS}/add", data={"waters": "[[1"}, follow_redirects=True))
    assert "did not come back whole" in page and db.session.query(Water).count() == 0


def test_points_are_typed_as_places_are_known_and_a_postcode_is_its_school_s(c) -> None:
    west, north = to_degrees(Place(easting=454_000, northing=200_000))
    with transaction():
        make.school(easting=454_000, northing=220_000, postcode="ZZ5 5ZZ")
    points = f"{north}, {west}\nSU 540 990\nzz55zz"
    status, page, looked = look(c, name="Tamar", points=points)
    assert status == 200 and "gets longer" in page or "get longer" in page, page
    [(_, [line])] = json.loads(looked)
    assert abs(line[0][0] - 454_000) < 10 and line[-1] == [454_000, 220_000]
    status, page, _ = look(c, name="Tamar", points=points, file=(io.BytesIO(b"{}"), "tamar.geojson"))
    assert status == 422 and "Send a file or points, not both" in page


def test_what_counts_and_what_is_looked_at_is_drawn_without_a_script(c) -> None:
    assert c.client.get(WATERS).text.count('class="water') == 1  # the holder of the map alone
    add(c)
    c.client.post(f"{WATERS}/crossing", data={"crossing": "Ferry", "place": "454000, 210000", "minutes": "5"})
    answer = c.client.post(WATERS, data={"name": "Plym", "points": "457000, 205000\n457000, 215000"})
    assert answer.text.count('class="water looked"') == 1 and answer.text.count('class="water"') == 1
    assert "<title>Ferry</title>" in answer.text and "Red or dashed: what you look at." in said(answer)
    which = {"kind": "water", "id": db.session.query(Water).one().id}
    c.client.post(f"{WATERS}/remove", data=which)
    assert 'class="water"' not in c.client.get(WATERS).text


def test_a_crossing_is_named_removed_and_put_back(c) -> None:
    page = said(
        c.client.post(
            f"{WATERS}/crossing", data={"crossing": "Ferry", "place": "454000, 210000", "minutes": "5"}
        )
    )
    assert "Say a water first" in page
    add(c)
    for place, words in {
        "by the mill": "is no place we know",
        "ZZ9 9ZZ": "is no place we know",
        "458000, 210000": "4.0 kilometres from River Tamar",
    }.items():
        answer = c.client.post(
            f"{WATERS}/crossing", data={"crossing": "Ferry", "place": place, "minutes": "5"}
        )
        assert answer.status_code == 422 and words in said(answer) and place in answer.text
    sent = {"crossing": "Ferry", "place": "454000, 210000", "minutes": "5"}
    page = said(c.client.post(f"{WATERS}/crossing", data=sent, follow_redirects=True))
    assert "Roads go over Ferry now." in page and "Ferry, 5 minutes to cross" in page
    which = {"kind": "crossing", "id": db.session.query(WaterCrossing).one().id}
    page = said(c.client.post(f"{WATERS}/remove", data=which, follow_redirects=True))
    assert "Ferry is removed; it can be put back below." in page and "Put Ferry back" in page
    assert "Ferry counts again." in said(
        c.client.post(f"{WATERS}/put-back", data=which, follow_redirects=True)
    )


def test_another_partnership_s_waters_are_not_there(c) -> None:
    add(c)
    which = {"kind": "water", "id": db.session.query(Water).one().id}
    assert "None yet: every road goes straight." in said(c.other.get(WATERS))
    for verb in ("remove", "put-back"):
        assert c.other.post(f"{WATERS}/{verb}", data=which).status_code == 404
        assert c.client.post(f"{WATERS}/{verb}", data={"kind": "bridge", "id": "1"}).status_code == 404
    assert c.app.test_client().get(WATERS).status_code in (302, 303)
