"""Sums that, added and subtracted, tell of fewer than 3 schools, or give a sum that is hidden. Pure.

Performances that stand in the same sums are a cell: no reader can part them. Whatever a reader adds and subtracts is a
combination of the sums, and tells of the schools of those cells that do not cancel. All combinations are the multiples
and sums of the rows that elimination leaves, each of which has a cell of its own. So a combination that tells of two
schools alone is made of the rows whose own cells are of these two, and what such rows hold of other cells must cancel:
which is looked at for each two schools.
"""

from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from typing import Any

SCHOOLS_AT_LEAST = 3

PRIME = 2**61 - 1
"""Elimination is done in whole numbers modulo this one."""

Row = dict[Any, int]
"""{a cell's number, or ('sum', which): how many times}."""


def that_tell_of_few_schools(cells: Mapping[frozenset[Hashable], Collection[int]]) -> set[Hashable]:
    """Sums that together tell of fewer than 3 schools, one such set; none where there is none.

    `cells`: {the sums in which its performances stand: the schools of these}.
    """
    keys = sorted((some for some in cells if some), key=in_order)
    schools = [frozenset(cells[some]) for some in keys]
    rows = _reduced(keys, {key for some in keys for key in some})
    own = {cell: schools[cell] for cell in rows if len(schools[cell]) < SCHOOLS_AT_LEAST}
    for few in _pairs(own.values(), schools):
        theirs = [dict(rows[cell]) for cell, some in own.items() if some <= few]
        if told := _cancels(theirs, {n for n, some in enumerate(schools) if some <= few}):
            return told
    return set()


def that_give(
    hidden: Collection[Hashable],
    cells: Collection[frozenset[Hashable]],
    shown: Collection[Hashable],
    *,
    but: Collection[Hashable] = (),
) -> set[Hashable]:
    """Shown sums from which a hidden one follows, one such set; none where none does, or from sums of `but` alone.

    `cells`: for each the sums, shown and hidden, in which its performances stand.
    """
    keys = sorted(cells, key=in_order)
    rows = _reduced(keys, shown)
    for key in sorted(hidden, key=repr):
        wanted: Row = {n: 1 for n, some in enumerate(keys) if key in some}
        if not wanted:
            continue
        for cell in [cell for cell in wanted if cell in rows]:
            _take(wanted, rows[cell], wanted[cell])
        if not any(isinstance(cell, int) for cell in wanted):
            told = {name[1] for name in wanted}
            if not told <= set(but):
                return told
    return set()


def in_order(cell: frozenset[Hashable]) -> list[str]:
    """What cells are sorted by, so that the same is found in every process."""
    return sorted(map(repr, cell))


def _reduced(cells: Sequence[frozenset[Hashable]], shown: Collection[Hashable]) -> dict[int, Row]:
    """The rows that elimination of the shown sums leaves, by the cell that each has for its own."""
    sums: dict[Hashable, Row] = {}
    for cell, keys in enumerate(cells):
        for key in keys & frozenset(shown):
            sums.setdefault(key, {("sum", key): 1})[cell] = 1
    rows: dict[int, Row] = {}
    for key in sorted(sums, key=repr):
        row = sums[key]
        for cell in [cell for cell in row if cell in rows]:
            _take(row, rows[cell], row[cell])
        pivot = next((cell for cell in row if isinstance(cell, int)), None)
        if pivot is None:
            continue
        inverse = pow(row[pivot], -1, PRIME)
        row = {cell: value * inverse % PRIME for cell, value in row.items()}
        for other in rows.values():
            if pivot in other:
                _take(other, row, other[pivot])
        rows[pivot] = row
    return rows


def _pairs(own: Collection[frozenset[int]], schools: list[frozenset[int]]) -> Iterator[frozenset[int]]:
    """Every two schools of which some cells are, one of them a row's own."""
    small = sorted({school for some in schools if len(some) < SCHOOLS_AT_LEAST for school in some})
    done: set[frozenset[int]] = set()
    for some in own:
        for school in small:
            few = some | {school}
            if len(few) < SCHOOLS_AT_LEAST and few not in done:
                done.add(few)
                yield few


def _cancels(rows: list[Row], theirs: set[int]) -> set[Hashable]:
    """The sums of a combination of these rows that holds no cell but `theirs`; none where there is none."""
    kept: dict[int, Row] = {}
    for row in rows:
        for cell, other in kept.items():
            if cell in row:
                _take(row, other, row[cell] * pow(other[cell], -1, PRIME))
        pivot = next((cell for cell in row if isinstance(cell, int) and cell not in theirs), None)
        if pivot is None:
            return {name[1] for name in row if isinstance(name, tuple)}
        kept[pivot] = row
    return set()


def _take(row: Row, away: Row, times: int) -> None:
    """Take some times another row from a row."""
    for at, value in away.items():
        if left := (row.get(at, 0) - times * value) % PRIME:
            row[at] = left
        else:
            row.pop(at, None)
