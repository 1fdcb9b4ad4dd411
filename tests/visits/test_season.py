"""The season sheet's sums: held to a slow reckoning that knows only rows, and adding up however they are
cut."""

import math
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

import make
from booking import sheet_days
from how_many import so_many
from outreach.booking.promises import Booking
from outreach.coverage import standings
from outreach.ground.db import db, transaction
from outreach.tour.companies import Company, Troupe
from outreach.tour.days import TourDay
from outreach.visits import season
from outreach.visits.season import SeasonDay, Sums

NOW = datetime(2027, 2, 1, 12, tzinfo=UTC)
BEGAN = datetime(2025, 9, 1, 12, tzinfo=UTC)
NUMBERS = [
    "given",
    "used",
    "shows",
    "coming",
    "not_played",
    "counted",
    "others",
    "promised",
    "kilometres",
    "minutes",
    "unknown",
    "cost",
]


def random_season(seed: int) -> SimpleNamespace:
    """Three troupes, some with a base and costs, days of two years, shows past and to come, reported,
    released, held."""
    draw = Random(seed)
    c = SimpleNamespace(partnership=make.partnership())
    c.programmes = programmes = [
        make.programme(c.partnership, shows_a_day=3),
        make.programme(c.partnership, shows_a_day=3, academic_year=2025, created_at=BEGAN),
        make.programme(c.partnership, (), title="Training", for_adults=True),
    ]
    based = {"base_easting": 450000, "base_northing": 200000}
    c.troupes = [
        make.troupe(c.partnership, name="Red van", cost_day_pence=64_050, cost_km_pence=45, **based),
        make.troupe(c.partnership, name="Blue van", cost_km_pence=50),
        make.troupe(c.partnership, name="Green van", **based),
    ]
    schools = [
        make.school(
            BEGAN, easting=440000 + 900 * n, northing=205000 + 700 * n * n % 9000, number_of_pupils=9000
        )
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
            programmes[programme],
            c.troupes[n % 3],
            day,
            leaves=time(5),
            returns=time(22),
            shows_at_most=3,
            ended_at=draw.choice([None, None, None, None, make.EARLIER]),
        )
        for at in () if tour_day.ended_at else draw.sample([time(7), time(11), time(15)], draw.randrange(4)):
            show = sheet_days.show_on(tour_day, draw.choice(schools), at)
            fate = draw.randrange(8)
            if fate == 0:
                show.released_at = make.NOW
            elif fate == 1:
                show.held_until = NOW + timedelta(days=500)
            elif fate > 2:
                adults = programme == 2
                booking = (
                    make.booking(show, {}, BEGAN, seats=30)
                    if adults
                    else make.booking(show, {8: draw.randrange(20, 120)}, BEGAN)
                )
                guest = (
                    make.booking(show, {8: 9}, BEGAN, make.school(BEGAN)) if fate > 5 and not adults else None
                )
                if show.ends_at < NOW - timedelta(days=3):
                    tell(draw, booking, guest, adults)
            db.session.flush()
    return c


