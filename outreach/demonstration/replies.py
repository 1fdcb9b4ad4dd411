"""Mail that came back in the made-up year: answers from calendars, a wish, a question, mail that came back.

Each comes in as it would from a school's own mail server, through the one door for all mail.
"""

from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime

from outreach.asking import invitations
from outreach.booking import promises
from outreach.booking.promises import Booking, VisitContact
from outreach.demonstration import cast
from outreach.demonstration.cast import Cast
from outreach.ground import wording
from outreach.post.incoming import receiving
from outreach.post.outbox import Letter
from outreach.post.stationery import settings
from outreach.tour import slots
from outreach.tour.programmes import Programme


def come_back(programme: Programme, parts: Cast, *, now: datetime) -> None:
    """Letters to the schools whose address does not exist come back within the hour."""
    for school in parts.playing(cast.BOUNCED):
        for _invitation, letter in invitations.of_organisation(programme.id, school.organisation_id):
            if letter is not None:
                receiving.receive(_returned(letter, at=now), None, now=now)


def come_in(programme: Programme, parts: Cast, *, now: datetime) -> None:
    """Most of whoever booked says yes; one says no, one wishes another time, somebody unknown answers, one
    asks."""
    coming = [
        b
        for s in parts.playing(cast.BOOKED)
        for b in promises.live(programme.id, s.organisation_id)
        if b.performance.starts_at > now
    ]
    for n, booking in enumerate(coming):
        people = promises.people_of(booking)
        at = max(booking.created_at + timedelta(minutes=20), now - timedelta(hours=2 + 5 * n, minutes=7 * n))
        if at >= now or not people:
            continue
        if n == 1:
            _answers(booking, people[0], "DECLINED", at=at, comment="I am at a conference that day, sorry.")
        elif n == 3:
            _wishes(booking, people[0], at=at)
        elif n == 5:
            _unknown(booking, people[0], at=at)
        elif n == 7:
            _asks(booking, people[-1], at=at)
        elif n % 4 == 0:
            _answers(booking, people[0], "TENTATIVE" if n == 4 else "ACCEPTED", at=at)
        else:
            for person in people:
                _answers(booking, person, "ACCEPTED", at=at)


def _answers(
    booking: Booking, person: VisitContact, partstat: str, *, at: datetime, comment: str = ""
) -> None:
    entry = _entry(booking, person.name, person.address, partstat, method="REPLY", at=at, comment=comment)
    title = {"ACCEPTED": "Accepted", "TENTATIVE": "Tentative", "DECLINED": "Declined"}[partstat]
    _comes(
        _mail(
            booking,
            person.name,
            person.address,
            f"{title}: {booking.programme.title}",
            at=at,
            entry=entry,
            method="REPLY",
        ),
        at=at,
    )


def _wishes(booking: Booking, person: VisitContact, *, at: datetime) -> None:
    """A start that can be had: the latest of the same day, else the first of another."""
    show = booking.performance
    offers = slots.offers(booking.programme, show.host, now=at, instead_of=show.id)
    free = [s for day in offers.days for s in day.slots if s.starts_at != show.starts_at]
    if not free:
        return
    same_day = [s for s in free if s.tour_day_id == show.tour_day_id]
    wish = (same_day or free)[-1 if same_day else 0]
    entry = _entry(
        booking,
        person.name,
        person.address,
        "TENTATIVE",
        method="COUNTER",
        at=at,
        starts_at=wish.starts_at,
        comment="Could we have it then? The hall is used for exams before.",
    )
    subject = f"New Time Proposed: {booking.programme.title}"
    _comes(_mail(booking, person.name, person.address, subject, at=at, entry=entry, method="COUNTER"), at=at)


def _unknown(booking: Booking, known: VisitContact, *, at: datetime) -> None:
    """A colleague to whom the invite was passed on."""
    address = f"c.marsh@{known.address.rpartition('@')[2]}"
    entry = _entry(booking, "Catrin Marsh", address, "ACCEPTED", method="REPLY", at=at)
    subject = f"Accepted: {booking.programme.title}"
    _comes(_mail(booking, "Catrin Marsh", address, subject, at=at, entry=entry, method="REPLY"), at=at)


