"""Reminders before a visit: a week and a school day before, once each, on school days, never of a show that is off, has
moved away or is past; and a school may say that it wants no more."""

import os
import re
import signal
import subprocess
import threading
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError

import make
import session_life
from asking.chasing.scene import at, posted
from begun import Begun
from outreach.asking.chasing import settings
from outreach.asking.chasing.settings import Schedule
from outreach.booking import bookings
from outreach.booking.promises import Booking
from outreach.cli import post
from outreach.county import school_days
from outreach.ground import clock, history
from outreach.ground.db import broken_guard, db, transaction
from outreach.post import copies, outbox
from outreach.post.outbox import Letter, LetterMail
from outreach.tour import slots
from outreach.tour.programmes import Programme
from outreach.visits import stopping
from outreach.visits.before import reminding, texts
from outreach.visits.before.reminding import VisitReminder
from outreach.visits.before.texts import Words
from session_life import booked, take

SHOW = datetime(2027, 3, 9, 9, 30, tzinfo=UTC)
"""A Tuesday: the week's reminder goes on Tuesday 2 March, the day's on Monday 8 March."""

WEEK_BEFORE, DAY_BEFORE = date(2027, 3, 2), date(2027, 3, 8)
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def c(app: Flask) -> SimpleNamespace:
    with transaction():
        programme = make.programme(make.partnership())
        school = make.school(name="Redmere", telephone="01632 960 203")
        booking = make.booking(make.show(programme, school, SHOW), {8: 120, 9: 110})
        named(booking, "dsl@redmere.example", "safeguarding lead", name="Joanna Fell", phone="01632 960 205")
        named(booking, "Office@redmere.example", "on the day", name="")
    return SimpleNamespace(programme=programme, school=school, booking=booking)


def named(booking: Booking, address: str, duty: str = "colleague", **more: Any) -> None:
    make.visit_contact(booking, address=address, duty=duty, added_at=make.EARLIER, **more)


def run(programme: Programme, day: date, hour: int = 6) -> int:
    """How many shows the round of one day writes about."""
    written = 0
    for booking_id in [one.booking.id for one in reminding.due(programme, now=at(day, hour))]:
        with transaction():
            written += reminding.send_due(programme, booking_id, now=at(day, hour))
    return written


def rounds(programme: Programme, first: date, last: date) -> dict[date, int]:
    """The days on which a round of every day wrote, and about how many shows; all of it is posted at once."""
    found = {}
    for n in range((last - first).days + 1):
        day = first + timedelta(days=n)
        if wrote := run(programme, day):
            found[day] = wrote
            with transaction():
                posted(at(day, 7))
    return found


def letters() -> list[Letter]:
    db.session.rollback()
    return list(
        db.session.scalars(select(Letter).where(Letter.kind == "before the visit").order_by(Letter.id))
    )


def rows(**which: Any) -> list[VisitReminder]:
    db.session.rollback()
    return list(db.session.scalars(select(VisitReminder).filter_by(**which).order_by(VisitReminder.id)))


def text_of(letter: Letter) -> str:
    return " ".join(copies.read(letter.raw).text.split())


# When


def test_everybody_named_hears_a_week_and_a_school_day_before_once_each(c: SimpleNamespace) -> None:
    found = rounds(c.programme, date(2027, 2, 1), date(2027, 3, 12))
    assert found == {WEEK_BEFORE: 1, DAY_BEFORE: 1}
    assert [(row.kind, row.address) for row in rows()] == [
        (kind, address)
        for kind in ("week", "day")
        for address in ("dsl@redmere.example", "office@redmere.example")
    ]
    assert {letter.recipient for letter in letters()} == {"dsl@redmere.example", "Office@redmere.example"}
    assert {letter.stream for letter in letters()} == {c.booking.uid}
    assert [deed.what for deed in history.history_of("booking", c.booking.reference)] == [
        "reminded of the visit"
    ] * 2


def test_a_day_on_which_the_school_is_closed_is_passed_over(c: SimpleNamespace) -> None:
    with transaction():
        for day in (WEEK_BEFORE, DAY_BEFORE):
            school_days.rule_out(c.school, day, "INSET", who="J", now=make.EARLIER)
    assert rounds(c.programme, date(2027, 2, 1), date(2027, 3, 12)) == {
        date(2027, 3, 1): 1,
        date(2027, 3, 5): 1,
    }


