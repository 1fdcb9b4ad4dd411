"""Closing of waves: their answers lose the order in which they came."""

from datetime import datetime, time, timedelta

from sqlalchemy import and_, insert, literal, or_, select, update

from outreach.ground.db import db, table_of
from outreach.ground.timespans import day_of, wall
from outreach.outcomes import open_answers, waves
from outreach.outcomes.closed_answers import ClosedAnswer
from outreach.outcomes.open_answers import PLACES
from outreach.outcomes.waves import (
    AFTER,
    BEFORE,
    DAYS_AFTER,
    LATER,
    LATER_LASTS,
    OVER,
    AnswersSetAside,
    AnswerWave,
)
from outreach.tour.performances import Performance


def close_next(*, now: datetime) -> bool:
    """Close one wave that is over; whether there was one. In the caller's transaction, of which all is done or
    nothing."""
    today = day_of(now)
    wave = db.session.scalar(
        select(AnswerWave)
        .join(Performance, Performance.id == AnswerWave.performance_id)
        .where(
            AnswerWave.closed_at.is_(None),
            or_(
                Performance.released_at <= now,
                and_(AnswerWave.kind == BEFORE, Performance.starts_at <= now),
                and_(
                    AnswerWave.kind == AFTER,
                    Performance.starts_at < wall(today - timedelta(days=DAYS_AFTER), time()),
                ),
                and_(AnswerWave.kind == LATER, AnswerWave.opens_on <= today - LATER_LASTS),
            ),
        )
        .order_by(AnswerWave.id)
        .limit(1)
    )
    if wave is None:
        return False
    close(wave, now=now)
    return True


def close(wave: AnswerWave, *, now: datetime) -> None:
    """Copy its answers, in the order of their random keys, to where closed ones stand, and drop its own tables. A wave
    that is closed, or not over, stays as it is."""
    waves.lock(wave)
    if wave.state(now) != OVER:
        return
    if wave.open_table is not None:
        theirs = open_answers.table_of_wave(wave.id)
        aside = select(AnswersSetAside.code_id).where(AnswersSetAside.code_id == theirs.c.code_id).exists()
        db.session.execute(
            insert(table_of(ClosedAnswer)).from_select(
                ["key", "partnership_id", "wave_id", "answered_on", "set_aside", *PLACES],
                select(
                    theirs.c.key,
                    literal(wave.partnership_id),
                    literal(wave.id),
                    theirs.c.answered_on,
                    or_(theirs.c.set_aside, aside),
                    *(theirs.c[place] for place in PLACES),
                ).order_by(theirs.c.key),
            )
        )
        open_answers.drop(wave.id)
    wave.open_table, wave.closed_at = None, now
    db.session.flush()


def any_order_left() -> bool:
    """Whether a wave was closed since the file was written anew: what was dropped may still stand in it."""
    return (
        db.session.scalar(
            select(AnswerWave.id)
            .where(AnswerWave.closed_at.is_not(None), AnswerWave.order_gone_at.is_(None))
            .limit(1)
        )
        is not None
    )


def note_order_gone(*, closed_by: datetime, now: datetime) -> None:
    """The file was written anew after `closed_by`: no wave that was closed by then has an order any more."""
    db.session.execute(
        update(AnswerWave)
        .where(AnswerWave.closed_at <= closed_by, AnswerWave.order_gone_at.is_(None))
        .values(order_gone_at=now)
    )
