"""A programme whose pupils answered: shows at schools of their own, closed waves, and answers by the share who said
yes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

import make
from outreach.county.coordinators import Coordinator
from outreach.ground.db import db
from outreach.outcomes import closing, questionnaires, releases, waves
from outreach.outcomes.closed_answers import ClosedAnswer
from outreach.outcomes.waves import AFTER
from outreach.tour.performances import Performance
from outreach.tour.programmes import Programme

FIRST_SHOW = datetime(2026, 11, 3, 10, tzinfo=UTC)
ALL_CLOSED = datetime(2027, 8, 20, 12, tzinfo=UTC)
RELEASED = datetime(2027, 9, 24, 12, tzinfo=UTC)

_key = count(1)


@dataclass(frozen=True, kw_only=True)
class Show:
    """One show and what its pupils said of whom to tell: {wave: (how many yes, how many no)}. `aside`: of the wave after
    the show so many were set aside."""

    said: Mapping[str, tuple[int, int]]
    school: Mapping[str, object] = field(default_factory=dict)
    pupils: Mapping[int, int] = field(default_factory=lambda: {8: 100})
    weeks: int = 0
    same_school_as: int | None = None
    aside: int = 0


@dataclass(frozen=True)
class Answered:
    programme: Programme
    person: Coordinator
    shows: list[Performance]


def lay(shows: Sequence[Show], *, la_code: str = "931", released: bool = True) -> Answered:
    """Inside a transaction. Those who said yes chose it in all questions, those who said no in none."""
    of = make.partnership((la_code,))
    person, approver = make.person(of), make.person(of, name="Sam Whitfield")
    programme = make.programme(of)
    draft = questionnaires.start_with_ours(programme, person, now=make.EARLIER)
    questionnaires.approve(draft, approver, now=make.EARLIER)
    made: list[Performance] = []
    for one in shows:
        host = (
            make.school(la_code=la_code, **one.school)  # type: ignore[arg-type]
            if one.same_school_as is None
            else made[one.same_school_as].host
        )
        show = make.show(programme, host, FIRST_SHOW + timedelta(weeks=one.weeks, minutes=len(made)))
        make.booking(show, dict(one.pupils))
        made.append(show)
        for wave in waves.make(show, who=person.name, now=make.EARLIER):
            yes, no = one.said.get(wave.kind, (0, 0))
            db.session.add_all(
                ClosedAnswer(
                    key=next(_key),
                    partnership_id=of.id,
                    wave_id=wave.id,
                    answered_on=show.starts_at.date(),
                    set_aside=wave.kind == AFTER and n < one.aside,
                    **(YES if n < yes else NO),
                )
                for n in range(yes + no)
            )
            db.session.flush()
            if wave.kind in one.said:
                closing.close(wave, now=ALL_CLOSED)
    if released:
        releases.release(programme, now=RELEASED)
    return Answered(programme, person, made)


YES = {"a1": 5, "a2": 4, "a3": 5, "a4": 5, "a5": 0, "a6": 1}
NO = {"a1": 2, "a2": 1, "a3": 3, "a4": 1, "a5": 1, "a6": 0}
