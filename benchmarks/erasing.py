"""Mails in which some words stand, found among 20,000 letters and 5,000 replies, before anything is erased.

  python benchmarks/erasing.py [--quick | --smoke] [--database sqlite|postgresql]

Floor in the same run: one plain SELECT of the same bytes with the same driver, in turns with it.
"""

import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter

from serving import databases, environment, kinds, options, say, size, status

LETTERS, QUICK, SMOKE = 20_000, 20_000, 200
RATIO = 15.0
AT = datetime(2026, 9, 3, 9, 0, tzinfo=UTC)
WORDS = "Ellie Smith of 8B fainted in the hall"


def lay(partnership_id: int, letters: int) -> None:
    """Letters with an invite, as the service seals them, and replies that quote them, a quarter as many."""
    from sqlalchemy import insert

    from outreach.ground.db import db
    from outreach.post import envelopes
    from outreach.post.envelopes import Envelope, Invite
    from outreach.post.incoming.inbox import Incoming, IncomingMail
    from outreach.post.outbox import Letter, LetterMail

    lines = [f"* Line {n}: the company arrives at 8:30am – and leaves by 11:15am." for n in range(40)]
    for start in range(0, letters, 500):
        heads, mails, came, raws = [], [], [], []
        for n in range(start, min(start + 500, letters)):
            text = "\n".join([f"Dear colleague {n},", *lines, WORDS if n == letters // 2 else ""])
            envelope = Envelope(
                sender_name="Marlshire",
                sender_address="bookings@outreach.example",
                recipient=f"head{n}@school.example",
                message_id=f"<{n}@outreach.example>",
                written_at=AT,
            )
            raw = envelopes.seal(
                envelope,
                subject="Your visit",
                text=text,
                html="<p>" + text.replace("\n", "<br>") + "</p>",
                invite=Invite(method="REQUEST", ics=text.encode()),
            )
            heads.append(
                {
                    "id": n + 1,
                    "partnership_id": partnership_id,
                    "stream": f"s{n}",
                    "recipient": envelope.recipient,
                    "kind": "booked",
                    "dtstamp": AT,
                    "subject": "Your visit",
                    "message_id": envelope.message_id,
                    "created_at": AT + timedelta(minutes=n),
                    "status": "sent",
                    "not_before": AT,
                }
            )
            mails.append({"letter_id": n + 1, "raw": raw})
            if n % 4 == 0:
                came.append(
                    {
                        "id": n + 1,
                        "partnership_id": partnership_id,
                        "digest": str(n),
                        "received_at": AT,
                        "kind": "person",
                        "sender": envelope.recipient,
                    }
                )
                quoted = "\r\n".join("> " + line for line in text.splitlines()).encode()
                raws.append(
                    {
                        "incoming_id": n + 1,
                        "raw": b"Content-Type: text/plain; charset=utf-8\r\n\r\nThank you.\r\n" + quoted,
                    }
                )
        for model, rows in ((Letter, heads), (LetterMail, mails), (Incoming, came), (IncomingMail, raws)):
            db.session.execute(insert(model), rows)


def measure(kind: str, url: str, folder: Path, letters: int) -> bool:
    os.environ.update(environment(url, folder))
    from sqlalchemy import event, select, text

    import make
    from outreach import create_app
    from outreach.ground.db import db, transaction
    from outreach.post.incoming.inbox import IncomingMail
    from outreach.post.outbox import LetterMail
    from outreach.privacy import comparing, stored_mails
    from outreach.privacy.stored_mails import Sought

    with create_app({}).app_context():
        with transaction():
            of = make.partnership().id
            lay(of, letters)
        with transaction():
            db.session.execute(text("ANALYZE"))
        asked: list[str] = []
        event.listen(db.engine, "before_cursor_execute", lambda *told: asked.append(told[2]))
        sought = Sought(named=comparing.stands_in(WORDS), needles=(comparing.needle(WORDS),))
        plain, found = [], []
        for _ in range(3):
            began = perf_counter()
            for column in (LetterMail.raw, IncomingMail.raw):
                for _raw in db.session.scalars(select(column).execution_options(yield_per=200)):
                    pass
            plain.append(perf_counter() - began)
            asked.clear()
            began = perf_counter()
            mails = stored_mails.find(of, sought)
            found.append(perf_counter() - began)
            assert len(mails.found) in (1, 2), len(mails.found)
        queries = len([one for one in asked if "SELECT" in one])
        db.session.remove()
        db.engine.dispose()
    print(
        f"mails that say some words, {kind}: {queries} queries, {median(found):.2f} s for {letters} letters"
    )
    return say(
        f"mails that say some words, {kind}",
        median(found) / median(plain),
        RATIO,
        detail=f"floor {median(plain):.2f} s",
    )


def main() -> int:
    asked = options(__doc__).parse_args()
    letters = size(asked, LETTERS, QUICK, SMOKE)
    with databases(kinds(asked)) as each:
        reached = all([measure(kind, url, folder, letters) for kind, url, folder in each])
    return status(asked, reached)


if __name__ == "__main__":
    sys.exit(main())
