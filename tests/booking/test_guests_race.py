"""Seats are never oversold: by two at once, by a program that goes round the rules, or by any sequence of
deeds."""

from datetime import time
from itertools import count
from types import SimpleNamespace
from typing import Any

import neighbours
import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from neighbours import ask, book, cancel, now, wish
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from test_holds import at_once

import make
from outreach.booking import bookings, guest_places, promises
from outreach.booking.guest_places import ASK, NONE, OPEN, GuestPlace, GuestSeats, Travel
from outreach.booking.guests import hosting, joining
from outreach.booking.guests.seating import SeatsGone
from outreach.booking.numbers import Promise
from outreach.booking.promises import GUEST, HOST, Booking
from outreach.ground.db import db, transaction
from outreach.ground.errors import Refusal
from outreach.tour import slots
from outreach.tour.performances import Performance

_n = count(1)


@pytest.fixture
def c(app: Flask) -> SimpleNamespace:
    """A show with 20 seats left, and two neighbours of 18 pupils each."""
    c = neighbours.lay(audience_ceiling=168)
    with transaction():
        c.second = make.school(name="Second School", easting=452000, number_of_pupils=63)
    c.app = app
    return c


def again(c: Any, cls: Any, key: Any) -> Any:
    return db.session.get(cls, key)


def test_two_guests_race_for_the_last_seats_and_one_is_refused_politely(c) -> None:
    with transaction():
        hosting.offer(c.host, how=OPEN, seats=20, terms="", who="The office", now=now())
    keys = c.programme.id, c.host.performance_id, c.small.organisation_id, c.second.organisation_id

    def join(organisation_id: int, address: str) -> Any:
        programme, show = again(c, type(c.programme), keys[0]), again(c, Performance, keys[1])
        return joining.ask(
            programme,
            again(c, type(c.small), organisation_id),
            show,
            wish(address=address),
            who="x",
            now=now(),
        )

    raised = at_once(c, lambda: join(keys[2], "a@one.example"), lambda: join(keys[3], "b@two.example"))
    assert [type(e) for e in raised] == [SeatsGone]
    assert neighbours.seats(c).by_guests == 18


def test_one_host_agrees_twice_at_once_and_one_booking_comes_of_it(c) -> None:
    place_id = ask(c).id

    def agree() -> Any:
        return hosting.agree(guest_places.get(place_id), seats=18, terms="", who="x", now=now())

    raised = at_once(c, agree, agree)
    assert [type(e) for e in raised] == [hosting.Answered]
    assert neighbours.live(c) == [c.school.organisation_id, c.small.organisation_id]


def test_a_guest_joins_while_the_host_cancels_and_is_not_left_without_a_show(c) -> None:
    with transaction():
        hosting.offer(c.host, how=OPEN, seats=20, terms="", who="The office", now=now())
    keys = c.programme.id, c.host.performance_id, c.small.organisation_id, c.host.id

    def join() -> Any:
        return joining.ask(
            again(c, type(c.programme), keys[0]),
            again(c, type(c.small), keys[2]),
            again(c, Performance, keys[1]),
            wish(),
            who="x",
            now=now(),
        )

    def leave() -> None:
        bookings.cancel(again(c, Booking, keys[3]), reason="Flood", by="school", who="y", now=now())

    raised = at_once(c, leave, join)
    assert [type(e) for e in raised] == [joining.NotAnyMore]
    assert db.session.scalars(select(Booking).where(Booking.ended_at.is_(None))).all() == []


def insert_guest(c: Any, seats: int, organisation_id: int | None = None) -> None:
    db.session.add(
        Booking(
            reference=f"MRL-X{seats}",
            partnership_id=c.programme.partnership_id,
            programme_id=c.programme.id,
            organisation_id=organisation_id or c.small.organisation_id,
            performance_id=c.host.performance_id,
            role="guest",
            seats=seats,
            uid=f"u{seats}",
            organizer_token=f"t{seats}",
            created_at=make.NOW,
        )
    )
    db.session.flush()


