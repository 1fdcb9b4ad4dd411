"""The strict check of mails is proven: each way to break one, or the order of revisions, makes it speak
up."""

import re
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from outreach.post import calendars, envelopes
from outreach.post.calendars import Appointment, Attendee
from outreach.post.envelopes import Envelope, Invite
from post.facts import NOW
from post.strict_mail import mail_problems, stream_problems
from post.test_strict import BOTH, JOANNA, MUTATIONS, SAM


def mail(
    entry: Appointment = BOTH, *, method: str = "REQUEST", only: tuple[Attendee, ...] | None = None
) -> bytes:
    ics = calendars.request(entry) if method == "REQUEST" else calendars.cancel(entry, only)
    envelope = Envelope(
        sender_name="Marlshire Safeguarding Children Partnership",
        sender_address=entry.organizer_address,
        recipient=(only or entry.attendees)[0].address,
        message_id="<7f3c0@outreach.example>",
        in_reply_to="<first@outreach.example>",
        written_at=entry.dtstamp,
    )
    subject = entry.summary if method == "REQUEST" else f"Cancelled: {entry.summary}"
    return envelopes.seal(
        envelope,
        subject=subject,
        text="Hello\n",
        html="<p>Hello</p>\n",
        invite=Invite(method=method, ics=ics),
    )


def _ics(raw: bytes, becomes: Callable[[bytes], bytes]) -> bytes:
    """The mail with another calendar in it."""
    head, _, rest = raw.partition(b"base64\r\n\r\n")
    tail = rest[rest.index(b"\r\n--=_") :]
    ics = b64encode(becomes(calendars.request(BOTH)))
    return head + b"base64\r\n\r\n" + b"\r\n".join(ics[i : i + 76] for i in range(0, len(ics), 76)) + tail


MAIL_MUTATIONS: dict[str, Callable[[bytes], bytes]] = {
    "LF endings": lambda raw: raw.replace(b"\r\n", b"\n"),
    "METHOD unlike the MIME parameter": lambda raw: raw.replace(b"method=REQUEST", b"method=CANCEL"),
    "a misspelt MIME parameter": lambda raw: raw.replace(b"method=REQUEST", b"method=REQEST"),
    "no MIME parameter": lambda raw: raw.replace(b"; method=REQUEST", b""),
    "another METHOD inside": lambda raw: _ics(raw, MUTATIONS["METHOD unlike the MIME parameter"]),
    "a broken entry": lambda raw: _ics(raw, MUTATIONS["DTEND before DTSTART"]),
    "a calendar as an attachment": lambda raw: raw.replace(
        b"method=REQUEST\r\n", b"method=REQUEST\r\nContent-Disposition: attachment\r\n"
    ),
    "a calendar in no charset": lambda raw: raw.replace(b"text/calendar; charset=UTF-8;", b"text/calendar;"),
    "a subject that is not the title": lambda raw: re.sub(rb"Subject: [^\r]+", b"Subject: A new time", raw),
    "a sender that is not the organizer": lambda raw: raw.replace(
        b"<bookings+a1b2c3d4e5f60718@", b"<bookings+0000c3d4e5f60718@"
    ),
    "answers that go elsewhere": lambda raw: re.sub(
        rb"Reply-To: [^<]+<[^>]+>", b"Reply-To: priya@marlshire.example", raw
    ),
    "a recipient whom it does not name": lambda raw: raw.replace(b"To: j.fell@", b"To: head@"),
    "two recipients": lambda raw: raw.replace(
        b"To: j.fell@stbrannocs.example", b"To: j.fell@stbrannocs.example, s.okafor@stbrannocs.example"
    ),
    "an injected header": lambda raw: raw.replace(b"Date:", b"Bcc: x@evil.example\r\nDate:"),
    "a header twice": lambda raw: raw.replace(b"Date:", b"Subject: Another\r\nDate:"),
    "no Auto-Submitted": lambda raw: raw.replace(b"Auto-Submitted: auto-generated\r\n", b""),
    "no Message-ID": lambda raw: re.sub(rb"Message-ID: [^\r]+\r\n", b"", raw),
    "a header in Latin-1": lambda raw: raw.replace(b"Subject: ", b"Subject: \xe9"),
    "no calendar": lambda raw: raw[: raw.index(b"Content-Type: text/calendar")],
    "the calendar first": lambda raw: _turned(raw),
    "mixed": lambda raw: raw.replace(b"multipart/alternative", b"multipart/mixed"),
}


