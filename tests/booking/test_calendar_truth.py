"""Whatever is done in whatever order, and whenever mail arrives: no calendar is ever told what is not so.

A random county's days: bookings, proposals, moves with our words or without, changes of place and people,
guests that join and leave, cancellations; the post goes out by fits and starts, some letters twice; letters
are asked for again by people and by their calendars; answers come in late, in any order, and more than once.
"""

from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from typing import Any, NamedTuple

import life
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
from at_work import at_work
from how_many import so_many
from outreach.booking import bookings, colleagues, guest_places, invite_answers, promises
from outreach.booking.colleagues import Colleague
from outreach.booking.desk import proposing
from outreach.booking.guest_places import Travel
from outreach.booking.guests import hosting, joining
from outreach.booking.guests.joining import JoiningWish
from outreach.booking.numbers import MoreThanTheHostGave
from outreach.booking.promises import Booking
from outreach.booking.proposals import Proposal
from outreach.county.partnerships import Partnership
from outreach.ground.db import db, transaction
from outreach.post import again, copies
from outreach.post.calendars import one_line
from outreach.post.envelopes import plain_address
from outreach.post.feeds import entries
from outreach.post.incoming import receiving
from outreach.post.outbox import SENT, SUPERSEDED, WAITING, Letter
from outreach.tour import slots
from outreach.tour.performances import Performance, TroupeEvent
from post.strict import events_of, feed_problems, instant, plain
from post.strict_mail import SEQUENCED, Revision, revision_of, revision_problems

PEOPLE = (
    life.FELL,
    life.WHITFIELD,
    Colleague(name="Siân “S” O’Neill; DSL", address="S.Oneill@Redmere.example", duty="colleague"),
    Colleague(name="학교 👩🏽‍🏫", address="office@schule-müller.example", duty="colleague"),
)
GUESTS = (
    Colleague(
        name="Ann Lea", address="office@littlemere.example", duty="safeguarding lead", phone="01632 960 300"
    ),
    Colleague(name="Tom Reed", address="t.reed@littlemere.example", duty="colleague"),
)
HALLS = ("Main hall", "Sports hall, side B; (ask)", "")
DAYS = ("tuesday", "next_week", "wednesday")
HOURS = (time(9), time(10), time(13))
POST = st.sampled_from(("arrives", "arrives", "arrives", "on the way", "waits"))
SHAPES = ("plain", "Exchange", "no SEQUENCE", "huge SEQUENCE")
OVER_THE_CHANGE = {
    "TUESDAY": date(2027, 3, 23),
    "WEDNESDAY": date(2027, 3, 24),
    "NEXT_WEEK": date(2027, 4, 13),
}
_n = count(1)


class Given(NamedTuple):
    """An answer, and to what. `starts_at` is naive, in UTC."""

    address: str
    uid: str
    sequence: int
    starts_at: datetime
    at: datetime
    partstat: str
    says_sequence: bool