def test_where_no_school_day_lies_between_the_second_goes_alone(c: SimpleNamespace) -> None:
    with transaction():
        for n in range(12):
            school_days.rule_out(
                c.school, date(2027, 2, 25) + timedelta(days=n), "Closed", who="J", now=make.EARLIER
            )
    assert rounds(c.programme, date(2027, 2, 1), date(2027, 3, 12)) == {date(2027, 2, 24): 1}
    assert {row.kind for row in rows()} == {"day"}


def test_what_a_round_missed_goes_with_the_next_and_who_books_late_hears_the_next_morning(
    c: SimpleNamespace,
) -> None:
    assert rounds(c.programme, date(2027, 3, 4), date(2027, 3, 12)) == {date(2027, 3, 4): 1, DAY_BEFORE: 1}
    assert [row.kind for row in rows(address="dsl@redmere.example")] == ["week", "day"]


def test_a_round_on_the_day_before_alone_writes_the_second_alone(c: SimpleNamespace) -> None:
    assert rounds(c.programme, DAY_BEFORE, date(2027, 3, 12)) == {DAY_BEFORE: 1}
    assert {row.kind for row in rows()} == {"day"}


def test_nothing_goes_on_the_day_of_the_show_nor_after_it(c: SimpleNamespace) -> None:
    assert rounds(c.programme, SHOW.date(), date(2027, 3, 20)) == {}


def cancelled(c: SimpleNamespace) -> None:
    make.cancellation(c.booking, at(date(2027, 2, 20)))


def closed(c: SimpleNamespace) -> None:
    c.school.status = "Closed"


def nobody_there(c: SimpleNamespace) -> None:
    for address in ("dsl@redmere.example", "office@redmere.example"):
        outbox.mark_dead(address, "550", make.NOW)


def said_no(c: SimpleNamespace) -> None:
    stopping.stop(c.programme, c.school.organisation_id, who="J", now=make.NOW)


def switched_off(c: SimpleNamespace) -> None:
    settings.settle(c.programme, Schedule(visits_on=False), who="P", now=make.NOW)


@pytest.mark.parametrize("hinder", [cancelled, closed, nobody_there, said_no, switched_off])
def test_nobody_is_reminded(c: SimpleNamespace, hinder: Any) -> None:
    with transaction():
        hinder(c)
    assert rounds(c.programme, date(2027, 2, 20), date(2027, 3, 12)) == {}


def test_who_can_be_reached_is_reminded_where_another_cannot(c: SimpleNamespace) -> None:
    with transaction():
        outbox.mark_dead("DSL@redmere.example", "550", make.NOW)
    rounds(c.programme, WEEK_BEFORE, WEEK_BEFORE)
    assert [letter.recipient for letter in letters()] == ["Office@redmere.example"]


def test_a_guest_is_reminded_of_its_hosts_show_with_its_own_letter(c: SimpleNamespace) -> None:
    with transaction():
        guest = make.booking(c.booking.performance, {8: 9}, of=make.school(name="Littlemere"))
        named(guest, "office@littlemere.example")
    assert rounds(c.programme, WEEK_BEFORE, WEEK_BEFORE) == {WEEK_BEFORE: 2}
    said = text_of(next(one for one in letters() if one.recipient == "office@littlemere.example"))
    assert "Littlemere will see ‘Someone to Tell’" in said and "Where: At Redmere" in said


def test_adults_get_neither_a_letter_for_families_nor_a_note(app: Flask) -> None:
    with transaction():
        programme = make.programme(make.partnership(), year_groups=(), for_adults=True)
        booking = make.booking(make.show(programme, make.school(), SHOW), {})
        named(booking, "office@redmere.example")
    assert run(programme, WEEK_BEFORE) == 1
    assert "families" not in text_of(letters()[0]).partition("Please send")[0].casefold()
    assert "Dear parent" not in text_of(letters()[0])


# A show that moves, is cancelled, or is refused


def moved(c: SimpleNamespace, to: datetime) -> None:
    with transaction():
        show = make.show(c.programme, db.session.merge(c.school), to)
        db.session.merge(c.booking).performance_id = show.id


