"""Many programs that do everything at once: a process each, with its own connection, until each has tried so
many deeds.

    python crowd.py '{"url": …, "folder": …, "county": …, "programs": 8, "deeds": 120}'

Prints as JSON when they began, and what each did. Anything but a refusal in words ends it with a traceback. The
processes are copies of one that has loaded the service already, and start at the same moment.
"""

import json
import multiprocessing
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

if __name__ == "__main__":
    sys.path[:0] = [
        str(Path(__file__).parent),
        str(Path(__file__).parent.parent),
        str(Path(__file__).parents[2]),
    ]

import deeds
from deeds import OFTEN, County, Dice

import make

MINUTES_A_SECOND = 4
"""So that holds lapse while others claim: a quarter of an hour is under four seconds."""


def moment(began: float) -> datetime:
    """The service's time, the same in every process."""
    return make.NOW + timedelta(minutes=(time.time() - began) * MINUTES_A_SECOND)


def all_at_once(task: dict[str, Any]) -> tuple[float, list[Counter[str]]]:
    """(when they began, what each did)."""
    from outreach import create_app
    from outreach.ground import db

    db.PATIENCE_SECONDS = 120  # eight writers of one file on a busy machine: to wait is no fault
    app = create_app(
        {
            "TESTING": True,
            "SECRET_KEY": "for tests",
            "PUBLIC_URL": "http://outreach.example",
            "SMTP_URL": "",
            "MAIL_DOMAIN": "outreach.example",
            "SQLALCHEMY_DATABASE_URI": task["url"],
            "OUTREACH_FOLDER": task["folder"],
        }
    )
    known = task["county"]
    county = County(
        programme_id=known["programme_id"],
        troupe_ids=tuple(known["troupe_ids"]),
        urns=tuple(known["urns"]),
        most={int(urn): most for urn, most in known["most"].items()},
    )
    forked = multiprocessing.get_context("fork")
    together, began = forked.Barrier(task["programs"]), forked.Value("d", 0.0)
    with ProcessPoolExecutor(
        task["programs"],
        mp_context=forked,
        initializer=_made,
        initargs=(app, county, task["deeds"], together, began),
    ) as programs:
        did = list(programs.map(work, range(task["programs"])))
    return began.value, did


def _made(*given: Any) -> None:
    global app, county, tries, together, began
    app, county, tries, together, began = given


def work(seed: int) -> Counter[str]:
    random, did = Random(seed), Counter[str]()
    if together.wait() == 0:
        began.value = time.time()
    together.wait()
    with app.app_context():
        for _ in range(tries):
            deed = random.choice(OFTEN)
            dice = Dice([random.randrange(60) for _ in range(20)])
            did[deed if deeds.done(deed, dice, county, moment(began.value)) else "refused"] += 1
    return did


if __name__ == "__main__":
    print(json.dumps(all_at_once(json.loads(sys.argv[1]))))
