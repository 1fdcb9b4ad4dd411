"""A mail as it came, taken apart: who, about which event, what it says. Pure: bytes in, facts out, and it never raises."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class CalendarEvent:
    """One VEVENT of a calendar part. `method` is in capitals; `address` the one attendee's, '' when none is named.

    Instants are aware UTC, None where they are missing or make no sense; `sequence` None is missing.
    """

    method: str
    uid: str
    sequence: int | None
    dtstamp: datetime | None
    starts_at: datetime | None
    ends_at: datetime | None
    name: str
    address: str
    partstat: str
    comment: str
    organizer: str
    summary: str


@dataclass(frozen=True, kw_only=True)
class Bounced:
    """What a bounce says. `permanent` None: it does not say; `message_id` is the returned mail's, '' when it is not in it."""

    permanent: bool | None
    addresses: tuple[str, ...]
    status: str
    said: str
    message_id: str


@dataclass(frozen=True, kw_only=True)
class Read:
    """A mail understood. `kind` is one of inbox's kinds; `problem` says in words why it is unreadable.

    `text` is what a person wrote, as plain text, also where the mail holds only HTML.
    """

    kind: str
    problem: str
    sender: str
    sender_name: str
    recipients: tuple[str, ...]
    subject: str
    message_id: str
    answers_to: tuple[str, ...]
    written_at: datetime | None
    text: str
    events: tuple[CalendarEvent, ...]
    bounced: Bounced | None


def read(raw: bytes) -> Read:
    """Take one mail apart."""
    raise NotImplementedError
