"""A mail as it came, taken apart: what it is, who wrote it, about which event. Pure: bytes in, facts out, and
it never raises."""

import hashlib
import re
from dataclasses import dataclass
from email import policy
from email.message import Message
from email.parser import BytesParser

from outreach.post.incoming import bounces, calendar_parts, headers
from outreach.post.incoming.bounces import Bounced
from outreach.post.incoming.calendar_parts import CalendarEvent as CalendarEvent
from outreach.post.incoming.inbox import (
    ANSWER,
    AUTO_REPLY,
    BOUNCE,
    COUNTER,
    INVITE,
    PERSON,
    REFRESH,
    UNREADABLE,
)

MAIL_AT_MOST = 10 * 1024 * 1024
CALENDAR_AT_MOST = 256 * 1024
PARTS_AT_MOST = 200
EVENTS_AT_MOST = 5
TAKEN_APART = 5 * PARTS_AT_MOST
"""How many of its inner boundaries are looked at: what lies behind is left unread, so that no mail takes
long."""

_KINDS = {
    "COUNTER": COUNTER,
    "REPLY": ANSWER,
    "REFRESH": REFRESH,
    "REQUEST": INVITE,
    "CANCEL": INVITE,
    "ADD": INVITE,
    "DECLINECOUNTER": INVITE,
}
"""What a METHOD makes of a mail, the weightiest first. A PUBLISH, or a calendar without METHOD, is an
attachment."""


@dataclass(frozen=True, kw_only=True)
class Read:
    """A mail understood. `kind` is one of inbox's kinds; `problem` says in words why it is unreadable, else
    ''.

    `digest` is the same for the same mail, whatever the servers on its way wrote on top of it. `recipients`
    are addresses it may have been delivered to, the surest first; `results` the Authentication-Results as
    they stand, the newest first; `answers_to` the Message-IDs that it refers to. `machine`: no person wrote
    it. `several_senders`: its From names more than one, so that nobody can vouch for it. `events` has those
    of its calendar parts that ask or answer something, each once.
    """

    kind: str
    problem: str = ""
    digest: str
    sender: str = ""
    sender_name: str = ""
    several_senders: bool = False
    recipients: tuple[str, ...] = ()
    subject: str = ""
    message_id: str = ""
    answers_to: tuple[str, ...] = ()
    results: tuple[str, ...] = ()
    machine: bool = False
    events: tuple[CalendarEvent, ...] = ()
    bounced: Bounced | None = None


def read(raw: bytes, *, returned: bool = False) -> Read:
    """Take one mail apart. `returned`: it came to the address to which one of our letters comes back."""
    try:
        mail = BytesParser(policy=policy.compat32).parsebytes(_beginning(raw))
        return _read(mail, raw, returned)
    except (RecursionError, ValueError, LookupError, TypeError, AttributeError, AssertionError) as error:
        why = f"No mail program’s mail is made like this ({type(error).__name__})."
        return Read(kind=UNREADABLE, problem=why, digest=hashlib.sha256(raw).hexdigest())


def _read(mail: Message, raw: bytes, returned: bool) -> Read:
    senders = headers.people_in_headers(headers.values(mail, "From")) or headers.people_in_headers(
        headers.values(mail, "Sender")
    )
    wrote = senders[0] if senders else headers.NamedAddress(name="", address="")
    parts = _parts(mail)
    if not senders and not mail["Subject"] and not mail["Message-ID"]:
        found = _Found(kind=UNREADABLE, problem="It has neither sender nor subject.")
    else:
        found = _what(mail, parts, returned)
        # An answer is one however large the pictures beside it are, and so is what came back with all that it
        # held.
        if found.kind not in (ANSWER, COUNTER, REFRESH, BOUNCE) and (problem := _too_much(raw, parts)):
            found = _Found(kind=UNREADABLE, problem=problem)
    return Read(
        kind=found.kind,
        problem=found.problem,
        digest=_digest(mail, raw),
        sender=wrote.address,
        sender_name=wrote.name,
        several_senders=len(senders) > 1 or len(mail.get_all("From", [])) > 1,
        recipients=tuple(
            p.address for p in headers.people_in_headers(headers.values(mail, *headers.DELIVERED))
        ),
        subject=_subject(mail),
        message_id=headers.words(" ".join(headers.values(mail, "Message-ID")[:1])),
        answers_to=_answers_to(mail),
        results=tuple(headers.values(mail, "Authentication-Results")),
        machine=_from_a_machine(mail),
        events=found.events,
        bounced=found.bounced,
    )


