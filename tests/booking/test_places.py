"""Places at sessions: taken, refused, waited for, moved, given up; every refusal leaves everything as it was."""

from collections.abc import Callable
from datetime import time, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from flask import Flask
from neighbours import hand_over, last, mail
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

import make
import session_life
from outreach.asking import invitations, waits_for_places
from outreach.asking.chasing import offers
from outreach.booking import bookings, guest_places, named, numbers, promises, sessions_to_come
from outreach.booking.colleagues import Colleague
from outreach.booking.guest_places import GuestPlace
from outreach.booking.guests import joining
from outreach.booking.guests.seating import SeatsGone
from outreach.booking.numbers import Promise
from outreach.booking.promises import Booking
from outreach.booking.sessions import holding, places
from outreach.booking.sessions.holding import SessionSaid
from outreach.ground.db import db, transaction
from outreach.ground.errors import Refusal
from outreach.ground.school_year import STAFF
from outreach.ground.timespans import wall
from outreach.post.outbox import Letter
from session_life import booked, coming, now, staff, take


@pytest.fixture
def c(app: Flask) -> SimpleNamespace:
    c = session_life.lay()
    c.app = app
    return c


def refused(deed: Callable[[], Any]) -> Refusal:
    """The no of a deed, which changed no row."""

    def stands() -> list[Any]:
        db.session.expire_all()
        return [
            db.session.execute(select(*table.__table__.c).order_by(table.__table__.c[0])).all()
            for table in (Booking, GuestPlace, Letter)
        ]

    before = stands()
    with pytest.raises(Refusal) as no, transaction():
        deed()
    assert stands() == before
    return no.value


def test_a_body_is_booked_at_once_and_gets_the_entry_with_where_it_is(c) -> None:
    place = take(c, c.unit, 12)
    booking = booked(place)
    assert (booking.role, booking.seats, promises.pupils_of(booking)) == ("guest", 12, {STAFF: 12})
    assert place.ended_as == guest_places.JOINED
    assert mail("ann@police.example") == [("booked", "REQUEST", 0)]
    letter = last("ann@police.example")
    text = " ".join(letter.text.split())
    assert "Your places are booked" in text and "Who: 12 staff" in text
    assert "at Kestermere Town Hall, on Tuesday 9 March at 9:30am" in text
    assert "Kestermere Town Hall" in letter.calendar.decode()


def test_of_a_session_online_letter_and_entry_have_the_link_and_how_to_join(c) -> None:
    with transaction():
        c.online.joining = "Have your camera on."
    take(c, c.unit, 12, c.online.performance)
    letter = last("ann@police.example")
    for said in (letter.text, letter.calendar.decode().replace("\r\n ", "")):
        assert c.online.link in said and "Have your camera on." in said
    assert "online" in letter.text


def test_a_body_without_term_dates_comes_on_any_day_and_from_any_distance(c) -> None:
    with transaction():
        c.partnership.guest_minutes = 1
    assert [one.performance.id for one in sessions_to_come.to_come(c.programme, c.school, now=now())] == [
        c.hall.performance_id,
        c.online.performance_id,
    ]
    assert booked(take(c, c.school, 5)).seats == 5


def test_nobody_is_no_number(c) -> None:
    for number in (0, -3):
        no = refused(
            lambda n=number: places.take(
                c.programme, c.unit, c.hall.performance, staff(n), who="Ann", now=now()
            )
        )
        assert no.message == "Enter how many staff will come, in figures."


def test_more_than_are_left_is_refused_in_numbers(c) -> None:
    take(c, c.team, 15)
    no = refused(lambda: places.take(c.programme, c.unit, c.hall.performance, staff(6), who="Ann", now=now()))
    assert isinstance(no, SeatsGone)
    assert no.message == "You need 6 places and only 5 places are left at that session. Nothing was booked."


def test_more_than_the_session_holds_is_refused(c) -> None:
    no = refused(
        lambda: places.take(c.programme, c.team, c.hall.performance, staff(21), who="Ann", now=now())
    )
    assert no.message == "One session takes 20 staff at most; you entered 21 in all."


def test_more_than_its_front_line_staff_is_refused_with_what_is_booked_already(c) -> None:
    take(c, c.unit, 10)
    no = refused(
        lambda: places.take(c.programme, c.unit, c.online.performance, staff(15), who="Ann", now=now())
    )
    assert no.message == (
        "Kestermere Unit has 24 front-line staff by our count, and 10 of them have places already. "
        "Enter 14 or fewer, or ask us to correct the count."
    )
    assert no.field == "pupils"
    assert booked(take(c, c.unit, 14, c.online.performance)).seats == 14


