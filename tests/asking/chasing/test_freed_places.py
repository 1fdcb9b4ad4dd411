"""A time that comes free is kept for the first who waits, in the very transaction that frees it, whatever
freed it."""

import json
import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

import make
from asking.chasing.scene import at
from begun import Begun
from outreach.asking import invitations
from outreach.asking.chasing import offers, settings
from outreach.asking.chasing.settings import Schedule
from outreach.booking import bookings
from outreach.booking.calling_off import affected, deeds, scope, undoing
from outreach.booking.desk import proposing
from outreach.booking.desk.proposing import ProposalDraft
from outreach.booking.promises import COORDINATOR, SCHOOL, Booking
from outreach.booking.proposals import Proposal
from outreach.county.contacts import Contact
from outreach.county.schools import School
from outreach.ground.db import db, transaction
from outreach.ground.timespans import wall
from outreach.post.outbox import Letter
from outreach.tour import days, itinerary, performances, programmes, slots
from outreach.tour.availability import changing
from outreach.tour.companies import Troupe
from outreach.tour.days import Hours, TourDay
from outreach.tour.programmes import Programme
from outreach.tour.wishes import HOURS, OFF, DayWish

NOW = make.NOW
SHOW = date(2027, 3, 9)
WHO = "Priya"


@dataclass
class Scene:
    """One tour day for one show, at 9:30, that a host has; `schools` wait for a time, the first of them the
    longest."""

    programme: Programme
    troupe: Troupe
    day: TourDay
    booking: Booking
    schools: list[School]

    @property
    def host(self) -> School:
        return self.booking.organisation

    def slot(self, day: TourDay, school: School, hour: str = "0930") -> slots.Slot:
        found = slots.find(self.programme, school, f"{day.id}-{hour}", now=NOW, whatever_the_notice=True)
        assert found is not None
        return found


def scene(waiting: int = 2, *, shows: int = 1) -> Scene:
    partnership = make.partnership()
    programme = make.programme(partnership, shows_a_day=2)
    show = make.show(programme, make.school(name="The Host"), wall(SHOW, time(9, 30)))
    show.tour_day.shows_at_most = shows
    booking = make.booking(show, {8: 120, 9: 120})
    schools = [make.school(name=f"Redmere {n}") for n in range(waiting)]
    for n, school in enumerate(schools):
        make.contact(school)
        invitations.answer(
            programme, school, "waiting list", "", who="J", now=NOW - timedelta(days=waiting - n)
        )
    db.session.flush()
    return Scene(programme, show.troupe, show.tour_day, booking, schools)


def kept() -> list[tuple[str, datetime]]:
    """What is kept now: for which school, and which time."""
    rows = db.session.query(Proposal).filter_by(ended_at=None).order_by(Proposal.id)
    return [(row.organisation.name, row.starts_at) for row in rows]


def days_kept() -> list[tuple[str, date]]:
    return [(name, starts.date()) for name, starts in kept()]


def keep(
    here: Scene, school: School, day: TourDay, *, waiting: bool = False, until: date = date(2027, 2, 1)
) -> Proposal:
    contact = db.session.query(Contact).filter_by(
        organisation_id=school.organisation_id
    ).first() or make.contact(school)
    offer = ProposalDraft(
        programme=here.programme,
        organisation=school,
        slot=here.slot(day, school),
        people=[contact],
        reply_by=until,
        waiting=waiting,
    )
    return proposing.propose(offer, who=WHO, now=NOW)


# Each way in which a time comes free: set up, then the deed.


def cancelled_by_its_school(here: Scene) -> None:
    bookings.cancel(here.booking, reason="mocks", by=SCHOOL, who="J", now=NOW)


def cancelled_by_a_coordinator(here: Scene) -> None:
    bookings.cancel(here.booking, reason="mocks", by=COORDINATOR, who=WHO, now=NOW)


def moved(here: Scene) -> None:
    """To a day that is new to the tour, and full with it."""
    day = make.tour_day(here.programme, here.troupe, SHOW + timedelta(days=1), shows_at_most=1)
    bookings.move(here.booking, here.slot(day, here.host), who="J", now=NOW)


def instead_kept(here: Scene) -> Proposal:
    """The show is another school's proposal instead of a booking."""
    with transaction():
        other = make.school(name="The Other")
        plan = settings.schedule_of_programme(here.programme.id)
        settings.settle(here.programme, replace(plan, offers_on=False), who=WHO, now=NOW)
        bookings.cancel(here.booking, reason="mocks", by=COORDINATOR, who=WHO, now=NOW)
        proposal = keep(here, other, here.day)
        settings.settle(here.programme, plan, who=WHO, now=NOW)
    assert [name for name, _ in kept()] == ["The Other"]
    return proposal