def test_database_refuses_a_guest_whom_no_host_agreed_to(c) -> None:
    with pytest.raises(IntegrityError, match="booking_guest_consent"), transaction():
        insert_guest(c, 5)
    with transaction():
        make.consent(c.host.performance, 5)
    with pytest.raises(IntegrityError, match="booking_guest_consent"), transaction():
        insert_guest(c, 6)
    with transaction():
        insert_guest(c, 5)
    with pytest.raises(IntegrityError, match="booking_guest_consent"), transaction():
        db.session.execute(text("UPDATE booking SET seats = 6 WHERE role = 'guest'"))


def test_database_refuses_a_school_as_guest_of_its_own_show(c) -> None:
    with transaction():
        make.consent(c.host.performance, 50)
    with pytest.raises(IntegrityError, match="booking_guest_of_itself"), transaction():
        insert_guest(c, 5, organisation_id=c.school.organisation_id)


def test_database_refuses_to_take_back_seats_that_guests_have(c) -> None:
    place = ask(c)
    with transaction():
        hosting.agree(place, seats=18, terms="", who="x", now=now())
    with pytest.raises(IntegrityError, match="guest_seats_kept"), transaction():
        db.session.execute(text("UPDATE guest_seats SET seats = 17"))


def test_database_refuses_a_second_open_request_of_one_school(c) -> None:
    place = ask(c)
    with pytest.raises(IntegrityError), transaction():
        db.session.add(
            GuestPlace(
                programme_id=place.programme_id,
                organisation_id=place.organisation_id,
                performance_id=place.performance_id,
                why="other",
                pupils={8: 1},
                seats=1,
                recorded_at=make.NOW,
                who="x",
            )
        )


def test_two_programs_at_once_cannot_seat_more_than_the_host_agreed_to(c) -> None:
    """The rules bypassed, two connections: each alone would fit."""
    with transaction():
        make.consent(c.host.performance, 20)
    plain = SimpleNamespace(
        programme=SimpleNamespace(id=c.programme.id, partnership_id=c.programme.partnership_id),
        host=SimpleNamespace(performance_id=c.host.performance_id),
    )
    one, two = c.small.organisation_id, c.second.organisation_id
    raised = at_once(c, lambda: insert_guest(plain, 12, one), lambda: insert_guest(plain, 13, two))
    assert [type(e) for e in raised] == [IntegrityError]
    assert neighbours.seats(c).by_guests == 12


