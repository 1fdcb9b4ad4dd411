"""Whom to ask first in a new year: who never saw it, then last year's gaps, the districts furthest behind on
top."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

import make
from outreach.county.partnerships import Partnership
from outreach.county.schools import School
from outreach.coverage.newyear import checklist, first_round
from outreach.coverage.newyear.first_round import DUE, MISSED, NEVER, REST, UNKNOWN
from outreach.ground.db import transaction
from outreach.ground.school_year import STAFF
from outreach.tour.adults import AdultTarget
from outreach.tour.programmes import Programme

NOW = datetime(2027, 9, 8, 9, tzinfo=UTC)
SHOW = datetime(2027, 3, 9, 9, 30, tzinfo=UTC)


class Years:
    """One programme two years running; schools in two districts, of which Fenwold is behind."""

    def __init__(self) -> None:
        self.ours: Partnership = make.partnership()
        self.last: Programme = make.programme(self.ours, (8,))
        self.new: Programme = make.programme(
            self.ours, (8,), academic_year=2027, reply_by=date(2028, 2, 4), created_at=NOW
        )

    def school(self, name: str, district: str = "Kestermere", **facts: Any) -> School:
        code = {"Kestermere": "E07000001", "Fenwold": "E07000002"}[district]
        row = make.school(name=name, district_name=district, district_code=code, **facts)
        make.contact(row)
        return row

    def saw(self, school: School, pupils: int = 150, programme: Programme | None = None) -> None:
        booking = make.booking(make.show(programme or self.last, school, SHOW), {8: pupils})
        make.report(booking, "school", datetime(2027, 3, 10, tzinfo=UTC), {8: pupils})

    def round(self) -> first_round.FirstRound:
        return first_round.first_round_of_programme(self.new, self.last, now=NOW)


@pytest.fixture
def years(app: Flask) -> Years:
    with transaction():
        return Years()


def test_never_seen_comes_before_last_years_gaps_and_those_before_the_rest(years: Years) -> None:
    with transaction():
        years.saw(years.school("Seen"))
        years.saw(years.school("Twenty of 150"), pupils=20)
        years.school("Zebra never")
        years.school("Alder never", "Fenwold")
    assert [(c.standing.name, c.group) for c in years.round().candidates] == [
        ("Alder never", NEVER),
        ("Zebra never", NEVER),
        ("Twenty of 150", MISSED),
        ("Seen", REST),
    ]


def test_whose_training_has_run_out_comes_before_those_whose_still_counts(app: Flask) -> None:
    with transaction():
        years = Years()
        last = make.programme(years.ours, (), for_adults=True, title="Signs")
        new = make.programme(
            years.ours,
            (),
            AdultTarget(valid_months=12),
            for_adults=True,
            title="Signs",
            academic_year=2027,
            reply_by=date(2028, 2, 4),
            created_at=NOW,
        )
        make.copied(new, last)
        for name, day in (("Valid", SHOW), ("Over", datetime(2026, 9, 7, 9, 30, tzinfo=UTC))):
            booking = make.booking(
                make.show(last, years.school(name), day), {STAFF: 30}, day - timedelta(days=30)
            )
            make.report(booking, "school", day + timedelta(hours=2), {STAFF: 30})
        years.school("Never")
    found = first_round.first_round_of_programme(new, last, now=NOW)
    assert [(c.standing.name, c.group) for c in found.candidates] == [("Never", NEVER), ("Over", DUE)]
    assert [c.standing.name for c in found.first] == ["Never", "Over"]


def test_whoever_is_booked_to_see_it_this_year_is_not_among_those_who_never_saw_it(years: Years) -> None:
    with transaction():
        booked = years.school("Booked")
        make.booking(make.show(years.last, booked, datetime(2027, 3, 9, 9, 30, tzinfo=UTC)), {8: 150})
    found = first_round.first_round_of_programme(
        years.new, years.last, now=datetime(2027, 3, 1, 9, tzinfo=UTC)
    )
    assert [(c.standing.name, c.group) for c in found.candidates] == [("Booked", REST)]


def test_a_school_whose_show_nobody_reported_is_not_known_and_asked_for(years: Years) -> None:
    with transaction():
        older = make.programme(years.ours, (8,), academic_year=2025, title="Older", reply_by=date(2026, 2, 5))
        school, gone = years.school("Unreported"), years.school("Unreported then seen")
        heir = years.school("Heir of one unreported")
        before = make.school(status="Closed", name="Before")
        make.succession(before, heir)
        asked = {}
        for host in (school, gone, before):
            show = make.show(older, host, datetime(2026, 3, 9, 9, 30, tzinfo=UTC))
            asked[host.name] = make.booking(show, {8: 150}).reference
        years.saw(gone, pupils=20)
        years.school("Never")
        cancelled = years.school("Cancelled")
        show = make.show(older, cancelled, datetime(2026, 3, 9, 9, 30, tzinfo=UTC))
        make.booking(show, {8: 150}, ended_at=datetime(2026, 3, 1, tzinfo=UTC))
        theirs = make.programme(
            make.partnership(("932",)), (8,), academic_year=2025, title="Theirs", reply_by=date(2026, 2, 5)
        )
        make.booking(
            make.show(theirs, years.school("Elsewhere"), datetime(2026, 3, 9, 9, 30, tzinfo=UTC)), {8: 150}
        )
    found = {c.standing.name: (c.group, c.unreported) for c in years.round().candidates}
    assert found == {
        "Unreported": (UNKNOWN, asked["Unreported"]),
        "Heir of one unreported": (UNKNOWN, asked["Before"]),
        "Unreported then seen": (MISSED, ""),
        "Never": (NEVER, ""),
        "Cancelled": (NEVER, ""),
        "Elsewhere": (NEVER, ""),
    }


def test_of_equals_the_district_furthest_behind_comes_first(years: Years) -> None:
    with transaction():
        years.saw(years.school("Kestermere seen"))
        years.school("A in Kestermere")
        years.school("B in Fenwold", "Fenwold")
    assert [c.standing.name for c in years.round().first] == ["B in Fenwold", "A in Kestermere"]


def test_a_school_has_seen_what_the_school_it_came_from_saw(years: Years) -> None:
    with transaction():
        old = years.school("Old", status="Closed", close_date=date(2027, 8, 31))
        years.saw(old)
        heir = years.school("Heir")
        make.succession(old, heir, day=date(2027, 8, 31))
    (only,) = years.round().candidates
    assert (only.standing.name, only.group) == ("Heir", REST)


def test_what_another_partnership_showed_counts_for_nothing_here(years: Years) -> None:
    with transaction():
        school = years.school("Here")
        theirs = make.programme(make.partnership(("825",)), (8,))
        years.saw(school, programme=theirs)
    assert [c.group for c in years.round().candidates] == [NEVER]


def test_who_was_asked_already_or_cannot_be_is_counted_apart(years: Years) -> None:
    with transaction():
        make.invitation(years.new, years.school("Asked"), NOW - timedelta(hours=1))
        make.school(name="Nobody on file")
        years.school("Left")
    found = years.round()
    assert ([c.standing.name for c in found.candidates], found.asked, found.unreachable) == (["Left"], 1, 1)
    assert len(found.target) == 3


def test_without_a_programme_of_last_year_nobody_has_a_gap(years: Years) -> None:
    with transaction():
        years.saw(years.school("Seen once"))
        years.school("Never")
    found = first_round.first_round_of_programme(years.new, None, now=NOW)
    assert [(c.standing.name, c.group) for c in found.candidates] == [("Never", NEVER), ("Seen once", REST)]


def test_many_schools_take_as_many_queries_as_few(years: Years, count_queries: Any) -> None:
    sent = []
    for more in (1, 5):
        with transaction():
            for n in range(more):
                years.saw(years.school(f"School {more} {n}"))
                years.school(f"Never {more} {n}")
        with count_queries() as queries:
            years.round()
            checklist.checklist_of_year(years.ours, 2027, now=NOW)
        sent.append(len(queries))
    assert sent[0] == sent[1], sent


@pytest.mark.parametrize(
    ("today", "offered", "opens"),
    [
        (date(2027, 3, 1), [2027], 2027),
        (date(2027, 7, 20), [2027], 2027),
        (date(2027, 9, 8), [2027, 2028], 2027),
        (date(2028, 7, 20), [2028], 2028),
    ],
)
def test_the_years_that_can_be_carried_into(
    years: Years, today: date, offered: list[int], opens: int
) -> None:
    assert checklist.years(years.ours.id, today) == offered
    assert checklist.year_to_open(offered, today) == opens


def test_nothing_can_be_carried_over_before_a_programme_has_run(app: Flask) -> None:
    with transaction():
        ours = make.partnership()
    assert checklist.years(ours.id, NOW.date()) == []
