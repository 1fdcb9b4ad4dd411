"""Pupils who missed it: told or worked out, caught up by a lesson or at a neighbour's show, and never too many."""

from datetime import date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.exc import IntegrityError

import make
from booking import neighbours
from booking.neighbours import DAY, LATER, book, lay, now, wish
from booking.test_holds import at_once
from outreach.booking import accounts, limits, promises
from outreach.booking.guests import hosting, joining
from outreach.booking.numbers import NotForThatYear
from outreach.booking.promises import Booking
from outreach.county.schools import School, set_own_numbers
from outreach.coverage import standings
from outreach.ground.db import db, transaction
from outreach.ground.timespans import wall
from outreach.tour.performances import Performance
from outreach.tour.programmes import Programme
from outreach.visits import absences, reports
from outreach.visits.absences import (
    FILM,
    LESSON,
    MISSED,
    Absence,
    Missed,
    MoreThanMissed,
    NobodyMissing,
    NobodyToCatchUp,
    NoSuchAbsence,
    NotThatDay,
)
from outreach.visits.reports import ReportAccount
from worlds import World

THEN = datetime(2027, 3, 10, 9, tzinfo=make.NOW.tzinfo)
"""The morning after the school's own show."""


def rule(**of: Any) -> Missed:
    return absences.missed(
        **{
            "number": 150,
            "own": True,
            "counted": 140,
            "at_shows": 140,
            "told": None,
            "came": 0,
            "caught_up": 0,
        }
        | of
    )


@pytest.mark.parametrize(
    ("of", "wanted"),
    [
        ({}, Missed(absent=10, worked_out=True)),
        ({"own": False}, Missed(absent=10, worked_out=True)),
        ({"told": 8}, Missed(absent=8)),
        ({"told": 0}, Missed(absent=0)),
        ({"told": 30}, Missed(absent=10)),  # its own number says that no more are left
        ({"told": 30, "own": False}, Missed(absent=30)),  # an estimate does not
        ({"number": None, "own": False}, Missed()),
        ({"number": None, "own": False, "told": 7}, Missed(absent=7)),
        ({"counted": None, "at_shows": 0}, Missed()),  # nobody counted is never 0
        ({"counted": None, "at_shows": 0, "told": 7}, Missed(absent=7)),
        ({"caught_up": 4}, Missed(absent=10, caught_up=4, worked_out=True)),
        ({"caught_up": 14}, Missed(absent=10, caught_up=10, worked_out=True)),
        ({"came": 6}, Missed(absent=4, added=6, worked_out=True)),
        ({"came": 16}, Missed(absent=0, added=10, worked_out=True)),  # never beyond the year group
        ({"came": 16, "own": False, "told": 20}, Missed(absent=4, added=16)),
        ({"came": 36, "own": False, "told": 20}, Missed(absent=0, added=20)),
        ({"came": 3, "number": None, "own": False}, Missed(added=3)),
        ({"counted": 160, "at_shows": 160, "came": 3, "own": False}, Missed(absent=0, worked_out=True)),
    ],
)
def test_the_rule(of: dict[str, Any], wanted: Missed) -> None:
    assert rule(**of) == wanted


@pytest.fixture
def c(app: Flask, world: World) -> SimpleNamespace:
    c = world(counted)
    neighbours._moment[0] = c.moment
    c.app = app
    return c


def counted() -> SimpleNamespace:
    """A show at which 140 of the 150 of Year 8 were counted, and a neighbour's to come."""
    c = lay()
    with transaction():
        set_own_numbers(
            c.school.organisation_id, c.programme.academic_year, {8: 150, 9: 150}, who="Office", now=now()
        )
        limits.write(c.partnership.id, now=now())
    c.there = book(c, c.small, {8: 9, 9: 9}, neighbours.GUEST, day=1)
    neighbours._moment[0] = THEN
    with transaction():
        reports.report(
            c.host, "school", ReportAccount(took_place=True, pupils={8: 140}), who="Office", now=now()
        )
    c.moment = neighbours._moment[0]
    return c


def year(c: Any, y: int = 8) -> absences.YearMissed:
    db.session.expire_all()
    return absences.of_organisation(c.programme, c.school, now=now())[y]


def had(c: Any, n: int, how: str = LESSON, day: date = DAY, y: int = 8) -> list[Absence]:
    with transaction():
        return absences.caught_up(c.programme, c.school, {y: n}, how=how, day=day, who="Office", now=now())


def tell(c: Any, n: int, y: int = 8) -> list[Absence]:
    with transaction():
        return absences.tell(c.programme, c.school, {y: n}, who="Office", now=now())


