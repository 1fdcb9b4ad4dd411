"""Candidates of a plan: each gap that still needs shows, how many, for how many pupils, and on which days."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from outreach.asking import draws
from outreach.booking import accounts
from outreach.booking.proposals import Proposal
from outreach.county import school_days, school_locations
from outreach.county.school_days import INSET_DAY, SchoolCalendar
from outreach.county.school_locations import Located
from outreach.county.schools import School
from outreach.coverage.gaplist import missing
from outreach.coverage.gaplist.missing import Gap
from outreach.coverage.gaps import Word
from outreach.coverage.standings import Standing
from outreach.ground.db import db
from outreach.ground.timespans import day_of
from outreach.planning.rules import PlanRules
from outreach.post.proposing import REFUSED
from outreach.tour.performances import Performance
from outreach.tour.programmes import Programme

NO_ADDRESS, SAID_NO = "no address", "said no"
"""Why a school is left out before any planning: nobody to write to; its newest answer is no, and the rules
respect it."""

_PROVIDED_FOR = frozenset((Word.SEEN, Word.PART_SEEN, Word.BOOKED, Word.TO_CONFIRM))


@dataclass(frozen=True, kw_only=True)
class WaitingProposal:
    """A time that is kept for a school until it answers, and where it stands on the tour."""

    proposal_id: int
    performance_id: int
    tour_day_id: int
    organisation_id: int
    starts_at: datetime


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A school that needs `shows` for `pupils` (None: not known). `waiting`: its proposals that nobody
    answered yet.

    `urgency`: how soon it should have its turn, from 0 to 1. `closed_on`: dates that it refused, besides those
    its calendar rules out; not one on which another time waits for it. `not_before`: the day before which a lot does
    not let it have its turn, but for a time that waits for it already.
    """

    organisation_id: int
    name: str
    district_code: str
    district_name: str
    located: Located
    calendar: SchoolCalendar
    shows: int
    pupils: int | None
    never_seen: bool
    behind: bool
    waiting: tuple[WaitingProposal, ...]
    closed_on: frozenset[date]
    not_before: date | None = None
    urgency: float = 0.0

    def dates(self, days: Collection[date], *, for_adults: bool) -> frozenset[date]:
        """Those of some days on which it can; staff of adults' programmes may meet on INSET days."""
        fine = {"", INSET_DAY} if for_adults else {""}
        kept = {day_of(each.starts_at) for each in self.waiting}
        return frozenset(
            day
            for day in days
            if day not in self.closed_on and self.calendar.why_closed(day) in fine
            if self.not_before is None or day >= self.not_before or day in kept
        )

    def seated(self, nth: int) -> int | None:
        """How many of its pupils come to its nth show of those it needs, counted from 0."""
        if self.pupils is None:
            return None
        return self.pupils // self.shows + (nth < self.pupils % self.shows)


@dataclass(frozen=True, kw_only=True)
class Candidates:
    """`schools` by URN; `left_out`: (URN, shows, why) of those that no slot is looked for."""

    schools: dict[int, Candidate]
    left_out: tuple[tuple[int, int, str], ...]


def candidates_of_programme(
    programme: Programme, rules: PlanRules, *, struck: Mapping[int, Collection[date]], now: datetime
) -> Candidates:
    """The schools of a programme's gaps; 33 queries, two more where the rules keep a draw by lot. `struck`: dates that
    a coordinator took out, by URN."""
    found = missing.missing_from_programme(programme, now=now)
    gaps = {gap.organisation_id: gap for gap in found.gaps}
    rows = db.session.scalars(
        select(School).where(School.organisation_id.in_(gaps)).order_by(School.organisation_id)
    ).all()
    owed = accounts.of_organisations(programme, rows, now=now)
    waiting = _waiting(programme.id, now=now)
    refused = _refused(programme.id)
    behind = districts_behind(found.reckoning.target)
    later = draws.drawn_for_later(programme.id) if rules.drawn_later_from is not None else set()
    needed = {}
    for school in rows:
        account = owed[school.organisation_id]
        open_now = sum(n or 0 for n in account.still_open.values())
        known = bool(account.still_open) and None not in account.still_open.values()
        shows = accounts.shows_needed(programme, account.still_open) if known else 1
        if account.is_open and (programme.for_adults or not known or open_now):
            needed[school.organisation_id] = (
                max(1, shows, len(waiting[school.organisation_id])),
                open_now if known else None,
            )
    left_out = []
    for organisation_id in sorted(needed):
        if why := _left_out(gaps[organisation_id].standing, rules, waiting=bool(waiting[organisation_id])):
            left_out.append((organisation_id, needed[organisation_id][0], why))
    asked = [
        school
        for school in rows
        if school.organisation_id in needed.keys() - {organisation_id for organisation_id, _, _ in left_out}
    ]
    soon = urgency([gaps[school.organisation_id] for school in asked], found.reckoning.target, day_of(now))
    where, calendars = (
        school_locations.locate_all(asked),
        school_days.load(school.organisation_id for school in asked),
    )
    return Candidates(
        schools={
            school.organisation_id: Candidate(
                organisation_id=school.organisation_id,
                name=school.name,
                district_code=school.district_code or "",
                district_name=school.district_name or "",
                located=where[school.organisation_id],
                calendar=calendars[school.organisation_id],
                shows=needed[school.organisation_id][0],
                pupils=needed[school.organisation_id][1],
                never_seen=gaps[school.organisation_id].never_seen,
                behind=gaps[school.organisation_id].standing.district_code in behind,
                waiting=tuple(waiting[school.organisation_id]),
                closed_on=frozenset(
                    {*refused[school.organisation_id], *struck.get(school.organisation_id, ())}
                )
                - {day_of(each.starts_at) for each in waiting[school.organisation_id]},
                not_before=rules.drawn_later_from if school.organisation_id in later else None,
                urgency=soon[school.organisation_id],
            )
            for school in asked
        },
        left_out=tuple(left_out),
    )


