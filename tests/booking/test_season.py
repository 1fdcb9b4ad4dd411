"""The season sheet's sums: held to a slow reckoning that knows only rows, and adding up however they are cut."""

import math
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest
import sheet_days
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

import make
from outreach.booking.sheets import season
from outreach.booking.sheets.season import Day, Sums
from outreach.ground.db import db, transaction
from outreach.tour.companies import Company, Troupe
from outreach.tour.days import TourDay

NOW = datetime(2027, 2, 1, 12, tzinfo=UTC)
NUMBERS = [
    "given", "used", "shows", "coming", "not_played", "pupils", "kilometres", "minutes", "unknown", "cost",
]  # fmt: skip


def random_season(seed: int) -> SimpleNamespace:
    """Three troupes, some with a base and costs, days of two years, shows past and to come, reported, released, held."""
    draw = Random(seed)
    c = SimpleNamespace(partnership=make.partnership())
    programmes = [
        make.programme(c.partnership, shows_a_day=3),
        make.programme(c.partnership, shows_a_day=3, academic_year=2025),
        make.programme(c.partnership, (), title="Training", for_adults=True),
    ]
    based = {"base_easting": 450000, "base_northing": 200000}
    c.troupes = [
        make.troupe(c.partnership, name="Red van", cost_day_pence=64_050, cost_km_pence=45, **based),
        make.troupe(c.partnership, name="Blue van", cost_km_pence=50),
        make.troupe(c.partnership, name="Green van", **based),
    ]
    schools = [
        make.school(easting=440000 + 900 * n, northing=205000 + 700 * n * n % 9000, number_of_pupils=9000)
        for n in range(9)
    ]
    for n in range(24):
        programme = draw.choice([0, 0, 0, 0, 1, 2])
        day = date(2025 if programme == 1 else 2026, 11, 2) + timedelta(days=draw.randrange(100) * 2 + n % 2)
        if db.session.scalar(
            db.select(TourDay.id).where(TourDay.day == day, TourDay.troupe_id == c.troupes[n % 3].id)
        ):
            continue
        tour_day = make.tour_day(
            programmes[programme], c.troupes[n % 3], day, leaves=time(5), returns=time(22), shows_at_most=3,
            ended_at=draw.choice([None, None, None, None, make.EARLIER]),
        )  # fmt: skip
        for at in () if tour_day.ended_at else draw.sample([time(7), time(11), time(15)], draw.randrange(4)):
            show = sheet_days.show_on(tour_day, draw.choice(schools), at)
            fate = draw.randrange(8)
            if fate == 0:
                show.released_at = make.NOW
            elif fate == 1:
                show.held_until = NOW + timedelta(days=500)
            elif fate > 2:
                adults = programme == 2
                booking = make.booking(show, {}, seats=30) if adults else make.booking(show, {8: draw.randrange(20, 120)})  # fmt: skip
                booking.came_to = draw.choice([None, None, "", "8:17,9:4"])
                if fate == 7 and not adults:
                    make.booking(show, {8: 9}, of=make.school()).came_to = draw.choice([None, "8:7"])
            db.session.flush()
    return c