class Neighbours(RuleBasedStateMachine):
    """Two shows, three schools that would join, whatever they all do in whatever order."""

    @initialize(ceiling=st.sampled_from((150, 160, 170)))
    def lay(self, ceiling: int) -> None:
        la_code = f"L{next(_n)}"
        self.c = neighbours.lay(la_code, audience_ceiling=ceiling)
        with transaction():
            self.schools = [self.c.small] + [
                make.school(easting=452000 + n, number_of_pupils=63, la_code=la_code) for n in range(2)
            ]
            other = make.school(easting=453000, la_code=la_code)
        self.hosts = [self.c.host, book(self.c, other, {8: 140}, "office@other.example", day=1)]

    def tried(self, deed: Any) -> None:
        """What is refused leaves no trace; only a refusal in words may be raised."""
        try:
            with transaction():
                deed()
        except Refusal as no:
            assert no.message.endswith((".", "?", "cannot be right"))
        db.session.expire_all()

    @rule(who=st.integers(0, 2), at=st.integers(0, 1), pupils=st.integers(1, 9))
    def asks(self, who: int, at: int, pupils: int) -> None:
        show = self.hosts[at].performance
        said = wish({8: pupils, 9: pupils}, address=f"office@s{who}.example")
        self.tried(lambda: joining.ask(self.c.programme, self.schools[who], show, said, who="x", now=now()))

    @rule(which=st.integers(0, 5), seats=st.integers(1, 20))
    def agrees(self, which: int, seats: int) -> None:
        if place := self.request(which):
            self.tried(lambda: hosting.agree(place, seats=seats, terms="", who="h", now=now()))

    @rule(which=st.integers(0, 5), pupils=st.integers(1, 9))
    def takes(self, which: int, pupils: int) -> None:
        if place := self.request(which):
            self.tried(lambda: joining.take(place, wish({8: pupils}).promise, who="x", now=now()))

    @rule(which=st.integers(0, 5), refuses=st.booleans())
    def ends(self, which: int, refuses: bool) -> None:
        if place := self.request(which):
            deed = hosting.refuse if refuses else joining.withdraw
            said = {"reason": "No"} if refuses else {}
            self.tried(lambda: deed(place, who="x", now=now(), **said))

    @rule(at=st.integers(0, 1), how=st.sampled_from((ASK, OPEN, NONE)), seats=st.integers(0, 25))
    def offers(self, at: int, how: str, seats: int) -> None:
        self.tried(lambda: hosting.offer(self.hosts[at], how=how, seats=seats, terms="", who="h", now=now()))

    @rule(which=st.integers(0, 5), pupils=st.integers(0, 9))
    def guest_changes(self, which: int, pupils: int) -> None:
        if guest := self.guest(which):
            self.tried(lambda: joining.come(guest, Promise(pupils={8: pupils}), Travel(), who="x", now=now()))

    @rule(which=st.integers(0, 5))
    def guest_leaves(self, which: int) -> None:
        if guest := self.guest(which):
            self.tried(lambda: bookings.cancel(guest, reason="Exams", by="school", who="x", now=now()))

    @rule(at=st.integers(0, 1), pupils=st.integers(130, 149))
    def host_changes(self, at: int, pupils: int) -> None:
        said = Promise(pupils={8: pupils}, hall="Main hall")
        self.tried(lambda: bookings.change(self.hosts[at], said, who="h", now=now()))

    @rule(at=st.integers(0, 1), day=st.integers(0, 1), hour=st.sampled_from((9, 12, 13)))
    def host_moves(self, at: int, day: int, hour: int) -> None:
        host = self.hosts[at]
        slot = slots.find(
            self.c.programme,
            host.performance.host,
            f"{self.c.days[day].id}-{time(hour):%H%M}",
            now=now(),
            instead_of=host.performance_id,
            whatever_the_notice=True,
        )
        if slot and host.ended_at is None:
            self.tried(lambda: bookings.move(host, slot, who="p", now=now(), by="coordinator"))

    @rule(at=st.integers(0, 1), really=st.integers(0, 3))
    def host_cancels(self, at: int, really: int) -> None:
        if not really:
            cancel(self.hosts[at])

    def request(self, which: int) -> GuestPlace | None:
        found = db.session.scalars(
            select(GuestPlace)
            .where(GuestPlace.programme_id == self.c.programme.id)
            .order_by(GuestPlace.id.desc())
        ).all()
        return found[which % len(found)] if found else None

    def guest(self, which: int) -> Booking | None:
        found = [b for h in self.hosts for b in promises.of_performance(h.performance_id) if b.role == GUEST]
        return found[which % len(found)] if found else None

    @invariant()
    def nothing_is_oversold_and_nobody_is_without_a_host(self) -> None:
        if not hasattr(self, "hosts"):
            return
        db.session.rollback()
        for host in self.hosts:
            live = promises.of_performance(host.performance_id)
            guests = [b for b in live if b.role == GUEST]
            assert sum(b.seats for b in live) <= self.c.programme.audience_ceiling
            consent = db.session.get(GuestSeats, host.performance_id)
            assert sum(b.seats for b in guests) <= (consent.seats if consent else 0)
            assert not guests or [b.role for b in live][0] == HOST
            assert len({b.organisation_id for b in live}) == len(live)
            for b in live:
                assert b.seats == sum(promises.pupils_of(b).values())
            if host.ended_at is not None:
                assert (live, guest_places.asked_of(host.performance_id)) == ([], [])
        for school in self.schools:
            held = promises.live(self.c.programme.id, school.organisation_id)
            assert sum(promises.pupils_of(b).get(8, 0) for b in held) <= 10
            assert (
                held == []
                or guest_places.open_of(self.c.programme.id, school.organisation_id) is None
                or len(held) < 2
            )


def run(app: Flask, examples: int, steps: int) -> None:
    run_state_machine_as_test(
        Neighbours,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_no_sequence_of_deeds_oversells_a_seat_or_leaves_a_guest_without_a_host(app: Flask) -> None:
    run(app, 4, 25)


@pytest.mark.long
def test_no_long_sequence_of_deeds_oversells_a_seat(app: Flask) -> None:
    run(app, 60, 50)
