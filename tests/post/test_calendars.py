"""Facts in, iCalendar out: the right shape, the right instants, whatever people typed."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar, Event

from how_many import so_many
from outreach.ground.timespans import LONDON, wall
from outreach.post import calendars
from outreach.post.calendars import Attendee
from outreach.post.feeds import entries
from outreach.post.feeds.entries import SCHOOL, Entry
from post.facts import appointment
from post.strict import strict_problems


def lines(ics: bytes) -> list[str]:
    return ics.replace(b"\r\n ", b"").decode().split("\r\n")


def event_of(ics: bytes) -> Event:
    (event,) = Calendar.from_ical(bytes(ics)).walk("VEVENT")
    return event


def test_a_request_has_exactly_the_shape_that_calendars_take() -> None:
    said = lines(calendars.request(appointment(sequence=2)))
    assert [line.split(":")[0].split(";")[0] for line in said[: said.index("BEGIN:VTIMEZONE")]] == [
        "BEGIN",
        "VERSION",
        "PRODID",
        "CALSCALE",
        "METHOD",
    ]
    assert said[said.index("BEGIN:VEVENT") : -1] == [
        "BEGIN:VEVENT",
        "UID:7f3c@outreach.example",
        "SEQUENCE:2",
        "DTSTAMP:20270119T140600Z",
        "CREATED:20270119T140600Z",
        "LAST-MODIFIED:20270119T140600Z",
        "DTSTART;TZID=Europe/London:20270309T093000",
        "DTEND;TZID=Europe/London:20270309T104500",
        "SUMMARY:‘Someone to Tell’ at St Brannoc’s",
        "DESCRIPTION:For Years 8 and 9.",
        "LOCATION:St Brannoc’s\\, Main hall",
        "URL:http://outreach.example/b/MRL-7K2Q",
        "STATUS:CONFIRMED",
        "TRANSP:OPAQUE",
        "CLASS:PUBLIC",
        'ORGANIZER;CN="Marlshire Safeguarding Children Partnership":mailto:bookings+a1b2@outreach.example',
        'ATTENDEE;CN="Joanna Fell";CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE'
        ":mailto:j.fell@stbrannocs.example",
        "X-MICROSOFT-CDO-BUSYSTATUS:TENTATIVE",
        "X-MICROSOFT-CDO-INTENDEDSTATUS:BUSY",
        "X-MICROSOFT-DISALLOW-COUNTER:FALSE",
        "END:VEVENT",
        "END:VCALENDAR",
    ]


def test_the_same_facts_are_the_same_bytes() -> None:
    assert calendars.request(appointment()) == calendars.request(appointment())


def test_two_texts_say_the_same_whenever_they_were_made_and_whatever_was_answered() -> None:
    said = calendars.request(appointment())
    at, people = appointment().dtstamp + timedelta(days=1), appointment().attendees
    answered = tuple(replace(person, partstat="ACCEPTED") for person in people)
    assert calendars.say_the_same(said, calendars.request(appointment(dtstamp=at, attendees=answered)))
    assert not calendars.say_the_same(said, calendars.request(appointment(location="Gym")))
    ends = [calendars.cancel(appointment(sequence=n)) for n in (1, 2)]
    assert calendars.say_the_same(*ends) and not calendars.say_the_same(said, ends[0])


def test_a_proposal_is_tentative() -> None:
    ics = calendars.request(appointment(tentative=True))
    assert event_of(ics)["STATUS"] == "TENTATIVE"
    assert strict_problems(ics, "REQUEST") == []


def test_a_cancel_keeps_everything_and_says_cancelled() -> None:
    invite, end = calendars.request(appointment()), calendars.cancel(appointment(sequence=1))
    assert strict_problems(end, "CANCEL") == []
    before, after = event_of(invite), event_of(end)
    for kept in ("UID", "SUMMARY", "ORGANIZER", "ATTENDEE"):
        assert before[kept] == after[kept]
    assert before.decoded("DTSTART") == after.decoded("DTSTART")
    assert (after["STATUS"], after["SEQUENCE"]) == ("CANCELLED", 1)


def test_a_removal_names_only_the_one_removed_and_has_no_status() -> None:
    gone = Attendee(name="Sam Okafor", address="s.okafor@stbrannocs.example")
    ics = calendars.cancel(appointment(sequence=1), (gone,))
    assert strict_problems(ics, "CANCEL") == []
    event = event_of(ics)
    assert "STATUS" not in event
    assert event["ATTENDEE"] == "mailto:s.okafor@stbrannocs.example"


def test_a_download_answers_nobody() -> None:
    ics = calendars.download(appointment())
    assert strict_problems(ics, None) == []
    event = event_of(ics)
    assert "ORGANIZER" not in event and "ATTENDEE" not in event
    assert event["UID"] == "7f3c@outreach.example"


def test_known_answers_are_carried() -> None:
    people = (
        Attendee(name="A", address="a@stbrannocs.example", partstat="ACCEPTED"),
        Attendee(name="B", address="b@stbrannocs.example", partstat="DECLINED"),
    )
    event = event_of(calendars.request(appointment(attendees=people)))
    assert [a.params["PARTSTAT"] for a in event["ATTENDEE"]] == ["ACCEPTED", "DECLINED"]


def test_an_entry_that_ends_before_it_starts_is_not_made() -> None:
    with pytest.raises(ValueError):
        calendars.request(appointment(ends_at=appointment().starts_at))


def test_an_invite_for_nobody_is_not_made() -> None:
    with pytest.raises(ValueError):
        calendars.request(appointment(attendees=()))


# The days on which clocks change, the days around them, and the depths of winter and summer.
DAYS = [
    date(2027, 1, 12),
    date(2027, 7, 6),
    date(2027, 3, 27),
    date(2027, 3, 28),
    date(2027, 3, 29),
    date(2026, 10, 24),
    date(2026, 10, 25),
    date(2026, 10, 26),
    date(2028, 2, 29),
    date(2040, 7, 2),
]


@pytest.mark.parametrize("day", DAYS, ids=str)
@pytest.mark.parametrize("at", [time(2, 15), time(9), time(13, 15), time(15, 30)], ids=str)
def test_a_show_parsed_back_is_at_the_same_instant(day: date, at: time) -> None:
    starts = wall(day, at)
    ics = calendars.request(appointment(starts_at=starts, ends_at=starts + timedelta(minutes=75)))
    assert strict_problems(ics, "REQUEST") == []
    event = event_of(ics)
    assert event.decoded("DTSTART").astimezone(UTC) == starts
    assert event.decoded("DTEND").astimezone(UTC) == starts + timedelta(minutes=75)
    assert f"DTSTART;TZID=Europe/London:{day:%Y%m%d}T{at:%H%M}00" in lines(ics)


@pytest.mark.parametrize("day", DAYS, ids=str)
def test_the_time_zone_in_the_file_gives_the_instant_without_a_zone_database(day: date) -> None:
    """The VTIMEZONE alone, read by the letter: last Sunday of March and of October."""
    starts = wall(day, time(9, 30))
    wall_time = datetime.combine(day, time(9, 30))

    def last_sunday(month: int) -> date:
        end = date(day.year, month, 31)
        return end - timedelta(days=(end.weekday() + 1) % 7)

    summer = (
        datetime.combine(last_sunday(3), time(1)) <= wall_time < datetime.combine(last_sunday(10), time(2))
    )
    assert (wall_time - timedelta(hours=1 if summer else 0)).replace(tzinfo=UTC) == starts
    ics = calendars.request(appointment(starts_at=starts, ends_at=starts + timedelta(hours=1)))
    zone = Calendar.from_ical(ics).walk("VTIMEZONE")[0].to_tz()
    assert wall_time.replace(tzinfo=zone).utcoffset() == starts.astimezone(LONDON).utcoffset()


AWKWARD = [
    'O’Brien-Ŵyn, Siân; "Sam" ^n',
    "a\r\nATTACH:http://evil.example/x",
    "x\nEND:VEVENT\nBEGIN:VALARM",
    "\\n\\N\\,\\;\\",
    "\u2028\u2029\x85\x0b\x0c",
    "\x00\x07\x1b\x7f",
    "👩🏽‍🏫" * 40,
    "é" * 300,
    "e\u0301" * 150,
    "\ud800",
    "\u202egnp.exe",
    "مدرسة",
    "学校" * 150,
    "a" * 74 + "é",
    "\ufeffHall",
    " ",
    "",
    ";",
    ":",
    '"',
    "^^'",
    "\t",
    "BEGIN:VEVENT",
    "a" * 300,
]
TYPED = st.one_of(
    st.sampled_from(AWKWARD),
    st.text(max_size=300),
    st.text(st.sampled_from('\r\n\\;,:"^nN é👩\u2028\t'), max_size=60),
    st.lists(st.sampled_from(AWKWARD), max_size=3).map("".join),
)


@settings(max_examples=so_many(300), deadline=None, derandomize=True)
@given(summary=TYPED, description=TYPED, location=TYPED, organizer=TYPED, one=TYPED, other=TYPED)
def test_nothing_that_people_type_breaks_an_entry_or_adds_to_it(
    summary: str, description: str, location: str, organizer: str, one: str, other: str
) -> None:
    facts = appointment(
        summary="The show: " + summary,
        description=description,
        location=location,
        organizer_name=organizer,
        attendees=(Attendee(name=one, address="a@x.example"), Attendee(name=other, address="b@x.example")),
    )
    for ics, method in (
        (calendars.request(facts), "REQUEST"),
        (calendars.cancel(facts), "CANCEL"),
        (calendars.download(facts), None),
    ):
        assert strict_problems(ics, method) == []
        event = event_of(ics)
        assert event["SUMMARY"] == calendars.one_line("The show: " + summary)
        assert event["LOCATION"] == calendars.one_line(location)
        if method:
            names = [person.params["CN"] for person in event["ATTENDEE"]]
            assert names == [
                calendars.one_line(n.replace('"', "").replace("^", "")) or a
                for n, a in ((one, "a@x.example"), (other, "b@x.example"))
            ]


def test_words_that_look_like_an_entry_are_words() -> None:
    ics = calendars.request(appointment(description="BEGIN:VEVENT"))
    assert ics.count(b"BEGIN:VTIMEZONE") == 1 and event_of(ics)["DESCRIPTION"] == "BEGIN:VEVENT"


def test_ordinary_words_come_back_as_they_were_typed() -> None:
    said = "Siân O’Brien-Ŵyn, 学校; 50% off: “quoted” 👩🏽‍🏫 (hall 2)"
    assert event_of(calendars.request(appointment(summary=said)))["SUMMARY"] == said


def test_words_that_a_tab_or_a_line_end_parts_stay_apart() -> None:
    said = calendars.request(appointment(summary="Hall\ttwo\x0bupstairs"))
    assert event_of(said)["SUMMARY"] == "Hall two upstairs"


def test_a_person_reads_what_a_kept_entry_says() -> None:
    said = calendars.in_words(calendars.request(appointment()))
    assert ("When", "Tuesday 9 March, 9:30am to 10:45am") in [(k, v.replace(" 2027", "")) for k, v in said]
    assert ("Where", "St Brannoc’s, Main hall") in said
    assert ("In the calendar of", "Joanna Fell (j.fell@stbrannocs.example), no answer yet") in said
    removed = calendars.in_words(calendars.cancel(appointment(), (Attendee(name="", address="x@y.example"),)))
    assert ("What it does", "Takes the visit out of the calendar") in removed
    assert ("In the calendar of", "x@y.example, no answer yet") in removed


TWICE = date(2026, 10, 25)  # 1am to 2am comes twice
IN_THE_HOUR = [datetime(2026, 10, 25, h, m, tzinfo=UTC) for h, m in ((0, 0), (0, 30), (1, 0), (1, 30))]


@pytest.mark.parametrize("starts", IN_THE_HOUR, ids=str)
def test_an_instant_in_the_hour_that_comes_twice_is_written_so_that_nobody_can_mistake_it(
    starts: datetime,
) -> None:
    for entry in (
        appointment(starts_at=starts, ends_at=starts + timedelta(minutes=75)),
        appointment(starts_at=starts - timedelta(minutes=75), ends_at=starts + timedelta(minutes=29)),
    ):
        for ics, method in (
            (calendars.request(entry), "REQUEST"),
            (calendars.cancel(entry), "CANCEL"),
            (calendars.download(entry), None),
        ):
            said = lines(ics)
            assert f"DTSTART:{entry.starts_at:%Y%m%dT%H%M%S}Z" in said
            assert f"DTEND:{entry.ends_at:%Y%m%dT%H%M%S}Z" in said
            assert strict_problems(ics, method) == []
            assert event_of(ics).decoded("DTSTART") == entry.starts_at
        feed = entries.text_of(Entry(kind=SCHOOL, subject=1, appointment=entry))
        assert f"DTSTART:{entry.starts_at:%Y%m%dT%H%M%S}Z\r\n" in feed


@pytest.mark.parametrize("day", [date(2026, 10, 24), TWICE, date(2026, 10, 26), date(2027, 3, 28)], ids=str)
def test_every_other_instant_is_on_the_schools_clock(day: date) -> None:
    for hour in (0, 2, 3, 9, 23) if day == TWICE else (0, 2, 9, 23):
        starts = wall(day, time(hour))
        said = lines(calendars.request(appointment(starts_at=starts, ends_at=starts + timedelta(minutes=30))))
        local = starts.astimezone(LONDON)
        assert f"DTSTART;TZID=Europe/London:{local:%Y%m%dT%H%M%S}" in said
