"""Mail as it comes in, for tests: what calendars and people send back about a booking."""

from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from itertools import count

import make
from outreach.booking.promises import Booking
from outreach.ground.db import transaction
from outreach.post.incoming import receiving

_n = count(1)


def address_of(booking: Booking) -> str:
    """Where answers about a booking go."""
    return f"bookings+{booking.organizer_token}@outreach.example"


def answer(
    booking: Booking,
    sender: str,
    partstat: str = "ACCEPTED",
    *,
    name: str = "",
    sequence: int | None = None,
    comment: str = "",
    at: datetime | None = None,
    method: str = "REPLY",
    starts_at: datetime | None = None,
    uid: str = "",
    vouched: str = "",
) -> bytes:
    """A REPLY as Outlook sends it, or with `method` COUNTER and `starts_at` a wish for another time.

    `vouched` is what our own mail server says of the sender ('pass', 'fail'); '' nothing.
    """
    return reply(
        uid=uid or booking.uid,
        to=address_of(booking),
        sender=sender,
        partstat=partstat,
        name=name,
        sequence=booking.sequence if sequence is None else sequence,
        comment=comment,
        at=at,
        method=method,
        starts_at=starts_at or booking.performance.starts_at,
        vouched=vouched,
    )


def reply(
    *,
    uid: str,
    to: str,
    sender: str,
    partstat: str,
    starts_at: datetime,
    name: str = "",
    sequence: int = 0,
    comment: str = "",
    at: datetime | None = None,
    method: str = "REPLY",
    vouched: str = "",
) -> bytes:
    """The same about any event of ours, `to` the address that stands in its invite."""
    at = at or make.NOW + timedelta(minutes=next(_n))
    lines = [
        "BEGIN:VCALENDAR",
        f"METHOD:{method}",
        "PRODID:Microsoft Exchange Server 2010",
        "VERSION:2.0",
        "BEGIN:VEVENT",
        f"ATTENDEE;PARTSTAT={partstat};CN={name or sender}:mailto:{sender}",
        *([f"COMMENT:{comment}"] if comment else []),
        f"UID:{uid}",
        f"DTSTART:{_utc(starts_at)}",
        f"DTEND:{_utc(starts_at + timedelta(minutes=75))}",
        f"DTSTAMP:{_utc(at)}",
        f"SEQUENCE:{sequence}",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    ]
    head = [
        f"From: {name} <{sender}>" if name else f"From: {sender}",
        f"To: {to}",
        f"Subject: {partstat.capitalize()}: Someone to Tell",
        f"Message-ID: <{next(_n)}@school.example>",
        *([f"Authentication-Results: mx.outreach.example; dmarc={vouched}"] if vouched else []),
        "MIME-Version: 1.0",
        f'Content-Type: text/calendar; charset="utf-8"; method={method}',
        "Content-Transfer-Encoding: 8bit",
    ]
    return "\r\n".join([*head, "", *lines]).encode()


def letter(to: str, sender: str, text: str, *, subject: str = "A question", html: str = "") -> bytes:
    """What a person writes."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, to, subject
    mail["Message-ID"] = f"<{next(_n)}@school.example>"
    mail.set_content(text)
    if html:
        mail.add_alternative(html, subtype="html")
    return mail.as_bytes()


def take(raw: bytes, now: datetime | None = None) -> int:
    """Let it come in; returns its row's id."""
    with transaction():
        return receiving.receive(raw, None, now=now or make.NOW + timedelta(hours=2)).id


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
