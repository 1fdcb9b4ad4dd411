"""The slot page of one school: two troupes over a term, half full, with lunch, rest and nights away.

  python benchmarks/slots.py [--quick | --smoke] [--database sqlite|postgresql] [--processor]

Over 120 tour days the floor is the page's own template rendered by the same server from a ready list, without a
database; page and floor are asked in turns, by one client, of gunicorn 2 x 4, and their medians compared. Queries are
counted with 20 and with 120 days. Printed too: the ranked slots alone, with their queries. Over 160 dates of two
troupes, and of twenty, the processor's time of the page is compared with that of a bare Flask page with one SELECT, by
turns in one process. With `--processor` the page and its template are too: on a machine that is shared it tells more
than the clock. The collector passes over what the application is made of, as in wsgi.py.
"""

import gc
import http.client
import os
import sys
from datetime import time, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any

from flask import Flask, g, render_template, template_rendered
from serving import databases, environment, gunicorn, kinds, options, say, size, spread, status
from sqlalchemy import event, text

ASKED, BESIDE_BARE, RANKED_MS = 3.0, 20.0, 2.0
QUERIES = 6


def county(url: str, folder: Path, dates: int, troupes: int = 2) -> Any:
    """An application and the token of a school that sees a tour of so many troupes, half of its places taken."""
    os.environ.update(environment(url, folder))
    import make
    from booking import weekdays, year
    from outreach.county.partnerships import Authority
    from outreach.ground import clock
    from outreach.ground.db import transaction
    from outreach.post import links
    from outreach.tour import performances, slots

    app = made()
    with app.app_context(), transaction() as session:
        make.empty(session)
        now = clock.now()
        first = now.date() + timedelta(days=21)
        partnership = make.partnership(la_codes=())
        session.add(Authority(la_code="931", name="Marlshire", partnership_id=partnership.id))
        programme = make.programme(partnership, academic_year=year(first), reply_by=first)
        vans = [
            make.troupe(
                partnership,
                base_easting=455000 + 900 * n,
                base_northing=212000,
                lunch_minutes=30,
                rest_hours=11,
                overnight_stays=True,
            )
            for n in range(troupes)
        ]
        tour = [make.tour_day(programme, van, day) for day in weekdays(first, dates) for van in vans]
        school = make.school()
        hosts = [
            make.school(
                easting=445000 + 90 * (n % 200), northing=205000 + 70 * (n % 200), town=f"Town {n % 17}"
            )
            for n in range(len(tour))
        ]
        for number, (day, host) in enumerate(zip(tour, hosts, strict=True)):
            at = time(9, 30) if number % 2 else time(13)
            slot = slots.find(programme, host, f"{day.id}-{at:%H%M}", now=now)
            assert slot
            performances.claim(slot, host, programme_id=programme.id, held_until=None, now=now)
        for day in tour[::12]:
            day.stays_at, day.stays_easting, day.stays_northing = "Mill Lodge", 452000, 209000
        token = links.mint(
            organisation_id=school.organisation_id,
            programme_id=programme.id,
            partnership_id=programme.partnership_id,
            address="office@redmere.example",
            name="Joanna Fell",
            now=now,
            expires_at=now + timedelta(days=200),
        ).token
    with app.app_context(), transaction() as session:
        session.execute(text("ANALYZE"))  # as the database itself does sooner or later
    return app, token


def made() -> Any:
    """The application, as wsgi.py makes it."""
    from outreach import create_app

    app = create_app({})
    gc.freeze()
    return app


def queries(app: Any, token: str) -> int:
    """Statements that one look at the page sends."""
    from outreach.ground.db import db

    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith("BEGIN"):
            sent.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        assert app.test_client().get(f"/i/{token}").status_code == 200
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return len(sent)


def ranking(app: Any, token: str, times: int) -> tuple[float, float]:
    """Median seconds of the ranked slots of the school, with their queries: by the clock, and of the processor."""
    from outreach.county.partnerships import Partnership
    from outreach.county.schools import School
    from outreach.ground import clock
    from outreach.ground.db import db
    from outreach.post import links
    from outreach.tour import slots
    from outreach.tour.programmes import Programme

    taken, worked = [], []
    with app.app_context():
        link = links.find(token)
        assert link is not None
        programme = db.session.get_one(Programme, link.programme_id)
        school = db.session.get_one(School, link.organisation_id)
        partnership = db.session.get_one(Partnership, programme.partnership_id)  # as the page has it already
        for _ in range(times):
            began, working = perf_counter(), process_time()
            near = slots.offers(programme, school, now=clock.now()).near
            taken.append(perf_counter() - began)
            worked.append(process_time() - working)
            assert len(near) == 3
        assert partnership in db.session
    return median(taken), median(worked)


