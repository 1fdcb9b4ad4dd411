"""Whole bookings a second, and the race of many schools for one slot, through gunicorn 2 x 4 on each
database.

  python benchmarks/booking.py [--quick | --smoke] [--database sqlite|postgresql]   bookings a second beside the floor
  python benchmarks/booking.py --race 200 [--database …]                  one winner, the rest refused politely
  python benchmarks/booking.py --race 200 --at URL --folder FOLDER        on an empty, migrated database that is there

A booking is the POST that makes the promise: rules, rows, the letter and its calendar invite to the
safeguarding lead, written in one transaction. The heavier case is printed too, for information: letters and
invites to two people and the troupe. The floor is a bare Flask POST with one INSERT under a unique slot,
through the same server on the same database in the same run, in turns with it.
"""

import http.client
import os
import re
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from statistics import median
from urllib.parse import urlencode

from serving import databases, environment, gunicorn, kinds, options, say, size, spread, status
from sqlalchemy import text

ASKED = 0.06
CLIENTS = 8
REFUSED = "That time has just been taken"


@dataclass
class Visitor:
    """One school at its personal link."""

    token: str
    slots: str
    cookie: str = ""
    csrf: str = ""

    def look(self, page: str, connection: http.client.HTTPConnection) -> None:
        """Open a page and keep its cookie and its token against forgery."""
        connection.request("GET", f"/i/{self.token}{page}")
        response = connection.getresponse()
        body = response.read().decode()
        assert response.status == 200, (response.status, body[:300])
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', body)
        assert found, body[:300]
        self.csrf, self.cookie = found[1], (response.getheader("Set-Cookie") or "").split(";")[0]

    def send(
        self, page: str, form: dict[str, str], connection: http.client.HTTPConnection
    ) -> tuple[int, str, str]:
        """POST a form: status, where it leads, what the page says."""
        connection.request(
            "POST",
            f"/i/{self.token}{page}",
            urlencode(form | {"csrf_token": self.csrf}),
            {"Content-Type": "application/x-www-form-urlencoded", "Cookie": self.cookie},
        )
        response = connection.getresponse()
        return response.status, response.getheader("Location") or "", response.read().decode()


