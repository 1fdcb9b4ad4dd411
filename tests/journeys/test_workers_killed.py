"""Web workers killed with -9, and one that stands still, under a service that is booked at: whoever was not answered sends
the form again, and no booking is lost, made twice or another's.

At each point of a request, a sample of which is in every run: test_killed_at_each_point.py.
"""

import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from under_load import PATIENCE, Load, Processes, counted, lay, letters_missing, serving

from postgres import Postgres
from walled import address_of_service

pytestmark = [pytest.mark.browser, pytest.mark.long]

AGAIN_WITHIN = 60
"""Seconds. What is seen is none, or a second: the other worker answers meanwhile."""
STANDS_STILL = 30
"""Seconds after which gunicorn ends a worker that does not say that it lives."""


@dataclass
class Stage:
    service: Processes
    owner: str
    folder: Path


@pytest.fixture(scope="module")
def stage(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder, owner = tmp_path_factory.mktemp("workers"), postgres.fresh("template_outreach")
    with serving(address_of_service(owner), folder / "service", jobs=["post"]) as service:
        yield Stage(service, owner, folder)


def workers(service: Processes) -> list[int]:
    """Their process ids, of those that are at work already."""
    assert service.web is not None
    told = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(service.web.pid)], capture_output=True, text=True
    )
    return sorted(int(pid) for pid in told.stdout.split())


def _in_the_end(stage: Stage, load: Load, what: str) -> None:
    letters = letters_missing(stage.service, stage.owner, load.county)
    count = counted(stage.owner, load.county)
    print(f"\n{what}; {load.told_of()}; {count}; {letters}")
    assert load.wrong == []
    assert (count.lost, count.doubled, count.wrong) == (0, 0, 0) and count.told
    assert (letters.lost, letters.another_twice) == (0, 0)


@pytest.mark.parametrize("kills", [20])
def test_bookings_outlast_workers_that_are_killed(stage: Stage, kills: int) -> None:
    county, chance = lay(stage.owner, stage.folder / "lay", 300), random.Random(kills)
    slowest = 0.0
    with Load(stage.service.port, county) as load:
        for _ in range(kills):
            load.wait_for_bookings(5)
            time.sleep(chance.random() / 5)  # in the middle of whatever it does
            killed = time.monotonic()
            os.kill(chance.choice(workers(stage.service)), signal.SIGKILL)
            slowest = max(slowest, load.good_again(killed))
        load.wait_for_bookings(5)
        unanswered = sum(1 for one in load.said if one.status == 0)
    assert unanswered <= kills * 6, "one for each thread at most"
    assert slowest < AGAIN_WITHIN
    _in_the_end(
        stage,
        load,
        f"{kills} workers killed: {unanswered} not answered, good again {slowest:.1f} s after",
    )


def test_bookings_outlast_a_worker_that_stands_still(stage: Stage) -> None:
    county = lay(stage.owner, stage.folder / "lay", 300)
    with Load(stage.service.port, county) as load:
        load.wait_for_bookings(10)
        still, began = workers(stage.service)[0], time.monotonic()
        os.kill(still, signal.SIGSTOP)
        until = time.monotonic() + 5 * STANDS_STILL
        while still in workers(stage.service):
            assert time.monotonic() < until, "nobody ended it"
            time.sleep(0.1)
        ended = time.monotonic()
        took = load.good_again(ended)
        load.wait_for_bookings(10)
    assert took < AGAIN_WITHIN and load.slowest < PATIENCE
    _in_the_end(
        stage,
        load,
        f"a worker stood still and was ended after {ended - began:.0f} s: good again {took:.1f} s after that",
    )
