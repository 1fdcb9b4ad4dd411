"""Postmen killed with -9 in the middle of their work: nothing lost, nothing stuck, nothing out of order."""

import random
import re
import signal
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import Popen

import pytest
from flask import Flask
from sqlalchemy import select, text

from how_many import so_many
from outreach import create_app
from outreach.ground.db import db, transaction
from outreach.post import copies, envelopes, letters, outbox
from outreach.post.calendars import Attendee
from outreach.post.envelopes import Envelope
from outreach.post.letters import Addressee
from outreach.post.outbox import SENT, SUPERSEDED, WAITING, Letter
from outreach.post.outgoing import duty
from post.facts import SETTINGS, put_down, sender, visit
from post.mail_server import MailServer
from post.postmen import command, wait_for
from postgres import Postgres

pytestmark = pytest.mark.browser

KILLED, KILLED_BETWEEN_BOOKINGS = so_many(10, least=3), so_many(5, least=2)
LETTERS = 5 * so_many(100, least=30)
TOGETHER = so_many(80, least=24)
"""Threads of letters that four send at once."""


@pytest.fixture
def server() -> Iterator[MailServer]:
    with MailServer() as running:
        yield running


def put_numbered(thread: int, nth: int, now: datetime) -> None:
    """The nth letter of one of a hundred threads; none of them takes the place of another."""
    recipient = f"person{thread % 2}@school{thread // 2}.example"
    message_id = f"<{thread}.{nth}@outreach.example>"
    envelope = Envelope(
        sender_name="Marlshire",
        sender_address="bookings@outreach.example",
        recipient=recipient,
        message_id=message_id,
        written_at=now,
    )
    outbox.put(
        partnership_id=1,
        stream=f"{thread // 2}@outreach.example",
        recipient=recipient,
        kind="note",
        subject=f"{thread} {nth}",
        message_id=message_id,
        now=now,
        raw=envelopes.seal(envelope, subject=f"{thread} {nth}", text="One.\n", html="<p>One.</p>"),
    )


def kill_in_the_middle(worker: "Popen[str]", server: MailServer, chance: random.Random) -> None:
    """-9, at a moment that nobody chose, once the worker has begun to send."""
    before = len(server.taken)
    wait_for(lambda: len(server.taken) > before or worker.poll() is not None)
    end = datetime.now(UTC) + timedelta(seconds=chance.uniform(0, 0.25))
    wait_for(lambda: datetime.now(UTC) >= end, every=0.001)
    worker.send_signal(signal.SIGKILL)
    worker.wait()


def nothing_waits() -> bool:
    db.session.rollback()
    return db.session.scalar(select(Letter.id).where(Letter.status == WAITING).limit(1)) is None


def at_work() -> list[int]:
    """How many letters each postman on duty has sent."""
    db.session.rollback()
    return [each.sent for each in duty.on_duty(datetime.now(UTC))]


