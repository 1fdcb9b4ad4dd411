"""A school holds, books, moves, changes and cancels; what is refused leaves everything as it was."""

from datetime import UTC, date, datetime, time, timedelta
from types import SimpleNamespace

import pytest
from flask import Flask
from sqlalchemy import select, update

import make
from outreach.booking import accounts, bookings, colleagues, holds, numbers, promises
from outreach.booking.colleagues import Colleague
from outreach.booking.holds import AlreadyBooked, NothingHeld, ProgrammeClosed
from outreach.booking.named import NamedPerson
from outreach.booking.numbers import Promise
from outreach.booking.promises import Booking, BookingRevision
from outreach.county.schools import own_numbers
from outreach.ground import history
from outreach.ground.db import db, transaction
from outreach.ground.errors import Refusal
from outreach.ground.timespans import wall
from outreach.post import links
from outreach.post.outbox import Letter
from outreach.tour import slots
from outreach.tour.performances import Performance, SlotTaken

DAY = date(2027, 3, 9)
FELL = Colleague(
    name="Joanna Fell", address="j.fell@redmere.example", duty="safeguarding lead", phone="01632 960 204"
)
WHITFIELD = Colleague(name="Sam Whitfield", address="s.whitfield@redmere.example", duty="on the day")


@pytest.fixture
def c(app: Flask) -> SimpleNamespace:
    """A county with one tour day of two shows, and a school of 300 pupils in Years 8 and 9 (an estimate)."""
    c = SimpleNamespace()
    with transaction():
        c.partnership = make.partnership()
        c.programme = make.programme(c.partnership, audience_ceiling=350)
        c.troupe = make.troupe(c.partnership)
        c.troupe.calendar_address = "red.van@lantern-row.example"
        c.day = make.tour_day(c.programme, c.troupe, DAY)
        c.later = make.tour_day(c.programme, c.troupe, date(2027, 3, 16))
        c.school = make.school()
        c.other = make.school(easting=458000)
    return c


def slot(c, at: time = time(9), school=None, day=None, now=make.NOW):
    return slots.find(c.programme, school or c.school, f"{(day or c.day).id}-{at:%H%M}", now=now)


def hold(c, *chosen, school=None, now=make.NOW):
    with transaction():
        return [p.id for p in holds.hold(c.programme, school or c.school, chosen, who="Joanna Fell", now=now)]


def promise(pupils=None, people=(FELL, WHITFIELD), **more) -> Promise:
    return Promise(pupils=pupils or {8: 148, 9: 151}, people=people, **more)


def book(c, ids, *promised, school=None, now=make.NOW) -> list[Booking]:
    with transaction():
        return bookings.book(
            c.programme, school or c.school, list(zip(ids, promised, strict=True)), who="Joanna Fell", now=now
        )


def booked(c, at: time = time(9), school=None, **more) -> Booking:
    ids = hold(c, slot(c, at, school), school=school)
    return book(c, ids, promise(**more), school=school)[0]


def letters(kind: str | None = None) -> list[tuple[str, str, int]]:
    """(recipient, method, sequence) of the calendar letters to schools and troupe, as they were put down."""
    rows = db.session.scalars(select(Letter).order_by(Letter.id))
    return [
        (r.recipient, r.method, r.sequence) for r in rows if r.method and (kind is None or r.kind == kind)
    ]


def test_booking_makes_one_promise_with_its_letters(c) -> None:
    booking = booked(c, hall="Main hall", access_needs={"wheelchair": 2, "quiet": 0})
    assert (booking.role, booking.seats, booking.sequence) == ("host", 299, 0)
    assert promises.pupils_of(booking) == {8: 148, 9: 151}
    assert booking.access_needs == {"wheelchair": 2}
    assert booking.reference.startswith("MRL-")
    assert booking.performance.held_until is None
    assert letters() == [
        ("j.fell@redmere.example", "REQUEST", 0),
        ("s.whitfield@redmere.example", "REQUEST", 0),
        ("red.van@lantern-row.example", "REQUEST", 0),
    ]


def test_a_form_sent_twice_books_once(c) -> None:
    ids = hold(c, slot(c))
    first = book(c, ids, promise())
    again = book(c, ids, promise())
    assert [b.id for b in first] == [b.id for b in again]
    assert db.session.query(Booking).count() == 1
    assert len(letters()) == 3


