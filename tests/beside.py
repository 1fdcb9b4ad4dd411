"""What each address and each round of a job costs a county in statements and in rows read: told by PostgreSQL's own
counters, whatever reads them (a page, a row-level policy, a trigger, a function)."""

import io
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Set
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import psycopg
from flask import Flask
from sqlalchemy import Engine, delete, event, func, select
from werkzeug.routing import Rule

import router_server
from every_address import County
from outreach.asking.chasing import settings
from outreach.asking.chasing.settings import Schedule
from outreach.booking.promises import Booking
from outreach.cli import asking, incoming, post, roads, webhooks
from outreach.cli import planner as planner_command
from outreach.county import partnerships
from outreach.county.coordinators import Coordinator
from outreach.county.roles import COORDINATOR
from outreach.coverage.digest import days
from outreach.ground import clock, whose
from outreach.ground.db import db, transaction
from outreach.ground.timespans import day_of, wall
from outreach.planning import ordering, planner_process
from outreach.planning.rules import PlanRules
from outreach.post.feeds import tokens
from outreach.post.incoming import mailbox
from outreach.post.outbox import SENT, Letter
from outreach.post.outgoing import postman
from outreach.post.webhooks import events, subscriptions
from outreach.post.webhooks.deliveries import Told
from outreach.post.webhooks.subscriptions import Webhook
from outreach.tour import road_questions, router
from outreach.tour.performances import Performance
from outreach.tour.planning import planner
from outreach.tour.programmes import Programme
from outreach.visits import reminding, unreported

TIMES_AT_MOST, MORE_AT_MOST = 1.2, 100

OF_A_TABLE = 500
"""How many rows more a job may read of one table: as many as it costs least to go through, where all counties together have few."""

BY_INDEX = {
    "jit": "off",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "cpu_tuple_cost": "10",
    "cpu_index_tuple_cost": "10",
}
"""So that small tables are gone through by their indexes, too: the rows of a few counties lie on a few pages, and to walk
through a whole index and sift is reckoned cheaper than to look up one county's rows one by one. So a row is made as dear as many
pages, and joins look up row by row."""

RECEIVE, POLL = ("post", "receive"), ("post", "poll", "--loop")

JOBS: tuple[tuple[str, ...], ...] = (
    ("asking", "chase", "--loop"),
    ("post", "send", "--loop"),
    RECEIVE,
    POLL,
    ("roads", "fill", "--loop"),
    ("planner", "work"),
    ("webhooks", "send", "--loop"),
    ("check",),
)
"""What jobs do until they wait for the first time: the day's first, which erases what is due as `flask privacy sweep
--do` does. A poll is one for all partnerships: what it finds in the mailbox, it takes in as `receive` does."""

METRICS_TOKEN = "Q7kM2xR9pL4vN8sT1wZ6"

DONE = {
    ("asking", "chase", "--loop"): "schools reminded of their visits",
    ("post", "send", "--loop"): "Sent ",
    POLL: "Took in 1 mail.",
    ("roads", "fill", "--loop"): "Questions asked: 1.",
    ("planner", "work"): "A plan is done.",
    ("webhooks", "send", "--loop"): "1 delivery taken, 0 not.",
}
"""What they say once they have done something of what `put_down_work` puts down."""

OUTSIDE = {
    "IMAP_URL": "imaps://us:secret@mail.example/INBOX",
    "ROUTER_URL": "https://roads.example",
    "METRICS_TOKEN": METRICS_TOKEN,
}
"""What jobs ask of the world, as settings name it: `jobs_of` answers in its place; and who may ask them."""

FOR_WHOM = {"flask post send --loop": "letter"}
"""Jobs that look up for whom they have something to do, and the table in which they read `OF_EACH` rows at most of each
partnership for that: the first letter that waits, rank by rank, and those before it in its thread."""

OF_EACH = 20

_ROWS = """SELECT relname, coalesce(seq_tup_read, 0) + coalesce((SELECT sum(idx_tup_read) FROM pg_stat_user_indexes AS i
WHERE i.relid = t.relid), 0) FROM pg_stat_user_tables AS t"""


@dataclass
class Cost:
    """What one address or one round cost: statements as they were sent, and rows read by table; and what a job said."""

    sent: list[str] = field(default_factory=list)
    rows: Counter[str] = field(default_factory=Counter)
    status: Any = None
    said: str = ""


