"""Feeds: an entry is written as icalendar would write it, a change shows at once, and a token opens one feed
alone."""

import gzip
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import given, settings
from icalendar import Calendar, Event
from sqlalchemy import select

from how_many import so_many
from outreach.ground import history
from outreach.ground.db import db, transaction
from outreach.ground.timespans import wall
from outreach.post import calendars
from outreach.post.feeds import addresses, entries
from outreach.post.feeds.addresses import Feed
from outreach.post.feeds.entries import BOARD, COORDINATOR, OWN, SCHOOL, TROUPE, Entry, FeedEntry
from post.facts import NOW, appointment
from post.strict import strict_problems
from post.test_calendars import AWKWARD, TYPED

KEY = "a key of the service"
LATER = NOW + timedelta(days=1)
URN = 900001


def entry(
    kind: str = SCHOOL, subject: int = URN, cancelled_at: datetime | None = None, **changes: Any
) -> Entry:
    return Entry(kind=kind, subject=subject, appointment=appointment(**changes), cancelled_at=cancelled_at)


def put(*these: Entry, now: datetime = NOW, new: bool = False) -> int:
    with transaction():
        return entries.put(these, now=now, new=new)


def make(kind: str = SCHOOL, subject: int = URN, label: str = "Shows at St Brannoc’s", **more: Any) -> Feed:
    with transaction():
        return addresses.make(
            kind, subject, label=label, **{"partnership_id": 1, "who": "Joanna Fell", "now": NOW} | more
        )


def served(kind: str = SCHOOL, subject: int = URN, label: str = "Shows", now: datetime = LATER) -> bytes:
    db.session.rollback()
    return b"".join(entries.body(kind, subject, label, now=now))


def events(ics: bytes) -> list[Event]:
    return list(Calendar.from_ical(ics).walk("VEVENT"))


def tag(feed: Feed, now: datetime = LATER) -> str:
    db.session.rollback()
    found = addresses.state(addresses.token_of(feed, KEY), keys=[KEY], now=now)
    assert found is not None
    return found.etag


# What an entry says


def whole(said: Entry) -> bytes:
    """The entry as a calendar of its own."""
    return (entries.head("Shows") + entries.text_of(said) + "END:VCALENDAR\r\n").encode()


def event_as_icalendar_writes_it(said: Entry) -> str:
    ics = calendars.download(replace(said.appointment, uid=said.uid))
    return unfolded(ics[ics.index(b"BEGIN:VEVENT") : ics.index(b"END:VCALENDAR")])


def unfolded(ics: bytes | str) -> str:
    """Where to fold is everybody's own choice."""
    return (ics if isinstance(ics, str) else ics.decode()).replace("\r\n ", "")


def test_an_entry_is_the_download_of_the_booking_with_a_uid_of_its_own() -> None:
    said = entry(description="For Years 8 and 9.\nBring: a hall; two sockets, and tea.\n" + "Long. " * 40)
    assert unfolded(entries.text_of(said)) == event_as_icalendar_writes_it(said)
    assert "UID:7f3c@outreach.example-school\r\n" in entries.text_of(said)


@settings(max_examples=so_many(200), deadline=None, derandomize=True)
@given(summary=TYPED, description=TYPED, location=TYPED)
def test_whatever_people_type_an_entry_is_written_as_icalendar_writes_it(
    summary: str, description: str, location: str
) -> None:
    said = entry(
        summary="The show: " + summary, description="It is: " + description, location="In: " + location
    )
    assert unfolded(entries.text_of(said)) == event_as_icalendar_writes_it(said)


@pytest.mark.parametrize("typed", AWKWARD)
def test_what_people_type_breaks_no_feed_and_adds_nothing_to_it(typed: str) -> None:
    said = entry(summary="A " + typed, description=typed, location=typed)
    ics = entries.head(typed).encode() + entries.text_of(said).encode() + b"END:VCALENDAR\r\n"
    (event,) = events(ics)
    assert event["SUMMARY"] == calendars.one_line("A " + typed)
    assert {name for name in event if name.startswith(("ATTACH", "ATTENDEE", "ORGANIZER"))} == set()
    assert not event.subcomponents
    assert all(len(line) <= 75 for line in ics.split(b"\r\n"))
    assert b"\n" not in ics.replace(b"\r\n", b"")