def tell(draw: Random, host: Booking, guest: Booking | None, adults: bool) -> None:
    """What is said of a past show: nothing, by one side or both, near or far apart, before it was moved,
    taken back."""
    after, before = (
        host.performance.ends_at + timedelta(hours=1),
        host.performance.starts_at - timedelta(days=1),
    )
    for booking, number in ((host, host.seats), (guest, 9)):
        if booking is None:
            continue
        for side in draw.sample(["school", "school", "settled"], draw.choice([0, 0, 1, 2])):
            said: Any = draw.choice(
                [None, number, max(0, number - 11), {8: number - 3, 9: 2}, {8: 4, 9: 1, 10: 6}]
            )
            failed = draw.random() < 0.2
            row = make.report(
                booking,
                side,
                draw.choice([after, after, after, before]),
                None if failed or adults else said,
                took_place=not failed,
                why_not="Snow" if failed else "",
            )
            if draw.random() < 0.2:
                make.withdrawal(row, after + timedelta(hours=1))
    if draw.random() < 0.6:
        failed = draw.random() < 0.2
        seats = host.seats + (guest.seats if guest else 0)
        head_count = (
            None if failed or adults else draw.choice([None, seats, seats + 4, seats + 40, seats // 2])
        )
        row = make.report(
            host,
            "company",
            draw.choice([after, after, before]),
            head_count,
            took_place=not failed,
            why_not="Snow" if failed else "",
        )
        if draw.random() < 0.2:
            make.withdrawal(row, after + timedelta(hours=1))


def slow_pupils(show: int, starts: datetime) -> tuple[str, int, int, int]:
    """('all failed', '', counted, of other year groups, promised) of a show for Years 8 and 9, read off its
    rows one by one."""

    def word(where: str, key: int) -> Any:
        rows = db.session.execute(
            text(
                f"SELECT id, took_place, pupils, recorded_at FROM visit_report v WHERE {where} AND NOT EXISTS "
                "(SELECT 1 FROM report_withdrawal w WHERE w.report_id = v.id) ORDER BY id DESC"
            ),
            {"key": key},
        ).all()
        if not rows or instant(rows[0].recorded_at) < starts:
            return None
        split = {
            y: n
            for y, n in db.session.execute(
                text("SELECT year_group, pupils FROM reported_pupils WHERE report_id = :id"),
                {"id": rows[0].id},
            )
        }
        return SimpleNamespace(
            took=bool(rows[0].took_place), split=split, all=sum(split.values()) if split else rows[0].pupils
        )

    company = word("side = 'company' AND performance_id = :key", show)
    head = company.all if company and company.took else None
    counts: dict[int, Any] = {}
    fates, others, uncounted, both = {}, {}, [], []
    bookings = db.session.execute(
        text("SELECT id, seats FROM booking WHERE performance_id = :show AND ended_at IS NULL"),
        {"show": show},
    ).all()
    for b in bookings:
        settled = word("side = 'settled' AND booking_id = :key", b.id)
        school = word("side = 'school' AND booking_id = :key", b.id)
        said = {w.took for w in ([settled] if settled else [w for w in (school, company) if w])}
        fates[b.id] = "waits" if len(said) != 1 else "took place" if said == {True} else "failed"
        if fates[b.id] == "failed":
            counts[b.id] = 0
        if fates[b.id] == "took place":
            for w in (settled, school):
                if w and w.took and w.all is not None and b.id not in counts:
                    counts[b.id], others[b.id] = w.all, w.split.get(10, 0)
            if b.id not in counts:
                uncounted.append(b.id)
            elif not settled and school and company:
                both.append(b.id)
    if head is not None and len(counts) == len(bookings):
        if abs(sum(counts.values()) - head) > max(5, sum(counts.values()) / 20):
            for one in both:
                del counts[one]
    elif head is not None and uncounted:  # the rest of the head count, whoever of them had how many
        counts |= dict.fromkeys(uncounted, 0) | {uncounted[0]: max(0, head - sum(counts.values()))}
    not_target = sum(others.get(one, 0) for one in counts)
    return (
        "failed" if set(fates.values()) == {"failed"} else "",
        sum(counts.values()) - not_target,
        not_target,
        sum(b.seats for b in bookings if b.id not in counts),
    )


def instant(said: Any) -> datetime:
    return said if isinstance(said, datetime) else datetime.fromisoformat(said).replace(tzinfo=UTC)


def slow(
    partnership_id: int, year: int, troupe_id: int | None = None, month: date | None = None
) -> dict[str, Any]:
    """The same from the rows alone, day by day, with a road of its own."""
    found: dict[str, Any] = dict.fromkeys(NUMBERS, 0) | {"cost": None}
    days = db.session.execute(
        text(
            "SELECT d.id, d.day, t.id AS troupe, t.base_easting AS e, t.base_northing AS n, "
            "t.cost_day_pence AS by_day, "
            "t.cost_km_pence AS by_km, p.for_adults AS adults FROM tour_day d JOIN troupe t ON t.id = d.troupe_id "
            "JOIN programme p ON p.id = d.programme_id WHERE p.partnership_id = :whose AND d.ended_at "
            "IS NULL ORDER BY d.id"
        ),
        {"whose": partnership_id},
    ).all()
    for d in days:
        day = d.day if isinstance(d.day, date) else date.fromisoformat(d.day)
        if not date(year, 9, 1) <= day <= date(year + 1, 8, 31) or troupe_id not in (None, d.troupe):
            continue
        if month is not None and (day.year, day.month) != (month.year, month.month):
            continue
        shows = db.session.execute(
            text(
                "SELECT f.id, f.organisation_id, f.easting AS e, f.northing AS n, f.starts_at, f.ends_at FROM "
                "performance f JOIN booking b "
                "ON b.performance_id = f.id AND b.role = 'host' AND b.ended_at IS NULL WHERE f.tour_day_id = :day "
                "AND f.released_at IS NULL AND f.held_until IS NULL ORDER BY f.get_in_at"
            ),
            {"day": d.id},
        ).all()
        found["given"] += 1
        found["used"] += bool(shows)
        kilometres = 0.0
        points = [("base", d.e, d.n), *((s.organisation_id, s.e, s.n) for s in shows), ("base", d.e, d.n)]
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
            failed, counted, others, promised = slow_pupils(s.id, instant(s.starts_at))
            if failed:
                found["not_played"] += 1
            else:
                found["shows"] += 1
                found["coming"] += instant(s.ends_at) > NOW
            if not d.adults:
                found["counted"] += counted
                found["others"] += others
                found["promised"] += promised
    return found


def numbers(sums: Sums) -> dict[str, Any]:
    return {name: getattr(sums, name) for name in NUMBERS}


@pytest.mark.parametrize("seed", [1, *(pytest.param(n, marks=pytest.mark.long) for n in (2, 3))])
def test_every_sum_is_that_of_a_slow_reckoning(app: Flask, seed: int) -> None:
    with transaction():
        c = random_season(seed)
        theirs = make.partnership(("932",))
        make.tour_day(make.programme(theirs), make.troupe(theirs), date(2026, 11, 3))
    for year in (2025, 2026, 2027):
        found = season.season_of_year(c.partnership.id, year, now=NOW)
        assert numbers(found.total) == slow(c.partnership.id, year)
        for month, of_month in found.months:
            assert numbers(of_month) == slow(c.partnership.id, year, month=month)
        for own in found.troupes:
            assert numbers(own.total) == slow(c.partnership.id, year, own.troupe.id)
            for month, of_month in own.months:
                assert numbers(of_month) == slow(c.partnership.id, year, own.troupe.id, month)
    assert season.season_of_year(c.partnership.id, 2026, now=NOW).total.shows > 5
    assert season.years(c.partnership.id) == [2026, 2025]


@pytest.mark.parametrize("seed", [1, *(pytest.param(n, marks=pytest.mark.long) for n in range(2, 7))])
def test_what_was_counted_is_what_coverage_counts(app: Flask, seed: int) -> None:
    with transaction():
        c = random_season(seed)
    shows = [
        (day.tour_day.programme_id, show)
        for year in (2025, 2026)
        for day in season.season_of_year(c.partnership.id, year, now=NOW).days
        for show in day.shows
    ]
    for programme in c.programmes:
        found = standings.standings_of_programme(programme.id, as_of=NOW.date(), now=NOW)
        seen = sum(s.seen_pupils for s in (*found.target, *found.excluded))
        assert not found.also_seen
        assert sum(show.counted for whose, show in shows if whose == programme.id) == seen
    assert any(show.promised for _, show in shows)


def test_what_is_only_promised_stands_apart_from_what_was_counted(app: Flask) -> None:
    said = []

    def now_said() -> None:
        db.session.flush()
        found = season.season_of_year(c.partnership.id, 2026, now=NOW).days[0].shows[0]
        said.append((found.counted, found.others, found.promised, found.played, found.state))

    with transaction():
        c = SimpleNamespace(partnership=make.partnership())
        day = make.tour_day(make.programme(c.partnership), make.troupe(c.partnership), date(2027, 1, 12))
        show = sheet_days.show_on(day, make.school(), time(10))
        host, guest = make.booking(show, {8: 50, 9: 40}), make.booking(show, {8: 9}, of=make.school())
        host.seats = 100
        make.revision(host, {8: 60, 9: 40}, at=make.EARLIER, starts_at=show.starts_at, ends_at=show.ends_at)
        now_said()
        after = show.ends_at + timedelta(hours=1)
        wrong = make.report(host, "school", after, {8: 55, 9: 30, 10: 2})
        now_said()
        make.withdrawal(wrong, after)
        now_said()
        company = make.report(host, "company", after)
        make.report(host, "school", after)
        now_said()
        make.withdrawal(company, after)
        head_count = make.report(host, "company", after, 104)
        now_said()
        make.report(host, "school", after, 70)
        make.report(guest, "school", after, 8)
        now_said()
        make.report(host, "settled", after, 96)
        now_said()
        make.withdrawal(head_count, after)
        make.report(host, "settled", after, took_place=False, why_not="Snow")
        now_said()
        make.report(guest, "settled", after, took_place=False, why_not="Snow")
        now_said()
    assert said == [
        (0, 0, 109, True, "report missing"),
        (85, 2, 9, True, "report missing"),
        (0, 0, 109, True, "report missing"),  # taken back
        (0, 0, 109, True, "took place, not counted"),
        (104, 0, 0, True, "counted"),  # the company's head count of host and guest
        (0, 0, 109, True, "reports disagree"),
        (104, 0, 0, True, "counted"),  # 96, and the guest's own 8
        (8, 0, 0, True, "counted"),
        (0, 0, 0, False, "did not take place"),
    ]


def test_a_troupe_without_costs_leaves_the_cost_of_the_others(app: Flask) -> None:
    with transaction():
        c = sheet_days.lay()
    assert season.season_of_year(c.partnership.id, 2026, now=NOW).total.cost is None
    with transaction():
        c.troupe.cost_day_pence, c.troupe.cost_km_pence = 64_000, 45
        make.tour_day(c.programme, c.troupe, date(2027, 3, 10))
        make.tour_day(c.programme, make.troupe(c.partnership), date(2027, 3, 10))
    total = season.season_of_year(c.partnership.id, 2026, now=NOW).total
    assert (total.given, total.used, total.kilometres) == (3, 1, 58)
    assert total.cost == 64_000 + 58 * 45


def test_a_night_away_is_not_driven_home(app: Flask) -> None:
    with transaction():
        c = sheet_days.lay()
        c.troupe.overnight_stays = True
        c.day.stays_at, c.day.stays_easting, c.day.stays_northing = "the inn at Kestermere", 450000, 230000
        day = make.tour_day(c.programme, c.troupe, date(2027, 3, 10))
        make.booking(sheet_days.show_on(day, make.school(easting=450000, northing=231000), time(10)), {8: 9})
    first, second = season.season_of_year(c.partnership.id, 2026, now=NOW).days
    assert first.minutes == 41 + 8 + 8
    assert second.minutes == 8 + 45  # on from the inn, then home


def test_the_whole_year_takes_as_many_queries_as_a_day(app: Flask, count_queries: Callable[[], Any]) -> None:
    with transaction():
        c = sheet_days.lay()
    partnership_id = c.partnership.id
    db.session.expunge_all()
    with count_queries() as one:
        season.season_of_year(partnership_id, 2026, now=NOW)
    with transaction():
        programme = make.programme(make.partnership(("932",)))
        programme.partnership_id = partnership_id
        for n in range(20):
            show = make.show(programme, make.school(), NOW + timedelta(days=n))
            db.session.get_one(Troupe, show.troupe_id).company.partnership_id = partnership_id
            make.booking(show, {8: 20})
    db.session.expunge_all()
    with count_queries() as many:
        found = season.season_of_year(partnership_id, 2026, now=NOW)
        assert [t.total.shows for t in found.troupes].count(1) == 20
    assert len(many) == len(one)


TROUPES = [
    Troupe(id=n, name=f"Van {n}", company=Company(name="Lantern Row"), cost_day_pence=day, cost_km_pence=km)
    for n, day, km in ((1, None, None), (2, 64_000, None), (3, 1, 33))
]


@st.composite
def days(draw: Any) -> list[SeasonDay]:
    found = []
    for _ in range(draw(st.integers(0, 30))):
        troupe = draw(st.sampled_from(TROUPES))
        day = date(2026, 9, 1) + timedelta(days=draw(st.integers(0, 364)))
        shows = tuple(
            season.SeasonShow(
                performance=None,
                bookings=(),
                counted=draw(st.integers(0, 300)),
                others=draw(st.integers(0, 9)),
                promised=draw(st.integers(0, 300)),
                played=draw(st.booleans()),
                over=draw(st.booleans()),
                state="",
            )
            for _ in range(draw(st.integers(0, 3)))
        )
        drives = draw(st.integers(0, 90)) if shows else 0
        found.append(
            SeasonDay(
                tour_day=TourDay(day=day, troupe=troupe, troupe_id=troupe.id),
                shows=shows,
                kilometres=drives,
                minutes=2 * drives,
                unknown=draw(st.integers(0, 2)) if shows else 0,
            )
        )
    return found


@settings(deadline=None, max_examples=so_many(60))
@given(days())
def test_months_and_troupes_sum_to_the_whole(drawn: list[SeasonDay]) -> None:
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
