"""Match of a mail to what we wrote: the visit of its calendar entry, the people who have it, the letter that
came back."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select, true

from outreach.ground.db import db
from outreach.post import copies
from outreach.post.calendars import REQUEST
from outreach.post.incoming import calendar_parts, headers
from outreach.post.outbox import NO_METHOD, Letter, LetterMail

REMOVED = "colleague removed"
"""The kind of letter that takes an entry out of one person's calendar alone; any other CANCEL ends it for
all."""


@dataclass(kw_only=True)
class SentToPerson:
    """What one person was sent of a visit: `has_it` while the entry is theirs, `ended` once the visit was
    cancelled.

    `letter_id` is the newest letter that made it so, `sequence` the highest that they were sent.
    """

    address: str
    has_it: bool = False
    ended: bool = False
    letter_id: int = 0
    sequence: int = 0


@dataclass(kw_only=True)
class SentVisit:
    """All that was sent about one visit. `tokens` are the addresses that its answers go to; `sequence` is the
    newest."""

    in_history = ("event", "uid")

    uid: str
    partnership_id: int
    tokens: set[str] = field(default_factory=set)
    people: dict[str, SentToPerson] = field(default_factory=dict)
    sequence: int = 0

    def person(self, address: str) -> SentToPerson | None:
        """Whoever has, or had, the entry; None for anybody else."""
        return self.people.get(headers.bare(address))


def visits(uids: Iterable[str]) -> dict[str, SentVisit]:
    """The visits of some UIDs, as far as we ever wrote about them; the rest is left out. One query."""
    wanted = {uid for uid in uids if uid}
    found: dict[str, SentVisit] = {}
    if not wanted:
        return found
    rows = db.session.execute(
        select(
            Letter.id,
            Letter.stream,
            Letter.partnership_id,
            Letter.recipient,
            Letter.sender_address,
            Letter.kind,
            Letter.method,
            Letter.sequence,
        )
        .where(Letter.stream.in_(wanted), Letter.method != "")
        .order_by(Letter.id)
    )
    for row in rows:
        visit = found.setdefault(row.stream, SentVisit(uid=row.stream, partnership_id=row.partnership_id))
        visit.tokens.add(row.sender_address.lower())
        visit.sequence = max(visit.sequence, row.sequence)
        address = headers.bare(row.recipient)
        held = visit.people.setdefault(address, SentToPerson(address=address))
        held.letter_id, held.sequence = row.id, max(held.sequence, row.sequence)
        if row.method == REQUEST:
            held.has_it, held.ended = True, False
        elif row.kind == REMOVED:
            held.has_it = False
        else:
            held.ended = True
    return found


def visit_of_address(addresses: Iterable[str]) -> SentVisit | None:
    """The visit whose invites were sent from one of these addresses; each bears a token of its own."""
    wanted = set(addresses)
    uid = db.session.scalar(
        select(Letter.stream)
        .where(Letter.sender_address.in_(wanted | {a.lower() for a in wanted}), Letter.method != NO_METHOD)
        .order_by(Letter.id.desc())
        .limit(1)
    )
    return visits([uid])[uid] if uid is not None else None


def sequence_of_start(visit: SentVisit, starts_at: datetime, address: str = "") -> int | None:
    """The newest SEQUENCE of which the invite named this start; None when none did. It reads the kept
    mails."""
    rows = db.session.execute(
        select(LetterMail.raw, Letter.sequence, Letter.recipient)
        .join(Letter)
        .where(Letter.stream == visit.uid, Letter.method == REQUEST)
        .order_by(Letter.sequence.desc(), Letter.id.desc())
    )
    for raw, sequence, recipient in rows:
        if (not address or headers.bare(recipient) == address) and _start_in(raw) == starts_at:
            return sequence
    return None


def start_sent(held: SentToPerson) -> datetime | None:
    """The start that stands in what this person was sent last."""
    raw = db.session.scalar(select(LetterMail.raw).where(LetterMail.letter_id == held.letter_id))
    return _start_in(raw) if raw is not None else None


def _start_in(raw: bytes) -> datetime | None:
    events = calendar_parts.events(copies.read(raw).calendar, "utf-8", "")
    return events[0].starts_at if events else None


def letter_of_ids(message_ids: Iterable[str]) -> Letter | None:
    """Our letter among some Message-IDs, the newest; they cannot be guessed."""
    wanted = set(message_ids)
    return (
        db.session.scalar(
            select(Letter).where(Letter.message_id.in_(wanted)).order_by(Letter.id.desc()).limit(1)
        )
        if wanted
        else None
    )


def partnership_of(address: str) -> int | None:
    """Whose mail from this address can only be: of the one partnership that writes at all, or ever wrote to
    it."""
    ids = Letter.partnership_id
    for chosen in (true(), func.lower(Letter.recipient) == address):
        lowest, highest = db.session.execute(select(func.min(ids), func.max(ids)).where(chosen)).one()
        if lowest == highest:
            return lowest
    return None
