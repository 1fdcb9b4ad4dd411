"""The strict check is proven: each way to break an entry or a feed makes it speak up."""

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from outreach.post import calendars
from outreach.post.calendars import Attendee
from post.facts import appointment
from post.strict import feed_problems, strict_problems

SAM = Attendee(name="Sam Okafor", address="s.okafor@stbrannocs.example")
JOANNA = appointment().attendees[0]
BOTH = appointment(
    attendees=(JOANNA, SAM),
    organizer_address="bookings+a1b2c3d4e5f60718@outreach.example",
    description="For Years 8 and 9.\nThe company arrives at 8:30am, and leaves by 11:15am.",
)

WHOLE = {
    "an invite": (calendars.request(BOTH), "REQUEST"),
    "a proposal": (calendars.request(replace(BOTH, tentative=True)), "REQUEST"),
    "a cancellation": (calendars.cancel(replace(BOTH, sequence=1)), "CANCEL"),
    "a removal": (calendars.cancel(replace(BOTH, sequence=1), (SAM,)), "CANCEL"),
    "a file to download": (calendars.download(BOTH), None),
}

MUTATIONS: dict[str, Callable[[bytes], bytes]] = {
    "LF endings": lambda ics: ics.replace(b"\r\n", b"\n"),
    "CR endings": lambda ics: ics.replace(b"\r\n", b"\r"),
    "one lone LF": lambda ics: ics.replace(b"TRANSP:OPAQUE\r\n", b"TRANSP:OPAQUE\n"),
    "no last line end": lambda ics: ics[:-2],
    "an empty line": lambda ics: ics.replace(b"TRANSP:OPAQUE\r\n", b"TRANSP:OPAQUE\r\n\r\n"),
    "a line of 76 octets": lambda ics: ics.replace(b"TRANSP:", b"X-LONG:" + b"x" * 69 + b"\r\nTRANSP:"),
    "a line that is not folded": lambda ics: ics.replace(b"\r\n ", b""),
    "DTEND before DTSTART": lambda ics: ics.replace(b"20270309T104500", b"20270309T084500"),
    "DTEND at DTSTART": lambda ics: ics.replace(b"20270309T104500", b"20270309T093000"),
    "DTSTART in UTC": lambda ics: ics.replace(
        b"DTSTART;TZID=Europe/London:20270309T093000", b"DTSTART:20270309T093000Z"
    ),
    "DTSTART in no zone": lambda ics: ics.replace(b"DTSTART;TZID=Europe/London:", b"DTSTART:"),
    "DTSTART in another zone": lambda ics: ics.replace(
        b"DTSTART;TZID=Europe/London:", b"DTSTART;TZID=Europe/Paris:"
    ),
    "DTSTART on no day": lambda ics: ics.replace(b"20270309T093000", b"20270229T093000"),
    "DTSTART in the hour that is left out": lambda ics: ics.replace(
        b"20270309T093000", b"20270328T013000"
    ).replace(b"20270309T104500", b"20270328T101500"),
    "DTEND in the hour that stands twice": lambda ics: ics.replace(
        b"20270309T093000", b"20271031T001500"
    ).replace(b"20270309T104500", b"20271031T013000"),
    "DTSTAMP in wall time": lambda ics: ics.replace(b"DTSTAMP:20270119T140600Z", b"DTSTAMP:20270119T140600"),
    "LAST-MODIFIED later": lambda ics: ics.replace(
        b"LAST-MODIFIED:20270119T140600Z", b"LAST-MODIFIED:20270119T140700Z"
    ),
    "misspelt PARTSTAT": lambda ics: _unfolded(ics, b"NEEDS-ACTION", b"NEEDS-ACTON"),
    "no PARTSTAT": lambda ics: _unfolded(ics, b"PARTSTAT=NEEDS-ACTION;", b""),
    "RSVP that asks nobody": lambda ics: _unfolded(ics, b"RSVP=TRUE", b"RSVP=FALSE"),
    "a role of its own": lambda ics: _unfolded(ics, b"REQ-PARTICIPANT", b"CHAIR"),
    "misspelt METHOD": lambda ics: ics.replace(b"METHOD:REQUEST", b"METHOD:REQEST"),
    "METHOD in small letters": lambda ics: ics.replace(b"METHOD:REQUEST", b"METHOD:request"),
    "METHOD:PUBLISH": lambda ics: ics.replace(b"METHOD:REQUEST", b"METHOD:PUBLISH"),
    "METHOD unlike the MIME parameter": lambda ics: ics.replace(b"METHOD:REQUEST", b"METHOD:CANCEL"),
    "no METHOD": lambda ics: ics.replace(b"METHOD:REQUEST\r\n", b""),
    "ORGANIZER that is no mailto": lambda ics: _unfolded(ics, b":mailto:bookings", b":bookings"),
    "ORGANIZER with MAILTO in capitals": lambda ics: _unfolded(ics, b":mailto:bookings", b":MAILTO:bookings"),
    "ATTENDEE that is no mailto": lambda ics: _unfolded(ics, b":mailto:j.fell", b":j.fell"),
    "ATTENDEE with an address in Unicode": lambda ics: _unfolded(
        ics, b":mailto:j.fell@stbrannocs", ":mailto:j.fell@stbrännocs".encode()
    ),
    "ATTENDEE with two addresses": lambda ics: _unfolded(
        ics, b":mailto:j.fell@", b":mailto:x@y.example,j.fell@"
    ),
    "SENT-BY": lambda ics: _unfolded(
        ics, b"ORGANIZER;", b'ORGANIZER;SENT-BY="mailto:priya@marlshire.example";'
    ),
    "no ORGANIZER": lambda ics: _without(ics, b"ORGANIZER"),
    "no ATTENDEE": lambda ics: _without(ics, b"ATTENDEE"),
    "no CN": lambda ics: _unfolded(ics, b'CN="Joanna Fell"', b'CN=""'),
    "a caret in a CN": lambda ics: _unfolded(ics, b'CN="Joanna Fell"', b'CN="Joanna^nFell"'),
    "no VTIMEZONE": lambda ics: ics[: ics.index(b"BEGIN:VTIMEZONE")] + ics[ics.index(b"BEGIN:VEVENT") :],
    "VTIMEZONE twice": lambda ics: ics.replace(
        b"BEGIN:VEVENT", ics[ics.index(b"BEGIN:VTIMEZONE") : ics.index(b"BEGIN:VEVENT")] + b"BEGIN:VEVENT"
    ),
    "a zone an hour early": lambda ics: ics.replace(b"TZOFFSETTO:+0000", b"TZOFFSETTO:+0100"),
    "a zone that changes a week early": lambda ics: ics.replace(
        b"BYMONTH=3;BYDAY=-1SU", b"BYMONTH=3;BYDAY=4SU"
    ),
    "STATUS:CANCELLED in a REQUEST": lambda ics: ics.replace(b"STATUS:CONFIRMED", b"STATUS:CANCELLED"),
    "misspelt STATUS": lambda ics: ics.replace(b"STATUS:CONFIRMED", b"STATUS:CONFIRMD"),
    "no STATUS in a REQUEST": lambda ics: ics.replace(b"STATUS:CONFIRMED\r\n", b""),
    "a VALARM": lambda ics: ics.replace(
        b"END:VEVENT", b"BEGIN:VALARM\r\nACTION:DISPLAY\r\nEND:VALARM\r\nEND:VEVENT"
    ),
    "a second entry": lambda ics: ics.replace(b"END:VCALENDAR", ics[ics.index(b"BEGIN:VEVENT") :]),
    "a component that does not end": lambda ics: ics.replace(b"END:VEVENT\r\n", b""),
    "an END of its own": lambda ics: ics.replace(b"TRANSP:OPAQUE", b"END:VEVENT\r\nTRANSP:OPAQUE"),
    "a second calendar": lambda ics: ics + ics,
    "UID twice": lambda ics: ics.replace(b"SEQUENCE:0", b"UID:other@x\r\nSEQUENCE:0"),
    "an empty UID": lambda ics: ics.replace(b"UID:7f3c@outreach.example", b"UID:"),
    "a UID of the calendar": lambda ics: ics.replace(b"CALSCALE", b"UID:abc\r\nCALSCALE"),
    "SEQUENCE in words": lambda ics: ics.replace(b"SEQUENCE:0", b"SEQUENCE:none"),
    "SEQUENCE below nought": lambda ics: ics.replace(b"SEQUENCE:0", b"SEQUENCE:-1"),
    "a bare comma in the text": lambda ics: ics.replace(b"DESCRIPTION:For", b"DESCRIPTION:Hi, for"),
    "a bare semicolon in the text": lambda ics: ics.replace(b"DESCRIPTION:For", b"DESCRIPTION:Hi; for"),
    "a lone backslash in the text": lambda ics: ics.replace(b"DESCRIPTION:For", b"DESCRIPTION:Hi\\x for"),
    "a personal link": lambda ics: ics.replace(b"/b/", b"/i/"),
    "a link in the description": lambda ics: ics.replace(
        b"DESCRIPTION:For", b"DESCRIPTION:http://outreach.example/i/tok"
    ),
    "a person's address in the description": lambda ics: ics.replace(
        b"DESCRIPTION:For", b"DESCRIPTION:J.Fell@stbrannocs.example"
    ),
    "an injected property": lambda ics: ics.replace(
        b"TRANSP:OPAQUE", b"TRANSP:OPAQUE\r\nATTACH:http://x.example/y"
    ),
    "a parameter of its own": lambda ics: ics.replace(b"TRANSP:OPAQUE", b"TRANSP;X-A=b:OPAQUE"),
    "a line that says nothing": lambda ics: ics.replace(b"TRANSP:OPAQUE", b"TRANSP"),
    "a control character": lambda ics: ics.replace(b"DESCRIPTION:For", b"DESCRIPTION:\x07For"),
    "a character that ends lines": lambda ics: ics.replace(
        b"DESCRIPTION:For", "DESCRIPTION:\u2028For".encode()
    ),
    "a character that turns the text round": lambda ics: ics.replace(
        b"DESCRIPTION:For", "DESCRIPTION:\u202eFor".encode()
    ),
    "a byte order mark": lambda ics: b"\xef\xbb\xbf" + ics,
    "Latin-1": lambda ics: ics.replace("’".encode(), b"\x92"),
    "a torn character": lambda ics: ics.replace(b"\xe2\x80\x98", b"\xe2\r\n \x80\x98", 1),
    "a busy status of its own": lambda ics: _unfolded(ics, b"BUSYSTATUS:TENTATIVE", b"BUSYSTATUS:FREE"),
    "the organizer as attendee": lambda ics: _unfolded(
        ics, b"j.fell@stbrannocs.example", b"bookings+a1b2c3d4e5f60718@outreach.example"
    ),
    "an attendee twice": lambda ics: _unfolded(
        ics, b"s.okafor@stbrannocs.example", b"J.Fell@stbrannocs.example"
    ),
}