def test_after_a_move_the_reminders_follow_the_new_time(c: SimpleNamespace) -> None:
    assert rounds(c.programme, WEEK_BEFORE, WEEK_BEFORE) == {WEEK_BEFORE: 1}
    moved(c, datetime(2027, 3, 23, 13, 15, tzinfo=UTC))
    found = rounds(c.programme, date(2027, 3, 3), date(2027, 3, 30))
    assert found == {date(2027, 3, 16): 1, date(2027, 3, 22): 1}
    assert "Tuesday 23 March, 1:15pm" in text_of(letters()[-1])


def test_a_move_by_the_verb_that_people_use_takes_back_what_waits_and_begins_anew(c: SimpleNamespace) -> None:
    now = at(WEEK_BEFORE)
    with transaction():
        show = db.session.merge(c.booking).performance
        day = make.tour_day(c.programme, show.tour_day.troupe, date(2027, 3, 23))
    run(c.programme, WEEK_BEFORE)
    with transaction():
        booking = db.session.merge(c.booking)
        slot = slots.find(
            booking.programme,
            booking.organisation,
            f"{day.id}-1000",
            now=now,
            instead_of=booking.performance_id,
            whatever_the_notice=True,
        )
        assert slot is not None
        bookings.move(booking, slot, who="Priya", now=now, by="coordinator")
    with transaction():
        assert reminding.withdraw_one(now=now)
    found = rounds(c.programme, date(2027, 3, 3), date(2027, 3, 30))
    assert found == {date(2027, 3, 16): 1, date(2027, 3, 22): 1}
    assert [letter.status for letter in letters()] == ["withdrawn"] * 2 + ["sent"] * 4
    assert "Tuesday 23 March, 10:00am" in text_of(letters()[-1])


def test_a_move_to_another_hour_of_the_day_is_told_by_its_own_letter_alone(c: SimpleNamespace) -> None:
    rounds(c.programme, WEEK_BEFORE, WEEK_BEFORE)
    moved(c, SHOW + timedelta(hours=4))
    assert rounds(c.programme, WEEK_BEFORE, date(2027, 3, 12)) == {DAY_BEFORE: 1}


@pytest.mark.parametrize(
    "hinder",
    [
        cancelled,
        said_no,
        lambda c: setattr(
            c.booking, "performance_id", make.show(c.programme, c.school, SHOW + timedelta(days=14)).id
        ),
    ],
)
def test_a_letter_that_waits_is_taken_back(c: SimpleNamespace, hinder: Any) -> None:
    run(c.programme, WEEK_BEFORE)
    with transaction():
        assert not reminding.withdraw_one(now=at(WEEK_BEFORE))
        hinder(c)
    with transaction():
        assert reminding.withdraw_one(now=at(WEEK_BEFORE))
    with transaction():
        assert not reminding.withdraw_one(now=at(WEEK_BEFORE))
    assert {letter.status for letter in letters()} == {"withdrawn"}
    raw = letters()[0].raw.decode().replace("=\r\n", "")
    assert set(re.findall(r"/(?:i|no-reminders)/([\w-]+)", raw)) == {copies.MASKED}


def test_what_waits_over_a_move_by_an_hour_is_written_anew_with_the_new_time(c: SimpleNamespace) -> None:
    run(c.programme, WEEK_BEFORE)
    moved(c, SHOW + timedelta(hours=4))
    with transaction():
        assert reminding.withdraw_one(now=at(WEEK_BEFORE))
    assert run(c.programme, WEEK_BEFORE, hour=8) == 1
    assert "1:30pm" in text_of(letters()[-1]) and "9:30am" not in text_of(letters()[-1])


def test_what_waits_into_a_day_without_school_goes_on_the_next(c: SimpleNamespace) -> None:
    run(c.programme, date(2027, 3, 5))
    with transaction():
        assert reminding.withdraw_one(now=at(date(2027, 3, 6)))
    assert rounds(c.programme, date(2027, 3, 6), date(2027, 3, 9)) == {DAY_BEFORE: 1}


def test_no_letter_goes_once_the_show_has_begun(c: SimpleNamespace) -> None:
    run(c.programme, DAY_BEFORE)
    with transaction():
        assert reminding.withdraw_one(now=SHOW)
    assert all(letter.give_up_at == SHOW for letter in letters())


