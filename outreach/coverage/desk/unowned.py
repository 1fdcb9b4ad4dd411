"""How many gaps nobody looks after: no coordinator was given the school, nor any that it came from."""

from datetime import datetime

from outreach.asking import owners
from outreach.coverage import facts
from outreach.coverage.kin import Kin
from outreach.coverage.parts.cut import cut_of
from outreach.coverage.standings import Reckoning
from outreach.ground.timespans import day_of


def count(reckoning: Reckoning, *, now: datetime) -> int:
    """As many as the gaps list shows of those with nobody; one query, and one more once somebody looks after some."""
    programme = reckoning.programme
    owned = owners.owned(programme.id)
    nobodys = [s.urn for s in reckoning.target if s.is_gap and s.urn not in owned]
    if not owned:
        return len(nobodys)
    links = facts.links(cut_of(programme.academic_year, day_of(now), now))
    kin = Kin((predecessor, successor) for predecessor, successor, _ in links)
    return sum(owned.isdisjoint(kin.before(urn)) for urn in nobodys)
