"""Releases of referrals: kept for good, judged from the one before, read as of a day."""

from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

import make
from outcomes.referrals.counted import CCE, CSE, HERE
from outreach.county.partnerships import Partnership
from outreach.ground.db import db, transaction
from outreach.outcomes.referrals import district_numbers, releases
from outreach.outcomes.referrals.blocks import Cut
from outreach.outcomes.referrals.district_numbers import REFERRALS, Cell

pytestmark = pytest.mark.both_databases


@pytest.fixture
def of(app: Flask) -> Partnership:
    with transaction():
        return make.partnership()


def take_in(
    of: Partnership, *numbers: int, kind: str = CSE, first: int = 202601, now: Any = make.EARLIER
) -> None:
    cells = {
        Cell(district_code=HERE, kind=kind, period=first + n): number for n, number in enumerate(numbers)
    }
    district_numbers.take_in(of, REFERRALS, cells, source="s", source_date=date(2026, 1, 1), who="P", now=now)


def release(of: Partnership, now: Any = make.NOW) -> Cut:
    made = releases.cut_today(of.id, releases.newest(of.id), now=now)
    return releases.release(of, as_shown=releases.fingerprint(made), who="Priya", now=now)


def numbers(of: Partnership, by: Any = None) -> list[int | None]:
    return [block.number for block in releases.newest(of.id, by=by).blocks]


def test_nothing_is_out_before_a_release_and_what_comes_after_it_waits_for_the_next(of: Partnership) -> None:
    with transaction():
        take_in(of, 6, 7, 8)
        assert numbers(of) == []
        release(of)
    with transaction():
        take_in(of, 6, 7, 9)
        take_in(of, 9, 9, 9, first=202604)
        assert numbers(of) == [6, 7, 8]
        later = make.NOW + timedelta(days=3)
        made = release(of, later)
    assert (len(made.new), len(made.corrected)) == (3, 1)
    assert numbers(of) == [6, 7, 9, 9, 9, 9]
    assert numbers(of, by=make.NOW) == [6, 7, 8], "as of that day it is what was out by then"
    assert numbers(of, by=make.EARLIER) == []
    assert [r.corrected_on for r in releases.newest(of.id).blocks][2] == (make.NOW + timedelta(days=3)).date()


def test_kinds_keep_the_order_in_which_they_were_first_given(of: Partnership) -> None:
    with transaction():
        take_in(of, 2, 2, 2, kind=CCE)
        take_in(of, 6, 6, 6, kind=CSE)
        release(of)
    assert district_numbers.kinds_in_order(of.id) == [CCE, CSE]
    assert [block.kinds for block in releases.newest(of.id).blocks] == [(CCE,), (CSE,)]


def test_what_changed_after_the_look_is_not_released_and_nothing_new_is_no_release(of: Partnership) -> None:
    with transaction():
        take_in(of, 6, 7, 8)
        seen = releases.fingerprint(releases.cut_today(of.id, releases.newest(of.id), now=make.NOW))
        take_in(of, 6, 7, 9)
        with pytest.raises(releases.NotAsSeen):
            releases.release(of, as_shown=seen, who="P", now=make.NOW)
        release(of)
        with pytest.raises(releases.NothingToRelease):
            release(of)
    assert releases.newest(of.id).number == 1


@pytest.mark.parametrize(
    "change",
    ["UPDATE referral_release SET blocks = '[]'", "DELETE FROM referral_release"],
)
def test_a_release_stays(of: Partnership, change: str) -> None:
    with transaction():
        take_in(of, 6, 7, 8)
        release(of)
    with pytest.raises(DatabaseError, match="referral_release_stays"), transaction():
        db.session.execute(text(change))
    assert numbers(of) == [6, 7, 8]


def test_another_partnerships_numbers_are_in_no_release_of_ours(of: Partnership) -> None:
    with transaction():
        theirs = make.partnership(("932",))
        take_in(theirs, 50, 50, 50)
        take_in(of, 6, 7, 8)
        release(of)
    assert numbers(of) == [6, 7, 8] and numbers(theirs) == []
