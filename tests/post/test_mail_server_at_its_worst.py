"""Two postmen at work before a mail server that is slow, refuses, puts off, loses the line and lies about what it took, all
at once and while visits are moved: counted, no letter is lost, and one that came again is the same to the byte.

One misdeed after the other stands in test_postman_misbehaving.py.
"""

import random
import re
import threading
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from outreach.ground.db import db, transaction
from outreach.post import copies, letters
from outreach.post.calendars import Attendee
from outreach.post.letters import Addressee
from outreach.post.outbox import FAILED, SENT, SUPERSEDED, WAITING, Letter
from post.facts import EXPIRES, NOW, sender, visit
from post.mail_server import MailServer
from post.postmen import send

MINUTE = timedelta(minutes=1)
LONGEST = 4 * 24 * 60
"""Minutes within which all has gone, or was given up: for two days a letter is tried, and held up with the others meanwhile."""

MISDEEDS = {
    "MAIL DROP": 3,
    "RCPT DROP": 3,
    "RCPT 450 4.2.0 greylisted, try again later": 8,
    "DATA 451 4.3.0 try again later": 4,
    "DATA 554 5.6.0 this letter is not taken": 2,
    "DATA DROP": 4,
    "TAKEN DROP": 8,
    "TAKEN 250 2.0.0 queued": 68,
}
"""How many of a hundred times a server does so: the last is good, the one before it a lie: it kept the letter and lost the
line before it said so."""


@dataclass
class WorstServer(MailServer):
    """Misdeeds come by chance; `did` counts them."""

    chance: random.Random = field(default_factory=lambda: random.Random(17))
    did: Counter[str] = field(default_factory=Counter)

    async def _next(self, step: str, server: Any) -> str | None:
        if step == "EHLO":
            return None
        if not self.answers:
            [misdeed] = self.chance.choices(list(MISDEEDS), list(MISDEEDS.values()))
            self.answers = [misdeed]
        if self.answers[0].startswith(step):
            self.did[self.answers[0]] += 1
        return await super()._next(step, server)


@pytest.fixture
def server() -> Iterator[WorstServer]:
    with WorstServer() as running:
        running.seconds = 0.002
        running.answers = ["TAKEN DROP"]
        yield running


def told(n: int, minute: int, sequence: int) -> None:
    """The nth visit, to a person of its own: booked, or moved once more."""
    now = NOW + minute * MINUTE
    to = Addressee(address=f"lead{n}@school{n}.example", name="Joanna Fell")
    starts = NOW + timedelta(days=60, hours=2 * n, minutes=sequence)
    about = visit(
        uid=f"{n}@outreach.example",
        created_at=NOW,
        sequence=sequence,
        organizer_token=f"{n:016x}",
        starts_at=starts,
        ends_at=starts + timedelta(hours=1),
        get_in_at=starts - timedelta(hours=1),
        away_at=starts + timedelta(hours=2),
        attendees=(Attendee(name=to.name, address=to.address),),
    )
    with transaction():
        if sequence == 0:
            letters.booked(about, to, sender(), now=now, expires_at=EXPIRES)
        else:
            letters.moved(
                about,
                to,
                sender(),
                was_starts_at=starts - timedelta(minutes=1),
                now=now,
                expires_at=EXPIRES,
            )


def waiting() -> int:
    db.session.rollback()
    return len(db.session.scalars(select(Letter.id).where(Letter.status == WAITING)).all())


@pytest.mark.any_database
@pytest.mark.parametrize("visits", [40, pytest.param(400, marks=pytest.mark.long)])
def test_none_is_lost_and_what_came_again_is_the_same(app: Flask, server: WorstServer, visits: int) -> None:
    chance, minute, sequences = random.Random(23), 0, dict.fromkeys(range(visits), 0)
    for n in range(visits):
        told(n, 0, 0)

    def postman(name: str) -> None:
        with app.app_context():
            send(server, NOW + minute * MINUTE, name=name)
            db.session.remove()

    while waiting() or minute < 10:
        db.session.remove()
        both = [threading.Thread(target=postman, args=(name,)) for name in ("a", "b")]
        for each in both:
            each.start()
        if minute < 10:  # while they are at it
            for n in chance.sample(range(visits), visits // 10):
                sequences[n] += 1
                told(n, minute, sequences[n])
        for each in both:
            each.join()
        minute += 1 if minute < 60 else 20
        assert minute < LONGEST, waiting()

    came: dict[str, list[bytes]] = defaultdict(list)
    said: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for taken in server.taken:
        copy = copies.read(taken.raw)
        entry = dict(re.findall(r"^(UID|SEQUENCE):(\S+)", copy.calendar.decode(), re.M))
        came[dict(copy.headers)["Message-ID"]].append(taken.raw)
        said[taken.to].append((entry["UID"], int(entry["SEQUENCE"])))
    rows = db.session.scalars(select(Letter).order_by(Letter.id)).all()
    by_status = Counter(row.status for row in rows)
    lies = server.did["TAKEN DROP"]
    repeats = sum(len(raws) - 1 for raws in came.values())
    print(f"{len(rows)} letters, {minute} minutes, {dict(by_status)}, {lies} lies, {repeats} came again")

    assert by_status.keys() <= {SENT, FAILED, SUPERSEDED} and by_status[SENT] >= visits * 3 // 4
    tried_for_long = sum(1 for row in rows if "tried for two days" in (row.last_error or ""))
    assert by_status[FAILED] - tried_for_long == server.did["DATA 554 5.6.0 this letter is not taken"]
    assert {row.message_id for row in rows if row.status == SENT} <= came.keys()  # none is lost
    assert {len(set(raws)) for raws in came.values()} == {1}  # Message-ID, UID, SEQUENCE and all
    assert lies and repeats <= lies  # once more for a lie, and for nothing else
    for n, sequence in sequences.items():
        had = said[f"lead{n}@school{n}.example"]
        numbers = [number for _, number in had]
        assert numbers == sorted(numbers) and {uid for uid, _ in had} <= {f"{n}@outreach.example"}
        last = max((row for row in rows if row.stream == f"{n}@outreach.example"), key=lambda row: row.id)
        assert last.sequence == sequence and last.status in (SENT, FAILED)
        assert last.status == FAILED or numbers[-1] == sequence  # the calendar has what stands
    assert {row.leased_by for row in rows} == {None}
