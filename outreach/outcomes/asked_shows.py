"""Shows of a programme whose pupils were asked, as plain columns: where, when, whom, how many could answer, and how far
their waves are."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from outreach.county.schools import School
from outreach.ground.db import db
from outreach.ground.timespans import day_of
from outreach.outcomes import expected
from outreach.outcomes.waves import LATER, AnswerWave
from outreach.tour.performances import Performance
from outreach.tour.programmes import Programme


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedShow:
    """One show. `year_groups`: those of its audience, who answer together; `pupils`: how many could answer."""

    performance: int
    urn: int
    day: date
    district_code: str
    district: str
    school_type: str
    year_groups: tuple[int, ...]
    pupils: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldWave:
    """One wave of such a show. `month`: the first day of the month in which it was open."""

    id: int
    performance: int
    kind: str
    opens_on: date | None
    month: date
    is_closed: bool


def of_programme(programme: Programme, *, now: datetime) -> tuple[list[AskedShow], list[HeldWave]]:
    """The shows that have waves and take place, by their start, and these waves; six queries."""
    rows = db.session.execute(
        select(
            AnswerWave.id,
            AnswerWave.kind,
            AnswerWave.opens_on,
            AnswerWave.closed_at,
            Performance.id,
            Performance.urn,
            Performance.starts_at,
            School.district_code,
            School.district_name,
            School.type_of_establishment,
        )
        .join(Performance, Performance.id == AnswerWave.performance_id)
        .join(School, School.urn == Performance.urn)
        .where(Performance.programme_id == programme.id, Performance.released_at.is_(None))
        .order_by(Performance.starts_at, AnswerWave.id)
    ).all()
    pupils = expected.by_year_group({row[4] for row in rows}, programme.id, now=now)
    shows: dict[int, AskedShow] = {}
    waves = []
    for wave_id, kind, opens_on, closed_at, show_id, urn, starts_at, code, name, school_type in rows:
        day = day_of(starts_at)
        if show_id not in shows:
            audience = {year_group: n for year_group, n in pupils[show_id].items() if n}
            shows[show_id] = AskedShow(
                performance=show_id,
                urn=urn,
                day=day,
                district_code=code or "",
                district=name or "",
                school_type=school_type,
                year_groups=tuple(sorted(audience)),
                pupils=sum(audience.values()),
            )
        asked_on = opens_on if kind == LATER and opens_on else day
        waves.append(
            HeldWave(
                id=wave_id,
                performance=show_id,
                kind=kind,
                opens_on=opens_on,
                month=asked_on.replace(day=1),
                is_closed=closed_at is not None,
            )
        )
    return list(shows.values()), waves
