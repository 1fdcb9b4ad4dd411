"""A partnership founded from a register file, by command."""

import io
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from outreach.county import partnerships
from outreach.county.coordinators import Coordinator
from outreach.county.register import founding, postcodes
from outreach.county.schools import School
from outreach.demonstration import county
from outreach.ground.db import db
from outreach.ground.geography import Place

MARLSHIRE = county.make(1, 2026)


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "register.csv").write_bytes(MARLSHIRE.register)
    (tmp_path / "links.csv").write_bytes(MARLSHIRE.links)
    return {name: str(tmp_path / f"{name}.csv") for name in ("register", "links")}


def set_up(app: Flask, files: dict[str, str], authority: str = "987", *more: str) -> tuple[int, str]:
    arguments = [
        "setup",
        "--register",
        files["register"],
        "--links",
        files["links"],
        "--authority",
        authority,
        *more,
    ]
    done = app.test_cli_runner().invoke(args=arguments)
    return done.exit_code, done.output


def how_many(table: type) -> int:
    return db.session.scalar(select(func.count()).select_from(table)) or 0


def test_setup_makes_a_partnership_named_after_its_authority_with_its_schools_and_a_coordinator(
    app: Flask, files: dict[str, str]
) -> None:
    status, said = set_up(app, files, "987", "--name", "Priya Nandakumar", "--email", "priya@council.example")
    assert status == 0, said
    (partnership,) = partnerships.every()
    assert (partnership.name, partnership.county) == (
        "Marlshire Safeguarding Children Partnership",
        "Marlshire",
    )
    assert partnership.reference_prefix == "MAR"
    assert how_many(School) == MARLSHIRE.register.count(b"\r\n") - 1
    person = db.session.scalars(select(Coordinator)).one()
    assert (person.name, person.email) == ("Priya Nandakumar", "priya@council.example")
    assert person.password_hash is None


def test_setup_of_an_authority_that_is_there_changes_nothing(app: Flask, files: dict[str, str]) -> None:
    set_up(app, files)
    db.session.rollback()
    before = how_many(School)
    assert set_up(app, files) == (0, "Authority 987 is set up here already: kept as it is.\n")
    assert (how_many(School), len(partnerships.every())) == (before, 1)


def test_setup_with_an_authority_that_the_file_does_not_have_makes_nothing(
    app: Flask, files: dict[str, str]
) -> None:
    status, said = set_up(app, files, "931")
    assert status == 1
    assert "This file has no school of authority 931" in said
    assert partnerships.every() == []


def test_setup_with_a_file_that_is_no_register_names_what_is_missing_and_makes_nothing(
    app: Flask, files: dict[str, str]
) -> None:
    Path(files["register"]).write_text("Name,Age\nAda,36\n")
    status, said = set_up(app, files)
    assert status == 1
    assert "'URN'" in said
    assert partnerships.every() == []


def test_an_authority_without_a_name_in_the_file_is_called_by_its_code() -> None:
    source = io.BytesIO(b"LA (code),URN\r\n931,1\r\n")
    assert founding.authority_name(source, "931") == "Authority 931"


@pytest.mark.any_database
def test_setup_keeps_the_postcodes_of_code_point_open(
    app: Flask, files: dict[str, str], tmp_path: Path
) -> None:
    code_point = tmp_path / "code-point.csv"
    code_point.write_text('"ZZ1 1AA",10,451300,206100,"E92000001","","","","E07000178","E05000001"\r\n')
    status, said = set_up(app, files, "987", "--code-point", str(code_point))
    assert status == 0 and "1 postcode kept." in said, said
    assert postcodes.find("zz11aa") == Place(easting=451300, northing=206100)