def _unfolded(ics: bytes, was: bytes, becomes: bytes) -> bytes:
    """The calendar with some text replaced wherever its folding lies; folded anew."""
    return b"".join(
        b"\r\n ".join(_pieces(line)) + b"\r\n"
        for line in ics.replace(b"\r\n ", b"").replace(was, becomes).split(b"\r\n")[:-1]
    )


def _pieces(line: bytes) -> list[bytes]:
    """At most 74 octets each, no character torn."""
    pieces, rest = [], line
    while len(rest) > 74:
        cut = 74
        while rest[cut] & 0xC0 == 0x80:
            cut -= 1
        pieces.append(rest[:cut])
        rest = rest[cut:]
    return [*pieces, rest]


def _without(ics: bytes, name: bytes) -> bytes:
    """The event without one of its properties."""
    head, event = ics.replace(b"\r\n ", b"").split(b"BEGIN:VEVENT", 1)
    kept = [line for line in event.split(b"\r\n") if not line.startswith((name + b":", name + b";"))]
    return _unfolded(head + b"BEGIN:VEVENT" + b"\r\n".join(kept), b"", b"")


@pytest.mark.parametrize("name", WHOLE)
def test_an_entry_as_it_is_made_has_no_problem(name: str) -> None:
    assert strict_problems(*WHOLE[name]) == []


