"""What a report to the board says, as plain data that can be kept for ever: figures, definitions, what is estimated. Pure.

Schools are counted in the open; every number of people has gone through suppression.py. Shapes:

- a number of people is {"status": "shown", "number": 184}, or 'hidden' or 'unknown' with number None;
- a row is one district, phase or type: `schools`, `standings` ({standing: schools}, all nine), `gaps`, `share`
  (schools seen, whole percent, 0 and 100 only where exact, or None), the numbers of people, and `pupil_share` (None
  where it cannot be said); `share_said` and `pupil_share_said` are the same in words ('over 99%'), '' for None.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from outreach.coverage import figures, gaps
from outreach.coverage.standings import NINE, Reckoning, Standing, Word
from outreach.ground import suppression
from outreach.ground.school_year import year_group_name, year_groups_name, year_name
from outreach.ground.suppression import SHOWN, Count, Release
from outreach.ground.wording import and_list, count, day_short, percent, percent_said

VERSION = 1

SEEN, TARGET, BY_YEAR, CONCERNS, ALSO = "seen", "target", "target by year", "concerns", "also seen"
MEASURES = (SEEN, TARGET, BY_YEAR, CONCERNS, ALSO)
"""What is counted in people; each is judged by itself, over all the tables in which it stands."""

_WHOLE = ("all", "")

STATES = (Word.SEEN, Word.PART_SEEN, Word.TO_CONFIRM, Word.BOOKED, "open")

Content = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """A report before anybody has published it: what it says, and the true counts for judging later ones."""

    content: Content
    releases: Mapping[str, Release]


_KEYS: dict[str, tuple[str, Callable[[Standing], tuple[str, str]]]] = {
    "district": ("Districts", lambda s: (s.district_code, s.district_name)),
    "phase": ("Phases", lambda s: (s.phase, s.phase)),
    "type": ("Types of school", lambda s: (s.type, s.type)),
}
"""The tables: how schools are put together, by (key, name)."""


def draw(
    reckoning: Reckoning,
    concerns: Mapping[int, int],
    *,
    county: str,
    partnership: str,
    earlier: Iterable[Mapping[str, Release]] = (),
) -> Drawn:
    """The report of a reckoning. `earlier`: the releases of every report of the programme that was published before."""
    adults = reckoning.programme.for_adults
    groups = {table: _grouped(reckoning.target, of) for table, (_, of) in _KEYS.items()}
    before = list(earlier)
    judged = {
        measure: suppression.hide(
            sums, counts, earlier=[r[measure] for r in before if measure in r], dear=[_WHOLE]
        )
        for measure, (sums, counts) in _measured(reckoning, groups, concerns).items()
    }
    people = _People({measure: found.sums for measure, found in judged.items()})
    found = figures.of(reckoning.target, county=county)
    tables = [
        {"key": table, "title": title, "rows": [_row(table, key, name, schools, people) for (key, name), schools in _ordered(table, groups[table])]}
        for table, (title, _) in _KEYS.items()
    ]  # fmt: skip
    whole = _row(*_WHOLE, county, reckoning.target, people)
    spread = figures.spread(found.districts)
    content = {
        "version": VERSION,
        "title": reckoning.programme.title,
        "academic_year": year_name(reckoning.programme.academic_year),
        "for_adults": adults,
        "year_groups": [] if adults else list(reckoning.year_groups),
        "county": county,
        "partnership": partnership,
        "as_of": reckoning.as_of.isoformat(),
        "target_as_of": reckoning.day.isoformat(),
        "whole": whole,
        "tables": tables,
        "places": _places(reckoning.target),
        "years": [] if adults else [_year(y, reckoning.target, people) for y in reckoning.year_groups],
        "causes": [{"key": cause, "words": gaps.title(cause), "schools": n} for cause, n in found.causes],
        "spread": None if spread is None else {
            "points": spread.points, "best": spread.best.name, "best_share": spread.best.share,
            "behind": spread.behind.name, "behind_share": spread.behind.share, "behind_said": spread.behind.share_said,
        },
        "excluded": len(reckoning.excluded),
        "also_seen": {
            "schools": len(reckoning.also_seen),
            "pupils": said(people.of(ALSO, *_WHOLE)),
        },
        "ages_unknown": found.ages_unknown,
        "shared_out": sum(s.seen_estimated for s in reckoning.target),
    }  # fmt: skip
    content["lead"] = _lead(content)
    content["definitions"] = definitions(content)
    return Drawn(content=content, releases={measure: j.release for measure, j in judged.items()})


def _places(schools: list[Standing]) -> list[Content]:
    """By town, and by urban and rural: schools only, never pupils, so that nothing of them has to be hidden."""
    titles = {figures.TOWN: "Towns", figures.URBAN_RURAL: "Urban and rural"}
    return [
        {"key": by, "title": title, "rows": [_place(t) for t in figures.by(schools, by)]} for by, title in titles.items()
    ]  # fmt: skip


def _place(totals: figures.Totals) -> Content:
    return {
        "key": totals.key,
        "name": totals.name,
        "schools": totals.schools,
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

    sums: Mapping[str, Mapping[Any, Count]]

    def of(self, measure: str, *place: Any) -> Count:
        return self.sums[measure].get(place, suppression.NOBODY_COUNTED)

    def seen(self, *place: Any, none: bool) -> Count:
        """Pupils seen; `none`: no school there has seen any of it, so that everybody knows it to be 0."""
        found = self.of(SEEN, *place)
        return Count(status=SHOWN, number=0) if none and found == suppression.NOBODY_COUNTED else found


def _grouped(
    schools: Iterable[Standing], of: Callable[[Standing], tuple[str, str]]
) -> dict[tuple[str, str], list[Standing]]:
    found: dict[str, tuple[str, list[Standing]]] = {}
    for s in schools:
        key, name = of(s)
        found.setdefault(key, (name, []))[1].append(s)
    return {(key, name): together for key, (name, together) in found.items()}


def _ordered(
    table: str, groups: Mapping[tuple[str, str], list[Standing]]
) -> list[tuple[tuple[str, str], list[Standing]]]:
    """Districts best first, those not known last; phases and types by size."""

    def place(item: tuple[tuple[str, str], list[Standing]]) -> tuple[Any, ...]:
        (key, name), schools = item
        seen = sum(s.standing == Word.SEEN for s in schools)
        share = percent(seen, len(schools)) or 0
        return (key == "", -share, name) if table == "district" else (-len(schools), name)

    return sorted(groups.items(), key=place)


def _measured(
    reckoning: Reckoning,
    groups: Mapping[str, Mapping[tuple[str, str], list[Standing]]],
    concerns: Mapping[int, int],
) -> dict[str, tuple[dict[Any, list[str]], dict[str, int | None]]]:
    """For each measure: which units every number is the sum of, and how many people each unit has.

    A unit is a school, or one year group of it.
    """
    places: list[tuple[tuple[str, str], list[Standing]]] = [(_WHOLE, reckoning.target)]
    places += [
        ((table, key), schools) for table, found in groups.items() for (key, _), schools in found.items()
    ]
    counts: dict[str, dict[str, int | None]] = {measure: {} for measure in MEASURES}
    for s in reckoning.target:
        counts[TARGET][str(s.urn)] = s.target_pupils
        counts[CONCERNS][str(s.urn)] = concerns.get(s.urn)
        for y in s.year_groups:
            counts[SEEN][f"{s.urn}.{y}"] = s.seen_by_year.get(y)
            counts[BY_YEAR][f"{s.urn}.{y}"] = s.pupils_by_year.get(y)
    sums: dict[str, dict[Any, list[str]]] = {measure: {} for measure in MEASURES}
    counts[ALSO] = {str(s.urn): s.pupils for s in reckoning.also_seen}
    sums[ALSO][_WHOLE] = list(counts[ALSO])
    for place, schools in places:
        units = [f"{s.urn}.{y}" for s in schools for y in s.year_groups]
        sums[SEEN][place] = units
        sums[TARGET][place] = [str(s.urn) for s in schools]
        if place[0] in ("all", "district"):
            sums[CONCERNS][place] = [str(s.urn) for s in schools]
    for y in reckoning.year_groups:
        offering = [s for s in reckoning.target if y in s.year_groups]
        sums[SEEN]["year", y] = sums[BY_YEAR]["year", y] = [f"{s.urn}.{y}" for s in offering]
    return {measure: (sums[measure], counts[measure]) for measure in MEASURES}


def _row(table: str, key: str, name: str, schools: list[Standing], people: _People) -> Content:
    totals = figures.of(schools, county=name).county
    none = not totals.by[Word.SEEN] and not totals.by[Word.PART_SEEN]
    seen, target = people.seen(table, key, none=none), people.of(TARGET, table, key)
    return {
        "key": key,
        "name": name,
        "schools": totals.schools,
        "standings": {str(word): totals.by[word] for word in NINE},
        "gaps": totals.gaps,
        "share": totals.share,
        "share_said": totals.share_said,
        "pupils_seen": said(seen),
        "target_pupils": said(target),
        **_pupil_share(
            None
            if totals.uncounted_pupils  # in no share, and no figure of its own that could be hidden
            else suppression.share_of(
                seen, target, of_whole=totals.seen_of_known, others_too=totals.seen_pupils != totals.seen_of_known
            )
        ),
        "evidence": dict(totals.evidence),
        "census": totals.census_said,
        "schools_with_own_number": totals.own,
        "schools_estimated": totals.estimated,
        "schools_with_number_unknown": totals.unknown,
        "concerns": said(people.of(CONCERNS, table, key)),
    }


def _year(y: int, schools: list[Standing], people: _People) -> Content:
    """One year group: the schools that offer it by its own state there, and its pupils."""
    states = [s.year_groups[y] for s in schools if y in s.year_groups]
    none = Word.SEEN not in states and Word.PART_SEEN not in states
    seen, target = people.seen("year", y, none=none), people.of(BY_YEAR, "year", y)
    known = [s for s in schools if s.pupils_by_year.get(y) is not None]
    elsewhere = any(y in s.seen_by_year for s in schools if s.pupils_by_year.get(y) is None)
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
            None
            if any(y in s.uncounted for s in known)
            else suppression.share_of(
                seen, target, of_whole=sum(s.seen_by_year.get(y, 0) for s in known), others_too=elsewhere
            )
        ),
    }


def _pupil_share(of: tuple[int, int] | None) -> Content:
    part, whole = of or (0, 0)
    return {"pupil_share": percent(part, whole), "pupil_share_said": percent_said(part, whole)}


def _lead(content: Content) -> list[str]:
    """The finding in words, before any figure."""
    whole = content["whole"]
    schools, seen, booked = whole["schools"], whole["standings"][Word.SEEN], whole["standings"][Word.BOOKED]
    on = day_short(date.fromisoformat(content["as_of"]))
    what = "staff had attended" if content["for_adults"] else "had seen it"
    if not schools:
        return [f"No school of {content['county']} was in the target on {on}."]
    if seen == schools:
        return [f"All {count(schools, 'school')} of {content['county']} {what} by {on}."]
    of_schools = f"{seen:,} of {content['county']}’s {count(schools, 'school')}"
    lines = [
        f"{of_schools} {what} by {on}."
        if not content["for_adults"]
        else f"{of_schools} had attended by {on}."
    ]
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


def definitions(content: Content) -> list[list[str]]:
    """[term, meaning] of what stands in the report, in the words that hold when it is published."""
    groups = "" if content["for_adults"] else year_groups_name(content["year_groups"])
    found = [
        ["Target", "Every open school of the partnership’s authorities " + (
            "where adults can be trained." if content["for_adults"] else f"that offers {groups}: state-funded, independent, special and alternative provision alike."
        ) + " Schools that were taken out with a reason are listed apart."],
        ["Seen", "At least one adult of the school was present, by what the school or the company reported." if content["for_adults"] else
            "Every year group of the target that the school offers was at a show that took place, by what the school or the company reported, and at least half of its pupils were counted where their number is known."],
        ["Gap", "A school of the target with a year group neither seen nor booked, or with a show that nobody reported." if not content["for_adults"] else "A school of the target that neither attended nor is booked, or with a show that nobody reported."],
    ]  # fmt: skip
    if not content["for_adults"]:
        found += [
            ["Pupils", f"Of {groups}. The number of pupils is the school’s own where it gave one; else an equal part of the number in the national register, which is an estimate; else unknown. Schools whose number is unknown are in no share."],
            ["Concerns raised", "By pupils, and passed on to the school’s safeguarding lead, as schools report them. More concerns may mean that more was noticed."],
        ]  # fmt: skip
    found.append(
        ["Hidden", "Counts of people under 5 are hidden, and with them any count from which one of them could be worked out here or by comparing reports. A hidden count need not be a small one. Schools are always counted."]
    )  # fmt: skip
    return found