def refused(here: Scene) -> None:
    invitations.refuse_slot(db.session.query(Proposal).one(), reason="mocks", who="J", now=NOW)


def withdrawn(here: Scene) -> None:
    proposing.withdraw(db.session.query(Proposal).one(), who=WHO, now=NOW)


def proposal_moved(here: Scene) -> None:
    day = make.tour_day(here.programme, here.troupe, SHOW + timedelta(days=1), shows_at_most=1)
    proposal = db.session.query(Proposal).one()
    proposing.move(proposal, here.slot(day, proposal.organisation), who=WHO, now=NOW)


def lapsed(here: Scene) -> None:
    db.session.query(Proposal).one().reply_by = date(2027, 1, 18)
    db.session.flush()
    assert proposing.end_next(now=NOW)


def declined(here: Scene) -> None:
    proposal = db.session.query(Proposal).one()
    invitations.answer(here.programme, proposal.organisation, "declined", "exams", who="J", now=NOW)


def day_given(here: Scene) -> None:
    days.add_bulk(
        here.programme, here.troupe, [SHOW + timedelta(days=2)], Hours(shows_at_most=1), who=WHO, now=NOW
    )


def more_shows_a_day(here: Scene) -> None:
    hours = replace(days.hours_of(here.day), shows_at_most=2)
    itinerary.change_day(here.day, hours, who=WHO, now=NOW)


def more_shows_a_day_in_the_programme(here: Scene) -> None:
    here.programme.shows_a_day = 1
    db.session.flush()
    production = replace(programmes.production_of(here.programme), shows_a_day=2)
    itinerary.change_programme(here.programme, production, most_seats=lambda _: 0, who=WHO, now=NOW)


def longer_hours(here: Scene) -> None:
    here.day.shows_at_most, here.day.returns = 2, time(12, 30)
    db.session.flush()
    changing.change(here.troupe, DayWish(kind=HOURS, returns=time(17)), [SHOW], who=WHO, now=NOW)


CANCELS = (
    cancelled_by_its_school,
    cancelled_by_a_coordinator,
    moved,
    day_given,
    more_shows_a_day,
    more_shows_a_day_in_the_programme,
    longer_hours,
)
ENDS = (refused, withdrawn, proposal_moved, lapsed, declined)


@pytest.mark.parametrize("deed", CANCELS + ENDS)
def test_a_time_that_comes_free_is_kept_for_the_first_who_waits_before_anybody_can_see_it(
    app: Flask, deed: Callable[[Scene], None]
) -> None:
    with transaction():
        here = scene()
    if deed in ENDS:
        instead_kept(here)
    with transaction():
        deed(here)
        assert "Redmere 0" not in [name for name, _ in kept()]
    mine = [row for row in db.session.query(Proposal).filter_by(ended_at=None) if row.waiting]
    assert [row.organisation.name for row in mine] == ["Redmere 0"]
    [letter] = db.session.query(Letter).filter_by(stream=mine[0].uid)
    assert "waiting list" in letter.raw.decode()
    assert mine[0].reply_by == date(2027, 1, 22)


def test_days_that_were_called_off_and_are_given_back_are_kept_for_who_waits(app: Flask) -> None:
    with transaction():
        here = scene()
    off = scope.Scope(
        partnership_id=here.programme.partnership_id, first=SHOW, last=SHOW, troupe_id=here.troupe.id
    )
    with transaction():
        seen = affected.look(off, now=NOW).references
        done = deeds.call_off(off, key="one", reason="Illness", seen=seen, who=WHO, now=NOW)
    assert kept() == []  # what ended there and then is nobody's
    with transaction():
        undoing.give_back(done, who=WHO, now=NOW)
    assert days_kept() == [("Redmere 0", SHOW)]


def test_a_day_off_that_is_undone_is_kept_for_who_waits(app: Flask) -> None:
    with transaction():
        here = scene()
        make.tour_day(here.programme, here.troupe, SHOW + timedelta(days=1), shows_at_most=1)
    with transaction():
        done = changing.change(here.troupe, DayWish(kind=OFF), [SHOW + timedelta(days=1)], who=WHO, now=NOW)
    assert kept() == []
    with transaction():
        changing.undo(here.troupe, done.change, who=WHO, now=NOW)
    assert days_kept() == [("Redmere 0", SHOW + timedelta(days=1))]


def test_a_place_that_a_guest_leaves_is_no_time(app: Flask) -> None:
    with transaction():
        here = scene(1, shows=2)
        small = make.school(name="Small", number_of_pupils=63)
        guest = make.booking(here.booking.performance, {8: 5, 9: 5}, of=small)
        offers.offer_next(here.programme, who="x", now=NOW, passed_over=set())
        [first] = db.session.query(Proposal)
        proposing.withdraw(first, who=WHO, now=NOW)
    assert kept() == []  # of this day it was offered a time
    with transaction():
        late = make.school(name="Late")
        make.contact(late)
        invitations.answer(here.programme, late, "waiting list", "", who="J", now=NOW)
        bookings.cancel(guest, reason="bus", by=SCHOOL, who="J", now=NOW)
    assert kept() == []