def test_a_cancelled_entry_says_so_in_its_status_and_in_its_title_and_keeps_nobody_busy() -> None:
    (event,) = events(whole(entry(cancelled_at=NOW, sequence=1)))
    assert (event["STATUS"], event["TRANSP"], event["SEQUENCE"]) == ("CANCELLED", "TRANSPARENT", 1)
    assert event["SUMMARY"] == "Cancelled: ‘Someone to Tell’ at St Brannoc’s"


def test_a_proposal_is_tentative() -> None:
    assert events(whole(entry(tentative=True)))[0]["STATUS"] == "TENTATIVE"


@pytest.mark.parametrize(
    "day", [date(2027, 1, 12), date(2027, 7, 6), date(2027, 3, 28), date(2026, 10, 25)], ids=str
)
def test_an_entry_parsed_back_is_at_the_same_instant(day: date) -> None:
    starts = wall(day, time(9, 30))
    (event,) = events(whole(entry(starts_at=starts, ends_at=starts + timedelta(minutes=75))))
    assert event.decoded("DTSTART").astimezone(UTC) == starts
    assert event.decoded("DTEND").astimezone(UTC) == starts + timedelta(minutes=75)


def test_a_day_of_the_board_is_a_whole_day_that_keeps_nobody_busy() -> None:
    day = appointment(
        starts_at=wall(date(2027, 7, 6), time()), ends_at=wall(date(2027, 7, 7), time()), location="", url=""
    )
    (event,) = events(whole(Entry(kind=BOARD, subject=1, appointment=day, all_day=True)))
    assert (event.decoded("DTSTART"), event.decoded("DTEND")) == (date(2027, 7, 6), date(2027, 7, 7))
    assert event["TRANSP"] == "TRANSPARENT"
    assert "LOCATION" not in event and "URL" not in event


# The whole feed


def test_a_feed_has_the_properties_that_subscribers_read_and_none_that_ask_for_an_answer(app: Flask) -> None:
    put(entry(), entry(uid="8a@outreach.example"), new=True)
    ics = served(label="Shows at Smith, Jones; and “Co”")
    said = ics.replace(b"\r\n ", b"").decode().split("\r\n")
    assert said[: said.index("BEGIN:VTIMEZONE")] == [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Outreach//Outreach//EN",
        "CALSCALE:GREGORIAN",
        "NAME:Shows at Smith\\, Jones\\; and “Co”",
        "X-WR-CALNAME:Shows at Smith\\, Jones\\; and “Co”",
        "X-WR-TIMEZONE:Europe/London",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
        "X-PUBLISHED-TTL:PT1H",
    ]
    assert said.count("BEGIN:VEVENT") == 2
    assert not [line for line in said if line.startswith(("METHOD", "ORGANIZER", "ATTENDEE"))]
    # Each entry, alone in a plain calendar, is what our own strict check takes for a download.
    for event in ics.split(b"BEGIN:VEVENT\r\n")[1:]:
        alone = calendars.download(appointment())
        alone = (
            alone[: alone.index(b"BEGIN:VEVENT")]
            + b"BEGIN:VEVENT\r\n"
            + event.removesuffix(b"END:VCALENDAR\r\n")
        )
        assert strict_problems(alone + b"END:VCALENDAR\r\n", None) == []


def test_an_empty_feed_is_a_whole_calendar(app: Flask) -> None:
    ics = served()
    assert events(ics) == []
    assert ics.endswith(b"END:VTIMEZONE\r\nEND:VCALENDAR\r\n")


