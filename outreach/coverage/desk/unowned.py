"""How many gaps nobody looks after: no coordinator was given the school, nor any that it came from."""

from outreach.asking import owners
from outreach.coverage.standings import Reckoning


def count(reckoning: Reckoning) -> int:
    """As many as the gaps list shows of those with nobody; one query."""
    programme = reckoning.programme
    owned = owners.owned(programme.id)
    nobodys = [s.urn for s in reckoning.target if s.is_gap and s.urn not in owned]
    if not owned:
        return len(nobodys)
    return sum(owned.isdisjoint(reckoning.kin.before(urn)) for urn in nobodys)
