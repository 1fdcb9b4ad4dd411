"""A year of chasing, played day by day through the service's own commands and verbs, and judged by a diary of
its own.

Schools answer, book, cancel, name somebody else, lose an address, take days off; a coordinator asks, reminds,
raises, excludes; the post is down for days; the day's run comes twice, or not at all. For each letter that
the mail server took the diary says whether it might go: nothing twice to one person for one reason, none
after an answer, none on a day on which the school is not in, none to a dead address, none raised without a
word, nobody offered two times at once.
"""

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import pytest
from flask import Flask

import make
from asking.chasing.scene import at
from outreach.asking import invitations, rounds
from outreach.asking.chasing import raising, reminders, settings
from outreach.asking.chasing.chases import HEAD
from outreach.asking.chasing.settings import Schedule
from outreach.booking import bookings, holds, promises, proposals
from outreach.booking.colleagues import Colleague
from outreach.booking.numbers import Promise
from outreach.county import contacts, school_days
from outreach.county.schools import School
from outreach.ground import clock
from outreach.ground.db import db, transaction
from outreach.ground.errors import Refusal
from outreach.post import outbox
from outreach.post.letters import Addressee
from outreach.post.outbox import Letter
from outreach.tour import slots, target_decisions
from outreach.tour.programmes import Programme

TERMS = (
    (date(2026, 9, 2), date(2026, 10, 23)),
    (date(2026, 11, 2), date(2026, 12, 18)),
    (date(2027, 1, 4), date(2027, 2, 12)),
    (date(2027, 2, 22), date(2027, 3, 25)),
    (date(2027, 4, 12), date(2027, 5, 28)),
    (date(2027, 6, 7), date(2027, 7, 21)),
)
MAY_DAY = date(2027, 5, 3)
CHASING = ("reminder", "second reminder", "raised to head", "raised to trust")
REPLY_BY = date(2027, 6, 18)


@dataclass
class Diary:
    """What the test itself knows of one school; nothing here is read from the service."""

    words: int = 0
    said_at: datetime | None = None
    asked: list[tuple[datetime, str]] = field(default_factory=list)
    away: set[date] = field(default_factory=set)
    out: bool = False
    consents: set[str] = field(default_factory=set)
    waits: bool = False

    def say(self, now: datetime) -> None:
        self.words, self.said_at = self.words + 1, now

    def is_in(self, day: date) -> bool:
        in_term = any(first <= day <= last for first, last in TERMS)
        return day.weekday() < 5 and in_term and day != MAY_DAY and day not in self.away


