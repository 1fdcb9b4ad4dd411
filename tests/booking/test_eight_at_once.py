"""Eight programs do everything at once, each with its own connection: what must never be is not, on both
databases."""

import json
import subprocess
import sys
from collections import Counter
from dataclasses import asdict
from pathlib import Path

import deeds
import never
import pytest
from crowd import moment
from flask import Flask

from how_many import so_many
from outreach.ground.db import db

PROGRAMS, DEEDS = 8, so_many(70, least=35)


@pytest.mark.browser
@pytest.mark.any_database("postgresql")
def test_eight_programs_at_once_make_nothing_that_must_never_be(
    app: Flask, database_url: str, tmp_path: Path
) -> None:
    county = deeds.lay()
    db.session.remove()
    db.engine.dispose()
    task = {
        "url": database_url.replace("postgresql://", "postgresql+psycopg://"),
        "folder": str(tmp_path),
        "county": asdict(county),
        "programs": PROGRAMS,
        "deeds": DEEDS,
    }
    crowd = subprocess.run(
        [sys.executable, str(Path(deeds.__file__).with_name("crowd.py")), json.dumps(task)],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert crowd.returncode == 0, crowd.stderr[-3000:]
    begun, by_program = json.loads(crowd.stdout)
    did = sum(map(Counter, by_program), Counter[str]())
    now = moment(begun)
    assert (
        never.broken(db.session(), county.programme_id, today=now.date(), most=county.most.__getitem__) == []
    )
    assert deeds.kept_out(county, now) == []
    assert set(did) >= {"hold", "book", "move", "cancel", "propose"}, did
