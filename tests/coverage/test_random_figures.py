"""Figures, causes, lists and board reports of random years, held to slow sums written apart from them."""

from datetime import date, datetime, timedelta
from random import Random
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from random_year import RandomYear
from reference import STRENGTHS, World, WorldOfAdults, end_of, read_all
from slow_sums import DIMENSIONS, NINE, SUMS, Sums, percent
from test_random_years import LATER, SEEDS, few, fewer, many

from outreach.coverage import figures, lists, standings
from outreach.coverage.board import concerns, content
from outreach.coverage.lists import ListFilters
from outreach.ground.db import db


@few
@given(seed=SEEDS)
def test_figures_of_a_random_year_are_the_slow_sums(app: Flask, seed: int) -> None:
    _hold(seed)


@pytest.mark.long
@many
@given(seed=SEEDS)
def test_figures_of_very_many_random_years_are_the_slow_sums(app: Flask, seed: int) -> None:
    _hold(seed)


@fewer
@given(seed=SEEDS)
def test_figures_of_a_random_training_are_the_slow_sums_and_count_its_staff(app: Flask, seed: int) -> None:
    _hold(seed, for_adults=True, bodies=0)


@fewer
@given(seed=SEEDS)
def test_figures_of_a_random_training_for_bodies_too_are_the_slow_sums(app: Flask, seed: int) -> None:
    """What a report to the board says of bodies is for tests/coverage/board."""
    _hold(seed, for_adults=True, report=False)


@fewer
@given(seed=SEEDS)
def test_what_was_told_of_a_day_stays_whatever_is_recorded_later(app: Flask, seed: int) -> None:
    """Schools, figures, causes, concerns and the whole report, drawn at the day's end and again years
    later."""
    try:
        year = RandomYear(seed)
        then: dict[date, Any] = {}
        for day in sorted({year.some_day() for _ in range(3)}):
            year.play(end_of(day))
            then[day] = _told(year, day, end_of(day) + timedelta(minutes=1))
        year.play()
        for day, told in then.items():
            assert _told(year, day, LATER) == told
    finally:
        db.session.rollback()


def _told(year: RandomYear, day: date, now: datetime) -> Any:
    reckoning = standings.standings_of_programme(year.programme.id, as_of=day, now=now)
    raised = concerns.by_school(reckoning, now=now)
    found = figures.figures_of_target(reckoning.target, county="x")
    dimensions = [figures.by(reckoning.target, d) for d in DIMENSIONS]
    drawn = content.draw(reckoning, raised, county="Marlshire", partnership="The partnership")
    schools = reckoning.target, reckoning.excluded, reckoning.also_seen
    causes = [(s.organisation_id, s.cause, s.since, s.next_action) for s in reckoning.target]
    return schools, found, dimensions, figures.by_year_group(reckoning.target), causes, raised, drawn.content


def _hold(seed: int, *, for_adults: bool = False, bodies: int | None = None, report: bool = True) -> None:
    try:
        year = RandomYear(seed, for_adults=for_adults, bodies=bodies)
        year.play()
        db.session.flush()
        rows, days = read_all(), [year.some_day()]
        days += Random(seed).sample(year.runs_out, min(2, len(year.runs_out)))
        for day in days:
            reckoning = standings.standings_of_programme(year.programme.id, as_of=day, now=LATER)
            slow = Sums((WorldOfAdults if for_adults else World)(year.programme, day, rows))
            _hold_schools(reckoning, slow)
            assert {a.organisation_id: a.pupils for a in reckoning.also_seen} == slow.also_seen
            _hold_figures(reckoning, slow)
        _hold_lists(reckoning, slow, Random(seed))
        if report:
            _hold_report(year, reckoning, slow)
    finally:
        db.session.rollback()


def _hold_schools(reckoning: standings.Reckoning, slow: Sums) -> None:
    for fast, row in zip([*reckoning.target, *reckoning.excluded], [*slow.rows, *slow.excluded], strict=True):
        assert (fast.organisation_id, fast.name, fast.standing, fast.is_gap) == (
            row.organisation_id,
            row.name,
            row.standing,
            row.gap,
        )
        said = fast.kind, fast.detail, fast.since
        assert said == (row.cause, row.detail, row.since), (said, row)
        assert list(fast.uncounted) == row.uncounted, fast
        assert (fast.district_code, fast.district_name) == (row.district, row.district_name)
        assert (fast.phase, fast.type, fast.trust) == (row.phase, row.type, row.trust)
        assert (fast.town, fast.urban_rural) == (row.town, row.urban_rural)
        assert {y: fast.seen_by_year.get(y, 0) for y in row.seen_by} == row.seen_by
        assert (fast.target_pupils, fast.pupils_by_year) == (row.pupils, row.pupils_by), fast
        assert (fast.ages_unknown, not fast.place_known) == (row.ages_unknown, row.place_unknown)
        assert fast.evidence == row.evidence, fast


