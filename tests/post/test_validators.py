"""Four other programs read our entries as we mean them, to the second: ical, vobject, libical with RFC 5546's
tables, ical.js.

The instants come from the VTIMEZONE that travels with an entry; whole lives of bookings are read in
tests/booking.
"""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from playwright.sync_api import Browser

import readers
from outreach.ground.timespans import wall
from outreach.post import calendars
from outreach.post.calendars import Attendee
from outreach.post.feeds import entries
from outreach.post.feeds.entries import Entry
from post.facts import NOW, appointment
from post.strict import Component, events_of, feed_problems, instant, plain, strict_problems
from readers import Calendar, Reading

needs_libical = pytest.mark.skipif(
    not readers.libical_is_here(), reason="libical is not there: sudo apt install gir1.2-ical-3.0 python3-gi"
)

DAYS = [
    date(2027, 1, 12),
    date(2027, 7, 6),
    date(2026, 10, 24),
    date(2026, 10, 25),
    date(2026, 10, 26),
    date(2027, 3, 27),
    date(2027, 3, 28),
    date(2027, 3, 29),
    date(2028, 2, 29),
    date(2028, 3, 26),
    date(2028, 10, 29),
    date(2040, 7, 2),
]
"""Both halves of the year; the days on which clocks change, and the days around them; years from now."""
HOURS = [time(2), time(9), time(13, 15), time(22, 30)]
"""None in the hour that stands twice in October: readers do not agree which of the two a time in it means."""
SHOW = timedelta(minutes=75)

PEOPLE = (
    Attendee(name="Siân O’Brien-Ŵyn, DSL; “Sam”", address="s.obrien@redmere.example", partstat="ACCEPTED"),
    Attendee(name="", address="office@redmere.example"),
    Attendee(name="学校 👩🏽‍🏫", address="head+x@redmere.example", partstat="DECLINED"),
)
SAID = appointment(
    sequence=7,
    summary="‘Someone, to; Tell’ at St Brannoc’s: " + "a long title " * 12,
    description="For Years 8, 9; and 10.\nPlease have ready: two sockets, a hall (8 × 6 m).\nReference: MRL-7K2Q.",
    location="St Brannoc’s, Hall “B”; Church Lane, ZZ1 1AA",
    attendees=PEOPLE,
)


def texts() -> list[tuple[bytes, str]]:
    """(calendar, METHOD) of every kind, with awkward words in each."""
    return [
        (calendars.request(SAID), "REQUEST"),
        (calendars.request(appointment(tentative=True, attendees=PEOPLE)), "REQUEST"),
        (calendars.cancel(SAID), "CANCEL"),
        (calendars.cancel(SAID, PEOPLE[:1]), "CANCEL"),
        (calendars.download(SAID), ""),
    ]


def shows() -> list[tuple[bytes, datetime]]:
    """(calendar, start in UTC) of shows on every day and hour."""
    return [
        (calendars.request(appointment(starts_at=wall(day, at), ends_at=wall(day, at) + SHOW)), wall(day, at))
        for day in DAYS
        for at in HOURS
    ]


def a_feed() -> bytes:
    """A calendar to subscribe to with all those shows, some of them cancelled, and awkward words."""
    text = entries.head("Visits to St Brannoc’s, Upper; “the Old School”")
    for n, (day, at) in enumerate((day, at) for day in DAYS for at in HOURS):
        starts_at = wall(day, at)
        said = replace(SAID, uid=f"{n}@outreach.example", starts_at=starts_at, ends_at=starts_at + SHOW)
        text += entries.text_of(
            Entry(kind="school", subject=1, appointment=said, cancelled_at=None if n % 3 else NOW)
        )
    return f"{text}END:VCALENDAR\r\n".encode()


def read_the_feed_alike(read: Calendar) -> None:
    assert feed_problems(a_feed()) == []
    assert read == Calendar(method="", events=tuple(_meant(event) for event in events_of(a_feed())))
    starts = [datetime.fromtimestamp(event.starts, UTC) for event in read.events]
    assert starts == [wall(day, at) for day in DAYS for at in HOURS]


def meant(ics: bytes) -> Reading:
    """What we meant, by our own reading of the bytes."""
    (event,) = events_of(ics)
    return _meant(event)


def _meant(event: Component) -> Reading:
    return Reading(
        uid=event.one("UID"),
        sequence=int(event.one("SEQUENCE")),
        status=event.one("STATUS"),
        dtstamp=_seconds(datetime.strptime(event.one("DTSTAMP"), "%Y%m%dT%H%M%SZ")),
        starts=_seconds(instant(event.all("DTSTART")[0])),
        ends=_seconds(instant(event.all("DTEND")[0])),
        summary=plain(event.one("SUMMARY")),
        location=plain(event.one("LOCATION")),
        description=plain(event.one("DESCRIPTION")),
        organizer=event.one("ORGANIZER"),
        attendees=tuple((p.value, p.params["CN"], p.params["PARTSTAT"]) for p in event.all("ATTENDEE")),
    )