def test_a_form_sent_twice_gives_back_its_own_booking_and_no_other_of_the_school(c) -> None:
    booked(c, pupils={8: 148})
    ids = hold(c, slot(c, time(13)))
    (second,) = book(c, ids, promise(pupils={9: 151}))
    assert [b.id for b in book(c, ids, promise(pupils={9: 151}))] == [second.id]


def test_a_second_hold_gives_the_first_back(c) -> None:
    hold(c, slot(c, time(9)))
    hold(c, slot(c, time(13)))
    assert [p.starts_at for p in holds.held(c.programme.id, c.school.organisation_id, now=make.NOW)] == [
        wall(DAY, time(13))
    ]


def test_a_slot_held_by_another_school_is_taken(c) -> None:
    mine = slot(c)
    hold(c, slot(c, school=c.other), school=c.other)
    with pytest.raises(SlotTaken):
        hold(c, mine)


def test_a_refused_hold_leaves_what_was_held(c) -> None:
    hold(c, slot(c, time(13)))
    wanted = slot(c, time(9, 15))
    with transaction():
        c.day.shows_at_most = 3
    hold(c, slot(c, time(9), school=c.other), school=c.other)
    with pytest.raises(SlotTaken):
        hold(c, wanted)
    assert [p.starts_at for p in holds.held(c.programme.id, c.school.organisation_id, now=make.NOW)] == [
        wall(DAY, time(13))
    ]


def test_a_hold_that_lapsed_and_was_taken_books_nothing(c) -> None:
    ids = hold(c, slot(c))
    later = make.NOW + timedelta(minutes=16)
    hold(c, slot(c, school=c.other, now=later), school=c.other, now=later)
    with pytest.raises(NothingHeld):
        book(c, ids, promise(), now=later)
    assert db.session.query(Booking).count() == 0


def test_holds_of_which_some_are_gone_book_nothing(c) -> None:
    gone = hold(c, slot(c))
    kept = hold(c, slot(c, time(13)))
    for ids, promised in ((gone, [promise()]), (gone + kept, [promise({8: 148}), promise({9: 151})])):
        with pytest.raises(NothingHeld):
            book(c, ids, *promised)
    assert db.session.query(Booking).count() == 0


def test_what_was_gone_when_it_was_read_books_nothing_although_another_time_is_kept_since(c) -> None:
    seen: list[int] = [s.id for s in holds.kept(c.programme, c.school.organisation_id, now=make.NOW)]
    hold(c, slot(c))
    with pytest.raises(NothingHeld):
        book(c, seen)
    assert db.session.query(Booking).count() == 0


def test_a_hold_that_lapsed_but_nobody_took_still_books(c) -> None:
    ids = hold(c, slot(c))
    assert len(book(c, ids, promise(), now=make.NOW + timedelta(hours=1))) == 1


def test_a_hold_is_renewed_from_now(c) -> None:
    hold(c, slot(c))
    with transaction():
        (kept,) = holds.renew(c.programme, c.school, now=make.NOW + timedelta(minutes=10))
    assert kept.held_until == make.NOW + timedelta(minutes=25)


def test_renewing_nothing_is_refused(c) -> None:
    with pytest.raises(NothingHeld), transaction():
        holds.renew(c.programme, c.school, now=make.NOW)


def test_a_hold_given_back_is_free_for_others(c) -> None:
    hold(c, slot(c))
    with transaction():
        holds.give_back(c.programme.id, c.school.organisation_id, who="Joanna Fell", now=make.NOW)
    hold(c, slot(c, school=c.other), school=c.other)


def test_a_school_with_everything_booked_can_hold_nothing_more(c) -> None:
    booked(c)
    with pytest.raises(AlreadyBooked):
        hold(c, slot(c, time(13)))


def test_a_school_with_a_year_group_open_can_book_again(c) -> None:
    booked(c, pupils={8: 148})
    assert tuple(accounts.account(c.programme, c.school, now=make.NOW).still_open) == (9,)
    ids = hold(c, slot(c, time(13)))
    book(c, ids, promise(pupils={9: 151}))
    assert accounts.account(c.programme, c.school, now=make.NOW).promised == {8: 148, 9: 151}


