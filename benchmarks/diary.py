"""The diary of a month: four troupes, every school day, two shows a day, half of them booked.

  python benchmarks/diary.py [--quick | --smoke] [--database sqlite|postgresql]

The floor is the page's own template rendered by the same server from a ready list, without a database; page
and floor are asked in turns, by one client, of gunicorn 2 x 4, and their medians compared. Queries are
counted with one troupe and with four.
"""

import http.client
import os
import sys
from datetime import date, time, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from flask import g, render_template, template_rendered
from serving import databases, environment, gunicorn, kinds, options, say, size, spread, status
from sqlalchemy import event, text

ASKED = 4.0
TROUPES = 4


def county(url: str, folder: Path, troupes: int) -> Any:
    """An application, its coordinator's cookie and the diary's address: a month of so many troupes, half of
    it booked."""
    os.environ.update(environment(url, folder))
    import make
    from booking import weekdays, year
    from browser import session_of
    from outreach import create_app
    from outreach.county.partnerships import Authority
    from outreach.ground import clock
    from outreach.ground.db import transaction
    from outreach.tour import performances, slots

    app = create_app({})
    with app.app_context(), transaction() as session:
        make.empty(session)
        now = clock.now()
        first = _month_after(now.date() + timedelta(days=21))
        days = [day for day in weekdays(first, 23) if day.month == first.month]
        partnership = make.partnership(la_codes=())
        session.add(Authority(la_code="931", name="Marlshire", partnership_id=partnership.id))
        person = make.person(partnership)
        programme = make.programme(partnership, academic_year=year(first), reply_by=first)
        vans = [
            make.troupe(
                partnership,
                name=f"Van {n}",
                base_name="Kestermere",
                base_easting=455000 + n,
                base_northing=212000,
            )
            for n in range(troupes)
        ]
        tour = [make.tour_day(programme, van, day) for day in days for van in vans]
        for number, day in enumerate(tour):
            host = make.school(
                easting=445000 + 90 * number, northing=205000 + 70 * number, town=f"Town {number % 17}"
            )
            at = time(9, 30) if number % 2 else time(13)
            slot = slots.find(programme, host, f"{day.id}-{at:%H%M}", now=now)
            assert slot
            show = performances.claim(slot, host, programme_id=programme.id, held_until=None, now=now)
            make.booking(show, {8: 90, 9: 90})
        signer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
        cookie = f"{app.config['SESSION_COOKIE_NAME']}={signer.dumps(session_of(person))}"
        page = f"/desk/diary?view=month&from={first.isoformat()}"
    with app.app_context(), transaction() as session:
        session.execute(text("ANALYZE"))  # as the database itself does sooner or later
    return app, cookie, page


def _month_after(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def queries(app: Any, page: str, cookie: str) -> int:
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
        answer = app.test_client(use_cookies=False).get(page, headers={"Cookie": cookie})
        assert answer.status_code == 200, answer.text[:300]
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return len(sent)


def served() -> Any:
    """What gunicorn serves: the service, and beside it the page's template from the list that the page made
    ready."""
    from outreach import create_app

    app = create_app({})
    ready: dict[str, Any] = {}
    page, cookie = os.environ["DIARY_PAGE"], os.environ["DIARY_COOKIE"]

    def keep(_sender: Any, template: Any, context: dict[str, Any], **_more: Any) -> None:
        ready.update(name=template.name, context=context, g=dict(g.__dict__))

    @app.get("/floor")
    def floor() -> str:
        if not ready:
            with template_rendered.connected_to(keep, app):
                app.test_client(use_cookies=False).get(page, headers={"Cookie": cookie})
        g.__dict__.update(ready["g"])
        own = {k: v for k, v in ready["context"].items() if k not in ("g", "request", "session")}
        return render_template(ready["name"], **own)

    return app


def measure(url: str, folder: Path, cookie: str, page: str, times: int) -> tuple[float, float, int]:
    """Median seconds of the page, and of its template from the ready list; the bytes of the page."""
    os.environ.update(DIARY_PAGE=page, DIARY_COOKIE=cookie)
    taken: dict[str, list[float]] = {page: [], "/floor": []}
    sizes: dict[str, int] = {}

    def look(connection: http.client.HTTPConnection) -> None:
        for _ in range(times + 10):
            for path, seconds in taken.items():
                began = perf_counter()
                connection.request("GET", path, headers={"Cookie": cookie})
                response = connection.getresponse()
                body = response.read()
                seconds.append(perf_counter() - began)
                assert response.status == 200, body[:300]
                sizes[path] = len(body)

    with gunicorn("benchmarks.diary:served()", url, folder) as port:
        spread([look], port, 1)
    low, high = sorted(sizes.values())
    assert low > 0.97 * high, f"the floor must be the same page: {sizes}"
    real, bare = (median(seconds[10:]) for seconds in taken.values())
    return real, bare, sizes[page]


def main() -> int:
    asked = options(__doc__, quick="fewer looks").parse_args()
    reached = True
    with databases(kinds(asked)) as fresh:
        for kind, url, folder in fresh:
            app, cookie, page = county(url, folder, 1)
            few = queries(app, page, cookie)
            app, cookie, page = county(url, folder, TROUPES)
            many = queries(app, page, cookie)
            print(f"diary, {kind}: {few} queries with one troupe, {many} with {TROUPES}")
            real, bare, length = measure(url, folder, cookie, page, size(asked, 200, 40, 2))
            detail = f"({real * 1000:.1f} ms, template alone {bare * 1000:.1f} ms, {length / 1000:.0f} KB)"
            reached &= say(f"diary, {kind}", real / bare, ASKED, detail=detail) and few == many
    return status(asked, reached)


if __name__ == "__main__":
    sys.exit(main())
