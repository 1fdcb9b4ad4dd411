"""Mail as people's calendars and mail servers send it, made for tests; and a visit that was written about."""

from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

from flask import current_app

from outreach.ground.db import db, transaction
from outreach.post import letters
from outreach.post.outbox import SENT, Letter
from outreach.post.outgoing import postman
from post import facts

NOW = facts.NOW
LATER = NOW + timedelta(hours=2)
TOKEN = "bookings+a1b2c3d4e5f60718@outreach.example"
UID = "7f3c@outreach.example"
JOANNA, OFFICE = facts.JOANNA, facts.OFFICE
"""Both have the visit in their calendars."""


def booked(**changes: Any) -> list[Letter]:
    """A visit with its two invites, handed to the mail server."""
    with transaction():
        made = [
            letters.booked(facts.visit(**changes), to, facts.sender(), now=NOW, expires_at=facts.EXPIRES)
            for to in (JOANNA, OFFICE)
        ]
        return handed(made)


def case(n: int) -> dict[str, str]:
    """A visit of its own, written about; what an answer to it says: reply(**case(3))."""
    uid, token = f"{n}@outreach.example", f"{n:016x}"
    booked(uid=uid, organizer_token=token)
    return {"uid": uid, "to": f"bookings+{token}@outreach.example"}


def moved(sequence: int = 1, now: datetime = NOW + timedelta(hours=1), **changes: Any) -> list[Letter]:
    """The same visit a week later, SEQUENCE raised, handed to the mail server."""
    visit = facts.visit(
        sequence=sequence,
        starts_at=datetime(2027, 3, 16, 9, 30, tzinfo=UTC),
        ends_at=datetime(2027, 3, 16, 10, 45, tzinfo=UTC),
        **changes,
    )
    with transaction():
        made = [
            letters.moved(
                visit,
                to,
                facts.sender(),
                was_starts_at=facts.visit().starts_at,
                now=now,
                expires_at=facts.EXPIRES,
            )
            for to in (JOANNA, OFFICE)
        ]
        return handed(made)


def handed(made: list[Letter]) -> list[Letter]:
    for letter in made:
        letter.status, letter.handed_at = SENT, letter.created_at
    db.session.flush()
    return made


def ics(
    partstat: str = "ACCEPTED",
    *,
    method: str = "REPLY",
    by: str = JOANNA.address,
    uid: str = UID,
    sequence: int | str | None = 0,
    dtstamp: datetime = NOW + timedelta(minutes=30),
    organizer: str = "",
    more: tuple[str, ...] = (),
) -> str:
    """A calendar part; `more` are further lines of the event."""
    lines = [
        "BEGIN:VCALENDAR",
        "PRODID:-//Somebody//EN",
        "VERSION:2.0",
        f"METHOD:{method}" if method else "X-NOTHING:1",
        "BEGIN:VEVENT",
        f"UID:{uid}",
        f"DTSTAMP:{dtstamp.astimezone(UTC):%Y%m%dT%H%M%SZ}",
        *([f"SEQUENCE:{sequence}"] if sequence is not None else []),
        *([f"ATTENDEE;PARTSTAT={partstat};CN=Joanna Fell:MAILTO:{by}"] if by else []),
        *([f"ORGANIZER:mailto:{organizer}"] if organizer else []),
        *more,
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    ]
    return "\r\n".join(lines)


def reply(
    partstat: str = "ACCEPTED",
    *,
    sender: str = "",
    to: str = TOKEN,
    results: tuple[str, ...] = (),
    **said: Any,
) -> bytes:
    """An answer as a mail: from the one who answers, to the address in the invite."""
    by = said.get("by", JOANNA.address)
    return with_calendar(
        ics(partstat, **said),
        sender=sender or by or JOANNA.address,
        to=to,
        results=results,
        method=said.get("method", "REPLY"),
    )


def with_calendar(
    calendar: str | bytes,
    *,
    sender: str = JOANNA.address,
    to: str = TOKEN,
    method: str = "REPLY",
    results: tuple[str, ...] = (),
    words: str = "",
) -> bytes:
    mail = letter(sender=sender, to=to, words=words, results=results)
    parameter = {"method": method} if method else None
    content = calendar.encode() if isinstance(calendar, str) else calendar
    mail.add_alternative(content, maintype="text", subtype="calendar", params=parameter)
    mail.set_boundary("the-same-each-time")
    return mail.as_bytes()


def letter(
    *,
    sender: str = JOANNA.address,
    to: str = TOKEN,
    subject: str = "Hello",
    words: str = "Hello",
    results: tuple[str, ...] = (),
    **head: str,
) -> EmailMessage:
    """A mail in plain words; `head` are further headers, with _ for -."""
    mail = EmailMessage()
    for result in results:
        mail["Authentication-Results"] = result
    mail["From"], mail["To"], mail["Subject"] = sender, to, subject
    for name, value in head.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(words)
    return mail


def bounce_address(of: Letter) -> str:
    return postman.post_of(current_app.config).bounce_address(of.id)


def report(
    of: Letter,
    *,
    to: str | None = None,
    action: str = "failed",
    status: str = "5.1.1",
    said: str = "550 5.1.1 no such user",
    original: bool = True,
) -> bytes:
    """A standard delivery report (RFC 3464) about one of our letters."""
    returned = of.raw.decode() if original else "Subject: gone\r\n\r\n"
    return (
        "Return-Path: <>\r\nFrom: Mail Delivery System <MAILER-DAEMON@mx.school.example>\r\n"
        f"To: {bounce_address(of) if to is None else to}\r\nSubject: Undelivered Mail Returned to Sender\r\n"
        f"Message-ID: <report-{of.id}-{status}-{action}@mx.school.example>\r\nMIME-Version: 1.0\r\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=edge\r\n\r\n"
        "--edge\r\nContent-Type: text/plain\r\n\r\nI am sorry to have to inform you.\r\n\r\n"
        "--edge\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.school.example\r\n\r\n"
        f"Final-Recipient: rfc822; {of.recipient}\r\nAction: {action}\r\nStatus: {status}\r\n"
        f"Diagnostic-Code: smtp; {said}\r\n\r\n"
        f"--edge\r\nContent-Type: message/rfc822\r\n\r\n{returned}\r\n--edge--\r\n"
    ).encode()
