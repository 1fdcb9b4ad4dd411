"""Content of a report to the board, as plain data that can be kept for ever: figures, definitions, what is
estimated. Pure.

Schools and bodies are counted in the open; every number of people has gone through suppression.py. Shapes:

- a number of people is {"status": "shown", "number": 184}, or 'hidden' or 'unknown' with number None;
- `whole`, `tables`, `places` and `causes` count schools; `bodies`, where a programme asks any, holds the same of bodies
  (None where it asks none): `whole`, `tables` by kind and by district, `cells` by kind and district, `causes`. In its
  rows too `schools` is how many there are;
- `side_by_side` are the halves of the year's programmes (side_by_side.py), [] where there is one alone;
- a row is one district, phase or type: `schools`, `standings` ({standing: schools}, all nine), `gaps`,
  `share`
  (schools seen, whole percent, 0 and 100 only where exact, or None), the numbers of people, and `pupil_share`
  (None
  where it cannot be said); `share_said` and `pupil_share_said` are the same in words ('over 99%'), '' for
  None.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any, NamedTuple

from outreach.coverage import figures, gaps
from outreach.coverage.standings import NINE, AlsoSeen, Reckoning, Standing, Word, beyond_staff
from outreach.ground import audience, suppression
from outreach.ground.audience import OF_STAFF
from outreach.ground.school_year import STAFF, YEAR_GROUPS, year_group_name, year_groups_name, year_name
from outreach.ground.suppression import SHOWN, Count, GivenAway, Part, Release, Sum
from outreach.ground.wording import and_list, count, day_short, percent, percent_said

VERSION = 6
"""1 had concerns by district, and each measure judged by itself; 2 said nothing of who was absent; 3 nothing of bodies,
and of no programme beside its own; 4 had staff beyond the number of their organisation in its shares; 5 called results
of outcomes fair or strong, and compared schools as they were drawn by lot."""

SEEN, TARGET, BY_YEAR, CONCERNS, ALSO = "seen", "target", "target by year", "concerns", "also seen"
KNOWN, KNOWN_BY_YEAR = "seen where the number is known", "seen where the year group’s number is known"
ABSENT, CAUGHT_UP, BEYOND = "absent", "caught up", "beyond staff"
"""What is counted in people. All but the concerns are measures of the same people, and judged as one: see
suppression.py, which says how a further one is added. Who was absent, caught up, and came beyond the staff that an
organisation has, is said of the whole alone.
The two of known numbers are not read: shares of pupils are made of them."""

_WHOLE = ("all", "")
_ALL_BODIES = ("all bodies", "")

STATES = (Word.SEEN, Word.PART_SEEN, Word.TO_CONFIRM, Word.BOOKED, "open")

Content = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """A report before anybody has published it: what it says, and the true counts for judging later ones.

    `given_away`: what the reports before it give away by themselves, for the coordinators.
    """

    content: Content
    release: Release
    given_away: list[GivenAway]


_KEYS: dict[str, tuple[str, Callable[[Standing], tuple[str, str]]]] = {
    "district": ("Districts", lambda s: (s.district_code, s.district_name)),
    "phase": ("Phases", lambda s: (s.phase, s.phase)),
    "type": ("Types of school", lambda s: (s.type, s.type)),
}
"""The tables: how schools are put together, by (key, name)."""

_KEYS_OF_BODIES: dict[str, tuple[str, Callable[[Standing], tuple[str, str]]]] = {
    "kind": ("Kinds of bodies", lambda s: (s.kind_of_body, s.kind_of_body)),
    "bodies by district": ("Districts, bodies", lambda s: (s.district_code, s.district_name)),
}
_CELLS = "kind and district"
"""Bodies of one kind in one district: few, so that most of what is hidden is hidden there."""


def draw(
    reckoning: Reckoning,
    concerns: Mapping[int, int],
    *,
    county: str,
    partnership: str,
    earlier: Sequence[Release] = (),
) -> Drawn:
    """The report of a reckoning. `earlier`: the releases of every report of the programme that was published
    before, in that order, whatever their days. Raises suppression.GivesAway.
    """
    adults = reckoning.programme.for_adults
    schools = [s for s in reckoning.target if not s.is_body]
    bodies = [s for s in reckoning.target if s.is_body]
    groups = {table: _grouped(schools, of) for table, (_, of) in _KEYS.items()}
    of_bodies = _groups_of_bodies(bodies)
    sums = _sums(reckoning, schools, groups) | _sums_of_bodies(bodies, of_bodies)
    everybody = _everybody(reckoning, concerns, earlier)
    judged = suppression.hide(
        sums,
        everybody,
        day=reckoning.as_of,
        earlier=[*earlier, *_between([*earlier, Release(day=reckoning.as_of, people=everybody, shown=())])],
        dear=[
            key
            for key in sums
            if key[1:] in (_WHOLE, _ALL_BODIES) and key[0] not in (KNOWN, ABSENT, CAUGHT_UP, BEYOND)
        ],
        aside=[key for key in sums if key[0] in (KNOWN, KNOWN_BY_YEAR)],
    )
    people = _People(judged.sums)
    found = figures.figures_of_target(schools, county=county)
    tables = [_table(table, title, groups[table], people) for table, (title, _) in _KEYS.items()]
    whole = _row(*_WHOLE, county, schools, people) | {
        "absent": said(people.count_of(ABSENT, *_WHOLE)),
        "caught_up": said(people.count_of(CAUGHT_UP, *_WHOLE)),
        "beyond_staff": said(people.count_of(BEYOND, *_WHOLE)),
    }
    spread = figures.spread(found.districts)
    content = {
        "version": VERSION,
        "title": reckoning.programme.title,
        "academic_year": year_name(reckoning.programme.academic_year),
        "for_adults": adults,
        "staff_counted": adults,
        "year_groups": [] if adults else list(reckoning.year_groups),
        "whom": reckoning.whom,
        "target_rule": reckoning.adults.rule
        if adults
        else f"Every open school of the partnership’s authorities that offers {reckoning.whom}: state-funded, "
        "independent, special and alternative provision alike.",
        "county": county,
        "partnership": partnership,
        "as_of": reckoning.as_of.isoformat(),
        "target_as_of": reckoning.day.isoformat(),
        "whole": whole,
        "tables": tables,
        "places": _places(schools),
        "bodies": _bodies(bodies, of_bodies, people, county) if bodies else None,
        "side_by_side": [],
        "years": [] if adults else [_year(y, schools, people) for y in reckoning.year_groups],
        "causes": [
            {"key": cause, "words": gaps.title(gaps.named(cause, for_adults=adults)), "schools": n}
            for cause, n in found.causes
        ],
        "spread": None
        if spread is None
        else {
            "points": spread.points,
            "best": spread.best.name,
            "best_share": spread.best.share,
            "behind": spread.behind.name,
            "behind_share": spread.behind.share,
            "behind_said": spread.behind.share_said,
        },
        "excluded": len(reckoning.excluded),
        "also_seen": {
            "schools": len(reckoning.also_seen),
            "pupils": said(people.count_of(ALSO, *_WHOLE)),
        },
        "ages_unknown": found.ages_unknown,
        "shared_out": sum(s.seen_estimated for s in schools),
    }
    content["absent_said"] = absent_said(whole)
    content["beyond_said"] = beyond_said(content)
    content["lead"] = _lead(content)
    content["definitions"] = definitions(content)
    return Drawn(content=content, release=judged.release, given_away=judged.given_away)


def people_seen(content: Content) -> int | None:
    """How many people it says saw it, or were trained, at schools and at bodies; None where it does not say."""
    halves = [content["whole"], *([content["bodies"]["whole"]] if content["bodies"] else [])]
    counts = [half["pupils_seen"] for half in halves]
    said = [count["number"] for count in counts if count["status"] == SHOWN]
    return None if len(said) < len(counts) else sum(said)


def pupils_said(content: Content) -> list[str]:
    """Districts of which it says how many pupils saw it, of how many."""
    names = ("pupils_seen", "target_pupils")
    return [
        row["key"]
        for row in content["tables"][0]["rows"]
        if row["key"] and all(row[name]["status"] == suppression.SHOWN for name in names)
    ]


def absent_said(whole: Content) -> str:
    """Who was absent, as far as it may be said; '' where nobody knows."""
    absent, caught_up = whole["absent"], whole["caught_up"]
    if absent["status"] == suppression.UNKNOWN:
        return ""
    if absent["status"] != SHOWN:
        return "How many were absent from year groups that have seen it is hidden."
    said_of = f"{count(absent['number'], 'pupil')} of year groups that have seen it were absent"
    if caught_up["status"] == suppression.UNKNOWN:
        return f"{said_of}."
    if caught_up["status"] != SHOWN:
        return f"{said_of}; how many of them caught up is hidden."
    return f"{said_of}; {caught_up['number']:,} of them caught up by a lesson or film."


def beyond_said(content: Content) -> list[str]:
    """Of schools and of bodies, how many staff came beyond the number of those who sent them, as far as it may be
    said; nothing where none did."""
    halves = {"schools": content["whole"], "bodies": (content["bodies"] or {}).get("whole")}
    lines = []
    for who, half in halves.items():
        beyond = half["beyond_staff"] if half else said(suppression.NOBODY_COUNTED)
        if beyond["status"] == SHOWN:
            lines.append(
                f"{beyond['number']:,} of the staff trained of {who} came beyond the number of those who sent them: "
                f"counted, and in no share."
            )
        elif beyond["status"] == suppression.HIDDEN:
            lines.append(
                f"Some staff of {who} came beyond the number of those who sent them: counted, and in no share. How "
                f"many is hidden."
            )
    return lines


def _table(
    table: str, title: str, groups: Mapping[tuple[str, str], list[Standing]], people: "_People"
) -> Content:
    rows = [_row(table, key, name, standings, people) for (key, name), standings in _ordered(table, groups)]
    return {"key": table, "title": title, "rows": rows}


def _bodies(
    bodies: list[Standing],
    groups: Mapping[str, Mapping[tuple[str, str], list[Standing]]],
    people: "_People",
    county: str,
) -> Content:
    """The half of a report that counts bodies."""
    causes = figures.figures_of_target(bodies, county=county).causes
    tables = [_table(table, title, groups[table], people) for table, (title, _) in _KEYS_OF_BODIES.items()]
    kinds, districts = ([row["key"] for row in table["rows"]] for table in tables)
    cells = _table(_CELLS, "Kinds of bodies by district", groups[_CELLS], people)
    cells["rows"].sort(
        key=lambda row: [list.index(at, row[k]) for at, k in ((kinds, "kind"), (districts, "district"))]
    )
    return {
        "whole": _row(*_ALL_BODIES, county, bodies, people)
        | {"beyond_staff": said(people.count_of(BEYOND, *_ALL_BODIES))},
        "tables": tables,
        "cells": cells,
        "causes": [
            {"key": cause, "words": gaps.title(gaps.named(cause, for_adults=True)), "schools": n}
            for cause, n in causes
        ],
    }


def _groups_of_bodies(bodies: list[Standing]) -> dict[str, dict[tuple[str, str], list[Standing]]]:
    groups = {table: _grouped(bodies, of) for table, (_, of) in _KEYS_OF_BODIES.items()}
    return groups | {
        _CELLS: _grouped(
            bodies,
            lambda s: (cell(s.kind_of_body, s.district_code), f"{s.kind_of_body}, {s.district_name}"),
        )
    }


def cell(kind: str, district: str) -> str:
    """The key of the bodies of one kind in one district."""
    return f"{kind}|{district}"


def _sums_of_bodies(
    bodies: list[Standing], groups: Mapping[str, Mapping[tuple[str, str], list[Standing]]]
) -> dict[Any, Sum]:
    """What every number of people of bodies is the sum of."""
    places = [(_ALL_BODIES, bodies)] if bodies else []
    places += [((table, key), there) for table, found in groups.items() for (key, _), there in found.items()]
    return {
        (measure, *place): (measure, units)
        for place, there in places
        for units in [frozenset(u for s in there for u in units_of(s.organisation_id, s.year_groups))]
        for measure in (SEEN, KNOWN, TARGET, *((BEYOND,) if place == _ALL_BODIES else ()))
    }


def _places(schools: list[Standing]) -> list[Content]:
    """By town, and by urban and rural: schools only, never pupils, so that nothing of them has to be
    hidden."""
    titles = {figures.TOWN: "Towns", figures.URBAN_RURAL: "Urban and rural"}
    return [
        {"key": by, "title": title, "rows": [_place(t) for t in figures.by(schools, by)]}
        for by, title in titles.items()
    ]


def _place(totals: figures.Totals) -> Content:
    return {
        "key": totals.key,
        "name": totals.name,
        "schools": totals.organisations,
        "standings": {str(word): totals.by[word] for word in NINE},
        "gaps": totals.gaps,
        "share": totals.share,
        "share_said": totals.share_said,
    }


def said(number: Count) -> dict[str, Any]:
    return {"status": number.status, "number": number.number}


@dataclass(frozen=True)
class _People:
    """The numbers of people as they may be seen, by measure and place."""

    sums: Mapping[Any, Count]

    def count_of(self, measure: str, *place: Any) -> Count:
        return self.sums.get((measure, *place), suppression.NOBODY_COUNTED)

    def seen(self, *place: Any, none: bool, measure: str = SEEN) -> Count:
        """Pupils seen; `none`: no school there has seen any of it, so that everybody knows it to be 0."""
        found = self.count_of(measure, *place)
        return Count(status=SHOWN, number=0) if none and found == suppression.NOBODY_COUNTED else found


def _grouped(
    standings: Iterable[Standing], of: Callable[[Standing], tuple[str, str]]
) -> dict[tuple[str, str], list[Standing]]:
    found: dict[str, tuple[str, list[Standing]]] = {}
    for s in standings:
        key, name = of(s)
        found.setdefault(key, (name, []))[1].append(s)
    return {(key, name): together for key, (name, together) in found.items()}


def _ordered(
    table: str, groups: Mapping[tuple[str, str], list[Standing]]
) -> list[tuple[tuple[str, str], list[Standing]]]:
    """Districts best first, those not known last; phases and types by size."""

    def place(item: tuple[tuple[str, str], list[Standing]]) -> tuple[Any, ...]:
        (key, name), standings = item
        seen = sum(s.standing == Word.SEEN for s in standings)
        share = percent(seen, len(standings)) or 0
        return (key == "", -share, name) if "district" in table else (-len(standings), name)

    return sorted(groups.items(), key=place)


def _sums(
    reckoning: Reckoning,
    target: list[Standing],
    groups: Mapping[str, Mapping[tuple[str, str], list[Standing]]],
) -> dict[Any, Sum]:
    """What every number of people of schools is the sum of, by (measure, table, key)."""
    places: list[tuple[tuple[str, str], list[Standing]]] = [(_WHOLE, target)]
    places += [
        ((table, key), standings) for table, found in groups.items() for (key, _), standings in found.items()
    ]
    sums: dict[Any, Sum] = {}
    for place, standings in places:
        units = frozenset(u for s in standings for u in units_of(s.organisation_id, s.year_groups))
        for measure in (SEEN, KNOWN, TARGET):
            sums[measure, *place] = measure, units
    for y in () if reckoning.programme.for_adults else reckoning.year_groups:
        offering = frozenset(unit(s.organisation_id, y) for s in target if y in s.year_groups)
        for measure in (SEEN, KNOWN_BY_YEAR, BY_YEAR):
            sums[measure, "year", y] = measure, offering
    everywhere = frozenset(u for s in target for u in units_of(s.organisation_id, s.year_groups))
    for measure in (ABSENT, CAUGHT_UP, BEYOND):
        sums[measure, *_WHOLE] = measure, everywhere
    sums[CONCERNS, *_WHOLE] = CONCERNS, frozenset(unit(s.organisation_id, CONCERNS) for s in target)
    sums[ALSO, *_WHOLE] = (
        ALSO,
        frozenset(
            u
            for s in reckoning.also_seen
            for u in units_of(s.organisation_id, (*reckoning.year_groups, *YEAR_GROUPS))
        ),
    )
    return sums


def unit(organisation_id: int, of: object = "") -> str:
    """One year group of a school, or what of the school is in none."""
    return f"{organisation_id}.{of}"


def units_of(organisation_id: int, year_groups: Iterable[int]) -> list[str]:
    """All units in which people of a school are counted."""
    return [*(unit(organisation_id, y) for y in year_groups), unit(organisation_id)]


def _everybody(
    reckoning: Reckoning, concerns: Mapping[int, int], earlier: Sequence[Release]
) -> dict[str, dict[Part, int]]:
    """How the people of every unit are made up, by the measures that they count in."""
    found: dict[str, dict[Part, int]] = {}
    for s in reckoning.target:
        away = {
            y: Away(absent, s.caught_up_by_year.get(y, 0), y in s.absent_worked_out)
            for y, absent in s.absent_by_year.items()
        }
        found |= pupils_of(
            s.organisation_id, s.year_groups, s.seen_by_year, s.pupils_by_year, s.target_pupils, away
        )
        if s.organisation_id in concerns:
            found[unit(s.organisation_id, CONCERNS)] = {frozenset((CONCERNS,)): concerns[s.organisation_id]}
    for elsewhere in reckoning.also_seen:
        if elsewhere.pupils is not None:
            found |= also_seen(elsewhere.organisation_id, elsewhere.pupils, earlier)
    return found


def _between(releases: Iterable[Release]) -> Iterator[Release]:
    """How the people were made up on a day between two releases, where a school's count and its number of pupils both
    changed: one of the two before the other, and nobody outside is told which."""
    in_order = [(release, _numbers(release)) for release in sorted(releases, key=lambda r: r.day)]
    for (one, before), (other, after) in pairwise(in_order):
        changed = [
            organisation_id
            for organisation_id in before.keys() & after.keys()
            if before[organisation_id][0] != after[organisation_id][0]
            and before[organisation_id][1:] != after[organisation_id][1:]
        ]
        if not changed:
            continue
        for counted, there, base, told in ((after, before, one, other), (before, after, other, one)):
            people = dict(base.people)
            for organisation_id in sorted(changed):
                seen, (_, pupils, target) = counted[organisation_id][0], there[organisation_id]
                for whose in units_of(organisation_id, (*YEAR_GROUPS, STAFF)):
                    people.pop(whose, None)
                people |= pupils_of(
                    organisation_id,
                    sorted({*seen, *pupils}),
                    seen,
                    pupils,
                    target,
                    _away(told, organisation_id),
                )
            yield Release(day=one.day, people=people, shown=(), after=True)


def _numbers(release: Release) -> dict[int, tuple[dict[int, int], dict[int, int], int | None]]:
    """{URN: (pupils seen by year group, pupils by year group, pupils of the target)} of a release."""
    found: dict[int, tuple[dict[int, int], dict[int, int], int | None]] = {}
    for whose, parts in release.people.items():
        organisation_id, _, of = whose.partition(".")
        if of and not of.isdigit() or not any(part & {SEEN, BY_YEAR, TARGET} for part in parts):
            continue
        seen, pupils, target = found.get(int(organisation_id), ({}, {}, None))
        for part, number in parts.items():
            if SEEN in part and of:
                seen[int(of)] = seen.get(int(of), 0) + number
            if BY_YEAR in part and of:
                pupils[int(of)] = pupils.get(int(of), 0) + number
            if TARGET in part:
                target = (target or 0) + number
        found[int(organisation_id)] = seen, pupils, target
    return found


class Away(NamedTuple):
    """How many of a year group missed it, and how many of them caught up; `worked_out`: it follows from its number and
    the count, so that nobody was neither there nor away."""

    absent: int
    caught_up: int
    worked_out: bool


NOBODY_SAID: Mapping[int, Away] = {}


def _away(release: Release, organisation_id: int) -> dict[int, Away]:
    """The same of a school's year groups, as a release has it."""
    found = {}
    for y in YEAR_GROUPS:
        parts = release.people.get(unit(organisation_id, y), {})
        if any(ABSENT in part for part in parts):
            found[y] = Away(
                sum(n for part, n in parts.items() if ABSENT in part),
                sum(n for part, n in parts.items() if CAUGHT_UP in part),
                not any(BY_YEAR in part and not part & {SEEN, ABSENT} for part in parts),
            )
    return found


