"""Shows of a programme whose pupils were asked, as plain columns: where, when, whom, how many could answer;
and what is still to come."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time

from sqlalchemy import or_, select

from outreach.county.schools import School
from outreach.ground.db import db
from outreach.ground.timespans import day_of, wall
from outreach.outcomes import expected
from outreach.outcomes.waves import LATER, AnswerWave
from outreach.tour.performances import Performance
from outreach.tour.programmes import Programme


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedShow:
    """One show. `year_groups`: those of its audience, who answer together; `pupils`: how many could answer."""

    performance: int
    organisation_id: int
    day: date
    district_code: str
    district: str
    school_type: str
    year_groups: tuple[int, ...]
    pupils: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldWave:
    """One closed wave of such a show. `month`: the first day of the month in which it was open."""

    id: int
    performance: int
    kind: str
    month: date


def of_waves(
    wave_ids: Collection[int], programme_id: int, *, now: datetime
) -> tuple[list[AskedShow], list[HeldWave]]:
    """Some waves of a programme and their shows, by their start; six queries."""
    rows = db.session.execute(
        select(
            AnswerWave.id,
            AnswerWave.kind,
            AnswerWave.opens_on,
            Performance.id,
            Performance.organisation_id,
            Performance.starts_at,
            School.district_code,
            School.district_name,
            School.type_of_establishment,
        )
        .join(Performance, Performance.id == AnswerWave.performance_id)
        .join(School, School.organisation_id == Performance.organisation_id)
        .where(AnswerWave.id.in_(wave_ids), Performance.programme_id == programme_id)
        .order_by(Performance.starts_at, AnswerWave.id)
    ).all()
    pupils = expected.by_year_group({row[3] for row in rows}, programme_id, now=now)
    shows: dict[int, AskedShow] = {}
    waves = []
    for wave_id, kind, opens_on, show_id, organisation_id, starts_at, code, name, school_type in rows:
        day = day_of(starts_at)
        if show_id not in shows:
            audience = {year_group: n for year_group, n in pupils[show_id].items() if n}
            shows[show_id] = AskedShow(
                performance=show_id,
                organisation_id=organisation_id,
                day=day,
                district_code=code or "",
                district=name or "",
                school_type=school_type,
                year_groups=tuple(sorted(audience)),
                pupils=sum(audience.values()),
            )
        waves.append(held_wave(wave_id, show_id, kind, opens_on, day))
    return list(shows.values()), waves


def held_wave(wave_id: int, show_id: int, kind: str, opens_on: date | None, day: date) -> HeldWave:
    """`day`: that of the show."""
    asked_on = opens_on if kind == LATER and opens_on else day
    return HeldWave(id=wave_id, performance=show_id, kind=kind, month=asked_on.replace(day=1))


def to_come(programme: Programme, *, today: date) -> tuple[list[date], date | None]:
    """The first days of waves that are still to open three months later, and the day of the next show whose pupils are
    asked; one query."""
    rows = db.session.execute(
        select(AnswerWave.opens_on, AnswerWave.closed_at, Performance.starts_at)
        .join(Performance, Performance.id == AnswerWave.performance_id)
        .where(
            Performance.programme_id == programme.id,
            Performance.released_at.is_(None),
            or_(AnswerWave.opens_on > today, Performance.starts_at >= wall(today, time())),
        )
        .order_by(AnswerWave.id)
    ).all()
    to_ask = sorted(opens for opens, closed, _ in rows if opens and opens > today and not closed)
    return to_ask, min((day_of(starts) for _, _, starts in rows if day_of(starts) >= today), default=None)
