"""Small counts of people hidden in whatever leaves the coordinators, with what would give them away. Pure.

Counts under 5 are hidden, 0 among them (`hide` takes another threshold); a place where nobody was counted at
all has no count and nothing to hide. Counts of schools, shows and days never come here as counts of people.

**One sea of people.** All measures of the same people are judged together, and with them every release there
ever was, in the order of the days they speak of and not of their publishing. To that end a release says of
each unit (a year group of a school, say) how its people are made up: a part is the set of the measures that
its people count in, such as {seen, target} of those who were there and {target} of those who were absent. The
number of a measure at a place is the sum, over the units of the place, of all the parts that are of the
measure. So what is seen, the target and the absent between them can never be set against each other.

A further measure of the same people is therefore no judging of its own: give its name to the parts whose
people it counts (cutting parts finer where it counts only some of them: {seen, seen by one side, target}),
and hand its sums to `hide` with the rest. Only numbers of other people (concerns) may stand in units of their
own.

**The rule that makes it safe.** From release to release the people of a unit stay in their part or pass into
another: each way through all the releases is a stream. Two streams are alike when they stand in the same
shown sums of all releases. However a reader adds and subtracts what is shown, in one release or across
several, the result counts whole groups of streams that are alike, and within a group people may be moved
about without any shown sum changing. A group is small when it holds fewer than 5 people, or no more than it
has units, of which a reader may know that none is empty. So adding and subtracting must leave no small groups
by themselves, unless they hold enough people together; and in each small group there must be room for one
person more or less, made up for in whole people of other groups, so that numbers which are whole and never
negative tell nothing either. Both are looked for by elimination, and more is hidden until both hold.

Streams are put together so that whatever did not change between two releases is one stream in both: what a
reader knows not to have changed does not help either.
"""

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

AT_LEAST = 5
"""The smallest count of people that is shown."""

SHOWN, HIDDEN, UNKNOWN = "shown", "hidden", "unknown"

