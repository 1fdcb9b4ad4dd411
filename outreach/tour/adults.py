"""Target of a programme for adults: which schools, by phase and type or picked one by one, and which roles there. Pure.

Schools are all of the partnership's, or those of some phases and types, or only those that coordinators took in one by
one. The roles are words for pages and letters: nobody is counted by them. What else may be asked beside schools has a
field of its own here, and its column in the table of targets.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from outreach.county import establishments
from outreach.ground.errors import Refusal
from outreach.ground.wording import and_list

ALL, SOME, PICKED = "all", "some", "picked"
WHICH = (ALL, SOME, PICKED)
TEACHERS, GOVERNORS, LEADS = "teaching staff", "governors", "safeguarding leads"
ROLES = (TEACHERS, GOVERNORS, LEADS)


class NoKindOfSchool(Refusal):
    """Some schools, and not which; or phases and types beside all of them."""

    field = "phases"


class OnlyAdultsChoose(Refusal):
    """A programme for pupils is for the schools that offer its year groups."""

    field = "schools"


class NoSuchRole(Refusal):
    field = "roles"


@dataclass(frozen=True, kw_only=True)
class AdultTarget:
    """The choice of a programme. `phases` are rows of the phase table, `types` the register's own words; () is any.
    `roles` () is staff of whatever role."""

    schools: str = ALL
    phases: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()

    def takes(self, phase_of_education: str | None, type_of_establishment: str, *, picked: bool) -> bool:
        """Whether a school is meant, by the register's words for it; one that was `picked` is, whatever it is."""
        if picked or self.schools == ALL:
            return True
        if self.schools == PICKED:
            return False
        phase = establishments.phase_name(phase_of_education, type_of_establishment)
        return (not self.phases or phase in self.phases) and (
            not self.types or type_of_establishment in self.types
        )

    @property
    def who(self) -> str:
        """'teaching staff and governors', else 'staff'."""
        return and_list(self.roles) or "staff"

    @property
    def said(self) -> str:
        """'teaching staff and governors of secondary schools'; 'staff of all schools'."""
        return f"{self.who} of {self.which}"

    @property
    def which(self) -> str:
        """'secondary schools', 'all schools', 'schools picked one by one'."""
        if self.schools == ALL:
            return "all schools"
        if self.schools == PICKED:
            return "schools picked one by one"
        named = and_list(_PHASES.get(phase.casefold(), f"{phase.lower()} schools") for phase in self.phases)
        if not self.types:
            return named
        kinds = f"the {'type' if len(self.types) == 1 else 'types'} {and_list(self.types)}"
        return f"{named} that are of {kinds}" if named else f"schools of {kinds}"

    @property
    def rule(self) -> str:
        """Which schools are counted, as a board reads it."""
        if self.schools == PICKED:
            return "Every open school that the coordinators picked."
        if self.schools == SOME:
            return f"Every open school of the partnership’s authorities among the {self.which}."
        return "Every open school of the partnership’s authorities where adults can be trained."


EVERYBODY = AdultTarget()
"""As every programme for adults was before it could choose, and as each begins."""

_PHASES = {
    "16 plus": "colleges and schools for 16 plus",
    "special and alternative provision": "special schools and alternative provision",
    "independent, phase not given": "independent schools without a phase",
    establishments.NO_PHASE.casefold(): "schools without a phase",
}


def check(target: AdultTarget, *, for_adults: bool) -> None:
    """Raises OnlyAdultsChoose, NoKindOfSchool, NoSuchRole."""
    if not for_adults and target != EVERYBODY:
        raise OnlyAdultsChoose("A programme for pupils is for every school that offers its year groups.")
    if target.schools == SOME and not (target.phases or target.types):
        raise NoKindOfSchool("Choose the phases or the types of the schools it is for.")
    if target.schools != SOME and (target.phases or target.types):
        raise NoKindOfSchool("Clear the phases and types, or choose ‘Schools of some phases or types’.")
    if not set(target.roles) <= set(ROLES):
        raise NoSuchRole("Choose the roles from the list.")


def in_order(names: Iterable[str]) -> tuple[str, ...]:
    """Each once, as the table keeps them."""
    return tuple(sorted(set(names)))
