"""A small school joins a neighbour: asked, agreed, offered beforehand; one test for each refusal, and who
hears what."""

from datetime import date, time, timedelta
from types import SimpleNamespace
from typing import Any

import neighbours
import pytest
from flask import Flask
from neighbours import GUEST, HOST, RED, ask, book, cancel, last, live, mail, move, now, seats, wish

import make
from outreach.booking import bookings, guest_hosts, guest_places, holds, numbers, promises, told
from outreach.booking.colleagues import NobodyNamed
from outreach.booking.guest_places import ASK, NONE, OPEN, Travel
from outreach.booking.guests import hosting, joining
from outreach.booking.guests.seating import Answered, BookedMeanwhile, NotAnyMore, SeatsGone
from outreach.booking.numbers import Promise
from outreach.coverage import standings
from outreach.ground import history
from outreach.ground.db import db, transaction
from outreach.ground.timespans import day_of, wall
from outreach.post.outbox import SENT, Letter
from outreach.visits import reports


def who() -> dict[str, Any]:
    return {"who": "The office", "now": now()}


@pytest.fixture
def c(app: Flask) -> SimpleNamespace:
    return neighbours.lay()


def agree(
    place: guest_places.GuestPlace, seats: int = 18, terms: str = "Bring your own staff"
) -> promises.Booking | None:
    with transaction():
        return hosting.agree(place, seats=seats, terms=terms, **who())


def offer(c: SimpleNamespace, how: str = OPEN, seats: int = 20, terms: str = "") -> None:
    with transaction():
        hosting.offer(c.host, how=how, seats=seats, terms=terms, **who())


# Who is near


def test_hosts_within_reach_are_those_with_seats_the_nearest_first(c) -> None:
    (found,) = guest_hosts.within_reach(c.programme, c.small, now=make.NOW)
    assert (found.host.name, found.minutes, found.seats.for_guests) == ("Redmere Academy", 13, 102)
    assert (found.leaves, found.back) == (
        time(8, 35),
        time(10, 30),
    )  # ten minutes to walk in and sit, to five minutes
    assert guest_hosts.within_reach(c.programme, c.far, now=make.NOW) == []
    assert guest_hosts.within_reach(c.programme, c.school, now=make.NOW) == []


def test_how_far_a_guest_is_sent_is_a_setting(c) -> None:
    with transaction():
        c.partnership.guest_minutes = 38
    assert [h.minutes for h in guest_hosts.within_reach(c.programme, c.far, now=make.NOW)] == [38]


def test_no_host_is_shown_on_a_day_that_is_no_school_day_there_nor_today(c) -> None:
    from outreach.county import school_days

    assert (
        guest_hosts.within_reach(c.programme, c.small, now=c.host.performance.starts_at - timedelta(hours=3))
        == []
    )
    with transaction():
        school_days.rule_out(c.small, neighbours.DAY, "Inspection", **who())
    assert guest_hosts.within_reach(c.programme, c.small, now=make.NOW) == []
    with pytest.raises(joining.NotASchoolDay, match="Inspection"):
        ask(c)


@pytest.mark.parametrize("more", [0, 6])
def test_hosts_are_found_in_five_queries_however_many(c, more: int, count_queries) -> None:
    for n in range(more):
        with transaction():
            school = make.school(easting=451000 + 100 * n)
            show = make.show(c.programme, school, wall(date(2027, 3, 10), time(9)))
            make.booking(show, {8: 100})
    kinds = (type(c.programme), c.programme.id), (type(c.small), c.small.organisation_id)
    db.session.expunge_all()
    programme, small = (db.session.get(*kind) for kind in kinds)
    with count_queries() as queries:
        assert len(guest_hosts.within_reach(programme, small, now=make.NOW)) == 1 + more
    assert len(queries) == 4


# Asked, agreed


