"""The database is the last guard: overlap, shows a day and seats, tried with two connections. Roads:
test_roads_between_shows.py."""

import threading
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import create_engine, text
from sqlalchemy.exc import IntegrityError

import make
from outreach.ground.db import db, transaction
from outreach.ground.timespans import wall
from outreach.tour import performances, slots
from outreach.tour.performances import Performance, SlotTaken
from outreach.tour.programmes import Programme

DAY = date(2027, 3, 9)


def show(day: Any, school: Any, start: time, **changes: Any) -> Performance:
    """A row as a bug or a second program would write it, with no rule asked."""
    starts_at = wall(DAY, start)
    n = f"{school.organisation_id}-{start}-{changes.get('n', '')}"
    changes.pop("n", None)
    return Performance(
        **{
            "partnership_id": db.session.get_one(Programme, day.programme_id).partnership_id,
            "programme_id": day.programme_id,
            "tour_day_id": day.id,
            "troupe_id": day.troupe_id,
            "organisation_id": school.organisation_id,
            "easting": school.easting,
            "northing": school.northing,
            "get_in_at": starts_at - timedelta(minutes=60),
            "starts_at": starts_at,
            "ends_at": starts_at + timedelta(minutes=75),
            "away_at": starts_at + timedelta(minutes=105),
            "created_at": make.NOW,
            "uid": f"uid {n}",
            "organizer_token": f"token {n}",
        }
        | changes
    )


@pytest.fixture
def county(app: Flask):
    class County:
        pass

    c = County()
    with transaction():
        c.partnership = make.partnership()
        c.programme = make.programme(c.partnership)
        c.troupe = make.troupe(c.partnership)
        c.day = make.tour_day(c.programme, c.troupe, DAY, shows_at_most=3)
        c.one = make.school(easting=450000, northing=210000)
        c.two = make.school(easting=458000, northing=210000)  # 16 minutes away
    return c


def refused(row: Performance, guard: str) -> None:
    with pytest.raises(IntegrityError, match=guard), transaction():
        db.session.add(row)


def test_overlap_of_one_troupe_is_refused(county) -> None:
    with transaction():
        db.session.add(show(county.day, county.one, time(9)))
    refused(show(county.day, county.two, time(11)), "performance_troupe_free")


def test_a_show_that_starts_when_the_one_before_is_packed_is_no_overlap(county) -> None:
    with transaction():
        county.partnership.road_base_minutes = county.partnership.road_minutes_per_km = 0
        db.session.add(show(county.day, county.one, time(9)))
        db.session.flush()
        # away 10:45; where no road is asked for the next set-up may begin at once
        make.placed(show(county.day, county.two, time(11, 45)))


def test_more_shows_than_the_day_has_are_refused(county) -> None:
    with transaction():
        county.day.shows_at_most = 1
        db.session.add(show(county.day, county.one, time(9)))
    second = show(county.day, county.one, time(13))
    performances.reckon_roads(second)
    refused(second, "performance_shows_a_day")


def test_a_show_given_back_stands_in_nobodys_way(county) -> None:
    with transaction():
        row = show(county.day, county.one, time(9))
        db.session.add(row)
        db.session.flush()
        performances.release(row, now=make.NOW)
        db.session.add(show(county.day, county.two, time(9)))


def test_a_show_given_back_cannot_be_taken_up_again_over_another(county) -> None:
    with transaction():
        row = show(county.day, county.one, time(9), released_at=make.NOW)
        db.session.add_all([row, show(county.day, county.one, time(9), n="again")])
    with pytest.raises(IntegrityError, match="performance_troupe_free"), transaction():
        db.session.get_one(Performance, row.id).released_at = None


def test_a_show_belongs_to_the_troupe_and_programme_of_its_day(county) -> None:
    with transaction():
        other = make.troupe(county.partnership)
    refused(show(county.day, county.one, time(9), troupe_id=other.id), "performance_of_its_day")


def test_an_update_is_guarded_as_an_insert_is(county) -> None:
    with transaction():
        first = make.placed(show(county.day, county.one, time(9)))
        second = make.placed(show(county.day, county.two, time(13)))
    with pytest.raises(IntegrityError, match="performance_troupe_free"), transaction():
        db.session.execute(
            text(
                "UPDATE performance SET get_in_at = (SELECT get_in_at FROM performance WHERE id = :a),"
                " road_from_organisation_id = NULL, road_from_minutes = NULL WHERE id = :b"
            ),
            {"a": first.id, "b": second.id},
        )