def test_it_is_known_whom_a_reminder_did_not_reach(c: SimpleNamespace) -> None:
    run(c.programme, WEEK_BEFORE)
    assert reminding.written_about(c.booking) == reminding.Written(days=(WEEK_BEFORE,), not_reached=())
    with transaction():
        posted(at(WEEK_BEFORE, 7))
        letters()[0].status = "bounced"
    run(c.programme, DAY_BEFORE)
    with transaction():
        letters()[-1].status = "failed"
    found = reminding.written_about(c.booking)
    assert found.days == (WEEK_BEFORE, DAY_BEFORE)
    assert sorted(found.not_reached) == sorted(
        {letters()[0].recipient.lower(), letters()[-1].recipient.lower()}
    )
    with transaction():
        for row in rows():
            row.withdrawn_at = make.NOW
    assert reminding.written_about(c.booking) == reminding.Written(days=(), not_reached=())


# Once, whoever writes


def _row(c: SimpleNamespace, **changes: Any) -> VisitReminder:
    letter = make.letter("x@redmere.example", None, partnership_id=c.programme.partnership_id)
    return VisitReminder(
        **{
            "partnership_id": c.programme.partnership_id,
            "booking_id": c.booking.id,
            "kind": "week",
            "show_day": SHOW.date(),
            "starts_at": SHOW,
            "address": "dsl@redmere.example",
            "letter_id": letter.id,
            "stop_hash": str(letter.id),
            "recorded_at": make.NOW,
        }
        | changes
    )


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"address": "DSL@redmere.example", "kind": "day"},
        {"address": "x@redmere.example", "kind": "month"},
        {"address": "x@redmere.example", "stop_hash": "taken"},
    ],
)
def test_the_database_takes_each_reminder_of_a_booking_once(
    c: SimpleNamespace, changes: dict[str, Any]
) -> None:
    with transaction():
        db.session.add(_row(c, stop_hash="taken"))
    with pytest.raises(IntegrityError), transaction():
        db.session.add(_row(c, **changes))


def test_the_database_takes_no_letter_of_another_partnership(c: SimpleNamespace) -> None:
    with transaction():
        theirs = make.letter("x@y.example", None, partnership_id=make.partnership(("932",)).id).id
    with pytest.raises(IntegrityError), transaction():
        db.session.add(_row(c, letter_id=theirs))


def test_several_at_once_write_one(app: Flask, c: SimpleNamespace) -> None:
    programme_id, booking_id, wrote = c.programme.id, c.booking.id, []
    db.session.rollback()

    def go() -> None:
        with app.app_context(), transaction():
            programme = db.session.get_one(Programme, programme_id)
            wrote.append(reminding.send_due(programme, booking_id, now=at(WEEK_BEFORE)))

    several = [threading.Thread(target=go) for _ in range(4)]
    for one in several:
        one.start()
    for one in several:
        one.join()
    assert sorted(wrote) == [False, False, False, True]
    assert len(letters()) == len(rows()) == 2


def test_who_dies_in_the_middle_leaves_nothing_and_the_next_writes_it(c: SimpleNamespace) -> None:
    with pytest.raises(KeyboardInterrupt), transaction():
        assert reminding.send_due(c.programme, c.booking.id, now=at(WEEK_BEFORE))
        raise KeyboardInterrupt
    assert letters() == []
    assert run(c.programme, WEEK_BEFORE) == 1 and len(letters()) == 2


ROUND = f"""
from datetime import datetime
from outreach.ground import clock
clock.now = lambda: datetime.fromisoformat('{at(WEEK_BEFORE).isoformat()}')
from wsgi import app
app.test_cli_runner().invoke(args=['asking', 'chase'])
"""


