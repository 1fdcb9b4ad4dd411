"""flask demonstration, over a database that another version made."""

import sqlite3
from datetime import date
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import create_engine

from lent_app import SETTINGS, settings_of
from outreach import create_app
from outreach.cli import demonstration

MADE_UP = {
    "alembic_version": "0018",
    "partnership": "Marlshire Safeguarding Children Partnership",
    "authority": "987",
    "programme": "Someone to Tell",
}
COLUMNS = {
    "alembic_version": "version_num",
    "partnership": "name",
    "authority": "la_code",
    "programme": "title",
}


def old(file: Path, **more: str) -> None:
    """A database as another version left it, with the made-up county and one row `more` in a table."""
    connection = sqlite3.connect(file)
    for table, column in COLUMNS.items():
        connection.execute(f"CREATE TABLE {table} ({column} TEXT)")
        rows = [MADE_UP[table], more[table]] if table in more else [MADE_UP[table]]
        connection.executemany(f"INSERT INTO {table} VALUES (?)", [(row,) for row in rows])
    connection.commit()
    connection.close()


def titles(file: Path) -> list[tuple[str]]:
    connection = sqlite3.connect(file)
    try:
        return connection.execute("SELECT title FROM programme ORDER BY title").fetchall()
    finally:
        connection.close()


def set_aside(folder: Path) -> Result:
    app: Flask = create_app({**SETTINGS, **settings_of(f"sqlite:///{folder}/outreach.sqlite", folder)})
    return app.test_cli_runner().invoke(args=["demonstration", "set-aside"])


def test_the_made_up_county_of_another_version_is_set_aside_by_its_date(tmp_path: Path) -> None:
    file = tmp_path / "outreach.sqlite"
    day = date.today()
    for name, more in (
        (f"outreach-{day}.sqlite", {}),
        (f"outreach-{day}-2.sqlite", {"programme": "Someone Who Listens"}),
    ):
        old(file, **more)
        done = set_aside(tmp_path)
        assert (done.exit_code, done.output) == (
            0,
            f"Another version made the county that was here. It is kept in {tmp_path / name}; a new one is made.\n",
        )
        assert not list(tmp_path.glob("outreach.sqlite*"))
        assert titles(tmp_path / name) == sorted((title,) for title in {"Someone to Tell", *more.values()})


@pytest.mark.parametrize(
    "more",
    [{"partnership": "Fenshire Partnership"}, {"authority": "931"}, {"programme": "Out of Sight"}],
)
def test_what_somebody_set_up_is_never_set_aside(tmp_path: Path, more: dict[str, str]) -> None:
    old(tmp_path / "outreach.sqlite", **more)
    before = titles(tmp_path / "outreach.sqlite")
    assert (set_aside(tmp_path).exit_code, titles(tmp_path / "outreach.sqlite")) == (1, before)
    assert [path.name for path in tmp_path.glob("*.sqlite")] == ["outreach.sqlite"]


def test_the_county_of_this_version_is_never_set_aside(app: Flask) -> None:
    assert app.test_cli_runner().invoke(args=["demonstration", "set-aside"]).exit_code == 1


@pytest.mark.own_database
def test_a_second_load_says_that_one_is_at_work(
    app: Flask, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demonstration, "A_MOMENT", 0.1)
    engine = create_engine(database_url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect() as first:
        first.exec_driver_sql(
            "DELETE FROM partnership"  # the one writer, though of no row
            if engine.dialect.name == "sqlite"
            else f"SELECT pg_advisory_xact_lock({demonstration.LOCK})"
        )
        done = app.test_cli_runner().invoke(args=["demonstration", "load"])
        assert (done.exit_code, done.output) == (
            1,
            "Error: Another command is making up a county here: wait until it has ended.\n",
        )
        first.rollback()
    engine.dispose()