def pupils_of(
    organisation_id: int,
    year_groups: Iterable[int],
    seen: Mapping[int, int],
    pupils: Mapping[int, int | None],
    target: int | None,
    away: Mapping[int, Away] = NOBODY_SAID,
) -> dict[str, dict[Part, int]]:
    """The pupils of a school of the target by unit and part: those who saw it and, where their number is
    known, those who did not.

    The numbers of the year groups may sum to more than the school's, or to less: as many count in the one
    alone.
    """
    school = {KNOWN} if target is not None else set()
    counted = {TARGET} if target is not None else set()
    rows: list[tuple[str, frozenset[str], int]] = []
    for y in year_groups:
        of_year, saw, there = unit(organisation_id, y), seen.get(y), pupils.get(y)
        both = min(saw or 0, there or 0)
        if there is None:
            rows += [(of_year, frozenset({SEEN} | school), saw)] if saw is not None else []
            rows += _missed(of_year, frozenset(), 0, away.get(y))
            continue
        if saw is not None:
            rows.append((of_year, frozenset({SEEN, KNOWN_BY_YEAR, BY_YEAR} | school | counted), both))
            if beyond_staff(y, saw, there):
                rows.append((of_year, frozenset({SEEN, BEYOND}), saw - both))
                # The share has as many as there are: who had stayed away is in it, though that was nobody.
                rows.append((of_year, frozenset({SEEN, BY_YEAR} | school | counted), 0))
            elif saw > both:
                rows.append((of_year, frozenset({SEEN, KNOWN_BY_YEAR} | school), saw - both))
        if y in away:
            rows += _missed(of_year, frozenset({BY_YEAR} | counted), there - both, away[y])
        elif saw is None or saw <= there:
            rows.append((of_year, frozenset({BY_YEAR} | counted), there - both))
    return _counted_once(unit(organisation_id), rows, target)


