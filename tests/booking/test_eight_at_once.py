"""Eight programs do everything at once, each with its own connection: what must never be is not, on both
databases."""

import json
import subprocess
import sys
import time
from collections import Counter
from dataclasses import asdict
from pathlib import Path

import deeds
import never
import pytest
from crowd import moment
from flask import Flask

from outreach.ground.db import db

PROGRAMS, SECONDS = 8, 8


@pytest.mark.browser
def test_eight_programs_at_once_make_nothing_that_must_never_be(
    app: Flask, database_url: str, tmp_path: Path
) -> None:
    county = deeds.lay()
    db.session.remove()
    db.engine.dispose()
    starts = time.time() + 6
    programs = [
        subprocess.Popen(
            [
                sys.executable,
                str(Path(deeds.__file__).with_name("crowd.py")),
                json.dumps(
                    {
                        "url": database_url.replace("postgresql://", "postgresql+psycopg://"),
                        "folder": str(tmp_path),
                        "county": asdict(county),
                        "seed": seed,
                        "starts": starts,
                        "seconds": SECONDS,
                    }
                ),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for seed in range(PROGRAMS)
    ]
    did: Counter[str] = Counter()
    for program in programs:
        said, wrong = program.communicate(timeout=120)
        assert program.returncode == 0, wrong[-3000:]
        did.update(json.loads(said))
    now = moment(starts)
    assert (
        never.broken(db.session(), county.programme_id, today=now.date(), most=county.most.__getitem__) == []
    )
    assert deeds.kept_out(county, now) == []
    assert set(did) >= {"hold", "book", "move", "cancel", "propose"}, did
