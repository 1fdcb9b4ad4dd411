"""The primary is lost under a service that is booked at, and a standby takes over: what schools were told is there, and the
service finds the new primary by itself."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest
from own_server import Server, with_standby
from under_load import JOBS, PATIENCE, Load, counted, lay, letters_missing, serving

from postgres import Postgres

pytestmark = [pytest.mark.browser]

AGAIN_WITHIN = 90
"""Seconds from the promotion; one is what is seen."""


@pytest.fixture
def pair(postgres: Postgres) -> Iterator[tuple[Server, Server]]:
    with with_standby(postgres.url("template_outreach")) as pair:
        yield pair


def test_standby_takes_over_and_nothing_that_was_said_is_lost(
    pair: tuple[Server, Server], tmp_path: Path
) -> None:
    _through(*pair, tmp_path, schools=14, more=2, away=0.5, jobs=("post",))


@pytest.mark.long
def test_standby_takes_over_from_a_busy_primary(pair: tuple[Server, Server], tmp_path: Path) -> None:
    _through(*pair, tmp_path, schools=300, more=60, away=10, jobs=tuple(JOBS))


def _through(
    primary: Server,
    standby: Server,
    folder: Path,
    *,
    schools: int,
    more: int,
    away: float,
    jobs: tuple[str, ...],
) -> None:
    county = lay(primary.url("outreach"), folder / "lay", schools)
    hosts = f"127.0.0.1:{primary.port},127.0.0.1:{standby.port}"
    url = f"postgresql://outreach_service@{hosts}/outreach?target_session_attrs=read-write"
    with ExitStack() as running:
        service = running.enter_context(serving(url, folder / "service", jobs=jobs))
        with Load(service.port, county) as load:
            load.wait_for_bookings(more)
            lost = time.monotonic()
            primary.kill()  # and it is never started again: that is the fence
            time.sleep(away)
            standby.takes_over()
            promoted = time.monotonic()
            took = load.good_again(promoted)
            load.wait_for_bookings(more)
        letters = letters_missing(service, standby.url("outreach"), county)
        count = counted(standby.url("outreach"), county)
        print(
            f"\nprimary lost for {promoted - lost:.1f} s: good again {took:.1f} s after the promotion; {load.told_of()}; "
            f"{count}; {letters}"
        )
        assert load.wrong == [] and load.failed_since(lost), "nobody noticed"
        assert (count.lost, count.doubled, count.wrong) == (0, 0, 0) and count.told > 2 * more
        assert (letters.lost, letters.another_twice) == (0, 0)
        assert took < AGAIN_WITHIN and load.slowest < PATIENCE
        assert service.ended() == []
    with psycopg.connect(standby.url("outreach")) as session:
        assert session.execute("SELECT pg_is_in_recovery()").fetchone() == (False,)