def joins(c: Any, n: int) -> Any:
    asked = wish({8: n}, address=neighbours.HOST)
    with transaction():
        return absences.ask_for_seats(
            c.programme, c.school, c.there.performance, asked, who="Office", now=now()
        )


def standing(c: Any, day: date, told_by: datetime | None = None) -> standings.Standing:
    db.session.expire_all()
    (found,) = standings.standings_of_programme(
        c.programme.id, as_of=day, now=now(), only=(c.school.organisation_id,), told_by=told_by
    ).target
    return found


def test_it_follows_from_the_number_on_roll_until_the_school_says(c) -> None:
    assert year(c).missed == Missed(absent=10, worked_out=True) and year(c).left == 10
    (said,) = tell(c, 7)
    assert year(c).missed == Missed(absent=7)
    assert tell(c, 7) == []  # the same word twice is put down once
    tell(c, 6)
    assert year(c).missed.absent == 6
    with transaction():
        absences.withdraw(
            absences.standing(c.programme.id, c.school.organisation_id)[-1], who="Office", now=now()
        )
    assert year(c).missed.absent == 7  # what it said before holds again
    with transaction():
        absences.withdraw(db.session.get_one(Absence, said.id), who="Office", now=now())
    assert year(c).missed == Missed(absent=10, worked_out=True)


def test_the_same_stands_in_coverage_and_counts_from_its_day(c) -> None:
    tell(c, 8)
    had(c, 3)
    assert standing(c, THEN.date()).absent_by_year == {8: 8}
    assert standing(c, THEN.date()).caught_up_by_year == {8: 3}
    assert standing(c, THEN.date()).seen_by_year == {8: 140}  # never as seen
    assert standing(c, THEN.date()).absent_worked_out == ()
    before = standing(c, DAY - timedelta(days=1))
    assert (before.absent_by_year, before.caught_up_by_year) == ({}, {})
    # As of the day of the show, nothing was recorded; what is known of it now has only what was done by then.
    neighbours._moment[0] = wall(date(2027, 3, 20), neighbours.time(9))
    had(c, 2, FILM, date(2027, 3, 15))
    assert standing(c, date(2027, 3, 14)).caught_up_by_year == {8: 3}
    known_now = standing(c, date(2027, 3, 14), told_by=now())
    assert known_now.caught_up_by_year == {8: 3}
    assert standing(c, date(2027, 3, 20)).caught_up_by_year == {8: 5}


@pytest.mark.parametrize(
    ("deed", "why"),
    [
        (lambda c: had(c, 11), NobodyMissing),
        (lambda c: had(c, 0), NobodyToCatchUp),
        (lambda c: had(c, -1), NobodyToCatchUp),
        (lambda c: had(c, 1, y=9), NobodyMissing),  # Year 9 has still to see it
        (lambda c: had(c, 1, y=5), NobodyMissing),
        (lambda c: had(c, 1, day=DAY - timedelta(days=1)), NotThatDay),
        (lambda c: had(c, 1, day=date(2027, 3, 11)), NotThatDay),
        (lambda c: tell(c, 11), MoreThanMissed),  # beside the 140 who came there are 10
        (lambda c: tell(c, -1), MoreThanMissed),
        (lambda c: tell(c, 3, y=5), NotForThatYear),
        (lambda c: joins(c, 11), NobodyMissing),
        (lambda c: absences.get(1, c.programme.id, c.school.organisation_id), NoSuchAbsence),
    ],
)
def test_what_cannot_be_is_refused_in_words(c, deed: Any, why: type[Exception]) -> None:
    with pytest.raises(why) as said:
        deed(c)
    assert len(str(said.value.message)) > 15  # type: ignore[attr-defined]
    assert year(c).missed == Missed(absent=10, worked_out=True)


def test_a_lesson_is_taken_back_and_twice_is_no_fault(c) -> None:
    (row,) = had(c, 4)
    for _ in range(2):
        with transaction():
            absences.withdraw(db.session.get_one(Absence, row.id), who="Office", now=now())
    assert year(c).missed.caught_up == 0 and year(c).lessons == []


