"""What a county's pages and jobs cost by the clock alone, and beside others with years of their own.

  python benchmarks/beside.py [--partnerships 149] [--years 10] [--quick | --smoke]

One made-up county with years of its own stands in two databases, in one of them beside copies with as many. Every address
that there is is asked of both by turns, as the service asks behind its walls, where PostgreSQL reckons as deploy/postgresql
has it, and the middle of several looks compared; who seems slower beside others is looked at oftener, until it is so or it is not. A
round of each job that finds work of that county alone is timed in fresh copies of both, since what is done is done. The floor is the
county alone. Rows and statements are counted by tests/web/test_beside_others.py.
"""

import os
import re
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any
from unittest.mock import patch

import psycopg
from flask import Flask
from serving import ROOT, databases, environment, options, say, size, status
from werkzeug.routing import Rule

from postgres import Postgres

TIMES_AT_MOST = 1.2
NOTHING = 0.0005
"""Seconds that no page is slower by for being beside others: what a look differs by from the next."""

RECKONS = ("random_page_cost", "jit")
"""Settings of deploy/postgresql by which ways through tables are chosen."""

OF_THE_SERVICE = ("/state", "/metrics", "/contact", "flask check")
"""What is about all partnerships, as the page that names them all is: shown, and held to nothing."""


@dataclass(kw_only=True)
class Timed:
    """A page or a round of a job, and the seconds that it took alone and beside others."""

    name: str
    alone: list[float] = field(default_factory=list)
    beside: list[float] = field(default_factory=list)

    @property
    def middles(self) -> tuple[float, float]:
        return median(self.alone), median(self.beside)

    @property
    def ratio(self) -> float:
        alone, beside = self.middles
        return beside / alone

    @property
    def is_slower(self) -> bool:
        alone, beside = self.middles
        return beside > TIMES_AT_MOST * alone and beside - alone > NOTHING

    def __str__(self) -> str:
        alone, beside = self.middles
        return f"{self.name} {1000 * alone:.1f} ms alone, {1000 * beside:.1f} ms beside"


@dataclass(kw_only=True)
class Page(Timed):
    """One address."""

    rule: Rule
    path: str

    @property
    def door(self) -> str:
        return self.rule.endpoint.partition(".")[0]


class Stopwatch:
    """In the place of tests/beside.py's Meter: times what that counts, one after the other."""

    def __init__(self) -> None:
        self.laps: list[float] = []

    @contextmanager
    def counted(self) -> Iterator[Any]:
        from beside import Cost

        began = time.perf_counter()
        yield Cost()
        self.laps.append(time.perf_counter() - began)


