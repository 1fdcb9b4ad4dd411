"""Draws by lot: need first, then a seed that nobody picks; kept as they were drawn, and done again by anybody."""

from collections.abc import Callable
from hashlib import sha256
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

import make
from outreach.asking import draws
from outreach.asking.draws import (
    Drawn,
    DrawnBefore,
    Due,
    ListChanged,
    NoSuchDraw,
    NotSoMany,
    TooFewToDraw,
    in_order,
)
from outreach.ground import history
from outreach.ground.db import broken_guard, db, transaction
from outreach.tour.programmes import Programme

PRIYA: dict[str, Any] = {"who": "Priya Nandakumar", "now": make.NOW}


class County:
    """Three schools that never saw it, five that did."""

    def __init__(self) -> None:
        self.ours = make.partnership()
        self.programme: Programme = make.programme(self.ours)
        rows = [make.school(name=f"Redmere {n}") for n in range(8)]
        self.due = {
            row.organisation_id: Due(tier=1, words="Never seen")
            if n < 3
            else Due(tier=2, words="Seen before")
            for n, row in enumerate(rows)
        }
        self.tiers = {organisation_id: one.tier for organisation_id, one in self.due.items()}

    def draw(self, first: int = 5, **how: Any) -> Drawn:
        facts: dict[str, Any] = {"first": first, "seen": self.tiers, **PRIYA, **how}
        with transaction():
            draw_id = draws.draw(self.programme, self.due, **facts).id
        return draws.get(draw_id)


@pytest.fixture
def county(app: Flask) -> County:
    with transaction():
        return County()


def test_those_most_in_need_come_first_and_within_a_tier_the_seed_decides(county: County) -> None:
    found = county.draw(first=5)
    seed = found.draw.seed
    by_hand = sorted(
        (tier, sha256(f"{seed} {organisation_id}".encode()).hexdigest(), organisation_id)
        for organisation_id, tier in county.tiers.items()
    )
    assert [one.organisation_id for one in found.places] == [
        organisation_id for *_, organisation_id in by_hand
    ]
    assert [one.place for one in found.places] == list(range(1, 9))
    assert [one.tier for one in found.group(first=True)] == [1, 1, 1, 2, 2]
    assert [one.tier for one in found.group(first=False)] == [2, 2, 2]
    assert [(one.tier, one.schools, one.first, one.is_split) for one in found.tiers] == [
        (1, 3, 3, False),
        (2, 5, 2, True),
    ]
    assert (found.draw.who, found.draw.recorded_at) == ("Priya Nandakumar", make.NOW)
    assert draws.check(found).is_right
    told = history.history_of("programme", county.programme.id)[0]
    assert (told.what, told.after) == (
        "drew by lot whom to ask first",
        {"draw": found.draw.id, "schools": 8, "asked first": 5},
    )


def test_an_order_is_that_of_sha256_as_any_shell_works_it_out() -> None:
    """printf '%s' 'abc 100001' | sha256sum: 1502fe2d…; of 100002: 692ed286…; of 100003: 401b464c…"""
    assert in_order("abc", dict.fromkeys([100003, 100002, 100001], 1)) == [100001, 100003, 100002]
    assert in_order("abc", {100001: 2, 100002: 2, 100003: 1})[0] == 100003


def test_each_draw_has_a_seed_of_its_own_that_nobody_hands_in(county: County) -> None:
    """Of so many draws of the same schools nobody is first in all, and every seed is another."""
    found = [county.draw(first=4, why_again="Trial") for _ in range(12)]
    assert len({one.draw.seed for one in found}) == 12
    assert {len(one.draw.seed) for one in found} == {32}
    assert len({one.group(first=True)[3].organisation_id for one in found}) > 1


def test_a_second_draw_needs_a_reason_is_told_and_takes_nothing_away(county: County) -> None:
    once = county.draw()
    with pytest.raises(DrawnBefore) as refused:
        county.draw()
    assert refused.value.message == (
        "8 of these schools were drawn on 19 January 2027 at 9:00am by Priya Nandakumar. Say why they are drawn "
        "again. Both draws are kept."
    )
    again = county.draw(why_again=" Two new troupes ")
    assert again.draw.why_again == "Two new troupes" and once.draw.why_again == ""
    assert [one.draw.id for one in draws.of_programme(county.programme.id)] == [once.draw.id, again.draw.id]
    assert draws.get(once.draw.id).places == once.places