def test_two_shows_of_one_day_are_booked_in_one_go(c) -> None:
    with transaction():
        c.programme.audience_ceiling = 200
    ((first, second),) = slots.offers(
        c.programme, c.school, now=make.NOW, two_shows=True, only_days=[c.day.id]
    ).first
    ids = hold(c, first, second)
    made = book(c, ids, promise(pupils={8: 148}), promise(pupils={9: 151}))
    assert [promises.pupils_of(b) for b in made] == [{8: 148}, {9: 151}]
    assert len({b.uid for b in made}) == 2
    assert tuple(accounts.account(c.programme, c.school, now=make.NOW).still_open) == ()


def test_if_the_second_of_two_is_refused_neither_is_booked(c) -> None:
    with transaction():
        c.programme.audience_ceiling = 200
    ((first, second),) = slots.offers(
        c.programme, c.school, now=make.NOW, two_shows=True, only_days=[c.day.id]
    ).first
    ids = hold(c, first, second)
    with pytest.raises(numbers.TooManyForOneShow):
        book(c, ids, promise(pupils={8: 148}), promise(pupils={9: 201}))
    assert db.session.query(Booking).count() == 0
    assert letters() == []


@pytest.mark.parametrize(
    ("pupils", "refusal"),
    [
        ({8: 0}, numbers.NobodyComes),
        ({7: 30}, numbers.NotForThatYear),
        ({8: 200, 9: 151}, numbers.TooManyForOneShow),
        ({8: 166}, numbers.MoreThanItHas),
    ],
)
def test_numbers_that_cannot_be_are_refused_and_nothing_is_written(c, pupils, refusal) -> None:
    ids = hold(c, slot(c))
    with pytest.raises(refusal):
        book(c, ids, promise(pupils=pupils))
    assert db.session.query(Booking).count() == 0
    assert letters() == []
    assert holds.held(c.programme.id, c.school.organisation_id, now=make.NOW) != []


def test_an_estimate_and_a_tenth_is_believed(c) -> None:
    assert promises.pupils_of(booked(c, pupils={8: 165})) == {8: 165}  # 1,050 pupils over 7 year groups: 150


def test_one_pupil_is_enough_and_a_year_group_that_stays_at_home_is_promised_nothing(c) -> None:
    booking = booked(c, pupils={8: 1, 9: 0})
    assert promises.pupils_of(booking) == {8: 1}
    assert [row.year_group for row in db.session.query(promises.PromisedPupils)] == [8]
    (said,) = db.session.query(history.History).filter_by(what="booked")
    assert said.after["pupils"] == {"8": 1}


def test_a_number_the_school_confirms_becomes_its_own(c) -> None:
    booked(c, pupils={8: 190}, own_numbers={8: 190})
    assert own_numbers(c.school.organisation_id, 2026) == {8: 190}


def test_a_schools_own_number_is_never_exceeded_over_several_shows(c) -> None:
    booked(c, pupils={8: 70}, own_numbers={8: 150})
    ids = hold(c, slot(c, time(13)))
    with pytest.raises(numbers.MoreThanItHas):
        book(c, ids, promise(pupils={8: 81}))


def test_a_booking_without_anybody_named_is_refused(c) -> None:
    ids = hold(c, slot(c))
    with pytest.raises(colleagues.NobodyNamed):
        book(c, ids, promise(people=()))


def test_a_closed_programme_takes_no_hold(c) -> None:
    with transaction():
        c.programme.closed_at = make.NOW
    with pytest.raises(ProgrammeClosed):
        hold(c, slot(c))


def test_moving_keeps_the_event_and_raises_its_sequence(c) -> None:
    booking = booked(c)
    uid = booking.uid
    with transaction():
        bookings.move(booking, slot(c, time(13), day=c.later), who="Joanna Fell", now=make.NOW)
    assert (booking.uid, booking.sequence, booking.place_sequence) == (uid, 1, 1)
    assert booking.performance.starts_at == wall(date(2027, 3, 16), time(13))
    assert db.session.query(Performance).count() == 1
    assert ("j.fell@redmere.example", "REQUEST", 1) in letters()
    assert ("red.van@lantern-row.example", "REQUEST", 1) in letters()


def test_what_a_show_came_to_is_forgotten_with_the_time_at_which_it_was(c) -> None:
    booking = booked(c)
    with transaction():
        booking.outcome = promises.TOOK_PLACE
        promises.put_what_came(booking, {8: 10})
    with transaction():
        bookings.move(booking, slot(c, time(13), day=c.later), who="Priya", now=make.NOW, by="coordinator")
    assert booking.outcome is None and db.session.query(promises.CameTo).count() == 0