def beside_bare(app: Any, token: str, url: str, times: int) -> tuple[float, float]:
    """Median seconds of the processor for the page, and for a bare Flask page with one SELECT."""
    from outreach.ground import config
    from outreach.ground.db import db

    bare = Flask("bare")
    bare.config["SQLALCHEMY_DATABASE_URI"] = config.database_url(url)
    db.init_app(bare)

    @bare.get("/one")
    def one() -> str:
        return str(db.session.execute(text("SELECT title FROM programme ORDER BY id LIMIT 1")).scalar_one())

    return by_turns({f"/i/{token}": app.test_client(), "/one": bare.test_client()}, times)


def by_turns(clients: dict[str, Any], times: int) -> tuple[float, float]:
    """Median seconds of the processor for each of two paths, asked by turns in this process."""
    taken: dict[str, list[float]] = {path: [] for path in clients}
    for _ in range(times + 8):
        for path, client in clients.items():
            began = process_time()
            assert client.get(path).status_code == 200
            taken[path].append(process_time() - began)
    one, other = (median(seconds[8:]) for seconds in taken.values())
    return one, other


def beside_template(token: str, times: int) -> tuple[float, float]:
    """Median seconds of the processor for the page, and for its template from the ready list."""
    os.environ["SLOT_TOKEN"] = token
    client = served().test_client()
    return by_turns({f"/i/{token}": client, "/floor": client}, times)


def served() -> Any:
    """What gunicorn serves: the service, and beside it the page's template from the list that the page made
    ready."""
    app = made()
    ready: dict[str, Any] = {}
    page = f"/i/{os.environ['SLOT_TOKEN']}"

    def keep(_sender: Any, template: Any, context: dict[str, Any], **_more: Any) -> None:
        ready.update(name=template.name, context=context, g=dict(g.__dict__))

    @app.get("/floor")
    def floor() -> str:
        if not ready:
            with template_rendered.connected_to(keep, app):
                app.test_client().get(page)
        g.__dict__.update(ready["g"])
        own = {k: v for k, v in ready["context"].items() if k not in ("g", "request", "session")}
        return render_template(ready["name"], **own)

    return app


def measure(url: str, folder: Path, token: str, times: int) -> tuple[float, float]:
    """Median seconds of the page, and of its template from the ready list."""
    os.environ["SLOT_TOKEN"] = token
    taken: dict[str, list[float]] = {f"/i/{token}": [], "/floor": []}
    sizes: dict[str, set[int]] = {path: set() for path in taken}

    def look(connection: http.client.HTTPConnection) -> None:
        for number in range(times + 20):
            for path, seconds in taken.items():
                began = perf_counter()
                connection.request("GET", path)
                response = connection.getresponse()
                body = response.read()
                seconds.append(perf_counter() - began)
                assert response.status == 200, body[:300]
                if number >= 20:
                    sizes[path].add(len(body))

    with gunicorn("benchmarks.slots:served()", url, folder) as port:
        spread([look], port, 1)
    assert len(set().union(*sizes.values())) == 1, f"the floor must be the same page: {sizes}"
    real, bare = (median(seconds[20:]) for seconds in taken.values())
    return real, bare


def main() -> int:
    parser = options(__doc__, quick="fewer looks")
    parser.add_argument(
        "--processor", action="store_true", help="page and template in the processor's seconds"
    )
    asked = parser.parse_args()
    reached = True
    with databases(kinds(asked)) as fresh:
        for kind, url, folder in fresh:
            few = queries(*county(url, folder, 10))
            app, token = county(url, folder, 60)
            many = queries(app, token)
            print(
                f"slots, {kind}: {few} queries with 20 tour days, {many} with 120 (at most {QUERIES} asked)"
            )
            clock, processor = ranking(app, token, size(asked, 100, 60, 3))
            reached &= clock * 1000 <= RANKED_MS
            print(
                f"slots, {kind}: ranked over 120 tour days in {clock * 1000:.1f} ms (at most {RANKED_MS:g} asked), of "
                f"the processor {processor * 1000:.1f} ms"
            )
            looks = size(asked, 400, 60, 2)
            if asked.processor:
                name, (real, bare) = f"slots, {kind}, processor alone", beside_template(token, looks)
            else:
                name, (real, bare) = f"slots, {kind}", measure(url, folder, token, looks)
            detail = f"({real * 1000:.1f} ms, template alone {bare * 1000:.1f} ms)"
            reached &= say(name, real / bare, ASKED, detail=detail) and few == many <= QUERIES
            for troupes in (2, 20):
                app, token = county(url, folder, size(asked, 160, 160, 3), troupes)
                page, floor = beside_bare(app, token, url, size(asked, 60, 20, 2))
                name = f"slots, {kind}, 160 dates of {troupes} troupes beside a bare page, processor alone"
                detail = f"({page * 1000:.1f} ms, bare {floor * 1000:.2f} ms)"
                reached &= say(name, page / floor, BESIDE_BARE, detail=detail) or troupes > 2
    return status(asked, reached)


if __name__ == "__main__":
    sys.exit(main())