def _missed(
    of_year: str, rest_in: frozenset[str], rest: int, away: Away | None
) -> list[tuple[str, frozenset[str], int]]:
    """Those of a year group who did not see it, `rest` by its number: who is not said to have been absent, who was,
    and who caught up; who is said to have been absent beyond the number counts in that alone."""
    if away is None:
        return []
    absent = rest if away.worked_out else min(away.absent, rest)
    caught_up, beyond = min(away.caught_up, absent), 0 if away.worked_out else away.absent - absent
    rows = [] if away.worked_out or not rest_in else [(of_year, rest_in, rest - absent)]
    rows.append((of_year, rest_in | {ABSENT}, absent - caught_up))
    if away.caught_up:
        rows.append((of_year, rest_in | {ABSENT, CAUGHT_UP}, caught_up))
    if beyond:
        more = min(away.caught_up - caught_up, beyond)
        rows.append((of_year, frozenset({ABSENT}), beyond - more))
        rows += [(of_year, frozenset({ABSENT, CAUGHT_UP}), more)] if more else []
    return [row for row in rows if row[1]]


def _counted_once(
    apart: str, rows: list[tuple[str, frozenset[str], int]], target: int | None
) -> dict[str, dict[Part, int]]:
    """The parts of a school's units with just as many people of the target as the school has: who did not see
    it first."""
    found: dict[str, dict[Part, int]] = defaultdict(lambda: defaultdict(int))
    too_many = 0 if target is None else sum(n for _, part, n in rows if TARGET in part) - target
    for whose, part, number in sorted(rows, key=lambda row: SEEN in row[1]):
        moved = 0
        if too_many > 0 and TARGET in part:
            moved = min(number, too_many)
            too_many -= moved
        elif too_many < 0 and SEEN in part and TARGET not in part:
            moved = min(number, -too_many)
            too_many += moved
        if number > moved or not number:
            found[whose][part] += number - moved
        if moved:
            found[whose][part ^ {TARGET}] += moved
    if too_many < 0:
        found[apart][frozenset((TARGET,))] += -too_many
    return {whose: dict(parts) for whose, parts in found.items()}


