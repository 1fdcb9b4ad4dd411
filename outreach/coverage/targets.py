"""Target of a programme at a date: its schools and bodies, with which year groups, and how many pupils that is.

Every open school of the partnership's authorities that offers a target year group, by its ages, else its
phase, else its type (establishments.py); a coordinator's newest word, exclude or include, lies over that.
Closed is a status that is not open from the closing date on, else from the date of the link to its successor,
else from the import that showed it; and a predecessor whose closing date has come, whatever its status. Only
a closed predecessor passes anything on; one that stays open (something was split off) keeps what is its own.

How many pupils a year group has is for county/pupils.py to say. A programme for adults counts the schools that it chose
(tour/adults.py): all, those of some phases and types, or those taken in one by one; and the open bodies of the kinds
that it chose, or taken in one by one. What follows one that was taken in, and has closed, is taken in with it. Staff
are counted where it is known how many they are.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from outreach.booking import promises
from outreach.county import establishments, pupils
from outreach.county.pupils import OwnNumbers
from outreach.county.schools import PROPOSED
from outreach.county.succession import Kin, StaysOpen
from outreach.coverage.as_of import Cut
from outreach.coverage.facts import OrganisationAsKnown, Register
from outreach.ground.school_year import STAFF, year_groups_name
from outreach.ground.timespans import day_of
from outreach.ground.wording import day_short
from outreach.tour.target_decisions import EXCLUDE, INCLUDE
from outreach.visits.verdicts import Verdict


@dataclass(slots=True)
class TargetOrganisation:
    """A school or a body of the target (or taken out of it): `why` and `decided` tell of a coordinator's word.

    `by_year`: the pupils of each target year group, of an estimate whole parts that sum to it; None is
    unknown.
    """

    known: OrganisationAsKnown
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
        self.for_adults = cut.programme.for_adults
        self.codes, self.known, self.links = register.la_codes, register.organisations, register.links
        linked = Kin((predecessor, successor) for predecessor, successor, _ in self.links)
        self.decisions, self.adults = register.decisions, register.adults
        self.year_groups = (STAFF,) if self.for_adults else register.year_groups
        self._alike: dict[tuple[tuple[int, int | None], ...], dict[int, int | None]] = {}
        taken_in = [
            organisation_id
            for organisation_id, decision in self.decisions.items()
            if decision.kind == INCLUDE
        ]
        self._stays_open = StaysOpen(linked, self.links, self.known, taken_in, cut.day)
        self.kin = linked.of_closed(self._stays_open)
        self._own = OwnNumbers(register.own_numbers, self.kin, self.known)
        self._promised: dict[int, set[int]] = defaultdict(set)
        for verdict in found:
            if verdict.word != promises.CANCELLED:
                self._promised[verdict.promise.organisation_id].update(verdict.year_groups)
        self.organisations: list[TargetOrganisation] = []
        self.excluded: list[TargetOrganisation] = []
        for known in self.known.values():
            organisation = self._organisation(known)
            if organisation is None:
                continue
            if self._is_excluded(known.organisation_id):
                organisation.why, organisation.decided = self._why_excluded(known.organisation_id)
                self.excluded.append(organisation)
            else:
                self.organisations.append(organisation)
        self._inside = {organisation.known.organisation_id for organisation in self.organisations}

    def heir(self, organisation_id: int) -> int | None:
        """The target school that counts this school's pupils: itself, or whom it became one for one; else
        None."""
        while organisation_id not in self._inside:
            following = self.kin.sole_successor(organisation_id)
            if following is None:
                return None
            organisation_id = following
        return organisation_id

    def why_outside(self, organisation_id: int) -> str:
        """Why a school whose pupils saw it counts in no share."""
        known = self.known.get(organisation_id)
        if known is None:
            return "not in the register by then"
        if len(self.kin.successors.get(organisation_id, ())) > 1:
            return "split into several schools"
        if known.status == PROPOSED:
            return "not open yet"
        if not self.is_open(organisation_id):
            return "closed"
        if not self._stays_open(organisation_id):
            return f"its closing date, {day_short(known.close_date)}, has come"
        if not self._is_ours(known):
            return "another authority's school"
        if self._is_excluded(organisation_id):
            return "excluded: " + self._why_excluded(organisation_id)[0]
        return "not in the target"

    def not_held(self) -> dict[int, str]:
        """Schools that a coordinator took in and that count for nothing all the same: why, in words."""
        taken_in = [
            organisation_id
            for organisation_id, decision in self.decisions.items()
            if decision.kind == INCLUDE
        ]
        return {
            organisation_id: self._why_not_held(organisation_id)
            for organisation_id in taken_in
            if organisation_id not in self._inside
        }

    def _why_not_held(self, organisation_id: int) -> str:
        groups = self.decisions[organisation_id].year_groups
        known = self.known.get(organisation_id)
        if known is None or not self._stays_open(organisation_id) or not self._is_ours(known):
            return self.why_outside(organisation_id)
        meant = [y for y in groups if y in self.year_groups]
        if not meant:
            return f"the programme is for {year_groups_name(self.year_groups)}"
        return f"its own number of pupils in {year_groups_name(meant)} is 0"

    def offers(self, organisation_id: int, year_group: int) -> bool:
        """Whether a school, open or not, offers a year group, for what its successor inherits."""
        if self.for_adults:
            return True
        known = self.known.get(organisation_id)
        return known is not None and year_group in self._offered(known, None)

    def pupils_of(self, organisation_id: int, year_group: int) -> float | None:
        """Pupils in one year group, an estimate not rounded; None is unknown."""
        known = self.known.get(organisation_id)
        return (
            None
            if known is None
            else pupils.share(known, year_group, self._own.of(organisation_id), self._named(organisation_id))
        )

    def is_own(self, organisation_id: int, year_group: int) -> bool:
        """Whether the number of a year group is the school's own, or its predecessors'."""
        return year_group in self._own.of(organisation_id)

    def _organisation(self, known: OrganisationAsKnown) -> TargetOrganisation | None:
        """The school as one of the target before a coordinator's exclusion; None when it is not."""
        if not self._is_ours(known) or not self._stays_open(known.organisation_id):
            return None
        decision = self.decisions.get(known.organisation_id)
        included = (
            self._named(known.organisation_id) if decision is not None and decision.kind == INCLUDE else None
        )
        kind = known.type_of_establishment
        phase = kind if known.is_body else establishments.phase_name(known.phase_of_education, kind)
        if self.for_adults:
            if not self._is_meant(known):
                return None
            staff = pupils.of_year_groups(known, (STAFF,), self._own.of(known.organisation_id))
            return TargetOrganisation(
                known,
                year_groups=(STAFF,),
                phase=phase,
                ages_unknown=False,
                target_pupils=staff.total,
                estimated=False,
                by_year=self._shared(staff.by_year),
            )
        if included is None and establishments.never_in(kind):
            return None
        by_ages = pupils.by_ages_or_phase(known)
        offered = self._offered(known, included)
        groups = tuple(y for y in self.year_groups if y in offered)
        unknown = by_ages is None and included is None
        if unknown and establishments.only_by_ages(kind):
            return None
        own = self._own.of(known.organisation_id)
        if not groups and not unknown or unknown and all(own.get(y) == 0 for y in self.year_groups):
            return None
        found = pupils.of_year_groups(known, groups, own, included or ())
        return TargetOrganisation(
            known,
            year_groups=groups,
            phase=phase,
            ages_unknown=unknown,
            target_pupils=found.total,
            estimated=found.estimated,
            by_year=self._shared(found.by_year),
        )

    def _is_meant(self, known: OrganisationAsKnown) -> bool:
        """Whether a programme for adults chose the school or the body."""
        kind, picked = known.type_of_establishment, self._is_picked(known.organisation_id)
        if known.is_body:
            return self.adults.takes_body(kind, picked=picked)
        if not picked and establishments.never_in(kind):
            return False
        return self.adults.takes(known.phase_of_education, kind, picked=picked)

    def _is_ours(self, known: OrganisationAsKnown) -> bool:
        """With one of the partnership's authorities; only its own bodies are read at all, and for adults alone."""
        return self.for_adults if known.is_body else known.la_code in self.codes

    def _shared(self, by_year: Mapping[int, int | None]) -> dict[int, int | None]:
        """One dict for all the schools with equal numbers."""
        numbers = tuple(by_year.items())
        return self._alike.get(numbers) or self._alike.setdefault(numbers, dict(by_year))

    def _named(self, organisation_id: int) -> tuple[int, ...]:
        """The year groups that a coordinator took the school in for."""
        decision = self.decisions.get(organisation_id)
        return decision.year_groups if decision is not None and decision.kind == INCLUDE else ()

    def _offered(self, known: OrganisationAsKnown, included: tuple[int, ...] | None) -> set[int]:
        """The year groups that count for a school: those named, else by ages or phase, else promised or
        reported."""
        organisation_id, own = known.organisation_id, self._own.of(known.organisation_id)
        by_ages = included if included is not None else pupils.by_ages_or_phase(known)
        groups = set(by_ages or ())
        if by_ages is None:
            groups.update(
                *(self._promised.get(u, ()) for u in (organisation_id, *self.kin.before(organisation_id)))
            )
            groups.update(y for y in self.year_groups if own.get(y))
        return pupils.with_somebody(groups, own)

    def is_open(self, organisation_id: int) -> bool:
        return self._stays_open.is_open(organisation_id)

    def _is_excluded(self, organisation_id: int) -> bool:
        decision = self.decisions.get(organisation_id)
        if decision is not None:
            return decision.kind == EXCLUDE
        before = self.kin.predecessors.get(organisation_id)
        return before is not None and bool(before) and all(self._is_excluded(u) for u in before)

    def _is_picked(self, organisation_id: int) -> bool:
        """Whether a coordinator took the school in, or one that it follows."""
        decision = self.decisions.get(organisation_id)
        if decision is not None:
            return decision.kind == INCLUDE
        return any(self._is_picked(u) for u in self.kin.predecessors.get(organisation_id, ()))

    def _why_excluded(self, organisation_id: int) -> tuple[str, date | None]:
        """(reason, day) of the exclusion, its own or its first predecessor's."""
        while organisation_id not in self.decisions:
            organisation_id = self.kin.predecessors[organisation_id][0]
        decided = self.decisions[organisation_id]
        return decided.reason, day_of(decided.recorded_at)