def test_a_place_at_a_neighbours_show_never_takes_seen_away_and_adds_its_pupils(c) -> None:
    before = standing(c, THEN.date())
    assert before.year_groups[8] == "seen"
    place = joins(c, 6)
    assert (year(c).coming, year(c).left) == (6, 4)
    with transaction():
        agreed = hosting.agree(db.session.merge(place), seats=6, terms="", who="Littlemere", now=now())
    assert agreed is not None and agreed.catch_up
    assert (year(c).coming, year(c).left) == (6, 4)
    with pytest.raises(NobodyMissing):
        had(c, 5)
    during = standing(c, THEN.date())
    assert (during.year_groups, during.standing, during.cause) == (
        before.year_groups,
        before.standing,
        before.cause,
    )
    neighbours._moment[0] = wall(LATER, neighbours.time(20))
    after = standing(c, LATER)  # past its end and unreported
    assert (after.year_groups[8], after.seen_by_year, after.absent_by_year) == ("seen", {8: 140}, {8: 10})
    with transaction():
        booking = promises.get(agreed.reference)
        reports.report(booking, "school", ReportAccount(took_place=True, pupils={8: 5}), who="x", now=now())
    found = standing(c, LATER)
    assert (found.year_groups[8], found.seen_by_year, found.absent_by_year) == ("seen", {8: 145}, {8: 5})
    assert year(c).missed == Missed(absent=5, added=5, worked_out=True)
    with transaction():
        booking = promises.get(agreed.reference)
        reports.report(booking, "school", ReportAccount(took_place=True, pupils={8: 55}), who="x", now=now())
    found = standing(c, LATER)
    assert (found.seen_by_year, found.absent_by_year) == ({8: 150}, {8: 0})  # never beyond the year group


def test_a_school_with_a_catch_up_still_owes_the_year_group_that_has_not_seen_it(c) -> None:
    """Only what its shows promise is booked; the places for those who were absent are left out."""
    place = joins(c, 6)
    with transaction():
        hosting.agree(db.session.merge(place), seats=6, terms="", who="Littlemere", now=now())
    account = accounts.account(c.programme, c.school, now=now())
    assert account.promised == {8: 146} and account.still_open == {9: 150}
    with transaction():  # the show did not take place after all: those six are no more than six
        reports.settle(c.host, took_place=False, why_not="Snow", who="Priya", now=now())
    account = accounts.account(c.programme, c.school, now=now())
    assert account.still_open == {8: 144, 9: 150}


# --- by the database


def ids_of(c: Any) -> dict[str, int]:
    return {
        "partnership_id": c.partnership.id,
        "programme_id": c.programme.id,
        "organisation_id": c.school.organisation_id,
    }


def row(c: Any, n: int, kind: str = LESSON, **of: Any) -> Absence:
    return Absence(
        **{
            "year_group": 8,
            "kind": kind,
            "pupils": n,
            "day": None if kind == MISSED else DAY,
            "recorded_at": now(),
            "who": "x",
        }
        | (of if "organisation_id" in of else ids_of(c) | of)
    )


@pytest.mark.parametrize(
    ("n", "kind", "of", "guard"),
    [
        (11, LESSON, {}, "absence_beyond_the_year_group"),
        (151, MISSED, {}, "absence_beyond_the_year_group"),
        (1, LESSON, {"year_group": 5}, "absence_beyond_the_year_group"),
        (0, LESSON, {}, "ck_absence_pupils"),
        (-1, MISSED, {}, "ck_absence_pupils"),
        (1, MISSED, {"day": DAY}, "ck_absence_day"),
        (1, LESSON, {"day": None}, "ck_absence_day"),
        (1, "party", {"day": DAY}, "ck_absence_kind"),
        (1, LESSON, {"year_group": 14}, "absence_beyond|ck_absence_year_group"),
        (1, LESSON, {"withdrawn_at": make.NOW}, "ck_absence_withdrawn"),
    ],
)
def test_the_database_refuses_what_must_never_be(
    c, n: int, kind: str, of: dict[str, Any], guard: str
) -> None:
    with pytest.raises(IntegrityError, match=guard), transaction():
        db.session.add(row(c, n, kind, **of))


def test_the_database_holds_a_row_to_its_partnership_and_lets_nobody_change_it(c) -> None:
    with transaction():
        other = make.partnership(("999",))
        other_id = other.id
    with pytest.raises(IntegrityError), transaction():
        db.session.add(row(c, 1, partnership_id=other_id))
    (made,) = had(c, 4)
    for changed in ({"pupils": 3}, {"year_group": 9}, {"day": THEN.date()}, {"recorded_at": make.NOW}):
        with pytest.raises(IntegrityError, match="absence_stays_as_it_is"), transaction():
            for name, value in changed.items():
                setattr(db.session.get_one(Absence, made.id), name, value)
    with transaction():
        absences.withdraw(db.session.get_one(Absence, made.id), who="x", now=now())
    with pytest.raises(IntegrityError, match="absence_stays_as_it_is"), transaction():
        again = db.session.get_one(Absence, made.id)
        again.withdrawn_at, again.withdrawn_by = None, None


