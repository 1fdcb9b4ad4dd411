"""The scripted desk on the real register of Oxfordshire: a plan, promises, refusals, an illness day, planned
again twice.

Nobody who said yes is moved, and in the end every calendar, built from the mails alone, agrees with the
diary.
"""

import random
import secrets
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import select

import make
from at_work import at_work
from booking.calendars_of_people import PersonsCalendar
from little_tour import draw_up
from outreach.asking import invitations
from outreach.booking import accounts, promises, proposals
from outreach.booking.calling_off import affected, call_offs, deeds, instead, scope
from outreach.booking.colleagues import Colleague
from outreach.booking.desk import proposing
from outreach.booking.numbers import Promise
from outreach.booking.promises import Booking
from outreach.booking.proposals import Proposal
from outreach.county import register
from outreach.county.schools import School
from outreach.coverage import standings
from outreach.ground.db import db, transaction
from outreach.planning import ordering, orders
from outreach.planning.orders import KEPT, TourPlan
from outreach.planning.promising import accepting
from outreach.planning.rules import PlanRules
from outreach.post import copies
from outreach.post.envelopes import plain_address
from outreach.post.outbox import SENT, WAITING, Letter
from outreach.tour.days import TourDay
from outreach.tour.performances import Performance
from outreach.tour.programmes import Programme

pytestmark = [pytest.mark.shared, pytest.mark.browser]

PRIYA, VAN = "Priya Nandakumar", "red.van@lantern-row.example"
REPLY_BY = date(2027, 2, 12)
LONDON, LUNCH = ZoneInfo("Europe/London"), (time(12, 15), time(13, 15))
TERMS = (
    (date(2027, 2, 22), date(2027, 3, 25)),
    (date(2027, 4, 12), date(2027, 5, 28)),
    (date(2027, 6, 7), date(2027, 6, 25)),
)