class County(RuleBasedStateMachine):
    """One school, two vans, and everybody's calendar."""

    partnership: Partnership

    @initialize()
    def lay(self) -> None:
        self.now = make.NOW
        with transaction():
            self.programme = make.programme(
                self.partnership, audience_ceiling=350, title=f"Someone, to; Tell {next(_n)}"
            )
            self.red = make.troupe(self.partnership, calendar_address=f"red{next(_n)}@lantern-row.example")
            self.blue = make.troupe(self.partnership, calendar_address=f"blue{next(_n)}@lantern-row.example")
            for name, day in OVER_THE_CHANGE.items():
                van = self.blue if name == "WEDNESDAY" else self.red
                setattr(self, name.lower(), make.tour_day(self.programme, van, day))
            self.school = make.school(street="Church Lane, 3; “The Lodge”")
            self.small = make.school(name="Littlemere School", number_of_pupils=63)
            self.contacts = [make.contact(self.school, name=p.name, address=p.address) for p in PEOPLE[:2]]
        self.first_letter = db.session.scalar(select(Letter.id).order_by(Letter.id.desc()).limit(1)) or 0
        self.seen = self.first_letter
        self.booking: Booking | None = None
        self.guest: Booking | None = None
        self.proposal: Proposal | None = None
        self.uids: dict[int, str] = {}
        self.deeds = self.judged = 0
        self.written: dict[tuple[str, str], Revision] = {}
        self.calendars: dict[str, PersonsCalendar] = {}
        self.on_the_way: list[tuple[str, bytes]] = []
        self.arrived: list[tuple[str, bytes]] = []
        self.answers_on_the_way: list[tuple[bytes, Given]] = []
        self.given: dict[tuple[str, str], Given] = {}
        self.came: set[int] = set()
        self.taken: dict[tuple[str, str], list[tuple[int, datetime, str]]] = {}
        self.told: dict[tuple[str, str], list[tuple[int, datetime]]] = {}
        self.place: dict[str, tuple[list[str], int]] = {}

    # What people do

    def _do(self, verb: Any, post: str = "waits") -> Any:
        self.now += timedelta(minutes=7)
        self.deeds += 1
        with transaction():
            did = verb()
        self._post(post)
        return did

    def _post(self, how: str) -> None:
        """What becomes of all that waits: it 'arrives', is 'on the way', or 'waits'."""
        if how != "waits":
            self.post_goes(set(range(6)), late=how == "on the way")

    def _slot(self, day: str, at: time, of: Booking | Proposal | None = None) -> slots.Slot | None:
        return slots.find(
            self.programme,
            self.school,
            f"{getattr(self, day).id}-{at:%H%M}",
            now=self.now,
            instead_of=of.performance_id if of else None,
            whatever_the_notice=True,
        )

    def _live(self) -> Booking:
        assert self.booking is not None
        return self.booking

    def _kept(self) -> Proposal:
        assert self.proposal is not None
        return self.proposal

    free = precondition(lambda self: self.booking is None and self.proposal is None)
    booked = precondition(lambda self: self.booking is not None)
    kept = precondition(lambda self: self.proposal is not None)
    alone = precondition(lambda self: self.booking is not None and self.guest is None)
    with_guest = precondition(lambda self: self.guest is not None)

    @free
    @rule(
        day=st.sampled_from(DAYS),
        at=st.sampled_from(HOURS),
        people=st.sets(st.sampled_from(range(4)), min_size=1),
        post=POST,
    )
    def book(self, day: str, at: time, people: set[int], post: str) -> None:
        self.now += timedelta(minutes=7)
        if self._slot(day, at) is not None:
            self.deeds += 1
            self.booking = life.book(
                self, self.now, day=getattr(self, day), at=at, people=tuple(PEOPLE[i] for i in sorted(people))
            )
            self._post(post)

    @free
    @rule(day=st.sampled_from(DAYS), at=st.sampled_from(HOURS), post=POST)
    def propose(self, day: str, at: time, post: str) -> None:
        found = self._slot(day, at)
        if found is not None:
            offer = proposing.ProposalDraft(
                programme=self.programme,
                organisation=self.school,
                slot=found,
                people=self.contacts,
                reply_by=date(2027, 2, 20),
            )
            self.proposal = self._do(lambda: proposing.propose(offer, who="Priya", now=self.now), post)

    @kept
    @rule(people=st.sets(st.sampled_from(range(4)), min_size=1), post=POST)
    def accept(self, people: set[int], post: str) -> None:
        promised = life.promise(people=tuple(PEOPLE[i] for i in sorted(people)))
        kept = self._kept()
        self.booking = self._do(
            lambda: proposing.accept(kept, promised, who="Joanna Fell", now=self.now), post
        )
        self.proposal = None

    @kept
    @rule(day=st.sampled_from(DAYS), at=st.sampled_from(HOURS), tell=st.booleans(), post=POST)
    def move_proposal(self, day: str, at: time, tell: bool, post: str) -> None:
        kept = self._kept()
        found = self._slot(day, at, kept)
        if found is not None:
            self._do(lambda: proposing.move(kept, found, tell=tell, who="Priya", now=self.now), post)

    @kept
    @rule(how=st.sampled_from(("refuse", "withdraw")), in_earnest=st.booleans(), post=POST)
    def end_proposal(self, how: str, in_earnest: bool, post: str) -> None:
        if not in_earnest:
            return
        kept = self._kept()
        self._do(lambda: getattr(proposing, how)(kept, reason="Exams", who="Priya", now=self.now), post)
        self.proposal = None

    @booked
    @rule(day=st.sampled_from(DAYS), at=st.sampled_from(HOURS), tell=st.booleans(), post=POST)
    def move(self, day: str, at: time, tell: bool, post: str) -> None:
        """`tell` False: the coordinator tells the school in words of its own."""
        found = self._slot(day, at, self._live())
        if found is not None:
            by = {"who": "Priya", "by": "coordinator", "tell": tell}
            self._do(lambda: bookings.move(self._live(), found, now=self.now, **by), post)

    @alone
    @rule(people=st.sets(st.sampled_from(range(2)), min_size=1), post=POST)
    def guest_joins(self, people: set[int], post: str) -> None:
        promised = life.promise(pupils={8: 9}, people=tuple(GUESTS[i] for i in sorted(people)))
        wish = JoiningWish(why=guest_places.FEW_PUPILS, promise=promised, travel=Travel(by="foot"))
        show = self._live().performance
        place = self._do(
            lambda: joining.ask(self.programme, self.small, show, wish, who="Ann Lea", now=self.now)
        )
        if place.ended_at is None:
            self._do(lambda: hosting.agree(place, seats=9, terms="", who="Joanna Fell", now=self.now), post)
        self.guest = next(
            b for b in promises.of_performance(show.id) if b.organisation_id == self.small.organisation_id
        )

    @with_guest
    @rule(pupils=st.sampled_from((7, 8, 9)), post=POST)
    def guest_changes(self, pupils: int, post: str) -> None:
        assert self.guest is not None
        guest, promised = self.guest, life.promise(pupils={8: pupils}, hall="", people=GUESTS[:1])
        come = lambda: joining.come(guest, promised, Travel(by="foot"), who="Ann Lea", now=self.now)  # noqa: E731
        if pupils <= guest.seats:
            self._do(come, post)
            return
        with pytest.raises(MoreThanTheHostGave):  # what it gave back is the host's to give again
            self._do(come, post)

    @with_guest
    @rule(post=POST)
    def guest_leaves(self, post: str) -> None:
        guest = self.guest
        assert guest is not None
        self._do(
            lambda: bookings.cancel(guest, reason="Trip", by="school", who="Ann Lea", now=self.now), post
        )
        self.guest = None

    @booked
    @rule(hall=st.sampled_from(HALLS), pupils=st.sampled_from((100, 120)), post=POST)
    def change(self, hall: str, pupils: int, post: str) -> None:
        promised = life.promise(hall=hall, pupils={8: pupils})
        self._do(lambda: bookings.change(self._live(), promised, who="Joanna Fell", now=self.now), post)

    @booked
    @rule(who=st.sampled_from(range(4)), post=POST)
    def add(self, who: int, post: str) -> None:
        there = {p.address.lower() for p in promises.people_of(self._live())}
        if plain_address(PEOPLE[who].address).lower() not in there:
            self._do(lambda: colleagues.add(self._live(), PEOPLE[who], who="Joanna Fell", now=self.now), post)

    @booked
    @rule(which=st.integers(0, 3), post=POST)
    def remove(self, which: int, post: str) -> None:
        there = promises.people_of(self._live())
        if len(there) > 1:
            leaving = there[which % len(there)]
            self._do(lambda: colleagues.end(self._live(), leaving.id, who="Joanna Fell", now=self.now), post)

    @booked
    @rule(by=st.sampled_from(("school", "company")), in_earnest=st.booleans(), post=POST)
    def cancel(self, by: str, in_earnest: bool, post: str) -> None:
        if not in_earnest:  # else lives would be short
            return
        self._do(
            lambda: bookings.cancel(self._live(), reason="Exams; “mocks”", by=by, who="Joanna", now=self.now),
            post,
        )
        self.booking = self.guest = None

    @booked
    @rule(which=st.integers(0, 3), how=st.sampled_from(("letter", "person")), post=POST)
    def send_again(self, which: int, how: str, post: str) -> None:
        self.now += timedelta(hours=1)
        there = promises.people_of(self._live())
        to = there[which % len(there)]
        if how == "letter":
            self._do(lambda: again.resend(self._live().uid, to.address, now=self.now), post)
        else:
            self._do(lambda: colleagues.send_again(self._live(), to.id, who="Priya", now=self.now), post)

    # The post, and what it brings

    @rule(some=st.sets(st.sampled_from(range(6)), min_size=1), late=st.booleans())
    def post_goes(self, some: set[int], late: bool) -> None:
        """The letters to some people go, each person's in order; the others' wait longer. `late`: they are on
        the way."""
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
                        self.on_the_way.append((plain_address(letter.recipient), letter.raw))
                    letter.status, letter.handed_at, letter.raw = SENT, self.now, copies.masked(letter.raw)
        while self.on_the_way and not late:
            self._arrive(self.on_the_way.pop(0))

    @precondition(lambda self: self.on_the_way)
    @rule(which=st.integers(0, 20))
    def letter_arrives(self, which: int) -> None:
        """In any order: a letter may overtake another on the way."""
        self._arrive(self.on_the_way.pop(which % len(self.on_the_way)))

    @precondition(lambda self: self.arrived)
    @rule(which=st.integers(0, 40))
    def letter_arrives_again(self, which: int) -> None:
        self._arrive(self.arrived[which % len(self.arrived)])

    def _arrive(self, letter: tuple[str, bytes]) -> None:
        to, raw = letter
        self.arrived.append(letter)
        self.calendars.setdefault(to, PersonsCalendar(to)).take(raw)

    @precondition(lambda self: any(c.shown() for c in self.calendars.values()))
    @rule(
        who=st.integers(0, 5),
        partstat=st.sampled_from(("ACCEPTED", "TENTATIVE", "DECLINED")),
        shape=st.sampled_from(SHAPES),
        late=st.booleans(),
    )
    def answer(self, who: int, partstat: str, shape: str, late: bool) -> None:
        """Somebody answers what stands in the calendar at this moment, be it old already."""
        self.now += timedelta(minutes=7)
        people = [c for _, c in sorted(self.calendars.items()) if c.shown()]
        calendar = people[who % len(people)]
        uid = sorted(calendar.shown())[0]
        held = calendar.events[uid]
        given = Given(
            calendar.address.lower(),
            uid,
            held.sequence,
            held.starts_at,
            self.now,
            partstat,
            "SEQUENCE" not in shape,
        )
        self.given[given.address, f"{self.now:%Y%m%dT%H%M%S}"] = given
        self.answers_on_the_way.append((calendar.answer(uid, partstat, self.now, shape), given))
        if not late:
            self.answer_arrives(len(self.answers_on_the_way) - 1, False)

    @precondition(lambda self: self.answers_on_the_way)
    @rule(which=st.integers(0, 20), again=st.booleans())
    def answer_arrives(self, which: int, again: bool) -> None:
        which %= len(self.answers_on_the_way)
        raw, given = self.answers_on_the_way[which] if again else self.answers_on_the_way.pop(which)
        self._do(lambda: receiving.receive(raw, None, now=self.now))
        if id(given) not in self.came and self._has_it(given):
            # Without a SEQUENCE the start tells: the newest invite that named it.
            named = [seq for seq, start in self.told[given.uid, given.address] if start == given.starts_at]
            sequence = given.sequence if given.says_sequence else max(named)
            self.taken.setdefault((given.uid, given.address), []).append((sequence, given.at, given.partstat))
        self.came.add(id(given))

    @precondition(lambda self: any(c.shown() for c in self.calendars.values()))
    @rule(who=st.integers(0, 5), shape=st.sampled_from(SHAPES))
    def answers_cross(self, who: int, shape: str) -> None:
        """Yes, then no; and the no is here first."""
        self.answer(who, "ACCEPTED", shape, late=True)
        self.answer(who, "DECLINED", shape, late=False)
        self.answer_arrives(len(self.answers_on_the_way) - 1, False)

    @precondition(lambda self: any(c.shown() for c in self.calendars.values()))
    @rule(who=st.integers(0, 7), post=POST)
    def asks_again(self, who: int, post: str) -> None:
        """Somebody's calendar asks for the entry that it shows, be that over already (REFRESH)."""
        self.now += timedelta(hours=2)
        people = [c for _, c in sorted(self.calendars.items()) if c.shown()]
        calendar = people[who % len(people)]
        uid = sorted(calendar.shown())[-1]
        self._do(lambda: receiving.receive(calendar.refresh(uid, self.now), None, now=self.now), post)

    def _has_it(self, given: "Given") -> bool:
        """Whether the last that was written to this person did not take the entry away from them alone."""
        last = next(
            r
            for (uid, to), r in self.written.items()
            if (uid, plain_address(to).lower()) == (given.uid, given.address)
        )
        return last.method == "REQUEST" or bool(last.event.one("STATUS"))

    def _answered(self, uid: str, address: str) -> str:
        """By our own book: the newest answer, where it was given to the time and place that stand."""
        answers = sorted(self.taken.get((uid, address), []))
        return answers[-1][2] if answers and answers[-1][0] >= self.place[uid][1] else "NEEDS-ACTION"

    # What must hold after each of these

    @invariant()
    def nothing_is_untrue(self) -> None:
        """Looked at anew after each deed; where nothing was done, nothing can have become untrue."""
        if self.judged == self.deeds:
            return
        self.judged = self.deeds
        self._what_was_written_is_so()
        self._sequences_never_fall()
        self._the_last_message_to_each_tells_the_truth()
        self._an_answer_to_an_old_time_never_counts()
        self._feeds_show_what_is_so()

    def _what_was_written_is_so(self) -> None:
        written = db.session.scalars(
            select(Letter).where(Letter.id > self.seen, Letter.method != "").order_by(Letter.id)
        ).all()
        for letter in written:
            self.seen = letter.id
            entry, now = (letter.stream, letter.recipient), revision_of(letter.raw)
            if entry in self.written:
                assert revision_problems(self.written[entry], now) == []
            self.written[entry] = now
            self._note(letter, now)
            if letter.status != SUPERSEDED:
                self._is_so(letter, now)

    def _note(self, letter: Letter, now: Revision) -> None:
        """Which revision named which start to whom, and since which one time and place stand."""
        if letter.method == "REQUEST":
            address, starts_at = plain_address(letter.recipient).lower(), instant(now.event.all("DTSTART")[0])
            self.told.setdefault((letter.stream, address), []).append((letter.sequence, starts_at))
            stands = [now.event.one(name) for name in SEQUENCED]
            if letter.kind != "sent again" and self.place.get(letter.stream, ([], 0))[0] != stands:
                self.place[letter.stream] = (stands, letter.sequence)

    def _is_so(self, letter: Letter, now: Revision) -> None:
        event = now.event
        owner = self._owner(letter.stream)
        named = {p.value.removeprefix("mailto:").lower(): p.params["PARTSTAT"] for p in event.all("ATTENDEE")}
        assert plain_address(letter.recipient).lower() in named
        assert int(event.one("SEQUENCE")) == owner.sequence == letter.sequence
        if letter.method == "REQUEST":
            self._tells_the_place(event, owner)
            people = self._people(owner)
            assert set(named) == set(people)
            # Sent again it is the same calendar text, with the answers of then.
            assert named == people or letter.kind == "sent again"
        else:
            gone = (
                isinstance(owner, Booking)
                and owner.ended_at is None
                and "STATUS" not in {p.name for p in event.props}
            )
            assert gone or self._is_over(owner) or letter.recipient != self._troupe_address(owner)

    def _tells_the_place(self, event: Any, owner: Booking | Proposal | Performance) -> None:
        show = owner if isinstance(owner, Performance) else owner.performance
        assert show is not None
        company = isinstance(owner, Performance)
        starts, ends = at_work(show) if company else (show.starts_at, show.ends_at)
        assert instant(event.all("DTSTART")[0]).replace(tzinfo=UTC) == starts
        assert instant(event.all("DTEND")[0]).replace(tzinfo=UTC) == ends
        assert event.one("STATUS") == ("TENTATIVE" if isinstance(owner, Proposal) else "CONFIRMED")
        host = next(iter(promises.of_performance(show.id)), None)
        place = [
            self.school.name,
            host.hall if host else "",
            f"{self.school.street}, {self.school.town}, {self.school.postcode}",
        ]
        assert plain(event.one("LOCATION")) == one_line(", ".join(part for part in place if part))

    def _people(self, owner: Booking | Proposal | Performance) -> dict[str, str]:
        """Whom the event names, with the answer of each that holds for the time and place that stand."""
        whom = [plain_address(address).lower() for address in self._whom(owner)]
        return {address: self._answered(str(owner.uid), address) for address in whom}

    def _owner(self, uid: str) -> Booking | Proposal | Performance:
        for table in (Booking, Performance, Proposal, TroupeEvent):
            if (found := db.session.scalar(select(table).where(table.uid == uid))) is not None:
                return found
        raise AssertionError(f"an event of nobody: {uid}")

    def _troupe_address(self, owner: Any) -> str:
        if not isinstance(owner, Performance):
            return ""
        return self.red.calendar_address if owner.troupe_id == self.red.id else self.blue.calendar_address

    def _is_over(self, owner: Any) -> bool:
        if isinstance(owner, TroupeEvent):  # another troupe has it
            return True
        return owner.released_at is not None if isinstance(owner, Performance) else owner.ended_at is not None

    def _sequences_never_fall(self) -> None:
        rows = db.session.execute(
            select(Letter.stream, Letter.recipient, Letter.sequence)
            .where(Letter.id > self.first_letter, Letter.method != "")
            .order_by(Letter.id)
        ).all()
        known: dict[object, int] = {}
        for uid, to, sequence in rows:
            for entry in [(uid, to), uid]:
                assert sequence >= known.get(entry, 0)
                known[entry] = sequence
        for booking in db.session.scalars(select(Booking).where(Booking.programme_id == self.programme.id)):
            assert self.uids.setdefault(booking.id, booking.uid) == booking.uid
        assert len(set(self.uids.values())) == len(self.uids)

    def _the_last_message_to_each_tells_the_truth(self) -> None:
        for (uid, to), letter in self._last_letters().items():
            owner, event = self._owner(uid), revision_of(letter.raw).event
            has_it = not self._is_over(owner) and to.lower() in {a.lower() for a in self._whom(owner)}
            assert (letter.method == "REQUEST") == has_it, f"{to}: {letter.method}"
            if has_it:
                self._tells_the_place(event, owner)
        if self.booking is not None:
            told = {to.lower() for uid, to in self._last_letters() if uid == self.booking.uid}
            assert {p.address.lower() for p in promises.people_of(self.booking)} <= told

    def _whom(self, owner: Booking | Proposal | Performance) -> list[str]:
        if isinstance(owner, Booking):
            return [p.address for p in promises.people_of(owner)]
        if isinstance(owner, TroupeEvent):
            return []
        if isinstance(owner, Proposal):
            return [p.address for p in owner.people]
        return [self._troupe_address(owner)]

    def _last_letters(self) -> dict[tuple[str, str], Letter]:
        rows = db.session.scalars(
            select(Letter)
            .where(Letter.id > self.first_letter, Letter.method != "", Letter.status.in_((WAITING, SENT)))
            .order_by(Letter.id)
        )
        return {(row.stream, row.recipient): row for row in rows}

    def _an_answer_to_an_old_time_never_counts(self) -> None:
        if self.booking is None:
            return
        uid, found = self.booking.uid, invite_answers.answers_to_booking(self.booking)
        assert set(found) == {address for of, address in self.taken if of == uid}
        for address, said in found.items():
            given = self.given[address, f"{said.at:%Y%m%dT%H%M%S}"]
            newest = max(self.taken[uid, address])
            assert (given.uid, given.at, said.partstat) == (uid, newest[1], newest[2])
            assert said.stands == (newest[0] >= self.place[uid][1])
            if said.stands or said.to_starts_at is not None:
                assert given.starts_at.replace(tzinfo=UTC) == said.to_starts_at

    def _feeds_show_what_is_so(self) -> None:
        for kind, subject in (
            (entries.SCHOOL, self.school.organisation_id),
            (entries.TROUPE, self.red.id),
            (entries.TROUPE, self.blue.id),
        ):
            text = b"".join(entries.body(kind, subject, "Visits", now=self.now))
            assert feed_problems(text) == []
            shown = [e for e in events_of(text) if e.one("STATUS") != "CANCELLED"]
            live = [] if self.booking is None else [self.booking.performance]
            if kind == entries.TROUPE:
                live = [show for show in live if show.troupe_id == subject]
                starts = [at_work(show)[0] for show in live]
            else:
                starts = [show.starts_at for show in live]
            assert [instant(e.all("DTSTART")[0]).replace(tzinfo=UTC) for e in shown] == starts

    def teardown(self) -> None:
        """In the end all that waits goes and arrives: every calendar shows what is so, and nothing else."""
        if not hasattr(self, "calendars"):
            return
        self.post_goes(set(range(6)), late=True)
        while self.on_the_way:
            self._arrive(self.on_the_way.pop())
        show = self.booking.performance if self.booking else None
        for address, calendar in self.calendars.items():
            expected: dict[str, datetime] = {}
            for promise in (self.booking, self.guest):
                if promise and address in {plain_address(p.address) for p in promises.people_of(promise)}:
                    expected[promise.uid] = promise.performance.starts_at
            if self.proposal and address in {p.address for p in self.proposal.people}:
                expected[str(self.proposal.uid)] = self.proposal.starts_at
            if show and address == self._troupe_address(show):
                expected[show.uid] = at_work(show)[0]
            shown = {uid: held.starts_at.replace(tzinfo=UTC) for uid, held in calendar.shown().items()}
            assert shown == expected, address
        self._each_person_was_told_in_order()

    def _each_person_was_told_in_order(self) -> None:
        went = db.session.scalars(
            select(Letter)
            .where(Letter.id > self.first_letter, Letter.method != "", Letter.status == SENT)
            .order_by(Letter.id)
        )
        last: dict[tuple[str, str], Revision] = {}
        for letter in went:
            entry, now = (letter.stream, letter.recipient), revision_of(letter.raw)
            if entry in last:
                assert revision_problems(last[entry], now) == []
            else:
                assert now.method == "REQUEST"
            last[entry] = now


