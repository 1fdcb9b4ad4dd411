"""Two that change places in the diary: in one deed, with one letter each, undone together, or not at all."""

from datetime import time, timedelta
from functools import partial
from itertools import pairwise
from threading import Barrier, Thread
from typing import Any

import pytest
from flask import Flask
from test_diary_moves import (
    DAY,
    NEXT,
    NOW,
    County,
    _text,
    _without_link,
    all_sent,
    at,
    book,
    key,
    lay,
    new_letters,
    propose,
)

import make
from outreach.booking import holds
from outreach.booking.agenda import moves, moving, swapping
from outreach.booking.promises import Booking
from outreach.county import school_days
from outreach.county.schools import School
from outreach.ground.db import db, transaction
from outreach.ground.errors import Refusal
from outreach.post.outbox import Letter
from outreach.tour import slots
from outreach.tour.performances import Performance
from outreach.tour.programmes import Programme


@pytest.fixture
def county(app: Flask) -> County:
    """One school is booked at half past nine on the first day, the other at one o'clock on the second."""
    found = lay()
    found.booking = book(found.programme, found.school, key(found.days[0], "0930"))
    all_sent()
    return found


@pytest.fixture
def there(county: County) -> Booking:
    booked = book(county.programme, county.other, key(county.days[1], "1300"))
    all_sent()
    return booked


def both(county: County, other: Any) -> tuple[moving.Moving, moving.Moving]:
    return moving.find(county.show, now=NOW), moving.find(other, now=NOW)


def swapped(county: County, other: Any, **more: Any) -> Any:
    look = swapping.look(*both(county, other), now=NOW)
    with transaction():
        return swapping.swap(county.show, other, look.key, who="Priya", now=NOW, **more)


def test_two_shows_change_places_with_one_letter_each(county: County, there: Booking) -> None:
    swapped(county, there.performance, note="As agreed.")
    assert at(county.show) == (NEXT, time(13))
    assert at(there.performance) == (DAY, time(9, 30))
    assert sorted(new_letters()) == [
        ("moved", f"j.fell{organisation.organisation_id}@redmere.example")
        for organisation in sorted((county.school, county.other), key=lambda s: s.organisation_id)
    ]
    assert all(
        "As agreed." in _text(letter) for letter in db.session.query(Letter).filter_by(status="waiting")
    )


def test_the_preview_is_what_goes_and_writes_nothing(county: County, there: Booking) -> None:
    look = swapping.look(*both(county, there.performance), note="As agreed.", now=NOW)
    assert new_letters() == [] and at(county.show) == (DAY, time(9, 30))
    swapped(county, there.performance, note="As agreed.")
    sent = {_without_link(_text(letter)) for letter in db.session.query(Letter).filter_by(status="waiting")}
    assert {_without_link(half.letter.text) for half in look.halves if half.letter} == sent and len(sent) == 2


def test_undoing_either_puts_both_back_and_tells_both_again(county: County, there: Booking) -> None:
    _, second = swapped(county, there.performance)
    all_sent()
    with transaction():
        moving.undo(second, who="Owen", now=NOW + timedelta(hours=1))
    assert (at(county.show), at(there.performance)) == ((DAY, time(9, 30)), (NEXT, time(13)))
    assert [kind for kind, _ in new_letters()] == ["moved", "moved"]
    assert moves.of_today(county.programme.id, now=NOW) == []


def test_shows_of_one_day_change_their_order_and_back(county: County) -> None:
    near = book(county.programme, county.other, key(county.days[0], "1300"))
    made, _ = swapped(county, near.performance)
    assert (at(county.show), at(near.performance)) == ((DAY, time(13)), (DAY, time(9, 30)))
    with transaction():
        moving.undo(made, who="Priya", now=NOW)
    assert (at(county.show), at(near.performance)) == ((DAY, time(9, 30)), (DAY, time(13)))


