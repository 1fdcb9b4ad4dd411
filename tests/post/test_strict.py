"""The strict check is proven: each way to break an invite makes it speak up."""

import pytest

from outreach.post import calendars
from post.facts import appointment
from post.strict import strict_problems

LONG = b"SUMMARY:" + b"x" * 68 + b"\r\n"

MUTATIONS = {
    "LF endings": lambda ics: ics.replace(b"\r\n", b"\n"),
    "one lone LF": lambda ics: ics.replace(b"TRANSP:OPAQUE\r\n", b"TRANSP:OPAQUE\n"),
    "no last line end": lambda ics: ics[:-2],
    "a line of 76 octets": lambda ics: ics.replace(b"DESCRIPTION:For", b"DESCRIPTION:" + b"x" * 62 + b"\r\n For").replace(b"x" * 62, b"x" * 64),
    "DTEND before DTSTART": lambda ics: ics.replace(b"DTEND;TZID=Europe/London:20270309T104500", b"DTEND;TZID=Europe/London:20270309T084500"),
    "DTEND at DTSTART": lambda ics: ics.replace(b"20270309T104500", b"20270309T093000"),
    "DTSTART in UTC": lambda ics: ics.replace(b"DTSTART;TZID=Europe/London:20270309T093000", b"DTSTART:20270309T093000Z"),
    "DTSTAMP in wall time": lambda ics: ics.replace(b"DTSTAMP:20270119T140600Z", b"DTSTAMP:20270119T140600"),
    "LAST-MODIFIED later": lambda ics: ics.replace(b"LAST-MODIFIED:20270119T140600Z", b"LAST-MODIFIED:20270119T140700Z"),
    "misspelt PARTSTAT": lambda ics: ics.replace(b"NEEDS-ACTION", b"NEEDS-ACTON").replace(b"N\r\n EEDS-ACTION", b"N\r\n EEDS-ACTON").replace(b"NEEDS-AC\r\n TION", b"NEEDS-AC\r\n TON"),
    "misspelt METHOD": lambda ics: ics.replace(b"METHOD:REQUEST", b"METHOD:REQEST"),
    "METHOD unlike the MIME parameter": lambda ics: ics.replace(b"METHOD:REQUEST", b"METHOD:CANCEL"),
    "no METHOD": lambda ics: ics.replace(b"METHOD:REQUEST\r\n", b""),
    "ORGANIZER that is no mailto": lambda ics: ics.replace(b":mailto:bookings", b":bookings").replace(b":\r\n mailto:bookings", b":\r\n bookings").replace(b"mailto:book", b"book"),
    "no ORGANIZER": lambda ics: _without(ics, b"ORGANIZER"),
    "no ATTENDEE": lambda ics: _without(ics, b"ATTENDEE"),
    "no VTIMEZONE": lambda ics: ics[: ics.index(b"BEGIN:VTIMEZONE")] + ics[ics.index(b"BEGIN:VEVENT") :],
    "a zone an hour early": lambda ics: ics.replace(b"TZOFFSETTO:+0000", b"TZOFFSETTO:+0100"),
    "STATUS:CANCELLED in a REQUEST": lambda ics: ics.replace(b"STATUS:CONFIRMED", b"STATUS:CANCELLED"),
    "no STATUS in a REQUEST": lambda ics: ics.replace(b"STATUS:CONFIRMED\r\n", b""),
    "a VALARM": lambda ics: ics.replace(b"END:VEVENT", b"BEGIN:VALARM\r\nACTION:DISPLAY\r\nEND:VALARM\r\nEND:VEVENT"),
    "no UID": lambda ics: _without(ics, b"UID"),
    "UID twice": lambda ics: ics.replace(b"SEQUENCE:0", b"UID:other@x\r\nSEQUENCE:0"),
    "a UID of the calendar": lambda ics: ics.replace(b"CALSCALE", b"UID:abc\r\nCALSCALE"),
    "SEQUENCE in words": lambda ics: ics.replace(b"SEQUENCE:0", b"SEQUENCE:none"),
    "a bare comma in the text": lambda ics: ics.replace(b"DESCRIPTION:For", b"DESCRIPTION:Hi, for"),
    "a personal link": lambda ics: ics.replace(b"/b/", b"/i/"),
    "an injected property": lambda ics: ics.replace(b"TRANSP:OPAQUE", b"TRANSP:OPAQUE\r\nATTACH:http://x.example/y"),
    "a control character": lambda ics: ics.replace(b"DESCRIPTION:For", b"DESCRIPTION:\x07For"),
    "a torn character": lambda ics: ics.replace(b"\xe2\x80\x98", b"\xe2\r\n \x80\x98", 1),
    "no intended status": lambda ics: _without(ics, b"X-MICROSOFT-CDO-INTENDEDSTATUS"),
    "the organizer as attendee": lambda ics: ics.replace(b"j.fell@stbrannocs.example", b"bookings+a1b2@outreach.example"),
}  # fmt: skip


def _without(ics: bytes, name: bytes) -> bytes:
    """The event without one of its properties, folded lines and all."""
    head, event = ics.split(b"BEGIN:VEVENT", 1)
    kept, leaving = [], False
    for line in event.split(b"\r\n"):
        leaving = line.startswith((name + b":", name + b";")) or (leaving and line.startswith(b" "))
        if not leaving:
            kept.append(line)
    return head + b"BEGIN:VEVENT" + b"\r\n".join(kept)


def test_an_invite_as_it_is_made_has_no_problem() -> None:
    assert strict_problems(calendars.request(appointment()), "REQUEST") == []


@pytest.mark.parametrize("name", MUTATIONS)
def test_an_invite_broken_in_one_way_is_noticed(name: str) -> None:
    whole = calendars.request(appointment())
    broken = MUTATIONS[name](whole)
    assert broken != whole
    assert strict_problems(broken, "REQUEST") != []