def test_only_a_guest_catches_up(c) -> None:
    with pytest.raises(IntegrityError, match="ck_booking_catch_up"), transaction():
        db.session.get_one(Booking, c.host.id).catch_up = True


def test_two_lessons_at_once_are_never_more_than_are_absent(c) -> None:
    keys = c.programme.id, c.school.organisation_id

    def lesson() -> Any:
        programme, school = db.session.get_one(Programme, keys[0]), db.session.get_one(School, keys[1])
        return absences.caught_up(programme, school, {8: 6}, how=LESSON, day=DAY, who="x", now=now())

    raised = at_once(c, lesson, lesson)
    assert [type(e) for e in raised] == [NobodyMissing]
    assert year(c).missed.caught_up == 6


def test_one_form_sent_from_two_pages_at_once_counts_once(c) -> None:
    keys = c.programme.id, c.school.organisation_id

    def lesson() -> Any:
        programme, school = db.session.get_one(Programme, keys[0]), db.session.get_one(School, keys[1])
        return absences.caught_up(
            programme, school, {8: 4}, how=LESSON, day=DAY, who="x", now=now(), form_key="one"
        )

    assert at_once(c, lesson, lesson) == []
    assert year(c).missed.caught_up == 4


def test_a_form_with_other_pupils_is_another_form_and_says_so(c) -> None:
    def sent(pupils: dict[int, int], how: str = LESSON) -> list[Absence]:
        with transaction():
            return absences.caught_up(
                c.programme, c.school, pupils, how=how, day=DAY, who="x", now=now(), form_key="one"
            )

    (row,) = sent({8: 4})
    assert sent({8: 4}) == [row]
    for other in ({8: 3}, {8: 4, 9: 1}):
        with pytest.raises(absences.CaughtUpAlready):
            sent(other)
    with pytest.raises(absences.CaughtUpAlready):
        sent({8: 4}, FILM)
    with transaction():
        absences.withdraw(row, who="x", now=now())
    with pytest.raises(absences.CaughtUpAlready):
        sent({8: 4})
    assert year(c).missed.caught_up == 0


def test_the_database_keeps_what_a_form_says_of_a_year_group_once(c) -> None:
    ids = ids_of(c)
    with transaction():
        db.session.add(row(c, 2, **ids, form_key="one"))
    with pytest.raises(IntegrityError), transaction():
        db.session.add(row(c, 2, **ids, form_key="one"))
    with pytest.raises(IntegrityError, match="ck_absence_form_key"), transaction():
        db.session.add(row(c, 2, **ids, form_key=""))


def test_a_lesson_and_seats_at_once_are_never_for_more_than_are_absent(c) -> None:
    with transaction():
        hosting.offer(c.there, how="open", seats=40, terms="", who="Littlemere", now=now())
    keys = c.programme.id, c.school.organisation_id, c.there.performance_id

    def both() -> tuple[Programme, School]:
        return db.session.get_one(Programme, keys[0]), db.session.get_one(School, keys[1])

    def lesson() -> Any:
        return absences.caught_up(*both(), {8: 6}, how=FILM, day=DAY, who="x", now=now())

    def seats() -> Any:
        show = db.session.get_one(Performance, keys[2])
        return absences.ask_for_seats(
            *both(), show, wish({8: 6}, address=neighbours.HOST), who="x", now=now()
        )

    raised = at_once(c, lesson, seats)
    assert [type(e) for e in raised] == [NobodyMissing]
    assert year(c).left == 4


def test_two_rows_past_every_rule_are_held_by_the_database_at_once(c) -> None:
    """A program that goes round the verbs: one waits for the other, and is refused."""
    ids = ids_of(c)
    raised = at_once(c, lambda: _straight_in(c, ids), lambda: _straight_in(c, ids))
    assert [absences.broken_guard(e) for e in raised] == [absences.BEYOND]
    assert sum(r.pupils for r in absences.standing(c.programme.id, c.school.organisation_id)) == 6


def _straight_in(c: Any, ids: dict[str, int]) -> None:
    db.session.add(row(c, 6, **ids))
    db.session.flush()


def test_a_place_that_is_no_catch_up_is_asked_for_by_the_rules_of_any_guest(c) -> None:
    """Who missed nothing joins a neighbour as before."""
    with transaction():
        place = joining.ask(
            c.programme,
            c.school,
            c.there.performance,
            wish({9: 100}, address=neighbours.HOST),
            who="x",
            now=now(),
        )
    assert not place.catch_up
