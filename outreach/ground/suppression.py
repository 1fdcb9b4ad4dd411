"""Small counts of people hidden in whatever leaves the coordinators, with what would give them away. Pure.

Counts under 5 are hidden, 0 among them; a place where nobody was counted at all has no count and nothing to hide.
Counts of schools, shows and days never come here.

The rule that makes it safe. A release shows some sums over units (schools, say). Two units are alike when they
stand in the same shown sums. However a reader adds and subtracts what is shown, in one table or across several, the
result counts whole groups of units that are alike. So every such group holds 5 people or more, and then nothing
smaller can be worked out: within a group people may be moved about without any shown sum changing, and each count
that was hidden could as well be anything from 0 to 5. The same is held against every earlier release, taken together
with this one; and what was counted in between two releases is at least 5, or nothing at all, wherever it can be worked out.
"""

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

AT_LEAST = 5
"""The smallest count of people that is shown."""

MANY = 1_000
"""People of whom one percent is 10: a rounded share of so many gives no small number away."""

FEW = 400
"""Up to so many groups, each is tried with every other."""

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
    """What was let out: the shown sums that each counted unit stands in, and how many people each has.

    It holds the true counts, for judging later releases against it, and never leaves the house.
    """

    stands_in: Mapping[Unit, Signature]
    counts: Mapping[Unit, int]


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


def share_of(
    counted: Count, whole: Count, *, of_whole: int, others_too: bool = False
) -> tuple[int, int] | None:
    """(`of_whole`, the whole), of which a percent may be said; None unless both counts are shown, and of nothing.

    `others_too`: `counted` holds people besides, who are not of the whole. A percent of few people would then tell
    how many those are, so that it is said only of `MANY`.
    """
    if counted.number is None or not whole.number or others_too and whole.number < MANY:
        return None
    return of_whole, whole.number


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
    while move := work.next_move():
        work.shown -= move
    found = {}
    for key in sums:
        if not work.counted_in(key):
            found[key] = NOBODY_COUNTED
        elif key in work.shown:
            found[key] = Count(status=SHOWN, number=work.people[key])
        else:
            found[key] = KEPT_BACK
    return Judged(
        sums=found,
        release=Release(
            stands_in=work.signatures(), counts={u: n for u, n in counts.items() if n is not None}
        ),
    )


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
        """Of every unit that was counted: the shown sums that it stands in."""
        found: dict[Unit, set[Hashable]] = {
            u: set() for units in self.sums.values() for u in units if self.counts.get(u) is not None
        }
        for key in self.sums:
            if key in self.shown:
                for unit in self.sums[key]:
                    if unit in found:
                        found[unit].add(key)
        return {unit: frozenset(keys) for unit, keys in found.items()}

    def next_move(self) -> set[Hashable]:
        """The sums to hide next; none when nothing can be worked out any more."""
        now = self.signatures()
        return self._parts_too_small(now) or self._difference_too_small(now)

    def _parts_too_small(self, now: Mapping[Unit, Signature]) -> set[Hashable]:
        """What to hide for the groups of units, alike in every release, that hold too few in one of them.

        As many at a time as have nothing to do with each other, since hiding only ever joins groups.
        """
        counts = [self.counts, *(r.counts for r in self.earlier)]
        alike = _alike([now, *(r.stands_in for r in self.earlier)])
        near = _Near(alike)
        moves: set[Hashable] = set()
        for kind, units in alike.items():
            if any(keys and _too_small(n, units) for keys, n in zip(kind, counts, strict=True)):
                keys = kind[0] or frozenset()
                if not keys & moves:
                    moves |= self._cheapest(keys, near.to(kind))
        return moves

    def _difference_too_small(self, now: Mapping[Unit, Signature]) -> set[Hashable]:
        for release in self.earlier:
            changes = [
                (self._change(units, now, release), units) for units in _joined(now, release.stands_in)
            ]
            for change, units in changes:
                if change is None or not _small_change(change):
                    continue
                # Best to be joined with what makes the difference large enough at once.
                moves = [
                    (_small_change(other and (change[0] + other[0], True)), self._cost(move), move)
                    for keys in {now[u] for u in units if u in now}
                    for other, others in [*changes, (None, [])]
                    if others is not units
                    for move in [self._cheapest(keys, {now[u] for u in others if u in now})]
                    if move
                ]
                if moves:
                    return min(moves)[2]
        return set()

    def _change(
        self, units: list[Unit], now: Mapping[Unit, Signature], release: Release
    ) -> tuple[int, bool] | None:
        """(how many people more these units have than in an earlier release, whether any of them changed at all).

        None: nobody can work that out.
        """
        if any(not now.get(u, {u}) or not release.stands_in.get(u, {u}) for u in units):
            return None
        pairs = [(release.counts.get(u), self.counts.get(u)) for u in units]
        return sum((new or 0) - (old or 0) for old, new in pairs), any(old != new for old, new in pairs)

    def _cheapest(self, keys: Signature, others: Iterable[Signature | None]) -> set[Hashable]:
        """What to hide so that units with these shown sums become like some others, or stand in none; may be nothing."""
        moves = [set(keys), *(set(keys ^ (other or frozenset())) for other in others)]
        return min((move for move in moves if move), key=self._cost, default=set())

    def _cost(self, move: set[Hashable]) -> tuple[int, int, list[int]]:
        people = sum(self.people[key] + 1 for key in move)
        return len(move & self.dear), people, sorted(self.place[key] for key in move)