def test_a_school_asks_and_its_host_hears_who_comes_why_and_how(c) -> None:
    place = ask(c, message="We know your hall")
    assert (place.ended_at, place.seats, live(c)) == (None, 18, [c.school.organisation_id])
    assert mail(HOST)[1:] == [("guest asks", "", 0)]
    said = last(HOST).text
    for words in (
        "Littlemere School asks whether 18 pupils of Years 8 and 9 may see",
        "Why: We have no hall for it",
        "By coach, with 2 adults, there at 8:45am. Drops off at the gate",
        "They say: We know your hall",
        f"/booked/{c.host.reference}/guests/{place.id}",
    ):
        assert words in said
    assert mail(GUEST) == []


def test_a_host_agrees_and_the_guest_has_its_own_booking_and_entry(c) -> None:
    place = ask(c)
    booking = agree(place)
    assert booking is not None
    assert (booking.role, booking.seats, booking.organisation_id) == ("guest", 18, c.small.organisation_id)
    assert promises.pupils_of(booking) == {8: 9, 9: 9}
    assert booking.uid != c.host.uid and booking.access_needs == {"wheelchair": 1}
    assert (place.ended_as, place.booking_id) == ("joined", booking.id)
    assert mail(GUEST) == [("booked", "REQUEST", 0)]
    letter = last(GUEST)
    assert "Redmere Academy has seats for you" in letter.text
    assert "How you come: By coach, with 2 adults, there at 8:45am" in letter.text
    assert "Your host asks: Bring your own staff" in letter.text
    assert b"You are the guests of Redmere Academy" in letter.calendar.replace(b"\r\n ", b"")
    assert b"Redmere Academy\\, Main hall" in letter.calendar.replace(b"\r\n ", b"")
    assert seats(c).taken == 166
    # the host's own entry is not touched
    assert (c.host.sequence, [m for m in mail(HOST) if m[1]]) == (0, [("booked", "REQUEST", 0)])


def test_the_company_sees_the_guest_and_how_it_comes_without_any_name_of_a_person(c) -> None:
    agree(ask(c))
    said = last(RED).text
    assert "Littlemere School: 18 pupils, by coach, with 2 adults, there at 8:45am" in said
    assert "Ann Lea" not in said
    assert [method for _, method, _ in mail(RED)] == ["REQUEST", "REQUEST"]


def test_a_guest_stands_as_booked_and_is_seen_by_its_own_report(c) -> None:
    booking = agree(ask(c))
    of = {
        s.organisation_id: s
        for s in standings.standings_of_programme(
            c.programme.id, as_of=day_of(make.NOW), now=make.NOW + timedelta(days=1)
        ).target
    }
    assert of[c.small.organisation_id].standing == "booked"
    after = booking.performance.ends_at + timedelta(hours=1)
    with transaction():
        make.report(booking, "school", after, {8: 9, 9: 8})
    of = {
        s.organisation_id: s
        for s in standings.standings_of_programme(
            c.programme.id, as_of=day_of(after), now=after + timedelta(days=1)
        ).target
    }
    assert of[c.small.organisation_id].standing == "seen"
    assert of[c.school.organisation_id].standing == "to confirm"
    assert reports


def test_a_host_gives_fewer_and_the_guest_says_who_comes(c) -> None:
    place = ask(c)
    assert place.by_year == {8: 9, 9: 9}
    assert agree(place, seats=10) is None
    assert mail(GUEST) == [("seats: fewer", "", 0)]
    assert "It can give you 10" in last(GUEST).text
    with pytest.raises(joining.MoreThanGiven), transaction():
        joining.take(place, wish().promise, who="Ann Lea", now=now())
    with transaction():
        booking = joining.take(place, wish({8: 9}).promise, who="Ann Lea", now=now())
    assert (booking.seats, live(c)) == (9, [c.school.organisation_id, c.small.organisation_id])
    db.session.expire_all()
    assert (place.by_year, place.seats) == ({8: 9}, 9)
    assert mail(HOST)[-1] == ("guest joined", "", 0)


