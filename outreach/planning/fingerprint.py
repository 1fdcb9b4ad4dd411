"""Fingerprint of what a plan rests on: a short sum of each thing, to see whether any has changed since.

Only what the plan itself was drawn up from counts: its own schools, the days that its rules let it use, their
troupes, and the roads between these. What its own lines became, proposals and the bookings that come of them,
does not count as a change.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import func, literal, or_, select

from outreach.asking.invitations import Answer
from outreach.booking.proposals import Proposal
from outreach.county import partnerships, school_days
from outreach.county.partnerships import Partnership
from outreach.county.school_days import SchoolCalendar
from outreach.county.schools import Organisation, OwnNumber
from outreach.ground.db import Instant, db
from outreach.planning import rules
from outreach.planning.orders import PlanLine, TourPlan
from outreach.planning.rules import PlanRules
from outreach.tour import nights, over_lunch, programmes, road_places, roads
from outreach.tour.agreements import NO_HOLDS, taken_on
from outreach.tour.companies import Troupe
from outreach.tour.days import TourDay
from outreach.tour.nights import BEFORE
from outreach.tour.performances import Performance
from outreach.tour.programmes import Programme
from outreach.tour.target_decisions import TargetDecision

SETTINGS, DAYS, TROUPES, ROADS, SHOWS, HOURS, SCHOOLS = (
    "settings",
    "days",
    "troupes",
    "roads",
    "shows",
    "hours",
    "schools",
)

WORDS = {
    SETTINGS: "the programme’s settings",
    DAYS: "its tour days",
    TROUPES: "the rules or the base of its troupes",
    ROADS: "the minutes on its roads",
    SHOWS: "its shows",
    HOURS: "the hours, lunch, terms or INSET days of its schools",
    SCHOOLS: "what schools answered or told of themselves",
}

# Of each row only what a plan rests on: a rule that is added to one of these is a name more here.
_PROGRAMME = (
    "running_minutes",
    "discussion_minutes",
    "get_in_minutes",
    "get_out_minutes",
    "turn_minutes",
    "audience_ceiling",
    "shows_a_day",
    "earliest_start",
    "latest_finish",
    "notice_book_days",
    "closed_at",
)
_PARTNERSHIP = ("slot_step_minutes",)
_PARTNERSHIP_FOR_GUESTS = ("guest_minutes", "small_school_pupils")
_DAY = (
    TourDay.day,
    TourDay.leaves,
    TourDay.returns,
    TourDay.shows_at_most,
    TourDay.stays_easting,
    TourDay.stays_northing,
    BEFORE.returns,
    BEFORE.stays_easting,
    BEFORE.stays_northing,
)
_TROUPE = (
    Troupe.base_easting,
    Troupe.base_northing,
    Troupe.rest_hours,
    Troupe.lunch_minutes,
    Troupe.latest_return,
)
_CALENDAR = ("opens", "closes", "own_terms", "authority_terms")

Table = tuple[str | None, str]
"""The tokens of a table of minutes and of the waters that roads go round, and the sum of what both say between a plan's
places."""


def fingerprint_of_inputs(
    programme: Programme,
    asked: PlanRules,
    *,
    since: date,
    schools: Collection[int],
    leaving_out: Collection[int] = (),
    table: Table | None = None,
) -> str:
    """The sums as they are now, ten queries. `since`: the first day that could be used; `schools`: those that need a
    show, by URN; `leaving_out`: proposals whose shows do not count; `table`: the one that was summed before."""
    partnership = partnerships.get(programme.partnership_id)
    day_rows = _days(programme.id, asked, since)
    day_ids, troupe_ids = {row.id for row in day_rows}, {row.troupe_id for row in day_rows}
    settings = [
        *(getattr(programme, name) for name in _PROGRAMME),
        *(getattr(partnership, name) for name in _PARTNERSHIP),
        *(getattr(partnership, name) for name in _PARTNERSHIP_FOR_GUESTS if asked.guests),
        programmes.target_year_groups(programme.id),
    ]
    troupes = db.session.execute(
        select(Troupe.id, *_TROUPE).where(Troupe.id.in_(troupe_ids)).order_by(Troupe.id)
    )
    calendars = school_days.load(schools)
    token = partnership.road_table
    if partnership.waters is not None:
        token = f"{token or ''}/{partnership.waters}"
    if table is None or table[0] != token:
        ours = {*schools, *(-each for each in troupe_ids)}
        table = token, _sum([*_pairs(partnership, ours), *_round_waters(partnership, ours)])
    sums: dict[str, Iterable[Any]] = {
        SETTINGS: [settings],
        DAYS: day_rows,
        TROUPES: troupes,
        ROADS: [(table[1],), *_rule_and_points(partnership, schools)],
        SHOWS: _shows(programme.id, day_ids, schools, leaving_out),
        HOURS: _hours(calendars, {row.day for row in day_rows}),
        SCHOOLS: [*_told(programme.id, schools), *_own_days(calendars, {row.day for row in day_rows})],
    }
    return json.dumps(
        {
            "since": since.isoformat(),
            "schools": sorted(schools),
            "table": table,
            "sums": {name: _sum(rows) for name, rows in sums.items()},
        }
    )


def as_it_is_now(plan: TourPlan) -> str:
    """The fingerprint of a plan that was drawn up, of the same schools and days as then; eleven queries."""
    own = db.session.scalars(
        select(PlanLine.proposal_id).where(PlanLine.plan_id == plan.id, PlanLine.proposal_id.is_not(None))
    )
    then = json.loads(plan.about)
    return fingerprint_of_inputs(
        plan.programme,
        rules.unpack(plan.rules),
        since=date.fromisoformat(then["since"]),
        schools=then["schools"],
        leaving_out={*(each for each in own if each is not None), *plan.unplaced_proposals},
        table=tuple(then["table"]),
    )


def changed(plan: TourPlan) -> list[str]:
    """What is not as it was when a plan was drawn up, in words; nothing while it was not drawn up yet. Of one that
    was drawn up when its own schools were not kept with it, nothing can be told apart: all of it."""
    if not plan.about:
        return []
    then = json.loads(plan.about).get("sums")
    if then is None:
        return list(WORDS.values())
    now = json.loads(as_it_is_now(plan))["sums"]
    return [words for name, words in WORDS.items() if now[name] != then.get(name)]


def _days(programme_id: int, asked: PlanRules, since: date) -> Sequence[Any]:
    query = (
        nights.joined(
            select(TourDay.id, TourDay.troupe_id, *_DAY),
            TourDay.programme_id == programme_id,
            TourDay.ended_at.is_(None),
            TourDay.day >= since,
        )
        .where(~taken_on(TourDay.troupe_id, TourDay.day, literal(NO_HOLDS, Instant())))
        .order_by(TourDay.id)
    )
    if asked.troupes:
        query = query.where(TourDay.troupe_id.in_(asked.troupes))
    if asked.until is not None:
        query = query.where(TourDay.day <= asked.until)
    return db.session.execute(query).all()


def _shows(
    programme_id: int, day_ids: Collection[int], schools: Collection[int], leaving_out: Collection[int]
) -> Iterable[Any]:
    """What stands on the days, and what the schools have anywhere."""
    own = select(Proposal.performance_id).where(
        Proposal.id.in_(leaving_out), Proposal.performance_id.is_not(None)
    )
    p = Performance
    return db.session.execute(
        select(p.id, p.organisation_id, p.tour_day_id, p.starts_at)
        .where(
            p.programme_id == programme_id,
            p.released_at.is_(None),
            p.held_until.is_(None),
            p.id.not_in(own),
            or_(p.tour_day_id.in_(day_ids), p.organisation_id.in_(schools)),
        )
        .order_by(p.id)
    )


def _told(programme_id: int, schools: Collection[int]) -> Iterable[Any]:
    newest = (
        select(func.max(Answer.id)).where(
            Answer.programme_id == programme_id, Answer.organisation_id.in_(schools)
        ),
        select(func.max(TargetDecision.id)).where(
            TargetDecision.programme_id == programme_id, TargetDecision.organisation_id.in_(schools)
        ),
        # Their numbers first, then the newest of them: else the newest of all are gone through until one is theirs.
        select(func.max(select(OwnNumber.id).where(OwnNumber.urn.in_(schools)).offset(0).subquery().c.id)),
    )
    return db.session.execute(select(*(each.scalar_subquery() for each in newest)))


def _own_days(calendars: dict[int, SchoolCalendar], dates: Collection[date]) -> Iterable[Any]:
    return (
        (number, sorted((day, said) for day, said in calendar.own_days.items() if day in dates))
        for number, calendar in sorted(calendars.items())
    )


def _hours(calendars: dict[int, SchoolCalendar], dates: Collection[date]) -> Iterable[Any]:
    return (
        (
            number,
            *(getattr(calendar, name) for name in _CALENDAR),
            over_lunch.kept_out(calendar.lunch),
            sorted(day for day in calendar.authority_inset if day in dates),
        )
        for number, calendar in sorted(calendars.items())
    )


def _rule_and_points(partnership: Partnership, schools: Collection[int]) -> Iterable[Any]:
    points = db.session.execute(
        select(Organisation.organisation_id, Organisation.easting, Organisation.northing)
        .where(Organisation.organisation_id.in_(schools))
        .order_by(Organisation.organisation_id)
    )
    return [(partnership.road_base_minutes, partnership.road_minutes_per_km), *points]


def _pairs(partnership: Partnership, ours: set[int]) -> Iterable[Any]:
    """What the table of minutes says between a plan's places, bases below nought as there: another table that says
    the same of them is no change."""
    told = roads.roads_of_partnership(partnership).table
    return sorted(
        (one, other, minutes) for (one, other), minutes in told.items() if one in ours and other in ours
    )


def _round_waters(partnership: Partnership, ours: set[int]) -> Iterable[Any]:
    """The roads between a plan's places that go round a water: other waters that lengthen the same are no change."""
    if partnership.waters is None:
        return []
    ways = roads.roads_of_partnership(partnership)
    stops = sorted(
        (stop for key, stop in road_places.of_partnership(partnership).stops.items() if key in ours),
        key=lambda stop: stop.key,
    )
    return [
        (one.key, other.key, ways.minutes(one, other))
        for n, one in enumerate(stops)
        for other in stops[n + 1 :]
        if ways.told(one.key, other.key) is None and ways.way_round(one, other) is not None
    ]


def _sum(rows: Iterable[Any]) -> str:
    return hashlib.sha256("\n".join(str(tuple(row)) for row in rows).encode()).hexdigest()[:16]