def slow(
    partnership_id: int, year: int, troupe_id: int | None = None, month: date | None = None
) -> dict[str, Any]:
    """The same from the rows alone, day by day, with a road of its own."""
    found: dict[str, Any] = dict.fromkeys(NUMBERS, 0) | {"cost": None}
    days = db.session.execute(text(
        "SELECT d.id, d.day, t.id AS troupe, t.base_easting AS e, t.base_northing AS n, t.cost_day_pence AS by_day, "
        "t.cost_km_pence AS by_km, p.for_adults AS adults FROM tour_day d JOIN troupe t ON t.id = d.troupe_id "
        "JOIN programme p ON p.id = d.programme_id WHERE p.partnership_id = :whose AND d.ended_at IS NULL ORDER BY d.id"
    ), {"whose": partnership_id}).all()  # fmt: skip
    for d in days:
        day = d.day if isinstance(d.day, date) else date.fromisoformat(d.day)
        if not date(year, 9, 1) <= day <= date(year + 1, 8, 31) or troupe_id not in (None, d.troupe):
            continue
        if month is not None and (day.year, day.month) != (month.year, month.month):
            continue
        shows = db.session.execute(text(
            "SELECT f.id, f.urn, f.easting AS e, f.northing AS n, b.came_to, f.ends_at FROM performance f JOIN booking b "
            "ON b.performance_id = f.id AND b.role = 'host' AND b.ended_at IS NULL WHERE f.tour_day_id = :day "
            "AND f.released_at IS NULL AND f.held_until IS NULL ORDER BY f.get_in_at"
        ), {"day": d.id}).all()  # fmt: skip
        found["given"] += 1
        found["used"] += bool(shows)
        kilometres = 0.0
        points = [("base", d.e, d.n), *((s.urn, s.e, s.n) for s in shows), ("base", d.e, d.n)]
        for a, b in zip(points, points[1:], strict=False) if shows else ():
            if a[1] is None or b[1] is None:
                found["unknown"] += 1
            elif a[0] != b[0]:
                straight = math.hypot(a[1] - b[1], a[2] - b[2]) / 1000
                kilometres += straight
                found["minutes"] += math.ceil(6 + 1.25 * straight - 1e-6)
        whole = math.floor(kilometres + 0.5)
        found["kilometres"] += whole
        if d.by_day is not None or d.by_km is not None:
            cost = ((d.by_day or 0) + (d.by_km or 0) * whole) if shows else 0
            found["cost"] = (found["cost"] or 0) + cost
        for s in shows:
            ends = (
                s.ends_at
                if isinstance(s.ends_at, datetime)
                else datetime.fromisoformat(s.ends_at).replace(tzinfo=UTC)
            )
            if s.came_to == "":
                found["not_played"] += 1
            else:
                found["shows"] += 1
                found["coming"] += ends > NOW
            for b in db.session.execute(text(
                "SELECT seats, came_to FROM booking WHERE performance_id = :show AND ended_at IS NULL"
            ), {"show": s.id}):  # fmt: skip
                if not d.adults:
                    found["pupils"] += b.seats if b.came_to is None else sum(
                        int(part.split(":")[1]) for part in b.came_to.split(",") if part
                    )  # fmt: skip
    return found


def numbers(sums: Sums) -> dict[str, Any]:
    return {name: getattr(sums, name) for name in NUMBERS}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_sum_is_that_of_a_slow_reckoning(app: Flask, seed: int) -> None:
    with transaction():
        c = random_season(seed)
        theirs = make.partnership(("932",))
        make.tour_day(make.programme(theirs), make.troupe(theirs), date(2026, 11, 3))
    for year in (2025, 2026, 2027):
        found = season.of(c.partnership.id, year, now=NOW)
        assert numbers(found.total) == slow(c.partnership.id, year)
        for month, of_month in found.months:
            assert numbers(of_month) == slow(c.partnership.id, year, month=month)
        for own in found.troupes:
            assert numbers(own.total) == slow(c.partnership.id, year, own.troupe.id)
            for month, of_month in own.months:
                assert numbers(of_month) == slow(c.partnership.id, year, own.troupe.id, month)
    assert season.of(c.partnership.id, 2026, now=NOW).total.shows > 5
    assert season.years(c.partnership.id) == [2026, 2025]