def test_a_day_with_room_for_two_is_kept_for_the_first_two_in_their_order(app: Flask) -> None:
    with transaction():
        here = scene(3)
    with transaction():
        days.add_bulk(here.programme, here.troupe, [SHOW + timedelta(days=2)], Hours(), who=WHO, now=NOW)
    assert [name for name, _ in kept()] == ["Redmere 0", "Redmere 1"]
    assert len({starts for _, starts in kept()}) == 2


def test_what_lapses_is_the_next_ones_at_once_and_its_letter_says_that_the_school_stays_in_the_list(
    app: Flask,
) -> None:
    with transaction():
        here = scene(3)
    with transaction():
        cancelled_by_its_school(here)
    for day, name in ((date(2027, 1, 23), "Redmere 1"), (date(2027, 1, 29), "Redmere 2")):
        [before] = db.session.query(Proposal).filter_by(ended_at=None)
        db.session.query(Letter).filter_by(stream=before.uid).update({"status": "sent", "handed_at": NOW})
        db.session.commit()
        with transaction():
            assert proposing.end_next(now=at(day, 0) + timedelta(minutes=1))
        assert [name for name, _ in kept()] == [name]
        ended = db.session.query(Letter).filter_by(stream=before.uid).order_by(Letter.id.desc()).first()
        assert ended is not None and "stays on the waiting list" in " ".join(ended.raw.decode().split())
    # The last of the list could not answer in time either: everybody has had a turn of this day.
    with transaction():
        assert proposing.end_next(now=at(date(2027, 2, 5)))
    assert kept() == []


def test_a_school_that_said_something_else_meanwhile_is_told_nothing_of_the_list(app: Flask) -> None:
    with transaction():
        here = scene(1)
    with transaction():
        cancelled_by_its_school(here)
    [proposal] = db.session.query(Proposal)
    db.session.query(Letter).filter_by(stream=proposal.uid).update({"status": "sent", "handed_at": NOW})
    db.session.commit()
    with transaction():
        invitations.answer(here.programme, here.schools[0], "other date", "June", who="J", now=NOW)
    with transaction():
        assert proposing.end_next(now=at(date(2027, 1, 23)))
    ended = db.session.query(Letter).filter_by(stream=proposal.uid).order_by(Letter.id.desc()).first()
    assert ended is not None and "waiting list" not in " ".join(ended.raw.decode().split())


def declines(here: Scene) -> None:
    invitations.answer(here.programme, here.schools[0], "declined", "exams", who="J", now=NOW)


def books_otherwise(here: Scene) -> None:
    show = make.show(here.programme, here.schools[0], wall(date(2027, 3, 12), time(9, 30)))
    make.booking(show, {8: 120, 9: 120}, at=NOW)


def is_offered_by_hand(here: Scene) -> None:
    day = make.tour_day(here.programme, here.troupe, SHOW + timedelta(days=3), shows_at_most=1)
    keep(here, here.schools[0], day)


@pytest.mark.parametrize("deed", [declines, books_otherwise, is_offered_by_hand])
def test_the_queue_as_it_is_when_the_time_comes_free_counts(
    app: Flask, deed: Callable[[Scene], None]
) -> None:
    with transaction():
        here = scene()
    with transaction():
        deed(here)
    with transaction():
        cancelled_by_its_school(here)
    assert [row.organisation.name for row in db.session.query(Proposal).filter_by(waiting=True)] == [
        "Redmere 1"
    ]