def also_seen(organisation_id: int, pupils: int, earlier: Sequence[Release]) -> dict[str, dict[Part, int]]:
    """The pupils of a school outside the target, as those whom an earlier report counted inside it, as far as
    it did."""
    also, found = frozenset((ALSO,)), {}
    for release in sorted(earlier, key=lambda release: release.day, reverse=True):
        for whose in units_of(organisation_id, (*YEAR_GROUPS, STAFF)):
            was = sum(n for part, n in release.people.get(whose, {}).items() if SEEN in part)
            if was and whose not in found and pupils:
                found[whose] = {also: min(was, pupils)}
                pupils -= min(was, pupils)
    if pupils or not found:
        found[unit(organisation_id)] = {also: pupils}
    return found


def _row(table: str, key: str, name: str, standings: list[Standing], people: _People) -> Content:
    totals = figures.figures_of_target(standings, county=name).county
    none = not totals.by[Word.SEEN] and not totals.by[Word.PART_SEEN]
    seen, target = people.seen(table, key, none=none), people.count_of(TARGET, table, key)
    kind, _, district = key.partition("|") if table == _CELLS else ("", "", "")
    return ({"kind": kind, "district": district} if kind else {}) | {
        "key": key,
        "name": name,
        "schools": totals.organisations,
        "standings": {str(word): totals.by[word] for word in NINE},
        "gaps": totals.gaps,
        "share": totals.share,
        "share_said": totals.share_said,
        "pupils_seen": said(seen),
        "target_pupils": said(target),
        # Who saw it and was not counted is in no share.
        **_pupil_share(
            suppression.NOBODY_COUNTED
            if totals.uncounted_pupils
            else people.seen(table, key, none=none, measure=KNOWN),
            target,
        ),
        "evidence": dict(totals.evidence),
        "census": totals.census_said,
        "schools_with_own_number": totals.own,
        "schools_estimated": totals.estimated,
        "schools_with_number_unknown": totals.unknown,
        # Kept in every row, as programs that read it were promised; said of the whole alone.
        "concerns": said(
            people.count_of(CONCERNS, table, key) if (table, key) == _WHOLE else suppression.KEPT_BACK
        ),
    }