few = settings(
    max_examples=so_many(20),
    stateful_step_count=20,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def live(examples: settings) -> None:
    with transaction():
        County.partnership = make.partnership()
    run_state_machine_as_test(County, settings=examples)


def test_no_calendar_is_ever_told_what_is_not_so(app: Flask) -> None:
    live(few)


@pytest.mark.long
def test_no_calendar_is_ever_told_what_is_not_so_in_a_thousand_counties(app: Flask) -> None:
    live(settings(few, max_examples=1000, stateful_step_count=40))


def test_whoever_writes_from_a_domain_in_other_letters_is_known_by_it(app: Flask) -> None:
    c = life.lay()
    booking = life.book(c, make.NOW, people=(life.FELL, PEOPLE[3]))
    calendar = PersonsCalendar("office@xn--schule-mller-klb.example")
    for message in life.hand_over(make.NOW):
        if message.to == calendar.address:
            calendar.take(message.raw)
    later = make.NOW + timedelta(hours=1)
    with transaction():
        receiving.receive(calendar.answer(booking.uid, "ACCEPTED", later, "plain"), None, now=later)
        bookings.change(booking, life.promise(pupils={8: 100}), who="Joanna Fell", now=later)
    (told,) = (revision_of(m.raw) for m in life.hand_over(later) if m.to == calendar.address)
    assert {p.value: p.params["PARTSTAT"] for p in told.event.all("ATTENDEE")} == {
        f"mailto:{life.FELL.address}": "NEEDS-ACTION",
        f"mailto:{calendar.address}": "ACCEPTED",
    }


def test_a_move_to_where_it_stands_tells_nobody_and_voids_no_answer(app: Flask) -> None:
    c = life.lay()
    c.booking = life.book(c, make.NOW)
    life.hand_over(make.NOW)
    life.move("tuesday", time(9))(c, make.NOW + timedelta(hours=1))
    assert life.hand_over(make.NOW) == []
    assert (c.booking.sequence, c.booking.place_sequence, c.booking.performance.sequence) == (0, 0, 0)