def test_of_a_body_whose_staff_nobody_counted_any_number_is_taken(c) -> None:
    assert booked(take(c, c.uncounted, 20)).seats == 20
    assert booked(take(c, c.uncounted, 80, c.online.performance)).seats == 80


def test_a_body_comes_to_a_session_once(c) -> None:
    take(c, c.unit, 10)
    no = refused(lambda: places.take(c.programme, c.unit, c.hall.performance, staff(3), who="Bo", now=now()))
    assert isinstance(no, places.PlacesThere)
    assert "10 staff" in no.message


def test_the_database_lets_a_body_in_once_whoever_writes(c) -> None:
    booking = booked(take(c, c.unit, 3))
    other = booked(take(c, c.unit, 4, c.online.performance))
    insert = (
        "INSERT INTO booking (reference, partnership_id, programme_id, organisation_id, performance_id, role, seats, "
        "hall, access_needs, arrival_note, booked_by, uid, organizer_token, sequence, place_sequence, created_at) "
        "SELECT 'MRL-TWICE', partnership_id, programme_id, organisation_id, performance_id, role, 1, hall, access_needs, "
        "arrival_note, booked_by, 'twice', 'twice', 0, 0, created_at FROM booking WHERE id = :id"
    )
    move = "UPDATE booking SET performance_id = :there WHERE id = :id"
    given = {"id": booking.id, "other": other.id, "there": c.hall.performance_id}
    for statement, values in ((insert, given), (move, given | {"id": other.id})):
        with pytest.raises(IntegrityError, match="booking_session_once"), transaction():
            db.session.execute(text(statement), {k: v for k, v in values.items() if f":{k}" in statement})
    gives_up(booking)
    assert booked(take(c, c.unit, 3)).seats == 3


def test_the_database_lets_no_more_in_than_the_places_whoever_writes(c) -> None:
    booking = booked(take(c, c.team, 20))
    for statement in (
        "UPDATE booking SET seats = 21 WHERE id = :id",
        "UPDATE training_session SET places = 19 WHERE performance_id = :there",
    ):
        values = {"id": booking.id, "there": c.hall.performance_id}
        with pytest.raises(IntegrityError), transaction():
            db.session.execute(text(statement), {k: v for k, v in values.items() if f":{k}" in statement})


def test_who_finds_it_full_waits_and_is_told_nothing_by_mail_yet(c) -> None:
    take(c, c.team, 18)
    place = take(c, c.unit, 6, waits=True, who="bo")
    assert (place.booking, place.ended_at, place.seats) == (None, None, 6)
    assert mail("bo@police.example") == []
    assert coming(c.hall.performance) == {"Health Team North": 18}
    no = refused(
        lambda: places.take(
            c.programme, c.unit, c.hall.performance, staff(6), waits=True, who="Bo", now=now()
        )
    )
    assert isinstance(no, places.WaitsThere)


def gives_up(booking: Booking) -> None:
    with transaction():
        bookings.cancel(booking, reason="Duty", by="school", who="Ann", now=now())


def fewer(booking: Booking, number: int) -> None:
    with transaction():
        bookings.change(booking, Promise(pupils={STAFF: number}), who="Ann", now=now())


def test_whoever_waits_moves_up_when_somebody_gives_places_up(c) -> None:
    first = booked(take(c, c.team, 18))
    take(c, c.unit, 6, waits=True, who="bo")
    gives_up(first)
    assert coming(c.hall.performance) == {"Kestermere Unit": 6}
    assert mail("bo@police.example") == [("booked", "REQUEST", 0)]
    assert "Places have come free, and you were next on the waiting list." in last("bo@police.example").text


def test_who_changes_to_fewer_makes_room_for_the_first_that_fits(c) -> None:
    first = booked(take(c, c.team, 19))
    take(c, c.unit, 9, waits=True, who="bo")
    take(c, c.uncounted, 4, waits=True, who="cy")
    take(c, c.school, 2, waits=True, who="di")
    fewer(first, 16)
    assert coming(c.hall.performance) == {"Health Team North": 16, "Redmere Unit": 4}
    fewer(first, 10)
    assert coming(c.hall.performance) == {"Health Team North": 10, "Redmere Unit": 4, "Littlemere School": 2}


def test_more_places_at_the_session_go_to_who_waits(c) -> None:
    take(c, c.team, 18)
    take(c, c.unit, 6, waits=True, who="bo")
    with transaction():
        holding.change(c.hall, SessionSaid(places=24), who="Priya", now=now())
    assert coming(c.hall.performance) == {"Health Team North": 18, "Kestermere Unit": 6}