def _turned(raw: bytes) -> bytes:
    head, *parts, end = re.split(rb"(?=\r\n--=_)|(?<=\r\n\r\n)(?=--=_)", raw)
    return head + b"".join(b"\r\n" + p.removeprefix(b"\r\n") for p in reversed(parts)) + end


def test_a_mail_as_it_is_made_has_no_problem() -> None:
    assert mail_problems(mail()) == []
    assert mail_problems(mail(replace(BOTH, sequence=1), method="CANCEL")) == []
    assert mail_problems(mail(replace(BOTH, sequence=1), method="CANCEL", only=(SAM,))) == []


@pytest.mark.parametrize("name", MAIL_MUTATIONS)
def test_a_mail_broken_in_one_way_is_noticed(name: str) -> None:
    broken = MAIL_MUTATIONS[name](mail())
    assert broken != mail()
    assert mail_problems(broken) != []


# One revision after another

LATER = NOW + timedelta(days=1)
MOVED = replace(
    BOTH,
    sequence=1,
    dtstamp=LATER,
    starts_at=datetime(2027, 6, 15, 8, 30, tzinfo=UTC),
    ends_at=datetime(2027, 6, 15, 9, 45, tzinfo=UTC),
)

IN_ORDER = {
    "a move": [mail(), mail(MOVED)],
    "words alone": [mail(), mail(replace(BOTH, dtstamp=LATER, description="For Year 8."))],
    "the same again": [mail(), mail()],
    "a cancellation": [mail(), mail(replace(BOTH, sequence=1, dtstamp=LATER), method="CANCEL")],
    "a proposal that is booked": [
        mail(replace(BOTH, tentative=True)),
        mail(replace(BOTH, sequence=1, dtstamp=LATER)),
    ],
    "removed and added again": [
        mail(),
        mail(replace(BOTH, sequence=1, dtstamp=LATER), method="CANCEL", only=(JOANNA,)),
        mail(replace(BOTH, sequence=1, dtstamp=LATER + timedelta(hours=1))),
    ],
}
OUT_OF_ORDER = {
    "SEQUENCE not raised on a move": [mail(), mail(replace(MOVED, sequence=0))],
    "SEQUENCE not raised on another hall": [mail(), mail(replace(BOTH, dtstamp=LATER, location="The gym"))],
    "SEQUENCE not raised when a proposal is booked": [
        mail(replace(BOTH, tentative=True)),
        mail(replace(BOTH, dtstamp=LATER)),
    ],
    "SEQUENCE not raised on a cancellation": [mail(), mail(replace(BOTH, dtstamp=LATER), method="CANCEL")],
    "SEQUENCE that falls": [mail(MOVED), mail(replace(BOTH, dtstamp=LATER))],
    "DTSTAMP not later for other words": [mail(), mail(replace(BOTH, description="For Year 8."))],
    "DTSTAMP that falls": [
        mail(replace(BOTH, dtstamp=LATER)),
        mail(replace(BOTH, description="For Year 8.")),
    ],
    "another UID": [mail(), mail(replace(MOVED, uid="other@outreach.example"))],
    "another organizer": [
        mail(),
        mail(replace(MOVED, organizer_address="bookings+ffffffffffffffff@outreach.example")),
    ],
    "another time of creation": [mail(), mail(replace(MOVED, created_at=NOW - timedelta(days=1)))],
    "a cancellation of another time": [mail(), mail(MOVED, method="CANCEL")],
    "a cancellation of what was never sent": [mail(replace(BOTH, sequence=1), method="CANCEL")],
}


@pytest.mark.parametrize("name", IN_ORDER)
def test_revisions_in_order_have_no_problem(name: str) -> None:
    assert [mail_problems(raw) for raw in IN_ORDER[name]] == [[]] * len(IN_ORDER[name])
    assert stream_problems(IN_ORDER[name]) == []


@pytest.mark.parametrize("name", OUT_OF_ORDER)
def test_revisions_out_of_order_are_noticed(name: str) -> None:
    assert [mail_problems(raw) for raw in OUT_OF_ORDER[name]] == [[]] * len(OUT_OF_ORDER[name])
    assert stream_problems(OUT_OF_ORDER[name]) != []