@dataclass
class Asker:
    """Who asks at the doors of a county: its people, a program's token, a coordinator's session. `of`: its partnership;
    `evening`: of a day with a show of which nobody has said how it went."""

    county: County
    of: int
    programme_id: int
    some_schools: list[int]
    evening: datetime
    token: str
    session: str

    def addresses(self, app: Flask, *, of_each_school: bool = True) -> list[tuple[Rule, str]]:
        """What every rule leads to, from each of the doors that it belongs to, or from the first of them."""
        rules = [rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())]
        return [
            (rule, path)
            for rule in sorted(rules, key=lambda one: one.rule)
            for path in islice(self.county.addresses(rule), None if of_each_school else 1)
        ]

    def ask(self, app: Flask, rule: Rule, path: str) -> int:
        client = app.test_client()
        if rule.endpoint.startswith("coordinator."):
            with client.session_transaction() as kept:
                kept["_user_id"], kept["_fresh"] = self.session, True
        bearers = {"api": self.token, "public.metrics": METRICS_TOKEN, "public.state": METRICS_TOKEN}
        bearer = bearers.get(rule.endpoint) or bearers.get(rule.endpoint.partition(".")[0])
        with client.get(path, headers={"Authorization": f"Bearer {bearer}"} if bearer else {}) as answer:
            answer.get_data()
            return answer.status_code


class Meter:
    """Counts what an app's database is sent, by whichever of its accounts, and what it reads for that. `owner_url`: where its
    counters can be asked."""

    def __init__(self, app: Flask, owner_url: str) -> None:
        with app.app_context():
            self._database = db.engine.url.database
        self._desk = psycopg.connect(owner_url.replace("+psycopg", ""), autocommit=True)
        self._alone()
        self._cost: Cost | None = None
        event.listen(Engine, "begin", self._begun)
        event.listen(Engine, "before_cursor_execute", self._sent)

    def _alone(self) -> None:
        """Who came before tells what it read within seconds, or when it goes: it goes now."""
        others = "pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        self._desk.execute(f"SELECT pg_terminate_backend(pid) FROM {others}")
        while self._desk.execute(f"SELECT pid FROM {others}").fetchone():
            time.sleep(0.1)

    def close(self) -> None:
        event.remove(Engine, "begin", self._begun)
        event.remove(Engine, "before_cursor_execute", self._sent)
        self._desk.close()

    @contextmanager
    def counted(self) -> Iterator[Cost]:
        before, cost = self._rows(), Cost()
        self._cost = cost
        try:
            yield cost
        finally:
            self._cost = None
        cost.rows = self._rows() - before

    def _rows(self) -> Counter[str]:
        return Counter({table: int(rows) for table, rows in self._desk.execute(_ROWS).fetchall()})

    def _begun(self, connection: Any) -> None:
        """What a session counted is told to all with the end of its transaction, not a second later."""
        if connection.engine.url.database == self._database:
            with connection.connection.driver_connection.cursor() as beside:
                beside.execute("SELECT pg_stat_force_next_flush()")

    def _sent(self, connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if connection.engine.url.database != self._database:
            return
        if self._cost is not None and not statement.startswith(f"{whose.MARK} SELECT set_config"):
            self._cost.sent.append(statement)


def go_by_indexes(url: str) -> None:
    """Whoever comes to this database from now on reads no table from end to end that has an index to go by."""
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        for name, value in BY_INDEX.items():
            connection.execute(f'ALTER DATABASE "{connection.info.dbname}" SET {name} = {value}')  # type: ignore[call-overload]


def few_rows(url: str) -> frozenset[str]:
    """Tables of which all counties together have so few rows that PostgreSQL rather goes through them than look up each
    school's, and a job as often as it asks; where they are many, it does not."""
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        found = connection.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND reltuples < %s", [OF_A_TABLE]
        )
        return frozenset(name for (name,) in found)


