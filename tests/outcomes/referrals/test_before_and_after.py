"""Lines, sides and rates of released referrals."""

from datetime import date

import pytest

from outcomes.referrals.counted import CCE, CSE, HERE, Row, released, row
from outreach.coverage.reached import DistrictReached
from outreach.outcomes.referrals.before_and_after import (
    ALL_KINDS,
    NOT_REACHED,
    Line,
    Referrals,
    Residents,
    found_in,
)

REACHED = date(2026, 5, 10)
ZERO = 2026 * 12 + 4
FAR = ZERO - 13
"""A year before month 0 and the beginning of its quarter of the calendar."""


def district(code: str = HERE, day: date | None = REACHED, name: str = "") -> DistrictReached:
    return DistrictReached(code=code, name=name or f"District {code[-1]}", day=day, seen=60, pupils=100)


def found(counts: Row, *districts: DistrictReached, residents: Residents | None = None) -> Referrals:
    return found_in(released(counts), residents or {}, districts or [district()], 50)


def one_line(counts: Row, residents: Residents | None = None) -> Line:
    (line,) = found(counts, residents=residents).lines
    return line


def spans_of(line: Line, kind: str = CSE) -> list[tuple[int, int, int | None]]:
    return [(span.first - ZERO, span.last - ZERO, counted.number) for span, counted in line.views[kind].spans]


def test_month_0_is_neither_before_nor_after() -> None:
    line = one_line(row(ZERO - 1, 7, 50, 8))
    view = line.views[CSE]
    assert spans_of(line) == [(-1, -1, 7), (0, 0, 50), (1, 1, 8)]
    assert view.before is not None and (view.before.number, view.before.months) == (7, 1)
    assert view.after is not None and (view.after.number, view.after.months) == (8, 1)


def test_a_quarter_that_holds_month_0_is_neither() -> None:
    line = one_line(row(ZERO - 4, 6, 6, 6, 1, 9, 9, 6, 6, 6))
    assert spans_of(line) == [
        (-4, -4, 6),
        (-3, -3, 6),
        (-2, -2, 6),
        (-1, 1, 19),
        (2, 2, 6),
        (3, 3, 6),
        (4, 4, 6),
    ]
    view = line.views[CSE]
    assert view.before is not None and (view.before.number, view.before.months) == (18, 3)
    assert view.after is not None and (view.after.number, view.after.months) == (18, 3)


def test_a_side_is_a_year_at_most_of_what_lies_wholly_in_it() -> None:
    line = one_line(row(FAR, *[6] * 12, 6, 6, 6, *[7] * 15))
    assert spans_of(line)[0] == (-12, -12, 6) and spans_of(line)[-1] == (12, 12, 7)
    line = one_line(row(FAR, 1, *[6] * 11))
    assert spans_of(line)[0] == (-10, -10, 6), "the quarter that begins 13 months before is left out"


def test_a_side_with_something_hidden_in_it_is_hidden_itself() -> None:
    counts = row(FAR, *[6] * 12) | row(FAR, *[6] * 9, 1, 1, 1, kind=CCE)
    line = one_line(counts)
    for kind in (CSE, CCE):
        view = line.views[kind]
        assert view.before is not None and (view.before.number, view.before.rate) == (None, None)
        assert spans_of(line, kind)[-3:] == [(n, n, None) for n in (-4, -3, -2)]
    whole = line.views[ALL_KINDS].before
    assert whole is not None and whole.number == 8 * 12 + 3 * 7, "both together say nothing of one of them"


def test_a_rate_is_of_the_newest_estimate_not_after_the_month_and_stands_only_beside_a_count() -> None:
    counts = row(ZERO - 4, 10, 10, 10) | row(ZERO - 4, 1, 1, 1, kind=CCE)
    view = one_line(counts, {HERE: {2024: 10_000, 2027: 20_000}}).views
    both = view[ALL_KINDS].before
    assert both is not None and both.rate == pytest.approx(1.1)
    assert view[CSE].before is not None and view[CSE].before.rate is None
    line = one_line(counts, {HERE: {2024: 10_000, 2027: 20_000}})
    assert (line.residents, line.residents_year) == (20_000, 2027)
    late = one_line(counts, {HERE: {2030: 5_000}}).views[ALL_KINDS].before
    assert late is not None and late.rate == pytest.approx(2.2), "else the oldest"
    none = one_line(counts).views[ALL_KINDS].before
    assert none is not None and (none.number, none.rate) == (33, None)


def test_districts_that_are_not_reached_are_one_line_of_months_that_cut_none_of_theirs() -> None:
    other = "E07000002"
    counts = row(ZERO - 4, 6, 6, 6, 6, 6, 6) | row(ZERO - 4, 7, 1, 7, 6, 6, 6, 9, 9, 9, code=other)
    here = found(counts, district(HERE, None), district(other, None), district("E07000003", None))
    (line,) = here.lines
    assert (line.key, line.name, line.zero) == (NOT_REACHED, "Not reached yet", None)
    assert [d.code for d in line.districts] == [HERE, other]
    assert [d.code for d in here.silent] == ["E07000003"]
    assert spans_of(line) == [(-4, -2, 33), (-1, -1, 12), (0, 0, 12), (1, 1, 12)], (
        "not what one of them lacks"
    )
    assert line.views[CSE].after is None


def test_lines_stand_in_the_order_in_which_they_were_reached() -> None:
    codes = {n: f"E0700000{n}" for n in (1, 2, 3)}
    counts: Row = {}
    for code in codes.values():
        counts |= row(ZERO - 1, 6, 6, 6, code=code)
    days = {1: date(2026, 9, 1), 2: None, 3: date(2026, 3, 1)}
    lines = found(counts, *(district(codes[n], day) for n, day in days.items())).lines
    assert [line.key for line in lines] == ["E07000003", "E07000001", NOT_REACHED]
