"""Calendar parts of strangers, read leniently: whose answer, to which event, in which revision. Pure.

icalendar takes the lines apart. Its reader of whole components is not used: it keeps time zones that it meets
for the life of the process, so that one mail's "Customized Time Zone" would shift the next mail's wish, and
it expands their rules, however many times a second they say.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from outreach.ground.timespans import LONDON
from outreach.post.incoming import headers
from outreach.post.incoming.showing import plain

UNKNOWN_LENGTH = timedelta(hours=1)
"""How long a wish lasts that names no end."""


@dataclass(frozen=True, kw_only=True)
class CalendarEvent:
    """One VEVENT of a calendar part. `method` is in capitals, '' when it has none; of an answer `address` and
    `name` are the one attendee's (RFC 5546 3.2.3), '' when none or several are named: then `attendees` has
    all.

    Instants are aware UTC, None where they are missing or make no sense; `sequence` None is missing.
    `single`: it speaks of one date of a series only (RECURRENCE-ID).
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
    attendees: tuple[tuple[str, str, str], ...]
    comment: str
    organizer: str
    summary: str
    single: bool


@dataclass(frozen=True, kw_only=True)
class CalendarDays:
    """One entry of a calendar as days of London, the last one included."""

    first: date
    last: date
    summary: str


@dataclass
class _Lines:
    """One component: its properties as (parameters, value), by name in capitals."""

    name: str
    said: dict[str, list[tuple[dict[str, str], str]]] = field(default_factory=dict)

    def first(self, name: str) -> tuple[dict[str, str], str]:
        return self.said.get(name, [({}, "")])[0]

    def value(self, name: str) -> str:
        return self.first(name)[1].strip()


def events(ics: bytes, charset: str, method: str) -> list[CalendarEvent] | None:
    """The events of one calendar part; None when it is no calendar. `method` is the MIME parameter, which the
    body's own METHOD overrules (RFC 6047 2.4)."""
    text = _decoded(ics, charset)
    if "BEGIN:VCALENDAR" not in text.upper():
        return None
    calendar, zones, found = _components(text)
    own = calendar.value("METHOD") or method
    return [_event(event, own.strip().upper(), zones) for event in found]


def days(ics: bytes) -> list[CalendarDays]:
    """The entries of a calendar file as days, whole ones or those that their hours touch; what says no day is left
    out. How an entry comes again is not followed."""
    _, zones, found = _components(_decoded(ics, ""))
    entries = []
    for event in found:
        first, last = _whole_day(event, "DTSTART"), _whole_day(event, "DTEND")
        if first is not None:
            length = _duration(event.value("DURATION")) or timedelta(days=1)
            # A whole day's end is the day after it (RFC 5545 3.6.1); some write the day itself.
            last = max(first, (last if last is not None else first + length) - timedelta(days=1))
        else:
            starts_at = _instant(*event.first("DTSTART"), zones)
            if starts_at is None:
                continue
            ends_at = _instant(*event.first("DTEND"), zones) or starts_at
            first = starts_at.astimezone(LONDON).date()
            last = max(first, (ends_at - timedelta(seconds=1)).astimezone(LONDON).date())
        summary = " ".join(_text(event.value("SUMMARY"), 300).split())
        entries.append(CalendarDays(first=first, last=last, summary=summary))
    return entries


def _whole_day(event: _Lines, name: str) -> date | None:
    found = re.fullmatch(r"(\d{4})(\d\d)(\d\d)", event.value(name), re.ASCII)
    try:
        return date(int(found[1]), int(found[2]), int(found[3])) if found else None
    except ValueError:
        return None


def _decoded(ics: bytes, charset: str) -> str:
    """Many say one character set and write another: UTF-8 wherever it can be that."""
    for name in ("utf-8-sig", charset or "utf-8", "windows-1252"):
        try:
            return ics.decode(name)
        except (UnicodeError, LookupError, ValueError):
            continue
    return ics.decode("latin-1")


def _components(text: str) -> tuple[_Lines, dict[str, list[tuple[str, str]]], list[_Lines]]:
    """(the calendar's own lines, offsets of each time zone, the events); what stands inside an event is left
    out.

    The offsets are (component, TZOFFSETTO), by TZID.
    """
    calendar, stack, found = _Lines("VCALENDAR"), [], []
    zones: dict[str, list[tuple[str, str]]] = {}
    zone = ""
    for name, params, value in _lines(text):
        if name == "BEGIN":
            component = value.strip().upper()
            stack.append(component)
            if component == "VEVENT":
                found.append(_Lines("VEVENT"))
            elif component == "VTIMEZONE":
                zone = ""
        elif name == "END":
            if value.strip().upper() in stack:
                while stack.pop() != value.strip().upper():
                    pass
        elif stack and stack[-1] == "VEVENT":
            found[-1].said.setdefault(name, []).append((params, value))
        elif stack and stack[-1] == "VCALENDAR":
            calendar.said.setdefault(name, []).append((params, value))
        elif name == "TZID" and stack[-1:] == ["VTIMEZONE"]:
            zone = value.strip()
        elif name == "TZOFFSETTO" and "VTIMEZONE" in stack:
            zones.setdefault(zone, []).append((stack[-1], value.strip()))
    return calendar, zones, found