def test_two_connections_that_claim_one_slot_at_once_get_one(app: Flask, county, database_url: str) -> None:
    """Both have read the day as free before either writes."""
    programme_id, organisation_ids, day_id = (
        county.programme.id,
        (county.one.organisation_id, county.two.organisation_id),
        county.day.id,
    )
    db.session.remove()
    ready = threading.Barrier(2)
    outcomes: list[str] = []

    def claim(organisation_id: int) -> None:
        from outreach.county.schools import School
        from outreach.tour.programmes import Programme

        with app.app_context():
            programme, school = (
                db.session.get_one(Programme, programme_id),
                db.session.get_one(School, organisation_id),
            )
            slot = slots.find(programme, school, f"{day_id}-0900", now=make.NOW)
            assert slot
            ready.wait()
            try:
                with transaction():
                    performances.claim(
                        slot,
                        db.session.get_one(School, organisation_id),
                        programme_id=programme_id,
                        held_until=None,
                        now=make.NOW,
                    )
                outcomes.append("got it")
            except SlotTaken:
                outcomes.append("taken")

    workers = [
        threading.Thread(target=claim, args=(organisation_id,)) for organisation_id in organisation_ids
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=120)
    assert sorted(outcomes) == ["got it", "taken"]
    assert db.session.query(Performance).count() == 1


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize(
    ("most", "later_at", "guard"),
    [(1, time(13), "performance_shows_a_day"), (3, time(10, 30), "performance_road")],
    ids=["the limit of shows", "15 of 30 minutes to turn the hall round"],
)
def test_two_connections_cannot_pass_a_guard_of_the_day_together(
    app: Flask, county, database_url: str, most: int, later_at: time, guard: str
) -> None:
    """Neither show is played while the other is; only the lock that the trigger takes makes the second see the first.

    On SQLite there is one writer at a time, so there is no second transaction to see.
    """
    with transaction():
        county.day.shows_at_most = most
    rows = [show(county.day, county.one, time(9)), show(county.day, county.one, later_at)]
    values = [
        {c.name: getattr(row, c.name) for c in Performance.__table__.columns if c.name not in ("id",)}
        | {"sequence": 0, "lunch_overruled": ""}
        for row in rows
    ]
    engine = create_engine(database_url.replace("postgresql://", "postgresql+psycopg://"))
    first, second = engine.connect(), engine.connect()
    first.begin()
    second.begin()
    first.execute(Performance.__table__.insert(), values[0])
    failed: list[Exception] = []

    def later() -> None:
        try:
            second.execute(Performance.__table__.insert(), values[1])
            second.commit()
        except IntegrityError as error:
            failed.append(error)

    waiting = threading.Thread(target=later)
    waiting.start()
    waiting.join(timeout=0.5)
    assert waiting.is_alive(), "the second must queue at the tour day"
    first.commit()
    waiting.join(timeout=120)
    assert guard in str(failed[0])
    first.close()
    second.close()
    engine.dispose()


def test_an_expired_hold_is_removed_by_the_claim_that_meets_it(county) -> None:
    with transaction():
        db.session.add(show(county.day, county.one, time(9), held_until=make.NOW))
    with transaction():
        performances.clear_expired([county.day.id], now=make.NOW)
        slot = slots.find(county.programme, county.two, f"{county.day.id}-0900", now=make.NOW)
        assert slot
        performances.claim(slot, county.two, programme_id=county.programme.id, held_until=None, now=make.NOW)
    assert [p.organisation_id for p in db.session.query(Performance)] == [county.two.organisation_id]


def test_a_hold_is_kept_until_the_minute_it_ends(county) -> None:
    until: datetime = make.NOW + timedelta(minutes=15)
    with transaction():
        db.session.add(show(county.day, county.one, time(9), held_until=until))
    with transaction():
        performances.clear_expired([county.day.id], now=until - timedelta(seconds=1))
    assert db.session.query(Performance).count() == 1


def test_a_show_goes_to_another_troupe_as_another_event_and_never_back_under_the_old_one(county) -> None:
    with transaction():
        other = make.troupe(county.partnership)
        days = {county.troupe: county.day, other: make.tour_day(county.programme, other, DAY)}

    def slot(troupe: Any, at: str, instead_of: int | None = None) -> performances.Slot:
        key = f"{days[troupe].id}-{at}"
        found = slots.find(county.programme, county.one, key, now=make.NOW, instead_of=instead_of)
        assert found is not None
        return found

    with transaction():
        facts = {"programme_id": county.programme.id, "held_until": None, "now": make.NOW}
        here = performances.claim(slot(county.troupe, "0900"), county.one, **facts)

    def shift(troupe: Any, at: str) -> Any:
        with transaction():
            return performances.shift(here, slot(troupe, at, here.id), now=make.NOW)

    uids = [here.uid]
    assert shift(county.troupe, "1000") is None
    assert (here.uid, here.sequence, here.starts_at) == (uids[0], 1, wall(DAY, time(10)))
    for n, troupe in enumerate((other, county.troupe, other, county.troupe)):
        before = here.uid, here.organizer_token, here.troupe_id, here.sequence + 1
        left = shift(troupe, "1000")
        assert (left.uid, left.organizer_token, left.troupe_id, left.sequence) == before
        assert (here.troupe_id, here.sequence, left.left_at) == (troupe.id, n + 2, make.NOW)
        assert here.organizer_token != left.organizer_token
        uids.append(here.uid)
    assert len(set(uids)) == 5
    assert performances.events_before(here) == [uids[0], uids[2]]
    with transaction():
        performances.release(here, now=make.NOW)
    assert (here.released_at, here.sequence) == (make.NOW, 6)
