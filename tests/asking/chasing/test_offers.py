"""The waiting list: in whose turn a time is offered, for how long, and never two at once to one school."""

import threading
from datetime import UTC, date, datetime, time, timedelta

import pytest
from flask import Flask

import make
from asking.chasing.scene import at
from outreach.asking import invitations
from outreach.asking.chasing import offers, settings
from outreach.asking.chasing.settings import Schedule
from outreach.booking.desk import proposing
from outreach.booking.proposals import Proposal
from outreach.county.schools import School, SchoolDay
from outreach.coverage.gaplist import missing
from outreach.coverage.newyear import first_round
from outreach.ground.db import db, transaction
from outreach.ground.timespans import day_of, wall
from outreach.post import outbox
from outreach.post.outbox import Letter
from outreach.tour import target_decisions
from outreach.tour.programmes import Programme

TUESDAY = date(2027, 1, 19)
SHOW = date(2027, 3, 9)
ON = Schedule(offers_on=True, offer_days=3)


def waiters(n: int, *, shows: int = 1, days: int = 1, plan: Schedule = ON) -> tuple[Programme, list[School]]:
    """Schools that asked for the waiting list one day after the other, and `days` tour days with room for
    `shows` each."""
    partnership = make.partnership()
    programme = make.programme(partnership, shows_a_day=shows)
    troupe = make.troupe(partnership)
    for more in range(days):
        make.tour_day(programme, troupe, SHOW + timedelta(days=more), shows_at_most=shows)
    schools = [make.school(name=f"Redmere {k:03}") for k in range(n)]
    for k, school in enumerate(schools):
        make.contact(school)
        wait(programme, school, TUESDAY - timedelta(days=n - k))
    settings.settle(programme, plan, who="Priya", now=make.EARLIER)
    return programme, schools


def wait(programme: Programme, school: School, day: date) -> None:
    invitations.answer(programme, school, "waiting list", "", who="J", now=at(day))


def offer(programme: Programme, day: date, hour: int = 8) -> list[int]:
    """The day's run: to which schools a time is offered; and the time that lapsed ended before."""
    with transaction():
        while proposing.end_next(now=at(day, hour)):
            pass
    tried: set[int] = set()
    made = []
    while True:
        with transaction():
            found = offers.offer_next(
                programme, who="the service itself", now=at(day, hour), passed_over=tried
            )
            if found is None:
                return made
            made.append(found.organisation.organisation_id)


def order(programme: Programme, day: date = TUESDAY) -> list[str]:
    return [w.organisation.name for w in offers.waiting_list(programme, now=at(day))]


def test_who_waited_longest_is_offered_the_one_time_there_is_until_three_school_days_on(app: Flask) -> None:
    with transaction():
        programme, schools = waiters(3)
    assert offer(programme, TUESDAY) == [schools[0].organisation_id]
    [kept] = db.session.query(Proposal)
    assert (kept.reply_by, kept.organisation_id) == (date(2027, 1, 22), schools[0].organisation_id)
    assert offer(programme, TUESDAY) == offer(programme, TUESDAY + timedelta(days=3)) == []


def test_when_an_offer_lapses_the_next_in_the_list_has_its_turn(app: Flask) -> None:
    with transaction():
        programme, schools = waiters(3)
    assert offer(programme, TUESDAY) == [schools[0].organisation_id]
    # Friday was the last day to answer. On Saturday it lapses, and is the next one's; nobody is written to
    # before Monday.
    assert [offer(programme, TUESDAY + timedelta(days=n)) for n in (4, 5, 6)] == [[], [], []]
    [kept] = db.session.query(Proposal).filter_by(organisation_id=schools[1].organisation_id)
    assert (day_of(kept.recorded_at), kept.reply_by) == (date(2027, 1, 23), date(2027, 1, 28))
    [letter] = db.session.query(Letter).filter_by(stream=kept.uid)
    assert letter.not_before == wall(date(2027, 1, 25), time(7))
    assert order(programme, TUESDAY + timedelta(days=6)) == ["Redmere 002", "Redmere 000", "Redmere 001"]
    first = next(
        w
        for w in offers.waiting_list(programme, now=at(TUESDAY + timedelta(days=6)))
        if w.organisation is schools[0]
    )
    assert first.so_far().startswith("did not answer about 9 March 2027")


def test_a_school_that_never_had_a_show_goes_before_one_that_waits_longer(app: Flask) -> None:
    with transaction():
        programme, schools = waiters(3)
        partnership_id = programme.partnership_id
        last_year = make.programme(
            db.session.get_one(make.Partnership, partnership_id),
            academic_year=2025,
            title="Last year",
            reply_by=date(2026, 2, 5),
        )
        predecessor = make.school(status="Closed")
        make.succession(predecessor, schools[1])
        for host in (schools[0], predecessor):
            make.booking(make.show(last_year, host, datetime(2026, 3, 9, 9, 30, tzinfo=UTC)), {8: 100})
    assert order(programme) == ["Redmere 002", "Redmere 000", "Redmere 001"]


