"""People's calendars, as programs keep them by RFC 5546: the newest revision by (SEQUENCE, DTSTAMP) holds;
and how they answer."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count

from post.strict import Component, instant, plain
from post.strict_mail import revision_of

_n = count(1)


@dataclass
class Held:
    """An event as it stands in one calendar; `gone` once it was cancelled."""

    rank: tuple[int, str]
    event: Component
    gone: bool

    @property
    def sequence(self) -> int:
        return self.rank[0]

    @property
    def starts_at(self) -> datetime:
        """Naive, in UTC."""
        return instant(self.event.all("DTSTART")[0])

    @property
    def location(self) -> str:
        return plain(self.event.one("LOCATION"))


@dataclass
class PersonsCalendar:
    """`events` by UID. A mail that comes a second time, or late, changes nothing."""

    address: str
    events: dict[str, Held] = field(default_factory=dict)

    def take(self, raw: bytes) -> None:
        revision = revision_of(raw)
        uid = revision.event.one("UID")
        known = self.events.get(uid)
        if known is None or revision.rank >= known.rank:
            self.events[uid] = Held(revision.rank, revision.event, revision.method == "CANCEL")

    def shown(self) -> dict[str, Held]:
        return {uid: held for uid, held in self.events.items() if not held.gone}

    def answer(self, uid: str, partstat: str, at: datetime, shape: str) -> bytes:
        """A REPLY to the revision that stands here, in one of the shapes in which they come."""
        held = self.events[uid]
        starts = held.event.all("DTSTART")[0].value
        organizer = held.event.one("ORGANIZER")
        mailto = "MAILTO" if shape == "Exchange" else "mailto"
        sequence = {"no SEQUENCE": [], "huge SEQUENCE": ["SEQUENCE:2147483646"]}.get(
            shape, [f"SEQUENCE:{held.sequence}"]
        )
        lines = [
            "BEGIN:VCALENDAR",
            "METHOD:REPLY",
            "PRODID:-//Somebody//EN",
            "VERSION:2.0",
            "BEGIN:VEVENT",
            f"ATTENDEE;PARTSTAT={partstat}:{mailto}:{self.address}",
            *([] if shape == "Exchange" else [f"ORGANIZER:{organizer}"]),
            f"UID:{uid}",
            f"DTSTART;TZID=GMT Standard Time:{starts}",
            f"DTSTAMP:{at:%Y%m%dT%H%M%SZ}",
            *sequence,
            "END:VEVENT",
            "END:VCALENDAR",
            "",
        ]
        return self._mail(organizer, partstat.capitalize(), "REPLY", lines)

    def refresh(self, uid: str, at: datetime) -> bytes:
        """A REFRESH (RFC 5546 3.2.6) for the entry that stands here."""
        organizer = self.events[uid].event.one("ORGANIZER")
        lines = [
            "BEGIN:VCALENDAR",
            "METHOD:REFRESH",
            "PRODID:-//Somebody//EN",
            "VERSION:2.0",
            "BEGIN:VEVENT",
            f"ATTENDEE:mailto:{self.address}",
            f"ORGANIZER:{organizer}",
            f"UID:{uid}",
            f"DTSTAMP:{at:%Y%m%dT%H%M%SZ}",
            "END:VEVENT",
            "END:VCALENDAR",
            "",
        ]
        return self._mail(organizer, "Refresh", "REFRESH", lines)

    def _mail(self, organizer: str, subject: str, method: str, lines: list[str]) -> bytes:
        head = [
            f"From: {self.address}",
            f"To: {re.sub('^mailto:', '', organizer)}",
            f"Subject: {subject}",
            f"Message-ID: <{next(_n)}@school.example>",
            "MIME-Version: 1.0",
            f'Content-Type: text/calendar; charset="utf-8"; method={method}',
            "Content-Transfer-Encoding: 8bit",
        ]
        return "\r\n".join([*head, "", *lines]).encode()
