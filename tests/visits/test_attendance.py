"""Attendance of a session: what its company counts of each organisation's staff, held against each one's own number."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

import make
import training
from outreach.asking.chasing import settings
from outreach.booking.promises import DISAGREE, FAILED, TOOK_PLACE, Booking
from outreach.county.partnerships import Partnership
from outreach.county.schools import School
from outreach.coverage import gaps, standings
from outreach.coverage.standings import Standing
from outreach.ground.db import db, transaction
from outreach.ground.school_year import STAFF
from outreach.tour.adults import AdultTarget
from outreach.visits import reminding, reports
from outreach.visits.outcomes import outcomes_of_shows
from outreach.visits.reports import (
    COMPANY,
    NOBODY_CAME,
    SCHOOL,
    CountMakesNoSense,
    ReportAccount,
    ReportedAttendance,
)

START = datetime(2027, 1, 12, 10, tzinfo=UTC)
AFTER = START + timedelta(hours=5)
LATER = AFTER + timedelta(days=2)


class Session:
    """A session at one school to which two others come: 20, 12 and 8 places."""

    def __init__(self) -> None:
        self.training = make.programme(make.partnership(), (), for_adults=True, audience_ceiling=300)
        self.schools: list[School] = [make.school(name=f"School {n}") for n in "ABC"]
        for school in self.schools:
            make.contact(school, created_at=START - timedelta(days=90))
        show = make.show(self.training, self.schools[0], START)
        self.a, self.b, self.c = (
            make.booking(show, {STAFF: n}, START - timedelta(days=40), of=school)
            for school, n in zip(self.schools, (20, 12, 8), strict=True)
        )

    def company(self, came: dict[Booking, int], *, at: datetime = AFTER, **more: Any) -> None:
        account = ReportAccount(took_place=True, attendance={b.id: n for b, n in came.items()}, **more)
        with transaction():
            reports.report(self.a, COMPANY, account, who="Ada", now=at)

    def own(self, booking: Booking, pupils: int | None, *, side: str = SCHOOL, at: datetime = AFTER) -> None:
        account = ReportAccount(took_place=True, pupils=None if pupils is None else {STAFF: pupils})
        with transaction():
            reports.report(booking, side, account, who="Bea", now=at)

    def standing(self, booking: Booking) -> Standing:
        found = standings.standings_of_programme(self.training.id, as_of=LATER.date(), now=LATER)
        return next(s for s in found.target if s.organisation_id == booking.organisation_id)


@pytest.fixture
def session(app: Flask) -> Session:
    with transaction():
        return Session()


def said(standing: Standing) -> tuple[str, int, str]:
    return standing.standing, standing.seen_pupils, standing.evidence


@pytest.mark.both_databases
def test_each_organisation_has_the_number_that_the_company_counted_of_it_and_none_is_shared_out(
    session: Session,
) -> None:
    session.company({session.a: 18, session.b: 14, session.c: 8})
    assert [said(session.standing(b)) for b in (session.a, session.b, session.c)] == [
        ("seen", 18, "one side"),
        ("seen", 14, "one side"),
        ("seen", 8, "one side"),
    ]
    assert not session.standing(session.b).seen_estimated
    assert reports.count_of(reports.newest(session.a, COMPANY)) == 40
    found = outcomes_of_shows([session.a.performance_id], now=LATER)
    assert [found[b.id].counted for b in (session.a, session.b)] == [{STAFF: 18}, {STAFF: 14}]


@pytest.mark.both_databases
def test_numbers_that_differ_are_to_confirm_for_that_organisation_alone_until_one_is_settled(
    session: Session,
) -> None:
    session.company({session.a: 18, session.b: 5, session.c: 8})
    session.own(session.a, 19)
    session.own(session.b, 12)
    assert said(session.standing(session.a)) == ("seen", 19, "counted by both")
    differ = session.standing(session.b)
    assert (differ.standing, differ.kind) == ("to confirm", gaps.REPORTS_DISAGREE)
    assert reports.difference(session.a) == reports.difference(session.c) == ""
    assert (
        reports.difference(session.b) == "School B counted 12 staff at this session, the trainer counted 5."
    )
    session.own(session.b, 6, side=reports.SETTLED)
    assert said(session.standing(session.b)) == ("seen", 6, "settled by the coordinator")
    assert reports.difference(session.b) == ""


def test_whoever_the_company_left_out_waits_for_its_own_number_and_is_not_compared(session: Session) -> None:
    session.company({session.a: 18})
    assert said(session.standing(session.b)) == ("seen", 0, "one side")
    session.own(session.b, 12)
    assert said(session.standing(session.b)) == ("seen", 12, "both agree that it took place")
    assert reports.difference(session.b) == ""


@pytest.mark.both_databases
def test_of_whom_nobody_came_it_did_not_take_place_and_it_is_a_gap_that_says_so(session: Session) -> None:
    session.company({session.a: 18, session.b: 0, session.c: 8})
    assert [b.outcome for b in (session.a, session.b, session.c)] == [TOOK_PLACE, FAILED, TOOK_PLACE]
    assert reports.why_not(session.b) == NOBODY_CAME
    gap = session.standing(session.b)
    assert (gap.standing, gap.kind, gap.cause) == ("asked", gaps.FAILED, "nobody came on 12 January 2027")
    session.own(session.b, 0)
    assert session.b.outcome == FAILED and reports.difference(session.b) == ""


@pytest.mark.both_databases
@pytest.mark.parametrize("side", [SCHOOL, reports.SETTLED])
def test_of_whom_its_own_word_says_that_nobody_came_the_gap_says_no_more_of_the_session(
    session: Session, side: str
) -> None:
    session.own(session.b, 0, side=side)
    gap = session.standing(session.b)
    assert (gap.standing, gap.kind, gap.cause) == ("asked", gaps.FAILED, "nobody came on 12 January 2027")
    with transaction():
        snow = ReportAccount(took_place=False, why_not="Snow")
        reports.report(session.b, side, snow, who="Bea", now=AFTER + timedelta(hours=1))
    assert session.standing(session.b).cause == "did not take place on 12 January 2027"


def test_of_a_body_no_school_is_said_to_count_concerns(session: Session) -> None:
    with transaction():
        unit = make.body(db.session.get_one(Partnership, session.training.partnership_id))
        booking = make.booking(session.a.performance, {STAFF: 3}, START - timedelta(days=40), of=unit)
    account = ReportAccount(took_place=True, concerns=1)
    with pytest.raises(reports.ConcernsAreTheSchools, match="Only the organisation says"), transaction():
        reports.report(booking, COMPANY, account, who="Ada", now=AFTER)


def test_who_says_that_its_staff_came_where_the_company_saw_nobody_differs_with_it(session: Session) -> None:
    session.company({session.b: 0, session.c: 3})
    session.own(session.b, 3)
    session.own(session.c, 0)
    assert [b.outcome for b in (session.b, session.c)] == [DISAGREE, DISAGREE]
    assert (
        reports.difference(session.b)
        == "School B counted 3 staff at this session, the trainer says that nobody came."
    )
    assert (
        reports.difference(session.c)
        == "School C says that nobody came to this session, the trainer counted 3."
    )
    session.own(session.b, None, at=AFTER + timedelta(hours=1))
    assert (
        reports.difference(session.b)
        == "School B says that its staff came to this session, the trainer says that nobody came."
    )


@pytest.mark.both_databases
def test_more_may_come_than_were_promised_or_than_there_are_known_to_be(session: Session) -> None:
    with transaction():
        make.own_number(session.schools[1], STAFF, 13)
    session.company({session.b: 30})
    session.own(session.b, 30)
    assert said(session.standing(session.b)) == ("seen", 30, "counted by both")


@pytest.mark.parametrize(
    "account",
    [
        ReportAccount(took_place=True, attendance={0: 4}),
        ReportAccount(took_place=False, why_not="Ill", attendance={0: 4}),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_put_down(session: Session, account: ReportAccount) -> None:
    with pytest.raises(CountMakesNoSense), transaction():
        reports.report(session.a, COMPANY, account, who="Ada", now=AFTER)
    assert reports.newest(session.a, COMPANY) is None


def test_attendance_is_the_companys_to_tell_in_one_way_and_within_reason(session: Session) -> None:
    for side, changes in ((SCHOOL, {}), (COMPANY, {"pupils": 4}), (COMPANY, {"pupils": {STAFF: 4}})):
        account = ReportAccount(took_place=True, attendance={session.a.id: 4}, **changes)
        with pytest.raises(CountMakesNoSense), transaction():
            reports.report(session.a, side, account, who="Ada", now=AFTER)
    for n in (-1, 5_001):
        with pytest.raises(CountMakesNoSense), transaction():
            account = ReportAccount(took_place=True, attendance={session.a.id: n})
            reports.report(session.a, COMPANY, account, who="Ada", now=AFTER)


@pytest.mark.both_databases
def test_the_database_keeps_no_number_below_nothing_and_no_walk_ins_but_a_companys(session: Session) -> None:
    with transaction():
        row = make.report(session.a, COMPANY, AFTER)
    with pytest.raises(IntegrityError), transaction():
        db.session.add(ReportedAttendance(report_id=row.id, booking_id=session.a.id, staff=-1))
    for side, changes in ((SCHOOL, {}), (COMPANY, {"took_place": False, "why_not": "Ill"})):
        with pytest.raises(IntegrityError), transaction():
            make.report(session.a, side, AFTER, walked_in=1, **changes)
    with pytest.raises(IntegrityError), transaction():
        make.report(session.a, COMPANY, AFTER, walked_in=-1)


@pytest.mark.both_databases
def test_the_database_keeps_what_was_counted_and_only_of_the_reports_own_session(session: Session) -> None:
    session.company({session.b: 5})
    row = reports.newest(session.a, COMPANY)
    assert row is not None
    with transaction():
        other = make.booking(
            make.show(session.training, session.schools[2], START + timedelta(days=7)), {STAFF: 4}
        )
        own = make.report(session.a, SCHOOL, AFTER)
    with pytest.raises(IntegrityError, match="only_grows"), transaction():
        db.session.execute(update(ReportedAttendance).values(staff=7))
    for report, booking in ((row, other), (own, session.a)):
        with pytest.raises(IntegrityError, match="attendance_of_another_session"), transaction():
            db.session.add(ReportedAttendance(report_id=report.id, booking_id=booking.id, staff=1))


def test_the_same_attendance_twice_is_put_down_once_and_another_stands_in_its_place(session: Session) -> None:
    for n in (5, 5, 6):
        session.company({session.b: n}, walked_in=2)
    rows = db.session.query(ReportedAttendance.staff).order_by(ReportedAttendance.report_id).all()
    assert [n for (n,) in rows] == [5, 6]
    assert reports.newest(session.a, COMPANY).walked_in == 2


def test_a_report_taken_back_gives_its_attendance_back(session: Session) -> None:
    session.company({session.b: 0})
    row = reports.newest(session.a, COMPANY)
    with transaction():
        reports.withdraw(session.a, COMPANY, row.id, reason="Another session", who="Ada", now=LATER)
    assert session.b.outcome is None


@pytest.mark.both_databases
def test_at_a_venue_bodies_and_schools_are_counted_and_the_venue_is_asked_for_nobody(
    session: Session,
) -> None:
    ours = db.session.get_one(Partnership, session.training.partnership_id)
    with transaction():
        hall = make.venue(ours)
        held = make.session(session.training, hall, START).performance
        host = reports.companions(held)[0]
        police, health = (make.body(ours, name=name, kind=name) for name in ("Police", "Health"))
        one, two = (
            make.booking(held, {STAFF: n}, START - timedelta(days=40), of=body)
            for body, n in ((police, 9), (health, 6))
        )
    assert [b.id for b in reports.who_was_to_come(held)] == [one.id, two.id]
    for booking_id, came in ((host.id, 9), (one.id, 8)):
        account = ReportAccount(took_place=True, attendance={booking_id: came, two.id: 0})
        if booking_id == host.id:
            with pytest.raises(CountMakesNoSense), transaction():
                reports.report(host, COMPANY, account, who="Ada", now=AFTER)
        else:
            with transaction():
                reports.report(host, COMPANY, account, who="Ada", now=AFTER)
    assert (one.outcome, two.outcome) == (TOOK_PLACE, FAILED)
    session.own(one, 8)
    found = outcomes_of_shows([held.id], now=LATER)
    assert {b: v.counted for b, v in found.items()} == {one.id: {STAFF: 8}, two.id: None}
    assert found[one.id].evidence == "counted by both" and found[two.id].stayed_away


def test_a_count_of_all_together_is_held_against_all_who_were_to_come_and_not_the_venue(
    session: Session,
) -> None:
    ours = db.session.get_one(Partnership, session.training.partnership_id)
    with transaction():
        held = make.session(session.training, make.venue(ours), START).performance
        host = reports.companions(held)[0]
        one = make.booking(held, {STAFF: 20}, START - timedelta(days=40), of=make.body(ours))
        reports.report(host, COMPANY, ReportAccount(took_place=True, pupils=4), who="Ada", now=AFTER)
    session.own(one, 18)
    assert reports.difference(one) == "The organisations counted 18 staff at this session, the trainer 4."
    assert outcomes_of_shows([held.id], now=LATER)[one.id].word == DISAGREE


@pytest.mark.both_databases
def test_places_are_asked_told_to_the_trainer_asked_for_that_evening_and_counted(app: Flask) -> None:
    c = training.lay(created_at=make.EARLIER, adults=AdultTarget(kinds=("Police",)))
    with transaction():
        settings.settle(c.programme, settings.Schedule(reports_on=True), who="Priya", now=make.EARLIER)
        police = make.body(c.partnership, name="Fen Road Police")
    held = training.hold(c, venue=c.hall)
    school = training.join(c, held, c.school, 12, training.FELL).booking
    body = training.join(c, held, police, 9, "desk@police.example").booking
    told = training.last(training.TRAINER).text
    assert "Redmere Academy: 12 staff" in told and "Fen Road Police: 9 staff" in told
    evening = held.performance.ends_at.replace(hour=19)
    asked = reminding.due_this_evening(c.programme, now=evening)
    assert [one.booking.id for one in asked] == [school.id, body.id]
    for one in asked:
        with transaction():
            assert reminding.send_due(c.programme, one.booking.id, now=evening)
    letter = training.last("desk@police.example").text
    assert "Thank you for coming to" in letter and "pupil" not in letter
    with transaction():
        for booking, came in ((school, 11), (body, 9)):
            account = ReportAccount(took_place=True, pupils={STAFF: came})
            reports.report(booking, SCHOOL, account, who="Bea", now=evening)
    assert reminding.due_this_evening(c.programme, now=evening) == []
    later = evening + timedelta(days=1)
    reckoning = standings.standings_of_programme(c.programme.id, as_of=later.date(), now=later)
    found = {s.organisation_id: s.seen_pupils for s in reckoning.target}
    assert found[c.school.organisation_id] == 11
    assert outcomes_of_shows([held.performance_id], now=later)[body.id].counted == {STAFF: 9}