def test_who_waits_can_wait_for_another_number_in_its_turn(c) -> None:
    first = booked(take(c, c.team, 18))
    waits = take(c, c.unit, 12, waits=True, who="bo")
    take(c, c.uncounted, 12, waits=True, who="cy")
    assert take(c, c.unit, 9, waits=True, who="di").id == waits.id
    assert (waits.seats, waits.by_year, waits.ended_at) == (9, {STAFF: 9}, None)
    assert [person.address for person in waits.people] == ["di@police.example"]
    fewer(first, 11)
    assert coming(c.hall.performance) == {"Health Team North": 11, "Kestermere Unit": 9}
    assert (mail("bo@police.example"), mail("di@police.example")) == ([], [("booked", "REQUEST", 0)])


@pytest.mark.both_databases
def test_who_has_fewer_of_its_staff_elsewhere_moves_up_at_once(c) -> None:
    first, own = booked(take(c, c.team, 18)), booked(take(c, c.unit, 20, c.online.performance))
    take(c, c.unit, 4, waits=True, who="bo")
    with transaction():
        bookings.change(own, Promise(pupils={STAFF: 24}), who="Ann", now=now())
    gives_up(first)
    assert coming(c.hall.performance) == {}
    fewer(own, 10)
    assert coming(c.hall.performance) == {"Kestermere Unit": 4}


@pytest.mark.both_databases
def test_who_gives_its_places_elsewhere_up_moves_up_at_once(c) -> None:
    first, own = booked(take(c, c.team, 18)), booked(take(c, c.unit, 20, c.online.performance))
    take(c, c.unit, 4, waits=True, who="bo")
    with transaction():
        bookings.change(own, Promise(pupils={STAFF: 24}), who="Ann", now=now())
    gives_up(first)
    gives_up(own)
    assert coming(c.hall.performance) == {"Kestermere Unit": 4}


def stranger(c, number: int) -> GuestPlace:
    """A wait that named somebody whom nobody knows."""
    bob = Colleague(name="Bob", address="bob@gmail.example", duty="colleague", waits=True)
    promise = staff(number)
    with transaction():
        return places.take(
            c.programme,
            c.unit,
            c.hall.performance,
            Promise(pupils=promise.pupils, people=(*promise.people, bob)),
            waits=True,
            who="Ann",
            now=now(),
        )


@pytest.mark.parametrize("how", ["left", "elsewhere", "called off", "moved"])
def test_a_stranger_named_with_a_wait_goes_with_it(c, how: str) -> None:
    take(c, c.team, 16, who="zoe")
    own = booked(take(c, c.unit, 3, c.online.performance)) if how == "moved" else None
    place = stranger(c, 6)
    assert [person.name for person in named.waiting_for_place(place.id)] == ["Bob"]
    with transaction():
        if how == "left":
            joining.withdraw(place, who="Ann", now=now())
        elif how == "elsewhere":
            places.take(c.programme, c.unit, c.online.performance, staff(6), who="Ann", now=now())
        elif own is not None:
            places.move(own, c.hall.performance, who="Ann", now=now())
        else:
            holding.call_off(c.hall, reason="Ill", who="Priya", now=now())
    assert place.ended_at is not None and named.waiting_for_place(place.id) == []


def test_a_stranger_of_whoever_moved_up_still_waits_to_be_known(c) -> None:
    first = booked(take(c, c.team, 18, who="zoe"))
    place = stranger(c, 6)
    gives_up(first)
    assert place.booking is not None
    assert [person.name for person in named.waiting_for_place(place.id)] == ["Bob"]


def test_a_wait_asks_for_nothing_from_the_day_of_its_session_on(c) -> None:
    take(c, c.team, 18)
    place = take(c, c.unit, 6, waits=True, who="bo")
    eve, day = (wall(session_life.TUESDAY - timedelta(days=n), time(7)) for n in (1, 0))
    for at, asks in ((eve, {c.unit.organisation_id}), (day, set()), (day + timedelta(days=40), set())):
        assert guest_places.organisations_that_ask(c.programme.id, now=at) == asks
        assert place.is_over(at) == (not asks)
        assert waits_for_places.over(c.programme.id, now=at) == ([] if asks else [place.id])


