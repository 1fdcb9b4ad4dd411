"""Two hundred schools (forty but in the longest run) want one slot at the same moment, through gunicorn: on PostgreSQL, and
on SQLite in the longest run."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from how_many import so_many

ROOT = Path(__file__).resolve().parent.parent.parent


SCHOOLS = so_many(200, least=40)


@pytest.mark.browser
@pytest.mark.own_database
@pytest.mark.any_database("postgresql")
def test_two_hundred_schools_race_for_one_slot_and_one_gets_it(database_url: str, tmp_path: Path) -> None:
    kind = database_url.partition(":")[0]
    done = subprocess.run(
        [
            sys.executable,
            "benchmarks/booking.py",
            "--race",
            str(SCHOOLS),
            "--at",
            database_url,
            "--folder",
            str(tmp_path),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.match(
        rf"race of {SCHOOLS}, {kind}: 1 winner, {SCHOOLS - 1} polite refusals, 0 errors", done.stdout
    )
