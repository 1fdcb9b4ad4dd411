"""The slot page of one school: two troupes, 120 tour days over a term, half full, with lunch, rest and nights
away.

  python benchmarks/slots.py [--quick | --smoke] [--database sqlite|postgresql]

The floor is the page's own template rendered by the same server from a ready list, without a database; page
and floor are asked in turns, by one client, of gunicorn 2 x 4, and their medians compared. Queries are
counted with 20 and with 120 days. Printed too: the ranked slots alone, once with their queries and once from
rows that are read already.
"""

import http.client
import os
import sys
from datetime import time, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from flask import g, render_template, template_rendered
from serving import databases, environment, gunicorn, kinds, options, say, size, spread, status
from sqlalchemy import event, text

ASKED = 3.0
QUERIES = 10


def county(url: str, folder: Path, days: int) -> Any:
    """An application and the token of a school that sees so many tour days, half of their places taken."""
    os.environ.update(environment(url, folder))
    import make
    from booking import weekdays, year
    from outreach import create_app
    from outreach.county.partnerships import Authority
    from outreach.ground import clock
    from outreach.ground.db import transaction
    from outreach.post import links
    from outreach.tour import performances, slots

    app = create_app({})
    with app.app_context(), transaction() as session:
        make.empty(session)
        now = clock.now()
        first = now.date() + timedelta(days=21)
        partnership = make.partnership(la_codes=())
        session.add(Authority(la_code="931", name="Marlshire", partnership_id=partnership.id))
        programme = make.programme(partnership, academic_year=year(first), reply_by=first)
        troupes = [
            make.troupe(
                partnership,
                base_easting=455000 + n,
                base_northing=212000,
                lunch_minutes=30,
                rest_hours=11,
                overnight_stays=True,
            )
            for n in (0, 900)
        ]
        tour = [make.tour_day(programme, t, day) for day in weekdays(first, days // 2) for t in troupes]
        school = make.school()
        hosts = [
            make.school(easting=445000 + 90 * n, northing=205000 + 70 * n, town=f"Town {n % 17}")
            for n in range(days)
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


def ranking(app: Any, token: str, times: int) -> tuple[float, float, int]:
    """Median seconds of the ranked slots of the school, and of the reckoning alone, from rows; and how many
    days."""
    from outreach.county.partnerships import Partnership
    from outreach.county.schools import School
    from outreach.ground import clock
    from outreach.ground.db import db
    from outreach.post import links
    from outreach.tour import fit, slots
    from outreach.tour.programmes import Programme

    whole, alone = [], []
    with app.app_context():
        link = links.find(token)
        assert link is not None
        programme = db.session.get_one(Programme, link.programme_id)
        school = db.session.get_one(School, link.organisation_id)
        partnership = db.session.get_one(Partnership, programme.partnership_id)
        now = clock.now()
        every = [d.tour_day_id for d in slots.offers(programme, school, now=now).days]
        rows = slots.tour_days(programme, now=now, only_days=every)
        for _ in range(times):
            began = perf_counter()
            offers = slots.offers(programme, school, now=now)
            whole.append(perf_counter() - began)
            judge = fit.Judge(programme, partnership, school)
            began = perf_counter()
            ranked = sorted((d for d in (judge.day(*row) for row in rows) if d.gaps), key=lambda d: d.rank)
            alone.append(perf_counter() - began)
            assert [d.day for d in ranked[:3]] == [s.day for s in offers.near]
    return median(whole), median(alone), len(rows)


def served() -> Any:
    """What gunicorn serves: the service, and beside it the page's template from the list that the page made
    ready."""
    from outreach import create_app

    app = create_app({})
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
    asked = options(__doc__, quick="fewer looks").parse_args()
    reached = True
    with databases(kinds(asked)) as fresh:
        for kind, url, folder in fresh:
            few = queries(*county(url, folder, 20))
            app, token = county(url, folder, 120)
            many = queries(app, token)
            print(
                f"slots, {kind}: {few} queries with 20 tour days, {many} with 120 (at most {QUERIES} asked)"
            )
            whole, alone, days = ranking(app, token, size(asked, 60, 60, 3))
            print(
                f"slots, {kind}: ranked over {days} tour days in {whole * 1000:.1f} ms, of which the reckoning takes "
                f"{alone * 1000:.1f} ms"
            )
            real, bare = measure(url, folder, token, size(asked, 400, 60, 2))
            detail = f"({real * 1000:.1f} ms, template alone {bare * 1000:.1f} ms)"
            reached &= say(f"slots, {kind}", real / bare, ASKED, detail=detail) and few == many <= QUERIES
    return status(asked, reached)


if __name__ == "__main__":
    sys.exit(main())