def test_moving_within_the_own_time_is_possible(c) -> None:
    booking = booked(c)
    near = slots.find(
        c.programme, c.school, f"{c.day.id}-0915", now=make.NOW, instead_of=booking.performance_id
    )
    with transaction():
        bookings.move(booking, near, who="Joanna Fell", now=make.NOW)
    assert booking.performance.starts_at == wall(DAY, time(9, 15))


def test_a_refused_move_leaves_the_old_place(c) -> None:
    booking = booked(c)
    wanted = slot(c, time(9), day=c.later)
    hold(c, slot(c, school=c.other, day=c.later), school=c.other)
    before = len(letters())
    with pytest.raises(SlotTaken), transaction():
        bookings.move(booking, wanted, who="Joanna Fell", now=make.NOW)
    assert booking.performance.starts_at == wall(DAY, time(9))
    assert (booking.sequence, len(letters())) == (0, before)


def test_moving_inside_the_notice_is_for_the_coordinator_alone(c) -> None:
    booking = booked(c)
    last_day = booking.can_move_until()
    assert last_day == DAY - timedelta(days=14)
    too_late = wall(last_day + timedelta(days=1), time(8))
    wanted = slot(c, time(13), day=c.later)
    with pytest.raises(bookings.TooLateToMove, match="Ring Priya Nandakumar on 01632 960 118"), transaction():
        bookings.move(booking, wanted, who="Joanna Fell", now=too_late)
    with transaction():
        bookings.move(booking, wanted, who="Priya Nandakumar", now=too_late, by="coordinator")
    assert booking.performance.starts_at == wall(date(2027, 3, 16), time(13))


def test_moving_to_another_troupe_tells_both(c) -> None:
    with transaction():
        blue = make.troupe(c.partnership, name="Blue van", calendar_address="blue.van@lantern-row.example")
        theirs = make.tour_day(c.programme, blue, date(2027, 3, 10))
    booking = booked(c)
    with transaction():
        bookings.move(booking, slot(c, day=theirs), who="Joanna Fell", now=make.NOW)
    assert ("red.van@lantern-row.example", "CANCEL", 1) in letters()
    assert ("blue.van@lantern-row.example", "REQUEST", 1) in letters()


def test_changing_numbers_tells_everybody_without_raising_the_sequence(c) -> None:
    booking = booked(c)
    with transaction():
        bookings.change(
            booking,
            promise(pupils={8: 140, 9: 151}),
            who="Joanna Fell",
            now=make.NOW + timedelta(hours=1),
        )
    assert (booking.seats, booking.sequence) == (291, 0)
    assert promises.pupils_of(booking) == {8: 140, 9: 151}
    assert letters().count(("j.fell@redmere.example", "REQUEST", 0)) == 2


def test_another_hall_is_another_place_and_raises_the_sequence(c) -> None:
    booking = booked(c, hall="Main hall")
    with transaction():
        bookings.change(
            booking, promise(hall="Sports hall"), who="Joanna Fell", now=make.NOW + timedelta(hours=1)
        )
    assert (booking.sequence, booking.place_sequence, booking.performance.sequence) == (1, 1, 1)
    assert letters()[3:] == [
        ("j.fell@redmere.example", "REQUEST", 1),
        ("s.whitfield@redmere.example", "REQUEST", 1),
        ("red.van@lantern-row.example", "REQUEST", 1),
    ]


@pytest.mark.parametrize("said", [promise(), promise(pupils={7: 0, 8: 148, 9: 151})])
def test_changing_nothing_writes_to_nobody(c, said: Promise) -> None:
    booking = booked(c)
    before = len(letters())
    with transaction():
        later = make.NOW + timedelta(hours=1)
        assert bookings.change(booking, said, who="Joanna Fell", now=later) is booking
    assert (len(letters()), len(deeds_of(booking))) == (before, 1)


def test_changing_once_the_show_began_is_refused(c) -> None:
    booking = booked(c)
    with pytest.raises(bookings.TooLateToChange, match="The performance has begun"), transaction():
        bookings.change(booking, promise(pupils={8: 1}), who="Joanna Fell", now=wall(DAY, time(9)))