class Year:
    """The county, its diary, and the deeds of a day."""

    def __init__(self, app: Flask, seed: int, schools: int) -> None:
        self.app, self.rng = app, random.Random(seed)
        self.dead: set[str] = set()
        self.had: Counter[tuple[int, str, str, int]] = Counter()
        self.letters: Counter[str] = Counter()
        self.judged = 0
        with transaction():
            partnership = make.partnership()
            programme = make.programme(
                partnership, reply_by=REPLY_BY, audience_ceiling=350, notice_cancel_days=0, shows_a_day=1
            )
            troupe = make.troupe(partnership)
            for month, day in ((11, 10), (12, 1), (1, 19), (2, 9), (3, 9), (4, 20), (5, 18), (6, 22), (7, 6)):
                year = 2026 if month > 8 else 2027
                make.tour_day(programme, troupe, date(year, month, day), shows_at_most=1)
            rows = [
                make.school(name=f"Redmere {n:03}", trust_name="Owl Learning Trust" if n % 2 else None)
                for n in range(schools)
            ]
            for row in rows:
                for _ in range(self.rng.choice((1, 1, 2))):
                    make.contact(row)
            plan = Schedule(
                reminders_on=True,
                offers_on=True,
                first_after_days=6,
                second_after_days=6,
                raise_after_days=4,
                offer_days=2,
            )
            settings.settle(programme, plan, who="Priya", now=make.EARLIER)
            self.id, self.organisation_ids = programme.id, [row.organisation_id for row in rows]
        self.of = {organisation_id: Diary() for organisation_id in self.organisation_ids}

    @property
    def programme(self) -> Programme:
        return db.session.get_one(Programme, self.id)

    def school(self, organisation_id: int) -> School:
        return db.session.get_one(School, organisation_id)

    def try_to(self, deed) -> bool:  # type: ignore[no-untyped-def]
        """A verb in its own transaction; a Refusal is an answer like any other."""
        try:
            with transaction():
                deed()
        except Refusal:
            return False
        return True

    def play(self, first: date, last: date) -> None:
        day = first
        while day <= last:
            self.morning(day)
            for hour in (9, 11, 13, 15):
                for _ in range(self.rng.choice((0, 0, 1, 2))):
                    self.something(day, at(day, hour))
            self.post(at(day, 16))
            day += timedelta(days=1)

    def morning(self, day: date) -> None:
        runs = self.rng.choice((0, 1, 1, 1, 1, 2))
        for n in range(runs):
            clock.now = lambda n=n: at(day, 7) + timedelta(minutes=n)  # type: ignore[assignment,misc]
            result = self.app.test_cli_runner().invoke(args=["asking", "chase"])
            assert result.exit_code == 0, result.output
        db.session.rollback()
        self.offers(at(day, 7))
        if self.rng.random() < 0.5:  # a school is faster than the post
            self.something(day, at(day, 7) + timedelta(minutes=10))
        self.post(at(day, 8))

    def post(self, now: datetime) -> None:
        """The post goes, or is down; whatever the mail server took is judged by the diary."""
        if self.rng.random() < 0.15:
            return
        clock.now = lambda: now  # type: ignore[assignment]
        result = self.app.test_cli_runner().invoke(args=["post", "send"])
        assert result.exit_code == 0, result.output
        db.session.rollback()
        for letter in (
            db.session.query(Letter)
            .filter(Letter.id > self.judged, Letter.handed_at == now)
            .order_by(Letter.id)
        ):
            self.judge(letter, now)
        db.session.rollback()

    def judge(self, letter: Letter, now: datetime) -> None:
        self.letters[letter.kind] += 1
        assert letter.recipient.lower() not in self.dead, f"{letter.kind} to a dead address"
        if letter.method == "REQUEST":
            kept = db.session.query(proposals.Proposal).filter_by(uid=letter.stream).one_or_none()
            if kept is not None and kept.waiting and letter.sequence == 0:
                assert self.of[kept.organisation_id].is_in(now.date()), (
                    f"a time of the waiting list on {now.date()}"
                )
        if letter.kind not in CHASING:
            return
        organisation_id = int(letter.stream.split("/")[2])
        diary, day = self.of[organisation_id], now.date()
        assert diary.is_in(day), f"{letter.kind} on {day}, no school day of {organisation_id}"
        assert day <= REPLY_BY and not diary.out
        since = [when for when, _ in diary.asked if diary.said_at is None or when >= diary.said_at]
        assert since, f"{letter.kind} after {organisation_id} had answered"
        key = (organisation_id, letter.recipient.lower(), letter.kind, diary.words)
        self.had[key] += 1
        assert self.had[key] == 1, f"twice: {key}"
        same = [k for k in self.had if (k[0], k[2], k[3]) == (organisation_id, letter.kind, diary.words)]
        if "reminder" in letter.kind:
            assert len(same) == 1, f"a third reminder: {same}"
            assert letter.recipient.lower() in {address for _, address in diary.asked}
        else:
            assert f"{letter.kind} {letter.recipient.lower()}" in diary.consents

    def offers(self, now: datetime) -> None:
        """Nobody has two times kept at once, and nobody is offered one by itself who does not wait.

        One that is not in has its turn all the same: its time is kept, and its letter waits until it is
        (`judge`).
        """
        kept: Counter[int] = Counter()
        for proposal in (
            db.session.query(proposals.Proposal)
            .filter_by(programme_id=self.id)
            .order_by(proposals.Proposal.id)
        ):
            kept[proposal.organisation_id] += proposal.is_open(now)
            if proposal.recorded_at.date() == now.date():
                assert self.of[proposal.organisation_id].waits, "offered to a school that does not wait"
        assert max(kept.values(), default=0) <= 1

    # What happens

    def something(self, day: date, now: datetime) -> None:
        clock.now = lambda: now  # type: ignore[assignment]
        deeds = (
            (self.round, 3),
            (self.by_hand, 2),
            (self.answers, 5),
            (self.waits, 3),
            (self.books, 2),
            (self.cancels, 1),
            (self.names_another, 1),
            (self.loses_its_address, 1),
            (self.takes_a_day_off, 2),
            (self.raises, 6),
            (self.leaves, 1),
            (self.is_excluded, 0.3),
            (self.takes_the_offer, 2),
            (self.refuses_the_offer, 2),
            (self.reminds_by_hand, 2),
        )
        [deed] = self.rng.choices([d for d, _ in deeds], weights=[w for _, w in deeds])
        deed(self.rng.choice(self.organisation_ids), now)

    def asked_now(self, organisation_id: int, address: str, now: datetime) -> None:
        self.of[organisation_id].asked.append((now, address.lower()))

    def round(self, _organisation_id: int, now: datetime) -> None:
        organisation_ids = self.rng.sample(self.organisation_ids, max(1, len(self.organisation_ids) // 3))
        sent: list[tuple[int, str]] = []

        def deed() -> None:
            found = rounds.send_round(self.programme, organisation_ids, who="Priya", now=now)
            sent.extend((r.organisation.organisation_id, r.contact.address) for r in found.written)

        if self.try_to(deed):
            for organisation_id, address in sent:
                self.asked_now(organisation_id, address, now)

    def by_hand(self, organisation_id: int, now: datetime) -> None:
        on_file = contacts.contacts_of_organisation(organisation_id)
        if on_file:
            address = self.rng.choice(on_file).address
            contact = next(c for c in on_file if c.address == address)
            if self.try_to(
                lambda: invitations.invite(
                    self.programme,
                    self.school(organisation_id),
                    db.session.merge(contact),
                    who="Priya",
                    now=now,
                )
            ):
                self.asked_now(organisation_id, address, now)

    def answers(self, organisation_id: int, now: datetime) -> None:
        kind = self.rng.choice(("declined", "other date", "other date"))
        before = invitations.newest_answer(self.id, organisation_id)
        before_id = before.id if before else 0
        reason = f"{now:%d %B}"
        if self.try_to(
            lambda: invitations.answer(
                self.programme, self.school(organisation_id), kind, reason, who="J", now=now
            )
        ):
            newest = invitations.newest_answer(self.id, organisation_id)
            if newest is not None and newest.id != before_id:
                self.of[organisation_id].say(now)
                self.of[organisation_id].waits = False

    def waits(self, organisation_id: int, now: datetime) -> None:
        before = invitations.newest_answer(self.id, organisation_id)
        if before is not None and before.kind == "waiting list":
            return
        if promises.live(self.id, organisation_id) or proposals.open_of(self.id, organisation_id, now=now):
            return
        if self.try_to(
            lambda: invitations.answer(
                self.programme, self.school(organisation_id), "waiting list", "", who="J", now=now
            )
        ):
            self.of[organisation_id].say(now)
            self.of[organisation_id].waits = True

    def promise(self, organisation_id: int) -> Promise:
        people = [
            Colleague(name="J", address=f"dsl{organisation_id}@redmere.example", duty="safeguarding lead")
        ]
        return Promise(pupils={8: 150, 9: 150}, hall="Main hall", people=people)

    def books(self, organisation_id: int, now: datetime) -> None:
        def deed() -> None:
            near = slots.offers(self.programme, self.school(organisation_id), now=now).near
            if not near:
                raise Refusal("no time")
            [held] = holds.hold(self.programme, self.school(organisation_id), near[:1], who="J", now=now)
            bookings.book(
                self.programme,
                self.school(organisation_id),
                [(held.id, self.promise(organisation_id))],
                who="J",
                now=now,
            )

        if self.try_to(deed):
            self.of[organisation_id].say(now)
            self.of[organisation_id].waits = False

    def cancels(self, organisation_id: int, now: datetime) -> None:
        booked = [b for b in promises.live(self.id, organisation_id) if b.performance.starts_at > now]
        if booked:
            booking_id = booked[0].id
            if self.try_to(
                lambda: bookings.cancel(
                    db.session.get_one(promises.Booking, booking_id),
                    reason="flooded",
                    by="school",
                    who="J",
                    now=now,
                )
            ):
                self.of[organisation_id].say(now)

    def takes_the_offer(self, organisation_id: int, now: datetime) -> None:
        from outreach.booking.desk import proposing

        kept = proposals.open_of(self.id, organisation_id, now=now)
        if kept is not None:
            kept_id = kept.id
            if self.try_to(
                lambda: proposing.accept(
                    db.session.get_one(proposals.Proposal, kept_id),
                    self.promise(organisation_id),
                    who="J",
                    now=now,
                )
            ):
                self.of[organisation_id].say(now)
                self.of[organisation_id].waits = False

    def refuses_the_offer(self, organisation_id: int, now: datetime) -> None:
        kept = proposals.open_of(self.id, organisation_id, now=now)
        if kept is not None:
            kept_id = kept.id
            if self.try_to(
                lambda: invitations.refuse_slot(
                    db.session.get_one(proposals.Proposal, kept_id), reason="mocks", who="J", now=now
                )
            ):
                self.of[organisation_id].say(now)

    def names_another(self, organisation_id: int, now: datetime) -> None:
        address = f"new{organisation_id}.{now:%m%d%H}@redmere.example"

        def deed() -> None:
            contacts.add(
                organisation_id,
                name="New",
                role="PSHE lead",
                address=address,
                phone="",
                source="named by the school",
                source_date=now.date(),
                who="J",
                now=now,
            )
            invitations.answer(
                self.programme, self.school(organisation_id), "somebody else", address, who="J", now=now
            )

        if self.try_to(deed):
            self.of[organisation_id].say(now)
            self.of[organisation_id].waits = False
            contact = next(
                c for c in contacts.contacts_of_organisation(organisation_id) if c.address == address
            )
            if self.try_to(
                lambda: invitations.invite(
                    self.programme, self.school(organisation_id), db.session.merge(contact), who="J", now=now
                )
            ):
                self.asked_now(organisation_id, address, now)

    def loses_its_address(self, organisation_id: int, now: datetime) -> None:
        on_file = contacts.contacts_of_organisation(organisation_id)
        if on_file and self.rng.random() < 0.5:
            address = on_file[0].address
            with transaction():
                outbox.mark_dead(address, "550", now)
            self.dead.add(address.lower())

    def leaves(self, organisation_id: int, now: datetime) -> None:
        on_file = contacts.contacts_of_organisation(organisation_id)
        if on_file:
            contact_id = on_file[0].id
            with transaction():
                contacts.end(db.session.get_one(contacts.Contact, contact_id), who="Priya", now=now)

    def takes_a_day_off(self, organisation_id: int, now: datetime) -> None:
        day = now.date() + timedelta(days=self.rng.choice((0, 0, 1, 3)))
        with transaction():
            school_days.rule_out(self.school(organisation_id), day, "INSET", who="J", now=now)
        self.of[organisation_id].away.add(day)

    def is_excluded(self, organisation_id: int, now: datetime) -> None:
        with transaction():
            target_decisions.exclude(
                self.programme, self.school(organisation_id), reason="a hospital", who="Priya", now=now
            )
        self.of[organisation_id].out = True

    def reminds_by_hand(self, _organisation_id: int, now: datetime) -> None:
        organisation_ids = self.rng.sample(self.organisation_ids, max(1, len(self.organisation_ids) // 2))
        self.try_to(lambda: reminders.send(self.programme, organisation_ids, who="Priya", now=now))

    def raises(self, _organisation_id: int, now: datetime) -> None:
        waiting = raising.waiting(self.programme, now=now)
        if not waiting:
            return
        row = self.rng.choice(waiting)
        organisation_id, level = row.organisation.organisation_id, row.level
        address = f"head{organisation_id}@redmere.example" if level == HEAD else "office@owl.example"
        if self.rng.random() < 0.1:
            self.try_to(
                lambda: raising.leave_be(
                    self.programme, organisation_id, level, "met them", who="Priya", now=now
                )
            )
        elif self.try_to(
            lambda: raising.raise_to(
                self.programme,
                organisation_id,
                level,
                Addressee(address=address, source="a call"),
                who="Priya",
                now=now,
            )
        ):
            self.of[organisation_id].consents.add(f"{raising.KINDS[level]} {address}")


def play(app: Flask, seed: int, schools: int, first: date, last: date) -> Counter[str]:
    year = Year(app, seed, schools)
    year.play(first, last)
    return year.letters


@pytest.fixture(autouse=True)
def clock_is_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", clock.now)


@pytest.mark.any_database
def test_ten_weeks_of_chasing_keep_every_rule(app: Flask) -> None:
    sent = play(app, 7, 10, date(2026, 11, 2), date(2027, 1, 10))
    assert sent["reminder"] >= 5 and sent["second reminder"] >= 1


@pytest.mark.long
@pytest.mark.parametrize("seed", range(4))
def test_whole_years_of_chasing_keep_every_rule(app: Flask, seed: int) -> None:
    sent = play(app, seed, 30, date(2026, 9, 7), date(2027, 7, 21))
    assert sent["reminder"] >= 30 and sent["second reminder"] >= 10
    assert sent["raised to head"] >= 3 and sent["raised to trust"] >= 1
    assert sent["proposed"] >= 3
