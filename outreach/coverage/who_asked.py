"""Words for whom a target asks: schools, bodies, or both. Pure."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from outreach.coverage.lists import BODIES, SCHOOLS
from outreach.coverage.standings import Reckoning, Standing
from outreach.ground.wording import count
from outreach.tour.adults import NO_SCHOOLS


@dataclass(frozen=True, kw_only=True)
class Asked:
    one: str
    many: str

    def count(self, number: int) -> str:
        return count(number, self.one, self.many)


OF_SCHOOLS = Asked(one="school", many="schools")
OF_BODIES = Asked(one="body", many="bodies")
OF_BOTH = Asked(one="school or body", many="schools and bodies")


def among(target: Iterable[Standing], *, otherwise: Asked = OF_SCHOOLS) -> Asked:
    """Who there is; `otherwise` where there is nobody."""
    return of_halves({s.is_body for s in target}, otherwise=otherwise)


def of_halves(there: Collection[bool], *, otherwise: Asked = OF_SCHOOLS) -> Asked:
    """The same: is there a body (True), is there a school (False)."""
    if len(there) == 2:
        return OF_BOTH
    return otherwise if not there else OF_BODIES if True in there else OF_SCHOOLS


def of_target(reckoning: Reckoning, who: str = "") -> Asked:
    """Who a programme asks, or the half of it that was chosen (`who`)."""
    if who in (SCHOOLS, BODIES):
        return OF_BODIES if who == BODIES else OF_SCHOOLS
    if not reckoning.adults.kinds:
        return among(reckoning.target)
    none = reckoning.adults.schools == NO_SCHOOLS and not any(not s.is_body for s in reckoning.target)
    return OF_BODIES if none else OF_BOTH