def test_a_feed_holds_the_entries_of_its_own_kind_and_subject_alone(app: Flask) -> None:
    put(
        entry(),
        entry(subject=900002, uid="other"),
        entry(TROUPE, URN, uid="van"),
        entry(COORDINATOR, 1),
        new=True,
    )
    assert [e["UID"] for e in events(served())] == ["7f3c@outreach.example-school"]
    assert [e["UID"] for e in events(served(TROUPE))] == ["van-troupe"]
    assert [e["UID"] for e in events(served(COORDINATOR, 1))] == ["7f3c@outreach.example-coordinator"]
    assert events(served(BOARD, 1)) == []


def test_a_packed_feed_is_the_same_feed(app: Flask) -> None:
    put(*(entry(uid=f"u{n}") for n in range(600)), new=True)
    pieces = list(entries.body(SCHOOL, URN, "Shows", now=LATER))
    assert len(pieces) == 5  # the head, three times at most 250 entries, the end
    assert gzip.decompress(b"".join(entries.gzipped(pieces))) == b"".join(pieces)
    assert len(events(b"".join(pieces))) == 600


# Changes


def test_what_stands_already_stays_as_it_is(app: Flask) -> None:
    put(entry(), entry(COORDINATOR, 1), new=True)
    before = served()
    assert put(entry(dtstamp=LATER, sequence=3), entry(COORDINATOR, 1, dtstamp=LATER), now=LATER) == 0
    assert served() == before


def test_a_change_is_seen_and_leaves_one_entry(app: Flask) -> None:
    put(entry(), new=True)
    assert put(entry(location="Dining hall", dtstamp=LATER), now=LATER) == 1
    (event,) = events(served())
    assert event["LOCATION"] == "Dining hall"
    assert event["DTSTAMP"].dt == LATER


def test_a_cancelled_entry_stays_for_sixty_days_and_then_goes(app: Flask) -> None:
    put(entry(), new=True)
    put(entry(sequence=1, cancelled_at=LATER), now=LATER)
    last = LATER + timedelta(days=60)
    assert [e["STATUS"] for e in events(served(now=last - timedelta(seconds=1)))] == ["CANCELLED"]
    assert events(served(now=last)) == []


def test_a_show_that_another_troupe_plays_is_cancelled_where_it_last_stood(app: Flask) -> None:
    put(entry(TROUPE, 1, location="St Brannoc’s, " + "a long way, " * 9), new=True)
    with transaction():
        entries.withdraw(TROUPE, 1, "7f3c@outreach.example", sequence=4, now=LATER)
        entries.withdraw(TROUPE, 2, "7f3c@outreach.example", sequence=4, now=LATER)
    ics = served(TROUPE, 1)
    (event,) = events(ics)
    assert (event["STATUS"], event["SEQUENCE"], event["TRANSP"]) == ("CANCELLED", 4, "TRANSPARENT")
    assert event["SUMMARY"] == "Cancelled: ‘Someone to Tell’ at St Brannoc’s"
    assert event["LOCATION"].endswith("a long way,")
    assert event.decoded("DTSTART").astimezone(UTC) == appointment().starts_at
    assert all(len(line) <= 75 for line in ics.split(b"\r\n"))
    assert events(served(TROUPE, 1, now=LATER + timedelta(days=60))) == []
    with transaction():
        entries.withdraw(TROUPE, 1, "7f3c@outreach.example", sequence=5, now=LATER)
    assert served(TROUPE, 1) == ics
    put(entry(TROUPE, 1, sequence=6), now=LATER)
    assert [e["STATUS"] for e in events(served(TROUPE, 1))] == ["CONFIRMED"]


def test_of_several_each_leaves_the_feed_that_it_is_said_to_leave(app: Flask) -> None:
    both = [(1, "one"), (1, "two"), (2, "one"), (2, "two")]
    put(*(entry(TROUPE, subject, uid=uid) for subject, uid in both), new=True)
    with transaction():
        entries.withdraw_many(TROUPE, {(1, "one"): 4, (2, "two"): 5, (3, "one"): 6}, now=LATER)
        entries.withdraw_many(TROUPE, {}, now=LATER)
    stand = {
        (subject, str(event["UID"])): (event["STATUS"], event["SEQUENCE"])
        for subject in (1, 2)
        for event in events(served(TROUPE, subject))
    }
    assert stand == {
        (1, "one-troupe"): ("CANCELLED", 4),
        (1, "two-troupe"): ("CONFIRMED", 0),
        (2, "one-troupe"): ("CONFIRMED", 0),
        (2, "two-troupe"): ("CANCELLED", 5),
    }