def _year(y: int, schools: list[Standing], people: _People) -> Content:
    """One year group: the schools that offer it by its own state there, and its pupils."""
    states = [s.year_groups[y] for s in schools if y in s.year_groups]
    none = Word.SEEN not in states and Word.PART_SEEN not in states
    seen, target = people.seen("year", y, none=none), people.count_of(BY_YEAR, "year", y)
    uncounted = any(y in s.uncounted for s in schools if s.pupils_by_year.get(y) is not None)
    return {
        "key": str(y),
        "name": year_group_name(y),
        "schools": len(states),
        "states": {str(state): states.count(state) for state in STATES},
        "share": percent(states.count(Word.SEEN), len(states)),
        "share_said": percent_said(states.count(Word.SEEN), len(states)),
        "pupils_seen": said(seen),
        "target_pupils": said(target),
        **_pupil_share(
            suppression.NOBODY_COUNTED
            if uncounted
            else people.seen("year", y, none=none, measure=KNOWN_BY_YEAR),
            target,
        ),
    }


def _pupil_share(seen: Count, target: Count) -> Content:
    """What part of the pupils saw it where their number is known; not said unless both could be shown."""
    part, whole = (0, 0) if seen.number is None else (seen.number, target.number or 0)
    return {"pupil_share": percent(part, whole), "pupil_share_said": percent_said(part, whole)}