def _hold_figures(reckoning: standings.Reckoning, slow: Sums) -> None:
    found = figures.figures_of_target(reckoning.target, county="x")
    _same(found.county, slow.total())
    for dimension in DIMENSIONS:
        rows = {t.key: t for t in figures.by(reckoning.target, dimension)}
        totals = slow.by(dimension)
        assert rows.keys() == totals.keys(), dimension
        for key, total in totals.items():
            _same(rows[key], total)
    assert {t.key: vars_of(t) for t in found.districts} == {
        t.key: vars_of(t) for t in figures.by(reckoning.target, "district")
    }
    years = {int(t.key): t for t in figures.by_year_group(reckoning.target)}
    assert sorted(years) == slow.year_groups()
    for y, fast in years.items():
        total = slow.year_group(y)
        for name in ("organisations", "gaps", "seen_pupils", "seen_of_known", "target_pupils", "unknown"):
            assert getattr(fast, name) == getattr(total, name), (y, name)
        assert fast.by == total.by
        assert fast.share == percent(total.by["seen"], total.organisations)
    assert dict(found.causes) == slow.causes()
    assert sum(n for _, n in found.causes) == found.county.gaps
    assert found.ages_unknown == sum(r.ages_unknown for r in slow.rows)
    assert found.place_unknown == sum(r.place_unknown for r in slow.rows)
    spread = figures.spread(found.districts)
    shares = [percent(t.by["seen"], t.organisations) for key, t in slow.by("district").items() if key]
    assert (spread.points if spread else None) == (max(shares) - min(shares) if len(shares) > 1 else None)


def vars_of(totals: figures.Totals) -> dict[str, Any]:
    return {name: getattr(totals, name) for name in SUMS} | {"by": totals.by}


def _same(fast: figures.Totals, total: Any) -> None:
    assert {name: getattr(fast, name) for name in SUMS} == {name: getattr(total, name) for name in SUMS}
    assert fast.by == total.by and sum(fast.by.values()) == fast.organisations
    assert fast.evidence == total.evidence
    assert fast.share == percent(total.by["seen"], total.organisations)
    counted = total.seen_of_known - total.beyond_staff
    assert fast.pupil_share == percent(counted, total.target_pupils - total.uncounted_pupils)


def _hold_lists(reckoning: standings.Reckoning, slow: Sums, r: Random) -> None:
    """Lists by some words at random, as addresses put them together."""
    schools = [*reckoning.target, *reckoning.excluded]
    for _ in range(40):
        some = r.choice(schools) if schools else None
        could: dict[str, Any] = {
            "district": (some.district_code if some else "E1") or "-",
            "phase": some.phase if some else "Secondary",
            "type": (some.type if some else "") or "-",
            "trust": (some.trust if some else "") or "-",
            "town": (some.town if some else "") or "-",
            "urban_rural": (some.urban_rural if some else "") or "-",
            "year": r.choice(["7", "8", "9", "10"]),
            "state": r.choice(["seen", "part seen", "to confirm", "booked", "open", "gap"]),
            "standing": some.standing if some and some.standing in NINE else "asked",
            "gap": "1",
            "cause": (some.kind if some and some.is_gap else "") or "silent",
            "number": r.choice(["own", "estimated", "unknown", "known"]),
            "counted": "1",
            "evidence": (some.evidence if some else "") or r.choice(STRENGTHS),
            "ages": "unknown",
            "place": "unknown",
            "find": r.choice(
                ["redmere", "Academy, Redmere", "demy", str(some.organisation_id) if some else "x"]
            ),
            "list": "excluded",
            "who": r.choice(["schools", "bodies"]),
        }
        words = {name: could[name] for name in r.sample(sorted(could), r.choice([1, 1, 2, 2, 3]))}
        picked = lists.pick(reckoning, _filters(words))
        assert [s.organisation_id for s in picked] == [row.organisation_id for row in slow.picked(words)], (
            words
        )


def _filters(words: dict[str, str]) -> ListFilters:
    known = {
        name: words[name]
        for name in (
            "district",
            "phase",
            "type",
            "trust",
            "town",
            "urban_rural",
            "state",
            "standing",
            "cause",
            "number",
            "find",
            "evidence",
            "who",
        )
        if name in words
    }
    return ListFilters(
        which=words.get("list", lists.TARGET),
        year=int(words["year"]) if "year" in words else None,
        gap="gap" in words,
        counted="counted" in words,
        ages_unknown="ages" in words,
        place_unknown="place" in words,
        **known,
    )


def _hold_report(year: RandomYear, reckoning: standings.Reckoning, slow: Sums) -> None:
    """Schools in the open and true; of pupils what is shown is true and never 1 to 4."""
    raised = concerns.by_school(reckoning, now=LATER)
    told = content.draw(reckoning, raised, county="Marlshire", partnership="The partnership").content
    tables = {table["key"]: {row["key"]: row for row in table["rows"]} for table in told["tables"]}
    _hold_told(told["whole"], slow.total())
    for dimension in ("district", "phase", "type"):
        totals = slow.by(dimension)
        assert tables[dimension].keys() == totals.keys()
        for key, total in totals.items():
            _hold_told(tables[dimension][key], total)
    for row in told["years"]:
        total = slow.year_group(int(row["key"]))
        assert (row["schools"], row["states"]) == (total.organisations, total.by)
        _true(row["pupils_seen"], total.seen_pupils)
        _true(row["target_pupils"], total.target_pupils)
    assert {c["key"]: c["schools"] for c in told["causes"]} == slow.causes()
    assert told["excluded"] == len(slow.excluded) and told["also_seen"]["schools"] == len(slow.also_seen)
    _true(told["also_seen"]["pupils"], sum(n for n in slow.also_seen.values() if n is not None))


def _hold_told(row: dict[str, Any], total: Any) -> None:
    assert (row["schools"], row["standings"], row["gaps"]) == (total.organisations, total.by, total.gaps)
    assert row["share"] == percent(total.by["seen"], total.organisations)
    assert row["schools_with_number_unknown"] == total.unknown
    assert (row["schools_with_own_number"], row["schools_estimated"]) == (total.own, total.estimated)
    _true(row["pupils_seen"], total.seen_pupils)
    _true(row["target_pupils"], total.target_pupils)


def _true(said: dict[str, Any], number: int) -> None:
    if said["status"] == "shown":
        assert said["number"] == number
        assert number == 0 or number >= 5
    else:
        assert said["number"] is None
