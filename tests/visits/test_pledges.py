"""What a school promises besides its show, what it says it did, and what the database refuses."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

import make
from outreach.booking.promises import Booking
from outreach.ground import history
from outreach.ground.db import broken_guard, db, transaction
from outreach.visits import pledges, reports
from outreach.visits.pledges import LEAD_PRESENT, LESSON, LETTER_HOME, STAFF_BRIEFED
from outreach.visits.reports import ReportAccount

START = datetime(2027, 1, 12, 10, tzinfo=UTC)
BEFORE, AFTER = START - timedelta(days=20), START + timedelta(hours=5)
LATER = AFTER + timedelta(days=3)
WHO = "Joanna Fell (school)"


@pytest.fixture
def booking(app: Flask) -> Booking:
    with transaction():
        programme = make.programme(make.partnership(), audience_ceiling=300)
        made = make.booking(make.show(programme, make.school(), START), {8: 125, 9: 125})
    return made


def said(booking: Booking) -> list[tuple[str, str]]:
    """(pledge, word) of all that stands, in the order it came."""
    return [(row.pledge, row.said) for row in pledges.answers_of([booking.id]).get(booking.id, [])]


def test_what_is_ticked_is_promised_and_what_is_not_any_more_is_taken_back(booking: Booking) -> None:
    with transaction():
        pledges.promise(booking, [LEAD_PRESENT, LESSON], who=WHO, now=BEFORE)
        pledges.promise(booking, [LESSON, LEAD_PRESENT], who=WHO, now=BEFORE)
    assert said(booking) == [(LEAD_PRESENT, "will"), (LESSON, "will")]
    with transaction():
        pledges.promise(booking, [LESSON, LETTER_HOME], who=WHO, now=BEFORE + timedelta(days=1))
    told = pledges.answers_of([booking.id])[booking.id]
    assert pledges.promised(told) == {LESSON, LETTER_HOME}
    newest = history.history_of("booking", booking.reference)[0]
    assert (newest.what, newest.who) == ("ticked what is promised besides", WHO)
    assert [(row.pledge, row.said, row.who) for row in told[-2:]] == [
        (LEAD_PRESENT, "will not", WHO),
        (LETTER_HOME, "will", WHO),
    ]


def test_nothing_ticked_at_first_says_nothing(booking: Booking) -> None:
    with transaction():
        pledges.promise(booking, [], who=WHO, now=BEFORE)
    assert said(booking) == [] and history.history_of("booking", booking.reference) == []


def test_who_leaves_one_out_takes_nothing_away_and_no_count_either(booking: Booking) -> None:
    with transaction():
        report = reports.report(
            booking, "school", ReportAccount(took_place=True, pupils={8: 118}), who=WHO, now=AFTER
        )
        pledges.answer(booking, {LEAD_PRESENT: "done", LESSON: "planned"}, report=report, who=WHO, now=AFTER)
        pledges.answer(booking, {LESSON: "done"}, who=WHO, now=LATER)
        pledges.answer(booking, {}, who=WHO, now=LATER)
    assert said(booking) == [(LEAD_PRESENT, "done"), (LESSON, "planned"), (LESSON, "done")]
    assert reports.counts_of(reports.newest(booking, "school")) == {8: 118}


def test_the_same_word_twice_is_put_down_once_and_another_stands_after_it(booking: Booking) -> None:
    with transaction():
        for word in ("done", "done", "not done", "done"):
            pledges.answer(booking, {STAFF_BRIEFED: word}, who=WHO, now=AFTER)
    assert [word for _, word in said(booking)] == ["done", "not done", "done"]
    deeds = [deed.what for deed in history.history_of("booking", booking.reference)]
    assert deeds == ["said what was done besides"] * 3


def test_what_was_said_in_a_report_is_taken_back_with_it(booking: Booking) -> None:
    with transaction():
        first = reports.report(booking, "school", ReportAccount(took_place=True), who=WHO, now=AFTER)
        pledges.answer(booking, {LEAD_PRESENT: "done"}, report=first, who=WHO, now=AFTER)
        second = reports.report(
            booking, "school", ReportAccount(took_place=True, pupils=90), who=WHO, now=LATER
        )
        pledges.answer(booking, {LEAD_PRESENT: "not done"}, report=second, who=WHO, now=LATER)
        reports.withdraw(booking, "school", second.id, reason="Another show", who=WHO, now=LATER)
    assert said(booking) == [(LEAD_PRESENT, "done")]
    with transaction():
        reports.withdraw(booking, "school", first.id, reason="Another show", who=WHO, now=LATER)
    assert said(booking) == []


def test_what_was_said_outside_a_report_stays_when_the_report_is_taken_back(booking: Booking) -> None:
    with transaction():
        report = reports.report(booking, "school", ReportAccount(took_place=True), who=WHO, now=AFTER)
        pledges.answer(booking, {LEAD_PRESENT: "done"}, report=report, who=WHO, now=AFTER)
        pledges.answer(booking, {LEAD_PRESENT: "done"}, who=WHO, now=LATER)
        reports.withdraw(booking, "school", report.id, reason="Another show", who=WHO, now=LATER)
    assert said(booking) == [(LEAD_PRESENT, "done")]


def test_a_company_speaks_of_the_lead_of_the_host_alone(booking: Booking) -> None:
    with transaction():
        guest = make.booking(booking.performance, {8: 20}, of=make.school(number_of_pupils=None))
        report = reports.report(guest, "company", ReportAccount(took_place=True), who="Rees", now=AFTER)
        company: dict[str, Any] = {"side": "company", "report": report, "who": "Rees", "now": AFTER}
        pledges.answer(guest, {LEAD_PRESENT: "done"}, **company)
    assert (said(booking), said(guest)) == ([(LEAD_PRESENT, "done")], [])
    with pytest.raises(pledges.TheSchoolSaysIt), transaction():
        pledges.answer(booking, {STAFF_BRIEFED: "done"}, **company)


@pytest.mark.parametrize(
    "answers", [{STAFF_BRIEFED: "planned"}, {"lunch served": "done"}, {LESSON: "will"}, {LESSON: "perhaps"}]
)
def test_what_is_no_answer_is_refused(booking: Booking, answers: dict[str, str]) -> None:
    with pytest.raises(pledges.NotAnAnswer), transaction():
        pledges.answer(booking, answers, who=WHO, now=AFTER)
    assert said(booking) == []


def test_before_the_show_it_is_promised_and_after_it_began_it_is_answered(booking: Booking) -> None:
    with pytest.raises(reports.NotYetBegun), transaction():
        pledges.answer(booking, {STAFF_BRIEFED: "done"}, who=WHO, now=START - timedelta(minutes=1))
    with pytest.raises(pledges.TooLateToPromise), transaction():
        pledges.promise(booking, [STAFF_BRIEFED], who=WHO, now=START)
    with pytest.raises(pledges.NotAnAnswer), transaction():
        pledges.promise(booking, ["lunch served"], who=WHO, now=BEFORE)


def test_nothing_is_asked_of_a_booking_that_was_cancelled_or_of_adults(booking: Booking) -> None:
    with transaction():
        training = make.booking(
            make.show(make.programme(make.partnership(("932",)), (), for_adults=True), make.school(), START),
            {},
        )
        make.cancellation(booking, BEFORE)
    for of, refusal in ((booking, reports.BookingWasCancelled), (training, pledges.NotAskedOfAdults)):
        with pytest.raises(refusal), transaction():
            pledges.promise(of, [STAFF_BRIEFED], who=WHO, now=BEFORE)
        with pytest.raises(refusal), transaction():
            pledges.answer(of, {STAFF_BRIEFED: "done"}, who=WHO, now=AFTER)


ROW = {
    "pledge": "staff briefed",
    "said": "done",
    "side": "school",
    "report_id": None,
}


@pytest.mark.parametrize(
    ("changes", "guard"),
    [
        ({"pledge": "lunch served"}, "ck_pledge_answer_pledge"),
        ({"said": "perhaps"}, "ck_pledge_answer_said"),
        ({"side": "board"}, "ck_pledge_answer_side"),
        ({"said": "will", "side": "settled"}, "ck_pledge_answer_promised"),
        ({"said": "will not", "report_id": "own"}, "ck_pledge_answer_promised"),
        ({"said": "planned"}, "ck_pledge_answer_planned"),
        ({"side": "company", "report_id": "own"}, "ck_pledge_answer_company"),
        ({"side": "company", "pledge": "safeguarding lead present"}, "ck_pledge_answer_company"),
        ({"report_id": "theirs"}, "pledge_answer_report"),
        ({"report_id": "another show's"}, "pledge_answer_report"),
        ({"partnership_id": "theirs"}, "FOREIGN KEY"),
        ({"booking_id": "theirs"}, "FOREIGN KEY"),
    ],
)
def test_the_database_itself_refuses_what_must_never_be(
    booking: Booking, changes: dict[str, Any], guard: str
) -> None:
    with transaction():
        other = make.booking(
            make.show(make.programme(make.partnership(("932",))), make.school(), START), {8: 20}
        )
        elsewhere = make.booking(make.show(booking.programme, make.school(), START), {8: 20})
        ids = {
            "report_id": {
                "own": make.report(booking, "school", AFTER).id,
                "theirs": make.report(other, "school", AFTER).id,
                "another show's": make.report(elsewhere, "company", AFTER).id,
            },
            "booking_id": {"theirs": other.id},
            "partnership_id": {"theirs": other.partnership_id},
        }
        row = {"booking_id": booking.id, "partnership_id": booking.partnership_id, **ROW}
    values = row | {name: ids[name][value] if name in ids else value for name, value in changes.items()}
    columns = ", ".join((*values, "recorded_at", "who"))
    places = ", ".join(f":{name}" for name in values)
    with pytest.raises(IntegrityError) as refused, transaction() as session:
        session.execute(
            text(f"INSERT INTO pledge_answer ({columns}) VALUES ({places}, '2027-01-12 15:00:00', 'x')"),
            values,
        )
    broken = broken_guard(refused.value)
    assert broken == guard or (guard == "FOREIGN KEY" and ("FOREIGN KEY" in broken or "fk_" in broken))


def test_what_was_said_is_never_changed(booking: Booking) -> None:
    with transaction():
        pledges.answer(booking, {STAFF_BRIEFED: "done"}, who=WHO, now=AFTER)
    with pytest.raises(Exception, match="pledge_answer_only_grows"), transaction() as session:
        session.execute(text("UPDATE pledge_answer SET said = 'not done'"))
    assert said(booking) == [(STAFF_BRIEFED, "done")]


def test_answers_of_many_bookings_are_one_query(booking: Booking, count_queries: Any) -> None:
    counted = []
    for more in (0, 2):
        with transaction():
            bookings = [booking] + [
                make.booking(make.show(booking.programme, make.school(), START), {8: 20}) for _ in range(more)
            ]
            for one in bookings:
                pledges.answer(one, {STAFF_BRIEFED: "done"}, who=WHO, now=AFTER)
        ids = [one.id for one in bookings]
        db.session.rollback()
        with count_queries() as queries:
            assert len(pledges.answers_of(ids)) == more + 1
        counted.append(len(queries))
    assert counted == [1, 1]
