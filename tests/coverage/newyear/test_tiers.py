"""Tiers of a draw by lot: the due order of a first round, without the order of names that nobody has earned."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask import Flask

import make
from outreach.county.partnerships import Partnership
from outreach.county.schools import School
from outreach.coverage.newyear import tiers
from outreach.ground.db import transaction
from outreach.tour.programmes import Programme

NOW = datetime(2027, 9, 8, 9, tzinfo=UTC)
SHOW = datetime(2027, 3, 9, 9, 30, tzinfo=UTC)


class Years:
    """One programme two years running; of two districts Fenwold is behind."""

    def __init__(self) -> None:
        self.ours: Partnership = make.partnership()
        self.last: Programme = make.programme(self.ours, (8,))
        self.new: Programme = make.programme(
            self.ours, (8,), academic_year=2027, reply_by=date(2028, 2, 4), created_at=NOW
        )
        self.schools: list[School] = []

    def school(self, name: str, district: str = "Kestermere", **facts: Any) -> School:
        code = {"Kestermere": "E07000001", "Fenwold": "E07000002"}[district]
        row = make.school(name=name, district_name=district, district_code=code, **facts)
        make.contact(row)
        self.schools.append(row)
        return row

    def saw(self, school: School, pupils: int = 150) -> School:
        booking = make.booking(make.show(self.last, school, SHOW), {8: pupils})
        make.report(booking, "school", datetime(2027, 3, 10, tzinfo=UTC), {8: pupils})
        return school

    def to_draw(self) -> tiers.ToDraw:
        return tiers.to_draw(self.new, [one.organisation_id for one in self.schools], now=NOW)


@pytest.fixture
def years(app: Flask) -> Years:
    with transaction():
        return Years()


def test_need_makes_the_tiers_and_nothing_else_does(years: Years) -> None:
    with transaction():
        years.saw(years.school("Seen"))
        years.saw(years.school("Twenty of 150"), pupils=20)
        years.school("Zebra never")
        years.school("Alder never")
        years.school("Fen never", "Fenwold")
    names = {one.organisation_id: one.name for one in years.schools}
    due = years.to_draw().due
    assert {names[organisation_id]: (one.tier, one.words) for organisation_id, one in due.items()} == {
        "Fen never": (1, "Never seen, in any year; district behind"),
        "Alder never": (2, "Never seen, in any year"),
        "Zebra never": (2, "Never seen, in any year"),
        "Twenty of 150": (3, "A gap of last year"),
        "Seen": (4, "Seen before, or booked"),
    }


def test_without_a_year_before_no_district_is_behind(years: Years) -> None:
    with transaction():
        for district in ("Kestermere", "Fenwold"):
            years.school(f"Only {district}", district)
    found = tiers.to_draw(years.last, [one.organisation_id for one in years.schools], now=make.NOW)
    assert {(one.tier, one.words) for one in found.due.values()} == {(1, "Never seen, in any year")}


def test_who_was_asked_or_cannot_be_is_not_drawn_and_it_is_said_why(years: Years) -> None:
    with transaction():
        years.school("To ask")
        asked, nobody = years.school("Asked"), make.school(name="Without contact")
        years.schools.append(nobody)
        declined = years.school("Declined")
        make.answer(years.new, declined, "declined", reason="exams")
        sent = make.letter("lead@asked.example", NOW)
        make.invitation(years.new, asked, letter_id=sent.id, address="lead@asked.example", recorded_at=NOW)
    found = years.to_draw()
    assert [organisation_id for organisation_id in found.due] == [years.schools[0].organisation_id]
    assert {one.organisation.name: one.why.split(" on ")[0] for one in found.left_out} == {
        "Asked": "asked already",
        "Without contact": "no contact",
        "Declined": "declined: exams",
    }