class Desk:
    """The county, its programme, one troupe; a clock that goes on by a minute at each deed; everybody's
    calendar."""

    def __init__(self, source: Path) -> None:
        self.now = make.NOW
        self.calendars: dict[str, PersonsCalendar] = {}
        self.chance = random.Random(5)
        with transaction():
            partnership = make.partnership(
                contact_email="priya@marlshire.example", lunch_begins=LUNCH[0], lunch_ends=LUNCH[1]
            )
            self.programme: Programme = make.programme(partnership, reply_by=REPLY_BY)
            with source.open("rb") as file:
                found = register.read(file, la_codes=["931"], also=register.urns_of(["931"]))
            register.lock()
            changes = register.preview(found, ["931"])
            register.apply(
                changes, file_name="register.csv", la_codes=["931"], who="register", now=make.EARLIER
            )
            troupe = make.troupe(
                partnership,
                base_name="Oxford",
                base_easting=451000,
                base_northing=206500,
                calendar_address=VAN,
            )
            for day in self._days():
                make.tour_day(self.programme, troupe, day)
            for school in db.session.scalars(select(School).order_by(School.organisation_id)):
                make.contact(school, address=f"dsl{school.organisation_id}@school.example")
        self.partnership_id, self.troupe_id = partnership.id, troupe.id

    def _days(self) -> Iterator[date]:
        for first, last in TERMS:
            for n in range((last - first).days + 1):
                day = first + timedelta(days=n)
                if day.weekday() < 5 and day != date(2027, 5, 3):
                    yield day

    def later(self) -> datetime:
        self.now += timedelta(minutes=1)
        return self.now

    # What happens

    def plan(self) -> TourPlan:
        with transaction():
            plan = ordering.order(self.programme, PlanRules(seconds=60), who=PRIYA, now=self.later())
        draw_up()
        return db.session.get_one(TourPlan, plan.id, populate_existing=True)

    def again(self, plan: TourPlan) -> TourPlan:
        with transaction():
            made = ordering.again(plan, seconds=60, who=PRIYA, now=self.later()).id
        draw_up()
        return db.session.get_one(TourPlan, made, populate_existing=True)

    def accept(self, plan: TourPlan) -> accepting.Accepted:
        ids = [line.id for line in accepting.open_lines(plan)]
        dropping = plan.unplaced_proposals
        with transaction():
            done = accepting.accept(
                plan, ids, reply_by=REPLY_BY, dropping=dropping, who=PRIYA, now=self.later()
            )
        self.post()
        return done

    def waiting(self) -> list[Proposal]:
        found = proposals.still_open(self.programme.id, now=self.now)
        return sorted(found, key=lambda p: p.id)

    def says_yes(self, proposal: Proposal) -> None:
        """A school too big for one show brings one year group to each; one that has everybody booked says
        nothing."""
        account = accounts.account(self.programme, proposal.organisation, now=self.now)
        if not account.is_open:
            return
        open_years = dict(account.still_open)
        if accounts.shows_needed(self.programme, open_years) > 1:
            open_years = dict(list(open_years.items())[:1])
        pupils = {y: min(self.programme.audience_ceiling, n or 15) for y, n in open_years.items()}
        address = proposal.people[0].address
        who = Colleague(name="Joanna Fell", address=address, duty="safeguarding lead", phone="01632 960 204")
        with transaction():
            promise = Promise(pupils=pupils, hall="Main hall", people=(who,))
            proposing.accept(proposal, promise, who="Joanna Fell", now=self.later())

    def service_looks(self) -> None:
        """What is kept for a school that has booked all it can is ended, as the service does before it
        sends."""
        more = True
        while more:
            with transaction():
                more = proposing.end_next(now=self.later())

    def says_no(self, proposal: Proposal) -> None:
        with transaction():
            invitations.refuse_slot(proposal, reason="Mock exams", who="Joanna Fell", now=self.later())

    def falls_ill(self, day: TourDay) -> list[call_offs.CallOffLine]:
        """Everybody hit gets the time that all together can have."""
        off = scope.of_day(day)
        with transaction():
            seen = affected.look(off, now=self.later())
            chosen = {
                ref: i.planned.key
                for ref, i in instead.other_times_for(seen, now=self.now).items()
                if i.planned
            }
            done = deeds.call_off(
                off,
                key=secrets.token_hex(8),
                reason="Illness in the cast",
                seen=seen.references,
                chosen=chosen,
                reply_by=REPLY_BY,
                who=PRIYA,
                now=self.now,
            )
        self.post()
        return list(call_offs.lines(done))

    def post(self) -> None:
        """All that waits arrives."""
        with transaction():
            for letter in db.session.scalars(
                select(Letter).where(Letter.status == WAITING).order_by(Letter.id)
            ):
                if letter.method:
                    to = plain_address(letter.recipient)
                    self.calendars.setdefault(to, PersonsCalendar(to)).take(letter.raw)
                letter.status, letter.handed_at, letter.raw = SENT, self.now, copies.masked(letter.raw)

    # What is so

    def booked(self) -> dict[str, tuple[datetime, int]]:
        """Where and when every promise stands."""
        db.session.expire_all()
        live = db.session.scalars(select(Booking).where(Booking.ended_at.is_(None)).order_by(Booking.id))
        return {b.reference: (b.performance.starts_at, b.performance.tour_day_id) for b in live}

    def calendars_agree(self) -> None:
        self.post()
        db.session.expire_all()
        expected: dict[str, dict[str, datetime]] = {address: {} for address in self.calendars}
        for booking in db.session.scalars(select(Booking).where(Booking.ended_at.is_(None))):
            for person in promises.people_of(booking):
                expected[plain_address(person.address)][booking.uid] = booking.performance.starts_at
            expected[VAN][booking.performance.uid] = at_work(booking.performance)[0]
        for proposal in self.waiting():
            for person in proposal.people:
                expected[person.address][str(proposal.uid)] = proposal.starts_at
        shown = {
            address: {uid: held.starts_at.replace(tzinfo=UTC) for uid, held in calendar.shown().items()}
            for address, calendar in self.calendars.items()
        }
        assert shown == expected

    def nothing_overlaps(self) -> None:
        days: dict[int, list[Performance]] = {}
        for show in db.session.scalars(
            select(Performance).where(Performance.released_at.is_(None)).order_by(Performance.get_in_at)
        ):
            days.setdefault(show.tour_day_id, []).append(show)
        for shows in days.values():
            assert len(shows) <= self.programme.shows_a_day
            for a, b in zip(shows, shows[1:], strict=False):
                if a.organisation_id == b.organisation_id:
                    assert a.ends_at + timedelta(minutes=self.programme.turn_minutes) <= b.starts_at
                else:
                    assert a.away_at <= b.get_in_at

    def nothing_over_lunch(self) -> None:
        shows = db.session.scalars(select(Performance).where(Performance.released_at.is_(None))).all()
        assert shows
        for show in shows:
            begins, ends = (at.astimezone(LONDON).time() for at in (show.starts_at, show.ends_at))
            assert ends <= LUNCH[0] or begins >= LUNCH[1], (show.organisation_id, begins, ends)

    def standings(self) -> dict[int, tuple[str, str]]:
        at = self.now + timedelta(minutes=1)
        found = standings.standings_of_programme(self.programme.id, as_of=at.date(), now=at)
        return {s.organisation_id: (s.standing, s.cause) for s in found.target}


