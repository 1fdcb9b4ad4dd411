"""The desk, the coverage page, the first page of the gaps list and the exports, for a county of 400 schools and for
25,000, with three years of facts.

  python benchmarks/coverage.py [--quick | --smoke] [--database sqlite|postgresql]

The floor is rows alone (one plain SELECT a table, only the columns that standings need, whole tables, through
the bare driver) plus the page's own template rendered by the same application from ready figures. Page and
floor are taken in turns and their medians compared. Queries are counted with a tenth of the schools too. Of
the export the most memory that Python held while it was read is told, with a tenth of the schools and with
all of them, and how many statements were still to come when its first byte was there. Seeded: each run makes
the same country.
"""

import gc
import os
import sys
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter
from typing import Any

from flask import current_app, g, render_template, request, template_rendered
from serving import databases, environment, kinds, options, say, size, status
from sqlalchemy import event, insert, text

ASKED = 3.0
KILOBYTES = 200
COUNTY = 400
SCHOOLS, QUICK, SMOKE = 25_000, 4_000, 300
FEWEST = 1_000
"""The country that queries and memory are compared with has a tenth of the schools, and at least two parts of
an export."""
PAGES = {"desk": "/desk", "coverage": "/desk/coverage", "gaps, first page": "/desk/gaps"}
EXPORTS = {"schools": "/desk/schools.csv", "gaps": "/desk/gaps.csv"}
FLAT = 1.25
"""How much more memory the export of ten times the schools may take and still be called flat."""
DAY = timedelta(days=1)
LETTER = b"x" * 3000

TABLES = {
    "organisation_record": "id, organisation_id, recorded_at, name, status, type_of_establishment, phase_of_education, statutory_low_age,"
    " statutory_high_age, number_of_pupils, la_code, district_code, district_name, trust_name, "
    "easting, northing, close_date",
    "correction": "urn, field, value, withdrawn, recorded_at",
    "succession": "predecessor_id, successor_id, link_date, recorded_at",
    "own_number": "urn, academic_year, year_group, pupils, recorded_at",
    "target_decision": "programme_id, organisation_id, kind, year_groups, reason, recorded_at",
    "programme_target": "programme_id, year_groups, recorded_at",
    "authority": "la_code, partnership_id",
    "booking": "id, programme_id, organisation_id, performance_id, created_at",
    "booking_revision": "id, booking_id, recorded_at, starts_at, ends_at",
    "promised_pupils": "revision_id, year_group, pupils",
    "cancellation": "booking_id, recorded_at, cancelled_by",
    "performance": "id, programme_id",
    "visit_report": "id, performance_id, booking_id, side, took_place, pupils, recorded_at",
    "reported_pupils": "report_id, year_group, pupils",
    "contact": "organisation_id, address, created_at, ended_at",
    "dead_address": "address, recorded_at, ended_at",
    "invitation": "programme_id, organisation_id, address, letter_id, recorded_at",
    "letter": "id, handed_at",
    "answer": "id, programme_id, organisation_id, kind, reason, recorded_at",
    "proposal": "programme_id, organisation_id, starts_at, reply_by, recorded_at, ended_at",
    "form_begun": "programme_id, organisation_id, recorded_at",
    "gap_owner": "programme_id, organisation_id, person_id, ended_at",
    "organisation": "organisation_id, open_date",
}
"""Every table that standings and the gaps list rest on, with the columns they need."""

KINDS = [
    ("Academy converter", "Secondary", 11, 18),
    ("Community school", "Secondary", 11, 16),
    ("Academy sponsor led", "All-through", 4, 18),
    ("Community special school", "Not applicable", 2, 19),
    ("Other independent school", "Not applicable", None, None),
    ("Pupil referral unit", "Not applicable", 11, 16),
]


