"""A register file is compared with what is known and applied: on both databases, twice, and in part."""

import csv
import io
import json
from collections.abc import Callable, Collection
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from test_register_files import COLUMNS, LINKS, school, written

import make
from outreach.county import corrections, register, schools
from outreach.county.register import Changes, Facts
from outreach.county.schools import OrganisationRecord, RegisterImport, School, Succession
from outreach.coverage import standings
from outreach.ground import history
from outreach.ground.db import db, transaction

SMALL = tuple(
    c
    for c in COLUMNS
    if c not in ("NumberOfPupils", "Easting", "Northing", "CloseDate", "Trusts (name)")
    and "District" not in c
)
"""The columns of the state-funded download: no pupils, district or place."""


def bring(
    content: bytes, la_codes: Collection[str] | None = ("999",), now: datetime = make.NOW, **more: bytes
) -> Changes:
    """Read, compare and apply, as the doors do."""
    streams = {name: io.BytesIO(value) for name, value in more.items()}
    file = register.read(io.BytesIO(content), la_codes=la_codes, also=register.urns_of(la_codes), **streams)
    with transaction():
        register.lock()
        changes = register.preview(file, la_codes)
        register.apply(changes, file_name="register.csv", la_codes=la_codes, who="Priya", now=now)
    return changes


def rows() -> dict[str, int]:
    counted = (School, OrganisationRecord, RegisterImport, Succession, history.History)
    return {t.__tablename__: db.session.scalar(select(func.count()).select_from(t)) or 0 for t in counted}


def told(changes: Changes) -> list[tuple[int, list[tuple[str, Any, Any]]]]:
    return [(c.after.urn, [(f.field, f.before, f.after) for f in c.fields]) for c in changes.changed]


def test_a_first_file_makes_schools_and_their_dated_records(app: Flask) -> None:
    changes = bring(written([school(), school(URN="900002", name="Ash School", status="Closed")]))
    assert [c.after.urn for c in changes.new] == [900002, 900001]
    redmere = schools.get(900001)
    assert (redmere.name, redmere.number_of_pupils, redmere.is_open) == ("Redmere Academy", 1050, True)
    record = db.session.scalars(select(OrganisationRecord).where(OrganisationRecord.urn == 900001)).one()
    assert (record.recorded_at, record.open_date) == (make.NOW, date(2011, 9, 1))
    assert {f: getattr(record, f) for f in Facts._fields} == {f: getattr(redmere, f) for f in Facts._fields}
    newest = register.newest_import(["999"])
    assert newest is not None and newest.summary == changes.summary
    assert changes.summary == "2 new"


@pytest.mark.parametrize("columns", [COLUMNS, SMALL])
def test_the_same_file_twice_adds_not_one_row(app: Flask, columns: tuple[str, ...]) -> None:
    links = LINKS + b"900001,900009,Later,Successor,\r\n"
    content = written([school(), school(URN="900002")], columns)
    spots = b"ZZ1 1AA,10,451000,211000,E92000001,,,,E07999902,E05000001\r\n"
    bring(content, links=links, code_point=spots)
    before = rows()
    changes = bring(content, links=links, code_point=spots)
    assert (changes.nothing, changes.unchanged, rows()) == (True, 2, before)
    assert bring(content).nothing


def test_changes_are_told_field_by_field_and_the_past_stays_on_record(app: Flask) -> None:
    later = datetime(2027, 5, 1, tzinfo=UTC)
    bring(written([school(), school(URN="900002"), school(URN="900003")]))
    changes = bring(
        written([school(NumberOfPupils="1080", Town="Marl"), school(URN="900002"), school(URN="900003")]),
        now=later,
    )
    assert told(changes) == [(900001, [("number_of_pupils", 1050, 1080), ("town", "Kestermere", "Marl")])]
    assert changes.summary == "1 changed and 2 unchanged"
    records = db.session.execute(
        select(OrganisationRecord.recorded_at, OrganisationRecord.number_of_pupils)
        .where(OrganisationRecord.urn == 900001)
        .order_by(OrganisationRecord.id)
    ).all()
    assert [tuple(r) for r in records] == [(make.NOW, 1050), (later, 1080)]
    assert schools.find("marl", ["999"]) == [schools.get(900001)]