def test_a_host_refuses_and_the_guest_hears_why_and_of_the_nearest_others(c) -> None:
    with transaction():
        other = make.school(name="Kestermere High", easting=452000)
    book(c, other, {8: 100}, "office@kestermere.example", at=time(12, 30))
    place = ask(c)
    with transaction():
        hosting.refuse(place, reason="The hall is small", **who())
    assert (place.ended_as, live(c), mail(GUEST)) == (
        "refused",
        [c.school.organisation_id],
        [("seats: refused", "", 0)],
    )
    said = last(GUEST).text
    assert "Redmere Academy says: The hall is small" in said
    assert "at Kestermere High, 10 minutes away, 150 seats" in said
    assert "at your own school" in said
    with pytest.raises(Answered), transaction():
        hosting.refuse(place, reason="", **who())


def test_a_school_takes_its_question_back_and_may_ask_again(c) -> None:
    place = ask(c)
    with pytest.raises(joining.AskedAlready, match="asked Redmere Academy"):
        ask(c)
    with transaction():
        joining.withdraw(place, who="Ann Lea", now=now())
    assert mail(HOST)[-1][0] == "guest withdrawn"
    with transaction():
        joining.withdraw(place, who="Ann Lea", now=now())
    with pytest.raises(Answered):
        agree(place)
    assert ask(c).ended_at is None


def test_a_school_that_books_a_show_of_its_own_asks_no_more(c) -> None:
    place = ask(c)
    book(c, c.small, {8: 9, 9: 9}, GUEST, day=1)
    assert (place.ended_as, mail(HOST)[-1][0]) == ("booked", "guest withdrawn")
    with pytest.raises(Answered):
        agree(place)
    with pytest.raises(holds.AlreadyBooked):
        ask(c)


# Offered beforehand


def test_seats_offered_beforehand_are_taken_without_asking(c) -> None:
    offer(c, seats=20, terms="Side gate")
    (found,) = guest_hosts.within_reach(c.programme, c.small, now=make.NOW)
    assert (found.seats.for_guests, found.seats.how, found.seats.terms) == (20, "open", "Side gate")
    place = ask(c)
    assert place.booking is not None and place.said == "Side gate"
    assert [kind for kind, _, _ in mail(GUEST)] == ["booked"]
    assert mail(HOST)[-1][0] == "guest joined"
    assert seats(c).for_guests == 2


def test_seats_offered_are_no_more_than_there_are_and_no_fewer_than_guests_have(c) -> None:
    with pytest.raises(hosting.NotSoMany, match="102 seats"):
        offer(c, seats=103)
    with pytest.raises(hosting.SeatsInFigures):
        offer(c, seats=0)
    offer(c, seats=30)
    ask(c)
    with pytest.raises(hosting.KeptForGuests, match="18 seats"):
        offer(c, seats=17)
    offer(c, how=ASK)
    assert seats(c).consent.seats == 18


def test_a_host_that_takes_nobody_is_not_shown_and_not_joined(c) -> None:
    offer(c, how=NONE)
    assert guest_hosts.within_reach(c.programme, c.small, now=make.NOW) == []
    with pytest.raises(joining.NoGuests):
        ask(c)


# Refused


def test_a_school_too_far_away_is_told_how_far(c) -> None:
    with pytest.raises(joining.TooFar, match="38 minutes away; guests travel 30"):
        ask(c, c.far)


def test_more_than_the_seats_that_are_left_is_refused(c) -> None:
    offer(c, seats=10)
    with pytest.raises(SeatsGone, match="You need 18 seats and only 10 seats are left"):
        ask(c)


def test_more_pupils_than_the_school_has_are_asked_about(c) -> None:
    with pytest.raises(numbers.MoreThanItHas):
        ask(c, pupils={8: 90})


def test_somebody_must_get_the_entry(c) -> None:
    with pytest.raises(NobodyNamed):
        ask(c, promise=Promise(pupils={8: 9}))


