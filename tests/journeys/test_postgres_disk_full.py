"""PostgreSQL's disk full under a service that is booked at: what writes is told to try again, nothing is half there, and room is all
that it takes."""

import os
import time
from contextlib import ExitStack
from pathlib import Path

import pytest
from own_server import own_server
from under_load import Load, counted, lay, letters_missing, serving

from postgres import Postgres
from walled import address_of_service

DISK = 160
"""Megabytes: an empty database and the service's own, and some room."""

AGAIN_WITHIN = 90
"""Seconds from the moment at which there is room."""


@pytest.mark.long
@pytest.mark.browser
@pytest.mark.skipif(os.geteuid() != 0, reason="a disk of its own can be made by root alone")
def test_bookings_outlast_a_disk_that_is_full(postgres: Postgres, tmp_path: Path) -> None:
    with ExitStack() as running:
        server = running.enter_context(own_server("max_wal_size=64MB", disk=DISK))
        owner = server.copied_from(postgres.url("template_outreach"), "outreach")
        service = running.enter_context(serving(address_of_service(owner), tmp_path / "service"))
        county = lay(owner, tmp_path / "lay", 200)
        with Load(service.port, county, pause=0) as load:
            load.wait_for_bookings(3)
            _fill(server.folder / "data/filler")
            full, until = time.monotonic(), time.monotonic() + 240
            while not any(one.what == "book" for one in load.failed_since(full)):
                assert time.monotonic() < until and not load.wrong, (load.wrong, load.told_of())
                time.sleep(0.1)
            time.sleep(3)
            (server.folder / "data/filler").unlink()
            room = time.monotonic()
            took = load.good_again(room)
            load.wait_for_bookings(3)
        count, letters = counted(owner, county), letters_missing(service, owner, county)
        print(
            f"\ndisk full for {room - full:.1f} s: good again {took:.1f} s after it; {load.told_of()}; {count}; {letters}"
        )
        assert load.wrong == [] and took < AGAIN_WITHIN
        assert (count.lost, count.doubled, count.wrong) == (0, 0, 0)
        assert (letters.lost, letters.another_twice) == (0, 0) and service.ended() == []


def _fill(file: Path) -> None:
    """To the last block."""
    with file.open("wb", buffering=0) as out:
        for size in (2**20, 2**12):
            try:
                while True:
                    out.write(b"x" * size)
            except OSError:
                continue
