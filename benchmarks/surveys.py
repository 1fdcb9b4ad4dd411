"""Pupils' answers a second, through gunicorn 2 x 4 on each database.

  python benchmarks/surveys.py [--quick | --smoke] [--database sqlite|postgresql]

An answer is the POST of a form that was opened before: the signed token, the limit by head count, the answers of six
items, all in one transaction. They come to ten shows in turns, as when a county plays all over. The floor is a bare Flask
POST with one INSERT, through the same server on the same database in the same run, in turns with it. The slowest
answers are printed too: 99 of 100 are quicker.
"""

import http.client
import os
import re
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from statistics import median, quantiles
from urllib.parse import urlencode

from serving import databases, environment, gunicorn, kinds, options, say, size, spread, status

ASKED = 0.3
CLIENTS = 8
SHOWS = 10
ROUNDS = 5


def prepared(url: str, folder: Path, pupils: int) -> list[str]:
    """Shows that are over, whose pupils answer now; their codes."""
    os.environ.update(environment(url, folder))
    import asked
    import make
    from outreach import create_app
    from outreach.ground import clock
    from outreach.ground.db import db, transaction
    from outreach.outcomes import waves

    app = create_app({})
    with app.app_context():
        with transaction():
            db.session.execute(db.text("CREATE TABLE bare_slot (slot TEXT PRIMARY KEY, school TEXT)"))
            told = asked.lay(pupils=pupils, starts_at=clock.now() - timedelta(hours=2))
            codes = [told.code("after").in_address]
            for _ in range(SHOWS - 1):
                show = make.show(told.programme, make.school(), told.show.starts_at)
                make.booking(show, {8: pupils})
                made = {w.kind: w for w in waves.make(show, who="benchmark", now=make.EARLIER)}
                codes.append(waves.codes_of([made["after"].id])[made["after"].id][0].in_address)
        with transaction() as session:
            session.execute(db.text("ANALYZE"))
        db.session.remove()
        db.engine.dispose()
    return codes


class Pupil:
    def __init__(self, code: str) -> None:
        self.code, self.form, self.seconds = code, "", 0.0

    def open(self, connection: http.client.HTTPConnection) -> None:
        connection.request("GET", f"/q/{self.code}/questions")
        found = re.search(r'name="form" value="([^"]+)"', connection.getresponse().read().decode())
        assert found
        self.form = found[1]

    def answer(self, connection: http.client.HTTPConnection) -> None:
        began = time.perf_counter()
        form = {"form": self.form, "a1": "4", "a2": "5", "a3": "3", "a4": "2", "a5": "0", "a6": "1"}
        post(connection, f"/q/{self.code}/questions", form, 303)
        self.seconds = time.perf_counter() - began


def post(connection: http.client.HTTPConnection, path: str, form: dict[str, str], wanted: int) -> None:
    connection.request("POST", path, urlencode(form), {"Content-Type": "application/x-www-form-urlencoded"})
    response = connection.getresponse()
    body = response.read()
    assert response.status == wanted, (response.status, body[:1000])


def bare_post(slot: str) -> Callable[[http.client.HTTPConnection], None]:
    return lambda connection: post(connection, "/bare", {"slot": slot, "school": "900001"}, 204)


def rate(kind: str, url: str, folder: Path, answers: int) -> bool:
    """Answers a second beside bare POSTs a second, in turns; the medians are compared."""
    codes = prepared(url, folder, answers // SHOWS + SHOWS)
    pupils = [Pupil(codes[n % SHOWS]) for n in range(answers)]
    each = answers // ROUNDS
    real, bare = [], []
    with gunicorn("wsgi:app", url, folder) as port, gunicorn("benchmarks.bare:app", url, folder) as bare_port:
        spread([pupil.open for pupil in pupils], port, CLIENTS)
        spread([bare_post(f"warm {n}") for n in range(50)], bare_port, CLIENTS)
        for number in range(ROUNDS):
            batch = pupils[number * each : (number + 1) * each]
            real.append(len(batch) / spread([pupil.answer for pupil in batch], port, CLIENTS))
            posts = [bare_post(f"{number} {n}") for n in range(each * 2)]
            bare.append(len(posts) / spread(posts, bare_port, CLIENTS))
    slow = quantiles([pupil.seconds for pupil in pupils if pupil.seconds], n=100)[98] * 1000
    detail = f"({median(real):.0f} answers a second, p99 {slow:.0f} ms, {median(bare):.0f} bare POSTs)"
    return say(f"answers, {kind}", median(real) / median(bare), ASKED, at_least=True, detail=detail)


def main() -> int:
    told = options(__doc__, quick="fewer answers").parse_args()
    with databases(kinds(told)) as fresh:
        reached = [rate(*each, size(told, 2000, 600, 20)) for each in fresh]
    return status(told, all(reached))


if __name__ == "__main__":
    sys.exit(main())
