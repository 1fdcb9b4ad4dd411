"""Whatever bodies, a school, coordinators and the post do with sessions, in whatever order: no calendar is told what is
not so, no session has more than its places, and nobody who fits is left waiting.

Random days of one training: places taken, waited for, given up, changed, moved; colleagues added; sessions that get more
places or fewer, another time, another link or hall, or are called off. The post goes by fits and starts and out of order.
"""

from datetime import date, datetime, time, timedelta
from itertools import count
from typing import Any

import pytest
from calendars_of_people import PersonsCalendar
from flask import Flask
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

import make
import session_life
from at_work import at_work
from how_many import so_many
from outreach.booking import bookings, colleagues, guest_places, promises
from outreach.booking.colleagues import Colleague
from outreach.booking.guest_places import GuestPlace
from outreach.booking.guests import joining
from outreach.booking.numbers import Promise
from outreach.booking.promises import Booking
from outreach.booking.sessions import holding, places
from outreach.booking.sessions.holding import SessionSaid
from outreach.county.partnerships import Partnership
from outreach.county.schools import Organisation
from outreach.ground.db import db, transaction
from outreach.ground.errors import Refusal
from outreach.ground.school_year import STAFF
from outreach.ground.timespans import local, wall
from outreach.post import copies
from outreach.post.calendars import one_line
from outreach.post.envelopes import plain_address
from outreach.post.feeds import entries
from outreach.post.outbox import SENT, WAITING, Letter
from outreach.tour.adults import AdultTarget
from outreach.tour.sessions import TrainingSession
from post.strict import events_of, feed_problems, instant, plain
from post.strict_mail import Revision, revision_of, revision_problems

_n = count(1)
DAYS = (date(2027, 3, 9), date(2027, 3, 16), date(2027, 4, 13))
"""The last is past the change to summer time."""
WHO, WHERE, WHICH = st.integers(0, 3), st.integers(0, 2), st.integers(0, 9)
WAITS = st.sampled_from((True, True, False))
POST = st.sampled_from(("arrives", "arrives", "on the way", "waits"))


