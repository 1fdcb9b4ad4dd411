"""Reminder that pupils can answer: once after the show and once about three months later, while their wave is open, on
a school day of the school; never where it declined or wants no reminders."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import contains_eager

from outreach.asking.chasing import settings
from outreach.booking import promises, told
from outreach.booking.colleagues import LEAD
from outreach.booking.promises import Booking, VisitContact
from outreach.county import partnerships, school_days
from outreach.county.schools import Organisation, School
from outreach.ground import history
from outreach.ground.db import db
from outreach.ground.timespans import day_of
from outreach.outcomes import declines, questionnaires
from outreach.outcomes.waves import AFTER, LATER, OPEN, AnswerWave, WaveCode
from outreach.post import letterbook, questions_open
from outreach.post.letterbook import LetterGone
from outreach.post.outbox import WAITING, Letter
from outreach.post.questions_open import QuestionsOpen
from outreach.tour.performances import Performance
from outreach.tour.programmes import Programme
from outreach.visits import stopping
from outreach.visits.before import reminding as before_visits
from outreach.visits.before.reminding import VisitReminder
from outreach.visits.reminding import THE_SERVICE

KINDS = (AFTER, LATER)


@dataclass(frozen=True, kw_only=True)
class OpenWave:
    """A wave of which one school is to be told now, and who there is."""

    booking: Booking
    organisation: Organisation
    wave: AnswerWave
    person: VisitContact


def due(programme: Programme, *, now: datetime, booking_id: int | None = None) -> list[OpenWave]:
    """What the day's round would write now; a constant number of queries. None while reminders of visits are switched
    off."""
    if not settings.schedule_of_programme(programme.id).visits_on:
        return []
    query = (
        select(Booking, Organisation, AnswerWave)
        .join(Performance, Performance.id == Booking.performance_id)
        .join(School, School.organisation_id == Booking.organisation_id)
        .join(AnswerWave, AnswerWave.performance_id == Performance.id)
        .options(contains_eager(Booking.performance))
        .where(
            Booking.programme_id == programme.id,
            Booking.ended_at.is_(None),
            Performance.ends_at <= now,
            Performance.released_at.is_(None),
            AnswerWave.kind.in_(KINDS),
            AnswerWave.closed_at.is_(None),
            _has_a_code(),
        )
        .order_by(Performance.starts_at, Booking.id, AnswerWave.id)
        .execution_options(populate_existing=True)
    )
    if booking_id is not None:
        query = query.where(Booking.id == booking_id)
    rows = [
        (booking, school, wave)
        for booking, school, wave in db.session.execute(query)
        if school.is_open and wave.state(now) == OPEN and booking.has_come_to(now) != promises.FAILED
    ]
    unwanted = _unwanted([programme.id])
    rows = [row for row in rows if not unwanted.includes(row[0])]
    ids = [booking.id for booking, _, _ in rows]
    calendars, today = school_days.load({school.organisation_id for _, school, _ in rows}), day_of(now)
    written, people = before_visits.reminded_already(ids), before_visits.who_can_be_reached(ids)
    return [
        OpenWave(booking=booking, organisation=school, wave=wave, person=_one_of(people[booking.id]))
        for booking, school, wave in rows
        if booking.id in people
        and (booking.id, wave.kind, day_of(booking.performance.starts_at)) not in written
        and not calendars[school.organisation_id].why_closed(today)
    ]


def send_due(programme: Programme, booking_id: int, *, now: datetime) -> bool:
    """Tell of one show's open wave if that is due now; whether a letter was written. In the caller's transaction."""
    db.session.execute(select(Booking.id).where(Booking.id == booking_id).with_for_update(key_share=True))
    written = False
    for one in due(programme, now=now, booking_id=booking_id):
        booking, wave, token = one.booking, one.wave, secrets.token_urlsafe(24)
        letter = questions_open.questions_open(
            QuestionsOpen(
                wave=wave.kind,
                number=questionnaires.number_of_items(wave.questionnaire_id),
                last_day=wave.last_day(),
                closes_at=wave.closes_at(),
                later=wave.kind == LATER,
            ),
            told.visit_of(booking),
            one.person.addressee(),
            told.sender_of(partnerships.get(programme.partnership_id)),
            stop_token=token,
            now=now,
        )
        before_visits.note(booking, wave.kind, one.person, letter, stop_token=token, now=now)
        history.record("told that pupils can answer", booking, who=THE_SERVICE, now=now, after=wave.kind)
        written = True
    db.session.flush()
    return written


def withdraw_one(*, now: datetime) -> bool:
    """Take back what still waits though the wave is over or has no code, the booking ended, the school declined, wants
    no reminders or is not in today; whether any was. Where there is still reason, it is written anew on the next
    school day."""
    rows = db.session.execute(
        select(VisitReminder, Letter, Booking, AnswerWave, _has_a_code())
        .join(Letter, Letter.id == VisitReminder.letter_id)
        .join(Booking, Booking.id == VisitReminder.booking_id)
        .join(Performance, Performance.id == Booking.performance_id)
        .join(
            AnswerWave,
            (AnswerWave.performance_id == Performance.id) & (AnswerWave.kind == VisitReminder.kind),
        )
        .where(Letter.status == WAITING, Letter.lease_until.is_(None), VisitReminder.withdrawn_at.is_(None))
        .where(VisitReminder.kind.in_(KINDS))
        .order_by(VisitReminder.id)
    ).all()
    if not rows:
        return False
    calendars, done = school_days.load({booking.organisation_id for _, _, booking, _, _ in rows}), False
    unwanted = _unwanted({booking.programme_id for _, _, booking, _, _ in rows})
    for reminder, letter, booking, wave, has_a_code in rows:
        stands = booking.ended_at is None and has_a_code and wave.state(now) == OPEN
        if (
            stands
            and not unwanted.includes(booking)
            and not calendars[booking.organisation_id].why_closed(day_of(now))
        ):
            continue
        try:
            letterbook.withdraw(letter, who=THE_SERVICE, now=now)
        except LetterGone:
            continue
        reminder.withdrawn_at = now
        done = True
    db.session.flush()
    return done


def _has_a_code() -> ColumnElement[bool]:
    return (
        select(WaveCode.id)
        .where(WaveCode.wave_id == AnswerWave.id, WaveCode.ended_at.is_(None))
        .correlate(AnswerWave)
        .exists()
    )


@dataclass(frozen=True, kw_only=True)
class _Unwanted:
    """(programme, school): who wants no reminders, and whose pupils are not asked."""

    reminders: set[tuple[int, int]]
    questions: set[tuple[int, int]]

    def includes(self, booking: Booking) -> bool:
        """Of a guest too where its host declined: the codes are those of the host's show."""
        programme_id = booking.programme_id
        return (programme_id, booking.organisation_id) in self.reminders or not self.questions.isdisjoint(
            {(programme_id, booking.organisation_id), (programme_id, booking.performance.organisation_id)}
        )


def _unwanted(programme_ids: Collection[int]) -> _Unwanted:
    return _Unwanted(
        reminders=stopping.organisation_ids_stopped(programme_ids),
        questions={
            (one, organisation_id)
            for one in programme_ids
            for organisation_id in declines.organisation_ids_of_programme(one)
        },
    )


def _one_of(people: list[VisitContact]) -> VisitContact:
    """The safeguarding lead, else whoever was named first."""
    return next((person for person in people if person.duty == LEAD), people[0])
