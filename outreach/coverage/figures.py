"""Sums over standings: by district, town, urban and rural, phase, type, trust and year group, the spread
between districts, the causes; schools and bodies side by side. Pure."""

from collections import Counter
from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from outreach.coverage import gaps
from outreach.coverage.standings import DISTRICT_UNKNOWN, NINE, OPEN, WHOLE_AREA, Standing, Word
from outreach.ground.school_year import YEAR_GROUPS, year_group_name
from outreach.ground.wording import day_short, percent, percent_said
from outreach.visits.verdicts import EVIDENCE

DISTRICT, PHASE, TYPE, TRUST, YEAR_GROUP = "district", "phase", "type", "trust", "year"
TOWN, URBAN_RURAL = "town", "urban_rural"
NO_TRUST, TYPE_UNKNOWN = "in no trust", "type not known"
OF_SCHOOLS_ALONE = (TOWN, URBAN_RURAL, TYPE, TRUST)
"""What a body has none of; what it is stands among the phases."""
TOWN_UNKNOWN, URBAN_RURAL_UNKNOWN = "town not known", "not known whether urban or rural"
STATES = (Word.SEEN.value, Word.PART_SEEN.value, Word.TO_CONFIRM.value, Word.BOOKED.value, OPEN)
"""What one year group of one school can be, in the order of a bar."""


@dataclass(slots=True)
class Totals:
    """What some schools, or bodies, come to. `key` is what a list is asked for by (a district's code, a phase, the
    kind of a body).

    `target_pupils` sums only the schools whose number is known, `seen_of_known` the pupils seen at just
    those; a share of pupils is made of these two alone, less `uncounted_pupils`, who are in year groups that
    took place and that nobody counted, and less `beyond_staff`, whoever came beyond the staff that an organisation
    has: counted, but in no share, so that none is above all. `unknown` schools are in neither. `absent_pupils`
    missed it where their year group has seen it, and `caught_up_pupils` are those of them who had a lesson or the
    film. `evidence` counts the schools that saw any of it by how strong the word for it is (verdicts.EVIDENCE);
    `census_from` and `census_to` are the first and last day of the register's numbers that estimates are made of.
    """

    key: str
    name: str
    organisations: int = 0
    gaps: int = 0
    seen_pupils: int = 0
    seen_of_known: int = 0
    target_pupils: int = 0
    own: int = 0
    estimated: int = 0
    unknown: int = 0
    uncounted_pupils: int = 0
    beyond_staff: int = 0
    absent_pupils: int = 0
    caught_up_pupils: int = 0
    by: dict[str, int] = field(default_factory=lambda: dict.fromkeys(NINE, 0))
    evidence: dict[str, int] = field(default_factory=lambda: dict.fromkeys(EVIDENCE, 0))
    census_from: date | None = None
    census_to: date | None = None

    @property
    def seen(self) -> int:
        return self.by[Word.SEEN]

    @property
    def share(self) -> int | None:
        """Schools seen, in whole percent; None of no school."""
        return percent(self.seen, self.organisations)

    @property
    def share_said(self) -> str:
        """The same in words; '' of no school."""
        return percent_said(self.seen, self.organisations)

    @property
    def pupil_share(self) -> int | None:
        """Pupils seen, in whole percent, of the schools whose number is known."""
        return percent(self.seen_of_known - self.beyond_staff, self.target_pupils - self.uncounted_pupils)

    @property
    def pupil_share_said(self) -> str:
        return percent_said(
            self.seen_of_known - self.beyond_staff, self.target_pupils - self.uncounted_pupils
        )

    @property
    def census_said(self) -> str:
        """The census that estimates rest on, in words; '' where nothing is estimated."""
        if not self.estimated:
            return ""
        if self.census_from is None or self.census_to is None:
            return "the register’s numbers, whose census date is not known"
        until = f" to {day_short(self.census_to)}" if self.census_to != self.census_from else ""
        return f"the register’s census of {day_short(self.census_from)}{until}"

    def of_census(self, day: date | None) -> None:
        """One more day of the register's numbers that an estimate rests on; None is not known."""
        if day is not None:
            self.census_from = min(self.census_from or day, day)
            self.census_to = max(self.census_to or day, day)

    def __iadd__(self, other: "Totals") -> "Totals":
        for name in _SUMS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for word, count in other.by.items():
            self.by[word] += count
        for grade, count in other.evidence.items():
            self.evidence[grade] += count
        self.of_census(other.census_from)
        self.of_census(other.census_to)
        return self