def test_closed_and_reopened_schools_are_told_apart_and_successors_named(app: Flask) -> None:
    bring(
        written(
            [
                school(),
                school(URN="900002", status="Closed"),
                school(URN="900003", status="Open, but proposed to close"),
            ]
        )
    )
    links = LINKS + b'900001,900007,"Far Academy",Successor,\r\n900003,900001,Redmere,Predecessor,\r\n'
    changes = bring(
        written(
            [school(status="Closed", CloseDate="31-12-2026"), school(URN="900002"), school(URN="900003")]
        ),
        links=links,
    )
    assert [c.after.urn for c in changes.closed] == [900001]
    assert [c.after.urn for c in changes.reopened] == [900002]
    assert told(changes) == [(900003, [("status", "Open, but proposed to close", "Open")])]
    assert changes.successors == {900001: ((900003, "Redmere Academy"), (900007, "Far Academy"))}
    assert (schools.successors(900001), schools.predecessors(900001)) == ([900003, 900007], [])
    assert schools.get(900001).close_date == date(2026, 12, 31)


def test_a_school_that_a_file_leaves_out_stays_open_and_is_told(app: Flask) -> None:
    bring(
        written(
            [
                school(),
                school(URN="900002", name="Ash"),
                school(URN="900003", status="Closed"),
                school(URN="900004", LA="998"),
            ]
        ),
        None,
    )
    changes = bring(written([school()]))
    assert [facts.urn for facts in changes.absent] == [900002]
    assert changes.nothing and schools.get(900002).is_open


def test_a_smaller_download_wipes_nothing_it_has_no_column_for(app: Flask) -> None:
    bring(written([school(**{"Trusts (name)": "Lantern Learning Trust"})]))
    changes = bring(written([school(Town="Marl", Postcode="ZZ9 9ZZ")], SMALL))
    assert told(changes) == [(900001, [("town", "Kestermere", "Marl"), ("postcode", "ZZ1 1AA", "ZZ9 9ZZ")])]
    kept = schools.get(900001)
    assert (kept.number_of_pupils, kept.easting, kept.district_name) == (1050, 450000, "Kestermere")
    assert kept.trust_name == "Lantern Learning Trust"
    newest = db.session.scalars(select(OrganisationRecord).order_by(OrganisationRecord.id.desc())).first()
    assert newest is not None and (newest.town, newest.trust_name) == ("Marl", "Lantern Learning Trust")


def test_an_unknown_that_the_file_states_is_taken(app: Flask) -> None:
    bring(written([school()]))
    assert told(bring(written([school(NumberOfPupils="")]))) == [(900001, [("number_of_pupils", 1050, None)])]


def test_a_known_place_outlives_an_empty_one_until_the_school_moves(app: Flask) -> None:
    nowhere = {
        "Easting": "",
        "Northing": "",
        "DistrictAdministrative (code)": "",
        "DistrictAdministrative (name)": "",
    }
    bring(written([school()]))
    assert bring(written([school(**nowhere)])).nothing
    bring(written([school(**nowhere, Postcode="ZZ2 2BB")]))
    moved = schools.get(900001)
    assert (moved.place_known, moved.district_name) == (False, None)


def test_code_points_place_follows_a_school_that_moves(app: Flask) -> None:
    bring(written([school()]))
    spots = b"ZZ2 2BB,10,460000,220000,E92000001,,,,E07999902,E05000001\r\n"
    bring(written([school(Postcode="ZZ2 2BB")], SMALL), code_point=spots)
    moved = schools.get(900001)
    assert (moved.easting, moved.northing, moved.district_code, moved.district_name) == (
        460000,
        220000,
        "E07999902",
        "E07999902",
    )


