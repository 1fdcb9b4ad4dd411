"""Small counts stay hidden from a reader who adds and subtracts all that was ever shown, and no more is
hidden than that."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from itertools import chain, combinations
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from how_many import so_many
from outreach.ground import suppression
from outreach.ground.suppression import (
    HIDDEN,
    KEPT_BACK,
    NOBODY_COUNTED,
    SHOWN,
    Count,
    GivesAway,
    Judged,
    Release,
)

Sums = dict[str, frozenset[str]]
HEADS = frozenset({"heads"})


def hide(
    sums: Mapping[str, frozenset[str]],
    counts: Mapping[str, int | None],
    *,
    earlier: Sequence[Release] = (),
    day: date | None = None,
    **more: Any,
) -> Judged:
    """One measure of people, a day after the newest of the earlier releases."""
    after = max((r.day for r in earlier), default=date(2027, 1, 1)) + timedelta(days=1)
    return suppression.hide(
        {key: ("heads", frozenset(units)) for key, units in sums.items()},
        {unit: {HEADS: n} for unit, n in counts.items() if n is not None},
        day=day or after,
        earlier=earlier,
        **more,
    )


def shown(number: int) -> Count:
    return Count(status=SHOWN, number=number)


def table(counts: Mapping[str, int | None]) -> Sums:
    """One row for each unit, and the total."""
    return {unit: frozenset([unit]) for unit in counts} | {"all": frozenset(counts)}


def test_another_threshold_is_held_as_five_is() -> None:
    counts = {"a": 30, "b": 12, "c": 9, "d": 25}
    by_five, by_ten = hide(table(counts), counts), hide(table(counts), counts, at_least=10)
    assert all(count.status == SHOWN for count in by_five.sums.values())
    hidden = {key for key, count in by_ten.sums.items() if count.status == HIDDEN}
    assert hidden == {"b", "c"}, "what is left of the total is nine"
    assert suppression.given_away([by_five.release]) == []
    assert {found.units for found in suppression.given_away([by_five.release], at_least=10)} == {("c",)}


def test_a_small_count_that_nobody_need_be_kept_from_guessing_hides_no_more_than_itself() -> None:
    counts = {"a": 3, "b": 4, "c": 7, "d": 2}
    sums = {key: frozenset(key) for key in ("bd", "bc", "abd", "abcd")}
    both = hide(sums, counts), hide(sums, counts, guessed=False)
    assert [sum(c.status == SHOWN for c in judged.sums.values()) for judged in both] == [2, 3]


def test_a_table_without_small_counts_is_shown_whole() -> None:
    counts = {"Fenwold": 5, "Kestermere": 714, "Saxby": 12}
    assert hide(table(counts), counts).sums == {name: shown(n) for name, n in counts.items()} | {
        "all": shown(731)
    }


def test_one_small_row_is_hidden_and_the_smallest_other_with_it_and_the_total_stays() -> None:
    counts = {"Fenwold": 3, "Kestermere": 714, "Saxby": 12, "Teal": 40}
    assert hide(table(counts), counts).sums == {
        "Fenwold": KEPT_BACK,
        "Kestermere": shown(714),
        "Saxby": KEPT_BACK,
        "Teal": shown(40),
        "all": shown(769),
    }


def test_two_small_rows_that_make_less_than_five_together_take_a_third_with_them() -> None:
    counts = {"Fenwold": 1, "Kestermere": 714, "Saxby": 2, "Teal": 40}
    found = hide(table(counts), counts).sums
    assert [name for name, count in found.items() if count == KEPT_BACK] == ["Fenwold", "Saxby", "Teal"]


def test_two_small_rows_that_make_five_together_need_no_third() -> None:
    counts = {"Fenwold": 1, "Kestermere": 714, "Saxby": 4, "Teal": 40}
    found = hide(table(counts), counts).sums
    assert [name for name, count in found.items() if count == KEPT_BACK] == ["Fenwold", "Saxby"]


def test_as_many_people_as_units_are_hidden_as_each_may_be_known_to_be_one() -> None:
    ones = dict.fromkeys("abcde", 1)
    assert hide({"all": frozenset("abcde")}, ones).sums == {"all": KEPT_BACK}
    assert hide({"all": frozenset("abcde")}, ones, guessed=False).sums == {"all": KEPT_BACK}
    more = ones | {"a": 2}
    assert hide({"all": frozenset("abcde")}, more).sums == {"all": shown(6)}


def test_a_small_row_with_no_other_takes_the_total_with_it() -> None:
    counts = {"Fenwold": 3}
    assert set(hide(table(counts), counts).sums.values()) == {KEPT_BACK}


def test_nought_is_a_small_count_but_where_nobody_was_counted_there_is_nothing_to_hide() -> None:
    counts = {"Fenwold": 0, "Kestermere": 714, "Saxby": None, "Teal": 40}
    assert hide(table(counts), counts).sums == {
        "Fenwold": KEPT_BACK,
        "Kestermere": shown(714),
        "Saxby": NOBODY_COUNTED,
        "Teal": KEPT_BACK,
        "all": shown(754),
    }


def test_a_small_difference_between_two_tables_is_hidden_though_no_row_is_small() -> None:
    """Phase 'special' is all of Fenwold but one school with 2: a reader could take one from the other."""
    counts = {"A": 60, "B": 30, "C": 2, "D": 50}
    sums: Sums = {
        "Fenwold": frozenset("ABC"),
        "Kestermere": frozenset("D"),
        "Special": frozenset("AB"),
        "Secondary": frozenset("CD"),
        "all": frozenset("ABCD"),
    }
    found = hide(sums, counts)
    assert all(count.number is None or count.number >= 5 for count in found.sums.values())
    assert worked_out(found, sums, counts) == []
    assert found.sums["all"] == shown(142)


def test_a_small_number_that_came_since_the_last_report_is_hidden() -> None:
    """100 in January and 103 in March would say that 3 saw it in between."""
    counts = {"Fenwold": 100, "Kestermere": 50, "Saxby": 60}
    first = hide(table(counts), counts)
    later = counts | {"Fenwold": 103, "Kestermere": 90}
    found = hide(table(later), later, earlier=[first.release]).sums
    assert found == {"Fenwold": KEPT_BACK, "Kestermere": KEPT_BACK, "Saxby": shown(60), "all": shown(253)}


def test_a_report_in_which_nothing_changed_hides_what_the_last_one_hid() -> None:
    """Another choice of what to hide would give away what the first one hid."""
    counts = {"Fenwold": 3, "Kestermere": 50, "Saxby": 60}
    first = hide(table(counts), counts)
    assert hide(table(counts), counts, earlier=[first.release, first.release]).sums == first.sums


def test_a_new_school_with_few_pupils_is_not_given_away_by_the_report_before_it_came() -> None:
    counts = {"A": 60, "B": 50}
    first = hide({"Fenwold": frozenset("A"), "Kestermere": frozenset("B"), "all": frozenset("AB")}, counts)
    later = counts | {"C": 3}
    sums: Sums = {"Fenwold": frozenset("AC"), "Kestermere": frozenset("B"), "all": frozenset("ABC")}
    found = hide(sums, later, earlier=[first.release]).sums
    assert [key for key, count in found.items() if count.status == HIDDEN] != []
    assert {"Fenwold", "all"} & {key for key, count in found.items() if count.status == HIDDEN} == {
        "Fenwold",
        "all",
    }


def test_a_dear_sum_is_kept_while_anything_else_can_be_hidden_instead() -> None:
    counts = {"A": 3, "B": 400}
    sums: Sums = {
        "Fenwold": frozenset("A"),
        "Kestermere": frozenset("B"),
        "Secondary": frozenset("B"),
        "all": frozenset("AB"),
    }
    assert hide(sums, counts, dear=["Kestermere", "Secondary"]).sums["all"] == KEPT_BACK
    found = hide(sums, counts, dear=["all"]).sums
    assert found == {"Fenwold": KEPT_BACK, "Kestermere": KEPT_BACK, "Secondary": KEPT_BACK, "all": shown(403)}


def test_a_number_that_stands_alone_is_hidden_below_five() -> None:
    assert [suppression.one(n) for n in (None, 0, 4, 5)] == [NOBODY_COUNTED, KEPT_BACK, KEPT_BACK, shown(5)]


def test_a_release_of_a_day_between_two_others_is_judged_with_both() -> None:
    """100 in January, 106 in March; 103 in February would give 3 away, twice."""
    counts = {"Fenwold": 100, "Kestermere": 50}
    january = hide(table(counts), counts, day=date(2027, 1, 31)).release
    march_counts = counts | {"Fenwold": 106}
    march = hide(table(march_counts), march_counts, earlier=[january], day=date(2027, 3, 31))
    assert march.sums["Fenwold"] == shown(106)
    between = counts | {"Fenwold": 103}
    found = hide(table(between), between, earlier=[january, march.release], day=date(2027, 2, 28)).sums
    assert found == {"Fenwold": KEPT_BACK, "Kestermere": shown(50), "all": KEPT_BACK}


def test_what_earlier_releases_give_away_by_themselves_is_told_and_hides_nothing_more() -> None:
    """A release from before these rules: 98 and 95 shown, so that everybody knows the 3."""
    counts = {"A": 95, "B": 3, "C": 40}
    day = date(2027, 1, 5)
    leak = Release(
        day=day,
        people={u: {HEADS: n} for u, n in counts.items()},
        shown=(("heads", frozenset("AB")), ("heads", frozenset("A")), ("heads", frozenset("C"))),
    )
    sums: Sums = {"Fenwold": frozenset("AB"), "Kestermere": frozenset("C"), "all": frozenset("ABC")}
    found = hide(sums, counts, earlier=[leak])
    assert [(g.number, g.units, g.measures, g.days) for g in found.given_away] == [
        (3, ("B",), ("heads",), (day,))
    ]
    assert found.sums == {"Fenwold": shown(98), "Kestermere": shown(40), "all": shown(138)}
    # Nor may it say more of those three than is known: that one of two new ones is among them.
    parted = {"A": 95, "B": 3, "C": 40, "D": 1}
    worse = hide(sums | {"D": frozenset("D")}, parted, earlier=[leak])
    assert worse.sums["D"] == KEPT_BACK


def test_a_sum_that_is_said_in_any_case_and_gives_a_count_away_is_refused_by_its_name() -> None:
    counts = {"Fenwold": 3, "Kestermere": 50, "Saxby": 60}
    with pytest.raises(GivesAway) as refused:
        hide(table(counts), counts, always=["Fenwold"])
    assert "Fenwold" in refused.value.keys
    assert hide(table(counts), counts, always=["all"]).sums["all"] == shown(113)


def test_what_is_let_out_is_looked_at_anew_whatever_chose_what_to_hide(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    counts = {"Fenwold": 3, "Kestermere": 50, "Saxby": 60}
    monkeypatch.setattr(suppression._Work, "next_move", lambda _work: set())
    with pytest.raises(GivesAway):
        hide(table(counts), counts)


SEEN, ABSENT = frozenset({"seen", "target"}), frozenset({"target"})


def seen_and_target(
    seen: Mapping[str, int], target: Mapping[str, int], rows: Sums, **more: Any
) -> dict[tuple[str, str], Count]:
    people = {
        u: {SEEN: seen[u], ABSENT: n - seen[u]} if u in seen else {ABSENT: n} for u, n in target.items()
    }
    sums = {(m, name): (m, units) for name, units in rows.items() for m in ("seen", "target")}
    return dict(suppression.hide(sums, people, day=date(2027, 1, 2), **more).sums)


def test_the_absent_between_seen_and_target_are_hidden_too() -> None:
    """98 in the target and 96 seen would say that 2 were absent; 90 of 98 says nothing small."""
    rows: Sums = {"all": frozenset(["A.8", "A.9"])}
    found = seen_and_target({"A.8": 48, "A.9": 48}, {"A.8": 49, "A.9": 49}, rows)
    assert sorted(count.status for count in found.values()) == [HIDDEN, SHOWN]
    found = seen_and_target({"A.8": 40, "A.9": 50}, {"A.8": 49, "A.9": 49}, rows)
    assert found == {("seen", "all"): shown(90), ("target", "all"): shown(98)}


@pytest.mark.parametrize(
    "april",
    [{SEEN: 157, ABSENT: 3}, {SEEN: 160, frozenset({"seen"}): 1}],
    ids=["somebody absent", "more than there are"],
)
def test_that_nobody_was_absent_is_not_left_between_two_releases(april: dict[frozenset[str], int]) -> None:
    """160 in the target of April, as ever, and 160 seen in January: nobody would have been absent then."""
    a = frozenset("A")
    later = Release(day=date(2027, 4, 1), people={"A": april}, shown=(("target", a),))
    found = suppression.hide(
        {"seen": ("seen", a)}, {"A": {SEEN: 160, ABSENT: 0}}, day=date(2027, 1, 31), earlier=[later]
    )
    assert found.sums == {"seen": KEPT_BACK}


def test_a_year_group_that_is_hidden_is_not_left_between_all_and_the_other() -> None:
    """Target: all 98, Year 8 95, Year 9 hidden: the 3 would be plain."""
    rows: Sums = {"all": frozenset(["A.8", "A.9"]), "8": frozenset(["A.8"]), "9": frozenset(["A.9"])}
    found = seen_and_target({}, {"A.8": 95, "A.9": 3}, rows, dear=[("target", "all")])
    assert [name for (m, name), count in found.items() if m == "target" and count.status == SHOWN] == ["all"]


# The attacker
# -----------------------------------------------------------------------------------------------------


def subsets(units: list[str]) -> Iterator[tuple[str, ...]]:
    return chain.from_iterable(combinations(units, n) for n in range(1, len(units) + 1))


def reduced(rows: list[list[Fraction]]) -> list[list[Fraction]]:
    """Row echelon form, exactly."""
    rows, done = [list(row) for row in rows], []
    while rows:
        row = rows.pop()
        for other in done:
            at = next(i for i, v in enumerate(other) if v)
            if row[at]:
                factor = row[at] / other[at]
                row = [a - factor * b for a, b in zip(row, other, strict=True)]
        if any(row):
            done.append(row)
            done.sort(key=lambda r: next(i for i, v in enumerate(r) if v))
    return done


def follows(target: list[Fraction], from_rows: list[list[Fraction]]) -> bool:
    """Whether a sum can be worked out from shown sums by adding, subtracting and scaling them."""
    for row in from_rows:
        at = next(i for i, v in enumerate(row) if v)
        if target[at]:
            factor = target[at] / row[at]
            target = [a - factor * b for a, b in zip(target, row, strict=True)]
    return not any(target)


def worked_out(found: Judged, sums: Sums, counts: Mapping[str, int | None]) -> list[tuple[str, ...]]:
    """Every set of units with fewer than 5 people whose number a reader can work out; all subsets are
    tried."""
    units = sorted(u for u, n in counts.items() if n is not None)
    rows = [
        [Fraction(u in sums[key]) for u in units]
        for key, count in found.sums.items()
        if count.status == SHOWN
    ]
    rows = reduced(rows)
    return [
        some
        for some in subsets(units)
        if sum(counts[u] or 0 for u in some) < 5 and follows([Fraction(u in some) for u in units], rows)
    ]


def could_be(value: int, key: str, found: Judged, sums: Sums, counts: Mapping[str, int | None]) -> bool:
    """Whether some world of whole, non-negative counts fits all that is shown and has `value` people in that
    sum."""
    units = sorted(u for u, n in counts.items() if n is not None)
    wanted = [(sums[k], count.number or 0) for k, count in found.sums.items() if count.status == SHOWN] + [
        (sums[key], value)
    ]
    world: dict[str, int] = {}

    def fill(place: int) -> bool:
        if place == len(units):
            return all(sum(world[u] for u in where if u in world) == n for where, n in wanted)
        unit = units[place]
        left = [n - sum(world[u] for u in where if u in world) for where, n in wanted if unit in where]
        if any(n < 0 for n in left):
            return False
        most = min(left, default=9)
        # First what it truly is, then everything else: a world near the true one is found at once.
        true = min(counts[unit] or 0, most)
        for n in sorted(range(most + 1), key=lambda n: abs(n - true)):
            world[unit] = n
            if _still_fits(units[place + 1 :]) and fill(place + 1):
                return True
            del world[unit]
        return False

    def _still_fits(rest: list[str]) -> bool:
        for where, n in wanted:
            had = sum(world.get(u, 0) for u in where)
            if had > n or (had < n and not any(u in where for u in rest)):
                return False
        return True

    return fill(0)


numbers = st.one_of(st.none(), st.integers(0, 6), st.integers(0, 6), st.integers(0, 40))


@st.composite
def grids(draw: st.DrawFn) -> tuple[Sums, dict[str, int | None]]:
    """A table of rows and columns with all its totals, and at times a third way of cutting the same units."""
    rows, columns = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    counts = {f"{i}{j}": draw(numbers) for i in range(rows) for j in range(columns)}
    sums: Sums = {}
    if draw(st.booleans()):
        sums |= {unit: frozenset([unit]) for unit in counts}
    sums |= {f"row {i}": frozenset(u for u in counts if u[0] == str(i)) for i in range(rows)}
    sums |= {f"column {j}": frozenset(u for u in counts if u[1] == str(j)) for j in range(columns)}
    if draw(st.booleans()):
        kinds = {unit: draw(st.integers(0, 2)) for unit in counts}
        sums |= {
            f"kind {k}": frozenset(u for u in counts if kinds[u] == k) for k in sorted(set(kinds.values()))
        }
    return sums | {"all": frozenset(counts)}, counts


@settings(deadline=None, max_examples=so_many(250))
@given(grids())
def test_no_small_number_can_be_worked_out_of_any_table(grid: tuple[Sums, dict[str, int | None]]) -> None:
    sums, counts = grid
    found = hide(sums, counts)
    for key, count in found.sums.items():
        known = [n for u in sums[key] if (n := counts[u]) is not None]
        assert count.status == SHOWN or count.number is None
        assert (count == NOBODY_COUNTED) == (not known)
        if count.status == SHOWN:
            assert count.number == sum(known) >= 5
    assert worked_out(found, sums, counts) == []


@dataclass(frozen=True)
class Named:
    """A key whose place in a set is chosen: what a process does with strings is chance."""

    name: str
    chosen: int

    def __hash__(self) -> int:
        return self.chosen


@pytest.mark.parametrize("turn", range(24))
def test_the_same_is_hidden_whatever_order_a_process_has_its_sets_in(turn: int) -> None:
    counts = {"00": 5, "01": 3, "10": None, "11": 0, "20": 3, "21": 3}
    grid = {
        "row 0": {"00", "01"},
        "row 1": {"10", "11"},
        "row 2": {"20", "21"},
        "column 0": {"00", "10", "20"},
        "column 1": {"01", "11", "21"},
        "all": set(counts),
    }
    order = Random(turn).sample(range(len(grid)), len(grid))
    keys = {name: Named(name, chosen) for name, chosen in zip(grid, order, strict=True)}
    found = suppression.hide(
        {keys[name]: ("heads", frozenset(units)) for name, units in grid.items()},
        {unit: {HEADS: n} for unit, n in counts.items() if n is not None},
        day=date(2027, 1, 2),
    )
    assert [name for name in grid if found.sums[keys[name]].status == SHOWN] == [
        "column 0",
        "column 1",
        "all",
    ]


@settings(deadline=None, max_examples=so_many(60))
@given(grids())
def test_a_hidden_small_count_could_as_well_be_anything_from_nought_to_four(
    grid: tuple[Sums, dict[str, int | None]],
) -> None:
    sums, counts = grid
    found = hide(sums, counts)
    for key, count in found.sums.items():
        known = [n for u in sums[key] if (n := counts[u]) is not None]
        if count == KEPT_BACK and sum(known) < 5:
            assert [v for v in range(5) if not could_be(v, key, found, sums, counts)] == []


@settings(deadline=None, max_examples=so_many(150))
@given(grids(), st.data())
def test_no_small_number_can_be_worked_out_of_two_releases(
    grid: tuple[Sums, dict[str, int | None]], data: st.DataObject
) -> None:
    """The reader knows which units did not change, and sets what is shown of one day against what is shown of
    another."""
    sums, counts = grid
    first = hide(sums, counts)
    changed = {u for u in sorted(counts) if data.draw(st.booleans())}
    later = {u: data.draw(numbers) if u in changed else n for u, n in counts.items()}
    changed = {u for u in counts if later[u] != counts[u]}
    second = hide(sums, later, earlier=[first.release])
    units = sorted(counts)
    # The unknowns: what each unit had, and by how much it changed where it did.
    unknowns = [("had", u) for u in units] + [("more", u) for u in units if u in changed]

    def row(of_units: frozenset[str] | tuple[str, ...], *kinds: str) -> list[Fraction]:
        return [Fraction(u in of_units and kind in kinds) for kind, u in unknowns]

    rows = [row(frozenset([u]), "had") for u in units if counts[u] is None]
    rows += [row(frozenset([u]), "had", "more") for u in units if later[u] is None]
    rows += [row(sums[k], "had") for k, count in first.sums.items() if count.status == SHOWN]
    rows += [row(sums[k], "had", "more") for k, count in second.sums.items() if count.status == SHOWN]
    rows = reduced(rows)
    for some in subsets(units):
        had = [n for u in some if (n := counts[u]) is not None]
        has = [n for u in some if (n := later[u]) is not None]
        more = sum(has) - sum(had)
        if had and sum(had) < 5:
            assert not follows(row(some, "had"), rows), some
        if has and sum(has) < 5:
            assert not follows(row(some, "had", "more"), rows), some
        # A fall of 32 and a rise of 31 may be told as 1 less: that is no count of anybody.
        changes = [(later[u] or 0) - (counts[u] or 0) for u in some]
        if 0 < abs(more) < 5 and (min(changes) >= 0 or max(changes) <= 0):
            assert not follows(row(some, "more"), rows), some


@pytest.mark.parametrize("schools", [600])
def test_a_large_county_keeps_nearly_all_of_its_rows(schools: int) -> None:
    """Few counts are small where the schools are many; what is hidden then is a handful."""
    counts = {f"S{n}": 3 if n % 150 == 0 else 90 + n % 70 for n in range(schools)}
    sums: Sums = {
        f"district {d}": frozenset(u for n, u in enumerate(counts) if n % 12 == d) for d in range(12)
    }
    sums |= {f"phase {d}": frozenset(u for n, u in enumerate(counts) if n % 5 == d) for d in range(5)}
    sums |= {"all": frozenset(counts)}
    assert [k for k, count in hide(sums, counts).sums.items() if count.status == HIDDEN] == []


def test_a_hidden_count_is_not_bounded_by_what_is_shown_beside_it() -> None:
    """A column of 4 beside one of 8 that is shown, in a row of 9: it would be known to be 1 at the least."""
    counts: dict[str, int | None] = dict.fromkeys(f"{i}{j}" for i in range(3) for j in range(3))
    counts |= {"00": 4, "01": 5, "21": 3, "22": 2}
    sums = {f"row {i}": frozenset(u for u in counts if u[0] == str(i)) for i in range(3)}
    sums |= {f"column {j}": frozenset(u for u in counts if u[1] == str(j)) for j in range(3)}
    sums["all"] = frozenset(counts)
    found = hide(sums, counts)
    assert found.sums["column 0"] == KEPT_BACK
    assert [v for v in range(5) if not could_be(v, "column 0", found, sums, counts)] == []


PARTS = [frozenset(some) for some in ("", "a", "b", "ab", "abc", "c")]


@given(st.lists(st.dictionaries(st.sampled_from(PARTS), st.integers(0, 3)), min_size=1, max_size=4))
def test_where_nothing_changed_the_same_is_found_without_looking_for_who_went_where(
    days: list[dict[frozenset[str], int]],
) -> None:
    ways: dict[suppression.Way, int] = {}
    for length, there in enumerate(days):
        ways = suppression._went_on(ways, there, length)
    in_full = suppression._went_on(ways, days[-1], len(days))
    assert list(suppression._all_stayed(ways, days[-1]).items()) == list(in_full.items())
