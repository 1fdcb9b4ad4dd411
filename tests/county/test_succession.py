"""Who followed whom: lines, splits and mergers of schools, and what stays with a school that stays open."""

from datetime import date
from types import SimpleNamespace

import pytest

from outreach.county.succession import Kin, StaysOpen

LINE = [(1, 2), (2, 3)]
SPLIT = [(4, 5), (4, 6)]
MERGER = [(7, 9), (8, 9)]


def test_a_line_of_schools_is_one_school_the_newest_first() -> None:
    kin = Kin(LINE)
    assert (kin.line(3), kin.line(2), kin.line(1)) == ([3, 2, 1], [2, 1], [1])
    assert (kin.before(3), kin.before(1)) == ([2, 1], [])
    assert [kin.sole_successor(urn) for urn in (1, 2, 3)] == [2, 3, None]


def test_a_split_and_a_merger_end_a_line() -> None:
    kin = Kin(SPLIT + MERGER)
    assert [kin.line(urn) for urn in (5, 6, 9)] == [[5], [6], [9]]
    assert [kin.sole_successor(urn) for urn in (4, 7, 8)] == [None, 9, 9]
    assert (kin.before(5), kin.before(9)) == ([4], [7, 8])


def test_a_link_told_twice_counts_once_and_a_circle_not_at_all() -> None:
    assert Kin([*LINE, *LINE]).successors == {1: [2], 2: [3]}
    kin = Kin([(1, 1), (2, 3), (3, 2), (3, 4)])
    assert (kin.successors, kin.predecessors) == ({3: [4]}, {4: [3]})


def test_a_school_that_stays_open_passes_nothing_on() -> None:
    kin = Kin([*SPLIT, (10, 5)]).of_closed(lambda urn: urn == 4)
    assert (kin.successors, kin.predecessors) == ({10: [5]}, {5: [10]})
    assert Kin(SPLIT).of_closed(lambda urn: True).predecessors == {}


def test_kin_beyond_some_schools_are_found_at_any_remove_in_both_directions() -> None:
    assert Kin([*LINE, (3, 11), *SPLIT]).beyond({2}) == {1, 3, 11}
    assert Kin(LINE).beyond({1}) == {2, 3} and Kin(LINE).beyond({3}) == {1, 2}
    assert Kin(LINE).beyond({1, 2, 3}) == Kin(LINE).beyond({12}) == set()


DAY = date(2027, 1, 19)
BEFORE, LATER = date(2027, 1, 18), date(2027, 1, 20)


@pytest.mark.parametrize(
    ("status", "closes", "linked", "is_open", "stays"),
    [
        ("Open", None, [], True, True),
        ("Open", None, [BEFORE], True, True),  # something was split off
        ("Open", LATER, [BEFORE], True, True),
        ("Open", DAY, [BEFORE], True, False),  # the day has come, whatever its status
        ("Open", DAY, [], True, True),  # nobody followed it
        ("Proposed to open", LATER, [], False, False),
        ("Closed", None, [], False, False),
        ("Closed", LATER, [], True, True),
        ("Closed", DAY, [], False, False),
        ("Closed", None, [LATER], True, True),
        ("Closed", None, [DAY], False, False),
        ("Closed", None, [LATER, DAY, None], False, False),  # the first link counts
        ("Closed", LATER, [DAY], True, True),  # the closing date goes before
    ],
)
def test_a_school_is_there_until_its_closing_date_else_until_it_is_followed(
    status: str, closes: date | None, linked: list[date | None], is_open: bool, stays: bool
) -> None:
    links = [(1, n, at) for n, at in enumerate(linked, 2)]
    schools = {1: SimpleNamespace(status=status, close_date=closes)}

    def there(*taken_in: int) -> StaysOpen:
        return StaysOpen(Kin((one, other) for one, other, _ in links), links, schools, taken_in, DAY)

    assert (there().is_open(1), there()(1), there()(99)) == (is_open, stays, False)
    assert there(1)(1) == is_open  # a coordinator took it in