def test_a_district_known_by_code_takes_its_name_from_the_partnerships_map(app: Flask) -> None:
    with transaction():
        make.partnership(
            ("999",),
            districts_geojson=json.dumps(
                {
                    "features": [
                        {
                            "properties": {"AREACD": "E07999902", "AREANM": "Marl"},
                            "geometry": {
                                "type": "Polygon",
                                "coordinates": [[[-1.2, 51.7], [-1.2, 51.8], [-1.1, 51.7], [-1.2, 51.7]]],
                            },
                        }
                    ]
                }
            ),
        )
    spots = b"ZZ1 1AA,10,460000,220000,E92000001,,,,E07999902,E05000001\r\n"
    bring(written([school()], SMALL), code_point=spots)
    assert schools.get(900001).district_name == "Marl"


def test_a_local_correction_survives_an_import_and_what_the_register_said_comes_back(app: Flask) -> None:
    bring(written([school()]))
    with transaction():
        corrections.correct(900001, "number_of_pupils", "900", reason="Rang them", who="Priya", now=make.NOW)
    changes = bring(written([school(NumberOfPupils="1080", Town="Marl")]))
    assert [(f.field, f.kept) for f in changes.changed[0].fields] == [
        ("number_of_pupils", True),
        ("town", False),
    ]
    assert (schools.get(900001).number_of_pupils, schools.get(900001).town) == (900, "Marl")
    assert bring(written([school(NumberOfPupils="1080", Town="Marl")])).nothing
    with transaction():
        corrections.withdraw_correction(900001, "number_of_pupils", who="Priya", now=make.NOW)
    assert schools.get(900001).number_of_pupils == 1080


def test_a_school_moves_from_one_authority_to_another(app: Flask) -> None:
    bring(written([school(), school(URN="900002")]))
    bring(written([school(URN="900005", LA="998")]), ["998"])
    changes = bring(written([school(LA="998"), school(URN="900002"), school(URN="900005", LA="999")]))
    assert told(changes) == [(900001, [("la_code", "999", "998")]), (900005, [("la_code", "998", "999")])]
    assert schools.get(900001).la_code == "998"


def test_a_file_without_the_authority_is_refused(app: Flask) -> None:
    with pytest.raises(register.NotInFile, match="no school of authority 777. Nothing was changed."):
        bring(written([school()]), ["777"])


def test_only_links_that_touch_these_schools_are_kept(app: Flask) -> None:
    bring(
        written([school()]), links=LINKS + b"5,6,Far,Successor,\r\n4,900001,Redmere,Successor,01-09-2011\r\n"
    )
    kept = db.session.scalars(select(Succession)).all()
    assert [(k.predecessor_id, k.successor_id, k.link_date) for k in kept] == [(4, 900001, date(2011, 9, 1))]


def test_what_fails_halfway_leaves_nothing(app: Flask) -> None:
    file = register.read(io.BytesIO(written([school()])), la_codes=None)
    before = rows()
    with pytest.raises(ZeroDivisionError), transaction():
        register.apply(
            register.preview(file, None),
            file_name="x",
            la_codes=None,
            who="Priya",
            now=make.NOW,
            progress=lambda n: n / 0,
        )
    assert rows() == before


@pytest.mark.parametrize("many", [1, 3, 1200])
def test_preview_asks_a_constant_number_of_queries(
    app: Flask, count_queries: Callable[[], Any], many: int
) -> None:
    content = written([school(URN=str(900000 + n)) for n in range(many)])
    bring(content)
    file = register.read(io.BytesIO(content), la_codes=["999"])
    with count_queries() as queries:
        register.preview(file, ["999"])
    assert len(queries) == 7


def test_a_preview_is_stale_once_another_file_was_applied(app: Flask) -> None:
    bring(written([school()]))
    seen = register.newest_import(["999"])
    assert seen is not None
    register.still(seen.id, ["999"])
    bring(written([school(URN="900009", LA="998")]), ["998"])
    register.still(seen.id, ["999"])
    bring(written([school(Town="Marl")]), None)
    with pytest.raises(register.AppliedSince, match="Priya applied register.csv since you looked"):
        register.still(seen.id, ["999"])