def test_entries_go_with_their_transaction_or_not_at_all(app: Flask) -> None:
    with pytest.raises(RuntimeError), transaction():
        entries.put([entry()], now=NOW, new=True)
        raise RuntimeError
    assert db.session.scalars(select(FeedEntry)).all() == []


def test_new_entries_are_one_statement_and_changed_ones_three(app: Flask, count_queries: Any) -> None:
    three = [entry(), entry(COORDINATOR, 1), entry(TROUPE, 1)]
    with transaction(), count_queries() as queries:
        entries.put(three, now=NOW, new=True)
    assert len(queries) == 1
    moved = [replace(e, appointment=replace(e.appointment, location="Elsewhere")) for e in three]
    with transaction(), count_queries() as queries:
        assert entries.put(moved, now=LATER) == 3
    assert len(queries) == 3
    with transaction(), count_queries() as queries:
        assert entries.put(moved, now=LATER) == 0
    assert len(queries) == 1


# The tag


def test_the_tag_is_the_same_until_something_changes(app: Flask) -> None:
    feed = make()
    put(entry(), new=True)
    first = tag(feed)
    assert tag(feed, LATER + timedelta(days=300)) == first
    put(entry(SCHOOL, 900002), entry(COORDINATOR, 1), now=LATER)
    assert tag(feed) == first
    put(entry(location="Dining hall"), now=LATER)
    settled = LATER + timedelta(minutes=2)
    second = tag(feed, settled)
    assert second != first
    assert tag(feed, settled) == second


def test_a_change_of_the_newest_entry_gives_another_tag(app: Flask) -> None:
    """On SQLite the id of a row just deleted would else be given to the row that takes its place."""
    feed = make()
    put(entry(), new=True)
    tags = {tag(feed)}
    for n in range(3):
        put(entry(location=f"Hall {n}"), now=NOW)
        tags.add(tag(feed))
    assert len(tags) == 4


def test_the_tag_changes_when_a_cancelled_entry_goes(app: Flask) -> None:
    feed = make()
    put(entry(), entry(uid="u2"), new=True)
    put(entry(cancelled_at=NOW), now=NOW)
    last = NOW + timedelta(days=60)
    shown, gone = tag(feed, last - timedelta(seconds=1)), tag(feed, last)
    assert shown != gone
    assert tag(feed, last + timedelta(days=1)) == gone


def test_the_holders_own_entries_stand_in_that_address_alone_and_change_its_tag(app: Flask) -> None:
    whole = {"partnership_id": 1, "label": "Shows"}
    mine, yours = make(COORDINATOR, 1, holder=7, **whole), make(COORDINATOR, 1, holder=8, **whole)
    put(entry(COORDINATOR, 1), new=True)
    tags = tag(mine), tag(yours)
    put(entry(OWN, 7, uid="mine"), now=NOW)
    assert tag(mine) != tags[0] and tag(yours) == tags[1]
    held = [b"".join(entries.body(COORDINATOR, 1, "Shows", now=LATER, holder=who)) for who in (7, 8, 0)]
    assert [len(events(ics)) for ics in held] == [2, 1, 1]
    before = tag(mine)
    put(entry(COORDINATOR, 1, location="Dining hall"), now=NOW)
    assert tag(mine) != before


def test_an_entry_that_is_over_before_its_day_stays_as_it_is_and_then_goes(app: Flask) -> None:
    over = Entry(kind=OWN, subject=7, appointment=appointment(), over_at=NOW)
    put(over, new=True)
    last = NOW + timedelta(days=60)
    shown = events(served(OWN, 7, now=last - timedelta(seconds=1)))
    assert [str(event["STATUS"]) for event in shown] == ["CONFIRMED"]
    assert events(served(OWN, 7, now=last)) == []


