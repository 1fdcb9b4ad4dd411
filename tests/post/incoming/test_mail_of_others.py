"""Every mail as other programs send it lands where it should, with our own mail server's word, another's, and
none."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

import make
from outreach.ground.db import db, transaction
from outreach.post.incoming import inbox, receiving
from outreach.post.incoming.inbox import (
    ANSWER,
    AUTO_REPLY,
    BOUNCE,
    COUNTER,
    DOUBT,
    INVITE,
    MAIL,
    NEWCOMER,
    PERSON,
    WISH,
    CalendarAnswer,
    Incoming,
)
from outreach.post.outbox import Letter

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
OURS = "booking-7f3c9a2e@performances.example.gov.uk"
VISITS = {
    OURS: (
        "performances+7f3c9a2e@performances.example.gov.uk",
        ("office@stmarys.example.sch.uk", "head@stmarys.example.sch.uk"),
        1,
    ),
    "1E71F9C8-AEDA-48EB-98D0-76E898F6BB5C": (
        "ical-living-on+d7cdf68d-8b73-4df1-ad3b-f08002fb285f@example.com",
        ("xyzzy@example.com",),
        7,
    ),
    "6de280c9-edff-4019-8ebd-cfebc73f8201": ("cassandane@example.com", ("foo@example.net",), 0),
}
"""UID: (the address its invites went from, to whom, its SEQUENCE)."""

LANDS = {
    "apple-dsn_failure_no_ics": (BOUNCE, MAIL, None),
    "apple-dsn_failure_no_original": (BOUNCE, MAIL, None),
    "apple-dsn_failure_with_ics": (BOUNCE, MAIL, None),
    "apple-good_reply": (ANSWER, "", "xyzzy@example.com ACCEPTED 7"),
    "apple-reply_missing_attachment": (PERSON, MAIL, None),
    "apple-reply_missing_attendee": (ANSWER, MAIL, None),
    "apple-reply_missing_organizer": (ANSWER, MAIL, None),
    "cyrus-imip_cancel": (INVITE, MAIL, None),
    "cyrus-imip_reply": (ANSWER, "", "foo@example.net ACCEPTED 0"),
    "cyrus-imip_reply_no_organizer": (ANSWER, "", "foo@example.net ACCEPTED 0"),
    "cyrus-imip_reply_override_google": (ANSWER, "", "foo@example.net ACCEPTED 0"),
    "cyrus-imip_reply_partycrasher": (ANSWER, NEWCOMER, None),
    "cyrus-imip_reply_with_alarm": (ANSWER, "", "foo@example.net ACCEPTED 0"),
    "mozilla-cancel-single-event": (INVITE, MAIL, None),
    "mozilla-meet-meeting-invite": (INVITE, MAIL, None),
    "mozilla-message-non-invite": (PERSON, MAIL, None),
    "mozilla-outlook-test-invite": (INVITE, MAIL, None),
    "mozilla-teams-meeting-invite": (INVITE, MAIL, None),
    "mozilla-update-major": (INVITE, MAIL, None),
    "mozilla-update-minor": (INVITE, MAIL, None),
    "own-oof-autoreply": (AUTO_REPLY, "", None),
    "own-outlook-counter-shape": (COUNTER, WISH, "head@stmarys.example.sch.uk TENTATIVE 0"),
    "own-outlook-reply-shape": (ANSWER, MAIL, "office@stmarys.example.sch.uk ACCEPTED 0"),
    "own-thunderbird153-reply-1": (ANSWER, "", "office@stmarys.example.sch.uk ACCEPTED 0"),
    "own-thunderbird153-reply-2": (ANSWER, "", "office@stmarys.example.sch.uk TENTATIVE 1"),
}
"""What it is, what a person has to do, and the answer that is written down. The Outlook one says where to
park."""


@pytest.fixture(autouse=True)
def written_to(app: Flask) -> None:
    """We wrote to these people about these visits, from these addresses."""
    app.config.update(MAIL_AUTHSERV_ID="mx.council.example", MAIL_DOMAIN="performances.example.gov.uk")
    with transaction():
        for uid, (sender, people, newest) in VISITS.items():
            for address in people:
                for sequence in {0, newest}:
                    make.letter(
                        address,
                        make.EARLIER,
                        stream=uid,
                        partnership_id=1,
                        sender_address=sender,
                        kind="booked",
                        method="REQUEST",
                        sequence=sequence,
                    )


def lands(raw: bytes) -> tuple[str, str, str | None]:
    with transaction():
        came = receiving.receive(raw, None, now=NOW)
    answers = db.session.scalars(select(CalendarAnswer).where(CalendarAnswer.incoming_id == came.id)).all()
    assert len(answers) <= 1
    said = next((f"{a.address} {a.partstat} {a.sequence}" for a in answers), None)
    return came.kind, came.task, said


def files(published: Path) -> dict[str, bytes]:
    return {path.stem: path.read_bytes() for path in sorted((published / "mail").glob("*.eml"))}


def test_each_lands_where_it_should(app: Flask, published: Path) -> None:
    assert {name: lands(raw) for name, raw in files(published).items()} == LANDS
    assert {c.starts_at for c in inbox.open_counters([OURS])[OURS]} == {
        datetime(2027, 3, 26, 14, 15, tzinfo=UTC)
    }
    assert db.session.scalars(select(Letter.id).where(Letter.created_at > make.EARLIER)).all() == []
    assert all(row.authenticated == "none" for row in db.session.scalars(select(Incoming)))
    newest = inbox.answers_of([OURS])[OURS]["office@stmarys.example.sch.uk"]
    assert (newest.partstat, newest.sequence) == ("TENTATIVE", 1)


def test_what_comes_in_the_other_way_round_ends_the_same(app: Flask, published: Path) -> None:
    for raw in reversed(files(published).values()):
        lands(raw)
    known = {
        uid: {a: (r.partstat, r.sequence) for a, r in people.items()}
        for uid, people in inbox.answers_of(VISITS).items()
    }
    assert known == {
        OURS: {
            "office@stmarys.example.sch.uk": ("TENTATIVE", 1),
            "head@stmarys.example.sch.uk": ("TENTATIVE", 0),
        },
        "1E71F9C8-AEDA-48EB-98D0-76E898F6BB5C": {"xyzzy@example.com": ("ACCEPTED", 7)},
        "6de280c9-edff-4019-8ebd-cfebc73f8201": {"foo@example.net": ("ACCEPTED", 0)},
    }


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("mx.council.example; dmarc=pass header.from={}", "pass"),
        ("mx.council.example; dmarc=fail header.from={}", "fail"),
        ("mx.elsewhere.example; dmarc=fail header.from={}", "none"),
    ],
    ids=["passing", "failing", "foreign"],
)
def test_our_own_mail_servers_word_decides_on_every_answer_of_others(
    app: Flask, published: Path, said: str, found: str
) -> None:
    for name, raw in files(published).items():
        kind, task, answer = LANDS[name]
        if kind not in (ANSWER, COUNTER) or (task == MAIL and answer is None):
            continue
        domain = {"own": "stmarys.example.sch.uk", "apple": "example.com", "cyrus": "example.net"}[
            name.split("-")[0]
        ]
        word = f"Authentication-Results: {said.format(domain)}\n".encode()
        expected = (
            (kind, task, answer)
            if found != "fail"
            else (kind, task if task in (NEWCOMER, WISH) else DOUBT, None)
        )
        assert (name, *lands(word + raw)) == (name, *expected)
    rows = db.session.scalars(select(Incoming)).all()
    assert len(rows) == 10 and {row.authenticated for row in rows} == {found}
    assert {row.authenticated for row in db.session.scalars(select(CalendarAnswer))} <= {found == "pass"}
