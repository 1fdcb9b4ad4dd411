"""Entries of the calendars to subscribe to: the text of each is kept, so that a feed is handed out, not made
anew.

An entry is a VEVENT of RFC 5545 with nobody in it: no METHOD, ORGANIZER or ATTENDEE, and a UID other than the
invite's, so that whoever has both keeps both. Its lines are written here and not by icalendar, since each
booking writes three of them; a test holds them against icalendar's own.
"""

import re
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    Index,
    Row,
    Text,
    TextClause,
    UniqueConstraint,
    and_,
    bindparam,
    delete,
    or_,
    select,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from outreach.ground.db import Base, Instant, db, table_of
from outreach.ground.timespans import LONDON
from outreach.post import calendars
from outreach.post.calendars import Appointment

SCHOOL, TROUPE, COORDINATOR, BOARD = "school", "troupe", "coordinator", "board"
OWN = "own"
"""Entries of one person alone: what the calendar of that coordinator holds beside the partnership's. `subject` is the
person's id."""

SHOWN_AFTER_CANCELLING = timedelta(days=60)
"""So long an entry is shown after it was cancelled, or is over before its day."""


class FeedEntry(Base):
    """One event as it stands in all feeds of one kind and subject: a VEVENT, ready. A change is a new row in
    place of the old, so that the highest id tells the newest change. `gone_at`: cancelled or over,
    and shown until then."""

    __tablename__ = "feed_entry"
    __table_args__ = (
        UniqueConstraint("kind", "subject", "uid"),
        Index("ix_feed_entry_newest", "kind", "subject", "id"),
        Index(
            "ix_feed_entry_gone",
            "kind",
            "subject",
            "gone_at",
            postgresql_where=text("gone_at IS NOT NULL"),
            sqlite_where=text("gone_at IS NOT NULL"),
        ),
        # Without it SQLite gives the id of a row just deleted to the next one, and a change would not show.
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    subject: Mapped[int]
    uid: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    starts_at: Mapped[datetime] = mapped_column(Instant)
    changed_at: Mapped[datetime] = mapped_column(Instant)
    gone_at: Mapped[datetime | None] = mapped_column(Instant)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What the feeds of one kind and subject show of an appointment; its people are left out.

    `cancelled_at`: shown as cancelled, until 60 days later. `over_at`: shown as it is, until 60 days later.
    `all_day`: days of the London calendar, busy for nobody.
    """

    kind: str
    subject: int
    appointment: Appointment
    cancelled_at: datetime | None = None
    over_at: datetime | None = None
    all_day: bool = False

    @property
    def uid(self) -> str:
        return f"{self.appointment.uid}-{self.kind}"


def put(entries: Sequence[Entry], *, now: datetime, new: bool = False) -> int:
    """Make the feeds say this of these events, in the caller's transaction; how many entries that changed.

    What stands already but for its stamps stays as it is. `new`: none of these events was ever put.
    """
    rows = [_row(entry, now) for entry in entries]
    if not new and rows:
        standing = _standing(rows)
        rows = [row for row in rows if not _same(standing.get(_key(row)), row)]
        leaving = [standing[_key(row)].id for row in rows if _key(row) in standing]
        if leaving:
            db.session.execute(delete(_TABLE).where(_TABLE.c.id.in_(leaving)))
    _add(rows)
    return len(rows)


def withdraw(kind: str, subject: int, uid: str, *, sequence: int, now: datetime) -> None:
    """An event leaves the feeds of one subject for those of another: shown as cancelled, where it last
    stood."""
    withdraw_many(kind, {(subject, uid): sequence}, now=now)


def withdraw_many(kind: str, leaving: Mapping[tuple[int, str], int], *, now: datetime) -> None:
    """The same of several, as {(subject, uid): sequence}; three statements for any number."""
    if not leaving:
        return
    sequences = {(subject, f"{uid}-{kind}"): sequence for (subject, uid), sequence in leaving.items()}
    found = db.session.execute(
        select(_TABLE)
        .where(
            _TABLE.c.kind == kind,
            _TABLE.c.subject.in_({subject for subject, _ in sequences}),
            _TABLE.c.uid.in_({uid for _, uid in sequences}),
            _TABLE.c.gone_at.is_(None),
        )
        .order_by(_TABLE.c.id)
    ).all()
    rows = [row for row in found if (row.subject, row.uid) in sequences]
    if not rows:
        return
    db.session.execute(delete(_TABLE).where(_TABLE.c.id.in_([row.id for row in rows])))
    over = {"changed_at": now, "gone_at": now + SHOWN_AFTER_CANCELLING}
    _add(
        [
            row._asdict() | {"text": _cancelled(row.text, sequences[row.subject, row.uid], now), **over}
            for row in rows
        ]
    )


def _cancelled(text: str, sequence: int, now: datetime) -> str:
    """An entry's lines as they say that it is off."""
    stamp = f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    new = {
        "SEQUENCE": str(sequence),
        "DTSTAMP": stamp,
        "LAST-MODIFIED": stamp,
        "STATUS": "CANCELLED",
        "TRANSP": "TRANSPARENT",
    }
    lines = []
    for line in text.replace("\r\n ", "").split("\r\n")[:-1]:
        name, _, value = line.partition(":")
        if name == "SUMMARY":
            value = _escaped(CANCELLED) + value
        lines.append(f"{name}:{new.get(name, value)}")
    return _text(lines)


def forget(kind: str, subject: int, uids: Sequence[str]) -> None:
    """Events go from the feeds of one subject without a word: another entry there says what became of
    them."""
    if uids:
        gone = [f"{uid}-{kind}" for uid in uids]
        db.session.execute(
            delete(_TABLE).where(_TABLE.c.kind == kind, _TABLE.c.subject == subject, _TABLE.c.uid.in_(gone))
        )


CANCELLED = "Cancelled: "
"""Stands before the title too: not every calendar strikes out what is cancelled in a feed."""


def body(kind: str, subject: int, label: str, *, now: datetime, holder: int = 0) -> Iterator[bytes]:
    """The feed's iCalendar, piece by piece as the rows come, so that a long one fills no memory. `holder`: with the
    entries that are this person's own."""
    yield head(label).encode()
    for of_kind, of_whom in [(kind, subject), *([(OWN, holder)] if holder else [])]:
        texts = db.session.execute(
            _ENTRIES,
            {"kind": of_kind, "subject": of_whom, "now": now},
            execution_options={"yield_per": _AT_ONCE},
        )
        for part in texts.scalars().partitions():
            yield "".join(part).encode()
    yield b"END:VCALENDAR\r\n"


def gzipped(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same, packed on the way."""
    packer = zlib.compressobj(level=5, wbits=31)
    for piece in pieces:
        if packed := packer.compress(piece):
            yield packed
    yield packer.flush()


def _row(entry: Entry, now: datetime) -> dict[str, object]:
    ended_at = entry.cancelled_at or entry.over_at
    gone_at = ended_at and ended_at + SHOWN_AFTER_CANCELLING
    return {
        "kind": entry.kind,
        "subject": entry.subject,
        "uid": entry.uid,
        "text": text_of(entry),
        "starts_at": entry.appointment.starts_at,
        "changed_at": now,
        "gone_at": gone_at,
    }


def text_of(entry: Entry) -> str:
    """The VEVENT as it stands in a feed: CRLF, at most 75 octets a line (RFC 5545 3.1)."""
    said = _said(entry.appointment, entry.cancelled_at is not None, entry.all_day)
    return f"BEGIN:VEVENT\r\n{_folded(f'UID:{entry.uid}')}\r\n{said}"


@lru_cache(maxsize=16)
def _said(a: Appointment, cancelled: bool, all_day: bool) -> str:
    """All of it but the UID, by which alone the entries of one appointment in several feeds differ."""
    stamp = f"{a.dtstamp.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    if all_day:
        first, last = a.starts_at.astimezone(LONDON), a.ends_at.astimezone(LONDON)
        when = [f"DTSTART;VALUE=DATE:{first:%Y%m%d}", f"DTEND;VALUE=DATE:{last:%Y%m%d}"]
    else:
        starts, ends = calendars.as_written(a.starts_at, a.ends_at)
        when = [f"DTSTART{_instant(starts)}", f"DTEND{_instant(ends)}"]
    texts = [
        ("SUMMARY", calendars.one_line((CANCELLED if cancelled else "") + a.summary)),
        ("DESCRIPTION", calendars.lines(a.description)),
        ("LOCATION", calendars.one_line(a.location)),
    ]
    return _text(
        [
            f"SEQUENCE:{a.sequence}",
            f"DTSTAMP:{stamp}",
            f"CREATED:{a.created_at.astimezone(UTC):%Y%m%dT%H%M%SZ}",
            f"LAST-MODIFIED:{stamp}",
            *when,
            *(f"{name}:{_escaped(words)}" for name, words in texts if words),
            *([f"URL:{a.url}"] if a.url else []),
            f"STATUS:{'CANCELLED' if cancelled else 'TENTATIVE' if a.tentative else 'CONFIRMED'}",
            f"TRANSP:{'TRANSPARENT' if cancelled or all_day else 'OPAQUE'}",
            "CLASS:PUBLIC",
            "END:VEVENT",
        ]
    )


def _text(lines: Iterable[str]) -> str:
    return "".join(f"{_folded(line)}\r\n" for line in lines)


def _escaped(text: str) -> str:
    """A value of type TEXT (RFC 5545 3.3.11); `calendars.lines` has left no backslash and no other line end
    in it."""
    return text.replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def _folded(line: str) -> str:
    """At most 75 octets a line, and no character torn."""
    octets = line.encode()
    if len(octets) <= 75:
        return line
    parts, start = [], 0
    while start < len(octets):
        end = min(start + (75 if start == 0 else 74), len(octets))
        while end < len(octets) and octets[end] & 0xC0 == 0x80:
            end -= 1
        parts.append(octets[start:end].decode())
        start = end
    return "\r\n ".join(parts)


def head(label: str) -> str:
    """What stands before the entries; a calendar without any is whole too (it has its time zone)."""
    name = _escaped(calendars.one_line(label))
    return (
        _text(
            [
                "BEGIN:VCALENDAR",
                "VERSION:2.0",
                f"PRODID:{calendars.PRODID}",
                "CALSCALE:GREGORIAN",
                f"NAME:{name}",
                f"X-WR-CALNAME:{name}",
                "X-WR-TIMEZONE:Europe/London",
                "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
                "X-PUBLISHED-TTL:PT1H",
            ]
        )
        + calendars.LONDON_RULES.decode()
    )


def _instant(at: datetime) -> str:
    return f":{at:%Y%m%dT%H%M%SZ}" if at.tzinfo is UTC else f";TZID=Europe/London:{at:%Y%m%dT%H%M%S}"


_STAMPS = re.compile(r"^(?:SEQUENCE|DTSTAMP|LAST-MODIFIED):.*\r\n", re.MULTILINE)


def _same(standing: Row[*tuple[Any, ...]] | None, row: dict[str, object]) -> bool:
    if standing is None or (standing.gone_at is None) != (row["gone_at"] is None):
        return False
    return _STAMPS.sub("", standing.text) == _STAMPS.sub("", str(row["text"]))


def _add(rows: Sequence[dict[str, object]]) -> None:
    """Many rows a statement: over a wire that is a third quicker than many statements."""
    for first in range(0, len(rows), _AT_ONCE):
        part = rows[first : first + _AT_ONCE]
        values = {f"{name}_{n}": row[name] for n, row in enumerate(part) for name in _COLUMNS}
        db.session.execute(_insert(len(part)), values)


@lru_cache(maxsize=16)
def _insert(rows: int) -> TextClause:
    values = ", ".join(f"({', '.join(f':{name}_{n}' for name in _COLUMNS)})" for n in range(rows))
    return text(f"INSERT INTO feed_entry ({', '.join(_COLUMNS)}) VALUES {values}").bindparams(
        *(bindparam(f"{name}_{n}", type_=_TABLE.c[name].type) for name in _COLUMNS for n in range(rows))
    )


def _key(row: dict[str, object]) -> tuple[object, ...]:
    return row["kind"], row["subject"], row["uid"]


def _standing(rows: Sequence[dict[str, object]]) -> dict[tuple[object, ...], Row[*tuple[Any, ...]]]:
    """What stands of these events, by kind, subject and UID."""
    these = or_(
        *(
            and_(_TABLE.c.kind == r["kind"], _TABLE.c.subject == r["subject"], _TABLE.c.uid == r["uid"])
            for r in rows
        )
    )
    return {(row.kind, row.subject, row.uid): row for row in db.session.execute(select(_TABLE).where(these))}


_AT_ONCE = 250
"""Rows of a feed held in memory, or written, at a time: some 200 KB."""

_TABLE = table_of(FeedEntry)
_COLUMNS = ("kind", "subject", "uid", "text", "starts_at", "changed_at", "gone_at")
_ENTRIES = (
    select(FeedEntry.text)
    .where(
        FeedEntry.kind == bindparam("kind"),
        FeedEntry.subject == bindparam("subject"),
        or_(FeedEntry.gone_at.is_(None), FeedEntry.gone_at > bindparam("now", type_=Instant())),
    )
    .order_by(FeedEntry.id)
)
