"""Postcodes of Code-Point Open: read as Ordnance Survey packs them, kept, found however they are typed."""

import io
import threading
import zipfile
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from outreach.county.register import postcodes
from outreach.county.register.packing import WrongFile
from outreach.county.register.postcodes import Postcode
from outreach.ground.db import broken_guard, db, transaction
from outreach.ground.geography import Place
from outreach.tour import companies

OX = (
    '"ZZ11AA",10,451300,206100,"E92000001","","E19000002","E10000025","E07000178","E05000001"\r\n'
    '"ZZ1 1AB",10,451400,206200,"E92000001","","E19000002","E10000025","E07000178","E05000001"\r\n'
    '"ZZ12 9ZZ",90,0,0,"E92000001","","E19000002","E10000025","E07000178","E05000001"\r\n'
    '"ZZ1 1AB",10,451400,206200,"E92000001","","E19000002","E10000025","E07000178","E05000001"\r\n'
)
YY = '"YY9 9XX",10,300100,100200,"E92000001","","","","E07000001","E05000002"\r\n'


def packed() -> io.BytesIO:
    """A zip with a file for each area and its papers, as it is downloaded."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("Doc/licence.txt", "OS OpenData")
        archive.writestr("Data/CSV/zz.csv", OX)
        archive.writestr("Data/CSV/yy.csv", YY)
    return file


@pytest.mark.both_databases
def test_postcodes_are_kept_and_found_however_they_are_typed(app: Flask) -> None:
    with transaction():
        assert postcodes.bring_in(packed()) == 3
    for typed in ("ZZ1 1AA", "zz11aa", " zZ1  1aa "):
        assert postcodes.find(typed) == Place(easting=451300, northing=206100)
    assert postcodes.find("ZZ12 9ZZ") is None
    assert postcodes.find("nowhere") is None and postcodes.find("") is None
    assert companies.find_base("yy9 9xx") == Place(easting=300100, northing=100200)
    with pytest.raises(companies.BaseNotFound, match="Enter another postcode"):
        companies.find_base("ZZ2 2AA")


@pytest.mark.both_databases
def test_a_file_that_is_sent_twice_at_once_is_kept_once(app: Flask) -> None:
    with transaction():
        batch = postcodes.read(packed(), areas=["ZZ"])
    raised: list[BaseException] = []

    def again() -> None:
        with app.app_context():
            try:
                with transaction():
                    postcodes.keep(batch)
            except BaseException as error:
                raised.append(error)
            finally:
                db.session.remove()

    other = threading.Thread(target=again)
    with transaction():
        postcodes.keep(batch)
        other.start()
        other.join(0.4)
    other.join(60)
    assert raised == [] and not other.is_alive() and postcodes.number_kept() == 2


@pytest.mark.both_databases
def test_what_is_brought_in_again_takes_the_place_of_what_was_kept(app: Flask) -> None:
    with transaction():
        postcodes.bring_in(packed())
    with transaction():
        assert postcodes.bring_in(packed(), areas=["yy"]) == 1
    assert postcodes.find("ZZ1 1AA") is None and postcodes.find("YY99XX") is not None


@pytest.mark.any_database
@pytest.mark.parametrize("content", [b"", b"URN,Name\n1,Redmere\n", b"PK\x03\x04 torn"])
def test_another_file_is_refused_and_what_was_kept_stands(app: Flask, content: bytes) -> None:
    with transaction():
        postcodes.bring_in(packed())
    with pytest.raises(WrongFile), transaction():
        postcodes.bring_in(io.BytesIO(content))
    with pytest.raises(WrongFile, match="no postcode of these areas"), transaction():
        postcodes.bring_in(packed(), areas=["QQ"])
    assert postcodes.find("ZZ1 1AA") is not None


@pytest.mark.both_databases
@pytest.mark.parametrize(
    "row",
    [
        {"code": "ZZ11AA", "easting": 0, "northing": 0},
        {"code": "ZZ11AA", "easting": 900_000, "northing": 1},
        {"code": "zz11aa", "easting": 451_300, "northing": 206_100},
        {"code": "ZZ", "easting": 451_300, "northing": 206_100},
    ],
)
def test_the_database_takes_no_postcode_that_is_none(app: Flask, row: dict[str, object]) -> None:
    with pytest.raises(IntegrityError) as refused, transaction():
        db.session.execute(insert(Postcode), [row])
    assert (broken_guard(refused.value) or "").startswith("ck_postcode")


@pytest.mark.any_database
def test_the_command_keeps_them_and_says_how_many(app: Flask, tmp_path: Path) -> None:
    file = tmp_path / "codepo_gb.zip"
    file.write_bytes(packed().getvalue())
    run = app.test_cli_runner().invoke(args=["register", "postcodes", "--area", "ZZ", str(file)])
    assert run.exit_code == 0 and "Kept 2 postcodes." in run.output
    file.write_bytes(b"a,b\n")
    run = app.test_cli_runner().invoke(args=["register", "postcodes", str(file)])
    assert run.exit_code == 1 and "not a Code-Point Open file" in run.output


def kept() -> list[str]:
    return list(db.session.scalars(select(Postcode.code).order_by(Postcode.code)))


@pytest.mark.both_databases
def test_a_newer_file_takes_the_place_of_its_own_areas_alone_a_batch_at_a_time(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postcodes, "AT_ONCE", 2)
    with transaction():
        db.session.execute(
            insert(Postcode),
            [
                {"code": code, "easting": 400_000, "northing": 300_000}
                for code in ("ZZ11AA", "ZZ99AA", "Z11AA", "YY99XX")
            ],
        )
    rows = postcodes.read(packed(), areas={"ZZ"})
    batches = list(postcodes.batches(rows))
    assert [len(batch) for batch in batches] == [2] and {row["code"] for row in rows} == {"ZZ11AA", "ZZ11AB"}
    for batch in batches:
        with transaction():
            postcodes.keep(batch)
    assert kept() == ["YY99XX", "Z11AA", "ZZ11AA", "ZZ11AB", "ZZ99AA"]
    with transaction():
        assert postcodes.forget_others(rows) == 1
    assert kept() == ["YY99XX", "Z11AA", "ZZ11AA", "ZZ11AB"]
    assert postcodes.find("ZZ1 1AA") == Place(easting=451300, northing=206100)
    assert postcodes.find("YY9 9XX") == Place(easting=400_000, northing=300_000)


@pytest.mark.any_database
def test_a_part_of_a_file_takes_nothing_away(app: Flask) -> None:
    with transaction():
        db.session.execute(
            insert(Postcode),
            [{"code": f"ZZ{n}1AA", "easting": 400_000, "northing": 300_000} for n in range(1, 8)],
        )
    with transaction():
        assert postcodes.forget_others([{"code": f"ZZ{n}1AA"} for n in (1, 2, 3)]) == 0
    with transaction():
        assert postcodes.forget_others([{"code": f"ZZ{n}1AA"} for n in (1, 2, 3, 4)]) == 3
    assert kept() == ["ZZ11AA", "ZZ21AA", "ZZ31AA", "ZZ41AA"]


def test_areas_are_read_from_postcodes() -> None:
    assert postcodes.areas_of(["ox1 1aa", "B1 1AA", "", "nowhere", "SW1A 1AA"]) == {"OX", "B", "SW"}


def test_a_file_without_the_areas_wanted_is_told_by_them() -> None:
    with pytest.raises(WrongFile, match="no postcode of QQ and RG, where your schools are"):
        postcodes.read(packed(), areas={"RG", "QQ"})