def test_a_wait_ends_with_its_session_once_and_so_does_the_answer(c) -> None:
    take(c, c.team, 18)
    place = take(c, c.unit, 6, waits=True, who="bo")
    with transaction():
        waits_for_places.waits(place, who="Bo", now=now())
    assert c.unit in [one.organisation for one in offers.waiting_list(c.programme, now=now())]
    day = wall(session_life.TUESDAY, time(7))
    with transaction():
        assert waits_for_places.end(place.id, who="the service", now=day)
        assert not waits_for_places.end(place.id, who="the service", now=day)
    assert (place.ended_as, guest_places.asked_of(c.hall.performance_id)) == ("session over", [])
    answer = invitations.newest_answer(c.programme.id, c.unit.organisation_id)
    assert answer is not None and (answer.kind, answer.reason) == (
        invitations.OTHER_DATE,
        "waited for Tuesday 9 March at 9:30am, at Kestermere Town Hall, which is over",
    )
    assert offers.waiting_list(c.programme, now=now()) == []


def subject(to: str) -> str | None:
    return db.session.scalar(select(Letter.subject).where(Letter.recipient == to).order_by(Letter.id.desc()))


@pytest.mark.parametrize("how", ["another venue", "another time", "both"])
def test_who_waits_reads_where_and_when_its_session_is_now(c, how: str) -> None:
    take(c, c.team, 18)
    take(c, c.unit, 6, waits=True, who="bo")
    with transaction():
        venue = make.venue(c.partnership, name="New Hall") if how != "another time" else None
        starts = time(13) if how != "another venue" else None
        holding.change(c.hall, SessionSaid(places=20), venue=venue, starts=starts, who="Priya", now=now())
    (kind,) = mail("bo@police.example")
    letter = last("bo@police.example")
    assert kind == ("seats: host moved", "", 0)
    assert (
        subject("bo@police.example")
        == "‘Recognise and Refer’, Tuesday 9 March: The session for which you wait has moved"
    )
    at = "9:30am" if starts is None else "1:00pm"
    where = "Kestermere Town Hall" if venue is None else "New Hall"
    assert (
        f"The session for which you wait is on Tuesday 9 March at {at}, at {where} now. You still wait for 6 places, "
        "and are booked by yourself once so many are free. If it does not suit, leave the list on your page."
    ) in " ".join(letter.text.split())
    assert "question" not in letter.text.split("We write to you")[0]


def test_who_waits_and_takes_places_elsewhere_waits_no_more(c) -> None:
    first = booked(take(c, c.team, 18))
    take(c, c.unit, 6, waits=True, who="bo")
    take(c, c.unit, 6, c.online.performance, who="bo")
    gives_up(first)
    assert coming(c.hall.performance) == {}
    assert coming(c.online.performance) == {"Kestermere Unit": 6}


def test_who_leaves_the_list_is_passed_over(c) -> None:
    first = booked(take(c, c.team, 18))
    waits = take(c, c.unit, 6, waits=True, who="bo")
    with transaction():
        joining.withdraw(waits, who="Bo", now=now())
        joining.withdraw(waits, who="Bo", now=now())
    gives_up(first)
    assert coming(c.hall.performance) == {}


def move(booking: Booking, to: Any, *, by: str = "school") -> None:
    with transaction():
        places.move(booking, to.performance, who="Ann", now=now(), by=by)


def test_a_move_is_one_entry_at_another_time_and_place(c) -> None:
    booking = booked(take(c, c.unit, 6))
    uid = booking.uid
    hand_over()
    move(booking, c.online)
    assert (coming(c.hall.performance), coming(c.online.performance)) == ({}, {"Kestermere Unit": 6})
    assert (booking.uid, booking.sequence, booking.place_sequence) == (uid, 1, 1)
    assert mail("ann@police.example") == [("booked", "REQUEST", 0), ("moved places", "REQUEST", 1)]
    text = " ".join(last("ann@police.example").text.split())
    assert (
        "You have 6 places on Wednesday 10 March at 2:00pm, online, instead of Tuesday 9 March at 9:30am"
        in text
    )
    place = guest_places.of_booking(booking)
    assert place is not None and place.performance_id == c.online.performance_id


def test_a_move_makes_room_for_who_waits(c) -> None:
    booking = booked(take(c, c.team, 18))
    take(c, c.unit, 6, waits=True, who="bo")
    move(booking, c.online)
    assert coming(c.hall.performance) == {"Kestermere Unit": 6}


def test_a_move_that_is_refused_leaves_the_old_places(c) -> None:
    booking = booked(take(c, c.unit, 6, c.online.performance))
    take(c, c.team, 18)
    no = refused(lambda: places.move(booking, c.hall.performance, who="Ann", now=now()))
    assert isinstance(no, SeatsGone)
    assert coming(c.online.performance) == {"Kestermere Unit": 6}


