"""What is asked of promises: how many come, what a school may still do by itself."""

from datetime import date, time, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.exc import IntegrityError

import make
from outreach.booking import bookings, colleagues, limits, numbers, promises
from outreach.booking.colleagues import Colleague
from outreach.booking.guest_places import GuestPlace
from outreach.booking.promises import BOOKED, CANCELLED, FAILED, MISSING, Booking, VisitContact
from outreach.booking.proposals import Proposal
from outreach.county.schools import NumbersMakeNoSense
from outreach.ground.db import broken_guard, db, transaction
from outreach.ground.school_year import STAFF
from outreach.ground.timespans import wall
from outreach.tour.programmes import Programme

DAY = date(2027, 3, 9)
SECOND = timedelta(seconds=1)


@pytest.fixture
def c(app: Flask) -> SimpleNamespace:
    """A school with a show on two days, the later one booked first, and another partnership's with it."""
    c = SimpleNamespace()
    with transaction():
        c.partnership, c.others = make.partnership(), make.partnership(("932",))
        c.programme, c.theirs = make.programme(c.partnership), make.programme(c.others)
        c.school, c.small = make.school(), make.school(easting=451000)
        c.second = booking(c.programme, c.school, DAY + timedelta(days=7))
        c.first = booking(c.programme, c.school, DAY)
        c.elsewhere = booking(c.theirs, c.school, DAY + timedelta(days=1))
    return c


def booking(programme: Programme, school, day: date, pupils: int = 60) -> Booking:
    return make.booking(make.show(programme, school, wall(day, time(9))), {8: pupils})


def cancel(booking: Booking) -> None:
    with transaction():
        bookings.cancel(booking, reason="Snow", by="coordinator", who="Priya", now=make.NOW)


def test_a_schools_bookings_are_by_their_start_and_its_newest_is_the_one_made_last(c) -> None:
    assert promises.live(c.programme.id, c.school.organisation_id) == [c.first, c.second]
    assert promises.newest(c.programme.id, c.school.organisation_id) == c.first
    cancel(c.first)
    assert promises.live(c.programme.id, c.school.organisation_id) == [c.second]
    assert promises.newest(c.programme.id, c.school.organisation_id) == c.first
    assert promises.newest(c.programme.id, c.small.organisation_id) is None


def test_a_booking_comes_to_nothing_by_itself(c) -> None:
    over = c.first.performance.ends_at
    assert [c.first.has_come_to(at) for at in (over - SECOND, over)] == [BOOKED, MISSING]
    c.first.outcome = FAILED
    assert c.first.has_come_to(over) == FAILED
    cancel(c.second)
    assert c.second.has_come_to(over) == CANCELLED


def test_a_booking_changes_until_its_show_begins_and_is_over_at_its_end(c) -> None:
    show = c.first.performance
    assert [c.first.can_change(at) for at in (show.starts_at - SECOND, show.starts_at)] == [True, False]
    assert [c.first.is_over(at) for at in (show.ends_at - SECOND, show.ends_at)] == [False, True]
    cancel(c.second)
    assert c.second.is_over(make.NOW) and not c.second.can_change(make.NOW)
    assert not c.second.can_move(make.NOW) and not c.second.can_cancel(make.NOW)


def test_a_guest_whose_host_has_moved_may_leave_until_the_show_begins(c) -> None:
    with transaction():
        guest = make.booking(c.first.performance, {8: 9}, of=c.small)
    starts = c.first.performance.starts_at
    assert not guest.can_move(make.NOW) and guest.can_cancel(make.NOW)
    assert not guest.can_cancel(starts - SECOND)
    guest.place_sequence = 1
    assert guest.can_cancel(starts - SECOND) and not guest.can_cancel(starts)
    assert guest.can_cancel_until() == DAY
    c.first.place_sequence = 1
    assert not c.first.can_cancel(starts - SECOND)