def _seconds(naive: datetime) -> int:
    return int(naive.replace(tzinfo=UTC).timestamp())


def agree(read: list[Calendar], sent: list[tuple[bytes, str]]) -> None:
    for calendar, (ics, method) in zip(read, sent, strict=True):
        assert calendar == Calendar(method=method, events=(meant(ics),))


def tell_the_same_hours(read: list[Calendar]) -> None:
    for calendar, (_, starts_at) in zip(read, shows(), strict=True):
        (event,) = calendar.events
        assert datetime.fromtimestamp(event.starts, UTC) == starts_at
        assert datetime.fromtimestamp(event.ends, UTC) == starts_at + SHOW


def renamed(ics: bytes) -> bytes:
    """The same with a time zone whose name no database knows: only the VTIMEZONE can tell."""
    return ics.replace(b"Europe/London", b"Outreach/Own")


def of_another_half_of_the_world(ics: bytes) -> bytes:
    """With a VTIMEZONE eight hours off; under a name of its own, since vobject remembers zones by name."""
    return (
        ics.replace(b"Europe/London", b"Outreach/Far").replace(b"+0100", b"+0900").replace(b"+0000", b"+0800")
    )


def test_our_own_check_has_no_problem_with_what_the_others_read() -> None:
    assert [strict_problems(ics, method or None) for ics, method in texts()] == [[]] * 5
    assert [strict_problems(ics, "REQUEST") for ics, _ in shows()] == [[]] * len(shows())


def test_ical_reads_every_kind_of_entry_as_we_mean_it() -> None:
    agree([readers.by_ical(ics) for ics, _ in texts()], texts())
    tell_the_same_hours([readers.by_ical(ics) for ics, _ in shows()])
    read_the_feed_alike(readers.by_ical(a_feed()))


def test_vobject_reads_every_kind_of_entry_as_we_mean_it() -> None:
    agree([readers.by_vobject(ics) for ics, _ in texts()], texts())
    tell_the_same_hours([readers.by_vobject(ics) for ics, _ in shows()])
    read_the_feed_alike(readers.by_vobject(a_feed()))


def test_vobject_takes_the_hours_from_the_time_zone_that_is_sent() -> None:
    own = [readers.by_vobject(renamed(ics)) for ics, _ in shows()]
    tell_the_same_hours(own)


@pytest.mark.browser
@needs_libical
def test_libical_reads_every_kind_of_entry_as_we_mean_it_and_finds_every_rule_of_itip_kept() -> None:
    agree(readers.by_libical([ics for ics, _ in texts()]), texts())
    tell_the_same_hours(readers.by_libical([ics for ics, _ in shows()]))
    tell_the_same_hours(readers.by_libical([renamed(ics) for ics, _ in shows()]))
    read_the_feed_alike(readers.by_libical([a_feed()])[0])


LIBICAL_NOTICES = {
    "no ORGANIZER": rb"ORGANIZER[^\r]*(?:\r\n [^\r]*)*\r\n",
    "no ATTENDEE": rb"ATTENDEE[^\r]*(?:\r\n [^\r]*)*\r\n",
    "no SUMMARY": rb"SUMMARY[^\r]*(?:\r\n [^\r]*)*\r\n",
    "no UID": rb"UID:[^\r]*\r\n",
    "no DTSTART": rb"DTSTART;TZID[^\r]*\r\n",
    "STATUS:CANCELLED in a REQUEST": rb"STATUS:CONFIRMED",
}


@pytest.mark.browser
@needs_libical
def test_libical_knows_the_tables_of_itip() -> None:
    whole = calendars.request(appointment())
    broken = [
        re.sub(line, b"STATUS:CANCELLED" if b"CONFIRMED" in line else b"", whole)
        for line in LIBICAL_NOTICES.values()
    ]
    for name, ics, read in zip(LIBICAL_NOTICES, broken, readers.by_libical(broken), strict=True):
        assert ics != whole and read.problems, name


@pytest.mark.browser
def test_ical_js_reads_every_kind_of_entry_as_we_mean_it(chromium: Browser) -> None:
    agree(readers.by_ical_js(chromium, [ics for ics, _ in texts()]), texts())
    tell_the_same_hours(readers.by_ical_js(chromium, [ics for ics, _ in shows()]))
    tell_the_same_hours(readers.by_ical_js(chromium, [renamed(ics) for ics, _ in shows()]))
    read_the_feed_alike(readers.by_ical_js(chromium, [a_feed()])[0])


@pytest.mark.browser
@needs_libical
def test_a_wrong_time_zone_would_show(chromium: Browser) -> None:
    wrong = [of_another_half_of_the_world(ics) for ics, _ in shows()]
    for read in (
        readers.by_ical_js(chromium, wrong),
        readers.by_libical(wrong),
        [readers.by_vobject(i) for i in wrong],
    ):
        with pytest.raises(AssertionError):
            tell_the_same_hours(read)
