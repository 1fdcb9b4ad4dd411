"""What a school may hold, and what two people who act at the same moment cannot break."""

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from types import SimpleNamespace

import pytest
from flask import Flask
from sqlalchemy import select

import make
from outreach.booking import accounts, bookings, colleagues, holds
from outreach.booking.colleagues import Colleague
from outreach.booking.holds import (
    Draft,
    FormBegun,
    NotForYou,
    NothingHeld,
    OneShowIsEnough,
    SchoolClosed,
)
from outreach.booking.numbers import Promise
from outreach.booking.promises import Booking
from outreach.ground import history
from outreach.ground.db import db, transaction
from outreach.ground.errors import Refusal
from outreach.post.links import PersonalLink
from outreach.tour import slots
from outreach.tour.performances import Performance, SlotTaken
from outreach.tour.programmes import Programme

DAY = date(2027, 3, 9)
FELL = Colleague(name="Joanna Fell", address="j.fell@redmere.example", duty=colleagues.LEAD)


@pytest.fixture
def c(app: Flask) -> SimpleNamespace:
    """Two tour days of two shows, a school that fits one show and another that does not."""
    c = SimpleNamespace(app=app)
    with transaction():
        c.partnership = make.partnership()
        c.programme = make.programme(c.partnership)
        troupe = make.troupe(c.partnership)
        c.days = [make.tour_day(c.programme, troupe, day) for day in (DAY, date(2027, 3, 16))]
        c.school = make.school(number_of_pupils=700)
        c.big = make.school(number_of_pupils=1400)
        c.organisation_id, c.programme_id = c.school.organisation_id, c.programme.id
    return c


def hold(c, *keys: tuple[int, time], school=None, now=make.NOW) -> list[int]:
    with transaction():
        of = school or c.school
        chosen = [
            slots.find(c.programme, of, f"{c.days[day].id}-{at:%H%M}", now=make.NOW) for day, at in keys
        ]
        return [p.id for p in holds.hold(c.programme, of, chosen, who="Joanna Fell", now=now)]


def book(c, performance_id: int, *, now=make.NOW) -> Booking:
    with transaction():
        promise = Promise(pupils={8: 90, 9: 90}, people=(FELL,))
        return bookings.book(c.programme, c.school, [(performance_id, promise)], who="Joanna Fell", now=now)[
            0
        ]


def at_once(c, while_locked: Callable[[], object], meanwhile: Callable[[], object]) -> list[BaseException]:
    """`while_locked` runs in a transaction that stays open while `meanwhile` begins in a second one.

    On PostgreSQL the second reads before it waits; on SQLite it waits to begin. What it raised is returned.
    """
    raised: list[BaseException] = []

    def second() -> None:
        with c.app.app_context():
            try:
                with transaction():
                    meanwhile()
            except BaseException as error:
                raised.append(error)
            finally:
                db.session.remove()

    other = threading.Thread(target=second)
    with transaction():
        while_locked()
        other.start()
        other.join(0.4)
    other.join(120)
    assert not other.is_alive()
    db.session.rollback()
    return raised


def test_a_school_that_fits_one_show_cannot_hold_two(c) -> None:
    with pytest.raises(OneShowIsEnough):
        hold(c, (0, time(9)), (0, time(13)))
    assert db.session.scalars(select(Performance)).all() == []


def test_a_big_school_holds_two_of_one_day_but_not_of_two_days_nor_three(c) -> None:
    with pytest.raises(OneShowIsEnough):
        hold(c, (0, time(9)), (1, time(9)), school=c.big)
    with pytest.raises(OneShowIsEnough):
        hold(c, (0, time(9)), (0, time(11)), (0, time(13)), school=c.big)
    assert len(hold(c, (0, time(9)), (0, time(13)), school=c.big)) == 2


def test_a_school_closed_in_the_register_holds_nothing(c) -> None:
    with transaction():
        c.school.status = "Closed"
    with pytest.raises(SchoolClosed):
        hold(c, (0, time(9)))


def test_a_school_without_a_target_year_group_holds_nothing(c) -> None:
    with transaction():
        c.school.statutory_low_age, c.school.statutory_high_age = 4, 11
    with pytest.raises(NotForYou):
        hold(c, (0, time(9)))


@pytest.mark.parametrize("followed", [False, True])
def test_a_school_that_was_taken_out_of_the_target_holds_nothing(c, followed: bool) -> None:
    with transaction():
        whom = make.school(status="Closed", close_date=make.EARLIER.date()) if followed else c.school
        make.decision(c.programme, whom, "exclude", at=make.EARLIER)
        if followed:
            make.succession(whom, c.school)
    with pytest.raises(NotForYou, match="This programme is not for your school, as far as we know."):
        hold(c, (0, time(9)))
    with transaction():
        make.decision(c.programme, c.school, "include", at=make.NOW, year_groups=(8, 9))
    assert hold(c, (0, time(9)))