def two(url: str, folder: Path, others: int, years: int) -> tuple[Any, bytes, str]:
    """Who asks, a mail to them, and the address of the second database, in which the county is alone."""
    os.environ.update(environment(url, folder))
    import beside
    import every_address
    import make
    from outreach import create_app
    from outreach.demonstration import england
    from outreach.ground import clock
    from outreach.ground.db import db

    os.environ.update(beside.OUTSIDE)

    def copied(at: str, partnerships: int) -> None:
        os.environ["DATABASE_URL"] = at
        with create_app({}).app_context():
            with db.engine.connect() as connection:
                for _ in england.copied(connection, england.Size(partnerships, years)):
                    pass
                connection.detach()
            db.engine.dispose()
        with psycopg.connect(at, autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")
        reckon_as_deployed(at)

    with create_app({}).app_context():
        now = clock.now()
        county = every_address.people_at_every_door(every_address.told_year(now), now=now)
        asker = beside.at_every_door(county, make.session_of(county.told.coordinator), now)
        mail = beside.a_mail(asker.of)
        db.session.remove()
        db.engine.dispose()
    alone = copy_of(url, "alone")
    began = time.perf_counter()
    copied(alone, 1)
    copied(url, 1 + others)
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT pg_database_size(current_database()) / 1000000").fetchone()
    print(
        f"beside: {others} others with {years} years, {row[0] if row else 0} MB, "
        f"made in {time.perf_counter() - began:.0f} s",
        flush=True,
    )
    return asker, mail, alone


def copy_of(url: str, name: str) -> str:
    """The address of a copy of a database that nobody is in, in the place of the one of that name."""
    server, _, original = url.rpartition("/")
    return Postgres(server).create(name, original)


def reckon_as_deployed(url: str) -> None:
    conf = (ROOT / "deploy" / "postgresql" / "england.conf").read_text()
    with psycopg.connect(url, autocommit=True) as connection:
        for name in RECKONS:
            value = re.search(rf"^{name} = (\S+)$", conf, re.MULTILINE)[1]  # type: ignore[index]
            connection.execute(f'ALTER DATABASE "{connection.info.dbname}" SET {name} = {value}')  # type: ignore[call-overload]


def service(url: str, folder: Path) -> Flask:
    from outreach import create_app
    from walled import address_of_service

    os.environ.update(environment(address_of_service(url), folder))
    return create_app({"WTF_CSRF_ENABLED": False})


def look(asker: Any, alone: Flask, beside: Flask, pages: Iterable[Page], times: int) -> None:
    """By turns; the first of each finds what is read once and kept."""
    for page in pages:
        for n in range(times + 1):
            for app, seconds in ((alone, page.alone), (beside, page.beside)):
                began = time.perf_counter()
                asker.ask(app, page.rule, page.path)
                if n:
                    seconds.append(time.perf_counter() - began)


def settle(url: str) -> None:
    """All of a copy is written, and was read once: what is timed in it waits for no disk."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CHECKPOINT")
        for (table,) in connection.execute("SELECT relname FROM pg_stat_user_tables").fetchall():
            connection.execute(f'SELECT count(*) FROM "{table}"')  # type: ignore[call-overload]


def rounds(asker: Any, mail: bytes, url: str, folder: Path) -> dict[str, float]:
    """Seconds of a round of each job, in a copy of a database that nobody is in."""
    import beside
    from outreach.ground import clock, whose
    from outreach.ground.db import db

    at = copy_of(url, "rounds")
    reckon_as_deployed(at)
    settle(at)
    app, watch, now = service(at, folder), Stopwatch(), clock.now()
    with app.app_context(), whose.bound(asker.of):
        beside.put_down_work(asker, now)
    found = beside.rounds(app, watch, asker, mail, now)  # type: ignore[arg-type]
    with app.app_context():
        db.engine.dispose()
    return dict(zip(found, watch.laps, strict=True))


def measure(url: str, folder: Path, others: int, years: int, *, looks: int, each: int) -> bool:
    """As on the morning at which tests tell a county's year."""
    import make
    from outreach.ground import clock
    from outreach.ground.db import db

    with patch.object(clock, "now", lambda: make.NOW):
        asker, mail, other = two(url, folder, others, years)
        alone, beside = service(other, folder), service(url, folder)
        reached = pages_by_turns(asker, alone, beside, looks=looks, each=each)
        for app in (alone, beside):
            with app.app_context():
                db.engine.dispose()
        return jobs_by_turns(asker, mail, other, url, folder, looks=1 + looks // 3) and reached


def jobs_by_turns(asker: Any, mail: bytes, other: str, url: str, folder: Path, *, looks: int) -> bool:
    jobs: dict[str, Timed] = {}
    held: list[Timed] = []
    for again in range(3):
        if again and not any(job.is_slower for job in held):
            break
        for _ in range(looks):
            for alone, at in ((True, other), (False, url)):
                for name, seconds in rounds(asker, mail, at, folder).items():
                    job = jobs.setdefault(name, Timed(name=name))
                    (job.alone if alone else job.beside).append(seconds)
        held = [job for job in jobs.values() if job.name not in OF_THE_SERVICE]
    for job in jobs.values():
        print(f"beside, {'of the whole service' if job not in held else 'a round'}: {job.ratio:.2f}x {job}")
    slower = [job for job in held if job.is_slower]
    print(f"beside: {len(slower)} of {len(held)} rounds slower than {TIMES_AT_MOST:g}x (0 asked)")
    return not slower


def pages_by_turns(asker: Any, alone: Flask, beside: Flask, *, looks: int, each: int) -> bool:
    every = [
        Page(name=rule.rule, rule=rule, path=path)
        for rule, path in asker.addresses(beside, of_each_school=False)
    ]
    of_all = [page for page in every if page.path in OF_THE_SERVICE]
    pages = [page for page in every if page.path not in OF_THE_SERVICE][::each]
    look(asker, alone, beside, [*pages, *of_all], looks)
    for _ in range(3):
        look(asker, alone, beside, [page for page in pages if page.is_slower], 3 * looks)
    by_door = defaultdict(list)
    for page in pages:
        by_door[page.door].append(page)
    reached = True
    for door, of_it in sorted(by_door.items()):
        alone_s, beside_s = zip(*(page.middles for page in of_it), strict=True)
        worst = max(of_it, key=lambda page: page.ratio)
        reached &= say(
            f"beside, {len(of_it)} pages of {door}",
            sum(beside_s) / sum(alone_s),
            TIMES_AT_MOST,
            detail=f"p50 {1000 * median(alone_s):.1f} ms alone, {1000 * median(beside_s):.1f} ms beside; "
            f"the worst {worst.ratio:.2f}x: {worst}",
        )
    slower = [page for page in pages if page.is_slower]
    for page in sorted(slower, key=lambda page: -page.ratio):
        print(f"  slower: {page.ratio:.2f}x {page}")
    print(f"beside: {len(slower)} of {len(pages)} pages slower than {TIMES_AT_MOST:g}x (0 asked)")
    for page in of_all:
        print(f"beside, of the whole service: {page}")
    return reached and not slower


def main() -> int:
    parser = options(__doc__, quick="12 others, two years", on=())
    parser.add_argument("--partnerships", type=int, default=149)
    parser.add_argument("--years", type=int, default=10)
    asked = parser.parse_args()
    others, years = size(asked, asked.partnerships, 12, 2), size(asked, asked.years, 2, 1)
    with databases(["postgresql"]) as fresh:
        [(_, url, folder)] = list(fresh)
        reached = measure(url, folder, others, years, looks=size(asked, 7, 7, 1), each=size(asked, 1, 1, 6))
    return status(asked, reached)


if __name__ == "__main__":
    sys.exit(main())