def _beginning(raw: bytes) -> bytes:
    """As much of a mail as is read. A line that begins with two hyphens may part it (RFC 2046 5.1.1); no
    other does."""
    whole = raw[:MAIL_AT_MOST]
    for n, line in enumerate(_PARTING.finditer(whole)):
        if n == TAKEN_APART:
            return whole[: line.start()]
    return whole


_PARTING = re.compile(rb"^--", re.MULTILINE)


def _too_much(raw: bytes, parts: list[Message]) -> str:
    if len(raw) > MAIL_AT_MOST:
        return "It is larger than 10 megabytes, attachments included."
    return f"It has more than {PARTS_AT_MOST} parts." if len(parts) > PARTS_AT_MOST else ""


@dataclass(frozen=True, kw_only=True)
class _Found:
    kind: str
    problem: str = ""
    events: tuple[CalendarEvent, ...] = ()
    bounced: Bounced | None = None


def _what(mail: Message, parts: list[Message], returned: bool) -> _Found:
    """Bounces first: they hold our own REQUEST. Then calendars, then what no person wrote, then people."""
    report = bounces.is_report(parts)
    if report and bounces.went_well(parts):
        return _Found(kind=AUTO_REPLY)
    if report and (bounced := bounces.from_report(parts)):
        return _Found(kind=BOUNCE, bounced=bounced)
    daemon = report or _from_a_daemon(mail)
    if (returned or daemon) and (bounced := bounces.from_words(mail, parts)):
        return _Found(kind=BOUNCE, bounced=bounced)
    if report or (returned and _FAILURE.search(_subject(mail))):
        return _Found(kind=BOUNCE, bounced=bounces.unclear(parts))
    calendars = _calendars(parts)
    if calendars.kind in (ANSWER, COUNTER, REFRESH, UNREADABLE) or (calendars.kind == INVITE and not daemon):
        return calendars
    if _is_auto_reply(mail):
        return _Found(kind=AUTO_REPLY)
    if daemon:
        return _Found(kind=BOUNCE, bounced=bounces.unclear(parts))
    return calendars


def _parts(mail: Message) -> list[Message]:
    """Every part in order, but nothing of a mail inside the mail; a few more than may be, so that it can be
    told."""
    found: list[Message] = []
    waiting = [mail]
    while waiting and len(found) <= PARTS_AT_MOST + 1:
        part = waiting.pop(0)
        inside = part.get_payload()
        if part.get_content_maintype() == "multipart" and isinstance(inside, list):
            waiting = [p for p in inside if isinstance(p, Message)] + waiting
            if part is not mail:
                found.append(part)
        else:
            found.append(part)
    return found