def test_two_proposals_change_places_and_are_kept_as_long_as_before_once_undone(county: County) -> None:
    with transaction():
        third = make.school(name="Rushton High School", easting=470500, northing=210500)
    one = propose(county.programme, county.other, key(county.days[1], "0930"))
    two = propose(county.programme, third, key(county.days[1], "1300"))
    all_sent()
    until = one.reply_by, two.reply_by
    look = swapping.look(*(moving.find(kept.performance, now=NOW) for kept in (one, two)), now=NOW)
    with transaction():
        made, _ = swapping.swap(one.performance, two.performance, look.key, who="Priya", now=NOW)
    assert (at(one.performance), at(two.performance)) == ((NEXT, time(13)), (NEXT, time(9, 30)))
    assert [kind for kind, _ in new_letters()] == ["proposal moved", "proposal moved"]
    with transaction():
        moving.undo(made, who="Priya", now=NOW)
    assert (at(one.performance), at(two.performance)) == ((NEXT, time(9, 30)), (NEXT, time(13)))
    assert (one.reply_by, two.reply_by) == until


def test_where_one_has_no_time_neither_moves_and_it_is_said_whose(county: County, there: Booking) -> None:
    with transaction():
        school_days.rule_out(county.school, NEXT, "Mocks", who="Jo", now=NOW)
    with pytest.raises(swapping.CannotSwap, match="Thornleigh School has no time on Thursday 11 March"):
        swapped(county, there.performance)
    db.session.rollback()
    assert (at(county.show), at(there.performance)) == ((DAY, time(9, 30)), (NEXT, time(13)))
    assert new_letters() == []