class Training(RuleBasedStateMachine):
    """Three sessions with few places, three bodies and a school, and everybody's calendar."""

    partnership: Partnership

    @initialize()
    def lay(self) -> None:
        self.now = make.NOW
        n = next(_n)
        with transaction():
            target = AdultTarget(kinds=("Police", "Health"))
            self.programme = make.programme(
                self.partnership, (STAFF,), target, for_adults=True, title=f"Recognise, and; Refer {n}"
            )
            self.halls = [make.venue(self.partnership, name=f"Hall, “{place}” {n}") for place in "AB"]
            self.venues = [*self.halls, session_life.online(self.partnership)]
            self.sessions = [
                make.session(self.programme, venue, wall(day, time(9, 30)), places=seats)
                for venue, day, seats in zip(self.venues, DAYS, (6, 5, 7), strict=True)
            ]
            for i, session in enumerate(self.sessions):
                session.performance.troupe.calendar_address = f"trainer{i}of{n}@trainers.example"
            counted = {"staff_counted_on": session_life.COUNTED}
            self.asked: list[Organisation] = [
                make.body(self.partnership, name=f"Unit {n}", front_line_staff=15, **counted),
                make.body(self.partnership, name=f"Uncounted {n}"),
                make.body(self.partnership, name=f"Team {n}", kind="Health", front_line_staff=9, **counted),
                make.school(name=f"School {n}"),
            ]
        self.first_letter = db.session.scalar(select(Letter.id).order_by(Letter.id.desc()).limit(1)) or 0
        self.seen = self.first_letter
        self.written: dict[tuple[str, str], Revision] = {}
        self.calendars: dict[str, PersonsCalendar] = {}
        self.on_the_way: list[tuple[str, bytes]] = []
        self.uids: dict[int, str] = {}
        self.deeds = 0

    # What people do: a no changes nothing, and is no fault

    def _do(self, verb: Any, post: str) -> None:
        self.now += timedelta(minutes=7)
        self.deeds += 1
        try:
            with transaction():
                verb()
        except Refusal:
            return
        finally:
            db.session.expire_all()
        if post != "waits":
            self.post_goes(set(range(8)), late=post == "on the way")

    def _people(self, who: int, some: int) -> tuple[Colleague, ...]:
        n = self.programme.id
        named = [
            Colleague(name=f"Ann; “{who}”", address=f"ann{who}of{n}@police.example", duty="colleague"),
            Colleague(name="학교", address=f"Bo{who}of{n}@Police.example", duty="colleague"),
        ]
        return tuple(named[: 1 + some % 2])

    def _bookings(self, who: int) -> list[Booking]:
        return promises.live(self.programme.id, self.asked[who].organisation_id)

    def _one(self, which: int) -> Booking:
        """One of all who have places."""
        found = [booking for who in range(4) for booking in self._bookings(who)]
        return found[which % len(found)]

    def _waiting(self) -> list[GuestPlace]:
        return [place for session in self.sessions for place in guest_places.asked_of(session.performance_id)]

    somebody_comes = precondition(lambda self: any(self._bookings(who) for who in range(4)))
    somebody_waits = precondition(lambda self: self._waiting())
    now_and_then = precondition(lambda self: self.deeds % 4 == 3)

    @rule(who=WHO, at=WHERE, number=st.integers(0, 6), some=st.integers(0, 1), waits=WAITS, post=POST)
    def take(self, who: int, at: int, number: int, some: int, waits: bool, post: str) -> None:
        show = self.sessions[at].performance
        promise = Promise(pupils={STAFF: number}, people=self._people(who, some))
        self._do(
            lambda: places.take(
                self.programme, self.asked[who], show, promise, waits=waits, who="Ann", now=self.now
            ),
            post,
        )

    @somebody_comes
    @rule(which=WHICH, number=st.integers(0, 6), post=POST)
    def change(self, which: int, number: int, post: str) -> None:
        booking, promise = self._one(which), Promise(pupils={STAFF: number})
        self._do(lambda: bookings.change(booking, promise, who="Ann", now=self.now), post)

    @somebody_comes
    @rule(which=WHICH, at=WHERE, desk=st.booleans(), post=POST)
    def move(self, which: int, at: int, desk: bool, post: str) -> None:
        booking, to = self._one(which), self.sessions[at].performance
        by = promises.COORDINATOR if desk else promises.SCHOOL
        self._do(lambda: places.move(booking, to, who="Ann", now=self.now, by=by), post)

    @somebody_waits
    @rule(which=WHICH, at=WHERE, post=POST)
    def move_from_where_somebody_waits(self, which: int, at: int, post: str) -> None:
        waited_for = self._waiting()[0].performance_id
        coming = [b for b in promises.of_performance(waited_for) if b.role == "guest"]
        if coming:
            booking, to = coming[which % len(coming)], self.sessions[at].performance
            self._do(lambda: places.move(booking, to, who="Ann", now=self.now), post)

    @somebody_comes
    @rule(which=WHICH, desk=st.booleans(), post=POST)
    def give_up(self, which: int, desk: bool, post: str) -> None:
        booking, by = self._one(which), promises.COORDINATOR if desk else promises.SCHOOL
        self._do(lambda: bookings.cancel(booking, reason="Duty", by=by, who="Ann", now=self.now), post)

    @somebody_waits
    @rule(which=WHICH, post=POST)
    def leave_the_list(self, which: int, post: str) -> None:
        waiting = self._waiting()
        place = waiting[which % len(waiting)]
        self._do(lambda: joining.withdraw(place, who="Ann", now=self.now), post)

    @somebody_comes
    @rule(which=WHICH, post=POST)
    def name_a_colleague(self, which: int, post: str) -> None:
        booking = self._one(which)
        who = [one.organisation_id for one in self.asked].index(booking.organisation_id)
        one = self._people(who, 1)[1]
        self._do(lambda: colleagues.add(booking, one, who="Ann", now=self.now), post)

    @now_and_then
    @rule(at=WHERE, seats=st.integers(3, 9), link=st.booleans(), post=POST)
    def say_otherwise(self, at: int, seats: int, link: bool, post: str) -> None:
        session = self.sessions[at]
        said = SessionSaid(
            places=seats, link=f"https://meet.example/{'a' if link else 'b'}", joining="Bell 3"
        )
        self._do(lambda: holding.change(session, said, who="Priya", now=self.now), post)

    @now_and_then
    @rule(at=WHERE, hour=st.sampled_from((9, 11, 14)), other=st.booleans(), post=POST)
    def move_the_session(self, at: int, hour: int, other: bool, post: str) -> None:
        session = self.sessions[at]
        venue = self.halls[0 if not other else 1] if at < 2 else self.venues[2]
        said = holding.as_said(session)
        self._do(
            lambda: holding.change(session, said, venue=venue, starts=time(hour), who="Priya", now=self.now),
            post,
        )

    @now_and_then
    @rule(at=WHERE, in_earnest=st.integers(0, 3), post=POST)
    def call_off(self, at: int, in_earnest: int, post: str) -> None:
        if not in_earnest:  # else lives would be short
            session = self.sessions[at]
            self._do(lambda: holding.call_off(session, reason="Ill", who="Priya", now=self.now), post)

    @rule(some=st.sets(st.integers(0, 8), min_size=1), late=st.booleans())
    def post_goes(self, some: set[int], late: bool) -> None:
        """The letters to some people go, each person's in order; `late`: they are on the way."""
        self.now += timedelta(minutes=7)
        with transaction():
            waiting = db.session.scalars(
                select(Letter)
                .where(Letter.status == WAITING, Letter.id > self.first_letter)
                .order_by(Letter.id)
            ).all()
            whom = sorted({letter.recipient for letter in waiting})
            chosen = {whom[i % len(whom)] for i in some} if whom else set()
            for letter in waiting:
                if letter.recipient in chosen:
                    if letter.method:
                        self.on_the_way.append((plain_address(letter.recipient).lower(), letter.raw))
                    letter.status, letter.handed_at, letter.raw = SENT, self.now, copies.masked(letter.raw)
        while self.on_the_way and not late:
            self._arrive(self.on_the_way.pop(0))

    @precondition(lambda self: self.on_the_way)
    @rule(which=st.integers(0, 20))
    def letter_arrives(self, which: int) -> None:
        """In any order: a letter may overtake another on the way."""
        self._arrive(self.on_the_way.pop(which % len(self.on_the_way)))

    def _arrive(self, letter: tuple[str, bytes]) -> None:
        to, raw = letter
        self.calendars.setdefault(to, PersonsCalendar(to)).take(raw)

    # What must hold after each of these

    @invariant()
    def no_session_has_more_than_its_places(self) -> None:
        for session in self._standing():
            coming = [b for b in promises.of_performance(session.performance_id) if b.role == "guest"]
            assert sum(b.seats for b in coming) <= session.places
            assert len({b.organisation_id for b in coming}) == len(coming)
            assert all(b.seats == sum(promises.pupils_of(b).values()) > 0 for b in coming)

    @invariant()
    def nobody_who_fits_waits(self) -> None:
        for session in self._standing():
            left = guest_places.seats_of(session.performance, session.places).for_guests
            for place in guest_places.asked_of(session.performance_id):
                assert place.seats > left or self._has_no_more(place)
        assert (
            db.session.scalars(
                select(GuestPlace).where(
                    GuestPlace.programme_id == self.programme.id,
                    GuestPlace.ended_at.is_(None),
                    GuestPlace.performance_id.not_in([s.performance_id for s in self._standing()]),
                )
            ).all()
            == []
        )

    def _has_no_more(self, place: GuestPlace) -> bool:
        """Its other places leave it fewer staff than it waits for."""
        staff = place.organisation.front_line_staff
        booked = sum(b.seats for b in promises.live(self.programme.id, place.organisation_id))
        return staff is not None and booked + place.seats > staff

    @invariant()
    def nobody_promises_more_than_its_staff(self) -> None:
        for body in self.asked[:3]:
            booked = sum(b.seats for b in promises.live(self.programme.id, body.organisation_id))
            assert body.front_line_staff is None or booked <= body.front_line_staff

    @invariant()
    def what_is_written_is_so(self) -> None:
        for letter in db.session.scalars(
            select(Letter).where(Letter.id > self.seen, Letter.method != "").order_by(Letter.id)
        ).all():
            self.seen = letter.id
            entry, now = (letter.stream, letter.recipient), revision_of(letter.raw)
            if entry in self.written:
                assert revision_problems(self.written[entry], now) == []
            self.written[entry] = now
        for (uid, to), letter in self._last_letters().items():
            booking = db.session.scalar(select(Booking).where(Booking.uid == uid))
            if booking is None:
                continue
            has_it = booking.ended_at is None and to.lower() in {
                p.address.lower() for p in promises.people_of(booking)
            }
            assert (letter.method == "REQUEST") == has_it
            if has_it:
                event = revision_of(letter.raw).event
                assert int(event.one("SEQUENCE")) == booking.sequence
                self._tells_the_place(event, booking)
        for booking in db.session.scalars(select(Booking).where(Booking.programme_id == self.programme.id)):
            assert self.uids.setdefault(booking.id, booking.uid) == booking.uid

    def _tells_the_place(self, event: Any, booking: Booking) -> None:
        show = booking.performance
        session = db.session.get_one(TrainingSession, show.id)
        host = show.host
        assert local(instant(event.all("DTSTART")[0]).replace(tzinfo=self.now.tzinfo)) == local(
            show.starts_at
        )
        address = ", ".join(part for part in (host.street, host.town, host.postcode) if part)
        where = [host.name, address, session.link]
        assert plain(event.one("LOCATION")) == one_line(", ".join(part for part in where if part))

    @invariant()
    def feeds_show_what_is_so(self) -> None:
        for who, organisation in enumerate(self.asked):
            text = b"".join(
                entries.body(entries.SCHOOL, organisation.organisation_id, "Visits", now=self.now)
            )
            assert feed_problems(text) == []
            shown = [e for e in events_of(text) if e.one("STATUS") != "CANCELLED"]
            starts = sorted(b.performance.starts_at.replace(tzinfo=None) for b in self._bookings(who))
            assert sorted(instant(e.all("DTSTART")[0]) for e in shown) == starts

    def _standing(self) -> list[TrainingSession]:
        return [s for s in self.sessions if s.performance.released_at is None]

    def _last_letters(self) -> dict[tuple[str, str], Letter]:
        rows = db.session.scalars(
            select(Letter)
            .where(Letter.id > self.first_letter, Letter.method != "", Letter.status.in_((WAITING, SENT)))
            .order_by(Letter.id)
        )
        return {(row.stream, row.recipient): row for row in rows}

    def teardown(self) -> None:
        """In the end all that waits goes and arrives: every calendar shows what is so, and nothing else."""
        if not hasattr(self, "calendars"):
            return
        self.post_goes(set(range(60)), late=True)
        while self.on_the_way:
            self._arrive(self.on_the_way.pop())
        expected: dict[str, dict[str, datetime]] = {}
        for who in range(4):
            for booking in self._bookings(who):
                for person in promises.people_of(booking):
                    mine = expected.setdefault(plain_address(person.address).lower(), {})
                    mine[booking.uid] = booking.performance.starts_at.replace(tzinfo=None)
        for address, calendar in self.calendars.items():
            shown = {uid: held.starts_at for uid, held in calendar.shown().items()}
            if "@trainers.example" in address:
                standing = [
                    s.performance
                    for s in self._standing()
                    if s.performance.troupe.calendar_address == address
                ]
                assert shown == {p.uid: at_work(p)[0].replace(tzinfo=None) for p in standing}
            else:
                assert shown == expected.get(address, {}), address
        assert expected.keys() <= self.calendars.keys()


few = settings(
    max_examples=so_many(15),
    stateful_step_count=30,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def live(examples: settings) -> None:
    with transaction():
        Training.partnership = make.partnership()
    run_state_machine_as_test(Training, settings=examples)


def test_no_calendar_of_a_training_is_ever_told_what_is_not_so(app: Flask) -> None:
    live(few)


@pytest.mark.long
def test_no_calendar_of_a_training_is_ever_told_what_is_not_so_in_a_thousand(app: Flask) -> None:
    live(settings(few, max_examples=1000, stateful_step_count=40))