@pytest.mark.browser
@pytest.mark.any_database("postgresql")
def test_killed_rounds_and_two_at_once_leave_one_letter_to_each(
    c: SimpleNamespace, database_url: str, tmp_path: Path
) -> None:
    """kill -9 while it writes; a letter and its row are there together or not at all, and never twice."""
    with transaction():
        for n in range(25):
            booking = make.booking(make.show(c.programme, make.school(), SHOW), {8: 100})
            named(booking, f"lead{n}@redmere.example", "safeguarding lead")
    env = os.environ | {
        "DATABASE_URL": database_url,
        "OUTREACH_FOLDER": str(tmp_path),
        "SECRET_KEY": "for tests",
    }

    def begun() -> "subprocess.Popen[bytes]":
        return Begun(["-c", ROUND], env=env, cwd=ROOT)

    for _ in range(2):
        first, second, already = begun(), begun(), len(rows())
        until = time.monotonic() + 60
        while first.poll() is None and time.monotonic() < until:
            if len(rows()) >= already + 4:
                first.send_signal(signal.SIGKILL)
            time.sleep(0.02)
        second.send_signal(signal.SIGKILL)
        first.wait(), second.wait()
        assert len(rows()) == len(letters()) == len({(row.booking_id, row.address) for row in rows()})
    assert begun().wait() == 0
    assert len(rows()) == len(letters()) == 27 == len({(row.booking_id, row.address) for row in rows()})