def test_what_is_fixed_online_is_said_from_the_day_after_the_notice(c) -> None:
    c.programme.notice_move_days, c.programme.notice_cancel_days = 14, 7

    def fixed(days: int) -> str:
        return promises.fixed_online(c.programme, c.school, DAY, today=DAY - timedelta(days=days))

    assert [fixed(days) for days in (14, 13, 7, 6)] == ["", "move", "move", "move or cancel"]


def test_the_fullest_show_counts_its_guests_and_nobody_who_cancelled(c) -> None:
    assert promises.fullest(c.programme.id) == 60
    with transaction():
        guest = make.booking(c.first.performance, {8: 9}, of=c.small)
    assert promises.fullest(c.programme.id) == 69
    assert promises.of_performance(c.first.performance_id) == [c.first, guest]
    assert promises.of_performances([c.first.performance_id, c.second.performance_id]) == {
        c.first.performance_id: [c.first, guest],
        c.second.performance_id: [c.second],
    }
    cancel(c.first)
    assert promises.of_performances([c.first.performance_id]) == {}
    assert promises.ended_with(c.first.performance_id) == [c.first, guest]
    assert promises.fullest(c.programme.id) == 60
    cancel(c.second)
    assert promises.fullest(c.programme.id) == 0


def test_whoever_was_taken_out_of_a_booking_is_found_there_alone(c) -> None:
    with transaction():
        ann, sam = (
            colleagues.add(
                c.first,
                Colleague(name=name, address=f"{name}@x.example", duty="colleague"),
                who="x",
                now=make.NOW,
            )
            for name in ("ann", "sam")
        )
    with transaction():
        colleagues.end(c.first, ann.id, who="x", now=make.NOW + SECOND)
    assert promises.removed_from(c.first, ann.id) == ann
    assert promises.removed_from(c.second, ann.id) is None
    assert promises.removed_from(c.first, sam.id) is None
    assert promises.people_of(c.first) == [sam]


PERSON = {"name": "Ann", "duty": "colleague", "address": "ann@x.example", "source": "x", "source_date": DAY}


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("wrong", "guard"),
    [
        ({"booking_id": None}, "ck_visit_contact_of_one"),
        ({"booking_id": "booking", "proposal_id": "proposal"}, "ck_visit_contact_of_one"),
        ({"booking_id": "booking", "place_id": "place"}, "ck_visit_contact_of_one"),
        ({"place_id": "place", "proposal_id": "proposal"}, "ck_visit_contact_of_one"),
        ({"booking_id": "booking", "duty": ""}, "ck_visit_contact_duty"),
        ({"place_id": "place", "duty": ""}, "ck_visit_contact_duty"),
        ({"proposal_id": "proposal", "ended_at": make.NOW}, "ck_visit_contact_ended"),
        ({"place_id": "place", "ended_at": make.NOW}, "ck_visit_contact_ended"),
    ],
)
def test_somebody_is_of_one_booking_or_one_question_or_one_proposal(c, wrong, guard) -> None:
    """And twice the same address is of none of them."""
    with transaction():
        place = GuestPlace(
            programme=c.programme,
            organisation=c.small,
            performance=c.first.performance,
            why="other",
            pupils={8: 9},
            seats=9,
            recorded_at=make.NOW,
            who="x",
        )
        proposal = Proposal(
            programme=c.programme,
            organisation=c.small,
            starts_at=make.NOW,
            reply_by=DAY,
            recorded_at=make.NOW,
        )
        place.people.append(VisitContact(**PERSON, added_at=make.NOW))
        proposal.people.append(VisitContact(**PERSON | {"duty": ""}, added_at=make.NOW))
        db.session.add_all(
            [place, proposal, VisitContact(**PERSON, added_at=make.NOW, booking_id=c.first.id)]
        )
        db.session.flush()
        ids = {"place": place.id, "proposal": proposal.id, "booking": c.first.id}
    row = {key: ids.get(value, value) for key, value in wrong.items()}
    with pytest.raises(IntegrityError) as refused, transaction():
        db.session.add(VisitContact(**PERSON | {"address": "bea@x.example", "added_at": make.NOW} | row))
    assert broken_guard(refused.value) == guard
    of_one = {key: value for key, value in row.items() if key.endswith("_id") and value is not None}
    if len(of_one) == 1:
        with pytest.raises(IntegrityError, match="visit_contact"), transaction():
            db.session.add(VisitContact(**PERSON, added_at=make.NOW, **of_one))


