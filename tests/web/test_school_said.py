"""What a school reads of its booking is true at every turn: past and unreported, reported either way, called
off by others."""

import re
from datetime import date, time, timedelta

import pytest
from flask.testing import FlaskClient
from icalendar import Calendar
from school_story import Story, lay, said
from sqlalchemy import select, update

import make
from outreach.booking import bookings, promises, subscribed
from outreach.booking.calling_off import call_offs
from outreach.booking.calling_off.call_offs import CallOff, CallOffLine
from outreach.booking.desk import proposing
from outreach.booking.desk.proposing import ProposalDraft
from outreach.booking.guest_places import GuestPlace
from outreach.booking.promises import COMPANY, COORDINATOR, Booking
from outreach.ground.db import db, transaction
from outreach.ground.timespans import wall
from outreach.post.feeds import entries
from outreach.post.feeds.entries import SCHOOL
from outreach.post.links import PersonalLink
from outreach.post.outbox import Letter, LetterMail
from outreach.tour import slots
from outreach.visits import reports
from outreach.visits.reports import ReportAccount

pytestmark = pytest.mark.any_database


@pytest.fixture
def story(client: FlaskClient, stopped) -> Story:
    return lay(client)


def booking(reference: str) -> Booking:
    db.session.rollback()
    db.session.expire_all()
    return promises.get(reference)


def report(reference: str, side: str, account: ReportAccount, stopped) -> None:
    with transaction():
        reports.report(promises.get(reference), side, account, who="Priya", now=stopped.now)


def over(story: Story, stopped) -> str:
    """A booking whose show ended an hour ago."""
    reference = story.book()
    stopped.now = booking(reference).performance.ends_at + timedelta(hours=1)
    return reference


def entry(story: Story, reference: str) -> str:
    """The words of the downloaded calendar file."""
    file = Calendar.from_ical(story.get(f"/booked/{reference}/calendar.ics").data)
    return str(file.walk("VEVENT")[0]["DESCRIPTION"])


def fed(story: Story, now) -> str:
    """The words of the one entry in the calendar that the school subscribes to."""
    db.session.rollback()
    feed = b"".join(entries.body(SCHOOL, story.school.organisation_id, "Shows", now=now))
    (event,) = Calendar.from_ical(feed).walk("VEVENT")
    return str(event["DESCRIPTION"])


TOOK, FELL = (
    ReportAccount(took_place=True, pupils=200),
    ReportAccount(took_place=False, why_not="the hall was flooded"),
)


@pytest.mark.parametrize(
    ("words", "heading", "note", "in_calendar"),
    [
        ({}, "This show is over", "Nobody has told us yet whether it took place", "Nobody has told us yet"),
        ({"school": TOOK}, "It has taken place", "", "It took place."),
        ({"company": TOOK}, "It has taken place", "", "It took place."),
        ({"school": FELL}, "It did not take place", "the hall was flooded", "It did not take place."),
        (
            {"school": TOOK, "company": FELL},
            "This show is over",
            "do not say the same",
            "do not say the same",
        ),
        (
            {"school": TOOK, "settled": FELL},
            "It did not take place",
            "the hall was flooded",
            "It did not take",
        ),
    ],
)
def test_a_show_that_is_past_says_what_is_known_of_it(
    story: Story, stopped, words, heading, note, in_calendar
) -> None:
    reference = over(story, stopped)
    for side, account in words.items():
        report(reference, side, account, stopped)
    if not words:
        with transaction():
            subscribed.show(booking(reference).performance, now=stopped.now)
    page = said(story.get(f"/booked/{reference}"))
    assert page.count(heading) == 1 and note in page
    assert ("It has taken place" in page) == (heading == "It has taken place")
    assert "You are booked" not in page and "Move to another time" not in page
    for text in (entry(story, reference), fed(story, stopped.now)):
        assert in_calendar in text and "Please have ready" not in text and "To move" not in text
    if heading == "It did not take place":
        assert "can still see it" in page and "How it went" not in page


