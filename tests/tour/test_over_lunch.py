"""A school's lunch and a show: the starts it leaves, what is said of a day without one, and the database's guard."""

import threading
from datetime import date, time
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import create_engine, text
from sqlalchemy.exc import IntegrityError

import make
from outreach.booking import holds
from outreach.county import school_lunch
from outreach.county.schools import School
from outreach.ground.db import db, transaction
from outreach.ground.timespans import local
from outreach.ground.wording import clock
from outreach.tour import hours, performances, slots, why_not
from outreach.tour.performances import Performance, SlotTaken
from outreach.tour.programmes import Programme

DAY = date(2027, 3, 9)


@pytest.fixture
def c(app: Flask) -> SimpleNamespace:
    """A county with lunch from 12:15 to 13:15, shows of 60, 75 and 30 minutes from 9 to 3, a whole day."""
    c = SimpleNamespace()
    with transaction():
        c.partnership = make.partnership(lunch_begins=time(12, 15), lunch_ends=time(13, 15))
        c.programme = make.programme(c.partnership, earliest_start=time(9), latest_finish=time(15))
        c.troupe = make.troupe(c.partnership)
        c.day = make.tour_day(c.programme, c.troupe, DAY, shows_at_most=3)
        c.school = make.school(easting=450000, northing=210000)
    return c


def say(c: SimpleNamespace, *, hall: bool, stays: bool = False) -> None:
    with transaction():
        school_lunch.say(
            c.school,
            time(12, 15),
            time(13, 15),
            is_dining_hall=hall,
            set_may_stay=stays,
            who="Jo Fell",
            now=make.NOW,
        )


def starts(c: SimpleNamespace, **asked: Any) -> list[str]:
    (offer,) = slots.offers(c.programme, c.school, now=make.NOW, only_days=[c.day.id], **asked).days
    return [clock(slot.starts) for slot in offer.slots]


def test_until_a_school_says_only_the_show_keeps_out_of_the_usual_lunch(c: SimpleNamespace) -> None:
    """A show of 75 minutes: over by 12:15, or from 13:15 on; set-up over lunch is nobody's matter yet."""
    morning = ["9:00am", "9:15am", "9:30am", "9:45am", "10:00am", "10:15am", "10:30am", "10:45am", "11:00am"]
    assert starts(c) == [*morning, "1:15pm", "1:30pm", "1:45pm"]


def test_in_a_dining_hall_set_up_and_pack_up_keep_out_too_and_the_tables_have_their_minutes(
    c: SimpleNamespace,
) -> None:
    """Packed up by noon: the last start is 10:15. After 13:30 an hour of set-up and 75 minutes are past three."""
    say(c, hall=True)
    assert starts(c) == ["9:00am", "9:15am", "9:30am", "9:45am", "10:00am", "10:15am"]
    with transaction():
        c.partnership.lunch_tables = 0
    assert starts(c)[-1] == "10:30am"


def test_lunch_elsewhere_leaves_the_hall_to_set_up(c: SimpleNamespace) -> None:
    say(c, hall=False)
    assert starts(c)[-4:] == ["11:00am", "1:15pm", "1:30pm", "1:45pm"]


def test_a_set_that_may_stay_is_up_before_lunch_and_the_show_begins_after_it(c: SimpleNamespace) -> None:
    say(c, hall=True, stays=True)
    assert starts(c)[-3:] == ["10:15am", "1:30pm", "1:45pm"]
    slot = slots.find(c.programme, c.school, f"{c.day.id}-1330", now=make.NOW)
    assert slot is not None
    assert (clock(local(slot.get_in_at).time()), slot.get_in_minutes) == ("11:00am", 150)
    with transaction():
        held = performances.claim(slot, c.school, programme_id=c.programme.id, held_until=None, now=make.NOW)
    assert (clock(local(held.get_in_at).time()), held.lunch_keeps_out) == ("11:00am", "set stays")


def test_a_troupe_that_comes_too_late_to_be_set_up_before_lunch_has_no_start_right_after_it(
    c: SimpleNamespace,
) -> None:
    say(c, hall=True, stays=True)
    with transaction():
        c.day.leaves = time(11, 1)  # to nowhere far: the base is not known
    assert starts(c) == []
    with transaction():
        c.day.leaves = time(11)
    assert starts(c) == ["1:30pm", "1:45pm"]


def test_two_shows_in_one_day_are_possible_only_if_the_set_may_stay(c: SimpleNamespace) -> None:
    def pair() -> list[list[str]]:
        found = slots.offers(c.programme, c.school, now=make.NOW, two_shows=True).first
        return [[clock(slot.starts) for slot in choice] for choice in found]

    say(c, hall=True)
    assert all(len(choice) == 1 for choice in pair())
    say(c, hall=True, stays=True)
    assert pair() == [["9:00am", "1:30pm"]]


