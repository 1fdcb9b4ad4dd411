"""Schools missing from a programme now: each gap with how long it waits, who looks after it, and whether it
was ever seen.

A school stands for those it came from: they may have an owner still, and what they saw it saw.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TypeVar

from sqlalchemy import CompoundSelect, Date, func, null, select, type_coerce

from outreach.asking import follow_ups, owners, seen_before
from outreach.asking.chasing import schedule, settings
from outreach.asking.follow_ups import FollowUpOfOrganisation
from outreach.asking.owners import Owner
from outreach.county import school_days
from outreach.county.bodies import Body
from outreach.county.partnerships import Authority
from outreach.county.schools import OrganisationRecord, School
from outreach.county.succession import Kin
from outreach.coverage import gaps, in_parts, standings
from outreach.coverage.as_of import scope
from outreach.coverage.gaplist import ever_seen
from outreach.coverage.standings import Reckoning, Standing, Word, without_collecting
from outreach.ground.db import Instant, made_once, plain_rows
from outreach.ground.timespans import day_of
from outreach.ground.wording import day_short
from outreach.tour.programmes import Programme

_What = TypeVar("_What")

SAW = frozenset((Word.SEEN.value, Word.PART_SEEN.value))


@dataclass(slots=True)
class Gap:
    """One school that is missing. `waits_since`: the day from which its standing holds, else from which it
    could have been asked. `family`: its URN, then those it came from. `not_known`: nobody reported a show, of
    this or an earlier year, and no other says that it saw it, so that whether it was ever seen has to be
    asked. `follow_up`: what somebody does about it, and when; `follow_up_is_due`: today, or it was before."""

    standing: Standing
    waits_since: date
    owner: Owner | None
    never_seen: bool
    family: tuple[int, ...]
    not_known: bool = False
    follow_up: FollowUpOfOrganisation | None = None
    follow_up_is_due: bool = False

    @property
    def organisation_id(self) -> int:
        return self.standing.organisation_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """The gaps of a programme, among all schools that were looked at."""

    programme: Programme
    day: date
    reckoning: Reckoning
    gaps: list[Gap]


def missing_from_programme(
    programme: Programme, *, now: datetime, only: Collection[int] | None = None
) -> Missing:
    """The gaps as they stand now, of all or of some schools; 27 queries, three more where some wait for an
    answer, two where only some are asked for."""
    with without_collecting():
        return _of(programme, now, only)


def _of(programme: Programme, now: datetime, only: Collection[int] | None) -> Missing:
    today = day_of(now)
    near = None if only is None else in_parts.with_kin(scope(programme), only)
    found = standings.standings_of_programme(
        programme.id, as_of=today, now=now, only=None if near is None else tuple(sorted(near))
    )
    wanted = found.target if only is None else [s for s in found.target if s.organisation_id in set(only)]
    return Missing(
        programme=programme,
        day=found.day,
        reckoning=found,
        gaps=gaps_among(programme, wanted, found.kin, now=now, only=near),
    )


def gaps_among(
    programme: Programme,
    target: Iterable[Standing],
    kin: Kin,
    *,
    now: datetime,
    only: Collection[int] | None,
) -> list[Gap]:
    """Those of some schools that are gaps, in the order given; `kin` is that of their reckoning. `only`: they
    and all their kin, None for all; 7 queries, and three more where some wait for an answer."""
    known = ever_seen.read(programme, only)
    owner_of = owners.owners_of_programme(programme.id, only)
    follow_up_of = follow_ups.follow_ups_of_programme(programme.id, only)
    today = day_of(now)
    target = list(target)
    opened, waiting = _opened(programme, only), _to_be_reminded(programme, target, today=today)
    began = day_of(programme.created_at)
    found = []
    for s in target:
        if not s.is_gap:
            continue
        family = (
            (s.organisation_id, *kin.before(s.organisation_id))
            if s.organisation_id in kin.predecessors
            else (s.organisation_id,)
        )
        follow_up = of_family(family, follow_up_of)
        before = known.seen_before(family, saw_now=_saw_it(s), waits_now=s.kind == gaps.REPORT_MISSING).word
        found.append(
            Gap(
                waiting.get(s.organisation_id, s),
                # A show to come is none that anybody waits since.
                s.since if s.since and s.since <= today else opened.get(s.organisation_id, began),
                of_family(family, owner_of),
                before == seen_before.Word.NEVER,
                family,
                before == seen_before.Word.NOT_KNOWN,
                follow_up,
                follow_up is not None and follow_up.is_due(today),
            )
        )
    return found


def count_unowned(reckoning: Reckoning) -> int:
    """How many gaps nobody looks after: no coordinator was given the school, nor any that it came from. As
    many as the gaps list shows of those with nobody; one query."""
    programme = reckoning.programme
    owned = owners.owned(programme.id)
    nobodys = [s.organisation_id for s in reckoning.target if s.is_gap and s.organisation_id not in owned]
    if not owned:
        return len(nobodys)
    return sum(owned.isdisjoint(reckoning.kin.before(organisation_id)) for organisation_id in nobodys)


def _to_be_reminded(programme: Programme, target: Iterable[Standing], *, today: date) -> dict[int, Standing]:
    """Of those that were asked and wait, by URN: said with the school day on which the first reminder goes,
    if one does.

    Three queries, none where nobody waits.
    """
    waiting = [s for s in target if s.is_gap and s.kind == gaps.ASKED_LATELY and s.since is not None]
    if not waiting:
        return {}
    plan, calendars = (
        settings.schedule_of_programme(programme.id),
        school_days.load(s.organisation_id for s in waiting),
    )
    found = {}
    for s in waiting:
        if s.since is None or s.organisation_id not in calendars:
            continue
        why_closed = calendars[s.organisation_id].why_closed
        due = schedule.due_on(s.since, plan.first_after_days, until=programme.reply_by, why_closed=why_closed)
        asked = "asked today" if s.since == today else f"asked on {day_short(s.since)}"
        then = (
            f"{'first reminder on' if plan.reminders_on else 'to be reminded from'} {day_short(due)}"
            if due
            else (f"to reply by {day_short(programme.reply_by)}")
        )
        found[s.organisation_id] = replace(s, detail=f"{asked}; {then}")
    return found


def _saw_it(s: Standing) -> bool:
    """Whether a show of this programme took place for it, or for whom it came from."""
    return bool(s.evidence) or not SAW.isdisjoint(s.year_groups.values())


def of_family(family: Iterable[int], of_organisation_id: Mapping[int, _What]) -> _What | None:
    """What was put down for a school, else for the first of those it came from that has any."""
    return next(
        (
            of_organisation_id[organisation_id]
            for organisation_id in family
            if organisation_id in of_organisation_id
        ),
        None,
    )


def _opened(programme: Programme, only: Collection[int] | None) -> dict[int, date]:
    """When schools opened, and bodies were added, that did so after the programme was set up; few."""
    since = programme.created_at
    found = plain_rows(*_opened_since(programme.partnership_id, day_of(since), since, only))
    return {
        organisation_id: opened or day_of(added)
        for organisation_id, opened, added in found
        if opened is not None or added is not None
    }


@made_once
def _opened_since(
    partnership_id: int, began: date, since: datetime, only: Collection[int] | None
) -> CompoundSelect[int, date | None, datetime | None]:
    codes = select(Authority.la_code).where(Authority.partnership_id == partnership_id)
    schools = select(
        School.organisation_id, School.open_date, type_coerce(null(), Instant).label("added_at")
    ).where(School.open_date > began, School.la_code.in_(codes))
    bodies = (
        select(Body.organisation_id, type_coerce(null(), Date), func.min(OrganisationRecord.recorded_at))
        .join(OrganisationRecord, OrganisationRecord.organisation_id == Body.organisation_id)
        .where(Body.partnership_id == partnership_id)
        .group_by(Body.organisation_id)
        .having(func.min(OrganisationRecord.recorded_at) > since)
    )
    if only is not None:
        schools = schools.where(School.organisation_id.in_(only))
        bodies = bodies.where(Body.organisation_id.in_(only))
    return schools.union_all(bodies).order_by(School.organisation_id)