def test_a_whole_register_comes_in_and_a_smaller_one_wipes_nothing(app: Flask, published: Path) -> None:
    full = (published / "register" / "oxfordshire_full_derived.csv").read_bytes()
    small = (published / "register" / "oxfordshire_state_funded_20250717.csv").read_bytes()
    links = (published / "register" / "oxfordshire_links_20250422.csv").read_bytes()
    points = (published / "geography" / "code_point_open_2014_ox.csv").read_bytes()
    first, second = (
        {int(row["URN"]): row for row in csv.DictReader(io.StringIO(file.decode("cp1252"), newline=""))}
        for file in (full, small)
    )
    gone = {urn for urn in first.keys() - second if first[urn]["EstablishmentStatus (name)"] != "Closed"}
    assert len(bring(full, ["931"], links=links).new) == len(first) > len(gone) > 4
    facts = {
        s.urn: (s.number_of_pupils, s.easting, s.district_name) for s in db.session.scalars(select(School))
    }
    changes = bring(small, ["931"], links=links, code_point=points)
    assert (changes.new, changes.closed, len(changes.absent)) == ((), (), len(gone))
    assert facts == {
        s.urn: (s.number_of_pupils, s.easting, s.district_name) for s in db.session.scalars(select(School))
    }
    assert bring(full, ["931"], links=links).unchanged + len(changes.changed) >= len(first)


def test_the_kind_of_a_link_is_kept_and_told_later_where_it_was_not(app: Flask) -> None:
    """Links of before have none until a links file comes again."""
    split = LINKS + b"900001,900002,Ash School,Successor - Split School,01-09-2026\r\n"
    both = written([school(), school(URN="900002", name="Ash School")])
    bring(both, links=split)
    assert [k.kind for k in db.session.scalars(select(Succession))] == ["Successor - Split School"]
    with transaction():
        db.session.execute(update(Succession).values(kind=""))
    changes = bring(both, now=make.NOW + timedelta(days=1), links=split)
    assert (changes.links, [k.kind for k in changes.kinds]) == ((), ["Successor - Split School"])
    db.session.expire_all()
    assert [k.kind for k in db.session.scalars(select(Succession))] == ["Successor - Split School"]
    assert bring(both, now=make.NOW + timedelta(days=2), links=split).nothing


def test_town_urban_rural_and_the_rest_are_dated_and_a_file_without_them_erases_nothing(app: Flask) -> None:
    new = (
        "CensusDate",
        "PercentageFSM",
        "Federations (name)",
        "UrbanRural (name)",
        "EstablishmentNumber",
        "Town",
    )
    with transaction():
        programme = make.programme(make.partnership(("999",)))
    first, second, third, fourth = (datetime(2027, 1, n, 9, tzinfo=UTC) for n in (4, 6, 8, 10))
    bring(written([school()], tuple(c for c in COLUMNS if c not in new)), now=first)
    bring(written([school()]), now=second)
    bring(written([school(NumberOfPupils="900")], tuple(c for c in COLUMNS if c not in new)), now=third)
    redmere = schools.get(900001)
    assert (redmere.town, redmere.urban_rural, redmere.laestab) == (
        "Kestermere",
        "Rural town and fringe",
        "999/4001",
    )
    assert (redmere.percentage_fsm, redmere.federation_name) == (18.1, "Marl Federation")
    assert redmere.census_date == date(2026, 1, 15)
    moved = {"Town": "Marl", "UrbanRural (name)": "Urban: nearer to a major town or city"}
    bring(written([school(**moved)]), now=fourth)
    told = [
        (s.town, s.urban_rural)
        for day in (4, 6, 8, 10)
        for s in standings.standings_of_programme(programme.id, as_of=date(2027, 1, day), now=make.NOW).target
    ]
    assert told == [("", ""), ("Kestermere", "Rural"), ("Kestermere", "Rural"), ("Marl", "Urban")]
