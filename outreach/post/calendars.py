"""Facts in, iCalendar bytes out: the invite, its update, its cancellation, and the file to download.

The shape is that which Outlook, Google, Apple and Thunderbird all take (RFC 5545, 5546, 6047). Traps of
icalendar that are avoided here: Calendar.new() adds a random UID, add_missing_timezones() writes a
VTIMEZONE that puts January shows an hour early, and text with a backslash before an N breaks the line.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from outreach.ground import wording
from outreach.ground.timespans import LONDON
from outreach.post.envelopes import plain_address

if TYPE_CHECKING:  # imported late: few requests write or read a calendar
    from icalendar import Event, vCalAddress

PRODID = "-//Outreach//Outreach//EN"
REQUEST, CANCEL = "REQUEST", "CANCEL"

LONDON_RULES = b"\r\n".join(
    [
        b"BEGIN:VTIMEZONE",
        b"TZID:Europe/London",
        b"BEGIN:DAYLIGHT",
        b"DTSTART:19810329T010000",
        b"TZOFFSETFROM:+0000",
        b"TZOFFSETTO:+0100",
        b"RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU",
        b"TZNAME:BST",
        b"END:DAYLIGHT",
        b"BEGIN:STANDARD",
        b"DTSTART:19961027T020000",
        b"TZOFFSETFROM:+0100",
        b"TZOFFSETTO:+0000",
        b"RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU",
        b"TZNAME:GMT",
        b"END:STANDARD",
        b"END:VTIMEZONE",
        b"",
    ]
)


@dataclass(frozen=True, kw_only=True)
class Attendee:
    """Somebody who has the entry in the calendar; `partstat` is the answer as far as it is known."""

    name: str
    address: str
    partstat: str = "NEEDS-ACTION"


@dataclass(frozen=True, kw_only=True)
class Appointment:
    """One entry in one revision. Instants are aware; `dtstamp` is when this revision was made."""

    uid: str
    sequence: int
    dtstamp: datetime
    created_at: datetime
    starts_at: datetime
    ends_at: datetime
    summary: str
    description: str
    location: str
    url: str
    organizer_name: str
    organizer_address: str
    attendees: tuple[Attendee, ...]
    tentative: bool = False


@lru_cache(maxsize=16)
def request(appointment: Appointment) -> bytes:
    """The invite, or its update when `sequence` or `dtstamp` has risen (METHOD:REQUEST).

    One revision is one text for all its recipients, so it is kept while their letters are written.
    """
    return _bytes(_invite(appointment), REQUEST)


def cancel(appointment: Appointment, only: tuple[Attendee, ...] | None = None) -> bytes:
    """The end of an entry (METHOD:CANCEL); the caller has raised `sequence` already.

    With `only`, the entry ends for these alone: it names nobody else and has no STATUS (RFC 5546 3.2.5).
    """
    event = _event(appointment)
    if only is None:
        event.add("status", "CANCELLED")
    _add_people(event, appointment, appointment.attendees if only is None else only)
    return _bytes(event, CANCEL)


def download(appointment: Appointment) -> bytes:
    """The file for a page: no METHOD, organizer or attendees, so that opening it answers nobody.

    It keeps the invite's UID: whoever opens both has one entry, which later invites move.
    """
    event = _event(appointment)
    event.add("status", "TENTATIVE" if appointment.tentative else "CONFIRMED")
    event.add("transp", "OPAQUE")
    event.add("class", "PUBLIC")
    return _bytes(event, None)


def say_the_same(one: bytes, other: bytes) -> bool:
    """Whether two calendar texts tell a calendar the same, whenever they were made and whatever people have
    answered.

    An end is an end, in whichever revision.
    """
    ends = [b"\r\nMETHOD:CANCEL\r\n" in ics for ics in (one, other)]
    return all(ends) or _plainly(one) == _plainly(other)


def _plainly(ics: bytes) -> list[bytes]:
    unfolded = ics.replace(b"\r\n ", b"").split(b"\r\n")
    return [
        re.sub(rb";PARTSTAT=[A-Z-]+", b"", line)
        for line in unfolded
        if not line.startswith((b"DTSTAMP:", b"LAST-MODIFIED:"))
    ]


def as_written(starts_at: datetime, ends_at: datetime) -> tuple[datetime, datetime]:
    """Both instants as a calendar is told them: on London's clock, but in UTC where one of them is in the
    hour that comes twice in autumn, since DTSTART;TZID could not say which of the two is meant (RFC 5545
    3.3.5)."""
    there = starts_at.astimezone(LONDON), ends_at.astimezone(LONDON)
    twice = any(at.utcoffset() != at.replace(fold=1 - at.fold).utcoffset() for at in there)
    return (starts_at.astimezone(UTC), ends_at.astimezone(UTC)) if twice else there


def one_line(text: str) -> str:
    """Typed text as one line; so a summary stands in the entry, and word for word in the subject."""
    return " ".join(lines(text).split())


def in_words(ics: bytes) -> list[tuple[str, str]]:
    """What a kept calendar part says, as (label, words), for a person to read."""
    from icalendar import Calendar

    calendar = Calendar.from_ical(bytes(ics))
    said = [("What it does", _deed(str(calendar.get("METHOD", ""))))]
    for event in calendar.walk("VEVENT"):
        starts, ends = event.decoded("DTSTART"), event.decoded("DTEND")
        said += [
            ("Title", str(event.get("SUMMARY", ""))),
            ("When", f"{wording.day(starts)}, {wording.clock_span(starts, ends)}"),
            ("Where", str(event.get("LOCATION", ""))),
            ("Status", str(event.get("STATUS", "not said")).capitalize()),
            ("Revision", str(event["SEQUENCE"])),
            ("Organiser", _address(event.get("ORGANIZER"))),
        ]
        people = event.get("ATTENDEE", [])
        for person in people if isinstance(people, list) else [people]:
            answer = _ANSWERS.get(str(person.params.get("PARTSTAT", "")), "answer not known")
            said.append(("In the calendar of", f"{_address(person)}, {answer}"))
        said.append(("Description", str(event.get("DESCRIPTION", ""))))
    return [(label, words) for label, words in said if words]


_ANSWERS = {
    "NEEDS-ACTION": "no answer yet",
    "ACCEPTED": "accepted",
    "DECLINED": "declined",
    "TENTATIVE": "perhaps",
}


def _deed(method: str) -> str:
    return {
        REQUEST: "Puts the visit into the calendar, or changes the entry that is there",
        CANCEL: "Takes the visit out of the calendar",
    }.get(method, "A calendar entry")


def _address(value: "vCalAddress") -> str:
    address = str(value).removeprefix("mailto:")
    name = str(value.params.get("CN", ""))
    return f"{name} ({address})" if name and name != address else address


def _invite(appointment: Appointment) -> "Event":
    event = _event(appointment)
    event.add("status", "TENTATIVE" if appointment.tentative else "CONFIRMED")
    event.add("transp", "OPAQUE")
    event.add("class", "PUBLIC")
    _add_people(event, appointment, appointment.attendees)
    event.add("x-microsoft-cdo-busystatus", "TENTATIVE")
    event.add("x-microsoft-cdo-intendedstatus", "BUSY")
    event.add("x-microsoft-disallow-counter", "FALSE")
    return event


def _event(appointment: Appointment) -> "Event":
    """What every kind has in common. An entry that ends before it starts is a bug: ValueError."""
    from icalendar import Event, vText, vUri

    if appointment.ends_at <= appointment.starts_at:
        raise ValueError("a visit must end after it starts")
    event = Event()
    event.add("uid", appointment.uid)
    event.add("sequence", appointment.sequence)
    event.add("dtstamp", appointment.dtstamp.astimezone(UTC))
    event.add("created", appointment.created_at.astimezone(UTC))
    event.add("last-modified", appointment.dtstamp.astimezone(UTC))
    starts, ends = as_written(appointment.starts_at, appointment.ends_at)
    event.add("dtstart", starts)
    event.add("dtend", ends)
    event.add("summary", vText(one_line(appointment.summary)))
    event.add("description", vText(lines(appointment.description)))
    event.add("location", vText(one_line(appointment.location)))
    event.add("url", vUri(appointment.url))
    return event


def _add_people(event: "Event", appointment: Appointment, attendees: tuple[Attendee, ...]) -> None:
    from icalendar import vCalAddress

    if not attendees:
        raise ValueError("an invite without attendees reaches nobody's calendar")
    organizer = vCalAddress(f"mailto:{appointment.organizer_address}")
    organizer.params["CN"] = _name(appointment.organizer_name) or appointment.organizer_address
    event.add("organizer", organizer)
    for attendee in attendees:
        # As the mail's To says it: in ASCII, which readers of calendars compare.
        address = plain_address(attendee.address)
        person = vCalAddress(f"mailto:{address}")
        person.params["CN"] = _name(attendee.name) or address
        person.params["CUTYPE"] = "INDIVIDUAL"
        person.params["ROLE"] = "REQ-PARTICIPANT"
        person.params["PARTSTAT"] = attendee.partstat
        person.params["RSVP"] = "TRUE"
        event.add("attendee", person)


def _bytes(event: "Event", method: str | None) -> bytes:
    from icalendar import Calendar

    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", PRODID)
    calendar.add("calscale", "GREGORIAN")
    if method:
        calendar.add("method", method)
    calendar.add_component(event)
    # Put in as it stands: only constants come before the event, so its first BEGIN is the right place.
    written: bytes = calendar.to_ical(sorted=False)
    return written.replace(b"BEGIN:VEVENT", LONDON_RULES + b"BEGIN:VEVENT", 1)


def _name(text: str) -> str:
    """A CN: quotes and carets cannot be written in one without tripping some reader, so they go."""
    return one_line(text.replace('"', "").replace("^", ""))


def lines(text: str) -> str:
    """Typed text without what breaks a calendar: control characters, half characters, stray line ends."""
    text = text.replace("\r\n", "\n").replace("\\", "/")
    # Nearly every text is plain, and what can be printed holds nothing that must go.
    plain = text.replace("\n", "").isprintable()
    return (text if plain else "".join(_kept(text))).strip()


def _kept(text: str) -> Iterator[str]:
    for character in text:
        if character in "\n\r\x0b\x0c\x85\u2028\u2029":
            yield "\n"
        elif character == "\t":
            yield " "
        elif not _DROPPED.match(character):
            yield character


_DROPPED = re.compile(
    "[\x00-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufeff\ufdd0-\ufdef"
    + "".join(chr(plane * 0x10000 + last) for plane in range(17) for last in (0xFFFE, 0xFFFF))
    + "]"
)
"""Control characters; halves of characters; what turns the reading direction of all that follows; a stray
byte order mark; and what Unicode says is no character, which the XML that mail servers make of an entry
cannot hold."""