Unit = str
Part = frozenset[str]
"""The measures in which the people of it count."""
Way = tuple[Part | None, ...]
People = Mapping[Unit, Mapping[Part, int]]
Sum = tuple[str, frozenset[Unit]]
"""(measure, the units whose people it counts)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """A number of people as it may be seen; `number` is None unless `status` is 'shown'. 'unknown': nobody
    counted."""

    status: str
    number: int | None = None


NOBODY_COUNTED = Count(status=UNKNOWN)
KEPT_BACK = Count(status=HIDDEN)


@dataclass(frozen=True, kw_only=True)
class Release:
    """What was let out of a day: how the people of each unit were made up, and the sums that were shown.

    It holds the true counts, for judging later releases by, and never leaves the house. `after`: a state of a later
    moment of that day or of a day after it, and before that of the next release; it was never shown.
    """

    day: date
    people: People
    shown: tuple[Sum, ...]
    after: bool = False


@dataclass(frozen=True, kw_only=True)
class GivenAway:
    """A group of people too small to be known, which some releases give away: `number` people of `units`.

    `days`: those of the releases; `measures`: what they are counted in there. Where they are told by who went
    and who stayed, that is so if nobody came for one who went: the reader may know it, or not.
    """

    number: int
    units: tuple[Unit, ...]
    measures: tuple[str, ...]
    days: tuple[date, ...]


class GivesAway(Exception):
    """A release that would give something away that was not before, whatever else is hidden. `keys`: its sums
    that do."""

    def __init__(self, keys: Sequence[Hashable]) -> None:
        super().__init__(f"{len(keys)} sums give a small count away")
        self.keys = keys


@dataclass(frozen=True, kw_only=True)
class Judged:
    """Every sum as it may be seen, the release to keep, and what the earlier ones give away by themselves."""

    sums: Mapping[Hashable, Count]
    release: Release
    given_away: list[GivenAway]


def one(number: int | None) -> Count:
    """A number of people that stands alone, in no sum."""
    if number is None:
        return NOBODY_COUNTED
    return Count(status=SHOWN, number=number) if number >= AT_LEAST else KEPT_BACK


def hide(
    sums: Mapping[Hashable, Sum],
    people: People,
    *,
    day: date,
    earlier: Iterable[Release] = (),
    dear: Collection[Hashable] = (),
    aside: Collection[Hashable] = (),
    always: Collection[Hashable] = (),
    at_least: int = AT_LEAST,
    guessed: bool = True,
) -> Judged:
    """Which of these sums may be seen, in a release that speaks of a day; `at_least`: the smallest count shown;
    `guessed`: whether a small count must be beyond guessing too, from numbers being whole and never negative.

    Where something has to be hidden besides the small counts, it is what holds the fewest people: rather a
    row than a total; sooner what is only made use of (`aside`) than what is read, and anything else sooner
    than a `dear` sum. What is said in any case (`always`) is never hidden: raises GivesAway where that gives
    somebody away.
    """
    before = list(earlier)
    work = _Work(
        sums,
        people=people,
        day=day,
        earlier=before,
        dear=frozenset(dear),
        aside=frozenset(aside),
        always=frozenset(always),
        at_least=at_least,
        guessed=guessed,
    )
    while move := work.next_move():
        work.shown -= move
    release = Release(day=day, people=people, shown=tuple(sums[key] for key in sums if key in work.shown))
    given = given_away(before, at_least=at_least)
    if worse := _worse(before, release, at_least, guessed):
        let_out = [key for key in sums if key in work.shown]
        raise GivesAway([let_out[at] for at in sorted(worse)])
    found = {}
    for key in sums:
        if not work.counted_in(key):
            found[key] = NOBODY_COUNTED
        elif key in work.shown:
            found[key] = Count(status=SHOWN, number=work.people_of[key])
        else:
            found[key] = KEPT_BACK
    return Judged(sums=found, release=release, given_away=given)


def given_away(releases: Sequence[Release], *, at_least: int = AT_LEAST) -> list[GivenAway]:
    """Every few people whom these releases, set against each other, may give away.

    What is hidden is hidden with some caution, and caution is no knowledge. So it is not told that nobody
    went some way between two releases, which is no count of people; nor of five people or more, unless each
    may be known to be the one of its unit.
    """
    sea = _Sea(releases)
    groups = {(frozenset[int](), where): streams for where, streams in sea.alike().items()}
    found = []
    for sums, small in _Elimination(groups, at_least).worked_out:
        streams = [stream for group in small for stream in groups[group]]
        number, somewhere = sum(s.number for s in streams), {s.unit for s in streams if s.number}
        nobody_went = not number and set(sea.numbers(sums).values()) != {1}
        if nobody_went or number > max(at_least - 1, len(somewhere)):
            continue
        shown = [(releases[n], at) for n, at in sums]
        found.append(
            GivenAway(
                number=number,
                units=tuple(sorted({s.unit for s in streams})),
                measures=tuple(sorted({release.shown[at][0] for release, at in shown})),
                days=tuple(sorted({release.day for release, _ in shown})),
            )
        )
    return sorted(found, key=lambda g: (g.units, g.days, g.measures))


def _worse(before: Sequence[Release], release: Release, at_least: int, guessed: bool) -> set[int]:
    """Which of the shown sums of a release give away what the earlier ones do not, by their numbers.

    The last look at what is let out, whatever chose what to hide: all is put together anew, from what is
    shown.
    """
    newest = len(before)
    groups = {
        (
            frozenset(at for n, at in where if n == newest),
            frozenset(w for w in where if w[0] != newest),
        ): streams
        for where, streams in _Sea([*before, release]).alike().items()
    }
    found = _Elimination(groups, at_least, guessed)
    told = [sums for sums, _ in found.worked_out]
    return {at for sums in (*told, *found.tight) for at in sums if isinstance(at, int)}


@dataclass(frozen=True, slots=True)
class _Stream:
    """People of one unit who went the same way through the releases: their part in each, None where they are
    in none."""

    unit: Unit
    way: Way
    number: int


class _Sea:
    """All people of some releases, as streams through the releases in the order of their days."""

    def __init__(self, releases: Sequence[Release]) -> None:
        self.releases = releases
        self.order = sorted(range(len(releases)), key=lambda n: (releases[n].day, releases[n].after, n))
        ways: dict[Unit, dict[Way, int]] = {unit: {} for release in releases for unit in release.people}
        for length, n in enumerate(self.order):
            people, before = releases[n].people, releases[self.order[length - 1]].people if length else {}
            for unit in ways:
                there = people.get(unit, {})
                if length and there == before.get(unit, {}):
                    ways[unit] = _all_stayed(ways[unit], there)
                else:
                    ways[unit] = _went_on(ways[unit], there, length)
        self.streams = [_Stream(unit, way, n) for unit, found in ways.items() for way, n in found.items()]
        self.sums_of: list[dict[Unit, list[tuple[int, str]]]] = [_by_unit(r.shown) for r in releases]

    def alike(self) -> dict[frozenset[tuple[int, int]], list[_Stream]]:
        """Streams by the shown sums that they stand in: {(release, which of its sums)}."""
        found: dict[frozenset[tuple[int, int]], list[_Stream]] = defaultdict(list)
        for stream in self.streams:
            found[self._where(stream)].append(stream)
        return found

    def numbers(self, times: Mapping[tuple[int, int], int]) -> dict[tuple[Unit, Part, int], int]:
        """What some shown sums, each taken so many times, come to: the numbers of parts as they were from
        some release on until they changed, and how many times each."""
        found: dict[tuple[Unit, Part, int], int] = defaultdict(int)
        for (n, at), by in times.items():
            measure, units = self.releases[n].shown[at]
            for unit in units:
                for part in self.releases[n].people.get(unit, ()):
                    if measure in part:
                        found[unit, part, self._since(unit, part, n)] += by
        return {number: by for number, by in found.items() if by}

    def _since(self, unit: Unit, part: Part, n: int) -> int:
        """The release from which on a part has had the number that it has in a release."""
        at = self.order.index(n)
        number = self.releases[n].people[unit][part]
        while at and self.releases[self.order[at - 1]].people.get(unit, {}).get(part) == number:
            at -= 1
        return self.order[at]

    def _where(self, stream: _Stream) -> frozenset[tuple[int, int]]:
        return frozenset(
            (n, at)
            for n, part in zip(self.order, stream.way, strict=True)
            if part is not None
            for at, measure in self.sums_of[n].get(stream.unit, ())
            if measure in part
        )


def _went_on(ways: Mapping[Way, int], there: Mapping[Part, int], length: int) -> dict[Way, int]:
    """The ways of a unit's people, through `length` releases, with one more at their end.

    Who was in a part stays in it, as far as it has people; then people pass into the part that has most in
    common with theirs; who is left went, or came. So a measure that did not change has the same people. A
    part without people has a way too: that nobody is in it is a count to keep. That way stays in its part,
    though somebody comes into it later or all that it counts in is counted in other parts: else 160 seen in
    January and 160 in the target of April would tell that nobody was absent, and nothing would be hidden.
    """
    found: dict[Way, int] = defaultdict(int)
    left, wanted = dict(ways), dict(there)
    pairs = [(way, part) for way in ways for part in there if way[-1] is not None]
    pairs.sort(
        key=lambda pair: (pair[0][-1] != pair[1], -len((pair[0][-1] or pair[1]) & pair[1]), -ways[pair[0]])
    )
    for way, part in pairs:
        stays = min(left[way], wanted[part])
        nobody_yet = not there[part] and (way[-1] or part) <= part and all(new[-1] != part for new in found)
        nobody_still = not ways[way] and way[-1] == part
        if stays or nobody_yet or nobody_still:
            found[*way, part] += stays
            left[way] -= stays
            wanted[part] -= stays
    through = {new[-1] for new in found}
    for way, number in left.items():
        last = way[-1]
        if not ways[way] and last is not None and last not in there and any(last <= other for other in there):
            found[*way, last] += 0
        elif number or not ways[way] and (*way, way[-1]) not in found:
            found[*way, None] += number
    for part, number in wanted.items():
        if number or part not in through:
            found[*(None,) * length, part] += number
    return found


def _all_stayed(ways: Mapping[Way, int], there: Mapping[Part, int]) -> dict[Way, int]:
    """What `_went_on` comes to, in its order, where nobody came or went: a release is mostly judged beside one of the
    very same people."""
    in_a_part = [way for way in ways if way[-1] in there]
    in_a_part.sort(key=lambda way: (-len(way[-1] or ()), -ways[way]))
    return {
        (*way, way[-1]): ways[way] for way in [*in_a_part, *(way for way in ways if way[-1] not in there)]
    }


def _by_unit(shown: Sequence[Sum]) -> dict[Unit, list[tuple[int, str]]]:
    found: dict[Unit, list[tuple[int, str]]] = defaultdict(list)
    for at, (measure, units) in enumerate(shown):
        for unit in units:
            found[unit].append((at, measure))
    return found


@dataclass
class _Work:
    """One judging under way: which sums are still shown.

    Sums of the very same people are one: they are hidden together or not at all.
    """

    sums: Mapping[Hashable, Sum]
    people: People
    day: date
    earlier: Sequence[Release]
    dear: frozenset[Hashable]
    aside: frozenset[Hashable]
    always: frozenset[Hashable]
    at_least: int
    guessed: bool
    people_of: dict[Hashable, int] = field(init=False)
    place: dict[Hashable, int] = field(init=False)
    shown: set[Hashable] = field(init=False)
    groups: dict["Group", list[_Stream]] = field(init=False)
    keys: list[Hashable] = field(init=False)

    def __post_init__(self) -> None:
        self.people_of = {key: self._number(*self.sums[key]) for key in self.sums}
        self.keys = list(self.sums)
        self.place = {key: n for n, key in enumerate(self.keys)}
        # A small count is hidden whatever earlier releases say of it.
        self.shown = {
            key
            for key in self.keys
            if self.counted_in(key) and (self.people_of[key] >= self.at_least or key in self.always)
        }
        everything = Release(day=self.day, people=self.people, shown=tuple(self.sums.values()))
        sea = _Sea([*self.earlier, everything])
        newest = len(self.earlier)
        self.groups = {}
        for where, streams in sea.alike().items():
            now = frozenset(at for n, at in where if n == newest)
            then = frozenset(w for w in where if w[0] != newest)
            self.groups[now, then] = streams

    def counted_in(self, key: Hashable) -> bool:
        measure, units = self.sums[key]
        return any(measure in part for unit in units for part in self.people.get(unit, ()))

    def _number(self, measure: str, units: Iterable[Unit]) -> int:
        return sum(n for unit in units for part, n in self.people.get(unit, {}).items() if measure in part)

    def next_move(self) -> set[Hashable]:
        """The sums to hide next; none when nothing is given away that was not before.

        As many at a time as have nothing to do with each other.
        """
        joined: dict[Group, list[_Stream]] = defaultdict(list)
        still = {self.place[key] for key in self.shown}
        for (now, then), streams in self.groups.items():
            joined[now & still, then].extend(streams)
        self.groups = dict(joined)
        found = _Elimination(self.groups, self.at_least, self.guessed)
        moves: set[Hashable] = set()
        touched: set[Hashable] = set()
        for sums, _ in found.worked_out:
            fine = self._of(sums)
            if fine and fine.isdisjoint(touched):
                moves.add(min(fine, key=self._cost))
                touched |= fine
        if not moves:
            for now in found.tight:
                if fine := self._of(now):
                    return {min(fine, key=self._cost)}
        return moves

    def _of(self, sums: Iterable[Any]) -> set[Hashable]:
        """Those of the new release that are still shown and may be hidden."""
        return {self.keys[n] for n in sums if isinstance(n, int)} & self.shown - self.always

    def _cost(self, key: Hashable) -> tuple[bool, bool, int, int]:
        """A dear sum costs most; what is only made use of least; then the fewest people."""
        return key in self.dear, key not in self.aside, self.people_of[key], self.place[key]


Group = tuple[frozenset[int], frozenset[tuple[int, int]]]
"""(the sums of the new release that its streams stand in, those of the releases before). Both by their
numbers, so that elimination goes the same way in every process: what a draft showed is what is published."""

PRIME = 2**61 - 1
"""Elimination is done in whole numbers modulo this one; what comes of it is made sure of in whole numbers."""


class _Elimination:
    """What can be worked out of shown sums about small groups of streams, by adding and subtracting.

    `worked_out`: of each such result the sums that it needs (a new release's by their number, an earlier
    one's by release and number), how many times each, and the small groups that it tells of; only what the
    earlier sums do not tell alone, where there are sums of a new release. `tight`: sums of small groups in
    which one more person could not be made up for in whole people.
    """

    def __init__(self, groups: Mapping[Group, list[_Stream]], at_least: int, guessed: bool = True) -> None:
        self.at_least, self.guessed = at_least, guessed
        self.groups = list(groups)
        self.number = [sum(s.number for s in groups[g]) for g in self.groups]
        self.spare = [
            n - len({s.unit for s in groups[g] if s.number})
            for g, n in zip(self.groups, self.number, strict=True)
        ]
        self.small = {
            n
            for n, g in enumerate(self.groups)
            if (g[0] or g[1]) and (self.number[n] < at_least or self.spare[n] < 1)
        }
        self.worked_out: list[tuple[dict[Any, int], list[Group]]] = []
        self.tight: list[frozenset[int]] = []
        self.before: set[Group] = set()
        if self.small:
            self._eliminate()

    def _eliminate(self) -> None:
        members: dict[Any, list[int]] = defaultdict(list)
        for n, (now, then) in enumerate(self.groups):
            for key in (*then, *now):
                members[key].append(n)
        new = {key for now, _ in self.groups for key in now}
        sums = sorted(members, key=lambda key: (key in new, -len(members[key]), key))
        pivots: dict[int, dict[Any, int]] = {}
        for at, key in enumerate(sums):
            row: dict[Any, int] = dict.fromkeys(members[key], 1) | {("sum", at): 1}
            for n in [n for n in row if n in pivots]:
                if n in row:
                    _take(row, pivots[n], row[n])
            pivot = self._pivot(row)
            if pivot is None:
                continue
            inverse = pow(row[pivot], -1, PRIME)
            row = {n: v * inverse % PRIME for n, v in row.items()}
            for other in pivots.values():
                if pivot in other:
                    _take(other, row, other[pivot])
            pivots[pivot] = row
        self._judge([row for pivot, row in pivots.items() if pivot in self.small], sums, new)
        known = {g for _, told in self.worked_out for g in told}
        for n in self.small if self.guessed else ():
            if self.groups[n] not in known and not self._could_be_more(n, pivots):
                self.tight.append(self.groups[n][0] or self._beside(n, pivots))

    def _judge(self, results: Sequence[Mapping[Any, int]], sums: Sequence[Any], new: Collection[int]) -> None:
        """Results about small groups alone: fine where they add groups that hold enough people together.

        What takes one group from another is no count of anybody, but too near to one to be let out; where
        earlier releases did, it must not become one with a result of the new release.
        """
        known: list[Mapping[Any, int]] = []
        fresh = frozenset(new)
        for row in results:
            needs = {sums[n[1]]: _signed(v) for n, v in row.items() if isinstance(n, tuple)}
            counted, enough = self._count(row)
            if enough:
                continue
            told = [self.groups[n] for n in row if isinstance(n, int)]
            if needs.keys() & fresh or not fresh and counted:
                self.worked_out.append((needs, told))
            elif fresh:
                self.before.update(told)
                known.append(row)
        for before in known:
            for row in results:
                both = dict(before)
                _take(both, row, PRIME - 1)
                counted, enough = self._count(both)
                needs = {sums[n[1]]: _signed(v) for n, v in both.items() if isinstance(n, tuple)}
                if row is not before and counted and not enough and needs.keys() & fresh:
                    self.worked_out.append((needs, [self.groups[n] for n in both if isinstance(n, int)]))

    def _count(self, row: Mapping[Any, int]) -> tuple[bool, bool]:
        """(whether a result counts the people of some groups, whether they are so many that it may be
        known)."""
        told = [n for n in row if isinstance(n, int)]
        counted = all(row[n] == 1 for n in told)
        people, spare = sum(self.number[n] for n in told), sum(self.spare[n] for n in told)
        return counted, counted and people >= self.at_least and spare >= 1

    def _pivot(self, row: dict[Any, int]) -> int | None:
        """The largest of the large groups of a row, else one of the small."""
        there = [n for n in row if isinstance(n, int)]
        large = [n for n in there if n not in self.small]
        return max(large or there, key=lambda n: self.spare[n], default=None)

    def _could_be_more(self, small: int, pivots: Mapping[int, Mapping[Any, int]]) -> bool:
        """Whether a small group could hold any number under the threshold, or a person more or less where it holds
        more, made up for in whole people of other groups."""
        if self.groups[small] in self.before:
            return True  # is known already, by earlier releases alone
        number = self.number[small]
        changes = (
            [n - number for n in range(self.at_least) if n != number] if number < self.at_least else [1, -1]
        )
        if small not in pivots:
            goes = [self._goes(small, by, pivots) for by in changes]
        else:
            free = [n for n in pivots[small] if isinstance(n, int) and n != small]
            goes = [any(self._goes(n, sign * by, pivots) for n in free for sign in (1, -1)) for by in changes]
        return all(goes) if number < self.at_least else any(goes)

    def _goes(self, free: int, by: int, pivots: Mapping[int, Mapping[Any, int]]) -> bool:
        changes = {free: by} | {n: _signed(-by * row[free]) for n, row in pivots.items() if free in row}
        return all(
            abs(change) <= MOST and -change <= (self.number if n in self.small else self.spare)[n]
            for n, change in changes.items()
        )

    def _beside(self, small: int, pivots: Mapping[int, Mapping[Any, int]]) -> frozenset[int]:
        return frozenset(key for n, row in pivots.items() if small in row for key in self.groups[n][0])


MOST = 1_000
"""A larger number that elimination comes to is no whole one."""


def _take(row: dict[Any, int], away: Mapping[Any, int], times: int) -> None:
    """Take some times another row from a row."""
    for n, v in away.items():
        if left := (row.get(n, 0) - times * v) % PRIME:
            row[n] = left
        else:
            row.pop(n, None)


def _signed(value: int) -> int:
    value %= PRIME
    return value if value <= PRIME // 2 else value - PRIME