def _lead(content: Content) -> list[str]:
    """The finding in words, before any figure."""
    whole = content["whole"]
    schools, seen, booked = whole["schools"], whole["standings"][Word.SEEN], whole["standings"][Word.BOOKED]
    on = day_short(date.fromisoformat(content["as_of"]))
    if content["bodies"] is not None:
        return _lead_of_both(content, on)
    what = f"had {audience.words(content['for_adults']).has_seen_it}"
    if not schools:
        return [f"No school of {content['county']} was in the target on {on}."]
    if seen == schools:
        return [f"All {count(schools, 'school')} of {content['county']} {what} by {on}."]
    of_schools = f"{seen:,} of {content['county']}’s {count(schools, 'school')}"
    lines = [f"{of_schools} {what} by {on}."]
    if booked:
        lines.append(f"{booked:,} more {'is' if booked == 1 else 'are'} booked.")
    spread = content["spread"]
    if spread is not None and spread["points"] > 0:
        behind = [
            r for r in content["tables"][0]["rows"] if r["key"] and r["share"] == spread["behind_share"]
        ]
        if len(behind) == 1:
            row = behind[0]
            part = f"{row['standings'][Word.SEEN]:,} of {count(row['schools'], 'school')}"
            lines.append(f"{row['name']} is furthest behind: {part}.")
        elif len(behind) <= 3:
            lines.append(
                f"{and_list(r['name'] for r in behind)} are furthest behind, at {spread['behind_said']}."
            )
    return lines