def test_a_troupe_without_costs_leaves_the_cost_of_the_others(app: Flask) -> None:
    with transaction():
        c = sheet_days.lay()
    assert season.of(c.partnership.id, 2026, now=NOW).total.cost is None
    with transaction():
        c.troupe.cost_day_pence, c.troupe.cost_km_pence = 64_000, 45
        make.tour_day(c.programme, c.troupe, date(2027, 3, 10))
        make.tour_day(c.programme, make.troupe(c.partnership), date(2027, 3, 10))
    total = season.of(c.partnership.id, 2026, now=NOW).total
    assert (total.given, total.used, total.kilometres) == (3, 1, 58)
    assert total.cost == 64_000 + 58 * 45


def test_a_night_away_is_not_driven_home(app: Flask) -> None:
    with transaction():
        c = sheet_days.lay()
        c.troupe.overnight_stays = True
        c.day.stays_at, c.day.stays_easting, c.day.stays_northing = "the inn at Kestermere", 450000, 230000
        day = make.tour_day(c.programme, c.troupe, date(2027, 3, 10))
        make.booking(sheet_days.show_on(day, make.school(easting=450000, northing=231000), time(10)), {8: 9})
    first, second = season.of(c.partnership.id, 2026, now=NOW).days
    assert first.minutes == 41 + 8 + 8
    assert second.minutes == 8 + 45  # on from the inn, then home


def test_the_whole_year_takes_as_many_queries_as_a_day(app: Flask, count_queries: Callable[[], Any]) -> None:
    with transaction():
        c = sheet_days.lay()
    partnership_id = c.partnership.id
    db.session.expunge_all()
    with count_queries() as one:
        season.of(partnership_id, 2026, now=NOW)
    with transaction():
        programme = make.programme(make.partnership(("932",)))
        programme.partnership_id = partnership_id
        for n in range(20):
            show = make.show(programme, make.school(), NOW + timedelta(days=n))
            db.session.get_one(Troupe, show.troupe_id).company.partnership_id = partnership_id
            make.booking(show, {8: 20})
    db.session.expunge_all()
    with count_queries() as many:
        found = season.of(partnership_id, 2026, now=NOW)
        assert [t.total.shows for t in found.troupes].count(1) == 20
    assert len(many) == len(one)


TROUPES = [
    Troupe(id=n, name=f"Van {n}", company=Company(name="Lantern Row"), cost_day_pence=day, cost_km_pence=km)
    for n, day, km in ((1, None, None), (2, 64_000, None), (3, 1, 33))
]


@st.composite
def days(draw: Any) -> list[Day]:
    found = []
    for _ in range(draw(st.integers(0, 30))):
        troupe = draw(st.sampled_from(TROUPES))
        day = date(2026, 9, 1) + timedelta(days=draw(st.integers(0, 364)))
        shows = tuple(
            season.Show(
                performance=None, bookings=(), pupils=draw(st.integers(0, 300)), played=draw(st.booleans()),
                over=draw(st.booleans()),
            )
            for _ in range(draw(st.integers(0, 3)))
        )  # fmt: skip
        drives = draw(st.integers(0, 90)) if shows else 0
        found.append(
            Day(
                tour_day=TourDay(day=day, troupe=troupe, troupe_id=troupe.id), shows=shows, kilometres=drives,
                minutes=2 * drives, unknown=draw(st.integers(0, 2)) if shows else 0,
            )
        )  # fmt: skip
    return found


@settings(deadline=None, max_examples=60)
@given(days())
def test_months_and_troupes_sum_to_the_whole(drawn: list[Day]) -> None:
    found = season.Season(academic_year=2026, days=tuple(drawn))
    parts = [own.total for own in found.troupes]
    cells = [of_month for own in found.troupes for _, of_month in own.months]
    for name in NUMBERS:
        whole = getattr(found.total, name) or 0
        for cut in (parts, cells, [of_month for _, of_month in found.months]):
            assert sum(getattr(part, name) or 0 for part in cut) == whole, name
    assert found.total.shows + found.total.not_played == sum(len(d.shows) for d in drawn)
    for own in found.troupes:
        for month, of_month in own.months:
            assert season.sums(found.narrowed(own.troupe.id, month)) == of_month