def test_cancelling_gives_the_time_back_and_tells_everybody(c) -> None:
    booking = booked(c)
    with transaction():
        bookings.cancel(booking, reason="mock exams", by="school", who="Joanna Fell", now=make.NOW)
    cancellation = promises.cancellation_of(booking)
    assert (cancellation.reason, cancellation.cancelled_by) == ("mock exams", "school")
    assert (booking.sequence, booking.ended_at) == (1, make.NOW)
    assert slot(c, school=c.other) is not None


def test_cancelling_twice_is_once(c) -> None:
    booking = booked(c)
    for _ in range(2):
        with transaction():
            bookings.cancel(booking, reason="mock exams", by="school", who="Joanna Fell", now=make.NOW)
    assert booking.sequence == 1


def test_cancelling_needs_a_reason(c) -> None:
    booking = booked(c)
    with pytest.raises(bookings.CancelReasonMissing), transaction():
        bookings.cancel(booking, reason=" ", by="school", who="Joanna Fell", now=make.NOW)


def test_cancelling_too_late_is_refused_to_the_school_and_not_to_the_company(c) -> None:
    booking = booked(c)
    too_late = wall(booking.can_cancel_until() + timedelta(days=1), time(8))
    with pytest.raises(bookings.TooLateToCancel), transaction():
        bookings.cancel(booking, reason="exams", by="school", who="Joanna Fell", now=too_late)
    with transaction():
        bookings.cancel(booking, reason="illness", by="company", who="Priya Nandakumar", now=too_late)
    assert promises.cancellation_of(booking).cancelled_by == "company"


def test_a_cancelled_booking_can_no_longer_be_moved_or_changed(c) -> None:
    booking = booked(c)
    wanted = slot(c, time(13), day=c.later)
    with transaction():
        bookings.cancel(booking, reason="mock exams", by="school", who="Joanna Fell", now=make.NOW)
    with pytest.raises(promises.BookingEnded), transaction():
        bookings.move(booking, wanted, who="Joanna Fell", now=make.NOW)
    with pytest.raises(promises.BookingEnded), transaction():
        bookings.change(booking, promise(), who="Joanna Fell", now=make.NOW)


def test_a_colleague_added_gets_the_entry_and_the_others_no_mail(c) -> None:
    booking = booked(c)
    before = letters()
    with transaction():
        colleagues.add(
            booking,
            Colleague(name="School office", address="office@redmere.example", duty="colleague"),
            who="Joanna Fell",
            now=make.NOW,
        )
    assert [row for row in letters() if row not in before] == [("office@redmere.example", "REQUEST", 0)]


def test_a_colleague_already_there_is_refused(c) -> None:
    booking = booked(c)
    with pytest.raises(colleagues.AlreadyThere), transaction():
        colleagues.add(
            booking,
            Colleague(name="J", address="J.Fell@redmere.example", duty="colleague"),
            who="x",
            now=make.NOW,
        )


@pytest.mark.parametrize("waits", [False, True])
def test_nobody_is_corrected_into_somebody_who_is_there_already(c, waits: bool) -> None:
    booking = booked(c)
    with transaction():
        office = colleagues.add(
            booking,
            Colleague(name="Office", address="office@redmere.example", duty="colleague"),
            who="x",
            now=make.NOW,
        )
        office_id = office.id
    told = letters()
    changed = Colleague(name="J", address="J.Fell@redmere.example", duty="colleague", waits=waits)
    with pytest.raises(colleagues.AlreadyThere), transaction():
        colleagues.correct(booking, office_id, changed, who="x", now=make.NOW)
    assert letters() == told and db.session.query(NamedPerson).count() == 0


def test_a_colleague_removed_gets_a_cancel_alone_and_the_sequence_rises(c) -> None:
    booking = booked(c)
    before = letters()
    whitfield = promises.people_of(booking)[1]
    with transaction():
        colleagues.end(booking, whitfield.id, who="Joanna Fell", now=make.NOW + timedelta(hours=1))
    assert [row for row in letters() if row not in before] == [("s.whitfield@redmere.example", "CANCEL", 1)]
    assert (booking.sequence, booking.place_sequence) == (1, 0)


def test_the_last_person_cannot_be_removed(c) -> None:
    booking = booked(c, people=(FELL,))
    (only,) = promises.people_of(booking)
    with pytest.raises(colleagues.LastPerson), transaction():
        colleagues.end(booking, only.id, who="Joanna Fell", now=make.NOW)