@pytest.fixture
def desk(app: Flask, shared: Path) -> Desk:
    return Desk(shared / "register" / "oxfordshire_full_derived.csv")


@pytest.mark.long  # each step of it is tried on a small tour in each run
def test_a_tour_of_the_county_from_gaps_to_promises_through_refusals_and_illness(desk: Desk) -> None:
    # A plan for the whole county: 107 schools that have everything before them.
    plan = desk.plan()
    told = plan.figures
    assert told.needed == 107 and told.reached >= 95, told.words
    first = desk.accept(plan)
    desk.nothing_over_lunch()
    assert first.left == [] and len(first.proposed) == told.shows
    assert desk.booked() == {}
    desk.calendars_agree()

    # A third say no, a third say yes, the others have not answered.
    asked = desk.waiting()
    desk.chance.shuffle(asked)
    third = len(asked) // 3
    refused = {proposal.organisation_id for proposal in asked[:third]}
    for proposal in asked[:third]:
        desk.says_no(proposal)
    for proposal in asked[third : 2 * third]:
        desk.says_yes(proposal)
    desk.service_looks()
    desk.calendars_agree()
    said_yes = desk.booked()
    standing = desk.standings()
    still_nothing = refused - {p.organisation_id for p in asked[third:]}
    assert len(still_nothing) > 10
    for organisation_id in still_nothing:
        assert standing[organisation_id][0] == "asked" and standing[organisation_id][1].startswith(
            "refused the slot of"
        ), standing[organisation_id]

    # Illness: the busiest day with a promise on it, whose schools are offered another time.
    counts: dict[int, int] = {}
    for _, day_id in said_yes.values():
        counts[day_id] = counts.get(day_id, 0) + 1
    ill = db.session.get_one(TourDay, max(counts, key=lambda d: (counts[d], -d)))
    lost = {reference for reference, (_, day_id) in said_yes.items() if day_id == ill.id}
    lines = desk.falls_ill(ill)
    assert lost and {line.booking.reference for line in lines if line.booking} == lost
    assert all(line.new_proposal is not None or line.why_none for line in lines)
    desk.calendars_agree()
    standing_yes = {r: where for r, where in said_yes.items() if r not in lost}
    assert desk.booked() == standing_yes

    # Planned again, twice; in between some more answer.
    for _ in range(2):
        waiting = {p.id: p.starts_at for p in desk.waiting()}
        plan = desk.again(plan)
        told = plan.figures
        kept = [line for line in orders.lines(plan) if line.was == KEPT and line.proposal_id in waiting]
        assert all(line.starts_at == waiting[line.proposal_id] for line in kept)
        assert told.moved + told.unplaced <= 3, told
        assert told.free_reached is not None
        done = desk.accept(plan)
        assert done.left == [] and len(done.moved) <= told.moved
        assert standing_yes.items() <= desk.booked().items()
        desk.calendars_agree()
        fresh = desk.waiting()
        desk.chance.shuffle(fresh)
        for proposal in fresh[:6]:
            desk.says_yes(proposal)
        for proposal in fresh[6:9]:
            desk.says_no(proposal)
        desk.service_looks()
        standing_yes = desk.booked()

    # In the end: who said yes is where it said yes to, and every calendar says what the diary says.
    assert {r: w for r, w in said_yes.items() if r not in lost}.items() <= desk.booked().items()
    desk.nothing_overlaps()
    desk.nothing_over_lunch()
    desk.calendars_agree()
    assert len(desk.booked()) > len(said_yes)