def test_a_dry_run_says_whom_it_would_remind_and_a_round_says_what_it_did(
    app: Flask, c: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    db.session.rollback()
    monkeypatch.setattr(clock, "now", lambda: at(WEEK_BEFORE))
    chase = app.test_cli_runner().invoke
    dry = chase(args=["asking", "chase", "--dry-run"]).output
    told = "would remind Redmere (dsl@redmere.example, Office@redmere.example) of its visit on 9 March 2027"
    assert told in dry and letters() == []
    db.session.rollback()
    assert chase(args=["asking", "chase"]).output == "Someone to Tell: 1 school reminded of its visit.\n"
    db.session.rollback()
    assert chase(args=["asking", "chase"]).output == "Someone to Tell: nothing is due today.\n"
    assert len(letters()) == 2


def test_the_postman_takes_back_what_has_lost_its_reason_before_it_sends(
    c: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(c.programme, WEEK_BEFORE)
    with transaction():
        cancelled(c)
    monkeypatch.setattr(clock, "now", lambda: at(WEEK_BEFORE))
    post._see_to_what_is_due()
    assert {letter.status for letter in letters()} == {"withdrawn"}


def test_what_is_due_takes_the_same_queries_for_one_show_and_for_five(
    c: SimpleNamespace, count_queries: Any
) -> None:
    counted = []
    for more in (0, 4):
        with transaction():
            for n in range(more):
                booking = make.booking(make.show(c.programme, make.school(), SHOW), {8: 100})
                named(booking, f"lead{n}@redmere.example")
        assert c.programme.id
        with count_queries() as queries:
            assert len(reminding.due(c.programme, now=at(WEEK_BEFORE))) == more + 1
        counted.append(len(queries))
    assert counted[0] == counted[1] == 8


# What it says


def test_it_says_what_to_have_ready_who_comes_and_has_both_pages_as_text(c: SimpleNamespace) -> None:
    with transaction():
        c.programme.school_provides = "A hall with two sockets"
        c.programme.summary = "A play about exploitation and who to tell"
    run(c.programme, WEEK_BEFORE)
    said = text_of(letters()[0])
    for words in (
        "Please have ready: A hall with two sockets",
        "Who: 120 pupils in Year 8 and 110 pupils in Year 9",
        "Dear parent or carer, Years 8 and 9 will see ‘Someone to Tell’, brought to us by ",
        "A play about exploitation and who to tell.",
        "Tell us by Friday 5 March.",
        "Our safeguarding lead: 01632 960 203",
        "Our safeguarding lead: Joanna Fell",
        "Do not promise to keep it secret",
        "Redmere, with Marlshire Safeguarding Children Partnership",
    ):
        assert words in said, words
    assert "questionnaire before and after" not in said and "01632 960 205" not in said
    assert re.search(r"/i/[\w-]{32}/booked/MRL-\d+/families", said)


def test_what_was_sent_stays_as_it_was_sent(c: SimpleNamespace) -> None:
    run(c.programme, WEEK_BEFORE)
    sent = [letter.raw for letter in letters()]
    with transaction():
        partnership = db.session.get_one(make.Partnership, c.programme.partnership_id)
        texts.write(partnership, "families", Words(title="Other", words="Other words"), who="P", now=make.NOW)
    assert [letter.raw for letter in letters()] == sent
    run(c.programme, DAY_BEFORE)
    assert "Other words" in text_of(letters()[-1])


@pytest.mark.parametrize("statement", ["UPDATE visit_text SET words = 'x'", "DELETE FROM visit_text"])
def test_a_version_of_a_text_can_neither_be_changed_nor_taken_away(
    c: SimpleNamespace, statement: str
) -> None:
    with transaction():
        partnership = db.session.get_one(make.Partnership, c.programme.partnership_id)
        texts.write(partnership, "families", Words(title="One", words="Words"), who="P", now=make.NOW)
    with pytest.raises(IntegrityError) as refused, transaction():
        db.session.execute(text(statement))
    assert broken_guard(refused.value) == "visit_text_only_grows"
    assert [one.words for one in texts.versions(c.programme.partnership_id, "families")] == ["Words"]


def test_a_letter_that_has_gone_hides_its_links_and_then_never_changes(c: SimpleNamespace) -> None:
    run(c.programme, WEEK_BEFORE)
    waits = letters()[0]
    with transaction():  # while it waits it may still be written anew
        write_over(waits, waits.raw + b"\r\n")
    with transaction():
        posted(at(WEEK_BEFORE, 7))
        db.session.flush()
        write_over(waits, copies.masked(waits.raw))
    sent = letters()[0].raw
    assert b"hidden-once-sent" in sent
    for other in (sent + b"x", sent.replace(b"Dear parent", b"Dear guardian"), b"", waits.raw + b"\0"):
        for status in ("sent", "bounced"):
            with pytest.raises(IntegrityError) as refused, transaction():
                db.session.execute(update(Letter).values(status=status))
                write_over(waits, other)
            assert broken_guard(refused.value) == "letter_sent_stays"
    with transaction():  # the same again is no change
        write_over(waits, sent)
    assert letters()[0].raw == sent


def write_over(letter: Letter, raw: bytes) -> None:
    db.session.execute(update(LetterMail).where(LetterMail.letter_id == letter.id).values(raw=raw))


# Places at a session


@pytest.fixture
def training(app: Flask) -> SimpleNamespace:
    """Twelve of a unit have places in a hall on Tuesday, and nine of a team at an online session on Wednesday."""
    c = session_life.lay()
    with transaction():
        c.hall.joining = "Park behind the hall."
        c.online.joining = "Have your camera on."
    c.in_hall = booked(take(c, c.unit, 12))
    c.by_link = booked(take(c, c.team, 9, c.online.performance, who="bo"))
    return c


def reminded_of_places(c: SimpleNamespace) -> dict[str, list[str]]:
    """What the rounds of the six weeks around both sessions wrote, by whom."""
    rounds(c.programme, date(2027, 2, 1), date(2027, 3, 12))
    found: dict[str, list[str]] = {}
    for letter in letters():
        found.setdefault(letter.recipient, []).append(text_of(letter))
    return found


def test_whoever_has_places_is_reminded_twice_of_its_session_and_where_it_is(
    training: SimpleNamespace,
) -> None:
    found = reminded_of_places(training)
    assert {who: len(said) for who, said in found.items()} == {
        "ann@police.example": 2,
        "bo@police.example": 2,
    }
    for said in found["ann@police.example"]:
        assert "Staff of Kestermere Unit come to ‘Recognise and Refer’ on Tuesday 9 March, 9:30am to" in said
        for words in ("Who: 12 staff", "Kestermere Town Hall", "Park behind the hall."):
            assert words in said, words
        assert "Health Team" not in said and training.online.link not in said
        assert not re.search(r"pupil|famil|safeguarding lead should", said.casefold())
    for said in found["bo@police.example"]:
        for words in ("Health Team North", "Who: 9 staff", training.online.link, "Have your camera on."):
            assert words in said, words
        assert "Kestermere Town Hall" not in said


def test_whoever_gave_its_places_up_or_waits_is_reminded_of_nothing(training: SimpleNamespace) -> None:
    take(training, training.uncounted, 9, waits=True, who="cy")
    with transaction():
        bookings.cancel(training.by_link, reason="Duty", by="school", who="Bo", now=session_life.now())
    assert reminded_of_places(training).keys() == {"ann@police.example"}
