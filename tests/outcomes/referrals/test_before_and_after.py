"""Months joined to quarters, rates, and what is hidden: against a slow reference, and against a reader who solves."""

from collections.abc import Iterable, Mapping
from datetime import date
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.coverage.reached import DistrictReached
from outreach.outcomes.referrals import joining
from outreach.outcomes.referrals.before_and_after import ALL_KINDS, NOT_REACHED, Line, Referrals, found_in
from outreach.outcomes.referrals.district_numbers import NO_KIND, Cell

CSE, CCE = "child sexual exploitation", "child criminal exploitation"
REACHED = date(2026, 6, 10)
ZERO = 2026 * 12 + 5


def district(code: str = "E07000001", day: date | None = REACHED, name: str = "") -> DistrictReached:
    return DistrictReached(code=code, name=name or f"District {code[-1]}", day=day, seen=60, pupils=100)


def cell(month: int, code: str = "E07000001", kind: str = CSE) -> Cell:
    return Cell(district_code=code, kind=kind, period=month // 12 * 100 + month % 12 + 1)


def residents(number: int = 10_000, code: str = "E07000001", year: int = 2025) -> dict[Cell, int]:
    return {Cell(district_code=code, kind=NO_KIND, period=year): number}


def row(numbers: Mapping[int, int], **of: str) -> dict[Cell, int]:
    """Numbers by how far from month 0."""
    return {cell(ZERO + offset, **of): number for offset, number in numbers.items()}


def one_line(numbers: Mapping[Cell, int]) -> Line:
    (line,) = found_in(numbers, [district()], 50).lines
    return line


def spans_of(line: Line, kind: str = CSE) -> list[tuple[int, int, int | None]]:
    return [(span.first - ZERO, span.last - ZERO, counted.number) for span, counted in line.views[kind].spans]


def test_a_quarter_stands_by_month_only_where_each_month_has_five() -> None:
    line = one_line(row({-3: 5, -2: 9, -1: 6, 0: 7, 1: 4, 2: 8, 3: 10}))
    assert spans_of(line) == [(-3, -3, 5), (-2, -2, 9), (-1, -1, 6), (0, 0, 7), (1, 3, 22)]


def test_a_joined_quarter_under_five_stays_hidden_and_does_not_follow_from_its_total() -> None:
    numbers = {offset: 6 for offset in range(-12, 0)} | {1: 1, 2: 0, 3: 3, 4: 6, 5: 6, 6: 6}
    view = one_line(row(numbers)).views[CSE]
    quarters = {span.first - ZERO: counted.number for span, counted in view.spans}
    assert quarters[1] is None, "1 to 3 are 4 together"
    assert view.before is not None and view.before.number == 72
    shown_after = [quarters[offset] for offset in (4, 5, 6)]
    assert view.after is not None and (view.after.number is None or None in shown_after)


def test_month_0_is_neither_before_nor_after_and_a_block_waits_until_it_is_whole() -> None:
    line = one_line(row({-4: 9, -3: 7, -2: 7, -1: 7, 0: 50, 1: 8, 2: 8}) | residents())
    view = line.views[CSE]
    assert spans_of(line) == [(-3, -3, 7), (-2, -2, 7), (-1, -1, 7), (0, 0, 50)]
    assert view.before is not None and (view.before.number, view.before.months) == (21, 3)
    assert view.after is None


def test_a_rate_is_of_the_newest_estimate_not_after_the_month_and_stands_only_beside_a_count() -> None:
    numbers = row({-3: 10, -2: 10, -1: 10, 1: 1, 2: 1, 3: 1})
    line = one_line(numbers | residents(10_000, year=2024) | residents(20_000, year=2027))
    view = line.views[CSE]
    assert view.before is not None and view.before.rate == pytest.approx(1.0)
    assert view.after is not None and (view.after.number, view.after.rate) == (None, None)
    assert (line.residents, line.residents_year) == (20_000, 2027)
    late = one_line(numbers | residents(5_000, year=2030)).views[CSE].before
    assert late is not None and late.rate == pytest.approx(2.0), "else the oldest"
    none = one_line(numbers).views[CSE].before
    assert none is not None and (none.number, none.rate) == (30, None)


def test_a_month_of_all_kinds_is_known_once_each_kind_has_a_number() -> None:
    both = row({-3: 5, -2: 5, -1: 5}) | row({-3: 6, -2: 6}, kind=CCE)
    line = one_line(both)
    assert spans_of(line, ALL_KINDS) == []
    line = one_line(both | row({-1: 6}, kind=CCE))
    assert spans_of(line, ALL_KINDS) == [(-3, -3, 11), (-2, -2, 11), (-1, -1, 11)]


def test_a_quarter_that_one_kind_needs_joined_is_joined_for_all() -> None:
    line = one_line(row({-3: 9, -2: 9, -1: 9}) | row({-3: 6, -2: 2, -1: 6}, kind=CCE))
    assert spans_of(line) == [(-3, -1, 27)]
    assert spans_of(line, CCE) == [(-3, -1, 14)]
    assert spans_of(line, ALL_KINDS) == [(-3, -1, 41)]


def test_districts_that_are_not_reached_are_one_line_by_the_calendar() -> None:
    quarter = [2026 * 12 + n for n in range(3)]
    numbers = {cell(m, code): 6 for m in quarter for code in ("E07000002", "E07000003")}
    districts = [district("E07000002", None), district("E07000003", None), district("E07000004", None)]
    found = found_in(numbers | residents(1000, "E07000002") | residents(2000, "E07000003"), districts, 50)
    (line,) = found.lines
    assert (line.key, line.name, line.zero) == (NOT_REACHED, "Not reached yet", None)
    assert [d.code for d in line.districts] == ["E07000002", "E07000003"]
    assert [d.code for d in found.silent] == ["E07000004"]
    view = line.views[CSE]
    assert [counted.number for _, counted in view.spans] == [12, 12, 12]
    assert view.before is not None and view.before.rate == pytest.approx(4.0) and view.after is None


def test_lines_stand_in_the_order_in_which_they_were_reached() -> None:
    numbers = {cell(ZERO, f"E0700000{n}"): 6 for n in (1, 2, 3)}
    days = {1: date(2026, 9, 1), 2: None, 3: date(2026, 3, 1)}
    found = found_in(numbers, [district(f"E0700000{n}", day) for n, day in days.items()], 50)
    assert [line.key for line in found.lines] == ["E07000003", "E07000001", NOT_REACHED]


def slow_spans(numbers: Mapping[int, int]) -> list[tuple[int, int]]:
    """Joining, written from its words: goes month by month and never by block."""
    found: list[tuple[int, int]] = []
    for offset in range(-12, 13):
        if offset == 0:
            found += [(0, 0)] if 0 in numbers else []
            continue
        first = offset
        while (first + 12) % 3 != 0 if first < 0 else (first - 1) % 3 != 0:
            first -= 1
        quarter = [first, first + 1, first + 2]
        if not set(quarter) <= numbers.keys():
            continue
        if min(numbers[month] for month in quarter) >= 5:
            found.append((offset, offset))
        elif (first, first + 2) not in found:
            found.append((first, first + 2))
    return found


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.integers(-15, 15), st.integers(0, 12), max_size=31))
def test_joining_is_what_the_slow_reference_says(numbers: dict[int, int]) -> None:
    spans = joining.aligned({ZERO + offset: number for offset, number in numbers.items()}, ZERO)
    assert [(span.first - ZERO, span.last - ZERO) for span in spans.shown] == slow_spans(numbers)
    before = [m for first, last in slow_spans(numbers) for m in range(first, last + 1) if m < 0]
    assert [month - ZERO for month in spans.before] == before