def _lead_of_both(content: Content, on: str) -> list[str]:
    """'4 of Marlshire’s 10 schools and 1 of its 2 bodies had been trained by 19 January 2027.'"""
    whole, bodies = content["whole"], content["bodies"]["whole"]
    reached = f"{bodies['standings'][Word.SEEN]:,} of {{}} {count(bodies['schools'], 'body', 'bodies')}"
    if whole["schools"]:
        of_schools = (
            f"{whole['standings'][Word.SEEN]:,} of {content['county']}’s {count(whole['schools'], 'school')}"
        )
        reached = f"{of_schools} and {reached.format('its')}"
    else:
        reached = reached.format(f"{content['county']}’s")
    booked = whole["standings"][Word.BOOKED] + bodies["standings"][Word.BOOKED]
    lines = [f"{reached} had {OF_STAFF.has_seen_it} by {on}."]
    return [*lines, f"{booked:,} more {'is' if booked == 1 else 'are'} booked."] if booked else lines


_NAMES = {
    SEEN: "pupils seen",
    TARGET: "target pupils",
    BY_YEAR: "target pupils",
    CONCERNS: "concerns raised",
    ALSO: "pupils seen outside the target",
    KNOWN: "the share of pupils",
    KNOWN_BY_YEAR: "the share of pupils",
    ABSENT: "pupils absent",
    CAUGHT_UP: "pupils who caught up",
    BEYOND: "staff beyond the number of those who sent them",
}
_NAMES_OF_STAFF = _NAMES | {
    SEEN: "staff trained",
    TARGET: "front-line staff",
    ALSO: "staff trained outside the target",
    KNOWN: "the share of staff",
}