def test_chance_decided_for_the_schools_of_the_tiers_that_their_first_draw_split(county: County) -> None:
    once = county.draw(first=5)
    again = county.draw(first=1, why_again="Once more")
    in_tier = {tier: {one.organisation_id for one in once.places if one.tier == tier} for tier in (1, 2)}
    assert draws.placed_by_chance([once, again]) == in_tier[2]
    assert draws.placed_by_chance([again]) == in_tier[1], "alone, the second would have split tier 1"


@pytest.mark.parametrize(
    "how, refusal",
    [
        ({"first": 0}, NotSoMany),
        ({"first": 8}, NotSoMany),
        ({"seen": {}}, ListChanged),
        ({"seen": {1: 1}}, ListChanged),
    ],
)
def test_what_cannot_be_drawn_is_refused_and_nothing_is_kept(
    county: County, how: dict[str, Any], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        county.draw(**how)
    assert draws.of_programme(county.programme.id) == []


def test_one_school_is_no_lot(county: County) -> None:
    county.due = dict(list(county.due.items())[:1])
    county.tiers = {organisation_id: one.tier for organisation_id, one in county.due.items()}
    with pytest.raises(TooFewToDraw):
        county.draw(first=1)


def test_a_draw_of_another_partnership_is_not_there(county: County) -> None:
    found = county.draw()
    with transaction():
        other = make.partnership(("932",))
    with pytest.raises(NoSuchDraw):
        draws.get(found.draw.id, partnership_id=other.id)
    with pytest.raises(NoSuchDraw):
        draws.get(2**40)


@pytest.mark.parametrize(
    "statement, guard",
    [
        ("UPDATE drawn_school SET place = 9 WHERE place = 1", "drawn_school_only_grows"),
        ("UPDATE drawn_school SET tier = 1", "drawn_school_only_grows"),
        ("DELETE FROM drawn_school WHERE place = 1", "drawn_school_only_grows"),
        ("UPDATE asking_draw SET asked_first = 2", "asking_draw_only_grows"),
        ("UPDATE asking_draw SET seed = '0123456789abcdef0123456789abcdef'", "asking_draw_only_grows"),
        ("DELETE FROM asking_draw", "asking_draw_only_grows"),
    ],
)
def test_nothing_of_a_draw_is_changed_or_taken_away(county: County, statement: str, guard: str) -> None:
    before = county.draw()
    with pytest.raises(IntegrityError) as refused, transaction() as session:
        session.execute(text(statement))
    assert broken_guard(refused.value) == guard
    assert draws.get(before.draw.id).places == before.places


ADD = "INSERT INTO drawn_school (draw_id, organisation_id, partnership_id, tier, due, place) VALUES (:id, :organisation_id, :whose, 1, 'x', {})"


@pytest.mark.parametrize("place", [9, 5])
def test_nobody_is_slipped_into_a_draw(county: County, place: int) -> None:
    found = county.draw()
    with transaction():
        one_more = make.school().organisation_id
    values = {"id": found.draw.id, "organisation_id": one_more, "whose": county.ours.id}
    with pytest.raises(DBAPIError) as refused, transaction() as session:
        session.execute(text(ADD.format(place)), values)
    assert isinstance(refused.value, IntegrityError)
    assert "drawn_school" in broken_guard(refused.value)


def test_an_order_that_is_not_the_seeds_is_found_out(county: County) -> None:
    """A draw that somebody laid into the database by hand, with the two that suit them in front."""
    order = in_order("f" * 32, county.tiers)
    with transaction() as session:
        row = draws.AskingDraw(
            partnership_id=county.ours.id,
            programme_id=county.programme.id,
            recorded_at=make.NOW,
            who="Somebody",
            seed="f" * 32,
            schools=9,
            asked_first=2,
            why_again="",
        )
        session.add(row)
        session.flush()
        for place, organisation_id in enumerate([order[1], order[0], *order[2:]], start=1):
            session.add(
                draws.DrawnOrganisation(
                    draw_id=row.id,
                    organisation_id=organisation_id,
                    partnership_id=county.ours.id,
                    tier=county.tiers[organisation_id],
                    due="x",
                    place=place,
                )
            )
    done = draws.check(draws.get(row.id))
    assert (not done.is_right, done.missing) == (True, 1)
    assert [one.organisation_id for one in done.otherwise] == [order[1], order[0]]


def test_draws_are_read_with_as_many_queries_for_three_as_for_one(
    county: County, count_queries: Callable[[], Any]
) -> None:
    for times in (1, 2):
        for _ in range(times):
            county.draw(why_again="Trial")
        db.session.rollback()
        with count_queries() as queries:
            assert len(draws.of_programme(county.programme.id)) == times * 2 - 1
        assert len(queries) == 3, queries