def test_folding_anew_is_no_mutation() -> None:
    ics, method = WHOLE["an invite"]
    assert strict_problems(_unfolded(ics, b"\0", b""), method) == []


@pytest.mark.parametrize("name", MUTATIONS)
def test_an_invite_broken_in_one_way_is_noticed(name: str) -> None:
    whole, method = WHOLE["an invite"]
    broken = MUTATIONS[name](whole)
    assert broken != whole
    assert strict_problems(broken, method) != []


@pytest.mark.parametrize("kind", WHOLE)
def test_no_line_can_be_lost_or_stand_twice_unnoticed(kind: str) -> None:
    ics, method = WHOLE[kind]
    lines = ics.replace(b"\r\n ", b"").split(b"\r\n")[:-1]
    for at, line in enumerate(lines):
        name = re.split(b"[:;]", line)[0].decode()
        rest = [*lines[:at], *lines[at + 1 :]]
        if name != "ATTENDEE" or kind == "a removal":  # of two attendees one may go
            assert strict_problems(_folded(rest), method) != [], f"{kind} without {name}"
        assert strict_problems(_folded([*lines[:at], line, *lines[at:]]), method) != [], (
            f"{kind}: {name} twice"
        )


def _folded(lines: list[bytes]) -> bytes:
    return _unfolded(b"\r\n".join([*lines, b""]), b"", b"")


