"""A company is asked on the evening of a day, by one letter for all its shows of which it has said nothing."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.exc import IntegrityError

import make
from booking.test_holds import at_once
from outreach.asking.chasing import settings
from outreach.asking.chasing.settings import Schedule
from outreach.booking.promises import Booking
from outreach.ground import history
from outreach.ground.db import db, transaction
from outreach.post import copies
from outreach.post.outbox import Letter
from outreach.tour.programmes import Programme
from outreach.visits import asking_companies
from outreach.visits.asking_companies import CompanyRequest

MORNING = datetime(2027, 3, 11, 9, 30, tzinfo=UTC)
NOON = datetime(2027, 3, 11, 13, 30, tzinfo=UTC)
EVENING = datetime(2027, 3, 11, 17, 0, tzinfo=UTC)


@pytest.fixture
def played(app: Flask) -> tuple[Programme, list[Booking]]:
    """Two shows of one troupe on one day."""
    with transaction():
        partnership = make.partnership()
        programme = make.programme(partnership)
        settings.settle(programme, Schedule(reports_on=True), who="Priya", now=make.EARLIER)
        day = make.tour_day(
            programme,
            make.troupe(partnership, name="Blue van", calendar_address="blue@company.example"),
            MORNING.date(),
            shows_at_most=3,
        )
        shows = [
            make.booking(
                make.show(programme, make.school(name=name), at, tour_day_id=day.id, troupe_id=day.troupe_id),
                {8: 120},
            )
            for name, at in (("Redmere", MORNING), ("Latchford", NOON))
        ]
    return programme, shows


def ask(programme: Programme, now: datetime) -> int:
    """How many letters a round at that moment writes."""
    due = [one.tour_day_id for one in asking_companies.due(programme, now=now)]
    for day in due:
        with transaction():
            assert asking_companies.send_due(programme, day, now=now)
    return len(due)


@pytest.mark.both_databases
def test_one_letter_in_the_evening_names_every_show_of_the_day_and_gives_no_link_away(
    played: tuple[Programme, list[Booking]],
) -> None:
    programme, bookings = played
    asked = [ask(programme, EVENING + timedelta(minutes=n)) for n in (-1, 0, 1, 600)]
    assert asked == [0, 1, 0, 0]
    letter = db.session.query(Letter).filter_by(kind="how the day went").one()
    assert letter.recipient == "blue@company.example"
    assert letter.subject == "‘Someone to Tell’, Thursday 11 March: how did the 2 shows go?"
    text = copies.read(letter.raw).text.replace("\r", "")
    assert "* 9:30am, Redmere\n* 1:30pm, Latchford" in text
    assert f"/company/days/{bookings[0].performance.tour_day_id}\n" in text and "/t/" not in text
    deed = history.history_of("booking", bookings[0].reference)[0]
    assert (deed.what, deed.who) == ("asked the company for a report", "the service itself")


@pytest.mark.both_databases
def test_two_rounds_at_once_write_one_letter(app: Flask, played: tuple[Programme, list[Booking]]) -> None:
    programme, bookings = played
    programme_id, day = programme.id, bookings[0].performance.tour_day_id

    def round_of_letters() -> None:
        asking_companies.send_due(db.session.get_one(Programme, programme_id), day, now=EVENING)

    assert at_once(SimpleNamespace(app=app), round_of_letters, round_of_letters) == []
    assert db.session.query(Letter).filter_by(kind="how the day went").count() == 1


@pytest.mark.both_databases
def test_the_database_takes_one_letter_for_a_day_whoever_writes_it(
    app: Flask, played: tuple[Programme, list[Booking]]
) -> None:
    """Programs that go round the verb: one waits for the other, and is refused."""
    _, bookings = played
    day = bookings[0].performance.tour_day_id
    with transaction():
        ids = [make.letter(f"{n}@company.example", None).id for n in (1, 2)]

    def straight_in() -> None:
        db.session.add(CompanyRequest(tour_day_id=day, letter_id=ids.pop(), recorded_at=EVENING))
        db.session.flush()

    raised = at_once(SimpleNamespace(app=app), straight_in, straight_in)
    assert [type(error) for error in raised] == [IntegrityError]
    assert db.session.query(CompanyRequest).count() == 1


def test_only_shows_of_which_it_has_said_nothing_are_asked_about(
    played: tuple[Programme, list[Booking]],
) -> None:
    programme, (first, second) = played
    with transaction():
        make.report(first, "company", MORNING + timedelta(hours=2), 120)
        make.report(second, "school", NOON + timedelta(hours=2), 120)
    ask(programme, EVENING)
    (letter,) = db.session.query(Letter).filter_by(kind="how the day went")
    assert letter.subject == "‘Someone to Tell’ at Latchford, Thursday 11 March: how did it go?"
    assert "Redmere" not in copies.read(letter.raw).text


@pytest.mark.parametrize("hinder", ["reported", "off", "no address", "cancelled", "a day late"])
def test_nothing_is_asked(played: tuple[Programme, list[Booking]], hinder: str) -> None:
    programme, bookings = played
    now = EVENING
    with transaction():
        if hinder == "reported":
            for booking in bookings:
                make.report(booking, "company", NOON + timedelta(hours=2), 120)
        elif hinder == "off":
            settings.settle(programme, Schedule(), who="Priya", now=make.NOW)
        elif hinder == "no address":
            bookings[0].performance.tour_day.troupe.calendar_address = ""
        elif hinder == "cancelled":
            for booking in bookings:
                make.cancellation(booking, MORNING - timedelta(days=1))
        else:
            now = NOON + timedelta(days=1, hours=3)
    assert ask(programme, now) == 0


def test_it_waits_for_the_last_show_of_the_day(played: tuple[Programme, list[Booking]]) -> None:
    programme, (first, _) = played
    with transaction():
        late = make.booking(
            make.show(
                programme,
                make.school(name="Seldon"),
                EVENING + timedelta(hours=1),
                tour_day_id=first.performance.tour_day_id,
                troupe_id=first.performance.troupe_id,
            ),
            {8: 90},
        )
    assert ask(programme, EVENING + timedelta(minutes=30)) == 0
    assert ask(programme, late.performance.ends_at) == 1


def test_it_takes_the_same_queries_for_one_day_and_for_four(
    played: tuple[Programme, list[Booking]], count_queries: Any
) -> None:
    programme, (first, _) = played
    partnership = db.session.get_one(make.Partnership, programme.partnership_id)
    counted = []
    for more in (0, 3):
        with transaction():
            for n in range(more):
                troupe = make.troupe(partnership, name=f"Van {n}", calendar_address=f"van{n}@company.example")
                day = make.tour_day(programme, troupe, MORNING.date())
                make.booking(
                    make.show(programme, make.school(), MORNING, tour_day_id=day.id, troupe_id=day.troupe_id),
                    {8: 90},
                )
        assert programme.id
        with count_queries() as queries:
            found = asking_companies.due(programme, now=EVENING)
            assert [one.hosts[0].performance.host.name for one in found][0] == "Redmere"
        assert len(found) == more + 1
        counted.append(len(queries))
    assert counted[0] == counted[1]
