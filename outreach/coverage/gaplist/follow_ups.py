"""Follow-ups of schools that are missing: which are due, and which settle themselves since the school is missing no
more.

One that was set for a school that closed is its successor's by now.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from outreach.asking import follow_ups
from outreach.asking.follow_ups import FollowUpOfOrganisation
from outreach.county.coordinators import Coordinator
from outreach.coverage import standings
from outreach.coverage.gaplist import missing
from outreach.coverage.standings import Reckoning, Standing, without_collecting
from outreach.ground.errors import Refusal
from outreach.ground.timespans import day_of
from outreach.tour.programmes import Programme


class NothingToFollowUp(Refusal):
    """The school is missing no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DueFollowUp:
    """What is due about a school that is missing still."""

    standing: Standing
    follow_up: FollowUpOfOrganisation


def due(reckoning: Reckoning, *, now: datetime) -> list[DueFollowUp]:
    """What is to be done today or was before, the longest due first, then by name; one query."""
    today: date = day_of(now)
    standing = follow_ups.follow_ups_of_programme(reckoning.programme.id)
    if not standing:
        return []
    found = [
        DueFollowUp(standing=s, follow_up=one)
        for s in reckoning.target
        if s.is_gap
        and (one := missing.of_family(_family(reckoning, s.organisation_id), standing))
        and one.is_due(today)
    ]
    return sorted(found, key=lambda d: (d.follow_up.day, d.standing.name, d.standing.organisation_id))


def set_for(
    programme: Programme,
    organisation_id: int,
    day: date,
    what: str,
    person: Coordinator,
    *,
    who: str,
    now: datetime,
) -> None:
    """Somebody follows one school up on that day. Raises NothingToFollowUp, DayCannotBe, WordsUnfit,
    CannotFollowUp."""
    gaps = missing.missing_from_programme(programme, now=now, only=[organisation_id]).gaps
    if not gaps:
        raise NothingToFollowUp("This school is missing no more, so there is nothing to follow up.")
    set_many(programme, gaps, day, what, person, who=who, now=now)


def set_many(
    programme: Programme,
    gaps: Collection[missing.Gap],
    day: date,
    what: str,
    person: Coordinator,
    *,
    who: str,
    now: datetime,
) -> None:
    """The same for several that are missing; what one inherited has its own word from now on."""
    inherited = {gap.follow_up.organisation_id for gap in gaps if gap.follow_up} - {
        gap.organisation_id for gap in gaps
    }
    follow_ups.settle(programme, inherited, who=who, now=now)
    follow_ups.set_follow_ups(
        programme, [gap.organisation_id for gap in gaps], day, what, person, who=who, now=now
    )


def settle(programme: Programme, *, who: str, now: datetime) -> int:
    """End what stands for schools that are missing no more; how many there were. In the caller's transaction."""
    standing = follow_ups.follow_ups_of_programme(programme.id)
    if not standing:
        return 0
    with without_collecting():
        found = standings.standings_of_programme(programme.id, as_of=day_of(now), now=now)
    open_still = {
        organisation_id
        for s in found.target
        if s.is_gap
        for organisation_id in _family(found, s.organisation_id)
    }
    return follow_ups.settle(programme, standing.keys() - open_still, who=who, now=now)


def _family(reckoning: Reckoning, organisation_id: int) -> tuple[int, ...]:
    kin = reckoning.kin
    return (
        (organisation_id, *kin.before(organisation_id))
        if organisation_id in kin.predecessors
        else (organisation_id,)
    )
