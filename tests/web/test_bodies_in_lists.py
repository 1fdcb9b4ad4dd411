"""Bodies beside schools in the gaps list, the lists behind every number, their files and the search box."""

import csv
import io
import re
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

import make
from outreach.county.bodies import Body
from outreach.county.partnerships import Partnership
from outreach.county.schools import School
from outreach.ground.db import db, transaction
from outreach.ground.school_year import STAFF
from outreach.tour.adults import AdultTarget
from outreach.tour.programmes import Programme

pytestmark = [pytest.mark.any_database, pytest.mark.usefixtures("stopped")]


@pytest.fixture
def desk(client: FlaskClient) -> Any:
    """A training for schools and police; two teams, one of which nobody has counted, and a clinic that is not asked."""
    with transaction():
        county = make.partnership()
        training = make.programme(county, (), AdultTarget(kinds=("Police",)), for_adults=True)
        make.school(name="Redmere Academy")
        counted = {"front_line_staff": 40, "staff_counted_on": make.EARLIER.date()}
        make.contact(make.body(county, name="Fen Team", **counted))
        make.body(county, name="Ash Team")
        make.body(county, name="Kestermere Clinic", kind="Health")
        make.body(make.partnership(("934",)), name="Ash Street Team of another county")
        make.signed_in(client, make.person(county))
    return client, training.id


def _rows(page: str) -> list[str]:
    """Each row's words."""
    rows = re.findall(r'<tr class="school">.*?(?=<tr|</tbody>)', page, re.S)
    return [" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in rows]


def test_a_gap_of_a_body_says_its_kind_its_cause_and_that_nobody_counted(desk: Any) -> None:
    client, training = desk
    page = client.get(f"/desk/gaps?programme={training}&sort=name").text
    ash, fen, school = _rows(page)
    assert ash.startswith("Ash Team whole area · Police · nobody has counted the staff")
    assert "Unreachable No address: no contact" in ash and "Find an address" in ash
    assert fen.startswith("Fen Team whole area · Police · 40 staff") and "Not asked" in fen
    assert school.startswith("Redmere Academy Kestermere · Secondary")
    assert "<legend>Phase or kind</legend>" in page
    police = client.get(f"/desk/gaps?programme={training}&phase=Police&sort=name").text
    assert [row.split(" whole")[0] for row in _rows(police)] == ["Ash Team", "Fen Team"]


def test_where_no_body_is_asked_the_filter_is_of_phases_alone(desk: Any) -> None:
    client, training = desk
    with transaction():
        county = db.session.get_one(Partnership, db.session.get_one(Programme, training).partnership_id)
        play = make.programme(county, title="A play")
    page = client.get(f"/desk/gaps?programme={play.id}").text
    assert "<legend>Phase</legend>" in page and len(_rows(page)) == 1


def test_the_list_and_its_file_hold_bodies_without_a_urn(desk: Any) -> None:
    client, training = desk
    page = client.get(f"/desk/schools?programme={training}").text
    ash, fen, _school = _rows(page)
    assert "nobody has counted the staff" in ash and "nobody has counted" not in fen
    for address in (f"/desk/schools.csv?programme={training}", f"/desk/gaps.csv?programme={training}"):
        head, *lines, end = csv.reader(io.StringIO(client.get(address).text.lstrip("\ufeff")))
        told = [dict(zip(head, line, strict=True)) for line in lines]
        assert [(line["URN"] == "", line["School"], line["Kind of body"]) for line in told] == [
            (True, "Ash Team", "Police"),
            (True, "Fen Team", "Police"),
            (False, "Redmere Academy", ""),
        ]
        assert end[0].startswith("End of the list: 3 schools and bodies.")


def test_files_of_a_training_say_trained_and_not_seen(desk: Any) -> None:
    client, training = desk
    with transaction():
        programme = db.session.get_one(Programme, training)
        fen = db.session.scalars(select(Body).where(Body.name == "Fen Team")).one()
        school = db.session.scalars(select(School)).one()
        show = make.show(programme, school, make.NOW - timedelta(days=9))
        for of, came in ((school, 3), (fen, 5)):
            booking = make.booking(show, {STAFF: came}, make.NOW - timedelta(days=30), of=of)
            make.report(booking, "school", make.NOW - timedelta(days=8), {STAFF: came})
    said = {}
    for name in ("schools", "gaps"):
        file = client.get(f"/desk/{name}.csv?programme={training}").text.lstrip("\ufeff")
        head, *lines, _end = csv.reader(io.StringIO(file))
        said[name] = {line[head.index("School")]: line[head.index("Standing")] for line in lines}
    assert said["schools"] == {
        "Ash Team": "unreachable",
        "Fen Team": "part trained",
        "Redmere Academy": "trained",
    }
    assert said["gaps"] == {"Ash Team": "unreachable", "Fen Team": "part trained"}


@pytest.mark.both_databases
def test_the_search_box_finds_bodies_by_name_and_kind_and_none_of_another_partnership(desk: Any) -> None:
    client, _training = desk
    page = client.get("/desk/search?q=ash").text
    assert "Ash Team" in page and "another county" not in page
    assert "Kestermere Clinic" in client.get("/desk/search?q=clinic health").text
    assert "Ash Team" in client.get("/desk/search?q=ashe teem").text  # spelt much alike
