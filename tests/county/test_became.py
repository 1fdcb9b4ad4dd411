"""A download of open schools alone: what is new at the place of what is gone, told apart from what only
shares a site."""

from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from test_register import bring
from test_register_files import compared, read, school, written

import make
from outreach.county import corrections, register, schools
from outreach.county.register.columns import Facts
from outreach.county.schools import Succession
from outreach.coverage import standings
from outreach.ground.db import db, transaction


def facts(**changes: str) -> Facts:
    return read(written([school(**changes)])).rows[0]


OLD = {"URN": "900001", "name": "Redmere Community School"}
OTHER = {"URN": "900500", "name": "Ash School", "Postcode": "ZZ9 9ZZ"}


@pytest.mark.parametrize(
    ("new", "probably"),
    [
        ({"name": "Redmere Academy", "Easting": "1", "Northing": "1", "Street": "x"}, True),
        ({"name": "REDMERE HIGH SCHOOL", "Postcode": "zz11aa"}, True),
        ({"name": "Redmere and Marl Learning Village", "Easting": "1", "Street": "x"}, True),
        ({"name": "The Futures Academy"}, True),  # the same site
        ({"name": "The Futures Academy", "Easting": "1", "Northing": "2"}, False),
        ({"name": "The Futures Academy", "Easting": "1", "Northing": "2", "Street": "2 Mill Lane"}, False),
        ({"name": "Redmere Academy", "Postcode": "ZZ1 1AB"}, False),
        ({"name": "Redmere Academy", "Postcode": ""}, False),
        ({"name": "Redmere Primary School", "StatutoryLowAge": "4", "StatutoryHighAge": "11"}, False),
        ({"name": "Redmere Academy", "StatutoryLowAge": "", "StatutoryHighAge": ""}, True),
        ({"name": "Redmere Academy", "status": "Proposed to open"}, False),
    ],
)
def test_new_here_and_same_place_as_one_that_is_gone(new: dict[str, str], probably: bool) -> None:
    known = {900001: facts(**OLD), 900500: facts(**OTHER)}
    changes = compared(written([school(**{"URN": "900009"} | new), school(**OTHER)]), known)
    assert [b.pair for b in changes.became] == ([(900001, 900009)] if probably else [])
    assert [f.urn for f in changes.absent] == [900001]


def test_two_on_one_site_become_the_new_ones_of_their_ages_and_two_may_become_one() -> None:
    low, high = (
        {"StatutoryLowAge": "4", "StatutoryHighAge": "7"},
        {"StatutoryLowAge": "7", "StatutoryHighAge": "11"},
    )
    known = {
        900001: facts(URN="900001", name="Marl Infant School", **low),
        900002: facts(URN="900002", name="Marl Junior School", **high),
    }
    two = written(
        [
            school(URN="900008", name="Marl Junior Academy", **high),
            school(URN="900009", name="Marl Infant Academy", **low),
        ]
    )
    assert {b.pair for b in compared(two, known).became} == {(900001, 900009), (900002, 900008)}
    one = written([school(URN="900007", name="Marl Primary", StatutoryLowAge="4", StatutoryHighAge="11")])
    assert {b.pair for b in compared(one, known).became} == {(900001, 900007), (900002, 900007)}


def test_what_a_links_file_tells_is_not_guessed() -> None:
    known = {900001: facts(**OLD)}
    content = written([school(URN="900009", name="Redmere Academy")])
    links = b"URN,LinkURN,LinkName,LinkType,LinkEstablishedDate\r\n900001,900012,The Other,Successor,\r\n"
    file = read(content, links=links)
    found = register.compare(file, register.KnownBefore(facts=known, corrected={}, links={}, districts={}))
    assert found.became == ()


def confirmed(content: bytes, pairs: list[tuple[int, int]], **more: Any) -> register.Changes:
    file = read(content, ["999"])
    with transaction():
        register.lock()
        changes = register.preview(file, ["999"])
        register.apply(
            changes,
            file_name="state-funded.csv",
            la_codes=["999"],
            who="Priya",
            now=make.NOW,
            became=pairs,
            **more,
        )
    return changes


def test_what_is_confirmed_is_one_school_going_on_and_what_is_not_stands_twice(app: Flask) -> None:
    with transaction():
        programme = make.programme(make.partnership(("999",)))
    ash = OTHER | {"name": "Ash Community School"}
    bring(written([school(**OLD), school(**ash)]), now=make.EARLIER)
    with transaction():
        old = schools.get(900001)
        booking = make.booking(make.show(programme, old, make.NOW - timedelta(days=30)), {8: 125, 9: 125})
        make.report(booking, "school", make.NOW - timedelta(days=29), {8: 150, 9: 150})
    new = [
        school(URN="900009", name="Redmere Academy", OpenDate="01-01-2027"),
        school(**ash | {"URN": "900510", "name": "Ash Academy"}),
    ]
    # A pair that the file does not bear out is nobody's to confirm.
    changes = confirmed(written(new), [(900001, 900009), (900500, 900009)])
    assert [b.pair for b in changes.became] == [(900500, 900510), (900001, 900009)]
    assert (schools.get(900001).status, schools.get(900001).close_date) == ("Closed", date(2027, 1, 1))
    link = db.session.scalars(select(Succession)).one()
    assert (link.predecessor_id, link.successor_id, link.link_date) == (900001, 900009, date(2027, 1, 1))
    assert link.kind == "Successor, confirmed by a coordinator"
    assert "state-funded.csv" in corrections.in_force(900001)["status"].reason
    later = make.NOW + timedelta(days=1)
    found = standings.standings_of_programme(programme.id, as_of=make.NOW.date(), now=later)
    assert [(s.organisation_id, s.standing) for s in found.target] == [
        (900009, "seen"),
        (900500, "unreachable"),
        (900510, "unreachable"),
    ]
    # The day before, the one school was there under its old number.
    before = standings.standings_of_programme(
        programme.id, as_of=make.NOW.date() - timedelta(days=1), now=later
    )
    assert [(s.organisation_id, s.standing) for s in before.target if s.organisation_id < 900100] == [
        (900001, "seen")
    ]


def test_nothing_is_taken_that_nobody_confirmed(app: Flask) -> None:
    bring(written([school(**OLD), school(**OTHER)]))
    confirmed(written([school(URN="900009", name="Redmere Academy"), school(**OTHER)]), [])
    assert (schools.get(900001).is_open, schools.successors(900001)) == (True, [])