def test_both_trainers_hear_of_a_move(c) -> None:
    booking = booked(take(c, c.unit, 6))
    take(c, c.team, 30, c.online.performance)
    hand_over()
    move(booking, c.online)
    assert "Kestermere Unit does not come any more." in last("hall@trainers.example").text
    assert "Kestermere Unit comes, with 6 staff." in last("online@trainers.example").text


def test_nobody_moves_to_where_it_is_nor_to_a_show(c) -> None:
    booking = booked(take(c, c.unit, 6))
    told = mail("ann@police.example")
    no = refused(lambda: places.move(booking, c.hall.performance, who="Ann", now=now()))
    assert isinstance(no, places.PlacesThere)
    assert (booking.sequence, mail("ann@police.example")) == (0, told)
    take(c, c.unit, 6, c.online.performance)
    no = refused(lambda: places.move(booking, c.online.performance, who="Ann", now=now()))
    assert isinstance(no, places.PlacesThere)


def test_more_of_its_staff_up_to_what_is_left(c) -> None:
    booking = booked(take(c, c.unit, 6))
    take(c, c.team, 10)
    with transaction():
        bookings.change(booking, Promise(pupils={STAFF: 10}), who="Ann", now=now())
    assert coming(c.hall.performance)["Kestermere Unit"] == 10
    no = refused(lambda: bookings.change(booking, Promise(pupils={STAFF: 11}), who="Ann", now=now()))
    assert isinstance(no, numbers.SeatsTaken)
    assert no.message == (
        "One session takes 20 staff at most, and 10 places of this one are taken by others. At most 10 of yours can come."
    )


def test_a_session_called_off_ends_the_waiting_too_and_names_the_other_one(c) -> None:
    take(c, c.team, 18)
    take(c, c.unit, 6, waits=True, who="bo")
    with transaction():
        holding.call_off(c.hall, reason="The trainer is ill", who="Priya", now=now())
    assert coming(c.hall.performance) == {}
    for address in ("ann@police.example", "bo@police.example"):
        text = " ".join(last(address).text.split())
        assert "Wednesday 10 March, 2:00pm online, 100 places left" in text
    letter = last("bo@police.example")
    assert (
        subject("bo@police.example")
        == "‘Recognise and Refer’, Tuesday 9 March: The session for which you wait does not take place"
    )
    assert "You waited for 6 places on Tuesday 9 March at 9:30am, at Kestermere Town Hall." in " ".join(
        letter.text.split()
    )
    assert guest_places.asked_of(c.hall.performance_id) == []


def passed_over(c, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of a full session are given up, and nobody who waits can be moved up at that moment: 12, 9 and 4 of them."""
    first = booked(take(c, c.team, 20))
    for whose, number, who in ((c.unit, 12, "bo"), (c.uncounted, 9, "cy"), (c.school, 4, "di")):
        take(c, whose, number, waits=True, who=who)
    with monkeypatch.context() as busy:
        busy.setattr(places.performances, "lock_organisation_unless_busy", lambda _: False)
        gives_up(first)
    assert coming(c.hall.performance) == {}


def day_run(c, days_before: int) -> str:
    """What the day's run did in the morning, so many days before the session."""
    at = wall(session_life.TUESDAY - timedelta(days=days_before), time(7))
    with time_machine.travel(at, tick=False):
        result = c.app.test_cli_runner().invoke(args=["asking", "chase"])
    assert result.exit_code == 0, result.output
    return str(result.output)


def test_the_days_run_gives_what_came_free_to_the_first_whose_number_fits(
    c, monkeypatch: pytest.MonkeyPatch
) -> None:
    passed_over(c, monkeypatch)
    assert "waiting list moved up" in day_run(c, 5)
    assert coming(c.hall.performance) == {"Kestermere Unit": 12, "Littlemere School": 4}
    assert mail("bo@police.example") == [("booked", "REQUEST", 0)] == mail("di@police.example")
    assert [place.seats for place in guest_places.asked_of(c.hall.performance_id)] == [9]
    assert "waiting list moved up" not in day_run(c, 4), "nobody else fits"
    assert [kind for kind, *_ in mail("bo@police.example")].count("booked") == 1


def test_the_days_run_moves_nobody_up_on_the_day_of_the_session(c, monkeypatch: pytest.MonkeyPatch) -> None:
    passed_over(c, monkeypatch)
    assert "waiting list moved up" not in day_run(c, 0)
    assert coming(c.hall.performance) == {} and mail("bo@police.example") == []