def urgency(gaps: Collection[Gap], target: Collection[Standing], today: date) -> dict[int, float]:
    """How soon each school should have its turn, by URN: 1 the most urgent of them, 0 the least. Pure.

    Three things count alike: the share of its district and its town that has not seen it and will not; whether it was
    never seen; and how long it waits, beside whoever waits longest. Where all are alike each is 0.
    """
    missing: dict[tuple[str, str], list[bool]] = defaultdict(list)
    for standing in target:
        for place in _places(standing):
            missing[place].append(standing.standing not in _PROVIDED_FOR)
    longest = max(((today - gap.waits_since).days for gap in gaps), default=0)
    counts = {}
    for gap in gaps:
        shares = [
            sum(missing[place]) / len(missing[place]) for place in _places(gap.standing) if missing[place]
        ]
        behind = sum(shares) / len(shares) if shares else 0.0
        waits = (today - gap.waits_since).days / max(1, longest)
        counts[gap.organisation_id] = (behind + gap.never_seen + waits) / 3
    least, most = min(counts.values(), default=0.0), max(counts.values(), default=0.0)
    return {each: (count - least) / (most - least) if most > least else 0.0 for each, count in counts.items()}


def _places(standing: Standing) -> tuple[tuple[str, str], ...]:
    """Its district, and its town where the register names one."""
    town = (("town", standing.town),) if standing.town else ()
    return (("district", standing.district_code), *town)


def districts_behind(target: Collection[Standing]) -> set[str]:
    """The codes of the districts in which fewer schools have seen it, or will, than in the whole county.
    Pure."""
    reached: dict[str, list[int]] = defaultdict(list)
    for standing in target:
        reached[standing.district_code].append(standing.standing in _PROVIDED_FOR)
    whole = sum(map(sum, reached.values())) / max(1, len(target))
    return {code for code, here in reached.items() if sum(here) / len(here) < whole}


def _left_out(standing: Standing, rules: PlanRules, *, waiting: bool) -> str:
    if waiting:
        return ""
    if standing.standing == Word.UNREACHABLE:
        return NO_ADDRESS
    return SAID_NO if standing.standing == Word.DECLINED and not rules.declined_too else ""


def _waiting(programme_id: int, *, now: datetime) -> dict[int, list[WaitingProposal]]:
    """What is kept for schools until they answer, by URN; one query."""
    rows = db.session.execute(
        select(Proposal, Performance.id, Performance.tour_day_id)
        .join(Performance, Performance.id == Proposal.performance_id)
        .where(
            Proposal.programme_id == programme_id,
            Proposal.ended_at.is_(None),
            Proposal.reply_by >= day_of(now),
            Performance.released_at.is_(None),
        )
        .order_by(Proposal.starts_at, Proposal.id)
    )
    found: dict[int, list[WaitingProposal]] = defaultdict(list)
    for proposal, performance_id, tour_day_id in rows:
        found[proposal.organisation_id].append(
            WaitingProposal(
                proposal_id=proposal.id,
                performance_id=performance_id,
                tour_day_id=tour_day_id,
                organisation_id=proposal.organisation_id,
                starts_at=proposal.starts_at,
            )
        )
    return found


def _refused(programme_id: int) -> dict[int, set[date]]:
    """The dates of times that schools would not have, by URN."""
    rows = db.session.execute(
        select(Proposal.organisation_id, Proposal.starts_at)
        .where(Proposal.programme_id == programme_id, Proposal.ended_as == REFUSED)
        .order_by(Proposal.id)
    )
    found: dict[int, set[date]] = defaultdict(set)
    for organisation_id, starts_at in rows:
        found[organisation_id].add(day_of(starts_at))
    return found
