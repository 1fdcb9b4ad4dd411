"""Fingerprint of a plan's inputs: a short sum of each thing that plans rest on, to see whether any has
changed since.

What a plan's own lines became, proposals and the bookings that come of them, does not count as a change.
"""

import hashlib
import json
from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import func, select

from outreach.asking.invitations import Answer
from outreach.booking.proposals import Proposal
from outreach.county.partnerships import Authority
from outreach.county.schools import OwnNumber, School, SchoolDay
from outreach.ground.db import db
from outreach.planning.orders import PlanLine, TourPlan
from outreach.tour import programmes
from outreach.tour.days import TourDay
from outreach.tour.performances import Performance
from outreach.tour.programmes import Programme
from outreach.tour.target_decisions import TargetDecision

SETTINGS, DAYS, SHOWS, SCHOOLS = "settings", "days", "shows", "schools"

WORDS = {
    SETTINGS: "the programme’s settings",
    DAYS: "its tour days",
    SHOWS: "its shows",
    SCHOOLS: "what schools answered or told of themselves",
}

_SETTINGS = (
    "running_minutes",
    "discussion_minutes",
    "get_in_minutes",
    "get_out_minutes",
    "audience_ceiling",
    "shows_a_day",
    "earliest_start",
    "latest_finish",
    "notice_book_days",
    "closed_at",
)


def fingerprint_of_inputs(programme: Programme, *, leaving_out: Collection[int] = ()) -> str:
    """The sums as they are now, five queries. `leaving_out`: proposals whose shows do not count."""
    own = select(Proposal.performance_id).where(
        Proposal.id.in_(leaving_out), Proposal.performance_id.is_not(None)
    )
    days = db.session.execute(
        select(
            TourDay.id,
            TourDay.leaves,
            TourDay.returns,
            TourDay.shows_at_most,
            TourDay.stays_easting,
            TourDay.stays_northing,
        )
        .where(TourDay.programme_id == programme.id, TourDay.ended_at.is_(None))
        .order_by(TourDay.id)
    )
    shows = db.session.execute(
        select(Performance.id, Performance.organisation_id, Performance.tour_day_id, Performance.starts_at)
        .where(
            Performance.programme_id == programme.id,
            Performance.released_at.is_(None),
            Performance.held_until.is_(None),
            Performance.id.not_in(own),
        )
        .order_by(Performance.id)
    )
    codes = select(Authority.la_code).where(Authority.partnership_id == programme.partnership_id)
    ours = select(School.organisation_id).where(School.la_code.in_(codes))
    schools = (
        select(func.max(Answer.id)).where(Answer.programme_id == programme.id),
        select(func.max(TargetDecision.id)).where(TargetDecision.programme_id == programme.id),
        select(func.max(OwnNumber.id)).where(OwnNumber.urn.in_(ours)),
        select(func.max(SchoolDay.id)).where(SchoolDay.urn.in_(ours)),
        select(func.count(SchoolDay.id)).where(SchoolDay.urn.in_(ours)),
    )
    told = db.session.execute(select(*(each.scalar_subquery() for each in schools)))
    settings = [getattr(programme, name) for name in _SETTINGS]
    settings.append(programmes.target_year_groups(programme.id))
    sums: dict[str, Iterable[Any]] = {SETTINGS: [settings], DAYS: days, SHOWS: shows, SCHOOLS: told}
    return json.dumps({name: _sum(rows) for name, rows in sums.items()})


def changed(plan: TourPlan) -> list[str]:
    """What is not as it was when a plan was drawn up, in words; nothing while it was not drawn up yet. Six
    queries."""
    if not plan.about:
        return []
    own = db.session.scalars(
        select(PlanLine.proposal_id).where(PlanLine.plan_id == plan.id, PlanLine.proposal_id.is_not(None))
    )
    leaving_out = {*(each for each in own if each is not None), *plan.unplaced_proposals}
    now, then = (
        json.loads(fingerprint_of_inputs(plan.programme, leaving_out=leaving_out)),
        json.loads(plan.about),
    )
    return [words for name, words in WORDS.items() if now[name] != then.get(name)]


def _sum(rows: Iterable[Any]) -> str:
    return hashlib.sha256("\n".join(str(tuple(row)) for row in rows).encode()).hexdigest()[:16]
