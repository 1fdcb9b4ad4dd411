"""How many gaps nobody looks after: no coordinator was given the school, nor any that it came from."""

from datetime import datetime

from outreach.asking import owners
from outreach.coverage import facts
from outreach.coverage.kin import Kin
from outreach.coverage.parts.cut import cut_of
from outreach.coverage.standings import Reckoning
from outreach.ground.timespans import day_of


def count(reckoning: Reckoning, *, now: datetime) -> int:
    """As many as the gaps list shows of those with nobody; two queries."""
    programme = reckoning.programme
    owned = owners.of(programme.id)
    links = facts.links(cut_of(programme.academic_year, day_of(now), now))
    kin = Kin((predecessor, successor) for predecessor, successor, _ in links)
    return sum(s.is_gap and owned.keys().isdisjoint((s.urn, *kin.before(s.urn))) for s in reckoning.target)