def test_a_reference_is_found_however_it_was_typed(c) -> None:
    assert promises.get(f" {c.first.reference.lower()} ") == c.first
    with pytest.raises(promises.NoSuchBooking):
        promises.get("MRL-0000")


def test_a_year_group_that_is_counted_no_more_is_taken_out_of_what_came(c) -> None:
    with transaction():
        promises.put_what_came(c.first, {8: 50, 9: 40})
    for counted in ({9: 41}, {}):
        with transaction():
            promises.put_what_came(c.first, counted)
        rows = db.session.query(promises.CameTo).filter_by(booking_id=c.first.id)
        assert {row.year_group: row.pupils for row in rows} == counted


def test_a_programme_for_adults_asks_for_staff_and_for_no_more_than_fit_or_than_the_school_has(c) -> None:
    with transaction():
        adults = make.programme(c.partnership, (), for_adults=True, audience_ceiling=100)

        def check(pupils: dict[int, int], programme: Any = adults, **more: Any) -> None:
            promise = numbers.Promise(pupils=pupils, **more)
            numbers.check(programme, c.school, promise, who="x", now=make.NOW)

        check({STAFF: 100})  # how many staff it has is not known
        with pytest.raises(numbers.NobodyComes, match=r"Enter how many staff will come, in figures\."):
            check({})
        with pytest.raises(numbers.NobodyComes, match="how many pupils"):
            check({}, c.programme)
        with pytest.raises(numbers.NotForThatYear):
            check({8: 10})
        with pytest.raises(numbers.TooManyForOneShow, match="One session takes 100 staff at most"):
            check({STAFF: 101})
        make.own_number(c.school, STAFF, 40)
        check({STAFF: 40})
        with pytest.raises(numbers.MoreThanItHas, match="has 40 staff by our count; you entered 41"):
            check({STAFF: 41})
        check({STAFF: 41}, own_numbers={STAFF: 41})
        with pytest.raises(NumbersMakeNoSense, match="how many staff, between 1 and"):
            check({STAFF: 1}, own_numbers={STAFF: 0})


def test_the_database_holds_a_promise_of_staff_to_the_number_of_staff(c) -> None:
    with transaction():
        adults = make.programme(c.partnership, (), for_adults=True)
        make.own_number(c.school, STAFF, 40)
        limits.write(c.partnership.id, now=make.NOW)
        row = db.session.get_one(promises.PromiseLimit, (c.school.organisation_id, adults.id, STAFF))
        assert (row.has, row.at_most) == (40, 40)
        booking = make.booking(make.show(adults, c.school, wall(DAY, time(13))), {STAFF: 40})
    with pytest.raises(IntegrityError, match="promised_more_than_the_school_has"), transaction():
        numbers.revise(booking, {STAFF: 41}, who="x", now=make.NOW)
        db.session.flush()


def test_a_reference_is_longer_once_the_short_ones_are_taken(c, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(promises.secrets, "choice", lambda of: of[0])
    given = []
    for n in range(4):
        given.append(promises.fresh_reference("MRL"))
        with transaction():
            show = make.show(c.programme, c.school, wall(DAY + timedelta(days=n), time(9)))
            make.booking(show, {8: 10}, reference=given[-1])
    assert given == ["MRL-2222", "MRL-22222", "MRL-222222", "MRL-22222222"]
    with pytest.raises(RuntimeError):
        promises.fresh_reference("MRL")
