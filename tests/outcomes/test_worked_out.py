"""Sums that tell of fewer than three schools are found, and no others: against a slow search with fractions."""

from collections import defaultdict
from collections.abc import Mapping
from fractions import Fraction
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from how_many import so_many
from outreach.outcomes import worked_out

Shows = dict[int, tuple[int, frozenset[str]]]
"""{show: (its school, the sums it stands in)}."""


def cells(shows: Shows) -> dict[frozenset[str], set[int]]:
    found: dict[frozenset[str], set[int]] = defaultdict(set)
    for school, sums in shows.values():
        found[sums].add(school)
    return found


def table(*rows: tuple[int, str]) -> Shows:
    """Each row is a show of a school in one district, and in the total."""
    return {n: (school, frozenset({district, "all"})) for n, (school, district) in enumerate(rows)}


def test_what_is_left_of_a_total_is_of_three_schools_or_found() -> None:
    three = table((1, "A"), (2, "A"), (3, "A"), (4, "B"), (5, "B"), (6, "B"))
    assert worked_out.that_tell_of_few_schools(cells(three)) == set()
    two = {n: one for n, one in three.items() if n != 5}
    without_b = {n: (school, sums - {"B"}) for n, (school, sums) in two.items()}
    assert worked_out.that_tell_of_few_schools(cells(without_b)) == {"all", "A"}, (
        "the total less A is B, of two schools"
    )


def test_two_rows_that_differ_by_one_school_are_found() -> None:
    shows = {n: (n, frozenset({"district", "quarter", "all"})) for n in range(5)}
    shows |= {5: (5, frozenset({"quarter", "all"}))} | {n: (n, frozenset({"all"})) for n in (6, 7, 8)}
    assert worked_out.that_tell_of_few_schools(cells(shows)) == {"district", "quarter"}


def test_one_school_with_many_shows_is_still_one_school() -> None:
    shows = {n: (1 + n % 2, frozenset({"A", "all"})) for n in range(8)}
    shows |= {n: (n, frozenset({"all"})) for n in range(10, 14)}
    assert "A" in worked_out.that_tell_of_few_schools(cells(shows))


@st.composite
def counties(draw: st.DrawFn) -> Shows:
    """Up to nine shows of up to six schools, sorted in two or three ways; some rows are hidden."""
    shows = draw(
        st.lists(
            st.tuples(
                st.integers(1, 6), st.sampled_from("ABC"), st.sampled_from("PQ"), st.sampled_from("XY")
            ),
            min_size=1,
            max_size=9,
        )
    )
    hidden = draw(st.sets(st.sampled_from(["A", "B", "C", "P", "Q", "X", "Y", "all"])))
    return {n: (school, frozenset({*rows, "all"}) - hidden) for n, (school, *rows) in enumerate(shows)}


def rank(rows: list[list[int]]) -> int:
    left, found = [[Fraction(x) for x in row] for row in rows], 0
    for column in range(len(left[0]) if left else 0):
        at = next((n for n in range(found, len(left)) if left[n][column]), None)
        if at is None:
            continue
        left[found], left[at] = left[at], left[found]
        for n in range(found + 1, len(left)):
            by = left[n][column] / left[found][column]
            left[n] = [a - by * b for a, b in zip(left[n], left[found], strict=True)]
        found += 1
    return found


def tells_of(sums: set[str], few: set[int], shows: Mapping[int, tuple[int, frozenset[str]]]) -> bool:
    """Whether some adding and subtracting leaves shows of these schools alone: taking their shows away makes the sums
    depend on each other more than before."""
    rows = [[int(key in one) for _, one in shows.values()] for key in sorted(sums)]
    others = [
        [int(key in one) for school, one in shows.values() if school not in few] for key in sorted(sums)
    ]
    return rank(others) < rank(rows)


@given(counties())
@settings(max_examples=so_many(400))
def test_it_finds_what_a_search_through_all_pairs_of_schools_finds(shows: Shows) -> None:
    sums = {key for _, one in shows.values() for key in one}
    schools = {school for school, _ in shows.values()}
    pairs = [set(pair) for size in (1, 2) for pair in combinations(schools, size)]
    told = any(tells_of(sums, few, shows) for few in pairs)
    found = worked_out.that_tell_of_few_schools(cells(shows))
    assert bool(found) == told
    if found:
        assert any(tells_of(set(found), few, shows) for few in pairs), "what it names is enough to tell"
