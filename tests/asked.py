"""A show whose pupils are asked: approved questionnaire, waves with codes, and pupils who answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import make
from outreach.county.coordinators import Coordinator
from outreach.county.partnerships import Partnership
from outreach.county.schools import School
from outreach.ground.db import db, transaction
from outreach.outcomes import answering, questionnaires, waves
from outreach.outcomes.waves import AnswerWave, WaveCode
from outreach.tour.performances import Performance
from outreach.tour.programmes import Programme

SHOW = datetime(2027, 3, 9, 9, 30, tzinfo=UTC)
"""A Tuesday in the spring term; the clocks go forward on the 28th."""

BEFORE_IT = SHOW - timedelta(days=1)
RIGHT_AFTER = SHOW + timedelta(hours=2)
CLOSED_BY = datetime(2027, 3, 13, 0, 0, tzinfo=UTC)
"""The moment at which the wave after the show takes no more answers."""


@dataclass(frozen=True)
class Asked:
    programme: Programme
    school: School
    show: Performance
    drafter: Coordinator
    approver: Coordinator
    waves: dict[str, AnswerWave]

    def code(self, kind: str) -> WaveCode:
        """The code that stands for a wave."""
        return next(c for c in waves.codes_of([self.waves[kind].id])[self.waves[kind].id] if not c.ended_at)


def lay(la_code: str = "931", *, pupils: int = 20, starts_at: datetime = SHOW) -> Asked:
    """Inside a transaction."""
    of = make.partnership((la_code,))
    drafter, approver = make.person(of), make.person(of, name="Sam Whitfield")
    programme = make.programme(of)
    school = make.school(la_code=la_code)
    show = make.show(programme, school, starts_at)
    make.booking(show, {8: pupils})
    draft = questionnaires.start_with_ours(programme, drafter, now=make.EARLIER)
    questionnaires.approve(draft, approver, now=make.EARLIER)
    made = waves.make(show, who=drafter.name, now=make.EARLIER)
    return Asked(programme, school, show, drafter, approver, {wave.kind: wave for wave in made})


def ask(show: Performance, person: Coordinator, *, now: datetime) -> dict[str, WaveCode]:
    """Inside a transaction: the show's pupils are asked what is approved, else what comes with the service; its codes
    by wave."""
    programme = show.tour_day.programme
    if questionnaires.find_approved(programme.id) is None:
        of = db.session.get_one(Partnership, programme.partnership_id)
        draft = questionnaires.start_with_ours(programme, make.person(of, name="Second reader"), now=now)
        questionnaires.approve(draft, person, now=now)
    waves.make(show, who=person.name, now=now)
    return {wave.kind: waves.codes_of([wave.id])[wave.id][0] for wave in waves.of_performance(show.id)}


ALL_FIVES = {1: 5, 2: 5, 3: 5, 4: 5, 5: 0, 6: 1}


def answers(code: WaveCode, values: Mapping[int, int] = ALL_FIVES, *, at: datetime = RIGHT_AFTER) -> bool:
    """One pupil opens a form and sends it."""
    with transaction():
        return answering.answer(code.code, answering.new_form(code), values, now=at)
