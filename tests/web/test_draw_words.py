"""Words of a draw by lot: what chance decided, and which schools can be asked in the same weeks."""

from typing import Any

import pytest

import make
from outreach.asking.draws import AskingDraw, Drawn, Due, Place, tiers_of
from outreach.coverage.standings import Word
from outreach.web.coordinator import draw_words


def drawn(tiers: list[int], first: int, why_again: str = "") -> Drawn:
    facts: dict[str, Any] = {"id": 3, "seed": "ab" * 16, "who": "Priya Nandakumar", "recorded_at": make.NOW}
    row = AskingDraw(schools=len(tiers), asked_first=first, why_again=why_again, **facts)
    places = tuple(
        Place(
            organisation_id=n,
            name=f"School {n}",
            tier=tier,
            due=f"Due {tier}",
            place=n,
            asked_first=n <= first,
        )
        for n, tier in enumerate(tiers, start=1)
    )
    return Drawn(draw=row, places=places)


@pytest.mark.parametrize(
    "tiers, first, said",
    [
        ([1, 1, 1, 1], 1, "Of the 4 schools of tier 1, chance alone chose 1."),
        (
            [1, 1, 2, 2, 2, 3],
            4,
            "Of the 3 schools of tier 2, chance alone chose 2. The other 3 schools went by need.",
        ),
        ([1, 2], 1, "The number ended between two tiers: need alone decided."),
    ],
)
def test_it_is_said_what_chance_decided_and_what_need_did(tiers: list[int], first: int, said: str) -> None:
    assert draw_words.decided(drawn(tiers, first).tiers) == said


def test_each_tier_says_how_its_schools_came_to_their_side() -> None:
    due = {n: Due(tier=tier, words="x") for n, tier in enumerate([1, 2, 2, 3])}
    assert [draw_words.by(tier) for tier in tiers_of(due, 2)] == ["all first", "1 first, by lot", "all later"]


def test_a_group_is_written_to_as_far_as_nobody_has_asked_it() -> None:
    places = drawn([1] * 4, 3).places
    standing = {1: Word.NOT_ASKED, 2: Word.SEEN, 3: Word.NOT_ASKED}
    assert draw_words.to_ask(places, standing) == [1, 3], "the fourth is in the target no more"


def test_the_title_counts() -> None:
    assert draw_words.title(drawn([1, 1], 1).draw) == "1 of 2 schools is asked first"
    assert draw_words.title(drawn([1] * 5, 3).draw) == "3 of 5 schools are asked first"