def test_seats_are_never_oversold_whatever_a_program_writes(c) -> None:
    booking = booked(c, pupils={8: 148})
    with transaction():
        make.consent(booking.performance)
    with pytest.raises(Exception, match="booking_seats"), transaction():
        db.session.add(
            Booking(
                reference="MRL-XXXX",
                partnership_id=c.programme.partnership_id,
                programme_id=c.programme.id,
                organisation_id=c.other.organisation_id,
                performance_id=booking.performance_id,
                role="guest",
                seats=203,
                uid="u",
                organizer_token="t",
                created_at=make.NOW,
            )
        )


def test_links_of_the_school_live_until_seven_weeks_after_the_show(c) -> None:
    with transaction():
        minted = links.mint(
            organisation_id=c.school.organisation_id,
            programme_id=c.programme.id,
            partnership_id=c.programme.partnership_id,
            address="j.fell@redmere.example",
            now=make.NOW,
            expires_at=datetime(2027, 3, 7, tzinfo=UTC),
        )
    booking = booked(c)
    assert links.find(minted.token).expires_at == booking.performance.ends_at + timedelta(weeks=7)


def test_a_draft_is_kept_until_it_is_booked(c) -> None:
    ids = hold(c, slot(c))
    with transaction():
        holds.save_draft(c.programme.id, c.school.organisation_id, {"hall": "Gym"}, now=make.NOW)
    assert holds.draft(c.programme.id, c.school.organisation_id) == {"hall": "Gym"}
    book(c, ids, promise())
    assert holds.draft(c.programme.id, c.school.organisation_id) == {}


def test_every_refusal_has_words_for_the_person(c) -> None:
    for refusal in (
        numbers.NobodyComes(),
        SlotTaken(),
        NothingHeld(),
        AlreadyBooked(),
        colleagues.LastPerson(),
    ):
        assert isinstance(refusal, Refusal) and refusal.message.endswith(".")


# What is written down of it


def deeds_of(booking: Booking) -> list[tuple[str, object, object]]:
    """(what, before, after) of the booking's history, the first first."""
    return [
        (row.what, row.before, row.after)
        for row in reversed(history.history_of("booking", booking.reference))
    ]


def test_each_deed_stands_in_the_bookings_history_with_what_it_changed(c) -> None:
    booking, who = booked(c, pupils={8: 148}, hall="Main hall"), "Joanna Fell"
    one, two, three = (make.NOW + timedelta(hours=hours) for hours in (1, 2, 3))
    with transaction():
        bookings.change(booking, promise(pupils={8: 140}, hall="Main hall"), who=who, now=one)
        bookings.move(booking, slot(c, day=c.later), who=who, now=two)
        bookings.cancel(booking, reason=" Mock exams ", by="school", who=who, now=three)
    arrival = {"entrance": "", "parking": "", "arrival_note": ""}
    said = {"hall": "Main hall", "step_free": None, **arrival, "access_needs": {}}
    was, becomes = "2027-03-09T09:00:00+00:00", "2027-03-16T09:00:00+00:00"
    assert deeds_of(booking) == [
        (
            "booked",
            None,
            {"organisation_id": c.school.organisation_id, "starts_at": was, "pupils": {"8": 148}},
        ),
        ("changed", {**said, "pupils": {"8": 148}}, {**said, "pupils": {"8": 140}}),
        ("moved", was, becomes),
        ("cancelled", None, "Mock exams"),
    ]


def test_everything_that_can_be_said_of_a_booking_is_kept_when_it_changes(c) -> None:
    booking = booked(c)
    said = {
        "hall": "Sports hall",
        "step_free": True,
        "entrance": "By the back gate",
        "parking": "Kitchen yard",
        "arrival_note": "Ring twice",
    }
    with transaction():
        changed = promise(pupils={8: 148, 9: 0}, access_needs={"wheelchair": 2, "quiet": 0}, **said)
        bookings.change(booking, changed, who="Joanna Fell", now=make.NOW + timedelta(hours=1))
    assert {name: getattr(booking, name) for name in said} == said
    assert (booking.access_needs, booking.seats) == ({"wheelchair": 2}, 148)
    assert promises.pupils_of(booking) == {8: 148}