@pytest.mark.long
@pytest.mark.any_database("postgresql")
def test_five_hundred_letters_outlive_ten_killed_postmen(
    app: Flask, server: MailServer, database_url: str, tmp_path: Path
) -> None:
    now = datetime.now(UTC)
    for nth in range(5):
        with transaction():
            for thread in range(LETTERS // 5):
                put_numbered(thread, nth, now + timedelta(microseconds=nth))
    db.session.remove()
    server.seconds = 0.004
    chance = random.Random(7)
    killed = 0
    while killed < KILLED:
        server.most = (
            len(server.taken) + 45
        )  # so that letters are left for all, however long it takes to kill one
        worker = command(database_url, tmp_path, server, "--loop", "--every", "0.05")
        kill_in_the_middle(worker, server, chance)
        killed += 1
        assert len({taken.raw for taken in server.taken}) < LETTERS, (
            "all was sent before the last one was killed"
        )
    server.most = None
    last = command(database_url, tmp_path, server, "--loop", "--every", "0.05")
    wait_for(nothing_waits)
    last.send_signal(signal.SIGTERM)
    said, _ = last.communicate(timeout=120)
    assert last.returncode == 0, said

    db.session.rollback()
    by_id: dict[str, set[bytes]] = defaultdict(set)
    order: dict[str, list[int]] = defaultdict(list)
    for taken in server.taken:
        headers = dict(copies.read(taken.raw).headers)
        by_id[headers["Message-ID"]].add(taken.raw)
        thread, nth = headers["Subject"].split()
        order[thread].append(int(nth))
    assert len(by_id) == LETTERS  # every letter at least once
    assert {len(raws) for raws in by_id.values()} == {1}  # again only with the same bytes
    assert len(order) == LETTERS // 5
    for seen in order.values():
        assert seen == sorted(seen) and set(seen) == set(range(5))
    rows = db.session.scalars(select(Letter)).all()
    assert {(row.status, row.lease_until, row.leased_by) for row in rows} == {(SENT, None, None)}
    repeats = len(server.taken) - LETTERS
    assert repeats <= KILLED * 100, f"{repeats} letters went again"
    # The dead are known to be dead, and the last one has gone home.
    assert duty.on_duty(datetime.now(UTC)) == []


@pytest.mark.any_database("postgresql")
def test_bookings_that_change_while_postmen_die_leave_every_calendar_true(
    app: Flask, server: MailServer, database_url: str, tmp_path: Path
) -> None:
    """Bookings of two people each are made, moved and cancelled while postmen are killed."""
    chance = random.Random(11)
    people = [Addressee(address=f"{who}@stbrannocs.example", name=who.title()) for who in ("ann", "ben")]
    began = datetime.now(UTC)
    expires = began + timedelta(days=300)
    sequence: dict[int, int] = {}
    cancelled: set[int] = set()

    def about(n: int, now: datetime) -> letters.LetterVisit:
        starts = began + timedelta(days=60, hours=3 * n, minutes=sequence[n])
        return visit(
            uid=f"{n}@outreach.example",
            created_at=began,
            sequence=sequence[n],
            organizer_token=f"{n:016x}",
            starts_at=starts,
            ends_at=starts + timedelta(hours=1),
            get_in_at=starts - timedelta(hours=1),
            away_at=starts + timedelta(hours=2),
            attendees=tuple(Attendee(name=p.name, address=p.address) for p in people),
        )

    def change() -> None:
        """One booking made, moved or cancelled, as its page would do it."""
        now = datetime.now(UTC)
        with transaction():
            standing = [n for n in sequence if n not in cancelled]
            n = chance.choice(standing) if len(standing) > 20 else len(sequence)
            if n not in sequence:
                sequence[n] = 0
                for person in people:
                    letters.booked(about(n, now), person, sender(), now=now, expires_at=expires)
            else:
                was = about(n, now).starts_at
                sequence[n] += 1
                if chance.random() < 0.2:
                    cancelled.add(n)
                    for person in people:
                        letters.cancelled(
                            about(n, now), person, sender(), reason="Exams", by="school", now=now
                        )
                else:
                    for person in people:
                        letters.moved(
                            about(n, now), person, sender(), was_starts_at=was, now=now, expires_at=expires
                        )
        db.session.remove()

    server.seconds = 0.01
    for _ in range(KILLED_BETWEEN_BOOKINGS):
        worker = command(database_url, tmp_path, server, "--loop", "--every", "0.05")
        before = len(server.taken)
        while len(server.taken) < before + 5 and worker.poll() is None:
            change()
        kill_in_the_middle(worker, server, chance)
    last = command(database_url, tmp_path, server, "--loop", "--every", "0.05")
    for _ in range(40):
        change()
    wait_for(nothing_waits)
    last.send_signal(signal.SIGTERM)
    last.communicate(timeout=120)

    db.session.rollback()
    perhaps = {
        (row.stream, row.recipient)
        for row in db.session.scalars(
            select(Letter).where(Letter.method == "REQUEST", Letter.perhaps_at.is_not(None))
        )
    }
    got: dict[tuple[str, str], list[tuple[int, str, bytes]]] = defaultdict(list)
    by_id: dict[str, set[bytes]] = defaultdict(set)
    for taken in server.taken:
        copy = copies.read(taken.raw)
        said = dict(re.findall(r"^(UID|SEQUENCE|METHOD):(\S+)", copy.calendar.decode(), re.M))
        got[said["UID"], taken.to].append((int(said["SEQUENCE"]), said["METHOD"], copy.calendar))
        by_id[dict(copy.headers)["Message-ID"]].add(taken.raw)
    assert {len(raws) for raws in by_id.values()} == {1}
    assert cancelled and len(sequence) > 10 and sum(1 for n in sequence if sequence[n]) > 5
    for n, now_at in sequence.items():
        for person in people:
            had = got.get((f"{n}@outreach.example", person.address), [])
            assert [s for s, _, _ in had] == sorted(s for s, _, _ in had)
            if n in cancelled and not had:
                continue  # nobody ever heard of it
            # Nothing is cancelled that was not in the calendar, or perhaps was: a dead postman had it in
            # hand.
            assert had[0][1] == "REQUEST" or (f"{n}@outreach.example", person.address) in perhaps
            assert had[-1][:2] == (now_at, "CANCEL" if n in cancelled else "REQUEST")
    rows = db.session.scalars(select(Letter)).all()
    assert {row.status for row in rows} <= {SENT, SUPERSEDED} and {row.leased_by for row in rows} == {None}


@pytest.mark.any_database
def test_four_postmen_at_once_send_each_letter_once_and_each_thread_in_order(
    app: Flask, server: MailServer, database_url: str, tmp_path: Path
) -> None:
    server.seconds = 0.003
    workers = [command(database_url, tmp_path, server, "--loop", "--every", "0.05") for _ in range(4)]
    try:
        # On a slow machine three might send all of it before the fourth has started.
        wait_for(lambda: len(at_work()) == 4)
        now = datetime.now(UTC)
        with transaction():
            for nth in range(3):
                for thread in range(TOGETHER):
                    put_numbered(thread, nth, now + timedelta(microseconds=nth))
        wait_for(nothing_waits)
        senders = at_work()
    finally:
        for worker in workers:
            worker.send_signal(signal.SIGTERM)
        for worker in workers:
            worker.communicate(timeout=120)
    assert {worker.returncode for worker in workers} == {0}
    order: dict[str, list[int]] = defaultdict(list)
    for taken in server.taken:
        thread, nth = dict(copies.read(taken.raw).headers)["Subject"].split()
        order[thread].append(int(nth))
    assert len(server.taken) == 3 * TOGETHER and set(map(tuple, order.values())) == {(0, 1, 2)}
    assert len(senders) == 4 and sum(senders) == 3 * TOGETHER


HANG_UP = """SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()"""


def hung_up() -> bool:
    """Whether the database has just thrown somebody out; what it tells of others stands still within a
    transaction."""
    thrown_out = db.session.execute(text(HANG_UP)).scalar()
    db.session.rollback()
    return bool(thrown_out)


def test_a_postman_outlives_a_database_that_hangs_up_on_him(
    postgres: Postgres, server: MailServer, tmp_path: Path
) -> None:
    url = postgres.fresh("template_outreach")
    app = create_app(
        SETTINGS
        | {
            "SQLALCHEMY_DATABASE_URI": url.replace("postgresql://", "postgresql+psycopg://"),
            "OUTREACH_FOLDER": str(tmp_path),
        }
    )
    with app.app_context():
        put_down()
        worker = command(url, tmp_path, server, "--loop", "--every", "0.05")
        try:
            for thread in range(3):
                wait_for(hung_up)
                with transaction():
                    put_numbered(thread, 0, datetime.now(UTC))
                wait_for(nothing_waits)
                assert len(server.taken) == thread + 1
        finally:
            worker.send_signal(signal.SIGTERM)
            said, _ = worker.communicate(timeout=120)
            db.session.remove()
            db.engine.dispose()
    assert worker.returncode == 0 and "Stopped." in said
