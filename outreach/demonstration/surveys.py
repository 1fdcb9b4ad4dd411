"""Answers of made-up pupils and staff: before a show, after it and three months later."""

import secrets
from datetime import datetime, timedelta
from random import Random

from sqlalchemy import insert, select

from outreach.booking.promises import HOST, Booking
from outreach.county.coordinators import Coordinator
from outreach.ground.db import db
from outreach.ground.timespans import day_of
from outreach.outcomes import (
    closing,
    declines,
    expected,
    open_answers,
    questionnaires,
    releases,
    staff_answers,
    waves,
)
from outreach.outcomes.items import SCALE
from outreach.outcomes.staff_answers import USES, Said
from outreach.outcomes.waves import AFTER, BEFORE, LATER, AnswerWave
from outreach.tour.performances import Performance
from outreach.tour.programmes import Programme

SEED = 3

CAME = {BEFORE: 0.78, AFTER: 0.71, LATER: 0.52}
"""The part of the pupils who answer a wave, in a school like most."""

KNOW = {BEFORE: 0.46, AFTER: 0.81, LATER: 0.68}
"""The part of those who say yes, or give the right answer."""

ITEMS = {2: (0.14, 0.4), 3: (-0.12, 0.9), 4: (0.05, 0.3), 5: (0.03, 0.6), 6: (0.2, 0.3)}
"""By place in the questionnaire: how many more say it before, and which part of what others gain they gain."""

SELDOM = 7
"""In one school of so many a class answers and no more."""

LET_IN = timedelta(weeks=4)
"""How far apart answers were let into the outcomes."""

NEXT_SHOWS = timedelta(days=42)
"""Whoever sees it within so many days has its posters."""


USED_SINCE = (
    "The scene at the bus stop, in two PSHE lessons. Pupils asked good questions.",
    "We put the poster of whom to tell in every form room.",
    "Tutors talked about gifts and what they may be for.",
)
TO_CHANGE = (
    "An earlier start: the last bell cut the discussion short.",
    "More time for questions at the end.",
    "A word to parents the week before would have helped us.",
)


def put_together(programme: Programme, person: Coordinator, second: Coordinator, *, now: datetime) -> None:
    """The items that come with the service, read by a second person some days later."""
    draft = questionnaires.start_with_ours(programme, person, now=now)
    questionnaires.approve(draft, second, now=now + timedelta(days=3))


def answer(programme: Programme, *, now: datetime) -> None:
    """Every show that lay ahead when its codes were made is asked about; one school does not want it. What they answer
    comes in in batches, up to today: to judge what each may show takes long."""
    random = Random(SEED)
    shows = _shows(programme, now)
    approved = questionnaires.find_approved(programme.id)
    assert approved is not None
    for nth, (show, booking) in enumerate(shows):
        booked_at = booking.created_at
        if nth == len(shows) // 2:
            declines.decline(programme, show.organisation_id, who=f"{show.host.name} (school)", now=booked_at)
        if declines.has_declined(programme.id, show.organisation_id):
            continue
        asked = waves.make(show, who=approved.drafted_by, now=min(now, booked_at + timedelta(days=1)))
        keen = random.uniform(0.75, 1.15) if random.randrange(SELDOM) else 0.3
        knows = random.gauss(0, 0.07)
        pupils = expected.pupils(show, now=now)
        _staff_say(random, booking, keen, now=now)
        for wave in asked:
            if now >= wave.closes_at():
                number = min(pupils, round(pupils * CAME[wave.kind] * keen))
                _answered(random, wave, number, knows)
                closing.close(wave, now=wave.closes_at() + timedelta(hours=1))
    first = min((show.starts_at for show, _ in shows), default=now)
    for before in reversed(range((now - first) // LET_IN + 1)):
        releases.release(programme, now=now - before * LET_IN)


def _staff_say(random: Random, booking: Booking, keen: float, *, now: datetime) -> None:
    """One to three of the host's staff answer some days after the show, and one three months later."""
    days = [random.randint(1, 9) for _ in range(random.randint(1, 3))] + [92]
    for nth, after in enumerate(days):
        when = booking.performance.ends_at + timedelta(days=after, minutes=random.randint(0, 200))
        if when < now and staff_answers.is_asked(booking, now=when):
            said = Said(
                impact=random.choice((5, 4, 4, 3) if keen > 0.5 else (4, 3, 3, 2)),
                used=[use for use in USES if random.random() < 0.4],
                used_words=random.choice(USED_SINCE) if random.random() < 0.12 else "",
                change_words=random.choice(TO_CHANGE) if random.random() < 0.1 else "",
            )
            staff_answers.answer(booking, said, form_key=f"made-up-{nth}", now=when)


def _shows(programme: Programme, now: datetime) -> list[tuple[Performance, Booking]]:
    """The shows that were played, and those of the next days, each with its host's booking."""
    rows = db.session.execute(
        select(Performance, Booking)
        .join(Booking, Booking.performance_id == Performance.id)
        .where(
            Performance.programme_id == programme.id,
            Performance.released_at.is_(None),
            Performance.held_until.is_(None),
            Performance.starts_at < now + NEXT_SHOWS,
            Booking.ended_at.is_(None),
            Booking.role == HOST,
        )
        .order_by(Performance.starts_at, Performance.id)
    )
    return [(show, booking) for show, booking in rows]


def _answered(random: Random, wave: AnswerWave, number: int, more: float) -> None:
    """`number` pupils answer with the wave's code, most of them every question; `more` of them know than elsewhere."""
    if not number:
        return
    wave.open_table = open_answers.make(wave.id)
    (code,) = waves.codes_of([wave.id])[wave.id]
    kinds = questionnaires.kinds_of(wave.questionnaire_id)
    right = {
        place: item.right_answer
        for place, item in enumerate(questionnaires.items_of(wave.questionnaire_id), 1)
    }
    first, last = day_of(wave.opens_at()), wave.last_day()
    rows = []
    for _ in range(number):
        values = {
            open_answers.PLACES[place - 1]: _says(random, kind, _know(wave.kind, place) + more, right[place])
            if random.random() < 0.96
            else None
            for place, kind in kinds.items()
        }
        day = min(last, last - timedelta(days=random.randrange(3)))
        rows.append(
            dict.fromkeys(open_answers.PLACES)
            | values
            | {"key": secrets.randbits(62), "code_id": code.id, "answered_on": max(first, day)}
        )
    db.session.execute(insert(open_answers.table_of_wave(wave.id)), rows)


def _know(wave_kind: str, place: int) -> float:
    before, gained = ITEMS.get(place, (0.0, 1.0))
    return KNOW[BEFORE] + before + gained * (KNOW[wave_kind] - KNOW[BEFORE])


def _says(random: Random, kind: str, knows: float, right: int | None) -> int:
    if kind == SCALE:
        return random.choice((5, 5, 4)) if random.random() < knows else random.choice((3, 3, 2, 2, 1))
    assert right is not None
    return right if random.random() < knows else 1 - right