def determined(rows: Iterable[tuple[frozenset[str], int]], target: frozenset[str]) -> bool:
    """Whether a sum of some unknowns follows from other sums, by elimination in fractions."""
    unknown = sorted({name for names, _ in rows for name in names} | target)
    matrix = [[Fraction(name in names) for name in unknown] for names, _ in rows]
    wanted = [Fraction(name in target) for name in unknown]
    pivots: list[tuple[int, list[Fraction]]] = []
    for one in matrix:
        left = _reduced(one, pivots)
        at = next((n for n, value in enumerate(left) if value), None)
        if at is not None:
            pivots.append((at, [value / left[at] for value in left]))
    return not any(_reduced(wanted, pivots))


def _reduced(one: list[Fraction], pivots: list[tuple[int, list[Fraction]]]) -> list[Fraction]:
    for at, pivot in pivots:
        if one[at]:
            by = one[at]
            one = [value - by * other for value, other in zip(one, pivot, strict=True)]
    return one


def everything_of(found: Referrals, numbers: Mapping[Cell, int]) -> list[tuple[frozenset[str], int, bool]]:
    """Every figure of every view: the numbers that it is made of, what it truly is, and whether it is seen."""
    kinds = {c.kind for c in numbers if c.kind}
    told = []
    for line in found.lines:
        for kind, view in line.views.items():
            used = [kind] if kind else sorted(kinds)
            whole = {
                "before": [m for span, _ in view.spans for m in span.months if line.zero and m < line.zero],
                "after": [m for span, _ in view.spans for m in span.months if line.zero and m > line.zero],
            }
            figures = [(span.months, counted) for span, counted in view.spans]
            figures += [
                (whole[side], counted)
                for side, counted in (("before", view.before), ("after", view.after))
                if counted is not None
            ]
            for months, counted in figures:
                cells = [
                    c
                    for c in (cell(m, d.code, k) for m, d, k in product(months, line.districts, used))
                    if c in numbers
                ]
                true = sum(numbers[c] for c in cells)
                assert counted.number in (None, true)
                told.append((frozenset(map(str, cells)), true, counted.number is not None))
    return told


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_nothing_hidden_follows_from_months_quarters_kinds_and_totals(data: st.DataObject) -> None:
    numbers = {
        cell(ZERO + offset, kind=kind): data.draw(st.integers(0, 9))
        for offset in range(-6, 7)
        for kind in (CSE, CCE)
    }
    told = everything_of(found_in(numbers, [district()], 50), numbers)
    shown = [(names, true) for names, true, is_shown in told if is_shown]
    assert all(true >= 5 for _, true in shown), "nothing under 5 is shown"
    for names, true, is_shown in told:
        if not is_shown and true < 5:
            assert not determined(shown, names)
    for one in {name for names, _, _ in told for name in names}:
        true = next(number for c, number in numbers.items() if str(c) == one)
        assert true >= 5 or not determined(shown, frozenset([one])), one
