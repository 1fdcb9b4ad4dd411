"""The September morning: partnerships send their first rounds, schools open their links and book, coordinators look at their
desks, all at once.

  python benchmarks/morning.py [--quick | --smoke] [--rate R] [--seconds S] [--partnerships N] [--schools N] [--years N]

Two hosts' worth of processes: two gunicorns of 2 workers x 4 threads, each with a folder of its own, and a postman beside
each; PostgreSQL, as durable as in production, behind its walls; a mail server that takes 50 a second (null_mail.py), a
process of its own. The people are threads of this process (morning_people.py), whose part of the processor is said.

`--rate 1` is England's busiest moment: 40 links opened, 8 bookings begun, 2 desks looked at and 50 letters put down a second, along
the curve of a morning from eight to twelve, which is run in less time, and the rates kept. A booking is the whole of it: link,
time, three forms, check, promise. Without --rate the rate is raised until a page of schools takes longer than a second
for one in a hundred, and the morning run at the last that did not. Floor: a page with one SELECT of a bare service, asked as
often by the same people. Before the morning each kind of request is made alone, and what it costs of the processor
read from /proc, of gunicorn and of PostgreSQL: what England needs follows from that. `--years`: beside a made-up England
of a tenth (flask demonstration england).
"""

import math
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice, tee
from pathlib import Path
from typing import Any

import burden
import psycopg
from morning_people import (
    BOOKED,
    CHECKED,
    CHOSEN,
    DESK,
    HOURS,
    LISTED,
    OPENED,
    SEEN,
    SENT,
    SHOWN,
    TYPED,
    Coordinator,
    Lines,
    Morning,
    School,
    Seen,
    arrivals,
)
from outbox import mail_server
from serving import ROOT, databases, environment, gunicorn, gunicorn_of, options, size, status
from sqlalchemy import make_url
from turns import postmen

from walled import address_of_service

OPENS, BOOKINGS, LOOKS = 40.0, 8.0, 2.0
"""A second at England's busiest moment."""
A_SECOND = 50
"""Letters that the mail server takes."""
LONGEST = 1.0
"""Seconds for one in a hundred pages of schools, at most."""
FLAT = 1.15
"""Memory of a process at the end beside the start, at most."""
BUSY = 0.6
"""How busy a core may be in the busiest minutes: waiting grows steeply beyond."""
HOSTS = 2
THREADS = 4
"""Of a worker, each with one connection at most."""
ALONE = "bare page with one SELECT"
WHOLE_BOOKING, LETTER_PUT, LETTER_SENT = (
    "a booking, from link to promise",
    "a letter of a round put down",
    "a letter sent",
)
OF_SCHOOLS = (OPENED, CHOSEN, TYPED, CHECKED, BOOKED, SEEN)
RATES = (0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)


@dataclass
class Country:
    """Who there is. `waiting`: schools that have not booked; `said`: bookings that were promised, and whose."""

    coordinators: list[Coordinator]
    schools: list[School]
    waiting: Iterator[School]
    said: dict[str, int]
    to_send: Iterator[Coordinator]
    """Those whose round is still to be sent."""


@dataclass(frozen=True)
class Work:
    """Seconds of the processor: of the service, PostgreSQL, the postmen, and the people themselves."""

    service: float
    database: float
    post: float
    people: float

    def __sub__(self, before: "Work") -> "Work":
        return Work(
            self.service - before.service,
            self.database - before.database,
            self.post - before.post,
            self.people - before.people,
        )


@dataclass
class Running:
    """Processes by the number of their first: those of each host, its postman, PostgreSQL."""

    owner: str
    lines: Lines
    mail: int
    web: list[int]
    postgres: int
    postmen: list[int]

    def work(self) -> "Work":
        return Work(
            sum(burden.seconds(one) for one in self.web),
            burden.seconds(self.postgres),
            sum(burden.seconds(one) for one in self.postmen),
            time.process_time(),
        )

    def memory(self) -> dict[str, float]:
        """Megabytes, by the name of a process."""
        found = {}
        for host, first in enumerate(self.web, 1):
            for n, worker in enumerate(burden.below(first)[1:], 1):
                found[f"host {host}, worker {n}"] = burden.megabytes(worker)
        for n, postman in enumerate(self.postmen, 1):
            found[f"postman {n}"] = burden.megabytes(postman)
        return found