def _calendars(parts: list[Message]) -> _Found:
    """What the calendar parts ask or answer: the same event stands in several of them in some programs'
    mail."""
    events: dict[tuple[object, ...], CalendarEvent] = {}
    for part in parts:
        kind, name = part.get_content_type(), _file_name(part)
        if kind not in ("text/calendar", "application/ics") and not name.endswith(".ics"):
            continue
        ics = part.get_payload(decode=True)
        if not isinstance(ics, bytes):
            continue
        method = str(part.get_param("method") or "")
        if len(ics) > CALENDAR_AT_MOST:
            if method or not name:
                return _Found(kind=UNREADABLE, problem="Its calendar part is larger than 256 kilobytes.")
            continue
        found = calendar_parts.events(ics, str(part.get_content_charset() or ""), method)
        if not found and method.upper() in _KINDS:
            return _Found(kind=UNREADABLE, problem="Its calendar part holds no event that can be read.")
        for event in found or []:
            if event.method in _KINDS:
                events.setdefault(
                    (event.method, event.uid, event.single, event.attendees, event.dtstamp), event
                )
    if len(events) > EVENTS_AT_MOST:
        return _Found(kind=UNREADABLE, problem=f"It speaks of more than {EVENTS_AT_MOST} events.")
    methods = {event.method for event in events.values()}
    kind = next((kind for method, kind in _KINDS.items() if method in methods), PERSON)
    return _Found(kind=kind, events=tuple(events.values()))


def _file_name(part: Message) -> str:
    return headers.words(str(part.get_filename() or "")).lower()


def _answers_to(mail: Message) -> tuple[str, ...]:
    said = " ".join(headers.values(mail, "In-Reply-To", "References"))
    return tuple(dict.fromkeys(re.findall(r"<[^<>\s]{3,200}>", said)))[:50]


def _from_a_daemon(mail: Message) -> bool:
    """Whether a mail server wrote it: no envelope sender (RFC 5321 4.5.5), or the name that they go by."""
    if any(value.strip() == "<>" for value in headers.values(mail, "Return-Path")):
        # Out-of-office replies go without one too, and so do some calendars' answers; those are told apart
        # later.
        if not _is_auto_reply(mail) or "report" in mail.get_content_type():
            return True
    said = " ".join(headers.values(mail, "From"))
    return re.search(r"(?i)mailer-?daemon|postmaster@|mail delivery (?:sub)?system", said) is not None


def _from_a_machine(mail: Message) -> bool:
    return _from_a_daemon(mail) or _is_auto_reply(mail)


_AUTOMATIC = re.compile(
    (
        r"\s*(?:\[[^\]]*\]\s*)?(?:automatic reply|auto(?:matic)?[ -]?(?:reply|response)|out of (?:the "
        r")?office|autoreply)\b"
    ),
    re.IGNORECASE,
)


_FAILURE = re.compile(
    (
        r"undeliver|not (?:be )?deliver|delivery (?:status|fail|problem|report)|mail (?:system )?error|"
        r"returned|failure notice"
    ),
    re.IGNORECASE,
)
"""Subjects of mail servers that follow no standard; said only of mail to an address that bounces alone come
to."""


def _subject(mail: Message) -> str:
    return headers.words(" ".join(headers.values(mail, "Subject")[:1]))


def _is_auto_reply(mail: Message) -> bool:
    """(RFC 3834 5) and what others write in its stead."""
    submitted = " ".join(headers.values(mail, "Auto-Submitted")).split(";")[0].strip().lower()
    if submitted and submitted != "no":
        return True
    if headers.values(mail, "X-Autoreply", "X-Autorespond", "X-Autogenerated"):
        return True
    if " ".join(headers.values(mail, "Precedence")).strip().lower() in ("auto_reply", "bulk", "junk"):
        return True
    if str(mail.get_param("report-type") or "").lower() == "disposition-notification":
        return True
    return _AUTOMATIC.match(_subject(mail)) is not None


def _digest(mail: Message, raw: bytes) -> str:
    """Of what the sender made: whatever servers on the way put on top, and however lines end, it is the same
    mail."""
    normal = raw.replace(b"\r\n", b"\n")
    body = (normal.partition(b"\n\n")[2] or normal).rstrip()
    head = headers.values(mail, "Message-ID", "Date", "From", "To", "Subject")
    return hashlib.sha256("\n".join(head).encode("utf-8", "replace") + b"\n\n" + body).hexdigest()