class _Near:
    """The groups that a group can be joined with: all of the same earlier sums, or where there are very many, those
    that stand in one other sum in place of one of its own."""

    def __init__(self, alike: Iterable[tuple[Signature | None, ...]]) -> None:
        self.all: dict[tuple[Signature | None, ...], list[Signature]] = defaultdict(list)
        self.but_one: dict[tuple[tuple[Signature | None, ...], Signature], list[Signature]] = defaultdict(
            list
        )
        for now, *then in alike:
            keys = now or frozenset()
            self.all[tuple(then)].append(keys)
            for key in keys:
                self.but_one[tuple(then), keys - {key}].append(keys)

    def to(self, kind: tuple[Signature | None, ...]) -> Iterable[Signature]:
        keys, then = kind[0] or frozenset(), kind[1:]
        found = self.all[then]
        if len(found) > FEW:
            close = [other for key in keys for other in self.but_one[then, keys - {key}] if other != keys]
            found = close or found
        return (other for other in found if other != keys)


def _too_small(counts: Mapping[Unit, int | None], units: Iterable[Unit]) -> bool:
    known = [n for n in (counts.get(u) for u in units) if n is not None]
    return bool(known) and sum(known) < AT_LEAST


def _small_change(change: tuple[int, bool] | None) -> bool:
    return change is not None and change[1] and abs(change[0]) < AT_LEAST


def _alike(views: Sequence[Mapping[Unit, Signature]]) -> dict[tuple[Signature | None, ...], list[Unit]]:
    """Units by what they stand in in every view.

    Who was not counted in a view adds nothing to it, and may be taken to have stood with its like there.
    """
    like: dict[tuple[int, int, Signature], Signature] = {}
    for unit in {u: None for view in views for u in view}:
        had = [(n, view[unit]) for n, view in enumerate(views) if unit in view]
        for n, keys in had:
            for other, there in had:
                like.setdefault((n, other, keys), there)
    alike: dict[tuple[Signature | None, ...], list[Unit]] = defaultdict(list)
    for unit in {u: None for view in views for u in view}:
        first = next(n for n, view in enumerate(views) if unit in view)
        keys = views[first][unit]
        alike[tuple(v.get(unit, like.get((first, n, keys))) for n, v in enumerate(views))].append(unit)
    return alike


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