def test_another_hall_is_no_new_word_on_who_comes(c) -> None:
    booking = booked(c, hall="Main hall")
    with transaction():
        elsewhere, later = promise(hall="Sports hall"), make.NOW + timedelta(hours=1)
        bookings.change(booking, elsewhere, who="Joanna Fell", now=later)
    assert db.session.query(BookingRevision).count() == 1


def test_a_moved_promise_says_from_when_on_it_is_at_the_new_time(c) -> None:
    booking = booked(c, pupils={8: 148})
    moved_at = make.NOW + timedelta(hours=1)
    with transaction():
        bookings.move(booking, slot(c, day=c.later), who="Joanna Fell", now=moved_at)
    first, second = db.session.query(BookingRevision).order_by(BookingRevision.id)
    assert (first.starts_at, first.recorded_at) == (wall(DAY, time(9)), make.NOW)
    assert (second.starts_at, second.recorded_at) == (booking.performance.starts_at, moved_at)
    assert promises.pupils_of(booking) == {8: 148}


# At the edge of what is allowed


def test_the_second_of_two_shows_is_judged_with_the_first(c) -> None:
    with transaction():
        c.programme.audience_ceiling = 200
    ((first, second),) = slots.offers(
        c.programme, c.school, now=make.NOW, two_shows=True, only_days=[c.day.id]
    ).first
    ids = hold(c, first, second)
    with pytest.raises(numbers.MoreThanItHas) as refused:
        book(c, ids, promise(pupils={8: 100}), promise(pupils={8: 66}))
    assert refused.value.entered == 166
    assert db.session.query(Booking).count() == 0


def test_a_single_pupil_can_come(c) -> None:
    assert booked(c, pupils={8: 1}).seats == 1


def test_a_host_that_has_moved_cancels_within_the_notice_like_any_other(c) -> None:
    booking = booked(c)
    with transaction():
        bookings.move(booking, slot(c, day=c.later), who="Joanna Fell", now=make.NOW)
    too_late = wall(booking.can_cancel_until() + timedelta(days=1), time(8))
    with pytest.raises(bookings.TooLateToCancel), transaction():
        bookings.cancel(booking, reason="exams", by="school", who="Joanna Fell", now=too_late)


def test_a_show_takes_as_many_as_its_ceiling(c) -> None:
    with transaction():
        c.programme.audience_ceiling = 299
    assert booked(c).seats == 299


def test_from_its_end_on_a_show_is_neither_moved_nor_changed_nor_cancelled(c) -> None:
    booking = booked(c)
    over = booking.performance.ends_at
    wanted = slot(c, day=c.later)
    deeds = (
        lambda: bookings.move(booking, wanted, who="Priya", by="coordinator", now=over),
        lambda: bookings.change(booking, promise(hall="Gym"), who="Priya", by="coordinator", now=over),
        lambda: bookings.cancel(booking, reason="Snow", who="Priya", by="coordinator", now=over),
    )
    for deed in deeds:
        with pytest.raises(bookings.ShowIsOver), transaction():
            deed()
    with transaction():
        last = over - timedelta(seconds=1)
        bookings.change(booking, promise(hall="Gym"), who="Priya", by="coordinator", now=last)
        bookings.cancel(booking, reason="Snow", who="Priya", by="coordinator", now=last)
    assert (booking.hall, booking.ended_at) == ("Gym", last)


def test_what_somebody_else_cancelled_meanwhile_is_neither_moved_nor_changed_nor_cancelled_again(c) -> None:
    booking = booked(c)

    def ended_meanwhile() -> None:
        ended = update(Booking).where(Booking.id == booking.id).values(ended_at=make.NOW)
        db.session.execute(ended.execution_options(synchronize_session=False))

    wanted = slot(c, day=c.later)
    with pytest.raises(promises.BookingEnded), transaction():
        ended_meanwhile()
        bookings.move(booking, wanted, who="Joanna Fell", now=make.NOW)
    with pytest.raises(promises.BookingEnded), transaction():
        ended_meanwhile()
        bookings.change(booking, promise(hall="Gym"), who="Joanna Fell", now=make.NOW)
    with transaction():
        ended_meanwhile()
        bookings.cancel(booking, reason="Exams", by="school", who="Joanna Fell", now=make.NOW)
    assert booking.sequence == 0 and promises.cancellation_of(booking) is None


