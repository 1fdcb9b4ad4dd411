"""Migrations lead from an empty database to the newest one, back to nothing, and up again; with rows in it
too."""

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import create_engine, inspect, text

import make
from outreach.ground.db import db, transaction
from outreach.ground.timespans import wall

ROOT = Path(__file__).resolve().parents[2]


def flask_db(url: str, folder: Path, *words: str, refused: bool = False) -> str:
    """Run one command of the migrations; what it said. It must go through, or be refused."""
    done = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "wsgi", "db", *words],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": url, "OUTREACH_FOLDER": str(folder)},
    )
    assert (done.returncode != 0) == refused, done.stderr
    return done.stderr


def what_stands(url: str) -> tuple[set[str], list[str]]:
    """(tables, names of the triggers and functions of our own) of a database."""
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            named = "SELECT name FROM sqlite_master WHERE type = 'trigger' ORDER BY name"
        else:
            named = (
                "SELECT tgname AS name FROM pg_trigger WHERE NOT tgisinternal"
                " UNION ALL SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace ORDER BY 1"
            )
        found = set(inspect(connection).get_table_names()), list(connection.scalars(text(named)))
    engine.dispose()
    return found


@pytest.mark.own_database
def test_migrations_lead_back_to_nothing_and_up_again(app: Flask, database_url: str, tmp_path: Path) -> None:
    with transaction():
        programme = make.programme(make.partnership())
        make.booking(make.show(programme, make.school(), wall(make.NOW.date(), make.NOW.time())), {8: 100})
    db.session.remove()
    db.engine.dispose()
    tables, guards = what_stands(database_url)
    assert {"booking", "performance", "history", "alembic_version"} <= tables
    assert {"history_guard", "performance_guard", "booking_guard"} <= {
        g.removesuffix("_update") for g in guards
    }
    refused = flask_db(database_url, tmp_path, "downgrade", "base", refused=True)
    assert "this would drop what people put down" in refused and "table booking (1 rows)" in refused
    assert what_stands(database_url) == (tables, guards)
    flask_db(database_url, tmp_path, "downgrade", "--drop-data", "base")
    assert what_stands(database_url) == ({"alembic_version"}, [])
    flask_db(database_url, tmp_path, "upgrade")
    assert what_stands(database_url) == (tables, guards)


@pytest.mark.own_database
def test_what_bookings_came_to_is_filled_in_from_the_reports_there_are(
    app: Flask, database_url: str, tmp_path: Path
) -> None:
    starts, told = wall(make.NOW.date(), make.NOW.time()), make.NOW + timedelta(hours=3)
    came_to = {
        "took place": (("school", True, 0),),
        "did not take place": (("company", False, 0),),
        "reports disagree": (("school", True, 0), ("company", False, 0)),
        "settled": (("school", False, 0), ("settled", True, 0)),
        "corrected": (("school", False, 0), ("school", True, 1)),
        "of an earlier time": (("school", False, -9),),
        "nobody": (),
    }
    with transaction():
        programme, ids = make.programme(make.partnership()), {}
        for name, words in came_to.items():
            booking = make.booking(make.show(programme, make.school(), starts), {8: 100})
            for side, took_place, hours in words:
                make.report(
                    booking,
                    at=told + timedelta(hours=hours),
                    side=side,
                    took_place=took_place,
                    why_not="" if took_place else "ill",
                )
            ids[name] = booking.id
    db.session.remove()
    db.engine.dispose()
    flask_db(database_url, tmp_path, "downgrade", "--drop-data", "0014")
    flask_db(database_url, tmp_path, "upgrade")
    rows = dict(db.session.execute(text("SELECT id, outcome FROM booking")).all())
    assert {name: rows[booking_id] for name, booking_id in ids.items()} == {
        "took place": "took place",
        "did not take place": "did not take place",
        "reports disagree": "reports disagree",
        "settled": "took place",
        "corrected": "took place",
        "of an earlier time": None,
        "nobody": None,
    }