def test_an_old_hold_books_no_day_that_has_come_or_gone(c) -> None:
    (kept,) = hold(c, (0, time(9)))
    morning_after = datetime(2027, 3, 10, 9, tzinfo=UTC)
    for now in (datetime(2027, 3, 8, 9, tzinfo=UTC), morning_after):
        with pytest.raises(NothingHeld):
            book(c, kept, now=now)
        with pytest.raises(NothingHeld), transaction():
            holds.renew(c.programme, c.school, now=now)
    assert db.session.scalars(select(Booking)).all() == []


def test_a_hold_that_lapses_while_the_form_is_filled_in_books_within_the_notice(c) -> None:
    (kept,) = hold(c, (0, time(9)))
    last_day = datetime(2027, 3, 9, tzinfo=UTC) - timedelta(days=c.programme.notice_book_days)
    assert book(c, kept, now=last_day + timedelta(hours=23)).performance_id == kept


def test_a_hold_whose_day_no_longer_has_room_is_gone(c) -> None:
    (kept,) = hold(c, (0, time(9)))
    hold(c, (0, time(13)), school=c.big)
    with transaction():
        c.days[0].shows_at_most = 1
    with pytest.raises(NothingHeld):
        book(c, kept)
    with pytest.raises(NothingHeld), transaction():
        holds.renew(c.programme, c.school, now=make.NOW + timedelta(minutes=1))


def test_renewing_while_a_colleague_books_leaves_the_booking_booked(c) -> None:
    (kept,) = hold(c, (0, time(9)))
    promise = Promise(pupils={8: 90, 9: 90}, people=(FELL,))
    raised = at_once(
        c,
        lambda: bookings.book(c.programme, c.school, [(kept, promise)], who="A", now=make.NOW),
        lambda: holds.renew(
            db.session.get_one(type(c.programme), c.programme_id),
            db.session.get_one(type(c.school), c.organisation_id),
            now=make.NOW,
        ),
    )
    assert [type(e) for e in raised] == [NothingHeld]
    assert db.session.get_one(Performance, kept).held_until is None


def test_giving_back_while_a_colleague_books_leaves_the_booking(c) -> None:
    (kept,) = hold(c, (0, time(9)))
    promise = Promise(pupils={8: 90, 9: 90}, people=(FELL,))
    raised = at_once(
        c,
        lambda: bookings.book(c.programme, c.school, [(kept, promise)], who="A", now=make.NOW),
        lambda: holds.give_back(c.programme_id, c.organisation_id, who="B", now=make.NOW),
    )
    assert raised == []
    assert db.session.scalars(select(Booking)).one().performance_id == kept


def test_booking_a_lapsed_hold_while_another_school_takes_it_is_refused_in_words(c) -> None:
    (kept,) = hold(c, (0, time(9)))
    later = make.NOW + timedelta(minutes=16)
    promise = Promise(pupils={8: 90, 9: 90}, people=(FELL,))
    slot = slots.find(c.programme, c.big, f"{c.days[0].id}-0900", now=later)
    raised = at_once(
        c,
        lambda: holds.hold(c.programme, c.big, [slot], who="A", now=later),
        lambda: bookings.book(
            db.session.get_one(type(c.programme), c.programme_id),
            db.session.get_one(type(c.school), c.organisation_id),
            [(kept, promise)],
            who="B",
            now=later,
        ),
    )
    assert [isinstance(e, Refusal) for e in raised] == [True], raised
    assert db.session.scalars(select(Booking)).all() == []


def test_two_who_type_the_first_word_at_once_leave_one_draft(c) -> None:
    raised = at_once(
        c,
        lambda: holds.save_draft(c.programme_id, c.organisation_id, {"hall": {"hall": "Gym"}}, now=make.NOW),
        lambda: holds.save_draft(
            c.programme_id, c.organisation_id, {"hall": {"hall": "Main hall"}}, now=make.NOW
        ),
    )
    assert raised == []
    assert holds.draft(c.programme_id, c.organisation_id) == {"hall": {"hall": "Main hall"}}


def test_typing_while_a_colleague_books_is_no_fault(c) -> None:
    (kept,) = hold(c, (0, time(9)))
    with transaction():
        holds.save_draft(c.programme_id, c.organisation_id, {"hall": {"hall": "Gym"}}, now=make.NOW)
    promise = Promise(pupils={8: 90, 9: 90}, people=(FELL,))
    raised = at_once(
        c,
        lambda: bookings.book(c.programme, c.school, [(kept, promise)], who="A", now=make.NOW),
        lambda: holds.save_draft(
            c.programme_id, c.organisation_id, {"hall": {"hall": "Main hall"}}, now=make.NOW
        ),
    )
    assert raised == []


def test_booking_opens_no_link_that_has_ended(c) -> None:
    ended, running = make.EARLIER, make.NOW + timedelta(days=1)
    with transaction():
        for token, expires_at in (("old", ended), ("new", running)):
            db.session.add(
                PersonalLink(
                    token_hash=token,
                    organisation_id=c.organisation_id,
                    programme_id=c.programme_id,
                    partnership_id=db.session.get_one(Programme, c.programme_id).partnership_id,
                    address="a@redmere.example",
                    created_at=make.EARLIER,
                    expires_at=expires_at,
                )
            )
    booking = book(c, hold(c, (0, time(9)))[0])
    found = {
        link.token_hash: link.expires_at
        for link in db.session.scalars(
            select(PersonalLink).where(PersonalLink.token_hash.in_(("old", "new")))
        )
    }
    assert found == {"old": ended, "new": booking.performance.ends_at + timedelta(weeks=7)}


