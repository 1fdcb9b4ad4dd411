"""A reader who sets all that was ever published against each other, to work out how many a few people were.

Shares no code with what hides. It reads every figure of people in the reports' files, knows school by school
(the feed says so, of any day) where somebody was counted and when something changed, knows the rules by which
schools count as seen, and asks a solver of whole numbers for two worlds that fit all of it. Where there are
no two, the number is known.
"""

from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import combinations
from random import Random
from typing import Any

import highspy

from outreach.coverage.standings import Standing
from outreach.ground.school_year import STAFF

LEAST = 5
MORE = 40
"""So many more than there truly are a world may have, of each number."""

OF_BODIES: dict[str, Callable[[Standing], str]] = {
    "All bodies": lambda _: "",
    "Kinds of bodies": lambda s: s.kind_of_body,
    "Districts, bodies": lambda s: s.district_name,
    "Kinds of bodies by district": lambda s: f"{s.kind_of_body}, {s.district_name}",
}
"""The tables of bodies: whose name each counts under."""

Terms = dict[int, int]
"""{number: how often it is added}."""


@dataclass
class Seen:
    """One release as it was read: the county of its day, as far as it is public, the lines of its file, and how many
    staff came beyond the number of those who sent them, by the line that it is said of."""

    day: date
    target: Sequence[Standing]
    also: Mapping[int, int | None]
    concerns: Mapping[int, int]
    head: Sequence[str]
    lines: Sequence[Sequence[Any]]
    beyond: Mapping[str, Any]


