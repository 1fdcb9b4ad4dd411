"""Many programs that do everything at once: a process each, with its own connection, until each has tried so
many deeds.

    python crowd.py '{"url": …, "folder": …, "county": …, "programs": 8, "deeds": 120}'

Prints as JSON how many deeds were begun, and what came of each program's. Anything but a refusal in words ends it with a traceback. The
processes are copies of one that has loaded the service already, and start at the same moment.
"""

import json
import multiprocessing
import sys
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

SECONDS_A_DEED = 5
"""So that holds lapse while others claim: after a quarter of an hour, which is 180 deeds of all programs, however long
a machine takes for them."""


def moment(begun: int) -> datetime:
    """The service's time, the same in every process: so many deeds were begun."""
    return make.NOW + timedelta(seconds=begun * SECONDS_A_DEED)


def all_at_once(task: dict[str, Any]) -> tuple[int, list[Counter[str]]]:
    """(deeds begun, what each did)."""
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
        organisation_ids=tuple(known["organisation_ids"]),
        most={int(organisation_id): most for organisation_id, most in known["most"].items()},
    )
    forked = multiprocessing.get_context("fork")
    together, begun = forked.Barrier(task["programs"]), forked.Value("i", 0)
    with ProcessPoolExecutor(
        task["programs"],
        mp_context=forked,
        initializer=_made,
        initargs=(app, county, task["deeds"], together, begun),
    ) as programs:
        did = list(programs.map(work, range(task["programs"])))
    return begun.value, did


def _made(*given: Any) -> None:
    global app, county, tries, together, begun
    app, county, tries, together, begun = given


def work(seed: int) -> Counter[str]:
    random, did = Random(seed), Counter[str]()
    together.wait()
    with app.app_context():
        for _ in range(tries):
            deed = random.choice(OFTEN)
            dice = Dice([random.randrange(60) for _ in range(20)])
            with begun.get_lock():
                begun.value += 1
                now = moment(begun.value)
            did[deed if deeds.done(deed, dice, county, now) else "refused"] += 1
    return did


if __name__ == "__main__":
    print(json.dumps(all_at_once(json.loads(sys.argv[1]))))
