"""Mail comes in: kept whole, understood, matched to what we wrote; answers are written down, all else waits for a person."""

from datetime import datetime

from outreach.post.incoming.inbox import CalendarAnswer, Incoming


def receive(raw: bytes, recipient: str | None, *, now: datetime) -> Incoming:
    """Take one mail in, in the caller's transaction; the same mail again gives the row that stands already.

    `recipient` is the address it was delivered to, where the mail server told us. Nothing is ever answered, and no
    word above is called: what is written here takes effect when a page acts on it.
    """
    raise NotImplementedError


def accept_person(incoming: Incoming, *, who: str, now: datetime) -> list[CalendarAnswer]:
    """Take the answers of a mail that waits as NEWCOMER or DOUBT, and settle it; the caller makes a newcomer a
    colleague (the answers bear name-free addresses; `reading.read(incoming.raw).events` has the names). Raises Settled."""
    raise NotImplementedError