@dataclass
class Attacker:
    releases: list[Seen]
    seed: int
    true: list[int] = field(default_factory=list)
    least: list[int] = field(default_factory=list)
    rows: list[tuple[Terms, float, float]] = field(default_factory=list)
    at: dict[Hashable, int] = field(default_factory=dict)
    whose: dict[int, Any] = field(default_factory=dict)

    def known(self, until: int | None = None) -> list[str]:
        """Every number under 5 that can be worked out, in words; 'all of it is wrong' if no world fits at
        all. Once there are `until` of them no more are looked for."""
        self._read_all()
        wanted = {name: (terms, self._sum(terms)) for name, terms in self._targets()}
        wanted = {name: (t, v) for name, (t, v) in wanted.items() if t and 0 <= v < LEAST}
        return self._solve(wanted, until)

    def confirms(self, told: Sequence[tuple[int, Collection[str], Collection[date]]]) -> list[bool]:
        """Of each (number, units, days) whether it can be worked out that so many people of these units
        ('100003.8': Year 8 of a school) were counted on one of these days, or that a count changed by so many
        between two of them."""
        self._read_all()
        wanted: dict[str, tuple[Terms, int]] = {}
        for at, (number, units, days) in enumerate(told):
            before: dict[str, list[Terms]] = {}
            for n, release in enumerate(self.releases):
                for what, terms in self._of_units(n, units) if release.day in days else ():
                    then = before.setdefault(what, [])
                    for found in (terms, *(_less(terms, other) for other in then)):
                        if found and abs(self._sum(found)) == number:
                            wanted[f"{at} {len(wanted)}"] = found, self._sum(found)
                    then.append(terms)
        known: set[int] = set()
        while wanted:
            at = next(iter(wanted)).partition(" ")[0]
            asked = {name: wanted.pop(name) for name in list(wanted) if name.partition(" ")[0] == at}
            if self._solve(asked, until=1):
                known.add(int(at))
        return [at in known for at in range(len(told))]

    def _read_all(self) -> None:
        self.releases = sorted(self.releases, key=lambda r: r.day)
        for n in range(len(self.releases)):
            self._number_all(n)
        for n, release in enumerate(self.releases):
            for line in release.lines:
                self._read(n, dict(zip(release.head, line, strict=True)))

    def _of_units(self, n: int, units: Collection[str]) -> Iterator[tuple[str, Terms]]:
        found: dict[str, Terms] = {what: {} for what in ("saw", "there", "school", "also", "concerns")}
        for unit in units:
            organisation_id, _, of = unit.partition(".")
            whats = ("saw", "there", "school") if of.isdigit() else (of,) if of else ("school", "also")
            for what in whats:
                key = (
                    (n, what, int(organisation_id))
                    if what in ("school", "also", "concerns")
                    else (n, what, int(organisation_id), int(of))
                )
                if key in self.at:
                    found[what][self.at[key]] = 1
        yield from found.items()
        years = {
            (int(organisation_id), int(y))
            for organisation_id, _, y in (u.partition(".") for u in units)
            if y.isdigit()
        }
        there = [
            (s, y) for s in self.releases[n].target for y in s.year_groups if (s.organisation_id, y) in years
        ]
        missed: Terms = {}
        for s, y in there:
            terms = self._terms(n, "missed", [s], (y,))
            missed = {i: missed.get(i, 0) + terms.get(i, 0) for i in {*missed, *terms}}
        caught = {self.at[k]: 1 for s, y in there if (k := (n, "caught", s.organisation_id, y)) in self.at}
        yield "missed", missed
        yield "caught up", caught
        yield "missed still", _less(missed, caught)
        yield "absent", _less(found["there"], found["saw"])
        yield "neither", _less(_less(found["there"], found["saw"]), missed)
        yield "school and not seen", _less(found["school"], found["saw"])

    # --- what is unknown

    def _number_all(self, n: int) -> None:
        """The unknown numbers of a release, each the one of the release before where it did not change
        since."""
        release = self.releases[n]
        for s in release.target:
            for y in s.year_groups:
                saw, there = s.seen_by_year.get(y), s.pupils_by_year.get(y)
                if saw is not None:
                    self._number(
                        n, ("saw", s.organisation_id, y), saw, least=min(saw, s.year_groups[y] == "seen")
                    )
                if there is not None:
                    self._number(n, ("there", s.organisation_id, y), there, least=1)
                if y in s.absent_by_year:
                    self._number_away(n, s, y)
                if saw is not None and there is not None:
                    a, b = self.at[n, "saw", s.organisation_id, y], self.at[n, "there", s.organisation_id, y]
                    if saw <= there:
                        self.rows.append(({b: 1, a: -1}, 0, highspy.kHighsInf))
                    elif y == STAFF:
                        self.rows.append(({a: 1, b: -1}, 1, highspy.kHighsInf))
                    if s.year_groups[y] == "seen" and 2 * saw >= there:
                        self.rows.append(({a: 2, b: -1}, 0, highspy.kHighsInf))
                    if s.year_groups[y] == "part seen" and 2 * saw < there:
                        self.rows.append(({a: 2, b: -1}, -highspy.kHighsInf, -1))
            if s.target_pupils is not None:
                self._number(n, ("school", s.organisation_id), s.target_pupils, least=1)
                whole = self.at[n, "school", s.organisation_id]
                there = self._terms(n, "there", [s])
                if self._sum(there) >= s.target_pupils:
                    self.rows.append((_less(there, {whole: 1}), 0, highspy.kHighsInf))
                if self._beyond(n, [s]):
                    self.rows.append((_less(there, {whole: 1}), 0, 0))
                if s.seen_pupils <= s.target_pupils:
                    self.rows.append((_less({whole: 1}, self._terms(n, "saw", [s])), 0, highspy.kHighsInf))
            if s.organisation_id in release.concerns:
                self._number(n, ("concerns", s.organisation_id), release.concerns[s.organisation_id], least=0)
        for organisation_id, pupils in release.also.items():
            if pupils is None:
                continue
            self._number(n, ("also", organisation_id), pupils, least=0)
            for before in reversed(range(n)):
                was = {i: 1 for k, i in self.at.items() if k[:3] == (before, "saw", organisation_id)}  # type: ignore[index]
                if was:
                    if self._sum(was) == pupils:
                        self.rows.append((_less(was, {self.at[n, "also", organisation_id]: 1}), 0, 0))
                    break

    def _number_away(self, n: int, s: Standing, y: int) -> None:
        """Who was absent and caught up. The reader knows where it follows from the number of pupils, where the school
        said it, and where somebody caught up."""
        absent, caught_up = s.absent_by_year[y], s.caught_up_by_year.get(y, 0)
        if y not in s.absent_worked_out:
            self._number(n, ("missed", s.organisation_id, y), absent, least=0)
        if caught_up:
            self._number(n, ("caught", s.organisation_id, y), caught_up, least=0)
            rest = _less(self._terms(n, "missed", [s], (y,)), self._terms(n, "caught", [s], (y,)))
            self.rows.append((rest, 0, highspy.kHighsInf))

    def _number(self, n: int, what: tuple[Any, ...], true: int, *, least: int) -> None:
        before = self.at.get((n - 1, *what))
        if before is not None and self.true[before] == true:
            self.at[n, *what] = before
            self.least[before] = max(self.least[before], least)
            return
        self.at[n, *what] = len(self.true)
        self.whose[len(self.true)] = what
        self.true.append(true)
        self.least.append(least)
        if before is not None and what[0] == "saw" and true > self.true[before]:
            self.rows.append(({self.at[n, *what]: 1, before: -1}, 0, highspy.kHighsInf))

    def _terms(
        self, n: int, what: str, schools: Iterable[Standing], years: Iterable[int] | None = None
    ) -> Terms:
        found: Terms = {}
        for s in schools:
            if what == "missed":
                for y in s.absent_by_year:
                    beyond = s.seen_by_year.get(y, 0) > (s.pupils_by_year.get(y) or 0)
                    if beyond and y in s.absent_worked_out:
                        continue  # more came than there are: nobody is absent, as everybody sees
                    if years is None or y in years:
                        terms: Terms = (
                            _less(self._terms(n, "there", [s], (y,)), self._terms(n, "saw", [s], (y,)))
                            if y in s.absent_worked_out
                            else {self.at[n, what, s.organisation_id, y]: 1}
                        )
                        found = {i: found.get(i, 0) + terms.get(i, 0) for i in {*found, *terms}}
                continue
            keys = (
                [(n, what, s.organisation_id)]
                if what in ("school", "concerns")
                else [(n, what, s.organisation_id, y) for y in s.year_groups if years is None or y in years]
            )
            for key in keys:
                if key in self.at:
                    found[self.at[key]] = found.get(self.at[key], 0) + 1
        return found

    def _beyond(self, n: int, schools: Iterable[Standing]) -> Terms:
        """Staff beyond the number of their organisation; where there are any, everybody sees."""
        found: Terms = {}
        for s in schools:
            if STAFF in s.year_groups and s.seen_pupils > (s.target_pupils or 0):
                found |= _less(self._terms(n, "saw", [s]), self._terms(n, "there", [s]))
        return found

    def _sum(self, terms: Terms) -> int:
        return sum(self.true[i] * c for i, c in terms.items())

    # --- what is read

    def _read(self, n: int, line: dict[str, Any]) -> None:
        if line["Table"] in ("Towns", "Urban and rural"):
            people = (
                "Pupils seen",
                "Target pupils where known",
                "Pupils seen % where known",
                "Concerns raised",
                "Absent",
                "Caught up",
            )
            assert {line[name] for name in people} == {""}, (
                "outside the coordinators a place shows schools alone"
            )
            return
        schools, years = self._who(n, line["Table"], line["Name"])
        known = [s for s in schools if s.target_pupils is not None]
        saw = self._terms(n, "saw", schools, years)
        there = (
            self._terms(n, "school", schools) if years is None else self._terms(n, "there", schools, years)
        )
        of_known = self._terms(n, "saw", known, years)
        if years is not None:
            of_known = self._terms(
                n, "saw", [s for s in schools if s.pupils_by_year.get(*years) is not None], years
            )
        self._shown(line["Pupils seen"], saw)
        self._shown(line["Target pupils where known"], there)
        self._shown(line["Absent"], self._terms(n, "missed", schools))
        self._shown(line["Caught up"], self._terms(n, "caught", schools))
        beyond = self._beyond(n, known)
        self._shown(self.releases[n].beyond.get(line["Table"]), beyond)
        of_known = _less(of_known, beyond)
        if line["Pupils seen % where known"] != "":
            self.rows.append((of_known, self._sum(of_known), self._sum(of_known)))
        if line["Concerns raised"] not in ("", None):
            self._shown(line["Concerns raised"], self._terms(n, "concerns", schools))

    def _shown(self, said: Any, terms: Terms) -> None:
        if isinstance(said, int) and terms:
            assert said == self._sum(terms)
            assert said >= LEAST, "a small number was shown outright"
            self.rows.append((terms, said, said))

    def _who(self, n: int, table: str, name: str) -> tuple[list[Standing], tuple[int, ...] | None]:
        if table in OF_BODIES:
            bodies = [s for s in self.releases[n].target if s.is_body]
            return [s for s in bodies if OF_BODIES[table](s) in (name, "")], None
        target = [s for s in self.releases[n].target if not s.is_body]
        if table == "Year groups":
            y = int(name.removeprefix("Year "))
            return [s for s in target if y in s.year_groups], (y,)
        of = {"Districts": "district_name", "Phases": "phase", "Types of school": "type"}
        return [s for s in target if table == "All" or getattr(s, of[table]) == name], None

    # --- what is looked for

    def _targets(self) -> Iterator[tuple[str, Terms]]:
        last: dict[tuple[str, str], Terms] = {}
        for n, release in enumerate(self.releases):
            for name, schools, years in self._groups(release.target):
                for what, terms in self._measures(n, schools, years):
                    yield f"{release.day} {name}: {what}", terms
                    before = last.get((name, what))
                    if before is not None and what not in ("absent", "missed", "missed still"):
                        change = _less(terms, before)
                        grew = self._sum(change)
                        if grew and self._one_way(change):
                            yield (
                                f"{name}: {what} more on {release.day}",
                                _times(change, 1 if grew > 0 else -1),
                            )
                    last[name, what] = terms
            yield f"{release.day} concerns", self._terms(n, "concerns", release.target)
            yield f"{release.day} also", {i: 1 for k, i in self.at.items() if k[:2] == (n, "also")}  # type: ignore[index]

    def _one_way(self, change: Terms) -> bool:
        """Whether all that changed went one way: 32 less here and 31 more there is 1 less of nobody."""
        moved: dict[Any, int] = {}
        for i, c in change.items():
            moved[self.whose[i]] = moved.get(self.whose[i], 0) + c * self.true[i]
        return min(moved.values()) >= 0 or max(moved.values()) <= 0

    def _measures(
        self, n: int, schools: Sequence[Standing], years: tuple[int, ...] | None
    ) -> Iterator[tuple[str, Terms]]:
        saw, there = self._terms(n, "saw", schools, years), self._terms(n, "there", schools, years)
        yield "seen", saw
        yield "there", there
        missed, caught = self._terms(n, "missed", schools, years), self._terms(n, "caught", schools, years)
        yield "missed", missed
        if caught:
            yield "caught up", caught
            yield "missed still", _less(missed, caught)
        if years is None:
            yield "school", self._terms(n, "school", schools)
        counted = [
            (s, y)
            for s in schools
            for y in s.year_groups
            if (years is None or y in years) and s.pupils_by_year.get(y) is not None
        ]
        if all(s.seen_by_year.get(y, 0) <= (s.pupils_by_year[y] or 0) for s, y in counted):
            keys = [(n, "saw", s.organisation_id, y) for s, y in counted]
            known = {self.at[key]: 1 for key in keys if key in self.at}
            yield "absent", _less(there, known)

    def _groups(
        self, target: Sequence[Standing]
    ) -> Iterator[tuple[str, list[Standing], tuple[int, ...] | None]]:
        cells: dict[str, set[int]] = {"all": {s.organisation_id for s in target}}
        for s in target:
            cells.setdefault("bodies" if s.is_body else "schools", set()).add(s.organisation_id)
            for of in ("district_name", "phase", "type"):
                cells.setdefault(f"{of} {getattr(s, of)}", set()).add(s.organisation_id)
        sets = dict(cells)
        for (a, x), (b, z) in combinations(cells.items(), 2):
            sets[f"{a} and {b}"], sets[f"{a} not {b}"], sets[f"{b} not {a}"] = x & z, x - z, z - x
        sets |= {f"school {s.organisation_id}": {s.organisation_id} for s in target}
        for name, organisation_ids in sets.items():
            schools = [s for s in target if s.organisation_id in organisation_ids]
            if schools:
                yield name, schools, None
                for y in sorted({y for s in target for y in s.year_groups}):
                    yield f"{name}, Year {y}", schools, (y,)

    # --- worlds

    def _solve(self, wanted: dict[str, tuple[Terms, int]], until: int | None = None) -> list[str]:
        """Those that are the same in every world; once there are `until` of them no more are looked for."""
        h = highspy.Highs()
        h.setOptionValue("threads", 1)  # as the planner asks: HiGHS has one pool of threads for the process
        h.setOptionValue("output_flag", False)
        for true, least in zip(self.true, self.least, strict=True):
            h.addVar(least, true + MORE)
        h.changeColsIntegrality(
            len(self.true), list(range(len(self.true))), [highspy.HighsVarType.kInteger] * len(self.true)
        )
        for terms, low, high in self.rows:
            assert low - 1e-9 <= self._sum(terms) <= high + 1e-9, "the reader believes what is not so"
            h.addRow(low, high, len(terms), list(terms), list(terms.values()))
        r = Random(self.seed)
        for _ in range(4):
            self._drop(wanted, self._world(h, {i: r.choice((-1, 0, 1)) for i in range(len(self.true))}))
        found = []
        while wanted and len(found) != until:
            name, (terms, true) = next(iter(wanted.items()))
            for sign in (1, -1):
                self._drop(wanted, self._world(h, _times(terms, sign)))
                if name not in wanted:
                    break
            else:
                found.append(f"{name}: {true}")
                del wanted[name]
        return found

    def _world(self, h: Any, most: Terms) -> list[int]:
        every = list(range(len(self.true)))
        h.changeColsCost(len(every), every, [float(-most.get(i, 0)) for i in every])
        h.run()
        assert h.getModelStatus() == highspy.HighsModelStatus.kOptimal, h.getModelStatus()
        return [round(v) for v in h.getSolution().col_value]

    def _drop(self, wanted: dict[str, tuple[Terms, int]], world: list[int]) -> None:
        for name in [n for n, (t, v) in wanted.items() if sum(world[i] * c for i, c in t.items()) != v]:
            del wanted[name]


def _less(a: Terms, b: Terms) -> Terms:
    found = dict(a)
    for i, c in b.items():
        found[i] = found.get(i, 0) - c
    return {i: c for i, c in found.items() if c}


def _times(terms: Terms, by: int) -> Terms:
    return {i: c * by for i, c in terms.items()}