def let_alone(url: str, since: int) -> None:
    """All that was written since a transaction goes, but for the partnerships' own rows: they are there, and have
    nothing. What PostgreSQL thinks of the tables stays, so that it goes the same ways through them as beside others."""
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        thought = connection.execute(
            "SELECT reltuples, relpages, relallvisible, oid FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        ).fetchall()
        connection.execute("SET session_replication_role = replica")
        for table in db.metadata.sorted_tables:
            if table.name != "partnership":
                connection.execute(f"DELETE FROM {table.name} WHERE xmin::text::bigint > {since}")  # type: ignore[call-overload]
        connection.execute("VACUUM (TRUNCATE false)")
        with connection.cursor() as cursor:
            cursor.executemany(
                "UPDATE pg_class SET reltuples = %s, relpages = %s, relallvisible = %s WHERE oid = %s",
                thought,
            )


def at_every_door(county: County, session: str, now: Any) -> Asker:
    """Besides the people of a county: a program that reads its figures, one that is told of its bookings."""
    told = county.told
    of, programme_id = told.partnership.id, told.programme.id
    some_schools = [one.organisation_id for one in told.cast.everybody[:9]]
    over = db.session.scalar(
        select(func.max(Performance.ends_at))
        .join(Booking, Booking.performance_id == Performance.id)
        .where(
            Booking.programme_id == programme_id,
            Performance.ends_at < now,
            unreported.condition(by_school=True),
        )
    )
    assert over is not None
    evening = wall(day_of(over), reminding.FROM)
    with transaction():
        _, token = tokens.make(of, "Figures", who="Priya", now=now)
        subscriptions.make(of, "Cases", "https://program.example", subscriptions.EVENTS, who="Priya", now=now)
    return Asker(county, of, programme_id, some_schools, evening, token, session)


def a_mail(of: int) -> bytes:
    """An answer in words to the newest letter of a partnership that went."""
    letter = db.session.scalars(
        select(Letter)
        .where(Letter.partnership_id == of, Letter.status == SENT, Letter.stream != "")
        .order_by(Letter.id.desc())
        .limit(1)
    ).one()
    return (
        f"From: {letter.recipient}\r\nTo: bookings@outreach.example\r\nSubject: Re: a visit\r\nDate: Tue, 19 Jan 2027"
        f" 08:00:00 +0000\r\nMessage-ID: <{letter.id}@redmere.example>\r\nIn-Reply-To: {letter.message_id}\r\n"
        "Content-Type: text/plain\r\n\r\nCould we have another day?\r\n"
    ).encode()


def put_down_work(asker: Asker, now: datetime) -> None:
    """Something for each job, besides the letters and mails that there are: a day's round that has not come, a show of
    today, a plan, roads, an event, a digest. Whoever holds the county's rows is bound."""
    of = asker.of
    with transaction():
        programme = db.session.get_one(Programme, asker.programme_id)
        db.session.execute(delete(settings.ChasingRun))
        settings.settle(programme, Schedule(reminders_on=True, reports_on=True), who="Priya", now=now)
        ordering.order(programme, PlanRules(seconds=60, days_at_most=1), who="Priya", now=now)
        road_questions.order(
            partnerships.get(of), asker.some_schools, name="Some roads", anew=True, who="Priya", now=now
        )
        hook = db.session.scalars(select(Webhook).where(Webhook.partnership_id == of)).first()
        assert hook is not None
        events.put_test(hook, who="Priya", now=now)
        another = db.session.scalars(
            select(Coordinator)
            .where(
                Coordinator.partnership_id == of,
                Coordinator.role == COORDINATOR,
                Coordinator.ended_at.is_(None),
            )
            .order_by(Coordinator.id)
        ).first()
        assert another is not None
        days.choose(another, range(7), who="Priya", now=now - timedelta(days=2))


class UntilItWaits:
    """In the place of a StopSignal: a job's loop ends where it would wait."""

    def __init__(self) -> None:
        self._waits = False

    def is_set(self) -> bool:
        return self._waits

    def wait(self, _seconds: float) -> None:
        self._waits = True


@contextmanager
def jobs_of(only: int, *, in_the_mailbox: bytes = b"") -> Iterator[None]:
    """Jobs find out for whom there is work as ever, and do that of one partnership alone until they would wait, a turn as
    long as it takes; the history is sealed for all of them at once. The mailbox, a router and programs answer at once;
    a plan is drawn up in this process, which looks at no clock."""

    def narrowed(found: Callable[..., Any]) -> Callable[..., Any]:
        def ask(*given: Any) -> Any:
            told = found(*given)
            return told if told is None else [one for one in told if one in (only, None)]

        return ask

    def road_table(points: Any, *, now: datetime) -> bytes:
        there = SimpleNamespace(without=frozenset())
        return json.dumps(
            router_server.osrm([(one.longitude, one.latitude) for one in points.points], there)  # type: ignore[arg-type]
        ).encode()

    def look(_mailbox: Any, take: Callable[[bytes], bool | None], **_named: Any) -> mailbox.LookTaken:
        return mailbox.LookTaken(taken=int(bool(take(in_the_mailbox))))

    every = partnerships.every
    taken = SimpleNamespace(tell=lambda *_: Told(http_status=200, answer="Thank you."))
    with ExitStack() as stack:
        for name in ("everybody", "having_due", "having_letters", "having_asked_for_links"):
            stack.enter_context(patch.object(whose, name, narrowed(getattr(whose, name))))
        for command in (asking, incoming, planner_command, post, roads, webhooks):
            stack.enter_context(patch.object(command, "StopSignal", UntilItWaits))
        instead: tuple[tuple[Any, str, Any], ...] = (
            (partnerships, "every", lambda: [one for one in every() if one.id == only]),
            (asking, "_seal", lambda **_named: None),
            (postman, "A_TURN", timedelta(hours=1)),
            (postman, "TOO_LONG", timedelta(hours=1)),
            (mailbox, "look", look),
            (router, "ask", road_table),
            (webhooks, "Line", lambda: taken),
            (planner_process, "solve", lambda problem, seconds, **_named: planner.solve(problem, seconds)),
        )
        for owner, name, other in instead:
            stack.enter_context(patch.object(owner, name, other))
        yield


def rounds(app: Flask, meter: Meter, asker: Asker, mail: bytes, now: datetime) -> dict[str, Cost]:
    """What a round of each job costs where it has one partnership to see to; the day's once more in an evening."""
    costs = {}
    again = mail.replace(b"Message-ID: <", b"Message-ID: <again.")
    for words, at in (*((words, now) for words in JOBS), (JOBS[0], asker.evening)):
        with (
            app.app_context(),
            jobs_of(asker.of, in_the_mailbox=again),
            patch.object(clock, "now", lambda at=at: at),
            meter.counted() as cost,
        ):
            told = app.test_cli_runner().invoke(args=list(words), input=io.BytesIO(mail))
            cost.status, cost.said = told.exit_code, told.output
            if told.exception is not None and not isinstance(told.exception, SystemExit):
                raise told.exception
        assert (DONE.get(words, "") if at == now else "asked for this evening") in cost.said, cost.said
        costs[" ".join(("flask", *words, "" if at == now else "in an evening")).strip()] = cost
    return costs


def dearer(alone: dict[str, Cost], beside: dict[str, Cost], others: int, few: Set[str]) -> dict[str, Any]:
    """What costs more beside so many others: {address or job: statements, or {table: rows}, alone and beside}. Of a job each
    table is looked at, too, but those of `few_rows`: what is read of one would hide among all that a long round reads."""
    found: dict[str, Any] = {}
    for name, one in alone.items():
        other = beside[name]
        if (one.status, len(one.sent)) != (other.status, len(other.sent)):
            more, fewer = Counter(other.sent) - Counter(one.sent), Counter(one.sent) - Counter(other.sent)
            found[f"{name}, statements"] = (
                one.status,
                other.status,
                len(one.sent),
                len(other.sent),
                more,
                fewer,
            )
        asks = Counter({FOR_WHOM[name]: OF_EACH * others} if name in FOR_WHOM else {})
        each = other.rows.keys() - few if name.startswith("flask ") else ()
        wide = [
            table for table in each if _is_more(one.rows[table], other.rows[table], OF_A_TABLE + asks[table])
        ]
        if _is_more(one.rows.total(), other.rows.total(), MORE_AT_MOST + asks.total()):
            wide = [table for table, rows in other.rows.most_common() if rows > one.rows[table]]
        if wide:
            found[name] = {table: (one.rows[table], other.rows[table]) for table in wide}
    return found


def _is_more(alone: int, beside: int, more: int = MORE_AT_MOST) -> bool:
    return beside > TIMES_AT_MOST * alone + more
