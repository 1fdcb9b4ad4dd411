"""One of many programs that do everything at once: a process of its own, with its own connection, until its
time is up.

    python crowd.py '{"url": …, "folder": …, "county": …, "seed": 1, "began": …, "seconds": 6}'

Prints what it did as JSON. Anything but a refusal in words ends it with a traceback.
"""

import json
import sys
import time
from collections import Counter
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


def work(task: dict[str, Any]) -> Counter[str]:
    from outreach import create_app

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
    random, did = Random(task["seed"]), Counter[str]()
    while time.time() < task["starts"]:
        time.sleep(0.01)
    until = time.monotonic() + task["seconds"]
    with app.app_context():
        while time.monotonic() < until:
            deed = random.choice(OFTEN)
            dice = Dice([random.randrange(60) for _ in range(20)])
            did[deed if deeds.done(deed, dice, county, moment(task["starts"])) else "refused"] += 1
    return did


if __name__ == "__main__":
    print(json.dumps(work(json.loads(sys.argv[1]))))