def test_a_show_that_is_gone_or_near_is_not_joined(c) -> None:
    place = ask(c)
    with pytest.raises(NotAnyMore), transaction():
        hosting.agree(place, seats=18, terms="", who="x", now=c.host.performance.starts_at)
    cancel(c.host)
    with pytest.raises(NotAnyMore):
        ask(c)


def test_a_host_gives_no_more_than_is_left(c) -> None:
    place = ask(c)
    with transaction():
        bookings.change(c.host, Promise(pupils={8: 149, 9: 90}, hall="Main hall"), **who())
    with pytest.raises(hosting.NotSoMany, match="11 seats"):
        agree(place)
    with pytest.raises(hosting.SeatsInFigures):
        agree(place, seats=0)


def test_a_guest_that_has_fewer_pupils_by_now_is_not_let_in_with_more(c) -> None:
    place = ask(c)
    with transaction():
        make.own_number(c.small, 8, 4, at=make.NOW)
    with pytest.raises(BookedMeanwhile, match="Littlemere School"):
        agree(place)


# What becomes of it


def test_a_host_that_moves_asks_each_guest_and_keeps_its_places(c) -> None:
    booking = agree(ask(c))
    neighbours.hand_over()
    move(c)
    assert live(c) == [c.school.organisation_id, c.small.organisation_id]
    assert mail(GUEST)[-1] == ("moved", "REQUEST", 1)
    assert "Say on your page whether you still come" in last(GUEST).text
    place = guest_places.of_booking(booking)
    assert place.asked_again
    assert place.arrives == time(9, 45)  # a quarter before the start, as it was
    assert [p.id for p in guest_places.uncertain(c.partnership.id, now=make.NOW)] == [place.id]
    with transaction():
        joining.still_come(booking, who="Ann Lea", now=now())
    assert not place.asked_again
    assert guest_places.uncertain(c.partnership.id, now=make.NOW) == []
    move(c, 0, time(12))
    assert place.asked_again


def test_a_guest_may_leave_after_a_move_on_the_eve_and_its_host_hears(c) -> None:
    booking = agree(ask(c))
    move(c)
    eve = wall(date(2027, 3, 15), time(16))
    assert booking.can_cancel_until() == neighbours.LATER
    cancel(booking, at=eve)
    assert (live(c), seats(c).by_guests, seats(c).consent.seats) == ([c.school.organisation_id], 0, 0)
    assert mail(HOST)[-1][0] == "guest left"
    assert "Its seats, 18 of them, are free again" in last(HOST).text
    assert mail(GUEST)[-1] == ("cancelled", "CANCEL", 2)


def test_a_host_that_cancels_tells_its_guests_at_once_with_the_nearest_others(c) -> None:
    with transaction():
        other = make.school(name="Kestermere High", easting=452000)
    book(c, other, {8: 100}, "office@kestermere.example", at=time(12, 30))
    booking = agree(ask(c))
    cancel(c.host)
    assert promises.cancellation_of(booking).cancelled_by == "host"
    assert mail(GUEST)[-1] == ("cancelled", "CANCEL", 1)
    said = last(GUEST).text
    assert "by the school that was to be the host" in said
    assert "at Kestermere High, 10 minutes away, 150 seats" in said
    assert said.index("Kestermere High") < said.index("at your own school")
    assert "/hosts" in said
    # the time that was given back is among what is offered
    assert "Tuesday 9 March, 9:00am\r\n  at your own school" in said


def test_who_still_waits_for_an_answer_hears_that_the_host_cancelled_or_moved(c) -> None:
    place = ask(c)
    move(c)
    assert mail(GUEST) == [("seats: host moved", "", 0)]
    assert place.ended_at is None
    cancel(c.host)
    assert (place.ended_as, mail(GUEST)[-1][0]) == ("host left", "seats: host left")