# To the second, and what is written down


def test_a_hold_stands_for_its_minutes_and_no_longer(c) -> None:
    (kept,) = hold(c, (0, time(9)))
    until = make.NOW + timedelta(minutes=15)
    for now, stands in ((until - timedelta(seconds=1), [kept]), (until, [])):
        assert [p.id for p in holds.held(c.programme_id, c.organisation_id, now=now)] == stands
        assert [p.id for p in holds.in_hand(c.programme_id, now=now)] == stands
    assert [p.id for p in holds.kept(c.programme, c.organisation_id, now=until)] == [kept]


def test_what_lapses_this_moment_counts_no_more_once_its_day_is_too_near_to_book(c) -> None:
    (kept,) = hold(c, (0, time(9)))
    too_near = datetime(2027, 3, 8, 9, tzinfo=UTC)
    with transaction():
        db.session.get_one(Performance, kept).held_until = too_near
    assert holds.kept(c.programme, c.organisation_id, now=too_near) == []
    assert len(holds.kept(c.programme, c.organisation_id, now=too_near - timedelta(seconds=1))) == 1


def test_nobody_holds_a_time_that_has_come(c) -> None:
    wanted = slots.find(c.programme, c.school, f"{c.days[0].id}-0900", now=make.NOW)
    comes = wanted.starts_at
    with pytest.raises(SlotTaken), transaction():
        holds.hold(c.programme, c.school, [wanted], who="Priya", now=comes, whatever_the_notice=True)
    with transaction():
        just_before = comes - timedelta(seconds=1)
        holds.hold(c.programme, c.school, [wanted], who="Priya", now=just_before, whatever_the_notice=True)


def test_a_school_holds_nothing_within_the_notice_unless_somebody_lifts_it(c) -> None:
    wanted = slots.find(c.programme, c.school, f"{c.days[0].id}-0900", now=make.NOW)
    near = datetime(2027, 3, 8, 9, tzinfo=UTC)
    with pytest.raises(SlotTaken), transaction():
        holds.hold(c.programme, c.school, [wanted], who="Joanna Fell", now=near)


def test_a_hold_and_its_end_are_written_down_for_the_partnership_alone(c) -> None:
    hold(c, (0, time(9)))
    for _ in range(2):  # the second time there is nothing to give back
        with transaction():
            holds.give_back(c.programme_id, c.organisation_id, who="Joanna Fell", now=make.NOW)
    rows = history.history_of("school", c.organisation_id)
    assert [(row.what, row.after, row.partnership_id) for row in reversed(rows)] == [
        ("held", ["2027-03-09T09:00:00+00:00"], c.partnership.id),
        ("gave back", None, c.partnership.id),
    ]
    assert [(row.organisation_id, row.recorded_at) for row in db.session.query(FormBegun)] == [
        (c.organisation_id, make.NOW)
    ]


def test_what_is_in_hand_comes_the_first_to_lapse_first_and_without_what_is_booked(c) -> None:
    (booked,) = hold(c, (1, time(9)))
    book(c, booked)
    (later,) = hold(c, (0, time(9)), school=c.big, now=make.NOW + timedelta(minutes=2))
    with transaction():
        third = make.school(number_of_pupils=700)
    (first,) = hold(c, (0, time(13)), school=third)
    assert [p.id for p in holds.in_hand(c.programme_id, now=make.NOW)] == [first, later]


def test_what_was_typed_last_is_kept_with_its_hour(c) -> None:
    for n in range(2):
        with transaction():
            holds.save_draft(c.programme_id, c.organisation_id, {"n": n}, now=make.NOW + timedelta(minutes=n))
    (draft,) = db.session.query(Draft)
    assert (draft.typed, draft.saved_at) == ({"n": 1}, make.NOW + timedelta(minutes=1))


def test_who_could_book_is_whoever_has_something_open_while_there_is_room(c) -> None:
    def could(now: datetime = make.NOW) -> set[int]:
        known = {school: accounts.account(c.programme, school, now=make.NOW) for school in (c.school, c.big)}
        return holds.who_could_book(c.programme, known, now=now)

    assert could() == {c.organisation_id, c.big.organisation_id}
    book(c, hold(c, (0, time(9)))[0])
    assert could() == {c.big.organisation_id}
    assert could(datetime(2027, 3, 15, tzinfo=UTC)) == set()  # the last day is too near
    with transaction():
        c.programme.closed_at = make.NOW
    assert could() == set()


def test_what_was_typed_is_handed_over_once_when_it_is_booked(c) -> None:
    with transaction():
        holds.save_draft(c.programme_id, c.organisation_id, {"hall": "Gym"}, now=make.NOW)
        taken = [holds.remove_draft(c.programme_id, c.organisation_id) for _ in range(2)]
    assert taken == [{"hall": "Gym"}, {}]
