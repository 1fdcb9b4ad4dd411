"""Target of a programme at a date: its schools, with which year groups, and how many pupils that is.

Every open school of the partnership's authorities that offers a target year group, by its ages, else its
phase, else its type (establishments.py); a coordinator's newest word, exclude or include, lies over that.
Closed is a status that is not open from the closing date on, else from the date of the link to its successor,
else from the import that showed it; and a predecessor whose closing date has come, whatever its status. Only
a closed predecessor passes anything on; one that stays open (something was split off) keeps what is its own.

Pupils of a year group: the school's own number; else an equal part of NumberOfPupils, an estimate;
else unknown. Own numbers follow to a sole successor, and on a merger add up when all are known.
Alternative provision and hospital schools are never estimated. Programmes for adults count every school.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from functools import cache

from outreach.booking import promises
from outreach.county import establishments
from outreach.county.establishments import never_estimated
from outreach.county.schools import OPEN_STATUSES, PROPOSED
from outreach.coverage.as_of import Cut
from outreach.coverage.facts import Known, Register
from outreach.coverage.succession import Kin
from outreach.ground.school_year import offered, year_groups_name
from outreach.ground.timespans import day_of
from outreach.ground.wording import day_short
from outreach.tour.target_decisions import EXCLUDE, INCLUDE
from outreach.visits import verdicts
from outreach.visits.verdicts import ADULTS, Verdict

_offered_at = cache(offered)


@dataclass(slots=True)
class TargetSchool:
    """A school of the target (or taken out of it): `why` and `decided` tell of a coordinator's word.

    `by_year`: the pupils of each target year group, of an estimate whole parts that sum to it; None is
    unknown.
    """

    known: Known
    year_groups: tuple[int, ...]
    phase: str
    ages_unknown: bool
    target_pupils: int | None
    estimated: bool
    by_year: dict[int, int | None]
    why: str = ""
    decided: date | None = None


class Target:
    """Who is in, who was taken out, and why others are not; `known` holds every school read, by URN."""

    def __init__(self, cut: Cut, register: Register, found: list[Verdict]) -> None:
        self.cut = cut
        self.for_adults = cut.programme.for_adults
        self.codes, self.known, self.links = register.la_codes, register.schools, register.links
        linked = Kin((predecessor, successor) for predecessor, successor, _ in self.links)
        self.own, self.decisions = register.own_numbers, register.decisions
        self.year_groups = (ADULTS,) if self.for_adults else register.year_groups
        self._split: dict[tuple[int | None, tuple[int, ...]], dict[int, int | None]] = {}
        self._link_dates: dict[int, date] = {}
        for predecessor, _, day in self.links:
            if day is not None:
                self._link_dates[predecessor] = min(day, self._link_dates.get(predecessor, day))
        self._followed = linked.successors.keys()
        self.kin = linked.of_closed(self._stays_open)
        self._promised: dict[int, set[int]] = defaultdict(set)
        for verdict in found:
            if verdict.word != promises.CANCELLED:
                self._promised[verdict.promise.urn].update(verdict.year_groups)
        self.schools: list[TargetSchool] = []
        self.excluded: list[TargetSchool] = []
        for known in self.known.values():
            school = self._school(known)
            if school is None:
                continue
            if self._is_excluded(known.urn):
                school.why, school.decided = self._why_excluded(known.urn)
                self.excluded.append(school)
            else:
                self.schools.append(school)
        self._inside = {school.known.urn for school in self.schools}

    def heir(self, urn: int) -> int | None:
        """The target school that counts this school's pupils: itself, or whom it became one for one; else
        None."""
        while urn not in self._inside:
            following = self.kin.sole_successor(urn)
            if following is None:
                return None
            urn = following
        return urn

    def why_outside(self, urn: int) -> str:
        """Why a school whose pupils saw it counts in no share."""
        known = self.known.get(urn)
        if known is None:
            return "not in the register by then"
        if len(self.kin.successors.get(urn, ())) > 1:
            return "split into several schools"
        if known.status == PROPOSED:
            return "not open yet"
        if not self.is_open(known):
            return "closed"
        if not self._stays_open(urn):
            return f"its closing date, {day_short(known.close_date)}, has come"
        if known.la_code not in self.codes:
            return "another authority's school"
        if self._is_excluded(urn):
            return "excluded: " + self._why_excluded(urn)[0]
        return "not in the target"

    def not_held(self) -> dict[int, str]:
        """Schools that a coordinator took in and that count for nothing all the same: why, in words."""
        taken_in = [urn for urn, decision in self.decisions.items() if decision.kind == INCLUDE]
        return {urn: self._why_not_held(urn) for urn in taken_in if urn not in self._inside}

    def _why_not_held(self, urn: int) -> str:
        groups = self.decisions[urn].year_groups
        known = self.known.get(urn)
        if known is None or not self._stays_open(urn) or known.la_code not in self.codes:
            return self.why_outside(urn)
        meant = [y for y in groups if y in self.year_groups]
        if not meant:
            return f"the programme is for {year_groups_name(self.year_groups)}"
        return f"its own number of pupils in {year_groups_name(meant)} is 0"

    def offers(self, urn: int, year_group: int) -> bool:
        """Whether a school, open or not, offers a year group, for what its successor inherits."""
        if self.for_adults:
            return True
        known = self.known.get(urn)
        return known is not None and year_group in self._offered(known, None)

    def pupils_of(self, urn: int, year_group: int) -> float | None:
        """Pupils in one year group: own number, else the estimate (not rounded), else None."""
        known = self.known.get(urn)
        if known is None:
            return None
        own = self.own_number(urn, year_group)
        if own is not None:
            return own
        all_offered = self._all_offered(known)
        if known.number_of_pupils is None or not all_offered:
            return None
        if never_estimated(known.type_of_establishment, known.name):
            return None
        return known.number_of_pupils / len(all_offered)

    def own_number(self, urn: int, year_group: int) -> int | None:
        """The school's own word on a year group, else the sum of its predecessors' when it is their sole
        successor."""
        own = self.own.get(urn)
        if own is not None and year_group in own:
            return own[year_group]
        before = self.kin.predecessors.get(urn)
        if not before:
            return None
        numbers = []
        for predecessor in before:
            if predecessor not in self.known:
                continue
            sole = len(self.kin.successors[predecessor]) == 1
            number = self.own_number(predecessor, year_group) if sole else None
            if number is not None:
                numbers.append(number)
            else:
                by_ages = self._by_ages_or_phase(self.known[predecessor])
                if by_ages is None or year_group in by_ages:
                    return None
        return sum(numbers) if numbers else None

    def _school(self, known: Known) -> TargetSchool | None:
        """The school as one of the target before a coordinator's exclusion; None when it is not."""
        if known.la_code not in self.codes or not self._stays_open(known.urn):
            return None
        decision = self.decisions.get(known.urn)
        included = decision.year_groups if decision is not None and decision.kind == INCLUDE else None
        phase = establishments.phase_name(known.phase_of_education, known.type_of_establishment)
        if self.for_adults:
            if included is None and establishments.never_in(known.type_of_establishment):
                return None
            return TargetSchool(
                known,
                year_groups=(ADULTS,),
                phase=phase,
                ages_unknown=False,
                target_pupils=None,
                estimated=False,
                by_year=self._parts(None, (ADULTS,)),
            )
        if included is None and establishments.never_in(known.type_of_establishment):
            return None
        by_ages = self._by_ages_or_phase(known)
        groups = tuple(y for y in self.year_groups if y in self._offered(known, included))
        unknown = by_ages is None and included is None
        if unknown and establishments.only_by_ages(known.type_of_establishment):
            return None
        if not groups and not unknown or unknown and self._offers_none_by_own_numbers(known.urn):
            return None
        own = self._own_numbers(known.urn, groups)
        pupils, estimated = self._target_pupils(known, groups, own)
        by_year = self._by_year(groups, own, pupils) if own else self._parts(pupils, groups)
        return TargetSchool(
            known,
            year_groups=groups,
            phase=phase,
            ages_unknown=unknown,
            target_pupils=pupils,
            estimated=estimated,
            by_year=by_year,
        )

    def _offers_none_by_own_numbers(self, urn: int) -> bool:
        return all(self.own_number(urn, y) == 0 for y in self.year_groups)

    def _own_numbers(self, urn: int, groups: tuple[int, ...]) -> dict[int, int]:
        """{year group: pupils} where the school's own word, or its predecessors', is known."""
        if urn not in self.own and urn not in self.kin.predecessors:
            return {}
        told = ((y, self.own_number(urn, y)) for y in groups)
        return {y: number for y, number in told if number is not None}

    def _parts(self, total: int | None, groups: tuple[int, ...]) -> dict[int, int | None]:
        """An estimate in equal whole parts, the first year groups one more; one shared dict for equal
        schools."""
        key = (total, groups)
        if key not in self._split:
            whole: dict[int, int | None] = dict.fromkeys(groups)
            if total is not None:
                whole |= verdicts.shared_out(total, dict.fromkeys(groups, 1))
            self._split[key] = whole
        return self._split[key]

    def _by_year(
        self, groups: tuple[int, ...], own: dict[int, int], total: int | None
    ) -> dict[int, int | None]:
        rest = tuple(y for y in groups if y not in own)
        left = None if total is None else total - sum(own.values())
        parts = self._parts(left, rest)
        return {y: own.get(y, parts.get(y)) for y in groups}

    def _target_pupils(
        self, known: Known, groups: tuple[int, ...], own: dict[int, int]
    ) -> tuple[int | None, bool]:
        """(pupils of the target year groups, is it an estimate); rounded half up for the school."""
        if not groups:
            return None, False
        total, without = sum(own.values()), len(groups) - len(own)
        if not without:
            return total, False
        all_offered = self._all_offered(known)
        if known.number_of_pupils is None or not all_offered:
            return None, False
        if never_estimated(known.type_of_establishment, known.name):
            return None, False
        count = len(all_offered)
        return total + (2 * known.number_of_pupils * without + count) // (2 * count), True

    def _all_offered(self, known: Known) -> set[int]:
        """Every year group the school offers, of the target or not; empty while its ages are unknown."""
        by_ages = self._by_ages_or_phase(known)
        if by_ages is None:
            return set()
        decision = self.decisions.get(known.urn)
        named = decision.year_groups if decision is not None and decision.kind == INCLUDE else ()
        if known.urn not in self.own and known.urn not in self.kin.predecessors:
            return {*by_ages, *named}
        return {y for y in {*by_ages, *named} if self.own_number(known.urn, y) != 0}

    def _offered(self, known: Known, included: tuple[int, ...] | None) -> tuple[int, ...] | set[int]:
        """The year groups that count for a school: those named, else by ages or phase, else promised or
        reported."""
        urn = known.urn
        plain = urn not in self.own and urn not in self.kin.predecessors
        by_ages = included if included is not None else self._by_ages_or_phase(known)
        if by_ages is not None:
            return by_ages if plain else {y for y in by_ages if self.own_number(urn, y) != 0}
        groups = set(self._promised.get(urn, ()))
        for predecessor in self.kin.before(urn):
            groups |= self._promised.get(predecessor, set())
        if plain:
            return groups
        groups |= {y for y in self.year_groups if self.own_number(urn, y)}
        return {y for y in groups if self.own_number(urn, y) != 0}

    def _by_ages_or_phase(self, known: Known) -> tuple[int, ...] | None:
        by_ages = _offered_at(known.statutory_low_age, known.statutory_high_age)
        return by_ages if by_ages is not None else establishments.usual_year_groups(known.phase_of_education)

    def is_open(self, known: Known) -> bool:
        if known.status in OPEN_STATUSES:
            return True
        if known.status == PROPOSED:
            return False
        closed = known.close_date or self._link_dates.get(known.urn)
        return closed is not None and closed > self.cut.day

    def _stays_open(self, urn: int) -> bool:
        """Whether a school is there on the day: open, and no predecessor whose closing date has come unless a
        coordinator took it in. A school that is not known by then is not."""
        known = self.known.get(urn)
        if known is None or not self.is_open(known):
            return False
        if urn not in self._followed or known.close_date is None or known.close_date > self.cut.day:
            return True
        decision = self.decisions.get(urn)
        return decision is not None and decision.kind == INCLUDE

    def _is_excluded(self, urn: int) -> bool:
        decision = self.decisions.get(urn)
        if decision is not None:
            return decision.kind == EXCLUDE
        before = self.kin.predecessors.get(urn)
        return before is not None and bool(before) and all(self._is_excluded(u) for u in before)

    def _why_excluded(self, urn: int) -> tuple[str, date | None]:
        """(reason, day) of the exclusion, its own or its first predecessor's."""
        while urn not in self.decisions:
            urn = self.kin.predecessors[urn][0]
        decided = self.decisions[urn]
        return decided.reason, day_of(decided.recorded_at)