def test_what_it_saves_is_the_road_of_both_days(county: County, there: Booking) -> None:
    """A show near the first stands on the second day: each beside its neighbour is less road than now."""
    with transaction():
        far = make.school(name="Rushton High School", easting=430000, northing=210000)
    west = book(county.programme, far, key(county.days[1], "0900"))
    look = swapping.look(*both(county, west.performance), now=NOW)
    # Now: base to Thornleigh (20 km: 31) and back; base to Rushton (20 km: 31), on to Ashcote (42), home (33).
    rushton_ashcote = -(-(600 + 125 * ((41**2 + 1) ** 0.5)) // 100)
    now = 31 * 2 + 31 + rushton_ashcote + 33
    then = 31 * 2 + 31 + 8 + 33
    assert look.saved == now - then > 0


def test_a_school_does_not_change_places_with_itself(county: County) -> None:
    with pytest.raises(swapping.CannotSwap):
        swapping.look(*both(county, county.show), now=NOW)


def test_what_was_looked_at_is_what_is_done_or_nothing(county: County, there: Booking) -> None:
    """The other show went on in between, as it does where the same button is pressed twice."""
    look = swapping.look(*both(county, there.performance), now=NOW)
    with transaction():
        moving.move(there.performance, key(county.days[1], "1000"), who="Owen", now=NOW)
    all_sent()
    with pytest.raises(swapping.CannotSwap, match="since you looked"), transaction():
        swapping.swap(county.show, there.performance, look.key, who="Priya", now=NOW)
    assert (at(county.show), at(there.performance)) == ((DAY, time(9, 30)), (NEXT, time(10)))
    assert new_letters() == []


def test_guests_keep_their_places_and_are_asked_whether_they_still_come(
    county: County, there: Booking
) -> None:
    with transaction():
        guest = make.booking(there.performance, {8: 9}, of=make.school(name="Littlemere School"))
        make.visit_contact(guest, name="Ann Reed", duty="colleague", address="a.reed@littlemere.example")
    swapped(county, there.performance, note="For the hosts.")
    assert ("moved", "a.reed@littlemere.example") in new_letters() and len(new_letters()) == 3
    assert guest.performance_id == there.performance_id and guest.seats == 9
    [letter] = db.session.query(Letter).filter_by(recipient="a.reed@littlemere.example")
    assert "For the hosts." not in _text(letter)


def test_whoever_asks_to_say_it_himself_sends_short_letters_alone(county: County, there: Booking) -> None:
    look = swapping.look(*both(county, there.performance), note="Not to be said.", tell=False, now=NOW)
    made, _ = swapped(county, there.performance, note="Not to be said.", tell=False)
    assert [kind for kind, _ in new_letters()] == ["moved in short", "moved in short"]
    sent = {_without_link(_text(letter)) for letter in db.session.query(Letter).filter_by(status="waiting")}
    assert {_without_link(half.letter.text) for half in look.halves if half.letter} == sent
    all_sent()
    with transaction():
        moving.undo(made, who="Priya", now=NOW)
    assert [kind for kind, _ in new_letters()] == ["moved in short", "moved in short"]


def test_each_goes_with_the_other_troupe_whose_calendar_has_it_from_then_on(county: County) -> None:
    with transaction():
        birch = make.troupe(county.partnership, name="Birch", calendar_address="birch@lantern.example")
        theirs = make.tour_day(county.programme, birch, DAY)
    near = book(county.programme, county.other, key(theirs, "1000"))
    all_sent()
    uids = county.show.uid, near.performance.uid
    made, _ = swapped(county, near.performance)
    assert (county.show.troupe_id, near.performance.troupe_id) == (birch.id, county.days[0].troupe_id)
    assert (at(county.show), at(near.performance)) == ((DAY, time(10)), (DAY, time(9, 30)))
    assert (county.show.uid, near.performance.uid) != uids
    sent = [to for _, to in new_letters()]
    assert sent.count("birch@lantern.example") == 2, "one entry goes, another comes"
    with transaction():
        moving.undo(made, who="Priya", now=NOW)
    assert (county.show.troupe_id, near.performance.troupe_id) == (county.days[0].troupe_id, birch.id)
    assert (at(county.show), at(near.performance)) == ((DAY, time(9, 30)), (DAY, time(10)))


def test_the_road_is_the_one_from_the_lodging_where_the_troupe_sleeps_away(county: County) -> None:
    with transaction():
        county.days[0].stays_at = "The Swan, Thornleigh"
        county.days[0].stays_easting, county.days[0].stays_northing = 470000, 210000
        west = make.school(name="Farleigh High School", easting=440000, northing=210000)
    far = book(county.programme, west, key(county.days[1], "0930"))
    look = swapping.look(*both(county, far.performance), now=NOW)
    # Now 31 out and 6 to the Swan, 19 to Farleigh and 19 back; then 19 out and 44 to the Swan, 31 and 31.
    assert look.saved == (31 + 6 + 19 + 19) - (19 + 44 + 31 + 31)


def hold(county: County, at: str) -> None:
    with transaction():
        school = make.school(name="Rushton High School", easting=470500, northing=210500)
        slot = slots.find(county.programme, school, key(county.days[1], at), now=NOW)
        assert slot is not None
        holds.hold(county.programme, school, [slot], who="Jo", now=NOW)


def test_a_time_that_a_school_is_just_booking_stays_its_own(county: County) -> None:
    """Held right before the other show, which leaves a longer one no time behind it until the hold is over."""
    hold(county, "0930")
    early = book(county.programme, county.other, key(county.days[1], "1300"))
    with transaction():
        county.days[1].returns = time(15)
        county.programme.running_minutes += 50
    with pytest.raises(swapping.CannotSwap, match="Thornleigh School has no time"):
        swapping.look(*both(county, early.performance), now=NOW)
    later = NOW + timedelta(minutes=16)
    one, other = moving.find(county.show, now=later), moving.find(early.performance, now=later)
    look = swapping.look(one, other, now=later)
    with transaction():
        swapping.swap(county.show, early.performance, look.key, who="Priya", now=later)
    assert at(county.show)[0] == NEXT
    assert db.session.query(Performance).filter(Performance.held_until.isnot(None)).count() == 0


def test_a_rule_of_the_company_is_broken_only_where_nothing_else_can_be_had_and_it_is_said(
    county: County, there: Booking
) -> None:
    assert swapping.look(*both(county, there.performance), now=NOW).breaks == ""
    with transaction():
        county.days[1].troupe.latest_return = time(11, 30)
    look = swapping.look(*both(county, there.performance), now=NOW)
    assert look.breaks == "the company’s lunch, rest or latest return is not kept"
    swapped(county, there.performance)
    assert at(county.show) == (NEXT, time(13))


def test_only_what_is_booked_or_proposed_at_another_school_and_to_come_is_offered(
    county: County, there: Booking, count_queries: Any
) -> None:
    hold(county, "0930")
    one = moving.find(county.show, now=NOW)
    with count_queries() as queries:
        offered = swapping.others(one, now=NOW)
        assert [show.host.name for show in offered] == ["Ashcote High School"]
    assert len(queries) == 1
    assert swapping.others(one, now=there.performance.starts_at) == []
    with transaction():
        programme = make.programme(county.partnership, title="Another")
        day = make.tour_day(programme, make.troupe(county.partnership, name="Birch"), NEXT)
    elsewhere = book(programme, county.other, key(day, "1000"))
    with pytest.raises(swapping.CannotSwap, match="one programme"):
        swapping.look(*both(county, elsewhere.performance), now=NOW)


def at_once(app: Flask, *deeds: Any) -> list[BaseException | None]:
    """Each in a connection of its own, begun at the same moment; what each raised."""
    start, raised = Barrier(len(deeds)), [None] * len(deeds)

    def press(n: int) -> None:
        with app.app_context():
            start.wait()
            try:
                with transaction():
                    deeds[n]()
            except BaseException as error:
                raised[n] = error
            finally:
                db.session.remove()

    threads = [Thread(target=press, args=(n,)) for n in range(len(deeds))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    db.session.rollback()
    return raised


def test_two_who_press_at_once_swap_once_whichever_show_they_began_with(
    county: County, there: Booking, app: Flask
) -> None:
    look = swapping.look(*both(county, there.performance), now=NOW)
    ids = county.show.id, there.performance.id
    keys = look.key, " ".join(reversed(look.key.split()))
    db.session.rollback()

    def swap(one: int, other: int, to: str) -> None:
        shows = [db.session.get_one(Performance, id_) for id_ in (one, other)]
        swapping.swap(*shows, to, who="Priya", now=NOW)

    raised = at_once(app, partial(swap, *ids, keys[0]), partial(swap, *reversed(ids), keys[1]))
    assert sorted(type(error).__name__ for error in raised) == ["MovedSince", "NoneType"]
    assert (at(county.show), at(there.performance)) == ((NEXT, time(13)), (DAY, time(9, 30)))
    assert len(new_letters()) == 2


def test_a_school_that_books_beside_them_at_the_same_moment_and_a_swap_leave_one_troupe_in_one_place(
    county: County, there: Booking, app: Flask
) -> None:
    """Whoever comes second is refused in words or fits beside the other; the swap is whole or not at all."""
    with transaction():
        third = make.school(name="Rushton High School", easting=470500, northing=210500)
    look = swapping.look(*both(county, there.performance), now=NOW)
    ids, third_id, to = (
        (county.show.id, there.performance.id),
        third.organisation_id,
        key(county.days[1], "0930"),
    )
    programme_id = county.programme.id
    db.session.rollback()

    def swap() -> None:
        shows = [db.session.get_one(Performance, id_) for id_ in ids]
        swapping.swap(*shows, look.key, who="Priya", now=NOW)

    def hold() -> None:
        programme, school = db.session.get_one(Programme, programme_id), db.session.get_one(School, third_id)
        slot = slots.find(programme, school, to, now=NOW)
        assert slot is not None
        holds.hold(programme, school, [slot], who="Jo", now=NOW)

    raised = at_once(app, swap, hold)
    assert all(error is None or isinstance(error, Refusal) for error in raised), raised
    done = raised[0] is None
    assert (at(county.show)[0], at(there.performance)[0]) == ((NEXT, DAY) if done else (DAY, NEXT))
    assert len(new_letters()) == (2 if done else 0)
    on_it = (
        db.session.query(Performance).filter_by(tour_day_id=county.days[1].id).order_by(Performance.get_in_at)
    )
    shows = list(on_it)
    assert all(before.away_at <= after.get_in_at for before, after in pairwise(shows))
