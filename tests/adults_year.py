"""The made-up year told of a programme for adults: the same verbs, where staff of every school are asked to a training.

What the story says of pupils alone (year groups, halls, pledges, absences, questionnaires) it leaves out here.
"""

from datetime import datetime
from types import SimpleNamespace
from typing import Any

import pytest

from outreach.asking.own_letters.drafts import Typed
from outreach.booking import limits
from outreach.county import schools
from outreach.county.schools import School
from outreach.demonstration import besides, cast, chasing, guests, names, replies, shows, story, surveys
from outreach.demonstration.cast import Cast
from outreach.ground.db import transaction
from outreach.ground.school_year import STAFF
from outreach.tour import programmes
from outreach.tour.adults import GOVERNORS, TEACHERS, AdultTarget
from outreach.tour.programmes import Programme
from outreach.visits import pledges

TITLE = "Someone to Ask"


def told_for_adults(now: datetime) -> story.Told:
    """The story with its programme for adults, every other school with its number of staff."""
    with pytest.MonkeyPatch.context() as patch, transaction():
        _leave_out_what_is_of_pupils(patch)
        _speak_of_staff(patch)
        return story.tell(now=now)


def _leave_out_what_is_of_pupils(patch: pytest.MonkeyPatch) -> None:
    def nothing(*_: Any, **__: Any) -> None:
        return None

    patch.setattr(besides, "promise", nothing)
    patch.setattr(besides, "answer", nothing)
    patch.setattr(surveys, "put_together", nothing)
    patch.setattr(surveys, "answer", nothing)
    patch.setattr(
        shows,
        "pledges",
        SimpleNamespace(
            LEAD_PRESENT=pledges.LEAD_PRESENT, LESSON=pledges.LESSON, DONE="", NOT_DONE="", answer=nothing
        ),
    )
    patch.setattr(story, "_year_groups", lambda school: [])
    patch.setattr(cast, "is_for", lambda school: school.is_open and school.statutory_low_age is not None)
    patch.setattr(cast, "_has_both_years", lambda school: True)
    patch.setattr(cast, "TARGET", (STAFF,))


def _speak_of_staff(patch: pytest.MonkeyPatch) -> None:
    production, decide = programmes.Production, story._decide

    def for_adults(**facts: Any) -> programmes.Production:
        of_staff = {
            "title": TITLE,
            "year_groups": (),
            "for_adults": True,
            "adults": AdultTarget(roles=(TEACHERS, GOVERNORS)),
            "summary": "A training on signs of grooming and exploitation.",
            "school_provides": "one power socket near the screen\na parking space for a van",
        }
        return production(**facts | of_staff)

    def decide_with_numbers(programme: Programme, parts: Cast, *, now: datetime) -> None:
        decide(programme, parts, now=now)
        for n, school in enumerate(parts.everybody):
            if n % 2 or school in parts.playing(cast.NEW_HERE):
                _has_staff(school, programme, 24 + n % 60, now=now)
        limits.write(programme.partnership_id, now=now)

    patch.setattr(story, "Production", for_adults)
    patch.setattr(story, "_decide", decide_with_numbers)
    patch.setattr(shows, "HALLS", ("Staff room", "Library", "Drama studio"))
    patch.setattr(shows, "ARRIVALS", ({}, {"entrance": "West gate, ring the bell"}))
    patch.setattr(guests, "MESSAGE", "Our staff room is being rewired until Easter.")
    patch.setattr(
        chasing, "Typed", lambda **_: Typed(subject="The room at {school}", words="Dear {first name}")
    )
    patch.setattr(replies, "_wishes", lambda booking, person, at: None)
    patch.setattr(names, "INDEPENDENT", ("{} College", "The {} School", "{} Manor"))
    patch.setattr(names, "AWKWARD", tuple(name.replace("Pupils", "Learners") for name in names.AWKWARD))


def _has_staff(school: School, programme: Programme, number: int, *, now: datetime) -> None:
    schools.set_own_numbers(
        school.organisation_id, programme.academic_year, {STAFF: number}, who="the office, by phone", now=now
    )