def test_a_report_that_is_taken_back_leaves_the_show_unreported(story: Story, stopped) -> None:
    reference = over(story, stopped)
    report(reference, "school", FELL, stopped)
    with transaction():
        found = promises.get(reference)
        told = reports.newest(found, "school")
        reports.withdraw(found, "school", told.id, reason="another show", who="Priya", now=stopped.now)
    page = said(story.get(f"/booked/{reference}"))
    assert "This show is over" in page and "It did not take place" not in page
    assert "Nobody has told us yet" in fed(story, stopped.now)


@pytest.mark.both_databases
def test_the_days_round_tells_calendars_that_a_show_is_over(story: Story, stopped, app) -> None:
    reference = over(story, stopped)
    assert "To move, change or cancel" in fed(story, stopped.now)
    assert subscribed.lately_over(now=stopped.now) == [booking(reference).performance_id]
    result = app.test_cli_runner().invoke(args=["asking", "chase"])
    assert result.exit_code == 0, result.output
    assert "Nobody has told us yet whether it took place" in fed(story, stopped.now)


@pytest.mark.both_databases
def test_a_show_moved_after_a_report_of_its_earlier_time_is_to_come_again(story: Story, stopped) -> None:
    reference = story.book()
    with transaction():
        found = promises.get(reference)
        found.outcome = promises.FAILED
    key = story_keys(story, reference)[0]
    assert story.post(f"/booked/{reference}/move/to", slot=key).status_code == 303
    assert booking(reference).outcome is None
    assert "You are booked" in said(story.get(f"/booked/{reference}"))


def story_keys(story: Story, reference: str) -> list[str]:
    """The slots of the move page on another day."""
    own = booking(reference).performance.tour_day_id
    keys = re.findall(r'name="slot" value="([^"]+)"', story.get(f"/booked/{reference}/move").text)
    return [k for k in keys if not k.startswith(f"{own}-")]


def cancel(reference: str, by: str, stopped, reason: str = "the van broke down") -> None:
    with transaction():
        bookings.cancel(promises.get(reference), reason=reason, by=by, who="Priya", now=stopped.now)


def test_a_show_that_the_company_cancelled_says_so_and_never_offers_the_day_that_fell(
    story: Story, stopped
) -> None:
    reference = story.book()
    fell = booking(reference).performance.tour_day_id
    with transaction():
        before = make.tour_day(story.programme, story.troupe, date(2027, 2, 8)).id
    cancel(reference, COMPANY, stopped)
    assert f'"{before}-' not in story.get(f"/booked/{reference}").text  # nothing before what was lost
    for rest in (f"/booked/{reference}", ""):
        answer = story.get(rest)
        page = said(answer)
        assert "The company had to cancel" in page and "the van broke down" in page
        assert "Changed your mind" not in page
        keys = re.findall(r'value="(\d+)-\d{4}"', answer.text)
        assert keys and str(fell) not in keys
    assert "Choose another time" in said(story.get(f"/booked/{reference}"))
    # Booked again, the page of the old booking leads to the new one.
    new = story.book()
    page = story.get(f"/booked/{reference}")
    assert "You are booked for another time" in said(page) and new in page.text


def test_what_the_coordinator_or_the_school_cancelled_says_which(story: Story, stopped) -> None:
    reference = story.book()
    cancel(reference, COORDINATOR, stopped, "the school is shut")
    page = said(story.get(f"/booked/{reference}"))
    assert "We had to cancel" in page and "Changed your mind" not in page
    other = story.book()
    story.post(f"/booked/{other}/cancel", reason="exams")
    page = said(story.get(f"/booked/{other}"))
    assert "This booking is cancelled" in page and "by your school" in page and "Changed your mind?" in page


@pytest.mark.both_databases
@pytest.mark.parametrize("by", [COMPANY, COORDINATOR])
def test_a_letter_of_cancelling_asks_nobody_to_have_anything_ready(client, stopped, by: str) -> None:
    story = lay(client, school_provides="two sockets within 5 metres")
    reference = story.book()
    cancel(reference, by, stopped)
    raw = [
        bytes(r).decode()
        for r in db.session.scalars(
            select(LetterMail.raw).join(Letter).where(Letter.method == "CANCEL").order_by(Letter.id)
        )
    ]
    assert raw
    for mail in raw:
        assert "sockets" not in mail and "Please have ready" not in mail and "To move, change" not in mail
    assert "This visit was cancelled." in fed(story, stopped.now)


