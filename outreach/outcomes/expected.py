"""Pupils of a show who may answer: how many were counted, else promised, without schools that declined; and how many
answers are kept at most."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import bindparam, func, select

from outreach.booking.promises import Booking
from outreach.ground.db import db
from outreach.outcomes import declines, open_answers
from outreach.outcomes.declines import QuestionnaireDecline
from outreach.outcomes.open_answers import Stands
from outreach.outcomes.waves import AnswerWave
from outreach.tour.performances import Performance
from outreach.visits import outcomes
from outreach.visits.reports import VisitReport

_PROMISED = select(
    select(func.sum(Booking.seats))
    .where(
        Booking.performance_id == bindparam("id"),
        Booking.ended_at.is_(None),
        Booking.organisation_id.not_in(
            select(QuestionnaireDecline.organisation_id).where(
                QuestionnaireDecline.programme_id == bindparam("programme_id"),
                QuestionnaireDecline.withdrawn_at.is_(None),
            )
        ),
    )
    .scalar_subquery(),
    select(VisitReport.id).where(VisitReport.performance_id == bindparam("id")).exists(),
)
"""How many are promised by schools that did not decline, and whether anybody has reported."""


def pupils(show: Performance, *, now: datetime) -> int:
    """The head count of each booking where somebody counted, else its promise; a constant number of queries, and one
    where nobody has reported yet."""
    promised, reported = db.session.execute(
        _PROMISED, {"id": show.id, "programme_id": show.programme_id}
    ).one()
    if not reported:
        return int(promised or 0)
    return sum(by_year_group([show.id], show.programme_id, now=now).get(show.id, {}).values())


def by_year_group(
    show_ids: Collection[int], programme_id: int, *, now: datetime
) -> dict[int, dict[int, int]]:
    """The same of many shows of one programme, {show: {year group: pupils}}; five queries."""
    declined = declines.organisation_ids_of_programme(programme_id)
    found: dict[int, dict[int, int]] = {show_id: {} for show_id in show_ids}
    for verdict in outcomes.outcomes_of_shows(show_ids, now=now).values():
        if verdict.promise.organisation_id not in declined:
            counted = verdict.counted if verdict.counted is not None else verdict.promise.pupils
            theirs = found[verdict.promise.performance_id]
            for year_group, number in counted.items():
                theirs[year_group] = theirs.get(year_group, 0) + number
    return found


def at_most(show: Performance, *, now: datetime) -> int:
    """How many answers of one wave of the show are kept: so many pupils and a tenth, for who came besides."""
    expected = pupils(show, now=now)
    return expected + (expected + 9) // 10


def came(wave: AnswerWave) -> Stands:
    """How many answers came online in a wave, open or closed: kept, and set aside."""
    if wave.open_table is not None:
        return open_answers.stands(wave.id)
    if wave.closed_at is None:
        return Stands()
    table = AnswerWave.metadata.tables["closed_answer"]
    kept, aside = (func.count().filter(which) for which in (~table.c.set_aside, table.c.set_aside))
    return Stands(*db.session.execute(select(kept, aside).where(table.c.wave_id == wave.id)).one())