def test_until_the_very_last_day_of_notice_a_school_moves_and_cancels_by_itself(c) -> None:
    booking = booked(c)
    evening = wall(booking.can_move_until(), time(23, 59))
    with transaction():
        bookings.move(booking, slot(c, day=c.later), who="Joanna Fell", now=evening)
    evening = wall(booking.can_cancel_until(), time(23, 59))
    with transaction():
        bookings.cancel(booking, reason="Exams", by="school", who="Joanna Fell", now=evening)
    assert booking.ended_at == evening


def test_nothing_moves_to_a_time_that_has_come(c) -> None:
    booking = booked(c, at=time(13))
    wanted, comes = slot(c, time(9)), wall(DAY, time(9))
    with pytest.raises(SlotTaken), transaction():
        bookings.move(booking, wanted, who="Priya", by="coordinator", now=comes)
    with transaction():
        bookings.move(booking, wanted, who="Priya", by="coordinator", now=comes - timedelta(seconds=1))
    assert booking.performance.starts_at == comes


def test_a_move_takes_a_time_that_was_kept_for_somebody_until_now(c) -> None:
    booking, wanted = booked(c), slot(c, day=c.later)
    hold(c, slot(c, day=c.later, school=c.other), school=c.other)
    with transaction():
        lapsed = make.NOW + timedelta(minutes=15)
        bookings.move(booking, wanted, who="Joanna Fell", now=lapsed)
    assert booking.performance.starts_at == wanted.starts_at
    assert holds.kept(c.programme, c.other.organisation_id, now=lapsed) == []


def test_moving_to_where_it_stands_tells_nobody(c) -> None:
    booking = booked(c)
    before = letters()
    there = slots.find(
        c.programme, c.school, f"{c.day.id}-0900", now=make.NOW, instead_of=booking.performance_id
    )
    with transaction():
        assert bookings.move(booking, there, who="Joanna Fell", now=make.NOW) is booking
    assert (booking.sequence, letters(), len(deeds_of(booking))) == (0, before, 1)


def test_what_it_came_to_on_the_old_day_is_nothing_on_the_new(c) -> None:
    booking = booked(c, pupils={8: 148})
    with transaction():
        booking.outcome = promises.FAILED
    with transaction():
        bookings.move(booking, slot(c, day=c.later), who="Joanna Fell", now=make.NOW)
    assert (booking.outcome, booking.has_come_to(make.NOW)) == (None, promises.BOOKED)
    assert accounts.account(c.programme, c.school, now=make.NOW).promised == {8: 148}


# Who is told


@pytest.mark.parametrize(
    ("known", "said"),
    [
        ({}, "Ring Priya Nandakumar on 01632 960 118."),
        ({"contact_name": ""}, "Ring us on 01632 960 118."),
        ({"contact_phone": ""}, "Write to priya@marlshire.example."),
        ({"contact_phone": "", "contact_email": ""}, ""),
    ],
)
def test_whoever_is_too_late_reads_whom_to_ring(c, known: dict[str, str], said: str) -> None:
    for name, value in known.items():
        setattr(c.partnership, name, value)
    assert bookings.whom_to_ring(c.partnership) == said
    assert str(bookings.TooLateToCancel(c.partnership)).endswith(f" online. {said}")


def test_who_has_it_in_the_calendar_is_told_of_the_end_and_so_is_the_troupe(c) -> None:
    booking = booked(c)
    before = len(letters())
    with transaction():
        bookings.cancel(booking, reason="Exams", by="school", who="Joanna Fell", now=make.NOW)
    assert letters()[before:] == [
        ("j.fell@redmere.example", "CANCEL", 1),
        ("s.whitfield@redmere.example", "CANCEL", 1),
        ("red.van@lantern-row.example", "CANCEL", 1),
    ]
    assert (booking.place_sequence, booking.performance.released_at) == (1, make.NOW)


def test_the_troupe_is_told_of_numbers_that_change(c) -> None:
    booking = booked(c)
    before = len(letters())
    with transaction():
        fewer = promise(pupils={8: 140, 9: 151})
        bookings.change(booking, fewer, who="Joanna Fell", now=make.NOW + timedelta(hours=1))
    assert letters()[before:] == [
        ("j.fell@redmere.example", "REQUEST", 0),
        ("s.whitfield@redmere.example", "REQUEST", 0),
        ("red.van@lantern-row.example", "REQUEST", 0),
    ]