def prepared(url: str, folder: Path, schools: int, *, held: bool, letters: int = 1) -> list[Visitor]:
    """A county in which so many schools hold a slot each and have answered everything; or none holds any
    yet, and all look at the same week."""
    os.environ.update(environment(url, folder))
    import make
    from outreach import create_app
    from outreach.booking import holds
    from outreach.ground import clock
    from outreach.ground.db import db, transaction
    from outreach.post import links
    from outreach.tour import slots

    app = create_app({})
    with app.app_context():
        now = clock.now()
        first = now.date() + timedelta(days=30)
        with transaction():
            if held:
                db.session.execute(db.text("CREATE TABLE bare_slot (slot TEXT PRIMARY KEY, school TEXT)"))
            partnership = make.partnership(la_codes=())
            from outreach.county.partnerships import Authority

            db.session.add(Authority(la_code="931", name="Marlshire", partnership_id=partnership.id))
            programme = make.programme(
                partnership,
                academic_year=year(first),
                audience_ceiling=350,
                reply_by=first,
                notice_book_days=1,
            )
            days = []
            for number in range(schools // 150 + 1 if held else 1):
                address = f"van{number}@lantern-row.example" if letters == 3 else ""
                troupe = make.troupe(partnership, calendar_address=address)
                days += [make.tour_day(programme, troupe, day) for day in weekdays(first, 160 if held else 5)]
            rows = [make.school() for _ in range(schools)]
            tokens = [
                links.mint(
                    organisation_id=s.organisation_id,
                    programme_id=programme.id,
                    partnership_id=programme.partnership_id,
                    address=f"office@s{s.organisation_id}.example",
                    now=now,
                    expires_at=now + timedelta(days=200),
                ).token
                for s in rows
            ]
        visitors = []
        for n, (token, school) in enumerate(zip(tokens, rows, strict=True)):
            key = f"{days[n if held else 0].id}-1000"
            visitors.append(Visitor(token=token, slots=key))
            if held:
                with transaction():
                    slot = slots.find(programme, school, key, now=now)
                    assert slot, key
                    holds.hold(programme, school, [slot], who="benchmark", now=now)
                    holds.save_draft(
                        programme.id,
                        school.organisation_id,
                        answers(school.organisation_id, key, letters),
                        now=now,
                    )
        with transaction() as session:
            session.execute(text("ANALYZE"))  # as the database itself does sooner or later
        db.session.remove()
        db.engine.dispose()
    return visitors


def answers(organisation_id: int, key: str, letters: int) -> dict[str, object]:
    """All that a school types."""
    second = {
        "day_name": "Sam Whitfield",
        "day_address": f"s.whitfield@s{organisation_id}.example",
        "day_role": "Head of Year 9",
        "day_phone": "01632 960 205",
    }
    return {
        "slots": [key],
        "pupils": {"pupils-0-8": "148", "pupils-0-9": "151"},
        "hall": {"hall": "Main hall", "step_free": "yes", "access-0-wheelchair": "2"},
        "people": {
            "lead_name": "Joanna Fell",
            "lead_address": f"j.fell@s{organisation_id}.example",
            "lead_phone": "01632 960 204",
        }
        | (second if letters == 3 else {}),
    }


def year(day: date) -> int:
    from outreach.ground.school_year import year_of

    return year_of(day)


def weekdays(first: date, count: int) -> list[date]:
    """School days without looking at terms: no authority here has any, so bank holidays alone are left
    out."""
    from outreach.county.school_days import bank_holiday

    found, day = [], first
    while len(found) < count:
        if day.weekday() < 5 and not bank_holiday(day):
            found.append(day)
        day += timedelta(days=1)
    return found


def rate(kind: str, url: str, folder: Path, bookings: int, letters: int) -> bool:
    """Bookings a second beside bare POSTs a second, five rounds in turns; the medians are compared."""
    visitors = prepared(url, folder, bookings, held=True, letters=letters)
    rounds = 5
    each = bookings // rounds
    real, bare = [], []
    with gunicorn("wsgi:app", url, folder) as port, gunicorn("benchmarks.bare:app", url, folder) as bare_port:
        spread([lambda c, v=v: v.look("/check", c) for v in visitors], port, CLIENTS)
        warm = [bare_post(f"warm {n}") for n in range(50)]
        spread(warm, bare_port, CLIENTS)
        for number in range(rounds):
            batch = visitors[number * each : (number + 1) * each]
            seconds = spread([lambda c, v=v: booked(v, c) for v in batch], port, CLIENTS)
            real.append(len(batch) / seconds)
            posts = [bare_post(f"{number} {n}") for n in range(each * 8)]
            bare.append(len(posts) / spread(posts, bare_port, CLIENTS))
    detail = f"({median(real):.1f} bookings a second, {median(bare):.0f} bare POSTs)"
    if letters == 3:
        print(f"booking with three letters, {kind}: {median(real) / median(bare):.3g}x {detail}")
        return True
    return say(f"booking, {kind}", median(real) / median(bare), ASKED, at_least=True, detail=detail)


def booked(visitor: Visitor, connection: http.client.HTTPConnection) -> None:
    status, location, body = visitor.send("/book", {"slots": visitor.slots}, connection)
    assert status == 303 and "/booked/" in location, (status, location, body[:2000])


def bare_post(slot: str) -> Callable[[http.client.HTTPConnection], None]:
    def post(connection: http.client.HTTPConnection) -> None:
        connection.request(
            "POST",
            "/bare",
            urlencode({"slot": slot, "school": "900001"}),
            {"Content-Type": "application/x-www-form-urlencoded"},
        )
        response = connection.getresponse()
        response.read()
        assert response.status == 204, response.status

    return post


def race(kind: str, url: str, folder: Path, schools: int) -> bool:
    """All choose one slot at the same moment; who got it books. True for one winner, no error."""
    visitors = prepared(url, folder, schools, held=False)
    outcomes: Counter[str] = Counter()
    promised: list[str] = []

    def run(visitor: Visitor, connection: http.client.HTTPConnection) -> None:
        status, location, body = visitor.send("/choose", {"slot": visitor.slots}, connection)
        if status == 303 and location:
            outcomes["winners"] += 1
            promised.append(visitor.token)
        elif status == 422 and REFUSED in body and 'name="slot"' in body:
            outcomes["polite refusals"] += 1
        else:
            outcomes["errors"] += 1
            print(f"  {status} {location} {body[:200]!r}", file=sys.stderr)

    with gunicorn("wsgi:app", url, folder) as port:
        spread([lambda c, v=v: v.look("", c) for v in visitors], port, CLIENTS)
        seconds = spread([lambda c, v=v: run(v, c) for v in visitors], port, schools)
    print(
        f"race of {schools}, {kind}: {outcomes['winners']} winner, {outcomes['polite refusals']} polite refusals, "
        f"{outcomes['errors']} errors, in {seconds:.1f} s"
    )
    return outcomes["winners"] == 1 and outcomes["errors"] == 0 and outcomes["polite refusals"] == schools - 1


def main() -> int:
    parser = options(__doc__, quick="fewer bookings")
    parser.add_argument("--race", type=int, metavar="SCHOOLS", help="the race instead")
    parser.add_argument("--at", metavar="URL", help="the race on this database")
    parser.add_argument("--folder", type=Path, help="where the service keeps its files, with --at")
    asked = parser.parse_args()
    if asked.at:
        return 0 if race(asked.at.partition(":")[0], asked.at, asked.folder, asked.race) else 1
    with databases(kinds(asked)) as fresh:
        if asked.race:
            return 0 if all([race(*each, asked.race) for each in fresh]) else 1
        reached = [rate(*each, size(asked, 400, 100, 10), 1) for each in fresh]
    if not (asked.quick or asked.smoke):
        with databases(kinds(asked)) as fresh:
            for each in fresh:
                rate(*each, 400, 3)
    return status(asked, all(reached))


if __name__ == "__main__":
    sys.exit(main())