@pytest.mark.both_databases
def test_a_day_that_was_given_back_after_a_call_off_is_offered_again(story: Story, stopped) -> None:
    reference = story.book()
    found = booking(reference)
    day, booking_id, starts_at = found.performance.tour_day_id, found.id, found.performance.starts_at
    cancel(reference, COMPANY, stopped)
    assert call_offs.fallen_days(story.programme.id, story.school.organisation_id) == {day}
    with transaction():
        done = CallOff(
            partnership_id=story.partnership.id,
            troupe_id=story.troupe.id,
            first=date(2027, 3, 9),
            last=date(2027, 3, 9),
            part="day",
            reason="ill",
            what="ill",
            who="Priya",
            key="k",
            recorded_at=stopped.now,
        )
        db.session.add(done)
        db.session.flush()
        db.session.add(
            CallOffLine(
                call_off_id=done.id,
                booking_id=booking_id,
                organisation_id=story.school.organisation_id,
                starts_at=starts_at,
            )
        )
        db.session.flush()
        done.undone_at = stopped.now
    assert call_offs.fallen_days(story.programme.id, story.school.organisation_id) == set()


# Into the notice


def test_a_move_into_the_notice_says_so_before_the_click_and_no_way_back_that_is_none(
    client: FlaskClient, stopped
) -> None:
    """From 9 March to 3 February, thirteen days on: by its notice it can be moved until fourteen days
    before."""
    story = lay(client, notice_move_days=14, notice_cancel_days=20)
    reference = story.book()
    with transaction():
        near = make.tour_day(story.programme, story.troupe, date(2027, 2, 1))
        far = make.tour_day(story.programme, story.troupe, date(2027, 3, 16))
    page = said(story.get(f"/booked/{reference}/move/to?slot={far.id}-0900"))
    assert "online: for that" not in page
    page = said(story.get(f"/booked/{reference}/move/to?slot={near.id}-0900"))
    assert "Once you move it there, you cannot move or cancel it online: for that, ring Priya" in page
    assert story.post(f"/booked/{reference}/move/to", slot=f"{near.id}-0900").status_code == 303
    page = said(story.get(f"/booked/{reference}"))
    assert "Moved to Monday 1 February" in page and "Move it back" not in page


@pytest.mark.both_databases
def test_a_kept_time_inside_the_notice_says_so_before_it_is_taken(client: FlaskClient, stopped) -> None:
    story = lay(client, notice_move_days=14, notice_cancel_days=5)
    with transaction():
        near = make.tour_day(story.programme, story.troupe, date(2027, 2, 1))
        contact = make.contact(story.school)
        slot = slots.find(story.programme, story.school, f"{near.id}-0900", now=make.NOW)
        offer = ProposalDraft(
            programme=story.programme,
            organisation=story.school,
            slot=slot,
            people=[contact],
            reply_by=date(2027, 1, 22),
        )
        kept = proposing.propose(offer, who="Priya", now=make.NOW).id
    story.fill(at=f"/kept/{kept}")
    assert "to move it, you ring us" in said(story.get(f"/kept/{kept}/check"))
    letter = bytes(db.session.scalar(select(LetterMail.raw))).decode()
    assert "once it is booked you cannot move it online" in letter.replace("=\n", "")


# A host with guests


def with_guest(story: Story) -> tuple[str, Booking]:
    """A host's booking, and the one of a guest of 9 that comes to it; a third school has asked."""
    reference = story.book(pupils={"pupils-0-8": "50", "pupils-0-9": "50"})
    with transaction():
        guest, asks = make.school(name="Littlemere School"), make.school(name="Farmoor School")
        found = promises.get(reference)
        booked = make.booking(found.performance, {8: 9}, of=guest)
        make.visit_contact(
            booked,
            name="Ann Lea",
            duty="safeguarding lead",
            address="office@littlemere.example",
            added_at=make.EARLIER,
        )
        for of, joined in ((guest, booked), (asks, None)):
            db.session.add(
                GuestPlace(
                    programme_id=found.programme_id,
                    organisation_id=of.organisation_id,
                    performance_id=found.performance_id,
                    why="no hall",
                    pupils={8: 9},
                    seats=9,
                    recorded_at=make.EARLIER,
                    who="Ann Lea",
                    booking_id=joined and joined.id,
                    ended_at=make.EARLIER if joined else None,
                    ended_as="joined" if joined else "",
                )
            )
        # The invite was handed over, so that its end is written too.
        make.letter(
            "office@littlemere.example",
            make.EARLIER,
            stream=booked.uid,
            method="REQUEST",
            kind="booked",
            partnership_id=story.partnership.id,
        )
    return reference, booked


