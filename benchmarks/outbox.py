"""Letters a second: rendered and put into the outbox, and sent by one and by four postmen, beside smtplib
alone.

  python benchmarks/outbox.py [--quick | --smoke] [--database sqlite|postgresql]

The mail server is a process of its own that takes all and keeps nothing (null_mail.py). The floor is smtplib
handing the very same letters over one connection, in the same run, with nothing read and nothing written. The
postmen are processes of `flask post send --loop` on a database as durable as in production (synchronous=FULL;
fsync on). Both are timed by the mail server, from the first letter it takes to the last, so that the start of
a process is not counted.
"""

import os
import smtplib
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from serving import ROOT, databases, environment, kinds, options, say, size, status

ASKED = 1 / 3
WAIT = 2
"""Seconds for each postman to start in, and for two more."""


@contextmanager
def mail_server(*a_second: str) -> Iterator[int]:
    server = subprocess.Popen(
        [sys.executable, str(ROOT / "benchmarks" / "null_mail.py"), *a_second],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout is not None
        yield int(server.stdout.readline())
    finally:
        server.terminate()
        server.wait(timeout=30)


def seen(port: int) -> tuple[int, float]:
    """How many letters the server has taken, and in how many seconds."""
    with smtplib.SMTP("127.0.0.1", port) as line:
        letters, seconds = line.docmd("SEEN")[1].split()
    return int(letters), float(seconds)


def anew(port: int) -> None:
    with smtplib.SMTP("127.0.0.1", port) as line:
        line.docmd("ANEW")


def alone(port: int, raws: Sequence[bytes]) -> float:
    """smtplib hands over the same letters: letters a second."""
    anew(port)
    with smtplib.SMTP("127.0.0.1", port) as line:
        for n, raw in enumerate(raws):
            line.sendmail(f"bounce+{n}.0123456789abcdef@outreach.example", ["j.fell@stbrannocs.example"], raw)
    letters, seconds = seen(port)
    assert letters == len(raws)
    return letters / seconds


def written(url: str, folder: Path, letters: int, *, together: int, name: str) -> float:
    """So many confirmations with their invites put into the outbox, `together` a transaction: letters a
    second."""
    os.environ.update(environment(url, folder))
    from outreach import create_app
    from outreach.county.partnerships import Partnership
    from outreach.ground.db import db, transaction
    from outreach.post import letters as post_letters
    from post.facts import JOANNA, put_down, sender, visit

    app = create_app({})
    now = datetime.now(UTC)
    soon = now + timedelta(days=60)
    facts = visit(
        created_at=now,
        starts_at=soon,
        ends_at=soon + timedelta(hours=1),
        get_in_at=soon - timedelta(hours=1),
        away_at=soon + timedelta(hours=2),
    )
    with app.app_context():
        if not db.session.query(Partnership).count():
            put_down()
        began = time.perf_counter()
        for first in range(0, letters, together):
            with transaction():
                for n in range(first, min(first + together, letters)):
                    about = replace(facts, uid=f"{name}-{n}@outreach.example")
                    post_letters.booked(about, JOANNA, sender(), now=now, expires_at=soon)
        seconds = time.perf_counter() - began
        db.session.remove()
        db.engine.dispose()
    return letters / seconds


def due_at(url: str, folder: Path, moment: datetime | None) -> list[bytes]:
    """Let what waits be due at `moment`; None: leave nothing waiting. The bytes of what waits."""
    os.environ.update(environment(url, folder))
    from sqlalchemy import select, update

    from outreach import create_app
    from outreach.ground.db import db, transaction
    from outreach.post.outbox import WAITING, WITHDRAWN, Letter, LetterMail

    app = create_app({})
    with app.app_context():
        raws = list(
            db.session.scalars(
                select(LetterMail.raw).join(Letter).where(Letter.status == WAITING).order_by(Letter.id)
            )
        )
        with transaction():
            values = {"status": WITHDRAWN} if moment is None else {"not_before": moment}
            db.session.execute(update(Letter).where(Letter.status == WAITING).values(**values))
            if db.engine.dialect.name == "postgresql":
                db.session.execute(
                    db.text("ANALYZE letter, letter_mail")
                )  # as the database itself does sooner or later
        db.session.remove()
        db.engine.dispose()
    return raws


def sent(url: str, folder: Path, port: int, postmen: int, letters: int, wait: int) -> float:
    """Letters a second by so many processes at once, all at work before the first letter is due."""
    anew(port)
    moment = datetime.now(UTC) + timedelta(seconds=wait * (2 + postmen))
    assert len(due_at(url, folder, moment)) == letters
    settings = environment(url, folder) | {"SMTP_URL": f"smtp://127.0.0.1:{port}"}
    workers = [
        subprocess.Popen(
            [sys.executable, "-m", "flask", "--app", "wsgi", "post", "send", "--loop", "--every", "0.05"],
            cwd=ROOT,
            env=settings,
            stdout=subprocess.DEVNULL,
        )
        for _ in range(postmen)
    ]
    try:
        while seen(port)[0] < letters:
            assert datetime.now(UTC) < moment + timedelta(seconds=300), seen(port)
            time.sleep(0.2)
        count, seconds = seen(port)
    finally:
        for worker in workers:
            worker.terminate()
        for worker in workers:
            worker.wait(timeout=60)
    assert count == letters, f"{count} letters for {letters}"
    return count / seconds


def measure(kind: str, url: str, folder: Path, port: int, letters: int, turns: int, wait: int) -> bool:
    single = written(url, folder, letters // 4, together=1, name="single")
    due_at(url, folder, None)
    rounds, floors, ratios, ones, fours = [], [], [], [], []
    for turn in range(turns):
        rounds.append(written(url, folder, letters, together=100, name=f"one{turn}"))
        floors.append(alone(port, due_at(url, folder, datetime.now(UTC) + timedelta(days=1))))
        ones.append(sent(url, folder, port, 1, letters, wait))
        ratios.append(ones[-1] / floors[-1])
    for turn in range(turns if turns > 3 else 1):
        written(url, folder, letters, together=100, name=f"four{turn}")
        fours.append(sent(url, folder, port, 4, letters, wait))
    floor = median(floors)
    print(
        f"rendered and put down, {kind}: {single:.0f} letters a second one a transaction, "
        f"{median(rounds):.0f} in hundreds"
    )
    one = say(
        f"sent by one postman, {kind}",
        median(ratios),
        round(ASKED, 3),
        at_least=True,
        detail=f"({median(ones):.0f} letters a second, smtplib alone {floor:.0f})",
    )
    four = (
        f"({median(fours):.0f} letters a second, of two cores shared with the mail server and the database)"
    )
    print(f"sent by four postmen, {kind}: {median(fours) / floor:.3g}x {four}")
    return one


def main() -> int:
    asked = options(__doc__, quick="fewer letters").parse_args()
    letters, turns = size(asked, 3000, 400, 12), size(asked, 5, 3, 1)
    wait = 0 if asked.smoke else WAIT
    reached = True
    with mail_server() as port, databases(kinds(asked)) as each:
        for kind, url, folder in each:
            reached &= measure(kind, url, folder, port, letters, turns, wait)
    return status(asked, reached)


if __name__ == "__main__":
    sys.exit(main())