def test_while_a_change_is_fresh_the_tag_is_good_for_once(app: Flask) -> None:
    """A transaction that began before it may still be open, with a lower id: no 304 may hide what it
    brings."""
    feed = make()
    put(entry(), new=True)
    fresh = NOW + timedelta(seconds=119)
    assert tag(feed, fresh) != tag(feed, fresh)
    assert tag(feed, fresh + timedelta(seconds=1)) == tag(feed, fresh + timedelta(seconds=2))


def test_the_feed_and_its_tag_are_found_in_one_query_and_a_false_token_in_none(
    app: Flask, count_queries: Any
) -> None:
    feed = make()
    put(entry(), new=True)
    token = addresses.token_of(feed, KEY)
    db.session.rollback()
    with count_queries() as queries:
        assert addresses.state(token, keys=[KEY], now=LATER) is not None
    assert len(queries) == 1
    with count_queries() as queries:
        for false in (
            "",
            "x",
            token[:-1],
            token + "0",
            token.upper(),
            token[:-1] + "g",
            token[:16] + "0" * 32,
            "é" * 48,
        ):
            assert addresses.state(false, keys=[KEY], now=LATER) is None
    assert len(queries) == 0


# Addresses


def test_an_address_is_made_once_and_can_be_shown_again_after_the_key_was_changed(app: Flask) -> None:
    feed, again = make(), make(now=LATER)
    assert feed.id == again.id
    old = addresses.token_of(feed, "an older key")
    assert addresses.state(old, keys=[KEY], now=NOW) is None
    found = addresses.state(old, keys=[KEY, "an older key"], now=NOW)
    assert found is not None and found.feed.id == feed.id
    assert old not in str(db.session.execute(select(Feed.__table__)).all())
    assert (
        addresses.address("https://outreach.example", old) == f"https://outreach.example/calendar/{old}.ics"
    )


def test_a_renewed_address_is_another_and_the_old_one_is_revoked(app: Flask) -> None:
    old = make()
    with transaction():
        new = addresses.renew(old, who="Joanna Fell", now=LATER)
    assert new.withdrawn_at is None and old.withdrawn_at == LATER
    assert new.label == old.label and addresses.token_of(new, KEY) != addresses.token_of(old, KEY)
    live = addresses.live(SCHOOL, URN, partnership_id=1)
    assert live is not None and live.id == new.id
    assert [h.what for h in history.history_of("feed", old.id)] == ["revoked", "made"]


def test_a_revoked_address_is_known_and_no_more(app: Flask) -> None:
    feed = make()
    with transaction():
        addresses.withdraw(feed, who="Joanna Fell", now=LATER)
    assert addresses.live(SCHOOL, URN, partnership_id=1) is None
    found = addresses.state(addresses.token_of(feed, KEY), keys=[KEY], now=LATER)
    assert found is not None and found.feed.withdrawn_at == LATER
    assert make(now=LATER).id != feed.id


def test_two_people_of_one_partnership_have_addresses_of_their_own(app: Flask) -> None:
    one, other = make(COORDINATOR, 1, holder=7), make(COORDINATOR, 1, holder=8)
    assert addresses.token_of(one, KEY) != addresses.token_of(other, KEY)
    with transaction():
        addresses.withdraw_all_of(7, who="Priya Nandakumar", now=LATER)
    assert one.withdrawn_at == LATER and other.withdrawn_at is None
    assert [f.id for f in addresses.of_partnership(1, [COORDINATOR])] == [other.id]


def test_a_partnership_sees_its_own_addresses_alone(app: Flask) -> None:
    ours, theirs = make(TROUPE, 3), make(TROUPE, 3, partnership_id=2)
    assert [f.id for f in addresses.of_partnership(1, [TROUPE])] == [ours.id]
    assert addresses.of_partnership(1, [BOARD]) == []
    with transaction():
        addresses.withdraw(ours, who="Priya Nandakumar", now=LATER)
    assert theirs.withdrawn_at is None
