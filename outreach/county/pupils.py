"""Number of pupils of a year group that a school has: its own, else those of the schools it succeeds, else its
part of the census, else unknown. Pure.

An own number follows to a sole successor, and on a merger numbers add up when all are known. An estimate is an equal
part of NumberOfPupils over every year group the school offers; for the year groups asked about together it is rounded
once, half up, and handed out in whole parts that sum to it, the first ones one more. Alternative provision and
hospital schools are asked, never estimated. A year group whose own number is 0 is not offered. STAFF stands among the
year groups: a school's own number, or the front-line staff of a body as they were counted; never an estimate, and
never 0, of which nothing is a share.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from typing import NamedTuple, Protocol

from outreach.county.establishments import never_estimated, usual_year_groups
from outreach.county.succession import Kin
from outreach.ground import school_year
from outreach.ground.school_year import STAFF, YEAR_GROUPS


class Ages(Protocol):
    """What tells which year groups a school has; named after the register's columns."""

    @property
    def statutory_low_age(self) -> int | None: ...
    @property
    def statutory_high_age(self) -> int | None: ...
    @property
    def phase_of_education(self) -> str | None: ...


class Counted(Ages, Protocol):
    """What an estimate is made of besides."""

    @property
    def name(self) -> str: ...
    @property
    def type_of_establishment(self) -> str: ...
    @property
    def number_of_pupils(self) -> int | None: ...
    @property
    def front_line_staff(self) -> int | None: ...


class Pupils(NamedTuple):
    """The pupils of some year groups: `by_year` in whole parts that sum to `total`; None is unknown.

    `estimated`: the census was shared out for at least one of them.
    """

    by_year: Mapping[int, int | None]
    total: int | None
    estimated: bool


NOTHING_TOLD: Mapping[int, int] = {}


class OwnNumbers:
    """What schools told of themselves, {URN: {year group: pupils}}, with what they inherit from predecessors.

    `schools`: what is known of each predecessor, by URN; of who is not in it nothing is asked.
    """

    def __init__(self, told: Mapping[int, Mapping[int, int]], kin: Kin, schools: Mapping[int, Ages]) -> None:
        self._told, self._kin, self._schools = told, kin, schools
        self._found: dict[int, Mapping[int, int]] = {}

    def of(self, urn: int) -> Mapping[int, int]:
        """{year group: pupils} wherever the school's own word is known, or its predecessors'."""
        if urn not in self._kin.predecessors:
            return self._told.get(urn, NOTHING_TOLD)
        if urn not in self._found:
            numbers = ((y, self._number(urn, y)) for y in (*YEAR_GROUPS, STAFF))
            self._found[urn] = {y: n for y, n in numbers if n is not None}
        return self._found[urn]

    def _number(self, urn: int, year_group: int) -> int | None:
        """The school's own word, else the sum of its predecessors' when it is the sole successor of each that
        offered the year group."""
        if year_group in self._told.get(urn, NOTHING_TOLD):
            return self._told[urn][year_group]
        numbers = []
        for predecessor in self._kin.predecessors[urn]:
            if predecessor not in self._schools:
                continue
            told = self.of(predecessor) if self._kin.sole_successor(predecessor) else NOTHING_TOLD
            by_ages = by_ages_or_phase(self._schools[predecessor])
            if year_group in told:
                numbers.append(told[year_group])
            elif year_group == STAFF or by_ages is None or year_group in by_ages:
                return None
        return sum(numbers) if numbers else None


def by_ages_or_phase(school: Ages) -> tuple[int, ...] | None:
    """The year groups a school has by its ages, else by its phase's usual ones; None where neither is known."""
    by_ages = _offered(school.statutory_low_age, school.statutory_high_age)
    return by_ages if by_ages is not None else usual_year_groups(school.phase_of_education)


_offered = cache(school_year.offered)


def all_offered(school: Ages, own: Mapping[int, int] = NOTHING_TOLD, named: Collection[int] = ()) -> set[int]:
    """Every year group a school offers, asked about or not, with those a coordinator `named`; empty while its
    ages are unknown."""
    by_ages = by_ages_or_phase(school)
    return set() if by_ages is None else with_somebody({*by_ages, *named}, own)


def with_somebody(year_groups: Iterable[int], own: Mapping[int, int]) -> set[int]:
    """Those of some year groups of which the school does not say itself that it has nobody."""
    return set(year_groups).difference(y for y, pupils in own.items() if pupils == 0)


def share(
    school: Counted, year_group: int, own: Mapping[int, int], named: Collection[int] = ()
) -> float | None:
    """One year group, an estimate not rounded: what 'half of it' is judged by."""
    if year_group == STAFF:
        return _staff(school, own)
    if year_group in own:
        return own[year_group]
    count = _estimated_over(school, own, named)
    return None if not count or school.number_of_pupils is None else school.number_of_pupils / count


def of_year_groups(
    school: Counted,
    year_groups: Sequence[int],
    own: Mapping[int, int] = NOTHING_TOLD,
    named: Collection[int] = (),
) -> Pupils:
    """Some year groups that a school offers. `own`: see OwnNumbers; `named`: those a coordinator took it in for."""
    if STAFF in year_groups:
        staff = _staff(school, own)
        return Pupils({STAFF: staff}, staff, False)
    told = {y: own[y] for y in year_groups if y in own} if own else {}
    rest = [y for y in year_groups if y not in own]
    if not rest:
        return Pupils(told, sum(told.values()) if told else None, False)
    count = _estimated_over(school, own, named)
    if not count or school.number_of_pupils is None:
        return Pupils({y: told.get(y) for y in year_groups}, None, False)
    left = (2 * school.number_of_pupils * len(rest) + count) // (2 * count)
    part, more = divmod(left, len(rest))
    by_year: dict[int, int | None] = {y: part + (place < more) for place, y in enumerate(rest)}
    if told:
        by_year = {y: told.get(y, by_year.get(y)) for y in year_groups}
    return Pupils(by_year, left + sum(told.values()), True)


def _staff(of: Counted, own: Mapping[int, int]) -> int | None:
    return own.get(STAFF) or of.front_line_staff or None


def _estimated_over(school: Counted, own: Mapping[int, int], named: Collection[int]) -> int:
    """Over how many year groups the census is shared out; 0 where it is not."""
    if school.number_of_pupils is None or never_estimated(school.type_of_establishment, school.name):
        return 0
    return len(all_offered(school, own, named))
