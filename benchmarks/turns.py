"""How long a partnership waits behind another's letters: a round of 5,000 is on its way, through a mail server that takes
50 a second, and one of 149 others makes bookings, and sends a small round.

  python benchmarks/turns.py [--quick | --smoke] [--database sqlite|postgresql]

The mail server is a process of its own (null_mail.py), and says when it took a letter; two postmen are processes of
`flask post send --loop` as in production, on PostgreSQL behind the walls. A confirmation is waited for from its commit
until the mail server has it. The floor is the line itself: 5,000 letters take 100 seconds, whoever hands them over.
"""

import os
import smtplib
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from outbox import mail_server, seen
from serving import ROOT, databases, environment, kinds, options, size, status

from walled import address_of_service

ASKED = 10.0
"""Seconds."""
A_SECOND = "50"
SMALL = 20
"""Letters of the small round."""


@contextmanager
def postmen(url: str, folder: Path, port: int, many: int) -> Iterator[list[int]]:
    """Their numbers as processes."""
    settings = environment(url, folder) | {"SMTP_URL": f"smtp://127.0.0.1:{port}"}
    workers = [
        subprocess.Popen(
            [sys.executable, "-m", "flask", "--app", "wsgi", "post", "send", "--loop"],
            cwd=ROOT,
            env=settings,
            stdout=subprocess.DEVNULL,
        )
        for _ in range(many)
    ]
    try:
        yield [worker.pid for worker in workers]
    finally:
        for worker in workers:
            worker.terminate()
        for worker in workers:
            worker.wait(timeout=60)


def taken_at(port: int, address: str) -> float:
    """When the mail server took the first letter to an address, by the clock; waits for it."""
    until = time.time() + 300
    while True:
        with smtplib.SMTP("127.0.0.1", port) as line:
            at = float(line.docmd("WHEN", address)[1])
        if at:
            return at
        assert time.time() < until, address
        time.sleep(0.1)


def put_round(of: int, letters: int, name: str) -> None:
    """So many invitations of one partnership, by one statement a table: what writes them is not measured here."""
    from sqlalchemy import insert, literal, select

    from outreach.ground.db import db, table_of, transaction
    from outreach.post.outbox import Letter, LetterMail

    now, letter = datetime.now(UTC), table_of(Letter)
    rows = [
        {
            "partnership_id": of,
            "stream": f"{name}/{n}",
            "recipient": f"{name}{n}@redmere.example",
            "kind": "invitation",
            "dtstamp": now,
            "subject": "Someone to Tell",
            "message_id": f"<{name}.{n}@outreach.example>",
            "created_at": now,
            "not_before": now,
        }
        for n in range(letters)
    ]
    raw = b"From: a@outreach.example\r\nSubject: Someone to Tell\r\n\r\n" + b"One of many.\r\n" * 500
    with transaction():
        db.session.execute(insert(letter), rows)
        ours = select(letter.c.id, literal(raw)).where(letter.c.stream.startswith(f"{name}/"))
        db.session.execute(insert(LetterMail).from_select(["letter_id", "raw"], ours))
        if db.engine.dialect.name == "postgresql":
            db.session.execute(db.text("ANALYZE letter, letter_mail"))  # as it does itself sooner or later


def measure(
    kind: str, url: str, folder: Path, port: int, letters: int, bookings: int, many: int, others: int
) -> bool:
    os.environ.update(environment(url, folder))
    from dataclasses import replace

    import make
    from outreach import create_app
    from outreach.ground.db import db, transaction
    from outreach.post import letters as post_letters
    from outreach.post.calendars import Attendee
    from post.facts import JOANNA, put_down, sender, visit

    app = create_app({})
    with app.app_context():
        put_down()
        with transaction():
            for n in range(others):
                make.partnership((f"{100 + n}",))
        put_round(1, letters, f"{kind}many")
        service = address_of_service(url)
        before = seen(port)[0]
        waits = []
        with postmen(service, folder, port, many):
            while seen(port)[0] < before + min(letters // 4, 50):
                time.sleep(0.1)
            began = time.time()
            put_round(2, SMALL, f"{kind}few")
            for n in range(bookings):
                now = datetime.now(UTC)
                facts = visit(uid=f"{kind}{n}@outreach.example", programme_id=2, created_at=now)
                facts = replace(
                    facts,
                    attendees=(Attendee(name="", address=f"{kind}{n}@stbrannocs.example"),),
                    starts_at=now + timedelta(days=60),
                    ends_at=now + timedelta(days=60, hours=1),
                )
                to = replace(JOANNA, address=f"{kind}{n}@stbrannocs.example")
                with transaction():
                    post_letters.booked(facts, to, sender(2), now=now, expires_at=now + timedelta(days=90))
                db.session.remove()
                committed = time.time()
                waits.append(taken_at(port, to.address) - committed)
                time.sleep(1.7)  # at other moments of what the postmen do
            small = max(taken_at(port, f"{kind}few{n}@redmere.example") for n in range(SMALL)) - began
            left = letters + SMALL + bookings - (seen(port)[0] - before)
        db.session.remove()
        db.engine.dispose()
    reached = max(waits) <= ASKED
    print(
        f"turns, {kind}: another's confirmation waits {max(waits):.1f} s at most "
        f"(at most {ASKED:g} s asked: {'reached' if reached else 'MISSED'}), {median(waits):.2f} s in the middle of "
        f"{bookings}, behind a round of {letters:,} letters, {others + 2} partnerships"
    )
    print(
        f"turns, {kind}: another's round of {SMALL} is through in {small:.1f} s, {left:,} of the first still waiting"
    )
    return reached


def main() -> int:
    asked = options(__doc__, quick="a round of 2,000").parse_args()
    letters, bookings = size(asked, 5000, 2000, 40), size(asked, 20, 8, 1)
    others = size(asked, 148, 148, 1)
    reached = True
    with mail_server(A_SECOND) as port, databases(kinds(asked)) as each:
        for kind, url, folder in each:
            reached &= measure(kind, url, folder, port, letters, bookings, size(asked, 2, 2, 1), others)
    return status(asked, reached)


if __name__ == "__main__":
    sys.exit(main())