def test_seen_before_is_what_took_place_and_not_known_where_nobody_said_what_became_of_the_show(
    app: Flask,
) -> None:
    """By the rule of the gaps list and of the new year: a booking that came to nothing is no visit."""
    with transaction():
        programme, schools = waiters(7)
        last_year = make.programme(
            db.session.get_one(make.Partnership, programme.partnership_id),
            academic_year=2025,
            title="Last year",
            reply_by=date(2026, 2, 5),
        )
        then = datetime(2026, 3, 9, 9, 30, tzinfo=UTC)
        saw, failed, untold, called_off, half_now, untold_now, never = schools
        shows = {}
        for n, host in enumerate((saw, failed, untold, called_off)):
            shows[host] = make.booking(make.show(last_year, host, then + timedelta(days=n)), {8: 100})
        for n, host in enumerate((half_now, untold_now)):
            at_once = make.show(programme, host, datetime(2027, 1, 11 + n, 9, 30, tzinfo=UTC))
            shows[host] = make.booking(at_once, {8: 100})
        make.report(shows[saw], "school", then + timedelta(days=1), {8: 90})
        make.report(shows[failed], "company", then + timedelta(days=2), took_place=False, why_not="snow")
        make.cancellation(shows[called_off], then - timedelta(days=3))
        make.report(shows[half_now], "company", datetime(2027, 1, 12, tzinfo=UTC), 90)
        references = {s.organisation_id: b.reference for s, b in shows.items()}
    found = {
        w.organisation.organisation_id: w.before for w in offers.waiting_list(programme, now=at(TUESDAY))
    }
    assert {s.organisation_id: found[s.organisation_id].word.value for s in schools} == {
        saw.organisation_id: "yes",
        failed.organisation_id: "never",
        untold.organisation_id: "not known",
        called_off.organisation_id: "never",
        half_now.organisation_id: "yes",
        untold_now.organisation_id: "not known",
        never.organisation_id: "never",
    }
    assert {organisation_id: b.unreported for organisation_id, b in found.items() if b.unreported} == {
        s.organisation_id: references[s.organisation_id] for s in (untold, untold_now)
    }
    assert order(programme) == [
        s.name for s in (failed, called_off, never, untold, untold_now, saw, half_now)
    ]
    gaps = {
        g.organisation_id: (g.never_seen, g.not_known)
        for g in missing.missing_from_programme(programme, now=at(TUESDAY)).gaps
    }
    for organisation_id, said in found.items():
        assert gaps[organisation_id] == (said.word == "never", said.word == "not known"), organisation_id
    asked_first = {
        c.organisation_id: c.group
        for c in first_round.first_round_of_programme(programme, None, now=at(TUESDAY)).candidates
    }
    words = {"never": "never", "not known": "unknown", "yes": "rest"}
    assert all(
        words[found[organisation_id].word.value] == group for organisation_id, group in asked_first.items()
    )


def test_each_school_is_offered_a_time_of_its_own_while_there_are_some(app: Flask) -> None:
    with transaction():
        programme, schools = waiters(4, days=3)
    assert offer(programme, TUESDAY) == [s.organisation_id for s in schools[:3]]
    assert len({p.starts_at for p in db.session.query(Proposal)}) == 3


def test_nobody_is_offered_two_at_once_however_often_it_runs(app: Flask) -> None:
    with transaction():
        programme, schools = waiters(1, days=4)
    for n in range(3):
        offer(programme, TUESDAY + timedelta(days=n))
    assert db.session.query(Proposal).count() == 1


def test_a_school_that_refused_keeps_its_place_behind_those_not_offered_yet_and_gets_another_time(
    app: Flask,
) -> None:
    with transaction():
        programme, schools = waiters(1, days=2)
    offer(programme, TUESDAY)
    with transaction():
        invitations.refuse_slot(
            db.session.query(Proposal).one(), reason="mocks", who="J", now=at(TUESDAY, 10)
        )
        wait_too = make.school(name="Redmere 900")
        make.contact(wait_too)
        wait(programme, wait_too, TUESDAY)
    # What it refused was the next one's at once; it has its turn with another time.
    assert [p.organisation_id for p in db.session.query(Proposal).filter_by(ended_at=None)] == [
        wait_too.organisation_id
    ]
    assert offer(programme, TUESDAY, 12) == [schools[0].organisation_id]
    times = [
        p.starts_at for p in db.session.query(Proposal).filter_by(organisation_id=schools[0].organisation_id)
    ]
    assert len(set(times)) == len(times) == 2


