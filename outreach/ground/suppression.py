"""Small counts of people hidden in whatever leaves the coordinators, with what would give them away. Pure.

Counts under 5 are hidden, 0 among them; a place where nobody was counted at all has no count and nothing to hide.
Counts of schools, shows and days never come here.

The rule that makes it safe. A release shows some sums over units (schools, say). Two units are alike when they
stand in the same shown sums. However a reader adds and subtracts what is shown, in one table or across several, the
result counts whole groups of units that are alike. So every such group holds 5 people or more, and then nothing
smaller can be worked out: within a group people may be moved about without any shown sum changing, and each count
that was hidden could as well be anything from 0 to 5. The same is held against every earlier release, taken together
with this one; and what was counted in between two releases is 0 or at least 5, wherever it can be worked out.
"""

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

AT_LEAST = 5
"""The smallest count of people that is shown."""

MANY = 1_000
"""People of whom one percent is 10: a rounded share of so many gives no small number away."""

SHOWN, HIDDEN, UNKNOWN = "shown", "hidden", "unknown"

Unit = Hashable
Signature = frozenset[Hashable]


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """A number of people as it may be seen; `number` is None unless `status` is 'shown'. 'unknown': nobody counted."""

    status: str
    number: int | None = None


NOBODY_COUNTED = Count(status=UNKNOWN)
KEPT_BACK = Count(status=HIDDEN)


@dataclass(frozen=True, kw_only=True)
class Release:
    """What was let out: the shown sums that each unit stands in, and how many were counted there (None: nobody was).

    It holds the true counts, for judging later releases against it, and never leaves the house.
    """

    stands_in: Mapping[Unit, Signature]
    counts: Mapping[Unit, int | None]


@dataclass(frozen=True, kw_only=True)
class Judged:
    """Every sum as it may be seen, and the release to keep."""

    sums: Mapping[Hashable, Count]
    release: Release


def one(number: int | None) -> Count:
    """A number of people that stands alone, in no sum."""
    if number is None:
        return NOBODY_COUNTED
    return Count(status=SHOWN, number=number) if number >= AT_LEAST else KEPT_BACK


def share(counted: Count, whole: Count, *, of_whole: int, others_too: bool = False) -> int | None:
    """Whole percent, half up, that `of_whole` is of a whole; None unless both counts are shown, and of nothing.

    `others_too`: `counted` holds people besides, who are not of the whole. A percent of few people would then tell
    how many those are, so that it is said only of `MANY`.
    """
    if counted.number is None or not whole.number or others_too and whole.number < MANY:
        return None
    return (200 * of_whole + whole.number) // (2 * whole.number)


def hide(
    sums: Mapping[Hashable, Collection[Unit]],
    counts: Mapping[Unit, int | None],
    *,
    earlier: Iterable[Release] = (),
    dear: Collection[Hashable] = (),
) -> Judged:
    """Which of these sums may be seen. `sums` names the units of each; `counts` how many people each unit has.

    A unit without a count (None, or missing) is known by everybody to have none. Where something has to be hidden
    besides the small counts, it is what holds the fewest people: rather a row than a total; and rather anything else
    than a `dear` sum.
    """
    work = _Work(sums, counts, list(earlier), frozenset(dear))
    work.hide_small()
    while (move := work.next_move()) is not None:
        work.shown -= move
    found = {}
    for key in sums:
        if not work.counted_in(key):
            found[key] = NOBODY_COUNTED
        elif key in work.shown:
            found[key] = Count(status=SHOWN, number=work.people[key])
        else:
            found[key] = KEPT_BACK
    return Judged(sums=found, release=Release(stands_in=work.signatures(), counts=dict(counts)))


