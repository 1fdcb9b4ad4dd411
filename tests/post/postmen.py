"""What the tests of the postman share: letters put down, a round of one postman, and postmen of their own
process."""

import os
import subprocess
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from begun import Begun
from outreach.ground.db import db, transaction
from outreach.post import letters
from outreach.post.outbox import Letter
from outreach.post.outgoing import claims, postman
from outreach.post.outgoing.mail_server import Server
from outreach.post.outgoing.postman import Post, Round
from post.facts import EXPIRES, JOANNA, NOW, sender, visit
from post.mail_server import MailServer

ROOT = Path(__file__).resolve().parents[2]


def post(server: MailServer | None, folder: Path = Path("/nowhere"), url: str = "") -> Post:
    to = Server.from_url(url or server.url) if server or url else None
    return Post(server=to, folder=folder, domain="outreach.example", key=b"key")


def put(n: int = 0, at: datetime = NOW, **changes: object) -> int:
    """One waiting letter about a visit of its own; its id."""
    with transaction():
        about = visit(uid=f"{n}@outreach.example", created_at=at, **changes)
        return letters.booked(about, JOANNA, sender(), now=at, expires_at=EXPIRES).id


def send(server: MailServer, at: datetime = NOW, name: str = "a") -> Round:
    return postman.send_waiting(post(server), clock=lambda: at, name=name)


def take(name: str, at: datetime) -> claims.Claimed | None:
    """The one letter that is due next, into a postman's hands."""
    taken = claims.turn(name, [], at, most=1)
    return taken[0] if taken else None


def mark(name: str, outcome: claims.LetterOutcome, at: datetime = NOW) -> None:
    claims.turn(name, [outcome], at, most=0)


def get(letter_id: int) -> Letter:
    db.session.rollback()
    return db.session.get_one(Letter, letter_id)


def command(database_url: str, tmp_path: Path, server: MailServer, *more: str) -> "subprocess.Popen[str]":
    """A postman of its own process, as an operator starts it."""
    return Begun(
        ["flask", "--app", "wsgi", "post", "send", *more],
        cwd=ROOT,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=os.environ
        | {
            "DATABASE_URL": database_url,
            "OUTREACH_FOLDER": str(tmp_path),
            "SMTP_URL": server.url,
            "MAIL_DOMAIN": "outreach.example",
        },
    )


def wait_for(what: Callable[[], bool], seconds: float = 120, *, every: float = 0.02) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end
        time.sleep(every)