def census_said(standings: Iterable[Standing]) -> str:
    """The census that the estimates among some schools rest on, in words; '' where none is estimated."""
    totals = Totals("", "")
    for s in standings:
        if s.estimated and s.target_pupils is not None:
            totals.estimated += 1
            totals.of_census(s.census_date)
    return totals.census_said


_SUMS = (
    "organisations",
    "gaps",
    "seen_pupils",
    "seen_of_known",
    "target_pupils",
    "own",
    "estimated",
    "unknown",
    "uncounted_pupils",
    "beyond_staff",
    "absent_pupils",
    "caught_up_pupils",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageFigures:
    """All sums of one list of standings. Districts best first; phases by size; causes in the order of
    gaps.CAUSES."""

    county: Totals
    districts: list[Totals]
    phases: list[Totals]
    causes: list[tuple[str, int]]
    ages_unknown: int
    place_unknown: int


def figures_of_target(target: Iterable[Standing], *, county: str) -> CoverageFigures:
    """Sum up; one pass."""
    districts: dict[str, Totals] = {}
    phases: dict[str, Totals] = {}
    causes: Counter[str] = Counter()
    kinds: set[str] = set()
    ages_unknown = place_unknown = 0
    for s in target:
        where = districts.get(s.district_code)
        if where is None:
            where = districts[s.district_code] = Totals(s.district_code, s.district_name)
        elif not s.district_code:
            where.name = _either(where.name, s.district_name)
        phase = phases.get(s.phase)
        if phase is None:
            phase = phases[s.phase] = Totals(s.phase, s.phase)
        if s.is_body:
            kinds.add(s.phase)
        _count(where, s)
        _count(phase, s)
        if s.is_gap:
            causes[s.kind] += 1
        ages_unknown += s.ages_unknown
        place_unknown += not s.place_known
    whole = Totals("", county)
    for totals in districts.values():
        whole += totals
    return CoverageFigures(
        county=whole,
        districts=sorted(districts.values(), key=_best_first),
        phases=_schools_first(phases.values(), kinds),
        causes=[(cause, causes[cause]) for cause in gaps.CAUSES if causes[cause]],
        ages_unknown=ages_unknown,
        place_unknown=place_unknown,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Halves:
    """Every school and every body of one target side by side; `both` are the two together."""

    schools: CoverageFigures
    bodies: CoverageFigures
    both: CoverageFigures


def halves(target: Sequence[Standing], *, county: str) -> Halves:
    """The figures of each half: the sums of both are those of the two together."""
    bodies = [s for s in target if s.is_body]
    both = figures_of_target(target, county=county)
    if not bodies:
        return Halves(schools=both, bodies=figures_of_target(bodies, county=county), both=both)
    return Halves(
        schools=figures_of_target([s for s in target if not s.is_body], county=county),
        bodies=figures_of_target(bodies, county=county),
        both=both,
    )


def whole(target: Iterable[Standing], *, county: str) -> Totals:
    """The county's own line, where no other is asked for."""
    totals = Totals("", county)
    for s in target:
        _count(totals, s)
    return totals


def by(target: Iterable[Standing], dimension: str) -> list[Totals]:
    """The rows of one dimension, which sum to the county, or to its schools where a body has none of it: districts
    and towns best first; phases, types and trusts by size, what is in none last, kinds of bodies after the phases.
    Year groups do not (a school stands in each that it offers): by_year_group."""
    name = _NAMES[dimension]
    rows: dict[str, Totals] = {}
    kinds: set[str] = set()
    for s in target:
        if s.is_body and dimension in OF_SCHOOLS_ALONE:
            continue
        if s.is_body and dimension == PHASE:
            kinds.add(s.phase)
        key, said = name(s)
        totals = rows.get(key)
        if totals is None:
            totals = rows[key] = Totals(key, said)
        elif not key:
            totals.name = _either(totals.name, said)
        _count(totals, s)
    if dimension in (DISTRICT, TOWN):
        return sorted(rows.values(), key=_best_first)
    return _schools_first(rows.values(), kinds)


_NAMES: dict[str, Callable[[Standing], tuple[str, str]]] = {
    DISTRICT: lambda s: (s.district_code, s.district_name),
    PHASE: lambda s: (s.phase, s.phase),
    TYPE: lambda s: (s.type, s.type or TYPE_UNKNOWN),
    TRUST: lambda s: (s.trust, s.trust or NO_TRUST),
    TOWN: lambda s: (s.town, s.town or TOWN_UNKNOWN),
    URBAN_RURAL: lambda s: (s.urban_rural, s.urban_rural or URBAN_RURAL_UNKNOWN),
}


@dataclass(slots=True)
class YearTotals:
    """One year group of all the schools that offer it. `by` counts them by the state of that year group
    (STATES).

    `gaps`: open or to confirm. The sums of pupils are over schools whose number is known, as of Totals; each
    school's part of an estimate is a whole number.
    """

    key: str
    name: str
    organisations: int = 0
    gaps: int = 0
    seen_pupils: int = 0
    seen_of_known: int = 0
    target_pupils: int = 0
    unknown: int = 0
    by: dict[str, int] = field(default_factory=lambda: dict.fromkeys(STATES, 0))

    @property
    def seen(self) -> int:
        return self.by[Word.SEEN]

    @property
    def share(self) -> int | None:
        return percent(self.seen, self.organisations)

    @property
    def share_said(self) -> str:
        return percent_said(self.seen, self.organisations)


def by_year_group(target: Iterable[Standing]) -> list[YearTotals]:
    """Each target year group that a school offers, the youngest first; adults are in none."""
    rows: dict[int, YearTotals] = {}
    for s in target:
        for y, state in s.year_groups.items():
            if y not in YEAR_GROUPS:
                continue
            totals = rows.get(y)
            if totals is None:
                totals = rows[y] = YearTotals(str(y), year_group_name(y))
            totals.organisations += 1
            totals.by[state] += 1
            totals.gaps += state in (OPEN, Word.TO_CONFIRM)
            pupils, seen = s.pupils_by_year.get(y), s.seen_by_year.get(y, 0)
            totals.seen_pupils += seen
            if pupils is None:
                totals.unknown += 1
            else:
                totals.target_pupils += pupils
                totals.seen_of_known += seen
    return [rows[y] for y in sorted(rows)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """How far the districts are apart, in points of schools seen: the furthest behind and the best."""

    behind: Totals
    best: Totals

    @property
    def points(self) -> int:
        return (self.best.share or 0) - (self.behind.share or 0)


def spread(districts: Sequence[Totals]) -> Spread | None:
    """None with fewer than two districts that are known by name."""
    named = [d for d in districts if d.key]
    if len(named) < 2:
        return None
    return Spread(behind=min(named, key=lambda d: (d.share or 0, d.name)), best=named[0])


def steps(share: int | None) -> int:
    """The map's five steps of schools seen: 0 for 0–19 % ... 4 for 80–100 %."""
    return min((share or 0) // 20, 4)


def _count(totals: Totals, s: Standing) -> None:
    totals.organisations += 1
    totals.by[s.standing] += 1
    totals.seen_pupils += s.seen_pupils
    if s.absent_by_year:
        totals.absent_pupils += s.absent_pupils
        totals.caught_up_pupils += s.caught_up_pupils
    if s.target_pupils is None:
        totals.unknown += 1
    else:
        totals.target_pupils += s.target_pupils
        totals.seen_of_known += s.seen_pupils
        totals.beyond_staff += s.beyond_staff
        if s.uncounted:
            totals.uncounted_pupils += sum(s.pupils_by_year[y] or 0 for y in s.uncounted)
        if s.estimated:
            totals.estimated += 1
            totals.of_census(s.census_date)
        else:
            totals.own += 1
    if s.is_gap:
        totals.gaps += 1
    if s.evidence:
        totals.evidence[s.evidence] += 1


def _either(name: str, other: str) -> str:
    """The row without a district, where some of it is of the whole area and of some the district is not known."""
    return f"{WHOLE_AREA}, or {DISTRICT_UNKNOWN}" if {name, other} == {WHOLE_AREA, DISTRICT_UNKNOWN} else name


def _schools_first(rows: Iterable[Totals], kinds: Container[str]) -> list[Totals]:
    """By size; kinds of bodies after the phases of schools."""
    return sorted(rows, key=lambda t: (t.key in kinds, *_largest_first(t)))


def _largest_first(totals: Totals) -> tuple[bool, int, str]:
    return not totals.key, -totals.organisations, totals.name


def _best_first(totals: Totals) -> tuple[bool, int, str]:
    return not totals.key, -(totals.share or 0), totals.name or DISTRICT_UNKNOWN
