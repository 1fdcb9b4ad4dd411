"""The service behind PgBouncer in transaction mode: two partnerships book side by side over a few connections that belong to
nobody, none sees anything of the other, and where none is free for long it is said in words."""

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from bouncer import PROGRAM, bouncer
from flask import Flask
from flask.testing import FlaskClient
from test_two_hosts import Way
from two_hosts import two_hosts
from under_load import JOBS, Load, counted, lay, letters_missing, serving

import openid_provider
from outreach.ground.db import db
from postgres import Postgres
from walled import address_of_service

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not os.path.exists(PROGRAM), reason="PgBouncer is not here"),
]


@pytest.fixture
def owner(postgres: Postgres) -> Iterator[str]:
    url = postgres.fresh("template_outreach")
    yield url
    postgres.drop(url)


def test_two_partnerships_share_a_few_connections_and_nothing_else(owner: str, tmp_path: Path) -> None:
    schools, more = 10, 3
    _side_by_side(owner, tmp_path, schools, more, jobs=("post",))


@pytest.mark.long
def test_two_partnerships_share_a_few_connections_for_some_minutes(owner: str, tmp_path: Path) -> None:
    _side_by_side(owner, tmp_path, 300, 200, jobs=tuple(JOBS))


def _side_by_side(owner: str, folder: Path, schools: int, more: int, *, jobs: tuple[str, ...]) -> None:
    """More people than connections, and jobs beside them; each asks often enough for its statements to be prepared."""
    counties = [lay(owner, folder / "lay", schools) for _ in range(2)]
    counties = [
        replace(one, is_not=tuple(other.name for other in counties if other is not one)) for one in counties
    ]
    with ExitStack() as running:
        url = running.enter_context(bouncer(address_of_service(owner), default_pool_size=3))
        service = running.enter_context(serving(url, folder / "service", jobs=jobs))
        loads = [Load(service.port, one, threads=2, gives_up=0) for one in counties]
        for load in loads:
            running.enter_context(load)
        with psycopg.connect(url, autocommit=True) as nobody:
            until = time.monotonic() + 300
            while min(len(load.booked) for load in loads) < more:
                seen = nobody.execute(
                    "SELECT (SELECT count(*) FROM booking), (SELECT count(*) FROM programme)"
                )
                assert seen.fetchone() == (0, 0), "a connection still knows whose it was"
                wrong = [one for load in loads for one in load.wrong]
                assert time.monotonic() < until and wrong == []
                time.sleep(0.02)
        for load in loads:
            load.stop()
        for one, load in zip(counties, loads, strict=True):
            count, letters = counted(owner, one), letters_missing(service, owner, one)
            print(f"\n{load.told_of()}; {count}; {letters}")
            assert load.wrong == [] and load.failed_since(0) == []
            assert (count.lost, count.doubled, count.wrong, letters.lost) == (0, 0, 0, 0)
        with psycopg.connect(owner) as session:
            lines = (
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename = %s"
            )
            (many,) = session.execute(lines, ["outreach_service"]).fetchone() or (0,)
            assert 0 < many <= 3
    assert "Traceback" not in service.log.read_text()


@pytest.mark.long
def test_whole_way_of_two_hosts_goes_through_pgbouncer(owner: str, tmp_path: Path) -> None:
    with bouncer(address_of_service(owner), default_pool_size=4) as url:
        with openid_provider.running() as provider:
            told = {"owner_url": owner, "SIGN_IN_PROVIDERS": provider.toml(1)}
            with two_hosts(url, tmp_path, **told) as hosts:
                Way(hosts, owner, provider).go_all(tmp_path)


@pytest.mark.long
def test_page_that_finds_none_free_at_pgbouncer_says_so_and_is_good_again(owner: str, tmp_path: Path) -> None:
    county = lay(owner, tmp_path / "lay", 2)
    with bouncer(address_of_service(owner), default_pool_size=1, query_wait_timeout=1) as url:
        with serving(url, tmp_path / "service", jobs=()) as service:
            with psycopg.connect(url) as other:
                other.execute("SELECT 1")  # a transaction that does not end
                with Load(service.port, county, threads=0) as load:
                    while not load.failed_since(0):
                        time.sleep(0.02)
                assert load.wrong == [] and load.slowest < 30, load.wrong
            with Load(service.port, county, threads=1, gives_up=0) as load:
                load.wait_for_bookings(2)
            assert load.wrong == []


@pytest.mark.own_app
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_page_that_finds_none_free_in_its_process_says_so_and_is_good_again(
    app: Flask, client: FlaskClient
) -> None:
    pool = db.engine.pool
    assert pool._timeout == 10  # type: ignore[attr-defined]
    pool._timeout = 0.2  # type: ignore[attr-defined]
    taken = []
    while True:
        try:
            taken.append(db.engine.connect())
        except Exception:  # noqa: BLE001 (none is left)
            break
    began = time.monotonic()
    answer = client.get("/i/nobody")
    assert answer.status_code == 503 and "We are busy" in answer.text and time.monotonic() - began < 10
    for one in taken:
        one.close()
    assert client.get("/i/nobody").status_code == 404