def _name(reckoning: Reckoning, measure: str) -> str:
    return (_NAMES_OF_STAFF if reckoning.programme.for_adults else _NAMES).get(measure, measure)


def named(reckoning: Reckoning, key: Hashable) -> str:
    """A number of people by what it counts and where: 'pupils seen, Fenwold'."""
    assert isinstance(key, tuple)
    measure, table, at = key
    what = _name(reckoning, measure)
    if table == "all":
        return f"{what}, all"
    if table == _ALL_BODIES[0]:
        return f"{what}, all bodies"
    if table == "year":
        return f"{what}, {year_group_name(at)}"
    if table in (*_KEYS_OF_BODIES, _CELLS):
        return f"{what} of bodies, {_place_of_bodies(reckoning, table, at)}"
    title, of = _KEYS[table]
    names = {k: name for k, name in map(of, reckoning.target)}
    return f"{what}, {names.get(at, at) or title.lower() + ' not known'}"


def _place_of_bodies(reckoning: Reckoning, table: str, at: str) -> str:
    groups = _groups_of_bodies([s for s in reckoning.target if s.is_body])
    return next((name for key, name in groups[table] if key == at), at)


def given_away(reckoning: Reckoning, found: GivenAway) -> str:
    """What earlier reports give away, in words for the coordinators: whom, how many, and the days of the
    reports."""
    known: list[Standing | AlsoSeen] = [*reckoning.target, *reckoning.excluded, *reckoning.also_seen]
    names = {str(s.organisation_id): s.name for s in known}
    whom = []
    for of in found.units:
        organisation_id, _, y = of.partition(".")
        school = names.get(organisation_id, f"URN {organisation_id}")
        whom.append(f"{school}, {year_group_name(int(y))}" if y.isdigit() else school)
    days = and_list(day_short(d) for d in found.days)
    what = and_list(dict.fromkeys(_name(reckoning, m) for m in found.measures))
    reports = "report" if len(found.days) == 1 else "reports"
    return f"{'; '.join(dict.fromkeys(whom))}: {found.number:,} ({what}), by the {reports} as of {days}."


def definitions(content: Content) -> list[list[str]]:
    """[term, meaning] of what stands in the report, in the words that hold when it is published."""
    groups = "" if content["for_adults"] else year_groups_name(content["year_groups"])
    found = [
        [
            "Target",
            f"{content['target_rule']} Schools that were taken out with a reason are listed apart.",
        ],
        [
            "Trained" if content["for_adults"] else "Seen",
            "Staff of the school were trained at a session that took place, by what the school or the company "
            "reported, and at least half of them where their number is known."
            if content["for_adults"]
            else (
                "Every year group of the target that the school offers was at a show that took place, by "
                "what the school or the company reported, and at least half of its pupils were counted "
                "where their number is known."
            ),
        ],
        [
            "Gap",
            "A school of the target with a year group neither seen nor booked, or with a show that nobody reported."
            if not content["for_adults"]
            else "A school of the target that is neither trained nor booked, or with a session that nobody reported.",
        ],
    ]
    if not content["for_adults"]:
        found += [
            [
                "Pupils",
                (
                    f"Of {groups}, by the school’s own number where it gave one; else an equal part of the "
                    f"national register’s, an estimate; else unknown, and in no share."
                ),
            ],
            [
                "Absent",
                (
                    "Of a year group that has seen it, by the school’s word, else worked out from the number on "
                    "roll. Who saw it at another school’s show later is seen; who had a lesson or the film caught up."
                ),
            ],
            [
                "Concerns raised",
                "By pupils, and passed on to the school’s safeguarding lead, as schools report them.",
            ],
        ]
    else:
        found.append(
            [
                "Staff",
                (
                    "Front-line staff, as the school told it. Schools whose number is unknown are in no share"
                    if content["bodies"] is None
                    else "Front-line staff, as the school told it and as they were counted at the body. Where the "
                    "number is unknown or 0 it is in no share"
                )
                + ", nor is whoever came beyond it.",
            ]
        )
        if content["bodies"] is not None:
            found.append(
                [
                    "Body",
                    "A team or a service beside schools whose front-line staff should know, such as police, social "
                    "work and health; the coordinators keep the list. It is counted as a school is.",
                ]
            )
    found.append(
        [
            "Hidden",
            (
                "Counts of people under 5, and any count from which one of them could be worked out, from this report "
                "or by comparing reports, whatever their days. What is hidden need not be small. Schools are always "
                "counted."
            ),
        ]
    )
    return found