def test_when_the_company_cannot_play_nothing_else_of_that_day_is_offered(c) -> None:
    agree(ask(c))
    cancel(c.host, by="company")
    said = last(GUEST).text
    assert "Tuesday 9 March, 9:00am\r\n" not in said
    assert "Tuesday 16 March, 9:00am\r\n  at your own school" in said


def test_a_guest_changes_how_many_come_and_how_and_its_host_hears(c) -> None:
    booking = agree(ask(c))
    with transaction():
        joining.come(booking, Promise(pupils={8: 7}), Travel(by="minibus"), who="Ann Lea", now=now())
    assert (promises.pupils_of(booking), guest_places.of_booking(booking).travel.words()) == (
        {8: 7},
        "By minibus",
    )
    assert mail(HOST)[-1][0] == "guest changed"
    assert "now comes with 7 pupils of Year 8" in last(HOST).text
    assert mail(GUEST)[-1] == ("changed", "REQUEST", 0)
    before = len(mail(HOST)), len(mail(GUEST)), len(mail(RED))
    with transaction():
        joining.come(booking, Promise(pupils={8: 7}), Travel(by="foot"), who="Ann Lea", now=now())
    assert (len(mail(HOST)), len(mail(GUEST)), len(mail(RED))) == (before[0] + 1, before[1], before[2] + 1)
    with pytest.raises(numbers.MoreThanTheHostGave), transaction():
        joining.come(booking, Promise(pupils={8: 9, 9: 9}), Travel(), who="Ann Lea", now=now())


def test_a_guest_does_not_move_its_hosts_show(c) -> None:
    from outreach.tour import slots

    booking = agree(ask(c))
    assert not booking.can_move(make.NOW)
    slot = slots.find(
        c.programme, c.school, f"{c.days[1].id}-1000", now=make.NOW, instead_of=c.host.performance_id
    )
    with pytest.raises(bookings.HostMovesIt), transaction():
        bookings.move(booking, slot, who="Priya Nandakumar", now=now(), by="coordinator")


def test_a_host_that_brings_more_is_told_how_many_seats_its_guests_leave(c) -> None:
    agree(ask(c))
    with pytest.raises(numbers.SeatsTaken, match="18 seats of this one are taken by others. At most 232"):
        with transaction():
            bookings.change(c.host, Promise(pupils={8: 149, 9: 84}, hall="Main hall"), **who())


def test_a_guest_hears_of_another_hall_and_not_of_its_hosts_numbers(c) -> None:
    agree(ask(c))
    with transaction():
        db.session.query(Letter).update({"status": SENT, "handed_at": now()})
        bookings.change(c.host, Promise(pupils={8: 100}, hall="Gym"), **who())
    hall, number = "Hall: Gym, before Main hall.", "Year 8: 100 pupils, before"
    assert [(hall in last(to).text, number in last(to).text) for to in (HOST, GUEST)] == [
        (True, True),
        (True, False),
    ]


def test_all_of_it_is_kept_in_the_history(c) -> None:
    place = ask(c)
    agree(place, seats=10)
    with transaction():
        joining.take(place, wish({8: 9}).promise, who="Ann Lea", now=now())
    said = {row.what: row.after for row in history.history_of("school", str(c.small.organisation_id))}
    assert said.keys() >= {"asked to join", "offered seats"}
    assert said["asked to join"]["pupils"] == {"8": 9, "9": 9}
    assert [row.what for row in history.history_of("booking", place.booking.reference)] == ["booked"]


def test_journey_is_said_in_words() -> None:
    assert Travel().words() == ""
    assert Travel(adults=1).words() == "With 1 adult"
    assert (
        Travel(by="foot", arrives=time(9, 40), note="By the lane").words()
        == "On foot, there at 9:40am. By the lane"
    )


def test_letters_about_a_guest_go_through_the_one_sender(c) -> None:
    assert told.sender_of_programme(c.programme).partnership_id == c.partnership.id
