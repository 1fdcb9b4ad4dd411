"""A made-up county alone and the same county beside others with years of their own: every page at every door, and every
round of a job, sends as many statements and reads as many rows."""

import os
import re
from pathlib import Path

import pytest
from flask import Flask
from jinja2 import FileSystemBytecodeCache
from sqlalchemy import make_url, text

import beside
import make
from beside import Asker, Cost
from every_address import people_at_every_door, told_year
from lent_app import SETTINGS, new_app, settings_of
from outreach.demonstration import england
from outreach.ground import whose
from outreach.ground.db import db
from postgres import Postgres
from walled import address_of_service
from worlds import World

OF_THE_SERVICE = {"/state", "/metrics", "flask check"}
"""What counts what waits of all partnerships, in as many statements however many they are."""


def copied(others: int, years: int) -> int:
    """Years of its own for the county that is there, and so many others beside it: since which transaction those are."""
    with db.engine.connect() as connection:
        each = england.copied(connection, england.Size(1 + others, years))
        assert next(each) == 1
        since = int(connection.scalar(text("SELECT pg_current_xact_id()::text")) or 0)
        connection.rollback()
        assert [*each][-1] == 1 + others
        connection.detach()
    db.session.remove()  # nobody looks back at what rows were before: VACUUM takes that away
    db.engine.dispose()
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        # Else the indexes of a large table keep what was there before: it is few beside what is.
        connection.execute(text("VACUUM (ANALYZE, INDEX_CLEANUP ON)"))
    db.engine.dispose()
    return since


def costs(
    service: Flask, url: str, asker: Asker, mail: bytes, *, of_each_school: bool, each: int
) -> dict[str, Cost]:
    meter = beside.Meter(service, url)
    found = {}
    for rule, path in asker.addresses(service, of_each_school=of_each_school)[::each]:
        with meter.counted() as found[path]:
            found[path].status = asker.ask(service, rule, path)
    with service.app_context():
        assert whose.stands()
        with whose.bound(asker.of):
            beside.put_down_work(asker, make.NOW)
    found |= beside.rounds(service, meter, asker, mail, make.NOW)
    meter.close()
    with service.app_context():
        db.engine.dispose()
    return found


ON_A_DISK = "TEST_DATABASE_URL" in os.environ
"""England takes 22 GB of the server's disk and half an hour of two cores; a server that tests start keeps all in memory."""

UNITS = Path(__file__).parent.parent.parent / "deploy" / "systemd"

OF_ALL = ("backup", "database", "db")
"""Commands of units that see to no partnership, but to the database."""


@pytest.mark.any_database
def test_every_job_that_runs_by_itself_is_measured() -> None:
    started = "".join(file.read_text() for file in UNITS.glob("*.service"))
    commands = {tuple(words.split()) for words in re.findall(r"flask --app wsgi (.+)", started)}
    assert {words for words in commands if words[0] not in OF_ALL} == set(beside.JOBS) - {beside.RECEIVE}


@pytest.mark.usefixtures("stopped")
@pytest.mark.own_database
@pytest.mark.browser
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize(
    ("others", "years", "each"),
    [
        pytest.param(12, 1, 8, id="in part"),
        pytest.param(149, 1, 1, marks=pytest.mark.long, id="a year of 150"),
        *(pytest.param(149, 10, 1, marks=pytest.mark.long, id="england") for _ in range(ON_A_DISK)),
    ],
)
def test_a_county_costs_what_its_own_data_costs(
    app: Flask,
    database_url: str,
    postgres: Postgres,
    world: World,
    tmp_path: Path,
    compiled_templates: FileSystemBytecodeCache,
    others: int,
    years: int,
    each: int,
) -> None:
    """`each`: every so many-th address is asked for; all of them in the longest run."""
    county = people_at_every_door(world(told_year, make.NOW), now=make.NOW)
    asker = beside.at_every_door(county, make.session_of(county.told.coordinator), make.NOW)
    mail = beside.a_mail(asker.of)
    since = copied(others, years)
    postgres.broom(database_url).close()
    service_url = address_of_service(database_url)
    alone = postgres.fresh(str(make_url(database_url).database))
    beside.let_alone(alone, since)
    both = []
    for url in (alone, database_url):
        beside.go_by_indexes(url)
        database = make_url(url).database
        at = make_url(service_url).set(database=database).render_as_string(hide_password=False)
        settings = {**SETTINGS, **settings_of(at, tmp_path), "OWNER_DATABASE_URL": url, **beside.OUTSIDE}
        service = new_app(settings, compiled_templates)
        both.append(costs(service, url, asker, mail, of_each_school=others > 99, each=each))
    assert len(both[0]) > 300 // each
    assert all(cost.rows.total() for name, cost in both[0].items() if name.startswith("/desk"))
    assert each > 1 or set(both[0]) >= OF_THE_SERVICE
    dearer = beside.dearer(*both, others, beside.few_rows(database_url))
    found = {name: more for name, more in dearer.items() if name not in OF_THE_SERVICE}
    assert found == {}, found