def _asks(booking: Booking, person: VisitContact, *, at: datetime) -> None:
    show = booking.performance
    words = (
        f"Hello,\n\nThe car park is being resurfaced from "
        f"{wording.day(show.starts_at - timedelta(days=1))}. Can the van come in by the"
        " back gate instead? Somebody would have to open it.\n\nWith best wishes\n"
        f"{person.name}\n\n> The company arrives at {wording.clock(show.get_in_at)} and leaves by "
        f"{wording.clock(show.away_at)}.\n"
    )
    _comes(_mail(booking, person.name, person.address, "Where can the van park?", at=at, words=words), at=at)


def _comes(mail: EmailMessage, *, at: datetime) -> None:
    receiving.receive(mail.as_bytes(), None, now=at)


def _mail(
    booking: Booking,
    name: str,
    address: str,
    subject: str,
    *,
    at: datetime,
    words: str = "",
    entry: str = "",
    method: str = "",
) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = f"{name} <{address}>" if name else address
    mail["To"] = f"{settings().mail_sender}+{booking.organizer_token}@{settings().mail_domain}"
    mail["Subject"], mail["Date"] = subject, format_datetime(at)
    mail["Message-ID"] = f"<{booking.reference}.{int(at.timestamp())}.{address}>"
    mail.set_content(words)
    if entry:
        mail.add_alternative(entry, subtype="calendar")
        [*mail.iter_parts()][-1].set_param("method", method)
    return mail


def _entry(
    booking: Booking,
    name: str,
    address: str,
    partstat: str,
    *,
    method: str,
    at: datetime,
    comment: str = "",
    starts_at: datetime | None = None,
) -> str:
    show = booking.performance
    starts = starts_at or show.starts_at
    said = comment.replace("\\", "").replace(",", "\\,").replace(";", "\\;")
    lines = [
        "BEGIN:VCALENDAR",
        f"METHOD:{method}",
        "PRODID:Microsoft Exchange Server 2010",
        "VERSION:2.0",
        "BEGIN:VEVENT",
        f"ATTENDEE;PARTSTAT={partstat};CN={name or 'Office'}:mailto:{address}",
        *([f"COMMENT:{said}"] if said else []),
        f"UID:{booking.uid}",
        f"DTSTART:{_utc(starts)}",
        f"DTEND:{_utc(starts + (show.ends_at - show.starts_at))}",
        f"DTSTAMP:{_utc(at)}",
        f"SEQUENCE:{booking.sequence}",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    ]
    return "\r\n".join(lines)


def _returned(letter: Letter, *, at: datetime) -> bytes:
    """What the school's mail server says (RFC 3464)."""
    host = letter.recipient.rpartition("@")[2]
    return "\r\n".join(
        [
            f"From: Mail Delivery System <mailer-daemon@mail.{host}>",
            f"To: {settings().mail_sender}@{settings().mail_domain}",
            "Subject: Undelivered Mail Returned to Sender",
            f"Date: {format_datetime(at)}",
            f"Message-ID: <returned.{letter.id}@mail.{host}>",
            "Auto-Submitted: auto-replied",
            "MIME-Version: 1.0",
            'Content-Type: multipart/report; report-type=delivery-status; boundary="=_returned"',
            "",
            "--=_returned",
            "Content-Type: text/plain; charset=us-ascii",
            "",
            f"Your message to {letter.recipient} could not be delivered. There is no such mailbox here.",
            "",
            "--=_returned",
            "Content-Type: message/delivery-status",
            "",
            f"Reporting-MTA: dns; mail.{host}",
            "",
            f"Final-Recipient: rfc822; {letter.recipient}",
            "Action: failed",
            "Status: 5.1.1",
            f"Diagnostic-Code: smtp; 550 5.1.1 <{letter.recipient}>: no such mailbox",
            "",
            "--=_returned",
            "Content-Type: text/rfc822-headers",
            "",
            f"To: {letter.recipient}",
            f"Message-ID: {letter.message_id}",
            "",
            "--=_returned--",
            "",
        ]
    ).encode()


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
