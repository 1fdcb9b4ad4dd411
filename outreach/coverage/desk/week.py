"""This week's shows, or those of the next week that has any: when, where, who plays, who comes, and what is
known of each."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from outreach.booking import promises
from outreach.booking.invite_answers import ACCEPTED, DECLINED
from outreach.booking.promises import GUEST, Booking
from outreach.county.schools import VENUE, Organisation
from outreach.ground import audience
from outreach.ground.audience import Words
from outreach.ground.db import db, made_once, plain_rows
from outreach.ground.timespans import day_of, wall
from outreach.ground.wording import count
from outreach.post.incoming import inbox
from outreach.post.incoming.headers import bare
from outreach.post.incoming.inbox import CalendarAnswer
from outreach.tour import sessions
from outreach.tour.companies import Troupe
from outreach.tour.performances import Performance
from outreach.tour.programmes import Programme
from outreach.visits import reports
from outreach.visits.reports import COMPANY, SCHOOL, SETTLED, VisitReport

MOST = 30
"""Shows of a county's week are fewer; a page stays a page where they are not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitOfWeek:
    """One promise for a show of the week, or the venue's own of a session. `knows` says what is known of it, in
    words."""

    starts_at: datetime
    day: date
    organisation_id: int
    name: str
    is_venue: bool
    reference: str
    troupe: str
    pupils: int
    knows: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskWeek:
    """`is_this`: it holds today (at a weekend the coming week counts as this). `more`: there are more than
    MOST."""

    monday: date
    is_this: bool
    visits: list[VisitOfWeek]
    more: bool


def week_of_programme(programme: Programme, *, now: datetime) -> DeskWeek | None:
    """The week in hand, else the next one with a show; None when no show is to come. Four queries, two more
    where this week has none."""
    today = day_of(now)
    monday = shown = (
        today - timedelta(days=today.weekday()) + timedelta(days=7 if today.weekday() >= 5 else 0)
    )
    rows = _rows(programme, shown)
    if not rows:
        first = _next(programme, monday)
        if first is None:
            return None
        shown = first - timedelta(days=first.weekday())
        rows = _rows(programme, shown)
    told = _told({r.performance_id for r in rows})
    people, answers = _people([r.id for r in rows]), inbox.answers_of(r.uid for r in rows)
    visits = [
        VisitOfWeek(
            starts_at=r.starts_at,
            day=day_of(r.starts_at),
            organisation_id=r.organisation_id,
            name=r.name,
            is_venue=r.kind == VENUE,
            reference=r.reference,
            troupe=r.troupe,
            pupils=r.seats,
            knows=_knows(r, told, people.get(r.id, []), answers.get(r.uid, {}), programme.for_adults, now),
        )
        for r in rows[:MOST]
    ]
    return DeskWeek(monday=shown, is_this=shown == monday, visits=visits, more=len(rows) > MOST)


def _next(programme: Programme, after: date) -> date | None:
    """The day of the first show from a day on."""
    first = db.session.scalar(
        select(func.min(Performance.starts_at))
        .join(Booking, Booking.performance_id == Performance.id)
        .where(
            Booking.programme_id == programme.id,
            Booking.ended_at.is_(None),
            Performance.starts_at >= wall(after, time(0)),
        )
    )
    return None if first is None else day_of(first)


def _rows(programme: Programme, monday: date) -> list[Any]:
    first, then = wall(monday, time(0)), wall(monday + timedelta(days=7), time(0))
    return list(plain_rows(*_shows(programme.id, first, then)))


@made_once
def _shows(programme_id: int, first: datetime, then: datetime) -> Any:
    b, p, host = Booking, Performance, aliased(Organisation)
    return (
        select(
            b.id,
            b.organisation_id,
            b.reference,
            b.seats,
            b.role,
            b.uid,
            b.place_sequence,
            b.performance_id,
            p.starts_at,
            p.ends_at,
            Organisation.name.label("name"),
            Organisation.kind,
            host.name.label("host"),
            p.organisation_id.label("host_id"),
            Troupe.name.label("troupe"),
        )
        .join(p, p.id == b.performance_id)
        .join(Organisation, Organisation.organisation_id == b.organisation_id)
        .join(host, host.organisation_id == p.organisation_id)
        .join(Troupe, Troupe.id == p.troupe_id)
        .where(
            b.programme_id == programme_id,
            b.ended_at.is_(None),
            p.starts_at >= first,
            p.starts_at < then,
        )
        .order_by(p.starts_at, p.id, b.role.desc(), b.id)
        .limit(MOST + 1)
    )


def _told(performance_ids: Iterable[int]) -> dict[tuple[str, int], bool]:
    """{(side, booking, or performance where the company speaks): did it take place}; the newest word of each
    side."""
    found = plain_rows(*_reports(set(performance_ids)))
    return {(side, booking or performance): took for side, booking, performance, took in found}


@made_once
def _reports(performance_ids: Collection[int]) -> Any:
    v = VisitReport
    return (
        select(v.side, v.booking_id, v.performance_id, v.took_place)
        .join(Performance, Performance.id == v.performance_id)
        .where(
            v.performance_id.in_(performance_ids),
            v.recorded_at >= Performance.starts_at,
            reports.stands(),
        )
        .order_by(*reports.by_when_said())
    )


def _people(booking_ids: list[int]) -> dict[int, list[str]]:
    """The addresses of those who have each booking in the calendar."""
    named = promises.people_of_each(booking_ids)
    return {booking_id: [bare(person.address) for person in people] for booking_id, people in named.items()}


def _knows(
    row: Any,
    told: Mapping[tuple[str, int], bool],
    people: list[str],
    answers: Mapping[str, CalendarAnswer],
    for_adults: bool,
    now: datetime,
) -> str:
    """What is known: of a past show the reports, of a coming one the answers, and whose guest the school
    is."""
    said = [sessions.whose(row.host_id, row.host, for_adults=for_adults)] if row.role == GUEST else []
    if row.ends_at <= now:
        said.append(_reported(row, told, audience.words(for_adults)))
    elif row.starts_at <= now:
        said.append("on now")
    else:
        stands = [answers[a] for a in people if a in answers and answers[a].sequence >= row.place_sequence]
        said.append(_answered(len(people), [answer.partstat for answer in stands]))
    said = [part for part in said if part]
    return "; ".join(said)[:1].upper() + "; ".join(said)[1:]


def _reported(row: Any, told: Mapping[tuple[str, int], bool], words: Words) -> str:
    settled = told.get((SETTLED, row.id))
    school, company = told.get((SCHOOL, row.id)), told.get((COMPANY, row.performance_id))
    if settled is not None:
        return "settled by a coordinator" + ("" if settled else ": it did not take place")
    if school is None and company is None:
        return "report missing"
    if school is not None and company is not None:
        if school != company:
            return "the two sides disagree"
        return "both reported" if school else "both say it did not take place"
    side = f"the {words.asked if school is not None else words.company}"
    return f"reported by {side}" + ("" if school or company else ": it did not take place")


def _answered(people: int, answers: list[str]) -> str:
    accepted, declined = answers.count(ACCEPTED), answers.count(DECLINED)
    if declined:
        return f"{declined} declined the invite"
    if people and accepted == people:
        return f"all {people} accepted" if people > 1 else "accepted"
    if accepted:
        return f"{accepted} of {people} accepted"
    return f"{count(people, 'person', 'people')} invited, no answer yet" if people else ""