def country(owner: str, folder: Path, partnerships: int, schools: int, thought: float) -> Country:
    """Partnerships that have a tour to fill, each school with somebody to write to and a link that it has had before."""
    os.environ.update(environment(owner, folder))
    import make
    from booking import weekdays, year
    from browser import session_of
    from outreach import create_app
    from outreach.county.contacts import Contact
    from outreach.county.partnerships import Authority
    from outreach.county.schools import OrganisationRecord
    from outreach.county.schools import School as Row
    from outreach.ground import clock
    from outreach.ground.db import db, transaction
    from outreach.post import links

    app, chance = create_app({}), random.Random("morning")
    signer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    people: dict[str, Any] = {"lines": Lines(()), "seen": Seen()}
    coordinators, asked, said = list[Coordinator](), list[School](), dict[str, int]()
    with app.app_context():
        now = clock.now()
        first = now.date() + timedelta(days=30)
        days, before = weekdays(first, schools // 2 + 5), now - timedelta(days=60)
        for k in range(partnerships):
            with transaction() as session:
                county, code = f"Marl {k}shire", f"M{k}"
                partnership = make.partnership((), name=f"{county} Partnership", county=county)
                session.add(Authority(la_code=code, name=county, partnership_id=partnership.id))
                person = make.person(partnership)
                coming = {"academic_year": year(first), "reply_by": first, "notice_book_days": 1}
                programme = make.programme(partnership, audience_ceiling=350, **coming)
                troupe = make.troupe(partnership)
                for day in days:
                    make.tour_day(programme, troupe, day)
                token = signer.dumps(session_of(person))
                cookies = {str(app.config["SESSION_COOKIE_NAME"]): token}
                coordinators.append(Coordinator(**people, cookies=cookies, county=county, thought=thought))
                named = {2_000_000 + k * 1000 + n: f"Redmere Academy {k}-{n}" for n in range(schools)}
                for urn, name in named.items():
                    facts = make.FACTS | {"organisation_id": urn, "name": name, "la_code": code}
                    session.add_all([Row(**facts), OrganisationRecord(recorded_at=before, **facts)])
                session.flush()
                for urn, name in named.items():
                    who = {"organisation_id": urn, "name": "Joanna Fell", "address": f"lead@s{urn}.example"}
                    source = {"source": "the school's website", "source_date": before.date()}
                    session.add(Contact(**who, **source, role="Head", created_at=before))
                    until = now + timedelta(days=200)
                    of = {"programme_id": programme.id, "partnership_id": partnership.id}
                    minted = links.mint(**who, **of, now=now, expires_at=until)
                    mine = {"organisation_id": urn, "name": name, "token": minted.token, "said": said}
                    asked.append(School(**people, **mine, chance=chance, thought=thought))
        with transaction() as session:
            session.execute(db.text("ANALYZE"))  # as the database itself does sooner or later
        db.session.remove()
        db.engine.dispose()
    chance.shuffle(asked)
    return Country(coordinators, asked, iter(asked), said, to_send=iter(coordinators[:-1]))


@contextmanager
def running(owner: str, folder: Path, mail: int, workers: int) -> Iterator[Running]:
    """Both hosts serve; the postmen are still at home."""
    service = address_of_service(owner)
    with ExitStack() as stack, psycopg.connect(_plain(owner)) as line:
        ports, web = [], []
        for host in range(HOSTS):
            own = folder / f"host-{host}"
            own.mkdir()
            port, process = stack.enter_context(gunicorn_of("wsgi:app", service, own, workers))
            ports.append(port)
            web.append(process)
        yield Running(owner, Lines(ports), mail, web, burden.parent(line.info.backend_pid), [])


def _plain(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


@contextmanager
def post(here: Running, folder: Path) -> Iterator[None]:
    """A postman on each host."""
    service = address_of_service(here.owner)
    with ExitStack() as stack:
        for host in range(HOSTS):
            here.postmen += stack.enter_context(postmen(service, folder / f"host-{host}", here.mail, 1))
        while len(_asked(here, "SELECT FROM postman WHERE ended_at IS NULL")) < HOSTS:
            time.sleep(0.1)
        yield
    here.postmen.clear()


def act(
    here: Running, people: Country, plan: Callable[[Morning], None], threads: int = 64
) -> tuple[Seen, float]:
    """What is seen of people who act as planned, and how long it took."""
    found = Seen()
    for one in (*people.coordinators, *people.schools):
        one.lines, one.seen = here.lines, found
    morning = Morning(found, threads)
    plan(morning)
    return found, morning.run()


@dataclass(frozen=True)
class Cost:
    """Milliseconds of the processor: of the service and of the database."""

    service: float
    database: float

    def __truediv__(self, many: int) -> "Cost":
        return Cost(self.service / many, self.database / many)


def alone(here: Running, people: Country, step: Callable[[int], Any], times: int) -> Cost:
    """What one costs of many, made one after the other."""

    def plan(morning: Morning) -> None:
        for n in range(times):
            morning.at(0, lambda n=n: step(n))

    begun = here.work()
    found, _ = act(here, people, plan, threads=1)
    assert not found.lost and not found.wrong, (found.lost + found.wrong)[:3]
    spent = here.work() - begun
    return Cost(spent.service * 1000, spent.database * 1000) / times


def costs(here: Running, people: Country, times: int) -> dict[str, Cost]:
    """Of each kind of request, made alone, and of a letter put down."""
    schools, thought = people.schools, people.schools[0].thought
    for one in schools:
        one.thought = 0.0
    looks: dict[str, Callable[[int], Any]] = {OPENED: lambda n: schools[-1 - n % len(schools)].anew().open()}
    for name in DESK:
        looks[name] = lambda n, name=name: people.coordinators[n % len(people.coordinators)].look(name)
    found = {}
    for name, look in looks.items():
        alone(here, people, look, min(times, HOSTS * 4))  # each worker has seen it
        found[name] = alone(here, people, look, times)
    alone(here, people, lambda _: _booking(people), min(times, HOSTS * 4))
    found[WHOLE_BOOKING] = alone(here, people, lambda _: _booking(people), max(1, times // 4))
    sender = people.coordinators[-1]
    spent = alone(here, people, lambda _: sender.list_round(), 1)
    found[LETTER_PUT] = spent / sender.seen.sent
    for one in schools:
        one.thought = thought
    return found


def cost_of_sending(here: Running) -> Cost:
    """Of a letter, by postmen who are on duty; what waits for a minute goes now."""
    _at_once(here)
    letters, begun = _waiting(here), here.work()
    _until_sent(here)
    spent = here.work() - begun
    return Cost(spent.post * 1000, spent.database * 1000) / letters


def _booking(people: Country) -> Any:
    return next(people.waiting).anew(books=True).open()


def _plan(people: Country, rate: float, seconds: float, rounds: int | None) -> Callable[[Morning], None]:
    """`rounds`: so many, or all that are left."""
    chance = random.Random(f"{rate} {seconds}")

    def plan(morning: Morning) -> None:
        for at in arrivals(OPENS * rate, seconds, chance):
            morning.at(at, lambda who=chance.choice(people.schools): who.anew().open())
        for at in arrivals(BOOKINGS * rate, seconds, chance):
            morning.at(at, lambda: _booking(people))
        for at in arrivals(LOOKS * rate, seconds, chance):
            page, who = chance.choice(list(DESK)), chance.choice(people.coordinators)
            morning.at(at, lambda who=who, page=page: who.look(page))
        for who in islice(people.to_send, rounds):
            morning.at(chance.uniform(0, seconds), who.list_round)

    return plan


def percentile(took: Sequence[float], part: float) -> float:
    return sorted(took)[min(len(took) - 1, int(len(took) * part))]


def floor(owner: str, folder: Path, rate: float, seconds: float) -> list[float]:
    """A bare service asked as often, by as many."""
    found, chance = Seen(), random.Random(rate)
    with gunicorn(
        "benchmarks.bare_start:app", str(make_url(owner).set(drivername="postgresql+psycopg")), folder
    ) as port:
        lines, morning = Lines([port]), Morning(found)

        def ask() -> None:
            began = time.perf_counter()
            assert lines.ask("GET", "/one", {}).status == 200
            found.took[ALONE].append(time.perf_counter() - began)

        for _ in range(20):
            lines.ask("GET", "/one", {})
        for at in arrivals((OPENS + 12 * BOOKINGS + LOOKS) * rate, seconds, chance):
            morning.at(at, ask)
        morning.run()
    return found.took[ALONE]


def carried(here: Running, people: Country, seconds: float, schools: int) -> float:
    """The highest of the rates at which pages of schools are there in time, each tried for some seconds, with as many letters
    of rounds a second. `schools`: letters of a round."""
    last = RATES[0]
    for rate in RATES:
        rounds = round(rate * A_SECOND * seconds / schools)
        found, _ = act(here, people, _plan(people, rate, seconds, rounds))
        slow = percentile([each for kind in OF_SCHOOLS for each in found.took[kind]], 0.99)
        print(f"morning, {rate:g} of England’s: one in a hundred pages of schools takes {slow:.2f} s or more")
        if slow > LONGEST or found.lost or found.wrong:
            break
        last = rate
    return last


def _asked(here: Running, statement: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(_plain(here.owner)) as line:
        return line.execute(statement).fetchall()  # type: ignore[call-overload,no-any-return]


def _waiting(here: Running) -> int:
    return int(_asked(here, "SELECT count(*) FROM letter WHERE status = 'waiting'")[0][0])


def _at_once(here: Running) -> None:
    """The minute in which a round can be stopped is over."""
    with psycopg.connect(_plain(here.owner)) as line:
        line.execute("UPDATE letter SET not_before = now() WHERE status = 'waiting' AND kind = 'invitation'")


def _until_sent(here: Running) -> None:
    until = time.monotonic() + 120 + _waiting(here) / A_SECOND * 4
    while _waiting(here):
        assert time.monotonic() < until, f"{_waiting(here)} letters still wait"
        time.sleep(0.2)


def judged(here: Running, said: dict[str, int], taken: Sequence[str]) -> dict[str, int]:
    """What went wrong, by the database and by the mail server."""
    bookings = _asked(
        here,
        "SELECT b.reference, b.organisation_id, l.message_id FROM booking b"
        " LEFT JOIN letter l ON l.stream = b.uid AND l.kind = 'booked' ORDER BY b.id",
    )
    stand = Counter(reference for reference, _, _ in bookings)
    letters = _asked(here, "SELECT message_id FROM letter WHERE status = 'sent'")
    arrived = Counter(taken)
    failed = _asked(
        here, "SELECT count(*) FROM letter WHERE status NOT IN ('sent', 'withdrawn', 'superseded')"
    )
    return {
        "bookings lost": len(said.keys() - stand.keys()),
        "bookings twice": sum(many > 1 for many in stand.values()),
        "bookings of others": sum(said.get(r, school) != school for r, school, _ in bookings),
        "bookings nobody was told of": len(stand.keys() - said.keys()),
        "bookings without a letter that came": sum(arrived[letter] != 1 for _, _, letter in bookings),
        "letters lost": sum(letter not in arrived for (letter,) in letters) + int(failed[0][0]),
        "letters twice": sum(many > 1 for many in arrived.values()),
    }


@dataclass(frozen=True)
class Asked:
    """How much of a morning: `rate` None is found out."""

    partnerships: int
    schools: int
    seconds: float
    """0: as long as the letters of all rounds take at that part of England's rate."""
    rate: float | None
    tried: float
    thought: float
    times: int
    workers: int
    tiny: bool


def _megabytes(here: Running) -> float:
    return float(_asked(here, "SELECT pg_database_size(current_database()) / 1048576.0")[0][0])


def measure(owner: str, folder: Path, asked: Asked, mail: int, taken: Path) -> bool:
    people = country(owner, folder, asked.partnerships, asked.schools, asked.thought)
    with running(owner, folder, mail, asked.workers) as here:
        cost = costs(here, people, asked.times)
        with post(here, folder):
            cost[LETTER_SENT] = cost_of_sending(here)
            _tell_costs(cost)
            schools = asked.schools
            rate = carried(here, people, asked.tried, schools) if asked.rate is None else asked.rate
            if not asked.tiny:  # each process has seen all of it
                act(here, people, _plan(people, rate, asked.tried, 0))
            people.to_send, left = tee(people.to_send)
            letters = schools * sum(1 for _ in left)
            whole = asked.seconds or max(asked.tried, letters / (A_SECOND * rate))
            booked, before, size_before = len(people.said), here.memory(), _megabytes(here)
            begun, work = time.monotonic(), here.work()
            found, seconds = act(here, people, _plan(people, rate, whole, None))
            work = here.work() - work
            if asked.tiny:
                _at_once(here)
            _until_sent(here)
            until_last, after, size_after = time.monotonic() - begun, here.memory(), _megabytes(here)
        wrong = judged(here, people.said, taken.read_text().split())
        bare = floor(owner, folder, rate, asked.tried)
    print(
        f"morning: {rate:g} of England’s, {HOURS:g} hours in {whole:.0f} s, {HOURS * 3600 / whole:.0f} times as fast "
        f"and as many a second; {asked.partnerships} partnerships of {asked.schools} schools"
    )
    _tell_pages(found, bare)
    _tell_work(work, seconds, found.late)
    letters = int(_asked_of(owner, "SELECT count(*) FROM letter WHERE status = 'sent'"))
    print(
        f"morning, letters: {found.sent:,} of rounds, the last of {letters:,} after {until_last:.0f} s ({found.sent / A_SECOND:.0f} s"
        f" by the line alone)"
    )
    print(
        f"morning, database: {size_before:.0f} MB at the start, {size_after:.0f} MB at the end, of "
        f"{len(people.said) - booked:,} bookings and {found.sent:,} letters of rounds; {found.elsewhere} times chosen anew"
    )
    wrong |= {"requests lost": len(found.lost), "pages wrong": len(found.wrong)}
    print(f"morning, lost and wrong: {', '.join(f'{what} {many}' for what, many in wrong.items())} (0 asked)")
    for said in (found.lost + found.wrong)[:5]:
        print(f"  {said}", file=sys.stderr)
    flat = _tell_memory(before, after)
    tell_england(cost)
    return flat and not any(wrong.values())


def _asked_of(owner: str, statement: str) -> Any:
    with psycopg.connect(_plain(owner)) as line:
        return line.execute(statement).fetchone()[0]  # type: ignore[call-overload,index]


def _tell_costs(cost: dict[str, Cost]) -> None:
    for name, each in cost.items():
        whose = "postman" if name == LETTER_SENT else "service"
        print(
            f"morning, cost of {name}: {each.service:.1f} ms of the {whose}’s processor, {each.database:.1f} ms of the "
            "database’s"
        )


def _tell_pages(found: Seen, bare: Sequence[float]) -> None:
    floors = {part: percentile(bare, part) for part in (0.5, 0.99)}
    print(
        f"morning, {ALONE}: p50 {floors[0.5] * 1000:.1f} ms, p99 {floors[0.99] * 1000:.1f} ms of {len(bare):,}, as "
        "many a second"
    )
    for kind in (*OF_SCHOOLS, *DESK, LISTED, SHOWN, SENT):
        took = found.took.get(kind, [])
        said = [
            f"p{part * 100:.0f} {percentile(took, part) * 1000:.0f} ms ({percentile(took, part) / floor:.1f}x)"
            for part, floor in floors.items()
            if took
        ]
        print(f"morning, {kind}: {', '.join(said) or 'none'} of {len(took):,}")


def _tell_work(work: Work, seconds: float, late: float) -> None:
    parts = {
        "gunicorn": work.service,
        "PostgreSQL": work.database,
        "postmen": work.post,
        "the people": work.people,
    }
    cores = ", ".join(f"{name} {each / seconds:.2f}" for name, each in parts.items())
    print(f"morning, cores of {os.cpu_count()}: {cores}; the people were {late:.2f} s late at most")


def _tell_memory(before: dict[str, float], after: dict[str, float]) -> bool:
    ratios = {name: after[name] / before[name] for name in before}
    said = ", ".join(f"{name} {before[name]:.0f} and {after[name]:.0f} MB" for name in before)
    flat = max(ratios.values()) <= FLAT
    print(
        f"morning, memory at the start and the end: {max(ratios.values()):.2f}x (at most {FLAT:g}x asked: "
        f"{'reached' if flat else 'MISSED'}) {said}"
    )
    return flat


def tell_england(cost: dict[str, Cost]) -> None:
    """What the busiest hour needs, where a second costs what its requests cost one by one."""
    a_second = {OPENED: OPENS, WHOLE_BOOKING: BOOKINGS} | dict.fromkeys(DESK, LOOKS / len(DESK))
    a_second |= {LETTER_PUT: A_SECOND, LETTER_SENT: A_SECOND}
    service = sum(cost[name].service * many for name, many in a_second.items() if name != LETTER_SENT) / 1000
    database = sum(cost[name].database * many for name, many in a_second.items()) / 1000
    post = cost[LETTER_SENT].service * A_SECOND / 1000
    workers = math.ceil(service / BUSY)
    print(
        f"morning, England’s busiest hour by these costs: {service:.1f} cores of work in gunicorn, {database:.1f} in "
        f"PostgreSQL, {post:.1f} in postmen: at {BUSY:.0%} busy {workers} workers and cores for them, "
        f"{math.ceil(database / BUSY)} cores for PostgreSQL, {max(2, math.ceil(post / BUSY))} postmen, "
        f"{workers * THREADS + 10} connections"
    )


def main() -> int:
    parser = options(__doc__, quick="a tenth of England’s rate, 1,000 letters", on=())
    parser.add_argument("--rate", type=float, help="of England’s busiest moment; else found out")
    parser.add_argument("--seconds", type=int, help="of the morning")
    parser.add_argument("--partnerships", type=int)
    parser.add_argument("--schools", type=int, help="of each partnership")
    parser.add_argument("--years", type=int, help="beside a tenth of a made-up England over so many years")
    parser.add_argument(
        "--at", metavar="URL", help="on this database, which is empty, migrated, and on PostgreSQL"
    )
    parser.add_argument("--folder", type=Path, help="where the service keeps its files, with --at")
    given = parser.parse_args()
    small = given.quick or given.smoke
    asked = Asked(
        partnerships=given.partnerships or size(given, 101, 11, 2),
        schools=given.schools or size(given, 120, 100, 10),
        seconds=given.seconds or size(given, 0, 60, 2),
        rate=given.rate or (size(given, 0, 10, 20) / 100 if small else None),
        tried=size(given, 30, 10, 1),
        thought=size(given, 30, 10, 0) / 10,
        times=size(given, 200, 60, 1),
        workers=size(given, 2, 2, 1),
        tiny=given.smoke,
    )
    if given.at:
        return status(given, _measured(given.at, given.folder, asked))
    with databases(["postgresql"]) as each:
        for _, url, folder in each:
            if given.years:
                _england(url, folder, given.years)
            reached = _measured(url, folder, asked)
    return status(given, reached)


def _measured(url: str, folder: Path, asked: Asked) -> bool:
    taken = folder / "taken"
    with mail_server(str(A_SECOND), str(taken)) as mail:
        return measure(url, folder, asked, mail, taken)


def _england(url: str, folder: Path, years: int) -> None:
    words = ["demonstration", "england", "--years", str(years), "--share", "0.1"]
    subprocess.run(
        [sys.executable, "-m", "flask", "--app", "wsgi", *words],
        cwd=ROOT,
        env=environment(url, folder),
        check=True,
        capture_output=True,
    )


if __name__ == "__main__":
    sys.exit(main())
