"""What may be seen of pupils' answers: the rules one by one, and a reader who adds and subtracts all that is shown."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from itertools import chain, combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from how_many import so_many
from outcomes.test_worked_out import rank
from outreach.outcomes import hiding
from outreach.outcomes.hiding import At, Compared, Figure, Given, Heard, MaySee

DAY = date(2027, 7, 1)


def heard(*shows: tuple[int, int], pupils: int = 60, wave: str = "after") -> dict[At, Heard]:
    """Each show of a school of its own: (how many yes, how many no)."""
    return {
        (wave, n): Heard(school=n, answers=yes + no, yes=yes, pupils=pupils)
        for n, (yes, no) in enumerate(shows)
    }


def figure(told: Mapping[At, Heard], *shows: int, dear: bool = False) -> Figure:
    """Of these shows, or of all."""
    asked = frozenset(at for at in told if not shows or at[1] in shows)
    return Figure(of=frozenset(at for at in asked if told[at].counts), asked=asked, dear=dear)


def seen(told: Mapping[At, Heard]) -> MaySee:
    return hiding.judge({"all": figure(told)}, told, day=DAY)


@pytest.mark.parametrize(
    ("shows", "shown", "beyond"),
    [
        ([(6, 6)] * 3, True, False),
        ([(6, 6)] * 2, False, False),
        ([(6, 6), (6, 6), (5, 4)], False, False),  # the third school does not count with 9 answers
        ([(2, 10), (2, 10), (1, 11)], True, False),
        ([(2, 10), (1, 11), (1, 11)], False, False),  # four yes among 36, 11 %
        ([(10, 2), (11, 1), (11, 1)], False, False),
        ([(0, 34)] * 3, True, True),
        ([(34, 0)] * 3, True, True),
        ([(33, 0)] * 3, False, False),  # 99 answers
        ([(99, 1)] * 2, False, False),
        ([], False, False),
    ],
)
def test_from_ten_answers_and_three_schools_and_five_either_way_or_beyond_five_per_cent(
    shows: list[tuple[int, int]], shown: bool, beyond: bool
) -> None:
    found = seen(heard(*shows))
    assert (bool(found.shown), bool(found.beyond)) == (shown, beyond)


def test_three_shows_of_two_schools_are_two_schools() -> None:
    told = heard((6, 6), (6, 6), (6, 6))
    told["after", 2] = Heard(school=0, answers=12, yes=6, pupils=60)
    assert not seen(told).shown


@pytest.mark.parametrize(("pupils", "said"), [(60, True), (13, True), (14, True), (12, False), (400, False)])
def test_a_response_rate_is_said_unless_too_few_stayed_away_or_it_is_beyond(pupils: int, said: bool) -> None:
    told = heard((6, 6), (6, 6), (6, 6), pupils=pupils)
    assert bool(seen(told).rates) == (said and 3 * pupils - 36 >= 5)


def test_a_table_with_enough_everywhere_is_shown_whole() -> None:
    told = heard(*[(12, 12)] * 9)
    figures = {
        "all": figure(told, dear=True),
        "A": figure(told, 0, 1, 2),
        "B": figure(told, 3, 4, 5),
        "C": figure(told, 6, 7, 8),
    }
    found = hiding.judge(figures, told, day=DAY)
    assert found.shown == found.rates == set(figures) and not found.beyond


def test_a_hidden_row_takes_another_with_it_and_spares_the_total() -> None:
    told = heard(*[(12, 12)] * 8)
    figures = {
        "all": figure(told, dear=True),
        "A": figure(told, 0, 1, 2),
        "B": figure(told, 3, 4, 5),
        "C": figure(told, 6, 7),
    }
    found = hiding.judge(figures, told, day=DAY)
    assert len(found.shown) == 2 and "all" in found.shown and "C" not in found.shown
    assert found.rates <= found.shown, "what is hidden hides its response rate too"


def test_a_row_that_says_under_five_per_cent_does_not_tell_its_count_by_the_rest() -> None:
    told = heard(*[(12, 12)] * 3, *[(1, 24), (1, 24), (0, 24)])
    figures = {"all": figure(told, dear=True), "A": figure(told, 0, 1, 2), "B": figure(told, 3, 4, 5)}
    found = hiding.judge(figures, told, day=DAY)
    assert found.shown == {"all"}, "all less A would be two who said yes, and A's answers are all less B's"


def test_a_small_district_takes_no_quarter_with_it() -> None:
    told = heard(*[(12, 12)] * 24)
    quarters = {f"a quarter, {n}": figure(told, *range(n, 24, 4)) for n in range(4)}
    districts = {"A": figure(told, *range(1, 12)), "B": figure(told, *range(12, 24)), "C": figure(told, 0)}
    found = hiding.judge({"z, all": figure(told, dear=True), **districts, **quarters}, told, day=DAY)
    assert found.shown == {"z, all", "B", *quarters}


def test_a_row_hidden_for_anothers_sake_does_not_follow_from_the_rest() -> None:
    told = heard(*[(12, 12)] * 6, *[(12, 1), (12, 2), (12, 1)])
    figures = {
        "all": figure(told, dear=True),
        "A": figure(told, 0, 1, 2),
        "B": figure(told, 3, 4, 5),
        "C": figure(told, 6, 7, 8),
    }
    found = hiding.judge(figures, told, day=DAY)
    assert "all" in found.shown and len(found.shown) == 2 and "C" not in found.shown


@pytest.mark.parametrize(
    ("three_more", "pupils", "shown", "rate"),
    [
        ((4, 8), 60, True, True),
        ((1, 11), 60, False, False),
        ((11, 1), 60, False, False),
        ((4, 8), 13, True, False),
        ((4, 8), 14, True, True),
    ],
)
def test_what_three_schools_add_to_a_release_is_not_told_by_the_one_before(
    three_more: tuple[int, int], pupils: int, shown: bool, rate: bool
) -> None:
    """Fewer than five of them who said yes, who said no, or who did not answer; all of them alone would be shown."""
    told = heard(*[(12, 12)] * 6)
    told |= {
        ("after", n): Heard(school=n, answers=sum(three_more), yes=three_more[0], pupils=pupils)
        for n in (6, 7, 8)
    }
    assert seen(told).rates, "without the release before"
    before = figure(told, *range(6))
    all_of_it = frozenset({"before"})
    earlier = Given(
        figures={"before": before}, seen=MaySee(shown=all_of_it, beyond=frozenset(), rates=all_of_it)
    )
    found = hiding.judge({"all": figure(told)}, told, day=DAY, given=earlier)
    assert (bool(found.shown), bool(found.rates)) == (shown, rate)


def change(told: Mapping[At, Heard], befores: set[int], afters: set[int]) -> Compared:
    sides = (frozenset(("before", n) for n in befores), frozenset(("after", n) for n in afters))
    return Compared(sides=sides, beside=("before", "after"))


@pytest.mark.parametrize(
    ("shows", "compared", "may"),
    [(4, 4, True), (4, 3, False), (11, 10, True), (10, 9, False), (3, 2, False), (12, 10, False)],
)
def test_a_change_leaves_out_performances_from_ten_schools_on_alone(
    shows: int, compared: int, may: bool
) -> None:
    told = heard(*[(12, 12)] * shows, wave="before") | heard(*[(14, 10)] * shows)
    if shows == 12:  # of which the first school has two
        told |= {(wave, 1): replace(told[wave, 1], school=0) for wave in ("before", "after")}
    figures = {
        wave: Figure(of=frozenset(at for at in told if at[0] == wave), dear=True)
        for wave in ("before", "after")
    }
    judged = hiding.judge(figures, told, day=DAY)
    some = change(told, set(range(compared)), set(range(compared)))
    assert judged.shown == {"before", "after"}
    assert hiding.may_see_change(some, figures, told, judged) == may


def test_a_change_is_hidden_beside_what_is_hidden_or_beyond() -> None:
    told = heard(*[(12, 12)] * 3, wave="before") | heard(*[(34, 0)] * 3)
    figures = {w: Figure(of=frozenset(at for at in told if at[0] == w)) for w in ("before", "after")}
    judged = hiding.judge(figures, told, day=DAY)
    assert judged.beyond == {"after"}
    everything = change(told, {0, 1, 2}, {0, 1, 2})
    assert not hiding.may_see_change(everything, figures, told, judged)
    nothing = MaySee(shown=frozenset({"after"}), beyond=frozenset(), rates=frozenset())
    told |= heard(*[(14, 10)] * 3)
    assert not hiding.may_see_change(everything, figures, told, nothing)


@st.composite
def counties(draw: st.DrawFn) -> tuple[dict[At, Heard], dict[str, Figure]]:
    """Up to nine shows with 8 to 20 answers, sorted in two ways, with their total."""
    rows = draw(
        st.lists(
            st.tuples(
                st.integers(1, 7),
                st.integers(8, 20),
                st.integers(0, 20),
                st.integers(0, 9),
                st.sampled_from("ABC"),
                st.sampled_from("PQ"),
            ),
            min_size=3,
            max_size=9,
        )
    )
    told = {
        ("after", n): Heard(school=school, answers=answers, yes=min(yes, answers), pupils=answers + silent)
        for n, (school, answers, yes, silent, _, _) in enumerate(rows)
    }
    figures = {"all": figure(told, dear=True)}
    for column in (4, 5):
        for name in sorted({str(row[column]) for row in rows}):
            figures[name] = figure(told, *[n for n, row in enumerate(rows) if row[column] == name])
    return told, figures


def follows(some: set[At], sums: list[frozenset[At]], told: Mapping[At, Heard]) -> bool:
    """Whether the sum over some performances follows from sums that are known."""
    rows = [[int(at in one) for at in told] for one in sums]
    return rank([*rows, [int(at in some) for at in told]]) == rank(rows)


@given(counties())
@settings(max_examples=so_many(120), deadline=None)
def test_nothing_is_worked_out_of_fewer_than_five_who_answered_alike_or_stayed_away_or_three_schools(
    county: tuple[dict[At, Heard], dict[str, Figure]],
) -> None:
    told, figures = county
    found = hiding.judge(figures, told, day=DAY)
    answers = [figures[str(key)].of for key in found.shown]
    yes = [figures[str(key)].of for key in found.shown - found.beyond]
    counted = [at for at in told if told[at].counts]
    subsets = chain.from_iterable(combinations(counted, size) for size in range(1, len(counted) + 1))
    for some in map(set, subsets):
        if follows(some, answers, told):
            assert len({told[at].school for at in some}) >= 3
            assert sum(told[at].answers for at in some) >= 10
        if follows(some, yes, told):
            assert sum(told[at].yes for at in some) >= 5
            assert sum(told[at].answers - told[at].yes for at in some) >= 5
    for key in found.rates:
        asked = [told[at] for at in figures[str(key)].asked]
        assert sum(one.pupils - one.answers * one.counts for one in asked) >= 5


@given(counties())
@settings(max_examples=so_many(60), deadline=None)
def test_what_is_seen_does_not_hang_on_the_order_in_which_it_is_judged(
    county: tuple[dict[At, Heard], dict[str, Figure]],
) -> None:
    told, figures = county
    turned = dict(reversed(figures.items()))
    assert hiding.judge(figures, told, day=DAY) == hiding.judge(turned, dict(reversed(told.items())), day=DAY)