def test_a_host_reads_who_its_guests_are_before_it_moves_or_cancels(story: Story, stopped) -> None:
    reference, _ = with_guest(story)
    page = said(story.get(f"/booked/{reference}/move/to?slot={story_keys(story, reference)[0]}"))
    assert "Littlemere School, 9 pupils" in page and "It is asked whether it still comes" in page
    assert "Farmoor School has asked for seats. It hears of the new time." in page
    page = said(story.get(f"/booked/{reference}/cancel"))
    assert "Littlemere School, 9 pupils" in page and "Its booking ends too." in page
    assert "your guests read ‘the host had to cancel’" in page


@pytest.mark.both_databases
@pytest.mark.parametrize("ticked", [False, True])
def test_a_hosts_reason_goes_to_its_guests_only_where_it_says_so(story: Story, stopped, ticked: bool) -> None:
    reference, guest = with_guest(story)
    guest_id = guest.id
    typed = {"reason": "other", "more": "our head is ill"} | ({"guests": "y"} if ticked else {})
    assert story.send(f"/booked/{reference}/cancel", typed).status_code == 303
    db.session.rollback()
    assert promises.cancellation_of(promises.get(reference)).reason == "our head is ill"
    row = db.session.get(promises.Cancellation, guest_id)
    assert row.reason == ("our head is ill" if ticked else "the host had to cancel")
    letters = db.session.scalars(
        select(LetterMail.raw).join(Letter).where(Letter.recipient == "office@littlemere.example")
    )
    mail = "".join(bytes(raw).decode() for raw in letters).replace("=\n", "")
    assert ("our head is ill" in mail) == ticked and ("which had to cancel" in mail) == (not ticked)


# A link of last year


@pytest.mark.both_databases
def test_a_link_of_last_year_says_that_it_is_over_what_was_seen_and_where_this_year_stands(
    story: Story, stopped
) -> None:
    reference = over(story, stopped)
    report(reference, "school", ReportAccount(took_place=True, pupils={8: 100, 9: 98}), stopped)
    assert story.get().headers["Location"] == story.path(f"/booked/{reference}")
    stopped.now = wall(date(2027, 9, 6), time(9))
    with transaction():
        db.session.execute(update(PersonalLink).values(expires_at=stopped.now + timedelta(days=9)))
    page = said(story.get())
    assert "The tour of 2026/27 is over" in page and "seen by 198 pupils" in page
    assert "It is not planned yet" in page
    with transaction():
        new = make.programme(story.partnership, academic_year=2027, title="Another Play")
    page = said(story.get())
    assert "‘Another Play’ in 2027/28 Your school has not booked yet." in page
    with transaction():
        make.booking(
            make.show(new, story.school, wall(date(2028, 3, 8), time(10))), {8: 50}, reference="MRL-NEW1"
        )
    for rest in ("", "/times"):
        answer = story.get(rest, follow_redirects=True)
        assert "Wednesday 8 March, 10:00am" in said(answer) and "MRL-NEW1" in said(answer)
        assert f"/find/{story.school.organisation_id}" in answer.text and "Choose a time for" not in said(
            answer
        )


def test_a_school_without_a_show_reads_that_the_tour_is_over_and_is_offered_no_time(
    story: Story, stopped
) -> None:
    stopped.now = wall(date(2027, 3, 30), time(9))
    page = said(story.get())
    assert "The tour of 2026/27 is over" in page and "your school had no show" in page
    assert "waiting list" not in page


def test_a_link_that_has_ended_says_what_it_was_for(story: Story, stopped) -> None:
    stopped.now = wall(date(2027, 9, 6), time(9))
    answer = story.get()
    assert answer.status_code == 410 and "‘Someone to Tell’ in 2026/27" in said(answer)