@dataclass
class _Work:
    """One judging under way: which sums are still shown."""

    sums: Mapping[Hashable, Collection[Unit]]
    counts: Mapping[Unit, int | None]
    earlier: Sequence[Release]
    dear: frozenset[Hashable]
    people: dict[Hashable, int] = field(init=False)
    place: dict[Hashable, int] = field(init=False)
    shown: set[Hashable] = field(init=False)

    def __post_init__(self) -> None:
        self.people = {key: sum(self.counts.get(u) or 0 for u in units) for key, units in self.sums.items()}
        self.place = {key: n for n, key in enumerate(self.sums)}
        self.shown = set(self.sums)

    def counted_in(self, key: Hashable) -> bool:
        return any(self.counts.get(u) is not None for u in self.sums[key])

    def hide_small(self) -> None:
        self.shown -= {k for k in self.sums if self.counted_in(k) and self.people[k] < AT_LEAST}

    def signatures(self) -> dict[Unit, Signature]:
        """Of every unit of any sum: the shown sums that it stands in."""
        found: dict[Unit, set[Hashable]] = {u: set() for units in self.sums.values() for u in units}
        for key in self.sums:
            if key in self.shown:
                for unit in self.sums[key]:
                    found[unit].add(key)
        return {unit: frozenset(keys) for unit, keys in found.items()}

    def next_move(self) -> set[Hashable] | None:
        """The sums to hide next; None when nothing can be worked out any more. Never empty, so that this ends."""
        now = self.signatures()
        return self._part_too_small(now) or self._difference_too_small(now)

    def _part_too_small(self, now: Mapping[Unit, Signature]) -> set[Hashable] | None:
        # A unit that is new since a release adds nothing to it, so it may be taken to have stood with its like there.
        like = [{now[u]: keys for u, keys in r.stands_in.items() if u in now} for r in self.earlier]
        alike: dict[tuple[Signature | None, ...], list[Unit]] = defaultdict(list)
        for unit, keys in now.items():
            then = (r.stands_in.get(unit, of.get(keys)) for r, of in zip(self.earlier, like, strict=True))
            alike[keys, *then].append(unit)
        for kind, units in alike.items():
            if kind[0] and any(_too_small(counts, units) for counts in self._all_counts(kind)):
                others = (other[0] for other in alike if other[1:] == kind[1:] and other != kind)
                return self._cheapest(kind[0], others)
        return None

    def _all_counts(self, kind: tuple[Signature | None, ...]) -> Iterator[Mapping[Unit, int | None]]:
        """The counts of this release, and of each earlier one that shows these units anywhere."""
        yield self.counts
        for release, keys in zip(self.earlier, kind[1:], strict=True):
            if keys:
                yield release.counts

    def _difference_too_small(self, now: Mapping[Unit, Signature]) -> set[Hashable] | None:
        for release in self.earlier:
            changes = [
                (self._change(units, now, release), units) for units in _joined(now, release.stands_in)
            ]
            for change, units in changes:
                if not _small_change(change):
                    continue
                # Best to be joined with what makes the difference large enough at once.
                moves = [
                    (_small_change(None if other is None else change + other), self._cost(move), move)
                    for keys in {now[u] for u in units if u in now}
                    for other, others in [*changes, (None, [])]
                    if others is not units
                    for move in [self._cheapest(keys, {now[u] for u in others if u in now})]
                ]
                if moves:
                    return min(moves)[2]
        return None

    def _change(self, units: list[Unit], now: Mapping[Unit, Signature], release: Release) -> int | None:
        """How many people more these units have than in an earlier release; None: nobody can work that out."""
        if any(not now.get(u, {u}) or not release.stands_in.get(u, {u}) for u in units):
            return None
        return sum((self.counts.get(u) or 0) - (release.counts.get(u) or 0) for u in units)

    def _cheapest(self, keys: Signature, others: Iterable[Any]) -> set[Hashable]:
        """What to hide so that units with these shown sums become like some others, or stand in none."""
        moves = [set(keys)]
        moves += [set(keys ^ other) for other in others if other is not None and keys ^ other]
        return min(moves, key=self._cost)

    def _cost(self, move: set[Hashable]) -> tuple[int, int, list[int]]:
        people = sum(self.people[key] + 1 for key in move)
        return len(move & self.dear), people, sorted(self.place[key] for key in move)


def _too_small(counts: Mapping[Unit, int | None], units: Iterable[Unit]) -> bool:
    known = [n for n in (counts.get(u) for u in units) if n is not None]
    return bool(known) and sum(known) < AT_LEAST


def _small_change(change: int | None) -> bool:
    return change is not None and 0 < abs(change) < AT_LEAST


def _joined(*partings: Mapping[Unit, Signature]) -> list[list[Unit]]:
    """Units joined whenever they are alike in any of the releases: the smallest sets that can be taken from each whole."""
    parent: dict[Unit, Unit] = {u: u for parting in partings for u in parting}

    def root(unit: Unit) -> Unit:
        while parent[unit] != unit:
            parent[unit] = parent[parent[unit]]
            unit = parent[unit]
        return unit

    for parting in partings:
        first: dict[Signature, Unit] = {}
        for unit, keys in parting.items():
            parent[root(unit)] = root(first.setdefault(keys, unit))
    joined: dict[Unit, list[Unit]] = defaultdict(list)
    for unit in parent:
        joined[root(unit)].append(unit)
    return list(joined.values())
