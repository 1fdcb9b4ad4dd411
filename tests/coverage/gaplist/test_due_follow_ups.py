"""Follow-ups of schools that are missing: due on their day, a successor's where the school closed, and settled once
the school is missing no more."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

import make
from outreach.asking import follow_ups as kept
from outreach.coverage import standings
from outreach.coverage.gaplist import follow_ups, missing
from outreach.coverage.gaplist.follow_ups import NothingToFollowUp
from outreach.ground.db import transaction
from outreach.tour import target_decisions

NOW = make.NOW
DAY = timedelta(days=1)
AFTER = NOW + timedelta(minutes=1)
PRIYA: dict[str, Any] = {"who": "Priya Nandakumar", "now": NOW}


class County:
    def __init__(self) -> None:
        self.ours = make.partnership()
        self.programme = make.programme(self.ours)
        self.priya = make.person(self.ours, name="Priya Nandakumar")
        self.ash, self.beech, self.cedar, self.elm = (
            make.school(name=name) for name in ("Ash", "Beech", "Cedar", "Elm")
        )

    def set(self, school: Any, ahead: int = 0, now: Any = NOW) -> None:
        follow_ups.set_for(
            self.programme,
            school.organisation_id,
            now.date() + ahead * DAY,
            "",
            self.priya,
            who="Priya",
            now=now,
        )

    def book(self, school: Any) -> None:
        make.booking(make.show(self.programme, school, NOW + 30 * DAY), {8: 100, 9: 100})

    def due(self, now: Any = NOW) -> list[str]:
        found = standings.standings_of_programme(self.programme.id, as_of=now.date(), now=now)
        return [one.standing.name for one in follow_ups.due(found, now=now)]


@pytest.fixture
def county(app: Flask) -> County:
    with transaction():
        return County()


def test_what_is_due_is_of_today_or_before_the_longest_first_and_of_no_school_that_booked(
    county: County,
) -> None:
    assert county.due() == []
    with transaction():
        county.set(county.ash, now=NOW - DAY)
        county.set(county.beech)
        county.set(county.cedar)
        county.set(county.elm, ahead=1)
        county.book(county.beech)
    assert county.due() == ["Ash", "Cedar"]
    assert county.due(NOW + DAY) == ["Ash", "Cedar", "Elm"]


def test_a_gap_bears_its_follow_up_and_whether_it_is_due(county: County) -> None:
    with transaction():
        county.set(county.ash)
        county.set(county.elm, ahead=1)
    found = {gap.standing.name: gap for gap in missing.missing_from_programme(county.programme, now=NOW).gaps}
    assert {name: (gap.follow_up is not None, gap.follow_up_is_due) for name, gap in found.items()} == {
        "Ash": (True, True),
        "Beech": (False, False),
        "Cedar": (False, False),
        "Elm": (True, False),
    }


def test_a_school_that_is_missing_no_more_has_nothing_to_follow_up(county: County) -> None:
    with transaction():
        county.book(county.ash)
    with pytest.raises(NothingToFollowUp, match="missing no more"), transaction():
        county.set(county.ash)


def test_what_was_set_for_a_school_that_closed_is_its_successors_until_that_has_its_own(
    county: County,
) -> None:
    with transaction():
        county.set(county.ash)
        new = make.school(name="New Ash")
        make.record(county.ash, NOW, status="Closed")
        make.succession(county.ash, new)
    assert county.due(AFTER) == ["New Ash"]
    with transaction():
        county.set(new, ahead=3, now=AFTER)
    assert county.due(AFTER) == []
    assert list(kept.follow_ups_of_programme(county.programme.id)) == [new.organisation_id]


def test_what_stands_for_schools_that_are_missing_no_more_settles_and_the_rest_stays(county: County) -> None:
    with transaction():
        for school in (county.ash, county.beech, county.cedar):
            county.set(school, ahead=2)
        county.book(county.ash)
        target_decisions.exclude(county.programme, county.beech, reason="Moved away", **PRIYA)
    with transaction():
        assert follow_ups.settle(county.programme, who="the service itself", now=AFTER) == 2
        assert follow_ups.settle(county.programme, who="the service itself", now=AFTER) == 0
    assert list(kept.follow_ups_of_programme(county.programme.id)) == [county.cedar.organisation_id]
    (ended,) = kept.of_organisations([county.ash.organisation_id], partnership_id=county.ours.id)
    assert (ended.ended_as, ended.ended_by) == ("settled", "the service itself")


def test_the_days_round_settles_them(app: Flask, county: County, monkeypatch: pytest.MonkeyPatch) -> None:
    from outreach.ground import clock

    monkeypatch.setattr(clock, "now", lambda: NOW)
    with transaction():
        county.set(county.ash)
        county.set(county.cedar)
        county.book(county.ash)
    assert app.test_cli_runner().invoke(args=["asking", "chase", "--dry-run"]).exit_code == 0
    assert len(kept.follow_ups_of_programme(county.programme.id)) == 2
    assert app.test_cli_runner().invoke(args=["asking", "chase"]).exit_code == 0
    assert list(kept.follow_ups_of_programme(county.programme.id)) == [county.cedar.organisation_id]