@pytest.mark.parametrize("hall", [True, False])
def test_a_troupe_whose_set_stays_between_two_shows_has_its_lunch_meanwhile(
    c: SimpleNamespace, hall: bool
) -> None:
    """Free from 10:45, the hall turned round, until 13:30: no set-up keeps it from eating."""
    say(c, hall=hall, stays=hall)
    with transaction():
        c.troupe.lunch_minutes = 90
        c.day.returns = time(15, 30)
        shows = []
        for start in ("0900", "1345"):
            slot = slots.find(c.programme, c.school, f"{c.day.id}-{start}", now=make.NOW)
            assert slot is not None, start
            shows.append(
                performances.claim(slot, c.school, programme_id=c.programme.id, held_until=None, now=make.NOW)
            )
    assert hours.warnings(c.day, shows) == []


def test_a_programme_for_adults_knows_no_lunch(c: SimpleNamespace) -> None:
    say(c, hall=True)
    with transaction():
        staff = make.programme(c.partnership, year_groups=(), for_adults=True, latest_finish=time(15))
        c.day = make.tour_day(staff, make.troupe(c.partnership), DAY)
    c.programme = staff
    assert "midday" in starts(c)


def test_a_day_that_lunch_alone_leaves_no_start_says_so(c: SimpleNamespace) -> None:
    say(c, hall=True)
    with transaction():
        c.day.leaves = time(10)
    (offer,) = slots.offers(c.programme, c.school, now=make.NOW, only_days=[c.day.id]).days
    assert (offer.slots, offer.why_not) == ((), "no time beside your lunch that day")
    said = [
        (v.rule, v.said, v.holds) for v in why_not.verdicts_on_day(c.programme, c.school, DAY, now=make.NOW)
    ]
    assert ("School’s lunch", "Midday to 1:30pm, with the tables: no start keeps out of it.", True) in said


@pytest.mark.both_databases
def test_the_database_takes_no_show_across_the_lunch_it_is_held_to(c: SimpleNamespace, app: Flask) -> None:
    say(c, hall=True)
    with transaction():
        slot = slots.find(c.programme, c.school, f"{c.day.id}-1015", now=make.NOW)
        assert slot is not None
        show = performances.claim(slot, c.school, programme_id=c.programme.id, held_until=None, now=make.NOW)
    for column, minutes in (("away_at", 1), ("lunch_from_at", -1)):
        later = getattr(show, column).timestamp() + 60 * minutes
        with pytest.raises(IntegrityError, match="ck_performance_lunch"), transaction():
            setattr(
                db.session.get_one(Performance, show.id),
                column,
                make.NOW.fromtimestamp(later, make.NOW.tzinfo),
            )
    with transaction():
        again = db.session.get_one(Performance, show.id)
        again.lunch_overruled = "The head agreed: lunch is in the sports hall that day."
        again.away_at = make.NOW.fromtimestamp(again.away_at.timestamp() + 60, make.NOW.tzinfo)


def test_two_connections_a_hold_and_a_lunch_that_is_said_come_one_after_the_other(
    app: Flask, c: SimpleNamespace, database_url: str
) -> None:
    """The school holds 11am while a colleague says that the hall is for lunch at noon: whoever comes second sees the
    first, so no show is held to a lunch that it lies across."""
    ids = c.programme.id, c.school.organisation_id, c.day.id
    db.session.remove()
    ready = threading.Barrier(2)
    outcomes: list[str] = []

    def hold() -> None:
        with app.app_context():
            programme, school = db.session.get_one(Programme, ids[0]), db.session.get_one(School, ids[1])
            slot = slots.find(programme, school, f"{ids[2]}-1100", now=make.NOW)
            assert slot
            db.session.rollback()
            ready.wait()
            try:
                with transaction():
                    programme, school = (
                        db.session.get_one(Programme, ids[0]),
                        db.session.get_one(School, ids[1]),
                    )
                    holds.hold(programme, school, [slot], who="Jo", now=make.NOW)
                outcomes.append("held")
            except SlotTaken:
                outcomes.append("refused")

    def lunch() -> None:
        with app.app_context():
            ready.wait()
            with transaction():
                performances.lock_organisation(ids[1])
                school = db.session.get_one(School, ids[1])
                school_lunch.say(
                    school, time(12), time(13), is_dining_hall=True, set_may_stay=False, who="A", now=make.NOW
                )

    workers = [threading.Thread(target=hold), threading.Thread(target=lunch)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=120)
    kept = db.session.query(Performance).all()
    assert len(kept) == (outcomes == ["held"])
    assert all(show.lunch_keeps_out == "show" for show in kept)


def test_two_connections_neither_of_which_asks_the_rules_are_both_refused(
    app: Flask, c: SimpleNamespace, database_url: str
) -> None:
    say(c, hall=True)
    with transaction():
        slot = slots.find(c.programme, c.school, f"{c.day.id}-1015", now=make.NOW)
        assert slot is not None
        show = performances.claim(slot, c.school, programme_id=c.programme.id, held_until=None, now=make.NOW)
        number = show.id
    db.session.remove()
    engine = create_engine(database_url.replace("postgresql://", "postgresql+psycopg://"))
    for _ in range(2):
        with engine.connect() as connection, pytest.raises(IntegrityError, match="ck_performance_lunch"):
            connection.execute(
                text("UPDATE performance SET lunch_from_at = starts_at WHERE id = :id"), {"id": number}
            )
    engine.dispose()