def test_who_says_something_else_between_the_look_and_the_lock_is_passed_over(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    with transaction():
        here = scene()
    lock = performances.lock_organisation_unless_busy

    def meanwhile(organisation_id: int) -> bool:
        if organisation_id == here.schools[0].organisation_id:
            invitations.answer(here.programme, here.schools[0], "other date", "June", who="J", now=NOW)
        return lock(organisation_id)

    monkeypatch.setattr(performances, "lock_organisation_unless_busy", meanwhile)
    with transaction():
        cancelled_by_its_school(here)
    assert [name for name, _ in kept()] == ["Redmere 1"]


@pytest.mark.parametrize(("booked", "waits"), [(NOW - timedelta(days=9), True), (NOW, False)])
def test_who_books_a_part_waits_for_the_rest_only_if_it_says_so_afterwards(
    app: Flask, booked: datetime, waits: bool
) -> None:
    with transaction():
        here = scene(1)
        show = make.show(here.programme, here.schools[0], wall(date(2027, 3, 12), time(9, 30)))
        make.booking(show, {8: 120}, at=booked)
    with transaction():
        cancelled_by_its_school(here)
    assert days_kept() == ([("Redmere 0", SHOW)] if waits else [])


def test_who_books_otherwise_gives_the_kept_time_to_the_next(app: Flask) -> None:
    with transaction():
        here = scene()
    with transaction():
        cancelled_by_its_school(here)
    with transaction():
        books_otherwise(here)
    with transaction():
        assert proposing.end_next(now=NOW + timedelta(minutes=5))
    assert [name for name, _ in kept()] == ["Redmere 1"]


def test_nobody_is_kept_a_time_where_a_coordinator_switched_that_off(app: Flask) -> None:
    with transaction():
        here = scene()
        settings.settle(here.programme, Schedule(offers_on=False), who=WHO, now=NOW)
    with transaction():
        cancelled_by_its_school(here)
    assert kept() == []


def test_a_time_within_the_notice_for_booking_is_nobodys(app: Flask) -> None:
    with transaction():
        here = scene()
        here.programme.notice_book_days = 55
    with transaction():
        cancelled_by_its_school(here)
    assert kept() == []


def test_the_days_to_answer_end_before_the_notice_for_booking(app: Flask) -> None:
    with transaction():
        here = scene()
        here.programme.notice_book_days = (SHOW - date(2027, 1, 21)).days
    with transaction():
        cancelled_by_its_school(here)
    assert [row.reply_by for row in db.session.query(Proposal)] == [date(2027, 1, 21)]


def test_the_database_refuses_two_times_from_the_list_for_one_school(app: Flask) -> None:
    with transaction():
        here = scene()
    with transaction():
        cancelled_by_its_school(here)
    [row] = db.session.query(Proposal)
    columns = {c.key: getattr(row, c.key) for c in Proposal.__table__.columns if c.key != "id"}
    with db.engine.connect() as other, pytest.raises(IntegrityError), other.begin():
        other.execute(insert(Proposal).values(**columns | {"uid": "other", "organizer_token": "other"}))


def test_a_cancellation_costs_three_queries_more_where_nobody_waits(app: Flask, count_queries) -> None:  # type: ignore[no-untyped-def]
    with transaction():
        here = scene(0)
    with count_queries() as queries, transaction():
        cancelled_by_its_school(here)
        before = len(queries)
    # Whose day that is, whether anybody of its programme waits, and whether a program is told.
    assert len(queries) - before == 3


@pytest.mark.browser
@pytest.mark.any_database("postgresql")
def test_two_processes_free_times_at_once_and_each_goes_to_another_of_the_first_in_the_list(
    app: Flask, database_url: str, tmp_path: Path
) -> None:
    """Six shows are cancelled by two processes at the same moments: the first six who wait have one each,
    nobody else."""
    with transaction():
        here = scene(9)
        rows = [here.booking]
        for n in range(1, 6):
            show = make.show(
                here.programme,
                make.school(name=f"Host {n}"),
                wall(SHOW + timedelta(days=n // 3), time(9, 30)),
            )
            show.tour_day.shows_at_most = 1
            rows.append(make.booking(show, {8: 120, 9: 120}))
    ids = [row.id for row in rows]
    expected = sorted(school.organisation_id for school in here.schools[:6])
    db.session.rollback()
    code = (
        "import sys, json; from datetime import datetime\n"
        "from outreach.ground.db import db, transaction\n"
        "from outreach.booking import bookings\nfrom outreach.booking.promises import Booking\n"
        "from wsgi import app\n"
        "with app.app_context():\n"
        "    for n, one in enumerate(json.loads(sys.argv[1])):\n"
        "        print('ready', flush=True); sys.stdin.readline()\n"
        "        with transaction():\n"
        "            bookings.cancel(db.session.get(Booking, one), reason='x', by='school', who='J',\n"
        "                            now=datetime.fromisoformat(sys.argv[2]))\n"
    )
    env = os.environ | {
        "DATABASE_URL": database_url,
        "OUTREACH_FOLDER": str(tmp_path),
        "SECRET_KEY": "for tests",
    }
    processes = [
        Begun(
            ["-c", code, json.dumps(mine), NOW.isoformat()],
            env=env,
            cwd=Path(__file__).parents[3],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for mine in (ids[::2], ids[1::2])
    ]
    for _ in ids[::2]:
        for process in processes:
            assert process.stdout is not None
            if process.stdout.readline() != "ready\n":
                raise AssertionError(process.communicate(timeout=120)[1])
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("now\n")
            process.stdin.flush()
    for process in processes:
        _, fault = process.communicate(timeout=120)
        assert process.returncode == 0, fault
    db.session.rollback()
    made = db.session.query(Proposal).all()
    assert sorted(row.organisation_id for row in made) == expected
    assert len({(row.starts_at, row.performance.troupe_id) for row in made}) == 6