def test_after_two_offers_a_coordinator_looks_after_it(app: Flask) -> None:
    with transaction():
        programme, schools = waiters(1, days=5)
    offered = [bool(offer(programme, TUESDAY + timedelta(days=n))) for n in range(30)]
    assert sum(offered) == 2
    assert order(programme, TUESDAY + timedelta(days=30)) == ["Redmere 000"]


def booked(programme: Programme, school: School) -> None:
    show = make.show(programme, school, datetime(2027, 3, 12, 9, 30, tzinfo=UTC))
    make.booking(show, {8: 120, 9: 120}, at=at(TUESDAY, 7))


def declined(programme: Programme, school: School) -> None:
    invitations.answer(programme, school, "declined", "exams", who="J", now=at(TUESDAY, 7))


def excluded(programme: Programme, school: School) -> None:
    target_decisions.exclude(programme, school, reason="a hospital", who="Priya", now=make.NOW)


def closed(programme: Programme, school: School) -> None:
    school.status = "Closed"


@pytest.mark.parametrize("leave", [booked, declined, excluded, closed])
def test_a_school_leaves_the_list(app: Flask, leave) -> None:  # type: ignore[no-untyped-def]
    with transaction():
        programme, schools = waiters(2)
        leave(programme, schools[0])
    assert order(programme) == ["Redmere 001"]
    assert offer(programme, TUESDAY) == [schools[1].organisation_id]


def unreachable(programme: Programme, school: School) -> None:
    [contact] = db.session.query(make.Contact).filter_by(organisation_id=school.organisation_id)
    outbox.mark_dead(contact.address, "550", make.NOW)


def test_who_cannot_be_written_to_is_passed_over_and_stays_in_the_list(app: Flask) -> None:
    with transaction():
        programme, schools = waiters(2)
        unreachable(programme, schools[0])
    assert offer(programme, TUESDAY) == [schools[1].organisation_id]
    assert len(order(programme)) == 2


def test_a_school_that_is_not_in_keeps_its_turn_and_hears_of_it_on_its_next_school_day(app: Flask) -> None:
    with transaction():
        programme, schools = waiters(2)
        db.session.add(SchoolDay(urn=schools[0].urn, day=TUESDAY, is_open=False, reason="snow"))
    assert offer(programme, TUESDAY) == [schools[0].organisation_id]
    [letter] = db.session.query(Letter)
    assert letter.not_before == wall(date(2027, 1, 20), time(7))
    assert db.session.query(Proposal).one().reply_by == date(2027, 1, 25)


def test_a_time_whose_answer_could_not_come_before_the_show_is_not_offered(app: Flask) -> None:
    with transaction():
        programme, _ = waiters(1)
        programme.notice_book_days = 0
    assert offer(programme, SHOW - timedelta(days=3)) == []  # Saturday
    assert offer(programme, SHOW - timedelta(days=1)) == []
    assert len(offer(programme, date(2027, 3, 3))) == 1


def test_nothing_is_offered_while_it_is_off_or_the_programme_closed(app: Flask) -> None:
    with transaction():
        programme, _ = waiters(1, plan=Schedule(offers_on=False))
    assert offer(programme, TUESDAY) == []
    with transaction():
        settings.settle(programme, ON, who="Priya", now=make.NOW)
        programme.closed_at = make.NOW
    assert offer(programme, TUESDAY) == []


def test_the_list_takes_the_same_queries_for_one_school_and_for_ten(app: Flask, count_queries) -> None:  # type: ignore[no-untyped-def]
    with transaction():
        programme, schools = waiters(10)
    counted = []
    for n in (1, 10):
        with transaction():
            for school in schools[n:]:
                invitations.answer(programme, school, "declined", "exams", who="J", now=at(TUESDAY, 7))
            for school in schools[1:n]:
                wait(programme, school, TUESDAY)
        db.session.expire_all()
        assert programme.id and [s.organisation_id for s in schools]
        with count_queries() as queries:
            assert len(offers.waiting_list(programme, now=at(TUESDAY))) == n
        counted.append(len(queries))
    assert counted[0] == counted[1] <= 15


def test_runs_side_by_side_offer_each_school_one_time_and_each_time_once(app: Flask) -> None:
    with transaction():
        programme, schools = waiters(3, days=3)
    programme_id, ready, faults = programme.id, threading.Barrier(3), []

    def one() -> None:
        with app.app_context():
            ready.wait()
            try:
                offer(db.session.get_one(Programme, programme_id), TUESDAY)
            except Exception as fault:
                faults.append(fault)

    threads = [threading.Thread(target=one) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.rollback()
    made = db.session.query(Proposal).all()
    assert faults == []
    assert sorted(p.organisation_id for p in made) == [s.organisation_id for s in schools]
    assert len({p.starts_at for p in made}) == 3