# A calendar to subscribe to


def feed() -> bytes:
    """What invites.md asks of a feed, put together by hand."""
    event = calendars.download(BOTH)
    head = (
        b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Outreach//Outreach//EN\r\nCALSCALE:GREGORIAN\r\n"
        b"NAME:St Brannoc\xe2\x80\x99s\r\nX-WR-CALNAME:St Brannoc\xe2\x80\x99s\r\nX-WR-TIMEZONE:Europe/London\r\n"
        b"REFRESH-INTERVAL;VALUE=DURATION:PT1H\r\nX-PUBLISHED-TTL:PT1H\r\n"
    )
    zone = event[event.index(b"BEGIN:VTIMEZONE") : event.index(b"BEGIN:VEVENT")]
    entry = event[event.index(b"BEGIN:VEVENT") : event.index(b"END:VCALENDAR")]
    other = entry.replace(b"UID:7f3c@", b"UID:8a4d@").replace(b"CONFIRMED", b"CANCELLED")
    return head + zone + entry + other + b"END:VCALENDAR\r\n"


FEED_MUTATIONS: dict[str, Callable[[bytes], bytes]] = {
    "a UID of the calendar": lambda ics: ics.replace(b"CALSCALE", b"UID:abc\r\nCALSCALE"),
    "a METHOD": lambda ics: ics.replace(b"CALSCALE", b"METHOD:PUBLISH\r\nCALSCALE"),
    "an ORGANIZER": lambda ics: ics.replace(
        b"TRANSP:", b"ORGANIZER;CN=X:mailto:x@outreach.example\r\nTRANSP:"
    ),
    "an ATTENDEE": lambda ics: ics.replace(b"TRANSP:", b"ATTENDEE:mailto:x@outreach.example\r\nTRANSP:"),
    "two entries with one UID": lambda ics: ics.replace(b"UID:8a4d@", b"UID:7f3c@"),
    "no VTIMEZONE": lambda ics: ics[: ics.index(b"BEGIN:VTIMEZONE")] + ics[ics.index(b"BEGIN:VEVENT") :],
    "a VALARM": lambda ics: ics.replace(
        b"END:VEVENT", b"BEGIN:VALARM\r\nACTION:DISPLAY\r\nEND:VALARM\r\nEND:VEVENT", 1
    ),
    "REFRESH-INTERVAL without its kind": lambda ics: ics.replace(b";VALUE=DURATION", b""),
    "no REFRESH-INTERVAL": lambda ics: ics.replace(b"REFRESH-INTERVAL;VALUE=DURATION:PT1H\r\n", b""),
    "no X-PUBLISHED-TTL": lambda ics: ics.replace(b"X-PUBLISHED-TTL:PT1H\r\n", b""),
    "no time zone of its own": lambda ics: ics.replace(b"X-WR-TIMEZONE:Europe/London\r\n", b""),
    "no name": lambda ics: re.sub(rb"\r\nNAME:[^\r]+", b"", ics),
    "LF endings": lambda ics: ics.replace(b"\r\n", b"\n"),
    "DTEND before DTSTART": lambda ics: ics.replace(b"20270309T104500", b"20270309T084500", 1),
    "no DTSTAMP": lambda ics: ics.replace(b"DTSTAMP:20270119T140600Z\r\n", b"", 1),
    "no STATUS": lambda ics: ics.replace(b"STATUS:CONFIRMED\r\n", b""),
    "a personal link": lambda ics: ics.replace(b"/b/", b"/i/"),
    "an entry that is not closed": lambda ics: ics.replace(b"END:VEVENT\r\n", b"", 1),
}


def test_a_feed_as_it_should_be_has_no_problem() -> None:
    assert feed_problems(feed()) == []


@pytest.mark.parametrize("name", FEED_MUTATIONS)
def test_a_feed_broken_in_one_way_is_noticed(name: str) -> None:
    broken = FEED_MUTATIONS[name](feed())
    assert broken != feed()
    assert feed_problems(broken) != []
