"""Target of a programme for adults: which schools, and which roles there; which kinds of bodies beside them. Pure.

Schools are all of the partnership's, or those of some phases and types, or only those that coordinators took in one by
one, or none. Bodies are those of some kinds; without a kind, none. The roles are words for pages and letters about
schools: nobody is counted by them.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from outreach.county import establishments
from outreach.county.bodies import KINDS
from outreach.ground.errors import Refusal
from outreach.ground.wording import and_list

ALL, SOME, PICKED, NO_SCHOOLS = "all", "some", "picked", "none"
WHICH = (ALL, SOME, PICKED, NO_SCHOOLS)
TEACHERS, GOVERNORS, LEADS = "teaching staff", "governors", "safeguarding leads"
ROLES = (TEACHERS, GOVERNORS, LEADS)
SHORTEST, LONGEST = 12, 120
"""Months that a training may count for. A programme is of one year, and a training of it counts to its end."""


class NoKindOfSchool(Refusal):
    """Some schools, and not which; or phases and types beside all of them."""

    field = "phases"


class OnlyAdultsChoose(Refusal):
    """A programme for pupils is for the schools that offer its year groups."""

    field = "schools"


class NoSuchValidity(Refusal):
    """A training counts for a year at least: to the end of its programme's year nobody has to be trained anew."""

    field = "valid_months"


class NoSuchRole(Refusal):
    """A role that is not in the list, or one at schools where none is asked."""

    field = "roles"


class NobodyAsked(Refusal):
    """No schools and no kind of body, or a kind that is not in the list."""

    field = "kinds"


@dataclass(frozen=True, kw_only=True)
class AdultTarget:
    """The choice of a programme. `phases` are rows of the phase table, `types` the register's own words; () is any.
    `roles` () is staff of whatever role. `kinds` of bodies, of KINDS; () is no bodies. `valid_months`: for how long a
    training counts; None: for good."""

    schools: str = ALL
    phases: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    valid_months: int | None = None

    def takes(self, phase_of_education: str | None, type_of_establishment: str, *, picked: bool) -> bool:
        """Whether a school is meant, by the register's words for it; one that was `picked` is, whatever it is."""
        if picked or self.schools == ALL:
            return True
        if self.schools in (PICKED, NO_SCHOOLS):
            return False
        phase = establishments.phase_name(phase_of_education, type_of_establishment)
        return (not self.phases or phase in self.phases) and (
            not self.types or type_of_establishment in self.types
        )

    def takes_body(self, kind: str, *, picked: bool) -> bool:
        """Whether a body of that kind is meant; one that was `picked` is, whatever it is."""
        return picked or kind in self.kinds

    @property
    def counts_for(self) -> str:
        """'A training counts for 24 months.'; '' where it counts for good."""
        return "" if self.valid_months is None else f"A training counts for {self.valid_months} months."

    @property
    def who(self) -> str:
        """Of a school: 'teaching staff and governors', else 'staff'."""
        return and_list(self.roles) or "staff"

    def who_at(self, *, is_body: bool) -> str:
        """Who is meant at one organisation: the roles are those of schools."""
        return "staff" if is_body else self.who

    @property
    def said(self) -> str:
        """'teaching staff and governors of secondary schools'; 'staff of all schools, police and health'."""
        if not self.kinds:
            return f"{self.who} of {self.which_schools}"
        if self.schools == NO_SCHOOLS:
            return f"staff of {self.which_bodies}"
        if self.roles:
            return f"{self.who} of {self.which_schools}, and staff of {self.which_bodies}"
        return f"staff of {and_list([self.which_schools, *self._bodies])}"

    @property
    def which_schools(self) -> str:
        """'secondary schools', 'all schools', 'schools picked one by one'."""
        if self.schools == ALL:
            return "all schools"
        if self.schools == PICKED:
            return "schools picked one by one"
        if self.schools == NO_SCHOOLS:
            return "no schools"
        named = and_list(_PHASES.get(phase.casefold(), f"{phase.lower()} schools") for phase in self.phases)
        if not self.types:
            return named
        kinds = f"the {'type' if len(self.types) == 1 else 'types'} {and_list(self.types)}"
        return f"{named} that are of {kinds}" if named else f"schools of {kinds}"

    @property
    def which_bodies(self) -> str:
        """'police and district councils'; '' of none."""
        return and_list(self._bodies)

    @property
    def _bodies(self) -> list[str]:
        return [_BODIES.get(kind, kind.lower()) for kind in self.kinds]

    @property
    def rule(self) -> str:
        """Who is counted, as a board reads it."""
        bodies = f"Every open body of these kinds: {self.which_bodies}." if self.kinds else ""
        if self.schools == NO_SCHOOLS:
            return bodies
        schools = "Every open school of the partnership’s authorities where adults can be trained."
        if self.schools == PICKED:
            schools = "Every open school that the coordinators picked."
        if self.schools == SOME:
            schools = f"Every open school of the partnership’s authorities among the {self.which_schools}."
        return " ".join(filter(None, (schools, bodies)))


EVERYBODY = AdultTarget()
"""All schools and no bodies: as every programme for adults was before it could choose, and as each begins."""

_BODIES = {
    "District council": "district councils",
    "Voluntary organisation": "voluntary organisations",
}

_PHASES = {
    "16 plus": "colleges and schools for 16 plus",
    "special and alternative provision": "special schools and alternative provision",
    "independent, phase not given": "independent schools without a phase",
    establishments.NO_PHASE.casefold(): "schools without a phase",
}


def check(target: AdultTarget, *, for_adults: bool) -> None:
    """Raises OnlyAdultsChoose, NoKindOfSchool, NoSuchRole, NobodyAsked, NoSuchValidity."""
    if not for_adults and target.valid_months is not None:
        raise NoSuchValidity("Only a training for adults runs out. Clear the months.")
    if not for_adults and target != EVERYBODY:
        raise OnlyAdultsChoose("A programme for pupils is for every school that offers its year groups.")
    if target.valid_months is not None and not SHORTEST <= target.valid_months <= LONGEST:
        raise NoSuchValidity(
            f"A training counts for {SHORTEST} to {LONGEST} months, or, left empty, for good."
        )
    if target.schools == SOME and not (target.phases or target.types):
        raise NoKindOfSchool("Choose the phases or the types of the schools it is for.")
    if target.schools != SOME and (target.phases or target.types):
        raise NoKindOfSchool("Clear the phases and types, or choose ‘Schools of some phases or types’.")
    if not set(target.roles) <= set(ROLES):
        raise NoSuchRole("Choose the roles from the list.")
    if not set(target.kinds) <= set(KINDS):
        raise NobodyAsked("Choose the kinds of bodies from the list.")
    if target.schools == NO_SCHOOLS and not target.kinds:
        raise NobodyAsked("Nobody is asked. Choose kinds of bodies, or some schools.")
    if target.schools == NO_SCHOOLS and target.roles:
        raise NoSuchRole("No schools are asked, so no roles there. Clear them, or choose some schools.")


def in_order(names: Iterable[str]) -> tuple[str, ...]:
    """Each once, as the table keeps them."""
    return tuple(sorted(set(names)))