def _lines(text: str) -> Iterator[tuple[str, dict[str, str], str]]:
    """Each line as (name in capitals, parameters, value as it stands); what is no line is left out."""
    from icalendar.parser import Contentlines  # late: only mail that comes in is looked at

    # A lone CR ends a line too, for some; UTF-8 only, since a text of one line would be taken for a file's
    # name.
    plain = text.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "replace")
    for line in Contentlines.from_ical(plain):  # type: ignore[no-untyped-call]  # icalendar gives it no types
        try:
            name, params, value = line.raw_parts() if line else ("", {}, "")
        except ValueError:
            continue
        yield name.upper(), {str(k).upper(): _one(v) for k, v in params.items()}, value


def _one(value: object) -> str:
    return str(value[0] if isinstance(value, list) and value else value)


def _event(lines: _Lines, method: str, zones: dict[str, list[tuple[str, str]]]) -> CalendarEvent:
    attendees = tuple(_person(params, value) for params, value in lines.said.get("ATTENDEE", [])[:100])
    name, address, partstat = attendees[0] if len(attendees) == 1 else ("", "", "")
    starts_at = _instant(*lines.first("DTSTART"), zones)
    ends_at = _instant(*lines.first("DTEND"), zones)
    if starts_at and not ends_at:
        ends_at = starts_at + (_duration(lines.value("DURATION")) or UNKNOWN_LENGTH)
    return CalendarEvent(
        method=method,
        uid=_text(lines.value("UID"), 500),
        sequence=_number(lines.value("SEQUENCE")),
        dtstamp=_instant(*lines.first("DTSTAMP"), zones),
        starts_at=starts_at,
        ends_at=ends_at if starts_at and ends_at and ends_at > starts_at else None,
        name=name,
        address=address,
        partstat=partstat,
        attendees=attendees,
        comment=_text("\n".join(value for _, value in lines.said.get("COMMENT", [])[:5]), 2000),
        organizer=headers.address_in(lines.value("ORGANIZER")),
        summary=" ".join(_text(lines.value("SUMMARY"), 300).split()),
        single="RECURRENCE-ID" in lines.said,
    )


def _person(params: dict[str, str], value: str) -> tuple[str, str, str]:
    """(name, address, PARTSTAT). Apple names some people by a path on its server, with EMAIL beside it."""
    address = headers.address_in(value) or headers.address_in(params.get("EMAIL", ""))
    name = " ".join(plain(params.get("CN", "").strip("'\" ")).split())[:200]
    return (
        "" if headers.bare(name) == address else name,
        address,
        params.get("PARTSTAT", "").strip().upper()[:40],
    )


_ESCAPED = re.compile(r"\\([\\;,nN])")


def _text(value: str, longest: int) -> str:
    """(RFC 5545 3.3.11)"""
    return plain(_ESCAPED.sub(lambda m: "\n" if m[1] in "nN" else m[1], value))[:longest].strip()


def _number(value: str) -> int | None:
    """A SEQUENCE as it stands, however large; what holds is judged where our own are known."""
    return int(value) if re.fullmatch(r"[0-9]{1,18}", value) else None


_STAMP = re.compile(r"(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)?(?:\.\d+)?(Z?)", re.IGNORECASE | re.ASCII)
_WEEKS = re.compile(
    r"\+?P(?:(\d{1,3})W)?(?:(\d{1,3})D)?(?:T(?:(\d{1,4})H)?(?:(\d{1,5})M)?(?:(\d{1,6})S)?)?", re.ASCII
)


def _instant(params: dict[str, str], value: str, zones: dict[str, list[tuple[str, str]]]) -> datetime | None:
    """A DATE-TIME in UTC, in a named zone, or of nobody's zone, which is London's here; None for a whole
    day."""
    found = _STAMP.fullmatch(value.strip())
    if found is None:
        return None
    zone = UTC if found[7] else _zone(params.get("TZID", ""), zones)
    if zone is None:
        return None
    try:
        year, month, day, hour, minute, second = (int(n or 0) for n in found.groups()[:6])
        instant = datetime(year, month, day, hour, minute, min(second, 59), tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return instant if date(1970, 1, 1) < instant.date() < date(2200, 1, 1) else None


def _zone(tzid: str, zones: dict[str, list[tuple[str, str]]]) -> tzinfo | None:
    """A zone by its name, by Windows' name for it, or by what the calendar says of it; None when nobody can
    tell."""
    tzid = tzid.strip()
    if not tzid:
        return LONDON
    from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

    parts = tzid.strip("/").split("/")
    for name in [WINDOWS_TO_OLSON.get(tzid, ""), *("/".join(parts[i:]) for i in range(min(len(parts), 6)))]:
        if re.fullmatch(r"[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*", name):
            try:
                return ZoneInfo(name)
            except (ZoneInfoNotFoundError, ValueError, OSError):
                continue
    said = {(component, _offset(offset)) for component, offset in zones.get(tzid, [])}
    if said == {("STANDARD", timedelta(0)), ("DAYLIGHT", timedelta(hours=1))}:
        return LONDON
    fixed = {offset for _, offset in said}
    return _fixed(fixed.pop()) if len(fixed) == 1 else None


def _offset(value: str) -> timedelta | None:
    found = re.fullmatch(r"([+-]?)(\d\d)(\d\d)(\d\d)?", value, re.ASCII)
    if found is None:
        return None
    size = timedelta(hours=int(found[2]), minutes=int(found[3]))
    return -size if found[1] == "-" else size


def _fixed(offset: timedelta | None) -> tzinfo | None:
    return timezone(offset) if offset is not None and abs(offset) < timedelta(hours=24) else None


def _duration(value: str) -> timedelta | None:
    found = _WEEKS.fullmatch(value.upper())
    if found is None:
        return None
    weeks, days, hours, minutes, seconds = (int(n or 0) for n in found.groups())
    return timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds) or None