class Country:
    """Rows of three years, made from a seed, put in by the thousand."""

    def __init__(self, schools: int) -> None:
        self.random = Random(20_270_119)
        self.schools = schools
        self.now = datetime.now(UTC).replace(microsecond=0)
        self.year = self.now.year if self.now.month >= 9 else self.now.year - 1

    def fill(self, session: Any) -> int:
        """Put everything in; the id of the person who may look."""
        import make
        from outreach.ground.db import db

        # Inserted straight: the guards of a live database are not what is measured here.
        self.session, self.tables = session, db.metadata.tables
        codes = [str(200 + n) for n in range(150)]
        county = make.partnership(la_codes=())
        session.execute(
            insert(self.tables["authority"]),
            [{"la_code": c, "name": f"Authority {c}", "partnership_id": county.id} for c in codes],
        )
        organisation_ids = list(self._schools(codes))
        for back in (2, 1, 0):
            programme_id = self._year(county, organisation_ids, self.year - back)
        person_id = make.person(county).id
        owned = self.random.sample(organisation_ids, len(organisation_ids) // 3)
        self.put(
            "gap_owner",
            [
                {
                    "programme_id": programme_id,
                    "organisation_id": organisation_id,
                    "person_id": person_id,
                    "recorded_at": self.now,
                    "who": "-",
                }
                for organisation_id in owned
            ],
        )
        return person_id

    def put(self, table: str, rows: Iterator[dict[str, Any]] | list[dict[str, Any]]) -> None:
        batch = list(rows)
        for first in range(0, len(batch), 5000):
            self.session.execute(insert(self.tables[table]), batch[first : first + 5000])

    def _schools(self, codes: list[str]) -> Iterator[int]:
        r, long_ago = self.random, self.now - 1200 * DAY
        organisation_ids = range(100_000, 100_000 + self.schools)
        facts = []
        for organisation_id in organisation_ids:
            kind, phase, low, high = r.choices(KINDS, [60, 20, 5, 6, 8, 1])[0]
            district = r.randrange(300)
            facts.append(
                {
                    "organisation_id": organisation_id,
                    "name": f"School {organisation_id} of Somewhere",
                    "status": "Open",
                    "type_of_establishment": kind,
                    "phase_of_education": phase,
                    "statutory_low_age": low,
                    "statutory_high_age": high,
                    "number_of_pupils": r.choice([None, *[r.randint(200, 1800)] * 9]),
                    "la_code": codes[district // 2],
                    "district_code": f"E070{district:05d}",
                    "district_name": f"District {district}",
                    "street": "",
                    "trust_name": f"Trust {r.randrange(2500)}" if "cademy" in kind else None,
                    "locality": "",
                    "town": "",
                    "postcode": "",
                    "website": "",
                    "telephone": "",
                    "easting": r.randint(200_000, 600_000),
                    "northing": r.randint(100_000, 600_000),
                }
            )
        # Nobody promises more of a year group than there is: the database refuses it.
        self.has = {
            f["organisation_id"]: (f["number_of_pupils"] or 1800)
            // ((f["statutory_high_age"] or 18) - (f["statutory_low_age"] or 4))
            for f in facts
        }
        self.put("organisation", [f | {"found_by": f["name"].casefold()} for f in facts])
        self.put("organisation_record", [f | {"recorded_at": long_ago} for f in facts])
        for back in (1000, 640, 280):
            changed = [
                f | {"number_of_pupils": r.randint(200, 1800)} for f in r.sample(facts, len(facts) // 50)
            ]
            self.put("organisation_record", [f | {"recorded_at": self.now - back * DAY} for f in changed])
        some = r.sample(organisation_ids, self.schools // 50)
        self.put(
            "succession",
            [
                {"predecessor_id": a, "successor_id": b, "link_date": None, "recorded_at": long_ago}
                for a, b in zip(some[::2], some[1::2], strict=False)
            ],
        )
        self.put("contact", self._contacts(organisation_ids, long_ago))
        yield from organisation_ids

    def _contacts(self, organisation_ids: range, since: datetime) -> Iterator[dict[str, Any]]:
        for organisation_id in organisation_ids:
            for n in range(self.random.choice([0, 1, 1, 1, 1, 1, 1, 1, 2, 2])):
                yield {
                    "organisation_id": organisation_id,
                    "name": "",
                    "role": "",
                    "address": f"office{n}@s{organisation_id}.example",
                    "phone": "",
                    "source": "a list",
                    "source_date": since.date(),
                    "created_at": since,
                }

    def _year(self, county: Any, organisation_ids: list[int], year: int) -> int:
        import make

        r = self.random
        first = datetime(year, 9, 8, 9, tzinfo=UTC)
        programme = make.programme(
            county,
            academic_year=year,
            title=f"Someone to Tell {year}",
            reply_by=date(year + 1, 2, 1),
            created_at=first,
        )
        own = r.sample(organisation_ids, len(organisation_ids) // 5)
        self.put(
            "own_number",
            [
                {
                    "urn": u,
                    "academic_year": year,
                    "year_group": y,
                    "pupils": 150,
                    "recorded_at": first,
                    "who": "-",
                }
                for u in own
                for y in (8, 9)
            ],
        )
        asked = r.sample(organisation_ids, len(organisation_ids) * 7 // 10)
        letters = self._next("letter")
        self.put(
            "letter",
            (
                {
                    "id": letters + n,
                    "partnership_id": county.id,
                    "stream": f"i{year}-{u}",
                    "recipient": f"office0@s{u}.example",
                    "kind": "invitation",
                    "method": "",
                    "sequence": 0,
                    "dtstamp": first,
                    "subject": "Someone to Tell",
                    "message_id": f"{year}-{u}",
                    "created_at": first,
                    "status": "sent",
                    "not_before": first,
                    "handed_at": first + timedelta(seconds=n),
                }
                for n, u in enumerate(asked)
            ),
        )
        self.put("letter_mail", ({"letter_id": letters + n, "raw": LETTER} for n in range(len(asked))))
        self.put(
            "invitation",
            (
                {
                    "programme_id": programme.id,
                    "organisation_id": u,
                    "address": f"office0@s{u}.example",
                    "letter_id": letters + n,
                    "recorded_at": first,
                }
                for n, u in enumerate(asked)
            ),
        )
        said = r.sample(asked, len(asked) // 12)
        self.put(
            "answer",
            [
                {
                    "programme_id": programme.id,
                    "organisation_id": u,
                    "kind": r.choice(["declined", "other date"]),
                    "reason": "exams",
                    "recorded_at": first + 30 * DAY,
                    "who": "-",
                }
                for u in said
            ],
        )
        self._shows(
            county, programme, r.sample(organisation_ids, len(organisation_ids) * 45 // 100), set(own), first
        )
        return programme.id

    def _next(self, table: str) -> int:
        return (self.session.scalar(text(f"SELECT max(id) FROM {table}")) or 0) + 1

    def _shows(self, county: Any, programme: Any, hosts: list[int], own: set[int], first: datetime) -> None:
        import make

        r, days = self.random, 200
        troupes = [make.troupe(county).id for _ in range(-(-len(hosts) // days))]
        ids = {
            name: self._next(name)
            for name in ("tour_day", "performance", "booking", "booking_revision", "visit_report")
        }
        rows: dict[str, list[dict[str, Any]]] = {
            name: [] for name in (*ids, "promise_limit", "promised_pupils", "reported_pupils", "cancellation")
        }
        for n, organisation_id in enumerate(hosts):
            day = first + (20 + n % days) * DAY
            ends = day + timedelta(minutes=75)
            rows["tour_day"].append(
                {
                    "id": ids["tour_day"] + n,
                    "programme_id": programme.id,
                    "troupe_id": troupes[n // days],
                    "day": day.date(),
                    "leaves": time(7),
                    "returns": time(18),
                    "shows_at_most": 2,
                }
            )
            performance, booking, revision = (
                ids[x] + n for x in ("performance", "booking", "booking_revision")
            )
            rows["performance"].append(
                {
                    "id": performance,
                    "partnership_id": county.id,
                    "programme_id": programme.id,
                    "tour_day_id": ids["tour_day"] + n,
                    "troupe_id": troupes[n // days],
                    "organisation_id": organisation_id,
                    "get_in_at": day,
                    "starts_at": day,
                    "ends_at": ends,
                    "away_at": ends,
                    "created_at": first,
                    "uid": f"p{performance}",
                    "organizer_token": f"p{performance}",
                    "sequence": 0,
                }
            )
            off = r.random() < 0.06
            rows["booking"].append(
                {
                    "id": booking,
                    "partnership_id": county.id,
                    "reference": f"MRL-{booking}",
                    "programme_id": programme.id,
                    "organisation_id": organisation_id,
                    "performance_id": performance,
                    "role": "host",
                    "seats": 240,
                    "hall": "",
                    "access_needs": {},
                    "arrival_note": "",
                    "booked_by": "",
                    "uid": f"b{booking}",
                    "organizer_token": f"b{booking}",
                    "sequence": 0,
                    "place_sequence": 0,
                    "created_at": first,
                    "ended_at": first + 10 * DAY if off else None,
                }
            )
            rows["booking_revision"].append(
                {
                    "id": revision,
                    "booking_id": booking,
                    "recorded_at": first,
                    "starts_at": day,
                    "ends_at": ends,
                    "who": "-",
                }
            )
            groups = r.choice([(8,), (9,), (8, 9), (8, 9)])
            each = min(240 // len(groups), 150 if organisation_id in own else 240, self.has[organisation_id])
            rows["promise_limit"] += [
                {
                    "programme_id": programme.id,
                    "organisation_id": organisation_id,
                    "year_group": y,
                    "has": each,
                    "at_most": each,
                }
                for y in groups
            ]
            rows["promised_pupils"] += [
                {"revision_id": revision, "year_group": y, "pupils": each} for y in groups
            ]
            if off:
                rows["cancellation"].append(
                    {
                        "booking_id": booking,
                        "recorded_at": first + 10 * DAY,
                        "cancelled_by": "school",
                        "who": "-",
                        "reason": "exams",
                    }
                )
            elif ends < self.now and r.random() < 0.9:
                self._told(rows, ids["visit_report"], performance, booking, groups, each, ends)
        for name, batch in rows.items():
            self.put(name, batch)

    def _told(
        self,
        rows: dict[str, list[dict[str, Any]]],
        base: int,
        performance: int,
        booking: int,
        groups: tuple[int, ...],
        each: int,
        at: datetime,
    ) -> None:
        count = each * 23 // 24
        for side in ("school", "company") if self.random.random() < 0.7 else ("school",):
            report = base + len(rows["visit_report"])
            school = side == "school"
            rows["visit_report"].append(
                {
                    "id": report,
                    "performance_id": performance,
                    "booking_id": booking if school else None,
                    "side": side,
                    "took_place": True,
                    "why_not": "",
                    "pupils": None if school else count * len(groups),
                    "recorded_at": at,
                    "who": "-",
                }
            )
            if school:
                rows["reported_pupils"] += [
                    {"report_id": report, "year_group": y, "pupils": count} for y in groups
                ]


def country(url: str, folder: Path, schools: int) -> Any:
    """An application on a database that holds the country, and a client signed in to it."""
    os.environ.update(environment(url, folder))
    import make
    from outreach import create_app
    from outreach.county.coordinators import Coordinator
    from outreach.ground.db import db, transaction

    app = create_app({})
    app.extensions["floor"] = {}
    app.get("/floor")(floor)
    with app.app_context():
        with transaction() as session:
            make.empty(session)
        with transaction() as session:
            person_id = Country(schools).fill(session)
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("ANALYZE"))
        client = make.signed_in(app.test_client(), db.session.get_one(Coordinator, person_id))
        db.session.remove()
    return app, client


def floor() -> str:
    """The page's template from what the page made ready."""
    ready = current_app.extensions["floor"]
    g.__dict__.update(ready["g"])
    request.url_rule = ready["rule"]  # the menu marks where one is
    own = {k: v for k, v in ready["context"].items() if k not in ("g", "request", "session")}
    return render_template(ready["name"], **own)


def rows_alone(app: Any) -> float:
    """Seconds of one plain SELECT a table through the bare driver."""
    from outreach.ground.db import db

    with app.app_context():
        connection = db.engine.raw_connection()
        try:
            began = perf_counter()
            for table, columns in TABLES.items():
                cursor = connection.cursor()
                cursor.execute(f"SELECT {columns} FROM {table}")
                cursor.fetchall()
                cursor.close()
            return perf_counter() - began
        finally:
            connection.close()


def queries(app: Any, client: Any, path: str) -> int:
    """Statements that one look at a page sends."""
    with counted(app) as sent:
        assert client.get(path).status_code == 200
    return sent.total()


@contextmanager
def counted(app: Any) -> Iterator[Counter[str]]:
    """How many statements were sent while it lasts; their text is not kept, since memory is measured
    meanwhile."""
    from outreach.ground.db import db

    sent: Counter[str] = Counter()

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith("BEGIN"):
            sent["statements"] += 1

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)


@dataclass(kw_only=True)
class Export:
    """One export read to its end: lines of schools, bytes at most held, statements before its first byte and
    in all."""

    rows: int
    peak: int
    before_first: int
    statements: int


def export(app: Any, client: Any, path: str) -> Export:
    """Read a list as CSV, line by line, as it comes."""
    gc.collect()
    with counted(app) as sent:
        tracemalloc.start()
        answer = client.get(path, buffered=False)
        lines = iter(answer.response)
        next(lines)
        before_first = sent.total()
        rows = sum(1 for _ in lines) - 2
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        answer.close()
    return Export(rows=rows, peak=peak, before_first=before_first, statements=sent.total())


def told(name: str, kind: str, few: Export, many: Export) -> bool:
    """Print what two exports took; whether it is flat, and begun before its last row was read."""
    ratio = many.peak / few.peak
    flat, early = ratio <= FLAT, many.before_first < many.statements
    print(
        f"export of {name}, {kind}: {few.peak / 1e6:.1f} MB for {few.rows:,} rows, "
        f"{many.peak / 1e6:.1f} MB for {many.rows:,}: "
        f"{ratio:.2f}x (at most {FLAT}x asked: {'reached' if flat else 'MISSED'})"
    )
    print(
        f"export of {name}, {kind}: first byte after {many.before_first} statements of {many.statements}"
        f" ({'before' if early else 'NOT before'} the last row was read)"
    )
    return flat and early


def measure(app: Any, client: Any, path: str, times: int) -> tuple[float, float, float, int]:
    """Median seconds of a page, of rows alone, of the template alone; and the page's bytes."""
    ready = app.extensions["floor"]

    def keep(_sender: Any, template: Any, context: dict[str, Any], **_more: Any) -> None:
        ready.update(name=template.name, context=context, g=dict(g.__dict__), rule=request.url_rule)

    with template_rendered.connected_to(keep, app):
        page = client.get(path).data
    assert len(client.get("/floor").data) == len(page), "the floor must be the same page"
    taken: list[list[float]] = [[], [], []]
    for _ in range(times):
        for kept, address in zip(taken, (path, None, "/floor"), strict=True):
            if address is None:
                kept.append(rows_alone(app))
                continue
            began = perf_counter()
            assert client.get(address).status_code == 200
            kept.append(perf_counter() - began)
    real, rows, bare = (median(kept) for kept in taken)
    return real, rows, bare, len(page)


def pages(app: Any, client: Any, kind: str, schools: int, times: int) -> bool:
    """Print what each page took; whether all that is asked is reached."""
    reached = True
    for name, path in PAGES.items():
        real, rows, bare, length = measure(app, client, path, times)
        detail = f"(page {1000 * real:.1f} ms; rows alone {1000 * rows:.1f} ms, template alone {1000 * bare:.1f} ms)"
        reached &= say(f"{name}, {kind}, {schools:,} schools", real / (rows + bare), ASKED, detail=detail)
        print(f"{name}, {kind}: page of {length / 1000:.0f} KB (under {KILOBYTES} asked)")
        reached &= length < KILOBYTES * 1000
    return reached


def main() -> int:
    asked = options(__doc__, quick=f"{COUNTY} and {QUICK:,} schools").parse_args()
    schools = size(asked, SCHOOLS, QUICK, SMOKE)
    fewer = schools // 10 if asked.smoke else max(schools // 10, FEWEST)
    reached = True
    with databases(kinds(asked)) as fresh:
        for kind, url, folder in fresh:
            app, client = country(url, folder, fewer)
            few = {path: queries(app, client, path) for path in PAGES.values()}
            small = {name: export(app, client, path) for name, path in EXPORTS.items()}
            if not asked.smoke:
                app, client = country(url, folder, COUNTY)
                reached &= pages(app, client, kind, COUNTY, 60)
            app, client = country(url, folder, schools)
            reached &= pages(app, client, kind, schools, size(asked, 9, 5, 1))
            for name, path in PAGES.items():
                many = queries(app, client, path)
                print(f"{name}, {kind}: {few[path]} queries with {fewer:,} schools, {many} with {schools:,}")
                reached &= few[path] == many
            for name, path in EXPORTS.items():
                reached &= told(name, kind, small[name], export(app, client, path))
    return status(asked, reached)


if __name__ == "__main__":
    sys.exit(main())
